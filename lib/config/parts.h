/* Tools that do several things, each named by the first word: `bacpipes ede export`. */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include <stddef.h>

typedef struct CfgPart {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is its name */
} CfgPart;

typedef struct CfgParts {
    const char *tool; /* "bacpipes ede" */
    const CfgPart *parts;
    size_t count;
    const char *text; /* what is said below them: sentences and examples */
} CfgParts;

/* Runs the part that the first word names, and returns its exit code. Where it names none the parts are
 * shown: EX_OK after
 * --help, else EX_USAGE. */
int cfg_parts_run(const CfgParts *parts, int argc, char **argv);

#endif
