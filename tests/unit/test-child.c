/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's interpreter over a mocked kernel: every op makes the right calls in the right order, and whichever of them fails, the
 * parent gets exactly one record that names op, step and errno, and nothing is executed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <asm/unistd.h>

#include <cmocka.h>

#include "child-fixture.h"

static void test_op(void **state)
{
        const struct op_case *c = *state;
        struct fixture f;
        unsigned count = 0;

        assert_int_equal(fixture_run_case(&f, c, -1), MOCK_EXECUTED);
        while (c->calls[count].call != NULL)
                count++;
        for (unsigned i = 0; i < count; i++)
                assert_string_equal(mock.calls[PROLOGUE + i], c->calls[i].call);
        assert_int_equal(mock.call_count, PROLOGUE + count + 1);
        for (int i = 0; i < PROLOGUE + (int)count; i++) {
                enum mock_end end = fixture_run_case(&f, c, i);
                int step = i < PROLOGUE ? STEP_BEGIN : c->calls[i - PROLOGUE].step;

                if (step == IGNORED) {
                        assert_int_equal(end, MOCK_EXECUTED);
                        continue;
                }
                assert_int_equal(end, MOCK_EXITED);
                /* A proof that could not be made has failed, whatever the reason. */
                fixture_assert_failed(&f, (enum step)step,
                                      step == STEP_PROVE && mock.records[0].errnum == EPERM ? EPERM : EIO);
        }
}

/* ---- paths ---- */

/* What stands in the undo log, with a blank behind each entry. */
static const char *made(const struct fixture *f)
{
        static char text[4096];

        memcpy(text, f->shared.made, f->shared.used);
        for (uint32_t i = 0; i < f->shared.used; i++)
                if (text[i] == '\0')
                        text[i] = ' ';
        text[f->shared.used] = '\0';
        return text;
}

static struct op mount_on(const char *target, enum op_target kind)
{
        return (struct op){.type = OP_MOUNT, .mount = {.target = target, .type = "tmpfs", .target_kind = kind}};
}

/* The node that the mount was attached to; -1: none. */
static int attached(void)
{
        for (unsigned i = 0; i < mock.call_count; i++) {
                int tree, target;

                if (sscanf(mock.calls[i], "move_mount %d '' %d ''", &tree, &target) == 2)
                        return mock.fd_node[target];
        }
        return -1;
}

struct path_case {
        const char *name;
        const char *links[3][2]; /* of the root: name, content */
        const char *target;
        enum op_target kind;
        const char *where; /* it is mounted there; NULL: refused */
        const char *made;
        enum step step;
        int errnum;
};

static const struct path_case path_cases[] = {
        {"a directory that is there", {{0}}, "tmp", 0, "tmp", "", 0, 0},
        {"made with its parents", {{0}}, "a/b/c", 0, "a/b/c", "da da/b da/b/c ", 0, 0},
        {"through a link", {{"var", "tmp"}}, "var/x", 0, "tmp/x", "dvar/x ", 0, 0},
        {"through a link that begins at the root", {{"var", "/tmp"}}, "var/x", 0, "tmp/x", "dvar/x ", 0, 0},
        {"a link that dangles", {{"run", "var/run"}}, "run", 0, "var/run", "dvar dvar/run ", 0, 0},
        {"below a link that dangles",
         {{"run", "/var/run"}},
         "run/x",
         0,
         "var/run/x",
         "dvar dvar/run dvar/run/x ",
         0,
         0},
        {"a link that climbs out", {{"up", "../../../etc/new"}}, "up", 0, "etc/new", "detc/new ", 0, 0},
        {"a link to dots", {{"dots", "./a/.././b"}}, "dots", 0, "b", "db ", 0, 0},
        {"two links that dangle",
         {{"one", "two/x"}, {"two", "three"}},
         "one/y",
         0,
         "three/x/y",
         "dthree dthree/x dthree/x/y ",
         0,
         0},
        {"links in a circle", {{"one", "two"}, {"two", "one"}}, "one", 0, NULL, "", STEP_OPEN_TARGET, ELOOP},
        {"below a file", {{0}}, "etc/passwd/x", 0, NULL, "", STEP_OPEN_TARGET, ENOTDIR},
        {"a file in place of a directory", {{0}}, "etc/passwd", 0, NULL, "", STEP_TARGET_TYPE, ENOTDIR},
        {"procfs through a link", {{"p", "proc"}}, "p", TARGET_NO_SYMLINK, NULL, "", STEP_TARGET_SYMLINK, ELOOP},
        {"procfs below a link", {{"p", "tmp"}}, "p/proc", TARGET_NO_SYMLINK, NULL, "", STEP_TARGET_SYMLINK, ELOOP},
        {"procfs through a link that dangles",
         {{"p", "absent"}},
         "p",
         TARGET_NO_SYMLINK,
         NULL,
         "",
         STEP_TARGET_SYMLINK,
         ELOOP},
        {"a link to the root", {{"up", ".."}}, "up", 0, NULL, "", STEP_TARGET_LED, EINVAL},
        {"procfs, made", {{0}}, "a/proc", TARGET_NO_SYMLINK, "a/proc", "da da/proc ", 0, 0},
};

