/* SPDX-License-Identifier: Apache-2.0 */
/* libexec/ward/yaml: says what stands in the YAML text that comes over its standard input, a stream socket (base/events.h). */
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "helper/yaml-events.h"

#define TEXT_MAX (1u << 20)

int main(void)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_text_ struct text out = {0};
        size_t len;

        if (fd_read_all(STDIN_FILENO, "the text", TEXT_MAX, &text, &len, NULL) < 0)
                return EXIT_FAILURE;
        yaml_events(text, len, &out);
        return text_failed(&out) || fd_write_all(STDIN_FILENO, out.data, out.len) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
