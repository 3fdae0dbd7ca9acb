/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: cleanup attributes, transfer of ownership, and the arena.
 *
 * An arena hands out zeroed memory that lives until the arena is freed as a whole. A parsed spec, and the plan made from
 * it, live in one arena each: no single free, no ownership question, few system calls.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(mem_free_pointer)

/* For _cleanup_free_: frees what the pointer at @pointer_to_pointer points to. */
void mem_free_pointer(void *pointer_to_pointer);

/* Takes the pointer out of an automatic variable whose cleanup would free it. */
#define TAKE_PTR(pointer)                           \
        ({                                          \
                __typeof__(pointer) _p = (pointer); \
                (pointer) = NULL;                   \
                _p;                                 \
        })

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

struct arena_block;

struct arena {
        struct arena_block *blocks; /* newest first */
};

#define _cleanup_arena_ _cleanup_(arena_done)

/* Zeroed memory, aligned for any type. NULL when memory is short or @count * @size overflows. */
void *arena_alloc(struct arena *arena, size_t count, size_t size) __attribute__((malloc, alloc_size(2, 3)));

#define arena_new(arena, type, count) ((type *)arena_alloc((arena), (count), sizeof(type)))

/* Copies of @len bytes with a NUL behind them, of a whole string, and of formatted text. NULL when memory is short. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The strings behind each other: arena_concat(arena, directory, "/", name). NULL when memory is short, and when one of them is NULL: for a
 * string, memory was short before. */
#define arena_concat(arena, ...)                                  \
        arena_concat_list((arena), (const char *[]){__VA_ARGS__}, \
                          sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *))
char *arena_concat_list(struct arena *arena, const char *const *strings, size_t count);

/* Moves everything that @from ever handed out to @arena; @from is empty then. */
void arena_join(struct arena *arena, struct arena *from);

/* Frees everything that the arena ever handed out. The arena can be used again. */
void arena_done(struct arena *arena);

#endif
