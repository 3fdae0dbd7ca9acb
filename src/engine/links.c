/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's network devices that a container gets; see links.h.
 *
 * The namespace is kept open until the start is over: with its last process a namespace goes, and its virtual devices with it. What a container
 * that ran leaves is the kernel's to give back, as the specification says.
 */
#include "engine/links.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "kern/proc.h"

static int open_namespaces(struct links *links, int proc, pid_t pid, struct ward_err *err)
{
        links->own = proc_open_of(proc, getpid(), "ns/net", O_RDONLY, err);
        if (links->own < 0)
                return links->own;
        links->container = proc_open_of(proc, pid, "ns/net", O_RDONLY, err);
        return links->container < 0 ? links->container : 0;
}

int links_move(struct links *links, int proc, pid_t pid, const struct ward_spec *spec, struct ward_err *err)
{
        char where[256];
        int r;

        if (spec->net_device_count == 0)
                return 0;
        links->moved = calloc(spec->net_device_count, sizeof(*links->moved));
        if (links->moved == NULL)
                return err_oom(err);
        r = open_namespaces(links, proc, pid, err);
        while (r >= 0 && links->count < spec->net_device_count) {
                const struct spec_net_device *device = &spec->net_devices[links->count];

                r = netdev_move(links->own, links->container, device->name, device->new_name, true,
                                &links->moved[links->count], err);
                if (r < 0)
                        return err_wrap(err, "%s", spec_origin_text(&device->origin, spec->file, where, sizeof(where)));
                links->count++;
        }
        return r;
}

int links_give(struct links *links, struct launch *launch, const struct ward_spec *spec, struct ward_err *err)
{
        int r;

        if (spec->net_device_count == 0)
                return 0;
        r = launch_await(launch, PHASE_CGROUPS, err);
        if (r >= 0)
                r = links_move(links, launch->proc_fd, launch->pid, spec, err);
        return r < 0 ? r : launch_say(launch, MESSAGE_NET_DEVICES, err);
}

void links_take_back(struct links *links, const struct ward_spec *spec)
{
        struct netdev_move back;

        while (links->count > 0) {
                const struct netdev_move *moved = &links->moved[--links->count];

                (void)netdev_move(links->container, links->own, moved->name, spec->net_devices[links->count].name,
                                  moved->was_up, &back, NULL);
        }
}

void links_done(struct links *links)
{
        links->own = fd_close(links->own);
        links->container = fd_close(links->container);
        free(links->moved);
        links->moved = NULL;
}
