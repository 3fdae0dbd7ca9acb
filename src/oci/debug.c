/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --debug: the phases of a start (docs/PHASES.md) as records of the log, while they happen. Those that runc's have a record for carry its
 * words in front, since people look for them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oci/oci.h"

static const struct {
        const char *phase, *start, *exec; /* what runc says of it in a start, and in exec; NULL: nothing */
} words[] = {
        {"clone", "nsexec container setup", "nsexec container setup"},
        {"waiting", "child process in init()", "child process in init()"},
        {"exec", "init: closing the pipe to signal completion", "setns_init: about to exec"},
};

/* A line of the trace: "     482530 ns  parent  state". */
static void log_line(const struct oci *oci, const char *line)
{
        const char *said = NULL, *phase = strrchr(line, ' ');
        _cleanup_text_ struct text text = {0};

        line += strspn(line, " ");
        for (size_t i = 0; phase != NULL && i < ELEMENTS(words); i++)
                if (strcmp(phase + 1, words[i].phase) == 0)
                        said = oci->executes ? words[i].exec : words[i].start;
        text_printf(&text, "%s%s%s", said != NULL ? said : "", said != NULL ? ": " : "", line);
        if (!text_failed(&text))
                oci_log(oci, OCI_LOG_DEBUG, MISTAKE_NONE, text.data, NULL);
}

static ssize_t write_lines(void *cookie, const char *data, size_t size)
{
        char *copy = strndup(data, size), *rest = copy, *line;

        if (copy == NULL)
                return 0;
        while ((line = strsep(&rest, "\n")) != NULL)
                if (*line != '\0')
                        log_line(cookie, line);
        free(copy);
        return (ssize_t)size;
}

FILE *oci_trace(struct oci *oci, bool executes)
{
        static const cookie_io_functions_t functions = {.write = write_lines};

        if (oci->trace)
                return stderr;
        if (oci->log_level < OCI_LOG_DEBUG)
                return NULL;
        oci->executes = executes;
        if (oci->phases == NULL) {
                oci->phases = fopencookie(oci, "w", functions);
                if (oci->phases != NULL)
                        (void)setvbuf(oci->phases, NULL, _IOLBF, 0);
        }
        return oci->phases;
}
