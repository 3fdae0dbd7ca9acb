# SPDX-License-Identifier: Apache-2.0
# fish completion for ward-oci. Options come from --help, ids from `list`, so there is no second list to keep.

set -l verbs checkpoint create delete events exec features help kill list mounts pause plan ps restore resume run spec start state update

function __ward_oci_options
        ward-oci $argv --help-all 2>/dev/null | string replace -rf '^ +(?:-[a-zA-Z], )?(--[a-z0-9-]+)(?: [^ ]+)? +(.*)$' '$1\t$2'
end

complete -c ward-oci -f
complete -c ward-oci -n "not __fish_seen_subcommand_from $verbs" -a "$verbs"
complete -c ward-oci -n "not __fish_seen_subcommand_from $verbs; and string match -q -- '-*' (commandline -ct)" -a '(__ward_oci_options)'
complete -c ward-oci -n "__fish_seen_subcommand_from help" -a "$verbs"
complete -c ward-oci -l cgroup-manager -x -a 'cgroupfs systemd disabled'
complete -c ward-oci -l rootless -x -a 'auto true false'
for verb in $verbs
        complete -c ward-oci -n "__fish_seen_subcommand_from $verb; and string match -q -- '-*' (commandline -ct)" -a "(__ward_oci_options $verb)"
end
for verb in checkpoint delete events exec kill pause ps restore resume start state update
        complete -c ward-oci -n "__fish_seen_subcommand_from $verb" -a '(ward-oci list -q 2>/dev/null)'
end
complete -c ward-oci -n "__fish_seen_subcommand_from mounts; and not __fish_seen_subcommand_from add remove" -a 'add remove'
complete -c ward-oci -n "__fish_seen_subcommand_from mounts; and __fish_seen_subcommand_from add remove" -a '(ward-oci list -q 2>/dev/null)' -F
