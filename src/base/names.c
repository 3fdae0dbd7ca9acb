/* SPDX-License-Identifier: Apache-2.0 */
/* Names of capabilities, resource limits and signals; see names.h. */
#include "base/names.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "base/text.h"
#include "base/words.h"

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

/* In ASCII alone, whatever the locale. */
static char upper(char c)
{
        return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* name_index(), where the first @same characters of all of them are known to be alike. */
static int index_behind(size_t same, const char *word, const char *const *words, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                size_t at = same;

                /* Letters of two cases differ in one bit, and most names in others. */
                if (((word[at] ^ words[i][at]) & ~('a' - 'A')) != 0)
                        continue;
                if (strcmp(word + at, words[i] + at) == 0)
                        return (int)i; /* as nearly everybody writes it */
                while (word[at] != '\0' && (word[at] == words[i][at] || upper(word[at]) == upper(words[i][at])))
                        at++;
                if (word[at] == '\0' && words[i][at] == '\0')
                        return (int)i;
        }
        return -1;
}

int name_index(const char *word, const char *const *words, size_t count)
{
        return index_behind(0, word, words, count);
}

int cap_number(const char *name)
{
        static const char prefix[] = "CAP_";
        size_t same = 0;

        while (prefix[same] != '\0' && name[same] == prefix[same])
                same++;
        return index_behind(same, name, cap_names, CAP_NAME_COUNT);
}

const char *cap_nearest(const char *name)
{
        const size_t prefix = strlen("CAP_");
        const char *names[CAP_NAME_COUNT], *nearest;

        /* The prefix, which capsh(1) and docker let out, is none of what has to be near. */
        for (size_t i = 0; i < CAP_NAME_COUNT; i++)
                names[i] = cap_names[i] + prefix;
        nearest = text_nearest(name + (strncasecmp(name, "CAP_", prefix) == 0 ? prefix : 0), names, CAP_NAME_COUNT);
        return nearest == NULL ? NULL : nearest - prefix;
}

/* glibc's, which everybody's numbers are counted from: two below are its own, of the kernel's (signal(7)). musl keeps a third. */
#define SIGNAL_RTMIN 34
#define SIGNAL_RTMAX (_NSIG - 1)

/* RTMIN, RTMIN+3, RTMAX-1: what lies between is only named by its distance (signal(7)). */
static int real_time_signal(const char *name)
{
        bool up = strncasecmp(name, "RTMIN", 5) == 0;
        uint64_t distance = 0;

        if (!up && strncasecmp(name, "RTMAX", 5) != 0)
                return -1;
        if (name[5] != '\0' && (name[5] != (up ? '+' : '-') ||
                                number_parse(name + 6, (uint64_t)(SIGNAL_RTMAX - SIGNAL_RTMIN), &distance) < 0))
                return -1;
        return up ? SIGNAL_RTMIN + (int)distance : SIGNAL_RTMAX - (int)distance;
}

/* Second names (signal(7)), where the tables of words have one for each number. */
static const struct {
        const char *name;
        int number;
} signal_synonyms[] = {{"IO", SIGIO}, {"IOT", SIGIOT}, {"CLD", SIGCHLD}};

int signal_number(const char *word)
{
        const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
        uint64_t number;

        if (number_parse(word, _NSIG - 1, &number) == 0)
                return (int)number;
        for (int i = 1; i < _NSIG; i++)
                if (signal_name(i) != NULL && strcasecmp(signal_name(i), name) == 0)
                        return i;
        for (size_t i = 0; i < ELEMENTS(signal_synonyms); i++)
                if (strcasecmp(signal_synonyms[i].name, name) == 0)
                        return signal_synonyms[i].number;
        return real_time_signal(name);
}

bool signal_ends(int signal)
{
        static const int others[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
        size_t i = 0;

        while (i < ELEMENTS(others) && others[i] != signal)
                i++;
        return signal > 0 && i == ELEMENTS(others);
}

int signal_unknown(const char *word, struct ward_err *err)
{
        const char *names[_NSIG];
        const char *near;
        size_t count = 0;

        for (int i = 1; i < _NSIG; i++)
                if (signal_name(i) != NULL)
                        names[count++] = signal_name(i);
        near = text_nearest(strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word, names, count);
        (void)err_set(err, -EINVAL, "'%s' is not a signal", word);
        (void)err_mistake(err, MISTAKE_SIGNAL);
        if (near != NULL)
                return err_hint(err, "did you mean '%s'?", near);
        return err_hint(err, "'kill -l' lists the names; numbers go from 1 to %d", _NSIG - 1);
}
