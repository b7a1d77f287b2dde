/* What was given to each site last, kept outside the database: <data>/central/given, lines of site, epoch and
 * number. A database that was put back to an earlier state knows less, or something else, than the file: what
 * it would give again was given before. Those sites begin another epoch of what they are asked for. */
#ifndef CENTRAL_HEADS_H
#define CENTRAL_HEADS_H

#include "io/pg/pg.h"

typedef struct Heads Heads;

/* `on_compared`: the file and the database agree by now, and sites may be served. */
Heads *heads_new(Loop *loop, Pg *pg, const char *data_folder, void (*on_compared)(void *owner), void *owner);
void heads_free(Heads *heads);

void heads_connected(Heads *heads); /* compares */
void heads_look(Heads *heads);      /* now and then: what was given since is written down */

#endif
