#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# ward caps: what it says of processes and files is what libcap's and util-linux' programs say, and what the kernel does.

load helpers/common

setup() { ward_setup; }
teardown() { remove_all; }

@test "decode: masks and names, as capsh does" {
        local mask
        needs_program capsh
        for mask in 00000000a80425fb 000001ffffffffff 0000000000000000 0000008000000001; do
                run -0 ward caps decode "$mask"
                expect_output "$(capsh --decode="$mask")"
        done
        run -0 ward caps decode CAP_CHOWN,net_raw 0xdead000000000000 all none
        [[ ${lines[0]} == "0x0000000000002001=cap_chown,cap_net_raw" && ${lines[1]} == 0xdead000000000000=48,50,51,* ]] || shown
        [[ ${lines[3]} == "0x0000000000000000=" ]] || shown
        run -0 ward caps decode --format json cap_kill
        [[ $(jq -c '.sets[0]' <<<"$output") == '{"mask":"0000000000000020","names":["cap_kill"]}' ]] || shown
        fails_with 1 "'cap_net_rw' is neither.*did you mean 'CAP_NET_RAW'" ward caps decode chown,cap_net_rw
        fails_with 1 "did you mean 'decode'" ward caps decod 1
        fails_with 1 "usage: ward caps file" ward caps file
        fails_with 1 "caps explain: option '--recursive' has no meaning there: it is for file" ward caps -r explain
}

