/* SPDX-License-Identifier: Apache-2.0 */
/* Users by name; see user.h. Not getpwnam(3): that would ask the machine, and load its modules. */
#include "engine/user.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/text.h"

#define FILE_MAX (4u << 20)
#define ID_MAX (UINT32_MAX - 1) /* 4294967295 is (uid_t)-1, "no change" to setresuid(2) */
#define NAMES_MAX 512           /* for suggestions */

/* One line, its fields separated by colons: passwd(5) and group(5) begin alike. */
struct entry {
        const char *name;
        uint32_t id;
        char *rest; /* behind the id: "gid:gecos:home:shell", or members */
};

static int no_text(char **ret_text, struct ward_err *err)
{
        *ret_text = strdup("");
        return *ret_text == NULL ? err_oom(err) : 0;
}

static bool is_own_root(int root_fd)
{
        struct stat root, own;

        return fstat(root_fd, &root) == 0 && stat("/", &own) == 0 && /* host path: our own root */
               root.st_dev == own.st_dev && root.st_ino == own.st_ino;
}

/* systemd's services without set-user-id files have no openat2(2) (systemd.exec(5), RestrictSUIDSGID=), and filters that don't know it answer EPERM; what
 * lies in our own root every open(2) finds. */
static int open_in(int root_fd, const char *path)
{
        struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
        int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

        return fd < 0 && (errno == ENOSYS || errno == EPERM) && is_own_root(root_fd)
                       ? openat(root_fd, path, O_PATH | O_CLOEXEC)
                       : fd;
}

/* Who owns a file may hold a lease on it, and then open(2) waits 45 seconds for him to give it up (fcntl(2), F_SETLEASE): nobody is to be kept out of
 * a container by one in it. */
static int open_now(const char *path, const char *in_root, struct ward_err *err)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* host path: of /proc */

        if (fd >= 0)
                return fd;
        if (errno != EWOULDBLOCK)
                return err_errno(err, "open the root's /%s", in_root);
        (void)err_set(err, -EWOULDBLOCK, "open the root's /%s: a process holds a lease on it", in_root);
        return err_hint(err, "try it again in a minute: the kernel has told it to let go; 'lslocks' shows who it is");
}

/* *@ret_text is empty when there is no such file; with "" as @path it is @root_fd itself. Opening a device or a fifo could do harm or block: what it is is asked first. So could reading
 * what only looks like a file, to which a container may have linked it, as /proc/kmsg does for root: such a one has no size. */
static int read_file(int root_fd, const char *path, char **ret_text, struct ward_err *err)
{
        _cleanup_close_
        int fd = *path != '\0' ? open_in(root_fd, path) : fcntl(root_fd, F_DUPFD_CLOEXEC, 3), file = -EBADF;
        char again[FD_SELF_PATH_MAX];
        struct stat st;

        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
                return no_text(ret_text, err);
        if (fd < 0 && errno == EACCES) {
                (void)err_errno(err, "open the root's /%s", path);
                (void)err_mistake(err, MISTAKE_ROOT_CLOSED);
                return err_hint(err,
                                "the root, or a directory in it, is closed to you: 'chmod +x' of its owner opens it");
        }
        if (fd < 0 || fstat(fd, &st) < 0)
                return err_errno(err, "open the root's /%s", path);
        if (!S_ISREG(st.st_mode))
                return err_set(err, -EINVAL, "the root's /%s is no regular file", path);
        if (st.st_size == 0)
                return no_text(ret_text, err);
        fd_self_path(fd, again);
        file = open_now(again, path, err);
        return file < 0 ? file : fd_read_all(file, again, FILE_MAX, ret_text, NULL, err);
}

/* The next line that is well formed. Consumes *@text. */
static bool next_entry(char **text, struct entry *ret_entry)
{
        char *line;

        while (*text != NULL && (line = text_next(text, '\n')) != NULL) {
                const char *name = text_next(&line, ':'), *number;
                uint64_t id;

                (void)text_next(&line, ':');
                number = text_next(&line, ':');
                if (*name == '\0' || number == NULL || number_parse(number, ID_MAX, &id) < 0)
                        continue;
                *ret_entry = (struct entry){.name = name, .id = (uint32_t)id, .rest = line};
                return true;
        }
        return false;
}

static int fail_unknown(const char *what, const char *file, const char *word, const char *const *names, size_t count,
                        struct ward_err *err)
{
        const char *near = text_nearest(word, names, count);

