/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp profiles; see seccomp.h.
 *
 * Docker's form is the OCI form with three additions: archMap in place of architectures, conditions (includes, excludes) on
 * each rule, and `name` as the older spelling of one element of `names`. A condition is decided here, so that the rest of
 * ward knows one form only.
 */
#include "model/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/names.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "model/seccomp-words.h"

#define ARCH_MAX 32    /* architectures of one profile */
#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel: a larger SECCOMP_RET_ERRNO is cut to it */

/* Finds the word that @json stands at. Returns its element, or NULL with json->err set. */
static const struct word *read_word(struct json *json, const char *what, const struct word *words, size_t count)
{
        const char *where = json->at;
        const char *names[64], *name;

        if (json_string(json, &name) < 0)
                return NULL;
        for (size_t i = 0; i < count; i++) {
                if (strcmp(words[i].name, name) == 0)
                        return &words[i];
                names[i] = words[i].name;
        }
        (void)json_fail_word(json, where, what, name, names, count);
        return NULL;
}

/* ------------------------------------------------------------------------------------------------------------- actions */

/* An action as it is written: the word, and a number or a name for errno beside it. */
struct action {
        uint32_t base;
        bool data_given;
        uint32_t data;
        const char *data_where;
};

static int read_action(struct json *json, void *target)
{
        struct action *action = target;
        const struct word *word = read_word(json, "action", action_words, ELEMENTS(action_words));

        if (word == NULL)
                return -EINVAL;
        action->base = word->value;
        return 0;
}

static int read_errno_ret(struct json *json, void *target)
{
        struct action *action = target;
        uint64_t data;
        int r;

        action->data_where = json->at;
        r = json_u64(json, UINT16_MAX, &data);
        if (r < 0)
                return r;
        action->data_given = true;
        action->data = (uint32_t)data;
        return 0;
}

static int finish_action(struct json *json, const struct action *action, uint32_t *ret_action)
{
        bool is_errno = action->base == SCMP_ACT_ERRNO(0), is_trace = action->base == SCMP_ACT_TRACE(0);
        uint32_t data = action->data_given ? action->data : EPERM;

        if (action->data_given && !is_errno && !is_trace)
                return json_fail(json, action->data_where,
                                 "an errno goes with the actions SCMP_ACT_ERRNO and SCMP_ACT_TRACE only");
        if (is_errno && data > ERRNO_MAX)
                return json_fail(json, action->data_where, "the errno must be from 0 to %d", ERRNO_MAX);
        *ret_action = is_errno || is_trace ? action->base | data : action->base;
        return 0;
}

/* ------------------------------------------------------------------------------------------------------- architectures */

struct arch_list {
        uint32_t arches[ARCH_MAX];
        size_t count;
        bool given;
};

static int read_arch(struct json *json, void *target)
{
        struct arch_list *list = target;
        const char *where = json->at;
        const struct word *word = read_word(json, "architecture", arch_words, ELEMENTS(arch_words));

        if (word == NULL)
                return -EINVAL;
        for (size_t i = 0; i < list->count; i++)
                if (list->arches[i] == word->value)
                        return 0;
        if (list->count == ARCH_MAX)
                return json_fail(json, where, "more than %d architectures", ARCH_MAX);
        list->arches[list->count++] = word->value;
        return 0;
}

static int read_arches(struct json *json, void *target)
{
        ((struct arch_list *)target)->given = true;
        return json_array(json, read_arch, target);
}

struct arch_map_entry {
        struct arch_list main, sub;
};

static int read_main_arch(struct json *json, void *target)
{
        return read_arch(json, target);
}

static const struct json_field arch_map_fields[] = {
        JSON_FIELD("architecture", struct arch_map_entry, main, read_main_arch, JSON_REQUIRED),
        JSON_FIELD("subArchitectures", struct arch_map_entry, sub, read_arches, 0),
};

/* Of the map one entry counts: that of the architecture ward runs on. */
static int read_arch_map_entry(struct json *json, void *target)
{
        struct arch_list *list = target;
        struct arch_map_entry entry = {0};
        int r;

        r = json_object(json, arch_map_fields, ELEMENTS(arch_map_fields), JSON_REFUSE_UNKNOWN, &entry);
        if (r < 0 || entry.main.arches[0] != syscall_arch_native())
                return r;
        list->arches[0] = entry.main.arches[0];
        list->count = 1;
        for (size_t i = 0; i < entry.sub.count && list->count < ARCH_MAX; i++)
                list->arches[list->count++] = entry.sub.arches[i];
        return 0;
}

