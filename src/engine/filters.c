/* SPDX-License-Identifier: Apache-2.0 */
/* System call filters by what people call them; see filters.h. */
#include "engine/filters.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/syscalls.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "kern/proc.h"

#define FILE_MAX (1 << 20)
#define X32_BIT 0x40000000u

/* Programs of s390 run nowhere but there: no machine that ward is built for has them. */
#define FOREIGN_ARCH AUDIT_ARCH_S390X

static int one_filter(struct filters *filters, struct seccomp_filter filter, struct arena *arena, struct ward_err *err)
{
        struct seccomp_filter *copy = arena_new(arena, struct seccomp_filter, 1);

        if (copy == NULL)
                return err_oom(err);
        *copy = filter;
        filters->side = (struct verdict_side){.filters = copy, .count = filter.count > 0};
        return 0;
}

/* ------------------------------------------------------------------------------------------------------------- profiles */

static int from_text(const char *text, size_t len, const char *file, const struct filters_how *how, struct arena *arena,
                     struct filters *ret_filters, struct ward_err *err)
{
        struct spec_seccomp source = {.text = text, .len = len, .origin = {.line = 1, .column = 1}};
        struct seccomp_profile *profile = arena_new(arena, struct seccomp_profile, 1);
        struct seccomp_listener *listener = arena_new(arena, struct seccomp_listener, 1);
        struct seccomp_context context;
        struct seccomp_filter filter;
        int r;

        if (profile == NULL || listener == NULL)
                return err_oom(err);
        r = profile_context(how->caps, &context, err);
        context.allow_unknown = how->allow_unknown;
        context.no_network = how->no_network;
        /* It says what is wrong with a profile in the words that a start has for it. */
        if (r >= 0)
                r = filter_get(&source, file, &context, -EBADF, arena, &filter, NULL, err);
        if (r >= 0)
                r = seccomp_profile_parse(text, len, file, 1, 1, &context, arena, profile, err);
        if (r >= 0)
                r = seccomp_profile_listener(text, len, file, arena, listener, err);
        if (r < 0)
                return r;
        ret_filters->profile = profile;
        ret_filters->listener = listener;
        return one_filter(ret_filters, filter, arena, err);
}

static int from_own(const struct filter_profile *own, const struct filters_how *how, struct arena *arena,
                    struct filters *ret_filters, struct ward_err *err)
{
        ret_filters->title = own->title;
        return own->text == NULL ? 0 : from_text(own->text, *own->len, own->title, how, arena, ret_filters, err);
}

/* A filter as seccomp(2) takes it: nothing but its instructions. The kernel looks at it only when it is loaded. */
static int from_code(const char *code, size_t len, const char *file, struct arena *arena, struct filters *ret_filters,
                     struct ward_err *err)
{
        size_t count = len / sizeof(struct sock_filter);
        struct seccomp_filter filter = {.count = (uint16_t)count};

        if (count == 0 || len % sizeof(struct sock_filter) != 0 || count > BPF_MAXINSNS) {
                (void)err_set(err, -EINVAL, "%s: it is neither a profile nor a filter", file);
                (void)err_mistake(err, MISTAKE_PROFILE);
                return err_hint(err, "a profile begins with '{'; a filter has 1 to %d instructions of 8 bytes",
                                BPF_MAXINSNS);
        }
        filter.code = arena_new(arena, struct sock_filter, count);
        if (filter.code == NULL)
                return err_oom(err);
        memcpy(filter.code, code, len);
        return one_filter(ret_filters, filter, arena, err);
}

