# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Every field of linux.resources beside memory, cpu, pids and devices (limits.bats): what the config says is in the kernel's files, read from
# outside; what this machine can't keep is refused, with the field, its line and what is missing.

load helpers/common

setup() {
        ward_setup
        needs_root
}

teardown() { remove_all; }

# value FILE...: what the first of these files says that a group of the container has; a star is a pattern of find's.
value() {
        local name file
        for name in "$@"; do
                file=$(find /sys/fs/cgroup -path "*/$ID/$name" -print -quit)
                [[ -z $file ]] || { cat "$file"; return; }
        done
        return 1
}

# Whether the machine's cgroup v2 has the controller; of v1, whether one is mounted with it.
is_v2() { grep -qw "$1" /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null; }
is_v1() { awk -v name="$1" '$0 ~ " - cgroup " && $NF ~ "(^|,)" name "(,|$)" { found = 1 } END { exit !found }' /proc/self/mountinfo; }

a_disk() {
        DISK=$(cat /sys/block/*/dev 2>/dev/null | head -n 1)
        [[ -n $DISK ]] || unable "this machine has no disk"
}

# start_with JQ-FILTER: a container that sleeps, with this in linux.resources.
start_with() {
        make_bundle sleep 1000
        edit ".linux.resources += $1"
        start
}

# The container that is in $BUNDLE; what it says is in the file `said`. It would hold the pipe of bats' `run`.
start() { oci run -d -b "$BUNDLE" "$ID" >said 2>&1 3>&- </dev/null || { cat said; return 1; }; }

# refuses JQ-FILTER WORD...: run fails, and says each of the words.
refuses() {
        local word
        make_bundle true
        edit ".linux.resources += $1"
        run oci run -b "$BUNDLE" "$ID"
        expect_status 1
        shift
        for word in "$@"; do
                expect_in_output "$word"
        done
        nothing_left
}

# The line of config.json that has this text.
line_of() { grep -n -m 1 -- "$1" "$BUNDLE/config.json" | cut -d : -f 1; }

# bats test_tags=vm
@test "blockIO: the rates of a disk are in its files, and go again" {
        a_disk
        start_with "{blockIO: {weight: 0,
                throttleReadBpsDevice: [{major: ${DISK%:*}, minor: ${DISK#*:}, rate: 1048577}],
                throttleWriteBpsDevice: [{major: ${DISK%:*}, minor: ${DISK#*:}, rate: 1048578}],
                throttleReadIOPSDevice: [{major: ${DISK%:*}, minor: ${DISK#*:}, rate: 1003}],
                throttleWriteIOPSDevice: [{major: ${DISK%:*}, minor: ${DISK#*:}, rate: 1004}]}}"
        if is_v1 blkio; then
                [[ $(value blkio.throttle.read_bps_device) == "$DISK 1048577" ]]
                [[ $(value blkio.throttle.write_bps_device) == "$DISK 1048578" ]]
                [[ $(value blkio.throttle.read_iops_device) == "$DISK 1003" ]]
                [[ $(value blkio.throttle.write_iops_device) == "$DISK 1004" ]]
        else
                [[ $(value io.max) == "$DISK rbps=1048577 wbps=1048578 riops=1003 wiops=1004" ]]
        fi
        # What is not named stays.
        oci update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${DISK%:*}, \"minor\": ${DISK#*:}, \"rate\": 0}]}}"
        if is_v1 blkio; then
                [[ -z $(value blkio.throttle.read_bps_device) ]]
                [[ $(value blkio.throttle.write_iops_device) == "$DISK 1004" ]]
        else
                [[ $(value io.max) == "$DISK rbps=max wbps=1048578 riops=1003 wiops=1004" ]]
        fi
}

# bats test_tags=vm
@test "blockIO: more operations than the kernel counts are no limit" {
        local rate
        a_disk
        start_with "{blockIO: {throttleReadIOPSDevice: [{major: ${DISK%:*}, minor: ${DISK#*:}, rate: 1003}]}}"
        for rate in 4294967296 4294967297 18446744073709551615; do
                oci update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadIOPSDevice\": [{\"major\": ${DISK%:*}, \"minor\": ${DISK#*:}, \"rate\": 1003}]}}"
                [[ $(value blkio.throttle.read_iops_device io.max) == "$DISK "*1003* ]]
                oci update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadIOPSDevice\": [{\"major\": ${DISK%:*}, \"minor\": ${DISK#*:}, \"rate\": $rate}]}}"
                [[ -z $(value blkio.throttle.read_iops_device io.max) ]]
        done
        oci update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadIOPSDevice\": [{\"major\": ${DISK%:*}, \"minor\": ${DISK#*:}, \"rate\": 4294967294}]}}"
        [[ $(value blkio.throttle.read_iops_device io.max) == "$DISK "*4294967294* ]]
}

@test "blockIO: a rate that is kept" {
        a_disk
        local device begin
        device=$(stat -c %d "$WORK")
        DISK=$((device >> 8 & 4095)):$((device & 255))
        [[ -e /sys/dev/block/$DISK && ! -e /sys/dev/block/$DISK/partition ]] || unable "the tests are not on a disk of their own"
        make_bundle dd if=/dev/zero of=/file bs=256k count=4 oflag=direct
        edit ".root.readonly = false | .linux.resources.blockIO.throttleWriteBpsDevice = [{major: ${DISK%:*}, minor: ${DISK#*:}, rate: 524288}]"
        begin=${EPOCHREALTIME/./}
        oci run -b "$BUNDLE" "$ID"
        # A MiB at half a MiB each second takes two, of which the first is partly free.
        ((${EPOCHREALTIME/./} - begin > 1000000))
}

# bats test_tags=matrix-vm
@test "blockIO: a weight is that of the scheduler that is there, in its own units" {
        make_bundle sleep 1000
        edit '.linux.resources.blockIO.weight = 200'
        run start
        if ((status == 0)); then
                local file known=0
                for file in blkio.bfq.weight:200 blkio.weight:200 "io.bfq.weight:default 200" "io.weight:default 1920"; do
                        ! value "${file%%:*}" >figure || { [[ $(<figure) == "${file#*:}" ]]; known=1; }
                done
                ((known))
                oci update --blkio-weight 300 "$ID"
                [[ $(value blkio.bfq.weight blkio.weight io.bfq.weight io.weight) =~ ^(default\ )?(300|2930)$ ]]
        else
                expect_in_output "linux.resources.blockIO.weight (config.json line $(line_of '"weight"'))" \
                        "no weights for block devices" CONFIG_BFQ_GROUP_IOSCHED
        fi
        fails_with "is not a weight, which is 10 to 1000" oci update --blkio-weight 1001 "$ID"
}

# bats test_tags=matrix-vm
@test "blockIO: what is no disk, or has no weight, is named" {
        refuses '{blockIO: {throttleReadBpsDevice: [{major: 4095, minor: 7, rate: 1}]}}' \
                "linux.resources.blockIO.throttleReadBpsDevice[0]" "of 4095:7" "no disk has this number" lsblk
        [[ $output == *"(config.json line $(line_of 4095 | awk '{ print $1 - 1 }'))"* ]] || shown
        refuses '{blockIO: {leafWeight: 300}}' linux.resources.blockIO.leafWeight
        is_v2 io && expect_in_output "cgroup v2" || expect_in_output CFQ "Linux 5.0"
}

# bats test_tags=vm
@test "hugepageLimits: pages and reservations of a size" {
        if ! is_v1 hugetlb && ! is_v2 hugetlb; then
                refuses '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}' CONFIG_CGROUP_HUGETLB "the hugetlb controller"
                return
        fi
        # The root of a hybrid layout would give the controller to all groups, with which crun doesn't run.
        is_v1 hugetlb || [[ ! -d /sys/fs/cgroup/unified ]] || grep -q hugetlb /sys/fs/cgroup/unified/cgroup.subtree_control ||
                unable "beside cgroup v1 the root of v2 gives hugetlb to no group"
        [[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ]] || unable "has no huge pages of 2 MiB"
        is_v1 hugetlb || needs_machine_root "a group that was handed to somebody else has no hugetlb"
        start_with '{hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
        [[ $(value hugetlb.2MB.limit_in_bytes hugetlb.2MB.max) == 4194304 ]]
        [[ $(value hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max) == 4194304 ]]
        oci events --stats "$ID" | jq -e '.data.hugetlb["2MB"] | .usage == 0 and .failcnt == 0'
        oci delete --force "$ID"
        refuses '{hugepageLimits: [{pageSize: "3MB", limit: 0}]}' "linux.resources.hugepageLimits[0]" "huge pages of this size"
}

# bats test_tags=matrix-vm
@test "network: without its controllers it says which, and what has them" {
        is_v1 net_cls || {
                refuses '{network: {classID: 1048577}}' "linux.resources.network.classID (config.json line " \
                        "the net_cls controller" CONFIG_CGROUP_NET_CLASSID
                [[ $output == *"line $(line_of 1048577))"* ]] || shown
        }
        is_v1 net_prio || refuses '{network: {priorities: [{name: "lo", priority: 5}]}}' "linux.resources.network.priorities[0]" \
                "the net_prio controller" CONFIG_CGROUP_NET_PRIO
}

# bats test_tags=vm
@test "network: with its controllers, mounted for it" {
        needs_machine_root "a hierarchy is mounted by nobody else"
        [[ ${WARD_IN_VM:-} == 1 ]] || unable "mounts a hierarchy for the whole machine: in test machines alone"
        grep -q ^net_cls /proc/cgroups && grep -q ^net_prio /proc/cgroups || return 0 # the test above says what happens
        ! is_v1 net_cls || return 0 # it is there before any container
        mkdir -p /mnt/net_cls
        mount -t cgroup -o net_cls,net_prio net_cls /mnt/net_cls
        ok=true
        make_bundle sleep 1000
        # Nobody asked for it: no group.
        start && [[ ! -e /mnt/net_cls/$ID ]] || ok=false
        oci update -r - "$ID" <<<'{"network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 7}]}}' || ok=false
        [[ $(cat "/mnt/net_cls/$ID/net_cls.classid") == 1048577 ]] || ok=false
        grep -qx "lo 7" "/mnt/net_cls/$ID/net_prio.ifpriomap" || ok=false
        grep -qx "$(oci state "$ID" | jq .pid)" "/mnt/net_cls/$ID/cgroup.procs" || ok=false
        oci delete --force "$ID" || ok=false
        edit '.linux.resources.network = {classID: 9, priorities: [{name: "nosuch0", priority: 1}]}'
        run start
        [[ $output == *"linux.resources.network.priorities[0]"*"no such interface"* ]] || ok=false
        edit '.linux.resources.network = {classID: 9}'
        start && [[ $(cat "/mnt/net_cls/$ID/net_cls.classid") == 9 ]] || ok=false
        oci delete --force "$ID" || ok=false
        [[ ! -e /mnt/net_cls/$ID ]] || ok=false
        # Who looks at all groups beside us has it open for a moment.
        wait_until 30 umount /mnt/net_cls
        $ok || { shown; return 1; }
}

# bats test_tags=matrix-vm
@test "rdma: the device, or the controller, that is missing is named" {
        if is_v1 rdma || is_v2 rdma; then
                [[ ! -e /sys/class/infiniband/nosuch0 ]]
                refuses '{rdma: {nosuch0: {hcaHandles: 3, hcaObjects: 4294967295}}}' linux.resources.rdma.nosuch0 "no such RDMA device" \
                        "nosuch0 hca_handle=3 hca_object=max"
        else
                refuses '{rdma: {nosuch0: {hcaHandles: 3}}}' linux.resources.rdma.nosuch0 "the rdma controller" CONFIG_CGROUP_RDMA
        fi
}

# bats test_tags=vm
@test "unified: files of the v2 group; what is none is refused with what may have been meant" {
        make_bundle sleep 1000
        if is_v2 memory; then
                edit '.linux.resources += {memory: {limit: 33554432}, unified: {"memory.max": "67108864", "memory.high": "16777216\n50331648"}}'
                start
                # It overrides the other field, and each line is a write.
                [[ $(value memory.max) == 67108864 && $(value memory.high) == 50331648 ]]
                oci update -r - "$ID" <<<'{"unified": {"memory.high": "max"}}'
                [[ $(value memory.high) == max ]]
                run -1 oci update -r - "$ID" <<<'{"unified": {"memory.hihg": "1"}}'
                expect_in_output "unified.memory.hihg" "did you mean 'memory.high'?"
        elif is_v1 memory; then
                refuses '{unified: {"memory.high": "16777216"}}' "linux.resources.unified.memory.high (config.json line " "cgroup v1" \
                        "fields of its own"
                ! grep -q " - cgroup2 " /proc/self/mountinfo || {
                        start_with '{unified: {"cgroup.max.depth": "7"}}'
                        [[ $(value cgroup.max.depth) == 7 ]]
                        run -1 oci update -r - "$ID" <<<'{"unified": {"cgroup.max.dept": "1"}}'
                        expect_in_output "did you mean 'cgroup.max.depth'?"
                }
        fi
        oci delete --force "$ID"
        refuses '{unified: {"../memory.high": "1"}}' "is a path" "did you mean 'memory.high'?"
        expect_in_output "config.json:$(line_of '\.\./memory.high'):"
        refuses '{unified: {"cgroup.procs": "1"}}' "it moves processes"
        refuses '{unified: {"nosuch.file": "1"}}' "unified.nosuch.file"
}

# bats test_tags=matrix-vm
@test "memory: what is obsolete is a limit, an error, or left out with a warning" {
        make_bundle sleep 1000
        edit '.linux.resources.memory = {kernel: -1, kernelTCP: -1, useHierarchy: true, disableOOMKiller: false}'
        start
        run oci update --kernel-memory 64m "$ID"
        if ((status == 0)); then
                [[ $(value memory.kmem.limit_in_bytes) == 67108864 ]]
        else
                expect_in_output "--kernel-memory: set memory.kernel"
        fi
        run oci update --kernel-memory-tcp 64m "$ID"
        if ((status == 0)); then
                [[ $(value memory.kmem.tcp.limit_in_bytes) == 67108864 ]]
        else
                expect_in_output "--kernel-memory-tcp: set memory.kernelTCP"
        fi
        oci delete --force "$ID"
        # Since 5.16 there is none, and a start goes on.
        if printf '%s\n' 5.16 "$(uname -r)" | sort -CV; then
                edit '.linux.resources.memory = {kernel: 67108864} | .process.args = ["true"]'
                run -0 oci run -b "$BUNDLE" "$ID"
                expect_in_output "memory.kernel is ignored"
        fi
        [[ $(value memory.use_hierarchy) == 0 ]] || refuses '{memory: {useHierarchy: false}}' \
                "linux.resources.memory.useHierarchy (config.json line "
        if is_v2 memory; then
                refuses '{memory: {swappiness: 10}}' "linux.resources.memory.swappiness" "it needs cgroup v1" "on cgroup v2"
                refuses '{memory: {disableOOMKiller: true}}' "linux.resources.memory.disableOOMKiller (config.json line "
        else
                start_with '{memory: {swappiness: 10, disableOOMKiller: true}}'
                [[ $(value memory.swappiness) == 10 ]]
                grep -qx "oom_kill_disable 1" < <(value memory.oom_control)
                oci update -r - "$ID" <<<'{"memory": {"disableOOMKiller": false}}'
                grep -qx "oom_kill_disable 0" < <(value memory.oom_control)
        fi
}

# bats test_tags=vm
@test "cpu: burst and idle" {
        start_with '{cpu: {quota: 50000, period: 100000, burst: 20000}}'
        [[ $(value cpu.cfs_burst_us cpu.max.burst) == 20000 ]] || unable "this kernel has no burst"
        oci update --cpu-burst 10000 "$ID"
        [[ $(value cpu.cfs_burst_us cpu.max.burst) == 10000 ]]
        oci update --cpu-idle 1 "$ID"
        [[ $(value cpu.idle) == 1 ]]
        oci update -r - "$ID" <<<'{"cpu": {"idle": 0, "shares": 512}}'
        [[ $(value cpu.idle) == 0 ]]
        [[ $(value cpu.shares cpu.weight) =~ ^(512|59)$ ]]
}

# bats test_tags=matrix-vm
@test "pids: 0 is a limit, and no limit at all is none" {
        start_with '{pids: {limit: 0}}'
        [[ $(value pids.max) == 0 ]]
        run oci exec "$ID" sh -c 'sleep 1 & echo forked'
        expect_not_in_output forked
        oci update -r - "$ID" <<<'{"pids": {}, "cpu": {"shares": 100}}'
        [[ $(value pids.max) == 0 ]]
}

# bats test_tags=vm
# bats test_tags=vm
@test "cpu: shares that are none are refused on v1, and are the nearest weight on v2" {
        start_with '{cpu: {shares: 512}}'
        if is_v1 cpu; then
                fails_with "--cpu-share.*shares are 2 to 262144" oci update --cpu-share 1 "$ID"
                fails_with "shares are 2 to 262144" oci update -r - "$ID" <<<'{"cpu": {"quota": 77000, "shares": 262145}}'
                [[ $(value cpu.shares) == 512 && $(value cpu.cfs_quota_us) == -1 ]]
                oci update --cpu-share 2 "$ID"
                [[ $(value cpu.shares) == 2 ]]
                oci update --cpu-share 262144 "$ID"
                [[ $(value cpu.shares) == 262144 ]]
                oci delete --force "$ID"
                edit '.linux.resources = {cpu: {shares: 1}}'
                fails_with "shares are 2 to 262144" oci run -d -b "$BUNDLE" "$ID"
        else
                oci update --cpu-share 1 "$ID"
                [[ $(value cpu.weight) == 1 ]]
                oci update --cpu-share 262145 "$ID"
                [[ $(value cpu.weight) == 10000 ]]
        fi
}

# bats test_tags=vm
@test "cpu: what is wrong with a number is what is said" {
        local option
        start_with '{cpu: {quota: 50000}}'
        for option in --cpu-share --cpu-period --cpu-burst --cpu-rt-period; do
                fails_with "'$option'.*'-5' is below 0" oci update $option -5 "$ID"
        done
        [[ -n $(value cpu.cfs_burst_us cpu.max.burst) ]] || return 0
        oci update --cpu-burst 20000 "$ID"
        fails_with "at least the burst" oci update --cpu-quota 10000 "$ID"
}

@test "update: a limit of a controller that the container has no group with makes it, and takes its processes there" {
        local pid child
        make_bundle sh -c 'sleep 1000 & wait'
        start
        pid=$(oci state "$ID" | jq .pid)
        wait_until 10 pgrep -P "$pid"
        child=$(pgrep -P "$pid")
        if is_v1 cpuset; then
                [[ -z $(find /sys/fs/cgroup/cpuset -name "$ID") ]]
                # What fails leaves none.
                run -1 oci update --cpuset-cpus 4000 "$ID"
                expect_in_output "--cpuset-cpus: set cpu.cpus"
                [[ -z $(find /sys/fs/cgroup/cpuset -name "$ID") ]]
        elif ! is_v2 cpuset; then
                run -1 oci update --cpuset-cpus 0 "$ID"
                expect_in_output CONFIG_CPUSETS
                return
        fi
        oci update --cpuset-cpus 0 "$ID"
        [[ $(value cpuset.cpus) == 0 ]]
        for pid in "$pid" "$child"; do
                grep -qx $'Cpus_allowed_list:\t0' "/proc/$pid/status"
        done
        run -0 oci exec "$ID" grep Cpus_allowed_list /proc/self/status
        expect_output $'Cpus_allowed_list:\t0'
        # It goes with the others (remove_all).
        oci delete --force "$ID"
        [[ -z $(groups_of "$ID") ]]
}

# bats test_tags=vm
@test "update: rules of devices take the place of those that were there" {
        needs_machine_root "others make neither nodes nor device rules"
        local full='{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "w"}' # kmsg: not one that every container has
        open_node() { oci exec "$ID" dd if=/dev/null of=/dev/node bs=1 count=0; }
        make_bundle sleep 1000
        edit --argjson rule "$full" '.linux.devices = [{type: "c", path: "/dev/node", major: 1, minor: 11}] | .linux.resources.devices += [$rule]'
        start
        run -0 open_node
        # The same ones again, then without it, then with it.
        oci update -r - "$ID" <<<"$(jq -c '{devices: .linux.resources.devices}' "$BUNDLE/config.json")"
        run -0 open_node
        oci update -r - "$ID" <<<'{"devices": [{"allow": false, "access": "rwm"}]}'
        run -1 open_node
        expect_in_output "not permitted"
        oci exec "$ID" sh -c 'echo still >/dev/null'
        oci update -r - "$ID" <<<"{\"devices\": [{\"allow\": false, \"access\": \"rwm\"}, $full]}"
        run -0 open_node
}

# bats test_tags=matrix-vm
@test "update: all of it, or nothing" {
        local before
        make_bundle sleep 1000
        edit '.linux.resources.memory.limit = 50000000 | .linux.resources.pids.limit = 30'
        oci run -d -b "$BUNDLE" "$ID"
        before=$(value cpu.shares cpu.weight)
        # The kernel wants a quota of a millisecond at least.
        fails_with "quota" oci update --memory 60000000 --pids-limit 40 --cpu-share 300 --cpu-quota 500 "$ID"
        [[ $(value pids.max) == 30 && $(value cpu.shares cpu.weight) == "$before" ]]
        (($(value memory.limit_in_bytes memory.max) < 55000000))
        oci update --memory 60000000 --pids-limit 40 --cpu-share 300 --cpu-quota 5000 "$ID"
        [[ $(value pids.max) == 40 && $(value cpu.shares cpu.weight) != "$before" ]]
}

# bats test_tags=matrix-vm
@test "events: disks and waiting, in runc's form" {
        make_bundle sleep 1000
        start
        oci events --stats "$ID" >figures
        jq -e '.data | (.blkio | type) == "object" and (.hugetlb | type) == "object"' figures
        if value cpu.pressure >pressure 2>/dev/null; then
                jq -e '.data | [.cpu.psi, .memory.psi, .blkio.psi][] | .some, .full
                        | (.avg10, .avg60, .avg300 | type == "number" and . >= 0 and . <= 100) and (.total | type == "number")' figures
                # The kernel's figure grows, so the later one is not below.
                (($(jq .data.cpu.psi.some.total figures) <= $(sed -n 's/^some.*total=//p' pressure)))
        else
                jq -e '.data.cpu | has("psi") | not' figures
        fi
}

@test "events: what is written to a disk is counted" {
        local device written
        device=$(stat -c %d "$WORK")
        [[ -e /sys/dev/block/$((device >> 8 & 4095)):$((device & 255)) ]] || unable "the tests are not on a disk"
        make_bundle sh -c 'dd if=/dev/zero of=/file bs=64k count=4 oflag=direct && touch /done && sleep 1000'
        edit '.root.readonly = false'
        start
        wait_until 30 test -e "$BUNDLE/rootfs/done"
        # By the kernel: lines "8:0 Write 262144" of v1, "8:0 rbytes=0 wbytes=262144 ..." of v2.
        written=$({ value blkio.throttle.io_service_bytes_recursive || value io.stat; } 2>/dev/null |
                sed -n "s/^$((device >> 8 & 4095)):.*\(Write \|wbytes=\)\([0-9]*\).*/\2/p" | paste -sd+ | jq -nR 'input | split("+") | map(tonumber) | add') || written=0
        ((written >= 262144)) || unable "this kernel does not count what is written to its disk"
        oci events --stats "$ID" | jq -e --argjson written "$written" '.data.blkio
                | ([.ioServiceBytesRecursive[] | select(.op == "Write") | .value] | add) >= $written
                and ([.ioServicedRecursive[] | select(.op == "Write") | .value] | add) >= 1
                and all(.ioServiceBytesRecursive[]; (.major | type) == "number" and (.minor | type) == "number")'
}

# bats test_tags=matrix-vm
@test "update: a schema of caches is for a container with a group of resctrl" {
        start_with '{}'
        run -1 oci update --l3-cache-schema L3:0=f --mem-bw-schema MB:0=20 "$ID"
        expect_in_output "it has no group of resctrl" linux.intelRdt
        run -1 oci update --l3-cache-schema MB:0=20 "$ID"
        expect_in_output "'MB:0=20' is not one line that begins with L3:"
        run -1 oci update --mem-bw-schema 20 "$ID"
        expect_in_output "MB:0=20;1=70"
}

# bats test_tags=matrix-vm
@test "features: rdma is a limit that this runtime has" {
        oci features | jq -e '.linux.cgroup.rdma == true and .linux.cgroup.v1 and .linux.cgroup.v2'
}
