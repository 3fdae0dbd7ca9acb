/* SPDX-License-Identifier: Apache-2.0 */
/* The words of Landlock; see landlock.h. */
#include "model/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>

#include "base/uapi.h"

#define FS(right) LANDLOCK_ACCESS_FS_##right
#define ABI_REFER 2
#define ABI_TRUNCATE 3
#define ABI_TCP 4
#define ABI_IOCTL 5
#define ABI_SCOPE 6
#define ABI_LOG 7
#define ABI_MAX 99
#define PORT_MAX 65535

#define READ (FS(READ_FILE) | FS(READ_DIR))
#define READ_ONLY (READ | FS(EXECUTE))
#define WRITE (FS(WRITE_FILE) | FS(TRUNCATE))
#define MAKE (FS(MAKE_DIR) | FS(MAKE_REG) | FS(MAKE_SYM) | FS(MAKE_SOCK) | FS(MAKE_FIFO))
#define REMOVE (FS(REMOVE_DIR) | FS(REMOVE_FILE))
#define ALL ((FS(IOCTL_DEV) << 1) - 1)

const struct landlock_right landlock_rights[] = {
        {"execute", FS(EXECUTE), 1},
        {"write-file", FS(WRITE_FILE), 1},
        {"read-file", FS(READ_FILE), 1},
        {"read-dir", FS(READ_DIR), 1},
        {"remove-dir", FS(REMOVE_DIR), 1},
        {"remove-file", FS(REMOVE_FILE), 1},
        {"make-char", FS(MAKE_CHAR), 1},
        {"make-dir", FS(MAKE_DIR), 1},
        {"make-reg", FS(MAKE_REG), 1},
        {"make-sock", FS(MAKE_SOCK), 1},
        {"make-fifo", FS(MAKE_FIFO), 1},
        {"make-block", FS(MAKE_BLOCK), 1},
        {"make-sym", FS(MAKE_SYM), 1},
        {"refer", FS(REFER), ABI_REFER},
        {"truncate", FS(TRUNCATE), ABI_TRUNCATE},
        {"ioctl-dev", FS(IOCTL_DEV), ABI_IOCTL},
        {NULL, 0, 0},
};

/* Several at once. They need no ABI by themselves: what an older kernel does not know of them it does not refuse either. */
static const struct landlock_right groups[] = {
        {"ro", READ_ONLY, 1}, {"rw", ALL, 1},    {"read", READ, 1},
        {"write", WRITE, 1},  {"make", MAKE, 1}, {"remove", REMOVE, 1},
};

/* What "system" stands for. */
static const struct spec_landlock_path system_paths[] = {
        {"/usr", READ_ONLY, true},    {"/bin", READ_ONLY, true},   {"/sbin", READ_ONLY, true},
        {"/lib", READ_ONLY, true},    {"/lib32", READ_ONLY, true}, {"/lib64", READ_ONLY, true},
        {"/libx32", READ_ONLY, true}, {"/etc", READ_ONLY, true},   {"/opt", READ_ONLY, true},
        {"/proc", READ_ONLY, true},   {"/dev/null", ALL, true},    {"/dev/zero", ALL, true},
        {"/dev/full", ALL, true},     {"/dev/random", ALL, true},  {"/dev/urandom", ALL, true},
        {"/dev/tty", ALL, true},      {"/dev/pts", ALL, true},     {"/dev/ptmx", ALL, true},
};

/* What is suggested beside rights. */
static const char *const other_words[] = {
        "system",         "fs",  "tcp", "tcp-bind",     "tcp-connect",   "scope",       "scope:signal",
        "scope:abstract", "log", "abi", "log:no-start", "log:no-nested", "best-effort",
};

struct reader {
        struct arena *arena;
        struct spec_landlock *landlock;
        struct spec_landlock_path *paths; /* room for all of them */
        struct spec_landlock_port *ports;
        uint64_t free_net; /* sides that stay free */
        struct ward_err *err;
};

