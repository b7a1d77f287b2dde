/* Requests under way. From the top down: peers, sending, how a request ends, segmented answers, and what the
 * header promises. */
#include "bacnet/talk/client.h"

#include "bacnet/talk/match.h"
#include "base/invariant.h"
#include "base/random.h"

#include <assert.h>

/* Octets of a confirmed request in front of its parameters, and of each of its segments (clause 20.1.2). */
enum { REQUEST_HEADER = 4, SEGMENT_HEADER = 6 };

enum { SEGMENT_TIMEOUTS = 4, SEGMENT_RETRIES = 3 };

/* ---- peers and their transactions ---- */

static BacPeer **bucket(const BacClient *client, const BacAddress *address)
{
    return &client->options.buckets[bac_address_hash(address) & (client->options.bucket_count - 1)];
}

BacPeer *bac_client_find(const BacClient *client, const BacAddress *address)
{
    BacPeer *peer = *bucket(client, address);
    while (peer && !bac_address_equal(&peer->address, address))
        peer = peer->own.next_in_bucket;
    return peer;
}

static BacTransaction *find_transaction(const BacClient *client, const BacPeer *peer, uint8_t invoke_id)
{
    const uint16_t number = peer->own.numbers[invoke_id];
    return number ? &client->options.transactions[number - 1] : NULL;
}

/* Gives a free transaction to the peer. NULL: `err` says what is short. */
static BacTransaction *begin_transaction(BacClient *client, BacPeer *peer, BpError *err)
{
    BacTransaction *transaction = client->free;
    if (!transaction) {
        bp_fail(err, BP_FULL, "%zu requests are outstanding, no more fit", client->dues.size);
        return NULL;
    }
    const BacRest *const rests[] = {&peer->own.rest_of_copies, &peer->own.rest_of_all};
    const uint8_t id = bac_invoke_ids_next(peer->own.last_invoke_id, &peer->own.in_use, rests, 2);
    if (id == 0) {
        char address[BAC_ADDRESS_TEXT_MAX];
        bp_fail(err, BP_FULL, "all invoke IDs for %s are in use or resting",
                err ? bac_address_format(&peer->address, address) : "");
        return NULL;
    }
    client->free = transaction->next_free;
    peer->own.last_invoke_id = id;
    peer->own.numbers[id] = (uint16_t)(transaction - client->options.transactions + 1);
    bac_invoke_ids_add(&peer->own.in_use, id);
    bac_invoke_ids_remove(&peer->own.answered, id);
    peer->outstanding++;
    transaction->peer = peer;
    transaction->invoke_id = id;
    transaction->assembly = NULL;
    return transaction;
}

static void drop_assembly(BacTransaction *transaction)
{
    transaction->assembly->in_use = false;
    transaction->assembly = NULL;
    transaction->peer->assembling--;
}

static void end_transaction(BacClient *client, BacTransaction *transaction)
{
    BacPeer *peer = transaction->peer;
    bac_dues_remove(&client->dues, transaction);
    peer->own.numbers[transaction->invoke_id] = 0;
    bac_invoke_ids_remove(&peer->own.in_use, transaction->invoke_id);
    peer->outstanding--;
    if (transaction->assembly)
        drop_assembly(transaction);
    transaction->next_free = client->free;
    client->free = transaction;
}

/* The caller is done with the answer that was put together there. */
static void take_back_assembly(BacClient *client)
{
    if (client->lent)
        client->lent->in_use = false;
    client->lent = NULL;
}

/* ---- sending ---- */

static void send_apdu(BacClient *client, const BacAddress *to, const BacApdu *apdu, BpStr parameters)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const bool expecting_reply = apdu->type == BAC_CONFIRMED_REQUEST;
    const size_t begin = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, to, NULL, expecting_reply, apdu);
    bp_buf_str(&out, parameters);
    bac_datagram_end(&out, begin);
    assert(!out.failed);
    client->options.send(client->options.owner, to, bp_buf_text(&out));
}

static BacApdu request_header(const BacClient *client, const BacTransaction *transaction)
{
    const bool takes_segments = client->options.assembly_count > 0;
    return (BacApdu){.type = BAC_CONFIRMED_REQUEST,
                     .segmented_response_accepted = takes_segments,
                     .max_segments = takes_segments ? 65 : 0,
                     .max_apdu = BAC_APDU_MAX,
                     .invoke_id = transaction->invoke_id,
                     .service = transaction->service};
}

