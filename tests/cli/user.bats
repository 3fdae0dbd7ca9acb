#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward run as an ordinary user: nothing is set-user-id, nobody is asked.
# shellcheck disable=SC2154,SC2016

load helpers/common

USER_ID=12345

setup() {
        home_setup
        ROOT=$HERE/root
        rootfs "$ROOT"
        mkdir src
        chown -R "$USER_ID:$USER_ID" "$ROOT" src
}

teardown() {
        [[ -z ${THEIRS:-} ]] || ward cgroup delete -rk "$THEIRS" 2>/dev/null || true
        home_teardown
}

user_runs() { [[ $(as_user ps -q) == "$ID" ]]; }

in_background() {
        as_user run --name "$ID" "$@" 3>&- &
        PID=$!
        wait_until 20 user_runs
}

@test "a root that is closed to the caller" {
        chown -R 0:0 "$ROOT"
        chmod 700 "$ROOT"
        run -125 as_user run --rm "$ROOT" true
        expect_in_output "open the root's /etc/passwd: Permission denied [E203]" "closed to you"
}

@test "a program runs: root inside is the caller, and has the same walls as root's" {
        run -0 as_user run --rm "$ROOT" sh -c 'id -u; id -g; cat /proc/self/uid_map; touch /made; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status'
        expect_in_output $'0\n0\n' " $USER_ID " 00000000000005eb $'NoNewPrivs:\t1' $'Seccomp:\t2'
        [[ $(stat -c %u "$ROOT/made") == "$USER_ID" ]]
        run -0 as_user run --rm "$ROOT" sh -c 'ls /sys/class/net; ps | wc -l; hostname; for n in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$n; done'
        [[ ${lines[0]} == lo ]]
        for n in cgroup ipc mnt net pid user uts; do
                expect_not_in_output "$(readlink "/proc/self/ns/$n")"
        done
        run -0 as_user run --rm "$ROOT" sh -c 'wc -l </proc/kallsyms; true 2>/dev/null >/proc/sys/kernel/panic || echo refused'
        expect_output $'0\nrefused'
        run -5 as_user run --rm "$ROOT" sh -c 'exit 5'
}

@test "-u and -v: whoever it is inside is the caller outside" {
        run -0 as_user run --rm -u 1000:1001 -v ./src:/src "$ROOT" sh -c 'id -u; id -g; touch /src/made; stat -c %u:%g /src/made'
        expect_output $'1000\n1001\n1000:1001'
        [[ $(stat -c %u:%g "$HERE/src/made") == "$USER_ID:$USER_ID" ]]
        run -0 as_user run --rm -v ./src:/src:ro "$ROOT" sh -c '! touch /src/more'
        run -0 as_user run --rm --userns keep-id "$ROOT" id -u
        expect_output "$USER_ID"
        # What the caller may not read outside is not to be read inside.
        install -m 600 /dev/null secret
        run -0 as_user run --rm -v ./secret:/secret "$ROOT" sh -c '! cat /secret'
        run -125 as_user run --rm -v ./src:/src:idmap "$ROOT" true
        expect_in_output "only root of the machine may map"
}

@test "-t, --init, --tmpfs, --read-only, --sysctl, --ulimit, --time-offset, --network host" {
        run -0 as_user run --rm -t "$ROOT" tty
        expect_in_output /dev/pts/
        run -0 as_user run --rm --init "$ROOT" cat /proc/1/comm
        expect_output "memfd:ward-init"
        run -0 as_user run --rm --read-only --tmpfs /tmp "$ROOT" sh -c 'touch /tmp/x && ! touch /x'
        run -0 as_user run --rm --sysctl net.ipv4.ip_forward=1 --ulimit nofile=77 "$ROOT" sh -c 'cat /proc/sys/net/ipv4/ip_forward; ulimit -n'
        expect_output $'1\n77'
        run -0 as_user run --rm --network host "$ROOT" readlink /proc/self/ns/net
        expect_output "$(readlink /proc/self/ns/net)"
        run -0 as_user run --rm --pid host "$ROOT" readlink /proc/self/ns/pid
        expect_output "$(readlink /proc/self/ns/pid)"
}

