/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw system calls for the code between clone and exec.
 *
 * Each returns the kernel's own answer: >= 0 or -errno; errno is not touched, nothing is retried, no libc function is called.
 * In unit tests the same sources are compiled with CHILD_MOCK, and every call goes to child_mock() instead of the kernel.
 */
#ifndef LAUNCH_CHILD_SYS_H
#define LAUNCH_CHILD_SYS_H

#include <asm/unistd.h>
#include <stdint.h>

#define SIGSET_BYTES 8 /* sizeof(sigset_t) of the kernel */

#ifdef CHILD_MOCK

long child_mock(long number, long a, long b, long c, long d, long e, long f);
#define sys_call child_mock

/* As below; @run is called while the other side waits for it, by child_mock_pause(). */
long child_mock_thread(unsigned long flags, void *stack, int *alive, void (*run)(void *), void *argument);
void child_mock_pause(void);
#define sys_thread child_mock_thread
#define sys_pause child_mock_pause

#elif defined(__x86_64__)

/* syscall(2), "Architecture calling conventions": rcx and r11 are clobbered by the instruction. */
static inline long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
        register long r10 __asm__("r10") = d;
        register long r8 __asm__("r8") = e;
        register long r9 __asm__("r9") = f;
        long answer;

        __asm__ volatile("syscall"
                         : "=a"(answer)
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                         : "rcx", "r11", "memory");
        return answer;
}

/* clone(2) of a thread that calls @run on the stack that ends at @stack, and ends. The system call leaves every register but three as it
 * is, for both sides. */
static inline long sys_thread(unsigned long flags, void *stack, int *alive, void (*run)(void *), void *argument)
{
        register int *r10 __asm__("r10") = alive;
        register long r8 __asm__("r8") = 0;
        long answer;

        __asm__ volatile("syscall\n\t"
                         "test %%rax, %%rax\n\t"
                         "jnz 1f\n\t"
                         "mov %[argument], %%rdi\n\t"
                         "call *%[run]\n\t"
                         "xor %%edi, %%edi\n\t"
                         "mov %[exit], %%eax\n\t"
                         "syscall\n\t"
                         "ud2\n"
                         "1:"
                         : "=a"(answer)
                         : "a"(__NR_clone), "D"(flags), "S"(stack), "d"(0L), "r"(r10),
                           "r"(r8), [run] "r"(run), [argument] "r"(argument), [exit] "i"(__NR_exit)
                         : "rcx", "r11", "memory", "cc");
        return answer;
}

/* Between two looks at what another thread writes. */
static inline void sys_pause(void)
{
        __asm__ volatile("pause" : : : "memory");
}

#elif defined(__aarch64__)

static inline long sys_call(long number, long a, long b, long c, long d, long e, long f)
{
        register long x8 __asm__("x8") = number;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = d;
        register long x4 __asm__("x4") = e;
        register long x5 __asm__("x5") = f;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
        return x0;
}

/* clone(2) of a thread that calls @run on the stack that ends at @stack, and ends. */
static inline long sys_thread(unsigned long flags, void *stack, int *alive, void (*run)(void *), void *argument)
{
        register long x8 __asm__("x8") = __NR_clone;
        register long x0 __asm__("x0") = (long)flags;
        register void *x1 __asm__("x1") = stack;
        register long x2 __asm__("x2") = 0;
        register long x3 __asm__("x3") = 0;
        register int *x4 __asm__("x4") = alive;

        __asm__ volatile("svc 0\n\t"
                         "cbnz x0, 1f\n\t"
                         "mov x0, %[argument]\n\t"
                         "blr %[run]\n\t"
                         "mov x0, #0\n\t"
                         "mov x8, %[exit]\n\t"
                         "svc 0\n\t"
                         "brk #0\n"
                         "1:"
                         : "+r"(x0)
                         : "r"(x8), "r"(x1), "r"(x2), "r"(x3),
                           "r"(x4), [run] "r"(run), [argument] "r"(argument), [exit] "i"(__NR_exit)
                         : "memory", "cc");
        return x0;
}

/* Between two looks at what another thread writes. */
static inline void sys_pause(void)
{
        __asm__ volatile("yield" : : : "memory");
}

#else
#error "launch/child/sys.h: no system call instruction is known for this architecture"
#endif

#define SYS_ARG(x) ((long)(x))
#define sys0(n) sys_call(__NR_##n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a) sys_call(__NR_##n, SYS_ARG(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b) sys_call(__NR_##n, SYS_ARG(a), SYS_ARG(b), 0, 0, 0, 0)
#define sys3(n, a, b, c) sys_call(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), 0, 0, 0)
#define sys4(n, a, b, c, d) sys_call(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), 0, 0)
#define sys5(n, a, b, c, d, e) sys_call(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), 0)
#define sys6(n, a, b, c, d, e, f) \
        sys_call(__NR_##n, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), SYS_ARG(f))

/* A system call filter may refuse this call as well, as one does that refuses them all: then an illegal instruction ends the process. */
static inline _Noreturn void sys_leave(int status)
{
        (void)sys1(exit_group, status);
        __builtin_trap();
}

#endif
