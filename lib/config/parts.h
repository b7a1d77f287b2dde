/* Tools that do several things, each named by the first word: `bacpipes ede export`. */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include <stddef.h>

typedef struct CfgPart {
    const char *name, *summary;
} CfgPart;

typedef struct CfgParts {
    const char *tool; /* "bacpipes ede" */
    const CfgPart *parts;
    size_t count;
    const char *text; /* what is said below them: sentences and examples */
} CfgParts;

enum { CFG_NO_PART = -1 };

/* The index of the part that the first word names. CFG_NO_PART: it names none, the parts have been shown,
 * and *ret_code is what to end with. */
int cfg_choose_part(const CfgParts *parts, int argc, char **argv, int *ret_code);

#endif
