/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines with the tables of ward and ward-oci: the input is the words, one a line, the first of them the verb ("ward run", "ward-oci exec").
 *
 * Read twice they mean the same; what was read is words of the line. `ward run` goes on to the spec, as with --dry-run, which nothing comes
 * of but the plan: a spec that is kept in the state directory reads back to the same text.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "fuzz.h"
#include "model/oci.h"
#include "model/print.h"
#include "oci/oci.h"

#define WORDS_MAX 64
#define OPTIONS_MAX 2048 /* bytes of a verb's structure */

static const struct cli_verb *const ward_verbs[] = {&cli_exec, &cli_gc,  &cli_kill, &cli_ps,
                                                    &cli_rm,   &cli_run, &cli_stop, &cli_top};

static const struct oci_verb *const oci_verbs[] = {
        &oci_create, &oci_delete, &oci_events, &oci_exec, &oci_features, &oci_kill,  &oci_list,  &oci_pause,
        &oci_plan,   &oci_ps,     &oci_resume, &oci_run,  &oci_spec,     &oci_start, &oci_state, &oci_update,
};

/* The table that the line begins with the name of, and what is behind it. */
static const struct option_command *find_command(char **line, size_t *ret_size)
{
        const char *name = strsep(line, "\n");

        for (size_t i = 0; i < ELEMENTS(ward_verbs); i++)
                if (strcmp(ward_verbs[i]->command.name, name) == 0) {
                        *ret_size = ward_verbs[i]->options_size;
                        return &ward_verbs[i]->command;
                }
        for (size_t i = 0; i < ELEMENTS(oci_verbs); i++)
                if (strcmp(oci_verbs[i]->command.name, name) == 0) {
                        *ret_size = oci_verbs[i]->options_size;
                        return &oci_verbs[i]->command;
                }
        return NULL;
}

static int split(char *line, char **words)
{
        int count = 0;

        while (line != NULL && count < WORDS_MAX)
                words[count++] = strsep(&line, "\n");
        return count;
}

static bool is_in(const char *string, char *const *words, int count)
{
        for (int i = 0; i < count; i++)
                if (string >= words[i] && string <= words[i] + strlen(words[i]))
                        return true;
        return false;
}

static void check_error(int r, const struct ward_err *err)
{
        EXPECT(err->errnum == -r && err->message[0] != '\0');
}

/* What the options of plain kinds were given is a word of the line, or a part of one. */
static void check_targets(const struct option_command *command, const char *target, char *const *words, int count)
{
        for (size_t i = 0; i < command->count; i++) {
                const struct option_entry *entry = &command->entries[i];
                const void *at = target + entry->offset;

                if (entry->kind == OPTION_KIND_TEXT) {
                        const char *text = *(const char *const *)at;

                        EXPECT(text == NULL || (*text != '\0' && is_in(text, words, count)));
                } else if (entry->kind == OPTION_KIND_LIST) {
                        const struct option_list *list = at;

                        for (size_t j = 0; j < list->count; j++)
                                EXPECT(is_in(list->items[j], words, count));
                } else if (entry->kind == OPTION_KIND_NUMBER) {
                        EXPECT(*(const uint64_t *)at <= entry->max);
                }
        }
}

/* A directory with nothing in it, also no way to put something there. */
static int nowhere(void)
{
        static int fd = -EBADF;
        char name[] = "/tmp/fuzz-command-line.XXXXXX";

        if (fd >= 0)
                return fd;
        EXPECT(mkdtemp(name) != NULL);
        fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        EXPECT(fd >= 0 && rmdir(name) == 0);
        return fd;
}

static void print_twice(const struct ward_spec *spec)
{
        _cleanup_spec_ struct ward_spec back = {0};
        _cleanup_text_ struct text first = {0}, second = {0};
        struct ward_err err = {0};

        spec_print(spec, &first);
        if (json_check(first.data, first.len, "config.json", &err) < 0)
                return; /* no UTF-8: it is refused */
        if (oci_parse(first.data, first.len, "config.json", &back, &err) < 0)
                (void)fprintf(stderr, "%s\n", err.message);
        EXPECT(err.errnum == 0);
        spec_print(&back, &second);
        EXPECT(strcmp(first.data, second.data) == 0);
}

/* `ward run` from its options to the spec. */
static void make_spec(struct run *options, int count, char **words)
{
        struct cli cli = {.store = {.fd = -EBADF}};
        _cleanup_run_namespaces_ struct run_namespaces namespaces = RUN_NAMESPACES_NONE;
        const struct run_root root = {.path = "/a/root", .fd = nowhere()};
        _cleanup_spec_ struct ward_spec spec = {0};
        struct run_job job = {
                .cli = &cli,
                .options = options,
                .id = "id",
                .root = &root,
                .namespaces = &namespaces,
                .id_base = 0x70000000,
                .argc = count - 1,
                .argv = words + 1,
        };
        struct ward_err err = {0};
        int r;

        options->dry_run = true;
        options->env_files.count = 0; /* no file of this machine is the input's business */
        r = run_namespaces_read(&cli, options, &namespaces, &err);
        job.own_users = namespaces.ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT;
        if (r >= 0)
                r = run_spec(&job, &spec, &err);
        if (r < 0)
                check_error(r, &err);
        else
                print_twice(&spec);
        arena_done(&cli.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *line = fuzz_text(data, size);
        _cleanup_arena_ struct arena arena = {0};
        _Alignas(16) char target[OPTIONS_MAX] = {0}, again[OPTIONS_MAX] = {0};
        char *words[WORDS_MAX], *operands[WORDS_MAX], *others[WORDS_MAX], *rest = line;
        struct ward_err err = {0}, other_err = {0};
        const struct option_command *command;
        int count, left, other_left, r;
        size_t options_size = 0;

        command = find_command(&rest, &options_size);
        if (command == NULL)
                return 0;
        EXPECT(options_size <= sizeof(target));
        count = left = other_left = split(rest, words);
        memcpy(operands, words, sizeof(words));
        memcpy(others, words, sizeof(words));
        r = options_parse(command, &left, operands, target, &arena, &err);
        EXPECT(r == options_parse(command, &other_left, others, again, &arena, &other_err));
        EXPECT(strcmp(err.message, other_err.message) == 0 && strcmp(err.hint, other_err.hint) == 0);
        if (r < 0)
                check_error(r, &err);
        if (r != 0)
                return 0;
        EXPECT(left == other_left && left <= count && (unsigned)left >= command->operands_min);
        for (int i = 0; i < left; i++)
                EXPECT(operands[i] == others[i] && is_in(operands[i], words, count));
        check_targets(command, target, words, count);
        if (command == &cli_run.command)
                make_spec((struct run *)(void *)target, left, operands);
        return 0;
}
