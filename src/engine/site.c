/* SPDX-License-Identifier: Apache-2.0 */
/* Where a start happens; see site.h. */
#include "engine/site.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/landlock.h"
#include "kern/proc.h"
#include "kern/smack.h"
#include "kern/tree.h"
#include "kern/userns.h"

#define REMOVE_TIMEOUT_MSEC 2000

/* cpuset is the dearest hierarchy to make a group in, and the others are the least used: they are left out until a limit asks for them. */
static const uint32_t on_demand =
        1u << CGROUP_CPUSET | 1u << CGROUP_HUGETLB | 1u << CGROUP_NET_CLS | 1u << CGROUP_NET_PRIO | 1u << CGROUP_RDMA;

static bool file_starts_with(const char *path, char c)
{
        _cleanup_close_
        int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        char first = 0;

        return fd >= 0 && read(fd, &first, 1) == 1 && first == c;
}

/* setgroups(2) is denied where an ordinary user maps just his own group (user_namespaces(7)), and in what is below such a namespace. One that is
 * joined says itself whether it is such a one. */
static bool denies_setgroups(const struct ward_spec *spec)
{
        if (file_starts_with("/proc/self/setgroups", 'd'))
                return true;
        if (spec != NULL && spec->ns[SPEC_NS_USER].mode == SPEC_NS_JOIN)
                return userns_denies_setgroups(spec->ns[SPEC_NS_USER].path);
        return geteuid() != 0 && spec != NULL && spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW &&
               spec->id_maps.gid_count == 1 && spec->id_maps.gid[0].count == 1;
}

/* Who asked for no limits runs without groups where he can have none: an ordinary user, as with the other runtimes; and root inside a container
 * that shows them read-only, or under a filter without openat2(2), if the new one has users of its own, who can open no device of an image. */
static bool may_go_without(const struct site *site, int code)
{
        const bool never = code == -EROFS || code == -ENOSYS;

        return !site->groups_wanted &&
               (site->place.root_user ? site->own_users && never : never || code == -EACCES || code == -EPERM);
}

static void choose_hierarchies(struct site *site)
{
        size_t count = 0;

        site->left_out = on_demand & ~site->limits.controllers;
        for (size_t i = 0; i < site->layout.count; i++) {
                const struct cgroup_hierarchy *h = &site->layout.hierarchies[i];

                if (h->version == 1 && h->controllers != 0 && (h->controllers & ~site->left_out) == 0)
                        continue;
                if (h->denied)
                        continue;
                site->used |= 1u << i;
                site->hierarchies[count++] =
                        (struct place_hierarchy){h->version, h->name, h->mount, h->own_path, NULL, (int)i};
                if (h->version == 2)
                        site->place.clone_into_cgroup = true;
        }
        site->place.hierarchies = site->hierarchies;
        site->place.hierarchy_count = count;
}

/* The group as every file of the program writes it: a slash in front of each component, and no other. */
static const char *write_group(struct arena *arena, const char *path)
{
        char *written = arena_new(arena, char, strlen(path) + 2), *at = written;

        for (const char *c = path; written != NULL && *c != '\0'; c++) {
                if (*c == '/')
                        continue;
                if (c == path || c[-1] == '/')
                        *at++ = '/';
                *at++ = *c;
        }
        return written;
}

/* A limit on processes that nobody named, or no limit at all: it is as good as none where it can't be had. */
static bool may_leave_pids(const struct spec_resources *resources)
{
        return resources->pids.given && (resources->pids.optional || resources->pids.value < 0);
}

bool site_limits_pids(const struct site *site, const struct spec_resources *resources)
{
        return resources->pids.given && (!may_leave_pids(resources) || cgroup_with(&site->layout, CGROUP_PIDS) != NULL);
}

/* What only a group could give is an error. That devices are refused is a protection, which nobody loses by the way: only who has users of his
 * own has no need of it (set_devices()). */
