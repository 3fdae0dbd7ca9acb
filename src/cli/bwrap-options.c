/* SPDX-License-Identifier: Apache-2.0 */
/* bubblewrap's options: the table, and what each does. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "cli/bwrap.h"

#define FILTER_MAX 4096 /* instructions: what the kernel takes (BPF_MAXINSNS) */
#define ARGS_MAX (1 << 20)
#define SIZE_MAX_BYTES (UINT64_MAX / 2) /* of a tmpfs: what the kernel takes */

enum { RO = 1, DEVICES = 2, OPTIONAL = 4 };

static void *field_of(struct bwrap *bwrap, const struct bwrap_option *option)
{
        return (char *)bwrap + option->offset;
}

static int warn_again(const struct bwrap *bwrap, const struct bwrap_option *option)
{
        const char *message =
                arena_concat(&bwrap->cli->arena, "Only the last --", option->name, " option will take effect");

        if (message != NULL)
                bwrap_warn(bwrap, message);
        return 0;
}

/* ---- values ---------------------------------------------------------------------------------------------------------------- */

/* A descriptor that this program was executed with: its own are close-on-exec. */
static int read_fd(const char *text, int *ret_fd, struct ward_err *err)
{
        uint64_t number;

        if (number_parse(text, INT_MAX, &number) < 0)
                return err_set(err, -EINVAL, "Invalid fd: %s", text);
        if (fcntl((int)number, F_GETFD) != 0) {
                (void)err_set(err, -EBADF, "Invalid fd: %s: it is not open", text);
                return err_hint(err, "open it for the call: %s<FILE", text);
        }
        *ret_fd = (int)number;
        return 0;
}

static int read_octal(const struct bwrap_option *option, const char *text, uint32_t *ret_mode, struct ward_err *err)
{
        uint32_t mode = 0;
        const char *c = text;

        for (; *c >= '0' && *c <= '7' && mode <= 07777; c++)
                mode = mode * 8 + (uint32_t)(*c - '0');
        if (c == text || *c != '\0' || mode > 07777)
                return err_set(err, -EINVAL, "--%s takes an octal argument <= 07777", option->name);
        *ret_mode = mode;
        return 0;
}

/* ---- switches, texts, descriptors -------------------------------------------------------------------------------------------- */

static int take_switch(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        *(bool *)field_of(bwrap, option) = option->value == 0;
        return 0;
}

static int take_all(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        bwrap->unshare_user_try = bwrap->unshare_ipc = bwrap->unshare_pid = bwrap->unshare_uts =
                bwrap->unshare_cgroup_try = bwrap->unshare_net = true;
        return 0;
}

static int take_level_prefix(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        bwrap->cli->level_prefix = true;
        return 0;
}

static int take_text(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        const char **text = field_of(bwrap, option);

        if (*text != NULL && option->value != 0)
                return err_set(err, -EINVAL, "--%s used multiple times", option->name);
        if (*text != NULL)
                (void)warn_again(bwrap, option);
        *text = args[0];
        return 0;
}

/* @value: the program does not get it. */
static int take_fd(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        int *fd = field_of(bwrap, option), r;

        if (*fd >= 0)
                (void)warn_again(bwrap, option);
        r = read_fd(args[0], fd, err);
        if (r >= 0 && option->value != 0 && fcntl(*fd, F_SETFD, FD_CLOEXEC) < 0)
                return err_errno(err, "Invalid fd: %s", args[0]);
        return r;
}

static int take_id(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        int64_t *id = field_of(bwrap, option);
        uint64_t number;

        if (*id >= 0)
                (void)warn_again(bwrap, option);
        if (number_parse(args[0], INT32_MAX, &number) < 0)
                return err_set(err, -EINVAL, "Invalid %s: %s", option->name, args[0]);
        *id = (int64_t)number;
        return 0;
}

static int take_lock(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        const char **items = arena_new(&bwrap->cli->arena, const char *, bwrap->locks.count + 2);

        if (items == NULL)
                return err_oom(err);
        if (bwrap->locks.count > 0)
                memcpy(items, bwrap->locks.items, bwrap->locks.count * sizeof(*items));
        items[bwrap->locks.count++] = args[0];
        bwrap->locks.items = items;
        return 0;
}

/* ---- the environment, capabilities, filters ----------------------------------------------------------------------------------- */

static int take_clearenv(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        return clearenv() != 0 ? err_set(err, -ENOMEM, "clear the environment") : 0;
}

