/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts of config.json. Every option word of mount(8) and of the OCI runtime specification stands in one table; what is
 * not in it goes to the file system as its own option.
 *
 * Access times are one field of three values to mount_setattr(2), not three flags: choosing one clears the others, and
 * attr_clear holds the whole field (MOUNT_ATTR__ATIME) as soon as any word about it was given.
 */
#include <errno.h>
#include <linux/mount.h>
#include <string.h>

#include "model/mount-words.h"
#include "model/oci-read.h"

const struct mount_word mount_words[] = {
        {"ro", MOUNT_WORD_SET, MOUNT_ATTR_RDONLY, MS_RDONLY},
        {"rw", MOUNT_WORD_CLEAR, MOUNT_ATTR_RDONLY, MS_RDONLY},
        {"nosuid", MOUNT_WORD_SET, MOUNT_ATTR_NOSUID},
        {"suid", MOUNT_WORD_CLEAR, MOUNT_ATTR_NOSUID},
        {"nodev", MOUNT_WORD_SET, MOUNT_ATTR_NODEV},
        {"dev", MOUNT_WORD_CLEAR, MOUNT_ATTR_NODEV},
        {"noexec", MOUNT_WORD_SET, MOUNT_ATTR_NOEXEC},
        {"exec", MOUNT_WORD_CLEAR, MOUNT_ATTR_NOEXEC},
        {"nosymfollow", MOUNT_WORD_SET, MOUNT_ATTR_NOSYMFOLLOW},
        {"symfollow", MOUNT_WORD_CLEAR, MOUNT_ATTR_NOSYMFOLLOW},
        {"nodiratime", MOUNT_WORD_SET, MOUNT_ATTR_NODIRATIME},
        {"diratime", MOUNT_WORD_CLEAR, MOUNT_ATTR_NODIRATIME},
        {"relatime", MOUNT_WORD_SET_ATIME, MOUNT_ATTR_RELATIME},
        {"norelatime", MOUNT_WORD_CLEAR_ATIME, MOUNT_ATTR_RELATIME},
        {"noatime", MOUNT_WORD_SET_ATIME, MOUNT_ATTR_NOATIME},
        {"atime", MOUNT_WORD_CLEAR_ATIME, MOUNT_ATTR_NOATIME},
        {"strictatime", MOUNT_WORD_SET_ATIME, MOUNT_ATTR_STRICTATIME},
        {"nostrictatime", MOUNT_WORD_CLEAR_ATIME, MOUNT_ATTR_STRICTATIME},

        {"rro", MOUNT_WORD_SET | MOUNT_WORD_TREE, MOUNT_ATTR_RDONLY},
        {"rrw", MOUNT_WORD_CLEAR | MOUNT_WORD_TREE, MOUNT_ATTR_RDONLY},
        {"rnosuid", MOUNT_WORD_SET | MOUNT_WORD_TREE, MOUNT_ATTR_NOSUID},
        {"rsuid", MOUNT_WORD_CLEAR | MOUNT_WORD_TREE, MOUNT_ATTR_NOSUID},
        {"rnodev", MOUNT_WORD_SET | MOUNT_WORD_TREE, MOUNT_ATTR_NODEV},
        {"rdev", MOUNT_WORD_CLEAR | MOUNT_WORD_TREE, MOUNT_ATTR_NODEV},
        {"rnoexec", MOUNT_WORD_SET | MOUNT_WORD_TREE, MOUNT_ATTR_NOEXEC},
        {"rexec", MOUNT_WORD_CLEAR | MOUNT_WORD_TREE, MOUNT_ATTR_NOEXEC},
        {"rnosymfollow", MOUNT_WORD_SET | MOUNT_WORD_TREE, MOUNT_ATTR_NOSYMFOLLOW},
        {"rsymfollow", MOUNT_WORD_CLEAR | MOUNT_WORD_TREE, MOUNT_ATTR_NOSYMFOLLOW},
        {"rnodiratime", MOUNT_WORD_SET | MOUNT_WORD_TREE, MOUNT_ATTR_NODIRATIME},
        {"rdiratime", MOUNT_WORD_CLEAR | MOUNT_WORD_TREE, MOUNT_ATTR_NODIRATIME},
        {"rrelatime", MOUNT_WORD_SET_ATIME | MOUNT_WORD_TREE, MOUNT_ATTR_RELATIME},
        {"rnorelatime", MOUNT_WORD_CLEAR_ATIME | MOUNT_WORD_TREE, MOUNT_ATTR_RELATIME},
        {"rnoatime", MOUNT_WORD_SET_ATIME | MOUNT_WORD_TREE, MOUNT_ATTR_NOATIME},
        {"ratime", MOUNT_WORD_CLEAR_ATIME | MOUNT_WORD_TREE, MOUNT_ATTR_NOATIME},
        {"rstrictatime", MOUNT_WORD_SET_ATIME | MOUNT_WORD_TREE, MOUNT_ATTR_STRICTATIME},
        {"rnostrictatime", MOUNT_WORD_CLEAR_ATIME | MOUNT_WORD_TREE, MOUNT_ATTR_STRICTATIME},

        {"sync", MOUNT_WORD_SET, 0, MS_SYNCHRONOUS},
        {"async", MOUNT_WORD_CLEAR, 0, MS_SYNCHRONOUS},
        {"dirsync", MOUNT_WORD_SET, 0, MS_DIRSYNC},
        {"mand", MOUNT_WORD_SET, 0, MS_MANDLOCK},
        {"nomand", MOUNT_WORD_CLEAR, 0, MS_MANDLOCK},
        {"lazytime", MOUNT_WORD_SET, 0, MS_LAZYTIME},
        {"nolazytime", MOUNT_WORD_CLEAR, 0, MS_LAZYTIME},
        {"iversion", MOUNT_WORD_SET, 0, MS_I_VERSION},
        {"noiversion", MOUNT_WORD_CLEAR, 0, MS_I_VERSION},
        {"silent", MOUNT_WORD_SET, 0, MS_SILENT},
        {"loud", MOUNT_WORD_CLEAR, 0, MS_SILENT},

        {"private", MOUNT_WORD_PROPAGATION, 0, MS_PRIVATE},
        {"rprivate", MOUNT_WORD_PROPAGATION, 0, MS_PRIVATE | MS_REC},
        {"shared", MOUNT_WORD_PROPAGATION, 0, MS_SHARED},
        {"rshared", MOUNT_WORD_PROPAGATION, 0, MS_SHARED | MS_REC},
        {"slave", MOUNT_WORD_PROPAGATION, 0, MS_SLAVE},
        {"rslave", MOUNT_WORD_PROPAGATION, 0, MS_SLAVE | MS_REC},
        {"unbindable", MOUNT_WORD_PROPAGATION, 0, MS_UNBINDABLE},
        {"runbindable", MOUNT_WORD_PROPAGATION, 0, MS_UNBINDABLE | MS_REC},

        {"defaults", MOUNT_WORD_NOTHING},
        {"bind", MOUNT_WORD_BIND},
        {"rbind", MOUNT_WORD_RBIND},
        {"remount", MOUNT_WORD_REMOUNT},
        {"idmap", MOUNT_WORD_IDMAP},
        {"ridmap", MOUNT_WORD_RIDMAP},
        {"tmpcopyup", MOUNT_WORD_COPY_UP},
        {"copy-symlink", MOUNT_WORD_COPY_SYMLINK},
};

