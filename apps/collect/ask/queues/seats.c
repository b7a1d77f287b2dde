#include "apps/collect/ask/queues/seats.h"

#include <assert.h>

static CollectSeatRow *row_of(CollectSeats *seats, const CollectDevice *device)
{
    return device->turn.seat_is_uncertain ? &seats->uncertain : &seats->steady;
}

void collect_seats_queue(CollectSeats *seats, CollectDevice *device)
{
    assert(device->turn.seat == COLLECT_IDLE);
    device->turn.seat_is_uncertain = collect_device_is_uncertain(device);
    device->turn.seat = COLLECT_WAITING;
    device->turn.next_waiting = NULL;
    CollectSeatRow *row = row_of(seats, device);
    if (row->last)
        row->last->turn.next_waiting = device;
    else
        row->first = device;
    row->last = device;
}

static CollectDevice *call(CollectSeatRow *row, size_t most)
{
    CollectDevice *device = row->first;
    if (!device || row->taken >= most)
        return NULL;
    row->first = device->turn.next_waiting;
    if (!row->first)
        row->last = NULL;
    row->taken++;
    device->turn.seat = COLLECT_ACTIVE;
    return device;
}

CollectDevice *collect_seats_call(CollectSeats *seats, size_t most)
{
    CollectDevice *device = call(&seats->steady, most);
    return device ? device : call(&seats->uncertain, most);
}

bool collect_seats_has_free(const CollectSeats *seats, const CollectDevice *device, size_t most)
{
    return (device->turn.seat_is_uncertain ? &seats->uncertain : &seats->steady)->taken < most;
}

static void leave_queue(CollectSeatRow *row, const CollectDevice *device)
{
    CollectDevice *before = NULL;
    for (CollectDevice *i = row->first; i != device; i = i->turn.next_waiting)
        before = i;
    if (before)
        before->turn.next_waiting = device->turn.next_waiting;
    else
        row->first = device->turn.next_waiting;
    if (row->last == device)
        row->last = before;
}

void collect_seats_leave(CollectSeats *seats, CollectDevice *device)
{
    CollectSeatRow *row = row_of(seats, device);
    if (device->turn.seat == COLLECT_ACTIVE)
        row->taken--;
    else if (device->turn.seat == COLLECT_WAITING)
        leave_queue(row, device);
    device->turn.seat = COLLECT_IDLE;
}

static void check_row(const CollectSeatRow *row, bool uncertain, size_t sitting, size_t waiting)
{
    size_t count = 0;
    const CollectDevice *last = NULL;
    for (const CollectDevice *i = row->first; i; i = i->turn.next_waiting, count++) {
        assert(i->turn.seat == COLLECT_WAITING && i->turn.seat_is_uncertain == uncertain);
        assert(count < waiting); /* and no circle */
        last = i;
    }
    assert(row->last == last);
    assert(row->taken == sitting);
    assert(count == waiting);
}

void collect_seats_check(const CollectSeats *seats, const size_t sitting[2], const size_t waiting[2])
{
    check_row(&seats->steady, false, sitting[0], waiting[0]);
    check_row(&seats->uncertain, true, sitting[1], waiting[1]);
}
