/* SPDX-License-Identifier: Apache-2.0 */
/* What walls stand; see strength.h. */
#include "engine/strength.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "model/defaults.h"
#include "model/landlock.h"

static void say(char *field, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say(char *field, size_t size, const char *format, ...)
{
        size_t used = strlen(field);
        va_list args;

        va_start(args, format);
        if (used + 1 < size)
                (void)vsnprintf(field + used, size - used, format, args);
        va_end(args);
}

#define MIB (1 << 20)

/* @field is an array: a pointer has another size. */
#define SAY(field, ...) say((field), sizeof(field), __VA_ARGS__)

static void look_at_namespaces(const struct birth *birth, struct strength_part *part)
{
        static const char *const names[SPEC_NS_COUNT] = {
                [SPEC_NS_USER] = "user", [SPEC_NS_CGROUP] = "cgroup", [SPEC_NS_IPC] = "ipc",  [SPEC_NS_UTS] = "uts",
                [SPEC_NS_NET] = "net",   [SPEC_NS_PID] = "pid",       [SPEC_NS_MOUNT] = "mnt"};

        bool inherits = true;

        part->whole = true;
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++) {
                enum spec_ns_mode mode = birth->spec->ns[ns].mode;

                if (names[ns] == NULL)
                        continue;
                inherits = inherits && mode == SPEC_NS_INHERIT;
                if (mode == SPEC_NS_NEW) {
                        SAY(part->detail, "%s%s", part->detail[0] == '\0' ? "" : ",", names[ns]);
                        continue;
                }
                part->whole = false;
                SAY(part->why, "%s%s %s", part->why[0] == '\0' ? "" : ", ", names[ns],
                    mode == SPEC_NS_JOIN ? "shared" : "the machine's");
        }
        if (inherits)
                (void)snprintf(part->why, sizeof(part->why), "all are the machine's");
}

static void look_at_ids(const struct birth *birth, struct strength_part *part)
{
        const struct spec_id_maps *maps = &birth->spec->id_maps;
        uint64_t count = 0;

        for (size_t i = 0; i < maps->uid_count; i++)
                count += maps->uid[i].count;
        part->whole = count > 0;
        if (count == 0) {
                SAY(part->why, "the machine's users%s", birth->spec->process.uid == 0 ? ": root inside is root" : "");
                SAY(part->hint, "leave '--userns host' out");
        } else if (count == 1) {
                SAY(part->detail, "one, yours");
        } else {
                SAY(part->detail, "%llu own", (unsigned long long)count);
        }
}

static void look_at_rights(const struct birth *birth, struct strength *strength)
{
        const struct spec_process *process = &birth->spec->process;
        struct strength_part *caps = &strength->parts[STRENGTH_CAPS], *filter = &strength->parts[STRENGTH_SECCOMP],
                             *privileges = &strength->parts[STRENGTH_NO_NEW_PRIVS];
        uint64_t more = process->caps.bounding & ~defaults_caps;

        /* What stays in the bounding set because nothing may take it out, no_new_privs makes worthless. */
        if (birth->spec->no_root && process->caps.permitted == 0)
                more = 0;
        SAY(caps->detail, "%d",
            __builtin_popcountll(birth->spec->no_root ? process->caps.permitted : process->caps.bounding));
        caps->whole = more == 0;
        for (int cap = 0; more != 0 && cap < CAP_NAME_COUNT && __builtin_popcountll(more) <= 5; cap++)
                if ((more >> cap & 1) != 0)
                        SAY(caps->why, "%s%s", caps->why[0] == '\0' ? "also " : ", ", cap_names[cap] + strlen("CAP_"));
        if (more != 0 && caps->why[0] == '\0')
                SAY(caps->why, "%d more than usual", __builtin_popcountll(more));

        filter->whole = birth->filter.count > 0;
        /* One of ward's own says its name, a file the option that named it. */
        if (filter->whole)
                SAY(filter->detail, "%s",
                    birth->spec->seccomp.origin.field != NULL && birth->spec->seccomp.origin.field[0] != '-'
                            ? birth->spec->seccomp.origin.field
                            : "own profile");
        else
                SAY(filter->why, "every system call can be made");

        privileges->whole = process->no_new_privs;
        if (privileges->whole)
                SAY(privileges->detail, "yes");
        else
                SAY(privileges->why, "set-user-id programs raise their rights");
}

static void look_at_groups(const struct birth *birth, struct strength *strength)
{
        const struct spec_resources *r = &birth->spec->resources;
        struct strength_part *limits = &strength->parts[STRENGTH_CGROUP], *devices = &strength->parts[STRENGTH_DEVICES];
        bool group = birth->site.place.cgroup_path != NULL && birth->site.place.hierarchy_count > 0, all = false;

        for (size_t i = 0; i < r->device_rule_count; i++)
                all |= r->device_rules[i].allow && r->device_rules[i].type == SPEC_DEVICE_ALL &&
                       r->device_rules[i].major < 0;
        limits->whole = group && (!r->pids.given || site_limits_pids(&birth->site, r));
        devices->whole = group && !all && !birth->site.devices_open;
        if (!group) {
                if (birth->site.place.root_user) {
                        SAY(limits->why, "the container around this one shows control groups read-only");
                        SAY(limits->hint, "start that one with --privileged");
                } else {
                        SAY(limits->why, "control groups belong to root here, none is delegated");
                        SAY(limits->hint, "run it as root, or below a delegated group: systemd-run --user --scope -p "
                                          "Delegate=yes ...");
                }
                SAY(devices->why, "takes a control group; what its user could not open outside stays closed");
                SAY(devices->hint, "%s", limits->hint);
                return;
        }
        if (!limits->whole)
                SAY(limits->why, "processes are not counted: the caller has no group with the pids controller");
        if (r->memory.limit.given && r->memory.limit.value % MIB == 0)
                SAY(limits->detail, "memory %lldm", (long long)(r->memory.limit.value / MIB));
        else if (r->memory.limit.given)
                SAY(limits->detail, "memory %lld", (long long)r->memory.limit.value);
        if (r->cpu.quota.given)
                SAY(limits->detail, "%scpu", limits->detail[0] == '\0' ? "" : ", ");
        if (site_limits_pids(&birth->site, r))
                SAY(limits->detail, "%spids %lld", limits->detail[0] == '\0' ? "" : ", ", (long long)r->pids.value);
        if (limits->detail[0] == '\0')
                SAY(limits->detail, "own");
        if (all)
                SAY(devices->why, "all are allowed");
        else if (birth->site.devices_open)
                SAY(devices->why, "refusing takes root; what its user could not open outside stays closed");
        else
                SAY(devices->detail, "usual%s", r->device_rule_count > 0 ? " and named ones" : "");
}