static int refuse_without_group(const struct site *site, const struct ward_spec *spec, struct ward_err *err)
{
        const struct spec_origin *origin = NULL;
        const char *what = "this limit needs a control group";
        char where[256];

        for (size_t i = 0; origin == NULL && i < site->limits.count; i++)
                if (!cgroup_limit_anyway(&site->limits.limits[i]) && site->limits.origins[i].field != NULL)
                        origin = &site->limits.origins[i];
        for (size_t i = 0; origin == NULL && i < spec->resources.device_rule_count; i++)
                if (!spec->resources.device_rules[i].allow && site->place.root_user && !site->own_users) {
                        origin = &spec->resources.device_rules[i].origin;
                        what = "only a control group refuses devices";
                }
        if (origin == NULL && spec->cgroups_path != NULL) {
                origin = &spec->cgroups_path_origin;
                what = "this names a control group";
        }
        if (origin == NULL)
                return 0;
        (void)err_set(err, -EINVAL, "%s: %s, and the cgroup manager 'disabled' makes none",
                      spec_origin_text(origin, spec->file, where, sizeof(where)), what);
        return err_hint(err, "take it out of the config, or choose the cgroup manager cgroupfs or systemd");
}

static int choose_group(struct site *site, const struct ward_spec *spec, const char *id, struct ward_err *err)
{
        const char *path = spec->cgroups_path;
        char where[256];

        if (site->groups == ENGINE_GROUPS_NONE)
                return refuse_without_group(site, spec, err);
        if (site->groups == ENGINE_GROUPS_SYSTEMD) {
                site->groups_wanted = true;
                return unit_read(&site->unit, spec, id, !site->place.root_user, &site->arena, err);
        }
        site->groups_wanted = path != NULL || site->limits.wanted > (may_leave_pids(&spec->resources) &&
                                                                     site_limits_pids(site, &spec->resources));
        if (path == NULL)
                path = arena_concat(&site->arena, site->delegated != NULL ? site->delegated : "", "/", id);
        if (path == NULL)
                return err_oom(err);
        if (cgroup_path_check(path, err) < 0)
                return err_wrap(err, "%s",
                                spec_origin_text(&spec->cgroups_path_origin, spec->file, where, sizeof(where)));
        site->place.cgroup_path = write_group(&site->arena, path);
        if (site->place.cgroup_path == NULL)
                return err_oom(err);
        return 0;
}

/* Who is not root makes his groups below his own, if that was delegated to him, and nothing (-ENOSYS) keeps openat2(2) from him. */
static int find_delegated(struct site *site, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < site->layout.count; i++) {
                struct cgroup_hierarchy *h = &site->layout.hierarchies[i];

                uint32_t controllers = h->controllers;

                if (h->version == 2)
                        r = cgroup_delegated(h, &site->arena, &site->delegated, &h->controllers, err);
                if (r > 0 && unit_keeps(h, site->delegated)) {
                        site->delegated = NULL;
                        h->controllers = controllers;
                }
        }
        return r == -ENOENT || r == -EACCES || r == -ENOSYS ? 0 : r;
}

/* Where groups of v2 were delegated to who is not root, v1 beside it may be root's alone. */
static int find_denied(struct site *site, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < site->layout.count; i++) {
                struct cgroup_hierarchy *h = &site->layout.hierarchies[i];

                r = h->version == 1 ? cgroup_has_room(h, site->delegated, err) : 1;
                h->denied = r == 0;
        }
        return r < 0 ? r : 0;
}

void site_find_modules(struct site *site, const struct spec_process *process, const struct spec_landlock *landlock,
                       bool labels_mounts)
{
        int abi = landlock != NULL && landlock->given ? landlock_abi(NULL) : 0;

        site->place.landlock_abi = abi < 0 ? 0 : (unsigned)abi;
        if (process->apparmor_profile != NULL)
                site->place.apparmor = file_starts_with("/sys/module/apparmor/parameters/enabled", 'Y');
        if (process->smack_label != NULL)
                site->place.smack = smack_active();
        if (process->selinux_label != NULL || labels_mounts)
                site->place.selinux = file_starts_with("/sys/fs/selinux/enforce", '0') ||
                                      file_starts_with("/sys/fs/selinux/enforce", '1');
}

