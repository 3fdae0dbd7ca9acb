#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every check of tools/ fails on a tree that breaks its rule, and passes on one that keeps it. Speaks TAP.
set -uo pipefail

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../tools" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cases=0

# A small tree that keeps every rule, in $WARD_CHECK_TREE.
fresh_tree() {
        export WARD_CHECK_TREE=$work/tree
        rm -rf "$WARD_CHECK_TREE"
        mkdir -p "$WARD_CHECK_TREE"/{src/{base,kern,model,store,launch/child,engine,profile,cli,oci,helper,lib},include/ward,build/src/launch/child,docs}
        cp "$tools/../.clang-format" "$WARD_CHECK_TREE/"
        cd "$WARD_CHECK_TREE" || exit 1
        local header
        for header in base/a base/b kern/k model/m launch/l launch/ops store/s; do
                printf '#ifndef H\n#define H\n#endif\n' >"src/$header.h"
        done
        printf '#ifndef P\n#define P\nint ward_p(void);\n#endif\n' >include/ward/p.h
}

# expect NAME pass|fail CHECK [ARG...]: runs the check on the current tree. A failure has to name the offender $offender.
expect() {
        local name=$1 wanted=$2 check=$3 status=0 output got
        shift 3
        output=$("$tools/$check" "$@" 2>&1) || status=$?
        case $status in 0) got=pass ;; 1) got=fail ;; *) got="exit status $status" ;; esac
        [[ $got != fail || $output == *"$offender"* ]] || got="fail without naming '$offender'"
        cases=$((cases + 1))
        if [[ $got == "$wanted" ]]; then
                echo "ok $cases - $check: $name"
        else
                echo "not ok $cases - $check: $name"
                printf '# wanted %s, got %s\n' "$wanted" "$got"
                printf '%s\n' "$output" | sed 's/^/# /'
        fi
}

# source_file FILE LINE...: writes a file of the tree.
source_file() {
        local path=$1
        shift
        printf '%s\n' "$@" >"$path"
}

# rejects CHECK NAME OFFENDER FILE LINE... / accepts CHECK NAME FILE LINE...
rejects() {
        local check=$1 name=$2
        offender=$3
        fresh_tree
        source_file "${@:4}"
        expect "rejects $name" fail "$check"
}

accepts() {
        local check=$1 name=$2
        offender=
        fresh_tree
        source_file "${@:3}"
        expect "accepts $name" pass "$check"
}

test_layers() {
        accepts check-layers "kern over base" src/kern/x.c '#include "base/a.h"' '#include <stdio.h>'
        rejects check-layers "kern over model" src/kern/x.c src/kern/x.c '#include "model/m.h"'
        rejects check-layers "model over kern" src/model/x.c src/model/x.c '#include "kern/k.h"'
        rejects check-layers "base over kern" src/base/x.c src/base/x.c '# include "kern/k.h"'
        rejects check-layers "launch over its sibling store" src/launch/x.c src/launch/x.c '#include "store/s.h"'
        rejects check-layers "a public header over an internal one" include/ward/q.h include/ward/q.h '#include "base/a.h"'
        rejects check-layers "libyaml in another file than its one" src/cli/x.c src/cli/x.c '#include <yaml.h>'
        rejects check-layers "a header that is not there" src/base/x.c src/base/x.c '#include "a.h"'
        fresh_tree
        offender=
        source_file src/lib/x.c '#include "model/m.h"' '#include "ward/p.h"'
        expect "accepts lib over model" pass check-layers
        offender=src/engine/x.c
        source_file src/lib/l.h '#ifndef H' '#define H' '#endif'
        source_file src/engine/x.c '#include "lib/l.h"'
        expect "rejects engine over lib" fail check-layers
        offender=src/new
        fresh_tree
        mkdir -p src/new
        source_file src/new/x.c '#include "base/a.h"'
        expect "rejects a folder without a place" fail check-layers
        offender=src/oci
        fresh_tree
        rmdir src/oci
        expect "rejects a place without a folder" fail check-layers
        offender="src/base/a src/base/b"
        fresh_tree
        source_file src/base/a.h '#include "base/b.h"'
        source_file src/base/b.h '#include "base/a.h"'
        expect "rejects a cycle of two headers" fail check-layers
        source_file src/base/b.h ''
        source_file src/base/b.c '#include "base/a.h"'
        expect "rejects a cycle through a source" fail check-layers
        accepts check-layers "a module in parts" src/base/a-part.h '#include "base/a.h"'
        source_file src/base/a.c '#include "base/a-part.h"'
        expect "accepts a module in parts" pass check-layers
        offender="src/base/a-part.h src/base/a.h"
        source_file src/base/a.h '#include "base/a-part.h"'
        expect "rejects a cycle of headers within a module" fail check-layers
        accepts check-layers "the child over its ops" src/launch/child/x.c '#include "launch/ops.h"' '#include <linux/mount.h>'
        rejects check-layers "the child over base" src/launch/child/x.c src/launch/child/x.c '#include "base/a.h"'
        rejects check-layers "the child over stdio" stdio.h src/launch/child/io.c '#include <stdio.h>'
}