static int from_file(const char *path, const struct filters_how *how, struct arena *arena, struct filters *ret_filters,
                     struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        bool input = strcmp(path, "-") == 0;
        const char *copy;
        size_t len, blanks;
        int r;

        ret_filters->title = input ? "standard input" : path;
        r = input ? fd_read_all(STDIN_FILENO, "standard input", FILE_MAX, &text, &len, err)
                  : fd_read_file(AT_FDCWD, path, FILE_MAX, &text, &len, err);
        if (r < 0) {
                (void)err_wrap(err, "read the seccomp profile");
                (void)err_mistake(err, MISTAKE_FILE_UNREADABLE);
                return err_hint(err,
                                "name a file, one of default, strict, systemd and unconfined, a container or a pid");
        }
        blanks = strspn(text, " \t\r\n");
        if (blanks >= len || text[blanks] != '{')
                return from_code(text, len, ret_filters->title, arena, ret_filters, err);
        /* What is parsed points into it. */
        copy = arena_strndup(arena, text, len);
        return copy == NULL ? err_oom(err) : from_text(copy, len, ret_filters->title, how, arena, ret_filters, err);
}

/* ---------------------------------------------------------------------------------------------- containers and processes */

static int from_container_of(struct store *store, const char *id, struct arena *arena, struct filters *ret_filters,
                             struct ward_err *err)
{
        struct ward_spec *spec = arena_new(arena, struct ward_spec, 1);
        struct seccomp_filter filter = {0};
        struct engine_info info;
        int r;

        if (spec == NULL)
                return err_oom(err);
        r = engine_info(store, id, arena, &info, err);
        if (r >= 0)
                r = engine_spec(store, id, arena, spec, err);
        if (r >= 0 && spec->seccomp.text != NULL)
                r = profile_filter(spec, info.state.seccomp_docker, -EBADF, arena, &filter, err);
        if (r < 0)
                return r;
        ret_filters->title = arena_printf(arena, "container '%s'", id);
        ret_filters->copy = "made anew from what the container was created with";
        return ret_filters->title == NULL ? err_oom(err) : one_filter(ret_filters, filter, arena, err);
}

static void close_store(struct store *store)
{
        if (store->fd >= 0)
                store_close(store);
}

static int from_container(const char *id, const struct filters_how *how, struct arena *arena,
                          struct filters *ret_filters, struct ward_err *err)
{
        _cleanup_(close_store) struct store store = {.fd = -EBADF};
        int r = store_open(how->root, &store, err);

        return r < 0 ? r : from_container_of(&store, id, arena, ret_filters, err);
}

static bool is_in(struct store *store, const char *id, pid_t pid)
{
        _cleanup_free_ pid_t *pids = NULL;
        size_t count = 0;

        if (engine_pids(store, id, &pids, &count, NULL) < 0)
                return false;
        while (count > 0 && pids[count - 1] != pid)
                count--;
        return count > 0;
}

/* The container of ward's that @pid is a process of. -ENOENT: there is none. */
static int from_container_with(pid_t pid, const struct filters_how *how, struct arena *arena,
                               struct filters *ret_filters, struct ward_err *err)
{
        _cleanup_(close_store) struct store store = {.fd = -EBADF};
        struct engine_info *infos;
        size_t count;

        if (store_open(how->root, &store, NULL) < 0 || engine_list(&store, arena, &infos, &count, NULL) < 0)
                return -ENOENT;
        for (size_t i = 0; i < count; i++)
                if (infos[i].pid == pid || is_in(&store, infos[i].state.id, pid))
                        return from_container_of(&store, infos[i].state.id, arena, ret_filters, err);
        return -ENOENT;
}

static int from_process(pid_t pid, const struct filters_how *how, struct arena *arena, struct filters *ret_filters,
                        struct ward_err *err)
{
        _cleanup_close_
        int proc = proc_open(err);
        struct seccomp_filter *filters;
        struct seccomp_status status;
        struct ward_err why = {0};
        int r;