@test "explain: one line for each" {
        run -0 ward caps explain
        ((${#lines[@]} == 41)) || shown
        # None is empty, none twice.
        [[ -z $(cut -c25- <<<"$output" | grep -x ' *') && -z $(cut -c25- <<<"$output" | sort | uniq -d) ]] || shown
        run -0 ward caps explain 0x2000
        [[ $output == "cap_net_raw "*packet* ]] || shown
        run -0 ward caps explain --format json chown
        [[ $(jq -r '.capabilities[0].name, .mask' <<<"$output" | tr '\n' ' ') == "cap_chown 0000000000000001 " ]] || shown
}

@test "of: the five sets of a process, as the kernel has them" {
        needs_root
        needs_program setpriv getpcaps capsh
        setpriv --bounding-set=-all,+chown,+kill,+net_raw --inh-caps=-all,+kill --ambient-caps=-all,+kill --reuid 65534 --clear-groups --nnp sleep 1000 3>&- &
        PID=$!
        wait_until 10 grep -qx sleep "/proc/$PID/comm"
        run -0 ward caps of "$PID"
        [[ $output =~ effective\ +0000000000000020\ +cap_kill && $output =~ ambient\ +0000000000000020\ +cap_kill ]] || shown
        [[ $output =~ bounding\ +0000000000002021\ +cap_chown\ cap_kill\ cap_net_raw && $output =~ no-new-privs\ +yes ]] || shown
        expect_in_output "user 65534" "(sleep)" "its file has no capabilities"
        [[ $(getpcaps "$PID" 2>&1) == *"cap_kill=eip"* ]]
        run -0 ward caps of --format json "$PID"
        [[ $(jq -c '.processes[0] | [.effective, .permitted, .inheritable, .ambient, .noNewPrivs, .uid]' <<<"$output") == '[["cap_kill"],["cap_kill"],["cap_kill"],["cap_kill"],true,65534]' ]] || shown
        kill "$PID"
        fails_with 1 "there is no process 999999999" ward caps of 999999999
}

@test "of: itself, with its securebits" {
        needs_root
        needs_program setpriv
        run -0 setpriv --securebits +noroot,+noroot_locked,+no_setuid_fixup "$WARD_BUILD/bin/ward" caps of
        [[ $output =~ securebits\ +noroot,\ noroot-locked,\ no-setuid-fixup ]] || shown
        run -0 ward caps of 1
        [[ $output =~ securebits\ +the\ kernel\ tells ]] || shown
}

@test "of: a process with as many groups as there can be" {
        needs_machine_root
        needs_program python3
        python3 -c 'import os, time; os.setgroups([4294900000 - i for i in range(65536)]); print(flush=True); time.sleep(1000)' 3>&- >ready &
        PID=$!
        wait_until 10 test -s ready
        run -0 ward caps of "$PID"
        [[ $output =~ effective\ +[0-9a-f]{16} ]] || shown
        run -0 ward seccomp explain "$PID"
        expect_in_output "no filter"
}

@test "of: threads that differ are shown" {
        needs_root
        needs_program python3
        # capset(2) with three empty sets changes the thread that calls it (version 3 of its header).
        python3 - 3>&- <<'END' &
import ctypes, threading, time
libc = ctypes.CDLL(None)
def drop():
    libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    time.sleep(1000)
threading.Thread(target=drop).start()
time.sleep(1000)
END
        PID=$!
        wait_until 10 eval "grep -qs '^CapEff:.0000000000000000' /proc/$PID/task/*/status"
        run -0 ward caps of "$PID"
        [[ $output =~ thread\ +[0-9]+,\ of\ 2\ threads.*effective\ +0000000000000000\ +none ]] || shown
        kill "$PID"
}

@test "of: a container by its name, and what was dropped is dropped" {
        with_root
        background --cap-drop ALL --cap-add CHOWN "$ROOT" sleep 1000
        run -0 ward caps of "$ID"
        [[ $output =~ effective\ +0000000000000001\ +cap_chown && $output =~ bounding\ +0000000000000001\ +cap_chown ]] || shown
        expect_in_output "in another user namespace"
        # By what they would allow: an owner can be changed, a directory of the root's entered past its mode, a port bound, a root changed.
        run -0 ward exec "$ID" sh -c '
                touch /tmp/file; chown 5 /tmp/file && stat -c %u /tmp/file
                mkdir -m 700 /tmp/closed; chown 5 /tmp/closed; ls /tmp/closed 2>/dev/null || echo no dac_override
                chroot /tmp true 2>/dev/null || echo no sys_chroot
                mknod /tmp/node c 1 3 2>/dev/null || echo no mknod
                hostname other 2>/dev/null || echo no sys_admin
                nice -n -5 true 2>/dev/null || echo no sys_nice
                su -s /bin/sh nobody -c true 2>/dev/null || echo no setuid'
        expect_output $'5\nno dac_override\nno sys_chroot\nno mknod\nno sys_admin\nno sys_nice\nno setuid'
        ward rm -f "$ID"
        # The same works where they are there: the test can fail.
        background --cap-add SYS_CHROOT --cap-add SYS_ADMIN --cap-add SYS_NICE --security-opt seccomp=unconfined "$ROOT" sleep 1000
        run -0 ward exec "$ID" sh -c 'mkdir -m 700 /tmp/shut; chown 5 /tmp/shut; ls /tmp/shut && mkdir -p /tmp/bin && cp /bin/busybox /tmp/bin/true && chroot /tmp true && hostname other && echo all'
        expect_output all
}

@test "file: what getcap says, and the user namespace that counts" {
        needs_root
        needs_program setcap getcap python3
        local file
        mkdir -p files/deeper
        for file in one two files/three files/deeper/four plain; do cp /bin/true "$file"; done
        setcap cap_net_raw,cap_net_admin=ep one || unable "has no capabilities of files here"
        setcap cap_chown=eip two
        setcap cap_kill=p files/three
        setcap cap_kill=i files/deeper/four
        run -0 ward caps file one two files/three files/deeper/four plain
        expect_output "$(getcap one two files/three files/deeper/four)"
        run -0 ward caps file -r .
        [[ $(sort <<<"$output") == "$(getcap -r . | sort)" ]] || shown
        run -0 ward caps file plain
        expect_output ""
        # Version 3: the id of the root that it counts for (capabilities(7)).
        python3 -c 'import os, struct; os.setxattr("plain", "security.capability", struct.pack("<6I", 0x03000001, 0x2000, 0, 0, 0, 100000))'
        run -0 ward caps file plain
        expect_output "plain cap_net_raw=ep [rootid=100000]"
        run -0 ward caps file --format json plain
        [[ $(jq -c '.files[0] | [.revision, .rootId, .permitted, .effective]' <<<"$output") == '[3,100000,["cap_net_raw"],true]' ]] || shown
        fails_with 1 "No such file" ward caps file nosuch
        fails_with 1 "No such file" ward caps file -r nosuch
        # Of the program that a process executes.
        cp /bin/sleep sleeper
        setcap cap_kill=ep sleeper
        ./sleeper 1000 3>&- &
        PID=$!
        wait_until 10 grep -qx sleeper "/proc/$PID/comm"
        run -0 ward caps of "$PID"
        [[ $output =~ program\ +cap_kill=ep ]] || shown
        kill "$PID"
}
