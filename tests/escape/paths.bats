#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V1, V3-V5: an image leads the runtime to a path of the host.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# The ways up from a root file system that a link can have.
links_to() { printf '%s\n' "$1" "../../../../../../../../..$1" "/proc/self/root$1" "/proc/1/root$1"; }

@test "V1: mount targets that the image made links to the host" {
        local target link name
        make_bundle sh -c 'cat /proc/self/mountinfo >/dev/null; echo changed >/lnk/new; echo changed >/lnk/marker; true'
        edit '.root.readonly = false
              | .mounts += [{destination: "/lnk", type: "tmpfs"}, {destination: "/lnk/below", type: "tmpfs"},
                            {destination: "/sub/new/dir", type: "tmpfs"},
                            {destination: "/etc/new", type: "bind", source: "/etc/hostname", options: ["bind"]},
                            {destination: "/etc/resolv.conf", type: "bind", source: "/etc/hostname", options: ["bind"]}]'
        cp -a "$BUNDLE/rootfs" "$WORK/image"
        for name in proc sys dev lnk sub etc/resolv.conf etc/new etc; do
                target=$CANARY
                [[ $name != etc/* ]] || target=$CANARY/$(basename "$name")
                while read -r link; do
                        rm -rf --one-file-system "$BUNDLE/rootfs"
                        cp -a "$WORK/image" "$BUNDLE/rootfs"
                        rm -rf "${BUNDLE:?}/rootfs/$name"
                        ln -s "$link" "$BUNDLE/rootfs/$name"
                        refused_or_confined
                        audit_end
                done < <(links_to "$target")
        done
}

@test "V1: proc and sysfs are mounted through no link at all" {
        local name
        make_bundle true
        for name in proc sys; do
                mv "$BUNDLE/rootfs/$name" "$BUNDLE/rootfs/other"
                ln -s other "$BUNDLE/rootfs/$name"
                refuses "symbolic link|symlink"
                rm "$BUNDLE/rootfs/$name"
                mv "$BUNDLE/rootfs/other" "$BUNDLE/rootfs/$name"
        done
}

@test "V1: links that are harmless still work" {
        make_bundle sh -c 'cat /etc/resolv.conf /run/sub/file /usr/lib64/file /data/a/b/file; ls -d /run/made'
        edit --arg file "$CANARY/marker" --arg dir "$CANARY/dir" '.root.readonly = false
              | .mounts += [{destination: "/var/run/sub", type: "bind", source: $dir, options: ["bind", "ro"]},
                            {destination: "/etc/resolv.conf", type: "bind", source: $file, options: ["bind", "ro"]},
                            {destination: "/lib64", type: "bind", source: $dir, options: ["rbind", "ro"]},
                            {destination: "/var/run/made", type: "tmpfs"},
                            {destination: "/link/b", type: "bind", source: $dir, options: ["bind", "ro"]}]'
        mkdir -p "$BUNDLE"/rootfs/{var,run,usr/lib64}
        ln -s /run "$BUNDLE/rootfs/var/run"                                        # absolute
        ln -s usr/lib64 "$BUNDLE/rootfs/lib64"                                     # relative
        ln -s ../run/systemd/resolve/stub-resolv.conf "$BUNDLE/rootfs/etc/resolv.conf" # dangling
        ln -s /data/a "$BUNDLE/rootfs/link"                                        # dangling, of a directory
        run -0 oci run -b "$BUNDLE" "$ID"
        [[ $output == $'host marker\nhost dir/file\nhost dir/file\nhost dir/file\n/run/made' ]] || shown
}

@test "V1: an /etc/passwd that is a link to the host's is not the host's" {
        local link
        echo 'root:x:0:0:root:/home-on-the-host:/bin/sh' >"$CANARY/passwd"
        echo 'marker:x:7:7::/:/bin/sh' >>"$CANARY/passwd"
        audit_begin
        # shellcheck disable=SC2016  # the container's shell expands it
        make_bundle sh -c 'echo "HOME=$HOME"; sleep 100'
        edit 'del(.process.env)'
        while read -r link; do
                ln -sf "$link" "$BUNDLE/rootfs/etc/passwd"
                oci run -d -b "$BUNDLE" "$ID" >"$WORK/out" 3>&-
                wait_until 10 grep -q HOME= "$WORK/out"
                run -0 oci exec "$ID" sh -c 'echo "HOME=$HOME"'
                [[ $output != *home-on-the-host* && $(cat "$WORK/out") != *home-on-the-host* ]] || shown
                oci delete --force "$ID"
                run ward run --rm --name "$ID" -u marker "$BUNDLE/rootfs" true
                ((status != 0)) || shown
        done < <(links_to "$CANARY/passwd")
}

@test "V1: what a failed start takes away is looked for below the root" {
        mkdir "$CANARY/new"
        audit_begin
        make_bundle /no-such-program
        edit '.root.readonly = false | .mounts += [{destination: "/lnk/new", type: "tmpfs"}]'
        mkdir -p "$BUNDLE/rootfs/$CANARY"
        ln -s "$CANARY" "$BUNDLE/rootfs/lnk"
        refuses "no-such-program"
        [[ -d $CANARY/new && ! -e $BUNDLE/rootfs/$CANARY/new ]]
}

# forge THEN: a hook that writes into the log of its container's start that what lies in $CANARY was made by it, once below a root that it names, once by a path that
# leads there, as src/launch/protocol.h has it: how many bytes are used, a path, the entries.
forge() {
        cat >"$WORK/forge" <<FORGE
#!/usr/bin/python3
import os, signal
outside = b"$CANARY"
entries = b"".join(kind + name + b"\0" for kind, name in ((b"d", b"empty"), (b"f", b"file"), (b"d", b"../../../.." + outside + b"/empty"), (b"f", outside + b"/file")))
with open("$WORK/state/$ID/made", "r+b") as log:
    log.write(len(entries).to_bytes(4, "little") + outside.ljust(4096, b"\0") + entries)
$1
FORGE
        chmod 755 "$WORK/forge"
}

# Who gets hold of a start that is half done can write that log.
@test "V1: what is undone lies in the container's root, wherever the log says that it lies" {
        local end
        mkdir "$CANARY/empty"
        : >"$CANARY/file"
        audit_begin
        for end in 'raise SystemExit(1)' 'os.kill(os.getppid(), signal.SIGKILL)'; do
                make_bundle true
                edit --arg forge "$WORK/forge" '.root.readonly = false | .hooks.createRuntime = [{path: $forge}]'
                forge "$end"
                run oci run -b "$BUNDLE" "$ID"
                ((status != 0)) || shown
                oci delete --force "$ID"
                [[ -d $CANARY/empty && -f $CANARY/file ]] || shown
        done
}

@test "V1: a remount of a file system goes through no link, which could make it the host's" {
        make_bundle true
        ln -s / "$BUNDLE/rootfs/lnk"
        edit '.mounts += [{destination: "/lnk", options: ["remount", "ro"]}]'
        refuses "symbolic link|symlink"
}

@test "V3: an image whose /dev, or what is in it, leads to the host" {
        local name link
        make_bundle sh -c 'echo x >/dev/null; echo changed >/dev/ptmx; echo changed >/dev/zero; echo changed >/dev/new; true'
        own_dev
        for name in dev dev/null dev/zero dev/ptmx dev/fd dev/stdin dev/pts dev/shm; do
                while read -r link; do
                        rm -rf "$BUNDLE/rootfs/dev"
                        mkdir "$BUNDLE/rootfs/dev"
                        [[ $name != dev ]] || rmdir "$BUNDLE/rootfs/dev"
                        ln -s "$link" "$BUNDLE/rootfs/$name"
                        refused_or_confined
                        audit_end
                done < <(links_to "$CANARY$([[ $name == dev ]] || echo "/$(basename "$name")")")
        done
}

@test "V3: a device of the config does not leave the root by its path" {
        make_bundle true
        own_dev
        edit --arg path "/dev/../../../../../../..$CANARY/node" --arg link "/dev/link/node" \
                '.linux.devices = [{path: $path, type: "c", major: 1, minor: 3}, {path: $link, type: "c", major: 1, minor: 3}]'
        rm -rf "$BUNDLE/rootfs/dev"
        mkdir "$BUNDLE/rootfs/dev"
        ln -s "$CANARY" "$BUNDLE/rootfs/dev/link"
        refused_or_confined
}

# However the config writes the path. A rule about a device that is not made stays: with it what is bound can be used.
@test "V3: in what the config binds on /dev, or in it, nothing is made and no device gets another owner" {
        local namespace at
        needs_machine_root "device nodes of its own"
        make_bundle sh -c 'for d; do [ ! -e "$d" ] || ls -l "$d"; done' sh /dev/{null,fd,stdin,new,dir/new} /dev/snd/{new,dir/new} /snd/new /new
        mknod "$CANARY/zero" c 1 5
        audit_begin
        own_dev
        cp "$BUNDLE/config.json" "$WORK/config"
        for namespace in . "$USER_NAMESPACE"; do
                for at in /dev /dev/ /dev/. //dev /etc/../dev /dev/snd /dev//snd/. /snd/; do
                        jq --arg at "$at" --arg from "$CANARY" "$namespace"' | .mounts += [{destination: $at, source: $from, options: ["bind"]}]
                                | .linux.devices = [{path: ($at + "/zero"), major: 1, minor: 5}, {path: ($at + "/new"), major: 1, minor: 3},
                                        {path: ("/" + $at + "/dir/new"), major: 1, minor: 3} | .type = "c" | .uid = 1000]' "$WORK/config" >"$BUNDLE/config.json"
                        rm -rf "$BUNDLE"/rootfs/{dev,snd}
                        mkdir "$BUNDLE"/rootfs/{dev,snd}
                        [[ $namespace == . ]] || chown -hR 100000:100000 "$BUNDLE/rootfs"
                        run oci run -b "$BUNDLE" "$ID"
                        [[ $status -eq 0 ]] || { echo "$at"; shown; }
                        if [[ $at == *snd* ]]; then
                                [[ $(wc -l <<<"$output") -eq 3 && $output == *" /dev/null"*" /dev/fd"*" /dev/stdin"* ]] || { echo "$at"; shown; }
                        else
                                [[ $output == "" ]] || { echo "$at"; shown; }
                        fi
                        audit_end
                done
        done
}

# with_dev: an image that has everything of /dev already, but what the arguments, a command, replace.
with_dev() {
        local name
        rm -rf "$BUNDLE"/rootfs/{dev,tmp}
        mkdir -p "$BUNDLE"/rootfs/{tmp,dev/pts,dev/shm,dev/mqueue}
        echo file >"$BUNDLE/rootfs/tmp/file"
        [[ $namespace == . && $made == true ]] || touch "$BUNDLE"/rootfs/dev/{null,zero,full,random,urandom,tty}
        if (($# > 0)); then
                rm -rf "$BUNDLE/rootfs/${*: -1}"
                (cd "$BUNDLE/rootfs" && "$@")
        fi
        [[ $namespace == . ]] || chown -hR 100000:100000 "$BUNDLE/rootfs"
}

# With a user namespace the host's devices are bound, on a link if the image has one there, and without one they are made.
@test "V3: what the image has in /dev and is no such device is refused, never followed or taken" {
        local namespace fake made=true
        # Nor does the root of a user namespace make any.
        is_machine_root || made=false
        make_bundle sh -c 'for d in null zero; do [ -c /dev/$d ] && [ ! -L /dev/$d ] || exit 9; done; [ "$(cat /tmp/file)" = file ] && echo OK'
        own_dev
        cp "$BUNDLE/config.json" "$WORK/config"
        for namespace in . "$USER_NAMESPACE"; do
                jq "$namespace" "$WORK/config" >"$BUNDLE/config.json"
                with_dev
                [[ $(oci run -b "$BUNDLE" "$ID") == OK ]]
                for fake in "ln -s $CANARY/marker dev/null" "ln -s ../tmp/file dev/null" "ln -s ../tmp/new dev/zero" "ln -s /tmp/file dev/null" \
                        "mkdir dev/null" "ln -s /tmp dev" "ln -s tmp dev"; do
                        # shellcheck disable=SC2086
                        with_dev $fake
                        run oci run -b "$BUNDLE" "$ID"
                        [[ $status -eq 1 && $output == *"'/dev'"* ]] ||
                                [[ $output == OK && ($namespace != . || $made == false) && $fake == ln*dev/* ]] || { echo "$fake with $namespace"; shown; }
                        [[ $(ls "$BUNDLE/rootfs/tmp") == file ]]
                done
        done
        $made || return 0
        # Another device, or a file.
        cp "$WORK/config" "$BUNDLE/config.json"
        namespace=.
        for fake in "mknod dev/null c 1 5" "mknod dev/zero b 1 5" "touch dev/random"; do
                with_dev
                (cd "$BUNDLE/rootfs" && $fake)
                refuses "dev"
        done
        # The right one is taken.
        with_dev
        mknod "$BUNDLE/rootfs/dev/null" c 1 3
        [[ $(oci run -b "$BUNDLE" "$ID") == OK ]]
}

@test "V4: a dangling /dev/console, with a terminal and without" {
        local terminal
        make_bundle true
        edit '.mounts |= map(select(.destination != "/dev")) | .root.readonly = false'
        for terminal in false true; do
                edit --argjson terminal $terminal '.process.terminal = $terminal'
                while read -r link; do
                        rm -rf "$BUNDLE/rootfs/dev"
                        mkdir "$BUNDLE/rootfs/dev"
                        ln -s "$link" "$BUNDLE/rootfs/dev/console"
                        if $terminal; then
                                rm -f "$WORK/console"
                                timeout 20 "$HELPERS/receive.py" console "$WORK/console" >"$WORK/typed" 3>&- &
                                wait_until 5 test -S "$WORK/console"
                                run timeout 20 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run --console-socket "$WORK/console" -b "$BUNDLE" "$ID"
                                kill $! 2>/dev/null || true
                                wait $! || true
                        else
                                refused_or_confined
                        fi
                        audit_end
                        [[ ! -e $CANARY/new ]]
                done < <(links_to "$CANARY/new"; links_to "$CANARY/console")
        done
}

@test "V5: a mask is the host's /dev/null, whatever the image calls so" {
        make_bundle sh -c 'cat /secret; echo changed >/secret; cat /secret; ls -A /hidden; touch /hidden/new; umount /secret; cat /secret'
        edit '.linux.maskedPaths += ["/secret", "/hidden"] | .root.readonly = false'
        own_dev
        for fake in none link file; do
                rm -rf "$BUNDLE"/rootfs/{dev,hidden}
                mkdir "$BUNDLE"/rootfs/{dev,hidden}
                echo "content of the image" >"$BUNDLE/rootfs/secret"
                touch "$BUNDLE/rootfs/hidden/file"
                echo "not empty" >"$BUNDLE/rootfs/dev/other"
                case $fake in
                link) ln -s "$CANARY/marker" "$BUNDLE/rootfs/dev/null" ;;
                file) echo "content of the image's" >"$BUNDLE/rootfs/dev/null" ;;
                esac
                run --separate-stderr oci run -b "$BUNDLE" "$ID"
                [[ -z $output ]] || shown
                [[ $(cat "$BUNDLE/rootfs/secret") == "content of the image" && ! -e $BUNDLE/rootfs/hidden/new ]]
                audit_end
        done
        # Where /dev is the container's own, it runs, and the writes and the umount fail one by one.
        rm -rf "$BUNDLE/rootfs/dev"
        mkdir "$BUNDLE/rootfs/dev"
        run -0 --separate-stderr oci run -b "$BUNDLE" "$ID"
        [[ -z $output && $stderr == *"hidden/new"*"Read-only"* && $stderr == *umount* ]] || { echo "$stderr"; shown; }
}
