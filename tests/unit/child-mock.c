/* SPDX-License-Identifier: Apache-2.0 */
/* A small kernel for the child's interpreter; see child-mock.h. */
#include "child-mock.h"

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <linux/wait.h>

#include <asm/siginfo.h>

#define CHILD_MOCK
#include "base/uapi.h"
#include "launch/child/sys.h"

#define LINKS_MAX 40

struct mock mock;

/* ---- the tree ---- */

static int node_add(int parent, const char *name, size_t len, char type)
{
        struct mock_node *node = &mock.nodes[mock.node_count];

        if (mock.node_count == MOCK_NODES_MAX || len >= sizeof(node->name))
                return -ENOSPC;
        *node = (struct mock_node){.parent = parent, .type = type, .mount = mock.nodes[parent].mount};
        memcpy(node->name, name, len);
        node->mode = type == 'd' ? 0755 : 0644;
        return mock.node_count++;
}

static int child_of(int parent, const char *name, size_t len)
{
        for (int i = 1; i < mock.node_count; i++)
                if (mock.nodes[i].parent == parent && strlen(mock.nodes[i].name) == len &&
                    memcmp(mock.nodes[i].name, name, len) == 0)
                        return i;
        return -ENOENT;
}

/* As path_resolution(7), below @root; @follow: also a link in the last place. */
static int resolve(int root, int at, const char *path, bool follow, bool refuse_links, int links)
{
        if (*path == '/')
                at = root;
        while (*path != '\0') {
                size_t len = strcspn(path, "/");
                bool last;
                int next;

                last = path[len] == '\0';
                if (len == 0 || (len == 1 && *path == '.')) {
                        path += len + !last;
                        continue;
                }
                if (mock.nodes[at].type != 'd')
                        return -ENOTDIR;
                next = len == 2 && memcmp(path, "..", 2) == 0 ? (at == root ? root : mock.nodes[at].parent)
                                                              : child_of(at, path, len);
                if (next < 0)
                        return next;
                if (mock.nodes[next].type == 'l' && (!last || follow)) {
                        if (refuse_links || links == 0)
                                return -ELOOP;
                        next = resolve(root, at, mock.nodes[next].link, true, refuse_links, links - 1);
                        if (next < 0)
                                return next;
                }
                at = next;
                path += len + !last;
        }
        return at;
}

int mock_add(const char *path, char type, const char *link)
{
        const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
        char parent[128] = "";
        int node;

        if (slash != NULL)
                memcpy(parent, path, (size_t)(slash - path));
        node = node_add(resolve(0, 0, parent, true, false, LINKS_MAX), name, strlen(name), type);
        mock.nodes[node].link = link;
        return node;
}

int mock_find(const char *path)
{
        int node = resolve(0, 0, path, false, false, LINKS_MAX);

        return node < 0 ? -1 : node;
}

static int new_fd(int node)
{
        if (mock.next_fd == MOCK_FDS_MAX)
                return -EMFILE;
        mock.fd_node[mock.next_fd] = node;
        return mock.next_fd++;
}

int mock_open(const char *path)
{
        return new_fd(mock_find(path));
}

static int node_of(int fd)
{
        return fd == AT_FDCWD ? 0 : fd >= 0 && fd < MOCK_FDS_MAX ? mock.fd_node[fd] : -1;
}

void mock_reset(void)
{
        static const char *const directories[] = {"dev", "proc", "sys",       "tmp",
                                                  "etc", "bin",  "proc/self", "proc/self/ns"};

        memset(&mock, 0, sizeof(mock));
        for (size_t i = 0; i < MOCK_FDS_MAX; i++)
                mock.fd_node[i] = -1;
        mock.nodes[0] = (struct mock_node){.type = 'd', .mode = 0755, .mount = 1};
        mock.node_count = 1;
        for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
                (void)mock_add(directories[i], 'd', NULL);
        (void)mock_add("proc/self/ns/mnt", 'f', NULL);
        (void)mock_add("etc/passwd", 'f', NULL);
        (void)mock_add("bin/true", 'f', NULL);
        mock.nodes[mock_add("dev/null", 'c', NULL)].major = 1;
        mock.nodes[mock_find("dev/null")].minor = 3;
        mock.next_fd = 20;
        mock.last_cap = 40;
        mock.bounding = (UINT64_C(1) << 41) - 1;
        mock.cwd = "/";
        mock.cpus_there = mock.nodes_there = 3;
        mock.file_system = 0x1cd1;
        mock.poll_answer = 1;
        mock.clone_answer = 77;
        mock.state_text = "{state}";
        mock.state_len = 7;
        mock.send_room = 64;
}

