/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "store/limits.h"
#include "store/store.h"

struct fixture {
        char dir[32];
        struct store store;
};

static int set_up(void **state)
{
        struct fixture *fixture = calloc(1, sizeof(*fixture));
        char path[64];

        (void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/test-store.XXXXXX");
        assert_non_null(mkdtemp(fixture->dir));
        (void)snprintf(path, sizeof(path), "%s/a/b/root//", fixture->dir);
        assert_int_equal(store_open(path, &fixture->store, NULL), 0);
        *state = fixture;
        return 0;
}

static int remove_item(const char *path, const struct stat *st, int kind, struct FTW *where)
{
        return remove(path);
}

static int tear_down(void **state)
{
        struct fixture *fixture = *state;

        store_close(&fixture->store);
        assert_int_equal(nftw(fixture->dir, remove_item, 8, FTW_DEPTH | FTW_PHYS), 0);
        free(fixture);
        return 0;
}

static const struct store_state sample = {
        .id = "c1",
        .bundle = "/b \"q\"\\\t\xc3\xa9",
        .rootfs = "/b/rootfs",
        .oci_version = "1.2.0",
        .cgroup_path = "/c1",
        .cgroup_hierarchies = "cpu,cpuacct name=systemd unified",
        .cgroup_unit = "libpod-c1.scope",
        .cgroup_made = 2,
        .pid = 4242,
        .pid_start_ticks = UINT64_MAX,
        .pid_ns_inode = 4026531836,
        .created_usec = 1700000000123456,
        .program = "ward-oci",
        .command = "sh -c 'x'",
        .host_uid_base = 100000,
        .owner = 0,
        .resctrl = true,
        .stdio = "pipe:4711 file:26:47 -",
        .mounts = (const struct store_mount[]){{"/data \"q\"", UINT32_MAX}, {"/x", 7}},
        .mount_count = 2,
        .rest = ",\"later\":[1,2]",
        .annotations = (const char *const[]){"a", "1", "b", "", "c", "3", "d", "4", "e", "5", NULL},
};

static void test_root(void **state)
{
        struct fixture *fixture = *state;
        struct store store = {.fd = -EBADF};
        char path[64], link[64];
        struct ward_err err;
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s/a/b/root", fixture->dir);
        assert_string_equal(fixture->store.path, path);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
        assert_int_equal(fcntl(fixture->store.fd, F_GETFD), FD_CLOEXEC);

        /* A link that someone put there is not followed, with and without a slash at its end (V34). */
        (void)snprintf(link, sizeof(link), "%s/link", fixture->dir);
        assert_int_equal(symlink(path, link), 0);
        assert_true(store_open(link, &store, &err) < 0);
        (void)snprintf(link, sizeof(link), "%s/link/", fixture->dir);
        assert_true(store_open(link, &store, &err) < 0);

        assert_int_equal(chmod(path, 0770), 0);
        assert_int_equal(store_open(path, &store, &err), -EPERM);
        assert_non_null(strstr(err.hint, "chmod 700"));
        assert_int_equal(chmod(path, 0700), 0);
        if (geteuid() == 0) {
                assert_int_equal(chown(path, 4242, 0), 0);
                assert_int_equal(store_open(path, &store, &err), -EPERM);
                assert_non_null(strstr(err.message, "belongs to user 4242"));
                assert_int_equal(chown(path, 0, 0), 0);
        }
        (void)snprintf(path, sizeof(path), "%s/file", fixture->dir);
        assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
        assert_int_equal(store_open(path, &store, &err), -ENOTDIR);
        assert_int_equal(store_open("", &store, &err), -EINVAL);
        assert_int_equal(store.fd, -EBADF);
}

static void test_ids(void **state)
{
        static const char *const refused[] = {"",       "/abs", "a b", "%s%n", "$(id)",    "..", ".",
                                              ".cache", "-f",   "a/b", "a\nb", "\xc3\xa9", "a:b"};
        static const char *const accepted[] = {"a", "0", "_", "+", "a.b-c_d+e", "A..", "x-"};
        char id[STORE_ID_MAX + 2];

        for (size_t i = 0; i < ELEMENTS(refused); i++)
                assert_int_equal(store_id_check(refused[i], NULL), -EINVAL);
        for (size_t i = 0; i < ELEMENTS(accepted); i++)
                assert_int_equal(store_id_check(accepted[i], NULL), 0);
        memset(id, 'x', sizeof(id));
        id[STORE_ID_MAX + 1] = '\0';
        assert_int_equal(store_id_check(id, NULL), -EINVAL);
        id[STORE_ID_MAX] = '\0';
        assert_int_equal(store_id_check(id, NULL), 0);
}

static void test_write_read(void **state)
{
        struct fixture *fixture = *state;
        _cleanup_arena_ struct arena arena = {0};
        struct store_entry entry;
        struct store_state read, changed = sample;
        struct ward_err err;

        assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
        assert_int_equal(store_read(&entry, &arena, &read, &err), -EBADMSG);
        assert_non_null(strstr(err.message, "state.json is missing"));
        assert_int_equal(store_write(&entry, &sample, &err), 0);
        store_leave(&entry);
        assert_int_equal(entry.fd, -EBADF);
        assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), -EEXIST);

        assert_int_equal(store_enter(&fixture->store, "c1", false, &entry, &err), 0);
        assert_int_equal(store_read(&entry, &arena, &read, &err), 0);
        assert_string_equal(read.id, sample.id);
        assert_string_equal(read.bundle, sample.bundle);
        assert_string_equal(read.rootfs, sample.rootfs);
        assert_string_equal(read.oci_version, sample.oci_version);
        assert_string_equal(read.cgroup_path, sample.cgroup_path);
        assert_string_equal(read.cgroup_hierarchies, sample.cgroup_hierarchies);
        assert_string_equal(read.cgroup_unit, sample.cgroup_unit);
        assert_int_equal(read.cgroup_made, sample.cgroup_made);
        assert_int_equal(read.pid, sample.pid);
        assert_true(read.pid_start_ticks == sample.pid_start_ticks);
        assert_int_equal(read.pid_ns_inode, sample.pid_ns_inode);
        assert_int_equal(strlen(read.boot_id), 36);
        assert_int_equal(read.created_usec, sample.created_usec);
        assert_string_equal(read.program, sample.program);
        assert_string_equal(read.command, sample.command);
        assert_int_equal(read.host_uid_base, sample.host_uid_base);
        assert_true(read.resctrl);
        assert_string_equal(read.stdio, "pipe:4711 file:26:47 -");
        assert_int_equal(read.owner, sample.owner);
        for (size_t i = 0; i < 10; i++)
                assert_string_equal(read.annotations[i], sample.annotations[i]);
        assert_null(read.annotations[10]);
        assert_int_equal(read.mount_count, 2);
        assert_string_equal(read.mounts[0].destination, sample.mounts[0].destination);
        assert_int_equal(read.mounts[0].id, UINT32_MAX);
        assert_int_equal(read.mounts[1].id, 7);
        assert_string_equal(read.rest, sample.rest);

        /* What is absent stays absent; annotations are never NULL. */
        changed.cgroup_path = NULL;
        changed.annotations = NULL;
        changed.remover = 4711;
        assert_int_equal(store_write(&entry, &changed, &err), 0);
        assert_int_equal(store_read(&entry, &arena, &read, &err), 0);
        assert_null(read.cgroup_path);
        assert_int_equal(read.remover, 4711);
        assert_null(read.annotations[0]);

        /* A path that JSON cannot hold is refused, the old state stays. */
        changed.bundle = "/\xff";
        assert_int_equal(store_write(&entry, &changed, &err), -EILSEQ);
        assert_int_equal(store_read(&entry, &arena, &read, &err), 0);
        assert_int_equal(faccessat(entry.fd, "state.json.new", F_OK, 0), -1);
        assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), 0);
}

