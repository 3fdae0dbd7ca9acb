/* SPDX-License-Identifier: Apache-2.0 */
/* The seccomp filter of a container; see profile.h. */
#include "engine/profile.h"

#include <linux/seccomp.h>
#include <sys/utsname.h>

/* One number of "6.18.5-amd64", and what is behind it. */
static unsigned take_number(const char **text)
{
        unsigned number = 0;

        for (; **text >= '0' && **text <= '9' && number < 100000; (*text)++)
                number = number * 10 + (unsigned)(**text - '0');
        return number;
}

int profile_context(uint64_t caps, struct seccomp_context *ret_context, struct ward_err *err)
{
        struct seccomp_context context = {.caps = caps};
        struct utsname kernel;
        const char *release;

        if (uname(&kernel) < 0)
                return err_errno(err, "ask for the kernel's version");
        release = kernel.release;
        context.kernel_major = take_number(&release);
        release += *release == '.';
        context.kernel_minor = take_number(&release);
        *ret_context = context;
        return 0;
}

int profile_filter(const struct ward_spec *spec, bool docker, int cache_fd, struct arena *arena,
                   struct seccomp_filter *ret_filter, struct ward_err *err)
{
        const char *file = spec->seccomp.file != NULL ? spec->seccomp.file : spec->file;
        struct seccomp_context context;
        int r = docker ? profile_context(spec->process.caps.bounding, &context, err) : 0;

        if (r < 0)
                return r;
        return filter_get(&spec->seccomp, file, docker ? &context : NULL, cache_fd, arena, ret_filter, NULL, err);
}

int profile_check(const struct seccomp_filter *filter, struct ward_err *err)
{
        /* LOG, which every filter has, is older than what a start needs besides. */
        uint32_t flags = filter->flags & ~(uint32_t)SECCOMP_FILTER_FLAG_LOG;

        return flags == 0 ? 0 : seccomp_flags_check(flags, err);
}