/* As far as can be told from one hierarchy: an outer container shows all of them in the same way. */
static bool has_room(const struct site *site)
{
        for (size_t i = 0; i < site->layout.count; i++)
                if ((site->used >> i & 1) != 0)
                        return cgroup_has_room(&site->layout.hierarchies[i],
                                               site->delegated != NULL ? site->delegated : "/", NULL) != 0;
        return false;
}

/* A cap on the processor time of all processes: only a group counts it, and one process's own limit (RLIMIT_CPU) is nothing like it. */
static int want_processor_time(struct site *site, struct ward_err *err)
{
        site->groups_wanted = true;
        if (site->place.cgroup_path != NULL &&
            (cgroup_with(&site->layout, CGROUP_CPUACCT) != NULL || cgroup_unified(&site->layout) != NULL))
                return 0;
        (void)err_set(
                err, -EOPNOTSUPP,
                "cap the container's processor time: only a control group counts it, and there is none to be had");
        (void)err_mistake(err, MISTAKE_NO_GROUP);
        return err_hint(err, "mount cgroup v2 at /sys/fs/cgroup, or leave the cap out");
}

int site_read(struct site *site, int proc, const struct ward_spec *spec, const struct engine_options *options,
              const char *group, struct ward_err *err)
{
        bool initial = false;
        int r;

        memset(site, 0, sizeof(*site));
        r = cgroup_layout_read(&site->arena, &site->layout, err);
        if (r < 0)
                return r;
        r = proc_initial_user_namespace(proc, &initial, err);
        if (r < 0)
                return r;
        site->place.root_user = geteuid() == 0 && initial && (options == NULL || !options->ordinary_user);
        site->own_users = spec != NULL && (spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW || spec->no_root);
        /* Root of a user namespace has the mounts of a mount namespace that was made there, or in one below. */
        site->place.foreign_mounts = !site->place.root_user && (geteuid() != 0 || !tree_may_clone());
        site->groups = options == NULL ? ENGINE_GROUPS_FS : options->groups;
        if (spec != NULL && !site->place.root_user && site->groups == ENGINE_GROUPS_FS) {
                r = find_delegated(site, err);
                if (r >= 0 && site->delegated != NULL)
                        r = find_denied(site, err);
                if (r < 0)
                        return r;
        }
        if (spec != NULL) {
                r = limits_collect(&site->limits, &site->arena, &spec->resources,
                                   site_limits_pids(site, &spec->resources), err);
                if (r >= 0)
                        r = choose_group(site, spec, options->id, err);
                if (r < 0)
                        return r;
                site_find_modules(site, &spec->process, &spec->landlock, spec->mount_label != NULL);
        } else {
                site->place.cgroup_path = group;
        }
        r = options == NULL || options->cpu_usec == 0 ? 0 : want_processor_time(site, err);
        if (r < 0)
                return r;
        choose_hierarchies(site);
        site->place.setgroups_denied = !site->place.root_user && denies_setgroups(spec);
        /* In a container that shows no groups, or none that can be written to, there are none to be had. */
        if (may_go_without(site, -EROFS) && (spec == NULL ? site->place.hierarchy_count == 0 : !has_room(site))) {
                site->place.cgroup_path = NULL;
                site->place.groups_refused = true;
        }
        /* Where the scope will be is not known yet. */
        if (site->place.hierarchy_count == 0 || (site->place.cgroup_path == NULL && site->unit.name.scope == NULL))
                site->place.clone_into_cgroup = false;
        return 0;
}

void site_done(struct site *site)
{
        if (site->unit.helper != 0)
                unit_release(&site->unit);
        cgroup_layout_done(&site->layout);
        arena_done(&site->arena);
}

/* ---- the part of systemd ---- */

