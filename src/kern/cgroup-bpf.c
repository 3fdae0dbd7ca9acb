/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2) for device programs of control groups; see cgroup-bpf.h. */
#include "kern/cgroup-bpf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#define ATTACHED_MAX 64 /* BPF_CGROUP_MAX_PROGS: the kernel attaches no more to one group */

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
        long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

        return r < 0 ? -errno : (int)r;
}

static uint64_t address(const void *pointer)
{
        return (uint64_t)(uintptr_t)pointer;
}

int bpf_device_load(const struct bpf_insn *program, size_t count, const char *name, int *ret_fd, struct ward_err *err)
{
        union bpf_attr attr;
        int fd;

        memset(&attr, 0, sizeof(attr));
        attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
        attr.insns = address(program);
        attr.insn_cnt = (uint32_t)count;
        /* The licence matters for helper functions that are GPL-only; the program calls none. */
        attr.license = address("Apache-2.0");
        (void)snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
        /* EAGAIN: a signal came while the verifier was at work (bpf(2)). */
        do
                fd = bpf(BPF_PROG_LOAD, &attr);
        while (fd == -EAGAIN || fd == -EINTR);
        if (fd < 0) {
                (void)err_code(err, fd, "load the BPF program that guards devices (%zu instructions)", count);
                if (fd == -EPERM)
                        (void)err_hint(
                                err,
                                "this takes CAP_BPF in the first user namespace; run as root, or without device rules");
                else if (fd == -ENOSYS || fd == -EINVAL)
                        (void)err_hint(err, "the kernel needs CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF");
                return fd;
        }
        *ret_fd = fd;
        return 0;
}

static int attached_query(int group, uint32_t ids[ATTACHED_MAX], size_t *ret_count)
{
        union bpf_attr attr;
        int r;

        memset(&attr, 0, sizeof(attr));
        attr.query.target_fd = (uint32_t)group;
        attr.query.attach_type = BPF_CGROUP_DEVICE;
        attr.query.prog_ids = address(ids);
        attr.query.prog_cnt = ATTACHED_MAX;
        r = bpf(BPF_PROG_QUERY, &attr);
        if (r < 0)
                return r;
        *ret_count = attr.query.prog_cnt;
        return 0;
}

static int program_info(int program, struct bpf_prog_info *ret_info)
{
        union bpf_attr attr;

        memset(&attr, 0, sizeof(attr));
        memset(ret_info, 0, sizeof(*ret_info));
        attr.info.bpf_fd = (uint32_t)program;
        attr.info.info_len = sizeof(*ret_info);
        attr.info.info = address(ret_info);
        return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* A descriptor of the attached program with this name; -ENOENT when there is none. */
static int attached_find(int group, const char *name)
{
        uint32_t ids[ATTACHED_MAX];
        size_t count = 0;
        int r = attached_query(group, ids, &count);

        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++) {
                struct bpf_prog_info info;
                union bpf_attr attr;
                _cleanup_close_
                int fd = -EBADF;

                memset(&attr, 0, sizeof(attr));
                attr.prog_id = ids[i];
                fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
                if (fd < 0)
                        continue;
                if (program_info(fd, &info) >= 0 && strncmp(info.name, name, sizeof(info.name)) == 0)
                        return TAKE_FD(fd);
        }
        return -ENOENT;
}

static int attached_prove(int group, int program)
{
        uint32_t ids[ATTACHED_MAX];
        struct bpf_prog_info info;
        size_t count = 0;
        int r = program_info(program, &info);

        if (r >= 0)
                r = attached_query(group, ids, &count);
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if (ids[i] == info.id)
                        return 0;
        return -ENOENT;
}

int bpf_device_attach(int group, int program, const char *name, struct ward_err *err)
{
        _cleanup_close_
        int old = attached_find(group, name);
        union bpf_attr attr;
        int r;

        if (old < 0 && old != -ENOENT)
                return err_code(err, old, "list the BPF programs that guard devices");
        memset(&attr, 0, sizeof(attr));
        attr.target_fd = (uint32_t)group;
        attr.attach_bpf_fd = (uint32_t)program;
        attr.attach_type = BPF_CGROUP_DEVICE;
        attr.attach_flags = BPF_F_ALLOW_MULTI;
        if (old >= 0) {
                attr.attach_flags |= BPF_F_REPLACE;
                attr.replace_bpf_fd = (uint32_t)old;
        }
        r = bpf(BPF_PROG_ATTACH, &attr);
        if (r < 0) {
                (void)err_code(err, r, "attach the BPF program that guards devices");
                if (r == -EPERM)
                        (void)err_hint(
                                err,
                                "this takes CAP_BPF and CAP_NET_ADMIN in the first user namespace, and a parent group "
                                "whose own program allows others below it");
                return r;
        }
        r = attached_prove(group, program);
        if (r < 0)
                return err_code(err, r, "find the BPF program that guards devices attached");
        return 0;
}

int bpf_device_program_id(int program, uint32_t *ret_id)
{
        struct bpf_prog_info info;
        int r = program_info(program, &info);

        if (r >= 0)
                *ret_id = info.id;
        return r;
}

int bpf_device_attached_id(int group, const char *name, uint32_t *ret_id)
{
        _cleanup_close_
        int fd = attached_find(group, name);

        return fd < 0 ? fd : bpf_device_program_id(fd, ret_id);
}
