/* SPDX-License-Identifier: Apache-2.0 */
/* Words and options that people know from docker, podman, LXC, systemd, util-linux and bubblewrap, each with what to type instead; see cli.h. */
#include "cli/run.h"

#define IMAGES                                                                                                    \
        "ward has no images: ROOT is a directory with a system in it ('docker export' and 'podman export' write " \
        "one as a tar file), or 'host'"
#define WITH_OCI "ward-oci has it, for engines and bundles; of ward's containers 'ward inspect NAME' tells"
#define NO_NETWORKS "a container has loopback alone: 'ward run --network host', or --network container:NAME"
#define NO_VOLUMES "ward has no named volumes: 'ward run -v DIR:PATH' binds a directory"
#define FREEZE "'ward cgroup freeze GROUP' and 'thaw' do; 'ward inspect NAME' has its group"
#define RUN_AGAIN "a container ends with its program: 'ward run' makes another, 'ward exec' joins one that runs"
#define OUTPUT \
        "a container writes where its 'ward run' does: send that to a file (>FILE), or run it in a unit of systemd"
#define LIMITS "'ward limit PID|NAME ...' limits what runs, 'ward run' has the same options"
#define CAPS "'ward caps of PID|NAME' and 'ward caps file PATH' show them, 'ward run --cap-add' gives them"

