/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests look at before and after, in sorted lines, of which two outputs are compared:
 *
 *      state machine WORK ID     what a start must not change: mounts, groups and processes that are of a test at WORK, whose containers carry ID
 *      state host WORK ID        what an escape would leave on the host: mounts, groups, links, nodes of /dev, settings, keyrings. Others may be at
 *                                work on the machine: of mounts those count that are ours, and all where WARD_ISOLATED says that nobody else is here
 *      state files FOLDER        names, types, modes, owners, sizes, times and content of all below it
 *
 * One program, since in an emulated machine each of the thirty that a shell calls for it takes as long as a start. Linked statically, because tests
 * run it in any root file system. What goes while it is looked at is of others, and is left out.
 */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FIELDS 10 /* that are looked at, of a line */

static char **lines;
static size_t count, room;

static void die(const char *what)
{
        (void)fprintf(stderr, "state: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
        va_list args;

        if (count == room) {
                room = room == 0 ? 256 : 2 * room;
                lines = reallocarray(lines, room, sizeof(*lines));
        }
        va_start(args, format);
        if (lines == NULL || vasprintf(&lines[count++], format, args) < 0)
                die("memory");
        va_end(args);
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The whole file, which the caller frees; NULL: it can't be read. */
static char *content(const char *path, size_t *ret_len)
{
        FILE *file = fopen(path, "re");
        char *text = NULL;
        size_t size = 0;
        ssize_t len;

        if (file == NULL)
                return NULL;
        len = getdelim(&text, &size, -1, file);
        (void)fclose(file);
        if (len < 0)
                len = 0;
        if (text == NULL && (text = calloc(1, 1)) == NULL)
                die("memory");
        *ret_len = (size_t)len;
        return text;
}

/* Calls @each for every line of the file. */
static void each_line(const char *path, void (*each)(char *line, const char *what), const char *what)
{
        size_t len;
        char *text = content(path, &len), *rest = text, *line;

        while ((line = strsep(&rest, "\n")) != NULL)
                if (*line != '\0')
                        each(line, what);
        free(text);
}

/* Cuts a line up at blanks; fields that it does not have are "". */
static void cut(char *line, const char *fields[FIELDS])
{
        for (size_t i = 0; i < FIELDS; i++) {
                const char *field;

                if (line != NULL)
                        line += strspn(line, " ");
                field = strsep(&line, " ");
                fields[i] = field == NULL ? "" : field;
        }
}

/* Calls @each for the folder or file and everything below it; with FTS_XDEV for mount points and not for what is in them. */
static void walk(const char *path, int flags, void (*each)(const FTSENT *entry, const char *what), const char *what)
{
        FTS *tree = fts_open((char *[]){(char *)path, NULL}, FTS_PHYSICAL | FTS_NOCHDIR | flags, NULL);
        FTSENT *entry;

        if (tree == NULL)
                die(path);
        while ((entry = fts_read(tree)) != NULL)
                if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS && entry->fts_info != FTS_DNR &&
                    entry->fts_info != FTS_ERR)
                        each(entry, what);
        (void)fts_close(tree);
}

static const char *work, *id;

static void add_group(const FTSENT *entry, const char *what)
{
        if (entry->fts_info == FTS_D && strstr(entry->fts_name, id) != NULL)
                add("%s %s", what, entry->fts_path);
}

static void groups(void)
{
        walk("/sys/fs/cgroup", 0, add_group, "group");
}

/* ---- machine -------------------------------------------------------------------------------------------------------------- */

static bool is_word_character(char c)
{
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether @text has @word, behind which the word ends. */
static bool has_word(const char *text, const char *word)
{
        for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
                if (!is_word_character(at[strlen(word)]))
                        return true;
        return false;
}

static void add_our_mount(char *line, const char *what)
{
        const char *fields[FIELDS];

        cut(line, fields);
        if (strstr(fields[4], work) != NULL || strstr(fields[4], id) != NULL)
                add("%s %s", what, fields[4]);
}

/* The test's own shell and what it asks with. */
static bool is_the_tests(const char *comm)
{
        static const char *const names[] = {"bats", "bash", "timeout", "sh", "state"};

        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                if (strncmp(comm, names[i], strlen(names[i])) == 0 && !is_word_character(comm[strlen(names[i])]))
                        return true;
        return false;
}

static void add_process(const char *pid)
{
        char path[64], *words, *comm;
        size_t len, comm_len;

        (void)snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
        words = content(path, &len);
        (void)snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
        comm = content(path, &comm_len);
        for (size_t i = 0; words != NULL && i + 1 < len; i++)
                if (words[i] == '\0')
                        words[i] = ' ';
        if (words != NULL && comm != NULL && comm_len > 0) {
                const char *at = strstr(words, work);

                while (at != NULL && at[strlen(work)] != '/')
                        at = strstr(at + 1, work);
                comm[comm_len - 1] = '\0';
                if ((at != NULL || has_word(words, id)) && !is_the_tests(comm))
                        add("process %s %s", pid, comm);
        }
        free(words);
        free(comm);
}

static void machine(void)
{
        DIR *processes = opendir("/proc");
        struct dirent *entry;

        if (processes == NULL)
                die("/proc");
        each_line("/proc/self/mountinfo", add_our_mount, "mount");
        groups();
        while ((entry = readdir(processes)) != NULL)
                if (*entry->d_name >= '1' && *entry->d_name <= '9')
                        add_process(entry->d_name);
        (void)closedir(processes);
}

/* ---- host ----------------------------------------------------------------------------------------------------------------- */

static bool isolated;

static void add_mount(char *line, const char *what)
{
        const char *fields[FIELDS];

        if (!isolated && strstr(line, work) == NULL)
                return;
        cut(line, fields);
        add("%s %s %s %s %s %s %s %s %s", what, fields[0], fields[1], fields[2], fields[3], fields[4], fields[5],
            fields[6], fields[7]);
}

static void add_link(char *line, const char *what)
{
        char *end = strchr(line, ':');

        if (end == NULL)
                return;
        *end = '\0';
        add("%s %s", what, line + strspn(line, " "));
}

/* crun gives its standard input, which may be the machine's /dev/null, to the container's root: owners count where nobody else is. */
static void add_node(const FTSENT *entry, const char *what)
{
        const struct stat *st = entry->fts_statp;
        char target[PATH_MAX] = "";

        if (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE) {
                if (readlink(entry->fts_path, target, sizeof(target) - 1) >= 0)
                        add("%s %s -> %s", what, entry->fts_path, target);
                return;
        }
        add("%s %s %o %u:%u %d:%d", what, entry->fts_path, st->st_mode, major(st->st_rdev), minor(st->st_rdev),
            isolated ? (int)st->st_uid : -1, isolated ? (int)st->st_gid : -1);
}

static void add_value(const FTSENT *entry, const char *what)
{
        char *text, *rest, *line;
        size_t len;

        if (entry->fts_info != FTS_F)
                return;
        rest = text = content(entry->fts_path, &len);
        while ((line = strsep(&rest, "\n")) != NULL)
                if (*line != '\0')
                        add("%s %s %s", what, entry->fts_path, line);
        free(text);
}

/* Those that tests of ours try to change, and those that would hand the machine over. */
static void settings(void)
{
        static const char *const names[] = {
                "kernel/core_pattern",
                "kernel/core_uses_pid",
                "kernel/hostname",
                "kernel/domainname",
                "kernel/modprobe",
                "kernel/panic",
                "kernel/printk",
                "kernel/shmmax",
                "kernel/shm_rmid_forced",
                "kernel/sysrq",
                "kernel/kptr_restrict",
                "kernel/dmesg_restrict",
                "kernel/perf_event_paranoid",
                "kernel/unprivileged_bpf_disabled",
                "kernel/yama",
                "vm/overcommit_memory",
                "vm/swappiness",
                "vm/mmap_min_addr",
                "fs/file-max",
                "fs/mqueue",
                "fs/suid_dumpable",
                "fs/protected_symlinks",
                "user",
                "net/ipv4/ip_forward",
                "net/ipv4/ip_default_ttl",
                "net/ipv4/ip_local_port_range",
                "net/ipv4/ping_group_range",
                "net/ipv4/tcp_syncookies",
                "net/ipv4/conf/all",
                "net/ipv4/conf/default",
                "net/unix",
        };
        glob_t agents;

        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
                char path[64];

                (void)snprintf(path, sizeof(path), "/proc/sys/%s", names[i]);
                walk(path, 0, add_value, "setting");
        }
        if (glob("/sys/fs/cgroup/{*/,}release_agent", GLOB_BRACE, NULL, &agents) == 0) {
                for (size_t i = 0; i < agents.gl_pathc; i++)
                        walk(agents.gl_pathv[i], 0, add_value, "agent");
                globfree(&agents);
        }
}

/* A new keyring of root's, or a key in the ones that all of root's processes share. */
static void add_keyring(char *line, const char *what)
{
        const char *fields[FIELDS];

        cut(line, fields);
        if (strncmp(fields[8], "_uid", strlen("_uid")) == 0)
                add("%s %s %s %s %s %s %s", what, fields[0], fields[4], fields[5], fields[6], fields[8], fields[9]);
}

static void host(void)
{
        size_t len;
        char *map = content("/proc/self/uid_map", &len);

        isolated = getenv("WARD_ISOLATED") != NULL;
        each_line("/proc/self/mountinfo", add_mount, "mount");
        groups();
        each_line("/proc/net/dev", add_link, "link");
        walk("/dev", FTS_XDEV, add_node, "node");
        settings();
        /* Those of a user namespace are shown to who happens to possess them alone (proc_keys(5)). */
        if (map != NULL && strstr(map, " 4294967295\n") != NULL)
                each_line("/proc/keys", add_keyring, "keyring");
        free(map);
}

/* ---- files ---------------------------------------------------------------------------------------------------------------- */

/* By its 64-bit FNV-1a: nobody attacks the test. */
static uint64_t sum_of(const char *path)
{
        uint64_t sum = UINT64_C(0xcbf29ce484222325);
        size_t len = 0;
        char *text = content(path, &len);

        for (size_t i = 0; text != NULL && i < len; i++)
                sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
        free(text);
        return sum;
}

static void add_file(const FTSENT *entry, const char *what)
{
        const struct stat *st = entry->fts_statp;
        char target[PATH_MAX] = "";

        if (S_ISLNK(st->st_mode) && readlink(entry->fts_path, target, sizeof(target) - 1) < 0)
                die(entry->fts_path);
        add("%s %s %o %u:%u %lld %lu %lld.%09ld %lld.%09ld %s %016llx", what, entry->fts_path, st->st_mode, st->st_uid,
            st->st_gid, (long long)st->st_size, (unsigned long)st->st_nlink, (long long)st->st_mtim.tv_sec,
            st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec, target,
            S_ISREG(st->st_mode) ? (unsigned long long)sum_of(entry->fts_path) : 0ULL);
}

int main(int argc, char **argv)
{
        const char *what = argc > 2 ? argv[1] : "";

        if (argc == 3 && strcmp(what, "files") == 0) {
                walk(argv[2], 0, add_file, "file");
        } else if (argc == 4 && (strcmp(what, "machine") == 0 || strcmp(what, "host") == 0)) {
                work = argv[2];
                id = argv[3];
                *what == 'm' ? machine() : host();
        } else {
                (void)fprintf(stderr, "usage: state machine|host WORK ID, state files FOLDER\n");
                return 2;
        }
        qsort(lines, count, sizeof(*lines), compare);
        for (size_t i = 0; i < count; i++)
                (void)puts(lines[i]);
        return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
