#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward run: the options that people bring along from docker and podman. Each test fails when its option does nothing.
# shellcheck disable=SC2154,SC2016

load helpers/common

setup() { with_root; }
teardown() { remove_all; }

# ---- the program -----------------------------------------------------------------------------------------------------------

@test "options behind ROOT and NAME are pointed out, one -- behind them is none of the command's" {
        fails_with 127 "execute '--rm'.*options stand in front of ROOT" here @ --rm ls
        [[ $(here @ -- echo a -- b) == "a -- b" && $(here -- @ -- echo c) == c ]]
        fails_with 127 "execute '--'" here @ -- -- true
        background "$ROOT" sleep 100
        [[ $(ward exec "$ID" -- echo a -- b) == "a -- b" ]]
        fails_with 127 "execute '-w'.*options stand in front of NAME" ward exec "$ID" -w / ls
        fails_with 125 "not enough operands" ward exec "$ID" --
        ward kill -KILL "$ID"
        ended_with 137
}

@test "the machine's own root: host is offered first" {
        needs_machine_root "others map no ids of it"
        run here / true
        ((status == 0)) || expect_in_output "write 'host'"
}

@test "limits of the machine's memory and time with units are in force" {
        background -m 64MiB --pids-limit max --cpus 50% --timeout 1m30s "$ROOT" sleep 100
        [[ $(limit_of memory memory.limit_in_bytes memory.max) == $((64 << 20)) ]]
        [[ $(limit_of pids pids.max pids.max) == max ]]
        run -0 ward stop -t 500ms "$ID"
}

@test "--env-file: lines, comments, the caller's own; -e wins" {
        printf '%s\n' '# a comment' 'A=1' '  B=two words' '' 'MINE' 'ABSENT' 'C=from file' >env
        MINE="a b" run -0 here --env-file env -e C=given @ env
        expect_in_output $'A=1\n' $'B=two words\n' "MINE=a b" "C=given"
        expect_not_in_output comment ABSENT "from file"
        fails_with 125 "--env-file.*No such file" here --env-file absent @ true
        echo '=x' >env
        fails_with 125 "--env-file.*has no name" here --env-file env @ true
        printf 'A=1\nB=2\0C=3\n' >env
        fails_with 125 "--env-file.*'env' has a NUL byte in line 2.*E112.*tr" here --env-file env @ true
}

@test "-it: the end of the input is the end of every read, also after a change of the terminal's mode" {
        run -0 timeout 60 "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -it --name "$ID" "$ROOT" \
                sh -c 'cat; sleep 1; stty sane; cat; echo done' </dev/null
        expect_in_output done
}

@test "--group-add: names and numbers" {
        echo 'extra:x:40:' >>"$ROOT/etc/group"
        run -0 here --group-add extra --group-add 77 @ id -G
        expect_output "0 40 77"
        fails_with 125 "no group 'extar'.*did you mean 'extra'" here --group-add extar @ true
        fails_with 125 "the ids 0 to 65535" here --group-add 70000 @ true
}

@test "--entrypoint: the command becomes its arguments" {
        run -0 here --entrypoint echo @ a b
        expect_output "a b"
        run -0 here --entrypoint pwd @
        expect_output /
        fails_with 127 "nosuch" here --entrypoint nosuch @ a
}

@test "--domainname" {
        run -0 here --domainname inside.example @ cat /proc/sys/kernel/domainname
        expect_output inside.example
        fails_with 125 "changed for others too.*--uts host" here --uts host --domainname x @ true
        fails_with 125 "changed for others too.*--uts host" here --uts host --hostname x @ true
}