/* ---- the log ---- */

static void put(char *line, const char *format, ...)
{
        size_t used = strlen(line);
        va_list args;

        va_start(args, format);
        (void)vsnprintf(line + used, MOCK_CALL_LEN - used, format, args);
        va_end(args);
}

static void put_flags(char *line, uint64_t flags)
{
        static const struct {
                uint64_t bit;
                const char *word;
        } words[] = {
                {010000000, "path"},      {O_CREAT, "creat"}, {O_EXCL, "excl"}, {O_DIRECTORY, "dir"},
                {O_NOFOLLOW, "nofollow"}, {O_WRONLY, "w"},    {O_RDWR, "rw"},
        };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if ((flags & words[i].bit) == words[i].bit)
                        put(line, " %s", words[i].word);
        if ((flags & O_CLOEXEC) == 0)
                put(line, " INHERITED");
}

static void put_how(char *line, const struct open_how *how)
{
        put_flags(line, how->flags);
        put(line, "%s%s%s%s%s", (how->resolve & RESOLVE_IN_ROOT) != 0 ? " in-root" : "",
            (how->resolve & RESOLVE_BENEATH) != 0 ? " beneath" : "",
            (how->resolve & RESOLVE_NO_MAGICLINKS) != 0 ? " no-magic" : "",
            (how->resolve & RESOLVE_NO_SYMLINKS) != 0 ? " no-links" : "",
            (how->resolve & RESOLVE_NO_XDEV) != 0 ? " no-xdev" : "");
}

static void put_attr(char *line, const struct mount_attr *attr)
{
        put(line, " +%#llx -%#llx p%#llx", (unsigned long long)attr->attr_set, (unsigned long long)attr->attr_clr,
            (unsigned long long)attr->propagation);
}

/* How each call is shown: d descriptor, s text, x hexadecimal, u number, o octal, f open flags, h open_how, a mount_attr, r a rule of Landlock behind its type,
 * R a ruleset, - not. */
