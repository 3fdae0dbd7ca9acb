/* SPDX-License-Identifier: Apache-2.0 */
/* What each mistake of base/mistakes.h means and what to do about it: `ward help E204`, and docs/ERRORS.md. Lines of at most 78 columns. */
#include "cli/help.h"

const struct help_mistake help_mistakes[] = {
        /* ---- the command line ---- */

        {MISTAKE_VERB, "there is no such verb",
         "The first word behind 'ward' says what to do: run, ps, exec, kill ... It is\n"
         "misspelt, or an option of ward itself stands behind the verb. 'ward help'\n"
         "lists the verbs. What docker calls 'start', 'create', 'pull' or 'images' does\n"
         "not exist: a container begins with 'ward run', and its root is a directory."},
        {MISTAKE_OPTION, "there is no such option",
         "The option is misspelt, belongs to another verb, or stands at the wrong place:\n"
         "options of ward itself (--root) come before the verb, those of 'run' before\n"
         "ROOT; what comes behind ROOT is the program's. 'ward run --help-all' lists\n"
         "every option. One that ward does not know is never ignored."},
        {MISTAKE_NO_VALUE, "an option lacks its value",
         "The option takes a value, and it was the last word. The value is the next\n"
         "word, or follows '=': --name web, --name=web."},
        {MISTAKE_WORD, "a value is none of the words that are possible",
         "The option takes one of a few words, which the message lists. Words are\n"
         "written in lower case. Behind a volume several are separated by commas:\n"
         "-v ./src:/src:ro,noexec."},
        {MISTAKE_NUMBER, "a value is not a number, or is out of range",
         "The option takes a number in decimal digits. The message says which ones are\n"
         "possible. --cpus takes a fraction (0.5) or a percentage (50%), times a fraction\n"
         "and units (0.5, 500ms, 1m30s), all others are whole. Limits take 'max', too."},
        {MISTAKE_BYTES, "a value is not a number of bytes",
         "Sizes are digits with an optional fraction and a unit: 64m, 1.5g, 1048576.\n"
         "Units are b, k, m, g, t in either case, also as kb or kib; they are powers\n"
         "of 1024. Limits of memory are also 'max', or a part of the machine's (50%).\n"
         "A size of 0 is refused where the kernel would take it for no limit."},
        {MISTAKE_OPERANDS, "a word is missing, or is too many",
         "The verb takes other words than were given. 'run' needs at least ROOT, 'exec'\n"
         "a NAME and a command, 'rm', 'kill' and 'stop' at least one NAME. The message\n"
         "shows the form. An option whose value was forgotten swallows the next word."},
        {MISTAKE_NO_COMMAND, "there is no command to run",
         "A directory does not say what to run in it, as an image would. Write the\n"
         "command behind ROOT: ward run ./rootfs ls -l. With a terminal (-it) it is a\n"
         "shell. --entrypoint names a program, too."},
        {MISTAKE_CONFLICT, "options exclude each other",
         "Two options ask for what can't be had together, or one only makes sense with\n"
         "another. The message says why; leave one of them out or add what is missing."},
        {MISTAKE_FOREIGN, "an option of another program",
         "The option is known from docker, podman or bubblewrap, and this verb of ward\n"
         "does not have it. It is refused and not ignored, so that nobody relies on\n"
         "what does not happen. The hint says what takes its place, and\n"
         "docs/from-docker.md and docs/from-bubblewrap.md say more."},
        {MISTAKE_RELATIVE, "a path is not absolute",
         "Paths inside the container begin with '/': there is no directory that a\n"
         "relative one could begin at. A path of this machine (the source of a volume,\n"
         "ROOT) may be relative."},
        {MISTAKE_FORM, "a value does not have the form that the option takes",
         "The value is to be put together in a certain way, as KEY=VALUE, SRC:DST or\n"
         "NAME=SOFT:HARD, and a part of it is missing or wrong. The hint shows the form."},
        {MISTAKE_CAPABILITY, "there is no such capability",
         "--cap-add and --cap-drop take the names of capabilities(7), with or without\n"
         "CAP_, in either case, or ALL."},
        {MISTAKE_SIGNAL, "there is no such signal",
         "Signals are named as in signal(7), with or without SIG, in either case (TERM,\n"
         "SIGKILL, RTMIN+3), or are numbers. 'kill -l' lists them."},
        {MISTAKE_RLIMIT, "there is no such resource limit",
         "--ulimit takes the names of getrlimit(2) without RLIMIT_: nofile, nproc, core,\n"
         "memlock, stack ... as limits.conf(5) does."},
        {MISTAKE_TOPIC, "there is no such error",
         "'ward help errors' lists those that have a number. An error without one is\n"
         "rare, and its message is all that can be said."},

        /* ---- the root and the program ---- */

        {MISTAKE_ROOT_MISSING, "the root directory does not exist",
         "ROOT, the first word behind the options of 'ward run', is a directory of this\n"
         "machine with a system in it, or the word 'host'. It is not the name of an\n"
         "image: ward has no registry. A forgotten value of an option before it shifts\n"
         "all words by one."},
        {MISTAKE_ROOT_NO_DIRECTORY, "the root is no directory",
         "ROOT is a file. An archive of a system is unpacked into a directory first:\n"
         "mkdir rootfs; tar -xf FILE -C rootfs."},
        {MISTAKE_ROOT_CLOSED, "the root may not be entered",
         "A directory on the way to ROOT is closed to you. The hint's command shows the\n"
         "owner and mode of each. As an ordinary user keep root directories below your\n"
         "home; root may enter all."},
        {MISTAKE_PROGRAM_MISSING, "the program is not in the container",
         "The container sees the files of its root alone. A name without '/' is looked\n"
         "for in PATH as the container has it, which is not yours: -e PATH=... sets it.\n"
         "The exit status is 127."},
        {MISTAKE_PROGRAM_MODE, "the program may not be executed",
         "The file has no execute bit for the container's user, a directory before it is\n"
         "closed to that user, or it lies on a mount with noexec (tmpfs and /dev are).\n"
         "The exit status is 126."},
        {MISTAKE_PROGRAM_DIRECTORY, "the program is a directory", "Name a program in it. The exit status is 126."},
        {MISTAKE_INTERPRETER, "the interpreter of a script is missing",
         "The script is there, and the program that its first line names ('#!') is not\n"
         "in the container. A first line with a carriage return at its end, as editors\n"
         "on Windows write it, names a program that nobody has. The exit status is 127."},
        {MISTAKE_LOADER, "the loader of a program is missing",
         "The program is linked dynamically, and the loader that it was linked for\n"
         "(/lib64/ld-linux-x86-64.so.2, /lib/ld-musl-x86_64.so.1) is not in the\n"
         "container: the libraries are missing, or it was built for another C library.\n"
         "Copy what ldd(1) lists, link it statically, or take another root. The exit\n"
         "status is 127."},
        {MISTAKE_ARCHITECTURE, "the program is for another machine",
         "The whole root is for another processor, usually: take one for this machine.\n"
         "Where binfmt_misc has an emulator with the flag F, it runs all the same. The\n"
         "exit status is 126."},
        {MISTAKE_PROGRAM_FORMAT, "the file is no program",
         "It is neither an ELF program nor a script with '#!' in its first line. A shell\n"
         "would run such a file as a script; the kernel does not: write\n"
         "ward run ROOT sh FILE. The exit status is 126."},
        {MISTAKE_WORKDIR, "the working directory does not exist",
         "The directory of --workdir is not in the container. docker makes it; ward does\n"
         "not change a root that it was given. Make it, or mount something there."},
        {MISTAKE_EXEC_FILTERED, "the filter of system calls forbids to execute programs",
         "The seccomp profile that was given refuses execve(2), which the start itself\n"
         "needs. Allow it in the profile."},

        /* ---- files and devices ---- */

        {MISTAKE_SOURCE_MISSING, "what shall be mounted does not exist",
         "The source of -v or --mount is not on this machine. docker makes a directory\n"
         "in its place, which hides misspelt names; ward does not. A relative path\n"
         "begins at the directory where ward was called."},
        {MISTAKE_VOLUME_NAME, "there are no named volumes",
         "To docker a source without '/' is the name of a volume that it keeps. ward\n"
         "keeps none: bind a directory of your own. One beside you is written ./NAME."},
        {MISTAKE_IDMAP, "a file system can't show other owners",
         "The container has ids of its own, and what is bound into it shows them as\n"
         "yours by an id-mapped mount (mount_setattr(2)). The file system of the source,\n"
         "or one mounted in it, has no such mounts: overlay, NFS, FUSE and the like.\n"
         "With :noidmap behind the volume its owners are shown as nobody; with\n"
         "--userns=host the container has the machine's ids, and its root is root."},
        {MISTAKE_TARGET_READ_ONLY, "a mount has nowhere to be",
         "The directory or file that something is to be mounted on is missing, and the\n"
         "root lies on a read-only file system, so that it can't be made. Make it in the\n"
         "root beforehand, or mount on what is there."},
        {MISTAKE_DISK_FULL, "there is no room left",
         "A file system is full: the one of the root, where the targets of mounts are\n"
         "made, or that of /run, where the state of containers is kept. 'df' and 'df -i'\n"
         "show which one; 'ward gc' removes what crashed containers left."},
        {MISTAKE_NO_DEVICE, "a device can't be given",
         "--device takes a character or block device of this machine, or a directory of\n"
         "them, as PATH, PATH:PATH or PATH:PATH:rwm. A file or directory is for -v."},
        {MISTAKE_FILE_UNREADABLE, "a file that an option names can't be read",
         "The file of --env-file, --seccomp or --security-opt seccomp= does not exist or\n"
         "is closed to you. It is a file of this machine; a relative path begins where\n"
         "ward was called."},
        {MISTAKE_PROFILE, "the seccomp profile has a mistake",
         "The message begins with the file, the line and the column. Understood are the\n"
         "forms of docker (with archMap and includes) and of the OCI. Names of system\n"
         "calls that this version does not know are mistakes, too: a rule that is\n"
         "skipped protects nobody. --allow-unknown leaves them out. 'ward seccomp lint'\n"
         "finds what is no mistake and was not meant either."},
        {MISTAKE_FILE_EXISTS, "the file for the name exists already",
         "--cidfile writes the container's name to a new file, so that a script never\n"
         "takes the name of an earlier container for that of its own. Remove the file\n"
         "with the container that it names."},
        {MISTAKE_FILE_UNWRITABLE, "a file can't be written",
         "The directory of --cidfile or --pidfile does not exist or is closed to you.\n"
         "ward makes the file, not its directory."},
        {MISTAKE_KEEP_SHARED, "the directory of kept changes is open to others",
         "What --keep keeps becomes files of the container's system. Who may write to\n"
         "the directory could put programs there, so it must be yours alone."},
        {MISTAKE_MOUNT_OPTION, "a file system does not know an option",
         "The word is neither one of mount(8) nor an option of this file system, or its\n"
         "value is not possible. For tmpfs: size=64m, mode=700, nr_inodes=, uid=, gid=\n"
         "(tmpfs(5))."},
        {MISTAKE_PROFILE_FORM, "a profile has a mistake",
         "The message begins with the file, the line and the column. A profile is a map\n"
         "of keys and values; 'ward profile keys' lists them, docs/PROFILES.md explains\n"
         "them. A key that ward does not know, or that is there twice, is never ignored.\n"
         "Of YAML, anchors, aliases, tags and several documents are refused."},
        {MISTAKE_NO_PROFILE, "there is no such profile",
         "A profile is looked for by its name in ~/.config/ward/profiles, in\n"
         "/etc/ward/profiles and among those that come with ward: 'ward profile list'.\n"
         "A file is named by its path, with a '/' or with .yaml at its end."},

        /* ---- users and rights ---- */

        {MISTAKE_USER, "the container has no such user",
         "--user takes a name of the root's own /etc/passwd, not of this machine's, or\n"
         "a number, which needs no entry there."},
        {MISTAKE_GROUP, "the container has no such group",
         "The part of --user behind the colon, and --group-add, take a name of the\n"
         "root's own /etc/group or a number."},
        {MISTAKE_ID_RANGE, "an id is outside of those that the container has",
         "A container has 65,536 ids of its own, 0 to 65535, which stand for ids of this\n"
         "machine that nobody else has. An ordinary user's has those that /etc/subuid\n"
         "gives. Other ids don't exist in it; with --userns=host it has the machine's."},
        {MISTAKE_SUBORDINATE_IDS, "you have no ids to give to a container",
         "An ordinary user's container has one user, you. More of them (--userns auto,\n"
         "--group-add) are taken from the lines for you in /etc/subuid and /etc/subgid,\n"
         "which root writes: subuid(5)."},
        {MISTAKE_NEWUIDMAP, "newuidmap or newgidmap is missing",
         "Giving a container several ids takes two small programs that may do so for an\n"
         "ordinary user: the package uidmap. Without --userns auto and --group-add none\n"
         "is needed."},
        {MISTAKE_USERNS_OFF, "user namespaces can't be made here",
         "The start was refused a namespace: the machine forbids user namespaces to\n"
         "ordinary users (sysctl user.max_user_namespaces or\n"
         "kernel.unprivileged_userns_clone, AppArmor), too many are in use, or ward runs\n"
         "inside a chroot."},
        {MISTAKE_MACHINE_USERS, "only root may share the machine's users",
         "What gives an ordinary user the rights to make namespaces and mounts is a user\n"
         "namespace of the container's own. Leave --userns host out: with no option the\n"
         "container's user is you."},
        {MISTAKE_OWNERS, "the owners of files can't be changed so",
         "A word behind a volume asks for another owner of its files, and that is not\n"
         "possible here. For an ordinary user no word is needed: whoever the container's\n"
         "user is inside, outside it is you."},
        {MISTAKE_RIGHTS, "you may not set this",
         "The setting takes a right that you don't have: a lower --oom-score-adj than\n"
         "your own and a hard limit above your own take root, and so do\n"
         "namespaces without a user namespace."},
        {MISTAKE_WALL, "a wall that is required would not be whole",
         "--require names walls that must stand for the program to run, and another\n"
         "option opens one of them, or this machine can't build it. 'ward run --strength'\n"
         "shows them all. With --verify a wall was found open when it was tried from\n"
         "inside. 'ward sandbox' ends with status 123 then."},

        {MISTAKE_OUTER_CONTAINER, "the container around this program forbids it",
         "ward runs inside a container that has taken from it what a container of its own\n"
         "takes: the right to mount, or a /proc of which nothing is masked. 'ward doctor'\n"
         "shows what is missing. 'ward sandbox' does without, behind weaker walls."},

        /* ---- limits and settings ---- */

        {MISTAKE_MEMORY_TOO_LOW, "the memory limit is too low to start in",
         "The kernel killed the container's first process before its program ran. The\n"
         "start itself needs a quarter of a megabyte; --memory is in bytes where no unit\n"
         "follows: 64m."},
        {MISTAKE_OUT_OF_MEMORY, "the container ran out of memory",
         "Its processes needed more than --memory allows, and the kernel ended one. This\n"
         "is a warning beside the exit status of the program, which is 137 when it was\n"
         "the one. Memory file systems (--tmpfs, /dev/shm, what is changed of the root\n"
         "'host') count, too."},
        {MISTAKE_NO_GROUP, "limits need a control group",
         "--memory, --cpus, --pids-limit and their like are kept by control groups, and\n"
         "an ordinary user has none that he may divide. With systemd and cgroup v2:\n"
         "systemd-run --user --scope -p Delegate=yes ward run ... A limit that can't be\n"
         "kept is an error and never left out."},
        {MISTAKE_CPUSET, "there are no such processors or memory nodes",
         "--cpuset-cpus and --cpuset-mems take numbers and ranges (0-3,8) of what the\n"
         "machine has and the group above may use: /sys/devices/system/cpu/online."},
        {MISTAKE_SYSCTL_MACHINE, "a setting belongs to the whole machine",
         "--sysctl sets what each container has for itself: net.*, fs.mqueue.*,\n"
         "kernel.msg*, kernel.sem and kernel.shm*. All others are the machine's: root\n"
         "sets them there."},
        {MISTAKE_SYSCTL_SHARED, "a setting would be changed for others, too",
         "The setting belongs to a namespace that the container shares with the machine\n"
         "or with another container (--network host, --ipc container:...)."},
        {MISTAKE_TIMEOUT, "the container ran out of time",
         "It ran longer than --timeout, and was killed; the exit status is 124, as that\n"
         "of timeout(1). This is a warning."},
        {MISTAKE_CPU_TIME, "the container ran out of processor time",
         "All its processes together used more than --cpu-time, and were killed; the\n"
         "exit status is 124. Time in which they waited does not count: that is\n"
         "--timeout."},
        {MISTAKE_OUTPUT, "the container wrote too much",
         "It wrote more than --output-limit to standard output and error together. What\n"
         "was over is lost, and the container was killed; the exit status is 124."},
        {MISTAKE_PROCESSES, "the container ran out of processes",
         "New processes or threads were refused at --pids-limit (4096 by default), and\n"
         "the program failed. This is a warning beside its exit status: it need not be\n"
         "why."},

        /* ---- containers ---- */

        {MISTAKE_NAME_TAKEN, "the name is taken",
         "A container of this name exists; a stopped one keeps its name until it is\n"
         "removed. 'ward ps -a' shows it, 'ward rm NAME' removes it, and 'ward run --rm'\n"
         "removes the container at its end."},
        {MISTAKE_NO_CONTAINER, "there is no such container",
         "'ward ps -a' lists all of them, stopped ones, too. What ran with --rm is gone\n"
         "when it has ended. Root's containers and those of each user are kept apart,\n"
         "and --root names another place."},
        {MISTAKE_NOT_RUNNING, "the container does not run",
         "It has ended, and only 'ward rm' and 'ward run' with its name, once it is\n"
         "removed, can be done with it. 'ward ps -a' shows how things are."},
        {MISTAKE_RUNNING, "the container runs",
         "What runs is not removed by accident. 'ward stop NAME' ends it first, or\n"
         "'ward rm --force NAME' kills and removes it in one."},
        {MISTAKE_NAME, "that can't be a container's name",
         "Names have letters, digits and _ + . -, begin with none of . and -, and have at\n"
         "most 255 bytes: they are names of directories and of control groups."},
        {MISTAKE_STATE_OWNER, "the state directory is somebody else's",
         "Who writes there decides what 'ward kill' kills, so ward uses a directory of\n"
         "your own only. sudo with your environment, or --root with another's directory,\n"
         "leads here. Root's is /run/ward, a user's is in $XDG_RUNTIME_DIR."},
        {MISTAKE_STATE_OPEN, "the state directory can be written by others",
         "Others could change what is known of your containers. The hint's command\n"
         "closes it; ward makes it closed from the start."},
        {MISTAKE_STATE_PATH, "the state directory is none",
         "The path of --root names a file, a symbolic link, or a directory that is for\n"
         "something else. A link is not followed: whoever may exchange it would choose the\n"
         "directory. What ward has not made there, it does not remove."},
        {MISTAKE_NAMESPACE_FILE, "there is no such namespace to join",
         "ns:PATH names a file that stands for a namespace: /run/netns/NAME, which\n"
         "ip-netns(8) makes, or /proc/PID/ns/net of a process that still runs."},
};

const size_t help_mistake_count = sizeof(help_mistakes) / sizeof(help_mistakes[0]);
