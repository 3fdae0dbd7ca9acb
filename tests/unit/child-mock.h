/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small kernel for the child's interpreter: a tree of files, credentials that can be read back, messages, and a log of every call.
 *
 * The child's sources are compiled with CHILD_MOCK, so that their system calls arrive here. child_run() executes a plan up to execve(2)
 * or exit_group(2), both of which end by a jump. One call, chosen by its index, can be made to fail.
 */
#ifndef TESTS_UNIT_CHILD_MOCK_H
#define TESTS_UNIT_CHILD_MOCK_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/child/child.h"

#define MOCK_CALLS_MAX 4096
#define MOCK_NODES_MAX 64
#define MOCK_FDS_MAX 256
#define MOCK_CALL_LEN 160

struct mock_node {
        char name[32];
        int parent;
        char type;        /* 'd' 'f' 'l' 'c' 'p': as ls(1), p a pipe */
        const char *link; /* of 'l' */
        char text[64];    /* room for a link that was made */
        unsigned major, minor, mode, mount;
};

enum mock_end { MOCK_EXECUTED, MOCK_EXITED };

struct mock {
        jmp_buf end;
        char calls[MOCK_CALLS_MAX][MOCK_CALL_LEN];
        unsigned call_count;
        int fail_at, fail_with; /* index of the call that is answered -fail_with; -1: none */

        struct mock_node nodes[MOCK_NODES_MAX];
        int node_count;
        int fd_node[MOCK_FDS_MAX]; /* -1: not of a file */
        int next_fd;
        uint64_t directory_read; /* bit n: node n was listed */

        struct record records[8];
        unsigned record_count;

        int answer_of; /* system call number with an answer of its own; -1: none */
        long answer;
        int answer_times; /* how often; after that it succeeds */

        struct {
                uint8_t byte;
                int fds[4];
                unsigned fd_count;
                bool end_of_file;
        } messages[4];
        unsigned message_next;

        uint32_t uid, gid, groups, umask;
        bool lies;      /* the kernel says yes, and does nothing */
        int label_fd;   /* open on attr/smack/current; 0: none */
        char label[64]; /* what was written to it */
        uint64_t bounding;
        bool detached; /* what was on the place that umount2(2) was last called for */
        unsigned last_cap;
        uint32_t caps[6];
        bool no_new_privs;
        bool restricted; /* by Landlock */
        uint64_t cpus[SPEC_CPUS_MAX / 64], nodes_bound[SPEC_NODES_MAX / 64];
        uint64_t cpus_there, nodes_there; /* of the first 64: what the machine has */
        uint32_t memory_policy, io_priority, personality;
        char scheduler[48]; /* the start of struct sched_attr */
        long clone_answer;
        void (*thread)(void *); /* made and not yet run */
        void *thread_argument;
        const char *state_text; /* what a memory file holds when it is mapped */
        long state_len;
        size_t send_room; /* of one sendmsg(2) */
        char sent[128];   /* by each: the socket, "+" with a descriptor, and the bytes */
        int sent_fd;
        int *thread_alive;
        int wait_status;
        bool wait_killed; /* @wait_status is the signal that ended it */
        long poll_answer;
        const char *cwd;
        long file_system;
        uint64_t inode;   /* of every file */
        bool chrooted;    /* "/" is another directory behind setns(2) ... */
        bool at_top;      /* ... which was called */
        bool pivots_once; /* the caller's root does not lie below the namespace's */
        unsigned pivots;
        unsigned covers;   /* mounts on the root, which ".." leads to */
        char argument[32]; /* the first of execveat(2), which @executed is then */
        const char *executed;
        int exit_status;
};

extern struct mock mock;

/* A root with the usual directories, and credentials of root. */
void mock_reset(void);

/* Adds a node at a path like "etc/passwd", whose parents exist; returns it. */
int mock_add(const char *path, char type, const char *link);

/* The node at @path without following a last link; -1: none. */
int mock_find(const char *path);

/* A descriptor of the node at @path. */
int mock_open(const char *path);

#define MOCK_PROC_FD 10 /* slot 0 in child_run()'s table is procfs */

/* Answers @number where it is one of the calls that schedule, into *@ret. false: it is none. */
bool mock_schedule_call(long number, const long *a, long *ret);

/* The same of those that are about the root of the mount namespace. */
bool mock_root_call(long number, const long *a, long *ret);

/* Runs the plan; child->slots etc. are the caller's.. */
enum mock_end mock_run(struct child *child);

#endif