@test "--init: the first process reaps and forwards, and says nothing of its caller" {
        SECRET=hidden run -0 here --init @ sh -c 'tr "\0" " " </proc/1/cmdline; echo; cat /proc/1/environ; ls /proc/1/fd; echo $$'
        expect_output $'ward-init 2 \n2'
        run -0 here --init @ sh -c 'grep -E "^(Cap|Seccomp:|NoNew)" /proc/1/status >/tmp/1; grep -E "^(Cap|Seccomp:|NoNew)" /proc/$$/status | diff /tmp/1 -'
        run -3 here --init @ sh -c 'exit 3'
        run -137 here --init @ sh -c 'kill -9 $$'
        run -127 here --init @ nosuch
        # An orphan's end: without the first process's care it stays a zombie.
        run -0 here --init @ sh -c '(sleep 0.1 & ); sleep 1; ps -o stat,args | grep -c "^Z" || true'
        expect_output 0
        run -0 here --init -it @ sh -c 'test -t 0 && tty'
        expect_in_output /dev/pts/
}

@test "--init: signals reach the program, and it can be joined" {
        background --init "$ROOT" sh -c 'trap "exit 44" TERM; while :; do sleep 0.05; done'
        run -0 ward exec "$ID" sh -c 'echo joined'
        expect_output joined
        kill -TERM "$PID"
        ended_with 44
}

@test "--init needs a pid namespace, and a filter that lets it live" {
        fails_with 125 "--init.*have a first one already.*--pid host" here --init --pid host @ true
        jq -n '{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["wait4"], action: "SCMP_ACT_ERRNO"}]}' >profile
        fails_with 125 "--init.*forbids wait4" here --init --security-opt seccomp=profile @ true
        run -0 here --security-opt seccomp=profile @ true
}

@test "--stop-signal, --stop-timeout: ward stop does as they say" {
        background --stop-signal USR1 "$ROOT" sh -c 'trap "exit 41" USR1; trap "exit 42" TERM; touch /ready; while :; do sleep 0.05; done'
        wait_until 10 test -e "$ROOT/ready"
        run -0 ward stop "$ID"
        ended_with 41
        ward rm "$ID"
        background --stop-timeout 0 "$ROOT" sh -c 'trap "" TERM; while :; do sleep 0.05; done'
        run -0 ward stop "$ID"
        ended_with 137
        fails_with 125 "--stop-signal.*'TREM'" here --stop-signal TREM @ true
}

@test "stop: TERM by default, a signal and a time when asked; what has stopped is no error" {
        background "$ROOT" sh -c 'trap "exit 42" TERM; while :; do sleep 0.05; done'
        run -0 ward stop "$ID"
        ended_with 42
        run -0 ward stop "$ID"
        ward rm "$ID"
        background "$ROOT" sh -c 'trap "" TERM; trap "exit 43" INT; while :; do sleep 0.05; done'
        run -0 ward stop -s INT -t 60 "$ID"
        ended_with 43
        fails_with 1 "container 'nosuch' does not exist" ward stop nosuch
}

@test "stop ends the container that it was asked to end, and no later one of its name" {
        local pid
        needs_program strace
        bundle c '.process.args = ["sleep", "100"]'
        ward_oci run -d -b c "$ID" 3>&-
        # The wait for its end is over when it is deleted, and another one runs when stop goes on.
        traced strace -qq -o trace -e trace=poll -e inject=poll:delay_exit=2000000 \
                "$WARD_BUILD/bin/ward" --root "$WORK/state" stop -t 1 "$ID" >said 2>&1 3>&- &
        pid=$!
        wait_until 10 grep -qs '1000) *= 0' trace
        ward_oci delete --force "$ID"
        ward_oci run -d -b c "$ID" 3>&-
        wait $pid || { cat said; return 1; }
        [[ $(ward_oci state "$ID" | jq -r .status) == running ]]
        ward_oci delete --force "$ID"
}

@test "--timeout: killed, and it is said why" {
        fails_with 124 "ran out of time.*--timeout" here --timeout 1 @ sleep 100
        run -0 here --timeout 100 @ true
        expect_output ""
}

@test "--cidfile, --pidfile" {
        run -0 ward run --rm --cidfile cid --pidfile pid "$ROOT" hostname
        [[ $(<cid) == "$output" ]]
        [[ $(<pid) =~ ^[0-9]+$ ]]
        fails_with 125 "--cidfile.*File exists.*remove it" here --cidfile cid @ true
        rm cid
        run -125 here --cidfile cid --sysctl kernel.panic=1 @ true
        [[ ! -e cid ]]
        run -127 here --cidfile cid @ nosuch
        [[ ! -e cid ]]
        background "$ROOT" sleep 100
        fails_with 125 "$ID.*exists" here --cidfile cid @ true
        [[ ! -e cid ]]
        ward kill "$ID"
        ended_with 137
}

