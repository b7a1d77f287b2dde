/* Requests answered. From the top down: sending, segmented answers, and what comes in. */
#include "bacnet/talk/server.h"

#include "bacnet/service/who_has.h"
#include "bacnet/service/write_multiple.h"
#include "bacnet/talk/services.h"
#include "base/invariant.h"

#include <assert.h>

/* Octets in front of the parameters (clauses 20.1.2, 20.1.5). */
enum { REQUEST_HEADER = 4, ANSWER_HEADER = 3, SEGMENT_HEADER = 5 };

/* A request whose max_segments is larger takes as many as there are (20.1.2.4), and so does one that says
 * nothing. */
enum { SEGMENTS_SAYABLE = 64 };

enum { SEGMENT_TIMEOUTS = 4 };

static BacRefusal abortion(BacAbortReason reason)
{
    return (BacRefusal){.kind = BAC_REFUSED_ABORT, .code = (uint16_t)reason};
}

/* ---- sending ---- */

static void send_apdu(const BacServer *server, BacBvlcFunction function, const BacAddress *to,
                      bool expecting_reply, const BacApdu *apdu, BpStr parameters)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t begin =
        bac_datagram_begin(&out, function, to, &server->options.station, expecting_reply, apdu);
    bp_buf_str(&out, parameters);
    bac_datagram_end(&out, begin);
    assert(!out.failed);
    server->options.send(server->options.owner, to, bp_buf_text(&out));
}

static void send_reply(const BacServer *server, const BacAddress *to, const BacApdu *apdu, BpStr parameters)
{
    send_apdu(server, BAC_BVLC_ORIGINAL_UNICAST, to, false, apdu, parameters);
}

static void send_refusal_of(BacServer *server, const BacDatagram *request, BacRefusal refusal,
                            const BacFailure *failure)
{
    uint8_t memory[BAC_APDU_MIN];
    BpBuf parameters = bp_buf(memory, sizeof memory);
    BacApdu apdu = {.invoke_id = request->apdu.invoke_id};
    switch (refusal.kind) {
    case BAC_REFUSED_REJECT:
        apdu.type = BAC_REJECT;
        apdu.reason = (uint8_t)refusal.code;
        break;
    case BAC_REFUSED_ABORT:
        apdu.type = BAC_ABORT;
        apdu.reason = (uint8_t)refusal.code;
        apdu.from_server = true;
        break;
    default:
        apdu.type = BAC_ERROR;
        apdu.service = request->apdu.service;
        if (failure && failure->is_of_write)
            bac_write_multiple_error_encode(&parameters, refusal, &failure->write);
        else if (failure && failure->is_of_list)
            bac_list_elements_error_encode(&parameters, refusal, failure->element);
        else
            bac_error_encode(&parameters, refusal);
        break;
    }
    server->counts.refusals++;
    send_reply(server, &request->from, &apdu, bp_buf_text(&parameters));
}

static void send_refusal(BacServer *server, const BacDatagram *request, BacRefusal refusal)
{
    send_refusal_of(server, request, refusal, NULL);
}

/* ---- segmented answers (clause 5.4.5.4) ---- */

static BacSending *find_sending(const BacServer *server, const BacAddress *to, uint8_t invoke_id)
{
    for (size_t i = 0; i < server->options.sending_count; i++) {
        BacSending *sending = &server->options.sendings[i];
        if (sending->in_use && sending->invoke_id == invoke_id && bac_address_equal(&sending->to, to))
            return sending;
    }
    return NULL;
}

static BacSending *free_sending(const BacServer *server)
{
    for (size_t i = 0; i < server->options.sending_count; i++)
        if (!server->options.sendings[i].in_use)
            return &server->options.sendings[i];
    return NULL;
}

/* The segment `i` of the window under way, from 0. False: it has no such segment. */
static bool send_segment(BacServer *server, const BacSending *sending, uint32_t i)
{
    BpStr part;
    BacApdu apdu = {.type = BAC_COMPLEX_ACK, .invoke_id = sending->invoke_id, .service = sending->service};
    if (!bac_segment_sender_next(&sending->sender, i, bp_buf_text(&sending->answer), &apdu, &part))
        return false;
    server->counts.segments++;
    send_apdu(server, BAC_BVLC_ORIGINAL_UNICAST, &sending->to, true, &apdu, part);
    return true;
}

static void send_window(BacServer *server, BacSending *sending, int64_t now_us)
{
    for (uint32_t i = 0; send_segment(server, sending, i); i++)
        ;
    sending->due_at_us = now_us + server->options.segment_timeout_us;
}

