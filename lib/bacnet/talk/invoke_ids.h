/* Invoke IDs of one peer: which may be given out, which were answered, which have to rest (clause 5.4: an ID
 * that comes again too soon would have an old answer taken for a new one's). */
#ifndef BACNET_TALK_INVOKE_IDS_H
#define BACNET_TALK_INVOKE_IDS_H

#include <stdbool.h>
#include <stdint.h>

/* A bit for each invoke ID. */
typedef struct BacInvokeIds {
    uint64_t words[4];
} BacInvokeIds;

static inline bool bac_invoke_ids_has(const BacInvokeIds *ids, uint8_t id)
{
    return ids->words[id / 64] >> id % 64 & 1;
}

static inline void bac_invoke_ids_add(BacInvokeIds *ids, uint8_t id)
{
    ids->words[id / 64] |= UINT64_C(1) << id % 64;
}

static inline void bac_invoke_ids_remove(BacInvokeIds *ids, uint8_t id)
{
    ids->words[id / 64] &= ~(UINT64_C(1) << id % 64);
}

/* IDs that may not be given yet, in two generations, so that no list of IDs and times is needed: while the
 * older one rests, new ones gather in the younger. An ID rests at least as long as it should, and at most
 * twice. */
typedef struct BacRest {
    BacInvokeIds older, younger;
    int64_t older_due_us, younger_due_us;
} BacRest;

void bac_rest_init(BacRest *rest);

/* Ends the rest of those that are due. */
void bac_rest_expire(BacRest *rest, int64_t now_us);

/* Lays an ID to rest for that long; 0: not at all. */
void bac_rest_add(BacRest *rest, uint8_t id, int64_t now_us, int64_t rest_us);

static inline bool bac_rest_has(const BacRest *rest, uint8_t id)
{
    return bac_invoke_ids_has(&rest->older, id) || bac_invoke_ids_has(&rest->younger, id);
}

/* The first ID after `last` that is none of `in_use` and does not rest, so that each comes again only after
 * all others. 0: none; 0 itself is never given. */
uint8_t bac_invoke_ids_next(uint8_t last, const BacInvokeIds *in_use, const BacRest *const *rests,
                            int rest_count);

#endif
