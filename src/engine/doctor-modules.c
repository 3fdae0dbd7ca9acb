/* SPDX-License-Identifier: Apache-2.0 */
/* Security modules, and the settings of the machine that decide what a program may do; see doctor.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "engine/doctor-private.h"
#include "kern/landlock.h"

#define BOOT_WITH(module) "boot with " module " in lsm= on the kernel's command line"

static bool has_program(const char *const *places)
{
        for (; *places != NULL; places++)
                if (fd_has(AT_FDCWD, *places))
                        return true;
        return false;
}

/* "ward-default (enforce)": what a module calls the caller. */
static const char *own_label(struct doctor *doctor, const char *const *files)
{
        for (; *files != NULL; files++) {
                const char *label = doctor_read(doctor, *files);

                if (label != NULL && *label != '\0')
                        return label;
        }
        return "unknown";
}

static void look_at_landlock(struct doctor *doctor)
{
        struct doctor_check check = {.group = "lsm", .name = "landlock"};
        struct ward_err why;
        int abi = landlock_abi(&why), r = abi < 0 ? abi : probe_run(probe_landlock);

        if (abi < 0) {
                check.state = DOCTOR_NO;
                check.why = arena_strdup(doctor->arena, why.message);
                check.how = arena_strdup(doctor->arena, why.hint);
        } else if (r < 0) {
                check.state = DOCTOR_NO;
                check.why = arena_printf(doctor->arena, "ABI %d is there, and a ruleset refuses nothing: %s", abi,
                                         strerror(-r));
                check.how = "an outer sandbox answers its calls, or 16 rulesets are in force already";
        } else {
                check.detail = arena_printf(doctor->arena, "abi %d, errata %#x", abi, landlock_errata());
        }
        doctor_add(doctor, &check);
}

static void look_at_apparmor(struct doctor *doctor)
{
        static const char *const parser[] = {"/sbin/apparmor_parser", "/usr/sbin/apparmor_parser", NULL},
                                 *const labels[] = {"/proc/self/attr/apparmor/current", "/proc/self/attr/current",
                                                    NULL};
        const char *enabled = doctor_read(doctor, "/sys/module/apparmor/parameters/enabled");
        struct doctor_check check = {.group = "lsm", .name = "apparmor"};

        if (enabled == NULL || enabled[0] != 'Y') {
                check.state = DOCTOR_NO;
                check.why = enabled == NULL ? "this kernel was built without it" : "this kernel was booted without it";
                check.how = enabled == NULL ? "boot a kernel that has it (CONFIG_SECURITY_APPARMOR)"
                                            : BOOT_WITH("apparmor");
        } else {
                check.detail = arena_concat(doctor->arena, "this program: ", own_label(doctor, labels));
                if (!has_program(parser)) {
                        check.state = DOCTOR_LIMITED;
                        check.why = "profiles that are loaded can be used; none can be loaded without apparmor_parser";
                        check.how = "install the package apparmor";
                }
        }
        doctor_add(doctor, &check);
}

static void look_at_selinux(struct doctor *doctor)
{
        static const char *const labels[] = {"/proc/self/attr/current", NULL};
        const char *enforce = doctor_read(doctor, "/sys/fs/selinux/enforce");
        struct doctor_check check = {.group = "lsm", .name = "selinux"};

        if (enforce == NULL) {
                check.state = DOCTOR_NO;
                check.why = "it is not active: the kernel was built or booted without it, or no policy is loaded";
                check.how = BOOT_WITH("selinux") ", and install a policy";
        } else {
                check.detail = arena_concat(doctor->arena, enforce[0] == '1' ? "enforcing" : "permissive",
                                            ", this program: ", own_label(doctor, labels));
                if (enforce[0] != '1') {
                        check.state = DOCTOR_LIMITED;
                        check.why = "what it would refuse is logged and let through";
                        check.how = "setenforce 1";
                }
        }
        doctor_add(doctor, &check);
}

static void look_at_smack(struct doctor *doctor)
{
        static const char *const labels[] = {"/proc/self/attr/smack/current", "/proc/self/attr/current", NULL};
        struct doctor_check check = {.group = "lsm", .name = "smack"};

        /* The kernel makes the directory where Smack is active; rules, and labels behind a user namespace, take what is mounted on it. */
        if (!fd_has(AT_FDCWD, "/sys/fs/smackfs")) {
                check.state = DOCTOR_NO;
                check.why = "it is not active: the kernel was built or booted without it";
                check.how = BOOT_WITH("smack");
        } else {
                check.detail = arena_concat(doctor->arena, "this program: ", own_label(doctor, labels));
                if (!fd_has(AT_FDCWD, "/sys/fs/smackfs/load2")) {
                        check.state = DOCTOR_LIMITED;
                        check.why = "smackfs is not mounted: no rule can be loaded, and no container with users of its "
                                    "own gets a label";
                        check.how = "mount -t smackfs smackfs /sys/fs/smackfs";
                }
        }
        doctor_add(doctor, &check);
}

