/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules. The last rule that matches an access decides, and what no rule matches is refused; an allow rule matches an access
 * that is wholly inside of it, a deny rule one that touches it. So nothing is allowed that no rule allows, and nothing that a later rule denies.
 *
 * v1 (the devices controller) knows no order: it has a default and exceptions to it. The rules are therefore worked out here to
 * such a set, which is written and read back; rules that no such set can express ("all of major 1, but not 1:3") are refused.
 * v2 has no controller: a BPF program of type cgroup device tests the rules from the last to the first.
 */
#include "kern/cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/text.h"
#include "kern/cgroup-bpf.h"
#include "kern/cgroup-private.h"

#define RULE_INSNS 8 /* at most, for one rule */
#define RULES_MAX \
        1024 /* 8192 instructions: since Linux 5.2 whoever may load such a program may have a million of them */
#define ALL (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

/* The kernel's numbers (include/linux/kdev_t.h): 12 bits of major, 20 of minor. */
#define MAJOR_MAX ((1 << 12) - 1)
#define MINOR_MAX ((1 << 20) - 1)

struct exception {
        char type; /* 'b' or 'c' */
        int64_t major, minor;
        unsigned access;
};

struct exceptions {
        bool allow; /* the default */
        struct exception *list;
        size_t count;
};

/* BPF_DEVCG_ACC_*; 0 is not an access. */
static unsigned access_parse(const char *access)
{
        unsigned bits = 0;

        for (const char *c = access; *c != '\0'; c++) {
                unsigned bit = *c == 'r'   ? BPF_DEVCG_ACC_READ
                               : *c == 'w' ? BPF_DEVCG_ACC_WRITE
                               : *c == 'm' ? BPF_DEVCG_ACC_MKNOD
                                           : 0;

                if (bit == 0)
                        return 0;
                bits |= bit;
        }
        return bits;
}

static int rules_check(const struct cgroup_device_rule *rules, size_t count, struct ward_err *err)
{
        if (count > RULES_MAX)
                return err_set(err, -E2BIG, "more than %d device rules", RULES_MAX);
        for (size_t i = 0; i < count; i++) {
                const struct cgroup_device_rule *rule = &rules[i];

                if (rule->type != 'a' && rule->type != 'b' && rule->type != 'c')
                        return err_set(err, -EINVAL, "device rule %zu: the type is 'a', 'b' or 'c'", i);
                if (rule->access == NULL || access_parse(rule->access) == 0)
                        return err_set(err, -EINVAL, "device rule %zu: the access is one or more of r, w and m", i);
                if (rule->major < -1 || rule->major > MAJOR_MAX || rule->minor < -1 || rule->minor > MINOR_MAX)
                        return err_set(err, -ERANGE,
                                       "device rule %zu: %" PRId64 ":%" PRId64 " is no device number (at most %d:%d)",
                                       i, rule->major, rule->minor, MAJOR_MAX, MINOR_MAX);
        }
        return 0;
}

/* Whether the rule is about every access to every device. */
static bool rule_is_total(const struct cgroup_device_rule *rule)
{
        return rule->type == 'a' && rule->major == -1 && rule->minor == -1 && access_parse(rule->access) == ALL;
}

/* ---- v2 ---- */

/* The context is struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor. After the head r2 is the type, r3 the access, r4 and r5 the
 * numbers; r1 is free then. */
static size_t emit_head(struct bpf_insn *at)
{
        const struct bpf_insn head[] = {
                {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0},
                {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0},
                {BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff},
                {BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16},
                {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_4, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major), 0},
                {BPF_LDX | BPF_MEM | BPF_W, BPF_REG_5, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0},
        };

        memcpy(at, head, sizeof(head));
        return ELEMENTS(head);
}

