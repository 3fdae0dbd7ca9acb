/* SPDX-License-Identifier: Apache-2.0 */
/* ward seccomp: system call filters explained, tested, compared, compiled. */
#include "cli/seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/syscalls.h"
#include "model/caps.h"
#include "model/defaults.h"

enum { TABLE, JSON };
static const char *const formats[] = {"table", "json", NULL};

enum { RAW, C, OCI };
static const char *const forms[] = {"raw", "c", "oci", NULL};

struct seccomp {
        unsigned format, as;
        bool all, allow_unknown;
        const char *arch, *caps, *output;
};

/* Options by what they need; each word says which of them mean something to it. */
enum {
        TAKES_FORMAT = 1 << 0,
        TAKES_ARCH = 1 << 1,
        TAKES_ALL = 1 << 2,
        TAKES_PROFILE = 1 << 3, /* --caps, --allow-unknown */
        TAKES_OUTPUT = 1 << 4,
        TAKES_AS = 1 << 5,
};

/* One call: the options, read. */
struct job {
        struct cli *cli;
        const struct seccomp *options;
        struct filters_how how;
        size_t arch;
};

/* Ends with 1 when the answer is a no, like test(1) and diff(1). */
#define ANSWER_NO 1

static int find(const struct job *job, const char *word, struct filters *ret_filters, struct ward_err *err)
{
        return filters_find(word, &job->how, &job->cli->arena, ret_filters, err);
}

static struct seccomp_shown shown(const struct job *job, int count, char **names)
{
        return (struct seccomp_shown){
                .cli = job->cli,
                .json = job->options->format == JSON,
                .all = job->options->all,
                .arch = job->arch,
                .names = names,
                .name_count = count,
        };
}

static int explain(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        struct seccomp_shown how = shown(job, count - 1, words + 1);
        _cleanup_text_ struct text text = {0};
        struct filters filters;
        int r = find(job, words[0], &filters, err);

        if (r >= 0)
                r = seccomp_show(&how, &filters, &text, err);
        return r < 0 ? r : cli_print(&text, err);
}

static int diff(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        struct seccomp_shown how = shown(job, 0, NULL);
        _cleanup_text_ struct text text = {0};
        struct filters first, second;
        bool differ = false;
        int r = find(job, words[0], &first, err);

        if (r >= 0)
                r = find(job, words[1], &second, err);
        if (r >= 0)
                r = seccomp_show_difference(&how, &first, &second, &differ, &text, err);
        if (r >= 0)
                r = cli_print(&text, err);
        return r < 0 ? r : differ ? ANSWER_NO : 0;
}

/* Decimal, or hexadecimal behind 0x, or -1 and the like as the kernel sees them. */
static int read_argument(const char *word, uint64_t *ret_value, struct ward_err *err)
{
        bool negative = *word == '-';
        const char *digits = word + negative;
        uint64_t value = 0;

        if (strncmp(digits, "0x", 2) == 0 && strlen(digits) > 2 && strlen(digits) <= 18 &&
            strspn(digits + 2, "0123456789abcdefABCDEF") == strlen(digits + 2)) {
                for (digits += 2; *digits != '\0'; digits++)
                        value = value << 4 | (uint64_t)(*digits <= '9' ? *digits - '0' : (*digits | 0x20) - 'a' + 10);
        } else if (number_parse(digits, UINT64_MAX, &value) < 0) {
                (void)err_set(err, -EINVAL, "seccomp test: '%s' is not an argument", word);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "write a number: 2, -1 or 0x5412");
        }
        *ret_value = negative ? -value : value;
        return 0;
}

static int test(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        _cleanup_text_ struct text text = {0}, answer = {0};
        uint32_t nr, steps, got;
        uint64_t args[6] = {0};
        struct filters filters;
        int r = find(job, words[0], &filters, err);

        if (r >= 0)
                r = seccomp_call_number(job->cli, job->arch, words[1], &nr, err);
        for (int i = 2; r >= 0 && i < count; i++)
                r = read_argument(words[i], &args[i - 2], err);
        if (r < 0)
                return r;
        got = filters_answer(&filters.side, syscall_arch_audit(syscall_arch_at(job->arch)), nr, args, &steps);
        seccomp_answer_print(got, &answer);
        if (text_failed(&answer))
                return err_oom(err);
        if (job->options->format == JSON)
                text_printf(&text, "{\"version\": %d, \"number\": %u, \"answer\": \"%s\", \"instructions\": %u}\n",
                            SECCOMP_FORMAT_VERSION, nr, answer.data, steps);
        else
                text_printf(&text, "%s (%u instructions)\n", answer.data, steps);
        r = cli_print(&text, err);
        return r < 0 ? r : got == SECCOMP_RET_ALLOW ? 0 : ANSWER_NO;
}