# ---- files -----------------------------------------------------------------------------------------------------------------

@test "-v: the container's user is the owner of what is bound" {
        mkdir src
        echo x >src/file
        chown -R 1234:1235 src
        needs_machine_root "others map no ids of what they bind"
        run -0 here -v ./src:/src @ sh -c 'stat -c %u:%g /src /src/file; touch /src/root'
        expect_output $'0:0\n0:0'
        run -0 here -u 33:34 -v ./src:/src @ sh -c 'stat -c %u:%g /src/file; touch /src/web'
        expect_output 33:34
        [[ $(stat -c %u:%g src/root src/web) == $'1234:1235\n1234:1235' ]]
}

@test "-v: a user's directory gets no file of root, whoever tries" {
        mkdir src
        chown 1234:1234 src
        chmod 777 src
        # Every id that the container has: none of them is the machine's root there.
        run here --cap-add SETUID -u 0 -v ./src:/src @ sh -c 'for i in 0 1 33 1000 1234 65535; do touch /src/$i; chown $i /src/$i; chmod 4755 /src/$i; done' 2>&1
        if ! is_machine_root; then
                # Its root is the caller, and nobody of the machine: no file is of an id that the caller's user namespace has not got.
                [[ $(find src -uid 0) == src/0 && -z $(find src -uid 65534) ]]
                return
        fi
        [[ -z $(find src -uid 0) ]]
        run here -u 33 -v ./src:/src @ sh -c 'id -u; touch /src/x' 2>&1
        [[ $(stat -c %u src/x) == 1234 && -z $(find src -uid 0) ]]
}

@test "-v: U gives the files to the container's user" {
        local owner
        owner=$(stat -c %u /etc)
        mkdir -p src/below
        : >src/below/file
        ln -s /etc src/link
        run -0 here -u 33 -v ./src:/src:U @ sh -c 'stat -c %u /src /src/below/file; touch /src/below/new'
        expect_output $'33\n33'
        if is_machine_root; then
                (($(stat -c %u src/below/file) >= 65536))
        else
                (($(stat -c %u src/below/file) == 33))
        fi
        [[ $(stat -c %u /etc) == "$owner" ]]
        fails_with 125 "a directory of the system" here -v /usr:/x:U @ true
        fails_with 125 "a directory of the system" here -v /usr/../etc:/x:U @ true
        fails_with 125 "a directory of the system" ward run --dry-run -v /:/x:U "$ROOT" true
        run -0 here --userns host -u 33 -v ./src:/src:U @ true
        [[ $(stat -c %u src/below/file) == 33 ]]
        ln -s src named
        run -0 here --userns host -u 34 -v ./named:/src:U @ true
        [[ $(stat -c %u src src/below/file) == $'34\n34' ]]
        fails_with 125 nosuch here -v ./nosuch:/src:U @ true
}

@test "-v: z and Z have nothing to do where SELinux is not in force" {
        [[ ! -e /sys/fs/selinux/enforce ]] || skip "SELinux is in force here"
        mkdir src
        run -0 here -v ./src:/src:z,ro @ sh -c '! touch /src/x'
        run -0 here -v ./src:/src:Z @ touch /src/x
}

@test "-v: words of mount(8)" {
        mkdir src
        cp /bin/busybox src/busybox
        run -0 here -v ./src:/src @ /src/busybox true
        run -126 here -v ./src:/src:noexec @ /src/busybox true
        fails_with 125 "remount.*is not one of" here -v ./src:/src:remount @ true
}

