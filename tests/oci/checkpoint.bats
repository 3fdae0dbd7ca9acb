#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore: what ran goes on where it was, through CRIU, and is the container that it was.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_machine_root "CRIU reads and makes processes"
        IMAGES=$WORK/images
        COUNT=$WORK/shared/count
        mkdir -m 755 "$WORK/shared"
}

teardown() {
        # CRIU, too, which saves to the end what it has begun.
        [[ -z ${BEHIND:-} ]] || pkill -KILL -P "$BEHIND" 2>/dev/null || true
        [[ -z ${BEHIND:-} ]] || kill "$BEHIND" 2>/dev/null || true
        remove_all
}

# make_counter [FIRST]: a bundle whose program counts in its memory, and writes each number with a word that it thought of at its
# start. Before that it runs FIRST.
make_counter() {
        make_bundle sh -c "${1:-}"'
                word=$(cat /proc/sys/kernel/random/uuid); i=0
                while :; do i=$((i + 1)); echo "$word $i" >/shared/new; mv /shared/new /shared/count 2>/dev/null; usleep 20000; done'
        edit --arg dir "$WORK/shared" '.root.readonly = false
                | .mounts += [{destination: "/shared", type: "bind", source: $dir, options: ["bind", "rw"]}]'
}

word() { local w n; read -r w n <"$COUNT" && echo "$w"; }
number() { local w n; read -r w n <"$COUNT" && echo "$n"; }
counts_beyond() { local w n; read -r w n 2>/dev/null <"$COUNT" && ((n > $1)); }

