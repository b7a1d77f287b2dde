#include "apps/collect/network/parts.h"
#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

enum { LEAVE_S = 2 };

static void on_poll_due(void *owner)
{
    CollectNetwork *network = owner;
    collect_doubt_network(network);
    collect_poll_advance(network->poller, loop_now_us(network->loop));
    collect_own_device_advance(&network->own, loop_now_us(network->loop));
    collect_settle(network);
    collect_network_poll_soon(network);
    BP_INVARIANT(collect_network_check(network));
}

CollectNetwork *collect_network_new(const CollectNetworkOptions *options)
{
    CollectNetwork *network = calloc(1, sizeof *network);
    if (!network)
        abort();
    network->options = *options;
    network->loop = options->loop;
    network->poller = options->poller;
    network->cfg = options->cfg;
    network->poll_timer = loop_timer_new(network->loop, on_poll_due, network);
    network->search.timer = loop_timer_new(network->loop, collect_discover, network);
    network->sockets.timer = loop_timer_new(network->loop, collect_look_at_network, network);
    network->found.newcomers = collect_newcomers_new();
    network->sockets.is_off = true;
    collect_poll_leave(network->poller, loop_now_us(network->loop));
    collect_begin_own_device(network);
    collect_begin_routes(network);
    return network;
}

void collect_network_take_leave(CollectNetwork *network)
{
    int64_t now_us = loop_now_us(network->loop);
    const int64_t end_us = now_us + LEAVE_S * BP_SECOND;
    collect_poll_take_leave(network->poller, now_us);
    collect_network_poll_soon(network);
    for (; !collect_poll_has_taken_leave(network->poller) && now_us < end_us;
         now_us = loop_now_us(network->loop))
        loop_run_once(network->loop, end_us - now_us);
}

static void send_own(void *owner, const BacAddress *to, BpStr datagram)
{
    collect_network_send(owner, to, datagram);
}

void collect_begin_own_device(CollectNetwork *network)
{
    const Cfg *cfg = network->cfg;
    const CollectOwnDeviceOptions options = {.owner = network,
                                             .send = send_own,
                                             .instance = (uint32_t)cfg->bacnet_instance,
                                             .site = cfg->site,
                                             .version = BACPIPES_VERSION,
                                             .timeout_us = cfg->bacnet_timeout,
                                             .retries = (uint32_t)cfg->bacnet_retries};
    collect_own_device_init(&network->own, &options);
}

static void close_timer(LoopTimer **timer)
{
    loop_timer_free(*timer);
    *timer = NULL;
}

void collect_network_close(CollectNetwork *network)
{
    close_timer(&network->search.timer);
    close_timer(&network->poll_timer);
    close_timer(&network->sockets.timer);
    bip_free(network->sockets.bip);
    network->sockets.bip = NULL;
}

void collect_network_free(CollectNetwork *network)
{
    if (!network)
        return;
    collect_network_close(network);
    collect_newcomers_free(network->found.newcomers);
    free(network);
}

void collect_network_set(CollectNetwork *network)
{
    collect_begin_own_device(network);
    collect_open_network(network);
    collect_look_anew(network);
    BP_INVARIANT(collect_network_check(network));
}

void collect_network_site_known(CollectNetwork *network)
{
    network->search.site_is_known = true;
    collect_discover(network);
}

void collect_network_poll_soon(CollectNetwork *network)
{
    const int64_t poller_us = collect_poll_next_due_us(network->poller),
                  own_us = collect_own_device_next_due_us(&network->own);
    loop_timer_set(network->poll_timer, poller_us < own_us ? poller_us : own_us);
}

void collect_network_now_and_then(CollectNetwork *network)
{
    bac_routes_expire(&network->behind.routes, loop_now_us(network->loop));
    collect_begin_scans(network);
    collect_tell_forwarder(network);
    collect_look_behind(network);
    collect_ask_missed(network);
    BP_INVARIANT(collect_network_check(network));
}

void collect_network_send(CollectNetwork *network, const BacAddress *to, BpStr datagram)
{
    if (network->sockets.bip)
        bip_send(network->sockets.bip, to, datagram);
}

void collect_receive(void *owner, const BacDatagram *datagram)
{
    CollectNetwork *network = owner;
    const int64_t now_us = loop_now_us(network->loop);
    bac_routes_take(&network->behind.routes, datagram, now_us);
    if (datagram->has_apdu && datagram->apdu.type == BAC_UNCONFIRMED_REQUEST &&
        datagram->apdu.service == BAC_SERVICE_UNCONFIRMED_I_AM)
        collect_take_i_am(network, datagram);
    else if (!collect_poll_receive(network->poller, datagram, now_us))
        collect_own_device_receive(&network->own, datagram, now_us);
    collect_settle(network);
    collect_network_poll_soon(network);
    BP_INVARIANT(collect_network_check(network));
}

CollectNetworkFigures collect_network_figures(const CollectNetwork *network)
{
    CollectNetworkFigures figures = {.is_open = network->sockets.bip != NULL,
                                     .reason = network->sockets.no_network,
                                     .devices_left_out = network->found.left_out,
                                     .newcomers = *collect_newcomers_counts(network->found.newcomers),
                                     .newcomers_waiting =
                                         collect_newcomers_waiting(network->found.newcomers)};
    if (figures.is_open) {
        figures.address = bip_address(network->sockets.bip);
        figures.bip = bip_counts(network->sockets.bip);
    }
    return figures;
}

void collect_network_check(const CollectNetwork *network)
{
    size_t read_out = 0, newcomers = 0;
    for (const CollectDevice *device = collect_poll_devices(network->poller); device; device = device->next) {
        read_out += collect_device_is_read_out(device);
        newcomers += device->is_newcomer;
    }
    assert(network->scans.under_way == read_out);
    assert(newcomers == collect_newcomers_asked(network->found.newcomers));
    assert(network->sockets.is_off == !network->sockets.bip);
    collect_newcomers_check(network->found.newcomers);
}