/* systemd has the scope in these; in others ward makes its group alone. (Each name is from CGROUP_MASK_V1 of systemd.) */
static bool is_systemds(const struct cgroup_hierarchy *h)
{
        static const uint32_t controllers = 1u << CGROUP_CPU | 1u << CGROUP_CPUACCT | 1u << CGROUP_BLKIO |
                                            1u << CGROUP_MEMORY | 1u << CGROUP_DEVICES | 1u << CGROUP_PIDS;

        return h->version == 2 || (h->controllers & controllers) != 0 || strcmp(h->identity, "name=systemd") == 0;
}

/* That the group which systemd names is one that is seen here, and may be changed. */
static int check_scope(const struct site *site, const char *scope, struct ward_err *err)
{
        for (size_t i = 0; i < site->layout.count; i++) {
                const struct cgroup_hierarchy *h = &site->layout.hierarchies[i];
                int r;

                if (h->version != 2 && strcmp(h->identity, "name=systemd") != 0)
                        continue;
                r = cgroup_has_room(h, scope, err);
                if (r > 0)
                        return 0;
                if (r < 0)
                        return r;
                (void)err_set(err, -ENOENT, "use the control group '%s' of systemd's unit '%s': '%s' does not have it",
                              scope, site->unit.name.scope, h->mount);
                return err_hint(err, "start it where the machine's own /sys/fs/cgroup is mounted");
        }
        return err_set(err, -ENOENT, "use the control group '%s' of systemd: no hierarchy of its is mounted", scope);
}

/* What the user's manager can give; the groups of v1 are not his. */
static int find_users_groups(struct site *site, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < site->layout.count; i++) {
                struct cgroup_hierarchy *h = &site->layout.hierarchies[i];

                if (h->version == 2)
                        r = cgroup_controllers(h, site->delegated, &h->controllers, err);
        }
        if (r >= 0)
                r = find_denied(site, err);
        if (r >= 0) {
                site->used = 0;
                choose_hierarchies(site);
        }
        return r;
}

int site_start_unit(struct site *site, struct ward_err *err)
{
        int r;

        if (site->unit.name.scope == NULL)
                return 0;
        /* The scope is a group that was delegated: when its controllers are handed on, make_group() has the helper out of the way. */
        r = unit_start(&site->unit, &site->arena, &site->delegated, err);
        if (r >= 0)
                r = check_scope(site, site->delegated, err);
        if (r >= 0 && !site->place.root_user)
                r = find_users_groups(site, err);
        if (r < 0)
                return r;
        site->place.cgroup_path = arena_printf(&site->arena, "%s/%s", site->delegated, site->unit.group);
        return site->place.cgroup_path == NULL ? err_oom(err) : 0;
}

void site_release_unit(struct site *site)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(&site->layout);

        if (site->unit.helper == 0)
                return;
        unit_release(&site->unit);
        if (unified != NULL)
                cgroup_vacated(unified, site->delegated);
}

int site_tell_unit(struct site *site, const struct limits *limits, struct ward_err *err)
{
        struct unit_words words = {.arena = &site->arena};
        int r;

        if (site->unit.name.scope == NULL)
                return 0;
        r = unit_limits(&words, &site->layout, site->place.cgroup_path, false, limits, err);
        return r < 0 || words.count == 0 ? r : unit_set(site->unit.name.scope, !site->place.root_user, &words, err);
}

/* Its groups are gone, and with them it is for systemd, too, as soon as that notices: nobody is kept from what he does by a bus that does not
 * answer. */
void site_stop_unit(struct site *site)
{
        if (site->unit.name.scope != NULL)
                (void)unit_stop(site->unit.name.scope, !site->place.root_user, NULL);
}

const char *site_unified_group(const struct site *site)
{
        for (size_t i = 0; i < site->place.hierarchy_count; i++)
                if (site->hierarchies[i].version == 2 && site->hierarchies[i].group != NULL)
                        return site->hierarchies[i].group;
        return site->place.cgroup_path;
}

void site_set_unified_group(struct site *site, const char *group)
{
        for (size_t i = 0; i < site->place.hierarchy_count; i++)
                if (site->hierarchies[i].version == 2)
                        site->hierarchies[i].group = group;
}

