/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child: an interpreter of the plan that runs between clone and exec.
 *
 * It makes raw system calls and nothing else: no malloc, no stdio, no libc function, no global variable. It reads the plan, which
 * nobody writes any more, and its own struct child on the stack. Functions return 0 (or a descriptor) or -errno and leave in
 * child->step where inside the op they were; the interpreter turns that into one record for the parent and ends.
 */
#ifndef LAUNCH_CHILD_CHILD_H
#define LAUNCH_CHILD_CHILD_H

#include <linux/limits.h>

#include "launch/ops.h"

/* Hidden also where they are only declared: a call through the global offset table would be a foreign symbol. */
#pragma GCC visibility push(hidden)

struct child {
        const struct plan *plan;
        int *slots;            /* descriptors, by slot number; late ones arrive with a message */
        int channel;           /* to whoever waits: the creator, later the one that starts */
        struct shared *shared; /* what was made in the root file system */
        bool trace;            /* put times into records and report every phase */
        bool hidden;           /* behind OP_HIDE */

        int root;            /* O_PATH of the container's root, -EBADF before OP_ROOT */
        uint64_t root_mount; /* id of its mount; 0 until needed */
        int root_path; /* O_PATH of the directory of the host that it is a clone of, for hooks; -EBADF: not needed, or out of reach */
        bool root_at_path;  /* it lies there, and not over the root of the namespace */
        int scratch;        /* O_PATH of the tmpfs of OP_SCRATCH; -EBADF: none */
        uint32_t directory; /* OP_FIRST_CHDIR: which was entered */
        int top,
                caller; /* O_PATH of the roots of the mount namespace and of the caller, where they are two (root.c); else -EBADF */
        int proc, sys;   /* what is mounted there, -EBADF: nothing yet */
        int null;        /* the host's /dev/null, for masks; -EBADF until needed */
        int empty;       /* a read-only tmpfs, for masks; -EBADF until needed */
        uint32_t chosen; /* OP_FIND_EXEC: which candidate */
        uint32_t umask;  /* of hooks: the caller's, behind OP_UMASK the program's */
        enum phase phase;
        uint32_t op;
        enum step step;
        uint32_t value; /* detail of the step */
};

/* Executes the plan. Ends in execve(2) or in exit_group(2) after a record was sent. Called in the new process; on entry it is in
 * the namespaces of plan->clone_flags, has the parent's credentials, descriptors and root directory. */
_Noreturn void child_main(struct child *child);

/* paths.c: resolution inside the root, by openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) only. */

/* Opens an existing path: a descriptor or -errno. @resolve: further RESOLVE_* flags. */
int child_open(struct child *child, const char *path, uint64_t flags, uint64_t resolve);

/* A path as the program finds it, from its root and its directory on, over no magic link (O_PATH). */
int child_open_as_program(const struct child *child, const char *path, uint64_t flags);

/* O_PATH descriptor of a mount target, made with its parents if it is missing. */
int child_target(struct child *child, const char *path, enum op_target kind, bool directory);

/* The same for what is mounted there. A link of the root leads no mount to where the plan names none: into procfs (V6), to the root, or to
 * /dev (V3). */
int child_mount_target(struct child *child, const char *path, enum op_target kind, bool directory);

/* Where a descriptor's file lies, as a path from this process's root. */
int child_find_path(struct child *child, int fd, char path[static PATH_MAX]);

/* Tells the parent a text that belongs to the step, for its words. */
void child_tell_text(struct child *child, const char *text, long len);

/* Whether the @len bytes of @text, which has no end as readlinkat(2) leaves it, are those of @wanted. */
bool child_is_text(const char *text, long len, const char *wanted);

/* True when what is made in @directory has to be noted. The undo log's paths are of the root file system: what is made in another one, a
 * fresh tmpfs on /dev or a tree of the host, is not the root's, and an entry that the image ships below such a mount must stay. */
int child_of_root(struct child *child, int directory);

/* Notes in the undo log that @path, with @prefix and a slash in front unless it is NULL, is about to be made: before it is, so that a
 * death in between leaves nothing behind. @kind: as struct shared. */