@test "--mount type=bind" {
        mkdir src
        echo text >src/file
        run -0 here --mount type=bind,source=./src,target=/data @ sh -c 'cat /data/file; touch /data/new'
        expect_output text
        run -0 here --mount type=bind,src=./src,dst=/data,readonly @ sh -c '! touch /data/other'
        run -0 here --mount type=bind,src=./src,dst=/data,ro=true @ sh -c '! touch /data/other'
        run -0 here --mount type=bind,src=./src,dst=/data,ro=false @ touch /data/other
        fails_with 125 "'noexec=false' is not one of" here --mount type=bind,src=./src,dst=/data,noexec=false @ true
        fails_with 125 "it has no source" here --mount type=bind,dst=/data @ true
        fails_with 125 "no target" here --mount type=bind,src=./src @ true
        fails_with 125 "'reedonly' is not one of" here --mount type=bind,src=./src,dst=/data,reedonly @ true
        fails_with 125 "no named volumes" here --mount source=data,dst=/data @ true
}

@test "--mount type=tmpfs" {
        run -0 here --mount type=tmpfs,dst=/data,tmpfs-size=1m,tmpfs-mode=700 @ sh -c 'stat -f -c %T /data; stat -c %a /data; df -k /data | awk "END {print \$2}"'
        expect_output $'tmpfs\n700\n1024'
        run -0 here --mount type=tmpfs,destination=/data,readonly @ sh -c '! touch /data/x'
        run -0 here --mount type=tmpfs,destination=/data,readonly=false @ touch /data/x
        fails_with 125 "a tmpfs has no source" here --mount type=tmpfs,src=x,dst=/data @ true
}

@test "--shm-size" {
        run -0 here --shm-size 1m @ sh -c 'df -k /dev/shm | awk "END {print \$2}"'
        expect_output 1024
        fails_with 125 "is no size" here --shm-size 0 @ true
        fails_with 125 "exclude each other" here --shm-size 1m --ipc host @ true
}

@test "--device: the node, its name, its rights, a directory of them" {
        needs_node /dev/fuse
        run -0 here --device /dev/fuse @ stat -c '%t:%T' /dev/fuse
        expect_output a:e5
        run -0 here --device /dev/zero:/dev/nil @ sh -c 'head -c 2 /dev/nil | wc -c'
        expect_output 2
        run -0 here -v /dev/fuse:/dev/fuse:noidmap @ sh -c '! true </dev/fuse' # a volume brings no device
        mkdir nodes
        # Who can make none binds the machine's own.
        mknod -m 666 nodes/random c 1 8 2>/dev/null || { : >nodes/random && mount --bind /dev/random nodes/random; }
        run -0 here --device "$WORK/nodes:/dev/nodes" @ sh -c 'head -c 2 /dev/nodes/random | wc -c'
        ! mountpoint -q nodes/random || umount nodes/random
        expect_output 2
        fails_with 125 "it is no device" here --device /etc/passwd @ true
        fails_with 125 "--device.*No such file" here --device /dev/nosuch @ true
        fails_with 125 "not of r, w and m" here --device /dev/fuse:/dev/fuse:rx @ true
        fails_with 125 "device interface" here --device vendor.com/class=name @ true
}

@test "--device: what the rights leave out is refused by the group" {
        needs_node /dev/fuse
        needs_machine_root "device rules of control groups are its own to make"
        # Its owner may open it: with the machine's users only the group stands in between.
        run -0 here --userns host --device /dev/fuse @ sh -c 'true <>/dev/fuse && echo opened'
        expect_output opened
        run -0 here --userns host --device /dev/fuse:r @ sh -c 'true </dev/fuse && ! true <>/dev/fuse'
}

needs_node() { [[ -c $1 ]] || unable "this machine has no $1"; }

# ---- limits ----------------------------------------------------------------------------------------------------------------

@test "--memory-reservation, --memory-swap, --cpu-shares, --cpuset-cpus: in the machine's cgroup files" {
        background -m 64m --memory-reservation 32m --cpu-shares 512 --cpuset-cpus 0 "$ROOT" sleep 100
        run -0 limit_of memory memory.soft_limit_in_bytes memory.low
        expect_output $((32 << 20))
        run -0 limit_of cpu cpu.shares cpu.weight
        [[ $output == 512 || $output == 20 || $output == 59 ]] || shown
        run -0 limit_of cpuset cpuset.cpus cpuset.cpus
        expect_output 0
        ward rm -f "$ID"
        wait "$PID" || true
        fails_with 125 "--memory-swap.*needs --memory" here --memory-swap 1g @ true
        fails_with 125 "--memory-swap.*less than --memory" here -m 64m --memory-swap 32m @ true
        fails_with 125 "--cpu-shares.*not from 2 to 262144" here --cpu-shares 1 @ true
        fails_with 125 "--cpuset-cpus" here --cpuset-cpus 99999 @ true
}

