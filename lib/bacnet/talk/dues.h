/* What is due: a heap by time, the earliest on top. */
#ifndef BACNET_TALK_DUES_H
#define BACNET_TALK_DUES_H

#include <stddef.h>
#include <stdint.h>

typedef struct BacTransaction BacTransaction;

/* When a transaction's try or segment is overdue. */
typedef struct BacDue {
    int64_t at_us;
    BacTransaction *transaction;
} BacDue;

typedef struct BacDues {
    BacDue *heap; /* the caller's memory, for all that can be in it at once */
    size_t size;
} BacDues;

void bac_dues_add(BacDues *dues, BacTransaction *transaction, int64_t at_us);
void bac_dues_move(BacDues *dues, BacTransaction *transaction, int64_t at_us);
void bac_dues_remove(BacDues *dues, const BacTransaction *transaction);

/* Asserts that it is a heap, and that each transaction knows its place. */
void bac_dues_check(const BacDues *dues);

#endif
