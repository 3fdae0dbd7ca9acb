/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root of `ward sandbox`, and what is opened in it.
 *
 * It begins empty. The machine's system directories are bound read-only, its links between them copied; /tmp, /var/tmp, /run and the home are the
 * sandbox's own and empty; of everything else there is nothing but what was named. A directory that is made in / tomorrow does not appear.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "cli/run.h"
#include "engine/filters.h"
#include "model/landlock.h"

#define STEPS_MAX 64
#define BINDS_MAX 64

/* What programs of a system consist of. */
static const char *const system_directories[] = {"/usr",   "/bin",    "/sbin", "/lib", "/lib32",
                                                 "/lib64", "/libx32", "/etc",  "/opt", "/nix/store"};

/* The sandbox's own: a mode for each. */
static const struct {
        const char *path;
        uint32_t mode;
} own_directories[] = {{"/tmp", 01777}, {"/var/tmp", 01777}, {"/run", 0755}};

static bool is_below(const char *path, const char *directory)
{
        size_t len = strlen(directory);

        return strncmp(path, directory, len) == 0 && (path[len] == '/' || path[len] == '\0' || len == 1);
}

static bool is_system(const char *path)
{
        for (size_t i = 0; i < ELEMENTS(system_directories); i++)
                if (is_below(path, system_directories[i]))
                        return true;
        return false;
}

static bool is_own(const char *path)
{
        for (size_t i = 0; i < ELEMENTS(own_directories); i++)
                if (strcmp(path, own_directories[i].path) == 0)
                        return true;
        return false;
}

/* The caller's directory is opened unless that would open what is meant to be closed: his home, all that it lies in, and what the sandbox has one of its own
 * of. NULL: it is not. */
static const char *opened_directory(const struct run_job *job, const char *home)
{
        char own[PATH_MAX];

        if (getcwd(own, sizeof(own)) == NULL || own[0] != '/' || is_below(home, own) || is_own(own) || is_system(own) ||
            is_below("/var/tmp", own) || is_below(own, "/proc") || is_below(own, "/sys") || is_below(own, "/dev"))
                return NULL;
        return arena_strdup(&job->cli->arena, own);
}

/* The caller's home as the machine knows it; the one in the sandbox has the same name. */
static const char *find_home(const struct run_job *job)
{
        const char *home = getenv("HOME");

        (void)job;
        return home != NULL && home[0] == '/' && home[1] != '\0' ? home : "/home";
}

int run_box_directory(const struct run_job *job, const char *home, const char **ret_directory, struct ward_err *err)
{
        char own[PATH_MAX];
        const char *shown;

        (void)home;
        home = find_home(job);
        shown = opened_directory(job, home);
        if (shown == NULL && getcwd(own, sizeof(own)) != NULL && (is_system(own) || is_own(own) || !job->box->walled)) {
                shown = arena_strdup(&job->cli->arena, own);
                if (shown == NULL)
                        return err_oom(err);
        }
        *ret_directory = shown != NULL ? shown : home;
        return 0;
}

/* ---- the root ------------------------------------------------------------------------------------------------------------- */

struct box {
        const struct run_job *job;
        struct ward_spec *spec;
        struct spec_step *steps;
        size_t step_count;
        struct spec_mount *mounts;
        size_t mount_count;
        struct text landlock;
        struct ward_err *err;
};

static struct spec_step *add_step(struct box *box, enum spec_step_type type, const char *destination)
{
        struct spec_step *step = &box->steps[box->step_count++];

        *step = (struct spec_step){.type = type, .destination = destination, .fd = -1, .origin = CLI_ORIGIN("default")};
        return step;
}

static int add_system(struct box *box)
{
        for (size_t i = 0; i < ELEMENTS(system_directories); i++) {
                const char *path = system_directories[i];
                char target[PATH_MAX];
                struct spec_step *step;
                struct stat st;
                ssize_t len;

                if (lstat(path, &st) < 0)
                        continue;
                if (S_ISDIR(st.st_mode)) {
                        step = add_step(box, SPEC_STEP_BIND, path);
                        step->source = path;
                        step->readonly = true;
                        continue;
                }
                len = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1) : -1;
                if (len < 0)
                        continue;
                target[len] = '\0';
                step = add_step(box, SPEC_STEP_LINK, path);
                step->source = arena_strdup(&box->spec->arena, target);
                if (step->source == NULL)
                        return err_oom(box->err);
        }
        return 0;
}

