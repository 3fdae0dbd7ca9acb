#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The mistakes that people make in a bundle: each message says what was being done, where in the input it was asked for, why it failed and
# what to do; each leaves nothing behind and the root file system as it was.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        make_bundle true
        ROOT=$BUNDLE/rootfs
}

teardown() { remove_all; }

# The names below the root, with types and modes.
root_listing() { find "$ROOT" -printf '%P %y %m\n' | sort; }

# mistake WHERE WHY HINT: runs the bundle; the message names the place, the reason and the way out.
mistake() {
        local before
        before=$(root_listing)
        run oci run -b "$BUNDLE" "$ID"
        [[ $status -eq 1 ]] || shown
        for word in "$@"; do
                [[ $output == *"$word"* ]] || { echo "missing: $word"; shown; return 1; }
        done
        [[ $(root_listing) == "$before" ]] || { echo "the root file system was changed"; return 1; }
        nothing_left
}

run_program() { edit --arg name "$1" '.process.args = [$name]'; }

# line PATTERN: the line of config.json that holds it.
line() { grep -n -m 1 -- "$1" "$BUNDLE/config.json" | cut -d: -f1; }

@test "the interpreter of a script is missing" {
        printf '#!/no/interpreter -x\n' >"$ROOT/script"
        chmod 755 "$ROOT/script"
        run_program /script
        mistake "process.args (config.json line $(line '"args"'))" "execute '/script': no such file" \
                "its first line names the interpreter '/no/interpreter', which is not in the container"
}

# A terminal would obey it.
@test "what an image has put into a message has no control characters, and is UTF-8 all the same" {
        local bad=$'/no/\e[31mred\a\177\xc2\x9bJ/caf\xc3\xa9' clean=$'/no/?[31mred????J/caf\xc3\xa9' log
        printf '#!%s\n' "$bad" >"$ROOT/script"
        chmod 755 "$ROOT/script"
        run_program /script
        mistake "names the interpreter '$clean'"
        for log in text json; do
                oci --log "$WORK/log.$log" --log-format "$log" run -b "$BUNDLE" "$ID" 2>/dev/null || true
                grep -qF "$clean" "$WORK/log.$log"
        done
        # The hint of a loader, and the name that was nearest.
        cp /bin/true "$ROOT/dynamic"
        sed -i 's|/lib64/ld-linux|/lib64/\x1b\x07-linux|; s|/lib/ld-linux|/lib/\x1b\x07-linux|' "$ROOT/dynamic"
        run_program /dynamic
        mistake "it needs the loader '/lib" '/??-linux'
        printf 'wo\e\arker:x:5:5::/:/bin/sh\n' >>"$ROOT/etc/passwd"
        run ward run -u worker "$ROOT" true
        expect_in_output "did you mean 'wo??rker'"
}

@test "the loader of a program is missing" {
        cp /bin/true "$ROOT/dynamic"
        run_program /dynamic
        mistake "process.args" "execute '/dynamic': no such file" "it needs the loader '/lib" "link it statically"
}

@test "a program for another architecture" {
        cp "$ROOT/bin/busybox" "$ROOT/foreign"
        printf '\xf3\x00' | dd of="$ROOT/foreign" bs=1 seek=18 conv=notrunc status=none # e_machine: RISC-V
        run_program /foreign
        mistake "process.args" "execute '/foreign': Exec format error" "it is a program for RISC-V"
}

@test "a script without #!" {
        echo 'echo hello' >"$ROOT/script"
        chmod 755 "$ROOT/script"
        run_program /script
        mistake "process.args" "execute '/script': Exec format error" "a script needs '#!'"
}

@test "not executable" {
        echo hello >"$ROOT/file"
        run_program /file
        mistake "process.args" "execute '/file': permission denied" "chmod +x"
}

@test "the source of a mount is missing" {
        edit '.mounts += [{destination: "/data", type: "bind", source: "/no/such", options: ["bind"]}]'
        mistake "mounts[7] (config.json line $(($(line '"/data"') - 1)))" "open the source of a mount '/no/such': No such file" "take the mount out"
}

@test "the target of a mount lies below a file" {
        edit '.mounts += [{destination: "/etc/passwd/below", type: "tmpfs", source: "tmpfs"}]'
        mistake "mounts[7]" "mount tmpfs on '/etc/passwd/below'" "Not a directory"
}

@test "the working directory is missing" {
        edit '.process.cwd = "/proc/where"'
        mistake "process.cwd (config.json line $(line '"cwd"'))" "enter the working directory '/proc/where': No such file" "make it in the root file system"
}

@test "a user that is not mapped" {
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 10}] |
                .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 10}] | .process.user = {uid: 50, gid: 50}'
        mistake "process.user (config.json line $(line '"user"'))" "become user 50 and group 50" "not mapped in the container's user namespace"
}

@test "a namespace type misspelt" {
        edit '.linux.namespaces += [{type: "netwrok"}]'
        mistake "config.json:$(line netwrok):" "linux.namespaces[" "unknown namespace type 'netwrok'" "did you mean 'network'?"
}

