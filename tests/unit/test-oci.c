/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/mount.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/names.h"
#include "base/text.h"
#include "model/oci.h"
#include "oci-text.h"

static void test_top(void **state)
{
        static const char text[] =
                CONFIG("\"hostname\":\"h\",\"domainname\":\"d\",\"annotations\":{\"a.b\":\"c\",\"d\":\"\"},\"windows\":"
                       "{\"x\":1},"
                       "\"vendorExtension\":{\"y\":[2]},\"linux\":{\"namespaces\":[{\"type\":\"uts\"}]}");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        assert_int_equal(parse(text, &spec, &err), 0);
        assert_string_equal(spec.file, "config.json");
        assert_string_equal(spec.oci_version, "1.2.0");
        assert_string_equal(spec.rootfs, "rootfs");
        assert_string_equal(spec.rootfs_origin.field, "root.path");
        assert_int_equal(spec.rootfs_origin.line, 1);
        assert_string_equal(spec.hostname, "h");
        assert_int_equal(spec.hostname_origin.line, 2);
        assert_int_equal(spec.hostname_origin.column, 12);
        assert_string_equal(spec.domainname, "d");
        assert_int_equal(spec.annotation_count, 2);
        assert_string_equal(spec.annotations[0].key, "a.b");
        assert_string_equal(spec.annotations[1].value, "");
        assert_false(spec.process_given);
        assert_null(spec.process.envp[0]);
        assert_int_equal(spec.process.umask, UINT32_MAX);
}

static void test_top_refused(void **state)
{
        static const struct refusal refusals[] = {
                {"{\"root\":{\"path\":\"r\"}}", "config.json:1:1: the required field 'ociVersion' is missing", ""},
                {"{\"ociVersion\":\"1.0.0\"}", "config.json:1:1: the required field 'root' is missing", ""},
                {"{\"ociVersion\":\"2.0.0\"}",
                 "config.json:1:15: ociVersion: version '2.0.0' of the runtime specification is not known",
                 "ward knows the versions 1.x"},
                {"{\"ociVersion\":\"1.x\"}",
                 "config.json:1:15: ociVersion: version '1.x' of the runtime specification is not known",
                 "ward knows the versions 1.x"},
                {"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"\"}}",
                 "config.json:1:38: root.path: the path is empty", ""},
                {CONFIG("\"hostnme\":\"x\""), "config.json:2:1: hostnme: unknown field", "did you mean 'hostname'?"},
                {CONFIG("\"hostname\":\"x\""),
                 "config.json:2:12: hostname: this host name would be the host's: the container has no uts namespace "
                 "of its own",
                 "add {\"type\": \"uts\"} to linux.namespaces, or remove this"},
                {CONFIG("\"annotations\":{\"\":\"x\"}"),
                 "config.json:2:19: annotations.: the key of an annotation may not be empty", ""},
                {CONFIG("\"annotations\":{\"a\":1}"),
                 "config.json:2:20: annotations.a: expected a string, found a number", ""},
                {CONFIG("\"annotations\":{\"run.oci.mount_context_type\":\"fscontxt\"}"),
                 "config.json:2:45: annotations.run.oci.mount_context_type: unknown kind of label 'fscontxt'",
                 "did you mean 'fscontext'?"},
                {CONFIG("\"annotations\":{\"ward.smack\":\"a b\"}"),
                 "config.json:2:29: annotations.ward.smack: 'a b' can't be the Smack label of a process: a label has "
                 "printable ASCII characters, without blanks, quotes, '/' and '\\'",
                 "take one that your rules are written for ('cat /sys/fs/smackfs/load2' lists them)"},
                {CONFIG("\"annotations\":{\"run.oci.pidfd_receiver\":\"s\"}"),
                 "config.json:2:41: annotations.run.oci.pidfd_receiver: 's' is not an absolute path, of the socket "
                 "that gets "
                 "the pidfd",
                 ""},
                {CONFIG("\"hooks\":{\"prestrat\":[]}"), "config.json:2:10: hooks.prestrat: unknown field",
                 "did you mean 'prestart'?"},
                {CONFIG("\"hooks\":{\"poststop\":[{\"path\":\"bin/x\"}]}"),
                 "config.json:2:30: hooks.poststop[0].path: 'bin/x' is not an absolute path", ""},
                {CONFIG("\"hooks\":{\"poststop\":[{\"path\":\"/x\",\"timeout\":0}]}"),
                 "config.json:2:45: hooks.poststop[0].timeout: the timeout must be at least 1 second; leave it out for "
                 "none",
                 ""},
        };

        check_refusals(refusals, ELEMENTS(refusals));
}

