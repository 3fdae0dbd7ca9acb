#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V15-V17, V36: ways around a system call filter, and what the default one leaves in reach.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# answers PID <QUESTIONS: each line "ARCH CALL ARGUMENT...: ANSWER" is what the filters in force in the process answer, as the kernel has them.
answers() {
        local status=0
        ! newest_calls_refused || unable "the filter that refuses the newest calls answers, too"
        needs_machine_root "nobody else is shown a filter (ptrace(2), PTRACE_SECCOMP_GET_FILTER)"
        # Without CONFIG_CHECKPOINT_RESTORE the kernel answers as if there was none.
        ! is_user_mode || ! grep -q '^Seccomp:.2' "/proc/$1/status" || unable "has User-Mode-Linux, which does not show filters"
        cat >"$WORK/expected"
        sed 's/: [A-Za-z0-9]*$//' "$WORK/expected" | "$ATTACKERS/filter" "$1" >"$WORK/answered" || status=$?
        ((status != 3)) || unable "has a kernel that does not show filters"
        ((status == 0)) || return 1
        [[ $(head -n 1 "$WORK/answered") == "filters 1" ]] || { echo "not one filter: $(head -n 1 "$WORK/answered")"; return 1; }
        sed 1d "$WORK/answered" | diff "$WORK/expected" - >"$WORK/differ" || { echo "'<' is wanted:"; cat "$WORK/differ"; return 1; }
}

is_user_mode() { grep -qs 'User Mode Linux' /proc/cpuinfo; }

# with_filter FILTER...: a container in the background, with this profile; $PID is its first process.
with_filter() {
        make_bundle sleep 100
        edit "$@"
        oci run -d -b "$BUNDLE" "$ID"
        PID=$(oci state "$ID" | jq .pid)
}

@test "V15: the filter in force covers the 32-bit and the x32 calls, whether they are named or not" {
        local architectures answer
        [[ $(uname -m) == x86_64 ]] || unable "is not x86-64"
        for architectures in '["SCMP_ARCH_X86_64"]' '["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]' '["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'; do
                with_filter --argjson architectures "$architectures" '.linux.seccomp =
                     {defaultAction: "SCMP_ACT_ALLOW", architectures: $architectures,
                      syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1}]}'
                answer=ENOSYS
                [[ $architectures != *X32* ]] || answer=EPERM
                answers "$PID" <<-END
			x86_64 mkdir: EPERM
			x86_64 mkdirat: EPERM
			x86_64 rmdir: allow
			x32 mkdir: $answer
			x32 mkdirat: $answer
			$([[ $architectures == '["SCMP_ARCH_X86_64"]' ]] && printf 'i386 mkdir: kill\ni386 rmdir: kill' || printf 'i386 mkdir: EPERM\ni386 rmdir: allow')
		END
                oci delete --force "$ID"
        done
}

@test "V15: a process that joins is under the same filter" {
        local joined
        with_filter '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 1}]}'
        oci exec -d --pid-file "$WORK/joined" "$ID" sleep 100
        joined=$(cat "$WORK/joined")
        wait_until 10 grep -qx sleep "/proc/$joined/comm"
        answers "$joined" <<-END
		x86_64 mkdir: EPERM
		x86_64 rmdir: allow
	END
}

@test "V15: a program that calls by the 32-bit gate, or by x32 numbers, meets the filter" {
        local architectures
        [[ $(uname -m) == x86_64 ]] || unable "is not x86-64"
        ! is_user_mode || unable "has User-Mode-Linux, which takes the 32-bit gate for the other one"
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
        # The filter that refuses the newest calls kills whoever calls so.
        ! newest_calls_refused || return 0
        # Without a filter the 32-bit gate works: the test can fail.
        edit 'del(.linux.seccomp)'
        run oci run -b "$BUNDLE" "$ID"
        [[ $output == *"int80 done" && -d $BUNDLE/rootfs/tmp/made80 ]] || shown
}

@test "V16: an argument that the kernel reads as 32 or 16 bits is compared as such" {
        [[ $(uname -m) == x86_64 ]] || unable "is not x86-64"
        with_filter '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], syscalls: [
              {names: ["ioctl"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 1, value: 21522, op: "SCMP_CMP_EQ"}]},
              {names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 0, value: 38, op: "SCMP_CMP_EQ"}]},
              {names: ["unshare"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 0, value: 268435456, valueTwo: 268435456, op: "SCMP_CMP_MASKED_EQ"}]},
              {names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 0, value: 8, op: "SCMP_CMP_NE"}]},
              {names: ["access"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 1, value: 2, op: "SCMP_CMP_EQ"}]},
              {names: ["fchdir", "readv"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 0, value: 3, op: "SCMP_CMP_NE"}]},
              {names: ["chmod"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 1, value: 2541, op: "SCMP_CMP_EQ"}]},
              {names: ["setuid"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 0, value: 0, op: "SCMP_CMP_EQ"}]},
              {names: ["lseek"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 1, value: 4294967296, op: "SCMP_CMP_GE"}]}]}'
        # 2^32 + TIOCSTI, AF_ALG, CLONE_NEWUSER; 2^16 + 04755; an offset has 64 bits.
        answers "$PID" <<-END
		x86_64 ioctl 0 21522: EPERM
		x86_64 ioctl 0 4294988818: EPERM
		x86_64 ioctl 0 18446744069414605842: EPERM
		x86_64 ioctl 0 21523: allow
		x86_64 socket 4294967334: EPERM
		x86_64 socket 4294967298: allow
		x86_64 unshare 4563402752: EPERM
		x86_64 personality 4294967304: allow
		x86_64 personality 4294967305: EPERM
		x86_64 access 0 4294967298: EPERM
		x86_64 fchdir 4294967299: allow
		x86_64 readv 4294967299: allow
		x86_64 chmod 0 2541: EPERM
		x86_64 chmod 0 68077: EPERM
		i386 chmod 0 68077: EPERM
		x86_64 chmod 0 2540: allow
		x86_64 setuid 65536: allow
		i386 setuid 65536: EPERM
		x86_64 lseek 0 4294967296: EPERM
		x86_64 lseek 0 4294967295: allow
		x32 socket 4294967334: EPERM
	END
}