/* @abi is needed, by @word. */
static void need(struct reader *reader, unsigned abi, const char *word)
{
        if (abi <= reader->landlock->abi)
                return;
        reader->landlock->abi = abi;
        reader->landlock->abi_for = word;
}

/* @part of @word is what is not known. */
static int bad_word(struct reader *reader, const char *word, const char *part)
{
        const char *names[ELEMENTS(landlock_rights) + ELEMENTS(groups) + ELEMENTS(other_words)], *near;
        size_t count = 0;

        if (word == NULL)
                return err_oom(reader->err);
        for (const struct landlock_right *right = landlock_rights; right->name != NULL; right++)
                names[count++] = right->name;
        for (size_t i = 0; i < ELEMENTS(groups); i++)
                names[count++] = groups[i].name;
        memcpy(&names[count], other_words, sizeof(other_words));
        near = text_nearest(part, names, count + ELEMENTS(other_words));
        (void)err_set(reader->err, -EINVAL, "'%s': Landlock knows no word '%s'", word, part);
        (void)err_mistake(reader->err, MISTAKE_WORD);
        if (near != NULL)
                return err_hint(reader->err, "did you mean '%s'?", near);
        return err_hint(reader->err,
                        "write system, ro:PATH, rw:PATH, tcp-bind:PORT, tcp-connect:PORT, tcp or scope; ward(1) has "
                        "all words");
}

static int add_path(struct reader *reader, const char *rights, const char *path)
{
        struct spec_landlock_path *rule = &reader->paths[reader->landlock->path_count];
        uint64_t bits = 0;

        for (const char *at = rights;;) {
                size_t len = strcspn(at, "+");
                const struct landlock_right *found = NULL;
                char *name = arena_strndup(reader->arena, at, len);

                if (name == NULL)
                        return err_oom(reader->err);
                for (const struct landlock_right *right = landlock_rights; right->name != NULL; right++)
                        if (strcmp(right->name, name) == 0)
                                found = right;
                for (size_t i = 0; i < ELEMENTS(groups); i++)
                        if (strcmp(groups[i].name, name) == 0)
                                found = &groups[i];
                if (found == NULL)
                        return bad_word(reader, arena_concat(reader->arena, rights, ":", path), name);
                bits |= found->bits;
                /* The first ABI refuses it everywhere, whatever a rule says. */
                if (found->bits == FS(REFER))
                        need(reader, ABI_REFER, "refer");
                if (at[len] == '\0')
                        break;
                at += len + 1;
        }
        if (path[0] != '/') {
                (void)err_set(reader->err, -EINVAL, "'%s:%s' does not name an absolute path", rights, path);
                (void)err_mistake(reader->err, MISTAKE_RELATIVE);
                return err_hint(reader->err, "write it from / on: it is a path inside the container");
        }
        *rule = (struct spec_landlock_path){path, bits, false};
        reader->landlock->path_count++;
        reader->landlock->fs = ALL;
        return 0;
}

static int add_port(struct reader *reader, const char *side, const char *port)
{
        uint64_t bit = strcmp(side, "tcp-bind") == 0 ? LANDLOCK_ACCESS_NET_BIND_TCP : LANDLOCK_ACCESS_NET_CONNECT_TCP,
                 number;
        struct spec_landlock *landlock = reader->landlock;

        need(reader, ABI_TCP, side);
        landlock->net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
        if (strcmp(port, "any") == 0) {
                reader->free_net |= bit;
                return 0;
        }
        if (number_parse(port, PORT_MAX, &number) < 0) {
                (void)err_set(reader->err, -EINVAL, "'%s:%s': this is no port", side, port);
                (void)err_mistake(reader->err, MISTAKE_NUMBER);
                return err_hint(reader->err, "write a number from 0 to 65535, or any");
        }
        reader->ports[landlock->port_count++] = (struct spec_landlock_port){(uint16_t)number, bit};
        return 0;
}

