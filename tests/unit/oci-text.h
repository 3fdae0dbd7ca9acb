/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of config.json for the tests of its readers, and what is said to those that are refused. */
#ifndef TESTS_UNIT_OCI_TEXT_H
#define TESTS_UNIT_OCI_TEXT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/oci.h"

static inline int parse(const char *text, struct ward_spec *spec, struct ward_err *err)
{
        return oci_parse(text, strlen(text), "config.json", spec, err);
}

/* A config with only what is required, and @rest of it. */
#define CONFIG(rest) "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\n" rest "}"
#define PROCESS(rest) CONFIG("\"process\":{\"cwd\":\"/\"," rest "}")
#define LINUX(rest) CONFIG("\"linux\":{" rest "}")
#define MOUNT(rest) CONFIG("\"mounts\":[{\"destination\":\"/a\"," rest "}]")

struct refusal {
        const char *text, *message, *hint;
};

static inline void check_refusals(const struct refusal *refusals, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                struct ward_spec spec = {.file = "untouched"};
                struct ward_err err = {0};

                assert_int_equal(parse(refusals[i].text, &spec, &err), -EINVAL);
                assert_string_equal(err.message, refusals[i].message);
                assert_string_equal(err.hint, refusals[i].hint);
                assert_string_equal(spec.file, "untouched");
        }
}

#endif
