/* SPDX-License-Identifier: Apache-2.0 */
/* CRIU; see criu.h. */
#include "engine/criu.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/libc.h"
#include "base/protobuf.h"
#include "kern/clone.h"
#include "kern/require.h"

/* Its descriptors; behind them those of criu->fds. */
enum { FD_SOCKET = 3, FD_IMAGES, FD_WORK, FD_MORE };

#define MESSAGE_MAX 16384 /* of one of its answers: the longest is a line of its log */
#define LOG_LEVEL 4
#define LOG_TAIL 65536
#define LOG_LINES 4 /* of errors that are shown */
#define CONFIG "/etc/criu/ward.conf"
#define CONFIG_ANNOTATION "org.criu.config" /* names another one, as with the other runtimes */

/* Fields of struct criu_req and struct criu_resp. */
enum { REQUEST_TYPE = 1, REQUEST_OPTIONS = 2, REQUEST_NOTIFY_SUCCESS = 3, REQUEST_NOTIFY = 6 };
enum { ANSWER_TYPE = 1, ANSWER_SUCCESS = 2, ANSWER_NOTIFY = 5, ANSWER_MESSAGE = 9 };

/* What the process does before it becomes CRIU. */
enum step {
        STEP_READY,
        STEP_KEYRING,
        STEP_NO_NEW_PRIVS,
        STEP_GROUPS,
        STEP_MOUNTS,
        STEP_ROOT,
        STEP_IMAGES,
        STEP_SOCKET,
        STEP_EXEC
};

static const char *const step_words[] = {
        [STEP_KEYRING] = "make a session keyring",
        [STEP_NO_NEW_PRIVS] = "set no_new_privs",
        [STEP_GROUPS] = "let CRIU join the container's control groups",
        [STEP_MOUNTS] = "make a mount namespace for CRIU",
        [STEP_ROOT] = "bind the root file system for CRIU",
        [STEP_IMAGES] = "open the directories of the images and of the log for CRIU",
        [STEP_SOCKET] = "make a socket for CRIU",
        [STEP_EXEC] = "run CRIU",
};

struct report {
        int step, code;
};

/* A file of CRIU's options, which hold before all others (criu(8), "CONFIGURATION FILES"). Empty: none. CRIU does not mind when it is not there. */
static const char *config_of(const struct ward_spec *spec)
{
        for (size_t i = 0; i < spec->annotation_count; i++)
                if (strcmp(spec->annotations[i].key, CONFIG_ANNOTATION) == 0)
                        return spec->annotations[i].value;
        return CONFIG;
}

/* Whether CRIU would find the program, as execvp(3) looks for it. */
static bool has_program(const char *name)
{
        const char *path = getenv("PATH");
        char file[PATH_MAX];

        for (size_t len; path != NULL && *path != '\0'; path += len + (path[len] == ':')) {
                len = strcspn(path, ":");
                (void)snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
                if (access(file, X_OK) == 0) /* host path: of the caller's PATH */
                        return true;
        }
        return false;
}

/* CRIU locks the network of each container that has one of its own, by default with a program that its package does not ask for. */
static enum engine_criu_lock choose_lock(enum engine_criu_lock wanted)
{
        return wanted != ENGINE_LOCK_CHOOSE                                          ? wanted
               : has_program("iptables-restore") && has_program("ip6tables-restore") ? ENGINE_LOCK_IPTABLES
                                                                                     : ENGINE_LOCK_NFTABLES;
}

