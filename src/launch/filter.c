/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a profile's text to a filter, by way of a cache; see filter.h.
 *
 * A cached file is believed only where nobody but its owner, who runs this program, can have written it. That the file is the one
 * asked for is in its name, in its header and under its checksum: the key is a hash that can't be made to collide, or the author of one
 * config could prepare a weaker filter for another's. Whatever is not as it should be is compiled anew and written again.
 */
#include "launch/filter.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/syscalls.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* Of the file's layout and of what the key is made of. */
#define CACHE_FORMAT 1

/* A full cache is emptied, so that no series of configs can fill the file system. */
#define CACHE_FILES_MAX 256

#define CACHE_NAME_LEN ((size_t)2 * HASH_BYTES)

struct cache_header {
        char magic[8];
        uint32_t format;
        uint32_t flags;
        uint32_t count; /* instructions behind the header */
        uint32_t zero;
        uint8_t key[HASH_BYTES];
        uint8_t checksum[HASH_BYTES]; /* of the file with zeros here */
};

static const char cache_magic[8] = "wardbpf";

struct cache_key {
        uint8_t bytes[HASH_BYTES];
        char name[CACHE_NAME_LEN + 1];
};

static const struct filter_profile profiles[] = {
        {"default", filter_default_profile, &filter_default_profile_len, "the default seccomp profile"},
        {"strict", filter_strict_profile, &filter_strict_profile_len, "the strict seccomp profile"},
        {"systemd", filter_systemd_profile, &filter_systemd_profile_len, "the seccomp profile for systemd"},
        {"unconfined", NULL, NULL, "no seccomp profile"},
};

const struct filter_profile *filter_profile_at(size_t index)
{
        return index < ELEMENTS(profiles) ? &profiles[index] : NULL;
}

const struct filter_profile *filter_profile_named(const char *name)
{
        for (size_t i = 0; i < ELEMENTS(profiles); i++)
                if (strcmp(profiles[i].name, name) == 0)
                        return &profiles[i];
        return NULL;
}

/* Everything that the filter depends on; numbers of fixed size come first, so that no two inputs look alike. */
static void make_key(const struct spec_seccomp *profile, const struct seccomp_context *context,
                     struct cache_key *ret_key)
{
        static const char digits[] = "0123456789abcdef";
        uint64_t numbers[] = {
                CACHE_FORMAT,
                SECCOMP_TABLE_VERSION,
                syscall_arch_native(),
                context != NULL,
                context != NULL ? context->caps : 0,
                context != NULL ? context->kernel_major : 0,
                context != NULL ? context->kernel_minor : 0,
                context != NULL && context->allow_unknown,
                context != NULL && context->no_network,
                profile->len,
        };
        struct hash hash;

        hash_init(&hash);
        hash_add(&hash, numbers, sizeof(numbers));
        hash_add(&hash, syscall_table_version, strlen(syscall_table_version) + 1);
        hash_add(&hash, profile->text, profile->len);
        hash_finish(&hash, ret_key->bytes);
        for (size_t i = 0; i < HASH_BYTES; i++) {
                ret_key->name[2 * i] = digits[ret_key->bytes[i] >> 4];
                ret_key->name[2 * i + 1] = digits[ret_key->bytes[i] & 15];
        }
        ret_key->name[CACHE_NAME_LEN] = '\0';
}

static void make_checksum(const struct cache_header *header, const struct sock_filter *code, uint8_t result[HASH_BYTES])
{
        struct cache_header blank = *header;
        struct hash hash;

        memset(blank.checksum, 0, sizeof(blank.checksum));
        hash_init(&hash);
        hash_add(&hash, &blank, sizeof(blank));
        hash_add(&hash, code, header->count * sizeof(*code));
        hash_finish(&hash, result);
}

static bool is_private(const struct stat *st, mode_t type, mode_t mode, uid_t owner)
{
        return st->st_mode == (type | mode) && st->st_uid == owner;
}

/* Whether nobody else can write @cache_fd; and who may. */
static bool cache_is_private(int cache_fd, uid_t *ret_owner)
{
        struct stat st;

        if (cache_fd < 0 || fstat(cache_fd, &st) < 0 || !is_private(&st, S_IFDIR, 0700, geteuid()))
                return false;
        *ret_owner = st.st_uid;
        return true;
}

