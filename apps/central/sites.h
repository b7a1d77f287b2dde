/* The sites, as far as applying goes: where each stands, what has come beyond, and whose turn it is. */
#ifndef CENTRAL_SITES_H
#define CENTRAL_SITES_H

#include "base/str.h"
#include "io/pg/pg.h"
#include "journal/frame.h"

enum {
    SITE_ID_MAX = 64,
    SITE_STREAMS = 3,
    SITE_ENTRIES = 64,        /* at once at most */
    SITE_STREAM_SILENT = 3000 /* entries after which a stream is over: more than half a day of frames */
};

/* A stream of frames that goes on, and where: its key frame, and its last one. */
typedef struct SiteKey {
    uint64_t stream;
    int64_t seq, last; /* 0: there is none in this place */
} SiteKey;

typedef struct Site {
    char id[SITE_ID_MAX];
    int64_t number;
    int64_t epoch, applied, received; /* as the database says it, and as we have applied since */
    int64_t key_seq;                  /* where decoding begins after a restart; 0: not known */
    /* The decoder has taken all up to `decoded` of `decoder_epoch`; NULL: none. */
    JournalFrameDecoder *decoder;
    int64_t decoder_epoch, decoded;
    SiteKey keys[SITE_STREAMS]; /* of the streams that it keeps */
    bool is_busy;               /* with a worker */
    bool was_busy;              /* since sites_ask: what is answered may be of before */
    int64_t careful_until;      /* up to this entry one at a time: something among them was refused */
    bool is_alone;              /* till it is applied it comes by itself: what it came with was in the way */
    bool is_far;                /* so it does while it sends readings of days that may not be there yet */
    int64_t not_before_us;      /* after trouble; monotonic */
    int64_t alone_until_us;     /* a session of the site was in the way; monotonic */
    int64_t days_until_us;      /* the days that were made for it are made up for; monotonic */
    int failures;               /* since its entries were applied last */
    int64_t slow_until_us;      /* what it sent takes long: its turn is beside the others'; monotonic */
    int64_t few;                /* entries at once, since more took too long; 0: as many as a portion takes */
    uint64_t portions;          /* that all sites together had when it failed first */
    int64_t served;             /* the turn in which it was last served: the longest ago is next */
    int64_t served_before;      /* and the one before */
} Site;

typedef struct Sites Sites;
Sites *sites_new(void);
void sites_free(Sites *sites);

/* The database is about to be asked where sites stand; and it has answered, with the rows of
 * SQL_SELECT_UPLINK_DUE. Of a site that was busy between the two they are not taken: they may say what was
 * before its entries were applied. */
void sites_ask(Sites *sites);
void sites_take(Sites *sites, const PgRows *rows);

/* The site of this id, made where there is none. It stays where it is. */
Site *sites_get(Sites *sites, BpStr id);

/* Fills `ret_sites` with those whose turn is next, busy from now on: at most `max`, and of `shares` who take
 * side by side one share. One that is to be careful, or alone, comes alone; none that is slow comes. Returns
 * how many. */
size_t sites_next(Sites *sites, int64_t now_us, size_t shares, Site **ret_sites, size_t max);

/* Of those that are slow the one whose turn is next, busy from now on; NULL: none waits. */
Site *sites_next_slow(Sites *sites, int64_t now_us);
bool site_is_slow(const Site *site, int64_t now_us);
/* Fills `ret_sites` with those that are slow, as many as there is room for. Returns how many. */
size_t sites_slow(const Sites *sites, int64_t now_us, const Site **ret_sites, size_t max);

/* How many wait for a turn; what they wait for, in entries. */
size_t sites_waiting(const Sites *sites, int64_t *ret_entries);
size_t sites_count(const Sites *sites);

/* The site is with a worker; and not any more. */
void site_hold(Site *site);
void site_release(Site *site);
/* Nothing of it was taken, for want of room: its turn is as if it had not been. */
void site_keep_turn(Site *site);

/* So many entries of it alone took so long, applied or not. Where that is more than `long_us` it is slow, for
 * a minute, and fewer come at once. True: it was not slow before. */
bool site_note_time(Site *site, int64_t entries, int64_t took_us, int64_t long_us, int64_t now_us);

/* What was decoded beyond `applied` did not come to be: decoding begins again from a key frame. */
void site_forget_decoder(Site *site);

/* The entry from which on entries are needed: behind what is applied, or, where the decoder lacks what was
 * before, behind the entry before the key frame. */
int64_t site_next_after(const Site *site);

/* A frame was taken. Returns where decoding would have to begin after a restart: at the first key frame of a
 * stream that goes on. */
int64_t site_note_frame(Site *site, const JournalFrameAbout *about, int64_t seq);

#endif
