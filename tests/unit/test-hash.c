/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/mem.h"

/* Bytes 0, 1, 2 ... 250, 0 ... of length @len, hashed in pieces of @piece. */
static void hash_pattern(size_t len, size_t piece, char hex[2 * HASH_BYTES + 1])
{
        static const char digits[] = "0123456789abcdef";
        uint8_t result[HASH_BYTES], buffer[1024];
        struct hash hash;

        assert_true(len <= sizeof(buffer));
        for (size_t i = 0; i < len; i++)
                buffer[i] = (uint8_t)(i % 251);
        hash_init(&hash);
        for (size_t at = 0; at < len; at += piece)
                hash_add(&hash, buffer + at, len - at < piece ? len - at : piece);
        hash_finish(&hash, result);
        for (size_t i = 0; i < HASH_BYTES; i++) {
                hex[2 * i] = digits[result[i] >> 4];
                hex[2 * i + 1] = digits[result[i] & 15];
        }
        hex[sizeof(result) * 2] = '\0';
}

/* From another implementation: python3 -c 'import hashlib; print(hashlib.blake2b(bytes(i % 251 for i in range(LEN)),
 * digest_size=32).hexdigest())'. The lengths are those around a block. */
static void test_vectors(void **state)
{
        static const struct {
                size_t len;
                const char *hex;
        } vectors[] = {
                {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
                {1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"},
                {3, "3d8c3d594928271f44aad7a04b177154806867bcf918e1549c0bc16f9da2b09b"},
                {127, "f2fe67ff342e21b8f45e8f2e0bcd1d9243245d50ee6c78042e9c491388791c72"},
                {128, "c3582f71ebb2be66fa5dd750f80baae97554f3b015663c8be377cfcb2488c1d1"},
                {129, "f7f3c46ba2564ff4c4c162da1f5b605f9f1c4aa6a20652a9f9a337c1a2f5b9c9"},
                {255, "d9ef0fc521b4266d16df662bec231bc2ec3989e7adeaf63169c295dc239dbbea"},
                {256, "582f782226018ec33076bd8d1c42413530ac7e1126260ffc0f306ba3befc3f24"},
                {257, "227e15ed64ee8e93eb7bc53828f76eed974f2c4ab1408c3d08f212b7f8d69904"},
                {1000, "b372d0608f720c8c3dd41e9c8eecb10143b41abe520b616607e754bf79c08331"},
        };
        static const size_t pieces[] = {1, 7, 127, 128, 129, 1024};
        char hex[2 * HASH_BYTES + 1];

        for (size_t i = 0; i < ELEMENTS(vectors); i++) {
                for (size_t j = 0; j < ELEMENTS(pieces); j++) {
                        hash_pattern(vectors[i].len, pieces[j], hex);
                        assert_string_equal(hex, vectors[i].hex);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