/* The window's segments (5.4.4.2). */
static void send_segments(BacClient *client, const BacTransaction *transaction)
{
    BacApdu apdu = request_header(client, transaction);
    BpStr part;
    for (uint32_t i = 0;
         bac_segment_sender_next(&transaction->sender, i, transaction->parameters, &apdu, &part); i++)
        send_apdu(client, &transaction->peer->address, &apdu, part);
}

static bool is_sending(const BacTransaction *transaction)
{
    return bac_segment_sender_is_under_way(&transaction->sender);
}

/* Sends it, or begins to; returns how long to wait for what comes back. */
static int64_t send_try(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    transaction->sent_at_us = now_us;
    transaction->tries++;
    if (transaction->segment_size == 0) {
        const BacApdu apdu = request_header(client, transaction);
        send_apdu(client, &transaction->peer->address, &apdu, transaction->parameters);
        return transaction->timeout_us;
    }
    const BacSegmentSending sending = {.size = transaction->parameters.size,
                                       .segment_size = transaction->segment_size,
                                       .window = BAC_WINDOW,
                                       .retries = SEGMENT_RETRIES};
    bac_segment_sender_begin(&transaction->sender, &sending);
    send_segments(client, transaction);
    return client->options.segment_timeout_us;
}

static void send_abort(BacClient *client, const BacPeer *peer, uint8_t invoke_id, BacAbortReason reason)
{
    const BacApdu apdu = {.type = BAC_ABORT, .invoke_id = invoke_id, .reason = (uint8_t)reason};
    send_apdu(client, &peer->address, &apdu, (BpStr){0});
}

static BpCursor request_of(const BacTransaction *transaction)
{
    return bp_cursor(transaction->parameters.data, transaction->parameters.size);
}

/* ---- ends of a request ---- */

/* `answer` says how it ended; the rest is filled in here. Always true: one has ended. */
static bool finish(BacClient *client, BacTransaction *transaction, int64_t now_us, BacAnswer answer,
                   BacAnswer *ret_answer)
{
    BacPeer *peer = transaction->peer;
    const bool silent = answer.outcome == BAC_SILENT;
    answer.peer = peer;
    answer.context = transaction->context;
    answer.service = transaction->service;
    answer.request = request_of(transaction);
    answer.round_trip_us = silent ? 0 : now_us - transaction->sent_at_us;
    answer.tries = transaction->tries;
    if (!silent)
        bac_invoke_ids_add(&peer->own.answered, transaction->invoke_id);
    if (silent || transaction->tries > 1)
        bac_rest_add(&peer->own.rest_of_copies, transaction->invoke_id, now_us,
                     transaction->timeout_us * transaction->tries);
    bac_rest_add(&peer->own.rest_of_all, transaction->invoke_id, now_us, client->options.rest_us);
    client->lent = transaction->assembly;
    if (transaction->assembly) {
        transaction->assembly = NULL;
        peer->assembling--;
    }
    end_transaction(client, transaction);
    *ret_answer = answer;
    return true;
}

static bool refuse(BacClient *client, BacTransaction *transaction, int64_t now_us, BacRefusal refusal,
                   BacAnswer *ret_answer)
{
    switch (refusal.kind) {
    case BAC_REFUSED_ERROR: client->counts.errors++; break;
    case BAC_REFUSED_REJECT: client->counts.rejects++; break;
    default: client->counts.aborts++; break;
    }
    return finish(client, transaction, now_us, (BacAnswer){.outcome = BAC_REFUSED, .refusal = refusal},
                  ret_answer);
}

/* Aborts an answer that we cannot take. */
static bool refuse_here(BacClient *client, BacTransaction *transaction, int64_t now_us, BacAbortReason reason,
                        BacAnswer *ret_answer)
{
    const BacRefusal refusal = {.kind = BAC_REFUSED_ABORT, .code = (uint16_t)reason};
    send_abort(client, transaction->peer, transaction->invoke_id, reason);
    client->counts.aborts++;
    return finish(client, transaction, now_us,
                  (BacAnswer){.outcome = BAC_REFUSED, .refusal = refusal, .refused_here = true}, ret_answer);
}

