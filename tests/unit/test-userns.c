/* SPDX-License-Identifier: Apache-2.0 */
/* What forbids user namespaces, as directories that look like /proc say it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/userns.h"

struct setting {
        const char *path, *value;
};

static const struct {
        struct setting settings[3];
        int code;
        const char *message, *hint;
} cases[] = {
        {{{NULL, NULL}}, 0, NULL, NULL},
        {{{"sys/user/max_user_namespaces", "15000\n"}, {"sys/kernel/unprivileged_userns_clone", "1\n"}}, 0, NULL, NULL},
        {{{"sys/user/max_user_namespaces", "0\n"}},
         -ENOSPC,
         "user.max_user_namespaces is 0",
         "sysctl -w user.max_user_namespaces=15000"},
        {{{"sys/kernel/unprivileged_userns_clone", "0\n"}},
         -EPERM,
         "kernel.unprivileged_userns_clone",
         "sysctl -w kernel.unprivileged_userns_clone=1"},
        {{{"sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"}, {"self/attr/current", "unconfined\n"}},
         -EPERM,
         "AppArmor",
         "/apparmor/ward-userns /etc/apparmor.d/ward && apparmor_parser -r"},
        {{{"sys/kernel/apparmor_restrict_unprivileged_userns", "1\n"}, {"self/attr/current", "ward (unconfined)\n"}},
         0,
         NULL,
         NULL},
        {{{"sys/kernel/apparmor_restrict_unprivileged_userns", "0\n"}, {"self/attr/current", "unconfined\n"}},
         0,
         NULL,
         NULL},
};

static void put(const char *root, const struct setting *setting)
{
        char path[512];
        FILE *file;

        (void)snprintf(path, sizeof(path), "%s/%s", root, setting->path);
        for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                (void)mkdir(path, 0755);
                *slash = '/';
        }
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(setting->value, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void test_cases(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char root[] = "/tmp/test-userns.XXXXXX", command[64];
                struct ward_err err = {0};
                int fd;

                assert_non_null(mkdtemp(root));
                for (size_t n = 0; n < 3 && cases[i].settings[n].path != NULL; n++)
                        put(root, &cases[i].settings[n]);
                fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
                assert_int_equal(userns_check(fd, &err), cases[i].code);
                if (cases[i].message != NULL) {
                        assert_non_null(strstr(err.message, cases[i].message));
                        assert_non_null(strstr(err.hint, cases[i].hint));
                }
                assert_int_equal(close(fd), 0);
                (void)snprintf(command, sizeof(command), "rm -r %s", root);
                assert_int_equal(system(command), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
