/* Lists as a device keeps them, and what ReadRange is answered of them (ASHRAE 135, clause 15.8). */
#ifndef BACNET_SERVICE_LIST_H
#define BACNET_SERVICE_LIST_H

#include "bacnet/service/error.h"
#include "bacnet/service/read_range.h"

enum { BAC_LIST_ITEM_MAX = 64 }; /* octets of an item */

typedef struct BacList {
    const void *context;
    uint32_t count;
    /* Writes item `i`, from 0. */
    void (*put)(const void *context, uint32_t i, BpBuf *out);
    /* When it was logged, ascending. NULL: items have neither times nor numbers. */
    BacDateTime (*time)(const void *context, uint32_t i);
    uint32_t first_sequence; /* number of item 0; the others follow, and 1 follows 2^32 - 1 */
} BacList;

/* Writes the parameters of the ACK: as many of the items that the range asks for as fit in `out`; the rest is
 * told by more-items. A negative count keeps those next to its end. Where not one of them fits, `out` has
 * failed: who asks again for the rest would do so for ever. */
BacRefusal bac_list_answer(const BacList *list, const BacReadRange *range, BpBuf *out);

#endif
