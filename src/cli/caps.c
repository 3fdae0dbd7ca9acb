/* SPDX-License-Identifier: Apache-2.0 */
/* ward caps: what masks of capabilities mean, and what processes and files have. */
#include "engine/caps.h"

#include <inttypes.h>
#include <linux/securebits.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

#define FORMAT_VERSION 1
#define MEANING_COLUMN 24

struct caps {
        unsigned format;
        bool recursive;
};

/* ------------------------------------------------------------------------------------------------------------------ sets */

static void add_names_json(struct text *text, const char *key, uint64_t caps)
{
        const char *between = "";

        text_printf(text, "\"%s\": [", key);
        for (unsigned cap = 0; cap < 64; cap++) {
                if ((caps >> cap & 1) == 0)
                        continue;
                text_printf(text, "%s\"", between);
                caps_print(UINT64_C(1) << cap, "", text);
                text_puts(text, "\"");
                between = ", ";
        }
        text_puts(text, "]");
}

static void add_meanings(struct text *text, uint64_t caps)
{
        for (unsigned cap = 0; cap < 64; cap++) {
                size_t before = text->len;

                if ((caps >> cap & 1) == 0)
                        continue;
                caps_print(UINT64_C(1) << cap, "", text);
                text_printf(text, "%*s%s\n", (int)(MEANING_COLUMN - (text->len - before)), "",
                            cap < CAP_NAME_COUNT ? caps_meanings[cap] : "newer than this version");
        }
}

static void add_meanings_json(struct text *text, uint64_t caps)
{
        const char *between = "";

        text_printf(text, "{\"version\": %d, \"mask\": \"%016" PRIx64 "\", \"capabilities\": [", FORMAT_VERSION, caps);
        for (unsigned cap = 0; cap < 64; cap++) {
                if ((caps >> cap & 1) == 0)
                        continue;
                text_printf(text, "%s\n  {\"number\": %u, \"name\": \"", between, cap);
                caps_print(UINT64_C(1) << cap, "", text);
                text_puts(text, "\", \"allows\": ");
                json_write_string(text, cap < CAP_NAME_COUNT ? caps_meanings[cap] : "");
                text_puts(text, "}");
                between = ",";
        }
        text_puts(text, "]}\n");
}

static int decode(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct caps *o = options;
        _cleanup_text_ struct text text = {0};

        if (o->format == JSON)
                text_printf(&text, "{\"version\": %d, \"sets\": [", FORMAT_VERSION);
        for (int i = 0; i < count; i++) {
                uint64_t caps;
                int r = caps_parse(words[i], &cli->arena, &caps, err);

                if (r < 0)
                        return r;
                if (o->format == JSON) {
                        text_printf(&text, "%s\n  {\"mask\": \"%016" PRIx64 "\", ", i == 0 ? "" : ",", caps);
                        add_names_json(&text, "names", caps);
                        text_puts(&text, "}");
                        continue;
                }
                text_printf(&text, "0x%016" PRIx64 "=", caps);
                if (caps != 0)
                        caps_print(caps, ",", &text);
                text_puts(&text, "\n");
        }
        text_puts(&text, o->format == JSON ? "]}\n" : "");
        return cli_print(&text, err);
}

/* A mask is hexadecimal, as the kernel writes it; small ones in digits alone may have been meant as the number of a capability. */
static int say_how_read(struct cli *cli, const char *word, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0}, hint = {0};
        uint64_t number;

        if (number_parse(word, CAP_NAME_COUNT - 1, &number) < 0)
                return 0;
        text_printf(&text, "'%s' is read as a mask, 0x%s", word, word);
        text_puts(&hint, "the capability of that number: ward caps explain ");
        caps_print(UINT64_C(1) << number, "", &hint);
        if (text_failed(&text) || text_failed(&hint))
                return err_oom(err);
        cli_warning(cli, MISTAKE_NONE, text.data, hint.data);
        return 0;
}

static int explain(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct caps *o = options;
        _cleanup_text_ struct text text = {0};
        uint64_t caps = count == 0 ? CAPS_ALL : 0;

        for (int i = 0; i < count; i++) {
                uint64_t more;
                int r = caps_parse(words[i], &cli->arena, &more, err);

                if (r >= 0)
                        r = say_how_read(cli, words[i], err);
                if (r < 0)
                        return r;
                caps |= more;
        }
        if (o->format == JSON)
                add_meanings_json(&text, caps);
        else if (caps == 0)
                text_puts(&text, "none\n");
        else
                add_meanings(&text, caps);
        return cli_print(&text, err);
}

