/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of ward share; see cli.h. */
#include "cli/cli.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"

#define CLI_COLUMNS_MAX 8

static void message_on_stderr(const struct cli *cli, int level, const char *color, unsigned code, const char *message,
                              const char *hint)
{
        const char *who = cli->speaks_as == NULL ? "ward" : cli->speaks_as;
        _cleanup_text_ struct text text = {0};

        if (cli->level_prefix)
                text_printf(&text, "<%d>", level);
        if (cli->color)
                text_printf(&text, "\033[%sm%s:\033[0m %s", color, who, message);
        else
                text_printf(&text, "%s: %s", who, message);
        if (code != MISTAKE_NONE)
                text_printf(&text, " [E%u]", code);
        text_puts(&text, "\n");
        if (*hint != '\0')
                text_printf(&text, "      %s\n", hint);
        /* There is nobody to be told that this failed. */
        (void)fd_write_all(STDERR_FILENO, text.data, text.len);
}

void cli_error(const struct cli *cli, struct ward_err *err)
{
        /* Anything that is written can meet a full file system. */
        if (err->errnum == ENOSPC && err->code == MISTAKE_NONE && err->hint[0] == '\0') {
                (void)err_mistake(err, MISTAKE_DISK_FULL);
                (void)err_hint(err, "make room there: 'df' and 'df -i' show what is full");
        }
        message_on_stderr(cli, 3 /* KERN_ERR */, "1;31", err->code, err->message, err->hint);
}

void cli_warning(const struct cli *cli, enum mistake mistake, const char *message, const char *hint)
{
        message_on_stderr(cli, 4 /* KERN_WARNING */, "1;33", mistake, message, hint);
}

void cli_warn_damage(const struct cli *cli, const struct engine_info *info)
{
        _cleanup_text_ struct text text = {0};

        text_printf(&text, "container '%s': %s; what is shown was found through its cgroup", info->state.id,
                    info->damage);
        if (!text_failed(&text))
                cli_warning(cli, MISTAKE_NONE, text.data,
                            info->newer ? "use the program that made it, or a newer one"
                                        : "'ward rm --force' ends and removes it");
}

void cli_add_created(struct text *text, const struct engine_info *info)
{
        if (info->state.created_usec == 0) {
                text_puts(text, "null");
                return;
        }
        text_puts(text, "\"");
        cli_add_time(text, info->state.created_usec);
        text_puts(text, "\"");
}

