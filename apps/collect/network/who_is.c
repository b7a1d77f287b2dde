/* Who is there: everybody is asked now and then, and some by name. */
#include "apps/collect/network/parts.h"
#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

enum { MISSED_AGAIN_S = 60 };

/* `who`: of these instances; NULL: everybody. */
static void send_who_is(const CollectNetwork *network, const BacAddress *to, BacBvlcFunction function,
                        const BacWhoIs *who)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_IS};
    const BacWhoIs everybody = {0};
    const size_t begin = bac_datagram_begin(&out, function, to, NULL, false, &apdu);
    bac_who_is_encode(&out, who ? who : &everybody);
    bac_datagram_end(&out, begin);
    bip_send(network->sockets.bip, to, bp_buf_text(&out));
}

static void broadcast_who_is(const CollectNetwork *network, const BacWhoIs *who)
{
    BacAddress everywhere = bip_broadcast_address(network->sockets.bip);
    everywhere.remote.network = BAC_NETWORK_BROADCAST; /* routers carry it on to their networks */
    send_who_is(network, &everywhere, BAC_BVLC_ORIGINAL_BROADCAST, who);
}

void collect_ask_who(const CollectNetwork *network, const BacAddress *whom)
{
    if (network->sockets.bip)
        send_who_is(network, whom, BAC_BVLC_ORIGINAL_UNICAST, NULL);
}

void collect_ask_for(const CollectNetwork *network, uint32_t instance)
{
    const BacWhoIs who = {.has_range = true, .low = instance, .high = instance};
    if (network->sockets.bip)
        broadcast_who_is(network, &who);
}

/* Of setting discovery.targets: addresses with blanks between them. */
static void ask_targets(CollectNetwork *network, const BacWhoIs *who)
{
    snprintf(network->search.targets, sizeof network->search.targets, "%s", network->cfg->discovery_targets);
    BpStr rest = bp_str(network->cfg->discovery_targets);
    while (rest.size) {
        const BpStr word = bp_str_trim(bp_str_cut(bp_str_trim(rest), ' ', &rest));
        BacAddress address;
        BpError err;
        if (word.size == 0)
            continue;
        if (bac_address_parse(word, &address, &err) == BP_OK)
            send_who_is(network, &address, BAC_BVLC_ORIGINAL_UNICAST, who);
        else
            bp_log(BP_LOG_WARNING, "discovery.targets: %s", err.text);
    }
}

void collect_ask_range(CollectNetwork *network, const BacWhoIs *who)
{
    network->search.asked_at_us = loop_now_us(network->loop);
    broadcast_who_is(network, who);
    ask_targets(network, who);
    collect_ask_routers(network);
}

void collect_discover(void *owner)
{
    CollectNetwork *network = owner;
    network->search.looked_at_us = loop_now_us(network->loop);
    loop_timer_set(network->search.timer, network->search.looked_at_us + network->cfg->discovery_interval);
    if (!network->sockets.bip || !network->search.site_is_known || !network->cfg->discovery_enabled)
        return;
    collect_ask_range(network, NULL);
}

/* Settings are others now: addresses that were added are asked at once, and everybody where devices are to be
 * looked for again, or the new interval since the last time is over. */
void collect_look_anew(CollectNetwork *network)
{
    const bool looks = network->cfg->discovery_enabled;
    const bool is_new = looks && (!network->search.looks ||
                                  strcmp(network->search.targets, network->cfg->discovery_targets) != 0);
    network->search.looks = looks;
    if (!network->search.site_is_known)
        return;
    if (is_new)
        collect_discover(network);
    else
        loop_timer_set(network->search.timer,
                       network->search.looked_at_us + network->cfg->discovery_interval);
}

/* Some found no place while many said that they are there: those that are say so again. */
void collect_ask_missed(CollectNetwork *network)
{
    const int64_t now_us = loop_now_us(network->loop);
    if (now_us - network->search.missed_us < MISSED_AGAIN_S * BP_SECOND ||
        !collect_newcomers_missed(network->found.newcomers))
        return;
    network->search.missed_us = now_us;
    bp_log(BP_LOG_NOTICE,
           "more devices said that they are there than could be asked at once (%" PRIu64
           " so far): everybody is asked again",
           collect_newcomers_counts(network->found.newcomers)->left_out);
    collect_discover(network);
}
