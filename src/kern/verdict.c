/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters answer whatever the arguments are; see verdict.h.
 *
 * The ways make a tree of tests. Equal parts of it are one node (they are looked up before they are made), and a test both of whose sides are
 * the same node is none: so the order in which a program happens to test is gone from what is shown.
 */
#include "kern/verdict.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 4096
#define SLOTS 8192     /* a power of two above NODES_MAX */
#define TESTS_MAX 256  /* on one way */
#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel */
#define NO_NODE UINT32_MAX
#define EXAMPLE_BUDGET 5000

/* What is known of a word of the data. */
struct domain {
        uint32_t min, max, ones, zeros;
};

/* What a register or a cell holds. */
struct value {
        enum { CONSTANT, WORD, COMPUTED } kind;
        uint32_t k; /* CONSTANT: the value; WORD: the mask that it was anded with */
        uint8_t word;
};

/* The tests that led here, the last one first. */
struct trail {
        const struct trail *before;
        struct verdict_test test;
        bool taken;
        unsigned depth;
};

struct state {
        struct value a, x, mem[BPF_MEMWORDS];
        struct domain domains[VERDICT_WORDS];
        uint32_t steps, strictest;
        uint32_t answers[VERDICT_SIDES_MAX];
        size_t side, index; /* of the filter */
};

struct node {
        bool leaf;
        struct verdict_test test; /* EQ or GT */
        uint32_t yes, no;
        uint32_t answers[VERDICT_SIDES_MAX];
};

struct walk {
        const struct verdict_side *sides;
        size_t side_count;
        struct arena *arena;
        uint32_t steps; /* of all ways */
        bool incomplete, failed;
        uint32_t *costs;
        size_t cost_count, cost_room;
        size_t case_count;
        uint32_t node_count;
        uint32_t slots[SLOTS]; /* 0: free; otherwise a node's index and one */
        struct node nodes[NODES_MAX];
        struct verdict_case cases[VERDICT_CASES_MAX];
};

uint32_t verdict_normal(uint32_t answer)
{
        uint32_t data = answer & SECCOMP_RET_DATA;

        switch (answer & SECCOMP_RET_ACTION_FULL) {
        case SECCOMP_RET_ERRNO:
                return SECCOMP_RET_ERRNO | (data > ERRNO_MAX ? ERRNO_MAX : data);
        case SECCOMP_RET_TRAP:
        case SECCOMP_RET_TRACE:
                return answer;
        case SECCOMP_RET_KILL_THREAD:
        case SECCOMP_RET_USER_NOTIF:
        case SECCOMP_RET_LOG:
        case SECCOMP_RET_ALLOW:
                return answer & SECCOMP_RET_ACTION_FULL;
        default:
                return SECCOMP_RET_KILL_PROCESS;
        }
}

/* ---------------------------------------------------------------------------------------------------------------- nodes */

static bool same_test(const struct verdict_test *a, const struct verdict_test *b)
{
        return a->word == b->word && a->op == b->op && a->mask == b->mask && a->value == b->value;
}

static bool same_node(const struct node *a, const struct node *b)
{
        if (a->leaf != b->leaf)
                return false;
        return a->leaf ? memcmp(a->answers, b->answers, sizeof(a->answers)) == 0
                       : same_test(&a->test, &b->test) && a->yes == b->yes && a->no == b->no;
}

static uint32_t hash_of(const struct node *node)
{
        uint32_t parts[] = {node->leaf, node->test.word, node->test.op,    node->test.mask, node->test.value,
                            node->yes,  node->no,        node->answers[0], node->answers[1]};
        uint32_t hash = 0x811c9dc5;

        for (size_t i = 0; i < ELEMENTS(parts); i++)
                hash = (hash ^ parts[i]) * 0x01000193 ^ hash >> 15;
        return hash;
}

/* The node that is as @node. NO_NODE: there are too many. */
static uint32_t find_node(struct walk *walk, const struct node *node)
{
        uint32_t slot = hash_of(node) & (SLOTS - 1);

        for (; walk->slots[slot] != 0; slot = (slot + 1) & (SLOTS - 1))
                if (same_node(&walk->nodes[walk->slots[slot] - 1], node))
                        return walk->slots[slot] - 1;
        if (walk->node_count == NODES_MAX) {
                walk->incomplete = true;
                return NO_NODE;
        }
        walk->nodes[walk->node_count] = *node;
        walk->slots[slot] = ++walk->node_count;
        return walk->node_count - 1;
}

