# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Smack: the label that is asked for is that of the container's processes and of what is made for them, and Smack's rules hold for it; without one a
# container keeps the label of who starts it. For machines with Smack (./dev vm --lsm smack).
#
# bats file_tags=smack

load ../oci/helpers/common

RULES=/sys/fs/smackfs/load2

setup() {
        ward_setup
        needs_machine_root "labels of files are changed by nobody else"
        make_bundle sh -c 'cat /proc/self/attr/current; echo; cat /secret; cat /open'
        echo secret >"$BUNDLE/rootfs/secret"
        echo open >"$BUNDLE/rootfs/open"
        relabel ward-secret "$BUNDLE/rootfs/secret"
        # CAP_MAC_OVERRIDE would override.
        edit '.root.readonly = false | .process.capabilities |= map_values(. - ["CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN"])'
}

teardown() {
        [[ ! -w $RULES ]] || echo "ward-web ward-secret -" >"$RULES"
        remove_all
}

relabel() { python3 -c 'import os, sys; os.setxattr(sys.argv[2], "security.SMACK64", sys.argv[1].encode())' "$@"; }

# as_label LABEL COMMAND...: with the rights that Smack asks for to take a label.
as_label() {
        # shellcheck disable=SC2016
        bash -c 'printf %s "$1" >/proc/self/attr/current && shift && exec "$@"' _ "$@"
}

without_admin() { setpriv --bounding-set=-mac_admin --inh-caps=-mac_admin "$@"; }

labelled() { edit '.annotations["ward.smack"] = "ward-web"'; }

in_own_users() {
        edit '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] |
              .linux.gidMappings = .linux.uidMappings'
        chown -R 100000:100000 "$BUNDLE/rootfs"
}