@test "ps, exec, kill, stop and rm of what runs" {
        in_background "$ROOT" sleep 100
        run -0 as_user exec "$ID" sh -c 'id -u; grep CapEff /proc/self/status'
        expect_output $'0\nCapEff:\t00000000000005eb'
        run -0 as_user stop -t 0 "$ID"
        wait "$PID" || true
        run -0 as_user ps -a
        expect_in_output stopped
        run -0 as_user rm "$ID"
        run -0 as_user ps -aq
        expect_output ""
}

@test "container:NAME: the network of another container" {
        in_background --cap-add NET_ADMIN "$ROOT" sh -c 'ip addr add 10.3.2.1/32 dev lo; exec sleep 100'
        wait_until 20 joined_sees 10.3.2.1
        as_user rm -f "$ID"
        wait "$PID" || true
}

joined_sees() { as_user run --rm --network "container:$ID" "$ROOT" ip addr | grep -qF "$1"; }

@test "a container in the user namespace of another one, in which nobody may set groups" {
        local init
        cp "$WARD_BUILD/bin/ward-oci" "$HERE/ward-oci"
        in_background "$ROOT" sleep 100
        init=$(as_user ps | awk -v name="$ID" '$1 == name { print $3 }')
        [[ $(<"/proc/$init/setgroups") == deny ]]
        bundle "$HERE/c" '.process.args = ["cat", "/proc/self/setgroups", "/proc/self/uid_map"]' \
                '.linux.namespaces = [{type: "mount"}, {type: "uts"}, {type: "ipc"}]' \
                ".linux.namespaces += [(\"user\", \"pid\") | {type: ., path: \"/proc/$init/ns/\\(.)\"}]" \
                '.mounts |= map(select(.type != "devpts" and .type != "sysfs" and .type != "cgroup"))'
        chown -R "$USER_ID:$USER_ID" "$HERE/c"
        run plain_user env -u XDG_RUNTIME_DIR HOME="$HERE" "$HERE/ward-oci" --root "$HERE/state" run -b "$HERE/c" "$ID-joining"
        expect_status 0
        expect_in_output deny " $USER_ID "
        # Who asks for groups does not go without them.
        jq '.process.user.additionalGids = [5]' "$HERE/c/config.json" >"$HERE/c/new" && cat "$HERE/c/new" >"$HERE/c/config.json"
        run plain_user env -u XDG_RUNTIME_DIR HOME="$HERE" "$HERE/ward-oci" --root "$HERE/state" run -b "$HERE/c" "$ID-joining"
        expect_status 1
        expect_in_output group
        as_user rm -f "$ID"
        wait "$PID" || true
}

@test "a limit that was written is enforced or refused; one that was not may be missing" {
        run -125 as_user run --rm -m 64m "$ROOT" true
        expect_in_output "limits need a control group" sudo
        run -125 as_user run --rm --pids-limit 10 "$ROOT" true
        expect_in_output "limits need a control group"
        run -0 as_user run --rm "$ROOT" true
        expect_output ""
        run -0 as_user run --rm --strength "$ROOT" true
        expect_in_output "ids one, yours" "cgroup no (control groups belong to root here"
        run -125 as_user run --rm --require cgroup "$ROOT" true
        expect_in_output "--require" "none is delegated" "Delegate=yes"
}

# in_theirs ARGUMENTS...: ward as the user in a group of cgroup v2 that was given to him.
in_theirs() {
        # shellcheck disable=SC2030
        (echo "$BASHPID" >"$THEIRS/cgroup.procs" && as_user "$@")
}

@test "where a group of cgroup v2 was given to him and pids is on v1, the usual limit of processes is left out; one that is asked for is not" {
        local mount
        needs_machine_root "control groups by themselves"
        mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
        [[ -n $mount ]] && ! grep -q pids "$mount/cgroup.controllers" || unable "needs cgroup v2 beside the pids controller of v1"
        grep -q 'cgroup .*[ ,]pids' /proc/mounts || unable "needs the pids controller of cgroup v1"
        THEIRS=$mount/$ID
        ward cgroup create --owner "$USER_ID" "$THEIRS"
        run -0 in_theirs run --rm "$ROOT" sh -c 'cat /proc/1/cgroup'
        expect_in_output "0::/"
        run -0 in_theirs run --rm --pids-limit -1 "$ROOT" true
        expect_output ""
        run -125 in_theirs run --rm --pids-limit 10 "$ROOT" true
        expect_in_output "--pids-limit 10: set pids.limit: the caller may make no group in"
        run -0 in_theirs run --rm --strength "$ROOT" true
        expect_in_output "processes are not counted"
        ward cgroup delete -r "$THEIRS"
}

