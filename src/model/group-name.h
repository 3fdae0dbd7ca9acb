/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people call a control group: out of its path alone, by the habits of those who make groups. Pure data.
 *
 *      /system.slice/docker-0123456789abcdef....scope                          docker 0123456789ab
 *      /user.slice/user-1000.slice/session-3.scope                             session 3 (user 1000)
 *      /kubepods.slice/kubepods-pod8e5f....slice/cri-containerd-0123....scope  containerd 0123456789ab
 */
#ifndef MODEL_GROUP_NAME_H
#define MODEL_GROUP_NAME_H

enum group_kind {
        GROUP_PLAIN,
        GROUP_MACHINE, /* the root of all */
        GROUP_WARD,    /* a container of ward's: only the store knows */
        GROUP_DOCKER,
        GROUP_PODMAN,
        GROUP_POD, /* of Kubernetes */
        GROUP_CONTAINERD,
        GROUP_CRIO,
        GROUP_CONTAINER, /* whose, its path does not say */
        GROUP_LXC,
        GROUP_NSPAWN,
        GROUP_VM,
        GROUP_FLATPAK,
        GROUP_SNAP,
        GROUP_APP, /* of a desktop */
        GROUP_SESSION,
        GROUP_USER,
        GROUP_MANAGER, /* a user's systemd */
        GROUP_SLICE,
        GROUP_SERVICE,
        GROUP_SCOPE,
        GROUP_UNIT, /* of systemd, of another type */
        GROUP_KIND_COUNT,
};

extern const char *const group_kind_names[GROUP_KIND_COUNT];

#define GROUP_NAME_MAX 256 /* with its NUL: a name of the file system */

struct group_name {
        enum group_kind kind;
        char name[GROUP_NAME_MAX];
};

/* @path is that of a group below a hierarchy's root: "/a/b". */
void group_name_find(const char *path, struct group_name *ret_name);

#endif
