# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Smack: the runtime specification has no field for it, so a container keeps the label of who starts it, and Smack's rules hold in it. For
# machines with Smack (./dev vm --lsm smack).
#
# bats file_tags=smack

load ../oci/helpers/common

setup() {
        ward_setup
        needs_machine_root "labels of files are changed by nobody else"
        make_bundle sh -c 'cat /proc/self/attr/current; echo; cat /secret; cat /open'
        echo secret >"$BUNDLE/rootfs/secret"
        echo open >"$BUNDLE/rootfs/open"
        python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.SMACK64", b"ward-secret")' "$BUNDLE/rootfs/secret"
        # CAP_MAC_OVERRIDE would override.
        edit '.process.capabilities |= map_values(. - ["CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN"])'
}

teardown() { remove_all; }

# as_label LABEL COMMAND...: with the rights that Smack asks for to take a label.
as_label() {
        # shellcheck disable=SC2016
        bash -c 'printf %s "$1" >/proc/self/attr/current && shift && exec "$@"' _ "$@"
}

@test "a container has the label of who starts it, and Smack's rules hold in it" {
        run as_label _ "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "_" "can't open '/secret': Permission denied"$'\nopen'
        run as_label ward-secret "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "ward-secret" $'secret\nopen'
}

@test "a process that joins has the label of who joins" {
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        run -1 oci exec "$ID" cat /proc/self/attr/current /secret
        expect_in_output "_" "Permission denied"
}

@test "AppArmor's and SELinux's labels are refused where these are not in force" {
        edit '.process.apparmorProfile = "any"'
        fails_with "process.apparmorProfile .*AppArmor is not active" oci run -b "$BUNDLE" "$ID"
        edit 'del(.process.apparmorProfile) | .process.selinuxLabel = "system_u:system_r:container_t:s0"'
        fails_with "process.selinuxLabel .*SELinux is not active" oci run -b "$BUNDLE" "$ID"
}