static const struct {
        long number;
        const char *name, *args;
} formats[] = {
        {__NR_accept4, "accept4", "d"},
        {__NR_add_key, "add_key", ""},
        {__NR_capget, "capget", ""},
        {__NR_capset, "capset", ""},
        {__NR_chdir, "chdir", "s"},
        {__NR_chroot, "chroot", "s"},
        {__NR_clock_gettime, "clock_gettime", ""},
        {__NR_clone, "clone", "x"},
        {__NR_clone3, "clone3", ""},
        {__NR_close, "close", "d"},
        {__NR_close_range, "close_range", "uxx"},
        {__NR_connect, "connect", "d"},
        {__NR_dup3, "dup3", "du"},
        {__NR_execve, "execve", "s"},
        {__NR_execveat, "execveat", "d"},
        {__NR_exit_group, "exit_group", "u"},
        {__NR_faccessat2, "faccessat2", "dsux"},
        {__NR_fchdir, "fchdir", "d"},
        {__NR_fcntl, "fcntl", "du"},
        {__NR_faccessat, "faccessat", "dsu"},
        {__NR_fchmod, "fchmod", "do"},
        {__NR_fchmodat, "fchmodat", "dso"},
        {__NR_fchown, "fchown", "duu"},
        {__NR_fchownat, "fchownat", "dsuux"},
        {__NR_fsconfig, "fsconfig", "duss"},
        {__NR_fsmount, "fsmount", "dxx"},
        {__NR_fsopen, "fsopen", "sx"},
        {__NR_fstatfs, "fstatfs", "d"},
        {__NR_getcwd, "getcwd", ""},
        {__NR_getdents64, "getdents64", "d"},
        {__NR_getgroups, "getgroups", ""},
        {__NR_getpid, "getpid", ""},
        {__NR_getppid, "getppid", ""},
        {__NR_getresgid, "getresgid", ""},
        {__NR_getresuid, "getresuid", ""},
        {__NR_getsid, "getsid", "u"},
        {__NR_ioctl, "ioctl", "dx"},
        {__NR_get_mempolicy, "get_mempolicy", ""},
        {__NR_ioprio_get, "ioprio_get", "uu"},
        {__NR_ioprio_set, "ioprio_set", "uux"},
        {__NR_keyctl, "keyctl", "uu"},
        {__NR_kill, "kill", "uu"},
        {__NR_lseek, "lseek", "duu"},
        {__NR_memfd_create, "memfd_create", "sx"},
        {__NR_mkdirat, "mkdirat", "dso"},
        {__NR_mknodat, "mknodat", "dsox"},
        {__NR_mmap, "mmap", "uuxxd"},
        {__NR_mount, "mount", "sssxs"},
        {__NR_mount_setattr, "mount_setattr", "dsxa"},
        {__NR_move_mount, "move_mount", "dsdsx"},
        {__NR_open_tree, "open_tree", "dsx"},
        {__NR_landlock_add_rule, "landlock_add_rule", "dur"},
        {__NR_landlock_create_ruleset, "landlock_create_ruleset", "R"},
        {__NR_landlock_restrict_self, "landlock_restrict_self", "dx"},
        {__NR_openat, "openat", "dsfo"},
        {__NR_openat2, "openat2", "dsh"},
        {__NR_personality, "personality", "x"},
        {__NR_pivot_root, "pivot_root", "ss"},
        {__NR_pidfd_open, "pidfd_open", "uu"},
        {__NR_pipe2, "pipe2", ""},
        {__NR_ppoll, "ppoll", ""},
        {__NR_prctl, "prctl", "uuu"},
        {__NR_prlimit64, "prlimit64", "uu"},
        {__NR_read, "read", "d"},
        {__NR_readlinkat, "readlinkat", "ds"},
        {__NR_recvmsg, "recvmsg", "d"},
        {__NR_rt_sigaction, "rt_sigaction", "u"},
        {__NR_rt_sigprocmask, "rt_sigprocmask", "u"},
        {__NR_sched_getaffinity, "sched_getaffinity", "uu"},
        {__NR_sched_getattr, "sched_getattr", "u"},
        {__NR_sched_setaffinity, "sched_setaffinity", "uu"},
        {__NR_sched_setattr, "sched_setattr", "u"},
        {__NR_seccomp, "seccomp", "ux"},
        {__NR_set_mempolicy, "set_mempolicy", "x0u"},
        {__NR_sched_yield, "sched_yield", ""},
        {__NR_sendfile, "sendfile", "dd"},
        {__NR_sendmsg, "sendmsg", "d"},
        {__NR_sendto, "sendto", "d"},
        {__NR_setdomainname, "setdomainname", "su"},
        {__NR_setgroups, "setgroups", "u"},
        {__NR_sethostname, "sethostname", "su"},
        {__NR_setns, "setns", "dx"},
        {__NR_setresgid, "setresgid", "uuu"},
        {__NR_setresuid, "setresuid", "uuu"},
        {__NR_setsid, "setsid", ""},
        {__NR_socket, "socket", "ux"},
        {__NR_statx, "statx", "ds"},
        {__NR_symlinkat, "symlinkat", "sds"},
        {__NR_umask, "umask", "o"},
        {__NR_umount2, "umount2", "su"},
        {__NR_unlinkat, "unlinkat", "dsx"},
        {__NR_unshare, "unshare", "x"},
        {__NR_wait4, "wait4", "u"},
        {__NR_waitid, "waitid", "u"},
        {__NR_write, "write", "db"},
};

