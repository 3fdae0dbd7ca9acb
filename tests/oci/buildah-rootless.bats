#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An engine calls ward-oci for an ordinary user: buildah, with the isolation `rootless`.
# shellcheck disable=SC2034,SC2154
# bats file_tags=once

load helpers/building
load helpers/rootless

setup_file() {
        rootless_setup_file
        [[ -n ${HERE:-} ]] || return 0
        CONTAINER=$(engine from --network none box)
        export CONTAINER
}

teardown_file() { rootless_teardown_file; }

setup() {
        rootless_setup
        export BUILDAH_ISOLATION=rootless
}

teardown() { ward_teardown; }

engine() { his_buildah "$@"; }


@test "run: the command's words, variables, directory, user, input, status" { building_run; }
@test "mounts: a bind, a tmpfs" { building_mounts; }
@test "confine: capabilities, a filter, masked paths" { building_confine; }
@test "tty" { building_tty; }
@test "limits: memory, a processor's time" { skip "buildah takes the limits out of the config in its isolation \`rootless\`"; }
@test "codes: what can't be executed is said, 137 for one that was killed" { building_codes; }
@test "build: steps as root and as a user, and one that fails" { building_build; }
