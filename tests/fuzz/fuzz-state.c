/* SPDX-License-Identifier: Apache-2.0 */
/* state.json: what is read and written anew is the same text ever after, and jansson finds the same values in what was read. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include "../unit/jansson-says.h"
#include "base/mem.h"
#include "fuzz.h"
#include "store/store.h"

static void same_text(const struct jansson_object *object, const char *key, const char *value)
{
        const char *other = jansson_text(object, key);

        EXPECT(value == NULL ? other == NULL : other != NULL && strcmp(value, other) == 0);
}

/* Numbers above INT64_MAX are not jansson's. */
static void same_number(const struct jansson_object *object, const char *key, uint64_t value)
{
        EXPECT(value > INT64_MAX || jansson_number(object, key) == (int64_t)value);
}

static void compare(const char *text, size_t len, const struct store_state *state)
{
        struct jansson_object *object = jansson_read(text, len);

        if (object == NULL)
                return;
        same_text(object, "id", state->id);
        same_text(object, "bundle", state->bundle);
        same_text(object, "rootfs", state->rootfs);
        same_text(object, "ociVersion", state->oci_version);
        same_text(object, "cgroupPath", state->cgroup_path);
        same_text(object, "cgroupUnit", state->cgroup_unit);
        same_text(object, "bootId", state->boot_id);
        same_text(object, "program", state->program);
        same_text(object, "command", state->command);
        same_text(object, "cgroupHierarchies", state->cgroup_hierarchies);
        same_number(object, "cgroupMade", state->cgroup_made);
        same_number(object, "pid", (uint64_t)state->pid);
        same_number(object, "pidStartTicks", state->pid_start_ticks);
        same_number(object, "pidNsInode", state->pid_ns_inode);
        same_number(object, "createdUsec", state->created_usec);
        same_number(object, "hostUidBase", state->host_uid_base);
        same_number(object, "owner", state->owner);
        same_number(object, "remover", (uint64_t)state->remover);
        jansson_done(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_text_ struct text first = {0}, second = {0};
        _cleanup_arena_ struct arena arena = {0};
        struct store_state state, again;
        struct ward_err err = {0};
        char *text = malloc(size + !size);
        int r;

        EXPECT(text != NULL);
        memcpy(text, data, size);
        r = store_state_parse(text, size, &arena, &state, &err);
        if (r >= 0)
                compare(text, size, &state);
        free(text); /* nothing of the state points there */
        if (r < 0) {
                EXPECT(err.errnum == -r);
                EXPECT((r == -EBADMSG && strstr(err.message, "damaged") != NULL) ||
                       (r == -EPROTONOSUPPORT && strstr(err.message, "newer ward") != NULL));
                return 0;
        }
        store_state_print(&state, &first);
        EXPECT(store_state_parse(first.data, first.len, &arena, &again, &err) >= 0);
        store_state_print(&again, &second);
        EXPECT(strcmp(first.data, second.data) == 0);
        return 0;
}
