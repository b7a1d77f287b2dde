/* Programs that do several things, each named by the first word: `bacpipes ede`, `bacpipes ede export`. */
#ifndef SAY_PARTS_H
#define SAY_PARTS_H

#include <stddef.h>

typedef struct SayPart {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is its name */
} SayPart;

typedef struct SayParts {
    const char *tool;  /* "bacpipes ede" */
    const char *word;  /* what its parts are: "role"; NULL: "part" */
    const char *title; /* a sentence above them; NULL: none */
    const SayPart *parts;
    size_t count;
    const char *text; /* what is said below them: sentences and examples */
} SayParts;

/* Runs the part that the first word names, and returns its exit code. `help PART` is `PART --help`. Where no
 * word is there the parts are shown, as --help, -h and `help` do; EX_OK after these, else EX_USAGE. Where the
 * word is none of them, which may be meant. */
int say_parts_run(const SayParts *parts, int argc, char **argv);

#endif
