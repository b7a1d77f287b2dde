/* Whoever says that it is there and is not known. Anybody may say that, of any number of devices, so it is
 * believed once the device itself has answered. Claims wait in order, each sender's in a queue of its own,
 * and the senders take turns: one that makes up devices costs those that are there a turn, and no place. What
 * finds no place is left out and counted; who is there says so again when it is asked. All is done in
 * constant time.
 *
 * No sockets or clock: claims go in, and out again when it is their turn to be asked. */
#ifndef COLLECT_NETWORK_NEWCOMERS_H
#define COLLECT_NETWORK_NEWCOMERS_H

#include "apps/collect/ask/poll.h"

enum {
    COLLECT_NEWCOMERS_MAX = 1024,       /* that wait */
    COLLECT_NEWCOMERS_OF_ONE = 256,     /* of them, those of one sender: an IP address, as of a router */
    COLLECT_NEWCOMERS_ASKED = 32,       /* at once */
    COLLECT_NEWCOMERS_ASKED_OF_ONE = 4, /* of them, those of one sender */
};

typedef struct CollectNewcomer {
    BacAddress address;
    uint32_t instance, max_apdu;
    uint8_t segmentation;
} CollectNewcomer;

typedef struct CollectNewcomerCounts {
    uint64_t heard;    /* claims of others than those that wait or are asked */
    uint64_t left_out; /* of them, for want of a place */
    uint64_t answered, silent;
    uint64_t steps; /* of looking for claims and senders */
} CollectNewcomerCounts;

typedef struct CollectNewcomers CollectNewcomers;

CollectNewcomers *collect_newcomers_new(void);
void collect_newcomers_free(CollectNewcomers *newcomers);

/* Takes a claim of an address that the poller does not know. False: it is left out. */
bool collect_newcomers_offer(CollectNewcomers *newcomers, const CollectNewcomer *newcomer);

/* The next to be asked now: it is under way from then on. False: nobody is to be, or enough are. */
bool collect_newcomers_next(CollectNewcomers *newcomers, CollectNewcomer *ret_newcomer);

/* One that was asked has answered, or not. */
void collect_newcomers_done(CollectNewcomers *newcomers, const BacAddress *address, bool answered);

/* True once nobody waits or is asked any more, while some were left out since this was true last: everybody
 * may be asked who they are again. */
bool collect_newcomers_missed(CollectNewcomers *newcomers);

size_t collect_newcomers_asked(const CollectNewcomers *newcomers);
size_t collect_newcomers_waiting(const CollectNewcomers *newcomers);
const CollectNewcomerCounts *collect_newcomers_counts(const CollectNewcomers *newcomers);

/* Asserts that each claim that waits is found by its address and waits in its sender's queue, that those who
 * take turns are the senders who may be asked, and that the numbers are theirs. Looks at all places. */
void collect_newcomers_check(const CollectNewcomers *newcomers);

#endif
