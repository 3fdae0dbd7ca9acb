/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a facility of the kernel can be used here and now, by using it.
 *
 * Each probe is called in a process of its own by probe_run(), makes what it needs in namespaces of its own, and leaves nothing behind. It answers
 * 0, or -errno as the kernel refused. Who is not root takes the rights for it from a new user namespace.
 */
#ifndef KERN_PROBE_H
#define KERN_PROBE_H

#include <stdbool.h>

#define PROBE_KILLED (-132) /* of probe_run(): a signal ended it, as a filter does (ERFKILL, which no probe answers) */

typedef int (*probe_function)(void);

/* The answer of @probe; an error of clone(2); PROBE_KILLED. */
int probe_run(probe_function probe);

/* The same with the rights of a new user namespace alone, whoever the caller is: more is refused there than to root (mount_namespaces(7)). */
int probe_run_boxed(probe_function probe);

/* Whether the caller has the rights of root of the machine, or of a container, over what is asked for by probes. */
bool probe_has_rights(void);

/* For probes: those rights, in a new user namespace where the caller does not have them. */
int probe_take_rights(void);

/* probe.c: namespaces and processes */
int probe_user(void); /* and its capabilities can be used */
int probe_mount(void);
int probe_pid(void);
int probe_ipc(void);
int probe_uts(void);
int probe_net(void);
int probe_cgroup(void);
int probe_time(void);
int probe_clone3(void);
int probe_pidfd(void);
int probe_close_range(void);
int probe_openat2(void);
int probe_keyring(void);

/* probe-files.c: mounts */
int probe_mount_api(void);
int probe_open_tree(void);
int probe_mount_setattr(void);
int probe_pivot(void);
int probe_tmpfs(void);
int probe_proc(void);
int probe_sysfs(void);
int probe_devpts(void);
int probe_mqueue(void);
int probe_overlay(void);
int probe_idmap(void);
int probe_fuse(void);

/* probe-confine.c: what takes rights away */
int probe_no_new_privs(void);
int probe_seccomp_strict(void);
int probe_seccomp_filter(void);
int probe_seccomp_log(void);
int probe_seccomp_notify(void);
int probe_seccomp_kill(void);
int probe_landlock(void); /* that it refuses */
int probe_bpf_device(void);

/* probe-net.c: each in a network namespace of its own */
int probe_loopback(void);
int probe_veth(void);
int probe_bridge(void);
int probe_nftables(void);
int probe_tun(void);

#endif