static bool take_whole(BacClient *client, BacTransaction *transaction, int64_t now_us, BpCursor body,
                       BacAnswer *ret_answer)
{
    switch (bac_match_answer(transaction->service, request_of(transaction), body)) {
    case BAC_MATCHES:
        client->counts.answers++;
        return finish(client, transaction, now_us, (BacAnswer){.outcome = BAC_ANSWERED, .body = body},
                      ret_answer);
    case BAC_IS_FOREIGN: client->counts.foreign++; break;
    case BAC_IS_MALFORMED: client->counts.malformed++; break;
    }
    return false;
}

/* ---- segmented answers (clause 5.4.4.4) ---- */

/* What was put together in vain is forgotten, and the request waits for another answer. */
static void give_up_assembly(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    drop_assembly(transaction);
    bac_dues_move(&client->dues, transaction, now_us + transaction->timeout_us);
}

/* One device has half of them at most, so that it keeps none of the others waiting. */
static BacAssembly *take_assembly(BacClient *client, BacPeer *peer)
{
    if (peer->assembling >= (client->options.assembly_count + 1) / 2)
        return NULL;
    for (size_t i = 0; i < client->options.assembly_count; i++) {
        BacAssembly *assembly = &client->options.assemblies[i];
        if (!assembly->in_use) {
            assembly->in_use = true;
            peer->assembling++;
            return assembly;
        }
    }
    return NULL;
}

/* Only segments in order keep the answer alive: repeated ones do not. */
static void wait_for_next_segment(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    const int64_t next_by_us = now_us + SEGMENT_TIMEOUTS * client->options.segment_timeout_us;
    bac_dues_move(&client->dues, transaction,
                  next_by_us < transaction->assembled_by_us ? next_by_us : transaction->assembled_by_us);
}

static bool take_segment_in(BacClient *client, BacTransaction *transaction, const BacDatagram *datagram,
                            int64_t now_us, BacAnswer *ret_answer)
{
    BacSegmentReceiver *receiver = &transaction->assembly->receiver;
    bool acknowledges;
    BacApdu ack;
    const BacSegmentKind kind =
        bac_segment_receiver_take(receiver, &datagram->apdu, datagram->body, &acknowledges, &ack);
    if (acknowledges)
        send_apdu(client, &transaction->peer->address, &ack, (BpStr){0});
    switch (kind) {
    case BAC_SEGMENT_TAKEN: wait_for_next_segment(client, transaction, now_us); return false;
    case BAC_SEGMENT_LAST: break;
    case BAC_SEGMENT_REPEATED: client->counts.duplicates++; return false;
    case BAC_SEGMENT_AHEAD: return false;
    case BAC_SEGMENT_EMPTY: client->counts.malformed++; return false;
    case BAC_SEGMENT_TOO_MUCH:
        return refuse_here(client, transaction, now_us, BAC_ABORT_BUFFER_OVERFLOW, ret_answer);
    }
    wait_for_next_segment(client, transaction, now_us);
    const BpBuf *answer = &receiver->whole;
    if (take_whole(client, transaction, now_us, bp_cursor(answer->data, answer->size), ret_answer))
        return true;
    give_up_assembly(client, transaction, now_us);
    return false;
}

static bool take_segment(BacClient *client, BacTransaction *transaction, const BacDatagram *datagram,
                         int64_t now_us, BacAnswer *ret_answer)
{
    const BacApdu *apdu = &datagram->apdu;
    if (!transaction->assembly && apdu->sequence != 0) {
        client->counts.foreign++; /* the end of an earlier answer */
        return false;
    }
    if (apdu->window == 0 || apdu->window > BAC_SEGMENT_WINDOW_MAX)
        return refuse_here(client, transaction, now_us, BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE, ret_answer);
    if (!transaction->assembly) {
        BacAssembly *assembly = take_assembly(client, transaction->peer);
        if (!assembly)
            return refuse_here(client, transaction, now_us, BAC_ABORT_OUT_OF_RESOURCES, ret_answer);
        transaction->assembly = assembly;
        transaction->assembled_by_us = now_us + BAC_ANSWER_TIMEOUTS * client->options.segment_timeout_us;
        bac_segment_receiver_begin(&assembly->receiver, bp_buf(assembly->octets, sizeof assembly->octets),
                                   apdu->window, BAC_WINDOW);
    }
    return take_segment_in(client, transaction, datagram, now_us, ret_answer);
}

