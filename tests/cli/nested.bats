#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A box in a box: ward inside containers, its own and others', a chroot and a bare user namespace. It works, or says what is taken away.
# shellcheck disable=SC2154,SC2016

load helpers/common

OUTER=(--cap-add SETFCAP --security-opt seccomp=unconfined --security-opt unmask=ALL)

setup() {
        with_root
        mkdir -p "$WORK/w"
        cp "$WARD_BUILD/bin/ward" "$WORK/w/ward"
}

teardown() {
        remove_own_podman
        remove_all
}

# outer OPTIONS... SCRIPT: a script in a `host` that has ward as /w/ward and a root with busybox as /r.
outer() {
        ward run --rm --name "$ID" -v "$WORK/w:/w:ro" -v "$ROOT:/r" "${@:1:$#-1}" host sh -c "${*: -1}"
}

# The last start of each level, as the script of the one around it.
inner() { printf '/w/ward --root /tmp/state run --rm %s' "$1"; }

needs_outer_host() { outer true 2>"$WORK/error" || unable "host: $(head -n 1 "$WORK/error")"; }

@test "a directory inside host, with what it takes; a container of it has the outer one's ids" {
        needs_host
        needs_outer_host
        run -0 outer "${OUTER[@]}" "$(inner '/r sh -c "id -u; cat /proc/self/uid_map; ls /proc | grep -c ^1\$; touch /made"')"
        expect_in_output "0          0      65536"
        [[ -e $ROOT/made ]]
        run -0 outer --privileged "$(inner '/r echo works')"
        expect_output works
}

@test "what the outer container takes away is named" {
        needs_host
        needs_outer_host
        run outer "$(inner '/r true')"
        expect_in_output "namespaces: Operation not permitted" "filter of a sandbox around ward"
        run outer "$(inner 'host true')"
        expect_in_output "forbids new user namespaces"
        run outer --security-opt seccomp=unconfined --security-opt unmask=ALL "$(inner '/r true')"
        expect_in_output "no CAP_SETFCAP" "--cap-add SETFCAP"
        run outer --cap-add SETFCAP --security-opt seccomp=unconfined "$(inner '/r true')"
        expect_in_output "mount proc" "parts of /proc are masked by an outer container"
        run outer "${OUTER[@]}" "$(inner '-m 64m /r true')"
        expect_in_output "limits need a control group"
}

@test "host inside host: two levels, where the outer one is stackable; the third is refused with the reason" {
        needs_host
        needs_outer_host
        # For the root of a user namespace it always is.
        run outer "${OUTER[@]}" "$(inner 'host true')"
        ! is_machine_root || expect_in_output "overlays stack two deep" "without --host-stackable"
        is_machine_root || expect_status 0
        echo 'cat /etc/apt/new; echo second; /w/ward --root /tmp/state run --rm host echo third' >"$WORK/w/second"
        run outer --host-stackable "${OUTER[@]}" "
                ! test -e /etc/shadow && echo new >/etc/apt/new
                install -m 600 /dev/null /etc/apt/secret
                $(inner "${OUTER[*]} -v /w:/w host sh -c 'ls /etc/apt/secret; . /w/second'")"
        expect_in_output $'new\nsecond' "overlays stack two deep" "cannot access '/etc/apt/secret'"
        expect_not_in_output third
        run -125 ward run --host-stackable --keep kept host true
        expect_in_output "exclude each other"
}

@test "a stackable host has no secret of the machine, and its root none of its files" {
        needs_host
        needs_outer_host
        ward run --rm --host-stackable host find /usr /etc /var /opt '(' -type f -o -type d ')' -readable 2>/dev/null | sort >inside || true
        setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all find /usr /etc /var /opt '(' -type f -o -type d ')' -readable 2>/dev/null |
                sort >outside || true
        (($(wc -l <inside) > 1000))
        comm -23 inside outside >more
        while IFS= read -r path; do
                [[ ! -e $path ]] || setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all test -r "$path" || { echo "$path"; false; }
        done <more
        run -0 ward run --rm --host-stackable host sh -c '! echo 2>/dev/null >>/etc/passwd; rm /etc/passwd; chown 5:6 /etc/apt; stat -c %u:%g /etc/apt'
        expect_output 5:6
        [[ -s /etc/passwd ]]
}

@test "a bare user namespace" {
        unshare -Urm true 2>/dev/null || unable "unshare -Urm"
        run -0 unshare -Urm "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm "$ROOT" sh -c 'cat /proc/self/uid_map; id -u'
        expect_in_output "0          0          1"
        if newest_calls_refused; then
                run -125 unshare -Urm "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm host true
                expect_in_output "refuses what ward needs" fsopen
                return
        fi
        run -0 unshare -Urm "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm host sh -c 'rm /etc/passwd; ls /etc/shadow; test -e /etc/group'
        expect_in_output "cannot access '/etc/shadow'"
        [[ -s /etc/passwd ]]
}

