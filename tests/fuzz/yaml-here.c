/* SPDX-License-Identifier: Apache-2.0 */
/* profile/yaml.h without another program: what libexec/ward/yaml answers is said here. */
#include "helper/yaml-events.h"
#include "profile/yaml.h"

int profile_events(const char *text, size_t len, struct text *events, struct ward_err *err)
{
        yaml_events(text, len, events);
        return text_failed(events) ? err_oom(err) : 0;
}
