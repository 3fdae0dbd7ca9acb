/* SPDX-License-Identifier: Apache-2.0 */
/* The words for errors and signals, as tools/words-table.c prints them at build time. Only words.c reads them. */
#ifndef BASE_WORDS_TABLE_H
#define BASE_WORDS_TABLE_H

#include <stddef.h>

extern const char errno_words[]; /* NAME\0TEXT\0 of each, from 0; an empty word where there is none */
extern const size_t errno_count;
extern const char signal_words[]; /* NAME\0 of each, without SIG */
extern const size_t signal_count;

#endif
