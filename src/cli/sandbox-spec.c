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
#include "cli/home.h"
#include "cli/run.h"
#include "engine/filters.h"
#include "model/landlock.h"

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

/* ---- the current directory ------------------------------------------------------------------------------------------------- */

/* The caller's directory is opened unless that would open what is meant to be closed: his home, all that it lies in, what the sandbox has one of its own of,
 * and the machine's system. */
enum here { HERE_OPENED, HERE_LOST, HERE_HOME, HERE_OWN, HERE_SYSTEM, HERE_KERNEL };

static enum here look_here(const struct home *home, char ret_path[static PATH_MAX])
{
        if (getcwd(ret_path, PATH_MAX) == NULL || ret_path[0] != '/')
                return HERE_LOST;
        if (home_lies_in(home, ret_path))
                return HERE_HOME;
        if (is_own(ret_path) || is_below("/var/tmp", ret_path))
                return HERE_OWN;
        if (is_system(ret_path))
                return HERE_SYSTEM;
        return is_below(ret_path, "/proc") || is_below(ret_path, "/sys") || is_below(ret_path, "/dev") ? HERE_KERNEL
                                                                                                       : HERE_OPENED;
}

/* Whether an option opens @path: with @itself no directory that it lies in counts. */
static bool is_named(const struct option_list *list, const char *path, bool itself)
{
        char real[PATH_MAX];

        for (size_t i = 0; i < list->count; i++)
                if (realpath(list->items[i], real) != NULL && (itself ? strcmp(path, real) == 0 : is_below(path, real)))
                        return true;
        return false;
}

static bool is_shown(const struct run_box *box, enum here here, const char *path)
{
        return here != HERE_LOST &&
               (here == HERE_OPENED || is_named(&box->rw, path, false) || is_named(&box->ro, path, false));
}

int run_box_directory(const struct run_job *job, const char **ret_directory, struct ward_err *err)
{
        char own[PATH_MAX];
        struct home home;
        enum here here;
        int r = home_find(&job->cli->arena, &home, err);

        if (r < 0)
                return r;
        here = look_here(&home, own);
        if (!is_shown(job->box, here, own) && here != HERE_SYSTEM &&
            (here == HERE_LOST || (!is_own(own) && job->box->walled))) {
                *ret_directory = home.name;
                return 0;
        }
        *ret_directory = arena_strdup(&job->cli->arena, own);
        return *ret_directory == NULL ? err_oom(err) : 0;
}

int run_box_warn(struct cli *cli, const struct run_box *box, struct ward_err *err)
{
        static const struct {
                const char *why, *hint;
        } words[] = {
                [HERE_LOST] = {"it can't be found", "it was removed, or is not below this root: cd to another one"},
                [HERE_HOME] = {"it is your home, or holds it", "cd to a project, or open it with --rw ."},
                [HERE_OWN] = {"the sandbox has one of its own in its place, and what is written there is lost",
                              "cd to a directory below it, or open it with --rw ."},
                [HERE_SYSTEM] = {"it is the system's, and read-only", "--rw . opens it for writing"},
                [HERE_KERNEL] = {"it lies in what the kernel shows", "cd to another one, or open it with --rw ."},
        };
        char own[PATH_MAX];
        const char *text;
        struct home home;
        enum here here;
        int r = home_find(&cli->arena, &home, err);

        if (r < 0)
                return r;
        here = look_here(&home, own);
        if (is_shown(box, here, own))
                return 0;
        text = arena_concat(&cli->arena, "the current directory", here == HERE_LOST ? "" : " '",
                            here == HERE_LOST ? "" : own, here == HERE_LOST ? "" : "'",
                            " is not opened: ", words[here].why);
        if (text == NULL)
                return err_oom(err);
        cli_warning(cli, MISTAKE_NONE, text, words[here].hint);
        return 0;
}

/* ---- the root ------------------------------------------------------------------------------------------------------------- */

/* What is opened, by its name without symbolic links: two names of one directory would have two rules. */
struct opened {
        const char *path;
        bool writable;
};

struct box {
        const struct run_job *job;
        struct ward_spec *spec;
        struct home home;
        struct spec_step *steps;
        size_t step_count, step_room;
        struct spec_mount *mounts;
        struct opened *opened; /* one for each of the mounts */
        size_t mount_count;
        struct text landlock;
        struct ward_err *err;
};

/* One directory can have any number of names, each of which is a link. NULL: memory is short. */
static struct spec_step *add_step(struct box *box, enum spec_step_type type, const char *destination)
{
        struct spec_step *step = spec_add_step(&box->spec->arena, &box->steps, &box->step_count, &box->step_room);

