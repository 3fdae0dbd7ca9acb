/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles by name: the folders that they are in, what they include, what the site adds, and which of two settings holds; see profile.h. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/helper.h"
#include "profile/load.h"

#define NAME_LEN_MAX 64
#define SUFFIX ".yaml"
#define SITE_FILES_MAX 64 /* of one NAME.d */

/* The files that lead to the one that is being read: an include that closes the circle has no end. */
struct chain {
        const char *file;
        const struct chain *before;
        bool own; /* of the caller's own folder, or included by its path from there */
};

struct loading {
        struct arena *arena;
        struct profile *profile;
        const char *places[PROFILES_PLACES_MAX];
        size_t place_count;
        bool has_own; /* the first place is the caller's own */
        struct ward_err *err;
};

/* ---- where ------------------------------------------------------------------------------------------------------------------- */

/* *@ret_base/@ret_rest is the caller's own folder; NULL: he has none. */
static void own_parts(const char **ret_base, const char **ret_rest)
{
        const char *config = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");

        *ret_base = config != NULL && *config == '/' ? config : home != NULL && *home == '/' ? home : NULL;
        *ret_rest = *ret_base == config ? "ward/profiles" : ".config/ward/profiles";
}

/* The caller's own folder; NULL: he has none, or memory is short (then the error is set). */
static const char *own_place(struct arena *arena, struct ward_err *err, bool *ret_failed)
{
        const char *base, *rest, *place;

        own_parts(&base, &rest);
        place = base == NULL ? NULL : arena_concat(arena, base, "/", rest);
        *ret_failed = place == NULL && base != NULL;
        if (*ret_failed)
                (void)err_oom(err);
        return place;
}

int profiles_own_file(struct arena *arena, const char *name, const char **ret_path, struct ward_err *err)
{
        bool failed;
        const char *place = own_place(arena, err, &failed);

        *ret_path = place == NULL ? NULL : arena_concat(arena, place, "/", name, ".d/local.yaml");
        return failed || (place != NULL && *ret_path == NULL) ? err_oom(err) : 0;
}

/* Root that has somebody's HOME, as sudo(8) may leave it, takes no options from him. */
static int refuse_writers(const struct stat *st, const char *path, struct ward_err *err)
{
        const mode_t writers = S_IWGRP | S_IWOTH;

        if (st->st_uid == 0 && (st->st_mode & writers) == 0)
                return 0;
        if (st->st_uid != 0)
                (void)err_set(err, -EPERM, "take profiles from '%s' as root: it is another user's (id %u)", path,
                              (unsigned)st->st_uid);
        else
                (void)err_set(err, -EPERM, "take profiles from '%s' as root: others can write it (mode %04o)", path,
                              (unsigned)(st->st_mode & 07777));
        (void)err_mistake(err, MISTAKE_FILE_UNREADABLE);
        if (st->st_uid == 0)
                return err_hint(err, "chmod go-w '%s'; or set HOME or XDG_CONFIG_HOME to a folder of root's", path);
        return err_hint(err, "set HOME to root's own home, or XDG_CONFIG_HOME to a folder of root's");
}