static uint32_t find_fork(struct walk *walk, struct verdict_test test, uint32_t yes, uint32_t no)
{
        if (yes == no || no == NO_NODE)
                return yes;
        if (yes == NO_NODE)
                return no;
        return find_node(walk, &(struct node){.test = test, .yes = yes, .no = no});
}

/* ------------------------------------------------------------------------------------------------------ what is known */

static struct value constant(uint32_t k)
{
        return (struct value){.kind = CONSTANT, .k = k};
}

/* Whether @test, EQ or GT, holds for whatever the word may be: 1, 0, or -1 when it depends. */
static int decide(const struct domain *domain, const struct trail *trail, const struct verdict_test *test)
{
        uint32_t known = domain->ones | domain->zeros, least = domain->ones & test->mask,
                 most = ~domain->zeros & test->mask;

        if (most > domain->max)
                most = domain->max;
        if (test->mask == UINT32_MAX && least < domain->min)
                least = domain->min;
        if (test->op == VERDICT_GT && (least > test->value || most <= test->value))
                return least > test->value;
        if (test->op == VERDICT_EQ) {
                if ((test->value & ~test->mask) != 0 || ((domain->ones ^ test->value) & test->mask & known) != 0 ||
                    test->value < least || test->value > most)
                        return 0;
                if ((test->mask & ~known) == 0)
                        return 1;
        }
        for (; trail != NULL; trail = trail->before)
                if (same_test(&trail->test, test))
                        return trail->taken;
        return -1;
}

static bool is_excluded(const struct trail *trail, uint8_t word, uint32_t value)
{
        for (; trail != NULL; trail = trail->before)
                if (!trail->taken && trail->test.word == word && trail->test.op == VERDICT_EQ &&
                    trail->test.mask == UINT32_MAX && trail->test.value == value)
                        return true;
        return false;
}

/* Notes that @test holds, or that it does not. @trail has it already: values at the edges of what is left that were excluded before are gone, too. */
static void learn(struct domain *domain, const struct trail *trail, const struct verdict_test *test, bool holds)
{
        bool whole = test->mask == UINT32_MAX, single = (test->mask & (test->mask - 1)) == 0;
        uint32_t differ;

        if (test->op == VERDICT_GT) {
                if (holds && domain->min <= test->value)
                        domain->min = test->value + 1;
                if (!holds && whole && domain->max > test->value)
                        domain->max = test->value;
        } else if (holds) {
                domain->ones |= test->value;
                domain->zeros |= test->mask & ~test->value;
                if (whole)
                        domain->min = domain->max = test->value;
        } else {
                if (single && test->value == 0)
                        domain->ones |= test->mask;
                if (single && test->value != 0)
                        domain->zeros |= test->mask;
        }
        while (domain->min < domain->max && is_excluded(trail, test->word, domain->min))
                domain->min++;
        while (domain->min < domain->max && is_excluded(trail, test->word, domain->max))
                domain->max--;
        if (domain->min < domain->ones)
                domain->min = domain->ones;
        if (domain->max > ~domain->zeros)
                domain->max = ~domain->zeros;
        /* The bits above the first one in which the least and the greatest differ are known. */
        differ = domain->min ^ domain->max;
        for (unsigned shift = 1; shift < 32; shift *= 2)
                differ |= differ >> shift;
        domain->ones |= domain->min & ~differ;
        domain->zeros |= ~domain->min & ~differ;
}

/* ---------------------------------------------------------------------------------------------------------- instructions */

static uint32_t compute(uint16_t op, uint32_t a, uint32_t operand)
{
        switch (op) {
        case BPF_ADD:
                return a + operand;
        case BPF_SUB:
                return a - operand;
        case BPF_MUL:
                return a * operand;
        case BPF_DIV:
                return a / operand;
        case BPF_AND:
                return a & operand;
        case BPF_OR:
                return a | operand;
        case BPF_XOR:
                return a ^ operand;
        case BPF_LSH:
                return a << (operand & 31);
        case BPF_RSH:
                return a >> (operand & 31);
        default:
                return -a;
        }
}

