#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V29, V37: programs of the host that are run for a container take nothing from it, and leave nothing of the host's over it.
# shellcheck disable=SC2016,SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# Notes who ran, from where, and all of its environment.
hook_script() {
        # shellcheck disable=SC2016  # the hook's shell expands it
        printf '#!/bin/busybox sh\n{ echo "%s $1"; /bin/busybox tr "\\0" "\\n" </proc/self/environ; echo; } >>%s/ran\n' "$1" "$WORK"
}

# A bundle, and a hook of the same name on the host and in the image.
make_hooks() {
        mkdir -p "$WORK/programs"
        make_bundle true
        mkdir -p "$BUNDLE/rootfs/$WORK/programs"
        hook_script host >"$WORK/programs/hook"
        hook_script image >"$BUNDLE/rootfs/$WORK/programs/hook"
        chmod 755 "$WORK/programs/hook" "$BUNDLE/rootfs/$WORK/programs/hook"
}

@test "V29: a hook is the host's program, and has the config's environment and no other" {
        local kind up
        make_hooks
        for kind in prestart createRuntime createContainer poststart poststop; do
                printf 'host %s\nFROM=config\n\n' $kind
        done >"$WORK/wanted"
        # From ".." in the root a path goes on in what lies over it.
        for up in "" /etc/..; do
                rm -f "$WORK/ran"
                edit --arg path "$up$WORK/programs/hook" --arg root "$up$BUNDLE/rootfs" '.root = {path: $root} | .process.env = ["LD_PRELOAD=/evil.so", "IMAGE=1", "PATH=/bin"]
                      | .hooks = (["prestart", "createRuntime", "createContainer", "poststart", "poststop"]
                          | map({(.): [{path: $path, args: ["hook", .], env: ["FROM=config"]}]}) | add)'
                LD_LIBRARY_PATH=/nowhere CALLER=1 oci run -b "$BUNDLE" "$ID"
                diff "$WORK/wanted" "$WORK/ran"
                [[ ! -e $BUNDLE/rootfs/$WORK/ran ]]
        done
}

# What a program looks for in its directory would be the image's there (CVE-2025-23266).
@test "V29: a hook that runs beside the container's root does not begin in it" {
        make_bundle true
        edit --arg file "$WORK/where" '.hooks = {createContainer: [{path: "/bin/sh", args: ["sh", "-c", "pwd >\($file); stat -c %d:%i . >>\($file)"]}]}'
        cd "$BUNDLE/rootfs"
        oci run -b "$BUNDLE" "$ID"
        cd "$WORK"
        [[ $(<where) == "/"$'\n'"$(stat -c %d:%i /)" ]] || { cat where; return 1; }
}

@test "V23: what a hook mounts is not the machine's, wherever a link of the image leads it" {
        make_bundle true
        mkdir -p shared "$BUNDLE/rootfs/vol" "$BUNDLE/rootfs/lib"
        mount -t tmpfs none shared
        mount --make-shared shared
        mkdir shared/x
        ln -s ../vol/x "$BUNDLE/rootfs/lib/nv"
        edit --arg root "$BUNDLE/rootfs" --arg source "$WORK/shared" '.mounts += [{destination: "/vol", type: "bind", source: $source, options: ["bind", "shared"]}]
                | .hooks = {createContainer: [{path: "/bin/sh", args: ["sh", "-c", "mount --bind /etc \($root)/lib/nv; true"], env: ["PATH=/bin:/usr/bin"]}]}'
        oci run -b "$BUNDLE" "$ID"
        run ! grep "$WORK/shared/x" /proc/self/mountinfo
        umount shared
}

# The host's root is over the container's when the pivot has exchanged them, and what a hook mounted on it is over both.
@test "V37: what a hook mounts on the root does not keep the machine's root over the container's" {
        local what pivot shown count
        make_bundle sh -c 'ls /..; cat "/..$0/marker"' "$CANARY"
        ls "$BUNDLE/rootfs" >"$WORK/wanted"
        cp "$BUNDLE/config.json" "$WORK/config"
        cd "$BUNDLE/rootfs"
        for what in "-t tmpfs none" "--bind /"; do
                for count in 1 3; do
                        # The second has a path that leads nowhere while hooks run: it lies over the machine's root then.
                        for shown in "$BUNDLE/rootfs" "/proc/$$/cwd"; do
                                for pivot in "" --no-pivot; do
                                        jq --arg what "$what" --arg root "$shown" --argjson count $count '.root.path = $root | .hooks = {createContainer:
                                              [range($count) | {path: "/bin/mount", args: (["mount"] + ($what / " ") + ["/"]), env: ["PATH=/bin:/usr/bin"]}]}' \
                                                "$WORK/config" >"$BUNDLE/config.json"
                                        # shellcheck disable=SC2086  # no word, or one
                                        run oci run $pivot -b "$BUNDLE" "$ID"
                                        [[ $output == "$(<"$WORK/wanted")"$'\n'*"can't open"* && $output != *"host marker"* ]] || { echo "$what $count $shown $pivot"; shown; }
                                done
                        done
                done
        done
}

