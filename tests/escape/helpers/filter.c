/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter PID: asks the system call filters that are in force in a process, as the kernel has them (ptrace(2), PTRACE_SECCOMP_GET_FILTER).
 * Each line of its input, "ARCH CALL [ARGUMENT...]", is answered by "ARCH CALL [ARGUMENT...]: ANSWER": allow, kill, an error's name, or
 * a number. ARCH is x86_64, x32 or i386, CALL a name or a number. Nothing has to make the call, so that this also tells of an ABI which
 * this machine's kernel lacks. Status 3: the kernel does not show filters.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/syscalls.h"
#include "base/text.h"
#include "kern/seccomp.h"

#define FILTERS_MAX 8
#define X32_BIT 0x40000000u

static const struct {
        const char *name;
        uint32_t arch;  /* as the kernel tells the filter */
        uint32_t names; /* whose numbers a name has */
        uint32_t bit;
} arches[] = {
        {"x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, 0},
        {"x32", AUDIT_ARCH_X86_64, SCMP_ARCH_X32, X32_BIT},
        {"i386", AUDIT_ARCH_I386, SCMP_ARCH_X86, 0},
};

static struct seccomp_filter filters[FILTERS_MAX];
static size_t filter_count;

/* Reads every filter of the process, the oldest first. */
static int read_filters(pid_t pid)
{
        if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
            waitpid(pid, NULL, __WALL) < 0) {
                perror("filter: stop the process");
                return 1;
        }
        for (; filter_count < FILTERS_MAX; filter_count++) {
                long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, filter_count, NULL);

                if (count < 0 && errno == ENOENT)
                        break;
                if (count < 0) {
                        perror("filter: read the filter");
                        return errno == EIO || errno == EACCES ? 3 : 1;
                }
                filters[filter_count].code = calloc((size_t)count, sizeof(struct sock_filter));
                filters[filter_count].count = (uint16_t)count;
                if (filters[filter_count].code == NULL ||
                    ptrace(PTRACE_SECCOMP_GET_FILTER, pid, filter_count, filters[filter_count].code) != count)
                        return 1;
        }
        return 0;
}

/* The strictest answer counts, which is the smallest as a signed number (seccomp(2)). */
static uint32_t ask(uint32_t arch, uint32_t number, const uint64_t args[6])
{
        uint32_t strictest = SECCOMP_RET_ALLOW;

        for (size_t i = 0; i < filter_count; i++) {
                uint32_t answer = seccomp_filter_answer(&filters[i], arch, number, args);

                if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) < (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
                        strictest = answer;
        }
        return strictest;
}

static void print_answer(const char *line, uint32_t answer)
{
        uint32_t action = answer & SECCOMP_RET_ACTION_FULL;

        if (action == SECCOMP_RET_ALLOW)
                printf("%s: allow\n", line);
        else if (action == SECCOMP_RET_KILL_PROCESS || action == SECCOMP_RET_KILL_THREAD)
                printf("%s: kill\n", line);
        else if (action == SECCOMP_RET_ERRNO)
                printf("%s: %s\n", line, strerrorname_np((int)(answer & SECCOMP_RET_DATA)));
        else
                printf("%s: %#x\n", line, answer);
}

/* Answers one line; false for one that can't be read. */
static bool answer_line(char *line)
{
        char copy[256], *rest = copy, *arch, *call;
        uint64_t args[6] = {0}, number;
        size_t at = 0;

        (void)snprintf(copy, sizeof(copy), "%s", line);
        arch = strsep(&rest, " ");
        call = strsep(&rest, " ");
        if (call == NULL)
                return false;
        while (at < sizeof(arches) / sizeof(arches[0]) && strcmp(arches[at].name, arch) != 0)
                at++;
        if (at == sizeof(arches) / sizeof(arches[0]))
                return false;
        if (number_parse(call, UINT32_MAX, &number) < 0) {
                int found = syscall_number_on(arches[at].names, call);

                if (found < 0)
                        found = syscall_direct_on(arches[at].names, call);
                if (found < 0)
                        return false;
                number = (uint64_t)found;
        }
        for (int i = 0; i < 6 && rest != NULL; i++)
                if (number_parse(strsep(&rest, " "), UINT64_MAX, &args[i]) < 0)
                        return false;
        print_answer(line, ask(arches[at].arch, (uint32_t)number | arches[at].bit, args));
        return true;
}

int main(int argc, char **argv)
{
        uint64_t pid;
        char line[256];
        int r;

        if (argc != 2 || number_parse(argv[1], INT32_MAX, &pid) < 0) {
                (void)fprintf(stderr, "usage: filter PID <QUESTIONS\n");
                return 2;
        }
        r = read_filters((pid_t)pid);
        if (r != 0)
                return r;
        printf("filters %zu\n", filter_count);
        while (fgets(line, sizeof(line), stdin) != NULL) {
                line[strcspn(line, "\n")] = '\0';
                if (!answer_line(line)) {
                        (void)fprintf(stderr, "filter: cannot read '%s'\n", line);
                        return 2;
                }
        }
        for (size_t i = 0; i < filter_count; i++)
                free(filters[i].code);
        return 0;
}
