/* What is ordered to fail in a building: when each begins and ends, to the step of the building, and what it
 * does there. No sockets, no clock. */
#ifndef SIM_DEFECT_DEFECT_H
#define SIM_DEFECT_DEFECT_H

#include "apps/sim/physics/parts.h"

typedef struct Defect Defect;

/* What fails: the Defect's subject is its Zone, AirHandler or Plant, or the Signal of a sensor. */
typedef enum DefectPlace {
    DEFECT_ZONE,
    DEFECT_HANDLER,
    DEFECT_PLANT,
    DEFECT_SENSOR,
    DEFECT_ELSEWHERE
} DefectPlace;

enum { DEFECT_SIGNALS_MAX = 4 };

/* A way to fail. What it changes in the building is as it was when it has ended. */
typedef struct DefectKind {
    DefectPlace place;
    const char *name;
    const char *value; /* what stands behind "=", for people; NULL: nothing does */
    bool needs_value;  /* it must; else the value is, unless `begin` sets it (NAN): */
    double usual;
    double least, most;  /* of the value */
    const char *meaning; /* for people: "it resists so many times as much as a clean one" */
    size_t signals[DEFECT_SIGNALS_MAX], signal_count; /* offsets in the subject of those that show it first */
    void (*begin)(
        Defect *defect); /* NULL: it is for who is told (Defects.tell) to carry out, like the others */
    void (*go_on)(Defect *defect, int64_t at_us); /* at each step from the first on; NULL: nothing to do */
    void (*end)(Defect *defect);
} DefectKind;

struct Defect {
    const DefectKind *kind;
    void *subject;    /* as the kind's place says; borrowed */
    double value;     /* as ordered, usual, or where it was when it began; NAN where the kind has none */
    bool has_value;   /* it was ordered, or is usual */
    int64_t from_us;  /* INT64_MIN: since ever */
    int64_t until_us; /* INT64_MAX: for ever */
    uint64_t id;      /* the same for the same order, wherever it is read */
    bool is_on;
    int64_t began_us; /* when it is on */
};

/* All that was ordered. */
typedef struct Defects {
    Defect *list; /* the holder's */
    size_t count;
    int64_t next_us; /* before it, nothing begins or ends; INT64_MIN at first */
    /* The defect has begun, or is about to end: with `at_us`, as `is_on` says. May be NULL. */
    void (*tell)(void *owner, const Defect *defect, int64_t at_us);
    /* All that begins or ends at that time has. May be NULL. */
    void (*changed)(void *owner);
    void *owner;
} Defects;

/* Two of one kind, at the same thing and at the same time, would undo each other. */
bool defect_overlaps(const Defect *a, const Defect *b);

/* What is to begin or end by then does, first all that ends; `at_us` does not go back. */
void defects_at(Defects *defects, int64_t at_us);

/* The orders have changed: what is on and is ordered still goes on in `to`, all else that is on ends. Then
 * defects_at has begin what is new. */
void defects_replace(Defects *from, Defects *to, int64_t at_us);

/* For each step of the building: defects_at of those it has. */
void defect_step(Building *building);

#endif
