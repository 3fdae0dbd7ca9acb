/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in a buffer of the caller's; see digits.h. */
#include "base/digits.h"

#include <stddef.h>
#include <string.h>

char *digits_put(char *at, uint64_t number, unsigned base)
{
        char digits[DIGITS_MAX], *first = digits + sizeof(digits);
        size_t len;

        do
                *--first = "0123456789abcdef"[number % base];
        while ((number /= base) > 0);
        len = (size_t)(digits + sizeof(digits) - first);
        memcpy(at, first, len);
        return at + len;
}