/* ---- segmented requests (clause 5.4.4.2) ---- */

static void take_segment_ack(BacClient *client, BacTransaction *transaction, const BacApdu *ack,
                             int64_t now_us)
{
    switch (bac_segment_sender_acknowledge(&transaction->sender, ack)) {
    case BAC_ACK_IS_OLD:
    case BAC_ACK_IS_IMPOSSIBLE: client->counts.duplicates++; break;
    case BAC_ACK_ASKS_AGAIN:
        if (bac_segment_sender_retry(&transaction->sender))
            send_segments(client, transaction);
        break;
    case BAC_ACK_GOES_ON:
        send_segments(client, transaction);
        bac_dues_move(&client->dues, transaction, now_us + client->options.segment_timeout_us);
        break;
    case BAC_ACK_IS_LAST:
        transaction->sent_at_us = now_us;
        bac_dues_move(&client->dues, transaction, now_us + transaction->timeout_us);
        break;
    }
}

/* A window that was not acknowledged goes out again. False: it has often enough. */
static bool send_segments_again(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    if (!bac_segment_sender_retry(&transaction->sender))
        return false;
    client->counts.retries++;
    send_segments(client, transaction);
    bac_dues_move(&client->dues, transaction, now_us + client->options.segment_timeout_us);
    return true;
}

/* ---- what comes in ---- */

/* An answer to no request that waits. A device that sends segments is told to stop (5.4.4.1), but only one
 * that we know. */
static void count_stray(BacClient *client, BacPeer *peer, const BacApdu *apdu, int64_t now_us)
{
    if (peer)
        bac_rest_expire(&peer->own.rest_of_copies, now_us);
    const uint8_t id = apdu->invoke_id;
    if (peer && bac_invoke_ids_has(&peer->own.answered, id))
        client->counts.duplicates++;
    else if (peer && bac_rest_has(&peer->own.rest_of_copies, id))
        client->counts.late++;
    else
        client->counts.foreign++;
    if (peer && apdu->segmented)
        send_abort(client, peer, id, BAC_ABORT_INVALID_APDU_IN_THIS_STATE);
}

static bool take_error(BacClient *client, BacTransaction *transaction, int64_t now_us, BpCursor body,
                       BacAnswer *ret_answer)
{
    BacRefusal refusal;
    if (bac_error_decode(&body, &refusal, NULL) == BP_OK)
        return refuse(client, transaction, now_us, refusal, ret_answer);
    client->counts.malformed++;
    return false;
}

static bool take_refusal(BacClient *client, BacTransaction *transaction, int64_t now_us, const BacApdu *apdu,
                         BacAnswer *ret_answer)
{
    const BacRefusal refusal = {
        .kind = apdu->type == BAC_REJECT ? BAC_REFUSED_REJECT : BAC_REFUSED_ABORT,
        .code = apdu->reason,
    };
    return refuse(client, transaction, now_us, refusal, ret_answer);
}

static bool is_answer(const BacDatagram *datagram)
{
    if (!datagram->has_apdu)
        return false;
    switch (datagram->apdu.type) {
    case BAC_CONFIRMED_REQUEST:
    case BAC_UNCONFIRMED_REQUEST: return false;
    case BAC_SEGMENT_ACK:
    case BAC_ABORT: return datagram->apdu.from_server; /* a client's are for our own server */
    default: return true;
    }
}

/* Whether this kind of answer can be the one that is waited for now. */
static bool is_awaited(const BacTransaction *transaction, const BacApdu *apdu)
{
    const bool whole_only = !transaction->assembly;
    /* Before all of it has been sent there is no answer to it; the last SegmentACK may be overtaken. */
    if (!bac_segment_sender_may_be_whole(&transaction->sender) &&
        (apdu->type == BAC_SIMPLE_ACK || apdu->type == BAC_COMPLEX_ACK || apdu->type == BAC_ERROR))
        return false;
    switch (apdu->type) {
    case BAC_SEGMENT_ACK: return is_sending(transaction);
    case BAC_SIMPLE_ACK:
        return whole_only && apdu->service == transaction->service &&
               !bac_match_has_parameters(apdu->service);
    case BAC_COMPLEX_ACK:
        return (whole_only || apdu->segmented) && apdu->service == transaction->service &&
               bac_match_has_parameters(apdu->service);
    case BAC_ERROR: return whole_only && apdu->service == transaction->service;
    case BAC_REJECT: return whole_only;
    case BAC_ABORT: return true;
    default: return false;
    }
}

