#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V19, V20, V25: control groups that lead out of them, and the devices that they hold back.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() {
        remove_nested
        escape_teardown
}

# What a container made below its groups, if ward could not end and remove it: it lies too deep for a path, or is frozen.
remove_nested() {
        [[ -n ${ID:-} ]] || return 0
        python3 - "$ID" <<'END'
import contextlib, glob, os, signal, sys

def write(name, text, at):
    with contextlib.suppress(OSError):
        fd = os.open(name, os.O_WRONLY, dir_fd=at)
        with open(fd, "w") as file:
            file.write(text)

for top in glob.glob(f"/sys/fs/cgroup/{sys.argv[1]}/*/") + glob.glob(f"/sys/fs/cgroup/*/{sys.argv[1]}/*/"):
    for _, names, _, at in os.fwalk(top):
        for number in open(os.open("cgroup.procs", os.O_RDONLY, dir_fd=at)).read().split():
            with contextlib.suppress(OSError):
                os.kill(int(number), signal.SIGKILL)
        write("freezer.state", "THAWED", at)
    # Who was killed may be on his way out.
    for _ in range(100):
        if not os.path.exists(top):
            break
        for _, names, _, at in os.fwalk(top, topdown=False):
            for name in names:
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=at)
        with contextlib.suppress(OSError):
            os.rmdir(top)
END
}

# writes_groups: the container of the bundle sees its groups alone, and may write to them.
writes_groups() {
        edit '(.mounts[] | select(.type == "cgroup") | .options) -= ["ro"] | .linux.namespaces += [{type: "cgroup"}]'
}