int criu_begin(struct criu *criu, const char *verb, const struct engine_criu_options *options, const char *log,
               const struct ward_spec *spec, struct ward_err *err)
{
        struct text *text = &criu->options;
        const char *config = config_of(spec);
        int r;

        memset(criu, 0, sizeof(*criu));
        criu->verb = verb;
        criu->log = log;
        criu->images = options->images;
        criu->work = options->work == NULL ? options->images : options->work;
        if (geteuid() != 0) {
                (void)err_set(err, -EPERM, "%s: only root may have CRIU do this", verb);
                (void)err_mistake(err, MISTAKE_RIGHTS);
                return err_hint(err, "run it as root");
        }
        r = require_honest(err);
        if (r < 0)
                return r;
        if (options->work != NULL && mkdir(criu->work, 0700) < 0 && errno != EEXIST) /* host path: of the caller */
                return err_errno(err, "%s: make the directory '%s'", verb, criu->work);
        protobuf_number(text, CRIU_IMAGES_DIR_FD, FD_IMAGES);
        protobuf_number(text, CRIU_WORK_DIR_FD, FD_WORK);
        protobuf_number(text, CRIU_LOG_LEVEL, LOG_LEVEL);
        protobuf_string(text, CRIU_LOG_FILE, log);
        protobuf_number(text, CRIU_NOTIFY_SCRIPTS, 1);
        protobuf_number(text, CRIU_ORPHAN_PTS_MASTER, 1);
        protobuf_number(text, CRIU_MANAGE_CGROUPS, 1);
        protobuf_number(text, CRIU_MANAGE_CGROUPS_MODE, options->cgroups);
        protobuf_number(text, CRIU_EXT_UNIX_SK, options->ext_unix_sk);
        protobuf_number(text, CRIU_TCP_ESTABLISHED, options->tcp_established);
        protobuf_number(text, CRIU_SHELL_JOB, options->shell_job);
        protobuf_number(text, CRIU_FILE_LOCKS, options->file_locks);
        protobuf_number(text, CRIU_AUTO_DEDUP, options->auto_dedup);
        protobuf_number(text, CRIU_LAZY_PAGES, options->lazy_pages);
        protobuf_number(text, CRIU_NETWORK_LOCK, choose_lock(options->lock));
        /* Network devices and their addresses are the engine's, or ward's from the config: none are saved or made. */
        protobuf_number(text, CRIU_EMPTY_NS, CLONE_NEWNET);
        if (*config != '\0')
                protobuf_string(text, CRIU_CONFIG_FILE, config);
        return 0;
}

static void add_pair(struct criu *criu, unsigned field, const char *key, const char *value)
{
        _cleanup_text_ struct text pair = {0};

        protobuf_string(&pair, 1, key);
        protobuf_string(&pair, 2, value);
        protobuf_message(&criu->options, field, &pair);
}

void criu_add_mount(struct criu *criu, const char *key, const char *value)
{
        add_pair(criu, CRIU_EXT_MNT, key, value);
}

int criu_inherit(struct criu *criu, const char *name, int fd, struct ward_err *err)
{
        _cleanup_text_ struct text pair = {0};
        bool standard = fd <= STDERR_FILENO;

        if (!standard && criu->fd_count == CRIU_FDS_MAX) {
                (void)fd_close(fd);
                return err_set(err, -E2BIG, "%s: too many descriptors for CRIU", criu->verb);
        }
        protobuf_string(&pair, 1, name);
        protobuf_number(&pair, 2, standard ? (unsigned)fd : FD_MORE + criu->fd_count);
        protobuf_message(&criu->options, CRIU_INHERIT_FD, &pair);
        if (!standard)
                criu->fds[criu->fd_count++] = fd;
        return 0;
}

/* Gives a descriptor its number in the new program, where those that have still to get theirs are all above. */
static int place(int fd, int number)
{
        return fd < 0 || dup2(fd, number) < 0 ? -errno : 0;
}

/* All descriptors that CRIU gets, out of the way of the numbers that they get. */
static int place_all(const struct criu *criu, int socket, int images, int work)
{
        int from[FD_MORE - FD_SOCKET + CRIU_FDS_MAX] = {socket, images, work}, count = FD_MORE - FD_SOCKET, r = 0;

        for (size_t i = 0; i < criu->fd_count; i++)
                from[count++] = criu->fds[i];
        for (int i = 0; i < count && r >= 0; i++)
                r = from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_SOCKET + (int)ELEMENTS(from));
        for (int i = 0; i < count && r >= 0; i++)
                r = place(from[i], FD_SOCKET + i);
        return r < 0 ? -errno : 0;
}

