#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The root `host` for an ordinary user: made without root, and nothing is set-user-id.
# shellcheck disable=SC2154,SC2016,SC2314

load helpers/common

USER_ID=12346 # not that of user.bats

setup() {
        FOUND=() OPTIONS=()
        home_setup
        needs_program unshare
        mkdir kept
        chown "$USER_ID:$USER_ID" kept
        needs_host
        as_user run --rm host true 2>"$WORK/error" || unable "host: $(head -n 1 "$WORK/error")"
}

teardown() {
        rm -rf -- "${FOUND[@]}"
        home_teardown
}

here_host() { as_user run --rm "${OPTIONS[@]}" host "$@"; }

# on_machine SCRIPT ARGUMENTS...: a script with root's rights over a copy of the machine's mounts.
on_machine() { unshare -m --propagation private bash -euc "$(declare -f plain_user as_user); USER_ID=$USER_ID HERE=$HERE BOUNDING=(--bounding-set=-all); $1" "${@:2}"; }

# found_in FOLDER...: a name in each for files of the machine; the root of a user namespace writes to some alone.
found_in() {
        local folder
        for folder in "$@"; do
                [[ ! -w $folder ]] || FOUND+=("$folder/ward-test-$$")
        done
}

# Text whose change on the machine would show: what is there, with its owner, mode, size and time.
# Other tests add users meanwhile, and take them away again: of the files that this changes it is the owner and the mode, and of /etc no time. What they
# hold is looked at where something is written.
machine_files() {
        find /etc /opt /var/lib/dpkg /usr -xdev \( -path /etc -o -regex '/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-?' \) -printf '%p %u %m\n' \
                -o -regex '/etc/\(\.pwd\.lock\|\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)[+.].*\)' -o -printf '%p %u %m %s %t\n' 2>/dev/null | sort
}

@test "what can't be done to the machine's files is said in the strength line" {
        run -0 as_user run --rm --strength host true
        expect_in_output "can be replaced, not edited"
}

@test "a program runs in a root of the machine's, with nothing else of it" {
        run -0 here_host sh -c 'id -u; ls / | sort | tr "\n" " "; ls -A /home /root /run /srv /tmp /mnt /boot | grep -v : | tr -d "\n"'
        [[ ${lines[0]} == 0 ]]
        for name in ${lines[1]}; do
                [[ " bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var " == *" $name "* ]] ||
                        { echo "/$name shows"; false; }
        done
        [[ -z ${lines[2]:-} ]]
        run -7 here_host sh -c 'exit 7'
        run -0 as_user run --rm -u 1000:1000 host sh -c 'id -u; echo x >/etc/new; stat -c %u /etc/new'
        expect_output $'1000\n1000'
}

@test "a walk as the container's root finds no file that others could not read outside" {
        walk_finds_no_more here_host as_nobody
}

@test "what the caller alone may read, as its owner or by a group, has no name inside" {
        ! is_machine_root || mkdir -p /opt
        found_in /etc /var/tmp /opt
        for path in "${FOUND[@]}"; do
                mkdir "$path"
                echo text >"$path/secret"
                echo text >"$path/group"
                echo text >"$path/open"
                mkdir -m 700 "$path/closed"
                echo text >"$path/closed/text"
                chown -R "$USER_ID" "$path"
                chgrp "$USER_ID" "$path/group"
                chmod 600 "$path/secret"
                chmod 640 "$path/group"
                chown 0 "$path/group"
        done
        plain_user cat "${FOUND[0]}/secret" "${FOUND[0]}/group" "${FOUND[0]}/closed/text"
        run -0 here_host sh -c 'for d; do ls -A "$d"; done' sh "${FOUND[@]}"
        expect_output "$(printf 'open\n%.0s' "${FOUND[@]}")"
        run -1 here_host cat "${FOUND[0]}/closed/text" "${FOUND[@]/%//secret}" "${FOUND[@]/%//group}"
        expect_not_in_output $'\ntext'
}

