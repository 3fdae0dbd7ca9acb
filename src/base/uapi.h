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

#endif
