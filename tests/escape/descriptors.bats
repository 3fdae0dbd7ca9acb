#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V7: what the caller left open leads to the host.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# Eight descriptors of the host's root, as a careless caller leaves them behind.
leaking() { "$@" 3</ 4</ 5</ 6</ 7</ 8</ 9</ 10</; }

@test "V7: a working directory by an inherited descriptor" {
        local n
        make_bundle cat ".$CANARY/marker" "..$CANARY/marker" "../../../../../../../..$CANARY/marker"
        cp "$BUNDLE/config.json" "$WORK/config"
        for n in {3..24}; do
                ln -s "/proc/self/fd/$n" "$BUNDLE/rootfs/cwd$n"
                for cwd in "/proc/self/fd/$n" "/cwd$n" "/proc/self/fd/$n/usr" "/proc/self/../self/fd/$n"; do
                        sed "s|\"cwd\": *\"[^\"]*\"|\"cwd\": \"$cwd\"|" "$WORK/config" >"$BUNDLE/config.json"
                        run leaking oci run -b "$BUNDLE" "$ID"
                        [[ $status -eq 1 && $output != *"host marker"* ]] || { echo "cwd $cwd"; shown; }
                done
        done
}

# In the pid namespace of the caller /proc/self is the joining process all the time.
@test "V7: exec in a working directory by an inherited descriptor" {
        local n change
        for change in . 'del(.linux.namespaces[] | select(.type == "pid"))'; do
                make_bundle sleep 100
                edit "$change"
                for n in {3..24}; do
                        ln -s "/proc/self/fd/$n" "$BUNDLE/rootfs/cwd$n"
                done
                leaking oci run -d -b "$BUNDLE" "$ID"
                for n in {3..24}; do
                        for cwd in "/proc/self/fd/$n" "/cwd$n"; do
                                run leaking oci exec --cwd "$cwd" "$ID" cat ".$CANARY/marker" "..$CANARY/marker"
                                [[ $status -ne 0 && $output != *"host marker"* ]] || { echo "cwd $cwd"; shown; }
                        done
                done
                oci delete --force "$ID"
        done
}

# What is marked close-on-exec is still open while execve(2) looks for the interpreter of a script.
@test "V7: a program, or a script's interpreter, by an inherited descriptor" {
        local n
        cp "$ATTACKERS/probe" "$CANARY/probe"
        audit_begin
        make_bundle sleep 100
        for n in {3..40}; do
                printf '#!/proc/self/fd/%d%s user\n' "$n" "$CANARY/probe" >"$BUNDLE/rootfs/script$n"
                printf '#!/proc/self/fd/%d/../../../../../../../..%s user\n' "$n" "$CANARY/probe" >"$BUNDLE/rootfs/up$n"
                chmod 755 "$BUNDLE"/rootfs/{script,up}"$n"
        done
        leaking oci run -d -b "$BUNDLE" "$ID"
        for n in {3..40}; do
                run leaking oci exec "$ID" "/script$n"
                [[ $status -ne 0 && $output != "0 0" ]] || { echo "descriptor $n"; shown; }
                run leaking oci exec "$ID" "/up$n"
                [[ $status -ne 0 && $output != "0 0" ]] || { echo "above descriptor $n"; shown; }
        done
        oci delete --force "$ID"
        edit '.process.args = ["@program@"]'
        cp "$BUNDLE/config.json" "$WORK/config"
        for n in {3..40}; do
                for program in "/script$n" "/up$n" "/proc/self/fd/$n$CANARY/probe"; do
                        sed "s|@program@|$program|" "$WORK/config" >"$BUNDLE/config.json"
                        run leaking oci run -b "$BUNDLE" "$ID"
                        [[ $status -ne 0 && $output != "0 0" ]] || { echo "descriptor $n"; shown; }
                done
        done
}

# One of the numbers that are passed on is the runtime's own, of the machine's procfs: by that, a process of the machine, and by that, its root.
@test "V7: a script's interpreter by a descriptor of the runtime's own" {
        local n
        cp "$ATTACKERS/probe" "$CANARY/probe"
        audit_begin
        make_bundle @program@
        grant CAP_SYS_PTRACE
        for n in {3..40}; do
                printf '#!/proc/self/fd/%d/%d/root%s user\n' "$n" $$ "$CANARY/probe" >"$BUNDLE/rootfs/script$n"
                chmod 755 "$BUNDLE/rootfs/script$n"
        done
        cp "$BUNDLE/config.json" "$WORK/config"
        for n in {3..40}; do
                sed "s|@program@|/script$n|" "$WORK/config" >"$BUNDLE/config.json"
                run oci run --preserve-fds 60 -b "$BUNDLE" "$ID"
                [[ $status -ne 0 && $output != "0 0" ]] || { echo "descriptor $n"; shown; }
        done
}

@test "V7: no descriptor of the caller or of the runtime is open in the container" {
        make_bundle sh -c 'ls /proc/self/fd | tr "\n" " "; ls -l /proc/self/fd >&2'
        run -0 --separate-stderr leaking oci run -b "$BUNDLE" "$ID"
        [[ $output == "0 1 2 3 " ]] || { echo "$stderr"; shown; }
        # The number that is promised may be more than what is there: what the runtime opened meanwhile is not passed on.
        run -0 --separate-stderr oci run --preserve-fds 20 -b "$BUNDLE" "$ID" 3<&- 4</dev/null 5<&-
        ! grep -E -- '-> ' <<<"$stderr" | grep -vE -- "-> (/dev/null|$BATS_RUN_TMPDIR/.*|pipe:.*)$" || shown
}

# What the runtime opens would lie where standard input, output or error is closed: its state directory, the machine's procfs.
@test "V7: a script's interpreter by a standard stream that is closed" {
        local n script
        cp "$ATTACKERS/probe" "$CANARY/probe"
        audit_begin
        make_bundle sleep 100
        for n in 0 1 2; do
                printf '#!/proc/self/fd/%d/../../../../../../../..%s user\n' "$n" "$CANARY/probe" >"$BUNDLE/rootfs/up$n"
                printf '#!/proc/self/fd/%d/1/root%s user\n' "$n" "$CANARY/probe" >"$BUNDLE/rootfs/proc$n"
                chmod 755 "$BUNDLE"/rootfs/{up,proc}"$n"
        done
        without() {
                case $1 in
                0) "${@:2}" <&- ;;
                1) "${@:2}" >&- ;;
                2) "${@:2}" 2>&- ;;
                esac
        }
        oci run -d -b "$BUNDLE" "$ID"
        for n in 0 1 2; do
                for script in "/up$n" "/proc$n"; do
                        run without "$n" oci exec "$ID" "$script"
                        [[ $status -ne 0 && $output != "0 0" ]] || { echo "$script"; shown; }
                done
                run -0 without "$n" oci exec "$ID" true
        done
        oci delete --force "$ID"
        cp "$BUNDLE/config.json" "$WORK/config"
        for n in 0 1 2; do
                for script in "/up$n" "/proc$n"; do
                        jq --arg program "$script" '.process.args = [$program]' "$WORK/config" >"$BUNDLE/config.json"
                        run without "$n" oci run -b "$BUNDLE" "$ID"
                        [[ $status -ne 0 && $output != "0 0" ]] || { echo "$script"; shown; }
                done
                jq '.process.args = ["true"]' "$WORK/config" >"$BUNDLE/config.json"
                run -0 without "$n" oci run -b "$BUNDLE" "$ID"
        done
}
