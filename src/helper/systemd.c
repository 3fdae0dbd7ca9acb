/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper program that asks systemd for things over D-Bus. Nobody but ward starts it:
 *
 *      systemd-unit start system|user SCOPE [PROPERTY SIGNATURE VALUE...]...
 *      systemd-unit set system|user SCOPE [PROPERTY SIGNATURE VALUE...]...
 *      systemd-unit attach system|user SCOPE GROUP PID
 *      systemd-unit stop system|user SCOPE
 *      systemd-unit group system|user UNIT
 *      systemd-unit delegated system|user UNIT
 *
 * Its standard output is a socket (SOCK_SEQPACKET), over which it answers with one record: "=TEXT", or "!ERRNO WHY", which may have a second line
 * that says what to do. The text of `group` is the control group of a unit, that of `delegated` is "yes" or
 * "no", that of `start` is the control group of the new scope, in which this process is then; it ends when the other side of the socket does. An array is the number of its
 * elements and the elements. The interface is org.freedesktop.systemd1(5).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "base/mem.h"
#include "base/text.h"

#define SERVICE "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"

/* A stop sends SIGKILL after TimeoutStopSec, 90 s by default. */
#define JOB_TIMEOUT_USEC (120 * UINT64_C(1000000))

/* A call of a method of the manager, and what is waited for. */
struct request {
        sd_bus *bus;
        sd_bus_message *call, *reply;
        sd_bus_error error;
        const char *scope;
        char **words;    /* not read yet; NULL-terminated */
        const char *job; /* whose end is waited for */
        bool ended;
        char result[32];
};

static void request_done(struct request *request)
{
        sd_bus_error_free(&request->error);
        sd_bus_message_unref(request->call);
        sd_bus_message_unref(request->reply);
        sd_bus_flush_close_unref(request->bus);
}

#define _cleanup_request_ _cleanup_(request_done)