/* No pointers: they would be relocated at every start. */
static const struct {
        char verb[12], word[16]; /* @verb: what @word stands behind; "": ward itself */
        char hint[160];
} words[] = {
        /* docker, podman */
        {"", "list", "'ward ps' lists containers"},
        {"", "container", "leave it out: 'ward ps', 'ward rm NAME', 'ward inspect NAME' are about containers"},
        {"", "containers", "'ward ps' lists containers"},
        {"", "start", RUN_AGAIN},
        {"", "create", RUN_AGAIN},
        {"", "restart", RUN_AGAIN},
        {"", "pause", FREEZE},
        {"", "unpause", FREEZE},
        {"", "resume", FREEZE},
        {"", "logs", OUTPUT},
        {"", "attach", OUTPUT ". 'ward exec -it NAME sh' looks in"},
        {"", "stats", "'ward top' shows what containers and groups use, 'ward top -1' once"},
        {"", "cp",
         "files of a container are below its ROOT; while it runs also below /proc/PID/root ('ward ps' has PID)"},
        {"", "diff",
         "what a container writes is in its ROOT; 'ward run --keep DIR host' keeps what it changes of 'host' there"},
        {"", "images", IMAGES},
        {"", "image", IMAGES},
        {"", "pull", IMAGES},
        {"", "push", IMAGES},
        {"", "build", IMAGES},
        {"", "load", IMAGES},
        {"", "save", IMAGES},
        {"", "import", IMAGES},
        {"", "tag", IMAGES},
        {"", "rmi", IMAGES},
        {"", "commit", IMAGES},
        {"", "login", IMAGES},
        {"", "search", IMAGES},
        {"", "export", "ROOT is the directory itself: tar -C ROOT -c ."},
        {"", "network", NO_NETWORKS},
        {"", "port", NO_NETWORKS},
        {"", "volume", NO_VOLUMES},
        {"", "wait",
         "'ward run' itself waits, and exits with the program's status; run it with '&', and the shell's 'wait' waits"},
        {"", "rename", "'ward run --name' names a container for its life"},
        {"", "update", LIMITS},
        {"", "prune", "'ward gc --all' removes what has ended"},
        {"", "system", "'ward doctor' tells of this machine, 'ward gc --all' removes what has ended"},
        {"", "info", "'ward doctor' tells of this machine, 'ward inspect NAME' of a container"},
        {"", "events", "'ward cgroup watch GROUP' tells what happens to a group; 'ward inspect NAME' has it"},
        {"", "compose", "write a script of 'ward run ... &' lines; 'ward profile' keeps options in files"},
        {"", "pod", "'ward run --network container:NAME --ipc container:NAME' shares what a pod does"},
        /* LXC */
        {"", "remove", "'ward rm NAME' removes a container that has ended, 'ward rm -f NAME' any"},
        {"", "delete", "'ward rm NAME' removes a container that has ended, 'ward rm -f NAME' any"},
        {"", "destroy", "'ward rm NAME' removes a container that has ended, 'ward rm -f NAME' any"},
        {"", "shell",
         "'ward exec -it NAME sh' is a shell in a container, 'ward run -it --rm host' one in a copy of this system"},
        {"", "enter", "'ward exec -it NAME sh' is a shell in a container"},
        {"", "console", "'ward exec -it NAME sh' is a shell in a container"},
        /* OCI runtimes */
        {"", "spec", "'ward run --dry-run ROOT' shows what would be done; 'ward-oci spec' writes a config.json"},
        {"", "state", WITH_OCI},
        {"", "features", WITH_OCI},
        {"", "checkpoint", WITH_OCI},
        {"", "restore", WITH_OCI},
        /* systemd */
        {"", "cgtop", "'ward top' shows what groups use"},
        {"", "cgls", "'ward cgroup tree' shows the groups and who is in them"},
        {"", "nspawn", "'ward run ROOT COMMAND' runs a program in a root of its own"},
        /* util-linux, coreutils */
        {"", "lsns", "'ward inspect NAME' has a container's namespaces"},
        {"", "nsenter",
         "'ward exec NAME COMMAND' joins a container; 'ward run --network container:NAME' its network alone"},
        {"", "unshare",
         "'ward run host COMMAND' and 'ward sandbox COMMAND' make the namespaces, and all that belongs to them"},
        {"", "chroot", "'ward run ROOT COMMAND' runs a program in a root of its own"},
        {"", "prlimit", LIMITS},
        {"", "ulimit", LIMITS},
        {"", "nice", LIMITS},
        {"", "ionice", LIMITS},
        {"", "taskset", LIMITS},
        {"", "cpulimit", LIMITS},
        {"", "timeout", "'ward run --timeout' and 'ward sandbox --timeout' end a program when its time is up"},
        /* libcgroup */
        {"", "cgcreate", "'ward cgroup create GROUP' makes a group"},
        {"", "cgdelete", "'ward cgroup delete GROUP' removes one"},
        {"", "cgset", "'ward cgroup set GROUP NAME=VALUE' sets limits"},
        {"", "cgget", "'ward cgroup get GROUP' shows limits"},
        {"", "cgexec", "'ward cgroup exec GROUP COMMAND' runs a program in a group"},
        {"", "cgclassify", "'ward cgroup classify GROUP PID' moves processes"},
        {"", "lscgroup", "'ward cgroup list' lists the groups"},
        {"", "lssubsys", "'ward cgroup controllers' shows which controller is where"},
        {"", "freeze", FREEZE},
        {"", "thaw", FREEZE},
        /* libcap, AppArmor */
        {"", "capsh", CAPS},
        {"", "getcap", CAPS},
        {"", "setcap", CAPS},
        {"", "getpcaps", CAPS},
        {"", "aa-genprof", "'ward apparmor show' writes a profile for containers, 'ward apparmor load' loads it"},
        {"", "aa-status", "'ward apparmor list' lists the profiles"},
        {"", "apparmor_parser", "'ward apparmor load' loads a profile"},
        /* sandboxes */
        {"", "bwrap", "'ward sandbox --bwrap ...' takes bubblewrap's command line"},
        {"", "firejail", "'ward sandbox COMMAND' runs a program in a box, --rw and --ro open directories"},

        {"cgroup", "mkdir", "'ward cgroup create GROUP' makes a group"},
        {"cgroup", "rmdir", "'ward cgroup delete GROUP' removes one"},
        {"cgroup", "remove", "'ward cgroup delete GROUP' removes one"},
        {"cgroup", "destroy", "'ward cgroup delete GROUP' removes one"},
        {"cgroup", "limit", "'ward cgroup set GROUP NAME=VALUE' sets limits"},
        {"cgroup", "move", "'ward cgroup classify GROUP PID' moves processes"},
        {"cgroup", "attach", "'ward cgroup classify GROUP PID' moves processes"},
        {"cgroup", "run", "'ward cgroup exec GROUP COMMAND' runs a program in a group"},
        {"cgroup", "pause", "'ward cgroup freeze GROUP' stops its processes"},
        {"cgroup", "resume", "'ward cgroup thaw GROUP' lets its processes go on"},
        {"cgroup", "unfreeze", "'ward cgroup thaw GROUP' lets its processes go on"},
        {"cgroup", "stats", "'ward cgroup stat GROUP' shows what a group uses"},
        {"cgroup", "top", "'ward top' shows what groups use, live"},
        {"seccomp", "list", "'ward seccomp groups' lists the groups of calls, 'ward seccomp explain' shows a profile"},
        {"seccomp", "ls", "'ward seccomp groups' lists the groups of calls, 'ward seccomp explain' shows a profile"},
        {"seccomp", "show", "'ward seccomp explain default|FILE|PID|NAME' shows what a filter answers"},
        {"caps", "list", "'ward caps explain' tells of capabilities, 'ward caps of PID|NAME' of who has them"},
        {"caps", "show", "'ward caps of PID|NAME' shows those of a process, 'ward caps decode MASK' those of a mask"},
        {"caps", "get", "'ward caps file PATH' shows those of a file, 'ward caps of PID|NAME' those of a process"},
        {"caps", "set", "setcap(8) gives them to a file, 'ward run --cap-add' to a container's program"},
        {"profile", "ls", "'ward profile list' lists the profiles"},
        {"profile", "edit", "'ward profile set FILE KEY VALUE' and 'unset' change one, or an editor does"},
        {"apparmor", "ls", "'ward apparmor list' lists the profiles"},
        {"apparmor", "rm", "'ward apparmor remove' removes one"},
        {"apparmor", "unload", "'ward apparmor remove' removes one"},
};

