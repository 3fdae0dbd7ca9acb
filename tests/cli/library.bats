#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# libward as a program finds it: installed, through pkg-config, by its soname, with its public headers alone.

load ../helpers

# Once for all tests of this file: the installation is theirs to read.
setup_file() {
        # A copy of the build can't be installed.
        [[ -e $WARD_BUILD/build.ninja ]] || return 0
        export PREFIX=$BATS_FILE_TMPDIR/usr
        DESTDIR=$BATS_FILE_TMPDIR meson install -C "${WARD_BUILD:-$BATS_TEST_DIRNAME/../../build}" --no-rebuild --quiet \
                >"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log"; return 1; }
        mv "$BATS_FILE_TMPDIR/usr/local" "$BATS_FILE_TMPDIR/moved" && rmdir "$PREFIX" && mv "$BATS_FILE_TMPDIR/moved" "$PREFIX"
        LIBDIR=$(dirname "$(find "$PREFIX" -name libward.so)")
        export LIBDIR PKG_CONFIG_PATH=$LIBDIR/pkgconfig
}

setup() {
        ward_setup
        [[ -n ${PREFIX:-} ]] || unable "needs the build itself, not a copy of it"
        # What the program has to be linked with too where the library is instrumented.
        SANITIZER=()
        [[ -z ${WARD_SANITIZED:-} ]] || SANITIZER=(-fsanitize=address,undefined)
}

teardown() {
        # A life that its test's failure cut short.
        [[ ! -d $WORK/state ]] || ward_oci delete --force "$ID"
        ward_teardown ${HERE:+"$HERE"}
}

# pkg_config WORD...: as for a program that is built against the installed library, wherever it was put.
pkg_config() { pkg-config --define-variable=prefix="$PREFIX" "$@" libward; }

# build SOURCE PROGRAM: as the example's head says.
build() {
        local flags
        read -r -a flags <<<"$(pkg_config --cflags --libs)"
        gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror "${SANITIZER[@]}" "$1" -o "$2" "${flags[@]}"
}

with_library() { LD_LIBRARY_PATH=$LIBDIR "$@"; }

@test "what is installed: library, headers, pkg-config, programs, manual" {
        local file
        for file in bin/ward-oci include/ward/{error,public,spec,ward}.h share/man/man3/libward.3 share/man/man1/ward-oci.1 \
                share/ward/seccomp/{default,strict,systemd,unconfined}.json; do
                [[ -s $PREFIX/$file ]] || { echo "not installed: $file"; return 1; }
        done
        [[ -L $LIBDIR/libward.so && -L $LIBDIR/libward.so.0 ]]
        run pkg_config --modversion
        expect_status 0
        expect_output "$("$PREFIX/bin/ward-oci" --version | sed -n 's/^ward-oci version //p')"
}

@test "the shared library has its soname, and exports public names only" {
        run readelf -d "$LIBDIR/libward.so"
        expect_in_output "soname: [libward.so.0]"
        run "$WARD_SOURCE/tools/check-symbols" "$WARD_BUILD"
        expect_status 0
        expect_output ""
        # Every function that a header declares can be linked to, and nothing else can.
        grep -rhoE 'WARD_PUBLIC [^;]*' --null-data "$PREFIX/include/ward" | tr '\0\n' '\n ' | grep -oE 'ward_\w+\(' | tr -d '(' | sort >declared
        nm -D --defined-only "$LIBDIR/libward.so" | awk '$2 == "T" { sub("@.*", "", $3); print $3 }' | sort >exported
        [[ $(wc -l <exported) -gt 20 ]]
        diff declared exported
}

@test "each public header compiles alone, as C11 and as C++11, without extensions" {
        local header
        for header in "$PREFIX"/include/ward/*.h; do
                printf '#include <ward/%s>\nint filled;\n' "${header##*/}" >alone.c
                gcc -std=c11 -Wpedantic -Wall -Wextra -Werror -I"$PREFIX/include" -fsyntax-only -x c alone.c
                g++ -std=c++11 -Wpedantic -Wall -Wextra -Werror -I"$PREFIX/include" -fsyntax-only -x c++ alone.c
        done
}

