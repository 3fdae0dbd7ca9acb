#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward run: each option does what it says, the default keeps everything away, and nothing is left behind.
# shellcheck disable=SC2154,SC2016

load helpers/common

setup() { with_root; }
teardown() { remove_all; }

# ---- the program -----------------------------------------------------------------------------------------------------------

# bats test_tags=matrix-vm
@test "output, error output and status are the program's" {
        run -7 --separate-stderr here @ sh -c 'echo out; echo err >&2; exit 7'
        [[ $output == out && $stderr == err ]]
}

@test "126, 127 and 125 say who failed" {
        fails_with 127 "execute 'nosuch'.*no directory of PATH" here @ nosuch
        fails_with 126 "execute '/etc/passwd'.*may not be executed" here @ /etc/passwd
        fails_with 125 "open the root.*No such file.*a directory with a system in it" here ./nowhere true
        fails_with 125 "no command to run" here @
        fails_with 125 "command to run.*is empty" here @ ''
        fails_with 125 "an operand is missing" ward run --rm
}

@test "128+n when a signal ended it" {
        background "$ROOT" sleep 100
        ward kill "$ID"
        ended_with 137
}

@test "signals are forwarded" {
        become_ward run --rm --name "$ID" "$ROOT" sh -c 'trap "exit 44" TERM; echo ready; while :; do sleep 0.05; done' >"$WORK/out" 3>&- &
        PID=$!
        wait_until 10 grep -q ready "$WORK/out"
        kill -TERM "$PID"
        ended_with 44
}

# on_terminal SCRIPT OPTIONS... COMMAND...: a container that a person sits before.
on_terminal() {
        local script=$1
        shift
        "$TERMINAL" "$script" "$WARD_BUILD/bin/ward" --root "$WORK/state" run --name "$ID" "$@"
}

@test "a signal that asks a program to end ends the first process, too, that leaves it to its default action; one that does not is left to it" {
        # A shell handles INT by itself until it executes something else.
        local waits=(tail -f /ready) signal mode
        echo ready >"$ROOT/ready"
        for mode in -i -it; do
                run -130 on_terminal 'wait:ready,key:03' --rm $mode "$ROOT" "${waits[@]}"
                run -131 on_terminal 'wait:ready,key:1c' --rm $mode "$ROOT" "${waits[@]}"
                # Ignored, and waited for in another place of the program; with --init nothing is left to a default action.
                run -3 on_terminal 'wait:ready,key:03' --rm $mode "$ROOT" sh -c 'trap "" INT; echo ready; sleep 0.5; exit 3'
                run -130 on_terminal 'wait:ready,key:03' --rm --init $mode "$ROOT" "${waits[@]}"
        done
        # A key that a program reads as it is.
        run -0 on_terminal 'wait:ready,key:03' --rm -it "$ROOT" sh -c 'stty raw; echo ready; dd bs=1 count=1 2>/dev/null | od -An -tx1'
        expect_in_output 03
        run -130 on_terminal 'wait:ready,key:03' "$ROOT" "${waits[@]}"
        ward inspect --format json "$ID" | jq -e '.containers[0].ending | .reason == "signal" and .signalName == "SIGINT" and .sender.signal == 2' >/dev/null ||
                { ward inspect --format json "$ID"; return 1; }
        ward rm "$ID"
        for signal in HUP:129 TERM:143; do
                background --rm "$ROOT" sleep 100
                kill -s "${signal%:*}" "$PID"
                ended_with "${signal#*:}"
        done
}

# Whether standard input is JSON, which is UTF-8.
is_json() { tee json | iconv -f UTF-8 -t UTF-8 | jq -e . >/dev/null || { od -c json | tail; return 1; }; }

