/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits as the kernel has them: read from the files that the table says (cgroup-knobs-table.c), and cut down to what one limit is in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "kern/cgroup-knobs.h"

/* Which part of a file one limit is. */
struct part {
        const char *line; /* the line begins with this word, and a blank; NULL: the first one */
        const char *word; /* the part of the line that begins so; NULL: all of it */
        unsigned skip;    /* words before it */
        bool first;       /* one word alone */
        const char *none; /* where there is no such line; NULL: that is an error */
};

/* "8:0", written into @buffer. */
static const char *device_text(const struct cgroup_limit *key, char buffer[CGROUP_VALUE_MAX])
{
        (void)snprintf(buffer, CGROUP_VALUE_MAX, "%u:%u", key->major, key->minor);
        return buffer;
}

static struct part part_of(const struct cgroup_limit *limit, enum form form, const char *line)
{
        static const struct {
                enum form form;
                struct part part;
        } parts[] = {
                {FORM_QUOTA, {.first = true}},
                {FORM_PERIOD, {.skip = 1, .first = true}},
                {FORM_RBPS, {.word = "rbps=", .first = true, .none = "max"}},
                {FORM_WBPS, {.word = "wbps=", .first = true, .none = "max"}},
                {FORM_RIOPS, {.word = "riops=", .first = true, .none = "max"}},
                {FORM_WIOPS, {.word = "wiops=", .first = true, .none = "max"}},
                {FORM_DEVICE_TARGET, {.word = "target=", .first = true, .none = "0"}},
                {FORM_DEVICE, {.none = "0"}},
                {FORM_DEVICE_IOPS, {.none = "0"}},
                {FORM_DEVICE_BLKIO, {.none = "0"}},
                {FORM_DEVICE_DEFAULT, {.none = "default"}},
                {FORM_DEVICE_IO_WEIGHT, {.none = "default"}},
                {FORM_DEVICE_BFQ, {.none = "default"}},
                {FORM_DEVICE_TEXT, {.none = ""}},
        };
        struct part part = {0};

        for (size_t i = 0; i < ELEMENTS(parts); i++)
                if (parts[i].form == form)
                        part = parts[i].part;
        part.line = line;
        if (limit->knob == CGROUP_MEMORY_OOM_DISABLE)
                part.line = "oom_kill_disable";
        return part;
}

const char *cgroup_line_find(const char *text, const char *word)
{
        size_t len = strlen(word);

        for (; text != NULL && *text != '\0'; text = strchr(text, '\n'), text += text != NULL)
                if (strncmp(text, word, len) == 0 && text[len] == ' ')
                        return text + len + 1;
        return NULL;
}

/* Cuts the part out of the file's @text: a string in @arena, or NULL with @*ret_missing when there is no such line, or NULL. */
static const char *cut(const struct part *part, const char *text, struct arena *arena, bool *ret_missing)
{
        const char *at = part->line == NULL ? text : cgroup_line_find(text, part->line);

        /* What is of the whole group stands behind this word where devices can have theirs (io.weight). */
        if (at != NULL && part->line == NULL && strncmp(at, "default ", strlen("default ")) == 0)
                at += strlen("default ");
        *ret_missing = at == NULL && part->none == NULL;
        if (at == NULL)
                return part->none == NULL ? NULL : arena_strdup(arena, part->none);
        for (unsigned i = 0; i < part->skip; i++) {
                at += strcspn(at, " \n");
                at += *at == ' ';
        }
        if (part->word != NULL) {
                const char *found = strstr(at, part->word), *end = at + strcspn(at, "\n");

                if (found == NULL || found >= end)
                        return arena_strdup(arena, part->none == NULL ? "" : part->none);
                at = found + strlen(part->word);
        }
        return arena_strndup(arena, at, strcspn(at, part->first ? " \n" : "\n"));
}

/* Opens nothing: whether the group has this file. */
static bool has_file(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file)
{
        _cleanup_close_
        int fd = cgroup_open(hierarchy, path, file, O_PATH);

        return fd >= 0;
}