int site_attach(struct site *site, pid_t pid, struct ward_err *err)
{
        const char *scope = site->unit.name.scope, *named, *at;

        if (scope == NULL || site->place.root_user)
                return 0;
        named = arena_printf(&site->arena, "/%s/", scope);
        if (named == NULL)
                return err_oom(err);
        at = strstr(site_unified_group(site), named);
        return at == NULL ? 0 : unit_attach(scope, true, at + strlen(named) - 1, pid, err);
}

/* ---- groups ---- */

/* What is in the group of a container is limited with it, and killed with it: strangers must not be (V20). */
static int refuse_used(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        const struct cgroup_layout one = {.hierarchies = {*hierarchy}, .count = 1};
        _cleanup_free_ pid_t *pids = NULL;
        size_t count = 0;
        int r;

        r = cgroup_pids(&one, path, &pids, &count, err);
        if (r < 0 || count == 0)
                return r;
        (void)err_set(err, -EBUSY,
                      "container's cgroup is not empty: '%s%s' has processes already (%zu, the first is %d)",
                      hierarchy->mount, path, count, pids[0]);
        return err_hint(err, "choose another linux.cgroupsPath, or end those processes");
}

/* Who is put into a frozen group waits in the kernel until somebody thaws it, and so would who waits for him. */
static int refuse_frozen(const struct cgroup_hierarchy *hierarchy, const char *path, struct ward_err *err)
{
        const struct cgroup_layout one = {.hierarchies = {*hierarchy}, .count = 1};
        bool frozen = false;
        int r = 0;

        if (hierarchy->version == 2 || (hierarchy->controllers & 1u << CGROUP_FREEZER) != 0)
                r = cgroup_frozen(&one, path, &frozen, err);
        if (r < 0 || !frozen)
                return r;
        (void)err_set(err, -EBUSY, "container's cgroup unexpectedly frozen: '%s%s'", hierarchy->mount, path);
        return err_hint(err, "choose another linux.cgroupsPath, or thaw that group");
}

/* One that has ended has its group still, and whoever deletes it ends what is in there. */
static int refuse_others(const struct site *site, const struct cgroup_hierarchy *hierarchy, struct ward_err *err)
{
        const char *path = site->place.cgroup_path;
        int r = cgroup_has_mark(hierarchy, path, site->place.root_user, site->mark);

        if (r >= 0)
                return 0;
        if (r != -EEXIST)
                return err_code(err, r, "find out whose the control group '%s%s' is", hierarchy->mount, path);
        (void)err_set(err, -EBUSY, "control group '%s%s' is that of another container", hierarchy->mount, path);
        return err_hint(err,
                        "choose another linux.cgroupsPath, or delete that container; 'ward gc' removes the group of "
                        "one that is gone");
}

const char *site_mark(struct site *site, const struct store *store, const char *id)
{
        char identity[STORE_IDENTITY_MAX];

        if (store_identity(store, identity, NULL) < 0)
                return NULL;
        return arena_concat(&site->arena, id, " ", identity);
}

/* v2 before v1; none of the hierarchies that some containers have no group in. */
const struct cgroup_hierarchy *site_marked(const struct site *site)
{
        const struct cgroup_hierarchy *unified = cgroup_unified(&site->layout);

        for (size_t i = 0; unified == NULL && i < site->layout.count; i++)
                if ((site->layout.hierarchies[i].controllers & on_demand) == 0)
                        return &site->layout.hierarchies[i];
        return unified;
}

int site_whose(struct site *site, const struct store *store, const char *id, struct ward_err *err)
{
        const struct cgroup_hierarchy *marked = site_marked(site);
        const char *path = site->place.cgroup_path, *mark;
        int r;

        if (marked == NULL)
                return 0;
        mark = site_mark(site, store, id);
        r = mark == NULL ? -ENOMEM : cgroup_has_mark(marked, path, site->place.root_user, mark);
        return r < 0 && r != -EEXIST ? err_code(err, r, "find out whose the control group '%s' is", path) : r;
}

