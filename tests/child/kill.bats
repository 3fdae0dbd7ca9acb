# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Either side of every verb is killed between two system calls, at all of them in turn (in steps; WARD_TEST_FULL=1: at every one). After each
# death `delete --force` must succeed and nothing may be left; and whenever the container's program ran, it ran fully confined.

load ../helpers

setup() {
        needs_root
        ward_setup
        TOOLS=$WARD_SOURCE/build/tests/child
        # A sanitized program makes many more calls, most of them its own.
        STEP=${WARD_SANITIZED:+29}
        STEP=${STEP:-9}
        [[ -z ${WARD_TEST_FULL:-} ]] || STEP=1
        # The leak checker can't work under ptrace(2).
        export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
        make_bundle
}

teardown() {
        ward_oci delete --force "$ID"
        rm -rf "$WORK/state/.cache"
        ward_teardown
}

# A small root, some of whose mount targets are missing, and a limit that shows in the container.
make_bundle() {
        mkdir -p "$WORK/b/rootfs/bin" "$WORK/b/rootfs/sys" "$WORK/b/rootfs/dev/pts" "$WORK/b/rootfs/proc" "$WORK/data"
        cp "$TOOLS/probe" "$WORK/b/rootfs/bin/probe"
        ward_oci spec -b "$WORK/b"
        edit '.process.terminal = false | .process.args = ["/bin/probe"] | .root.readonly = false
                | .linux.resources.pids = {limit: 17}
                | .mounts += [{destination: "/made/by/ward", source: "/usr", type: "none", options: ["bind", "ro"]},
                              {destination: "/made/file", source: "/etc/passwd", type: "none", options: ["bind", "ro"]}]'
}

edit() {
        local config
        config=$(jq "$@" "$WORK/b/config.json")
        printf '%s\n' "$config" >"$WORK/b/config.json"
}

oci() { ward_oci "$@"; }

# What the probe said, without what differs from one start to the next.
shown_confinement() {
        local own
        for own in cgroup ipc mnt net pid uts; do
                own=$(readlink "/proc/self/ns/$own")
                printf 's/^%s$/THE HOST'\''S/\n' "${own//[\[\]]/.}"
        done >"$WORK/ns.sed"
        sed -E -f "$WORK/ns.sed" -e 's/^([a-z]+):\[[0-9]+\]$/\1 new/' -e 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //' \
                -e 's/(master|shared):[0-9]+/\1/' "$1"
}

rootfs_listing() { find "$WORK/b/rootfs" "$WORK/data" -printf '%p %y %m %U %G\n' | sort; }

# nothing_left WHAT
nothing_left() {
        local left
        left=$(compgen -G "/sys/fs/cgroup/*/$ID"; compgen -G "/sys/fs/cgroup/$ID"; compgen -G "$WORK/state/*"
                grep -F "$WORK" /proc/self/mountinfo) || true
        [[ -z $left ]] || { echo "$1: left behind: $left"; return 1; }
        [[ $(rootfs_listing) == "$ROOTFS" ]] || { echo "$1: the root changed:"; diff <(echo "$ROOTFS") <(rootfs_listing); return 1; }
        [[ -z ${INIT:-} || ! -d /proc/$INIT ]] || grep -q '^State:.Z' "/proc/$INIT/status" || { echo "$1: init $INIT is left"; return 1; }
}

# What ran was as confined as in a start that nobody disturbed.
confined() {
        [[ -s $WORK/out ]] || return 0
        shown_confinement "$WORK/out" >"$WORK/shown"
        diff "$WORK/reference" "$WORK/shown" || { echo "$1: the program ran with this difference"; return 1; }
}

# kill_all_along SIDE PREPARE COMMAND...: the command is killed at each boundary; PREPARE makes what it needs, each time.
kill_all_along() {
        local side=$1 prepare=$2 n what deaths=0
        shift 2
        ROOTFS=$(rootfs_listing)
        for ((n = 1; n < 5000; n += STEP)); do
                INIT=
                what="$side at call $n"
                "$prepare" || { echo "before $what"; return 1; }
                status=0
                "$TOOLS/kill-at" "$side" "$n" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" "$@" \
                        -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" delete --force "$ID" \
                        >"$WORK/out" 2>"$WORK/err" 3>&- || status=$?
                ((status == 0 || status == 3)) || { echo "$what: kill-at ended with $status"; cat "$WORK/err"; return 1; }
                confined "$what" || return 1
                # A start that was done keeps the targets that it made, and one whose parent is gone has nobody to take them away.
                if [[ $side == parent || $prepare != nothing ]] || ! grep -q '^kill-at: status 1$' "$WORK/err"; then
                        rm -rf "$WORK/b/rootfs/made"
                fi
                nothing_left "$what" || { cat "$WORK/err"; return 1; }
                ((status == 0)) || break
                deaths=$((deaths + 1))
        done
        ((status == 3)) || { echo "the end was never reached"; return 1; }
        ((deaths >= 5)) || { echo "only $deaths deaths: is that side there at all?"; return 1; }
        echo "# $side: $deaths deaths" >&2
}

# What an undisturbed start shows is the measure, and has what it must have.
reference() {
        oci run -b "$WORK/b" "$ID" >"$WORK/out" 3>&-
        measure
}

exec_reference() {
        running
        oci exec "$ID" /bin/probe >"$WORK/out" 3>&-
        oci delete --force "$ID"
        measure
}

measure() {
        [[ -s $WORK/out ]]
        shown_confinement "$WORK/out" >"$WORK/reference"
        ! grep -q HOST "$WORK/reference"
        grep -qx 17 "$WORK/reference"
        grep -q '^Seccomp:' "$WORK/reference"
        # A finished start keeps the targets that it made; what follows counts from there.
        rm -rf "$WORK/b/rootfs/made"
}

nothing() { :; }

running() {
        edit '.process.args = ["/bin/probe", "stay"]'
        oci run -d -b "$WORK/b" "$ID" >"$WORK/first" 3>&- || return 1
        INIT=$(oci state "$ID" | jq .pid)
}

created() {
        oci create -b "$WORK/b" "$ID" >"$WORK/first" 3>&- || return 1
        INIT=$(oci state "$ID" | jq .pid)
}

@test "run: the parent is killed" {
        reference
        kill_all_along parent nothing run -b "$WORK/b" "$ID"
}

@test "run: the child is killed" {
        reference
        kill_all_along child nothing run -b "$WORK/b" "$ID"
}

@test "create: the parent is killed" {
        reference
        kill_all_along parent nothing create -b "$WORK/b" "$ID"
}

@test "create: the child is killed" {
        reference
        kill_all_along child nothing create -b "$WORK/b" "$ID"
}

@test "start: the parent is killed" {
        reference
        kill_all_along parent created start "$ID"
}

@test "exec: the parent is killed" {
        exec_reference
        kill_all_along parent running exec "$ID" /bin/probe
}

@test "exec: the child is killed" {
        exec_reference
        kill_all_along child running exec "$ID" /bin/probe
}

@test "delete: the parent is killed" {
        kill_all_along parent running delete --force "$ID"
}
