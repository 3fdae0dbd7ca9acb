/* SPDX-License-Identifier: Apache-2.0 */
/* The names that people know control groups by: one row for each habit of those who make groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/group-name.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
        const char *path, *kind, *name;
} groups[] = {
        {"/", "machine", "/"},
        {"", "machine", "/"},
        {"/db", "group", "db"},
        {"/a/b.c", "group", "b.c"},
        {"/system.slice", "slice", "system"},
        {"/system.slice/ssh.service", "service", "ssh"},
        {"/system.slice/system-getty.slice/getty@tty1.service", "service", "getty@tty1"},
        {"/system.slice/systemd-udevd.service/udev", "group", "udev"},
        {"/system.slice/dev-disk-by\\x2dlabel-swap.swap", "unit", "dev-disk-by-label-swap.swap"},
        {"/system.slice/a\\x2db.service", "service", "a-b"},
        {"/system.slice/a\\x1bb\\x2fc\\x2.service", "service", "a\\x1bb\\x2fc\\x2"},
        {"/system.slice/.service", "group", ".service"},
        {"/init.scope", "scope", "init"},
        {"/user.slice/user-1000.slice", "user", "1000"},
        {"/user.slice/user-1000.slice/session-3.scope", "session", "3 of user 1000"},
        {"/user.slice/user-1000.slice/user@1000.service", "manager", "of user 1000"},
        {"/user.slice/user-1000.slice/user@1000.service/session.slice", "slice", "session"},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-org.gnome.Terminal-4711.scope", "app",
         "org.gnome.Terminal"},
        {"/app.slice/app-org.kde.kate@0a1b2c.service", "app", "org.kde.kate"},
        {"/app.slice/app-gnome\\x2dsession\\x2dmanager.slice", "slice", "app-gnome-session-manager"},
        {"/app.slice/app-flatpak-org.mozilla.firefox-2345.scope", "flatpak", "org.mozilla.firefox"},
        {"/app.slice/snap.firefox.firefox-6cb8d7f0-1111-2222-3333-444455556666.scope", "snap", "firefox.firefox"},
        {"/system.slice/snap.lxd.daemon.service", "snap", "lxd.daemon"},
        {"/system.slice/docker.service", "service", "docker"},
        {"/system.slice/docker-" ID ".scope", "docker", "0123456789ab"},
        {"/docker/" ID, "docker", "0123456789ab"},
        {"/docker", "group", "docker"},
        {"/system.slice/docker-0123.scope", "scope", "docker-0123"},
        {"/machine.slice/libpod-" ID ".scope", "podman", "0123456789ab"},
        {"/machine.slice/libpod-" ID ".scope/container", "group", "container"},
        {"/machine.slice/libpod-conmon-" ID ".scope", "podman", "conmon of 0123456789ab"},
        {"/libpod_parent/libpod-" ID, "podman", "0123456789ab"},
        {"/libpod_parent/conmon", "group", "conmon"},
        {"/machine.slice/machine-libpod_pod_" ID ".slice", "podman", "pod 0123456789ab"},
        {"/machine.slice/libpod_pod_" ID ".slice", "podman", "pod 0123456789ab"},
        {"/kubepods.slice", "slice", "kubepods"},
        {"/kubepods.slice/kubepods-besteffort.slice", "slice", "kubepods-besteffort"},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8e5f8f7c_0001_4d2a_9f5a_0123456789ab.slice",
         "pod", "8e5f8f7c-0001-4d2a-9f5a-0123456789ab"},
        {"/kubepods.slice/kubepods-pod8e5f8f7c_0001_4d2a_9f5a_0123456789ab.slice/cri-containerd-" ID ".scope",
         "containerd", "0123456789ab"},
        {"/kubepods.slice/kubepods-pod0123456789abcdef0123456789abcdef.slice/crio-" ID ".scope", "cri-o",
         "0123456789ab"},
        {"/kubepods/burstable/pod8e5f8f7c-0001-4d2a-9f5a-0123456789ab", "pod", "8e5f8f7c-0001-4d2a-9f5a-0123456789ab"},
        {"/kubepods/burstable/pod8e5f8f7c-0001-4d2a-9f5a-0123456789ab/" ID, "container", "0123456789ab"},
        {"/podcast", "group", "podcast"},
        {"/lxc.payload.web", "lxc", "web"},
        {"/lxc.monitor.web", "lxc", "monitor of web"},
        {"/lxc/web", "lxc", "web"},
        {"/lxc.payload.web/system.slice/ssh.service", "service", "ssh"},
        {"/machine.slice/systemd-nspawn@mail.service", "nspawn", "mail"},
        {"/machine.slice/machine-mail\\x2d2.scope", "nspawn", "mail-2"},
        {"/machine.slice/machine-qemu\\x2d1\\x2ddebian12.scope", "vm", "debian12"},
        {"/machine.slice/machine-qemu\\x2dx.scope", "nspawn", "qemu-x"},
};

static void test_names(void **state)
{
        (void)state;
        for (size_t i = 0; i < ELEMENTS(groups); i++) {
                struct group_name name;

                group_name_find(groups[i].path, &name);
                if (strcmp(group_kind_names[name.kind], groups[i].kind) != 0 || strcmp(name.name, groups[i].name) != 0)
                        fail_msg("'%s' is %s '%s', not %s '%s'", groups[i].path, group_kind_names[name.kind], name.name,
                                 groups[i].kind, groups[i].name);
        }
}

static void test_long_name_is_cut(void **state)
{
        char path[600];
        struct group_name name;

        (void)state;
        memset(path, 'x', sizeof(path) - 1);
        path[0] = '/';
        path[sizeof(path) - 1] = '\0';
        group_name_find(path, &name);
        assert_int_equal(strlen(name.name), GROUP_NAME_MAX - 1);
}

static void test_every_kind_has_a_name(void **state)
{
        (void)state;
        for (size_t i = 0; i < GROUP_KIND_COUNT; i++)
                assert_non_null(group_kind_names[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_long_name_is_cut),
                cmocka_unit_test(test_every_kind_has_a_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
