/* The faults that were ordered for a site: of its building and of its devices. They begin and end by
 * themselves as the building is stepped, and what each did is undone when it ends. No sockets, no clock. */
#ifndef SIM_ORDERED_H
#define SIM_ORDERED_H

#include "apps/sim/device/faults.h"
#include "apps/sim/device/truth.h"

typedef struct SimOrdered SimOrdered;

typedef struct SimOrderedOptions {
    int64_t start_us; /* what +2h counts from */
    int64_t end_us;   /* random faults end by then, and none begins later; INT64_MAX: nobody knows when the
                       * run ends */
    uint64_t seed;    /* of random ones */
    bool has_router;  /* its devices have no addresses to swap */
    bool is_headless; /* what devices do on a network is seen by nobody: it is refused */
    SimTruth *truth;  /* is told of each; borrowed, NULL: nobody is */
    /* What devices fail in has changed (sim_ordered_faults). NULL: there is no network; who holds a slot
     * holds it all the same. */
    void (*on_devices)(void *owner);
    void *owner;
} SimOrderedOptions;

/* None at first. The site is borrowed, and its building is this one's to break. */
SimOrdered *sim_ordered_new(SimSite *site, const SimOrderedOptions *options);

/* The faults that are on stay. */
void sim_ordered_free(SimOrdered *ordered);

/* Orders what is in the text (defect/order.h), instead of what was ordered before; what is in both goes on.
 * WHAT is a device's instance, all, equipment as --list names it, one of its points, or random. BP_INVALID:
 * what is wrong, and what would be right; then all stays as it was. */
BpStatus sim_ordered_take(SimOrdered *ordered, BpStr text, BpError *err) BP_CHECKED;

/* How many of those that are ordered were over before the start. */
size_t sim_ordered_over(const SimOrdered *ordered);

/* How a device fails now, by its place in the site. */
const SimFaults *sim_ordered_faults(const SimOrdered *ordered, size_t device);

#endif
