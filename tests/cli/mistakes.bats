#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The mistakes that people make with ward: each has a number, says what was being done, where it was asked for, why it failed and what to do,
# and leaves nothing behind. What the tests saw is docs/ERRORS.md, byte for byte; WARD_UPDATE_ERRORS=1 writes it.
# shellcheck disable=SC2154,SC2016

load helpers/common

USER_ID=23456 # nobody else's: other suites have users of their own at the same time

# What is there belongs to root until an ordinary user makes a mistake.
setup() {
        home_setup
        chown 0:0 state
        mkdir -m 700 state/.cache
        mkdir src
        rootfs rootfs
        echo 'web:x:33:33::/home/web:/bin/sh' >>rootfs/etc/passwd
        echo 'www:x:33:' >>rootfs/etc/group
}

teardown() {
        [[ -z ${HERE:-} ]] || { chown 0 "$HERE/state" && chmod 700 "$HERE/state"; }
        home_teardown ward
}

ward() { "$HERE/ward" --root "$HERE/state" "$@"; }

# as_user ward WORD...: as the user, to whom all of this belongs.
as_user() {
        chown -R "$USER_ID:$USER_ID" "$HERE/state" "$HERE/src" "$HERE/rootfs"
        plain_user env -u XDG_RUNTIME_DIR HOME="$HERE" "$HERE/ward" --root "$HERE/state" "${@:2}"
}

# What differs from run to run and from machine to machine.
settled() {
        sed -E "s|$HERE/state|/run/ward|g; s|$HERE|/home/me|g; s|$ID|web|g; s|\b$USER_ID\b|1000|g; s|process [0-9]+\>|process 4711|g; s|\(pid [0-9]+\)|(pid 4711)|g; s|: [0-9.]+ MiB of the processes, .* of the kernel |: 15.8 MiB of the processes, 160 KiB of the kernel |; s|/proc/[0-9]+/|/proc/4711/|g; s|[0-9a-f]{12}|f0e1d2c3b4a5|g; s|/sys/fs/cgroup[^ ')]*|/sys/fs/cgroup/...|g"
}

# The words of a command as a person types them.
typed() {
        local word
        for word in "$@"; do
                [[ $word =~ ^[A-Za-z0-9_./:=,+@-]+$ ]] || word="'$word'"
                printf ' %s' "$word"
        done
}