static int add_own(struct box *box, const char *home)
{
        const char *run = getenv("XDG_RUNTIME_DIR");
        struct spec_step *step;

        for (size_t i = 0; i < ELEMENTS(own_directories); i++) {
                step = add_step(box, SPEC_STEP_TMPFS, own_directories[i].path);
                step->mode = own_directories[i].mode;
        }
        step = add_step(box, SPEC_STEP_TMPFS, home);
        step->mode = 0700;
        if (run != NULL && is_below(run, "/run/user")) {
                step = add_step(box, SPEC_STEP_DIRECTORY, run);
                step->mode = 0700;
        }
        return 0;
}

/* ---- what is opened ----------------------------------------------------------------------------------------------------------- */

static void allow(struct box *box, const char *word, const char *path)
{
        text_printf(&box->landlock, "%s%s:", box->landlock.len > 0 ? "," : "", word);
        for (; *path != '\0'; path++)
                text_printf(&box->landlock, "%s%c", *path == ',' || *path == '\\' ? "\\" : "", *path);
}

static int open_path(struct box *box, const char *option, const char *path, bool writable)
{
        struct spec_mount mount;
        const char *whole;
        struct run_bound bound = {0};
        int r;

        if (box->mount_count == BINDS_MAX) {
                (void)err_set(box->err, -E2BIG, "option '%s': more than %d directories are opened", option, BINDS_MAX);
                return err_hint(box->err, "open one directory that holds several of them");
        }
        r = path_absolute(path, &box->spec->arena, &whole, box->err);
        if (r >= 0 && access(whole, F_OK) < 0) {
                r = err_errno(box->err, "option '%s': open '%s'", option, whole);
                (void)err_mistake(box->err, MISTAKE_SOURCE_MISSING);
                return err_hint(box->err, "make it, or leave the option out");
        }
        if (r < 0)
                return r;
        allow(box, writable ? "rw" : "ro", whole);
        mount = run_bind(box->job, option, path);
        if (mount.origin.field == NULL)
                return err_oom(box->err);
        mount.destination = whole;
        /* Without a root of its own it is where it was. */
        if (box->job->box->walled)
                r = run_bind_word(box->job, writable ? "rw" : "ro", &bound, &mount, box->err);
        if (r >= 0 && box->job->box->walled)
                r = run_bind_source(box->job, whole, &bound, &mount, box->err);
        if (r >= 0)
                box->mounts[box->mount_count++] = mount;
        return r;
}

static int open_all(struct box *box, const char *option, const struct option_list *list, bool writable)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < list->count; i++)
                r = open_path(box, option, list->items[i], writable);
        return r;
}

/* What is there of it. */
static int open_optional(struct box *box, const char *option, const char *path)
{
        return path == NULL || access(path, F_OK) < 0 ? 0 : open_path(box, option, path, false);
}

/* "host:0.1" → "/tmp/.X11-unix/X0"; NULL: the display is none of this machine's sockets. */
static const char *x_socket(struct box *box, const char *display)
{
        const char *colon = display == NULL ? NULL : strrchr(display, ':');

        if (colon == NULL || strspn(colon + 1, "0123456789") == 0)
                return NULL;
        return arena_printf(&box->spec->arena, "/tmp/.X11-unix/X%.*s", (int)strspn(colon + 1, "0123456789"), colon + 1);
}

static int open_display(struct box *box, const char *home)
{
        const char *run = getenv("XDG_RUNTIME_DIR"), *wayland = getenv("WAYLAND_DISPLAY"), *keys = getenv("XAUTHORITY");
        const char *x = x_socket(box, getenv("DISPLAY"));
        static const char *const fonts[] = {"/var/cache/fontconfig", NULL};
        int r;

        if (wayland != NULL && wayland[0] != '/')
                wayland = run == NULL ? NULL : arena_concat(&box->spec->arena, run, "/", wayland);
        if ((wayland == NULL || access(wayland, F_OK) < 0) && (x == NULL || access(x, F_OK) < 0)) {
                (void)err_set(
                        box->err, -ENOENT,
                        "option '--display': there is no display: neither WAYLAND_DISPLAY nor DISPLAY leads to one");
                (void)err_mistake(box->err, MISTAKE_SOURCE_MISSING);
                return err_hint(box->err, "run it from a graphical session, or leave it out");
        }
        r = open_optional(box, "--display", wayland);
        if (r >= 0)
                r = open_optional(box, "--display", x);
        if (keys == NULL)
                keys = arena_concat(&box->spec->arena, home, "/.Xauthority");
        if (r >= 0 && x != NULL)
                r = open_optional(box, "--display", keys);
        for (size_t i = 0; r >= 0 && fonts[i] != NULL; i++)
                r = open_optional(box, "--display", fonts[i]);
        if (r >= 0)
                r = open_optional(box, "--display", arena_concat(&box->spec->arena, home, "/.fonts"));
        if (r >= 0)
                r = open_optional(box, "--display", arena_concat(&box->spec->arena, home, "/.local/share/fonts"));
        return r;
}