        if (*word == '\0')
                (void)err_set(err, -EINVAL, "the %s is empty", what);
        else
                (void)err_set(err, -EINVAL, "there is no %s '%s' in the root's %s", what, word, file);
        (void)err_mistake(err, strcmp(what, "group") == 0 ? MISTAKE_GROUP : MISTAKE_USER);
        if (near != NULL)
                return err_hint(err, "did you mean '%s'?", near);
        return err_hint(err, "use one that it has, or a number");
}

/* The entry that @word names, by number when it is one. With a number that has no entry @ret_entry->name is NULL. @text is consumed and must
 * outlive the entry. */
static int find_entry(char *text, const char *word, const char *what, const char *file, struct entry *ret_entry,
                      struct ward_err *err)
{
        bool is_number = *word != '\0' && word[strspn(word, "0123456789")] == '\0';
        const char *names[NAMES_MAX];
        struct entry entry;
        size_t count = 0;
        uint64_t id = 0;

        if (is_number && number_parse(word, ID_MAX, &id) < 0) {
                (void)err_set(err, -ERANGE, "'%s' is no %s id", word, what);
                (void)err_mistake(err, MISTAKE_ID_RANGE);
                return err_hint(err, "ids go from 0 to %u", ID_MAX);
        }
        while (next_entry(&text, &entry)) {
                if (is_number ? entry.id == id : strcmp(entry.name, word) == 0) {
                        *ret_entry = entry;
                        return 0;
                }
                if (count < NAMES_MAX)
                        names[count++] = entry.name;
        }
        if (!is_number)
                return fail_unknown(what, file, word, names, count, err);
        *ret_entry = (struct entry){.id = (uint32_t)id};
        return 0;
}

static bool is_member(char *members, const char *name)
{
        char *word;

        while (members != NULL && (word = text_next(&members, ',')) != NULL)
                if (strcmp(word, name) == 0)
                        return true;
        return false;
}

/* The groups that list @name as a member. @text is consumed. */
static int find_groups(char *text, const char *name, struct arena *arena, struct user *user)
{
        uint32_t *groups;
        struct entry entry;
        size_t room = 1;

        for (const char *c = text; *c != '\0'; c++)
                room += *c == '\n';
        groups = arena_new(arena, uint32_t, room);
        if (groups == NULL)
                return -ENOMEM;
        while (next_entry(&text, &entry))
                if (is_member(entry.rest, name))
                        groups[user->group_count++] = entry.id;
        user->groups = groups;
        return 0;
}

/* What passwd says of the user behind its id: its group and its home. */
static int fill_user(const struct entry *entry, struct arena *arena, struct user *user)
{
        char *rest = entry->rest;
        const char *gid = text_next(&rest, ':'), *home;
        uint64_t id;

        if (gid != NULL && number_parse(gid, ID_MAX, &id) == 0)
                user->gid = (uint32_t)id;
        (void)text_next(&rest, ':');
        home = text_next(&rest, ':');
        user->home = home == NULL || *home != '/' ? "/" : arena_strdup(arena, home);
        return user->home == NULL ? -ENOMEM : 0;
}

int user_parse(char *passwd, char *groups, const char *word, struct arena *arena, struct user *ret_user,
               struct ward_err *err)
{
        const char *colon = word == NULL ? NULL : strchr(word, ':');
        const char *name = word == NULL    ? "0"
                           : colon == NULL ? word
                                           : arena_strndup(arena, word, (size_t)(colon - word));
        struct entry entry = {0}, group = {0};
        struct user user = {.home = "/"};
        int r;

        if (name == NULL)
                return err_oom(err);
        r = find_entry(passwd, name, "user", "/etc/passwd", &entry, err);
        if (r < 0)
                return r;
        user.uid = entry.id;
        if (entry.name != NULL && fill_user(&entry, arena, &user) < 0)
                return err_oom(err);
        if (colon != NULL) {
                r = find_entry(groups, colon + 1, "group", "/etc/group", &group, err);
                if (r < 0)
                        return r;
                user.gid = group.id;
        } else if (entry.name != NULL && find_groups(groups, entry.name, arena, &user) < 0) {
                return err_oom(err);
        }
        *ret_user = user;
        return 0;
}

int user_read(int root_fd, const char *word, struct arena *arena, struct user *ret_user, struct ward_err *err)
{
        _cleanup_free_ char *passwd = NULL, *groups = NULL;
        int r;

        r = read_file(root_fd, "etc/passwd", &passwd, err);
        if (r >= 0)
                r = read_file(root_fd, "etc/group", &groups, err);
        return r < 0 ? r : user_parse(passwd, groups, word, arena, ret_user, err);
}

