# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What a start that fails leaves on the machine: nothing.

load ../helpers

setup() {
        needs_root
        ward_setup
}

teardown() {
        ward_oci delete --force "$ID"
        ward_teardown
}

# How much of each kind there is.
counts() {
        echo "mounts $(grep -cF "$WORK" /proc/self/mountinfo)"
        echo "groups $(find /sys/fs/cgroup -type d -name "*$ID*" 2>/dev/null | wc -l)"
        echo "state $(find "$WORK/state" -mindepth 1 -not -path "*/.cache*" | wc -l) $(du -sb --exclude=.cache "$WORK/state" | cut -f1)"
        echo "root $(find "$WORK/b/rootfs" | sort | cksum)"
}

@test "a created container leaves nothing when it is deleted, and neither does a failed start" {
        local i before
        bundle b '.process.args = ["sleep", "60"]'
        ward_oci run -d -b b "$ID" 3>&-
        ward_oci delete --force "$ID"
        before=$(counts)
        for ((i = 0; i < 20; i++)); do
                ward_oci create -b b "$ID" 3>&-
                ward_oci start "$ID"
                ward_oci kill "$ID" KILL
                ward_oci delete --force "$ID"
        done
        bundle c '.process.args = ["/absent"]'
        for ((i = 0; i < 10; i++)); do
                run ward_oci run -b c "$ID"
                ((status != 0))
        done
        diff <(echo "$before") <(counts)
}

# The root as it was: with its directories that mounts cover, its nodes and links, and without what was made.
@test "a failed start leaves the root as it was" {
        local before
        bundle b '.process.args = ["/absent"]' '.root.readonly = false' \
                '.mounts += [{destination: "/new/dir", type: "bind", source: "/usr", options: ["bind"]},
                             {destination: "/new/file", type: "bind", source: "/etc/passwd", options: ["bind"]}]'
        mkdir -p b/rootfs/dev/{pts,shm,mqueue}
        mknod b/rootfs/dev/null c 1 3
        : >b/rootfs/dev/tty
        ln -s /nowhere b/rootfs/dev/fd
        before=$(find b/rootfs -printf '%p %y %m %U %G %s %l\n' | sort)
        run ward_oci run -b b "$ID"
        ((status != 0))
        diff <(echo "$before") <(find b/rootfs -printf '%p %y %m %U %G %s %l\n' | sort)
}

@test "a failed start leaves no node where /dev is the image's own" {
        local before
        bundle b '.process.args = ["/absent"]' '.root.readonly = false' \
                'del(.mounts[] | select(.destination | startswith("/dev")))'
        mknod b/rootfs/dev/null c 1 3
        before=$(find b/rootfs -printf '%p %y %m %U %G %l\n' | sort)
        run ward_oci run -b b "$ID"
        ((status != 0))
        diff <(echo "$before") <(find b/rootfs -printf '%p %y %m %U %G %l\n' | sort)
}
