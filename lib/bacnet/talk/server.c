/* Requests answered. From the top down: sending, segmented answers, the services, and what comes in. */
#include "bacnet/talk/server.h"

#include "bacnet/service/who_has.h"
#include "bacnet/service/write_multiple.h"
#include "bacnet/talk/publisher.h"
#include "bacnet/talk/reporter.h"

#include <assert.h>

/* Octets in front of the parameters (clauses 20.1.2, 20.1.5). */
enum { REQUEST_HEADER = 4, ANSWER_HEADER = 3, SEGMENT_HEADER = 5 };

/* A request whose max_segments is larger takes as many as there are (20.1.2.4), and so does one that says
 * nothing. */
enum { SEGMENTS_SAYABLE = 64 };

enum { WINDOW_MAX = 127 };

static BacRefusal reject(BacRejectReason reason)
{
    return (BacRefusal){.kind = BAC_REFUSED_REJECT, .code = (uint16_t)reason};
}

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

/* `failed`, where not NULL: what could not be written, of several. */
static void send_refusal_of(BacServer *server, const BacDatagram *request, BacRefusal refusal,
                            const BacReference *failed)
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
        if (failed)
            bac_write_multiple_error_encode(&parameters, refusal, failed);
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

static void send_segment(BacServer *server, const BacSending *sending, uint32_t number)
{
    BpCursor in = bp_cursor(sending->answer.data, sending->answer.size);
    bp_cursor_skip(&in, (size_t)number * sending->segment_size);
    const size_t left = bp_cursor_remaining(&in);
    const size_t size = left < sending->segment_size ? left : sending->segment_size;
    const BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                          .segmented = true,
                          .more_follows = number + 1 < sending->count,
                          .invoke_id = sending->invoke_id,
                          .sequence = (uint8_t)number,
                          .window = server->options.window,
                          .service = sending->service};
    server->counts.segments++;
    send_apdu(server, BAC_BVLC_ORIGINAL_UNICAST, &sending->to, true, &apdu,
              (BpStr){(const char *)bp_cursor_take(&in, size), size});
}

static void send_window(BacServer *server, BacSending *sending, int64_t now_us)
{
    for (uint32_t i = 0; i < sending->window && sending->first + i < sending->count; i++)
        send_segment(server, sending, sending->first + i);
    sending->due_at_us = now_us + server->options.segment_timeout_us;
}

/* An acknowledgement of nothing that is on its way is an old one. It does not start the timer anew, so that a
 * client cannot hold an answer for ever. Positive or negative, it says where to go on. */
static void take_segment_ack(BacServer *server, BacSending *sending, const BacDatagram *datagram,
                             int64_t now_us)
{
    const BacApdu *ack = &datagram->apdu;
    const uint8_t received = (uint8_t)(ack->sequence - sending->first + 1);
    const uint32_t left = sending->count - sending->first;
    if (received == 0 || received > sending->window || received > left)
        return;
    sending->first += received;
    if (sending->first == sending->count) {
        sending->in_use = false;
        return;
    }
    if (ack->window == 0 || ack->window > WINDOW_MAX) {
        sending->in_use = false;
        server->counts.unfinished++;
        send_refusal(server, datagram, abortion(BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE));
        return;
    }
    sending->window = ack->window < server->options.window ? ack->window : server->options.window;
    sending->retries_left = server->options.segment_retries;
    send_window(server, sending, now_us);
}

/* ---- answers ---- */

/* The longest APDU that both sides take. */
static uint32_t apdu_limit(const BacServer *server, const BacApdu *request)
{
    const uint32_t own = server->options.identity.max_apdu;
    return own < request->max_apdu ? own : request->max_apdu;
}