/* One that is of nothing new does not start the timer anew, so that a client cannot hold an answer for ever.
 */
static void take_segment_ack(BacServer *server, BacSending *sending, const BacDatagram *datagram,
                             int64_t now_us)
{
    switch (bac_segment_sender_acknowledge(&sending->sender, &datagram->apdu)) {
    case BAC_ACK_IS_OLD:
    case BAC_ACK_ASKS_AGAIN: break;
    case BAC_ACK_GOES_ON: send_window(server, sending, now_us); break;
    case BAC_ACK_IS_LAST: sending->in_use = false; break;
    case BAC_ACK_IS_IMPOSSIBLE:
        sending->in_use = false;
        server->counts.unfinished++;
        send_refusal(server, datagram, abortion(BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE));
        break;
    }
}

/* ---- answers ---- */

/* The longest APDU that both sides take. */
static uint32_t apdu_limit(const BacServer *server, const BacApdu *request)
{
    const uint32_t own = server->options.identity.max_apdu;
    return own < request->max_apdu ? own : request->max_apdu;
}

/* The longest answer that the client can put together, in octets of parameters. */
static size_t answer_room(const BacServer *server, const BacApdu *request)
{
    const uint8_t max = request->max_segments;
    const size_t segment_size = apdu_limit(server, request) - SEGMENT_HEADER;
    if (max == 0 || max > SEGMENTS_SAYABLE || max * segment_size > BAC_SERVER_ANSWER_MAX)
        return BAC_SERVER_ANSWER_MAX;
    return max * segment_size;
}

/* `sending` holds the answer; where it does not go out, it is free again. */
static void begin_sending(BacServer *server, BacSending *sending, const BacDatagram *request, int64_t now_us)
{
    const uint32_t segment_size = apdu_limit(server, &request->apdu) - SEGMENT_HEADER;
    const BacSegmentSending segments = {.size = sending->answer.size,
                                        .segment_size = (uint16_t)segment_size,
                                        .window = server->options.window,
                                        .retries = server->options.segment_retries};
    bac_segment_sender_begin(&sending->sender, &segments);
    sending->in_use = true;
    sending->invoke_id = request->apdu.invoke_id;
    sending->service = request->apdu.service;
    sending->to = request->from;
    server->counts.answers++;
    send_window(server, sending, now_us);
}

/* Why an answer that does not fit one APDU does not go out in segments (5.4.5.3). */
static BacRefusal too_long(const BacServer *server, const BacApdu *request, const BacSending *sending)
{
    if (!request->segmented_response_accepted || server->options.sending_count == 0)
        return abortion(BAC_ABORT_SEGMENTATION_NOT_SUPPORTED);
    return abortion(sending ? BAC_ABORT_BUFFER_OVERFLOW : BAC_ABORT_OUT_OF_RESOURCES);
}

/* Sends what a service wrote to `answer`, which is in `sending` or, without one, holds no more than one APDU
 * takes. */
static BacRefusal send_answer(BacServer *server, const BacDatagram *request, const BpBuf *answer,
                              BacSending *sending, int64_t now_us)
{
    const BacApdu *asked = &request->apdu;
    const uint16_t most = server->options.answer_max;
    if (most > 0 && answer->size + ANSWER_HEADER > most) {
        if (!server->options.drops_long_answers)
            return abortion(BAC_ABORT_BUFFER_OVERFLOW);
        server->counts.too_long++;
        return (BacRefusal){0};
    }
    if (answer->failed)
        return too_long(server, asked, sending);
    if (answer->size + ANSWER_HEADER > apdu_limit(server, asked)) {
        assert(sending); /* without one, no more than the limit could be written */
        sending->answer = *answer;
        begin_sending(server, sending, request, now_us);
        return (BacRefusal){0};
    }
    const BacApdu apdu = {.type = answer->size > 0 ? BAC_COMPLEX_ACK : BAC_SIMPLE_ACK,
                          .invoke_id = asked->invoke_id,
                          .service = asked->service};
    server->counts.answers++;
    send_reply(server, &request->from, &apdu, bp_buf_text(answer));
    return (BacRefusal){0};
}

/* ---- what comes in ---- */

