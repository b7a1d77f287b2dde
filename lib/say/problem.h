/* What is wrong with a file that somebody gave us: all of it at once, a line each. */
#ifndef SAY_PROBLEM_H
#define SAY_PROBLEM_H

#include "base/buf.h"

#include <stdarg.h>

/* So many are told; of the others only how many they are. */
enum { SAY_PROBLEMS_TOLD_MAX = 20 };

typedef struct SayProblems {
    BpBuf text;
    size_t count;
} SayProblems;

void say_problems_init(SayProblems *problems);
void say_problems_done(SayProblems *problems);

/* Adds "FILE:LINE: COLUMN: " and a sentence: what is wrong: what would be right. `line` 0 and an empty column
 * are left out. */
void say_problem(SayProblems *problems, const char *file, size_t line, BpStr column, const char *format, ...)
    BP_PRINTF(5, 6);
void say_problem_va(SayProblems *problems, const char *file, size_t line, BpStr column, const char *format,
                    va_list arguments);

/* Takes back what was added since `mark` was a copy of *problems. */
void say_problems_take_back(SayProblems *problems, const SayProblems *mark);

/* The lines, ended by how many more there are. */
BpStr say_problems_text(SayProblems *problems);

/* Text of a file as a sentence quotes it: cut, without control characters. Returns ret_text. */
enum { SAY_QUOTE_MAX = 64 };
char *say_quote(BpStr text, char ret_text[SAY_QUOTE_MAX]);

/* Others' words, which are to be read and to move no cursor: control characters become "?", in place. Returns
 * `text`. */
char *say_plain(char *text);

#endif
