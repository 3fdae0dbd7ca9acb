#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward sandbox: a program of this machine in a box, for an ordinary user and for root.
# shellcheck disable=SC2154,SC2016,SC2314

load helpers/common

USER_ID=12348

setup() {
        home_setup
        needs_host
        mkdir -p work .ssh
        echo key >.ssh/id
        echo mine >work/mine
        chown -R "$USER_ID:$USER_ID" work .ssh
        cd work || return 1
}

teardown() { cd / && home_teardown; }

inside() { as_user sandbox "$@"; }

@test "the system is read-only, the home is hidden, the current directory is open" {
        run -0 inside sh -c 'pwd; cat mine; echo new >new; ls -A ~; ls ~/.ssh 2>&1; touch /usr/x 2>&1; touch /x 2>&1; echo z >/tmp/z; cat /tmp/z; id -u'
        expect_in_output "$HERE/work"$'\nmine\nwork'
        expect_in_output "cannot access '$HERE/.ssh'"
        expect_in_output "cannot touch '/usr/x': Read-only file system"
        expect_in_output "cannot touch '/x': Read-only file system"
        [[ ${lines[-2]} == z && ${lines[-1]} == "$USER_ID" ]] || shown
        [[ $(stat -c %u new) == "$USER_ID" && ! -e /tmp/z ]]
        # No name has to be UTF-8.
        mkdir $'caf\xe9'
        cd $'caf\xe9'
        echo text >$'\xe9'
        run -0 inside cat $'\xe9'
        expect_output text
}

@test "no capability, no network, no process of the machine, no descriptor and no secret of the caller" {
        run -0 env SECRET=of-mine "$HERE/ward" --root "$WORK/state" sandbox sh -c 'grep -E "^Cap(Prm|Bnd):" /proc/self/status | tr -d "\t\n"; echo; env | grep -c SECRET; cat /proc/net/dev | grep -c :; ls -d /proc/[0-9]* | wc -l; ls /proc/self/fd | tr "\n" " "' 7</dev/null
        [[ ${lines[0]} == CapPrm:0000000000000000CapBnd:0000000000000000 ]] || shown
        [[ ${lines[1]} == 0 && ${lines[2]} == 1 && ${lines[3]} -lt 8 && ${lines[4]} == "0 1 2 3 " ]] || shown
}

@test "--rw, --ro and --hide open and close" {
        mkdir "$HERE/out" "$HERE/in"
        echo in >"$HERE/in/in"
        chown "$USER_ID" "$HERE/out"
        run -0 inside --rw "$HERE/out" --ro "$HERE/in" --hide /etc/passwd sh -c "echo w >'$HERE/out/w'; cat '$HERE/in/in'; touch '$HERE/in/x' 2>&1; wc -c </etc/passwd"
        expect_in_output "in"
        expect_in_output "Read-only file system"
        [[ ${lines[-1]} == 0 && $(<"$HERE/out/w") == w ]]
        run -125 inside --ro /not-there true
        expect_in_output "option '--ro': open '/not-there'"
        run -125 inside --hide /not-there true
        expect_in_output "there is nothing to hide"
        run -125 inside --hide / true
        expect_in_output "--hide: '/' is the root itself"
}

@test "a current directory that is the home, or holds it, stays closed" {
        cd "$HERE"
        run -0 inside sh -c 'pwd; ls -A'
        expect_output "$HERE"
        cd /
        run -0 inside sh -c 'ls -A ~'
        expect_output ""
        cd "$HERE"
        run -0 inside --rw . ls -A .ssh
        expect_output id
}

@test "--net shares the machine's network" {
        run -0 inside --net readlink /proc/self/ns/net
        expect_output "$(readlink /proc/self/ns/net)"
        run -0 inside readlink /proc/self/ns/net
        [[ $output != "$(readlink /proc/self/ns/net)" ]]
}

@test "what is not there is said: --display, --gpu" {
        run -125 env -u DISPLAY -u WAYLAND_DISPLAY "$HERE/ward" --root "$WORK/state" sandbox --display true
        expect_in_output "option '--display': there is no display"
        [[ -e /dev/dri || -e /dev/nvidia0 || -e /dev/kfd ]] || { run -125 inside --gpu true; expect_in_output "option '--gpu': there is none"; }
}

@test "--display opens the sockets that it names" {
        mkdir -p "$HERE/run"
        python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$HERE/run/wayland-7"
        chown -R "$USER_ID" "$HERE/run"
        run -0 plain_user env HOME="$HERE" XDG_RUNTIME_DIR="$HERE/run" WAYLAND_DISPLAY=wayland-7 "$HERE/ward" --root "$HERE/state" sandbox --display sh -c 'test -S "$XDG_RUNTIME_DIR/$WAYLAND_DISPLAY" && echo "$WAYLAND_DISPLAY"'
        expect_output wayland-7
}

