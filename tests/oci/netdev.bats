#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Network devices of the machine that a container gets. The "machine" is a network namespace of the test's own.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        needs_program ip
        # A process that holds the namespace, in which everything else runs.
        unshare --net sleep 1000 3>&- >/dev/null 2>&1 </dev/null &
        HOLDER=$!
        disown
        wait_until 5 holder_is_apart
}

teardown() {
        [[ -z ${HOLDER:-} ]] || { remove_all; kill "$HOLDER"; }
}

holder_is_apart() { [[ $(readlink "/proc/$HOLDER/ns/net") != $(readlink /proc/self/ns/net) && $(<"/proc/$HOLDER/comm") == sleep ]]; }

# In place of the common one: in the test's own network.
oci() { nsenter --net="/proc/$HOLDER/ns/net" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" "$@"; }
machine() { nsenter --net="/proc/$HOLDER/ns/net" "$@"; }
inside() { nsenter --net="/proc/$(oci state "$ID" | jq -r .pid)/ns/net" "$@"; }

# A pair of devices: v0, which is given away, and peer.
make_pair() {
        machine ip link add v0 mtu 1400 type veth peer name peer
        machine ip addr add 192.0.2.7/24 broadcast 192.0.2.255 dev v0
        machine ip addr add 192.0.2.8/24 dev v0 label v0:x
        machine ip addr add 2001:db8::7/64 dev v0 nodad
        machine ip addr add 203.0.113.9/24 dev v0 valid_lft 1000 preferred_lft 1000
        machine ip addr add 169.254.1.1/16 scope link dev v0
        machine ip link set v0 address 02:00:00:00:00:07 up
        machine ip link set peer up
}

# The addresses of a device, as "192.0.2.7/24 ...", which `ip -j addr` printed.
addresses() { jq -r '[.[0].addr_info[] | select(.local) | "\(.local)/\(.prefixlen)"] | sort | join(" ")'; }

# v0, but for what no device keeps: its number, and addresses that have a lease.
as_it_was() {
        machine ip -j addr show v0 |
                jq '.[0] | del(.ifindex, .link_index) | .addr_info |= map(select(.dynamic != true and .scope == "global"))'
}

@test "a device goes into the container with its permanent addresses of global scope, and is up" {
        make_pair
        make_bundle sleep 100
        edit '.linux.netDevices = {v0: {}}'
        oci run -d -b "$BUNDLE" "$ID"
        run machine ip link show v0
        [[ $status -ne 0 ]]
        inside ip -j addr show v0 >"$WORK/link"
        [[ $(jq -r '.[0].flags | index("UP") != null' "$WORK/link") == true ]]
        [[ $(jq -r '.[0].mtu' "$WORK/link") -eq 1400 ]]
        [[ $(jq -r '.[0].address' "$WORK/link") == 02:00:00:00:00:07 ]]
        # Beside them the address that the kernel gives every device of IPv6.
        [[ $(addresses <"$WORK/link") == "192.0.2.7/24 192.0.2.8/24 2001:db8::7/64 fe80::ff:fe00:7/64" ]]
        [[ $(jq -r '.[0].addr_info[] | select(.local == "192.0.2.7").broadcast' "$WORK/link") == 192.0.2.255 ]]
        [[ $(jq -r '.[0].addr_info[] | select(.local == "192.0.2.8").label' "$WORK/link") == v0:x ]]
        # The routes of the addresses are there, too: it can be used.
        machine ip addr add 192.0.2.1/24 dev peer
        wait_until 10 inside busybox ping -c 1 -w 1 192.0.2.1
}

@test "it gets another name, or one with a free number; create moves it, also in a user namespace" {
        make_pair
        make_bundle sleep 100
        edit '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
              | .linux.gidMappings = .linux.uidMappings | .linux.netDevices = {v0: {name: "eth%d"}, peer: {name: "eth%d"}}
              | .linux.sysctl = {"net.ipv4.conf.eth0.forwarding": "1"}'
        chown -R 200000:200000 "$BUNDLE/rootfs"
        oci create -b "$BUNDLE" "$ID"
        [[ $(inside ip -j addr show eth0 | addresses) == *192.0.2.7/24*2001:db8::7/64* ]]
        inside ip link show eth1 | grep -q UP
        [[ $(machine ip -j link | jq -r 'map(.ifname) | join(" ")') == lo ]]
        oci start "$ID"
        # A setting of the device finds it; a program of the container's root may change it.
        [[ $(oci exec "$ID" cat /proc/sys/net/ipv4/conf/eth0/forwarding) == 1 ]]
        oci delete --force "$ID"
        edit '.linux.netDevices = {w0: {name: "other"}} | del(.linux.sysctl)'
        machine ip link add w0 type veth peer name peer
        oci run -d -b "$BUNDLE" "$ID"
        inside ip link show other | grep -q UP
}

@test "a start that fails gives back what it took: name, addresses, state" {
        make_pair
        machine ip link add w0 type veth peer name wpeer
        make_bundle true
        as_it_was >"$WORK/v0"
        edit '.linux.netDevices = {v0: {name: "a"}, w0: {name: "b"}, absent: {}}'
        fails_with "linux.netDevices.absent \(config.json line [0-9]+\): move the network device 'absent' to another namespace: find it: No such device" \
                oci run -b "$BUNDLE" "$ID"
        [[ $output == *"'ip link'"* ]]
        as_it_was >"$WORK/v0.after"
        diff "$WORK/v0" "$WORK/v0.after"
        machine ip link show w0 | grep -q 'state DOWN'
        # The same when it fails later, at the program.
        edit '.linux.netDevices = {v0: {name: "a"}} | .process.args = ["/absent"]'
        run oci run -b "$BUNDLE" "$ID"
        [[ $status -ne 0 && $output == */absent* ]]
        as_it_was >"$WORK/v0.after"
        diff "$WORK/v0" "$WORK/v0.after"
        nothing_left
}

@test "a name that is taken, the loopback, and a network that is the machine's are refused" {
        make_pair
        make_bundle true
        edit '.linux.netDevices = {v0: {name: "lo"}}'
        fails_with "linux.netDevices.v0 .*: give it the name lo: File exists" oci run -b "$BUNDLE" "$ID"
        [[ $output == *%d* ]]
        edit '.linux.netDevices = {lo: {name: "x"}}'
        fails_with "linux.netDevices.lo .*: move it: Invalid argument" oci run -b "$BUNDLE" "$ID"
        edit '.linux.netDevices = {v0: {}} | .linux.namespaces |= map(select(.type != "network"))'
        fails_with "linux.netDevices.v0: this network device would be the host's" oci run -b "$BUNDLE" "$ID"
        edit --arg path "/proc/$HOLDER/ns/net" '.linux.namespaces += [{type: "network", path: $path}]'
        fails_with "linux.netDevices.v0 .*: the network namespace .* that is joined is the host's own" oci run -b "$BUNDLE" "$ID"
        machine ip link show v0 | grep -q UP
        nothing_left
}

@test "a network that is joined gets the device, and keeps it" {
        make_pair
        unshare --net sleep 1000 3>&- >/dev/null 2>&1 </dev/null &
        other=$!
        disown
        make_bundle ip addr show v9
        edit --arg path "/proc/$other/ns/net" '.linux.netDevices = {v0: {name: "v9"}}
              | .linux.namespaces |= map(if .type == "network" then . + {path: $path} else . end)'
        wait_until 5 grep -q sleep "/proc/$other/comm"
        run oci run -b "$BUNDLE" "$ID"
        expect_status 0
        expect_in_output 192.0.2.7/24 ,UP,
        nsenter --net="/proc/$other/ns/net" ip link show v9 | grep -q UP
        kill "$other"
}
