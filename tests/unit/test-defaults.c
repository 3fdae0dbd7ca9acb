/* SPDX-License-Identifier: Apache-2.0 */
/* The default isolation, and that what is printed of it is read back as the same. */
#include <linux/capability.h>
#include <linux/mount.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "model/defaults.h"
#include "model/oci.h"
#include "model/print.h"

static const struct spec_mount *find_mount(const struct ward_spec *spec, const char *path)
{
        for (size_t i = 0; i < spec->mount_count; i++)
                if (strcmp(spec->mounts[i].destination, path) == 0)
                        return &spec->mounts[i];
        return NULL;
}

static bool has_path(const struct spec_path *paths, size_t count, const char *path)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(paths[i].path, path) == 0)
                        return true;
        return false;
}

static struct defaults isolated(void)
{
        static const struct spec_id_map map = {.container_id = 0, .host_id = 200000, .count = 65536};
        struct defaults how = {.id_maps = {.uid = &map, .gid = &map, .uid_count = 1, .gid_count = 1}, .cpus = 2};

        defaults_isolated(&how);
        return how;
}

static void test_all_of_it(void **state)
{
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec spec = {0};

        assert_int_equal(defaults_fill(&how, &spec, NULL), 0);
        for (int i = 0; i < SPEC_NS_COUNT; i++)
                assert_int_equal(spec.ns[i].mode, i == SPEC_NS_TIME ? SPEC_NS_INHERIT : SPEC_NS_NEW);
        assert_int_equal(spec.id_maps.uid_count, 1);
        assert_int_equal(spec.id_maps.gid_count, 1);
        assert_int_equal(spec.id_maps.gid[0].container_id, 0);
        assert_int_equal(spec.id_maps.gid[0].host_id, 200000);
        assert_int_equal(spec.id_maps.gid[0].count, 65536);
        assert_int_equal(spec.process.caps.bounding, 0x5eb);
        assert_int_equal(spec.process.caps.permitted, 0x5eb);
        assert_int_equal(spec.process.caps.inheritable | spec.process.caps.ambient, 0);
        assert_true(spec.process.no_new_privs);
        assert_int_equal(spec.process.rlimit_count, 1);
        assert_int_equal(spec.process.rlimits[0].resource, RLIMIT_CORE);
        assert_int_equal(spec.process.rlimits[0].hard, 0);
        assert_int_equal(spec.resources.pids.value, 4096);
        assert_true(has_path(spec.masked_paths, spec.masked_path_count, "/proc/kcore"));
        assert_true(
                has_path(spec.masked_paths, spec.masked_path_count, "/sys/devices/system/cpu/cpu1/thermal_throttle"));
        assert_false(
                has_path(spec.masked_paths, spec.masked_path_count, "/sys/devices/system/cpu/cpu2/thermal_throttle"));
        assert_true(has_path(spec.readonly_paths, spec.readonly_path_count, "/proc/sys"));
}

/* Every mount keeps set-user-id rights out, and all but /dev devices, which has them; programs are in none. */
static void test_mounts(void **state)
{
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec spec = {0};

        assert_int_equal(defaults_fill(&how, &spec, NULL), 0);
        assert_int_equal(spec.mount_count, 7);
        for (size_t i = 0; i < spec.mount_count; i++) {
                const struct spec_mount *mount = &spec.mounts[i];

                assert_true((mount->attr_set & MOUNT_ATTR_NOSUID) != 0 && (mount->attr_set & MOUNT_ATTR_NOEXEC) != 0);
                assert_true((mount->attr_set & MOUNT_ATTR_NODEV) != 0 || strcmp(mount->destination, "/dev") == 0 ||
                            strcmp(mount->destination, "/dev/pts") == 0);
        }
        assert_true((find_mount(&spec, "/sys")->attr_set & MOUNT_ATTR_RDONLY) != 0);
        assert_true((find_mount(&spec, "/sys/fs/cgroup")->attr_set & MOUNT_ATTR_RDONLY) != 0);
}

