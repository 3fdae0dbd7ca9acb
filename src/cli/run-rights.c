/* SPDX-License-Identifier: Apache-2.0 */
/* What the program of `ward run` may do: capabilities, no_new_privs, the seccomp profile. */
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "base/names.h"
#include "cli/run.h"
#include "launch/filter.h"

#define PROFILE_MAX (1u << 20)

/* In a user namespace of its own a container can have every capability; on the host's users only what the caller has. */
static uint64_t all_caps(const struct run *options)
{
        uint64_t all = 0;

        for (int cap = 0; cap < CAP_NAME_COUNT; cap++)
                if (options->users == RUN_USERS_OWN || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
                        all |= UINT64_C(1) << cap;
        return all;
}

/* Adds to *@ret_caps what @list names, with or without CAP_, in any case. */
static int read_caps(struct arena *arena, const struct option_list *list, const char *option, bool *ret_all,
                     uint64_t *ret_caps, struct ward_err *err)
{
        for (size_t i = 0; i < list->count; i++) {
                const char *name = list->items[i], *near;
                int cap = cap_number(name);

                if (strcasecmp(name, "ALL") == 0) {
                        *ret_all = true;
                        continue;
                }
                if (cap < 0) {
                        const char *whole = arena_printf(arena, "CAP_%s", name);

                        if (whole == NULL)
                                return err_oom(err);
                        cap = cap_number(whole);
                        near = cap_nearest(strncasecmp(name, "CAP_", 4) == 0 ? name : whole);
                        if (cap < 0) {
                                (void)err_set(err, -EINVAL, "option '%s': '%s' is not a capability", option, name);
                                return near == NULL ? err_hint(err, "capabilities(7) lists them; ALL means every one")
                                                    : err_hint(err, "did you mean '%s'?", near + strlen("CAP_"));
                        }
                }
                *ret_caps |= UINT64_C(1) << cap;
        }
        return 0;
}

/* As docker has it: what is dropped wins over ALL, what is added by name over what is dropped by ALL or by default. */
static int apply_caps(const struct run_job *job, struct spec_caps *caps, struct ward_err *err)
{
        struct arena *arena = &job->cli->arena;
        bool add_all = false, drop_all = false;
        uint64_t add = 0, drop = 0, result;
        int r;

        r = read_caps(arena, &job->options->cap_add, "--cap-add", &add_all, &add, err);
        if (r >= 0)
                r = read_caps(arena, &job->options->cap_drop, "--cap-drop", &drop_all, &drop, err);
        if (r < 0)
                return r;
        if (add_all)
                result = (drop_all ? 0 : all_caps(job->options)) & ~drop;
        else
                result = ((drop_all ? 0 : caps->bounding) & ~drop) | add;
        caps->bounding = caps->effective = caps->permitted = result;
        return 0;
}

static int read_profile(struct ward_spec *spec, const char *path, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r = fd_read_file(AT_FDCWD, path, PROFILE_MAX, &text, &len, err);

        if (r < 0) {
                (void)err_wrap(err, "option '--security-opt': read the seccomp profile");
                return err_hint(err, "name a file with a profile, or 'default' or 'unconfined'");
        }
        spec->seccomp.text = arena_strndup(&spec->arena, text, len);
        spec->seccomp.len = len;
        spec->seccomp.file = arena_strdup(&spec->arena, path);
        return spec->seccomp.text == NULL || spec->seccomp.file == NULL ? err_oom(err) : 0;
}

static void use_default_profile(struct ward_spec *spec)
{
        spec->seccomp = (struct spec_seccomp){
                .text = filter_default_profile,
                .len = filter_default_profile_len,
                .file = "the default seccomp profile",
                .origin = {.field = "default", .index = -1, .line = 1, .column = 1},
        };
}

static int apply_seccomp(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        use_default_profile(spec);
        if (strcmp(value, "default") == 0)
                return 0;
        if (strcmp(value, "unconfined") == 0) {
                spec->seccomp = (struct spec_seccomp){0};
                return 0;
        }
        return read_profile(spec, value, err);
}

static int apply_security(struct ward_spec *spec, const char *word, struct ward_err *err)
{
        static const char *const names[] = {"seccomp", "no-new-privileges"};
        size_t len = strcspn(word, "=:");
        const char *value = word[len] == '\0' ? NULL : word + len + 1;
        char name[32] = "";
        const char *near;

        if (len == strlen("seccomp") && strncmp(word, "seccomp", len) == 0 && value != NULL && *value != '\0')
                return apply_seccomp(spec, value, err);
        if (len == strlen("no-new-privileges") && strncmp(word, "no-new-privileges", len) == 0) {
                bool off = value != NULL && strcmp(value, "false") == 0;

                if (value != NULL && !off && strcmp(value, "true") != 0)
                        return err_set(err, -EINVAL, "option '--security-opt': '%s': the value is true or false", word);
                spec->process.no_new_privs = !off;
                return 0;
        }
        if (len < sizeof(name))
                memcpy(name, word, len);
        near = text_nearest(name, names, ELEMENTS(names));
        (void)err_set(err, -EINVAL,
                      "option '--security-opt': '%s' is not one of: seccomp=FILE|default|unconfined, "
                      "no-new-privileges[=true|false]",
                      word);
        return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
}

int run_rights(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *security = &job->options->security;
        int r = apply_caps(job, &spec->process.caps, err);

        use_default_profile(spec);
        for (size_t i = 0; r >= 0 && i < security->count; i++)
                r = apply_security(spec, security->items[i], err);
        return r;
}
