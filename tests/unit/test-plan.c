/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans against golden files: each config of tests/plan in each place gives the plan that stands in tests/plan/NAME.PLACE.golden,
 * byte for byte and every time. WARD_UPDATE_GOLDEN=1 writes the files anew; the difference is then to be read before it is committed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "launch/plan.h"
#include "model/oci.h"

static const struct place_hierarchy unified[] = {{2, "unified", "/sys/fs/cgroup"}};
static const struct place_hierarchy hybrid[] = {
        {1, "memory", "/sys/fs/cgroup/memory"},
        {1, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"},
        {1, "pids", "/sys/fs/cgroup/pids"},
        {2, "unified", "/sys/fs/cgroup/unified"},
};

static const struct named_place {
        const char *name;
        struct place place;
} places[] = {
        {"v2",
         {.hierarchies = unified,
          .hierarchy_count = 1,
          .cgroup_path = "/c1",
          .clone_into_cgroup = true,
          .rootfs = "/bundle/rootfs",
          .root_user = true,
          .apparmor = true,
          .landlock_abi = 7,
          .smack = true,
          .terminal_socket = true}},
        {"hybrid-create",
         {.hierarchies = hybrid,
          .hierarchy_count = 4,
          .cgroup_path = "/group/c1",
          .clone_into_cgroup = true,
          .rootfs = "/bundle/rootfs",
          .root_user = true,
          .apparmor = true,
          .terminal_socket = true,
          .create = true,
          .trace = true,
          .preserve_fds = 2}},
        /* The v2 group could not be cloned into; no pivot, no keyring. */
        {"joined-late",
         {.hierarchies = unified,
          .hierarchy_count = 1,
          .cgroup_path = "/c1",
          .rootfs = "/bundle/rootfs",
          .root_user = true,
          .apparmor = true,
          .terminal_socket = true,
          .no_pivot = true,
          .no_new_keyring = true}},
        /* An ordinary user with a group that was delegated to him. */
        {"user",
         {.hierarchies = unified,
          .hierarchy_count = 1,
          .cgroup_path = "/user.slice/c1",
          .clone_into_cgroup = true,
          .rootfs = "/bundle/rootfs",
          .foreign_mounts = true,
          .apparmor = true,
          .landlock_abi = 3,
          .terminal_socket = true,
          .setgroups_denied = true}},
        /* Root of a user namespace, with groups of both versions that were delegated to it. */
        {"inner",
         {.hierarchies = hybrid,
          .hierarchy_count = 4,
          .cgroup_path = "/group/c1",
          .clone_into_cgroup = true,
          .rootfs = "/bundle/rootfs",
          .apparmor = true,
          .terminal_socket = true}},
};

static const struct golden_case {
        const char *config, *place;
} cases[] = {
        {"default", "v2"},
        {"default", "hybrid-create"},
        {"default", "joined-late"},
        {"terminal", "v2"},
        {"userns", "v2"},
        {"userns", "user"},
        {"userns", "hybrid-create"},
        {"userns", "inner"},
        {"joins", "v2"},
        {"joins", "user"},
        {"joins", "inner"},
        {"hooks", "v2"},
        {"hooks", "hybrid-create"},
        {"mounts", "v2"},
        {"mounts", "hybrid-create"},
        {"process", "v2"},
        {"process", "user"},
        {"smack", "v2"},
        {"smack-userns", "v2"},
        {"schedule", "v2"},
        {"schedule", "user"},
};

static const struct place *place_named(const char *name)
{
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                if (strcmp(places[i].name, name) == 0)
                        return &places[i].place;
        fail_msg("no place '%s'", name);
        return NULL;
}

static void load(const char *name, struct ward_spec *ret_spec)
{
        _cleanup_free_ char *text = NULL;
        struct ward_err err = {0};
        char path[512];
        size_t len;

        (void)snprintf(path, sizeof(path), PLANS "/%s.json", name);
        if (fd_read_file(AT_FDCWD, path, OCI_CONFIG_MAX, &text, &len, &err) < 0 ||
            oci_parse(text, len, "config.json", ret_spec, &err) < 0)
                fail_msg("%s: %s", path, err.message);
}

static void compare(const char *name, const char *place, const struct text *text)
{
        _cleanup_free_ char *golden = NULL;
        struct ward_err err = {0};
        char path[512];

        (void)snprintf(path, sizeof(path), PLANS "/%s.%s.golden", name, place);
        if (getenv("WARD_UPDATE_GOLDEN") != NULL) {
                _cleanup_close_
                int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

                assert_true(fd >= 0);
                assert_int_equal(fd_write_all(fd, text->data, text->len), 0);
                return;
        }
        if (fd_read_file(AT_FDCWD, path, 1 << 20, &golden, NULL, &err) < 0)
                fail_msg("%s", err.message);
        assert_string_equal(text->data, golden);
}

static const struct sock_fprog filter = {0};

static void print_start(const struct ward_spec *spec, const char *place, bool json, struct text *text)
{
        struct ward_err err = {0};
        struct plan plan;

        if (plan_start(spec, place_named(place), spec->seccomp.text != NULL ? &filter : NULL, 0, &plan, &err) < 0)
                fail_msg("%s", err.message);
        plan_print(&plan, json, text);
        plan_done(&plan);
        assert_false(text_failed(text));
}

/* The table is compared with the file; table and JSON are the same when they are made again from the config. */
static void test_golden(void **state)
{
        const struct golden_case *c = *state;

        for (int json = 0; json < 2; json++) {
                _cleanup_spec_ struct ward_spec first_spec = {0}, second_spec = {0};
                _cleanup_text_ struct text first = {0}, second = {0};

                load(c->config, &first_spec);
                print_start(&first_spec, c->place, json != 0, &first);
                load(c->config, &second_spec);
                print_start(&second_spec, c->place, json != 0, &second);
                assert_string_equal(first.data, second.data);
                if (json == 0)
                        compare(c->config, c->place, &first);
        }
}

static void compare_exec(const struct named_place *p, const char *config, const char *golden)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        _cleanup_text_ struct text text = {0};
        struct spec_namespace joined[SPEC_NS_COUNT] = {0};
        struct ward_err err = {0};
        struct plan_exec exec = {
                .file = "exec", .joined = joined, .at_once = p->place.root_user, .has_root = true, .place = &p->place};
        struct plan plan;

        load(config, &spec);
        exec.process = exec.init = &spec.process;
        exec.memory_policy = &spec.memory_policy;
        for (int i = 0; i < SPEC_NS_COUNT; i++) {
                joined[i].mode = SPEC_NS_JOIN;
                joined[i].path = "/proc/7/ns/x";
        }
        if (plan_exec(&exec, &filter, 0, &plan, &err) < 0)
                fail_msg("%s", err.message);
        plan_print(&plan, false, &text);
        plan_done(&plan);
        compare(golden, p->name, &text);
}

