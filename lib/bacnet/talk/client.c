/* Requests under way. From the top down: the heap of what is due, invoke IDs, peers, sending, the
 * comparison of answers with requests, segmented answers, and what the header promises. */
#include "bacnet/talk/client.h"

#include "base/random.h"

#include <assert.h>

/* Octets of a confirmed request in front of its parameters, and of each of its segments (clause 20.1.2). */
enum { REQUEST_HEADER = 4, SEGMENT_HEADER = 6 };

enum { SEGMENT_TIMEOUTS = 4, WINDOW_MAX = 127, SEGMENT_RETRIES = 3 };

/* ---- what is due: a heap by time, the earliest on top ---- */

static void place(BacClient *client, size_t i, BacDue due)
{
    client->options.heap[i] = due;
    due.transaction->heap_index = (uint32_t)i;
}

/* Puts `due` at `i`, which is free, or as far up from there as it is earlier. */
static void sift_up(BacClient *client, size_t i, BacDue due)
{
    const BacDue *heap = client->options.heap;
    for (; i > 0 && due.at_us < heap[(i - 1) / 2].at_us; i = (i - 1) / 2)
        place(client, i, heap[(i - 1) / 2]);
    place(client, i, due);
}

static void sift_down(BacClient *client, size_t i, BacDue due)
{
    const BacDue *heap = client->options.heap;
    for (size_t child = 2 * i + 1; child < client->heap_size; child = 2 * i + 1) {
        if (child + 1 < client->heap_size && heap[child + 1].at_us < heap[child].at_us)
            child++;
        if (heap[child].at_us >= due.at_us)
            break;
        place(client, i, heap[child]);
        i = child;
    }
    place(client, i, due);
}

static void sift(BacClient *client, size_t i, BacDue due)
{
    if (i > 0 && due.at_us < client->options.heap[(i - 1) / 2].at_us)
        sift_up(client, i, due);
    else
        sift_down(client, i, due);
}

static void schedule(BacClient *client, BacTransaction *transaction, int64_t at_us)
{
    sift_up(client, client->heap_size++, (BacDue){at_us, transaction});
}

static void reschedule(BacClient *client, BacTransaction *transaction, int64_t at_us)
{
    sift(client, transaction->heap_index, (BacDue){at_us, transaction});
}

static void unschedule(BacClient *client, const BacTransaction *transaction)
{
    const BacDue last = client->options.heap[--client->heap_size];
    if (last.transaction != transaction)
        sift(client, transaction->heap_index, last);
}

/* ---- invoke IDs ---- */

static bool has_id(const BacInvokeIds *ids, uint8_t id)
{
    return ids->words[id / 64] >> id % 64 & 1;
}

static void add_id(BacInvokeIds *ids, uint8_t id)
{
    ids->words[id / 64] |= UINT64_C(1) << id % 64;
}

static void drop_id(BacInvokeIds *ids, uint8_t id)
{
    ids->words[id / 64] &= ~(UINT64_C(1) << id % 64);
}

/* Two generations, so that no list of IDs and times is needed: while the older one rests, new ones gather in
 * the younger. An ID rests at least as long as it should, and at most twice. */
static void wake(BacRest *rest, int64_t now_us)
{
    for (int generation = 0; generation < 2 && now_us >= rest->older_due_us; generation++) {
        rest->older = rest->younger;
        rest->older_due_us = rest->younger_due_us;
        rest->younger = (BacInvokeIds){0};
        rest->younger_due_us = INT64_MIN;
    }
}

static void lay_to_rest(BacRest *rest, uint8_t id, int64_t now_us, int64_t rest_us)
{
    if (rest_us == 0)
        return;
    wake(rest, now_us);
    add_id(&rest->younger, id);
    if (rest->younger_due_us < now_us + rest_us)
        rest->younger_due_us = now_us + rest_us;
}

static bool is_resting(const BacRest *rest, uint8_t id)
{
    return has_id(&rest->older, id) || has_id(&rest->younger, id);
}