static void put_argument(char *line, char kind, const long *args)
{
        long value = args[0];

        switch (kind) {
        case 'd':
                if ((int)value == AT_FDCWD)
                        put(line, " cwd");
                else
                        put(line, " %d", (int)value);
                break;
        case 's':
                put(line, " '%.60s'", value == 0 ? "" : (const char *)value);
                break;
        case 'b': /* bytes, and how many behind them */
                put(line, " '%.*s'", (int)args[1], (const char *)value);
                break;
        case 'x':
                put(line, " %#lx", value);
                break;
        case 'u':
                put(line, " %d", (int)value);
                break;
        case 'o':
                put(line, " %#lo", value);
                break;
        case 'f':
                put_flags(line, (uint64_t)value);
                break;
        case 'h':
                put_how(line, (const struct open_how *)value);
                break;
        case 'a':
                put_attr(line, (const struct mount_attr *)value);
                break;
        case 'r': /* a rule of Landlock, behind its type */
                if (value != 0 && args[-1] == UAPI_LANDLOCK_RULE_PATH)
                        put(line, " %d %#llx", ((const struct uapi_landlock_path *)value)->fd,
                            ((const struct uapi_landlock_path *)value)->rights);
                else if (value != 0)
                        put(line, " %llu %#llx", ((const struct uapi_landlock_port *)value)->port,
                            ((const struct uapi_landlock_port *)value)->rights);
                break;
        case 'R':
                put(line, " %#llx %#llx %#llx", ((const struct uapi_landlock_ruleset *)value)->fs,
                    ((const struct uapi_landlock_ruleset *)value)->net,
                    ((const struct uapi_landlock_ruleset *)value)->scope);
                break;
        default:
                break;
        }
}

static void log_call(long number, const long *args)
{
        char *line = mock.calls[mock.call_count];

        if (mock.call_count + 1 == MOCK_CALLS_MAX)
                longjmp(mock.end, 1 + MOCK_EXITED);
        mock.call_count++;
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
                if (formats[i].number != number)
                        continue;
                put(line, "%s", formats[i].name);
                for (size_t j = 0; formats[i].args[j] != '\0'; j++)
                        put_argument(line, formats[i].args[j], args + j);
                return;
        }
        put(line, "UNKNOWN %ld", number);
}

/* ---- files ---- */

static long open_node(int at, const char *path, uint64_t flags, uint64_t how)
{
        bool refuse = (how & RESOLVE_NO_SYMLINKS) != 0;
        int node;

        if (at < 0 || at >= mock.node_count)
                return new_fd(-1); /* a file of procfs */
        node = resolve((how & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)) != 0 ? at : 0, at, path, (flags & O_NOFOLLOW) == 0,
                       refuse, LINKS_MAX);
        if (node >= 0 && mock.nodes[node].type == 'l' && (refuse || (flags & 010000000) == 0))
                return -ELOOP;
        if (node >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
                return -EEXIST;
        if (node == -ENOENT && (flags & O_CREAT) != 0)
                node = node_add(at, path, strlen(path), 'f');
        if (node >= 0 && (flags & O_DIRECTORY) != 0 && mock.nodes[node].type != 'd')
                return -ENOTDIR;
        return node < 0 ? node : new_fd(node);
}

static long make_node(int parent, const char *name, char type, unsigned mode, uint64_t device)
{
        int node;

        if (parent < 0)
                return -EBADF;
        if (child_of(parent, name, strlen(name)) >= 0)
                return -EEXIST;
        node = node_add(parent, name, strlen(name), type);
        if (node < 0)
                return node;
        mock.nodes[node].mode = mode & 07777;
        mock.nodes[node].major = major(device);
        mock.nodes[node].minor = minor(device);
        return 0;
}

static char type_of(unsigned mode)
{
        switch (mode & 0170000) {
        case 0020000:
                return 'c';
        case 0060000:
                return 'b';
        case 0010000:
                return 'p';
        default:
                return 'f';
        }
}

static long stat_node(int fd, const char *path, struct statx *st)
{
        static const char types[] = "dflcpb";
        static const unsigned modes[] = {0040000, 0100000, 0120000, 0020000, 0010000, 0060000};
        int node = node_of(fd);

        if (node >= 0)
                node = resolve(0, node, path, false, false, LINKS_MAX);
        if (node < 0)
                return node == -1 ? -EBADF : node;
        memset(st, 0, sizeof(*st));
        st->stx_mode = (uint16_t)(modes[strchr(types, mock.nodes[node].type) - types] | mock.nodes[node].mode);
        st->stx_rdev_major = mock.nodes[node].major;
        st->stx_rdev_minor = mock.nodes[node].minor;
        st->stx_mask = STATX_MNT_ID;
        st->stx_mnt_id = mock.nodes[node].mount;
        st->stx_ino = (mock.inode != 0 ? mock.inode : (uint64_t)node) + (mock.at_top && fd == AT_FDCWD);
        return 0;
}

