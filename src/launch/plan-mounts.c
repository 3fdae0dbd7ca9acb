/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of a spec as ops. */
#include <stdlib.h>
#include <string.h>

#include "base/libc.h"
#include "launch/plan-build.h"

/* Where a config may mount on or below /proc beside procfs itself: files that lxcfs and the like replace. Anything else could make
 * a write to /proc land somewhere else (V6). */
static const char *const proc_allowed[] = {
        "proc/cpuinfo",
        "proc/diskstats",
        "proc/loadavg",
        "proc/meminfo",
        "proc/slabinfo",
        "proc/stat",
        "proc/swaps",
        "proc/uptime",
        "proc/net/dev",
        "proc/sys/kernel/ns_last_pid",
        "proc/sys/crypto/fips_enabled",
};

/* What is particular about file systems of the kernel's own. */
static const struct file_system {
        char type[8];
        bool shared;     /* the superblock may be shared with others: "ro" is an attribute of the mount alone */
        bool no_symlink; /* mounted where no symlink leads (V6) */
        bool labels;     /* labels its files itself */
} file_systems[] = {
        {"proc", true, true, true},     {"sysfs", true, true, true},   {"mqueue", true, false, true},
        {"devpts", true, false, false}, {"cgroup", true, false, true}, {"cgroup2", true, false, true},
};

static struct file_system find_file_system(const char *type)
{
        for (size_t i = 0; i < ELEMENTS(file_systems); i++)
                if (type[0] == file_systems[i].type[0] && strcmp(type, file_systems[i].type) == 0)
                        return file_systems[i];
        return (struct file_system){0};
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(word, words[i]) == 0)
                        return true;
        return false;
}

bool plan_is_below(const char *path, const char *directory)
{
        while (*directory != '\0')
                if (*path++ != *directory++)
                        return false;
        return *path == '\0' || *path == '/';
}

static bool is_cgroup(const struct spec_mount *mount)
{
        return !mount->bind && mount->type != NULL && mount->type[0] == 'c' &&
               (strcmp(mount->type, "cgroup") == 0 || strcmp(mount->type, "cgroup2") == 0);
}

/* A bind that is a peer of the host's mount, it or a mount in it. One that was made a slave or private before is a peer of nothing of the host's, as far as
 * that reached. */
static bool is_shared_bind(const struct spec_mount *mount)
{
        unsigned long last = mount->propagation, before = mount->propagation_before;

        if (!mount->bind)
                return false;
        if ((last & MS_SHARED) == 0)
                return (last & MS_REC) == 0 && (before & (MS_SHARED | MS_REC)) == (MS_SHARED | MS_REC);
        return before == 0 || (before & MS_SHARED) != 0 || (before & MS_REC) < (last & MS_REC);
}

int plan_refuse_mount(struct ward_err *err, const struct ward_spec *spec, const struct spec_mount *mount,
                      const char *why, const char *hint)
{
        char where[256];

        (void)err_set(err, -EINVAL, "%s: mount on '%s': %s",
                      spec_origin_text(&mount->origin, spec->file, where, sizeof(where)), mount->destination, why);
        (void)err_hint(err, "%s", hint);
        return -EINVAL;
}

/* The access-time mode is a field of the mask, not a set of bits: it is cleared whenever it is set (mount_setattr(2)). */
static uint64_t clear_mask(uint64_t set, uint64_t clear)
{
        return (set & MOUNT_ATTR__ATIME) != 0 || (clear & MOUNT_ATTR__ATIME) != 0 ? clear | MOUNT_ATTR__ATIME : clear;
}

static void set_propagation(struct op_bind *bind, unsigned long propagation, unsigned long before)
{
        bind->propagation = propagation & ~(unsigned long)MS_REC;
        bind->recursive_propagation = (propagation & MS_REC) != 0;
        bind->propagation_before = before & ~(unsigned long)MS_REC;
        bind->recursive_before = (before & MS_REC) != 0;
}