/*
 * CRIU wants a mount point for a root, whose parent nothing covers. In a mount namespace of its own nothing of that is seen outside, and nothing is left
 * whoever is killed.
 */
static int own_mounts(const struct criu *criu, int *step)
{
        if (criu->root == NULL)
                return 0;
        *step = STEP_MOUNTS;
        if (unshare(CLONE_NEWNS) < 0)
                return -errno;
        if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) /* host path: with all below */
                return -errno;
        *step = STEP_ROOT;
        if (mount(criu->root, criu->root, NULL, MS_BIND | MS_REC, NULL) < 0) /* host path: the config's root */
                return -errno;
        return 0;
}

/* As a start makes one: the restored processes inherit CRIU's, and the caller's keys are not theirs. A kernel without keys has none to give. */
static int own_keyring(const struct criu *criu)
{
        long r = criu->root == NULL ? 0 : syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);

        return r < 0 && errno != ENOSYS ? -errno : 0;
}

/*
 * The socket's and the directories' numbers are read by CRIU in /proc/PID/fd of who made the socket: that is this process, which becomes CRIU. Thus
 * the directories are of its own mount namespace, in one of which it mounts, too.
 */
static int prepare(const struct criu *criu, int report, int *step)
{
        int pair[2], images, work, r;

        *step = STEP_KEYRING;
        r = own_keyring(criu);
        if (r < 0)
                return r;
        /* CRIU saves it from 3.18 on. It is inherited and can't be taken away (prctl(2)), and CRIU itself executes nothing with other rights. */
        *step = STEP_NO_NEW_PRIVS;
        if (criu->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        *step = STEP_GROUPS;
        for (size_t i = 0; i < criu->group_count && r >= 0; i++)
                r = write(criu->groups[i], "0", 1) < 0 ? -errno : 0;
        if (r >= 0)
                r = own_mounts(criu, step);
        if (r < 0)
                return r;
        *step = STEP_IMAGES;
        images = open(criu->images, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* host path: of the caller */
        work = open(criu->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);     /* host path: of the caller */
        if (images < 0 || work < 0)
                return -errno;
        *step = STEP_SOCKET;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return -errno;
        r = fd_send(report, &(struct report){.step = STEP_READY}, sizeof(struct report), pair[0]);
        (void)close(pair[0]);
        return r < 0 ? r : place_all(criu, pair[1], images, work);
}

/* In the new process. A dump that is cut short leaves the container in pieces: what the caller's terminal sends to its job does not reach it. */
static _Noreturn void become_criu(const struct criu *criu, int report)
{
        static char *const argv[] = {(char *)"criu", (char *)"swrk", (char *)"3", NULL};
        struct report failure = {.step = STEP_SOCKET};
        sigset_t none;
        int fd;

        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        if (criu->root == NULL)
                (void)setpgid(0, 0);
        fd = fcntl(report, F_DUPFD_CLOEXEC, FD_SOCKET + 2 * (FD_MORE + CRIU_FDS_MAX));
        failure.code = fd < 0 ? -errno : prepare(criu, fd, &failure.step);
        if (failure.code >= 0) {
                failure.step = STEP_EXEC;
                (void)execvp(argv[0], argv);
                /* Where engines look for programs /usr/sbin may be missing. */
                if (errno == ENOENT)
                        (void)execv("/usr/sbin/criu", argv); /* host path: of the package */
                failure.code = -errno;
        }
        (void)fd_send(fd, &failure, sizeof(failure), -EBADF);
        _exit(127);
}

static int explain_begin(const struct criu *criu, const struct report *report, struct ward_err *err)
{
        if (report->step == STEP_EXEC && report->code == -ENOENT) {
                (void)err_set(err, -ENOENT, "%s: CRIU does this, and it is not installed: there is no program 'criu'",
                              criu->verb);
                return err_hint(err, "install the package criu");
        }
        (void)err_code(err, report->code, "%s: %s", criu->verb, step_words[report->step]);
        if (report->step == STEP_ROOT)
                (void)err_wrap(err, "'%s'", criu->root);
        return report->code;
}

/* Returns the socket over which it is spoken to. */
static int begin(const struct criu *criu, int *ret_pidfd, pid_t *ret_pid, struct ward_err *err)
{
        _cleanup_close_
        int ours = -EBADF, theirs = -EBADF, socket = -EBADF;
        struct report report;
        int pair[2], none = -EBADF;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return err_errno(err, "%s: make a socket", criu->verb);
        ours = pair[0];
        theirs = pair[1];
        *ret_pid = clone_child(0, -EBADF, ret_pidfd);
        if (*ret_pid < 0)
                return err_code(err, *ret_pid, "%s: make a process for CRIU", criu->verb);
        if (*ret_pid == 0)
                become_criu(criu, theirs);
        theirs = fd_close(theirs);
        if (fd_receive_some(ours, &report, sizeof(report), &socket) != sizeof(report))
                return err_set(err, -EPIPE, "%s: the process that was to run CRIU has ended", criu->verb);
        if (report.step != STEP_READY)
                return explain_begin(criu, &report, err);
        /* The end of this socket is the beginning of the program. */
        if (fd_receive_some(ours, &report, sizeof(report), &none) == sizeof(report))
                return explain_begin(criu, &report, err);
        return TAKE_FD(socket);
}

static int say(int socket, const struct text *message)
{
        if (text_failed(message))
                return -ENOMEM;
        return send(socket, message->data, message->len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

struct answer {
        uint64_t type, pid;
        bool success;
        char script[64], message[256];
};

static void keep_string(char *to, size_t size, const struct protobuf_field *field)
{
        size_t len = field->len < size ? field->len : size - 1;

        if (field->data != NULL)
                memcpy(to, field->data, len);
        to[len] = '\0';
}

static int read_notify(const struct protobuf_field *whole, struct answer *answer)
{
        const char *data = whole->data;
        struct protobuf_field field;
        size_t len = whole->len;
        int r;

        while ((r = protobuf_next(&data, &len, &field)) > 0) {
                if (field.number == 1)
                        keep_string(answer->script, sizeof(answer->script), &field);
                else if (field.number == 2)
                        answer->pid = field.value;
        }
        return r;
}

static int read_answer(const char *data, size_t len, struct answer *ret_answer)
{
        struct protobuf_field field;
        int r;

        *ret_answer = (struct answer){0};
        while ((r = protobuf_next(&data, &len, &field)) > 0) {
                if (field.number == ANSWER_TYPE)
                        ret_answer->type = field.value;
                else if (field.number == ANSWER_SUCCESS)
                        ret_answer->success = field.value != 0;
                else if (field.number == ANSWER_MESSAGE)
                        keep_string(ret_answer->message, sizeof(ret_answer->message), &field);
                else if (field.number == ANSWER_NOTIFY && field.data != NULL)
                        r = read_notify(&field, ret_answer);
                if (r < 0)
                        return r;
        }
        return r;
}

/* What it says and asks until it has done its work. -EPIPE: it has ended before. *@ret_noted: what notify() returned, which has set @err then. */
static int converse(const struct criu *criu, int socket, struct answer *ret_answer, int *ret_noted,
                    struct ward_err *err)
{
        char data[MESSAGE_MAX];
        int r = 0;

        while (r >= 0) {
                _cleanup_text_ struct text reply = {0};
                _cleanup_close_
                int fd = -EBADF;
                ssize_t n = fd_receive_some(socket, data, sizeof(data), &fd);

                if (n <= 0)
                        return n == 0 ? -EPIPE : (int)n;
                if (read_answer(data, (size_t)n, ret_answer) < 0)
                        return -EBADMSG;
                if (ret_answer->type != REQUEST_NOTIFY)
                        return 0;
                if (*ret_noted >= 0)
                        *ret_noted = criu->notify(criu->data, ret_answer->script,
                                                  ret_answer->pid <= INT32_MAX ? (pid_t)ret_answer->pid : 0, fd, err);
                protobuf_number(&reply, REQUEST_TYPE, REQUEST_NOTIFY);
                protobuf_number(&reply, REQUEST_NOTIFY_SUCCESS, *ret_noted >= 0);
                r = say(socket, &reply);
        }
        return r;
}

/* The end of the log, as a string. NULL: there is none, or no memory. */
static char *read_tail(const char *path)
{
        _cleanup_close_
        int fd = open(path, O_RDONLY | O_CLOEXEC); /* host path: of the caller */
        _cleanup_free_ char *text = malloc(LOG_TAIL + 1);
        off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
        ssize_t n = -1;

        if (text != NULL && size >= 0)
                n = pread(fd, text, LOG_TAIL, size > LOG_TAIL ? size - LOG_TAIL : 0);
        if (n < 0)
                return NULL;
        text[n] = '\0';
        return TAKE_PTR(text);
}

/* Its last lines of errors, "(00.004711) Error (criu/mount.c:123): ...", each without the time, joined by "; ". */
static void last_errors(char *log, struct text *text)
{
        const char *lines[LOG_LINES];
        size_t count = 0;

        for (char *line = log, *next; line != NULL && *line != '\0'; line = next) {
                char *error;

                next = strchr(line, '\n');
                if (next != NULL)
                        *next++ = '\0';
                error = strstr(line, "Error (");
                if (error != NULL)
                        lines[count++ % LOG_LINES] = error;
        }
        for (size_t i = count > LOG_LINES ? count - LOG_LINES : 0; i < count; i++)
                text_printf(text, "%s%s", text->len == 0 ? "" : "; ", lines[i % LOG_LINES]);
}

static int explain(struct criu *criu, const struct answer *answer, const siginfo_t *info, struct ward_err *err)
{
        const char *path = arena_concat(&criu->arena, criu->work, "/", criu->log);
        _cleanup_free_ char *log = path == NULL ? NULL : read_tail(path);
        _cleanup_text_ struct text errors = {0};

        if (log != NULL)
                last_errors(log, &errors);
        if (errors.len == 0 && answer->message[0] != '\0')
                text_puts(&errors, answer->message);
        if (errors.len == 0)
                text_printf(&errors, "it ended with status %d", pidfd_exit_status(info));
        if (text_failed(&errors) || path == NULL)
                return err_oom(err);
        (void)err_set(err, -EREMOTEIO, "%s: CRIU failed: %s", criu->verb, errors.data);
        return err_hint(err, "all that CRIU did is in its log, %s", path);
}

int criu_run(struct criu *criu, enum criu_request request, struct ward_err *err)
{
        _cleanup_text_ struct text message = {0};
        _cleanup_close_
        int socket = -EBADF, pidfd = -EBADF;
        struct answer answer = {0};
        siginfo_t info = {0};
        pid_t pid = -1;
        int r, noted = 0;
        bool begun;

        protobuf_number(&message, REQUEST_TYPE, request);
        protobuf_message(&message, REQUEST_OPTIONS, &criu->options);
        if (text_failed(&message))
                return err_oom(err);
        socket = begin(criu, &pidfd, &pid, err);
        begun = socket >= 0;
        r = begun ? say(socket, &message) : socket;
        if (r >= 0)
                r = converse(criu, socket, &answer, &noted, err);
        socket = fd_close(socket);
        if (pid > 0)
                (void)pidfd_wait(pidfd, false, false, &info);
        if (!begun)
                return r;
        if (noted < 0)
                return noted;
        /* An end without an answer is told by its log, too. */
        if (r == -EPIPE || r == -ECONNRESET || (r >= 0 && !answer.success))
                return explain(criu, &answer, &info, err);
        return r < 0 ? err_code(err, r, "%s: talk with CRIU", criu->verb) : 0;
}

void criu_done(struct criu *criu)
{
        for (size_t i = 0; i < criu->fd_count; i++)
                (void)fd_close(criu->fds[i]);
        for (size_t i = 0; i < criu->group_count; i++)
                (void)fd_close(criu->groups[i]);
        criu->fd_count = criu->group_count = 0;
        text_done(&criu->options);
        arena_done(&criu->arena);
}
