/* SPDX-License-Identifier: Apache-2.0 */
/* Values as either version wants them written; docs/CGROUPS.md has the formulas. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "kern/cgroup-knobs.h"

const struct cgroup_limit *cgroup_limit_find(const struct set *set, enum cgroup_knob knob)
{
        for (size_t i = 0; i < set->count; i++)
                if (set->limits[i].knob == knob)
                        return &set->limits[i];
        return NULL;
}

const char *cgroup_limit_name(const struct cgroup_limit *limit, char buffer[CGROUP_VALUE_MAX])
{
        const char *field = cgroup_knobs[limit->knob].field;

        if (cgroup_knobs[limit->knob].of_device)
                (void)snprintf(buffer, CGROUP_VALUE_MAX, "%s of %u:%u", field, limit->major, limit->minor);
        else if (limit->key != NULL)
                (void)snprintf(buffer, CGROUP_VALUE_MAX, "%s[%s]", field, limit->key);
        else
                (void)snprintf(buffer, CGROUP_VALUE_MAX, "%s", field);
        return buffer;
}

static double binary_logarithm(uint64_t number)
{
        int whole = 63 - __builtin_clzll(number);
        double rest = (double)number / (double)(1ULL << whole), logarithm = whole;

        /* One bit of the logarithm for each squaring. Nothing else needs libm, which a static program would then carry. */
        for (double bit = 0.5; bit > 1e-12; bit /= 2) {
                rest *= rest;
                if (rest >= 2) {
                        rest /= 2;
                        logarithm += bit;
                }
        }
        return logarithm;
}

/* ceil(10 ^ ((L * L + 125 * L) / 612 - 7 / 34)), L = log2(shares): the curve through 2 = 1, 1024 = 100, 262144 = 10000 that runc 1.3.2
 * and crun 1.23 brought. The result is found as the least weight whose logarithm is not below the exponent. */
