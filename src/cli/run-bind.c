/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binds of the machine's files for `ward run`: what -v and --mount type=bind share.
 *
 * With ids of its own a container sees a bind through an id map in which its user is the owner of what is bound: a directory of user 1000
 * belongs, inside, to whoever --user names. Root's files are the container's only where what is bound is root's own: a container
 * that is given a user's directory leaves no file of root in it, with a set-user-id bit or without.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "cli/run.h"
#include "model/mount-words.h"

#define RANGES_MAX 6

static int fail(const struct spec_mount *mount, enum mistake mistake, const char *why, const char *hint,
                struct ward_err *err)
{
        (void)err_set(err, -EINVAL, "option '%s': %s", mount->origin.field, why);
        (void)err_mistake(err, mistake);
        return err_hint(err, "%s", hint);
}

struct spec_mount run_bind(const struct run_job *job, const char *option, const char *value)
{
        return (struct spec_mount){
                .bind = true,
                .recursive = true,
                .rattr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                .idmap = job->idmaps,
                .idmap_recursive = job->idmaps,
                .origin = CLI_ORIGIN(arena_concat(&job->cli->arena, option, " ", value)),
        };
}

int run_bind_word(const struct run_job *job, const char *word, struct run_bound *bound, struct spec_mount *mount,
                  struct ward_err *err)
{
        static const char *const words[] = {"ro", "rw", "idmap", "noidmap", "z", "Z", "U", "exec", "noexec", "private"};
        const char *near;

        bound->ro |= strcmp(word, "ro") == 0 || strcmp(word, "readonly") == 0;
        bound->rw |= strcmp(word, "rw") == 0;
        if (bound->ro && bound->rw)
                return fail(mount, MISTAKE_CONFLICT, "ro and rw: it can't be both", "leave one of them out", err);
        if (strcmp(word, "ro") == 0 || strcmp(word, "readonly") == 0) {
                mount->rattr_set |= MOUNT_ATTR_RDONLY; /* for everything below, too */
        } else if (strcmp(word, "rw") == 0) {
                mount->rattr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
        } else if (strcmp(word, "idmap") == 0) {
                if (!job->own_users)
                        return fail(mount, MISTAKE_OWNERS, "idmap: the container has the host's users, there is no map",
                                    "leave idmap out, or --userns=host", err);
                if (!job->idmaps)
                        return fail(mount, MISTAKE_OWNERS,
                                    "idmap: only root of the machine may map the owners of files",
                                    "leave idmap out: your own files are the container's user's anyway", err);
                mount->idmap = mount->idmap_recursive = true;
        } else if (strcmp(word, "noidmap") == 0) {
                mount->idmap = mount->idmap_recursive = false;
        } else if (strcmp(word, "U") == 0) {
                mount->idmap = mount->idmap_recursive = false;
                bound->give_away = true;
        } else if (strcmp(word, "z") == 0 || strcmp(word, "Z") == 0) {
                bound->relabel = word[0];
        } else if (mount_word_of_file_system(word)) {
                (void)err_set(err, -EINVAL,
                              "option '%s': '%s' is about a whole file system, and a bind is only another view of it",
                              mount->origin.field, word);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err, "leave it out, or remount the file system on the machine: mount -o remount,%s ...",
                                word);
        } else if (!mount_word_apply(word, mount) || mount->remount || mount->copy_up || mount->copy_symlink) {
                near = text_nearest(word, words, ELEMENTS(words));
                (void)err_set(err, -EINVAL,
                              "option '%s': '%s' is not one of: ro, rw, idmap, noidmap, z, Z, U, and mount(8)'s words",
                              mount->origin.field, word);
                (void)err_mistake(err, MISTAKE_WORD);
                return near == NULL ? -EINVAL : err_hint(err, "did you mean '%s'?", near);
        }
        return 0;
}

/* ---- owners ---------------------------------------------------------------------------------------------------------------- */

static size_t add_range(struct spec_id_map *ranges, size_t n, uint32_t outside, uint32_t inside, uint32_t count)
{
        if (count > 0)
                ranges[n++] = (struct spec_id_map){.container_id = outside, .host_id = inside, .count = count};
        return n;
}