static int take_setenv(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        return setenv(args[0], args[1], 1) < 0 ? err_errno(err, "--setenv: '%s' is no name of a variable", args[0]) : 0;
}

static int take_unsetenv(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        return unsetenv(args[0]) < 0 ? err_errno(err, "--unsetenv: '%s' is no name of a variable", args[0]) : 0;
}

/* @value: 0 adds, 1 drops. */
static int take_cap(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        uint64_t caps = 0;

        for (int cap = 0; cap < CAP_NAME_COUNT; cap++)
                if (strcasecmp(args[0], "ALL") == 0 || strcasecmp(args[0], cap_names[cap]) == 0)
                        caps |= UINT64_C(1) << cap;
        if (caps == 0)
                return err_set(err, -EINVAL, "unknown cap: %s", args[0]);
        bwrap->caps_given = true;
        bwrap->caps = option->value == 0 ? bwrap->caps | caps : bwrap->caps & ~caps;
        return 0;
}

int bwrap_add_filter(struct bwrap *bwrap, int fd, struct ward_err *err)
{
        struct spec_raw_filter *filters =
                arena_new(&bwrap->cli->arena, struct spec_raw_filter, bwrap->filter_count + 1);
        _cleanup_free_ char *code = NULL;
        size_t len;
        int r = fd_read_all(fd, "the seccomp filter", FILTER_MAX * 8, &code, &len, err);

        if (r < 0)
                return err_wrap(err, "Can't read seccomp data");
        if (len % 8 != 0)
                return err_set(err, -EINVAL, "Invalid seccomp data, must be multiple of 8");
        if (filters == NULL)
                return err_oom(err);
        if (bwrap->filter_count > 0)
                memcpy(filters, bwrap->filters, bwrap->filter_count * sizeof(*filters));
        filters[bwrap->filter_count] = (struct spec_raw_filter){.code = arena_strndup(&bwrap->cli->arena, code, len),
                                                                .count = (uint16_t)(len / 8)};
        if (filters[bwrap->filter_count++].code == NULL)
                return err_oom(err);
        bwrap->filters = filters;
        (void)close(fd);
        return 0;
}

/* The last one counts: it is read when all is known. */
static int take_seccomp(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        if (bwrap->filter_count > 0)
                return err_set(err, -EINVAL, "--seccomp cannot be combined with --add-seccomp-fd");
        return take_fd(bwrap, option, args, err);
}

static int take_add_seccomp(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        int fd, r;

        if (bwrap->seccomp_fd >= 0)
                return err_set(err, -EINVAL, "--add-seccomp-fd cannot be combined with --seccomp");
        r = read_fd(args[0], &fd, err);
        if (r == -EBADF)
                return err_code(err, r, "Can't read seccomp data");
        return r < 0 ? r : bwrap_add_filter(bwrap, fd, err);
}

/* ---- steps ------------------------------------------------------------------------------------------------------------------- */

static struct spec_step *add_step(struct bwrap *bwrap, const struct bwrap_option *option, char **args,
                                  enum spec_step_type type, const char *destination)
{
        struct spec_step *step;
        const char *field = arena_concat(&bwrap->cli->arena, "--", option->name);

        for (const char *c = option->args; field != NULL; c = strchr(c, ' ') + 1, args++) {
                field = arena_concat(&bwrap->cli->arena, field, " ", args[0]);
                if (strchr(c, ' ') == NULL)
                        break;
        }
        step = field == NULL ? NULL
                             : spec_add_step(&bwrap->cli->arena, &bwrap->steps, &bwrap->step_count, &bwrap->step_room);
        if (step == NULL)
                return NULL;
        *step = (struct spec_step){
                .type = type, .destination = destination, .fd = -1, .origin = {.field = field, .index = -1}};
        return step;
}

/* What --perms has said for this step, or what it is without. */
static void use_perms(struct bwrap *bwrap, struct spec_step *step, uint32_t usual)
{
        step->mode_given = true;
        step->mode = bwrap->perms >= 0 ? (uint32_t)bwrap->perms : usual;
        bwrap->perms = -1;
}

static int take_bind(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        struct spec_step *step = add_step(bwrap, option, args, SPEC_STEP_BIND, args[1]);

        if (step == NULL)
                return err_oom(err);
        step->source = args[0];
        step->readonly = (option->value & RO) != 0;
        step->devices = (option->value & DEVICES) != 0;
        step->optional = (option->value & OPTIONAL) != 0;
        return 0;
}