bool bac_client_receive(BacClient *client, const BacDatagram *datagram, int64_t now_us, BacAnswer *ret_answer)
{
    assert(client && datagram && ret_answer);
    take_back_assembly(client);
    BP_INVARIANT(bac_client_check(client));
    if (!is_answer(datagram))
        return false;
    const BacApdu *apdu = &datagram->apdu;
    BacPeer *peer = bac_client_find(client, &datagram->from);
    BacTransaction *transaction = peer ? find_transaction(client, peer, apdu->invoke_id) : NULL;
    if (!transaction) {
        count_stray(client, peer, apdu, now_us);
        return false;
    }
    if (!is_awaited(transaction, apdu)) {
        client->counts.foreign++;
        return false;
    }
    switch (apdu->type) {
    case BAC_SEGMENT_ACK: take_segment_ack(client, transaction, apdu, now_us); return false;
    case BAC_ERROR: return take_error(client, transaction, now_us, datagram->body, ret_answer);
    case BAC_REJECT:
    case BAC_ABORT: return take_refusal(client, transaction, now_us, apdu, ret_answer);
    default: break;
    }
    if (apdu->segmented)
        return take_segment(client, transaction, datagram, now_us, ret_answer);
    return take_whole(client, transaction, now_us, datagram->body, ret_answer);
}

/* ---- the rest of what the header promises ---- */

void bac_client_init(BacClient *client, const BacClientOptions *options)
{
    assert(options->send && options->transaction_count <= BAC_TRANSACTIONS_MAX);
    assert(options->bucket_count > 0 && (options->bucket_count & (options->bucket_count - 1)) == 0);
    *client = (BacClient){.options = *options, .dues.heap = options->heap};
    for (size_t i = options->transaction_count; i-- > 0;) {
        options->transactions[i].next_free = client->free;
        client->free = &options->transactions[i];
    }
    for (size_t i = 0; i < options->bucket_count; i++)
        options->buckets[i] = NULL;
    for (size_t i = 0; i < options->assembly_count; i++)
        options->assemblies[i].in_use = false;
}

BpStatus bac_client_add(BacClient *client, BacPeer *peer, BpError *err)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    if (bac_client_find(client, &peer->address))
        return bp_fail(err, BP_CONFLICT, "%s is asked already", bac_address_format(&peer->address, text));
    /* A peer that comes again starts elsewhere: answers to the one before it may still come. */
    const uint64_t seed = client->options.seed + client->peers_added++;
    BacPeer **first = bucket(client, &peer->address);
    *peer =
        (BacPeer){.address = peer->address,
                  .max_apdu = peer->max_apdu > BAC_APDU_MIN ? peer->max_apdu : BAC_APDU_MIN,
                  .takes_segments = peer->takes_segments,
                  .own = {.next_in_bucket = *first,
                          .last_invoke_id = (uint8_t)bp_hash(&peer->address, sizeof peer->address, seed)}};
    bac_rest_init(&peer->own.rest_of_copies);
    bac_rest_init(&peer->own.rest_of_all);
    *first = peer;
    client->peers++;
    return BP_OK;
}

void bac_client_remove(BacClient *client, BacPeer *peer)
{
    for (size_t id = 0; id < 256; id++) {
        BacTransaction *transaction = find_transaction(client, peer, (uint8_t)id);
        if (transaction)
            end_transaction(client, transaction);
    }
    BacPeer **link = bucket(client, &peer->address);
    while (*link != peer)
        link = &(*link)->own.next_in_bucket;
    *link = peer->own.next_in_bucket;
    client->peers--;
}

