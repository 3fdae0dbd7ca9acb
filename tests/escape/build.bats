#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# V30, V33: what the programs are built to and installed as.
# shellcheck disable=SC2154

load helpers/escape

setup() { escape_setup; }
teardown() { escape_teardown; }

@test "V33: nothing that is installed has more rights than who calls it" {
        local file
        [[ -w $WARD_BUILD/meson-logs ]] || unable "needs the build itself, not a copy of it"
        DESTDIR=$WORK/installed meson install -C "$WARD_BUILD" --no-rebuild --quiet
        [[ -n $(find "$WORK/installed" -name ward-oci -type f) && -n $(find "$WORK/installed" -name 'libward.so*') ]]
        [[ -z $(find "$WORK/installed" -perm /6000) ]] || { find "$WORK/installed" -perm /6000 -ls; return 1; }
        [[ -z $(find "$WORK/installed" ! -type l -perm /022) ]] || { find "$WORK/installed" ! -type l -perm /022 -ls; return 1; }
        # File capabilities (capabilities(7)).
        python3 - "$WORK/installed" <<-'END'
		import os, sys
		for folder, _, names in os.walk(sys.argv[1]):
		    for name in names:
		        path = os.path.join(folder, name)
		        if any(x.startswith("security.capability") for x in os.listxattr(path, follow_symlinks=False)):
		            sys.exit(f"{path} has file capabilities")
	END
}

@test "V30: programs and library are position independent, and read-only where they can be" {
        local file
        needs_program readelf
        for file in "$(itself ward)" "$(itself ward-oci)" "$WARD_BUILD"/src/libward.so; do
                readelf -W -h -l -d "$file" >"$WORK/elf"
                grep -q 'Type: *DYN' "$WORK/elf" || { echo "$file: not position independent"; return 1; }
                grep -q GNU_RELRO "$WORK/elf" || { echo "$file: no GNU_RELRO"; return 1; }
                grep -qE '\(FLAGS(_1)?\).*NOW|BIND_NOW' "$WORK/elf" || { echo "$file: symbols are bound late"; return 1; }
                grep GNU_STACK "$WORK/elf" | grep -q ' RW  *0x' || { echo "$file: the stack can be executed"; return 1; }
                ! grep -E ' LOAD .* RWE ' "$WORK/elf" || { echo "$file: a segment is both written and executed"; return 1; }
                ! grep -E 'RPATH|RUNPATH|TEXTREL' "$WORK/elf" || { echo "$file: libraries from elsewhere, or written code"; return 1; }
        done
}

@test "V30: what runs has made its tables read-only" {
        local program tables mapping
        needs_program readelf
        [[ -z ${WARD_SANITIZED:-} ]] || unable "a sanitized program is bound by the loader"
        bundle "$WORK/b" '.process.args = ["sleep", "100"]'
        for program in ward ward-oci; do
                case $program in
                ward) set -- run --name "$ID" --pidfile "$WORK/pid" "$WORK/b/rootfs" sleep 100 ;;
                ward-oci) set -- run --pid-file "$WORK/pid" -b "$WORK/b" "$ID" ;;
                esac
                rm -f "$WORK/pid"
                "$WARD_BUILD/bin/$program" --root "$WORK/state" "$@" 3>&- >out 2>&1 &
                PID=$!
                wait_until 10 test -s "$WORK/pid"
                tables=$(readelf -W -l "$(itself $program)" | awk '$1 == "GNU_RELRO" { print $3 }')
                mapping=$(python3 - "$PID" "$(itself $program)" "$tables" <<-'END'
		import sys
		maps = [line.split() for line in open(f"/proc/{sys.argv[1]}/maps") if line.rstrip().endswith(sys.argv[2])]
		place = int(maps[0][0].split("-")[0], 16) + int(sys.argv[3], 16)
		print(*(m[1] for m in maps if place >= int(m[0].split("-")[0], 16) and place < int(m[0].split("-")[1], 16)))
	END
                )
                [[ $mapping == r--p ]] || { echo "$program: tables at $tables: '$mapping'"; cat "/proc/$PID/maps"; return 1; }
                ward_oci delete -f "$ID"
                wait "$PID" || true
        done
}