/* A resolv.conf is often a link to where nothing of the machine's shows. */
static int open_network(struct box *box)
{
        char target[PATH_MAX];

        if (realpath("/etc/resolv.conf", target) == NULL || is_system(target))
                return 0;
        return open_path(box, "--net", arena_strdup(&box->spec->arena, target), false);
}

static int hide(struct box *box, const struct option_list *list)
{
        struct ward_spec *spec = box->spec;
        struct spec_path *paths = arena_new(&spec->arena, struct spec_path, spec->masked_path_count + list->count + 1);

        if (list->count > 0 && !box->job->box->walled) {
                (void)err_set(
                        box->err, -ENOTSUP,
                        "option '--hide': nothing can be hidden without a mount namespace, which can't be made here");
                return err_hint(box->err, "'ward doctor' shows what forbids it");
        }
        if (paths == NULL)
                return err_oom(box->err);
        if (spec->masked_path_count > 0)
                memcpy(paths, spec->masked_paths, spec->masked_path_count * sizeof(*paths));
        for (size_t i = 0; i < list->count; i++) {
                struct spec_path *path = &paths[spec->masked_path_count + i];
                int r = path_absolute(list->items[i], &spec->arena, &path->path, box->err);

                if (r < 0)
                        return r;
                if (access(path->path, F_OK) < 0) {
                        (void)err_errno(box->err, "option '--hide': find '%s'", path->path);
                        (void)err_mistake(box->err, MISTAKE_SOURCE_MISSING);
                        return err_hint(box->err, "check its spelling: there is nothing to hide");
                }
                path->origin = CLI_ORIGIN("--hide");
        }
        spec->masked_paths = paths;
        spec->masked_path_count += list->count;
        return 0;
}

/* ---- the second wall, and the proof ----------------------------------------------------------------------------------------------- */

/* The same once more, by Landlock, as far as the kernel has it; where nothing can be mounted it is the only one. */
static int add_landlock(struct box *box, const char *home)
{
        const struct spec_origin origin = CLI_ORIGIN("default");
        const bool net = box->job->box->net;
        int r;

        if (box->job->options->landlock.count > 0)
                return 0; /* it says itself what it wants */
        if (box->job->box->walled) {
                bool covered = false;

                allow(box, "ro", "/");
                for (size_t i = 0; i < ELEMENTS(own_directories); i++)
                        allow(box, "rw", own_directories[i].path);
                for (size_t i = 0; i < box->job->options->tmpfs.count; i++) {
                        const char *tmpfs = box->job->options->tmpfs.items[i];
                        const char *path = arena_strndup(&box->spec->arena, tmpfs, strcspn(tmpfs, ":"));

                        if (path == NULL)
                                return err_oom(box->err);
                        allow(box, "rw", path);
                        covered |= is_below(home, path);
                }
                if (!covered)
                        allow(box, "rw", home);
                allow(box, "rw", "/dev");
                allow(box, "rw", "/proc");
        } else {
                text_printf(&box->landlock, "%ssystem", box->landlock.len > 0 ? "," : "");
        }
        /* In a network namespace of its own there is nobody to connect to but the sandbox itself. */
        if (!net && box->spec->ns[SPEC_NS_NET].mode != SPEC_NS_NEW)
                text_puts(&box->landlock, ",tcp");
        text_puts(&box->landlock, net ? ",best-effort" : ",scope,best-effort");
        if (text_failed(&box->landlock))
                return err_oom(box->err);
        r = landlock_read(box->landlock.data, &origin, &box->spec->arena, &box->spec->landlock, box->err);
        return r < 0 ? err_wrap(box->err, "make rules for Landlock") : 0;
}

