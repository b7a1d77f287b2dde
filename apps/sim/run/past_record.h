/* What the points of a building say over a span of its time, sampled at the beat at which a collector would
 * have polled them, as readings and as rollups of these. */
#ifndef SIM_PAST_RECORD_H
#define SIM_PAST_RECORD_H

#include "apps/sim/run/run.h"

/* Of a point's readings in 5 minutes or an hour, as a rollup has them. Count 0: there are none. */
typedef struct PastSpan {
    double min, max, sum, last;
    int64_t last_at_us;
    int32_t count;
} PastSpan;

typedef struct PastPoint {
    uint32_t device; /* instance */
    BacObjectId object;
    bool is_counter;             /* it only ever grows: energy, run hours */
    double resolution;           /* of its values; 0: none */
    double at_start, at_end;     /* of a counter, at from_us and at until_us */
    int64_t offset_us, phase_us; /* when in each beat it is asked: after the building's step at phase_us */
} PastPoint;

/* Which building, and what of it. Instants are whole steps of 5 s but for until_us. */
typedef struct PastWish {
    SimSiteOptions site;       /* its building has begun some days before, when how no longer matters */
    int64_t from_us, until_us; /* from_us: a full hour */
    int64_t readings_us;       /* from then on readings, too; until_us: none */
    int64_t beat_us;           /* between a point's readings: 5 s or a multiple */
    bool has_fine;             /* 5-minute rollups, too */
} PastWish;

typedef struct PastRecord {
    PastWish wish;
    PastPoint *points; /* device by device, as the site has them */
    size_t count;
    PastSpan *fine, *hours;        /* point by point; what until_us cuts is as far as it goes */
    size_t fine_count, hour_count; /* of each point */
    double *readings;              /* point by point */
    size_t beats;                  /* of each point; those before readings_us and from until_us on are none */
    int64_t first_beat_us;
} PastRecord;

/* Simulates and records: takes long, and touches nothing else. */
PastRecord *past_record_new(const PastWish *wish);
void past_record_free(PastRecord *record);

/* When the reading of that point and beat was taken. */
int64_t past_reading_at(const PastRecord *record, size_t point, size_t beat);

/* Moves the counter that is point i so that it says `at_end` at the record's end, as what is newer has it,
 * and never less than nothing. */
void past_record_join(PastRecord *record, size_t i, double at_end);

#endif