static size_t emit_verdict(struct bpf_insn *at, bool allow)
{
        at[0] = (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow};
        at[1] = (struct bpf_insn){BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
        return 2;
}

/* Jumps that leave the rule are patched at the end, when its length is known. */
static size_t emit_rule(struct bpf_insn *at, const struct cgroup_device_rule *rule)
{
        int type = rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
        int access = (int)access_parse(rule->access);
        size_t n = 0;

        if (rule->type != 'a')
                at[n++] = (struct bpf_insn){BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 0, type};
        if (access != ALL) {
                int mask = rule->allow ? ALL & ~access : access;
                int jump = rule->allow ? BPF_JNE : BPF_JEQ;

                at[n++] = (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0};
                at[n++] = (struct bpf_insn){BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0, mask};
                at[n++] = (struct bpf_insn){(uint8_t)(BPF_JMP | jump | BPF_K), BPF_REG_1, 0, 0, 0};
        }
        if (rule->major != -1)
                at[n++] = (struct bpf_insn){BPF_JMP | BPF_JNE | BPF_K, BPF_REG_4, 0, 0, (int)rule->major};
        if (rule->minor != -1)
                at[n++] = (struct bpf_insn){BPF_JMP | BPF_JNE | BPF_K, BPF_REG_5, 0, 0, (int)rule->minor};
        n += emit_verdict(at + n, rule->allow);
        for (size_t i = 0; i < n - 2; i++)
                if (BPF_CLASS(at[i].code) == BPF_JMP)
                        at[i].off = (int16_t)(n - i - 1);
        return n;
}

static int set_v2(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_device_rule *rules,
                  size_t count, struct ward_err *err)
{
        _cleanup_free_ struct bpf_insn *program = calloc(count + 2, RULE_INSNS * sizeof(*program));
        bool total = false;
        _cleanup_close_
        int group = -EBADF, fd = -EBADF;
        size_t n;
        int r;

        if (program == NULL)
                return err_oom(err);
        n = emit_head(program);
        /* The verifier refuses instructions that cannot be reached, so a rule for everything is the last. */
        for (size_t i = count; i > 0 && !total; i--) {
                total = rule_is_total(&rules[i - 1]);
                n += total ? emit_verdict(program + n, rules[i - 1].allow) : emit_rule(program + n, &rules[i - 1]);
        }
        if (!total)
                n += emit_verdict(program + n, false);
        group = cgroup_open(hierarchy, path, NULL, O_RDONLY);
        if (group < 0)
                return err_code(err, group, "open the control group '%s%s'", hierarchy->mount, path);
        r = bpf_device_load(program, n, CGROUP_DEVICES_PROGRAM, &fd, err);
        if (r >= 0)
                r = bpf_device_attach(group, fd, CGROUP_DEVICES_PROGRAM, err);
        if (r >= 0)
                cgroup_devices_keep(group, fd, rules, count);
        return r;
}

/* ---- v1 ---- */

static bool number_covers(int64_t outer, int64_t inner)
{
        return outer == -1 || outer == inner;
}

static bool numbers_touch(int64_t a, int64_t b)
{
        return a == -1 || b == -1 || a == b;
}

/* Adds an exception, merged with one of the same device as the kernel does it. */
static void exception_add(struct exceptions *set, const struct exception *new)
{
        for (size_t i = 0; i < set->count; i++) {
                struct exception *old = &set->list[i];

                if (old->type == new->type && old->major == new->major && old->minor == new->minor) {
                        old->access |= new->access;
                        return;
                }
        }
        set->list[set->count++] = *new;
}

/* Takes back from the exceptions what @rule is about. False: a part of one would have to stay, which v1 cannot say. */
static bool exception_remove(struct exceptions *set, const struct exception *rule)
{
        size_t kept = 0;

        for (size_t i = 0; i < set->count; i++) {
                struct exception *old = &set->list[i];
                bool touches = old->type == rule->type && numbers_touch(old->major, rule->major) &&
                               numbers_touch(old->minor, rule->minor) && (old->access & rule->access) != 0;

                if (touches && !(number_covers(rule->major, old->major) && number_covers(rule->minor, old->minor)))
                        return false;
                if (touches)
                        old->access &= ~rule->access;
                if (old->access != 0)
                        set->list[kept++] = *old;
        }
        set->count = kept;
        return true;
}

/* Works the ordered rules out to a default with exceptions. set->list has room for two of each rule. */
static int exceptions_build(struct exceptions *set, const struct cgroup_device_rule *rules, size_t count,
                            struct ward_err *err)
{
        for (size_t i = 0; i < count; i++) {
                const struct cgroup_device_rule *rule = &rules[i];
                struct exception exception = {0, rule->major, rule->minor, access_parse(rule->access)};

                if (rule_is_total(rule)) {
                        set->allow = rule->allow;
                        set->count = 0;
                        continue;
                }
                for (const char *type = "bc"; *type != '\0'; type++) {
                        exception.type = *type;
                        if (rule->type != 'a' && rule->type != *type)
                                continue;
                        if (rule->allow != set->allow) {
                                exception_add(set, &exception);
                        } else if (!exception_remove(set, &exception)) {
                                (void)err_set(err, -EOPNOTSUPP,
                                              "device rule %zu %s a part of what an earlier rule %s; cgroup v1 cannot "
                                              "express that",
                                              i, rule->allow ? "allows" : "denies", rule->allow ? "denies" : "allows");
                                (void)err_hint(err, "write the earlier rule so that it does not include the later one");
                                return -EOPNOTSUPP;
                        }
                }
        }
        return 0;
}

/* -1: every number. Returns where it ends. */
static char *number_put(char *at, int64_t number)
{
        if (number != -1)
                return digits_put(at, (uint64_t)number, 10);
        *at = '*';
        return at + 1;
}

/* By BPF_DEVCG_ACC_*, in the order in which the kernel shows them. */
static const char access_words[ALL + 1][4] = {"", "m", "r", "rm", "w", "wm", "rw", "rwm"};

/* A line for each, as they are written to the kernel and as it shows them. */
static void exceptions_print(const struct exceptions *set, struct text *text)
{
        for (const struct exception *exception = set->list; exception < set->list + set->count; exception++) {
                char line[sizeof("c *:* rwm") + 2 * DIGITS_MAX + 1] = {exception->type, ' '}, *at = line + 2;

                at = number_put(at, exception->major);
                *at++ = ':';
                at = number_put(at, exception->minor);
                *at++ = ' ';
                for (const char *word = access_words[exception->access]; *word != '\0'; word++)
                        *at++ = *word;
                *at++ = '\n';
                text_add(text, line, (size_t)(at - line));
        }
}

/* Reads devices.list back. It shows the allowed devices, which are @lines, in the order in which they were written, or "a *:* rwm" when the
 * default is to allow; the exceptions to that are not shown. */
static int prove_v1(const struct cgroup_hierarchy *hierarchy, const char *path, bool allow, const char *lines,
                    struct ward_err *err)
{
        _cleanup_free_ char *list = NULL;
        int r;

        r = cgroup_file_read(hierarchy, path, "devices.list", &list, err);
        if (r < 0)
                return r;
        if (strcmp(list, allow ? "a *:* rwm\n" : lines) != 0)
                return err_set(err, -EIO, "control group '%s%s' does not hold the device rules that were written to it",
                               hierarchy->mount, path);
        return 0;
}

/* First everything to the default, then each exception, which the kernel takes one by one: a group that is in use is stricter than wanted
 * for a moment, or, where the default is to allow, wider. */
static int write_v1(const struct cgroup_hierarchy *hierarchy, const char *path, bool allow, const char *lines,
                    struct ward_err *err)
{
        const char *file = allow ? "devices.deny" : "devices.allow";
        _cleanup_close_
        int fd = -EBADF;
        int r;

        r = cgroup_file_write(hierarchy, path, allow ? "devices.allow" : "devices.deny", "a", err);
        if (r < 0) {
                if (r == -EPERM || r == -EINVAL)
                        (void)err_hint(err, "a group can allow only what the group above it allows, and its default "
                                            "can change only while "
                                            "it has no groups below it");
                return r;
        }
        if (*lines == '\0')
                return 0;
        fd = cgroup_open(hierarchy, path, file, O_WRONLY);
        if (fd < 0)
                return err_code(err, fd, "open '%s%s/%s'", hierarchy->mount, path, file);
        for (const char *end; *lines != '\0'; lines = end + 1) {
                end = strchr(lines, '\n');
                if (write(fd, lines, (size_t)(end - lines)) < 0) {
                        r = err_errno(err, "write '%.*s' to '%s%s/%s'", (int)(end - lines), lines, hierarchy->mount,
                                      path, file);
                        if (r == -EPERM)
                                (void)err_hint(err, "the group above does not allow this device");
                        return r;
                }
        }
        return 0;
}

/* What the rules come to as lines for the kernel, and *@ret_allow, the default to which they are the exceptions. */
static int print_v1(const struct cgroup_device_rule *rules, size_t count, struct text *lines, bool *ret_allow,
                    struct ward_err *err)
{
        _cleanup_free_ struct exception *list = calloc(2 * count + 1, sizeof(*list));
        struct exceptions set = {.allow = false, .list = list};
        int r;

        if (list == NULL)
                return err_oom(err);
        r = exceptions_build(&set, rules, count, err);
        if (r < 0)
                return r;
        text_puts(lines, ""); /* a text also where there are none */
        exceptions_print(&set, lines);
        *ret_allow = set.allow;
        return text_failed(lines) ? err_oom(err) : 0;
}

static int set_v1(const struct cgroup_hierarchy *hierarchy, const char *path, const struct cgroup_device_rule *rules,
                  size_t count, struct ward_err *err)
{
        _cleanup_text_ struct text lines = {0};
        bool allow;
        int r;

        r = print_v1(rules, count, &lines, &allow, err);
        if (r >= 0)
                r = write_v1(hierarchy, path, allow, lines.data, err);
        if (r >= 0)
                r = prove_v1(hierarchy, path, allow, lines.data, err);
        return r;
}

bool cgroup_has_devices(const struct cgroup_layout *layout, const char *path, const struct cgroup_device_rule *rules,
                        size_t count)
{
        const struct cgroup_hierarchy *v1 = cgroup_with(layout, CGROUP_DEVICES);
        _cleanup_text_ struct text lines = {0};
        bool allow;

        return v1 != NULL && cgroup_path_check(path, NULL) >= 0 && rules_check(rules, count, NULL) >= 0 &&
               print_v1(rules, count, &lines, &allow, NULL) >= 0 && !allow &&
               prove_v1(v1, path, allow, lines.data, NULL) >= 0;
}

int cgroup_set_devices(const struct cgroup_layout *layout, const char *path, const struct cgroup_device_rule *rules,
                       size_t count, struct ward_err *err)
{
        const struct cgroup_hierarchy *v1 = cgroup_with(layout, CGROUP_DEVICES), *v2 = cgroup_unified(layout);
        int r;

        r = cgroup_path_check(path, err);
        if (r >= 0)
                r = rules_check(rules, count, err);
        if (r < 0)
                return r;
        if (v1 != NULL)
                r = set_v1(v1, path, rules, count, err);
        else if (v2 != NULL)
                r = set_v2(v2, path, rules, count, err);
        else
                return err_set(
                        err, -EOPNOTSUPP,
                        "set device rules: neither the devices controller of cgroup v1 nor cgroup v2 is mounted");
        if (r < 0)
                (void)err_wrap(err, "set device rules");
        return r;
}
