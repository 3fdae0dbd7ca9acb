#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# ward seccomp: what it says of filters is what the kernel does.

load helpers/common

setup() { ward_setup; }
teardown() { remove_all; }

ANSWERS=$WARD_BUILD/tests/cli/answers

# The test's own profile: refusals with conditions, 32 and 64 bits, orders, masks, and one that another rule contradicts.
conditions_profile() {
        cat <<-'END'
		{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 5, "syscalls": [
		 {"names": ["@default", "@basic-io", "@process", "@signal", "exit_group", "ioctl", "mmap", "lseek"], "action": "SCMP_ACT_ALLOW"},
		 {"names": ["lseek"], "action": "SCMP_ACT_ERRNO", "errnoRet": 11, "args": [{"index": 1, "value": 4294967301, "op": "SCMP_CMP_GT"}, {"index": 2, "value": 3, "op": "SCMP_CMP_NE"}]},
		 {"names": ["lseek"], "action": "SCMP_ACT_ERRNO", "errnoRet": 12, "args": [{"index": 1, "value": 7, "op": "SCMP_CMP_LE"}]},
		 {"names": ["mmap"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [{"index": 1, "value": 18446744069414584320, "valueTwo": 21474836480, "op": "SCMP_CMP_MASKED_EQ"}]},
		 {"names": ["mmap"], "action": "SCMP_ACT_ERRNO", "errnoRet": 14, "args": [{"index": 0, "value": 4294967296, "op": "SCMP_CMP_EQ"}]},
		 {"names": ["ioctl"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{"index": 1, "value": 21522, "op": "SCMP_CMP_EQ"}]},
		 {"names": ["ioctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 15, "args": [{"index": 1, "value": 21500, "op": "SCMP_CMP_GE"}, {"index": 0, "value": 2, "op": "SCMP_CMP_LT"}]}]}
	END
}

# One line for each case of each call: "ARCH NUMBER ARGUMENT...: ANSWER", the answer as tests/cli/helpers/answers.c has it.
as_questions() {
        jq -r '.architectures[] | .name as $arch | .calls[] | .number as $number | .cases[] |
               "\($arch) \($number) \(.example // error("a case without an example") | join(" ")): \(.answer)"' |
                python3 -c '
import errno, re, sys
for line in sys.stdin:
    print(re.sub(r": (?:errno )?(\w+).*", lambda m: ": %s" % getattr(errno, m[1], m[1]), line.rstrip("\n")))'
}

# agrees WORD...: a container with these options, whose filter is explained from outside and asked from inside, call by call.
agrees() {
        local pid
        [[ $(uname -m) == x86_64 ]] || unable "asks the kernel by registers of x86-64"
        ! newest_calls_refused || unable "the filter that refuses the newest calls answers, too"
        needs_machine_root "nobody else is shown a filter (ptrace(2), PTRACE_SECCOMP_GET_FILTER)"
        ROOT=$WORK/root
        mkdir -p "$ROOT"/{bin,dev,proc,sys}
        cp "$ANSWERS" "$ROOT/bin/answers"
        mkfifo questions
        become_ward run --rm -i --name "$ID" "$@" "$ROOT" /bin/answers <questions >answered 3>&- &
        exec 8>questions
        wait_until 10 runs "$ID"
        pid=$(init_pid)
        wait_until 10 grep -qx answers "/proc/$pid/comm"
        ward seccomp explain --format json "$pid" >explained || { exec 8>&-; return 1; }
        [[ $(jq -r .title explained) == "process $pid" && $(jq '.filters | length' explained) == 1 ]] || { exec 8>&-; cat explained; return 1; }
        "$ANSWERS" trace "$pid" >attached 3>&- 8>&- &
        wait_until 10 grep -q attached attached
        # Of the two that the kernel's probes make nobody is asked: they would be made (see the test of them).
        as_questions <explained | grep -vE '^x86_64 33[56] ' >expected
        sed 's/:.*//' expected >&8
        exec 8>&-
        wait
        diff expected answered >differ || { echo "'<' was explained, '>' answered by the kernel:"; cat differ; return 1; }
        # Every call of the table was among them, on all three.
        (($(grep -c ^x86_64 expected) >= 381 && $(grep -c ^i386 expected) >= 400 && $(grep -c ^x32 expected) >= 300))
}

@test "explain of a live process agrees with the kernel for every call: docker's profile" {
        local profile=/usr/share/containers/seccomp.json
        [[ -r $profile ]] || unable "needs a profile of docker's kind: $profile"
        agrees --seccomp "$profile"
}

@test "explain of a live process agrees with the kernel for every call: the default profile" { agrees; }
@test "explain of a live process agrees with the kernel for every call: the strict profile" { agrees --seccomp strict; }

@test "explain of a live process agrees with the kernel for every call: conditions of all kinds" {
        conditions_profile >profile.json
        agrees --seccomp profile.json
        grep -q ': 11$' answered
        grep -q ': kill$' answered
}

@test "a process with several filters: the strictest answer counts, and each is shown" {
        needs_root
        needs_machine_root "nobody else is shown a filter"
        ! newest_calls_refused || unable "the filter that refuses the newest calls is around it"
        echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}' >one.json
        echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "rmdir"], "action": "SCMP_ACT_KILL_PROCESS"}]}' >two.json
        ward seccomp compile one.json -o one.bpf
        ward seccomp compile two.json -o two.bpf
        python3 - 3>&- <<'END' &
import ctypes, time
libc = ctypes.CDLL(None)
class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc.prctl(38, 1, 0, 0, 0)
for name in ("one.bpf", "two.bpf"):
    data = open(name, "rb").read()
    code = ctypes.create_string_buffer(data, len(data))
    assert libc.prctl(22, 2, ctypes.byref(Program(len(data) // 8, ctypes.addressof(code)))) == 0
open("loaded", "w")
time.sleep(1000)
END
        PID=$!
        wait_until 10 test -e loaded
        run -0 ward seccomp explain "$PID" mkdir rmdir chdir
        expect_in_output "2 filters" "mkdir                    kill process" "rmdir                    kill process" "chdir                    allow"
        run -0 ward seccomp dump "$PID"
        expect_in_output "filter 1 of 2, the newest" "return EIO"
        ward seccomp dump "$PID" -o dumped
        cmp dumped.1 two.bpf
        cmp dumped.2 one.bpf
        # It goes on as it was.
        [[ $(awk '/^State|^TracerPid/ { print $2 }' "/proc/$PID/status" | tr '\n' ' ') == "S 0 " ]]
        kill "$PID"
}

@test "the strict mode is explained" {
        needs_root
        ! newest_calls_refused || unable "the filter that refuses the newest calls leaves no strict mode (prctl(2), PR_SET_SECCOMP)"
        mkfifo input
        "$ANSWERS" strict <input 3>&- &
        PID=$!
        exec 8>input
        wait_until 10 grep -q '^Seccomp:.1' "/proc/$PID/status"
        run -0 ward seccomp explain "$PID"
        exec 8>&-
        expect_in_output "the strict mode" "385 calls, 4 allowed" "kill thread"
        wait "$PID"
}

@test "who may not read a filter is told how many there are; of ward's own containers the copy answers" {
        needs_root
        needs_program setpriv
        with_root
        background --seccomp strict "$ROOT" sleep 1000
        local pid
        pid=$(init_pid)
        # Its name, and its number for who is not root of the machine: from what it was created with.
        run -0 ward seccomp explain "$ID" openat ptrace
        expect_in_output "container '$ID'" "made anew" "openat                   allow" "ptrace                   EPERM"
        run -0 ward seccomp diff "container:$ID" strict
        run setpriv --bounding-set=-sys_admin,-sys_ptrace --inh-caps=-all "$WARD_BUILD/bin/ward" --root "$WORK/state" seccomp explain "$pid" ptrace
        expect_status 0
        expect_in_output "container '$ID'" "ptrace                   EPERM"
        # In the state directory of somebody else nothing is known of it.
        run setpriv --bounding-set=-sys_admin --inh-caps=-all "$WARD_BUILD/bin/ward" --root "$WORK/other" seccomp explain "$pid"
        expect_status 1
        expect_in_output "its status says that it has"
        run ward seccomp explain 999999999
        expect_status 1
        expect_in_output "there is no process 999999999"
}

@test "test: one call, and the status says whether it is allowed" {
        run -0 ward seccomp test default getpid
        [[ $output == "allow ("* ]] || shown
        run -1 ward seccomp test default socket 38 5
        [[ $output == "EAFNOSUPPORT ("* ]] || shown
        run -1 ward seccomp test default ioctl 0 0x5412
        run -0 ward seccomp test default ioctl 0 0x5413
        # The kernel reads a command as 32 bits.
        run -1 ward seccomp test default ioctl 0 0x100005412
        run -0 ward seccomp test default -- kill -1 9
        run -0 ward seccomp test --caps sys_ptrace default ptrace
        run -1 ward seccomp test default ptrace
        run -1 ward seccomp test --arch i386 strict getpid
        [[ $output == "kill process ("* ]] || shown
        run -1 ward seccomp test --format json default 500
        [[ $(jq -r .answer <<<"$output") == ENOSYS ]]
}

@test "compiled, dumped and read back it is the same filter; the OCI's form means the same" {
        local profile
        for profile in default strict systemd; do
                ward seccomp compile "$profile" -o "$profile.bpf"
                ward seccomp compile --as oci "$profile" >"$profile.json"
                jq -e '.syscalls | length > 5' "$profile.json"
                run -0 ward seccomp diff "$profile" "./$profile.bpf"
                expect_output "They answer alike to every call."
                run -0 ward seccomp diff "$profile" "./$profile.json"
                ward seccomp compile "$profile" | cmp - "$profile.bpf"
                ward seccomp compile --as c "$profile" >"$profile.h"
                # The initialiser has the same numbers.
                python3 -c 'import re, struct, sys
for code, jt, jf, k in re.findall(r"\{(0x\w+), (\d+), (\d+), (0x\w+)\}", sys.stdin.read()):
    sys.stdout.buffer.write(struct.pack("<HBBI", int(code, 16), int(jt), int(jf), int(k, 16)))' <"$profile.h" | cmp - "$profile.bpf"
        done
        run -0 ward seccomp disasm default
        expect_in_output "; x86_64" "; openat" "return EPERM" "A &= 0x7e020000"
        [[ $(ward seccomp disasm --format json default | jq '.filters[0] | length') == $(($(stat -c %s default.bpf) / 8)) ]]
}

@test "diff names each call and each condition that two filters do not agree about" {
        cat >one.json <<<'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "rmdir"], "action": "SCMP_ACT_ERRNO"}]}'
        cat >two.json <<<'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["rmdir"], "action": "SCMP_ACT_ERRNO"},
                {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 511, "op": "SCMP_CMP_EQ"}]}]}'
        run -1 ward seccomp diff one.json two.json
        expect_in_output "mkdir                    ((u32)arg1 & 0xffff) == 511: EPERM; otherwise EPERM → allow"
        expect_not_in_output rmdir
        run -1 ward seccomp diff --format json one.json two.json
        [[ $(jq -c '[.architectures[].calls[].name] | unique' <<<"$output") == '["mkdir"]' ]] || shown
        run -0 ward seccomp diff one.json one.json
}