unsigned site_missing_parents(const struct site *site)
{
        unsigned least = UINT_MAX;

        for (size_t i = 0; i < site->layout.count && least > 0; i++) {
                unsigned missing = (site->used >> i & 1) == 0 ? UINT_MAX
                                                              : cgroup_missing_parents(&site->layout.hierarchies[i],
                                                                                       site->place.cgroup_path);

                least = missing < least ? missing : least;
        }
        return least == UINT_MAX ? 0 : least;
}

/* What gives an ordinary user a group of his own, on this machine. */
static int explain_refused(const struct site *site, int code, struct ward_err *err)
{
        bool v1 = false;

        if (site->place.root_user || (code != -EACCES && code != -EPERM && code != -EROFS))
                return code;
        for (size_t i = 0; i < site->layout.count; i++)
                v1 |= site->layout.hierarchies[i].version == 1;
        (void)err_mistake(err, MISTAKE_NO_GROUP);
        if (v1)
                return err_hint(err,
                                "limits need a control group, and those of this machine (cgroup v1) belong to root: "
                                "run it with sudo, or leave the limits out");
        return err_hint(err, "limits need a control group of your own: systemd-run --user --scope -p Delegate=yes "
                             "COMMAND; or run it with sudo, or leave the limits out");
}

static int make_group(struct site *site, size_t i, int *ret_fd, struct ward_err *err)
{
        const struct cgroup_hierarchy *h = &site->layout.hierarchies[i];
        bool marked = site->mark != NULL && h == site->marked;
        _cleanup_close_
        int fd = -EBADF;
        unsigned made = 0;
        int r;

        for (bool vacated = false;; vacated = true) {
                r = cgroup_make(h, site->place.cgroup_path, h->controllers & ~site->left_out,
                                marked || ret_fd != NULL ? &fd : NULL, &made, err);
                if (r != -EBUSY || vacated || site->delegated == NULL)
                        break;
                /* The caller himself, and who else is in the group that was delegated to him, are in the way. */
                r = cgroup_vacate(h, site->delegated, err);
                if (r < 0)
                        break;
        }
        if (r < 0)
                return explain_refused(site, r, err);
        site->made[i] = made;
        r = made > 0 ? 0 : refuse_used(h, site->place.cgroup_path, err);
        if (r >= 0 && made == 0)
                r = refuse_frozen(h, site->place.cgroup_path, err);
        if (r >= 0 && made == 0 && marked)
                r = refuse_others(site, h, err);
        if (r < 0)
                return r;
        /* A group that can't have a mark is found by its container's entry alone: nothing else depends on it. */
        if (marked)
                (void)cgroup_mark(fd, site->place.root_user, site->mark);
        if (ret_fd != NULL)
                *ret_fd = TAKE_FD(fd);
        return 0;
}

int site_widen(struct site *site, const struct limits *limits, uint32_t *ret_widened, struct ward_err *err)
{
        const char *path = site->place.cgroup_path;
        uint32_t wanted = limits->controllers & site->left_out, widened = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < site->layout.count; i++) {
                const struct cgroup_hierarchy *h = &site->layout.hierarchies[i];

                if ((h->controllers & wanted) == 0)
                        continue;
                if (h->version == 2 && (site->used >> i & 1) != 0)
                        r = cgroup_make(h, path, h->controllers & wanted, NULL, NULL, err);
                else if (h->version == 1 && (site->used >> i & 1) == 0)
                        widened |= 1u << i;
        }
        if (r < 0)
                return r;
        site->used |= widened;
        *ret_widened = widened;
        return 0;
}

int site_make_widened(struct site *site, uint32_t widened, struct ward_err *err)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < site->layout.count; i++)
                if ((widened >> i & 1) != 0)
                        r = make_group(site, i, NULL, err);
        return r;
}

int site_join_widened(const struct site *site, uint32_t widened, struct ward_err *err)
{
        struct cgroup_layout others = {.count = 0};
        int r = 0;

        for (size_t i = 0; i < site->layout.count; i++)
                if (((site->used & ~widened) >> i & 1) != 0)
                        others.hierarchies[others.count++] = site->layout.hierarchies[i];
        for (size_t i = 0; r >= 0 && i < site->layout.count; i++)
                if ((widened >> i & 1) != 0)
                        r = cgroup_join(&others, &site->layout.hierarchies[i], site->place.cgroup_path, err);
        return r;
}