static void test_path(void **state)
{
        const struct path_case *c = *state;
        const struct op op = mount_on(c->target, c->kind);
        struct fixture f;
        int nodes;

        fixture_prepare(&f, &op, 1);
        for (size_t i = 0; i < ELEMENTS_OF(c->links) && c->links[i][0] != NULL; i++)
                (void)mock_add(c->links[i][0], 'l', c->links[i][1]);
        nodes = mock.node_count;
        assert_int_equal(mock_run(&f.child), c->where != NULL ? MOCK_EXECUTED : MOCK_EXITED);
        assert_string_equal(made(&f), c->made);
        if (c->where == NULL) {
                fixture_assert_failed(&f, c->step, c->errnum);
                assert_int_equal(mock.node_count, nodes);
                return;
        }
        assert_true(mock_find(c->where) >= 0);
        assert_int_equal(attached(), mock_find(c->where));
}

/* openat2(2): EAGAIN says that a rename raced a ".."; it is tried again, but not for ever. */
static void test_race(void **state)
{
        const struct op op = mount_on("tmp", TARGET_DIRECTORY);
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.answer_of = __NR_openat2;
        mock.answer = -EAGAIN;
        mock.answer_times = 500;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);

        fixture_prepare(&f, &op, 1);
        mock.answer_of = __NR_openat2;
        mock.answer = -EAGAIN;
        mock.answer_times = INT32_MAX;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_OPEN_TARGET, EAGAIN);
}

/* Another start makes the same target between the look and the mkdir: it is used, not taken for a link. */
static void test_made_by_another(void **state)
{
        const struct op op = mount_on("run", TARGET_DIRECTORY);
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        (void)mock_add("run", 'd', NULL);
        mock.answer_of = __NR_openat2;
        mock.answer = -ENOENT;
        mock.answer_times = 2;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_int_equal(attached(), mock_find("run"));
        assert_string_equal(made(&f), "");
}

/* A link that somebody makes between the look and the mkdir leads procfs nowhere. */
static void test_link_meanwhile(void **state)
{
        const struct op op = mount_on("run", TARGET_NO_SYMLINK);
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        (void)mock_add("run", 'l', "tmp");
        mock.answer_of = __NR_openat2;
        mock.answer = -ENOENT;
        mock.answer_times = 1;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_TARGET_SYMLINK, ELOOP);
        assert_int_equal(attached(), -1);
}

/* Into procfs nothing is led by a link but what the plan names there. */
static void test_led_into_procfs(void **state)
{
        static const struct {
                const char *target, *where; /* NULL: refused */
        } cases[] = {{"tmp", "tmp"}, {"var", NULL}, {"var/in", NULL}, {"proc/var", "tmp"}, {"procs/var", NULL}};

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
                const struct op op = mount_on(cases[i].target, TARGET_DIRECTORY);
                struct fixture f;

                fixture_prepare(&f, &op, 1);
                (void)mock_add("tmp/in", 'd', NULL);
                (void)mock_add("var", 'l', "tmp");
                (void)mock_add("procs", 'd', NULL);
                (void)mock_add("proc/var", 'l', "/tmp");
                (void)mock_add("procs/var", 'l', "/tmp");
                mock.file_system = 0x9fa0;
                assert_int_equal(mock_run(&f.child), cases[i].where != NULL ? MOCK_EXECUTED : MOCK_EXITED);
                if (cases[i].where != NULL)
                        assert_int_equal(attached(), mock_find(cases[i].where));
                else
                        fixture_assert_failed(&f, STEP_TARGET_LED, EINVAL);
        }
}

