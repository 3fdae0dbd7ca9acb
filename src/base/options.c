/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines; see options.h. */
#include "base/options.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HELP_WIDTH 80
#define HELP_COLUMN_MAX 32 /* longer options get their help on the next line */

/* The words that are still to be read, and where the operands are put: never ahead of the reading. */
struct cursor {
        const struct option_command *command;
        char **words;
        int count, next, operands;
        void *target;
        struct arena *arena;
        struct ward_err *err;
};

static bool is_among(const char *word, const char *const *words)
{
        while (words != NULL && *words != NULL)
                if (strcmp(word, *words++) == 0)
                        return true;
        return false;
}

int option_read_flag(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        static const char *const yes[] = {"true", "1", "t", "T", "TRUE", "True", NULL};
        static const char *const no[] = {"false", "0", "f", "F", "FALSE", "False", NULL};
        bool set = value == NULL || is_among(value, yes);

        if (!set && !is_among(value, no)) {
                (void)err_set(err, -EINVAL, "it takes no value, or true or false, not '%s'", value);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err, "leave the value out, or write =false");
        }
        *(bool *)target = set;
        return 0;
}

static int store_number(const struct option_entry *entry, void *target, const char *value, struct ward_err *err)
{
        int r = number_parse(value, entry->max, target);

        if (r < 0) {
                (void)err_set(err, -EINVAL, "'%s' is not a whole number from 0 to %llu", value,
                              (unsigned long long)entry->max);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "write digits alone");
        }
        return 0;
}

static int store_word(const struct option_entry *entry, void *target, const char *value, struct ward_err *err)
{
        _cleanup_text_ struct text list = {0};
        size_t count = 0;
        const char *near;

        for (; entry->words[count] != NULL; count++)
                if (strcmp(entry->words[count], value) == 0) {
                        *(unsigned *)target = (unsigned)count;
                        return 0;
                }
        near = text_nearest(value, entry->words, count);
        for (size_t i = 0; i < count; i++)
                text_printf(&list, "%s%s", i == 0 ? "" : "|", entry->words[i]);
        if (text_failed(&list))
                return err_oom(err);
        (void)err_set(err, -EINVAL, "'%s' is not one of: %s", value, list.data);
        (void)err_mistake(err, MISTAKE_WORD);
        return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
}

static int store_set(const struct option_entry *entry, void *target, const char *value, struct ward_err *err)
{
        if (value != NULL) {
                (void)err_set(err, -EINVAL, "it takes no value");
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err, "leave the value out");
        }
        *(unsigned *)target = (unsigned)entry->max;
        return 0;
}

/* From 8 on each power of two is where the room ends. */
static int store_item(struct cursor *cursor, struct option_list *list, const char *value)
{
        const size_t count = list->count;

        if (count == 0 || (count >= 8 && (count & (count - 1)) == 0)) {
                const char **grown = arena_new(cursor->arena, const char *, count == 0 ? 8 : 2 * count);

                if (grown == NULL)
                        return err_oom(cursor->err);
                if (count > 0)
                        memcpy(grown, list->items, count * sizeof(*grown));
                list->items = grown;
        }
        list->items[list->count++] = value;
        return 0;
}

/* @shown is the option as it was typed, without its value. */
static int store(struct cursor *cursor, const struct option_entry *entry, const char *shown, const char *value)
{
        void *target = (char *)cursor->target + entry->offset;
        struct ward_err *err = cursor->err;
        int r = 0;

        switch (entry->kind) {
        case OPTION_KIND_FLAG:
                r = option_read_flag(target, value, cursor->arena, err);
                break;
        case OPTION_KIND_TEXT:
                if (*value != '\0') {
                        *(const char **)target = value;
                        break;
                }
                (void)err_set(err, -EINVAL, "its value is empty");
                (void)err_mistake(err, MISTAKE_FORM);
                r = err_hint(err, "write '%s %s'", shown, entry->arg);
                break;
        case OPTION_KIND_NUMBER:
                r = store_number(entry, target, value, err);
                break;
        case OPTION_KIND_WORD:
                r = store_word(entry, target, value, err);
                break;
        case OPTION_KIND_SET:
                r = store_set(entry, target, value, err);
                break;
        case OPTION_KIND_LIST:
                r = store_item(cursor, target, value);
                break;
        case OPTION_KIND_CALL:
                r = entry->read(target, value, cursor->arena, err);
                break;
        }
        return r < 0 ? err_wrap(err, "option '%s'", shown) : 0;
}