static void test_hooks(void **state)
{
        static const char text[] = CONFIG("\"hooks\":{\"prestart\":[{\"path\":\"/"
                                          "p\"}],\"createRuntime\":[],\"startContainer\":[{\"path\":\"/s\",\"args\":"
                                          "[\"s\",\"-x\"],\"env\":[\"A=b\"],\"timeout\":5},{\"path\":\"/t\"}]}");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        assert_int_equal(parse(text, &spec, &err), 0);
        assert_int_equal(spec.hooks[SPEC_HOOK_PRESTART].count, 1);
        assert_string_equal(spec.hooks[SPEC_HOOK_PRESTART].hooks[0].argv[0], "/p");
        assert_null(spec.hooks[SPEC_HOOK_PRESTART].hooks[0].argv[1]);
        assert_null(spec.hooks[SPEC_HOOK_PRESTART].hooks[0].envp[0]);
        assert_int_equal(spec.hooks[SPEC_HOOK_CREATE_RUNTIME].count, 0);
        assert_int_equal(spec.hooks[SPEC_HOOK_START_CONTAINER].count, 2);
        assert_string_equal(spec.hooks[SPEC_HOOK_START_CONTAINER].hooks[0].argv[1], "-x");
        assert_string_equal(spec.hooks[SPEC_HOOK_START_CONTAINER].hooks[0].envp[0], "A=b");
        assert_int_equal(spec.hooks[SPEC_HOOK_START_CONTAINER].hooks[0].timeout_sec, 5);
}

static void test_process(void **state)
{
        static const char text[] = PROCESS(
                "\"terminal\":true,\"consoleSize\":{\"height\":24,\"width\":80},\n"
                "\"user\":{\"uid\":4294967294,\"gid\":7,\"umask\":63,\"additionalGids\":[1,2,4294967294]},\n"
                "\"args\":[\"sh\",\"-c\",\"id\"],\"env\":[\"PATH=/bin\",\"EMPTY=\"],\n"
                "\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"cap_checkpoint_restore\"],\"permitted\":[\"CAP_KILL\"],"
                "\"effective\":[\"CAP_KILL\"],\"ambient\":[\"CAP_CHOWN\"]},\n"
                "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":18446744073709551615,\"soft\":1024}],\n"
                "\"noNewPrivileges\":true,\"apparmorProfile\":\"prof\",\"selinuxLabel\":\"\",\"oomScoreAdj\":-1000,"
                "\"scheduler\":null,\"ioPriority\":null");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};
        const struct spec_process *process = &spec.process;

        assert_int_equal(parse(text, &spec, &err), 0);
        assert_true(process->terminal);
        assert_int_equal(process->rows, 24);
        assert_int_equal(process->columns, 80);
        assert_int_equal(process->uid, 4294967294);
        assert_int_equal(process->gid, 7);
        assert_int_equal(process->umask, 077);
        assert_int_equal(process->group_count, 3);
        assert_int_equal(process->groups[2], 4294967294);
        assert_string_equal(process->argv[2], "id");
        assert_null(process->argv[3]);
        assert_string_equal(process->envp[1], "EMPTY=");
        assert_string_equal(process->cwd, "/");
        assert_string_equal(process->args_origin.field, "process.args");
        assert_int_equal(process->args_origin.line, 4);
        assert_true(process->caps.given);
        assert_true(process->caps.bounding == (UINT64_C(1) << 5 | UINT64_C(1) << 40));
        assert_true(process->caps.effective == UINT64_C(1) << 5);
        assert_int_equal(process->rlimit_count, 1);
        assert_int_equal(process->rlimits[0].resource, RLIMIT_NOFILE);
        assert_true(process->rlimits[0].hard == UINT64_MAX);
        assert_string_equal(process->rlimits[0].origin.field, "process.rlimits");
        assert_int_equal(process->rlimits[0].origin.index, 0);
        assert_true(process->no_new_privs);
        assert_string_equal(process->apparmor_profile, "prof");
        assert_null(process->selinux_label);
        assert_true(process->oom_score_given);
        assert_int_equal(process->oom_score_adj, -1000);
}

static void test_all_capabilities(void **state)
{
        for (int cap = 0; cap < CAP_NAME_COUNT; cap++) {
                _cleanup_spec_ struct ward_spec spec = {0};
                struct ward_err err = {0};
                char text[256];

                (void)snprintf(text, sizeof(text), PROCESS("\"capabilities\":{\"bounding\":[\"%s\"]}"), cap_names[cap]);
                assert_int_equal(parse(text, &spec, &err), 0);
                assert_true(spec.process.caps.bounding == UINT64_C(1) << cap);
        }
}

/* config.md, "Linux Process": no error. */
static void test_unknown_capabilities(void **state)
{
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        assert_int_equal(parse(PROCESS("\"capabilities\":{\"bounding\":[\"CAP_NEWER\",\"CAP_KILL\",\"CAP_NEW\"],"
                                       "\"permitted\":[\"net_raw\",\"CAP_NEW\"]}"),
                               &spec, &err),
                         0);
        assert_true(spec.process.caps.bounding == UINT64_C(1) << 5);
        assert_true(spec.process.caps.permitted == 0);
        assert_string_equal(spec.process.caps.unknown, "CAP_NEWER, CAP_NEW, net_raw");
}