const size_t mount_word_count = ELEMENTS(mount_words);

static const struct mount_word *find_word(const char *name)
{
        uint64_t wanted[2] = {0}, known[2];
        size_t len = 0;

        _Static_assert(sizeof(wanted) == sizeof(mount_words->name), "a name is compared as two numbers");
        for (; name[len] != '\0'; len++)
                if (name[len] == '=' || len + 1 == sizeof(wanted))
                        return NULL; /* none has a value */
        memcpy(wanted, name, len);
        for (const struct mount_word *word = mount_words; word < mount_words + ELEMENTS(mount_words); word++) {
                memcpy(known, word->name, sizeof(known));
                if (known[0] == wanted[0] && known[1] == wanted[1])
                        return word;
        }
        return NULL;
}

long oci_propagation(const char *name)
{
        const struct mount_word *word = find_word(name);

        return word != NULL && word->kind == MOUNT_WORD_PROPAGATION ? (long)word->flags : -1;
}

static void apply_attr(const struct mount_word *word, struct spec_mount *mount)
{
        bool tree = word->kind & MOUNT_WORD_TREE;
        uint64_t *set = tree ? &mount->rattr_set : &mount->attr_set;
        uint64_t *clear = tree ? &mount->rattr_clear : &mount->attr_clear;

        switch (word->kind & ~MOUNT_WORD_TREE) {
        case MOUNT_WORD_SET:
                *set |= word->attr;
                *clear &= ~word->attr;
                mount->superblock_flags |= word->flags;
                break;
        case MOUNT_WORD_CLEAR:
                *set &= ~word->attr;
                *clear |= word->attr;
                mount->superblock_flags &= ~word->flags;
                break;
        case MOUNT_WORD_SET_ATIME:
                *set = (*set & ~(uint64_t)MOUNT_ATTR__ATIME) | word->attr;
                *clear |= MOUNT_ATTR__ATIME;
                break;
        case MOUNT_WORD_CLEAR_ATIME:
                *set &= ~word->attr;
                *clear |= MOUNT_ATTR__ATIME;
                break;
        }
}