static int take_bind_fd(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        struct spec_step *step = add_step(bwrap, option, args, SPEC_STEP_BIND, args[1]);

        if (step == NULL)
                return err_oom(err);
        step->readonly = (option->value & RO) != 0;
        return read_fd(args[0], &step->fd, err);
}

/* @value: the step's type; what has nothing but a destination. */
static int take_place(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        struct spec_step *step = add_step(bwrap, option, args, (enum spec_step_type)option->value, args[0]);

        if (step == NULL)
                return err_oom(err);
        if (step->type == SPEC_STEP_TMPFS || step->type == SPEC_STEP_DIRECTORY)
                use_perms(bwrap, step, 0755);
        if (step->type == SPEC_STEP_TMPFS) {
                step->size = bwrap->size;
                bwrap->size = 0;
        }
        if (step->type == SPEC_STEP_DEV) {
                bwrap->needs_root_id = true;
                /* So that ttyname(3) finds the terminal that the program can write to anyway. */
                step->source = isatty(STDOUT_FILENO) ? ttyname(STDOUT_FILENO) : NULL;
        }
        return 0;
}

static int take_file(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        struct spec_step *step =
                add_step(bwrap, option, args, option->value < 0 ? SPEC_STEP_FILE : SPEC_STEP_DATA, args[1]);

        if (step == NULL)
                return err_oom(err);
        use_perms(bwrap, step, step->type == SPEC_STEP_FILE ? 0666 : 0600);
        step->readonly = option->value > 0;
        return read_fd(args[0], &step->fd, err);
}

static int take_symlink(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        struct spec_step *step = add_step(bwrap, option, args, SPEC_STEP_LINK, args[1]);

        if (step == NULL)
                return err_oom(err);
        step->source = args[0];
        return 0;
}

static int take_chmod(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        struct spec_step *step = add_step(bwrap, option, args, SPEC_STEP_MODE, args[1]);

        return step == NULL ? err_oom(err) : read_octal(option, args[0], &step->mode, err);
}

static int take_perms(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        uint32_t mode;
        int r;

        if (bwrap->perms >= 0)
                return err_set(err, -EINVAL, "--perms given twice for the same action");
        r = read_octal(option, args[0], &mode, err);
        if (r >= 0)
                bwrap->perms = mode;
        return r;
}

/* As bubblewrap reads it: 0x and 0 in front make it hexadecimal and octal. */
static int read_size(const char *text, uint64_t *ret_size)
{
        const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
        const unsigned base = hex ? 16 : text[0] == '0' ? 8 : 10;
        uint64_t size = 0;

        text += hex ? 2 : 0;
        if (*text == '\0')
                return -EINVAL;
        for (; *text != '\0'; text++) {
                const int lower = *text | 0x20;
                unsigned digit = base;

                if (*text >= '0' && *text <= '9')
                        digit = (unsigned)(*text - '0');
                else if (lower >= 'a' && lower <= 'f')
                        digit = (unsigned)(lower - 'a') + 10;
                if (digit >= base)
                        return -EINVAL;
                if (__builtin_mul_overflow(size, base, &size) || __builtin_add_overflow(size, digit, &size))
                        return -ERANGE;
        }
        *ret_size = size;
        return 0;
}

static int take_size(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        uint64_t size = 0;

        if (bwrap->size != 0)
                return err_set(err, -EINVAL, "--size given twice for the same action");
        if (read_size(args[0], &size) < 0 || size == 0)
                return err_set(err, -EINVAL, "--size takes a non-zero number of bytes");
        if (size > SIZE_MAX_BYTES)
                return err_set(err, -EINVAL, "--size (for tmpfs) is limited to %llu",
                               (unsigned long long)SIZE_MAX_BYTES);
        bwrap->size = size;
        return 0;
}

static int take_overlay_src(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        const char **list = arena_new(&bwrap->cli->arena, const char *, bwrap->overlay_count + 2);

        if (list == NULL)
                return err_oom(err);
        if (bwrap->overlay_count > 0)
                memcpy(list, bwrap->overlay, bwrap->overlay_count * sizeof(*list));
        list[bwrap->overlay_count++] = args[0];
        bwrap->overlay = list;
        return 0;
}