int plan_add_bind(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount, const char *target,
                  struct ward_err *err)
{
        struct slot slot = {
                .kind = mount->given                  ? SLOT_GIVEN_SHM
                        : strcmp(target, "proc") == 0 ? SLOT_PROCFS_TREE
                                                      : SLOT_TREE,
                .path = mount->source,
                .recursive = mount->recursive,
                .origin = mount->origin,
        };
        struct op *op;
        int number;

        if (mount->idmap)
                plan_map_tree(spec, mount->maps.uid_count + mount->maps.gid_count > 0 ? &mount->maps : NULL,
                              mount->idmap_recursive, &slot);
        if (mount->source == NULL)
                return plan_refuse_mount(err, spec, mount, "a bind mount has no source",
                                         "add \"source\": the path on the host");
        number = plan_slot(plan, &slot);
        op = plan_add(plan, OP_BIND, &mount->origin);
        if (number < 0 || op == NULL)
                return -ENOMEM;
        op->bind = (struct op_bind){
                .target = target,
                .target_kind = TARGET_LIKE_SOURCE,
                .slot = number,
                .attr_set = mount->attr_set,
                .attr_clear = clear_mask(mount->attr_set, mount->attr_clear),
                .rattr_set = mount->rattr_set,
                .rattr_clear = clear_mask(mount->rattr_set, mount->rattr_clear),
        };
        /* Without a word about it a bind is private: the clone of a shared mount would be its peer (V23). */
        set_propagation(&op->bind, mount->propagation != 0 ? mount->propagation : MS_PRIVATE | MS_REC,
                        mount->propagation_before);
        return 0;
}

static int add_remount(struct plan *plan, const struct spec_mount *mount, const char *target)
{
        struct op *op = plan_add(plan, OP_REMOUNT, &mount->origin);

        if (op == NULL)
                return -ENOMEM;
        op->bind = (struct op_bind){
                .target = target,
                .slot = SLOT_NONE,
                .attr_set = mount->attr_set,
                .attr_clear = clear_mask(mount->attr_set, mount->attr_clear),
                .rattr_set = mount->rattr_set,
                .rattr_clear = clear_mask(mount->rattr_set, mount->rattr_clear),
        };
        set_propagation(&op->bind, mount->propagation, mount->propagation_before);
        return 0;
}

/* The same attributes for mount(2). */
static unsigned long legacy_flags(uint64_t attr, unsigned long superblock_flags)
{
        static const struct {
                uint64_t attr;
                unsigned long flag;
        } pairs[] = {
                {MOUNT_ATTR_RDONLY, MS_RDONLY},
                {MOUNT_ATTR_NOSUID, MS_NOSUID},
                {MOUNT_ATTR_NODEV, MS_NODEV},
                {MOUNT_ATTR_NOEXEC, MS_NOEXEC},
                {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME},
                {MOUNT_ATTR_NOATIME, MS_NOATIME},
                {MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
                {MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW},
        };
        unsigned long flags = superblock_flags;

        for (size_t i = 0; i < ELEMENTS(pairs); i++)
                if ((attr & pairs[i].attr) == pairs[i].attr)
                        flags |= pairs[i].flag;
        return flags;
}

/* "remount" without "bind": the file system's own flags and data change too (mount(2), MS_REMOUNT). */
static int add_reconfigure(struct plan *plan, const struct spec_mount *mount, const char *target)
{
        struct op *op = plan_add(plan, OP_RECONFIGURE, &mount->origin);

        if (op == NULL)
                return -ENOMEM;
        op->mount = (struct op_mount){
                .target = target,
                .mount_flags = legacy_flags(mount->attr_set | mount->rattr_set, mount->superblock_flags),
                .data = mount->data,
        };
        return 0;
}

static bool has_parameter(const struct op_mount *mount, const char *key)
{
        for (uint32_t i = 0; i < mount->parameter_count; i++)
                if (strcmp(mount->parameters[i].key, key) == 0)
                        return true;
        return false;
}

/* Flags of a file system that are words for fsconfig(2) (fs/fs_context.c). "ro" may be due later. */
static const struct {
        unsigned long flag;
        const char *word;
} superblock_words[] = {
        {MS_SYNCHRONOUS, "sync"},
        {MS_DIRSYNC, "dirsync"},
        {MS_LAZYTIME, "lazytime"},
        {MS_MANDLOCK, "mand"},
};

/* "size=64k,mode=755", and flags → parameters for fsconfig(2). */
static int split_data(struct plan *plan, const char *data, unsigned long flags, struct op_mount *mount)
{
        uint32_t room = 1 + ELEMENTS(superblock_words), count = 0;
        const char *text = data == NULL ? "" : data, *end = text;
        struct op_parameter *list;
        char *word, *value = NULL;

        mount->data = data;
        if (*text == '\0' && flags == 0)
                return 0;
        for (; *end != '\0'; end++)
                room += *end == ',';
        list = arena_new(&plan->arena, struct op_parameter, room);
        word = arena_strndup(&plan->arena, text, (size_t)(end - text));
        if (list == NULL || word == NULL)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(superblock_words); i++)
                if ((flags & superblock_words[i].flag) != 0)
                        list[count++] = (struct op_parameter){.key = superblock_words[i].word};
        for (char *at = word; word != NULL; at++) {
                bool last = *at == '\0';

                if (*at == '=' && value == NULL) {
                        *at = '\0';
                        value = at + 1;
                } else if (*at == ',' || last) {
                        *at = '\0';
                        if (at > word)
                                list[count++] = (struct op_parameter){.key = word, .value = value};
                        word = last ? NULL : at + 1;
                        value = NULL;
                }
        }
        mount->parameters = list;
        mount->parameter_count = count;
        return 0;
}

