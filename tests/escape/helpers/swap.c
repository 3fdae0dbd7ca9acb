/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap A B: exchanges two names of a root file system until it is killed, as a container does that shares it with another one that is
 * being started. Says "ready" when it has begun.
 */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
        if (argc != 3 || renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0) {
                perror("swap");
                return 1;
        }
        (void)puts("ready");
        (void)fflush(stdout);
        for (;;)
                (void)renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE);
}
