/* SPDX-License-Identifier: Apache-2.0 */
/* The ROOT of `ward run`. */
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "cli/run.h"

int run_root_open(struct cli *cli, const char *word, struct run_root *ret_root, struct ward_err *err)
{
        struct run_root root = RUN_ROOT_NONE;
        int r;

        if (strcmp(word, "host") == 0) {
                (void)err_set(err, -ENOTSUP, "the root 'host' is not supported yet");
                return err_hint(err, "give a directory with a system in it; one that is called host: ./host");
        }
        r = cli_absolute_path(cli, word, &root.path, err);
        if (r < 0)
                return r;
        root.fd = open(root.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (root.fd < 0) {
                r = err_errno(err, "open the root '%s'", root.path);
                if (r == -ENOENT || r == -ENOTDIR)
                        return err_hint(err, "ROOT is a directory with a system in it: bin, etc, lib ...");
                return r;
        }
        *ret_root = root;
        return 0;
}

void run_root_done(struct run_root *root)
{
        root->fd = fd_close(root->fd);
}
