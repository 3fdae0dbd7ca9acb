/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts and stops containers many times and in many ways, and shows that nothing is left: a table of what there was before and after.
 *
 *      soak [--cycles N] [--jobs N] [--many N] [--namespaces N] [--own-users 0|1] PROGRAMS WORK
 *
 * PROGRAMS is the directory of ward and ward-oci. WORK, an absolute path, has rootfs and the templates true.json, pause.json and ordinary.json
 * (tests/soak/run makes it), and gets the state. Exit status: 0 when all is as it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "measure.h"

void must(bool ok, const char *format, ...)
{
        va_list args;

        if (ok)
                return;
        va_start(args, format);
        (void)fprintf(stderr, "soak: ");
        (void)vfprintf(stderr, format, args);
        (void)fprintf(stderr, "\n");
        va_end(args);
        exit(1);
}

uint64_t count_lines(const char *path)
{
        FILE *file = fopen(path, "re");
        uint64_t count = 0;
        int c;

        must(file != NULL, "open %s: %s", path, strerror(errno));
        while ((c = fgetc(file)) != EOF)
                count += c == '\n';
        (void)fclose(file);
        return count;
}

double seconds_now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void sleep_msec(unsigned msec)
{
        const struct timespec pause = {.tv_sec = msec / 1000, .tv_nsec = (long)(msec % 1000) * 1000000};

        (void)nanosleep(&pause, NULL);
}

/* ---- configs ---- */

char *config_of(const struct soak *soak, const char *name, const char *id)
{
        static char template[65536];
        char path[PATH_ROOM + 32], *text = NULL, *at = template, *mark;
        size_t len, size = 0;
        FILE *file, *result;

        (void)snprintf(path, sizeof(path), "%s/%s.json", soak->work, name);
        file = fopen(path, "re");
        must(file != NULL, "open %s: %s", path, strerror(errno));
        len = fread(template, 1, sizeof(template) - 1, file);
        must(len > 0 && fclose(file) == 0, "read %s: %s", path, strerror(errno));
        template[len] = '\0';
        result = open_memstream(&text, &size);
        must(result != NULL, "memory");
        for (; (mark = strchr(at, '@')) != NULL; at = mark + 1) {
                (void)fprintf(result, "%.*s", (int)(mark - at), at);
                /* @GROUP@ and @ID@ */
                at = mark + 1;
                mark = strchr(at, '@');
                must(mark != NULL, "%s: an @ without its end", path);
                (void)fprintf(result, "%s", *at == 'G' ? soak->group : id);
        }
        (void)fprintf(result, "%s", at);
        must(fclose(result) == 0, "memory");
        return text;
}

struct ward_spec *spec_of(const struct soak *soak, const char *name, const char *id)
{
        char *text = config_of(soak, name, id);
        struct ward_spec *spec = NULL;
        struct ward_err err;

        must(ward_spec_parse(text, strlen(text), name, &spec, &err) >= 0, "%s", err.message);
        free(text);
        return spec;
}

/* ---- many times ---- */

static void show_progress(const struct soak *soak, const struct worker *workers, double begun)
{
        uint64_t done = 0;

        if (!isatty(STDERR_FILENO))
                return;
        for (unsigned i = 0; i < soak->jobs; i++)
                done += workers[i].done;
        (void)fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 ", %.0f per second ", done, soak->cycles,
                      (double)done / (seconds_now() - begun + 0.001));
}

static bool all_ended(const struct soak *soak, pid_t *pids, bool *ok)
{
        bool all = true;

        for (unsigned i = 0; i < soak->jobs; i++) {
                int status;

                if (pids[i] > 0 && waitpid(pids[i], &status, WNOHANG) == pids[i]) {
                        *ok &= status == 0;
                        pids[i] = 0;
                }
                all &= pids[i] == 0;
        }
        return all;
}

/* @cycles by soak->jobs workers at a time. */
static bool run_workers(const struct soak *soak, struct worker *workers)
{
        pid_t pids[JOBS_MAX];
        double begun = seconds_now();
        bool ok = true;

        for (unsigned i = 0; i < soak->jobs; i++) {
                (void)fflush(NULL);
                pids[i] = fork();
                must(pids[i] >= 0, "fork: %s", strerror(errno));
                if (pids[i] == 0)
                        worker_run(soak, &workers[i], i);
        }
        for (unsigned turn = 1; !all_ended(soak, pids, &ok); turn++) {
                if (turn % 50 == 0)
                        show_progress(soak, workers, begun);
                sleep_msec(20);
        }
        if (isatty(STDERR_FILENO))
                (void)fprintf(stderr, "\r%60s\r", "");
        for (unsigned i = 0; i < soak->jobs; i++)
                if (workers[i].failure[0] != '\0')
                        (void)printf("worker %u: %s\n", i, workers[i].failure);
        if (!ok)
                (void)printf("a worker failed\n");
        (void)printf("\n%" PRIu64 " starts and stops in %.1f s, %.0f per second\n", soak->cycles, seconds_now() - begun,
                     (double)soak->cycles / (seconds_now() - begun));
        return ok;
}

