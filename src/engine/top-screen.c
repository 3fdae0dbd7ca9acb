/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds on a terminal: a helper program draws them, which alone links ncurses; see top.h and base/top.h. */
#include "engine/top.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/spawn.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/helper.h"

#define HELPER "top"
#define WHY_MAX 512
#define DELAY_MIN_USEC 100000
#define DELAY_MAX_USEC 3600000000
#define DELAY_STEP_USEC 250000 /* of the keys + and -; above a second a whole one */
#define USEC_PER_SEC 1000000

struct screen {
        struct engine_top *top;
        uint64_t delay_usec;
        struct text message; /* of a round */
        int channel;
        pid_t helper;
};

/* ---- a round as bytes ---- */

static void add_row(struct text *message, const struct top_row *row)
{
        static const char zeros[8];
        const char *const words[] = {group_kind_names[row->name->kind], row->name->name, row->shown};
        struct top_row_head head = {.id = row->id,
                                    .parent = row->parent == SIZE_MAX ? UINT32_MAX : (uint32_t)row->parent};
        size_t size = sizeof(head);

        for (size_t i = 0; i < ELEMENTS(words); i++)
                size += strlen(words[i]) + 1;
        head.size = (uint32_t)((size + 7) & ~(size_t)7);
        memcpy(head.values, row->values, sizeof(head.values));
        text_add(message, (const char *)&head, sizeof(head));
        for (size_t i = 0; i < ELEMENTS(words); i++)
                text_add(message, words[i], strlen(words[i]) + 1);
        text_add(message, zeros, head.size - size);
}

/* Returns 1, or 0 when the helper has ended. */
static int send_round(struct screen *screen, const struct top_round *round)
{
        struct text *message = &screen->message;
        struct top_head head = {
                .rows = (uint32_t)round->count,
                .interval_nsec = round->interval_nsec,
                .delay_usec = screen->delay_usec,
                .cpus = round->cpus,
        };
        enum top_count count;
        bool recursive;

        engine_top_counts(screen->top, &count, &recursive);
        head.count = (uint8_t)count;
        head.recursive = recursive;
        message->len = 0;
        text_add(message, (const char *)&head, sizeof(head));
        for (size_t i = 0; i < round->count; i++)
                add_row(message, &round->rows[i]);
        if (text_failed(message))
                return -ENOMEM;
        head.size = (uint32_t)(message->len - sizeof(head));
        memcpy(message->data, &head, sizeof(head));
        for (size_t at = 0; at < message->len;) {
                ssize_t n = send(screen->channel, message->data + at, message->len - at, MSG_NOSIGNAL);

                if (n < 0 && errno != EINTR)
                        return errno == EPIPE || errno == ECONNRESET ? 0 : -errno;
                at += n < 0 ? 0 : (size_t)n;
        }
        return 1;
}

/* ---- keys ---- */

static uint64_t slower(uint64_t delay_usec)
{
        uint64_t step = delay_usec < USEC_PER_SEC ? DELAY_STEP_USEC : USEC_PER_SEC;

        return delay_usec + step > DELAY_MAX_USEC ? DELAY_MAX_USEC : delay_usec + step;
}

static uint64_t faster(uint64_t delay_usec)
{
        uint64_t step = delay_usec <= USEC_PER_SEC ? DELAY_STEP_USEC : USEC_PER_SEC;

        if (delay_usec < DELAY_MIN_USEC)
                return delay_usec;
        return delay_usec < step + DELAY_MIN_USEC ? DELAY_MIN_USEC : delay_usec - step;
}

static int heed(struct screen *screen, char key, struct ward_err *err)
{
        enum top_count count;
        bool recursive;

        engine_top_counts(screen->top, &count, &recursive);
        switch (key) {
        case '+':
                screen->delay_usec = slower(screen->delay_usec);
                return 0;
        case '-':
                screen->delay_usec = faster(screen->delay_usec);
                return 0;
        case 'P':
                count = count == TOP_COUNT_USER ? TOP_COUNT_TASKS : TOP_COUNT_USER;
                return engine_top_count(screen->top, count, recursive, err);
        case 'k':
                count = count == TOP_COUNT_PROCESSES ? TOP_COUNT_TASKS : TOP_COUNT_PROCESSES;
                return engine_top_count(screen->top, count, recursive, err);
        case 'r':
                return engine_top_count(screen->top, count, !recursive, err);
        default:
                return 0;
        }
}