/* Something in the home that nobody has opened. */
static const char *find_hidden(struct box *box, const char *home)
{
        DIR *names = opendir(home);
        const char *found = NULL;

        for (const struct dirent *entry; names != NULL && found == NULL && (entry = readdir(names)) != NULL;) {
                const char *path = arena_concat(&box->spec->arena, home, "/", entry->d_name);
                bool opened = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || path == NULL;

                for (size_t i = 0; i < box->mount_count; i++)
                        opened |= path != NULL && (is_below(box->mounts[i].destination, path) ||
                                                   is_below(path, box->mounts[i].destination));
                if (!opened)
                        found = path;
        }
        if (names != NULL)
                (void)closedir(names);
        return found;
}

static int add_proof(struct box *box, const char *home)
{
        const struct run_box *how = box->job->box;
        struct spec_verify *verify;

        if (!how->verify)
                return 0;
        verify = arena_new(&box->spec->arena, struct spec_verify, 1);
        if (verify == NULL)
                return err_oom(box->err);
        *verify = (struct spec_verify){
                .hidden = find_hidden(box, home),
                .read_only = how->walled ? "/usr" : NULL,
                .network = !how->net &&
                           (box->spec->ns[SPEC_NS_NET].mode == SPEC_NS_NEW || box->spec->seccomp.text != NULL),
                .call = box->spec->seccomp.text != NULL,
                /* Process 1 is there in each pid namespace: of it nothing can be said. */
                .processes = box->spec->ns[SPEC_NS_PID].mode == SPEC_NS_NEW && getpid() != 1,
                .caller = (uint32_t)getpid(),
                .label = box->spec->process.smack_label != NULL,
        };
        box->spec->process.verify = verify;
        return 0;
}

/* The profile as it is for who has no right: in the machine's user namespace nothing can be taken out of the bounding set, which else decides. Without a
 * network namespace of its own the filter closes the network, of which Landlock knows TCP alone. */
static int narrow_filter(struct box *box)
{
        struct ward_spec *spec = box->spec;
        const bool closed = !box->job->box->net && spec->ns[SPEC_NS_NET].mode != SPEC_NS_NEW;
        const struct filters_how how = {.caps = spec->process.caps.bounding,
                                        .allow_unknown = box->job->options->allow_unknown,
                                        .no_network = closed};
        const char *name = spec->seccomp.origin.field;
        _cleanup_text_ struct text text = {0};
        int r;

        if (spec->seccomp.text == NULL || (box->job->box->walled && !closed))
                return 0;
        r = filters_resolve(spec->seccomp.text, spec->seccomp.len, spec->seccomp.file, &how, &text, box->err);
        if (r < 0)
                return r;
        spec->seccomp.text = arena_strndup(&spec->arena, text.data, text.len);
        spec->seccomp.len = text.len;
        if (closed && name != NULL && *name != '-')
                spec->seccomp.origin.field = arena_concat(&spec->arena, name, " without a network");
        return spec->seccomp.text == NULL ? err_oom(box->err) : 0;
}

static bool is_opened(const struct box *box, const char *path)
{
        for (size_t i = 0; i < box->mount_count; i++)
                if (is_below(path, box->mounts[i].destination))
                        return true;
        return is_system(path);
}

/* Folders of programs that Landlock closes are still there to be found: a program of the same name behind them would not be. */
static int shorten_path(struct box *box)
{
        struct spec_process *process = &box->spec->process;
        _cleanup_text_ struct text text = {0};
        const char **envp;
        size_t count = 0, at = 0;

        while (process->envp[count] != NULL)
                count++;
        while (at < count && strncmp(process->envp[at], "PATH=", 5) != 0)
                at++;
        envp = arena_new(&box->spec->arena, const char *, count + 1);
        if (envp == NULL)
                return err_oom(box->err);
        memcpy(envp, process->envp, count * sizeof(*envp));
        for (const char *next = at < count ? envp[at] + 5 : ""; *next != '\0';) {
                size_t len = strcspn(next, ":");
                const char *folder = arena_strndup(&box->spec->arena, next, len);

                if (folder == NULL)
                        return err_oom(box->err);
                if (is_opened(box, folder))
                        text_printf(&text, "%s%s", text.len == 0 ? "PATH=" : ":", folder);
                next += len + (next[len] == ':');
        }
        if (text.len > 0 && !text_failed(&text))
                envp[at] = arena_strdup(&box->spec->arena, text.data);
        if (text_failed(&text) || (at < count && envp[at] == NULL))
                return err_oom(box->err);
        process->envp = envp;
        return 0;
}

