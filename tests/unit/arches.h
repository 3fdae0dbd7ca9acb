/* SPDX-License-Identifier: Apache-2.0 */
/* The architectures of tests about system calls: this machine's, the one whose programs its kernel runs too, and one of another machine. */
#ifndef TESTS_UNIT_ARCHES_H
#define TESTS_UNIT_ARCHES_H

#include <seccomp.h>

#if defined(__x86_64__)
#define NATIVE_ARCH SCMP_ARCH_X86_64
#define COMPAT_ARCH SCMP_ARCH_X86
#define FOREIGN_ARCH SCMP_ARCH_AARCH64
#elif defined(__aarch64__)
#define NATIVE_ARCH SCMP_ARCH_AARCH64
#define COMPAT_ARCH SCMP_ARCH_ARM
#define FOREIGN_ARCH SCMP_ARCH_X86_64
#endif

#endif
