#include "apps/collect/ask/device/plan.h"

#include "bacnet/service/read_multiple.h"
#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

/* Octets of an APDU in front of its parameters (clauses 20.1.2 and 20.1.5). */
enum { REQUEST_HEADER = 4, ANSWER_HEADER = 3 };

/* Octets of values with their tags. */
enum {
    REAL_OCTETS = 5,
    DOUBLE_OCTETS = 10,
    SMALL_OCTETS = 2,  /* an Enumerated or Unsigned up to 255 */
    NUMBER_OCTETS = 5, /* up to 32 bits */
    FLAGS_OCTETS = 3,
};

/* ---- when ---- */

int64_t collect_plan_next_us(const BacAddress *address, int64_t interval_us, int64_t now_us)
{
    assert(interval_us > 0);
    const uint64_t hash = bp_hash(address, sizeof *address, (uint64_t)interval_us);
    const int64_t phase_us = (int64_t)(hash % (uint64_t)interval_us);
    int64_t past_us = (now_us - phase_us) % interval_us;
    if (past_us < 0)
        past_us += interval_us;
    return now_us - past_us + interval_us;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_points(const void *left, const void *right)
{
    const CollectPoint *a = left, *b = right;
    int order = compare(a->interval_us, b->interval_us);
    if (!order)
        order = compare(bac_object_id_to(a->object), bac_object_id_to(b->object));
    return order ? order : compare(a->property, b->property);
}

static size_t count_intervals(const CollectDevice *device)
{
    size_t count = 0;
    for (size_t i = 0; i < device->point_count; i++)
        if (i == 0 || device->points[i].interval_us != device->points[i - 1].interval_us)
            count++;
    return count;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

void collect_plan_rounds(CollectDevice *device, int64_t now_us)
{
    collect_plan_forget_rounds(device);
    if (device->point_count > 0)
        qsort(device->points, device->point_count, sizeof *device->points, compare_points);
    device->rounds.all = allocate(count_intervals(device), sizeof *device->rounds.all);
    device->rounds.queues = allocate(device->point_count, sizeof *device->rounds.queues);
    CollectRound *round = NULL;
    for (uint32_t i = 0; i < device->point_count; i++) {
        const int64_t interval_us = device->points[i].interval_us;
        if (!round || round->interval_us != interval_us) {
            round = &device->rounds.all[device->rounds.count++];
            *round = (CollectRound){
                .interval_us = interval_us,
                .due_us = collect_plan_next_us(&device->peer.address, interval_us, now_us),
                .first = i,
                .queue = &device->rounds.queues[i],
            };
        }
        round->count++;
    }
}

void collect_plan_forget_rounds(CollectDevice *device)
{
    free(device->rounds.all);
    free(device->rounds.queues);
    device->rounds.all = NULL;
    device->rounds.queues = NULL;
    device->rounds.count = 0;
}

/* ---- how many ---- */

CollectRoom collect_plan_room(const CollectLimits *limits)
{
    return (CollectRoom){.request_octets = REQUEST_HEADER,
                         .request_max = limits->request_octets,
                         .answer_octets = ANSWER_HEADER,
                         .answer_max = limits->answer_octets};
}

bool collect_plan_add(CollectRoom *room, const BacReference *reference, size_t value_octets)
{
    const bool is_new = room->count == 0 || !bac_object_equal(room->object, reference->object);
    const size_t request = room->request_octets + bac_read_multiple_request_size(reference, is_new);
    const size_t answer =
        room->answer_octets + bac_read_multiple_answer_size(reference, is_new) + value_octets;
    if (room->count > 0 && (request > room->request_max || answer > room->answer_max))
        return false;
    room->request_octets = request;
    room->answer_octets = answer;
    room->object = reference->object;
    room->count++;
    return true;
}

size_t collect_plan_value_octets(const CollectPoint *point)
{
    if (point->value_octets)
        return point->value_octets;
    switch (point->object.type) {
    case BAC_BINARY_INPUT:
    case BAC_BINARY_OUTPUT:
    case BAC_BINARY_VALUE:
    case BAC_MULTI_STATE_INPUT:
    case BAC_MULTI_STATE_OUTPUT:
    case BAC_MULTI_STATE_VALUE: return SMALL_OCTETS;
    case BAC_ANALOG_INPUT:
    case BAC_ANALOG_OUTPUT:
    case BAC_ANALOG_VALUE: return REAL_OCTETS;
    case BAC_LARGE_ANALOG_VALUE: return DOUBLE_OCTETS;
    default: return NUMBER_OCTETS;
    }
}

size_t collect_plan_references(const CollectPoint *point, unsigned wishes,
                               BacReference ret_references[COLLECT_WISHES])
{
    size_t count = 0;
    if (wishes & COLLECT_VALUE)
        ret_references[count++] = collect_point_reference(point, point->property);
    if (wishes & COLLECT_FLAGS)
        ret_references[count++] = collect_point_reference(point, BAC_PROP_STATUS_FLAGS);
    if (wishes & COLLECT_RELIABILITY)
        ret_references[count++] = collect_point_reference(point, BAC_PROP_RELIABILITY);
    return count;
}

static size_t octets_of(const CollectPoint *point, uint32_t property)
{
    if (property == point->property)
        return collect_plan_value_octets(point);
    return property == BAC_PROP_STATUS_FLAGS ? FLAGS_OCTETS : SMALL_OCTETS;
}

bool collect_plan_add_point(CollectRoom *room, const CollectPoint *point, unsigned wishes)
{
    const CollectRoom before = *room;
    BacReference references[COLLECT_WISHES];
    const size_t count = collect_plan_references(point, wishes, references);
    for (size_t i = 0; i < count; i++)
        if (!collect_plan_add(room, &references[i], octets_of(point, references[i].property))) {
            if (before.count == 0)
                continue; /* a point alone is asked for as far as it fits */
            *room = before;
            return false;
        }
    return true;
}
