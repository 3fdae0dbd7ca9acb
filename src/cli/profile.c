/* SPDX-License-Identifier: Apache-2.0 */
/* ward profile: the profiles that `ward run --profile` takes, listed, shown, checked, compared. */
#include "profile/profile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/run.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

struct profile_options {
        unsigned format;
        bool markdown;
};

/* Ends with 1 when there is a difference, like diff(1). */
#define ANSWER_NO 1

#define EDITED_MAX (256u << 10) /* as long as a profile may be */

static int list_row(struct cli *cli, const char *name, bool json, bool more, const char **cells, struct text *text,
                    struct ward_err *err)
{
        struct profile profile = {0};
        struct ward_err own = {0};
        const char *path, *slash;
        int r = profiles_find(&cli->arena, name, &path, err);

        if (r >= 0 && path != NULL && profiles_load(&name, 1, &cli->arena, &profile, &own) < 0)
                profile.description = "it has a mistake: 'ward profile check' says where";
        if (r < 0 || path == NULL) /* gone meanwhile */
                return r;
        if (json) {
                text_puts(text, more ? ",\n  {\"name\": " : "\n  {\"name\": ");
                json_write_string(text, name);
                text_puts(text, ", \"file\": ");
                json_write_string(text, path);
                text_puts(text, ", \"description\": ");
                json_write_string(text, profile.description != NULL ? profile.description : "");
                text_printf(text, ", \"valid\": %s}", own.errnum == 0 ? "true" : "false");
                return 0;
        }
        slash = strrchr(path, '/');
        cells[0] = cli_printable(&cli->arena, name);
        cells[1] = cli_printable(&cli->arena, profile.description != NULL ? profile.description : "");
        cells[2] = arena_strndup(&cli->arena, path, (size_t)(slash - path));
        return 1;
}

static int list(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct profile_options *o = options;
        const bool json = o->format == JSON;
        _cleanup_text_ struct text text = {0};
        const char **names, **cells;
        size_t name_count, rows = 1;
        int r = profiles_names(&cli->arena, &names, &name_count, err);

        cells = r < 0 ? NULL : arena_new(&cli->arena, const char *, (name_count + 1) * 3);
        if (r >= 0 && cells == NULL)
                r = err_oom(err);
        if (r < 0)
                return r;
        cells[0] = "NAME";
        cells[1] = "WHAT IT IS FOR";
        cells[2] = "FOLDER";
        if (json)
                text_printf(&text, "{\"version\": %d, \"profiles\": [", PROFILES_FORMAT_VERSION);
        for (size_t i = 0; r >= 0 && i < name_count; i++) {
                r = list_row(cli, names[i], json, i > 0, cells + rows * 3, &text, err);
                rows += r > 0;
        }
        if (r < 0)
                return r;
        if (json)
                text_puts(&text, "]}\n");
        else if (cli_table(&text, cells, rows, 3) < 0)
                return err_oom(err);
        return cli_print(&text, err);
}

static int show(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct profile_options *o = options;
        _cleanup_text_ struct text text = {0}, title = {0};
        struct profile profile;
        int r = profiles_load((const char *const *)words, (size_t)count, &cli->arena, &profile, err);

        if (r < 0)
                return r;
        for (int i = 0; i < count; i++)
                text_printf(&title, "%s%s", i > 0 ? ", then " : "", words[i]);
        if (text_failed(&title))
                return err_oom(err);
        if (o->format == JSON)
                profiles_json(&profile, title.data, &text);
        else
                profiles_print(&profile, title.data, &text);
        return text_failed(&text) ? err_oom(err) : cli_print(&text, err);
}

/* All that `ward run` does with the profile before it starts anything. */
static int plan(struct cli *cli, struct run *run, struct ward_err *err)
{
        char root[] = "host", command[] = "true", *words[] = {root, command, NULL};
        int r = cli_apply_profile(cli, &cli_run.command, true, NULL, run, err);

        if (r < 0)
                return r;
        run->dry_run = run->silent = true;
        r = run_run(cli, run, 2, words, err);
        if (r < 0)
                cli_blame_profile(cli, err);
        return r;
}

/* What of this machine it names without saying that it may be missing: a start would look for it only when it mounts. */
static int check_sources(struct cli *cli, const struct profile *profile, struct ward_err *err)
{
        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];
                const char *path = arena_strndup(&cli->arena, setting->value, strcspn(setting->value, ":"));

                if (path == NULL)
                        return err_oom(err);
                if (setting->key->about != PROFILE_ABOUT_TARGET || setting->absent || access(path, F_OK) == 0)
                        continue;
                (void)err_errno(err, "%s:%u:%u: %s: look at '%s'", setting->file, setting->line, setting->column,
                                setting->key->name, path);
                (void)err_mistake(err, MISTAKE_SOURCE_MISSING);
                return err_hint(err, "make it, or write volume-if-there: then it is left out where it is missing");
        }
        return 0;
}

