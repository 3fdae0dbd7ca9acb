# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# AppArmor: the profile that is asked for is in force in the container, and what can't be had is refused. For machines with AppArmor
# (./dev vm --lsm apparmor).
#
# bats file_tags=apparmor

load ../oci/helpers/common

PROFILE=ward-test

setup_file() {
        is_machine_root || return 0
        apparmor_parser --replace --skip-cache <<-TEXT
		profile $PROFILE flags=(attach_disconnected,mediate_deleted) {
		        file,
		        capability,
		        signal,
		        deny /secret rw,
		        deny mount,
		}
	TEXT
}

teardown_file() {
        is_machine_root || return 0
        echo "profile $PROFILE {}" | apparmor_parser --remove
}

setup() {
        ward_setup
        needs_machine_root "profiles are loaded by nobody else"
        make_bundle sh -c 'cat /proc/self/attr/apparmor/current; cat /secret; cat /open; mount -t tmpfs x /tmp'
        echo secret >"$BUNDLE/rootfs/secret"
        echo open >"$BUNDLE/rootfs/open"
        chmod 666 "$BUNDLE/rootfs/secret"
        # Whatever is denied is not for want of the right.
        edit '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
}

teardown() { remove_all; }

@test "process.apparmorProfile is in force, and denies" {
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output unconfined $'secret\nopen'
        edit --arg profile "$PROFILE" '.process.apparmorProfile = $profile'
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output "$PROFILE (enforce)" "can't open '/secret': Permission denied" $'\nopen\n' "mounting x on /tmp failed: Permission denied"
        expect_not_in_output $'secret\nopen'
}

@test "a process that joins has the container's profile, or its own" {
        edit --arg profile "$PROFILE" '.process.apparmorProfile = $profile | .process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        run -0 oci exec "$ID" cat /proc/1/attr/apparmor/current /proc/self/attr/apparmor/current
        expect_output "$PROFILE (enforce)"$'\n'"$PROFILE (enforce)"
        run -1 oci exec "$ID" cat /secret
        oci delete --force "$ID"
        edit 'del(.process.apparmorProfile)'
        oci run -d -b "$BUNDLE" "$ID"
        run -0 oci exec "$ID" cat /secret
        run -1 oci exec --apparmor "$PROFILE" "$ID" cat /secret
        expect_in_output "Permission denied"
}

@test "a profile that is not loaded is refused, and nothing runs" {
        edit '.process.apparmorProfile = "ward-test-missing" | .process.args = ["echo", "RAN"]'
        run -1 oci run -b "$BUNDLE" "$ID"
        expect_in_output "process.apparmorProfile" ward-test-missing "no profile of this name is loaded"
        expect_not_in_output RAN
}

@test "SELinux's label is refused where SELinux is not in force" {
        edit '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
        fails_with "process.selinuxLabel .*SELinux is not active" oci run -b "$BUNDLE" "$ID"
}

@test "ward run --security-opt apparmor=PROFILE" {
        run -1 ward run --rm --name "$ID" --security-opt "apparmor=$PROFILE" "$BUNDLE/rootfs" cat /proc/self/attr/apparmor/current /secret
        expect_in_output "$PROFILE (enforce)" "Permission denied"
        run -0 ward run --rm --name "$ID" --security-opt apparmor=unconfined "$BUNDLE/rootfs" cat /proc/self/attr/apparmor/current
        expect_output unconfined
}
