#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V15, V17: ways around a system call filter.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

@test "V15: a filter holds for the 32-bit gate and for x32 numbers, whether they are named or not" {
        local architectures
        [[ $(uname -m) == x86_64 ]] || unable "is not x86-64"
        for architectures in '["SCMP_ARCH_X86_64"]' '["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'; do
                make_bundle /bin/probe mkdir-other-abi /tmp/made
                with_probe
                edit --argjson architectures "$architectures" '.root.readonly = false | .linux.seccomp =
                     {defaultAction: "SCMP_ACT_ALLOW", architectures: $architectures,
                      syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1}]}'
                run oci run -b "$BUNDLE" "$ID"
                [[ $output == begin* && $output != *done* ]] || shown
                [[ -z $(ls "$BUNDLE/rootfs/tmp") ]]
        done
        # Without a filter the 32-bit gate works: the test can fail.
        edit 'del(.linux.seccomp)'
        run oci run -b "$BUNDLE" "$ID"
        [[ $output == *"int80 done" && -d $BUNDLE/rootfs/tmp/made80 ]] || shown
}

@test "V17: a system call that is newer than the profile is ENOSYS, one that is denied is not" {
        make_bundle /bin/probe call 600
        with_probe
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, architectures: ["SCMP_ARCH_X86_64"],
              syscalls: [{action: "SCMP_ACT_ALLOW", names: ["execve", "exit", "exit_group", "write", "writev", "brk", "arch_prctl",
                  "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "mprotect",
                  "mmap", "munmap", "newfstatat", "fstat", "fstatfs", "ioctl", "uname", "access", "read", "openat", "close"]}]}'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == ENOSYS ]] || shown
        edit '.process.args[2] = "83"' # mkdir
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == EPERM ]] || shown
}
