#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The pages for those who come from other programs: every command line of ward in their tables works as it stands.
# shellcheck disable=SC2154

load helpers/common

setup() {
        ward_setup
        needs_root
        rootfs "$WORK/rootfs"
        mkdir src
        echo KEY=VALUE >env
        echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >profile.json
        ROOT=$WORK/rootfs
        export WARD=$WARD_BUILD/bin/ward STATE=$WORK/state
}

teardown() { remove_all; }

# What stands in the tables of docs/from-$1.md as `ward ...`.
commands() { grep '^|' "$WARD_SOURCE/docs/from-$1.md" | grep -oE '`ward [^`]+`' | tr -d '`'; }

# Each command finds a container `web` that runs.
begin_web() {
        ! runs "$ID" || return 0
        ward rm -f "$ID"
        background "$ROOT" sleep 1000
}

page_holds() {
        local command count=0
        while IFS= read -r command; do
                # What is shown of the root `host`, of Landlock and of sandboxes is left out where these can't be made.
                ! newest_calls_refused || [[ ! $command =~ \ (host|--landlock|sandbox)(\ |$) ]] || continue
                begin_web
                # "web" is this test's container; what is typed is a shell's command line. A shell is told to go: that an input ends can get lost
                # while it sets its terminal up.
                run bash -c "${command/#ward/\"\$WARD\" --root \"\$STATE\"}" <<<exit
                ((status == 0)) || { echo "$command"; shown; }
                count=$((count + 1))
        done < <(commands "$1" | sed -E "s/(container:| )web\\b/\\1$ID/g")
        ((count >= 12)) || newest_calls_refused || { echo "only $count commands"; return 1; }
}

@test "docs/from-docker.md" { page_holds docker; }
@test "docs/from-bubblewrap.md" { page_holds bubblewrap; }
@test "docs/from-unshare.md" { page_holds unshare; }
@test "docs/from-lxc.md" { page_holds lxc; }
