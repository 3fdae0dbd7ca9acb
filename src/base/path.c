/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text; see path.h. */
#include "base/path.h"

#include <string.h>
#include <unistd.h>

int path_absolute(const char *path, struct arena *arena, const char **ret_path, struct ward_err *err)
{
        _cleanup_free_ char *here = NULL;
        const char *whole = path;

        if (*path != '/') {
                here = getcwd(NULL, 0);
                if (here == NULL)
                        return err_errno(err, "find the current directory");
                while (path[0] == '.' && path[1] == '/')
                        path += 2 + strspn(path + 2, "/");
                whole = *path == '\0' || strcmp(path, ".") == 0 ? arena_strdup(arena, here)
                                                                : arena_concat(arena, here, "/", path);
        }
        if (whole == NULL)
                return err_oom(err);
        *ret_path = whole;
        return 0;
}

const char *path_clean(const char *path, struct arena *arena)
{
        char *clean = arena_alloc(arena, 1, strlen(path) + 2);
        size_t at = 0, len;

        if (clean == NULL)
                return NULL;
        for (; *path != '\0'; path += len) {
                path += strspn(path, "/");
                len = strcspn(path, "/");
                if (len == 0 || (len == 1 && path[0] == '.'))
                        continue;
                if (len == 2 && path[0] == '.' && path[1] == '.') {
                        while (at > 0 && clean[--at] != '/')
                                ;
                        continue;
                }
                clean[at++] = '/';
                memcpy(clean + at, path, len);
                at += len;
        }
        if (at == 0)
                clean[at++] = '/';
        clean[at] = '\0';
        return clean;
}

size_t path_depth(const char *path)
{
        size_t depth = 0;

        for (; path[0] == '/' && path[1] != '\0'; path += 1 + strcspn(path + 1, "/"))
                depth++;
        return depth;
}

void path_unescape(char *text)
{
        char *to = strchrnul(text, '\\');

        for (const char *from = to; *from != '\0'; to++) {
                if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
                    from[3] >= '0' && from[3] <= '7') {
                        *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
                        from += 4;
                } else {
                        *to = *from++;
                }
        }
        *to = '\0';
}
