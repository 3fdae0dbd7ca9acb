/* SPDX-License-Identifier: Apache-2.0 */
/* AppArmor profiles out of specs; see apparmor.h. */
#include "model/apparmor.h"

#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "base/names.h"

#define HAS(spec, cap) (((spec)->process.caps.bounding >> (cap)&1) != 0)

int apparmor_name_check(const char *name, struct ward_err *err)
{
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

        if (*name != '\0' && *name != '-' && *name != '.' && name[strspn(name, allowed)] == '\0' && strlen(name) <= 128)
                return 0;
        (void)err_set(err, -EINVAL, "'%s' can't be the name of a profile", name);
        (void)err_mistake(err, MISTAKE_FORM);
        return err_hint(err, "take letters, digits, '.', '_' and '-', and begin with a letter, a digit or '_'");
}

bool apparmor_confines(const char *label, const char *name)
{
        for (const char *next; label != NULL; label = next == NULL ? NULL : next + strlen("//&")) {
                size_t len;

                next = strstr(label, "//&");
                len = next != NULL ? (size_t)(next - label) : strcspn(label, " \n");
                if (len == strlen(name) && strncmp(label, name, len) == 0)
                        return true;
        }
        return false;
}

/* A path between quotes, in which patterns are what they look like. */
static void add_path(struct text *text, const char *path)
{
        text_puts(text, "\"");
        for (const char *c = path; *c != '\0'; c++) {
                if ((unsigned char)*c < ' ' || *c == 0x7f)
                        text_printf(text, "\\%03o", (unsigned char)*c);
                else
                        text_printf(text, "%s%c", strchr("\\\"*?[]{}^@", *c) != NULL ? "\\" : "", *c);
        }
}

static void add_denied(struct text *text, const struct spec_path *paths, size_t count, const char *rights)
{
        for (size_t i = 0; i < count; i++) {
                text_puts(text, "  deny ");
                add_path(text, paths[i].path);
                text_printf(text, "{,/**}\" %s,\n", rights);
        }
}

static void add_caps(struct text *text, const struct ward_spec *spec)
{
        for (int cap = 0; cap < CAP_NAME_COUNT; cap++) {
                if (!HAS(spec, cap))
                        continue;
                text_puts(text, "  capability ");
                for (const char *c = cap_names[cap] + strlen("CAP_"); *c != '\0'; c++)
                        text_printf(text, "%c", tolower(*c));
                text_puts(text, ",\n");
        }
}

static void add_network(struct text *text, const struct ward_spec *spec)
{
        static const char *const families[] = {"inet", "inet6"};

        for (size_t i = 0; i < ELEMENTS(families); i++) {
                text_printf(text, "  network %s stream,\n  network %s dgram,\n", families[i], families[i]);
                if (HAS(spec, CAP_NET_RAW))
                        text_printf(text, "  network %s raw,\n", families[i]);
        }
        text_puts(text, "  network netlink,\n  network unix,\n  unix,\n");
        if (HAS(spec, CAP_NET_RAW))
                text_puts(text, "  network packet,\n");
}

void apparmor_profile(const struct ward_spec *spec, const char *name, bool complain, struct text *text)
{
        text_printf(text,
                    "# Made by ward; apparmor.d(5) explains it. Load it: apparmor_parser -r FILE\n"
                    "profile %s flags=(attach_disconnected,mediate_deleted%s) {\n",
                    name, complain ? ",complain" : "");
        add_caps(text, spec);
        add_network(text, spec);
        text_puts(text, "  file,\n");
        if (HAS(spec, CAP_SYS_ADMIN))
                text_puts(text, "  mount,\n  umount,\n  pivot_root,\n");
        else
                text_puts(text, "  deny mount,\n");
        /* Who is not confined looks after it; the kernel's own signals are of nobody. */
        text_printf(text,
                    "  signal (receive) peer=unconfined,\n  signal (send, receive) peer=%s,\n"
                    "  ptrace (trace, read, tracedby, readby) peer=%s,\n",
                    name, name);
        add_denied(text, spec->masked_paths, spec->masked_path_count, "rwklx");
        add_denied(text, spec->readonly_paths, spec->readonly_path_count, "wkl");
        text_puts(text, "}\n");
}