static uint64_t taken_ids(const BacPeer *peer, size_t word)
{
    return peer->in_use.words[word] | peer->rest_of_copies.older.words[word] |
           peer->rest_of_copies.younger.words[word] | peer->rest_of_all.older.words[word] |
           peer->rest_of_all.younger.words[word];
}

/* The first free ID after the one given last, so that each comes again only after all others. 0: none. */
static uint8_t next_free_id(const BacPeer *peer)
{
    const uint8_t start = (uint8_t)(peer->last_invoke_id + 1);
    for (size_t i = 0; i <= 4; i++) { /* the first word twice: from `start` on, and once around */
        const size_t word = (start / 64 + i) % 4;
        uint64_t free = ~taken_ids(peer, word);
        if (i == 0)
            free &= UINT64_MAX << start % 64;
        if (free)
            return (uint8_t)(word * 64 + (size_t)__builtin_ctzll(free));
    }
    return 0;
}

/* ---- peers and their transactions ---- */

static BacPeer **bucket(const BacClient *client, const BacAddress *address)
{
    return &client->options.buckets[bac_address_hash(address) & (client->options.bucket_count - 1)];
}

BacPeer *bac_client_find(const BacClient *client, const BacAddress *address)
{
    BacPeer *peer = *bucket(client, address);
    while (peer && !bac_address_equal(&peer->address, address))
        peer = peer->next_in_bucket;
    return peer;
}

static BacTransaction *find_transaction(const BacClient *client, const BacPeer *peer, uint8_t invoke_id)
{
    const uint16_t number = peer->numbers[invoke_id];
    return number ? &client->options.transactions[number - 1] : NULL;
}

