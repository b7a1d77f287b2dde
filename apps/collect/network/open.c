/* Being on the network: the sockets that the settings name are opened, and opened again when they could not
 * be, or the network has gone. Until then nobody is asked (collect_poll_leave). */
#include "apps/collect/network/parts.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>

enum { ASK_FAR_AGAIN_S = 60, RETRY_FIRST_S = 1, RETRY_LAST_S = 30 };
static const int64_t LOOK_EVERY_US = BP_SECOND, LOOK_AGAIN_US = 100 * BP_MS;

static void on_registered(void *owner)
{
    CollectNetwork *network = owner;
    const int64_t now_us = loop_now_us(network->loop);
    bp_log(BP_LOG_INFO, "registered as a foreign device with the BBMD %s", network->cfg->bacnet_bbmd);
    if (network->sockets.registered_us &&
        now_us - network->sockets.registered_us < ASK_FAR_AGAIN_S * BP_SECOND)
        return; /* a BBMD that comes and goes */
    network->sockets.registered_us = now_us;
    collect_discover(network);
}

static void write_bound(const Cfg *cfg, char *ret_bound, size_t size)
{
    snprintf(ret_bound, size, "%s %d %s %d %s %d %s", cfg->bacnet_address, (int)cfg->bacnet_port,
             cfg->bacnet_broadcast, (int)cfg->bacnet_instance, cfg->bacnet_bbmd,
             (int)(cfg->bacnet_bbmd_ttl / BP_SECOND), cfg->bacnet_bbmds);
}

/* As the settings say it. */
static BpStatus read_options(CollectNetwork *network, BipOptions *ret_options, BpError *err)
{
    const Cfg *cfg = network->cfg;
    BacAddress address, broadcast = {0}, bbmd = {0};
    BP_TRY(bac_address_parse(bp_str(cfg->bacnet_address), &address, err));
    if (*cfg->bacnet_broadcast)
        BP_TRY(bac_address_parse(bp_str(cfg->bacnet_broadcast), &broadcast, err));
    if (*cfg->bacnet_bbmd)
        BP_TRY(bac_address_parse(bp_str(cfg->bacnet_bbmd), &bbmd, err));
    BipOptions options = {.bind = {.port = (uint16_t)cfg->bacnet_port},
                          .broadcast = {.port = (uint16_t)cfg->bacnet_port},
                          .bbmd = bbmd,
                          .ttl_s = (uint16_t)(cfg->bacnet_bbmd_ttl / BP_SECOND),
                          .on_registered = on_registered,
                          .owner = network,
                          .on_datagram = collect_receive};
    BP_TRY(bip_parse_bbmds(bp_str(cfg->bacnet_bbmds), &options, err));
    memcpy(options.bind.ip, address.ip, sizeof options.bind.ip);
    memcpy(options.broadcast.ip, broadcast.ip, sizeof options.broadcast.ip);
    *ret_options = options;
    return BP_OK;
}

/* Opens the sockets that the settings name. */
static BpStatus open_sockets(CollectNetwork *network, BpError *err)
{
    BipOptions options;
    BP_TRY(read_options(network, &options, err));
    bip_free(network->sockets.bip);
    network->sockets.bip = bip_new(network->loop, &options, err);
    if (!network->sockets.bip)
        return BP_UNAVAILABLE;
    if (bip_look(network->sockets.bip, err) != BP_OK) {
        bip_free(network->sockets.bip);
        network->sockets.bip = NULL;
        return BP_UNAVAILABLE;
    }
    return BP_OK;
}

static void look_later(CollectNetwork *network, int64_t wait_us)
{
    loop_timer_set(network->sockets.timer, loop_now_us(network->loop) + wait_us);
}

/* Told once, and again where there is another reason. */
static void leave(CollectNetwork *network, const BpError *why)
{
    const bool is_news = strcmp(network->sockets.no_network, why->text) != 0;
    bip_free(network->sockets.bip);
    network->sockets.bip = NULL;
    if (is_news) {
        snprintf(network->sockets.no_network, sizeof network->sockets.no_network, "%s", why->text);
        bp_log(BP_LOG_ERROR,
               "not on the BACnet network: %s; it is tried again every %d s at least, and until then points "
               "are bad "
               "(" COLLECT_NO_NETWORK
               "). Settings bacnet.address, bacnet.port and bacnet.broadcast say where it is",
               why->text, RETRY_LAST_S);
    }
    if (!network->sockets.is_off) {
        network->sockets.is_off = true;
        collect_forget_strangers(network);
        collect_poll_leave(network->poller, loop_now_us(network->loop));
    }
    if (is_news)
        network->options.on_change(network->options.owner);
    const int64_t wait_us = network->sockets.retry_us ? network->sockets.retry_us : RETRY_FIRST_S * BP_SECOND;
    network->sockets.retry_us =
        wait_us < RETRY_LAST_S * BP_SECOND / 2 ? 2 * wait_us : RETRY_LAST_S * BP_SECOND;
    look_later(network, wait_us);
}

static void join(CollectNetwork *network)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    const BacAddress ours = bip_address(network->sockets.bip);
    const bool was_said = *network->sockets.no_network;
    bp_log(was_said ? BP_LOG_NOTICE : BP_LOG_INFO, "on the BACnet network at %s%s, as device %d",
           bac_address_format(&ours, text), was_said ? " now" : "", (int)network->cfg->bacnet_instance);
    network->sockets.is_off = false;
    network->sockets.no_network[0] = '\0';
    network->sockets.retry_us = 0;
    collect_poll_join(network->poller, loop_now_us(network->loop));
    collect_discover(network);
    collect_network_poll_soon(network);
    network->options.on_change(network->options.owner);
    look_later(network, LOOK_EVERY_US);
}

static void try_to_open(CollectNetwork *network)
{
    BpError err = {0};
    if (open_sockets(network, &err) == BP_OK)
        join(network);
    else
        leave(network, &err);
    collect_network_poll_soon(network);
}

void collect_open_network(CollectNetwork *network)
{
    char bound[sizeof network->sockets.bound];
    write_bound(network->cfg, bound, sizeof bound);
    if (network->sockets.bip && strcmp(bound, network->sockets.bound) == 0)
        return;
    memcpy(network->sockets.bound, bound, sizeof bound);
    network->sockets.retry_us = 0;
    try_to_open(network);
}

void collect_look_at_network(void *owner)
{
    CollectNetwork *network = owner;
    BpError err = {0};
    if (!network->sockets.bip) {
        try_to_open(network);
        return;
    }
    network->sockets.looked_us = loop_now_us(network->loop);
    network->sockets.unsent = bip_counts(network->sockets.bip).dropped;
    switch (bip_look(network->sockets.bip, &err)) {
    case BP_OK: look_later(network, LOOK_EVERY_US); break;
    case BP_CONFLICT: try_to_open(network); break;
    default: leave(network, &err); collect_network_poll_soon(network);
    }
}

/* What cannot be sent may tell that before the next look is due. */
void collect_doubt_network(CollectNetwork *network)
{
    if (network->sockets.bip && bip_counts(network->sockets.bip).dropped != network->sockets.unsent &&
        loop_now_us(network->loop) - network->sockets.looked_us >= LOOK_AGAIN_US)
        collect_look_at_network(network);
}