static void answer(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void answer(const char *format, ...)
{
        char text[4096];
        va_list args;
        int len;

        va_start(args, format);
        len = vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        if (len >= (int)sizeof(text))
                len = sizeof(text) - 1;
        if (len > 0)
                (void)send(STDOUT_FILENO, text, (size_t)len, MSG_NOSIGNAL);
}

/* Says why, as the service says it if it did. Returns @code. */
static int refuse(const struct request *request, int code, const char *what)
{
        static const struct {
                const char *name;
                int code;
        } known[] = {{SERVICE ".UnitExists", EEXIST}, {SERVICE ".NoSuchUnit", ENOENT}};

        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (sd_bus_error_has_name(&request->error, known[i].name))
                        code = -known[i].code;
        answer("!%d %s: %s", -code, what, request->error.message != NULL ? request->error.message : strerror(-code));
        return code;
}

/* ---- words become a message ---- */

static const char *next_word(struct request *request)
{
        return *request->words == NULL ? NULL : *request->words++;
}

/* The number of a word for the type: as many bits as it has. */
static int append_number(sd_bus_message *message, char type, const char *word)
{
        uint64_t magnitude, number;
        bool negative = word[0] == '-';

        if (number_parse(word + negative, UINT64_MAX, &magnitude) < 0)
                return -EINVAL;
        number = negative ? -magnitude : magnitude;
        switch (type) {
        case 'y':
                return sd_bus_message_append_basic(message, type, &(uint8_t){(uint8_t)number});
        case 'n':
        case 'q':
                return sd_bus_message_append_basic(message, type, &(uint16_t){(uint16_t)number});
        case 'i':
        case 'u':
                return sd_bus_message_append_basic(message, type, &(uint32_t){(uint32_t)number});
        case 'x':
        case 't':
                return sd_bus_message_append_basic(message, type, &number);
        default:
                return -EINVAL;
        }
}

static int append_basic(struct request *request, char type)
{
        const char *word = next_word(request);

        if (word == NULL)
                return -EINVAL;
        if (type == 's' || type == 'o' || type == 'g')
                return sd_bus_message_append_basic(request->call, type, word);
        if (type == 'b')
                return sd_bus_message_append_basic(request->call, type, &(int){strcmp(word, "true") == 0});
        return append_number(request->call, type, word);
}

/* A basic type, or an array of one. */
static int append_value(struct request *request, const char *signature)
{
        const char *word;
        uint64_t count;
        int r;

        if (signature[0] != 'a')
                return signature[0] != '\0' && signature[1] == '\0' ? append_basic(request, signature[0]) : -EINVAL;
        word = next_word(request);
        if (word == NULL || number_parse(word, UINT32_MAX, &count) < 0)
                return -EINVAL;
        r = sd_bus_message_open_container(request->call, SD_BUS_TYPE_ARRAY, signature + 1);
        for (uint64_t i = 0; r >= 0 && i < count; i++)
                r = append_basic(request, signature[1]);
        return r < 0 ? r : sd_bus_message_close_container(request->call);
}

static int append_property(struct request *request)
{
        const char *name = next_word(request), *signature = next_word(request);
        int r;

        if (signature == NULL)
                return -EINVAL;
        r = sd_bus_message_open_container(request->call, SD_BUS_TYPE_STRUCT, "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(request->call, SD_BUS_TYPE_STRING, name);
        if (r >= 0)
                r = sd_bus_message_open_container(request->call, SD_BUS_TYPE_VARIANT, signature);
        if (r >= 0)
                r = append_value(request, signature);
        if (r >= 0)
                r = sd_bus_message_close_container(request->call);
        return r < 0 ? r : sd_bus_message_close_container(request->call);
}

static int append_properties(struct request *request)
{
        int r = 0;

        while (r >= 0 && *request->words != NULL)
                r = append_property(request);
        return r;
}

/* ---- calls ---- */

static int begin_call(struct request *request, const char *method)
{
        return sd_bus_message_new_method_call(request->bus, &request->call, SERVICE, OBJECT, MANAGER, method);
}

static int make_call(struct request *request)
{
        return sd_bus_call(request->bus, request->call, 0, &request->error, &request->reply);
}

/* JobRemoved(id, job, unit, result). One that comes before the answer of the call that made the job waits in the bus's queue meanwhile. */
static int job_removed(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
        struct request *request = data;
        const char *job, *unit, *result;

        (void)ret_error;
        if (sd_bus_message_read(signal, "uoss", &(uint32_t){0}, &job, &unit, &result) < 0)
                return 0;
        if (request->job == NULL || strcmp(job, request->job) != 0)
                return 0;
        request->ended = true;
        (void)snprintf(request->result, sizeof(request->result), "%s", result);
        return 0;
}

/* The manager sends its signals to who has asked for them. */
static int watch_jobs(struct request *request)
{
        int r = sd_bus_match_signal(request->bus, NULL, SERVICE, OBJECT, MANAGER, "JobRemoved", job_removed, request);

        return r < 0 ? r
                     : sd_bus_call_method(request->bus, SERVICE, OBJECT, MANAGER, "Subscribe", &request->error, NULL,
                                          NULL);
}

static uint64_t now_usec(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int await_job(struct request *request)
{
        uint64_t end = now_usec() + JOB_TIMEOUT_USEC;
        int r = sd_bus_message_read(request->reply, "o", &request->job);

        while (r >= 0 && !request->ended) {
                uint64_t now = now_usec();

                r = sd_bus_process(request->bus, NULL);
                if (r == 0 && now >= end)
                        return -ETIMEDOUT;
                if (r == 0)
                        r = sd_bus_wait(request->bus, end - now);
        }
        return r < 0 ? r : 0;
}

static int unit_object(const char *scope, char **ret_path)
{
        return sd_bus_path_encode(OBJECT "/unit", scope, ret_path);
}

/* ---- verbs ---- */

static void wait_for_end(void)
{
        char byte;

        while (recv(STDOUT_FILENO, &byte, 1, 0) < 0 && errno == EINTR)
                ;
}

/* In PIDs 0 is who calls: its number in this pid namespace need not be the one that systemd knows it by. */
static int call_start(struct request *request)
{
        int r = begin_call(request, "StartTransientUnit");

        if (r >= 0)
                r = sd_bus_message_append(request->call, "ss", request->scope, "fail");
        if (r >= 0)
                r = sd_bus_message_open_container(request->call, SD_BUS_TYPE_ARRAY, "(sv)");
        if (r >= 0)
                r = append_properties(request);
        if (r >= 0)
                r = sd_bus_message_append(request->call, "(sv)", "PIDs", "au", 1, 0);
        if (r >= 0)
                r = sd_bus_message_close_container(request->call);
        if (r >= 0)
                r = sd_bus_message_append(request->call, "a(sa(sv))", 0);
        return r < 0 ? r : make_call(request);
}

static int start(struct request *request)
{
        _cleanup_free_ char *object = NULL, *group = NULL;
        int r = watch_jobs(request);

        if (r >= 0)
                r = call_start(request);
        if (r >= 0)
                r = await_job(request);
        if (r < 0)
                return refuse(request, r, "make it");
        if (strcmp(request->result, "done") != 0) {
                answer("!%d its start ended so: %s", ECANCELED, request->result);
                return -ECANCELED;
        }
        r = unit_object(request->scope, &object);
        if (r >= 0)
                r = sd_bus_get_property_string(request->bus, SERVICE, object, SERVICE ".Scope", "ControlGroup",
                                               &request->error, &group);
        if (r < 0)
                return refuse(request, r, "find its control group");
        answer("=%s", group);
        wait_for_end();
        return 0;
}

static int set(struct request *request)
{
        int r = begin_call(request, "SetUnitProperties");

        if (r >= 0)
                r = sd_bus_message_append(request->call, "sb", request->scope, true);
        if (r >= 0)
                r = sd_bus_message_open_container(request->call, SD_BUS_TYPE_ARRAY, "(sv)");
        if (r >= 0)
                r = append_properties(request);
        if (r >= 0)
                r = sd_bus_message_close_container(request->call);
        if (r >= 0)
                r = make_call(request);
        if (r < 0)
                return refuse(request, r, "SetUnitProperties");
        answer("=");
        return 0;
}

static int attach(struct request *request)
{
        const char *group = next_word(request), *word = group == NULL ? NULL : next_word(request);
        uint64_t pid;
        int r = word == NULL || number_parse(word, INT32_MAX, &pid) < 0 ? -EINVAL : 0;

        if (r >= 0)
                r = sd_bus_call_method(request->bus, SERVICE, OBJECT, MANAGER, "AttachProcessesToUnit", &request->error,
                                       NULL, "ssau", request->scope, group, 1, (uint32_t)pid);
        if (r < 0)
                return refuse(request, r, "AttachProcessesToUnit");
        answer("=");
        return 0;
}

/* A unit that is loaded, and the interface of its kind: "nginx.service" is a Service. */
static int find_unit(struct request *request, char **ret_object, char interface[64])
{
        const char *dot = strrchr(request->scope, '.');
        int r = dot == NULL || dot[1] < 'a' || dot[1] > 'z' ? -EINVAL : 0;

        if (r >= 0)
                r = sd_bus_call_method(request->bus, SERVICE, OBJECT, MANAGER, "GetUnit", &request->error, NULL, "s",
                                       request->scope);
        if (r >= 0)
                (void)snprintf(interface, 64, SERVICE ".%c%.20s", dot[1] - 'a' + 'A', dot + 2);
        return r < 0 ? r : unit_object(request->scope, ret_object);
}

static int group(struct request *request)
{
        _cleanup_free_ char *object = NULL, *path = NULL;
        char interface[64];
        int r = find_unit(request, &object, interface);

        if (r >= 0)
                r = sd_bus_get_property_string(request->bus, SERVICE, object, interface, "ControlGroup",
                                               &request->error, &path);
        if (r >= 0 && *path == '\0')
                r = -ESRCH;
        if (r < 0)
                return refuse(request, r, r == -ESRCH ? "it has no process, and so no control group" : "GetUnit");
        answer("=%s", path);
        return 0;
}

/* Whether what is below its group is somebody else's. */
static int delegated(struct request *request)
{
        _cleanup_free_ char *object = NULL;
        char interface[64];
        int given = 0, r = find_unit(request, &object, interface);

        if (r >= 0)
                r = sd_bus_get_property_trivial(request->bus, SERVICE, object, interface, "Delegate", &request->error,
                                                'b', &given);
        if (r < 0)
                return refuse(request, r, "find whether its control group is delegated");
        answer(given ? "=yes" : "=no");
        return 0;
}

/* What is gone, be it by itself, is stopped. */
static int stop(struct request *request)
{
        int r = watch_jobs(request);

        if (r >= 0)
                r = begin_call(request, "StopUnit");
        if (r >= 0)
                r = sd_bus_message_append(request->call, "ss", request->scope, "replace");
        if (r >= 0)
                r = make_call(request);
        if (r >= 0)
                r = await_job(request);
        if (r < 0 && !sd_bus_error_has_name(&request->error, SERVICE ".NoSuchUnit"))
                return refuse(request, r, "StopUnit");
        /* It may be there and have failed; that it is not is no failure. */
        (void)sd_bus_call_method(request->bus, SERVICE, OBJECT, MANAGER, "ResetFailedUnit", NULL, NULL, "s",
                                 request->scope);
        answer("=");
        return 0;
}

static const struct {
        const char *name;
        int (*run)(struct request *request);
} verbs[] = {{"start", start}, {"set", set},     {"attach", attach},
             {"stop", stop},   {"group", group}, {"delegated", delegated}};

int main(int argc, char **argv)
{
        _cleanup_request_ struct request request = {.error = SD_BUS_ERROR_NULL};
        bool user = argc > 2 && strcmp(argv[2], "user") == 0;
        int r;

        if (argc < 4 || (!user && strcmp(argv[2], "system") != 0)) {
                (void)fprintf(stderr, "%s: a part of ward, which starts it when it needs systemd\n", argv[0]);
                return EXIT_FAILURE;
        }
        request.scope = argv[3];
        request.words = argv + 4;
        r = user ? sd_bus_open_user(&request.bus) : sd_bus_open_system(&request.bus);
        if (r < 0) {
                answer("!%d open the bus of the %s: %s\n%s", -r, argv[2], strerror(-r),
                       user ? "it is in XDG_RUNTIME_DIR, where a login or 'loginctl enable-linger' has it; without it "
                              "leave the cgroup manager systemd out"
                            : "'systemctl start dbus.socket' makes it; without it leave the cgroup manager systemd "
                              "out");
                return EXIT_FAILURE;
        }
        for (size_t i = 0; i < ELEMENTS(verbs); i++)
                if (strcmp(verbs[i].name, argv[1]) == 0)
                        return verbs[i].run(&request) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        answer("!%d there is no verb '%s'", EINVAL, argv[1]);
        return EXIT_FAILURE;
}
