/* SPDX-License-Identifier: Apache-2.0 */
/* The process and the hooks of config.json: who runs, with which ids, capabilities and limits. */
#include <errno.h>
#include <string.h>

#include "base/names.h"
#include "model/oci-read.h"

/* ---------------------------------------------------------------------------------------------------------------- user */

static int read_umask(struct json *json, void *target)
{
        uint64_t mask;
        int r;

        r = json_u64(json, 0777, &mask);
        if (r < 0)
                return r;
        *(uint32_t *)target = (uint32_t)mask;
        return 0;
}

static int read_groups(struct json *json, void *target)
{
        struct spec_process *process = target;

        return json_list(json, sizeof(*process->groups), oci_read_id, &process->groups, &process->group_count);
}

struct user {
        struct spec_process *process;
        bool uid_given, gid_given;
};

static int read_uid(struct json *json, void *target)
{
        struct user *user = target;

        user->uid_given = true;
        return oci_read_id(json, &user->process->uid);
}

static int read_gid(struct json *json, void *target)
{
        struct user *user = target;

        user->gid_given = true;
        return oci_read_id(json, &user->process->gid);
}

static int read_user_umask(struct json *json, void *target)
{
        return read_umask(json, &((struct user *)target)->process->umask);
}

static int read_user_groups(struct json *json, void *target)
{
        return read_groups(json, ((struct user *)target)->process);
}

static const struct json_field user_fields[] = {
        {"uid", read_uid},
        {"gid", read_gid},
        {"umask", read_user_umask},
        {"additionalGids", read_user_groups},
        {"username", NULL, JSON_IGNORED}, /* of Windows */
};

static int read_user(struct json *json, void *target)
{
        const char *where = json->at;
        struct user user = {.process = target};
        int r;

        r = oci_origin(json, &user.process->user_origin);
        if (r >= 0)
                r = json_object(json, user_fields, ELEMENTS(user_fields), JSON_SKIP_UNKNOWN, &user);
        if (r < 0)
                return r;
        /* Other runtimes make 0 of a user and of a group that are left out. Where neither is there that is what a config without a user means, too, and
         * beside root it gives nobody anything; to a user it would give root's group, and to a group root's rights. */
        if (!user.uid_given && user.gid_given)
                return json_fail(json, where, "the required field 'uid' is missing");
        if (!user.gid_given && user.process->uid != 0)
                return json_fail(json, where, "the required field 'gid' is missing");
        return 0;
}

/* -------------------------------------------------------------------------------------------------------- capabilities */

struct cap_set {
        struct spec_caps *caps;
        uint64_t mask;
};

/* Whether @list, "A, B, C", has @name. */
static bool is_listed(const char *list, const char *name)
{
        size_t len = strlen(name);

        for (const char *at = list; at != NULL; at = strchr(at, ' ')) {
                at += *at == ' ';
                if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
                        return true;
        }
        return false;
}

/* A capability that nobody knows is left out of the set, which whoever runs the process says in a warning (config.md, "Linux Process"). */
static int read_cap(struct json *json, void *target)
{
        struct cap_set *set = target;
        const char *name, *unknown = set->caps->unknown;
        int cap, r;

        r = json_string(json, &name);
        if (r < 0)
                return r;
        cap = cap_number(name);
        if (cap >= 0) {
                set->mask |= UINT64_C(1) << cap;
                return 0;
        }
        if (unknown == NULL)
                set->caps->unknown = name;
        else if (!is_listed(unknown, name))
                set->caps->unknown = arena_concat(json->arena, unknown, ", ", name);
        return set->caps->unknown == NULL ? err_oom(json->err) : 0;
}

static int read_cap_set(struct json *json, struct spec_caps *caps, uint64_t *ret_mask)
{
        struct cap_set set = {.caps = caps};
        int r = json_array(json, read_cap, &set);

        if (r >= 0)
                *ret_mask = set.mask;
        return r;
}

#define CAP_SET(name)                                           \
        static int read_##name(struct json *json, void *target) \
        {                                                       \
                struct spec_caps *caps = target;                \
                return read_cap_set(json, caps, &caps->name);   \
        }
CAP_SET(bounding)
CAP_SET(effective)
CAP_SET(inheritable)
CAP_SET(permitted)
CAP_SET(ambient)
#undef CAP_SET

static const struct json_field cap_fields[] = {
        {"bounding", read_bounding},   {"effective", read_effective}, {"inheritable", read_inheritable},
        {"permitted", read_permitted}, {"ambient", read_ambient},
};

/* capset(2) refuses an effective set beyond the permitted one; said here it has a line. Ambient capabilities beyond the
 * inheritable set are no error: `runc spec` writes them, and every runtime leaves out what the kernel can't raise. */
static int check_caps(struct json *json, const char *where, const struct spec_caps *caps)
{
        uint64_t alone = caps->effective & ~caps->permitted;

        if (alone == 0)
                return 0;
        (void)json_fail(json, where, "%s is in the effective set and not in the permitted one",
                        cap_names[__builtin_ctzll(alone)]);
        return err_hint(json->err, "add it to 'permitted', or take it out of 'effective'");
}

