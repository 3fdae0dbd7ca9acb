/* SPDX-License-Identifier: Apache-2.0 */
/* The values of limits as people write them: nothing here knows of words. */
#ifndef MODEL_LIMIT_VALUES_H
#define MODEL_LIMIT_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

/* "max", and what else people write for no limit. */
bool limit_is_max(const char *value);

/* Each fills in *@ret_value and returns true, or false for what is no such value. */

/* 512M, 1.5GiB; units of 1024, or of 1000. */
bool limit_bytes(struct arena *arena, const char *value, unsigned unit, int64_t *ret_value);

/* A decimal number with at most @places digits behind the point, as so many parts of one: 1.5 with 2 places is 150. Hexadecimal without a point is read,
 * too, when @places is 0. A sign is one of the number. */
bool limit_decimal(const char *value, unsigned places, int64_t *ret_value);

/* 25ms, 1s, 2min: microseconds; of a bare number @unit_usec are one. */
bool limit_time(const char *value, int64_t unit_usec, int64_t *ret_usec);

bool limit_switch(const char *value, int64_t *ret_value);

/* 50% of @whole. */
bool limit_part(const char *value, uint64_t whole, int64_t *ret_value);

/* "0-3 7" with commas, in @arena; NULL: it is no list, or memory is short. */
const char *limit_set(struct arena *arena, const char *value);

/* Cuts "DISK REST", "DISK:REST", where DISK is a path or MAJOR:MINOR, or with @keys "KEY REST", "KEY=REST", "KEY:REST": *@ret_front lives in @arena,
 * *@ret_rest in @value. */
bool limit_cut(struct arena *arena, const char *value, bool keys, const char **ret_front, const char **ret_rest);

/* "8:0". */
bool limit_device_number(const char *value, int64_t *ret_major, int64_t *ret_minor);

#endif
