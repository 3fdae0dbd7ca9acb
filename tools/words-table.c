/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run by the build: prints glibc's names and texts of errors, and its names of signals, as a C file. ward-oci is built against musl, which
 * has other texts and no names; people and engines know these.
 *
 * Error n is the n-th pair of strings in errno_words, signal n the n-th in signal_words: one string each, which costs a start no relocation.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ERRNO_COUNT 134 /* asm-generic/errno.h */

static const char *or_nothing(const char *word)
{
        return word != NULL ? word : "";
}

int main(void)
{
        (void)printf("#include \"base/words-table.h\"\n\nconst char errno_words[] =");
        for (int i = 0; i < ERRNO_COUNT; i++)
                (void)printf("\n        \"%s\\0%s\\0\"", or_nothing(strerrorname_np(i)), or_nothing(strerrordesc_np(i)));
        (void)printf(";\nconst size_t errno_count = %d;\n\nconst char signal_words[] =", ERRNO_COUNT);
        for (int i = 0; i < NSIG; i++)
                (void)printf("\n        \"%s\\0\"", or_nothing(sigabbrev_np(i)));
        (void)printf(";\nconst size_t signal_count = %d;\n", NSIG);
        return 0;
}
