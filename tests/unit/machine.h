/* SPDX-License-Identifier: Apache-2.0 */
/* A small machine for tests of the root `host`: a directory with system files, secrets and mounts that the test process makes its root, in a
 * mount namespace of its own. */
#ifndef TESTS_UNIT_MACHINE_H
#define TESTS_UNIT_MACHINE_H

#include <sys/stat.h>

#define BASE 300000
#define COUNT 65536

struct machine {
        int outside; /* the mount namespace that the test was started in */
        char path[64];
        int socket;
        const char *unable; /* why there is none, or NULL */
};

/* For cmocka; *@state is the struct machine. */
int machine_setup(void **state);
int machine_teardown(void **state);

/* Ends the test, as a skip, without a machine. */
void need_machine(const struct machine *machine);

/* Appends @text, and sets the mode. Returns 0 or -1 with errno. */
int write_file(const char *path, const char *text, mode_t mode);

#endif
