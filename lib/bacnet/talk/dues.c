#include "bacnet/talk/dues.h"

#include "bacnet/talk/client.h"

#include <assert.h>

static void place(BacDues *dues, size_t i, BacDue due)
{
    dues->heap[i] = due;
    due.transaction->heap_index = (uint32_t)i;
}

/* Puts `due` at `i`, which is free, or as far up from there as it is earlier. */
static void sift_up(BacDues *dues, size_t i, BacDue due)
{
    const BacDue *heap = dues->heap;
    for (; i > 0 && due.at_us < heap[(i - 1) / 2].at_us; i = (i - 1) / 2)
        place(dues, i, heap[(i - 1) / 2]);
    place(dues, i, due);
}

static void sift_down(BacDues *dues, size_t i, BacDue due)
{
    const BacDue *heap = dues->heap;
    for (size_t child = 2 * i + 1; child < dues->size; child = 2 * i + 1) {
        if (child + 1 < dues->size && heap[child + 1].at_us < heap[child].at_us)
            child++;
        if (heap[child].at_us >= due.at_us)
            break;
        place(dues, i, heap[child]);
        i = child;
    }
    place(dues, i, due);
}

static void sift(BacDues *dues, size_t i, BacDue due)
{
    if (i > 0 && due.at_us < dues->heap[(i - 1) / 2].at_us)
        sift_up(dues, i, due);
    else
        sift_down(dues, i, due);
}

void bac_dues_add(BacDues *dues, BacTransaction *transaction, int64_t at_us)
{
    sift_up(dues, dues->size++, (BacDue){at_us, transaction});
}

void bac_dues_move(BacDues *dues, BacTransaction *transaction, int64_t at_us)
{
    sift(dues, transaction->heap_index, (BacDue){at_us, transaction});
}

void bac_dues_remove(BacDues *dues, const BacTransaction *transaction)
{
    const BacDue last = dues->heap[--dues->size];
    if (last.transaction != transaction)
        sift(dues, transaction->heap_index, last);
}

void bac_dues_check(const BacDues *dues)
{
    for (size_t i = 0; i < dues->size; i++) {
        assert(dues->heap[i].transaction->heap_index == i);
        assert(i == 0 || dues->heap[(i - 1) / 2].at_us <= dues->heap[i].at_us);
    }
}