@test "sockets of the machine can't be reached" {
        [[ -x /usr/bin/python3 ]] || unable "needs /usr/bin/python3"
        found_in /var/tmp /usr/share
        local path pids=()
        for path in "${FOUND[@]}"; do
                /usr/bin/python3 -c 'import os, socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.listen(); print(flush=True); time.sleep(600)' \
                        "$path" >"$path.up" 3>&- &
                pids+=($!)
                FOUND+=("$path.up")
                wait_until 20 test -s "$path.up"
                run -0 plain_user /usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$path"
                run -1 here_host /usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$path"
                [[ $output == *ConnectionRefused* || $output == *FileNotFound* ]]
        done
        kill "${pids[@]}"
        wait "${pids[@]}" || true
}

@test "names in /etc and /var are made, removed and replaced at any depth; files of the machine are not written to" {
        machine_files >before
        run -0 here_host sh -euc '
                for d in /etc /etc/apt /etc/apt/apt.conf.d /var /var/lib /var/lib/dpkg /var/lib/dpkg/info; do
                        echo new >$d/ward-test; mv $d/ward-test $d/ward-test2; cat $d/ward-test2; rm $d/ward-test2
                        mkdir $d/ward-dir; echo new >$d/ward-dir/x; rm -r $d/ward-dir
                done
                echo replaced >/etc/t; mv /etc/t /etc/passwd; cat /etc/passwd
                echo replaced >/var/lib/dpkg/t; mv /var/lib/dpkg/t /var/lib/dpkg/status; cat /var/lib/dpkg/status
                rm /etc/group; ! test -e /etc/group; echo own >/etc/group; cat /etc/group
                rm -r /etc/apt; ! test -e /etc/apt; mkdir /etc/apt; ls /etc/apt'
        (($(grep -c new <<<"$output") == 7 && $(grep -c replaced <<<"$output") == 2))
        [[ ${lines[-1]} == own ]]
        run -0 here_host sh -c '
                ! echo x 2>/dev/null >>/etc/passwd; ! chmod 600 /etc/passwd; ! chown 0 /etc/passwd; ! echo x 2>/dev/null >/usr/bin/new; ! rm /usr/bin/env
                echo x >/usr/new && rm /usr/new && touch /home/x /root/x /tmp/x /x && echo done'
        [[ ${lines[-1]} == "done" ]]
        machine_files >after
        diff before after
        run ! grep -xE 'new|replaced|own|x' /etc/{passwd,group,shadow,gshadow,subuid,subgid}
}

@test "--host-writable=usr: /usr at any depth" {
        OPTIONS=(--host-writable=usr)
        run -0 here_host sh -euc 'echo text >/usr/share/doc/ward-test; mv /usr/share/doc/ward-test /usr/bin/env; cat /usr/bin/env; rm /usr/bin/id; ! test -e /usr/bin/id'
        expect_output text
        [[ -x /usr/bin/id && ! -e /usr/share/doc/ward-test ]]
        run -125 as_user run --rm --host-writable=etc host true
        expect_in_output "not one of: usr"
        run -125 as_user run --rm --host-writable=usr / true
        expect_in_output "is for the root 'host'"
        run -125 as_user run --rm --host-writable=usr --read-only host true
        expect_in_output "exclude each other"
        run -125 as_user run --rm --host-writable=usr --host-size 1m host true
        expect_in_output /usr "No space left" --host-size
}

@test "--host-size is the room for changes" {
        # A machine with many directories needs some of it for them.
        OPTIONS=(--host-size 64m)
        run here_host sh -c 'dd if=/dev/zero of=/var/large bs=1M count=100; wc -c </var/large'
        expect_in_output "No space left on device"
        ((lines[-1] > 4000000 && lines[-1] <= 67108864))
}

