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
        fails_with 125 "option '--ro': the path is empty" inside --ro "" true
        fails_with 125 "option '--hide': the path is empty" inside --hide "" true
        run -125 inside --hide / true
        expect_in_output "--hide: '/' is the root itself"
}

@test "a current directory that is the home, or holds it, stays closed" {
        cd "$HERE"
        run -0 --separate-stderr inside sh -c 'pwd; ls -A'
        expect_output "$HERE"
        [[ $stderr == "ward: the current directory '$HERE' is not opened: it is your home, or holds it"$'\n'*"open it with --rw ." ]] || { echo "$stderr"; return 1; }
        cd /
        run -0 --separate-stderr inside sh -c 'ls -A ~'
        expect_output ""
        cd "$HERE"
        run -0 inside --rw . ls -A .ssh
        expect_output id
}

# sees HOME: a sandbox that is started in the home does not open it, whatever $HOME says, and proves it.
sees() {
        local how=(HOME="$1")
        [[ -n ${1:-} ]] || how=(-u HOME)
        run --separate-stderr plain_user env -u XDG_RUNTIME_DIR "${how[@]}" "$HERE/ward" --root "$HERE/state" sandbox --verify \
                sh -c "cat '$HERE/.ssh/id' .ssh/id; touch '$HERE/left' left" 2>&1
        [[ $output != *key* && ! -e $HERE/left && $stderr == *"is your home, or holds it"*"the home hidden"* ]] ||
                { echo "HOME=$1: $stderr"; shown; }
}

@test "the home is closed, however HOME is spelled" {
        local name
        add_user
        usermod --home "$HERE" "$ADDED"
        chown "$USER_ID" "$HERE"
        ln -s "$HERE" "$WORK/link"
        chmod 755 "$WORK" "$BATS_RUN_TMPDIR"
        cd "$HERE"
        for name in "$HERE" "$WORK/link" "/$HERE" "${HERE%/*}/./${HERE##*/}" "$HERE/" "$HERE/work/.." "" / relative /not-there; do
                sees "$name" || return 1
        done
        # Another HOME than the machine's users have: both are closed.
        mkdir "$WORK/other"
        echo key >"$WORK/other/file"
        sees "$WORK/other" || return 1
        cd "$WORK"
        sees "$WORK/other"
}

@test "what is said of a directory holds in all that is opened around it, whatever comes first" {
        mkdir -p p/sub/deep q
        ln -s "$HERE/work/p" link
        chown -hR "$USER_ID:$USER_ID" .
        protects() { run inside "$@" sh -c 'touch p/sub/x link/sub/x; touch p/sub/deep/y; touch p/z && echo written' && [[ ! -e p/sub/x && $output == *written ]] || shown; }
        protects --rw p --ro p/sub || return 1
        protects --ro p/sub --rw p || return 1
        protects --rw . --ro p/sub || return 1
        protects --ro link/sub --rw ./p/. || return 1
        protects --rw link --ro p/sub --rw "$HERE/work" || return 1
        [[ ! -e p/sub/deep/y ]]
        run -0 inside --rw p/sub/deep --ro p/sub touch p/sub/deep/y
        [[ -e p/sub/deep/y ]]
        echo text >p/sub/secret
        run inside --rw link --hide p/sub sh -c 'cat link/sub/secret p/sub/secret 2>&1; ls -A p/sub'
        [[ $output != *text* && $output != *secret$'\n'secret ]] || shown
        run inside --hide link/sub --rw p sh -c 'cat p/sub/secret'
        [[ $output != *text* ]] || shown
        run -0 inside --tmpfs "$PWD/p/sub/" --ro p/sub cat p/sub/secret
        expect_output text
        # A name that is a link leads to what was opened.
        cd /usr
        run -0 --separate-stderr inside --ro "$HERE/work/link" cat "$HERE/work/link/sub/secret" "$HERE/work/p/sub/secret"
        expect_output $'text\ntext'
        run -125 --separate-stderr inside --rw "$HERE/work/p" --ro "$HERE/work/link" true
        [[ $stderr == *"'$HERE/work/link' is opened for writing, too"*E109* ]] || { echo "$stderr"; return 1; }
        cd "$HERE/work"
        # What is named is not opened by itself, too.
        run inside --ro . touch new
        [[ ! -e new && $output == *"Read-only file system"* ]] || shown
}