/* The machine's own root, and what Landlock, the filter and namespaces without a file system leave of it. */
static void take_root_away(struct ward_spec *spec)
{
        struct spec_process *process = &spec->process;

        spec->ns[SPEC_NS_MOUNT] = (struct spec_namespace){.mode = SPEC_NS_INHERIT};
        spec->no_root = true;
        spec->mount_count = spec->masked_path_count = spec->readonly_path_count = 0;
        spec->rootfs_propagation = 0;
        spec->rootfs_readonly = false;
        process->terminal = process->init = false;
        if (spec->ns[SPEC_NS_USER].mode == SPEC_NS_NEW)
                return;
        process->uid = geteuid();
        process->gid = getegid();
        process->group_count = 0;
        process->keep_groups = true;
        /* It takes CAP_SETPCAP to make it smaller; nothing in it can be had with no_new_privs. */
        process->caps = (struct spec_caps){.given = true, .bounding = UINT64_MAX};
}

/* --tmpfs, on which something is opened. */
static bool lies_under(const struct box *box, const struct spec_mount *mount)
{
        for (size_t i = 0; i < box->mount_count; i++)
                if (!mount->bind && strcmp(mount->type, "tmpfs") == 0 &&
                    is_below(box->mounts[i].destination, mount->destination))
                        return true;
        return false;
}

/* Those of every container lie on what was opened: /proc stays itself. */
static int order_mounts(struct box *box)
{
        struct ward_spec *spec = box->spec;
        struct spec_mount *mounts = arena_new(&spec->arena, struct spec_mount, spec->mount_count + box->mount_count);
        size_t count = 0;

        if (mounts == NULL)
                return err_oom(box->err);
        for (size_t i = 0; i < spec->mount_count; i++)
                if (lies_under(box, &spec->mounts[i]))
                        mounts[count++] = spec->mounts[i];
        for (size_t i = 0; i < box->mount_count; i++)
                mounts[count++] = box->mounts[i];
        for (size_t i = 0; i < spec->mount_count; i++)
                if (!lies_under(box, &spec->mounts[i]))
                        mounts[count++] = spec->mounts[i];
        spec->mounts = mounts;
        spec->mount_count = count;
        return 0;
}

int run_box_spec(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        const char *home = find_home(job), *own = opened_directory(job, home);
        struct box box = {
                .job = job,
                .spec = spec,
                .steps = arena_new(&spec->arena, struct spec_step, STEPS_MAX),
                .mounts = arena_new(&spec->arena, struct spec_mount, BINDS_MAX),
                .err = err,
        };
        int r;

        if (box.steps == NULL || box.mounts == NULL)
                return err_oom(err);
        r = job->box->walled ? add_system(&box) : 0;
        if (r >= 0 && job->box->walled)
                r = add_own(&box, home);
        if (r >= 0 && own != NULL)
                r = open_path(&box, "the current directory", own, true);
        if (r >= 0)
                r = open_all(&box, "--ro", &job->box->ro, false);
        if (r >= 0)
                r = open_all(&box, "--rw", &job->box->rw, true);
        if (r >= 0 && job->box->display)
                r = open_display(&box, home);
        if (r >= 0 && job->box->net)
                r = open_network(&box);
        if (r >= 0)
                r = hide(&box, &job->box->hide);
        if (r >= 0)
                r = add_landlock(&box, home);
        text_done(&box.landlock);
        if (r >= 0)
                r = narrow_filter(&box);
        if (r >= 0 && !job->box->walled)
                r = shorten_path(&box);
        if (r >= 0 && !job->box->walled)
                take_root_away(spec);
        if (r >= 0)
                r = add_proof(&box, home);
        if (r < 0 || !job->box->walled)
                return r;
        r = order_mounts(&box);
        if (r < 0)
                return r;
        spec->rootfs_empty = spec->rootfs_readonly = true;
        spec->steps = box.steps;
        spec->step_count = box.step_count;
        return 0;
}
