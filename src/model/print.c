/* SPDX-License-Identifier: Apache-2.0 */
/* struct ward_spec → config.json; see print.h. What has its default value is left out. */
#include "model/print.h"

#include <inttypes.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/personality.h>

#include "base/json.h"
#include "base/names.h"
#include "model/limit-words.h"
#include "model/mount-words.h"
#include "model/schedule-words.h"

/* Indented JSON: the only state is how deep, and whether a comma is due. */
struct writer {
        struct text *text;
        unsigned depth;
        bool comma;
};

/* Begins a value: of an object with its key, of an array with NULL. */
static void begin(struct writer *writer, const char *key)
{
        if (writer->comma)
                text_puts(writer->text, ",");
        if (writer->depth > 0)
                text_puts(writer->text, "\n");
        for (unsigned i = 0; i < writer->depth; i++)
                text_puts(writer->text, "\t");
        if (key != NULL) {
                json_write_string(writer->text, key);
                text_puts(writer->text, ": ");
        }
        writer->comma = true;
}

static void open(struct writer *writer, const char *key, const char *bracket)
{
        begin(writer, key);
        text_puts(writer->text, bracket);
        writer->depth++;
        writer->comma = false;
}

static void close(struct writer *writer, const char *bracket)
{
        bool empty = !writer->comma;

        writer->depth--;
        if (!empty) {
                text_puts(writer->text, "\n");
                for (unsigned i = 0; i < writer->depth; i++)
                        text_puts(writer->text, "\t");
        }
        text_puts(writer->text, bracket);
        writer->comma = true;
}

static void string(struct writer *writer, const char *key, const char *value)
{
        if (value == NULL)
                return;
        begin(writer, key);
        json_write_string(writer->text, value);
}

static void number(struct writer *writer, const char *key, int64_t value)
{
        begin(writer, key);
        text_printf(writer->text, "%" PRId64, value);
}

static void large(struct writer *writer, const char *key, uint64_t value)
{
        begin(writer, key);
        text_printf(writer->text, "%" PRIu64, value);
}

static void optional(struct writer *writer, const char *key, const struct spec_i64 *value)
{
        if (value->given)
                number(writer, key, value->value);
}

static void truth(struct writer *writer, const char *key, bool value)
{
        begin(writer, key);
        text_puts(writer->text, value ? "true" : "false");
}

static void strings(struct writer *writer, const char *key, const char *const *values)
{
        if (values == NULL)
                return;
        open(writer, key, "[");
        for (; *values != NULL; values++)
                string(writer, NULL, *values);
        close(writer, "]");
}

static void paths(struct writer *writer, const char *key, const struct spec_path *list, size_t count)
{
        if (count == 0)
                return;
        open(writer, key, "[");
        for (size_t i = 0; i < count; i++)
                string(writer, NULL, list[i].path);
        close(writer, "]");
}

/* ------------------------------------------------------------------------------------------------------------- process */

static void print_cap_set(struct writer *writer, const char *key, uint64_t set)
{
        open(writer, key, "[");
        for (int cap = 0; cap < CAP_NAME_COUNT; cap++)
                if (set & UINT64_C(1) << cap)
                        string(writer, NULL, cap_names[cap]);
        close(writer, "]");
}

static void print_caps(struct writer *writer, const struct spec_caps *caps)
{
        if (!caps->given)
                return;
        open(writer, "capabilities", "{");
        print_cap_set(writer, "bounding", caps->bounding);
        print_cap_set(writer, "effective", caps->effective);
        print_cap_set(writer, "inheritable", caps->inheritable);
        print_cap_set(writer, "permitted", caps->permitted);
        print_cap_set(writer, "ambient", caps->ambient);
        close(writer, "}");
}

static void print_user(struct writer *writer, const struct spec_process *process)
{
        open(writer, "user", "{");
        large(writer, "uid", process->uid);
        large(writer, "gid", process->gid);
        if (process->umask != UINT32_MAX)
                large(writer, "umask", process->umask);
        if (process->group_count > 0) {
                open(writer, "additionalGids", "[");
                for (size_t i = 0; i < process->group_count; i++)
                        large(writer, NULL, process->groups[i]);
                close(writer, "]");
        }
        close(writer, "}");
}

