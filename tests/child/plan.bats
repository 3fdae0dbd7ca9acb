# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Plans as a user asks for them; the golden files of tests/plan are compared in tests/unit/test-plan.c.

load ../helpers

setup() { ward_setup; }
teardown() { ward_teardown ${OPEN:+"$OPEN"}; }

# in_other_user_namespace PID: PID has left the user namespace of this test.
in_other_user_namespace() { [[ $(readlink "/proc/$1/ns/user") != "$(readlink /proc/self/ns/user)" ]]; }

@test "an ordinary user is shown the same plan as root, every time" {
        local config format nobody
        # A place, and a program, that every user can reach.
        OPEN=$(mktemp -d -t "$ID.XXXXXX")
        mkdir "$OPEN/nobody" "$OPEN/b"
        cp "$WARD_BUILD/bin/ward-oci" "$OPEN/ward-oci"
        chmod -R a+rX "$OPEN"
        ((EUID != 0)) || chown 65534 "$OPEN/nobody"
        nobody=("$OPEN/ward-oci" --root "$OPEN/nobody/state" plan -b "$OPEN/b")
        for config in "$WARD_SOURCE"/tests/plan/*.json; do
                cp "$config" "$OPEN/b/config.json"
                chmod 644 "$OPEN/b/config.json"
                for format in table json; do
                        ward_oci plan -b "$OPEN/b" --format "$format" >"$WORK/first"
                        as_nobody "${nobody[@]}" --format "$format" >"$WORK/second"
                        as_nobody "${nobody[@]}" --format "$format" >"$WORK/third"
                        [[ -s $WORK/first ]]
                        cmp "$WORK/first" "$WORK/second"
                        cmp "$WORK/second" "$WORK/third"
                done
                ward_oci plan -b "$OPEN/b" --format json | jq -e '.ops | length > 10' >/dev/null
        done
}

@test "a plan is shown for a bundle whose root does not exist, and makes nothing" {
        mkdir "$WORK/b"
        ward_oci spec -b "$WORK/b"
        ward_oci plan -b "$WORK/b" >/dev/null
        [[ $(ls "$WORK/b") == config.json ]]
}

@test "what joins a user namespace is its root" {
        needs_root
        local holder
        bundle b '.process.args = ["sh", "-c", "id -u; touch /tmp/x; stat -c %u /tmp/x"]' \
                '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'
        unshare -U sleep 60 3>&- &
        holder=$!
        wait_until 5 in_other_user_namespace "$holder"
        echo "0 100000 65536" >"/proc/$holder/uid_map"
        echo "0 100000 65536" >"/proc/$holder/gid_map"
        jq --arg path "/proc/$holder/ns/user" '.linux.namespaces += [{type: "user", path: $path}]' b/config.json >b/new
        mv b/new b/config.json
        run ward_oci run -b b "$ID"
        kill "$holder"
        wait "$holder" || true
        expect_status 0
        expect_output $'0\n0'
}
