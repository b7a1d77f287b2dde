/* What is said in the log of devices that come, go and are read out. */
#include "apps/collect/network/parts.h"
#include "base/log.h"
#include "base/time.h"

static const int64_t FORWARDER_AGAIN_US = BP_HOUR;

static void tell_stranger(const CollectNetwork *network, const CollectDevice *device, const char *at)
{
    static BpLogKind found, nobody, several;
    const int64_t now_us = loop_now_us(network->loop);
    if (device->state == COLLECT_ONLINE)
        bp_log_some(&found, now_us, BP_LOG_INFO, "device %u found at %s", device->instance, at);
    else if (device->state == COLLECT_OFFLINE)
        bp_log_some(&nobody, now_us, BP_LOG_INFO,
                    "it was said that device %u is at %s, but nobody answers there: it is forgotten",
                    device->instance, at);
    else if (device->found == BAC_INSTANCE_WILDCARD)
        bp_log_some(&several, now_us, BP_LOG_WARNING,
                    "it was said that device %u is at %s, which says something else when it is asked: it is "
                    "left alone",
                    device->instance, at);
}

static void tell_replaced(const CollectDevice *device, const char *at)
{
    if (device->found == BAC_INSTANCE_WILDCARD)
        bp_log(BP_LOG_WARNING,
               "%s answers that it is not device %u any more, and not who else: its points are bad", at,
               device->instance);
    else
        bp_log(BP_LOG_WARNING,
               "device %u answers at %s, where device %u was: the points of %u are bad until it is found",
               device->found, at, device->instance, device->instance);
}

void collect_tell_state(const CollectNetwork *network, const CollectDevice *device)
{
    char at[BAC_ADDRESS_TEXT_MAX];
    bac_address_format(&device->peer.address, at);
    if (device->device_id == 0)
        tell_stranger(network, device, at);
    else if (device->state == COLLECT_ONLINE)
        bp_log(BP_LOG_INFO, "device %u (%s) is online", device->instance, at);
    else if (device->state == COLLECT_REPLACED)
        tell_replaced(device, at);
    else if (device->state == COLLECT_UNKNOWN)
        return; /* we left the network, or are back: said once, and not of each device */
    else
        bp_log(BP_LOG_WARNING, "device %u (%s) stopped answering: %s; asking again now and then",
               device->instance, at, device->reason);
}

void collect_tell_left_out(const CollectNetwork *network, uint32_t instance)
{
    static BpLogKind full;
    bp_log_some(&full, loop_now_us(network->loop), BP_LOG_WARNING,
                "device %u is left out: discovery.max_devices allows for %d, and so many are known", instance,
                (int)network->cfg->discovery_max_devices);
}

void collect_tell_oddities(const CollectNetwork *network, const CollectDevice *device, CollectScan *scan)
{
    static BpLogKind odd;
    char address[BAC_ADDRESS_TEXT_MAX];
    const char *oddities = collect_scan_oddities(scan);
    if (*oddities)
        bp_log_some(&odd, loop_now_us(network->loop), BP_LOG_WARNING,
                    "device %u (%s) says odd things of itself, which are left out: %s", device->instance,
                    bac_address_format(&device->peer.address, address), oddities);
}

void collect_tell_forwarder(CollectNetwork *network)
{
    const int64_t now_us = loop_now_us(network->loop);
    char text[BAC_ADDRESS_TEXT_MAX];
    const BipCounts bip = network->sockets.bip ? bip_counts(network->sockets.bip) : (BipCounts){0};
    if (bip.stranger.port == 0 || bip.forwarded_ignored == network->forwarder.told ||
        (network->forwarder.told > 0 && now_us - network->forwarder.told_us < FORWARDER_AGAIN_US))
        return;
    network->forwarder.told = bip.forwarded_ignored;
    network->forwarder.told_us = now_us;
    bp_log(BP_LOG_WARNING,
           "%s forwards broadcasts, which is not believed; where it is a BBMD of this building, name it in "
           "bacnet.bbmds",
           bac_address_format(&bip.stranger, text));
}
