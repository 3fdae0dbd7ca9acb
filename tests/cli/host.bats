#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The root `host`: a copy-on-write view of this machine's own system files. What the mechanism promises is proved on a small machine in
# tests/unit/test-host.c; here it is the real one.
# shellcheck disable=SC2154,SC2016

load helpers/common

setup() {
        ward_setup
        needs_root
        needs_host
        ward_host true 2>"$WORK/error" || unable "host: $(head -n 1 "$WORK/error")"
}

teardown() { remove_all; }

ward_host() { ward run --rm --name "$ID" "${HOST_OPTIONS[@]}" host "$@"; }

# A package with a program, a configuration file, and a script that makes a user. $1: its version.
package() {
        mkdir -p p/DEBIAN p/usr/bin p/etc p/var/lib/ward-test
        cat >p/DEBIAN/control <<-END
		Package: ward-test
		Version: $1
		Architecture: all
		Maintainer: nobody <nobody@example.org>
		Description: a package for ward's tests
		END
        printf '#!/bin/sh\nset -e\nuseradd --system ward-test 2>/dev/null || id ward-test\nchown ward-test /var/lib/ward-test\n' >p/DEBIAN/postinst
        printf '#!/bin/sh\necho version %s\n' "$1" >p/usr/bin/ward-test
        echo "version=$1" >p/etc/ward-test.conf
        chmod -R u=rwX,go=rX p
        chmod 755 p/DEBIAN/postinst p/usr/bin/ward-test
        dpkg-deb --root-owner-group -b p "ward-test_$1.deb" >/dev/null
        rm -r p
}

# bats test_tags=matrix-vm
@test "the container has a root of the machine's, and nothing else of it" {
        run ward_host sh -c 'id -u; hostname; ls -d /proc/[0-9]* | wc -l; ls / | sort | tr "\n" " "; ls -A /home /root /run /srv /tmp /mnt /boot | grep -v : | tr -d "\n"'
        expect_status 0
        [[ ${lines[0]} == 0 && ${lines[1]} == "$ID" ]]
        ((lines[2] <= 5))
        for name in ${lines[3]}; do
                [[ " bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var " == *" $name "* ]] ||
                        { echo "/$name shows"; false; }
        done
        [[ -z ${lines[4]:-} ]]
}

@test "a walk as the container's root finds no file that others could not read outside" {
        walk_finds_no_more ward_host as_nobody
}

@test "a file made after the start is as secret as one before" {
        local secret=/etc/ward-test-$ID
        [[ -w /etc ]] || secret=/var/tmp/ward-test-$ID
        mkfifo started go
        become_ward run --rm --name "$ID" -v "$WORK:/work" host \
                sh -c "echo >/work/started; cat /work/go; cat $secret; cat $secret.open" >out 2>&1 3>&- &
        PID=$!
        timeout 20 cat started
        (umask 077 && echo secret >"$secret")
        # What the container's own user may read, who is the caller there, is none: another container's.
        is_machine_root || chown 70000:70000 "$secret"
        echo open >"$secret.open"
        chmod 644 "$secret.open"
        timeout 20 sh -c 'echo >go'
        wait "$PID" || true
        rm -f "$secret" "$secret.open"
        run cat out
        [[ $output == *"$secret: Permission denied"* && $output == *open ]]
}

@test "apt-get install of a local package leaves the machine unchanged" {
        needs_machine_root "dpkg makes links to the machine's files and changes them, and in a user namespace they are nobody's"
        needs_program apt-get
        needs_program dpkg-deb
        package 1
        package 2
        touch -d '1 second ago' stamp
        HOST_OPTIONS=(-v "$WORK:/packages:ro")
        run ward_host sh -ec 'apt-get install -qq -y /packages/ward-test_1.deb
                ward-test; stat -c "owner %U" /var/lib/ward-test
                dpkg -i /packages/ward-test_2.deb; ward-test; dpkg -V ward-test; cat /etc/ward-test.conf
                apt-get purge -qq -y ward-test; ! command -v ward-test; dpkg -r --force-all bsdutils; dpkg --audit >/dev/null'
        expect_status 0
        expect_in_output "version 1"
        expect_in_output "owner ward-test"
        expect_in_output "version=2"
        run ! dpkg-query -W ward-test
        run ! getent passwd ward-test
        [[ ! -e /etc/ward-test.conf && ! -e /usr/bin/ward-test && -e /usr/bin/logger ]]
        find /usr /etc /opt /var/lib/dpkg /var/cache/apt -xdev -newer stamp -path '*ward-test*' >changed
        [[ ! -s changed ]]
}

@test "--host-size is the room for changes" {
        # Not less: in a user namespace the directories of a machine with much below /var take several megabytes of it.
        HOST_OPTIONS=(--host-size 64m)
        run ward_host sh -c 'dd if=/dev/zero of=/usr/large bs=1M count=80; wc -c </usr/large'
        expect_in_output "No space left on device"
        # Behind it comes what ward says of a full file system.
        [[ $output =~ $'\n'([0-9]+)($'\n'|$) ]] || shown
        ((BASH_REMATCH[1] > 32000000 && BASH_REMATCH[1] <= 67108864))
        HOST_OPTIONS=(--host-size 0)
        run ward_host true
        expect_status 125
        expect_in_output "could change nothing"
        run ward run --host-size 8m / true
        expect_status 125
        expect_in_output "is for the root 'host'"
}

# bats test_tags=matrix-vm
@test "--keep keeps the changes, whatever ids the next container has" {
        HOST_OPTIONS=(--keep kept)
        run ward_host sh -ec 'echo text >/etc/ward-test; chown 5:6 /etc/ward-test; echo home >/root/file; rm /etc/passwd'
        expect_status 0
        [[ ! -e /etc/ward-test && -e /etc/passwd ]]
        run ward_host sh -c 'cat /etc/ward-test /root/file; stat -c %u:%g /etc/ward-test; ls /etc/passwd'
        expect_in_output text
        expect_in_output home
        expect_in_output 5:6
        expect_in_output "cannot access '/etc/passwd'"
        run as_nobody ls kept/host
        ((status != 0))
        chmod 777 kept
        run ward_host true
        expect_status 125
        expect_in_output "other users may write"
}

# systemd makes every mount of the machine shared.
@test "--keep: where mounts are shared, none appears on the machine" {
        # shellcheck disable=SC2016
        run unshare --mount --propagation shared sh -c '"$@" && ! grep /kept/ /proc/self/mountinfo' _ \
                "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --keep kept host true
        expect_status 0
        expect_output ""
}

@test "--read-only holds for all of it" {
        HOST_OPTIONS=(--read-only)
        run ward_host sh -c 'for d in / /etc /usr /var /opt /home; do touch $d/x 2>/dev/null && echo "wrote $d"; done; echo done'
        expect_status 0
        expect_output "done"
}

@test "--dry-run makes nothing and needs no rights" {
        run as_nobody "$WARD_BUILD/bin/ward" run --dry-run host true
        expect_status 0
        expect_in_output given
}
