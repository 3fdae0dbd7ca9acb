# SPDX-License-Identifier: Apache-2.0
# What every file of tests/oci loads: a program under test, a root file system, bundles, and the proof that nothing is left.
# shellcheck shell=bash disable=SC2034,SC2154

# WARD_OCI names another runtime with runc's command line: the tests themselves are tried with it.
bats_require_minimum_version 1.5.0

OCI=${WARD_OCI:-${WARD_BUILD:?}/bin/ward-oci}
HELPERS=${WARD_SOURCE:?}/tests/oci/helpers

oci() { "$OCI" --root "$BATS_FILE_TMPDIR/state" "$@"; }

need_root() { ((EUID == 0)) || skip "needs root"; }

# A root of one static busybox with its applets, made once per file.
make_rootfs() {
        local rootfs=$BATS_FILE_TMPDIR/rootfs applet
        mkdir -p "$rootfs"/{bin,dev,etc,proc,sys,tmp,root}
        cp "$(command -v busybox)" "$rootfs/bin/busybox"
        for applet in $("$rootfs/bin/busybox" --list); do
                [[ $applet == busybox ]] || ln -s busybox "$rootfs/bin/$applet"
        done
        printf 'root:x:0:0:root:/root:/bin/sh\n' >"$rootfs/etc/passwd"
        chmod 755 "$BATS_FILE_TMPDIR" "$rootfs"
}

# make_bundle COMMAND...: a bundle in $BUNDLE that runs the command without a terminal.
make_bundle() {
        BUNDLE=$BATS_TEST_TMPDIR/bundle
        ID=bats-$BATS_TEST_NUMBER-$$
        mkdir -p "$BUNDLE"
        (cd "$BUNDLE" && rm -f config.json && "$OCI" spec)
        jq -n '$ARGS.positional' --args -- "$@" >"$BATS_TEST_TMPDIR/args"
        edit --slurpfile args "$BATS_TEST_TMPDIR/args" --arg rootfs "$BATS_FILE_TMPDIR/rootfs" \
                '.process.terminal = false | .process.args = $args[0] | .root.path = $rootfs'
}

# edit JQ-ARGUMENTS: changes config.json.
edit() {
        jq "$@" "$BUNDLE/config.json" >"$BUNDLE/config.new"
        mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}

status_of() { oci state "$1" | jq -r .status; }

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
        local end=$((SECONDS + $1))
        shift
        until "$@" >/dev/null 2>&1; do
                ((SECONDS <= end)) || { echo "timed out waiting for: $*" >&2; return 1; }
                sleep 0.02
        done
}

has_status() { [[ $(status_of "$1") == "$2" ]]; }

groups_of() { find /sys/fs/cgroup -maxdepth 4 -type d -name "$1*" 2>/dev/null; }

# Ends what the test left, and fails if the runtime itself left something behind.
remove_all() {
        local id left=0
        for id in $(oci list -q); do
                oci delete --force "$id" || left=1
        done
        [[ -z $(oci list -q) ]] || { echo "containers are left: $(oci list -q)" >&2; left=1; }
        [[ -z ${ID:-} || -z $(groups_of "$ID") ]] || { echo "groups are left: $(groups_of "$ID")" >&2; left=1; }
        ((left == 0))
}

# fails_with PATTERN COMMAND...: status 1 and a message on standard error that matches.
fails_with() {
        local pattern=$1
        shift
        run "$@"
        [[ $status -eq 1 && $output =~ $pattern ]] && return 0
        echo "expected status 1 and /$pattern/; got status $status and:" >&2
        echo "$output" >&2
        return 1
}