/* ---------------------------------------------------------------------------------------------------------------- programs */

/* To the file of --output, or to standard output. */
static int write_out(const char *path, const void *data, size_t len, struct ward_err *err)
{
        _cleanup_close_
        int fd = path == NULL ? -EBADF : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        int r;

        if (path != NULL && fd < 0) {
                (void)err_errno(err, "option '--output': write '%s'", path);
                return err_mistake(err, MISTAKE_FILE_UNWRITABLE);
        }
        r = fd_write_all(path == NULL ? STDOUT_FILENO : fd, data, len);
        return r < 0 ? err_code(err, r, "write %s", path == NULL ? "to standard output" : path) : 0;
}

static void add_c(struct text *text, const struct seccomp_filter *filter)
{
        text_puts(text, "{\n");
        for (size_t i = 0; i < filter->count; i++)
                text_printf(text, "        {0x%02x, %u, %u, 0x%08x},\n", filter->code[i].code, filter->code[i].jt,
                            filter->code[i].jf, filter->code[i].k);
        text_puts(text, "}\n");
}

static int compile(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        const struct seccomp *o = job->options;
        _cleanup_text_ struct text text = {0};
        struct filters filters;
        int r = find(job, words[0], &filters, err);

        if (r < 0)
                return r;
        if (filters.profile == NULL) {
                (void)err_set(err, -EINVAL, "seccomp compile: %s is not a profile with rules", filters.title);
                (void)err_mistake(err, MISTAKE_WORD);
                return err_hint(err,
                                "name one of default, strict and systemd, or a file in docker's or the OCI's form");
        }
        if (o->as == RAW && o->output == NULL && isatty(STDOUT_FILENO)) {
                (void)err_set(err, -EINVAL, "seccomp compile: instructions are not for a terminal");
                (void)err_mistake(err, MISTAKE_CONFLICT);
                return err_hint(err, "name a file by --output, or see them by 'ward seccomp disasm'");
        }
        if (o->as == OCI)
                seccomp_profile_print(filters.profile, filters.listener, &text);
        else if (o->as == C)
                add_c(&text, &filters.side.filters[0]);
        else
                text_add(&text, (const char *)filters.side.filters[0].code,
                         filters.side.filters[0].count * sizeof(struct sock_filter));
        return text_failed(&text) ? err_oom(err) : write_out(o->output, text.data, text.len, err);
}

/* Every filter's instructions, the newest filter first. */
static int print_programs(const struct job *job, const struct filters *filters, struct ward_err *err)
{
        bool json = job->options->format == JSON;
        _cleanup_text_ struct text text = {0};
        int r = 0;

        if (json)
                text_printf(&text, "{\"version\": %d, \"filters\": [", SECCOMP_FORMAT_VERSION);
        else if (filters->copy != NULL)
                text_printf(&text, "%s: %s\n", filters->title, filters->copy);
        for (size_t i = 0; r >= 0 && i < filters->side.count; i++) {
                if (json)
                        text_puts(&text, i == 0 ? "" : ", ");
                else if (filters->side.count > 1)
                        text_printf(&text, "%sfilter %zu of %zu%s\n", i == 0 ? "" : "\n", i + 1, filters->side.count,
                                    i == 0 ? ", the newest" : "");
                r = seccomp_disasm(&filters->side.filters[i], json, &text, err);
        }
        text_puts(&text, json ? "]}\n" : "");
        if (r >= 0 && text.len == 0)
                text_printf(&text, "%s: no filter\n", filters->title);
        return r < 0 ? r : cli_print(&text, err);
}

static int disasm(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        struct filters filters;
        int r = find(job, words[0], &filters, err);

        return r < 0 ? r : print_programs(job, &filters, err);
}

/* FILE, or FILE.1 and so on where there are more, the newest first. */
static int dump(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        const char *output = job->options->output, *path;
        struct filters filters;
        uint64_t pid;
        int r;

        if (number_parse(words[0], INT32_MAX, &pid) < 0 && strncmp(words[0], "pid:", strlen("pid:")) != 0) {
                (void)err_set(err, -EINVAL, "seccomp dump: '%s' is not the number of a process", words[0]);
                (void)err_mistake(err, MISTAKE_NUMBER);
                return err_hint(err, "'ward seccomp disasm' shows what a profile or a container has");
        }
        r = find(job, words[0], &filters, err);
        if (r < 0 || output == NULL)
                return r < 0 ? r : print_programs(job, &filters, err);
        if (filters.side.count == 0 || filters.side.strict)
                return err_set(err, -ENOENT, "seccomp dump: %s has no filter to be written", filters.title);
        for (size_t i = 0; r >= 0 && i < filters.side.count; i++) {
                const struct seccomp_filter *filter = &filters.side.filters[i];

                path = filters.side.count == 1 ? output : arena_printf(&job->cli->arena, "%s.%zu", output, i + 1);
                if (path == NULL)
                        return err_oom(err);
                r = write_out(path, filter->code, filter->count * sizeof(*filter->code), err);
        }
        return r;
}

