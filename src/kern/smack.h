/* SPDX-License-Identifier: Apache-2.0 */
/* Smack: who may take another label (the kernel's Documentation/admin-guide/LSM/Smack.rst). */
#ifndef KERN_SMACK_H
#define KERN_SMACK_H

#include <stdbool.h>

/* Whether it is this kernel's module. */
bool smack_active(void);

/*
 * A process changes its label itself, with CAP_MAC_ADMIN in the initial user namespace. Behind another one it can take a label that it was offered before, once: the
 * offer is kept with the credentials, so that a child has it. smack_offer() makes one for the calling thread and its later children; smack_withdraw() takes it from
 * the thread. Who lacks the right, or has smackfs not mounted, makes none: what he was offered by others stays.
 */
bool smack_offer(const char *label);
void smack_withdraw(void);

#endif
