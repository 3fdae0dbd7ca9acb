/* SPDX-License-Identifier: Apache-2.0 */
/* What Debian's archives were compiled to call of glibc's, and musl does not have: libyaml's one bounded print (feature_test_macros(7), _FORTIFY_SOURCE). */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

int __sprintf_chk(char *text, int flag, size_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));

int __sprintf_chk(char *text, int flag, size_t size, const char *format, ...)
{
        va_list args;
        int len;

        (void)flag;
        va_start(args, format);
        len = vsnprintf(text, size, format, args);
        va_end(args);
        if (len < 0 || (size_t)len >= size)
                abort();
        return len;
}
