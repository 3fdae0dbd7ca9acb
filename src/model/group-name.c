/* SPDX-License-Identifier: Apache-2.0 */
/* What people call a control group; see group-name.h. */
#include "model/group-name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ID_LEN 64   /* of a container, in hexadecimal digits */
#define ID_SHOWN 12 /* as docker ps and its like show it */
#define UUID_LEN 36

const char *const group_kind_names[GROUP_KIND_COUNT] = {
        [GROUP_PLAIN] = "group",
        [GROUP_MACHINE] = "machine",
        [GROUP_WARD] = "ward",
        [GROUP_DOCKER] = "docker",
        [GROUP_PODMAN] = "podman",
        [GROUP_POD] = "pod",
        [GROUP_CONTAINERD] = "containerd",
        [GROUP_CRIO] = "cri-o",
        [GROUP_CONTAINER] = "container",
        [GROUP_LXC] = "lxc",
        [GROUP_NSPAWN] = "nspawn",
        [GROUP_VM] = "vm",
        [GROUP_FLATPAK] = "flatpak",
        [GROUP_SNAP] = "snap",
        [GROUP_APP] = "app",
        [GROUP_SESSION] = "session",
        [GROUP_USER] = "user",
        [GROUP_MANAGER] = "manager",
        [GROUP_SLICE] = "slice",
        [GROUP_SERVICE] = "service",
        [GROUP_SCOPE] = "scope",
        [GROUP_UNIT] = "unit",
};

/* A part of a path: not terminated. */
struct part {
        const char *at;
        size_t len;
};

static struct part part_until(const char *begin, const char *end)
{
        return (struct part){begin, (size_t)(end - begin)};
}

static bool is(struct part part, const char *word)
{
        return part.len == strlen(word) && memcmp(part.at, word, part.len) == 0;
}

/* Takes @word from the beginning or the end of a part, if it has it there with something beside it. */
static bool strip_front(struct part *part, const char *word)
{
        size_t len = strlen(word);

        if (part->len <= len || memcmp(part->at, word, len) != 0)
                return false;
        part->at += len;
        part->len -= len;
        return true;
}

static bool strip_end(struct part *part, const char *word)
{
        size_t len = strlen(word);

        if (part->len <= len || memcmp(part->at + part->len - len, word, len) != 0)
                return false;
        part->len -= len;
        return true;
}