# bats test_tags=vm
@test "V19: release_agent cannot be written from inside, nor after unshare" {
        make_bundle sh -c 'find /sys/fs/cgroup /proc -name release_agent 2>/dev/null | while read -r f; do echo /ward-was-here >"$f" && echo WRITTEN; done
                           mkdir /sys/fs/cgroup/memory/new /sys/fs/cgroup/new && echo WRITTEN
                           echo 0 >/sys/fs/cgroup/memory/tasks && echo WRITTEN
                           /bin/probe release-agent'
        with_probe
        edit '.root.readonly = false'
        run --separate-stderr oci run -b "$BUNDLE" "$ID"
        [[ $output == "unshare "* && $output != *WRITTEN* ]] || shown
        # With a cgroup namespace, too, and with the rights to make namespaces and mounts.
        edit '.linux.namespaces += [{type: "cgroup"}]'
        run --separate-stderr oci run -b "$BUNDLE" "$ID"
        [[ $output == "unshare "* && $output != *WRITTEN* ]] || shown
        run ! grep -q ward-was-here /sys/fs/cgroup/*/release_agent
}

@test "V20: a group path that leads elsewhere" {
        local path stranger group
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for path in ".." "../$ID" "/../$ID" "/$ID/../../x" "$ID/.." "/" "//" "/." "." "/$ID/./x" "/../../../../..$CANARY/group" $'/a\nb' \
                "/$(printf 'x%.0s' {1..300})"; do
                jq --arg path "$path" '.linux.cgroupsPath = $path' "$WORK/config" >"$BUNDLE/config.json"
                refuses "(group path|cgroupsPath)"
        done
        jq '.linux.cgroupsPath = "/a@NUL@b"' "$WORK/config" | sed 's/@NUL@/\\u0000/' >"$BUNDLE/config.json"
        refuses "NUL|u0000"
        # An absolute path is one below the hierarchy's root, wherever it seems to point.
        jq --arg path "$CANARY/$ID" '.linux.cgroupsPath = $path | .process.args = ["true"]' "$WORK/config" >"$BUNDLE/config.json"
        oci run -b "$BUNDLE" "$ID"
        [[ ! -e $CANARY/$ID ]]
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        for path in ../../x /../x $'a\nb' ..; do
                run oci exec --cgroup "$path" "$ID" sh -c 'echo RAN'
                [[ $status -ne 0 && $output != *RAN* ]] || shown
        done
}

# bats test_tags=vm
@test "V20: a group that has processes is not taken, limited, or killed" {
        local group=/sys/fs/cgroup/unified stranger
        [[ -d $group ]] || group=/sys/fs/cgroup
        [[ -f $group/cgroup.procs ]] || unable "has no cgroup v2"
        mkdir "$group/$ID-taken"
        sleep 100 3>&- &
        stranger=$!
        echo $stranger >"$group/$ID-taken/cgroup.procs"
        make_bundle sh -c 'echo RAN'
        edit --arg path "/$ID-taken" '.linux.cgroupsPath = $path'
        refuses "has processes already"
        run oci delete --force "$ID"
        kill -0 $stranger
        kill $stranger
        wait $stranger || true
        rmdir "$group/$ID-taken"
}

# The root of a user namespace makes neither nodes nor device rules: what it could not open itself, its container can't, though the host's
# node be there.
closed_without_rules() {
        local name tried=0 shipped
        make_bundle /bin/probe device c 1 3
        with_probe
        shipped=$BUNDLE/rootfs/shipped
        : >"$shipped"
        edit '.root.readonly = false | .process.capabilities |=
              (.bounding += ["CAP_MKNOD", "CAP_SYS_ADMIN"] | .effective += ["CAP_MKNOD", "CAP_SYS_ADMIN"] | .permitted += ["CAP_MKNOD", "CAP_SYS_ADMIN"])'
        for name in $(awk 'NR > 2 { print $4; exit }' /proc/partitions) kmsg mem loop-control hpet rtc0; do
                [[ -e /dev/$name && ! -r /dev/$name ]] || continue
                mount --bind "/dev/$name" "$shipped"
                run -0 oci run -b "$BUNDLE" "$ID"
                [[ $output == $'mknod EPERM\nopen ENOENT\nshipped EACCES' ]] || { echo "$name"; shown; }
                edit '.process.args = ["sleep", "100"]'
                oci run -d -b "$BUNDLE" "$ID" 3>&-
                run -0 oci exec --cap CAP_SYS_ADMIN "$ID" /bin/probe device c 1 3
                [[ $output == $'mknod EPERM\nopen ENOENT\nshipped EACCES' ]] || { echo "$name by exec"; shown; }
                oci delete --force "$ID"
                edit '.process.args = ["/bin/probe", "device", "c", "1", "3"]'
                umount "$shipped"
                ((tried += 1))
        done
        ((tried > 0)) || unable "has no device that the root of a user namespace can't open"
        # The test can fail.
        mount --bind /dev/zero "$shipped"
        run -0 oci run -b "$BUNDLE" "$ID"
        umount "$shipped"
        [[ $output == *"shipped done" ]] || shown
}

# The machine's devices that no container has and that ask for no right of their own, those of them that can be opened: "c MAJOR MINOR NAME".
open_devices() {
        local name
        for name in fuse net/tun vga_arbiter loop-control hpet rtc0; do
                python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)' "/dev/$name" 2>/dev/null || continue
                stat -c "c %Hr %Lr $name" "/dev/$name"
        done
}

# bats test_tags=vm
@test "V25: a device of the host is opened only where it is listed, by its node or by one that the image ships" {
        local type major minor name change listed=0
        is_machine_root || { closed_without_rules; return; }
        make_bundle sleep 100
        with_probe
        edit '.root.readonly = false | .process.capabilities |=
              (.bounding += ["CAP_MKNOD", "CAP_SYS_ADMIN"] | .effective += ["CAP_MKNOD", "CAP_SYS_ADMIN"] | .permitted += ["CAP_MKNOD", "CAP_SYS_ADMIN"])'
        cp "$BUNDLE/config.json" "$WORK/config"
        # The machine's first disk, and a device that asks for no right of its own.
        read -r major minor _ name < <(awk 'NR > 2 { print; exit }' /proc/partitions) || major=8 minor=0 name=sda
        while read -r type major minor name; do
                rm -f "$BUNDLE/rootfs/shipped"
                mknod -m 666 "$BUNDLE/rootfs/shipped" "$type" "$major" "$minor"
                for change in . 'del(.linux.resources)' '.linux.resources.devices = []' \
                        '.linux.resources.devices = [{allow: true, type: "c", major: 1, access: "m"}]'; do
                        jq "$change | .process.args = [\"/bin/probe\", \"device\", \"$type\", \"$major\", \"$minor\"]" \
                                "$WORK/config" >"$BUNDLE/config.json"
                        rm -f "$BUNDLE/rootfs/tmp/made"
                        run -0 oci run -b "$BUNDLE" "$ID"
                        [[ $output == *$'\nopen EPERM\nshipped EPERM' ]] || { echo "$name with $change"; shown; }
                done
                # A process that joins is in the same group.
                cp "$WORK/config" "$BUNDLE/config.json"
                oci run -d -b "$BUNDLE" "$ID"
                rm -f "$BUNDLE/rootfs/tmp/made"
                run -0 oci exec "$ID" /bin/probe device "$type" "$major" "$minor"
                [[ $output == *$'\nopen EPERM\nshipped EPERM' ]] || { echo "$name by exec"; shown; }
                [[ $(oci exec "$ID" sh -c 'echo x >/dev/null && head -c 1 /dev/zero | wc -c') == 1 ]]
                oci delete --force "$ID"
                # Listed, it is opened, where the machine itself can: the test can fail.
                python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)' "/dev/$name" 2>/dev/null || continue
                jq ".linux.resources.devices += [{allow: true, type: \"$type\", major: $major, minor: $minor, access: \"rm\"}]
                    | .process.args = [\"/bin/probe\", \"device\", \"$type\", \"$major\", \"$minor\"]" "$WORK/config" >"$BUNDLE/config.json"
                rm -f "$BUNDLE/rootfs/tmp/made"
                run -0 oci run -b "$BUNDLE" "$ID"
                [[ $output == *$'\nopen done\nshipped done' ]] || { echo "$name, listed"; shown; }
                ((listed += 1))
        done < <(echo "b $major $minor $name"
                open_devices | head -n 1)
        ((listed > 0)) || unable "has no device that can be opened"
}

# lied_to OPTION...: the start of the bundle, while the kernel's answers to some of its calls are made up. It is noticed; or the rules are in force
# all the same.
lied_to() {
        rm -f "$BUNDLE/rootfs/tmp/made"
        run traced strace -qq -o "$WORK/trace" "$@" \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $(grep -c INJECTED "$WORK/trace") -ge 1 ]] || { echo "nothing was made up: $*"; shown; }
        [[ $status -eq 0 && $output == *$'\nopen EPERM\nshipped EPERM' ]] ||
                [[ $status -eq 1 && $output == *device* && $output != *open* ]] || { echo "$*"; shown; }
}

@test "V25: device rules that did not reach the kernel are noticed" {
        local group=/sys/fs/cgroup/devices/$ID count n type major minor
        needs_machine_root "others make no device rules"
        # One that everybody may open: it is the rules alone that refuse it.
        read -r type major minor _ < <(open_devices) || unable "has no device that can be opened"
        make_bundle /bin/probe device "$type" "$major" "$minor"
        with_probe
        edit '.root.readonly = false | .process.capabilities |=
              (.bounding += ["CAP_MKNOD"] | .effective += ["CAP_MKNOD"] | .permitted += ["CAP_MKNOD"])'
        mknod -m 666 "$BUNDLE/rootfs/shipped" "$type" "$major" "$minor"
        if [[ -d /sys/fs/cgroup/devices ]]; then
                lied_to -P "$group/devices.deny" -e trace=write -e inject=write:retval=1
                lied_to -P "$group/devices.allow" -e trace=write -e inject=write:retval=10
                return
        fi
        traced strace -qq -o "$WORK/trace" -e trace=bpf \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        count=$(grep -c '^bpf' "$WORK/trace")
        ((count >= 3))
        for ((n = 1; n <= count; n++)); do
                lied_to -e trace=bpf -e "inject=bpf:retval=0:when=$n"
        done
}

# bats test_tags=vm
@test "V25: where no cgroup can hold the rules, nothing starts" {
        needs_machine_root "others make no device rules"
        make_bundle sh -c 'echo RAN'
        edit '.mounts |= map(select(.type != "cgroup"))'
        # shellcheck disable=SC2016
        run unshare -m --propagation private sh -c 'umount -R /sys/fs/cgroup && exec "$@"' sh \
                "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $status -eq 1 && $output == *"device rules"* && $output != *RAN* ]] || shown
}

# Why execve(2) failed is looked for in the file, by a process that is under no device rules.
@test "V25: no device of the image is opened to say why a program can't be executed" {
        needs_machine_root "device nodes"
        needs_program strace
        make_bundle foo
        edit '.process.env = ["PATH=/first:/second"]'
        mkdir "$BUNDLE"/rootfs/{first,second} "$WORK/second"
        mknod "$BUNDLE/rootfs/first/foo" c 1 7
        printf '#!/no/interpreter\n' | tee "$BUNDLE/rootfs/second/foo" >"$WORK/second/foo"
        chmod 755 "$BUNDLE/rootfs/first/foo" "$BUNDLE/rootfs/second/foo" "$WORK/second/foo"
        start() {
                # One file for each process: in one for all a call is split by those of others.
                rm -f "$WORK"/trace*
                run -1 traced strace -ff -yy -o "$WORK/trace" -e trace=open,openat,openat2 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
                ! grep -h ' = .*<char 1:7' "$WORK"/trace* | grep -v O_PATH || return 1
        }
        start
        expect_in_output "names the interpreter '/no/interpreter'"
        # Below the mount that has the program.
        edit --arg source "$WORK/second" '.mounts += [{destination: "/second", type: "bind", source: $source, options: ["bind", "ro"]}]'
        rm "$BUNDLE/rootfs/second/foo"
        mknod -m 755 "$BUNDLE/rootfs/second/foo" c 1 7
        start
        expect_in_output "execute 'foo': no such file"
        grep -qh 'O_PATH.* = .*second/foo<char 1:7' "$WORK"/trace*
}

# bats test_tags=vm
@test "V40: groups that nest deeper than a path is long keep nobody from being listed, signalled and ended" {
        local pid_namespace child init
        needs_machine_root "a container's groups that it may write to"
        for pid_namespace in own host; do
                make_bundle sh -c 'sleep 200 & for at in /sys/fs/cgroup/unified /sys/fs/cgroup /sys/fs/cgroup/freezer; do [ ! -e $at/cgroup.procs ] || break; done
                                   cd $at; n=$(printf %0240d 1)
                                   while mkdir $n && cd $n 2>/dev/null; do :; done
                                   echo $! >$n/cgroup.procs && echo deep && exec sleep 100'
                writes_groups
                [[ $pid_namespace == own ]] || edit '.linux.namespaces |= map(select(.type != "pid"))'
                oci run -d -b "$BUNDLE" "$ID" >out 2>&1 3>&-
                wait_until 10 grep -q deep out
                init=$(init_pid)
                child=$(pgrep -P "$init")
                [[ $(oci ps -f json "$ID" | jq -c .) == "[$init,$child]" ]]
                ward cgroup tree >tree && grep -q "$ID" tree
                oci kill --all "$ID" TERM
                wait_until 5 has_ended "$child"
                oci kill --all "$ID" KILL
                wait_until 5 has_status "$ID" stopped
                oci delete "$ID"
                nothing_left
                oci run -d -b "$BUNDLE" "$ID" >out 2>&1 3>&-
                wait_until 10 grep -q deep out
                oci delete --force "$ID"
                nothing_left
        done
}

@test "V40: who freezes himself below the group of his container is ended all the same" {
        local how began
        [[ -d /sys/fs/cgroup/freezer ]] || unable "has no freezer of cgroup v1, which alone keeps who is frozen from dying"
        needs_machine_root "a container's groups that it may write to"
        make_bundle sh -c 'cd /sys/fs/cgroup/freezer; mkdir -p a/b; echo $$ >a/b/cgroup.procs; echo FROZEN >a/b/freezer.state; sleep 100'
        writes_groups
        for how in "kill $ID KILL" "kill --all $ID KILL" "delete --force $ID"; do
                oci run -d -b "$BUNDLE" "$ID" 3>&-
                wait_until 5 grep -q FROZEN "/sys/fs/cgroup/freezer/$ID/a/b/freezer.state"
                has_status "$ID" running
                began=$SECONDS
                # shellcheck disable=SC2086
                oci $how
                [[ $how == delete* ]] || wait_until 5 has_status "$ID" stopped
                ((SECONDS - began < 8))
                oci delete --force "$ID"
                nothing_left
        done
}