/* no-color.org: a variable that is set and not empty. */
bool cli_wants_color(int fd)
{
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

        return isatty(fd) && (no_color == NULL || *no_color == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

static void store_warning(void *data, const struct ward_err *what)
{
        cli_warning(data, what->code, what->message, what->hint);
}

int cli_open_store(struct cli *cli, struct ward_err *err)
{
        int r = store_open(cli->root, &cli->store, err);

        if (r < 0)
                return r;
        cli->store.warn = store_warning;
        cli->store.warn_data = cli;
        return 0;
}

/* locale(7): the first that is set counts. */
bool cli_has_utf8(void)
{
        static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

        for (size_t i = 0; i < ELEMENTS(names); i++) {
                const char *value = getenv(names[i]);

                if (value != NULL && *value != '\0')
                        return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL;
        }
        return false;
}

char *cli_printable(struct arena *arena, const char *text)
{
        char *copy = arena_strdup(arena, text);

        for (char *c = copy; c != NULL && *c != '\0'; c++)
                if (*c < ' ' || *c > '~')
                        *c = '?';
        return copy;
}

int cli_table(struct text *text, const char *const *cells, size_t rows, size_t columns)
{
        int width[CLI_COLUMNS_MAX] = {0};

        assert(columns <= CLI_COLUMNS_MAX);
        for (size_t i = 0; i < rows * columns; i++) {
                int *widest = &width[i % columns];

                if (cells[i] == NULL)
                        return -ENOMEM;
                *widest = (int)strlen(cells[i]) > *widest ? (int)strlen(cells[i]) : *widest;
        }
        for (size_t i = 0; i < rows * columns; i++)
                if (i % columns < columns - 1)
                        text_printf(text, "%-*s  ", width[i % columns], cells[i]);
                else
                        text_printf(text, "%s\n", cells[i]);
        return 0;
}

void cli_add_time(struct text *text, uint64_t usec)
{
        time_t seconds = (time_t)(usec / 1000000);
        struct tm tm = {0};

        (void)gmtime_r(&seconds, &tm);
        text_printf(text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                    tm.tm_min, tm.tm_sec);
}

int cli_print(const struct text *text, struct ward_err *err)
{
        int r;

        if (text_failed(text))
                return err_oom(err);
        r = fd_write_all(STDOUT_FILENO, text->data, text->len);
        return r < 0 ? err_code(err, r, "write to standard output") : 0;
}

static size_t find_variable(const char *const *envp, size_t count, const char *key, size_t len)
{
        size_t at = 0;

        while (at < count && !(strncmp(envp[at], key, len) == 0 && envp[at][len] == '='))
                at++;
        return at;
}

int cli_apply_env(struct cli *cli, const struct option_list *list, const char *const **envp, struct ward_err *err)
{
        const char *const *old = *envp;
        const char **new;
        size_t count = 0;

        while (old[count] != NULL)
                count++;
        new = arena_new(&cli->arena, const char *, count + list->count + 1);
        if (new == NULL)
                return err_oom(err);
        memcpy(new, old, count * sizeof(*new));
        for (size_t i = 0; i < list->count; i++) {
                const char *item = list->items[i];
                size_t len = strcspn(item, "="), at = find_variable(new, count, item, len);

                if (len == 0) {
                        (void)err_set(err, -EINVAL, "option '--env': '%s' has no name", item);
                        (void)err_mistake(err, MISTAKE_FORM);
                        return err_hint(err, "write KEY=VALUE, or KEY to pass your own value on");
                }
                if (item[len] == '\0') {
                        const char *value = getenv(item);

                        if (value == NULL) {
                                if (at < count)
                                        memmove(&new[at], &new[at + 1], (count-- - at) * sizeof(*new));
                                continue;
                        }
                        item = arena_concat(&cli->arena, item, "=", value);
                        if (item == NULL)
                                return err_oom(err);
                }
                new[at] = item;
                count += at == count;
        }
        new[count] = NULL;
        *envp = new;
        return 0;
}

/* One side of a --ulimit: a number, or -1 or "unlimited". */
static bool read_bound(const char *text, uint64_t *ret_bound)
{
        *ret_bound = UINT64_MAX;
        return strcmp(text, "-1") == 0 || strcasecmp(text, "unlimited") == 0 ||
               number_parse(text, UINT64_MAX - 1, ret_bound) >= 0;
}

/* As people write them, without the prefix, which would count as much of a name that is right. */
static const char *nearest_rlimit(const char *name)
{
        const char *names[RLIMIT_NAME_COUNT];

        for (size_t i = 0; i < RLIMIT_NAME_COUNT; i++)
                names[i] = rlimit_names[i] + strlen("RLIMIT_");
        return text_nearest(name, names, RLIMIT_NAME_COUNT);
}

int cli_read_ulimit(struct arena *arena, const char *value, struct spec_rlimit *ret_limit, struct ward_err *err)
{
        static const char usage[] = "write NAME=SOFT:HARD, like nofile=1024:2048 or core=0; -1 is unlimited";
        size_t name_len = strcspn(value, "=");
        const char *bounds = value[name_len] == '=' ? value + name_len + 1 : "";
        size_t soft_len = strcspn(bounds, ":");
        const char *name = arena_printf(arena, "RLIMIT_%.*s", (int)name_len, value);
        const char *soft = arena_strndup(arena, bounds, soft_len);
        const char *hard = bounds[soft_len] == ':' ? bounds + soft_len + 1 : soft;
        struct spec_rlimit limit = {.origin = CLI_ORIGIN(arena_concat(arena, "--ulimit ", value))};
        const char *near, *wrong;

        if (name == NULL || soft == NULL)
                return err_oom(err);
        limit.resource = name_index(name, rlimit_names, RLIMIT_NAME_COUNT);
        if (limit.resource < 0) {
                (void)err_set(err, -EINVAL, "option '--ulimit': '%.*s' is not a resource limit", (int)name_len, value);
                (void)err_mistake(err, MISTAKE_RLIMIT);
                near = nearest_rlimit(name + strlen("RLIMIT_"));
                return near == NULL ? err_hint(err, "getrlimit(2) lists them: nofile, nproc, core ...")
                                    : err_hint(err, "did you mean '%s'?", near);
        }
        wrong = !read_bound(soft, &limit.soft) || !read_bound(hard, &limit.hard) ? "that is no limit"
                : limit.soft > limit.hard ? "the soft limit is above the hard limit"
                                          : NULL;
        if (wrong != NULL) {
                (void)err_set(err, -EINVAL, "option '--ulimit': '%s': %s", value, wrong);
                (void)err_mistake(err, MISTAKE_FORM);
                return err_hint(err, "%s", usage);
        }
        *ret_limit = limit;
        return 0;
}

const char *const *cli_argv(struct cli *cli, int count, char **operands)
{
        const char **argv = arena_new(&cli->arena, const char *, (size_t)count + 1);

        if (argv != NULL && count > 0)
                memcpy(argv, operands, (size_t)count * sizeof(*argv));
        return argv;
}

int cli_each(struct cli *cli, int count, char **names,
             int (*act)(struct cli *cli, const char *name, const void *what, struct ward_err *err), const void *what)
{
        int status = 0;

        for (int i = 0; i < count; i++) {
                struct ward_err err = {0};

                if (act(cli, names[i], what, &err) >= 0)
                        continue;
                cli_error(cli, &err);
                status = cli->failure;
        }
        return status;
}

int cli_blame_order(const char *word, const char *operand, struct ward_err *err)
{
        if (err->code == MISTAKE_PROGRAM_MISSING && word != NULL && *word == '-')
                (void)err_hint(err, "options stand in front of %s, what is behind it is the command", operand);
        return -err->errnum;
}

int cli_read_dashed_signal(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        (void)arena;
        if (signal_number(value) < 0)
                return signal_unknown(value, err);
        *(const char **)target = value;
        return 0;
}

/* One number with a unit, of which the last may have none. Consumes *@text. */
static bool read_part(const char **text, struct arena *arena, uint64_t *usec)
{
        static const struct {
                const char *name;
                uint64_t usec;
        } units[] = {{"", 1000000},          {"s", 1000000},           {"ms", 1000},
                     {"m", 60 * 1000000ULL}, {"h", 3600 * 1000000ULL}, {"d", 86400 * 1000000ULL}};
        const size_t whole_len = strspn(*text, "0123456789");
        const bool point = (*text)[whole_len] == '.';
        const char *fraction = *text + whole_len + point;
        const size_t fraction_len = point ? strspn(fraction, "0123456789") : 0;
        const char *name = fraction + fraction_len;
        const size_t name_len = strcspn(name, "0123456789");
        const char *whole = arena_strndup(arena, *text, whole_len), *unit = arena_strndup(arena, name, name_len);
        uint64_t number, scale;
        size_t i = 0;

        while (unit != NULL && i < ELEMENTS(units) && strcmp(units[i].name, unit) != 0)
                i++;
        if (whole == NULL || unit == NULL || i == ELEMENTS(units) || number_parse(whole, UINT32_MAX, &number) < 0 ||
            (point && fraction_len == 0) || __builtin_mul_overflow(number, units[i].usec, &number))
                return false;
        scale = units[i].usec;
        for (size_t digit = 0; digit < fraction_len && scale >= 10; digit++) {
                scale /= 10;
                number += (uint64_t)(fraction[digit] - '0') * scale;
        }
        *text = name + name_len;
        return !__builtin_add_overflow(*usec, number, usec) && *usec <= INT64_MAX;
}

int cli_read_duration(const char *value, struct arena *arena, int64_t *ret_usec, struct ward_err *err)
{
        const char *rest = value;
        uint64_t usec = 0;

        do {
                if (!read_part(&rest, arena, &usec)) {
                        (void)err_set(err, -EINVAL, "'%s' is not a time", value);
                        (void)err_mistake(err, MISTAKE_NUMBER);
                        return err_hint(err, "write seconds, or a unit: 10, 0.5, 500ms, 1m30s, 2h");
                }
        } while (*rest != '\0');
        *ret_usec = (int64_t)usec;
        return 0;
}

int cli_read_seconds(const char *value, struct arena *arena, int64_t *ret_seconds, struct ward_err *err)
{
        int64_t usec;
        int r = cli_read_duration(value, arena, &usec, err);

        if (r >= 0 && usec > (int64_t)INT32_MAX * 1000000) {
                (void)err_set(err, -ERANGE, "'%s' is more than %d seconds", value, INT32_MAX);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "write fewer");
        }
        if (r >= 0)
                *ret_seconds = (usec + 999999) / 1000000;
        return r;
}

int cli_close_input(struct ward_err *err)
{
        _cleanup_close_
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
                return err_errno(err, "open /dev/null as standard input");
        return 0;
}