@test "exec: a group below that of the container, which has none, is refused" {
        cp "$WARD_BUILD/bin/ward-oci" "$HERE/ward-oci"
        in_background "$ROOT" sleep 100
        run setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "${BOUNDING[@]}" \
                env -u XDG_RUNTIME_DIR HOME="$HERE" "$HERE/ward-oci" --root "$HERE/state" exec --cgroup /sub "$ID" echo RAN
        expect_status 255
        expect_in_output "no control group"
}

@test "every limit of a config is one that was written" {
        local limit
        cp "$WARD_BUILD/bin/ward-oci" "$HERE/ward-oci"
        bundle "$HERE/c" '.linux.namespaces += [{type: "user"}] | .linux.namespaces |= map(select(.type != "network"))' \
                ".linux.uidMappings = [{containerID: 0, hostID: $USER_ID, size: 1}] | .linux.gidMappings = .linux.uidMappings" \
                '.mounts |= map(select(.type != "devpts" and .type != "sysfs" and .type != "cgroup"))'
        for limit in '{}' '{cpu: {idle: 1}}' '{cpu: {period: 50000}}' '{memory: {swappiness: 10}}' '{memory: {disableOOMKiller: true}}'; do
                jq ".linux.resources = $limit" "$HERE/c/config.json" >"$HERE/c/new" && cat "$HERE/c/new" >"$HERE/c/config.json"
                chown -R "$USER_ID:$USER_ID" "$HERE/c"
                run setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "${BOUNDING[@]}" \
                        env -u XDG_RUNTIME_DIR HOME="$HERE" "$HERE/ward-oci" --root "$HERE/state" run -b "$HERE/c" "$ID"
                [[ $limit != '{}' ]] || { expect_status 0; continue; }
                expect_status 1
                expect_in_output "limits need a control group"
        done
}

@test "more ids than one come from /etc/subuid, or are refused with what to do" {
        run -125 as_user run --rm --userns auto "$ROOT" true
        expect_in_output "/etc/subuid' has no line for" usermod
        run -125 as_user run --rm --group-add 5 "$ROOT" true
        expect_in_output --group-add usermod
        run -125 as_user run --rm --userns host "$ROOT" true
        expect_in_output "user namespace of its own"
}

@test "--userns auto: the caller's subordinate ids" {
        needs_program newuidmap newgidmap
        local users groups
        add_user
        BOUNDING=() # newuidmap's own rights are in it
        run -0 as_user run --rm --userns auto --group-add 7 "$ROOT" sh -c 'cat /proc/self/uid_map; id -G; touch /tmp/x; chown 5:6 /tmp/x; stat -c %u:%g /tmp/x'
        # useradd(8) may have given it some already: the first line counts.
        users=$(awk -F: -v name="$ADDED" '$1 == name { print $2; exit }' /etc/subuid)
        groups=$(awk -F: -v name="$ADDED" '$1 == name { print $2; exit }' /etc/subgid)
        expect_in_output "0 7" 5:6
        [[ $(stat -c %u:%g "$ROOT/tmp/x") == $((users + 4)):$((groups + 5)) ]]
}

@test "what is not allowed is said, where it was asked for" {
        run -125 as_user run --rm --oom-score-adj -5 "$ROOT" true
        expect_in_output "--oom-score-adj -5" "Permission denied"
        run -125 as_user run --rm -v ./absent:/x "$ROOT" true
        expect_in_output "--volume ./absent:/x" "No such file" "make it"
        run -125 as_user run --rm ./absent true
        expect_in_output "open the root"
        run -127 as_user run --rm "$ROOT" nosuch
        expect_in_output "in no directory of PATH"
}

@test "a plan is shown, and its trees are the child's to open" {
        run -0 as_user run --dry-run "$ROOT" sh
        expect_in_output trees pivot
}