@test "a chroot" {
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program does not start without /proc"
        put_ward_in_root "$ROOT"
        run -125 chroot "$ROOT" /w/ward --root /run/state run --rm /inner true
        expect_in_output "/proc" "mount it"
        run -125 unshare -m --propagation private sh -c 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$1" /w/ward --root /run/state run --rm /inner true' \
                sh "$ROOT"
        expect_in_output "can't be made inside a chroot"
}

engine() { own_podman "$WARD_BUILD/bin/ward-oci" "$@"; }

@test "podman: with --privileged it works, without it what is missing is named" {
        needs_program podman
        put_ward_in_root "$ROOT"
        LIMITS=(--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --network none)
        run -0 engine run --rm "${LIMITS[@]}" --privileged --rootfs "$ROOT" /w/ward --root /run/state run --rm /inner echo works
        expect_in_output works
        run engine run --rm "${LIMITS[@]}" --rootfs "$ROOT" /w/ward --root /run/state run --rm /inner echo works
        if is_machine_root; then
                expect_in_output "has taken CAP_SYS_ADMIN" --privileged
        else
                # There a user namespace without any right of the outer one's would do, were it not for podman's filter.
                expect_in_output "Operation not permitted" "filter of a sandbox around ward"
                return
        fi
        # What that message asks for. The groups are read-only there: a limit that nobody wrote may be missing.
        local taken=(--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt unmask=ALL)
        run -0 engine run --rm "${LIMITS[@]}" "${taken[@]}" --rootfs "$ROOT" /w/ward --root /run/state run --rm --strength /inner id -u
        expect_in_output "shows control groups read-only"
        grep -qx 0 <<<"$output" # podman passes on two outputs, each in its order
        run engine run --rm "${LIMITS[@]}" "${taken[@]}" --rootfs "$ROOT" /w/ward --root /run/state run --rm -m 64m /inner echo works
        expect_in_output "Read-only file system"
        expect_not_in_output works
}

# What a sandbox does in there, and what it finds: a file that could be written outside, processes, network interfaces.
BOX='sandbox --verify sh -c "id -u; ls /proc | grep -c ^[0-9]; grep -c : /proc/net/dev; touch /made 2>/dev/null || echo closed"'
boxed() { printf '/w/ward --root /tmp/state %s' "$BOX"; }

@test "ward sandbox in a container: as much of it as the container allows, and what is missing is said" {
        needs_host
        needs_outer_host
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized program can't look for leaks there"
        run -0 outer "$(boxed)"
        expect_in_output "no namespaces are to be had here: Landlock and the filter alone are in force" "namespaces no (all are the machine's)" "tcp-bind, tcp-connect" \
                "seccomp default without a network" "ward: verified: " "no network" closed
        run -0 outer '/w/ward --root /tmp/state sandbox --net true'
        expect_in_output "landlock abi" "seccomp default"
        expect_not_in_output "tcp-connect"
        run -0 outer "${OUTER[@]:0:4}" "$(boxed)"
        expect_in_output "not every wall can be built here: it has no processes of its own" "(pid the machine's)" "/usr read-only, no network" closed
        run -0 outer "${OUTER[@]}" "for i in 1 2 3 4; do $(boxed); done"
        [[ $(grep -c "no process outside" <<<"$output") == 4 ]] || shown
        expect_not_in_output "here:"
        # A wall that is required ends it, with the status for that.
        run -123 outer '/w/ward --root /tmp/state sandbox --require namespaces echo started'
        expect_in_output "option '--require': namespaces: all are the machine's"
        expect_not_in_output started
}

