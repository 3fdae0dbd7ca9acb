/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of config.json's parts share: small readers for the tables of fields, origins, and the parts themselves.
 * Private to model/oci*.c.
 */
#ifndef MODEL_OCI_READ_H
#define MODEL_OCI_READ_H

#include "base/json.h"
#include "model/spec.h"

/* 4294967295 is "no id" to the kernel: setresuid(2) takes it as "leave as it is". */
#define OCI_ID_MAX (UINT32_MAX - 1)

/* The kernel packs a device number into 12 and 20 bits (include/linux/kdev_t.h); more would name another device. */
#define OCI_MAJOR_MAX 4095
#define OCI_MINOR_MAX 1048575

/* Where the value that @json stands at is written. Fills in *@ret_origin. Returns 0 or -ENOMEM. */
int oci_origin(struct json *json, struct spec_origin *ret_origin);

/* An error found after reading, at a place that was kept. Returns -EINVAL. */
int oci_fail_at(struct json *json, const struct spec_origin *origin, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Readers; the target is: */
int oci_read_string(struct json *json, void *target);        /* const char * */
int oci_read_absolute(struct json *json, void *target);      /* const char *, which begins with a slash */
int oci_read_bool(struct json *json, void *target);          /* bool */
int oci_read_u32(struct json *json, void *target);           /* uint32_t */
int oci_read_id(struct json *json, void *target);            /* uint32_t up to OCI_ID_MAX */
int oci_read_strings(struct json *json, void *target);       /* const char *const *, NULL-terminated */
int oci_read_i64(struct json *json, void *target);           /* struct spec_i64, -1 or more */
int oci_read_amount(struct json *json, void *target);        /* struct spec_i64, 0 or more */
int oci_read_paths_element(struct json *json, void *target); /* struct spec_path, absolute */

/* A number from 0 to @max. */
int oci_read_bounded(struct json *json, struct spec_i64 *number, int64_t max);

/* A list without elements, for pointers that are never NULL. */
extern const char *const oci_no_strings[1];

/* Copies @string to @at without the NUL, and gives the place behind it. */
char *oci_append(char *at, const char *string);

/* A list that grows in the arena while a map is read. */
struct oci_list {
        char *elements;
        size_t count, room;
};

/* Room for one more element of @size bytes, zeroed; NULL with json->err set when memory is short. */
void *oci_list_add(struct json *json, struct oci_list *list, size_t size);

/* One word out of @words: its index, or -EINVAL with a suggestion. */
int oci_word(struct json *json, const char *what, const char *const *words, size_t count);

/* The parts; the target is: */
int oci_read_process(struct json *json, void *target);           /* struct spec_process */
int oci_read_mount(struct json *json, void *target);             /* struct spec_mount */
int oci_read_mount_destination(struct json *json, void *target); /* struct spec_mount */
int oci_read_linux(struct json *json, void *target);             /* struct ward_spec */
int oci_read_resources(struct json *json, void *target);         /* struct spec_resources */
int oci_read_block_io(struct json *json, void *target);          /* struct spec_block_io */
int oci_read_hugepage_limits(struct json *json, void *target);   /* struct spec_resources */
int oci_read_network(struct json *json, void *target);           /* struct spec_resources */
int oci_read_rdma(struct json *json, void *target);              /* struct spec_resources */
int oci_read_unified(struct json *json, void *target);           /* struct spec_resources */
int oci_read_beyond(struct json *json, void *target);            /* struct spec_resources */
int oci_read_annotations(struct json *json, void *target);       /* struct ward_spec */
int oci_read_hooks(struct json *json, void *target);             /* struct ward_spec */
int oci_read_devices(struct json *json, void *target);           /* struct ward_spec */
int oci_read_uid_maps(struct json *json, void *target);          /* struct spec_id_maps */
int oci_read_gid_maps(struct json *json, void *target);          /* struct spec_id_maps */
int oci_read_scheduler(struct json *json, void *target);         /* struct spec_scheduler */
int oci_read_io_priority(struct json *json, void *target);       /* struct spec_io_priority */
int oci_read_affinity(struct json *json, void *target);          /* struct spec_process */
int oci_read_rdt(struct json *json, void *target);               /* struct spec_rdt */
int oci_read_net_devices(struct json *json, void *target);       /* struct ward_spec */
int oci_read_memory_policy(struct json *json, void *target);     /* struct spec_memory_policy */

/* A propagation word ("rslave"): MS_* flags. -1: it is none. */
long oci_propagation(const char *word);

/* What has to agree across the parts of a config (namespaces above all). Returns 0 or -EINVAL. */
int oci_check(struct json *json, const struct ward_spec *spec);

#endif
