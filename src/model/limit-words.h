/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits by the words that people know: fields of the OCI runtime specification, files of cgroup v1 and v2, properties of systemd
 * (systemd.resource-control(5)), options of docker, and ward's own. Whatever word is used, a limit becomes the same member of struct
 * spec_resources; which file of this machine it is written to is found out later (engine/limits.h, kern/cgroup.h).
 */
#ifndef MODEL_LIMIT_WORDS_H
#define MODEL_LIMIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/spec.h"

/* Whose word it is. */
enum limit_dialect {
        LIMIT_OCI,
        LIMIT_V1,
        LIMIT_V2,
        LIMIT_SYSTEMD,
        LIMIT_DOCKER, /* the option without its dashes */
        LIMIT_WARD,   /* the same; ward understands docker's, too */
        LIMIT_DIALECT_COUNT,
};

/* What a value looks like, and what is made of it. */
enum limit_kind {
        LIMIT_BYTES,    /* 512M, 1.5G, 50% of the machine's, max */
        LIMIT_COUNT,    /* a number, or max */
        LIMIT_TASKS,    /* the same, or a percentage of the machine's; docker's 0 is max */
        LIMIT_NUMBER,   /* a number between two others */
        LIMIT_WEIGHT,   /* the same, or "default" in front of it */
        LIMIT_SWITCH,   /* yes or no */
        LIMIT_USEC,     /* microseconds, or max */
        LIMIT_PERIOD,   /* of a quota of CPUQuota: 100ms */
        LIMIT_CPUS,     /* 0.5 or 50%: a quota */
        LIMIT_QUOTA,    /* 50%: a quota */
        LIMIT_CPU_MAX,  /* a quota and its period */
        LIMIT_PERCENT,  /* of a processor's speed, or max */
        LIMIT_SET,      /* 0-3,7 */
        LIMIT_CHOICE,   /* one of some words */
        LIMIT_THROTTLE, /* a disk and a rate */
        LIMIT_IO_MAX,   /* a disk and rates by their names */
        LIMIT_WEIGHT_DEVICE,
        LIMIT_EXTRA, /* a disk or a key and what belongs to it */
        LIMIT_HUGETLB,
        LIMIT_NETWORK,
        LIMIT_RDMA,
        LIMIT_RULE, /* of devices */
};

struct limit_word {
        char word[40]; /* a star stands for a part that is a key: hugetlb.*.max */
        enum limit_dialect dialect;
        enum limit_kind kind;
        size_t offset;       /* in struct spec_resources: of a struct spec_i64, or of a text */
        int64_t least, most; /* NUMBER, WEIGHT */
        unsigned which;      /* the kind of throttle or of extra; RULE: 1 allows */
};

/* All words, in the order of docs/CGROUPS.md. */
extern const struct limit_word limit_words[];
extern const size_t limit_word_count;

/* What values are relative to. */
struct limit_machine {
        uint64_t memory_bytes; /* 100% of memory; 0: percentages are refused */
        uint64_t swap_bytes;
        uint64_t tasks;
        /* What kind of device node (b or c) there is at @path and its numbers. NULL: disks are written as MAJOR:MINOR. */
        int (*device)(const char *path, char *ret_type, uint32_t *ret_major, uint32_t *ret_minor, struct ward_err *err);
};

/* The word of this name, with or without dashes in front. NULL: there is none. */
const struct limit_word *limit_words_find(const char *name);

/* The word that is nearest to @name; NULL: none is near. */
const char *limit_words_nearest(const char *name);

/*
 * Adds the limit @name=@value to *@resources; a limit of the same kind (and device or key) that is there already is replaced. @origin is where it was
 * written, for messages: "--memory 512M". Memory comes from @arena, in which @name, @value and @origin must live. Refused with -EINVAL: a
 * word that is none (with the nearest one as a hint), a value that is none, a percentage of what @machine doesn't know.
 */
int limit_words_parse(struct arena *arena, const struct limit_machine *machine, const char *name, const char *value,
                      const char *origin, struct spec_resources *resources, struct ward_err *err);

/* Limits that the specification has no field for: whether a word is one of these; and those of @resources, "memory.high=1048576", as limit_words_parse()
 * takes them on any machine. @add gets NULL when memory is short. */
bool limit_words_beyond(const char *name);
void limit_words_print(const struct spec_resources *resources, void (*add)(void *data, const char *word), void *data);

#endif
