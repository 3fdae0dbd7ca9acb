/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers: asks the kernel what the filters that are in force here answer. Each line of the input, "ARCH NUMBER ARGUMENT...", is a call that is made, on
 * x86_64, x32 or i386; the answer follows it: "allow", "kill", or the number of an error. Nothing happens by it: a second filter leaves every call to a
 * tracer, which an answer that is stricter comes before and one that allows does not (seccomp(2), SECCOMP_RET_TRACE), and the tracer skips the call.
 *
 *      answers trace PID       is that tracer, outside: it attaches to a process that waits for its input, and ends with it
 *      answers strict          goes into the strict mode and waits for its input to end
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUESTIONS_MAX 4096
#define KILLED INT32_MIN
#define SKIPPED 4000 /* the error that the tracer gives, and no filter */
#define END 117      /* the status by which a child ends */
#define X32_BIT 0x40000000u

static struct question {
        char arch[16];
        unsigned long number, args[6];
        char line[256];
} questions[QUESTIONS_MAX];

/* In memory that the children share with their parent. */
static struct answers {
        unsigned at;
        int32_t of[QUESTIONS_MAX]; /* what the call returned: 0 or -errno */
} * answers;

static long call_i386(const struct question *q)
{
        long result = -ENOSYS;
#ifdef __x86_64__
        register long r8 __asm__("rbp") = (long)q->args[5];

        __asm__ volatile("int $0x80"
                         : "=a"(result)
                         : "a"(q->number), "b"(q->args[0]), "c"(q->args[1]), "d"(q->args[2]), "S"(q->args[3]),
                           "D"(q->args[4]), "r"(r8)
                         : "memory", "r9", "r10", "r11");
#endif
        return result;
}

static int32_t ask(const struct question *q)
{
        unsigned long number = q->number;
        long result;

        if (strcmp(q->arch, "i386") == 0)
                return (int32_t)call_i386(q);
        result = syscall((long)number, q->args[0], q->args[1], q->args[2], q->args[3], q->args[4], q->args[5]);
        return result < 0 ? -errno : 0;
}

/* Goes on with the first question that has no answer, to the end; or ends by a signal. */
static void answer_all(unsigned count)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, END, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
        };
        struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
                _exit(3);
        for (; answers->at < count; answers->at++)
                answers->of[answers->at] = ask(&questions[answers->at]);
        _exit(END);
}

static unsigned read_questions(void)
{
        unsigned count = 0;

        for (; count < QUESTIONS_MAX && fgets(questions[count].line, sizeof(questions[count].line), stdin) != NULL;
             count++) {
                struct question *q = &questions[count];

                q->line[strcspn(q->line, "\n")] = '\0';
                if (sscanf(q->line, "%15s %li %li %li %li %li %li %li", q->arch, (long *)&q->number,
                           (long *)&q->args[0], (long *)&q->args[1], (long *)&q->args[2], (long *)&q->args[3],
                           (long *)&q->args[4], (long *)&q->args[5]) < 2) {
                        (void)fprintf(stderr, "answers: cannot read '%s'\n", q->line);
                        exit(2);
                }
        }
        return count;
}

/* Skips the call that @pid is stopped at. */
static void skip(pid_t pid)
{
#ifdef __x86_64__
        struct user_regs_struct regs;

        if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
                return;
        regs.orig_rax = (unsigned long long)-1;
        regs.rax = (unsigned long long)-SKIPPED;
        (void)ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#endif
}

static int trace(pid_t first)
{
        int status;

        if (ptrace(PTRACE_SEIZE, first, NULL, PTRACE_O_TRACEFORK | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) < 0)
                return 3;
        (void)printf("attached\n");
        (void)fflush(stdout);
        for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
                long signal = 0;

                if (!WIFSTOPPED(status) && pid == first)
                        return 0;
                if (!WIFSTOPPED(status))
                        continue;
                if (status >> 16 == PTRACE_EVENT_SECCOMP)
                        skip(pid);
                else if (status >> 16 == 0)
                        signal = WSTOPSIG(status);
                (void)ptrace(PTRACE_CONT, pid, NULL, (void *)signal);
        }
        return 0;
}

int main(int argc, char **argv)
{
        char byte;
        unsigned count;
        int status, pid_traced;

        if (argc > 2 && strcmp(argv[1], "trace") == 0)
                return sscanf(argv[2], "%d", &pid_traced) == 1 ? trace(pid_traced) : 2;
        if (argc > 1 && strcmp(argv[1], "strict") == 0) {
                if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
                        return 3;
                while (read(STDIN_FILENO, &byte, 1) > 0)
                        ;
                syscall(SYS_exit, 0);
        }
        answers = mmap(NULL, sizeof(*answers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (answers == MAP_FAILED)
                return 3;
        count = read_questions();
        while (answers->at < count) {
                pid_t pid = fork();

                if (pid == 0)
                        answer_all(count);
                if (pid < 0 || waitpid(pid, &status, 0) < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 3))
                        return 3;
                if (answers->at >= count)
                        break;
                /* It was ended in the middle of a question. */
                answers->of[answers->at++] = KILLED;
        }
        for (unsigned i = 0; i < count; i++)
                if (answers->of[i] == KILLED)
                        printf("%s: kill\n", questions[i].line);
                else if (answers->of[i] == -SKIPPED)
                        printf("%s: allow\n", questions[i].line);
                else
                        printf("%s: %d\n", questions[i].line, -answers->of[i]);
        return 0;
}