/* What is made in another file system than the root's is not the parent's to undo. */
static void test_other_mount(void **state)
{
        const struct op op = mount_on("dev/pts", TARGET_DIRECTORY);
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.nodes[mock_find("dev")].mount = 2;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_int_equal(attached(), mock_find("dev/pts"));
        assert_string_equal(made(&f), "");
}

/* A log that is full forgets, and nothing is written past its end. */
static void test_log_full(void **state)
{
        const struct op op = mount_on("new", TARGET_DIRECTORY);
        struct fixture f;

        (void)state;
        for (unsigned room = 0; room < 8; room++) {
                fixture_prepare(&f, &op, 1);
                f.shared.used = sizeof(f.shared.made) - room;
                assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
                assert_int_equal(f.shared.used, sizeof(f.shared.made) - room + (room >= 5 ? 5 : 0));
        }
}

static void test_path_too_long(void **state)
{
        char target[5000], link[4200];
        struct fixture f;
        struct op op;

        (void)state;
        memset(target, 'a', sizeof(target) - 1);
        target[sizeof(target) - 1] = '\0';
        op = mount_on(target, TARGET_DIRECTORY);
        fixture_prepare(&f, &op, 1);
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_OPEN_TARGET, ENAMETOOLONG);

        memset(link, 'b', sizeof(link) - 1);
        link[sizeof(link) - 1] = '\0';
        op = mount_on("long/x", TARGET_DIRECTORY);
        fixture_prepare(&f, &op, 1);
        (void)mock_add("long", 'l', link);
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_TARGET_SYMLINK, ENAMETOOLONG);
}

/* ---- nodes ---- */

static const struct op_node random_node = {.name = "random", .mode = 0020666, .device = 0x108, .slot = SLOT_NONE};
static const struct op_node bound_node = {.name = "random", .mode = 0020666, .device = 0x108, .slot = FD_FILE_TREE};
static const struct op_link fd_link = {"fd", "/proc/self/fd"};

static void test_nodes_of_the_image(void **state)
{
        const struct op op = {.type = OP_DEV, .dev = {"dev", &random_node, 1, &fd_link, 1}};
        struct fixture f;
        int node;

        (void)state;
        fixture_prepare(&f, &op, 1);
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(made(&f), "ndev/random ldev/fd ");

        /* What the image ships is taken if it is the right one, and is not in the log. */
        fixture_prepare(&f, &op, 1);
        node = mock_add("dev/random", 'c', NULL);
        mock.nodes[node].major = 1;
        mock.nodes[node].minor = 8;
        (void)mock_add("dev/fd", 'f', NULL);
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        assert_string_equal(made(&f), "");

        fixture_prepare(&f, &op, 1);
        mock.nodes[mock_add("dev/random", 'c', NULL)].major = 8;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_NODE, EEXIST);
}

/* In a fresh tmpfs the node is made without a look first, but one that is there is looked at. */
static void test_nodes_of_a_mount(void **state)
{
        const struct op op = {.type = OP_DEV, .dev = {"dev", &random_node, 1, NULL, 0}};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.nodes[mock_find("dev")].mount = 2;
        mock.nodes[mock_add("dev/random", 'f', NULL)].major = 8;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_NODE, EEXIST);
        assert_string_equal(made(&f), "");
}

static void test_bound_node_on_a_link(void **state)
{
        const struct op op = {.type = OP_DEV, .dev = {"dev", &bound_node, 1, NULL, 0}};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        (void)mock_add("dev/random", 'l', "/etc/passwd");
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_NODE, ELOOP);
        assert_int_equal(attached(), -1);
}

/* ---- masks ---- */

