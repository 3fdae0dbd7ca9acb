/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "profile/load.h"

static struct arena arena;
static struct ward_err err;
static char folder[] = "/tmp/ward-test-profile.XXXXXX";

static int setup(void **state)
{
        err = (struct ward_err){0};
        return 0;
}

static int teardown(void **state)
{
        arena_done(&arena);
        return 0;
}

static int parse(const char *text, struct profile_text *ret)
{
        return profile_parse(text, strlen(text), "f.yaml", &arena, ret, &err);
}

static void refused(const char *text, const char *message, const char *hint)
{
        struct profile_text parsed;

        assert_int_equal(parse(text, &parsed), -EINVAL);
        if (strstr(err.message, message) == NULL || strstr(err.hint, hint) == NULL)
                fail_msg("'%s': '%s' / '%s'", text, err.message, err.hint);
        err = (struct ward_err){0};
}

/* ---- what is refused, and where ---- */

static void test_mistakes(void **state)
{
        refused("memory: 1g\nmemroy: 2g\n", "f.yaml:2:1: unknown key 'memroy'", "did you mean 'memory'");
        refused("\n  xyzzyx: 1\n", "f.yaml:2:3: unknown key", "ward profile keys");
        refused("security_opt: [a]\n", "f.yaml:1:1: unknown key 'security_opt'", "its words are keys");
        refused("memory: 1g\nmem_limit: 1g\n", "f.yaml:2:1: the key 'mem_limit' is there twice, first in line 1", "");
        refused("env: {A: 1, B: 2, A: 3}\n", "f.yaml:1:19: env: 'A' is there twice, first in line 1", "");
        refused("read-only: yes\n", "f.yaml:1:12: read-only: 'yes'", "write true");
        refused("read-only: Off\n", "f.yaml:1:12: read-only: 'Off'", "write false");
        refused("memory:\n", "memory: there is no value", "write memory: 512m");
        refused("memory: [1g]\n", "f.yaml:1:9: memory: a value is wanted here, not a list", "512m");
        refused("volume: {a: b}\n", "f.yaml:1:9: volume: a value is wanted here, not a map", "write - SRC");
        refused("tmpfs:\n  - [a]\n", "f.yaml:2:5: tmpfs: a value is wanted", "");
        refused("- a\n", "f.yaml:1:1: a profile is a map", "KEY: VALUE");
        refused("memory: 1g\n- a\n", "f.yaml:2:1: that is no YAML", "");
        refused("volume:\n\t- a\n", "f.yaml:2:1: that is no YAML", "");
        refused("ulimit: [core]\n", "f.yaml:1:10: ulimit: 'core' is not NAME=VALUE", "");
        refused("volume: ['${WARD_TEST_NOT_SET}:/x']\n", "f.yaml:1:10: volume: the variable WARD_TEST_NOT_SET",
                "set it");
        refused("mount: [{src: 'a,b'}]\n", "f.yaml:1:15: mount: 'src' can't hold a comma", "");
        refused("mount: [{ro: false}]\n", "mount: there is no word in it", "");
        refused("reset: [memori]\n", "f.yaml:1:9: unknown key 'memori'", "memory");
        refused("reset: [include]\n", "f.yaml:1:9: unknown key 'include'", "");
        refused("description: \"a\\nb\\x1b[1m\"\nmemory: \"\\x1b\\x00\"\n", "f.yaml:2:9: a text can't hold a NUL", "");
        refused("? [a]\n: b\n", "a key is a word", "");
}

/* What makes YAML large or surprising. */
static void test_features(void **state)
{
        refused("volume: &a [x]\n", "f.yaml:1:9: anchors are not for profiles", "include");
        refused("memory: &a 1g\n", "anchors are not", "");
        refused("memory: *a\n", "aliases are not", "include");
        refused("<<: a\n", "unknown key '<<'", "include: NAME");
        refused("memory: !!int 4\n", "f.yaml:1:9: tags are not", "");
        refused("memory: 1g\n---\nmemory: 2g\n", "several documents", "leave one");
        refused("[[[[[[[[[[[[[[[[", "a profile is a map", "");
        refused("mount: [{a: [[[[[[[", "nested that deep", "");
        refused("mount: [{a: {b: [", "nested that deep", "");
}

static void test_bounds(void **state)
{
        _cleanup_text_ struct text text = {0};

        text_puts(&text, "volume:\n");
        for (int i = 0; i <= PROFILE_SETTINGS_MAX; i++)
                text_printf(&text, "  - /%d:/x\n", i);
        refused(text.data, "f.yaml:2002:5: a profile has at most 2000 settings", "");
}

/* ---- what is read ---- */

