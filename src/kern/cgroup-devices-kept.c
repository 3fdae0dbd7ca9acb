/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device rules of a v2 group, written down. A BPF program can't be read back as rules, so they stand in an attribute of the group's directory, which
 * goes with it, behind the number of the program that they are of: with another one attached they are of no use. Only root of the machine
 * can write or see it (xattr(7), "Trusted extended attributes"): what a container could write is not taken for its rules.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-bpf.h"
#include "kern/cgroup-private.h"

#define ATTRIBUTE "trusted.ward.devices"
#define KEPT_MAX 65536 /* XATTR_SIZE_MAX */

static void number_print(int64_t number, struct text *text)
{
        if (number == -1)
                text_puts(text, "*");
        else
                text_number(text, (uint64_t)number);
}

/* "allow c 1:3 rwm". */
static void rule_print(const struct cgroup_device_rule *rule, struct text *text)
{
        text_printf(text, "%s %c ", rule->allow ? "allow" : "deny", rule->type);
        number_print(rule->major, text);
        text_puts(text, ":");
        number_print(rule->minor, text);
        text_printf(text, " %s\n", rule->access);
}

void cgroup_devices_keep(int group, int program, const struct cgroup_device_rule *rules, size_t count)
{
        _cleanup_text_ struct text text = {0};
        uint32_t id;

        if (bpf_device_program_id(program, &id) < 0)
                return;
        text_printf(&text, "%" PRIu32 "\n", id);
        for (size_t i = 0; i < count; i++)
                rule_print(&rules[i], &text);
        /* Where it can't be written, rules can be set as before, and not be added to. */
        if (!text_failed(&text))
                (void)fsetxattr(group, ATTRIBUTE, text.data, text.len, 0);
}

/* The rules as they were written down, in @arena. "": the group has no program of ours. -EBUSY: it has one that they are not of. */
static int kept_read(int group, struct arena *arena, char **ret_rules)
{
        _cleanup_free_ char *kept = malloc(KEPT_MAX + 1);
        uint32_t attached;
        uint64_t id;
        char *rest = kept;
        ssize_t len;
        int r;

        if (kept == NULL)
                return -ENOMEM;
        r = bpf_device_attached_id(group, CGROUP_DEVICES_PROGRAM, &attached);
        if (r < 0 && r != -ENOENT)
                return r;
        len = r == -ENOENT ? 0 : fgetxattr(group, ATTRIBUTE, kept, KEPT_MAX);
        if (len < 0)
                return errno == ENODATA ? -EBUSY : -errno;
        kept[len] = '\0';
        if (len > 0 && (number_parse(text_next(&rest, '\n'), UINT32_MAX, &id) < 0 || id != attached || rest == NULL))
                return -EBUSY;
        *ret_rules = arena_strdup(arena, rest);
        return *ret_rules == NULL ? -ENOMEM : 0;
}

static bool number_read(const char *word, int64_t *ret_number)
{
        uint64_t number;

        *ret_number = -1;
        if (strcmp(word, "*") == 0)
                return true;
        if (number_parse(word, UINT32_MAX, &number) < 0)
                return false;
        *ret_number = (int64_t)number;
        return true;
}

/* A line as rule_print() writes it, which is cut up. */
static bool rule_read(char *line, struct cgroup_device_rule *rule)
{
        const char *verdict = text_next(&line, ' '), *type = line == NULL ? NULL : text_next(&line, ' ');
        const char *major = line == NULL ? NULL : text_next(&line, ':'),
                   *minor = line == NULL ? NULL : text_next(&line, ' ');

        if (line == NULL || strlen(type) != 1)
                return false;
        rule->allow = strcmp(verdict, "allow") == 0;
        rule->type = *type;
        rule->access = line;
        return number_read(major, &rule->major) && number_read(minor, &rule->minor);
}

static int not_found(const char *path, int code, struct ward_err *err)
{
        (void)err_code(err, code, "find the device rules of the control group '%s'", path);
        return code == -EPERM
                       ? err_hint(err, "on cgroup v2 programs of the kernel guard devices, which are root's alone "
                                       "(CAP_BPF, CAP_SYS_ADMIN): use sudo")
                       : code;
}

