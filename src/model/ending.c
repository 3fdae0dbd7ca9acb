/* SPDX-License-Identifier: Apache-2.0 */
/* Exit records; see ending.h. One table says what each has: it is printed and read by the same rows. */
#include "model/ending.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "base/words.h"

#define FORMAT_VERSION 1

const char ending_reason_names[ENDING_REASON_COUNT][16] = {
        [ENDING_UNKNOWN] = "unknown",     [ENDING_EXITED] = "exited",
        [ENDING_SIGNAL] = "signal",       [ENDING_OUT_OF_MEMORY] = "out-of-memory",
        [ENDING_TIMEOUT] = "timeout",     [ENDING_CPU_TIME] = "cpu-time",
        [ENDING_OUTPUT] = "output-limit",
};

enum kind {
        KIND_NUMBER,
        KIND_FLAG,
        KIND_STRING,
        KIND_SIGNAL, /* a number, printed as its name, too */
        KIND_REASON,
        KIND_OBJECT,
};

/* An object inside the record. */
enum object { OBJECT_CPU, OBJECT_MEMORY, OBJECT_PROCESSES, OBJECT_IO, OBJECT_SENDER, OBJECT_OOM };

/* Nothing here is a pointer: that is work for each start of a static program, which has to relocate it. */
struct member {
        char name[20];
        uint8_t kind;   /* enum kind */
        uint8_t object; /* OBJECT: enum object; its members' offsets count from @offset */
        uint16_t offset;
        uint16_t given; /* OBJECT: the offset of the text without which it is null; 0: it is always there */
};

#define MEMBER(name, kind, field)           \
        {                                   \
                name, kind, 0, AT(field), 0 \
        }
#define NUMBER(name, field) MEMBER(name, KIND_NUMBER, field)
#define STRING(name, field) MEMBER(name, KIND_STRING, field)
#define OBJECT(name, object)                    \
        {                                       \
                name, KIND_OBJECT, object, 0, 0 \
        }

#define AT(field) offsetof(struct ending_sender, field)
static const struct member of_sender[] = {
        STRING("by", by),
        MEMBER("signal", KIND_SIGNAL, signal),
        MEMBER("passedOn", KIND_FLAG, passed_on),
        NUMBER("timeUsec", time_usec),
        NUMBER("uid", uid),
        NUMBER("pid", pid),
        STRING("command", command),
        NUMBER("parent", parent),
        STRING("parentCommand", parent_command),
};
#undef AT

#define AT(field) offsetof(struct ending_oom, field)
static const struct member of_oom[] = {
        STRING("from", from),
        STRING("group", group),
        STRING("victim", victim),
        NUMBER("pid", pid),
        NUMBER("uid", uid),
        NUMBER("usageBytes", use.usage_bytes),
        NUMBER("limitBytes", use.limit_bytes),
        NUMBER("anonBytes", use.anon_bytes),
        NUMBER("fileBytes", use.file_bytes),
        NUMBER("shmemBytes", use.shmem_bytes),
        NUMBER("kernelBytes", use.kernel_bytes),
        NUMBER("swapBytes", use.swap_bytes),
};
#undef AT

#define AT(field) offsetof(struct ending, field)
static const struct member of_cpu[] = {
        NUMBER("usageUsec", cpu.usage_usec),         NUMBER("userUsec", cpu.user_usec),
        NUMBER("systemUsec", cpu.system_usec),       NUMBER("throttledPeriods", cpu.throttled_periods),
        NUMBER("throttledUsec", cpu.throttled_usec),
};

static const struct member of_memory[] = {
        NUMBER("peakBytes", memory.peak_bytes),   NUMBER("swapPeakBytes", memory.swap_peak_bytes),
        NUMBER("limitBytes", memory.limit_bytes), NUMBER("limitHits", memory.limit_hits),
        NUMBER("oomKills", memory.oom_kills),     NUMBER("oomGroupKills", memory.oom_group_kills),
};

static const struct member of_processes[] = {
        NUMBER("peak", processes.peak),
        NUMBER("limit", processes.limit),
        NUMBER("limitHits", processes.limit_hits),
};

static const struct member of_io[] = {
        NUMBER("readBytes", io.read_bytes),
        NUMBER("writeBytes", io.write_bytes),
};

