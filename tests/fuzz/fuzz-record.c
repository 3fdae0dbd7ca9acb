/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child says, when it says what it likes: the input is the packets of its channel, each with its length in front.
 *
 * The first byte chooses the plan. Each record is put into words; then the parent hears all of them, as in a start and as in `start`, which has no plan.
 * Whatever comes, a failure stays a failure with words for it, and a phase is reached only when a record of the right form says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "launch/launch.h"
#include "model/oci.h"

static const struct place_hierarchy hierarchies[] = {
        {1, "memory", "/sys/fs/cgroup/memory"},
        {1, "pids", "/sys/fs/cgroup/pids"},
};

static const struct place place = {
        .hierarchies = hierarchies,
        .hierarchy_count = ELEMENTS(hierarchies),
        .cgroup_path = "/c1",
        .rootfs = "/nowhere/rootfs",
        .root_user = true,
        .apparmor = true,
        .terminal_socket = true,
        .create = true,
};

static const char *const configs[] = {"default", "hooks", "mounts", "process", "terminal", "userns"};

/* Plans of the golden tests' configs, made once. */
static const struct plan *plan_of(uint8_t number)
{
        static struct ward_spec specs[ELEMENTS(configs)];
        static struct plan plans[ELEMENTS(configs)];
        static const struct sock_fprog filter = {0};
        size_t i = number % ELEMENTS(configs);
        _cleanup_free_ char *text = NULL;
        char path[512];
        size_t len;

        if (plans[i].op_count > 0)
                return &plans[i];
        (void)snprintf(path, sizeof(path), PLANS "/%s.json", configs[i]);
        EXPECT(fd_read_file(AT_FDCWD, path, OCI_CONFIG_MAX, &text, &len, NULL) >= 0);
        EXPECT(oci_parse(text, len, "config.json", &specs[i], NULL) >= 0);
        EXPECT(plan_start(&specs[i], &place, &filter, 0, &plans[i], NULL) >= 0);
        return &plans[i];
}

static void check_failure(int r, const struct ward_err *err)
{
        EXPECT(r < 0 && err->errnum == -r && err->message[0] != '\0');
        EXPECT(strnlen(err->message, sizeof(err->message)) < sizeof(err->message));
        EXPECT(strnlen(err->hint, sizeof(err->hint)) < sizeof(err->hint));
}

struct packets {
        const uint8_t *data;
        size_t size;
};

/* The next packet, into @record as far as it fits; its length, or 0 at the end. */
static size_t next_packet(struct packets *packets, struct record *ret_record)
{
        size_t len;

        if (packets->size < 2)
                return 0;
        len = packets->data[0] % 128;
        /* Most are whole. */
        if (len > 64)
                len = sizeof(*ret_record);
        packets->data++;
        packets->size--;
        if (len == 0 || len > packets->size)
                len = packets->size;
        memset(ret_record, 0, sizeof(*ret_record));
        memcpy(ret_record, packets->data, len < sizeof(*ret_record) ? len : sizeof(*ret_record));
        packets->data += len;
        packets->size -= len;
        return len;
}

static void report_each(struct packets packets, const struct plan *plan)
{
        struct record record;

        while (next_packet(&packets, &record) > 0) {
                struct ward_err err = {0};

                check_failure(launch_report(plan, "program", NULL, &record, NULL, &err), &err);
                err = (struct ward_err){0};
                check_failure(launch_report(NULL, "program", NULL, &record, NULL, &err), &err);
        }
}

/* The parent's end of a channel in which all packets lie and whose other end is closed. */
static int fill_channel(struct packets packets)
{
        struct record record;
        int pair[2];
        const uint8_t *at = packets.data;
        size_t len;

        EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
        while ((len = next_packet(&packets, &record)) > 0) {
                at = packets.data - len;
                if (send(pair[1], at, len, MSG_NOSIGNAL) < 0)
                        break; /* it is full */
        }
        (void)close(pair[1]);
        return pair[0];
}

/* Whether the first packet that ends the wait says that @phase was reached. */
static bool says_reached(struct packets packets, enum phase phase)
{
        struct record record;
        size_t len;

        while ((len = next_packet(&packets, &record)) > 0) {
                if (len != sizeof(record) || record.kind != RECORD_PHASE)
                        return false;
                if (record.phase >= (uint32_t)phase)
                        return record.phase < PHASE_COUNT;
        }
        return false;
}

static void hear(struct packets packets, const struct plan *plan)
{
        struct launch launch = {
                .plan = plan, .proc_fd = -EBADF, .pidfd = -EBADF, .mounts = -EBADF, .trace = fopen("/dev/null", "we")};
        _cleanup_close_
        int connection = fill_channel(packets);
        struct ward_err err = {0};
        int r;

        EXPECT(launch.trace != NULL);
        launch.channel = fill_channel(packets);
        r = launch_await(&launch, PHASE_CGROUPS, &err);
        EXPECT((r >= 0) == says_reached(packets, PHASE_CGROUPS));
        if (r < 0)
                check_failure(r, &err);
        (void)fd_close(launch.channel);
        (void)fclose(launch.trace);

        err = (struct ward_err){0};
        r = launch_await_started(connection, -EBADF, "program", &err);
        if (r < 0)
                check_failure(r, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct plan *plan = plan_of(size > 0 ? data[0] : 0);
        struct packets packets = {data, size};

        if (size > 0) {
                packets.data++;
                packets.size--;
        }
        report_each(packets, plan);
        hear(packets, plan);
        return 0;
}
