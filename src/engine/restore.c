/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container whose processes are made of what a checkpoint saved. Its groups, limits and state are made as at any start, the processes by CRIU from
 * within the groups; init becomes this process's child, as it would be of a start (CLONE_PARENT of clone(2)).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/protobuf.h"
#include "engine/birth.h"
#include "engine/hooks.h"
#include "engine/outside.h"
#include "engine/stored.h"
#include "engine/targets.h"
#include "kern/clone.h"
#include "kern/netns.h"
#include "kern/proc.h"
#include "kern/require.h"
#include "launch/undo.h"

#define LOG "restore.log"
#define STDIO_MAX 65536

struct restore {
        struct birth birth;
        struct criu criu;
        struct shared made; /* targets in the root file system @root, which is owned */
        char *root;
        const struct engine_restore_options *options;
};

static void restore_done(struct restore *restore)
{
        bool undo = restore->birth.live;

        criu_done(&restore->criu);
        birth_done(&restore->birth);
        if (undo)
                launch_undo(restore->root, &restore->made);
        free(restore->root);
}

#define _cleanup_restore_ _cleanup_(restore_done)

/* CRIU makes a network namespace empty: what is in it is what the config says, as at a start. Which one init is in, only CRIU and the images have
 * decided. */
static int fill_network(struct birth *birth, struct ward_err *err)
{
        const struct ward_spec *spec = birth->spec;
        struct netns_setting *settings = arena_new(&birth->arena, struct netns_setting, spec->sysctl_count + 1);
        const struct spec_sysctl **from = arena_new(&birth->arena, const struct spec_sysctl *, spec->sysctl_count + 1);
        _cleanup_close_
        int netns = -EBADF;
        char path[256], where[256];
        size_t count = 0, failed;
        int r;

        if (spec->ns[SPEC_NS_NET].mode == SPEC_NS_INHERIT)
                return 0;
        if (settings == NULL || from == NULL)
                return err_oom(err);
        for (size_t i = 0; i < spec->sysctl_count; i++) {
                const struct spec_sysctl *sysctl = &spec->sysctls[i];

                if (!spec_sysctl_path(sysctl->key, path, sizeof(path)) || spec_sysctl_namespace(path) != SPEC_NS_NET)
                        continue;
                from[count] = sysctl;
                settings[count].path = arena_strdup(&birth->arena, path);
                settings[count].value = sysctl->value;
                if (settings[count++].path == NULL)
                        return err_oom(err);
        }
        netns = proc_open_of(birth->launch.proc_fd, birth->launch.pid, "ns/net", O_RDONLY, err);
        if (netns < 0)
                return netns;
        r = birth_check_namespace(birth, SPEC_NS_NET, netns, err);
        if (r < 0)
                return r;
        if (spec->ns[SPEC_NS_NET].mode == SPEC_NS_NEW || count > 0)
                r = netns_set_up(netns, settings, count, &failed, err);
        if (r < 0 && failed < count)
                (void)err_wrap(err, "%s", spec_origin_text(&from[failed]->origin, spec->file, where, sizeof(where)));
        return r < 0 ? r : links_move(&birth->links, birth->launch.proc_fd, birth->launch.pid, spec, err);
}

/* Init is there, in its namespaces, and has restored nothing yet: the point of a start at which its hooks run. */
static int adopt(struct restore *restore, pid_t pid, struct ward_err *err)
{
        struct birth *birth = &restore->birth;
        const struct spec_hooks *hooks = birth->spec->hooks;
        int r;

        birth->launch.pidfd = pidfd_open_pid(pid);
        if (birth->launch.pidfd < 0)
                return err_code(err, birth->launch.pidfd, "%s: open its init", restore->criu.verb);
        birth->launch.pid = pid;
        site_release_unit(&birth->site);
        r = fill_network(birth, err);
        if (r >= 0 && hooks[SPEC_HOOK_PRESTART].count + hooks[SPEC_HOOK_CREATE_RUNTIME].count > 0)
                r = birth_run_hooks(birth, err);
        return r;
}

static int give_terminal(struct restore *restore, int master, struct ward_err *err)
{
        static const char name[] = "/dev/ptmx"; /* as a start does (launch/child/dev.c) */
        int r;

        if (restore->birth.console < 0 || master < 0) {
                (void)err_set(err, -EINVAL,
                              "%s: it has a terminal, and nobody is there to hold the other end: process.terminal of "
                              "its config is false",
                              restore->criu.verb);
                return err_hint(err, "restore it with the config that it had");
        }
        r = fd_send(restore->birth.console, name, sizeof(name) - 1, master);
        return r < 0 ? err_code(err, r, "%s: hand over its terminal", restore->criu.verb) : 0;
}

