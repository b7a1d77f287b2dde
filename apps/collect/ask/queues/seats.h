/* Seats: devices that are asked now. There are as many as may be asked at once, of two kinds: one for devices
 * that answer, and one for such as may not, so that these keep none of the others waiting. Whoever finds no
 * seat free waits in order. */
#ifndef COLLECT_ASK_QUEUES_SEATS_H
#define COLLECT_ASK_QUEUES_SEATS_H

#include "apps/collect/ask/device/device.h"

typedef struct CollectSeatRow {
    size_t taken;
    CollectDevice *first, *last; /* of those that wait */
} CollectSeatRow;

typedef struct CollectSeats {
    CollectSeatRow steady, uncertain;
} CollectSeats;

/* The device, which is idle, waits for a seat of the kind that it needs now. */
void collect_seats_queue(CollectSeats *seats, CollectDevice *device);

/* The device that sits down next, where fewer than `most` of its kind sit; NULL: none. Those that answer go
 * first. */
CollectDevice *collect_seats_call(CollectSeats *seats, size_t most);

/* Whether the device, which waits for a seat, is called soon: a seat of its kind is free. */
bool collect_seats_has_free(const CollectSeats *seats, const CollectDevice *device, size_t most);

/* The device is idle from now on. */
void collect_seats_leave(CollectSeats *seats, CollectDevice *device);

/* The queues hold those that wait, and no others. `sitting`: devices that sit, of those that answer and of
 * the others; `waiting`: the same of those that wait. */
void collect_seats_check(const CollectSeats *seats, const size_t sitting[2], const size_t waiting[2]);

#endif