static void test_mask_proof(void **state)
{
        const struct op op = {.type = OP_MASK, .path = "etc/passwd"};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.nodes[mock_find("dev/null")].minor = 5;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_PROVE, ENODEV);
        assert_int_equal(attached(), -1);
}

/* The second directory gets a clone of the first one's tmpfs, the second file of the same /dev/null. */
static void test_masks_share(void **state)
{
        const struct op ops[] = {{.type = OP_MASK, .path = "sys"}, {.type = OP_MASK, .path = "tmp"}};
        unsigned made_new = 0, cloned = 0;
        struct fixture f;

        (void)state;
        fixture_prepare(&f, ops, 2);
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        for (unsigned i = 0; i < mock.call_count; i++) {
                made_new += strncmp(mock.calls[i], "fsopen", 6) == 0;
                cloned += strncmp(mock.calls[i], "open_tree", 9) == 0;
        }
        assert_int_equal(made_new, 1);
        assert_int_equal(cloned, 1);
}

/* ---- fall-backs ---- */

static void test_fallback(void **state)
{
        const struct fallback_case *c = *state;
        bool found = false;
        struct fixture f;

        fixture_prepare(&f, c->op, 1);
        mock.clone_answer = 0;
        mock.answer_of = (int)c->number;
        mock.answer = -c->errnum;
        mock.answer_times = 1;
        assert_int_equal(mock_run(&f.child), c->call != NULL ? MOCK_EXECUTED : MOCK_EXITED);
        if (c->call == NULL) {
                fixture_assert_failed(&f, c->step, c->errnum);
                return;
        }
        for (unsigned i = 0; i < mock.call_count; i++)
                found |= strcmp(mock.calls[i], c->call) == 0;
        assert_true(found);
}

/* ---- the kernel lies ---- */

static const uint64_t one[SPEC_CPUS_MAX / 64] = {2}, two[SPEC_CPUS_MAX / 64] = {6};

static const struct op lied_to[] = {
        {.type = OP_IDS, .ids = {.uid = 5, .gid = 0, .setgroups = true}},
        {.type = OP_IDS, .ids = {.uid = 0, .gid = 6, .setgroups = true}},
        {.type = OP_IDS, .ids = {.groups = (const uint32_t[]){7}, .group_count = 1, .setgroups = true}},
        {.type = OP_CAPS, .caps = {1, 1, 1}},
        {.type = OP_NO_NEW_PRIVS},
        {.type = OP_SETSID},
        {.type = OP_UMASK, .number = 027},
        {.type = OP_RULESET, .ruleset = {.fs = 1}},
        {.type = OP_RESTRICT},
        {.type = OP_BOUNDING, .number = 1},
        {.type = OP_SMACK, .lsm = {NULL, "web", 3, false}},
        {.type = OP_PERSONALITY, .number = 8},
        {.type = OP_AFFINITY, .set = {"1", one, SPEC_CPUS_MAX, {0}}},
        {.type = OP_MEMORY_POLICY, .memory_policy = {3, 0, {"1", one, SPEC_NODES_MAX, {0}}}},
        {.type = OP_MEMORY_POLICY, .memory_policy = {.mode = 4}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 5}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 0, .nice = 3}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 0, .flags = 1}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 2, .priority = 3, .by_parent = true}},
        {.type = OP_SCHEDULER, .scheduler = {.policy = 6, .runtime_nsec = 1024, .deadline_nsec = 2048}},
        {.type = OP_IO_PRIORITY, .io_priority = {0x6000, false}},
        {.type = OP_IO_PRIORITY, .io_priority = {0x6000, true}},
};

static void test_lies(void **state)
{
        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(lied_to); i++) {
                struct fixture f;

                fixture_prepare(&f, &lied_to[i], 1);
                mock.lies = true;
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                fixture_assert_failed(&f, STEP_PROVE, EPERM);
        }
}