static int notify(void *data, const char *script, pid_t pid, int fd, struct ward_err *err)
{
        struct restore *restore = data;
        struct birth *birth = &restore->birth;
        int r;

        if (strcmp(script, "setup-namespaces") == 0)
                return adopt(restore, pid, err);
        if (strcmp(script, "orphan-pts-master") == 0)
                return give_terminal(restore, fd, err);
        if (strcmp(script, "post-restore") != 0)
                return 0;
        /* All is there, and nothing runs yet: whoever is killed behind this leaves a container that is known. */
        r = birth_write_state(birth, err);
        return r < 0 ? r : rdt_give(&birth->rdt, birth->spec, birth->options->id, birth->launch.pid, err);
}

struct stdio {
        struct arena *arena;
        const char *names;
};

/* Others write other things: what CRIU has no name for is left as it is. */
static int read_name(struct json *json, void *target)
{
        struct stdio *stdio = target;
        const char *name;
        int r = json_string(json, &name);

        if (r < 0)
                return r;
        if (strpbrk(name, " ") != NULL ||
            (strncmp(name, "pipe:[", 6) != 0 && strncmp(name, "file[", 5) != 0 && strncmp(name, "tty[", 4) != 0))
                name = "-";
        stdio->names = arena_concat(stdio->arena, stdio->names, *stdio->names == '\0' ? "" : " ", name);
        return stdio->names == NULL ? -ENOMEM : 0;
}

/* The names of the standard descriptors that the container had. */
static int read_stdio(struct restore *restore, const char **ret_names, struct ward_err *err)
{
        struct stdio stdio = {.arena = &restore->criu.arena, .names = ""};
        _cleanup_free_ char *text = NULL;
        _cleanup_close_
        int images = open(restore->criu.images, O_PATH | O_DIRECTORY | O_CLOEXEC); /* host path: of the caller */
        struct json json;
        size_t len;
        int r;

        if (images < 0) {
                r = err_errno(err, "%s: open the directory of the images '%s'", restore->criu.verb,
                              restore->criu.images);
                return r == -ENOENT ? err_hint(err, "'ward-oci checkpoint' makes it; --image-path names it") : r;
        }
        r = fd_read_file(images, CRIU_STDIO_FILE, STDIO_MAX, &text, &len, err);
        if (r < 0) {
                (void)err_wrap(err, "%s: '%s' is no checkpoint", restore->criu.verb, restore->criu.images);
                return r == -ENOENT ? err_hint(err, "a pre-dump alone can't be restored") : r;
        }
        r = json_init(&json, text, len, CRIU_STDIO_FILE, &restore->criu.arena, err);
        if (r >= 0)
                r = json_array(&json, read_name, &stdio);
        if (r >= 0)
                r = json_end(&json);
        *ret_names = stdio.names;
        return r == -ENOMEM ? err_oom(err) : r;
}

/* The groups that the container was saved in may have had other names. */
static int add_groups(struct restore *restore, struct ward_err *err)
{
        const struct site *site = &restore->birth.site;

        for (size_t i = 0; site->place.cgroup_path != NULL && i < site->layout.count; i++) {
                const char *names = site->layout.hierarchies[i].identity;

                if ((site->used >> i & 1) == 0)
                        continue;
                if (strcmp(names, "unified") == 0)
                        names = "";
                do {
                        _cleanup_text_ struct text pair = {0};
                        size_t len = strcspn(names, ",");
                        const char *name = arena_strndup(&restore->criu.arena, names, len);

                        if (name == NULL)
                                return err_oom(err);
                        protobuf_string(&pair, 1, name);
                        protobuf_string(&pair, 2, site->place.cgroup_path);
                        protobuf_message(&restore->criu.options, CRIU_CG_ROOT, &pair);
                        names += len + (names[len] == ',');
                } while (*names != '\0');
        }
        return site_open_joins(site, restore->criu.groups, &restore->criu.group_count, err);
}

