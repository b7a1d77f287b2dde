/* Lines for whoever is on call: standard error, with a priority that journald understands.
 * Libraries return errors; programs log them, once. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum BpLogLevel {
    BP_LOG_ERROR = 3,
    BP_LOG_WARNING = 4,
    BP_LOG_NOTICE = 5,
    BP_LOG_INFO = 6,
    BP_LOG_DEBUG = 7
} BpLogLevel;

/* `role` (borrowed for the process's life) is in each line. Lines above `level` are not written. When
 * standard error is journald's (JOURNAL_STREAM names it), lines are "<4>collect: device 1042 ...": it has a
 * time and keeps the level; otherwise as bp_log_begin writes them. */
void bp_log_open(const char *role, BpLogLevel level);

void bp_log(BpLogLevel level, const char *format, ...) BP_PRINTF(2, 3);
void bp_log_va(BpLogLevel level, const char *format, va_list args);

/* How a line of any log of ours begins: "2026-11-24T02:51:59.123Z warning collect: ". Returns its length. */
enum { BP_LOG_BEGINNING_MAX = 128 };
size_t bp_log_begin(int64_t wall_us, BpLogLevel level, const char *role,
                    char ret_beginning[BP_LOG_BEGINNING_MAX]);

enum { BP_LOG_SOME_LINES = 30, BP_LOG_SOME_S = 60 };

/* A kind of line that others can cause as often as they like: static in the program, and zeroed. Its contents
 * are the log's own. */
typedef struct BpLogKind {
    struct BpLogKind *next;
    bool is_known;
    BpLogLevel level; /* of the last one that was left out, which began: */
    char beginning[120];
    unsigned written; /* in the minute that began: */
    int64_t began_us;
    uint64_t left_out; /* and not told yet */
} BpLogKind;

/* Like bp_log, for BP_LOG_SOME_LINES lines of a kind in BP_LOG_SOME_S; the others are counted. The first line
 * after that, or bp_log_left_out, says "312 more lines like this were left out: device 17 found at ...". */
void bp_log_some(BpLogKind *kind, int64_t now_us, BpLogLevel level, const char *format, ...) BP_PRINTF(4, 5);

/* Says how many lines were left out of each kind whose minute is over. To be called now and then. */
void bp_log_left_out(int64_t now_us);

#endif