/* Gives a free transaction to the peer. NULL: `err` says what is short. */
static BacTransaction *begin_transaction(BacClient *client, BacPeer *peer, BpError *err)
{
    BacTransaction *transaction = client->free;
    if (!transaction) {
        bp_fail(err, BP_FULL, "%zu requests are outstanding, no more fit", client->heap_size);
        return NULL;
    }
    const uint8_t id = next_free_id(peer);
    if (id == 0) {
        char address[BAC_ADDRESS_TEXT_MAX];
        bp_fail(err, BP_FULL, "all invoke IDs for %s are in use or resting",
                err ? bac_address_format(&peer->address, address) : "");
        return NULL;
    }
    client->free = transaction->next_free;
    peer->last_invoke_id = id;
    peer->numbers[id] = (uint16_t)(transaction - client->options.transactions + 1);
    add_id(&peer->in_use, id);
    drop_id(&peer->answered, id);
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
    unschedule(client, transaction);
    peer->numbers[transaction->invoke_id] = 0;
    drop_id(&peer->in_use, transaction->invoke_id);
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
static void send_segments(BacClient *client, BacTransaction *transaction)
{
    BacApdu apdu = request_header(client, transaction);
    apdu.segmented = true;
    apdu.window = BAC_WINDOW;
    const uint32_t left = transaction->segment_count - transaction->segments_accepted;
    for (uint32_t i = 0; i < transaction->segment_window && i < left; i++) {
        const uint32_t number = transaction->segments_accepted + i;
        const size_t begin = (size_t)number * transaction->segment_size;
        BpStr part = {transaction->parameters.data + begin, transaction->parameters.size - begin};
        if (part.size > transaction->segment_size)
            part.size = transaction->segment_size;
        apdu.sequence = (uint8_t)number;
        apdu.more_follows = number + 1 < transaction->segment_count;
        send_apdu(client, &transaction->peer->address, &apdu, part);
    }
}

static bool is_sending(const BacTransaction *transaction)
{
    return transaction->segments_accepted < transaction->segment_count;
}

/* Sends it, or begins to; returns how long to wait for what comes back. */
static int64_t send_try(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    transaction->sent_at_us = now_us;
    transaction->tries++;
    if (transaction->segment_count == 0) {
        const BacApdu apdu = request_header(client, transaction);
        send_apdu(client, &transaction->peer->address, &apdu, transaction->parameters);
        return transaction->timeout_us;
    }
    transaction->segments_accepted = 0;
    transaction->segment_window = 1; /* until the device has said its own */
    transaction->segment_retries_left = SEGMENT_RETRIES;
    send_segments(client, transaction);
    return client->options.segment_timeout_us;
}

static void send_abort(BacClient *client, const BacPeer *peer, uint8_t invoke_id, BacAbortReason reason)
{
    const BacApdu apdu = {.type = BAC_ABORT, .invoke_id = invoke_id, .reason = (uint8_t)reason};
    send_apdu(client, &peer->address, &apdu, (BpStr){0});
}

/* ---- does an answer belong to its request? ---- */

typedef enum Match { MATCHES, IS_FOREIGN, IS_MALFORMED } Match;

/* Services that are answered by a ComplexACK; all others by a SimpleACK (clauses 13 to 17). */
static bool is_answered_with_parameters(uint8_t service)
{
    switch (service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY:
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_CONDITIONAL:
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE:
    case BAC_SERVICE_CONFIRMED_READ_RANGE:
    case BAC_SERVICE_CONFIRMED_GET_ALARM_SUMMARY:
    case BAC_SERVICE_CONFIRMED_GET_ENROLLMENT_SUMMARY:
    case BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION:
    case BAC_SERVICE_CONFIRMED_ATOMIC_READ_FILE:
    case BAC_SERVICE_CONFIRMED_ATOMIC_WRITE_FILE:
    case BAC_SERVICE_CONFIRMED_CREATE_OBJECT:
    case BAC_SERVICE_CONFIRMED_PRIVATE_TRANSFER:
    case BAC_SERVICE_CONFIRMED_VT_OPEN:
    case BAC_SERVICE_CONFIRMED_VT_DATA:
    case BAC_SERVICE_CONFIRMED_AUTHENTICATE:
    case BAC_SERVICE_CONFIRMED_AUDIT_LOG_QUERY: return true;
    default: return false;
    }
}

/* The wildcard instance asks for "whichever device you are", and a device may answer by its own number. */
static bool is_asked_object(BacObjectId asked, BacObjectId told)
{
    return bac_object_equal(asked, told) ||
           (asked.type == BAC_DEVICE && told.type == BAC_DEVICE && asked.instance == BAC_INSTANCE_WILDCARD);
}

static bool is_asked(const BacReference *asked, const BacReference *told)
{
    return is_asked_object(asked->object, told->object) && asked->property == told->property &&
           asked->index == told->index;
}

static Match match_read_property(BpCursor request, BpCursor body)
{
    BacReference asked, told;
    BpCursor value;
    if (bac_read_property_ack_decode(&body, &told, &value, NULL) != BP_OK)
        return IS_MALFORMED;
    if (bac_read_property_decode(&request, &asked, NULL) != BP_OK)
        return IS_FOREIGN; /* a tool sent what is no ReadProperty: nothing can be its answer */
    return is_asked(&asked, &told) ? MATCHES : IS_FOREIGN;
}

static bool is_group(uint32_t property)
{
    return property == BAC_PROP_ALL || property == BAC_PROP_REQUIRED || property == BAC_PROP_OPTIONAL;
}

/* Goes past all neighbours of the same object. */
static BpStatus skip_object(BacReadMultiple *asking, BacReference *asked)
{
    const BacObjectId object = asked->object;
    BpStatus more;
    do
        more = bac_read_multiple_next(asking, asked, NULL);
    while (more == BP_OK && bac_object_equal(asked->object, object));
    return more;
}

/* The same objects and properties in the order asked. ALL, REQUIRED and OPTIONAL stand for any properties of
 * their object, or none, and take with them what else was asked of it behind them. */
static Match match_read_multiple(BpCursor request, BpCursor body)
{
    BacReadMultiple asking = {.in = request}, telling = {.in = body};
    BacReference asked;
    BacReadResult told;
    BpStatus more = bac_read_multiple_next(&asking, &asked, NULL);
    BpStatus status;
    while ((status = bac_read_multiple_ack_next(&telling, &told, NULL)) == BP_OK) {
        while (more == BP_OK && is_group(asked.property) &&
               !is_asked_object(asked.object, told.reference.object))
            more = skip_object(&asking, &asked);
        if (more == BP_OK && is_group(asked.property))
            continue;
        if (more != BP_OK || !is_asked(&asked, &told.reference))
            return IS_FOREIGN;
        more = bac_read_multiple_next(&asking, &asked, NULL);
    }
    if (status != BP_NOT_FOUND)
        return IS_MALFORMED;
    while (more == BP_OK && is_group(asked.property))
        more = skip_object(&asking, &asked);
    return more == BP_NOT_FOUND ? MATCHES : IS_FOREIGN;
}

static BpCursor request_of(const BacTransaction *transaction)
{
    return bp_cursor(transaction->parameters.data, transaction->parameters.size);
}

static Match match_answer(const BacTransaction *transaction, BpCursor body)
{
    switch (transaction->service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY: return match_read_property(request_of(transaction), body);
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE:
        return match_read_multiple(request_of(transaction), body);
    default: return MATCHES; /* the service alone must do: the answer does not say what it is about */
    }
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
        add_id(&peer->answered, transaction->invoke_id);
    if (silent || transaction->tries > 1)
        lay_to_rest(&peer->rest_of_copies, transaction->invoke_id, now_us,
                    transaction->timeout_us * transaction->tries);
    lay_to_rest(&peer->rest_of_all, transaction->invoke_id, now_us, client->options.rest_us);
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
    switch (match_answer(transaction, body)) {
    case MATCHES:
        client->counts.answers++;
        return finish(client, transaction, now_us, (BacAnswer){.outcome = BAC_ANSWERED, .body = body},
                      ret_answer);
    case IS_FOREIGN: client->counts.foreign++; break;
    case IS_MALFORMED: client->counts.malformed++; break;
    }
    return false;
}

/* ---- segmented answers (clause 5.4.4.4) ---- */

/* What was put together in vain is forgotten, and the request waits for another answer. */
static void give_up_assembly(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    drop_assembly(transaction);
    reschedule(client, transaction, now_us + transaction->timeout_us);
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
            assembly->answer = bp_buf(assembly->octets, sizeof assembly->octets);
            return assembly;
        }
    }
    return NULL;
}