void child_note(struct child *child, const char *prefix, const char *path, char kind);

/* 1 when both descriptors are of one file, over whichever mounts, 0 when not. */
int child_is_same_file(int a, int b);

/* True when the descriptor is a directory; *@ret_mode (may be NULL) is st_mode. -errno on failure. */
int child_is_directory(int fd, uint32_t *ret_mode);

/* "/proc/self/fd/N" for calls that take only paths. */
#define CHILD_FD_PATH_MAX 32
void child_fd_path(int fd, char path[static CHILD_FD_PATH_MAX]);

/* root.c */
int child_do_propagation(struct child *child, const struct op *op);
int child_do_root(struct child *child, const struct op *op);
int child_do_root_path(struct child *child, const struct op *op);
int child_do_show_root(struct child *child, const struct op *op);
int child_do_pivot(struct child *child, const struct op *op);

/* mounts.c */
int child_do_mount(struct child *child, const struct op *op);
int child_do_bind(struct child *child, const struct op *op);
int child_do_remount(struct child *child, const struct op *op);
int child_do_reconfigure(struct child *child, const struct op *op);
int child_do_mask(struct child *child, const struct op *op);
int child_do_readonly(struct child *child, const struct op *op);
int child_do_directory(struct child *child, const struct op *op);
int child_do_root_attr(struct child *child, const struct op *op);
int child_attach(struct child *child, int tree, int target);

/* A new superblock by fsopen(2): a detached mount, or -errno. */
int child_new_mount(struct child *child, const struct op_mount *mount, const char *mode);

/* Lays the tree over the root of the mount namespace. */
int child_cover_root(struct child *child, int tree);

/* Sets MOUNT_ATTR_* of a mount. @flags: AT_RECURSIVE, or 0. */
int child_attributes(int fd, unsigned flags, uint64_t set);

/* Sets attributes and propagation of a bind; also of an existing mount. */
int child_bind_attributes(struct child *child, const struct op_bind *bind, int fd);

/* live.c: mounts of a container that runs */
int child_do_make(struct child *child, const struct op *op);
int child_do_enter(struct child *child, const struct op *op);
int child_do_add(struct child *child, const struct op *op);
int child_do_remove(struct child *child, const struct op *op);

/* copy.c: copies the content of one directory into another (tmpcopyup). */
int child_copy_tree(const struct child *child, int from, int to);

/* dev.c */
int child_do_dev(struct child *child, const struct op *op);
int child_do_link(struct child *child, const struct op *op);
int child_do_terminal(struct child *child, const struct op *op);

/* namespaces.c */
int child_do_setns(struct child *child, const struct op *op);
int child_do_unshare(struct child *child, const struct op *op);
int child_do_become_root(struct child *child, const struct op *op);
int child_do_time_offsets(struct child *child, const struct op *op);
int child_do_loopback_up(struct child *child, const struct op *op);
int child_do_hostname(struct child *child, const struct op *op);
int child_do_domainname(struct child *child, const struct op *op);
int child_do_sysctl(struct child *child, const struct op *op);
int child_do_keyring(struct child *child, const struct op *op);
int child_do_join_cgroups(struct child *child, const struct op *op);

/* Writes @len bytes to @path below the descriptor of procfs in the plan, which must be reached through no link and no mount (V6). */
int child_proc_write(struct child *child, const char *path, const char *data, uint32_t len);

/* Opens @path below the same. */
int child_proc_open(struct child *child, const char *path, uint64_t flags);

/* The slot of the plan that holds it; SLOT_NONE: none does. */
int child_proc_slot(const struct plan *plan);