/* Each word acts on what those before it left (mount_namespaces(7)): a slave that becomes shared is both. Private and unbindable leave nothing of what
 * was before, where they reach as far. */
static void apply_propagation(unsigned long flags, struct spec_mount *mount)
{
        unsigned long before = mount->propagation | mount->propagation_before;
        bool covers = (flags & MS_REC) != 0 || (before & MS_REC) == 0;

        if (flags == mount->propagation)
                return;
        if (covers && (flags & (MS_PRIVATE | MS_UNBINDABLE)) != 0) {
                mount->propagation_before = 0;
                mount->propagation_excess = false;
        } else {
                mount->propagation_excess = mount->propagation_excess || mount->propagation_before != 0;
                mount->propagation_before = mount->propagation;
        }
        mount->propagation = flags;
}

static void apply(const struct mount_word *word, struct spec_mount *mount)
{
        switch (word->kind) {
        case MOUNT_WORD_NOTHING:
                break;
        case MOUNT_WORD_PROPAGATION:
                apply_propagation(word->flags, mount);
                break;
        case MOUNT_WORD_BIND:
                mount->bind = true;
                break;
        case MOUNT_WORD_RBIND:
                mount->bind = mount->recursive = true;
                break;
        case MOUNT_WORD_REMOUNT:
                mount->remount = true;
                break;
        case MOUNT_WORD_IDMAP:
                mount->idmap = true;
                break;
        case MOUNT_WORD_RIDMAP:
                mount->idmap = mount->idmap_recursive = true;
                break;
        case MOUNT_WORD_COPY_UP:
                mount->copy_up = true;
                break;
        case MOUNT_WORD_COPY_SYMLINK:
                mount->copy_symlink = true;
                break;
        default:
                apply_attr(word, mount);
        }
}

bool mount_word_apply(const char *name, struct spec_mount *mount)
{
        const struct mount_word *word = find_word(name);

        if (word != NULL)
                apply(word, mount);
        return word != NULL;
}

bool mount_word_of_file_system(const char *name)
{
        const struct mount_word *word = find_word(name);

        return word != NULL && word->attr == 0 && (word->kind == MOUNT_WORD_SET || word->kind == MOUNT_WORD_CLEAR);
}

/* A mount and the words about it, which can be judged only when every field was read. */
struct parts {
        struct spec_mount mount;
        const char **options;
        size_t option_count;
};

static int read_options(struct json *json, void *target)
{
        struct parts *parts = target;

        return json_list(json, sizeof(*parts->options), oci_read_string, &parts->options, &parts->option_count);
}

static int read_destination(struct json *json, void *target)
{
        const char *where = json->at;
        const char *path;
        int r;

        r = json_string(json, &path);
        if (r < 0)
                return r;
        if (path[0] == '\0')
                return json_fail(json, where, "the path is empty");
        /* "relative to '/'" since version 1.2 of the specification. */
        if (path[0] != '/')
                path = arena_concat(json->arena, "/", path);
        if (path == NULL)
                return err_oom(json->err);
        *(const char **)target = path;
        return 0;
}

