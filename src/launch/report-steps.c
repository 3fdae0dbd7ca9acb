/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words for a step that failed.
 *
 * They begin as bubblewrap's do, whose callers look for these: what its test suite and scripts know is a part of its command line.
 */
#include <errno.h>
#include <string.h>

#include "launch/launch.h"

static int report_link(const struct op_step *step, const struct record *record, const struct shared *shared,
                       struct ward_err *err)
{
        char text[200] = "another";

        if (record->step == STEP_LINK_NONE)
                return err_set(err, -EEXIST, "Can't make symlink at /%s: destination exists and is not a symlink",
                               step->path);
        /* Whoever has made that link has written it: nothing of it speaks to a terminal. */
        for (size_t i = 0; shared != NULL && i < sizeof(text) - 1; i++) {
                char c = shared->text[i];

                text[i] = c != '\0' && (c < ' ' || c == 0x7f) ? '?' : c;
                text[i + 1] = '\0';
                if (c == '\0')
                        break;
        }
        return err_set(err, -EEXIST, "Can't make symlink at /%s: existing destination is %s", step->path, text);
}

/* What was done, where it is one thing on the destination. */
static const char *deed(const struct op_step *step)
{
        switch (step->kind) {
        case SPEC_STEP_BIND:
        case SPEC_STEP_DATA:
                return "Can't bind mount on";
        case SPEC_STEP_PROC:
                return "Can't mount proc on";
        case SPEC_STEP_DEV:
                return "Can't make a new dev on";
        case SPEC_STEP_TMPFS:
                return "Can't mount tmpfs on";
        case SPEC_STEP_MQUEUE:
                return "Can't mount mqueue on";
        case SPEC_STEP_OVERLAY:
                return "Can't make overlay mount on";
        case SPEC_STEP_READONLY:
                return "Can't remount readonly on";
        case SPEC_STEP_DIRECTORY:
                return "Can't mkdir";
        case SPEC_STEP_FILE:
                return "Can't create file";
        case SPEC_STEP_LINK:
                return "Can't make symlink at";
        case SPEC_STEP_MODE:
                return "Can't chmod";
        }
        return "Can't do";
}

static void hint_for(const struct op_step *step, const struct record *record, struct ward_err *err)
{
        if (step->kind == SPEC_STEP_PROC && step->mount != NULL && record->errnum == EPERM)
                (void)err_hint(
                        err,
                        "parts of /proc are masked by an outer container: the kernel then refuses a fresh one; bind "
                        "the one that is there");
        else if (step->kind == SPEC_STEP_OVERLAY && record->errnum == ELOOP)
                (void)err_hint(err, "overlay directories may not overlap");
        else if (record->step == STEP_MAKE_TARGET && (record->errnum == EROFS || record->errnum == EACCES))
                (void)err_hint(err, "make it beforehand, or mount a tmpfs on the directory that shall hold it");
}

int launch_report_step(const struct op_step *step, const struct record *record, const struct shared *shared,
                       struct ward_err *err)
{
        const char *what = NULL;

        switch ((enum step)record->step) {
        case STEP_TARGET_SYMLINK:
                return err_set(err, -ELOOP,
                               step->kind == SPEC_STEP_DIRECTORY ? "Destination is not a directory /%s"
                                                                 : "Can't mount on symlink destination /%s",
                               step->path);
        case STEP_TARGET_TYPE:
                return err_set(err, -record->errnum,
                               record->errnum == ENOTDIR ? "Destination is not a directory /%s"
                                                         : "Destination is not a file /%s",
                               step->path);
        case STEP_MAKE_TARGET:
                what = "Can't mkdir parents for";
                break;
        case STEP_LINK_NONE:
        case STEP_LINK_OTHER:
                return report_link(step, record, shared, err);
        case STEP_DATA:
                what = "Can't write data to file";
                break;
        default:
                break;
        }
        (void)err_code(err, -record->errnum, "%s /%s", what != NULL ? what : deed(step), step->path);
        hint_for(step, record, err);
        return -record->errnum;
}

int launch_report_source(const struct slot *slot, const struct record *record, struct ward_err *err)
{
        if (record->step == STEP_PROVE)
                return err_set(err, -ESTALE, "Can't bind descriptor %d: what its path leads to is another file by now",
                               slot->number);
        if (slot->kind == SLOT_OPEN)
                return err_code(err, -record->errnum, "Can't find source path of descriptor %d", slot->number);
        return err_code(err, -record->errnum, "Can't find source path %s", slot->path);
}