/* A filter that answers 0 has done nothing: no session has that number, and a group is joined by one byte. */
static void test_answers_nothing(void **state)
{
        static const int slots[] = {FD_TREE};
        static const struct {
                struct op op;
                long call;
                enum step step;
                int errnum;
        } cases[] = {
                {{.type = OP_SETSID}, __NR_setsid, STEP_PROVE, EPERM},
                {{.type = OP_JOIN_CGROUPS, .cgroups = {slots, 1}}, __NR_write, STEP_GROUP, EIO},
        };

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
                struct fixture f;

                fixture_prepare(&f, &cases[i].op, 1);
                mock.lies = true;
                mock.answer_of = cases[i].call;
                mock.answer_times = 1;
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                fixture_assert_failed(&f, cases[i].step, cases[i].errnum);
        }
}

/* Of a set the kernel may leave out what the machine has not, or the cpuset; it may not add to it, nor give nothing. */
static void test_part_of_set(void **state)
{
        static const struct op ops[] = {
                {.type = OP_AFFINITY, .set = {"1-2", two, SPEC_CPUS_MAX, {0}}},
                {.type = OP_MEMORY_POLICY, .memory_policy = {2, 0, {"1-2", two, SPEC_NODES_MAX, {0}}}},
        };
        static const struct {
                uint64_t seen;
                bool good;
        } cases[] = {{6, true}, {2, true}, {4, true}, {0, false}, {1, false}, {7, false}};

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(ops); i++)
                for (size_t j = 0; j < ELEMENTS_OF(cases); j++) {
                        struct fixture f;

                        fixture_prepare(&f, &ops[i], 1);
                        mock.lies = true;
                        mock.memory_policy = 2;
                        mock.cpus[0] = mock.nodes_bound[0] = cases[j].seen;
                        assert_int_equal(mock_run(&f.child), cases[j].good ? MOCK_EXECUTED : MOCK_EXITED);
                        if (!cases[j].good)
                                fixture_assert_failed(&f, STEP_PROVE, EPERM);
                }
}

/* What the flags say that is kept is not compared: it was never asked for. */
static void test_kept_schedule(void **state)
{
        static const struct op ops[] = {
                {.type = OP_SCHEDULER, .scheduler = {.policy = 1, .priority = 5, .flags = 8, .by_parent = true}},
                {.type = OP_SCHEDULER, .scheduler = {.policy = 0, .nice = 5, .flags = 0x10, .by_parent = true}},
        };

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(ops); i++) {
                struct fixture f;

                fixture_prepare(&f, &ops[i], 1);
                assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        }
}

/* An accept that was interrupted is no start. */
static void test_start_interrupted(void **state)
{
        const struct op op = {.type = OP_WAIT_START, .slot = FD_LISTENER};
        unsigned accepted = 0;
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.messages[0].byte = mock.messages[1].byte = MESSAGE_START;
        mock.answer_of = __NR_accept4;
        mock.answer = -EINTR;
        mock.answer_times = 2;
        assert_int_equal(mock_run(&f.child), MOCK_EXECUTED);
        for (unsigned i = 0; i < mock.call_count; i++)
                accepted += strncmp(mock.calls[i], "accept4", 7) == 0;
        assert_int_equal(accepted, 3);
}

/* A filter that denies the question is no reason to keep every capability. */
static void test_bounding_unreadable(void **state)
{
        const struct op op = {.type = OP_BOUNDING, .number = 1};
        const int answers[] = {EPERM, ENOSYS, EINVAL};
        struct fixture f;

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(answers); i++) {
                fixture_prepare(&f, &op, 1);
                mock.fail_at = PROLOGUE;
                mock.fail_with = answers[i];
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                fixture_assert_failed(&f, STEP_ITSELF, answers[i]);
        }
}

static void test_outside(void **state)
{
        const struct op op = {.type = OP_CHDIR, .text = {"/tmp", 4}};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.cwd = "(unreachable)/etc";
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_OUTSIDE, EXDEV);
}

/* openat2(2) refused: in the caller's own root another call takes its place, nowhere else. */
static void test_callers_root(void **state)
{
        const struct op op = {.type = OP_CHDIR, .text = {"/tmp", 4}};
        struct fixture f;

        (void)state;
        for (int i = 0; i < 4; i++) {
                const int answer = i / 2 == 0 ? ENOSYS : EPERM;

                fixture_prepare(&f, &op, 1);
                f.plan.callers_root = i % 2 == 1;
                mock.fail_at = PROLOGUE;
                mock.fail_with = answer;
                assert_int_equal(mock_run(&f.child), f.plan.callers_root ? MOCK_EXECUTED : MOCK_EXITED);
                if (!f.plan.callers_root)
                        fixture_assert_failed(&f, STEP_ITSELF, answer);
        }
}

