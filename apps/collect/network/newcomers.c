#include "apps/collect/network/newcomers.h"

#include "base/invariant.h"
#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

enum { BUCKETS = 2048, SENDERS_MAX = COLLECT_NEWCOMERS_MAX + COLLECT_NEWCOMERS_ASKED };

typedef struct Sender Sender;

typedef struct Claim {
    CollectNewcomer newcomer;
    struct Claim *next;           /* of its sender's, or of the free ones */
    struct Claim *next_in_bucket; /* by address */
} Claim;

/* Somebody whose claims wait or are asked. */
struct Sender {
    uint8_t ip[4];
    Claim *first, *last; /* that wait */
    size_t waiting, asked;
    bool has_turn;          /* it is among those that take turns */
    Sender *next;           /* of those, or of the free ones */
    Sender *next_in_bucket; /* by IP address */
};

struct CollectNewcomers {
    CollectNewcomerCounts counts;
    size_t waiting, asked;
    bool missed;
    uint32_t calls; /* in builds that check invariants */
    Claim *free_claims, *claims_by_address[BUCKETS];
    Sender *free_senders, *senders_by_ip[BUCKETS];
    Sender *first, *last; /* those that take turns: somebody of theirs waits, and may be asked */
    Claim claims[COLLECT_NEWCOMERS_MAX];
    Sender senders[SENDERS_MAX];
};

/* ---- claims ---- */

static Claim **find_claim(CollectNewcomers *newcomers, const BacAddress *address)
{
    Claim **link = &newcomers->claims_by_address[bac_address_hash(address) % BUCKETS];
    for (; *link && !bac_address_equal(&(*link)->newcomer.address, address); link = &(*link)->next_in_bucket)
        newcomers->counts.steps++;
    return link;
}

static Claim *take_first(CollectNewcomers *newcomers, Sender *sender)
{
    Claim *claim = sender->first;
    sender->first = claim->next;
    if (!sender->first)
        sender->last = NULL;
    sender->waiting--;
    newcomers->waiting--;
    *find_claim(newcomers, &claim->newcomer.address) = claim->next_in_bucket;
    return claim;
}

/* ---- senders ---- */

static Sender **find_sender(CollectNewcomers *newcomers, const uint8_t ip[4])
{
    Sender **link = &newcomers->senders_by_ip[bp_hash(ip, 4, 0) % BUCKETS];
    for (; *link && memcmp((*link)->ip, ip, 4) != 0; link = &(*link)->next_in_bucket)
        newcomers->counts.steps++;
    return link;
}

static Sender *find_or_make_sender(CollectNewcomers *newcomers, const uint8_t ip[4])
{
    Sender **link = find_sender(newcomers, ip);
    if (*link)
        return *link;
    Sender *sender = newcomers->free_senders; /* there is one for each claim */
    newcomers->free_senders = sender->next;
    *sender = (Sender){.next_in_bucket = NULL};
    memcpy(sender->ip, ip, sizeof sender->ip);
    *link = sender;
    return sender;
}

static void take_turns(CollectNewcomers *newcomers, Sender *sender)
{
    if (sender->has_turn || sender->waiting == 0 || sender->asked == COLLECT_NEWCOMERS_ASKED_OF_ONE)
        return;
    sender->has_turn = true;
    sender->next = NULL;
    if (newcomers->last)
        newcomers->last->next = sender;
    else
        newcomers->first = sender;
    newcomers->last = sender;
}

/* ---- what must hold ---- */

static void check_sender(const Sender *sender)
{
    size_t waiting = 0;
    const Claim *last = NULL;
    for (const Claim *claim = sender->first; claim; claim = claim->next) {
        assert(memcmp(claim->newcomer.address.ip, sender->ip, sizeof sender->ip) == 0);
        last = claim;
        waiting++;
    }
    assert(last == sender->last && waiting == sender->waiting && waiting <= COLLECT_NEWCOMERS_OF_ONE);
    assert(sender->asked <= COLLECT_NEWCOMERS_ASKED_OF_ONE && sender->asked + waiting > 0);
    assert(sender->has_turn == (waiting > 0 && sender->asked < COLLECT_NEWCOMERS_ASKED_OF_ONE));
}

static size_t check_bucket(const CollectNewcomers *newcomers, size_t i)
{
    size_t count = 0;
    for (const Claim *claim = newcomers->claims_by_address[i]; claim; claim = claim->next_in_bucket) {
        assert(bac_address_hash(&claim->newcomer.address) % BUCKETS == i);
        count++;
    }
    return count;
}