int user_group(int root_fd, const char *word, uint32_t *ret_gid, struct ward_err *err)
{
        _cleanup_free_ char *groups = NULL;
        struct entry group = {0};
        int r;

        r = read_file(root_fd, "etc/group", &groups, err);
        if (r >= 0)
                r = find_entry(groups, word, "group", "/etc/group", &group, err);
        if (r >= 0)
                *ret_gid = group.id;
        return r;
}

/* The last mount that decides what /etc/passwd is: on it, or on its directory; NULL: there is none. */
static const struct spec_mount *find_cover(const struct ward_spec *spec, struct arena *arena, bool *ret_whole)
{
        for (size_t i = spec->mount_count; i > 0; i--) {
                const struct spec_mount *mount = &spec->mounts[i - 1];
                char first = mount->destination[1];
                const char *where;

                /* Nearly none is; and a tmpfs with a copy of the image's directory has its file. */
                if ((first != 'e' && first != '.' && first != '/') || mount->remount || mount->copy_up ||
                    mount->copy_symlink)
                        continue;
                where = path_clean(mount->destination, arena);
                *ret_whole = where != NULL && strcmp(where, "/etc") == 0;
                if (where != NULL && (*ret_whole || strcmp(where, "/etc/passwd") == 0))
                        return mount;
        }
        return NULL;
}

/* passwd as the container will have it, when its mounts are made. */
static int read_future(int root_fd, const struct ward_spec *spec, struct arena *arena, char **ret_text)
{
        bool whole = false;
        const struct spec_mount *cover = spec == NULL ? NULL : find_cover(spec, arena, &whole);
        _cleanup_close_
        int source = -EBADF;

        if (cover == NULL)
                return read_file(root_fd, "etc/passwd", ret_text, NULL);
        if (!cover->bind || cover->source == NULL)
                return no_text(ret_text, NULL);           /* a new file system has no users */
        source = open(cover->source, O_PATH | O_CLOEXEC); /* host path: a bind's source */
        return source < 0 ? -errno : read_file(source, whole ? "passwd" : "", ret_text, NULL);
}

static const char *find_home(int root_fd, const struct ward_spec *spec, uint32_t uid, struct arena *arena)
{
        _cleanup_free_ char *passwd = NULL;
        struct user user = {.home = "/"};
        struct entry entry;
        char *rest;

        if (read_future(root_fd, spec, arena, &passwd) < 0)
                return user.home;
        rest = passwd;
        while (next_entry(&rest, &entry))
                if (entry.id == uid)
                        return fill_user(&entry, arena, &user) < 0 ? NULL : user.home;
        return user.home;
}

/* The place of the variable that @item sets in @slots, of which there is always a free one (0); it has the number of the item, from 1 on. */
static size_t *find_variable(size_t *slots, size_t mask, const char *const *items, const char *item)
{
        size_t len = strcspn(item, "="), hash = 5381;

        for (size_t i = 0; i < len; i++)
                hash = hash * 33 + (unsigned char)item[i];
        for (hash &= mask; slots[hash] != 0; hash = (hash + 1) & mask)
                if (strncmp(items[slots[hash] - 1], item, len) == 0 && strcspn(items[slots[hash] - 1], "=") == len)
                        break;
        return &slots[hash];
}

const char *const *user_environment(const char *const *envp, int root_fd, const struct ward_spec *spec, uint32_t uid,
                                    struct arena *arena)
{
        size_t count = 0, mask = 15, kept = 0, *slots, *slot;
        const char **copy, *home;

        while (envp[count] != NULL)
                count++;
        while (mask < count * 2)
                mask = mask * 2 + 1;
        copy = arena_new(arena, const char *, count + 2);
        slots = arena_new(arena, size_t, mask + 1);
        if (copy == NULL || slots == NULL)
                return NULL;
        for (size_t i = 0; i < count; i++) {
                slot = find_variable(slots, mask, copy, envp[i]);
                if (*slot == 0)
                        *slot = ++kept;
                copy[*slot - 1] = envp[i];
        }
        slot = find_variable(slots, mask, copy, "HOME");
        if (*slot != 0 && strlen(copy[*slot - 1]) > strlen("HOME="))
                return copy;
        home = find_home(root_fd, spec, uid, arena);
        if (home == NULL)
                return NULL;
        if (*slot == 0)
                *slot = ++kept;
        copy[*slot - 1] = arena_concat(arena, "HOME=", home);
        return copy[*slot - 1] == NULL ? NULL : copy;
}
