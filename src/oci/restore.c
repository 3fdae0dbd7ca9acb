/* SPDX-License-Identifier: Apache-2.0 */
/* ward-oci restore: makes a container of what checkpoint saved. */
#include "oci/bundle.h"
#include "oci/criu.h"

struct restore {
        struct criu_options criu;
        const char *bundle, *config, *console_socket, *pid_file, *pidfd_socket, *lsm_profile, *lsm_mount_context;
        bool detach, keep, no_subreaper, no_pivot, tcp_close;
};

static int restore(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct restore *o = options;
        const struct bundle_options from = {
                .bundle = o->bundle,
                .config = o->config,
                .console_socket = o->console_socket,
                .pid_file = o->pid_file,
                .pidfd_socket = o->pidfd_socket,
        };
        struct engine_restore_options how = {
                .lsm_profile = o->lsm_profile, .lsm_mount_context = o->lsm_mount_context, .tcp_close = o->tcp_close};
        _cleanup_bundle_ struct bundle bundle = {0};
        struct engine_exit end = {0};
        /* As `run` does: a config that is named may be a pipe, which is read only once. */
        int r = engine_protect_program(oci->argv, o->config != NULL, err);

        if (r >= 0 && o->no_pivot) {
                (void)err_set(err, -EOPNOTSUPP, "--no-pivot: it is CRIU that enters the root file system here");
                return err_hint(err, "leave it out");
        }
        if (r >= 0)
                r = criu_translate(oci, &o->criu, &how.criu, err);
        if (r >= 0)
                r = bundle_load(oci, &from, operands[0], &bundle, err);
        if (r >= 0)
                r = engine_protect_program(oci->argv, bundle.spec.ns[SPEC_NS_PID].mode != SPEC_NS_NEW, err);
        if (r < 0)
                return r;
        bundle.engine.detach = o->detach;
        bundle.engine.keep = o->keep;
        bundle.engine.terminal_relay = !o->detach;
        r = engine_restore(&oci->store, &bundle.spec, &bundle.engine, &how, &end, err);
        return r < 0 ? r : o->detach ? 0 : end.status;
}

#define RESTORE_TEXT(option, key, value, text, member)                                                         \
        {                                                                                                      \
                .name = option, .letter = key, .arg = value, .help = text, OPTION_TEXT(struct restore, member) \
        }

static const struct option_entry entries[] = {
        RESTORE_TEXT("bundle", 'b', "DIR", "the bundle (default: the current directory)", bundle),
        RESTORE_TEXT("config", 'f', "FILE", "its config (default: config.json)", config),
        {.name = "detach", .letter = 'd', .help = "return when it runs", OPTION_FLAG(struct restore, detach)},
        {.name = "keep", .help = "leave the stopped container for 'delete'", OPTION_FLAG(struct restore, keep)},
        RESTORE_TEXT("console-socket", 0, "PATH", "socket that takes the terminal's master", console_socket),
        RESTORE_TEXT("pid-file", 0, "FILE", "write the pid of init there", pid_file),
        RESTORE_TEXT("pidfd-socket", 0, "PATH", "socket that takes a pidfd of init", pidfd_socket),
        CRIU_ENTRIES,
        CRIU_FLAG("lazy-pages", "memory comes from 'criu lazy-pages', which runs", lazy_pages),
        {.name = "tcp-close",
         .help = "TCP connections that were saved are closed ones",
         .rare = true,
         OPTION_FLAG(struct restore, tcp_close)},
        {.name = "lsm-profile",
         .arg = "apparmor|selinux:LABEL",
         .help = "profile in place of the saved one",
         .rare = true,
         OPTION_TEXT(struct restore, lsm_profile)},
        {.name = "lsm-mount-context",
         .arg = "LABEL",
         .help = "label of mounts that have one",
         .rare = true,
         OPTION_TEXT(struct restore, lsm_mount_context)},
        {.name = "no-subreaper",
         .rare = true,
         .help = "never adopt orphans (ward never does)",
         OPTION_FLAG(struct restore, no_subreaper)},
        {.name = "no-pivot",
         .rare = true,
         .help = "refused: it is CRIU that enters the root",
         OPTION_FLAG(struct restore, no_pivot)},
};

const struct oci_verb oci_restore = {
        .name = "restore",
        .command =
                {
                        .name = "ward-oci restore",
                        .operands = "[OPTIONS] ID",
                        .summary = "Make a container of what 'checkpoint' saved, through criu(8).",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = 1,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct restore),
        .needs_store = true,
        .run = restore,
};
