/* Devices are read out that are there and new, or were read out long ago: some at once, and what could not be
 * read or stored again later. */
#include "apps/collect/network/parts.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>

enum { SCANS_AT_ONCE = 16, SCAN_RETRY_S = 60, SCAN_DOUBLINGS = 6 };

/* Until those who were asked for have answered. */
static const int64_t SETTLE_US = 3 * BP_SECOND;

/* A stranger may have the name of one that is known. Whether it is that one, at another address now, is known
 * when that one has been asked; until then it waits. */
static bool may_be_scanned(CollectNetwork *network, const CollectDevice *device)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    const CollectDevice *namesake = NULL;
    if (device->device_id)
        return true;
    switch (collect_poll_namesake(network->poller, device, &namesake)) {
    case COLLECT_NAMESAKE_ASKED: network->scans.waits = true; return false;
    case COLLECT_NAMESAKE_THERE:
        if (device->scan_failures == 0)
            bp_log(BP_LOG_WARNING, "instance %u answers at %s and at %s: both are kept, as two devices",
                   device->instance, bac_address_format(&device->peer.address, here),
                   bac_address_format(&namesake->peer.address, there));
        return true;
    default: return true;
    }
}

static void begin_scan(CollectNetwork *network, CollectDevice *device)
{
    if (collect_device_is_read_out(device) || device->is_cut_off || !device->enabled ||
        device->state != COLLECT_ONLINE || network->scans.under_way >= SCANS_AT_ONCE ||
        !may_be_scanned(network, device))
        return; /* in its turn */
    CollectScan *scan = collect_scan_new(device->instance, device->said_apdu, device->said_segmentation);
    collect_scan_set_most(scan, (size_t)network->cfg->discovery_max_points);
    device->wants_scan = false;
    network->scans.under_way++;
    collect_poll_scan(network->poller, device, scan, loop_now_us(network->loop));
}

void collect_begin_scans(CollectNetwork *network)
{
    const int64_t now_us = loop_now_us(network->loop);
    network->scans.waits = false;
    for (CollectDevice *device = collect_poll_devices(network->poller); device; device = device->next)
        if (device->wants_scan && now_us >= device->scan_retry_us)
            begin_scan(network, device);
        else if (device->wants_scan && device->scan_failures == 0)
            network->scans.waits = true;
}

static bool is_scan_due(const CollectNetwork *network, const CollectDevice *device)
{
    if (device->device_id == 0 || device->point_count == 0)
        return true;
    const int64_t now_us = loop_now_us(network->loop);
    return device->scanned_us == INT64_MIN ||
           now_us - device->scanned_us > network->cfg->discovery_interval - COLLECT_ANSWERS_US;
}

void collect_look_at_scan(CollectNetwork *network, CollectDevice *device)
{
    if (!is_scan_due(network, device))
        return;
    device->wants_scan = true;
    if (loop_now_us(network->loop) >= device->scan_retry_us)
        begin_scan(network, device);
}

void collect_scan_anew(CollectNetwork *network, CollectDevice *device)
{
    device->wants_scan = true;
    device->scan_failures = 0;
    device->scan_retry_us = loop_now_us(network->loop);
    begin_scan(network, device);
    if (device->wants_scan)
        device->scanned_us = INT64_MIN; /* due when it is there, or has a place */
}

void collect_scan_when_settled(const CollectNetwork *network, CollectDevice *device)
{
    device->wants_scan = true;
    device->scan_retry_us = loop_now_us(network->loop) + SETTLE_US; /* it is renumbered if nobody answers */
}

static void scan_later(CollectNetwork *network, CollectDevice *device, const char *why)
{
    static BpLogKind failed;
    char address[BAC_ADDRESS_TEXT_MAX], wait[BP_TIME_TEXT_MAX];
    const int64_t wait_us = SCAN_RETRY_S * BP_SECOND << device->scan_failures;
    bp_log_some(&failed, loop_now_us(network->loop), BP_LOG_WARNING, "device %u (%s) %s; trying again in %s",
                device->instance, bac_address_format(&device->peer.address, address), why,
                bp_interval_format(wait_us, wait));
    if (device->scan_failures < SCAN_DOUBLINGS)
        device->scan_failures++;
    device->wants_scan = true;
    device->scanned_us = INT64_MIN;
    device->scan_retry_us = loop_now_us(network->loop) + wait_us;
}

bool collect_network_scan_ended(CollectNetwork *network, CollectDevice *device, CollectScan *scan)
{
    const char *failure = collect_scan_failure(scan);
    network->scans.under_way--;
    if (failure) {
        char why[128];
        snprintf(why, sizeof why, "could not be read out: %s", failure);
        scan_later(network, device, why);
    } else {
        device->scanned_us = loop_now_us(network->loop);
        collect_tell_oddities(network, device, scan);
    }
    collect_sought_read(device, !failure);
    collect_begin_scans(network);
    return !failure;
}

void collect_network_scan_stored(CollectNetwork *network, CollectDevice *device, const char *failure)
{
    if (failure)
        scan_later(network, device, failure);
    else
        device->scan_failures = 0;
    collect_sought_stored(device, !failure);
}