static void test_not_devpts(void **state)
{
        const struct op op = {.type = OP_TERMINAL, .terminal = {.console_slot = FD_CONSOLE}};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        (void)mock_add("dev/pts", 'd', NULL);
        (void)mock_add("dev/pts/ptmx", 'c', NULL);
        mock.file_system = 0x1021994;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_PTY, ENODEV);
}

/* What an ordinary user's child clones itself is what the parent of root would have proved. */
static const struct tree_case {
        enum slot_kind kind;
        const char *path;
        uint64_t device;
        long file_system;
        uint64_t inode;
        int errnum; /* 0: it is what it has to be */
} tree_cases[] = {
        {SLOT_PROCFS_TREE, "/proc", 0, 0x9fa0, 1, 0},
        {SLOT_PROCFS_TREE, "/proc", 0, 0x1021994, 1, EINVAL}, /* a tmpfs */
        {SLOT_PROCFS_TREE, "/proc", 0, 0x9fa0, 7, EINVAL},    /* a directory of procfs */
        {SLOT_DEVICE, "/dev/null", 0x103, 0, 0, 0},
        {SLOT_DEVICE, "/dev/null", 0x104, 0, 0, ENODEV},
        {SLOT_DEVICE, "/tmp", 0x103, 0, 0, ENODEV},
        {SLOT_TREE, "/tmp", 0, 0, 0, 0},
};

static void test_trees_proved(void **state)
{
        const struct op ops[] = {{.type = OP_TREES}};

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(tree_cases); i++) {
                const struct tree_case *c = &tree_cases[i];
                struct fixture f;
                struct slot *slot;

                fixture_prepare(&f, ops, 1);
                slot = &f.child.plan->slots[FD_TREE];
                slot->by_child = true;
                slot->kind = c->kind;
                slot->path = c->path;
                slot->device = c->device;
                mock.file_system = c->file_system;
                mock.inode = c->inode;
                (void)mock_run(&f.child);
                if (c->errnum == 0)
                        assert_int_equal(mock.record_count, 0);
                else
                        fixture_assert_failed(&f, STEP_SOURCE, c->errnum);
        }
}

/* ---- the program ---- */

struct find_case {
        const char *candidates[4];
        const char *found; /* NULL: none */
        int errnum;
};

static const struct find_case find_cases[] = {
        {{"/absent", "/bin/true"}, "/bin/true", 0}, {{"/etc/passwd/x", "/bin/true"}, "/bin/true", 0},
        {{"/tmp", "/bin/true"}, "/bin/true", 0},    {{"/absent", "/absent2"}, NULL, ENOENT},
        {{"/tmp", "/absent"}, NULL, EISDIR},        {{"/dev/null"}, NULL, EACCES},
};

/* What is mounted there is not what shall go: it stays. */
static void test_other_mount_removed(void **state)
{
        const struct op op = {.type = OP_REMOVE, .remove = {.target = "tmp", .mount = 7}};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.messages[0].byte = MESSAGE_MOUNTS_SEEN;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_OTHER_MOUNT, ESTALE);
        for (unsigned i = 0; i < mock.call_count; i++)
                assert_null(strstr(mock.calls[i], "umount2"));
}

/* ---- the root ---- */

/* Who mounts on the root faster than it can be taken away keeps the container from starting. */
static void test_pivot_never_uncovered(void **state)
{
        static const int answers[][2] = {{EXDEV, EBUSY}, {EACCES, EACCES}, {0, ENOTDIR}};
        const struct op op = {.type = OP_PIVOT, .number = 1};
        struct fixture f;

        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(answers); i++) {
                fixture_prepare(&f, &op, 1);
                mock.answer_of = __NR_openat2;
                mock.answer = -answers[i][0];
                mock.answer_times = INT32_MAX;
                assert_int_equal(mock_run(&f.child), MOCK_EXITED);
                fixture_assert_failed(&f, STEP_DETACH_OLD, answers[i][1]);
        }
}

