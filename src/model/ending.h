/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a container ended, and what it had used by then: its exit record. Pure data, printed as JSON and as sentences, and read back.
 *
 * What nobody could tell is unknown, and is said to be: a number is ENDING_UNKNOWN_NUMBER, a text NULL, and JSON has null for both.
 */
#ifndef MODEL_ENDING_H
#define MODEL_ENDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/memory-use.h"
#include "base/text.h"

#define ENDING_UNKNOWN_NUMBER UINT64_MAX

enum ending_reason {
        ENDING_UNKNOWN,
        ENDING_EXITED,        /* by itself */
        ENDING_SIGNAL,        /* somebody or something sent it a signal */
        ENDING_OUT_OF_MEMORY, /* the kernel's OOM killer chose it */
        /* The caps that ward itself watches. */
        ENDING_TIMEOUT,
        ENDING_CPU_TIME,
        ENDING_OUTPUT,
        ENDING_REASON_COUNT,
};

/* "exited", "out-of-memory", "cpu-time" ... */
extern const char ending_reason_names[ENDING_REASON_COUNT][16];

/* Who sent it a signal. */
struct ending_sender {
        const char *by; /* the program that did: "ward stop" */
        uint64_t signal, pid, uid, time_usec;
        uint64_t
                passed_on; /* 0 or 1: it got the signal itself, from @pid that runs @command; from its terminal where that is unknown */
        const char *command;
        uint64_t parent;            /* the process that started it, and */
        const char *parent_command; /* what that runs: a shell, an engine */
};

/* What the kernel said when it had to end a process for want of memory. */
struct ending_oom {
        const char *from;   /* "kernel log", or "sample": what was seen just before, without a victim */
        const char *victim; /* its name, as the kernel cuts it off */
        uint64_t pid, uid;
        const char *group; /* the control group whose limit it was */
        struct memory_use use;
};

struct ending {
        uint64_t reason; /* enum ending_reason */
        uint64_t exit_code, signal;
        uint64_t core_dumped; /* 0 or 1 */
        uint64_t limit;       /* of the cap that ended it: microseconds or bytes */
        uint64_t started_usec, ended_usec, wall_usec;
        struct {
                uint64_t usage_usec, user_usec, system_usec;
                uint64_t throttled_periods, throttled_usec;
        } cpu;
        struct {
                uint64_t peak_bytes, swap_peak_bytes, limit_bytes;
                uint64_t limit_hits;      /* how often it stood at its limit */
                uint64_t oom_kills;       /* how many of its processes the kernel ended, and */
                uint64_t oom_group_kills; /* how often all of them together; cgroup v2 alone */
        } memory;
        struct {
                uint64_t peak, limit;
                uint64_t limit_hits; /* how many new processes were refused */
        } processes;
        struct {
                uint64_t read_bytes, write_bytes;
        } io;
        uint64_t output_bytes;       /* what went out, where it was counted */
        struct ending_sender sender; /* @by NULL: nobody is known */
        struct ending_oom oom;       /* @from NULL: it did not happen, or nothing is known */
};

/* One of which nothing is known. */
void ending_init(struct ending *ending);

/* One JSON object, on one line and without a newline behind it. */
void ending_print(const struct ending *ending, struct text *text);

/* Reads it back; texts live in @arena. What is not known here is passed over. -EBADMSG, -ENOMEM. */
int ending_parse(const char *json, size_t len, struct arena *arena, struct ending *ret_ending, struct ward_err *err);

/* In a word or two, for a table: "exit 1", "SIGTERM", "out of memory". */
void ending_short(const struct ending *ending, struct text *text);

/* A sentence without a full stop: "it was killed by SIGTERM, which 'ward stop' sent ...". */
void ending_sentence(const struct ending *ending, struct text *text);

/* Microseconds as "1.5 s", and bytes as "1.5 MiB". */
void ending_add_time(struct text *text, uint64_t usec);
void ending_add_bytes(struct text *text, uint64_t bytes);

/* The sender alone, as ROOT/ID/signal has it. */
void ending_sender_print(const struct ending_sender *sender, struct text *text);
int ending_sender_parse(const char *json, size_t len, struct arena *arena, struct ending_sender *ret_sender,
                        struct ward_err *err);

#endif
