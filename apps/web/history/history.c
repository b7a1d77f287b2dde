#include "apps/web/history/room.h"

#include <stdlib.h>

static void on_changed(void *owner, const StoreSite *site, StoreWhat what)
{
    History *history = owner;
    for (size_t i = 0; i < history->site_count; i++) {
        if (history->sites[i].site == site && what != STORE_OVERRIDES)
            history->sites[i].is_found = false;
    }
}

/* A site that is gone has left its place here with what was found; another one may have its address. */
static HistoryPlaces *place_of(History *history, const StoreSite *site)
{
    for (size_t i = 0; i < history->site_count; i++) {
        if (history->sites[i].site == site)
            return &history->sites[i];
    }
    HistoryPlaces *sites = reallocarray(history->sites, history->site_count + 1, sizeof *sites);
    if (!sites)
        abort();
    history->sites = sites;
    sites[history->site_count] = (HistoryPlaces){.site = site};
    return &sites[history->site_count++];
}

const Places *history_places(History *history, const StoreSite *site)
{
    HistoryPlaces *place = place_of(history, site);
    if (!place->is_found) {
        places_done(&place->places);
        places_find(site, &place->places);
        place->is_found = true;
    }
    return &place->places;
}

History *history_new(Web *web)
{
    History *history = calloc(1, sizeof *history);
    if (!history)
        abort();
    history->web = web;
    web->history = history;
    store_watch(web->store, on_changed, history);
    return history;
}

void history_leave(History *history)
{
    if (history)
        exports_leave(history);
}

void history_free(History *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->site_count; i++)
        places_done(&history->sites[i].places);
    free(history->sites);
    free(history);
}
