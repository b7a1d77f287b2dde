/* Errors of the world outside: a status to branch on and a sentence to read. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BP_CHECKED           __attribute__((warn_unused_result))
#define BP_PRINTF(text, arg) __attribute__((format(printf, text, arg)))

typedef enum BpStatus {
    BP_OK = 0,
    BP_MALFORMED,   /* octets or text that break their own rules */
    BP_TRUNCATED,   /* the message ends before its contents do */
    BP_UNSUPPORTED, /* well formed, but nothing we can act on */
    BP_INVALID,     /* a value out of range, a setting that cannot be */
    BP_NOT_FOUND,   /* no such device, object, file, row */
    BP_FULL,        /* a stated largest size is reached */
    BP_TIMEOUT,     /* nobody answered in time */
    BP_UNAVAILABLE, /* a peer, server or file is away; trying again may help */
    BP_REFUSED,     /* the other side understood and said no */
    BP_CONFLICT,    /* somebody else has it, or it is there already */
    BP_CANCELLED,   /* whoever asked did not want it any more */
    BP_FORBIDDEN,   /* whoever asks may not */
} BpStatus;

/* Longest sentence kept, with its closing zero. Longer ones end in "...". */
enum { BP_ERROR_TEXT_MAX = 512 };

typedef struct BpError {
    BpStatus status;
    char text[BP_ERROR_TEXT_MAX]; /* UTF-8, no closing full stop, no newline */
} BpError;

/* Fills `err` (which may be NULL) and returns `status`. */
BpStatus bp_fail(BpError *err, BpStatus status, const char *format, ...) BP_PRINTF(3, 4);

/* Puts "context: " in front of the sentence in `err` and returns its status. `err` may be NULL;
 * then the status is unknown here and BP_UNAVAILABLE is returned. */
BpStatus bp_within(BpError *err, const char *format, ...) BP_PRINTF(2, 3);

/* Ends the function with the status of a step that failed, so that steps stand one under the other. Only
 * where nothing is held then, or all that is held has its cleanup attribute (docs/style.md). */
#define BP_TRY(step)                                                                                         \
    do {                                                                                                     \
        const BpStatus bp_try_status = (step);                                                               \
        if (bp_try_status != BP_OK)                                                                          \
            return bp_try_status;                                                                            \
    } while (0)

/* The sentence for a system call's error number, as in bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, ...). */
const char *bp_errno_text(int number);

#endif
