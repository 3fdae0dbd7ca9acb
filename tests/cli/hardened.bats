#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward sandbox in services of systemd that are confined themselves (systemd.exec(5)): the strongest that the service allows, and what is missing is said.
# shellcheck disable=SC2154,SC2016
# bats file_tags=systemd

load helpers/common

setup() {
        ward_setup
        [[ -d /run/systemd/system ]] || skip "systemd does not run here"
        is_machine_root || skip "services with these settings are the machine's"
        ! newest_calls_refused || skip "services have filters of their own"
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program looks for leaks with calls that the services refuse"
        # What a private /tmp hides is no place for the program.
        HERE=$(mktemp -d /opt/ward.XXXXXX)
        chmod 755 "$HERE"
        cp "$(itself ward)" "$HERE/ward"
        MARK=$(mktemp /root/.ward-test.XXXXXX)
}

teardown() {
        [[ -z ${HERE:-} ]] || rm -rf "$HERE" "$MARK"
        ward_teardown
}

# service PROPERTY... -- COMMAND...: in a service of its own.
service() {
        local properties=()
        while [[ $1 != -- ]]; do
                properties+=(-p "$1")
                shift
        done
        systemd-run --quiet --pipe --wait --collect "${properties[@]}" "$@"
}

# What hardened services of distributions have in common.
HARDENED=(NoNewPrivileges=yes RestrictNamespaces=yes "SystemCallFilter=@system-service landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp" SystemCallArchitectures=native ProtectSystem=strict
        ProtectHome=yes PrivateTmp=yes PrivateDevices=yes ProtectKernelTunables=yes ProtectKernelModules=yes ProtectControlGroups=yes
        CapabilityBoundingSet= MemoryDenyWriteExecute=yes LockPersonality=yes RestrictRealtime=yes RestrictSUIDSGID=yes
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK")

# What a program finds inside: the home, the system, /tmp; and whether it has a filter of ward's beside the service's.
LOOK='ls -A /root 2>/dev/null | grep -q ward-test || echo home closed; touch /usr/x /etc/x 2>/dev/null || echo system closed
        cat /etc/hostname >/dev/null && echo system readable; grep -E "^(NoNewPrivs|Seccomp|CapPrm):" /proc/self/status'

weak_but_confined() {
        expect_in_output "no namespaces are to be had here: Landlock and the filter alone are in force" "namespaces no (all are the machine's)" \
                "landlock abi" "seccomp default without a network" $'home closed\nsystem closed\nsystem readable' $'NoNewPrivs:\t1' $'Seccomp:\t2' $'CapPrm:\t0000000000000000' \
                "ward: verified: "
}

@test "hardened, as root: what is forbidden ends who tries it, and Landlock and the filter are the wall" {
        run -0 service "${HARDENED[@]}" -- "$HERE/ward" sandbox --verify sh -c "$LOOK"
        weak_but_confined
        run -123 service "${HARDENED[@]}" -- "$HERE/ward" sandbox --require namespaces echo started
        expect_in_output "option '--require': namespaces"
        expect_not_in_output started
        run -1 service "${HARDENED[@]}" -- "$HERE/ward" doctor
        expect_in_output "root without CAP_SYS_ADMIN, in no user namespace" "landlock         ok" "a seccomp filter around this program"
}

@test "hardened, as a dynamic user; and where what is forbidden has an error" {
        run -0 service "${HARDENED[@]}" DynamicUser=yes -- "$HERE/ward" sandbox --verify sh -c "$LOOK"
        weak_but_confined
        run -0 service "${HARDENED[@]}" DynamicUser=yes SystemCallErrorNumber=EPERM -- "$HERE/ward" sandbox --verify sh -c "$LOOK"
        weak_but_confined
}

@test "hardened, and without Landlock: nothing starts, and it is said why" {
        run -123 service "${HARDENED[@]}" SystemCallFilter=~landlock_create_ruleset -- "$HERE/ward" sandbox echo started
        expect_in_output "neither a namespace nor Landlock is to be had here" "SystemCallFilter=landlock_create_ruleset"
        expect_not_in_output started
        run -1 service "${HARDENED[@]}" SystemCallFilter=~landlock_create_ruleset -- "$HERE/ward" doctor
        expect_in_output "Landlock: the call is refused" "no container can start by default"
}

@test "a read-only system: every wall; where files may not be set-user-id, the namespaces without a root" {
        local closed=(NoNewPrivileges=yes ProtectSystem=strict ProtectHome=yes PrivateTmp=yes ProtectKernelTunables=yes ProtectControlGroups=yes)
        run -0 service "${closed[@]}" -- "$HERE/ward" sandbox --verify sh -c "$LOOK; touch /tmp/x && echo own /tmp"
        expect_in_output "/usr read-only" "no network" "no process outside" $'system closed\nsystem readable' "own /tmp"
        # A dynamic user's service is one, and has no openat2(2), with which a root is built.
        run -0 service "${closed[@]}" DynamicUser=yes -- "$HERE/ward" sandbox --verify sh -c "$LOOK; grep -c : /proc/net/dev"
        expect_in_output "no root of its own can be built here: Landlock and the filter are in its place" "namespaces user,cgroup,ipc,net (" "no network" \
                $'home closed\nsystem closed\nsystem readable'
        [[ ${lines[-1]} == 1 ]] || shown
}

@test "no capability to mount: a user namespace gives it; some namespaces alone: the others are left out" {
        run -0 service "CapabilityBoundingSet=~CAP_SYS_ADMIN" -- "$HERE/ward" sandbox --verify -v sh -c "$LOOK"
        expect_in_output "namespaces user,cgroup,ipc,uts,net,pid,mnt " "no process outside" "home closed"
        run -0 service "RestrictNamespaces=user mnt pid ipc uts cgroup" -- "$HERE/ward" sandbox --verify sh -c "$LOOK"
        expect_in_output "it has no network of its own" "net the machine's" "tcp-bind, tcp-connect" "home closed"
        run -0 service "RestrictNamespaces=user mnt pid ipc uts cgroup" -- "$HERE/ward" sandbox --net -v true
        expect_not_in_output "tcp-bind"
}