static void print_rlimits(struct writer *writer, const struct spec_process *process)
{
        if (process->rlimit_count == 0)
                return;
        open(writer, "rlimits", "[");
        for (size_t i = 0; i < process->rlimit_count; i++) {
                open(writer, NULL, "{");
                string(writer, "type", rlimit_names[process->rlimits[i].resource]);
                large(writer, "hard", process->rlimits[i].hard);
                large(writer, "soft", process->rlimits[i].soft);
                close(writer, "}");
        }
        close(writer, "]");
}

/* The words for the bits of @flags; no key without any. */
static void print_flags(struct writer *writer, const struct schedule_words *words, uint64_t flags)
{
        if (flags == 0)
                return;
        open(writer, "flags", "[");
        for (size_t i = 0; i < words->count; i++)
                if ((flags & words->words[i].value) != 0)
                        string(writer, NULL, words->words[i].name);
        close(writer, "]");
}

static void print_scheduler(struct writer *writer, const struct spec_scheduler *scheduler)
{
        if (!scheduler->given)
                return;
        open(writer, "scheduler", "{");
        string(writer, "policy", schedule_word_name(&schedule_policies, scheduler->policy));
        number(writer, "nice", scheduler->nice);
        large(writer, "priority", scheduler->priority);
        print_flags(writer, &schedule_flags, scheduler->flags);
        large(writer, "runtime", scheduler->runtime_nsec);
        large(writer, "deadline", scheduler->deadline_nsec);
        large(writer, "period", scheduler->period_nsec);
        close(writer, "}");
}

static void print_schedule(struct writer *writer, const struct spec_process *process)
{
        print_scheduler(writer, &process->scheduler);
        if (process->io_priority.given) {
                open(writer, "ioPriority", "{");
                string(writer, "class", schedule_word_name(&schedule_classes, process->io_priority.class));
                large(writer, "priority", process->io_priority.level);
                close(writer, "}");
        }
        if (process->affinity_initial.text != NULL || process->affinity_final.text != NULL) {
                open(writer, "execCPUAffinity", "{");
                string(writer, "initial", process->affinity_initial.text);
                string(writer, "final", process->affinity_final.text);
                close(writer, "}");
        }
}

static void print_process(struct writer *writer, const struct spec_process *process)
{
        open(writer, "process", "{");
        if (process->terminal)
                truth(writer, "terminal", true);
        if (process->rows > 0 || process->columns > 0) {
                open(writer, "consoleSize", "{");
                large(writer, "height", process->rows);
                large(writer, "width", process->columns);
                close(writer, "}");
        }
        print_user(writer, process);
        strings(writer, "args", process->argv);
        strings(writer, "env", process->envp);
        string(writer, "cwd", process->cwd);
        print_caps(writer, &process->caps);
        print_rlimits(writer, process);
        truth(writer, "noNewPrivileges", process->no_new_privs);
        string(writer, "apparmorProfile", process->apparmor_profile);
        string(writer, "selinuxLabel", process->selinux_label);
        if (process->oom_score_given)
                number(writer, "oomScoreAdj", process->oom_score_adj);
        print_schedule(writer, process);
        close(writer, "}");
}

/* -------------------------------------------------------------------------------------------------------------- mounts */

static void print_id_maps(struct writer *writer, const char *key, const struct spec_id_map *maps, size_t count)
{
        if (count == 0)
                return;
        open(writer, key, "[");
        for (size_t i = 0; i < count; i++) {
                open(writer, NULL, "{");
                large(writer, "containerID", maps[i].container_id);
                large(writer, "hostID", maps[i].host_id);
                large(writer, "size", maps[i].count);
                close(writer, "}");
        }
        close(writer, "]");
}

/* The words for one pair of masks. Times are one field: the word that sets its value also clears the others. */
static void print_attrs(struct writer *writer, uint64_t set, uint64_t clear, unsigned tree)
{
        for (size_t i = 0; i < mount_word_count; i++) {
                const struct mount_word *word = &mount_words[i];
                bool wanted = false;

                if (word->kind == (MOUNT_WORD_SET | tree))
                        wanted = word->attr != 0 && (set & word->attr) == word->attr;
                else if (word->kind == (MOUNT_WORD_CLEAR | tree))
                        wanted = word->attr != 0 && (clear & word->attr) == word->attr;
                else if (word->kind == (MOUNT_WORD_SET_ATIME | tree))
                        wanted = ((set | clear) & MOUNT_ATTR__ATIME) && (set & MOUNT_ATTR__ATIME) == word->attr;
                if (wanted)
                        string(writer, NULL, word->name);
        }
}

