/* SPDX-License-Identifier: Apache-2.0 */
/* A unit of systemd as data; see unit.h. */
#include "model/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define NAME_BYTES_MAX 255 /* systemd.unit(5) */
#define USEC_PER_SEC 1000000U

static bool is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool ends_in(const char *text, const char *end)
{
        size_t len = strlen(text), end_len = strlen(end);

        return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* ---- names ---- */

/* What systemd takes (systemd.unit(5)), said before it is asked. */
static int check_name(const char *name, struct ward_err *err)
{
        if (strlen(name) > NAME_BYTES_MAX)
                return err_set(err, -ENAMETOOLONG, "the name of the unit '%s' is longer than %d bytes", name,
                               NAME_BYTES_MAX);
        for (const char *c = name; *c != '\0'; c++) {
                if (is_letter(*c) || is_digit(*c) || strchr(":-_.@\\", *c) != NULL)
                        continue;
                (void)err_set(err, -EINVAL, "'%s' can't be a unit of systemd: '%c' is in its name", name, *c);
                return err_hint(err, "letters, digits and :-_.@ can be: choose another id, or a linux.cgroupsPath");
        }
        return 0;
}

/* The three parts: copies in @arena. -EINVAL: there are not three. */
static int split(const char *path, struct arena *arena, const char *ret_parts[3], struct ward_err *err)
{
        const char *at = path;

        for (int i = 0; i < 3; i++) {
                size_t len = strcspn(at, ":");

                if ((at[len] == ':') != (i < 2)) {
                        (void)err_set(err, -EINVAL, "'%s' is not SLICE:PREFIX:NAME, as systemd's groups are named",
                                      path);
                        return err_hint(err,
                                        "as in 'system.slice:ward:NAME'; parts may be empty; a path is for the cgroup "
                                        "manager cgroupfs");
                }
                ret_parts[i] = arena_strndup(arena, at, len);
                if (ret_parts[i] == NULL)
                        return err_oom(err);
                at += len + 1;
        }
        return 0;
}

int unit_name_read(const char *path, const char *id, bool user, struct arena *arena, struct unit_name *ret_name,
                   struct ward_err *err)
{
        const char *parts[3] = {"", "ward", id};
        struct unit_name name;
        int r = path == NULL ? 0 : split(path, arena, parts, err);

        if (r < 0)
                return r;
        name.slice = *parts[0] != '\0' ? parts[0] : user ? "user.slice" : "system.slice";
        if (!ends_in(name.slice, ".slice") || strcmp(name.slice, ".slice") == 0) {
                (void)err_set(err, -EINVAL, "'%s' is no slice of systemd", name.slice);
                return err_hint(err, "its name ends in .slice, as that of system.slice does");
        }
        if (*parts[2] == '\0')
                return err_set(err, -EINVAL, "the unit has no name: '%s' ends with a colon", path);
        if (ends_in(parts[2], ".slice")) {
                (void)err_set(err, -EOPNOTSUPP,
                              "'%s' is a slice, whose control group systemd keeps to itself: a container needs a scope",
                              parts[2]);
                return err_hint(err, "name it without .slice; the slice that holds it is the first part");
        }
        name.scope = arena_printf(arena, "%s%s%s.scope", parts[1], *parts[1] == '\0' ? "" : "-", parts[2]);
        if (name.scope == NULL)
                return err_oom(err);
        r = check_name(name.slice, err);
        if (r >= 0)
                r = check_name(name.scope, err);
        if (r >= 0)
                *ret_name = name;
        return r;
}

/* ---- words ---- */

void unit_add(struct unit_words *words, const char *word)
{
        if (words->count + 1 >= words->room && !words->failed) {
                size_t room = words->room * 2 + 16;
                const char **list = arena_new(words->arena, const char *, room);

                if (list != NULL && words->count > 0)
                        memcpy(list, words->list, words->count * sizeof(*list));
                words->failed = list == NULL;
                words->list = list;
                words->room = room;
        }
        words->failed |= word == NULL;
        if (!words->failed)
                words->list[words->count++] = word;
}

/* ---- values ---- */

/* One value while it is read. Types are those of D-Bus; '\0' is not known yet. */
struct value {
        const char *at;
        struct unit_words items; /* each element as one word; of what is no array there is one */
        char type;               /* of an element */
        bool is_array;
        const char *why; /* what is wrong with it */
};

static const struct {
        const char *name;
        char type;
        uint64_t max, min; /* of a number; the least one without its sign */
} types[] = {
        {"boolean", 'b', 0, 0},         {"string", 's', 0, 0},
        {"objectpath", 'o', 0, 0},      {"signature", 'g', 0, 0},
        {"byte", 'y', UINT8_MAX, 0},    {"int16", 'n', INT16_MAX, UINT64_C(1) << 15},
        {"uint16", 'q', UINT16_MAX, 0}, {"int32", 'i', INT32_MAX, UINT64_C(1) << 31},
        {"uint32", 'u', UINT32_MAX, 0}, {"int64", 'x', INT64_MAX, UINT64_C(1) << 63},
        {"uint64", 't', UINT64_MAX, 0},
};

static bool fail(struct value *value, const char *why)
{
        value->why = why;
        return false;
}

static void skip_space(struct value *value)
{
        value->at += strspn(value->at, " \t\r\n");
}

static bool set_type(struct value *value, char type)
{
        if (value->type != '\0' && value->type != type)
                return fail(value, "its elements are of different types");
        value->type = type;
        return true;
}

/* "uint64 ", "@as ": the type in front of a value, where there is one. */
static bool read_type(struct value *value, bool *ret_array)
{
        size_t len = 0;

        *ret_array = false;
        if (*value->at == '@') {
                *ret_array = value->at[1] == 'a';
                value->at += *ret_array ? 2 : 1;
                for (size_t i = 0; i < ELEMENTS(types); i++)
                        if (types[i].type == value->at[0] && strchr(" \t", value->at[1]) != NULL &&
                            value->at[1] != '\0') {
                                value->at++;
                                skip_space(value);
                                return set_type(value, types[i].type);
                        }
                return fail(value, "only basic types and arrays of them are understood");
        }
        while (is_letter(value->at[len]) || is_digit(value->at[len]))
                len++;
        for (size_t i = 0; i < ELEMENTS(types); i++)
                if (strlen(types[i].name) == len && memcmp(types[i].name, value->at, len) == 0) {
                        value->at += len;
                        skip_space(value);
                        return set_type(value, types[i].type);
                }
        return true;
}

/* A text in quotes of either kind, with the escapes of one character. */
static bool read_string(struct value *value)
{
        char quote = *value->at++, *text = arena_new(value->items.arena, char, strlen(value->at) + 1);
        static const char letters[] = "abfnrtv", meant[] = "\a\b\f\n\r\t\v";
        size_t len = 0;

        if (value->type == '\0')
                value->type = 's';
        if (strchr("sog", value->type) == NULL)
                return fail(value, "a text is not of this type");
        for (; *value->at != quote; value->at++) {
                bool escaped = *value->at == '\\';
                const char *letter;

                value->at += escaped;
                if (*value->at == '\0')
                        return fail(value, "its closing quote is missing");
                if (escaped && (*value->at == 'u' || *value->at == 'U'))
                        return fail(value, "\\u is not understood: write the character itself");
                letter = escaped ? strchr(letters, *value->at) : NULL;
                if (text != NULL)
                        text[len++] = letter != NULL ? meant[letter - letters] : *value->at;
        }
        value->at++;
        unit_add(&value->items, text);
        return true;
}

static unsigned digit_value(char c)
{
        return is_digit(c)            ? (unsigned)(c - '0')
               : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
               : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                      : 16;
}

/* Decimal, 0x of base 16, 0 of base 8, as in C. */
static bool read_number(struct value *value)
{
        bool negative = *value->at == '-';
        uint64_t number = 0, most = 0;
        unsigned base = 10;
        const char *begin;

        value->at += negative || *value->at == '+';
        if (value->at[0] == '0' && (value->at[1] == 'x' || value->at[1] == 'X')) {
                base = 16;
                value->at += 2;
        } else if (value->at[0] == '0') {
                base = 8;
        }
        if (value->type == '\0')
                value->type = 'i';
        if (strchr("ynqiuxt", value->type) == NULL)
                return fail(value, "a number is not of this type");
        for (size_t i = 0; i < ELEMENTS(types); i++)
                if (types[i].type == value->type)
                        most = negative ? types[i].min : types[i].max;
        for (begin = value->at; digit_value(*value->at) < base; value->at++) {
                unsigned digit = digit_value(*value->at);

                if (number > (most - digit) / base || digit > most)
                        return fail(value, "the number is out of the range of its type");
                number = number * base + digit;
        }
        if (value->at == begin)
                return fail(value, "it is no number");
        unit_add(&value->items,
                 arena_printf(value->items.arena, "%s%" PRIu64, negative && number > 0 ? "-" : "", number));
        return true;
}

static bool read_basic(struct value *value)
{
        static const char *const words[] = {"false", "true"};
        bool array;

        if (!read_type(value, &array))
                return false;
        if (array)
                return fail(value, "an array of arrays is not understood");
        if (*value->at == '\'' || *value->at == '"')
                return read_string(value);
        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strncmp(value->at, words[i], strlen(words[i])) == 0) {
                        value->at += strlen(words[i]);
                        unit_add(&value->items, words[i]);
                        return set_type(value, 'b');
                }
        if (is_digit(*value->at) || *value->at == '-' || *value->at == '+')
                return read_number(value);
        return fail(value, "there is no text in quotes, number, true or false");
}

