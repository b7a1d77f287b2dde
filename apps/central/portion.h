/* A portion: the next entries of some sites, which one transaction applies. Frames become rows of a COPY
 * here, with what else goes with them; records are applied where they are, by the database. */
#ifndef CENTRAL_PORTION_H
#define CENTRAL_PORTION_H

#include "apps/central/current.h"
#include "apps/central/sites.h"
#include "base/arena.h"
#include "base/buf.h"

enum {
    PORTION_SITES_MAX = 64,
    PORTION_ROWS_ENOUGH = 20000,         /* then no more entries are taken */
    PORTION_RECORDS_ENOUGH = 256 * 1024, /* then no more records are: octets, with RECORD_OCTETS of each */
    RECORD_OCTETS = 1024,                /* what a record weighs beside what it says */
    PORTION_ENTRIES = SITE_ENTRIES, /* of a site at most, and all sites together have about as many frames */
    PORTION_DAYS_MAX = 400,         /* that have to be there */
    FRAME_DAYS_MAX = 40,            /* of one frame: more are put aside. A spool holds some days */
};

/* How many readings of an hour, and how many of them good. */
typedef struct PortionHour {
    int64_t hour_us;
    int64_t good, count;
} PortionHour;

/* What is taken of one site. */
typedef struct PortionSite {
    Site *site;
    int64_t epoch, after, to; /* applied when it began; the last entry taken */
    int64_t key;              /* where decoding begins after this; 0: as before */
    int64_t newest_us;        /* of its readings; INT64_MIN: none */
    int64_t given_up;         /* frames that the site has no more */
    bool has_records;
    bool is_far;  /* it has a frame of days that may not be there yet */
    bool is_over; /* its next entry is for another portion */
    PortionHour *hours;
    size_t hour_count, hour_capacity;
    int64_t *buckets; /* 5-minute spans */
    size_t bucket_count, bucket_capacity;
    BpBuf aside; /* entries that cannot be applied: JSON objects, a comma between two */
} PortionSite;

typedef struct Portion {
    PortionSite sites[PORTION_SITES_MAX];
    size_t count;
    size_t readings;
    size_t record_octets; /* what its records weigh */
    BpBuf rows;           /* a COPY of sensor_readings */
    int32_t days[PORTION_DAYS_MAX];
    size_t day_count;
    Current current;
    int64_t now_us, oldest_us; /* the clock, as of its beginning; no reading is older */
    JournalReading *readings_of_frame;
    size_t frame_count, frame_capacity;
    BpBuf json;
} Portion;

void portion_init(Portion *portion);
void portion_done(Portion *portion);

/* Empty, for these sites. `kept_us`: for how long readings are kept here; those of older days are not stored,
 * but up to 400 days they are. */
void portion_begin(Portion *portion, Site *const *sites, size_t count, int64_t now_us, int64_t kept_us);

/* What to ask for: [{"n", "site", "epoch", "after", "upto"}], until the next call of one that returns text.
 */
BpStr portion_places(Portion *portion);
/* How many entries of each. */
int64_t portion_entries(const Portion *portion);

/* The next entry of the n-th site, of so many octets; `body` is a frame's alone. What it says of an entry
 * that cannot be applied goes with it. False: there is enough, and it was not taken, as none of its site that
 * follows is. */
bool portion_take(Portion *portion, size_t n, int64_t seq, BpStr kind, BpStr body, size_t octets);

/* The n-th site's one entry is refused by the database: it is put aside, and nothing else is in here. */
void portion_refuse(Portion *portion, const char *reason);

bool portion_is_empty(const Portion *portion); /* no entry beyond what is applied */

BpStr portion_copy(Portion *portion);
/* For uplink_apply and insert_uplink_dirty. `is_beside`: the database counts by the hour itself. */
BpStr portion_work(Portion *portion, bool is_beside);

#endif
