/* SPDX-License-Identifier: Apache-2.0 */
/* Records of changed limits; see limits.h. */
#include "store/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/json.h"

#define LIMITS_NAME ".limits"
#define SUFFIX ".json"
#define TEMPORARY "new"
#define FORMAT_VERSION 1
#define RECORD_MAX (64u << 20) /* of a tree of some hundred thousand processes */
#define NAME_BYTES 16          /* of a hash */

/* ---- the directory ---- */

int store_limits_open(struct store *store, bool make, struct ward_err *err)
{
        for (;;) {
                _cleanup_close_
                int fd = -EBADF;
                struct stat st;
                int r;

                if (make && mkdirat(store->fd, LIMITS_NAME, 0700) < 0 && errno != EEXIST)
                        return err_errno(err, "make the directory '%s/" LIMITS_NAME "'", store->path);
                fd = openat(store->fd, LIMITS_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd < 0 && errno == ENOENT && make)
                        continue;
                if (fd < 0)
                        return err_errno(err, "open '%s/" LIMITS_NAME "'", store->path);
                do
                        r = flock(fd, LOCK_EX);
                while (r < 0 && errno == EINTR);
                if (r < 0 || fstat(fd, &st) < 0)
                        return err_errno(err, "lock '%s/" LIMITS_NAME "'", store->path);
                /* Else it was removed meanwhile. */
                if (st.st_nlink > 0)
                        return TAKE_FD(fd);
        }
}

void store_limits_close(struct store *store, int dirfd)
{
        if (dirfd < 0)
                return;
        /* Nobody writes it who has not got the lock. */
        (void)unlinkat(dirfd, TEMPORARY, 0);
        (void)unlinkat(store->fd, LIMITS_NAME, AT_REMOVEDIR);
        (void)flock(dirfd, LOCK_UN);
        (void)fd_close(dirfd);
}

/* A name may be a path: the file is called by the hash of all that makes the target what it is. */
static void file_name(const struct store_limit *limit, char name[2 * NAME_BYTES + sizeof(SUFFIX)])
{
        uint8_t bytes[HASH_BYTES];
        struct hash hash;

        hash_init(&hash);
        hash_add(&hash, limit->kind, strlen(limit->kind) + 1);
        hash_add(&hash, limit->name, strlen(limit->name) + 1);
        hash_add(&hash, &limit->start_ticks, sizeof(limit->start_ticks));
        hash_finish(&hash, bytes);
        for (size_t i = 0; i < NAME_BYTES; i++)
                (void)snprintf(name + 2 * i, 3, "%02x", bytes[i]);
        memcpy(name + 2 * NAME_BYTES, SUFFIX, sizeof(SUFFIX));
}

/* ---- writing ---- */

static void add_string(struct text *text, const char *before, const char *key, const char *value)
{
        if (value == NULL)
                return;
        text_printf(text, "%s\"%s\":", before, key);
        json_write_exact(text, value);
}

static void add_lists(struct text *text, const struct store_limit *limit)
{
        text_puts(text, ",\"groups\":[");
        for (size_t i = 0; i < limit->group_count; i++) {
                add_string(text, i > 0 ? ",{" : "{", "hierarchy", limit->groups[i].hierarchy);
                add_string(text, ",", "path", limit->groups[i].path);
                add_string(text, ",", "from", limit->groups[i].from);
                text_puts(text, "}");
        }
        text_puts(text, "],\"values\":[");
        for (size_t i = 0; i < limit->value_count; i++) {
                add_string(text, i > 0 ? ",{" : "{", "hierarchy", limit->values[i].hierarchy);
                add_string(text, ",", "file", limit->values[i].file);
                add_string(text, ",", "slot", limit->values[i].slot);
                add_string(text, ",", "text", limit->values[i].text);
                text_puts(text, "}");
        }
        text_puts(text, "],\"processes\":[");
        for (size_t i = 0; i < limit->process_count; i++) {
                text_printf(text, "%s{\"pid\":%d,\"startTicks\":%" PRIu64, i > 0 ? "," : "", limit->processes[i].pid,
                            limit->processes[i].start_ticks);
                add_string(text, ",", "hierarchy", limit->processes[i].hierarchy);
                add_string(text, ",", "from", limit->processes[i].from);
                text_puts(text, "}");
        }
        text_puts(text, "],\"settings\":[");
        for (size_t i = 0; i < limit->setting_count; i++) {
                text_printf(text, "%s{\"pid\":%d,\"startTicks\":%" PRIu64, i > 0 ? "," : "", limit->settings[i].pid,
                            limit->settings[i].start_ticks);
                add_string(text, ",", "what", limit->settings[i].what);
                text_printf(text, ",\"value\":%" PRId64 ",\"hard\":%" PRId64 "}", limit->settings[i].value,
                            limit->settings[i].hard);
        }
        text_puts(text, "],\"devices\":[");
        for (size_t i = 0; i < limit->device_count; i++) {
                text_puts(text, i > 0 ? "," : "");
                json_write_exact(text, limit->devices[i]);
        }
        text_puts(text, "]}\n");
}