test_banned() {
        accepts check-banned "what only looks like it" src/base/x.c '/* strcpy(a, b) */ int my_strcpy(void);' \
                'const char *s = "atoi(";' 'int f(struct ops *o) { return o->open("x"); }'
        local name
        for name in strcpy strcat sprintf vsprintf strtok strncpy gets atoi atol strtol strtoul system popen mktemp tmpnam; do
                rejects check-banned "$name" src/base/x.c:2 src/base/x.c '' "int i = $name (p);"
        done
        for name in open mkdir mount symlink chmod chown rename unlink readlink realpath access stat lstat; do
                rejects check-banned "$name in launch" src/launch/x.c:1 src/launch/x.c "int i = $name(p);"
        done
        rejects check-banned "its number in engine" src/engine/x.c:1 src/engine/x.c 'int i = raw(__NR_mount, p);'
        rejects check-banned "an allowance without a reason" src/engine/x.c:1 src/engine/x.c 'int i = open(p); /* host path: */'
        accepts check-banned "a host path" src/engine/x.c 'int i = open(p); /* host path: the state directory */'
        accepts check-banned "descriptor forms" src/engine/x.c 'int i = openat(fd, p), j = fchmod(fd, 0), k = raw(__NR_openat2);'
        accepts check-banned "a path outside launch and engine" src/kern/x.c 'int i = open("/proc");'
}

# A function of $1 lines, and $2 of them.
functions_of() {
        local i
        for ((i = 0; i < $2; i++)); do
                printf 'int f%d(void)\n{\n' "$i"
                for ((line = 0; line < $1 - 4; line++)); do echo '        g();'; done
                printf '        return 0;\n}\n'
        done
}

test_size() {
        offender=
        fresh_tree
        functions_of 5 30 >src/base/x.c
        expect "accepts short functions" pass check-size
        functions_of 101 1 >src/base/y.c
        offender="f0() has 101"
        expect "rejects a function of 101 lines" fail check-size
        functions_of 61 3 >src/base/y.c
        offender="p95"
        expect "rejects too many long ones" fail check-size
        functions_of 100 1 >src/base/y.c
        expect "accepts one of 100 lines" pass check-size
        fresh_tree
        yes '/* line */' | head -801 >src/base/long.c
        offender=src/base/long.c
        expect "rejects a file of 801 lines" fail check-size
        mv src/base/long.c src/base/long-table.c
        expect "accepts a table of 801 lines" pass check-size
}

test_headers_and_format() {
        accepts check-headers "a complete header" src/base/x.h '#ifndef X' '#define X' '#include <stddef.h>' \
                'size_t f(void);' '#endif'
        rejects check-headers "a header that leans on others" src/base/x.h src/base/x.h 'size_t f(void);'
        rejects check-headers "a header without a guard" src/base/x.h src/base/x.h 'struct x { int i; };'
        rejects check-headers "a public header with extensions" include/ward/x.h include/ward/x.h '#ifndef X' '#define X' \
                'static inline int f(void) { return ({ 1; }); }' '#endif'
        accepts check-format "formatted code" src/base/x.c 'int f(void)' '{' '        return 1;' '}'
        rejects check-format "other indentation" src/base/x.c src/base/x.c 'int f(void)' '{' '  return 1;' '}'
        mkdir -p tools
        # shellcheck disable=SC2016  # the mistake is the point
        source_file tools/x.sh '#!/bin/bash' 'rm $1/*'
        rm src/base/x.c
        offender=tools/x.sh
        expect "rejects a shell mistake" fail check-format
}

# child_library SOURCE...: builds build/src/launch/child/libchild.a out of one line of C.
child_library() {
        printf '%s\n' "$@" >child.c
        gcc -O2 -ffreestanding -fno-stack-protector -c child.c -o child.o && rm -f build/src/launch/child/libchild.a &&
                ar rcs build/src/launch/child/libchild.a child.o
}

