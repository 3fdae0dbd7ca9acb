/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shall run: specifications of containers and of processes, from the JSON of the OCI runtime specification.
 *
 * Parsing makes no system call and needs no right. A text is either understood as a whole or refused with file, line, column and the
 * JSON path of the mistake. A field that is of no version of the specification is passed over, as the specification asks for, but for one that looks like
 * a slip of the pen; a field that the specification has and ward does not honour is an error.
 */
#ifndef WARD_SPEC_H
#define WARD_SPEC_H

#include <stddef.h>

#include "ward/error.h"
#include "ward/public.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A container: root file system, mounts, namespaces, limits, and its first process. */
struct ward_spec;

/* One process: program, arguments, environment, ids, capabilities, limits. */
struct ward_process;

/**
 * ward_spec_parse() - reads a config.json
 * @text:     its bytes; they need not end with NUL, and are not needed any more when this returns
 * @len:      how many
 * @name:     what to call it in messages: "config.json"
 * @ret_spec: receives the specification, owned by the caller: ward_spec_free(). Untouched on failure
 * @err:      may be NULL
 *
 * Returns 0; -EINVAL when the text is not a valid config.json or asks for what ward does not honour, with the position;
 * -EFBIG when it is longer than 16 MiB; -ENOMEM.
 */
WARD_PUBLIC int ward_spec_parse(const char *text, size_t len, const char *name, struct ward_spec **ret_spec,
                                struct ward_err *err);

/* Frees @spec; NULL is allowed. */
WARD_PUBLIC void ward_spec_free(struct ward_spec *spec);

/**
 * ward_process_parse() - reads a process alone, as the member "process" of a config.json has it
 *
 * Parameters and errors as those of ward_spec_parse(). *@ret_process is owned by the caller: ward_process_free().
 */
WARD_PUBLIC int ward_process_parse(const char *text, size_t len, const char *name, struct ward_process **ret_process,
                                   struct ward_err *err);

/* Frees @process; NULL is allowed. */
WARD_PUBLIC void ward_process_free(struct ward_process *process);

#ifdef __cplusplus
}
#endif

#endif
