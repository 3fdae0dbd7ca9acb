/* SPDX-License-Identifier: Apache-2.0 */
/* A scope of systemd; see unit.h. */
#include "engine/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/spawn.h"
#include "base/text.h"
#include "engine/helper.h"
#include "kern/cgroup.h"

#define HELPER "systemd-unit"
#define SUBGROUP "run.oci.systemd.subgroup"
#define ANSWER_MAX 8192

/* ---- what is asked for ---- */

static void add_property(struct unit_words *words, const char *name, const char *signature, const char *value)
{
        unit_add(words, name);
        unit_add(words, signature);
        unit_add(words, value);
}

static int find_group(struct unit *unit, const char *name, struct ward_err *err)
{
        int r = 0;

        if (*name == '\0' || strchr(name, '/') != NULL)
                r = err_set(err, -EINVAL, "annotations." SUBGROUP ": '%s' is no name of a group", name);
        else if (cgroup_path_check(name, err) < 0)
                return err_wrap(err, "annotations." SUBGROUP);
        if (*name == '\0')
                return err_hint(err, "take the annotation out: systemd would change what ward writes to its own group");
        unit->group = name;
        return r;
}

int unit_read(struct unit *unit, const struct ward_spec *spec, const char *id, bool user, struct arena *arena,
              struct ward_err *err)
{
        const char *group = spec_annotation(spec, SUBGROUP);
        char where[256];
        int r = unit_name_read(spec->cgroups_path, id, user, arena, &unit->name, err);

        if (r < 0 && spec->cgroups_path != NULL)
                (void)err_wrap(err, "%s",
                               spec_origin_text(&spec->cgroups_path_origin, spec->file, where, sizeof(where)));
        unit->user = user;
        unit->group = UNIT_GROUP;
        unit->words.arena = arena;
        add_property(&unit->words, "Description", "s", arena_printf(arena, "container %s", id));
        for (size_t i = 0; r >= 0 && i < spec->annotation_count; i++) {
                const struct spec_annotation *annotation = &spec->annotations[i];

                if (strncmp(annotation->key, UNIT_PROPERTY, strlen(UNIT_PROPERTY)) == 0)
                        r = unit_property_read(annotation->key + strlen(UNIT_PROPERTY), annotation->value, &unit->words,
                                               err);
        }
        if (r >= 0 && group != NULL)
                r = find_group(unit, group, err);
        return r;
}

/* ---- the helper ---- */

/* One call of it. What is said to it and by it goes over its standard output, a socket on which each side sees the other's end. */
struct call {
        struct arena arena;
        struct unit_words words;
        char answer[ANSWER_MAX];
        int channel;
        pid_t helper;
};

static void call_end(struct call *call)
{
        call->channel = fd_close(call->channel);
        while (call->helper > 0 && waitpid(call->helper, NULL, 0) < 0 && errno == EINTR)
                ;
        arena_done(&call->arena);
}

#define _cleanup_call_ _cleanup_(call_end)

static void call_init(struct call *call, const char *verb, const char *scope, bool user)
{
        *call = (struct call){.channel = -EBADF};
        call->words.arena = &call->arena;
        unit_add(&call->words, helper_path(&call->arena, HELPER));
        unit_add(&call->words, verb);
        unit_add(&call->words, user ? "user" : "system");
        unit_add(&call->words, scope);
}

/* sd_booted(3) looks at the same. */
static bool is_booted(void)
{
        return fd_has(AT_FDCWD, "/run/systemd/system");
}

static int call_begin(struct call *call, struct ward_err *err)
{
        char **argv = (char **)(void *)call->words.list;
        _cleanup_close_
        int other = -EBADF;
        int ends[2], r;

        if (call->words.failed)
                return err_oom(err);
        if (!is_booted()) {
                (void)err_set(err, -ENOENT, "systemd does not run here: there is no /run/systemd/system");
                return err_hint(err, "leave the cgroup manager systemd out: ward makes the control groups itself");
        }
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
                return err_errno(err, "make a socket for the helper '%s'", argv[0]);
        call->channel = ends[0];
        other = ends[1];
        r = spawn_program(argv, other, STDOUT_FILENO, &call->helper);
        if (r == 0)
                return 0;
        call->helper = 0;
        (void)err_code(err, r, "execute the helper '%s'", argv[0]);
        return err_hint(err,
                        "it comes with ward when that is built with libsystemd; WARD_LIBEXEC names another folder");
}

/* "=TEXT" where it went well; else "!ERRNO WHY", and what to do on a second line. *@ret_text is in @call. */
static int call_answer(struct call *call, const char **ret_text, struct ward_err *err)
{
        int none, r;
        ssize_t n = fd_receive_some(call->channel, call->answer, sizeof(call->answer) - 1, &none);
        char *text = call->answer + 1, *number, *hint;
        uint64_t code;

        (void)fd_close(none);
        if (n <= 0)
                return err_set(err, -EPIPE, "the helper '%s' ended without an answer", call->words.list[0]);
        call->answer[n] = '\0';
        *ret_text = text;
        if (call->answer[0] == '=')
                return 0;
        number = strsep(&text, " ");
        if (text == NULL || number_parse(number, 4095, &code) < 0 || code == 0)
                return err_set(err, -EPROTO, "the helper '%s' answers '%s'", call->words.list[0], call->answer);
        hint = text;
        r = err_set(err, -(int)code, "%s", strsep(&hint, "\n"));
        if (r == -EEXIST)
                return err_hint(err, "choose another id or linux.cgroupsPath, or end it: systemctl --%s stop %s",
                                call->words.list[2], call->words.list[3]);
        return hint == NULL ? r : err_hint(err, "%s", hint);
}

