/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces, counted by the kernel itself: starts in a user namespace that may have few of them (namespaces(7), /proc/sys/user). One that is
 * left by a start is one less for the next: after many starts with room for a few, the last is done with room for one. The kernel frees a
 * namespace some time after its last process has ended, so a start that finds no room is tried again for a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soak.h"

#define ID_BASE 1900000000 /* the ids of nobody: this user has no group, and no right outside of his namespace */
#define ROOM 16            /* namespaces of a kind at a time; a detached mount counts as a mount namespace, too */
#define MOUNT_ROOM 48
#define WAIT_SECONDS 300

static const char *const kinds[] = {"net", "pid", "ipc", "uts", "cgroup", "mnt"};

static void limit(const char *kind, unsigned room)
{
        char path[64], text[16];
        int fd, len;

        (void)snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kind);
        len = snprintf(text, sizeof(text), "%u", room);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        must(fd >= 0 && write(fd, text, (size_t)len) == len && close(fd) == 0, "write %s: %s", path, strerror(errno));
}

/* One start, again and again as long as there is no room for it. */
static void run_once(const struct soak *soak, struct ward *ward, const char *what)
{
        const struct ward_start_options options = {.struct_size = sizeof(options), .bundle = soak->work};
        struct ward_spec *spec = spec_of(soak, "ordinary", "ordinary");
        double end = seconds_now() + WAIT_SECONDS;
        struct ward_exit exit = {.struct_size = sizeof(exit)};
        struct ward_err err;
        int r;

        while ((r = ward_run(ward, "ordinary", spec, &options, &exit, &err)) == -ENOSPC && seconds_now() < end)
                sleep_msec(2);
        must(r >= 0 && exit.status == 0, "%s: status %d, %s (%s)", what, exit.status, r < 0 ? err.message : "",
             r < 0 ? err.hint : "");
        ward_spec_free(spec);
}

static void run_all(const struct soak *soak)
{
        struct ward *ward = NULL;
        struct ward_err err;
        char state[PATH_ROOM + 16];

        (void)snprintf(state, sizeof(state), "%s/ordinary", soak->work);
        must(ward_open(state, &ward, &err) >= 0, "open %s: %s", state, err.message);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
                limit(kinds[i], strcmp(kinds[i], "mnt") == 0 ? MOUNT_ROOM : ROOM);
        for (uint64_t i = 0; i < soak->namespaces; i++)
                run_once(soak, ward, "a start among many");
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) - 1; i++)
                limit(kinds[i], 1);
        run_once(soak, ward, "a start with room for one namespace of each kind: others are left");
        ward_close(ward);
}

/* Maps the ids of @pid: a range of nobody's. */
static void map_ids(pid_t pid)
{
        static const char *const files[] = {"uid_map", "gid_map"};
        char path[64], line[64];

        for (int i = 0; i < 2; i++) {
                int fd, len = snprintf(line, sizeof(line), "0 %d 65536", ID_BASE);

                (void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
                fd = open(path, O_WRONLY | O_CLOEXEC);
                must(fd >= 0 && write(fd, line, (size_t)len) == len && close(fd) == 0, "write %s: %s", path,
                     strerror(errno));
        }
}

bool namespaces(const struct soak *soak)
{
        char state[PATH_ROOM + 16];
        int ready[2], mapped[2], status;
        double begun = seconds_now();
        char byte;
        pid_t pid;

        (void)snprintf(state, sizeof(state), "%s/ordinary", soak->work);
        must(mkdir(state, 0700) == 0 && chown(state, ID_BASE, ID_BASE) == 0, "make %s: %s", state, strerror(errno));
        must(pipe2(ready, O_CLOEXEC) == 0 && pipe2(mapped, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
        (void)fflush(NULL);
        pid = fork();
        if (pid == 0) {
                must(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0,
                     "make a user namespace: %s", strerror(errno));
                must(write(ready[1], "x", 1) == 1 && read(mapped[0], &byte, 1) == 1, "meet the parent");
                must(setgroups(0, NULL) == 0 && setgid(0) == 0 && setuid(0) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0,
                     "become its root: %s", strerror(errno));
                run_all(soak);
                exit(0);
        }
        must(pid > 0 && read(ready[0], &byte, 1) == 1, "start the process with few namespaces");
        map_ids(pid);
        must(write(mapped[1], "x", 1) == 1, "meet the child");
        must(waitpid(pid, &status, 0) == pid, "wait for the process with few namespaces");
        for (int i = 0; i < 2; i++)
                (void)(close(ready[i]) + close(mapped[i]));
        must(status == 0, "starts with room for few namespaces: see above");
        (void)printf("\n%" PRIu64
                     " starts with room for %d namespaces of each kind, and one with room for one, in %.1f s\n",
                     soak->namespaces, ROOM, seconds_now() - begun);
        return true;
}