static int read_caps(struct json *json, void *target)
{
        struct spec_process *process = target;
        const char *where = json->at;
        int r;

        r = oci_origin(json, &process->caps_origin);
        if (r < 0)
                return r;
        r = json_object(json, cap_fields, ELEMENTS(cap_fields), JSON_SKIP_UNKNOWN, &process->caps);
        if (r < 0)
                return r;
        process->caps.given = true;
        return check_caps(json, where, &process->caps);
}

/* ------------------------------------------------------------------------------------------------------------- rlimits */

static int read_rlimit_type(struct json *json, void *target)
{
        int index = oci_word(json, "resource limit", rlimit_names, RLIMIT_NAME_COUNT);

        if (index < 0)
                return index;
        *(int *)target = index;
        return 0;
}

static int read_limit(struct json *json, void *target)
{
        return json_u64(json, UINT64_MAX, target);
}

static const struct json_field rlimit_fields[] = {
        JSON_FIELD("type", struct spec_rlimit, resource, read_rlimit_type, JSON_REQUIRED),
        JSON_FIELD("hard", struct spec_rlimit, hard, read_limit, JSON_REQUIRED),
        JSON_FIELD("soft", struct spec_rlimit, soft, read_limit, JSON_REQUIRED),
};

static int read_rlimit(struct json *json, void *target)
{
        const char *where = json->at;
        struct spec_rlimit *limit = target;
        int r;

        r = oci_origin(json, &limit->origin);
        if (r >= 0)
                r = json_object(json, rlimit_fields, ELEMENTS(rlimit_fields), JSON_SKIP_UNKNOWN, limit);
        if (r < 0)
                return r;
        if (limit->soft > limit->hard)
                return json_fail(json, where, "the soft limit of %s is above its hard limit",
                                 rlimit_names[limit->resource]);
        return 0;
}

static int read_rlimits(struct json *json, void *target)
{
        struct spec_process *process = target;
        unsigned seen = 0;
        int r;

        r = json_list(json, sizeof(*process->rlimits), read_rlimit, &process->rlimits, &process->rlimit_count);
        if (r < 0)
                return r;
        for (size_t i = 0; i < process->rlimit_count; i++) {
                const struct spec_rlimit *limit = &process->rlimits[i];

                if (seen & 1u << limit->resource)
                        return json_fail_at(json, (struct json_position){limit->origin.line, limit->origin.column},
                                            "%s is given twice", rlimit_names[limit->resource]);
                seen |= 1u << limit->resource;
        }
        return 0;
}

/* ------------------------------------------------------------------------------------------------------------- process */

static int read_console_side(struct json *json, void *target)
{
        uint64_t cells;
        int r;

        r = json_u64(json, UINT16_MAX, &cells);
        if (r < 0)
                return r;
        *(uint16_t *)target = (uint16_t)cells;
        return 0;
}

static const struct json_field console_fields[] = {
        JSON_FIELD("height", struct spec_process, rows, read_console_side, JSON_REQUIRED),
        JSON_FIELD("width", struct spec_process, columns, read_console_side, JSON_REQUIRED),
};

static int read_console_size(struct json *json, void *target)
{
        return json_object(json, console_fields, ELEMENTS(console_fields), JSON_SKIP_UNKNOWN, target);
}

static int read_terminal(struct json *json, void *target)
{
        struct spec_process *process = target;
        int r;

        r = oci_origin(json, &process->terminal_origin);
        return r < 0 ? r : json_bool(json, &process->terminal);
}

static int read_args(struct json *json, void *target)
{
        struct spec_process *process = target;
        const char *where = json->at;
        int r;

        r = oci_origin(json, &process->args_origin);
        if (r >= 0)
                r = oci_read_strings(json, &process->argv);
        if (r < 0)
                return r;
        if (process->argv[0] == NULL || process->argv[0][0] == '\0')
                return json_fail(json, where, "no program is named");
        return 0;
}

static int read_env(struct json *json, void *target)
{
        struct spec_process *process = target;
        const char *where = json->at;
        int r;

        r = oci_read_strings(json, &process->envp);
        if (r < 0)
                return r;
        for (size_t i = 0; process->envp[i] != NULL; i++)
                if (process->envp[i][0] == '=' || strchr(process->envp[i], '=') == NULL)
                        return json_fail(json, where, "element %zu, '%s', is not of the form NAME=VALUE", i,
                                         process->envp[i]);
        return 0;
}

static int read_cwd(struct json *json, void *target)
{
        struct spec_process *process = target;
        int r;

        r = oci_origin(json, &process->cwd_origin);
        return r < 0 ? r : oci_read_absolute(json, &process->cwd);
}