/* config.md, "Extensibility", and what readers in Go take. */
static void test_unknown_properties(void **state)
{
        static const char text[] =
                CONFIG("\"future\":{\"a\":[1]},\"process\":{\"CWD\":\"/w\",\"user\":{\"uid\":0,\"x-y\":[]},"
                       "\"colour\":\"red\",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"of\":1}},"
                       "\"hooks\":{\"afterwards\":[]},\"linux\":{\"walls\":{},\"resources\":{\"CPU\":{\"Cpus\":\"0\","
                       "\"heat\":9},\"hugepageLimits\":[{\"pagesize\":\"2MB\",\"limit\":1,\"x\":2}]},"
                       "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"mood\":\"mild\"}}");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        if (parse(text, &spec, &err) < 0)
                fail_msg("%s", err.message);
        assert_string_equal(spec.process.cwd, "/w");
        assert_int_equal(spec.process.io_priority.level, 0);
        assert_string_equal(spec.resources.cpu.cpus, "0");
        assert_string_equal(spec.resources.hugepage_limits[0].page_size, "2MB");
}

static void test_process_refused(void **state)
{
        static const struct refusal refusals[] = {
                {CONFIG("\"process\":{}"), "config.json:2:11: process: the required field 'cwd' is missing", ""},
                {CONFIG("\"process\":{\"cwd\":\"tmp\"}"),
                 "config.json:2:18: process.cwd: 'tmp' is not an absolute path", ""},
                {PROCESS("\"user\":{\"uid\":4294967295,\"gid\":0}"),
                 "config.json:2:36: process.user.uid: the number must be from 0 to 4294967294", ""},
                {PROCESS("\"user\":{\"uid\":4294967296,\"gid\":0}"),
                 "config.json:2:36: process.user.uid: the number must be from 0 to 4294967294", ""},
                {PROCESS("\"user\":{\"uid\":0,\"gid\":-1}"),
                 "config.json:2:44: process.user.gid: the number must be from 0 to 4294967294", ""},
                {PROCESS("\"user\":{\"uid\":\"0\",\"gid\":0}"),
                 "config.json:2:36: process.user.uid: expected a number, found a string", ""},
                {PROCESS("\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[4294967295]}"),
                 "config.json:2:64: process.user.additionalGids[0]: the number must be from 0 to 4294967294", ""},
                {PROCESS("\"user\":{\"uid\":0,\"gid\":0,\"umask\":512}"),
                 "config.json:2:54: process.user.umask: the number must be from 0 to 511", ""},
                {PROCESS("\"args\":[]"), "config.json:2:29: process.args: no program is named", ""},
                {PROCESS("\"args\":[\"a\\u0000b\"]"),
                 "config.json:2:32: process.args[0]: a string may not hold a NUL character", ""},
                {PROCESS("\"env\":[\"A=1\",\"B\"]"),
                 "config.json:2:28: process.env: element 1, 'B', is not of the form NAME=VALUE", ""},
                {PROCESS("\"noNewPrivilege\":true"), "config.json:2:22: process.noNewPrivilege: unknown field",
                 "did you mean 'noNewPrivileges'?"},
                {PROCESS("\"user\":{\"uid\":1}"), "config.json:2:29: process.user: the required field 'gid' is missing",
                 ""},
                {PROCESS("\"capabilities\":{\"bounding\":[21]}"),
                 "config.json:2:50: process.capabilities.bounding[0]: expected a string, found a number", ""},
                {PROCESS("\"capabilities\":{\"bouding\":[]}"),
                 "config.json:2:38: process.capabilities.bouding: unknown field", "did you mean 'bounding'?"},
                {PROCESS("\"capabilities\":{\"effective\":[\"CAP_KILL\"]}"),
                 "config.json:2:37: process.capabilities: CAP_KILL is in the effective set and not in the permitted "
                 "one",
                 "add it to 'permitted', or take it out of 'effective'"},
                {PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_NOFILES\",\"hard\":1,\"soft\":1}]"),
                 "config.json:2:41: process.rlimits[0].type: unknown resource limit 'RLIMIT_NOFILES'",
                 "did you mean 'RLIMIT_NOFILE'?"},
                {PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":1,\"soft\":2}]"),
                 "config.json:2:33: process.rlimits[0]: the soft limit of RLIMIT_CPU is above its hard limit", ""},
                {PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"hard\":1,\"soft\":1},{\"type\":\"RLIMIT_CPU\","
                         "\"hard\":2,\"soft\":2}]"),
                 "config.json:2:73: process.rlimits: RLIMIT_CPU is given twice", ""},
                {PROCESS("\"oomScoreAdj\":1001"),
                 "config.json:2:36: process.oomScoreAdj: the number must be from -1000 to 1000", ""},
                {PROCESS("\"consoleSize\":{\"height\":65536,\"width\":1}"),
                 "config.json:2:46: process.consoleSize.height: the number must be from 0 to 65535", ""},
        };

        check_refusals(refusals, ELEMENTS(refusals));
}

struct option_case {
        const char *options;
        uint64_t set, clear, rset, rclear;
        unsigned long superblock, propagation;
        const char *data;
        unsigned long before;
};