@test "--keep keeps the changes, for one container at a time" {
        OPTIONS=(--keep kept)
        run -0 here_host sh -euc 'echo text >/etc/apt/ward-test; rm -r /etc/dpkg; mkdir /etc/dpkg; rm -r /var/lib/dpkg/info; echo home >/root/file'
        [[ ! -e /etc/apt/ward-test && -e /var/lib/dpkg/info ]]
        mkfifo -m 666 started go
        as_user run --rm --keep kept -v "$HERE:/here" host sh -c 'echo >/here/started; cat /here/go' 3>&- &
        timeout 60 cat started
        run -125 here_host true
        expect_in_output "in use by another"
        timeout 60 sh -c 'echo >go'
        wait $!
        run -0 here_host sh -c 'cat /etc/apt/ward-test /root/file; ls -A /etc/dpkg; test -e /var/lib/dpkg/info || echo gone'
        expect_output $'text\nhome\ngone'
        chmod 777 kept
        run -125 here_host true
        expect_in_output "other users may write"
        plain_user rm -rf kept/host
        [[ -z $(ls -A kept) ]]
}

@test "--read-only holds for all of it" {
        OPTIONS=(--read-only)
        run -0 here_host sh -c 'for d in / /etc /etc/apt /usr /var /opt /home; do touch $d/x 2>/dev/null && echo "wrote $d"; done; echo done'
        expect_output "done"
}

@test "mounts of the machine divide what is shown: what is beside them can be changed, what is under them does not show" {
        run on_machine '
                mount -t tmpfs -o mode=755 x /var/lib/dpkg
                echo mounted >/var/lib/dpkg/open; install -m 600 /dev/null /var/lib/dpkg/secret
                echo bound >"$HERE/bound"; chmod 644 "$HERE/bound"; mount --bind "$HERE/bound" /etc/hosts
                mkdir -p /var/tmp/ward-proc; mount -t proc proc /var/tmp/ward-proc
                as_user run --rm host sh -euc "
                        cat /etc/hosts /var/lib/dpkg/open; ls -A /var/lib/dpkg /var/tmp/ward-proc
                        echo one >/etc/hosts; echo two >/etc/apt/new; echo three >/var/lib/new; echo four >/var/lib/dpkg/open.new
                        mv /var/lib/dpkg/open.new /var/lib/dpkg/open
                        cat /etc/hosts /etc/apt/new /var/lib/new /var/lib/dpkg/open; readlink /etc/mtab; tail -c 5 /etc/passwd | wc -l"
                cat /etc/hosts /var/lib/dpkg/open; umount /var/tmp/ward-proc; rmdir /var/tmp/ward-proc'
        expect_status 0
        expect_output $'bound\nmounted\n/var/lib/dpkg:\nopen\n\n/var/tmp/ward-proc:\none\ntwo\nthree\nfour\n'"$(readlink /etc/mtab)"$'\n1\nbound\nmounted'
        [[ -e /var/lib/dpkg/status ]]
}

@test "more ids than one: what the caller may read comes by no id of the container" {
        needs_program newuidmap newgidmap
        FOUND=("/var/tmp/ward-test-$$")
        BOUNDING=() # newuidmap's own rights are in it
        add_user
        mkfifo -m 666 started go
        as_user run --rm --userns auto -v "$HERE:/here" host sh -c "echo >/here/started; cat /here/go; cat ${FOUND[0]}; touch /etc/new; chown 5:6 /etc/new; stat -c %u:%g /etc/new" >out 2>&1 3>&- &
        if timeout 60 cat started; then
                install -o "$USER_ID" -m 600 /dev/null "${FOUND[0]}"
                plain_user cat "${FOUND[0]}"
                timeout 60 sh -c 'echo >go'
        fi
        wait $! || true
        run cat out
        expect_in_output "${FOUND[0]}: Permission denied" 5:6
}

@test "a plan is shown, and nothing is made" {
        run -0 as_user run --dry-run host true
        expect_in_output given
}

@test "apt-get needs more users than one, and says so" {
        needs_program apt-get
        run here_host apt-get update
        ((status != 0))
        expect_in_output "setgroups"
}
