/* Lines for whoever is on call: standard error, with a priority that journald understands.
 * Libraries return errors; programs log them, once. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"

typedef enum BpLogLevel {
    BP_LOG_ERROR = 3,
    BP_LOG_WARNING = 4,
    BP_LOG_NOTICE = 5,
    BP_LOG_INFO = 6,
    BP_LOG_DEBUG = 7
} BpLogLevel;

/* `role` (borrowed for the process's life) opens each line: "collect: device 1042 ...". Lines above `level`
 * are not written. When standard error is journald's (JOURNAL_STREAM is set), lines begin with "<6>";
 * otherwise with the time of day. */
void bp_log_open(const char *role, BpLogLevel level);

void bp_log(BpLogLevel level, const char *format, ...) BP_PRINTF(2, 3);

#endif
