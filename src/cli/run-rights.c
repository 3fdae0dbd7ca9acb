/* SPDX-License-Identifier: Apache-2.0 */
/* What the program of `ward run` may do and see: capabilities, no_new_privs, the seccomp profile, Landlock, labels, masked paths. */
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>

#include "base/fd.h"
#include "base/names.h"
#include "cli/run.h"
#include "engine/filters.h"
#include "launch/filter.h"
#include "model/landlock.h"
#include "model/smack.h"

#define PROFILE_MAX (1u << 20)

/* In a user namespace of its own a container can have every capability; on the host's users only what the caller has. */
static uint64_t all_caps(const struct run_job *job)
{
        uint64_t all = 0;

        for (int cap = 0; cap < CAP_NAME_COUNT; cap++)
                if (job->own_users || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
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
                        const char *whole = arena_concat(arena, "CAP_", name);

                        if (whole == NULL)
                                return err_oom(err);
                        cap = cap_number(whole);
                        near = cap_nearest(strncasecmp(name, "CAP_", 4) == 0 ? name : whole);
                        if (cap < 0) {
                                (void)err_set(err, -EINVAL, "option '%s': '%s' is not a capability", option, name);
                                (void)err_mistake(err, MISTAKE_CAPABILITY);
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
        if (add_all || job->options->privileged)
                result = (drop_all ? 0 : all_caps(job)) & ~drop;
        else
                result = ((drop_all ? 0 : caps->bounding) & ~drop) | add;
        caps->bounding = caps->effective = caps->permitted = result;
        return 0;
}

/* @option: how the profile was named. */
static int read_profile(struct ward_spec *spec, const char *option, const char *path, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r = fd_read_file(AT_FDCWD, path, PROFILE_MAX, &text, &len, err);

        if (r < 0) {
                (void)err_wrap(err, "option '%s': read the seccomp profile", option);
                (void)err_mistake(err, MISTAKE_FILE_UNREADABLE);
                return err_hint(err, "name a file with a profile, or one of default, strict, systemd and unconfined");
        }
        spec->seccomp = (struct spec_seccomp){
                .text = arena_strndup(&spec->arena, text, len),
                .len = len,
                .file = arena_strdup(&spec->arena, path),
                .origin = {.field = option, .index = -1, .line = 1, .column = 1},
        };
        return spec->seccomp.text == NULL || spec->seccomp.file == NULL ? err_oom(err) : 0;
}

static void use_own_profile(struct ward_spec *spec, const struct filter_profile *own)
{
        spec->seccomp = (struct spec_seccomp){0};
        if (own->text != NULL)
                spec->seccomp = (struct spec_seccomp){
                        .text = own->text,
                        .len = *own->len,
                        .file = own->title,
                        .origin = {.field = own->name, .index = -1, .line = 1, .column = 1},
                };
}

static int use_profile(struct ward_spec *spec, const char *option, const char *value, struct ward_err *err)
{
        const struct filter_profile *own = filter_profile_named(value);

        if (own == NULL)
                return read_profile(spec, option, value, err);
        use_own_profile(spec, own);
        return 0;
}

static int apply_seccomp(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        return use_profile(spec, "--security-opt seccomp", value, err);
}

/* --allow-unknown: the profile goes on without the names that are not known, in the OCI's form. */
static int drop_unknown(struct ward_spec *spec, struct ward_err *err)
{
        const struct filters_how how = {.caps = spec->process.caps.bounding, .allow_unknown = true};
        _cleanup_text_ struct text text = {0};
        int r;

        if (spec->seccomp.text == NULL || filter_profile_named(spec->seccomp.origin.field) != NULL) {
                (void)err_set(err, -EINVAL, "option '--allow-unknown': it is for a profile in a file");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "name one by --seccomp, or leave it out");
        }
        r = filters_resolve(spec->seccomp.text, spec->seccomp.len, spec->seccomp.file, &how, &text, err);
        if (r < 0)
                return r;
        spec->seccomp.text = arena_strndup(&spec->arena, text.data, text.len);
        spec->seccomp.len = text.len;
        return spec->seccomp.text == NULL ? err_oom(err) : 0;
}

static int apply_no_new_privileges(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        bool off = strcmp(value, "false") == 0;

        if (!off && *value != '\0' && strcmp(value, "true") != 0) {
                (void)err_set(err, -EINVAL, "option '--security-opt': no-new-privileges is true or false, not '%s'",
                              value);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err, "write no-new-privileges=true or no-new-privileges=false");
        }
        spec->process.no_new_privs = !off;
        return 0;
}

static int apply_apparmor(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        spec->process.apparmor_profile = strcmp(value, "unconfined") == 0 ? NULL : value;
        spec->process.apparmor_origin = CLI_ORIGIN("--security-opt apparmor");
        return 0;
}

