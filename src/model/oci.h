/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.json of the OCI runtime specification → struct ward_spec.
 *
 * Total: any bytes give a valid spec or an error that names line, column and JSON path. What the specification has and
 * ward does not honour yet is an error that names the field. No system calls.
 */
#ifndef MODEL_OCI_H
#define MODEL_OCI_H

#include "base/err.h"
#include "model/spec.h"

#define OCI_CONFIG_MAX (16u << 20) /* bytes; a larger config.json is refused */

/*
 * Parses @len bytes at @text. @file is the name for messages. The spec borrows nothing from @text. On success *@ret_spec
 * is filled in and owned by the caller (spec_done()); on failure it is untouched.
 * Errors: -EINVAL with position; -EFBIG; -ENOMEM.
 */
int oci_parse(const char *text, size_t len, const char *file, struct ward_spec *ret_spec, struct ward_err *err);

/* The same for a process alone, as `exec --process` takes it. Memory comes from @arena. */
int oci_parse_process(const char *text, size_t len, const char *file, struct arena *arena,
                      struct spec_process *ret_process, struct ward_err *err);

/* The same for the resources object alone, as `update --resources` takes it. */
int oci_parse_resources(const char *text, size_t len, const char *file, struct arena *arena,
                        struct spec_resources *ret_resources, struct ward_err *err);

/* The same for a list of mounts alone, as `mounts add` takes it, and for what of it `mounts remove` reads: the destinations, as in struct
 * spec_mount. */
int oci_parse_mounts(const char *text, size_t len, const char *file, struct arena *arena,
                     const struct spec_mount **ret_mounts, size_t *ret_count, struct ward_err *err);
int oci_parse_destinations(const char *text, size_t len, const char *file, struct arena *arena,
                           const struct spec_mount **ret_mounts, size_t *ret_count, struct ward_err *err);

#endif
