#include "apps/web/points/site.h"

#include <stdlib.h>

static int compare_keys(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return bp_str_compare((BpStr){a, a_size}, (BpStr){b, b_size});
}

int order_compare(SiteOrder order, const Slot *a, const Slot *b)
{
    int by = 0;
    if (order == ORDER_DEVICE && a->point.device != b->point.device) {
        const Device *of_a = (const Device *)a->point.device, *of_b = (const Device *)b->point.device;
        by = compare_keys(of_a->key, of_a->key_size, of_b->key, of_b->key_size);
        if (!by)
            return (of_a->facts.id > of_b->facts.id) - (of_a->facts.id < of_b->facts.id);
    }
    if (!by && order != ORDER_ID)
        by = compare_keys(a->key, a->key_size, b->key, b->key_size);
    return by ? by : (a->point.id > b->point.id) - (a->point.id < b->point.id);
}

typedef struct Sorting {
    const Site *site;
    SiteOrder order;
} Sorting;

static int compare_slots(const void *a, const void *b, void *context)
{
    const Sorting *sorting = context;
    const Slot *slots = sorting->site->slots;
    return order_compare(sorting->order, &slots[*(const uint32_t *)a], &slots[*(const uint32_t *)b]);
}

size_t order_change(Site *site, SiteOrder order, size_t before, uint32_t *added, size_t count)
{
    uint32_t *all = site->orders[order];
    Sorting sorting = {site, order};
    size_t stay = 0;
    for (size_t i = 0; i < before; i++) {
        if (!(site->rows[all[i]].flags & ROW_IS_MOVING))
            all[stay++] = all[i];
    }
    const size_t after = stay + count;
    qsort_r(added, count, sizeof *added, compare_slots, &sorting);
    /* Merged from behind, so that nothing is moved twice and no other memory is needed. */
    size_t left = stay, end = after;
    while (count) {
        if (left && compare_slots(&all[left - 1], &added[count - 1], &sorting) > 0)
            all[--end] = all[--left];
        else
            all[--end] = added[--count];
    }
    return after;
}