uint64_t cgroup_weight_from_shares(uint64_t shares)
{
        const double log2_of_10 = 3.321928094887362, rounding = 1e-9;
        uint64_t low = 1, high = 10000;
        double l, exponent;

        if (shares <= CGROUP_SHARES_MIN)
                return low;
        if (shares >= CGROUP_SHARES_MAX)
                return high;
        l = binary_logarithm(shares);
        exponent = ((l * l + 125 * l) / 612 - 7.0 / 34) * log2_of_10;
        while (low < high) {
                uint64_t middle = (low + high) / 2;

                if (binary_logarithm(middle) >= exponent - rounding)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}

/* The limit of memory that the group has; -1 is none, which v1 shows as the largest number of whole pages. */
static int memory_limit_read(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t *ret_limit,
                             struct ward_err *err)
{
        bool v1 = hierarchy->version == 1;
        _cleanup_free_ char *text = NULL;
        uint64_t limit;
        int r;

        r = cgroup_file_read(hierarchy, set->path, v1 ? "memory.limit_in_bytes" : "memory.max", &text, err);
        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = '\0';
        *ret_limit = number_parse(text, v1 ? INT64_MAX / 2 : INT64_MAX, &limit) < 0 ? -1 : (int64_t)limit;
        return 0;
}

/* memory.swap of the specification counts memory and swap together, memory.swap.max only swap. */
int cgroup_swap_convert(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t both,
                        int64_t *ret_swap, struct ward_err *err)
{
        const struct cgroup_limit *limit = cgroup_limit_find(set, CGROUP_MEMORY_LIMIT);
        int64_t memory = limit == NULL ? -1 : limit->value;
        int r;

        if (both < 0) {
                *ret_swap = -1;
                return 0;
        }
        if (limit == NULL) {
                r = memory_limit_read(set, hierarchy, &memory, err);
                if (r < 0)
                        return r;
        }
        if (memory < 0) {
                (void)err_set(err, -EINVAL,
                              "memory.swap %" PRId64 ": without a limit of memory there is none of memory plus swap",
                              both);
                (void)err_hint(err, "set memory.limit too");
                return -EINVAL;
        }
        if (both < memory) {
                (void)err_set(err, -EINVAL, "memory.swap %" PRId64 " is below memory.limit %" PRId64, both, memory);
                (void)err_hint(err, "memory.swap counts memory and swap together: set it to at least memory.limit");
                return -EINVAL;
        }
        *ret_swap = both - memory;
        return 0;
}

int cgroup_swap_add(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t swap, int64_t *ret_both,
                    struct ward_err *err)
{
        const struct cgroup_limit *limit = cgroup_limit_find(set, CGROUP_MEMORY_LIMIT);
        int64_t memory = limit == NULL ? -1 : limit->value;
        int r = limit == NULL && swap >= 0 ? memory_limit_read(set, hierarchy, &memory, err) : 0;

        if (r < 0)
                return r;
        *ret_both = -1;
        if (swap < 0)
                return 0;
        if (memory < 0) {
                (void)err_set(err, -EINVAL,
                              "memory.swap.max %" PRId64 ": cgroup v1 limits swap together with memory alone, and the "
                              "control group '%s' has no limit of memory",
                              swap, set->path);
                (void)err_hint(err, "set the memory limit too");
                return -EINVAL;
        }
        if (__builtin_add_overflow(memory, swap, ret_both))
                *ret_both = -1;
        return 0;
}

/* cpu.max holds the quota and the period. A quota alone leaves the period; a period needs the quota in front of it. */
static int period_convert(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t period,
                          char value[CGROUP_VALUE_MAX], struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        int r;

        r = cgroup_file_read(hierarchy, set->path, "cpu.max", &text, err);
        if (r < 0)
                return r;
        (void)snprintf(value, CGROUP_VALUE_MAX, "%.*s %" PRId64, (int)strcspn(text, " \n"), text, period);
        return 0;
}

static void number_print(char value[CGROUP_VALUE_MAX], int64_t number, const char *none)
{
        if (number < 0 && none != NULL)
                (void)snprintf(value, CGROUP_VALUE_MAX, "%s", none);
        else
                (void)snprintf(value, CGROUP_VALUE_MAX, "%" PRId64, number);
}

/* blkio's weight as io's: 10, 500 and 1000 become 1, 4950 and 10000. */
static int64_t io_weight(int64_t weight)
{
        return 1 + (weight - 10) * 9999 / 990;
}

/* What follows is as systemd converts it, whose words ask for it. */

static int64_t within(int64_t number, int64_t least, int64_t most)
{
        return number < least ? least : number > most ? most : number;
}

/* A weight of v2 as shares: 100 are 1024. Two groups with twice the weight have twice the shares. */
static int64_t shares_from_weight(int64_t weight)
{
        return within(weight * 1024 / 100, CGROUP_SHARES_MIN, CGROUP_SHARES_MAX);
}

/* Each step of nice is a quarter more or less, as between processes (sched(7)). */
static int64_t shares_from_nice(int64_t nice)
{
        double shares = 1024;

        for (; nice > 0; nice--)
                shares /= 1.25;
        for (; nice < 0; nice++)
                shares *= 1.25;
        return within((int64_t)(shares + 0.5), CGROUP_SHARES_MIN, CGROUP_SHARES_MAX);
}

/* Up to 100 as it is; 10000 is BFQ's 1000. */
static int64_t bfq_from_weight(int64_t weight)
{
        return weight <= 100 ? weight : 100 + (weight - 100) * (1000 - 100) / (10000 - 100);
}

/* 100 is 500. */
static int64_t blkio_from_weight(int64_t weight)
{
        return within(weight * 500 / 100, 10, 1000);
}

/* v1 keeps the low 32 bits, and has no limit when all of them are set (tg_set_conf); v2 takes what is more for that, too. */
static int64_t iops(int64_t rate)
{
        return rate < 0 || rate > UINT32_MAX ? UINT32_MAX : rate;
}

static void percent_print(char value[CGROUP_VALUE_MAX], int64_t hundredths)
{
        if (hundredths < 0)
                (void)snprintf(value, CGROUP_VALUE_MAX, "max");
        else
                (void)snprintf(value, CGROUP_VALUE_MAX, "%" PRId64 ".%02d", hundredths / 100, (int)(hundredths % 100));
}

/* "MAJOR:MINOR", @key and the number; @zero in its place when that is 0 and @zero is not NULL. */
static void device_print(char value[CGROUP_VALUE_MAX], const struct cgroup_limit *limit, const char *key,
                         const char *zero, uint64_t number)
{
        if (limit->value == 0 && zero != NULL)
                (void)snprintf(value, CGROUP_VALUE_MAX, "%u:%u %s%s", limit->major, limit->minor, key, zero);
        else
                (void)snprintf(value, CGROUP_VALUE_MAX, "%u:%u %s%" PRIu64, limit->major, limit->minor, key, number);
}

static void quota_print(const struct set *set, int64_t quota, char value[CGROUP_VALUE_MAX])
{
        const struct cgroup_limit *period = cgroup_limit_find(set, CGROUP_CPU_PERIOD);

        number_print(value, quota, "max");
        if (period != NULL) {
                size_t len = strlen(value);

                (void)snprintf(value + len, CGROUP_VALUE_MAX - len, " %" PRId64, period->value);
        }
}

/* The forms of what is of a block device. False: it is another form. */
static bool device_value_print(const struct cgroup_limit *limit, enum form form, char value[CGROUP_VALUE_MAX])
{
        static const struct {
                enum form form;
                const char *key, *zero;
                int64_t (*convert)(int64_t number);
        } forms[] = {
                {FORM_DEVICE, "", NULL, NULL},
                {FORM_DEVICE_IOPS, "", NULL, iops},
                {FORM_DEVICE_DEFAULT, "", "default", NULL},
                {FORM_DEVICE_IO_WEIGHT, "", "default", io_weight},
                {FORM_RBPS, "rbps=", "max", NULL},
                {FORM_WBPS, "wbps=", "max", NULL},
                {FORM_RIOPS, "riops=", "max", NULL},
                {FORM_WIOPS, "wiops=", "max", NULL},
                {FORM_DEVICE_BFQ, "", "default", bfq_from_weight},
                {FORM_DEVICE_BLKIO, "", "0", blkio_from_weight},
                {FORM_DEVICE_TARGET, "target=", NULL, NULL},
        };

        if (form == FORM_DEVICE_TEXT) {
                (void)snprintf(value, CGROUP_VALUE_MAX, "%u:%u %s", limit->major, limit->minor, limit->text);
                return true;
        }
        for (size_t i = 0; i < ELEMENTS(forms); i++)
                if (forms[i].form == form) {
                        int64_t number = forms[i].convert == NULL ? limit->value : forms[i].convert(limit->value);

                        device_print(value, limit, forms[i].key, forms[i].zero, (uint64_t)number);
                        return true;
                }
        return false;
}

/* The forms of one number, or one word, that depend on nothing else in the group. */
static void plain_value_print(const struct cgroup_limit *limit, enum form form, char value[CGROUP_VALUE_MAX])
{
        int64_t number = limit->value;

        switch (form) {
        case FORM_MAX:
                return number_print(value, number, "max");
        case FORM_NONE:
                return number_print(value, number, "0");
        case FORM_WEIGHT:
                return number_print(value, (int64_t)cgroup_weight_from_shares((uint64_t)(number < 0 ? 0 : number)),
                                    NULL);
        case FORM_SHARES:
                return number_print(value, shares_from_weight(number), NULL);
        case FORM_NICE:
                return number_print(value, shares_from_nice(number), NULL);
        case FORM_IO_WEIGHT:
                return number_print(value, io_weight(number), NULL);
        case FORM_BFQ:
                return number_print(value, bfq_from_weight(number), NULL);
        case FORM_BLKIO:
                return number_print(value, blkio_from_weight(number), NULL);
        case FORM_PERCENT:
                return percent_print(value, number);
        case FORM_EXCLUSIVE:
                return number_print(value, strcmp(limit->text, "member") != 0, NULL);
        case FORM_BALANCE:
                return number_print(value, strcmp(limit->text, "isolated") != 0, NULL);
        case FORM_LARGE:
                (void)snprintf(value, CGROUP_VALUE_MAX, "%" PRIu64, (uint64_t)number);
                return;
        case FORM_KEY_NUMBER:
                (void)snprintf(value, CGROUP_VALUE_MAX, "%s %" PRId64, limit->key, number);
                return;
        case FORM_KEY_TEXT:
                (void)snprintf(value, CGROUP_VALUE_MAX, "%s %s", limit->key, limit->text);
                return;
        case FORM_KEY_MAX:
                if (number < 0)
                        (void)snprintf(value, CGROUP_VALUE_MAX, "%s max", limit->key);
                else
                        (void)snprintf(value, CGROUP_VALUE_MAX, "%s %" PRId64, limit->key, number);
                return;
        default:
                return number_print(value, number, NULL);
        }
}

int cgroup_value_print(const struct set *set, const struct cgroup_hierarchy *hierarchy,
                       const struct cgroup_limit *limit, enum form form, char value[CGROUP_VALUE_MAX],
                       struct ward_err *err)
{
        int64_t number = limit->value;
        int r = 0;

        if (device_value_print(limit, form, value))
                return 1;
        switch (form) {
        case FORM_SWAP:
                r = cgroup_swap_convert(set, hierarchy, limit->value, &number, err);
                number_print(value, number, "max");
                break;
        case FORM_BOTH:
                r = cgroup_swap_add(set, hierarchy, limit->value, &number, err);
                number_print(value, number, NULL);
                break;
        case FORM_QUOTA:
                quota_print(set, number, value);
                break;
        case FORM_PERIOD:
                if (cgroup_limit_find(set, CGROUP_CPU_QUOTA) != NULL)
                        return 0;
                r = period_convert(set, hierarchy, limit->value, value, err);
                break;
        default:
                plain_value_print(limit, form, value);
                break;
        }
        return r < 0 ? r : 1;
}