/* Adds an option. @quote is put around its value for mount(2), where commas divide options. */
static int add_parameter(struct plan *plan, struct op_mount *mount, const char *key, const char *value,
                         const char *quote)
{
        struct op_parameter *list = arena_new(&plan->arena, struct op_parameter, mount->parameter_count + 1);

        mount->data = arena_concat(&plan->arena, mount->data == NULL ? "" : mount->data, mount->data == NULL ? "" : ",",
                                   key, "=", quote, value, quote);
        if (list == NULL || mount->data == NULL)
                return -ENOMEM;
        if (mount->parameter_count > 0)
                memcpy(list, mount->parameters, mount->parameter_count * sizeof(*list));
        list[mount->parameter_count++] = (struct op_parameter){.key = key, .value = value};
        mount->parameters = list;
        return 0;
}

/* The label that the files of a new file system get (selinux(8), "context="). File systems of the kernel's own label theirs. */
static int add_label(struct plan *plan, const struct ward_spec *spec, struct op_mount *mount)
{
        const char *label = spec->mount_label, *option = spec->mount_label_option;

        if (label == NULL || find_file_system(mount->type).labels)
                return 0;
        return add_parameter(plan, mount, option == NULL ? "context" : option, label, "\"");
}

/* A tmpfs that root of the machine makes has the label "_", and nobody of the container's could make a file in it; one of a user namespace has its
 * maker's (smack_set_mnt_opts() in the kernel's security/smack/smack_lsm.c). A mount's own option counts more. */
static int add_smack(struct plan *plan, const struct ward_spec *spec, struct op_mount *mount)
{
        const char *label = spec->process.smack_label;

        if (label == NULL || spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT || strcmp(mount->type, "tmpfs") != 0 ||
            has_parameter(mount, "smackfsroot") || has_parameter(mount, "smackfstransmute"))
                return 0;
        return add_parameter(plan, mount, "smackfsroot", label, "");
}

