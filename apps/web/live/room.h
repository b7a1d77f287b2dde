/* What the files of this folder share. */
#ifndef WEB_LIVE_ROOM_H
#define WEB_LIVE_ROOM_H

#include "apps/web/access/access.h"
#include "apps/web/live/live.h"
#include "apps/web/live/watch.h"
#include "site/broker.h"

typedef struct LiveHearer LiveHearer;     /* hear.c */
typedef struct LiveFollower LiveFollower; /* follow.c */
typedef struct LiveSite LiveSite;
typedef struct LiveStream LiveStream;

/* What of a site is to be asked for anew, a bit each. */
enum { LIVE_NOUNS = 7 };
extern const char *const live_nouns[LIVE_NOUNS];

struct LiveSite {
    Live *live;
    LiveSite *next;
    char id[64];
    LiveValues *values;
    LiveWatches watches;
    LiveHearer *hearer;   /* NULL: it has no broker here: `followed` */
    struct LiveFollowed { /* of a remote site */
        bool is_named;    /* its values have changed since they were read */
        int64_t
            read_us; /* monotonic: when they were, 0: never; and when somebody asked for something of it */
        int64_t looked_us;
        char seen_from[24]; /* what is read next time: what is new since; "": all */
    } followed;
    unsigned changed;     /* nouns that nobody was told of yet */
    bool has_other_roles; /* nor that a program is otherwise */
    bool is_keeping;      /* a statement is under way */
};

/* A stream of one person: a WebSocket or events. First in the structs of both. */
struct LiveStream {
    Live *live;
    LiveStream *next, **link;
    Call *call;
    HttpdStream *stream;
    AccessWatch *watch;                          /* NULL: its session or token has ended */
    void (*on_access_ended)(LiveStream *stream); /* it has, or may something else: the stream is to end */
    void (*end)(LiveStream *stream);             /* by us, before the server stops */
    void (*on_quiet)(LiveStream *stream);        /* says something, so that the line stays open */
    /* News of the site: `json` is what of it is to be asked for, or how its programs are. NULL: of no
     * interest. */
    void (*on_site)(LiveStream *stream, LiveSite *site, HttpdText *json);
};

struct Live {
    Web *web;
    Pg *pg; /* of the brokers' table, notices, and values of remote sites */
    LiveFollower *follower;
    BpArena arena;
    uint64_t run, changes;
    LiveSite *sites;
    LiveStream *streams;
    size_t stream_count;
    LoopTimer *turn, *second;
    bool has_turn; /* it is set */
    bool is_leaving;
    int64_t quiet_due_us, keep_due_us;
    HttpdText *quiet_event;
};

/* live.c */
LiveSite *live_site(Live *live, BpStr id); /* NULL: the store has none like that */
void live_wake(Live *live);                /* something has changed: a turn soon */
/* False: the person has too many. Else it is among the streams, with `stream` still to be set. */
bool live_stream_begin(LiveStream *stream, Live *live, Call *call);
void live_stream_end(LiveStream *stream); /* out of the list; call_end is the caller's */
/* {"site":...,"roles":{...},"database":...,"broker":...}; one user. */
HttpdText *live_roles_text(LiveSite *site);

/* hear.c */
LiveHearer *live_hearer_new(LiveSite *site);
void live_hearer_leave(LiveHearer *hearer); /* says goodbye: while the database connection is still there */
void live_hearer_free(LiveHearer *hearer);
void live_hearer_database_connected(LiveHearer *hearer);
void live_hearer_changed(LiveHearer *hearer); /* what the database says of the broker */
bool live_hearer_is_connected(const LiveHearer *hearer);

/* follow.c */
LiveFollower *live_follower_new(Live *live);
void live_follower_free(LiveFollower *follower);  /* after the database connection */
void live_follower_go_on(LiveFollower *follower); /* there is another site */
void live_follower_database_connected(LiveFollower *follower);
void live_follower_named(LiveFollower *follower, const char *payload); /* notice LIVE_VALUES_NOTICE */
void live_follower_look(LiveFollower *follower, LiveSite *site);       /* somebody looks at it */
void live_follower_site_gone(LiveFollower *follower, const LiveSite *site);
#define LIVE_VALUES_NOTICE "bacpipes_values"

/* keep.c */
void live_keep(LiveSite *site);

#endif