static void put(const struct store_entry *entry, const char *text, size_t len)
{
        int fd = openat(entry->fd, "state.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(fd_write_all(fd, text, len), 0);
        assert_int_equal(close(fd), 0);
}

static void test_damage(void **state)
{
        struct fixture *fixture = *state;
        _cleanup_free_ char *text = NULL;
        struct store_state read = {.pid = 77};
        struct store_entry entry;
        struct ward_err err;
        size_t len;
        char *at;

        assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
        assert_int_equal(store_write(&entry, &sample, &err), 0);
        assert_int_equal(fd_read_file(entry.fd, "state.json", 1 << 20, &text, &len, &err), 0);

        /* Cut anywhere (the last byte is the newline): damaged, and *ret_state untouched. */
        for (size_t cut = 0; cut < len - 1; cut++) {
                _cleanup_arena_ struct arena arena = {0};

                put(&entry, text, cut);
                assert_int_equal(store_read(&entry, &arena, &read, &err), -EBADMSG);
                assert_int_equal(err.errnum, EBADMSG);
                assert_int_equal(read.pid, 77);
        }
        {
                _cleanup_arena_ struct arena arena = {0};

                at = strstr(text, "\"bootId\":\"");
                assert_non_null(at);
                at[10] = at[10] == '0' ? '1' : '0';
                put(&entry, text, len);
                assert_int_equal(store_read(&entry, &arena, &read, &err), -ESTALE);
                at = strstr(text, "\"formatVersion\":1");
                at[16] = '9';
                put(&entry, text, len);
                assert_int_equal(store_read(&entry, &arena, &read, &err), -EPROTONOSUPPORT);
                assert_non_null(strstr(err.message, "format version 9"));
                assert_int_equal(read.pid, 77);
        }
        assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), 0);
}

