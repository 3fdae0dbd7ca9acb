/* SPDX-License-Identifier: Apache-2.0 */
/* state.json: one JSON object on one line, so that a person can read it with jq(1); see store.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/text.h"
#include "store/store.h"

#define STATE_FILE "state.json"
#define STATE_MAX (4u << 20) /* bytes: annotations can be large, a config.json is at most 16 MiB */
#define STATE_TEMPORARY "state.json.new"

int store_boot_id(char ret_id[STORE_BOOT_ID_LEN + 1], struct ward_err *err)
{
        _cleanup_close_
        int fd = openat(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        char id[STORE_BOOT_ID_LEN];
        ssize_t n;

        if (fd < 0)
                return err_errno(err, "open '/proc/sys/kernel/random/boot_id'");
        n = read(fd, id, sizeof(id));
        if (n != STORE_BOOT_ID_LEN)
                return n < 0 ? err_errno(err, "read '/proc/sys/kernel/random/boot_id'")
                             : err_set(err, -EIO, "read '/proc/sys/kernel/random/boot_id': it is too short");
        memcpy(ret_id, id, STORE_BOOT_ID_LEN);
        ret_id[STORE_BOOT_ID_LEN] = '\0';
        return 0;
}

/* @key: with its comma, its quotes and its colon. Inline: its length is known then. */
__attribute__((always_inline)) static inline void add_string(struct text *text, const char *key, const char *value)
{
        if (value == NULL)
                return;
        text_puts(text, key);
        json_write_exact(text, value);
}

__attribute__((always_inline)) static inline void add_number(struct text *text, const char *key, uint64_t value)
{
        text_puts(text, key);
        text_number(text, value);
}

static void add_mounts(struct text *text, const struct store_state *state)
{
        if (state->mount_count == 0)
                return;
        text_puts(text, ",\"mounts\":[");
        for (size_t i = 0; i < state->mount_count; i++) {
                text_printf(text, "%s{\"id\":%" PRIu32, i > 0 ? "," : "", state->mounts[i].id);
                add_string(text, ",\"destination\":", state->mounts[i].destination);
                text_puts(text, "}");
        }
        text_puts(text, "]");
}

void store_state_print(const struct store_state *state, struct text *text)
{
        add_number(text, "{\"formatVersion\":", STORE_FORMAT_VERSION);
        add_string(text, ",\"id\":", state->id);
        add_string(text, ",\"bundle\":", state->bundle);
        add_string(text, ",\"rootfs\":", state->rootfs);
        add_string(text, ",\"ociVersion\":", state->oci_version);
        add_string(text, ",\"cgroupPath\":", state->cgroup_path);
        add_string(text, ",\"cgroupHierarchies\":", state->cgroup_hierarchies);
        add_string(text, ",\"cgroupUnit\":", state->cgroup_unit);
        add_number(text, ",\"cgroupMade\":", state->cgroup_made);
        add_number(text, ",\"pid\":", (uint64_t)state->pid);
        add_number(text, ",\"pidStartTicks\":", state->pid_start_ticks);
        add_number(text, ",\"pidNsInode\":", state->pid_ns_inode);
        add_string(text, ",\"bootId\":", state->boot_id);
        add_number(text, ",\"createdUsec\":", state->created_usec);
        add_string(text, ",\"program\":", state->program);
        if (state->command != NULL) {
                text_puts(text, ",\"command\":"); /* for people */
                json_write_string(text, state->command);
        }
        add_number(text, ",\"hostUidBase\":", state->host_uid_base);
        add_number(text, ",\"owner\":", state->owner);
        add_number(text, ",\"remover\":", (uint64_t)state->remover);
        if (state->seccomp_docker)
                text_puts(text, ",\"seccompDocker\":true");
        if (state->resctrl)
                text_puts(text, ",\"resctrl\":true");
        add_string(text, ",\"stdio\":", state->stdio);
        add_mounts(text, state);
        text_puts(text, ",\"annotations\":{");
        for (const char *const *pair = state->annotations; pair != NULL && pair[0] != NULL; pair += 2) {
                if (pair != state->annotations)
                        text_puts(text, ",");
                json_write_exact(text, pair[0]);
                text_puts(text, ":");
                json_write_exact(text, pair[1]);
        }
        text_puts(text, "}");
        if (state->rest != NULL)
                text_puts(text, state->rest);
        text_puts(text, "}\n");
}

int store_write(const struct store_entry *entry, const struct store_state *state, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        _cleanup_close_
        int fd = -EBADF;
        struct store_state now = *state;
        char boot_id[STORE_BOOT_ID_LEN + 1];
        int r = store_boot_id(boot_id, err);

        if (r < 0)
                return r;
        now.boot_id = boot_id;
        store_state_print(&now, &text);
        if (text_failed(&text))
                return err_oom(err);
        if (text.len > STATE_MAX)
                return err_set(err, -EFBIG, "state of container '%s' is larger than %u bytes", state->id, STATE_MAX);
        if (json_check(text.data, text.len, STATE_FILE, err) < 0) {
                (void)err_wrap(err, "write the state of container '%s'", state->id);
                return err_hint(err, "the paths of the bundle, of the root and of the control group must be UTF-8");
        }
        fd = openat(entry->fd, STATE_TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return err_errno(err, "write the state of container '%s'", state->id);
        r = fd_write_all(fd, text.data, text.len);
        if (r == 0 && renameat(entry->fd, STATE_TEMPORARY, entry->fd, STATE_FILE) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(entry->fd, STATE_TEMPORARY, 0);
                return err_code(err, r, "write the state of container '%s'", state->id);
        }
        return 0;
}

/* A state and what is read beside it. */
struct reading {
        struct store_state state;
        uint64_t version;
        struct annotation {
                const char *key, *value;
        } * annotations;
        size_t annotation_count, annotation_room;
        struct text rest;
};

#define READ_STRING(function, member)                             \
        static int function(struct json *json, void *target)      \
        {                                                         \
                struct reading *reading = target;                 \
                return json_string(json, &reading->state.member); \
        }

#define READ_NUMBER(function, member, max)                                    \
        static int function(struct json *json, void *target)                  \
        {                                                                     \
                struct reading *reading = target;                             \
                uint64_t value;                                               \
                int r = json_u64(json, (max), &value);                        \
                if (r == 0)                                                   \
                        reading->member = (__typeof__(reading->member))value; \
                return r;                                                     \
        }

READ_STRING(read_id, id)
READ_STRING(read_bundle, bundle)
READ_STRING(read_rootfs, rootfs)
READ_STRING(read_oci_version, oci_version)
READ_STRING(read_cgroup_path, cgroup_path)
READ_STRING(read_hierarchies, cgroup_hierarchies)
READ_STRING(read_unit, cgroup_unit)
READ_STRING(read_boot, boot_id)
READ_STRING(read_program, program)
READ_STRING(read_command, command)
READ_STRING(read_stdio, stdio)
READ_NUMBER(read_version, version, UINT32_MAX)
READ_NUMBER(read_made, state.cgroup_made, UINT32_MAX)
READ_NUMBER(read_pid, state.pid, INT32_MAX)
READ_NUMBER(read_start, state.pid_start_ticks, UINT64_MAX)
READ_NUMBER(read_pid_ns, state.pid_ns_inode, UINT64_MAX)
READ_NUMBER(read_created, state.created_usec, UINT64_MAX)
READ_NUMBER(read_uid_base, state.host_uid_base, UINT32_MAX)
READ_NUMBER(read_owner, state.owner, UINT32_MAX)
READ_NUMBER(read_remover, state.remover, INT32_MAX)

static int read_docker(struct json *json, void *target)
{
        struct reading *reading = target;

        return json_bool(json, &reading->state.seccomp_docker);
}

static int read_resctrl(struct json *json, void *target)
{
        struct reading *reading = target;

        return json_bool(json, &reading->state.resctrl);
}

static int read_annotation(struct json *json, void *target)
{
        struct reading *reading = target;
        struct annotation *annotation;

        if (reading->annotation_count == reading->annotation_room) {
                size_t room = reading->annotation_room * 2 + 4;
                struct annotation *larger = arena_new(json->arena, struct annotation, room + 1);

                if (larger == NULL)
                        return err_oom(json->err);
                if (reading->annotation_count > 0)
                        memcpy(larger, reading->annotations, reading->annotation_count * sizeof(*larger));
                reading->annotations = larger;
                reading->annotation_room = room;
        }
        annotation = &reading->annotations[reading->annotation_count];
        annotation->key = arena_strdup(json->arena, json->path[json->depth - 1].key);
        if (annotation->key == NULL)
                return err_oom(json->err);
        reading->annotation_count++;
        return json_string(json, &annotation->value);
}

static int read_mount_id(struct json *json, void *target)
{
        struct store_mount *mount = target;
        uint64_t id;
        int r = json_u64(json, UINT32_MAX, &id);

        if (r == 0)
                mount->id = (uint32_t)id;
        return r;
}

static int read_mount_destination(struct json *json, void *target)
{
        return json_string(json, &((struct store_mount *)target)->destination);
}

static int read_no_rest(struct json *json, void *target)
{
        const char *text;
        size_t len;

        (void)target;
        return json_skip(json, &text, &len);
}

static int read_mount(struct json *json, void *target)
{
        static const struct json_field fields[] = {
                {"id", read_mount_id, JSON_REQUIRED},
                {"destination", read_mount_destination, JSON_REQUIRED},
                {"", read_no_rest, JSON_REST},
        };

        return json_object(json, fields, ELEMENTS(fields), JSON_SKIP_UNKNOWN, target);
}

static int read_mounts(struct json *json, void *target)
{
        struct reading *reading = target;

        return json_list(json, sizeof(*reading->state.mounts), read_mount, &reading->state.mounts,
                         &reading->state.mount_count);
}

static int read_annotations(struct json *json, void *target)
{
        return json_map(json, read_annotation, target);
}

/* What a later version has added: kept as it is, and written again. */
static int read_rest(struct json *json, void *target)
{
        struct reading *reading = target;
        const char *key = json->path[json->depth - 1].key, *text;
        size_t len;
        int r = json_skip(json, &text, &len);

        if (r < 0)
                return r;
        text_puts(&reading->rest, ",");
        json_write_exact(&reading->rest, key);
        text_puts(&reading->rest, ":");
        text_add(&reading->rest, text, len);
        return text_failed(&reading->rest) ? err_oom(json->err) : 0;
}

static const struct json_field state_fields[] = {
        {"formatVersion", read_version, JSON_REQUIRED},
        {"id", read_id, JSON_REQUIRED},
        {"bundle", read_bundle, 0},
        {"rootfs", read_rootfs, 0},
        {"ociVersion", read_oci_version, 0},
        {"cgroupPath", read_cgroup_path, 0},
        {"cgroupHierarchies", read_hierarchies, 0},
        {"cgroupUnit", read_unit, 0},
        {"cgroupMade", read_made, JSON_REQUIRED},
        {"pid", read_pid, JSON_REQUIRED},
        {"pidStartTicks", read_start, JSON_REQUIRED},
        {"pidNsInode", read_pid_ns, JSON_REQUIRED},
        {"bootId", read_boot, JSON_REQUIRED},
        {"createdUsec", read_created, JSON_REQUIRED},
        {"program", read_program, 0},
        {"command", read_command, 0},
        {"hostUidBase", read_uid_base, JSON_REQUIRED},
        {"owner", read_owner, JSON_REQUIRED},
        {"remover", read_remover, 0},
        {"seccompDocker", read_docker, 0},
        {"resctrl", read_resctrl, 0},
        {"stdio", read_stdio, 0},
        {"mounts", read_mounts, 0},
        {"annotations", read_annotations, 0},
        {"", read_rest, JSON_REST},
};

static int fail_damaged(struct ward_err *err, const char *why)
{
        char copy[WARD_ERR_MESSAGE_MAX];

        /* @why may be in @err. */
        (void)snprintf(copy, sizeof(copy), "%s", why);
        (void)err_set(err, -EBADMSG, "the container's state is damaged: %s", copy);
        (void)err_hint(err, "'ward rm -f' or 'ward-oci delete --force' still ends and removes it: its processes are "
                            "found through its cgroup");
        return -EBADMSG;
}

/* The version alone: what else stands there is that version's. 0: it can't be read. */
static uint64_t version_of(const char *text, size_t len, struct arena *arena)
{
        static const struct json_field fields[] = {
                {"formatVersion", read_version, JSON_REQUIRED},
                {"", read_no_rest, JSON_REST},
        };
        struct reading reading = {0};
        struct ward_err ignored;
        struct json json;

        if (json_init(&json, text, len, STATE_FILE, arena, &ignored) < 0 ||
            json_object(&json, fields, ELEMENTS(fields), JSON_SKIP_UNKNOWN, &reading) < 0)
                return 0;
        return reading.version;
}

/* Not damaged: who knows it can do with the container whatever there is to do. */
static int fail_newer(struct ward_err *err, uint64_t version)
{
        (void)err_set(err, -EPROTONOSUPPORT,
                      "the container's state has the format version %" PRIu64
                      " of a newer ward, this program knows %d and older ones",
                      version, STORE_FORMAT_VERSION);
        return err_hint(err, "use the program that made the container, or a newer one");
}

static int read_state(struct json *json, struct reading *reading)
{
        int r = json_object(json, state_fields, ELEMENTS(state_fields), JSON_SKIP_UNKNOWN, reading);

        return r < 0 ? r : json_end(json);
}

int store_state_parse(const char *text, size_t len, struct arena *arena, struct store_state *ret_state,
                      struct ward_err *err)
{
        static const char *const none[] = {NULL};
        struct reading reading = {0};
        struct ward_err local;
        struct json json;
        int r;

        r = json_init(&json, text, len, STATE_FILE, arena, &local);
        if (r >= 0)
                r = read_state(&json, &reading);
        if (r >= 0 && reading.rest.len > 0) {
                reading.state.rest = arena_strndup(arena, reading.rest.data, reading.rest.len);
                r = reading.state.rest == NULL ? -ENOMEM : 0;
        }
        text_done(&reading.rest);
        if (r == -ENOMEM)
                return err_oom(err);
        if (r < 0 || reading.version != STORE_FORMAT_VERSION) {
                uint64_t version = version_of(text, len, arena);

                if (version > STORE_FORMAT_VERSION)
                        return fail_newer(err, version);
                return fail_damaged(err, r < 0 ? local.message : STATE_FILE " has no format version");
        }
        /* The array of pairs of strings is one of strings; arena memory is zeroed, so it ends with NULL. */
        reading.state.annotations = reading.annotations == NULL ? none : (const char *const *)reading.annotations;
        *ret_state = reading.state;
        return 0;
}

bool store_has_state(const struct store_entry *entry)
{
        return fd_has(entry->fd, STATE_FILE);
}

int store_read(const struct store_entry *entry, struct arena *arena, struct store_state *ret_state,
               struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        struct store_state state;
        char boot_id[STORE_BOOT_ID_LEN + 1];
        struct ward_err local;
        size_t len;
        int r;

        r = fd_read_file(entry->fd, STATE_FILE, STATE_MAX, &text, &len, &local);
        if (r == -ENOMEM)
                return err_oom(err);
        if (r < 0)
                return fail_damaged(err, r == -ENOENT ? STATE_FILE " is missing" : local.message);
        r = store_state_parse(text, len, arena, &state, err);
        if (r < 0)
                return r;
        r = store_boot_id(boot_id, err);
        if (r < 0)
                return r;
        if (strcmp(boot_id, state.boot_id) != 0) {
                (void)err_set(err, -ESTALE, "container '%s' is of an earlier boot of this machine: nothing of it runs",
                              state.id);
                (void)err_hint(err, "remove what is left of it: 'ward rm -f %s' or 'ward-oci delete --force %s'",
                               state.id, state.id);
                return -ESTALE;
        }
        *ret_state = state;
        return 0;
}
