/* When points are asked for, and how many of them in one request. */
#ifndef COLLECT_ASK_DEVICE_PLAN_H
#define COLLECT_ASK_DEVICE_PLAN_H

#include "apps/collect/ask/device/device.h"

/* ---- when ---- */

/* The first instant after `now_us` at which a round of this device and interval begins. Devices begin at
 * instants of their own, drawn from their address, so that they are spread evenly over the interval and stay
 * there through restarts. */
int64_t collect_plan_next_us(const BacAddress *address, int64_t interval_us, int64_t now_us);

/* Sorts the device's points and makes its rounds, each to begin at its next instant. */
void collect_plan_rounds(CollectDevice *device, int64_t now_us);

/* Gives back what collect_plan_rounds made. */
void collect_plan_forget_rounds(CollectDevice *device);

/* ---- how many ---- */

/* What of a point is read together. */
typedef enum CollectWish { COLLECT_VALUE = 1, COLLECT_FLAGS = 2, COLLECT_RELIABILITY = 4 } CollectWish;

/* A ReadPropertyMultiple as it grows: octets of both APDUs, headers included. */
typedef struct CollectRoom {
    size_t request_octets, request_max;
    size_t answer_octets, answer_max;
    BacObjectId object; /* of the last reference */
    size_t count;       /* references */
} CollectRoom;

CollectRoom collect_plan_room(const CollectLimits *limits);

/* Makes room for one more reference, whose value is expected to have `value_octets`. False, and `room` is as
 * it was, when it does not fit; the first one always does, since it could not be asked for with less. */
bool collect_plan_add(CollectRoom *room, const BacReference *reference, size_t value_octets);

/* The same for all that is wished of a point; false for part of it too. */
bool collect_plan_add_point(CollectRoom *room, const CollectPoint *point, unsigned wishes);

/* Octets that the point's value takes, as last read, or by the type of its object. */
size_t collect_plan_value_octets(const CollectPoint *point);

/* Writes the references for what is wished of a point, and returns how many. */
enum { COLLECT_WISHES = 3 };
size_t collect_plan_references(const CollectPoint *point, unsigned wishes,
                               BacReference ret_references[COLLECT_WISHES]);

#endif
