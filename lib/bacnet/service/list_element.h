/* AddListElement and RemoveListElement, whose requests look alike (ASHRAE 135, clauses 15.1 and 15.2).
 * Conventions as in read_property.h. */
#ifndef BACNET_SERVICE_LIST_ELEMENT_H
#define BACNET_SERVICE_LIST_ELEMENT_H

#include "bacnet/service/error.h"
#include "bacnet/wire/value.h"

typedef struct BacListElements {
    BacReference reference; /* of the list */
    BpCursor elements;      /* one after the other, as the list has them; borrowed */
} BacListElements;

BpStatus bac_list_elements_decode(BpCursor *in, BacListElements *ret_elements, BpError *err) BP_CHECKED;
void bac_list_elements_encode(BpBuf *out, const BacListElements *elements);

/* The parameters of its Error: the refusal, and the first element that failed, from 1; 0: none of them is to
 * blame. Nothing was changed. */
BpStatus bac_list_elements_error_decode(BpCursor *in, BacRefusal *ret_refusal, uint32_t *ret_failed,
                                        BpError *err) BP_CHECKED;
void bac_list_elements_error_encode(BpBuf *out, BacRefusal refusal, uint32_t failed);

#endif
