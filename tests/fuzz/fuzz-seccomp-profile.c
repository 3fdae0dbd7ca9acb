/* SPDX-License-Identifier: Apache-2.0 */
/* model/seccomp.c in both forms: what is accepted in the OCI form means the same in docker's. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/seccomp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const struct seccomp_context context = {.caps = 0xff00ff00ff, .kernel_major = 6, .kernel_minor = 1};
        _cleanup_arena_ struct arena arena = {0};
        struct seccomp_profile oci, docker;
        struct seccomp_listener listener;
        struct ward_err err = {0};
        int r;

        r = seccomp_profile_parse((const char *)data, size, "f", 1, 1, &context, &arena, &docker, &err);
        if (seccomp_profile_parse((const char *)data, size, "f", 7, 9, NULL, &arena, &oci, &err) < 0)
                return 0;
        if (r < 0 || oci.default_action != docker.default_action || oci.rule_count != docker.rule_count ||
            oci.arch_count != docker.arch_count || oci.flags != docker.flags)
                abort();
        for (size_t i = 0; i < oci.rule_count; i++)
                if (oci.rules[i].name_count == 0 || oci.rules[i].action != docker.rules[i].action)
                        abort();
        /* A profile that was read has a listener, or none, in either form. */
        if (seccomp_profile_listener((const char *)data, size, "f", &arena, &listener, &err) < 0 ||
            (listener.metadata != NULL && listener.path == NULL))
                abort();
        return 0;
}