/* `sending` holds the answer; where it does not go out, it is free again. */
static BacRefusal begin_sending(BacServer *server, BacSending *sending, const BacDatagram *request,
                                int64_t now_us)
{
    const uint32_t segment_size = apdu_limit(server, &request->apdu) - SEGMENT_HEADER;
    const uint32_t count = (uint32_t)((sending->answer.size + segment_size - 1) / segment_size);
    const uint8_t max = request->apdu.max_segments;
    if (max > 0 && max <= SEGMENTS_SAYABLE && count > max)
        return abortion(BAC_ABORT_BUFFER_OVERFLOW);
    sending->in_use = true;
    sending->invoke_id = request->apdu.invoke_id;
    sending->service = request->apdu.service;
    sending->window = 1; /* until the client has said its own (5.4.5.3) */
    sending->retries_left = server->options.segment_retries;
    sending->segment_size = (uint16_t)segment_size;
    sending->first = 0;
    sending->count = count;
    sending->to = request->from;
    server->counts.answers++;
    send_window(server, sending, now_us);
    return (BacRefusal){0};
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
        return begin_sending(server, sending, request, now_us);
    }
    const BacApdu apdu = {.type = answer->size > 0 ? BAC_COMPLEX_ACK : BAC_SIMPLE_ACK,
                          .invoke_id = asked->invoke_id,
                          .service = asked->service};
    server->counts.answers++;
    send_reply(server, &request->from, &apdu, bp_buf_text(answer));
    return (BacRefusal){0};
}

/* ---- services: each writes its answer's parameters to `out`, or says why not ---- */

static BacRefusal refuse_malformed(BpStatus status)
{
    switch (status) {
    case BP_TRUNCATED: return reject(BAC_REJECT_MISSING_REQUIRED_PARAMETER);
    case BP_INVALID: return reject(BAC_REJECT_PARAMETER_OUT_OF_RANGE);
    default: return reject(BAC_REJECT_INVALID_TAG);
    }
}

/* The part of `body` that a decoder read before it failed. If that is a whole request, the rest is too much.
 */
static BpCursor as_far_as_read(BpCursor body, const BpCursor *in)
{
    body.size = in->offset;
    return body;
}

static const BacRefusal UNKNOWN_OBJECT = {
    .kind = BAC_REFUSED_ERROR, .error_class = BAC_CLASS_OBJECT, .code = BAC_CODE_UNKNOWN_OBJECT};
static const BacRefusal UNKNOWN_PROPERTY = {
    .kind = BAC_REFUSED_ERROR, .error_class = BAC_CLASS_PROPERTY, .code = BAC_CODE_UNKNOWN_PROPERTY};

/* The device itself may be asked for by the wildcard instance (clause 15.5.2), and answers by its own. */
static BacObjectId own_object(const BacServer *server, BacObjectId object)
{
    if (object.type == BAC_DEVICE && object.instance == BAC_INSTANCE_WILDCARD)
        object.instance = server->options.identity.instance;
    return object;
}

static bool is_group(uint32_t property)
{
    return property == BAC_PROP_ALL || property == BAC_PROP_REQUIRED || property == BAC_PROP_OPTIONAL;
}

static BacRefusal read_property(const BacServer *server, BpCursor body, BpBuf *out)
{
    BacReference reference;
    BpCursor in = body;
    const BpStatus status = bac_read_property_decode(&in, &reference, NULL);
    if (status != BP_OK) {
        BpCursor read = as_far_as_read(body, &in);
        const bool whole = bac_read_property_decode(&read, &reference, NULL) == BP_OK;
        return whole ? reject(BAC_REJECT_TOO_MANY_ARGUMENTS) : refuse_malformed(status);
    }
    if (is_group(reference.property))
        return UNKNOWN_PROPERTY; /* only ReadPropertyMultiple knows them */
    reference.object = own_object(server, reference.object);
    bac_read_property_ack_begin(out, &reference);
    const BacRefusal refusal = server->options.objects->read(server->options.owner, &reference, out);
    bac_read_property_ack_end(out);
    return refusal;
}

static void add_result(const BacServer *server, const BacReference *reference, BpBuf *out)
{
    if (out->failed)
        return; /* going back below would forget it */
    const size_t mark = out->size;
    bac_read_multiple_ack_begin(out, reference->property, reference->index);
    const BacRefusal refusal = server->options.objects->read(server->options.owner, reference, out);
    bac_read_multiple_ack_end(out);
    if (refusal.kind == BAC_NOT_REFUSED)
        return;
    bp_buf_rewind(out, mark);
    bac_read_multiple_ack_refuse(out, reference->property, reference->index, refusal);
}