unsigned site_made_parents(const struct site *site)
{
        unsigned least = UINT_MAX;

        for (size_t i = 0; i < site->layout.count; i++)
                if ((site->used >> i & 1) != 0 && (site->made[i] == 0 ? 0 : site->made[i] - 1) < least)
                        least = site->made[i] == 0 ? 0 : site->made[i] - 1;
        return least == UINT_MAX ? 0 : least;
}

int site_make_unified(struct site *site, int *ret_fd, struct ward_err *err)
{
        *ret_fd = -EBADF;
        if (site->place.cgroup_path == NULL)
                return 0;
        for (size_t i = 0; i < site->layout.count; i++) {
                int r;

                if (site->layout.hierarchies[i].version != 2)
                        continue;
                r = make_group(site, i, ret_fd, err);
                if (r < 0 && may_go_without(site, r)) {
                        site->place.cgroup_path = NULL;
                        site->place.clone_into_cgroup = false;
                        return 0;
                }
                return r;
        }
        return 0;
}

int site_set_limits(struct site *site, const struct limits *limits, const char *file, bool in_use, struct ward_err *err)
{
        int (*set)(const struct cgroup_layout *layout, const char *path, const struct cgroup_limit *all, size_t count,
                   size_t *ret_failed, struct ward_err *err) = in_use ? cgroup_change : cgroup_set;
        size_t failed = 0;
        char where[256];
        int r;

        if (limits->count == 0)
                return 0;
        r = set(&site->layout, site->place.cgroup_path, limits->limits, limits->count, &failed, err);
        /* As other runtimes say it of what cgroup v1 has no file for. */
        if (r < 0 && failed < limits->count && limits->limits[failed].knob == CGROUP_UNIFIED)
                (void)err_wrap(err, "invalid configuration");
        if (r < 0 && failed < limits->count && limits->origins[failed].field != NULL)
                (void)err_wrap(err, "%s", spec_origin_text(&limits->origins[failed], file, where, sizeof(where)));
        return r;
}

static void rule_access(const struct spec_device_rule *rule, char access[static 4])
{
        size_t n = 0;

        if (rule->read)
                access[n++] = 'r';
        if (rule->write)
                access[n++] = 'w';
        if (rule->mknod)
                access[n++] = 'm';
        access[n] = '\0';
}

/* Nothing is allowed but what the config allows and what every container has (config-linux.md, "Default Devices"): V25. */
static int set_devices(struct site *site, const struct spec_resources *r, const struct cgroup_device_rule *more,
                       size_t more_count, bool in_use, struct ward_err *err)
{
        static const struct cgroup_device_rule every_container[] = {
                {true, 'c', -1, -1, "m"}, {true, 'b', -1, -1, "m"},    {true, 'c', 1, 3, "rwm"},
                {true, 'c', 1, 5, "rwm"}, {true, 'c', 1, 7, "rwm"},    {true, 'c', 1, 8, "rwm"},
                {true, 'c', 1, 9, "rwm"}, {true, 'c', 5, 0, "rwm"},    {true, 'c', 5, 1, "rwm"},
                {true, 'c', 5, 2, "rwm"}, {true, 'c', 136, -1, "rwm"},
        };
        struct cgroup_device_rule *rules = arena_new(&site->arena, struct cgroup_device_rule,
                                                     1 + r->device_rule_count + ELEMENTS(every_container) + more_count);
        char(*access)[4] = arena_alloc(&site->arena, r->device_rule_count + 1, 4);
        size_t n = 0;

        if (rules == NULL || access == NULL)
                return err_oom(err);
        rules[n++] = (struct cgroup_device_rule){false, 'a', -1, -1, "rwm"};
        for (size_t i = 0; i < r->device_rule_count; i++) {
                const struct spec_device_rule *rule = &r->device_rules[i];

                rule_access(rule, access[i]);
                rules[n++] = (struct cgroup_device_rule){
                        .allow = rule->allow,
                        .type = rule->type == SPEC_DEVICE_ALL     ? 'a'
                                : rule->type == SPEC_DEVICE_BLOCK ? 'b'
                                                                  : 'c',
                        .major = rule->major,
                        .minor = rule->minor,
                        .access = access[i],
                };
        }
        memcpy(&rules[n], every_container, sizeof(every_container));
        n += ELEMENTS(every_container);
        if (more_count > 0)
                memcpy(&rules[n], more, more_count * sizeof(*more));
        n += more_count;
        if (in_use && cgroup_has_devices(&site->layout, site->place.cgroup_path, rules, n))
                return 0;
        return cgroup_set_devices(&site->layout, site->place.cgroup_path, rules, n, err);
}

