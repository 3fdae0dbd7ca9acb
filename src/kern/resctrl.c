/* SPDX-License-Identifier: Apache-2.0 */
/* Resource control of caches and memory bandwidth; see resctrl.h. */
#include "kern/resctrl.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#define RESCTRL_MAGIC 0x7655821 /* RDTGROUP_SUPER_MAGIC, <linux/magic.h> */
#define FILE_MAX 65536

int resctrl_open(struct ward_err *err)
{
        _cleanup_close_
        int fd = open(RESCTRL_MOUNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* host path: the kernel's own */
        struct statfs fs;

        if (fd < 0 && errno == ENOENT) {
                (void)err_set(err, -EOPNOTSUPP, "this kernel, or the processor, has no resource control (resctrl)");
                return err_hint(
                        err,
                        "the kernel needs CONFIG_X86_CPU_RESCTRL, the processor one of the flags cat_l3, cat_l2, mba, "
                        "cqm of /proc/cpuinfo");
        }
        if (fd < 0 || fstatfs(fd, &fs) < 0)
                return err_errno(err, "open '%s'", RESCTRL_MOUNT);
        if (fs.f_type != RESCTRL_MAGIC) {
                (void)err_set(err, -ENODEV, "the file system resctrl is not mounted on '%s'", RESCTRL_MOUNT);
                return err_hint(err, "mount -t resctrl resctrl %s", RESCTRL_MOUNT);
        }
        return TAKE_FD(fd);
}

static int open_group(int root, const char *name)
{
        int fd = openat(root, strcmp(name, "/") == 0 ? "." : name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static int write_file(int directory, const char *name, const char *text)
{
        _cleanup_close_
        int fd = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

/* What the kernel says of the last thing that it refused, without the newline. */
static void last_words(int root, char *buffer, size_t size)
{
        _cleanup_free_ char *text = NULL;
        size_t len;

        (void)snprintf(buffer, size, "the kernel says no more of it");
        if (fd_read_file(root, "info/last_cmd_status", FILE_MAX, &text, &len, NULL) >= 0 && len > 0)
                (void)snprintf(buffer, size, "the kernel says: %.*s", (int)strcspn(text, "\n"), text);
}

static int refused(int root, int code, const char *what, const char *object, const char *group, struct ward_err *err)
{
        char words[256];

        last_words(root, words, sizeof(words));
        (void)err_code(err, code, "%s '%s' of the resctrl group '%s'", what, object, group);
        if (code == -ENOSPC)
                return err_hint(err, "the processor has no more of them: remove one below %s", RESCTRL_MOUNT);
        return err_hint(err, "%s", words);
}

static int write_schema(int root, int group, const struct resctrl_want *want, struct ward_err *err)
{
        for (size_t i = 0; want->schema[i] != NULL; i++) {
                _cleanup_free_ char *line = NULL;
                int r;

                if (asprintf(&line, "%s\n", want->schema[i]) < 0)
                        return err_oom(err);
                r = write_file(group, "schemata", line);
                if (r < 0)
                        return refused(root, r, "set the schema", want->schema[i], want->group, err);
        }
        return 0;
}

/* "MB:0=20;1=f" as the kernel writes it, "    MB:0= 20;1=00f": the same but for blanks and zeros in front. */
static const char *skip(const char *at)
{
        while (*at == ' ' || *at == '\t')
                at++;
        return at;
}

static void strip(const char **at, size_t *len)
{
        for (; *len > 1 && (**at == '0' || **at == ' '); (*len)--)
                (*at)++;
}

static bool same_value(const char *a, size_t a_len, const char *b, size_t b_len)
{
        strip(&a, &a_len);
        strip(&b, &b_len);
        return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* Whether the domain at @wanted ("0=ff") has that value among those of @line ("0=0ff;1=00f"). */
static bool has_domain(const char *line, const char *wanted, size_t len)
{
        size_t key = strcspn(wanted, "=;");

        while (*line != '\0' && *line != '\n') {
                size_t end = strcspn(line, ";\n"), at = strcspn(line, "=;\n");

                if (key < len && at < end && same_value(line, at, wanted, key))
                        return same_value(line + at + 1, end - at - 1, wanted + key + 1, len - key - 1);
                line = skip(line + end + (line[end] == ';'));
        }
        return false;
}

/* The values of @resource ("L3") in the text of a schemata file; NULL: it has none. */
static const char *find_resource(const char *text, const char *resource, size_t len)
{
        for (;;) {
                text = skip(text);
                if (strncmp(text, resource, len) == 0 && text[len] == ':')
                        return skip(text + len + 1);
                text += strcspn(text, "\n");
                if (*text++ == '\0')
                        return NULL;
        }
}

static bool has_schema(const char *text, const char *wanted)
{
        const char *line, *at;
        size_t len;

        wanted = skip(wanted);
        len = strcspn(wanted, ":");
        if (wanted[len] != ':')
                return false;
        line = find_resource(text, wanted, len);
        for (at = skip(wanted + len + 1); line != NULL && *at != '\0'; at = skip(at + (*at == ';'))) {
                size_t end = strcspn(at, ";"), used = end;

                while (used > 0 && isspace((unsigned char)at[used - 1]))
                        used--;
                if (!has_domain(line, at, used))
                        return false;
                at += end;
        }
        return line != NULL;
}

static int compare_schema(int group, const struct resctrl_want *want, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t len;
        int r = 0;

        if (want->schema[0] != NULL)
                r = fd_read_file(group, "schemata", FILE_MAX, &text, &len, err);
        for (size_t i = 0; r >= 0 && want->schema[i] != NULL; i++)
                if (!has_schema(text, want->schema[i])) {
                        (void)err_set(err, -EEXIST, "the resctrl group '%s' is there and has another schema than '%s'",
                                      want->group, want->schema[i]);
                        return err_hint(err, "its own is in %s/%s/schemata; or name another closID", RESCTRL_MOUNT,
                                        strcmp(want->group, "/") == 0 ? "" : want->group);
                }
        return r;
}

/* The group itself. Returns its descriptor. */
static int find_group(int root, const struct resctrl_want *want, bool *ret_made, struct ward_err *err)
{
        bool may_make = want->own || want->schema[0] != NULL;
        _cleanup_close_
        int fd = open_group(root, want->group);
        int r;

        if (fd == -ENOENT && may_make) {
                if (mkdirat(root, want->group, 0755) < 0)
                        return refused(root, -errno, "make the directory", want->group, want->group, err);
                *ret_made = true;
                fd = open_group(root, want->group);
        }
        if (fd < 0) {
                (void)err_code(err, fd, "open the resctrl group '%s'", want->group);
                return fd != -ENOENT ? fd
                                     : err_hint(err, "make it first (mkdir %s/%s), or give it a schema", RESCTRL_MOUNT,
                                                want->group);
        }
        if (want->own && !*ret_made) {
                (void)err_set(err, -EEXIST, "the resctrl group '%s' is there already", want->group);
                return err_hint(err, "it is named as the container: name it as closID, or remove it");
        }
        r = *ret_made ? write_schema(root, fd, want, err) : compare_schema(fd, want, err);
        return r < 0 ? r : TAKE_FD(fd);
}

int resctrl_change(int root, const struct resctrl_want *want, struct ward_err *err)
{
        _cleanup_close_
        int fd = open_group(root, want->group);

        if (fd < 0)
                return err_code(err, fd, "open the resctrl group '%s'", want->group);
        return write_schema(root, fd, want, err);
}

static void monitor_path(const struct resctrl_want *want, char path[static PATH_MAX])
{
        bool top = strcmp(want->group, "/") == 0;

        (void)snprintf(path, PATH_MAX, "%s%smon_groups/%s", top ? "" : want->group, top ? "" : "/", want->monitor);
}

int resctrl_prepare(int root, const struct resctrl_want *want, struct resctrl_made *ret_made, struct ward_err *err)
{
        _cleanup_close_
        int group = -EBADF;
        char path[PATH_MAX];

        *ret_made = (struct resctrl_made){0};
        group = find_group(root, want, &ret_made->group, err);
        if (group < 0)
                return group;
        if (want->monitor == NULL)
                return 0;
        monitor_path(want, path);
        if (mkdirat(root, path, 0755) < 0)
                return refused(root, -errno, "make the monitoring group", want->monitor, want->group, err);
        ret_made->monitor = true;
        return 0;
}

static int join(int root, const char *path, pid_t pid, struct ward_err *err)
{
        _cleanup_close_
        int group = open_group(root, path);
        char text[16];
        int r;

        if (group < 0)
                return err_code(err, group, "open the resctrl group '%s'", path);
        (void)snprintf(text, sizeof(text), "%d\n", pid);
        r = write_file(group, "tasks", text);
        return r < 0 ? refused(root, r, "write the file", "tasks", path, err) : 0;
}

int resctrl_join(int root, const struct resctrl_want *want, pid_t pid, struct ward_err *err)
{
        char path[PATH_MAX];
        int r = join(root, want->group, pid, err);

        /* A monitoring group takes only processes of the group that it is in. */
        if (r < 0 || want->monitor == NULL)
                return r;
        monitor_path(want, path);
        return join(root, path, pid, err);
}

int resctrl_remove(int root, const struct resctrl_want *want, const struct resctrl_made *made, struct ward_err *err)
{
        char path[PATH_MAX];

        if (made->monitor && want->monitor != NULL) {
                monitor_path(want, path);
                if (unlinkat(root, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
                        return err_errno(err, "remove the monitoring group '%s'", path);
        }
        if (made->group && unlinkat(root, want->group, AT_REMOVEDIR) < 0 && errno != ENOENT)
                return err_errno(err, "remove the resctrl group '%s'", want->group);
        return 0;
}