static const char *propagation_word(unsigned long propagation)
{
        for (size_t i = 0; i < mount_word_count; i++)
                if (mount_words[i].kind == MOUNT_WORD_PROPAGATION && mount_words[i].flags == propagation)
                        return mount_words[i].name;
        return NULL;
}

static void print_options(struct writer *writer, const struct spec_mount *mount)
{
        open(writer, "options", "[");
        if (mount->remount)
                string(writer, NULL, "remount");
        if (mount->remount && !mount->remount_fs)
                string(writer, NULL, "bind");
        if (mount->bind)
                string(writer, NULL, mount->recursive ? "rbind" : "bind");
        if (mount->idmap)
                string(writer, NULL, mount->idmap_recursive ? "ridmap" : "idmap");
        if (mount->copy_up)
                string(writer, NULL, "tmpcopyup");
        if (mount->copy_symlink)
                string(writer, NULL, "copy-symlink");
        print_attrs(writer, mount->attr_set, mount->attr_clear, 0);
        print_attrs(writer, mount->rattr_set, mount->rattr_clear, MOUNT_WORD_TREE);
        for (size_t i = 0; i < mount_word_count; i++) {
                const struct mount_word *word = &mount_words[i];

                if (word->kind == MOUNT_WORD_SET && word->attr == 0 && (mount->superblock_flags & word->flags))
                        string(writer, NULL, word->name);
        }
        string(writer, NULL, propagation_word(mount->propagation_before));
        string(writer, NULL, propagation_word(mount->propagation));
        string(writer, NULL, mount->data);
        close(writer, "]");
}

static void print_mounts(struct writer *writer, const struct ward_spec *spec)
{
        if (spec->mount_count == 0)
                return;
        open(writer, "mounts", "[");
        for (size_t i = 0; i < spec->mount_count; i++) {
                const struct spec_mount *mount = &spec->mounts[i];

                open(writer, NULL, "{");
                string(writer, "destination", mount->destination);
                string(writer, "type", mount->type);
                string(writer, "source", mount->source);
                print_options(writer, mount);
                print_id_maps(writer, "uidMappings", mount->maps.uid, mount->maps.uid_count);
                print_id_maps(writer, "gidMappings", mount->maps.gid, mount->maps.gid_count);
                close(writer, "}");
        }
        close(writer, "]");
}

/* --------------------------------------------------------------------------------------------------------------- hooks */

static const char *const hook_names[SPEC_HOOK_COUNT] = {
        [SPEC_HOOK_PRESTART] = "prestart",
        [SPEC_HOOK_CREATE_RUNTIME] = "createRuntime",
        [SPEC_HOOK_CREATE_CONTAINER] = "createContainer",
        [SPEC_HOOK_START_CONTAINER] = "startContainer",
        [SPEC_HOOK_POSTSTART] = "poststart",
        [SPEC_HOOK_POSTSTOP] = "poststop",
};

static void print_hooks(struct writer *writer, const struct ward_spec *spec)
{
        open(writer, "hooks", "{");
        for (int kind = 0; kind < SPEC_HOOK_COUNT; kind++) {
                if (spec->hooks[kind].count == 0)
                        continue;
                open(writer, hook_names[kind], "[");
                for (size_t i = 0; i < spec->hooks[kind].count; i++) {
                        const struct spec_hook *hook = &spec->hooks[kind].hooks[i];

                        open(writer, NULL, "{");
                        string(writer, "path", hook->path);
                        strings(writer, "args", hook->argv);
                        strings(writer, "env", hook->envp);
                        if (hook->timeout_sec > 0)
                                large(writer, "timeout", hook->timeout_sec);
                        close(writer, "}");
                }
                close(writer, "]");
        }
        close(writer, "}");
}

/* ----------------------------------------------------------------------------------------------------------- resources */

static const char *device_type(enum spec_device_type type)
{
        static const char *const words[] = {
                [SPEC_DEVICE_CHAR] = "c", [SPEC_DEVICE_BLOCK] = "b", [SPEC_DEVICE_FIFO] = "p", [SPEC_DEVICE_ALL] = "a"};

        return words[type];
}

