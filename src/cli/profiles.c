/* SPDX-License-Identifier: Apache-2.0 */
/* --profile of any verb: the settings of profiles become options, below those of the command line; see cli.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/home.h"

static const struct option_list *list_of(const struct option_command *command, const char *name, const void *target)
{
        const struct option_entry *entry = options_find(command, name);

        return entry == NULL || entry->kind != OPTION_KIND_LIST
                       ? NULL
                       : (const struct option_list *)((const char *)target + entry->offset);
}

static int place(const struct profile_setting *setting, struct ward_err *err)
{
        return err_wrap(err, "%s:%u:%u", setting->file, setting->line, setting->column);
}

/* Where a volume shows the current directory of whoever calls; NULL: it is another one's. */
static const char *shows_here(const char *volume, struct arena *arena)
{
        size_t len = strcspn(volume, ":"), destination = volume[len] == '\0' ? 0 : strcspn(volume + len + 1, ":");
        char own[PATH_MAX];

        if (destination == 0 || getcwd(own, sizeof(own)) == NULL || strlen(own) != len || memcmp(own, volume, len) != 0)
                return NULL;
        return arena_strndup(arena, volume + len + 1, destination);
}

/* A sandbox shows files under their own names. A volume that is at its own, or the current directory elsewhere, is opened by another word. */
static bool is_opened(const struct option_command *command, const char *volume, const struct option_entry **ret_entry,
                      const char **ret_value, struct arena *arena)
{
        const char *colon = strchr(volume, ':');
        size_t len = strcspn(volume, ":"), destination = colon == NULL ? 0 : strcspn(colon + 1, ":");
        bool same = destination == len && strncmp(volume, colon + 1, len) == 0;
        const char *options = colon == NULL ? "" : colon + 1 + destination;

        if (colon == NULL || (!same && shows_here(volume, arena) == NULL) ||
            (*options != '\0' && strcmp(options, ":ro") != 0))
                return false;
        *ret_entry = options_find(command, *options == '\0' ? "rw" : "ro");
        *ret_value = arena_strndup(arena, volume, len);
        return true;
}

/* Begins in the current directory, wherever a container shows it. */
static bool is_here(const struct profile *profile, const char *directory, struct arena *arena)
{
        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];
                const char *shown = strcmp(setting->key->option, "volume") == 0 && !setting->absent
                                            ? shows_here(setting->value, arena)
                                            : NULL;

                if (shown != NULL && strcmp(shown, directory) == 0)
                        return true;
        }
        return false;
}

/* What a verb without the option has all the same: by another word, or by its nature. */
static bool has_anyway(const struct option_command *command, const struct profile *profile,
                       const struct profile_setting *setting, const struct option_entry **ret_entry,
                       const char **ret_value, struct arena *arena)
{
        static const struct {
                const char *key, *value, *option; /* NULL: it is so */
        } words[] = {{"read-only", "true", NULL},   {"rm", "true", NULL},   {"network", "none", NULL},
                     {"interactive", "true", NULL}, {"init", "true", NULL}, {"network", "host", "net"}};
        const char *name = setting->key->name, *value = setting->value;

        if (options_find(command, "rw") == NULL)
                return false;
        *ret_entry = NULL;
        for (size_t i = 0; i < ELEMENTS(words); i++)
                if (strcmp(words[i].key, name) == 0 && strcmp(words[i].value, value) == 0) {
                        *ret_entry = words[i].option == NULL ? NULL : options_find(command, words[i].option);
                        *ret_value = "true";
                        return words[i].option == NULL || *ret_entry != NULL;
                }
        if (strcmp(name, "workdir") == 0)
                return is_here(profile, value, arena);
        return strcmp(setting->key->option, "volume") == 0 && is_opened(command, value, ret_entry, ret_value, arena);
}

/* A profile that opens the current directory is for a project's: of the home it says that it stays closed. */
static int check_here(struct cli *cli, const struct profile_setting *setting, struct ward_err *err)
{
        struct home home;
        char own[PATH_MAX];
        int r;

        if (strcmp(setting->key->option, "volume") != 0 || shows_here(setting->value, &cli->arena) == NULL)
                return 0;
        r = home_find(&cli->arena, &home, err);
        if (r < 0 || getcwd(own, sizeof(own)) == NULL || !home_lies_in(&home, own))
                return r;
        (void)err_set(err, -EPERM, "the profile opens the current directory '%s', which is your home, or holds it",
                      own);
        (void)err_mistake(err, MISTAKE_CONFLICT);
        (void)place(setting, err);
        return err_hint(err, "cd to a project's directory; who wants the home open all the same gives -v ~:~ there, or "
                             "to 'ward sandbox' --rw ~");
}

