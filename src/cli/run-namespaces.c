/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The namespaces of `ward run`: --network, --pid, --ipc, --uts, --cgroupns, --userns.
 *
 * A namespace belongs to a user namespace, and what is mounted to show it can only be mounted by who owns that one. So a container that
 * joins another one's (container:NAME) joins its user namespace too, unless --userns says otherwise.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "cli/run.h"
#include "store/ranges.h"

struct word {
        const char *name;
        enum spec_ns_mode mode;
};

#define WORDS_MAX 5

static const struct choice {
        enum spec_ns ns;
        const char *option;
        const char *own;              /* the caller's */
        struct word words[WORDS_MAX]; /* ends with a NULL name, or at WORDS_MAX */
        bool joins;                   /* ns:PATH and container:NAME, too */
} choices[] = {
        {SPEC_NS_NET, "--network", "/proc/self/ns/net", {{"none", SPEC_NS_NEW}, {"host", SPEC_NS_INHERIT}}, true},
        {SPEC_NS_PID, "--pid", "/proc/self/ns/pid", {{"private", SPEC_NS_NEW}, {"host", SPEC_NS_INHERIT}}, true},
        {SPEC_NS_IPC,
         "--ipc",
         "/proc/self/ns/ipc",
         {{"private", SPEC_NS_NEW}, {"shareable", SPEC_NS_NEW}, {"none", SPEC_NS_NEW}, {"host", SPEC_NS_INHERIT}},
         true},
        {SPEC_NS_UTS, "--uts", "/proc/self/ns/uts", {{"private", SPEC_NS_NEW}, {"host", SPEC_NS_INHERIT}}, true},
        {SPEC_NS_CGROUP, "--cgroupns", NULL, {{"private", SPEC_NS_NEW}, {"host", SPEC_NS_INHERIT}}, false},
        {SPEC_NS_USER,
         "--userns",
         NULL,
         {{"own", SPEC_NS_NEW},
          {"auto", SPEC_NS_NEW},
          {"private", SPEC_NS_NEW},
          {"keep-id", SPEC_NS_NEW},
          {"host", SPEC_NS_INHERIT}},
         true},
};

static int unknown_word(const struct choice *choice, const char *value, struct ward_err *err)
{
        _cleanup_text_ struct text list = {0};
        const char *names[WORDS_MAX], *near;
        size_t count = 0;

        for (; count < WORDS_MAX && choice->words[count].name != NULL; count++) {
                names[count] = choice->words[count].name;
                text_printf(&list, "%s%s", count == 0 ? "" : ", ", names[count]);
        }
        if (text_failed(&list))
                return err_oom(err);
        (void)err_set(err, -EINVAL, "option '%s': '%s' is not one of: %s%s", choice->option, value, list.data,
                      choice->joins ? ", container:NAME, ns:PATH" : "");
        (void)err_mistake(err, MISTAKE_WORD);
        near = text_nearest(value, names, count);
        return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
}

/* Whether it is that of @path. */
static bool is_namespace(int fd, const char *path)
{
        struct stat one, other;

        return fstat(fd, &one) == 0 && stat(path, &other) == 0 && one.st_dev == other.st_dev &&
               one.st_ino == other.st_ino;
}

/* The namespace of the running container @name. Its descriptor keeps it; the plan opens it by its place among ours. */
static int join_container(struct cli *cli, const char *name, const struct choice *choice, struct run_namespaces *all,
                          struct ward_err *err)
{
        struct spec_namespace *ns = &all->ns[choice->ns];
        int fd = engine_namespace(&cli->store, name, choice->ns, err);

        if (fd < 0)
                return err_wrap(err, "option '%s': container:%s", choice->option, name);
        all->fds[choice->ns] = fd;
        /* What that one shares with the caller is shown as the caller's. */
        if (choice->own != NULL && is_namespace(fd, choice->own)) {
                ns->mode = SPEC_NS_INHERIT;
                return 0;
        }
        ns->mode = SPEC_NS_JOIN;
        ns->path = arena_printf(&cli->arena, "/proc/self/fd/%d", fd);
        if (ns->path == NULL)
                return err_oom(err);
        /* What is shared by POSIX's shm_open(3) is no part of the namespace, and meant as well. */
        if (choice->ns == SPEC_NS_IPC) {
                all->shm = engine_shm(&cli->store, name, err);
                if (all->shm < 0 && all->shm != -ENOENT)
                        return err_wrap(err, "option '%s': container:%s", choice->option, name);
        }
        return 0;
}

/* The user namespace of the container that others of the options name. */
static int join_users(struct cli *cli, const char *name, struct run_namespaces *all, struct ward_err *err)
{
        static const struct choice users = {.ns = SPEC_NS_USER, .option = "--userns"};
        struct ward_spec spec;
        int r = engine_spec(&cli->store, name, &cli->arena, &spec, err);

        if (r < 0)
                return r;
        all->id_maps = spec.id_maps;
        if (all->id_maps.uid_count == 0) {
                all->ns[SPEC_NS_USER].mode = SPEC_NS_INHERIT;
                return 0;
        }
        return join_container(cli, name, &users, all, err);
}

