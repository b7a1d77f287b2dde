#include "base/log.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    const char *role;
    BpLogLevel level;
    bool to_journal;
} log_to = {"bacpipes", BP_LOG_INFO, false};

void bp_log_open(const char *role, BpLogLevel level)
{
    log_to.role = role;
    log_to.level = level;
    log_to.to_journal = getenv("JOURNAL_STREAM") != NULL;
}

static void write_line(BpLogLevel level, const char *format, va_list args)
{
    if (level > log_to.level)
        return;
    /* One write a line: several roles share standard error. */
    char line[2048];
    char now[BP_TIME_TEXT_MAX];
    int used = log_to.to_journal ? snprintf(line, sizeof line, "<%d>%s: ", (int)level, log_to.role)
                                 : snprintf(line, sizeof line, "%s %s: %s",
                                            bp_time_format(bp_wall_us(), 3, now), log_to.role,
                                            level <= BP_LOG_ERROR     ? "error: "
                                            : level == BP_LOG_WARNING ? "warning: "
                                                                      : "");
    const int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    used += more < 0 ? 0 : more;
    if ((size_t)used > sizeof line - 2)
        used = (int)sizeof line - 2;
    line[used++] = '\n';
    fwrite(line, 1, (size_t)used, stderr);
}

void bp_log(BpLogLevel level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}

/* ---- lines that others cause ---- */

static BpLogKind *kinds; /* those of which lines were left out once */

static void tell_left_out(BpLogKind *kind)
{
    if (kind->left_out > 0)
        bp_log(kind->level, "%" PRIu64 " more lines like this were left out: %s", kind->left_out,
               kind->beginning);
    kind->left_out = 0;
}

static bool is_over(const BpLogKind *kind, int64_t now_us)
{
    return now_us - kind->began_us >= BP_LOG_SOME_S * BP_SECOND;
}

static void leave_out(BpLogKind *kind, BpLogLevel level, const char *format, va_list args)
{
    kind->left_out++;
    kind->level = level;
    vsnprintf(kind->beginning, sizeof kind->beginning, format, args);
    if (!kind->is_known) {
        kind->is_known = true;
        kind->next = kinds;
        kinds = kind;
    }
}

void bp_log_some(BpLogKind *kind, int64_t now_us, BpLogLevel level, const char *format, ...)
{
    if (kind->written == 0 || is_over(kind, now_us)) {
        tell_left_out(kind);
        kind->began_us = now_us;
        kind->written = 0;
    }
    va_list args;
    va_start(args, format);
    if (kind->written < BP_LOG_SOME_LINES) {
        kind->written++;
        write_line(level, format, args);
    } else {
        leave_out(kind, level, format, args);
    }
    va_end(args);
}

void bp_log_left_out(int64_t now_us)
{
    for (BpLogKind *kind = kinds; kind; kind = kind->next)
        if (is_over(kind, now_us))
            tell_left_out(kind);
}
