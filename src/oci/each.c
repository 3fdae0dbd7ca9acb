/* SPDX-License-Identifier: Apache-2.0 */
/* Containers by a pattern of their ids: what crun's --regex is to kill and delete. */
#include <regex.h>

#include "oci/oci.h"

/* What goes wrong with one keeps nobody from the next; the last one's reason is that of all. */
static int do_each(struct oci *oci, const regex_t *regex, oci_each_fn *function, const void *what, struct ward_err *err)
{
        const char *const *ids;
        size_t count;
        bool failed = false;
        int r = store_list(&oci->store, &oci->arena, &ids, &count, err), one;

        for (size_t i = 0; r >= 0 && i < count; i++) {
                struct ward_err mine = {0};

                if (regexec(regex, ids[i], 0, NULL, 0) != 0)
                        continue;
                one = function(oci, ids[i], what, &mine);
                if (one < 0) {
                        failed = true;
                        oci_log(oci, OCI_LOG_ERROR, mine.code, mine.message, mine.hint);
                }
        }
        if (r < 0)
                return r;
        return failed ? err_set(err, -ECANCELED, "not every container that was meant was there to be dealt with") : 0;
}

int oci_each(struct oci *oci, const char *pattern, oci_each_fn *function, const void *what, struct ward_err *err)
{
        char why[128];
        regex_t regex;
        int r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

        if (r != 0) {
                (void)regerror(r, &regex, why, sizeof(why));
                (void)err_set(err, -EINVAL, "option '--regex': '%s' is no regular expression: %s", pattern, why);
                return err_hint(err, "regex(7) says how they are written");
        }
        r = do_each(oci, &regex, function, what, err);
        regfree(&regex);
        return r;
}
