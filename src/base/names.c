/* SPDX-License-Identifier: Apache-2.0 */
/* Names of capabilities and resource limits; see names.h. */
#include "base/names.h"

#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "base/text.h"

#define CAP(name) [name] = #name

const char *const cap_names[CAP_NAME_COUNT] = {
        CAP(CAP_CHOWN),
        CAP(CAP_DAC_OVERRIDE),
        CAP(CAP_DAC_READ_SEARCH),
        CAP(CAP_FOWNER),
        CAP(CAP_FSETID),
        CAP(CAP_KILL),
        CAP(CAP_SETGID),
        CAP(CAP_SETUID),
        CAP(CAP_SETPCAP),
        CAP(CAP_LINUX_IMMUTABLE),
        CAP(CAP_NET_BIND_SERVICE),
        CAP(CAP_NET_BROADCAST),
        CAP(CAP_NET_ADMIN),
        CAP(CAP_NET_RAW),
        CAP(CAP_IPC_LOCK),
        CAP(CAP_IPC_OWNER),
        CAP(CAP_SYS_MODULE),
        CAP(CAP_SYS_RAWIO),
        CAP(CAP_SYS_CHROOT),
        CAP(CAP_SYS_PTRACE),
        CAP(CAP_SYS_PACCT),
        CAP(CAP_SYS_ADMIN),
        CAP(CAP_SYS_BOOT),
        CAP(CAP_SYS_NICE),
        CAP(CAP_SYS_RESOURCE),
        CAP(CAP_SYS_TIME),
        CAP(CAP_SYS_TTY_CONFIG),
        CAP(CAP_MKNOD),
        CAP(CAP_LEASE),
        CAP(CAP_AUDIT_WRITE),
        CAP(CAP_AUDIT_CONTROL),
        CAP(CAP_SETFCAP),
        CAP(CAP_MAC_OVERRIDE),
        CAP(CAP_MAC_ADMIN),
        CAP(CAP_SYSLOG),
        CAP(CAP_WAKE_ALARM),
        CAP(CAP_BLOCK_SUSPEND),
        CAP(CAP_AUDIT_READ),
        CAP(CAP_PERFMON),
        CAP(CAP_BPF),
        CAP(CAP_CHECKPOINT_RESTORE),
};

#define LIMIT(name) [name] = #name

const char *const rlimit_names[RLIMIT_NAME_COUNT] = {
        LIMIT(RLIMIT_CPU),      LIMIT(RLIMIT_FSIZE), LIMIT(RLIMIT_DATA),   LIMIT(RLIMIT_STACK),
        LIMIT(RLIMIT_CORE),     LIMIT(RLIMIT_RSS),   LIMIT(RLIMIT_NPROC),  LIMIT(RLIMIT_NOFILE),
        LIMIT(RLIMIT_MEMLOCK),  LIMIT(RLIMIT_AS),    LIMIT(RLIMIT_LOCKS),  LIMIT(RLIMIT_SIGPENDING),
        LIMIT(RLIMIT_MSGQUEUE), LIMIT(RLIMIT_NICE),  LIMIT(RLIMIT_RTPRIO), LIMIT(RLIMIT_RTTIME),
};

int name_index(const char *word, const char *const *words, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (strcasecmp(word, words[i]) == 0)
                        return (int)i;
        return -1;
}

int cap_number(const char *name)
{
        return name_index(name, cap_names, CAP_NAME_COUNT);
}

const char *cap_nearest(const char *name)
{
        const char *nearest = text_nearest(name, cap_names, CAP_NAME_COUNT);

        /* Without the prefix, as capsh(1) and docker take them. */
        for (size_t i = 0; nearest == NULL && i < CAP_NAME_COUNT; i++)
                if (strcasecmp(name, cap_names[i] + strlen("CAP_")) == 0)
                        nearest = cap_names[i];
        return nearest;
}
