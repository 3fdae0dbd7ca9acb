/* SPDX-License-Identifier: Apache-2.0 */
/* Why a program can't be executed; see program.h. */
#include "launch/program.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/libc.h"

#define HEAD_BYTES 4096

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#endif

static int open_inside(int root, const char *path, uint64_t flags)
{
        struct open_how how = {
                .flags = flags | O_CLOEXEC,
                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };

        return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static bool is_missing(int root, const char *path)
{
        _cleanup_close_
        int fd = open_inside(root, path, O_PATH);

        return fd < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* "#!/bin/sh -e": execve(2), "Interpreter scripts". */
static void explain_script(int root, char *head, struct ward_err *err)
{
        char *name = head + 2 + strspn(head + 2, " \t");

        name[strcspn(name, " \t\r\n")] = '\0';
        if (*name == '\0' || !is_missing(root, name))
                return;
        (void)err_mistake(err, MISTAKE_INTERPRETER);
        (void)err_hint(err, "its first line names the interpreter '%s', which is not in the container", name);
}

static const char *machine_name(unsigned machine)
{
        static const struct {
                unsigned machine;
                const char *name;
        } machines[] = {
                {EM_X86_64, "x86-64"}, {EM_AARCH64, "arm64"},       {EM_386, "i386"},   {EM_ARM, "arm"},
                {EM_RISCV, "RISC-V"},  {EM_PPC64, "POWER"},         {EM_S390, "s390x"}, {EM_MIPS, "MIPS"},
                {EM_IA_64, "Itanium"}, {EM_LOONGARCH, "LoongArch"},
        };

        for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
                if (machines[i].machine == machine)
                        return machines[i].name;
        return "another machine";
}

/* The loader that a dynamic program asks for (elf(5), PT_INTERP), where it lies in the part that was read. */
static const char *find_loader(const char *head, size_t len)
{
        Elf64_Ehdr header;

        memcpy(&header, head, sizeof(header));
        for (unsigned i = 0; i < header.e_phnum; i++) {
                size_t at = (size_t)header.e_phoff + (size_t)i * sizeof(Elf64_Phdr);
                Elf64_Phdr segment;

                if (header.e_phoff > len || at + sizeof(segment) > len)
                        break;
                memcpy(&segment, head + at, sizeof(segment));
                if (segment.p_type == PT_INTERP && segment.p_offset < len &&
                    memchr(head + segment.p_offset, '\0', len - segment.p_offset))
                        return head + segment.p_offset;
        }
        return NULL;
}

static void explain_elf(int root, const char *head, size_t len, struct ward_err *err)
{
        Elf64_Ehdr header;
        const char *loader;

        if (len < sizeof(header))
                return;
        memcpy(&header, head, sizeof(header));
        if (header.e_machine != OWN_MACHINE) {
                (void)err_mistake(err, MISTAKE_ARCHITECTURE);
                (void)err_hint(err, "it is a program for %s, and this machine is %s: take the image for this one",
                               machine_name(header.e_machine), machine_name(OWN_MACHINE));
                return;
        }
        loader = header.e_ident[EI_CLASS] == ELFCLASS64 ? find_loader(head, len) : NULL;
        if (loader != NULL && is_missing(root, loader))
                (void)err_hint(err,
                               "it needs the loader '%s', which is not in the container: add the C library, or link it "
                               "statically",
                               loader);
}

/* Whatever the image has by that name is only held (O_PATH) until it is known to be a file: to open a device already does something, and here nobody's
 * device rules are in force. */
static int open_program(int proc, int root, const char *path)
{
        _cleanup_close_
        int held = open_inside(root, path, O_PATH);
        char link[sizeof("self/fd/") + DIGITS_MAX] = "self/fd/";
        struct stat st;

        if (held < 0 || fstat(held, &st) < 0 || !S_ISREG(st.st_mode))
                return -EBADF;
        *digits_put(link + strlen(link), (uint64_t)held, 10) = '\0';
        return openat(proc, link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

void program_explain(int proc, int root, const char *path, struct ward_err *err)
{
        _cleanup_close_
        int fd = open_program(proc, root, path);
        char head[HEAD_BYTES + 1];
        ssize_t len = fd < 0 ? -1 : read(fd, head, HEAD_BYTES);

        if (len < 0)
                return;
        head[len] = '\0';
        if (len == 0)
                (void)err_hint(err, "the file is empty");
        else if (len >= 2 && head[0] == '#' && head[1] == '!')
                explain_script(root, head, err);
        else if (len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
                explain_elf(root, head, (size_t)len, err);
        else
                (void)err_hint(err, "it is no program: a script needs '#!' and its interpreter in the first line");
}
