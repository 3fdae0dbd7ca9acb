# SPDX-License-Identifier: Apache-2.0
# What the files about `ward run` share beyond tests/helpers.bash; a file loads this one alone.
# shellcheck shell=bash disable=SC2034,SC2154

load ../helpers

VERBS="run ps inspect exec kill stop rm limit gc top cgroup seccomp caps profile apparmor doctor sandbox help version"
TERMINAL=$WARD_SOURCE/tests/cli/helpers/terminal.py

# In place of ward where a background job's pid must be the program's own.
become_ward() { exec "$WARD_BUILD/bin/ward" --root "$WORK/state" "$@"; }

# with_root: a test that starts containers over $ROOT, whose system is busybox.
with_root() {
        ward_setup
        needs_root
        ROOT=$WORK/root
        rootfs "$ROOT"
}

# What the kernel says of a container without a filter: 0, or 2 where the one that refuses the newest calls is around it.
outer_filter() { newest_calls_refused && echo 2 || echo 0; }

# needs_host: the root `host` is made of detached mounts.
needs_host() { ! newest_calls_refused || unable "needs fsopen(2), which is refused here"; }

# remove_containers [WARD]: all that ward, or the command in its place, knows.
remove_containers() {
        local ward=${1:-ward} name
        for name in $("$ward" ps -aq); do
                "$ward" rm -f "$name"
        done
}

remove_all() {
        remove_containers
        ward_teardown
}

# Runs a container that is removed at its end: here OPTIONS... COMMAND... with ROOT between them as "@".
here() {
        local word words=()
        for word in "$@"; do
                [[ $word == @ ]] && word=$ROOT
                words+=("$word")
        done
        ward run --rm --name "$ID" "${words[@]}"
}

# ---- an ordinary user of the number $USER_ID, and his home $HERE, which he can reach: the directory of the tests is closed ---------------

home_setup() {
        ward_setup
        needs_root
        needs_program setpriv
        HERE=$(mktemp -d -t "$ID.XXXXXX")
        BOUNDING=(--bounding-set=-all) ADDED=
        chmod 755 "$HERE"
        cp "$WARD_BUILD/bin/ward" "$HERE/ward"
        mkdir -m 700 "$HERE/state"
        chown "$USER_ID:$USER_ID" "$HERE/state"
        cd "$HERE" || return 1
}

# home_teardown [WARD]: see remove_containers.
home_teardown() {
        [[ -n ${HERE:-} ]] || { ward_teardown; return; }
        remove_containers "${1:-as_user}"
        remove_user
        ward_teardown "$HERE"
}

# as_user ARGUMENTS...: his ward.
as_user() { plain_user env -u XDG_RUNTIME_DIR HOME="$HERE" "$HERE/ward" --root "$HERE/state" "$@"; }

# ---- what runs ---------------------------------------------------------------------------------------------------------------------------

# background ARGUMENTS...: a container named $ID in the background that runs until it is ended; $PID is ward's.
background() {
        become_ward run --name "$ID" "$@" 3>&- &
        PID=$!
        wait_until 10 runs "$ID"
}

runs() { ward ps -q | grep -qxF -- "$1"; }

# The container's first process, as the machine sees it.
init_pid() { ward ps | awk -v name="$ID" '$1 == name { print $3 }'; }

# limit_of CONTROLLER V1-FILE V2-FILE: what the machine's cgroup file says of $ID's group.
limit_of() {
        local file group
        group=$(own_group)/$ID
        for file in "/sys/fs/cgroup/$1$group/$2" "/sys/fs/cgroup$group/$3" "/sys/fs/cgroup/unified$group/$3"; do
                [[ ! -e $file ]] || { cat "$file"; return; }
        done
        echo "no group of '$ID' has a limit of $1" >&2
        return 1
}

# ended_with STATUS: that of the container in the background.
ended_with() {
        local status=0 wanted=$1
        wait "$PID" || status=$?
        ((status == wanted)) || { echo "wanted status $wanted, got $status"; return 1; }
}

# fails_with STATUS PATTERN COMMAND...
fails_with() {
        local wanted=$1 pattern=$2
        shift 2
        run "-$wanted" "$@"
        [[ $output =~ $pattern ]] || { echo "wanted a match of: $pattern"; shown; }
}

# walk_finds_no_more INSIDE OUTSIDE, commands that run one: what can be read inside can be read outside.
walk_finds_no_more() {
        local inside=$1 outside=$2 path
        "$inside" find /usr /etc /var /opt '(' -type f -o -type d ')' -readable 2>/dev/null | sort >inside || true
        "$outside" find /usr /etc /var /opt '(' -type f -o -type d ')' -readable 2>/dev/null | sort >outside || true
        (($(wc -l <inside) > 1000)) || { echo "the walk inside found little"; return 1; }
        # What ended or began between the two walks is no finding.
        while IFS= read -r path; do
                [[ ! -e $path ]] || "$outside" test -r "$path" || { echo "readable inside alone: $path"; return 1; }
        done < <(comm -23 inside outside)
}
