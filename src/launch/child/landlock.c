/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock (landlock(7)): a ruleset is made in the container's root, and put in force when nothing is left to be set up.
 *
 * Kernel rules: rules of a file take rights of files alone, and none that the ruleset does not refuse; who restricts itself has no_new_privs or
 * CAP_SYS_ADMIN in its user namespace (landlock_restrict_self(2)). The plan leaves out what this kernel does not know. A filter of an outer
 * sandbox may answer the calls with 0 and do nothing, so each is shown once to refuse what it must.
 */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/landlock.h>

#include "base/uapi.h"
#include "launch/child/child.h"
#include "launch/child/sys.h"

#define FILE_RIGHTS                                                                                  \
        (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
         LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

static int add_path(struct child *child, int ruleset, const struct spec_landlock_path *path, uint64_t known)
{
        struct uapi_landlock_path rule = {.rights = path->rights & known};
        int r;

        child->step = STEP_RULE_PATH;
        rule.fd = child_open_as_program(child, path->path, 0);
        if (rule.fd < 0)
                return path->optional && rule.fd == -ENOENT ? 0 : rule.fd;
        child->step = STEP_RULE;
        r = child_is_directory(rule.fd, 0);
        if (r == 0)
                rule.rights &= FILE_RIGHTS;
        /* An empty rule is an error, and says nothing (landlock_add_rule(2)). */
        if (r >= 0 && rule.rights != 0)
                r = (int)sys4(landlock_add_rule, ruleset, UAPI_LANDLOCK_RULE_PATH, &rule, 0);
        (void)sys1(close, rule.fd);
        return r;
}

int child_do_ruleset(struct child *child, const struct op *op)
{
        const struct op_ruleset *rules = &op->ruleset;
        const struct uapi_landlock_ruleset attributes = {rules->fs, rules->net, rules->scope};
        int ruleset, r = 0;

        ruleset = (int)sys3(landlock_create_ruleset, &attributes, sizeof(attributes), 0);
        if (ruleset < 0)
                return ruleset;
        child->slots[rules->slot] = ruleset;
        /* A rule of a kind that there is none of. */
        child->step = STEP_PROVE;
        if (sys4(landlock_add_rule, ruleset, 0, 0, 0) != -EINVAL)
                return -EPERM;
        for (uint32_t i = 0; r >= 0 && i < rules->path_count; i++) {
                child->value = i;
                r = add_path(child, ruleset, &rules->paths[i], rules->fs);
        }
        for (uint32_t i = 0; r >= 0 && i < rules->port_count; i++) {
                const struct uapi_landlock_port rule = {rules->ports[i].rights, rules->ports[i].port};

                child->step = STEP_RULE;
                child->value = rules->path_count + i;
                r = (int)sys4(landlock_add_rule, ruleset, UAPI_LANDLOCK_RULE_PORT, &rule, 0);
        }
        return r;
}

int child_do_restrict(struct child *child, const struct op *op)
{
        int ruleset = child->slots[op->restrict_self.slot];
        int r = (int)sys2(landlock_restrict_self, ruleset, op->restrict_self.flags);

        if (r < 0)
                return r;
        (void)sys1(close, ruleset);
        child->step = STEP_PROVE;
        return sys2(landlock_restrict_self, ruleset, 0) == -EBADF ? 0 : -EPERM;
}