        if (step != NULL)
                *step = (struct spec_step){
                        .type = type, .destination = destination, .fd = -1, .origin = CLI_ORIGIN("default")};
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
                        if (step == NULL)
                                return err_oom(box->err);
                        step->source = path;
                        step->readonly = true;
                        continue;
                }
                len = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1) : -1;
                if (len < 0)
                        continue;
                target[len] = '\0';
                step = add_step(box, SPEC_STEP_LINK, path);
                if (step == NULL)
                        return err_oom(box->err);
                step->source = arena_strdup(&box->spec->arena, target);
                if (step->source == NULL)
                        return err_oom(box->err);
        }
        return 0;
}

static int add_made(struct box *box, enum spec_step_type type, const char *destination, uint32_t mode)
{
        struct spec_step *step = add_step(box, type, destination);

        if (step == NULL)
                return err_oom(box->err);
        step->mode = mode;
        return 0;
}

static int add_own(struct box *box)
{
        const char *run = getenv("XDG_RUNTIME_DIR");
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTS(own_directories); i++)
                r = add_made(box, SPEC_STEP_TMPFS, own_directories[i].path, own_directories[i].mode);
        if (r >= 0)
                r = add_made(box, SPEC_STEP_TMPFS, box->home.name, 0700);
        /* A link leads to it: there the system would show it. */
        if (r >= 0 && box->home.count > 0 && is_system(box->home.real[0]) &&
            strcmp(box->home.real[0], box->home.name) != 0 && !is_system(box->home.name))
                r = add_made(box, SPEC_STEP_TMPFS, box->home.real[0], 0700);
        if (r >= 0 && run != NULL && is_below(run, "/run/user"))
                r = add_made(box, SPEC_STEP_DIRECTORY, run, 0700);
        return r;
}

/* ---- what is opened ----------------------------------------------------------------------------------------------------------- */

static void allow(struct box *box, const char *word, const char *path)
{
        text_printf(&box->landlock, "%s%s:", box->landlock.len > 0 ? "," : "", word);
        for (; *path != '\0'; path++)
                text_printf(&box->landlock, "%s%c", *path == ',' || *path == '\\' ? "\\" : "", *path);
}

static const struct opened *find_opened(const struct box *box, const char *path)
{
        for (size_t i = 0; i < box->mount_count; i++)
                if (strcmp(box->opened[i].path, path) == 0)
                        return &box->opened[i];
        return NULL;
}

/* Another name of what is opened is a link in the sandbox, too. */
static int add_name(struct box *box, const char *name, const char *real)
{
        struct spec_step *added;
        bool done = false;

        name = path_clean(name, &box->spec->arena);
        if (name == NULL)
                return err_oom(box->err);
        if (strcmp(name, real) == 0 || is_system(name))
                return 0;
        for (size_t i = 0; i < box->step_count; i++) {
                struct spec_step *step = &box->steps[i];
                const bool link = step->type == SPEC_STEP_LINK;

                if (link && is_below(name, step->destination))
                        return 0;
                if ((link || strcmp(step->destination, box->home.name) == 0) && is_below(step->destination, name)) {
                        *step = (struct spec_step){.type = SPEC_STEP_LINK,
                                                   .destination = name,
                                                   .source = real,
                                                   .fd = -1,
                                                   .origin = CLI_ORIGIN("default")};
                        done = true;
                }
        }
        if (done)
                return 0;
        added = add_step(box, SPEC_STEP_LINK, name);
        if (added == NULL)
                return err_oom(box->err);
        added->source = real;
        return 0;
}

/* Landlock's rules are a union: what is below a directory that can be written to can be, too. */
static int check_walls(struct box *box, const char *path)
{
        for (size_t i = 0; i < box->mount_count && !box->job->box->walled; i++)
                if (box->opened[i].writable && is_below(path, box->opened[i].path)) {
                        (void)err_set(box->err, -ENOTSUP,
                                      "option '--ro': '%s' lies in '%s', which is opened for writing: without a mount "
                                      "namespace, which can't be made here, it would be, too",
                                      path, box->opened[i].path);
                        return err_hint(box->err, "leave it out; 'ward doctor' shows what forbids a mount namespace");
                }
        return 0;
}

/* @path, as it was given, whose name without links is @real. */
static int add_opened(struct box *box, const char *option, const char *path, const char *real, bool writable)
{
        struct spec_mount mount = run_bind(box->job, option, path);
        struct run_bound bound = {0};
        int r = 0;

        if (mount.origin.field == NULL)
                return err_oom(box->err);
        allow(box, writable ? "rw" : "ro", real);
        mount.destination = real;
        /* Without a root of its own it is where it was. */
        if (box->job->box->walled)
                r = run_bind_word(box->job, writable ? "rw" : "ro", &bound, &mount, box->err);
        if (r >= 0 && box->job->box->walled)
                r = run_bind_source(box->job, real, &bound, &mount, box->err);
        if (r < 0)
                return r;
        box->opened[box->mount_count] = (struct opened){real, writable};
        box->mounts[box->mount_count++] = mount;
        return 0;
}

