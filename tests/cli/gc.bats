#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# ward gc: after a crash nothing is left, and what somebody still has is not touched.

load ../helpers

setup() {
        ward_setup
        needs_root
        bundle b '.process.args = ["sleep", "1000"]'
}

teardown() {
        # What a failed test left.
        : >go
        ward gc --all --force >/dev/null || true
        ward_oci delete --force "$ID" || true
        ward_teardown
}

# The search for leaks can't work under ptrace(2).
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

status_of() { ward ps -a --format json | jq -r --arg id "$1" '.containers[] | select(.name == $id) | .status'; }
ended() { [[ $(status_of "$ID") == stopped ]]; }
alive() { grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; }
gone() { ! alive "$1"; }
groups_of() { find /sys/fs/cgroup -type d -path "*$1*" 2>/dev/null; }

# run_detached [NAME]: a container that sleeps; its init in $INIT.
run_detached() {
        ward_oci run -d -b b "${1:-$ID}" 3>&-
        INIT=$(ward_oci state "${1:-$ID}" | jq .pid)
}

# expect_item KIND NAME RESULT WHY: the one line of a report, after an earlier `run`.
expect_item() {
        ((${#lines[@]} == 2)) || { echo "wanted one line"; shown || return 1; }
        [[ ${lines[1]} =~ ^$1\ +$2\ +$3\ +$4 ]] || { echo "wanted: $*"; shown; }
}

expect_nothing() {
        expect_status 0
        expect_output "Nothing to remove."
}

# Nothing of the start is left once gc was there; a program that was started by it may take its time to end.
collected() {
        ward gc >>gc.out
        [[ -z $(groups_of "$ID") && -z $(ls "$WORK/state") ]]
}

@test "a start that is killed anywhere is undone, its groups and their new parents, too" {
        local n step=${WARD_SANITIZED:+37} cut=0 before
        # The path of the group is the config's, and its parents exist only for this container.
        bundle c '.process.args = ["true"]' '.root.readonly = false' ".linux.cgroupsPath = \"/$ID/inner/c\"" \
                '.mounts += [{destination: "/made/dir", type: "bind", source: "/usr", options: ["bind"]}]'
        before=$(find c/rootfs -printf '%p %y\n' | sort)
        for ((n = 1; n < 5000; n += ${step:-11})); do
                : >gc.out
                "${REFUSED[@]}" "$WARD_SOURCE/build/tests/child/at" --report 4 kill 0 "$n" "$(itself ward-oci)" --root "$WORK/state" \
                        run -b c "$ID" 3>&- 4>report
                wait_until 20 collected || { echo "call $n: left: $(groups_of "$ID")"; cat gc.out report; return 1; }
                # Once the program was executed, what was made for it stays as after every run.
                if grep -q 'its start was cut short' gc.out; then
                        diff <(echo "$before") <(find c/rootfs -printf '%p %y\n' | sort) || { echo "call $n"; cat gc.out; return 1; }
                        cut=$((cut + 1))
                fi
                rm -rf c/rootfs/made
                grep -q ^hit report || break
        done
        ((n > 1)) || unable "system calls can't be traced here"
        ((n < 5000)) || { echo "the end was never reached"; return 1; }
        ((cut >= 3)) || { echo "only $cut starts were cut short"; return 1; }
}

@test "what runs, waits for its start or has stopped by itself stays" {
        run_detached
        run ward gc
        expect_nothing
        [[ $(status_of "$ID") == running ]]
        ward_oci pause "$ID"
        run ward gc --all --force
        expect_nothing
        [[ $(status_of "$ID") == paused ]]
        ward_oci resume "$ID"
        ward_oci kill "$ID" KILL
        wait_until 20 ended
        run ward gc --force
        expect_nothing
        ended
        run ward gc --all --dry-run
        expect_status 0
        [[ ${lines[0]} == *"WOULD BE"* ]]
        expect_item container "$ID" removed "it has stopped"
        ended
        run ward gc --all
        expect_item container "$ID" removed "it has stopped"
        [[ -z $(ls "$WORK/state") && -z $(groups_of "$ID") ]]
        ward_oci create -b b "$ID" 3>&-
        run ward gc --all --force
        expect_nothing
        [[ $(status_of "$ID") == created ]]
}

@test "a start that is in progress is not touched" {
        local starter
        # It waits for a file, not for ever.
        cat >hook <<HOOK
#!/bin/sh
: >$WORK/reached
for i in \$(seq 1200); do
        [ ! -e $WORK/go ] || exit 0
        sleep 0.05
done
exit 1
HOOK
        chmod 755 hook
        bundle c '.process.args = ["true"]' ".hooks.createRuntime = [{path: \"$WORK/hook\"}]"
        ward_oci run -b c "$ID" 3>&- &
        starter=$!
        wait_until 60 test -e reached
        run ward gc --all --force
        expect_nothing
        [[ -n $(groups_of "$ID") ]]
        : >go
        wait "$starter"
        [[ -z $(ls "$WORK/state") ]]
}

@test "run --rm that was killed: the container stays while it runs, and goes when it has ended" {
        local runner
        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --userns host --name "$ID" "$WORK/b/rootfs" sleep 1000 3>&- &
        runner=$!
        wait_until 60 test -e "$WORK/state/$ID/state.json"
        wait_until 60 test ! -e "$WORK/state/$ID/made"
        kill -KILL "$runner"
        wait "$runner" || true
        run ward gc --all
        expect_not_in_output container
        [[ $(status_of "$ID") == running ]]
        ward kill "$ID"
        wait_until 20 ended
        run ward gc
        expect_item container "$ID" removed "it has ended, and who was to remove it is gone"
        [[ -z $(ls "$WORK/state") && -z $(groups_of "$ID") ]]
}

@test "run without --rm that was killed: its container is somebody's" {
        local runner
        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --userns host --name "$ID" "$WORK/b/rootfs" sleep 1000 3>&- &
        runner=$!
        wait_until 60 test -e "$WORK/state/$ID/state.json"
        wait_until 60 test ! -e "$WORK/state/$ID/made"
        kill -KILL "$runner"
        wait "$runner" || true
        ward kill "$ID"
        wait_until 20 ended
        run ward gc
        expect_not_in_output container
        ended
}

@test "a foreground run is not robbed of its container by the pid of another process" {
        run_detached
        ward_oci kill "$ID" KILL
        wait_until 20 ended
        # Who began after the container did is not its remover, whatever the number says; who began before may be.
        sed -i "s/\"remover\":0/\"remover\":1/" "$WORK/state/$ID/state.json"
        run ward gc
        expect_nothing
        sleep 1000 3>&- &
        sed -i "s/\"remover\":1,/\"remover\":$!,/; s/\"pidStartTicks\":[0-9]*/\"pidStartTicks\":1/" "$WORK/state/$ID/state.json"
        run ward gc
        kill %1
        expect_item container "$ID" removed "it has ended"
}

@test "a container of an earlier boot goes; its groups' names may be others' by now" {
        local groups
        run_detached
        ward_oci kill "$ID" KILL
        wait_until 20 ended
        sed -i 's/"bootId":"[^"]*"/"bootId":"00000000-0000-0000-0000-000000000000"/' "$WORK/state/$ID/state.json"
        # The groups of that boot are gone; these are a stranger's, with a process.
        mapfile -t groups < <(groups_of "$ID")
        rmdir "${groups[@]}"
        mkdir "${groups[0]}"
        sleep 1000 3>&- &
        echo $! >"${groups[0]}/cgroup.procs"
        run ward gc
        expect_item container "$ID" removed "it is of an earlier boot"
        [[ -z $(ls "$WORK/state") ]]
        kill %1
        wait || true
        wait_until 20 rmdir "${groups[0]}"
}

@test "lost state: what runs is reported, found by its groups, and ended with --force alone" {
        local damage path
        for path in null "\"/$ID/inner/c\""; do
                for damage in cut empty garbage missing nothing stale; do
                        jq ".linux.cgroupsPath = $path" b/config.json >changed && mv changed b/config.json
                        run_detached
                        case $damage in
                        cut) truncate -s 100 "$WORK/state/$ID/state.json" ;;
                        empty) : >"$WORK/state/$ID/state.json" ;;
                        garbage) head -c 500 /dev/urandom >"$WORK/state/$ID/state.json" ;;
                        missing) rm "$WORK/state/$ID/state.json" ;;
                        # Nothing says any more where the groups are, but for their mark and the way back from it.
                        nothing) rm -r "$WORK/state/$ID" ;;
                        stale) sed -i 's/"bootId":"./"bootId":"x/' "$WORK/state/$ID/state.json" ;;
                        esac
                        run ward gc
                        expect_status 0
                        expect_in_output "left" "1 process is in control group" "first is $INIT" "--force ends them"
                        alive "$INIT" || { echo "$damage: it was ended"; return 1; }
                        run ward gc --force --dry-run
                        expect_in_output "removed"
                        alive "$INIT" || { echo "$damage: it was ended in a dry run"; return 1; }
                        run ward gc --force
                        expect_status 0
                        expect_in_output "removed"
                        gone "$INIT" || { echo "$damage: it runs"; return 1; }
                        [[ -z $(ls "$WORK/state") ]] || { echo "$damage: state is left"; return 1; }
                        # Of a state that is gone as a whole, nobody knows which parents were made for it.
                        [[ $damage != nothing || $path == null ]] || groups_of "$ID" | sort -r | xargs rmdir
                        [[ -z $(groups_of "$ID") ]] || { echo "$damage: groups are left"; return 1; }
                done
        done
}