test_symbols() {
        offender=
        fresh_tree
        expect "accepts a tree without a child" pass check-child-symbols build
        touch src/launch/child/x.c
        offender="no libchild.a"
        expect "rejects a child without its library" fail check-child-symbols build
        child_library 'static int g(void) { return 1; } int f(void); int f(void) { return g(); }'
        expect "accepts a closed child" pass check-child-symbols build
        child_library 'void *malloc(unsigned long); void *f(void); void *f(void) { return malloc(1); }'
        offender=malloc
        expect "rejects a foreign symbol" fail check-child-symbols build
        child_library 'extern int *__errno_location(void); __thread int t; int f(void); int f(void) { return t; }'
        offender=thread-local
        expect "rejects a thread-local variable" fail check-child-symbols build
        child_library 'int x; __attribute__((constructor)) static void f(void) { x = 1; }'
        offender=constructors
        expect "rejects a constructor" fail check-child-symbols build

        fresh_tree
        echo 'int ward_f(void);' >include/ward/p.h
        printf 'WARD_1 { global: *; };\n' >src/libward.map
        offender="no libward.so"
        expect "rejects a missing library" fail check-symbols build
        library() { gcc -shared -fPIC -x c - -o build/src/libward.so -Wl,--version-script="$1" <<<"$2"; }
        library src/libward.map 'int ward_f(void) { return 1; }'
        offender=
        expect "accepts a declared symbol" pass check-symbols build
        library src/libward.map 'int ward_f(void) { return 1; } int helper(void) { return 1; }'
        offender="exports helper"
        expect "rejects a foreign name" fail check-symbols build
        library src/libward.map 'int ward_g(void) { return 1; }'
        offender="ward_g is not declared"
        expect "rejects an undeclared name" fail check-symbols build
        gcc -shared -fPIC -x c - -o build/src/libward.so <<<'int ward_f(void) { return 1; }'
        offender="no version"
        expect "rejects a name without a version" fail check-symbols build
}

# shellcheck disable=SC2016  # the backquotes are Markdown's
test_docs() {
        offender=
        fresh_tree
        mkdir -p tools
        cp "$tools/map" tools/
        source_file README.md 'See `src/base/a.h`.'
        source_file docs/MAP.md '<!-- files: written by tools/map -->' '<!-- end of files -->'
        tools/map --write
        expect "accepts a map that is right" pass check-docs
        source_file src/base/new.c '/* A new file. */'
        offender=docs/MAP.md
        expect "rejects a map without a file" fail check-docs
        rm src/base/new.c
        source_file README.md 'See `src/base/gone.h`.'
        offender="README.md:1: there is no src/base/gone.h"
        expect "rejects a path that is gone" fail check-docs
}

# mutant LINE...: a tree with one, whose test is there.
mutant() {
        fresh_tree
        mkdir -p tests/{mutants,escape}
        source_file src/base/a.c 'int a(void)' '{' '        if (x)' '                return 1;' '        return 2;' '}'
        source_file tests/escape/a.bats '@test "V1: a test" {' '}'
        source_file tests/mutants/a.mutants 'mutant: a' 'removes: V1: a check' "$@"
}

test_mutants() {
        offender=
        mutant 'test: escape/a V1: a' 'file: src/base/a.c' '-if (x)' '-                return 1;' ' return 2;' '+return 3;'
        expect "accepts one that applies" pass check-mutants
        offender="a.mutants:1: src/base/a.c has these lines 0 times"
        mutant 'test: escape/a V1: a' 'file: src/base/a.c' '-if (y)'
        expect "rejects one whose lines are gone" fail check-mutants
        offender="a.mutants:1: src/base/a.c has these lines 2 times"
        mutant 'test: escape/a V1: a' 'file: src/base/a.c' '-return 1;'
        source_file src/base/a.c 'return 1;' 'return 1;'
        expect "rejects one whose lines are there twice" fail check-mutants
        offender="a.mutants:1: no test of tests/escape/a.bats begins with 'V2'"
        mutant 'test: escape/a V2' 'file: src/base/a.c' '-if (x)'
        expect "rejects one whose test is gone" fail check-mutants
        offender="a.mutants:1: there is no src/base/b.c"
        mutant 'test: escape/a V1: a' 'file: src/base/b.c' '-if (x)'
        expect "rejects one whose file is gone" fail check-mutants
        offender="a.mutants:1: 'a' lacks"
        mutant 'test: escape/a V1: a'
        expect "rejects one that changes nothing" fail check-mutants
}

test_layers
test_mutants
test_banned
test_size
test_headers_and_format
test_symbols
test_docs
echo "1..$cases"
