/* What is to be sent next: the lives of the site's journal beside what central has of them. Plain code, which
 * the program asks between its questions to both databases.
 *
 * Central tells of each life (epoch) how far it has it, and that entry's digest. Where the site has the same
 * entry, or has forgotten it, the two agree, and all behind it is sent. Else this database is a former self
 * of the site (put back from a backup), or a copy of it that went on by itself: plan_probes and plan_narrow
 * find the last entry on which both agree, and what central lacks is filed again in a new life
 * (journal_refile). */
#ifndef SYNC_PLAN_H
#define SYNC_PLAN_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PLAN_LIVES_MAX = 256, /* more than that are not followed: the oldest are left out */
    PLAN_HOLES_MAX =
        10000, /* entries that the site has no more are sent as empty ones, up to so many at once */
    PLAN_PROBES_MAX = 64
};

typedef enum PlanMatch {
    PLAN_UNKNOWN, /* central's entry is not here: pruned, or never was */
    PLAN_SAME,
    PLAN_OTHER, /* another one has its number */
} PlanMatch;

typedef struct PlanLife {
    int64_t epoch, previous; /* 0: nobody knows */
    int64_t first, last;     /* what is here; last < first: nothing */
    int64_t acknowledged;    /* by an earlier word of central's */
    bool is_closed;          /* what central lacked was filed again */
    bool is_known;           /* central has begun it, */
    int64_t received;        /* and has it up to here, */
    PlanMatch match;         /* which is what entry here; PLAN_SAME where received is 0 */
} PlanLife;

typedef struct Plan {
    PlanLife lives[PLAN_LIVES_MAX]; /* the oldest first; the last is the present one */
    size_t count;
    bool has_stranger; /* central's newest life is none of these */
    int64_t device_end, point_end;
    int64_t down_epoch, down_seq; /* what the site has carried out */
    int64_t due_epoch, due_seq;   /* what central has to ask for; epoch 0: it has said nothing */
    int64_t wait_s;
    int64_t entries_max, octets_max; /* of a call */
    char why[BP_ERROR_TEXT_MAX];     /* of wait_s */
} Plan;

typedef enum PlanStep {
    PLAN_SEND,    /* of life `life`, all behind `after` */
    PLAN_BEGIN,   /* life `life` has to be begun at central first */
    PLAN_DIFFERS, /* in life `life`: the last entry on which both agree is one of low to high */
} PlanStep;

typedef struct PlanNext {
    PlanStep step;
    size_t life;
    int64_t after;
    int64_t low, high;
    const char *why; /* for people; of PLAN_DIFFERS */
} PlanNext;

/* link_state's answer. BP_MALFORMED: it is not one. */
BpStatus plan_read_state(Plan *plan, BpStr json, BpError *err) BP_CHECKED;

/* sync.hello's, over that; matches are unknown then. */
BpStatus plan_read_hello(Plan *plan, BpStr json, BpError *err) BP_CHECKED;

PlanLife *plan_life(Plan *plan, int64_t epoch); /* NULL: there is none */

PlanNext plan_next(const Plan *plan);

/* The numbers of entries whose digests tell more about where the two agree, in order; 0: nothing more can be
 * found out, and `low` is it. */
size_t plan_probes(int64_t low, int64_t high, int64_t ret_seqs[PLAN_PROBES_MAX]);

/* What the digests of these entries say: PLAN_UNKNOWN where one of the two has none. */
void plan_narrow(int64_t *low, int64_t *high, const int64_t *seqs, const PlanMatch *matches, size_t count);

#endif
