# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# SELinux, enforcing: the labels that are asked for are those of the process and of its mounts, and the policy holds. For the test machine
# (./dev vm --lsm selinux), whose policy has the domain ward_test_t: tests/vm/guest/ward_test.cil.
#
# bats file_tags=selinux

load ../oci/helpers/common

PROCESS=system_u:system_r:ward_test_t:s0:c1,c2
FILES=system_u:object_r:ward_test_file_t:s0:c1,c2

setup() {
        ward_setup
        needs_root
        [[ $(getenforce) == Enforcing ]] || unable "SELinux is permissive here"
        make_bundle sh -c 'cat /proc/self/attr/current; echo; cat /secret; cat /open'
        echo secret >"$BUNDLE/rootfs/secret"
        echo open >"$BUNDLE/rootfs/open"
        chcon -R "$FILES" "$BUNDLE/rootfs"
        chcon system_u:object_r:shadow_t:s0 "$BUNDLE/rootfs/secret"
}

teardown() { remove_all; }

labelled() { edit --arg process "$PROCESS" --arg files "$FILES" '.process.selinuxLabel = $process | .linux.mountLabel = $files'; }

@test "process.selinuxLabel is in force, and denies" {
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output "$(cat /proc/self/attr/current | tr -d '\0')" $'secret\nopen'
        labelled
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output "$PROCESS" "can't open '/secret': Permission denied"$'\nopen'
        expect_not_in_output $'secret\nopen'
}

@test "linux.mountLabel is the label of the new file systems" {
        local pid
        labelled
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        pid=$(oci state "$ID" | jq .pid)
        [[ $(stat -c %C "/proc/$pid/root/dev/shm") == "$FILES" ]]
        # In a user namespace it is the machine's own, bound.
        ! is_machine_root || [[ $(stat -c %C "/proc/$pid/root/dev/null") == "$FILES" ]]
        run -0 oci exec "$ID" sh -c 'echo x >/dev/shm/file && cat /dev/shm/file'
        oci delete --force "$ID"
        # Of another type: the policy gives the container nothing of it.
        edit '.linux.mountLabel = "system_u:object_r:shadow_t:s0"'
        edit '.process.args = ["sh", "-c", "echo x >/dev/shm/file || ls /dev/shm"]'
        run oci run -b "$BUNDLE" "$ID"
        expect_in_output "can't create /dev/shm/file: Permission denied" "ls: /dev/shm: Permission denied"
}

@test "a program whose type the label may not enter is refused, and it is said what the policy lacks" {
        labelled
        chcon system_u:object_r:shadow_t:s0 "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/bin/true"
        edit '.process.args = ["true"]'
        run -1 oci run -b "$BUNDLE" "$ID"
        expect_in_output "permission denied" "entrypoint"
        run -126 ward run --rm --name "$ID" --security-opt label=type:ward_test_t "$BUNDLE/rootfs" true
        expect_in_output "permission denied" "entrypoint"
}

@test "ward exec has the container's label, and is denied what that is denied" {
        ward_in_background --security-opt label=type:ward_test_t --security-opt label=level:s0:c1,c2 "$BUNDLE/rootfs" sleep 100
        run -0 --separate-stderr ward exec "$ID" cat /proc/self/attr/current
        [[ $output == "$PROCESS" ]] || shown
        run -1 ward exec "$ID" cat /secret
        expect_in_output "Permission denied"
        end_background
}

# What each of them needs of the policy is the kernel's affair: this one gives none to a devpts.
@test "run.oci.mount_context_type: the kernel is given the label under that name" {
        labelled
        edit '.annotations["run.oci.mount_context_type"] = "rootcontext"'
        run -0 oci plan -b "$BUNDLE"
        expect_in_output "rootcontext=$FILES"
        expect_not_in_output " context=$FILES"
        run -1 oci run -b "$BUNDLE" "$ID"
        expect_in_output "devpts on '/dev/pts': make the file system: Permission denied"
}

@test "a process that joins has the container's label, or its own" {
        local other=system_u:system_r:ward_test_t:s0:c3
        labelled
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        run -0 --separate-stderr oci exec "$ID" cat /proc/self/attr/current
        [[ $output == "$PROCESS" ]] || shown
        run -1 oci exec "$ID" cat /secret
        run -0 --separate-stderr oci exec --process-label "$other" "$ID" cat /proc/self/attr/current
        [[ $output == "$other" ]] || shown
        # --process: that which does not name one has the container's.
        echo '{"cwd": "/", "args": ["cat", "/proc/self/attr/current"]}' >"$WORK/process.json"
        run -0 --separate-stderr oci exec -p "$WORK/process.json" "$ID"
        [[ $output == "$PROCESS" ]] || shown
        jq --arg other "$other" '.selinuxLabel = $other' <"$WORK/process.json" >"$WORK/other.json"
        run -0 --separate-stderr oci exec -p "$WORK/other.json" "$ID"
        [[ $output == "$other" ]] || shown
}

