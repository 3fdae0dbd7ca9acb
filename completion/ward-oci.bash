# SPDX-License-Identifier: Apache-2.0
# bash(1) completion for ward-oci. Options come from --help, ids from `list`, so there is no second list to keep.
# shellcheck shell=bash

# The long and short options of a command: the words that begin with a dash at the start of a line of its help.
_ward_oci_options() {
        "${COMP_WORDS[0]}" "$@" --help-all 2>/dev/null | sed -n 's/^ *\(-[a-zA-Z]\), /\1\n/; s/^ *\(-\)/\1/p' | grep -o '^--\?[a-zA-Z][a-z0-9-]*'
}

_ward_oci() {
        local verbs='checkpoint create delete events exec features help kill list mounts pause plan ps restore resume run spec start state update'
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb='' root=() i
        for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                --root) root=(--root "${COMP_WORDS[i + 1]}") && ((i++)) ;;
                --log | --log-format | --log-level | --rootless | --cgroup-manager) ((i++)) ;;
                -*) ;;
                *) verb=${COMP_WORDS[i]} && break ;;
                esac
        done
        COMPREPLY=()
        case $previous in
        --bundle | -b | --root | --cwd | --image-path | --work-path) mapfile -t COMPREPLY < <(compgen -d -- "$current") && return ;;
        --config | --file | --log | --pid-file | --console-socket | --pidfd-socket | --process | -p | --resources | -r)
                mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
        --log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current") && return ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$current") && return ;;
        --rootless) mapfile -t COMPREPLY < <(compgen -W 'auto true false' -- "$current") && return ;;
        --cgroup-manager) mapfile -t COMPREPLY < <(compgen -W 'cgroupfs systemd disabled' -- "$current") && return ;;
        --manage-cgroups-mode) mapfile -t COMPREPLY < <(compgen -W 'soft full strict ignore' -- "$current") && return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$current") && return ;;
        esac
        if [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_ward_oci_options ${verb:+"$verb"})" -- "$current")
        elif [[ -z $verb || $verb == help ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
        elif [[ $previous == mounts ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'add remove' -- "$current")
        elif [[ $verb == mounts && $previous != add && $previous != remove ]]; then
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
        elif [[ $verb == kill && $previous != -* && $previous != kill ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'TERM KILL INT HUP QUIT STOP CONT USR1 USR2' -- "$current")
        else
                mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "${root[@]}" list -q 2>/dev/null)" -- "$current")
        fi
}

complete -F _ward_oci ward-oci