int cli_suggest(const char *verb, const char *word, const char *const *names, size_t count, const char *otherwise,
                struct ward_err *err)
{
        const char *near;

        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcmp(words[i].verb, verb) == 0 && strcmp(words[i].word, word) == 0)
                        return err_hint(err, "%s", words[i].hint);
        near = text_nearest(word, names, count);
        return near == NULL ? err_hint(err, "%s", otherwise) : err_hint(err, "did you mean '%s'?", near);
}

#define DETACH "write '&' behind it; 'setsid -f ward ... >FILE 2>&1' or 'systemd-run ward ...' outlives the terminal"
#define RESTART "a unit of systemd does that: systemd-run -p Restart=on-failure ward run ..."
#define NETWORKS "ward makes no networks: --network host, or --network container:NAME"
#define RESOLVER "write a file and bind it: -v ./resolv.conf:/etc/resolv.conf:ro"
#define NO_LABELS "a container has a name to be found by: --name"
#define NO_IMAGES "ward has no images: ROOT is a directory"

const struct option_foreign run_foreign[] = {
        /* docker, podman */
        {.name = "detach", .letter = 'd', .hint = DETACH},
        {.name = "detach-", .hint = "a container runs in the foreground: write '&' behind it"},
        {.name = "attach", .letter = 'a', .hint = "output is always passed on; -i passes input on"},
        {.name = "publish",
         .letter = 'p',
         .hint = "a container has no ports of the machine's: --network host has all of them"},
        {.name = "publish-all",
         .letter = 'P',
         .hint = "a container has no ports of the machine's: --network host has all of them"},
        {.name = "expose", .hint = "a container has no ports of the machine's: --network host has all of them"},
        {.name = "dns", .hint = RESOLVER},
        {.name = "dns-", .hint = RESOLVER},
        {.name = "add-host", .hint = "write a file and bind it: -v ./hosts:/etc/hosts:ro"},
        {.name = "link", .hint = "--network container:NAME shares the network of another container"},
        {.name = "link-", .hint = NETWORKS},
        {.name = "ip", .hint = NETWORKS},
        {.name = "ip6", .hint = NETWORKS},
        {.name = "mac-address", .hint = NETWORKS},
        {.name = "network-", .hint = NETWORKS},
        {.name = "restart", .hint = RESTART},
        {.name = "label", .letter = 'l', .hint = NO_LABELS},
        {.name = "label-", .hint = NO_LABELS},
        {.name = "annotation", .hint = NO_LABELS},
        {.name = "volumes-from", .hint = "name each with -v: 'ward inspect NAME' shows those of the other container"},
        {.name = "volume-driver", .hint = "ward has no named volumes: -v DIR:PATH binds a directory"},
        {.name = "gpus", .hint = "name the devices: --device /dev/dri, --device /dev/nvidia0; or 'ward sandbox --gpu'"},
        {.name = "log-",
         .hint = "output is that of 'ward run' itself: send it to a file (>FILE), or to the journal with systemd-run"},
        {.name = "health-", .hint = "'ward exec NAME COMMAND' tries it from a script or a timer"},
        {.name = "no-healthcheck", .hint = "there is none: leave it out"},
        {.name = "pod", .hint = "--network container:NAME and --ipc container:NAME share what a pod does"},
        {.name = "pull", .hint = NO_IMAGES},
        {.name = "platform", .hint = NO_IMAGES},
        {.name = "rootfs", .hint = "ROOT is always a directory: leave it out"},
        {.name = "secret", .hint = "bind the file: -v ./secret:/run/secrets/NAME:ro"},
        {.name = "systemd", .hint = "leave it out: a system's init is not run in a container of ward's"},
        {.name = "hooks-dir", .hint = "hooks are of a config.json, which ward-oci runs"},
        {.name = "replace", .hint = "remove the other one first: ward rm -f NAME"},
        {.name = "sig-proxy", .hint = "signals are always passed on: leave it out"},
        {.name = "storage-opt",
         .hint = "for the root 'host' it is --host-size; a directory has the room of its file system"},
        {.name = "oom-kill-disable", .hint = "--oom-score-adj says whom the kernel ends first"},
        /* bubblewrap */
        {.name = "bind", .hint = "write -v SRC:DST; 'ward sandbox --bwrap ...' takes bubblewrap's command line"},
        {.name = "ro-bind", .hint = "write -v SRC:DST:ro; 'ward sandbox --bwrap ...' takes bubblewrap's command line"},
        {.name = "dev-bind",
         .hint = "write --device PATH:PATH; 'ward sandbox --bwrap ...' takes bubblewrap's command line"},
        {.name = "unshare-", .hint = "a container has namespaces of its own, all of them: leave it out"},
        {.name = "share-net", .hint = "write --network host"},
        {.name = "chdir", .hint = "write -w DIR"},
        {.name = "setenv", .hint = "write -e KEY=VALUE"},
        {.name = ""},
};

