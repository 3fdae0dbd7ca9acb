/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records for the engine that called ward-oci, in the two forms of runc's log, of which engines read the JSON one
 * ({"level":"error","msg":...,"time":...}), and the message for a person on standard error. The file, or the socket of the service that
 * crun's spellings journald:NAME and syslog:NAME mean, is opened only when there is something to write: a start that works makes no system call
 * for it.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "oci/oci.h"

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static uint64_t now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Engines show msg and nothing else, so the hint is in it. @code is for who looks into the log: `ward help` explains it. */
static void add_record(struct text *text, bool json, enum oci_log_level level, unsigned code, const char *message,
                       const char *hint)
{
        _cleanup_text_ struct text whole = {0};
        bool hinted = hint != NULL && *hint != '\0';

        text_printf(&whole, "%s%s%s", message, hinted ? "; " : "", hinted ? hint : "");
        if (text_failed(&whole))
                return;
        if (json) {
                text_printf(text, "{\"level\":\"%s\",\"msg\":", level_names[level]);
                json_write_string(text, whole.data);
                text_puts(text, ",\"time\":\"");
                oci_add_time(text, now_usec());
                text_puts(text, "\"");
                if (code != MISTAKE_NONE)
                        text_printf(text, ",\"code\":\"E%u\"", code);
                text_puts(text, "}\n");
        } else {
                text_puts(text, "time=\"");
                oci_add_time(text, now_usec());
                text_printf(text, "\" level=%s msg=", level_names[level]);
                json_write_string(text, whole.data);
                text_puts(text, "\n");
        }
}

static void add_for_person(struct text *text, const char *message, const char *hint)
{
        text_printf(text, "ward-oci: %s\n", message);
        if (hint != NULL && *hint != '\0')
                text_printf(text, "          %s\n", hint);
}

/* One datagram for a service of this machine. */
static int send_to(const char *path, const struct text *text)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (text_failed(text))
                return -ENOMEM;
        if (fd < 0)
                return -errno;
        memcpy(address.sun_path, path, strlen(path));
        return sendto(fd, text->data, text->len, MSG_NOSIGNAL, (const struct sockaddr *)&address, sizeof(address)) < 0
                       ? -errno
                       : 0;
}

/* syslog(3)'s numbers for how severe it is. */
static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

/* systemd's "Native Journal Protocol": a field that may have newlines has its length in front. */
static int send_journal(const char *name, enum oci_log_level level, const struct text *record)
{
        _cleanup_text_ struct text text = {0};
        uint64_t len = record->len;

        text_printf(&text, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE\n", priorities[level], name);
        for (int i = 0; i < 8; i++)
                text_add(&text, (const char[]){(char)(len >> (8 * i))}, 1);
        text_add(&text, record->data, record->len);
        text_puts(&text, "\n");
        return send_to("/run/systemd/journal/socket", &text);
}

/* As syslog(3) does it, but for the time, which the service adds: the C library's would bring the time zones along. */
static int send_syslog(const char *name, enum oci_log_level level, const struct text *record)
{
        _cleanup_text_ struct text text = {0};

        text_printf(&text, "<%d>%s[%d]: ", LOG_USER | priorities[level], name, getpid());
        text_add(&text, record->data, record->len);
        return send_to("/dev/log", &text);
}

static int append(const char *path, const struct text *text)
{
        _cleanup_close_
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0600);

        return fd < 0 ? -errno : fd_write_all(fd, text->data, text->len);
}

/* What stands behind @kind and a colon in --log; NULL: that is not what it begins with. */
static const char *behind(const char *log, const char *kind)
{
        size_t len = strlen(kind);

        return strncmp(log, kind, len) == 0 && log[len] == ':' ? log + len + 1 : NULL;
}

static int write_record(const char *log, enum oci_log_level level, struct text *record)
{
        const char *journal = behind(log, "journald"), *syslog = behind(log, "syslog"), *file = behind(log, "file");

        if (text_failed(record))
                return -ENOMEM;
        if (journal == NULL && syslog == NULL)
                return append(file != NULL ? file : log, record);
        record->data[--record->len] = '\0'; /* without the newline */
        return journal != NULL ? send_journal(*journal == '\0' ? "ward-oci" : journal, level, record)
                               : send_syslog(*syslog == '\0' ? "ward-oci" : syslog, level, record);
}

void oci_log(const struct oci *oci, enum oci_log_level level, unsigned code, const char *message, const char *hint)
{
        _cleanup_text_ struct text record = {0}, shown = {0};
        struct ward_err err;

        if ((unsigned)level > oci->log_level)
                return;
        if (oci->log != NULL) {
                int r;

                add_record(&record, oci->log_json, level, code, message, hint);
                r = write_record(oci->log, level, &record);
                if (r < 0) {
                        (void)err_code(&err, r, "write the log '%s'", oci->log);
                        add_for_person(&shown, err.message, NULL);
                }
        }
        if (oci->log == NULL && (oci->log_json || level > OCI_LOG_WARNING))
                add_record(&shown, oci->log_json, level, code, message, hint);
        else if (level <= OCI_LOG_WARNING)
                add_for_person(&shown, message, hint);
        if (shown.len > 0)
                (void)fd_write_all(STDERR_FILENO, shown.data, shown.len);
}

void oci_warn_damage(const struct oci *oci, const struct engine_info *info)
{
        _cleanup_text_ struct text text = {0};

        text_printf(&text, "container '%s': %s; what is shown was found through its cgroup", info->state.id,
                    info->damage);
        if (!text_failed(&text))
                oci_log(oci, OCI_LOG_WARNING, MISTAKE_NONE, text.data,
                        info->newer ? "use the program that made it, or a newer one"
                                    : "'delete --force' ends and removes it");
}