@test "ward sandbox where single walls can't be built: users, keys, mounts" {
        needs_host
        local deny=$WARD_BUILD/tests/shim/deny own=("$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox --verify)
        run -0 unshare -Urm sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "${own[@]}" id -u
        expect_in_output "it has no users of its own" "namespaces cgroup,ipc,uts,net,pid,mnt (user the machine's)" "no process outside"
        run -0 "$deny" EPERM keyctl add_key request_key -- "${own[@]}" id -u
        expect_in_output "it has no keyring of its own" "keyring no" "no process outside"
        run -0 "$deny" EPERM mount pivot_root fsopen move_mount open_tree mount_setattr -- "${own[@]}" sh -c 'ls ~; grep -c : /proc/net/dev'
        expect_in_output "no root of its own can be built here: Landlock and the filter are in its place" "namespaces user,cgroup,ipc,net (" "no network" "Permission denied"
        # No socket but of AF_UNIX, no namespace: as for who has no right. What Landlock closes is not looked for in PATH.
        needs_program python3
        mkdir closed opened # the current directory is opened
        printf '#!/bin/sh\necho wrong\n' >closed/id
        chmod -R a+rx closed
        cd opened || return 1
        run -0 "$deny" EPERM setns clone3 unshare -- env PATH="$WORK/closed:$PATH" "${own[@]}" sh -c 'id -u; /usr/bin/python3 -c "
import socket
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_NETLINK):
    try: socket.socket(family, socket.SOCK_DGRAM); print(family.name, 0)
    except OSError as error: print(family.name, error.errno)"'
        expect_in_output "all are the machine's" $'0\nAF_UNIX 0\nAF_INET 97\nAF_NETLINK 97'
        # As in services where no file may be set-user-id, and under a filter that does not know the call.
        for answer in ENOSYS EPERM; do
                run -0 "$deny" "$answer" openat2 -- "${own[@]}" sh -c 'ls ~; grep -c : /proc/net/dev'
                expect_in_output "no root of its own can be built here" "namespaces user,cgroup,ipc,net (" "no network" "Permission denied"
        done
        # What has nothing to do with walls is not tried again behind fewer of them.
        run -126 "$deny" EPERM keyctl add_key request_key -- "${own[@]}" /etc/passwd
        expect_in_output "it has no keyring of its own"
        expect_not_in_output "no root of its own"
}

@test "ward sandbox under a filter that ends who tries what it refuses, as systemd's do" {
        needs_host
        needs_program python3
        local under=(traced python3 "$WORK/under.py") # the search for leaks makes calls that the filter refuses, and waits for ever
        echo '{"defaultAction": "SCMP_ACT_KILL_PROCESS", "syscalls": [{"names": ["@system-service", "@sandbox"], "action": "SCMP_ACT_ALLOW"}]}' >profile.json
        ward seccomp compile profile.json -o filter.bpf
        cat >under.py <<-'END'
		import ctypes, os, sys
		class Program(ctypes.Structure):
		    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]
		libc, data = ctypes.CDLL(None), open("filter.bpf", "rb").read()
		code = ctypes.create_string_buffer(data, len(data))
		assert libc.prctl(38, 1, 0, 0, 0) == 0
		assert libc.prctl(22, 2, ctypes.byref(Program(len(data) // 8, ctypes.addressof(code)))) == 0
		os.execv(sys.argv[1], sys.argv[1:])
	END
        run -0 "${under[@]}" "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox --verify sh -c 'ls ~ >/dev/null 2>&1 || echo closed'
        expect_in_output "no namespaces are to be had here" "landlock abi" "ward: verified: " closed
        run "${under[@]}" "$WARD_BUILD/bin/ward" doctor
        expect_status 1
        expect_in_output "who tries is ended by a signal" "no container can start by default"
        # Without Landlock there is no wall, and it is said what would allow one.
        sed -i 's/, "@sandbox"//' profile.json
        ward seccomp compile profile.json -o filter.bpf
        run -123 "${under[@]}" "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox echo started
        expect_in_output "neither a namespace nor Landlock is to be had here" "SystemCallFilter=landlock_create_ruleset"
        expect_not_in_output started
}

@test "ward sandbox in podman: by default behind Landlock and the filter; what is allowed more is used" {
        needs_sandbox
        needs_program podman
        put_ward_in_root "$ROOT"
        local box=(/w/ward sandbox --verify sh -c 'touch /made 2>/dev/null || echo closed; cat /etc/passwd >/dev/null && echo readable')
        LIMITS=(--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 --network none)
        run -0 engine run --rm "${LIMITS[@]}" --rootfs "$ROOT" "${box[@]}"
        expect_in_output "Landlock and the filter alone are in force" "landlock abi" "ward: verified: " closed readable
        run -123 engine run --rm "${LIMITS[@]}" --rootfs "$ROOT" /w/ward sandbox --require namespaces echo started
        expect_in_output "option '--require': namespaces"
        expect_not_in_output started
        run -0 engine run --rm "${LIMITS[@]}" --user 1000 --read-only --read-only-tmpfs=false --rootfs "$ROOT" "${box[@]}"
        expect_in_output "Landlock and the filter alone are in force" closed readable
        run -0 engine run --rm "${LIMITS[@]}" --security-opt seccomp=unconfined --rootfs "$ROOT" "${box[@]}"
        expect_in_output "it has no processes of its own" "/usr read-only, no network" closed readable
        run -0 engine run --rm "${LIMITS[@]}" --security-opt seccomp=unconfined --security-opt unmask=ALL --rootfs "$ROOT" "${box[@]:0:2}" -v "${box[@]:2}"
        expect_in_output "namespaces user,cgroup,ipc,uts,net,pid,mnt" "/usr read-only, no network" closed readable
        expect_not_in_output "here:"
}
