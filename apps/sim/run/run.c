#include "apps/sim/run/run.h"

#include "base/time.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct SimRun {
    SimSite site;
    SimObject **by_name; /* all points, sorted */
};

static int by_name(const void *a, const void *b)
{
    return strcmp((*(SimObject *const *)a)->name, (*(SimObject *const *)b)->name);
}

SimRun *sim_run_new(const SimSiteOptions *options)
{
    SimRun *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    SimSite *site = &run->site;
    sim_site_init(site, options);
    run->by_name = calloc(site->point_count, sizeof(SimObject *));
    if (!run->by_name)
        abort();
    size_t count = 0;
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++)
            run->by_name[count++] = &site->devices[i].objects[j];
    qsort(run->by_name, count, sizeof(SimObject *), by_name);
    return run;
}

void sim_run_free(SimRun *run)
{
    if (!run)
        return;
    sim_site_done(&run->site);
    free(run->by_name);
    free(run);
}

int64_t sim_run_now_us(const SimRun *run)
{
    return run->site.building.clock_us;
}

void sim_run_to(SimRun *run, int64_t at_us)
{
    sim_site_age(&run->site, at_us - sim_run_now_us(run));
}

const SimSite *sim_run_site(const SimRun *run)
{
    return &run->site;
}

/* ---- points by name ---- */

static int compare_name(const void *key, const void *element)
{
    return bp_str_compare(*(const BpStr *)key, bp_str((*(SimObject *const *)element)->name));
}

SimObject *sim_run_point(SimRun *run, BpStr name)
{
    SimObject **found =
        bsearch(&name, run->by_name, run->site.point_count, sizeof(SimObject *), compare_name);
    return found ? *found : sim_site_point(&run->site, name);
}

/* NULL, and a sentence, where there is none. */
static SimObject *find(SimRun *run, const char *name, BpError *err)
{
    SimObject *object = sim_run_point(run, bp_str(name));
    if (object)
        return object;
    BpNearest nearest = bp_nearest(bp_str(name));
    for (size_t i = 0; i < run->site.point_count; i++)
        bp_nearest_look(&nearest, run->by_name[i]->name);
    bp_fail(err, BP_NOT_FOUND, "no point is called \"%s\"%s%s%s", name, nearest.name ? "; is \"" : "",
            nearest.name ? nearest.name : "", nearest.name ? "\" meant?" : "");
    return NULL;
}

BpStatus sim_run_get(SimRun *run, const char *name, double *ret_value, BpError *err)
{
    const SimObject *object = find(run, name, err);
    if (!object)
        return BP_NOT_FOUND;
    *ret_value = sim_object_said(object);
    return BP_OK;
}

/* ---- commands ---- */

static BacValue as_written(const SimObject *object, double value)
{
    switch (object->id.type) {
    case BAC_BINARY_INPUT:
    case BAC_BINARY_OUTPUT:
    case BAC_BINARY_VALUE: return (BacValue){.type = BAC_ENUMERATED, .enumerated = value > 0.5};
    case BAC_MULTI_STATE_INPUT:
    case BAC_MULTI_STATE_OUTPUT:
    case BAC_MULTI_STATE_VALUE:
    case BAC_POSITIVE_INTEGER_VALUE:
        return (BacValue){.type = BAC_UNSIGNED, .natural = value > 0 ? (uint64_t)(value + 0.5) : 0};
    case BAC_LARGE_ANALOG_VALUE: return (BacValue){.type = BAC_DOUBLE, .double_real = value};
    default: return (BacValue){.type = BAC_REAL, .real = (float)value};
    }
}

static BpStatus command(SimRun *run, const char *name, double value, bool is_release, uint8_t priority,
                        BpError *err)
{
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    SimObject *object = find(run, name, err);
    if (!object)
        return BP_NOT_FOUND;
    if (priority < 1 || priority > SIM_PRIORITIES)
        return bp_fail(err, BP_INVALID, "priority %u: 1 to %d there are", priority, SIM_PRIORITIES);
    const BacValue given = is_release ? (BacValue){.type = BAC_NULL} : as_written(object, value);
    bac_value_encode(&out, &given);
    const BacWrite write = {.reference = {object->id, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                            .value = bp_cursor(out.data, out.size),
                            .priority = priority};
    const BacRefusal refusal = sim_object_write(object, &write);
    if (refusal.kind != BAC_NOT_REFUSED)
        return bp_fail(err, BP_REFUSED, "%s at priority %u: %s", name, priority,
                       bac_error_code_name(refusal.code));
    return BP_OK;
}

BpStatus sim_run_set(SimRun *run, const char *name, double value, uint8_t priority, BpError *err)
{
    return command(run, name, value, false, priority, err);
}

BpStatus sim_run_release(SimRun *run, const char *name, uint8_t priority, BpError *err)
{
    return command(run, name, 0, true, priority, err);
}

BpStatus sim_run_order(SimRun *run, SimOrders *orders, int64_t for_us, BpError *err)
{
    const int64_t start_us = run->site.building.clock_us;
    const SimOrderedOptions options = {.start_us = start_us,
                                       .end_us = start_us + for_us,
                                       .seed = run->site.building.seed,
                                       .is_headless = true};
    const char *path = sim_orders_path(orders);
    if (!orders->faults)
        return BP_OK;
    if (path && access(path, R_OK) != 0)
        return bp_fail(err, BP_INVALID, "--faults @%s: %s", path, bp_errno_text(errno));
    return sim_orders_begin(orders, &run->site, &options, err);
}