static int read_arch_map(struct json *json, void *target)
{
        ((struct arch_list *)target)->given = true;
        return json_array(json, read_arch_map_entry, target);
}

/* ---------------------------------------------------------------------------------------------------------- conditions */

/* Architectures as Go and libseccomp-golang name them, with the number where ward can run on one. */
static const struct word go_arch_words[] = {
        {"amd64", SCMP_ARCH_X86_64},
        {"x86_64", SCMP_ARCH_X86_64},
        {"386", SCMP_ARCH_X86},
        {"x86", SCMP_ARCH_X86},
        {"x32", SCMP_ARCH_X32},
        {"arm", SCMP_ARCH_ARM},
        {"arm64", SCMP_ARCH_AARCH64},
        {"aarch64", SCMP_ARCH_AARCH64},
        {"mips", SCMP_ARCH_MIPS},
        {"mips64", SCMP_ARCH_MIPS64},
        {"mips64n32", SCMP_ARCH_MIPS64N32},
        {"mipsle", SCMP_ARCH_MIPSEL},
        {"mipsel", SCMP_ARCH_MIPSEL},
        {"mips64le", SCMP_ARCH_MIPSEL64},
        {"mipsel64", SCMP_ARCH_MIPSEL64},
        {"mipsel64n32", SCMP_ARCH_MIPSEL64N32},
        {"ppc", SCMP_ARCH_PPC},
        {"ppc64", SCMP_ARCH_PPC64},
        {"ppc64le", SCMP_ARCH_PPC64LE},
        {"s390", SCMP_ARCH_S390},
        {"s390x", SCMP_ARCH_S390X},
        {"parisc", SCMP_ARCH_PARISC},
        {"parisc64", SCMP_ARCH_PARISC64},
        {"riscv64", SCMP_ARCH_RISCV64},
        {"loong64", 0xc0000102},
        {"loongarch64", 0xc0000102},
};

struct condition {
        bool arches_given, native_listed;
        uint64_t caps;
        bool kernel_given;
        unsigned kernel_major, kernel_minor;
};

static int read_condition_arch(struct json *json, void *target)
{
        struct condition *condition = target;
        const struct word *word = read_word(json, "architecture", go_arch_words, ELEMENTS(go_arch_words));

        if (word == NULL)
                return -EINVAL;
        condition->arches_given = true;
        if (word->value == syscall_arch_native())
                condition->native_listed = true;
        return 0;
}

static int read_condition_arches(struct json *json, void *target)
{
        return json_array(json, read_condition_arch, target);
}

static int read_condition_cap(struct json *json, void *target)
{
        struct condition *condition = target;
        const char *where = json->at;
        const char *name, *nearest;
        int cap, r;

        r = json_string(json, &name);
        if (r < 0)
                return r;
        cap = cap_number(name);
        if (cap >= 0) {
                condition->caps |= UINT64_C(1) << cap;
                return 0;
        }
        (void)json_fail(json, where, "unknown capability '%s'", name);
        nearest = cap_nearest(name);
        if (nearest != NULL)
                (void)err_hint(json->err, "did you mean '%s'?", nearest);
        return -EINVAL;
}

static int read_condition_caps(struct json *json, void *target)
{
        return json_array(json, read_condition_cap, target);
}

static int read_min_kernel(struct json *json, void *target)
{
        struct condition *condition = target;
        const char *where = json->at;
        uint64_t major, minor;
        const char *text, *dot;
        char *first;
        int r;

        r = json_string(json, &text);
        if (r < 0)
                return r;
        dot = strchr(text, '.');
        first = arena_strndup(json->arena, text, dot != NULL ? (size_t)(dot - text) : 0);
        if (first == NULL)
                return err_oom(json->err);
        if (dot == NULL || number_parse(first, UINT16_MAX, &major) < 0 || number_parse(dot + 1, UINT16_MAX, &minor) < 0)
                return json_fail(json, where, "'%s' is not a kernel version like \"4.8\"", text);
        condition->kernel_given = true;
        condition->kernel_major = (unsigned)major;
        condition->kernel_minor = (unsigned)minor;
        return 0;
}

static const struct json_field condition_fields[] = {
        {"arches", read_condition_arches},
        {"caps", read_condition_caps},
        {"minKernel", read_min_kernel},
};

static int read_condition(struct json *json, void *target)
{
        return json_object(json, condition_fields, ELEMENTS(condition_fields), JSON_REFUSE_UNKNOWN, target);
}

