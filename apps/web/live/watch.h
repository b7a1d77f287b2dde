/* Who watches what. Those who watch the same points of a site share a watch, and with it what they are told:
 * a thousand streams of one screen cost one text. */
#ifndef WEB_LIVE_WATCH_H
#define WEB_LIVE_WATCH_H

#include "apps/web/live/values.h"
#include "io/httpd/httpd.h"

typedef struct LiveWatch LiveWatch;
typedef struct LiveListener LiveListener;
typedef struct LiveWatches LiveWatches;

/* What is told to those who share a watch, made when the first of them asks for it. */
typedef struct LiveNews {
    LiveWatches *watches;
    LiveWatch *watch;
    const char *cursor;
    uint64_t since; /* what has changed since then */
    bool is_all;    /* no: everything */
    bool is_made[LIVE_FORMS];
    HttpdText *text; /* kept for the next listener that wants the same, by `text_for`; NULL: none yet */
    int64_t text_for;
} LiveNews;

/* Points as they are now, parted by commas, without brackets around them. Borrowed, for the news' life. */
BpStr live_news_json(LiveNews *news, LiveForm form);

struct LiveListener {
    LiveWatch *watch; /* NULL: it listens to nothing */
    LiveListener *next, **link;
    void *owner;
    void (*on_news)(void *owner, LiveListener *listener, LiveNews *news);
};

struct LiveWatches {
    LiveValues *values;
    LiveWatch *first;
    uint64_t run;
    uint64_t *changes;
    uint64_t told;          /* all that changed up to this one was */
    BpBuf json[LIVE_FORMS]; /* of the news that is being made */
    size_t watch_count;
};

/* What is `text_for` of texts that are the same for all listeners. */
enum { LIVE_FOR_ALL = -1 };

void live_watches_init(LiveWatches *watches, LiveValues *values, uint64_t run, uint64_t *changes);
void live_watches_done(LiveWatches *watches); /* nobody listens any more */

/* From now on the listener hears of these points. Those that there are not are left out; ret_missing, where
 * it is not NULL, gets the first of them, or 0. */
void live_listen(LiveWatches *watches, LiveListener *listener, const int64_t *ids, size_t count,
                 int64_t *ret_missing);
void live_leave(LiveWatches *watches, LiveListener *listener);

/* Tells the listener alone all of its points, or, where `since` is a cursor that is still known, what has
 * changed since then: then true. */
bool live_tell_all(LiveWatches *watches, LiveListener *listener, BpStr since);

/* Tells everybody what has changed since the last time. */
void live_tell_changes(LiveWatches *watches);

#endif