/* Go's encoders write an absent type or source as "". */
static int read_optional(struct json *json, void *target)
{
        const char *text;
        int r;

        r = json_string(json, &text);
        if (r < 0)
                return r;
        *(const char **)target = text[0] != '\0' ? text : NULL;
        return 0;
}

static const struct json_field mount_fields[] = {
        JSON_FIELD("destination", struct parts, mount.destination, read_destination, JSON_REQUIRED),
        JSON_FIELD("type", struct parts, mount.type, read_optional, 0),
        JSON_FIELD("source", struct parts, mount.source, read_optional, 0),
        {"options", read_options},
        JSON_FIELD("uidMappings", struct parts, mount.maps, oci_read_uid_maps, 0),
        JSON_FIELD("gidMappings", struct parts, mount.maps, oci_read_gid_maps, 0),
};

static int fail_unknown_option(struct json *json, const char *option)
{
        const char *names[ELEMENTS(mount_words)];

        for (size_t i = 0; i < ELEMENTS(mount_words); i++)
                names[i] = mount_words[i].name;
        return json_fail_word(json, option - 1, "option of a bind mount", option, names, ELEMENTS(names));
}

/* crun's, which no mount here can have: a reason is more than that nobody knows them. */
static int check_foreign_word(struct json *json, const char *option)
{
        static const char *const of_file_system[] = {"rsync", "rasync", "rdirsync", "rmand", "rnomand"};

        if (strcmp(option, "src-nofollow") == 0 || strcmp(option, "dest-nofollow") == 0) {
                (void)json_fail(json, option - 1, "'%s' is not honoured: no link can be bound, and none be covered",
                                option);
                return err_hint(json->err, "'copy-symlink' makes the destination a link with the source's text");
        }
        for (size_t i = 0; i < ELEMENTS(of_file_system); i++)
                if (strcmp(option, of_file_system[i]) == 0)
                        return json_fail(json, option - 1,
                                         "'%s' acts on whole file systems, which a bind mount shares with the host",
                                         option);
        return 0;
}

/*
 * The words that no table has, on a bind. What has a value is for a file system (config.md, "Mounts"): engines and people write a tmpfs's there, too,
 * and mount(2) passes over it with MS_BIND. No attribute of a mount has a value: other words are slips of the pen, and may be a restriction. crun(1) takes
 * a mapping of owners as the value of idmap: passed over, the files would show other owners than were asked for.
 */
static int check_bind_words(struct json *json, const struct parts *parts, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                const char *option = parts->options[i];

                int r = check_foreign_word(json, option);

                if (r < 0)
                        return r;
                if (strchr(option, '=') == NULL)
                        return fail_unknown_option(json, option);
                if (strncmp(option, "idmap=", 6) == 0 || strncmp(option, "ridmap=", 7) == 0) {
                        (void)json_fail(json, option - 1, "a mapping is not taken from an option: '%s'", option);
                        return err_hint(json->err, "give uidMappings and gidMappings of the mount, beside 'idmap'");
                }
        }
        return 0;
}

/* The words that no table has: for a file system its own options. */
static int join_data(struct json *json, struct parts *parts, size_t count, size_t len)
{
        char *data, *at;

        if (count == 0)
                return 0;
        data = at = arena_alloc(json->arena, len, 1);
        if (data == NULL)
                return err_oom(json->err);
        for (size_t i = 0; i < count; i++) {
                if (i > 0)
                        *at++ = ',';
                at = oci_append(at, parts->options[i]);
        }
        parts->mount.data = data;
        return 0;
}

/* Attributes of the whole tree are set behind those of the mount alone, wherever in the list they stand, as with other runtimes: in
 * ["ro", "rrw"] nothing is read-only. */
static void settle_attributes(struct spec_mount *mount)
{
        uint64_t tree = mount->rattr_set | mount->rattr_clear;

        mount->attr_set &= ~tree;
        mount->attr_clear &= ~tree;
        if ((mount->rattr_clear & MOUNT_ATTR_RDONLY) != 0)
                mount->superblock_flags &= ~(unsigned long)MS_RDONLY;
}