/* One field of a label: "type:NAME", "level:s0:c1,c2" ... "disable" asks for none, and none is what there is by default. */
static int apply_label(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        static const char *const fields[] = {"user", "role", "type", "level"};
        const char *parts[ELEMENTS(fields)] = {"system_u", "system_r", "container_t", "s0"}, *old;
        struct spec_process *process = &spec->process;
        size_t len = strcspn(value, ":"), i = 0;

        if (strcmp(value, "disable") == 0) {
                process->selinux_label = NULL;
                return 0;
        }
        /* Of files: run_file_label(). */
        if (strncmp(value, "filetype:", strlen("filetype:")) == 0 && value[strlen("filetype:")] != '\0')
                return 0;
        while (i < ELEMENTS(fields) && !(strlen(fields[i]) == len && strncmp(value, fields[i], len) == 0))
                i++;
        if (i == ELEMENTS(fields) || value[len] == '\0' || value[len + 1] == '\0') {
                (void)err_set(err, -EINVAL, "option '--security-opt': 'label=%s' is no part of a label", value);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(
                        err,
                        "write label=type:NAME, user:NAME, role:NAME, level:LEVEL, filetype:NAME, or label=disable");
        }
        /* What earlier options said of the other fields stays. */
        old = process->selinux_label;
        for (size_t f = 0; old != NULL && f < ELEMENTS(fields); f++) {
                size_t end = f + 1 == ELEMENTS(fields) ? strlen(old) : strcspn(old, ":");

                parts[f] = arena_strndup(&spec->arena, old, end);
                old += end + (old[end] == ':');
        }
        parts[i] = value + len + 1;
        process->selinux_label = arena_concat(&spec->arena, parts[0], ":", parts[1], ":", parts[2], ":", parts[3]);
        process->selinux_origin = CLI_ORIGIN("--security-opt label");
        return process->selinux_label == NULL ? err_oom(err) : 0;
}

static int apply_smack(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        if (smack_label_check(value, err) < 0)
                return err_wrap(err, "option '--security-opt'");
        spec->process.smack_label = value;
        spec->process.smack_origin = CLI_ORIGIN("--security-opt smack");
        return 0;
}

static int apply_mask(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        size_t count = spec->masked_path_count, more = 1;
        struct spec_path *paths;

        for (const char *c = value; *c != '\0'; c++)
                more += *c == ':';
        paths = arena_new(&spec->arena, struct spec_path, count + more);
        if (paths == NULL)
                return err_oom(err);
        memcpy(paths, spec->masked_paths, count * sizeof(*paths));
        for (const char *at = value; *at != '\0';) {
                size_t len = strcspn(at, ":");
                const char *path = arena_strndup(&spec->arena, at, len);

                if (path == NULL)
                        return err_oom(err);
                if (*path != '/') {
                        (void)err_set(err, -EINVAL, "option '--security-opt': mask: '%s' is not an absolute path",
                                      path);
                        (void)err_mistake(err, MISTAKE_RELATIVE);
                        return err_hint(err, "write it from / on: it is a path inside the container");
                }
                paths[count++] = (struct spec_path){.path = path, .origin = CLI_ORIGIN("--security-opt mask")};
                at += len + (at[len] == ':');
        }
        spec->masked_paths = paths;
        spec->masked_path_count = count;
        return 0;
}

/* Takes what @pattern matches (fnmatch(3)) out of the list. */
static bool remove_matching(const struct spec_path **paths, size_t *count, const char *pattern, struct arena *arena,
                            bool *ret_found)
{
        struct spec_path *left = arena_new(arena, struct spec_path, *count + 1);
        size_t n = 0;

        for (size_t i = 0; left != NULL && i < *count; i++)
                if (fnmatch(pattern, (*paths)[i].path, FNM_PATHNAME) != 0)
                        left[n++] = (*paths)[i];
        if (left == NULL)
                return false;
        *ret_found |= n < *count;
        *paths = left;
        *count = n;
        return true;
}

static int apply_unmask(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        if (strcmp(value, "ALL") == 0) {
                spec->masked_path_count = spec->readonly_path_count = 0;
                return 0;
        }
        for (const char *at = value; *at != '\0';) {
                size_t len = strcspn(at, ":");
                const char *pattern = arena_strndup(&spec->arena, at, len);
                bool found = false;

                if (pattern == NULL ||
                    !remove_matching(&spec->masked_paths, &spec->masked_path_count, pattern, &spec->arena, &found) ||
                    !remove_matching(&spec->readonly_paths, &spec->readonly_path_count, pattern, &spec->arena, &found))
                        return err_oom(err);
                if (!found) {
                        (void)err_set(err, -EINVAL, "option '--security-opt': unmask: '%s' is not masked", pattern);
                        (void)err_mistake(err, MISTAKE_WORD);
                        return err_hint(err, "'ward run --dry-run' shows what is; ALL means every path");
                }
                at += len + (at[len] == ':');
        }
        return 0;
}

static int apply_system_paths(struct ward_spec *spec, const char *value, struct ward_err *err)
{
        if (strcmp(value, "unconfined") != 0) {
                (void)err_set(err, -EINVAL, "option '--security-opt': systempaths is 'unconfined', not '%s'", value);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err, "write systempaths=unconfined");
        }
        return apply_unmask(spec, "ALL", err);
}

