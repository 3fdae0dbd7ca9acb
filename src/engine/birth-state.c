/* SPDX-License-Identifier: Apache-2.0 */
/* What a container that is being made leaves in its entry of the state directory; see birth.h. */
#include "engine/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/notify.h"
#include "kern/proc.h"
#include "model/print.h"

/* Before any of the groups is made: whoever is killed behind this leaves word where to look. */
int birth_note_group(struct birth *birth, struct ward_err *err)
{
        struct site *site = &birth->site;

        if (site->place.cgroup_path == NULL)
                return 0;
        site->mark = site_mark(site, birth->store, birth->options->id);
        site->marked = site_marked(site);
        return store_note_group(&birth->entry, site->place.cgroup_path, site_missing_parents(site), err);
}

/* The log of what the child makes outlives this process: if it is killed, `delete` undoes the rest. It will be written to as memory, and a page
 * that a full file system can't give is a SIGBUS then (mmap(2)): all of its room is taken now. */
int birth_open_log(struct birth *birth, struct ward_err *err)
{
        const char *directory = birth->store->path, *id = birth->options->id;
        int r;

        birth->made = openat(birth->entry.fd, STORE_MADE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (birth->made < 0)
                return err_errno(err, "make the log of the start in '%s/%s'", directory, id);
        r = -posix_fallocate(birth->made, 0, sizeof(struct shared));
        if (r < 0)
                return err_code(err, r, "make room for the log of the start in '%s/%s'", directory, id);
        /* Not in the log, which the child can write. */
        if (birth->site.place.rootfs != NULL && symlinkat(birth->site.place.rootfs, birth->entry.fd, STORE_ROOT) < 0)
                return err_errno(err, "note the root file system of the start in '%s/%s'", directory, id);
        return 0;
}

/* What runs comes from the spec itself: words of it that are not UTF-8 are kept as JSON can have them, for who looks, and for `exec`, which takes the
 * environment and the working directory from here. */
static int write_config(const struct birth *birth, struct ward_err *err)
{
        _cleanup_close_
        int fd = openat(birth->entry.fd, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        _cleanup_text_ struct text text = {0};
        int r;

        if (fd < 0)
                return err_errno(err, "keep the container's config");
        if (birth->options->config_text != NULL) {
                r = fd_write_all(fd, birth->options->config_text, birth->options->config_len);
        } else {
                spec_print(birth->spec, &text);
                if (text_failed(&text))
                        return err_oom(err);
                r = fd_write_all(fd, text.data, text.len);
        }
        return r < 0 ? err_code(err, r, "keep the container's config") : 0;
}

/* Init can't be looked into (OP_HIDE), and shows its namespaces to who has CAP_SYS_PTRACE alone (ptrace(2)), which an ordinary user lacks, and root inside
 * a container may: then its start time is what it is known by. */
static int note_pid_namespace(struct birth *birth, struct ward_err *err)
{
        int r = proc_namespace_inode(birth->proc, birth->state.pid, "pid", &birth->state.pid_ns_inode, err);

        if (r != -EACCES)
                return r;
        birth->state.pid_ns_inode = 0;
        return 0;
}

/* The child goes on with its mounts meanwhile, and starts nothing before it is told that this is done. */
int birth_write_state(struct birth *birth, struct ward_err *err)
{
        struct store_state *state = &birth->state;
        int r;

        state->pid = birth->launch.pid;
        state->cgroup_path = birth->site.place.cgroup_path;
        state->cgroup_hierarchies = site_used(&birth->site);
        if (state->cgroup_hierarchies == NULL)
                return err_oom(err);
        state->cgroup_unit = birth->site.unit.name.scope;
        state->cgroup_made = site_made_parents(&birth->site);
        r = proc_start_ticks(birth->proc, state->pid, &state->pid_start_ticks, err);
        if (r >= 0)
                r = note_pid_namespace(birth, err);
        if (r >= 0)
                r = write_config(birth, err);
        if (r >= 0)
                r = store_write(&birth->entry, state, err);
        if (r >= 0)
                r = notify_pid_file(birth->options->pid_file, birth->launch.pid, err);
        birth->pid_file = r > 0;
        if (r >= 0)
                r = notify_pidfd(birth->options->pidfd_socket, birth->launch.pidfd, err);
        if (r >= 0)
                r = notify_pidfd(birth->spec->pidfd_receiver, birth->launch.pidfd, err);
        return r;
}