/* Returns 1, 0 for what ends the filter with *@ret_answer, or -EOPNOTSUPP for what is not followed: a division by what is not known. */
static int alu(struct state *state, const struct sock_filter *insn, uint32_t *ret_answer)
{
        struct value operand = BPF_SRC(insn->code) == BPF_X ? state->x : constant(insn->k), *a = &state->a;
        uint16_t op = BPF_OP(insn->code);

        *ret_answer = SECCOMP_RET_KILL_PROCESS;
        if (op > BPF_NEG && op != BPF_XOR)
                return 0;
        if (op == BPF_DIV && operand.kind != CONSTANT)
                return -EOPNOTSUPP;
        if (op == BPF_DIV && operand.k == 0) {
                *ret_answer = SECCOMP_RET_KILL_THREAD;
                return 0;
        }
        if (a->kind == CONSTANT && (op == BPF_NEG || operand.kind == CONSTANT))
                *a = constant(compute(op, a->k, operand.k));
        else if (op == BPF_AND && a->kind == WORD && operand.kind == CONSTANT)
                a->k &= operand.k;
        else if (op == BPF_AND && a->kind == CONSTANT && operand.kind == WORD)
                *a = (struct value){.kind = WORD, .k = operand.k & a->k, .word = operand.word};
        else
                a->kind = COMPUTED;
        return 1;
}

/* Loads, stores, and copies between A and X. False for what the kernel refuses. */
static bool transfer(struct state *state, const struct sock_filter *insn)
{
        const uint32_t size = sizeof(struct seccomp_data);

        switch (insn->code) {
        case BPF_LD | BPF_W | BPF_ABS:
                if (insn->k % sizeof(uint32_t) != 0 || insn->k >= size)
                        return false;
                state->a = (struct value){.kind = WORD, .k = UINT32_MAX, .word = (uint8_t)(insn->k / sizeof(uint32_t))};
                return true;
        case BPF_LD | BPF_W | BPF_LEN:
                state->a = constant(size);
                return true;
        case BPF_LDX | BPF_W | BPF_LEN:
                state->x = constant(size);
                return true;
        case BPF_LD | BPF_IMM:
                state->a = constant(insn->k);
                return true;
        case BPF_LDX | BPF_IMM:
                state->x = constant(insn->k);
                return true;
        case BPF_MISC | BPF_TAX:
                state->x = state->a;
                return true;
        case BPF_MISC | BPF_TXA:
                state->a = state->x;
                return true;
        default:
                break;
        }
        if (insn->k >= BPF_MEMWORDS)
                return false;
        switch (insn->code) {
        case BPF_LD | BPF_MEM:
                state->a = state->mem[insn->k];
                return true;
        case BPF_LDX | BPF_MEM:
                state->x = state->mem[insn->k];
                return true;
        case BPF_ST:
                state->mem[insn->k] = state->a;
                return true;
        case BPF_STX:
                state->mem[insn->k] = state->x;
                return true;
        default:
                return false;
        }
}

enum jump {
        JUMP_TRUE,
        JUMP_FALSE,
        JUMP_TEST,     /* it depends on *@ret_test */
        JUMP_INVERTED, /* on its contrary */
        JUMP_UNKNOWN,  /* on something that was computed */
        JUMP_REFUSED,
};

/* A jump as a test of a word: greater-or-equal is greater than one less, a set bit is a word that is not 0. */
static enum jump as_test(const struct state *state, const struct sock_filter *insn, struct verdict_test *ret_test)
{
        struct value operand = BPF_SRC(insn->code) == BPF_X ? state->x : constant(insn->k), a = state->a;
        uint32_t k = operand.k;