@test "V16: the kernel agrees: the call with the high bits set is the forbidden one" {
        make_bundle /bin/probe ioctl-high
        with_probe
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == "done" ]] || shown
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
              {names: ["ioctl"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 1, value: 21531, op: "SCMP_CMP_EQ"}]}]}' # FIONREAD
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == EPERM ]] || shown
        # A mode has 16 bits.
        edit '.process.args = ["/bin/probe", "mode-high"]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == "done, set-user-ID" ]] || shown
        edit '.linux.seccomp.syscalls = [{names: ["fchmod"], action: "SCMP_ACT_ERRNO", errnoRet: 1, args: [{index: 1, value: 2541, op: "SCMP_CMP_EQ"}]}]'
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == EPERM ]] || shown
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

@test "V36: the default filter of 'ward run', call by call" {
        local call
        [[ $(uname -m) == x86_64 ]] || unable "is not x86-64"
        rootfs "$WORK/root"
        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --name "$ID" "$WORK/root" sleep 100 3>&- &
        started() { PID=$(ward ps | awk -v name="$ID" '$1 == name && $2 == "running" { print $3 }') && [[ -n $PID ]] && grep -q sleep "/proc/$PID/comm"; }
        wait_until 10 started
        answers "$PID" < <(
                for call in acct add_key bpf chroot clock_adjtime clock_settime create_module delete_module fanotify_init finit_module fsconfig \
                        fsmount fsopen fspick init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load \
                        kexec_load keyctl lookup_dcookie memfd_secret migrate_pages modify_ldt mount mount_setattr move_mount move_pages \
                        nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root process_madvise process_vm_readv \
                        process_vm_writev ptrace quotactl quotactl_fd reboot remap_file_pages request_key setdomainname sethostname setns \
                        settimeofday swapoff swapon sysfs syslog umount2 uselib userfaultfd vhangup vmsplice; do
                        echo "x86_64 $call: EPERM"
                done
                for call in add_key bpf init_module io_uring_setup kexec_load keyctl mount perf_event_open pivot_root ptrace request_key \
                        setns umount umount2 userfaultfd vm86 vm86old; do
                        echo "i386 $call: EPERM"
                done
                # New ones, and clone3, whose flags no filter can see.
                for call in clone3 470 600 1000000; do
                        echo "x86_64 $call: ENOSYS"
                done
                for call in read mkdir add_key bpf keyctl mount ptrace execve io_uring_setup; do
                        echo "x32 $call: ENOSYS"
                done
                # Sockets: AF_ALG 38, AF_VSOCK 40, AF_PACKET 17, AF_KEY 15, AF_BLUETOOTH 31; AF_NETLINK 16 for NETLINK_ROUTE 0 and not
                # for nf_tables, NETLINK_NETFILTER 12; socketcall hides which.
                cat <<-END
			x86_64 socket 38 5 0: EAFNOSUPPORT
			x86_64 socket 4294967334 5 0: EAFNOSUPPORT
			x86_64 socketpair 38 5 0: EAFNOSUPPORT
			x86_64 socket 40 1 0: EAFNOSUPPORT
			x86_64 socket 31 3 0: EAFNOSUPPORT
			x86_64 socket 15 3 2: EAFNOSUPPORT
			x86_64 socket 17 3 0: EPERM
			x86_64 socket 16 3 12: EPROTONOSUPPORT
			x86_64 socket 16 3 4294967308: EPROTONOSUPPORT
			x86_64 socket 16 3 0: allow
			x86_64 socket 1 1 0: allow
			x86_64 socket 2 1 6: allow
			x86_64 socket 10 2 17: allow
			i386 socket 38 5 0: EAFNOSUPPORT
			i386 socket 40 1 0: EAFNOSUPPORT
			i386 socket 16 3 12: EPROTONOSUPPORT
			i386 socketcall 1 0: EAFNOSUPPORT
			x86_64 clone 268435456: EPERM
			x86_64 clone 4563402752: EPERM
			x86_64 clone 17: allow
			i386 clone 268435456: EPERM
			x86_64 unshare 268435456: EPERM
			x86_64 unshare 4563402752: EPERM
			x86_64 unshare 268566528: EPERM
			i386 unshare 268435456: EPERM
			x86_64 ioctl 0 21522: EPERM
			x86_64 ioctl 0 4294988818: EPERM
			x86_64 ioctl 0 21532: EPERM
			x86_64 ioctl 0 21505: allow
			i386 ioctl 0 21522: EPERM
			i386 ioctl 0 21532: EPERM
			x86_64 personality 0: allow
			x86_64 personality 262144: EPERM
			x86_64 personality 4194304: EPERM
		END
        )
        ward rm -f "$ID"
        wait || true
}

@test "V36: 'ward run' reaches no kernel surface that its filter closes" {
        rootfs "$WORK/root"
        cp "$ATTACKERS/probe" "$WORK/root/bin/probe"
        run -0 ward run --rm --name "$ID" "$WORK/root" /bin/probe surface
        ! grep -E ' done$' <<<"$output" || shown
        [[ $(wc -l <<<"$output") -ge 9 ]] || shown
        # Without a filter and with all rights there is something to be closed: the test can fail.
        run -0 "$ATTACKERS/probe" surface
        [[ $output == *" done"* ]] || shown
}
