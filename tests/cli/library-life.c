/* SPDX-License-Identifier: Apache-2.0 */
/* Every function of libward once, for library.bats: ends with "ok", or at the first that does not do what its header says. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <ward/ward.h>

static struct ward_err err;

#define EXPECT(condition)                                                                                    \
        do {                                                                                                 \
                if (!(condition)) {                                                                          \
                        (void)printf("line %d: %s: %s (%s)\n", __LINE__, #condition, err.message, err.hint); \
                        exit(1);                                                                             \
                }                                                                                            \
        } while (0)

static const char resources[] = "{\"pids\": {\"limit\": 50}}";
static const char wrong[] = "{\"pids\": {\"limits\": 50}}";
static const char process_text[] = "{\"args\": [\"/bin/sh\", \"-c\", \"exit 4\"], \"cwd\": \"/\", "
                                   "\"user\": {\"uid\": 0, \"gid\": 0}}";

static struct ward_spec *load(const char *bundle)
{
        static char text[65536];
        struct ward_spec *spec = NULL;
        char path[4096];
        size_t len;
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/config.json", bundle);
        file = fopen(path, "re");
        EXPECT(file != NULL);
        len = fread(text, 1, sizeof(text), file);
        (void)fclose(file);
        EXPECT(ward_spec_parse(text, len, "config.json", &spec, &err) == 0);
        return spec;
}

/* What the border itself refuses. */
static void border(struct ward *ward, const char *id, const struct ward_spec *spec, const char *bundle)
{
        struct {
                struct ward_start_options known;
                long newer;
        } newer = {.known = {.struct_size = sizeof(newer), .bundle = bundle}, .newer = 1};
        struct ward_start_options options = {.struct_size = 4, .bundle = bundle};
        struct ward_exit end = {.struct_size = 0};
        struct ward_info *info = NULL;
        char *plan = NULL, *json = NULL;

        EXPECT(ward_create(ward, id, spec, &options, &err) == -EINVAL && strstr(err.message, "struct_size") != NULL);
        EXPECT(ward_create(ward, id, spec, &newer.known, &err) == -E2BIG && err.errnum == E2BIG);
        options.struct_size = sizeof(options);
        EXPECT(ward_delete(ward, "nosuch", 0, &err) == -ENOENT && err.code == 602);
        EXPECT(ward_run(ward, id, spec, &options, &end, &err) == -EINVAL);
        options.flags = WARD_DETACH;
        EXPECT(ward_create(ward, id, spec, &options, &err) == -EINVAL);
        options.flags = 0;
        /* 3 to 2+N would wrap around, to no descriptor at all or to all that the caller has. */
        options.preserve_fds = UINT_MAX;
        EXPECT(ward_create(ward, id, spec, &options, &err) == -EINVAL && strstr(err.hint, "preserve_fds") != NULL);
        options.preserve_fds = UINT_MAX - 3;
        EXPECT(ward_run(ward, id, spec, &options, NULL, &err) == -EINVAL && strstr(err.hint, "preserve_fds") != NULL);
        options.preserve_fds = 0;
        options.bundle = "relative";
        EXPECT(ward_create(ward, id, spec, &options, NULL) == -EINVAL);
        EXPECT(ward_create(ward, id, spec, NULL, &err) == -EINVAL);
        EXPECT(ward_kill(ward, id, SIGTERM, WARD_FORCE, &err) == -EINVAL);
        EXPECT(ward_delete(ward, id, WARD_ALL, &err) == -EINVAL);
        EXPECT(ward_delete(ward, id, WARD_FORCE, &err) == 0);
        EXPECT(ward_state(ward, id, &info, &err) == -ENOENT && info == NULL);
        EXPECT(ward_plan(spec, id, 0, &plan, &err) == 0 && ward_plan(spec, id, WARD_JSON, &json, &err) == 0);
        EXPECT(strstr(plan, "proc") != NULL && json[0] == '{');
        free(plan);
        free(json);
}

