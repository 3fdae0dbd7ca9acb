# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154,SC2317
#
# What is done with engines that have docker's command line, an operation a function: a file has a test for each, whose name begins with the
# operation's, and tests/engines/run makes a table of them.
#
# The file has `engine`, the engine's program, SCOPE, the first word of the scopes that it asks of systemd, IMAGE, the words for its image, NEW, those that each new container gets (POD_NEW: in a pod), AT_ONCE, those with which `rm -f` does not wait, and EXEC_MISSING, the status of
# an exec whose command is not there.

# of_group PID CONTROLLER V1-FILE V2-FILE: what the control group of a process says.
of_group() {
        local group
        group=$(sed -nE "s/^[0-9]+:([^:]*,)?$2(,[^:]*)?:(.*)/\3/p" "/proc/$1/cgroup")
        if [[ -n $group ]]; then
                cat "/sys/fs/cgroup/$2$group/$3"
        else
                cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/$4"
        fi
}

# The manager whose units the scopes are.
manager() { systemctl "$@"; }

# in_scope PID NAME [PROPERTY=VALUE]...: where systemd has the groups of engines, the process is in this scope, which systemd has made and given away,
# and which has these properties.
in_scope() {
        local group pair
        systemd_has_groups || return 0
        group=$(sed -n 's/^0:://p' "/proc/$1/cgroup")
        [[ $group/ == */"$2"/* ]] || { echo "not in $2, but in $group"; return 1; }
        for pair in ActiveState=active Delegate=yes "ControlGroup=${group%%"$2"*}$2" "${@:3}"; do
                manager show "$2" -p "${pair%%=*}" | grep -qxF "$pair" || { echo "wanted: $pair"; manager show "$2" -p "${pair%%=*}"; return 1; }
        done
}

no_scope() { ! systemd_has_groups || [[ $(manager show -P LoadState "$1") == not-found ]]; }

# has_limits PID BYTES HUNDREDTHS PROCESSES: of memory, of a processor's time, and of processes.
has_limits() {
        local quota period
        [[ $(of_group "$1" memory memory.limit_in_bytes memory.max) == "$2" ]] || return 1
        read -r quota period < <(of_group "$1" cpu cpu.cfs_quota_us cpu.max)
        [[ -n $period ]] || period=$(of_group "$1" cpu cpu.cfs_period_us)
        ((quota * 100 / period == $3)) || return 1
        [[ $(of_group "$1" pids pids.max pids.max) == "$4" ]] || return 1
        in_scope "$1" "$UNIT" "MemoryMax=$2" "CPUQuotaPerSecUSec=$(($3 * 10))ms" "TasksMax=$4"
}

inspected() { engine inspect -f "{{.State.$1}}" "$ID"; }
is() { [[ $(inspected Status) == "$1" ]]; }

# started COMMAND...: a container named $ID in the background, with the options in OPTIONS. Its pid is in PID, the name that its scope would have in UNIT.
started() {
        local id
        engine run -d --name "$ID" "${NEW[@]}" "${OPTIONS[@]}" "${IMAGE[@]}" "$@" 3>&-
        read -r PID id < <(engine inspect -f '{{.State.Pid}} {{.Id}}' "$ID")
        UNIT=$SCOPE-$id.scope
}

# ended_with STATUS
ended_with() {
        run -0 engine wait "$ID"
        [[ ${lines[-1]} == "$1" ]] || shown
        wait_until 10 is exited
        [[ $(inspected ExitCode) == "$1" ]]
}

op_run() {
        run -7 engine run --rm "${NEW[@]}" -e A="a b" -w /etc -u 1000:1001 --hostname box "${IMAGE[@]}" \
                sh -c 'echo "$A $PWD $(id -u):$(id -g) $(hostname)"; exit 7'
        expect_in_output "a b /etc 1000:1001 box"
        run -0 engine run --rm -i "${NEW[@]}" "${IMAGE[@]}" cat <<<"from outside"
        expect_in_output "from outside"
}

op_mounts() {
        mkdir -p src
        chmod 755 src
        echo outside >src/file
        run -0 engine run --rm "${NEW[@]}" --read-only --tmpfs /tmp:mode=1777 -v "$PWD/src:/src:ro" "${IMAGE[@]}" \
                sh -c 'cat /src/file; touch /src/x 2>/dev/null || echo bind is read-only; touch /x 2>/dev/null || echo root is; touch /tmp/x && echo written'
        expect_in_output $'outside\nbind is read-only\nroot is\nwritten'
}

# As tools do that bring drivers of the machine's GPUs into a container: by a hook in its mount namespace, at the path of its root.
op_hooks() {
        mkdir -p hooks
        echo "brought in" >driver
        cat >hook <<-END
	#!/bin/sh -e
	bundle=\$(jq -r .bundle)
	root=\$(cd "\$bundle" && realpath "\$(jq -r .root.path config.json)")
	mountpoint -q "\$root/proc"
	touch "\$root/etc/driver"
	mount --bind "$PWD/driver" "\$root/etc/driver"
	END
        jq -n --arg path "$PWD/hook" '{version: "1.0.0", hook: {path: $path, args: ["hook"], env: ["PATH=/usr/bin:/bin"]}, when: {always: true}, stages: ["createContainer"]}' >hooks/driver.json
        chmod -R a+rX . && chmod 755 hook
        run engine --hooks-dir "$PWD/hooks" run --rm "${NEW[@]}" "${IMAGE[@]}" cat /etc/driver
        expect_status 0
        expect_output "brought in"
}

op_confine() {
        run -0 engine run --rm "${NEW[@]}" --cap-drop all --security-opt no-new-privileges --sysctl net.ipv4.ip_unprivileged_port_start=7 \
                "${IMAGE[@]}" sh -c 'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; cat /proc/sys/net/ipv4/ip_unprivileged_port_start
                        wc -c </proc/timer_list; ls /sys/firmware | wc -l'
        expect_in_output $'CapEff:\t0000000000000000' $'CapBnd:\t0000000000000000' $'NoNewPrivs:\t1' $'Seccomp:\t2' $'\n7\n0\n0'
}

op_detach() {
        started sh -c 'until test -e /go; do usleep 20000; done; sleep 0.5; exit 5' # what makes the file ends first
        run -0 engine ps --format '{{.Names}}'
        expect_in_output "$ID"
        engine exec "$ID" touch /go
        ended_with 5
        engine rm "$ID"
}

op_exec() {
        started sleep 1000
        run -3 engine exec -e X=5 -w /etc -u 1000 "$ID" sh -c 'echo "x=$X $PWD $(id -u)"; exit 3'
        expect_in_output "x=5 /etc 1000"
        run -0 engine exec -i "$ID" cat <<<"from outside"
        expect_in_output "from outside"
        run "-$EXEC_MISSING" engine exec "$ID" nosuchcommand
        run -126 engine exec "$ID" /etc
        engine exec -d "$ID" touch /made
        wait_until 10 engine exec "$ID" test -e /made
        in_scope "$PID" "$UNIT"
        # The root of what a container sees is its own group.
        [[ ! -e /sys/fs/cgroup/cgroup.controllers || $(engine exec "$ID" cat /proc/self/cgroup) == 0::/ ]]
}

op_tty() {
        run -0 engine run --rm -t "${NEW[@]}" "${IMAGE[@]}" sh -c 'tty; test -c /dev/console && echo console'
        expect_in_output /dev/pts/0 console
        started sleep 1000
        run -0 engine exec -t "$ID" tty
        expect_in_output /dev/pts/
}

op_logs() {
        started sh -c 'echo said; echo complained >&2'
        ended_with 0
        run -0 --separate-stderr engine logs "$ID"
        expect_output said
        [[ $stderr == complained ]] || { echo "on stderr: $stderr"; return 1; }
}

op_top() {
        started sleep 1000
        run -0 engine top "$ID"
        expect_in_output "sleep 1000"
}

op_stats() {
        started sleep 1000
        run -0 engine stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' "$ID"
        [[ $output =~ $ID\ 1\ [1-9] ]] || shown
}

op_pause() {
        started sh -c 'while :; do echo >>/ticks; usleep 10000; done'
        # The root file system of a process is the one to look at from outside.
        ticks() { wc -c <"/proc/$PID/root/ticks"; }
        wait_until 10 test -s "/proc/$PID/root/ticks"
        engine pause "$ID"
        is paused
        before=$(ticks)
        sleep 0.1
        (($(ticks) == before))
        engine unpause "$ID"
        is running
        more_ticks() { (($(ticks) > before)); }
        wait_until 10 more_ticks
}

op_limits() {
        OPTIONS=(-m 64m --memory-swap 64m --pids-limit 50 --cpus 0.5)
        started sleep 1000
        has_limits "$PID" $((64 << 20)) 50 50
        # No limit, which some engines write as 0.
        run -0 engine run --rm --pids-limit -1 "${NEW[@]}" "${IMAGE[@]}" sh -c '(echo forked); true'
        expect_in_output forked
}

op_update() {
        # podman 5 changes nothing of a container without a health check, with whatever runtime.
        OPTIONS=(-m 64m --memory-swap 64m --pids-limit 50 --cpus 0.5 --health-cmd true)
        started sleep 1000
        engine update -m 48m --memory-swap 48m --cpus 0.25 "$ID"
        has_limits "$PID" $((48 << 20)) 25 50
}

# For a container with less memory than 64 MB. An engine begins to listen for it behind the start, and hears nothing of what was before; and once
# the last process has gone there is no group to look at: systemd takes it away.
RUN_OUT='later() { until test -e "/tmp/$1"; do usleep 20000; done; }
        later go; dd if=/dev/zero of=/dev/null bs=64M count=1; status=$?; later counted; exit "$status"'

# runs_out PID: of memory, what RUN_OUT does.
runs_out() {
        touch "/proc/$1/root/tmp/go"
        wait_until 20 counted "$1"
        touch "/proc/$1/root/tmp/counted"
}
counted() { of_group "$1" memory memory.oom_control memory.events | grep -q '^oom_kill [1-9]'; }

podman_misses_oom() {
        [[ $(conmon --version) != *" 2.1.6"* ]] || skip "conmon 2.1.6 says it in a file where podman does not look, with whatever runtime"
}

op_oom() {
        OPTIONS=(-m 16m --memory-swap 16m)
        started sh -c "$RUN_OUT"
        runs_out "$PID"
        ended_with 137
        [[ $(inspected OOMKilled) == true ]]
}

op_kill() {
        started sh -c 'trap "exit 42" TERM; touch /ready; while :; do usleep 10000; done'
        wait_until 10 engine exec "$ID" test -e /ready
        engine kill -s TERM "$ID"
        ended_with 42
        engine start "$ID"
        engine kill "$ID"
        ended_with 137
}

op_stop() {
        started sleep 1000
        engine stop -t 1 "$ID"
        is exited
        [[ $(inspected ExitCode) == 137 ]]
        engine start "$ID"
        is running
        engine restart -t 0 "$ID"
        is running
        engine rm -f "${AT_ONCE[@]}" "$ID"
        run ! engine inspect "$ID"
        wait_until 10 no_scope "$UNIT"
}

op_codes() {
        run -127 engine run --rm "${NEW[@]}" "${IMAGE[@]}" nosuchcommand
        run -126 engine run --rm "${NEW[@]}" "${IMAGE[@]}" /etc
        run -137 engine run --rm "${NEW[@]}" "${IMAGE[@]}" sh -c 'sh -c "kill -9 \$\$"; exit $?'
}

# op_build [OPTION...]: over an image that is called box.
op_build() {
        mkdir -p build
        printf '%s\n' 'FROM box' 'ENV A=built' 'RUN echo $A >/built && id -u >>/built' 'USER 1000' 'RUN id -u >/tmp/user' \
                'CMD cat /built /tmp/user' >build/Dockerfile
        tar -C build -c . | engine build "$@" -t built -
        run -0 engine run --rm "${NEW[@]}" built
        expect_in_output $'built\n0\n1000'
        mkdir -p broken
        printf '%s\n' 'FROM box' 'RUN exit 5' >broken/Dockerfile
        build_fails() { tar -C broken -c . | engine build "$@" -; }
        run ! build_fails "$@"
        expect_in_output "5"
}

# op_pod: with a first container of its own, whose namespaces the others have.
op_pod() {
        engine pod create --name "$ID-pod" --network none --share ipc,net,uts --hostname pod --infra-image box --infra-command "sleep 1000"
        engine run -d --pod "$ID-pod" --name "$ID" "${POD_NEW[@]}" box sleep 1000 3>&-
        first=$(engine pod inspect -f '{{.InfraContainerID}}' "$ID-pod")
        PID=$(engine inspect -f '{{.State.Pid}}' "$first")
        for namespace in ipc net uts; do
                [[ $(readlink "/proc/$PID/ns/$namespace") == "$(engine exec "$ID" readlink "/proc/self/ns/$namespace")" ]]
        done
        [[ $(engine exec "$ID" hostname) == pod ]]
        engine pod stop -t 0 "$ID-pod"
        is exited
        engine pod start "$ID-pod"
        is running
        engine pod rm -f -t 0 "$ID-pod"
}
