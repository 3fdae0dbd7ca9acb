/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory: one directory per container below a root that only its owner can write.
 *
 *      ROOT/ID/state.json    what ward knows of the container; written by rename, so it is either the old or the new one
 *      ROOT/ID/config.json   the input, as it was when the container was created
 *      ROOT/ID/made          while it is being created: what was made in its root file system
 *      ROOT/ID/group         a symbolic link that names its control group, made before the group is
 *      ROOT/ID/start         the socket that a created container listens on until it is started
 *      ROOT/ID/signal        who sent it a signal last that ends a program
 *      ROOT/ID/exit.json     how it ended, of one that somebody waited for
 *      ROOT/ID/notify/       mounted in a container whose program says when it is ready: the socket `notify` for that
 *      ROOT/.cache/          compiled seccomp filters
 *      ROOT/.ranges/         which ids user namespaces have, in /run/ward alone (store/ranges.h)
 *      ROOT/.limits/         what `ward limit` has changed (store/limits.h)
 *
 * Whoever changes a container holds flock(2) on ROOT/ID itself.
 *
 * ROOT lies on a tmpfs: nothing in it may outlive a boot, and each state.json carries the boot's id. Reading needs no lock. Every path is
 * resolved from the descriptor of ROOT, which was proved to be a directory of the caller that nobody else can write (V34).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#define STORE_FORMAT_VERSION 1 /* docs/STATE.md says what makes it another one */
#define STORE_ID_MAX 255

/* In the entry while a start is on its way: what it has made in the root file system (launch/undo.h). */
#define STORE_MADE "made"
#define STORE_ROOT "root" /* a link to that */

/* In the entry of a created container whose filter has an agent: where that is found (engine/agent.h). */
#define STORE_AGENT "agent"

/* A directory in the entry (engine/ready.h); the socket in it has the same name. */
#define STORE_READY "notify"

#define STORE_IDENTITY_MAX 4096
#define STORE_BOOT_ID_LEN 36

struct store {
        int fd;           /* owned: ROOT */
        const char *path; /* owned: for messages */
        /* Told by the verbs of what went wrong and is no failure of theirs; NULL: nobody asks. Set by who opened it. */
        void (*warn)(void *data, const struct ward_err *what);
        void *warn_data;
};

/* Opens the state root, making it (0700) if it is missing. @path NULL: /run/ward for root, $XDG_RUNTIME_DIR/ward for others, /tmp/ward-UID without a session;
 * where that is read-only, root's is like others', and the last is /dev/shm/ward-UID.
 * Errors: -EPERM when the directory belongs to someone else or others may write it, with the command that mends it. */
int store_open(const char *path, struct store *ret_store, struct ward_err *err);
void store_close(struct store *store);

/* Tells who asked for warnings. */
void store_warn(const struct store *store, const struct ward_err *what);

/* An id is [A-Za-z0-9_+][A-Za-z0-9_+.-]*, at most STORE_ID_MAX bytes. */
int store_id_check(const char *id, struct ward_err *err);

/* What was mounted in the container while it ran. */
struct store_mount {
        const char *destination; /* as it was asked for */
        uint32_t id;             /* of the mount (statx(2), STATX_MNT_ID) */
};

/* What state.json holds. Strings of a read one live in the arena that was given. */
struct store_state {
        const char *id;
        const char *bundle; /* absolute path on the host */
        const char *rootfs; /* absolute path on the host, "host" for a view of the machine */
        const char *oci_version;
        const char *cgroup_path; /* below each hierarchy's root: "/c1"; NULL: none made */
        const char
                *cgroup_hierarchies; /* in which a group was made, by their identities: "memory name=systemd unified" */
        const char *cgroup_unit;     /* systemd's, of which it is a part: "libpod-ID.scope"; NULL: ward made it alone */
        unsigned cgroup_made;        /* parents that were made with it in every hierarchy */
        pid_t pid;                   /* init, in the caller's pid namespace; 0: creation was not finished */
        uint64_t pid_start_ticks;    /* field 22 of /proc/PID/stat: with it a reused pid is told apart (V32) */
        uint64_t pid_ns_inode;       /* st_ino of /proc/PID/ns/pid; 0: it could not be seen */
        const char *boot_id;         /* filled in by store_write(), checked by store_read() */
        uint64_t created_usec;       /* since the epoch */
        const char *program;         /* "ward" or "ward-oci": who made it */
        const char *command;         /* argv joined by spaces, for listings */
        uint32_t host_uid_base; /* first host id of the range that the container's user namespace maps, 0: none taken */
        uint32_t owner;         /* uid of the creator */
        pid_t remover;       /* who waits for its end and removes it then, as @pid; 0: it stays until it is deleted */
        bool seccomp_docker; /* the config's seccomp profile is in docker's form */
        bool resctrl;        /* it is in groups of resctrl, as its config says */
        const char *
                stdio; /* what it was given as its standard descriptors, as engine/outside.h counts them; NULL: a terminal of its own */
        const char *const *annotations; /* key, value, key, value ..., NULL */
        const struct store_mount *mounts;
        size_t mount_count;
        const char *rest; /* members that are not known here, as text with a comma in front of each; NULL: none */
};