static long read_link(int fd, const char *path, char *buffer, size_t size)
{
        int node = node_of(fd);

        if (node >= 0)
                node = resolve(0, node, path, false, false, LINKS_MAX);
        if (node < 0)
                return node;
        if (mock.nodes[node].type != 'l')
                return -EINVAL;
        size = strnlen(mock.nodes[node].link, size);
        memcpy(buffer, mock.nodes[node].link, size);
        return (long)size;
}

static long make_link(const char *target, int fd, const char *name)
{
        long r = make_node(node_of(fd), name, 'l', 0777, 0);

        if (r == 0) {
                struct mock_node *node = &mock.nodes[mock.node_count - 1];

                (void)snprintf(node->text, sizeof(node->text), "%s", target);
                node->link = node->text;
        }
        return r;
}

/* All entries at once; the second call for the same directory answers that there are no more. */
static long list_node(int fd, char *buffer)
{
        long used = 0;
        int node = node_of(fd);

        if (node < 0 || (mock.directory_read >> node & 1) != 0)
                return 0;
        mock.directory_read |= UINT64_C(1) << node;
        for (int i = 1; i < mock.node_count; i++) {
                uint16_t length = (uint16_t)((19 + strlen(mock.nodes[i].name) + 1 + 7) & ~7u);

                if (mock.nodes[i].parent != node)
                        continue;
                memset(buffer + used, 0, length);
                memcpy(buffer + used + 16, &length, sizeof(length));
                memcpy(buffer + used + 19, mock.nodes[i].name, strlen(mock.nodes[i].name));
                used += length;
        }
        return used;
}

static bool file_call(long number, const long *a, long *ret)
{
        const struct open_how *how = (const struct open_how *)a[2];

        switch (number) {
        case __NR_openat2:
                *ret = open_node(node_of((int)a[0]), (const char *)a[1], how->flags, how->resolve);
                if (strcmp((const char *)a[1], "self/attr/smack/current") == 0)
                        mock.label_fd = (int)*ret;
                return true;
        case __NR_openat:
                *ret = open_node(node_of((int)a[0]), (const char *)a[1], (uint64_t)a[2], 0);
                return true;
        case __NR_mkdirat:
                *ret = make_node(node_of((int)a[0]), (const char *)a[1], 'd', (unsigned)a[2], 0);
                return true;
        case __NR_mknodat:
                *ret = make_node(node_of((int)a[0]), (const char *)a[1], type_of((unsigned)a[2]), (unsigned)a[2],
                                 (uint64_t)a[3]);
                return true;
        case __NR_symlinkat:
                *ret = make_link((const char *)a[0], (int)a[1], (const char *)a[2]);
                return true;
        case __NR_readlinkat:
                *ret = read_link((int)a[0], (const char *)a[1], (char *)a[2], (size_t)a[3]);
                return true;
        case __NR_statx:
                *ret = stat_node((int)a[0], (const char *)a[1], (struct statx *)a[4]);
                return true;
        case __NR_getdents64:
                *ret = list_node((int)a[0], (char *)a[1]);
                return true;
        case __NR_open_tree:
                *ret = ((const char *)a[1])[0] == '\0' ? new_fd(node_of((int)a[0]))
                                                       : open_node(0, (const char *)a[1], 010000000, 0);
                return true;
        case __NR_fstatfs:
                ((struct statfs *)a[1])->f_type = mock.file_system;
                return true;
        default:
                return false;
        }
}

/* ---- processes ---- */