@test "--memory-swap: memory and swap together" {
        compgen -G '/sys/fs/cgroup/memory/memory.memsw.*' >/dev/null || [[ -e /sys/fs/cgroup/cgroup.controllers ]] ||
                unable "this kernel does not count swap"
        background -m 64m --memory-swap 96m "$ROOT" sleep 100
        run -0 limit_of memory memory.memsw.limit_in_bytes memory.swap.max
        [[ $output == $((96 << 20)) || $output == $((32 << 20)) ]] || shown
}

@test "--ulimit" {
        run -0 here --ulimit nofile=100:200 --ulimit core=5 @ sh -c 'ulimit -n; ulimit -Hn; grep "Max core" /proc/self/limits | awk "{print \$5}"'
        expect_output $'100\n200\n5'
        run -0 here @ sh -c 'ulimit -Hc'
        expect_output 0
        fails_with 125 "'nofiel' is not a resource limit.*did you mean 'NOFILE'" here --ulimit nofiel=1 @ true
        fails_with 125 "above the hard limit" here --ulimit nofile=2:1 @ true
        fails_with 125 "that is no limit" here --ulimit nofile @ true
}

@test "--sysctl: its own namespaces' alone" {
        run -0 here --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4096 @ cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
        expect_output $'1\n4096'
        # Of two for one setting the last holds, in whatever way its name is written, and what is kept can be read back.
        background --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4096 --sysctl net.ipv4.ip_forward=0 --sysctl net/ipv4/ip_forward=1 "$ROOT" sleep 100
        run -0 ward exec "$ID" cat /proc/sys/net/ipv4/ip_forward
        expect_output 1
        ward inspect --format json "$ID" | jq -e '.containers[0].config.linux.sysctl == {"net/ipv4/ip_forward": "1", "kernel.msgmax": "4096"}'
        ward rm -f "$ID"
        fails_with 125 "belongs to the whole machine" here --sysctl kernel.panic=1 @ true
        fails_with 125 "--sysctl net.nosuch=1: .*no such setting" here --sysctl net.nosuch=1 @ true
        fails_with 125 "set for others too.*--network host" here --network host --sysctl net.ipv4.ip_forward=1 @ true
        fails_with 125 "it has no value" here --sysctl net.ipv4.ip_forward @ true
        fails_with 125 "use --hostname" here --sysctl kernel.hostname=x @ true
}

@test "--oom-score-adj" {
        run -0 here --oom-score-adj 321 @ cat /proc/self/oom_score_adj
        expect_output 321
        fails_with 125 "not from -1000 to 1000" here --oom-score-adj 1001 @ true
}

# ---- namespaces ------------------------------------------------------------------------------------------------------------

# same_namespace NAME: the machine's, as $output says.
expect_machines() { expect_output "$(readlink "/proc/self/ns/$1")"; }

@test "--pid, --ipc, --uts, --cgroupns host: the machine's namespace" {
        run -0 here --pid host @ readlink /proc/self/ns/pid
        expect_machines pid
        run -0 here --ipc host @ readlink /proc/self/ns/ipc
        expect_machines ipc
        run -0 here --uts host @ readlink /proc/self/ns/uts
        expect_machines uts
        run -0 here --cgroupns host @ readlink /proc/self/ns/cgroup
        expect_machines cgroup
        run -0 here --userns host --pid host --ipc host @ readlink /proc/self/ns/pid
        expect_machines pid
        run -0 here --pid private --ipc shareable --uts private --cgroupns private @ readlink /proc/self/ns/pid
        expect_not_in_output "$(readlink /proc/self/ns/pid)"
        fails_with 125 "'hots' is not one of.*did you mean 'host'" here --pid hots @ true
}

