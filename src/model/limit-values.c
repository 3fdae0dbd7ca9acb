/* SPDX-License-Identifier: Apache-2.0 */
/* The values of limits as people write them; see limit-values.h. */
#include "model/limit-values.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

bool limit_is_max(const char *value)
{
        static const char *const words[] = {"max", "infinity", "unlimited", "-1"};

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcasecmp(value, words[i]) == 0)
                        return true;
        return false;
}

static bool read_hexadecimal(const char *digits, int64_t *ret_value)
{
        uint64_t value = 0;

        if (*digits == '\0' || strlen(digits) > 15)
                return false;
        for (; *digits != '\0'; digits++) {
                if (!isxdigit((unsigned char)*digits))
                        return false;
                value = value * 16 +
                        (uint64_t)(isdigit((unsigned char)*digits) ? *digits - '0' : (*digits | 32) - 'a' + 10);
        }
        *ret_value = (int64_t)value;
        return true;
}

bool limit_decimal(const char *value, unsigned places, int64_t *ret_value)
{
        bool negative = *value == '-', digits = false;
        int64_t number = 0;

        value += negative || *value == '+';
        if (places == 0 && value[0] == '0' && (value[1] | 32) == 'x')
                return !negative && read_hexadecimal(value + 2, ret_value);
        for (; isdigit((unsigned char)*value); value++, digits = true)
                if (__builtin_mul_overflow(number, 10, &number) ||
                    __builtin_add_overflow(number, *value - '0', &number))
                        return false;
        if (*value == '.' && places > 0)
                value++;
        for (unsigned i = 0; i < places; i++) {
                int digit = isdigit((unsigned char)*value) ? *value++ - '0' : 0;

                if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, digit, &number))
                        return false;
        }
        if (!digits || *value != '\0')
                return false;
        *ret_value = negative ? -number : number;
        return true;
}

bool limit_bytes(struct arena *arena, const char *value, unsigned unit, int64_t *ret_value)
{
        static const char letters[] = "kmgtpe";
        size_t len = strspn(value, "0123456789.");
        const char *number = arena_strndup(arena, value, len), *letter;
        int64_t thousandths, factor = 1;

        value += len;
        letter = *value == '\0' ? NULL : strchr(letters, *value | 32);
        if (letter != NULL && *letter != '\0') {
                for (long i = 0; i <= letter - letters; i++)
                        factor *= unit;
                value += 1 + ((value[1] | 32) == 'i');
        }
        value += (*value | 32) == 'b';
        if (number == NULL || *value != '\0')
                return false;
        /* Thousandths of large numbers without a point would overflow for nothing. */
        if (strchr(number, '.') == NULL)
                return limit_decimal(number, 0, ret_value) && !__builtin_mul_overflow(*ret_value, factor, ret_value);
        if (!limit_decimal(number, 3, &thousandths) || __builtin_mul_overflow(thousandths, factor, &thousandths))
                return false;
        *ret_value = thousandths / 1000;
        return true;
}

bool limit_time(const char *value, int64_t unit_usec, int64_t *ret_usec)
{
        static const struct {
                const char *name;
                int64_t usec;
        } units[] = {{"us", 1},      {"usec", 1},      {"ms", 1000},    {"msec", 1000},
                     {"s", 1000000}, {"sec", 1000000}, {"m", 60000000}, {"min", 60000000}};
        size_t len = strspn(value, "0123456789.");
        const char *unit = value + len + strspn(value + len, " ");
        char number[32];
        int64_t thousandths;

        if (len == 0 || len >= sizeof(number))
                return false;
        memcpy(number, value, len);
        number[len] = '\0';
        if (!limit_decimal(number, 3, &thousandths))
                return false;
        if (*unit != '\0') {
                unit_usec = 0;
                for (size_t i = 0; i < ELEMENTS(units); i++)
                        if (strcasecmp(unit, units[i].name) == 0)
                                unit_usec = units[i].usec;
        }
        if (unit_usec == 0)
                return false;
        if (__builtin_mul_overflow(thousandths, unit_usec, &thousandths))
                return false;
        *ret_usec = thousandths / 1000;
        return true;
}

bool limit_switch(const char *value, int64_t *ret_value)
{
        static const char *const words[] = {"0", "1", "no", "yes", "false", "true", "off", "on"};

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcasecmp(value, words[i]) == 0) {
                        *ret_value = (int64_t)(i % 2);
                        return true;
                }
        return false;
}

bool limit_part(const char *value, uint64_t whole, int64_t *ret_value)
{
        char number[16];
        size_t len = strlen(value);
        int64_t hundredths;

        if (len < 2 || len > sizeof(number) || value[len - 1] != '%')
                return false;
        memcpy(number, value, len - 1);
        number[len - 1] = '\0';
        if (!limit_decimal(number, 2, &hundredths) || hundredths < 0 || hundredths > 10000)
                return false;
        *ret_value = (int64_t)(whole / 10000 * (uint64_t)hundredths + whole % 10000 * (uint64_t)hundredths / 10000);
        return true;
}

const char *limit_set(struct arena *arena, const char *value)
{
        char *set = arena_strdup(arena, value), *end = set;

        if (set == NULL || *value == '\0' || value[strspn(value, "0123456789-, ")] != '\0')
                return NULL;
        for (const char *c = value + strspn(value, " "); *c != '\0';) {
                size_t gap = strspn(c, ", ");

                if (gap > 0 && c[gap] != '\0')
                        *end++ = ',';
                if (gap == 0)
                        *end++ = *c;
                c += gap > 0 ? gap : 1;
        }
        *end = '\0';
        return *set == '\0' ? NULL : set;
}

bool limit_cut(struct arena *arena, const char *value, bool keys, const char **ret_front, const char **ret_rest)
{
        size_t len = strcspn(value, " \t"), gap;

        if (value[len] == '\0' && keys) {
                len = strcspn(value, "=:");
        } else if (value[len] == '\0' && *value == '/') {
                const char *colon = strrchr(value, ':'), *equals = strchr(value, '=');

                /* "/dev/disk/by-path/pci-0000:00:1f.2:rbps=10M" */
                while (colon != NULL && equals != NULL && colon > equals) {
                        do
                                colon--;
                        while (colon > value && *colon != ':');
                }
                len = colon == NULL || colon == value ? strlen(value) : (size_t)(colon - value);
        } else if (!keys && *value != '/') {
                len = strspn(value, "0123456789");
                len += value[len] == ':' ? 1 + strspn(value + len + 1, "0123456789") : 0;
        }
        gap = strspn(value + len, keys ? " \t=:" : " \t:,");
        if (len == 0 || gap == 0 || value[len + gap] == '\0')
                return false;
        *ret_front = arena_strndup(arena, value, len);
        *ret_rest = value + len + gap;
        return *ret_front != NULL;
}

bool limit_device_number(const char *value, int64_t *ret_major, int64_t *ret_minor)
{
        char major[16];
        size_t len = strcspn(value, ":");
        int64_t first, second;

        if (value[len] == '\0' || len >= sizeof(major))
                return false;
        memcpy(major, value, len);
        major[len] = '\0';
        first = second = -1;
        if ((strcmp(major, "*") != 0 && (!limit_decimal(major, 0, &first) || first < 0)) ||
            (strcmp(value + len + 1, "*") != 0 && (!limit_decimal(value + len + 1, 0, &second) || second < 0)))
                return false;
        if (first > UINT32_MAX || second > UINT32_MAX)
                return false;
        *ret_major = first;
        *ret_minor = second;
        return true;
}