/* ------------------------------------------------------------------------------------------------------------- processes */

static const struct {
        const char *name;
        size_t offset;
} set_names[] = {
        {"effective", offsetof(struct caps_sets, effective)},     {"permitted", offsetof(struct caps_sets, permitted)},
        {"inheritable", offsetof(struct caps_sets, inheritable)}, {"bounding", offsetof(struct caps_sets, bounding)},
        {"ambient", offsetof(struct caps_sets, ambient)},
};

static uint64_t set_of(const struct caps_sets *sets, size_t index)
{
        uint64_t caps;

        memcpy(&caps, (const char *)sets + set_names[index].offset, sizeof(caps));
        return caps;
}

/* Of a full set, that it is; of one that lacks little, what. */
static void add_set(struct text *text, uint64_t caps)
{
        uint64_t missing = CAPS_ALL & ~caps;

        if (missing != 0 && __builtin_popcountll(missing) < 10) {
                text_puts(text, "all but ");
                caps_print(missing, " ", text);
        } else if (missing == 0) {
                text_puts(text, "all");
        } else {
                caps_print(caps, " ", text);
        }
}

static void add_sets(struct text *text, const char *indent, const struct caps_sets *sets)
{
        for (size_t i = 0; i < ELEMENTS(set_names); i++) {
                text_printf(text, "%s%-14s%016" PRIx64 "  ", indent, set_names[i].name, set_of(sets, i));
                add_set(text, set_of(sets, i));
                text_puts(text, "\n");
        }
}

static void add_sets_json(struct text *text, const struct caps_sets *sets)
{
        for (size_t i = 0; i < ELEMENTS(set_names); i++) {
                add_names_json(text, set_names[i].name, set_of(sets, i));
                text_puts(text, ", ");
        }
        text_printf(text, "\"noNewPrivs\": %s, \"seccomp\": %" PRIu64 ", \"uid\": %" PRIu64,
                    sets->no_new_privs != 0 ? "true" : "false", sets->seccomp, sets->uid);
}

static const struct {
        unsigned bit, locked;
        const char *name;
} securebits[] = {
        {SECBIT_NOROOT, SECBIT_NOROOT_LOCKED, "noroot"},
        {SECBIT_NO_SETUID_FIXUP, SECBIT_NO_SETUID_FIXUP_LOCKED, "no-setuid-fixup"},
        {SECBIT_KEEP_CAPS, SECBIT_KEEP_CAPS_LOCKED, "keep-caps"},
        {SECBIT_NO_CAP_AMBIENT_RAISE, SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, "no-cap-ambient-raise"},
};

/* The names of the bits that are set, as setpriv(1) has them; @quote is put around each. */
static void add_securebits(struct text *text, unsigned bits, const char *quote)
{
        const char *between = "";

        for (size_t i = 0; i < ELEMENTS(securebits); i++)
                for (int locked = 0; locked < 2; locked++) {
                        if ((bits & (locked ? securebits[i].locked : securebits[i].bit)) == 0)
                                continue;
                        text_printf(text, "%s%s%s%s%s", between, quote, securebits[i].name, locked ? "-locked" : "",
                                    quote);
                        between = ", ";
                }
        if (bits == 0 && *quote == '\0')
                text_puts(text, "none");
}

