#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016
#
# z and Z of a volume: which files get which label. SELinux itself is not needed for that: root writes labels where no module looks at them, and
# a directory that looks like selinuxfs says that one does. tests/lsm/selinux.bats has the denials.

load helpers/common

setup() {
        with_root
        needs_machine_root "labels of files are written by nobody else"
        needs_program python3
        [[ ! -d /sys/fs/selinux ]] || unable "SELinux is in this kernel: tests/lsm/selinux.bats"
        mkdir -p "$WORK/data/below" "$WORK/data/other"
        echo data >"$WORK/data/below/file"
        ln -s "$WORK/elsewhere" "$WORK/data/link"
        touch "$WORK/elsewhere"
        mkfifo "$WORK/data/pipe"
}

teardown() { remove_all; }

# under_selinux SCRIPT: with mounts of its own; another file system is mounted on data/other.
under_selinux() {
        unshare -m --propagation private bash -c '
                mkdir "$WORK/groups" && mount --rbind /sys/fs/cgroup "$WORK/groups" && mount -t tmpfs none /sys/fs &&
                mkdir /sys/fs/selinux /sys/fs/cgroup && echo 1 >/sys/fs/selinux/enforce && mount --rbind "$WORK/groups" /sys/fs/cgroup &&
                mount -t tmpfs none "$WORK/data/other" && touch "$WORK/data/other/file" &&
                here() { "$WARD_BUILD/bin/ward" --root "$WORK/state" run --rm --name "$ID" --userns host "$@" "$ROOT" cat /data/below/file; }
                '"$1"
        status=$?
        rmdir "$WORK/groups"
        return $status
}

labels() { python3 -c '
import os, sys
for name in sys.argv[1:]:
        try: print(os.getxattr(name, "security.selinux", follow_symlinks=False).decode().rstrip("\0"))
        except OSError: print("none")' "$@"; }

@test "z: all that is bound, and neither other mounts nor what is linked to; Z: the container's level; where it is refused nothing changes" {
        export WORK ROOT ID WARD_BUILD
        export -f labels
        run -0 under_selinux 'here -v "$WORK/data:/data:z" && labels "$WORK"/data/{.,below,below/file,link,pipe,other,other/file} "$WORK/elsewhere"'
        expect_output "data
$(for _ in 1 2 3 4 5; do echo system_u:object_r:container_file_t:s0; done)
none
none
none"
        run under_selinux 'here -v "$WORK/data:/data:Z"; echo "status $?"; here -v /etc:/data:z; echo "status $?"; labels /etc'
        expect_in_output "Z is for a container with a level of its own" "z would relabel a directory of the system" $'status 125\nnone'
        run under_selinux 'here --mount type=bind,src="$WORK/data/below",dst=/data,relabel=private --security-opt label=level:s0:c1,c2 --security-opt label=filetype:web_t; labels "$WORK"/data/{.,below/file}'
        expect_in_output $'system_u:object_r:container_file_t:s0\nsystem_u:object_r:web_t:s0:c1,c2'
}
