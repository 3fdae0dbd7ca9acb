#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The options of `ward run` beside podman's: the same command line, the same probe, the same answer; and where docs/DOCKER-OPTIONS.md says that they
# differ, they do.
# shellcheck disable=SC2154,SC2016

load helpers/common

setup() {
        ward_setup
        needs_root
        needs_program podman runc # whose crun refuses hybrid groups
        R=$WORK/rootfs
        rootfs "$R"
        mkdir "$R/work" "$R/data"
        printf '%s\n' 'web:x:33:34::/home/web:/bin/sh' >>"$R/etc/passwd"
        printf '%s\n' 'www:x:34:' 'extra:x:40:web' >>"$R/etc/group"
        mkdir src
        echo text >src/file
        printf '%s\n' '# comment' 'FROM=file' >env
        echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' >profile.json
        NETWORK=(--network none)
}

teardown() {
        remove_own_podman
        remove_all
}

engine() { own_podman runc "$@"; }

# answers [OPTION...] @ COMMAND...: both programs' output and status, in $theirs and $ours. podman's own default for open files may be above what
# this machine allows.
answers() {
        local options=()
        while [[ $1 != @ ]]; do options+=("$1"); shift; done
        shift
        theirs=$(engine run --rm "${NETWORK[@]}" --ulimit nproc=4096:4096 --ulimit nofile=1024:1024 "${options[@]}" --rootfs "$R" "$@" 2>"$WORK/theirs" <<<typed; echo "status $?")
        ours=$(ward run --rm --name "$ID" "${NETWORK[@]}" "${options[@]}" "$R" "$@" 2>"$WORK/ours" <<<typed; echo "status $?")
}

# same [OPTION...] @ COMMAND...
same() {
        answers "$@"
        [[ $theirs == "$ours" ]] || { printf 'podman: %s\nward: %s\n' "$theirs" "$ours"; cat "$WORK/theirs" "$WORK/ours"; return 1; }
}

# differ PODMAN WARD [OPTION...] @ COMMAND...: the patterns of both outputs.
differ() {
        answers "${@:3}"
        [[ $theirs == $1 && $ours == $2 ]] || { printf 'podman: %s\nward: %s\n' "$theirs" "$ours"; cat "$WORK/theirs" "$WORK/ours"; return 1; }
}

@test "the program: env, env-file, workdir, entrypoint, interactive, tty, status" {
        same -e A=1 -e B="a b" @ sh -c 'echo "$A $B"'
        same --env-file ./env -e A=2 @ sh -c 'echo $FROM $A'
        same --workdir /etc @ pwd
        same -w /etc @ pwd
        same --entrypoint /bin/echo @ one two
        same -i @ cat
        same @ cat
        same @ sh -c 'exit 7'
        same @ nosuch
        same @ /etc
}

@test "users: user, group-add" {
        same -u 33:34 @ sh -c 'id -u; id -g'
        same --user web @ id -u
        same -u web:extra @ id -g
        same -u 1000 --group-add 77 @ sh -c 'id -G | grep -ow 77'
}

@test "names: hostname, name, rm, cidfile, pidfile" {
        same --hostname box @ hostname
        engine run --rm "${NETWORK[@]}" --ulimit nproc=4096:4096 --ulimit nofile=1024:1024 --cidfile their.cid --pidfile their.pid --rootfs "$R" true
        ward run --rm --name "$ID" --cidfile our.cid --pidfile our.pid "$R" true
        [[ $(wc -l <their.cid) == 0 && -s their.cid && $(wc -l <our.cid) == 0 && $(<our.cid) == "$ID" ]]
        [[ $(<their.pid) =~ ^[0-9]+$ && $(<our.pid) =~ ^[0-9]+$ ]]
        run -125 ward run --rm --cidfile our.cid "$R" true
        run -125 engine run --rm --cidfile their.cid --rootfs "$R" true
}

