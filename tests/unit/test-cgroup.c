/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: the parsers on captured texts, and everything else on the real hierarchies of the machine, in groups of our own
 * which are removed again. What needs root is skipped without it, and fails where WARD_MUST_WORK says that it must work.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "kern/cgroup-private.h"
#include "kern/cgroup.h"

struct fixture {
        struct arena arena;
        struct cgroup_layout layout;
        struct ward_err err;
        char group[64];
};

static int setup(void **state)
{
        static struct fixture fixture;

        fixture = (struct fixture){0};
        (void)snprintf(fixture.group, sizeof(fixture.group), "/ward-test-%d", (int)getpid());
        if (cgroup_layout_read(&fixture.arena, &fixture.layout, &fixture.err) < 0) {
                print_error("%s\n", fixture.err.message);
                return -1;
        }
        *state = &fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        for (size_t i = 0; i < f->layout.count; i++)
                (void)cgroup_remove(&f->layout.hierarchies[i], f->group, 0, 1000, NULL);
        cgroup_layout_done(&f->layout);
        arena_done(&f->arena);
        return 0;
}

static void test_make(void **state)
{
        struct fixture *f = *state;
        char deep[128];
        unsigned made;
        (void)snprintf(deep, sizeof deep, "%s/a/b/c", f->group);
        for (size_t i = 0; i < f->layout.count; i++) {
                struct cgroup_hierarchy *h = &f->layout.hierarchies[i];
                int fd = -1;
                printf("%s %s %s %x v%d\n", h->name, h->mount, h->own_path, h->controllers, h->version);
                assert_int_equal(cgroup_make(h, f->group, ~0U, &fd, &made, &f->err), 0);
                close(fd);
                if (cgroup_make(h, deep, h->controllers, NULL, &made, &f->err) < 0)
                        fail_msg("%s [%s]", f->err.message, f->err.hint);
                assert_int_equal(made, 3);
                assert_int_equal(cgroup_remove(h, f->group, 0, 0, &f->err), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_make, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
