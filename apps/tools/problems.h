/* What is wrong with a file that somebody gave us: all of it at once, a line each. */
#ifndef TOOLS_PROBLEMS_H
#define TOOLS_PROBLEMS_H

#include "base/buf.h"

/* So many are told; of the others only how many they are. */
enum { TOOLS_PROBLEMS_TOLD_MAX = 20 };

typedef struct ToolsProblems {
    BpBuf text;
    size_t count;
} ToolsProblems;

void tools_problems_init(ToolsProblems *problems);
void tools_problems_done(ToolsProblems *problems);

/* Adds "FILE:LINE: COLUMN: " and a sentence: what is wrong: what would be right. `line` 0 and an empty column
 * are left out. */
void tools_problem(ToolsProblems *problems, const char *file, size_t line, BpStr column, const char *format,
                   ...) BP_PRINTF(5, 6);

/* The lines, ended by how many more there are. */
BpStr tools_problems_text(ToolsProblems *problems);

/* Text of a file as a sentence quotes it: cut, without control characters. Returns ret_text. */
enum { TOOLS_QUOTE_MAX = 64 };
char *tools_quote(BpStr text, char ret_text[TOOLS_QUOTE_MAX]);

#endif