static void test_exec(void **state)
{
        compare_exec(*state, "process", "exec");
        compare_exec(*state, "schedule", "exec-schedule");
        if (((const struct named_place *)*state)->place.smack)
                compare_exec(*state, "smack", "exec-smack");
}

/* ---- mounts of a container that runs ---- */

static const char live_mounts[] =
        "[{\"destination\": \"/data\", \"source\": \"/srv/data\", \"options\": [\"rbind\", \"rro\", \"nosuid\"]},\n"
        " {\"destination\": \"/owned\", \"source\": \"/srv/owned\", \"options\": [\"bind\", \"idmap\"]},\n"
        " {\"destination\": \"/scratch\", \"type\": \"tmpfs\", \"options\": [\"noexec\", \"size=1m\"]},\n"
        " {\"destination\": \"/queues\", \"type\": \"mqueue\"}]\n";

static int plan_live(const struct place *place, const char *mounts, struct plan *ret_plan, struct text *text,
                     struct ward_err *err)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        struct spec_namespace joined[SPEC_NS_COUNT] = {0};
        const struct plan_live live = {&spec, "mounts.json", joined, place};
        const struct spec_mount *list;
        size_t count;
        int r;

        load("userns", &spec);
        for (int i = 0; i < SPEC_NS_COUNT; i++)
                joined[i] = (struct spec_namespace){.mode = SPEC_NS_JOIN, .path = "/proc/7/ns/x"};
        assert_int_equal(oci_parse_mounts(mounts, strlen(mounts), "mounts.json", &spec.arena, &list, &count, err), 0);
        r = plan_live_add(&live, list, count, ret_plan, err);
        if (r < 0)
                return r;
        plan_print(ret_plan, false, text);
        plan_done(ret_plan);
        assert_int_equal(plan_live_remove(&live, list[0].destination, 42, ret_plan, err), 0);
        plan_print(ret_plan, false, text);
        plan_done(ret_plan);
        return 0;
}

