#include "node/node.h"

#include "base/arena.h"
#include "base/parse.h"
#include "base/time.h"
#include "io/bip/bip.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRANSACTIONS = 4, BUCKETS = 256 };

int64_t node_within_us = 5 * BP_MINUTE;

struct Node {
    const Cfg *cfg;
    Loop *loop;
    Bip *bip;
    int64_t until_us; /* nothing is asked after that */
    BpArena arena;    /* peers */

    BacClient client;
    BacTransaction transactions[TRANSACTIONS];
    BacDue heap[TRANSACTIONS];
    BacPeer *buckets[BUCKETS];
    BacAssembly assembly;

    bool asking; /* a request is under way */
    BacOutcome outcome;
    BacRefusal refusal;
    uint8_t tries;
    uint64_t malformed_before; /* answers to it that break the rules are those above this */
    size_t body_size;
    uint8_t body[BAC_ANSWER_MAX];

    const NodeListener *listener; /* while it listens */
};

/* ---- what comes in ---- */

static void take_answer(Node *node, const BacAnswer *answer)
{
    node->asking = false;
    node->outcome = answer->outcome;
    node->refusal = answer->refusal;
    node->tries = answer->tries;
    node->body_size = 0;
    if (answer->outcome != BAC_ANSWERED)
        return;
    node->body_size = bp_cursor_remaining(&answer->body);
    if (node->body_size)
        memcpy(node->body, answer->body.data + answer->body.offset, node->body_size);
}

static void take_i_am(Node *node, const BacDatagram *datagram)
{
    BacIAm i_am;
    BpCursor body = datagram->body;
    const BacWhoIs *asked = &node->listener->who_is;
    if (bac_i_am_decode(&body, &i_am, NULL) != BP_OK)
        return;
    if (asked->has_range && (i_am.instance < asked->low || i_am.instance > asked->high))
        return; /* it answers somebody else */
    if (!node->listener->on_i_am(node->listener->owner, &datagram->from, &i_am))
        node->listener = NULL;
}

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    Node *node = owner;
    BacAnswer answer;
    if (bac_client_receive(&node->client, datagram, loop_now_us(node->loop), &answer)) {
        take_answer(node, &answer);
        return;
    }
    if (node->listener && node->listener->on_datagram)
        node->listener->on_datagram(node->listener->owner, datagram);
    if (node->listener && node->listener->on_i_am && datagram->has_apdu &&
        datagram->apdu.type == BAC_UNCONFIRMED_REQUEST &&
        datagram->apdu.service == BAC_SERVICE_UNCONFIRMED_I_AM)
        take_i_am(node, datagram);
}

static void on_send(void *owner, const BacAddress *to, BpStr datagram)
{
    const Node *node = owner;
    bip_send(node->bip, to, datagram);
}

/* ---- making one ---- */

/* The settings have been checked: it is an address. */
static void read_ipv4(const char *text, uint8_t ret_ip[4])
{
    BacAddress address = {0};
    if (*text && bac_address_parse(bp_str(text), &address, NULL) != BP_OK)
        assert(!"a setting of kind IPV4 is an address");
    memcpy(ret_ip, address.ip, 4);
}

/* Beside a program that has our port: unicast answers come to a port of our own, broadcast ones to the socket
 * that is shared. */
static Bip *open_beside(Node *node, BipOptions options, const BpError *why, BpError *err)
{
    options.bind.port = 0;
    options.broadcast_may_fail = true;
    Bip *bip = bip_new(node->loop, &options, err);
    if (bip && !bip_hears_broadcasts(bip))
        fprintf(stderr,
                "%s. Only devices that answer to us alone are heard; others can be asked by their address.\n",
                why->text);
    return bip;
}

enum { REGISTER_TTL_S = 60, REGISTER_WAIT_S = 3 };

/* Or nobody has answered for long enough. */
static void on_registered(void *owner)
{
    Node *node = owner;
    loop_stop(node->loop);
}

/* A foreign device's broadcasts go nowhere before it is registered. */
static BpStatus register_first(Node *node, BpError *err)
{
    const BacForeign *foreign = bip_foreign(node->bip);
    if (!foreign)
        return BP_OK;
    LoopTimer *timer = loop_timer_new(node->loop, on_registered, node);
    loop_timer_set(timer, loop_now_us(node->loop) + REGISTER_WAIT_S * BP_SECOND);
    loop_run(node->loop);
    loop_timer_free(timer);
    if (foreign->is_registered)
        return BP_OK;
    return bp_fail(err, BP_TIMEOUT, "the BBMD %s %s the registration as a foreign device",
                   node->cfg->bacnet_bbmd, foreign->is_refused ? "refuses" : "does not answer");
}

