#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V39: programs of the machine in a sandbox: what is mounted and made goes nowhere but into the sandbox's root, and nothing of the caller shows.
# shellcheck disable=SC2154,SC2016,SC2314

load helpers/escape

SYSTEM=(--ro-bind /usr /usr --ro-bind /etc /etc --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64)

setup() {
        needs_sandbox
        escape_setup
}
teardown() { escape_teardown; }

box() { ward sandbox --bwrap "$@"; }

@test "V39: links of the root that a sandbox is given lead nowhere outside of it" {
        mkdir "$WORK/root"
        ln -s "$CANARY" "$WORK/root/absolute"
        ln -s "../../../../../../../../../../$CANARY" "$WORK/root/relative"
        for link in absolute relative; do
                # As a parent it is resolved inside, where the directory does not exist; as the last component it is not followed.
                run box --bind "$WORK/root" / "${SYSTEM[@]}" --dir "/$link/made" true
                [[ ! -e $CANARY/made ]]
                run -1 box --bind "$WORK/root" / --bind /usr "/$link" true
                expect_in_output "Can't mount on symlink destination"
                run -1 box --bind "$WORK/root" / --file 11 "/$link/marker" true 11<<<changed
                run -1 box --bind "$WORK/root" / --file 11 "/$link" true 11<<<changed
                run -1 box --bind "$WORK/root" / --chmod 0777 "/$link/marker" true
        done
        # A last link is not followed inside, either.
        mkdir "$WORK/root/dir"
        ln -s dir "$WORK/root/inner"
        run -1 box --bind "$WORK/root" / --bind /usr /inner true
        expect_in_output "Can't mount on symlink destination"
        rm -r "${WORK:?}/root"
}

@test "V39: a link through /proc leads to no descriptor of the caller's" {
        run -1 box "${SYSTEM[@]}" --proc /proc --symlink /proc/self/fd/11 /l --dir /l/made true 11<"$CANARY"
        [[ ! -e $CANARY/made ]]
        run -1 box "${SYSTEM[@]}" --proc /proc --symlink /proc/self/fd/11 /l --bind /usr /l/dir true 11<"$CANARY"
        run -1 box "${SYSTEM[@]}" --proc /proc --chdir /proc/self/fd/11 true 11<"$CANARY"
        run -1 box "${SYSTEM[@]}" --proc /proc /proc/self/fd/11/marker 11<"$CANARY"
}

@test "V39: a descriptor that is bound is what its path leads to, or refused" {
        mkdir "$WORK/one"
        echo one >"$WORK/one/x"
        renamed() { mv "$WORK/one" "$WORK/other" && mkdir "$WORK/one" && box "${SYSTEM[@]}" --bind-fd 7 /x cat /x/x; }
        removed() { rm -r "$WORK/other" && box "${SYSTEM[@]}" --bind-fd 7 /x true; }
        # The path that the kernel tells follows a rename; what has been removed has none.
        run -0 renamed 7<"$WORK/one"
        expect_output one
        run -1 removed 7<"$WORK/other"
        rmdir "$WORK/one"
}

@test "V39: nothing of the machine's root is left above the sandbox's" {
        for how in "" "--unshare-user" "--unshare-pid --proc /proc"; do
                # shellcheck disable=SC2086
                run -0 box --bind / / $how sh -c 'cat /proc/self/mountinfo | grep -c " / / "'
                [[ $output == 1 ]] || shown
        done
        run -0 box "${SYSTEM[@]}" --unshare-pid --proc /proc --cap-add CAP_SYS_ADMIN --cap-add CAP_SYS_CHROOT --cap-add CAP_SYS_PTRACE \
                sh -c 'cd /; for i in 1 2 3; do cd ..; done; ls; ls /proc/1/root/'
        [[ $output != *"$(basename "$WORK")"* && $output != *home* ]] || shown
}

@test "V39: the caller's environment, descriptors and directory do not show" {
        cd "$CANARY"
        run -0 env SECRET=of-the-caller "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox -w / sh -c 'cat /proc/[0-9]*/environ | tr "\0" "\n"; ls -l /proc/self/fd; readlink /proc/self/cwd' 7<"$CANARY/marker"
        [[ $output != *of-the-caller* && $output != *marker* && ${lines[-1]} == / ]] || shown
        cd /
}

@test "V39: a start that can't be confined starts nothing" {
        command -v strace >/dev/null || unable "needs strace"
        for call in mount_setattr pivot_root capset; do
                run traced strace -f -o /dev/null -e trace="$call" -e inject="$call":error=EPERM:when=1+ "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox --bwrap --ro-bind / / --unshare-user echo ran
                [[ $status != 0 && $output != *ran* ]] || shown
        done
}

@test "V39: what ward sandbox hides is found by no other name" {
        local home=$WORK/home
        mkdir -p "$home/project" "$home/.ssh"
        echo key >"$home/.ssh/id"
        cd "$home/project"
        run -0 env HOME="$home" "$WARD_BUILD/bin/ward" --root "$WORK/state" sandbox sh -c "cat ../.ssh/id '$home/.ssh/id' /proc/1/root$home/.ssh/id /proc/self/cwd/../.ssh/id 2>&1; umount '$home' 2>&1; ls -A '$home'"
        [[ $output != *key* && ${lines[-1]} == project ]] || shown
        cd /
        rm -r "${home:?}"
}
