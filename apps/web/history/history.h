/* What points were, and the building at a glance: GET readings, readings.csv and summary. */
#ifndef WEB_HISTORY_HISTORY_H
#define WEB_HISTORY_HISTORY_H

#include "apps/web/call/call.h"

typedef struct History History;

/* Once web->store is there. */
History *history_new(Web *web);
/* Before the door closes: ends what is being sent. */
void history_leave(History *history);
void history_free(History *history); /* NULL is fine */

void web_get_readings(Call *call);
void web_export_readings(Call *call);
void web_get_summary(Call *call);

#endif
