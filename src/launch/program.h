/* SPDX-License-Identifier: Apache-2.0 */
/* Why a program that is there can't be executed: execve(2) says ENOENT or ENOEXEC alike for several reasons, the file tells them apart. */
#ifndef LAUNCH_PROGRAM_H
#define LAUNCH_PROGRAM_H

#include "base/err.h"

/*
 * Looks at the file @path below the directory @root, which is resolved inside of it, and replaces the hint of @err by what is wrong with the
 * file: the interpreter that its first line names or the loader that it was linked for is missing, it is for another machine, it is
 * text without "#!". Leaves the hint alone where the file does not tell, or is none. @proc: procfs, which was proved to be it.
 */
void program_explain(int proc, int root, const char *path, struct ward_err *err);

#endif
