/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in memory: files that nobody can write any more, and that can be executed (memfd_create(2), fcntl(2) "File Sealing"). */
#ifndef KERN_SEALED_H
#define KERN_SEALED_H

/* A new, empty file, open for writing. Returns a descriptor or -errno. */
int sealed_new(const char *name);

/* Seals what was written to @fd, which stays the caller's, against every change. Returns a descriptor by which it can be executed. */
int sealed_finish(int fd);

/* The file behind @fd is sealed so. */
_Bool sealed_is(int fd);

#endif
