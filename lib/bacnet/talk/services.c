#include "bacnet/talk/services.h"

#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/write_multiple.h"
#include "bacnet/talk/publisher.h"
#include "bacnet/talk/reporter.h"

static BacRefusal reject(BacRejectReason reason)
{
    return (BacRefusal){.kind = BAC_REFUSED_REJECT, .code = (uint16_t)reason};
}

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
static BacRefusal write_multiple(const BacServer *server, BpCursor body, BacFailure *failure)
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
            failure->is_of_write = true;
            failure->write = write.reference;
            return refusal;
        }
    }
    return (BacRefusal){0};
}

static BacRefusal change_list(const BacServer *server, BpCursor body, bool adds, BacFailure *failure)
{
    BacListElements elements;
    if (!server->options.objects->change)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_list_elements_decode(&body, &elements, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    elements.reference.object = own_object(server, elements.reference.object);
    failure->is_of_list = true;
    return server->options.objects->change(server->options.owner, &elements, adds, &failure->element);
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

/* ---- quiet, and restarts ---- */

static bool is_too_long(const BacValue *password)
{
    uint8_t memory[4 * BAC_PASSWORD_MAX + 4]; /* octets of UTF-8, and room for a character more */
    BpBuf text = bp_buf(memory, sizeof memory);
    size_t characters = 0;
    if (password->type != BAC_CHARACTER_STRING)
        return false;
    bac_text_to_utf8(&text, password);
    for (size_t i = 0; i < text.size; i++)
        characters += (text.data[i] & 0xC0) != 0x80;
    return text.failed || characters > BAC_PASSWORD_MAX;
}

static const BacRefusal PASSWORD_TOO_LONG = {
    .kind = BAC_REFUSED_ERROR, .error_class = BAC_CLASS_SERVICES, .code = BAC_CODE_PARAMETER_OUT_OF_RANGE};

static BacRefusal control_communication(const BacServer *server, BpCursor body, int64_t now_us)
{
    BacCommunicationControl control;
    if (!server->options.objects->communicate)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_communication_control_decode(&body, &control, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    if (!bac_words_find(&bac_communications, control.state))
        return reject(BAC_REJECT_UNDEFINED_ENUMERATION);
    if (is_too_long(&control.password))
        return PASSWORD_TOO_LONG;
    return server->options.objects->communicate(server->options.owner, &control, now_us);
}

static BacRefusal reinitialize(const BacServer *server, BpCursor body, int64_t now_us)
{
    BacReinitialize request;
    if (!server->options.objects->reinitialize)
        return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    const BpStatus status = bac_reinitialize_decode(&body, &request, NULL);
    if (status != BP_OK)
        return refuse_malformed(status);
    if (!bac_words_find(&bac_reinitialized, request.state))
        return reject(BAC_REJECT_UNDEFINED_ENUMERATION);
    if (is_too_long(&request.password))
        return PASSWORD_TOO_LONG;
    return server->options.objects->reinitialize(server->options.owner, &request, now_us);
}

BacRefusal bac_services_serve(const BacServer *server, const BacDatagram *request, BpBuf *out,
                              BacFailure *failure, int64_t now_us)
{
    switch (request->apdu.service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY: return read_property(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE:
        if (!server->options.has_read_multiple)
            return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
        return read_multiple(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_READ_RANGE: return read_range(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_WRITE_PROPERTY: return write_property(server, request->body);
    case BAC_SERVICE_CONFIRMED_WRITE_PROPERTY_MULTIPLE: return write_multiple(server, request->body, failure);
    case BAC_SERVICE_CONFIRMED_ADD_LIST_ELEMENT: return change_list(server, request->body, true, failure);
    case BAC_SERVICE_CONFIRMED_REMOVE_LIST_ELEMENT: return change_list(server, request->body, false, failure);
    case BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION: return get_events(server, request->body, out);
    case BAC_SERVICE_CONFIRMED_ACKNOWLEDGE_ALARM: return acknowledge_alarm(server, request->body, now_us);
    case BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV: return subscribe_cov(server, request, now_us);
    case BAC_SERVICE_CONFIRMED_DEVICE_COMMUNICATION_CONTROL:
        return control_communication(server, request->body, now_us);
    case BAC_SERVICE_CONFIRMED_REINITIALIZE_DEVICE: return reinitialize(server, request->body, now_us);
    default: return reject(BAC_REJECT_UNRECOGNIZED_SERVICE);
    }
}
