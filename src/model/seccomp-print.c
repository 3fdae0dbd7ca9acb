/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile in the OCI form. */
#include <inttypes.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/seccomp-words.h"
#include "model/seccomp.h"

static const char *word_of(uint32_t value, const struct word *words, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (words[i].value == value)
                        return words[i].name;
        return "";
}

static void print_action(const char *key, const char *errno_key, uint32_t action, struct text *text)
{
        uint32_t base = action & SECCOMP_RET_ACTION_FULL;

        text_printf(text, "\"%s\": \"%s\"", key, word_of(base, action_words, ELEMENTS(action_words)));
        if (base == SCMP_ACT_ERRNO(0) || base == SCMP_ACT_TRACE(0))
                text_printf(text, ", \"%s\": %u", errno_key, action & SECCOMP_RET_DATA);
}

static void print_rule(const struct seccomp_rule *rule, struct text *text)
{
        text_puts(text, "{\"names\": [");
        for (size_t i = 0; i < rule->name_count; i++) {
                text_puts(text, i == 0 ? "" : ", ");
                json_write_string(text, rule->names[i]);
        }
        text_puts(text, "], ");
        print_action("action", "errnoRet", rule->action, text);
        for (size_t i = 0; i < rule->arg_count; i++) {
                const struct seccomp_arg *arg = &rule->args[i];

                text_printf(text,
                            "%s{\"index\": %u, \"value\": %" PRIu64 ", \"valueTwo\": %" PRIu64 ", \"op\": \"%s\"}",
                            i == 0 ? ", \"args\": [" : ", ", arg->index, arg->value, arg->value_two,
                            word_of((uint32_t)arg->op, op_words, ELEMENTS(op_words)));
        }
        text_puts(text, rule->arg_count > 0 ? "]}" : "}");
}

static void print_text(const char *key, const char *value, struct text *text)
{
        if (value == NULL)
                return;
        text_printf(text, ",\n \"%s\": ", key);
        json_write_string(text, value);
}

void seccomp_profile_print(const struct seccomp_profile *profile, const struct seccomp_listener *listener,
                           struct text *text)
{
        const char *between = "";

        text_puts(text, "{");
        print_action("defaultAction", "defaultErrnoRet", profile->default_action, text);
        for (size_t i = 0; i < profile->arch_count; i++)
                text_printf(text, "%s\"%s\"", i == 0 ? ",\n \"architectures\": [" : ", ",
                            word_of(profile->arches[i], arch_words, ELEMENTS(arch_words)));
        text_puts(text, profile->arch_count > 0 ? "]" : "");
        for (size_t i = 0; i < ELEMENTS(flag_words); i++)
                if ((profile->flags & flag_words[i].value) != 0) {
                        text_printf(text, "%s\"%s\"", *between == '\0' ? ",\n \"flags\": [" : between,
                                    flag_words[i].name);
                        between = ", ";
                }
        text_puts(text, *between != '\0' ? "]" : "");
        print_text("listenerPath", listener->path, text);
        print_text("listenerMetadata", listener->metadata, text);
        text_puts(text, ",\n \"syscalls\": [");
        for (size_t i = 0; i < profile->rule_count; i++) {
                text_puts(text, i == 0 ? "\n  " : ",\n  ");
                print_rule(&profile->rules[i], text);
        }
        text_puts(text, "]}\n");
}
