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
        ! is_machine_root || expect_in_output "overlays stack two deep"
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
        expect_in_output "shows control groups read-only" $'\n0'
        run engine run --rm "${LIMITS[@]}" "${taken[@]}" --rootfs "$ROOT" /w/ward --root /run/state run --rm -m 64m /inner echo works
        expect_in_output "Read-only file system"
        expect_not_in_output works
}
