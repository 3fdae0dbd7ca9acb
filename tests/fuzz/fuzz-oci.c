/* SPDX-License-Identifier: Apache-2.0 */
/* model/oci.c and print.c: any bytes give a spec or an error with a position, and a spec that is printed reads back to the same text. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/oci.h"
#include "model/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_spec_ struct ward_spec spec = {0}, back = {0};
        _cleanup_text_ struct text first = {0}, second = {0};
        _cleanup_arena_ struct arena arena = {0};
        struct spec_process process;
        struct spec_resources resources;
        struct ward_err err = {0};

        (void)oci_parse_process((const char *)data, size, "f", &arena, &process, NULL);
        (void)oci_parse_resources((const char *)data, size, "f", &arena, &resources, NULL);
        if (oci_parse((const char *)data, size, "f", &spec, &err) < 0) {
                if (err.errnum == 0 || strncmp(err.message, "f:", 2) != 0 || strpbrk(err.message, "\n\x1b") != NULL)
                        abort();
                return 0;
        }
        spec_print(&spec, &first);
        if (oci_parse(first.data, first.len, "f", &back, &err) < 0)
                abort();
        spec_print(&back, &second);
        if (strcmp(first.data, second.data) != 0)
                abort();
        return 0;
}
