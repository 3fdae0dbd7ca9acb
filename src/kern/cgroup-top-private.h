/* SPDX-License-Identifier: Apache-2.0 */
/* What the files cgroup-top*.c share; see cgroup-top.h. */
#ifndef KERN_CGROUP_TOP_PRIVATE_H
#define KERN_CGROUP_TOP_PRIVATE_H

#include "kern/cgroup-top.h"

#define TREE_TEXT_MAX 65536 /* of a file: io.stat of some hundred disks */

enum {
        FILE_UNOPENED = -1,
        FILE_ABSENT = -2,
};

struct tree_node;

struct tree_watch {
        int wd; /* -1: none */
        unsigned hierarchy;
        struct tree_node *node;
        struct tree_watch *next; /* with the same hash */
};

/* Bit n of a set is the n-th hierarchy of the layout. */
struct tree_node {
        struct cgroup_group group; /* first, so that one is the other */
        uint32_t in;               /* which have the group */
        uint32_t queued;           /* it waits to be listed */
        uint32_t met;              /* the listing that is under way has met it */
        uint32_t stale;            /* what is steady was written to, or may have been */
        struct tree_node *next;    /* with the same hash */
        int files[CGROUP_SOURCE_COUNT];
        struct tree_watch watches[]; /* one for each hierarchy of the layout */
};

struct tree_queued {
        struct tree_node *node; /* NULL: it has gone */
        unsigned hierarchy;
};

struct cgroup_top {
        const struct cgroup_layout *layout;
        struct tree_node *top;
        uint64_t top_inodes[CGROUP_HIERARCHY_MAX]; /* of its directories, in the order of the layout; 0: none */
        size_t count;                              /* nodes */
        uint64_t next_id;
        unsigned depth;
        bool kernel_threads;
        bool machine; /* the top is the root of the machine's own hierarchies: /proc says of it what they don't */
        uint32_t figures;
        uint32_t used; /* the hierarchies that have a file of these figures */
        struct {
                int hierarchy;  /* of the layout; -1: none has this file, or nobody wants it */
                uint32_t gives; /* of the figures that are wanted */
                bool silent;    /* the top's own has nothing of them, and so the others' */
        } sources[CGROUP_SOURCE_COUNT];
        unsigned files, files_max;   /* kept open */
        int inotify;                 /* -EBADF: there is none */
        bool unwatched;              /* no watch tells of some directory */
        struct tree_node **nodes;    /* by parent and name */
        struct tree_watch **watches; /* by their numbers */
        size_t buckets;              /* of both; a power of two */
        struct tree_queued *queue;
        size_t queued, queue_room;
        char text[TREE_TEXT_MAX]; /* of the file that is being read, or of a directory's entries, or of events */
};

/* Reads what is wanted of a group. It never fails: what can't be read is not known. */
void cgroup_top_read(struct cgroup_top *tree, struct tree_node *node);

/* Closes a file of a group if it is open; it is @state then. */
void cgroup_top_drop(struct cgroup_top *tree, struct tree_node *node, size_t source, int state);

/* Opens the directory of a group, or a file of it. A descriptor or -errno. */
int cgroup_top_at(const struct cgroup_top *tree, const struct tree_node *node, unsigned hierarchy, const char *file,
                  int flags);

#endif