static long receive(void *argument)
{
        struct {
                void *name;
                int name_len;
                struct {
                        void *base;
                        uint64_t len;
                } * iov;
                uint64_t iov_count;
                char *control;
                uint64_t control_len;
                unsigned flags;
        } *header = argument;
        unsigned n = mock.message_next;
        uint64_t len;

        if (n == 4 || mock.messages[n].end_of_file || mock.messages[n].byte == 0) {
                mock.message_next += n < 4;
                return 0;
        }
        mock.message_next++;
        memcpy(header->iov->base, &mock.messages[n].byte, 1);
        if (mock.messages[n].fd_count == 0) {
                header->control_len = 0;
                return 1;
        }
        len = 16 + sizeof(int) * mock.messages[n].fd_count;
        memcpy(header->control, &len, sizeof(len));
        memcpy(header->control + 16, mock.messages[n].fds, sizeof(int) * mock.messages[n].fd_count);
        header->control_len = len;
        return 1;
}

/* As much as there is room for. */
static long send_message(int fd, const struct child_message *message)
{
        size_t len = message->iov->iov_len, at = strlen(mock.sent);

        if (len > mock.send_room)
                len = mock.send_room;
        (void)snprintf(mock.sent + at, sizeof(mock.sent) - at, "<%d%s%.*s>", fd, message->control == NULL ? "" : "+",
                       (int)len, (const char *)message->iov->iov_base);
        if (message->control != NULL)
                memcpy(&mock.sent_fd, (const char *)message->control + 16, sizeof(mock.sent_fd));
        return (long)len;
}

static long control(const long *a)
{
        switch (a[0]) {
        case PR_CAPBSET_READ:
                return (unsigned)a[1] > mock.last_cap ? -EINVAL : (long)(mock.bounding >> a[1] & 1);
        case PR_CAPBSET_DROP:
                if ((unsigned)a[1] > mock.last_cap)
                        return -EINVAL;
                if (!mock.lies)
                        mock.bounding &= ~(UINT64_C(1) << a[1]);
                return 0;
        case PR_SET_NO_NEW_PRIVS:
                mock.no_new_privs = !mock.lies;
                return 0;
        case PR_GET_NO_NEW_PRIVS:
                return mock.no_new_privs;
        default:
                return 0;
        }
}

static bool credential_call(long number, const long *a, long *ret)
{
        switch (number) {
        case __NR_setresuid:
                mock.uid = mock.lies ? mock.uid : (uint32_t)a[0];
                return true;
        case __NR_setresgid:
                mock.gid = mock.lies ? mock.gid : (uint32_t)a[0];
                return true;
        case __NR_setgroups:
                mock.groups = mock.lies ? mock.groups : (uint32_t)a[0];
                return true;
        case __NR_getgroups:
                *ret = mock.groups;
                return true;
        case __NR_getresuid:
        case __NR_getresgid:
                for (int i = 0; i < 3; i++)
                        *(uint32_t *)a[i] = number == __NR_getresuid ? mock.uid : mock.gid;
                return true;
        case __NR_capset:
                if (!mock.lies)
                        memcpy(mock.caps, (const void *)a[1], sizeof(mock.caps));
                return true;
        case __NR_capget:
                memcpy((void *)a[1], mock.caps, sizeof(mock.caps));
                return true;
        case __NR_prctl:
                *ret = control(a);
                return true;
        default:
                return false;
        }
}

