/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of procfs say; see procfs.h. */
#include "base/procfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define NAME_END_MAX 96 /* the parenthesis behind the name comes before */
#define STATE_FIELD 3
#define THREADS_FIELD 20
#define FORKED_NOT_EXECUTED 0x40u /* PF_FORKNOEXEC */
#define KERNEL_THREAD 0x00200000  /* PF_KTHREAD of linux/sched.h */
#define FLAGS_FIELD 9
#define START_FIELD 22
#define EXIT_CODE_FIELD 52

/* "36 35 0:33 / /sys/fs/cgroup rw,noatime shared:15 - cgroup2 cgroup2 rw": blanks in names are escaped, a source may be empty. */
int procfs_next_mount(char **text, struct procfs_mount *ret_mount)
{
        char *line = *text == NULL ? NULL : text_next(text, '\n'), *field[5], *dash;
        const char *type, *source;

        if (line == NULL || (*line == '\0' && *text == NULL))
                return 0;
        for (size_t i = 0; i < ELEMENTS(field); i++)
                field[i] = text_next(&line, ' ');
        dash = line == NULL ? NULL : strchr(line, '-');
        while (dash != NULL && (dash[-1] != ' ' || dash[1] != ' '))
                dash = strchr(dash + 1, '-');
        if (dash == NULL)
                return -EBADMSG;
        dash[-1] = '\0';
        dash += 2;
        type = text_next(&dash, ' ');
        source = text_next(&dash, ' ');
        if (dash == NULL || field[4][0] != '/')
                return -EBADMSG;
        *ret_mount = (struct procfs_mount){field[0], line, field[3], field[4], type, source, dash};
        return 1;
}

const char *procfs_mount_peers(const struct procfs_mount *mount)
{
        char *rest = mount->optional;

        for (const char *word; (word = text_next(&rest, ' ')) != NULL;)
                if (strncmp(word, "shared:", strlen("shared:")) == 0)
                        return word + strlen("shared:");
        return NULL;
}

/* The field @number (from 1) behind the name, which is the second one, in parentheses, and may hold anything: at most 63 bytes
 * (proc_task_name() in fs/proc/array.c), behind which there is no parenthesis. */
static const char *stat_field(const char *stat, int number)
{
        const char *at = memrchr(stat, ')', strnlen(stat, NAME_END_MAX));

        /* They are short, for which strchr(3) is dear. */
        for (int i = 2; at != NULL && i < number; at++) {
                if (*at == '\0')
                        return NULL;
                i += *at == ' ';
        }
        return at;
}

char procfs_stat_state(const char *stat)
{
        const char *state = stat_field(stat, STATE_FIELD);

        return state == NULL ? '\0' : *state;
}

/* Digits up to a character that is none, at most @max. NULL: there are none, or too many. */
static const char *read_number(const char *text, uint64_t max, uint64_t *ret_number)
{
        uint64_t number = 0;
        const char *at = text;

        for (; *at >= '0' && *at <= '9'; at++)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
                        return NULL;
        if (at == text || number > max)
                return NULL;
        *ret_number = number;
        return at;
}

bool procfs_stat_has_ended(const char *stat)
{
        const char *threads = stat_field(stat, THREADS_FIELD);
        char state = procfs_stat_state(stat);

        return (state == 'Z' || state == 'X') && threads != NULL && (threads[0] == '0' || threads[0] == '1') &&
               threads[1] == ' ';
}

static int read_flags(const char *stat, uint64_t *ret_flags)
{
        const char *field = stat_field(stat, FLAGS_FIELD), *end;

        end = field == NULL ? NULL : read_number(field, UINT32_MAX, ret_flags);
        return end == NULL || *end != ' ' ? -EBADMSG : 0;
}

int procfs_stat_never_executed(const char *stat, bool *ret_never)
{
        uint64_t flags;

        if (read_flags(stat, &flags) < 0)
                return -EBADMSG;
        *ret_never = (flags & FORKED_NOT_EXECUTED) != 0;
        return 0;
}

