/* Orders of faults for a site: they are refused with a sentence and change nothing, or begin; and when
 * nothing is ordered any more, all is as it was. */
#include "apps/sim/device/ordered.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t START_US = 1784102400000000; /* 2026-07-15T08:00:00Z */

static void is_whole(const SimSite *site, const SimOrdered *ordered)
{
    const Building *building = &site->building;
    for (size_t i = 0; i < building->zone_count; i++) {
        const Zone *zone = &building->zones[i];
        assert(isnan(zone->damper_actuator.stuck_at) && zone->reheat_actuator.least == 0);
    }
    for (size_t i = 0; i < building->handler_count; i++) {
        const AirHandler *handler = &building->handlers[i];
        assert(isnan(handler->outdoor_actuator.stuck_at) && handler->filter_dirt == 1);
        assert(handler->cooling_actuator.least == 0 && handler->heating_actuator.least == 0);
        assert(!handler->fights && !handler->ignores_schedule);
    }
    assert(!building->plant.short_cycles);
    for (size_t i = 0; i < site->device_count; i++) {
        const SimFaults *faults = sim_ordered_faults(ordered, i);
        assert(!faults->ignores_writes && !faults->drops_writes && !faults->mute_writes && !faults->silent);
        assert(!faults->hides_writes && !faults->refuses_writes && !faults->held_slot && !faults->swaps);
        assert(!faults->late_us && !faults->restart_us && !faults->answer_us);
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const SimObject *object = &site->devices[i].objects[j];
            assert(!object->commanded && !object->signal->is_forced && !object->signal->is_frozen);
            assert(object->signal->bias == 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static SimSite *site;
    static SimOrdered *ordered;
    BpError err = {0};
    if (!site) {
        static SimSite made;
        sim_site_init(&made, &(SimSiteOptions){.points = 120, .building = {.seed = 1, .start_us = START_US}});
        site = &made;
        ordered = sim_ordered_new(
            site, &(SimOrderedOptions){.start_us = START_US, .end_us = START_US + 864000000000, .seed = 1});
    }
    const BpStatus status = sim_ordered_take(ordered, (BpStr){(const char *)data, size}, &err);
    assert(status == BP_OK || (status == BP_INVALID && err.text[0]));
    if (status == BP_OK)
        sim_site_step(site, 5);
    const BpStatus ended = sim_ordered_take(ordered, (BpStr){NULL, 0}, &err);
    assert(ended == BP_OK);
    is_whole(site, ordered);
    return 0;
}
