/* SPDX-License-Identifier: Apache-2.0 */
/* The container's share of caches and memory bandwidth; see rdt.h. */
#include "engine/rdt.h"

#include "base/fd.h"

static struct resctrl_want want_of(const struct ward_spec *spec, const char *id)
{
        const struct spec_rdt *rdt = &spec->rdt;

        return (struct resctrl_want){
                .group = rdt->clos_id != NULL ? rdt->clos_id : id,
                .own = rdt->clos_id == NULL,
                .schema = rdt->lines,
                .monitor = rdt->monitoring ? id : NULL,
        };
}

static int wrap(int r, const struct ward_spec *spec, struct ward_err *err)
{
        char where[256];

        if (r < 0)
                (void)err_wrap(err, "%s", spec_origin_text(&spec->rdt.origin, spec->file, where, sizeof(where)));
        return r;
}

int rdt_open(struct rdt *rdt, const struct ward_spec *spec, struct ward_err *err)
{
        if (!spec->rdt.given)
                return 0;
        rdt->root = resctrl_open(err);
        return wrap(rdt->root < 0 ? rdt->root : 0, spec, err);
}

int rdt_give(struct rdt *rdt, const struct ward_spec *spec, const char *id, pid_t pid, struct ward_err *err)
{
        struct resctrl_want want = want_of(spec, id);
        int r;

        if (!spec->rdt.given)
                return 0;
        r = resctrl_prepare(rdt->root, &want, &rdt->made, err);
        if (r >= 0)
                r = resctrl_join(rdt->root, &want, pid, err);
        return wrap(r, spec, err);
}

void rdt_take_back(struct rdt *rdt, const struct ward_spec *spec, const char *id)
{
        struct resctrl_want want = want_of(spec, id);

        if (rdt->root >= 0)
                (void)resctrl_remove(rdt->root, &want, &rdt->made, NULL);
}

void rdt_done(struct rdt *rdt)
{
        rdt->root = fd_close(rdt->root);
}

int rdt_join(const struct ward_spec *spec, const char *id, pid_t pid, struct ward_err *err)
{
        struct resctrl_want want = want_of(spec, id);
        _cleanup_close_
        int root = -EBADF;

        if (!spec->rdt.given)
                return 0;
        root = resctrl_open(err);
        return wrap(root < 0 ? root : resctrl_join(root, &want, pid, err), spec, err);
}

int rdt_remove(const struct ward_spec *spec, const char *id, struct ward_err *err)
{
        const struct resctrl_want want = want_of(spec, id);
        const struct resctrl_made made = {.group = want.own, .monitor = want.monitor != NULL};
        _cleanup_close_
        int root = -EBADF;

        if (!spec->rdt.given)
                return 0;
        root = resctrl_open(NULL);
        /* Unmounted: its groups went with it. */
        return root < 0 ? 0 : resctrl_remove(root, &want, &made, err);
}
