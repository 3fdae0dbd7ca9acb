#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward sandbox --bwrap: bubblewrap's command line, as root and as an ordinary user. Its own test suite is run by ./dev conformance.
# shellcheck disable=SC2154,SC2016,SC2314

load helpers/common

USER_ID=12347

setup() {
        home_setup
        needs_host
        chown "$USER_ID:$USER_ID" "$HERE"
        ln -s "$HERE/ward" "$HERE/bwrap"
}

teardown() { home_teardown; }

# as_both FUNCTION: once with root's bwrap and once with the user's, as `box`.
as_both() {
        box() { "$HERE/bwrap" "$@"; }
        "$1"
        box() { plain_user env HOME="$HERE" "$HERE/bwrap" "$@"; }
        "$1"
}

SYSTEM=(--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev)

fills() {
        mkdir -p "$HERE/own"
        chmod 777 "$HERE/own"
        run -0 box "${SYSTEM[@]}" --ro-bind "$HERE/own" /own --tmpfs /tmp --dir /a/b --chmod 0711 /a --unshare-all sh -c 'echo $(ls /); stat -c %a /a /a/b; touch /own/x 2>&1; echo y >/tmp/y; cat /tmp/y'
        expect_in_output "a bin dev lib lib64 own proc tmp usr"
        expect_in_output $'711\n755'
        expect_in_output "Read-only file system"
        [[ ${lines[-1]} == y ]]
}

@test "a root is filled with what is named, in the order in which it is" { as_both fills; }

flatpak() {
        printf '%s\0' "${SYSTEM[@]}" --unshare-all --share-net --die-with-parent --new-session --setenv FROM args >"$WORK/args"
        echo "[Application]" >"$WORK/info"
        chmod -R a+rX "$WORK" 2>/dev/null || true
        run -7 box --args 11 --ro-bind-data 12 /.flatpak-info --file 13 /etc/file --perms 0600 --bind-data 14 /etc/own --symlink ../run /var/run \
                --info-fd 15 --json-status-fd 16 --dir /run/user/1000 --tmpfs /run/user/1000 --remount-ro / \
                -- sh -c 'cat /.flatpak-info /etc/file /etc/own; echo "$FROM"; readlink /var/run; stat -c %a /etc/own; echo z 2>/dev/null >/z || echo read-only; for n in 11 12 13 14 15 16; do [ ! -e /proc/self/fd/$n ] || echo "$n is open"; done; exit 7' \
                11<"$WORK/args" 12<"$WORK/info" 13< <(echo file) 14< <(echo own) 15>"$HERE/told" 16>"$HERE/status"
        expect_output $'[Application]\nfile\nown\nargs\n../run\n600\nread-only'
        run -0 jq -s '.[0]["child-pid"] > 1 and .[0]["ipc-namespace"] > 1 and (.[0] | has("net-namespace") | not) and .[1]["exit-code"] == 7' "$HERE/status"
        expect_output true
        run -0 jq -e '.["child-pid"] > 1 and .["mnt-namespace"] > 1' "$HERE/told"
        rm -f "$HERE/told" "$HERE/status"
}

@test "a command line of Flatpak's: words, files and data from descriptors, what is told on others, no descriptor too many" { as_both flatpak; }

waits() {
        mkfifo "$HERE/gate"
        chmod 666 "$HERE/gate"
        box --bind / / --block-fd 11 sh -c "echo begun >'$HERE/begun'" 11<>"$HERE/gate" 3>&- &
        local pid=$!
        sleep 0.3
        [[ ! -e $HERE/begun ]] || { echo "it did not wait"; return 1; }
        echo >"$HERE/gate"
        wait "$pid"
        [[ $(<"$HERE/begun") == begun ]]
        rm "$HERE/gate" "$HERE/begun"
}

@test "--block-fd: the program waits" { as_both waits; }

dies() {
        local pid
        bash -c '"$@" & echo $! >"'"$HERE"'/pid"; wait' - "${BOX[@]}" --bind / / --proc /proc --unshare-pid --die-with-parent sleep 317 3>&- &
        local parent=$!
        wait_until 10 pgrep -fx 'sleep 317' >/dev/null
        kill -9 "$parent"
        wait "$parent" 2>/dev/null || true
        wait_until 10 eval '! pgrep -f "sleep 317\$"' >/dev/null
}

@test "--die-with-parent: nothing outlives who started it" {
        BOX=("$HERE/bwrap")
        dies
}

