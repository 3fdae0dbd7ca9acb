/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter as text.
 *
 * What is in the accumulator at each instruction, and for which architecture it is reached, is followed from the start to the end: jumps only go
 * forward, so that everything that leads to an instruction has been seen before it. A comparison of the number can then name the call.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "kern/seccomp.h"

#define WORD_NR 0
#define WORD_ARCH 1
#define WORD_ARGS 4
#define WORD_NONE 255
#define X32_BIT 0x40000000u

/* What is known where an instruction is reached. */
struct known {
        bool reached;
        uint8_t word;  /* that the accumulator holds; WORD_NONE */
        uint32_t arch; /* 0: not known */
};

static void join(struct known *known, size_t count, size_t at, struct known from)
{
        if (at >= count)
                return;
        if (!known[at].reached) {
                known[at] = from;
                return;
        }
        if (known[at].word != from.word)
                known[at].word = WORD_NONE;
        if (known[at].arch != from.arch)
                known[at].arch = 0;
}

/* What is known behind the instruction at @at, wherever that goes on. */
static void follow(const struct seccomp_filter *filter, struct known *known, size_t at)
{
        const struct sock_filter *insn = &filter->code[at];
        struct known behind = known[at], equal;

        if (!behind.reached)
                return;
        switch (BPF_CLASS(insn->code)) {
        case BPF_RET:
                return;
        case BPF_JMP:
                if (BPF_OP(insn->code) == BPF_JA) {
                        join(known, filter->count, at + 1 + insn->k, behind);
                        return;
                }
                equal = behind;
                if (insn->code == (BPF_JMP | BPF_JEQ | BPF_K) && behind.word == WORD_ARCH)
                        equal.arch = insn->k;
                join(known, filter->count, at + 1 + insn->jt, equal);
                join(known, filter->count, at + 1 + insn->jf, behind);
                return;
        case BPF_LD:
                behind.word = insn->code == (BPF_LD | BPF_W | BPF_ABS) && insn->k % 4 == 0 &&
                                              insn->k < sizeof(struct seccomp_data)
                                      ? (uint8_t)(insn->k / 4)
                                      : WORD_NONE;
                break;
        case BPF_ALU:
                behind.word = WORD_NONE;
                break;
        case BPF_MISC:
                if (BPF_MISCOP(insn->code) == BPF_TXA)
                        behind.word = WORD_NONE;
                break;
        default:
                break;
        }
        join(known, filter->count, at + 1, behind);
}

static const char *arch_name_of(uint32_t arch)
{
        for (size_t i = 0; syscall_arch_at(i) != 0; i++)
                if (syscall_arch_at(i) == arch)
                        return syscall_arch_name(i);
        return NULL;
}

/* The call that number @nr is on @arch, which is as the kernel tells it. */
static const char *call_name_of(uint32_t arch, uint32_t nr)
{
        if (arch == SCMP_ARCH_X86_64 && nr == X32_BIT)
                return "x32";
        if (arch == SCMP_ARCH_X86_64 && nr > X32_BIT)
                arch = SCMP_ARCH_X32;
        return nr > INT32_MAX ? NULL : syscall_name_on(arch, (int)nr);
}

/* "nr", "arg0.low": the word of struct seccomp_data at @offset. */
static void add_data(struct text *text, uint32_t offset)
{
        bool high_first = __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__;
        uint32_t word = offset / 4;
        const char *half = ((word & 1) != 0) != high_first ? "high" : "low";

        if (offset % 4 != 0 || offset >= sizeof(struct seccomp_data))
                text_printf(text, "data[%u]", offset);
        else if (word == WORD_NR || word == WORD_ARCH)
                text_puts(text, word == WORD_NR ? "nr" : "arch");
        else if (word < WORD_ARGS)
                text_printf(text, "ip.%s", half);
        else
                text_printf(text, "arg%u.%s", (word - WORD_ARGS) / 2, half);
}