static void test_find(void **state)
{
        (void)state;
        for (size_t i = 0; i < ELEMENTS_OF(find_cases); i++) {
                const struct find_case *c = &find_cases[i];
                const struct op ops[] = {{.type = OP_FIND_EXEC, .exec = {c->candidates, fixture_argv, fixture_envp}},
                                         {.type = OP_EXEC, .exec = {c->candidates, fixture_argv, fixture_envp}}};
                struct fixture f;

                fixture_prepare(&f, ops, 2);
                assert_int_equal(mock_run(&f.child), c->found != NULL ? MOCK_EXECUTED : MOCK_EXITED);
                if (c->found != NULL)
                        assert_string_equal(mock.executed, c->found);
                else
                        fixture_assert_failed(&f, STEP_ITSELF, c->errnum);
        }
}

static void test_exec_fails(void **state)
{
        const struct op op = {.type = OP_UMASK, .number = 022};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.answer_of = __NR_execve;
        mock.answer = -ENOEXEC;
        mock.answer_times = 1;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_ITSELF, ENOEXEC);
        assert_int_equal(mock.records[0].op, 1);
}

static void test_unknown_op(void **state)
{
        const struct op op = {.type = OP_TYPE_COUNT};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        fixture_assert_failed(&f, STEP_ITSELF, ENOSYS);
}

/* Not even its end can be said: it ends all the same. */
static void test_nobody_hears(void **state)
{
        const struct op op = {.type = OP_UNSHARE, .number = 1};
        struct fixture f;

        (void)state;
        fixture_prepare(&f, &op, 1);
        mock.fail_at = PROLOGUE;
        mock.fail_with = EIO;
        mock.answer_of = __NR_sendto;
        mock.answer = -EPIPE;
        mock.answer_times = 1;
        assert_int_equal(mock_run(&f.child), MOCK_EXITED);
        assert_int_equal(mock.record_count, 0);
        assert_null(mock.executed);
}

/* ---- */

static const struct CMUnitTest plain_tests[] = {
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_made_by_another),
        cmocka_unit_test(test_link_meanwhile),
        cmocka_unit_test(test_led_into_procfs),
        cmocka_unit_test(test_other_mount),
        cmocka_unit_test(test_pivot_never_uncovered),
        cmocka_unit_test(test_log_full),
        cmocka_unit_test(test_path_too_long),
        cmocka_unit_test(test_nodes_of_the_image),
        cmocka_unit_test(test_nodes_of_a_mount),
        cmocka_unit_test(test_bound_node_on_a_link),
        cmocka_unit_test(test_mask_proof),
        cmocka_unit_test(test_masks_share),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_answers_nothing),
        cmocka_unit_test(test_part_of_set),
        cmocka_unit_test(test_kept_schedule),
        cmocka_unit_test(test_start_interrupted),
        cmocka_unit_test(test_bounding_unreadable),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_callers_root),
        cmocka_unit_test(test_not_devpts),
        cmocka_unit_test(test_trees_proved),
        cmocka_unit_test(test_other_mount_removed),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_exec_fails),
        cmocka_unit_test(test_unknown_op),
        cmocka_unit_test(test_nobody_hears),
};

int main(void)
{
        struct CMUnitTest tests[200] = {0};
        size_t count = 0;

        for (size_t i = 0; i < op_case_count; i++)
                tests[count++] = (struct CMUnitTest){op_cases[i].name, test_op, NULL, NULL, (void *)&op_cases[i]};
        for (size_t i = 0; i < ELEMENTS_OF(path_cases); i++)
                tests[count++] = (struct CMUnitTest){path_cases[i].name, test_path, NULL, NULL, (void *)&path_cases[i]};
        for (size_t i = 0; i < fallback_case_count; i++)
                tests[count++] = (struct CMUnitTest){fallback_cases[i].name, test_fallback, NULL, NULL,
                                                     (void *)&fallback_cases[i]};
        for (size_t i = 0; i < ELEMENTS_OF(plain_tests); i++)
                tests[count++] = plain_tests[i];
        return _cmocka_run_group_tests("child", tests, count, NULL, NULL);
}
