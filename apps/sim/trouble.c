#include "apps/sim/trouble.h"

#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>
#include <sys/stat.h>

struct SimTrouble {
    SimOrders *orders;
    const SimSite *site;
    SimNetwork *network; /* NULL: there is none yet */
    struct stat seen;    /* of the file, as it was last read; all zero: it was not there */
    int64_t start_us;    /* of the simulated time */
    bool is_new;         /* what devices fail in has not yet been given to them */
};

static void give(SimTrouble *trouble)
{
    trouble->is_new = false;
    for (size_t i = 0; i < trouble->site->device_count; i++)
        sim_network_set_faults(trouble->network, i, sim_ordered_faults(trouble->orders->ordered, i));
    /* All are where they belong, and then those change places that are to. */
    for (size_t i = 0; i < trouble->site->device_count; i++) {
        const SimFaults *faults = sim_ordered_faults(trouble->orders->ordered, i);
        if (faults->swaps)
            sim_network_swap(trouble->network, i, faults->swaps_with - trouble->site->devices[0].instance);
    }
}

/* In the middle of a step of the building, too: who holds a slot holds it from then on. */
static void on_devices(void *owner)
{
    SimTrouble *trouble = owner;
    trouble->is_new = true;
    if (trouble->network)
        give(trouble);
}

SimTrouble *sim_trouble_new(SimOrders *orders, SimSite *site, const SimOrderedOptions *options, BpError *err)
{
    SimTrouble *trouble = calloc(1, sizeof *trouble);
    if (!trouble)
        abort();
    SimOrderedOptions told = *options;
    told.on_devices = on_devices;
    told.owner = trouble;
    *trouble = (SimTrouble){.orders = orders, .site = site, .start_us = options->start_us};
    if (sim_orders_path(orders))
        (void)stat(sim_orders_path(orders), &trouble->seen);
    if (sim_orders_begin(orders, site, &told, err) != BP_OK) {
        sim_trouble_free(trouble);
        return NULL;
    }
    return trouble;
}

void sim_trouble_free(SimTrouble *trouble)
{
    if (trouble)
        (void)sim_orders_end(trouble->orders); /* it was logged */
    free(trouble);
}

static bool has_changed(SimTrouble *trouble)
{
    const struct stat seen = trouble->seen;
    struct stat *now = &trouble->seen;
    if (stat(sim_orders_path(trouble->orders), now) != 0)
        *now = (struct stat){0};
    return now->st_ino != seen.st_ino || now->st_size != seen.st_size ||
           now->st_mtim.tv_sec != seen.st_mtim.tv_sec || now->st_mtim.tv_nsec != seen.st_mtim.tv_nsec;
}

/* Once: a file may well have some that were. */
static void tell_over(const SimTrouble *trouble)
{
    char start[BP_TIME_TEXT_MAX];
    const size_t count = sim_ordered_over(trouble->orders->ordered);
    if (count)
        bp_log(BP_LOG_WARNING, "%zu of the faults that are ordered %s over before the simulated start, %s",
               count, count == 1 ? "was" : "were", bp_time_format(trouble->start_us, 0, start));
}

void sim_trouble_apply(SimTrouble *trouble, SimNetwork *network)
{
    BpError err = {0};
    if (!trouble->network)
        tell_over(trouble);
    trouble->network = network;
    if (sim_orders_path(trouble->orders) && has_changed(trouble) &&
        sim_orders_renew(trouble->orders, &err) != BP_OK)
        bp_log(BP_LOG_ERROR, "%s; the faults stay as they were", err.text);
    if (trouble->is_new)
        give(trouble);
}