static void print_device_rules(struct writer *writer, const struct spec_resources *resources)
{
        if (resources->device_rule_count == 0)
                return;
        open(writer, "devices", "[");
        for (size_t i = 0; i < resources->device_rule_count; i++) {
                const struct spec_device_rule *rule = &resources->device_rules[i];
                char access[4] = "", *at = access;

                open(writer, NULL, "{");
                truth(writer, "allow", rule->allow);
                string(writer, "type", device_type(rule->type));
                if (rule->major >= 0)
                        number(writer, "major", rule->major);
                if (rule->minor >= 0)
                        number(writer, "minor", rule->minor);
                if (rule->read)
                        *at++ = 'r';
                if (rule->write)
                        *at++ = 'w';
                if (rule->mknod)
                        *at++ = 'm';
                string(writer, "access", access);
                close(writer, "}");
        }
        close(writer, "]");
}

static void print_memory(struct writer *writer, const struct spec_memory *memory)
{
        open(writer, "memory", "{");
        optional(writer, "limit", &memory->limit);
        optional(writer, "reservation", &memory->reservation);
        optional(writer, "swap", &memory->swap);
        optional(writer, "kernel", &memory->kernel);
        optional(writer, "kernelTCP", &memory->kernel_tcp);
        optional(writer, "swappiness", &memory->swappiness);
        if (memory->disable_oom_killer.given)
                truth(writer, "disableOOMKiller", memory->disable_oom_killer.value != 0);
        if (memory->use_hierarchy.given)
                truth(writer, "useHierarchy", memory->use_hierarchy.value != 0);
        if (memory->check_before_update)
                truth(writer, "checkBeforeUpdate", true);
        close(writer, "}");
}

static void print_cpu(struct writer *writer, const struct spec_cpu *cpu)
{
        open(writer, "cpu", "{");
        optional(writer, "shares", &cpu->shares);
        optional(writer, "quota", &cpu->quota);
        optional(writer, "burst", &cpu->burst);
        optional(writer, "period", &cpu->period);
        optional(writer, "realtimeRuntime", &cpu->rt_runtime);
        optional(writer, "realtimePeriod", &cpu->rt_period);
        optional(writer, "idle", &cpu->idle);
        string(writer, "cpus", cpu->cpus);
        string(writer, "mems", cpu->mems);
        close(writer, "}");
}

static void device_number(struct writer *writer, uint32_t major, uint32_t minor)
{
        number(writer, "major", major);
        number(writer, "minor", minor);
}

static void print_throttles(struct writer *writer, const struct spec_throttle *throttles)
{
        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++) {
                if (throttles[kind].count == 0)
                        continue;
                open(writer, spec_throttle_names[kind], "[");
                for (size_t i = 0; i < throttles[kind].count; i++) {
                        const struct spec_throttle_device *device = &throttles[kind].devices[i];

                        open(writer, NULL, "{");
                        device_number(writer, device->major, device->minor);
                        large(writer, "rate", device->rate);
                        close(writer, "}");
                }
                close(writer, "]");
        }
}

static void print_block_io(struct writer *writer, const struct spec_block_io *io)
{
        bool given = io->weight.given || io->leaf_weight.given || io->weight_device_count > 0;

        for (int kind = 0; kind < SPEC_THROTTLE_COUNT; kind++)
                given |= io->throttles[kind].count > 0;
        if (!given)
                return;
        open(writer, "blockIO", "{");
        optional(writer, "weight", &io->weight);
        optional(writer, "leafWeight", &io->leaf_weight);
        if (io->weight_device_count > 0) {
                open(writer, "weightDevice", "[");
                for (size_t i = 0; i < io->weight_device_count; i++) {
                        open(writer, NULL, "{");
                        device_number(writer, io->weight_devices[i].major, io->weight_devices[i].minor);
                        optional(writer, "weight", &io->weight_devices[i].weight);
                        optional(writer, "leafWeight", &io->weight_devices[i].leaf_weight);
                        close(writer, "}");
                }
                close(writer, "]");
        }
        print_throttles(writer, io->throttles);
        close(writer, "}");
}

static void print_hugepage_limits(struct writer *writer, const struct spec_resources *resources)
{
        if (resources->hugepage_limit_count == 0)
                return;
        open(writer, "hugepageLimits", "[");
        for (size_t i = 0; i < resources->hugepage_limit_count; i++) {
                open(writer, NULL, "{");
                string(writer, "pageSize", resources->hugepage_limits[i].page_size);
                large(writer, "limit", resources->hugepage_limits[i].limit);
                close(writer, "}");
        }
        close(writer, "]");
}