static int open_path(struct box *box, const char *option, const char *path, bool writable)
{
        const struct opened *before;
        char text[PATH_MAX];
        const char *whole, *real;
        int r;

        if (box->mount_count == BINDS_MAX) {
                (void)err_set(box->err, -E2BIG, "option '%s': more than %d directories are opened", option, BINDS_MAX);
                return err_hint(box->err, "open one directory that holds several of them");
        }
        r = path_absolute(path, &box->spec->arena, &whole, box->err);
        if (r >= 0 && realpath(whole, text) == NULL) {
                r = err_errno(box->err, "option '%s': open '%s'", option, whole);
                (void)err_mistake(box->err, MISTAKE_SOURCE_MISSING);
                return err_hint(box->err, "make it, or leave the option out");
        }
        if (r < 0)
                return r;
        real = arena_strdup(&box->spec->arena, text);
        if (real == NULL)
                return err_oom(box->err);
        before = find_opened(box, real);
        if (before != NULL && before->writable != writable) {
                (void)err_set(box->err, -EINVAL, "option '%s': '%s' is opened for %s, too", option, path,
                              writable ? "reading alone" : "writing");
                (void)err_mistake(box->err, MISTAKE_CONFLICT);
                return err_hint(box->err, "leave one of --rw and --ro out");
        }
        if (before == NULL && strcmp(option, "--ro") == 0)
                r = check_walls(box, real);
        if (r >= 0 && before == NULL)
                r = add_opened(box, option, path, real, writable);
        return r < 0 || !box->job->box->walled ? r : add_name(box, whole, real);
}

/* As a path it would be the current directory. */
static int fail_empty(struct box *box, const char *option)
{
        (void)err_set(box->err, -EINVAL, "option '%s': the path is empty", option);
        (void)err_mistake(box->err, MISTAKE_NO_VALUE);
        return err_hint(box->err, "name a directory or a file; . is the current directory");
}

static int open_all(struct box *box, const char *option, const struct option_list *list, bool writable)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < list->count; i++)
                r = *list->items[i] == '\0' ? fail_empty(box, option)
                                            : open_path(box, option, list->items[i], writable);
        return r;
}

/* What is there of it. */
static int open_optional(struct box *box, const char *option, const char *path)
{
        char real[PATH_MAX];

        return path == NULL || realpath(path, real) == NULL || find_opened(box, real) != NULL
                       ? 0
                       : open_path(box, option, path, false);
}

/* "host:0.1" → "/tmp/.X11-unix/X0"; NULL: the display is none of this machine's sockets. */
static const char *x_socket(struct box *box, const char *display)
{
        const char *colon = display == NULL ? NULL : strrchr(display, ':');

        if (colon == NULL || strspn(colon + 1, "0123456789") == 0)
                return NULL;
        return arena_printf(&box->spec->arena, "/tmp/.X11-unix/X%.*s", (int)strspn(colon + 1, "0123456789"), colon + 1);
}

static int open_display(struct box *box)
{
        const char *home = box->home.name;
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
        return open_optional(box, "--net", arena_strdup(&box->spec->arena, target));
}

static int hide_path(struct box *box, const char *path, struct spec_path *ret_path)
{
        char text[PATH_MAX];
        const char *whole;
        int r = path_absolute(path, &box->spec->arena, &whole, box->err);

        if (r < 0)
                return r;
        /* What it is, and not one of its names: another name would still lead to it. */
        if (realpath(whole, text) == NULL) {
                (void)err_errno(box->err, "option '--hide': find '%s'", whole);
                (void)err_mistake(box->err, MISTAKE_SOURCE_MISSING);
                return err_hint(box->err, "check its spelling: there is nothing to hide");
        }
        *ret_path = (struct spec_path){.path = arena_strdup(&box->spec->arena, text), .origin = CLI_ORIGIN("--hide")};
        return ret_path->path == NULL ? err_oom(box->err) : 0;
}

static int hide(struct box *box, const struct option_list *list)
{
        struct ward_spec *spec = box->spec;
        struct spec_path *paths = arena_new(&spec->arena, struct spec_path, spec->masked_path_count + list->count + 1);
        int r = 0;

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
        for (size_t i = 0; r >= 0 && i < list->count; i++)
                r = *list->items[i] == '\0' ? fail_empty(box, "--hide")
                                            : hide_path(box, list->items[i], &paths[spec->masked_path_count + i]);
        if (r < 0)
                return r;
        spec->masked_paths = paths;
        spec->masked_path_count += list->count;
        return 0;
}

/* ---- the second wall, and the proof ----------------------------------------------------------------------------------------------- */

