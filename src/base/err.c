/* SPDX-License-Identifier: Apache-2.0 */
/* Setting and wrapping struct ward_err; see err.h for how it is used. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"

static void set_message(struct ward_err *err, int code, const char *format, va_list args)
{
        err->errnum = -code;
        err->code = 0;
        err->hint[0] = '\0';
        (void)vsnprintf(err->message, sizeof(err->message), format, args);
        text_make_printable(err->message);
}

/* Appends ": " and @text; what does not fit is cut. */
static void join(char *message, size_t size, const char *text)
{
        size_t used = strlen(message), len = strlen(text);

        if (size - used <= 2)
                return;
        if (len > size - used - 3)
                len = size - used - 3;
        memcpy(message + used, ": ", 2);
        memcpy(message + used + 2, text, len);
        message[used + 2 + len] = '\0';
}

int err_set(struct ward_err *err, int code, const char *format, ...)
{
        va_list args;

        if (err == NULL)
                return code;
        va_start(args, format);
        set_message(err, code, format, args);
        va_end(args);
        return code;
}

int err_code(struct ward_err *err, int code, const char *format, ...)
{
        va_list args;

        if (err == NULL)
                return code;
        va_start(args, format);
        set_message(err, code, format, args);
        va_end(args);
        join(err->message, sizeof(err->message), errno_text(-code));
        return code;
}

int err_hint(struct ward_err *err, const char *format, ...)
{
        va_list args;

        if (err == NULL)
                return -EINVAL;
        va_start(args, format);
        (void)vsnprintf(err->hint, sizeof(err->hint), format, args);
        va_end(args);
        text_make_printable(err->hint);
        return -err->errnum;
}

int err_mistake(struct ward_err *err, enum mistake mistake)
{
        if (err == NULL)
                return -EINVAL;
        err->code = mistake;
        return -err->errnum;
}

int err_wrap(struct ward_err *err, const char *format, ...)
{
        char message[WARD_ERR_MESSAGE_MAX];
        va_list args;

        if (err == NULL)
                return -EINVAL;
        va_start(args, format);
        (void)vsnprintf(message, sizeof(message), format, args);
        va_end(args);
        text_make_printable(message);
        join(message, sizeof(message), err->message);
        memcpy(err->message, message, sizeof(message));
        return -err->errnum;
}

int err_oom(struct ward_err *err)
{
        return err_code(err, -ENOMEM, "allocate memory");
}