@test "words that are not UTF-8 are the program's as they are: arguments, variables, files, directories; what tells of them is JSON" {
        local word=$'caf\xe9'
        mkdir "$word"
        echo text >"$word/$word"
        cd "$word"
        run -0 here --status-fd 9 -e "A=$word" -v "$PWD:/$word" -w "/$word" @ sh -c 'echo "$A"; pwd; cat "$1"' sh "$word" 9>../status
        [[ $output == "$word"$'\n'"/$word"$'\n'text ]] || shown
        is_json <../status
        here -v "$PWD:/$word" --dry-run --format json @ echo "$word" | is_json
        # The root's own path is kept for good.
        cp -r "$ROOT" root
        fails_with 125 "root.*not UTF-8.*E112.*another name" ward run --rm ./root true
        fails_with 125 "root.*not UTF-8" ward run --rm --dry-run ./root true
        cd ..
        background -e "A=$word" -w / "$ROOT" sh -c 'sleep 100; true' "$word"
        ward ps --format json | is_json
        ward inspect --format json "$ID" | is_json
        run -0 ward exec "$ID" sh -c 'echo "$A" "$1"' sh "$word"
        [[ $output == $'caf\ufffd '"$word" ]] || shown
}

@test "-i passes standard input on; without it there is none" {
        run -0 here -i @ cat <<<"typed"
        expect_output typed
        run -0 here @ cat <<<"typed"
        expect_output ""
}

@test "/dev/stdin, stdout and stderr can be opened where they are pipes, by any user, and are given to nobody; a fifo in a file system stays as it is" {
        local stdio='read -r line </dev/stdin; echo "out $line" >/dev/stdout; echo err >/dev/stderr' user
        for user in 0 7; do
                run -0 here -i -u $user @ sh -c "$stdio" < <(echo typed)
                expect_output $'out typed\nerr'
        done
        background "$ROOT" sleep 100
        run -0 ward exec -i "$ID" sh -c "$stdio" < <(echo typed)
        expect_output $'out typed\nerr'
        ward rm -f "$ID"
        [[ $({ here -u 7 @ sh -c 'echo in >/dev/stdout'; stat -Lc %u /dev/stdout; } | cat) == $'in\n'$EUID ]]
        mkfifo -m 600 fifo
        cat fifo >got &
        here -u 7 @ echo out >fifo
        wait_until 10 grep -q out got
        [[ $(stat -c '%a %u' fifo) == "600 $EUID" ]]
}

@test "-t gives a terminal, also where there is none outside" {
        run -0 here -t @ sh -c 'tty; test -c /dev/console && echo console; echo $TERM' </dev/null
        expect_in_output /dev/pts/ console xterm
        run -1 here @ tty </dev/null
        run -4 here -it @ sh <<<'exit 4'
}

@test "-it on a terminal: size, its changes, keys, the shell as default" {
        run -5 "$TERMINAL" 'wait:# ,type:stty size,wait:24 80,size:33x77,type:stty size,wait:33 77,type:exit 5' \
                "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -it --name "$ID" "$ROOT"
        run -42 "$TERMINAL" 'wait:ready,key:03' "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -it --name "$ID" "$ROOT" \
                sh -c 'trap "exit 42" INT; echo ready; while :; do sleep 0.05; done'
}

@test "-t alone takes no keys, and the signals of the terminal are forwarded" {
        run -43 "$TERMINAL" 'wait:ready,key:03' "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -t --name "$ID" "$ROOT" \
                sh -c 'trap "exit 43" INT; echo ready; while :; do sleep 0.05; done'
}