static int check_one(struct cli *cli, const char *word, const void *what, struct ward_err *err)
{
        const struct profile_options *o = what;
        _cleanup_text_ struct text text = {0};
        struct profile profile;
        struct run *run = arena_new(&cli->arena, struct run, 1);
        size_t absent = 0;
        int r = run == NULL ? err_oom(err) : profiles_load(&word, 1, &cli->arena, &profile, err);

        if (r >= 0) {
                cli->profile = &profile;
                r = plan(cli, run, err);
                cli->profile = NULL;
        }
        if (r >= 0)
                r = check_sources(cli, &profile, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < profile.count; i++)
                absent += profile.settings[i].absent;
        if (o->format == JSON) {
                text_printf(&text, "{\"version\": %d, \"name\": ", PROFILES_FORMAT_VERSION);
                json_write_string(&text, word);
                text_printf(&text, ", \"settings\": %zu, \"files\": %zu, \"absent\": %zu}\n", profile.count,
                            profile.file_count, absent);
                return text_failed(&text) ? err_oom(err) : cli_print(&text, err);
        }
        text_printf(&text, "%s: %zu settings of %zu file%s, nothing is wrong", word, profile.count, profile.file_count,
                    profile.file_count == 1 ? "" : "s");
        if (absent > 0)
                text_printf(&text, "; %zu name what is not on this machine, and are left out", absent);
        text_puts(&text, "\n");
        return text_failed(&text) ? err_oom(err) : cli_print(&text, err);
}

static int check(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct profile_options *o = options;
        return cli_each(cli, count, words, check_one, o);
}

static int diff(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct profile_options *o = options;
        _cleanup_text_ struct text text = {0};
        const char *first_word = words[0], *second_word = words[1];
        struct profile first, second;
        bool differ;
        int r = profiles_load(&first_word, 1, &cli->arena, &first, err);

        if (r >= 0)
                r = profiles_load(&second_word, 1, &cli->arena, &second, err);
        if (r >= 0)
                r = profiles_diff(&first, &second, o->format == JSON, &cli->arena, &text, &differ, err);
        if (r >= 0)
                r = cli_print(&text, err);
        return r < 0 ? r : differ ? ANSWER_NO : 0;
}

/* Every folder on the way to @path, as far as it is not there. */
static int make_folders(struct cli *cli, const char *path, struct ward_err *err)
{
        for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
                const char *folder = arena_strndup(&cli->arena, path, (size_t)(slash - path));

                if (folder == NULL)
                        return err_oom(err);
                if (mkdir(folder, 0777) < 0 && errno != EEXIST)
                        return err_errno(err, "make the folder '%s'", folder);
        }
        return 0;
}

/* The file that @word stands for where something is written: itself, or what the caller adds to the profile of that name. */
static int own_file(struct cli *cli, const char *word, const char **ret_path, struct ward_err *err)
{
        struct profile profile;
        int r;

        if (profiles_is_file(word)) {
                const char *real = realpath(word, NULL);

                /* A link stays one. */
                *ret_path = real == NULL ? word : arena_strdup(&cli->arena, real);
                free((void *)real);
                return *ret_path == NULL ? err_oom(err) : 0;
        }
        r = profiles_load(&word, 1, &cli->arena, &profile, err);
        if (r >= 0)
                r = profiles_own_file(&cli->arena, word, ret_path, err);
        if (r < 0 || *ret_path != NULL)
                return r < 0 ? r : make_folders(cli, *ret_path, err);
        (void)err_set(err, -ENOENT, "you have no home that '%s' could be added to in", word);
        return err_hint(err, "set HOME, or name a file");
}

/* A file that is beside its place until it is whole. */
static int write_file(struct cli *cli, const char *path, mode_t mode, const struct text *text, struct ward_err *err)
{
        const char *part = arena_concat(&cli->arena, path, ".new");
        _cleanup_close_
        int fd = -EBADF;
        int r;

        if (part == NULL)
                return err_oom(err);
        fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0) {
                r = err_errno(err, "make '%s'", part);
                (void)err_mistake(err, MISTAKE_FILE_UNWRITABLE);
                return r == -EEXIST ? err_hint(err, "remove it, if nobody is at '%s' now", path) : r;
        }
        r = fd_write_all(fd, text->data, text->len);
        if (r >= 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(part, path) < 0))
                r = -errno;
        if (r >= 0)
                return 0;
        (void)unlink(part);
        (void)err_code(err, r, "write '%s'", path);
        return err_mistake(err, MISTAKE_FILE_UNWRITABLE);
}

static int find_key(struct cli *cli, const char *word, const struct profile_key **ret_key, struct ward_err *err)
{
        char name[64] = "";

        for (size_t i = 0; i < sizeof(name) - 1 && word[i] != '\0'; i++)
                name[i] = word[i] == '_' ? '-' : word[i];
        *ret_key = profiles_key(name);
        if (*ret_key != NULL && (*ret_key)->option != NULL)
                return 0;
        (void)err_set(err, -EINVAL, *ret_key == NULL ? "unknown key '%s'" : "the key '%s' is written in an editor",
                      word);
        (void)err_mistake(err, MISTAKE_PROFILE_FORM);
        return *ret_key == NULL ? profiles_key_hint(name, &cli->arena, err)
                                : err_hint(err, "'ward profile keys' lists them");
}