@test "one directory may be opened under any number of names" {
        local names=() i
        mkdir -p real links
        echo mine >real/file
        for i in {1..200}; do
                ln -s ../real "links/$i"
                names+=(--ro "links/$i")
        done
        cd links
        run -0 inside "${names[@]/#links/$PWD}" sh -c "cat '$PWD/1/file' '$PWD/200/file'; ls | wc -l"
        expect_output $'mine\nmine\n200'
}

@test "a current directory that is not opened is said" {
        local directory
        for directory in /tmp /var/tmp /run /var /etc /usr/bin /proc /sys /dev /; do
                cd "$directory"
                run -0 --separate-stderr inside pwd
                [[ $stderr == "ward: the current directory '$directory' is not opened: "* ]] || { echo "$stderr"; return 1; }
        done
        run -0 --separate-stderr inside -w /usr pwd
        [[ $output == /usr && -z $stderr ]] || { echo "$stderr"; return 1; }
        mkdir "$HERE/gone"
        cd "$HERE/gone"
        rmdir "$HERE/gone"
        run -0 --separate-stderr inside pwd
        [[ $output == "$HERE" && $stderr == "ward: the current directory is not opened: it can't be found"* ]] || { echo "$stderr"; return 1; }
        # Below them it is as good as any other, and what an option opens is where the program begins.
        directory=$(mktemp -d "/tmp/$ID.XXXXXX")
        chown "$USER_ID" "$directory"
        cd "$directory"
        run -0 --separate-stderr inside sh -c 'pwd; touch made'
        [[ $output == "$directory" && -z $stderr && -e made ]] || { echo "$stderr"; rm -r "$directory"; return 1; }
        rm -r "$directory"
        directory=$(mktemp -d "/dev/shm/$ID.XXXXXX")
        chown "$USER_ID" "$directory"
        cd "$directory"
        run -0 --separate-stderr inside --rw . sh -c 'pwd; touch made'
        [[ $output == "$directory" && -z $stderr && -e made ]] || { echo "$stderr"; rm -r "$directory"; return 1; }
        rm -r "$directory"
}

@test "--net shares the machine's network" {
        run -0 inside --net readlink /proc/self/ns/net
        expect_output "$(readlink /proc/self/ns/net)"
        run -0 inside readlink /proc/self/ns/net
        [[ $output != "$(readlink /proc/self/ns/net)" ]]
}

@test "--net: no abstract socket of the machine can be reached" {
        (($("$WARD_BUILD/bin/ward" doctor | sed -n 's/.*landlock .*abi \([0-9]*\).*/\1/p') >= 6)) || unable "this kernel's Landlock knows no scopes"
        python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("\0" + sys.argv[1]); s.listen(); print("listening", flush=True); time.sleep(60)' "$ID" >"$WORK/listening" 3>&- &
        local listener=$! text="import socket; print(socket.socket(socket.AF_UNIX).connect_ex('\\0$ID'))"
        wait_until 20 grep -q listening "$WORK/listening"
        run -0 python3 -c "$text"
        expect_output 0
        run -0 inside --net python3 -c "$text"
        kill "$listener"
        expect_output 1
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
        # Landlock can't take back what it gave: it is refused, and not passed over.
        mkdir sub
        run -125 as_user sandbox --bwrap --dev-bind / / --unshare-user --disable-userns "$HERE/ward" --root "$HERE/state" sandbox --ro sub touch sub/x
        expect_in_output "option '--ro': '$PWD/sub' lies in '$PWD', which is opened for writing"
        [[ ! -e sub/x ]]
        run as_user sandbox --bwrap --dev-bind / / --unshare-user --disable-userns "$HERE/ward" --root "$HERE/state" sandbox --ro . touch x
        [[ ! -e x ]] || shown
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
