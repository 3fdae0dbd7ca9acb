/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap A B [A B...]: exchanges pairs of names of a root file system until it is killed, as a container does that shares it with another one
 * that is being started. Says "ready" when it has begun.
 */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
        for (int i = 1; i < argc || i == 1; i += 2)
                if (i + 1 >= argc || renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE) < 0) {
                        perror("swap");
                        return 1;
                }
        (void)puts("ready");
        (void)fflush(stdout);
        for (;;)
                for (int i = 1; i < argc; i += 2)
                        (void)renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE);
}
