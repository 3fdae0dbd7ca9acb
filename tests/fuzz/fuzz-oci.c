/* SPDX-License-Identifier: Apache-2.0 */
/* config.json out of any bytes: a valid spec or an error with a position, never both, and the result untouched by a failure. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct ward_spec spec, before;
        struct ward_err err = {0};
        int ret;

        memset(&spec, 0x5a, sizeof(spec));
        before = spec;
        ret = oci_parse((const char *)data, size, "config.json", &spec, &err);
        if ((ret < 0) != (err.errnum != 0))
                abort();
        if (ret < 0) {
                if (err.message[0] == '\0' || memcmp(&spec, &before, sizeof(spec)) != 0)
                        abort();
                return 0;
        }
        spec_done(&spec);
        return 0;
}
