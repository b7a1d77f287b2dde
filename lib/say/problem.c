#include "say/problem.h"

#include <stdio.h>

enum { TEXT_MAX_OCTETS = 64 * 1024 };

void say_problems_init(SayProblems *problems)
{
    *problems = (SayProblems){.text = bp_buf_growing(TEXT_MAX_OCTETS)};
}

void say_problems_done(SayProblems *problems)
{
    bp_buf_done(&problems->text);
    *problems = (SayProblems){0};
}

void say_problem_va(SayProblems *problems, const char *file, size_t line, BpStr column, const char *format,
                    va_list arguments)
{
    char sentence[BP_ERROR_TEXT_MAX], title[SAY_QUOTE_MAX];
    if (problems->count++ >= SAY_PROBLEMS_TOLD_MAX)
        return;
    vsnprintf(sentence, sizeof sentence, format, arguments);
    bp_buf_printf(&problems->text, "%s:", file);
    if (line)
        bp_buf_printf(&problems->text, "%zu:", line);
    if (column.size)
        bp_buf_printf(&problems->text, " %s:", say_quote(column, title));
    bp_buf_printf(&problems->text, " %s\n", sentence);
}

void say_problem(SayProblems *problems, const char *file, size_t line, BpStr column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_problem_va(problems, file, line, column, format, arguments);
    va_end(arguments);
}

void say_problems_take_back(SayProblems *problems, const SayProblems *mark)
{
    problems->count = mark->count;
    problems->text.size = mark->text.size;
}

BpStr say_problems_text(SayProblems *problems)
{
    if (problems->count > SAY_PROBLEMS_TOLD_MAX) {
        bp_buf_printf(&problems->text, "... and %zu more\n", problems->count - SAY_PROBLEMS_TOLD_MAX);
        problems->count = SAY_PROBLEMS_TOLD_MAX;
    }
    return bp_buf_text(&problems->text);
}

char *say_quote(BpStr text, char ret_text[SAY_QUOTE_MAX])
{
    enum { ELLIPSIS = 3 };
    if (!bp_str_copy(text, ret_text, SAY_QUOTE_MAX - ELLIPSIS))
        memcpy(ret_text + strlen(ret_text), "...", ELLIPSIS + 1);
    for (char *c = ret_text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    return ret_text;
}

char *say_plain(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++)
        if (*c < ' ' || *c == 0x7F)
            *c = '?';
        else if (*c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) /* U+0080 to U+009F */
            c[0] = c[1] = '?';
    return text;
}