static const char first_format[] =
        "{\"formatVersion\":1,\"id\":\"c1\",\"bundle\":\"/b\",\"rootfs\":\"/b/"
        "rootfs\",\"ociVersion\":\"1.2.0\",\"cgroupPath\":\"/c1\","
        "\"cgroupHierarchies\":\"unified\",\"cgroupMade\":0,\"pid\":7,\"pidStartTicks\":8,\"pidNsInode\":9,\"bootId\":"
        "\"00000000-0000-0000-0000-000000000000\",\"createdUsec\":1,\"program\":\"ward-oci\",\"command\":\"sh\","
        "\"hostUidBase\":0,"
        "\"owner\":0,\"remover\":0,\"annotations\":{}}\n";

static void read_format(const char *text, struct arena *arena, struct store_state *ret_state)
{
        struct ward_err err;

        if (store_state_parse(text, strlen(text), arena, ret_state, &err) < 0)
                fail_msg("%s", err.message);
}

/* What the first version of the format had is all that is needed; and it stays so, whatever is added. */
static void test_first_format(void **state)
{
        _cleanup_arena_ struct arena arena = {0};
        _cleanup_text_ struct text text = {0};
        struct store_state read;

        (void)state;
        read_format(first_format, &arena, &read);
        assert_int_equal(read.pid, 7);
        assert_int_equal(read.mount_count, 0);
        assert_null(read.rest);
        store_state_print(&read, &text);
        assert_string_equal(text.data, first_format);
}

/* Members of a later version, however near to a known one they are spelled, are none of our business, and come out as they went in. */
static void test_later_members(void **state)
{
        static const char later[] = ",\"pids\":[1,{\"a\":null}],\"mount\":\"x\\u00e9\",\"\":1.5e3}\n";
        _cleanup_arena_ struct arena arena = {0};
        _cleanup_text_ struct text text = {0}, again = {0};
        struct store_state read;

        (void)state;
        text_add(&text, first_format, strlen(first_format) - 2);
        text_puts(&text, later);
        read_format(text.data, &arena, &read);
        assert_int_equal(read.pid, 7);
        store_state_print(&read, &again);
        assert_string_equal(again.data, text.data);
}

/* A later version of the format need not have anything that this one has. */
static void test_later_format(void **state)
{
        static const char *const texts[] = {"{\"formatVersion\":2}",
                                            "{\"formatVersion\":3,\"id\":{},\"pid\":\"seven\"}",
                                            "{\"state\":[],\"formatVersion\":4294967295}"};
        _cleanup_arena_ struct arena arena = {0};
        struct store_state read = {.pid = 77};
        struct ward_err err;

        (void)state;
        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                assert_int_equal(store_state_parse(texts[i], strlen(texts[i]), &arena, &read, &err), -EPROTONOSUPPORT);
                assert_non_null(strstr(err.message, "newer ward"));
                assert_int_equal(read.pid, 77);
        }
        assert_int_equal(store_state_parse("{\"formatVersion\":0}", 19, &arena, &read, &err), -EBADMSG);
}