# says SCRIPT: what a shell in the container makes of it.
says() {
        edit --arg words "$1" '.process.args = ["sh", "-c", $words]'
        run oci run -b "$BUNDLE" "$ID"
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

@test "ward.smack is the label, denies, and a rule allows" {
        labelled
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output "ward-web" "can't open '/secret': Permission denied"$'\nopen'
        says 'echo x >/open; cat /open; echo y >>/secret; cat /secret'
        expect_in_output "can't create /open: Permission denied" $'open\n' "can't create /secret: Permission denied" "can't open '/secret': Permission denied"
        echo "ward-web ward-secret rwxa" >"$RULES"
        says 'echo y >>/secret; cat /secret'
        expect_output $'secret\ny'
}

@test "the same behind a user namespace, where the label was offered, and no other can be taken" {
        labelled
        in_own_users
        says 'cat /proc/self/attr/current; echo; cat /secret; cat /open; echo -n _ >/proc/self/attr/current; cat /proc/self/attr/current'
        expect_in_output "ward-web" "can't open '/secret': Permission denied"$'\nopen' "write error: Operation not permitted" $'\nward-web'
        # Who offered it keeps nothing of that, nor do the hooks that it runs.
        edit --arg script "cat /sys/fs/smackfs/relabel-self >$WORK/offered; echo ran >>$WORK/offered" \
                '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", $script]}]'
        run oci run -b "$BUNDLE" "$ID"
        [[ $(<"$WORK/offered") == ran ]] || { cat "$WORK/offered"; return 1; }
}

@test "what is made for the container has its label: a tmpfs can be written to, unless it says otherwise" {
        local where
        labelled
        edit '.mounts += [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]'
        for where in here own; do
                [[ $where == here ]] || in_own_users
                says 'echo x >/tmp/file && cat /tmp/file; echo y >/dev/shm/file && cat /dev/shm/file; echo z >/dev/file; echo null >/dev/null; echo w >/root/file'
                expect_output "x"$'\ny'$'\n'"sh: can't create /root/file: Permission denied"
        done
        edit 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces -= [{"type": "user"}]'
        edit '(.mounts[] | select(.destination == "/tmp")).options = ["smackfsroot=_"]'
        says 'echo x >/tmp/file; echo y >/dev/shm/file && cat /dev/shm/file'
        expect_output "sh: can't create /tmp/file: Permission denied"$'\ny'
}

@test "a process that joins, and a mount that is added, have the container's label" {
        local where
        labelled
        edit '.process.args = ["sleep", "100"]'
        for where in here own; do
                [[ $where == here ]] || in_own_users
                oci run -d -b "$BUNDLE" "$ID"
                run -0 oci exec "$ID" cat /proc/1/attr/current /proc/self/attr/current
                [[ $output == ward-web*ward-web ]] || shown
                run -1 oci exec "$ID" cat /secret
                expect_in_output "Permission denied"
                mkdir -p "$BUNDLE/rootfs/new"
                echo '[{"destination": "/new", "type": "tmpfs", "options": ["size=1m"]}]' >mounts.json
                oci mounts add "$ID" mounts.json
                run -0 oci exec "$ID" sh -c 'echo x >/new/file && cat /new/file'
                expect_output x
                oci delete --force "$ID"
        done
}

@test "who may not take the label is told what it takes; nothing runs" {
        labelled
        edit '.process.args = ["echo", "RAN"]'
        run -1 without_admin "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "annotations.ward.smack" "take the Smack label 'ward-web'" "Operation not permitted" "CAP_MAC_ADMIN" "relabel-self"
        expect_not_in_output RAN
        in_own_users
        run -1 without_admin "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "take the Smack label 'ward-web'" "CAP_MAC_ADMIN"
        # An offer of somebody else's will do.
        # shellcheck disable=SC2016
        run -0 bash -c 'echo ward-web >/sys/fs/smackfs/relabel-self && exec setpriv --bounding-set=-mac_admin --inh-caps=-mac_admin "$@"' _ \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_output RAN
        edit '.annotations["ward.smack"] = "a b"'
        fails_with "can't be the Smack label of a process" oci run -b "$BUNDLE" "$ID"
}

@test "ward run --security-opt smack=, a terminal, ward exec, the strength line, the doctor, a profile" {
        local options=(--rm --name "$ID" --security-opt smack=ward-web)
        run ward run "${options[@]}" --strength "$BUNDLE/rootfs" sh -c 'cat /proc/self/attr/current; echo; cat /secret; echo x >/tmp/x; id >/dev/shm/x && echo made'
        expect_in_output "lsm Smack ward-web" $'\nward-web' "can't open '/secret': Permission denied" "made"
        run -0 script -qec "$(printf '%q ' "$WARD_BUILD/bin/ward" --root "$WORK/state" run "${options[@]}" -t "$BUNDLE/rootfs" sh -c 'echo on-tty >/dev/tty; echo on-console >/dev/console; test -t 0 && echo terminal')" /dev/null
        expect_in_output on-tty on-console terminal
        ward_in_background --security-opt smack=ward-web "$BUNDLE/rootfs" sleep 100
        run -0 ward exec "$ID" cat /proc/self/attr/current
        expect_output ward-web
        run -1 ward exec "$ID" cat /secret
        run -0 ward inspect "$ID"
        [[ $output =~ smack\ +ward-web ]] || shown
        end_background
        run -125 ward run --rm --name "$ID" --security-opt smack=-web "$BUNDLE/rootfs" true
        expect_in_output "does not begin with '-'"
        run -0 ward doctor smack
        expect_in_output "this program:"
        printf 'smack: ward-web\n' >labelled.yaml
        run -0 ward run --rm --name "$ID" --profile ./labelled.yaml "$BUNDLE/rootfs" cat /proc/self/attr/current
        expect_output ward-web
}

@test "ward sandbox with a label, verified; the root host" {
        run ward sandbox --verify --security-opt smack=ward-web -- sh -c 'cat /proc/self/attr/current && echo x >/dev/null'
        expect_status 0
        expect_in_output "the Smack label kept" ward-web
        run ward run --rm --name "$ID" --security-opt smack=ward-web host sh -c 'cat /proc/self/attr/current; echo; echo x >/tmp/file && cat /tmp/file; echo x >/etc/new-file'
        expect_in_output ward-web
}

@test "AppArmor's and SELinux's labels are refused where these are not in force" {
        edit '.process.apparmorProfile = "any"'
        fails_with "process.apparmorProfile .*AppArmor is not active" oci run -b "$BUNDLE" "$ID"
        edit 'del(.process.apparmorProfile) | .process.selinuxLabel = "system_u:system_r:container_t:s0"'
        fails_with "process.selinuxLabel .*SELinux is not active" oci run -b "$BUNDLE" "$ID"
}
