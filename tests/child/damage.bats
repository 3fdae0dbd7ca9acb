# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# A state file that is cut short, corrupted or missing: the container is still found, killed and removed, through its cgroup.

load ../helpers

setup() {
        needs_root
        ward_setup
        needs_program jq
        GROUP=$ID-parent/below/$ID
        bundle b '.process.args = ["sleep", "1000"]' ".linux.cgroupsPath = \"/$GROUP\""
        STATE=$WORK/state/$ID/state.json
}

teardown() {
        [[ -z ${ID:-} ]] || ward_oci delete --force "$ID"
        ward_teardown
}

# Runs the container; $PID is its init.
running() {
        ward_oci run -d -b b "$ID" 3>&- >/dev/null
        PID=$(ward_oci state "$ID" | jq .pid)
        cp "$STATE" whole
}

# shows STATUS: what `state` and `list` say of the damaged container.
shows() {
        local pid=$PID
        [[ $1 != stopped ]] || pid=0
        run --separate-stderr ward_oci state "$ID"
        [[ $status == 0 && $(jq -r '"\(.id) \(.status) \(.pid)"' <<<"$output") == "$ID $1 $pid" ]] || shown || return 1
        [[ $(jq -r .damage <<<"$output") == "the container's state is damaged: "* ]] || shown || return 1
        run --separate-stderr ward_oci list
        [[ $status == 0 && $output =~ $ID\ +$pid\ +$1\  && $stderr == *"container '$ID': the container's state is damaged"* ]] || shown
}

gone() { [[ ! -e /proc/$PID ]] || grep -q '^State:.Z' "/proc/$PID/status"; }

nothing_left() {
        wait_until 20 gone
        [[ ! -e $WORK/state/$ID ]]
        run compgen -G "/sys/fs/cgroup/*/$ID-parent"
        [[ -z $output ]] || shown
        run compgen -G "/sys/fs/cgroup/$ID-parent"
        [[ -z $output ]] || shown
}

# ends_after DAMAGE...: the commands damage what is kept of a running container. Then it is seen, killed, and removed.
ends_after() {
        running
        "$@"
        shows running
        ward_oci kill "$ID" KILL
        wait_until 20 gone
        shows stopped
        ward_oci delete --force "$ID"
        nothing_left
        running
        "$@"
        run ward_oci delete "$ID"
        ((status != 0)) || shown
        ward_oci delete --force "$ID"
        nothing_left
}

@test "state.json cut short, at every length" {
        local len size step=7
        [[ -z ${WARD_TEST_FULL:-} ]] || step=1
        [[ ${WARD_IN_VM:-} != 1 ]] || step=61 # what is read is the same on each machine
        running
        size=$(stat -c %s whole)
        for ((len = 0; len < size - 1; len += step)); do
                head -c "$len" whole >"$STATE"
                shows running || { echo "at $len bytes of $size"; return 1; }
        done
        ward_oci kill "$ID" KILL
        wait_until 20 gone
        ward_oci delete --force "$ID"
        nothing_left
}

corrupt() { head -c 500 /dev/urandom >"$STATE"; }
swap_pids() { jq -c ".pid = \"$PID\"" whole >"$STATE"; }
empty() { : >"$STATE"; }
remove() { rm "$STATE"; }
replace() { rm "$STATE" && mkdir "$STATE"; }
loop() { ln -sf state.json "$STATE"; }
remove_both() { rm "$STATE" "${STATE%/*}/config.json"; }
corrupt_both() { corrupt && head -c 500 /dev/urandom >"${STATE%/*}/config.json"; }

@test "state.json with random bytes" { ends_after corrupt; }
@test "state.json with a member of another type" { ends_after swap_pids; }
@test "state.json empty" { ends_after empty; }
@test "state.json missing" { ends_after remove; }
@test "state.json unreadable: a directory" { ends_after replace; }
@test "state.json unreadable: a circle of links" { ends_after loop; }
@test "state.json and the copy of config.json missing" { ends_after remove_both; }
@test "state.json and the copy of config.json corrupted" { ends_after corrupt_both; }

