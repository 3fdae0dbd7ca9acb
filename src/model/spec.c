/* SPDX-License-Identifier: Apache-2.0 */
/* What concerns every spec, whatever it was made from; see spec.h. */
#include "model/spec.h"

#include <stdio.h>
#include <string.h>

#define STEPS_AT_FIRST 32

const char *const spec_throttle_names[SPEC_THROTTLE_COUNT] = {
        [SPEC_READ_BPS] = "throttleReadBpsDevice",
        [SPEC_WRITE_BPS] = "throttleWriteBpsDevice",
        [SPEC_READ_IOPS] = "throttleReadIOPSDevice",
        [SPEC_WRITE_IOPS] = "throttleWriteIOPSDevice",
};

const char *const spec_ns_names[SPEC_NS_COUNT] = {
        [SPEC_NS_USER] = "user",   [SPEC_NS_CGROUP] = "cgroup", [SPEC_NS_IPC] = "ipc",   [SPEC_NS_UTS] = "uts",
        [SPEC_NS_NET] = "network", [SPEC_NS_PID] = "pid",       [SPEC_NS_TIME] = "time", [SPEC_NS_MOUNT] = "mount",
};

const char *spec_origin_text(const struct spec_origin *origin, const char *file, char *buffer, size_t size)
{
        char place[256];

        if (origin->field == NULL) {
                (void)snprintf(buffer, size, "%s", file != NULL ? file : "the configuration");
                return buffer;
        }
        if (origin->index >= 0)
                (void)snprintf(place, sizeof(place), "%s[%d]", origin->field, origin->index);
        else
                (void)snprintf(place, sizeof(place), "%s", origin->field);
        if (origin->line > 0 && file != NULL)
                (void)snprintf(buffer, size, "%s (%s line %u)", place, file, origin->line);
        else
                (void)snprintf(buffer, size, "%s", place);
        return buffer;
}

/* "1.2.1", "1.0.2-dev": what is no version of the specification was refused when the config was read, and a state without one is of a config that
 * can't be read. */
bool spec_pids_counts(const struct spec_i64 *pids, const char *oci_version)
{
        return pids->given &&
               (pids->value != 0 || (oci_version != NULL && strlen(oci_version) > 2 &&
                                     (oci_version[2] >= '3' || (oci_version[3] >= '0' && oci_version[3] <= '9'))));
}

const char *spec_annotation(const struct ward_spec *spec, const char *key)
{
        for (size_t i = 0; i < spec->annotation_count; i++)
                if (strcmp(spec->annotations[i].key, key) == 0)
                        return spec->annotations[i].value;
        return NULL;
}

/* As sysctl(8) does: the first separator of the key decides. After a dot, a slash stands for a dot within a name
 * ("net.ipv4.conf.eth0/100.forwarding"), and after a slash everything is taken as it is. */
bool spec_sysctl_path(const char *key, char *buffer, size_t size)
{
        size_t len = strlen(key), start = 0;
        bool dots;

        if (len == 0 || len >= size)
                return false;
        dots = key[strcspn(key, "./")] == '.';
        for (size_t i = 0; i <= len; i++) {
                char c = key[i];

                if (dots && c == '.')
                        c = '/';
                else if (dots && c == '/')
                        c = '.';
                buffer[i] = c;
                if (c != '/' && c != '\0')
                        continue;
                /* A name that is empty, "." or ".." would lead elsewhere. */
                if (i == start ||
                    (buffer[start] == '.' && (i - start == 1 || (i - start == 2 && buffer[start + 1] == '.'))))
                        return false;
                start = i + 1;
        }
        return true;
}

/* Which namespace owns a setting (sysctl of the running kernel is full of host-global ones); exact names, or all below a
 * name that ends in a slash. ipc_namespaces(7), uts_namespaces(7), network_namespaces(7). */
static const struct {
        const char *path;
        enum spec_ns ns;
} namespaced[] = {
        {"kernel/msgmax", SPEC_NS_IPC},
        {"kernel/msgmnb", SPEC_NS_IPC},
        {"kernel/msgmni", SPEC_NS_IPC},
        {"kernel/msg_next_id", SPEC_NS_IPC},
        {"kernel/sem", SPEC_NS_IPC},
        {"kernel/sem_next_id", SPEC_NS_IPC},
        {"kernel/shmall", SPEC_NS_IPC},
        {"kernel/shmmax", SPEC_NS_IPC},
        {"kernel/shmmni", SPEC_NS_IPC},
        {"kernel/shm_next_id", SPEC_NS_IPC},
        {"kernel/shm_rmid_forced", SPEC_NS_IPC},
        {"fs/mqueue/", SPEC_NS_IPC},
        {"net/", SPEC_NS_NET},
        {"kernel/domainname", SPEC_NS_UTS},
        {"kernel/hostname", SPEC_NS_UTS},
};

int spec_sysctl_namespace(const char *path)
{
        for (size_t i = 0; i < ELEMENTS(namespaced); i++) {
                size_t len = strlen(namespaced[i].path);
                bool below = namespaced[i].path[len - 1] == '/';

                if (strncmp(path, namespaced[i].path, len) == 0 && (below || path[len] == '\0'))
                        return (int)namespaced[i].ns;
        }
        return -1;
}

struct spec_step *spec_add_step(struct arena *arena, struct spec_step **steps, size_t *count, size_t *room)
{
        if (*count == *room) {
                size_t more = *room == 0 ? STEPS_AT_FIRST : 2 * *room;
                struct spec_step *larger = arena_new(arena, struct spec_step, more);

                if (larger == NULL)
                        return NULL;
                if (*count > 0)
                        memcpy(larger, *steps, *count * sizeof(*larger));
                *steps = larger;
                *room = more;
        }
        return &(*steps)[(*count)++];
}

void spec_done(struct ward_spec *spec)
{
        arena_done(&spec->arena);
        *spec = (struct ward_spec){0};
}