/* Says which segment came last in order. The window begins anew behind it. */
static void acknowledge(BacClient *client, BacTransaction *transaction, bool negative)
{
    transaction->acknowledged = (uint8_t)(transaction->next_segment - 1);
    const BacApdu apdu = {.type = BAC_SEGMENT_ACK,
                          .negative = negative,
                          .invoke_id = transaction->invoke_id,
                          .sequence = transaction->acknowledged,
                          .window = transaction->window};
    send_apdu(client, &transaction->peer->address, &apdu, (BpStr){0});
}

/* A segment that is not the next. One gap is reported once, not by every segment behind it, which would have
 * the device send all of them again each time; the same segment again shows that it did send them again. */
static void take_segment_out_of_order(BacClient *client, BacTransaction *transaction, uint8_t sequence)
{
    const bool is_ahead = (uint8_t)(sequence - transaction->next_segment) <= INT8_MAX;
    if (!is_ahead)
        client->counts.duplicates++;
    if (is_ahead && (!transaction->gap_reported || transaction->gap_seen_at == sequence)) {
        transaction->gap_reported = true;
        transaction->gap_seen_at = sequence;
        acknowledge(client, transaction, true);
    } else if (sequence == transaction->acknowledged) {
        /* The device sends its window again: our SegmentACK for it, or one since, was lost. */
        acknowledge(client, transaction, false);
    }
}

