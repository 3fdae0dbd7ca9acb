/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits before they are changed, and made so again. What is saved is the text that the file takes, so that no conversion comes in between: of a file
 * of devices or keys the line of one, of io.max one word of that line.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "kern/cgroup-knobs.h"

/* What a line of the file begins with, which is of a device or key; and the word in it. NULL: nothing. */
struct place {
        const char *line, *word;
        const char *none; /* what is written for a line or word that is not there */
};

/* false: memory is short. */
static bool place_of(const struct cgroup_limit *limit, enum form form, struct arena *arena, struct place *ret_place)
{
        static const struct {
                enum form form;
                const char *word, *none;
        } words[] = {
                {FORM_RBPS, "rbps=", "max"},
                {FORM_WBPS, "wbps=", "max"},
                {FORM_RIOPS, "riops=", "max"},
                {FORM_WIOPS, "wiops=", "max"},
                {FORM_DEVICE_TARGET, "target=", "0"},
                {FORM_DEVICE_DEFAULT, NULL, "default"},
                {FORM_DEVICE_IO_WEIGHT, NULL, "default"},
                {FORM_DEVICE_BFQ, NULL, "default"},
        };
        bool of_device = cgroup_knobs[limit->knob].of_device;
        struct place place = {.none = "0"};

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (words[i].form == form)
                        place = (struct place){.word = words[i].word, .none = words[i].none};
        if (of_device)
                place.line = arena_printf(arena, "%u:%u", limit->major, limit->minor);
        else if (form == FORM_KEY_NUMBER || form == FORM_KEY_TEXT || form == FORM_KEY_MAX)
                place.line = limit->key;
        *ret_place = place;
        return !of_device || place.line != NULL;
}

/* What has to be written so that the file has what @text says at the place. NULL when memory is short. */
static const char *text_at(const struct place *place, const char *text, struct arena *arena)
{
        const char *at = place->line == NULL ? text : cgroup_line_find(text, place->line), *found;
        size_t len = at == NULL ? 0 : strcspn(at, "\n");

        if (place->line == NULL) {
                /* memory.oom_control, and io.weight where devices have their own below. */
                if (strncmp(at, "oom_kill_disable ", strlen("oom_kill_disable ")) == 0)
                        at += strlen("oom_kill_disable ");
                return arena_strndup(arena, at, strcspn(at, "\n"));
        }
        if (place->word == NULL)
                return at == NULL ? arena_concat(arena, place->line, " ", place->none)
                                  : arena_concat(arena, place->line, " ", arena_strndup(arena, at, len));
        found = at == NULL ? NULL : strstr(at, place->word);
        if (found == NULL || found >= at + len)
                return arena_concat(arena, place->line, " ", place->word, place->none);
        return arena_concat(arena, place->line, " ", arena_strndup(arena, found, strcspn(found, " \n")));
}

/* Saves one file; 0 when it is not there, 1, or -errno. */
static int save_file(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_limit *limit,
                     const char *pattern, enum form form, struct arena *arena, struct cgroup_saved *ret_saved,
                     struct ward_err *err)
{
        struct place place;
        _cleanup_free_ char *text = NULL;
        char name[NAME_MAX + 1];
        const char *file = cgroup_knob_name(limit, pattern, name);
        int r = cgroup_file_read(hierarchy, path, file, &text, err);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        if (!place_of(limit, form, arena, &place))
                return err_oom(err);
        ret_saved->file = arena_strdup(arena, file);
        ret_saved->slot = arena_concat(arena, place.line == NULL ? "" : place.line, place.word == NULL ? "" : " ",
                                       place.word == NULL ? "" : place.word);
        ret_saved->text = limit->knob == CGROUP_UNIFIED ? arena_strdup(arena, text) : text_at(&place, text, arena);
        return ret_saved->file == NULL || ret_saved->slot == NULL || ret_saved->text == NULL ? err_oom(err) : 1;
}

int cgroup_save(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_limit *limit,
                struct arena *arena, struct cgroup_saved ret_saved[CGROUP_SAVED_MAX], size_t *ret_count,
                struct ward_err *err)
{
        const struct knob *knob = &cgroup_knobs[limit->knob];
        const struct knob_files *files = hierarchy->version == 1 ? &knob->v1 : &knob->v2;
        /* A memory limit that is taken away takes that of memory plus swap with it (cgroup-set.c). */
        bool both = hierarchy->version == 1 && limit->knob == CGROUP_MEMORY_LIMIT && limit->value < 0;
        const struct {
                const char *pattern;
                enum form form;
        } all[CGROUP_SAVED_MAX] = {
                {limit->knob == CGROUP_UNIFIED ? limit->key : files->file, files->form},
                {files->too, files->too_form},
                {both ? cgroup_knobs[CGROUP_MEMORY_SWAP].v1.file : "", FORM_NUMBER},
        };
        size_t count = 0;
        int r = 0;

