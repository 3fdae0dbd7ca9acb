/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-oci ps: the processes of a container as the host sees them. The table is that of the host's ps(1) with the lines of other
 * processes left out, as runc does it; JSON is the list of pids.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/spawn.h"
#include "base/text.h"
#include "oci/oci.h"

#define PS_OUTPUT_MAX (64u << 20)

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

struct ps {
        unsigned format;
};

/* Runs ps with its output in *@ret_output, which the caller frees. */
static int run_ps(char *const *argv, char **ret_output, struct ward_err *err)
{
        _cleanup_free_ char *output = NULL;
        _cleanup_close_
        int from = -EBADF, to = -EBADF;
        int pipe_fds[2], status, r, read_error;
        pid_t pid;

        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return err_errno(err, "make a pipe for ps");
        from = pipe_fds[0];
        to = pipe_fds[1];
        r = spawn_program(argv, to, STDOUT_FILENO, &pid);
        if (r < 0) {
                (void)err_code(err, r, "run ps");
                return err_hint(err, "install ps (package procps), or use --format json");
        }
        to = fd_close(to);
        read_error = fd_read_all(from, "the output of ps", PS_OUTPUT_MAX, &output, NULL, err);
        from = fd_close(from);
        do
                r = waitpid(pid, &status, 0);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return err_errno(err, "wait for ps");
        if (read_error < 0)
                return read_error;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return err_set(err, -EIO, "ps failed; its own message is above");
        *ret_output = TAKE_PTR(output);
        return 0;
}

/* The next word of *@at, which moves behind it. NULL at the end of the line. */
static const char *next_word(const char **at, size_t *ret_len)
{
        const char *word = *at + strspn(*at, " \t");

        *ret_len = strcspn(word, " \t");
        *at = word + *ret_len;
        return *ret_len == 0 ? NULL : word;
}

static int find_pid_column(const char *header, struct ward_err *err)
{
        const char *word;
        size_t len;

        for (int column = 0; (word = next_word(&header, &len)) != NULL; column++)
                if (len == 3 && memcmp(word, "PID", 3) == 0)
                        return column;
        (void)err_set(err, -EINVAL, "the output of ps has no column PID, by which the container's processes are found");
        (void)err_hint(err, "choose ps options that show it, such as -ef or aux");
        return -EINVAL;
}

static bool is_member(const char *line, int column, const pid_t *pids, size_t count)
{
        const char *word = NULL;
        size_t len = 0;
        char digits[16];
        uint64_t pid;

        for (int i = 0; i <= column; i++)
                word = next_word(&line, &len);
        if (word == NULL || len >= sizeof(digits))
                return false;
        memcpy(digits, word, len);
        digits[len] = '\0';
        if (number_parse(digits, INT32_MAX, &pid) < 0)
                return false;
        for (size_t i = 0; i < count; i++)
                if (pids[i] == (pid_t)pid)
                        return true;
        return false;
}

static int add_table(struct text *text, const pid_t *pids, size_t count, char *const *argv, struct ward_err *err)
{
        _cleanup_free_ char *output = NULL;
        char *rest, *line;
        int column, r;

        r = run_ps(argv, &output, err);
        if (r < 0)
                return r;
        rest = output;
        line = text_next(&rest, '\n');
        column = find_pid_column(line, err);
        if (column < 0)
                return column;
        text_printf(text, "%s\n", line);
        while ((line = text_next(&rest, '\n')) != NULL)
                if (is_member(line, column, pids, count))
                        text_printf(text, "%s\n", line);
        return 0;
}

static void add_json(struct text *text, const pid_t *pids, size_t count)
{
        text_puts(text, "[");
        for (size_t i = 0; i < count; i++)
                text_printf(text, "%s%d", i == 0 ? "" : ",", pids[i]);
        text_puts(text, "]\n");
}

/* "ps", then the words behind the id, or -ef. */
static char **ps_command(struct arena *arena, int count, char **operands)
{
        char **argv = arena_new(arena, char *, (size_t)count + 2);

        if (argv == NULL)
                return NULL;
        argv[0] = (char *)"ps";
        argv[1] = (char *)"-ef";
        for (int i = 1; i < count; i++)
                argv[i] = operands[i];
        return argv;
}

static int ps(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct ps *o = options;
        _cleanup_free_ pid_t *pids = NULL;
        _cleanup_text_ struct text text = {0};
        char **argv = ps_command(&oci->arena, count, operands);
        size_t pid_count;
        int r;

        if (argv == NULL)
                return err_oom(err);
        r = engine_pids(&oci->store, operands[0], &pids, &pid_count, err);
        if (r < 0)
                return r;
        if (o->format == JSON)
                add_json(&text, pids, pid_count);
        else
                r = add_table(&text, pids, pid_count, argv, err);
        return r < 0 ? r : oci_print(&text, err);
}

static const struct option_entry entries[] = {
        {.name = "format",
         .letter = 'f',
         .arg = "table|json",
         .help = "how to print it (default: table)",
         OPTION_WORD(struct ps, format, formats)},
};

const struct oci_verb oci_ps = {
        .name = "ps",
        .command =
                {
                        .name = "ward-oci ps",
                        .operands = "[OPTIONS] ID [PS-OPTION...]",
                        .summary = "Show the processes of a container as the host's ps does (default: ps -ef).",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                },
        .options_size = sizeof(struct ps),
        .needs_store = true,
        .run = ps,
};
