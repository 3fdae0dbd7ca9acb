/* SPDX-License-Identifier: Apache-2.0 */
/* The hierarchies in which a container has groups, as its state has them: by their identities; see site.h. */
#include "engine/site.h"

#include <string.h>

const char *site_used(struct site *site)
{
        size_t len[CGROUP_HIERARCHY_MAX] = {0}, room = 1;
        char *used, *at;

        for (size_t i = 0; i < site->layout.count; i++)
                if ((site->used >> i & 1) != 0) {
                        len[i] = strlen(site->layout.hierarchies[i].identity);
                        room += len[i] + 1;
                }
        at = used = arena_new(&site->arena, char, room);
        for (size_t i = 0; used != NULL && i < site->layout.count; i++) {
                if ((site->used >> i & 1) == 0)
                        continue;
                if (at > used)
                        *at++ = ' ';
                memcpy(at, site->layout.hierarchies[i].identity, len[i]);
                at += len[i];
        }
        return used;
}

/* The place of a hierarchy in the layout, or the layout's count. */
static size_t find_identity(const struct cgroup_layout *layout, const char *identity, size_t len)
{
        size_t i = 0;

        while (i < layout->count && (strncmp(layout->hierarchies[i].identity, identity, len) != 0 ||
                                     layout->hierarchies[i].identity[len] != '\0'))
                i++;
        return i;
}

/* Others may have been mounted since, and in another mount namespace some may be missing: what counts is which they are. */
void site_use(struct site *site, const char *used)
{
        size_t count = 0, len;

        site->used = 0;
        site->place.clone_into_cgroup = false;
        for (; *used != '\0'; used += len + (used[len] == ' ')) {
                const struct cgroup_hierarchy *h;
                size_t i;

                len = strcspn(used, " ");
                i = find_identity(&site->layout, used, len);
                if (i == site->layout.count) {
                        site->absent = used;
                        continue;
                }
                h = &site->layout.hierarchies[i];
                if ((site->used >> i & 1) == 0)
                        site->hierarchies[count++] =
                                (struct place_hierarchy){h->version, h->name, h->mount, NULL, NULL, (int)i};
                site->used |= 1u << i;
                site->place.clone_into_cgroup |= h->version == 2 && site->place.cgroup_path != NULL;
        }
        site->place.hierarchy_count = count;
}