static const struct {
        const char *name;
        bool optional; /* the value */
        int (*apply)(struct ward_spec *spec, const char *value, struct ward_err *err);
} security_words[] = {
        {"seccomp", false, apply_seccomp},   {"no-new-privileges", true, apply_no_new_privileges},
        {"apparmor", false, apply_apparmor}, {"label", false, apply_label},
        {"smack", false, apply_smack},       {"mask", false, apply_mask},
        {"unmask", false, apply_unmask},     {"systempaths", false, apply_system_paths},
};

static int apply_security(struct ward_spec *spec, const char *word, struct ward_err *err)
{
        const char *names[ELEMENTS(security_words)], *near;
        size_t len = strcspn(word, "=:");
        const char *value = word[len] == '\0' ? "" : word + len + 1;
        char name[32] = "";

        for (size_t i = 0; i < ELEMENTS(security_words); i++) {
                names[i] = security_words[i].name;
                if (strlen(names[i]) == len && strncmp(word, names[i], len) == 0 &&
                    (*value != '\0' || security_words[i].optional))
                        return security_words[i].apply(spec, value, err);
        }
        if (len < sizeof(name))
                memcpy(name, word, len);
        near = text_nearest(name, names, ELEMENTS(names));
        (void)err_set(
                err, -EINVAL,
                "option '--security-opt': '%s' is not one of: seccomp=FILE|default|strict|systemd|unconfined, "
                "no-new-privileges[=true|false], apparmor=PROFILE, label=..., smack=LABEL, mask=PATH, unmask=PATH|ALL",
                word);
        (void)err_mistake(err, MISTAKE_WORD);
        return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
}

/* --seccomp, which says what --security-opt seccomp= says. */
static int apply_seccomp_alone(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *security = &job->options->security;

        for (size_t i = 0; i < security->count; i++)
                if (strncmp(security->items[i], "seccomp", strlen("seccomp")) == 0) {
                        (void)err_set(err, -EINVAL, "options '--seccomp' and '--security-opt %s' are one option",
                                      security->items[i]);
                        (void)err_mistake(err, MISTAKE_CONFLICT);
                        return err_hint(err, "leave one of them out");
                }
        return use_profile(spec, "--seccomp", job->options->seccomp, err);
}

/* What the container makes gets the label of its files where it has a type for them: without one it is the policy's affair. */
static int apply_file_label(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const char *level = run_label_part(job->options, "level");

        if (run_label_part(job->options, "filetype") == NULL || run_label_part(job->options, "disable") != NULL)
                return 0;
        spec->mount_label = run_file_label(job->options, level != NULL ? level : "s0", &spec->arena);
        spec->mount_label_origin = CLI_ORIGIN("--security-opt label=filetype");
        return spec->mount_label == NULL ? err_oom(err) : 0;
}

/* What the specification has no field for is kept with the container, so that what is executed in it later is behind the same wall. */
static int annotate(struct ward_spec *spec, const char *key, const char *value, struct ward_err *err)
{
        struct spec_annotation *annotations =
                arena_new(&spec->arena, struct spec_annotation, spec->annotation_count + 1);

        if (annotations == NULL)
                return err_oom(err);
        if (spec->annotation_count > 0)
                memcpy(annotations, spec->annotations, spec->annotation_count * sizeof(*annotations));
        annotations[spec->annotation_count++] = (struct spec_annotation){key, value};
        spec->annotations = annotations;
        return 0;
}

/* All of them are one list of words. */
static int apply_landlock(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *list = &job->options->landlock;
        const char *words = list->items[0];
        struct spec_origin origin;
        int r;

        for (size_t i = 1; i < list->count; i++)
                words = arena_concat(&spec->arena, words, ",", list->items[i]);
        if (words == NULL)
                return err_oom(err);
        origin = CLI_ORIGIN("--landlock");
        r = landlock_read(words, &origin, &spec->arena, &spec->landlock, err);
        if (r < 0)
                return err_wrap(err, "option '--landlock'");
        return annotate(spec, LANDLOCK_ANNOTATION, spec->landlock.text, err);
}

int run_rights(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *security = &job->options->security;
        int r = apply_caps(job, &spec->process.caps, err);

        if (!job->options->privileged)
                use_own_profile(spec, filter_profile_named("default"));
        for (size_t i = 0; r >= 0 && i < security->count; i++)
                r = apply_security(spec, security->items[i], err);
        if (r >= 0 && job->options->seccomp != NULL)
                r = apply_seccomp_alone(job, spec, err);
        if (r >= 0 && job->options->allow_unknown)
                r = drop_unknown(spec, err);
        if (r >= 0)
                r = apply_file_label(job, spec, err);
        if (r >= 0 && job->options->landlock.count > 0)
                r = apply_landlock(job, spec, err);
        if (r >= 0 && spec->process.smack_label != NULL)
                r = annotate(spec, SMACK_ANNOTATION, spec->process.smack_label, err);
        return r;
}
