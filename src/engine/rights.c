/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities that a process is to have and nobody here can give it; see rights.h. */
#include "engine/rights.h"

#include "base/names.h"
#include "base/text.h"
#include "kern/caps.h"

void rights_find(struct site *site, const struct store *store, const struct engine_options *options,
                 const struct ward_spec *spec, const struct spec_caps *caps)
{
        uint64_t wanted = caps->permitted | caps->effective | caps->inheritable;
        _cleanup_text_ struct text names = {0};
        struct caps_pair own;
        struct ward_err what;

        if (wanted == 0 || !options->spare_lost_caps || spec->ns[SPEC_NS_USER].mode != SPEC_NS_INHERIT)
                return;
        /* Where it can't be asked the child is told by the kernel, and does not start without. */
        if (caps_own(&own) < 0)
                return;
        site->place.lost_caps = wanted & ~own.permitted;
        if (site->place.lost_caps == 0)
                return;
        for (int cap = 0; cap < CAP_NAME_COUNT; cap++)
                if ((site->place.lost_caps >> cap & 1) != 0)
                        text_printf(&names, "%s%s", names.len > 0 ? ", " : "", cap_names[cap]);
        if (text_failed(&names))
                return;
        (void)err_set(&what, -EPERM, "capabilities that the caller hasn't are ignored: %s", names.data);
        (void)err_hint(&what, "take them out of process.capabilities, or start with them");
        store_warn(store, &what);
}
