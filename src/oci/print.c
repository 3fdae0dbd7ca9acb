/* SPDX-License-Identifier: Apache-2.0 */
/* What several verbs print. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/text.h"
#include "oci/oci.h"

int oci_print(const struct text *text, struct ward_err *err)
{
        int r;

        if (text_failed(text))
                return err_oom(err);
        r = fd_write_all(STDOUT_FILENO, text->data, text->len);
        return r < 0 ? err_code(err, r, "write to standard output") : 0;
}

void oci_add_time(struct text *text, uint64_t usec)
{
        uint64_t second = usec / 1000000 % 86400, days = usec / 1000000 / 86400 + 719468;
        /* Years that begin in March, so that the leap day is the last one: 400 of them have 146097 days. By gmtime(3) the time zones of
         * the C library would come into a static program. */
        uint64_t era = days / 146097, of_era = days % 146097;
        uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        uint64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

        text_printf(text, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(era * 400 + year + (month >= 10)),
                    (unsigned)(month < 10 ? month + 3 : month - 9), (unsigned)(of_year - (153 * month + 2) / 5 + 1),
                    (unsigned)(second / 3600), (unsigned)(second / 60 % 60), (unsigned)(second % 60),
                    (unsigned)(usec % 1000000));
}

/* How the members of an object are written: on lines of their own for `state`, in one line for `list`. */
struct style {
        const char *first, *next, *colon, *last;           /* of the object */
        const char *inner_first, *inner_next, *inner_last; /* of the object inside it */
};

static const struct style lines = {"{\n  ", ",\n  ", ": ", "\n}", "{\n    ", ",\n    ", "\n  }"};
static const struct style compact = {"{", ",", ":", "}", "{", ",", "}"};

static void add_string(struct text *text, const char *before, const char *key, const char *colon, const char *value)
{
        text_puts(text, before);
        json_write_string(text, key);
        text_puts(text, colon);
        json_write_string(text, value == NULL ? "" : value);
}

static void add_annotations(struct text *text, const struct store_state *state, const struct style *style)
{
        const char *const *pair = state->annotations;

        if (pair == NULL || pair[0] == NULL)
                return;
        text_printf(text, "%s\"annotations\"%s", style->next, style->colon);
        for (; pair[0] != NULL; pair += 2)
                add_string(text, pair == state->annotations ? style->inner_first : style->inner_next, pair[0],
                           style->colon, pair[1]);
        text_puts(text, style->inner_last);
}

void oci_add_state(struct text *text, const struct engine_info *info, const struct ending *ending, bool pretty)
{
        const struct style *style = pretty ? &lines : &compact;
        const struct store_state *state = &info->state;
        _cleanup_arena_ struct arena arena = {0};

        add_string(text, style->first, "ociVersion", style->colon, state->oci_version);
        add_string(text, style->next, "id", style->colon, state->id);
        text_printf(text, "%s\"pid\"%s%d", style->next, style->colon, info->pid);
        add_string(text, style->next, "status", style->colon, engine_status_names[info->status]);
        add_string(text, style->next, "bundle", style->colon, state->bundle);
        add_string(text, style->next, "rootfs", style->colon, state->rootfs);
        text_printf(text, "%s\"created\"%s\"", style->next, style->colon);
        oci_add_time(text, state->created_usec);
        text_puts(text, "\"");
        add_annotations(text, state, style);
        if (info->damage != NULL)
                add_string(text, style->next, "damage", style->colon, info->damage);
        add_string(text, style->next, "owner", style->colon, oci_user_name(state->owner, &arena));
        if (ending != NULL) {
                text_printf(text, "%s\"ending\"%s", style->next, style->colon);
                ending_print(ending, text);
        }
        text_puts(text, style->last);
}

/* The line of passwd(5) whose third field is @uid: its first field. */
static const char *find_user(char *passwd, uint32_t uid)
{
        char *line;

        while ((line = text_next(&passwd, '\n')) != NULL) {
                char *name = text_next(&line, ':'), *number;
                uint64_t value;

                (void)text_next(&line, ':');
                number = text_next(&line, ':');
                if (number != NULL && number_parse(number, UINT32_MAX, &value) == 0 && value == uid)
                        return name;
        }
        return NULL;
}

/* Not getpwuid(3): a static program cannot load the modules of NSS. */
const char *oci_user_name(uint32_t uid, struct arena *arena)
{
        _cleanup_free_ char *passwd = NULL;
        const char *name = NULL;

        if (uid == 0)
                return "root";
        if (fd_read_file(AT_FDCWD, "/etc/passwd", 1 << 20, &passwd, NULL, NULL) == 0)
                name = find_user(passwd, uid);
        return name != NULL ? arena_strdup(arena, name) : arena_printf(arena, "#%" PRIu32, uid);
}
