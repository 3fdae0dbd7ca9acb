/* SPDX-License-Identifier: Apache-2.0 */
/* Many containers at once: all run, all are known, nothing of ward stays resident for them, and all go. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

struct crowd {
        const struct soak *soak;
        struct ward *ward;
        pid_t *pids;
};

static void name(const struct crowd *crowd, uint64_t i, char id[80])
{
        (void)snprintf(id, 80, "%s-many-%" PRIu64, crowd->soak->group, i);
}

static void start_all(struct crowd *crowd)
{
        const struct ward_start_options options = {.struct_size = sizeof(options), .bundle = crowd->soak->work};
        struct ward_err err;
        char id[80];

        for (uint64_t i = 0; i < crowd->soak->containers; i++) {
                struct ward_spec *spec;

                name(crowd, i, id);
                spec = spec_of(crowd->soak, "pause", id);
                must(ward_create(crowd->ward, id, spec, &options, &err) >= 0 && ward_start(crowd->ward, id, &err) >= 0,
                     "start container %" PRIu64 ": %s (%s)", i, err.message, err.hint);
                ward_spec_free(spec);
        }
}

/* Each is running by its state and by the list, and its process is the container's program and nothing of ward. */
static void look_at_all(struct crowd *crowd)
{
        struct ward_list *list = NULL;
        struct ward_err err;
        uint64_t running = 0;

        must(ward_list(crowd->ward, &list, &err) >= 0, "list: %s", err.message);
        for (size_t i = 0; i < ward_list_count(list); i++)
                running += ward_info_status(ward_list_at(list, i)) == WARD_RUNNING;
        must(ward_list_count(list) == crowd->soak->containers && running == crowd->soak->containers,
             "%zu containers are listed, %" PRIu64 " of them running", ward_list_count(list), running);
        ward_list_free(list);
        for (uint64_t i = 0; i < crowd->soak->containers; i++) {
                char id[80], path[64], program[PATH_ROOM] = "";
                struct ward_info *info = NULL;

                name(crowd, i, id);
                must(ward_state(crowd->ward, id, &info, &err) >= 0, "state of %s: %s", id, err.message);
                must(ward_info_status(info) == WARD_RUNNING, "%s is %s", id, ward_status_name(ward_info_status(info)));
                crowd->pids[i] = ward_info_pid(info);
                ward_info_free(info);
                (void)snprintf(path, sizeof(path), "/proc/%d/exe", crowd->pids[i]);
                must(readlink(path, program, sizeof(program) - 1) > 0 && strcmp(program, "/bin/true") == 0,
                     "process %d of %s executes '%s'", crowd->pids[i], id, program);
        }
}

static void end_all(struct crowd *crowd)
{
        struct ward_err err;
        char id[80];

        for (uint64_t i = 0; i < crowd->soak->containers; i++) {
                name(crowd, i, id);
                must(ward_kill(crowd->ward, id, SIGKILL, 0, &err) >= 0, "kill %s: %s", id, err.message);
        }
        for (uint64_t i = 0; i < crowd->soak->containers; i++) {
                must(waitpid(crowd->pids[i], NULL, 0) == crowd->pids[i], "wait for process %d: %s", crowd->pids[i],
                     strerror(errno));
                name(crowd, i, id);
                must(ward_delete(crowd->ward, id, 0, &err) >= 0, "delete %s: %s", id, err.message);
        }
}

bool many(const struct soak *soak)
{
        uint64_t before[FIGURE_COUNT], during[FIGURE_COUNT], after[FIGURE_COUNT];
        struct crowd crowd = {.soak = soak, .pids = calloc(soak->containers, sizeof(*crowd.pids))};
        double begun, started, looked, ended;
        struct ward_err err;
        bool ok;

        must(crowd.pids != NULL && ward_open(soak->state, &crowd.ward, &err) >= 0, "open the state directory");
        measure_settled(soak, before);
        begun = seconds_now();
        start_all(&crowd);
        started = seconds_now();
        look_at_all(&crowd);
        looked = seconds_now();
        measure(soak, during);
        /* One process for each, and those are all: nothing of ward waits beside them. */
        must(during[FIGURE_PROCESSES] == FIGURE_NONE || during[FIGURE_PROCESSES] == soak->containers,
             "%" PRIu64 " processes for %" PRIu64 " containers", during[FIGURE_PROCESSES], soak->containers);
        ended = seconds_now();
        end_all(&crowd);
        (void)printf("\n%" PRIu64
                     " containers at once: start %.2f ms each, state and list %.2f ms each, end %.2f ms each\n",
                     soak->containers, 1000 * (started - begun) / (double)soak->containers,
                     1000 * (looked - started) / (double)soak->containers,
                     1000 * (seconds_now() - ended) / (double)soak->containers);
        if (before[FIGURE_MEMORY_BYTES] != FIGURE_NONE)
                (void)printf("each has %" PRIu64 " KiB of memory, %" PRIu64
                             " KiB of that in the kernel; ward has no process for it\n",
                             (during[FIGURE_MEMORY_BYTES] - before[FIGURE_MEMORY_BYTES]) / soak->containers / 1024,
                             (during[FIGURE_KERNEL_BYTES] - before[FIGURE_KERNEL_BYTES]) / soak->containers / 1024);
        ok = measure_compare(soak, before, after, soak->containers);
        ward_close(crowd.ward);
        free(crowd.pids);
        return ok;
}