static int set_abi(struct reader *reader, const char *value)
{
        uint64_t number;

        if (number_parse(value, ABI_MAX, &number) < 0 || number == 0) {
                (void)err_set(reader->err, -EINVAL, "'abi:%s': this is no ABI of Landlock", value);
                (void)err_mistake(reader->err, MISTAKE_NUMBER);
                return err_hint(reader->err, "write a number from 1 on; 'ward doctor' says which one this kernel has");
        }
        value = arena_concat(reader->arena, "abi:", value);
        if (value == NULL)
                return err_oom(reader->err);
        need(reader, (unsigned)number, value);
        return 0;
}

static int read_plain(struct reader *reader, const char *word)
{
        static const struct {
                const char *word;
                uint64_t scope;
                uint32_t flags;
        } bits[] = {
                {"scope", LANDLOCK_SCOPE_SIGNAL | LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, 0},
                {"scope:signal", LANDLOCK_SCOPE_SIGNAL, 0},
                {"scope:abstract", LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, 0},
                {"log", 0, LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON},
                {"log:no-start", 0, LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF},
                {"log:no-nested", 0, LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF},
        };
        struct spec_landlock *landlock = reader->landlock;

        for (size_t i = 0; i < ELEMENTS(bits); i++)
                if (strcmp(bits[i].word, word) == 0) {
                        landlock->scope |= bits[i].scope;
                        landlock->flags |= bits[i].flags;
                        need(reader, bits[i].scope != 0 ? ABI_SCOPE : ABI_LOG, bits[i].word);
                        return 0;
                }
        if (strcmp(word, "best-effort") == 0) {
                landlock->best_effort = true;
        } else if (strcmp(word, "fs") == 0) {
                landlock->fs = ALL;
        } else if (strcmp(word, "system") == 0) {
                landlock->fs = ALL;
                memcpy(&reader->paths[landlock->path_count], system_paths, sizeof(system_paths));
                landlock->path_count += ELEMENTS(system_paths);
        } else if (strcmp(word, "tcp") == 0) {
                landlock->net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
                need(reader, ABI_TCP, "tcp");
        } else {
                return bad_word(reader, word, word);
        }
        return 0;
}

static int read_word(struct reader *reader, const char *word)
{
        const char *colon = strchr(word, ':');
        char *name;

        if (colon == NULL || strncmp(word, "scope:", 6) == 0 || strncmp(word, "log:", 4) == 0)
                return read_plain(reader, word);
        name = arena_strndup(reader->arena, word, (size_t)(colon - word));
        if (name == NULL)
                return err_oom(reader->err);
        if (strcmp(name, "abi") == 0)
                return set_abi(reader, colon + 1);
        if (strcmp(name, "tcp-bind") == 0 || strcmp(name, "tcp-connect") == 0)
                return add_port(reader, name, colon + 1);
        return add_path(reader, name, colon + 1);
}

/* The next word of *@at, without the backslashes in front of commas and themselves; NULL: no memory. */
static char *next_word(struct arena *arena, const char **at)
{
        char *word = arena_strdup(arena, *at);
        size_t len = 0;

        if (word == NULL)
                return NULL;
        while (**at != '\0' && **at != ',') {
                if (**at == '\\' && ((*at)[1] == ',' || (*at)[1] == '\\'))
                        (*at)++;
                word[len++] = *(*at)++;
        }
        word[len] = '\0';
        return word;
}

/* A side that stays free has no ports that are let through, and what refuses nothing was not meant so. */
static int check(struct reader *reader)
{
        struct spec_landlock *landlock = reader->landlock;

        for (size_t i = 0; i < landlock->port_count; i++)
                if ((reader->ports[i].rights & reader->free_net) != 0) {
                        (void)err_set(reader->err, -EINVAL, "any port and port %u of one side contradict each other",
                                      reader->ports[i].port);
                        (void)err_mistake(reader->err, MISTAKE_CONFLICT);
                        return err_hint(reader->err, "leave one of them out");
                }
        landlock->net &= ~reader->free_net;
        if ((landlock->fs | landlock->net | landlock->scope) != 0)
                return 0;
        (void)err_set(reader->err, -EINVAL, "'%s' refuses nothing", landlock->text);
        (void)err_mistake(reader->err, MISTAKE_CONFLICT);
        return err_hint(reader->err,
                        "name what stays allowed of files (ro:PATH, rw:PATH) or ports (tcp-connect:PORT), or scope");
}

