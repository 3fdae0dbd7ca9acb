/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountinfo and /proc/self/cgroup, with a NUL between them: base/procfs.c reads a line as scanf does, and kern/cgroup-layout.c makes of both what can be
 * used: groups with a path, each in a mount that the text has.
 */
#include "base/mem.h"
#include "base/path.h"
#include "base/procfs.h"
#include "fuzz.h"
#include "kern/cgroup-private.h"

/* The second opinion, for lines whose fields are not empty and hold no other white space. */
static void compare(const char *line, int found, const struct procfs_mount *mount)
{
        _cleanup_free_ char *root = NULL, *point = NULL, *type = NULL, *source = NULL, *options = NULL, *id = NULL;
        const char *separator, *peers;
        int behind = 0, n;

        if (line[strcspn(line, "\t\v\f\r")] != '\0' || strstr(line, "  ") != NULL || *line == ' ')
                return;
        n = sscanf(line, "%ms %*s %*s %ms %ms %*s%n", &id, &root, &point, &behind);
        separator = n == 3 && behind > 0 ? strstr(line + behind, " - ") : NULL;
        if (separator == NULL) {
                EXPECT(found < 0);
                return;
        }
        n = sscanf(separator, " - %ms %ms %m[^\n]", &type, &source, &options);
        if (n != 3 || *point != '/')
                return;
        EXPECT(found == 1 && strcmp(mount->root, root) == 0 && strcmp(mount->point, point) == 0);
        EXPECT(strcmp(mount->type, type) == 0 && strcmp(mount->source, source) == 0);
        EXPECT(strcmp(mount->options, options) == 0 && strcmp(mount->id, id) == 0);
        peers = procfs_mount_peers(mount);
        EXPECT(peers == NULL || strncmp(peers - strlen("shared:"), "shared:", strlen("shared:")) == 0);
        EXPECT(peers != NULL || strstr(line + behind, " shared:") == NULL ||
               strstr(line + behind, " shared:") > separator);
}

static void read_lines(const char *text)
{
        _cleanup_free_ char *copy = strdup(text), *lines = strdup(text);
        char *rest = copy, *others = lines, *line;
        struct procfs_mount mount = {0};
        int r;

        EXPECT(copy != NULL && lines != NULL);
        while ((r = procfs_next_mount(&rest, &mount)) != 0) {
                line = strsep(&others, "\n");
                EXPECT(line != NULL);
                compare(line, r, &mount);
                if (r < 0)
                        continue;
                EXPECT(mount.point[0] == '/');
                path_unescape(mount.root);
                path_unescape(mount.point);
        }
        EXPECT(others == NULL || *others == '\0');
}

static bool same(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

static void read_layout(const char *mountinfo, const char *self_cgroup)
{
        _cleanup_arena_ struct arena arena = {0};
        struct cgroup_layout layouts[2] = {{.count = 0}, {.count = 0}};
        struct ward_err err = {0};
        int results[2];

        for (size_t i = 0; i < 2; i++) {
                _cleanup_free_ char *mounts = strdup(mountinfo), *groups = strdup(self_cgroup);

                EXPECT(mounts != NULL && groups != NULL);
                results[i] = cgroup_layout_parse(&arena, mounts, groups, NULL, &layouts[i], &err);
                EXPECT(results[i] >= 0 || err.errnum != 0);
        }
        EXPECT(results[0] == results[1] && layouts[0].count == layouts[1].count);
        for (size_t i = 0; i < layouts[0].count; i++) {
                const struct cgroup_hierarchy *one = &layouts[0].hierarchies[i], *two = &layouts[1].hierarchies[i];

                EXPECT(one->version == 1 || (one->version == 2 && one->controllers == 0));
                EXPECT(one->fd < 0 && one->own_path[0] == '/' && one->mount[0] == '/');
                EXPECT(same(one->own_path, two->own_path) && same(one->mount, two->mount) &&
                       same(one->name, two->name));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *mountinfo = fuzz_part(&data, &size), *self_cgroup = fuzz_part(&data, &size);

        read_lines(mountinfo);
        read_layout(mountinfo, self_cgroup);
        return 0;
}
