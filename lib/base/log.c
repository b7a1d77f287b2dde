#include "base/log.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    const char *role;
    BpLogLevel level;
    bool to_journal;
} log_to = {"bacpipes", BP_LOG_INFO, false};

/* Whether standard error is journald's: our starter's may have been, and what it gave us another. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char ours[64];
    struct stat status;
    if (!stream || fstat(STDERR_FILENO, &status) != 0)
        return false;
    snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, ours) == 0;
}

void bp_log_open(const char *role, BpLogLevel level)
{
    log_to.role = role;
    log_to.level = level;
    log_to.to_journal = is_journal();
}

size_t bp_log_begin(int64_t wall_us, BpLogLevel level, const char *role,
                    char ret_beginning[BP_LOG_BEGINNING_MAX])
{
    char time[BP_TIME_TEXT_MAX];
    const char *name = level <= BP_LOG_ERROR     ? "error"
                       : level == BP_LOG_WARNING ? "warning"
                       : level == BP_LOG_NOTICE  ? "notice"
                       : level == BP_LOG_INFO    ? "info"
                                                 : "debug";
    return (size_t)snprintf(ret_beginning, BP_LOG_BEGINNING_MAX,
                            "%s %-7s %.48s: ", bp_time_format(wall_us, 3, time), name, role);
}

void bp_log_va(BpLogLevel level, const char *format, va_list args)
{
    if (level > log_to.level)
        return;
    /* One write a line: several roles share standard error. */
    char line[2048];
    size_t used = log_to.to_journal ? (size_t)snprintf(line, sizeof line, "<%d>%s: ", (int)level, log_to.role)
                                    : bp_log_begin(bp_wall_us(), level, log_to.role, line);
    const int more = vsnprintf(line + used, sizeof line - used - 1, format, args);
    used += more < 0 ? 0 : (size_t)more;
    if (used > sizeof line - 2)
        used = sizeof line - 2;
    line[used++] = '\n';
    fwrite(line, 1, used, stderr);
}

void bp_log(BpLogLevel level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bp_log_va(level, format, args);
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
        bp_log_va(level, format, args);
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