/* "!WHY" is the helper's last word. */
static int why_failed(struct screen *screen, const char *begin, size_t len, struct ward_err *err)
{
        char why[WHY_MAX];
        ssize_t n = 1;

        len = len < sizeof(why) - 1 ? len : sizeof(why) - 1;
        memcpy(why, begin, len);
        while (n > 0 && len < sizeof(why) - 1) {
                n = read(screen->channel, why + len, sizeof(why) - 1 - len);
                len += n > 0 ? (size_t)n : 0;
        }
        why[len] = '\0';
        (void)err_set(err, -EIO, "show control groups on this terminal: %s", why);
        return err_hint(err, "'ward top --batch' needs no terminal");
}

static uint64_t now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

/* Waits for the time of the next round, or a key that wants one. Returns 1, or 0 when the helper has ended. */
static int wait_for_key(struct screen *screen, struct ward_err *err)
{
        uint64_t began = now_usec();

        for (;;) {
                uint64_t passed = now_usec() - began;
                struct pollfd channel = {.fd = screen->channel, .events = POLLIN};
                char keys[64];
                ssize_t n;
                int r;

                if (passed >= screen->delay_usec)
                        return 1;
                r = poll(&channel, 1, (int)((screen->delay_usec - passed + 999) / 1000));
                if (r < 0 && errno != EINTR)
                        return err_errno(err, "wait for a key");
                if (r <= 0)
                        continue;
                n = read(screen->channel, keys, sizeof(keys));
                if (n <= 0)
                        return 0;
                for (ssize_t i = 0; i < n; i++) {
                        if (keys[i] == TOP_FAILED)
                                return why_failed(screen, keys + i + 1, (size_t)(n - i - 1), err);
                        r = heed(screen, keys[i], err);
                        if (r < 0)
                                return r;
                }
                return 1;
        }
}

/* ---- the helper ---- */

static int begin(struct screen *screen, const struct engine_top_screen *options, struct ward_err *err)
{
        _cleanup_arena_ struct arena arena = {0};
        const char *path = helper_path(&arena, HELPER);
        const char *argv[] = {path,
                              top_order_words[options->order],
                              options->raw ? "raw" : "human",
                              options->cpu_time ? "time" : "percentage",
                              options->color ? "color" : "plain",
                              NULL};
        _cleanup_close_
        int other = -EBADF;
        int ends[2], r;

        if (path == NULL)
                return err_oom(err);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
                return err_errno(err, "make a socket for the helper '%s'", path);
        screen->channel = ends[0];
        other = ends[1];
        r = spawn_program((char **)(void *)argv, other, TOP_SOCKET, &screen->helper);
        if (r == 0)
                return 0;
        screen->helper = 0;
        (void)err_code(err, r, "execute the helper '%s'", path);
        return err_hint(err, "it comes with ward when that is built with ncurses; 'ward top --batch' does without it");
}

static int show(struct screen *screen, uint64_t rounds, struct ward_err *err)
{
        int r = 1;

        /* The first one, which knows of no interval, is there at once. */
        for (uint64_t i = 0; r > 0 && (rounds == 0 || i <= rounds); i++) {
                struct top_round round;

                r = engine_top_round(screen->top, &round, err);
                if (r < 0)
                        return r;
                r = send_round(screen, &round);
                if (r < 0)
                        return err_code(err, r, "send a round to the helper '" HELPER "'");
                /* What it says last may lie there although it has ended. */
                r = wait_for_key(screen, err);
        }
        return r;
}

int engine_top_screen(struct engine_top *top, const struct engine_top_screen *options, struct ward_err *err)
{
        struct screen screen = {.top = top, .delay_usec = options->delay_usec, .channel = -EBADF};
        void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
        int status = 0, r = begin(&screen, options, err);

        if (r >= 0)
                r = show(&screen, options->rounds, err);
        /* It gives the terminal back when its socket has an end. */
        screen.channel = fd_close(screen.channel);
        while (screen.helper > 0 && waitpid(screen.helper, &status, 0) < 0 && errno == EINTR)
                ;
        (void)signal(SIGINT, interrupt);
        text_done(&screen.message);
        if (r >= 0 && status != 0)
                return err_set(err, -EIO, "the helper '" HELPER "' ended with status %d",
                               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        return r < 0 ? r : 0;
}
