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

@test "exec --process without a profile has the container's, and with one its own" {
        local shown='{"cwd": "/", "args": ["sh", "-c", "cat /proc/self/attr/apparmor/current; cat /secret"]'
        edit --arg profile "$PROFILE" '.process.apparmorProfile = $profile | .process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        for profile in '' ', "apparmorProfile": ""' ', "apparmorProfile": null'; do
                run -1 oci exec -p <(echo "$shown$profile}") "$ID"
                expect_in_output "$PROFILE (enforce)" "can't open '/secret': Permission denied"
        done
        run -0 oci exec -p <(echo "$shown, \"apparmorProfile\": \"unconfined\"}") "$ID"
        expect_output $'unconfined\nsecret'
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

@test "ward apparmor: ward-default is loaded, in force, replaced by one that complains, and removed" {
        run -125 ward run --rm --name "$ID" --security-opt apparmor=ward-default "$BUNDLE/rootfs" true
        expect_in_output "no profile of this name is loaded" "ward apparmor load"
        run -0 ward apparmor load
        expect_output "ward-default (enforce)"
        run -0 ward apparmor list
        expect_in_output "ward-default (enforce)" "$PROFILE (enforce)"
        # More than the profile lets it have: the mask is gone, and a capability is there.
        options=(--rm --name "$ID" --security-opt apparmor=ward-default --security-opt unmask=ALL --cap-add NET_RAW)
        run ward run "${options[@]}" --strength "$BUNDLE/rootfs" sh -c 'cat /proc/self/attr/apparmor/current; cat /open; head -n 1 /proc/kallsyms; echo 1 >/proc/sys/kernel/panic; ping -c 1 127.0.0.1'
        ((status != 0)) || shown
        expect_in_output "lsm AppArmor ward-default" "ward-default (enforce)" $'\nopen\n' "/proc/kallsyms: Permission denied" "/proc/sys/kernel/panic: Permission denied" "ping: can't create raw socket: Permission denied"
        run -0 ward apparmor load --complain
        run -0 ward run "${options[@]}" "$BUNDLE/rootfs" sh -c 'cat /proc/self/attr/apparmor/current; ping -c 1 127.0.0.1'
        expect_in_output "ward-default (complain)" "1 packets received"
        run -0 ward apparmor list --format json
        [[ $(jq -r '.profiles[] | select(.name == "ward-default") | .mode' <<<"$output") == complain ]] || shown
        # It is nobody's who runs.
        ward_in_background --security-opt apparmor=ward-default "$BUNDLE/rootfs" sleep 100
        run -0 ward exec "$ID" cat /proc/self/attr/apparmor/current
        expect_output "ward-default (complain)"
        run -1 ward apparmor remove ward-default
        expect_in_output "it confines process"
        end_background
        run -0 ward apparmor remove ward-default
        run -0 ward apparmor list
        expect_not_in_output ward-default
        run -1 ward apparmor remove ward-default
        expect_in_output "none of this name is loaded"
        run -0 ward doctor apparmor
        expect_in_output "this program: unconfined"
}

@test "ward apparmor: a profile for a config.json and for a container, which have what their capabilities are" {
        edit '.process.args = ["sleep", "100"]'
        run -0 ward apparmor load --name ward-test-made "$BUNDLE/config.json"
        edit '.process.apparmorProfile = "ward-test-made"'
        oci run -d -b "$BUNDLE" "$ID"
        run oci exec "$ID" sh -c 'mount -t tmpfs x /tmp && cat /proc/self/attr/apparmor/current && cat /proc/kcore'
        expect_in_output "ward-test-made (enforce)"
        oci delete --force "$ID"
        edit '.process.capabilities[] -= ["CAP_SYS_ADMIN"]'
        run -0 ward apparmor load --name ward-test-made "$BUNDLE/config.json"
        edit '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
        oci run -d -b "$BUNDLE" "$ID"
        run oci exec "$ID" mount -t tmpfs x /tmp
        expect_in_output "ermission denied"
        ((status != 0)) || shown
        oci delete --force "$ID"
        run -0 ward apparmor remove ward-test-made
}

@test "a profile that is stacked: what confines the caller stays, and no_new_privs lets it" {
        run -0 ward apparmor load
        edit '.process.apparmorProfile = "stack:ward-default" | .process.args = ["sh", "-c", "cat /proc/self/attr/apparmor/current; cat /secret; cat /open"]'
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output "ward-default (enforce)" $'secret\nopen'
        # Behind a profile of its own there is nothing but stacking.
        cat >"$WORK/outer" <<-TEXT
		profile ward-test-outer flags=(attach_disconnected) {
		        file,
		        capability,
		        mount,
		        umount,
		        pivot_root,
		        signal,
		        ptrace,
		        unix,
		        network,
		        change_profile -> **,
		        deny /secret r,
		}
	TEXT
        apparmor_parser --replace --skip-cache "$WORK/outer"
        run aa-exec -p ward-test-outer -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "ward-test-outer" "ward-default" "can't open '/secret': Permission denied" $'\nopen'
        apparmor_parser --remove "$WORK/outer"
        run -0 ward apparmor remove ward-default
}
