/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts of `ward run`: -v, --mount, --tmpfs. */
#include <linux/mount.h>
#include <string.h>

#include "base/path.h"
#include "cli/run.h"
#include "model/mount-words.h"

/* Reads the word that begins at *@at and ends at @separator, and goes behind it; at the end *@at becomes NULL. */
static const char *next_word(struct arena *arena, const char **at, char separator)
{
        const char *start = *at, *end = strchr(start, separator);
        size_t len = end == NULL ? strlen(start) : (size_t)(end - start);

        *at = end == NULL ? NULL : end + 1;
        return arena_strndup(arena, start, len);
}

static int fail(struct ward_err *err, enum mistake mistake, const char *option, const char *value, const char *why,
                const char *hint)
{
        (void)err_set(err, -EINVAL, "option '%s': '%s': %s", option, value, why);
        (void)err_mistake(err, mistake);
        return err_hint(err, "%s", hint);
}

/* SRC:DST[:WORDS] */
static int read_volume(const struct run_job *job, const char *value, struct spec_mount *ret_mount, struct ward_err *err)
{
        static const char usage[] = "write SRC:DST or SRC:DST:ro, SRC a path of this machine";
        struct arena *arena = &job->cli->arena;
        struct spec_mount mount = run_bind(job, "--volume", value);
        const char *at = value, *source = next_word(arena, &at, ':');
        struct run_bound bound = {0};
        int r = 0;

        if (at == NULL || source == NULL || *source == '\0')
                return fail(err, MISTAKE_FORM, "--volume", value, "it has no source", usage);
        mount.destination = next_word(arena, &at, ':');
        if (mount.destination == NULL)
                return err_oom(err);
        if (*mount.destination != '/')
                return fail(err, MISTAKE_RELATIVE, "--volume", value, "the destination is not an absolute path", usage);
        if (*source != '/' && *source != '.')
                return fail(err, MISTAKE_VOLUME_NAME, "--volume", value,
                            "the source is a volume's name, and ward has no named volumes",
                            "for a directory here write ./NAME");
        while (r >= 0 && at != NULL) {
                const char *word = next_word(arena, &at, ',');

                r = word == NULL ? err_oom(err) : run_bind_word(job, word, &bound, &mount, err);
        }
        if (r >= 0)
                r = run_bind_source(job, source, &bound, &mount, err);
        if (r < 0)
                return r;
        *ret_mount = mount;
        return 0;
}

static struct spec_mount new_tmpfs(const char *target)
{
        return (struct spec_mount){
                .destination = target,
                .type = "tmpfs",
                .source = "tmpfs",
                .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                .data = "mode=1777",
        };
}

/* A word of mount(8), or size=, mode= ... of the file system, which the kernel judges. */
static int tmpfs_word(const struct run_job *job, const char *option, const char *value, const char *word,
                      struct spec_mount *mount, struct ward_err *err)
{
        /* Of two modes the last one holds (tmpfs(5)). */
        if (*word != '\0' && !mount_word_apply(word, mount))
                mount->data = arena_concat(&job->cli->arena, mount->data, ",", word);
        if (mount->data == NULL)
                return err_oom(err);
        if (mount->bind || mount->remount || mount->idmap || mount->copy_up || mount->copy_symlink)
                return fail(err, MISTAKE_FORM, option, value,
                            "a new file system can't be bound, remounted, id-mapped or copied into",
                            "for a directory of this machine use --volume");
        return 0;
}

/* PATH[:WORDS] */
static int read_tmpfs(const struct run_job *job, const char *value, struct spec_mount *ret_mount, struct ward_err *err)
{
        struct arena *arena = &job->cli->arena;
        const char *at = value, *target = next_word(arena, &at, ':');
        struct spec_mount mount = new_tmpfs(target);
        int r = 0;

        if (target == NULL)
                return err_oom(err);
        if (*target != '/')
                return fail(err, MISTAKE_RELATIVE, "--tmpfs", value, "it is not an absolute path",
                            "write PATH or PATH:size=64m,mode=700");
        while (r >= 0 && at != NULL) {
                const char *word = next_word(arena, &at, ',');

                r = word == NULL ? err_oom(err) : tmpfs_word(job, "--tmpfs", value, word, &mount, err);
        }
        mount.origin = CLI_ORIGIN(arena_concat(arena, "--tmpfs ", value));
        if (r >= 0)
                *ret_mount = mount;
        return r;
}

/* What --mount says, before it is known of which type it is. */
struct described {
        const char *type, *source, *target;
        const char *words[32]; /* what is left, "KEY" or "KEY=VALUE", for the type */
        size_t count;
};