bool procfs_stat_is_kernel_thread(const char *stat)
{
        uint64_t flags;

        return read_flags(stat, &flags) >= 0 && (flags & KERNEL_THREAD) != 0;
}

int procfs_stat_start(const char *stat, uint64_t *ret_ticks)
{
        const char *field = stat_field(stat, START_FIELD), *end;
        uint64_t ticks;

        end = field == NULL ? NULL : read_number(field, UINT64_MAX, &ticks);
        if (end == NULL || *end != ' ')
                return -EBADMSG;
        *ret_ticks = ticks;
        return 0;
}

int procfs_stat_exit_status(const char *stat, int *ret_status)
{
        const char *field = stat_field(stat, EXIT_CODE_FIELD);
        uint64_t status;

        if (field == NULL || read_number(field, UINT16_MAX, &status) == NULL)
                return -EBADMSG;
        *ret_status = (int)status;
        return 0;
}

int procfs_stat_parse(const char *stat, struct procfs_stat *ret_stat)
{
        const char *at = stat_field(stat, STATE_FIELD);
        struct procfs_stat found;
        unsigned long long start;

        /* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime priority nice threads itreal start */
        if (at == NULL ||
            sscanf(at, "%c %d %d %d %*d %*d %" SCNu32 " %*u %*u %*u %*u %*u %*u %*d %*d %*d %d %*d %*d %llu",
                   &found.state, &found.parent, &found.group, &found.session, &found.flags, &found.nice, &start) != 7)
                return -EBADMSG;
        found.start_ticks = start;
        *ret_stat = found;
        return 0;
}

bool procfs_next_map(const char **text, struct procfs_map *ret_map)
{
        uint64_t columns[3];
        const char *at = *text;

        for (size_t i = 0; i < ELEMENTS(columns); i++) {
                at = read_number(at + strspn(at, " "), UINT32_MAX, &columns[i]);
                if (at == NULL)
                        return false;
        }
        if (*at != '\n' && *at != '\0')
                return false;
        *text = at + (*at == '\n');
        *ret_map = (struct procfs_map){(uint32_t)columns[0], (uint32_t)columns[1], (uint32_t)columns[2]};
        return true;
}

bool procfs_map_is_whole(const char *text)
{
        struct procfs_map map;

        return procfs_next_map(&text, &map) && *text == '\0' && map.inside == 0 && map.outside == 0 &&
               map.count == UINT32_MAX;
}

/* One digit in @base, or -1. */
static int digit_of(char c, unsigned base)
{
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        return digit < (int)base ? digit : -1;
}

int procfs_status_number(const char *status, const char *key, unsigned base, uint64_t *ret_number)
{
        size_t len = strlen(key);
        const char *at = status;
        uint64_t number = 0;

        while (strncmp(at, key, len) != 0) {
                at = strchr(at, '\n');
                if (at == NULL)
                        return -ENOENT;
                at++;
        }
        at += len;
        at += strspn(at, " \t");
        if (digit_of(*at, base) < 0)
                return -ENOENT;
        for (; digit_of(*at, base) >= 0; at++)
                if (__builtin_mul_overflow(number, base, &number) ||
                    __builtin_add_overflow(number, (uint64_t)digit_of(*at, base), &number))
                        return -ENOENT;
        *ret_number = number;
        return 0;
}

int procfs_status_pid_inside(const char *status, uint64_t *ret_pid)
{
        const char *line = strstr(status, "\nNSpid:"), *last = line;
        size_t len = line == NULL ? 0 : strcspn(line + 1, "\n");

        if (line == NULL)
                return -ENOENT;
        for (const char *at = line; at < line + len; at++)
                if (*at == '\t')
                        last = at;
        return procfs_status_number(last, "\t", 10, ret_pid);
}