@test "files: volume, mount, tmpfs, read-only, shm-size, device" {
        same -v "$WORK/src:/data" @ cat /data/file
        same --volume "$WORK/src:/data:ro" @ touch /data/x
        same -v "$WORK/src:/data:noexec" @ sh -c 'grep " /data " /proc/self/mountinfo | grep -o noexec'
        same --mount "type=bind,src=$WORK/src,dst=/data,readonly" @ touch /data/x
        same --mount type=tmpfs,dst=/data,tmpfs-size=1m @ sh -c 'df -k /data | awk "END {print \$2}"'
        same --tmpfs /new:size=64k,mode=700 @ sh -c 'stat -c %a /new; df -k /new | awk "END {print \$2}"'
        same --read-only @ touch /x
        same --shm-size 1m @ sh -c 'df -k /dev/shm | awk "END {print \$2}"'
        # Where podman makes no node it binds the name inside, which is not there outside.
        ! is_machine_root || same --device /dev/zero:/dev/other @ sh -c 'head -c 3 /dev/other | wc -c'
}

@test "limits: memory, cpuset-cpus, pids-limit, ulimit, sysctl, oom-score-adj" {
        same -m 16m --memory-swap 16m @ tail /dev/zero
        same --cpuset-cpus 0 @ nproc
        same --pids-limit 8 @ sh -c '(i=0; while [ $i -lt 20 ]; do sleep 1 & i=$((i+1)); done) 2>/tmp/said; read -r line </tmp/said; echo "$line"'
        [[ $ours == *fork* ]]
        same --ulimit core=5:7 @ sh -c 'ulimit -c; ulimit -Hc'
        same --sysctl net.ipv4.ip_forward=1 @ cat /proc/sys/net/ipv4/ip_forward
        same --oom-score-adj 321 @ cat /proc/self/oom_score_adj
        same --cpus 0.5 --cpu-shares 512 --memory-reservation 32m @ true
}

@test "namespaces: network, net, pid, ipc, uts, cgroupns, userns" {
        same @ ls /sys/class/net
        NETWORK=()
        same --net none @ ls /sys/class/net
        same --network host @ readlink /proc/self/ns/net
        NETWORK=(--network none)
        same --pid host @ readlink /proc/self/ns/pid
        same --ipc host @ readlink /proc/self/ns/ipc
        same --uts host @ readlink /proc/self/ns/uts
        same --cgroupns host @ readlink /proc/self/ns/cgroup
        same --userns host @ cat /proc/self/uid_map
}

@test "rights: cap-add, cap-drop, security-opt, privileged" {
        same --cap-drop ALL --cap-add KILL @ grep CapBnd /proc/self/status
        same --userns host --cap-add ALL @ grep CapBnd /proc/self/status
        same --security-opt no-new-privileges @ grep NoNewPrivs /proc/self/status
        # Ours has the filter around it that refuses the newest calls.
        newest_calls_refused || same --security-opt seccomp=unconfined @ grep Seccomp: /proc/self/status
        same --security-opt "seccomp=$WORK/profile.json" @ mkdir /new
        newest_calls_refused || same --userns host --privileged @ grep -E '^(CapBnd|Seccomp):' /proc/self/status
        same --userns host --privileged @ grep '^CapBnd:' /proc/self/status
        same --security-opt mask=/etc/group @ cat /etc/group
        same --userns host --security-opt unmask=ALL @ sh -c 'wc -c </proc/timer_list >/dev/null && echo open'
}

@test "what differs, as docs/DOCKER-OPTIONS.md says" {
        differ "$(<"/proc/self/uid_map")*" '* 65536*' @ cat /proc/self/uid_map
        differ '*NoNewPrivs:*0*' '*NoNewPrivs:*1*' @ grep NoNewPrivs /proc/self/status
        differ '*00000000800405fb*' '*00000000000005eb*' @ grep CapBnd /proc/self/status
        differ 'status 255' 'status 124' --timeout 1 @ sleep 60
        differ '1777*' '700*' --tmpfs /tmp:mode=700 @ stat -c %a /tmp
        differ 'status 0' 'status 125' -v data:/data @ true
}

@test "docs/DOCKER-OPTIONS.md has every option of run" {
        local option count=0
        for option in $(ward run --help-all | grep -oE '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
                [[ $option == --help* ]] || grep -q "^| \`\(-[a-z], \)\?$option\`" "$WARD_SOURCE/docs/DOCKER-OPTIONS.md" || { echo "$option has no row"; return 1; }
                count=$((count + 1))
        done
        ((count > 50))
}
