/* SPDX-License-Identifier: Apache-2.0 */
/* The mocked kernel's scheduling, and what else a process has that is one number: what is set is read back, unless the kernel lies; see child-mock.h. */
#include <string.h>

#include <asm/unistd.h>

#define CHILD_MOCK
#include "child-mock.h"
#include "launch/child/sys.h"

/* What the machine has of what is asked for, in the first 64. */
static void take_set(uint64_t *bits, size_t words, const uint64_t *asked, uint64_t there)
{
        memset(bits, 0, words * sizeof(*bits));
        if (asked != NULL)
                bits[0] = asked[0] & there;
}

bool mock_schedule_call(long number, const long *a, long *ret)
{
        switch (number) {
        case __NR_umask:
                *ret = mock.umask;
                mock.umask = mock.lies ? mock.umask : (uint32_t)a[0];
                return true;
        case __NR_personality:
                *ret = mock.personality;
                if ((uint32_t)a[0] != 0xffffffff && !mock.lies)
                        mock.personality = (uint32_t)a[0];
                return true;
        case __NR_sched_yield:
                child_mock_pause();
                return true;
        case __NR_sched_setaffinity:
                if (!mock.lies)
                        take_set(mock.cpus, SPEC_CPUS_MAX / 64, (const uint64_t *)a[2], mock.cpus_there);
                return true;
        case __NR_sched_getaffinity:
                memcpy((void *)a[2], mock.cpus, sizeof(mock.cpus));
                *ret = sizeof(mock.cpus);
                return true;
        case __NR_set_mempolicy:
                if (mock.lies)
                        return true;
                mock.memory_policy = (uint32_t)a[0];
                take_set(mock.nodes_bound, SPEC_NODES_MAX / 64, (const uint64_t *)a[1], mock.nodes_there);
                return true;
        case __NR_get_mempolicy:
                *(uint32_t *)a[0] = mock.memory_policy;
                memcpy((void *)a[1], mock.nodes_bound, sizeof(mock.nodes_bound));
                return true;
        case __NR_sched_setattr:
                if (!mock.lies)
                        memcpy(mock.scheduler, (const void *)a[1], sizeof(mock.scheduler));
                return true;
        case __NR_sched_getattr:
                memcpy((void *)a[1], mock.scheduler, sizeof(mock.scheduler));
                return true;
        case __NR_ioprio_set:
                mock.io_priority = mock.lies ? mock.io_priority : (uint32_t)a[2];
                return true;
        case __NR_ioprio_get:
                *ret = mock.io_priority;
                return true;
        default:
                return false;
        }
}
