#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V2: somebody who has the image too exchanges its names while containers start.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

# starts N: so many containers are started, with WARD_RACE_STARTS=10000 more; an emulated machine has time for a fifth.
starts() { echo "${WARD_RACE_STARTS:-$(($1 / (${WARD_IN_VM:-0} == 1 ? 5 : 1)))}"; }

# Starts $1 containers of the bundle while the two names are exchanged.
race() {
        local count=$1 first=$2 second=$3 started=0 refused=0 pid
        "$ATTACKERS/swap" "$BUNDLE/rootfs/$first" "$BUNDLE/rootfs/$second" >"$WORK/swap" 3>&- &
        pid=$!
        wait_until 5 grep -q ready "$WORK/swap"
        for ((i = 0; i < count; i++)); do
                if "${RUNTIME[@]:-$WARD_BUILD/bin/ward-oci}" --root "$WORK/state" run -b "$BUNDLE" "$ID-$i" >>"$WORK/out" 2>>"$WORK/err" 3>&-; then
                        ((started += 1))
                else
                        ((refused += 1))
                fi
        done
        kill "$pid"
        wait "$pid" || true
        echo "started $started, refused $refused"
        ! grep -E "AddressSanitizer|killed by signal|unknown" "$WORK/err" || return 1
        ((started > 0))
}

@test "V2: binds, a tmpfs, a cgroup mount and masks below a directory that is exchanged with a link to the host" {
        make_bundle true
        mkdir -p "$BUNDLE"/rootfs/data
        ln -s "$CANARY" "$BUNDLE/rootfs/trap"
        edit '.mounts = [{destination: "/proc", type: "proc", source: "proc"},
                         {destination: "/data/tmp", type: "tmpfs", source: "tmpfs"},
                         {destination: "/data/dir", type: "bind", source: "/usr/bin", options: ["rbind", "ro"]},
                         {destination: "/data/file/x", type: "bind", source: "/etc/hostname", options: ["bind"]},
                         {destination: "/data/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]
              | .linux.maskedPaths = ["/data/marker", "/data/file"] | .linux.readonlyPaths = ["/data/dir"]'
        race "$(starts 200)" data trap
}

@test "V2, V3: a /dev that is exchanged with a link to the host" {
        make_bundle sh -c 'echo changed >/dev/new; echo changed >/dev/ptmx; true'
        own_dev
        ln -s "$CANARY" "$BUNDLE/rootfs/trap"
        race "$(starts 100)" dev trap
}

@test "V2, V5: what is masked stays masked when the directory of a mount changes its name" {
        local masked=timer_list
        # What the root of a user namespace can read, too.
        is_machine_root || masked=uptime
        make_bundle sh -c 'for proc in /proc /fake; do
                               [ ! -d $proc/self ] || head -c 1 $proc/'$masked'
                           done'
        edit --arg path "/proc/$masked" '.linux.maskedPaths |= (. + [$path] | unique)'
        mkdir -p "$BUNDLE/rootfs/fake"
        touch "$BUNDLE/rootfs/fake/$masked"
        head -c 1 "/proc/$masked" | grep -q . || unable "has no /proc/$masked to be masked"
        race "$(starts 60)" proc fake
        [[ ! -s $WORK/out ]]
        # mount(2) leaves no descriptor of the mount.
        # shellcheck disable=SC2034  # race() has it
        RUNTIME=("$WARD_BUILD/tests/shim/deny" EPERM fsopen -- "$(itself ward-oci)")
        race "$(starts 60)" proc fake
        [[ ! -s $WORK/out ]]
}

# To open a device already does something, and the mounts of a container need not be under its device rules.
@test "V25: tmpcopyup copies no device that a file is exchanged for" {
        local i pid pairs=()
        needs_machine_root "device nodes"
        needs_program strace
        make_bundle sh -c 'cat /up/*'
        edit '.mounts |= [{destination: "/up", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "size=1m"]}] + .'
        # What it reads and writes is under the container's limits.
        run -0 oci plan -b "$BUNDLE"
        [[ $output == *"wait for 'cgroups'"*"with a copy"* ]] || shown
        mkdir "$BUNDLE"/rootfs/{up,aside}
        for i in {1..16}; do
                echo plain >"$BUNDLE/rootfs/up/f$i"
                mknod "$BUNDLE/rootfs/aside/f$i" c 1 5
                pairs+=("$BUNDLE/rootfs/up/f$i" "$BUNDLE/rootfs/aside/f$i")
        done
        "$ATTACKERS/swap" "${pairs[@]}" >"$WORK/swap" 3>&- &
        pid=$!
        wait_until 5 grep -q ready "$WORK/swap"
        for i in 1 2; do
                # Slow enough that what is seen first is another thing when it is opened. /dev/zero has no end: a copy of it fails.
                run -0 --separate-stderr traced strace -f -o "$WORK/trace" -e trace=statx -e inject=statx:delay_exit=20000 \
                        "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID-$i"
                [[ $(sort -u <<<"$output") == plain ]] || shown
                grep -q S_IFCHR "$WORK/trace" # it was met: the test can fail
        done
        kill "$pid"
        wait "$pid" || true
}
