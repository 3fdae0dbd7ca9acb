/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unit of systemd that holds a container's control group: its name out of linux.cgroupsPath, and properties out of annotations. Pure data;
 * engine/unit.c has systemd make it.
 */
#ifndef MODEL_UNIT_H
#define MODEL_UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define UNIT_PROPERTY "org.systemd.property."

struct unit_name {
        const char *slice; /* "system.slice" */
        const char *scope; /* "ward-ID.scope" */
};

/*
 * "SLICE:PREFIX:NAME" as runc and crun have it; a part that is empty has its default: system.slice (@user: user.slice), no prefix. @path NULL
 * is "::ward:ID". What can be no name of a unit is refused, and so is a slice in place of the scope: systemd delegates none
 * (systemd.resource-control(5), "Delegate="). The names live in @arena.
 */
int unit_name_read(const char *path, const char *id, bool user, struct arena *arena, struct unit_name *ret_name,
                   struct ward_err *err);

/* Words for the helper program (src/helper/systemd.c): of each property its name, its D-Bus signature, and its value, an array with the number
 * of its elements in front. Zero-initialise it but for the arena; when memory runs out it remembers that. */
struct unit_words {
        struct arena *arena;
        const char **list; /* NULL-terminated once anything was added */
        size_t count, room;
        bool failed;
};

/* Adds a word, which is borrowed; NULL is memory that ran out. */
void unit_add(struct unit_words *words, const char *word);

/*
 * Adds the property @name with its value in GVariant's text form, as runc reads it: "true", "'text'", "uint64 5", "['a', 'b']", "@as []". A
 * number without a type is an int32. Of basic types, and arrays of them. A name that ends in Sec, as unit files have it, is a
 * number of seconds, and becomes one of microseconds whose name ends in USec. -EINVAL: what is neither of these, and the
 * properties that a container's scope needs as they are.
 */
int unit_property_read(const char *name, const char *value, struct unit_words *words, struct ward_err *err);

#endif