@test "the example runs a bundle" {
        needs_root
        build "$WARD_SOURCE/examples/run-bundle.c" run-bundle
        run readelf -d run-bundle
        expect_in_output "NEEDED" "[libward.so.0]"
        bundle b '.process.args = ["/bin/sh", "-c", "echo $HOSTNAME; hostname; exit 7"]' '.hostname = "inside"'
        with_library run ./run-bundle "$WORK/state" "$WORK/b" "$ID"
        expect_status 0
        expect_in_output inside "$ID ended with 7"
}

@test "a build that is not installed can be built against" {
        local flags
        read -r -a flags <<<"$(PKG_CONFIG_PATH=$WARD_BUILD/meson-uninstalled pkg-config --cflags --libs libward)"
        gcc -std=c11 -D_GNU_SOURCE -Wall -Werror "${SANITIZER[@]}" "$WARD_SOURCE/examples/run-bundle.c" -o run-bundle "${flags[@]}"
        LD_LIBRARY_PATH=$WARD_BUILD/src run -2 ./run-bundle
        expect_in_output "usage:"
}

@test "the example for an ordinary user: a spec without a user namespace" {
        needs_root
        needs_program setpriv
        HERE=$(mktemp -d -t "$ID.XXXXXX")
        mkdir "$HERE/state"
        build "$WARD_SOURCE/examples/run-bundle.c" "$HERE/run-bundle"
        cp "$LIBDIR/libward.so.0" "$HERE"
        bundle "$HERE/b" 'del(.linux.cgroupsPath, .linux.resources)'
        chown -R 12346:12346 "$HERE"
        run -1 setpriv --reuid 12346 --regid 12346 --clear-groups --inh-caps=-all env LD_LIBRARY_PATH="$HERE" "$HERE/run-bundle" "$HERE/state" "$HERE/b" "$ID"
        expect_in_output "Operation not permitted" "namespace 'user'" uidMappings
}

@test "the example says what is wrong with a config" {
        build "$WARD_SOURCE/examples/run-bundle.c" run-bundle
        bundle b '.process.argss = []'
        with_library run ./run-bundle "$WORK/state" "$WORK/b" "$ID"
        expect_status 1
        expect_in_output "config.json" argss "did you mean"
}

@test "the static library brings no name of its inside along" {
        [[ -z ${WARD_SANITIZED:-} ]] || skip "a sanitized build has no static library"
        [[ $WARD_BUILD != */build-cov ]] || skip "a build that counts has no static library"
        local flags
        # Names that ward has inside, too.
        cat >own.c <<'TEXT'
#include <ward/ward.h>
int err_set(void) { return 1; }
int arena_alloc(void) { return 2; }
int main(void) { return ward_version()[0] == '0' && err_set() + arena_alloc() == 3 ? 0 : 1; }
TEXT
        read -r -a flags <<<"$(pkg_config --static --cflags --libs)"
        gcc -std=c11 -Wall -Werror -static own.c -o own "${flags[@]}"
        ./own
        run nm -g --defined-only "$LIBDIR/libward.a"
        [[ $(grep -c ' ward_' <<<"$output") -gt 20 && $(grep -c ' [A-TV-Z] ' <<<"$output") == $(grep -c ' ward_' <<<"$output") ]]
}

@test "a life through the library: create, state, exec, pause, update, kill, delete" {
        needs_root
        build "$WARD_SOURCE/tests/cli/library-life.c" life
        bundle b '.process.args = ["/bin/sleep", "60"]' '.annotations = {"org.example.key": "value"}'
        with_library run ./life "$WORK/state" "$WORK/b" "$ID"
        expect_status 0
        expect_output "ok"
}