static void is_setting(const struct profile_text *parsed, size_t i, const char *key, const char *value, unsigned line,
                       unsigned column)
{
        assert_true(i < parsed->count);
        assert_string_equal(parsed->settings[i].key->name, key);
        assert_string_equal(parsed->settings[i].value, value);
        assert_int_equal(parsed->settings[i].line, line);
        assert_int_equal(parsed->settings[i].column, column);
}

static void test_values(void **state)
{
        struct profile_text parsed;

        assert_int_equal(setenv("WARD_TEST", "/here", 1), 0);
        assert_int_equal(parse("# a comment\n"
                               "description: wörld\n"
                               "mem_limit: 0640\n"
                               "environment:\n"
                               "  NO: no\n"
                               "  MINE:\n"
                               "  EMPTY: ''\n"
                               "volumes: ['${WARD_TEST}/a:/a', '~x:/b', '$$:/c']\n"
                               "volume-if-there:\n"
                               "- /nonexistent-of-ward:/x\n"
                               "- /usr:/y\n"
                               "mounts:\n"
                               "- {type: bind, src: '${WARD_TEST}', ro: true, U: false}\n"
                               "tmpfs: /run\n"
                               "reset: [cap_add]\n"
                               "include: [a, ./b.yaml]\n",
                               &parsed),
                         0);
        assert_string_equal(parsed.description, "wörld");
        assert_int_equal(parsed.count, 11);
        is_setting(&parsed, 0, "memory", "0640", 3, 12);
        is_setting(&parsed, 1, "env", "NO=no", 5, 3);
        is_setting(&parsed, 2, "env", "MINE", 6, 3);
        is_setting(&parsed, 3, "env", "EMPTY=", 7, 3);
        is_setting(&parsed, 4, "volume", "/here/a:/a", 8, 11);
        is_setting(&parsed, 5, "volume", "~x:/b", 8, 32);
        is_setting(&parsed, 6, "volume", "$$:/c", 8, 41);
        is_setting(&parsed, 7, "volume-if-there", "/nonexistent-of-ward:/x", 10, 3);
        is_setting(&parsed, 8, "volume-if-there", "/usr:/y", 11, 3);
        is_setting(&parsed, 9, "mount", "type=bind,src=/here,ro", 13, 3);
        is_setting(&parsed, 10, "tmpfs", "/run", 14, 8);
        assert_true(parsed.settings[7].absent);
        assert_false(parsed.settings[8].absent);
        assert_string_equal(parsed.resets[0].key->name, "cap-add");
        assert_int_equal(parsed.include_count, 2);
}

static void test_nothing(void **state)
{
        static const char *const texts[] = {"", "# only this\n", "---\n", "~\n", "{}\n"};
        struct profile_text parsed;

        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                assert_int_equal(parse(texts[i], &parsed), 0);
                assert_int_equal(parsed.count, 0);
        }
}

/* ---- several files ---- */

static void write_file(const char *name, const char *text)
{
        char path[256];
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        assert_int_equal(mkdir(path, 0700), 0);
}

static const char *value_of(const struct profile *profile, const char *key)
{
        const char *found = NULL;

        for (size_t i = 0; i < profile->count; i++)
                if (strcmp(profile->settings[i].key->name, key) == 0) {
                        assert_null(found);
                        found = profile->settings[i].value;
                }
        return found;
}

static void has(const struct profile *profile, const char *key, const char *value, bool wanted)
{
        bool found = false;

        for (size_t i = 0; i < profile->count; i++)
                found |= strcmp(profile->settings[i].key->name, key) == 0 &&
                         strcmp(profile->settings[i].value, value) == 0;
        if (found != wanted)
                fail_msg("%s: %s: %s", key, value, found ? "there" : "not there");
}