/* The same once more, by Landlock, as far as the kernel has it; where nothing can be mounted it is the only one. */
static int add_landlock(struct box *box)
{
        const char *home = box->home.name;
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
        /* Programs look for an X server's abstract socket first, and take a refusal for an answer. */
        text_puts(&box->landlock, net && box->job->box->display ? ",best-effort" : ",scope,best-effort");
        if (text_failed(&box->landlock))
                return err_oom(box->err);
        r = landlock_read(box->landlock.data, &origin, &box->spec->arena, &box->spec->landlock, box->err);
        return r < 0 ? err_wrap(box->err, "make rules for Landlock") : 0;
}

/* Something in a home that nobody has opened, by its name without links. */
static const char *find_hidden(struct box *box, const char *home)
{
        DIR *names = is_system(home) && strcmp(home, box->home.name) != 0 ? NULL : opendir(home);
        const char *found = NULL;

        for (const struct dirent *entry; names != NULL && found == NULL && (entry = readdir(names)) != NULL;) {
                const char *path = arena_concat(&box->spec->arena, home, "/", entry->d_name);
                bool opened = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || path == NULL;

                for (size_t i = 0; i < box->mount_count; i++)
                        opened |= path != NULL &&
                                  (is_below(box->opened[i].path, path) || is_below(path, box->opened[i].path));
                if (!opened)
                        found = path;
        }
        if (names != NULL)
                (void)closedir(names);
        return found;
}

static int add_proof(struct box *box)
{
        const struct run_box *how = box->job->box;
        struct spec_verify *verify;

        if (!how->verify)
                return 0;
        verify = arena_new(&box->spec->arena, struct spec_verify, 1);
        if (verify == NULL)
                return err_oom(box->err);
        *verify = (struct spec_verify){
                .read_only = how->walled ? "/usr" : NULL,
                .network = !how->net &&
                           (box->spec->ns[SPEC_NS_NET].mode == SPEC_NS_NEW || box->spec->seccomp.text != NULL),
                .call = box->spec->seccomp.text != NULL,
                /* Process 1 is there in each pid namespace: of it nothing can be said. */
                .processes = box->spec->ns[SPEC_NS_PID].mode == SPEC_NS_NEW && getpid() != 1,
                .caller = (uint32_t)getpid(),
                .label = box->spec->process.smack_label != NULL,
        };
        for (size_t i = 0; i < box->home.count; i++)
                verify->hidden[i] = find_hidden(box, box->home.real[i]);
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

/* --tmpfs at the very place of something that is opened, which lies on it. */
static bool lies_under(const struct box *box, const struct spec_mount *mount)
{
        for (size_t i = 0; i < box->mount_count; i++)
                if (!mount->bind && strcmp(mount->type, "tmpfs") == 0 &&
                    strcmp(box->opened[i].path, mount->destination) == 0)
                        return true;
        return false;
}

/* By depth, so that what is said of a directory holds in all that is opened around it. Of one depth, those of every container lie on what was opened:
 * /proc stays itself. */
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
        run_sort_mounts(mounts, count);
        spec->mounts = mounts;
        spec->mount_count = count;
        return 0;
}

/* The current directory, as an option says or as it is opened by itself, and what the other options name. */
static int open_named(struct box *box)
{
        const struct run_box *how = box->job->box;
        char own[PATH_MAX];
        int r = 0;

        if (look_here(&box->home, own) == HERE_OPENED && !is_named(&how->ro, own, true) &&
            !is_named(&how->rw, own, true))
                r = open_path(box, "the current directory", own, true);
        if (r >= 0)
                r = open_all(box, "--rw", &how->rw, true);
        if (r >= 0)
                r = open_all(box, "--ro", &how->ro, false);
        if (r >= 0 && how->display)
                r = open_display(box);
        if (r >= 0 && how->net)
                r = open_network(box);
        return r >= 0 ? hide(box, &how->hide) : r;
}

int run_box_spec(const struct run_job *job, struct ward_spec *spec, struct ward_err *err)
{
        struct box box = {
                .job = job,
                .spec = spec,
                .mounts = arena_new(&spec->arena, struct spec_mount, BINDS_MAX),
                .opened = arena_new(&spec->arena, struct opened, BINDS_MAX),
                .err = err,
        };
        int r;

        if (box.mounts == NULL || box.opened == NULL)
                return err_oom(err);
        r = home_find(&spec->arena, &box.home, err);
        if (r >= 0 && job->box->walled)
                r = add_system(&box);
        if (r >= 0 && job->box->walled)
                r = add_own(&box);
        if (r >= 0)
                r = open_named(&box);
        if (r >= 0)
                r = add_landlock(&box);
        text_done(&box.landlock);
        if (r >= 0)
                r = narrow_filter(&box);
        if (r >= 0 && !job->box->walled)
                r = shorten_path(&box);
        if (r >= 0 && !job->box->walled)
                take_root_away(spec);
        if (r >= 0)
                r = add_proof(&box);
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
