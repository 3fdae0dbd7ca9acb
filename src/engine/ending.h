/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a container ended: the verdict, from how its first process did, what the caps say, who sent it a signal, and what its group has counted.
 *
 * Somebody who waits for a container knows all of that and keeps it with the state, if that stays (exit.json). Of one that nobody waits for it is
 * found out when it is asked for: its group has its figures until it is deleted.
 */
#ifndef ENGINE_ENDING_H
#define ENGINE_ENDING_H

#include "engine/relay.h"
#include "engine/stored.h"
#include "model/ending.h"

/* What is known of one that was waited for. */
struct ending_facts {
        const struct store_entry *entry;
        const struct cgroup_layout *layout;
        const char *group;     /* NULL: none */
        pid_t pid;             /* of its first process */
        const siginfo_t *info; /* how that ended: waitid(2) */
        const struct watch *watch;
        const struct relay *relay;
};

/* The verdict. Texts live in @arena. What can't be found out is unknown, which is no error. */
void ending_judge(const struct ending_facts *facts, struct arena *arena, struct ending *ret_ending);

/* Keeps it with the state. */
int ending_keep(const struct store_entry *entry, const struct ending *ending, struct ward_err *err);

/* Leaves word that this program is about to send @signal, for the record of an end by it; @verb: what it was asked to do. Nothing for a signal that ends
 * nothing. What fails keeps nobody from sending it. ending_forget_sender(): it was not sent. */
void ending_note_sender(const struct store_entry *entry, int signal, const char *verb);
void ending_forget_sender(const struct store_entry *entry);

#endif