@test "what is joined is no such namespace" {
        edit '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/ipc" else . end)'
        mistake "linux.namespaces[" "join the namespace '/proc/self/ns/ipc': Invalid argument" "no namespace of the type"
        edit '.linux.namespaces |= map(if .type == "network" then .path = "/etc/passwd" else . end)'
        mistake "join the namespace '/etc/passwd': Invalid argument" "no namespace of the type"
}

@test "a clock before its beginning, and one that has no offset" {
        [[ -e /proc/self/ns/time ]] || unable "this kernel has no time namespaces (CONFIG_TIME_NS)"
        edit '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: -99999999999}}'
        mistake "set the clocks of a new time namespace" "stand before its beginning"
        edit '.linux.timeOffsets = {realtime: {secs: 1}}'
        mistake "linux.timeOffsets.realtime: unknown field"
}

@test "the root as a masked or read-only path, which would be without effect" {
        edit '.linux.maskedPaths = ["/"]'
        mistake "linux.maskedPaths[0] (config.json line $(line maskedPaths | awk '{ print $1 + 1 }')): '/' is the root itself" "root.readonly"
        edit '.linux.maskedPaths = ["/..."] | .linux.readonlyPaths = ["/a", "/.//.."]'
        mistake "linux.readonlyPaths[1]" "'/.//..' is the root itself" "root.readonly"
}

@test "the root file system is a file" {
        edit '.root.path = "config.json"'
        mistake "root.path" "root.path must name a directory"
}

@test "a device where something else is" {
        needs_machine_root "others make no nodes"
        touch "$ROOT/tmp/file"
        edit '.linux.devices = [{path: "/dev/other", type: "c", major: 1, minor: 3}, {path: "/tmp/file", type: "c", major: 1, minor: 5}]'
        mistake "linux.devices[1] (config.json line $(($(line '"/tmp/file"') - 1)))" "make the node 'tmp/file': File exists" "take one of them away"
        edit '.linux.devices[1].path = "/dev/other"'
        mistake "linux.devices[1]" "make the node 'other': File exists"
}

@test "nothing is there to be mounted anew" {
        edit '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["remount", "ro"]}]'
        mistake "mounts[7]" "remount '/tmp'" "nothing is"
        edit '.mounts[7].options = ["remount", "bind", "ro"]'
        mistake "mounts[7]" "change the mount on '/tmp'" "nothing is: mount it first"
}

@test "a memory limit that is too low to start in" {
        edit '.linux.resources.memory = {limit: 4096}'
        mistake "linux.resources.memory.limit (config.json line $(line '"limit"'))" "4096 bytes are too few" "raise the limit"
}

@test "a system call misspelt in the filter" {
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["opneat"], action: "SCMP_ACT_ERRNO"}]}'
        mistake "config.json:$(line opneat):" "linux.seccomp.syscalls[0].names[0]: unknown system call 'opneat'" "did you mean 'openat'?"
}

@test "the filter denies execve" {
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["execve"], action: "SCMP_ACT_ERRNO"}]}'
        mistake "process.args" "the seccomp filter forbids execve" "allow execve in the profile"
        edit '.linux.seccomp.syscalls[0].action = "SCMP_ACT_KILL_PROCESS"'
        mistake "the seccomp filter forbids execve" "killed the process" "allow execve in the profile"
        # All of them, that to end the process included.
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO"}'
        mistake "the seccomp filter forbids execve" "allow execve in the profile"
        edit '.linux.seccomp.defaultAction = "SCMP_ACT_TRACE"'
        run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_status 132
}

# chrooted: runs the bundle in a tree of its own that is a plain directory of the root file system.
chrooted() {
        local jail=$WORK/jail
        mkdir -p "$jail"/{proc,sys,dev,run,bundle}
        cp "$(itself ward-oci)" "$jail/ward-oci"
        cp -r "$BUNDLE"/. "$jail/bundle"
        unshare -m bash -c '
                mount --make-rprivate /
                for d in proc sys dev; do mount --rbind "/$d" "$1/$d"; done
                exec chroot "$1" /ward-oci --root /run/ward run -b /bundle "$2"' _ "$jail" "$ID"
}

# Without it nobody can tell whether he is in one.
@test "inside a chroot it runs; it takes CAP_SYS_CHROOT anywhere" {
        local drop=(setpriv --bounding-set=-sys_chroot --inh-caps=-sys_chroot)
        edit '.process.capabilities[] -= ["CAP_SYS_CHROOT"]'
        run -1 "${drop[@]}" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        expect_in_output "go to the root of the mount namespace: Operation not permitted" "it takes CAP_SYS_CHROOT"
        [[ $WARD_BUILD != *asan* ]] || return 0 # the sanitized program is not static
        run -0 chrooted
        nothing_left
}

@test "a user namespace inside a chroot" {
        [[ $WARD_BUILD != *asan* ]] || skip "the sanitized program is not static"
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 5}] |
                .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 5}]'
        run chrooted
        [[ $status -eq 1 ]]
        expect_in_output "make a process in new namespaces: Operation not permitted"
        expect_in_output "user namespaces can't be made inside a chroot"
        nothing_left
}

@test "more binds than a plan has room for" {
        make_bundle true
        edit '.mounts += [range(1100) | {destination: "/tmp/\(.)", type: "bind", source: "/usr", options: ["bind"]}]'
        mistake "takes more than 1024 directories" "bind one directory"
}
