/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-oci spec: writes a config.json to begin with: the program sh in a read-only root with its own namespaces, three
 * capabilities and no new privileges. It says the same as the one of runc. --rootless: for an ordinary user, who
 * needs a user namespace, cannot mount a sysfs without a network namespace, and has no second group for the terminals.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "oci/oci.h"

struct spec {
        const char *bundle, *file;
        bool rootless;
};

static const char head[] = "{\n"
                           "  \"ociVersion\": \"" OCI_VERSION_MAX "\",\n"
                           "  \"process\": {\n"
                           "    \"terminal\": true,\n"
                           "    \"user\": { \"uid\": 0, \"gid\": 0 },\n"
                           "    \"args\": [\"sh\"],\n"
                           "    \"env\": [\n"
                           "      \"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
                           "      \"TERM=xterm\"\n"
                           "    ],\n"
                           "    \"cwd\": \"/\",\n"
                           "    \"capabilities\": {\n"
                           "      \"bounding\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
                           "      \"effective\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"],\n"
                           "      \"permitted\": [\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]\n"
                           "    },\n"
                           "    \"rlimits\": [{ \"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024 }],\n"
                           "    \"noNewPrivileges\": true\n"
                           "  },\n"
                           "  \"root\": { \"path\": \"rootfs\", \"readonly\": true },\n"
                           "  \"hostname\": \"ward\",\n"
                           "  \"mounts\": [\n"
                           "    { \"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\" },\n"
                           "    { \"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
                           "      \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"] },\n"
                           "    { \"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n";

static const char pts_privileged[] = "      \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", "
                                     "\"mode=0620\", \"gid=5\"] },\n";

static const char pts_rootless[] =
        "      \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"] },\n";

static const char mounts[] =
        "    { \"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\",\n"
        "      \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\"] },\n"
        "    { \"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\",\n"
        "      \"options\": [\"nosuid\", \"noexec\", \"nodev\"] },\n";

static const char sys_privileged[] = "    { \"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\",\n"
                                     "      \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"] },\n";

static const char sys_rootless[] = "    { \"destination\": \"/sys\", \"type\": \"none\", \"source\": \"/sys\",\n"
                                   "      \"options\": [\"rbind\", \"nosuid\", \"noexec\", \"nodev\", \"ro\"] },\n";

static const char cgroup_mount[] =
        "    { \"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\",\n"
        "      \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\"] }\n"
        "  ],\n"
        "  \"linux\": {\n";

static const char isolation_privileged[] =
        "    \"resources\": { \"devices\": [{ \"allow\": false, \"access\": \"rwm\" }] },\n"
        "    \"namespaces\": [\n"
        "      { \"type\": \"pid\" },\n"
        "      { \"type\": \"network\" },\n"
        "      { \"type\": \"ipc\" },\n"
        "      { \"type\": \"uts\" },\n"
        "      { \"type\": \"mount\" }\n"
        "    ],\n";

static const char namespaces_rootless[] = "    \"namespaces\": [\n"
                                          "      { \"type\": \"pid\" },\n"
                                          "      { \"type\": \"ipc\" },\n"
                                          "      { \"type\": \"uts\" },\n"
                                          "      { \"type\": \"mount\" },\n"
                                          "      { \"type\": \"user\" }\n"
                                          "    ],\n";

static const char tail[] =
        "    \"maskedPaths\": [\n"
        "      \"/proc/acpi\", \"/proc/asound\", \"/proc/kcore\", \"/proc/keys\", \"/proc/latency_stats\",\n"
        "      \"/proc/timer_list\", \"/proc/timer_stats\", \"/proc/sched_debug\", \"/sys/firmware\", \"/proc/scsi\"\n"
        "    ],\n"
        "    \"readonlyPaths\": [\n"
        "      \"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\", \"/proc/sysrq-trigger\"\n"
        "    ]\n"
        "  }\n"
        "}\n";

static void compose(bool rootless, struct text *text)
{
        text_puts(text, head);
        text_puts(text, rootless ? pts_rootless : pts_privileged);
        text_puts(text, mounts);
        text_puts(text, rootless ? sys_rootless : sys_privileged);
        text_puts(text, cgroup_mount);
        if (rootless) {
                text_printf(text, "    \"uidMappings\": [{ \"containerID\": 0, \"hostID\": %u, \"size\": 1 }],\n",
                            geteuid());
                text_printf(text, "    \"gidMappings\": [{ \"containerID\": 0, \"hostID\": %u, \"size\": 1 }],\n",
                            getegid());
        }
        text_puts(text, rootless ? namespaces_rootless : isolation_privileged);
        text_puts(text, tail);
}

static int write_new(const char *path, const struct text *text, struct ward_err *err)
{
        _cleanup_close_
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        int r;

        if (fd < 0 && errno == EEXIST) {
                (void)err_set(err, -EEXIST, "'%s' exists already and is left as it is", path);
                (void)err_hint(err,
                               "remove it first, or name another directory with --bundle, or another file with --file");
                return -EEXIST;
        }
        if (fd < 0)
                return err_errno(err, "make '%s'", path);
        r = fd_write_all(fd, text->data, text->len);
        if (r < 0) {
                (void)unlink(path);
                return err_code(err, r, "write '%s'", path);
        }
        return 0;
}

static int spec(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct spec *o = options;
        const char *file = o->file == NULL ? "config.json" : o->file, *path = file;
        _cleanup_text_ struct text text = {0};

        if (o->bundle != NULL && *file != '/')
                path = arena_concat(&oci->arena, o->bundle, "/", file);
        compose(o->rootless, &text);
        if (path == NULL || text_failed(&text))
                return err_oom(err);
        return write_new(path, &text, err);
}

static const struct option_entry entries[] = {
        {.name = "bundle",
         .letter = 'b',
         .arg = "DIR",
         .help = "where to write it (default: the current directory)",
         OPTION_TEXT(struct spec, bundle)},
        {.name = "file",
         .letter = 'f',
         .arg = "FILE",
         .help = "its name there (default: config.json)",
         OPTION_TEXT(struct spec, file)},
        {.name = "rootless", .help = "for an ordinary user", OPTION_FLAG(struct spec, rootless)},
};

const struct oci_verb oci_spec = {
        .name = "spec",
        .command =
                {
                        .name = "ward-oci spec",
                        .operands = "[OPTIONS]",
                        .summary = "Write a config.json to begin with; an existing one is never overwritten.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct spec),
        .run = spec,
};