BpStatus bac_client_request(BacClient *client, BacPeer *peer, const BacRequest *request, int64_t now_us,
                            BpError *err)
{
    assert(request->timeout_us > 0);
    const size_t size = request->parameters.size;
    const bool in_segments = size > BAC_REQUEST_MAX || size + REQUEST_HEADER > peer->max_apdu;
    if (in_segments && (!peer->takes_segments || size > BAC_ANSWER_MAX))
        return bp_fail(err, BP_INVALID, "a request of %zu octets, where at most %u can be taken",
                       size + REQUEST_HEADER, peer->max_apdu < BAC_APDU_MAX ? peer->max_apdu : BAC_APDU_MAX);
    bac_rest_expire(&peer->own.rest_of_copies, now_us);
    bac_rest_expire(&peer->own.rest_of_all, now_us);
    BacTransaction *transaction = begin_transaction(client, peer, err);
    if (!transaction)
        return BP_FULL;
    transaction->context = request->context;
    transaction->service = request->service;
    transaction->timeout_us = request->timeout_us;
    transaction->tries_left = request->retries;
    transaction->tries = 0;
    transaction->parameters = request->parameters;
    if (size <= BAC_REQUEST_MAX) {
        memcpy(transaction->request, request->parameters.data ? request->parameters.data : "", size);
        transaction->parameters.data = (const char *)transaction->request;
    }
    transaction->sender = (BacSegmentSender){0};
    const uint16_t apdu = peer->max_apdu < BAC_APDU_MAX ? peer->max_apdu : BAC_APDU_MAX;
    transaction->segment_size = in_segments ? (uint16_t)(apdu - SEGMENT_HEADER) : 0;
    client->counts.requests++;
    bac_dues_add(&client->dues, transaction, now_us + send_try(client, transaction, now_us));
    return BP_OK;
}

bool bac_client_expire(BacClient *client, int64_t now_us, BacAnswer *ret_answer)
{
    take_back_assembly(client);
    while (client->dues.size > 0 && client->dues.heap[0].at_us <= now_us) {
        BacTransaction *transaction = client->dues.heap[0].transaction;
        if (is_sending(transaction) && send_segments_again(client, transaction, now_us))
            continue;
        if (transaction->assembly || transaction->tries_left == 0) {
            client->counts.silent++;
            return finish(client, transaction, now_us, (BacAnswer){.outcome = BAC_SILENT}, ret_answer);
        }
        transaction->tries_left--;
        client->counts.retries++;
        bac_dues_move(&client->dues, transaction, now_us + send_try(client, transaction, now_us));
    }
    return false;
}

int64_t bac_client_next_due_us(const BacClient *client)
{
    return client->dues.size > 0 ? client->dues.heap[0].at_us : INT64_MAX;
}

static void check_peer(const BacClient *client, const BacPeer *peer)
{
    uint16_t outstanding = 0, assembling = 0;
    for (size_t id = 0; id < 256; id++) {
        const BacTransaction *transaction = find_transaction(client, peer, (uint8_t)id);
        assert(bac_invoke_ids_has(&peer->own.in_use, (uint8_t)id) == (transaction != NULL));
        if (!transaction)
            continue;
        assert(transaction->peer == peer && transaction->invoke_id == id);
        assert(transaction->heap_index < client->dues.size);
        bac_segment_sender_check(&transaction->sender);
        outstanding++;
        assembling += transaction->assembly != NULL;
        if (transaction->assembly) {
            assert(transaction->assembly->in_use);
            bac_segment_receiver_check(&transaction->assembly->receiver);
        }
    }
    assert(peer->outstanding == outstanding && peer->assembling == assembling);
}

void bac_client_check(const BacClient *client)
{
    size_t free = 0, outstanding = 0;
    for (const BacTransaction *i = client->free; i; i = i->next_free)
        assert(++free <= client->options.transaction_count);
    bac_dues_check(&client->dues);
    assert(client->dues.size + free == client->options.transaction_count);
    for (size_t i = 0; i < client->options.bucket_count && client->peers <= BAC_CHECKED_PEERS_MAX; i++)
        for (const BacPeer *peer = client->options.buckets[i]; peer; peer = peer->own.next_in_bucket) {
            assert(bucket(client, &peer->address) == &client->options.buckets[i]);
            check_peer(client, peer);
            outstanding += peer->outstanding;
        }
    assert(outstanding == client->dues.size || client->peers > BAC_CHECKED_PEERS_MAX);
    assert(!client->lent || client->lent->in_use);
}
