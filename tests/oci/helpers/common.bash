# SPDX-License-Identifier: Apache-2.0
# What the files of tests/oci share beyond tests/helpers.bash; a file loads this one alone.
# shellcheck shell=bash disable=SC2034,SC2154

load ../helpers

HELPERS=$WARD_SOURCE/tests/oci/helpers

oci() { ward_oci "$@"; }

# In place of oci where a background job's pid must be the program's own.
become_oci() { exec "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" "$@"; }

# make_bundle COMMAND...: a bundle in $BUNDLE that runs the command without a terminal.
make_bundle() {
        BUNDLE=$WORK/bundle
        rm -rf "$BUNDLE"
        mkdir "$BUNDLE"
        rootfs "$BUNDLE/rootfs"
        ward_oci spec -b "$BUNDLE"
        edit '.process.terminal = false | .process.args = $ARGS.positional' --args -- "$@"
}

# edit JQ-ARGUMENTS: changes config.json.
edit() {
        jq "$@" <"$BUNDLE/config.json" >"$BUNDLE/config.new"
        mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}

init_pid() { oci state "$ID" | jq -r .pid; }

has_status() { [[ $(oci state "$1" | jq -r .status) == "$2" ]]; }

# Gone, or a zombie that its adoptive parent has not reaped yet.
has_ended() { ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; }

# ward_in_background OPTION... ROOT COMMAND...: a container of `ward run`, as $ID; its ward is $PID until end_background.
ward_in_background() {
        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" "$@" 3>&- &
        PID=$!
        wait_until 60 has_status "$ID" running 2>/dev/null
}

end_background() {
        oci kill "$ID" KILL
        wait "$PID" || true
}

groups_of() { find /sys/fs/cgroup -type d -name "$1*" 2>/dev/null; }

# There is no container and no group of the test's any more.
nothing_left() {
        [[ -z $(oci list -q) ]] || { echo "containers are left: $(oci list -q)"; return 1; }
        [[ -z $(groups_of "$ID") ]] || { echo "groups are left: $(groups_of "$ID")"; return 1; }
}

# Ends what the test left running; what the runtime leaves behind fails the test.
remove_all() {
        local id
        for id in $(oci list -q); do
                oci delete --force "$id"
        done
        nothing_left
        ward_teardown
}

# fails_with PATTERN COMMAND...: status 1, or that of the verb exec, and a message that matches.
fails_with() {
        local pattern=$1 wanted=1 word
        shift
        for word in "$@"; do
                [[ $word != exec ]] || wanted=255
        done
        run "$@"
        [[ $status -eq $wanted && $output =~ $pattern ]] || { echo "wanted status $wanted and a match of: $pattern"; shown; }
}
