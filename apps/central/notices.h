/* Who is told: sites of what waits for them, the web of what has changed at sites. Each notice costs the
 * server as much as it has listeners, and a thousand listen: so all that is due goes in one transaction, at
 * most five times a second. */
#ifndef CENTRAL_NOTICES_H
#define CENTRAL_NOTICES_H

#include "io/pg/pg.h"

typedef struct Notices Notices;

Notices *notices_new(Loop *loop, Pg *pg);
void notices_free(Notices *notices);

/* Of a site this has changed, words with blanks between them: values, device, point, setting, command, job
 * (others tell nobody). */
void notices_told(Notices *notices, BpStr site_id, BpStr words);

/* Takes the rows of SQL_SELECT_DOWNLINK_WAITING: what waits for sites. Each is told once of each. */
void notices_waiting(Notices *notices, const PgRows *rows);

#endif
