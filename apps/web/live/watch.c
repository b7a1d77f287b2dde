#include "apps/web/live/watch.h"

#include "base/random.h"

#include <stdlib.h>

enum { NEWS_MAX = 32 * 1024 * 1024 };

struct LiveWatch {
    LiveWatch *next, **link;
    LiveListener *listeners;
    uint64_t hash;
    size_t count;
    LivePoint *points[];
};

void live_watches_init(LiveWatches *watches, LiveValues *values, uint64_t run, uint64_t *changes)
{
    *watches = (LiveWatches){.values = values, .run = run, .changes = changes, .told = *changes};
    for (int form = 0; form < LIVE_FORMS; form++)
        watches->json[form] = bp_buf_growing(NEWS_MAX);
}

void live_watches_done(LiveWatches *watches)
{
    for (int form = 0; form < LIVE_FORMS; form++)
        bp_buf_done(&watches->json[form]);
}

/* ---- who listens ---- */

static LiveWatch *find(const LiveWatches *watches, const LiveWatch *like)
{
    for (LiveWatch *watch = watches->first; watch; watch = watch->next)
        if (watch->hash == like->hash && watch->count == like->count &&
            memcmp(watch->points, like->points, like->count * sizeof(LivePoint *)) == 0)
            return watch;
    return NULL;
}

static void add(LiveWatches *watches, LiveWatch *watch)
{
    watch->link = &watches->first;
    watch->next = watches->first;
    if (watch->next)
        watch->next->link = &watch->next;
    watches->first = watch;
    watches->watch_count++;
}

void live_listen(LiveWatches *watches, LiveListener *listener, const int64_t *ids, size_t count,
                 int64_t *ret_missing)
{
    live_leave(watches, listener);
    LiveWatch *watch = calloc(1, sizeof *watch + count * sizeof(LivePoint *));
    if (!watch)
        abort();
    if (ret_missing)
        *ret_missing = 0;
    for (size_t i = 0; i < count; i++) {
        LivePoint *point = live_values_point(watches->values, ids[i]);
        if (point)
            watch->points[watch->count++] = point;
        else if (ret_missing && !*ret_missing)
            *ret_missing = ids[i];
    }
    watch->hash = bp_hash(watch->points, watch->count * sizeof(LivePoint *), 0);
    LiveWatch *same = find(watches, watch);
    if (same)
        free(watch);
    else
        add(watches, watch);
    watch = same ? same : watch;
    listener->watch = watch;
    listener->link = &watch->listeners;
    listener->next = watch->listeners;
    if (listener->next)
        listener->next->link = &listener->next;
    watch->listeners = listener;
}

void live_leave(LiveWatches *watches, LiveListener *listener)
{
    LiveWatch *watch = listener->watch;
    if (!watch)
        return;
    *listener->link = listener->next;
    if (listener->next)
        listener->next->link = listener->link;
    listener->watch = NULL;
    if (watch->listeners)
        return;
    *watch->link = watch->next;
    if (watch->next)
        watch->next->link = watch->link;
    watches->watch_count--;
    free(watch);
}

/* ---- what they are told ---- */

static bool has_news(const LiveWatch *watch, uint64_t since)
{
    for (size_t i = 0; i < watch->count; i++)
        if (watch->points[i]->changed > since)
            return true;
    return false;
}

BpStr live_news_json(LiveNews *news, LiveForm form)
{
    const LiveWatch *watch = news->watch;
    BpBuf *out = &news->watches->json[form];
    if (news->is_made[form])
        return bp_buf_text(out);
    news->is_made[form] = true;
    bp_buf_clear(out);
    for (size_t i = 0; i < watch->count; i++) {
        LivePoint *point = watch->points[i];
        if (!news->is_all && point->changed <= news->since)
            continue;
        if (out->size)
            bp_buf_u8(out, ',');
        bp_buf_str(out, live_point_json(news->watches->values, point, form));
    }
    return bp_buf_text(out);
}

bool live_tell_all(LiveWatches *watches, LiveListener *listener, BpStr since)
{
    char cursor[LIVE_CURSOR_MAX];
    LiveNews news = {.watches = watches, .watch = listener->watch, .cursor = cursor};
    news.is_all = !live_cursor_read(since, watches->run, *watches->changes, &news.since);
    live_cursor_write(watches->run, *watches->changes, cursor);
    listener->on_news(listener->owner, listener, &news);
    httpd_text_leave(news.text);
    return !news.is_all;
}

void live_tell_changes(LiveWatches *watches)
{
    const uint64_t since = watches->told;
    if (since == *watches->changes)
        return;
    char cursor[LIVE_CURSOR_MAX];
    watches->told = *watches->changes;
    live_cursor_write(watches->run, watches->told, cursor);
    /* Who is told may not come or go meanwhile: streams close in a later turn of the loop. */
    for (LiveWatch *watch = watches->first; watch; watch = watch->next) {
        if (!has_news(watch, since))
            continue;
        LiveNews news = {.watches = watches, .watch = watch, .cursor = cursor, .since = since};
        for (LiveListener *listener = watch->listeners; listener; listener = listener->next)
            listener->on_news(listener->owner, listener, &news);
        httpd_text_leave(news.text);
    }
}
