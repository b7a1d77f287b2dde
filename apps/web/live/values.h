/* A site's points that were asked for or have changed, as JSON that is ready to be sent; and which of them
 * have changed since when. Each change has a number; a cursor is such a number as clients keep it. */
#ifndef WEB_LIVE_VALUES_H
#define WEB_LIVE_VALUES_H

#include "apps/web/points/store.h"
#include "base/buf.h"

typedef struct LiveValues LiveValues;

typedef struct LiveJson {
    char *text; /* NULL: not made yet */
    uint32_t size, capacity;
    bool is_fresh;
} LiveJson;

typedef enum LiveForm {
    LIVE_ITEM, /* {"point":41,"value":21.5,...}: ValueList of openapi.yaml */
    LIVE_ROW,  /* [41,21.5,"good",1764250000000]: LiveTold */
    LIVE_FORMS
} LiveForm;

typedef struct LivePoint {
    int32_t id;
    uint64_t changed; /* the number of its last change; 0: none since we began */
    uint64_t kept;    /* of the one that table current_value has */
    LiveJson json[LIVE_FORMS];
} LivePoint;

/* `changes` numbers changes, of all sites of a server. */
LiveValues *live_values_new(Store *store, const StoreSite *site, uint64_t *changes);
void live_values_free(LiveValues *values);
const StoreSite *live_values_site(const LiveValues *values);

/* A point by its number, which stays as long as the values; NULL: the store has none like that. */
LivePoint *live_values_point(LiveValues *values, int64_t id);

/* Takes what was read, unless something later is known already, or the same. True: the point is otherwise
 * now. */
bool live_values_set(LiveValues *values, int64_t id, const StoreValue *value);

/* Names, states, units of points have changed: what is ready is made anew. */
void live_values_forget_texts(LiveValues *values);

/* What of the site has changed and is not in table current_value: at most `max` of them as a JSON array of
 * rows, which count as kept from then on. Returns how many. */
size_t live_values_unkept(LiveValues *values, size_t max, BpBuf *out);
void live_values_keep_again(LiveValues *values); /* the table has none of it */

/* The point as it is now. */
BpStr live_point_json(LiveValues *values, LivePoint *point, LiveForm form);

/* ---- cursors ---- */

enum { LIVE_CURSOR_MAX = 40 };
/* `run` is drawn at each start: who comes with another's cursor knows nothing. */
void live_cursor_write(uint64_t run, uint64_t number, char ret_text[LIVE_CURSOR_MAX]);
/* False: it is none of this run, or of a change that is still to come. */
bool live_cursor_read(BpStr text, uint64_t run, uint64_t changes, uint64_t *ret_number);

#endif