static bool cycles(const struct soak *soak)
{
        size_t size = JOBS_MAX * sizeof(struct worker);
        struct worker *workers = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        uint64_t before[FIGURE_COUNT], after[FIGURE_COUNT], fds[2];
        struct soak warm_up = *soak;
        pid_t keeper;
        bool ok;

        must(workers != MAP_FAILED, "mmap: %s", strerror(errno));
        /* What is made once, as the cache of filters, and the kernel's own caches. */
        warm_up.cycles = 20 * soak->jobs;
        keeper = keeper_start(soak);
        must(run_workers(&warm_up, workers), "the first starts failed");
        memset(workers, 0, size);
        fds[0] = keeper_fds(keeper);
        measure_settled(soak, before);
        ok = run_workers(soak, workers);
        fds[1] = keeper_fds(keeper);
        ok &= measure_compare(soak, before, after, soak->cycles);
        ok &= measure_line("descriptors of a long container", fds[0], fds[1], 0);
        for (unsigned i = 0; i < soak->jobs; i++) {
                char name[64];

                (void)snprintf(name, sizeof(name), "descriptors of worker %u", i);
                ok &= measure_line(name, workers[i].fds[0], workers[i].fds[1], 0);
                /* A sanitizer keeps what was freed, and finds what was not at the end. */
                if (soak->sanitized)
                        continue;
                (void)snprintf(name, sizeof(name), "mappings of worker %u", i);
                ok &= measure_line(name, workers[i].mappings[0], workers[i].mappings[1], 0);
                (void)snprintf(name, sizeof(name), "memory of worker %u, bytes", i);
                ok &= measure_line(name, workers[i].memory[0], workers[i].memory[1], workers[i].memory[0] / 100);
        }
        keeper_stop(soak, keeper);
        (void)munmap(workers, size);
        return ok;
}

/* ---- the whole ---- */

static void read_options(struct soak *soak, int argc, char **argv)
{
        uint64_t jobs = 2, own_users = 1;
        int i = 1;

        for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
                uint64_t *value = strcmp(argv[i], "--cycles") == 0       ? &soak->cycles
                                  : strcmp(argv[i], "--many") == 0       ? &soak->containers
                                  : strcmp(argv[i], "--namespaces") == 0 ? &soak->namespaces
                                  : strcmp(argv[i], "--jobs") == 0       ? &jobs
                                  : strcmp(argv[i], "--own-users") == 0  ? &own_users
                                                                         : NULL;

                must(value != NULL && number_parse(argv[i + 1], UINT32_MAX, value) == 0, "'%s %s'?", argv[i],
                     argv[i + 1]);
        }
        must(argc - i == 2 && jobs >= 1 && jobs <= JOBS_MAX, "usage: soak [OPTION N]... PROGRAMS WORK");
        soak->jobs = (unsigned)jobs;
        soak->own_users = own_users != 0;
        must(soak->cycles == 0 || soak->cycles >= 2 * jobs * WORKER_WARM_UP, "at least %d cycles for each job",
             2 * WORKER_WARM_UP);
        soak->programs = argv[i];
        soak->work = argv[i + 1];
        soak->sanitized = getenv("WARD_SANITIZED") != NULL;
        (void)snprintf(soak->state, sizeof(soak->state), "%s/state", soak->work);
        (void)snprintf(soak->group, sizeof(soak->group), "ward-soak-%d", getpid());
}

int main(int argc, char **argv)
{
        struct soak soak = {0};
        struct ward *ward = NULL;
        struct ward_err err;
        bool ok = true;

        read_options(&soak, argc, argv);
        must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && unshare(CLONE_NEWNS) == 0 &&
                     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0,
             "a mount namespace of its own: %s", strerror(errno));
        must(ward_open(soak.state, &ward, &err) >= 0, "%s", err.message);
        ward_close(ward);
        measure_begin(&soak);
        if (soak.cycles > 0)
                ok &= cycles(&soak);
        if (soak.containers > 0)
                ok &= many(&soak);
        if (soak.namespaces > 0)
                ok &= namespaces(&soak);
        measure_end(&soak);
        must(wait(NULL) < 0 && errno == ECHILD, "a process is left");
        (void)printf("\n%s\n", ok ? "Nothing is left." : "Something is left.");
        return ok ? 0 : 1;
}
