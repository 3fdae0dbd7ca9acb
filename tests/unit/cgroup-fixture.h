/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of control groups share: the machine's layout, a group of our own in each hierarchy, children in it.
 */
#ifndef TESTS_CGROUP_FIXTURE_H
#define TESTS_CGROUP_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"
#include "kern/cgroup.h"

#define BIT(controller) (1U << CGROUP_##controller)
#define TESTED (BIT(CPU) | BIT(CPUSET) | BIT(MEMORY) | BIT(PIDS))

struct fixture {
        struct arena arena;
        struct cgroup_layout layout;
        struct ward_err err;
        char group[64], below[80];
};

static inline bool must_work(void)
{
        const char *value = getenv("WARD_MUST_WORK");

        return value != NULL && strcmp(value, "1") == 0;
}

/* Ends the test: skipped, or failed where the machine is known to be able. */
static inline void cannot(const char *why)
{
        if (must_work())
                fail_msg("%s", why);
        print_message("skipped: %s\n", why);
        skip();
}

static inline void need(bool able, const char *why)
{
        if (!able)
                cannot(why);
}

static inline void ok_or_fail(const struct fixture *f, int r)
{
        if (r < 0)
                fail_msg("%s (%s)", f->err.message, f->err.hint);
}

static inline int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        if (f == NULL)
                return -1;
        (void)snprintf(f->group, sizeof(f->group), "/ward-test-%d", (int)getpid());
        (void)snprintf(f->below, sizeof(f->below), "%s/below", f->group);
        if (cgroup_layout_read(&f->arena, &f->layout, &f->err) < 0) {
                print_error("%s\n", f->err.message);
                return -1;
        }
        *state = f;
        return 0;
}

static inline int teardown(void **state)
{
        struct fixture *f = *state;
        int r = 0;

        /* What a failed test has left behind, and what a good one need not wait for. */
        if (cgroup_kill(&f->layout, f->group, 2000, NULL) == 0)
                while (wait(NULL) > 0)
                        ;
        for (size_t i = 0; i < f->layout.count; i++)
                if (cgroup_remove(&f->layout.hierarchies[i], f->group, 0, 2000, &f->err) < 0) {
                        print_error("%s\n", f->err.message);
                        r = -1;
                }
        cgroup_layout_done(&f->layout);
        arena_done(&f->arena);
        free(f);
        return r;
}

static inline bool exists(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_close_
        int fd = cgroup_open(hierarchy, path, NULL, O_PATH);

        return fd >= 0;
}

/* Makes the test's group in every hierarchy; skips without the privilege. The controllers of v2 are asked for only where it has any that
 * the tests are about, so that nothing changes in the root of a hybrid layout. */
static inline void make_everywhere(struct fixture *f, const char *path)
{
        need(geteuid() == 0, "making control groups takes root");
        need(f->layout.count > 0, "no control group hierarchy is mounted");
        for (size_t i = 0; i < f->layout.count; i++)
                ok_or_fail(f, cgroup_make(&f->layout.hierarchies[i], path, TESTED, NULL, NULL, &f->err));
}

/* The test's group and one below it, both of which can have processes: a group of v2 that gives controllers to those below it can't
 * (cgroups(7), "no internal processes"). */
static inline void make_tree(struct fixture *f)
{
        make_everywhere(f, f->group);
        for (size_t i = 0; i < f->layout.count; i++)
                ok_or_fail(f, cgroup_make(&f->layout.hierarchies[i], f->below, 0, NULL, NULL, &f->err));
}

static inline const struct cgroup_hierarchy *need_controller(const struct fixture *f, enum cgroup_controller controller)
{
        const struct cgroup_hierarchy *hierarchy = cgroup_with(&f->layout, controller);
        char why[64];

        (void)snprintf(why, sizeof(why), "this kernel has no %s controller", cgroup_controller_names[controller]);
        need(hierarchy != NULL, why);
        return hierarchy;
}

static inline void expect_file(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file,
                               const char *want)
{
        _cleanup_free_ char *text = NULL;
        struct ward_err err = {0};

        if (cgroup_file_read(hierarchy, path, file, &text, &err) < 0)
                fail_msg("%s", err.message);
        text[strcspn(text, "\n")] = '\0';
        assert_string_equal(text, want);
}

/* In a child: joins the group everywhere as a container does it. */
static inline void join(const struct fixture *f, const char *path)
{
        for (size_t i = 0; i < f->layout.count; i++) {
                const struct cgroup_hierarchy *hierarchy = &f->layout.hierarchies[i];

                if (exists(hierarchy, path) &&
                    cgroup_file_write(hierarchy, path, hierarchy->version == 1 ? "tasks" : "cgroup.procs", "0", NULL) <
                            0)
                        _exit(99);
        }
}

static inline int exit_status(pid_t pid)
{
        int status = 0;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A child in the group, which has joined when this returns; it sleeps, or runs @body. */
static inline pid_t child(const struct fixture *f, const char *path, int (*body)(void))
{
        int ready[2];
        char byte;
        pid_t pid;

        assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                join(f, path);
                (void)!write(ready[1], "", 1);
                (void)close(ready[1]);
                if (body != NULL)
                        _exit(body());
                for (;;)
                        pause();
        }
        (void)close(ready[1]);
        assert_int_equal(read(ready[0], &byte, 1), 1);
        (void)close(ready[0]);
        return pid;
}

#endif
