/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of Smack; see smack.h. */
#include "model/smack.h"

#include <errno.h>
#include <string.h>

int smack_label_check(const char *label, struct ward_err *err)
{
        const char *why = NULL;
        size_t len = 0;

        while (label[len] > ' ' && label[len] <= '~' && strchr("/\"\\'", label[len]) == NULL)
                len++;
        if (len == 0 && label[0] == '\0')
                why = "it is empty";
        else if (label[len] != '\0')
                why = "a label has printable ASCII characters, without blanks, quotes, '/' and '\\'";
        else if (len > SMACK_LABEL_MAX)
                why = "a label has 255 characters at most";
        else if (label[0] == '-')
                why = "a label does not begin with '-', which is an option to the kernel";
        else if (strcmp(label, "*") == 0 || strcmp(label, "@") == 0)
                why = "it is for files and for the network: no process can have it";
        if (why == NULL)
                return 0;
        (void)err_set(err, -EINVAL, "'%s' can't be the Smack label of a process: %s", label, why);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "take one that your rules are written for ('cat /sys/fs/smackfs/load2' lists them)");
}