void doctor_look_at_modules(struct doctor *doctor)
{
        const char *list = doctor_read(doctor, "/sys/kernel/security/lsm");

        doctor_add(doctor, &(struct doctor_check){
                                   .group = "lsm",
                                   .name = "modules",
                                   .state = DOCTOR_INFO,
                                   .detail = list != NULL ? list : "not to be seen: securityfs is not mounted",
                                   .how = list != NULL ? NULL : "mount -t securityfs none /sys/kernel/security",
                           });
        look_at_landlock(doctor);
        look_at_apparmor(doctor);
        look_at_selinux(doctor);
        look_at_smack(doctor);
}

/* What a setting means, by the number that it has; "" is for every other one. */
static const struct setting {
        const char *name; /* of the sysctl */
        struct {
                const char *value, *meaning;
        } meanings[4];
} settings[] = {
        {"user.max_user_namespaces",
         {{"0", "nobody can make a user namespace"}, {"", "so many user namespaces each user can have"}}},
        {"kernel.unprivileged_userns_clone",
         {{"0", "ordinary users can make no user namespace"}, {"", "ordinary users can make user namespaces"}}},
        {"kernel.apparmor_restrict_unprivileged_userns",
         {{"1", "user namespaces of programs without an AppArmor profile have no capabilities"},
          {"", "no profile is needed for user namespaces"}}},
        {"kernel.yama.ptrace_scope",
         {{"0", "programs of one user can trace each other"},
          {"1", "only what a program started can be traced"},
          {"2", "tracing takes CAP_SYS_PTRACE"},
          {"", "nothing can be traced"}}},
        {"kernel.dmesg_restrict",
         {{"0", "everybody reads the kernel's log, as /dev/kmsg and syslog(2) let him"},
          {"", "the kernel's log takes CAP_SYSLOG"}}},
        {"kernel.kptr_restrict",
         {{"0", "addresses of the kernel are shown to everybody, hashed"},
          {"1", "addresses of the kernel take CAP_SYSLOG"},
          {"", "addresses of the kernel are hidden"}}},
        {"kernel.unprivileged_bpf_disabled",
         {{"0", "ordinary users can load BPF programs"}, {"", "BPF programs take CAP_BPF"}}},
        {"kernel.perf_event_paranoid",
         {{"-1", "everybody measures everything"},
          {"0", "everybody measures processors"},
          {"1", "everybody measures the kernel on his behalf"},
          {"", "ordinary users measure their own programs at most"}}},
        {"kernel.io_uring_disabled",
         {{"0", "everybody can use io_uring, which no seccomp filter looks into"},
          {"1", "io_uring takes CAP_SYS_ADMIN or a group"},
          {"", "nobody can use io_uring"}}},
        {"net.ipv4.ip_unprivileged_port_start", {{"", "the first port that anybody can bind"}}},
        {"net.ipv4.ip_forward",
         {{"0", "the machine forwards no packets: networks of containers stay on it"},
          {"", "the machine forwards packets"}}},
        {"fs.protected_regular",
         {{"0", "files in sticky directories are opened for writing whoever made them"},
          {"", "files of others in sticky directories are not opened for writing"}}},
};

/* proc(5), "Mount options": what is mounted last on /proc counts. */
static const char *find_hidepid(struct doctor *doctor)
{
        _cleanup_free_ char *text = NULL;
        const char *found = "0";

        if (fd_read_file(AT_FDCWD, "/proc/self/mountinfo", 1 << 24, &text, NULL, NULL) < 0)
                return NULL;
        for (char *rest = text, *line; (line = text_next(&rest, '\n')) != NULL;) {
                const char *option = strstr(line, "hidepid="), *place = strstr(line, " /proc ");

                if (place != NULL && strstr(line, " - proc ") != NULL)
                        found = option == NULL ? "0" : option + strlen("hidepid=");
        }
        return arena_strndup(doctor->arena, found, strcspn(found, ", "));
}

void doctor_look_at_settings(struct doctor *doctor)
{
        struct doctor_check check = {.group = "settings", .name = "hidepid", .state = DOCTOR_INFO};
        const char *hidepid = find_hidepid(doctor);

        for (size_t i = 0; i < ELEMENTS(settings); i++) {
                char path[128] = "/proc/sys/";
                const char *value, *meaning = "";
                size_t at = strlen(path);

                for (const char *c = settings[i].name; *c != '\0'; c++)
                        path[at++] = *c == '.' ? '/' : *c;
                value = doctor_read(doctor, path);
                if (value == NULL)
                        continue; /* this kernel does not have it */
                for (size_t j = 0; j < ELEMENTS(settings[i].meanings); j++) {
                        const char *of = settings[i].meanings[j].value;

                        if (of != NULL && (strcmp(of, value) == 0 || *of == '\0')) {
                                meaning = settings[i].meanings[j].meaning;
                                break;
                        }
                }
                doctor_add(doctor, &(struct doctor_check){
                                           .group = "settings",
                                           .name = settings[i].name,
                                           .state = DOCTOR_INFO,
                                           .detail = arena_concat(doctor->arena, value, ": ", meaning),
                                   });
        }
        if (hidepid == NULL)
                return;
        check.detail = arena_concat(doctor->arena, hidepid,
                                    strcmp(hidepid, "0") == 0 || strcmp(hidepid, "off") == 0
                                            ? ": everybody sees the processes of all users"
                                            : ": processes of other users are hidden in /proc");
        doctor_add(doctor, &check);
}