static int read_choice(struct cli *cli, const struct choice *choice, const char *value, const char **container,
                       struct run_namespaces *all, struct ward_err *err)
{
        struct spec_namespace *ns = &all->ns[choice->ns];
        const char *name;
        int r;

        ns->origin = CLI_ORIGIN(arena_concat(&cli->arena, choice->option, " ", value));
        for (size_t i = 0; i < WORDS_MAX && choice->words[i].name != NULL; i++)
                if (strcmp(choice->words[i].name, value) == 0) {
                        ns->mode = choice->words[i].mode;
                        return 0;
                }
        if (choice->joins && strncmp(value, "ns:", 3) == 0) {
                if (value[3] != '/' || choice->ns == SPEC_NS_USER)
                        return choice->ns == SPEC_NS_USER
                                       ? err_set(err, -ENOTSUP,
                                                 "option '--userns': '%s': only the user namespace of a container can "
                                                 "be joined: container:NAME",
                                                 value)
                                       : err_set(err, -EINVAL, "option '%s': '%s' is not an absolute path",
                                                 choice->option, value + 3);
                ns->mode = SPEC_NS_JOIN;
                ns->path = value + 3;
                return 0;
        }
        if (!choice->joins || strncmp(value, "container:", strlen("container:")) != 0)
                return unknown_word(choice, value, err);
        name = value + strlen("container:");
        if (*container != NULL && strcmp(*container, name) != 0) {
                (void)err_set(err, -EINVAL, "options name two containers to join: '%s' and '%s'", *container, name);
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "join the namespaces of one container, whose users they belong to");
        }
        *container = name;
        r = store_id_check(name, err);
        if (r < 0)
                return err_wrap(err, "option '%s'", choice->option);
        return choice->ns == SPEC_NS_USER ? join_users(cli, name, all, err)
                                          : join_container(cli, name, choice, all, err);
}

/* Whether a network namespace is joined with users whose it is not: as that of a container which has joined it itself. */
static bool joins_foreign_net(const struct run_namespaces *all)
{
        const struct spec_namespace *net = &all->ns[SPEC_NS_NET], *users = &all->ns[SPEC_NS_USER];
        _cleanup_close_
        int fd = -EBADF, owner = -EBADF;

        if (net->mode != SPEC_NS_JOIN || users->mode != SPEC_NS_JOIN)
                return false;
        fd = open(net->path, O_RDONLY | O_CLOEXEC);
        owner = fd < 0 ? -EBADF : ioctl(fd, NS_GET_USERNS);
        /* The path is of the caller's descriptors (join_container()). EPERM: it is that of somebody else (ioctl_ns(2)). */
        return fd >= 0 && (owner < 0 || !is_namespace(owner, users->path));
}

/* /proc and /dev/mqueue of a namespace can be mounted by the owner of its user namespace alone. */
static int check_owners(const struct run *options, const struct run_namespaces *all, struct ward_err *err)
{
        static const struct {
                enum spec_ns ns;
                const char *option;
        } shown[] = {{SPEC_NS_PID, "--pid"}, {SPEC_NS_IPC, "--ipc"}};

        for (size_t i = 0; i < ELEMENTS(shown); i++)
                if (all->ns[shown[i].ns].mode == SPEC_NS_JOIN && all->ns[SPEC_NS_USER].mode == SPEC_NS_NEW) {
                        (void)err_set(err, -EINVAL,
                                      "option '%s': '%s' belongs to other users than the container's own, which could "
                                      "not look at it",
                                      shown[i].option, options->ns[shown[i].ns]);
                        (void)err_mistake(err, MISTAKE_CONFLICT);
                        return err_hint(err, "add '--userns host', or join the users of a container, too");
                }
        return 0;
}

bool run_names_container(const struct run *options)
{
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                if (options->ns[ns] != NULL && strncmp(options->ns[ns], "container:", strlen("container:")) == 0)
                        return true;
        return false;
}

int run_namespaces_read(struct cli *cli, const struct run *options, struct run_namespaces *ret, struct ward_err *err)
{
        struct defaults isolated;
        const char *container = NULL;
        int r = 0;

        memset(ret, 0, sizeof(*ret));
        defaults_isolated(&isolated);
        memcpy(ret->ns, isolated.ns, sizeof(ret->ns));
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                ret->fds[ns] = -EBADF;
        ret->shm = -EBADF;
        if (options->time_offsets.count > 0)
                ret->ns[SPEC_NS_TIME] =
                        (struct spec_namespace){.mode = SPEC_NS_NEW, .origin = CLI_ORIGIN("--time-offset")};
        for (size_t i = 0; r >= 0 && i < ELEMENTS(choices); i++)
                if (options->ns[choices[i].ns] != NULL)
                        r = read_choice(cli, &choices[i], options->ns[choices[i].ns], &container, ret, err);
        if (r >= 0 && container != NULL && options->ns[SPEC_NS_USER] == NULL)
                r = join_users(cli, container, ret, err);
        ret->foreign_net = r >= 0 && joins_foreign_net(ret);
        return r < 0 ? r : check_owners(options, ret, err);
}

void run_namespaces_done(struct run_namespaces *namespaces)
{
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                namespaces->fds[ns] = fd_close(namespaces->fds[ns]);
        namespaces->shm = fd_close(namespaces->shm);
}
