/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the soak share. */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "ward/ward.h"

#define JOBS_MAX 16
#define PATH_ROOM 512
#define WORKER_WARM_UP 60 /* cycles before a worker measures itself for the first time */

/* One run of the soak. */
struct soak {
        const char *programs; /* directory of ward and ward-oci */
        const char *work;     /* absolute: rootfs, templates of config.json, state */
        char state[PATH_ROOM];
        char group[32]; /* name of the group above all others of this run: "ward-soak-PID" */
        uint64_t cycles, containers, namespaces;
        unsigned jobs;
        bool sanitized;
        bool own_users; /* `ward run` can give its containers ids of their own here */
};

/* What a worker tells of itself, in memory that it shares with the one who waits. */
struct worker {
        uint64_t done;
        uint64_t fds[2], mappings[2], memory[2]; /* before, after */
        char failure[1024];                      /* empty: all went well */
};

/* cycle.c: the work. */

/* Runs cycles @first, @first + @step ... below soak->cycles; does not return. */
void worker_run(const struct soak *soak, struct worker *worker, unsigned number) __attribute__((noreturn));

/* A container that lasts as long as the run, in which others execute programs. Returns its init, which is a child. */
pid_t keeper_start(const struct soak *soak);
void keeper_stop(const struct soak *soak, pid_t pid);
uint64_t keeper_fds(pid_t pid);

/* many.c: all at once. Prints its own lines; false: something was not as it has to be. */
bool many(const struct soak *soak);

/* namespaces.c: starts where each namespace that is left would soon be one too many. */
bool namespaces(const struct soak *soak);

/* Common, in soak.c: ends the program with a message when @ok is false. */
void must(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The template soak->work/@name.json as a specification: each "@ID@" in it is @id. */
struct ward_spec *spec_of(const struct soak *soak, const char *name, const char *id);

/* The same as text, to be freed. */
char *config_of(const struct soak *soak, const char *name, const char *id);

uint64_t count_lines(const char *path);
double seconds_now(void);
void sleep_msec(unsigned msec);

#endif
