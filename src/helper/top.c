/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper program that draws `ward top`: rounds come over a socket (base/top.h), keys from the terminal, which is standard input and output. It
 * alone links ncurses. It decides nothing about control groups and reads none.
 *
 *      top ORDER raw|human time|percentage color|plain
 *
 * However it ends, the terminal is as it was: it ends by itself at the end of the socket, and at SIGINT and SIGTERM.
 */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "helper/top-view.h"

#ifdef __SANITIZE_ADDRESS__
/* ncurses keeps what it knows of the terminal until the end (curs_memleaks(3x)): that is no leak. */
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_suppressions(void)
{
        return "leak:libtinfo\nleak:libncursesw\n";
}
#endif

#define MESSAGE_MAX (1U << 30)
#define CONTROL(letter) ((letter)&0x1f)

struct session {
        struct view view;
        struct top_head head; /* of the round that is coming */
        size_t head_got;
        char *body;
        size_t body_got;
        char message[128]; /* below the groups, until the next round */
        bool help, quit;
};

/* ---- rounds ---- */

/* Reads what is there of a round. False: the socket has an end, or what comes is no round. */
static bool receive(struct session *session)
{
        bool in_head = session->head_got < sizeof(session->head);
        char *to = in_head ? (char *)&session->head + session->head_got : session->body + session->body_got;
        size_t left = in_head ? sizeof(session->head) - session->head_got : session->head.size - session->body_got;
        ssize_t n = read(TOP_SOCKET, to, left);

        if (n <= 0)
                return n < 0 && (errno == EAGAIN || errno == EINTR);
        if (in_head) {
                session->head_got += (size_t)n;
                if (session->head_got < sizeof(session->head))
                        return true;
                session->body_got = 0;
                session->body = session->head.size > MESSAGE_MAX ? NULL : malloc((size_t)session->head.size + 1);
                return session->body != NULL;
        }
        session->body_got += (size_t)n;
        if (session->body_got < session->head.size)
                return true;
        session->head_got = 0;
        session->message[0] = '\0';
        return view_take(&session->view, &session->head, TAKE_PTR(session->body));
}

/* ---- keys ---- */

static void say(struct session *session, const char *text)
{
        (void)snprintf(session->message, sizeof(session->message), "%s", text);
}

/* A key of ward's. Nothing is lost where it has ended: the socket has an end then, too. */
static void pass_on(struct session *session, int key)
{
        char byte = (char)key;

        if (key == 'r' && session->view.head.count == TOP_COUNT_TASKS) {
                say(session, "r: threads of the groups below always count; it is for P and k");
                return;
        }
        (void)!send(TOP_SOCKET, &byte, 1, MSG_NOSIGNAL);
}

static bool order_key(struct session *session, int key)
{
        static const struct {
                char key;
                enum top_order order;
        } orders[] = {{'p', TOP_BY_PATH},   {'t', TOP_BY_TASKS}, {'c', TOP_BY_CPU},
                      {'m', TOP_BY_MEMORY}, {'i', TOP_BY_IO},    {'s', TOP_BY_PRESSURE}};

        for (size_t i = 0; i < ELEMENTS(orders); i++)
                if (orders[i].key == key) {
                        session->view.order = orders[i].order;
                        return true;
                }
        return false;
}

static void fold(struct view *view, int key)
{
        size_t which = view_selected(view);
        struct row *row;

        if (which >= view->shown_count)
                return;
        row = &view->rows[view->shown[which]];
        /* From a group that has nothing to fold, to the one that it is in. */
        if (key == KEY_LEFT && (row->history->folded || row->child == NO_ROW)) {
                if (row->head->parent != UINT32_MAX)
                        view->selected = view->rows[row->head->parent].head->id;
                return;
        }
        row->history->folded = key == KEY_LEFT || (key != KEY_RIGHT && !row->history->folded);
}

static bool go_key(struct view *view, int key)
{
        size_t at = view_selected(view), page = (size_t)draw_rows();

        switch (key) {
        case KEY_UP:
                view_select(view, at == 0 ? 0 : at - 1);
                return true;
        case KEY_DOWN:
                view_select(view, at + 1);
                return true;
        case KEY_PPAGE:
                view_select(view, at < page ? 0 : at - page);
                return true;
        case KEY_NPAGE:
                view_select(view, at + page);
                return true;
        case KEY_HOME:
                view_select(view, 0);
                return true;
        case KEY_END:
                view_select(view, SIZE_MAX);
                return true;
        default:
                return false;
        }
}