static void add_group(const BacServer *server, const BacReference *group, BpBuf *out)
{
    const BacObjects *objects = server->options.objects;
    void *owner = server->options.owner;
    if (!objects->exists(owner, group->object)) {
        bac_read_multiple_ack_refuse(out, group->property, BAC_NO_INDEX, UNKNOWN_OBJECT);
        return;
    }
    BacReference reference = {.object = group->object, .index = BAC_NO_INDEX};
    for (size_t i = 0;
         !out->failed && objects->property(owner, group->object, group->property, i, &reference.property);
         i++)
        add_result(server, &reference, out);
}

/* True if the next reference stands in the list that is open: one result list answers each of the request's.
 */
static bool goes_on_in_list(const BacReadMultiple *walk)
{
    return walk->in_object && !bac_tag_is_next(&walk->in, BAC_CLOSING, 1);
}

static BacRefusal read_multiple(const BacServer *server, BpCursor body, BpBuf *out)
{
    BacReadMultiple walk = {.in = body};
    BacReference reference;
    BpStatus status;
    bool in_list = false;
    for (;;) {
        const bool goes_on = goes_on_in_list(&walk);
        status = bac_read_multiple_next(&walk, &reference, NULL);
        if (in_list && !goes_on)
            bac_read_multiple_ack_close(out);
        if (status != BP_OK || out->failed)
            break;
        reference.object = own_object(server, reference.object);
        if (!goes_on)
            bac_read_multiple_ack_open(out, reference.object);
        in_list = true;
        if (is_group(reference.property))
            add_group(server, &reference, out);
        else
            add_result(server, &reference, out);
    }
    if (status != BP_OK && status != BP_NOT_FOUND)
        return refuse_malformed(status);
    return in_list ? (BacRefusal){0} : reject(BAC_REJECT_MISSING_REQUIRED_PARAMETER);
}

