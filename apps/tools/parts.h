/* Tools that do several things, each named by the first word: `bacpipes ede export`. */
#ifndef TOOLS_PARTS_H
#define TOOLS_PARTS_H

#include <stddef.h>

typedef struct ToolsPart {
    const char *name, *summary;
} ToolsPart;

typedef struct ToolsParts {
    const char *tool; /* "bacpipes ede" */
    const ToolsPart *parts;
    size_t count;
    const char *text; /* what is said below them: sentences and examples */
} ToolsParts;

enum { TOOLS_NO_PART = -1 };

/* The index of the part that the first word names. TOOLS_NO_PART: it names none, the parts have been shown,
 * and *ret_code is what to end with. */
int tools_choose_part(const ToolsParts *parts, int argc, char **argv, int *ret_code);

#endif
