/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor profiles of containers; see apparmor.h. */
#include "engine/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "kern/apparmor.h"
#include "kern/proc.h"
#include "model/apparmor.h"
#include "model/defaults.h"

#define LABEL_MAX 65536

int engine_apparmor_profile(const struct ward_spec *spec, const char *name, bool complain, struct arena *arena,
                            const char **ret_text, struct ward_err *err)
{
        _cleanup_text_ struct text text = {0};
        const long cpus = sysconf(_SC_NPROCESSORS_CONF);
        const struct defaults usual = {.cpus = cpus > 0 ? (unsigned)cpus : 1}; /* each has files that are masked */
        _cleanup_spec_ struct ward_spec own = {0};
        char *copy;
        int r = apparmor_name_check(name, err);

        if (r >= 0 && spec == NULL) {
                r = defaults_fill(&usual, &own, err);
                spec = &own;
        }
        if (r < 0)
                return r;
        apparmor_profile(spec, name, complain, &text);
        copy = text_failed(&text) ? NULL : arena_strdup(arena, text.data);
        if (copy == NULL)
                return err_oom(err);
        *ret_text = copy;
        return 0;
}

int engine_apparmor_load(const char *text, struct ward_err *err)
{
        return apparmor_load(text, err);
}

int engine_apparmor_list(struct arena *arena, struct engine_apparmor **ret_list, size_t *ret_count,
                         struct ward_err *err)
{
        struct engine_apparmor *list;
        const char *text;
        char *rest, *line;
        size_t count = 0, lines = 1;
        int r = apparmor_list(arena, &text, err);

        if (r < 0)
                return r;
        for (const char *c = text; *c != '\0'; c++)
                lines += *c == '\n';
        list = arena_new(arena, struct engine_apparmor, lines);
        rest = arena_strdup(arena, text);
        if (list == NULL || rest == NULL)
                return err_oom(err);
        while ((line = text_next(&rest, '\n')) != NULL) {
                char *mode = strrchr(line, '('); /* names may have blanks and brackets */

                if (mode == NULL || mode < line + 2)
                        continue;
                mode[-1] = '\0';
                mode++;
                mode[strcspn(mode, ")")] = '\0';
                list[count++] = (struct engine_apparmor){line, mode};
        }
        *ret_list = list;
        *ret_count = count;
        return 0;
}

/* A process that ends meanwhile is none. */
static bool is_confined(int proc, pid_t pid, const char *name)
{
        _cleanup_free_ char *label = NULL;
        _cleanup_close_
        int fd = proc_open_of(proc, pid, "attr/apparmor/current", O_RDONLY, NULL);

        return fd >= 0 && fd_read_all(fd, "label", LABEL_MAX, &label, NULL, NULL) >= 0 &&
               apparmor_confines(label, name);
}

/* Whoever is confined by a profile that is taken away goes on without it. */
static int refuse_in_use(const char *name, struct arena *arena, struct ward_err *err)
{
        _cleanup_close_
        int proc = proc_open(err);
        struct proc_process *list;
        size_t count, found = 0;
        pid_t first = 0;
        int r = proc < 0 ? proc : proc_list(proc, arena, &list, &count, err);

        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                if (is_confined(proc, list[i].pid, name) && found++ == 0)
                        first = list[i].pid;
        if (found == 0)
                return 0;
        (void)err_set(err, -EBUSY,
                      "remove the profile '%s': it confines process %d%s, which would be confined by nothing", name,
                      first, found > 1 ? " and others" : "");
        return err_hint(err, "end %s first; 'ward ps' shows what runs", found > 1 ? "them" : "it");
}

int engine_apparmor_remove(const char *name, struct ward_err *err)
{
        struct arena arena _cleanup_arena_ = {0};
        struct engine_apparmor *list;
        const char *text;
        size_t count;
        int r = apparmor_name_check(name, err);

        if (r >= 0)
                r = engine_apparmor_list(&arena, &list, &count, err);
        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++) {
                if (strcmp(list[i].name, name) != 0)
                        continue;
                r = refuse_in_use(name, &arena, err);
                if (r < 0)
                        return r;
                text = arena_concat(&arena, "profile ", name, " {}\n");
                return text == NULL ? err_oom(err) : apparmor_unload(text, err);
        }
        (void)err_set(err, -ENOENT, "remove the profile '%s': none of this name is loaded", name);
        return err_hint(err, "'ward apparmor list' shows those that are");
}
