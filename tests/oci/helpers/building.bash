# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154,SC2317
#
# What is done with buildah, an operation a function as in operations.bash. The file has `engine`, its program, and CONTAINER, a container of it
# over an image `box`.

building_run() {
        engine config --env A="a b" --workingdir /etc "$CONTAINER"
        run -7 engine run --user 1000:1001 --hostname box "$CONTAINER" -- sh -c 'echo "$A $PWD $(id -u):$(id -g) $(hostname)"; exit 7'
        expect_in_output "a b /etc 1000:1001 box"
        run -0 --separate-stderr engine run "$CONTAINER" -- cat <<<"from outside"
        expect_in_output "from outside"
}

building_mounts() {
        mkdir -p src
        chmod 755 src
        echo outside >src/file
        run -0 --separate-stderr engine run -v "$PWD/src:/src:ro" --mount type=tmpfs,destination=/new "$CONTAINER" -- \
                sh -c 'cat /src/file; touch /src/x 2>/dev/null || echo bind is read-only; touch /new/x && echo written'
        expect_in_output $'outside\nbind is read-only\nwritten'
}

building_confine() {
        run -0 --separate-stderr engine run --cap-drop all "$CONTAINER" -- sh -c 'grep -E "^(CapEff|CapBnd|Seccomp):" /proc/self/status; wc -c </proc/timer_list'
        expect_in_output $'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nSeccomp:\t2\n0'
}

building_tty() {
        run -0 --separate-stderr engine run -t "$CONTAINER" -- tty
        expect_in_output /dev/pts/
}

# Limits are those of all runs of a container.
building_limits() {
        local limited
        limited=$(engine from -m 64m --memory-swap 64m --cpu-quota 50000 --cpu-period 100000 --network none box)
        run -0 --separate-stderr engine run "$limited" -- sh -c 'exec 2>/dev/null; echo
                cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max
                cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max; true'
        expect_in_output $'\n67108864\n'
        [[ $output =~ 50000(\ 100000)?$ ]] || shown
}

building_codes() {
        run ! engine run "$CONTAINER" -- nosuchcommand
        expect_in_output "executable file not found in \$PATH"
        run ! engine run "$CONTAINER" -- /etc
        expect_in_output "permission denied"
        run -137 engine run "$CONTAINER" -- sh -c 'sh -c "kill -9 \$\$"; exit $?'
}

building_build() {
        mkdir -p build
        printf '%s\n' 'FROM box' 'ENV A=built' 'RUN echo $A >/built && id -u >>/built' 'USER 1000' 'RUN id -u >/tmp/user && cat /built /tmp/user' >build/Dockerfile
        run -0 engine bud --network none "$@" -t built build
        expect_in_output $'built\n0\n1000'
        printf '%s\n' 'FROM box' 'RUN exit 5' >build/Dockerfile
        run -5 engine bud --network none "$@" build
}
