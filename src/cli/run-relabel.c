/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "z" and "Z" of a bind for SELinux: what is bound gets a label with which a container may use it, here and for good. "z" is without categories, so that every container
 * may; "Z" has the container's own level. The words are docker's and podman's; where SELinux is not in force every label lets the container in.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/run.h"

#define DEPTH_MAX 256
#define ATTRIBUTE "security.selinux"

const char *run_label_part(const struct run *options, const char *part)
{
        const struct option_list *security = &options->security;
        const char *found = NULL;
        size_t len = strlen(part);

        for (size_t i = 0; i < security->count; i++) {
                const char *word = security->items[i];

                if (strncmp(word, "label", strlen("label")) == 0 && (word[5] == '=' || word[5] == ':') &&
                    strncmp(word + 6, part, len) == 0 && (word[6 + len] == ':' || word[6 + len] == '\0'))
                        found = word + 6 + len + (word[6 + len] == ':');
        }
        return found;
}

const char *run_file_label(const struct run *options, const char *level, struct arena *arena)
{
        const char *type = run_label_part(options, "filetype");

        return arena_concat(arena, "system_u:object_r:", type != NULL ? type : "container_file_t", ":", level);
}

struct label {
        const char *text;
        dev_t device;
};

/* @name below the directory behind @fd, "": the file behind it. lsetxattr(2) takes no descriptor of a path alone; the last component is not followed. */
static int set_label(const struct label *label, int fd, const char *name)
{
        char path[64 + NAME_MAX];
        int n = snprintf(path, sizeof(path), "/proc/self/fd/%d%s%s", fd, *name == '\0' ? "" : "/", name);

        if (n < 0 || (size_t)n >= sizeof(path))
                return -ENAMETOOLONG;
        if (*name == '\0')
                return setxattr(path, ATTRIBUTE, label->text, strlen(label->text) + 1, 0) < 0 ? -errno : 0;
        return lsetxattr(path, ATTRIBUTE, label->text, strlen(label->text) + 1, 0) < 0 ? -errno : 0;
}

static int label_below(const struct label *label, int dirfd, const char *name, int depth)
{
        int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
        DIR *directory = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        struct stat st;

        if (directory == NULL) {
                r = -errno;
                (void)fd_close(fd);
                return r == -ENOENT ? 0 : r;
        }
        for (errno = 0; r >= 0 && (entry = readdir(directory)) != NULL; errno = 0) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != label->device)
                        continue; /* gone meanwhile, or another mount */
                r = set_label(label, fd, entry->d_name);
                if (r >= 0 && S_ISDIR(st.st_mode))
                        r = depth == 0 ? -ELOOP : label_below(label, fd, entry->d_name, depth - 1);
                if (r == -ENOENT)
                        r = 0;
        }
        if (r >= 0)
                r = -errno; /* of readdir(), which says so no other way */
        (void)closedir(directory);
        return r;
}

static int explain(const struct spec_mount *mount, const struct label *label, int code, struct ward_err *err)
{
        (void)err_code(err, code, "option '%s': give '%s' the label '%s'", mount->origin.field, mount->source,
                       label->text);
        if (code == -EOPNOTSUPP)
                return err_hint(err,
                                "its file system keeps no labels: mount it with context=LABEL, and leave z or Z out");
        if (code == -EINVAL)
                return err_hint(err, "the policy that is loaded has no such label: name its own by --security-opt "
                                     "label=filetype:TYPE");
        return err_hint(err, "it takes the right to relabel these files; leave z or Z out");
}

int run_relabel(const struct run_job *job, char how, const struct spec_mount *mount, struct ward_err *err)
{
        const char *level = run_label_part(job->options, "level");
        struct label label = {0};
        _cleanup_close_
        int fd = -EBADF;
        struct stat st;
        int r;

        if (access("/sys/fs/selinux/enforce", F_OK) < 0 || run_label_part(job->options, "disable") != NULL)
                return 0;
        if (how == 'Z' && level == NULL) {
                (void)err_set(err, -EINVAL, "option '%s': Z is for a container with a level of its own",
                              mount->origin.field);
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "give it one, --security-opt label=level:s0:c1,c2; or write z");
        }
        label.text = run_file_label(job->options, how == 'Z' ? level : "s0", &job->cli->arena);
        if (label.text == NULL)
                return err_oom(err);
        fd = open(mount->source, O_PATH | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return 0; /* said when it is bound, with what to do */
        if (fd < 0 || fstat(fd, &st) < 0)
                return err_errno(err, "option '%s': look at '%s'", mount->origin.field, mount->source);
        if (run_is_system(&st)) {
                (void)err_set(err, -EINVAL, "option '%s': %c would relabel a directory of the system",
                              mount->origin.field, how);
                (void)err_mistake(err, MISTAKE_OWNERS);
                return err_hint(err, "name a directory of your own");
        }
        if (job->options->dry_run)
                return 0;
        label.device = st.st_dev;
        r = set_label(&label, fd, "");
        if (r >= 0 && S_ISDIR(st.st_mode))
                r = label_below(&label, fd, ".", DEPTH_MAX);
        return r < 0 ? explain(mount, &label, r, err) : 0;
}