/* Whether the command line opens @path in the other way than @entry does. */
static bool is_opened_otherwise(const struct option_command *command, const void *given,
                                const struct option_entry *entry, const char *path)
{
        const char *other = strcmp(entry->name, "rw") == 0 ? "ro" : strcmp(entry->name, "ro") == 0 ? "rw" : NULL;
        const struct option_list *list = other == NULL || given == NULL ? NULL : list_of(command, other, given);
        char real[PATH_MAX], opened[PATH_MAX];

        if (list == NULL || realpath(path, real) == NULL)
                return false;
        for (size_t i = 0; i < list->count; i++)
                if (realpath(list->items[i], opened) != NULL && strcmp(opened, real) == 0)
                        return true;
        return false;
}

int cli_apply_profile(struct cli *cli, const struct option_command *command, bool host, const void *given, void *target,
                      struct ward_err *err)
{
        const struct profile *profile = cli->profile;

        for (size_t i = 0; i < profile->count; i++) {
                const struct profile_setting *setting = &profile->settings[i];
                const struct option_entry *entry = options_find(command, setting->key->option), *other = NULL;
                const char *value = profiles_option_value(setting, &cli->arena);
                int r;

                if (setting->absent || (setting->key->host && !host))
                        continue;
                r = given == NULL ? 0 : check_here(cli, setting, err);
                if (r < 0)
                        return r;
                if (value == NULL)
                        return err_oom(err);
                if (has_anyway(command, profile, setting, &other, &value, &cli->arena)) {
                        entry = other;
                        if (entry == NULL)
                                continue;
                }
                if (entry == NULL) {
                        (void)err_set(err, -EINVAL, "'%s' has no option for '%s'", command->name, setting->key->name);
                        (void)err_mistake(err, MISTAKE_PROFILE_FORM);
                        (void)place(setting, err);
                        return err_hint(err, "take it out of the profile, or use another one");
                }
                if (is_opened_otherwise(command, given, entry, value))
                        continue;
                r = options_set(command, entry, value, target, &cli->arena, err);
                if (r < 0)
                        return place(setting, err);
        }
        return 0;
}

/* What the command line says to the contrary of the profile: of these options the last one holding is not enough. */
static void override(const struct option_command *command, const void *given, struct profile *profile)
{
        static const char *const names[] = {"cap-add", "cap-drop", "security-opt", "keep", "ipc", "pid", "uts"};

        for (size_t i = 0; i < ELEMENTS(names); i++) {
                const struct option_entry *entry = options_find(command, names[i]);
                const struct option_list *list = list_of(command, names[i], given);

                for (size_t j = 0; list != NULL && j < list->count; j++)
                        profiles_override(profile, names[i], list->items[j]);
                if (entry != NULL && entry->kind == OPTION_KIND_TEXT) {
                        const char *const *text = (const void *)((const char *)given + entry->offset);

                        if (*text != NULL)
                                profiles_override(profile, names[i], *text);
                }
        }
}

static int parse_with_profiles(struct cli *cli, const struct option_command *command, int *count, char **words,
                               void *target, size_t size, struct ward_err *err)
{
        char **copy = arena_new(&cli->arena, char *, (size_t)*count + 1);
        void *given = arena_alloc(&cli->arena, 1, size + 1);
        struct profile *profile = arena_new(&cli->arena, struct profile, 1);
        const struct option_list *profiles;
        int operands = *count, r;

        if (copy == NULL || given == NULL || profile == NULL)
                return err_oom(err);
        memcpy(copy, words, (size_t)*count * sizeof(*copy));
        r = options_parse(command, &operands, copy, given, &cli->arena, err);
        if (r != 0)
                return r;
        profiles = list_of(command, "profile", given);
        if (profiles != NULL && profiles->count > 0) {
                r = profiles_load(profiles->items, profiles->count, &cli->arena, profile, err);
                if (r < 0)
                        return err_wrap(err, "option '--profile'");
                override(command, given, profile);
                cli->profile = profile;
                r = cli_apply_profile(cli, command, operands > 0 && strcmp(copy[0], "host") == 0, given, target, err);
                if (r < 0)
                        return r;
        }
        return options_parse(command, count, words, target, &cli->arena, err);
}

int cli_parse(struct cli *cli, const struct option_command *command, size_t size, int *count, char **words,
              void *target, struct ward_err *err)
{
        for (int i = 0; i < *count; i++)
                if (strncmp(words[i], "--profile", strlen("--profile")) == 0)
                        return parse_with_profiles(cli, command, count, words, target, size, err);
        return options_parse(command, count, words, target, &cli->arena, err);
}

void cli_blame_profile(const struct cli *cli, struct ward_err *err)
{
        const struct profile_setting *setting =
                cli->profile == NULL ? NULL : profiles_blame(cli->profile, err->message);

        if (setting != NULL)
                (void)place(setting, err);
}
