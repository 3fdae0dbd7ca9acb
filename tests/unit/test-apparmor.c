/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor profiles out of specs: what a spec allows and denies stands in them, and nothing in a path is taken for a pattern. */
#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/apparmor.h"

#define BIT(cap) (UINT64_C(1) << (cap))

static const struct spec_path masked[] = {{.path = "/a b/\"x\"*[1]{y}^@\\q\n"}}, readonly[] = {{.path = "/proc/sys"}};

static void test_profile(void **state)
{
        struct ward_spec spec = {
                .process.caps.bounding = BIT(CAP_CHOWN) | BIT(CAP_NET_BIND_SERVICE),
                .masked_paths = masked,
                .masked_path_count = 1,
                .readonly_paths = readonly,
                .readonly_path_count = 1,
        };
        _cleanup_text_ struct text text = {0}, more = {0};

        (void)state;
        apparmor_profile(&spec, "web", false, &text);
        assert_non_null(strstr(text.data, "\nprofile web flags=(attach_disconnected,mediate_deleted) {\n"));
        assert_non_null(
                strstr(text.data, "\n  capability chown,\n  capability net_bind_service,\n  network inet stream,\n"));
        assert_non_null(strstr(text.data, "\n  deny mount,\n"));
        assert_non_null(strstr(text.data, "\n  signal (send, receive) peer=web,\n"));
        assert_non_null(
                strstr(text.data, "\n  deny \"/a b/\\\"x\\\"\\*\\[1\\]\\{y\\}\\^\\@\\\\q\\012{,/**}\" rwklx,\n"));
        assert_non_null(strstr(text.data, "\n  deny \"/proc/sys{,/**}\" wkl,\n}\n"));
        assert_null(strstr(text.data, "raw"));
        spec.process.caps.bounding |= BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_RAW);
        apparmor_profile(&spec, "web", true, &more);
        assert_non_null(strstr(more.data, "mediate_deleted,complain) {"));
        assert_non_null(strstr(more.data, "\n  mount,\n  umount,\n  pivot_root,\n"));
        assert_non_null(strstr(more.data, "\n  network inet raw,\n"));
        assert_null(strstr(more.data, "deny mount"));
}

static void test_names(void **state)
{
        static const char *const good[] = {"ward-default", "a", "_x.1"}, *const bad[] = {"",   "a b", "a{b", "-a",
                                                                                         ".a", "a/b", "a\n", "é"};
        struct ward_err err = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
                assert_int_equal(apparmor_name_check(good[i], &err), 0);
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(apparmor_name_check(bad[i], &err), -EINVAL);
}

static void test_labels(void **state)
{
        (void)state;
        assert_true(apparmor_confines("web (enforce)\n", "web"));
        assert_true(apparmor_confines("web", "web"));
        assert_true(apparmor_confines("unconfined//&web (mixed)\n", "web"));
        assert_true(apparmor_confines("web//&other (complain)", "web"));
        assert_true(apparmor_confines("a b//&web//&c (enforce)", "web"));
        assert_false(apparmor_confines("webber (enforce)", "web"));
        assert_false(apparmor_confines("we (enforce)", "web"));
        assert_false(apparmor_confines("web//child (enforce)", "web"));
        assert_false(apparmor_confines("unconfined\n", "web"));
        assert_false(apparmor_confines("", "web"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_profile), cmocka_unit_test(test_names),
                                           cmocka_unit_test(test_labels)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