/* The file, and how values are written there. The second one of a knob is taken where the first is not there, if one of them is enough. */
static int file_choose(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_limit *limit,
                       char name[NAME_MAX + 1], const char **ret_file, enum form *ret_form, struct ward_err *err)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];
        const struct knob_files *files = hierarchy->version == 1 ? &knob->v1 : &knob->v2;
        char field[CGROUP_VALUE_MAX];

        if (limit->knob == CGROUP_UNIFIED && hierarchy->version == 2) {
                *ret_file = limit->key;
                *ret_form = FORM_TEXT;
                return 0;
        }
        if (files->file[0] == '\0') {
                (void)err_set(err, -ENOENT, "get %s: it needs cgroup v%d, and '%s' is of cgroup v%d",
                              cgroup_limit_name(limit, field), 3 - hierarchy->version, hierarchy->mount,
                              hierarchy->version);
                if (knob->nearest[0] != '\0')
                        return err_hint(err, "cgroup v%d has %s in its place", hierarchy->version, knob->nearest);
                return -ENOENT;
        }
        *ret_file = cgroup_knob_name(limit, files->file, name);
        *ret_form = files->form;
        if (knob->either && files->too[0] != '\0' && !has_file(hierarchy, path, *ret_file)) {
                *ret_file = cgroup_knob_name(limit, files->too, name);
                *ret_form = files->too_form;
        }
        return 0;
}

static int explain(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_limit *limit,
                   const char *file, int code, struct ward_err *err)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];
        char field[CGROUP_VALUE_MAX], doing[CGROUP_VALUE_MAX + 8];
        int r;

        if (code != -ENOENT)
                return err_wrap(err, "get %s", cgroup_limit_name(limit, field));
        (void)snprintf(doing, sizeof(doing), "get %s", cgroup_limit_name(limit, field));
        r = cgroup_explain_missing(hierarchy, path, doing, knob->controller, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < cgroup_reason_count; i++) {
                const struct reason *reason = &cgroup_reasons[i];

                if (reason->knob == limit->knob && reason->code == code &&
                    (reason->version == 0 || reason->version == hierarchy->version))
                        return err_set(err, code, "%s: %s", doing, reason->why);
        }
        return err_set(err, code, "%s: the control group '%s' in '%s' has no file '%s'", doing, path, hierarchy->mount,
                       file);
}

int cgroup_knob_file(const struct cgroup_hierarchy *hierarchy, const char *path, enum cgroup_knob knob,
                     const struct cgroup_limit *key, struct arena *arena, const char **ret_file, struct ward_err *err)
{
        struct cgroup_limit limit = key == NULL ? (struct cgroup_limit){0} : *key;
        char name[NAME_MAX + 1];
        const char *file;
        enum form form;
        int r;

        limit.knob = knob;
        r = file_choose(hierarchy, path, &limit, name, &file, &form, err);
        if (r < 0)
                return r;
        file = arena_strdup(arena, file);
        if (file == NULL)
                return err_oom(err);
        *ret_file = file;
        return 0;
}

int cgroup_get(const struct cgroup_hierarchy *hierarchy, const char *path, enum cgroup_knob knob,
               const struct cgroup_limit *key, struct arena *arena, const char **ret_text, struct ward_err *err)
{
        struct cgroup_limit limit = key == NULL ? (struct cgroup_limit){0} : *key;
        char name[NAME_MAX + 1], device[CGROUP_VALUE_MAX];
        _cleanup_free_ char *text = NULL;
        const char *file, *value;
        struct part part;
        enum form form;
        bool missing, keyed;
        int r;

        limit.knob = knob;
        r = file_choose(hierarchy, path, &limit, name, &file, &form, err);
        if (r < 0)
                return r;
        r = cgroup_file_read(hierarchy, path, file, &text, err);
        if (r < 0)
                return explain(hierarchy, path, &limit, file, r, err);
        keyed = form == FORM_KEY_NUMBER || form == FORM_KEY_TEXT || form == FORM_KEY_MAX;
        part = part_of(&limit, form,
                       cgroup_knobs[knob].of_device ? device_text(&limit, device)
                       : keyed                      ? limit.key
                                                    : NULL);
        if (knob == CGROUP_UNIFIED)
                value = arena_strndup(arena, text, strlen(text) - (*text != '\0' && text[strlen(text) - 1] == '\n'));
        else
                value = cut(&part, text, arena, &missing);
        if (value == NULL && knob != CGROUP_UNIFIED && missing)
                return err_set(err, -ENOENT, "get %s: the file '%s' of the control group '%s' has no line of that",
                               cgroup_limit_name(&limit, device), file, path);
        if (value == NULL)
                return err_oom(err);
        *ret_text = value;
        return 0;
}
