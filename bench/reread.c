/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that `ward top` is compared with: reads the same files in each round, opening and closing each, and does nothing else with them.
 *
 *      reread ROUNDS GAP_MSEC LIST     LIST: a file with a path on each line
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIST_MAX (16 << 20)

static void fail(const char *what)
{
        (void)fprintf(stderr, "reread: %s: %s\n", what, strerror(errno));
        exit(1);
}

static unsigned number(const char *digits)
{
        unsigned value = 0;

        for (; *digits >= '0' && *digits <= '9'; digits++)
                value = value * 10 + (unsigned)(*digits - '0');
        return value;
}

/* The list with a NUL behind each path; *@ret_len is its length. */
static char *read_list(const char *path, size_t *ret_len)
{
        char *list = malloc(LIST_MAX);
        FILE *file = fopen(path, "re");

        if (list == NULL || file == NULL)
                fail(path);
        *ret_len = fread(list, 1, LIST_MAX, file);
        (void)fclose(file);
        for (size_t i = 0; i < *ret_len; i++)
                if (list[i] == '\n')
                        list[i] = '\0';
        return list;
}

int main(int argc, char **argv)
{
        static char text[65536];
        struct timespec gap;
        char *list;
        size_t len;

        if (argc != 4) {
                (void)fprintf(stderr, "usage: reread ROUNDS GAP_MSEC LIST\n");
                return 2;
        }
        gap = (struct timespec){number(argv[2]) / 1000, number(argv[2]) % 1000 * 1000000L};
        list = read_list(argv[3], &len);
        for (unsigned round = number(argv[1]); round > 0; round--) {
                for (const char *path = list; path < list + len; path += strlen(path) + 1) {
                        int fd = open(path, O_RDONLY | O_CLOEXEC);

                        if (fd < 0 || read(fd, text, sizeof(text)) < 0)
                                fail(path);
                        (void)close(fd);
                }
                if (round > 1)
                        (void)nanosleep(&gap, NULL);
        }
        return 0;
}