@test "--seccomp and --add-seccomp-fd: compiled filters are in force, and for the first process, too" {
        [[ $(uname -m) == x86_64 ]] || unable "the filter is x86-64's"
        python3 -c '
import struct, sys
sys.stdout.buffer.write(b"".join(struct.pack("HBBI", *i) for i in [(0x20, 0, 0, 0), (0x15, 0, 1, 110), (0x06, 0, 0, 0x00050019), (0x06, 0, 0, 0x7fff0000)]))' >"$WORK/filter"
        for how in "--seccomp 11" "--add-seccomp-fd 11 --add-seccomp-fd 12"; do
                # shellcheck disable=SC2086
                run -0 "$HERE/bwrap" --bind / / --proc /proc --unshare-pid $how /usr/bin/python3 -c 'import os
print(os.getppid())
print(open("/proc/1/status").read().split("Seccomp_filters:")[1].split()[0])' 11<"$WORK/filter" 12<"$WORK/filter"
                [[ ${lines[0]} == -25 ]] || shown # getppid(2) can't fail: libc passes on what the filter answers
                [[ ${lines[1]} == $(($(wc -w <<<"$how") / 2)) ]] || shown
        done
        run -1 "$HERE/bwrap" --bind / / --seccomp 11 true 11< <(echo nonsense)
        expect_in_output "bwrap: Invalid seccomp data"
}

@test "--seccomp: a filter that answers what the first process waits by ends the sandbox" {
        local answer
        [[ $(uname -m) == x86_64 ]] || unable "the filter is x86-64's"
        for answer in 00050001 00050000; do
                python3 -c '
import struct, sys
sys.stdout.buffer.write(b"".join(struct.pack("HBBI", *i) for i in [(0x20, 0, 0, 0), (0x15, 0, 1, 61), (0x06, 0, 0, int(sys.argv[1], 16)), (0x06, 0, 0, 0x7fff0000)]))' \
                        "$answer" >"$WORK/filter"
                run -1 timeout -s KILL 60 "$HERE/bwrap" --bind / / --unshare-pid --seccomp 11 sleep 1 11<"$WORK/filter"
                expect_in_output "bwrap: wait for the program in the sandbox's first process" "it must let wait4(2) be made"
        done
}

