/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of capabilities as people write them, and the attribute that gives them to files (capabilities(7)). Pure data. */
#ifndef MODEL_CAPS_H
#define MODEL_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/text.h"

#define CAPS_ALL ((UINT64_C(1) << CAP_NAME_COUNT) - 1)

/* What each capability allows, one line without a full stop. */
extern const char *const caps_meanings[CAP_NAME_COUNT];

/* Reads "CAP_CHOWN,net_raw", "all", "none", or a mask as /proc and capsh(1) write it, in hexadecimal digits with or without 0x. Errors: -EINVAL. */
int caps_parse(const char *word, struct arena *arena, uint64_t *ret_caps, struct ward_err *err);

/* "cap_chown,cap_net_raw", in the spelling of libcap; bits without a name as their number. "none" for none. */
void caps_print(uint64_t caps, const char *between, struct text *text);

/* What a file has. */
struct caps_file {
        unsigned revision; /* of the attribute, 1 to 3 */
        bool effective;    /* the permitted ones are effective at once */
        uint64_t permitted, inheritable;
        uint32_t root_id; /* revision 3: the user that is root in the namespace in which they count; 0 in the others */
};

/* Reads the value of security.capability (linux/capability.h, struct vfs_ns_cap_data). -EBADMSG: it is none. */
int caps_file_parse(const void *data, size_t len, struct caps_file *ret_file);

/* "cap_net_raw=ep", as getcap(8) has it. */
void caps_file_print(const struct caps_file *file, struct text *text);

#endif
