/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files that write limits share (cgroup-set.c, cgroup-knobs-table.c, cgroup-values.c, cgroup-unified.c): nobody else
 * includes it but their test.
 */
#ifndef KERN_CGROUP_KNOBS_H
#define KERN_CGROUP_KNOBS_H

#include "kern/cgroup-private.h"

/* The longest value is a device of rdma with its figures. Lines of `unified` are not written through it. */
#define CGROUP_VALUE_MAX 192

/* Of cpu.shares (sched.h of the kernel: MIN_SHARES, MAX_SHARES). */
#define CGROUP_SHARES_MIN 2
#define CGROUP_SHARES_MAX 262144

/* How a value is written. */
enum form {
        FORM_NUMBER, /* as it is; -1 stays -1 */
        FORM_MAX,    /* -1 is "max" */
        FORM_NONE,   /* -1 is 0: no protection */
        FORM_TEXT,
        FORM_WEIGHT, /* shares to weight */
        FORM_SWAP,   /* memory plus swap to swap alone */
        FORM_QUOTA,  /* "quota period" of cpu.max */
        FORM_PERIOD,
        FORM_LARGE,     /* 64 bits without a sign */
        FORM_IO_WEIGHT, /* 10 to 1000 becomes 1 to 10000 */
        /* "MAJOR:MINOR" and: */
        FORM_DEVICE,           /* the number */
        FORM_DEVICE_IOPS,      /* the number, of which 32 bits are kept */
        FORM_DEVICE_DEFAULT,   /* the number; 0 is "default" */
        FORM_DEVICE_IO_WEIGHT, /* as FORM_IO_WEIGHT; 0 is "default" */
        FORM_RBPS,             /* "rbps=" and so on; 0 is "max" */
        FORM_WBPS,
        FORM_RIOPS,
        FORM_WIOPS,
        /* The key and: */
        FORM_KEY_NUMBER,
        FORM_KEY_TEXT,
        FORM_KEY_MAX, /* -1 is "max" */
        /* What has no field in the specification. */
        FORM_PERCENT,       /* hundredths of a percent; -1 is "max" */
        FORM_SHARES,        /* weight to shares */
        FORM_NICE,          /* nice to shares */
        FORM_BOTH,          /* swap alone to memory plus swap */
        FORM_EXCLUSIVE,     /* a kind of partition to cpu_exclusive */
        FORM_BALANCE,       /* and to sched_load_balance */
        FORM_BFQ,           /* 1 to 10000 becomes 1 to 1000 */
        FORM_BLKIO,         /* 1 to 10000 becomes 10 to 1000 */
        FORM_DEVICE_BFQ,    /* as FORM_BFQ; 0 is "default" */
        FORM_DEVICE_BLKIO,  /* as FORM_BLKIO; 0 is 0 */
        FORM_DEVICE_TARGET, /* "target=" */
        FORM_DEVICE_TEXT,
};

/* A star in a file's name stands for the limit's key. */
struct knob_files {
        char file[40]; /* "": this version has no such knob */
        enum form form;
        char too[40]; /* another file that has the same, if it is there; "": none */
        enum form too_form;
};

struct knob {
        char field
                [40]; /* of the OCI runtime specification's linux.resources; none of these is a pointer, which would be relocated at every start */
        enum cgroup_controller controller;
        struct knob_files v1, v2;
        bool of_device;  /* it is one of a block device */
        bool root;       /* its file is in the hierarchy's root alone */
        bool either;     /* one of the two files is enough; else the first has to be there */
        bool read_back;  /* there are kernels that take it and do nothing */
        bool has_anyway; /* @anyway is how it is where there is no such file */
        int64_t anyway;
        char nearest[24]; /* what the version that lacks it has in its place, by its @field; "": nothing */
};

extern const struct knob cgroup_knobs[CGROUP_KNOB_COUNT];

/* Why the kernel refuses, where its errno says more to who knows the kernel than to others. @version 0: either. */
struct reason {
        enum cgroup_knob knob;
        int version, code;
        char why[200], hint[144];
};

extern const struct reason cgroup_reasons[];
extern const size_t cgroup_reason_count;

/* What a kernel that lacks the controller was built without. */
extern const char *const cgroup_options[CGROUP_CONTROLLER_COUNT];

/* The limits that are written together. */
struct set {
        const struct cgroup_layout *layout;
        const char *path;
        const struct cgroup_limit *limits;
        size_t count;
};

/* The limit of @knob, or NULL. */
const struct cgroup_limit *cgroup_limit_find(const struct set *set, enum cgroup_knob knob);

/* What stands behind @word and a blank, with which a line of @text begins; NULL: none does. */
const char *cgroup_line_find(const char *text, const char *word);

/* The field of a limit with its device or key, for a person: "blockIO.throttleReadBpsDevice of 8:0". Returns @buffer. */
const char *cgroup_limit_name(const struct cgroup_limit *limit, char buffer[CGROUP_VALUE_MAX]);

/* memory.swap of the specification counts memory and swap together, memory.swap.max only swap. */
int cgroup_swap_convert(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t both,
                        int64_t *ret_swap, struct ward_err *err);

/* And back. */
int cgroup_swap_add(const struct set *set, const struct cgroup_hierarchy *hierarchy, int64_t swap, int64_t *ret_both,
                    struct ward_err *err);

/* @pattern with the limit's key in place of its star: it is @pattern, or in @name. */
const char *cgroup_knob_name(const struct cgroup_limit *limit, const char *pattern, char name[NAME_MAX + 1]);

/* The words for a file that is not there because the group is missing, or has not got the controller; @doing is "set memory.max". Returns -errno, or 0
 * when it is missing for another reason. */
int cgroup_explain_missing(const struct cgroup_hierarchy *hierarchy, const char *path, const char *doing,
                           enum cgroup_controller controller, struct ward_err *err);

/* Fills in @value in the given @form. Returns 1, or 0 when another limit's write carries this one, or -errno. */
int cgroup_value_print(const struct set *set, const struct cgroup_hierarchy *hierarchy,
                       const struct cgroup_limit *limit, enum form form, char value[CGROUP_VALUE_MAX],
                       struct ward_err *err);

/* The hierarchy that a file of `unified` is in. -EOPNOTSUPP with the reason when there is none. */
int cgroup_unified_find(const struct set *set, const struct cgroup_limit *limit,
                        const struct cgroup_hierarchy **ret_hierarchy, struct ward_err *err);
int cgroup_unified_write(const struct set *set, const struct cgroup_hierarchy *hierarchy,
                         const struct cgroup_limit *limit, struct ward_err *err);

#endif