static int make_site(void **state)
{
        char list[256];

        assert_non_null(mkdtemp(folder));
        (void)snprintf(list, sizeof(list), "%s/etc:%s/share", folder, folder);
        assert_int_equal(setenv("WARD_PROFILES", list, 1), 0);
        assert_int_equal(setenv("XDG_CONFIG_HOME", folder, 1), 0);
        make_folder("ward");
        make_folder("ward/profiles");
        make_folder("ward/profiles/web.d");
        make_folder("etc");
        make_folder("etc/web.d");
        make_folder("share");
        write_file("share/base.yaml",
                   "memory: 1g\ncap-drop: [ALL]\nvolume: [/a:/x, /b:/y]\nenv: {A: 1, B: 1}\nulimit: {core: 0}\n");
        write_file("share/web.yaml",
                   "description: a server\ninclude: [base]\nmemory: 2g\ncap-add: [KILL, CHOWN]\ncpus: 1\n");
        write_file("share/other.yaml", "cap-drop: [cap_kill]\nvolume: [/c:/x:ro]\nenv: {B: 2}\nulimit: [core=5]\n");
        write_file("share/bare.yaml", "include: [base]\nreset: [volumes, env]\nenv: {C: 1}\n");
        write_file("share/names.yaml", "hostname: x\nshm-size: 1m\ninit: true\nhost-size: 1m\n");
        write_file("etc/web.d/10.yaml", "cpus: 2\npids-limit: 10\n");
        write_file("etc/web.d/20.yaml", "pids-limit: 20\n");
        write_file("etc/web.d/.30.yaml", "pids-limit: 30\n");
        write_file("ward/profiles/web.d/a.yaml", "cpus: 3\n");
        write_file("ward/profiles/mine.yaml", "include: [./a/one.yaml]\n");
        make_folder("ward/profiles/a");
        write_file("ward/profiles/a/one.yaml", "include: [two.yaml]\nseccomp: ./s.json\n");
        write_file("ward/profiles/a/two.yaml", "memory: 7g\n");
        write_file("ward/profiles/round.yaml", "include: [back]\n");
        write_file("ward/profiles/back.yaml", "include: [round]\n");
        write_file("ward/profiles/lost.yaml", "include:\n  - wep\n");
        write_file("ward/profiles/bad.yaml", "include:\n  - base\nmemory: [1]\n");
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
        return remove(path);
}