static void take_whole_request(BacServer *server, const BacDatagram *request, int64_t now_us)
{
    const BacApdu *apdu = &request->apdu;
    server->counts.requests++;
    BacSending *sending = find_sending(server, &request->from, apdu->invoke_id);
    if (sending) { /* asked again while the answer is on its way: did it begin to arrive? */
        if (sending->sender.accepted == 0)
            (void)send_segment(server, sending, 0);
        return;
    }
    sending = apdu->segmented_response_accepted ? free_sending(server) : NULL;
    uint8_t memory[BAC_APDU_MAX];
    BpBuf answer = sending ? bp_buf(sending->octets, answer_room(server, apdu))
                           : bp_buf(memory, apdu_limit(server, apdu) - ANSWER_HEADER);
    BacFailure failure = {0};
    BacRefusal refusal = bac_services_serve(server, request, &answer, &failure, now_us);
    if (refusal.kind == BAC_NOT_REFUSED)
        refusal = send_answer(server, request, &answer, sending, now_us);
    if (refusal.kind != BAC_NOT_REFUSED)
        send_refusal_of(server, request, refusal, &failure);
}

/* ---- segmented requests (clause 5.4.5.2) ---- */

static BacReceiving *find_receiving(const BacServer *server, const BacAddress *from, uint8_t invoke_id)
{
    for (size_t i = 0; i < server->options.receiving_count; i++) {
        BacReceiving *receiving = &server->options.receivings[i];
        if (receiving->in_use && receiving->header.invoke_id == invoke_id &&
            bac_address_equal(&receiving->from, from))
            return receiving;
    }
    return NULL;
}

static BacReceiving *free_receiving(const BacServer *server)
{
    for (size_t i = 0; i < server->options.receiving_count; i++)
        if (!server->options.receivings[i].in_use)
            return &server->options.receivings[i];
    return NULL;
}

static void begin_receiving(BacServer *server, const BacDatagram *segment, int64_t now_us)
{
    const BacApdu *apdu = &segment->apdu;
    BacReceiving *receiving = free_receiving(server);
    if (apdu->sequence != 0)
        return; /* of a request that is answered already, delayed or doubled: an Abort would be taken for its
                   answer */
    if (apdu->window == 0 || apdu->window > BAC_SEGMENT_WINDOW_MAX)
        send_refusal(server, segment, abortion(BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE));
    else if (!receiving)
        send_refusal(server, segment,
                     abortion(server->options.receiving_count ? BAC_ABORT_OUT_OF_RESOURCES
                                                              : BAC_ABORT_SEGMENTATION_NOT_SUPPORTED));
    else {
        receiving->in_use = true;
        receiving->header = *apdu;
        receiving->from = segment->from;
        receiving->due_at_us = now_us + SEGMENT_TIMEOUTS * server->options.segment_timeout_us;
        bac_segment_receiver_begin(&receiving->receiver, bp_buf(receiving->octets, sizeof receiving->octets),
                                   apdu->window, server->options.window);
    }
}

static void end_receiving(BacServer *server, BacReceiving *receiving, const BacDatagram *last, int64_t now_us)
{
    BacDatagram whole = *last;
    receiving->in_use = false;
    whole.apdu = receiving->header;
    whole.apdu.segmented = whole.apdu.more_follows = false;
    whole.body = bp_cursor(receiving->receiver.whole.data, receiving->receiver.whole.size);
    take_whole_request(server, &whole, now_us);
}

static void take_segment(BacServer *server, BacReceiving *receiving, const BacDatagram *segment,
                         int64_t now_us)
{
    bool acknowledges;
    BacApdu ack;
    const BacSegmentKind kind =
        bac_segment_receiver_take(&receiving->receiver, &segment->apdu, segment->body, &acknowledges, &ack);
    ack.from_server = true;
    if (acknowledges)
        send_reply(server, &receiving->from, &ack, (BpStr){0});
    switch (kind) {
    case BAC_SEGMENT_TAKEN:
        receiving->received_us = now_us;
        receiving->due_at_us = now_us + SEGMENT_TIMEOUTS * server->options.segment_timeout_us;
        break;
    case BAC_SEGMENT_LAST: end_receiving(server, receiving, segment, now_us); break;
    case BAC_SEGMENT_TOO_MUCH:
        receiving->in_use = false;
        send_refusal(server, segment, abortion(BAC_ABORT_BUFFER_OVERFLOW));
        break;
    case BAC_SEGMENT_REPEATED:
    case BAC_SEGMENT_AHEAD:
    case BAC_SEGMENT_EMPTY: break;
    }
}

/* The client begins anew, as after its own restart, with an invoke ID that it has given before: another
 * beginning comes, or the same one after a pause in which it would have gone on. A copy of the first segment
 * that the network made is neither. */
static bool is_begun_anew(const BacServer *server, const BacReceiving *receiving, const BacDatagram *segment,
                          int64_t now_us)
{
    if (!bac_segment_receiver_may_begin_anew(&receiving->receiver, segment->apdu.sequence))
        return false;
    const bool is_same = segment->apdu.service == receiving->header.service &&
                         bac_segment_receiver_began_with(&receiving->receiver, segment->body);
    return !is_same || now_us - receiving->received_us >= server->options.segment_timeout_us;
}

