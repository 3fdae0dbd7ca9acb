/* SPDX-License-Identifier: Apache-2.0 */
/* What a container has from outside; see outside.h. */
#include "engine/outside.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/libc.h"
#include "base/protobuf.h"
#include "kern/proc.h"

/* A mount of the machine's files: where the config has it, which is its name in the images, and what is mounted there. */
struct outside_mount {
        const char *name, *source;
};

/* What a start makes where no config names it (config-linux.md, "Default Devices"): binds where mknod(2) is refused. */
static const char *const default_devices[] = {"/dev/null", "/dev/zero",   "/dev/full",
                                              "/dev/tty",  "/dev/random", "/dev/urandom"};

/* Namespaces, by how CRIU gets one that others made: a descriptor in place of what the images have, or a path that it joins. */
static const struct {
        enum spec_ns ns;
        const char *name, *key; /* key NULL: by its path */
} joined[] = {
        {SPEC_NS_NET, "net", "extRootNetNS"}, {SPEC_NS_PID, "pid", "extRootPidNS"}, {SPEC_NS_IPC, "ipc", NULL},
        {SPEC_NS_UTS, "uts", NULL},           {SPEC_NS_USER, "user", NULL},
};

/* A word and one or two numbers for each: "pipe:4711 file:26:47 tty:34816:5 -". */
const char *outside_stdio(struct arena *arena, const int *fds)
{
        char words[3 * (sizeof("file:: ") + 2 * DIGITS_MAX)], *at = words;

        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                bool device, pipe;
                struct statx st;

                if (statx(fds[fd], "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO | STATX_MNT_ID, &st) < 0)
                        st = (struct statx){.stx_mode = S_IFSOCK};
                device = S_ISCHR(st.stx_mode) && st.stx_rdev_major != 1; /* the others are /dev/null and its like */
                pipe = S_ISFIFO(st.stx_mode);
                if (at > words)
                        *at++ = ' ';
                for (const char *kind = S_ISSOCK(st.stx_mode) ? "-"
                                        : pipe                ? "pipe:"
                                        : device              ? "tty:"
                                                              : "file:";
                     *kind != '\0';)
                        *at++ = *kind++;
                if (S_ISSOCK(st.stx_mode))
                        continue;
                if (!pipe) {
                        at = digits_put(at, device ? makedev(st.stx_rdev_major, st.stx_rdev_minor) : st.stx_mnt_id, 10);
                        *at++ = ':';
                }
                at = digits_put(at, device ? makedev(st.stx_dev_major, st.stx_dev_minor) : st.stx_ino, 10);
        }
        return arena_strndup(arena, words, (size_t)(at - words));
}

/* Each opening of /proc/self/fd/N is checked against the mode of what is there, and a new pipe is its maker's alone: no user of a container, who has
 * another id, could open it. It is not given away: others of the command line that made it, or of a second container, may open it, too. Who has no
 * end of the pipe does not come to it by this. Refused to who has not made it: then it stays as it is. Not for a fifo in a file system, which is there
 * for longer than the process, nor for files and terminals of the caller's. */
void outside_share_pipes(const int *fds)
{
        for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
                struct statfs fs;

                if (fstatfs(fds[i], &fs) == 0 && fs.f_type == PIPEFS_MAGIC)
                        (void)fchmod(fds[i], 0666);
        }
}

/* The next name of @*stdio, which goes behind it; it lives in @arena. NULL at the end, or when memory is short. */
static const char *next_name(const char **stdio, struct arena *arena)
{
        const char *begin = *stdio;
        size_t len = strcspn(begin, " ");

        *stdio = begin + len + (begin[len] == ' ');
        return len == 0 ? NULL : arena_strndup(arena, begin, len);
}

