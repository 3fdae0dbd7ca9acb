/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a filter answers: classic BPF run as the kernel would.
 *
 * The interpreter takes filters that were read back from any process, so it trusts nothing in them: every access and every
 * jump is checked, and what seccomp_check_filter() of the kernel would have refused answers KILL_PROCESS.
 */
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "base/syscalls.h"
#include "kern/seccomp.h"

struct machine {
        uint32_t a, x;
        uint32_t mem[BPF_MEMWORDS];
};

/* The arithmetic of @op on A. Returns false for what the kernel refuses or ends the filter for (a division by 0). */
static bool alu(struct machine *machine, uint16_t op, uint32_t operand)
{
        switch (op) {
        case BPF_ADD:
                machine->a += operand;
                return true;
        case BPF_SUB:
                machine->a -= operand;
                return true;
        case BPF_MUL:
                machine->a *= operand;
                return true;
        case BPF_DIV:
                if (operand == 0)
                        return false;
                machine->a /= operand;
                return true;
        case BPF_AND:
                machine->a &= operand;
                return true;
        case BPF_OR:
                machine->a |= operand;
                return true;
        case BPF_XOR:
                machine->a ^= operand;
                return true;
        case BPF_LSH:
                machine->a <<= operand & 31;
                return true;
        case BPF_RSH:
                machine->a >>= operand & 31;
                return true;
        case BPF_NEG:
                machine->a = -machine->a;
                return true;
        default:
                return false;
        }
}

/* Loads and stores, and the copies between A and X. Returns false for what seccomp_check_filter() refuses. */
static bool transfer(struct machine *machine, const struct sock_filter *insn, const struct seccomp_data *data)
{
        switch (insn->code) {
        case BPF_LD | BPF_W | BPF_ABS:
                if (insn->k % sizeof(uint32_t) != 0 || insn->k >= sizeof(*data))
                        return false;
                memcpy(&machine->a, (const char *)data + insn->k, sizeof(machine->a));
                return true;
        case BPF_LD | BPF_W | BPF_LEN:
                machine->a = sizeof(*data);
                return true;
        case BPF_LDX | BPF_W | BPF_LEN:
                machine->x = sizeof(*data);
                return true;
        case BPF_LD | BPF_IMM:
                machine->a = insn->k;
                return true;
        case BPF_LDX | BPF_IMM:
                machine->x = insn->k;
                return true;
        case BPF_MISC | BPF_TAX:
                machine->x = machine->a;
                return true;
        case BPF_MISC | BPF_TXA:
                machine->a = machine->x;
                return true;
        default:
                break;
        }
        if (insn->k >= BPF_MEMWORDS)
                return false;
        switch (insn->code) {
        case BPF_LD | BPF_MEM:
                machine->a = machine->mem[insn->k];
                return true;
        case BPF_LDX | BPF_MEM:
                machine->x = machine->mem[insn->k];
                return true;
        case BPF_ST:
                machine->mem[insn->k] = machine->a;
                return true;
        case BPF_STX:
                machine->mem[insn->k] = machine->x;
                return true;
        default:
                return false;
        }
}

/* How many instructions the jump @insn skips; UINT32_MAX, which is behind any end, for a jump that does not exist. */
static uint32_t jump(const struct machine *machine, const struct sock_filter *insn)
{
        uint32_t operand = BPF_SRC(insn->code) == BPF_X ? machine->x : insn->k;
        bool taken;

        switch (BPF_OP(insn->code)) {
        case BPF_JA:
                return insn->k;
        case BPF_JEQ:
                taken = machine->a == operand;
                break;
        case BPF_JGT:
                taken = machine->a > operand;
                break;
        case BPF_JGE:
                taken = machine->a >= operand;
                break;
        case BPF_JSET:
                taken = (machine->a & operand) != 0;
                break;
        default:
                return UINT32_MAX;
        }
        return taken ? insn->jt : insn->jf;
}

uint32_t seccomp_filter_run(const struct seccomp_filter *filter, uint32_t arch, uint32_t nr, const uint64_t args[6],
                            uint32_t *ret_steps)
{
        struct seccomp_data data = {.nr = (int)nr, .arch = arch};
        struct machine machine = {0};

        *ret_steps = 0;
        memcpy(data.args, args, sizeof(data.args));
        for (uint32_t at = 0; at < filter->count; at++) {
                const struct sock_filter *insn = &filter->code[at];
                uint32_t skip;

                ++*ret_steps;
                switch (BPF_CLASS(insn->code)) {
                case BPF_RET:
                        return BPF_RVAL(insn->code) == BPF_A ? machine.a : insn->k;
                case BPF_JMP:
                        skip = jump(&machine, insn);
                        if (skip >= filter->count - at)
                                return SECCOMP_RET_KILL_PROCESS;
                        at += skip;
                        break;
                case BPF_ALU:
                        /* A division by zero ends a filter with 0 (bpf_convert_filter() of the kernel). */
                        if (!alu(&machine, BPF_OP(insn->code), BPF_SRC(insn->code) == BPF_X ? machine.x : insn->k))
                                return BPF_OP(insn->code) == BPF_DIV ? SECCOMP_RET_KILL_THREAD
                                                                     : SECCOMP_RET_KILL_PROCESS;
                        break;
                default:
                        if (!transfer(&machine, insn, &data))
                                return SECCOMP_RET_KILL_PROCESS;
                }
        }
        return SECCOMP_RET_KILL_PROCESS;
}

uint32_t seccomp_filter_answer(const struct seccomp_filter *filter, uint32_t arch, uint32_t nr, const uint64_t args[6])
{
        uint32_t steps;

        return seccomp_filter_run(filter, arch, nr, args, &steps);
}

bool seccomp_filter_allows(const struct seccomp_filter *filter, uint32_t nr)
{
        static const uint64_t none[6] = {0};

        return seccomp_filter_answer(filter, syscall_arch_native(), nr, none) == SECCOMP_RET_ALLOW;
}

bool seccomp_filter_notifies(const struct seccomp_filter *filter)
{
        for (uint32_t at = 0; at < filter->count; at++)
                if (filter->code[at].code == (BPF_RET | BPF_K) &&
                    (filter->code[at].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
                        return true;
        return false;
}