# Its standard output is a file, as an engine's is a pipe: what bats gives would be waited for.
start() { oci run -d -b "$BUNDLE" "$@" "$ID" </dev/null >"$WORK/out" 2>&1 || { cat "$WORK/out"; return 1; }; }
save() { oci checkpoint --image-path "$IMAGES" "$@" "$ID"; }
restore() { oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$@" "$ID" </dev/null >>"$WORK/out" 2>&1 || { cat "$WORK/out"; return 1; }; }
init() { oci state "$ID" | jq .pid; }

# What a program has of its start, as the kernel shows it from outside.
rights() { grep -E '^(Uid|Gid|Groups|Cap.*|NoNewPrivs|Seccomp|Umask):' "/proc/$1/status"; }
limits() { cat "/proc/$1/limits"; }
mounts() { awk '{ print $5, $6 }' "/proc/$1/mountinfo" | sort; }

# bats test_tags=criu
@test "a counter goes on counting from where it was" {
        needs_criu
        make_counter
        start
        wait_until 20 counts_beyond 5
        before=$(word)
        save
        saved=$(number)
        fails_with "does not exist" oci state "$ID"
        [[ -z $(groups_of "$ID") ]]
        [[ $(number) == "$saved" ]]
        restore --pid-file "$WORK/pid"
        wait_until 20 counts_beyond "$saved"
        [[ $(word) == "$before" ]]
        has_status "$ID" running
        [[ $(init) == "$(<"$WORK/pid")" ]]
        [[ $(oci exec "$ID" hostname) == ward ]]
        oci pause "$ID"
        has_status "$ID" paused
        oci resume "$ID"
        oci kill "$ID" KILL
        wait_until 20 has_status "$ID" stopped
        oci delete "$ID"
        nothing_left
}

# bats test_tags=criu
@test "a restored container is in the same groups, namespaces and confinement" {
        needs_criu
        make_counter
        edit '.hostname = "saved" | .linux.resources.pids.limit = 77 | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]
                | .process.user = {uid: 0, gid: 0, additionalGids: [5, 7]} | .process.noNewPrivileges = true
                | .process.capabilities.bounding = ["CAP_KILL", "CAP_CHOWN"] | .process.capabilities.permitted = ["CAP_KILL"]
                | .process.capabilities.effective = ["CAP_KILL"] | .process.oomScoreAdj = 33
                | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
        start
        wait_until 20 counts_beyond 1
        pid=$(init)
        rights "$pid" >"$WORK/rights"
        limits "$pid" >"$WORK/limits"
        mounts "$pid" >"$WORK/mounts"
        groups_of "$ID" | sort >"$WORK/groups"
        grep -q "^NoNewPrivs:.1" "$WORK/rights"
        save
        restore
        pid=$(init)
        diff "$WORK/rights" <(rights "$pid")
        diff "$WORK/limits" <(limits "$pid")
        diff "$WORK/mounts" <(mounts "$pid")
        diff "$WORK/groups" <(groups_of "$ID" | sort)
        [[ $(<"/proc/$pid/oom_score_adj") == 33 ]]
        [[ $(oci exec "$ID" hostname) == saved ]]
        while read -r file; do [[ $(<"$file") == 77 ]]; done < <(find $(groups_of "$ID") -name pids.max)
        for ns in mnt net pid ipc uts; do
                [[ $(readlink "/proc/$pid/ns/$ns") != "$(readlink "/proc/self/ns/$ns")" ]]
        done
        # All of it is in the groups that a deletion empties.
        oci ps -f json "$ID" | jq -e --argjson pid "$pid" 'index($pid) != null'
        oci delete --force "$ID"
        wait_until 5 has_ended "$pid"
}

# bats test_tags=matrix-criu
@test "a container is restored under another name and in another group, while the first one goes on" {
        needs_criu
        make_counter
        start
        wait_until 20 counts_beyond 5
        save --leave-running
        has_status "$ID" running
        wait_until 20 counts_beyond "$(number)"
        ID=$ID-2 restore
        has_status "$ID" running
        has_status "$ID-2" running
        grep -q "/$ID-2\$" "/proc/$(oci state "$ID-2" | jq .pid)/cgroup"
        fails_with "exists already" oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID"
        oci delete --force "$ID-2"
        has_status "$ID" running
}

# bats test_tags=criu
@test "a pre-dump saves what the next dump need not save again" {
        needs_criu mem_dirty_track
        # What the shell and its children have at a moment differs: beside them somebody has far more, and never writes to it.
        make_counter '(much=$(head -c 4000000 /dev/zero | tr "\\0" x); echo >/shared/much; sleep 1000; : "$much") &
                until [ -e /shared/much ]; do usleep 20000; done'
        start
        wait_until 20 counts_beyond 5
        oci checkpoint --pre-dump --image-path "$WORK/first" "$ID"
        has_status "$ID" running
        wait_until 20 counts_beyond "$(number)"
        before=$(word)
        save --parent-path ../first
        saved=$(number)
        # Pages that had not changed are in the first alone.
        (($(cat "$IMAGES"/pages-*.img | wc -c) < $(cat "$WORK"/first/pages-*.img | wc -c)))
        restore
        wait_until 20 counts_beyond "$saved"
        [[ $(word) == "$before" ]]
}

# bats test_tags=matrix-criu
@test "the path of earlier images is relative, and there" {
        needs_criu
        make_bundle sleep 100
        start
        fails_with "absolute" save --parent-path "$WORK/first"
        fails_with "open the earlier images" save --parent-path ../first
        fails_with "pre-dump alone can't be restored" env -C "$WORK" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" restore -d -b "$BUNDLE" \
                --image-path "$IMAGES" "$ID-2"
        has_status "$ID" running
}

# bats test_tags=criu
@test "memory is fetched while the restored container runs" {
        needs_criu uffd-noncoop
        make_counter
        start
        wait_until 20 counts_beyond 5
        before=$(word)
        # The NUL goes into a file.
        become_oci checkpoint --image-path "$IMAGES" --lazy-pages --page-server 127.0.0.1:27182 --status-fd 9 "$ID" 9>"$WORK/ready" \
                3>&- >"$WORK/dump" 2>&1 &
        BEHIND=$!
        wait_until 30 test -s "$WORK/ready"
        [[ $(od -An -tx1 "$WORK/ready") == " 00" ]]
        saved=$(number)
        mkdir "$WORK/lazy"
        timeout 60 criu lazy-pages --page-server --address 127.0.0.1 --port 27182 -D "$IMAGES" -W "$WORK/lazy" 3>&- >"$WORK/fetch" 2>&1 &
        wait_until 20 test -S "$WORK/lazy/lazy-pages.socket"
        timeout 60 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" restore -d -b "$BUNDLE" --image-path "$IMAGES" --lazy-pages \
                --work-path "$WORK/lazy" "$ID-2" </dev/null >"$WORK/out2" 2>&1 || { cat "$WORK/out2"; false; }
        wait_until 30 counts_beyond "$saved"
        [[ $(word) == "$before" ]]
        # When all was fetched the container that was saved is gone.
        wait "$BEHIND" || { cat "$WORK/dump"; false; }
        BEHIND=
        fails_with "does not exist" oci state "$ID"
        wait
}

# bats test_tags=matrix-criu
@test "standard descriptors are those of who restores, whatever they are" {
        needs_criu
        make_bundle sh -c 'while :; do echo says; echo warns >&2; usleep 50000; done'
        oci run -d -b "$BUNDLE" "$ID" </dev/null > >(cat >"$WORK/piped") 2>"$WORK/file"
        wait_until 20 grep -q says "$WORK/piped"
        wait_until 20 grep -q warns "$WORK/file"
        save
        : >"$WORK/piped"
        size=$(stat -c %s "$WORK/file")
        # CRIU takes a file for the one that it was if it is as long.
        oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID" </dev/null > >(cat >"$WORK/new") 2>>"$WORK/file" || { cat "$WORK/file"; false; }
        wait_until 20 grep -q says "$WORK/new"
        longer() { (($(stat -c %s "$WORK/file") > size)); }
        wait_until 20 longer
        oci kill "$ID" KILL
        wait_until 20 has_status "$ID" stopped
        [[ ! -s $WORK/piped ]]
        [[ $(sort -u "$WORK/file") == warns ]]
        oci delete "$ID"
}

# bats test_tags=matrix-criu
@test "in the foreground restore ends as its program does" {
        needs_criu
        make_bundle sh -c 'trap "exit 41" TERM; touch /shared/ready; while :; do usleep 20000; done'
        edit --arg dir "$WORK/shared" '.mounts += [{destination: "/shared", type: "bind", source: $dir, options: ["bind", "rw"]}]'
        start
        wait_until 20 test -e "$WORK/shared/ready"
        save
        become_oci restore -b "$BUNDLE" --image-path "$IMAGES" "$ID" </dev/null >"$WORK/out" 2>&1 3>&- &
        BEHIND=$!
        running() { has_status "$ID" running 2>/dev/null; }
        wait_until 20 running
        kill -TERM "$BEHIND"
        status=0
        wait "$BEHIND" || status=$?
        BEHIND=
        [[ $status == 41 ]] || { cat "$WORK/out"; false; }
        nothing_left
}

# bats test_tags=criu
@test "a terminal's other end goes to the console socket again" {
        needs_criu
        make_bundle sh -c 'echo begun; while read -r line; do echo "<$line>"; done'
        edit '.process.terminal = true'
        "$HELPERS/receive.py" console "$WORK/socket" first >"$WORK/first" 2>&1 3>&- &
        BEHIND=$!
        wait_until 10 test -S "$WORK/socket"
        oci run -d --console-socket "$WORK/socket" -b "$BUNDLE" "$ID"
        wait_until 20 grep -q "^<first>" "$WORK/first"
        save
        wait "$BEHIND" || true
        rm "$WORK/socket"
        fails_with "console.socket" oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID"
        "$HELPERS/receive.py" console "$WORK/socket" second >"$WORK/second" 2>&1 3>&- &
        BEHIND=$!
        wait_until 10 test -S "$WORK/socket"
        restore --console-socket "$WORK/socket"
        wait_until 20 grep -q "^<second>" "$WORK/second"
        ! grep -q begun "$WORK/second" || return 1
        oci delete --force "$ID"
        wait "$BEHIND" || true
}

# bats test_tags=matrix-criu
@test "what the machine gives is given again: binds, a namespace with a path, the network's settings" {
        needs_criu
        make_counter
        edit '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
        start
        wait_until 20 counts_beyond 1
        save
        restore
        [[ $(oci exec "$ID" cat /proc/sys/net/ipv4/ip_forward) == 1 ]]
        oci exec "$ID" ip link show lo | grep -q "LOOPBACK,UP"
        oci delete --force "$ID"
        rm -rf "$IMAGES"
        unshare -n sleep 1000 3>&- &
        BEHIND=$!
        other() { [[ $(readlink "/proc/$BEHIND/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }
        wait_until 10 other
        edit --arg path "/proc/$BEHIND/ns/net" 'del(.linux.sysctl) | (.linux.namespaces[] | select(.type == "network")).path = $path'
        start
        wait_until 20 counts_beyond 1
        save
        restore
        [[ $(readlink "/proc/$(init)/ns/net") == "$(readlink "/proc/$BEHIND/ns/net")" ]]
        oci delete --force "$ID"
}

# bats test_tags=matrix-criu
@test "in a user namespace" {
        needs_criu
        make_bundle sh -c 'i=0; while :; do i=$((i + 1)); echo "word $i" >/tmp/new; mv /tmp/new /tmp/count; usleep 20000; done'
        COUNT=$BUNDLE/rootfs/tmp/count
        chown -R 100000:100000 "$BUNDLE/rootfs"
        edit '.root.readonly = false | .linux.namespaces += [{type: "user"}]
                | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
        : >"$WORK/out"
        chmod 666 "$WORK/out"
        start
        wait_until 20 counts_beyond 1
        save
        saved=$(number)
        # The restored processes open the images, and files that are standard descriptors, with the rights of their own root.
        chmod 711 "$IMAGES"
        restore
        wait_until 20 counts_beyond "$saved"
        read -r _ uid _ < <(grep ^Uid "/proc/$(init)/status")
        [[ $uid == 100000 ]]
        oci exec "$ID" true
}

# bats test_tags=matrix-criu
@test "a root that is new gets the targets of its mounts, and loses them when the restore fails" {
        needs_criu
        make_counter
        edit --arg dir "$WORK/shared" '.mounts += [{destination: "/deep/in/it", type: "bind", source: $dir, options: ["bind", "rw"]}]'
        start
        wait_until 20 counts_beyond 1
        save
        saved=$(number)
        rm -rf "$BUNDLE/rootfs"
        rootfs "$BUNDLE/rootfs"
        find "$BUNDLE/rootfs" | sort >"$WORK/found"
        mv "$IMAGES/core-1.img" "$WORK"
        fails_with "CRIU failed" oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID"
        diff "$WORK/found" <(find "$BUNDLE/rootfs" | sort)
        nothing_left
        mv "$WORK/core-1.img" "$IMAGES"
        restore
        [[ -d $BUNDLE/rootfs/deep/in/it && -d $BUNDLE/rootfs/shared ]]
        wait_until 20 counts_beyond "$saved"
}

# bats test_tags=matrix-criu
@test "hooks run as at a start, those of the program's own beginning do not" {
        needs_criu
        make_counter
        # shellcheck disable=SC2016  # the hook's
        printf '#!/bin/sh\necho "$1 $(jq -r ".status, (.pid | type)" | xargs)" >>%s/hooks\n' "$WORK" >"$WORK/hook"
        chmod 755 "$WORK/hook"
        edit --arg hook "$WORK/hook" '.hooks = ([("createRuntime", "poststart", "poststop") | {key: ., value: [{path: $hook, args: ["hook", .]}]}] | from_entries)'
        # The hook's environment is empty: it needs a PATH.
        edit --arg path "PATH=$PATH" '.hooks[][].env = [$path]'
        start
        wait_until 20 counts_beyond 1
        save
        [[ $(tail -n 1 "$WORK/hooks") == "poststop stopped null" ]]
        : >"$WORK/hooks"
        restore
        [[ $(<"$WORK/hooks") == $'createRuntime created number\npoststart running number' ]]
        oci delete --force "$ID"
        rm "$WORK/hook"
        fails_with "createRuntime hook" oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID"
        nothing_left
}

# bats test_tags=matrix-criu
@test "whoever is killed half way leaves a container that goes on, or one that can be removed" {
        needs_criu
        make_counter
        edit --arg hook "$WORK/hook" '.hooks = {createRuntime: [{path: $hook}]}'
        printf '#!/bin/sh\n' >"$WORK/hook"
        mkdir "$WORK/bin"
        # shellcheck disable=SC2016  # the script's
        printf '#!/bin/sh\nkill -KILL $PPID\nexec %s "$@"\n' "$(command -v criu)" >"$WORK/bin/criu"
        chmod 755 "$WORK/hook" "$WORK/bin/criu"
        start
        wait_until 20 counts_beyond 5
        PATH=$WORK/bin:$PATH run -137 save
        has_status "$ID" running
        wait_until 20 counts_beyond "$(number)"
        save
        # In the middle of its work, while CRIU waits for it.
        # shellcheck disable=SC2016  # the script's
        printf '#!/bin/sh\nkill -KILL $PPID\n' >"$WORK/hook"
        run -137 oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID"
        oci delete --force "$ID"
        nothing_left
        printf '#!/bin/sh\n' >"$WORK/hook"
        restore
        wait_until 20 counts_beyond "$(number)"
}

# bats test_tags=matrix-criu
@test "who waits for a container in the foreground sees it end, and leaves nothing" {
        needs_criu
        make_counter
        become_oci run -b "$BUNDLE" "$ID" </dev/null >"$WORK/out" 2>&1 3>&- &
        BEHIND=$!
        wait_until 20 counts_beyond 5
        save
        status=0
        wait "$BEHIND" || status=$?
        BEHIND=
        [[ $status == 137 ]] || { cat "$WORK/out"; false; }
        nothing_left
        restore
}

# bats test_tags=matrix-criu
@test "what CRIU refuses is said with its own words, and the container goes on; the option lets it" {
        needs_criu
        make_bundle sh -c 'sleep 1000 | nc -l -p 4000 >/shared/count & sleep 0.5
                i=0; while :; do i=$((i + 1)); echo "word $i"; usleep 50000; done | nc 127.0.0.1 4000'
        edit --arg dir "$WORK/shared" '.mounts += [{destination: "/shared", type: "bind", source: $dir, options: ["bind", "rw"]}]
                | .root.readonly = false'
        last() { tail -n 1 "$COUNT" >"$WORK/last" && read -r _ n <"$WORK/last" && ((n > $1)); }
        start
        wait_until 20 last 5
        fails_with "CRIU failed: .*tcp-established.*$IMAGES/dump.log" save
        has_status "$ID" running
        read -r _ n <"$WORK/last"
        wait_until 20 last "$n"
        save --tcp-established
        read -r _ n < <(tail -n 1 "$COUNT")
        restore --tcp-established
        # What went through the connection before and behind it is all there, in its order.
        wait_until 20 last "$((n + 5))"
        oci kill --all "$ID" KILL
        wait_until 20 has_status "$ID" stopped
        sed '$d' "$COUNT" | awk '$2 != NR { exit 1 }'
}

# bats test_tags=matrix-criu
@test "--tcp-close: what held a connection finds it closed" {
        needs_criu
        make_bundle sh -c 'sleep 1000 | nc -l -p 4000 >/shared/count & sleep 0.5
                i=0; while :; do i=$((i + 1)); echo "word $i"; usleep 50000; done | nc 127.0.0.1 4000; sleep 1000'
        edit --arg dir "$WORK/shared" '.mounts += [{destination: "/shared", type: "bind", source: $dir, options: ["bind", "rw"]}]
                | .root.readonly = false'
        connections() { cat "/proc/$(init)"/net/tcp{,6} | awk '$4 == "01"' | wc -l; }
        no_nc_runs() { ! oci exec "$ID" pidof nc; }
        start
        wait_until 20 test -s "$COUNT"
        [[ $(connections) == 2 ]]
        save --tcp-established
        restore --tcp-close
        has_status "$ID" running
        [[ $(connections) == 0 ]]
        wait_until 20 no_nc_runs
}

# bats test_tags=matrix-criu
@test "a paused container can be saved" {
        needs_criu
        make_counter
        start
        wait_until 20 counts_beyond 5
        oci pause "$ID"
        save
        saved=$(number)
        restore
        wait_until 20 counts_beyond "$saved"
}

# bats test_tags=matrix-criu
@test "org.criu.config names a file of options" {
        needs_criu
        oci features | jq -e '.potentiallyUnsafeConfigAnnotations | index("org.criu.config") != null'
        make_bundle sleep 100
        edit --arg file "$WORK/criu.conf" '.annotations = {"org.criu.config": $file}'
        echo "log-file other.log" >"$WORK/criu.conf"
        start
        save --leave-running --work-path "$WORK/work"
        [[ -s $WORK/work/other.log && ! -e $WORK/work/dump.log ]]
        edit '.annotations = {"org.criu.config": ""}'
        oci delete --force "$ID"
        start
        save --leave-running --work-path "$WORK/work"
        [[ -s $WORK/work/dump.log ]]
}

# bats test_tags=matrix-criu
@test "what would come back without its memory policy is not saved" {
        [[ -e /proc/self/numa_maps ]] || unable "this kernel knows no memory nodes (CONFIG_NUMA)"
        make_bundle sleep 100
        edit '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}'
        start
        fails_with "linux.memoryPolicy.*a memory policy" save
        has_status "$ID" running
}

# bats test_tags=matrix-criu
@test "what would come back without its priority of disk accesses is not saved" {
        make_bundle sleep 100
        edit '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 7}'
        start
        fails_with "process.ioPriority.*the priority of disk accesses" save
        has_status "$ID" running
        # Whoever can write in it decides what the processes will be.
        [[ $(stat -c %a "$IMAGES") == 700 ]]
}

# bats test_tags=matrix-criu
@test "a container with a link in place of a mount is not saved" {
        make_bundle sleep 100
        ln -s /nowhere "$WORK/link"
        edit --arg source "$WORK/link" '.root.readonly = false | .mounts += [{destination: "/link", source: $source, options: ["bind", "copy-symlink"]}]'
        start
        fails_with "mounts\\[[0-9]*\\].*a link in place of a mount" save
        has_status "$ID" running
}

# bats test_tags=matrix-criu
@test "a mount that was added while it ran has to go first" {
        ! newest_calls_refused || unable "mounts are added with the newest calls alone"
        make_bundle sleep 100
        start
        mkdir -p "$WORK/added" "$BUNDLE/rootfs/mnt"
        jq -n --arg source "$WORK/added" '[{destination: "/mnt", type: "bind", source: $source, options: ["bind"]}]' >"$WORK/mounts.json"
        oci mounts add "$ID" "$WORK/mounts.json"
        fails_with "the mount on '/mnt', which was added.*mounts remove $ID" save
        has_status "$ID" running
}

# bats test_tags=matrix-criu
@test "where CRIU is not installed its package is named" {
        make_bundle sleep 100
        start
        mkdir "$WORK/empty"
        # shellcheck disable=SC2016  # the inner shell's
        run unshare -m bash -c 'mount -t tmpfs none /usr/sbin; PATH=$0 exec "$@"' "$WORK/empty" "$(itself ward-oci)" --root "$WORK/state" \
                checkpoint --image-path "$IMAGES" "$ID"
        expect_status 1
        expect_in_output "checkpoint container '$ID'" "not installed" "install the package criu"
        has_status "$ID" running
}

# bats test_tags=matrix-criu
@test "a program in its place that fails is said so" {
        make_bundle sleep 100
        start
        mkdir "$WORK/bin"
        printf '#!/bin/sh\nexit 7\n' >"$WORK/bin/criu"
        chmod 755 "$WORK/bin/criu"
        PATH=$WORK/bin:$PATH fails_with "CRIU failed: it ended with status 7" save
        printf '#!/bin/sh\nprintf "\\\\377\\\\377" >&3\n' >"$WORK/bin/criu"
        PATH=$WORK/bin:$PATH fails_with "CRIU failed|talk with CRIU" save
        has_status "$ID" running
}

# bats test_tags=matrix-criu
@test "only what runs can be saved" {
        make_bundle true
        oci create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
        fails_with "checkpoint container '$ID': it is created" save
        oci start "$ID"
        wait_until 10 has_status "$ID" stopped
        fails_with "checkpoint container '$ID': it is stopped" save
        fails_with "container 'none' does not exist" oci checkpoint none
        [[ ! -e $IMAGES ]]
}

# bats test_tags=matrix-criu
@test "mistakes of the command line" {
        make_bundle true
        fails_with "not one of: soft, full, strict, ignore" oci checkpoint --manage-cgroups-mode hard "$ID"
        fails_with "not one of: iptables, nftables, skip" oci checkpoint --network-lock pf "$ID"
        fails_with "network is" oci checkpoint --empty-ns pid "$ID"
        fails_with "ADDRESS:PORT" oci checkpoint --page-server 27182 "$ID"
        fails_with "ADDRESS:PORT" oci checkpoint --page-server localhost:0 "$ID"
        fails_with "without --lazy-pages" oci checkpoint --status-fd 1 "$ID"
        fails_with "needs an address" oci checkpoint --lazy-pages "$ID"
        fails_with "Bad file descriptor" oci checkpoint --lazy-pages --page-server 127.0.0.1:1 --status-fd 77 "$ID"
        fails_with "can't be written to" oci checkpoint --lazy-pages --page-server 127.0.0.1:1 --status-fd 0 "$ID" </dev/null
        fails_with "leave one of them out" oci checkpoint --pre-dump --lazy-pages --page-server 127.0.0.1:1 "$ID"
        fails_with "CRIU that enters" oci restore --no-pivot -b "$BUNDLE" "$ID"
        fails_with "open the directory of the images.*--image-path" oci restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID" </dev/null
        nothing_left
}

# bats test_tags=matrix-criu
@test "an ordinary user is told that root can" {
        make_bundle sleep 100
        own=$(mktemp -d)
        cp "$BUNDLE/config.json" "$own"
        chown -R 65534:65534 "$own"
        run as_nobody "$(itself ward-oci)" --root "$own/state" restore -d -b "$own" --image-path "$own" "$ID"
        rm -rf "$own"
        expect_status 1
        expect_in_output "only root may" "run it as root"
}