/* -------------------------------------------------------------------------------------------------------------------- lint */

struct findings {
        struct text *text;
        bool json, hole;
        size_t count;
};

static void add_finding(void *data, enum filters_weight weight, const char *call, const char *what)
{
        struct findings *findings = data;

        findings->hole |= weight == FILTERS_HOLE;
        if (findings->json) {
                text_printf(findings->text, "%s\n  {\"weight\": \"%s\", \"call\": ", findings->count > 0 ? "," : "",
                            filters_weight_names[weight]);
                json_write_string(findings->text, call);
                text_puts(findings->text, ", \"what\": ");
                json_write_string(findings->text, what);
                text_puts(findings->text, "}");
        } else {
                text_printf(findings->text, "%-10s %-20s %s\n", filters_weight_names[weight], call, what);
        }
        findings->count++;
}

static int lint(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        _cleanup_text_ struct text text = {0};
        struct findings findings = {.text = &text, .json = job->options->format == JSON};
        struct filters filters;
        int r = find(job, words[0], &filters, err);

        if (r >= 0 && findings.json)
                text_printf(&text, "{\"version\": %d, \"findings\": [", SECCOMP_FORMAT_VERSION);
        if (r >= 0)
                r = filters_lint(&filters, &job->cli->arena, add_finding, &findings, err);
        if (r < 0)
                return r;
        if (findings.json)
                text_puts(&text, "]}\n");
        else if (findings.count == 0)
                text_puts(&text, "Nothing found.\n");
        r = cli_print(&text, err);
        return r < 0 ? r : findings.hole ? ANSWER_NO : 0;
}

static int add_member(void *data, const char *call)
{
        text_printf(data, "%s\n", call);
        return 0;
}

static int groups(struct cli *cli, const void *what, int count, char **words, struct ward_err *err)
{
        const struct job *job = what;
        _cleanup_text_ struct text text = {0};
        int r;

        for (const struct syscall_group *group = syscall_groups; count == 0 && group->name[0] != '\0'; group++)
                text_printf(&text, "%s\n", group->name);
        if (count == 0)
                text_puts(&text, "@known\n");
        for (int i = 0; i < count; i++) {
                r = syscall_group_each(words[i], &job->cli->arena, add_member, &text);
                if (r == -ENOENT) {
                        const char *group = *words[i] == '@' ? words[i] : arena_concat(&job->cli->arena, "@", words[i]);
                        const char *near = group == NULL ? NULL : syscall_nearest(group, &job->cli->arena);

                        (void)err_set(err, -EINVAL, "seccomp groups: there is no group '%s'", words[i]);
                        (void)err_mistake(err, MISTAKE_WORD);
                        return near == NULL ? err_hint(err, "'ward seccomp groups' lists them")
                                            : err_hint(err, "did you mean '%s'?", near);
                }
                if (r < 0)
                        return err_oom(err);
        }
        return cli_print(&text, err);
}

/* ---------------------------------------------------------------------------------------------------------------- the verb */

static const struct cli_action words[] = {
        {"explain", "FILTER [CALL...]", 1, INT_MAX, TAKES_FORMAT | TAKES_ARCH | TAKES_ALL | TAKES_PROFILE, explain},
        {"test", "FILTER CALL [ARGUMENT...]", 2, 8, TAKES_FORMAT | TAKES_ARCH | TAKES_PROFILE, test},
        {"diff", "FILTER FILTER", 2, 2, TAKES_FORMAT | TAKES_ARCH | TAKES_PROFILE, diff},
        {"lint", "FILTER", 1, 1, TAKES_FORMAT | TAKES_PROFILE, lint},
        {"compile", "PROFILE", 1, 1, TAKES_AS | TAKES_OUTPUT | TAKES_PROFILE, compile},
        {"disasm", "FILTER", 1, 1, TAKES_FORMAT | TAKES_PROFILE, disasm},
        {"dump", "PID", 1, 1, TAKES_FORMAT | TAKES_OUTPUT, dump},
        {"groups", "[@GROUP...]", 0, INT_MAX, 0, groups},
};
static const struct cli_actions actions = {"seccomp", "explain default", words, ELEMENTS(words)};

