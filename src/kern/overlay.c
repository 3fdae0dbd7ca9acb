/* SPDX-License-Identifier: Apache-2.0 */
/* Copy-on-write views; see overlay.h. */
#include "kern/overlay.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "base/mem.h"
#include "kern/clone.h"
#include "kern/tree.h"

#define CAPABILITY_WORDS 2

enum step {
        STEP_NAMESPACE,
        STEP_SCRATCH,
        STEP_STORE,
        STEP_CREDENTIALS,
        STEP_LOWER,
        STEP_READABLE,
        STEP_WRITABLE,
        STEP_ATTACH,
        STEP_TREE,
};

static const char *const step_words[] = {
        [STEP_NAMESPACE] = "make a mount namespace to assemble it in",
        [STEP_SCRATCH] = "attach the scratch file system",
        [STEP_STORE] = "attach the file system that takes the changes",
        [STEP_CREDENTIALS] = "take on the credentials of nobody",
        [STEP_LOWER] = "attach the directory of the machine",
        [STEP_READABLE] = "mount the readable overlay",
        [STEP_WRITABLE] = "mount the writable overlay",
        [STEP_ATTACH] = "attach the view",
        [STEP_TREE] = "detach the finished tree",
};

/* What the child sends, with the tree's descriptor when @code is 0. */
struct record {
        enum step step;
        uint32_t view;
        int code;
        char log[256];
};

/* The capabilities of this thread. Not libcap: this runs between clone and exit, where nothing may allocate. */
struct capabilities {
        struct __user_cap_data_struct word[CAPABILITY_WORDS];
};

static int capabilities_get(struct capabilities *caps)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

        return syscall(SYS_capget, &header, caps->word) < 0 ? -errno : 0;
}

static int capabilities_set(const struct capabilities *caps)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

        return syscall(SYS_capset, &header, caps->word) < 0 ? -errno : 0;
}

/* setfsuid(2) tells of no failure: the second call proves the first. It also takes the capabilities over files from an id that is
 * not 0, so they are set afterwards (capabilities(7), "Effect of user ID changes"). */
static int become(uint32_t id, const struct capabilities *caps)
{
        (void)setfsgid(id);
        (void)setfsuid(id);
        if ((uint32_t)setfsgid((gid_t)-1) != id || (uint32_t)setfsuid((uid_t)-1) != id)
                return -EPERM;
        return capabilities_set(caps);
}