static bool kernel_at_least(const struct seccomp_context *context, const struct condition *condition)
{
        if (context->kernel_major != condition->kernel_major)
                return context->kernel_major > condition->kernel_major;
        return context->kernel_minor >= condition->kernel_minor;
}

/* Whether a rule stays: any one of the excludes drops it, and all of the includes must hold. */
static bool applies(const struct seccomp_context *context, const struct condition *includes,
                    const struct condition *excludes)
{
        if ((excludes->arches_given && excludes->native_listed) || (excludes->caps & context->caps) != 0 ||
            (excludes->kernel_given && kernel_at_least(context, excludes)))
                return false;
        return (!includes->arches_given || includes->native_listed) && (includes->caps & ~context->caps) == 0 &&
               (!includes->kernel_given || kernel_at_least(context, includes));
}

/* --------------------------------------------------------------------------------------------------------------- rules */

static int read_index(struct json *json, void *target)
{
        uint64_t index;
        int r;

        r = json_u64(json, 5, &index);
        if (r < 0)
                return r;
        *(uint32_t *)target = (uint32_t)index;
        return 0;
}

static int read_value(struct json *json, void *target)
{
        return json_u64(json, UINT64_MAX, target);
}

static int read_op(struct json *json, void *target)
{
        const struct word *word = read_word(json, "operator", op_words, ELEMENTS(op_words));

        if (word == NULL)
                return -EINVAL;
        *(int *)target = (int)word->value;
        return 0;
}

static const struct json_field arg_fields[] = {
        JSON_FIELD("index", struct seccomp_arg, index, read_index, JSON_REQUIRED),
        JSON_FIELD("value", struct seccomp_arg, value, read_value, JSON_REQUIRED),
        JSON_FIELD("valueTwo", struct seccomp_arg, value_two, read_value, 0),
        JSON_FIELD("op", struct seccomp_arg, op, read_op, JSON_REQUIRED),
};

static int read_arg(struct json *json, void *target)
{
        return json_object(json, arg_fields, ELEMENTS(arg_fields), JSON_SKIP_UNKNOWN, target);
}

struct profile {
        const struct seccomp_context *context;
        struct seccomp_rule *rules;
        size_t rule_count, rule_room;
        struct seccomp_unknown *unknown;
        size_t unknown_count, unknown_room;
        struct action default_action;
        struct arch_list arches, arch_map;
        uint32_t flags;
        const char *killable_where;
        struct seccomp_listener listener;
        const char *metadata_where;
};

struct rule {
        struct profile *profile;
        const char **names;
        size_t name_count, name_room;
        bool names_given, name_given; /* the second is docker's older spelling */
        struct action action;
        struct seccomp_arg *args;
        size_t arg_count;
        struct condition includes, excludes;
};

/* Makes room for one element more in an array of the arena. */
static int grow(struct arena *arena, void *array_pointer, size_t count, size_t *room, size_t size)
{
        void **array = array_pointer, *larger;

        if (count < *room)
                return 0;
        larger = arena_alloc(arena, 2 * *room + 16, size);
        if (larger == NULL)
                return -ENOMEM;
        if (count > 0)
                memcpy(larger, *array, count * size);
        *array = larger;
        *room = 2 * *room + 16;
        return 0;
}

struct name_taker {
        struct arena *arena;
        struct rule *rule;
};

static int take_name(void *data, const char *name)
{
        struct name_taker *taker = data;
        struct rule *rule = taker->rule;

        if (grow(taker->arena, &rule->names, rule->name_count, &rule->name_room, sizeof(*rule->names)) < 0)
                return -ENOMEM;
        rule->names[rule->name_count++] = name;
        return 0;
}

static int fail_unknown(struct json *json, const char *name, struct json_position where)
{
        const char *nearest;

        (void)json_fail_at(json, where,
                           *name == '@' ? "unknown group of system calls '%s'" : "unknown system call '%s'", name);
        nearest = syscall_nearest(name, json->arena);
        if (nearest != NULL)
                (void)err_hint(json->err, "did you mean '%s'?", nearest);
        return -EINVAL;
}

/* What stands in a bundle is looked at when its default action is known (refuse_unknown()). */
static int note_unknown(struct json *json, struct profile *profile, const char *name, const char *where)
{
        struct json_position at = json_position(json, where);

        if (profile->context != NULL && !profile->context->allow_unknown)
                return fail_unknown(json, name, at);
        if (grow(json->arena, &profile->unknown, profile->unknown_count, &profile->unknown_room,
                 sizeof(*profile->unknown)) < 0)
                return err_oom(json->err);
        profile->unknown[profile->unknown_count++] = (struct seccomp_unknown){
                .name = name, .line = at.line, .column = at.column, .index = json->path[json->depth - 1].index};
        return 0;
}

