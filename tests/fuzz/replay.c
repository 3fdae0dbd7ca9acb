/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives each file named on the command line to a fuzz target, once; TAP. Without libFuzzer this makes a program of a target, so
 * that what a fuzzer found once stays found. The input is copied to memory of exactly its size: a read past its end is seen.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static int replay(const char *path)
{
        FILE *file = fopen(path, "re");
        uint8_t *data = NULL;
        long size;
        int ret = -1;

        if (!file)
                return -1;
        if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
                data = malloc((size_t)size + !size);
                if (data && fread(data, 1, (size_t)size, file) == (size_t)size)
                        ret = LLVMFuzzerTestOneInput(data, (size_t)size);
        }
        free(data);
        fclose(file);
        return ret;
}

int main(int argc, char **argv)
{
        int failed = 0;

        printf("1..%d\n", argc - 1);
        for (int i = 1; i < argc; i++) {
                const char *slash = strrchr(argv[i], '/');
                bool ok = replay(argv[i]) == 0;

                printf("%sok %d - %s\n", ok ? "" : "not ", i, slash ? slash + 1 : argv[i]);
                fflush(stdout); /* the next one may end the program */
                failed += !ok;
        }
        return failed > 0;
}