static void test_hosts_parts(void **state)
{
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec spec = {0};

        how.ns[SPEC_NS_USER].mode = how.ns[SPEC_NS_NET].mode = SPEC_NS_INHERIT;
        assert_int_equal(defaults_fill(&how, &spec, NULL), 0);
        assert_int_equal(spec.ns[SPEC_NS_USER].mode, SPEC_NS_INHERIT);
        assert_int_equal(spec.ns[SPEC_NS_NET].mode, SPEC_NS_INHERIT);
        assert_int_equal(spec.ns[SPEC_NS_PID].mode, SPEC_NS_NEW);
        assert_int_equal(spec.id_maps.uid_count, 0);
        assert_true(find_mount(&spec, "/sys")->bind);
        assert_false(find_mount(&spec, "/sys")->recursive);
        assert_true((find_mount(&spec, "/sys")->attr_set & MOUNT_ATTR_RDONLY) != 0);
        assert_int_equal(spec.process.caps.bounding, 0x5eb);
}

/* What a namespace of the caller's shows can't be mounted by who does not own it. */
static void test_shared_namespaces(void **state)
{
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec own = {0}, hosts = {0};

        how.ns[SPEC_NS_PID].mode = how.ns[SPEC_NS_IPC].mode = SPEC_NS_INHERIT;
        assert_int_equal(defaults_fill(&how, &own, NULL), 0);
        assert_true(find_mount(&own, "/proc")->bind && find_mount(&own, "/proc")->recursive);
        assert_true(find_mount(&own, "/dev/shm")->bind);
        assert_true(find_mount(&own, "/dev/mqueue")->bind);
        assert_false(find_mount(&own, "/sys")->bind);
        how.ns[SPEC_NS_USER].mode = SPEC_NS_INHERIT;
        assert_int_equal(defaults_fill(&how, &hosts, NULL), 0);
        assert_false(find_mount(&hosts, "/proc")->bind);
}

/* A group that is not mapped can own no terminal. */
static void test_one_id(void **state)
{
        static const struct spec_id_map one = {.container_id = 0, .host_id = 1000, .count = 1};
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec spec = {0}, many = {0};

        assert_int_equal(defaults_fill(&how, &many, NULL), 0);
        assert_non_null(strstr(find_mount(&many, "/dev/pts")->data, "gid=5"));
        how.id_maps = (struct spec_id_maps){.uid = &one, .gid = &one, .uid_count = 1, .gid_count = 1};
        assert_int_equal(defaults_fill(&how, &spec, NULL), 0);
        assert_null(strstr(find_mount(&spec, "/dev/pts")->data, "gid="));
        assert_int_equal(spec.id_maps.uid[0].host_id, 1000);
}

static void test_wishes(void **state)
{
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec privileged = {0}, none = {0};

        how.privileged = true;
        how.shm_bytes = 4096;
        assert_int_equal(defaults_fill(&how, &privileged, NULL), 0);
        assert_string_equal(find_mount(&privileged, "/dev/shm")->data, "mode=1777,size=4096");
        assert_int_equal(privileged.masked_path_count + privileged.readonly_path_count, 0);
        assert_false(privileged.process.no_new_privs);
        assert_true((find_mount(&privileged, "/sys")->attr_set & MOUNT_ATTR_RDONLY) == 0);
        how.no_shm = true;
        assert_int_equal(defaults_fill(&how, &none, NULL), 0);
        assert_null(find_mount(&none, "/dev/shm"));
}

static void test_printed_and_read(void **state)
{
        static const char *const argv[] = {"sh", NULL};
        struct defaults how = isolated();
        _cleanup_spec_ struct ward_spec spec = {0}, read = {0};
        _cleanup_text_ struct text once = {0}, twice = {0};
        struct ward_err err = {0};

        assert_int_equal(defaults_fill(&how, &spec, NULL), 0);
        spec.rootfs = "/root";
        spec.process.argv = argv;
        spec_print(&spec, &once);
        assert_int_equal(oci_parse(once.data, once.len, "config.json", &read, &err), 0);
        spec_print(&read, &twice);
        assert_string_equal(once.data, twice.data);
        assert_non_null(strstr(once.data, "\"hostID\": 200000"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_of_it),        cmocka_unit_test(test_mounts),
                cmocka_unit_test(test_hosts_parts),      cmocka_unit_test(test_shared_namespaces),
                cmocka_unit_test(test_one_id),           cmocka_unit_test(test_wishes),
                cmocka_unit_test(test_printed_and_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
