/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cgroup*.c files share among themselves and with their test; nobody else includes it.
 */
#ifndef KERN_CGROUP_PRIVATE_H
#define KERN_CGROUP_PRIVATE_H

#include "kern/cgroup.h"

#include <limits.h>

#include "base/text.h"

/* The largest file of cgroupfs that ward reads: a cgroup.procs of some hundred thousand processes. */
#define CGROUP_FILE_MAX (8UL << 20)

/*
 * The pure half of cgroup_layout_read(): from the texts of /proc/self/mountinfo and /proc/self/cgroup, which are cut up
 * in place. No descriptor is opened, and the controllers of a v2 hierarchy stay empty.
 */
int cgroup_layout_parse(struct arena *arena, char *mountinfo, char *self_cgroup, struct cgroup_layout *ret_layout,
                        struct ward_err *err);

/* The weight (1 to 10000) of v2 for @shares of v1. */
uint64_t cgroup_weight_from_shares(uint64_t shares);

/* As cgroup_path_check(), and the root is a group, too: it has some of the files. */
int cgroup_path_check_root(const char *path, struct ward_err *err);

/* Opens the group @path of @hierarchy, or its @file when that is not NULL, without leaving the hierarchy and through no symlink.
 * CLOEXEC is added to @flags. Returns the descriptor or -errno. */
int cgroup_open(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file, int flags);

/* The same for a @path below the directory @dirfd of cgroupfs: openat2(2). */
int cgroup_open_below(int dirfd, const char *path, int flags);

/* Adds the names of the groups directly below @group, as paths behind @path, to @queue, each with its NUL. */
int cgroup_groups_queue(int group, const char *path, struct text *queue);

/* The number behind @key at the start of a line of @text, or, when @key is "", at its beginning. UINT64_MAX: there is none, or "max". */
uint64_t cgroup_text_number(const char *text, const char *key);

/* The next process of a cgroup.procs whose rest is *@text, which is cut up in place; 0 at the end. Those outside of the caller's pid namespace
 * are listed as 0, and passed over. */
pid_t cgroup_text_next_pid(char **text);

/* The texts of lists of figures, which are cut up in place: a file of blkio, io.stat (into the lists of both figures that it has), a file of
 * rdma, and the line @name of a file of pressures, which leaves *@ret_pressure when it is not such a line. -ENOMEM. */
int cgroup_io_parse(struct arena *arena, char *text, struct cgroup_io_list *ret_list);
int cgroup_io_stat_parse(struct arena *arena, char *text, struct cgroup_io_list *lists);
int cgroup_rdma_parse(struct arena *arena, char *text, struct cgroup_rdma_list *ret_list);
void cgroup_pressure_parse(char *text, const char *name, struct cgroup_pressure *ret_pressure);

/* A file of the group, or *@ret_text NULL where there is none: not every kernel has every file, and not every group every controller. */
int cgroup_file_read_if_there(const struct cgroup_hierarchy *hierarchy, const char *path, const char *file,
                              char **ret_text, struct ward_err *err);

/* Those of memory.stat, and of cpuacct.usage_percpu with cpuacct.usage_all, likewise; and cgroup_details_read()'s part of the members that are kinds of memory and
 * processor time. */
int cgroup_stat_parse(struct arena *arena, char *text, struct cgroup_stat_list *ret_list);
int cgroup_cpus_parse(struct arena *arena, char *usage, char *parts, struct cgroup_cpu_list *ret_list);
int cgroup_kinds_read(const struct cgroup_layout *layout, const char *path, struct arena *arena,
                      struct cgroup_details *details, struct ward_err *err);

/* The name of ward's programs that guard devices; writes the rules of one down that was just attached (cgroup-devices-kept.c). */
#define CGROUP_DEVICES_PROGRAM "ward_devices"
void cgroup_devices_keep(int group, int program, const struct cgroup_device_rule *rules, size_t count);

/* Waiting with growing pauses, 50 us at first, until a deadline. */
struct cgroup_wait {
        uint64_t deadline_nsec; /* CLOCK_MONOTONIC */
        uint64_t pause_nsec;
};

void cgroup_wait_begin(struct cgroup_wait *wait, unsigned timeout_msec);

/* Sleeps; false when the deadline has passed (then it does not sleep). */
bool cgroup_wait_again(struct cgroup_wait *wait);

#endif