int site_set_devices(struct site *site, const struct spec_resources *resources, bool in_use, struct ward_err *err)
{
        /* Without any hierarchy this fails for root, whose containers could open every device of an image. Who is not root in the first user
         * namespace may load no program for it (bpf(2)), can make no node, and opens what is bound with his own rights alone. */
        if (site->place.root_user)
                return set_devices(site, resources, NULL, 0, in_use, err);
        if (site->place.hierarchy_count > 0 && set_devices(site, resources, NULL, 0, in_use, NULL) < 0)
                site->devices_open = true;
        return 0;
}

int site_add_devices(struct site *site, const struct spec_resources *resources, const struct cgroup_device_rule *more,
                     size_t count, struct ward_err *err)
{
        return set_devices(site, resources, more, count, true, err);
}

int site_make_groups(struct site *site, const struct ward_spec *spec, struct ward_err *err)
{
        int r = 0;

        if (site->place.cgroup_path == NULL)
                return 0;
        for (size_t i = 0; r >= 0 && i < site->layout.count; i++)
                if ((site->used >> i & 1) != 0 && site->layout.hierarchies[i].version == 1)
                        r = make_group(site, i, NULL, err);
        if (r >= 0)
                r = site_set_limits(site, &site->limits, spec->file, false, err);
        if (r >= 0)
                r = site_set_devices(site, &spec->resources, false, err);
        if (r >= 0)
                r = site_tell_unit(site, &site->limits, err);
        return r;
}

int site_open_joins(const struct site *site, int *fds, size_t *count, struct ward_err *err)
{
        for (size_t i = 0; site->place.cgroup_path != NULL && i < site->layout.count; i++) {
                const struct cgroup_hierarchy *h = &site->layout.hierarchies[i];
                char path[PATH_MAX];

                if ((site->used >> i & 1) == 0)
                        continue;
                (void)snprintf(path, sizeof(path), "%s/%s", site->place.cgroup_path + 1,
                               h->version == 2 ? "cgroup.procs" : "tasks");
                fds[*count] = fd_open_beneath(h->fd, path, O_WRONLY);
                if (fds[*count] < 0)
                        return err_code(err, fds[*count], "open '%s/%s' to join the group", h->mount, path);
                (*count)++;
        }
        return 0;
}

int site_remove_groups(struct site *site, bool all, struct ward_err *err)
{
        int first = 0;

        if (site->place.cgroup_path == NULL)
                return 0;
        for (size_t i = 0; i < site->layout.count; i++) {
                const struct cgroup_hierarchy *h = &site->layout.hierarchies[i];
                unsigned parents = site->made[i] > 0 ? site->made[i] - 1 : all ? site->parents : 0;
                int r;

                /* The scope; its slices may be those of others, too. */
                if (all && site->unit.name.scope != NULL)
                        parents = !is_systemds(h);
                if (all ? (site->used >> i & 1) == 0 : site->made[i] == 0)
                        continue;
                r = cgroup_remove(h, site->place.cgroup_path, parents, REMOVE_TIMEOUT_MSEC, first < 0 ? NULL : err);
                if (r < 0 && first == 0)
                        first = r;
        }
        return first;
}
