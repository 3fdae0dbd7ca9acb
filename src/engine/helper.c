/* SPDX-License-Identifier: Apache-2.0 */
/* Where the helper programs are; see helper.h. */
#include "engine/helper.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whoever could write a folder on the way would choose what is executed. */
static bool is_ours(const char *folder)
{
        struct stat st;

        if (lstat(folder, &st) < 0) /* host path: beside this program */
                return false;
        return S_ISDIR(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & 02) == 0;
}

/* Each folder of @path behind its first @len bytes, which end before a slash. */
static bool are_ours(char *path, size_t len)
{
        bool ours = true;
        char *next;

        for (char *at = path + len; ours && at != NULL; at = next) {
                next = strchr(at + 1, '/');
                if (next != NULL)
                        *next = '\0';
                ours = is_ours(path);
                if (next != NULL)
                        *next = '/';
        }
        return ours;
}

const char *helper_folder(struct arena *arena, const char *beside, const char *installed)
{
        char program[PATH_MAX], *slash = NULL, *path;
        ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1); /* host path: this program's own name */

        for (int i = 0; i < 2 && len > 0; i++) {
                program[len] = '\0';
                slash = strrchr(program, '/');
                len = slash == NULL ? 0 : slash - program;
        }
        if (slash == NULL || *program != '/' || len <= 0)
                return installed;
        *slash = '\0';
        path = arena_printf(arena, "%s/%s", program, beside);
        if (path == NULL)
                return NULL;
        return are_ours(path, (size_t)len) ? path : installed;
}

const char *helper_path(struct arena *arena, const char *name)
{
        const char *folder = secure_getenv("WARD_LIBEXEC");

        if (folder == NULL)
                folder = helper_folder(arena, "libexec/ward", WARD_LIBEXEC);
        return folder == NULL ? NULL : arena_concat(arena, folder, "/", name);
}
