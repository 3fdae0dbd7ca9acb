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