@test "a label that the policy does not know is refused, and nothing runs" {
        edit '.process.selinuxLabel = "system_u:system_r:no_such_t:s0" | .process.args = ["echo", "RAN"]'
        run -1 oci run -b "$BUNDLE" "$ID"
        expect_in_output "process.selinuxLabel" no_such_t "the policy that is loaded has no such label"
        expect_not_in_output RAN
}

@test "a label that no_new_privs forbids is refused, and it is said why" {
        # Debian's policy has no nnp_transition to a user's domain.
        chcon -R system_u:object_r:bin_t:s0 "$BUNDLE/rootfs"
        edit '.process.selinuxLabel = "user_u:user_r:user_t:s0"'
        fails_with "nnp_transition" oci run -b "$BUNDLE" "$ID"
}

@test "an AppArmor profile is refused where AppArmor is not in force" {
        edit '.process.apparmorProfile = "any"'
        fails_with "process.apparmorProfile .*AppArmor is not active" oci run -b "$BUNDLE" "$ID"
}

@test "ward run --security-opt label=" {
        run -0 --separate-stderr ward run --rm --name "$ID" --security-opt label=user:system_u --security-opt label=role:system_r \
                --security-opt label=type:ward_test_t --security-opt label=level:s0:c1,c2 "$BUNDLE/rootfs" cat /proc/self/attr/current
        [[ $output == "$PROCESS" ]] || shown
}

@test "z and Z relabel what is bound, for every container or for this one; label=filetype: is the type of it" {
        local options=(--rm --name "$ID" --security-opt label=type:ward_test_t --security-opt label=filetype:ward_test_file_t)
        mkdir -p "$WORK/data/below"
        echo data >"$WORK/data/below/file"
        ln -s /etc/shadow "$WORK/data/link"
        before=$(stat -c %C /etc/shadow)
        chcon -R system_u:object_r:shadow_t:s0 "$WORK/data"
        run -1 ward run "${options[@]}" --security-opt label=level:s0:c1,c2 -v "$WORK/data:/tmp" "$BUNDLE/rootfs" cat /tmp/below/file
        expect_in_output "Permission denied"
        run -0 ward run "${options[@]}" --security-opt label=level:s0:c1,c2 -v "$WORK/data:/tmp:z" "$BUNDLE/rootfs" cat /tmp/below/file
        expect_output data
        [[ $(stat -c %C "$WORK/data/below/file" "$WORK/data/link") == $'system_u:object_r:ward_test_file_t:s0\nsystem_u:object_r:ward_test_file_t:s0' ]] || shown
        run -0 ward run "${options[@]}" --security-opt label=level:s0:c1,c2 -v "$WORK/data:/tmp:Z" "$BUNDLE/rootfs" sh -c 'echo more >/tmp/below/new; cat /tmp/below/file; ls -Z -d /dev/shm 2>/dev/null; true'
        expect_in_output data
        [[ $(stat -c %C "$WORK/data/below/file") == system_u:object_r:ward_test_file_t:s0:c1,c2 ]] || shown
        # What is linked to is as it was.
        [[ $(stat -c %C /etc/shadow) == "$before" ]]
        run -125 ward run "${options[@]}" -v "$WORK/data:/tmp:Z" "$BUNDLE/rootfs" true
        expect_in_output "Z is for a container with a level of its own" "label=level:s0:c1,c2"
        run -125 ward run "${options[@]}" -v /etc:/tmp:z "$BUNDLE/rootfs" true
        expect_in_output "z would relabel a directory of the system"
        run -125 ward run --rm --name "$ID" --security-opt label=filetype:no_such_t -v "$WORK/data:/tmp:z" "$BUNDLE/rootfs" true
        expect_in_output "the policy that is loaded has no such label"
        run -0 ward run --rm --name "$ID" --security-opt label=disable -v "$WORK/data:/tmp:z" "$BUNDLE/rootfs" true
        [[ $(stat -c %C "$WORK/data/below/file") == system_u:object_r:ward_test_file_t:s0:c1,c2 ]] || shown
}