static const struct member of_ending[] = {
        MEMBER("reason", KIND_REASON, reason),
        NUMBER("exitCode", exit_code),
        MEMBER("signal", KIND_SIGNAL, signal),
        MEMBER("coreDumped", KIND_FLAG, core_dumped),
        NUMBER("limit", limit),
        NUMBER("startedUsec", started_usec),
        NUMBER("endedUsec", ended_usec),
        NUMBER("wallUsec", wall_usec),
        OBJECT("cpu", OBJECT_CPU),
        OBJECT("memory", OBJECT_MEMORY),
        OBJECT("processes", OBJECT_PROCESSES),
        OBJECT("io", OBJECT_IO),
        NUMBER("outputBytes", output_bytes),
        {"sender", KIND_OBJECT, OBJECT_SENDER, AT(sender), AT(sender.by)},
        {"oom", KIND_OBJECT, OBJECT_OOM, AT(oom), AT(oom.from)},
};
#undef AT

#define MEMBERS(array) *ret_count = ELEMENTS(array), array

static const struct member *members_of(const struct member *object, size_t *ret_count)
{
        switch ((enum object)object->object) {
        case OBJECT_CPU:
                return MEMBERS(of_cpu);
        case OBJECT_MEMORY:
                return MEMBERS(of_memory);
        case OBJECT_PROCESSES:
                return MEMBERS(of_processes);
        case OBJECT_IO:
                return MEMBERS(of_io);
        case OBJECT_SENDER:
                return MEMBERS(of_sender);
        default:
                return MEMBERS(of_oom);
        }
}

/* Whatever has no number of its own is unknown: every number is set, and texts are NULL. */
static void forget(const struct member *members, size_t count, char *base)
{
        for (const struct member *m = members; m < members + count; m++) {
                uint64_t number = m->kind == KIND_REASON ? ENDING_UNKNOWN : ENDING_UNKNOWN_NUMBER;

                if (m->kind == KIND_OBJECT) {
                        size_t inner;
                        const struct member *inside = members_of(m, &inner);

                        forget(inside, inner, base + m->offset);
                } else if (m->kind != KIND_STRING) {
                        memcpy(base + m->offset, &number, sizeof(number));
                }
        }
}

void ending_init(struct ending *ending)
{
        memset(ending, 0, sizeof(*ending));
        forget(of_ending, ELEMENTS(of_ending), (char *)ending);
}

static uint64_t number_at(const char *base, size_t offset)
{
        uint64_t number;

        memcpy(&number, base + offset, sizeof(number));
        return number;
}

static const char *string_at(const char *base, size_t offset)
{
        const char *string;

        memcpy(&string, base + offset, sizeof(string));
        return string;
}

static void add_signal_name(struct text *text, uint64_t signal)
{
        const char *name = signal < NSIG ? signal_name((int)signal) : NULL;

        if (name != NULL)
                text_printf(text, "SIG%s", name);
        else if (signal >= 34 && signal <= 64) /* the kernel's numbers: two below are the C library's own (signal(7)) */
                text_printf(text, "SIGRTMIN+%" PRIu64, signal - 34);
        else
                text_printf(text, "signal %" PRIu64, signal);
}

static void print_members(const struct member *members, size_t count, const char *base, struct text *text)
{
        for (const struct member *m = members; m < members + count; m++) {
                uint64_t number = m->kind == KIND_OBJECT ? 0 : number_at(base, m->offset);
                const char *string = m->kind == KIND_STRING ? string_at(base, m->offset) : NULL;

                text_printf(text, "%s\"%s\":", m == members ? "" : ",", m->name);
                if (m->kind == KIND_OBJECT && (m->given == 0 || string_at(base, m->given) != NULL)) {
                        size_t inner;
                        const struct member *inside = members_of(m, &inner);

                        text_puts(text, "{");
                        print_members(inside, inner, base + m->offset, text);
                        text_puts(text, "}");
                } else if (m->kind == KIND_OBJECT || (m->kind == KIND_STRING && string == NULL) ||
                           (m->kind != KIND_STRING && number == ENDING_UNKNOWN_NUMBER)) {
                        text_puts(text, "null");
                } else if (m->kind == KIND_STRING) {
                        json_write_string(text, string);
                } else if (m->kind == KIND_REASON) {
                        json_write_string(text, ending_reason_names[number]);
                } else if (m->kind == KIND_FLAG) {
                        text_puts(text, number != 0 ? "true" : "false");
                } else {
                        text_number(text, number);
                }
                if (m->kind == KIND_SIGNAL && number != ENDING_UNKNOWN_NUMBER) {
                        text_puts(text, ",\"signalName\":\"");
                        add_signal_name(text, number);
                        text_puts(text, "\"");
                }
        }
}