/* On a new file system. Each word of the table, and pairs whose order matters. */
static void test_mount_options(void **state)
{
        static const uint64_t times = MOUNT_ATTR__ATIME;
        const struct option_case cases[] = {
                {"\"defaults\""},
                {"\"ro\"", MOUNT_ATTR_RDONLY, 0, 0, 0, MS_RDONLY},
                {"\"ro\",\"rw\"", 0, MOUNT_ATTR_RDONLY},
                {"\"rw\",\"ro\"", MOUNT_ATTR_RDONLY, 0, 0, 0, MS_RDONLY},
                {"\"nosuid\",\"nodev\",\"noexec\",\"nosymfollow\",\"nodiratime\"",
                 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW |
                         MOUNT_ATTR_NODIRATIME},
                {"\"suid\",\"dev\",\"exec\",\"symfollow\",\"diratime\"", 0,
                 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW |
                         MOUNT_ATTR_NODIRATIME},
                {"\"noatime\"", MOUNT_ATTR_NOATIME, times},
                {"\"strictatime\"", MOUNT_ATTR_STRICTATIME, times},
                {"\"relatime\"", 0, times},
                {"\"noatime\",\"strictatime\"", MOUNT_ATTR_STRICTATIME, times},
                {"\"noatime\",\"atime\"", 0, times},
                {"\"noatime\",\"norelatime\",\"nostrictatime\"", MOUNT_ATTR_NOATIME, times},
                {"\"strictatime\",\"nostrictatime\"", 0, times},
                {"\"rro\",\"rnosuid\",\"rnodev\",\"rnoexec\",\"rnosymfollow\",\"rnodiratime\",\"rnoatime\"", 0, 0,
                 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW |
                         MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOATIME,
                 times},
                {"\"rrw\",\"rsuid\",\"rdev\",\"rexec\",\"rsymfollow\",\"rdiratime\",\"rrelatime\"", 0, 0, 0,
                 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW |
                         MOUNT_ATTR_NODIRATIME | times},
                {"\"rstrictatime\"", 0, 0, MOUNT_ATTR_STRICTATIME, times},
                {"\"rnoatime\",\"ratime\",\"rnorelatime\",\"rnostrictatime\"", 0, 0, 0, times},
                {"\"sync\",\"dirsync\",\"mand\",\"lazytime\",\"iversion\",\"silent\"", 0, 0, 0, 0,
                 MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME | MS_I_VERSION | MS_SILENT},
                {"\"sync\",\"async\",\"mand\",\"nomand\",\"lazytime\",\"nolazytime\",\"iversion\",\"noiversion\","
                 "\"silent\",\"loud\""},
                {"\"private\"", .propagation = MS_PRIVATE},
                {"\"rprivate\"", .propagation = MS_PRIVATE | MS_REC},
                {"\"shared\"", .propagation = MS_SHARED},
                {"\"rshared\"", .propagation = MS_SHARED | MS_REC},
                {"\"slave\"", .propagation = MS_SLAVE},
                {"\"rslave\"", .propagation = MS_SLAVE | MS_REC},
                {"\"unbindable\"", .propagation = MS_UNBINDABLE},
                {"\"runbindable\"", .propagation = MS_UNBINDABLE | MS_REC},
                /* Two are made one behind the other, unless the second leaves nothing of the first. */
                {"\"rslave\",\"shared\"", .propagation = MS_SHARED, .before = MS_SLAVE | MS_REC},
                {"\"rslave\",\"rslave\"", .propagation = MS_SLAVE | MS_REC},
                {"\"rslave\",\"rprivate\"", .propagation = MS_PRIVATE | MS_REC},
                {"\"slave\",\"shared\",\"private\",\"shared\"", .propagation = MS_SHARED, .before = MS_PRIVATE},
                {"\"rshared\",\"private\"", .propagation = MS_PRIVATE, .before = MS_SHARED | MS_REC},
                /* What is said of the whole tree holds, wherever it stands. */
                {"\"ro\",\"nodev\",\"rrw\"", MOUNT_ATTR_NODEV, 0, 0, MOUNT_ATTR_RDONLY},
                {"\"rrw\",\"ro\"", 0, 0, 0, MOUNT_ATTR_RDONLY},
                {"\"rw\",\"rro\"", 0, 0, MOUNT_ATTR_RDONLY},
                {"\"noatime\",\"rstrictatime\"", 0, 0, MOUNT_ATTR_STRICTATIME, times},
                {"\"mode=755\",\"nosuid\",\"size=64k\"", MOUNT_ATTR_NOSUID, .data = "mode=755,size=64k"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_spec_ struct ward_spec spec = {0};
                struct ward_err err = {0};
                char text[512];
                const struct spec_mount *mount;

                (void)snprintf(text, sizeof(text), MOUNT("\"type\":\"tmpfs\",\"options\":[%s]"), cases[i].options);
                assert_int_equal(parse(text, &spec, &err), 0);
                mount = &spec.mounts[0];
                assert_int_equal(mount->attr_set, cases[i].set);
                assert_int_equal(mount->attr_clear, cases[i].clear);
                assert_int_equal(mount->rattr_set, cases[i].rset);
                assert_int_equal(mount->rattr_clear, cases[i].rclear);
                assert_int_equal(mount->superblock_flags, cases[i].superblock);
                assert_int_equal(mount->propagation, cases[i].propagation);
                assert_int_equal(mount->propagation_before, cases[i].before);
                if (cases[i].data == NULL)
                        assert_null(mount->data);
                else
                        assert_string_equal(mount->data, cases[i].data);
                assert_false(mount->bind || mount->remount || mount->recursive || mount->copy_up || mount->idmap);
        }
}

static void test_mount_kinds(void **state)
{
        static const char text[] =
                CONFIG("\"mounts\":[{\"destination\":\"/a\",\"source\":\"/s\",\"options\":[\"ro\",\"rbind\"]},\n"
                       "{\"destination\":\"b\",\"type\":\"bind\",\"source\":\"s\"},\n"
                       "{\"destination\":\"/c\",\"options\":[\"remount\",\"bind\",\"ro\"]},\n"
                       "{\"destination\":\"/d\",\"type\":\"tmpfs\",\"source\":\"\",\"options\":[\"tmpcopyup\"]},\n"
                       "{\"destination\":\"/e\",\"source\":\"/e\",\"options\":[\"bind\",\"ridmap\"],"
                       "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}],"
                       "\"gidMappings\":[{\"containerID\":0,\"hostID\":1001,\"size\":2}]}]");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        assert_int_equal(parse(text, &spec, &err), 0);
        assert_int_equal(spec.mount_count, 5);
        assert_true(spec.mounts[0].bind && spec.mounts[0].recursive && spec.mounts[0].type == NULL);
        assert_int_equal(spec.mounts[0].attr_set, MOUNT_ATTR_RDONLY);
        assert_int_equal(spec.mounts[0].superblock_flags, 0);
        assert_string_equal(spec.mounts[1].destination, "/b");
        assert_true(spec.mounts[1].bind && !spec.mounts[1].recursive);
        assert_string_equal(spec.mounts[1].origin.field, "mounts");
        assert_int_equal(spec.mounts[1].origin.index, 1);
        assert_int_equal(spec.mounts[1].origin.line, 3);
        assert_int_equal(spec.mounts[1].origin.column, 1);
        assert_true(spec.mounts[2].remount && !spec.mounts[2].bind && !spec.mounts[2].remount_fs);
        assert_int_equal(spec.mounts[2].superblock_flags, 0);
        assert_true(spec.mounts[3].copy_up);
        assert_null(spec.mounts[3].source);
        assert_true(spec.mounts[4].idmap && spec.mounts[4].idmap_recursive);
        assert_int_equal(spec.mounts[4].maps.uid[0].host_id, 1000);
        assert_int_equal(spec.mounts[4].maps.gid[0].count, 2);
}

static void test_mounts_refused(void **state)
{
        static const struct refusal refusals[] = {
                {CONFIG("\"mounts\":[{\"type\":\"tmpfs\"}]"),
                 "config.json:2:11: mounts[0]: the required field 'destination' is missing", ""},
                {CONFIG("\"mounts\":[{\"destination\":\"\",\"type\":\"tmpfs\"}]"),
                 "config.json:2:26: mounts[0].destination: the path is empty", ""},
                {MOUNT("\"source\":\"tmpfs\""),
                 "config.json:2:11: mounts[0]: neither a type nor the option 'bind' or 'rbind' is given",
                 "add \"type\": \"tmpfs\" or the like, or \"options\": [\"rbind\"]"},
                {MOUNT("\"options\":[\"bind\"]"), "config.json:2:11: mounts[0]: a bind mount needs a source", ""},
                {MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"nosiud\"]"),
                 "config.json:2:63: mounts[0]: unknown option of a bind mount 'nosiud'", "did you mean 'nosuid'?"},
                {MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"idmap=uids=0-1-10\"]"),
                 "config.json:2:63: mounts[0]: a mapping is not taken from an option: 'idmap=uids=0-1-10'",
                 "give uidMappings and gidMappings of the mount, beside 'idmap'"},
                {MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"ridmap=uids=0-1-10\"]"),
                 "config.json:2:63: mounts[0]: a mapping is not taken from an option: 'ridmap=uids=0-1-10'",
                 "give uidMappings and gidMappings of the mount, beside 'idmap'"},
                {MOUNT("\"source\":\"/s\",\"options\":[\"hugely\",\"bind\"]"),
                 "config.json:2:56: mounts[0]: unknown option of a bind mount 'hugely'", ""},
                {MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"sync\"]"),
                 "config.json:2:63: mounts[0]: 'sync' acts on a whole file system, which a bind mount shares with the "
                 "host",
                 ""},
                {MOUNT("\"type\":\"tmpfs\",\"options\":[\"\"]"), "config.json:2:57: mounts[0]: an option is empty", ""},
                {MOUNT("\"type\":\"tmpfs\",\"options\":[\"idmap\"]"),
                 "config.json:2:11: mounts[0]: only a bind mount can be id-mapped", ""},
                {MOUNT("\"type\":\"proc\",\"options\":[\"tmpcopyup\"]"),
                 "config.json:2:11: mounts[0]: the option 'tmpcopyup' is for mounts of type tmpfs", ""},
                {MOUNT("\"type\":\"tmpfs\",\"options\":[\"copy-symlink\"]"),
                 "config.json:2:11: mounts[0]: the option 'copy-symlink' is for bind mounts that are not shared", ""},
                {MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"copy-symlink\",\"rshared\"]"),
                 "config.json:2:11: mounts[0]: the option 'copy-symlink' is for bind mounts that are not shared", ""},
                {MOUNT("\"type\":\"tmpfs\",\"option\":[]"), "config.json:2:46: mounts[0].option: unknown field",
                 "did you mean 'options'?"},
                {MOUNT("\"type\":7"), "config.json:2:38: mounts[0].type: expected a string, found a number", ""},
                {MOUNT("\"source\":\"/"
                       "s\",\"options\":[\"bind\"],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
                 "config.json:2:11: mounts[0]: uidMappings and gidMappings must be given together", ""},
                {MOUNT("\"source\":\"/s\",\"options\":[\"bind\",\"idmap\"]"),
                 "config.json:2:11: mounts[0]: an id-mapped mount without mappings takes those of the container's user "
                 "namespace, and there is none",
                 "give the mount uidMappings and gidMappings"},
        };

        check_refusals(refusals, ELEMENTS(refusals));
}