static void begin_segments(BacTransaction *transaction, BacAssembly *assembly, uint8_t proposed_window)
{
    transaction->assembly = assembly;
    transaction->window = proposed_window < BAC_WINDOW ? proposed_window : BAC_WINDOW;
    transaction->next_segment = 0;
    transaction->gap_reported = false;
    /* As if a window ended with the first segment, which is acknowledged alone (5.4.4.2). */
    transaction->acknowledged = (uint8_t)-transaction->window;
}

/* The next segment in order. Only these keep the answer alive: repeated ones do not. */
static bool take_next_segment(BacClient *client, BacTransaction *transaction, const BacDatagram *datagram,
                              int64_t now_us, BacAnswer *ret_answer)
{
    BpCursor body = datagram->body;
    const size_t size = bp_cursor_remaining(&body);
    if (size == 0 && datagram->apdu.more_follows) {
        client->counts.malformed++; /* it could go on for ever */
        return false;
    }
    BpBuf *answer = &transaction->assembly->answer;
    bp_buf_octets(answer, bp_cursor_take(&body, size), size);
    if (answer->failed)
        return refuse_here(client, transaction, now_us, BAC_ABORT_BUFFER_OVERFLOW, ret_answer);
    transaction->next_segment++;
    transaction->gap_reported = false;
    const int64_t next_by_us = now_us + SEGMENT_TIMEOUTS * client->options.segment_timeout_us;
    reschedule(client, transaction,
               next_by_us < transaction->assembled_by_us ? next_by_us : transaction->assembled_by_us);
    const uint8_t unacknowledged = (uint8_t)(datagram->apdu.sequence - transaction->acknowledged);
    if (unacknowledged >= transaction->window || !datagram->apdu.more_follows)
        acknowledge(client, transaction, false);
    if (datagram->apdu.more_follows)
        return false;
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
    if (apdu->window == 0 || apdu->window > WINDOW_MAX)
        return refuse_here(client, transaction, now_us, BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE, ret_answer);
    if (!transaction->assembly) {
        BacAssembly *assembly = take_assembly(client, transaction->peer);
        if (!assembly)
            return refuse_here(client, transaction, now_us, BAC_ABORT_OUT_OF_RESOURCES, ret_answer);
        begin_segments(transaction, assembly, apdu->window);
        transaction->assembled_by_us = now_us + BAC_ANSWER_TIMEOUTS * client->options.segment_timeout_us;
    }
    if (apdu->sequence == transaction->next_segment)
        return take_next_segment(client, transaction, datagram, now_us, ret_answer);
    take_segment_out_of_order(client, transaction, apdu->sequence);
    return false;
}

/* ---- segmented requests (clause 5.4.4.2) ---- */

/* Says how far the device has them in order; positive or negative, it goes on behind that. An acknowledgement
 * of nothing that is on its way is an old one, but a negative one of nothing new asks for the window again.
 */
static void take_segment_ack(BacClient *client, BacTransaction *transaction, const BacApdu *ack,
                             int64_t now_us)
{
    const uint32_t left = transaction->segment_count - transaction->segments_accepted;
    const uint8_t received = (uint8_t)(ack->sequence - transaction->segments_accepted + 1);
    if (received > transaction->segment_window || received > left || (received == 0 && !ack->negative) ||
        ack->window == 0 || ack->window > WINDOW_MAX) {
        client->counts.duplicates++;
        return;
    }
    if (received == 0) {
        if (transaction->segment_retries_left > 0) {
            transaction->segment_retries_left--;
            send_segments(client, transaction);
        }
        return;
    }
    transaction->segments_accepted += received;
    if (!is_sending(transaction)) {
        transaction->sent_at_us = now_us;
        reschedule(client, transaction, now_us + transaction->timeout_us);
        return;
    }
    transaction->segment_window = ack->window < BAC_WINDOW ? ack->window : BAC_WINDOW;
    transaction->segment_retries_left = SEGMENT_RETRIES;
    send_segments(client, transaction);
    reschedule(client, transaction, now_us + client->options.segment_timeout_us);
}

