/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic BPF as seccomp(2) takes it: written from its end to its start.
 *
 * BPF jumps only forward, so code that is written backwards knows every target when it writes a jump. Each function puts
 * one instruction in front of what is there and returns its label; where a target is further away than the eight bits of a
 * conditional jump reach, it puts a long jump in between.
 *
 *      allow = bpf_return(&code, SECCOMP_RET_ALLOW);
 *      deny = bpf_return(&code, SECCOMP_RET_ERRNO | EPERM);
 *      bpf_load(&code, offsetof(struct seccomp_data, nr), bpf_jump(&code, BPF_JEQ, __NR_getpid, allow, deny));
 */
#ifndef KERN_BPF_H
#define KERN_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* An instruction: how many stand behind it. */
typedef uint32_t bpf_label;

#define BPF_RETURNS_MAX 8

struct bpf_code {
        struct sock_filter insns[BPF_MAXINSNS]; /* filled from the end */
        uint32_t count;
        bool failed; /* more than BPF_MAXINSNS instructions: what follows is ignored */
        struct {
                uint32_t value;
                bpf_label label;
        } returns[BPF_RETURNS_MAX]; /* written lately, to be used again */
        unsigned return_count, return_next;
};

/* No instruction yet. The memory for them is left untouched, so that it costs no pages. */
static inline void bpf_init(struct bpf_code *code)
{
        code->count = 0;
        code->failed = false;
        code->return_count = 0;
        code->return_next = 0;
}

/* The first instruction, once all are written. */
static inline const struct sock_filter *bpf_start(const struct bpf_code *code)
{
        return code->insns + BPF_MAXINSNS - code->count;
}

/* Returns @value; an instruction near by that does so already is used again. */
bpf_label bpf_return(struct bpf_code *code, uint32_t value);

/* Compares the accumulator with @k by @test (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET). */
bpf_label bpf_jump(struct bpf_code *code, uint16_t test, uint32_t k, bpf_label if_true, bpf_label if_false);

/* Loads the word at @offset of struct seccomp_data; ands the accumulator with @mask; then goes on at @next. */
bpf_label bpf_load(struct bpf_code *code, uint32_t offset, bpf_label next);
bpf_label bpf_and(struct bpf_code *code, uint32_t mask, bpf_label next);

/* Where to go on in place of @target while the accumulator holds the word at @offset: behind the load, if @target begins with that. */
bpf_label bpf_loaded(const struct bpf_code *code, uint32_t offset, bpf_label target);

#endif