@test "--verify says what it proved, as a user and as root" {
        run -0 inside --verify true
        expect_output "ward: verified: no capability but those it was given, no descriptor of the caller's, /usr read-only, the home hidden, no network, no process outside, the filter in force"
        run -0 ward sandbox --verify --net true
        [[ $output == "ward: verified: "* && $output != *"no network"* ]] || shown
}

@test "--verify: a wall that is open ends the start, with a status of its own" {
        # A filter that lets everything through is none.
        echo '{"defaultAction":"SCMP_ACT_ALLOW"}' >"$WORK/all.json"
        run -123 ward sandbox --verify --seccomp "$WORK/all.json" echo ran
        expect_in_output "--verify: a forbidden system call (add_key) is let through"
        [[ $output != *ran* ]]
}

@test "-v says which walls stand; --require that they must, with a status of its own" {
        LC_ALL=C run -0 inside -v true
        [[ $output == "ward: namespaces user,cgroup,ipc,uts,net,pid,mnt; "*"; caps 0; seccomp default; "* ]] || shown
        export LC_ALL=C.UTF-8
        run -0 inside -v true
        [[ $output == "ward: namespaces user,cgroup,ipc,uts,net,pid,mnt · "*" · caps 0 · seccomp default · "* ]] || shown
        run -0 inside --require namespaces,caps,seccomp,no-new-privileges true
        expect_output ""
        NO_COLOR=1 run -0 "$TERMINAL" '' "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox true
        expect_in_output "ward: namespaces user,cgroup,ipc,uts,net,pid,mnt · "
        NO_COLOR=1 run -0 "$TERMINAL" '' "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox --strength=false true
        expect_output ""
        run -123 inside --net --require namespaces true
        expect_in_output "option '--require': namespaces: net the machine's"
}

@test "where no namespace can be made Landlock and the filter are left, and it is said" {
        run -0 as_user sandbox --bwrap --dev-bind / / --unshare-user --disable-userns "$HERE/ward" --root "$HERE/state" sandbox --verify \
                sh -c 'ls ~ 2>&1; cat mine; echo w >new; cat /etc/hostname >/dev/null && echo system; touch /tmp/ward-test-$$ 2>&1; grep -c "Seccomp:.2" /proc/self/status'
        expect_in_output "no namespaces are to be had here: Landlock and the filter alone are in force"
        expect_in_output "cannot open directory '$HERE'"
        expect_in_output $'mine\nsystem'
        [[ $(<new) == w ]]
        run -123 as_user sandbox --bwrap --dev-bind / / --unshare-user --disable-userns "$HERE/ward" --root "$HERE/state" sandbox --require namespaces true
        expect_in_output "option '--require': namespaces"
        # What is opened there is not tried as hidden, and its programs are found.
        mkdir -p only/bin
        printf '#!/bin/sh\necho found' >only/bin/own-tool
        chmod -R a+rx only
        run -0 as_user sandbox --bwrap --dev-bind / / --unshare-user --disable-userns --setenv HOME "$PWD/only" --setenv PATH "$PWD/only/bin:$PATH" \
                "$HERE/ward" --root "$HERE/state" sandbox --verify --ro "$PWD/only/bin" own-tool
        expect_in_output found "ward: verified: "
}

@test "the options of ward run that make sense here: -e, -w, --timeout, --tmpfs, --cap-add" {
        run -0 inside -e A=b -w /usr --tmpfs /mnt sh -c 'echo "$A"; pwd; echo x >/mnt/x; cat /mnt/x'
        expect_output $'b\n/usr\nx'
        run -124 inside --timeout 300ms sleep 10
        run -0 inside --cap-add NET_RAW sh -c 'grep CapBnd /proc/self/status'
        [[ $output == *2000 ]] || shown
}

@test "programs run: an interpreter, a compiler, version control" {
        needs_program gcc
        run -3 inside sh -c 'echo "int main(void){return 3;}" >a.c && gcc -o a a.c && ./a'
        run -0 inside python3 -c 'import os, tempfile; print(os.getuid(), len(tempfile.mkdtemp()) > 0)'
        expect_output "$USER_ID True"
}

@test "it is listed while it runs, and nothing is left" {
        become_ward sandbox --name "$ID" sleep 100 3>&- &
        local pid=$!
        wait_until 10 runs "$ID"
        ward kill -s KILL "$ID"
        wait "$pid" || true
        run -0 ward ps -aq
        expect_output ""
}

@test "--dry-run shows it, and does nothing" {
        run -0 inside --dry-run true
        expect_in_output "bind '/usr' on '/usr', read-only"
        run -0 as_user ps -aq
        expect_output ""
}