/* Reads the cached filter of @key. False: there is none that can be believed. */
static bool load(int cache_fd, uid_t owner, const struct cache_key *key, struct arena *arena,
                 struct seccomp_filter *ret_filter)
{
        _cleanup_close_
        int fd = openat(cache_fd, key->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        struct cache_header header;
        uint8_t checksum[HASH_BYTES];
        struct sock_filter *code;
        struct stat st;
        size_t bytes;

        if (fd < 0 || fstat(fd, &st) < 0 || !is_private(&st, S_IFREG, 0600, owner) || st.st_nlink != 1)
                return false;
        if (st.st_size <= (off_t)sizeof(header) || st.st_size > (off_t)(sizeof(header) + BPF_MAXINSNS * sizeof(*code)))
                return false;
        bytes = (size_t)st.st_size - sizeof(header);
        code = arena_new(arena, struct sock_filter, bytes / sizeof(*code));
        if (code == NULL || bytes % sizeof(*code) != 0)
                return false;
        if (readv(fd, (struct iovec[]){{&header, sizeof(header)}, {code, bytes}}, 2) != (ssize_t)st.st_size)
                return false;
        if (memcmp(header.magic, cache_magic, sizeof(cache_magic)) != 0 || header.format != CACHE_FORMAT ||
            header.zero != 0 || header.count != bytes / sizeof(*code) ||
            memcmp(header.key, key->bytes, sizeof(header.key)) != 0)
                return false;
        make_checksum(&header, code, checksum);
        if (memcmp(header.checksum, checksum, sizeof(checksum)) != 0)
                return false;
        *ret_filter = (struct seccomp_filter){.code = code, .count = (uint16_t)header.count, .flags = header.flags};
        return true;
}

/* Counts the cached filters that nobody has used since @since (0: all), or removes them. */
static size_t walk(int cache_fd, time_t since, bool remove)
{
        _cleanup_close_
        int fd = openat(cache_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _Alignas(struct dirent) char buffer[2048];
        size_t count = 0;
        ssize_t len;

        while (fd >= 0 && (len = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
                for (ssize_t at = 0; at < len;) {
                        const struct dirent *entry = (const struct dirent *)(buffer + at);
                        struct stat st;

                        at += entry->d_reclen;
                        /* Hexadecimal digits (base/hash.h): another file, in a directory that is for more than this, is not ours. */
                        if (strlen(entry->d_name) != CACHE_NAME_LEN ||
                            strspn(entry->d_name, "0123456789abcdef") != CACHE_NAME_LEN)
                                continue;
                        /* Where the file system keeps no time of access, it is what it was when the file was made. */
                        if (since != 0 && (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                                           st.st_atime >= since || st.st_mtime >= since))
                                continue;
                        if (!remove || unlinkat(fd, entry->d_name, 0) == 0)
                                count++;
                }
        }
        return count;
}

size_t filter_tidy(int cache_fd, unsigned days, bool dry_run)
{
        return walk(cache_fd, time(NULL) - (time_t)days * 24 * 60 * 60, !dry_run);
}

/* Puts @filter into the cache, whole or not at all; what hinders it makes the next start slower and nothing else. */
static void save(int cache_fd, const struct cache_key *key, const struct seccomp_filter *filter)
{
        struct cache_header header = {.format = CACHE_FORMAT, .flags = filter->flags, .count = filter->count};
        size_t bytes = filter->count * sizeof(*filter->code);
        _cleanup_close_
        int fd = openat(cache_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
        char path[FD_SELF_PATH_MAX];

        if (fd < 0)
                return;
        memcpy(header.magic, cache_magic, sizeof(header.magic));
        memcpy(header.key, key->bytes, sizeof(header.key));
        make_checksum(&header, filter->code, header.checksum);
        /* The umask may have taken bits away, and load() wants exactly these. */
        if (fchmod(fd, 0600) < 0 || fd_write_all(fd, &header, sizeof(header)) < 0 ||
            fd_write_all(fd, filter->code, bytes) < 0)
                return;
        if (walk(cache_fd, 0, false) >= CACHE_FILES_MAX)
                (void)walk(cache_fd, 0, true);
        fd_self_path(fd, path);
        for (int attempt = 0; attempt < 2; attempt++) {
                if (linkat(AT_FDCWD, path, cache_fd, key->name, AT_SYMLINK_FOLLOW) == 0 || errno != EEXIST)
                        return;
                /* What has the name was not believed. linkat(2) does not replace. */
                (void)unlinkat(cache_fd, key->name, 0);
        }
}

static void free_builder(struct seccomp_builder **builder)
{
        *builder = seccomp_builder_free(*builder);
}

static int add_rule(struct seccomp_builder *builder, const struct seccomp_rule *rule, struct ward_err *err)
{
        _cleanup_free_ struct seccomp_compare *compares = calloc(rule->arg_count + 1, sizeof(*compares));
        int r = 0;

        if (compares == NULL)
                return err_oom(err);
        for (size_t i = 0; i < rule->arg_count; i++) {
                const struct seccomp_arg *arg = &rule->args[i];

                compares[i] = (struct seccomp_compare){arg->index, arg->op, arg->value, arg->value_two};
        }
        for (size_t i = 0; r >= 0 && i < rule->name_count; i++)
                r = seccomp_builder_rule(builder, rule->names[i], rule->action, compares, rule->arg_count, err);
        return r;
}

/* What the kernel is asked for beside the filter itself. */
static uint32_t flags_of(const struct seccomp_filter *filter, uint32_t asked)
{
        /* Without it a refusal leaves no audit record, and nobody can say later why a call failed (seccomp(2)). */
        uint32_t flags = asked | SECCOMP_FILTER_FLAG_LOG;

        /* A rule of another architecture leaves nothing to be told. */
        if (!seccomp_filter_notifies(filter))
                return flags & ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        /* The process has one thread beside the one that sends the listener, and that is not to be filtered; with a listener
         * seccomp(2) wants SECCOMP_FILTER_FLAG_TSYNC_ESRCH, too. */
        return (flags | SECCOMP_FILTER_FLAG_NEW_LISTENER) & ~(uint32_t)SECCOMP_FILTER_FLAG_TSYNC;
}

/* "a, b"; NULL: none. */
static int name_unknown(const struct seccomp_profile *profile, struct arena *arena, const char **ret_names)
{
        _cleanup_text_ struct text names = {0};

        if (profile->unknown_count == 0)
                return 0;
        for (size_t i = 0; i < profile->unknown_count; i++)
                text_printf(&names, "%s%s", i > 0 ? ", " : "", profile->unknown[i].name);
        *ret_names = text_failed(&names) ? NULL : arena_strdup(arena, names.data);
        return *ret_names == NULL ? -ENOMEM : 0;
}

static int compile(const struct spec_seccomp *profile, const char *file, const struct seccomp_context *context,
                   struct arena *arena, struct seccomp_filter *ret_filter, struct ward_err *err)
{
        _cleanup_(free_builder) struct seccomp_builder *builder = NULL;
        _cleanup_arena_ struct arena scratch = {0};
        struct seccomp_profile parsed;
        struct seccomp_filter filter;
        int r;

        r = seccomp_profile_parse(profile->text, profile->len, file, profile->origin.line, profile->origin.column,
                                  context, &scratch, &parsed, err);
        if (r < 0 && r != -ENOMEM && err != NULL) {
                (void)err_mistake(err, MISTAKE_PROFILE);
                if (err->hint[0] == '\0')
                        (void)err_hint(
                                err,
                                context != NULL
                                        ? "mend that place of the profile; '--security-opt seccomp=default' needs none"
                                        : "mend that place of linux.seccomp, or leave it out");
        }
        if (r >= 0)
                r = seccomp_builder_new(parsed.default_action, parsed.arches, parsed.arch_count, &builder, err);
        for (size_t i = 0; r >= 0 && i < parsed.rule_count; i++) {
                r = add_rule(builder, &parsed.rules[i], err);
                if (r < 0)
                        return err_wrap(err, "%s:%u:%u", file, parsed.rules[i].line, parsed.rules[i].column);
        }
        if (r >= 0)
                r = seccomp_builder_finish(builder, arena, &filter, err);
        if (r < 0)
                return r;
        filter.flags = flags_of(&filter, parsed.flags);
        if (name_unknown(&parsed, arena, &filter.unknown) < 0)
                return err_oom(err);
        *ret_filter = filter;
        return 0;
}

int filter_get(const struct spec_seccomp *profile, const char *file, const struct seccomp_context *context,
               int cache_fd, struct arena *arena, struct seccomp_filter *ret_filter, bool *ret_cached,
               struct ward_err *err)
{
        struct seccomp_filter filter = {0};
        bool use_cache, cached = false;
        struct cache_key key;
        uid_t owner;
        int r;

        use_cache = profile->text != NULL && cache_is_private(cache_fd, &owner);
        if (use_cache) {
                make_key(profile, context, &key);
                cached = load(cache_fd, owner, &key, arena, &filter);
        }
        if (!cached && profile->text != NULL) {
                r = compile(profile, file, context, arena, &filter, err);
                if (r < 0)
                        return r;
                /* What was left out is said at each start. */
                if (use_cache && filter.unknown == NULL)
                        save(cache_fd, &key, &filter);
        }
        *ret_filter = filter;
        if (ret_cached != NULL)
                *ret_cached = cached;
        return 0;
}

bool filter_denies(const struct seccomp_filter *filter, long nr)
{
        static const uint64_t unknown[6] = {0};
        uint32_t answer;

        if (filter == NULL)
                return false;
        answer = seccomp_filter_answer(filter, NATIVE_ARCH, (uint32_t)nr, unknown) & SECCOMP_RET_ACTION_FULL;
        return answer != SECCOMP_RET_ALLOW && answer != SECCOMP_RET_LOG && answer != SECCOMP_RET_TRACE &&
               answer != SECCOMP_RET_USER_NOTIF;
}
