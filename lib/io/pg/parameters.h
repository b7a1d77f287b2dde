/* Parameters of a statement as libpq wants them: texts, all in one piece of memory. */
#ifndef IO_PG_PARAMETERS_H
#define IO_PG_PARAMETERS_H

#include "io/pg/pg.h"

typedef struct PgParameters {
    int count;
    const char *texts[PG_VALUES_MAX];
    int lengths[PG_VALUES_MAX];
    int formats[PG_VALUES_MAX];
    char *memory;
} PgParameters;

/* Copies the values. To be undone by pg_parameters_done. */
void pg_parameters_set(PgParameters *parameters, const PgValue *values, size_t count);
void pg_parameters_done(PgParameters *parameters);

#endif
