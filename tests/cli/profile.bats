#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ward profile, and ward run --profile.
# shellcheck disable=SC2154,SC2016

load helpers/common

setup() {
        with_root
        [[ -x $WARD_LIBEXEC/yaml ]] || unable "this build is without libyaml"
        unset XDG_CONFIG_HOME
        export HOME=$WORK/home WARD_PROFILES=$WORK/etc:$WARD_SOURCE/data/profiles
        mkdir -p "$WORK/etc" "$WORK/home/.config/ward/profiles"
}
teardown() { remove_all; }

# profile NAME LINE...: one of the machine's.
profile() {
        local name=$1
        shift
        printf '%s\n' "$@" >"$WORK/etc/$name.yaml"
}

@test "list: names, what they are for, and where they are; the caller's own come first" {
        profile mine 'description: "mine\u001b[31m"'
        profile broken 'memroy: 1'
        cp etc/mine.yaml home/.config/ward/profiles/shell.yaml
        run -0 ward profile list
        expect_in_output "agent  " "build in the current directory" "data/profiles" "it has a mistake"
        [[ $output =~ shell\ +mine\?\[31m\ +$WORK/home ]] || shown
        ward profile list --format json >list
        run -0 jq -r 'select(.version == 1) | .profiles[] | select(.valid | not) | .name' list
        expect_output broken
}

@test "the profiles that come with ward have no mistake, and are installed" {
        local file name names=()
        for file in "$WARD_SOURCE"/data/profiles/*.yaml; do
                name=$(basename "$file" .yaml)
                names+=("$name")
                grep -q "'$name'" "$WARD_SOURCE/data/profiles/meson.build"
                grep -q "^| \`$name\`" "$WARD_SOURCE/docs/PROFILES.md"
        done
        run -0 ward profile check "${names[@]}"
        [[ $(grep -c "nothing is wrong" <<<"$output") == "${#names[@]}" && ${#names[@]} -ge 8 ]] || shown
}

own() { env -u WARD_PROFILES -u WARD_LIBEXEC "$@"; }

@test "a build that is not installed has its own profiles and helpers" {
        [[ $(stat -c %u "$WARD_BUILD/bin/ward") != 65534 ]] || unable "the build belongs to nobody in this user namespace"
        run -0 own "$WARD_BUILD/bin/ward" profile show agent
        expect_in_output "# $WARD_BUILD/data/profiles/agent.yaml:"
}

@test "what lies beside the program is its own, unless others can write the folder, or have made it" {
        mkdir -p moved/bin moved/libexec/ward moved/data/profiles
        cp "$(itself ward)" moved/bin/ward
        cp "$WARD_LIBEXEC/yaml" moved/libexec/ward/
        echo 'memory: 1g' >moved/data/profiles/here.yaml
        run -0 own moved/bin/ward profile show here
        expect_in_output "moved/data/profiles/here.yaml"
        chmod o+w moved/data
        fails_with 1 "there is no profile 'here'" own moved/bin/ward profile show here
        chmod o-w moved/data
        chown 12345 moved/libexec/ward
        run -1 own moved/bin/ward profile show here
        expect_in_output "execute the helper '/"
        expect_not_in_output "moved/libexec"
}

@test "show: what is included, where each value is from; it is a profile itself" {
        profile base 'memory: 1g' 'env: {A: 1}' 'volume: [/usr:/x:ro]'
        profile web 'description: a "server"' 'include: [base]' '# a comment' 'memory: 2g' 'env: {B: "x # y"}'
        run -0 ward profile show web
        expect_in_output 'description: "a \"server\""' "memory: 2g" "# $WORK/etc/web.yaml:4" "  - /usr:/x:ro" "# $WORK/etc/base.yaml:3" '  B: "x # y"'
        expect_not_in_output "memory: 1g"
        ward profile show web >again.yaml
        run -0 ward profile diff web ./again.yaml
        expect_output ""
        ward profile show web --format json >shown
        run -0 jq -r 'select(.version == 1) | .settings[] | select(.key == "memory") | .value, .line, .column' shown
        expect_output $'2g\n4\n9'
}

# mistake_at PLACE PATTERN LINE...: what `check` and `run` say of a profile of these lines.
mistake_at() {
        local place=$1 pattern=$2
        shift 2
        profile bad "$@"
        fails_with 1 "$WORK/etc/bad.yaml:$place: $pattern" ward profile check bad
        fails_with 125 "$WORK/etc/bad.yaml:$place: $pattern" ward run --rm --profile bad "$ROOT" true
}

@test "check: mistakes with line and column, also those that an option's reader finds" {
        mistake_at 2:1 "unknown key 'memroy'.*E313.*did you mean 'memory'" 'cpus: 1' 'memroy: 1g'
        mistake_at 1:9 "option '--memory': .*'12q': it is no number of bytes.*E106" 'memory: 12q'
        mistake_at 3:5 "option '--cap-add': 'NET_ADMNI'.*did you mean 'NET_ADMIN'" 'memory: 1g' 'cap-add:' '  - NET_ADMNI'
        mistake_at 1:10 "option '--network': 'hots'.*did you mean 'host'" 'network: hots'
        mistake_at 1:10 "option '--sysctl': 'kernel.panic' belongs to the whole machine" 'sysctl: {kernel.panic: 1}'
        mistake_at 1:10 "option '--device': look at '/dev/nosuch'" 'device: [/dev/nosuch]'
        mistake_at 1:10 "anchors are not for profiles" 'volume: [&a /a:/b]'
        mistake_at 2:1 "the key 'mem_limit' is there twice, first in line 1" 'memory: 1g' 'mem_limit: 1g'
        mistake_at 1:11 "include: there is no profile 'agnet'.*E314.*did you mean 'agent'" 'include: [agnet]'
        mistake_at 1:10 "option .*open '$WORK/etc/no.json'" 'seccomp: ./no.json'
        mistake_at 2:12 "read-only: 'no' is not true or false.*write false" 'host-size: 1m' 'read-only: no'
        profile source 'cpus: 1' 'volume:' '  - /nonexistent:/x'
        fails_with 1 "source.yaml:3:5: volume: look at '/nonexistent'.*E301.*volume-if-there" ward profile check source
        fails_with 125 "source.yaml:3:5: --volume /nonexistent:/x" ward run --rm --profile source "$ROOT" true
        printf 'memory: 1\xff\n' >etc/bytes.yaml
        fails_with 1 "bytes.yaml:1:.*that is no YAML" ward profile check bytes
        head -c 300000 /dev/zero | tr '\0' '#' >large.yaml
        fails_with 1 "large.yaml" ward profile check ./large.yaml
}

@test "words of the verb: mistakes" {
        fails_with 1 "'chekc' is not one of.*did you mean 'check'" ward profile chekc
        fails_with 1 "profile show: an operand is missing.*usage: ward profile show" ward profile show
        fails_with 1 "profile diff: 'c' is one word too many" ward profile diff a b c
        fails_with 1 "profile list: option '--markdown' has no meaning there: it is for keys" ward profile list --markdown
        fails_with 1 "there is no profile 'agnet'.*E314.*did you mean 'agent'" ward profile show agnet
        fails_with 125 "option '--profile': there is no profile 'agnet'" ward run --profile agnet "$ROOT" true
}

# refused_as_root WORDS: root that has this HOME takes no option from it.
refused_as_root() {
        fails_with 125 "take profiles from '.*$1.*E307" ward run --rm --profile build "$ROOT" true
        fails_with 1 "take profiles from '.*$1" ward profile show build
}

@test "root takes no options from a home that others can change" {
        local own=$HOME/.config/ward/profiles folder
        needs_machine_root "other ids than root's own are in no user namespace"
        printf 'env: {FROM: own}\n' >"$own/build.yaml"
        run -0 ward run --rm --profile build "$ROOT" sh -c 'echo $FROM'
        expect_output own
        # The folder, and whoever could put another in its place.
        chown 65534 "$own"
        refused_as_root "profiles' as root: it is another user's"
        chown 0 "$own"
        for folder in "$HOME" "$HOME/.config" "$HOME/.config/ward"; do
                chown 65534 "$folder"
                refused_as_root "$folder' as root: it is another user's"
                chown 0 "$folder"
        done
        chmod 1777 "$own"
        refused_as_root "profiles' as root: others can write it .mode 1777"
        chmod 755 "$own"
        # A file of it, one that the site adds, and one that is included.
        chown 65534 "$own/build.yaml"
        refused_as_root "build.yaml' as root: it is another user's"
        chown 0 "$own/build.yaml"
        chmod 664 "$own/build.yaml"
        refused_as_root "build.yaml' as root: others can write it"
        chmod 644 "$own/build.yaml"
        mkdir -m 777 "$own/build.d"
        echo 'memory: 1g' >"$own/build.d/a.yaml"
        refused_as_root "build.d/' as root: others can write it"
        chmod 755 "$own/build.d"
        ward profile show build >/dev/null
        ln -sf "$WORK/theirs.yaml" "$own/build.d/a.yaml"
        echo 'memory: 1g' >theirs.yaml
        chown 65534 theirs.yaml
        refused_as_root "a.yaml' as root: it is another user's"
        rm -r "$own/build.d"
        printf 'include: [%s]\n' "$WORK/theirs.yaml" >"$own/build.yaml"
        refused_as_root "theirs.yaml' as root: it is another user's"
        # What is named on the command line is meant.
        run -0 ward profile show ./theirs.yaml
        # A link of his to a folder of root's in which all may write.
        mkdir -m 1777 all
        echo 'privileged: true' >all/build.yaml
        rm -r "$own"
        ln -s "$WORK/all" "$own"
        chown -h 65534 "$own"
        refused_as_root "profiles' is a symbolic link"
        # A home without profiles is as good as none.
        rm "$own"
        chown 65534 "$HOME"
        profile build 'env: {FROM: site}'
        run -0 ward run --rm --profile build "$ROOT" sh -c 'echo $FROM'
        expect_output site
}

@test "diff: by what it means; the status is that of diff" {
        profile a 'memory: 512m' 'cap_add: [net_admin]' 'volumes: [/a:/b:rw]' '# more'
        profile b 'include: [c]' 'mem_limit: 0.5g'
        profile c 'cap-add: [CAP_NET_ADMIN]' 'volume: /a:/b' 'memory: 7g'
        run -0 ward profile diff a b
        expect_output ""
        run -1 ward profile diff a c
        expect_output $'- memory: 512m\n+ memory: 7g'
        run -1 ward profile diff a c --format json
        [[ $(jq -r 'select(.version == 1) | .differences[1].second' <<<"$output") == 7g ]]
        ward profile check a --format json | jq -e '.version == 1 and .name == "a" and .settings > 0' >/dev/null
}

@test "set and unset: one value is changed, and comments and all else stay" {
        cat >p.yaml <<'YAML'
# head
include: [shell]   # why

volume:            # mine
  - ./a:/a   # first
  - /b:/b
# between

network: none # no net
env: {A: 1, B: two}
tmpfs: /run   # one
cap-add: []
ulimit:
    core: 0      # no cores

    nofile: 5
mem_limit: 1g    # m
mount:
  - {type: tmpfs, dst: /x}   # w
YAML
        chmod 640 p.yaml
        cp p.yaml before.yaml
        set_value() { ward profile set p.yaml "$@"; }
        set_value network host; set_value volume /c:/c:ro; set_value volume /z:/a; set_value env A=9; set_value env C=x,y; set_value tmpfs /tmp
        set_value tmpfs /run:size=1m; set_value cap_add KILL; set_value ulimit core=5; set_value ulimit nproc=7; set_value memory 3g
        set_value mount type=tmpfs,dst=/q; set_value pids-limit 9; set_value device '/dev/a b'; set_value sysctl net.ipv4.ip_forward=1
        sed -e 's|\./a:/a|/z:/a|; s|^  - /b:/b|&\n  - /c:/c:ro|; s|^network: none|network: host|; s|{A: 1, B: two}|{A: 9, B: two, C: "x,y"}|' \
                -e 's|^tmpfs: /run|tmpfs: [/run:size=1m, /tmp]|; s|\[\]|[KILL]|; s|core: 0|core: 5|; s|^    nofile: 5|&\n    nproc: 7|; s|mem_limit: 1g|mem_limit: 3g|' before.yaml >wanted
        printf '%s\n' '  - type=tmpfs,dst=/q' 'pids-limit: 9' 'device:' '  - "/dev/a b"' 'sysctl:' '  net.ipv4.ip_forward: 1' >>wanted
        diff wanted p.yaml
        [[ $(stat -c %a p.yaml) == 640 && ! -e p.yaml.new ]]
        ward profile unset p.yaml env
        ward profile unset p.yaml ulimit
        ward profile unset p.yaml mount
        grep -v -e '^env' -e '^ulimit' -e core: -e nofile: -e nproc: -e '^mount' -e type -e '^$' wanted | diff - <(grep -v '^$' p.yaml)

        fails_with 1 "'3x': it is no number of bytes" ward profile set p.yaml memory 3x
        fails_with 1 "unknown key 'memroy'.*did you mean 'memory'" ward profile set p.yaml memroy 3g
        fails_with 1 "there is no 'uts'" ward profile unset p.yaml uts
        echo '{memory: 1g}' >braces.yaml
        fails_with 1 "not written so that it can be changed by itself" ward profile set ./braces.yaml memory 2g
        [[ $(<braces.yaml) == '{memory: 1g}' ]]

        run -0 ward profile set shell memory 77m
        run -0 ward profile show shell
        expect_in_output "memory: 77m" "home/.config/ward/profiles/shell.d/local.yaml:1"
        fails_with 1 "there is no profile 'shel'" ward profile set shel memory 1m
}

@test "run: what the profile says is so; of several the later holds, and the command line before all" {
        profile one 'read-only: true' 'tmpfs: [/tmp]' 'network: none' 'cap-drop: [ALL]' 'cap-add: [KILL, CHOWN]' 'ulimit: {nofile: 100, core: 0}' \
                'env: {A: one, B: one, MINE: }' 'hostname: boxed' 'workdir: /tmp' 'memory: 200m'
        profile two 'env: {B: two}' 'ulimit: [nofile=50]' 'cap-drop: [KILL]'
        local look='grep CapEff /proc/self/status; pwd; hostname; ulimit -n; echo "$A $B $MINE"; touch /x'
        MINE=own run -1 here --profile one @ sh -c "$look"
        expect_in_output "0000000000000021" /tmp boxed 100 "one one own" "Read-only"
        MINE=own run -1 here --profile one --profile two @ sh -c "$look"
        expect_in_output "0000000000000001" 50 "one two own"
        MINE=own run -0 here --profile one --profile two -e B=here --ulimit nofile=70 --cap-add KILL --hostname h --read-only=false @ sh -c "$look"
        expect_in_output "0000000000000021" 70 "one here own" $'\nh\n'
        rm -f "$ROOT/x"
        MINE=own run -1 here -e A=x --cap-drop CHOWN --profile one @ sh -c "$look"
        expect_in_output "0000000000000020" "x one own"
        background --profile one "$ROOT" sleep 100
        run -0 limit_of memory memory.limit_in_bytes memory.max
        expect_output $((200 << 20))
}

@test "run: a profile of a site, of a file, with what it includes" {
        profile web 'env: {A: 1, B: 1}'
        mkdir -p etc/web.d home/.config/ward/profiles/web.d x
        echo 'env: {A: 2}' >etc/web.d/site.yaml
        echo 'env: {A: 9}' >etc/web.d/not-one.txt
        run -0 here --profile web @ sh -c 'echo $A $B'
        expect_output "2 1"
        echo 'env: {A: 3}' >home/.config/ward/profiles/web.d/local.yaml
        run -0 here --profile web @ sh -c 'echo $A $B'
        expect_output "3 1"
        printf 'include: [web, ./y.yaml]\nreset: [env]\nvolume: ["${PWD}/x:/x"]\n' >x/p.yaml
        echo 'env: {Y: 1}' >x/y.yaml
        run -0 here --profile x/p.yaml @ sh -c 'ls /x; echo "$A$Y"'
        expect_in_output p.yaml y.yaml
        expect_not_in_output 3
        echo 'include: [./p.yaml]' >x/y.yaml
        fails_with 125 "y.yaml:1:11: include: .*includes itself" here --profile x/p.yaml @ true
}

@test "run: what is for the root 'host' is left out for a directory, and what the machine lacks" {
        profile p 'host-size: 100m' 'volume-if-there: [/nonexistent:/x, /usr:/y:ro]' 'device-if-there: [/dev/nosuch]'
        run -0 here --profile p @ sh -c 'ls / /y'
        expect_in_output bin
        expect_not_in_output $'\nx\n'
        needs_host
        run -0 ward run --rm --profile p host sh -c 'df -m / | tail -1'
        expect_in_output 100
}

@test "run: an ordinary user's profile" {
        needs_machine_root "his id is in no user namespace"
        local USER_ID=1234567 BOUNDING=(--bounding-set=-all)
        needs_program setpriv
        printf 'memory: 100m\ncap-drop: [ALL]\n' >p.yaml
        chmod 644 p.yaml
        # Two directories that he can reach: the one of the tests is closed to others.
        HERE=$(mktemp -d -t "$ID.XXXXXX")
        chmod 755 "$HERE"
        cp "$WARD_BUILD/bin/ward" "$WARD_LIBEXEC/yaml" p.yaml "$HERE"
        cd "$HERE"
        run -0 plain_user env HOME="$HERE" WARD_LIBEXEC="$HERE" ./ward profile check ./p.yaml
        expect_in_output "nothing is wrong"
        fails_with 1 "there is no profile 'mine'" plain_user env HOME=/nonexistent WARD_PROFILES=/nonexistent ./ward profile show mine
        cd "$WORK"
        rm -r "$HERE"
}

@test "busybox and python3 under the filters default and strict, and the profile shell" {
        local under
        for under in default strict; do
                run -0 here --seccomp "$under" @ sh -c 'ls / | grep -q bin; (sleep 0.01 & wait); echo "$(id -u)" | sed s/0/root/'
                expect_output root
        done
        ! newest_calls_refused || return 0
        needs_program python3
        mkdir empty
        for under in default strict; do
                (cd empty && run -0 ward run --rm --profile shell --seccomp "$under" host python3 -c '
import multiprocessing, socket, subprocess, threading
t = threading.Thread(target=print); t.start(); t.join()
a, b = socket.socketpair(); a.send(b"x"); assert b.recv(1) == b"x"
print(multiprocessing.Pool(2).map(abs, [-1, 2]), subprocess.check_output(["echo", "a"]))' && expect_in_output "[1, 2] b'a")
        done
}

@test "a profile that opens the current directory does not open the home" {
        local name
        mkdir -p me/.ssh me/project
        ln -s me link
        echo key >me/.ssh/id
        for name in agent build shell office; do
                cd "$WORK/me"
                fails_with 125 "$name.yaml:[0-9:]+ the profile opens the current directory '$WORK/me', which is your home.*E109" \
                        env HOME="$WORK/link" "$WARD_BUILD/bin/ward" run --rm --name "$ID" --profile "$name" host cat .ssh/id
                fails_with 125 "which is your home.*cd to a project" env HOME="$WORK/me" "$WARD_BUILD/bin/ward" sandbox --profile "$name" cat .ssh/id
                cd "$WORK"
                fails_with 125 "which is your home" env HOME="$WORK/link" "$WARD_BUILD/bin/ward" sandbox --profile "$name" cat me/.ssh/id
        done
        run -0 env HOME="$WORK/me" "$WARD_BUILD/bin/ward" profile check agent
        cd "$WORK/me/project"
        needs_sandbox
        run -0 env HOME="$WORK/me" "$WARD_BUILD/bin/ward" sandbox --profile build sh -c 'touch made; ls -A ..'
        [[ $output == project && -e made ]] || shown
        run -0 env HOME="$WORK/me" "$WARD_BUILD/bin/ward" sandbox --profile build --rw "$WORK/me" cat ../.ssh/id
        expect_output key
}

@test "the command line is before a profile, where both have a mount at the same place" {
        mkdir mine
        echo mine >mine/file
        profile two 'tmpfs: ["/mnt:mode=700"]' 'volume: ["/usr:/data:ro"]'
        run -0 here --profile two --tmpfs /mnt:mode=750 -v ./mine:/data/ @ sh -c 'stat -c %a /mnt; cat /data/file'
        expect_output $'750\nmine'
        run -0 here --profile two -v ./mine:/mnt @ cat /mnt/file
        expect_output mine
        needs_sandbox
        cd mine
        run -0 ward sandbox --profile shell --rw . touch made
        [[ -e made ]]
        rm made
        run ward sandbox --profile build --ro . touch made
        [[ ! -e made ]] || shown
}

@test "sandbox: the profiles of programs that come with ward: the current directory is at its own name" {
        needs_sandbox
        mkdir "$WORK/here"
        cd "$WORK/here"
        echo mine >mine
        for name in build office agent browser; do
                rm -f made
                run ward sandbox --profile "$name" sh -c 'pwd; cat mine; touch made; echo kept >/tmp/ward-kept; cat /tmp/ward-kept; touch /usr/x 2>&1'
                [[ ${lines[0]} == "$WORK/here" && ${lines[1]} == mine && -e made && ${lines[2]} == kept ]] || { echo "$name"; shown; }
                [[ ${lines[3]} == *"Read-only file system" && ! -e /tmp/ward-kept ]] || { echo "$name"; shown; }
        done
        run ward sandbox --profile shell sh -c 'pwd; cat mine; touch other 2>&1'
        [[ ${lines[0]} == "$WORK/here" && ${lines[1]} == mine && ! -e other ]] || shown
        # What a directory in memory would hide lies on it.
        echo opened >"$WORK/here/in"
        run -0 ward sandbox --tmpfs "$WORK" --ro "$WORK/here/in" cat "$WORK/here/in"
        expect_output opened
        fails_with 125 "'ward sandbox' has no option for 'stop-signal'" ward sandbox --profile database true
}

@test "sandbox: profiles of run, where they name files by their own names, and keys of its own" {
        needs_sandbox
        mkdir -p mine out
        profile boxed 'read-only: true' 'rm: true' 'network: none' 'cap-drop: [ALL]' 'seccomp: default' 'ulimit: {core: 0}' 'init: true' 'volume: ["${PWD}/out:${PWD}/out"]' 'volume-if-there: ["${PWD}/mine:${PWD}/mine:ro"]' 'env: {A: one}' 'memory: 200m'
        run -0 ward sandbox --profile boxed -e A=two sh -c "echo \$A; touch $WORK/out/x && echo written; touch $WORK/mine/x || echo closed; ls /sys/class/net"
        expect_in_output two written closed lo
        profile boxed 'rw: ["${PWD}/out"]' 'hide: ["${PWD}/mine"]'
        run -0 --separate-stderr ward sandbox --profile boxed sh -c "touch $WORK/out/y && echo written"
        expect_output written
        profile boxed 'volume: [/usr:/x]'
        fails_with 125 "boxed.yaml:1:10: 'ward sandbox' has no option for 'volume'" ward sandbox --profile boxed true
        profile boxed 'rw: [/usr]'
        fails_with 125 "boxed.yaml:1:6: 'ward run' has no option for 'rw'" ward run --profile boxed "$ROOT" true
}

@test "each key is an option of ward run; the documentation has the table" {
        local option
        for option in $("$WARD_BUILD/bin/ward" profile keys --markdown | grep -o '| `--[a-z-]*' | sed 's/.*--//' | sort -u); do
                "$WARD_BUILD/bin/ward" run --help-all | grep -qE -- "--$option( |$)" ||
                        "$WARD_BUILD/bin/ward" sandbox --help-all | grep -qE -- "--$option( |$)" || { echo "no option: $option"; return 1; }
        done
        ward profile keys --markdown >keys
        sed -n '/<!-- keys/,/<!-- end/p' "$WARD_SOURCE/docs/PROFILES.md" | sed '1,2d;$d' | diff - keys
        run -0 ward profile keys
        expect_in_output "What it sees of the file system" "  memory: 512m"
}

@test "ward-oci has nothing of profiles, and ward no library for them: a helper has" {
        local count
        count=$(grep -c "ward profile keys" "$(itself ward-oci)") || true
        ((count == 0))
        grep -q "ward profile keys" "$(itself ward)"
        run ldd "$(itself ward)"
        expect_not_in_output libyaml
        profile p 'memory: 1g'
        WARD_LIBEXEC=$WORK fails_with 1 "p.yaml: execute the helper '$WORK/yaml'.*libyaml" ward profile show p
        printf '#!/bin/sh\ncat >/dev/null\nprintf abc >&0\n' >yaml
        chmod +x yaml
        WARD_LIBEXEC=$WORK fails_with 1 "p.yaml: the helper's answer is cut short" ward profile show p
        printf '#!/bin/sh\nkill -9 $$\n' >yaml
        WARD_LIBEXEC=$WORK fails_with 1 "p.yaml: ask the helper '$WORK/yaml' what stands in the file" ward profile show p
}