static Bip *open_bip(Node *node, BpError *err)
{
    const uint16_t port = (uint16_t)node->cfg->bacnet_port;
    BipOptions options = {.bind.port = port,
                          .broadcast.port = port,
                          .owner = node,
                          .on_datagram = on_datagram,
                          .ttl_s = REGISTER_TTL_S,
                          .on_registered = on_registered};
    if (*node->cfg->bacnet_bbmd &&
        bac_address_parse(bp_str(node->cfg->bacnet_bbmd), &options.bbmd, err) != BP_OK)
        return NULL;
    if (bip_parse_bbmds(bp_str(node->cfg->bacnet_bbmds), &options, err) != BP_OK)
        return NULL;
    read_ipv4(node->cfg->bacnet_address, options.bind.ip);
    read_ipv4(node->cfg->bacnet_broadcast, options.broadcast.ip);
    Bip *bip = bip_new(node->loop, &options, err);
    if (!bip && err->status == BP_CONFLICT) {
        const BpError why = *err;
        bip = open_beside(node, options, &why, err);
    }
    return bip;
}

BpStatus node_new(const Cfg *cfg, Node **ret_node, BpError *err)
{
    Node *node = calloc(1, sizeof *node);
    if (!node)
        abort();
    node->cfg = cfg;
    node->loop = loop_new();
    node->until_us = loop_now_us(node->loop) + node_within_us;
    bac_client_init(&node->client, &(BacClientOptions){.owner = node,
                                                       .send = on_send,
                                                       .transactions = node->transactions,
                                                       .heap = node->heap,
                                                       .transaction_count = TRANSACTIONS,
                                                       .buckets = node->buckets,
                                                       .bucket_count = BUCKETS,
                                                       .assemblies = &node->assembly,
                                                       .assembly_count = 1,
                                                       .segment_timeout_us = 2 * BP_SECOND,
                                                       .seed = (uint64_t)bp_wall_us()});
    node->bip = open_bip(node, err);
    if (!node->bip || register_first(node, err) != BP_OK) {
        node_free(node);
        return err->status;
    }
    *ret_node = node;
    return BP_OK;
}

void node_free(Node *node)
{
    if (!node)
        return;
    bip_free(node->bip);
    loop_free(node->loop);
    bp_arena_done(&node->arena);
    free(node);
}

bool node_hears_broadcasts(const Node *node)
{
    return bip_hears_broadcasts(node->bip);
}

/* ---- looking for devices ---- */

void node_tell(Node *node, const BacAddress *to, bool is_broadcast, BacUnconfirmedService service,
               BpStr parameters)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = (uint8_t)service};
    const size_t begin = bac_datagram_begin(
        &out, is_broadcast ? BAC_BVLC_ORIGINAL_BROADCAST : BAC_BVLC_ORIGINAL_UNICAST, to, NULL, false, &apdu);
    bp_buf_str(&out, parameters);
    bac_datagram_end(&out, begin);
    if (!out.failed)
        bip_send(node->bip, to, bp_buf_text(&out));
}

static void send_who_is(Node *node, const BacWhoIs *who_is, const BacAddress *to, bool is_broadcast)
{
    uint8_t memory[16];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_who_is_encode(&out, who_is);
    node_tell(node, to, is_broadcast, BAC_SERVICE_UNCONFIRMED_WHO_IS, bp_buf_text(&out));
}

void node_who_is_everyone(Node *node, const NodeListener *listener)
{
    BacAddress everyone = bip_broadcast_address(node->bip);
    everyone.remote.network = BAC_NETWORK_BROADCAST;
    send_who_is(node, &listener->who_is, &everyone, true);
}

void node_who_is(Node *node, const NodeListener *listener, const BacAddress *target)
{
    send_who_is(node, &listener->who_is, target, false);
}

void node_listen(Node *node, const NodeListener *listener, int64_t wait_us)
{
    const int64_t end_us = loop_now_us(node->loop) + wait_us;
    node->listener = listener;
    for (int64_t now_us; node->listener && (now_us = loop_now_us(node->loop)) < end_us;)
        loop_run_once(node->loop, end_us - now_us);
    node->listener = NULL;
}