@test "lost state of what has ended needs no --force" {
        run_detached
        ward_oci kill "$ID" KILL
        wait_until 20 ended
        rm -r "$WORK/state/$ID"
        [[ -n $(groups_of "$ID") ]]
        run ward gc --dry-run
        expect_item group "$(own_group)/$ID" removed "its container's state is lost"
        [[ -n $(groups_of "$ID") ]]
        run ward gc
        expect_item group "$(own_group)/$ID" removed "its container's state is lost"
        [[ -z $(groups_of "$ID") && -z $(ls "$WORK/state") ]]
}

has_stopped() { [[ $(ward_oci state "$1" | jq -r .status) == stopped ]]; }

@test "a group is one container's, also when another is refused it, and when the first has ended" {
        bundle c '.process.args = ["sleep", "100"]' ".linux.cgroupsPath = \"/$ID\""
        ward_oci run -d -b c "$ID" 3>&-
        run -1 ward_oci run -d -b c "$ID-other"
        expect_in_output "has processes already"
        run -0 ward gc --force
        expect_not_in_output "$ID"
        [[ $(ward_oci state "$ID" | jq -r .status) == running ]]
        ward_oci kill "$ID" KILL
        wait_until 10 has_stopped "$ID"
        run -1 ward_oci run -d -b c "$ID-other"
        expect_in_output "another container"
        ward_oci delete "$ID"
        ward_oci run -d -b c "$ID-other" 3>&-
        ward_oci delete --force "$ID-other"
}

