/* SPDX-License-Identifier: Apache-2.0 */
/* The volumes and tmpfs of `ward run`. */
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

static int fail(struct ward_err *err, const char *option, const char *value, const char *why, const char *hint)
{
        (void)err_set(err, -EINVAL, "option '%s': '%s': %s", option, value, why);
        return err_hint(err, "%s", hint);
}

static int apply_volume_word(const struct run_job *job, const char *value, const char *word, struct spec_mount *mount,
                             struct ward_err *err)
{
        static const char *const words[] = {"ro", "rw", "idmap", "noidmap"};
        const char *near;

        if (strcmp(word, "ro") == 0) {
                mount->rattr_set |= MOUNT_ATTR_RDONLY;
        } else if (strcmp(word, "rw") == 0) {
                mount->rattr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
        } else if (strcmp(word, "idmap") == 0) {
                if (job->options->users == RUN_USERS_HOST)
                        return fail(err, "--volume", value,
                                    "idmap: the container has the host's users, there is no map",
                                    "leave idmap out, or --userns=host");
                mount->idmap = mount->idmap_recursive = true;
        } else if (strcmp(word, "noidmap") == 0) {
                mount->idmap = mount->idmap_recursive = false;
        } else if (strcmp(word, "z") == 0 || strcmp(word, "Z") == 0) {
                return fail(err, "--volume", value, "z and Z relabel files for SELinux, which ward does not",
                            "leave it out; where SELinux is in force, relabel with chcon(1)");
        } else {
                near = text_nearest(word, words, ELEMENTS(words));
                (void)err_set(err, -EINVAL, "option '--volume': '%s': '%s' is not one of: ro, rw, idmap, noidmap",
                              value, word);
                return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
        }
        return 0;
}

/* SRC:DST[:WORDS]. What comes from the host brings neither rights nor devices with it, and read-only holds for everything below, too. */
static int read_volume(const struct run_job *job, const char *value, struct spec_mount *ret_mount, struct ward_err *err)
{
        static const char usage[] = "write SRC:DST or SRC:DST:ro, SRC a path of this machine";
        struct arena *arena = &job->cli->arena;
        bool own_users = job->options->users == RUN_USERS_OWN;
        struct spec_mount mount = {
                .bind = true,
                .recursive = true,
                .rattr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                .idmap = own_users,
                .idmap_recursive = own_users,
        };
        const char *at = value, *source = next_word(arena, &at, ':');
        int r;

        if (at == NULL || source == NULL || *source == '\0')
                return fail(err, "--volume", value, "it has no source", usage);
        mount.destination = next_word(arena, &at, ':');
        if (mount.destination == NULL)
                return err_oom(err);
        if (*mount.destination != '/')
                return fail(err, "--volume", value, "the destination is not an absolute path", usage);
        if (*source != '/' && *source != '.')
                return fail(err, "--volume", value, "the source is a volume's name, and ward has no named volumes",
                            "for a directory here write ./NAME");
        r = path_absolute(source, &job->cli->arena, &mount.source, err);
        while (r >= 0 && at != NULL) {
                const char *word = next_word(arena, &at, ',');

                r = word == NULL ? err_oom(err) : apply_volume_word(job, value, word, &mount, err);
        }
        if (r < 0)
                return r;
        mount.origin = CLI_ORIGIN(arena_printf(arena, "--volume %s", value));
        *ret_mount = mount;
        return 0;
}

/* PATH[:WORDS]: those of mount(8), and size=, mode= ... of the file system, which the kernel judges. */
static int read_tmpfs(const struct run_job *job, const char *value, struct spec_mount *ret_mount, struct ward_err *err)
{
        struct arena *arena = &job->cli->arena;
        struct spec_mount mount = {
                .type = "tmpfs",
                .source = "tmpfs",
                .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                .data = "mode=1777",
        };
        const char *at = value;

        mount.destination = next_word(arena, &at, ':');
        if (mount.destination != NULL && *mount.destination != '/')
                return fail(err, "--tmpfs", value, "it is not an absolute path",
                            "write PATH or PATH:size=64m,mode=700");
        while (mount.destination != NULL && mount.data != NULL && at != NULL) {
                const char *word = next_word(arena, &at, ',');

                if (word == NULL)
                        return err_oom(err);
                /* Of two modes the last one holds (tmpfs(5)). */
                if (*word != '\0' && !mount_word_apply(word, &mount))
                        mount.data = arena_printf(arena, "%s,%s", mount.data, word);
                if (mount.bind || mount.remount || mount.idmap)
                        return fail(err, "--tmpfs", value, "a new file system can't be bound, remounted or id-mapped",
                                    "for a directory of this machine use --volume");
        }
        mount.origin = CLI_ORIGIN(arena_printf(arena, "--tmpfs %s", value));
        if (mount.destination == NULL || mount.data == NULL)
                return err_oom(err);
        *ret_mount = mount;
        return 0;
}

int run_mounts(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const struct option_list *tmpfs = &job->options->tmpfs, *volumes = &job->options->volumes;
        struct spec_mount *mounts =
                arena_new(&spec->arena, struct spec_mount, spec->mount_count + tmpfs->count + volumes->count);
        size_t count = spec->mount_count;
        int r = 0;

        if (mounts == NULL)
                return err_oom(err);
        memcpy(mounts, spec->mounts, count * sizeof(*mounts));
        /* A volume may lie on a tmpfs; the other way round it would be hidden. */
        for (size_t i = 0; r >= 0 && i < tmpfs->count; i++)
                r = read_tmpfs(job, tmpfs->items[i], &mounts[count++], err);
        for (size_t i = 0; r >= 0 && i < volumes->count; i++)
                r = read_volume(job, volumes->items[i], &mounts[count++], err);
        if (r < 0)
                return r;
        spec->mounts = mounts;
        spec->mount_count = count;
        return 0;
}
