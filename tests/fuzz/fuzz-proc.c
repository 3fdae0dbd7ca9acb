/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/stat and the files of control groups: every reader over the same text, and scanf as the second opinion. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/procfs.h"
#include "fuzz.h"
#include "kern/cgroup-private.h"

/* Digits alone, so few that they are no question. */
static bool is_number(const char *text, size_t len)
{
        size_t digits = strspn(text, "0123456789");

        return len > 0 && len < 19 && digits >= len;
}

static void read_stat(const char *text)
{
        const char *behind = strrchr(text, ')');
        uint64_t ticks = 42, other;
        int r = procfs_stat_start(text, &ticks), read = 0;
        char state = procfs_stat_state(text), letter;
        bool never = false;

        EXPECT(r >= 0 || ticks == 42);
        EXPECT(!procfs_stat_has_ended(text) || state == 'Z' || state == 'X');
        if (behind == NULL || strstr(behind, "  ") != NULL || behind[strcspn(behind, "\t\n\v\f\r")] != '\0' ||
            behind[1] != ' ')
                return;
        if (sscanf(behind, ") %c", &letter) == 1)
                EXPECT(letter == state);
        (void)sscanf(behind, ") %*s %*s %*s %*s %*s %*s %n", &read);
        if (read > 0 && is_number(behind + read, strcspn(behind + read, " ")) &&
            sscanf(behind + read, "%" SCNu64 " ", &other) == 1 && other <= UINT32_MAX &&
            behind[read + (int)strcspn(behind + read, " ")] == ' ')
                EXPECT(procfs_stat_never_executed(text, &never) == 0 && never == ((other & 0x40) != 0));
        read = 0;
        (void)sscanf(behind, ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %n", &read);
        if (read == 0 || behind[read] == '\0')
                EXPECT(r < 0);
        else if (is_number(behind + read, strcspn(behind + read, " ")) &&
                 sscanf(behind + read, "%" SCNu64, &other) == 1)
                EXPECT(behind[read + (int)strcspn(behind + read, " ")] == '\0' ? r < 0 : r == 0 && ticks == other);
}

static void read_number(const char *text, const char *key)
{
        uint64_t found = cgroup_text_number(text, key), other;
        size_t len = strlen(key);
        const char *line = text;

        /* The first line that begins with the key. */
        while (line != NULL && (strncmp(line, key, len) != 0 || line[len] != ' ')) {
                line = strchr(line, '\n');
                line = line == NULL ? NULL : line + 1;
        }
        if (line == NULL)
                EXPECT(found == UINT64_MAX);
        else if (is_number(line + len + 1, strcspn(line + len + 1, " \n")) &&
                 sscanf(line + len, "%" SCNu64, &other) == 1)
                EXPECT(found == other);
}

static void read_pids(const char *text)
{
        _cleanup_free_ char *copy = strdup(text);
        char *rest = copy;
        const char *line = text;
        pid_t pid;
        int other;

        EXPECT(copy != NULL);
        while ((pid = cgroup_text_next_pid(&rest)) != 0) {
                EXPECT(pid > 0);
                /* Every pid is a line of the text, in its order. */
                for (;; line += strcspn(line, "\n") + 1) {
                        size_t len = strcspn(line, "\n");

                        if (len > 0 && strspn(line, "0123456789") == len && sscanf(line, "%d", &other) == 1 &&
                            other == pid)
                                break;
                        EXPECT(line[len] == '\n');
                }
                line += strcspn(line, "\n");
                line += *line == '\n';
        }
}

/* Each line gives at most as many figures as it has words, and what is out of a device's line has its number in the text. */
static void read_figures(const char *text)
{
        struct cgroup_io_list lists[CGROUP_IO_COUNT] = {0}, list = {0};
        struct cgroup_rdma_list rdma = {0};
        struct cgroup_pressure pressure = {0};
        struct arena arena _cleanup_arena_ = {0};
        char *copies[4];

        for (size_t i = 0; i < ELEMENTS(copies); i++) {
                copies[i] = arena_strdup(&arena, text);
                EXPECT(copies[i] != NULL);
        }
        EXPECT(cgroup_io_parse(&arena, copies[0], &list) == 0 && list.count <= strlen(text));
        for (size_t i = 0; i < list.count; i++) {
                char device[32];

                (void)snprintf(device, sizeof(device), "%u", list.ios[i].major);
                EXPECT(strstr(text, device) != NULL && strstr(text, list.ios[i].op) != NULL);
        }
        EXPECT(cgroup_io_stat_parse(&arena, copies[1], lists) == 0);
        EXPECT(lists[CGROUP_IO_BYTES].count + lists[CGROUP_IO_SERVICED].count <= strlen(text));
        EXPECT(cgroup_rdma_parse(&arena, copies[2], &rdma) == 0);
        for (size_t i = 0; i < rdma.count; i++)
                EXPECT(rdma.devices[i].device[0] != '\0' && strstr(text, rdma.devices[i].device) != NULL);
        cgroup_pressure_parse(copies[3], "some", &pressure);
        for (size_t i = 0; i < ELEMENTS(pressure.average); i++)
                EXPECT(pressure.average[i] <= 10099 && (pressure.given || pressure.average[i] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const keys[] = {"usage_usec", "nr_throttled", "total_rss", "oom_kill", "file"};
        _cleanup_free_ char *text = fuzz_text(data, size);

        read_stat(text);
        for (size_t i = 0; i < ELEMENTS(keys); i++)
                read_number(text, keys[i]);
        (void)cgroup_text_number(text, "");
        for (size_t len = 0; len < size && len < 16; len++)
                EXPECT((cgroup_controller_bit(text, len) & (cgroup_controller_bit(text, len) - 1)) == 0);
        read_pids(text);
        read_figures(text);
        return 0;
}