#define SO_ALREADY "a sandbox is always so: leave it out"
#define OPENS                                                                                                        \
        "--rw DIR opens a directory or file for writing, --ro DIR for reading, where they are; -v says which walls " \
        "stand"
#define BINDS "--rw DIR and --ro DIR open what is there; 'ward sandbox --bwrap ...' takes bubblewrap's command line"

const struct option_foreign sandbox_foreign[] = {
        /* ward run, docker */
        {.name = "rm", .hint = SO_ALREADY},
        {.name = "interactive", .letter = 'i', .hint = SO_ALREADY},
        {.name = "tty",
         .letter = 't',
         .hint = "a sandbox has a terminal of its own where it is called on one: leave it out"},
        {.name = "init", .hint = SO_ALREADY},
        {.name = "read-only", .hint = "the system is read-only in a sandbox; --ro DIR opens a directory for reading"},
        {.name = "detach", .letter = 'd', .hint = DETACH},
        {.name = "network", .hint = "a sandbox has none but loopback; --net gives it the machine's"},
        {.name = "user",
         .letter = 'u',
         .hint = "a sandbox runs as who calls it: 'ward run -u USER host COMMAND' is another user's"},
        {.name = "volume", .hint = OPENS},
        {.name = "mount", .hint = OPENS},
        {.name = "keep",
         .hint = "the system is read-only in a sandbox; 'ward run --keep DIR host' keeps what a program changes"},
        {.name = "privileged", .hint = "a sandbox is there to take rights away: 'ward run --privileged host' has them"},
        {.name = "pid", .hint = SO_ALREADY},
        {.name = "ipc", .hint = SO_ALREADY},
        {.name = "uts", .hint = SO_ALREADY},
        {.name = "userns", .hint = SO_ALREADY},
        {.name = "cgroupns", .hint = SO_ALREADY},
        /* bubblewrap */
        {.name = "bwrap", .hint = "--bwrap stands first, and all behind it is bubblewrap's: ward sandbox --bwrap ..."},
        {.name = "bind", .hint = BINDS},
        {.name = "bind-", .hint = BINDS},
        {.name = "ro-bind", .hint = BINDS},
        {.name = "ro-bind-", .hint = BINDS},
        {.name = "dev-bind", .hint = BINDS},
        {.name = "dev-bind-", .hint = BINDS},
        {.name = "dev", .hint = SO_ALREADY},
        {.name = "proc", .hint = SO_ALREADY},
        {.name = "unshare-", .hint = SO_ALREADY},
        {.name = "share-net", .hint = "--net gives it the machine's network"},
        {.name = "clearenv",
         .hint = "a sandbox has of the environment what programs need to speak with a person; -e gives more"},
        {.name = "setenv", .hint = "write -e KEY=VALUE"},
        {.name = "chdir", .hint = "write -w DIR"},
        {.name = "die-with-parent", .hint = "'ward sandbox --bwrap ...' has it, with bubblewrap's command line"},
        {.name = "new-session", .hint = "a sandbox has a terminal of its own: leave it out"},
        /* firejail */
        {.name = "private", .hint = "the home is hidden in a sandbox: leave it out"},
        {.name = "whitelist", .hint = OPENS},
        {.name = "blacklist", .hint = "--hide DIR closes what would be open"},
        {.name = ""},
};
