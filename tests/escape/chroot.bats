#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154
#
# V37: the runtime is in a chroot(2) itself, as build systems and rescue disks have it: the root of the mount namespace is above its own.

load helpers/escape

setup() {
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program is not static"
        escape_setup
        CAGE=$WORK/cage
        make_bundle sleep 100
        edit '.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT"])'
        with_probe
        mkdir -p "$CAGE"/{proc,sys,dev,run,tmp,bin}
        cp -a "$BUNDLE" "$CAGE/bundle"
        cp "$(itself ward-oci)" "$CAGE/ward-oci"
        cp "$(command -v busybox)" "$CAGE/bin/sh"
}

teardown() { escape_teardown; }

# in_cage root|directory SCRIPT: what the script, which is $1's, says; the cage is a mount's root, or a directory of one.
in_cage() {
        timeout 60 "${REFUSED[@]}" unshare --mount --propagation private sh -ec '
                [ "$2" = directory ] || mount --bind "$1" "$1"
                for name in proc sys dev; do mount --rbind "/$name" "$1/$name"; done
                exec chroot "$1" /bin/sh -c "$3" sh "$4" "$5"' sh "$CAGE" "$1" "$2" "$ID" "$CANARY"
}

@test "V37: what joins the container has its root, and not the machine's" {
        local kind
        for kind in root directory; do
                run -0 in_cage "$kind" '
                        oci="/ward-oci --root /run/state"
                        $oci run -d -b /bundle "$1" >/dev/null
                        $oci exec "$1" cat "$2/marker"
                        $oci exec "$1" sh -c "ls -d /bundle /ward-oci /bin/probe"
                        $oci delete -f "$1"'
                expect_in_output "can't open '$CANARY/marker'" /bin/probe "/bundle: No such file" "/ward-oci: No such file"
        done
}

@test "V37: who climbs out of the root with CAP_SYS_CHROOT is in the root again" {
        local kind
        for kind in root directory; do
                run -0 in_cage "$kind" '
                        oci="/ward-oci --root /run/state"
                        $oci run -d -b /bundle "$1" >/dev/null
                        $oci exec "$1" probe climb "$2/marker"
                        $oci exec "$1" probe climb /bin/probe
                        $oci delete -f "$1"'
                expect_in_output "climb: ENOENT" "ELF"
                expect_not_in_output "host marker"
                # The first process as well.
                jq --arg file "$CANARY/marker" '.process.args = ["probe", "climb", $file]' "$BUNDLE/config.json" >"$CAGE/bundle/config.json"
                run -0 in_cage "$kind" '/ward-oci --root /run/state run -b /bundle "$1"'
                [[ $output == "climb: ENOENT" ]] || shown
                cp "$BUNDLE/config.json" "$CAGE/bundle/config.json"
        done
}

# The attack is one: without the container in between it reaches the machine.
@test "V37: the attacker can climb out of a chroot" {
        cp "$ATTACKERS/probe" "$CAGE/probe"
        run -0 in_cage root '/probe climb "$2/marker"'
        [[ $output == "climb: host marker" ]] || shown
}

@test "V37: no mount of the container's appears outside of it" {
        local kind
        for kind in root directory; do
                run -0 in_cage "$kind" '
                        before=$(wc -l </proc/self/mountinfo)
                        /ward-oci --root /run/state run -d -b /bundle "$1" >/dev/null
                        echo "$before $(wc -l </proc/self/mountinfo)"
                        /ward-oci --root /run/state delete -f "$1"'
                [[ ${output% *} == "${output#* }" ]] || shown
        done
}