        if (BPF_OP(insn->code) > BPF_JSET)
                return JUMP_REFUSED;
        if (a.kind == COMPUTED || operand.kind != CONSTANT)
                return JUMP_UNKNOWN;
        switch (BPF_OP(insn->code)) {
        case BPF_JEQ:
                *ret_test = (struct verdict_test){a.word, VERDICT_EQ, a.k, k};
                return a.kind == WORD ? JUMP_TEST : a.k == k ? JUMP_TRUE : JUMP_FALSE;
        case BPF_JGT:
                *ret_test = (struct verdict_test){a.word, VERDICT_GT, a.k, k};
                return a.kind == WORD ? JUMP_TEST : a.k > k ? JUMP_TRUE : JUMP_FALSE;
        case BPF_JGE:
                if (k == 0)
                        return JUMP_TRUE;
                *ret_test = (struct verdict_test){a.word, VERDICT_GT, a.k, k - 1};
                return a.kind == WORD ? JUMP_TEST : a.k >= k ? JUMP_TRUE : JUMP_FALSE;
        default:
                *ret_test = (struct verdict_test){a.word, VERDICT_EQ, a.k & k, 0};
                return a.kind == WORD ? JUMP_INVERTED : (a.k & k) != 0 ? JUMP_TRUE : JUMP_FALSE;
        }
}

/* --------------------------------------------------------------------------------------------------------------- the walk */

static uint32_t go(struct walk *walk, struct state *state, const struct trail *trail, uint32_t at);

static void note_cost(struct walk *walk, uint32_t cost)
{
        if (walk->cost_count == walk->cost_room) {
                size_t room = walk->cost_room == 0 ? 16 : 2 * walk->cost_room;
                uint32_t *larger = arena_new(walk->arena, uint32_t, room);

                if (larger == NULL) {
                        walk->failed = true;
                        return;
                }
                if (walk->cost_count > 0)
                        memcpy(larger, walk->costs, walk->cost_count * sizeof(*larger));
                walk->costs = larger;
                walk->cost_room = room;
        }
        walk->costs[walk->cost_count++] = cost;
}

static void begin_filter(struct state *state)
{
        state->a = state->x = constant(0);
        for (size_t i = 0; i < BPF_MEMWORDS; i++)
                state->mem[i] = constant(0);
}

/* The filters of a side that are behind the last one that answered. */
static uint32_t go_on(struct walk *walk, struct state *state, const struct trail *trail)
{
        struct node leaf = {.leaf = true};

        for (; state->side < walk->side_count; state->side++) {
                if (state->index < walk->sides[state->side].count) {
                        begin_filter(state);
                        return go(walk, state, trail, 0);
                }
                state->answers[state->side] = state->strictest;
                state->strictest = SECCOMP_RET_ALLOW;
                state->index = 0;
        }
        note_cost(walk, state->steps);
        memcpy(leaf.answers, state->answers, sizeof(leaf.answers));
        return find_node(walk, &leaf);
}

static uint32_t end_filter(struct walk *walk, struct state *state, const struct trail *trail, uint32_t answer)
{
        answer = verdict_normal(answer);
        if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) < (int32_t)(state->strictest & SECCOMP_RET_ACTION_FULL))
                state->strictest = answer;
        state->index++;
        return go_on(walk, state, trail);
}

static uint32_t give_up(struct walk *walk)
{
        walk->incomplete = true;
        return NO_NODE;
}

/* Both ways of a test. @yes and @no are where they go on. */
static uint32_t fork_way(struct walk *walk, struct state *state, const struct trail *trail, struct verdict_test test,
                         uint32_t yes, uint32_t no)
{
        struct trail here = {.before = trail, .test = test, .depth = trail == NULL ? 1 : trail->depth + 1};
        struct state other = *state;
        uint32_t first;

        if (here.depth > TESTS_MAX)
                return give_up(walk);
        here.taken = true;
        learn(&other.domains[test.word], &here, &test, true);
        first = go(walk, &other, &here, yes);
        here.taken = false;
        learn(&state->domains[test.word], &here, &test, false);
        return find_fork(walk, test, first, go(walk, state, &here, no));
}

