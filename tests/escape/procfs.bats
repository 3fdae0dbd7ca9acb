#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V6, V22: what is written to /proc lands elsewhere, or changes the whole machine.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

@test "V6: nothing but procfs is mounted on /proc, and nothing below that a write could be led to" {
        local mount
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        while read -r mount; do
                jq --argjson mount "$mount" '.mounts += [$mount]' "$WORK/config" >"$BUNDLE/config.json"
                refuses "/proc"
        done <<-END
		{"destination": "/proc", "type": "bind", "source": "$CANARY", "options": ["rbind"]}
		{"destination": "/proc", "type": "bind", "source": "/proc/sys", "options": ["rbind"]}
		{"destination": "/proc", "type": "bind", "source": "/proc/1", "options": ["rbind"]}
		{"destination": "/proc", "type": "tmpfs"}
		{"destination": "/./proc/", "type": "tmpfs"}
		{"destination": "/tmp/../proc", "type": "tmpfs"}
		{"destination": "/../proc", "type": "overlay"}
		{"destination": "/proc/self/attr", "type": "bind", "source": "$CANARY", "options": ["bind"]}
		{"destination": "/proc/1/attr", "type": "tmpfs"}
		{"destination": "/proc/thread-self/attr/exec", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
		{"destination": "//proc//sys/kernel/domainname", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
		{"destination": "/proc/sys", "type": "tmpfs"}
		{"destination": "/proc/meminfo/../self", "type": "tmpfs"}
		{"destination": "/proc/self/uid_map", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
	END
        # What lxcfs replaces may be replaced.
        jq --arg source "$CANARY/marker" '.mounts += [{destination: "/proc/meminfo", type: "bind", source: $source, options: ["bind", "ro"]}]
           | .process.args = ["cat", "/proc/meminfo"]' "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == "host marker" ]]
}

@test "V6: no link of the image leads a mount into procfs, or over the root or /dev" {
        local link to mount
        make_bundle sh -c 'echo RAN'
        mkdir "$BUNDLE/rootfs/below"
        # By the mount's order there is a procfs already.
        cp "$BUNDLE/config.json" "$WORK/config"
        while read -r link to mount; do
                ln -sfn "$to" "$BUNDLE/rootfs/$link"
                jq --argjson mount "$mount" '.mounts += [$mount]' "$WORK/config" >"$BUNDLE/config.json"
                refuses "a symlink leads that to '(/proc.*|/|/dev)'"
                rm "$BUNDLE/rootfs/$link"
        done <<-END
		data /proc {"destination": "/data", "type": "bind", "source": "$CANARY", "options": ["rbind"]}
		data proc {"destination": "/data", "type": "bind", "source": "/proc", "options": ["rbind"]}
		data ../../proc/self {"destination": "/data/attr", "type": "bind", "source": "$CANARY", "options": ["bind"]}
		below/data ../proc/sys {"destination": "/below/data", "type": "tmpfs"}
		data /proc/sys {"destination": "/data/kernel", "type": "tmpfs"}
		data proc/self {"destination": "/data/attr/exec", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
		data / {"destination": "/data", "type": "tmpfs"}
		data dev {"destination": "/data", "type": "bind", "source": "$CANARY", "options": ["bind"]}
		data below/../dev/ {"destination": "/data", "type": "tmpfs"}
		data ../.. {"destination": "/data", "type": "bind", "source": "$CANARY", "options": ["bind"]}
		data /proc/sys/kernel/domainname {"destination": "/data", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
		etc/resolv.conf /proc/version {"destination": "/etc/resolv.conf", "type": "bind", "source": "$CANARY/marker", "options": ["bind"]}
	END
        # What may be replaced lies behind a link of procfs itself; the kernel lets go of a mount there when it is looked for the next time.
        jq --arg source "$CANARY/marker" '.mounts += [{destination: "/proc/net/dev", type: "bind", source: $source, options: ["bind", "ro"]}]' \
                "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == RAN ]]
        # Other links lead where they lead.
        ln -s /below "$BUNDLE/rootfs/data"
        jq --arg source "$CANARY" '.mounts += [{destination: "/data", type: "bind", source: $source, options: ["bind", "ro"]}]
           | .process.args = ["cat", "/below/marker"]' "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == "host marker" ]]
}

# In a mount namespace of its own the machine's /proc is a fake one: what would have been written to a task's files is not.
@test "V6: a machine whose /proc is no procfs, or a part of one" {
        local fake
        make_bundle sh -c 'echo RAN'
        oci_on_fake() {
                unshare -m --propagation private sh -c \
                        'mount --bind "$1" /proc 2>/dev/null; shift; exec "$@"' sh "$1" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        }
        # It has what the runtime reads.
        mkdir -p "$CANARY/proc/self/attr" "$CANARY/proc/self/ns"
        cp /proc/self/{mountinfo,cgroup,uid_map,setgroups} "$CANARY/proc/self/"
        audit_begin
        for fake in "$CANARY/proc" /proc/sys; do
                run oci_on_fake "$fake"
                [[ $status -eq 1 && $output == *"what is mounted there is not procfs"* && $output != *RAN* ]] || shown
        done
}

# As if somebody had led the file that the runtime writes elsewhere: in a mount namespace of its own, on the file of the machine's procfs.
@test "V6: a file of /proc that is covered by another is not written" {
        needs_machine_root "the one setting whose file is the same in every namespace is its own"
        make_bundle sh -c 'echo RAN'
        edit '.linux.sysctl = {"kernel.domainname": "inside"}'
        echo unchanged >"$CANARY/domainname"
        audit_begin
        # shellcheck disable=SC2016
        run unshare -m --propagation private sh -c 'mount --bind "$1" /proc/sys/kernel/domainname && shift && exec "$@"' sh \
                "$CANARY/domainname" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $status -eq 1 && $output == *sysctl* && $output != *RAN* ]] || shown
        [[ $(oci run -b "$BUNDLE" "$ID") == RAN ]]
}

@test "V22: settings of the whole machine are refused, however they are spelt" {
        local key value
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for key in kernel.core_pattern kernel.panic kernel/core_pattern vm.swappiness fs.file-max kernel.hostname kernel.modprobe \
                'net/../kernel.x' net/../kernel/panic net..kernel net.ipv4/../../kernel.panic net/./x /net/x net/ .net net//x '' / . .. \
                kernel.shmmaxx fs.mqueue net kernel.domainname/../panic 'net.ipv4.ip_forward '; do
                # The value that is there: a runtime that takes it does no harm.
                value=$(cat "/proc/sys/${key//.//}" 2>/dev/null) || value=1
                jq --arg key "$key" --arg value "$value" '.linux.sysctl = {($key): $value}' "$WORK/config" >"$BUNDLE/config.json"
                refuses "sysctl"
        done
        # Of a namespace that the container has not got.
        for key in net.ipv4.ip_forward:network kernel.shmmax:ipc kernel.domainname:uts fs.mqueue.msg_max:ipc; do
                value=${key%:*}
                jq --arg key "${key%:*}" --arg ns "${key#*:}" --arg value "$(cat "/proc/sys/${value//.//}")" \
                        '.linux.sysctl = {($key): $value} | .linux.namespaces |= map(select(.type != $ns)) | del(.hostname)' \
                        "$WORK/config" >"$BUNDLE/config.json"
                refuses "host's"
        done
        # With a namespace of its own it is written there, and only there.
        jq '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .process.args = ["cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/domainname"]' \
                "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == $'1\n'$(</proc/sys/kernel/domainname) ]]
        edit '.linux.sysctl["kernel.domainname"] = "inside"'
        if is_machine_root; then
                [[ $(oci run -b "$BUNDLE" "$ID") == $'1\ninside' ]]
        else
                refuses "kernel/domainname.*Permission denied"
        fi
}

@test "V22: a namespace that is joined may be the host's own: it is not changed" {
        local ns change
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        ln -s "/proc/$$/ns/net" "$WORK/net" # a link is not looked at, the namespace is
        for ns in "network /proc/self/ns/net" "network $WORK/net" "ipc /proc/$$/ns/ipc" "uts /proc/$$/ns/uts" "mount /proc/$$/ns/mnt"; do
                case $ns in
                # The values that are there: a runtime that takes them does no harm.
                network*) change=".linux.sysctl = {\"net.ipv4.ip_default_ttl\": \"$(cat /proc/sys/net/ipv4/ip_default_ttl)\"}" ;;
                ipc*) change=".linux.sysctl = {\"kernel.shm_rmid_forced\": \"$(cat /proc/sys/kernel/shm_rmid_forced)\"}" ;;
                uts*) change=".hostname = \"$(cat /proc/sys/kernel/hostname)\"" ;;
                mount*) change='.mounts = [] | .root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = []' ;;
                esac
                jq --arg type "${ns%% *}" --arg path "${ns#* }" \
                        ".linux.namespaces |= map(if .type == \$type then .path = \$path else . end) | del(.hostname) | $change" \
                        "$WORK/config" >"$BUNDLE/config.json"
                refuses "host's own"
        done
        # Joined and not changed, it is what the config asks for.
        jq '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)' "$WORK/config" >"$BUNDLE/config.json"
        [[ $(oci run -b "$BUNDLE" "$ID") == RAN ]]
}