/* An engine's profile may name calls that came to Linux later than this version of ward. Left out they get the default action, which opens nothing
 * unless it lets more through than the rule. Of two actions the kernel takes the lesser number, as a signed one (seccomp(2)). */
static int refuse_unknown(struct json *json, const struct profile *profile)
{
        for (size_t i = 0; profile->context == NULL && i < profile->unknown_count; i++) {
                const struct seccomp_unknown *unknown = &profile->unknown[i];

                if ((int32_t)unknown->action >= (int32_t)profile->default_action.base)
                        continue;
                json->path[json->depth++] = (struct json_step){.key = "syscalls", .index = -1};
                json->path[json->depth++] = (struct json_step){.index = unknown->rule};
                json->path[json->depth++] = (struct json_step){.key = "names", .index = -1};
                json->path[json->depth++] = (struct json_step){.index = unknown->index};
                return fail_unknown(json, unknown->name, (struct json_position){unknown->line, unknown->column});
        }
        return 0;
}

/* A call, or a group of calls. */
static int read_name(struct json *json, void *target)
{
        struct rule *rule = target;
        struct name_taker taker = {json->arena, rule};
        const char *where = json->at;
        const char *name;
        int r;

        r = json_string(json, &name);
        if (r < 0)
                return r;
        if (*name == '@')
                r = syscall_group_each(name, json->arena, take_name, &taker);
        else
                r = syscall_number(name) == SYSCALL_UNKNOWN ? -ENOENT : take_name(&taker, name);
        if (r == -ENOENT)
                return note_unknown(json, rule->profile, name, where);
        return r < 0 ? err_oom(json->err) : 0;
}

static int read_names(struct json *json, void *target)
{
        struct rule *rule = target;
        size_t before = rule->name_count;
        int r = json_array(json, read_name, target);

        rule->names_given = rule->name_count > before;
        return r;
}

static int read_one_name(struct json *json, void *target)
{
        ((struct rule *)target)->name_given = true;
        return read_name(json, target);
}

static int read_args(struct json *json, void *target)
{
        struct rule *rule = target;

        return json_list(json, sizeof(*rule->args), read_arg, &rule->args, &rule->arg_count);
}

static const struct json_field rule_fields[] = {
        {"names", read_names, JSON_REQUIRED},
        JSON_FIELD("action", struct rule, action, read_action, JSON_REQUIRED),
        JSON_FIELD("errnoRet", struct rule, action, read_errno_ret, 0),
        {"args", read_args},
};

static const struct json_field docker_rule_fields[] = {
        {"names", read_names},
        {"name", read_one_name},
        JSON_FIELD("action", struct rule, action, read_action, JSON_REQUIRED),
        JSON_FIELD("errnoRet", struct rule, action, read_errno_ret, 0),
        {"errno", NULL, JSON_IGNORED}, /* podman: errnoRet as a word, for people */
        {"args", read_args},
        {"comment", NULL, JSON_IGNORED},
        JSON_FIELD("includes", struct rule, includes, read_condition, 0),
        JSON_FIELD("excludes", struct rule, excludes, read_condition, 0),
};

static int add_rule(struct json *json, struct profile *profile, const struct seccomp_rule *rule)
{
        if (grow(json->arena, &profile->rules, profile->rule_count, &profile->rule_room, sizeof(*rule)) < 0)
                return err_oom(json->err);
        profile->rules[profile->rule_count++] = *rule;
        return 0;
}

/* Comparisons of one rule must all hold, but libseccomp takes one for each argument only. Where an argument comes twice, both
 * OCI runtimes make a rule of each comparison, any of which suffices; profiles are written for that. */
