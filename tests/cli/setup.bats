#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ./dev setup reserves ids for containers: above every range in use, once. Over copies of the machine's files.

load ../helpers

setup() {
        ward_setup
        needs_root
        : >subuid
        : >subgid
}
teardown() { ward_teardown; }

# Runs reserve_ids of ./dev with $WORK's files in the place of the machine's, in a mount namespace of its own.
reserve_ids() {
        [[ -e /etc/subuid && -e /etc/subgid ]] || unable "no /etc/subuid here to mount over"
        # shellcheck disable=SC2016  # the inner shell expands it
        unshare --mount --propagation private bash -c '
                mount --bind subuid /etc/subuid && mount --bind subgid /etc/subgid || exit 99
                source <(sed "\$d" "$1") && reserve_ids' - "$WARD_SOURCE/dev"
}

@test "nothing there: the default range, in both files; a second time nothing happens" {
        reserve_ids
        [[ $(<subuid) =~ ^ward:([0-9]+):67108864$ ]]
        ((BASH_REMATCH[1] >= 1879048192 && BASH_REMATCH[1] % 65536 == 0))
        diff subuid subgid
        cp subuid once
        reserve_ids
        diff subuid once
        diff subgid once
}

@test "others' lines stay as they are, and the range is above them" {
        printf 'a:100000:65536\nb:2000000000:65537' >subgid
        echo 'a:100000:65536' >subuid
        reserve_ids
        [[ $(<subuid) == $'a:100000:65536\nward:2000093184:67108864' ]] || { cat subuid; return 1; }
        [[ $(<subgid) == $'a:100000:65536\nb:2000000000:65537\nward:2000093184:67108864' ]]
}

@test "a line in one file alone is the other's, too" {
        echo 'ward:1000000000:131072' >subgid
        reserve_ids
        [[ $(<subuid) == ward:1000000000:131072 ]]
        [[ $(<subgid) == ward:1000000000:131072 ]]
}

@test "no room below 2^31" {
        echo 'a:2100000000:47483640' >subuid
        run ! reserve_ids
        expect_in_output "no ids are free"
        [[ ! -s subgid ]]
}
