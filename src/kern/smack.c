/* SPDX-License-Identifier: Apache-2.0 */
/* Smack; see smack.h. */
#include "kern/smack.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"

#define OFFERED "/sys/fs/smackfs/relabel-self" /* the caller's own list; "-" empties it */

bool smack_active(void)
{
        _cleanup_free_ char *label = NULL;

        /* In a kernel with it the file is there, and can be read only where it is active. */
        return fd_read_file(AT_FDCWD, "/proc/self/attr/smack/current", 512, &label, NULL, NULL) >= 0 &&
               label[0] != '\0';
}

bool smack_offer(const char *label)
{
        return fd_write_file(AT_FDCWD, OFFERED, label, NULL) >= 0;
}

void smack_withdraw(void)
{
        (void)fd_write_file(AT_FDCWD, OFFERED, "-", NULL);
}
