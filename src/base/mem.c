/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: blocks of memory that are filled from the front and freed together. */
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 4064 /* of data; with its head one of the sizes that malloc(3) has */

struct arena_block {
        struct arena_block *older;
        size_t used;
        size_t size;
        _Alignas(max_align_t) char data[];
};

void mem_free_pointer(void *pointer_to_pointer)
{
        free(*(void **)pointer_to_pointer);
}

static struct arena_block *block_new(struct arena *arena, size_t bytes)
{
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        struct arena_block *block = calloc(1, sizeof(*block) + size);

        if (block == NULL)
                return NULL;
        block->size = size;
        /* A block made for one large object goes behind the current one, whose rest stays in use. */
        if (size > BLOCK_BYTES && arena->blocks != NULL) {
                block->older = arena->blocks->older;
                arena->blocks->older = block;
        } else {
                block->older = arena->blocks;
                arena->blocks = block;
        }
        return block;
}

/* Out of the way of arena_alloc(), which needs to keep nothing over this call and is most of what a start allocates. */
static __attribute__((noinline)) void *alloc_from_new(struct arena *arena, size_t bytes)
{
        struct arena_block *block = block_new(arena, bytes);

        if (block == NULL)
                return NULL;
        block->used = bytes;
        return block->data;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
        struct arena_block *block = arena->blocks;
        size_t bytes;
        char *memory;

        if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
                return NULL;
        bytes = (bytes + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
        if (block == NULL || block->size - block->used < bytes)
                return alloc_from_new(arena, bytes);
        memory = block->data + block->used;
        block->used += bytes;
        return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
        char *copy = arena_alloc(arena, len + 1, 1);

        if (copy != NULL)
                memcpy(copy, text, len);
        return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
        return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
        va_list args, again;
        char *text;
        int len;

        va_start(args, format);
        va_copy(again, args);
        len = vsnprintf(NULL, 0, format, args);
        va_end(args);
        assert(len >= 0);
        text = arena_alloc(arena, (size_t)len + 1, 1);
        if (text != NULL)
                (void)vsnprintf(text, (size_t)len + 1, format, again);
        va_end(again);
        return text;
}

char *arena_concat_list(struct arena *arena, const char *const *strings, size_t count)
{
        size_t lens[8], len, all = 0; /* seldom are there more */
        char *text, *at;

        for (size_t i = 0; i < count; i++) {
                if (strings[i] == NULL)
                        return NULL;
                all += len = strlen(strings[i]);
                if (i < ELEMENTS(lens))
                        lens[i] = len;
        }
        at = text = arena_alloc(arena, all + 1, 1);
        for (size_t i = 0; text != NULL && i < count; i++) {
                len = i < ELEMENTS(lens) ? lens[i] : strlen(strings[i]);
                memcpy(at, strings[i], len);
                at += len;
        }
        return text;
}

void arena_join(struct arena *arena, struct arena *from)
{
        struct arena_block **last = &arena->blocks;

        while (*last != NULL)
                last = &(*last)->older;
        *last = from->blocks;
        from->blocks = NULL;
}

void arena_done(struct arena *arena)
{
        while (arena->blocks != NULL) {
                struct arena_block *older = arena->blocks->older;

                free(arena->blocks);
                arena->blocks = older;
        }
}
