#include "base/log.h"

#include "base/time.h"

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

void bp_log(BpLogLevel level, const char *format, ...)
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
    va_list args;
    va_start(args, format);
    const int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    va_end(args);
    used += more < 0 ? 0 : more;
    if ((size_t)used > sizeof line - 2)
        used = (int)sizeof line - 2;
    line[used++] = '\n';
    fwrite(line, 1, (size_t)used, stderr);
}