        for (size_t i = 0; i < ELEMENTS(all) && r >= 0; i++) {
                if (all[i].pattern[0] == '\0')
                        continue;
                r = save_file(hierarchy, path, limit, all[i].pattern, all[i].form, arena, &ret_saved[count], err);
                count += r > 0;
        }
        *ret_count = count;
        return r < 0 ? r : 0;
}

/* A cpuset that was empty had all of the group above, and can't be empty again while processes are in it (ENOSPC): it is given just these. */
static int restore_all_above(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file,
                             struct ward_err *err)
{
        _cleanup_free_ char *above = strdup(path), *list = NULL;
        char effective[NAME_MAX + 1], *slash = above == NULL ? NULL : strrchr(above, '/');
        int r;

        if (slash == NULL)
                return err_oom(err);
        slash[slash == above] = '\0';
        (void)snprintf(effective, sizeof(effective), "%s.effective", file);
        r = cgroup_file_read(hierarchy, above, effective, &list, err);
        if (r < 0)
                return r;
        list[strcspn(list, "\n")] = '\0';
        return cgroup_file_write(hierarchy, path, file, list, err);
}

/* Each line with a write of its own, as cgroupfs wants it. */
static int restore_one(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_saved *saved,
                       struct ward_err *err)
{
        _cleanup_free_ char *copy = strdup(saved->text);
        char *rest = copy;
        bool first = true;
        int r = copy == NULL ? err_oom(err) : 0;

        for (char *line; r >= 0 && (line = text_next(&rest, '\n')) != NULL; first = false)
                if (*line != '\0' || first)
                        r = cgroup_file_write(hierarchy, path, saved->file, *line == '\0' ? "\n" : line, err);
        if (r == -ENOSPC && saved->text[0] == '\0')
                r = restore_all_above(hierarchy, path, saved->file, err);
        return r;
}

int cgroup_restore(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_saved *saved,
                   size_t count, struct ward_err *err)
{
        _cleanup_free_ bool *done = calloc(count + 1, sizeof(*done));
        bool progress = true;
        int r = 0;

        if (done == NULL)
                return err_oom(err);
        /* What the kernel refuses because of another value that is still in force is tried again after that. */
        while (progress) {
                progress = false;
                r = 0;
                for (size_t i = 0; i < count; i++) {
                        int one = done[i] ? 0 : restore_one(hierarchy, path, &saved[i], err);

                        progress |= one >= 0 && !done[i];
                        done[i] |= one >= 0;
                        r = one < 0 ? one : r;
                }
                if (r >= 0)
                        return 0;
        }
        return r;
}

const struct cgroup_hierarchy *cgroup_limit_hierarchy(const struct cgroup_layout *layout,
                                                      const struct cgroup_limit *limit)
{
        uint32_t wanted = cgroup_limit_controllers(limit);

        for (size_t i = 0; i < layout->count; i++) {
                const struct cgroup_hierarchy *h = &layout->hierarchies[i];

                if (!h->denied && (wanted == 0 ? h->version == 2 : (h->controllers & wanted) != 0))
                        return h;
        }
        return NULL;
}

int cgroup_change(const struct cgroup_layout *layout, const char *path, const struct cgroup_limit *limits, size_t count,
                  size_t *ret_failed, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        struct cgroup_saved *saved = arena_new(&arena, struct cgroup_saved, count * CGROUP_SAVED_MAX + 1);
        size_t ends[CGROUP_HIERARCHY_MAX], end = 0;
        int r;

        if (saved == NULL)
                return err_oom(err);
        for (size_t i = 0; i < layout->count; i++) {
                const struct cgroup_hierarchy *h = &layout->hierarchies[i];

                for (size_t j = 0; j < count; j++) {
                        size_t more = 0;

                        if (cgroup_limit_hierarchy(layout, &limits[j]) == h &&
                            cgroup_save(h, path, &limits[j], &arena, saved + end, &more, NULL) >= 0)
                                end += more;
                }
                ends[i] = end;
        }
        r = cgroup_set(layout, path, limits, count, ret_failed, err);
        for (size_t i = 0, begin = 0; r < 0 && i < layout->count; begin = ends[i++])
                (void)cgroup_restore(&layout->hierarchies[i], path, saved + begin, ends[i] - begin, NULL);
        return r;
}
