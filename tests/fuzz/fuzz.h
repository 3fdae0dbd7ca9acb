/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point of a fuzz target: libFuzzer calls it with clang, replay.c with the files of a corpus everywhere. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any bytes. A finding is a crash or a report of a sanitizer. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input: a finding when it does not. */
#define EXPECT(condition)                                                                             \
        do {                                                                                          \
                if (!(condition)) {                                                                   \
                        (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
                        abort();                                                                      \
                }                                                                                     \
        } while (0)

/* A text of the input, as a file gives it to a reader: memory of exactly its size and a NUL. The caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
        char *text = malloc(size + 1);

        if (text == NULL)
                exit(1);
        if (size > 0)
                memcpy(text, data, size);
        text[size] = '\0';
        return text;
}

/* The part of the input up to a NUL, which is taken away with it. */
static inline char *fuzz_part(const uint8_t **data, size_t *size)
{
        size_t len = strnlen((const char *)*data, *size);
        char *text = fuzz_text(*data, len);

        len += len < *size;
        *data += len;
        *size -= len;
        return text;
}

#endif