@test "lint finds the holes of a profile, and rules without effect" {
        cat >holes.json <<<'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                {"names": ["openat", "keyctl"], "action": "SCMP_ACT_ERRNO"},
                {"names": ["mkdir"], "action": "SCMP_ACT_ALLOW"},
                {"names": ["rmdir"], "action": "SCMP_ACT_ERRNO"},
                {"names": ["rmdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 511, "op": "SCMP_CMP_EQ"}]},
                {"names": ["opnat"], "action": "SCMP_ACT_ERRNO"}]}'
        run -1 ward seccomp lint --allow-unknown holes.json
        [[ $output =~ hole\ +newer\ calls && $output =~ hole\ +bpf && $output =~ hole\ +openat\ +refused,\ and\ open,\  ]] || shown
        [[ $output =~ hole\ +ioctl\ +TIOCSTI && $output =~ no\ effect\ +mkdir\ +line\ 3 && $output =~ no\ effect\ +rmdir\ +line\ 5 ]] || shown
        [[ $output =~ opnat\ +line\ 6:.*did\ you\ mean\ \'openat\' ]] || shown
        expect_not_in_output keyctl
        run -0 ward seccomp lint default
        run -0 ward seccomp lint strict
        run -1 ward seccomp lint --format json unconfined
        [[ $(jq -r '.findings[0].weight' <<<"$output") == hole ]]
}

@test "groups are systemd's, and a profile can name them" {
        cat >group.json <<<'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["@module", "@swap"], "action": "SCMP_ACT_ERRNO"}]}'
        run -0 ward seccomp explain group.json
        expect_in_output "380 allowed" "swapon swapoff"
        run -0 ward seccomp groups
        expect_in_output @system-service @known @sandbox
        run -0 ward seccomp groups @swap
        expect_output $'swapoff\nswapon'
        run -1 ward seccomp groups @swp
        expect_in_output "did you mean '@swap'?"
        sed 's/@swap/@swp/' group.json >mistake.json
        run -1 ward seccomp explain mistake.json
        expect_in_output "mistake.json:1:" "unknown group of system calls '@swp'" "did you mean '@swap'?"
}

@test "each of systemd's own groups has what systemd says it has" {
        local group extra
        # Only here and where it is installed: the table is the same everywhere.
        command -v systemd-analyze >/dev/null || skip "needs systemd-analyze"
        # A newer one may have moved calls since.
        [[ $(systemd-analyze --version | head -n 1) == "systemd 252 "* ]] || skip "needs systemd 252, whose groups these are"
        ward seccomp groups @known | sort >known
        systemd-analyze syscall-filter 2>/dev/null >theirs.txt
        for group in $(ward seccomp groups | grep -vxE '@known|@sandbox'); do
                # With what a group in it has; without what this machine's table has no name for.
                members "$group" | sort -u | comm -12 - known >theirs
                ward seccomp groups "$group" | sort -u >ours
                extra=$(comm -13 theirs ours | grep -vxE 'cachestat|fchmodat2|file_.etattr|.*xattrat|futex_(wait|wake|requeue)|mseal|listmount|statmount|open_tree_attr|mount_setattr|quotactl_fd' || true)
                [[ -z $extra && -z $(comm -23 theirs ours) ]] || { echo "$group: ours alone: $extra; theirs alone: $(comm -23 theirs ours)"; return 1; }
        done
}

# The calls of a group out of what systemd-analyze lists.
members() {
        awk -v group="$1" '/^@/ { name = $1 } /^    [@a-z_]/ { lists[name] = lists[name] " " $1 }
                function add(name, words, count, i) {
                        count = split(lists[name], words, " ")
                        for (i = 1; i <= count; i++)
                                if (words[i] ~ /^@/) add(words[i]); else print words[i]
                }
                END { add(group) }' theirs.txt
}

@test "an unknown name is an error with a suggestion; --allow-unknown leaves it out" {
        with_root
        cat >old.json <<<'{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdirr", "mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}]}'
        fails_with 1 "old.json:1:.*unknown system call 'mkdirr'.*did you mean 'mkdir'" ward seccomp explain old.json
        fails_with 125 "old.json:1:.*unknown system call 'mkdirr'" here --seccomp old.json @ mkdir /made
        run -0 ward seccomp explain --allow-unknown old.json mkdir
        expect_in_output "mkdir                    EIO"
        fails_with 1 "Input/output error" here --seccomp old.json --allow-unknown @ mkdir /made
        fails_with 125 "it is for a profile in a file" here --allow-unknown @ true
}

@test "ward's profiles are used by their names, and are installed as files" {
        local name
        with_root
        run -0 here --strength --seccomp strict @ sh -c 'grep ^Seccomp: /proc/self/status; chown 1:1 /tmp 2>&1 || echo refused'
        expect_in_output "seccomp strict" refused
        run -0 here --strength --security-opt seccomp=systemd @ unshare -U echo unshared
        expect_in_output "seccomp systemd" unshared
        fails_with 1 "unshare.*not permitted" here @ unshare -U true
        run -0 here --seccomp unconfined @ grep ^Seccomp: /proc/self/status
        expect_output $'Seccomp:\t'"$(outer_filter)"
        fails_with 125 "are one option" here --seccomp strict --security-opt seccomp=default @ true
        for name in default strict systemd; do
                run -0 ward seccomp diff "$name" "$WARD_SOURCE/data/seccomp/$name.json"
        done
}

@test "a filter by number, name, path and prefix" {
        echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >profile
        run -0 ward seccomp explain profile getpid
        expect_in_output "getpid                   allow"
        run -0 ward seccomp explain - getpid <profile
        expect_in_output "standard input"
        run -0 ward seccomp explain profile:strict getpid
        run -0 ward seccomp explain $$
        expect_in_output "process $$"
        fails_with 1 "not one of ward's own profiles.*did you mean 'strict'" ward seccomp explain profile:strct
        fails_with 1 "container 'nosuch' does not exist" ward seccomp explain nosuch
        echo 123456 >short
        fails_with 1 "neither a profile nor a filter" ward seccomp disasm short
        fails_with 1 "there is no system call 'opeat'.*did you mean 'openat'" ward seccomp explain default opeat
        fails_with 1 "i386 has no system call 'arch_prctl'|there is no" ward seccomp test --arch i386 default seccomp_nosuch
        fails_with 1 "is not one of: x86_64, i386, x32" ward seccomp explain --arch mips default
        fails_with 1 "has no meaning there: it is for explain, test, diff" ward seccomp lint --arch i386 default
        fails_with 1 "did you mean 'explain'" ward seccomp explian default
        fails_with 1 "usage: ward seccomp diff" ward seccomp diff default
        fails_with 1 "not the number of a process" ward seccomp dump default
}

@test "a filter that computes is said to do so, and single calls are tested all the same" {
        # A = arg0.low; A += 1; if A == 5 then EPERM else allow.
        printf '%b' '\x20\0\0\0\x10\0\0\0' '\x04\0\0\0\x01\0\0\0' '\x15\0\0\x01\x05\0\0\0' '\x06\0\0\0\x01\0\x05\0' '\x06\0\0\0\0\0\xff\x7f' >computing
        run -0 ward seccomp explain ./computing getpid
        expect_in_output "only single calls can be tested"
        run -1 ward seccomp test ./computing getpid 4
        run -0 ward seccomp test ./computing getpid 5
        run -0 ward seccomp disasm ./computing
        expect_in_output "A = arg0.low" "A += 0x1" "if A == 0x5 goto 3 else 4"
}