@test "--pid host: the machine's processes, and none of their secrets" {
        SECRET=hidden sleep 60 3>&- &
        wait_until 10 is_program sleep $!
        run -0 here --pid host @ sh -c "cat /proc/$!/comm; cat /proc/$!/environ 2>&1 || true"
        kill $!
        expect_in_output sleep "Permission denied"
        expect_not_in_output SECRET
}

@test "--ipc none: no /dev/shm" {
        run -0 here --ipc none @ sh -c 'test ! -e /dev/shm'
        run -0 here @ test -d /dev/shm
}

@test "--ipc container:NAME: its /dev/shm, too" {
        background "$ROOT" sh -c 'echo first >/dev/shm/first; exec sleep 100'
        wait_until 10 ward exec "$ID" test -s /dev/shm/first
        run -0 ward run --rm --ipc "container:$ID" "$ROOT" sh -c 'cat /dev/shm/first; stat -c %u /dev/shm/first; echo second >/dev/shm/second'
        expect_output $'first\n0'
        run -0 ward exec "$ID" cat /dev/shm/second
        expect_output second
        grep -q ' /dev/shm .*nosuid,nodev,noexec' <(ward run --rm --ipc "container:$ID" "$ROOT" cat /proc/self/mountinfo)
        run -0 ward run --rm "$ROOT" ls /dev/shm
        expect_output ""
        run -0 ward run --dry-run --ipc "container:$ID" "$ROOT" true
        expect_in_output "'/dev/shm'"
        # Of one that has none, nothing is shared; what it has put in the way is not gone through.
        ward rm -f "$ID"
        background --ipc none "$ROOT" sleep 100
        run -0 ward run --rm --ipc "container:$ID" "$ROOT" test ! -e /dev/shm
        ward rm -f "$ID"
        background --cap-add SYS_ADMIN --security-opt seccomp=unconfined "$ROOT" sh -c 'umount /dev/shm; rmdir /dev/shm; ln -s /etc /dev/shm; exec sleep 100'
        wait_until 10 ward exec "$ID" test -L /dev/shm
        fails_with 125 "/dev/shm of container" ward run --rm --ipc "container:$ID" "$ROOT" true
}

@test "container:NAME: its namespaces and its users" {
        background --cap-add NET_ADMIN "$ROOT" sh -c 'ip addr add 10.1.2.3/32 dev lo; exec sleep 100'
        wait_until 10 exec_sees 10.1.2.3
        run -0 ward run --rm --network "container:$ID" "$ROOT" sh -c 'ip addr; ls /sys/class/net; cat /proc/self/uid_map'
        expect_in_output 10.1.2.3 "$(tr -s ' ' <"/proc/$(init_pid)/uid_map" | cut -d' ' -f3)"
        run -0 ward run --rm --pid "container:$ID" --ipc "container:$ID" --uts "container:$ID" "$ROOT" sh -c 'ps; hostname'
        expect_in_output "sleep 100" "$ID"
        run -0 ward run --rm --userns "container:$ID" "$ROOT" sh -c 'touch /made; stat -c %u /made'
        expect_output 0
        fails_with 125 "container 'nosuch' does not exist" ward run --rm --network container:nosuch "$ROOT" true
        fails_with 125 "two containers" ward run --rm --network "container:$ID" --pid container:other "$ROOT" true
}

@test "container:NAME: what it shares with the machine is the machine's for who joins it, too" {
        local ns
        background --network host --ipc host "$ROOT" sleep 100
        for ns in net:network ipc:ipc; do
                run -0 ward run --rm "--${ns#*:}" "container:$ID" "$ROOT" readlink "/proc/self/ns/${ns%:*}"
                expect_in_output "$(readlink "/proc/self/ns/${ns%:*}")"
                run -0 ward run --rm "--${ns#*:}" "container:$ID" --userns host "$ROOT" true
        done
        run -0 ward run --rm --network "container:$ID" "$ROOT" ls /sys/class/net
        expect_in_output lo
        ward rm -f "$ID"
        needs_machine_root "a network namespace of its own"
        # One that is neither its own nor the machine's.
        unshare -n sleep 100 3>&- &
        PID=$!
        wait_until 10 is_program sleep "$PID"
        ns=$PID
        background --network "ns:/proc/$ns/ns/net" "$ROOT" sleep 100
        run -0 ward run --rm --network "container:$ID" "$ROOT" sh -c 'readlink /proc/self/ns/net; ls -A /sys/class/net 2>&1'
        kill "$ns"
        expect_in_output "net:["
        [[ $output == "net:["*"]" ]] || shown
}