static int describe(const struct run_job *job, const char *value, struct described *ret, struct ward_err *err)
{
        static const struct {
                const char *key;
                size_t offset;
        } keys[] = {
                {"type", offsetof(struct described, type)},          {"source", offsetof(struct described, source)},
                {"src", offsetof(struct described, source)},         {"target", offsetof(struct described, target)},
                {"destination", offsetof(struct described, target)}, {"dst", offsetof(struct described, target)},
        };
        const char *at = value;

        *ret = (struct described){.type = "volume"}; /* docker's default */
        while (at != NULL) {
                const char *word = next_word(&job->cli->arena, &at, ',');
                size_t i = 0, len;

                if (word == NULL)
                        return err_oom(err);
                len = strcspn(word, "=");
                while (i < ELEMENTS(keys) && !(strlen(keys[i].key) == len && strncmp(word, keys[i].key, len) == 0))
                        i++;
                if (i < ELEMENTS(keys) && word[len] == '=')
                        *(const char **)(void *)((char *)ret + keys[i].offset) = word + len + 1;
                else if (ret->count == ELEMENTS(ret->words))
                        return fail(err, MISTAKE_FORM, "--mount", value, "it has too many words", "leave some out");
                else
                        ret->words[ret->count++] = word;
        }
        if (ret->target == NULL || *ret->target != '/')
                return fail(err, MISTAKE_RELATIVE, "--mount", value,
                            "it has no target, or none that is an absolute path",
                            "write type=bind,src=PATH,dst=PATH or type=tmpfs,dst=PATH");
        return 0;
}

/* "readonly", "ro=true", "bind-propagation=rslave", "relabel=shared", "U=true" as docker and podman write them; *@ret_off: "ro=false". Any other
 * word is as it was. */
static const char *plain_word(const char *word, bool *ret_off)
{
        static const struct {
                const char *written, *word;
        } same[] = {{"readonly", "ro"}, {"idmap", "idmap"}, {"U", "U"}, {"chown", "U"}, {"ro", "ro"}};
        size_t len = strcspn(word, "=");

        *ret_off = false;
        if (strncmp(word, "bind-propagation=", strlen("bind-propagation=")) == 0)
                return word + strlen("bind-propagation=");
        if (strcmp(word, "relabel=shared") == 0 || strcmp(word, "relabel=private") == 0)
                return word[strlen("relabel=")] == 's' ? "z" : "Z";
        for (size_t i = 0; i < ELEMENTS(same); i++)
                if (strlen(same[i].written) == len && strncmp(word, same[i].written, len) == 0) {
                        *ret_off = strcmp(word + len, "=false") == 0;
                        if (word[len] == '\0' || *ret_off || strcmp(word + len, "=true") == 0)
                                return same[i].word;
                }
        return word;
}

static int described_bind(const struct run_job *job, const char *value, const struct described *what,
                          struct spec_mount *ret_mount, struct ward_err *err)
{
        struct spec_mount mount = run_bind(job, "--mount", value);
        struct run_bound bound = {0};
        int r = 0;

        if (what->source == NULL || *what->source == '\0')
                return fail(err, MISTAKE_FORM, "--mount", value, "it has no source",
                            "write src=PATH, a path of this machine");
        mount.destination = what->target;
        for (size_t i = 0; r >= 0 && i < what->count; i++) {
                bool off;
                const char *word = plain_word(what->words[i], &off);

                if (!off)
                        r = run_bind_word(job, word, &bound, &mount, err);
                else if (strcmp(word, "idmap") == 0)
                        r = run_bind_word(job, "noidmap", &bound, &mount, err);
        }
        if (r >= 0)
                r = run_bind_source(job, what->source, &bound, &mount, err);
        if (r >= 0)
                *ret_mount = mount;
        return r;
}

static int described_tmpfs(const struct run_job *job, const char *value, const struct described *what,
                           struct spec_mount *ret_mount, struct ward_err *err)
{
        struct spec_mount mount = new_tmpfs(what->target);
        int r = 0;

        mount.origin = CLI_ORIGIN(arena_concat(&job->cli->arena, "--mount ", value));
        if (what->source != NULL)
                return fail(err, MISTAKE_FORM, "--mount", value, "a tmpfs has no source", "leave src= out");
        for (size_t i = 0; r >= 0 && i < what->count; i++) {
                bool off;
                const char *word = plain_word(what->words[i], &off);

                if (strncmp(word, "tmpfs-", strlen("tmpfs-")) == 0)
                        word += strlen("tmpfs-");
                if (!off)
                        r = tmpfs_word(job, "--mount", value, word, &mount, err);
        }
        if (r >= 0)
                *ret_mount = mount;
        return r;
}

