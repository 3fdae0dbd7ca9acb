/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's home; see home.h. Directories are compared, and not their names: $HOME may be a symbolic link, and getcwd(2) never says one. */
#include "cli/home.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

static bool is_home(const char *path)
{
        return path != NULL && path[0] == '/' && path[strspn(path, "/.")] != '\0';
}

static int add(struct home *home, const char *path, struct arena *arena, struct ward_err *err)
{
        char real[PATH_MAX];

        /* Root's and that of a user without one are no place to be closed. */
        if (!is_home(path) || realpath(path, real) == NULL || strcmp(real, "/") == 0 ||
            (home->count > 0 && strcmp(home->real[0], real) == 0))
                return 0;
        home->real[home->count] = arena_strdup(arena, real);
        return home->real[home->count++] == NULL ? err_oom(err) : 0;
}

int home_find(struct arena *arena, struct home *ret_home, struct ward_err *err)
{
        const struct passwd *self = getpwuid(getuid());
        const char *told = getenv("HOME"), *known = self == NULL ? NULL : self->pw_dir;
        struct home home = {0};
        int r;

        home.name = path_clean(is_home(told) ? told : is_home(known) ? known : "/home", arena);
        if (home.name == NULL)
                return err_oom(err);
        r = add(&home, told, arena, err);
        if (r >= 0)
                r = add(&home, known, arena, err);
        if (r >= 0)
                *ret_home = home;
        return r;
}

/* Whether @path is the directory @st, or one of those above it is. */
static bool is_or_is_in(const char *path, const struct stat *st)
{
        char at[PATH_MAX];
        size_t len = strlen(path);

        memcpy(at, path, len + 1);
        for (;;) {
                struct stat here;

                if (stat(at, &here) == 0 && here.st_dev == st->st_dev && here.st_ino == st->st_ino)
                        return true;
                if (len <= 1)
                        return false;
                while (len > 0 && at[--len] != '/')
                        ;
                len += len == 0;
                at[len] = '\0';
        }
}

bool home_lies_in(const struct home *home, const char *directory)
{
        struct stat st;

        if (stat(directory, &st) < 0)
                return false;
        for (size_t i = 0; i < home->count; i++)
                if (is_or_is_in(home->real[i], &st))
                        return true;
        return false;
}