int plan_add_new(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount, const char *target)
{
        struct file_system fs = find_file_system(mount->type);
        struct op *op = plan_add(plan, OP_MOUNT, &mount->origin);
        bool readonly = ((mount->attr_set | mount->rattr_set) & MOUNT_ATTR_RDONLY) != 0;
        int r;

        if (op == NULL)
                return -ENOMEM;
        op->mount = (struct op_mount){
                .target = target,
                .target_kind = fs.no_symlink ? TARGET_NO_SYMLINK : TARGET_DIRECTORY,
                .type = mount->type,
                .source = mount->source,
                .superblock_readonly = !fs.shared && readonly && !mount->copy_up,
                .copy_up = mount->copy_up,
                .attr = mount->attr_set | mount->rattr_set,
                .mount_flags = legacy_flags(mount->attr_set | mount->rattr_set,
                                            mount->superblock_flags & ~(fs.shared ? MS_RDONLY : 0UL)),
                .propagation = mount->propagation & ~(unsigned long)MS_REC,
        };
        r = split_data(plan, mount->data, mount->superblock_flags, &op->mount);
        op->mount.keep_mode = r >= 0 && strcmp(mount->type, "tmpfs") == 0 && !has_parameter(&op->mount, "mode");
        if (r >= 0)
                r = add_label(plan, spec, &op->mount);
        return r < 0 ? r : add_smack(plan, spec, &op->mount);
}

/* Nodes, links, the directories of other mounts and the terminal are made in /dev: it becomes read-only when all of them are there. */
static bool is_late_readonly(const struct spec_mount *mount, const char *target)
{
        return ((mount->attr_set | mount->rattr_set) & MOUNT_ATTR_RDONLY) != 0 && !mount->bind && !mount->remount &&
               strcmp(target, "dev") == 0;
}

static int add_writable(struct plan *plan, const struct ward_spec *spec, const struct spec_mount *mount,
                        const char *target)
{
        struct spec_mount writable = *mount;

        writable.attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
        writable.rattr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
        writable.superblock_flags &= ~(unsigned long)MS_RDONLY;
        return plan_add_new(plan, spec, &writable, target);
}

static int add_readonly(struct plan *plan, const struct spec_mount *mount, const char *target)
{
        struct op *op = plan_add(plan, OP_REMOUNT, &mount->origin);

        if (op == NULL)
                return -ENOMEM;
        op->bind = (struct op_bind){.target = target, .slot = SLOT_NONE, .attr_set = MOUNT_ATTR_RDONLY};
        return 0;
}

int plan_readonly_dev(struct plan *plan, const struct ward_spec *spec)
{
        /* What is on it last is /dev. */
        for (size_t i = spec->mount_count; plan->late_readonly && i > 0; i--) {
                const struct spec_mount *mount = &spec->mounts[i - 1];
                const char *target = plan_inside(plan, mount->destination);

                if (target == NULL)
                        return -ENOMEM;
                if (strcmp(target, "dev") == 0 && !mount->remount)
                        return is_late_readonly(mount, target) ? add_readonly(plan, mount, target) : 0;
        }
        return 0;
}

static int add_group_bind(struct plan *plan, const struct spec_mount *mount, const struct place *place,
                          const struct place_hierarchy *hierarchy, const char *target)
{
        struct op *op = plan_add(plan, OP_BIND, &mount->origin);
        const char *group = place->cgroup_path != NULL ? place->cgroup_path : hierarchy->own;
        const char *path = arena_concat(&plan->arena, hierarchy->mount, group);

        if (op == NULL || path == NULL)
                return -ENOMEM;
        op->bind = (struct op_bind){
                .target = target,
                .target_kind = TARGET_DIRECTORY,
                .slot = SLOT_NONE,
                .host_path = path,
                .attr_set = mount->attr_set | mount->rattr_set,
                .attr_clear = clear_mask(mount->attr_set, 0),
                .propagation = MS_PRIVATE,
        };
        return 0;
}

/* A container that stays in its caller's groups is shown these. They are the caller's: it may look at them. Newer builders ask for a writable mount
 * even where there is nothing that the caller could write to. */