@test "groups that are not marked as this state directory's stay, with --force, too" {
        # A stranger's, a stranger's with our mark's form, and one of another state directory.
        local hierarchy hierarchies
        # Where one is mounted over another, it is there twice.
        mapfile -t hierarchies < <(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts | sort -u)
        for hierarchy in "${hierarchies[@]}"; do mkdir "$hierarchy/$ID-a"; done
        "$WARD_BUILD/bin/ward-oci" --root "$WORK/other" run -d -b b "$ID" 3>&-
        INIT=$("$WARD_BUILD/bin/ward-oci" --root "$WORK/other" state "$ID" | jq .pid)
        rm -r "$WORK/other/$ID"
        # An entry whose group is another's.
        mkdir -m 700 "$WORK/state"
        mkdir -m 700 "$WORK/state/$ID"
        ln -s "0:$(own_group)/$ID" "$WORK/state/$ID/group"
        run ward gc --force
        expect_item container "$ID" removed "its state is missing"
        alive "$INIT"
        for hierarchy in "${hierarchies[@]}"; do rmdir "$hierarchy/$ID-a"; done
        "$WARD_BUILD/bin/ward" --root "$WORK/other" gc --force
        gone "$INIT"
        [[ -z $(ls "$WORK/other") ]]
}

@test "the state directory of another mount namespace is another one, even where it has the same path" {
        mkdir -m 700 "$WORK/state"
        # shellcheck disable=SC2016  # the inner shell's
        unshare -m sh -c 'mount -t tmpfs none "$1/state" && chmod 700 "$1/state" &&
                "$2/bin/ward-oci" --root "$1/state" run -d -b "$1/b" "$3" && "$2/bin/ward-oci" --root "$1/state" state "$3" >"$1/info"' \
                sh "$WORK" "$WARD_BUILD" "$ID" 3>&-
        INIT=$(jq .pid info)
        run ward gc
        expect_item group "$(own_group)/$ID" left "it is of a state directory of the same path on another file system"
        alive "$INIT"
        run ward gc --force
        expect_item group "$(own_group)/$ID" removed "its container's state is lost"
        gone "$INIT"
}

