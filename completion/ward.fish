# SPDX-License-Identifier: Apache-2.0
# fish completion for ward. Options come from --help, names from `ps`, so there is no second list to keep.

set -l verbs run ps inspect exec kill stop rm limit gc top cgroup seccomp caps profile apparmor doctor sandbox help version
set -l groups tree list controllers create delete get set exec classify freeze thaw kill stat events watch

function __ward_options
        ward $argv --help-all 2>/dev/null | string replace -rf '^ +(?:-[a-zA-Z], )?(--[a-z0-9-]+)(?: [^ ]+)? +(.*)$' '$1\t$2'
end

function __ward_capabilities
        echo ALL
        ward caps explain 2>/dev/null | string replace -rf '^cap_([a-z_]+) .*' '$1' | string upper
end

# Whether the word is the value of the option in front of it: help has what that is called one space behind the option.
function __ward_at_value
        set -l before (commandline -opc)
        string match -q -- '-*' $before[-1]; or return 1
        ward $argv --help-all 2>/dev/null | string match -qr -- "^ *(-[a-zA-Z], )?$before[-1](, --[a-z0-9-]+)? [^ ]"
end

complete -c ward -f
complete -c ward -n "not __fish_seen_subcommand_from $verbs" -a "$verbs"
complete -c ward -n "not __fish_seen_subcommand_from $verbs; and string match -q -- '-*' (commandline -ct)" -a '(__ward_options)'
for verb in run ps inspect exec kill stop rm limit gc top seccomp caps profile apparmor doctor sandbox
        complete -c ward -n "__fish_seen_subcommand_from $verb; and not __fish_seen_subcommand_from cgroup; and string match -q -- '-*' (commandline -ct)" -a "(__ward_options $verb)"
end
for verb in inspect exec kill stop rm limit top
        complete -c ward -n "__fish_seen_subcommand_from $verb; and not __fish_seen_subcommand_from cgroup" -a '(ward ps -aq 2>/dev/null)'
end
complete -c ward -F -n "__fish_seen_subcommand_from seccomp" -a 'explain test diff lint compile disasm dump groups default strict systemd unconfined (ward ps -aq 2>/dev/null)'
complete -c ward -F -n "__fish_seen_subcommand_from profile" -a 'list show check diff set unset keys (ward profile list 2>/dev/null | string replace -rf "^([a-z0-9_.-]+) .*" "\$1")'
complete -c ward -n "__fish_seen_subcommand_from run" -l profile -rF -a '(ward profile list 2>/dev/null | string replace -rf "^([a-z0-9_.-]+) .*" "\$1")'
complete -c ward -F -n "__fish_seen_subcommand_from caps" -a 'decode explain of file (ward ps -aq 2>/dev/null)'
complete -c ward -F -n "__fish_seen_subcommand_from apparmor" -a 'show load list remove (ward ps -aq 2>/dev/null)'
complete -c ward -n "__fish_seen_subcommand_from doctor" -a '(ward doctor 2>/dev/null | string replace -rf "^ {0,2}([a-z][a-zA-Z0-9._-]*)( .*)?\$" "\$1")'
complete -c ward -n "__fish_seen_subcommand_from run" -l landlock -x -a 'system fs ro: rw: tcp tcp-connect: tcp-bind: scope log best-effort'
for option in env-file keep cidfile pidfile
        complete -c ward -n "__fish_seen_subcommand_from run" -l $option -rF
end
for option in rw ro hide
        complete -c ward -n "__fish_seen_subcommand_from sandbox" -l $option -rF
end
complete -c ward -n "__fish_seen_subcommand_from run" -s v -l volume -rF
complete -c ward -n "__fish_seen_subcommand_from run sandbox" -l device -rF
complete -c ward -n "__fish_seen_subcommand_from run sandbox" -l seccomp -rF -a 'default strict systemd unconfined'
complete -c ward -n "__fish_seen_subcommand_from run" -l network -x -a 'none host container:'
complete -c ward -n "__fish_seen_subcommand_from run sandbox" -l cap-add -x -a '(__ward_capabilities)'
complete -c ward -n "__fish_seen_subcommand_from run sandbox" -l cap-drop -x -a '(__ward_capabilities)'
complete -c ward -n "__fish_seen_subcommand_from run sandbox" -l require -x -a 'namespaces ids caps seccomp no-new-privileges cgroup devices paths keyring lsm landlock all'
complete -c ward -n "__fish_seen_subcommand_from run" -l userns -x -a 'own auto keep-id host container:'
complete -c ward -n "__fish_seen_subcommand_from limit" -s p -l property -x -a 'MemoryMax= MemoryHigh= MemoryLow= MemoryMin= MemorySwapMax= CPUQuota= CPUWeight= AllowedCPUs= AllowedMemoryNodes= TasksMax= IOWeight= IOReadBandwidthMax= IOWriteBandwidthMax= IOReadIOPSMax= IOWriteIOPSMax='
complete -c ward -n "__fish_seen_subcommand_from top" -l order -x -a 'path tasks cpu memory io pressure'
complete -c ward -n "__fish_seen_subcommand_from sandbox; and string match -q -- '-*' (commandline -ct); and contains -- --bwrap (commandline -opc)" -a '(ward sandbox --bwrap --help 2>/dev/null | string replace -rf "^ +(--[a-z0-9-]+).*" "\$1")'
complete -c ward -F -n "__fish_seen_subcommand_from sandbox; and not __ward_at_value sandbox" -a '(__fish_complete_command)'
complete -c ward -n "__fish_seen_subcommand_from help" -a "$verbs errors"
complete -c ward -n "__fish_seen_subcommand_from help" -a '(ward help errors 2>/dev/null | string replace -rf "^  (E[0-9]+)  (.*)" "\$1\t\$2")'
complete -c ward -n "__fish_seen_subcommand_from run; and not __ward_at_value run" -a 'host (__fish_complete_directories)'
complete -c ward -n "__fish_seen_subcommand_from cgroup; and not __fish_seen_subcommand_from $groups" -a "$groups"
complete -c ward -n "__fish_seen_subcommand_from cgroup; and __fish_seen_subcommand_from $groups" -a '(ward cgroup list 2>/dev/null | string replace -r "^[^:]*:" "" | sort -u)'
for group in $groups
        complete -c ward -n "__fish_seen_subcommand_from cgroup; and __fish_seen_subcommand_from $group; and string match -q -- '-*' (commandline -ct)" -a "(__ward_options cgroup $group)"
end