@test "-t: who does not read the output holds up neither the end of the time nor signals, and loses nothing of what he reads later" {
        local end pid code=0
        mkfifo pipe
        # Somebody has it open, and reads nothing.
        sleep 60 <>pipe 3>&- &
        end=$((SECONDS + 20))
        timeout -s KILL 10 "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -t --timeout 1 --name "$ID" "$ROOT" \
                sh -c yes 3>&- >pipe 2>said || code=$?
        [[ $code -eq 124 ]]
        grep -q "ran out of time" said
        "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -t --name "$ID" "$ROOT" \
                sh -c 'trap "exit 9" TERM; touch /tmp/on; yes & while :; do sleep 0.05; done' 3>&- >pipe &
        pid=$!
        wait_until 10 test -e "$ROOT/tmp/on"
        kill -TERM $pid
        wait $pid || code=$?
        [[ $code -eq 9 ]]
        kill %1
        ((SECONDS < end))
        ward run --rm -t --name "$ID" "$ROOT" seq 12000 | { sleep 1; cmp - <(seq 12000); }
        # Nor does it matter whether the process reads what is typed.
        run -124 timeout -s KILL 30 "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm -it --timeout 1 --name "$ID" "$ROOT" \
                sh -c 'stty raw; sleep 100' 3>&- </dev/zero
        expect_in_output "ran out of time"
}

@test "-t: where nobody reads any more the terminal is hung up: its program ends or is told so, and nothing stays" {
        local code args
        # unread STATUS OPTIONS... COMMAND...
        unread() {
                { timeout -s KILL 30 "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" "${@:2}" || echo $? >code; } </dev/null 2>said | head -n 1
                code=$(<code)
                [[ $code == "$1" ]] || { echo "$code"; cat said; return 1; }
        }
        unread 129 -t "$ROOT" yes
        unread 129 -t --init "$ROOT" sh -c 'echo; sleep 0.5; echo; sleep 100'
        unread 9 -t "$ROOT" sh -c 'trap "exit 9" HUP; while echo; do :; done; while :; do sleep 0.05; done'
        # Who is not ended by it does not wait for room in the terminal either.
        unread 4 -t "$ROOT" sh -c 'trap "" HUP; seq 100000; exit 4'
        # The terminal in front is as it was.
        args="'$WARD_BUILD/bin/ward' --root '$WORK/state' run --rm -it --name '$ID' '$ROOT' yes | head -n 1; stty -a"
        run -0 timeout 30 "$TERMINAL" "wait:speed" bash -c "$args"
        expect_in_output "isig icanon"
        expect_not_in_output "-isig"
        run -0 ward ps -a -q
        expect_output ""
}

@test "-e: KEY=VALUE, KEY from the caller, KEY that the caller lacks; the defaults" {
        MINE="a b" run -0 here -e A=1 -e MINE -e HOME=/other -e HOSTNAME -e ABSENT @ env
        expect_in_output $'A=1\n' "MINE=a b" HOME=/other PATH=/usr/local/sbin:
        expect_not_in_output HOSTNAME= ABSENT HOME=/root TERM=
        run -0 here @ env
        expect_in_output "HOSTNAME=$ID" HOME=/root
        fails_with 125 "has no name" here -e =x @ true
}

@test "-w: where it starts" {
        run -0 here -w /etc @ pwd
        expect_output /etc
        fails_with 125 "change the directory to '/none'|--workdir" here -w /none @ true
        fails_with 125 "not an absolute path" here -w etc @ true
        [[ ! -e $ROOT/none ]]
}

# ---- users -----------------------------------------------------------------------------------------------------------------

more_users() {
        echo 'web:x:33:34::/home/web:/bin/sh' >>"$ROOT/etc/passwd"
        printf '%s\n' 'www:x:34:' 'extra:x:40:other,web' 'last:x:41:web' >>"$ROOT/etc/group"
}

@test "-u: names and numbers of the root's own files, groups, home" {
        more_users
        run -0 here -u web @ sh -c 'id -u; id -g; id -G; echo $HOME'
        expect_output $'33\n34\n34 40 41\n/home/web'
        run -0 here -u web:last @ sh -c 'id -u; id -G'
        expect_output $'33\n41'
        run -0 here -u 33 @ id -G
        expect_output "34 40 41"
        run -0 here -u 1234:77 @ sh -c 'id -u; id -G; echo $HOME'
        expect_output $'1234\n77\n/'
        fails_with 125 "no user 'wbe'.*did you mean 'web'" here -u wbe @ true
        fails_with 125 "no group 'wwx'.*did you mean 'www'" here -u web:wwx @ true
        fails_with 125 "the user is empty" here -u : @ true
        fails_with 125 "the ids 0 to 65535" here -u 65536 @ true
        fails_with 125 "'4294967295' is no user id" here -u 4294967295 @ true
}