static int check_own(const struct ward_spec *spec, const struct place *place, const struct spec_mount *mount,
                     struct ward_err *err)
{
        if (place->hierarchy_count == 0 || place->hierarchies[0].own == NULL)
                return plan_refuse_mount(err, spec, mount, "no cgroup is made for this container",
                                         "leave this mount out");
        if (!place->groups_refused && ((mount->attr_set | mount->rattr_set) & MOUNT_ATTR_RDONLY) == 0)
                return plan_refuse_mount(err, spec, mount,
                                         "the container is in its caller's own groups, which it may not write to",
                                         "add the option ro, or leave this mount out");
        return 0;
}

/* A tmpfs in which directories can be made before anybody reaches it. */
static bool is_fresh(const struct op_mount *mount)
{
        return mount->type[0] == 't' && strcmp(mount->type, "tmpfs") == 0 && !mount->copy_up &&
               !mount->superblock_readonly && (mount->attr & MOUNT_ATTR_RDONLY) == 0;
}

/* The targets of the groups, in the tmpfs that was added last. */
static int add_group_directories(struct plan *plan, const struct place *place)
{
        struct op_mount *mount = &plan->ops[plan->op_count - 1].mount;
        const char **names;

        if (!is_fresh(mount))
                return 0;
        names = arena_new(&plan->arena, const char *, place->hierarchy_count + 1);
        for (size_t i = 0; names != NULL && i < place->hierarchy_count; i++)
                names[i] = place->hierarchies[i].name;
        mount->directories = names;
        return names == NULL ? -ENOMEM : 0;
}

/* @name in @directory, whose path has @len bytes. */
static const char *path_in(struct plan *plan, const char *directory, size_t len, const char *name)
{
        size_t name_len = strlen(name);
        char *path = arena_new(&plan->arena, char, len + name_len + 2);

        if (path == NULL)
                return NULL;
        memcpy(path, directory, len);
        path[len] = '/';
        memcpy(path + len + 1, name, name_len);
        return path;
}

/* On pure v2 the container's group is mounted at the target; on v1 and hybrid a tmpfs holds one directory per hierarchy. */
static int add_cgroup(struct plan *plan, const struct ward_spec *spec, const struct place *place,
                      const struct spec_mount *mount, const char *target, struct ward_err *err)
{
        struct spec_mount tmpfs = *mount;
        size_t len = strlen(target);
        int r;

        if ((place->cgroup_path == NULL || place->hierarchy_count == 0) && mount->optional)
                return 0;
        if (place->cgroup_path == NULL || place->hierarchy_count == 0) {
                r = check_own(spec, place, mount, err);
                if (r < 0)
                        return r;
        }
        if (place->hierarchy_count == 1 && place->hierarchies[0].version == 2)
                return add_group_bind(plan, mount, place, &place->hierarchies[0], target);

        tmpfs.type = "tmpfs";
        tmpfs.source = "cgroup";
        tmpfs.data = "mode=755";
        r = add_writable(plan, spec, &tmpfs, target); /* until the directories are in it */
        if (r >= 0)
                r = add_group_directories(plan, place);
        for (size_t i = 0; r >= 0 && i < place->hierarchy_count; i++) {
                const char *below = path_in(plan, target, len, place->hierarchies[i].name);

                r = below == NULL ? -ENOMEM : add_group_bind(plan, mount, place, &place->hierarchies[i], below);
        }
        if (r >= 0 && ((mount->attr_set | mount->rattr_set) & MOUNT_ATTR_RDONLY) != 0)
                r = add_readonly(plan, mount, target);
        return r;
}

int plan_check_target(const struct ward_spec *spec, const struct spec_mount *mount, const char *target,
                      struct ward_err *err)
{
        if (*target == '\0')
                return plan_refuse_mount(err, spec, mount, "the root itself is no mount target",
                                         "set root.path to what shall be the root");
        if (mount->propagation_excess)
                return plan_refuse_mount(err, spec, mount, "there are more than two words about its propagation",
                                         "name the one that shall hold; what is a slave and shared is both: "
                                         "\"rslave\", \"rshared\"");
        if (plan_is_below(target, "proc") &&
            !(strcmp(target, "proc") == 0 &&
              (mount->bind || (mount->type != NULL && strcmp(mount->type, "proc") == 0))) &&
            !is_one_of(target, proc_allowed, ELEMENTS(proc_allowed)))
                return plan_refuse_mount(err, spec, mount,
                                         "only procfs may be mounted there, and single files such as /proc/meminfo",
                                         "mount it elsewhere; what is written to /proc must reach the kernel");
        return 0;
}