static void test_live(void **state)
{
        _cleanup_text_ struct text text = {0};
        struct ward_err err = {0};
        struct plan plan;

        if (plan_live(place_named(*state), live_mounts, &plan, &text, &err) < 0)
                fail_msg("%s", err.message);
        compare("live", *state, &text);
}

static void test_live_refused(void **state)
{
        static const struct {
                const char *mount, *says;
        } refusals[] = {
                {"{\"destination\": \"/\", \"type\": \"tmpfs\"}", "the root itself"},
                {"{\"destination\": \"/proc\", \"type\": \"proc\"}", "/proc is in use"},
                {"{\"destination\": \"/proc/sys\", \"type\": \"tmpfs\"}", "only procfs may be mounted there"},
                {"{\"destination\": \"/x\", \"type\": \"proc\"}", "can't be added"},
                {"{\"destination\": \"/x\", \"type\": \"cgroup\"}", "can't be added"},
                {"{\"destination\": \"/x\", \"options\": [\"remount\", \"ro\"]}", "can't be changed"},
                {"{\"destination\": \"/x\", \"type\": \"tmpfs\", \"options\": [\"tmpcopyup\"]}", "would copy"},
                {"{\"destination\": \"/sys/firmware/x\", \"type\": \"tmpfs\"}", "masks a path there"},
                {"{\"destination\": \"/lib/../sys\", \"type\": \"tmpfs\"}", "masks a path there"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
                _cleanup_text_ struct text text = {0};
                struct ward_err err = {0};
                struct plan plan;
                char list[256];

                (void)snprintf(list, sizeof(list), "[%s]", refusals[i].mount);
                assert_int_equal(plan_live(place_named("v2"), list, &plan, &text, &err), -EINVAL);
                if (strstr(err.message, refusals[i].says) == NULL || strstr(err.message, "mounts[0]") == NULL)
                        fail_msg("%s: %s", refusals[i].mount, err.message);
                assert_int_equal(plan.op_count, 0);
        }
}

/* ---- what must hold in every plan ---- */

static int find_op(const struct plan *plan, enum op_type type)
{
        for (uint32_t i = 0; i < plan->op_count; i++)
                if (plan->ops[i].type == type)
                        return (int)i;
        return -1;
}

static void assert_before(const struct plan *plan, enum op_type first, enum op_type second)
{
        int a = find_op(plan, first), b = find_op(plan, second);

        if (a >= 0 && b >= 0)
                assert_true(a < b);
}

static int slot_of(const struct op *op)
{
        return op->type == OP_SETNS  ? op->ns.slot
               : op->type == OP_ROOT ? op->slot
               : op->type == OP_BIND ? op->bind.slot
                                     : SLOT_NONE;
}

static void test_order(void **state)
{
        const struct golden_case *c = *state;
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};
        struct plan plan;
        int last;

        load(c->config, &spec);
        if (plan_start(&spec, place_named(c->place), &filter, 0, &plan, &err) < 0)
                fail_msg("%s", err.message);
        last = (int)plan.op_count - 1;
        assert_int_equal(find_op(&plan, OP_EXEC), last);
        assert_before(&plan, OP_JOIN_CGROUPS, OP_HOOKS);
        assert_before(&plan, OP_JOIN_CGROUPS, OP_PIVOT);
        assert_before(&plan, OP_PROPAGATION, OP_ROOT);
        assert_before(&plan, OP_ROOT, OP_MOUNT);
        assert_before(&plan, OP_BOUNDING, OP_IDS);
        assert_before(&plan, OP_PIVOT, OP_IDS);
        assert_before(&plan, OP_IDS, OP_CAPS);
        assert_before(&plan, OP_CAPS, OP_AMBIENT);
        assert_before(&plan, OP_NO_NEW_PRIVS, OP_SECCOMP);
        assert_before(&plan, OP_CLOSE_FDS, OP_WAIT_START);
        assert_before(&plan, OP_WAIT_START, OP_SECCOMP);
        assert_before(&plan, OP_JOIN_CGROUPS, OP_MEMORY_POLICY);
        assert_before(&plan, OP_JOIN_CGROUPS, OP_SCHEDULER);
        assert_before(&plan, OP_RLIMIT, OP_SCHEDULER);
        assert_before(&plan, OP_SCHEDULER, OP_WAIT_START);
        assert_before(&plan, OP_SCHEDULER, OP_SECCOMP);
        assert_true(find_op(&plan, OP_BOUNDING) >= 0 && find_op(&plan, OP_CAPS) >= 0 && find_op(&plan, OP_IDS) >= 0);
        assert_int_equal(find_op(&plan, OP_NO_NEW_PRIVS) >= 0, spec.process.no_new_privs);
        /* Behind the filter only what needed it: dropping the capability that loaded it, and the program. */
        for (int i = find_op(&plan, OP_SECCOMP) + 1; i < last; i++)
                assert_true(plan.ops[i].type == OP_CAPS || plan.ops[i].type == OP_AMBIENT);
        /* No descriptor is used before the message that brings it. */
        for (int i = 0; i <= last; i++) {
                int slot = slot_of(&plan.ops[i]), wait = -1;

                if (slot == SLOT_NONE || plan.slots[slot].late == 0)
                        continue;
                for (int j = 0; j < i; j++)
                        if (plan.ops[j].type == OP_WAIT && plan.ops[j].number == plan.slots[slot].late)
                                wait = j;
                assert_true(wait >= 0);
        }
        plan_done(&plan);
}

