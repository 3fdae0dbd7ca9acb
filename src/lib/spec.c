/* SPDX-License-Identifier: Apache-2.0 */
/* Specifications, processes, and the plan. */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"
#include "model/oci.h"

static int parse_spec(const char *text, size_t len, const char *name, struct ward_spec **ret_spec, struct ward_err *err)
{
        _cleanup_free_ struct ward_spec *spec = calloc(1, sizeof(*spec));
        int r;

        if (spec == NULL)
                return err_oom(err);
        r = oci_parse(text, len, name, spec, err);
        if (r < 0)
                return r;
        *ret_spec = TAKE_PTR(spec);
        return 0;
}

int ward_spec_parse(const char *text, size_t len, const char *name, struct ward_spec **ret_spec, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(parse_spec(text, len, name, ret_spec, &own), &own, err);
}

void ward_spec_free(struct ward_spec *spec)
{
        if (spec == NULL)
                return;
        spec_done(spec);
        free(spec);
}

void ward_process_free(struct ward_process *process)
{
        if (process == NULL)
                return;
        arena_done(&process->arena);
        free(process);
}

static void free_process(struct ward_process **process)
{
        ward_process_free(*process);
}

static int parse_process(const char *text, size_t len, const char *name, struct ward_process **ret_process,
                         struct ward_err *err)
{
        _cleanup_(free_process) struct ward_process *process = calloc(1, sizeof(*process));
        int r;

        if (process == NULL)
                return err_oom(err);
        r = oci_parse_process(text, len, name, &process->arena, &process->process, err);
        if (r < 0)
                return r;
        *ret_process = TAKE_PTR(process);
        return 0;
}

int ward_process_parse(const char *text, size_t len, const char *name, struct ward_process **ret_process,
                       struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(parse_process(text, len, name, ret_process, &own), &own, err);
}

static const char *const *copy_words(struct arena *arena, const char *const *words)
{
        const char **copy;
        size_t count = 0;

        while (words[count] != NULL)
                count++;
        copy = arena_new(arena, const char *, count + 1);
        for (size_t i = 0; copy != NULL && i < count; i++) {
                copy[i] = arena_strdup(arena, words[i]);
                if (copy[i] == NULL)
                        return NULL;
        }
        return copy;
}

static int process_of(struct ward *ward, const char *id, const char *const *argv, struct ward_process **ret_process,
                      struct ward_err *err)
{
        _cleanup_(free_process) struct ward_process *process = calloc(1, sizeof(*process));
        struct ward_spec spec;
        int r;

        if (process == NULL)
                return err_oom(err);
        if (argv == NULL || argv[0] == NULL)
                return err_set(err, -EINVAL, "a process for container '%s': there is no command", id);
        r = engine_spec(&ward->store, id, &process->arena, &spec, err);
        if (r < 0)
                return r;
        process->process = spec.process;
        process->process.argv = copy_words(&process->arena, argv);
        if (process->process.argv == NULL)
                return err_oom(err);
        process->process.args_origin = (struct spec_origin){.field = "the command", .index = -1};
        process->process.terminal = false;
        *ret_process = TAKE_PTR(process);
        return 0;
}

int ward_process_of(struct ward *ward, const char *id, const char *const *argv, struct ward_process **ret_process,
                    struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(process_of(ward, id, argv, ret_process, &own), &own, err);
}

static int write_plan(const struct ward_spec *spec, const char *id, unsigned flags, char **ret_text,
                      struct ward_err *err)
{
        const struct engine_options options = {
                .id = id,
                .no_pivot = (flags & WARD_NO_PIVOT) != 0,
                .no_new_keyring = (flags & WARD_NO_NEW_KEYRING) != 0,
        };
        _cleanup_text_ struct text text = {0};
        int r;

        r = lib_flags(flags, WARD_JSON | WARD_NO_PIVOT | WARD_NO_NEW_KEYRING, "plan", err);
        if (r >= 0)
                r = store_id_check(id, err);
        if (r >= 0)
                r = engine_plan(spec, &options, (flags & WARD_JSON) != 0, &text, err);
        if (r < 0)
                return r;
        *ret_text = TAKE_PTR(text.data);
        return 0;
}

int ward_plan(const struct ward_spec *spec, const char *id, unsigned flags, char **ret_text, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(write_plan(spec, id, flags, ret_text, &own), &own, err);
}