/* As nobody, with the one capability that mounting takes. */
static int become_nobody(const struct capabilities *own, uint32_t nobody)
{
        struct capabilities caps = *own, now;
        int r;

        for (size_t i = 0; i < CAPABILITY_WORDS; i++)
                caps.word[i].effective = 0;
        caps.word[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective = CAP_TO_MASK(CAP_SYS_ADMIN);
        r = become(nobody, &caps);
        if (r < 0)
                return r;
        r = capabilities_get(&now);
        if (r >= 0 && memcmp(&now, &caps, sizeof(now)) != 0)
                r = -EPERM;
        return r;
}

/* One assembly, in the child. The names of the layers are relative: the scratch file system is the working directory. */
struct assembly {
        const struct overlay_tree *tree;
        struct capabilities own;
        struct record record;
        int root; /* the tree's root, attached */
};

static int attach(int tree, int dirfd, const char *path)
{
        return move_mount(tree, "", dirfd, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

static int make_directory(const char *path)
{
        return mkdirat(AT_FDCWD, path, 0755) < 0 ? -errno : 0;
}

struct parameter {
        const char *key, *value; /* a key that is NULL is left out; one whose value is NULL is a flag */
};

static int make_overlay(struct record *record, const struct parameter *parameters, size_t count, uint64_t attributes)
{
        _cleanup_close_
        int fs = fsopen("overlay", FSOPEN_CLOEXEC);
        int r = fs < 0 ? -errno : 0;

        for (size_t i = 0; i < count && r >= 0; i++)
                if (parameters[i].key != NULL &&
                    fsconfig(fs, parameters[i].value == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING,
                             parameters[i].key, parameters[i].value, 0) < 0)
                        r = -errno;
        if (r >= 0)
                r = tree_make(fs, attributes);
        if (r < 0 && fs >= 0)
                tree_log(fs, record->log, sizeof(record->log));
        return r;
}

static int attach_lower(struct assembly *assembly, uint32_t i)
{
        char lower[32];
        int r;

        (void)snprintf(lower, sizeof(lower), "lower/%u", i);
        assembly->record.step = STEP_LOWER;
        r = make_directory(lower);
        return r < 0 ? r : attach(assembly->tree->views[i].lower, AT_FDCWD, lower);
}

/* The readable overlay of view @i, attached to below/@i. */
static int make_readable(struct assembly *assembly, uint32_t i)
{
        _cleanup_close_
        int fd = -EBADF;
        char below[32], layers[64];
        const struct parameter parameters[] = {
                {"source", "ward"}, {"lowerdir", layers}, {assembly->tree->user_xattr ? "userxattr" : NULL, NULL}};
        int r, back;

        (void)snprintf(below, sizeof(below), "below/%u", i);
        (void)snprintf(layers, sizeof(layers), "middle/%u:lower/%u", i, i);
        r = make_directory(below);
        if (r < 0)
                return r;
        assembly->record.step = STEP_CREDENTIALS;
        r = become_nobody(&assembly->own, assembly->tree->reader);
        if (r >= 0) {
                assembly->record.step = STEP_READABLE;
                r = fd = make_overlay(&assembly->record, parameters, ELEMENTS(parameters),
                                      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
        }
        back = become(0, &assembly->own);
        if (r >= 0 && back < 0) {
                assembly->record.step = STEP_CREDENTIALS;
                r = back;
        }
        return r < 0 ? r : attach(fd, AT_FDCWD, below);
}

/* The writable overlay over it, or over the layers themselves, attached to its place in the tree. */
static int make_writable(struct assembly *assembly, uint32_t i)
{
        const struct overlay_view *view = &assembly->tree->views[i];
        _cleanup_close_
        int fd = -EBADF, target = -EBADF;
        char lower[64], upper[160], work[160];
        const struct parameter parameters[] = {
                {"source", "ward"},
                {"lowerdir", lower},
                {"upperdir", upper},
                {"workdir", work},
                /* Without it a directory of the lower layer can't be renamed (EXDEV), which dpkg(1) does. */
                {assembly->tree->user_xattr ? NULL : "redirect_dir", "on"},
                {assembly->tree->user_xattr ? "userxattr" : NULL, NULL},
                /* With it an upper directory that is in use is refused; without it that is a line in the kernel's log. */
                {assembly->tree->exclusive ? "index" : NULL, "on"},
        };

        if (assembly->tree->reader == OVERLAY_NO_READER)
                (void)snprintf(lower, sizeof(lower), "middle/%u:lower/%u", i, i);
        else
                (void)snprintf(lower, sizeof(lower), "below/%u", i);
        (void)snprintf(upper, sizeof(upper), "store/upper/%s", view->name);
        (void)snprintf(work, sizeof(work), "store/work/%s", view->name);
        assembly->record.step = STEP_ATTACH;
        target = fd_open_beneath(assembly->root, view->path, O_PATH | O_DIRECTORY);
        if (target < 0)
                return view->optional ? 0 : target;
        assembly->record.step = STEP_WRITABLE;
        fd = make_overlay(&assembly->record, parameters, ELEMENTS(parameters),
                          MOUNT_ATTR_NODEV | (assembly->tree->read_only ? MOUNT_ATTR_RDONLY : 0));
        if (fd < 0)
                return fd;
        assembly->record.step = STEP_ATTACH;
        return move_mount(fd, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ? -errno : 0;
}

static int attach_bases(struct assembly *assembly)
{
        static const char *const directories[] = {"lower", "below", "store", "tree"};
        const struct overlay_tree *tree = assembly->tree;
        int r;

        /* Or everything below would appear in the caller's namespace too (mount_namespaces(7)). */
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -errno;
        assembly->record.step = STEP_SCRATCH;
        r = attach(tree->scratch, AT_FDCWD, "/");
        if (r >= 0 && fchdir(tree->scratch) < 0)
                r = -errno;
        for (size_t i = 0; i < ELEMENTS(directories) && r >= 0; i++)
                r = make_directory(directories[i]);
        if (r < 0)
                return r;
        assembly->record.step = STEP_STORE;
        /* A clone is a peer of what it was cloned from: the views on it would appear there. */
        r = tree_private(tree->store);
        if (r >= 0)
                r = attach(tree->store, AT_FDCWD, "store");
        if (r >= 0)
                r = assembly->root = tree_clone(AT_FDCWD, "store/root", false);
        return r < 0 ? r : attach(assembly->root, AT_FDCWD, "tree");
}

static int become_owner(struct assembly *assembly)
{
        assembly->record.step = STEP_CREDENTIALS;
        return become(assembly->tree->owner, &assembly->own);
}

static int assemble(struct assembly *assembly)
{
        bool reader = assembly->tree->reader != OVERLAY_NO_READER;
        int r, fd;

        assembly->record.step = STEP_CREDENTIALS;
        r = capabilities_get(&assembly->own);
        if (r >= 0 && reader && setgroups(0, NULL) < 0)
                r = -errno;
        if (r < 0)
                return r;
        assembly->record.step = STEP_NAMESPACE;
        r = attach_bases(assembly);
        for (uint32_t i = 0; i < assembly->tree->view_count && r >= 0; i++) {
                assembly->record.view = i;
                r = attach_lower(assembly, i);
                if (r >= 0 && reader)
                        r = make_readable(assembly, i);
                if (r >= 0)
                        r = become_owner(assembly);
                if (r >= 0)
                        r = make_writable(assembly, i);
                if (r >= 0)
                        r = become(0, &assembly->own);
        }
        if (r < 0)
                return r;
        assembly->record.step = STEP_TREE;
        r = fd = tree_clone(assembly->root, "", true);
        if (r >= 0)
                r = tree_attributes(fd, MOUNT_ATTR_NODEV, 0, true);
        return r < 0 ? r : fd;
}

_Noreturn static void child(const struct overlay_tree *tree, int socket, pid_t parent)
{
        struct assembly assembly = {.tree = tree, .root = -EBADF};
        int fd;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(1);
        fd = assemble(&assembly);
        assembly.record.code = fd < 0 ? fd : 0;
        _exit(fd_send(socket, &assembly.record, sizeof(assembly.record), fd) < 0);
}

static int explain(const struct overlay_tree *tree, const struct record *record, struct ward_err *err)
{
        const char *step = step_words[record->step], *space = record->log[0] == '\0' ? "" : " ";
        const char *log = record->log;

        if (record->step < STEP_LOWER || record->step == STEP_TREE)
                return err_code(err, record->code, "%s", step);
        if (record->step == STEP_WRITABLE && record->code == -EBUSY) {
                (void)err_set(err, -EBUSY, "%s of /%s: the directory that takes its changes is in use by another mount",
                              step, tree->views[record->view].path);
                return err_hint(err,
                                "one container at a time can use it: stop the other one, or take another directory");
        }
        (void)err_code(err, record->code, "%s of /%s%s%s%s%s", step, tree->views[record->view].path, space,
                       *log == '\0' ? "" : "(", log, *log == '\0' ? "" : ")");
        if (record->code == -EINVAL)
                return err_hint(
                        err, "overlays stack two deep, and this system is one already, as in docker, podman or a "
                             "'host' of root without --host-stackable: use a directory as ROOT; or Linux is older than "
                             "5.19");
        if (record->code == -ENODEV)
                return err_hint(err, "the kernel has no overlayfs: modprobe overlay");
        return record->code;
}

int overlay_assemble(const struct overlay_tree *tree, struct ward_err *err)
{
        _cleanup_close_
        int ours = -EBADF, theirs = -EBADF, pidfd = -EBADF;
        struct record record = {0};
        siginfo_t info;
        pid_t pid, self = getpid();
        int pair[2], fd;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_errno(err, "make a pair of sockets");
        ours = pair[0];
        theirs = pair[1];
        pid = clone_child(CLONE_NEWNS, -EBADF, &pidfd);
        if (pid < 0) {
                (void)err_code(err, pid, "make a mount namespace to assemble copy-on-write views in");
                return pid == -EPERM ? err_hint(err, "run it as root") : pid;
        }
        if (pid == 0)
                child(tree, theirs, self);
        theirs = fd_close(theirs);
        fd = fd_receive(ours, &record, sizeof(record));
        (void)pidfd_wait(pidfd, false, false, &info);
        if (fd >= 0)
                return fd;
        if (fd == -EPIPE || record.code >= 0)
                return err_set(err, -EPIPE, "assemble copy-on-write views: the process that does it died");
        return explain(tree, &record, err);
}

int overlay_whiteout(int dirfd, const char *name)
{
        return mknodat(dirfd, name, S_IFCHR, makedev(0, 0)) < 0 ? -errno : 0;
}

int overlay_opaque(int fd)
{
        return fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) < 0 ? -errno : 0;
}

bool overlay_is_opaque(int fd)
{
        char value;

        return fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}