static int add_process(struct cli *cli, struct text *text, const struct caps_process *process)
{
        static const char *const modes[] = {"none", "strict", "filter"};
        char *name = cli_printable(&cli->arena, process->name);

        if (name == NULL)
                return -ENOMEM;
        text_printf(text, "%-14s%d (%s), user %" PRIu64 "%s\n", "process", process->pid, name, process->sets.uid,
                    process->own_users ? "; in another user namespace than yours, where these count" : "");
        add_sets(text, "", &process->sets);
        text_printf(text, "%-14s%s\n", "no-new-privs", process->sets.no_new_privs != 0 ? "yes" : "no");
        text_printf(text, "%-14s%s\n", "seccomp",
                    process->sets.seccomp < ELEMENTS(modes) ? modes[process->sets.seccomp] : "?");
        text_printf(text, "%-14s", "securebits");
        if (process->securebits >= 0)
                add_securebits(text, (unsigned)process->securebits, "");
        else
                text_puts(text, "the kernel tells a process its own alone");
        text_printf(text, "\n%-14s", "program");
        if (process->program_has)
                caps_file_print(&process->program, text);
        else
                text_puts(text,
                          process->program_known ? "its file has no capabilities" : "its file can't be looked at");
        text_puts(text, "\n");
        for (size_t i = 0; i < process->different; i++) {
                text_printf(text, "%-14s%d, of %zu threads\n", "thread", process->threads[i].tid,
                            process->thread_count);
                add_sets(text, "  ", &process->threads[i].sets);
        }
        return 0;
}

static void add_process_json(struct text *text, const struct caps_process *process)
{
        text_printf(text, "{\"pid\": %d, \"name\": ", process->pid);
        json_write_string(text, process->name);
        text_puts(text, ", ");
        add_sets_json(text, &process->sets);
        text_printf(text, ", \"ownUserNamespace\": %s", process->own_users ? "true" : "false");
        if (process->securebits >= 0) {
                text_puts(text, ", \"securebits\": [");
                add_securebits(text, (unsigned)process->securebits, "\"");
                text_puts(text, "]");
        }
        if (process->program_has) {
                text_puts(text, ", \"program\": \"");
                caps_file_print(&process->program, text);
                text_puts(text, "\"");
        }
        text_printf(text, ", \"threadCount\": %zu, \"threads\": [", process->thread_count);
        for (size_t i = 0; i < process->different; i++) {
                text_printf(text, "%s{\"tid\": %d, ", i == 0 ? "" : ", ", process->threads[i].tid);
                add_sets_json(text, &process->threads[i].sets);
                text_puts(text, "}");
        }
        text_puts(text, "]}");
}

/* A number, or a container's name: its first process. */
static int find_pid(struct cli *cli, const char *word, pid_t *ret_pid, struct ward_err *err)
{
        struct store store = {.fd = -EBADF};
        struct engine_info info;
        uint64_t number;
        int r;

        if (strcmp(word, "self") == 0 || number_parse(word, INT32_MAX, &number) == 0) {
                *ret_pid = strcmp(word, "self") == 0 ? 0 : (pid_t)number;
                return 0;
        }
        r = store_open(cli->root, &store, err);
        if (r < 0)
                return r;
        r = engine_info(&store, word, &cli->arena, &info, err);
        store_close(&store);
        if (r < 0)
                return r;
        if (info.pid == 0) {
                (void)err_set(err, -ESRCH, "read the capabilities of container '%s': it does not run", word);
                return err_mistake(err, MISTAKE_NOT_RUNNING);
        }
        *ret_pid = info.pid;
        return 0;
}

static int of(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct caps *o = options;
        static char own[] = "self", *self[] = {own};
        _cleanup_text_ struct text text = {0};

        if (count == 0) {
                words = self;
                count = 1;
        }
        if (o->format == JSON)
                text_printf(&text, "{\"version\": %d, \"processes\": [", FORMAT_VERSION);
        for (int i = 0; i < count; i++) {
                struct caps_process process;
                pid_t pid = 0;
                int r = find_pid(cli, words[i], &pid, err);

                if (r >= 0)
                        r = caps_of_process(pid, &cli->arena, &process, err);
                if (r < 0)
                        return r;
                text_puts(&text, i == 0 ? "" : o->format == JSON ? ",\n" : "\n");
                if (o->format == JSON)
                        add_process_json(&text, &process);
                else if (add_process(cli, &text, &process) < 0)
                        return err_oom(err);
        }
        text_puts(&text, o->format == JSON ? "]}\n" : "");
        return cli_print(&text, err);
}

/* ----------------------------------------------------------------------------------------------------------------- files */

struct listing {
        struct cli *cli;
        struct text *text;
        unsigned format;
        size_t count;
};

