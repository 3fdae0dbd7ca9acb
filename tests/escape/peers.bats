#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The same attacks on other runtimes, where they are installed: what one of them lets happen shows that the attack is one. Says what
# happened, and never fails by it.
# shellcheck disable=SC2154

load helpers/escape

setup() {
        escape_setup
        PREY=$WORK/prey
}
teardown() { escape_teardown; }

# A fresh directory of the host for the attack to reach.
fresh_prey() {
        rm -rf "$PREY"
        mkdir "$PREY"
        echo "host marker" >"$PREY/marker"
}

# peer ARGUMENTS...: the runtime that is looked at; it has 20 seconds.
peer() { timeout -s KILL 20 "$PEER" --root "$WORK/peer" "$@" 3>&-; }

# verdict ROW vulnerable|not: a line for the reader of the tests.
verdict() {
        local text=$2
        [[ $text == true ]] && text=vulnerable || text="not vulnerable"
        echo "# $1 $PEER $(head -n 1 <<<"$VERSION"): $text" >&3
        peer delete -f "$ID" >/dev/null 2>&1 || true
}

untouched() { [[ $(cd "$PREY" && find . -type f -exec cat {} + && find . | sort) == $'host marker\n.\n./marker' ]]; }

attack_link() {
        make_bundle true
        edit '.root.readonly = false | .mounts += [{destination: "/lnk/new", type: "tmpfs"}]'
        ln -s "$PREY" "$BUNDLE/rootfs/lnk"
        peer run -b "$BUNDLE" "$ID" >"$WORK/out" 2>&1 || true
        untouched || echo true
}

attack_race() {
        local swap i
        make_bundle true
        mkdir -p "$BUNDLE/rootfs/data"
        ln -s "$PREY" "$BUNDLE/rootfs/trap"
        edit '.root.readonly = false | .mounts += [{destination: "/data/tmp", type: "tmpfs", source: "tmpfs"},
                {destination: "/data/file/x", type: "bind", source: "/etc/hostname", options: ["bind"]}]'
        "$ATTACKERS/swap" "$BUNDLE/rootfs/data" "$BUNDLE/rootfs/trap" >"$WORK/swap" 3>&- &
        swap=$!
        wait_until 5 grep -q ready "$WORK/swap"
        for i in {1..60}; do
                peer run -b "$BUNDLE" "$ID" >/dev/null 2>&1 || true
                peer delete -f "$ID" >/dev/null 2>&1 || true
        done
        kill "$swap"
        wait "$swap" || true
        untouched || echo true
}

attack_mask() {
        make_bundle cat /secret
        own_dev
        edit '.linux.maskedPaths = ["/secret"] | .mounts |= map(select(.destination | startswith("/dev") | not))'
        rm -rf "$BUNDLE/rootfs/dev"
        mkdir "$BUNDLE/rootfs/dev"
        touch "$BUNDLE/rootfs/secret"
        echo "content of the image's" >"$BUNDLE/rootfs/other"
        ln -s /other "$BUNDLE/rootfs/dev/null"
        [[ $(peer run -b "$BUNDLE" "$ID" 2>/dev/null) != *image* ]] || echo true
}

attack_cwd() {
        local n
        make_bundle cat "../../../../../../../..$PREY/marker"
        for n in {3..12}; do
                edit --arg cwd "/proc/self/fd/$n" '.process.cwd = $cwd'
                [[ $(peer run -b "$BUNDLE" "$ID" 2>/dev/null </dev/null) != *"host marker"* ]] || { echo true; break; }
                peer delete -f "$ID" >/dev/null 2>&1 || true
        done
}

attack_ids() {
        local user
        make_bundle sleep 100
        peer run -d -b "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null || return 0
        for user in 4294967296 4294967295 -1 " 0"; do
                [[ $(peer exec -u "$user" "$ID" sh -c 'id -u' 2>/dev/null </dev/null) != 0 ]] || { echo true; break; }
        done
}

attack_fake_proc() {
        make_bundle true
        edit --arg source "$PREY" '.mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: $source, options: ["rbind"]} else . end)
                | .linux.sysctl = {"kernel.domainname": "inside"}'
        mkdir -p "$PREY/sys/kernel"
        echo unchanged >"$PREY/sys/kernel/domainname"
        peer run -b "$BUNDLE" "$ID" >/dev/null 2>&1 </dev/null || true
        [[ $(cat "$PREY/sys/kernel/domainname") == unchanged ]] || echo true
}

@test "what the same attacks do to other runtimes" {
        local attack row
        [[ -z ${WARD_SANITIZED:-}${WARD_MATRIX:-} ]] || skip "once is enough: ward has no part in it"
        for PEER in runc crun; do
                command -v "$PEER" >/dev/null || { echo "# $PEER is not installed" >&3; continue; }
                VERSION=$("$PEER" --version | sed -n '1s/.* //p')
                for attack in "V1 link" "V2 race" "V5 mask" "V6 fake_proc" "V7 cwd" "V12 ids"; do
                        row=${attack% *}
                        fresh_prey
                        verdict "$row" "$("attack_${attack#* }" || true)"
                        rm -rf --one-file-system "$WORK/peer"
                done
        done
}