        if (proc < 0)
                return proc;
        r = seccomp_status_read(proc, pid, &status, err);
        if (r < 0)
                return r == -ENOENT ? err_hint(err, "there is no process %d", pid) : r;
        ret_filters->title = arena_printf(arena, "process %d", pid);
        if (ret_filters->title == NULL)
                return err_oom(err);
        if (status.mode == SECCOMP_MODE_DISABLED)
                return 0;
        if (status.mode == SECCOMP_MODE_STRICT) {
                ret_filters->side =
                        (struct verdict_side){.filters = seccomp_strict_filter(arena), .count = 1, .strict = true};
                return ret_filters->side.filters == NULL ? err_oom(err) : 0;
        }
        r = seccomp_live_filters(pid, arena, &filters, &ret_filters->side.count, &why);
        if (r >= 0) {
                ret_filters->side.filters = filters;
                return 0;
        }
        if (from_container_with(pid, how, arena, ret_filters, NULL) >= 0)
                return 0;
        if (err != NULL)
                *err = why;
        if (status.filter_count == UINT64_MAX)
                return err_hint(err, "its status says that it has filters, not how many");
        return err_hint(err, "its status says that it has %llu filter%s%s", (unsigned long long)status.filter_count,
                        status.filter_count == 1 ? "" : "s",
                        r == -EACCES ? "; call ward as root of the machine, outside of containers" : "");
}

/* -------------------------------------------------------------------------------------------------------------- the word */

static const char *behind(const char *word, const char *prefix)
{
        size_t len = strlen(prefix);

        return strncmp(word, prefix, len) == 0 ? word + len : NULL;
}

static int unknown_profile(const char *name, struct ward_err *err)
{
        const char *names[8], *near;
        size_t count = 0;

        for (; count < ELEMENTS(names) && filter_profile_at(count) != NULL; count++)
                names[count] = filter_profile_at(count)->name;
        near = text_nearest(name, names, count);
        (void)err_set(err, -EINVAL, "'%s' is not one of ward's own profiles: default, strict, systemd, unconfined",
                      name);
        (void)err_mistake(err, MISTAKE_WORD);
        return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
}

int filters_find(const char *word, const struct filters_how *how, struct arena *arena, struct filters *ret_filters,
                 struct ward_err *err)
{
        const char *name = behind(word, "container:"), *process = behind(word, "pid:"),
                   *profile = behind(word, "profile:");
        const struct filter_profile *own = filter_profile_named(profile != NULL ? profile : word);
        struct filters filters = {.title = word};
        uint64_t pid;
        int r;

        if (name != NULL)
                r = from_container(name, how, arena, &filters, err);
        else if (profile != NULL && own == NULL)
                r = unknown_profile(profile, err);
        else if (own != NULL)
                r = from_own(own, how, arena, &filters, err);
        else if (number_parse(process != NULL ? process : word, INT32_MAX, &pid) == 0 && pid > 0)
                r = from_process((pid_t)pid, how, arena, &filters, err);
        else if (process != NULL)
                r = err_set(err, -EINVAL, "'%s' is not the number of a process", process);
        else if (strchr(word, '/') != NULL || strcmp(word, "-") == 0 || fd_has(AT_FDCWD, word))
                r = from_file(word, how, arena, &filters, err);
        else
                r = from_container(word, how, arena, &filters, err);
        if (r < 0)
                return r;
        *ret_filters = filters;
        return 0;
}

int filters_resolve(const char *text, size_t len, const char *file, const struct filters_how *how,
                    struct text *ret_text, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        struct filters filters = {0};
        int r = from_text(text, len, file, how, &arena, &filters, err);

        if (r < 0)
                return r;
        seccomp_profile_print(filters.profile, filters.listener, ret_text);
        return text_failed(ret_text) ? err_oom(err) : 0;
}

/* ------------------------------------------------------------------------------------------------------------ the answers */

