#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V10-V14, V18: what a program inside may do.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

sets() { sed -n "s/^Cap\(...\):\t0*\(.*\)/\1=\2/p" | tr '\n' ' '; }

@test "V10: the five capability sets are exactly the config's, on run and on exec" {
        local user
        make_bundle sh -c 'cat /proc/self/status; sleep 100'
        # CHOWN 0, KILL 5, NET_BIND_SERVICE 10, NET_RAW 13. The kernel gives root what is bounding when it executes
        # (capabilities(7)), so the sets differ only for another user.
        edit '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"],
                  effective: ["CAP_KILL"], permitted: ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
                  inheritable: ["CAP_KILL", "CAP_NET_BIND_SERVICE"], ambient: ["CAP_KILL"]} | .process.user = {uid: 1000, gid: 1000}'
        oci run -d -b "$BUNDLE" "$ID" >"$WORK/out" 3>&-
        wait_until 5 grep -q CapAmb "$WORK/out"
        # Behind execve(2) a program without file capabilities has what is ambient.
        [[ $(sets <"$WORK/out") == "Inh=420 Prm=20 Eff=20 Bnd=2421 Amb=20 " ]] || { cat "$WORK/out"; return 1; }
        [[ $(oci exec "$ID" cat /proc/self/status | sets) == "Inh=420 Prm=20 Eff=20 Bnd=2421 Amb=20 " ]]
        oci delete --force "$ID"
        for user in 0 1000; do
                make_bundle sh -c 'cat /proc/self/status; sleep 100'
                edit --argjson user $user '.process.user.uid = $user'
                grant CAP_CHOWN CAP_KILL
                oci run -d -b "$BUNDLE" "$ID" >"$WORK/out" 3>&-
                wait_until 5 grep -q CapAmb "$WORK/out"
                if ((user == 0)); then
                        expected="Inh= Prm=21 Eff=21 Bnd=21 Amb= "
                else
                        expected="Inh= Prm= Eff= Bnd=21 Amb= "
                fi
                [[ $(sets <"$WORK/out") == "$expected" ]] || { cat "$WORK/out"; return 1; }
                [[ $(oci exec "$ID" cat /proc/self/status | sets) == "$expected" ]]
                oci delete --force "$ID"
        done
}

@test "V11: the caller's groups do not come along" {
        make_bundle sh -c 'grep -E "^(Gid|Groups)" /proc/self/status; sleep 100'
        setpriv --groups 4,27 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -d -b "$BUNDLE" "$ID" >"$WORK/out" 3>&-
        wait_until 5 grep -q Groups "$WORK/out"
        grep -qE $'^Groups:[\t ]*$' "$WORK/out"
        run -0 setpriv --groups 4,27 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec -u 1000:1000 "$ID" grep Groups /proc/self/status
        [[ $output =~ ^Groups:[[:space:]]*$ ]] || shown
}

@test "V11: only the annotation for it keeps the caller's groups, for run and for exec" {
        make_bundle sh -c 'grep ^Groups /proc/self/status; sleep 100'
        edit '.annotations["run.oci.keep_original_groups"] = "1" | .process.user.additionalGids = [9]'
        setpriv --groups 4,27 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -d -b "$BUNDLE" "$ID" >"$WORK/out" 3>&-
        wait_until 5 grep -q Groups "$WORK/out"
        [[ $(<"$WORK/out") =~ ^Groups:[[:space:]]+4\ 27[[:space:]]*$ ]] || shown
        jq '.process | .args = ["grep", "Groups", "/proc/self/status"] | .user.uid = 1000' "$BUNDLE/config.json" >"$WORK/process.json"
        for how in "--process $WORK/process.json $ID" "-u 1000:1000 $ID grep Groups /proc/self/status"; do
                # shellcheck disable=SC2086
                run -0 setpriv --groups 4,30 "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec $how
                [[ $output =~ ^Groups:[[:space:]]+4\ 30[[:space:]]*$ ]] || shown
        done
        edit '.annotations["run.oci.keep_original_groups"] = "yes"'
        refuses "annotations.run.oci.keep_original_groups: 'yes' is not"
}

@test "V11: where setgroups fails, nothing runs" {
        local deny=$WARD_BUILD/tests/shim/deny
        make_bundle echo RAN
        run -1 "$deny" EPERM setgroups -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $output != *RAN* && $output == *"become user"* ]] || shown
        make_bundle sleep 100
        oci run -d -b "$BUNDLE" "$ID"
        run -255 "$deny" EPERM setgroups -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" echo RAN
        [[ $output != *RAN* && $output == *"become user"* ]] || shown
}

