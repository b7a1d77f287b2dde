#include "apps/sim/device/ordered.h"

#include "apps/sim/device/override.h"
#include "apps/sim/device/plan.h"

#include <stdlib.h>

struct SimOrdered {
    SimSite *site;
    SimOrderedOptions options;
    SimPlan *plan;
    SimFaults *faults; /* by device, now */
};

/* ---- what happens ---- */

static void tell(void *owner, const Defect *defect, int64_t at_us)
{
    const SimOrdered *ordered = owner;
    const SimPlan *plan = ordered->plan;
    const SimDetails *details = &plan->details[defect - plan->defects.list];
    const SimFaults *faults = &details->faults;
    const bool is_number = !details->is_of_device || faults->held_slot;
    const SimTold told = {
        .subject = &details->subject,
        .fault = details->fault,
        .text = is_number || !details->text[0] ? NULL : details->text,
        .slot = defect->kind == &sim_override_forgotten ? (uint8_t)SIM_OVERRIDE_SLOT : faults->held_slot,
        .who = faults->held_slot ? "an electrician" : NULL,
        .all_points = faults->silent || faults->answer_us > 0 || faults->swaps,
    };
    if (ordered->options.truth)
        sim_truth_tell(ordered->options.truth, defect, &told, at_us);
}

/* Anew, from all that is on. */
static void changed(void *owner)
{
    SimOrdered *ordered = owner;
    const SimPlan *plan = ordered->plan;
    SimDevice *devices = ordered->site->devices;
    SimFaults *before = ordered->faults;
    ordered->faults = calloc(ordered->site->device_count, sizeof *ordered->faults);
    if (!ordered->faults)
        abort();
    for (size_t i = 0; i < plan->defects.count; i++)
        if (plan->defects.list[i].is_on && plan->details[i].is_of_device)
            sim_faults_add(&ordered->faults[plan->details[i].subject.device - devices],
                           &plan->details[i].faults);
    if (ordered->options.on_devices)
        ordered->options.on_devices(ordered->options.owner);
    else
        for (size_t i = 0; i < ordered->site->device_count; i++)
            sim_faults_hold(&devices[i], &before[i], &ordered->faults[i]);
    free(before);
}

static void hear(SimOrdered *ordered, SimPlan *plan)
{
    plan->defects.tell = tell;
    plan->defects.changed = changed;
    plan->defects.owner = ordered;
}

/* ---- for who orders ---- */

BpStatus sim_ordered_take(SimOrdered *ordered, BpStr text, BpError *err)
{
    SimPlan *plan = sim_plan_new(ordered->site, &ordered->options), *old = ordered->plan;
    const int64_t now_us = ordered->site->building.clock_us;
    const BpStatus status = sim_plan_read(plan, text, err);
    if (status != BP_OK) {
        sim_plan_free(plan);
        return status;
    }
    hear(ordered, plan);
    defects_replace(&old->defects, &plan->defects, now_us);
    ordered->plan = plan;
    ordered->site->building.defects = &plan->defects;
    sim_plan_free(old);
    defects_at(&plan->defects, now_us);
    return BP_OK;
}

SimOrdered *sim_ordered_new(SimSite *site, const SimOrderedOptions *options)
{
    SimOrdered *ordered = calloc(1, sizeof *ordered);
    if (!ordered)
        abort();
    *ordered = (SimOrdered){.site = site, .options = *options};
    ordered->faults = calloc(site->device_count, sizeof *ordered->faults);
    if (!ordered->faults)
        abort();
    ordered->plan = sim_plan_new(site, &ordered->options);
    hear(ordered, ordered->plan);
    return ordered;
}

void sim_ordered_free(SimOrdered *ordered)
{
    if (!ordered)
        return;
    ordered->site->building.defects = NULL;
    sim_plan_free(ordered->plan);
    free(ordered->faults);
    free(ordered);
}

size_t sim_ordered_over(const SimOrdered *ordered)
{
    const Defects *defects = &ordered->plan->defects;
    size_t count = 0;
    for (size_t i = 0; i < defects->count; i++)
        count += defects->list[i].until_us <= ordered->options.start_us;
    return count;
}

const SimFaults *sim_ordered_faults(const SimOrdered *ordered, size_t device)
{
    return &ordered->faults[device];
}