static int by_number(const void *a, const void *b)
{
        const struct filters_call *x = a, *y = b;

        return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* The calls of @arch, each number once. */
static struct filters_call *list_calls(uint32_t arch, struct arena *arena, size_t *ret_count)
{
        struct filters_call *calls;
        size_t names = 0, count = 0, kept = 0;

        while (syscall_name_at(names) != NULL)
                names++;
        calls = arena_new(arena, struct filters_call, names + 1);
        for (size_t i = 0; calls != NULL && i < names; i++) {
                const char *name = syscall_name_at(i);
                int number = syscall_number_on(arch, name);

                /* What has its own number beside that of a multiplexer is called by it. */
                if (number < 0)
                        number = syscall_direct_on(arch, name);
                if (number >= 0)
                        calls[count++] = (struct filters_call){.name = name, .nr = (uint32_t)number};
        }
        if (calls == NULL)
                return NULL;
        qsort(calls, count, sizeof(*calls), by_number);
        for (size_t i = 0; i < count; i++)
                if (kept == 0 || calls[kept - 1].nr != calls[i].nr)
                        calls[kept++] = calls[i];
        *ret_count = kept;
        return calls;
}

/* Calls that the kernel's own probes make in a program, which must not be ended by its filter (kernel/seccomp.c, seccomp_uprobe_exception()). The kernel asks
 * no filter about them since these versions, or earlier where that was taken over into an older one. */
static bool asks_nobody(const char *name, const struct verdict_side *sides, size_t side_count,
                        const struct seccomp_context *kernel)
{
        static const struct {
                const char *name;
                unsigned major, minor;
        } exceptions[] = {{"uretprobe", 6, 14}, {"uprobe", 6, 18}};

        for (size_t i = 0; i < side_count; i++)
                if (sides[i].strict)
                        return false;
        for (size_t i = 0; i < ELEMENTS(exceptions); i++)
                if (strcmp(exceptions[i].name, name) == 0)
                        return kernel->kernel_major > exceptions[i].major ||
                               (kernel->kernel_major == exceptions[i].major &&
                                kernel->kernel_minor >= exceptions[i].minor);
        return false;
}

int filters_explain(const struct verdict_side *sides, size_t side_count, size_t arch, struct arena *arena,
                    struct filters_arch *ret_arch, struct ward_err *err)
{
        uint32_t names = syscall_arch_at(arch), audit = syscall_arch_audit(names), newest = 0, last = UINT32_MAX;
        static const struct verdict_case always = {.answers = {SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW}};
        struct seccomp_context kernel;
        struct filters_call *calls;
        struct filters_arch result;
        size_t count;
        int r;

        if (names == 0)
                return -ENOENT;
        calls = list_calls(names, arena, &count);
        if (calls == NULL)
                return err_oom(err);
        r = profile_context(0, &kernel, err);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                /* x32 has some of its calls twice (numbers from 512 on), ARM has private ones far above. */
                if (calls[i].nr - (names == SCMP_ARCH_X32 ? X32_BIT : 0) < 512)
                        newest = calls[i].nr;
                if (asks_nobody(calls[i].name, sides, side_count, &kernel))
                        calls[i].verdict = (struct verdict){.complete = true, .cases = &always, .case_count = 1};
                else
                        r = verdict_find(sides, side_count, audit, calls[i].nr, calls[i].nr, arena, &calls[i].verdict,
                                         err);
        }
        if (names == SCMP_ARCH_X86_64)
                last = X32_BIT - 1;
        result = (struct filters_arch){
                .name = syscall_arch_name(arch), .calls = calls, .count = count, .newest = newest};
        if (r >= 0)
                r = verdict_find(sides, side_count, audit, newest + 1, last, arena, &result.rest, err);
        if (r < 0)
                return r;
        *ret_arch = result;
        return 0;
}

int filters_foreign(const struct verdict_side *side, struct arena *arena, struct verdict *ret_verdict,
                    struct ward_err *err)
{
        return verdict_find(side, 1, FOREIGN_ARCH, 0, UINT32_MAX, arena, ret_verdict, err);
}

uint32_t filters_answer(const struct verdict_side *side, uint32_t arch, uint32_t nr, const uint64_t args[6],
                        uint32_t *ret_steps)
{
        uint32_t strictest = SECCOMP_RET_ALLOW, steps;

        *ret_steps = 0;
        for (size_t i = 0; i < side->count; i++) {
                uint32_t answer = verdict_normal(seccomp_filter_run(&side->filters[i], arch, nr, args, &steps));

                *ret_steps += steps;
                if ((int32_t)(answer & SECCOMP_RET_ACTION_FULL) < (int32_t)(strictest & SECCOMP_RET_ACTION_FULL))
                        strictest = answer;
        }
        return strictest;
}