@test "V12: user and group ids are whole numbers below 4294967295" {
        local id field
        make_bundle sh -c 'echo RAN'
        cp "$BUNDLE/config.json" "$WORK/config"
        for id in 4294967295 4294967296 18446744073709551616 -1 '""' '" 7"' '"0x10"' '":5"' '"0"' 1e0 0.5 null; do
                for field in .uid .gid '.additionalGids[0]'; do
                        # By text: jq would round what does not fit into a double. Of a user who is not root: root's group may be left out for root.
                        jq ".process.user.uid = 7 | .process.user$field = 77777" "$WORK/config" | sed "s/77777/$id/" >"$BUNDLE/config.json"
                        refuses "config.json:[0-9]+:[0-9]+"
                done
        done
        cp "$WORK/config" "$BUNDLE/config.json"
        edit '.process.args = ["sleep", "100"]'
        oci run -d -b "$BUNDLE" "$ID"
        for id in 4294967295 4294967296 18446744073709551616 -1 "" " 7" "7 " 0x10 :5 5: 5:-1 5:4294967295 +5 root 1,5 5:5:5; do
                run oci exec --user="$id" "$ID" sh -c 'echo RAN'
                [[ $status -eq 255 && $output != *RAN* ]] || { echo "user '$id'"; shown; }
                [[ $id != *:* ]] || continue
                run oci exec --additional-gids="$id" "$ID" sh -c 'echo RAN'
                [[ $status -eq 255 && $output != *RAN* ]] || { echo "group '$id'"; shown; }
        done
        # The last one that there is.
        id=4294967294
        is_machine_root || id=$(awk '{ print $1 + $3 - 1 }' /proc/self/uid_map)
        run -0 oci exec -u "$id:$id" "$ID" sh -c 'id -u; id -g'
        [[ $output == "$id"$'\n'"$id" ]]
        is_machine_root || run -255 oci exec -u "$((id + 1))" "$ID" sh -c 'echo RAN'
}

@test "V13: a set-user-ID file of the image gains nothing, on run and on exec" {
        make_bundle sh -c '/bin/probe user; exec sleep 100'
        with_probe
        chmod 4755 "$BUNDLE/rootfs/bin/probe"
        edit '.process.user = {uid: 1000, gid: 1000}'
        [[ $(jq .process.noNewPrivileges "$BUNDLE/config.json") == true ]]
        oci run -d -b "$BUNDLE" "$ID" >"$WORK/out" 3>&-
        wait_until 5 test -s "$WORK/out"
        [[ $(cat "$WORK/out") == "1000 1000" ]]
        [[ $(oci exec -u 1000 "$ID" /bin/probe user) == "1000 1000" ]]
        [[ $(oci exec "$ID" grep -c $'NoNewPrivs:\t1' /proc/self/status) == 1 ]]
        oci delete --force "$ID"
        # The other way round, it does: the test can fail.
        edit '.process.noNewPrivileges = false | .process.args = ["/bin/probe", "user"]'
        [[ $(oci run -b "$BUNDLE" "$ID") == "1000 0" ]]
}

@test "V13: every mount but the root is nosuid" {
        make_bundle cat /proc/self/mountinfo
        run -0 oci run -b "$BUNDLE" "$ID"
        # What masks a file is the host's /dev/null.
        edit '.linux.maskedPaths = []'
        run -0 bash -c "'$WARD_BUILD/bin/ward-oci' --root '$WORK/state' run -b '$BUNDLE' '$ID' | awk '\$5 != \"/\" && \$6 !~ /nosuid/ && \$5 !~ /^\/proc/'"
        # Who can't make a device node binds the host's, which nobody executes.
        is_machine_root || output=$(awk '$3 " " $4 !~ "^0:[0-9]+ /(null|zero|full|random|urandom|tty)$" || $5 != "/dev" $4' <<<"$output")
        [[ -z $output ]] || shown
}

@test "V14: a key in the caller's session keyring is not found inside" {
        local probe=$ATTACKERS/probe
        make_bundle /bin/probe find-key "ward-$ID"
        with_probe
        run -0 "$probe" with-key "ward-$ID" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $output == end ]] || shown
        # It is, where the config of the engine says that the keyring stays: the test can fail.
        run -0 "$probe" with-key "ward-$ID" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run --no-new-keyring -b "$BUNDLE" "$ID"
        [[ $output == *found* ]] || shown
        make_bundle sleep 100
        with_probe
        oci run -d -b "$BUNDLE" "$ID"
        run -0 "$probe" with-key "ward-$ID" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec "$ID" /bin/probe find-key "ward-$ID"
        [[ $output == end ]] || shown
}