static int read_arch(const char *word, size_t *ret_arch, struct ward_err *err)
{
        _cleanup_text_ struct text list = {0};

        for (size_t i = 0; syscall_arch_at(i) != 0; i++) {
                if (strcmp(syscall_arch_name(i), word) == 0) {
                        *ret_arch = i;
                        return 0;
                }
                text_printf(&list, "%s%s", i == 0 ? "" : ", ", syscall_arch_name(i));
        }
        (void)err_set(err, -EINVAL, "option '--arch': '%s' is not one of: %s", word,
                      list.data != NULL ? list.data : "");
        return err_mistake(err, MISTAKE_WORD);
}

static int seccomp(struct cli *cli, const void *options, int count, char **operands, struct ward_err *err)
{
        const struct seccomp *o = options;
        const struct cli_given given[] = {
                {o->format != TABLE, TAKES_FORMAT, "--format"},
                {o->arch != NULL, TAKES_ARCH, "--arch"},
                {o->all, TAKES_ALL, "--all"},
                {o->caps != NULL, TAKES_PROFILE, "--caps"},
                {o->allow_unknown, TAKES_PROFILE, "--allow-unknown"},
                {o->output != NULL, TAKES_OUTPUT, "--output"},
                {o->as != RAW, TAKES_AS, "--as"},
        };
        const struct cli_action *action = cli_action(&actions, given, ELEMENTS(given), count, operands, err);
        struct job job = {.cli = cli,
                          .options = o,
                          .how = {.root = cli->root, .caps = defaults_caps, .allow_unknown = o->allow_unknown}};
        int r = action == NULL ? -EINVAL : 0;

        if (r >= 0 && o->arch != NULL)
                r = read_arch(o->arch, &job.arch, err);
        if (r >= 0 && o->caps != NULL) {
                r = caps_parse(o->caps, &cli->arena, &job.how.caps, err);
                if (r < 0)
                        (void)err_wrap(err, "option '--caps'");
        }
        return r < 0 ? r : action->run(cli, &job, count - 1, operands + 1, err);
}

static const struct option_entry entries[] = {
        {.name = "all", .letter = 'a', .help = "explain: list what is allowed, too", OPTION_FLAG(struct seccomp, all)},
        {.name = "arch",
         .arg = "NAME",
         .help = "calls of x86_64, i386, x32, aarch64, arm",
         OPTION_TEXT(struct seccomp, arch)},
        {.name = "caps",
         .arg = "SET",
         .help = "what decides conditions (default: as 'ward run')",
         OPTION_TEXT(struct seccomp, caps)},
        {.name = "allow-unknown",
         .help = "leave names that are not known out of a profile",
         OPTION_FLAG(struct seccomp, allow_unknown)},
        {.name = "as",
         .arg = "raw|c|oci",
         .help = "compile: instructions (default), in C, a profile",
         OPTION_WORD(struct seccomp, as, forms)},
        {.name = "output",
         .letter = 'o',
         .arg = "FILE",
         .help = "compile, dump: write the instructions there",
         OPTION_TEXT(struct seccomp, output)},
        {.name = "format",
         .arg = "table|json",
         .help = "how to show it (default: table)",
         OPTION_WORD(struct seccomp, format, formats)},
};

const struct cli_verb cli_seccomp = {
        .name = "seccomp",
        .command =
                {
                        .name = "ward seccomp",
                        .operands = "[OPTIONS] WORD ...",
                        .summary = "System call filters: what they answer, and how they are made.\n"
                                   "\n"
                                   "  explain FILTER [CALL...]        what is allowed, what refused, and when\n"
                                   "  test FILTER CALL [ARGUMENT...]  the answer to one call\n"
                                   "  diff FILTER FILTER              what two answer differently\n"
                                   "  lint FILTER                     holes, and rules without effect\n"
                                   "  compile PROFILE                 the instructions, as seccomp(2) takes them\n"
                                   "  disasm FILTER                   the instructions, to be read\n"
                                   "  dump PID                        those of a process, as the kernel has them\n"
                                   "  groups [@GROUP...]              groups of calls that a profile can name",
                        .notes = "A FILTER is default, strict, systemd, unconfined, a file (a profile in docker's\n"
                                 "or the OCI's form, or instructions; - is standard input), a process or thread\n"
                                 "by its number, or a container by its name; the prefixes profile:, pid: and\n"
                                 "container: say which. Status 1: test, not allowed; diff, a difference;\n"
                                 "lint, a hole.",
                        .entries = entries,
                        .count = ELEMENTS(entries),
                        .operands_min = 1,
                        .operands_max = UINT_MAX,
                        .options_anywhere = true,
                },
        .options_size = sizeof(struct seccomp),
        .run = seccomp,
};
