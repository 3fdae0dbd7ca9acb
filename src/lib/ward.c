/* SPDX-License-Identifier: Apache-2.0 */
/* The state root, and how structures and flags cross the border of the library. */
#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

const char *ward_version(void)
{
        return WARD_VERSION;
}

int lib_end(int r, struct ward_err *own, struct ward_err *err)
{
        /* wait(2): its child is gone before it was waited for. */
        if (r == -ECHILD && own->hint[0] == '\0')
                (void)err_hint(own, "somebody else has reaped a child of libward's: SIGCHLD must not be ignored, and "
                                    "nobody may wait for any child during a call");
        if (r < 0 && err != NULL)
                *err = *own;
        return r;
}

static int open_root(const char *path, struct ward **ret_ward, struct ward_err *err)
{
        _cleanup_free_ struct ward *ward = calloc(1, sizeof(*ward));
        int r;

        if (ward == NULL)
                return err_oom(err);
        r = store_open(path, &ward->store, err);
        if (r < 0)
                return r;
        *ret_ward = TAKE_PTR(ward);
        return 0;
}

int ward_open(const char *path, struct ward **ret_ward, struct ward_err *err)
{
        struct ward_err own = {0};

        return lib_end(open_root(path, ret_ward, &own), &own, err);
}

void ward_close(struct ward *ward)
{
        if (ward == NULL)
                return;
        store_close(&ward->store);
        free(ward);
}

int lib_take(void *ret_ours, size_t size, size_t least, const void *given, const char *name, struct ward_err *err)
{
        const unsigned char *bytes = given;
        size_t theirs;

        memset(ret_ours, 0, size);
        if (given == NULL)
                return 0;
        memcpy(&theirs, given, sizeof(theirs));
        if (theirs < least) {
                (void)err_set(err, -EINVAL, "struct_size of struct %s is %zu: it is too small", name, theirs);
                return err_hint(err, "set it to sizeof(struct %s)", name);
        }
        for (size_t i = size; i < theirs; i++)
                if (bytes[i] != 0) {
                        (void)err_set(err, -E2BIG, "struct %s has a member set that libward %s does not know", name,
                                      WARD_VERSION);
                        return err_hint(err, "install the libward that the program was compiled for");
                }
        memcpy(ret_ours, given, theirs < size ? theirs : size);
        return 0;
}

void lib_give(void *ret_theirs, const void *ours, size_t size)
{
        size_t theirs, head = sizeof(theirs);

        memcpy(&theirs, ret_theirs, sizeof(theirs));
        if (theirs <= head)
                return;
        memset((char *)ret_theirs + head, 0, theirs - head);
        memcpy((char *)ret_theirs + head, (const char *)ours + head, (theirs < size ? theirs : size) - head);
}

int lib_flags(unsigned flags, unsigned allowed, const char *verb, struct ward_err *err)
{
        if ((flags & ~allowed) == 0)
                return 0;
        (void)err_set(err, -EINVAL, "%s: flags 0x%x are not for this call", verb, flags & ~allowed);
        return err_hint(err, "ward/ward.h says which flags belong to which call");
}