static int add_file(void *data, const char *path, const struct caps_file *file)
{
        struct listing *listing = data;
        struct text *text = listing->text;
        char *shown;

        if (listing->format == JSON) {
                text_printf(text, "%s\n  {\"path\": ", listing->count == 0 ? "" : ",");
                json_write_string(text, path);
                text_printf(text, ", \"revision\": %u, \"effective\": %s, \"rootId\": %u, ", file->revision,
                            file->effective ? "true" : "false", file->root_id);
                add_names_json(text, "permitted", file->permitted);
                text_puts(text, ", ");
                add_names_json(text, "inheritable", file->inheritable);
                text_puts(text, "}");
        } else {
                shown = cli_printable(&listing->cli->arena, path);
                if (shown == NULL)
                        return -ENOMEM;
                text_printf(text, "%s ", shown);
                caps_file_print(file, text);
                text_puts(text, "\n");
        }
        listing->count++;
        return 0;
}

static void warn_closed(const struct cli *cli, const char *path, size_t closed)
{
        _cleanup_text_ struct text text = {0};

        text_printf(&text, "%zu files and directories below '%s' could not be looked at", closed, path);
        if (!text_failed(&text))
                cli_warning(cli, MISTAKE_NONE, text.data, "root can");
}

static int file(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct caps *o = options;
        _cleanup_text_ struct text text = {0};
        struct listing listing = {.cli = cli, .text = &text, .format = o->format};
        int r = 0;

        if (o->format == JSON)
                text_printf(&text, "{\"version\": %d, \"files\": [", FORMAT_VERSION);
        for (int i = 0; r >= 0 && i < count; i++) {
                struct caps_file found;
                size_t closed = 0;
                bool has;

                if (o->recursive) {
                        r = caps_below(words[i], add_file, &listing, &closed, err);
                        if (closed > 0)
                                warn_closed(cli, words[i], closed);
                        continue;
                }
                r = caps_of_file(words[i], &found, &has, err);
                if (r >= 0 && has)
                        r = add_file(&listing, words[i], &found);
        }
        if (r == -ENOENT || r == -ENOTDIR)
                return err_hint(err, "name a file of this machine; the capabilities of processes are 'ward caps of'");
        if (r < 0)
                return r == -ENOMEM ? err_oom(err) : r;
        text_puts(&text, o->format == JSON ? "]}\n" : "");
        return text.len == 0 ? 0 : cli_print(&text, err);
}

/* -------------------------------------------------------------------------------------------------------------- the verb */

enum { TAKES_RECURSIVE = 1 << 0 };

static const struct cli_action words[] = {
        {"decode", "SET...", 1, INT_MAX, 0, decode},
        {"explain", "[SET...]", 0, INT_MAX, 0, explain},
        {"of", "[PID|CONTAINER...]", 0, INT_MAX, 0, of},
        {"file", "[-r] PATH...", 1, INT_MAX, TAKES_RECURSIVE, file},
};
static const struct cli_actions actions = {"caps", "of 1", words, ELEMENTS(words)};

static int caps(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct caps *o = options;
        const struct cli_given given[] = {{o->recursive, TAKES_RECURSIVE, "--recursive"}};
        const struct cli_action *action = cli_action(&actions, given, ELEMENTS(given), count, operands, err);

        return action == NULL ? -EINVAL : action->run(cli, o, count - 1, operands + 1, err);
}

static const struct option_entry entries[] = {
        {.name = "recursive",
         .letter = 'r',
         .help = "file: all files below the paths",
         OPTION_FLAG(struct caps, recursive)},
        {.name = "format",
         .arg = "table|json",
         .help = "how to show it (default: table)",
         OPTION_WORD(struct caps, format, formats)},
};

const struct cli_verb cli_caps = {
        .name = "caps",
        .command =
                {
                        .name = "ward caps",
                        .operands = "[OPTIONS] decode|explain|of|file ...",
                        .summary = "Capabilities: what masks mean, and what processes and files have.\n"
                                   "\n"
                                   "  decode SET...          masks and names into both\n"
                                   "  explain [SET...]       what each capability allows, one line each\n"
                                   "  of [PID|CONTAINER...]  the sets of processes, and of threads that differ\n"
                                   "  file [-r] PATH...      what files have",
                        .notes = "A SET is names with commas between them (CAP_CHOWN,net_raw), all, none, or a\n"
                                 "mask in hexadecimal digits as in /proc/PID/status.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct caps),
        .run = caps,
};
