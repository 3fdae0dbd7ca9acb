/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities that a process is to have and nobody here can give it. */
#ifndef ENGINE_RIGHTS_H
#define ENGINE_RIGHTS_H

#include "engine/site.h"

/*
 * Notes in the site which of @caps the caller hasn't, and so can't give (capset(2)): the process goes without, and who opened @store is warned
 * (config.md, "Linux Process"); unless @options->spare_lost_caps it is the start's failure. In a user namespace of its own, which @spec says, a container
 * has all.
 */
void rights_find(struct site *site, const struct store *store, const struct engine_options *options,
                 const struct ward_spec *spec, const struct spec_caps *caps);

#endif
