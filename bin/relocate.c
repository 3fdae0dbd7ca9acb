/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a program built against musl begins: it applies its relative relocations in their packed form (DT_RELR of the ELF gABI), of which musl
 * knows from version 1.2.4 on, and goes on at musl's own start. Unpacked they are sixty kilobytes to read at each start, and a tenth of what
 * it runs in user space.
 *
 * Nothing is relocated yet and there is no thread, so no stack protector: addresses here are relative to the instruction. x86-64 alone: Debian 12's
 * linker packs for no other machine that ward runs on.
 */
#include <elf.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

#define HIDDEN __attribute__((visibility("hidden")))

/* By the linker: where the file begins in memory, which is at address 0 of the file, and its dynamic section. */
extern const char __ehdr_start[] HIDDEN;
extern Elf64_Dyn _DYNAMIC[] HIDDEN;

HIDDEN void relocate_packed(void);

/* The kernel leaves the arguments where the stack pointer points to, and it stands on a multiple of 16. */
__asm__(".text\n"
        ".hidden relocating_start\n"
        ".globl relocating_start\n"
        ".type relocating_start, @function\n"
        "relocating_start:\n"
        "        call relocate_packed\n"
        "        jmp _start\n"
        ".size relocating_start, . - relocating_start\n");

/* An even entry is the address of a word to relocate; an odd one says by its other bits which of the next 63 words are to be. */
__attribute__((no_stack_protector, used, optimize("O2"))) void relocate_packed(void)
{
        const uintptr_t base = (uintptr_t)__ehdr_start;
        const uint64_t *entry = NULL;
        uint64_t *word = NULL;
        uint64_t size = 0;

        for (Elf64_Dyn *dynamic = _DYNAMIC; dynamic->d_tag != DT_NULL; dynamic++) {
                if (dynamic->d_tag == DT_RELR)
                        entry = (const uint64_t *)(base + dynamic->d_un.d_ptr);
                else if (dynamic->d_tag == DT_RELRSZ) {
                        size = dynamic->d_un.d_val;
                        dynamic->d_un.d_val = 0; /* a musl that knows them finds none left */
                }
        }
        for (const uint64_t *end = entry + size / sizeof(*entry); entry < end; entry++) {
                uint64_t bits = *entry >> 1;

                if ((*entry & 1) == 0) {
                        word = (uint64_t *)(base + *entry);
                        *word++ += base;
                        continue;
                }
                for (uint64_t at; bits != 0; bits &= bits - 1) {
                        __asm__("bsf %1, %0" : "=r"(at) : "r"(bits) : "cc"); /* __builtin_ctzll() extends the sign of what has none */
                        word[at] += base;
                }
                word += sizeof(*entry) * CHAR_BIT - 1;
        }
}