/* A symlink in place of a bind of what it leads to. */
static int add_link(struct plan *plan, const struct spec_mount *mount, const char *target, const char *text)
{
        struct op *op = plan_add(plan, OP_LINK, &mount->origin);
        const char *slash = strrchr(target, '/');
        const char *directory = slash == NULL ? "." : arena_strndup(&plan->arena, target, (size_t)(slash - target));

        if (op == NULL || directory == NULL)
                return -ENOMEM;
        op->link = (struct op_link_at){directory, {slash == NULL ? target : slash + 1, text}};
        return 0;
}

static int add_one(struct plan *plan, const struct ward_spec *spec, const struct place *place,
                   const struct spec_mount *mount, struct ward_err *err)
{
        const char *target = plan_inside(plan, mount->destination);
        int r;

        if (target == NULL)
                return -ENOMEM;
        r = plan_check_target(spec, mount, target, err);
        if (r < 0)
                return r;
        if (mount->remount)
                return mount->remount_fs ? add_reconfigure(plan, mount, target) : add_remount(plan, mount, target);
        if (mount->copy_symlink && place->links != NULL && place->links[mount - spec->mounts] != NULL)
                return add_link(plan, mount, target, place->links[mount - spec->mounts]);
        if (mount->bind)
                return plan_add_bind(plan, spec, mount, target, err);
        if (mount->type == NULL)
                return plan_refuse_mount(err, spec, mount, "it has neither a type nor the option \"bind\"",
                                         "add \"type\", for example \"tmpfs\", or \"bind\" to the options");
        if (is_cgroup(mount))
                return add_cgroup(plan, spec, place, mount, target, err);
        if (!is_late_readonly(mount, target))
                return plan_add_new(plan, spec, mount, target);
        plan->late_readonly = true;
        return add_writable(plan, spec, mount, target);
}

int plan_check_label(const struct ward_spec *spec, const struct place *place, struct ward_err *err)
{
        char where[256];

        if (spec->mount_label == NULL || place->selinux)
                return 0;
        (void)err_set(err, -EOPNOTSUPP, "%s: SELinux is not active in this kernel",
                      spec_origin_text(&spec->mount_label_origin, spec->file, where, sizeof(where)));
        return err_hint(err, "leave linux.mountLabel out, or boot with SELinux");
}

int plan_mounts(struct plan *plan, const struct ward_spec *spec, const struct place *place, bool before_groups,
                size_t *next, struct ward_err *err)
{
        int r = plan_check_label(spec, place, err);

        /* The order of the config is kept: what comes before the first cgroup mount needs no group and is mounted while the parent
         * makes them. What reads and writes as much as an image has is done under the group's limits and device rules. */
        for (; r >= 0 && *next < spec->mount_count; (*next)++) {
                const struct spec_mount *mount = &spec->mounts[*next];

                if (before_groups && (is_cgroup(mount) || mount->copy_up))
                        break;
                if (!is_shared_bind(mount))
                        r = add_one(plan, spec, place, mount, err);
        }
        return r;
}

/* How long the path of the directory is that @target lies in; 0: the root. */
static size_t parent_len(const char *target)
{
        size_t len = 0;

        for (size_t i = 0; target[i] != '\0'; i++)
                if (target[i] == '/')
                        len = i;
        return len;
}

/* A fresh tmpfs, and the directories that are made in it. */
struct fresh {
        struct op_mount *mount;
        size_t target_len;
        const char **names;
        size_t count;
};

