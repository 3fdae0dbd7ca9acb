/* SPDX-License-Identifier: Apache-2.0 */
/* ward help E204: what the number behind a message stands for; ward help errors: all of them. */
#include "cli/help.h"

#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

/* What the hundreds of the numbers are about. */
static const char *const groups[] = {NULL,
                                     "The command line",
                                     "The root and the program",
                                     "Files and devices",
                                     "Users and rights",
                                     "Limits and settings",
                                     "Containers"};

static const char *digits_of(const char *word)
{
        return word + (*word == 'E' || *word == 'e');
}

bool help_is_about_errors(const char *word)
{
        const char *digits = digits_of(word);

        return strcmp(word, "errors") == 0 || (*digits != '\0' && digits[strspn(digits, "0123456789")] == '\0');
}

static void add_list(struct text *text)
{
        unsigned group = 0;

        for (size_t i = 0; i < help_mistake_count; i++) {
                const struct help_mistake *m = &help_mistakes[i];

                if (m->mistake / 100 != group) {
                        text_printf(text, "%s%s\n", group == 0 ? "" : "\n", groups[m->mistake / 100]);
                        group = m->mistake / 100;
                }
                text_printf(text, "  E%u  %s\n", m->mistake, m->title);
        }
        text_puts(text, "\n'ward help E204' says what one means and what to do about it.\n");
}

int help_errors(const char *word, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        uint64_t number = 0;
        size_t i = 0;

        if (strcmp(word, "errors") == 0) {
                add_list(&text);
                return cli_print(&text, err);
        }
        (void)number_parse(digits_of(word), 999, &number);
        while (i < help_mistake_count && help_mistakes[i].mistake != number)
                i++;
        if (i == help_mistake_count) {
                (void)err_set(err, -EINVAL, "there is no error '%s'", word);
                (void)err_mistake(err, MISTAKE_TOPIC);
                return err_hint(err, "'ward help errors' lists those that have a number");
        }
        text_printf(&text, "E%u: %s\n\n%s\n", help_mistakes[i].mistake, help_mistakes[i].title, help_mistakes[i].text);
        return cli_print(&text, err);
}
