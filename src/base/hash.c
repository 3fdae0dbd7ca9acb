/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b-256 without a key, as RFC 7693 writes it; see hash.h. */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

#define ROUNDS 12

static const uint64_t initial[8] = {
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Which words of the message a round mixes in (RFC 7693, 2.7); rounds 10 and 11 are 0 and 1 again. */
static const uint8_t schedule[10][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
        {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
        {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
        {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
        {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
        return word >> bits | word << (64 - bits);
}

static void mix(uint64_t v[16], int a, int b, int c, int d, uint64_t x, uint64_t y)
{
        v[a] += v[b] + x;
        v[d] = rotate(v[d] ^ v[a], 32);
        v[c] += v[d];
        v[b] = rotate(v[b] ^ v[c], 24);
        v[a] += v[b] + y;
        v[d] = rotate(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = rotate(v[b] ^ v[c], 63);
}

/* Takes in the block, of which @len bytes count. */
static void compress(struct hash *hash, size_t len, int last)
{
        uint64_t v[16], m[16];

        hash->total += len;
        memcpy(m, hash->block, sizeof(m));
        for (int i = 0; i < 16; i++)
                m[i] = le64toh(m[i]);
        memcpy(v, hash->state, sizeof(hash->state));
        memcpy(v + 8, initial, sizeof(initial));
        v[12] ^= hash->total;
        if (last)
                v[14] = ~v[14];
        for (int round = 0; round < ROUNDS; round++) {
                const uint8_t *s = schedule[round % 10];

                mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
                mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
                mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
                mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
                mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
                mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
                mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
                mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
        }
        for (int i = 0; i < 8; i++)
                hash->state[i] ^= v[i] ^ v[i + 8];
        hash->used = 0;
}

void hash_init(struct hash *hash)
{
        memset(hash, 0, sizeof(*hash));
        memcpy(hash->state, initial, sizeof(initial));
        /* The parameter block: 32 bytes of result, no key, one leaf. */
        hash->state[0] ^= 0x01010000 ^ HASH_BYTES;
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
        const uint8_t *bytes = data;

        while (len > 0) {
                size_t take = HASH_BLOCK - hash->used;

                /* The last block is marked, so a full one waits until it is known not to be the last. */
                if (take == 0) {
                        compress(hash, HASH_BLOCK, 0);
                        continue;
                }
                if (take > len)
                        take = len;
                memcpy(hash->block + hash->used, bytes, take);
                hash->used += take;
                bytes += take;
                len -= take;
        }
}

void hash_finish(struct hash *hash, uint8_t result[HASH_BYTES])
{
        uint64_t words[HASH_BYTES / sizeof(uint64_t)];

        memset(hash->block + hash->used, 0, HASH_BLOCK - hash->used);
        compress(hash, hash->used, 1);
        for (size_t i = 0; i < HASH_BYTES / sizeof(uint64_t); i++)
                words[i] = htole64(hash->state[i]);
        memcpy(result, words, HASH_BYTES);
}