static int hex(char c)
{
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_id(struct part part)
{
        for (size_t i = 0; i < part.len; i++)
                if (hex(part.at[i]) < 0)
                        return false;
        return part.len == ID_LEN;
}

static bool is_number(struct part part)
{
        for (size_t i = 0; i < part.len; i++)
                if (part.at[i] < '0' || part.at[i] > '9')
                        return false;
        return part.len > 0;
}

/* ---- what becomes the name ---- */

static void name_add(struct group_name *name, struct part part)
{
        size_t len = strlen(name->name), room = sizeof(name->name) - 1 - len;

        memcpy(name->name + len, part.at, part.len < room ? part.len : room);
        name->name[len + (part.len < room ? part.len : room)] = '\0';
}

static void name_puts(struct group_name *name, const char *word)
{
        name_add(name, part_until(word, word + strlen(word)));
}

/* As systemd escapes it (systemd.unit(5), "String Escaping for Inclusion in Unit Names"): "\x2d" is a dash. What could not be shown, and what
 * would be a slash, stays escaped. */
static void name_unescape(struct group_name *name, struct part part)
{
        for (size_t i = 0; i < part.len; i++) {
                const char *c = part.at + i;
                int high = part.len - i >= 4 && c[0] == '\\' && c[1] == 'x' ? hex(c[2]) : -1;
                int low = high < 0 ? -1 : hex(c[3]);
                char byte = low < 0 ? *c : (char)(high << 4 | low);

                if (low >= 0 && (byte <= ' ' || byte > '~' || byte == '/')) {
                        byte = *c;
                        low = -1;
                }
                name_add(name, part_until(&byte, &byte + 1));
                i += low < 0 ? 0 : 3;
        }
}

static bool name_id(struct group_name *name, enum group_kind kind, struct part id)
{
        if (!is_id(id))
                return false;
        id.len = ID_SHOWN;
        name->kind = kind;
        name_add(name, id);
        return true;
}

/* ---- who makes groups ---- */

/* docker-ID.scope, libpod-ID, cri-containerd-ID.scope ... */
static bool find_engine(struct part part, struct group_name *name)
{
        static const struct {
                const char *prefix, *what;
                enum group_kind kind;
        } engines[] = {
                {"docker-", "", GROUP_DOCKER},
                {"libpod-conmon-", "conmon of ", GROUP_PODMAN},
                {"libpod-payload-", "", GROUP_PODMAN},
                {"machine-libpod_pod_", "pod ", GROUP_PODMAN},
                {"user-libpod_pod_", "pod ", GROUP_PODMAN},
                {"libpod_pod_", "pod ", GROUP_PODMAN},
                {"libpod-", "", GROUP_PODMAN},
                {"conmon-", "conmon of ", GROUP_PODMAN},
                {"cri-containerd-", "", GROUP_CONTAINERD},
                {"nerdctl-", "", GROUP_CONTAINERD},
                {"crio-conmon-", "conmon of ", GROUP_CRIO},
                {"crio-", "", GROUP_CRIO},
        };

        (void)(strip_end(&part, ".scope") || strip_end(&part, ".slice"));
        for (size_t i = 0; i < ELEMENTS(engines); i++) {
                struct part id = part;

                if (!strip_front(&id, engines[i].prefix) || !is_id(id))
                        continue;
                name_puts(name, engines[i].what);
                return name_id(name, engines[i].kind, id);
        }
        return false;
}

/* 64 digits below a directory that says whose: /docker/ID, /kubepods/burstable/podUID/ID. */
static bool find_bare(struct part part, struct part parent, struct group_name *name)
{
        enum group_kind kind = is(parent, "docker") ? GROUP_DOCKER : GROUP_CONTAINER;

        return name_id(name, kind, part);
}

/* kubepods-burstable-podUID.slice, with '_' for the dashes of the UID, or podUID. */
static bool find_pod(struct part part, struct group_name *name)
{
        bool slice = strip_front(&part, "kubepods-") && strip_end(&part, ".slice");

        if (slice)
                (void)(strip_front(&part, "burstable-") || strip_front(&part, "besteffort-"));
        if (!strip_front(&part, "pod"))
                return false;
        for (size_t i = 0; i < part.len; i++)
                if (hex(part.at[i]) < 0 && part.at[i] != (slice ? '_' : '-'))
                        return false;
        /* A pod of the kubelet's own files has a hash of 32 digits. */
        if (part.len != UUID_LEN && part.len != 32)
                return false;
        name->kind = GROUP_POD;
        name_add(name, part);
        for (char *c = name->name; *c != '\0'; c++)
                *c = *c == '_' ? '-' : *c;
        return true;
}

static bool find_lxc(struct part part, struct part parent, struct group_name *name)
{
        if (strip_front(&part, "lxc.monitor."))
                name_puts(name, "monitor of ");
        else if (!strip_front(&part, "lxc.payload.") && !is(parent, "lxc"))
                return false;
        name->kind = GROUP_LXC;
        name_add(name, part);
        return true;
}

/* machine-NAME.scope, systemd-nspawn@NAME.service, machine-qemu\x2d1\x2dNAME.scope of libvirt. */
static bool find_machine(struct part part, struct group_name *name)
{
        struct part rest;

        if (!(strip_front(&part, "machine-") && strip_end(&part, ".scope")) &&
            !(strip_front(&part, "systemd-nspawn@") && strip_end(&part, ".service")))
                return false;
        rest = part;
        name->kind = GROUP_NSPAWN;
        if (strip_front(&rest, "qemu\\x2d")) {
                while (rest.len > 0 && *rest.at >= '0' && *rest.at <= '9')
                        rest = part_until(rest.at + 1, rest.at + rest.len);
                if (strip_front(&rest, "\\x2d")) {
                        name->kind = GROUP_VM;
                        part = rest;
                }
        }
        name_unescape(name, part);
        return true;
}

/* app-flatpak-ID-NUMBER.scope; snap.NAME.APP-UUID.scope, snap.NAME.APP.service; app-LAUNCHER-ID-NUMBER.scope, app-LAUNCHER-ID@RANDOM.service as
 * desktops have it. */
static bool find_app(struct part part, struct group_name *name)
{
        bool scope = strip_end(&part, ".scope");
        const char *dash, *at;

        if (!scope && !strip_end(&part, ".service"))
                return false;
        if (strip_front(&part, "snap.")) {
                if (scope && part.len > UUID_LEN + 1 && part.at[part.len - UUID_LEN - 1] == '-')
                        part.len -= UUID_LEN + 1;
                name->kind = GROUP_SNAP;
                name_unescape(name, part);
                return true;
        }
        if (!strip_front(&part, "app-"))
                return false;
        at = memchr(part.at, '@', part.len);
        if (scope) {
                dash = memrchr(part.at, '-', part.len);
                if (dash == NULL || !is_number(part_until(dash + 1, part.at + part.len)))
                        return false;
                part.len = (size_t)(dash - part.at);
        } else if (at != NULL) {
                part.len = (size_t)(at - part.at);
        }
        name->kind = strip_front(&part, "flatpak-") ? GROUP_FLATPAK : GROUP_APP;
        dash = memchr(part.at, '-', part.len);
        if (name->kind == GROUP_APP && dash != NULL && dash + 1 < part.at + part.len)
                part = part_until(dash + 1, part.at + part.len);
        name_unescape(name, part);
        return true;
}

/* user-1000.slice, session-3.scope in it, user@1000.service. */
static bool find_user(struct part part, struct part parent, struct group_name *name)
{
        static const struct {
                const char *prefix, *suffix;
                enum group_kind kind;
        } forms[] = {
                {"user-", ".slice", GROUP_USER},
                {"session-", ".scope", GROUP_SESSION},
                {"user@", ".service", GROUP_MANAGER},
        };

        for (size_t i = 0; i < ELEMENTS(forms); i++) {
                struct part which = part;

                if (!strip_front(&which, forms[i].prefix) || !strip_end(&which, forms[i].suffix) ||
                    (forms[i].kind != GROUP_SESSION && !is_number(which)))
                        continue;
                name->kind = forms[i].kind;
                name_puts(name, name->kind == GROUP_MANAGER ? "of user " : "");
                name_unescape(name, which);
                if (name->kind == GROUP_SESSION && strip_front(&parent, "user-") && strip_end(&parent, ".slice")) {
                        name_puts(name, " of user ");
                        name_add(name, parent);
                }
                return true;
        }
        return false;
}

static bool find_unit(struct part part, struct group_name *name)
{
        static const struct {
                const char *suffix;
                enum group_kind kind;
        } types[] = {
                {".service", GROUP_SERVICE}, {".scope", GROUP_SCOPE}, {".slice", GROUP_SLICE},
                {".socket", GROUP_UNIT},     {".mount", GROUP_UNIT},  {".swap", GROUP_UNIT},
        };

        for (size_t i = 0; i < ELEMENTS(types); i++) {
                struct part stem = part;

                if (!strip_end(&stem, types[i].suffix))
                        continue;
                name->kind = types[i].kind;
                /* What another kind of unit is, its suffix says. */
                name_unescape(name, name->kind == GROUP_UNIT ? part : stem);
                return true;
        }
        return false;
}

void group_name_find(const char *path, struct group_name *ret_name)
{
        const char *end = path + strlen(path), *slash = strrchr(path, '/'), *above = slash;
        struct part part, parent;

        *ret_name = (struct group_name){.kind = GROUP_PLAIN};
        part = slash == NULL ? part_until(path, end) : part_until(slash + 1, end);
        while (above != NULL && above > path && above[-1] != '/')
                above--;
        parent = above == NULL ? part_until(path, path) : part_until(above, slash);
        if (part.len == 0) {
                ret_name->kind = GROUP_MACHINE;
                name_puts(ret_name, "/");
                return;
        }
        if (find_engine(part, ret_name) || find_pod(part, ret_name) || find_bare(part, parent, ret_name) ||
            find_lxc(part, parent, ret_name) || find_machine(part, ret_name) || find_app(part, ret_name) ||
            find_user(part, parent, ret_name) || find_unit(part, ret_name))
                return;
        name_add(ret_name, part);
}