@test "the copy of config.json missing alone: nothing but exec needs it" {
        running
        rm "${STATE%/*}/config.json"
        [[ $(ward_oci state "$ID" | jq -r .status) == running ]]
        run ward_oci exec "$ID" true
        ((status != 0)) || shown
        expect_in_output config.json
        ward_oci kill "$ID" KILL
        wait_until 20 gone
        ward_oci delete "$ID"
        nothing_left
}

@test "a created container whose state is damaged" {
        ward_oci create -b b "$ID" 3>&- >/dev/null
        PID=$(ward_oci state "$ID" | jq .pid)
        empty
        shows created
        ward_oci kill "$ID" KILL
        wait_until 20 gone
        ward_oci delete --force "$ID"
        nothing_left
}

@test "a paused container whose state is damaged" {
        running
        ward_oci pause "$ID"
        empty
        shows paused
        ward_oci kill "$ID" KILL
        wait_until 20 gone
        ward_oci delete --force "$ID"
        nothing_left
        running
        ward_oci pause "$ID"
        remove_both
        ward_oci delete --force "$ID"
        nothing_left
}

@test "init is told from what was executed beside it" {
        jq '.process.args = ["sh", "-c", "sleep 1000 & sleep 1000 & wait"]' b/config.json >changed
        cp changed b/config.json
        running
        ward_oci exec -d "$ID" sleep 1000 3>&-
        empty
        shows running
        ward_oci kill "$ID" KILL
        wait_until 20 gone
        ward_oci delete --force "$ID"
        nothing_left
}

# The group of that name is another container's, in another state directory: its mark says so.
@test "a damaged entry does not reach another container of its name" {
        running
        mkdir -m 700 other
        mkdir -m 700 "other/$ID"
        cp "${STATE%/*}/config.json" "other/$ID/"
        run "$WARD_BUILD/bin/ward-oci" --root "$WORK/other" kill "$ID" KILL
        ((status != 0)) || shown
        "$WARD_BUILD/bin/ward-oci" --root "$WORK/other" delete --force "$ID"
        [[ ! -e other/$ID ]]
        [[ $(ward_oci state "$ID" | jq -r .status) == running ]]
        ward_oci delete --force "$ID"
        nothing_left
}

# No group outlives a boot, and no mark on it: what has the pid or the group now is not the container.
@test "the state of an earlier boot" {
        running
        jq -c '.bootId = "00000000-0000-0000-0000-000000000000"' whole >"$STATE"
        remove_mark
        run --separate-stderr ward_oci state "$ID"
        [[ $status == 0 && $(jq -r '"\(.status) \(.pid)"' <<<"$output") == "stopped 0" ]] || shown
        [[ $(jq -r .damage <<<"$output") == *"earlier boot"* ]] || shown
        run ward_oci kill "$ID" KILL
        ((status != 0)) || shown
        if gone; then return 1; fi
        cp whole "$STATE"
        ward_oci delete --force "$ID"
        nothing_left
}

remove_mark() {
        python3 - /sys/fs/cgroup/*/"$GROUP" "/sys/fs/cgroup/$GROUP" <<'PYTHON'
import os, sys
for path in sys.argv[1:]:
    for name in {"trusted.ward", "user.ward"} & set(os.listxattr(path) if os.path.isdir(path) else []):
        os.removexattr(path, name)
PYTHON
}

@test "where it can't be told whose the group is, nobody is ended" {
        needs_program strace
        running
        truncate -s 3 "$STATE"
        run traced strace -qq -o trace -e trace=fgetxattr -e inject=fgetxattr:error=EIO \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" delete --force "$ID"
        expect_status 1
        expect_in_output "find out whose the control group '/$GROUP' is"
        run ! gone
        ward_oci delete --force "$ID"
        nothing_left
}
