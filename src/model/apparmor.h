/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor profiles (apparmor.d(5)) out of specs. Pure data; kern/apparmor.h has them loaded. */
#ifndef MODEL_APPARMOR_H
#define MODEL_APPARMOR_H

#include "base/err.h"
#include "base/text.h"
#include "model/spec.h"

#define APPARMOR_DEFAULT "ward-default"

/* In front of a profile's name: it is added to what confines the caller, in place of taking its place. */
#define APPARMOR_STACK "stack:"

/* -EINVAL, in words, for what is no name of a profile. */
int apparmor_name_check(const char *name, struct ward_err *err);

/* Whether a process of this label (proc_pid_attr(5), "NAME (enforce)", or several with "//&" between them) is confined by the profile @name. */
bool apparmor_confines(const char *label, const char *name);

/*
 * Appends a profile of the name for what @spec describes: its capabilities, masked and read-only paths, mounts if it has CAP_SYS_ADMIN, raw sockets if it
 * has CAP_NET_RAW, and signals and tracing among its own. @complain: what it does not allow is logged and let through.
 */
void apparmor_profile(const struct ward_spec *spec, const char *name, bool complain, struct text *text);

#endif
