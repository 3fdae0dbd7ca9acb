/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's program in the kill tests: says in one write what the kernel shows of its confinement. With an argument it stays after
 * that until it is killed.
 *
 * Static, and without anything that a filter could forbid: it must be able to say how it is confined whenever it runs at all.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct report {
        char text[16384];
        size_t used;
};

static void add(struct report *report, const char *text, size_t len)
{
        if (len > sizeof(report->text) - report->used)
                len = sizeof(report->text) - report->used;
        memcpy(report->text + report->used, text, len);
        report->used += len;
}

/* The lines of @path that begin with @prefix. */
static void add_lines(struct report *report, const char *path, const char *prefix)
{
        static char content[65536];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, content, sizeof(content) - 1);

        if (fd >= 0)
                (void)close(fd);
        if (n < 0)
                return;
        content[n] = '\0';
        for (const char *line = content; *line != '\0';) {
                size_t len = strcspn(line, "\n") + 1;

                if (strncmp(line, prefix, strlen(prefix)) == 0)
                        add(report, line, len);
                line += len - (line[len - 1] == '\0');
        }
}

static void add_namespace(struct report *report, const char *name)
{
        char path[64], link[64];
        ssize_t n;

        (void)snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
        n = readlink(path, link, sizeof(link));
        if (n > 0)
                add(report, link, (size_t)n);
        add(report, "\n", 1);
}

int main(int argc, char **argv)
{
        static const char *const status[] = {"Uid:", "Gid:", "Groups:", "Cap", "NoNewPrivs:", "Seccomp:", "NSpid:"};
        static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "uts"};
        static const char *const groups[] = {"/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max"};
        static struct report report;

        (void)argv;
        for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++)
                add_lines(&report, "/proc/self/status", status[i]);
        for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
                add_namespace(&report, namespaces[i]);
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
                add_lines(&report, groups[i], "");
        add_lines(&report, "/proc/self/limits", "Max open files");
        add_lines(&report, "/proc/self/mountinfo", "");
        (void)!write(STDOUT_FILENO, report.text, report.used);
        while (argc > 1)
                (void)pause();
        return 0;
}
