/* SPDX-License-Identifier: Apache-2.0 */
/* The flags of seccomp(2): their names, and which of them this kernel takes; and the names of answers. */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/text.h"
#include "base/words.h"
#include "kern/careful.h"
#include "kern/seccomp.h"

#define PREFIX "SECCOMP_FILTER_FLAG_"

static const struct {
        uint32_t flag;
        uint32_t with; /* what seccomp(2) wants beside it */
        const char *name, *since;
} flag_names[] = {
        /* By age: the newest is named first. */
        {SECCOMP_FILTER_FLAG_TSYNC, 0, "TSYNC", "3.17"},
        {SECCOMP_FILTER_FLAG_LOG, 0, "LOG", "4.14"},
        {SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0, "SPEC_ALLOW", "4.17"},
        {SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, "NEW_LISTENER", "5.0"},
        {SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_FILTER_FLAG_NEW_LISTENER, "WAIT_KILLABLE_RECV", "5.19"},
};

/* seccomp(2): flags that are known let it go on to the filter, whose address is bad. What else may hinder it is not about flags. */
static bool is_refused(uint32_t flags)
{
        return careful_syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, 0, 0, 0) == -EINVAL;
}

int seccomp_flags_check(uint32_t flags, struct ward_err *err)
{
        struct utsname kernel;

        if (!is_refused(flags))
                return 0;
        if (uname(&kernel) < 0)
                return err_errno(err, "ask for the kernel's version");
        for (size_t i = ELEMENTS(flag_names); i-- > 0;) {
                if ((flags & flag_names[i].flag) == 0 || !is_refused(flag_names[i].flag | flag_names[i].with))
                        continue;
                (void)err_set(err, -EOPNOTSUPP,
                              "load the seccomp filter with " PREFIX
                              "%s: this kernel, Linux %s, does not know that flag",
                              flag_names[i].name, kernel.release);
                return err_hint(err,
                                "it came with Linux %s; leave it out of the profile's flags, or boot a newer kernel",
                                flag_names[i].since);
        }
        return err_set(err, -EOPNOTSUPP,
                       "load the seccomp filter: this kernel, Linux %s, takes no such flags together: %#x",
                       kernel.release, flags);
}

void seccomp_flags_print(uint32_t flags, struct text *text)
{
        const char *between = "";

        for (size_t i = 0; i < ELEMENTS(flag_names); i++) {
                if ((flags & flag_names[i].flag) == 0)
                        continue;
                text_printf(text, "%s%s", between, flag_names[i].name);
                between = "|";
                flags &= ~flag_names[i].flag;
        }
        if (flags != 0)
                text_printf(text, "%s%#x", between, flags);
}

void seccomp_answer_print(uint32_t answer, struct text *text)
{
        static const struct {
                uint32_t action;
                const char *name;
        } names[] = {{SECCOMP_RET_ALLOW, "allow"},
                     {SECCOMP_RET_LOG, "log"},
                     {SECCOMP_RET_USER_NOTIF, "notify"},
                     {SECCOMP_RET_TRACE, "trace"},
                     {SECCOMP_RET_TRAP, "trap"},
                     {SECCOMP_RET_KILL_THREAD, "kill thread"},
                     {SECCOMP_RET_KILL_PROCESS, "kill process"}};
        uint32_t data = answer & SECCOMP_RET_DATA, action = answer & SECCOMP_RET_ACTION_FULL;
        const char *code = errno_name((int)data), *name = "kill process";

        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (names[i].action == action)
                        name = names[i].name;
        if (action != SECCOMP_RET_ERRNO)
                text_printf(text,
                            data != 0 && (action == SECCOMP_RET_TRACE || action == SECCOMP_RET_TRAP) ? "%s %u" : "%s",
                            name, data);
        else if (code != NULL && data != 0)
                text_puts(text, code);
        else
                text_printf(text, "errno %u", data);
}
