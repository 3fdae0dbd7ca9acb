/* SPDX-License-Identifier: Apache-2.0 */
/* A child over the mocked kernel; see child-fixture.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <asm/unistd.h>

#include <cmocka.h>

#include "child-fixture.h"

static const char *const candidates[] = {"/bin/true", NULL};
const char *const fixture_argv[] = {"true", NULL};
const char *const fixture_envp[] = {NULL};

void fixture_prepare(struct fixture *f, const struct op *ops, unsigned count)
{
        static const enum slot_kind kinds[FD_COUNT] = {
                [FD_PROC] = SLOT_PROC,      [FD_ROOT] = SLOT_ROOT,         [FD_TREE] = SLOT_TREE,
                [FD_FILE_TREE] = SLOT_TREE, [FD_LISTENER] = SLOT_LISTENER, [FD_CONSOLE] = SLOT_CONSOLE,
                [FD_STATE] = SLOT_STATE,    [FD_TASKS] = SLOT_TASKS,
        };

        mock_reset();
        memset(f, 0, sizeof(*f));
        memcpy(f->ops, ops, count * sizeof(*ops));
        f->ops[count] = (struct op){.type = OP_EXEC, .exec = {candidates, fixture_argv, fixture_envp}};
        f->plan.ops = f->ops;
        f->plan.op_count = count + 1;
        f->plan.slot_count = FD_COUNT;
        f->plan.slots = f->plan_slots;
        for (int i = 0; i < FD_COUNT; i++) {
                f->plan.slots[i].kind = kinds[i];
                f->slots[i] = FD_FIRST + i;
        }
        f->plan.slots[FD_TASKS].late = MESSAGE_CGROUPS;
        mock.fd_node[FD_FIRST + FD_ROOT] = 0;
        mock.fd_node[FD_FIRST + FD_TREE] = mock_find("tmp");
        mock.fd_node[FD_FIRST + FD_FILE_TREE] = mock_find("etc/passwd");
        f->child = (struct child){
                .plan = &f->plan,
                .slots = f->slots,
                .channel = 9,
                .shared = &f->shared,
                .root = FD_FIRST + FD_ROOT,
                .root_path = -EBADF,
                .scratch = FD_FIRST + FD_ROOT,
                .proc = -EBADF,
                .sys = -EBADF,
                .top = -EBADF,
                .caller = -EBADF,
                .null = -EBADF,
                .empty = -EBADF,
                .phase = PHASE_ISOLATE,
        };
}

enum mock_end fixture_run_case(struct fixture *f, const struct op_case *c, int fail_at)
{
        fixture_prepare(f, &c->op, 1);
        if (c->prepare != NULL)
                c->prepare(&f->child);
        if (fail_at >= 0) {
                mock.fail_at = fail_at;
                mock.fail_with = EIO;
        }
        return mock_run(&f->child);
}

void fixture_assert_failed(const struct fixture *f, enum step step, int errnum)
{
        const struct record *record = &mock.records[mock.record_count - 1];
        unsigned failures = 0;

        for (unsigned i = 0; i < mock.record_count; i++)
                failures += mock.records[i].kind == RECORD_FAILED;
        assert_int_equal(failures, 1);
        assert_int_equal(record->kind, RECORD_FAILED);
        assert_int_equal(record->op, f->child.op);
        assert_int_equal(record->type, f->plan.ops[f->child.op].type);
        assert_int_equal(record->phase, f->child.phase);
        assert_int_equal(record->errnum, errnum);
        assert_int_equal(record->step, step);
        assert_null(mock.executed);
        assert_int_equal(mock.exit_status, 125);
}