/* @owner, an id of the file system, becomes @id of the container, whose ids begin at @base; where @owner is root, or is another than @id,
 * the two change places, but root's files become nobody's unless @owner is root. */
static size_t map_owner(struct spec_id_map *ranges, uint32_t base, uint32_t owner, uint32_t id)
{
        uint32_t lower = owner < id ? owner : id, upper = owner < id ? id : owner;
        uint32_t cuts[] = {lower, upper, DEFAULTS_ID_COUNT}, next = 1;
        size_t n = add_range(ranges, 0, owner, base + id, 1);

        if (owner != id && owner < DEFAULTS_ID_COUNT && (owner == 0 || id != 0))
                n = add_range(ranges, n, id, base + owner, 1);
        for (size_t i = 0; i < ELEMENTS(cuts) && next < DEFAULTS_ID_COUNT; i++) {
                uint32_t end = cuts[i] < DEFAULTS_ID_COUNT ? cuts[i] : DEFAULTS_ID_COUNT;

                if (end > next)
                        n = add_range(ranges, n, next, base + next, end - next);
                next = end + 1 > next ? end + 1 : next;
        }
        return n;
}

static int map_to_user(const struct run_job *job, struct spec_mount *mount, struct ward_err *err)
{
        struct spec_id_map *uids = arena_new(&job->cli->arena, struct spec_id_map, RANGES_MAX);
        struct spec_id_map *gids = arena_new(&job->cli->arena, struct spec_id_map, RANGES_MAX);
        struct stat st;

        /* What is not there is said when it is opened, with what to do. */
        if (stat(mount->source, &st) < 0 || (st.st_uid == job->uid && st.st_gid == job->gid && st.st_uid == 0))
                return 0;
        if (uids == NULL || gids == NULL)
                return err_oom(err);
        mount->maps = (struct spec_id_maps){
                .uid = uids,
                .gid = gids,
                .uid_count = map_owner(uids, job->id_base, st.st_uid, job->uid),
                .gid_count = map_owner(gids, job->id_base, st.st_gid, job->gid),
        };
        return 0;
}

/* ---- "U": the files are given to the container's user, for good -------------------------------------------------------------- */

struct give {
        uid_t uid;
        gid_t gid;
};

static int give_file(int dirfd, const char *name, const void *value)
{
        const struct give *give = value;

        return fchownat(dirfd, name, give->uid, give->gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int explain_give(const struct spec_mount *mount, const void *value, int code, struct ward_err *err)
{
        const struct give *give = value;

        return err_code(err, code, "option '%s': give '%s' and what is in it to user %u", mount->origin.field,
                        mount->source, give->uid);
}

/* The id of this machine behind @id of the container. */
static uint32_t outside(const struct spec_id_map *maps, size_t count, uint32_t id)
{
        for (size_t i = 0; i < count; i++)
                if (id - maps[i].container_id < maps[i].count)
                        return id - maps[i].container_id + maps[i].host_id;
        return id;
}

static int give_away(const struct run_job *job, const struct spec_mount *mount, struct ward_err *err)
{
        struct give give = {.uid = outside(job->maps.uid, job->maps.uid_count, job->uid),
                            .gid = outside(job->maps.gid, job->maps.gid_count, job->gid)};
        struct run_change change = {
                .file = give_file,
                .value = &give,
                .of_system = "U would give a directory of the system to the container",
                .explain = explain_give,
        };

        return run_change_files(job, mount, &change, err);
}

int run_bind_source(const struct run_job *job, const char *source, const struct run_bound *bound,
                    struct spec_mount *mount, struct ward_err *err)
{
        int r = path_absolute(source, &job->cli->arena, &mount->source, err);

        if (r >= 0 && bound->give_away)
                r = give_away(job, mount, err);
        if (r >= 0 && bound->relabel != '\0')
                r = run_relabel(job, bound->relabel, mount, err);
        if (r >= 0 && mount->idmap)
                r = map_to_user(job, mount, err);
        return r;
}