/* Follows the program of the filter that @state is in from @at on. */
static uint32_t go(struct walk *walk, struct state *state, const struct trail *trail, uint32_t at)
{
        const struct seccomp_filter *filter = &walk->sides[state->side].filters[state->index];
        uint32_t answer = SECCOMP_RET_KILL_PROCESS;

        for (; at < filter->count; at++) {
                const struct sock_filter *insn = &filter->code[at];
                struct verdict_test test = {0};
                uint32_t yes = at + 1 + insn->jt, no = at + 1 + insn->jf;
                enum jump jump;
                int known;

                state->steps++;
                if (++walk->steps > VERDICT_STEPS_MAX)
                        return give_up(walk);
                switch (BPF_CLASS(insn->code)) {
                case BPF_RET:
                        if (BPF_RVAL(insn->code) != BPF_A)
                                return end_filter(walk, state, trail, insn->k);
                        if (state->a.kind != CONSTANT)
                                return give_up(walk);
                        return end_filter(walk, state, trail, state->a.k);
                case BPF_JMP:
                        if (BPF_OP(insn->code) == BPF_JA) {
                                if (insn->k >= filter->count - at)
                                        return end_filter(walk, state, trail, answer);
                                at += insn->k;
                                break;
                        }
                        jump = as_test(state, insn, &test);
                        if (jump == JUMP_UNKNOWN)
                                return give_up(walk);
                        if (jump == JUMP_REFUSED)
                                return end_filter(walk, state, trail, answer);
                        if (jump == JUMP_TEST || jump == JUMP_INVERTED) {
                                bool inverted = jump == JUMP_INVERTED;

                                known = decide(&state->domains[test.word], trail, &test);
                                if (known < 0)
                                        return fork_way(walk, state, trail, test, inverted ? no : yes,
                                                        inverted ? yes : no);
                                jump = (known != 0) != inverted ? JUMP_TRUE : JUMP_FALSE;
                        }
                        at = (jump == JUMP_TRUE ? yes : no) - 1;
                        break;
                case BPF_ALU:
                        known = alu(state, insn, &answer);
                        if (known < 0)
                                return give_up(walk);
                        if (known == 0)
                                return end_filter(walk, state, trail, answer);
                        break;
                default:
                        if (!transfer(state, insn))
                                return end_filter(walk, state, trail, answer);
                }
        }
        return end_filter(walk, state, trail, SECCOMP_RET_KILL_PROCESS);
}

/* --------------------------------------------------------------------------------------------------------------- the cases */

static bool is_leaf(const struct walk *walk, uint32_t node)
{
        return walk->nodes[node].leaf;
}

static enum verdict_op contrary(enum verdict_op op)
{
        return op == VERDICT_EQ ? VERDICT_NE : VERDICT_LE;
}

/* Whether another test says what the word is: this way was gone, so that @tests[index] holds for it. */
static bool is_implied(const struct verdict_test *tests, size_t count, size_t index)
{
        for (size_t i = 0; i < count; i++)
                if (i != index && tests[i].word == tests[index].word && tests[i].op == VERDICT_EQ &&
                    tests[i].mask == UINT32_MAX)
                        return true;
        return false;
}

static void add_case(struct walk *walk, const struct verdict_test *tests, size_t count, const uint32_t *answers)
{
        struct verdict_test *copy = arena_new(walk->arena, struct verdict_test, count + 1);
        size_t kept = 0;

        if (copy == NULL) {
                walk->failed = true;
                return;
        }
        if (walk->case_count == VERDICT_CASES_MAX) {
                walk->incomplete = true;
                return;
        }
        for (size_t i = 0; i < count; i++)
                if (!is_implied(tests, count, i))
                        copy[kept++] = tests[i];
        walk->cases[walk->case_count] = (struct verdict_case){.tests = copy, .count = kept};
        memcpy(walk->cases[walk->case_count++].answers, answers, sizeof(walk->cases->answers));
}

/*
 * The cases of @node behind @count tests that have to hold. One side of a test comes first, with the test; behind it the test is known to have
 * failed and need not be said. The side that ends soon comes first, so that the rest is what is said last: "otherwise".
 */
