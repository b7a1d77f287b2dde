#include "say/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_BEGINS_ANEW "\r\033[K"

void say_progress(const char *format, ...)
{
    if (!isatty(STDERR_FILENO))
        return;
    va_list arguments;
    va_start(arguments, format);
    fputs(LINE_BEGINS_ANEW, stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

void say_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs(LINE_BEGINS_ANEW, stderr);
}
