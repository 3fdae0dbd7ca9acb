/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mistakes that people make, by number: what struct ward_err has as its code, and a message shows as [E204].
 *
 * A number is for good: it is never given to another mistake, and one that can't be made any more leaves a gap. What each means is said once, in
 * cli/mistakes-table.c; tests/cli/mistakes.bats makes every one of them.
 */
#ifndef BASE_MISTAKES_H
#define BASE_MISTAKES_H

enum mistake {
        MISTAKE_NONE = 0,

        /* the command line */
        MISTAKE_VERB = 101,
        MISTAKE_OPTION = 102,
        MISTAKE_NO_VALUE = 103,
        MISTAKE_WORD = 104,
        MISTAKE_NUMBER = 105,
        MISTAKE_BYTES = 106,
        MISTAKE_OPERANDS = 107,
        MISTAKE_NO_COMMAND = 108,
        MISTAKE_CONFLICT = 109,
        MISTAKE_FOREIGN = 110,
        MISTAKE_RELATIVE = 111,
        MISTAKE_FORM = 112,
        MISTAKE_CAPABILITY = 113,
        MISTAKE_SIGNAL = 114,
        MISTAKE_RLIMIT = 115,
        MISTAKE_TOPIC = 116,

        /* the root and the program */
        MISTAKE_ROOT_MISSING = 201,
        MISTAKE_ROOT_NO_DIRECTORY = 202,
        MISTAKE_ROOT_CLOSED = 203,
        MISTAKE_PROGRAM_MISSING = 204,
        MISTAKE_PROGRAM_MODE = 205,
        MISTAKE_PROGRAM_DIRECTORY = 206,
        MISTAKE_INTERPRETER = 207,
        MISTAKE_LOADER = 208,
        MISTAKE_ARCHITECTURE = 209,
        MISTAKE_PROGRAM_FORMAT = 210,
        MISTAKE_WORKDIR = 211,
        MISTAKE_EXEC_FILTERED = 212,

        /* files and devices */
        MISTAKE_SOURCE_MISSING = 301,
        MISTAKE_VOLUME_NAME = 302,
        MISTAKE_IDMAP = 303,
        MISTAKE_TARGET_READ_ONLY = 304,
        MISTAKE_DISK_FULL = 305,
        MISTAKE_NO_DEVICE = 306,
        MISTAKE_FILE_UNREADABLE = 307,
        MISTAKE_PROFILE = 308,
        MISTAKE_FILE_EXISTS = 309,
        MISTAKE_FILE_UNWRITABLE = 310,
        MISTAKE_KEEP_SHARED = 311,
        MISTAKE_MOUNT_OPTION = 312,
        MISTAKE_PROFILE_FORM = 313,
        MISTAKE_NO_PROFILE = 314,

        /* users and rights */
        MISTAKE_USER = 401,
        MISTAKE_GROUP = 402,
        MISTAKE_ID_RANGE = 403,
        MISTAKE_SUBORDINATE_IDS = 404,
        MISTAKE_NEWUIDMAP = 405,
        MISTAKE_USERNS_OFF = 406,
        MISTAKE_MACHINE_USERS = 407,
        MISTAKE_OWNERS = 408,
        MISTAKE_RIGHTS = 409,
        MISTAKE_WALL = 410,
        MISTAKE_OUTER_CONTAINER = 411,

        /* limits and settings */
        MISTAKE_MEMORY_TOO_LOW = 501,
        MISTAKE_OUT_OF_MEMORY = 502,
        MISTAKE_NO_GROUP = 503,
        MISTAKE_CPUSET = 504,
        MISTAKE_SYSCTL_MACHINE = 505,
        MISTAKE_SYSCTL_SHARED = 506,
        MISTAKE_TIMEOUT = 507,
        MISTAKE_CPU_TIME = 508,
        MISTAKE_OUTPUT = 509,
        MISTAKE_PROCESSES = 510,

        /* containers */
        MISTAKE_NAME_TAKEN = 601,
        MISTAKE_NO_CONTAINER = 602,
        MISTAKE_NOT_RUNNING = 603,
        MISTAKE_RUNNING = 604,
        MISTAKE_NAME = 605,
        MISTAKE_STATE_OWNER = 606,
        MISTAKE_STATE_OPEN = 607,
        MISTAKE_STATE_PATH = 608,
        MISTAKE_NAMESPACE_FILE = 609,
};

#endif