void node_send(Node *node, const BacAddress *to, BpStr datagram)
{
    bip_send(node->bip, to, datagram);
}

BacAddress node_broadcast_address(const Node *node)
{
    return bip_broadcast_address(node->bip);
}

BacAddress node_stranger(const Node *node)
{
    return bip_counts(node->bip).stranger;
}

BacAddress node_address(const Node *node)
{
    return bip_address(node->bip);
}

Loop *node_loop(const Node *node)
{
    return node->loop;
}

/* ---- asking one ---- */

BacPeer *node_peer(Node *node, const BacAddress *address, uint16_t max_apdu)
{
    BacPeer *peer = bac_client_find(&node->client, address);
    if (peer)
        return peer;
    peer = bp_arena_take(&node->arena, sizeof *peer);
    peer->address = *address;
    peer->max_apdu = max_apdu;
    const BpStatus status = bac_client_add(&node->client, peer, NULL);
    assert(status == BP_OK); /* it was not there */
    return peer;
}

static BpStatus describe_outcome(const Node *node, const BacPeer *peer, BpError *err)
{
    char address[BAC_ADDRESS_TEXT_MAX], refusal[BAC_REFUSAL_TEXT_MAX], timeout[BP_TIME_TEXT_MAX];
    bac_address_format(&peer->address, address);
    if (node->outcome == BAC_REFUSED)
        return bp_fail(err, BP_REFUSED, "%s says %s", address, bac_refusal_format(node->refusal, refusal));
    if (node->client.counts.malformed > node->malformed_before)
        return bp_fail(err, BP_MALFORMED, "%s answers, and each answer breaks BACnet's rules", address);
    return bp_fail(err, BP_TIMEOUT, "%s did not answer %d %s, %s each", address, node->tries,
                   node->tries == 1 ? "time" : "tries",
                   bp_interval_format(node->cfg->bacnet_timeout, timeout));
}

/* The request goes on in the client; nobody waits for it, and no other one follows. */
static BpStatus tell_over(const BacPeer *peer, BpError *err)
{
    char address[BAC_ADDRESS_TEXT_MAX], within[BP_TIME_TEXT_MAX];
    return bp_fail(err, BP_TIMEOUT, "%s has not answered all questions within %s: --within gives it longer",
                   bac_address_format(&peer->address, address), bp_interval_format(node_within_us, within));
}

BpStatus node_ask(Node *node, BacPeer *peer, BacConfirmedService service, BpStr parameters, NodeTries tries,
                  BpCursor *ret_body, BacRefusal *ret_refusal, BpError *err)
{
    const BacRequest request = {.service = (uint8_t)service,
                                .parameters = parameters,
                                .timeout_us = node->cfg->bacnet_timeout,
                                .retries = tries == NODE_ONCE ? 0 : (uint8_t)node->cfg->bacnet_retries};
    if (loop_now_us(node->loop) >= node->until_us)
        return tell_over(peer, err);
    const BpStatus status = bac_client_request(&node->client, peer, &request, loop_now_us(node->loop), err);
    if (status != BP_OK)
        return status;
    node->asking = true;
    node->malformed_before = node->client.counts.malformed;
    while (node->asking) {
        BacAnswer answer;
        const int64_t now_us = loop_now_us(node->loop), due_us = bac_client_next_due_us(&node->client);
        if (now_us >= node->until_us)
            return tell_over(peer, err);
        if (due_us > now_us)
            loop_run_once(node->loop, (due_us < node->until_us ? due_us : node->until_us) - now_us);
        while (node->asking && bac_client_expire(&node->client, loop_now_us(node->loop), &answer))
            take_answer(node, &answer);
    }
    *ret_refusal = node->refusal;
    *ret_body = bp_cursor(node->body, node->body_size);
    return node->outcome == BAC_ANSWERED ? BP_OK : describe_outcome(node, peer, err);
}

BpStatus node_blame(const BacPeer *peer, BpError *err)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    return bp_within(err, "%s sent an answer that breaks BACnet's rules",
                     bac_address_format(&peer->address, address));
}

void node_wait(Node *node, int64_t wait_us)
{
    const int64_t end_us = loop_now_us(node->loop) + wait_us;
    for (int64_t now_us; (now_us = loop_now_us(node->loop)) < end_us;)
        loop_run_once(node->loop, end_us - now_us);
}