@test "V18: a setsid that did nothing is noticed, and nothing runs" {
        make_bundle echo RAN
        run -1 "$WARD_BUILD/tests/shim/deny" EPERM setsid -- "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
        [[ $output != *RAN* && $output == *session* ]] || shown
}

@test "V18: what a program inside types into its terminals does not reach the caller's" {
        local terminal
        make_bundle /bin/probe type-into 'touch /tmp/typed-by-a-container'
        with_probe
        for terminal in false true; do
                edit --argjson terminal $terminal '.process.terminal = $terminal'
                run -0 timeout 30 "$HELPERS/terminal.py" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" run -b "$BUNDLE" "$ID"
                [[ $output == "typed: ''" ]] || shown
        done
        # On the caller's own terminal it works: the test can fail.
        run -0 timeout 30 "$HELPERS/terminal.py" "$ATTACKERS/probe" type-into 'hello'
        [[ $output == "typed: 'hello"* ]] || [[ $(cat /proc/sys/dev/tty/legacy_tiocsti) == 0 ]] || shown
        make_bundle sleep 100
        with_probe
        oci run -d -b "$BUNDLE" "$ID"
        for terminal in "" -t; do
                # shellcheck disable=SC2086
                run -0 timeout 30 "$HELPERS/terminal.py" "$WARD_BUILD/bin/ward-oci" --root "$WORK/state" exec $terminal "$ID" /bin/probe type-into 'hello'
                [[ $output == "typed: ''" ]] || shown
        done
}

# behind_wall WORDS COMMAND...: a bundle whose program is behind Landlock's wall, with all rights that a container can have.
behind_wall() {
        ward doctor landlock | grep -q ' abi [0-9]' || unable "has a kernel without Landlock"
        make_bundle "${@:2}"
        mkdir "$BUNDLE/rootfs/closed"
        echo secret >"$BUNDLE/rootfs/closed/file"
        edit --arg words "$1" '.annotations["ward.landlock"] = $words'
}

@test "V38: Landlock's wall holds for run, start and exec, whatever rights the program has, and whichever way it goes" {
        local attempts='cat /closed/file; cat /proc/self/root/closed/file; cat /proc/1/root/closed/file; cd /closed && cat file; ln /closed/file /tmp/ln;
                mount -t tmpfs none /tmp; mount -o bind /closed /tmp; chroot /closed /bin/cat /file; cat /tmp/ln; echo x >/closed/new; mkdir /closed/d; echo ATTEMPTED'
        behind_wall ro:/bin,ro:/proc,rw:/tmp sh -c "$attempts"
        edit '.process.noNewPrivileges = false'
        grant CAP_SYS_ADMIN CAP_SYS_CHROOT CAP_DAC_OVERRIDE CAP_SYS_PTRACE
        run -0 oci run -b "$BUNDLE" "$ID"
        expect_in_output ATTEMPTED "Permission denied"
        expect_not_in_output secret
        [[ ! -e $BUNDLE/rootfs/closed/new && ! -e $BUNDLE/rootfs/closed/d ]] || shown
        edit '.process.args = ["sleep", "100"]'
        oci create -b "$BUNDLE" "$ID"
        oci start "$ID"
        run -0 oci exec "$ID" sh -c "$attempts"
        expect_in_output ATTEMPTED "Permission denied"
        expect_not_in_output secret
        jq '.process | .args = ["cat", "/closed/file"]' "$BUNDLE/config.json" >"$WORK/process.json"
        run -1 oci exec --process "$WORK/process.json" "$ID"
        expect_in_output "Permission denied"
        # The first process can't be traced by one that is not behind the same wall, which takes the rights of tracing to look there.
        run -1 oci exec "$ID" readlink /proc/1/root
        expect_output ""
}

@test "V38: words that Landlock does not know are refused, and so is what this kernel can't do" {
        behind_wall ro:/bin,tcp-conect:443 echo RAN
        refuses "annotations.ward.landlock.*'tcp-conect'.*did you mean 'tcp-connect'"
        behind_wall ro:/bin,abi:99 echo RAN
        refuses "annotations.ward.landlock.*'abi:99' takes ABI 99"
        behind_wall ro:/missing echo RAN
        refuses "annotations.ward.landlock.*open '/missing'"
}
