/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's half of a start where one process takes another one's place (OP_CLONE); see launch.h. */
#include <errno.h>

#include "base/fd.h"
#include "kern/clone.h"
#include "kern/proc.h"
#include "launch/launch.h"

/* Whom @record tells: a pidfd, which takes @fd's place, and its pid here. One that was made in a pid namespace that its maker joined has another number
 * there than here, and comes as a descriptor. */
static int find_told(const struct launch *launch, const struct record *record, int *fd, pid_t *ret_pid)
{
        if (*fd >= 0)
                return proc_pid_of(launch->proc_fd, *fd, ret_pid);
        *ret_pid = (pid_t)record->value;
        *fd = pidfd_open_pid(*ret_pid);
        return *fd < 0 ? *fd : 0;
}

int launch_follow(struct launch *launch, const struct record *record, int fd, struct ward_err *err)
{
        _cleanup_close_
        int pidfd = fd;
        siginfo_t info;
        pid_t pid;
        int r = find_told(launch, record, &pidfd, &pid);

        /* It is a child of ours: whatever the record says, no stranger is signalled or waited for. */
        if (r >= 0)
                r = pidfd_wait(pidfd, true, true, &info);
        if (r < 0)
                return err_code(err, r, "follow the container's init");
        launch_reap_first(launch);
        launch->first = launch->pidfd;
        launch->pidfd = TAKE_FD(pidfd);
        launch->pid = pid;
        return 0;
}

void launch_reap_first(struct launch *launch)
{
        siginfo_t info;

        if (launch->first >= 0)
                (void)pidfd_wait(launch->first, false, false, &info);
        launch->first = fd_close(launch->first);
}
