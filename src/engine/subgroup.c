/* SPDX-License-Identifier: Apache-2.0 */
/* The groups below a container's that a process executed in it asks to be in; see subgroup.h. */
#include "engine/subgroup.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* The group @path below @group, which it may not leave. */
static int join(const char *id, const char *group, const char *path, struct arena *arena, const char **ret_group,
                struct ward_err *err)
{
        if (*path == '/' && path[strspn(path, "/")] == '\0') {
                *ret_group = group;
                return 0;
        }
        if (cgroup_path_check(path, NULL) < 0) {
                (void)err_set(err, -EINVAL, "execute in container '%s': %s is not a sub cgroup path", id, path);
                return err_hint(err, "write the path of a group below the container's, without '.' and '..'");
        }
        *ret_group = arena_concat(arena, group, *path == '/' ? "" : "/", path);
        return *ret_group == NULL ? err_oom(err) : 0;
}

/* Whether one of the words of "cpu,cpuacct" or "name=systemd" is @name. */
static bool has_word(const char *words, const char *name, size_t len)
{
        for (const char *at = words; at != NULL; at = strchr(at, ',')) {
                at += *at == ',';
                if (strcspn(at, ",") == len && strncmp(at, name, len) == 0)
                        return true;
        }
        return false;
}

/* The hierarchy of cgroup v1 that has a group of the container and the controller. */
static struct place_hierarchy *find(struct site *site, const char *name, size_t len)
{
        for (size_t i = 0; i < site->place.hierarchy_count; i++)
                if (site->hierarchies[i].version == 1 &&
                    has_word(site->layout.hierarchies[site->hierarchies[i].number].identity, name, len))
                        return &site->hierarchies[i];
        return NULL;
}

/* @names: "cpu,cpuacct:PATH". */
static int choose_some(struct site *site, const char *id, const char *names, const char *group, struct ward_err *err)
{
        for (size_t len;; names += len + 1) {
                struct place_hierarchy *h;

                len = strcspn(names, ",:");
                h = find(site, names, len);
                if (h == NULL) {
                        (void)err_set(
                                err, -EINVAL,
                                "execute in container '%s': unknown controller '%.*s': none of cgroup v1 that the "
                                "container has a group for",
                                id, (int)len, names);
                        return err_hint(err,
                                        "/proc/PID/cgroup of its init has them; with cgroup v2 write the path alone");
                }
                h->group = group;
                if (names[len] == ':')
                        return 0;
        }
}

/* Said before anything is made. cgroup.procs stands for the group: every group has it. */
static int check_there(const struct site *site, const char *id, struct ward_err *err)
{
        for (size_t i = 0; i < site->place.hierarchy_count; i++) {
                const struct place_hierarchy *h = &site->hierarchies[i];
                const char *group = h->group != NULL ? h->group : site->place.cgroup_path;
                _cleanup_close_
                int fd = fd_open_beneath(site->layout.hierarchies[h->number].fd, group + 1, O_PATH | O_DIRECTORY);

                if (fd == -ENOENT) {
                        (void)err_set(
                                err, fd,
                                "execute in container '%s': adding pid to %s%s/cgroup.procs: no such file or directory",
                                id, h->mount, group);
                        return err_hint(err, "make the group first: exec makes none");
                }
                if (fd < 0)
                        return err_code(err, fd, "execute in container '%s': open its group '%s%s'", id, h->mount,
                                        group);
        }
        return 0;
}

int subgroup_choose(struct site *site, const char *id, const char *const *wanted, struct arena *arena,
                    struct ward_err *err)
{
        const char *own = site->place.cgroup_path;

        if (wanted == NULL || wanted[0] == NULL)
                return 0;
        if (own == NULL)
                return err_set(err, -EOPNOTSUPP, "execute in container '%s': it has no control group for '%s' to be in",
                               id, wanted[0]);
        for (; *wanted != NULL; wanted++) {
                const char *colon = strchr(*wanted, ':'), *group;
                int r = join(id, own, colon == NULL ? *wanted : colon + 1, arena, &group, err);

                if (r >= 0 && colon != NULL)
                        r = choose_some(site, id, *wanted, group, err);
                else if (r >= 0)
                        site->place.cgroup_path = group;
                if (r < 0)
                        return r;
        }
        return check_there(site, id, err);
}
