/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The string functions that a start of a container calls most, sixteen bytes at a time. musl's go byte by byte or in eights, which is a tenth of what a
 * start runs in user space; glibc's would bring a start that asks the processor what it can do (docs/PERFORMANCE.md). These take SSE2 alone, which
 * every x86-64 has, so nothing is asked. Linked into the programs, they come before those of libc.a.
 *
 * A load of sixteen bytes at a multiple of sixteen lies within one page, so it may go past either end of a string that begins or ends there; a
 * load at any other place looks first how far the page goes.
 */
#include <emmintrin.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK sizeof(__m128i)
#define PAGE 4096UL

char *__strchrnul(const char *string, int c); /* musl's own callers know it by this name */

/* Which bytes of @a are those of @b, a bit each. */
static inline unsigned equal(__m128i a, __m128i b)
{
        return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
}

static inline const __m128i *block_of(const void *memory)
{
        return (const __m128i *)((uintptr_t)memory & -BLOCK);
}

/* The bits of the first block that belong to what begins at @memory. */
static inline unsigned from(const void *memory)
{
        return UINT_MAX << ((uintptr_t)memory % BLOCK);
}

size_t strlen(const char *string)
{
        const __m128i *block = block_of(string), zero = _mm_setzero_si128();
        unsigned found = equal(*block, zero) & from(string);

        while (found == 0)
                found = equal(*++block, zero);
        return (size_t)((const char *)block + __builtin_ctz(found) - string);
}

/* Which bytes of a block end the search. */
static inline unsigned ends(__m128i block, __m128i wanted)
{
        const __m128i zero = _mm_setzero_si128();

        return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(block, zero), _mm_cmpeq_epi8(block, wanted)));
}

char *__strchrnul(const char *string, int c)
{
        const __m128i *block = block_of(string), wanted = _mm_set1_epi8((char)c);
        unsigned found = ends(*block, wanted) & from(string);

        while (found == 0)
                found = ends(*++block, wanted);
        return (char *)block + __builtin_ctz(found);
}

char *strchrnul(const char *string, int c)
{
        return __strchrnul(string, c);
}

void *memchr(const void *memory, int c, size_t size)
{
        const __m128i *block = block_of(memory), wanted = _mm_set1_epi8((char)c);
        unsigned found;
        size_t before;

        if (size == 0)
                return NULL; /* there may be no page at @memory */
        found = equal(*block, wanted) & from(memory);
        while (found == 0) {
                block++;
                if ((size_t)((const char *)block - (const char *)memory) >= size)
                        return NULL;
                found = equal(*block, wanted);
        }
        before = (size_t)((const char *)block + __builtin_ctz(found) - (const char *)memory);
        return before < size ? (char *)memory + before : NULL;
}

/* Of at most @size bytes, of which there is at least one; @strings: up to where both end. */
static inline __attribute__((always_inline)) int compare(const unsigned char *a, const unsigned char *b, size_t size,
                                                         bool strings)
{
        const __m128i zero = _mm_setzero_si128();

        /* Most differ at once. */
        if (*a != *b)
                return *a - *b;
        for (;;) {
                size_t same = 0, step = 1;

                if ((uintptr_t)a % PAGE <= PAGE - BLOCK && (uintptr_t)b % PAGE <= PAGE - BLOCK) {
                        __m128i of_a = _mm_loadu_si128((const __m128i *)a), of_b = _mm_loadu_si128((const __m128i *)b);
                        __m128i alike = _mm_cmpeq_epi8(of_a, of_b); /* 0 where they differ */
                        unsigned end = equal(strings ? _mm_min_epu8(of_a, alike) : alike, zero);

                        step = BLOCK;
                        same = end != 0 ? (size_t)__builtin_ctz(end) : BLOCK;
                } else if (*a == *b && !(strings && *a == '\0'))
                        same = 1;
                if (same >= size)
                        return 0;
                if (same < step)
                        return a[same] - b[same];
                a += step;
                b += step;
                size -= step;
        }
}

int strcmp(const char *a, const char *b)
{
        return compare((const unsigned char *)a, (const unsigned char *)b, SIZE_MAX, true);
}

int strncmp(const char *a, const char *b, size_t size)
{
        return size == 0 ? 0 : compare((const unsigned char *)a, (const unsigned char *)b, size, true);
}

int memcmp(const void *a, const void *b, size_t size)
{
        return size == 0 ? 0 : compare(a, b, size, false);
}