/* All entries of a command, one after the other: begins with *@at 0; NULL behind the last. */
static const struct option_entry *next_entry(const struct option_command *command, size_t *at)
{
        if (*at < command->count)
                return &command->entries[(*at)++];
        while (*at - command->count < command->more_count) {
                const struct option_entry *entry = &command->more[(*at)++ - command->count];

                if (is_among(entry->name, command->more_names))
                        return entry;
        }
        return NULL;
}

static const struct option_entry *find_name(const struct option_command *command, const char *name, size_t len)
{
        const struct option_entry *entry;
        size_t at = 0;

        while ((entry = next_entry(command, &at)) != NULL)
                if (strlen(entry->name) == len && memcmp(entry->name, name, len) == 0)
                        return entry;
        return NULL;
}

static const struct option_entry *find_letter(const struct option_command *command, char letter)
{
        const struct option_entry *entry;
        size_t at = 0;

        while ((entry = next_entry(command, &at)) != NULL)
                if (entry->letter == letter)
                        return entry;
        return NULL;
}

static const struct option_foreign *find_foreign(const struct option_command *command, const char *name)
{
        for (const struct option_foreign *foreign = command->foreign; foreign != NULL && foreign->name[0] != '\0';
             foreign++) {
                const size_t len = strlen(foreign->name);
                const bool family = foreign->name[len - 1] == '-';

                if ((family ? strncmp(foreign->name, name, len) : strcmp(foreign->name, name)) == 0 ||
                    (foreign->letter != 0 && name[0] == foreign->letter && name[1] == '\0'))
                        return foreign;
        }
        return NULL;
}

/* @name is the option's name as it may have been meant, without dashes. */
static int unknown(struct cursor *cursor, const char *shown, const char *name)
{
        const struct option_command *command = cursor->command;
        const struct option_foreign *foreign = find_foreign(command, name);
        const char *near = NULL;
        const char **names = arena_new(cursor->arena, const char *, command->count + command->more_count + 1);
        const struct option_entry *entry;
        size_t count = 0, at = 0;

        if (names == NULL)
                return err_oom(cursor->err);
        if (foreign != NULL) {
                (void)err_set(cursor->err, -EINVAL, "there is no option '%s'", shown);
                (void)err_mistake(cursor->err, MISTAKE_FOREIGN);
                return err_hint(cursor->err, "%s", foreign->hint);
        }
        while ((entry = next_entry(command, &at)) != NULL)
                names[count++] = entry->name;
        names[count++] = "help";
        near = text_nearest(name, names, count);

        (void)err_set(cursor->err, -EINVAL, "unknown option '%s'", shown);
        (void)err_mistake(cursor->err, MISTAKE_OPTION);
        if (name[0] >= '0' && name[0] <= '9')
                return err_hint(cursor->err, "a word with a dash that is no option stands behind '--'");
        if (near != NULL)
                return err_hint(cursor->err, "did you mean '--%s'?", near);
        return err_hint(cursor->err, "'%s --help' lists the options", command->name);
}

/* The value of an option that needs one: behind it in the same word, or the next word. */
static int take_value(struct cursor *cursor, const struct option_entry *entry, const char *shown, const char *attached,
                      const char **ret_value)
{
        if (attached == NULL && cursor->next == cursor->count) {
                /* In these words: by them podman finds out whether `restore` has an option. */
                (void)err_set(cursor->err, -EINVAL, "option '%s' requires an argument", shown);
                (void)err_mistake(cursor->err, MISTAKE_NO_VALUE);
                return err_hint(cursor->err, "write '%s %s'", shown, entry->arg);
        }
        *ret_value = attached != NULL ? attached : cursor->words[cursor->next++];
        return 0;
}

/* @dashes: how many are in front of the name. */
static int parse_long(struct cursor *cursor, const char *word, size_t dashes)
{
        const char *name = word + dashes, *equals = strchr(name, '='), *value = equals == NULL ? NULL : equals + 1;
        size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
        const struct option_entry *entry = find_name(cursor->command, name, len);
        const char *shown = arena_strndup(cursor->arena, word, len + dashes);
        int r;

        if (shown == NULL)
                return err_oom(cursor->err);
        if (entry == NULL && strcmp(shown, "--help") == 0 && value == NULL)
                return OPTIONS_HELP;
        if (entry == NULL && strcmp(shown, "--help-all") == 0 && value == NULL)
                return OPTIONS_HELP_ALL;
        if (entry == NULL && cursor->command->argp && strcmp(shown, "--usage") == 0 && value == NULL)
                return OPTIONS_USAGE;
        if (entry == NULL)
                return unknown(cursor, shown, shown + dashes);
        if (entry->arg[0] != '\0') {
                r = take_value(cursor, entry, shown, value, &value);
                if (r < 0)
                        return r;
        }
        return store(cursor, entry, shown, value);
}