void ending_print(const struct ending *ending, struct text *text)
{
        text_printf(text, "{\"version\":%d,", FORMAT_VERSION);
        print_members(of_ending, ELEMENTS(of_ending), (const char *)ending, text);
        text_puts(text, "}");
}

void ending_sender_print(const struct ending_sender *sender, struct text *text)
{
        text_puts(text, "{");
        print_members(of_sender, ELEMENTS(of_sender), (const char *)sender, text);
        text_puts(text, "}");
}

/* Where the members of the object that is being read go. */
struct reading {
        const struct member *members;
        size_t count;
        char *base;
};

static int read_reason(struct json *json, uint64_t *ret_reason)
{
        const char *word;
        int r = json_string(json, &word);

        if (r < 0)
                return r;
        *ret_reason = ENDING_UNKNOWN; /* also one that a later version has added */
        for (uint64_t i = 0; i < ENDING_REASON_COUNT; i++)
                if (strcmp(word, ending_reason_names[i]) == 0)
                        *ret_reason = i;
        return 0;
}

static int read_member(struct json *json, void *target)
{
        const struct reading *reading = target;
        const char *key = json->path[json->depth - 1].key, *string;
        uint64_t number = ENDING_UNKNOWN_NUMBER;
        const struct member *m = reading->members;
        bool flag;
        size_t len;
        int r;

        while (m < reading->members + reading->count && strcmp(m->name, key) != 0)
                m++;
        if (m == reading->members + reading->count)
                return json_skip(json, &string, &len);
        if (json_is_null(json))
                return 0;
        switch ((enum kind)m->kind) {
        case KIND_OBJECT: {
                struct reading inner = {.base = reading->base + m->offset};

                inner.members = members_of(m, &inner.count);
                return json_map(json, read_member, &inner);
        }
        case KIND_STRING:
                r = json_string(json, &string);
                if (r >= 0)
                        memcpy(reading->base + m->offset, &string, sizeof(string));
                return r;
        case KIND_FLAG:
                r = json_bool(json, &flag);
                number = r >= 0 && flag;
                break;
        case KIND_REASON:
                r = read_reason(json, &number);
                break;
        default:
                r = json_u64(json, UINT64_MAX, &number);
                break;
        }
        if (r >= 0)
                memcpy(reading->base + m->offset, &number, sizeof(number));
        return r;
}

static int parse(const char *text, size_t len, const struct member *members, size_t count, struct arena *arena,
                 char *base, struct ward_err *err)
{
        struct reading reading = {members, count, base};
        struct ward_err local;
        struct json json;
        int r;

        r = json_init(&json, text, len, "exit.json", arena, &local);
        if (r >= 0)
                r = json_map(&json, read_member, &reading);
        if (r >= 0)
                r = json_end(&json);
        if (r == -ENOMEM)
                return err_oom(err);
        return r < 0 ? err_set(err, -EBADMSG, "the record of the end is damaged: %s", local.message) : 0;
}

int ending_parse(const char *json, size_t len, struct arena *arena, struct ending *ret_ending, struct ward_err *err)
{
        struct ending ending;
        int r;

        ending_init(&ending);
        r = parse(json, len, of_ending, ELEMENTS(of_ending), arena, (char *)&ending, err);
        if (r >= 0)
                *ret_ending = ending;
        return r;
}

int ending_sender_parse(const char *json, size_t len, struct arena *arena, struct ending_sender *ret_sender,
                        struct ward_err *err)
{
        struct ending_sender sender = {0};
        int r;

