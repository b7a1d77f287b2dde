#include "say/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_BEGINS_ANEW "\r\033[K"

static const int64_t WAIT_IS_LONG_US = 1000000;

static void say(const char *format, va_list arguments)
{
    if (!isatty(STDERR_FILENO))
        return;
    fputs(LINE_BEGINS_ANEW, stderr);
    vfprintf(stderr, format, arguments);
}

void say_progress(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void say_wait(int64_t waited_us, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (waited_us >= WAIT_IS_LONG_US)
        say(format, arguments);
    va_end(arguments);
}

void say_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs(LINE_BEGINS_ANEW, stderr);
}
