/* What points are now: heard from the brokers, put into the store, told to who watches, and kept in table
 * current_value for SQL.
 *
 *   follow.c   at central: what table current_value says of remote sites, instead
 *   hear.c     what a site's broker says: values, and how the programs are
 *   values.c   a site's points that were asked for or have changed, their JSON ready to be sent, and cursors
 *   watch.c    who watches what: equal sets of points share one text
 *   events.c   GET values, and Server-Sent Events
 *   socket.c   the WebSocket of screens; ask.c reads what they say
 *   keep.c     table current_value
 *   live.c     its beginning, its turns (each 100 ms where something has changed), its end */
#ifndef WEB_LIVE_LIVE_H
#define WEB_LIVE_LIVE_H

#include "apps/web/call/call.h"

typedef struct Live Live;

enum {
    LIVE_POINTS_MAX = 1000,             /* of a request, a stream, or a watch */
    LIVE_WATCHES_MAX = 32,              /* of a WebSocket */
    LIVE_STREAMS_PER_PERSON_MAX = 1024, /* WebSockets too, of which there are */
    LIVE_SOCKETS_PER_PERSON_MAX = 64,   /* and one more closes the oldest */
};

/* Needs web->store, and the database's settings. NULL: they are wrong. */
Live *live_new(Web *web, BpError *err) BP_CHECKED;
void live_leave_clients(Live *live); /* ends all streams: before the door closes */
void live_free(Live *live);

/* Something of the site is to be asked for anew: "points", "devices", "commands", "overrides", "settings",
 * "jobs", "views". Those who see the site are told within 100 ms. NULL as a site: of all sites. */
void live_changed(Live *live, const char *site, const char *noun);

/* The handlers of operations.def. */
void web_get_values(Call *call);
void web_stream_values(Call *call);
void web_live(Call *call);

#endif