/* @value: how many sources it takes at least. */
static int take_overlay(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        bool kept = strcmp(option->name, "overlay") == 0;
        struct spec_step *step;

        if (bwrap->overlay_count < (size_t)option->value)
                return err_set(err, -EINVAL, "--%s requires at least %s --overlay-src", option->name,
                               option->value > 1 ? "two" : "one");
        step = add_step(bwrap, option, args, SPEC_STEP_OVERLAY, args[kept ? 2 : 0]);
        if (step == NULL)
                return err_oom(err);
        step->layers = bwrap->overlay;
        step->upper = kept ? args[0] : NULL;
        step->work = kept ? args[1] : NULL;
        step->readonly = option->value > 1;
        bwrap->overlay = NULL;
        bwrap->overlay_count = 0;
        return 0;
}

/* ---- words from a file ----------------------------------------------------------------------------------------------------------- */

/* One call at a time: words from a file can't name another file. */
static int take_args(struct bwrap *bwrap, const struct bwrap_option *option, char **args, struct ward_err *err)
{
        _cleanup_free_ char *text = NULL;
        size_t len, count = 0;
        char *copy, **words;
        int fd, r, left;

        if (bwrap->in_file)
                return err_set(err, -EINVAL, "--args not supported in arguments file");
        r = read_fd(args[0], &fd, err);
        if (r >= 0)
                r = fd_read_all(fd, "--args data", ARGS_MAX, &text, &len, err);
        if (r < 0)
                return r;
        (void)close(fd);
        copy = arena_strndup(&bwrap->cli->arena, text, len);
        for (size_t i = 0; i < len; i++)
                count += text[i] == '\0' || i + 1 == len;
        words = arena_new(&bwrap->cli->arena, char *, count + 1);
        if (copy == NULL || words == NULL)
                return err_oom(err);
        left = 0;
        for (size_t at = 0; at < len; at += strlen(copy + at) + 1)
                words[left++] = copy + at;
        bwrap->in_file = true;
        r = bwrap_parse(bwrap, &left, &words, err);
        bwrap->in_file = false;
        return r;
}

#define FIELD(member) .offset = offsetof(struct bwrap, member)
#define SWITCH(member) .take = take_switch, FIELD(member)