static void test_destroy(void **state)
{
        struct fixture *fixture = *state;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        struct store_entry entry;
        struct ward_err err;
        char outside[64];
        int fd;

        /* What ward makes goes, a link out of it, too; what the link names stays, and so does what ward does not make. */
        (void)snprintf(outside, sizeof(outside), "%s/outside", fixture->dir);
        assert_int_equal(mkdir(outside, 0700), 0);
        (void)snprintf(outside, sizeof(outside), "%s/outside/kept", fixture->dir);
        assert_int_equal(close(open(outside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
        assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
        assert_int_equal(mkdirat(entry.fd, "notify", 0755), 0);
        assert_int_equal(symlinkat("../../outside", entry.fd, "signal"), 0);
        assert_int_equal(symlinkat("notify", entry.fd, "start"), 0);
        assert_int_equal(mkdirat(entry.fd, "state.json", 0700), 0);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/notify/notify", entry.fd);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(close(fd), 0);
        assert_int_equal(store_check_own(&fixture->store, "c1", &entry, &err), 0);
        assert_int_equal(mkdirat(entry.fd, "d", 0700), 0);
        assert_int_equal(mkdirat(entry.fd, "d/e", 0700), 0);
        assert_int_equal(store_check_own(&fixture->store, "c1", &entry, &err), -ENOTEMPTY);
        assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), -ENOTEMPTY);
        assert_int_equal(faccessat(fixture->store.fd, "c1/d/e", F_OK, 0), 0);
        assert_int_equal(faccessat(fixture->store.fd, "c1/notify", F_OK, 0), -1);
        assert_int_equal(store_enter(&fixture->store, "c1", true, &entry, &err), 0);
        assert_int_equal(unlinkat(entry.fd, "d/e", AT_REMOVEDIR), 0);
        assert_int_equal(unlinkat(entry.fd, "d", AT_REMOVEDIR), 0);
        assert_int_equal(store_check_own(&fixture->store, "c1", &entry, &err), 0);
        assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), 0);
        assert_int_equal(entry.fd, -EBADF);
        assert_int_equal(faccessat(fixture->store.fd, "c1", F_OK, 0), -1);
        assert_int_equal(access(outside, F_OK), 0);
        assert_int_equal(store_enter(&fixture->store, "c1", true, &entry, &err), -ENOENT);
}

static void test_group_note(void **state)
{
        struct fixture *fixture = *state;
        _cleanup_arena_ struct arena arena = {0};
        char long_path[5000] = "/", identity[STORE_IDENTITY_MAX];
        const char *path = "untouched";
        struct store_entry entry;
        unsigned parents = 7;
        struct ward_err err;

        assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
        assert_false(store_has_state(&entry));
        assert_int_equal(store_noted_group(&entry, &arena, &path, &parents), -ENOENT);
        memset(long_path + 1, 'x', sizeof(long_path) - 2);
        assert_int_equal(store_note_group(&entry, long_path, 0, &err), -ENAMETOOLONG);
        assert_int_equal(symlinkat("/no/number", entry.fd, "group"), 0);
        assert_int_equal(store_noted_group(&entry, &arena, &path, &parents), -ENOENT);
        assert_string_equal(path, "untouched");
        assert_int_equal(unlinkat(entry.fd, "group", 0), 0);
        assert_int_equal(mkdirat(entry.fd, "group", 0700), 0);
        assert_int_equal(store_noted_group(&entry, &arena, &path, &parents), -ENOENT);
        assert_int_equal(unlinkat(entry.fd, "group", AT_REMOVEDIR), 0);
        assert_int_equal(store_note_group(&entry, "/a:b/c", 1, &err), 0);
        assert_int_equal(store_note_group(&entry, "/a", 0, &err), -EEXIST);
        assert_int_equal(store_noted_group(&entry, &arena, &path, &parents), 0);
        assert_string_equal(path, "/a:b/c");
        assert_int_equal(parents, 1);
        assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), 0);

        assert_int_equal(store_identity(&fixture->store, identity, &err), 0);
        assert_non_null(strchr(identity, ' '));
        assert_int_equal(strchr(identity, ' ')[1], '/');
}

