# SPDX-License-Identifier: Apache-2.0
# What the files of tests/escape share; a file loads this one alone. Their tests carry the rows of docs/SECURITY.md in their names.
# shellcheck shell=bash disable=SC2034,SC2154
#
# Every test stands between two looks at the host: audit_begin notes it, audit_end compares. $CANARY is a directory of the host that
# no container has been given; all that an attack reaches for lies there. What is attacked is a copy of the machine (../isolated).

load ../oci/helpers/common

# What the attackers of helpers/*.c are built to; static, so that they run in any root file system.
ATTACKERS=$WARD_BUILD/tests/escape

# For jq.
USER_NAMESPACE='.linux.namespaces += [{type: "user"}]
        | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'

escape_setup() {
        needs_root
        ward_setup
        [[ ${WARD_ISOLATED:-} == "$(readlink /proc/self/ns/mnt)" ]] || {
                echo "not here: tests/run escape, or tests/escape/isolated bats FILE"
                return 1
        }
        CANARY=$WORK/canary
        mkdir -p "$CANARY/dir" "$CANARY/pts"
        for name in ptmx console resolv.conf marker dir/file; do
                echo "host $name" >"$CANARY/$name"
        done
        audit_begin
}

escape_teardown() {
        local ok=true id
        [[ -n ${CANARY:-} ]] || { ward_teardown; return; } # skipped in its setup
        for id in $(oci list -q); do
                oci delete --force "$id"
        done
        audit_end || ok=false
        remove_all || ok=false
        $ok
}

canary_state() { "$WARD_BUILD/tests/state/state" files "${CANARY:?}"; }
host_state() { "$WARD_BUILD/tests/state/state" host "$WORK" "$ID"; }

audit_begin() {
        canary_state >"$WORK/.canary"
        host_state >"$WORK/.host"
}

audit_end() {
        local what
        cd / || return 1
        canary_state >"$WORK/.canary.now"
        host_state >"$WORK/.host.now"
        for what in canary host; do
                diff "$WORK/.$what" "$WORK/.$what.now" >"$WORK/.diff" || {
                        echo "the $what has changed ('>' is new):"
                        cat "$WORK/.diff"
                        return 1
                }
        done
}

# with_probe: puts the attacker's program into the image of the bundle.
with_probe() { cp "$ATTACKERS/probe" "$BUNDLE/rootfs/bin/probe"; }

# The start was refused, or it worked and was confined, which the caller looks at. Never did it crash or hang.
refused_or_confined() {
        run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        ((status == 0 || status == 1)) || shown
}

# refuses PATTERN: the config of the bundle is refused with a message that matches, and nothing ran.
refuses() {
        rm -f "$WORK/ran"
        run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $status -eq 1 && $output =~ $1 ]] || { echo "wanted status 1 and a match of: $1"; shown; }
        [[ $output != *RAN* ]] || { echo "the program ran"; shown; }
}

# grant CAP...: in the three sets that runc fills.
grant() {
        local list
        list=$(jq -nc '$ARGS.positional' --args -- "$@")
        edit --argjson list "$list" '.process.capabilities |= (.bounding = $list | .effective = $list | .permitted = $list)'
}

# An image that brings its own /dev: there is no tmpfs over it.
own_dev() {
        edit '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false'
}
