/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error that every fallible function of libward fills in.
 *
 * It lives on the caller's stack and is of fixed size, so that it can be set when memory is short and copied without
 * ownership questions. A function returns a negative errno if and only if it has filled the error in.
 */
#ifndef WARD_ERROR_H
#define WARD_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define WARD_ERR_MESSAGE_MAX 1024
#define WARD_ERR_HINT_MAX 512

/**
 * struct ward_err - what went wrong, for a person
 * @errnum:  positive errno value of the cause
 * @code:    a number that names this kind of error for good, 0 where it has none: `ward help E204` explains 204, docs/ERRORS.md all of them
 * @message: what was being done, on which object, and why it failed; one line without a trailing newline, and without control characters
 * @hint:    what to do about it; empty where nothing useful can be said
 */
struct ward_err {
        int errnum;
        unsigned code;
        char message[WARD_ERR_MESSAGE_MAX];
        char hint[WARD_ERR_HINT_MAX];
};

#ifdef __cplusplus
}
#endif

#endif