static void list_cases(struct walk *walk, uint32_t at, struct verdict_test *tests, size_t count)
{
        while (!walk->incomplete && !walk->failed) {
                const struct node *node = &walk->nodes[at];
                size_t more = count;
                uint32_t first, rest;

                if (node->leaf) {
                        add_case(walk, tests, count, node->answers);
                        return;
                }
                tests[more] = node->test;
                first = node->yes;
                rest = node->no;
                /* Both are right; "x <= 5" reads better when that is the short one. */
                if (!is_leaf(walk, first) && is_leaf(walk, rest) && node->test.op == VERDICT_GT) {
                        tests[more].op = VERDICT_LE;
                        first = node->no;
                        rest = node->yes;
                }
                more++;
                /* Tests that all fail to the same place are one. */
                while (!is_leaf(walk, first) && more < TESTS_MAX &&
                       (walk->nodes[first].no == rest || walk->nodes[first].yes == rest)) {
                        const struct node *next = &walk->nodes[first];

                        tests[more] = next->test;
                        if (next->no != rest)
                                tests[more].op = contrary(next->test.op);
                        more++;
                        first = next->no == rest ? next->yes : next->no;
                }
                if (more == TESTS_MAX) {
                        walk->incomplete = true;
                        return;
                }
                list_cases(walk, first, tests, more);
                at = rest;
        }
}

static bool same_answers(const struct verdict_case *a, const struct verdict_case *b)
{
        return memcmp(a->answers, b->answers, sizeof(a->answers)) == 0;
}

/* Whether no arguments can be of both: one bit would have to be set and clear. */
static bool exclude_each_other(const struct verdict_case *a, const struct verdict_case *b)
{
        for (size_t i = 0; i < a->count; i++)
                for (size_t j = 0; j < b->count; j++) {
                        const struct verdict_test *s = &a->tests[i], *t = &b->tests[j];

                        if (s->word == t->word && s->op == VERDICT_EQ && t->op == VERDICT_EQ &&
                            ((s->value ^ t->value) & s->mask & t->mask) != 0)
                                return true;
                }
        return false;
}

/* Whether the case @index can be left out: what is of it would be of the last one, or of one that answers the same. */
static bool is_idle(const struct walk *walk, size_t index)
{
        const struct verdict_case *last = &walk->cases[walk->case_count - 1];

        if (!same_answers(&walk->cases[index], last))
                return false;
        for (size_t i = index + 1; i + 1 < walk->case_count; i++)
                if (!same_answers(&walk->cases[i], last) && !exclude_each_other(&walk->cases[i], &walk->cases[index]))
                        return false;
        return true;
}

static void drop_idle(struct walk *walk)
{
        for (size_t i = walk->case_count > 1 ? walk->case_count - 1 : 0; i-- > 0;)
                if (is_idle(walk, i)) {
                        memmove(&walk->cases[i], &walk->cases[i + 1],
                                (walk->case_count - i - 1) * sizeof(walk->cases[0]));
                        walk->case_count--;
                }
}

int verdict_find(const struct verdict_side *sides, size_t side_count, uint32_t arch, uint32_t first, uint32_t last,
                 struct arena *arena, struct verdict *ret_verdict, struct ward_err *err)
{
        _cleanup_free_ struct walk *walk = calloc(1, sizeof(*walk));
        struct state state = {.strictest = SECCOMP_RET_ALLOW};
        struct verdict_test tests[TESTS_MAX];
        struct verdict_case *cases;
        uint32_t top;

        if (walk == NULL)
                return err_oom(err);
        walk->sides = sides;
        walk->side_count = side_count;
        walk->arena = arena;
        for (size_t i = 0; i < VERDICT_WORDS; i++)
                state.domains[i].max = UINT32_MAX;
        state.domains[0] = (struct domain){.min = first, .max = last};
        if (first == last)
                state.domains[0] = (struct domain){first, first, first, ~first};
        state.domains[1] = (struct domain){arch, arch, arch, ~arch};
        top = go_on(walk, &state, NULL);
        if (!walk->incomplete)
                list_cases(walk, top, tests, 0);
        drop_idle(walk);
        if (walk->incomplete)
                walk->case_count = 0;
        cases = arena_new(arena, struct verdict_case, walk->case_count + 1);
        if (cases == NULL || walk->failed)
                return err_oom(err);
        memcpy(cases, walk->cases, walk->case_count * sizeof(*cases));
        *ret_verdict = (struct verdict){
                .complete = !walk->incomplete,
                .cases = cases,
                .case_count = walk->case_count,
                .costs = walk->costs,
                .cost_count = walk->cost_count,
        };
        return 0;
}