static void test_linux(void **state)
{
        static const char text[] = LINUX(
                "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"network\",\"path\":\"/run/netns/"
                "x\"},"
                "{\"type\":\"time\"},{\"type\":\"ipc\"},{\"type\":\"pid\"},{\"type\":\"cgroup\"},{\"type\":\"uts\"}],\n"
                "\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536},{\"containerID\":65536,"
                "\"hostID\":4294967294,\"size\":1}],\n"
                "\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}],\n"
                "\"timeOffsets\":{\"monotonic\":{\"secs\":-5,\"nanosecs\":999999999},\"boottime\":{\"secs\":7}},\n"
                "\"devices\":[{\"type\":\"c\",\"path\":\"/dev/"
                "x\",\"major\":10,\"minor\":229,\"fileMode\":8630,\"uid\":1,\"gid\":2},"
                "{\"type\":\"p\",\"path\":\"/dev/fifo\"}],\n"
                "\"cgroupsPath\":\"/a/b\",\"rootfsPropagation\":\"rslave\",\"maskedPaths\":[\"/proc/"
                "kcore\"],\"readonlyPaths\":[\"/proc/sys\"],\n"
                "\"sysctl\":{\"net.ipv4.ip_forward\":\"1\",\"kernel/"
                "shmmax\":\"9\",\"fs.mqueue.msg_max\":\"5\",\"kernel.domainname\":\"d\"},\n"
                "\"seccomp\": "
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\"},\"mountLabel\":\"l\",\"personality\":{\"domain\":\"LINUX32\","
                "\"flags\":[]},"
                "\"intelRdt\":null,\"netDevices\":null");
        _cleanup_spec_ struct ward_spec spec = {0};
        struct ward_err err = {0};

        assert_int_equal(parse(text, &spec, &err), 0);
        for (int ns = 0; ns < SPEC_NS_COUNT; ns++)
                assert_int_equal(spec.ns[ns].mode, ns == SPEC_NS_NET ? SPEC_NS_JOIN : SPEC_NS_NEW);
        assert_string_equal(spec.ns[SPEC_NS_NET].path, "/run/netns/x");
        assert_string_equal(spec.ns[SPEC_NS_NET].origin.field, "linux.namespaces");
        assert_int_equal(spec.ns[SPEC_NS_NET].origin.index, 2);
        assert_int_equal(spec.id_maps.uid_count, 2);
        assert_int_equal(spec.id_maps.uid[1].host_id, 4294967294);
        assert_int_equal(spec.id_maps.gid[0].count, 4294967295);
        assert_true(spec.monotonic.given && spec.monotonic.seconds == -5 && spec.monotonic.nanoseconds == 999999999);
        assert_true(spec.boottime.given && spec.boottime.seconds == 7);
        assert_int_equal(spec.device_count, 2);
        assert_int_equal(spec.devices[0].minor, 229);
        assert_int_equal(spec.devices[0].mode, 0666);
        assert_int_equal(spec.devices[1].type, SPEC_DEVICE_FIFO);
        assert_string_equal(spec.cgroups_path, "/a/b");
        assert_int_equal(spec.rootfs_propagation, MS_SLAVE | MS_REC);
        assert_string_equal(spec.masked_paths[0].path, "/proc/kcore");
        assert_string_equal(spec.readonly_paths[0].origin.field, "linux.readonlyPaths");
        assert_int_equal(spec.sysctl_count, 4);
        assert_string_equal(spec.sysctls[1].key, "kernel/shmmax");
        assert_int_equal(spec.seccomp.len, strlen("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"));
        assert_int_equal(spec.seccomp.text[0], '{');
        assert_int_equal(spec.seccomp.origin.line, 9);
        assert_int_equal(spec.seccomp.origin.column, 12);
        assert_true(spec.personality_given && spec.personality == PER_LINUX32);
        assert_string_equal(spec.mount_label, "l");
}

