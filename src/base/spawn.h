/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program of the machine, also where a filter around this one refuses clone3(2). */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

/* Begins @argv[0], which is looked for in PATH, with this environment; its descriptor @as is @fd unless that is -EBADF. *@ret_pid is the
 * caller's to wait for. Returns 0 or -errno. */
int spawn_program(char *const argv[], int fd, int as, pid_t *ret_pid);

#endif