static void heed(struct session *session, int key)
{
        struct view *view = &session->view;

        session->message[0] = '\0';
        if (go_key(view, key) || order_key(session, key))
                return;
        if (key < 0x80 && key > 0 && strchr(TOP_KEYS, key) != NULL) {
                pass_on(session, key);
                return;
        }
        switch (key) {
        case 'q':
        case CONTROL('C'):
                session->quit = true;
                break;
        case 'h':
        case '?':
                session->help = !session->help;
                break;
        case '%':
                view->cpu_time = !view->cpu_time;
                break;
        case 'f':
                view->flat = !view->flat;
                break;
        case KEY_LEFT:
        case KEY_RIGHT:
        case KEY_ENTER:
        case '\n':
        case '\r':
                if (!view->flat)
                        fold(view, key);
                break;
        case CONTROL('L'):
                (void)clearok(curscr, TRUE);
                break;
        case 27: /* Escape */
                session->help = false;
                break;
        case KEY_RESIZE:
                break;
        default:
                say(session, "no such key; h lists them");
        }
}

/* ---- the loop ---- */

/* Signals that end it, as a descriptor; ncurses has handlers of its own otherwise, which may run at any moment. */
static int open_signals(void)
{
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        /* What is ignored is not told. */
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
        (void)signal(SIGHUP, SIG_DFL);
        return signalfd(-1, &set, SFD_CLOEXEC);
}

static void run(struct session *session, int signals)
{
        struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {TOP_SOCKET, POLLIN, 0}, {signals, POLLIN, 0}};

        while (!session->quit) {
                bool changed = false;
                int key;

                if (poll(fds, ELEMENTS(fds), -1) < 0 && errno != EINTR)
                        return;
                if (fds[2].revents != 0 || (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
                        return;
                /* Also after a signal: a new size of the window comes as a key. */
                while (!session->quit && (key = getch()) != ERR) {
                        heed(session, key);
                        changed = true;
                }
                if (fds[1].revents != 0) {
                        size_t before = session->view.round;

                        if (!receive(session))
                                return;
                        changed = changed || session->view.round != before;
                }
                if (!changed || session->view.round == 0)
                        continue;
                if (!view_arrange(&session->view))
                        return;
                draw(&session->view, session->message, session->help);
        }
}

static int fail(const char *why)
{
        char text[256];
        int len = snprintf(text, sizeof(text), "%c%s", TOP_FAILED, why);

        (void)!send(TOP_SOCKET, text, len < (int)sizeof(text) ? (size_t)len : sizeof(text) - 1, MSG_NOSIGNAL);
        return EXIT_FAILURE;
}

/* -1: it is none of them. */
static int find(const char *word, const char *const *words)
{
        for (int i = 0; words[i] != NULL; i++)
                if (strcmp(words[i], word) == 0)
                        return i;
        return -1;
}

int main(int argc, char **argv)
{
        struct session session = {0};
        int order = argc == 5 ? find(argv[1], top_order_words) : -1, signals;
        const char *term = getenv("TERM");
        char why[128];
        SCREEN *screen;

        if (order < 0) {
                (void)fprintf(stderr, "top: this is a part of ward: ward top\n");
                return EXIT_FAILURE;
        }
        session.view.order = (enum top_order)order;
        session.view.raw = strcmp(argv[2], "raw") == 0;
        session.view.cpu_time = strcmp(argv[3], "time") == 0;
        (void)setlocale(LC_ALL, "");
        signals = open_signals();
        screen = newterm(NULL, stdout, stdin);
        if (screen == NULL) {
                (void)snprintf(why, sizeof(why), "the terminal type '%s' (TERM) is not known here",
                               term == NULL ? "" : term);
                return fail(why);
        }
        (void)cbreak();
        (void)noecho();
        (void)nonl();
        (void)keypad(stdscr, TRUE);
        (void)nodelay(stdscr, TRUE);
        (void)curs_set(0);
        draw_begin(strcmp(argv[4], "color") == 0);
        run(&session, signals);
        (void)endwin();
        delscreen(screen);
        view_done(&session.view);
        free(session.body);
        return EXIT_SUCCESS;
}