static bool read_array(struct value *value)
{
        value->is_array = true;
        value->at++;
        for (skip_space(value); *value->at != ']'; skip_space(value)) {
                if (value->items.count > 0 && *value->at++ != ',')
                        return fail(value, "a comma or the closing bracket is missing");
                skip_space(value);
                if (!read_basic(value))
                        return false;
        }
        value->at++;
        return value->type != '\0' || fail(value, "an array without elements needs its type: @as []");
}

static bool read_value(struct value *value)
{
        const char *before;
        bool array;

        skip_space(value);
        before = value->at;
        if (!read_type(value, &array))
                return false;
        if (*value->at == '[') {
                if (before != value->at && !array)
                        return fail(value, "this type is not that of an array");
                if (!read_array(value))
                        return false;
        } else if (array) {
                return fail(value, "an array begins with '['");
        } else if (!read_basic(value)) {
                return false;
        }
        skip_space(value);
        return *value->at == '\0' || fail(value, "something stands behind it");
}

/* As systemd's D-Bus interface has it; unit files have the seconds. */
static bool to_usec(struct value *value)
{
        uint64_t sec;

        if (value->is_array || value->items.failed || strchr("ynqiuxt", value->type) == NULL ||
            number_parse(value->items.list[0], UINT64_MAX / USEC_PER_SEC, &sec) < 0)
                return fail(value, "it is no number of seconds");
        value->type = 't';
        value->items.count = 0;
        unit_add(&value->items, arena_printf(value->items.arena, "%" PRIu64, sec * USEC_PER_SEC));
        return true;
}