const char *outside_stdio_names(const char *stdio, struct arena *arena)
{
        const char *names = "", *word;

        while (names != NULL && (word = next_name(&stdio, arena)) != NULL) {
                const char *blank = *names == '\0' ? "" : " ";
                unsigned long long first, second;

                if (sscanf(word, "pipe:%llu", &first) == 1)
                        names = arena_printf(arena, "%s%spipe:[%llu]", names, blank, first);
                else if (sscanf(word, "file:%llu:%llu", &first, &second) == 2)
                        names = arena_printf(arena, "%s%sfile[%llx:%llx]", names, blank, first, second);
                else if (sscanf(word, "tty:%llu:%llu", &first, &second) == 2)
                        names = arena_printf(arena, "%s%stty[%llx:%llx]", names, blank, first, second);
                else
                        names = arena_concat(arena, names, blank, "-");
        }
        return names;
}

static int add(struct outside_mount *mounts, size_t *count, const char *name, const char *source, struct ward_err *err)
{
        if (name == NULL || source == NULL)
                return err_oom(err);
        mounts[(*count)++] = (struct outside_mount){name, source};
        return 0;
}

/* Where the container shares the machine's view of the groups, each is a bind of its own group; otherwise CRIU knows them. */
static int add_groups(struct criu *criu, const struct spec_mount *mount, const struct site *site,
                      struct outside_mount *mounts, size_t *count, struct ward_err *err)
{
        const struct place *place = &site->place;
        bool alone = place->hierarchy_count == 1 && place->hierarchies[0].version == 2;
        int r = 0;

        for (size_t i = 0; place->cgroup_path != NULL && i < place->hierarchy_count && r >= 0; i++) {
                const struct place_hierarchy *h = &place->hierarchies[i];

                r = add(mounts, count,
                        alone ? mount->destination : arena_concat(&criu->arena, mount->destination, "/", h->name),
                        arena_concat(&criu->arena, h->mount, place->cgroup_path), err);
        }
        return r;
}

/* All that are from outside, but for masks. *@ret_mounts lives in the arena of @criu. */
static int collect(struct criu *criu, const struct ward_spec *spec, const struct site *site,
                   const struct outside_mount **ret_mounts, size_t *ret_count, struct ward_err *err)
{
        size_t room = spec->mount_count * (1 + CGROUP_HIERARCHY_MAX) + spec->device_count + ELEMENTS(default_devices);
        struct outside_mount *mounts = arena_new(&criu->arena, struct outside_mount, room);
        bool shown = spec->ns[SPEC_NS_CGROUP].mode != SPEC_NS_NEW;
        size_t count = 0;
        int r = mounts == NULL ? err_oom(err) : 0;

        for (size_t i = 0; i < spec->mount_count && r >= 0; i++) {
                const struct spec_mount *mount = &spec->mounts[i];

                if (mount->remount)
                        continue;
                if (mount->bind)
                        r = add(mounts, &count, mount->destination, mount->source, err);
                else if (mount->type != NULL && strncmp(mount->type, "cgroup", 6) == 0 && shown)
                        r = add_groups(criu, mount, site, mounts, &count, err);
        }
        for (size_t i = 0; i < ELEMENTS(default_devices) && spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT && r >= 0;
             i++)
                r = add(mounts, &count, default_devices[i], default_devices[i], err);
        for (size_t i = 0; i < spec->device_count && spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT && r >= 0; i++)
                r = add(mounts, &count, spec->devices[i].path, spec->devices[i].path, err);
        *ret_mounts = mounts;
        *ret_count = count;
        return r;
}

/* A path of the container as its mounts have it: links in it are followed inside of it. false: nothing is there. */
static bool resolve(int proc, int root, const char *path, char ret_path[PATH_MAX], bool *ret_directory)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
        _cleanup_close_
        int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
        char link[32];
        struct stat st;
        ssize_t n;

        (void)snprintf(link, sizeof(link), "self/fd/%d", fd);
        if (fd < 0 || fstat(fd, &st) < 0)
                return false;
        n = readlinkat(proc, link, ret_path, PATH_MAX - 1);
        if (n <= 0)
                return false;
        ret_path[n] = '\0';
        *ret_directory = S_ISDIR(st.st_mode);
        return true;
}

