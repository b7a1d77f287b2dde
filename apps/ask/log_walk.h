/* Reading a log on from answer to answer, without gaps or doubles although the device goes on logging: by the
 * numbers of its records where it has them, else by the last record that was read, which is asked for again,
 * since in a full log what stood at a place has moved on (ASHRAE 135, clause 15.8). Nothing is asked here. */
#ifndef ASK_LOG_WALK_H
#define ASK_LOG_WALK_H

#include "bacnet/service/log_record.h"
#include "bacnet/service/read_range.h"

enum { ASK_LOG_RECORD_MAX = 512 }; /* octets of a record that is known again */

typedef struct AskLogWalk {
    BacReadRange next; /* to be asked; its count is the caller's to choose each time */
    uint64_t lost;     /* records that the device wrote over while they were read */
    bool has_lost;     /* and it did that to some that nobody can count */
    bool is_over;      /* all has been read; the caller may set it */
    /* The walk's own: */
    uint8_t last[ASK_LOG_RECORD_MAX]; /* the last record that was read, as it came */
    size_t last_size;                 /* 0: none yet, or it is too long */
    BacDateTime last_time;
    bool overlaps;       /* `next` asks for it again */
    uint32_t steps_back; /* that were made to find it */
    uint32_t stale;      /* answers in a row without anything new */
} AskLogWalk;

/* Takes the answer to `walk->next` and calls `each` for its records that are new, one after the other, until
 * it returns false; then the walk is over. An answer without records by number is the caller's to judge: it
 * sets next.sequence or is_over. BP_MALFORMED: the answer breaks the rules, or is what has been read already.
 */
BpStatus ask_log_walk_take(AskLogWalk *walk, const BacReadRangeAck *ack,
                           bool (*each)(void *owner, const BacLogRecord *record), void *owner,
                           BpError *err) BP_CHECKED;

#endif