static void take_request(BacServer *server, const BacDatagram *request, int64_t now_us)
{
    const BacApdu *apdu = &request->apdu;
    if (bp_cursor_remaining(&request->body) + REQUEST_HEADER > server->options.identity.max_apdu) {
        server->counts.requests++;
        server->counts.too_long++;
        return;
    }
    if (!apdu->segmented) {
        take_whole_request(server, request, now_us);
        return;
    }
    BacReceiving *receiving = find_receiving(server, &request->from, apdu->invoke_id);
    if (receiving && is_begun_anew(server, receiving, request, now_us)) {
        receiving->in_use = false;
        receiving = NULL;
    }
    if (!receiving) {
        begin_receiving(server, request, now_us);
        receiving = find_receiving(server, &request->from, apdu->invoke_id);
    }
    if (receiving)
        take_segment(server, receiving, request, now_us);
}

static void take_who_is(BacServer *server, const BacDatagram *datagram)
{
    BpCursor body = datagram->body;
    BacWhoIs who_is;
    const uint32_t instance = server->options.identity.instance;
    if (bac_who_is_decode(&body, &who_is, NULL) != BP_OK)
        server->counts.malformed++;
    else if (!who_is.has_range || (who_is.low <= instance && instance <= who_is.high))
        bac_server_announce(server, &datagram->from, false);
}

/* By identifier, or by name. */
static bool find_asked(const BacServer *server, const BacWhoHas *who_has, BacObjectId *ret_object)
{
    const BacObjects *objects = server->options.objects;
    void *owner = server->options.owner;
    if (who_has->name.type != BAC_CHARACTER_STRING) {
        *ret_object = who_has->object;
        return objects->exists(owner, who_has->object);
    }
    uint8_t memory[512];
    BpBuf name = bp_buf(memory, sizeof memory);
    bac_text_to_utf8(&name, &who_has->name);
    return objects->find && !name.failed && objects->find(owner, bp_buf_text(&name), ret_object);
}

static void take_who_has(BacServer *server, const BacDatagram *datagram)
{
    BpCursor body = datagram->body;
    BacWhoHas who_has;
    const uint32_t instance = server->options.identity.instance;
    if (bac_who_has_decode(&body, &who_has, NULL) != BP_OK) {
        server->counts.malformed++;
        return;
    }
    const BacWhoIs *limits = &who_has.limits;
    BacIHave i_have = {.device = instance};
    if ((limits->has_range && (instance < limits->low || limits->high < instance)) ||
        !find_asked(server, &who_has, &i_have.object))
        return;
    uint8_t memory[512], octets[512];
    BpBuf name = bp_buf(octets, sizeof octets), out = bp_buf(memory, sizeof memory);
    const BacReference reference = {i_have.object, BAC_PROP_OBJECT_NAME, BAC_NO_INDEX};
    if (server->options.objects->read(server->options.owner, &reference, &name).kind != BAC_NOT_REFUSED ||
        name.failed)
        return;
    BpCursor in = bp_cursor(name.data, name.size);
    if (bac_value_decode(&in, &i_have.name, NULL) != BP_OK)
        return;
    bac_i_have_encode(&out, &i_have);
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_I_HAVE};
    if (!out.failed)
        send_apdu(server, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, false, &apdu, bp_buf_text(&out));
}

static void take_clock(BacServer *server, const BacDatagram *datagram, bool is_utc)
{
    BpCursor body = datagram->body;
    BacDateTime now;
    if (bac_time_sync_decode(&body, &now, NULL) != BP_OK)
        server->counts.malformed++;
    else if (server->options.objects->set_clock)
        server->options.objects->set_clock(server->options.owner, &now, is_utc);
}

static void take_unconfirmed(BacServer *server, const BacDatagram *datagram)
{
    switch (datagram->apdu.service) {
    case BAC_SERVICE_UNCONFIRMED_WHO_IS: take_who_is(server, datagram); break;
    case BAC_SERVICE_UNCONFIRMED_WHO_HAS: take_who_has(server, datagram); break;
    case BAC_SERVICE_UNCONFIRMED_TIME_SYNCHRONIZATION: take_clock(server, datagram, false); break;
    case BAC_SERVICE_UNCONFIRMED_UTC_TIME_SYNCHRONIZATION: take_clock(server, datagram, true); break;
    default: break;
    }
}