static void print_network(struct writer *writer, const struct spec_resources *resources)
{
        if (!resources->class_id.given && resources->priority_count == 0)
                return;
        open(writer, "network", "{");
        optional(writer, "classID", &resources->class_id);
        if (resources->priority_count > 0) {
                open(writer, "priorities", "[");
                for (size_t i = 0; i < resources->priority_count; i++) {
                        open(writer, NULL, "{");
                        string(writer, "name", resources->priorities[i].interface);
                        number(writer, "priority", resources->priorities[i].priority);
                        close(writer, "}");
                }
                close(writer, "]");
        }
        close(writer, "}");
}

static void print_rdma(struct writer *writer, const struct spec_resources *resources)
{
        if (resources->rdma_count == 0)
                return;
        open(writer, "rdma", "{");
        for (size_t i = 0; i < resources->rdma_count; i++) {
                open(writer, resources->rdma[i].device, "{");
                optional(writer, "hcaHandles", &resources->rdma[i].handles);
                optional(writer, "hcaObjects", &resources->rdma[i].objects);
                close(writer, "}");
        }
        close(writer, "}");
}

static void print_unified(struct writer *writer, const struct spec_resources *resources)
{
        if (resources->unified_count == 0)
                return;
        open(writer, "unified", "{");
        for (size_t i = 0; i < resources->unified_count; i++)
                string(writer, resources->unified[i].file, resources->unified[i].value);
        close(writer, "}");
}

/* Limits that the specification has no field for are a list of ward's own, which begins with its first element. */
struct beyond {
        struct writer *writer;
        bool begun;
};

static void print_beyond(void *data, const char *word)
{
        struct beyond *beyond = data;

        if (!beyond->begun)
                open(beyond->writer, "ward", "[");
        beyond->begun = true;
        if (word == NULL)
                beyond->writer->text->failed = true;
        string(beyond->writer, NULL, word);
}

static void print_resources(struct writer *writer, const struct spec_resources *resources)
{
        struct beyond beyond = {writer, false};

        open(writer, "resources", "{");
        print_device_rules(writer, resources);
        print_memory(writer, &resources->memory);
        print_cpu(writer, &resources->cpu);
        if (resources->pids.given) {
                open(writer, "pids", "{");
                number(writer, "limit", resources->pids.value);
                close(writer, "}");
        }
        print_block_io(writer, &resources->block_io);
        print_hugepage_limits(writer, resources);
        print_network(writer, resources);
        print_rdma(writer, resources);
        print_unified(writer, resources);
        limit_words_print(resources, print_beyond, &beyond);
        if (beyond.begun)
                close(writer, "]");
        close(writer, "}");
}

/* --------------------------------------------------------------------------------------------------------------- linux */

static void print_namespaces(struct writer *writer, const struct ward_spec *spec)
{
        open(writer, "namespaces", "[");
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++) {
                if (spec->ns[ns].mode == SPEC_NS_INHERIT)
                        continue;
                open(writer, NULL, "{");
                string(writer, "type", spec_ns_names[ns]);
                string(writer, "path", spec->ns[ns].path);
                close(writer, "}");
        }
        close(writer, "]");
}

static void print_offset(struct writer *writer, const char *key, const struct spec_time_offset *offset)
{
        if (!offset->given)
                return;
        open(writer, key, "{");
        number(writer, "secs", offset->seconds);
        number(writer, "nanosecs", offset->nanoseconds);
        close(writer, "}");
}

static void print_devices(struct writer *writer, const struct ward_spec *spec)
{
        if (spec->device_count == 0)
                return;
        open(writer, "devices", "[");
        for (size_t i = 0; i < spec->device_count; i++) {
                const struct spec_device *device = &spec->devices[i];

                open(writer, NULL, "{");
                string(writer, "path", device->path);
                string(writer, "type", device_type(device->type));
                number(writer, "major", device->major);
                number(writer, "minor", device->minor);
                number(writer, "fileMode", device->mode);
                large(writer, "uid", device->uid);
                large(writer, "gid", device->gid);
                close(writer, "}");
        }
        close(writer, "]");
}

