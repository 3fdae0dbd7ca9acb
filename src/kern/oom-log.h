/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's log says of a process that was ended for want of memory in a control group (mm/oom_kill.c, mem_cgroup_print_oom_meminfo()):
 * who it was, whose limit it was, and what the memory was used for at that moment. Nothing else keeps that: when the process is gone, so are
 * its figures.
 */
#ifndef KERN_OOM_LOG_H
#define KERN_OOM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/memory-use.h"

/* Figures that the kernel does not say are UINT64_MAX. */
struct oom_log {
        const char *group; /* whose limit it was, by its path in the kernel's own hierarchy */
        const char *victim;
        uint64_t pid, uid; /* as the initial namespaces count */
        struct memory_use use;
};

/*
 * The last such process of the group @path or below, or @pid if that was one of them (0: whoever), since @since_usec (CLOCK_MONOTONIC). Texts live in @arena. Returns 0; -ENOENT when the log has
 * none (any more); -EPERM where the log is not the caller's to read (syslog(2)); -ENOMEM.
 */
int oom_log_find(const char *path, uint64_t since_usec, uint64_t pid, struct arena *arena, struct oom_log *ret_log);

/* Whether the log is the caller's to read. */
bool oom_log_readable(void);

/* The pure half of it: from the log's text, which is cut up in place. */
int oom_log_parse(char *text, const char *path, uint64_t since_usec, uint64_t pid, struct arena *arena,
                  struct oom_log *ret_log);

#endif