@test "ids of a killed start are free again, those of a living one are not; old filters go" {
        mkdir -p "$WORK/run"
        # shellcheck disable=SC2016  # the inner shell's
        cat >inner <<'INNER'
set -e
mount --bind "$1/run" /run
mkdir -m 700 /run/ward /run/ward/.ranges /run/ward/.cache
: >/run/ward/.ranges/1879048192
: >/run/ward/.ranges/1879113728
used=/run/ward/.cache/$(printf '%064d' 1)
old=/run/ward/.cache/$(printf '%064d' 2)
: >"$used"
touch -d '8 days ago' "$old"
exec 9>/run/ward/.ranges/1879113728
flock -n 9
"$2/bin/ward" gc --dry-run >"$1/dry"
[ -e /run/ward/.ranges/1879048192 ] && [ -e "$old" ]
"$2/bin/ward" gc --format json >"$1/json"
[ ! -e /run/ward/.ranges/1879048192 ] && [ -e /run/ward/.ranges/1879113728 ] && [ ! -e "$old" ] && [ -e "$used" ]
INNER
        unshare -m sh inner "$WORK" "$WARD_BUILD" 3>&-
        # Groups of the machine's own state directory, whose path this one has, are reported, too.
        [[ $(jq -c '.items | map(select(.kind != "group") | [.kind, .name, .result, .why])' json) == '[["ids","1879048192","removed","the start that took them is gone"],["filters","1","removed","not used for a week"]]' ]]
        [[ $(jq .dryRun json) == false ]]
        grep -qE '^ids +1879048192 +removed' dry
        grep -qE '^filters +1 +removed' dry
}

@test "run leaves no lock of its ids behind" {
        needs_machine_root "a container in another one has the ids of that, and takes none"
        ward run --rm b/rootfs true || unable "the file system of the root can't be id-mapped here"
        mkdir -p "$WORK/run"
        # shellcheck disable=SC2016  # the inner shell's
        unshare -m sh -c 'mount --bind "$1/run" /run && "$2/bin/ward" run --rm "$1/b/rootfs" true && ls /run/ward/.ranges >"$1/ranges"' \
                sh "$WORK" "$WARD_BUILD" 3>&-
        [[ ! -s ranges ]]
}

@test "what can't be removed fails, and does not keep the rest from its turn" {
        local other=$ID-2
        run_detached
        run_detached "$other"
        ward_oci kill "$ID" KILL
        ward_oci kill "$other" KILL
        wait_until 20 ended
        mkdir "$WORK/state/$ID/notify"
        mount -t tmpfs none "$WORK/state/$ID/notify"
        run ward gc --all
        umount "$WORK/state/$ID/notify"
        expect_status 1
        expect_in_output "failed" "remove the state of container '$ID'"
        [[ -z $(status_of "$other") ]]
        run ward gc --all
        expect_status 0
        [[ -z $(ls "$WORK/state") && -z $(groups_of "$ID") ]]
}

@test "what ward has not made stays, whatever --root names" {
        local name before
        mkdir -m 700 state state/home state/app state/deep state/own
        mkdir state/open state/deep/notify
        echo letter >state/home/letter
        # Names that an entry has, too, are not enough.
        echo '{}' | tee state/app/config.json >state/app/state.json
        : >state/app/main.c
        echo '{}' >state/open/config.json
        echo kept >state/deep/notify/kept
        # As a start leaves it that was cut short at once.
        before=$(find state/{home,app,open,deep} -printf '%p %m %s\n' | sort)
        run -0 ward gc --dry-run
        [[ -d state/own ]]
        run ward gc --all --force
        for name in home app open; do
                [[ $output =~ container\ +$name\ +left\ .*"is not the state of a container" ]] || { echo "$name"; shown || return 1; }
                run -1 ward rm --force "$name"
                expect_in_output "is not the state of a container"
                run -1 ward_oci delete --force "$name"
                expect_in_output "is not the state of a container" "remove yourself"
                run ward gc
        done
        run -1 ward_oci delete --force deep
        [[ $(find state/{home,app,open,deep} -printf '%p %m %s\n' | sort) == "$before" && ! -e state/own ]] || { find state; return 1; }
        rm -r state/*
}

@test "what somebody has put into a container's entry stays when the container goes" {
        run_detached
        mkdir "$WORK/state/$ID/dir"
        echo mine >"$WORK/state/$ID/dir/file"
        INIT=$(ward_oci state "$ID" | jq .pid)
        run -1 ward_oci delete --force "$ID"
        expect_in_output "remove the state of container '$ID'" "$ID/dir' is not ward's"
        gone "$INIT"
        [[ -z $(groups_of "$ID") && $(find "$WORK/state/$ID" -type f) == "$WORK/state/$ID/dir/file" ]]
        rm -r "$WORK/state/$ID/dir"
        ward_oci delete --force "$ID"
        [[ -z $(ls "$WORK/state") ]]
}