static long answer(long number, const long *a)
{
        long r = 0;

        if (mock_root_call(number, a, &r) || file_call(number, a, &r) || credential_call(number, a, &r) ||
            mock_schedule_call(number, a, &r))
                return r;
        switch (number) {
        case __NR_fsopen:
        case __NR_pidfd_open:
        case __NR_socket:
        case __NR_accept4:
        case __NR_memfd_create:
                return new_fd(-1);
        case __NR_fsmount:
                return new_fd(node_add(0, "", 0, 'd'));
        case __NR_ioctl:
                if (a[1] == (long)SECCOMP_IOCTL_NOTIF_ID_VALID)
                        return mock.lies ? -ENOTTY : -ENOENT;
                return a[1] == TIOCGPTPEER ? new_fd(-1) : 0;
        case __NR_recvmsg:
                return receive((void *)a[1]);
        case __NR_sendto:
                if (mock.record_count < 8)
                        memcpy(&mock.records[mock.record_count++], (const void *)a[1], sizeof(struct record));
                return a[2];
        case __NR_write:
                if (a[0] == mock.label_fd && !mock.lies)
                        (void)snprintf(mock.label, sizeof(mock.label), "%.*s", (int)a[2], (const char *)a[1]);
                return a[2];
        case __NR_read:
                if (a[0] != mock.label_fd)
                        return 0;
                memcpy((char *)a[1], mock.label, strlen(mock.label));
                return (long)strlen(mock.label);
        case __NR_lseek:
                return a[2] == SEEK_END ? mock.state_len : 0;
        case __NR_mmap:
                return (long)mock.state_text;
        case __NR_sendmsg:
                return send_message((int)a[0], (const struct child_message *)a[1]);
        case __NR_seccomp:
                return (a[1] & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0 ? new_fd(-1) : 0;
        case __NR_landlock_create_ruleset:
                return mock.lies ? 0 : new_fd(-1);
        case __NR_landlock_add_rule:
                return a[1] == 0 && !mock.lies ? -EINVAL : 0;
        case __NR_landlock_restrict_self:
                if (mock.lies || !mock.restricted) {
                        mock.restricted = true;
                        return 0;
                }
                return -EBADF; /* asked again, with a descriptor that is closed */
        case __NR_setsid:
                return mock.lies ? -EPERM : 4711;
        case __NR_getsid:
                return mock.lies ? 4711 : 1;
        case __NR_getpid:
                return 1;
        case __NR_clone:
                return mock.clone_answer;
        case __NR_clone3:
                if ((((const struct clone_args *)a[0])->flags & CLONE_PIDFD) != 0)
                        *(int *)(uintptr_t)((const struct clone_args *)a[0])->pidfd = new_fd(-1);
                return mock.clone_answer;
        case __NR_pipe2:
                ((int *)a[0])[0] = new_fd(-1);
                ((int *)a[0])[1] = new_fd(-1);
                return 0;
        case __NR_ppoll:
                return mock.poll_answer;
        case __NR_waitid:
                ((siginfo_t *)a[2])->si_code = mock.wait_killed ? CLD_KILLED : CLD_EXITED;
                ((siginfo_t *)a[2])->si_status = mock.wait_status;
                return 0;
        case __NR_getcwd:
                (void)snprintf((char *)a[0], (size_t)a[1], "%s", mock.cwd);
                return (long)strlen(mock.cwd) + 1;
        case __NR_execve:
                mock.executed = (const char *)a[0];
                longjmp(mock.end, 1 + MOCK_EXECUTED);
        case __NR_execveat:
                /* Its arguments lie on a stack that is gone behind the jump. */
                (void)snprintf(mock.argument, sizeof(mock.argument), "%s", ((const char *const *)a[2])[1]);
                mock.executed = mock.argument;
                longjmp(mock.end, 1 + MOCK_EXECUTED);
        case __NR_exit_group:
                mock.exit_status = (int)a[0];
                longjmp(mock.end, 1 + MOCK_EXITED);
        default:
                return 0;
        }
}

long child_mock(long number, long a, long b, long c, long d, long e, long f)
{
        const long args[] = {a, b, c, d, e, f};
        int index = (int)mock.call_count;

        log_call(number, args);
        if (index == mock.fail_at && number != __NR_exit_group)
                return -mock.fail_with;
        if (number == mock.answer_of && mock.answer_times > 0) {
                mock.answer_times--;
                return mock.answer;
        }
        return answer(number, args);
}

long child_mock_thread(unsigned long flags, void *stack, int *alive, void (*run)(void *), void *argument)
{
        long r = child_mock(__NR_clone, (long)flags, (long)stack, 0, (long)alive, 0, 0);

        if (r < 0)
                return r;
        mock.thread = run;
        mock.thread_argument = argument;
        mock.thread_alive = alive;
        return 4712;
}

/* The other thread's turn: all of it. */
void child_mock_pause(void)
{
        void (*run)(void *) = mock.thread;

        if (run == NULL)
                longjmp(mock.end, 1 + MOCK_EXITED);
        mock.thread = NULL;
        run(mock.thread_argument);
        *mock.thread_alive = 0;
}

enum mock_end mock_run(struct child *child)
{
        int r = setjmp(mock.end);

        if (r == 0)
                child_main(child);
        return (enum mock_end)(r - 1);
}
