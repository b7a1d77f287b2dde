#include "apps/tools/problems.h"

#include <stdio.h>

enum { TEXT_MAX_OCTETS = 64 * 1024 };

void tools_problems_init(ToolsProblems *problems)
{
    *problems = (ToolsProblems){.text = bp_buf_growing(TEXT_MAX_OCTETS)};
}

void tools_problems_done(ToolsProblems *problems)
{
    bp_buf_done(&problems->text);
    *problems = (ToolsProblems){0};
}

void tools_problem(ToolsProblems *problems, const char *file, size_t line, BpStr column, const char *format,
                   ...)
{
    char sentence[BP_ERROR_TEXT_MAX], title[TOOLS_QUOTE_MAX];
    if (problems->count++ >= TOOLS_PROBLEMS_TOLD_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    bp_buf_printf(&problems->text, "%s:", file);
    if (line)
        bp_buf_printf(&problems->text, "%zu:", line);
    if (column.size)
        bp_buf_printf(&problems->text, " %s:", tools_quote(column, title));
    bp_buf_printf(&problems->text, " %s\n", sentence);
}

BpStr tools_problems_text(ToolsProblems *problems)
{
    if (problems->count > TOOLS_PROBLEMS_TOLD_MAX) {
        bp_buf_printf(&problems->text, "... and %zu more\n", problems->count - TOOLS_PROBLEMS_TOLD_MAX);
        problems->count = TOOLS_PROBLEMS_TOLD_MAX;
    }
    return bp_buf_text(&problems->text);
}

char *tools_quote(BpStr text, char ret_text[TOOLS_QUOTE_MAX])
{
    enum { ELLIPSIS = 3 };
    if (!bp_str_copy(text, ret_text, TOOLS_QUOTE_MAX - ELLIPSIS))
        memcpy(ret_text + strlen(ret_text), "...", ELLIPSIS + 1);
    for (char *c = ret_text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    return ret_text;
}
