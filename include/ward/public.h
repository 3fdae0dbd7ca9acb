/* SPDX-License-Identifier: Apache-2.0 */
/* How libward marks what it offers: the library is built with hidden visibility, and only what carries WARD_PUBLIC can be linked to. */
#ifndef WARD_PUBLIC_H
#define WARD_PUBLIC_H

#define WARD_PUBLIC __attribute__((visibility("default")))

#endif