/* Each folder from @base to @base/@rest, which is there, is root's alone: who owned one would choose what is below it, by a link, too. */
static int refuse_way(struct arena *arena, const char *base, const char *rest, struct ward_err *err)
{
        const char *path = base;
        char *list = arena_strdup(arena, rest), *next = NULL;
        _cleanup_close_
        int at = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
        struct stat st;
        int r;

        if (list == NULL)
                return err_oom(err);
        do {
                int below;

                if (at < 0 || fstat(at, &st) < 0)
                        return err_errno(err, "look at the folder '%s'", path);
                r = refuse_writers(&st, path, err);
                next = text_next(&list, '/');
                if (r < 0 || next == NULL)
                        return r;
                path = arena_concat(arena, path, "/", next);
                if (path == NULL)
                        return err_oom(err);
                if (fstatat(at, next, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
                        (void)err_set(err, -ELOOP, "take profiles from '%s/%s' as root: '%s' is a symbolic link", base,
                                      rest, path);
                        (void)err_mistake(err, MISTAKE_FILE_UNREADABLE);
                        return err_hint(err, "make it a folder, or set XDG_CONFIG_HOME to where it leads");
                }
                below = openat(at, next, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                (void)fd_close(at);
                at = below;
        } while (true);
}

static int refuse_foreign(struct arena *arena, const char *own, struct ward_err *err)
{
        const char *base, *rest;
        struct stat st;

        if (stat(own, &st) < 0)
                return 0;
        if (geteuid() == 0) {
                own_parts(&base, &rest);
                return refuse_way(arena, base, rest, err);
        }
        if (st.st_uid == 0 || st.st_uid == geteuid())
                return 0;
        (void)err_set(err, -EPERM, "the profiles in '%s' are another user's", own);
        (void)err_mistake(err, MISTAKE_FILE_UNREADABLE);
        return err_hint(err, "set HOME to your own home, or XDG_CONFIG_HOME");
}

static int find_places(struct loading *l)
{
        const char *system = secure_getenv("WARD_PROFILES"), *with_ward, *own;
        char *list, *next;
        bool failed;
        int r;

        with_ward = helper_folder(l->arena, "data/profiles", WARD_PROFILES);
        list = system != NULL ? arena_strdup(l->arena, system)
                              : arena_concat(l->arena, "/etc/ward/profiles:", with_ward);
        if (with_ward == NULL || list == NULL)
                return err_oom(l->err);
        own = own_place(l->arena, l->err, &failed);
        if (failed)
                return -ENOMEM;
        r = own == NULL ? 0 : refuse_foreign(l->arena, own, l->err);
        if (r < 0)
                return r;
        l->has_own = own != NULL;
        if (own != NULL)
                l->places[l->place_count++] = own;
        while (l->place_count < PROFILES_PLACES_MAX && (next = text_next(&list, ':')) != NULL)
                if (*next != '\0')
                        l->places[l->place_count++] = next;
        return 0;
}

static bool ends_with(const char *word, const char *end)
{
        size_t len = strlen(word), end_len = strlen(end);

        return len > end_len && strcmp(word + len - end_len, end) == 0;
}

bool profiles_is_file(const char *word)
{
        return strchr(word, '/') != NULL || ends_with(word, SUFFIX) || ends_with(word, ".yml");
}

static bool is_name(const char *word)
{
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

        return *word != '\0' && *word != '.' && *word != '-' && strlen(word) <= NAME_LEN_MAX &&
               strspn(word, letters) == strlen(word);
}

/* *@ret_path: NULL, no folder has it. */
static int find_file(struct loading *l, const char *name, const char **ret_path, bool *ret_own)
{
        *ret_path = NULL;
        for (size_t i = 0; i < l->place_count && *ret_path == NULL; i++) {
                const char *path = arena_concat(l->arena, l->places[i], "/", name, SUFFIX);

                if (path == NULL)
                        return err_oom(l->err);
                if (access(path, F_OK) == 0) {
                        *ret_path = path;
                        *ret_own = i == 0 && l->has_own;
                }
        }
        return 0;
}

int profiles_find(struct arena *arena, const char *name, const char **ret_path, struct ward_err *err)
{
        struct loading l = {.arena = arena, .err = err};
        int r = find_places(&l);
        bool own;

        return r < 0 ? r : find_file(&l, name, ret_path, &own);
}

static int by_name(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_names(struct loading *l, const char *place, const char **names, size_t *count)
{
        DIR *folder = opendir(place);
        struct dirent *entry;
        int r = 0;

        /* Most machines do not have each of them. */
        while (folder != NULL && r >= 0 && *count < PROFILES_NAMES_MAX && (entry = readdir(folder)) != NULL)
                if (entry->d_name[0] != '.' && ends_with(entry->d_name, SUFFIX)) {
                        names[*count] = arena_strndup(l->arena, entry->d_name, strlen(entry->d_name) - strlen(SUFFIX));
                        r = names[(*count)++] == NULL ? err_oom(l->err) : 0;
                }
        if (folder != NULL)
                (void)closedir(folder);
        return r;
}

static int all_names(struct loading *l, const char ***ret_names, size_t *ret_count)
{
        const char **names = arena_new(l->arena, const char *, PROFILES_NAMES_MAX);
        size_t count = 0, left = 0;
        int r = names == NULL ? err_oom(l->err) : 0;

        for (size_t i = 0; r >= 0 && i < l->place_count; i++)
                r = add_names(l, l->places[i], names, &count);
        if (r < 0)
                return r;
        qsort(names, count, sizeof(*names), by_name);
        for (size_t i = 0; i < count; i++)
                if (left == 0 || strcmp(names[left - 1], names[i]) != 0)
                        names[left++] = names[i];
        *ret_names = names;
        *ret_count = left;
        return 0;
}

int profiles_names(struct arena *arena, const char ***ret_names, size_t *ret_count, struct ward_err *err)
{
        struct loading l = {.arena = arena, .err = err};
        int r = find_places(&l);

        return r < 0 ? r : all_names(&l, ret_names, ret_count);
}

static int no_such(struct loading *l, const char *word)
{
        const char **names, *near = NULL;
        size_t count;

        if (is_name(word)) {
                if (all_names(l, &names, &count) < 0)
                        return -ENOMEM;
                near = text_nearest(word, names, count);
        }
        (void)err_set(l->err, -ENOENT, is_name(word) ? "there is no profile '%s'" : "'%s' is no name of a profile",
                      word);
        (void)err_mistake(l->err, MISTAKE_NO_PROFILE);
        return near != NULL
                       ? err_hint(l->err, "did you mean '%s'?", near)
                       : err_hint(l->err, "'ward profile list' shows them; a file is named by its path: ./%s", word);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------ */

static int load_word(struct loading *l, const char *word, const struct chain *before);

bool profile_grow(struct profile_setting **list, size_t count, struct arena *arena)
{
        struct profile_setting *grown;

        /* From 8 on each power of two is where the room ends. */
        if (count != 0 && (count < 8 || (count & (count - 1)) != 0))
                return true;
        grown = arena_new(arena, struct profile_setting, count == 0 ? 8 : 2 * count);
        if (grown != NULL && count > 0)
                memcpy(grown, *list, count * sizeof(*grown));
        if (grown != NULL)
                *list = grown;
        return grown != NULL;
}

static bool same_option(const struct profile_key *a, const struct profile_key *b)
{
        return strcmp(a->option, b->option) == 0 && (a->prefix == NULL) == (b->prefix == NULL) &&
               (a->prefix == NULL || strcmp(a->prefix, b->prefix) == 0);
}

static void forget(struct profile *profile, const struct profile_key *key)
{
        size_t left = 0;

        for (size_t i = 0; i < profile->count; i++)
                if (!same_option(profile->settings[i].key, key))
                        profile->settings[left++] = profile->settings[i];
        profile->count = left;
}

static int wrap_include(struct loading *l, const struct profile_setting *include)
{
        return err_wrap(l->err, "%s:%u:%u: include", include->file, include->line, include->column);
}

/* What it includes, then what it forgets of that, then its own. */
static int take(struct loading *l, const struct profile_text *text, const struct chain *chain)
{
        struct profile *profile = l->profile;

        for (size_t i = 0; i < text->include_count; i++) {
                const struct profile_setting *include = &text->includes[i];
                const char *word = include->value, *slash = strrchr(chain->file, '/');
                int r;

                if (profiles_is_file(word) && *word != '/' && slash != NULL)
                        word = arena_printf(l->arena, "%.*s/%s", (int)(slash - chain->file), chain->file,
                                            strncmp(word, "./", 2) == 0 ? word + 2 : word);
                r = word == NULL ? err_oom(l->err) : load_word(l, word, chain);
                if (r < 0)
                        return r == -ENOMEM ? r : wrap_include(l, include);
        }
        for (size_t i = 0; i < text->reset_count; i++)
                forget(profile, text->resets[i].key);
        for (size_t i = 0; i < text->count; i++) {
                if (profile->count == PROFILE_SETTINGS_MAX)
                        return err_set(l->err, -E2BIG, "%s: profiles have at most %d settings together", chain->file,
                                       PROFILE_SETTINGS_MAX);
                if (!profile_grow(&profile->settings, profile->count, l->arena))
                        return err_oom(l->err);
                profile->settings[profile->count++] = text->settings[i];
        }
        if (text->description != NULL && (profile->description == NULL || chain->before == NULL))
                profile->description = text->description;
        return 0;
}

/* The text of a file of the caller's own: it and its folder are looked at through what is read. */
static int read_own(struct loading *l, const char *path, char **ret_text, size_t *ret_len)
{
        const char *slash = strrchr(path, '/');
        const char *folder_path = slash == NULL ? "." : arena_strndup(l->arena, path, (size_t)(slash - path) + 1);
        _cleanup_close_
        int folder = -EBADF, file = -EBADF;
        struct stat st;
        int r;

        if (folder_path == NULL)
                return err_oom(l->err);
        folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 || fstat(folder, &st) < 0)
                return err_errno(l->err, "open '%s'", folder_path);
        r = geteuid() == 0 ? refuse_writers(&st, folder_path, l->err) : 0;
        if (r < 0)
                return r;
        /* In such a folder nobody else has put what keeps who opens it waiting. */
        file = openat(folder, slash == NULL ? path : slash + 1, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (file < 0 || fstat(file, &st) < 0)
                return err_errno(l->err, "open '%s'", path);
        r = geteuid() == 0 ? refuse_writers(&st, path, l->err) : 0;
        if (r < 0)
                return r;
        return fd_read_all(file, path, PROFILE_FILE_MAX, ret_text, ret_len, l->err);
}

static int read_file(struct loading *l, const char *path, bool own, const struct chain *before)
{
        const struct chain chain = {.file = path, .before = before, .own = own};
        _cleanup_free_ char *text = NULL;
        struct profile_text read;
        size_t len;
        int r;

        for (const struct chain *c = before; c != NULL; c = c->before)
                if (strcmp(c->file, path) == 0) {
                        (void)err_set(l->err, -ELOOP, "'%s' includes itself", path);
                        (void)err_mistake(l->err, MISTAKE_PROFILE_FORM);
                        return err_hint(l->err, "take the include out of one of the files");
                }
        if (l->profile->file_count == PROFILES_FILES_MAX)
                return err_set(l->err, -E2BIG, "'%s' is one file too many: a profile is of at most %d", path,
                               PROFILES_FILES_MAX);
        r = own ? read_own(l, path, &text, &len) : fd_read_file(AT_FDCWD, path, PROFILE_FILE_MAX, &text, &len, l->err);
        if (r < 0) {
                (void)err_wrap(l->err, "read the profile");
                (void)err_mistake(l->err, r == -ENOENT ? MISTAKE_NO_PROFILE : MISTAKE_FILE_UNREADABLE);
                return r == -ENOENT ? err_hint(l->err, "name a file that is there, or a name of 'ward profile list'")
                                    : r;
        }
        l->profile->files[l->profile->file_count++] = path;
        r = profile_parse(text, len, path, l->arena, &read, l->err);
        return r < 0 ? r : take(l, &read, &chain);
}

/* NAME.d of one folder. */
static int read_site(struct loading *l, size_t place, const char *name, const struct chain *before)
{
        const char *folder_path = arena_concat(l->arena, l->places[place], "/", name, ".d"), *files[SITE_FILES_MAX];
        DIR *folder = folder_path == NULL ? NULL : opendir(folder_path);
        struct dirent *entry;
        size_t count = 0;
        int r = 0;

        if (folder_path == NULL)
                return err_oom(l->err);
        if (folder == NULL && errno != ENOENT && errno != ENOTDIR)
                return err_errno(l->err, "read the folder '%s'", folder_path);
        while (folder != NULL && r >= 0 && (entry = readdir(folder)) != NULL) {
                if (entry->d_name[0] == '.' || !ends_with(entry->d_name, SUFFIX))
                        continue;
                if (count == SITE_FILES_MAX)
                        r = err_set(l->err, -E2BIG, "'%s' has more than %d files", folder_path, SITE_FILES_MAX);
                else if ((files[count++] = arena_concat(l->arena, folder_path, "/", entry->d_name)) == NULL)
                        r = err_oom(l->err);
        }
        if (folder != NULL)
                (void)closedir(folder);
        if (r >= 0)
                qsort(files, count, sizeof(*files), by_name);
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = read_file(l, files[i], place == 0 && l->has_own, before);
        return r;
}

static int load_word(struct loading *l, const char *word, const struct chain *before)
{
        const char *path = NULL;
        bool own = false;
        int r;

        if (profiles_is_file(word))
                return read_file(l, word, before != NULL && before->own, before);
        r = is_name(word) ? find_file(l, word, &path, &own) : 0;
        if (r >= 0)
                r = path == NULL ? no_such(l, word) : read_file(l, path, own, before);
        for (size_t i = l->place_count; r >= 0 && i > 0; i--)
                r = read_site(l, i - 1, word, before);
        return r;
}

int profiles_load(const char *const *words, size_t count, struct arena *arena, struct profile *ret_profile,
                  struct ward_err *err)
{
        struct profile profile = {.files = arena_new(arena, const char *, PROFILES_FILES_MAX)};
        struct loading l = {.arena = arena, .profile = &profile, .err = err};
        const char *description = NULL;
        int r;

        if (profile.files == NULL)
                return err_oom(err);
        r = find_places(&l);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                r = load_word(&l, words[i], NULL);
                if (i == 0)
                        description = profile.description;
        }
        if (r < 0)
                return r;
        profile.description = description;
        profile_settle(&profile);
        *ret_profile = profile;
        return 0;
}

/* ---- which of two holds -------------------------------------------------------------------------------------------------------- */

/* The part of a value that says what it is about. */
static size_t about(const struct profile_setting *setting, const char **ret_start)
{
        const char *value = setting->value, *second;

        *ret_start = value;
        if (setting->key->kind == PROFILE_MAP)
                return strcspn(value, "=");
        switch (setting->key->about) {
        case PROFILE_ABOUT_PATH:
                return strcspn(value, ":");
        case PROFILE_ABOUT_TARGET:
                second = strchr(value, ':');
                *ret_start = second == NULL ? value : second + 1;
                return strcspn(*ret_start, ":");
        case PROFILE_ABOUT_WHOLE:
                break;
        }
        return strlen(value);
}

static const char *without_cap(const char *name)
{
        return strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name;
}

/* A capability that one adds and the other takes away; ALL is each. */
static bool are_contrary(const char *option, const char *value, const struct profile_setting *other)
{
        const bool add = strcmp(option, "cap-add") == 0;

        if (!add && strcmp(option, "cap-drop") != 0)
                return false;
        return strcmp(other->key->option, add ? "cap-drop" : "cap-add") == 0 &&
               (strcasecmp(value, "ALL") == 0 || strcasecmp(without_cap(value), without_cap(other->value)) == 0);
}

bool profile_replaces(const struct profile_setting *later, const struct profile_setting *earlier)
{
        const char *a, *b;
        size_t len;

        /* In one file both are meant together: ALL is dropped, but for some. */
        if (later->file != earlier->file && are_contrary(later->key->option, later->value, earlier))
                return true;
        if (!same_option(later->key, earlier->key))
                return false;
        if (later->key->kind == PROFILE_FLAG || later->key->kind == PROFILE_TEXT || later->key->kind == PROFILE_BYTES)
                return true;
        len = about(later, &a);
        return len == about(earlier, &b) && memcmp(a, b, len) == 0;
}

void profile_settle(struct profile *profile)
{
        size_t left = 0;

        for (size_t i = 0; i < profile->count; i++) {
                size_t later = i + 1;

                /* What is not there on this machine replaces nothing. */
                while (later < profile->count && (profile->settings[later].absent ||
                                                  !profile_replaces(&profile->settings[later], &profile->settings[i])))
                        later++;
                if (later == profile->count)
                        profile->settings[left++] = profile->settings[i];
        }
        profile->count = left;
}

/* What makes no sense beside an option of the command line: what is another's has no size or name of this container's own. */
static bool is_pointless(const char *option, const char *value, const struct profile_setting *setting)
{
        static const struct {
                const char *option, *key;
                bool shared; /* only with a namespace that is another's */
        } pairs[] = {{"keep", "host-size", false},
                     {"ipc", "shm-size", true},
                     {"pid", "init", true},
                     {"uts", "hostname", true},
                     {"uts", "domainname", true}};
        const bool own = strcmp(value, "private") == 0 || strcmp(value, "shareable") == 0;

        for (size_t i = 0; i < ELEMENTS(pairs); i++)
                if (strcmp(pairs[i].option, option) == 0 && strcmp(pairs[i].key, setting->key->name) == 0)
                        return !(pairs[i].shared && own);
        /* --security-opt seccomp=X says what --seccomp says. */
        return strcmp(option, "security-opt") == 0 && strncmp(value, "seccomp", strlen("seccomp")) == 0 &&
               strcmp(setting->key->option, "seccomp") == 0;
}

void profiles_override(struct profile *profile, const char *option, const char *value)
{
        size_t left = 0;

        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];

                if (!are_contrary(option, value, setting) && !is_pointless(option, value, setting))
                        profile->settings[left++] = *setting;
        }
        profile->count = left;
}
