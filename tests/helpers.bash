# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the end-to-end suites share. In a .bats file:
#
#       load ../helpers
#       setup() { ward_setup; }
#       teardown() { ward_teardown; }
#
#       @test "a container says hello" {
#               needs_root
#               bundle hello '.process.args = ["/bin/echo", "hello"]'
#               run ward_oci run -b hello "$ID"
#               expect_status 0
#               expect_output hello
#       }
#
# Each test runs in a temporary directory, $WORK, with its own state directory and a container id that nobody else has, $ID.
# ward_teardown fails the test if the machine is not as it was: a mount, a cgroup, a process or state left behind. What is left goes.

bats_require_minimum_version 1.5.0

# The build under test; tests/run says which, and a test run by hand takes the release.
WARD_SOURCE=${WARD_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
WARD_BUILD=${WARD_BUILD:-$WARD_SOURCE/build}

# What engines are given as their runtime: this, or another to see what is its own.
WARD_OCI=${WARD_OCI:-$WARD_BUILD/bin/ward-oci}

# Its helper programs, where no build is installed.
export WARD_LIBEXEC=$WARD_BUILD/libexec/ward

# Where the newest system calls are refused (tests/run --calls), the build's programs are scripts that run the programs themselves, with
# these words in front.
REFUSED=()
[[ ! -e $WARD_BUILD/bin/ward.real ]] || read -ra REFUSED < <(sed -n 's/^exec \(.* --\) .*/\1/p' "$WARD_BUILD/bin/ward")
newest_calls_refused() { ((${#REFUSED[@]} > 0)); }

# itself PROGRAM: the path of the program itself.
itself() { newest_calls_refused && echo "$WARD_BUILD/bin/$1.real" || echo "$WARD_BUILD/bin/$1"; }

ward() { "$WARD_BUILD/bin/ward" --root "$WORK/state" "$@"; }
ward_oci() { "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" "$@"; }

# Bats notes its place before every command, for the message of a failure: a third of a test's time where the machine is emulated. There it is
# noted where a command fails; a test that ends by exit or return is then said to have failed in its setup.
note_place_of_failures_only() {
        trap - DEBUG
        # shellcheck disable=SC2154  # Bats' own
        trap 'BATS_ERROR_STATUS=${BATS_ERROR_STATUS:-$?}; bats_debug_trap "$BASH_SOURCE"; BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1' ERR
}

ward_setup() {
        [[ ${WARD_IN_VM:-} != 1 ]] || note_place_of_failures_only
        WORK=$(mktemp -d "${BATS_RUN_TMPDIR:-/tmp}/ward.XXXXXX")
        ID=w$$-$BATS_TEST_NUMBER
        chmod 755 "$WORK"
        cd "$WORK" || return 1
        machine_state >"$WORK/before"
}

as_before() {
        machine_state >"$WORK/after"
        diff "$WORK/before" "$WORK/after" >"$WORK/diff"
}

# ward_teardown [DIR...]: each DIR is the test's own as $WORK is, and may have state in it, too.
ward_teardown() {
        local ok=true dir left tries=20
        cd / || return 1
        [[ -n ${WORK:-} ]] || return 0 # it was skipped before anything was there
        # A process on its way out, which nobody waited for, has a second.
        until as_before || ((--tries == 0)) || grep -q '^[<>] [^p]' "$WORK/diff"; do sleep 0.05; done
        if [[ -s $WORK/diff ]]; then
                echo "left behind ('>' is new):"
                cat "$WORK/diff"
                ok=false
        fi
        for dir in "$@" "$WORK"; do
                # Compiled filters stay for the next start.
                left=$(find "$dir/state" -mindepth 1 -maxdepth 1 ! -name .cache -printf '%f ' 2>/dev/null)
                [[ -z $left ]] || { echo "state left behind: $left"; ok=false; }
        done
        remove_left <"$WORK/diff"
        rm -rf --one-file-system "$@" "$WORK"
        $ok
}

# Ends what a test left, so that the next one does not meet it: its background jobs, and what is new in a comparison of machine_state.
remove_left() {
        local mark kind what group
        # shellcheck disable=SC2046  # numbers
        kill -KILL $(jobs -rp) 2>/dev/null
        while read -r mark kind what; do
                case $mark$kind in
                ">process") kill -KILL "${what%% *}" ;;
                ">mount") umount -l "$what" ;;
                ">group")
                        find "$what" -depth -type d 2>/dev/null | while IFS= read -r group; do
                                xargs -r kill -KILL <"$group/cgroup.procs"
                                wait_until 5 rmdir "$group" 2>/dev/null
                        done
                        ;;
                esac
        done
}

# What a start must not change: mounts, groups and processes. Another test's leftovers are its own failure: only what carries $ID or $WORK counts.
machine_state() { "$WARD_BUILD/tests/state/state" machine "$WORK" "$ID"; }

# unable REASON: skips with the reason, or fails where the environment is known to be able.
unable() {
        [[ ${WARD_MUST_WORK:-} != 1 ]] || { echo "must work here, but: $*"; return 1; }
        skip "$*"
}

needs_root() {
        ((EUID == 0)) || unable "needs root"
}

# traced COMMAND...: strace, or tests/child/at. The sanitizer's search for leaks traces, too, and excludes them.
traced() { ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 "$@"; }

# Root of the machine has all ids; that of a user namespace a part of them.
is_machine_root() { ((EUID == 0)) && [[ $(</proc/self/uid_map) =~ ^\ *0\ +0\ +4294967295$ ]]; }

# needs_machine_root WHAT: what no root of a user namespace can have.
needs_machine_root() { is_machine_root || unable "needs root of the machine: $1"; }

# The group below which ward makes those of containers: for who is not root of the machine his own of cgroup v2, where it was delegated to
# him; else nothing, the root of the hierarchies.
own_group() {
        local group
        is_machine_root && return
        group=$(sed -n 's/^0:://p' /proc/self/cgroup)
        group=${group%/ward-callers}
        [[ $group == / ]] || echo "$group"
}

# Whether engines have systemd make the groups of their containers: it runs, and there is nothing but v2.
systemd_has_groups() { [[ -d /run/systemd/system && -e /sys/fs/cgroup/cgroup.controllers ]]; }

# needs_sandbox: its walls are namespaces over detached mounts, or Landlock.
needs_sandbox() { ! newest_calls_refused || unable "the walls of a sandbox are made of the newest calls"; }

needs_program() {
        local name
        for name in "$@"; do
                command -v "$name" >/dev/null || unable "needs the program $name"
        done
}

# needs_criu [FEATURE...]: that it works with this kernel, and what the kernel has to have.
needs_criu() {
        local feature said
        needs_program criu
        said=$(criu check 2>&1) || unable "criu does not work with this kernel: $(tail -n 1 <<<"$said")"
        for feature in "$@"; do
                criu check --feature "$feature" >/dev/null 2>&1 || unable "criu finds nothing of this in the kernel: $feature"
        done
}

# as_nobody COMMAND...: without any right of root's; who is not root has none of them anyhow.
as_nobody() {
        ((EUID == 0)) || { "$@"; return; }
        setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all "$@"
}

# own_podman RUNTIME VERB WORD...: podman with a storage and groups of the test's own.
own_podman() {
        local parent=() manager=cgroupfs
        if is_machine_root && systemd_has_groups; then
                manager=systemd
        elif [[ $2 == run ]]; then
                parent=(--cgroup-parent "/$ID-podman")
        fi
        podman --root "$WORK/storage" --runroot "$WORK/run" --tmpdir "$WORK/tmp" --storage-driver vfs --cgroup-manager "$manager" \
                --events-backend file --runtime "$1" "$2" "${parent[@]}" "${@:3}"
}

no_podman_groups() {
        find /sys/fs/cgroup -depth -type d -path "*/$ID-podman*" -exec rmdir {} \; 2>/dev/null || true
        [[ -z $(find /sys/fs/cgroup -type d -path "*/$ID-podman*" 2>/dev/null) ]]
}

# What it left, called as `engine`. Where it never ran it is not started for that: an ordinary user's leaves a process of its own behind.
remove_own_podman() {
        [[ -d $WORK/storage ]] || return 0
        engine rm -f -a -t 0 >/dev/null 2>&1 || true
        # Who was in them may be on his way out.
        wait_until 10 no_podman_groups || true
        umount -R "$WORK/storage/overlay" 2>/dev/null || true
}

# ---- an ordinary user of the number $USER_ID ------------------------------------------------------------------------------------

# plain_user COMMAND...: as the user, without groups, capabilities or a login session.
plain_user() { setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "${BOUNDING[@]}" "$@"; }

# Makes the user known to the machine until the end of the test, with 100 ids of his own; what an earlier run left of him goes first.
add_user() {
        ! newest_calls_refused || unable "the filter that refuses the newest calls takes newuidmap its rights (no_new_privs)"
        needs_machine_root "newuidmap has its rights from a file of the machine's root"
        local name=wardtest$$ stale
        stale=$(getent passwd "$USER_ID" | cut -d: -f1)
        [[ $stale != wardtest* ]] || userdel --force "$stale"
        useradd --no-create-home --uid "$USER_ID" "$name"
        ADDED=$name
        usermod --add-subuids 2000000-2000099 --add-subgids 2000000-2000099 "$name"
}

# Whatever runs as him.
remove_user() { [[ -z $ADDED ]] || userdel --force "$ADDED"; }

# ------------------------------------------------------------------------------------------------------------------------------------

# rootfs DIR: a root file system with a static busybox and the usual directories.
rootfs() {
        local dir=$1
        mkdir -p "$dir"/{bin,dev,etc,proc,sys,tmp,root}
        chmod 1777 "$dir/tmp"
        cp /bin/busybox "$dir/bin/busybox"
        "$dir/bin/busybox" --install "$dir/bin"
        echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/etc/passwd"
        echo 'root:x:0:' >"$dir/etc/group"
}

# put_ward_in_root DIR: ward and its libraries as DIR/w/ward, and a root for it, DIR/inner.
put_ward_in_root() {
        local file
        mkdir -p "$1"/{w,inner,run,lib64}
        for file in $(ldd "$(itself ward)" | grep -o '/[^ ]*'); do
                mkdir -p "$1${file%/*}"
                cp "$file" "$1$file"
        done
        cp "$(itself ward)" "$1/w/ward"
        rootfs "$1/inner"
}

# bundle DIR [JQ-FILTER...]: the default configuration without a terminal, over a fresh rootfs, changed by each filter in turn.
bundle() {
        local dir=$1 filter all='.process.terminal = false | .process.args = ["true"]' config
        shift
        mkdir -p "$dir"
        rootfs "$dir/rootfs"
        ward_oci spec -b "$dir"
        for filter in "$@"; do
                all+=" | ($filter)"
        done
        config=$(jq "$all" "$dir/config.json")
        printf '%s\n' "$config" >"$dir/config.json"
}

# is_program NAME PID: what was started in the background is a copy of the shell at first.
is_program() { [[ $(<"/proc/$2/comm") == "$1" ]]; }

# ---- expectations over bats' $status and $output -------------------------------------------------------------------------------

shown() {
        # shellcheck disable=SC2154  # bats sets them
        printf 'status: %s\noutput:\n%s\n' "$status" "$output"
        return 1
}

expect_status() {
        [[ $status == "$1" ]] || { echo "wanted status $1"; shown; }
}

# The whole output.
expect_output() {
        [[ $output == "$1" ]] || { echo "wanted: $1"; shown; }
}

# Each argument is somewhere in the output.
expect_in_output() {
        local text
        for text in "$@"; do
                [[ $output == *"$text"* ]] || { echo "wanted in the output: $text"; shown || return 1; }
        done
}

expect_not_in_output() {
        local text
        for text in "$@"; do
                [[ $output != *"$text"* ]] || { echo "not wanted in the output: $text"; shown || return 1; }
        done
}

# wait_until SECONDS COMMAND...: until the command succeeds. WARD_PATIENCE is how many times as slow the machine is.
wait_until() {
        local end=$((SECONDS + $1 * ${WARD_PATIENCE:-1}))
        shift
        until "$@"; do
                ((SECONDS < end)) || { echo "did not happen in time: $*"; return 1; }
                sleep 0.02
        done
}