static void add_jump(struct text *text, const struct sock_filter *insn, size_t at, const struct known *known)
{
        static const char *const tests[] = {
                [BPF_JEQ >> 4] = "==", [BPF_JGT >> 4] = ">", [BPF_JGE >> 4] = ">=", [BPF_JSET >> 4] = "&"};
        uint16_t op = BPF_OP(insn->code);
        const char *name = NULL;

        if (op == BPF_JA) {
                text_printf(text, "goto %zu", at + 1 + insn->k);
                return;
        }
        if (op > BPF_JSET) {
                text_puts(text, "not an instruction");
                return;
        }
        text_printf(text, "if A %s ", tests[op >> 4]);
        if (BPF_SRC(insn->code) == BPF_X)
                text_puts(text, "X");
        else if (known->word == WORD_NR && insn->k < X32_BIT)
                text_printf(text, "%u", insn->k);
        else
                text_printf(text, "0x%x", insn->k);
        text_printf(text, " goto %zu else %zu", at + 1 + insn->jt, at + 1 + insn->jf);
        if (BPF_SRC(insn->code) != BPF_X && known->word == WORD_ARCH)
                name = arch_name_of(insn->k);
        if (BPF_SRC(insn->code) != BPF_X && known->word == WORD_NR)
                name = call_name_of(known->arch, insn->k);
        if (name != NULL)
                text_printf(text, "  ; %s", name);
}

static void add_alu(struct text *text, const struct sock_filter *insn)
{
        static const char *const ops[] = {[BPF_ADD >> 4] = "+=",  [BPF_SUB >> 4] = "-=",  [BPF_MUL >> 4] = "*=",
                                          [BPF_DIV >> 4] = "/=",  [BPF_OR >> 4] = "|=",   [BPF_AND >> 4] = "&=",
                                          [BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=", [BPF_XOR >> 4] = "^="};
        uint16_t op = BPF_OP(insn->code) >> 4;

        if (BPF_OP(insn->code) == BPF_NEG)
                text_puts(text, "A = -A");
        else if (op >= ELEMENTS(ops) || ops[op] == NULL)
                text_puts(text, "not an instruction");
        else if (BPF_SRC(insn->code) == BPF_X)
                text_printf(text, "A %s X", ops[op]);
        else
                text_printf(text, "A %s 0x%x", ops[op], insn->k);
}

static void add_instruction(struct text *text, const struct sock_filter *insn, size_t at, const struct known *known)
{
        switch (BPF_CLASS(insn->code)) {
        case BPF_RET:
                text_puts(text, "return ");
                if (BPF_RVAL(insn->code) == BPF_A)
                        text_puts(text, "A");
                else
                        seccomp_answer_print(insn->k, text);
                return;
        case BPF_JMP:
                add_jump(text, insn, at, known);
                return;
        case BPF_ALU:
                add_alu(text, insn);
                return;
        case BPF_ST:
                text_printf(text, "M[%u] = A", insn->k);
                return;
        case BPF_STX:
                text_printf(text, "M[%u] = X", insn->k);
                return;
        case BPF_MISC:
                text_puts(text, BPF_MISCOP(insn->code) == BPF_TAX ? "X = A" : "A = X");
                return;
        default:
                break;
        }
        text_puts(text, BPF_CLASS(insn->code) == BPF_LDX ? "X = " : "A = ");
        switch (BPF_MODE(insn->code)) {
        case BPF_ABS:
                add_data(text, insn->k);
                return;
        case BPF_IMM:
                text_printf(text, "0x%x", insn->k);
                return;
        case BPF_MEM:
                text_printf(text, "M[%u]", insn->k);
                return;
        case BPF_LEN:
                text_printf(text, "%zu", sizeof(struct seccomp_data));
                return;
        default:
                text_puts(text, "what seccomp does not load");
        }
}

int seccomp_disasm(const struct seccomp_filter *filter, bool json, struct text *text, struct ward_err *err)
{
        _cleanup_free_ struct known *known = calloc((size_t)filter->count + 1, sizeof(*known));

        if (known == NULL)
                return err_oom(err);
        known[0] = (struct known){.reached = true, .word = WORD_NONE};
        text_puts(text, json ? "[" : "");
        for (size_t at = 0; at < filter->count; at++) {
                const struct sock_filter *insn = &filter->code[at];
                _cleanup_text_ struct text words = {0};

                follow(filter, known, at);
                add_instruction(&words, insn, at, &known[at]);
                if (text_failed(&words))
                        return err_oom(err);
                if (!json) {
                        text_printf(text, "%5zu: %02x %02x %02x %08x  %s\n", at, insn->code, insn->jt, insn->jf,
                                    insn->k, words.data);
                        continue;
                }
                text_printf(text,
                            "%s\n  {\"code\": %u, \"jt\": %u, \"jf\": %u, \"k\": %u, \"text\": ", at == 0 ? "" : ",",
                            insn->code, insn->jt, insn->jf, insn->k);
                json_write_string(text, words.data);
                text_puts(text, "}");
        }
        text_puts(text, json ? "]" : "");
        return 0;
}
