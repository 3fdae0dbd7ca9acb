/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON file that a verb is given, or standard input. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/oci.h"
#include "oci/oci.h"

int oci_read_input(const char *file, const char **ret_name, char **ret_text, size_t *ret_len, struct ward_err *err)
{
        bool standard = strcmp(file, "-") == 0;

        *ret_name = standard ? "standard input" : file;
        return standard ? fd_read_all(STDIN_FILENO, *ret_name, OCI_CONFIG_MAX, ret_text, ret_len, err)
                        : fd_read_file(AT_FDCWD, file, OCI_CONFIG_MAX, ret_text, ret_len, err);
}
