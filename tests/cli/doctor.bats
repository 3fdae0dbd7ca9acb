#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# ward doctor: what it says of the machine is what the kernel does, for root, for an ordinary user, and in a container.

load helpers/common

USER_ID=12345

setup() { home_setup; }
teardown() { home_teardown; }

# state_of NAME: of the JSON in $output.
state_of() { jq -r --arg name "$1" '.checks[] | select(.name == $name) | .state' <<<"$output"; }

# Without a difference between two looks there is nothing that it left.
left_things() { find /sys/fs/cgroup -name 'ward-doctor*' 2>/dev/null; }

@test "root: a table and JSON, and what is found is what other programs find" {
        local namespace
        run -0 ward doctor
        expect_in_output $'\nnamespaces\n' $'\nlsm\n' $'\nsettings\n' "containers can start here"
        run -0 ward doctor --format json
        [[ $(jq -r '.version, .works' <<<"$output") == $'1\ntrue' ]] || shown
        # Every check has a state, and what is not there a reason.
        [[ $(jq '[.checks[] | select((.state | IN("ok", "limited", "no", "info") | not) or (.state == "no" and .why == ""))] | length' <<<"$output") == 0 ]] || shown
        [[ $(jq '[.checks[].name] | length - (unique | length)' <<<"$output") == 0 ]] || shown
        [[ $(jq -r '.checks[] | select(.name == "kernel") | .detail' <<<"$output") == *"$(uname -r)"* ]] || shown
        for namespace in mount pid ipc uts net cgroup user; do
                unshare "--${namespace}" --fork true && [[ $(state_of "$namespace") == ok ]] || shown
        done
        [[ -z $(left_things) ]]
}

@test "named checks alone decide of the exit status; what nothing is called is suggested" {
        run -0 ward doctor mount net
        expect_in_output namespaces mount net
        expect_not_in_output settings landlock
        run ward doctor smack selinux
        [[ $status -eq $([[ -d /sys/fs/smackfs && -e /sys/fs/selinux/enforce ]] && echo 0 || echo 1) ]] || shown
        run -1 ward doctor ladnlock
        expect_in_output "'ladnlock' is no check" "did you mean 'landlock'"
        run -0 ward doctor --format json settings
        [[ $(jq -r '[.checks[].group] | unique | join(",")' <<<"$output") == settings ]] || shown
        [[ $(jq -r '.checks[] | select(.name == "kernel.dmesg_restrict") | .detail' <<<"$output") == "$(</proc/sys/kernel/dmesg_restrict):"* ]] || shown
        NO_COLOR=1 run -0 "$TERMINAL" '' "$WARD_BUILD/bin/ward" doctor mount
        expect_not_in_output $'\033['
        TERM=dumb run -0 "$TERMINAL" '' "$WARD_BUILD/bin/ward" doctor mount
        expect_not_in_output $'\033['
        NO_COLOR='' TERM=xterm run -0 "$TERMINAL" '' "$WARD_BUILD/bin/ward" doctor mount
        expect_in_output $'\033['
}

@test "an ordinary user: what takes root, what it lacks, and the command for it" {
        run as_user doctor --format json
        [[ $(state_of cgroup-device) == no && $(state_of user) == ok && $(state_of seccomp-filter) == ok ]] || shown
        [[ $(jq -r '.checks[] | select(.name == "cgroup-device") | .how' <<<"$output") == "run it as root" ]] || shown
        [[ $(jq -r '.checks[] | select(.name == "ids") | [.state, .how] | join(" ")' <<<"$output") == "limited as root: usermod --add-subuids"* ]] || shown
        [[ $(state_of groups) == no || -n $(own_group) ]] || shown
        [[ $(state_of groups) == ok || -d /run/systemd/system ]] || ! grep -q systemd-run <<<"$output" || shown
}

@test "an ordinary user with ids of his own, by newuidmap" {
        needs_program newuidmap newgidmap
        add_user
        BOUNDING=() # newuidmap's own rights are in it
        run -0 as_user doctor --format json ids
        [[ $(jq -r '.checks[0] | [.state, .detail] | join(" ")' <<<"$output") == "ok your own and "*" more (newuidmap, newgidmap)" ]] || shown
}

@test "where no user namespace can be made, the setting is named, and status 1 says it" {
        needs_program unshare
        run -1 unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$WARD_BUILD/bin/ward" doctor user
        expect_in_output "user             no       the sysctl user.max_user_namespaces allows no more" "sysctl -w user.max_user_namespaces"
}

@test "what a filter around it refuses is not blamed on the kernel alone" {
        local deny=$WARD_BUILD/tests/shim/deny
        newest_calls_refused && unable "the filter that refuses the newest calls is around it already"
        run -1 "$deny" ENOSYS unshare pidfd_open -- "$WARD_BUILD/bin/ward" doctor
        expect_in_output "the seccomp filter around this program refuses it" "no container can start by default, for want of: mount" "refused: " pidfd_open
        [[ -z $(left_things) ]]
}

@test "in a container: no rights over it by default, most of them with --privileged" {
        ROOT=$HERE/root
        rootfs "$ROOT"
        put_ward_in_root "$ROOT"
        run -1 ward run --rm --name "$ID" "$ROOT" /w/ward doctor --format json
        [[ $(jq -r .works <<<"$output") == false && $(state_of user) == no && $(state_of openat2) == ok ]] || shown
        run -0 ward run --rm --name "$ID" --privileged "$ROOT" /w/ward doctor --format json
        [[ $(state_of user) == ok && $(state_of cgroup-device) == no && $(state_of veth) == ok ]] || shown
        expect_in_output "rights of root, in a user namespace"
}