/* A container's directory, open and locked. */
struct store_entry {
        int fd;   /* owned: ROOT/ID */
        int lock; /* borrowed: @fd when flock is held on it; -EBADF when only reading */
};

/* Makes ROOT/ID and locks it. -EEXIST when the id is taken, with what to do. */
int store_create(struct store *store, const char *id, struct store_entry *ret_entry, struct ward_err *err);

/* Opens ROOT/ID; @lock: waits for the lock, ten seconds at most: -EBUSY. -ENOENT with a suggestion of a similar id when there is no such container. */
int store_enter(struct store *store, const char *id, bool lock, struct store_entry *ret_entry, struct ward_err *err);
void store_leave(struct store_entry *entry);

/* Takes the lock of an entry that was opened without, or unlocked, however long that takes. -ENOENT when the container was deleted meanwhile. */
int store_lock(struct store_entry *entry, struct ward_err *err);

/* The same without waiting. -EWOULDBLOCK: somebody is at work on it. */
int store_try_lock(struct store_entry *entry, struct ward_err *err);

/* Gives the lock back and keeps the entry open: others may change the container while its creator waits for it. */
void store_unlock(struct store_entry *entry);

/* Writes state.json by rename. */
int store_write(const struct store_entry *entry, const struct store_state *state, struct ward_err *err);

/* Reads state.json. -ESTALE: it is of another boot. -EBADMSG: it is cut short, corrupted or missing, with what to do. -EPROTONOSUPPORT: a
 * newer ward has written it, in a format of another version. */
int store_read(const struct store_entry *entry, struct arena *arena, struct store_state *ret_state,
               struct ward_err *err);

/* Files beside it that say more: written by rename, and read whole. store_get_file(): *@ret_text is owned by the caller (free); -ENOENT. */
#define STORE_SIGNAL "signal"
#define STORE_EXIT "exit.json"
int store_put_file(const struct store_entry *entry, const char *name, const char *text, size_t len,
                   struct ward_err *err);
int store_get_file(const struct store_entry *entry, const char *name, char **ret_text, size_t *ret_len,
                   struct ward_err *err);

/* Whether state.json is there, in whatever condition. */
bool store_has_state(const struct store_entry *entry);

/*
 * Notes the control group @path with @parents, how many of its parents are missing and will be made with it. It is a symbolic link, because that
 * is there whole or not at all: where state.json is damaged, or was not written yet, this says where the processes are.
 */
int store_note_group(const struct store_entry *entry, const char *path, unsigned parents, struct ward_err *err);

/* What was noted: -ENOENT when nothing was, another -errno when that can't be told. *@ret_path lives in @arena. */
int store_noted_group(const struct store_entry *entry, struct arena *arena, const char **ret_path,
                      unsigned *ret_parents);

/* The pure halves of the two: state.json as text. A boot is not compared. */
int store_state_parse(const char *text, size_t len, struct arena *arena, struct store_state *ret_state,
                      struct ward_err *err);
void store_state_print(const struct store_state *state, struct text *text);

/* Whether an entry without a readable state can be a container's: it is as ward makes it, and nothing is in it that ward does not make.
 * -ENOTEMPTY: it is somebody's directory, and nobody's to be tidied up. */
int store_check_own(struct store *store, const char *id, const struct store_entry *entry, struct ward_err *err);

/* Removes ROOT/ID with all that ward has made in it; what somebody else has put there stays, and is a failure. The entry is closed even on failure. */
int store_destroy(struct store *store, const char *id, struct store_entry *entry, struct ward_err *err);

/* The ids in the store, sorted. *@ret_ids lives in @arena. */
int store_list(struct store *store, struct arena *arena, const char *const **ret_ids, size_t *ret_count,
               struct ward_err *err);

/* What tells this state root from every other one: the device that it lies on, and its path without symbolic links: "1a /run/ward". The root
 * of another mount namespace may have the same path, and one that was removed and made anew has it, too. */
int store_identity(const struct store *store, char ret_identity[STORE_IDENTITY_MAX], struct ward_err *err);

/* Which boot of the machine this is. */
int store_boot_id(char ret_id[STORE_BOOT_ID_LEN + 1], struct ward_err *err);

/* The directory of cached seccomp filters, with @make made if missing: a descriptor, or -errno (then there is no cache). */
int store_cache(struct store *store, bool make);

#endif