/* An empty profile or label is none: engines write it so. */
static int read_label(struct json *json, const char **ret_label, struct spec_origin *ret_origin)
{
        const char *label;
        int r;

        r = oci_origin(json, ret_origin);
        if (r >= 0)
                r = json_string(json, &label);
        if (r < 0)
                return r;
        *ret_label = label[0] != '\0' ? label : NULL;
        return 0;
}

static int read_apparmor(struct json *json, void *target)
{
        struct spec_process *process = target;

        return read_label(json, &process->apparmor_profile, &process->apparmor_origin);
}

static int read_selinux(struct json *json, void *target)
{
        struct spec_process *process = target;

        return read_label(json, &process->selinux_label, &process->selinux_origin);
}

static int read_oom_score(struct json *json, void *target)
{
        struct spec_process *process = target;
        int64_t score;
        int r;

        r = oci_origin(json, &process->oom_score_origin);
        if (r >= 0)
                r = json_i64(json, -1000, 1000, &score);
        if (r < 0)
                return r;
        process->oom_score_given = true;
        process->oom_score_adj = (int)score;
        return 0;
}

static const struct json_field process_fields[] = {
        {"terminal", read_terminal},
        {"consoleSize", read_console_size},
        {"user", read_user},
        {"args", read_args},
        {"commandLine", NULL, JSON_IGNORED}, /* of Windows */
        {"env", read_env},
        {"cwd", read_cwd, JSON_REQUIRED},
        {"capabilities", read_caps},
        {"rlimits", read_rlimits},
        JSON_FIELD("noNewPrivileges", struct spec_process, no_new_privs, oci_read_bool, 0),
        {"apparmorProfile", read_apparmor},
        {"selinuxLabel", read_selinux},
        {"oomScoreAdj", read_oom_score},
        JSON_FIELD("scheduler", struct spec_process, scheduler, oci_read_scheduler, 0),
        JSON_FIELD("ioPriority", struct spec_process, io_priority, oci_read_io_priority, 0),
        {"execCPUAffinity", oci_read_affinity},
};

int oci_read_process(struct json *json, void *target)
{
        struct spec_process *process = target;

        process->umask = UINT32_MAX;
        process->envp = oci_no_strings;
        return json_object(json, process_fields, ELEMENTS(process_fields), JSON_SKIP_UNKNOWN, process);
}

/* --------------------------------------------------------------------------------------------------------------- hooks */

static int read_timeout(struct json *json, void *target)
{
        uint64_t seconds;
        const char *where = json->at;
        int r;

        r = json_u64(json, INT32_MAX, &seconds);
        if (r < 0)
                return r;
        if (seconds == 0)
                return json_fail(json, where, "the timeout must be at least 1 second; leave it out for none");
        *(unsigned *)target = (unsigned)seconds;
        return 0;
}

static const struct json_field hook_fields[] = {
        JSON_FIELD("path", struct spec_hook, path, oci_read_absolute, JSON_REQUIRED),
        JSON_FIELD("args", struct spec_hook, argv, oci_read_strings, 0),
        JSON_FIELD("env", struct spec_hook, envp, oci_read_strings, 0),
        JSON_FIELD("timeout", struct spec_hook, timeout_sec, read_timeout, 0),
};

static int read_hook(struct json *json, void *target)
{
        struct spec_hook *hook = target;
        int r;

        hook->argv = oci_no_strings;
        r = oci_origin(json, &hook->origin);
        if (r < 0)
                return r;
        r = json_object(json, hook_fields, ELEMENTS(hook_fields), JSON_SKIP_UNKNOWN, hook);
        if (r < 0)
                return r;
        hook->env_given = hook->envp != NULL;
        if (!hook->env_given)
                hook->envp = oci_no_strings;
        if (hook->argv[0] == NULL) {
                const char **argv = arena_new(json->arena, const char *, 2);

                if (argv == NULL)
                        return err_oom(json->err);
                argv[0] = hook->path;
                hook->argv = argv;
        }
        return 0;
}

static int read_hook_list(struct json *json, void *target)
{
        struct spec_hooks *hooks = target;

        return json_list(json, sizeof(*hooks->hooks), read_hook, &hooks->hooks, &hooks->count);
}

#define HOOKS(field, kind) JSON_FIELD(field, struct ward_spec, hooks[kind], read_hook_list, 0)

static const struct json_field hooks_fields[] = {
        HOOKS("prestart", SPEC_HOOK_PRESTART),
        HOOKS("createRuntime", SPEC_HOOK_CREATE_RUNTIME),
        HOOKS("createContainer", SPEC_HOOK_CREATE_CONTAINER),
        HOOKS("startContainer", SPEC_HOOK_START_CONTAINER),
        HOOKS("poststart", SPEC_HOOK_POSTSTART),
        HOOKS("poststop", SPEC_HOOK_POSTSTOP),
};

int oci_read_hooks(struct json *json, void *target)
{
        return json_object(json, hooks_fields, ELEMENTS(hooks_fields), JSON_SKIP_UNKNOWN, target);
}