exec_sees() { ward exec "$ID" ip addr | grep -qF "$1"; }

@test "ns:PATH: a network namespace by its file" {
        unshare -n sleep 60 3>&- &
        local holder=$!
        wait_until 10 in_other_namespace "$holder"
        run -0 here --network "ns:/proc/$holder/ns/net" @ readlink /proc/self/ns/net
        kill "$holder"
        [[ $output != "$(readlink /proc/self/ns/net)" ]]
        fails_with 125 "not an absolute path" here --network ns:run/x @ true
        fails_with 125 "open the namespace.*No such file" here --network ns:/nosuch @ true
        fails_with 125 "belongs to other users.*--userns host" here --pid ns:/proc/self/ns/pid @ true
}

in_other_namespace() { [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }

@test "--time-offset: both clocks, or one" {
        [[ -e /proc/self/ns/time ]] || unable "this kernel has no time namespaces"
        run -0 here --time-offset boottime=1000000000 @ sh -c 'cut -d. -f1 /proc/uptime'
        ((output >= 1000000000))
        run -0 here --time-offset 1000000000 @ sh -c 'cut -d. -f1 /proc/uptime; readlink /proc/self/ns/time'
        ((lines[0] >= 1000000000))
        [[ ${lines[1]} != "$(readlink /proc/self/ns/time)" ]]
        run -0 here --time-offset monotonic=1000000000 @ sh -c 'cut -d. -f1 /proc/uptime'
        ((output < 1000000000))
        fails_with 125 "no offset of a clock" here --time-offset wall=1 @ true
}

# ---- rights ----------------------------------------------------------------------------------------------------------------

@test "--privileged: capabilities, filter, masks, mounts; --cap-drop still takes away" {
        run -0 here --privileged @ sh -c 'grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; mount -t tmpfs none /tmp && echo mounted; wc -l </proc/kallsyms'
        expect_in_output "000001ffffffffff" $'NoNewPrivs:\t0' $'Seccomp:\t'"$(outer_filter)" mounted
        ((${lines[-1]} > 1000))
        run -0 here --privileged --cap-drop SYS_ADMIN @ sh -c 'mount -t tmpfs none /tmp 2>/dev/null || echo refused'
        expect_output refused
        # Root inside is nobody here, privileged or not.
        run -0 here --privileged @ sh -c 'true >/proc/sys/kernel/panic || echo refused' 2>/dev/null
        expect_in_output refused
}

@test "--privileged with the machine's users may open its devices" {
        needs_machine_root "others make no device nodes"
        run -0 here --userns host --privileged @ sh -c 'mknod /tmp/kmsg c 1 11 && true </tmp/kmsg && echo opened'
        expect_output opened
        run -0 here --userns host --cap-add MKNOD @ sh -c 'mknod /tmp/kmsg2 c 1 11; true </tmp/kmsg2 || echo refused' 2>/dev/null
        expect_in_output refused
}

@test "--security-opt mask, unmask, systempaths" {
        echo secret >"$ROOT/etc/secret"
        run -0 here --security-opt mask=/etc/secret:/root @ cat /etc/secret
        expect_output ""
        run -125 here --security-opt mask=/etc/secret:/ @ cat /etc/secret
        expect_in_output "--security-opt mask: '/' is the root itself" "name what lies below it"
        run -0 here @ sh -c 'wc -l </proc/kallsyms'
        expect_output 0
        run -0 here --security-opt unmask=/proc/kallsyms @ sh -c 'wc -l </proc/kallsyms'
        ((output > 1000))
        run -0 here --security-opt 'unmask=/proc/k*' @ sh -c 'wc -l </proc/kallsyms'
        ((output > 1000))
        run -0 here --security-opt systempaths=unconfined @ sh -c 'wc -l </proc/kallsyms'
        ((output > 1000))
        run -0 here --cap-add NET_ADMIN --security-opt unmask=ALL --sysctl net.ipv4.ip_forward=0 @ sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward'
        expect_output 1
        fails_with 125 "is not masked" here --security-opt unmask=/proc/nosuch @ true
        fails_with 125 "not an absolute path" here --security-opt mask=etc @ true
}

@test "--security-opt apparmor, label, smack: refused where the kernel has none, in words" {
        [[ -e /sys/module/apparmor/parameters/enabled ]] ||
                fails_with 125 "AppArmor is not active" here --security-opt apparmor=docker-default @ true
        [[ -e /sys/fs/selinux/enforce ]] ||
                fails_with 125 "SELinux is not active" here --security-opt label=type:container_t @ true
        [[ -e /sys/fs/smackfs ]] ||
                fails_with 125 "Smack is not active" here --security-opt smack=web @ true
        fails_with 125 "can't be the Smack label of a process" here --security-opt smack=a/b @ true
        run -0 here --security-opt apparmor=unconfined --security-opt label=disable @ true
        fails_with 125 "no part of a label" here --security-opt label=kind:x @ true
        fails_with 125 "did you mean 'unmask'" here --security-opt unmsk=/proc @ true
}

# ---- the walls -------------------------------------------------------------------------------------------------------------

@test "--strength: which walls stand, in a line and as JSON; on a terminal without being asked" {
        run -0 --separate-stderr here --strength -m 64m @ echo out
        [[ $output == out && $stderr == *"namespaces user,cgroup,ipc,uts,net,pid,mnt"*"ids 65536 own"*"seccomp default"*"memory 64m"* ]] || shown
        run -0 --separate-stderr here --strength --format json @ true
        [[ $(jq -r '.version, .strength.caps.inForce, .strength.seccomp.whole, .strength.namespaces.missing' <<<"$stderr") == $'1\n8\ntrue' ]] ||
                { echo "$stderr"; return 1; }
        run -0 --separate-stderr here --strength --network host --cap-add SYS_TIME --security-opt seccomp=unconfined \
                --security-opt no-new-privileges=false @ true
        [[ $stderr == *"net the machine's"*"caps 9 (also SYS_TIME)"*"seccomp no (every"*"no-new-privileges no (set-user-id"* ]] || { echo "$stderr"; return 1; }
        run -0 --separate-stderr here @ true
        [[ -z $stderr ]]
        run "$TERMINAL" '' "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" "$ROOT" true
        expect_in_output "seccomp default"
        run "$TERMINAL" '' "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --strength=false --name "$ID" "$ROOT" true
        expect_not_in_output seccomp
}

@test "--require: a wall that is not whole is no start" {
        local devices=,devices
        if ! is_machine_root; then
                # Device rules are root's to make; what nobody could open outside stays closed without them.
                fails_with 125 "--require.*devices: refusing takes root" here --require devices @ echo ran
                expect_not_in_output ran
                devices=
        fi
        run -0 here --require "namespaces,ids,caps,seccomp,no-new-privileges,cgroup,paths,keyring$devices" @ echo ran
        expect_output ran
        fails_with 125 "--require.*namespaces: net the machine's" here --require namespaces --network host @ echo ran
        expect_not_in_output ran
        fails_with 125 "--require.*ids: the machine's users" here --require ids --userns host @ true
        fails_with 125 "--require.*caps: also SYS_TIME" here --require caps --cap-add SYS_TIME @ true
        fails_with 125 "--require.*seccomp: every" here --require seccomp --security-opt seccomp=unconfined @ true
        [[ -z $devices ]] || fails_with 125 "--require.*devices: all" here --require devices --privileged @ true
        fails_with 125 "'cgruop' is not one of.*did you mean 'cgroup'" here --require cgruop @ true
        [[ -z $(ward ps -aq) ]]
}

# ---- help ------------------------------------------------------------------------------------------------------------------
