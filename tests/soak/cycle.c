/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work of the soak: starts and stops in every way that ward has, in turn.
 *
 * A worker is one long-lived process that uses libward itself and calls the programs, and measures itself: its descriptors and its memory
 * before and after.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "soak.h"

#define ARGS_MAX 16

extern char **environ;

struct job {
        const struct soak *soak;
        struct worker *worker;
        struct ward *ward;
        char id[80];                                   /* of the container of this cycle */
        char program[2][PATH_ROOM], bundle[PATH_ROOM]; /* ward-oci, ward */
        char pausing[PATH_ROOM];                       /* the bundle whose program waits for its end */
};

static void fail(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void fail(struct job *job, const char *format, ...)
{
        size_t room = sizeof(job->worker->failure);
        va_list args;
        int n = snprintf(job->worker->failure, room, "cycle %llu: ", (unsigned long long)job->worker->done);

        va_start(args, format);
        (void)vsnprintf(job->worker->failure + n, room - (size_t)n, format, args);
        va_end(args);
        exit(1);
}

static void expect(struct job *job, int r, const char *what, const struct ward_err *err)
{
        if (r < 0)
                fail(job, "%s: %s (%s)", what, err->message, err->hint);
}

/* ---- with the programs ---- */

enum { OCI, WARD };

/* Runs one of the programs to its end, which has to be a success. */
static void call(struct job *job, int program, const char *const *words)
{
        const char *argv[ARGS_MAX] = {job->program[program], "--root", job->soak->state};
        int status, r;
        pid_t pid;

        for (int i = 0; (argv[i + 3] = words[i]) != NULL; i++)
                must(i + 4 < ARGS_MAX, "too many words");
        r = posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);
        if (r != 0)
                fail(job, "%s: %s", argv[0], strerror(r));
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        fail(job, "wait for %s: %s", argv[0], strerror(errno));
        if (status != 0)
                fail(job, "%s %s ended with %#x", argv[0], words[0], status);
}

#define CALL(job, program, ...) call((job), (program), (const char *const[]){__VA_ARGS__, NULL})

/* A container's init that was made by a program which has ended is a child of this process by now, the nearest subreaper. */
static void reap(struct job *job)
{
        int status;

        while (wait(&status) < 0)
                if (errno != EINTR)
                        fail(job, "wait for a container's init: %s", strerror(errno));
}

static void program_run(struct job *job)
{
        CALL(job, OCI, "run", "-b", job->bundle, job->id);
}

static void program_life(struct job *job)
{
        CALL(job, OCI, "create", "-b", job->pausing, job->id);
        CALL(job, OCI, "start", job->id);
        CALL(job, OCI, "kill", job->id, "KILL");
        reap(job);
        CALL(job, OCI, "delete", job->id);
}

static void program_force(struct job *job)
{
        CALL(job, OCI, "run", "-d", "-b", job->pausing, job->id);
        CALL(job, OCI, "delete", "--force", job->id);
        reap(job);
}

static void program_exec(struct job *job)
{
        CALL(job, OCI, "exec", "keeper", "/bin/true");
        program_run(job);
}

static void person_run(struct job *job)
{
        char rootfs[PATH_ROOM];

        (void)snprintf(rootfs, sizeof(rootfs), "%s/rootfs", job->soak->work);
        CALL(job, WARD, "run", "--rm", "--userns", job->soak->own_users ? "own" : "host", "--name", job->id, rootfs,
             "/bin/true");
}

/* ---- with the library ---- */

static void library_run(struct job *job)
{
        const struct ward_start_options options = {.struct_size = sizeof(options), .bundle = job->bundle};
        struct ward_exit end = {.struct_size = sizeof(end)};
        struct ward_spec *spec = spec_of(job->soak, "true", job->id);
        struct ward_err err;

        expect(job, ward_run(job->ward, job->id, spec, &options, &end, &err), "ward_run", &err);
        if (end.status != 0)
                fail(job, "ward_run: the program ended with %d", end.status);
        ward_spec_free(spec);
}

static void library_life(struct job *job)
{
        const struct ward_start_options options = {.struct_size = sizeof(options), .bundle = job->bundle};
        struct ward_spec *spec = spec_of(job->soak, "pause", job->id);
        struct ward_info *info = NULL;
        struct ward_err err;
        pid_t pid;

        expect(job, ward_create(job->ward, job->id, spec, &options, &err), "ward_create", &err);
        ward_spec_free(spec);
        expect(job, ward_start(job->ward, job->id, &err), "ward_start", &err);
        expect(job, ward_state(job->ward, job->id, &info, &err), "ward_state", &err);
        if (ward_info_status(info) != WARD_RUNNING)
                fail(job, "started, and it is %s", ward_status_name(ward_info_status(info)));
        pid = ward_info_pid(info);
        ward_info_free(info);
        expect(job, ward_kill(job->ward, job->id, SIGKILL, 0, &err), "ward_kill", &err);
        if (waitpid(pid, NULL, 0) != pid)
                fail(job, "wait for init %d: %s", pid, strerror(errno));
        expect(job, ward_delete(job->ward, job->id, 0, &err), "ward_delete", &err);
}

