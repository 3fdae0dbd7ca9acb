/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAKE2b with 32 bytes of result (RFC 7693): a hash that nobody can make collide. For names that are made of what an
 * untrusted person wrote.
 *
 *      struct hash hash;
 *      hash_init(&hash);
 *      hash_add(&hash, text, len);         as often as needed; where one part ends and the next begins does not show
 *      hash_finish(&hash, result);
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BYTES 32
#define HASH_BLOCK 128

struct hash {
        uint64_t state[8];
        uint64_t total; /* bytes compressed so far */
        uint8_t block[HASH_BLOCK];
        size_t used; /* of block */
};

void hash_init(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
void hash_finish(struct hash *hash, uint8_t result[HASH_BYTES]);

#endif