@test "what the caller ignores the program ignores, too" {
        box() { (trap "" PIPE USR1; exec "$HERE/bwrap" "$@"); }
        run -0 box --bind / / --unshare-pid --proc /proc sed -n 's/^SigIgn:\t0*//p' /proc/self/status
        (((16#$output & 0x1200) == 0x1200)) || shown
}

identity() {
        run -0 box "${SYSTEM[@]}" --unshare-all --uid 1000 --gid 100 --hostname box --chdir / --clearenv --setenv A b \
                sh -c 'id -u; id -g; hostname; pwd; env | sort; grep -E "^(Cap...|NoNewPrivs):" /proc/self/status | tr -d "\t\n"'
        expect_output $'1000\n100\nbox\n/\nA=b\nPWD=/\nCapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000CapAmb:0000000000000000NoNewPrivs:1'
}

@test "ids, names, the directory and the environment are what was asked for, and there is no capability" {
        as_user=1
        box() { plain_user env HOME="$HERE" "$HERE/bwrap" "$@"; }
        identity
}

# However late the first process gets to it.
@test "/proc/1 shows nothing of the caller's environment, and has the program's filter and no capability, before the program runs" {
        needs_program strace
        SECRET=of-the-caller run -0 --separate-stderr traced strace -f -o /dev/null -e trace=capset,seccomp -e inject=capset,seccomp:delay_enter=200000 \
                "$HERE/bwrap" --bind / / --proc /proc --unshare-pid --unsetenv SECRET --seccomp 11 \
                sh -c 'tr "\0" "\n" </proc/1/environ; grep -E "^(CapEff|Seccomp):" /proc/1/status' 11< <(printf '\006\0\0\0\0\0\377\177')
        [[ $output != *of-the-caller* ]] || shown
        expect_in_output "0000000000000000" $'Seccomp:\t2'
}

overlays() {
        mkdir -p "$HERE/low" "$HERE/up" "$HERE/work"
        echo low >"$HERE/low/a"
        chown -R "$USER_ID" "$HERE/low" "$HERE/up" "$HERE/work"
        run -0 box --bind / / --overlay-src "$HERE/low" --tmp-overlay /mnt sh -c 'cat /mnt/a; echo new >/mnt/a; cat /mnt/a'
        expect_output $'low\nnew'
        [[ $(<"$HERE/low/a") == low ]]
        run -0 box --bind / / --overlay-src "$HERE/low" --overlay "$HERE/up" "$HERE/work" /mnt sh -c 'echo kept >/mnt/a'
        [[ $(<"$HERE/low/a") == low && $(<"$HERE/up/a") == kept ]]
        rm -rf "$HERE/low" "$HERE/up" "$HERE/work"
}

@test "overlays: changes are lost, or kept where it was said" {
        box() { "$HERE/bwrap" "$@"; }
        overlays
}

@test "user namespaces: none can be made inside when that was asked for, and it is proved" {
        run -0 "$HERE/bwrap" --bind / / --unshare-user --disable-userns sh -c '! unshare -U true'
        run -1 "$HERE/bwrap" --bind / / --assert-userns-disabled true
        expect_in_output "bwrap: "
}

@test "--pidns with --unshare-pid: a new pid namespace in the one that was joined" {
        local child outer with
        unshare --pid --fork --kill-child --mount-proc sleep 100 3>&- &
        outer=$!
        made() { child=$(tr -d ' ' <"/proc/$outer/task/$outer/children") && [[ -n $child && $(<"/proc/$child/comm") == sleep ]]; }
        wait_until 10 made
        for with in --unshare-pid "--unshare-pid --unshare-user --uid 7"; do
                # shellcheck disable=SC2086
                run -5 "$HERE/bwrap" --ro-bind / / --dev /dev --proc /proc --pidns 8 $with --json-status-fd 9 sh -c 'echo "$$ $(id -u)"; grep NSpid /proc/self/status | wc -w; readlink /proc/self/ns/pid; exit 5' \
                        8<"/proc/$child/ns/pid" 9>"$HERE/status"
                [[ ${lines[0]} == "2 $([[ $with == *user* ]] && echo 7 || id -u)" && ${lines[1]} == 2 ]] || shown
                [[ ${lines[2]} != "$(readlink "/proc/$child/ns/pid")" && ${lines[2]} != "$(readlink /proc/self/ns/pid)" ]] || shown
                [[ $(jq -s '.[0]["pid-namespace"]' "$HERE/status") == "$(tr -dc 0-9 <<<"${lines[2]}")" ]]
        done
        kill -KILL "$child"
        wait "$outer" || true
}

@test "mistakes begin as bubblewrap's, under its name" {
        run -1 "$HERE/bwrap" --bind /source-enoent /x true
        expect_in_output "bwrap: Can't find source path /source-enoent: No such file or directory"
        run -1 "$HERE/bwrap" --symlink a /l --bind /usr /l true
        expect_in_output "bwrap: Can't mount on symlink destination"
        run -1 "$HERE/bwrap" --ro-bind / / --tmpfs /tmp --symlink a /tmp/l --symlink b /tmp/l true
        expect_in_output "bwrap: Can't make symlink at /tmp/l: existing destination is a"
        run -1 "$HERE/bwrap" --ro-bond / / true
        expect_in_output "bwrap: Unknown option --ro-bond"
        expect_in_output "did you mean '--ro-bind'?"
        run -1 "$HERE/bwrap" --file 77 /x true
        expect_in_output "Invalid fd: 77"
        run -1 ward sandbox --bwrap --perms 0888 --dir /x true
        expect_in_output "bwrap: --perms takes an octal argument"
        # A size in the forms of strtoull(3) with base 0.
        for size in 8192 020000 0x2000 0X2000; do
                run -0 ward sandbox --bwrap --ro-bind / / --size "$size" --tmpfs /tmp sh -c 'echo $(($(stat -f -c "%b * %S" /tmp)))'
                expect_output 8192
        done
        for size in 0 00 0x 08 0xg 12k "" 0x10000000000000000 02000000000000000000000; do
                run -1 ward sandbox --bwrap --ro-bind / / --size "$size" --tmpfs /tmp true
                expect_in_output "--size takes a non-zero number of bytes"
        done
        run -0 ward sandbox --bwrap --version
        [[ $output == bubblewrap\ * ]]
}

@test "nothing is left: no state, and no name" {
        run -0 ward sandbox --bwrap --bind / / true
        run -0 ward ps -aq
        expect_output ""
}