static void library_exec(struct job *job)
{
        static const char *const argv[] = {"/bin/true", NULL};
        struct ward_exit end = {.struct_size = sizeof(end)};
        struct ward_process *process = NULL;
        struct ward_err err;

        expect(job, ward_process_of(job->ward, "keeper", argv, &process, &err), "ward_process_of", &err);
        expect(job, ward_exec(job->ward, "keeper", process, NULL, &end, &err), "ward_exec", &err);
        if (end.status != 0)
                fail(job, "ward_exec: the program ended with %d", end.status);
        ward_process_free(process);
        library_run(job);
}

/* Each is one container that starts and stops; some also execute another program in one that lasts. */
static void (*const kinds[])(struct job *job) = {
        program_run, library_run,  program_run, library_life, program_exec,
        library_run, program_life, person_run,  library_exec, program_force,
};

/* ---- the worker ---- */

static uint64_t count_fds(const char *path)
{
        DIR *dir = opendir(path);
        uint64_t count = 0;

        must(dir != NULL, "open %s: %s", path, strerror(errno));
        while (readdir(dir) != NULL)
                count++;
        (void)closedir(dir);
        return count;
}

/*
 * The memory that is this process's own, counted page by page: the figure in /proc/PID/status is off by what each processor has not added to it
 * yet. Pages of its files are not counted, which come 16 at a time whenever a part of the program runs for the first time.
 */
static uint64_t own_memory(void)
{
        FILE *file = fopen("/proc/self/smaps_rollup", "re");
        unsigned long long kib = 0;
        char line[256];

        must(file != NULL, "open /proc/self/smaps_rollup: %s", strerror(errno));
        while (fgets(line, sizeof(line), file) != NULL && sscanf(line, "Anonymous: %llu kB", &kib) != 1)
                ;
        (void)fclose(file);
        return kib * 1024;
}

static void measure_self(struct worker *worker, int when)
{
        worker->fds[when] = count_fds("/proc/self/fd");
        worker->mappings[when] = count_lines("/proc/self/maps");
        worker->memory[when] = own_memory();
}

static void write_bundle(struct job *job, char path[PATH_ROOM], const char *name, unsigned number)
{
        char group[32], config[PATH_ROOM + 16];
        FILE *file;
        char *text;

        (void)snprintf(group, sizeof(group), "program-%u", number);
        (void)snprintf(path, PATH_ROOM, "%s/%s-%u", job->soak->work, name, number);
        (void)snprintf(config, sizeof(config), "%s/config.json", path);
        text = config_of(job->soak, name, group);
        must(mkdir(path, 0700) == 0 || errno == EEXIST, "mkdir %s: %s", path, strerror(errno));
        file = fopen(config, "we");
        must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "write %s: %s", config, strerror(errno));
        free(text);
}

void worker_run(const struct soak *soak, struct worker *worker, unsigned number)
{
        const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);
        struct job job = {.soak = soak, .worker = worker};
        struct ward_err err;

        must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl: %s",
             strerror(errno));
        (void)snprintf(job.program[OCI], PATH_ROOM, "%s/ward-oci", soak->programs);
        (void)snprintf(job.program[WARD], PATH_ROOM, "%s/ward", soak->programs);
        write_bundle(&job, job.bundle, "true", number);
        write_bundle(&job, job.pausing, "pause", number);
        expect(&job, ward_open(soak->state, &job.ward, &err), "ward_open", &err);
        for (uint64_t i = number; i < soak->cycles; i += soak->jobs) {
                (void)snprintf(job.id, sizeof(job.id), "%s-%u-%llu", soak->group, number, (unsigned long long)i);
                if (worker->done == WORKER_WARM_UP)
                        measure_self(worker, 0);
                /* By the worker's own count: with an even number of jobs each would have half of the kinds. */
                kinds[worker->done % kind_count](&job);
                worker->done++;
        }
        measure_self(worker, 1);
        ward_close(job.ward);
        if (wait(NULL) >= 0 || errno != ECHILD)
                fail(&job, "a process is left");
        exit(0);
}

/* ---- the container that lasts ---- */

pid_t keeper_start(const struct soak *soak)
{
        const struct ward_start_options options = {
                .struct_size = sizeof(options), .flags = WARD_DETACH, .bundle = soak->work};
        struct ward_spec *spec = spec_of(soak, "pause", "keeper");
        struct ward_info *info = NULL;
        struct ward *ward = NULL;
        struct ward_err err;
        pid_t pid;

        must(ward_open(soak->state, &ward, &err) >= 0 && ward_run(ward, "keeper", spec, &options, NULL, &err) >= 0 &&
                     ward_state(ward, "keeper", &info, &err) >= 0,
             "start the container that lasts: %s", err.message);
        pid = ward_info_pid(info);
        ward_info_free(info);
        ward_spec_free(spec);
        ward_close(ward);
        return pid;
}

void keeper_stop(const struct soak *soak, pid_t pid)
{
        struct ward *ward = NULL;
        struct ward_err err;

        must(ward_open(soak->state, &ward, &err) >= 0 && ward_kill(ward, "keeper", SIGKILL, 0, &err) >= 0,
             "end the container that lasts: %s", err.message);
        must(waitpid(pid, NULL, 0) == pid, "wait for the container that lasts: %s", strerror(errno));
        must(ward_delete(ward, "keeper", 0, &err) >= 0, "remove the container that lasts: %s", err.message);
        ward_close(ward);
}

uint64_t keeper_fds(pid_t pid)
{
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
        return count_fds(path);
}