static int remove_site(void **state)
{
        return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int load(struct profile *ret, const char *a, const char *b)
{
        const char *words[] = {a, b};

        return profiles_load(words, b == NULL ? 1 : 2, &arena, ret, &err);
}

static void test_layers(void **state)
{
        struct profile profile;

        assert_int_equal(load(&profile, "web", NULL), 0);
        assert_string_equal(profile.description, "a server");
        assert_string_equal(value_of(&profile, "memory"), "2g");
        assert_string_equal(value_of(&profile, "cpus"), "3");
        assert_string_equal(value_of(&profile, "pids-limit"), "20");
        has(&profile, "cap-add", "KILL", true);
        has(&profile, "cap-drop", "ALL", true);
        assert_int_equal(profile.file_count, 5);
        assert_non_null(strstr(profile.files[0], "share/web.yaml"));
        assert_non_null(strstr(profile.files[4], "ward/profiles/web.d/a.yaml"));

        assert_int_equal(load(&profile, "web", "other"), 0);
        has(&profile, "cap-add", "KILL", false);
        has(&profile, "cap-add", "CHOWN", true);
        has(&profile, "volume", "/a:/x", false);
        has(&profile, "volume", "/c:/x:ro", true);
        has(&profile, "volume", "/b:/y", true);
        has(&profile, "env", "B=2", true);
        has(&profile, "env", "B=1", false);
        has(&profile, "env", "A=1", true);
        assert_string_equal(value_of(&profile, "ulimit"), "core=5");

        /* The other way round base's ALL takes away what came before it. */
        assert_int_equal(load(&profile, "web", "base"), 0);
        assert_null(value_of(&profile, "cap-add"));
        assert_string_equal(value_of(&profile, "memory"), "1g");

        assert_int_equal(load(&profile, "bare", NULL), 0);
        assert_null(value_of(&profile, "volume"));
        assert_string_equal(value_of(&profile, "env"), "C=1");
        assert_string_equal(value_of(&profile, "memory"), "1g");

        assert_int_equal(load(&profile, "mine", NULL), 0);
        assert_string_equal(value_of(&profile, "memory"), "7g");
        assert_non_null(strstr(value_of(&profile, "seccomp"), "/ward/profiles/a/s.json"));
}

static void not_loaded(const char *word, int code, const char *message, const char *hint)
{
        struct profile profile;

        assert_int_equal(load(&profile, word, NULL), code);
        if (strstr(err.message, message) == NULL || strstr(err.hint, hint) == NULL)
                fail_msg("'%s': '%s' / '%s'", word, err.message, err.hint);
        err = (struct ward_err){0};
}

static void test_not_loaded(void **state)
{
        not_loaded("wep", -ENOENT, "there is no profile 'wep'", "did you mean 'web'?");
        not_loaded("../x y", -ENOENT, "open '../x y'", "name a file");
        not_loaded("x y", -ENOENT, "'x y' is no name of a profile", "ward profile list");
        not_loaded("round", -ELOOP, "includes itself", "take the include out");
        not_loaded("lost", -ENOENT, "lost.yaml:2:5: include: there is no profile 'wep'", "did you mean 'web'?");
        not_loaded("bad", -EINVAL, "bad.yaml:3:9: memory: a value is wanted", "");
}

static void test_names(void **state)
{
        const char **names;
        size_t count;

        assert_int_equal(profiles_names(&arena, &names, &count, &err), 0);
        assert_int_equal(count, 10);
        assert_string_equal(names[0], "back");
        assert_string_equal(names[9], "web");
}

/* ---- what is done with it ---- */

static void test_override(void **state)
{
        struct profile profile;

        assert_int_equal(load(&profile, "web", NULL), 0);
        profiles_override(&profile, "cap-drop", "CAP_KILL");
        has(&profile, "cap-add", "KILL", false);
        has(&profile, "cap-add", "CHOWN", true);
        profiles_override(&profile, "cap-drop", "all");
        has(&profile, "cap-add", "CHOWN", false);
        has(&profile, "cap-drop", "ALL", true);

        assert_int_equal(load(&profile, "mine", NULL), 0);
        profiles_override(&profile, "security-opt", "mask=/x");
        assert_non_null(value_of(&profile, "seccomp"));
        profiles_override(&profile, "security-opt", "seccomp=default");
        assert_null(value_of(&profile, "seccomp"));

        assert_int_equal(load(&profile, "names", NULL), 0);
        profiles_override(&profile, "ipc", "private");
        profiles_override(&profile, "uts", "private");
        assert_int_equal(profile.count, 4);
        profiles_override(&profile, "ipc", "host");
        profiles_override(&profile, "pid", "container:x");
        profiles_override(&profile, "uts", "host");
        assert_int_equal(profile.count, 1);
        profiles_override(&profile, "keep", "./x");
        assert_int_equal(profile.count, 0);
}

static void blames(const struct profile *profile, const char *message, const char *value)
{
        const struct profile_setting *setting = profiles_blame(profile, message);

        if (value == NULL)
                assert_null(setting);
        else {
                assert_non_null(setting);
                assert_string_equal(setting->value, value);
        }
}

static void test_blame(void **state)
{
        struct profile profile;

        assert_int_equal(load(&profile, "web", NULL), 0);
        blames(&profile, "--volume /a:/x: open '/a': No such file or directory", "/a:/x");
        blames(&profile, "option '--ulimit': 'core' is not a resource limit", "core=0");
        blames(&profile, "option '--cap-add': 'KILL' is not a capability", "KILL");
        blames(&profile, "option '--volume': '/c:/z'", NULL);
        blames(&profile, "option '--cpus-of': '3'", NULL);
        blames(&profile, "the kernel says no", NULL);
}

static void differ(const char *a, const char *b, const char *wanted)
{
        _cleanup_text_ struct text text = {0};
        struct profile_text first, second;
        struct profile one = {0}, two = {0};
        bool found;

        assert_int_equal(parse(a, &first), 0);
        assert_int_equal(parse(b, &second), 0);
        one.settings = first.settings;
        one.count = first.count;
        two.settings = second.settings;
        two.count = second.count;
        assert_int_equal(profiles_diff(&one, &two, false, &arena, &text, &found, &err), 0);
        assert_int_equal(found, *wanted != '\0');
        assert_string_equal(text.data != NULL ? text.data : "", wanted);
}

static void test_diff(void **state)
{
        differ("memory: 512m\ncap-add: [net_admin, KILL]\nvolume: [/a:/b:rw]\nenv: [A=1]\n",
               "env: {A: '1'}\nvolumes: /a:/b # the same\ncap_add: [CAP_KILL, NET_ADMIN]\nmem_limit: 0.5g\n", "");
        differ("memory: 512m\n", "memory: 513m\n", "- memory: 512m\n+ memory: 513m\n");
        differ("volume: [/a:/b]\n", "volume: [/a:/b:ro]\ntmpfs: [/x y]\n",
               "- volume: /a:/b\n+ volume: /a:/b:ro\n+ tmpfs: \"/x y\"\n");
        differ("env: {A: }\n", "env: {A: ''}\n", "- env: A\n+ env: A=\n");
}

/* Each key has a name of its own, in the form of options. */
static void test_table(void **state)
{
        for (size_t i = 0; i < profile_key_count; i++) {
                const struct profile_key *key = &profile_keys[i];

                assert_ptr_equal(profiles_key(key->name), key);
                assert_int_equal(strspn(key->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(key->name));
                for (size_t j = 0; j < ELEMENTS(key->also) && key->also[j] != NULL; j++)
                        assert_ptr_equal(profiles_key(key->also[j]), key);
                assert_non_null(key->value);
                assert_non_null(key->help);
                assert_true((key->option == NULL) == (key->section == PROFILE_FILE));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_mistakes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_features, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
                cmocka_unit_test_setup_teardown(test_values, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_layers, setup, teardown),
                cmocka_unit_test_setup_teardown(test_not_loaded, setup, teardown),
                cmocka_unit_test_setup_teardown(test_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_override, setup, teardown),
                cmocka_unit_test_setup_teardown(test_blame, setup, teardown),
                cmocka_unit_test_setup_teardown(test_diff, setup, teardown),
                cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        };

        return cmocka_run_group_tests(tests, make_site, remove_site);
}
