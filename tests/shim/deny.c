/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deny ERRNO SYSCALL... -- COMMAND...
 *
 * Runs the command where the named system calls answer ERRNO (a name: ENOSYS, EPERM, EACCES or EINVAL), as on an older kernel, or in a sandbox whose filter
 * does not know them; or NOTHING, the success of a call that was not made, as under filters that make believe to be root. Privileges stay: no_new_privs is set only where the filter can't be loaded without.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int errno_of(const char *name)
{
        return strcmp(name, "ENOSYS") == 0    ? ENOSYS
               : strcmp(name, "EPERM") == 0   ? EPERM
               : strcmp(name, "EACCES") == 0  ? EACCES
               : strcmp(name, "EINVAL") == 0  ? EINVAL
               : strcmp(name, "NOTHING") == 0 ? 0
                                              : -1;
}

static int add(scmp_filter_ctx filter, int code, const char *name)
{
        int number = seccomp_syscall_resolve_name(name);

        if (number == __NR_SCMP_ERROR) {
                (void)fprintf(stderr, "deny: there is no system call '%s'\n", name);
                return -1;
        }
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)code), number, 0);
}

/* tests/run puts a script with our words in a program's place, which is NAME.real then, and called by its name all the same. */
static char *called(const char *program)
{
        size_t len = strlen(program), end = strlen(".real");

        return strndup(program, len > end && strcmp(program + len - end, ".real") == 0 ? len - end : len);
}

int main(int argc, char **argv)
{
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        int code = argc > 1 ? errno_of(argv[1]) : -1, i;
        const char *program;

        for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
                if (filter == NULL || add(filter, code, argv[i]) < 0)
                        return 125;
        if (code < 0 || filter == NULL || i + 1 >= argc) {
                (void)fprintf(stderr, "usage: deny ENOSYS|EPERM|EACCES|EINVAL|NOTHING SYSCALL... -- COMMAND...\n");
                return 125;
        }
        if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) < 0 ||
            (seccomp_load(filter) < 0 &&
             (seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1) < 0 || seccomp_load(filter) < 0))) {
                (void)fprintf(stderr, "deny: cannot load the filter\n");
                return 125;
        }
        program = argv[i + 1];
        argv[i + 1] = called(program);
        if (argv[i + 1] != NULL)
                (void)execvp(program, argv + i + 1);
        (void)fprintf(stderr, "deny: %s: %s\n", program, strerror(errno));
        return 125;
}