static void look_at_paths(const struct birth *birth, struct strength *strength)
{
        const struct ward_spec *spec = birth->spec;
        struct strength_part *paths = &strength->parts[STRENGTH_PATHS], *keyring = &strength->parts[STRENGTH_KEYRING],
                             *lsm = &strength->parts[STRENGTH_LSM];

        paths->whole = spec->masked_path_count > 0 && spec->readonly_path_count > 0;
        if (paths->whole)
                SAY(paths->detail, "%zu masked, %zu read-only", spec->masked_path_count, spec->readonly_path_count);
        else
                SAY(paths->why, "what the kernel tells of the machine is shown");
        if (spec->rootfs_readonly)
                SAY(paths->detail, "%sread-only root", paths->detail[0] == '\0' ? "" : ", ");
        /* Their owner is nobody's in his user namespace (user_namespaces(7)). */
        if (birth->options->root_given && !birth->site.place.root_user && !birth->spec->rootfs_empty &&
            !birth->spec->no_root)
                SAY(paths->detail, "%sthe machine's files can be replaced, not edited, chmod'ed or chown'ed",
                    paths->detail[0] == '\0' ? "" : ", ");

        keyring->whole = !birth->site.place.no_new_keyring;
        if (keyring->whole)
                SAY(keyring->detail, "own");
        else
                SAY(keyring->why, "the filter around it allows none of its own");

        lsm->whole = spec->process.apparmor_profile != NULL || spec->process.selinux_label != NULL ||
                     spec->process.smack_label != NULL;
        if (spec->process.apparmor_profile != NULL)
                SAY(lsm->detail, "AppArmor %s", spec->process.apparmor_profile);
        if (spec->process.selinux_label != NULL)
                SAY(lsm->detail, "%sSELinux %s", lsm->detail[0] == '\0' ? "" : ", ", spec->process.selinux_label);
        if (spec->process.smack_label != NULL)
                SAY(lsm->detail, "%sSmack %s", lsm->detail[0] == '\0' ? "" : ", ", spec->process.smack_label);
        if (lsm->whole)
                return;
        if (!fd_has(AT_FDCWD, "/sys/module/apparmor/parameters/enabled") &&
            !fd_has(AT_FDCWD, "/sys/fs/selinux/enforce") && !fd_has(AT_FDCWD, "/sys/fs/smackfs"))
                SAY(lsm->why, "this kernel runs neither AppArmor nor SELinux nor Smack");
        else
                SAY(lsm->why, "no profile was asked for");
        SAY(lsm->hint, "--security-opt apparmor=PROFILE, label=type:TYPE or smack=LABEL, where the kernel has it");
}

static void look_at_landlock(const struct birth *birth, struct strength_part *part)
{
        const struct spec_landlock *landlock = &birth->spec->landlock;
        unsigned abi = birth->site.place.landlock_abi;
        _cleanup_text_ struct text kinds = {0}, all = {0};
        struct landlock_fit fit;

        if (!landlock->given) {
                SAY(part->why, "not asked for");
                SAY(part->hint, "--landlock system,rw:DIRECTORY,tcp-connect:PORT,scope");
                return;
        }
        landlock_fit(landlock, abi, &fit);
        landlock_kinds(&fit, &kinds);
        landlock_kinds(&(struct landlock_fit){.fs = landlock->fs, .net = landlock->net, .scope = landlock->scope},
                       &all);
        part->whole = kinds.len == all.len && abi >= landlock->abi && !text_failed(&all);
        if (kinds.len > 0 && !text_failed(&kinds))
                SAY(part->detail, "abi %u: %s", abi, kinds.data);
        if (part->whole)
                return;
        if (abi == 0)
                SAY(part->why, "not in force in this kernel");
        else
                SAY(part->why, "this kernel's abi is %u, it takes %u", abi, landlock->abi);
        SAY(part->hint, "'ward doctor' says what it takes");
}

void strength_of(const struct birth *birth, struct strength *ret_strength)
{
        memset(ret_strength, 0, sizeof(*ret_strength));
        look_at_namespaces(birth, &ret_strength->parts[STRENGTH_NAMESPACES]);
        look_at_ids(birth, &ret_strength->parts[STRENGTH_IDS]);
        look_at_rights(birth, ret_strength);
        look_at_groups(birth, ret_strength);
        look_at_paths(birth, ret_strength);
        look_at_landlock(birth, &ret_strength->parts[STRENGTH_LANDLOCK]);
}