static int call_wrap(int r, const char *verb, const char *scope, struct ward_err *err)
{
        return r < 0 ? err_wrap(err, "%s systemd's unit '%s'", verb, scope) : 0;
}

/* A whole call of which only success is wanted. */
static int call_make(struct call *call, const char *verb, const char *scope, struct ward_err *err)
{
        const char *text;
        int r = call_begin(call, err);

        if (r >= 0)
                r = call_answer(call, &text, err);
        return call_wrap(r, verb, scope, err);
}

static void add_all(struct unit_words *to, const struct unit_words *words)
{
        to->failed |= words->failed;
        for (size_t i = 0; i < words->count; i++)
                unit_add(to, words->list[i]);
}

int unit_start(struct unit *unit, struct arena *arena, const char **ret_path, struct ward_err *err)
{
        static const char *const usual[][3] = {
                {"Delegate", "b", "true"},
                {"CollectMode", "s", "inactive-or-failed"},
                {"DefaultDependencies", "b", "false"}, /* a shutdown leaves it to the engine to stop its containers */
                {"CPUAccounting", "b", "true"},
                {"MemoryAccounting", "b", "true"},
                {"IOAccounting", "b", "true"},
                {"TasksAccounting", "b", "true"},
        };
        _cleanup_call_ struct call call;
        const char *path;
        int r;

        call_init(&call, "start", unit->name.scope, unit->user);
        add_property(&call.words, "Slice", "s", unit->name.slice);
        for (size_t i = 0; i < ELEMENTS(usual); i++)
                add_property(&call.words, usual[i][0], usual[i][1], usual[i][2]);
        /* What is named twice is as it is named last. */
        add_all(&call.words, &unit->words);
        r = call_begin(&call, err);
        if (r >= 0)
                r = call_answer(&call, &path, err);
        if (r >= 0) {
                *ret_path = arena_strdup(arena, path);
                r = *ret_path == NULL ? err_oom(err) : cgroup_path_check(*ret_path, err);
        }
        if (r < 0)
                return call_wrap(r, "start", unit->name.scope, err);
        unit->channel = TAKE_FD(call.channel);
        unit->helper = call.helper;
        call.helper = 0;
        return 0;
}

void unit_release(struct unit *unit)
{
        struct call call = {.channel = unit->channel, .helper = unit->helper};

        if (unit->helper == 0)
                return;
        /* A child of this process may have the socket, too, as long as it executes nothing. */
        (void)shutdown(unit->channel, SHUT_RDWR);
        call_end(&call);
        unit->channel = -EBADF;
        unit->helper = 0;
}

int unit_attach(const char *scope, bool user, const char *below, pid_t pid, struct ward_err *err)
{
        _cleanup_call_ struct call call;

        call_init(&call, "attach", scope, user);
        unit_add(&call.words, below);
        unit_add(&call.words, arena_printf(&call.arena, "%d", pid));
        return call_make(&call, "move a process into", scope, err);
}

int unit_group(const char *unit, bool user, struct arena *arena, const char **ret_path, struct ward_err *err)
{
        _cleanup_call_ struct call call;
        const char *path;
        int r;

        call_init(&call, "group", unit, user);
        r = call_begin(&call, err);
        if (r < 0 && !is_booted())
                (void)err_hint(err, "name a control group by its path in place of a unit");
        if (r >= 0)
                r = call_answer(&call, &path, err);
        if (r >= 0) {
                *ret_path = arena_strdup(arena, path);
                r = *ret_path == NULL ? err_oom(err) : 0;
        }
        return call_wrap(r, "look at", unit, err);
}

bool unit_is_delegated(const char *unit, bool user)
{
        _cleanup_call_ struct call call;
        const char *answer;

        call_init(&call, "delegated", unit, user);
        return call_begin(&call, NULL) >= 0 && call_answer(&call, &answer, NULL) >= 0 && strcmp(answer, "yes") == 0;
}

static bool is_unit(const char *name, size_t len)
{
        static const char *const ends[] = {".scope", ".service"};

        for (size_t i = 0; i < ELEMENTS(ends); i++)
                if (len > strlen(ends[i]) && memcmp(name + len - strlen(ends[i]), ends[i], strlen(ends[i])) == 0)
                        return true;
        return false;
}

bool unit_keeps(const struct cgroup_hierarchy *hierarchy, const char *path)
{
        _cleanup_arena_ struct arena arena = {0};
        size_t start = 0, end = 0;
        const char *unit;

        for (size_t at = 0; path[at] != '\0';) {
                size_t len = strcspn(path + at, "/");

                if (is_unit(path + at, len)) {
                        start = at;
                        end = at + len;
                }
                at += len + (path[at + len] == '/');
        }
        if (end == 0 || !is_booted())
                return false;
        unit = arena_strndup(&arena, path, end);
        if (unit == NULL || cgroup_handed_on(hierarchy, unit))
                return false;
        /* Where extended attributes of users are not to be had in the hierarchy the manager is asked. */
        return !unit_is_delegated(unit + start, memmem(path, start, "/user@", strlen("/user@")) != NULL);
}

int unit_set(const char *scope, bool user, const struct unit_words *words, struct ward_err *err)
{
        _cleanup_call_ struct call call;

        call_init(&call, "set", scope, user);
        add_all(&call.words, words);
        return call_make(&call, "set properties of", scope, err);
}

int unit_stop(const char *scope, bool user, struct ward_err *err)
{
        _cleanup_call_ struct call call;

        call_init(&call, "stop", scope, user);
        return call_make(&call, "stop", scope, err);
}
