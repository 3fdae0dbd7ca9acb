# SPDX-License-Identifier: Apache-2.0
# bash(1) completion for ward. Options come from --help, names from `ps`, so there is no second list to keep.
# shellcheck shell=bash

# The long and short options of a command: the words that begin with a dash at the start of a line of its help.
_ward_options() {
        "${COMP_WORDS[0]}" "$@" --help-all 2>/dev/null | sed -n 's/^ *\(-[a-zA-Z]\), /\1\n/; s/^ *\(-\)/\1/p' | grep -o '^--\?[a-zA-Z][a-z0-9-]*'
}

# takes_value OPTION COMMAND...: whether a word behind it is its value: help has what that is called one space behind the option.
_ward_takes_value() {
        "${COMP_WORDS[0]}" "${@:2}" --help-all 2>/dev/null | grep -qE -- "^ *(-[a-zA-Z], )?$1(, --[a-z0-9-]+)? [^ ]"
}

# The names of profiles, and files.
_ward_profiles() {
        compgen -W "$("${COMP_WORDS[0]}" profile list 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$1"
        compgen -f -- "$1"
}

_ward() {
        local verbs='run ps inspect exec kill stop rm limit gc top cgroup seccomp caps profile apparmor doctor sandbox help version'
        local groups='tree list controllers create delete get set exec classify freeze thaw kill stat events watch'
        local properties='MemoryMax MemoryHigh MemoryLow MemoryMin MemorySwapMax CPUQuota CPUWeight AllowedCPUs AllowedMemoryNodes TasksMax IOWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax'
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb='' sub='' root=() all=() i
        for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                --root) root=(--root "${COMP_WORDS[i + 1]}") && ((i++)) ;;
                -*) ;;
                *) verb=${COMP_WORDS[i]} && break ;;
                esac
        done
        # The command of `cgroup` is its first word.
        [[ $verb != cgroup ]] || ((i + 1 >= COMP_CWORD)) || sub=${COMP_WORDS[i + 1]}
        # So is bubblewrap's command line behind `sandbox`, which has one page of help.
        if [[ $verb == sandbox && ${COMP_WORDS[i + 1]} == --bwrap && $COMP_CWORD -gt $((i + 1)) ]]; then
                COMPREPLY=()
                if [[ $current == -* ]]; then
                        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" sandbox --bwrap --help 2>/dev/null | grep -o '^ *--[a-z0-9-]*')" -- "$current")
                else
                        mapfile -t COMPREPLY < <(compgen -f -- "$current")
                fi
                return
        fi
        COMPREPLY=()
        case $previous in
        --volume | -v) [[ $verb == sandbox ]] || { mapfile -t COMPREPLY < <(compgen -f -- "$current") && return; } ;;
        --rw | --ro | --hide | --root | --keep | --env-file | --cidfile | --pidfile | --device | --output | -o) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
        --network | --net) [[ $verb == sandbox ]] || { mapfile -t COMPREPLY < <(compgen -W 'none host' -- "$current") && return; } ;;
        --userns) mapfile -t COMPREPLY < <(compgen -W 'own auto keep-id host container:' -- "$current") && return ;;
        --cap-add | --cap-drop) mapfile -t COMPREPLY < <(compgen -W "ALL $("${COMP_WORDS[0]}" caps explain 2>/dev/null | sed -n 's/^cap_\([a-z_]*\) .*/\U\1/p')" -- "${current^^}") && return ;;
        --require) mapfile -t COMPREPLY < <(compgen -W 'namespaces ids caps seccomp no-new-privileges cgroup devices paths keyring lsm landlock all' -- "$current") && return ;;
        --property | -p) [[ $verb != limit ]] || { mapfile -t COMPREPLY < <(compgen -S = -W "$properties" -- "$current") ; compopt -o nospace 2>/dev/null || true; return; } ;;
        --pid | --ipc | --uts | --cgroupns) mapfile -t COMPREPLY < <(compgen -W 'private host' -- "$current") && return ;;
        --order) mapfile -t COMPREPLY < <(compgen -W 'path tasks cpu memory io pressure' -- "$current") && return ;;
        --cpu) mapfile -t COMPREPLY < <(compgen -W 'percentage time' -- "$current") && return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$current") && return ;;
        --landlock) mapfile -t COMPREPLY < <(compgen -W 'system fs ro: rw: tcp tcp-connect: tcp-bind: scope log best-effort' -- "$current") && compopt -o nospace && return ;;
        --seccomp) mapfile -t COMPREPLY < <(compgen -W 'default strict systemd unconfined' -- "$current"; compgen -f -- "$current") && return ;;
        --arch) mapfile -t COMPREPLY < <(compgen -W 'x86_64 i386 x32' -- "$current") && return ;;
        --as) mapfile -t COMPREPLY < <(compgen -W 'raw c oci' -- "$current") && return ;;
        --profile) mapfile -t COMPREPLY < <(_ward_profiles "$current") && return ;;
        --security-opt) mapfile -t COMPREPLY < <(compgen -W 'seccomp= no-new-privileges= apparmor= label= smack= mask= unmask=' -- "$current") && return ;;
        --signal | -s | --stop-signal) mapfile -t COMPREPLY < <(compgen -W 'TERM KILL INT HUP QUIT STOP CONT USR1 USR2' -- "$current") && return ;;
        esac
        if [[ $previous == -* && $current != -* && -n $verb && $verb != cgroup ]] && _ward_takes_value "$previous" "$verb"; then
                return
        elif [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_ward_options ${verb:+"$verb"} ${sub:+"$sub"})" -- "$current")
        elif [[ -z $verb ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
        elif [[ $verb == help && $previous == cgroup ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$groups" -- "$current")
        elif [[ $verb == help ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$verbs errors $("${COMP_WORDS[0]}" help errors 2>/dev/null | sed -n 's/^  \(E[0-9]*\)  .*/\1/p')" -- "$current")
        elif [[ $verb == cgroup && -z $sub ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$groups" -- "$current")
        elif [[ $verb == cgroup ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" cgroup list 2>/dev/null | sed 's/^[^:]*://' | sort -u)" -- "$current")
        elif [[ $verb == sandbox ]]; then
                mapfile -t COMPREPLY < <(compgen -c -- "$current"; compgen -f -- "$current")
        elif [[ $verb == run ]]; then
                mapfile -t COMPREPLY < <(compgen -W host -- "$current"; compgen -d -- "$current")
        elif [[ $verb == limit && $current == /* ]]; then
                mapfile -t COMPREPLY < <(cd /sys/fs/cgroup 2>/dev/null && compgen -d -- "$PWD$current" | sed "s|^$PWD||")
        elif [[ $verb == seccomp && $previous == seccomp ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'explain test diff lint compile disasm dump groups' -- "$current")
        elif [[ $verb == seccomp && $previous == groups ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" seccomp groups 2>/dev/null)" -- "$current")
        elif [[ $verb == profile && $previous == profile ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'list show check diff set unset keys' -- "$current")
        elif [[ $verb == profile ]]; then
                mapfile -t COMPREPLY < <(_ward_profiles "$current")
        elif [[ $verb == caps && $previous == caps ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'decode explain of file' -- "$current")
        elif [[ $verb == seccomp || $verb == caps ]]; then
                [[ $verb == caps ]] || all=(default strict systemd unconfined)
                mapfile -t COMPREPLY < <(compgen -W "${all[*]} $("${COMP_WORDS[0]}" "${root[@]}" ps -aq 2>/dev/null)" -- "$current"; compgen -f -- "$current")
        elif [[ $verb == apparmor && $previous == apparmor ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'show load list remove' -- "$current")
        elif [[ $verb == doctor ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" doctor 2>/dev/null | sed -n 's/^ \{0,2\}\([a-z][a-zA-Z0-9._-]*\)\( .*\)\?$/\1/p')" -- "$current")
        elif [[ $verb != gc && $verb != ps ]]; then
                [[ $verb != rm ]] || all=(-a)
                mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "${root[@]}" ps -q "${all[@]}" 2>/dev/null)" -- "$current")
        fi
}

complete -o filenames -F _ward ward