#define MAPS(list)                                                                                            \
        "\"namespaces\":[{\"type\":\"user\"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]," \
        "\n\"uidMappings\":[" list "]"
#define NS(type) "\"namespaces\":[{\"type\":\"" type "\"}],\n"

static void test_linux_refused(void **state)
{
        static const struct refusal refusals[] = {
                {LINUX("\"namespace\":[]"), "config.json:2:10: linux.namespace: unknown field",
                 "did you mean 'namespaces'?"},
                {LINUX("\"namespaces\":[{\"type\":\"netwrok\"}]"),
                 "config.json:2:32: linux.namespaces[0].type: unknown namespace type 'netwrok'",
                 "did you mean 'network'?"},
                {LINUX("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]"),
                 "config.json:2:39: linux.namespaces[1]: the pid namespace is given twice", ""},
                {LINUX("\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]"),
                 "config.json:2:45: linux.namespaces[0].path: 'x' is not an absolute path", ""},
                {LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
                 "config.json:2:24: linux.uidMappings: id mappings are given and no user namespace",
                 "add {\"type\": \"user\"} to linux.namespaces, or remove the mappings"},
                {LINUX(NS("user") "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
                 "config.json:2:24: linux.namespaces[0]: a new user namespace needs id mappings",
                 "add linux.uidMappings and linux.gidMappings"},
                {LINUX(MAPS("{\"containerID\":0,\"hostID\":0,\"size\":0}")),
                 "config.json:3:16: linux.uidMappings[0]: the size must be at least 1", ""},
                {LINUX(MAPS("{\"containerID\":4294967295,\"hostID\":0,\"size\":1}")),
                 "config.json:3:31: linux.uidMappings[0].containerID: the number must be from 0 to 4294967294", ""},
                {LINUX(MAPS("{\"containerID\":1,\"hostID\":0,\"size\":4294967295}")),
                 "config.json:3:16: linux.uidMappings[0]: the range passes the last id, 4294967294", ""},
                {LINUX(MAPS(
                         "{\"containerID\":0,\"hostID\":0,\"size\":10},{\"containerID\":9,\"hostID\":100,\"size\":1}")),
                 "config.json:3:15: linux.uidMappings: the ranges of elements 0 and 1 overlap", ""},
                {LINUX(MAPS(
                         "{\"containerID\":20,\"hostID\":5,\"size\":10},{\"containerID\":0,\"hostID\":0,\"size\":6}")),
                 "config.json:3:15: linux.uidMappings: the ranges of elements 0 and 1 overlap", ""},
                {LINUX("\"timeOffsets\":{\"monotonic\":{\"secs\":1}}"),
                 "config.json:2:37: linux.timeOffsets.monotonic: clock offsets need a new time namespace",
                 "add {\"type\": \"time\"} to linux.namespaces, or remove the offsets"},
                {LINUX(NS("time") "\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}"),
                 "config.json:3:40: linux.timeOffsets.monotonic.nanosecs: the number must be from 0 to 999999999", ""},
                {LINUX(NS("time") "\"timeOffsets\":{\"realtime\":{\"secs\":1}}"),
                 "config.json:3:16: linux.timeOffsets.realtime: unknown field", ""},
                {LINUX("\"maskedPaths\":[\"/proc/kcore\"]"),
                 "config.json:2:25: linux.maskedPaths[0]: '/proc/kcore' would be hidden or read-only for others too: "
                 "the container has no new mount namespace",
                 "add {\"type\": \"mount\"} to linux.namespaces, or remove the path"},
                {LINUX(NS("mount") "\"readonlyPaths\":[\"proc\"]"),
                 "config.json:3:18: linux.readonlyPaths[0]: 'proc' is not an absolute path", ""},
                {LINUX("\"sysctl\":{\"kernel.core_pattern\":\"|/x\"}"),
                 "config.json:2:42: linux.sysctl.kernel.core_pattern: this setting belongs to the whole machine, not "
                 "to a namespace",
                 "set it on the host with 'sysctl -w', or remove it here"},
                {LINUX("\"sysctl\":{\"kernel.shmmax\":\"1\"}"),
                 "config.json:2:36: linux.sysctl.kernel.shmmax: this setting would be the host's: the container has no "
                 "ipc namespace of its own",
                 "add {\"type\": \"ipc\"} to linux.namespaces, or remove this"},
                {LINUX(NS("network") "\"sysctl\":{\"net/../kernel.panic\":\"1\"}"),
                 "config.json:3:33: linux.sysctl.net/../kernel.panic: this is not the name of a setting", ""},
                {LINUX(NS("network") "\"sysctl\":{\"net.//.kernel\":\"1\"}"),
                 "config.json:3:27: linux.sysctl.net.//.kernel: this is not the name of a setting", ""},
                {LINUX(NS("uts") "\"sysctl\":{\"kernel.hostname\":\"h\"}"),
                 "config.json:3:29: linux.sysctl.kernel.hostname: the host name is not set as a sysctl",
                 "use the field 'hostname'"},
                {LINUX(NS("ipc") "\"sysctl\":{\"kernel.shmmaxx\":\"1\"}"),
                 "config.json:3:28: linux.sysctl.kernel.shmmaxx: this setting belongs to the whole machine, not to a "
                 "namespace",
                 "set it on the host with 'sysctl -w', or remove it here"},
                {LINUX("\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":4096,\"minor\":0}]"),
                 "config.json:2:57: linux.devices[0].major: the number must be from 0 to 4095", ""},
                {LINUX("\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\"}]"),
                 "config.json:2:21: linux.devices[0]: a device of this type needs 'major' and 'minor'", ""},
                {LINUX("\"devices\":[{\"type\":\"a\",\"path\":\"/dev/x\"}]"),
                 "config.json:2:21: linux.devices[0]: the type of a device is c, b, u or p", ""},
                {LINUX("\"rootfsPropagation\":\"slaves\""),
                 "config.json:2:30: linux.rootfsPropagation: unknown propagation 'slaves'", "did you mean 'slave'?"},
                {LINUX("\"seccomp\":[]"), "config.json:2:20: linux.seccomp: expected an object", ""},
                {LINUX("\"seccomp\":{\"a\":[1,]}"), "config.json:2:28: linux.seccomp: expected a value, found ']'", ""},
                {LINUX("\"personality\":{\"domain\":\"LINUX64\"}"),
                 "config.json:2:34: linux.personality.domain: unknown personality 'LINUX64'", "did you mean 'LINUX'?"},
                {LINUX("\"resources\":{\"unified\":{\"a/memory.high\":\"1\"}}"),
                 "config.json:2:50: linux.resources.unified.a/memory.high: 'a/memory.high' is a path, not a file of "
                 "the "
                 "container's group",
                 "did you mean 'memory.high'?"},
        };

        check_refusals(refusals, ELEMENTS(refusals));
}

static void test_process_alone(void **state)
{
        static const char text[] = "{\"cwd\":\"/w\",\"args\":[\"id\"]}", behind[] = "{\"cwd\":\"/w\"} {}";
        _cleanup_arena_ struct arena arena = {0};
        struct spec_process process;
        struct ward_err err = {0};

        assert_int_equal(oci_parse_process(text, strlen(text), "p.json", &arena, &process, &err), 0);
        assert_string_equal(process.cwd, "/w");
        assert_string_equal(process.args_origin.field, "args");
        assert_int_equal(process.umask, UINT32_MAX);
        assert_null(process.envp[0]);
        assert_int_equal(oci_parse_process(behind, strlen(behind), "p.json", &arena, &process, &err), -EINVAL);
        assert_string_equal(err.message, "p.json:1:14: expected the end of the text, found an object");
}

static void test_too_large(void **state)
{
        struct ward_spec spec;
        struct ward_err err = {0};

        /* The text itself is not looked at. */
        assert_int_equal(oci_parse("", (size_t)OCI_CONFIG_MAX + 1, "config.json", &spec, &err), -EFBIG);
}

static void test_origin_text(void **state)
{
        static const struct {
                struct spec_origin origin;
                const char *text;
        } cases[] = {
                {{"mounts", 3, 41, 5}, "mounts[3] (config.json line 41)"},
                {{"process.cwd", -1, 7, 5}, "process.cwd (config.json line 7)"},
                {{"--tmpfs /run", -1, 0, 0}, "--tmpfs /run"},
                {{NULL, -1, 0, 0}, "config.json"},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char buffer[64];

                assert_string_equal(spec_origin_text(&cases[i].origin, "config.json", buffer, sizeof(buffer)),
                                    cases[i].text);
        }
}

static void test_sysctl_path(void **state)
{
        static const struct {
                const char *key, *path;
        } cases[] = {
                {"net.ipv4.ip_forward", "net/ipv4/ip_forward"},
                {"net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding"},
                {"net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"},
                {"", NULL},
                {".", NULL},
                {"/", NULL},
                {"net.", NULL},
                {"/net", NULL},
                {"net..x", NULL},
                {"net//x", NULL},
                {"net/./x", NULL},
                {"net/../x", NULL},
                {"net.//.x", NULL},
                {"net./.x", NULL},
                {"..", NULL},
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                char buffer[64];
                bool valid = spec_sysctl_path(cases[i].key, buffer, sizeof(buffer));

                assert_int_equal(valid, cases[i].path != NULL);
                if (valid)
                        assert_string_equal(buffer, cases[i].path);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_top),
                cmocka_unit_test(test_top_refused),
                cmocka_unit_test(test_hooks),
                cmocka_unit_test(test_process),
                cmocka_unit_test(test_all_capabilities),
                cmocka_unit_test(test_unknown_capabilities),
                cmocka_unit_test(test_unknown_properties),
                cmocka_unit_test(test_process_refused),
                cmocka_unit_test(test_mount_options),
                cmocka_unit_test(test_mount_kinds),
                cmocka_unit_test(test_mounts_refused),
                cmocka_unit_test(test_linux),
                cmocka_unit_test(test_linux_refused),
                cmocka_unit_test(test_process_alone),
                cmocka_unit_test(test_too_large),
                cmocka_unit_test(test_origin_text),
                cmocka_unit_test(test_sysctl_path),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
