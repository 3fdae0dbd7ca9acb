/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of `ward run`: a bind of the machine's node, and the rule that lets it be opened. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "cli/run.h"

#define DEVICES_MAX 128 /* of one option that names a directory */

struct devices {
        struct arena *arena;
        struct spec_mount *mounts;
        struct spec_device_rule *rules;
        size_t mount_count, rule_count, room;
};

static int fail(const char *value, const char *why, const char *hint, struct ward_err *err)
{
        (void)err_set(err, -EINVAL, "option '--device': '%s': %s", value, why);
        (void)err_mistake(err, MISTAKE_NO_DEVICE);
        return err_hint(err, "%s", hint);
}

/* HOST[:CONTAINER][:rwm], as docker has it: of two words the second is the rights if it looks like them. */
static int split(struct arena *arena, const char *value, const char **ret_host, const char **ret_inside,
                 const char **ret_rights, struct ward_err *err)
{
        static const char usage[] = "write /dev/NAME, /dev/NAME:/dev/OTHER or /dev/NAME:/dev/OTHER:rwm";
        size_t len = strcspn(value, ":");
        const char *second = value[len] == ':' ? value + len + 1 : "", *third = strchr(second, ':');

        *ret_host = arena_strndup(arena, value, len);
        *ret_rights = third != NULL ? third + 1 : *second != '/' && *second != '\0' ? second : "rwm";
        *ret_inside = *second == '/'
                              ? arena_strndup(arena, second, third == NULL ? strlen(second) : (size_t)(third - second))
                              : *ret_host;
        if (*ret_host == NULL || *ret_inside == NULL)
                return err_oom(err);
        if (strchr(value, '=') != NULL && **ret_host != '/')
                return fail(value, "names of the container device interface are not understood",
                            "name the node: /dev/...", err);
        if (**ret_host != '/')
                return fail(value, "that is no absolute path", usage, err);
        if (**ret_rights == '\0' || strspn(*ret_rights, "rwm") != strlen(*ret_rights))
                return fail(value, "the rights are not of r, w and m", usage, err);
        return 0;
}

static int add_node(struct devices *devices, const char *value, const char *path, const char *inside,
                    const char *rights, const struct stat *st, struct ward_err *err)
{
        const struct spec_origin origin = CLI_ORIGIN(arena_concat(devices->arena, "--device ", value));

        if (devices->mount_count == devices->room)
                return fail(value, "there are too many devices in that directory", "name those that are needed", err);
        devices->mounts[devices->mount_count++] = (struct spec_mount){
                .destination = inside,
                .source = path,
                .bind = true,
                .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
                .origin = origin,
        };
        devices->rules[devices->rule_count++] = (struct spec_device_rule){
                .allow = true,
                .type = S_ISCHR(st->st_mode) ? SPEC_DEVICE_CHAR : SPEC_DEVICE_BLOCK,
                .major = major(st->st_rdev),
                .minor = minor(st->st_rdev),
                .read = strchr(rights, 'r') != NULL,
                .write = strchr(rights, 'w') != NULL,
                .mknod = strchr(rights, 'm') != NULL,
                .origin = origin,
        };
        return 0;
}

static bool is_device(const struct stat *st)
{
        return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

/* A directory stands for the devices in it and below. */
static int add_directory(struct devices *devices, const char *value, const char *path, const char *inside,
                         const char *rights, int depth, struct ward_err *err)
{
        DIR *directory = opendir(path);
        struct dirent *entry;
        int r = 0;

        if (directory == NULL)
                return err_errno(err, "option '--device': read the directory '%s'", path);
        while (r >= 0 && (entry = readdir(directory)) != NULL) {
                const char *below = arena_concat(devices->arena, path, "/", entry->d_name);
                const char *target = arena_concat(devices->arena, inside, "/", entry->d_name);
                struct stat st;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (below == NULL || target == NULL)
                        r = err_oom(err);
                else if (fstatat(AT_FDCWD, below, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue; /* gone meanwhile */
                else if (S_ISDIR(st.st_mode) && depth > 0)
                        r = add_directory(devices, value, below, target, rights, depth - 1, err);
                else if (is_device(&st))
                        r = add_node(devices, value, below, target, rights, &st, err);
        }
        (void)closedir(directory);
        return r;
}

static int add_device(struct devices *devices, const char *value, struct ward_err *err)
{
        const char *path, *inside, *rights;
        struct stat st;
        int r = split(devices->arena, value, &path, &inside, &rights, err);

        if (r < 0)
                return r;
        if (stat(path, &st) < 0) {
                (void)err_errno(err, "option '--device': look at '%s'", path);
                (void)err_mistake(err, MISTAKE_NO_DEVICE);
                return err_hint(err, "name a device of this machine: 'ls -l /dev' shows them");
        }
        if (S_ISDIR(st.st_mode))
                return add_directory(devices, value, path, inside, rights, 4, err);
        if (!is_device(&st))
                return fail(value, "it is no device", "for a file or a directory use --volume", err);
        return add_node(devices, value, path, inside, rights, &st, err);
}

/* With --privileged no device is refused by the groups; opening one takes the rights of its owner all the same. */
static void allow_all(struct devices *devices)
{
        devices->rules[devices->rule_count++] = (struct spec_device_rule){
                .allow = true,
                .type = SPEC_DEVICE_ALL,
                .major = -1,
                .minor = -1,
                .read = true,
                .write = true,
                .mknod = true,
                .origin = CLI_ORIGIN("--privileged"),
        };
}

int run_devices(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *list = &job->options->devices;
        size_t room = list->count * DEVICES_MAX;
        struct devices devices = {
                .arena = &spec->arena,
                .mounts = arena_new(&spec->arena, struct spec_mount, spec->mount_count + room + 1),
                .rules = arena_new(&spec->arena, struct spec_device_rule, room + 1),
                .mount_count = spec->mount_count,
                .room = spec->mount_count + room,
        };
        int r = 0;

        if (devices.mounts == NULL || devices.rules == NULL)
                return err_oom(err);
        memcpy(devices.mounts, spec->mounts, spec->mount_count * sizeof(*spec->mounts));
        for (size_t i = 0; r >= 0 && i < list->count; i++)
                r = add_device(&devices, list->items[i], err);
        if (r < 0)
                return r;
        if (job->options->privileged)
                allow_all(&devices);
        spec->mounts = devices.mounts;
        spec->mount_count = devices.mount_count;
        spec->resources.device_rules = devices.rules;
        spec->resources.device_rule_count = devices.rule_count;
        return 0;
}