int landlock_read(const char *words, const struct spec_origin *origin, struct arena *arena,
                  struct spec_landlock *ret_landlock, struct ward_err *err)
{
        struct spec_landlock landlock = {.given = true, .origin = *origin};
        struct reader reader = {.arena = arena, .landlock = &landlock, .err = err};
        size_t count = 1;
        int r = 0;

        for (const char *c = words; *c != '\0'; c++)
                count += *c == ',';
        landlock.text = arena_strdup(arena, words);
        reader.paths = arena_new(arena, struct spec_landlock_path, count * ELEMENTS(system_paths));
        reader.ports = arena_new(arena, struct spec_landlock_port, count);
        if (landlock.text == NULL || reader.paths == NULL || reader.ports == NULL)
                return err_oom(err);
        for (const char *at = words; r >= 0;) {
                const char *word = next_word(arena, &at);

                r = word == NULL ? err_oom(err) : read_word(&reader, word);
                if (*at++ == '\0')
                        break;
        }
        if (r >= 0)
                r = check(&reader);
        if (r < 0)
                return r;
        landlock.paths = reader.paths;
        landlock.ports = reader.ports;
        *ret_landlock = landlock;
        return 0;
}

void landlock_fit(const struct spec_landlock *landlock, unsigned abi, struct landlock_fit *ret_fit)
{
        uint64_t known = 0;

        for (const struct landlock_right *right = landlock_rights; right->name != NULL; right++)
                known |= right->abi <= abi ? right->bits : 0;
        *ret_fit = (struct landlock_fit){
                .fs = landlock->fs & known,
                .net = abi >= ABI_TCP ? landlock->net : 0,
                .scope = abi >= ABI_SCOPE ? landlock->scope : 0,
                .flags = abi >= ABI_LOG ? landlock->flags : 0,
        };
}

int landlock_demand(const struct spec_landlock *landlock, unsigned abi, const char *file, struct ward_err *err)
{
        char where[256];

        if (landlock->best_effort || (abi >= landlock->abi && abi > 0))
                return 0;
        (void)spec_origin_text(&landlock->origin, file, where, sizeof(where));
        if (abi == 0)
                (void)err_set(err, -EOPNOTSUPP, "%s: Landlock is not in force in this kernel", where);
        else
                (void)err_set(err, -EOPNOTSUPP, "%s: '%s' takes ABI %u of Landlock, and this kernel has %u", where,
                              landlock->abi_for, landlock->abi, abi);
        return err_hint(err,
                        "'ward doctor' says what it takes; the word best-effort leaves out what can't be refused here");
}

void landlock_kinds(const struct landlock_fit *fit, struct text *text)
{
        const struct {
                bool there;
                const char *name;
        } kinds[] = {
                {fit->fs != 0, "files"},
                {(fit->net & LANDLOCK_ACCESS_NET_BIND_TCP) != 0, "tcp-bind"},
                {(fit->net & LANDLOCK_ACCESS_NET_CONNECT_TCP) != 0, "tcp-connect"},
                {(fit->scope & LANDLOCK_SCOPE_SIGNAL) != 0, "signals"},
                {(fit->scope & LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET) != 0, "abstract sockets"},
        };
        const char *between = "";

        for (size_t i = 0; i < ELEMENTS(kinds); i++)
                if (kinds[i].there) {
                        text_printf(text, "%s%s", between, kinds[i].name);
                        between = ", ";
                }
}

void landlock_rights_print(uint64_t rights, struct text *text)
{
        const char *between = "";

        if (rights == READ_ONLY || rights == ALL) {
                text_puts(text, rights == ALL ? "rw" : "ro");
                return;
        }
        for (const struct landlock_right *right = landlock_rights; right->name != NULL; right++)
                if ((rights & right->bits) != 0) {
                        text_printf(text, "%s%s", between, right->name);
                        between = "+";
                }
}