@test "V29: a hook has no descriptor of the caller's, nor those that the program gets" {
        # The list itself is read through 3.
        local kind fds="0 1 2 3 9"
        make_bundle true
        mkdir "$BUNDLE/rootfs/log"
        # shellcheck disable=SC2016
        edit --arg log "$WORK" '.root.readonly = false | .hooks = (["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
              | map(. as $kind | {($kind): [{path: "/bin/busybox", args: ["sh", "-c", "exec 9>$0; cd /proc/self/fd && echo * >&9",
                        (if $kind == "startContainer" then "/log/" else $log + "/" end) + $kind]}]}) | add)'
        oci run --preserve-fds 1 -b "$BUNDLE" "$ID" 3</etc/passwd 7</etc/passwd
        for kind in prestart createRuntime createContainer poststart poststop; do
                [[ $(<"$WORK/$kind") == "$fds" ]] || { echo "$kind: $(<"$WORK/$kind")"; return 1; }
        done
        [[ $(<"$BUNDLE/rootfs/log/startContainer") == "$fds" ]] || { cat "$BUNDLE/rootfs/log/startContainer"; return 1; }
}

@test "V29: a hook of the container is the container's program" {
        make_hooks
        edit --arg path "$WORK/programs/hook" '.root.readonly = false
              | .hooks = {startContainer: [{path: $path, args: ["hook", "startContainer"], env: ["FROM=config"]}]}'
        oci run -b "$BUNDLE" "$ID"
        [[ ! -e $WORK/ran && $(cat "$BUNDLE/rootfs/$WORK/ran") == "image startContainer"*FROM=config* ]]
}

# What a hook may, which is a program of the image like the container's own.
@test "V29: a hook of the container has the rights of the container's program, its filter and Landlock among them" {
        local nnp landlock=0
        ! ward doctor landlock | grep -q ' abi [0-9]' || landlock=2
        # shellcheck disable=SC2016  # the container's shell expands it
        local rights='grep -E "^(Cap|NoNewPrivs|Seccomp)" /proc/self/status; mkdir /tmp/$0 2>&1; cat /etc/hidden 2>&1; true'
        for nnp in true false; do
                make_bundle sh -c "$rights" program
                mkdir -p "$BUNDLE/rootfs/tmp" "$BUNDLE/rootfs/etc"
                echo secret >"$BUNDLE/rootfs/etc/hidden"
                edit --argjson nnp $nnp --arg rights "$rights" '.process.noNewPrivileges = $nnp | .root.readonly = false
                      | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 18}]}
                      | .hooks = {startContainer: [{path: "/bin/sh", args: ["sh", "-c", $rights, "hook"], env: ["PATH=/bin"]}]}'
                ((landlock == 0)) || edit '.annotations["ward.landlock"] = "ro:/bin,ro:/proc,rw:/tmp"'
                run -0 oci run -b "$BUNDLE" "$ID"
                # The same twice: mkdir has the filter's own errno (EXDEV).
                [[ $(grep -c 'Invalid cross-device link' <<<"$output") == 2 && $(grep -c '^Seccomp:.2$' <<<"$output") == 2 ]] || shown
                [[ ! -e $BUNDLE/rootfs/tmp/hook && ! -e $BUNDLE/rootfs/tmp/program ]] || shown
                [[ $(grep -c 'Permission denied' <<<"$output") == "$landlock" ]] || shown
                diff <(grep -E '^(Cap|NoNewPrivs|Seccomp)' <<<"$output" | head -n 8) <(grep -E '^(Cap|NoNewPrivs|Seccomp)' <<<"$output" | tail -n +9)
        done
}

@test "V29: a hook of the container that its filter ends is said to have ended by that" {
        make_bundle true
        edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS"}]}
              | .hooks = {startContainer: [{path: "/bin/mkdir", args: ["mkdir", "/dev/shm/made"]}]}'
        fails_with "startContainer hook #0: '/bin/mkdir' ended with status 159" oci run -b "$BUNDLE" "$ID"
        expect_in_output "a bad system call ended it"
}
