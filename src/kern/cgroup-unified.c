/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `unified` of the OCI runtime specification: files of a v2 group by their names, also those that nobody here knows. The first part of a
 * name is its controller; a group has the files of those alone that it was given.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "kern/cgroup-knobs.h"

int cgroup_unified_find(const struct set *set, const struct cgroup_limit *limit,
                        const struct cgroup_hierarchy **ret_hierarchy, struct ward_err *err)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(set->layout), *other = NULL;
        size_t len = strcspn(limit->key, ".");
        uint32_t bit = cgroup_controller_bit(limit->key, len);

        for (size_t i = 0; bit != 0 && other == NULL && i < set->layout->count; i++)
                if (set->layout->hierarchies[i].version == 1 && (set->layout->hierarchies[i].controllers & bit) != 0)
                        other = &set->layout->hierarchies[i];
        if (unified == NULL) {
                (void)err_set(err, -EOPNOTSUPP, "set unified[%s]: this machine has no cgroup v2", limit->key);
                (void)err_hint(err, "linux.resources has fields of its own for what cgroup v1 can limit");
                return -EOPNOTSUPP;
        }
        if (other != NULL) {
                (void)err_set(err, -EOPNOTSUPP, "set unified[%s]: the %.*s controller is with cgroup v1 here ('%s')",
                              limit->key, (int)len, limit->key, other->mount);
                (void)err_hint(err, "linux.resources has fields of its own for what cgroup v1 can limit");
                return -EOPNOTSUPP;
        }
        if (bit != 0 && (unified->controllers & bit) == 0) {
                const char *option = cgroup_options[__builtin_ctz(bit)];

                (void)err_set(err, -EOPNOTSUPP, "set unified[%s]: the cgroup v2 of this machine has no %.*s controller",
                              limit->key, (int)len, limit->key);
                (void)err_hint(err, "leave it out, or use a kernel with %s", option);
                return -EOPNOTSUPP;
        }
        *ret_hierarchy = unified;
        return 0;
}

bool cgroup_file_nearest(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file,
                         char near[NAME_MAX + 1])
{
        struct arena arena _cleanup_arena_ = {0};
        const char *const *files;
        const char *nearest;
        size_t count;

        if (cgroup_files(hierarchy, path, &arena, &files, &count, NULL) < 0)
                return false;
        nearest = text_nearest(file, files, count);
        if (nearest == NULL)
                return false;
        (void)snprintf(near, NAME_MAX + 1, "%s", nearest);
        return true;
}

static int explain(const struct set *set, const struct cgroup_hierarchy *hierarchy, const struct cgroup_limit *limit,
                   int code, struct ward_err *err)
{
        char near[NAME_MAX + 1];

        if (err == NULL)
                return code;
        if (code != -ENOENT) {
                (void)err_wrap(err, "set unified[%s]", limit->key);
                return code;
        }
        (void)err_set(err, code, "set unified[%s]: the control group '%s' in '%s' has no such file", limit->key,
                      set->path, hierarchy->mount);
        if (cgroup_file_nearest(hierarchy, set->path, limit->key, near))
                return err_hint(err, "did you mean '%s'?", near);
        return err_hint(err, "a key is CONTROLLER.SETTING, like memory.high; 'ls' in a group of cgroup v2 lists them");
}

/* Some files take one line with each write, like io.max. */
int cgroup_unified_write(const struct set *set, const struct cgroup_hierarchy *hierarchy,
                         const struct cgroup_limit *limit, struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};

        for (const char *at = limit->text; *at != '\0';) {
                size_t len = strcspn(at, "\n");
                const char *line = arena_strndup(&arena, at, len);
                int r;

                if (line == NULL)
                        return err_oom(err);
                at += len + (at[len] == '\n');
                if (len == 0)
                        continue;
                r = cgroup_file_write(hierarchy, set->path, limit->key, line, err);
                if (r < 0)
                        return explain(set, hierarchy, limit, r, err);
        }
        return 0;
}