/* As programs that were written with Go's own reader of options take them, and engines write them. */
static bool is_long_with_one_dash(const struct option_command *command, const char *word)
{
        return command->one_dash && word[2] != '\0' && find_name(command, word + 1, strcspn(word + 1, "=")) != NULL;
}

/* -i, -it, -i=false, -bDIR, -b=DIR, -b DIR, -itbDIR: the first letter that has a value ends the word. */
static int parse_letters(struct cursor *cursor, const char *word)
{
        for (const char *c = word + 1; *c != '\0'; c++) {
                const struct option_entry *entry = find_letter(cursor->command, *c);
                const char shown[] = {'-', *c, '\0'};
                const char *value = NULL;
                int r;

                if (entry == NULL && (*c == 'h' || (*c == '?' && cursor->command->argp)))
                        return OPTIONS_HELP;
                if (entry == NULL && c == word + 1 && cursor->command->dashed != NULL)
                        return cursor->command->dashed(cursor->target, c, cursor->arena, cursor->err);
                if (entry == NULL)
                        return c == word + 1 && find_foreign(cursor->command, shown + 1) == NULL
                                       ? unknown(cursor, word, word + 1)
                                       : unknown(cursor, shown, shown + 1);
                if (c[1] == '=')
                        return store(cursor, entry, shown, c + 2);
                if (entry->arg[0] == '\0') {
                        r = store(cursor, entry, shown, NULL);
                        if (r < 0)
                                return r;
                        continue;
                }
                r = take_value(cursor, entry, shown, c[1] == '\0' ? NULL : c + 1, &value);
                return r < 0 ? r : store(cursor, entry, shown, value);
        }
        return 0;
}

static int check_operands(const struct option_command *command, const struct cursor *cursor)
{
        unsigned count = (unsigned)cursor->operands;

        if (count < command->operands_min)
                (void)err_set(cursor->err, -EINVAL, "%s", count == 0 ? "an operand is missing" : "not enough operands");
        else if (count > command->operands_max)
                (void)err_set(cursor->err, -EINVAL, "'%s' is one word too many", cursor->words[command->operands_max]);
        else
                return 0;
        (void)err_mistake(cursor->err, MISTAKE_OPERANDS);
        return err_hint(cursor->err, "usage: %s %s", command->name, command->operands);
}

int options_parse(const struct option_command *command, int *argc, char **argv, void *target, struct arena *arena,
                  struct ward_err *err)
{
        struct cursor cursor = {
                .command = command, .words = argv, .count = *argc, .target = target, .arena = arena, .err = err};
        bool only_operands = false, separated = command->separator == 0;
        int r;

        while (cursor.next < cursor.count) {
                char *word = cursor.words[cursor.next++];

                if (!separated && (unsigned)cursor.operands == command->separator) {
                        separated = true;
                        if (strcmp(word, "--") == 0)
                                continue;
                }
                if (only_operands || word[0] != '-' || word[1] == '\0') {
                        cursor.words[cursor.operands++] = word;
                        only_operands = only_operands || !command->options_anywhere;
                        continue;
                }
                if (strcmp(word, "--") == 0) {
                        only_operands = true;
                        continue;
                }
                if (word[1] == '-')
                        r = parse_long(&cursor, word, 2);
                else if (is_long_with_one_dash(command, word))
                        r = parse_long(&cursor, word, 1);
                else
                        r = parse_letters(&cursor, word);
                if (r != 0)
                        return r;
        }
        r = check_operands(command, &cursor);
        if (r < 0)
                return r;
        *argc = cursor.operands;
        return 0;
}

const struct option_entry *options_find(const struct option_command *command, const char *name)
{
        return find_name(command, name, strlen(name));
}

int options_set(const struct option_command *command, const struct option_entry *entry, const char *value, void *target,
                struct arena *arena, struct ward_err *err)
{
        struct cursor cursor = {.command = command, .target = target, .arena = arena, .err = err};
        const char *shown = arena_concat(arena, "--", entry->name);

        return shown == NULL ? err_oom(err) : store(&cursor, entry, shown, value);
}

static size_t left_width(const struct option_entry *entry)
{
        return strlen("  -x, --") + strlen(entry->name) + (entry->arg[0] == '\0' ? 0 : 1 + strlen(entry->arg));
}

