/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the mount namespace in the mocked kernel: which one it is, and what is mounted on it. */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/openat2.h>
#include <string.h>

#include "child-mock.h"

bool mock_root_call(long number, const long *a, long *ret)
{
        switch (number) {
        case __NR_setns:
                mock.at_top = mock.chrooted;
                return true;
        case __NR_pivot_root:
                *ret = mock.pivots++ > 0 && mock.pivots_once ? -EINVAL : 0;
                return true;
        case __NR_umount2: /* one mount on each place, but on the root */
                if (((const char *)a[0])[0] == '.' && mock.covers > 0)
                        mock.covers--;
                mock.detached = ((const char *)a[0])[0] == '/' && !mock.detached;
                *ret = ((const char *)a[0])[0] != '/' || mock.detached ? 0 : -EINVAL;
                return true;
        case __NR_openat2: /* for writing */
                if (strcmp((const char *)a[1], "..") != 0)
                        return false;
                *ret = mock.covers > 0 && (((const struct open_how *)a[2])->resolve & RESOLVE_NO_XDEV) != 0 ? -EXDEV
                                                                                                            : -EISDIR;
                return true;
        default:
                return false;
        }
}