static bool holds(const struct verdict_test *test, const uint32_t *words)
{
        uint32_t word = words[test->word] & test->mask;

        switch (test->op) {
        case VERDICT_EQ:
                return word == test->value;
        case VERDICT_NE:
                return word != test->value;
        case VERDICT_GT:
                return word > test->value;
        default:
                return word <= test->value;
        }
}

const struct verdict_case *verdict_case_of(const struct verdict *verdict, uint32_t nr, const uint64_t args[6])
{
        uint32_t words[VERDICT_WORDS] = {[VERDICT_WORD_NR] = nr};

        memcpy(&words[VERDICT_WORD_ARGS], args, 6 * sizeof(*args));
        for (size_t i = 0; i < verdict->case_count; i++) {
                size_t j = 0;

                while (j < verdict->cases[i].count && holds(&verdict->cases[i].tests[j], words))
                        j++;
                if (j == verdict->cases[i].count)
                        return &verdict->cases[i];
        }
        return NULL;
}

/* Makes @word pass @test, if that takes a change. */
static void satisfy(uint32_t *word, const struct verdict_test *test)
{
        uint32_t masked = *word & test->mask;

        switch (test->op) {
        case VERDICT_EQ:
                *word = (*word & ~test->mask) | test->value;
                break;
        case VERDICT_NE:
                /* The lowest bit that counts, the other way round. */
                if (masked == test->value)
                        *word ^= test->mask & -test->mask;
                break;
        case VERDICT_GT:
                if (masked <= test->value)
                        *word = (*word & ~test->mask) | ((test->value + 1) & test->mask);
                break;
        case VERDICT_LE:
                if (masked > test->value)
                        *word &= ~test->mask;
                break;
        }
}

/* Changes @word so that @test does not hold any more. */
static void violate(uint32_t *word, const struct verdict_test *test)
{
        uint32_t lowest = test->mask & -test->mask;

        switch (test->op) {
        case VERDICT_EQ:
                *word = (*word & ~test->mask) | ((test->value + lowest) & test->mask);
                break;
        case VERDICT_NE:
                *word = (*word & ~test->mask) | test->value;
                break;
        case VERDICT_GT:
                *word &= ~test->mask;
                break;
        case VERDICT_LE:
                satisfy(word, &(struct verdict_test){test->word, VERDICT_GT, test->mask, test->value});
                break;
        }
}

/* Steps out of the earlier case that @words are of, by one of its tests after the other, until they are of @wanted. */
static bool search(const struct verdict *verdict, const struct verdict_case *wanted, const uint32_t *start,
                   unsigned depth, unsigned *budget, uint64_t args[6])
{
        uint32_t words[VERDICT_WORDS];
        const struct verdict_case *caught;

        if (*budget == 0 || depth == 0)
                return false;
        --*budget;
        memcpy(words, start, sizeof(words));
        for (size_t i = 0; i < wanted->count; i++)
                satisfy(&words[wanted->tests[i].word], &wanted->tests[i]);
        memcpy(args, &words[VERDICT_WORD_ARGS], 6 * sizeof(*args));
        caught = verdict_case_of(verdict, words[VERDICT_WORD_NR], args);
        if (caught == wanted)
                return true;
        if (caught == NULL || caught > wanted)
                return false;
        for (size_t i = 0; i < caught->count; i++) {
                uint32_t moved[VERDICT_WORDS];

                if (caught->tests[i].word < VERDICT_WORD_ARGS)
                        continue;
                memcpy(moved, words, sizeof(moved));
                violate(&moved[caught->tests[i].word], &caught->tests[i]);
                if (search(verdict, wanted, moved, depth - 1, budget, args))
                        return true;
        }
        return false;
}

bool verdict_example(const struct verdict *verdict, size_t index, uint64_t args[6])
{
        const uint32_t start[VERDICT_WORDS] = {0};
        unsigned budget = EXAMPLE_BUDGET;

        return search(verdict, &verdict->cases[index], start, (unsigned)verdict->case_count + 8, &budget, args);
}
