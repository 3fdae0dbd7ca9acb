/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind verbs that have several, as tables; see cli.h. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

static int refuse_word(const struct cli_actions *actions, const char *word, struct ward_err *err)
{
        const char *names[CLI_ACTIONS_MAX], *example;
        _cleanup_text_ struct text list = {0};

        for (size_t i = 0; i < actions->count; i++) {
                names[i] = actions->all[i].name;
                text_printf(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
        }
        (void)err_set(err, -EINVAL, "%s: '%s' is not one of: %s", actions->verb, word,
                      text_failed(&list) ? "" : list.data);
        (void)err_mistake(err, MISTAKE_WORD);
        text_done(&list);
        text_printf(&list, "for example: ward %s %s", actions->verb, actions->example);
        example = text_failed(&list) ? "" : list.data;
        return cli_suggest(actions->verb, word, names, actions->count, example, err);
}

static int check_operands(const struct cli_actions *actions, const struct cli_action *action, int count, char **words,
                          struct ward_err *err)
{
        if (count < action->least)
                (void)err_set(err, -EINVAL, "%s %s: an operand is missing", actions->verb, action->name);
        else if (count > action->most)
                (void)err_set(err, -EINVAL, "%s %s: '%s' is one word too many", actions->verb, action->name,
                              words[action->most]);
        else
                return 0;
        (void)err_mistake(err, MISTAKE_OPERANDS);
        return err_hint(err, "usage: ward %s %s%s%s", actions->verb, action->name, *action->operands == '\0' ? "" : " ",
                        action->operands);
}

/* An option that has no meaning for @action is not passed over. */
static int check_options(const struct cli_actions *actions, const struct cli_action *action,
                         const struct cli_given *given, size_t given_count, struct ward_err *err)
{
        for (size_t i = 0; i < given_count; i++) {
                _cleanup_text_ struct text list = {0};

                if (!given[i].given || (action->takes & given[i].bit) != 0)
                        continue;
                for (size_t j = 0; j < actions->count; j++)
                        if ((actions->all[j].takes & given[i].bit) != 0)
                                text_printf(&list, "%s%s", list.len == 0 ? "" : ", ", actions->all[j].name);
                (void)err_set(err, -EINVAL, "%s %s: option '%s' has no meaning there: it is for %s", actions->verb,
                              action->name, given[i].name, text_failed(&list) ? "others" : list.data);
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "leave it out");
        }
        return 0;
}

const struct cli_action *cli_action(const struct cli_actions *actions, const struct cli_given *given,
                                    size_t given_count, int count, char **operands, struct ward_err *err)
{
        for (size_t i = 0; i < actions->count; i++) {
                const struct cli_action *action = &actions->all[i];

                if (strcmp(action->name, operands[0]) != 0)
                        continue;
                return check_operands(actions, action, count - 1, operands + 1, err) < 0 ||
                                       check_options(actions, action, given, given_count, err) < 0
                               ? NULL
                               : action;
        }
        (void)refuse_word(actions, operands[0], err);
        return NULL;
}
