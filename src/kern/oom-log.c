/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's log on processes that were ended for want of memory; see oom-log.h. */
#include "kern/oom-log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "base/text.h"

/* syslog(2); <sys/klog.h> has no names for them. */
#define ACTION_READ_ALL 3
#define ACTION_SIZE_BUFFER 10
#define LOG_MAX (4 << 20) /* bytes, from the log's end */

/* The clock of the log is not quite CLOCK_MONOTONIC. */
#define CLOCK_SLACK_USEC 2000000

/* The number at @text; UINT64_MAX: there is none. Behind it anything may stand. */
static uint64_t number_at(const char *text)
{
        size_t len = strspn(text, "0123456789");
        char digits[24];
        uint64_t value;

        if (len == 0 || len >= sizeof(digits))
                return UINT64_MAX;
        memcpy(digits, text, len);
        digits[len] = '\0';
        return number_parse(digits, UINT64_MAX, &value) < 0 ? UINT64_MAX : value;
}

/* "<6>[   12.345678] text": the text, and when it was written; 0 where the log has no times (printk.time=0). */
static char *cut_line(char *line, uint64_t *ret_usec)
{
        uint64_t seconds, rest;
        char *end;

        *ret_usec = 0;
        if (*line == '<') {
                end = strchr(line, '>');
                line = end == NULL ? line : end + 1;
        }
        if (*line != '[')
                return line;
        end = strstr(line, "] ");
        if (end == NULL)
                return line;
        seconds = number_at(line + 1 + strspn(line + 1, " "));
        rest = number_at(line + strcspn(line, ".") + (line[strcspn(line, ".")] == '.'));
        if (seconds < UINT64_MAX / 1000000 && rest < 1000000)
                *ret_usec = seconds * 1000000 + rest;
        return end + 2;
}

static uint64_t kib_at(const char *text)
{
        uint64_t kib = number_at(text);

        return kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
}

/* A line of memory.stat; v1 counts what is below the group under "total_". */
static void read_stat(const char *line, struct memory_use *use)
{
        static const struct {
                char key[16]; /* no pointer, which a static program has to relocate at each start */
                size_t offset;
        } keys[] = {
                {"total_rss ", offsetof(struct memory_use, anon_bytes)},
                {"total_cache ", offsetof(struct memory_use, file_bytes)},
                {"total_shmem ", offsetof(struct memory_use, shmem_bytes)},
                {"total_swap ", offsetof(struct memory_use, swap_bytes)},
                {"anon ", offsetof(struct memory_use, anon_bytes)},
                {"file ", offsetof(struct memory_use, file_bytes)},
                {"shmem ", offsetof(struct memory_use, shmem_bytes)},
                {"kernel ", offsetof(struct memory_use, kernel_bytes)},
        };

        for (size_t i = 0; i < ELEMENTS(keys); i++) {
                size_t len = strlen(keys[i].key);

                if (strncmp(line, keys[i].key, len) == 0) {
                        uint64_t value = number_at(line + len);

                        memcpy((char *)use + keys[i].offset, &value, sizeof(value));
                }
        }
}

static void begin(struct oom_log *log)
{
        memset(log, 0xff, sizeof(*log));
        log->group = log->victim = NULL;
}

/* Whether @line begins with @word, behind which *@ret_rest is. */
static bool after(const char *line, const char *word, const char **ret_rest)
{
        size_t len = strlen(word);

        if (strncmp(line, word, len) != 0)
                return false;
        *ret_rest = line + len;
        return true;
}

/* The value of @key in "oom-kill:constraint=...,oom_memcg=/a,task_memcg=/a/b,task=hog,pid=7,uid=0": up to the next key, because names may hold commas. */
static const char *value_of(const char *line, const char *key, const char *next, struct arena *arena)
{
        const char *begins = strstr(line, key), *ends;

        if (begins == NULL)
                return NULL;
        begins += strlen(key);
        ends = strstr(begins, next);
        return arena_strndup(arena, begins, ends == NULL ? strlen(begins) : (size_t)(ends - begins));
}

/* Whether @group, as the kernel has it, is @path or below. A hierarchy that is mounted from one of its groups has only the end of the kernel's path. */
static bool is_below(const char *group, const char *path)
{
        size_t len = strlen(path);

        for (const char *at = strstr(group, path); at != NULL; at = strstr(at + 1, path))
                if (at[len] == '\0' || at[len] == '/')
                        return true;
        return false;
}

/* The line that says who was chosen. Returns whether it is one of ours. */
static bool read_victim(const char *line, const char *path, struct arena *arena, struct oom_log *log)
{
        const char *task = value_of(line, ",task_memcg=", ",task=", arena);
        const char *pid = value_of(line, ",pid=", ",uid=", arena), *uid = value_of(line, ",uid=", "\n", arena);

        log->group = value_of(line, ",oom_memcg=", ",task_memcg=", arena);
        log->victim = value_of(line, ",task=", ",pid=", arena);
        if (task == NULL || log->group == NULL || log->victim == NULL || pid == NULL || uid == NULL)
                return false;
        log->pid = number_at(pid);
        log->uid = number_at(uid);
        return is_below(task, path);
}

int oom_log_parse(char *text, const char *path, uint64_t since_usec, uint64_t pid, struct arena *arena,
                  struct oom_log *ret_log)
{
        struct oom_log log;
        bool found = false;
        char *line;

        begin(&log);
        while ((line = text_next(&text, '\n')) != NULL) {
                const char *rest;
                uint64_t usec;

                line = cut_line(line, &usec);
                if (usec != 0 && usec + CLOCK_SLACK_USEC < since_usec)
                        continue;
                if (after(line, "memory: usage ", &rest)) {
                        begin(&log);
                        log.use.usage_bytes = kib_at(rest);
                        rest = strstr(rest, "limit ");
                        log.use.limit_bytes = rest == NULL ? UINT64_MAX : kib_at(rest + strlen("limit "));
                } else if (after(line, "kmem: usage ", &rest)) {
                        log.use.kernel_bytes = kib_at(rest);
                } else if (after(line, "swap: usage ", &rest)) {
                        log.use.swap_bytes = kib_at(rest);
                } else if (after(line, "oom-kill:constraint=CONSTRAINT_MEMCG", &rest)) {
                        if (read_victim(rest, path, arena, &log) && !(found && pid != 0 && ret_log->pid == pid)) {
                                *ret_log = log;
                                found = true;
                        }
                        begin(&log);
                } else {
                        read_stat(line, &log.use);
                }
        }
        return found ? 0 : -ENOENT;
}

bool oom_log_readable(void)
{
        return klogctl(ACTION_SIZE_BUFFER, NULL, 0) >= 0;
}

int oom_log_find(const char *path, uint64_t since_usec, uint64_t pid, struct arena *arena, struct oom_log *ret_log)
{
        _cleanup_free_ char *text = NULL;
        int size = klogctl(ACTION_SIZE_BUFFER, NULL, 0);

        if (size < 0)
                return -errno;
        size = size > LOG_MAX ? LOG_MAX : size;
        text = malloc((size_t)size + 1);
        if (text == NULL)
                return -ENOMEM;
        size = klogctl(ACTION_READ_ALL, text, size);
        if (size < 0)
                return -errno;
        text[size] = '\0';
        return oom_log_parse(text, path, since_usec, pid, arena, ret_log);
}