# In place of CRIU, a program that says of a process in the caller's network namespace that it is init: so would CRIU, of images that were saved
# without a network namespace.
make_criu() {
        mkdir "$WORK/bin" "$WORK/images"
        echo '["/dev/null", "/dev/null", "/dev/null"]' >"$WORK/images/descriptors.json"
        cat >"$WORK/bin/criu" <<-'PY'
		#!/usr/bin/python3
		import socket, subprocess
		runtime = socket.socket(fileno=3)
		runtime.recv(65536)
		init = subprocess.Popen(["sleep", "100"], close_fds=True)
		pid = init.pid
		script = b"\x0a\x10setup-namespaces\x10"
		while pid > 127:
		    script += bytes([pid & 127 | 128])
		    pid >>= 7
		script += bytes([pid])
		runtime.send(b"\x08\x06\x10\x01\x2a" + bytes([len(script)]) + script)
		runtime.recv(65536)
		init.kill()
		init.wait()
		runtime.send(b"\x08\x02\x10\x00")
	PY
        chmod 755 "$WORK/bin/criu"
}

@test "V22: restore changes no network namespace that is the host's own" {
        local ns
        needs_machine_root "restore"
        needs_program python3
        make_criu
        make_bundle true
        cp "$BUNDLE/config.json" "$WORK/config"
        for ns in "/proc/$$/ns/net" /proc/self/ns/net ""; do
                jq --arg path "$ns" '.linux.sysctl = {"net.ipv4.ip_default_ttl": "77"}
                        | (.linux.namespaces[] | select(.type == "network")) |= if $path == "" then . else .path = $path end' \
                        "$WORK/config" >"$BUNDLE/config.json"
                run timeout 60 env PATH="$WORK/bin:$PATH" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" restore -d -b "$BUNDLE" \
                        --image-path "$WORK/images" "$ID"
                [[ $status -eq 1 && $output == *"host's own"* ]] || shown
                [[ $(</proc/sys/net/ipv4/ip_default_ttl) != 77 ]]
        done
}
