/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ward-oci features: what this runtime implements, in the form of the runtime specification's features.md. Lists come from the
 * tables that the parser reads by; for those that libseccomp or the parser keep to themselves, a test hands every
 * word of the answer to the parser.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/json.h"
#include "base/names.h"
#include "model/landlock.h"
#include "model/mount-words.h"
#include "model/schedule-words.h"
#include "model/smack.h"
#include "oci/oci.h"

static const char *const hook_names[] = {
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
};

static const char *const seccomp_actions[] = {
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO",  "SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_LOG",   "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
};

static const char *const seccomp_operators[] = {
        "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
};

static const char *const seccomp_archs[] = {
        "SCMP_ARCH_AARCH64",   "SCMP_ARCH_ARM",      "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",
        "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",   "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
        "SCMP_ARCH_PARISC",    "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC",      "SCMP_ARCH_PPC64",
        "SCMP_ARCH_PPC64LE",   "SCMP_ARCH_RISCV64",  "SCMP_ARCH_S390",     "SCMP_ARCH_S390X",
        "SCMP_ARCH_X32",       "SCMP_ARCH_X86",      "SCMP_ARCH_X86_64",   "SCMP_ARCH_LOONGARCH64",
        "SCMP_ARCH_M68K",      "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};

static const struct {
        const char *name;
        unsigned flag;
} seccomp_flags[] = {
        {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
        {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
        {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
        /* seccomp(2): with a listener alone. */
        {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
         SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER},
};

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends "key": ["a", "b"] in alphabetical order. */
static void add_sorted(struct text *text, const char *key, const char *const *names, size_t count)
{
        const char **sorted = calloc(count + 1, sizeof(*sorted));

        if (sorted == NULL) {
                text->failed = true;
                return;
        }
        memcpy(sorted, names, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), compare_names);
        text_printf(text, "\"%s\":[", key);
        for (size_t i = 0; i < count; i++) {
                text_puts(text, i == 0 ? "" : ",");
                json_write_string(text, sorted[i]);
        }
        text_puts(text, "]");
        free(sorted);
}

static void add_words(struct text *text, const char *key, const struct schedule_words *words)
{
        const char *names[SCHEDULE_WORDS_MAX];

        add_sorted(text, key, names, schedule_word_names(words, names));
}

static void add_mount_options(struct text *text)
{
        const char **names = calloc(mount_word_count, sizeof(*names));

        if (names == NULL) {
                text->failed = true;
                return;
        }
        for (size_t i = 0; i < mount_word_count; i++)
                names[i] = mount_words[i].name;
        add_sorted(text, "mountOptions", names, mount_word_count);
        free(names);
}

/* seccomp(2): a flag that the kernel knows lets it go on to the filter, whose address is bad. */
static bool kernel_has(unsigned flag)
{
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, NULL) < 0 && errno == EFAULT;
}

static void add_seccomp(struct text *text)
{
        const char *known[ELEMENTS(seccomp_flags)], *supported[ELEMENTS(seccomp_flags)];
        size_t count = 0;

        for (size_t i = 0; i < ELEMENTS(seccomp_flags); i++) {
                known[i] = seccomp_flags[i].name;
                if (kernel_has(seccomp_flags[i].flag))
                        supported[count++] = seccomp_flags[i].name;
        }
        text_puts(text, "\"seccomp\":{\"enabled\":true,");
        add_sorted(text, "actions", seccomp_actions, ELEMENTS(seccomp_actions));
        text_puts(text, ",");
        add_sorted(text, "operators", seccomp_operators, ELEMENTS(seccomp_operators));
        text_puts(text, ",");
        add_sorted(text, "archs", seccomp_archs, ELEMENTS(seccomp_archs));
        text_puts(text, ",");
        add_sorted(text, "knownFlags", known, ELEMENTS(known));
        text_puts(text, ",");
        add_sorted(text, "supportedFlags", supported, count);
        text_puts(text, "}");
}

static int features(struct oci *oci, const void *options, int count, char **operands, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};

        text_puts(&text, "{\"ociVersionMin\":\"" OCI_VERSION_MIN "\",\"ociVersionMax\":\"" OCI_VERSION_MAX "\",");
        add_sorted(&text, "hooks", hook_names, ELEMENTS(hook_names));
        text_puts(&text, ",");
        add_mount_options(&text);
        text_puts(&text, ",\"linux\":{");
        add_sorted(&text, "namespaces", spec_ns_names, SPEC_NS_COUNT);
        text_puts(&text, ",");
        add_sorted(&text, "capabilities", cap_names, CAP_NAME_COUNT);
        text_puts(&text, ",\"cgroup\":{\"v1\":true,\"v2\":true,\"systemd\":" WARD_SYSTEMD
                         ",\"systemdUser\":" WARD_SYSTEMD ",\"rdma\":true},");
        add_seccomp(&text);
        text_puts(&text, ",\"apparmor\":{\"enabled\":true},\"selinux\":{\"enabled\":true},\"memoryPolicy\":{");
        add_words(&text, "modes", &memory_modes);
        text_puts(&text, ",");
        add_words(&text, "flags", &memory_flags);
        text_puts(&text, "},\"intelRdt\":{\"enabled\":true,\"schemata\":true,\"monitoring\":true},"
                         "\"netDevices\":{\"enabled\":true},"
                         "\"mountExtensions\":{\"idmap\":{\"enabled\":true}}},"
                         "\"annotations\":{\"org.opencontainers.runc.checkpoint.enabled\":\"true\",");
        text_printf(&text, "\"ward.landlock.abi\":\"%d\",\"ward.smack.enabled\":\"true\",", LANDLOCK_ABI_KNOWN);
        text_puts(&text, "\"ward.version\":\"" WARD_VERSION "\"},"
                         "\"potentiallyUnsafeConfigAnnotations\":[\"org.criu.config\",\"org.systemd.property.\",\"run."
                         "oci.keep_original_"
                         "groups\",\"run.oci.mount_"
                         "context_type\","
                         "\"run.oci.pidfd_receiver\",\"run.oci.seccomp.receiver\",\"run.oci.systemd.subgroup\","
                         "\"" SMACK_ANNOTATION "\"]}\n");
        return oci_print(&text, err);
}

const struct oci_verb oci_features = {
        .name = "features",
        .command =
                {
                        .name = "ward-oci features",
                        .operands = "",
                        .summary = "Print as JSON what this runtime implements.",
                        .options_anywhere = true,
                },
        .run = features,
};
