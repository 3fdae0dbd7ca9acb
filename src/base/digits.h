/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in a buffer of the caller's: printf(3) takes hundreds of instructions for one. */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>

#define DIGITS_MAX 20 /* of 64 bits in base 10 */

/* Writes @number in @base, which is 10 or 16, without a NUL. Returns what is behind it, at most DIGITS_MAX further. */
char *digits_put(char *at, uint64_t number, unsigned base);

#endif