const struct bwrap_option bwrap_options[] = {
        {"help", NULL, "print this text", SWITCH(help)},
        {"version", NULL, "print whose command line this is", SWITCH(version)},
        {"args", "FD", "read more words from FD, each ended by a NUL byte", take_args},
        {"argv0", "VALUE", "what the program is called", take_text, FIELD(argv0), 1},
        {"level-prefix", NULL, "put <3> or <4> in front of messages", take_level_prefix},
        {"unshare-all", NULL, "make every namespace of the following that can be made", take_all},
        {"share-net", NULL, "keep the network, behind --unshare-all", .take = take_switch, FIELD(unshare_net), 1},
        {"unshare-user", NULL, "make a user namespace (who is not root always does)", SWITCH(unshare_user)},
        {"unshare-user-try", NULL, "the same where it can be made", SWITCH(unshare_user_try)},
        {"unshare-ipc", NULL, "make an IPC namespace", SWITCH(unshare_ipc)},
        {"unshare-pid", NULL, "make a pid namespace", SWITCH(unshare_pid)},
        {"unshare-net", NULL, "make a network namespace", SWITCH(unshare_net)},
        {"unshare-uts", NULL, "make a UTS namespace", SWITCH(unshare_uts)},
        {"unshare-cgroup", NULL, "make a cgroup namespace", SWITCH(unshare_cgroup)},
        {"unshare-cgroup-try", NULL, "the same where it can be made", SWITCH(unshare_cgroup_try)},
        {"userns", "FD", "join this user namespace", take_fd, FIELD(users_fd), 1},
        {"userns2", "FD", "join this one when everything is set up", take_fd, FIELD(users2_fd), 1},
        {"disable-userns", NULL, "no user namespace can be made inside", SWITCH(disable_users)},
        {"assert-userns-disabled", NULL, "fail if one can be made inside", SWITCH(assert_no_users)},
        {"pidns", "FD", "join this pid namespace, or make a new one in it", take_fd, FIELD(pids_fd), 1},
        {"uid", "UID", "the user inside, in a user namespace", take_id, FIELD(uid)},
        {"gid", "GID", "the group inside, in a user namespace", take_id, FIELD(gid)},
        {"hostname", "NAME", "the host name inside, in a UTS namespace", take_text, FIELD(hostname)},
        {"chdir", "DIR", "the working directory", take_text, FIELD(directory)},
        {"clearenv", NULL, "unset all variables", take_clearenv},
        {"setenv", "VAR VALUE", "set a variable", take_setenv},
        {"unsetenv", "VAR", "unset a variable", take_unsetenv},
        {"lock-file", "DEST", "hold a lock on a file of the sandbox while it runs", take_lock},
        {"sync-fd", "FD", "keep FD open while the sandbox runs", take_fd, FIELD(sync_fd)},
        {"bind", "SRC DEST", "bind SRC of the machine on DEST", take_bind, .value = 0},
        {"bind-try", "SRC DEST", "the same, if there is a SRC", take_bind, .value = OPTIONAL},
        {"dev-bind", "SRC DEST", "bind it so that device nodes in it work", take_bind, .value = DEVICES},
        {"dev-bind-try", "SRC DEST", "the same, if there is a SRC", take_bind, .value = DEVICES | OPTIONAL},
        {"ro-bind", "SRC DEST", "bind it read-only", take_bind, .value = RO},
        {"ro-bind-try", "SRC DEST", "the same, if there is a SRC", take_bind, .value = RO | OPTIONAL},
        {"bind-fd", "FD DEST", "bind what FD is open on", take_bind_fd},
        {"ro-bind-fd", "FD DEST", "bind it read-only", take_bind_fd, .value = RO},
        {"remount-ro", "DEST", "make one mount read-only", take_place, .value = SPEC_STEP_READONLY},
        {"overlay-src", "SRC", "a layer of the overlay that comes next", take_overlay_src},
        {"overlay", "RWSRC WORKDIR DEST", "an overlay; changes go to RWSRC", take_overlay, .value = 1},
        {"tmp-overlay", "DEST", "an overlay; changes are lost", take_overlay, .value = 1},
        {"ro-overlay", "DEST", "an overlay that can't be changed", take_overlay, .value = 2},
        {"exec-label", "LABEL", "the SELinux label of the program", take_text, FIELD(exec_label)},
        {"file-label", "LABEL", "the SELinux label of what is made in the sandbox", take_text, FIELD(file_label)},
        {"proc", "DEST", "mount procfs", take_place, .value = SPEC_STEP_PROC},
        {"dev", "DEST", "make a /dev with the usual nodes", take_place, .value = SPEC_STEP_DEV},
        {"tmpfs", "DEST", "mount an empty file system in memory", take_place, .value = SPEC_STEP_TMPFS},
        {"mqueue", "DEST", "mount the message queues", take_place, .value = SPEC_STEP_MQUEUE},
        {"dir", "DEST", "make a directory", take_place, .value = SPEC_STEP_DIRECTORY},
        {"file", "FD DEST", "make a file of what FD says", take_file, .value = -1},
        {"bind-data", "FD DEST", "the same, of no other name", take_file, .value = 0},
        {"ro-bind-data", "FD DEST", "the same, read-only", take_file, .value = 1},
        {"symlink", "SRC DEST", "make a link with the text SRC", take_symlink},
        {"seccomp", "FD", "put the compiled filter in FD in force", take_seccomp, FIELD(seccomp_fd), 1},
        {"add-seccomp-fd", "FD", "the same; several are put in force one after the other", take_add_seccomp},
        {"block-fd", "FD", "wait for FD before the program begins", take_fd, FIELD(block_fd), 1},
        {"userns-block-fd", "FD", "wait for FD: somebody else writes the ids", take_fd, FIELD(users_block_fd), 1},
        {"info-fd", "FD", "tell FD about the sandbox, as JSON", take_fd, FIELD(info_fd), 1},
        {"json-status-fd", "FD", "tell FD how it goes, as lines of JSON", take_fd, FIELD(status_fd), 1},
        {"new-session", NULL, "begin a session without a terminal", SWITCH(new_session)},
        {"die-with-parent", NULL, "everything ends with this program's parent", SWITCH(die_with_parent)},
        {"as-pid-1", NULL, "no first process stays beside the program", SWITCH(as_pid_1)},
        {"cap-add", "CAP", "give a capability; ALL gives all", take_cap},
        {"cap-drop", "CAP", "take a capability; ALL takes all", take_cap, .value = 1},
        {"perms", "OCTAL", "the mode of what the next option makes", take_perms},
        {"size", "BYTES", "the size of the next --tmpfs", take_size},
        {"chmod", "OCTAL PATH", "change the mode of what is there", take_chmod},
        {"not-a-security-boundary", NULL, "go on where a bind can't be made read-only, nosuid, nodev", SWITCH(lax)},
};

const size_t bwrap_option_count = ELEMENTS(bwrap_options);