static void take_segments_end(BacServer *server, const BacDatagram *datagram)
{
    BacReceiving *receiving = find_receiving(server, &datagram->from, datagram->apdu.invoke_id);
    if (receiving)
        receiving->in_use = false;
    BacSending *sending = find_sending(server, &datagram->from, datagram->apdu.invoke_id);
    if (!sending)
        return;
    sending->in_use = false;
    server->counts.unfinished++;
}

void bac_server_receive(BacServer *server, const BacDatagram *datagram, int64_t now_us)
{
    assert(server && datagram);
    if (!datagram->has_apdu)
        return;
    const BacApdu *apdu = &datagram->apdu;
    BacSending *sending;
    switch (apdu->type) {
    case BAC_CONFIRMED_REQUEST:
        if (!datagram->is_broadcast) /* those are dropped (5.4.5.1) */
            take_request(server, datagram, now_us);
        break;
    case BAC_UNCONFIRMED_REQUEST: take_unconfirmed(server, datagram); break;
    case BAC_SEGMENT_ACK:
        sending = apdu->from_server ? NULL : find_sending(server, &datagram->from, apdu->invoke_id);
        if (sending)
            take_segment_ack(server, sending, datagram, now_us);
        break;
    case BAC_ABORT:
        if (!apdu->from_server)
            take_segments_end(server, datagram);
        break;
    default: break; /* answers are a client's business */
    }
    BP_INVARIANT(bac_server_check(server));
}

/* ---- the rest of what the header promises ---- */

void bac_server_init(BacServer *server, const BacServerOptions *options)
{
    assert(options->send && options->objects);
    assert(options->identity.max_apdu >= BAC_APDU_MIN && options->identity.max_apdu <= BAC_APDU_MAX);
    assert(options->window >= 1 && options->window <= BAC_SEGMENT_WINDOW_MAX);
    *server = (BacServer){.options = *options};
    bac_server_forget(server);
}

void bac_server_forget(BacServer *server)
{
    for (size_t i = 0; i < server->options.sending_count; i++)
        server->options.sendings[i].in_use = false;
    for (size_t i = 0; i < server->options.receiving_count; i++)
        server->options.receivings[i].in_use = false;
}

void bac_server_announce(BacServer *server, const BacAddress *to, bool is_broadcast)
{
    uint8_t memory[BAC_APDU_MIN];
    BpBuf parameters = bp_buf(memory, sizeof memory);
    bac_i_am_encode(&parameters, &server->options.identity);
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_I_AM};
    send_apdu(server, is_broadcast ? BAC_BVLC_ORIGINAL_BROADCAST : BAC_BVLC_ORIGINAL_UNICAST, to, false,
              &apdu, bp_buf_text(&parameters));
}

void bac_server_expire(BacServer *server, int64_t now_us)
{
    for (size_t i = 0; i < server->options.sending_count; i++) {
        BacSending *sending = &server->options.sendings[i];
        if (!sending->in_use || sending->due_at_us > now_us)
            continue;
        if (bac_segment_sender_retry(&sending->sender)) {
            send_window(server, sending, now_us);
        } else {
            sending->in_use = false;
            server->counts.unfinished++;
        }
    }
    for (size_t i = 0; i < server->options.receiving_count; i++)
        if (server->options.receivings[i].due_at_us <= now_us)
            server->options.receivings[i].in_use = false;
}

int64_t bac_server_next_due_us(const BacServer *server)
{
    int64_t due_at_us = INT64_MAX;
    for (size_t i = 0; i < server->options.sending_count; i++) {
        const BacSending *sending = &server->options.sendings[i];
        if (sending->in_use && sending->due_at_us < due_at_us)
            due_at_us = sending->due_at_us;
    }
    for (size_t i = 0; i < server->options.receiving_count; i++) {
        const BacReceiving *receiving = &server->options.receivings[i];
        if (receiving->in_use && receiving->due_at_us < due_at_us)
            due_at_us = receiving->due_at_us;
    }
    return due_at_us;
}

void bac_server_check(const BacServer *server)
{
    for (size_t i = 0; i < server->options.sending_count; i++) {
        const BacSending *sending = &server->options.sendings[i];
        if (!sending->in_use)
            continue;
        bac_segment_sender_check(&sending->sender);
        assert(bac_segment_sender_is_under_way(&sending->sender));
        assert(find_sending(server, &sending->to, sending->invoke_id) == sending); /* no two of one request */
    }
    for (size_t i = 0; i < server->options.receiving_count; i++) {
        const BacReceiving *receiving = &server->options.receivings[i];
        if (!receiving->in_use)
            continue;
        bac_segment_receiver_check(&receiving->receiver);
        assert(find_receiving(server, &receiving->from, receiving->header.invoke_id) == receiving);
    }
}
