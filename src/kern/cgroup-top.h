/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All groups below one, in all hierarchies together, and what they use: for who looks again and again.
 *
 * A round finds out which groups have come and gone, and reads their figures. Neither takes what it took at first: a group's files stay open
 * and are read by pread(2), which has the kernel show them anew; and inotify(7) tells of groups that are made, renamed and removed, from
 * whichever mount and namespace, since cgroupfs makes and removes them as a file system does. (A directory's number of links tells the number of
 * its groups, too, but one that went and one that came are not seen in it.) What only writing changes, limits, is read again when the
 * directory tells of a write.
 *
 * Descriptors are kept for as many files as the limit of the process lets; the files of the groups that come after that are opened in
 * each round. (Who reads all in turn gains nothing by closing the one that waited longest: its turn is next.) Where inotify has no room
 * for another watch, directories are listed and limits read in each round.
 */
#ifndef KERN_CGROUP_TOP_H
#define KERN_CGROUP_TOP_H

#include <stdint.h>

#include "kern/cgroup-figures.h"
#include "kern/cgroup.h"

struct cgroup_reading {
        uint64_t at_nsec; /* CLOCK_MONOTONIC; 0: there is no such reading */
        uint64_t figures[CGROUP_FIGURE_COUNT];
};

/* A group. It and what it points to live until the next round. */
struct cgroup_group {
        uint64_t id;      /* of this group alone: another one of the same path has another */
        const char *path; /* "/" is the root */
        const char *name; /* its last component; of the root "" */
        unsigned depth;   /* below the one that was asked for */
        struct cgroup_group *parent, *child, *next, *previous;
        struct cgroup_reading now, before;
        void *label; /* the caller's; free(3) is called for it when the group has gone */
};

struct cgroup_top_options {
        const char *path;    /* "/" or a group */
        unsigned depth;      /* how many levels below it; UINT_MAX: all */
        uint32_t figures;    /* which: CGROUP_FIGURE() */
        bool kernel_threads; /* they count as processes, too */
        unsigned files_max;  /* that may be kept open */
};

struct cgroup_top;

/* @layout is borrowed; options->path is not. No group is read yet. -ENOENT: no hierarchy that has one of the figures has the group. */
int cgroup_top_open(const struct cgroup_layout *layout, const struct cgroup_top_options *options,
                    struct cgroup_top **ret_tree, struct ward_err *err);
void cgroup_top_close(struct cgroup_top *tree);

static inline void cgroup_top_close_pointer(struct cgroup_top **tree)
{
        cgroup_top_close(*tree);
}
#define _cleanup_cgroup_top_ _cleanup_(cgroup_top_close_pointer)

/*
 * Looks at all groups. *@ret_top is the one that was asked for, *@ret_count how many there are with it. A group that goes meanwhile is as it
 * was seen. A group without a figure has CGROUP_FIGURE_NONE there. Errors: -ENOMEM; -ENOENT when the group that was asked for has gone.
 */
int cgroup_top_round(struct cgroup_top *tree, const struct cgroup_group **ret_top, size_t *ret_count,
                     struct ward_err *err);

/* The group behind @group, parents first; NULL after the last one. */
const struct cgroup_group *cgroup_top_next(const struct cgroup_group *group);

#endif