static int check_property(const char *name, struct ward_err *err)
{
        /* Others would take the container out of its group, or the group out of ward's hands. */
        static const char *const own[] = {"Delegate", "PIDs", "Slice"};
        size_t len = 0;

        while (is_letter(name[len]) || (len > 0 && is_digit(name[len])))
                len++;
        if (len == 0 || name[len] != '\0')
                return err_set(err, -EINVAL, "annotations." UNIT_PROPERTY "%s: this is no name of a property", name);
        for (size_t i = 0; i < ELEMENTS(own); i++)
                if (strcmp(name, own[i]) == 0) {
                        (void)err_set(err, -EINVAL,
                                      "annotations." UNIT_PROPERTY "%s: a container's scope needs it as it is", name);
                        return err_hint(err, "take the annotation out; linux.cgroupsPath names the slice");
                }
        return 0;
}

int unit_property_read(const char *name, const char *text, struct unit_words *words, struct ward_err *err)
{
        struct value value = {.at = text, .items = {.arena = words->arena}};
        bool seconds = ends_in(name, "Sec") && strlen(name) > 3 && name[strlen(name) - 4] >= 'a';
        int r = check_property(name, err);

        if (r < 0)
                return r;
        if (!read_value(&value) || (seconds && !to_usec(&value))) {
                (void)err_set(err, -EINVAL, "annotations." UNIT_PROPERTY "%s: '%s' is no value, at its byte %zu: %s",
                              name, text, (size_t)(value.at - text), value.why);
                return err_hint(err, "write it as GVariant's text: true, 'text', uint64 5, ['a', 'b']");
        }
        if (seconds)
                name = arena_printf(words->arena, "%.*sUSec", (int)strlen(name) - 3, name);
        unit_add(words, name);
        unit_add(words, arena_printf(words->arena, "%s%c", value.is_array ? "a" : "", value.type));
        if (value.is_array)
                unit_add(words, arena_printf(words->arena, "%zu", value.items.count));
        for (size_t i = 0; i < value.items.count; i++)
                unit_add(words, value.items.list[i]);
        return words->failed || value.items.failed ? err_oom(err) : 0;
}
