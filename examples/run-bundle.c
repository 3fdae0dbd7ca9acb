/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the container that a bundle describes, and says how it ended.
 *
 *      cc run-bundle.c -o run-bundle $(pkg-config --cflags --libs libward)
 *      run-bundle STATE-ROOT BUNDLE ID
 *
 * STATE-ROOT is a directory of the caller's own; BUNDLE, an absolute path, holds a config.json of the OCI runtime specification and
 * the root file system that it names.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ward/ward.h>

/* A file as a whole. The caller frees it; NULL with errno on failure. */
static char *read_file(const char *path, size_t *ret_len)
{
        FILE *file = fopen(path, "re");
        char *text = NULL, *grown;
        size_t len = 0, n = 1;

        if (file == NULL)
                return NULL;
        while (n > 0 && (grown = realloc(text, len + 4096)) != NULL) {
                text = grown;
                n = fread(text + len, 1, 4096, file);
                len += n;
        }
        if (n > 0 || ferror(file)) {
                free(text);
                text = NULL;
        }
        (void)fclose(file);
        *ret_len = len;
        return text;
}

static int load(const char *bundle, struct ward_spec **ret_spec, struct ward_err *err)
{
        char path[PATH_MAX];
        size_t len = 0;
        char *text;
        int r;

        (void)snprintf(path, sizeof(path), "%s/config.json", bundle);
        text = read_file(path, &len);
        if (text == NULL) {
                err->errnum = errno;
                (void)snprintf(err->message, sizeof(err->message), "cannot read the bundle's config.json: %s",
                               strerror(err->errnum));
                return -err->errnum;
        }
        r = ward_spec_parse(text, len, "config.json", ret_spec, err);
        free(text);
        return r;
}

static int run(const char *root, const char *bundle, const char *id, struct ward_exit *end, struct ward_err *err)
{
        struct ward_start_options options = {.struct_size = sizeof(options), .bundle = bundle};
        struct ward_spec *spec = NULL;
        struct ward *ward = NULL;
        int r;

        r = load(bundle, &spec, err);
        if (r >= 0)
                r = ward_open(root, &ward, err);
        if (r >= 0)
                r = ward_run(ward, id, spec, &options, end, err);
        ward_close(ward);
        ward_spec_free(spec);
        return r;
}

int main(int argc, char **argv)
{
        struct ward_exit end = {.struct_size = sizeof(end)};
        struct ward_err err = {0};

        if (argc != 4) {
                (void)fprintf(stderr, "usage: %s STATE-ROOT BUNDLE ID\n", argv[0]);
                return 2;
        }
        if (run(argv[1], argv[2], argv[3], &end, &err) < 0) {
                (void)fprintf(stderr, "%s\n", err.message);
                if (err.hint[0] != '\0')
                        (void)fprintf(stderr, "hint: %s\n", err.hint);
                return 1;
        }
        (void)printf("%s ended with %d%s\n", argv[3], end.status, end.oom_killed ? ": out of memory" : "");
        return 0;
}