static void look(struct ward *ward, const char *id, const char *bundle, enum ward_status status)
{
        struct ward_info *info = NULL;
        struct ward_list *list = NULL;

        EXPECT(ward_state(ward, id, &info, &err) == 0);
        EXPECT(ward_info_status(info) == status && strcmp(ward_info_id(info), id) == 0);
        EXPECT((ward_info_pid(info) > 0) == (status != WARD_STOPPED));
        EXPECT(strcmp(ward_info_bundle(info), bundle) == 0 && strstr(ward_info_rootfs(info), bundle) != NULL);
        EXPECT(strcmp(ward_info_command(info), "/bin/sleep 60") == 0 && ward_info_owner(info) == 0);
        EXPECT(ward_info_created_usec(info) > 1600000000000000);
        EXPECT(strcmp(ward_info_annotation(info, "org.example.key"), "value") == 0);
        EXPECT(ward_info_annotation(info, "value") == NULL);
        ward_info_free(info);
        EXPECT(ward_list(ward, &list, &err) == 0 && ward_list_count(list) == 1);
        EXPECT(strcmp(ward_info_id(ward_list_at(list, 0)), id) == 0);
        EXPECT(ward_info_status(ward_list_at(list, 0)) == status);
        ward_list_free(list);
}

static void execute(struct ward *ward, const char *id)
{
        static const char *const argv[] = {"/bin/sh", "-c", "exit 3", NULL};
        struct ward_exec_options options = {.struct_size = sizeof(options)};
        struct ward_exit end = {.struct_size = sizeof(end), .status = -1, .oom_killed = true};
        struct ward_process *process = NULL;

        EXPECT(ward_process_of(ward, id, argv, &process, &err) == 0);
        EXPECT(ward_exec(ward, id, process, NULL, &end, &err) == 0 && end.status == 3 && !end.oom_killed);
        ward_process_free(process);
        EXPECT(ward_process_parse(process_text, strlen(process_text), "process.json", &process, &err) == 0);
        EXPECT(ward_exec(ward, id, process, &options, &end, &err) == 0 && end.status == 4);
        options.flags = WARD_FORCE;
        EXPECT(ward_exec(ward, id, process, &options, &end, &err) == -EINVAL);
        options.flags = 0;
        options.preserve_fds = 1025;
        EXPECT(ward_exec(ward, id, process, &options, &end, &err) == -EINVAL &&
               strstr(err.hint, "preserve_fds") != NULL);
        options.preserve_fds = 1024;
        EXPECT(ward_exec(ward, id, process, &options, &end, &err) == 0 && end.status == 4);
        ward_process_free(process);
}

