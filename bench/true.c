/* SPDX-License-Identifier: Apache-2.0 */
/* What the measured containers run: ends at once, or with the argument "pause" waits until it is killed. */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        while (argc > 1 && strcmp(argv[1], "pause") == 0)
                pause();
        return 0;
}