/* v2: what is written down with @rules behind it. */
static int add_v2(const struct cgroup_layout *layout, const struct cgroup_hierarchy *hierarchy, const char *path,
                  const struct cgroup_device_rule *rules, size_t count, struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        struct cgroup_device_rule *all;
        size_t lines = 2, n = 0;
        char *kept;
        _cleanup_close_
        int group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        int r = group < 0 ? group : kept_read(group, &arena, &kept);

        if (r == -EBUSY) {
                (void)err_set(err, r,
                              "add device rules to the control group '%s': it has rules that are not written down "
                              "with it",
                              path);
                return err_hint(err, "who made the group can set them anew, all at once");
        }
        if (r < 0)
                return not_found(path, r, err);
        for (const char *c = kept; *c != '\0'; c++)
                lines += *c == '\n';
        all = arena_new(&arena, struct cgroup_device_rule, lines + count);
        if (all == NULL)
                return err_oom(err);
        if (*kept == '\0')
                all[n++] = (struct cgroup_device_rule){true, 'a', -1, -1, "rwm"};
        for (char *line; (line = text_next(&kept, '\n')) != NULL && *line != '\0';)
                if (!rule_read(line, &all[n++]))
                        return err_set(err, -EBADMSG,
                                       "the device rules that are written down with the control group '%s' "
                                       "are damaged",
                                       path);
        if (count > 0)
                memcpy(all + n, rules, count * sizeof(*rules));
        return cgroup_set_devices(layout, path, all, n + count, err);
}

static int add_v1(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_device_rule *rules,
                  size_t count, struct ward_err *err)
{
        for (size_t i = 0; i < count; i++) {
                _cleanup_text_ struct text text = {0};
                const char *line;
                int r;

                rule_print(&rules[i], &text);
                if (text_failed(&text))
                        return err_oom(err);
                text.data[text.len - 1] = '\0';
                line = strchr(text.data, ' ') + 1;
                /* "a" with numbers is all of them for the kernel, which looks at nothing else then. */
                if (rules[i].type == 'a' &&
                    (rules[i].major != -1 || rules[i].minor != -1 || strlen(rules[i].access) != 3))
                        return err_set(err, -EOPNOTSUPP,
                                       "add the device rule '%s': cgroup v1 knows 'a' for every access to "
                                       "every device alone",
                                       line);
                r = cgroup_file_write(hierarchy, path, rules[i].allow ? "devices.allow" : "devices.deny", line, err);
                if (r == -EPERM)
                        return err_hint(err, "a group can allow only what the group above it allows");
                if (r == -EINVAL)
                        return err_hint(err, "the default of a group can change only while it has no groups below it");
                if (r < 0)
                        return r;
        }
        return 0;
}

static int find(const struct cgroup_layout *layout, const char *path, const struct cgroup_hierarchy **ret_hierarchy,
                struct ward_err *err)
{
        const struct cgroup_hierarchy *v1 = cgroup_with(layout, CGROUP_DEVICES), *v2 = cgroup_unified(layout);
        int r = cgroup_path_check(path, err);

        if (r < 0)
                return r;
        if (v1 == NULL && v2 == NULL)
                return err_set(err, -EOPNOTSUPP,
                               "device rules of the control group '%s': neither the devices controller of "
                               "cgroup v1 nor cgroup v2 is mounted",
                               path);
        *ret_hierarchy = v1 != NULL ? v1 : v2;
        return 0;
}

int cgroup_add_devices(const struct cgroup_layout *layout, const char *path, const struct cgroup_device_rule *rules,
                       size_t count, struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy;
        int r = find(layout, path, &hierarchy, err);

        if (r < 0)
                return r;
        return hierarchy->version == 1 ? add_v1(hierarchy, path, rules, count, err)
                                       : add_v2(layout, hierarchy, path, rules, count, err);
}

int cgroup_get_devices(const struct cgroup_layout *layout, const char *path, struct arena *arena, const char **ret_text,
                       struct ward_err *err)
{
        const struct cgroup_hierarchy *hierarchy;
        _cleanup_free_ char *list = NULL;
        _cleanup_close_
        int group = -EBADF;
        char *kept = NULL;
        int r = find(layout, path, &hierarchy, err);

        if (r < 0)
                return r;
        if (hierarchy->version == 1) {
                r = cgroup_file_read(hierarchy, path, "devices.list", &list, err);
                if (r < 0)
                        return r;
                kept = arena_strdup(arena, list);
                if (kept == NULL)
                        return err_oom(err);
        } else {
                group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
                r = group < 0 ? group : kept_read(group, arena, &kept);
                if (r < 0)
                        return not_found(path, r, err);
        }
        *ret_text = kept;
        return 0;
}