/* Appends @help wrapped to lines that begin at @column. */
static void add_wrapped(struct text *text, const char *help, size_t column)
{
        while (strlen(help) > HELP_WIDTH - column) {
                size_t cut = HELP_WIDTH - column;

                while (cut > 0 && help[cut] != ' ')
                        cut--;
                if (cut == 0)
                        break;
                text_add(text, help, cut);
                text_printf(text, "\n%*s", (int)column, "");
                help += cut + 1;
        }
        text_puts(text, help);
        text_puts(text, "\n");
}

static void add_entry(struct text *text, const struct option_entry *entry, size_t column)
{
        size_t width = left_width(entry);

        if (entry->letter != 0)
                text_printf(text, "  -%c, --%s", entry->letter, entry->name);
        else
                text_printf(text, "      --%s", entry->name);
        if (entry->arg[0] != '\0')
                text_printf(text, " %s", entry->arg);
        if (width + 2 > column)
                text_printf(text, "\n%*s", (int)column, "");
        else
                text_printf(text, "%*s", (int)(column - width), "");
        add_wrapped(text, entry->help, column);
}

static bool is_shown(const struct option_entry *entry, bool all)
{
        return !entry->hidden && (all || !entry->rare);
}

void options_help(const struct option_command *command, bool all, struct text *text)
{
        static const struct option_entry more = {.name = "help-all", .help = "show every option"};
        struct option_entry help = {.name = "help", .help = "show this text"};
        size_t column = left_width(&help) + 2, hidden = 0;
        const struct option_entry *entry;

        for (size_t at = 0; (entry = next_entry(command, &at)) != NULL;) {
                size_t width = left_width(entry) + 2;

                if (is_shown(entry, all) && width > column && width <= HELP_COLUMN_MAX)
                        column = width;
                hidden += entry->rare;
        }
        text_printf(text, "Usage: %s %s\n\n", command->name, command->operands);
        if (command->summary != NULL)
                text_printf(text, "%s\n\n", command->summary);
        for (size_t at = 0; (entry = next_entry(command, &at)) != NULL;)
                if (is_shown(entry, all))
                        add_entry(text, entry, column);
        if (find_letter(command, 'h') == NULL)
                help.letter = 'h';
        add_entry(text, &help, column);
        if (hidden > 0 && !all)
                add_entry(text, &more, column);
        if (command->notes != NULL)
                text_printf(text, "\n%s\n", command->notes);
}

int option_read_i64(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        bool negative = *value == '-';
        uint64_t number;

        if (number_parse(value + negative, INT64_MAX, &number) < 0) {
                (void)err_set(err, -EINVAL, "'%s' is not a whole number", value);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "write digits alone, or '-' and digits");
        }
        *(int64_t *)target = negative ? -(int64_t)number : (int64_t)number;
        return 0;
}

/* The factor of a unit as docker reads it: b, k, kb, kib, in any case. 0: it is none. */
static uint64_t unit_factor(const char *unit)
{
        static const char letters[] = "bkmgt";
        char first = (char)(*unit | 0x20);
        const char *found = *unit == '\0' ? letters : strchr(letters, first);
        const char *rest = *unit == '\0' ? unit : unit + 1;

        if (found == NULL || (*rest != '\0' && found == letters) ||
            (*rest != '\0' && strcasecmp(rest, "b") != 0 && strcasecmp(rest, "ib") != 0))
                return 0;
        return UINT64_C(1) << (10 * (found - letters));
}

/* Fractions count to the sixth digit: part * factor stays below 2^60. */
int option_read_bytes(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        size_t whole_len = strspn(value, "0123456789"), fraction_len = 0;
        const char *fraction = value + whole_len;
        const char *whole = arena_strndup(arena, value, whole_len);
        uint64_t number, factor, scale = 1, part = 0;

        if (whole == NULL)
                return err_oom(err);
        if (*fraction == '.') {
                fraction++;
                fraction_len = strspn(fraction, "0123456789");
        }
        factor = unit_factor(fraction + fraction_len);
        for (size_t i = 0; i < fraction_len && i < 6; i++) {
                part = part * 10 + (uint64_t)(fraction[i] - '0');
                scale *= 10;
        }
        if (factor == 0 || number_parse(whole, INT64_MAX, &number) < 0 ||
            (value[whole_len] == '.' && fraction_len == 0) || __builtin_mul_overflow(number, factor, &number) ||
            number > INT64_MAX - factor) {
                (void)err_set(err, -EINVAL, "'%s' is not a number of bytes", value);
                (void)err_mistake(err, MISTAKE_BYTES);
                (void)err_hint(err, "write digits and a unit: 64m, 1.5g, 1048576");
                return -EINVAL;
        }
        *(int64_t *)target = (int64_t)(number + part * factor / scale);
        return 0;
}
