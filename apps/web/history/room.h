/* What the history keeps from one request to the next. Of this folder. */
#ifndef WEB_HISTORY_ROOM_H
#define WEB_HISTORY_ROOM_H

#include "apps/web/history/history.h"
#include "apps/web/history/places.h"

/* Each holds a page, and asks again and again. */
enum { HISTORY_EXPORTS_MAX = 8 };

typedef struct HistoryPlaces {
    const StoreSite *site;
    Places places;
    bool is_found; /* false: points have changed since, or it was never looked */
} HistoryPlaces;

struct History {
    Web *web;
    HistoryPlaces *sites;
    size_t site_count;
    struct Export *exports; /* under way */
    size_t export_count;
};

/* Until the loop's next turn. */
const Places *history_places(History *history, const StoreSite *site);

/* export.c: breaks off all that are under way. */
void exports_leave(History *history);

#endif