@test "-u: a name of digits is a number; the machine's files and what is no file are not read" {
        echo '1234:x:0:0::/:/bin/sh' >>"$ROOT/etc/passwd"
        run -0 here -u 1234 @ id -u
        expect_output 1234
        rm "$ROOT/etc/passwd"
        ln -s "$WORK/outside" "$ROOT/etc/passwd"
        echo 'spy:x:0:0::/:/bin/sh' >"$WORK/outside"
        fails_with 125 "no user 'spy'" here -u spy @ true
        rm "$ROOT/etc/passwd"
        mkfifo "$ROOT/etc/passwd"
        fails_with 125 "no regular file" timeout 10 "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" -u spy "$ROOT" true
}

# bats test_tags=matrix-vm
@test "its own range of ids: root inside is nobody here, and owns the root's files" {
        run -0 here @ sh -c 'cat /proc/self/uid_map; touch /made; stat -c %u /made /etc/passwd /proc/1'
        [[ ${output//$'\n'/,} =~ ^\ +0\ +([0-9]+)\ +65536,0,0,0$ ]] || shown
        # A container in another one has the first ids of that: it has none to spare.
        ((BASH_REMATCH[1] >= 65536)) || { ((BASH_REMATCH[1] == 0)) && ! is_machine_root; }
        [[ $(stat -c %u "$ROOT/made") == 0 ]]
}

# Others on this machine may have taken it for a while.
takes_range() { [[ $(ward run --rm --name "$ID-2" "$ROOT" awk '{ print $2 }' /proc/self/uid_map) == "$1" ]]; }

# bats test_tags=matrix-vm
@test "containers that run at a time have different ids, and give them back" {
        local first second
        needs_machine_root "a container in another one has the ids of that, and takes none"
        become_ward run --name "$ID" "$ROOT" sleep 100 3>&- &
        wait_until 10 runs "$ID"
        first=$(awk '{ print $2 }' "/proc/$(init_pid)/uid_map")
        second=$(ward run --rm --name "$ID-2" "$ROOT" awk '{ print $2 }' /proc/self/uid_map)
        ((second >= first + 65536 || second <= first - 65536))
        # It is its process that holds them, not the ward that started it.
        kill -KILL $!
        wait $! || true
        [[ $(ward run --rm --name "$ID-2" "$ROOT" awk '{ print $2 }' /proc/self/uid_map) != "$first" ]]
        ward rm -f "$ID"
        wait_until 60 takes_range "$first"
}

@test "--userns=host: the machine's users" {
        run -0 here --userns=host @ cat /proc/self/uid_map
        [[ $output == "$(</proc/self/uid_map)" ]]
        run -0 here --userns=host -u 70000 @ id -u
        expect_output 70000
}

# ---- files -----------------------------------------------------------------------------------------------------------------

@test "-v: a directory, with its owners; nosuid and nodev" {
        mkdir -p src/dir
        echo content >src/file
        chown 1234 src/file
        run -0 here -v ./src:/data @ sh -c 'cat /data/file; stat -c %u /data/file; touch /data/new; grep " /data " /proc/self/mountinfo'
        expect_in_output $'content\n1234\n' nosuid nodev
        [[ $(stat -c %u src/new) == 0 ]]
        run -0 here -v "$WORK/src/file:/etc/one" @ cat /etc/one
        expect_output content
}

@test "-v SRC:DST:ro holds for what is mounted below, too" {
        mkdir -p src/below
        run -0 unshare --mount --propagation private bash -c '
                mount -t tmpfs none src/below
                "$0" --root state run --rm --name "$1" -v ./src:/data:ro "$2" sh -c "
                        touch /data/a; touch /data/below/b; mount | grep -c /data/below; grep -c tmpfs.*ro, /proc/self/mountinfo"
                true' "$WARD_BUILD/bin/ward" "$ID" "$ROOT"
        expect_in_output "/data/a: Read-only" "/data/below/b: Read-only" $'\n1\n'
        run -0 here -v ./src:/data:rw @ touch /data/a
}

@test "-v SRC:DST:noidmap: other owners; idmap is the default" {
        local owner=65534
        mkdir src
        # Who maps no ids of what he binds has the same ones inside.
        is_machine_root || owner=0
        run -0 here -v ./src:/data:noidmap @ stat -c %u /data
        expect_output $owner
        if is_machine_root; then
                run -0 here -v ./src:/data:idmap @ stat -c %u /data
                expect_output 0
        else
                fails_with 125 "only root of the machine may map the owners" here -v ./src:/data:idmap @ true
        fi
        fails_with 125 "there is no map" here --userns=host -v ./src:/data:idmap @ true
        # procfs can't be id-mapped: the message says what can be done.
        ! is_machine_root || fails_with 125 "--volume /proc:/data.*Invalid argument.*:noidmap.*--userns=host" here -v /proc:/data @ true
        run -0 here -v /proc:/data:noidmap @ test -d /data/1
}

@test "-v and --tmpfs: what lies in another comes behind it, whatever comes first" {
        mkdir -p p/sub
        run here -v ./p/sub:/x/sub:ro -v ./p:/x @ sh -c 'touch /x/sub/new; touch /x/new'
        [[ ! -e p/sub/new && -e p/new ]] || shown
        run here --mount type=bind,src=./p/sub,dst=/x//./sub,ro -v ./p:/x/y/.. @ sh -c 'touch /x/sub/new; touch /x/second'
        [[ ! -e p/sub/new && -e p/second ]] || shown
        run -0 here -v ./p:/x --tmpfs /x/sub:mode=700 @ sh -c 'touch /x/sub/new; stat -c %a /x/sub'
        [[ $output == 700 && ! -e p/sub/new ]] || shown
        fails_with 125 "'/x' is the destination of '--volume ./p:/x', too.*E109" here -v ./p:/x -v ./p/sub:/x/:ro @ true
        fails_with 125 "is the destination of.*E109" here --tmpfs /x -v ./p:/x @ true
        fails_with 125 "ro and rw.*E109" here -v ./p:/x:ro,rw @ true
        fails_with 125 "ro and rw.*E109" here --mount type=bind,src=./p,dst=/x,rw,readonly @ true
}

@test "an empty root is none" {
        mkdir bin
        cp "$ROOT/bin/busybox" bin/
        fails_with 125 "the root is empty.*E201" ward run --rm --name "$ID" "" busybox touch /made
        [[ ! -e made ]]
}

@test "-v: what is wrong with it" {
        fails_with 125 "No such file.*make it" here -v ./absent:/data @ true
        fails_with 125 "no named volumes.*\./NAME" here -v data:/data @ true
        fails_with 125 "no source" here -v /data @ true
        fails_with 125 "not an absolute path" here -v /tmp:data @ true
        fails_with 125 "'roo' is not one of.*did you mean 'ro'" here -v /tmp:/data:roo @ true
        for word in sync async dirsync mand lazytime iversion; do
                fails_with 125 "'$word' is about a whole file system.*remount" here -v "/tmp:/data:ro,$word" @ true
        done
        fails_with 125 "'sync' is about a whole file system" here --mount type=bind,src=/tmp,dst=/data,sync @ true
        fails_with 125 "only procfs may be mounted" here -v /tmp:/proc/self @ true
}

@test "--tmpfs: empty, with its options" {
        echo below >"$ROOT/tmp/below"
        run -0 here --tmpfs /tmp @ sh -c 'ls -A /tmp; stat -c %a /tmp; grep " /tmp " /proc/self/mountinfo'
        expect_in_output 1777 nosuid,nodev,noexec
        expect_not_in_output below
        run -0 here --tmpfs /tmp:size=64k,mode=700,exec @ sh -c 'stat -c %a /tmp; grep " /tmp " /proc/self/mountinfo; df -k /tmp | tail -n 1'
        expect_in_output 700 " 64 "
        expect_not_in_output noexec
        fails_with 125 "set the options? '(.*,)?colour=red'" here --tmpfs /tmp:colour=red @ true
        for word in bind copy-symlink tmpcopyup; do
                fails_with 125 "can't be bound" here --tmpfs "/tmp:$word" @ true
        done
        fails_with 125 "not an absolute path" here --tmpfs tmp @ true
        run -0 here --tmpfs /tmp -v "$ROOT/etc:/tmp/etc" @ ls /tmp
        expect_output etc
}

@test "--read-only: the root is, a tmpfs in it is not" {
        run here --read-only --tmpfs /tmp @ sh -c 'touch /tmp/a && touch /a'
        expect_in_output "/a: Read-only file system"
        run -0 here @ touch /a
}

@test "a failed start changes nothing" {
        find "$ROOT" | sort >files.before
        fails_with 127 nosuch here @ nosuch
        fails_with 125 "No such file" here -v ./absent:/data @ true
        fails_with 125 "colour" here --tmpfs /tmp:colour=red @ true
        find "$ROOT" | sort | diff files.before -
        [[ -z $(ward ps -aq) ]]
}

# ---- limits ----------------------------------------------------------------------------------------------------------------

# bats test_tags=vm
@test "-m, --cpus, --pids-limit are in the machine's cgroup files" {
        background -m 48m --cpus 0.5 --pids-limit 33 "$ROOT" sleep 100
        [[ $(limit_of memory memory.limit_in_bytes memory.max) == $((48 << 20)) ]]
        [[ $(limit_of cpu cpu.cfs_quota_us cpu.max) =~ ^50000( 100000)?$ ]]
        [[ $(limit_of pids pids.max pids.max) == 33 ]]
}

# bats test_tags=vm
@test "--limit: any limit by any of its words; docker's options; all of it is kept with the container" {
        local disk disks=blkio
        [[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || disks=io
        read -r disk < <(lsblk -dno MAJ:MIN | tr -d ' ')
        background --limit memory.max=48M --limit CPUWeight=300 --cpu-period 50000 --cpu-quota 10000 ${disk:+--device-read-bps "$disk:1m"} "$ROOT" sleep 100
        [[ $(limit_of memory memory.limit_in_bytes memory.max) == 50331648 ]]
        [[ $(limit_of cpu cpu.shares cpu.weight) =~ ^(3072|300)$ ]]
        [[ $(limit_of cpu cpu.cfs_quota_us cpu.max) =~ ^10000( 50000)?$ ]]
        [[ -z $disk ]] || [[ $(limit_of "$disks" blkio.throttle.read_bps_device io.max) == "$disk "*1048576* ]]
        # 300 is no number of shares: the specification has no field for it.
        ward inspect --format json "$ID" | jq -e '.containers[0].config.linux.resources | .memory.limit == 50331648 and .cpu.quota == 10000 and .ward == ["cpu.weight=300"]'
        ward rm -f "$ID"
        fails_with 125 "--limit.*'memory.high': it has no value" here --limit memory.high @ true
        fails_with 125 "is no limit.*did you mean 'memory.high'" here --limit memory.hihg=1M @ true
        fails_with 125 "rule about devices.*--device" here --limit 'devices.allow=c 1:3 w' @ true
        fails_with 125 "'9': it is no such number.*10 to 1000" here --blkio-weight 9 @ true
        # What config.json may not say could not be read back.
        fails_with 125 "'101': it is no such number.*0 to 100" here --memory-swappiness 101 @ true
        fails_with 125 "'150': it is no such number.*0 to 100" here --limit memory.swappiness=150 @ true
        run -137 --separate-stderr judged_here --limit MemoryMax=16M @ tail /dev/zero
        [[ $(tail -n 1 status | jq -r .option) == "--limit MemoryMax=16M" ]]
}
judged_here() { here --status-fd 9 "$@" 9>status; }

@test "4096 processes by default, no limit when asked" {
        background "$ROOT" sleep 100
        [[ $(limit_of pids pids.max pids.max) == 4096 ]]
        ward rm -f "$ID"
        background --pids-limit -1 "$ROOT" sleep 100
        [[ $(limit_of pids pids.max pids.max) == max ]]
}

# bats test_tags=vm
@test "a container that ran out of memory says so" {
        run -137 here -m 16m @ tail /dev/zero
        expect_in_output "ran out of memory" --memory
}

# ---- rights ----------------------------------------------------------------------------------------------------------------

bounding() { here "$@" @ sed -n 's/^CapBnd:\t0*//p' /proc/self/status; }

@test "--cap-add and --cap-drop, with and without CAP_, ALL" {
        [[ $(bounding) == 5eb ]]
        [[ $(bounding --cap-add NET_RAW --cap-add cap_sys_time) == 20025eb ]]
        [[ $(bounding --cap-drop KILL --cap-drop CAP_CHOWN) == 5ca ]]
        [[ $(bounding --cap-drop ALL) == "" ]]
        [[ $(bounding --cap-drop ALL --cap-add KILL) == 20 ]]
        [[ $(bounding --cap-add ALL) == 1ffffffffff ]]
        [[ $(bounding --cap-add all --cap-drop SYS_ADMIN) == 1ffffdfffff ]]
        fails_with 125 "'SYS_ADMN' is not a capability.*did you mean 'SYS_ADMIN'" here --cap-add SYS_ADMN @ true
        fails_with 125 "option '--cap-drop': 'CAP_KIL'.*'KILL'" here --cap-drop CAP_KIL @ true
}

@test "the four other sets: effective and permitted follow, inheritable and ambient are empty" {
        run -0 here --cap-drop KILL @ grep Cap /proc/self/status
        expect_output $'CapInh:\t0000000000000000\nCapPrm:\t00000000000005cb\nCapEff:\t00000000000005cb\nCapBnd:\t00000000000005cb\nCapAmb:\t0000000000000000'
}

@test "--security-opt no-new-privileges" {
        run -0 here @ grep NoNewPrivs /proc/self/status
        expect_output $'NoNewPrivs:\t1'
        run -0 here --security-opt no-new-privileges=false @ grep NoNewPrivs /proc/self/status
        expect_output $'NoNewPrivs:\t0'
        run -0 here --security-opt no-new-privileges=false --security-opt no-new-privileges @ grep NoNewPrivs /proc/self/status
        expect_output $'NoNewPrivs:\t1'
        fails_with 125 "true or false" here --security-opt no-new-privileges=maybe @ true
}

@test "--security-opt seccomp: default, unconfined, a file" {
        run -0 here @ grep Seccomp: /proc/self/status
        expect_output $'Seccomp:\t2'
        run -0 here --security-opt seccomp=unconfined @ grep Seccomp: /proc/self/status
        expect_output $'Seccomp:\t'"$(outer_filter)"
        run -0 here --security-opt seccomp=unconfined --security-opt seccomp=default @ grep Seccomp: /proc/self/status
        expect_output $'Seccomp:\t2'
        echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' >profile
        run here --security-opt seccomp=./profile @ mkdir /new
        expect_in_output "Operation not permitted"
        run -0 here @ mkdir /new
        echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdri"], "action": "SCMP_ACT_ERRNO"}]}' >profile
        fails_with 125 "./profile:1:.*'mkdri'.*'mkdir'" here --security-opt seccomp=./profile @ true
        fails_with 125 "read the seccomp profile.*/nope" here --security-opt seccomp=/nope @ true
        fails_with 125 "did you mean 'seccomp'" here --security-opt secomp=x @ true
}

@test "the default profile follows the capabilities, also for what joins" {
        run here --cap-add SYS_CHROOT @ chroot / true
        expect_status 0
        run here @ mount -t tmpfs none /tmp
        ((status != 0))
        background --cap-add SYS_ADMIN "$ROOT" sleep 100
        run -0 ward exec "$ID" mount -t tmpfs none /tmp
        ward rm -f "$ID"
        background "$ROOT" sleep 100
        run ward exec "$ID" mount -t tmpfs none /tmp
        ((status != 0))
        run -0 ward exec "$ID" grep -E 'Seccomp:|NoNewPrivs' /proc/self/status
        expect_output $'NoNewPrivs:\t1\nSeccomp:\t2'
}

@test "--network: none has loopback, up; host is the machine's" {
        run -0 here @ ls /sys/class/net
        expect_output lo
        run -0 here @ sh -c 'echo hello | nc -l -p 4242 -w 5 >/tmp/got & sleep 0.3; echo from | nc -w 2 127.0.0.1 4242; wait'
        expect_output hello
        run -0 here --network host @ readlink /proc/self/ns/net
        expect_output "$(readlink /proc/self/ns/net)"
        run -0 here --network=host @ test -d /sys/class
        fails_with 125 "not one of: none, host, container:NAME, ns:PATH" here --network bridge @ true
}

@test "--hostname, and the name as default" {
        run -0 here --hostname elsewhere @ hostname
        expect_output elsewhere
        run -0 here @ hostname
        expect_output "$ID"
        fails_with 125 "longer than 64" here --hostname "$(printf 'x%.0s' {1..65})" @ true
}

# bats test_tags=vm
@test "every namespace is its own, but for time" {
        local ns
        for ns in user pid net ipc uts mnt cgroup; do
                run -0 here @ readlink "/proc/self/ns/$ns"
                [[ $output != "$(readlink "/proc/self/ns/$ns")" ]] || shown
        done
}

@test "what the kernel would tell of the machine is masked, its settings can't be written" {
        run -0 here @ sh -c 'cat /proc/kcore /proc/keys /proc/kallsyms /proc/interrupts /proc/slabinfo 2>/dev/null | wc -c; ls -A /sys/firmware | wc -l'
        expect_output $'0\n0'
        run here @ sh -c 'echo 1 >/proc/sys/kernel/dmesg_restrict'
        expect_in_output Read-only
        run here @ sh -c 'mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x'
        expect_in_output Read-only
        run -0 here @ sh -c 'ulimit -c; grep " /dev " /proc/self/mountinfo'
        expect_in_output $'0\n' noexec
}

# ---- names and plans -------------------------------------------------------------------------------------------------------

@test "--name; a drawn one; --rm or not" {
        run -0 ward run --name "$ID" "$ROOT" true
        run -0 ward ps -aq
        expect_output "$ID"
        fails_with 125 "$ID.*exists|taken" ward run --rm --name "$ID" "$ROOT" true
        run -0 ward rm "$ID"
        run -0 ward run --rm "$ROOT" hostname
        [[ $output =~ ^[0-9a-f]{12}$ ]] || shown
        [[ -z $(ward ps -aq) ]]
        fails_with 125 "option '--name'.*not valid" ward run --rm --name a/b "$ROOT" true
}

@test "the page that shows a process's isolation finds nothing wrong" {
        run -0 "$WARD_SOURCE/examples/isolation/run" "$WARD_BUILD/bin/ward"
        expect_in_output "its own" "refused: Operation not permitted" 67108864
        expect_not_in_output "it could" "not as it should be"
}

# The container's root may not enter it: it is no owner of it, and has no rights over what is not its own.
@test "from a directory that is private to somebody else" {
        needs_machine_root "to be in it"
        mkdir private
        chown 65533:65533 private
        chmod 700 private
        cd private
        run -0 ward run --rm --name "$ID" "$ROOT" pwd
        expect_output /
}
