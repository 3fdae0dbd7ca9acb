/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci checkpoint: saves the processes of a container as files. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "oci/criu.h"

struct checkpoint {
        struct criu_options criu;
        const char *parent_path, *page_server;
        uint64_t status_fd;
        bool status_given, leave_running, tcp_skip_in_flight, link_remap, pre_dump;
};

static int read_status_fd(void *target, const char *value, struct arena *arena, struct ward_err *err)
{
        struct checkpoint *o = target;
        int flags, r = number_parse(value, INT_MAX, &o->status_fd);

        if (r < 0) {
                (void)err_set(err, r, "'%s' is not a descriptor", value);
                return err_mistake(err, MISTAKE_NUMBER);
        }
        flags = fcntl((int)o->status_fd, F_GETFL);
        if (flags < 0)
                return err_errno(err, "descriptor %s", value);
        if ((flags & O_ACCMODE) == O_RDONLY)
                return err_set(err, -EBADF, "descriptor %s can't be written to", value);
        o->status_given = true;
        return 0;
}

/* ADDRESS:PORT, with the address of IPv6 in brackets. */
static int split_server(struct oci *oci, const char *server, const char **ret_address, uint16_t *ret_port,
                        struct ward_err *err)
{
        const char *colon = strrchr(server, ':'), *begin = server;
        size_t len = colon == NULL ? 0 : (size_t)(colon - server);
        uint64_t port = 0;

        if (len > 2 && begin[0] == '[' && begin[len - 1] == ']') {
                begin++;
                len -= 2;
        }
        if (len == 0 || number_parse(colon + 1, UINT16_MAX, &port) < 0 || port == 0) {
                (void)err_set(err, -EINVAL, "--page-server: '%s' is not of the form ADDRESS:PORT", server);
                (void)err_mistake(err, MISTAKE_FORM);
                return err_hint(err, "for example 127.0.0.1:9876");
        }
        *ret_address = arena_strndup(&oci->arena, begin, len);
        *ret_port = (uint16_t)port;
        return *ret_address == NULL ? err_oom(err) : 0;
}

static int conflict(struct ward_err *err, const char *message, const char *hint)
{
        (void)err_set(err, -EINVAL, "%s", message);
        (void)err_mistake(err, MISTAKE_CONFLICT);
        return err_hint(err, "%s", hint);
}

static int checkpoint(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct checkpoint *o = options;
        struct engine_checkpoint_options engine = {
                .parent = o->parent_path,
                .status_fd = o->status_given ? (int)o->status_fd : -EBADF,
                .leave_running = o->leave_running,
                .tcp_skip_in_flight = o->tcp_skip_in_flight,
                .link_remap = o->link_remap,
                .pre_dump = o->pre_dump,
        };
        int r;

        if (o->status_given && !o->criu.lazy_pages)
                return conflict(err, "--status-fd says when pages can be fetched: without --lazy-pages none can be",
                                "add --lazy-pages, or leave --status-fd out");
        if (o->criu.lazy_pages && o->page_server == NULL)
                return conflict(err, "--lazy-pages needs an address at which the pages can be fetched",
                                "add --page-server ADDRESS:PORT");
        if (o->pre_dump && o->criu.lazy_pages)
                return conflict(err, "--pre-dump saves the memory that --lazy-pages leaves to be fetched",
                                "leave one of them out");
        r = o->page_server == NULL ? 0
                                   : split_server(oci, o->page_server, &engine.page_address, &engine.page_port, err);
        if (r >= 0)
                r = criu_translate(oci, &o->criu, &engine.criu, err);
        return r < 0 ? r : engine_checkpoint(&oci->store, operands[0], &engine, err);
}

static const struct option_entry entries[] = {
        CRIU_ENTRIES,
        {.name = "leave-running",
         .help = "the container goes on (default: it is deleted)",
         OPTION_FLAG(struct checkpoint, leave_running)},
        {.name = "pre-dump",
         .help = "save the memory alone, the container goes on",
         OPTION_FLAG(struct checkpoint, pre_dump)},
        {.name = "parent-path",
         .arg = "DIR",
         .help = "an earlier pre-dump, relative to --image-path",
         OPTION_TEXT(struct checkpoint, parent_path)},
        {.name = "tcp-skip-in-flight",
         .rare = true,
         .help = "without TCP connections that are being made",
         OPTION_FLAG(struct checkpoint, tcp_skip_in_flight)},
        {.name = "link-remap",
         .rare = true,
         .help = "give deleted files that are open a name",
         OPTION_FLAG(struct checkpoint, link_remap)},
        CRIU_FLAG("lazy-pages", "leave memory to be fetched by 'criu lazy-pages'", lazy_pages),
        {.name = "page-server",
         .arg = "ADDRESS:PORT",
         .help = "send memory there; where it can be fetched",
         OPTION_TEXT(struct checkpoint, page_server)},
        {.name = "status-fd",
         .rare = true,
         .arg = "N",
         .help = "gets a NUL when memory can be fetched",
         .kind = OPTION_KIND_CALL,
         .read = read_status_fd},
};

const struct oci_verb oci_checkpoint = {
        .name = "checkpoint",
        .command =
                {
                        .name = "ward-oci checkpoint",
                        .operands = "[OPTIONS] ID",
                        .summary = "Save the processes of a container as files, through criu(8).",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct checkpoint),
        .needs_store = true,
        .run = checkpoint,
};