/* A window that was not acknowledged goes out again. False: it has often enough. */
static bool send_segments_again(BacClient *client, BacTransaction *transaction, int64_t now_us)
{
    if (transaction->segment_retries_left == 0)
        return false;
    transaction->segment_retries_left--;
    client->counts.retries++;
    send_segments(client, transaction);
    reschedule(client, transaction, now_us + client->options.segment_timeout_us);
    return true;
}

/* ---- what comes in ---- */

/* An answer to no request that waits. A device that sends segments is told to stop (5.4.4.1), but only one
 * that we know. */
static void count_stray(BacClient *client, BacPeer *peer, const BacApdu *apdu, int64_t now_us)
{
    if (peer)
        wake(&peer->rest_of_copies, now_us);
    const uint8_t id = apdu->invoke_id;
    if (peer && has_id(&peer->answered, id))
        client->counts.duplicates++;
    else if (peer && is_resting(&peer->rest_of_copies, id))
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
    const uint32_t sent = transaction->segments_accepted + transaction->segment_window;
    if (is_sending(transaction) && sent < transaction->segment_count &&
        (apdu->type == BAC_SIMPLE_ACK || apdu->type == BAC_COMPLEX_ACK || apdu->type == BAC_ERROR))
        return false;
    switch (apdu->type) {
    case BAC_SEGMENT_ACK: return is_sending(transaction);
    case BAC_SIMPLE_ACK:
        return whole_only && apdu->service == transaction->service &&
               !is_answered_with_parameters(apdu->service);
    case BAC_COMPLEX_ACK:
        return (whole_only || apdu->segmented) && apdu->service == transaction->service &&
               is_answered_with_parameters(apdu->service);
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
    *client = (BacClient){.options = *options};
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
    *peer = (BacPeer){.address = peer->address,
                      .max_apdu = peer->max_apdu > BAC_APDU_MIN ? peer->max_apdu : BAC_APDU_MIN,
                      .takes_segments = peer->takes_segments,
                      .next_in_bucket = *first,
                      .last_invoke_id = (uint8_t)bp_hash(&peer->address, sizeof peer->address, seed),
                      .in_use.words[0] = 1, /* ID 0 */
                      .rest_of_copies = {.older_due_us = INT64_MIN, .younger_due_us = INT64_MIN},
                      .rest_of_all = {.older_due_us = INT64_MIN, .younger_due_us = INT64_MIN}};
    *first = peer;
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
        link = &(*link)->next_in_bucket;
    *link = peer->next_in_bucket;
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
    wake(&peer->rest_of_copies, now_us);
    wake(&peer->rest_of_all, now_us);
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
    transaction->segment_count = transaction->segments_accepted = 0;
    if (in_segments) {
        const uint16_t apdu = peer->max_apdu < BAC_APDU_MAX ? peer->max_apdu : BAC_APDU_MAX;
        transaction->segment_size = (uint16_t)(apdu - SEGMENT_HEADER);
        transaction->segment_count =
            (uint32_t)((size + transaction->segment_size - 1) / transaction->segment_size);
    }
    client->counts.requests++;
    schedule(client, transaction, now_us + send_try(client, transaction, now_us));
    return BP_OK;
}

bool bac_client_expire(BacClient *client, int64_t now_us, BacAnswer *ret_answer)
{
    take_back_assembly(client);
    while (client->heap_size > 0 && client->options.heap[0].at_us <= now_us) {
        BacTransaction *transaction = client->options.heap[0].transaction;
        if (is_sending(transaction) && send_segments_again(client, transaction, now_us))
            continue;
        if (transaction->assembly || transaction->tries_left == 0) {
            client->counts.silent++;
            return finish(client, transaction, now_us, (BacAnswer){.outcome = BAC_SILENT}, ret_answer);
        }
        transaction->tries_left--;
        client->counts.retries++;
        reschedule(client, transaction, now_us + send_try(client, transaction, now_us));
    }
    return false;
}

int64_t bac_client_next_due_us(const BacClient *client)
{
    return client->heap_size > 0 ? client->options.heap[0].at_us : INT64_MAX;
}