static void test_list(void **state)
{
        static const char *const names[] = {"web-2", "web-10", "db", "a"};
        struct fixture *fixture = *state;
        _cleanup_arena_ struct arena arena = {0};
        const char *const *ids;
        struct store_entry entry;
        struct ward_err err;
        size_t count;
        int fd;

        assert_int_equal(store_list(&fixture->store, &arena, &ids, &count, &err), 0);
        assert_int_equal(count, 0);
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                assert_int_equal(store_create(&fixture->store, names[i], &entry, &err), 0);
                store_leave(&entry);
        }
        fd = store_cache(&fixture->store, true);
        assert_true(fd >= 0);
        (void)fd_close(fd);
        fd = store_cache(&fixture->store, true);
        assert_true(fd >= 0);
        (void)fd_close(fd);
        assert_int_equal(close(openat(fixture->store.fd, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
        assert_int_equal(store_list(&fixture->store, &arena, &ids, &count, &err), 0);
        assert_int_equal(count, 4);
        assert_string_equal(ids[0], "a");
        assert_string_equal(ids[1], "db");
        assert_string_equal(ids[2], "web-10");
        assert_string_equal(ids[3], "web-2");
        assert_int_equal(store_enter(&fixture->store, "wbe-2", false, &entry, &err), -ENOENT);
        assert_string_equal(err.hint, "did you mean 'web-2'?");
}

/* Between mkdir and lock an entry looks as if its maker had died. Whoever takes it away must not make the start fail. */
static void test_create_again(void **state)
{
        struct fixture *fixture = *state;
        struct store_entry entry;
        struct ward_err err;
        bool stop = false;
        int status, rounds = 0;
        pid_t thief = fork();

        if (thief == 0)
                for (assert_int_equal(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);;) {
                        struct store_entry taken;

                        if (store_enter(&fixture->store, "c1", false, &taken, NULL) < 0)
                                continue;
                        if (store_try_lock(&taken, NULL) >= 0)
                                (void)store_destroy(&fixture->store, "c1", &taken, NULL);
                        else
                                store_leave(&taken);
                }
        for (; !stop && rounds < 5000; rounds++) {
                assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
                stop = symlinkat("x", entry.fd, "made") < 0;
                assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), 0);
        }
        assert_int_equal(kill(thief, SIGKILL), 0);
        assert_int_equal(waitpid(thief, &status, 0), thief);
        assert_false(stop);
}

/* How a container ended is written without its lock: an entry goes while somebody writes into it, and goes whole. */
static void test_destroy_written(void **state)
{
        struct fixture *fixture = *state;
        struct store_entry entry;
        struct ward_err err;

        for (int round = 0; round < 1000; round++) {
                int status;
                pid_t writer;

                assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
                writer = fork();
                if (writer == 0) {
                        for (int i = 0; i < 3; i++)
                                (void)store_put_file(&entry, STORE_EXIT, "{}", 2, NULL);
                        _exit(0);
                }
                for (int i = 0; i < round % 50; i++)
                        (void)sched_yield();
                assert_int_equal(store_destroy(&fixture->store, "c1", &entry, &err), 0);
                assert_int_equal(waitpid(writer, &status, 0), writer);
                assert_int_equal(faccessat(fixture->store.fd, "c1", F_OK, 0), -1);
        }
}

