#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# top: what control groups use, printed in rounds and shown on a terminal.
# shellcheck disable=SC2154,SC2016

load helpers/common

USER_ID=65532

setup() { ward_setup; }

teardown() {
        groups_remove
        remove_all
}

# ---- groups of the test, all below /$ID, in every hierarchy that has figures ---------------------------------------------------------------

# hierarchies: the directories of those.
hierarchies() {
        awk '$0 ~ / - cgroup2? / { print $5 }' /proc/self/mountinfo | while IFS= read -r dir; do
                if [[ -e $dir/cgroup.controllers || ,${dir##*/}, =~ ,(cpu|cpuacct|memory|pids|blkio), ]]; then echo "$dir"; fi
        done
}

# groups_make PATH...: groups below /$ID, with the controllers of v2 in all but the last component.
groups_make() {
        needs_machine_root "groups in the roots of the hierarchies"
        local dir path part at give
        while IFS= read -r dir; do
                for path in "$@"; do
                        mkdir -p "$dir/$ID/$path"
                        [[ -e $dir/cgroup.controllers ]] || continue
                        at=$dir
                        # What a hybrid machine has with v2 stays as it is.
                        give=$(grep -owE 'cpu|memory|pids|io' "$dir/cgroup.controllers" | sed 's/^/+/' | tr '\n' ' ') || true
                        [[ -n $give ]] || continue
                        for part in "" "$ID" ${path//\// }; do
                                at=$at${part:+/$part}
                                [[ $at == "$dir/$ID/$path" ]] || echo "$give" >"$at/cgroup.subtree_control"
                        done
                done
        done < <(hierarchies)
}

groups_remove() {
        local dir
        is_machine_root || return 0
        find /sys/fs/cgroup -path "*/$ID*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u | xargs -r kill -KILL 2>/dev/null || true
        while IFS= read -r dir; do
                [[ ! -d $dir/$ID ]] || wait_until 10 eval "find '$dir/$ID' -depth -type d -exec rmdir {} + 2>/dev/null"
        done < <(hierarchies)
}

# in_group PATH COMMAND...: the command as a process of the group.
in_group() {
        local dir path=$1
        shift
        while IFS= read -r dir; do
                if [[ -e $dir/cgroup.controllers ]]; then echo "$BASHPID" >"$dir/$ID/$path/cgroup.procs"; else echo 0 >"$dir/$ID/$path/tasks"; fi
        done < <(hierarchies)
        exec "$@" 3>&-
}

# figure PATH CONTROLLER V1-FILE V2-FILE: the text of the kernel's file.
figure() {
        local file
        for file in "/sys/fs/cgroup/$2/$ID/$1/$3" "/sys/fs/cgroup/$ID/$1/$4" "/sys/fs/cgroup/unified/$ID/$1/$4"; do
                [[ ! -e $file ]] || { cat "$file"; return; }
        done
        echo "no group '$1' has $3 or $4" >&2
        return 1
}

set_figure() {
        local file
        for file in "/sys/fs/cgroup/$2/$ID/$1/$3" "/sys/fs/cgroup/$ID/$1/$4" "/sys/fs/cgroup/unified/$ID/$1/$4"; do
                [[ ! -e $file ]] || { echo "$5" >"$file"; return; }
        done
        return 1
}

cpu_nsec() { # PATH
        local text
        text=$(figure "$1" cpuacct cpuacct.usage cpu.stat)
        if [[ $text == usage_usec* ]]; then awk '/^usage_usec/ { print $2 * 1000 }' <<<"$text"; else echo "$text"; fi
}

# rounds ARGUMENTS...: one round in JSON, of everything below /$ID.
rounds() { ward top --format json -d 200ms "$@" "/$ID"; }

# of PATH FILTER: of the last line of $output, what jq makes of the group.
of() { tail -n 1 <<<"$output" | jq -r --arg path "/$ID${1:+/$1}" ".groups[] | select(.path == \$path) | $2"; }

# holding BYTES: a command that holds memory.
holding=(python3 -c 'import sys, time; data = bytearray(int(sys.argv[1])); data[::4096] = b"x" * len(data[::4096]); time.sleep(100)')
burning=(sh -c 'while :; do :; done')

# ---- figures -------------------------------------------------------------------------------------------------------------------------------

@test "figures of groups are the kernel's: CPU time, memory, tasks; and their order is the one that was asked for" {
        groups_make busy holds none
        in_group busy "${burning[@]}" &
        in_group holds "${holding[@]}" 50000000 &
        wait_until 10 eval '(($(figure holds memory memory.usage_in_bytes memory.current) > 50000000))'
        local before after
        before=$(cpu_nsec busy)
        run -0 rounds
        after=$(cpu_nsec busy)
        # It ran between two looks: its time lies between those of before and after, and its share in their interval fits.
        jq -e --argjson before "$before" --argjson after "$after" '. > $before and . <= $after' <<<"$(of busy .cpu_nsec)"
        jq -e '. > 0 and . < 110' <<<"$(of busy .cpu_percent)"
        jq -e '. > 50000000 and . < 90000000' <<<"$(of holds .memory_bytes)"
        [[ $(of busy .tasks) == $(figure busy pids pids.current pids.current) && $(of none .tasks) == 0 ]] || shown
        [[ $(of none .cpu_percent) == 0 ]] || shown
        [[ $(of "" .tasks) == 2 ]] || shown
        jq -e '.version == 1 and .interval_usec >= 200000 and .cpus >= 1 and (.time | fromdate > 1700000000)' <<<"$output"

        run -0 ward top -b -n 1 -d 200ms "/$ID"
        [[ ${lines[0]} =~ ^CONTROL\ GROUP\ +TASKS\ +%CPU\ +MEMORY\ +INPUT/S\ +OUTPUT/S\ +NAME$ ]] || shown
        # Each is read at its own moment, so the whole may be behind its part.
        [[ ${lines[1]}$'\n'${lines[2]} =~ /$ID\ +2\ +[0-9.]+\ +[0-9.]+M\ +[-0] && ${lines[1]}${lines[2]} =~ /$ID/busy\ +1\ +[0-9]+\.[0-9]\ + ]] || shown
        run -0 ward top -b -m -n 1 -d 10ms "/$ID"
        [[ ${lines[1]} == "/$ID "* && ${lines[2]} =~ ^/$ID/holds\ .*\ [4-9][0-9]\.[0-9]M ]] || shown
        run -0 ward top -b --order path -r -n 1 -d 10ms "/$ID"
        [[ ${lines[2]} == "/$ID/busy "* && ${lines[3]} =~ ^/$ID/holds\ +1\ .*\ [5-9][0-9]{7}\  && ${lines[4]} == "/$ID/none "* ]] || shown
        run -0 ward top -m -t -n 1 -d 10ms "/$ID"
        [[ ${lines[4]} == "/$ID/none "* ]] || shown
}

@test "limits, and what reaching them did: held back, killed" {
        groups_make slow small
        set_figure slow cpu cpu.cfs_quota_us cpu.max 10000
        set_figure small memory memory.limit_in_bytes memory.max 20971520
        set_figure small memory memory.memsw.limit_in_bytes memory.swap.max 20971520 || true
        set_figure small pids pids.max pids.max 7
        in_group slow "${burning[@]}" &
        wait_until 10 eval '(($(figure slow cpu cpu.stat cpu.stat | awk "/^nr_throttled/ { print \$2 }") > 0))'
        (in_group small "${holding[@]}" 100000000) || true
        # The kernel counts held back time when that ends, which a busy machine may leave for later.
        wait_until 10 eval 'output=$(rounds) && [[ $(of slow "(.throttled_percent > 0) and (.throttled_periods > 0)") == true ]]'
        [[ $(of slow .cpu_limit_percent) == 10 ]] || shown
        [[ $(of small .memory_limit_bytes) == 20971520 && $(of small .tasks_limit) == 7 && $(of small .oom_kills) == 1 ]] || shown
        [[ $(of slow 'has("memory_limit_bytes") or has("tasks_limit")') == false ]] || shown
        run -0 ward top --columns cpu-limit,throttled,oom -n 1 -d 10ms "/$ID"
        [[ ${lines[0]} =~ ^CONTROL\ GROUP\ +%CPU-MAX\ +%THROTTLED\ +OOM\ +NAME$ ]] || shown
        [[ $output =~ /$ID/slow\ +10\.0\ +[0-9.]+\ +0 && $output =~ /$ID/small\ +-\ +0\.0\ +1 ]] || shown
}

@test "processes in place of threads: of the groups below, too, or of each alone" {
        groups_make outer/inner
        in_group outer/inner sh -c 'sleep 100 & sleep 100 & sleep 100' &
        wait_until 10 eval '(($(figure outer/inner pids pids.current pids.current) == 4))'
        run -0 rounds -k
        [[ $(of outer .tasks) == 4 && $(of outer/inner .tasks) == 4 && $(of "" .tasks) == 4 ]] || shown
        run -0 rounds -P --recursive=no
        [[ $(of outer .tasks) == 0 && $(of outer/inner .tasks) == 4 ]] || shown
        # What is too deep to be shown is counted.
        run -0 rounds -P --depth 0
        [[ $(of "" .tasks) == 4 && $(of outer .tasks) == "" ]] || shown
        run -0 rounds --depth 1
        [[ $(of outer .tasks) == 4 && $(of outer/inner .tasks) == "" ]] || shown
        # Threads of the kernel are no user's processes. Others come and go meanwhile.
        wait_until 20 without_kernel
}

without_kernel() {
        local all user threads
        threads=$(pgrep -c -P 2)
        all=$(ward top -k -1 -d 10ms --format json --depth 0 | jq '.groups[0].tasks')
        user=$(ward top -P -1 -d 10ms --format json --depth 0 | jq '.groups[0].tasks')
        ((threads > 10 && user > 0 && all - user > threads / 2 && all - user < threads * 3 / 2))
}

# ---- names ---------------------------------------------------------------------------------------------------------------------------------

@test "groups have the names that people know; a name does not speak to the terminal" {
        local id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        groups_make "docker-$id.scope" user.slice/user-1000.slice/session-3.scope 'system.slice/a\x2db.service' $'\e[31mred' $'b\xff'
        run -0 ward top -n 1 -d 10ms "/$ID"
        [[ $output =~ /$ID/docker-$id.scope\ .*\ \ docker\ 0123456789ab ]] || shown
        [[ $output =~ session-3.scope\ .*\ \ session\ 3\ of\ user\ 1000 && $output =~ \ \ service\ a-b ]] || shown
        expect_in_output "/$ID/?[31mred " "/$ID/b? "
        expect_not_in_output $'\e'
        run -0 rounds
        [[ $(of $'\e[31mred' .name) == "?[31mred" && $(of 'b?' .kind) == group ]] || shown
}

@test "a container of ward's has its name, by which it can be asked for, too" {
        needs_machine_root "a group of its own"
        ROOT=$WORK/root
        rootfs "$ROOT"
        fails_with 1 "container '$ID' has no control group|no hierarchy has a control group '/$ID'" ward top -n 1 "$ID"
        background "$ROOT" sleep 100
        run -0 ward top -n 1 -d 10ms "$ID"
        [[ ${lines[1]} =~ ^/$ID\ +1\ .*\ \ ward\ $ID$ && ${#lines[@]} == 2 ]] || shown
        run -0 ward top -n 1 -d 10ms --format json
        [[ $(of "" '.kind + " " + .name') == "ward $ID" ]] || shown
}

# ---- rounds --------------------------------------------------------------------------------------------------------------------------------

@test "as many rounds as asked for, each a line of JSON; groups come and go between them" {
        groups_make stays
        run -0 rounds -n 3 -d 10ms
        ((${#lines[@]} == 3)) || shown
        jq -es 'length == 3 and all(.version == 1)' <<<"$output"
        run -0 rounds -1
        ((${#lines[@]} == 1)) || shown
        run -0 ward top -b -n 2 -d 0.01 "/$ID"
        [[ $(grep -c '^CONTROL GROUP' <<<"$output") == 2 ]] || shown

        become_ward top -b -n 0 -d 100ms --format json "/$ID" >rounds 2>said 3>&- &
        local top=$!
        wait_until 10 grep -q . rounds
        groups_make comes/below
        wait_until 10 eval 'tail -n 2 rounds | grep -q "/$ID/comes/below\""'
        find /sys/fs/cgroup -depth -path "*/$ID/comes*" -type d -exec rmdir {} +
        wait_until 10 eval 'tail -n 1 rounds | jq -e --arg path "/$ID" ".groups | map(.path) | sort == [\$path, \$path + \"/stays\"]" >/dev/null'
        groups_remove
        local status=0
        wait "$top" || status=$?
        [[ $status == 1 && $(<said) == *"the control group '/$ID' has gone"* ]] || { cat said; return 1; }
}

@test "groups that vanish while they are read, and come again, harm nobody" {
        groups_make stays
        local dir
        dir=$(hierarchies | head -n 1)
        (while :; do mkdir -p "$dir/$ID/a/b"; rmdir "$dir/$ID/a/b" "$dir/$ID/a"; done) 2>/dev/null 3>&- &
        local churn=$!
        run -0 rounds -n 100 -d 2ms
        kill "$churn"
        wait "$churn" || true
        rmdir "$dir/$ID/a/b" "$dir/$ID/a" 2>/dev/null || true
        ((${#lines[@]} == 100)) || shown
        jq -es --arg path "/$ID/stays" 'all(.groups | any(.path == $path))' <<<"$output" >/dev/null
}

@test "few descriptors and no watches: the same groups, limits and figures" {
        groups_make one two
        set_figure one pids pids.max pids.max 5
        run -0 bash -c 'ulimit -n 32; exec "$@"' bash "$WARD_BUILD/bin/ward" --root "$WORK/state" top --format json -d 10ms "/$ID"
        [[ $(of one .tasks_limit) == 5 && $(of two .tasks) == 0 && $(of two '.cpu_nsec >= 0') == true ]] || shown
        # In a user namespace that may have none.
        unshare -r sh -c 'echo 0 >/proc/sys/user/max_inotify_instances && "$@"' sh "$WARD_BUILD/bin/ward" --root "$WORK/state" \
                top -b -n 0 -d 100ms --format json "/$ID" >rounds 3>&- &
        local top=$!
        wait_until 10 grep -q . rounds
        groups_make three
        set_figure one pids pids.max pids.max 6
        wait_until 10 eval 'output=$(tail -n 2 rounds | head -n 1); [[ $(of three .tasks) == 0 && $(of one .tasks_limit) == 6 ]]'
        pkill -KILL -P "$top" || true
        wait "$top" || true
}

@test "an ordinary user sees the groups, and his own containers' names" {
        home_setup
        groups_make one
        run -0 as_user top -n 1 -d 10ms "/$ID"
        [[ $output =~ /$ID/one\ +0\ +[0-9.]+\ + ]] || shown
        cd "$WORK"
        rm -rf "$HERE"
}

# ---- the screen ----------------------------------------------------------------------------------------------------------------------------

# A key, and everything drawn again, so that whole words come.
screen() { # STEPS ARGUMENTS...
        local steps=$1
        shift
        [[ -x $WARD_LIBEXEC/top ]] || unable "needs a build with ncurses"
        TERM=${TERM_TYPE-xterm-256color} run "$TERMINAL" "$steps" "$WARD_BUILD/bin/ward" --root "$WORK/state" top -d 200ms "$@"
}

@test "the screen: keys change the order and what is shown, a new size is followed, q gives the terminal back" {
        groups_make deep/down
        screen "wait:groups by cpu,key:6d0c,wait:groups by memory,key:700c,wait:groups by path,key:730c,wait:groups by pressure,key:66,key:0c,wait:/$ID/deep/down,key:68,wait:this text,key:680c,size:30x150,wait:WRITE/S,key:2b,again:0c every 450ms,key:6b,again:0c tasks are processes,key:72,again:0c of the group alone,key:71" "/$ID"
        expect_status 0
        # The second screen of xterm, the cursor, and colours, which come at last.
        [[ $output == *$'\e[?1049h'*$'\e[?1049l'* && $output =~ $'\e['[0-9\;]*3[0-9] ]] || shown
}

@test "the screen in few colours, in few lines, and with an end" {
        groups_make deep/down
        export NO_COLOR=1
        screen 'wait:groups by cpu,size:3x20,key:0c,size:24x80,wait:q quit,key:71' "/$ID"
        expect_status 0
        [[ ! $output =~ $'\e['([0-9]+\;)*3[0-7]m ]] || shown
        unset NO_COLOR
        screen '' -n 2 "/$ID"
        expect_status 0
        expect_in_output "groups by cpu"
}

# The terminal before and after, and what ended with which status.
between='trap : INT; stty -g >stty.before; "$@"; echo "status $?"; stty -g >stty.after; cmp stty.before stty.after && echo same'

shown_until_killed() { # helper|ward
        local ward pid
        wait_until 20 pgrep -f "^$WARD_BUILD/bin/ward .* top -d 200ms /$ID\$" >/dev/null
        # The oldest: the one that starts the helper is called the same until it has executed it.
        ward=$(pgrep -o -f "^$WARD_BUILD/bin/ward .* top -d 200ms /$ID\$")
        wait_until 20 pgrep -P "$ward" >/dev/null
        pid=$(pgrep -P "$ward")
        # It has drawn when it waits for a key.
        wait_until 20 grep -q 'sigmask\|poll' "/proc/$pid/wchan"
        [[ $1 == ward ]] && pid=$ward
        kill -TERM "$pid"
}

@test "however it ends, the terminal is as it was" {
        [[ -x $WARD_LIBEXEC/top ]] || unable "needs a build with ncurses"
        groups_make one
        local end top=("$WARD_BUILD/bin/ward" --root "$WORK/state" top -d 200ms "/$ID")
        for end in 71 03; do
                TERM=xterm run -0 "$TERMINAL" "wait:groups by cpu,key:$end,wait:same" sh -c "$between" sh "${top[@]}"
                [[ $output == *$'\e[?1049l'*"status 0"*same* ]] || shown
        done
        for end in helper ward; do
                shown_until_killed "$end" 3>&- &
                TERM=xterm run -0 "$TERMINAL" "wait:groups by cpu,wait:same" sh -c "$between" sh "${top[@]}"
                [[ $output == *$'\e[?1049l'*same* ]] || shown
                wait "$!"
        done
}

@test "a terminal that can't be drawn on, and a missing helper, are said" {
        needs_program python3
        local top=("$WARD_BUILD/bin/ward" --root "$WORK/state" top)
        fails_with 1 "TERM is not set.*top --batch" env -u TERM "$TERMINAL" '' "${top[@]}"
        fails_with 1 "TERM is 'dumb'.*top --batch" env TERM=dumb "$TERMINAL" '' "${top[@]}"
        fails_with 1 "execute the helper '/nowhere/top'.*ncurses" env TERM=xterm WARD_LIBEXEC=/nowhere "$TERMINAL" '' "${top[@]}"
        [[ -x $WARD_LIBEXEC/top ]] || unable "needs a build with ncurses"
        fails_with 1 "'nosuch' \(TERM\) is not known.*top --batch" env TERM=nosuch "$TERMINAL" '' "${top[@]}"
        run -1 "$WARD_LIBEXEC/top"
        expect_in_output "ward top"
        # Without a terminal nothing of that matters, and one round is printed; with -b a terminal does not either.
        run -0 env -u TERM "${top[@]}" -d 10ms
        expect_in_output "CONTROL GROUP"
        run -0 env -u TERM "$TERMINAL" '' "${top[@]}" -b -n 1 -d 10ms
        expect_in_output "CONTROL GROUP"
}

# ---- mistakes ------------------------------------------------------------------------------------------------------------------------------

@test "what can't be meant is refused" {
        fails_with 1 "option '-d': '0' is no time.*E105.*500ms" ward top -d 0
        fails_with 1 "'1x' is no time" ward top --delay 1x
        fails_with 1 "'99999min' is no time" ward top --delay 99999min
        fails_with 1 "'-1' is not a whole number" ward top -n -1
        fails_with 1 "there is no column 'memroy'.*E104.*'memory'" ward top --columns cpu,memroy
        fails_with 1 "'-P' and '-k'.*E109" ward top -P -k
        fails_with 1 "'-1' and '--iterations'.*E109" ward top -1 -n 3
        fails_with 1 "'memmory' is not one of: cpu.path.*'memory'" ward top --order memmory
        fails_with 1 "it takes no value" ward top --by-cpu=yes
        fails_with 1 "no hierarchy has a control group '/no/such/$ID'" ward top "/no/such/$ID"
        fails_with 1 "has the component '..'" ward top ../x
        fails_with 1 "one word too many" ward top a b
}
