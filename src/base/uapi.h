/* SPDX-License-Identifier: Apache-2.0 */
/* Constants that Debian 12's headers (Linux 6.1, glibc 2.36) lack where they are needed, with the kernel version that brought each. */
#ifndef BASE_UAPI_H
#define BASE_UAPI_H

#ifndef AT_EACCESS
#define AT_EACCESS 0x200 /* faccessat2(2), 5.8 */
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U /* memfd_create(2), 6.3 */
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2) /* close_range(2), 5.11 */
#endif

/* Landlock (landlock(7)) behind its second ABI. The structures grow with the kernel, and an older one takes them as long as what it does not
 * know is 0; as names of the kernel's headers they would clash with newer ones. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3, 6.2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5, 6.10 */
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0) /* ABI 4, 6.7 */
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* ABI 6, 6.12 */
#define LANDLOCK_SCOPE_SIGNAL (1ULL << 1)
#endif
#ifndef LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON
#define LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF (1U << 0) /* ABI 7, 6.15 */
#define LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON (1U << 1)
#define LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF (1U << 2)
#endif
#ifndef LANDLOCK_CREATE_RULESET_ERRATA
#define LANDLOCK_CREATE_RULESET_ERRATA (1U << 1) /* 6.15 */
#endif
#define UAPI_LANDLOCK_RULE_PATH 1 /* LANDLOCK_RULE_PATH_BENEATH */
#define UAPI_LANDLOCK_RULE_PORT 2 /* LANDLOCK_RULE_NET_PORT, ABI 4 */

struct uapi_landlock_ruleset {
        unsigned long long fs, net, scope;
};

struct uapi_landlock_path {
        unsigned long long rights;
        int fd;
} __attribute__((packed));

struct uapi_landlock_port {
        unsigned long long rights, port;
};

#endif