static int add_options(struct restore *restore, struct ward_err *err)
{
        const struct engine_restore_options *options = restore->options;
        struct birth *birth = &restore->birth;
        struct text *text = &restore->criu.options;
        const char *stdio = NULL;
        int r = read_stdio(restore, &stdio, err);

        if (r < 0)
                return r;
        restore->criu.root = birth->site.place.rootfs;
        restore->criu.no_new_privs = birth->spec->process.no_new_privs;
        protobuf_string(text, CRIU_ROOT, restore->criu.root);
        protobuf_number(text, CRIU_RST_SIBLING, 1);
        protobuf_number(text, CRIU_EVASIVE_DEVICES, 1);
        protobuf_number(text, CRIU_TCP_CLOSE, options->tcp_close);
        if (options->lsm_profile != NULL)
                protobuf_string(text, CRIU_LSM_PROFILE, options->lsm_profile);
        if (options->lsm_mount_context != NULL)
                protobuf_string(text, CRIU_LSM_MOUNT_CONTEXT, options->lsm_mount_context);
        r = add_groups(restore, err);
        return r < 0 ? r : outside_give(&restore->criu, birth->spec, &birth->site, stdio, err);
}

static int check_terminal(const struct birth *birth, struct ward_err *err)
{
        const struct ward_spec *spec = birth->spec;
        char where[256];

        if (!spec->process.terminal || birth->console >= 0)
                return 0;
        (void)err_set(err, -EINVAL, "%s: it has a terminal, but nobody is there to hold its other end",
                      spec_origin_text(&spec->process.terminal_origin, spec->file, where, sizeof(where)));
        return err_hint(err, "give --console-socket, or restore it in the foreground");
}

static int bring_up(struct restore *restore, int relay_console, struct ward_err *err)
{
        struct birth *birth = &restore->birth;
        int r = site_start_unit(&birth->site, err);

        if (r >= 0)
                r = birth_note_group(birth, err);
        if (r >= 0)
                r = site_make_unified(&birth->site, &birth->group_fd, err);
        if (r >= 0)
                r = site_make_groups(&birth->site, birth->spec, err);
        if (r >= 0)
                r = birth_open_console(birth, relay_console, err);
        if (r >= 0)
                r = check_terminal(birth, err);
        if (r >= 0)
                r = add_options(restore, err);
        if (r >= 0)
                r = birth_open_log(birth, err);
        if (r >= 0)
                restore->root = strdup(birth->site.place.rootfs);
        if (r >= 0)
                r = restore->root == NULL ? err_oom(err)
                                          : targets_make(birth->spec, restore->root, &restore->made, birth->made, err);
        if (r >= 0)
                birth->launch.proc_fd = birth->proc;
        if (r < 0)
                return r;
        restore->criu.notify = notify;
        restore->criu.data = restore;
        r = criu_run(&restore->criu, CRIU_RESTORE, err);
        if (r >= 0 && birth->launch.pid <= 0)
                return err_set(err, -EPROTO, "%s: CRIU has not said which process is its init", restore->criu.verb);
        return r;
}

static int run(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
               const struct engine_restore_options *how, struct relay *relay, struct engine_exit *ret_exit,
               struct ward_err *err)
{
        _cleanup_restore_ struct restore restore = {.options = how};
        struct birth *birth = &restore.birth;
        char verb[STORE_ID_MAX + 32];
        int r;

        (void)snprintf(verb, sizeof(verb), "restore container '%s'", options->id);
        r = birth_prepare(birth, store, spec, options, false, err);
        if (r >= 0)
                r = criu_begin(&restore.criu, verb, &how->criu, LOG, spec, err);
        if (r >= 0)
                r = bring_up(&restore, relay->socket[1], err);
        if (r >= 0)
                r = relay_attach(relay, err);
        if (r < 0)
                return r;
        birth_share(birth);
        if (spec->hooks[SPEC_HOOK_POSTSTART].count > 0)
                r = hooks_run_poststart(&birth->entry, &birth->state, err);
        if (r < 0)
                return r;
        birth_release(birth);
        if (options->detach)
                return 0;
        r = birth_wait_end(birth, relay, ret_exit, err);
        if (r >= 0 && !options->keep)
                r = birth_remove_ended(birth, err);
        return r;
}

int engine_restore(struct store *store, const struct ward_spec *spec, const struct engine_options *options,
                   const struct engine_restore_options *restore, struct engine_exit *ret_exit, struct ward_err *err)
{
        bool terminal = options->terminal_relay && spec->process.terminal && options->console_socket == NULL;
        _cleanup_relay_ struct relay relay = RELAY_NONE;
        int r;

        *ret_exit = (struct engine_exit){.status = 125};
        r = options->detach ? 0 : relay_begin(&relay, terminal, true, false, err);
        if (r >= 0)
                r = run(store, spec, options, restore, &relay, ret_exit, err);
        return require_explain(r, err);
}