# mistake E204 STATUS [HOW] ward WORD...: makes it (as HOW does, which is not shown), and keeps what was seen. What begins with "web" is called
# as this test's container.
mistake() {
        local code=$1 wanted=$2 prompt='#' words=() word before
        shift 2
        [[ $1 != as_user && $1 != in_last_namespace && $1 != without_uidmap ]] || prompt='$'
        for word in "$@"; do [[ $word != web* || $word == web:* ]] || word=${word/#web/$ID}; words+=("$word"); done
        [[ $1 == ward ]] || shift
        before=$(ls -A state; find rootfs -printf '%P %y %m\n' | sort)
        run "-$wanted" --separate-stderr "${words[@]}" </dev/null || return 1
        [[ $output == "" ]] || { echo "$stderr"; shown || return 1; }
        [[ $stderr == "ward: "*" [$code]"$'\n      '* ]] || { echo "not of the form 'ward: ... [$code]' with a hint: $stderr"; return 1; }
        [[ $(ls -A state; find rootfs -printf '%P %y %m\n' | sort) == "$before" ]] || { echo "it left something behind"; return 1; }
        [[ -z ${ON_PAGE:-} ]] || { on_page "$code" >"$BATS_FILE_TMPDIR/$code"; return; }
        {
                printf '    %s%s\n' "$prompt" "$(typed "$@" | settled)"
                settled <<<"$stderr" | sed 's/^/    /'
        } >>"$BATS_FILE_TMPDIR/$code"
}

# on_page E204: what the page has, where this machine words it in another way (ON_PAGE).
on_page() { sed -n "/^### $1:/,/^##/p" "$WARD_SOURCE/docs/ERRORS.md" | grep '^    '; }

# program CONTENTS: rootfs/program is a file with these bytes (printf(1)) that may be executed.
program() {
        # shellcheck disable=SC2059
        printf "$1" >rootfs/program
        chmod 755 rootfs/program
}

stopped_container() { ward run --name "$ID" ./rootfs true; }

# ---- the command line ------------------------------------------------------------------------------------------------------

@test "a verb misspelt" { mistake E101 1 ward rnu ./rootfs ls; }
@test "an option misspelt" { mistake E102 125 ward run --memroy 64m ./rootfs ls; }
@test "an option without its value" { mistake E103 1 ward ps --format; }

@test "a word misspelt" {
        mistake E104 125 ward run --network hots ./rootfs ls
        mistake E104 125 ward run -v ./src:/src:roo ./rootfs ls
        mistake E104 125 ward run --security-opt secomp=unconfined ./rootfs ls
}

@test "a number that is none" {
        mistake E105 125 ward run --cpus half ./rootfs make
        mistake E105 125 ward run --pids-limit many ./rootfs ls
        mistake E105 1 ward stop --time soon web
}

@test "a size that is none" { mistake E106 125 ward run -m lots ./rootfs ls; }

@test "a word missing" {
        mistake E107 125 ward run --rm
        mistake E107 125 ward exec web
}

@test "no command" { mistake E108 125 ward run ./rootfs; }

@test "options that exclude each other" {
        mistake E109 125 ward run --init --pid host ./rootfs ls
        mistake E109 125 ward run --memory-swap 1g ./rootfs ls
}

@test "an option of another program" { mistake E110 125 ward run --detach ./rootfs ls; }
@test "a path in the container that is relative" { mistake E111 125 ward run -v ./src:src ./rootfs ls; }

@test "a value of another form" {
        mistake E112 125 ward run -e =x ./rootfs ls
        mistake E112 125 ward run --ulimit nofile ./rootfs ls
}

@test "a capability misspelt" { mistake E113 125 ward run --cap-add SYS_ADMN ./rootfs ls; }
@test "a signal misspelt" { mistake E114 1 ward kill -s TREM web; }
@test "a resource limit misspelt" { mistake E115 125 ward run --ulimit nofiel=1024 ./rootfs ls; }
@test "an error that does not exist" { mistake E116 1 ward help E999; }

# ---- the root and the program ----------------------------------------------------------------------------------------------

@test "the root is missing" { mistake E201 125 ward run ./rootsf ls; }

@test "the root is a file" {
        : >rootfs.tar
        mistake E202 125 ward run ./rootfs.tar ls
}

@test "the root is below a closed directory" {
        mkdir -m 700 closed
        mkdir closed/rootfs
        mistake E203 125 as_user ward run ./closed/rootfs ls
}

@test "the program is missing" {
        mistake E204 127 ward run ./rootfs nosuch
        mistake E204 127 ward run ./rootfs /usr/bin/nosuch
}

@test "the program is not executable" { mistake E205 126 ward run ./rootfs /etc/passwd; }
@test "the program is a directory" { mistake E206 126 ward run ./rootfs /etc; }

@test "the interpreter of a script is missing" {
        program '#!/usr/bin/python3\n'
        mistake E207 127 ward run ./rootfs /program
}

@test "the loader of a program is missing" {
        cp /bin/true rootfs/program
        mistake E208 127 ward run ./rootfs /program
}

@test "a program for another machine" {
        cp rootfs/bin/busybox rootfs/program
        printf '\xf3\x00' | dd of=rootfs/program bs=1 seek=18 conv=notrunc status=none # e_machine: RISC-V
        mistake E209 126 ward run ./rootfs /program
}

@test "a file that is no program" {
        program 'echo hello\n'
        mistake E210 126 ward run ./rootfs /program
        program ''
        mistake E210 126 ward run ./rootfs /program
}

@test "the working directory is missing" { mistake E211 125 ward run -w /work ./rootfs ls; }

@test "a filter that forbids execve" {
        echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_ERRNO"}]}' >profile.json
        mistake E212 126 ward run --security-opt seccomp=profile.json ./rootfs ls
}

# ---- files and devices -----------------------------------------------------------------------------------------------------

@test "the source of a volume is missing" { mistake E301 125 ward run -v ./scr:/src ./rootfs ls; }
@test "a volume by name" { mistake E302 125 ward run -v data:/data ./rootfs ls; }
@test "a file system that can't be id-mapped" {
        needs_machine_root "others map no ids of what they bind"
        mistake E303 125 ward run -v /proc:/data ./rootfs ls
}

# after DO as_root ward WORD...: in a mount namespace of its own, in which DO was done first.
after() {
        unshare --mount --propagation private bash -c "$1"' && exec "$@"' "$HERE" "$HERE/ward" --root "$HERE/state" "${@:3}"
}

read_only() { after 'mount --bind "$0/rootfs" "$0/rootfs" && mount -o remount,bind,ro "$0/rootfs"' "$@"; }
full_state() { after 'mount -t tmpfs -o size=16k,mode=700 none "$0/state" && ! head -c 64k /dev/zero 2>/dev/null >"$0/state/full"' "$@"; }

@test "a mount point missing in a read-only root" { mistake E304 125 read_only ward run -v ./src:/data ./rootfs ls; }

@test "no room left" {
        mistake E305 125 full_state ward run ./rootfs ls
}

@test "a device that is none" {
        mistake E306 125 ward run --device /etc/passwd ./rootfs ls
        mistake E306 125 ward run --device /dev/nosuch ./rootfs ls
}

@test "a file that an option names is missing" {
        mistake E307 125 ward run --env-file ./env ./rootfs ls
        mistake E307 125 ward run --security-opt seccomp=./profile.json ./rootfs ls
}

@test "a seccomp profile with a mistake" {
        printf '{"defaultAction": "SCMP_ACT_ERRNO",\n "syscalls": [}\n' >broken.json
        mistake E308 125 ward run --security-opt seccomp=broken.json ./rootfs ls
        printf '{"defaultAction": "SCMP_ACT_ALLOW",\n "syscalls": [{"names": ["opneat"], "action": "SCMP_ACT_ERRNO"}]}\n' >profile.json
        mistake E308 125 ward run --security-opt seccomp=profile.json ./rootfs ls
}

@test "a profile with a mistake, and one that is not there" {
        export WARD_PROFILES=$WARD_SOURCE/data/profiles
        printf 'read-only: true\nmemroy: 512m\n' >box.yaml
        mistake E313 125 ward run --profile ./box.yaml ./rootfs ls
        mistake E313 1 ward profile check ./box.yaml
        mistake E314 125 ward run --profile agnet ./rootfs ls
        mistake E314 1 ward profile show ./bx.yaml
}

@test "the cidfile exists" {
        : >web.cid
        mistake E309 125 ward run --cidfile ./web.cid ./rootfs ls
}

@test "a file in a directory that is missing" {
        mistake E310 125 ward run --pidfile ./run/web.pid ./rootfs ls
        mistake E310 125 ward run --cidfile ./run/web.cid ./rootfs ls
}

@test "--keep in a directory of everybody's" {
        mkdir -m 777 shared
        mistake E311 125 ward run --keep ./shared host ls
}

@test "an option that a file system does not know" {
        local ON_PAGE=
        # mount(2) does not say which.
        ! newest_calls_refused || ON_PAGE=yes
        mistake E312 125 ward run --tmpfs /tmp:colour=red ./rootfs ls
}

# ---- users and rights ------------------------------------------------------------------------------------------------------

@test "a user misspelt" { mistake E401 125 ward run -u wbe ./rootfs id; }
@test "a group misspelt" { mistake E402 125 ward run -u web:wwx ./rootfs id; }
@test "an id that the container does not have" { mistake E403 125 ward run -u 70000 ./rootfs id; }
@test "no line in /etc/subuid" { mistake E404 125 as_user ward run --userns auto ./rootfs id; }

# Where newuidmap is installed, it is not in this PATH.
without_uidmap() {
        mkdir bin
        for program in setpriv env chown; do ln -s "$(command -v "$program")" bin/; done
        PATH=$HERE/bin as_user "$@"
}

@test "newuidmap is missing" {
        add_user
        mistake E405 125 without_uidmap ward run --userns auto ./rootfs id
}

# A user namespace in which there may be no other, with the user's own id.
in_last_namespace() {
        chown -R "$USER_ID:$USER_ID" "$HERE/state" "$HERE/rootfs"
        setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
                unshare --user --map-current-user --keep-caps bash -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all "$@"' _ \
                "$HERE/ward" --root "$HERE/state" "${@:2}"
}

@test "user namespaces are switched off" { mistake E406 125 in_last_namespace ward run ./rootfs ls; }
@test "an ordinary user asks for the machine's users" { mistake E407 125 as_user ward run --userns host ./rootfs id; }
@test "an ordinary user asks for other owners" { mistake E408 125 as_user ward run -v ./src:/src:idmap ./rootfs ls; }
@test "an ordinary user asks to be killed last" { mistake E409 125 as_user ward run --oom-score-adj -5 ./rootfs ls; }

@test "a required wall that is not whole" {
        mistake E410 125 ward run --require caps --cap-add SYS_TIME ./rootfs date
        mistake E410 125 ward run --require namespaces --network host ./rootfs ip link
}

without_admin() { setpriv --bounding-set=-sys_admin "$HERE/ward" --root "$HERE/state" "${@:2}"; }

@test "a container around ward that took its rights" {
        needs_machine_root "whose ids are not the machine's has another user namespace made without the right"
        mistake E411 125 without_admin ward run ./rootfs ls
}

# ---- limits and settings ---------------------------------------------------------------------------------------------------

@test "a memory limit that is too low to start in" { mistake E501 125 ward run -m 4k ./rootfs ls; }
@test "a container that runs out of memory" {
        # Only who may read the kernel's log is told the figures.
        { is_machine_root && dmesg >/dev/null; } || ON_PAGE=other
        mistake E502 137 ward run --rm -m 16m ./rootfs tail /dev/zero
}
@test "limits for an ordinary user" {
        [[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || ON_PAGE=other
        mistake E503 125 as_user ward run -m 64m ./rootfs ls
}
@test "a processor that the machine does not have" { mistake E504 125 ward run --cpuset-cpus 9999 ./rootfs ls; }
@test "a setting of the machine" { mistake E505 125 ward run --sysctl kernel.panic=1 ./rootfs ls; }
@test "a setting of a namespace that is shared" { mistake E506 125 ward run --network host --sysctl net.ipv4.ip_forward=1 ./rootfs ls; }
@test "a container that runs out of time" { mistake E507 124 ward run --rm --timeout 1 ./rootfs sleep 100; }
@test "a container that runs out of processor time" { mistake E508 124 ward run --rm --cpu-time 0.2 ./rootfs sha256sum /dev/zero; }
@test "a container that writes too much" { mistake E509 124 ward run --rm --output-limit 1 ./rootfs sh -c 'echo; echo'; }
@test "a container that runs out of processes" { mistake E510 2 ward run --rm --pids-limit 1 ./rootfs sh -c 'exec 2>/dev/null; true | true'; }

# ---- containers ------------------------------------------------------------------------------------------------------------

@test "a name that is taken" {
        stopped_container
        mistake E601 125 ward run --name web ./rootfs ls
}

@test "a container that is not there" {
        stopped_container
        mistake E602 1 ward rm webb
        mistake E602 125 ward run --network container:other ./rootfs ls
}

@test "a container that does not run" {
        stopped_container
        mistake E603 125 ward exec web ls
        mistake E603 1 ward kill web
}

@test "removing a container that runs" {
        ward run --name "$ID" ./rootfs sleep 100 3>&- &
        wait_until 20 runs "$ID"
        mistake E604 1 ward rm web
}

@test "a name that can't be one" { mistake E605 125 ward run --name my/web ./rootfs ls; }

@test "the state directory of somebody else" {
        chown "$USER_ID" state
        mistake E606 125 ward run ./rootfs ls
}

@test "a state directory that is open" {
        chmod 775 state
        mistake E607 1 ward ps
}

@test "a state directory that is a file" {
        : >file
        mistake E608 1 ward --root ./file ps
}

@test "a namespace that is not there" { mistake E609 125 ward run --network ns:/run/netns/blue ./rootfs ls; }

# ---- docs/ERRORS.md --------------------------------------------------------------------------------------------------------

# The page, of the table of `ward help` and of what the tests above saw.
page() {
        local line code
        cat <<-'TEXT'
		# Errors

		<!-- Written by tests/cli/mistakes.bats with WARD_UPDATE_ERRORS=1. -->

		A message says what was being done, on which object, where it was asked for and why it failed; the line below it says what to do. The
		number at its end is for good: `ward help E204` says more, `ward help errors` lists all. What follows is what the tests saw; `#` is
		root's prompt, `$` an ordinary user's.
		TEXT
        while IFS= read -r line; do
                if [[ $line =~ ^\ \ (E[0-9]+)\  ]]; then
                        code=${BASH_REMATCH[1]}
                        printf '\n### %s\n\n' "$(ward help "$code" | head -n 1)"
                        ward help "$code" | tail -n +3
                        echo
                        cat "$BATS_FILE_TMPDIR/$code"
                elif [[ $line == [A-Z]* ]]; then
                        printf '\n## %s\n' "$line"
                fi
        done < <(ward help errors)
}

@test "every number has its entry, in order" {
        diff <(sed -nE 's/^ +MISTAKE_[A-Z_]+ = ([1-9][0-9]+),$/E\1/p' "$WARD_SOURCE/src/base/mistakes.h") <(ward help errors | sed -nE 's/^  (E[0-9]+)  .*/\1/p')
        [[ -z $(ward help errors | awk 'length > 80') ]]
        run -0 ward help E204
        [[ ${lines[0]} == "E204: the program is not in the container" ]]
        [[ -z $(awk 'length > 80' <<<"$output") ]]
        [[ $(ward help 204) == "$output" && $(ward help e204) == "$output" ]]
}

@test "docs/ERRORS.md is what the tests saw, and every number was seen" {
        # A run of some tests alone, and one where something was skipped.
        (($(ls "$BATS_FILE_TMPDIR" | grep -c '^E') == $(ward help errors | grep -c '^  E'))) || unable "not every mistake could be made"
        page >page.md
        [[ ${WARD_UPDATE_ERRORS:-} != 1 ]] || cp page.md "$WARD_SOURCE/docs/ERRORS.md"
        diff "$WARD_SOURCE/docs/ERRORS.md" page.md
        (($(grep -c '^### ' page.md) >= 40))
}
