/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point of a fuzz target: libFuzzer calls it with clang, replay.c with the files of a corpus everywhere. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Any bytes. A finding is a crash or a report of a sanitizer. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