/* @value: NULL, the key goes. */
static int edit(struct cli *cli, const char *word, const char *key_name, const char *value, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        _cleanup_text_ struct text out = {0};
        const struct profile_key *key;
        const char *path;
        struct stat st = {.st_mode = 0644};
        size_t len = 0;
        int r = find_key(cli, key_name, &key, err);

        if (r >= 0 && value != NULL) {
                const struct profile_setting setting = {.key = key, .value = value};
                const char *option = profiles_option_value(&setting, &cli->arena);
                struct run *run = arena_new(&cli->arena, struct run, 1);

                r = option == NULL || run == NULL
                            ? err_oom(err)
                            : options_set(&cli_run.command, options_find(&cli_run.command, key->option), option, run,
                                          &cli->arena, err);
        }
        if (r >= 0)
                r = own_file(cli, word, &path, err);
        if (r < 0)
                return r;
        if (stat(path, &st) == 0)
                r = fd_read_file(AT_FDCWD, path, EDITED_MAX, &text, &len, err);
        else if (errno != ENOENT)
                r = err_errno(err, "look at '%s'", path);
        if (r >= 0)
                r = profiles_edit(text != NULL ? text : "", len, path, key, value, &cli->arena, &out, err);
        return r < 0 ? r : write_file(cli, path, st.st_mode & 0777, &out, err);
}

static int set(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        return edit(cli, words[0], words[1], words[2], err);
}

static int unset(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        return edit(cli, words[0], words[1], NULL, err);
}

static int keys(struct cli *cli, const void *options, int count, char **words, struct ward_err *err)
{
        const struct profile_options *o = options;
        _cleanup_text_ struct text text = {0};

        profiles_document(o->markdown, &text);
        return text_failed(&text) ? err_oom(err) : cli_print(&text, err);
}

enum { TAKES_FORMAT = 1 << 0, TAKES_MARKDOWN = 1 << 1 };

static const struct cli_action words[] = {
        {"list", "", 0, 0, TAKES_FORMAT, list},
        {"show", "PROFILE...", 1, INT_MAX, TAKES_FORMAT, show},
        {"check", "PROFILE...", 1, INT_MAX, TAKES_FORMAT, check},
        {"diff", "PROFILE PROFILE", 2, 2, TAKES_FORMAT, diff},
        {"set", "PROFILE KEY VALUE", 3, 3, 0, set},
        {"unset", "PROFILE KEY", 2, 2, 0, unset},
        {"keys", "", 0, 0, TAKES_MARKDOWN, keys},
};
static const struct cli_actions actions = {"profile", "list", words, ELEMENTS(words)};

static int run(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct profile_options *o = options;
        const struct cli_given given[] = {
                {o->format != TABLE, TAKES_FORMAT, "--format"},
                {o->markdown, TAKES_MARKDOWN, "--markdown"},
        };
        const struct cli_action *action = cli_action(&actions, given, ELEMENTS(given), count, operands, err);

        return action == NULL ? -EINVAL : action->run(cli, o, count - 1, operands + 1, err);
}

static const struct option_entry entries[] = {
        {.name = "format",
         .arg = "table|json",
         .help = "how to show it (default: table)",
         OPTION_WORD(struct profile_options, format, formats)},
        {.name = "markdown",
         .help = "keys: as docs/PROFILES.md has them",
         .rare = true,
         OPTION_FLAG(struct profile_options, markdown)},
};

const struct cli_verb cli_profile = {
        .name = "profile",
        .command =
                {
                        .name = "ward profile",
                        .operands = "[OPTIONS] WORD ...",
                        .summary = "Profiles: files with options for 'ward run --profile PROFILE ROOT COMMAND'.\n"
                                   "\n"
                                   "  list                   those that there are\n"
                                   "  show PROFILE...        what it comes to, and where each value is from\n"
                                   "  check PROFILE...       whether 'ward run' takes it here\n"
                                   "  diff PROFILE PROFILE   what two mean differently\n"
                                   "  set PROFILE KEY VALUE  write a value to its file, or to your own NAME.d\n"
                                   "  unset PROFILE KEY      take a key out, the same way\n"
                                   "  keys                   what a profile can hold",
                        .notes = "A PROFILE is a name (~/.config/ward/profiles, /etc/ward/profiles, and those that\n"
                                 "come with ward), or a file: a word with a '/', or with .yaml at its end. A\n"
                                 "site adds to the profile NAME by files NAME.d/*.yaml in these folders.\n"
                                 "Status 1: diff, a difference; check, a mistake.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct profile_options),
        .run = run,
};