/* type=bind,src=PATH,dst=PATH,ro or type=tmpfs,dst=PATH,tmpfs-size=64m */
static int read_mount(const struct run_job *job, const char *value, struct spec_mount *ret_mount, struct ward_err *err)
{
        struct described what;
        int r = describe(job, value, &what, err);

        if (r < 0)
                return r;
        if (strcmp(what.type, "bind") == 0)
                return described_bind(job, value, &what, ret_mount, err);
        if (strcmp(what.type, "tmpfs") == 0)
                return described_tmpfs(job, value, &what, ret_mount, err);
        return fail(err, MISTAKE_VOLUME_NAME, "--mount", value, "its type is none of: bind, tmpfs",
                    "ward has no named volumes and no images: bind a directory");
}

void run_sort_mounts(struct spec_mount *mounts, size_t count)
{
        for (size_t i = 1; i < count; i++) {
                const struct spec_mount mount = mounts[i];
                const size_t depth = path_depth(mount.destination);
                size_t at = i;

                for (; at > 0 && path_depth(mounts[at - 1].destination) > depth; at--)
                        mounts[at] = mounts[at - 1];
                mounts[at] = mount;
        }
}

static bool is_of_profile(const struct run_job *job, const struct spec_mount *mount)
{
        const struct profile *profile = job->cli->profile;
        const char *field = mount->origin.field + strlen("--"), *value = strchr(field, ' ');

        for (size_t i = 0; profile != NULL && i < profile->count; i++) {
                const char *option = profile->settings[i].key->option;
                const size_t len = strlen(option);
                const char *text = profiles_option_value(&profile->settings[i], &job->cli->arena);

                if (len == (size_t)(value - field) && strncmp(field, option, len) == 0 && text != NULL &&
                    strcmp(text, value + 1) == 0)
                        return true;
        }
        return false;
}

/* Where the command line and a profile have a mount at the same place, the command line's is the one. */
static size_t drop_overridden(const struct run_job *job, struct spec_mount *mounts, size_t count)
{
        size_t kept = 0;

        for (size_t i = 0; i < count; i++) {
                bool overridden = false;

                for (size_t j = 0; j < count && !overridden; j++)
                        overridden = i != j && strcmp(mounts[i].destination, mounts[j].destination) == 0 &&
                                     is_of_profile(job, &mounts[i]) && !is_of_profile(job, &mounts[j]);
                if (!overridden)
                        mounts[kept++] = mounts[i];
        }
        return kept;
}

/* The options' own: of one destination there can be one. */
static int order(const struct run_job *job, struct spec_mount *mounts, size_t *count, struct ward_err *err)
{
        for (size_t i = 0; i < *count; i++) {
                mounts[i].destination = path_clean(mounts[i].destination, &job->cli->arena);
                if (mounts[i].destination == NULL || mounts[i].origin.field == NULL)
                        return err_oom(err);
        }
        if (job->cli->profile != NULL)
                *count = drop_overridden(job, mounts, *count);
        for (size_t i = 0; i < *count; i++)
                for (size_t j = 0; j < i; j++)
                        if (strcmp(mounts[i].destination, mounts[j].destination) == 0) {
                                (void)err_set(err, -EINVAL, "option '%s': '%s' is the destination of '%s', too",
                                              mounts[i].origin.field, mounts[i].destination, mounts[j].origin.field);
                                (void)err_mistake(err, MISTAKE_CONFLICT);
                                return err_hint(err, "leave one of the two out: one would hide the other");
                        }
        run_sort_mounts(mounts, *count);
        return 0;
}

typedef int (*mount_reader)(const struct run_job *job, const char *value, struct spec_mount *ret_mount,
                            struct ward_err *err);

int run_mounts(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct {
                const struct option_list *list;
                mount_reader read;
        } kinds[] = {{&job->options->tmpfs, read_tmpfs},
                     {&job->options->mounts, read_mount},
                     {&job->options->volumes, read_volume}};
        size_t count = spec->mount_count, room = count + 1, own;
        struct spec_mount *mounts;
        int r = 0;

        for (size_t k = 0; k < ELEMENTS(kinds); k++)
                room += kinds[k].list->count;
        mounts = arena_new(&spec->arena, struct spec_mount, room);
        if (mounts == NULL)
                return err_oom(err);
        memcpy(mounts, spec->mounts, count * sizeof(*mounts));
        for (size_t k = 0; k < ELEMENTS(kinds); k++)
                for (size_t i = 0; r >= 0 && i < kinds[k].list->count; i++)
                        r = kinds[k].read(job, kinds[k].list->items[i], &mounts[count++], err);
        own = count - spec->mount_count;
        if (r >= 0)
                r = order(job, mounts + spec->mount_count, &own, err);
        if (r < 0)
                return r;
        spec->mounts = mounts;
        spec->mount_count += own;
        return 0;
}