/* process.c */
int child_do_setsid(struct child *child, const struct op *op);
int child_do_output(struct child *child, const struct op *op);
int child_do_personality(struct child *child, const struct op *op);
int child_do_oom_score(struct child *child, const struct op *op);
int child_do_hide(struct child *child, const struct op *op);
int child_do_rlimit(struct child *child, const struct op *op);
int child_do_lsm(struct child *child, const struct op *op);
int child_do_smack(struct child *child, const struct op *op);
int child_do_bounding(struct child *child, const struct op *op);
int child_do_ids(struct child *child, const struct op *op);
int child_do_caps(struct child *child, const struct op *op);
int child_do_ambient(struct child *child, const struct op *op);
int child_do_no_new_privs(struct child *child, const struct op *op);
int child_do_umask(struct child *child, const struct op *op);
int child_do_chdir(struct child *child, const struct op *op);
int child_do_find_exec(struct child *child, const struct op *op);
int child_do_close_fds(struct child *child, const struct op *op);
int child_do_seccomp(struct child *child, const struct op *op);
/* The filter and capabilities; nothing by ops of other types. */
int child_take_rights(struct child *child, const struct op *op);
int child_do_exec(struct child *child, const struct op *op);

/* landlock.c */
int child_do_ruleset(struct child *child, const struct op *op);
int child_do_restrict(struct child *child, const struct op *op);

/* schedule.c */
int child_do_affinity(struct child *child, const struct op *op);
int child_do_memory_policy(struct child *child, const struct op *op);
int child_do_scheduler(struct child *child, const struct op *op);
int child_do_io_priority(struct child *child, const struct op *op);

/* meet.c: everything that waits for, or starts, another process */
int child_do_clone(struct child *child, const struct op *op);
int child_do_wait(struct child *child, const struct op *op);
int child_do_report(struct child *child, const struct op *op);

/* Sends RECORD_MOUNTS with the descriptor @mounts. */
int child_send_mounts(struct child *child, int mounts, uint32_t target, uint32_t tree);

/* Waits for @message on the channel, and for the descriptors of its slots. */
int child_wait(struct child *child, enum message message);
int child_do_wait_start(struct child *child, const struct op *op);
int child_do_hooks(struct child *child, const struct op *op);

/* clone3(2), and clone(2) where that is missing or refused. @pidfd: where its pidfd is stored; NULL: none is wanted. */
long child_make_process(uint64_t flags, int exit_signal, int *pidfd);

/* listen.c: OP_SECCOMP of a filter with a listener, which is in the agent's hands when this returns. */
int child_listen(struct child *child, const struct op *op);

/* steps.c: a root that begins empty */
int child_do_scratch(struct child *child, const struct op *op);
int child_do_step(struct child *child, const struct op *op);

/* sandbox.c */
int child_do_nest(struct child *child, const struct op *op);
int child_do_no_users(struct child *child, const struct op *op);
int child_do_block(struct child *child, const struct op *op);
int child_do_first_chdir(struct child *child, const struct op *op);
int child_do_stay(struct child *child, const struct op *op);
/* verify.c */
int child_do_verify(struct child *child, const struct op *op);

int child_do_parent_death(struct child *child, const struct op *op);

/* Enters a directory, which must lie below the root, through no magic link. */
int child_chdir(struct child *child, const char *path);

/* @number in decimal digits. */
#define CHILD_NUMBER_MAX 24
void child_number(uint64_t number, char text[static CHILD_NUMBER_MAX]);

/* trees.c */
int child_do_trees(struct child *child, const struct op *op);

/* init.c */
int child_do_init(struct child *child, const struct op *op);

/* Sends one record; an error is for the caller to weigh. */
int child_send(struct child *child, enum record_kind kind, enum step step, int errnum, uint32_t value);

/* struct msghdr of sendmsg(2) and recvmsg(2) on 64-bit kernels; libc's headers are not for the child. */
struct iovec;
struct child_message {
        void *name;
        int name_len;
        struct iovec *iov;
        uint64_t iov_count;
        void *control;
        uint64_t control_len;
        unsigned flags;
};

/* Sends @len bytes with one descriptor. */
int child_send_fd(int socket, const void *data, uint32_t len, int fd);

/* What getdents64(2) fills a buffer with (struct linux_dirent64). */
struct child_entry {
        uint64_t inode;
        int64_t offset;
        uint16_t length;
        uint8_t type;
        char name[];
};

/* Lengths and copies without libc. */
static inline uint32_t child_length(const char *string)
{
        uint32_t len = 0;

        while (string[len] != '\0')
                len++;
        return len;
}

#pragma GCC visibility pop

#endif