static void print_sysctls(struct writer *writer, const struct ward_spec *spec)
{
        if (spec->sysctl_count == 0)
                return;
        open(writer, "sysctl", "{");
        for (size_t i = 0; i < spec->sysctl_count; i++)
                string(writer, spec->sysctls[i].key, spec->sysctls[i].value);
        close(writer, "}");
}

static void print_memory_policy(struct writer *writer, const struct spec_memory_policy *policy)
{
        if (!policy->given)
                return;
        open(writer, "memoryPolicy", "{");
        string(writer, "mode", schedule_word_name(&memory_modes, policy->mode));
        string(writer, "nodes", policy->nodes.text);
        print_flags(writer, &memory_flags, policy->flags);
        close(writer, "}");
}

static void print_rdt(struct writer *writer, const struct spec_rdt *rdt)
{
        if (!rdt->given)
                return;
        open(writer, "intelRdt", "{");
        string(writer, "closID", rdt->clos_id);
        string(writer, "l3CacheSchema", rdt->l3_schema);
        string(writer, "memBwSchema", rdt->mb_schema);
        strings(writer, "schemata", rdt->schemata);
        truth(writer, "enableMonitoring", rdt->monitoring);
        close(writer, "}");
}

static void print_linux(struct writer *writer, const struct ward_spec *spec)
{
        open(writer, "linux", "{");
        print_namespaces(writer, spec);
        print_id_maps(writer, "uidMappings", spec->id_maps.uid, spec->id_maps.uid_count);
        print_id_maps(writer, "gidMappings", spec->id_maps.gid, spec->id_maps.gid_count);
        if (spec->monotonic.given || spec->boottime.given) {
                open(writer, "timeOffsets", "{");
                print_offset(writer, "monotonic", &spec->monotonic);
                print_offset(writer, "boottime", &spec->boottime);
                close(writer, "}");
        }
        print_devices(writer, spec);
        string(writer, "cgroupsPath", spec->cgroups_path);
        print_resources(writer, &spec->resources);
        string(writer, "rootfsPropagation", propagation_word(spec->rootfs_propagation));
        paths(writer, "maskedPaths", spec->masked_paths, spec->masked_path_count);
        paths(writer, "readonlyPaths", spec->readonly_paths, spec->readonly_path_count);
        print_sysctls(writer, spec);
        if (spec->seccomp.text != NULL) {
                size_t len = spec->seccomp.len;

                /* A file of its own ends with a newline. */
                while (len > 0 && spec->seccomp.text[len - 1] == '\n')
                        len--;
                begin(writer, "seccomp");
                text_add(writer->text, spec->seccomp.text, len);
        }
        string(writer, "mountLabel", spec->mount_label);
        if (spec->personality_given) {
                open(writer, "personality", "{");
                string(writer, "domain", spec->personality == PER_LINUX32 ? "LINUX32" : "LINUX");
                close(writer, "}");
        }
        print_memory_policy(writer, &spec->memory_policy);
        print_rdt(writer, &spec->rdt);
        if (spec->net_device_count > 0) {
                open(writer, "netDevices", "{");
                for (size_t i = 0; i < spec->net_device_count; i++) {
                        open(writer, spec->net_devices[i].name, "{");
                        string(writer, "name", spec->net_devices[i].new_name);
                        close(writer, "}");
                }
                close(writer, "}");
        }
        close(writer, "}");
}

void spec_print(const struct ward_spec *spec, struct text *text)
{
        struct writer writer = {.text = text};

        open(&writer, NULL, "{");
        string(&writer, "ociVersion", spec->oci_version);
        if (spec->process_given)
                print_process(&writer, &spec->process);
        open(&writer, "root", "{");
        string(&writer, "path", spec->rootfs);
        truth(&writer, "readonly", spec->rootfs_readonly);
        close(&writer, "}");
        string(&writer, "hostname", spec->hostname);
        string(&writer, "domainname", spec->domainname);
        print_mounts(&writer, spec);
        print_hooks(&writer, spec);
        if (spec->annotation_count > 0) {
                open(&writer, "annotations", "{");
                for (size_t i = 0; i < spec->annotation_count; i++)
                        string(&writer, spec->annotations[i].key, spec->annotations[i].value);
                close(&writer, "}");
        }
        print_linux(&writer, spec);
        close(&writer, "}");
        text_puts(text, "\n");
}