/* A second process waits for the lock, also when a third has inherited the descriptor; and it notices a removal. */
/* What `ward limit` writes down comes back as it was; the directory is there as long as something is in it. */
static void test_limits(void **state)
{
        static const struct store_limit_group groups[] = {{"memory", "/a/ward-limit-7-1", "/a"},
                                                          {"unified", "/\"b", NULL}};
        static const struct store_limit_value values[] = {{"memory", "io.max", "8:0 rbps=", "8:0 rbps=max"}};
        static const struct store_limit_process processes[] = {{8, 99, "memory", "/c"}};
        static const struct store_limit_setting settings[] = {{7, 5, "nice", -3, 0}, {7, 5, "RLIMIT_CORE", -1, -1}};
        static const char *const devices[] = {"deny c 1:3 w"};
        const struct store_limit wanted = {
                .kind = "process",
                .name = "7",
                .start_ticks = UINT64_MAX,
                .tree = true,
                .scope = "x.scope",
                .groups = groups,
                .group_count = 2,
                .values = values,
                .value_count = 1,
                .processes = processes,
                .process_count = 1,
                .settings = settings,
                .setting_count = 2,
                .devices = devices,
                .device_count = 1,
        };
        struct fixture *fixture = *state;
        _cleanup_arena_ struct arena arena = {0};
        struct store_limit *found;
        size_t count;
        int dir;

        assert_int_equal(store_limits_open(&fixture->store, false, NULL), -ENOENT);
        dir = store_limits_open(&fixture->store, true, NULL);
        assert_true(dir >= 0);
        assert_int_equal(store_limit_write(dir, &wanted, NULL), 0);
        assert_int_equal(store_limit_write(dir, &wanted, NULL), 0);
        assert_int_equal(store_limits_read(dir, false, &arena, &found, &count, NULL), 0);
        assert_int_equal(count, 1);
        assert_string_equal(found->name, "7");
        assert_true(found->start_ticks == UINT64_MAX && found->tree);
        assert_int_equal(found->group_count, 2);
        assert_string_equal(found->groups[0].from, "/a");
        assert_string_equal(found->groups[1].path, "/\"b");
        assert_null(found->groups[1].from);
        assert_string_equal(found->values[0].slot, "8:0 rbps=");
        assert_int_equal(found->processes[0].start_ticks, 99);
        assert_int_equal(found->settings[0].value, -3);
        assert_int_equal(found->settings[1].hard, -1);
        assert_string_equal(found->devices[0], devices[0]);
        store_limits_close(&fixture->store, dir);

        dir = store_limits_open(&fixture->store, false, NULL);
        assert_true(dir >= 0);
        assert_int_equal(store_limit_remove(dir, &wanted, NULL), 0);
        store_limits_close(&fixture->store, dir);
        assert_int_equal(store_limits_open(&fixture->store, false, NULL), -ENOENT);
}

static void test_lock(void **state)
{
        struct fixture *fixture = *state;
        struct store_entry entry, other;
        struct ward_err err;
        pid_t holder, waiter;
        int status, hold[2];

        assert_int_equal(pipe(hold), 0);
        assert_int_equal(store_create(&fixture->store, "c1", &entry, &err), 0);
        holder = fork();
        if (holder == 0) {
                char c;

                (void)close(hold[1]);
                _exit(read(hold[0], &c, 1) == 0 ? 0 : 1);
        }
        assert_int_equal(store_enter(&fixture->store, "c1", false, &other, &err), 0);
        assert_int_equal(flock(other.fd, LOCK_EX | LOCK_NB), -1);
        store_leave(&entry);
        assert_int_equal(flock(other.fd, LOCK_EX | LOCK_NB), 0);
        waiter = fork();
        if (waiter == 0)
                _exit(store_enter(&fixture->store, "c1", true, &entry, NULL) == -ENOENT ? 0 : 1);
        (void)usleep(20000);
        assert_int_equal(waitpid(waiter, &status, WNOHANG), 0);
        other.lock = other.fd;
        assert_int_equal(store_destroy(&fixture->store, "c1", &other, &err), 0);
        assert_int_equal(waitpid(waiter, &status, 0), waiter);
        assert_int_equal(status, 0);
        (void)close(hold[0]);
        (void)close(hold[1]);
        assert_int_equal(waitpid(holder, &status, 0), holder);
        assert_int_equal(status, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_root, set_up, tear_down),
                cmocka_unit_test(test_ids),
                cmocka_unit_test_setup_teardown(test_write_read, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
                cmocka_unit_test(test_first_format),
                cmocka_unit_test(test_later_members),
                cmocka_unit_test(test_later_format),
                cmocka_unit_test_setup_teardown(test_destroy, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_group_note, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_create_again, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_destroy_written, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_lock, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