void collect_newcomers_check(const CollectNewcomers *newcomers)
{
    size_t found = 0, free_claims = 0, waiting = 0, asked = 0, may_turn = 0, turns = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        found += check_bucket(newcomers, i);
        for (const Sender *sender = newcomers->senders_by_ip[i]; sender; sender = sender->next_in_bucket) {
            check_sender(sender);
            waiting += sender->waiting;
            asked += sender->asked;
            may_turn += sender->has_turn;
        }
    }
    for (const Claim *claim = newcomers->free_claims; claim; claim = claim->next)
        free_claims++;
    for (const Sender *sender = newcomers->first; sender; sender = sender->next) {
        assert(sender->has_turn && (sender->next || sender == newcomers->last));
        turns++;
    }
    assert(found == newcomers->waiting && waiting == newcomers->waiting && asked == newcomers->asked);
    assert(free_claims + waiting == COLLECT_NEWCOMERS_MAX && turns == may_turn);
    assert(asked <= COLLECT_NEWCOMERS_ASKED);
}

/* Floods call often, and all is looked at each time. */
#ifdef BP_INVARIANTS
static void check_sometimes(CollectNewcomers *newcomers)
{
    enum { EACH = 256 };
    if (newcomers->calls++ % EACH == 0)
        collect_newcomers_check(newcomers);
}
#endif

/* ---- what the header promises ---- */

bool collect_newcomers_offer(CollectNewcomers *newcomers, const CollectNewcomer *newcomer)
{
    Claim **link = find_claim(newcomers, &newcomer->address);
    if (*link)
        return true;
    newcomers->counts.heard++;
    const Sender *known = *find_sender(newcomers, newcomer->address.ip);
    if (!newcomers->free_claims || (known && known->waiting == COLLECT_NEWCOMERS_OF_ONE)) {
        newcomers->counts.left_out++;
        newcomers->missed = true;
        return false;
    }
    Sender *sender = find_or_make_sender(newcomers, newcomer->address.ip);
    Claim *claim = newcomers->free_claims;
    newcomers->free_claims = claim->next;
    *claim = (Claim){.newcomer = *newcomer};
    *link = claim;
    if (sender->last)
        sender->last->next = claim;
    else
        sender->first = claim;
    sender->last = claim;
    sender->waiting++;
    newcomers->waiting++;
    take_turns(newcomers, sender);
    BP_INVARIANT(check_sometimes(newcomers));
    return true;
}

bool collect_newcomers_next(CollectNewcomers *newcomers, CollectNewcomer *ret_newcomer)
{
    Sender *sender = newcomers->first;
    if (!sender || newcomers->asked == COLLECT_NEWCOMERS_ASKED)
        return false;
    newcomers->first = sender->next;
    if (!newcomers->first)
        newcomers->last = NULL;
    sender->has_turn = false;
    Claim *claim = take_first(newcomers, sender);
    *ret_newcomer = claim->newcomer;
    claim->next = newcomers->free_claims;
    newcomers->free_claims = claim;
    sender->asked++;
    newcomers->asked++;
    take_turns(newcomers, sender);
    BP_INVARIANT(check_sometimes(newcomers));
    return true;
}

void collect_newcomers_done(CollectNewcomers *newcomers, const BacAddress *address, bool answered)
{
    Sender **link = find_sender(newcomers, address->ip);
    Sender *sender = *link;
    assert(sender && sender->asked > 0);
    if (answered)
        newcomers->counts.answered++;
    else
        newcomers->counts.silent++;
    sender->asked--;
    newcomers->asked--;
    take_turns(newcomers, sender);
    if (sender->asked > 0 || sender->waiting > 0)
        return;
    *link = sender->next_in_bucket;
    sender->next = newcomers->free_senders;
    newcomers->free_senders = sender;
    BP_INVARIANT(check_sometimes(newcomers));
}

bool collect_newcomers_missed(CollectNewcomers *newcomers)
{
    const bool missed = newcomers->missed && newcomers->waiting == 0 && newcomers->asked == 0;
    if (missed)
        newcomers->missed = false;
    return missed;
}

size_t collect_newcomers_asked(const CollectNewcomers *newcomers)
{
    return newcomers->asked;
}

size_t collect_newcomers_waiting(const CollectNewcomers *newcomers)
{
    return newcomers->waiting;
}

const CollectNewcomerCounts *collect_newcomers_counts(const CollectNewcomers *newcomers)
{
    return &newcomers->counts;
}

CollectNewcomers *collect_newcomers_new(void)
{
    CollectNewcomers *newcomers = calloc(1, sizeof *newcomers);
    if (!newcomers)
        abort();
    for (size_t i = COLLECT_NEWCOMERS_MAX; i-- > 0;) {
        newcomers->claims[i].next = newcomers->free_claims;
        newcomers->free_claims = &newcomers->claims[i];
    }
    for (size_t i = SENDERS_MAX; i-- > 0;) {
        newcomers->senders[i].next = newcomers->free_senders;
        newcomers->free_senders = &newcomers->senders[i];
    }
    return newcomers;
}

void collect_newcomers_free(CollectNewcomers *newcomers)
{
    free(newcomers);
}