int store_limit_write(int dirfd, const struct store_limit *limit, struct ward_err *err)
{
        char boot_id[STORE_BOOT_ID_LEN + 1], name[2 * NAME_BYTES + sizeof(SUFFIX)];
        _cleanup_text_ struct text text = {0};
        _cleanup_close_
        int fd = -EBADF;
        int r = store_boot_id(boot_id, err);

        if (r < 0)
                return r;
        text_printf(&text, "{\"formatVersion\":%d", FORMAT_VERSION);
        add_string(&text, ",", "kind", limit->kind);
        add_string(&text, ",", "name", limit->name);
        text_printf(&text, ",\"startTicks\":%" PRIu64 ",\"tree\":%s", limit->start_ticks,
                    limit->tree ? "true" : "false");
        add_string(&text, ",", "scope", limit->scope);
        add_string(&text, ",", "bootId", boot_id);
        add_lists(&text, limit);
        if (text_failed(&text))
                return err_oom(err);
        r = json_check(text.data, text.len, "record", err);
        if (r < 0)
                return err_wrap(err, "write down how '%s' was before", limit->name);
        file_name(limit, name);
        fd = openat(dirfd, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return err_errno(err, "write down how '%s' was before", limit->name);
        r = fd_write_all(fd, text.data, text.len);
        if (r == 0 && renameat(dirfd, TEMPORARY, dirfd, name) < 0)
                r = -errno;
        if (r < 0) {
                (void)unlinkat(dirfd, TEMPORARY, 0);
                return err_code(err, r, "write down how '%s' was before", limit->name);
        }
        return 0;
}

int store_limit_remove(int dirfd, const struct store_limit *limit, struct ward_err *err)
{
        char name[2 * NAME_BYTES + sizeof(SUFFIX)];

        file_name(limit, name);
        if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
                return err_errno(err, "remove the record of '%s'", limit->name);
        return 0;
}

/* ---- reading ---- */

#define READ_STRING(function, type, member)                  \
        static int function(struct json *json, void *target) \
        {                                                    \
                type *into = target;                         \
                return json_string(json, &into->member);     \
        }

#define READ_NUMBER(function, type, member, max)                        \
        static int function(struct json *json, void *target)            \
        {                                                               \
                type *into = target;                                    \
                uint64_t value;                                         \
                int r = json_u64(json, (max), &value);                  \
                if (r == 0)                                             \
                        into->member = (__typeof__(into->member))value; \
                return r;                                               \
        }

#define READ_SIGNED(function, type, member)                                 \
        static int function(struct json *json, void *target)                \
        {                                                                   \
                type *into = target;                                        \
                return json_i64(json, INT64_MIN, INT64_MAX, &into->member); \
        }

#define READ_BOOL(function, type, member)                    \
        static int function(struct json *json, void *target) \
        {                                                    \
                type *into = target;                         \
                return json_bool(json, &into->member);       \
        }

struct reading {
        struct store_limit limit;
        uint64_t version;
};

READ_NUMBER(read_version, struct reading, version, UINT32_MAX)
READ_STRING(read_kind, struct reading, limit.kind)
READ_STRING(read_name, struct reading, limit.name)
READ_NUMBER(read_start, struct reading, limit.start_ticks, UINT64_MAX)
READ_BOOL(read_tree, struct reading, limit.tree)
READ_STRING(read_scope, struct reading, limit.scope)
READ_STRING(read_boot, struct reading, limit.boot_id)

READ_STRING(read_group_hierarchy, struct store_limit_group, hierarchy)
READ_STRING(read_group_path, struct store_limit_group, path)
READ_STRING(read_group_from, struct store_limit_group, from)

READ_STRING(read_value_hierarchy, struct store_limit_value, hierarchy)
READ_STRING(read_value_file, struct store_limit_value, file)
READ_STRING(read_value_slot, struct store_limit_value, slot)
READ_STRING(read_value_text, struct store_limit_value, text)

READ_NUMBER(read_process_pid, struct store_limit_process, pid, INT32_MAX)
READ_NUMBER(read_process_start, struct store_limit_process, start_ticks, UINT64_MAX)
READ_STRING(read_process_hierarchy, struct store_limit_process, hierarchy)
READ_STRING(read_process_from, struct store_limit_process, from)

READ_NUMBER(read_setting_pid, struct store_limit_setting, pid, INT32_MAX)
READ_NUMBER(read_setting_start, struct store_limit_setting, start_ticks, UINT64_MAX)
READ_STRING(read_setting_what, struct store_limit_setting, what)
READ_SIGNED(read_setting_value, struct store_limit_setting, value)
READ_SIGNED(read_setting_hard, struct store_limit_setting, hard)

#define READ_OBJECT(function, ...)                                                               \
        static int function(struct json *json, void *target)                                     \
        {                                                                                        \
                static const struct json_field fields[] = {__VA_ARGS__};                         \
                return json_object(json, fields, ELEMENTS(fields), JSON_REFUSE_UNKNOWN, target); \
        }

READ_OBJECT(read_group, {"hierarchy", read_group_hierarchy, JSON_REQUIRED}, {"path", read_group_path, JSON_REQUIRED},
            {"from", read_group_from, 0})
READ_OBJECT(read_value, {"hierarchy", read_value_hierarchy, JSON_REQUIRED}, {"file", read_value_file, JSON_REQUIRED},
            {"slot", read_value_slot, JSON_REQUIRED}, {"text", read_value_text, JSON_REQUIRED})
READ_OBJECT(read_process, {"pid", read_process_pid, JSON_REQUIRED}, {"startTicks", read_process_start, JSON_REQUIRED},
            {"hierarchy", read_process_hierarchy, JSON_REQUIRED}, {"from", read_process_from, JSON_REQUIRED})
READ_OBJECT(read_setting, {"pid", read_setting_pid, JSON_REQUIRED}, {"startTicks", read_setting_start, JSON_REQUIRED},
            {"what", read_setting_what, JSON_REQUIRED}, {"value", read_setting_value, JSON_REQUIRED},
            {"hard", read_setting_hard, JSON_REQUIRED})

#define READ_LIST(function, member, element, reader)                                                   \
        static int function(struct json *json, void *target)                                           \
        {                                                                                              \
                struct reading *reading = target;                                                      \
                return json_list(json, sizeof(*reading->limit.member), reader, &reading->limit.member, \
                                 &reading->limit.element);                                             \
        }

static int read_text(struct json *json, void *target)
{
        return json_string(json, target);
}

READ_LIST(read_groups, groups, group_count, read_group)
READ_LIST(read_values, values, value_count, read_value)
READ_LIST(read_processes, processes, process_count, read_process)
READ_LIST(read_settings, settings, setting_count, read_setting)
READ_LIST(read_devices, devices, device_count, read_text)

static const struct json_field fields[] = {
        {"formatVersion", read_version, JSON_REQUIRED},
        {"kind", read_kind, JSON_REQUIRED},
        {"name", read_name, JSON_REQUIRED},
        {"startTicks", read_start, JSON_REQUIRED},
        {"tree", read_tree, JSON_REQUIRED},
        {"scope", read_scope, 0},
        {"bootId", read_boot, JSON_REQUIRED},
        {"groups", read_groups, JSON_REQUIRED},
        {"values", read_values, JSON_REQUIRED},
        {"processes", read_processes, JSON_REQUIRED},
        {"settings", read_settings, JSON_REQUIRED},
        {"devices", read_devices, JSON_REQUIRED},
};

static int record_read(int dirfd, const char *name, struct arena *arena, struct store_limit *ret_limit)
{
        struct reading reading = {.version = 0};
        _cleanup_free_ char *text = NULL;
        struct ward_err ignored = {0};
        struct json json;
        size_t len;
        int r = fd_read_file(dirfd, name, RECORD_MAX, &text, &len, NULL);

        if (r < 0)
                return r;
        r = json_init(&json, text, len, name, arena, &ignored);
        if (r >= 0)
                r = json_object(&json, fields, ELEMENTS(fields), JSON_REFUSE_UNKNOWN, &reading);
        if (r >= 0)
                r = json_end(&json);
        if (r < 0 || reading.version != FORMAT_VERSION)
                return r < 0 ? r : -EPROTONOSUPPORT;
        *ret_limit = reading.limit;
        return 0;
}

int store_limits_read(int dirfd, bool stale, struct arena *arena, struct store_limit **ret_limits, size_t *ret_count,
                      struct ward_err *err)
{
        char boot_id[STORE_BOOT_ID_LEN + 1];
        struct store_limit *limits = NULL;
        int fd, r = store_boot_id(boot_id, err);
        const struct dirent *item;
        size_t count = 0;
        DIR *dir;

        if (r < 0)
                return r;
        fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (dir == NULL) {
                r = err_errno(err, "list the records of limits");
                (void)fd_close(fd);
                return r;
        }
        while ((item = readdir(dir)) != NULL && r >= 0) {
                size_t len = strlen(item->d_name);

                if (len != 2 * NAME_BYTES + sizeof(SUFFIX) - 1)
                        continue;
                if ((count & (count - 1)) == 0) {
                        struct store_limit *larger = arena_new(arena, struct store_limit, count == 0 ? 1 : count * 2);

                        if (larger != NULL && count > 0)
                                memcpy(larger, limits, count * sizeof(*limits));
                        r = larger == NULL ? err_oom(err) : 0;
                        limits = larger;
                }
                if (r >= 0 && record_read(dirfd, item->d_name, arena, &limits[count]) >= 0)
                        count += stale || strcmp(limits[count].boot_id, boot_id) == 0;
        }
        (void)closedir(dir);
        if (r < 0)
                return r;
        *ret_limits = limits;
        *ret_count = count;
        return 0;
}
