/* SPDX-License-Identifier: Apache-2.0 */
/* Classic BPF, written backwards; see bpf.h. */
#include "kern/bpf.h"

/* What a conditional jump reaches, less what is put in between while one is being written. */
#define REACH 250

static bpf_label put(struct bpf_code *code, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
        if (code->count == BPF_MAXINSNS) {
                code->failed = true;
                return 0;
        }
        code->count++;
        code->insns[BPF_MAXINSNS - code->count] = (struct sock_filter){op, jt, jf, k};
        return code->count - 1;
}

/* How many instructions one that is written now skips to reach @target. */
static uint32_t distance(const struct bpf_code *code, bpf_label target)
{
        return code->count - 1 - target;
}

static bpf_label near(struct bpf_code *code, bpf_label target)
{
        if (distance(code, target) <= REACH)
                return target;
        return put(code, BPF_JMP | BPF_JA, 0, 0, distance(code, target));
}

bpf_label bpf_return(struct bpf_code *code, uint32_t value)
{
        bpf_label label;

        for (unsigned i = 0; i < code->return_count; i++) {
                if (code->returns[i].value == value && distance(code, code->returns[i].label) <= REACH)
                        return code->returns[i].label;
        }
        label = put(code, BPF_RET | BPF_K, 0, 0, value);
        code->returns[code->return_next].value = value;
        code->returns[code->return_next].label = label;
        code->return_next = (code->return_next + 1) % BPF_RETURNS_MAX;
        if (code->return_count < BPF_RETURNS_MAX)
                code->return_count++;
        return label;
}

bpf_label bpf_jump(struct bpf_code *code, uint16_t test, uint32_t k, bpf_label if_true, bpf_label if_false)
{
        if_true = near(code, if_true);
        if_false = near(code, if_false);
        return put(code, BPF_JMP | test | BPF_K, (uint8_t)distance(code, if_true), (uint8_t)distance(code, if_false),
                   k);
}

/* An instruction that does not jump needs its successor right behind it. */
static bpf_label put_before(struct bpf_code *code, uint16_t op, uint32_t k, bpf_label next)
{
        if (distance(code, next) != 0)
                (void)put(code, BPF_JMP | BPF_JA, 0, 0, distance(code, next));
        return put(code, op, 0, 0, k);
}

bpf_label bpf_load(struct bpf_code *code, uint32_t offset, bpf_label next)
{
        return put_before(code, BPF_LD | BPF_W | BPF_ABS, offset, next);
}

bpf_label bpf_and(struct bpf_code *code, uint32_t mask, bpf_label next)
{
        return put_before(code, BPF_ALU | BPF_AND | BPF_K, mask, next);
}

bpf_label bpf_loaded(const struct bpf_code *code, uint32_t offset, bpf_label target)
{
        const struct sock_filter *insn = &code->insns[BPF_MAXINSNS - 1 - target];

        /* What was given up has labels that lead nowhere. */
        if (code->failed || insn->code != (BPF_LD | BPF_W | BPF_ABS) || insn->k != offset)
                return target;
        return target - 1;
}