        forget(of_sender, ELEMENTS(of_sender), (char *)&sender);
        r = parse(json, len, of_sender, ELEMENTS(of_sender), arena, (char *)&sender, err);
        if (r >= 0)
                *ret_sender = sender;
        return r;
}

void ending_add_time(struct text *text, uint64_t usec)
{
        uint64_t msec = usec / 1000 % 1000;

        text_number(text, usec / 1000000);
        if (msec != 0)
                text_printf(text, ".%0*" PRIu64,
                            msec % 100 == 0  ? 1
                            : msec % 10 == 0 ? 2
                                             : 3,
                            msec % 100 == 0  ? msec / 100
                            : msec % 10 == 0 ? msec / 10
                                             : msec);
        text_puts(text, " s");
}

void ending_add_bytes(struct text *text, uint64_t bytes)
{
        static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
        uint64_t unit = 1024;
        size_t i = 0;

        if (bytes < unit) {
                text_printf(text, bytes == 1 ? "%" PRIu64 " byte" : "%" PRIu64 " bytes", bytes);
                return;
        }
        for (; i + 1 < ELEMENTS(units) && bytes / unit >= 1024; i++)
                unit *= 1024;
        text_number(text, bytes / unit);
        if (bytes % unit * 10 / unit != 0)
                text_printf(text, ".%" PRIu64, bytes % unit * 10 / unit);
        text_printf(text, " %s", units[i]);
}

void ending_short(const struct ending *ending, struct text *text)
{
        switch ((enum ending_reason)ending->reason) {
        case ENDING_EXITED:
                text_printf(text, "exit %" PRIu64, ending->exit_code);
                break;
        case ENDING_SIGNAL:
                add_signal_name(text, ending->signal);
                break;
        case ENDING_OUT_OF_MEMORY:
                text_puts(text, "out of memory");
                break;
        case ENDING_TIMEOUT:
                text_puts(text, "timeout");
                break;
        case ENDING_CPU_TIME:
                text_puts(text, "cpu time");
                break;
        case ENDING_OUTPUT:
                text_puts(text, "output limit");
                break;
        default:
                text_puts(text, "unknown");
                break;
        }
}

/* What a signal that nobody is known to have sent says by itself: signal(7), setrlimit(2), seccomp(2). */
static const struct {
        int signal;
        const char *words;
} signal_words[] = {
        {SIGSEGV, "an access to memory that it does not have"},
        {SIGBUS, "an access to memory that nothing stands behind"},
        {SIGILL, "an instruction that the processor does not know"},
        {SIGFPE, "an arithmetic error"},
        {SIGABRT, "which a program sends itself when it gives up"},
        {SIGSYS, "as a seccomp filter ends who makes a forbidden system call"},
        {SIGXCPU, "the limit of processor time of one process (--ulimit cpu)"},
        {SIGXFSZ, "the limit of a file's size (--ulimit fsize)"},
        {SIGPIPE, "nobody reads any more what it writes"},
};

static void add_process(struct text *text, uint64_t pid, const char *command)
{
        if (command != NULL)
                text_printf(text, "'%s' ", command);
        text_printf(text, command != NULL ? "(pid %" PRIu64 ")" : "pid %" PRIu64, pid);
}

static void add_sender(struct text *text, const struct ending_sender *sender)
{
        if (sender->passed_on == 1) {
                text_printf(text, ", which '%s' passed on from ", sender->by);
                if (sender->pid != ENDING_UNKNOWN_NUMBER)
                        add_process(text, sender->pid, sender->command);
                else
                        text_puts(text, "its terminal");
        } else {
                text_printf(text, ", which '%s' (pid %" PRIu64 ") sent", sender->by, sender->pid);
                if (sender->parent != ENDING_UNKNOWN_NUMBER) {
                        text_puts(text, " for ");
                        add_process(text, sender->parent, sender->parent_command);
                }
        }
        if (sender->uid != ENDING_UNKNOWN_NUMBER)
                text_printf(text, " of user %" PRIu64, sender->uid);
}