static int leave_mounts(struct criu *criu, const struct ward_spec *spec, const struct site *site, int proc, pid_t pid,
                        struct ward_err *err)
{
        _cleanup_close_
        int root = proc_open_of(proc, pid, "root", O_PATH | O_DIRECTORY, err);
        const struct outside_mount *mounts;
        char path[PATH_MAX];
        bool directory;
        size_t count;
        int r = root < 0 ? root : collect(criu, spec, site, &mounts, &count, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if (resolve(proc, root, mounts[i].name, path, &directory))
                        criu_add_mount(criu, path, mounts[i].name);
        for (size_t i = 0; i < spec->masked_path_count; i++)
                if (resolve(proc, root, spec->masked_paths[i].path, path, &directory) && !directory)
                        criu_add_mount(criu, path, "/dev/null");
        return 0;
}

static int leave_namespaces(struct criu *criu, const struct ward_spec *spec, int proc, pid_t pid, struct ward_err *err)
{
        for (size_t i = 0; i < ELEMENTS(joined) && joined[i].key != NULL; i++) {
                const char *external;
                uint64_t inode;
                int r;

                if (spec->ns[joined[i].ns].mode != SPEC_NS_JOIN)
                        continue;
                r = proc_namespace_inode(proc, pid, joined[i].name, &inode, err);
                if (r < 0)
                        return r;
                external = arena_printf(&criu->arena, "%s[%llu]:%s", joined[i].name, (unsigned long long)inode,
                                        joined[i].key);
                if (external == NULL)
                        return err_oom(err);
                protobuf_string(&criu->options, CRIU_EXTERNAL, external);
        }
        return 0;
}

int outside_leave(struct criu *criu, const struct ward_spec *spec, const struct site *site, const char *stdio,
                  pid_t pid, struct ward_err *err)
{
        _cleanup_close_
        int proc = proc_open(err);
        const char *name;
        int r = proc < 0 ? proc : leave_mounts(criu, spec, site, proc, pid, err);

        if (r >= 0)
                r = leave_namespaces(criu, spec, proc, pid, err);
        while (r >= 0 && stdio != NULL && (name = next_name(&stdio, &criu->arena)) != NULL)
                if (*name == 'f' || *name == 't') /* pipes are saved by their numbers as it is */
                        protobuf_string(&criu->options, CRIU_EXTERNAL, name);
        return r;
}

static int give_namespaces(struct criu *criu, const struct ward_spec *spec, struct ward_err *err)
{
        for (size_t i = 0; i < ELEMENTS(joined); i++) {
                const struct spec_namespace *ns = &spec->ns[joined[i].ns];
                _cleanup_text_ struct text join = {0};
                int r;

                if (ns->mode != SPEC_NS_JOIN)
                        continue;
                if (joined[i].key != NULL) {
                        int fd = open(ns->path, O_RDONLY | O_CLOEXEC); /* host path: the config's */

                        if (fd < 0)
                                return err_errno(err, "%s: open the %s namespace '%s'", criu->verb, joined[i].name,
                                                 ns->path);
                        r = criu_inherit(criu, joined[i].key, fd, err);
                        if (r < 0)
                                return r;
                        continue;
                }
                protobuf_string(&join, 1, joined[i].name);
                protobuf_string(&join, 2, ns->path);
                protobuf_message(&criu->options, CRIU_JOIN_NS, &join);
        }
        return 0;
}

int outside_give(struct criu *criu, const struct ward_spec *spec, const struct site *site, const char *stdio,
                 struct ward_err *err)
{
        const struct outside_mount *mounts;
        const char *name;
        size_t count;
        int r = collect(criu, spec, site, &mounts, &count, err), fd = STDIN_FILENO;

        for (size_t i = 0; r >= 0 && i < count; i++)
                criu_add_mount(criu, mounts[i].name, mounts[i].source);
        if (r >= 0 && spec->masked_path_count > 0)
                criu_add_mount(criu, "/dev/null", "/dev/null");
        if (r >= 0)
                r = give_namespaces(criu, spec, err);
        for (; r >= 0 && fd <= STDERR_FILENO && (name = next_name(&stdio, &criu->arena)) != NULL; fd++)
                if (*name != '-')
                        r = criu_inherit(criu, name, fd, err);
        return r;
}
