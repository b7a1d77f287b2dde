/* A line of an EDE file: its cells by their columns, to an object. */
#ifndef EDE_LINE_H
#define EDE_LINE_H

#include "apps/ede/ede.h"

/* Filled by who reads the file. */
typedef struct EdeLine {
    const char *file; /* as problems name it */
    SayProblems *problems;
    const EdeCsvRow *row;
    BpStr titles[EDE_COLUMNS]; /* as the file has them */
    int cell_of[EDE_COLUMNS];  /* -1: the file has no such column */
    size_t cells_max;          /* further ones have no title */
    bool is_wrong;             /* set by ede_line_wrong and ede_line_read, never unset by them */
} EdeLine;

/* Adds a problem with a cell of the line. */
void ede_line_wrong(EdeLine *line, EdeColumn column, const char *format, ...) BP_PRINTF(3, 4);

/* Reads the object. False: something is wrong, and all of it has been added to the problems. */
bool ede_line_read(EdeLine *line, EdeObject *ret_object) BP_CHECKED;

#endif