static int add_directory(struct plan *plan, struct fresh *fresh, const char *name, size_t most)
{
        if (fresh->names == NULL)
                fresh->mount->directories = fresh->names = arena_new(&plan->arena, const char *, most + 1);
        if (fresh->names == NULL)
                return -ENOMEM;
        fresh->names[fresh->count++] = name;
        return 0;
}

/* What a slot holds may be a file: directories are mounts of new file systems for certain. What is on one that has no mode of its own must have been
 * there before. */
int plan_directories(struct plan *plan, const struct ward_spec *spec)
{
        struct fresh *fresh = arena_new(&plan->arena, struct fresh, spec->mount_count + 1);
        size_t count = 0;

        if (fresh == NULL)
                return -ENOMEM;
        for (uint32_t i = 0; i < plan->op_count; i++) {
                struct op_mount *mount = &plan->ops[i].mount;
                size_t len;

                if (plan->ops[i].type != OP_MOUNT)
                        continue;
                len = mount->keep_mode ? 0 : parent_len(mount->target);
                for (size_t n = 0; len > 0 && n < count; n++)
                        if (fresh[n].target_len == len && memcmp(fresh[n].mount->target, mount->target, len) == 0 &&
                            add_directory(plan, &fresh[n], mount->target + len + 1, spec->mount_count) < 0)
                                return -ENOMEM;
                if (is_fresh(mount) && mount->directories == NULL)
                        fresh[count++] = (struct fresh){.mount = mount, .target_len = strlen(mount->target)};
        }
        return 0;
}

static int refuse_below(struct ward_err *err, const struct ward_spec *spec, const struct spec_origin *origin,
                        const char *path, const struct spec_mount *bind)
{
        char where[256];

        (void)err_set(err, -EINVAL, "%s: '%s' lies in '%s', a shared bind: what is made there appears on the host",
                      spec_origin_text(origin, spec->file, where, sizeof(where)), path, bind->destination);
        return err_hint(err, "make that bind rslave or private, or take this path out of it");
}

static bool is_inside(struct plan *plan, const char *path, const char *directory)
{
        path = plan_inside(plan, path);
        return path == NULL || plan_is_below(path, directory);
}

static int check_below(struct plan *plan, const struct ward_spec *spec, size_t index, const char *target,
                       struct ward_err *err)
{
        const struct spec_mount *bind = &spec->mounts[index];

        for (size_t i = index + 1; i < spec->mount_count; i++)
                if (is_inside(plan, spec->mounts[i].destination, target))
                        return refuse_below(err, spec, &spec->mounts[i].origin, spec->mounts[i].destination, bind);
        for (size_t i = 0; i < spec->masked_path_count; i++)
                if (is_inside(plan, spec->masked_paths[i].path, target))
                        return refuse_below(err, spec, &spec->masked_paths[i].origin, spec->masked_paths[i].path, bind);
        for (size_t i = 0; i < spec->readonly_path_count; i++)
                if (is_inside(plan, spec->readonly_paths[i].path, target))
                        return refuse_below(err, spec, &spec->readonly_paths[i].origin, spec->readonly_paths[i].path,
                                            bind);
        for (size_t i = 0; i < spec->device_count; i++)
                if (is_inside(plan, spec->devices[i].path, target))
                        return refuse_below(err, spec, &spec->devices[i].origin, spec->devices[i].path, bind);
        return 0;
}

int plan_shared_binds(struct plan *plan, const struct ward_spec *spec, const struct place *place, struct ward_err *err)
{
        size_t count = 0;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < spec->mount_count; i++) {
                const char *target;

                if (!is_shared_bind(&spec->mounts[i]))
                        continue;
                target = plan_inside(plan, spec->mounts[i].destination);
                r = target == NULL ? -ENOMEM : check_below(plan, spec, i, target, err);
                if (r >= 0)
                        r = add_one(plan, spec, place, &spec->mounts[i], err);
                /* A link of the image could lead the second into the first. */
                if (r >= 0 && count++ > 0)
                        plan->ops[plan->op_count - 1].bind.target_kind = TARGET_NO_SYMLINK;
        }
        return r;
}