static void add_signal(struct text *text, const struct ending *ending)
{
        size_t i = 0;

        text_puts(text, "killed by ");
        add_signal_name(text, ending->signal);
        if (ending->core_dumped == 1)
                text_puts(text, ", with a core dump");
        if (ending->sender.by != NULL && ending->sender.signal == ending->signal) {
                add_sender(text, &ending->sender);
                return;
        }
        while (i < ELEMENTS(signal_words) && (uint64_t)signal_words[i].signal != ending->signal)
                i++;
        if (i < ELEMENTS(signal_words))
                text_printf(text, ": %s", signal_words[i].words);
        else
                text_puts(text, "; who sent it is not known");
}

/* What is unknown, and what is nothing, is left out. */
static void add_figure(struct text *text, uint64_t bytes, const char *what, const char **separator)
{
        if (bytes == ENDING_UNKNOWN_NUMBER || bytes == 0)
                return;
        text_puts(text, *separator);
        ending_add_bytes(text, bytes);
        text_printf(text, " %s", what);
        *separator = ", ";
}

/* "the kernel killed 'hog' (pid 12) at the limit of 16 MiB of the control group '/c1': 15.8 MiB of its own". */
static void add_oom(struct text *text, const struct ending_oom *oom)
{
        const char *separator = ": ";

        text_puts(text, "the kernel killed ");
        if (oom->victim != NULL)
                add_process(text, oom->pid, oom->victim);
        else
                text_puts(text, "it");
        if (oom->use.limit_bytes != ENDING_UNKNOWN_NUMBER) {
                text_puts(text, " at the limit of ");
                ending_add_bytes(text, oom->use.limit_bytes);
        }
        if (oom->group != NULL)
                text_printf(text, " of the control group '%s'", oom->group);
        add_figure(text, oom->use.anon_bytes, "of the processes", &separator);
        add_figure(text, oom->use.file_bytes, "of files", &separator);
        add_figure(text, oom->use.shmem_bytes, "shared", &separator);
        add_figure(text, oom->use.kernel_bytes, "of the kernel", &separator);
        add_figure(text, oom->use.swap_bytes, "in swap", &separator);
}

/* What did not end it, and may be why it ended. */
static void add_besides(struct text *text, const struct ending *ending)
{
        uint64_t kills = ending->memory.oom_kills, refused = ending->processes.limit_hits;

        /* It may have ended by itself when it got the signal. */
        if (ending->sender.by != NULL && (ending->reason == ENDING_EXITED || ending->reason == ENDING_UNKNOWN)) {
                text_puts(text, ", after ");
                add_signal_name(text, ending->sender.signal);
                add_sender(text, &ending->sender);
        }
        if (ending->reason != ENDING_OUT_OF_MEMORY && kills != ENDING_UNKNOWN_NUMBER && kills > 0) {
                text_printf(text, "; before that %" PRIu64 " of its processes ran out of memory", kills);
                if (ending->oom.from != NULL) {
                        text_puts(text, ", and ");
                        add_oom(text, &ending->oom);
                }
        }
        if (refused != ENDING_UNKNOWN_NUMBER && refused > 0 && ending->processes.limit != ENDING_UNKNOWN_NUMBER)
                text_printf(text,
                            "; a new process was refused at the limit of %" PRIu64 " processes (%" PRIu64 " times)",
                            ending->processes.limit, refused);
}

void ending_sentence(const struct ending *ending, struct text *text)
{
        switch ((enum ending_reason)ending->reason) {
        case ENDING_EXITED:
                text_printf(text, "exited with status %" PRIu64, ending->exit_code);
                break;
        case ENDING_SIGNAL:
                add_signal(text, ending);
                break;
        case ENDING_OUT_OF_MEMORY:
                text_puts(text, "out of memory: ");
                add_oom(text, &ending->oom);
                break;
        case ENDING_TIMEOUT:
                text_puts(text, "ended after ");
                ending_add_time(text, ending->limit);
                break;
        case ENDING_CPU_TIME:
                text_puts(text, "ended after ");
                ending_add_time(text, ending->limit);
                text_puts(text, " of processor time");
                break;
        case ENDING_OUTPUT:
                text_puts(text, "ended after ");
                ending_add_bytes(text, ending->limit);
                text_puts(text, " of output");
                break;
        default:
                text_puts(text, "ended; how is not known, because nobody waited for it");
                break;
        }
        add_besides(text, ending);
}
