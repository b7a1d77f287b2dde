/* The past of a site as the database has it: how far it goes and is laid, and pieces that are laid
 * (migrations/0026_lay_a_past.sql). */
#ifndef SIM_PAST_STORE_H
#define SIM_PAST_STORE_H

#include "apps/sim/run/past_record.h"
#include "site/database.h"

#include <jansson.h>

typedef struct PastPlan {
    SimSiteOptions site; /* building.start_us: since when it is simulated before it is served */
    int64_t until_us;    /* what is laid is older */
    int64_t readings_goal_us, fine_goal_us, hourly_goal_us; /* how far back each is to go */
    int64_t readings_us, fine_us, hourly_us;                /* and is laid */
    bool is_joined, is_finished;
    int64_t counters_us; /* where what is laid whole begins; INT64_MAX: nothing is */
    int64_t rows;
    double share;
} PastPlan;

typedef struct PastStore {
    SiteDatabase database;
    const char *site;
    json_t *counters; /* at the plan's counters_us: an object, by the name of past_counter_name */
} PastStore;

/* BP_NOT_FOUND: the site has no past, and the sentence says why not. */
BpStatus past_store_plan(PastStore *store, PastPlan *ret_plan, BpError *err) BP_CHECKED;
void past_store_done(PastStore *store);

/* A point's numbers in the database, beside those of a record: 0 where it is not there or not polled. */
typedef struct PastNumbers {
    int32_t *ids;
    int64_t *polled_us; /* when it was read first; 0: not yet */
    size_t there, polled;
    int64_t last_us; /* the latest of these */
} PastNumbers;

BpStatus past_store_numbers(PastStore *store, const PastRecord *record, int64_t until_us,
                            PastNumbers *ret_numbers, BpError *err) BP_CHECKED;
/* Haystack tags of points, [{"id": 1, "tags": {...}}], to those that have none. */
BpStatus past_store_tag(PastStore *store, const json_t *tags, BpError *err) BP_CHECKED;

void past_numbers_done(PastNumbers *numbers);

enum { PAST_COUNTER_NAME_MAX = BAC_REFERENCE_TEXT_MAX + 16 };
char *past_counter_name(const PastPoint *point, char ret_name[PAST_COUNTER_NAME_MAX]);

typedef enum PastKind { PAST_READINGS, PAST_FINE, PAST_HOURLY, PAST_JOIN } PastKind;

typedef struct PastPiece {
    PastKind kind;
    int64_t from_us, until_us;
    BpStr octets;     /* a whole COPY of sql/queries/past/copy_past.sql */
    json_t *counters; /* at the beginning, where that is whole with this piece; NULL: it is not */
} PastPiece;

/* Lays it, once: where the database goes away in between, it is waited for and asked how far that came. */
BpStatus past_store_lay(PastStore *store, const PastPiece *piece, BpError *err) BP_CHECKED;

#endif