static int add_rules(struct json *json, struct profile *profile, const struct seccomp_rule *rule)
{
        unsigned seen = 0;
        bool twice = false;

        for (size_t i = 0; i < rule->arg_count; i++) {
                twice = twice || (seen & 1u << rule->args[i].index);
                seen |= 1u << rule->args[i].index;
        }
        if (!twice)
                return add_rule(json, profile, rule);
        for (size_t i = 0; i < rule->arg_count; i++) {
                struct seccomp_rule single = *rule;
                int r;

                single.args = &rule->args[i];
                single.arg_count = 1;
                r = add_rule(json, profile, &single);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_rule(struct json *json, void *target)
{
        struct profile *profile = target;
        const char *where = json->at;
        struct json_position at = json_position(json, where);
        struct rule rule = {.profile = profile};
        struct seccomp_rule result = {.line = at.line, .column = at.column};
        size_t unknown_before = profile->unknown_count;
        bool docker = profile->context != NULL;
        int r;

        r = json_object(json, docker ? docker_rule_fields : rule_fields,
                        docker ? ELEMENTS(docker_rule_fields) : ELEMENTS(rule_fields),
                        docker ? JSON_REFUSE_UNKNOWN : JSON_SKIP_UNKNOWN, &rule);
        if (r < 0)
                return r;
        for (size_t i = unknown_before; i < profile->unknown_count; i++) {
                profile->unknown[i].rule = json->path[json->depth - 1].index;
                profile->unknown[i].action = rule.action.base;
        }
        if (rule.name_given && rule.names_given)
                return json_fail(json, where, "both 'name' and 'names' are given");
        if (rule.name_count == 0 && profile->unknown_count == unknown_before)
                return json_fail(json, where, "no system call is named");
        r = finish_action(json, &rule.action, &result.action);
        if (r < 0 || rule.name_count == 0 || (docker && !applies(profile->context, &rule.includes, &rule.excludes)))
                return r;
        result.names = rule.names;
        result.name_count = rule.name_count;
        result.args = rule.args;
        result.arg_count = rule.arg_count;
        return add_rules(json, profile, &result);
}

static int read_rules(struct json *json, void *target)
{
        return json_array(json, read_rule, target);
}

/* ------------------------------------------------------------------------------------------------------------- profile */

static int read_flag(struct json *json, void *target)
{
        struct profile *profile = target;
        const char *where = json->at;
        const struct word *word = read_word(json, "flag", flag_words, ELEMENTS(flag_words));

        if (word == NULL)
                return -EINVAL;
        if (word->value == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
                profile->killable_where = where;
        profile->flags |= word->value;
        return 0;
}

static int read_flags(struct json *json, void *target)
{
        return json_array(json, read_flag, target);
}

static int read_text(struct json *json, void *target)
{
        return json_string(json, target);
}

static int read_metadata(struct json *json, void *target)
{
        struct profile *profile = target;

        profile->metadata_where = json->at;
        return json_string(json, &profile->listener.metadata);
}

static const struct json_field profile_fields[] = {
        JSON_FIELD("defaultAction", struct profile, default_action, read_action, JSON_REQUIRED),
        JSON_FIELD("defaultErrnoRet", struct profile, default_action, read_errno_ret, 0),
        JSON_FIELD("architectures", struct profile, arches, read_arches, 0),
        {"flags", read_flags},
        JSON_FIELD("listenerPath", struct profile, listener.path, read_text, 0),
        {"listenerMetadata", read_metadata},
        {"syscalls", read_rules},
};

static const struct json_field docker_profile_fields[] = {
        JSON_FIELD("defaultAction", struct profile, default_action, read_action, JSON_REQUIRED),
        JSON_FIELD("defaultErrnoRet", struct profile, default_action, read_errno_ret, 0),
        {"defaultErrno", NULL, JSON_IGNORED}, /* podman: defaultErrnoRet as a word, for people */
        JSON_FIELD("architectures", struct profile, arches, read_arches, 0),
        JSON_FIELD("archMap", struct profile, arch_map, read_arch_map, 0),
        {"flags", read_flags},
        JSON_FIELD("listenerPath", struct profile, listener.path, read_text, 0),
        {"listenerMetadata", read_metadata},
        {"syscalls", read_rules},
};

static bool notifies(const struct profile *profile)
{
        bool found = profile->default_action.base == SCMP_ACT_NOTIFY;

        for (size_t i = 0; !found && i < profile->rule_count; i++)
                found = profile->rules[i].action == SCMP_ACT_NOTIFY;
        return found;
}

/* An empty string is as good as none, as in the runtimes that leave empty ones out. */
static bool is_given(const char *text)
{
        return text != NULL && text[0] != '\0';
}

/* What is wrong with the field @key, said when the whole object has been read. */
static int fail_field(struct json *json, const char *key, const char *where, const char *why)
{
        json->path[json->depth++] = (struct json_step){.key = key, .index = -1};
        return json_fail(json, where, "%s", why);
}

static int check_listener(struct json *json, const struct profile *profile)
{
        if (is_given(profile->listener.metadata) && !is_given(profile->listener.path))
                return fail_field(json, "listenerMetadata", profile->metadata_where,
                                  "it may not be given without 'listenerPath'");
        /* seccomp(2): EINVAL without a listener. */
        if ((profile->flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) != 0 && !notifies(profile)) {
                (void)fail_field(json, "flags", profile->killable_where,
                                 "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is for filters with a listener");
                return err_hint(json->err, "take the flag out, or have a rule with the action SCMP_ACT_NOTIFY");
        }
        return 0;
}

static int read_profile(struct json *json, struct profile *profile)
{
        const char *where = json->at;
        bool docker = profile->context != NULL;
        int r;

        r = json_object(json, docker ? docker_profile_fields : profile_fields,
                        docker ? ELEMENTS(docker_profile_fields) : ELEMENTS(profile_fields),
                        docker ? JSON_REFUSE_UNKNOWN : JSON_SKIP_UNKNOWN, profile);
        if (r >= 0)
                r = json_end(json);
        if (r < 0)
                return r;
        if (profile->arches.count > 0 && profile->arch_map.given)
                return json_fail(json, where, "both 'architectures' and 'archMap' are given");
        if (profile->arch_map.given)
                profile->arches = profile->arch_map;
        r = refuse_unknown(json, profile);
        return r < 0 ? r : check_listener(json, profile);
}

/* The strictest rule holds: what the profile allows beside it is of no effect. */
static int close_network(struct json *json, struct profile *profile)
{
        static const char *const names[] = {"socket"};
        static const struct seccomp_arg other = {.index = 0, .op = SCMP_CMP_NE, .value = AF_UNIX};
        const struct seccomp_rule rule = {.action = SCMP_ACT_ERRNO(EAFNOSUPPORT),
                                          .names = names,
                                          .name_count = ELEMENTS(names),
                                          .args = &other,
                                          .arg_count = 1};

        return add_rule(json, profile, &rule);
}

int seccomp_profile_parse(const char *text, size_t len, const char *file, unsigned line, unsigned column,
                          const struct seccomp_context *context, struct arena *arena,
                          struct seccomp_profile *ret_profile, struct ward_err *err)
{
        struct profile profile = {.context = context};
        uint32_t default_action, *arches;
        struct json json;
        int r;

        r = json_init(&json, text, len, file, arena, err);
        if (r < 0)
                return r;
        json.line_base = line - 1;
        json.column_base = column - 1;
        if (context == NULL) {
                /* The OCI form is a part of config.json: errors name the path from its top. */
                json.path[0] = (struct json_step){.key = "linux", .index = -1};
                json.path[1] = (struct json_step){.key = "seccomp", .index = -1};
                json.depth = 2;
        }
        r = read_profile(&json, &profile);
        if (r >= 0 && context != NULL && context->no_network)
                r = close_network(&json, &profile);
        if (r >= 0)
                r = finish_action(&json, &profile.default_action, &default_action);
        if (r < 0)
                return r;
        arches = arena_new(arena, uint32_t, profile.arches.count);
        if (arches == NULL)
                return err_oom(err);
        memcpy(arches, profile.arches.arches, profile.arches.count * sizeof(*arches));
        *ret_profile = (struct seccomp_profile){
                .default_action = default_action,
                .arches = arches,
                .arch_count = profile.arches.count,
                .flags = profile.flags,
                .rules = profile.rules,
                .rule_count = profile.rule_count,
                .unknown = profile.unknown,
                .unknown_count = profile.unknown_count,
        };
        return 0;
}

int seccomp_profile_listener(const char *text, size_t len, const char *file, struct arena *arena,
                             struct seccomp_listener *ret_listener, struct ward_err *err)
{
        static const struct json_field fields[] = {
                JSON_FIELD("listenerPath", struct seccomp_listener, path, read_text, 0),
                JSON_FIELD("listenerMetadata", struct seccomp_listener, metadata, read_text, 0),
        };
        struct seccomp_listener listener = {0};
        struct json json;
        int r;

        r = json_init(&json, text, len, file, arena, err);
        if (r >= 0)
                r = json_object(&json, fields, ELEMENTS(fields), JSON_SKIP_UNKNOWN, &listener);
        if (r < 0)
                return r;
        if (!is_given(listener.path))
                listener.path = NULL;
        if (!is_given(listener.metadata))
                listener.metadata = NULL;
        *ret_listener = listener;
        return 0;
}