static int apply_options(struct json *json, struct parts *parts)
{
        struct spec_mount *mount = &parts->mount;
        const char *superblock = NULL;
        size_t count = 0, len = 0;

        for (size_t i = 0; i < parts->option_count; i++) {
                const char *option = parts->options[i];
                const struct mount_word *word = find_word(option);

                if (option[0] == '\0')
                        return json_fail(json, option - 1, "an option is empty");
                if (word == NULL) {
                        parts->options[count++] = option;
                        len += strlen(option) + 1;
                        continue;
                }
                apply(word, mount);
                if (word->kind == MOUNT_WORD_SET && (word->flags & ~(unsigned long)(MS_RDONLY | MS_SILENT)))
                        superblock = option;
        }
        settle_attributes(mount);
        if (mount->type != NULL && strcmp(mount->type, "bind") == 0)
                mount->bind = true;
        if (mount->bind) {
                int r = check_bind_words(json, parts, count);

                if (r < 0)
                        return r;
                count = 0;
                if (superblock != NULL)
                        return json_fail(json, superblock - 1,
                                         "'%s' acts on a whole file system, which a bind mount shares with the host",
                                         superblock);
                /* mount(2): with MS_BIND, read-only is a property of the mount alone. */
                mount->superblock_flags = 0;
        }
        return join_data(json, parts, count, len);
}

static int check_mount(struct json *json, const char *where, struct spec_mount *mount)
{
        /* "remount,bind" changes the mount, "remount" its file system too: either way nothing is bound. */
        if (mount->remount) {
                mount->remount_fs = !mount->bind;
                mount->bind = mount->recursive = false;
        } else if (mount->bind && mount->source == NULL)
                return json_fail(json, where, "a bind mount needs a source");
        else if (!mount->bind && mount->type == NULL) {
                (void)json_fail(json, where, "neither a type nor the option 'bind' or 'rbind' is given");
                return err_hint(json->err, "add \"type\": \"tmpfs\" or the like, or \"options\": [\"rbind\"]");
        }
        if (mount->copy_up && (mount->type == NULL || strcmp(mount->type, "tmpfs") != 0))
                return json_fail(json, where, "the option 'tmpcopyup' is for mounts of type tmpfs");
        if (mount->copy_symlink &&
            (!mount->bind || ((mount->propagation | mount->propagation_before) & MS_SHARED) != 0))
                return json_fail(json, where, "the option 'copy-symlink' is for bind mounts that are not shared");
        if ((mount->maps.uid_count > 0) != (mount->maps.gid_count > 0))
                return json_fail(json, where, "uidMappings and gidMappings must be given together");
        if (mount->maps.uid_count > 0)
                mount->idmap = true;
        if (mount->idmap && !mount->bind)
                return json_fail(json, where, "only a bind mount can be id-mapped");
        return 0;
}

int oci_read_mount(struct json *json, void *target)
{
        const char *where = json->at;
        struct parts parts = {0};
        int r;

        r = oci_origin(json, &parts.mount.origin);
        if (r >= 0)
                r = json_object(json, mount_fields, ELEMENTS(mount_fields), JSON_SKIP_UNKNOWN, &parts);
        if (r >= 0)
                r = apply_options(json, &parts);
        if (r >= 0)
                r = check_mount(json, where, &parts.mount);
        if (r < 0)
                return r;
        *(struct spec_mount *)target = parts.mount;
        return 0;
}

int oci_read_mount_destination(struct json *json, void *target)
{
        static const struct json_field fields[] = {
                JSON_FIELD("destination", struct spec_mount, destination, read_destination, JSON_REQUIRED),
                {"type", NULL, JSON_IGNORED},
                {"source", NULL, JSON_IGNORED},
                {"options", NULL, JSON_IGNORED},
                {"uidMappings", NULL, JSON_IGNORED},
                {"gidMappings", NULL, JSON_IGNORED},
        };
        struct spec_mount mount = {0};
        int r = oci_origin(json, &mount.origin);

        if (r >= 0)
                r = json_object(json, fields, ELEMENTS(fields), JSON_SKIP_UNKNOWN, &mount);
        if (r >= 0)
                *(struct spec_mount *)target = mount;
        return r;
}
