#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci: containerd's plugin for Kubernetes, called as the kubelet does, with the configuration that docs/KUBERNETES.md shows.
# shellcheck disable=SC2016,SC2034,SC2154
# bats file_tags=once

load helpers/operations
load helpers/engine

ENGINE_GROUP=ward-cri-${BATS_RUN_TMPDIR##*-}

ctr() { inside ctr -a /run/containerd.sock -n k8s.io "$@"; }
# cri METHOD [JSON]
cri() { inside "$WARD_SOURCE/tests/oci/helpers/cri.py" /run/containerd.sock "$@"; }
answers() { cri Status >/dev/null 2>&1; }

# The table of a runtime as KUBERNETES.md has it, for each version of containerd's configuration.
plugin() { [[ $(containerd --version) == *" 2."* ]] && echo "$2" || echo "$1"; }

setup_file() {
        is_machine_root && /usr/bin/python3 -c 'import grpc' 2>/dev/null && PATH=$("$WARD_SOURCE/tests/engines/unpack"):$PATH || return 0
        local runtime images
        runtime=$(plugin io.containerd.grpc.v1.cri io.containerd.cri.v1.runtime)
        images=$(plugin io.containerd.grpc.v1.cri io.containerd.cri.v1.images)
        # A pod's network is one between it and the daemon's namespace. Debian has its plugins elsewhere than others.
        mkdir "$BATS_FILE_TMPDIR/net"
        echo '{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.88.0.0/24"}}]}' \
                >"$BATS_FILE_TMPDIR/net/pods.conflist"
        cat >"$BATS_FILE_TMPDIR/config.toml" <<-END
        version = $(plugin 2 3)
        root = "$BATS_FILE_TMPDIR/root"
        state = "/run/containerd-state"
        [grpc]
          address = "/run/containerd.sock"
        [plugins.'$images']
          $(plugin "" 'snapshotter = "native"')
          $(plugin "sandbox_image = 'docker.io/library/box:latest'" "[plugins.'$images'.pinned_images]
            sandbox = 'docker.io/library/box:latest'")
        $(plugin "" "[plugins.'$runtime']")
          restrict_oom_score_adj = true # a lower one takes CAP_SYS_RESOURCE
          [plugins.'$runtime'.cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "$BATS_FILE_TMPDIR/net"
          [plugins.'$runtime'.containerd]
            default_runtime_name = 'ward'
            $(plugin 'snapshotter = "native"' "")
            [plugins.'$runtime'.containerd.runtimes.ward]
              runtime_type = 'io.containerd.runc.v2'
              [plugins.'$runtime'.containerd.runtimes.ward.options]
                BinaryName = '$WARD_OCI'
                Root = '/run/containerd/ward'
                SystemdCgroup = $(systemd_has_groups && echo true || echo false)
	END
        engine_start containerd --config "$BATS_FILE_TMPDIR/config.toml"
        [[ ! -d $BATS_FILE_TMPDIR/image ]] || import_image
}

# An image whose program stays, so that it is one for pods, too.
import_image() {
        local archive=$BATS_FILE_TMPDIR/archive sum
        mkdir "$archive"
        tar -C "$BATS_FILE_TMPDIR/image" -cf "$archive/layer.tar" .
        sum=$(sha256sum "$archive/layer.tar")
        jq -n --arg sum "sha256:${sum%% *}" '{architecture: "amd64", os: "linux", config: {Cmd: ["sleep", "100000"], Env: ["PATH=/bin"]},
                rootfs: {type: "layers", diff_ids: [$sum]}}' >"$archive/config.json"
        echo '[{"Config": "config.json", "RepoTags": ["docker.io/library/box:latest"], "Layers": ["layer.tar"]}]' >"$archive/manifest.json"
        tar -C "$archive" -cf "$archive.tar" manifest.json config.json layer.tar
        # shellcheck disable=SC2046  # a word, or none
        ctr images import $(plugin "" --local) --snapshotter native "$archive.tar" >/dev/null
        wait_until 10 has_image
}
has_image() { [[ $(cri ImageStatus '{"image": {"image": "docker.io/library/box:latest"}}') == *sha256* ]]; }

teardown_file() { engine_stop; }

setup() {
        ward_setup
        needs_machine_root "the network of pods is kept below /var/lib/cni"
        /usr/bin/python3 -c 'import grpc' 2>/dev/null || unable "needs python3-grpcio"
        needs_program containerd nsenter
        [[ -x /usr/lib/cni/ptp ]] || unable "needs containernetworking-plugins"
        answers || unable "containerd does not start here: $(tail -n 1 "$BATS_FILE_TMPDIR/log")"
        SANDBOX=$(jq -n --arg id "$ID" --arg logs "$WORK/logs" --arg group "$(engine_parent)" '{metadata: {name: $id, uid: $id, namespace: "tests"},
                hostname: "pod", log_directory: $logs, linux: {cgroup_parent: $group}}')
        mkdir logs
}

teardown() {
        if [[ -n ${POD:-} ]]; then
                cri StopPodSandbox "{\"pod_sandbox_id\": \"$POD\"}"
                cri RemovePodSandbox "{\"pod_sandbox_id\": \"$POD\"}"
        fi
        ward_teardown
}

pod() { POD=$(cri RunPodSandbox "{\"config\": $SANDBOX, \"runtime_handler\": \"ward\"}" | jq -r .pod_sandbox_id); }

# container JQ-FILTER COMMAND...: made and not started. Its id is in CONTAINER.
container() {
        local config filter=$1
        shift
        config=$(jq -n "{metadata: {name: \"one\", attempt: ${ATTEMPT:=0}}, image: {image: \"docker.io/library/box:latest\"}, command: \$ARGS.positional,
                log_path: \"log\", linux: {security_context: {namespace_options: {pid: 1}}}} | $filter" --args -- "$@")
        CONTAINER=$(cri CreateContainer "{\"pod_sandbox_id\": \"$POD\", \"config\": $config, \"sandbox_config\": $SANDBOX}" | jq -r .container_id)
        ((++ATTEMPT))
}

# with_container METHOD [JQ-FILTER]
with_container() { cri "$1" "$(jq -n --arg id "$CONTAINER" "{container_id: \$id} | ${2:-.}")"; }

# started JQ-FILTER COMMAND...: in a pod of its own; its pid is in PID.
started() {
        [[ -n ${POD:-} ]] || pod
        container "$@"
        with_container StartContainer
        PID=$(with_container ContainerStatus '.verbose = true' | jq -r .info.info | jq -r .pid)
}

scope() { echo "cri-containerd-$CONTAINER.scope"; }
status_of() { with_container ContainerStatus | jq -r ".status.$1 // 0"; }
has_exited() { [[ $(status_of state) == 2 ]]; }
ended_with() {
        wait_until 20 has_exited
        [[ $(status_of exit_code) == "$1" ]]
}

# execute COMMAND...: the answer.
execute() { cri ExecSync "$(jq -n --arg id "$CONTAINER" '{container_id: $id, cmd: $ARGS.positional, timeout: $patience}' --argjson patience "$((20 * ${WARD_PATIENCE:-1}))" --args -- "$@")"; }

@test "run: variables, directory, user, status" {
        started '.envs = [{key: "A", value: "a b"}] | .working_dir = "/etc" | .linux.security_context = {run_as_user: {value: 1000}, run_as_group: {value: 1001}}' \
                sh -c 'echo "$A $PWD $(id -u):$(id -g) $(hostname)"; exit 7'
        ended_with 7
        [[ $(cat logs/log) == *"stdout F a b /etc 1000:1001 pod" ]]
}

@test "mounts: a read-only root, a bind" {
        echo outside >file
        started ".linux.security_context.readonly_rootfs = true | .mounts = [{container_path: \"/root\", host_path: \"$WORK\", readonly: true}]" \
                sh -c 'cat /root/file; touch /root/x 2>/dev/null || echo bind is read-only; touch /x 2>/dev/null || echo root is'
        ended_with 0
        [[ $(cut -d " " -f 4- logs/log) == $'outside\nbind is read-only\nroot is' ]]
}

@test "confine: capabilities, a filter, no_new_privs, masked paths" {
        started '.linux.security_context = {capabilities: {drop_capabilities: ["ALL"]}, no_new_privs: true, seccomp: {profile_type: 0},
                masked_paths: ["/proc/timer_list", "/sys/firmware"]}' \
                sh -c 'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; wc -c </proc/timer_list; ls /sys/firmware | wc -l'
        ended_with 0
        [[ $(cut -d " " -f 4- logs/log) == $'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n0\n0' ]]
}

@test "detach: create, list, start, remove" {
        pod
        container . sh -c 'until test -e /go; do usleep 20000; done; exit 5'
        [[ $(status_of state) == 0 ]]
        run -0 cri ListContainers
        expect_in_output "$CONTAINER"
        with_container StartContainer
        [[ $(status_of state) == 1 ]]
        execute touch /go
        ended_with 5
        with_container RemoveContainer
        run -0 cri ListContainers
        expect_not_in_output "$CONTAINER"
}

@test "exec: output, status" {
        started . sleep 1000
        [[ $(execute sh -c 'echo said; echo complained >&2; exit 3') == '{"stdout": "said\n", "stderr": "complained\n", "exit_code": 3}' ]]
        in_scope "$PID" "$(scope)"
        run ! execute nosuchcommand
        expect_in_output "executable file not found in \$PATH"
}

@test "tty" {
        started '.tty = true' tty
        ended_with 0
        [[ $(cat logs/log) == *"stdout F /dev/pts/0"* ]]
}

@test "logs: both streams, and a file that is opened anew" {
        started . sh -c 'echo said; echo complained >&2; until test -e /go; do usleep 20000; done; echo more'
        wait_until 10 test "$(wc -l <logs/log)" == 2
        [[ $(cut -d " " -f 2- logs/log | sort) == $'stderr F complained\nstdout F said' ]]
        mv logs/log logs/older
        with_container ReopenContainerLog
        execute touch /go
        ended_with 0
        [[ $(cut -d " " -f 2- logs/log) == "stdout F more" ]]
}

@test "stats" {
        started . sh -c 'i=0; while test $i -lt 20000; do i=$((i + 1)); done; exec sleep 1000'
        used() { with_container ContainerStats | jq -e '.stats.cpu.usage_core_nano_seconds.value > 0 and .stats.memory.working_set_bytes.value > 0' >/dev/null; }
        wait_until 10 used
}

LIMITS='memory_limit_in_bytes: 67108864, memory_swap_limit_in_bytes: 67108864, cpu_period: 100000, cpu_quota: 50000'

@test "limits: memory, a processor's time" {
        started ".linux.resources = {$LIMITS}" sleep 1000
        [[ $(of_group "$PID" memory memory.limit_in_bytes memory.max) == 67108864 ]]
        [[ $(of_group "$PID" cpu cpu.cfs_quota_us cpu.max) =~ ^50000(\ 100000)?$ ]]
        in_scope "$PID" "$(scope)" MemoryMax=67108864 CPUQuotaPerSecUSec=500ms "Slice=$(engine_slice)"
        systemd_has_groups || [[ $(sed -n 's/.*memory:\|^0:://p' "/proc/$PID/cgroup") == *"/$ENGINE_GROUP/$CONTAINER"* ]]
}

@test "update: those of a container that runs" {
        started ".linux.resources = {$LIMITS}" sleep 1000
        with_container UpdateContainerResources '.linux = {memory_limit_in_bytes: 50331648, memory_swap_limit_in_bytes: 50331648, cpu_period: 100000, cpu_quota: 25000}'
        [[ $(of_group "$PID" memory memory.limit_in_bytes memory.max) == 50331648 ]]
        [[ $(of_group "$PID" cpu cpu.cfs_quota_us cpu.max) =~ ^25000(\ 100000)?$ ]]
        in_scope "$PID" "$(scope)" MemoryMax=50331648 CPUQuotaPerSecUSec=250ms
}

@test "oom: is known for what it was" {
        started '.linux.resources = {memory_limit_in_bytes: 16777216, memory_swap_limit_in_bytes: 16777216}' \
                sh -c "$RUN_OUT"
        runs_out "$PID"
        ended_with 137
        [[ $(status_of reason) == OOMKilled ]]
}

@test "stop: a program that ends by the signal, and one that does not" {
        started . sh -c 'trap "exit 42" TERM; touch /ready; while :; do usleep 10000; done'
        wait_until 10 test -e "/proc/$PID/root/ready"
        with_container StopContainer '.timeout = 20'
        ended_with 42
        started . sleep 1000
        with_container StopContainer '.timeout = 1'
        ended_with 137
        wait_until 10 no_scope "$(scope)"
}

@test "codes: what can't be executed is said" {
        pod
        container . nosuchcommand
        run ! with_container StartContainer
        expect_in_output "executable file not found in \$PATH"
        container . /etc
        run ! with_container StartContainer
        expect_in_output "permission denied"
        [[ $(status_of reason) == StartError ]]
}

@test "pod: its network, hostname and IPC are its containers'; their pids, if it says so; sysctls; stop ends all" {
        SANDBOX=$(jq '.linux.sysctls = {"net.ipv4.ip_unprivileged_port_start": "7"}' <<<"$SANDBOX")
        started '.linux.security_context.namespace_options.pid = 0' sleep 1000
        first=$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$POD\", \"verbose\": true}" | jq -r .info.info | jq -r .pid)
        for namespace in net ipc uts pid; do
                [[ $(readlink "/proc/$PID/ns/$namespace") == "$(readlink "/proc/$first/ns/$namespace")" ]]
        done
        [[ $(readlink "/proc/$PID/ns/mnt") != "$(readlink "/proc/$first/ns/mnt")" ]]
        [[ $(execute cat /proc/sys/net/ipv4/ip_unprivileged_port_start) == *'"7\n"'* ]]
        [[ $(execute ip addr) == *"inet 10.88.0."* ]]
        started '.metadata.name = "two"' sleep 1000
        [[ $(readlink "/proc/$PID/ns/pid") != "$(readlink "/proc/$first/ns/pid")" ]]
        cri StopPodSandbox "{\"pod_sandbox_id\": \"$POD\"}"
        ended_with 137
}

@test "checkpoint: an archive of it" {
        [[ $(containerd --version) == *" 2."* ]] || skip "containerd has it from version 2 on"
        needs_criu
        started . sleep 1000
        with_container CheckpointContainer ".location = \"$WORK/archive.tar\""
        tar -tf archive.tar | grep -q checkpoint/inventory.img
        wait_until 10 has_exited # containerd 2.1 ends it, with whatever runtime
}
