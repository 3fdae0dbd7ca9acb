/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `ward limit` share. */
#ifndef CLI_LIMIT_H
#define CLI_LIMIT_H

#include "cli/cli.h"
#include "engine/limit.h"

enum { LIMIT_FORMAT_TABLE, LIMIT_FORMAT_JSON };

/* The options whose names are words of model/limit-words.h: each may be repeated. */
#define LIMIT_WORDS_MAX 48

struct limit {
        struct option_list words[LIMIT_WORDS_MAX]; /* in the order of the table */
        struct option_list properties;             /* -p NAME=VALUE */
        struct option_list ulimits;
        const char *nice, *ioprio, *oom_score_adj;
        bool tree, force, undo;
        unsigned format;
};

/* The values as they are to be set; memory is of cli->arena. */
int limit_read(struct cli *cli, const struct limit *o, struct spec_resources *ret_resources,
               struct engine_limit_setting **ret_settings, size_t *ret_count, struct ward_err *err);

int limit_run(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err);

#endif