static BacRefusal read_range(const BacServer *server, BpCursor body, BpBuf *out)
{
    BacReadRange range;
    BacList list = {0};
    if (!server->options.objects->list)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_read_range_decode(&body, &range, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    range.reference.object = own_object(server, range.reference.object);
    const BacRefusal refusal = server->options.objects->list(server->options.owner, &range.reference, &list);
    return refusal.kind == BAC_NOT_REFUSED ? bac_list_answer(&list, &range, out) : refusal;
}

static BacRefusal write_property(const BacServer *server, BpCursor body)
{
    BacWrite write;
    BpCursor in = body;
    const BpStatus status = bac_write_property_decode(&in, &write, NULL);
    if (status != BP_OK) {
        BpCursor read = as_far_as_read(body, &in);
        const bool whole = bac_write_property_decode(&read, &write, NULL) == BP_OK;
        return whole ? reject(BAC_REJECT_TOO_MANY_ARGUMENTS) : refuse_malformed(status);
    }
    if (write.priority == BAC_NO_PRIORITY)
        write.priority = 16;
    return server->options.objects->write(server->options.owner, &write);
}

/* Writes one after the other; the first that is refused ends it, and is named in the Error (15.10.2). */
static BacRefusal write_multiple(const BacServer *server, BpCursor body, BacReference *ret_failed)
{
    BacWriteMultiple walk = {.in = body};
    BacWrite write;
    BpStatus status;
    for (BacWriteMultiple check = walk; (status = bac_write_multiple_next(&check, &write, NULL)) == BP_OK;)
        ; /* nothing is written of a request that breaks the rules */
    if (status != BP_NOT_FOUND)
        return refuse_malformed(status);
    while (bac_write_multiple_next(&walk, &write, NULL) == BP_OK) {
        if (write.priority == BAC_NO_PRIORITY)
            write.priority = 16;
        const BacRefusal refusal = server->options.objects->write(server->options.owner, &write);
        if (refusal.kind != BAC_NOT_REFUSED) {
            *ret_failed = write.reference;
            return refusal;
        }
    }
    return (BacRefusal){0};
}

static BacRefusal subscribe_cov(const BacServer *server, const BacDatagram *request, int64_t now_us)
{
    BpCursor body = request->body;
    BacSubscribeCov subscribe;
    if (!server->options.publisher)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_subscribe_cov_decode(&body, &subscribe, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    return bac_publisher_subscribe(server->options.publisher, &subscribe, &request->from, now_us);
}

static BacRefusal get_events(const BacServer *server, BpCursor body, BpBuf *out)
{
    BacGetEvents request;
    if (!server->options.reporter)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_get_events_decode(&body, &request, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    bac_reporter_inform(server->options.reporter, &request, out);
    return (BacRefusal){0};
}

static BacRefusal acknowledge_alarm(const BacServer *server, BpCursor body, int64_t now_us)
{
    BacAcknowledgeAlarm acknowledge;
    if (!server->options.reporter)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_acknowledge_alarm_decode(&body, &acknowledge, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    if (!server->options.objects->exists(server->options.owner, acknowledge.object))
        return UNKNOWN_OBJECT;
    return bac_reporter_acknowledge(server->options.reporter, &acknowledge, now_us);
}

static BacRefusal serve(const BacServer *server, const BacDatagram *request, BpBuf *out,
                        BacReference *ret_failed, int64_t now_us)
{
    switch (request->apdu.service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY: return read_property(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE:
        if (!server->options.has_read_multiple)
            return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
        return read_multiple(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_READ_RANGE: return read_range(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_WRITE_PROPERTY: return write_property(server, request->body);
    case BAC_SERVICE_CONFIRMED_WRITE_PROPERTY_MULTIPLE:
        return write_multiple(server, request->body, ret_failed);
    case BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION: return get_events(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_ACKNOWLEDGE_ALARM: return acknowledge_alarm(server, request->body, now_us);
    case BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV: return subscribe_cov(server, request, now_us);
    default: return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    }
}

/* ---- what comes in ---- */

static void take_whole_request(BacServer *server, const BacDatagram *request, int64_t now_us)
{
    const BacApdu *apdu = &request->apdu;
    server->counts.requests++;
    BacSending *sending = find_sending(server, &request->from, apdu->invoke_id);
    if (sending) { /* asked again while the answer is on its way: did it begin to arrive? */
        if (sending->first == 0)
            send_segment(server, sending, 0);
        return;
    }
    sending = apdu->segmented_response_accepted ? free_sending(server) : NULL;
    uint8_t memory[BAC_APDU_MAX];
    BpBuf answer = sending ? bp_buf(sending->octets, sizeof sending->octets)
                           : bp_buf(memory, apdu_limit(server, apdu) - ANSWER_HEADER);
    BacReference failed = {.property = BAC_NO_INDEX};
    BacRefusal refusal = serve(server, request, &answer, &failed, now_us);
    if (refusal.kind == BAC_NOT_REFUSED)
        refusal = send_answer(server, request, &answer, sending, now_us);
    if (refusal.kind != BAC_NOT_REFUSED)
        send_refusal_of(server, request, refusal, failed.property == BAC_NO_INDEX ? NULL : &failed);
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

static void acknowledge(BacServer *server, BacReceiving *receiving, bool negative)
{
    receiving->acknowledged = (uint8_t)(receiving->next - 1);
    const BacApdu apdu = {.type = BAC_SEGMENT_ACK,
                          .negative = negative,
                          .from_server = true,
                          .invoke_id = receiving->header.invoke_id,
                          .sequence = receiving->acknowledged,
                          .window = receiving->window};
    send_reply(server, &receiving->from, &apdu, (BpStr){0});
}

static void begin_receiving(BacServer *server, const BacDatagram *segment, int64_t now_us)
{
    const BacApdu *apdu = &segment->apdu;
    BacReceiving *receiving = free_receiving(server);
    if (apdu->sequence != 0)
        return; /* of a request that is answered already, delayed or doubled: an Abort would be taken for its
                   answer */
    if (apdu->window == 0 || apdu->window > WINDOW_MAX)
        send_refusal(server, segment, abortion(BAC_ABORT_WINDOW_SIZE_OUT_OF_RANGE));
    else if (!receiving)
        send_refusal(server, segment,
                     abortion(server->options.receiving_count ? BAC_ABORT_OUT_OF_RESOURCES
                                                              : BAC_ABORT_SEGMENTATION_NOT_SUPPORTED));
    else {
        receiving->in_use = true;
        receiving->gap_reported = false;
        receiving->header = *apdu;
        receiving->from = segment->from;
        receiving->next = 0;
        receiving->received = 0;
        receiving->window = apdu->window < server->options.window ? apdu->window : server->options.window;
        /* As if a window ended with the first segment, which is acknowledged alone. */
        receiving->acknowledged = (uint8_t)-receiving->window;
        receiving->due_at_us = now_us + 4 * server->options.segment_timeout_us;
        receiving->request = bp_buf(receiving->octets, sizeof receiving->octets);
    }
}

static void end_receiving(BacServer *server, BacReceiving *receiving, const BacDatagram *last, int64_t now_us)
{
    BacDatagram whole = *last;
    receiving->in_use = false;
    whole.apdu = receiving->header;
    whole.apdu.segmented = whole.apdu.more_follows = false;
    whole.body = bp_cursor(receiving->request.data, receiving->request.size);
    take_whole_request(server, &whole, now_us);
}

static void take_segment(BacServer *server, BacReceiving *receiving, const BacDatagram *segment,
                         int64_t now_us)
{
    const BacApdu *apdu = &segment->apdu;
    if (apdu->sequence != receiving->next) {
        const bool is_ahead = (uint8_t)(apdu->sequence - receiving->next) <= INT8_MAX;
        if (is_ahead && !receiving->gap_reported) {
            receiving->gap_reported = true;
            acknowledge(server, receiving, true);
        } else if (!is_ahead && apdu->sequence == receiving->acknowledged) {
            acknowledge(server, receiving, false); /* ours was lost */
        }
        return;
    }
    BpCursor body = segment->body;
    const size_t size = bp_cursor_remaining(&body);
    if (size == 0 && apdu->more_follows)
        return; /* it could go on for ever */
    bp_buf_octets(&receiving->request, bp_cursor_take(&body, size), size);
    if (receiving->request.failed) {
        receiving->in_use = false;
        send_refusal(server, segment, abortion(BAC_ABORT_BUFFER_OVERFLOW));
        return;
    }
    receiving->next++;
    receiving->received++;
    receiving->received_us = now_us;
    receiving->gap_reported = false;
    receiving->due_at_us = now_us + 4 * server->options.segment_timeout_us;
    if ((uint8_t)(apdu->sequence - receiving->acknowledged) >= receiving->window || !apdu->more_follows)
        acknowledge(server, receiving, false);
    if (!apdu->more_follows)
        end_receiving(server, receiving, segment, now_us);
}

/* The client begins anew, as after its own restart, with an invoke ID that it has given before: another
 * beginning comes, or the same one after a pause in which it would have gone on. A copy of the first segment
 * that the network made is neither, nor is segment 256, 512 ... of a long request when its window comes
 * again. */
static bool is_begun_anew(const BacServer *server, const BacReceiving *receiving, const BacDatagram *segment,
                          int64_t now_us)
{
    if (segment->apdu.sequence != 0 || receiving->next == 0 ||
        (receiving->received > UINT8_MAX && receiving->next <= receiving->window))
        return false;
    BpCursor body = segment->body;
    const size_t size = bp_cursor_remaining(&body);
    const bool is_same = segment->apdu.service == receiving->header.service &&
                         size <= receiving->request.size &&
                         memcmp(bp_cursor_take(&body, size), receiving->request.data, size) == 0;
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
}

/* ---- the rest of what the header promises ---- */

void bac_server_init(BacServer *server, const BacServerOptions *options)
{
    assert(options->send && options->objects);
    assert(options->identity.max_apdu >= BAC_APDU_MIN && options->identity.max_apdu <= BAC_APDU_MAX);
    assert(options->window >= 1 && options->window <= WINDOW_MAX);
    *server = (BacServer){.options = *options};
    for (size_t i = 0; i < options->sending_count; i++)
        options->sendings[i].in_use = false;
    for (size_t i = 0; i < options->receiving_count; i++)
        options->receivings[i].in_use = false;
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
        if (sending->retries_left == 0) {
            sending->in_use = false;
            server->counts.unfinished++;
            continue;
        }
        sending->retries_left--;
        send_window(server, sending, now_us);
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
