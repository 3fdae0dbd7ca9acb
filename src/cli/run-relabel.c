/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "z" and "Z" of a bind for SELinux: what is bound gets a label with which a container may use it, here and for good. "z" is without categories, so that every container
 * may; "Z" has the container's own level. The words are docker's and podman's; where SELinux is not in force every label lets the container in.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/run.h"

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

/* @name below the directory behind @fd, "": the file behind it. lsetxattr(2) takes no descriptor of a path alone; the last component is not followed. */
static int label_file(int fd, const char *name, const void *value)
{
        const char *label = value;
        char path[64 + NAME_MAX];
        int n = snprintf(path, sizeof(path), "/proc/self/fd/%d%s%s", fd, *name == '\0' ? "" : "/", name);

        if (n < 0 || (size_t)n >= sizeof(path))
                return -ENAMETOOLONG;
        if (*name == '\0')
                return setxattr(path, ATTRIBUTE, label, strlen(label) + 1, 0) < 0 ? -errno : 0;
        return lsetxattr(path, ATTRIBUTE, label, strlen(label) + 1, 0) < 0 ? -errno : 0;
}

static int explain(const struct spec_mount *mount, const void *value, int code, struct ward_err *err)
{
        const char *label = value;

        (void)err_code(err, code, "option '%s': give '%s' the label '%s'", mount->origin.field, mount->source, label);
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
        struct run_change change = {
                .file = label_file,
                .of_system = how == 'z' ? "z would relabel a directory of the system"
                                        : "Z would relabel a directory of the system",
                .explain = explain,
        };

        if (access("/sys/fs/selinux/enforce", F_OK) < 0 || run_label_part(job->options, "disable") != NULL)
                return 0;
        if (how == 'Z' && level == NULL) {
                (void)err_set(err, -EINVAL, "option '%s': Z is for a container with a level of its own",
                              mount->origin.field);
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "give it one, --security-opt label=level:s0:c1,c2; or write z");
        }
        change.value = run_file_label(job->options, how == 'Z' ? level : "s0", &job->cli->arena);
        return change.value == NULL ? err_oom(err) : run_change_files(job, mount, &change, err);
}
