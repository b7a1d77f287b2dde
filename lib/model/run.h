/* A collector's run: what its batches are numbered within. Ingest's sessions are named in the same way. */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stdbool.h>
#include <stdint.h>

enum { MDL_RUN_TEXT = 16 };

typedef struct MdlRun {
    char text[MDL_RUN_TEXT + 1]; /* 16 hexadecimal digits and a zero */
} MdlRun;

/* A new one's name from random octets. */
MdlRun mdl_run(uint64_t random);

/* False: it is no such name. */
bool mdl_run_parse(const char *text, MdlRun *ret_run);

#endif
