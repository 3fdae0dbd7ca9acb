/* SPDX-License-Identifier: Apache-2.0 */
/* The walls of a container that has been set up and not yet started: from its spec and from what the machine let be made. */
#ifndef ENGINE_STRENGTH_H
#define ENGINE_STRENGTH_H

#include "engine/birth.h"
#include "model/strength.h"

void strength_of(const struct birth *birth, struct strength *ret_strength);

#endif
