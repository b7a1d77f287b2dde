/* A job: what somebody asked to be read at devices now, or an errand, as a row of table job, and what came of
 * it so far. Of this folder; no database, loop or clock. */
#ifndef COLLECT_CONTROL_JOB_H
#define COLLECT_CONTROL_JOB_H

#include "apps/collect/control/command.h"
#include "apps/collect/control/errand.h"

#include <jansson.h>

typedef enum ControlJobKind {
    CONTROL_READ_SLOTS,
    CONTROL_READ_POINT,
    CONTROL_DISCOVER, /* and behind it: errands */
    CONTROL_DOCTOR,
    CONTROL_JOB_KINDS
} ControlJobKind;
enum { CONTROL_ERRANDS = CONTROL_JOB_KINDS - CONTROL_DISCOVER };

/* A point of it, as the database has it. */
typedef struct ControlJobPoint {
    int32_t point_id, device_id;
    uint32_t instance; /* of the device */
    BacObjectId object;
    uint32_t property;
    bool is_known; /* its object is one that can be asked for */
    char name[CONTROL_OBJECT_NAME_MAX];
} ControlJobPoint;

typedef struct ControlJob {
    struct ControlJob *next;
    char id[CONTROL_ID_MAX];
    ControlJobKind kind;
    ControlJobPoint *points;
    size_t count, capacity;
    bool *is_begun; /* of each point */
    size_t begun, ended;
    json_t *results; /* in the order of points: null until one is known */
    size_t told;     /* of `ended`, to the database */
    bool is_over;    /* nobody waits for more */

    /* Of an errand: */
    ControlErrandWish wish;
    bool was_begun, has_ended;
    double progress;
    json_t *result;                 /* NULL: nothing is known yet */
    char problem[CONTROL_TEXT_MAX]; /* "": none */
    int64_t told_us;                /* monotonic, when the database was told of it last */
} ControlJob;

/* False: it is none that is known here. */
bool control_job_kind_parse(BpStr text, ControlJobKind *ret_kind);

ControlJob *control_job_new(BpStr id, ControlJobKind kind);
void control_job_free(ControlJob *job);
void control_job_add(ControlJob *job, const ControlJobPoint *point);

/* A point's outcome. Takes the reference. */
void control_job_take(ControlJob *job, size_t place, json_t *outcome);

/* What an errand has come to. Takes the reference to its result. */
void control_job_take_state(ControlJob *job, const ControlErrandState *state);

bool control_job_is_errand(const ControlJob *job);
bool control_job_has_ended(const ControlJob *job); /* there is nothing more to come */
double control_job_progress(const ControlJob *job);

/* What is known so far: {"points": [...]}, or an errand's result or null. To be freed. */
char *control_job_result(const ControlJob *job);

/* ---- outcomes ---- */

/* {"point": 41, "at": "...", "value": 21.5, "has_array": true, "slots": {"8": 21.5}, "held_by": 8}, or with
 * "problem" where it could not be read, or is not what the database thinks. */
json_t *control_job_slots_json(const ControlJobPoint *point, const ControlSeen *seen, int64_t at_us);

/* {"point": 41, "at": "...", "properties": [...]}, or with "problem". `properties` is borrowed. */
json_t *control_job_properties_json(const ControlJobPoint *point, const ControlSeen *seen, json_t *properties,
                                    int64_t at_us);

/* {"point": 41, "at": "...", "problem": "..."}. */
json_t *control_job_problem_json(const ControlJobPoint *point, const char *problem, int64_t at_us);

/* The device calls the object as the database does, as far as both have a name for it. */
bool control_job_is_named_so(const ControlJobPoint *point, const ControlSeen *seen);

#endif