/* A filter with a listener has the agent's connection from who starts the program, and the state from who makes the process. */
static void test_listener(void **state)
{
        const struct place *place = place_named(*state);
        struct place with_agent = *place;
        _cleanup_spec_ struct ward_spec spec = {0};
        _cleanup_text_ struct text shown = {0};
        struct ward_err err = {0};
        const struct op_seccomp *op;
        struct plan plan;

        load("default", &spec);
        with_agent.agent = "/run/agent";
        if (plan_start(&spec, &with_agent, &filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, &plan, &err) < 0)
                fail_msg("%s", err.message);
        op = &plan.ops[find_op(&plan, OP_SECCOMP)].seccomp;
        assert_int_equal(plan.slots[op->agent_slot].kind, SLOT_AGENT);
        assert_int_equal(plan.slots[op->agent_slot].late, MESSAGE_START);
        assert_string_equal(plan.slots[op->agent_slot].path, "/run/agent");
        assert_int_equal(plan.slots[op->state_slot].kind, SLOT_STATE);
        assert_string_equal(plan.slots[op->state_slot].file, "process");
        assert_int_equal(plan.slots[op->state_slot].late, 0);
        assert_false(op->yields);
        plan_print(&plan, true, &shown);
        assert_non_null(strstr(shown.data, "in force: NEW_LISTENER, its listener goes to '/run/agent'"));
        plan_done(&plan);
}

int main(void)
{
        struct CMUnitTest tests[64] = {0};
        size_t count = 0;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                tests[count++] = (struct CMUnitTest){cases[i].config, test_golden, NULL, NULL, (void *)&cases[i]};
                tests[count++] = (struct CMUnitTest){cases[i].place, test_order, NULL, NULL, (void *)&cases[i]};
        }
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
                tests[count++] = (struct CMUnitTest){"exec", test_exec, NULL, NULL, (void *)&places[i]};
        tests[count++] = (struct CMUnitTest){"live", test_live, NULL, NULL, (void *)"v2"};
        tests[count++] = (struct CMUnitTest){"live, without rights", test_live, NULL, NULL, (void *)"user"};
        tests[count++] = (struct CMUnitTest){"live, refused", test_live_refused, NULL, NULL, NULL};
        tests[count++] = (struct CMUnitTest){"listener", test_listener, NULL, NULL, (void *)cases[0].place};
        return _cmocka_run_group_tests("plan", tests, count, NULL, NULL);
}