/* Nobody reads what the terminal gives: this process has to live on, and the program not to wait for a reader. */
static void unread(struct ward *ward, const char *id)
{
        static const char text[] =
                "{\"terminal\": true, \"args\": [\"/bin/yes\"], \"cwd\": \"/\", \"user\": {\"uid\": 0, \"gid\": 0}}";
        struct ward_exec_options options = {.struct_size = sizeof(options), .flags = WARD_TERMINAL};
        struct ward_exit end = {.struct_size = sizeof(end)};
        struct ward_process *process = NULL;
        int out = dup(STDOUT_FILENO), ends[2], r;

        EXPECT(ward_process_parse(text, strlen(text), "process.json", &process, &err) == 0);
        EXPECT(out >= 0 && pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
        EXPECT(close(ends[0]) == 0 && close(ends[1]) == 0);
        r = ward_exec(ward, id, process, &options, &end, &err);
        EXPECT(dup2(out, STDOUT_FILENO) == STDOUT_FILENO && close(out) == 0);
        /* EIO from a terminal that was hung up, or the SIGHUP. */
        EXPECT(r == 0 && (end.status == 1 || end.status == 128 + SIGHUP));
        ward_process_free(process);
}

static void count_item(void *data, const struct ward_gc_item *item)
{
        EXPECT(item->struct_size == sizeof(*item) && item->kind == WARD_GC_CONTAINER &&
               item->result == WARD_GC_REMOVED);
        EXPECT(item->name[0] != '\0' && strcmp(item->why, "it has stopped") == 0);
        (*(int *)data)++;
}

/* A stopped container stays, is shown in a dry run, and goes when that is asked for. */
static void collect(struct ward *ward, const char *id)
{
        struct ward_info *info = NULL;
        int count = 0;

        EXPECT(ward_gc(ward, WARD_JSON, count_item, &count, &err) == -EINVAL);
        EXPECT(ward_gc(ward, 0, count_item, &count, &err) == 0 && count == 0);
        EXPECT(ward_gc(ward, WARD_ALL | WARD_DRY_RUN, count_item, &count, &err) == 0 && count == 1);
        EXPECT(ward_state(ward, id, &info, &err) == 0);
        ward_info_free(info);
        EXPECT(ward_gc(ward, WARD_ALL, count_item, &count, &err) == 0 && count == 2);
        EXPECT(ward_gc(ward, WARD_ALL, NULL, NULL, &err) == 0);
}

/* Its init was killed by this process and reaped: that is known of one that nobody waited for, beside what its group has counted. */
static void ended(struct ward *ward, const char *id)
{
        struct ward_exit end = {.struct_size = sizeof(end)};
        char *json = NULL;

        EXPECT(ward_ending(ward, id, &end, &json, &err) == 0);
        EXPECT(end.status == 137 && end.reason == WARD_REASON_SIGNAL && end.signal == SIGKILL && !end.oom_killed);
        EXPECT(end.sender_pid == (uint64_t)getpid() && end.sender_uid == getuid());
        EXPECT(end.wall_usec == WARD_UNKNOWN && end.limit == WARD_UNKNOWN && end.output_bytes == WARD_UNKNOWN);
        EXPECT(end.cpu_usec > 0 && end.cpu_usec != WARD_UNKNOWN);
        EXPECT(json[0] == '{' && strstr(json, "\"reason\":\"signal\"") != NULL);
        free(json);
}

/* A run in the foreground is held to its caps; who has an older structure is told what is in it. */
static void caps(struct ward *ward, const char *id, const struct ward_spec *spec, const char *bundle)
{
        struct ward_start_options options = {.struct_size = sizeof(options), .bundle = bundle, .timeout_usec = 200000};
        struct ward_exit end = {.struct_size = sizeof(end)}, older = {.struct_size = 16};

        EXPECT(ward_create(ward, id, spec, &options, &err) == -EINVAL && strstr(err.hint, "timeout_usec") != NULL);
        options.flags = WARD_DETACH;
        EXPECT(ward_run(ward, id, spec, &options, NULL, &err) == -EINVAL);
        options.flags = 0;
        EXPECT(ward_run(ward, id, spec, &options, &end, &err) == 0);
        EXPECT(end.status == 137 && end.reason == WARD_REASON_TIMEOUT && end.limit == 200000);
        EXPECT(end.wall_usec >= 200000 && end.wall_usec != WARD_UNKNOWN && end.cpu_usec != WARD_UNKNOWN);
        EXPECT(end.sender_pid == WARD_UNKNOWN && end.oom_kills == 0 && end.processes_peak != 0);
        older.reason = (enum ward_reason)77;
        EXPECT(ward_run(ward, id, spec, &options, &older, &err) == 0 && older.status == 137);
        EXPECT(older.reason == (enum ward_reason)77);
}

static void limit(struct ward *ward, const char *id, const char *resources)
{
        err = (struct ward_err){.errnum = -1};
        EXPECT(ward_update(ward, id, resources, strlen(resources), "limits", &err) == 0);
        EXPECT(err.errnum == -1 && err.message[0] == '\0' && err.hint[0] == '\0');
}

/* Below zero alone there is an error, and its number is the same where nobody reads it. With cgroup v1 one of two that are both raised has to wait for
 * the other. */
static void errors(struct ward *ward, const char *id, const struct ward_spec *spec)
{
        struct ward_start_options options = {.struct_size = sizeof(options), .bundle = "/"};
        struct {
                struct ward_start_options known;
                long newer;
        } newer = {.known = {.struct_size = sizeof(newer), .bundle = "/"}, .newer = 1};

        limit(ward, id, "{\"memory\": {\"limit\": 67108864, \"swap\": 67108864}}");
        limit(ward, id, "{\"memory\": {\"limit\": 134217728, \"swap\": 134217728}}");
        limit(ward, id, "{\"memory\": {\"limit\": 67108864, \"swap\": 67108864}}");
        EXPECT(ward_create(ward, id, spec, &newer.known, NULL) == -E2BIG);
        EXPECT(ward_delete(ward, "nosuch", 0, NULL) == -ENOENT && ward_delete(ward, id, 0, NULL) == -EBUSY);
        EXPECT(ward_create(ward, id, spec, &options, NULL) == -EEXIST);
}

static bool executes(struct ward *ward, const char *id)
{
        static const char *const argv[] = {"/bin/true", NULL};
        struct ward_process *process = NULL;
        struct ward_exit end = {.struct_size = sizeof(end)};
        bool done = ward_process_of(ward, id, argv, &process, &err) == 0 &&
                    ward_exec(ward, id, process, NULL, &end, &err) == 0 && end.status == 0;

        ward_process_free(process);
        return done;
}

/* A cap that no time ever reaches is none: the container runs until it is killed. */
static void endless(struct ward *ward, const char *root, const char *id, const struct ward_spec *spec,
                    const char *bundle)
{
        struct ward_start_options options = {
                .struct_size = sizeof(options), .bundle = bundle, .timeout_usec = UINT64_MAX};
        struct ward_exit end = {.struct_size = sizeof(end)};
        struct ward *other = NULL;
        pid_t pid = fork();

        EXPECT(pid >= 0);
        if (pid == 0) {
                int r = ward_open(root, &other, &err);

                /* Who was killed before his program ran would be a start that failed. */
                for (int i = 0; r == 0 && i < 200 && !executes(other, id); i++)
                        (void)usleep(20000);
                (void)ward_kill(other, id, SIGKILL, 0, &err);
                _exit(0);
        }
        EXPECT(ward_run(ward, id, spec, &options, &end, &err) == 0);
        EXPECT(end.reason == WARD_REASON_SIGNAL && end.signal == SIGKILL);
        EXPECT(waitpid(pid, NULL, 0) == pid);
}

/* Who ignores SIGCHLD is told so. */
static void ignored_children(struct ward *ward, const char *id, const struct ward_spec *spec, const char *bundle)
{
        struct ward_start_options options = {.struct_size = sizeof(options), .bundle = bundle};

        EXPECT(signal(SIGCHLD, SIG_IGN) == SIG_DFL);
        EXPECT(ward_run(ward, id, spec, &options, NULL, &err) == -ECHILD && strstr(err.hint, "SIGCHLD") != NULL);
        EXPECT(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
        EXPECT(ward_delete(ward, id, WARD_FORCE, &err) == 0);
}

/* What was executed is a child of this process, which can't reap it in the call: until it is reaped init does not end (pid_namespaces(7)), and the
 * call that removes the container does not wait for that. */
static void unreaped(struct ward *ward, const char *id, const struct ward_spec *spec, const char *bundle)
{
        static const char *const argv[] = {"/bin/sleep", "60", NULL};
        struct ward_start_options options = {.struct_size = sizeof(options), .flags = WARD_DETACH, .bundle = bundle};
        struct ward_exec_options detached = {.struct_size = sizeof(detached), .flags = WARD_DETACH};
        struct ward_process *process = NULL;
        struct timespec before, after;
        int ended = 0;

        EXPECT(ward_run(ward, id, spec, &options, NULL, &err) == 0);
        EXPECT(ward_process_of(ward, id, argv, &process, &err) == 0);
        EXPECT(ward_exec(ward, id, process, &detached, NULL, &err) == 0);
        ward_process_free(process);
        EXPECT(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
        EXPECT(ward_delete(ward, id, WARD_FORCE, &err) == 0);
        /* Ten seconds are given to who does not end. */
        EXPECT(clock_gettime(CLOCK_MONOTONIC, &after) == 0 && after.tv_sec - before.tv_sec < 9);
        EXPECT(ward_state(ward, id, &(struct ward_info *){NULL}, &err) == -ENOENT);
        for (int status; wait(&status) > 0; ended++)
                EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        EXPECT(ended == 2);
}

/* What the process had before comes back: signals that were not blocked are not blocked after a wait in the foreground. */
static void unchanged(const sigset_t *before)
{
        sigset_t now;

        EXPECT(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
        for (int i = 1; i < 65; i++)
                EXPECT(sigismember(before, i) == sigismember(&now, i));
}

int main(int argc, char **argv)
{
        struct ward_start_options options = {.struct_size = sizeof(options)};
        struct ward *ward = NULL;
        struct ward_spec *spec;
        pid_t *pids = NULL;
        sigset_t before;
        size_t count = 0;

        EXPECT(argc == 4 && sigprocmask(SIG_SETMASK, NULL, &before) == 0);
        options.bundle = argv[2];
        spec = load(argv[2]);
        EXPECT(ward_open(argv[1], &ward, &err) == 0);
        border(ward, argv[3], spec, argv[2]);

        EXPECT(ward_create(ward, argv[3], spec, &options, &err) == 0);
        EXPECT(ward_create(ward, argv[3], spec, &options, &err) == -EEXIST);
        look(ward, argv[3], argv[2], WARD_CREATED);
        EXPECT(ward_start(ward, argv[3], &err) == 0);
        look(ward, argv[3], argv[2], WARD_RUNNING);
        execute(ward, argv[3]);
        unread(ward, argv[3]);
        unchanged(&before);
        EXPECT(prctl(PR_GET_DUMPABLE) == 1);
        EXPECT(ward_pids(ward, argv[3], &pids, &count, &err) == 0 && count == 1);
        EXPECT(ward_update(ward, argv[3], resources, strlen(resources), "limits", &err) == 0);
        EXPECT(ward_update(ward, argv[3], wrong, strlen(wrong), "limits", &err) == -EINVAL &&
               strstr(err.message, "limits") != NULL);
        errors(ward, argv[3], spec);
        EXPECT(ward_ending(ward, argv[3], NULL, NULL, &err) == -EBUSY);
        EXPECT(ward_pause(ward, argv[3], &err) == 0);
        look(ward, argv[3], argv[2], WARD_PAUSED);
        EXPECT(strcmp(ward_status_name(WARD_PAUSED), "paused") == 0 && ward_status_name((enum ward_status)99) == NULL);
        EXPECT(ward_resume(ward, argv[3], &err) == 0);
        EXPECT(ward_delete(ward, argv[3], 0, &err) == -EBUSY);
        EXPECT(ward_kill(ward, argv[3], SIGKILL, WARD_ALL, &err) == 0);
        EXPECT(waitpid(pids[0], NULL, 0) == pids[0]);
        free(pids);
        look(ward, argv[3], argv[2], WARD_STOPPED);
        ended(ward, argv[3]);
        EXPECT(ward_delete(ward, argv[3], 0, &err) == 0);
        options.flags = WARD_DETACH;
        EXPECT(ward_run(ward, argv[3], spec, &options, NULL, &err) == 0);
        EXPECT(ward_pids(ward, argv[3], &pids, &count, &err) == 0 && count == 1);
        EXPECT(ward_kill(ward, argv[3], SIGKILL, 0, &err) == 0 && waitpid(pids[0], NULL, 0) == pids[0]);
        collect(ward, argv[3]);
        EXPECT(ward_state(ward, argv[3], &(struct ward_info *){NULL}, &err) == -ENOENT);
        free(pids);
        caps(ward, argv[3], spec, argv[2]);
        endless(ward, argv[1], argv[3], spec, argv[2]);
        unreaped(ward, argv[3], spec, argv[2]);
        ignored_children(ward, argv[3], spec, argv[2]);
        ward_spec_free(spec);
        ward_close(ward);
        (void)printf("ok\n");
        return 0;
}
