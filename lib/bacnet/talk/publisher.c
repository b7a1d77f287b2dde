#include "bacnet/talk/publisher.h"

#include "bacnet/service/destination.h"
#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>
#include <math.h>

static BacRefusal refusal(BacErrorClass error_class, BacErrorCode code)
{
    return (BacRefusal){
        .kind = BAC_REFUSED_ERROR, .error_class = (uint16_t)error_class, .code = (uint16_t)code};
}

static BacSubscription *find(const BacPublisher *publisher, const BacSubscribeCov *subscribe,
                             const BacAddress *from)
{
    for (size_t i = 0; i < publisher->count; i++) {
        BacSubscription *one = &publisher->subscriptions[i];
        if (one->in_use && one->process == subscribe->process &&
            bac_object_equal(one->object, subscribe->object) && bac_address_equal(&one->to, from))
            return one;
    }
    return NULL;
}

static BacSubscription *find_free(const BacPublisher *publisher)
{
    for (size_t i = 0; i < publisher->count; i++)
        if (!publisher->subscriptions[i].in_use)
            return &publisher->subscriptions[i];
    return NULL;
}

/* Reads a property into `octets`; 0 octets where there is none. */
static size_t read(const BacPublisher *publisher, BacObjectId object, uint32_t property,
                   uint8_t octets[BAC_COV_VALUE_MAX])
{
    const BacReference reference = {object, property, BAC_NO_INDEX};
    BpBuf out = bp_buf(octets, BAC_COV_VALUE_MAX);
    const BacRefusal refused = publisher->objects->read(publisher->owner, &reference, &out);
    return refused.kind == BAC_NOT_REFUSED && !out.failed ? out.size : 0;
}

/* The notification under way is answered, or nobody waits for it any more. */
static void end_waiting(BacPublisher *publisher, BacSubscription *one)
{
    if (one->waits)
        bac_notice_ids_give_back(publisher->ids, one->invoke_id);
    one->waits = false;
}

static void end(BacPublisher *publisher, BacSubscription *one)
{
    end_waiting(publisher, one);
    one->in_use = false;
}

void bac_publisher_forget(BacPublisher *publisher)
{
    for (size_t i = 0; i < publisher->count; i++)
        if (publisher->subscriptions[i].in_use)
            end(publisher, &publisher->subscriptions[i]);
}

BacRefusal bac_publisher_subscribe(BacPublisher *publisher, const BacSubscribeCov *subscribe,
                                   const BacAddress *from, int64_t now_us)
{
    BacSubscription *one = find(publisher, subscribe, from);
    if (subscribe->is_cancelled) { /* succeeds though there is none (13.14.1.3) */
        if (one)
            end(publisher, one);
        return (BacRefusal){0};
    }
    uint8_t octets[BAC_COV_VALUE_MAX];
    if (!publisher->objects->exists(publisher->owner, subscribe->object))
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_UNKNOWN_OBJECT);
    if (read(publisher, subscribe->object, BAC_PROP_PRESENT_VALUE, octets) == 0 ||
        read(publisher, subscribe->object, BAC_PROP_STATUS_FLAGS, octets) == 0)
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED);
    if (!one)
        one = find_free(publisher);
    if (!one)
        return refusal(BAC_CLASS_RESOURCES, BAC_CODE_NO_SPACE_TO_ADD_LIST_ELEMENT);
    end_waiting(publisher, one);
    *one = (BacSubscription){
        .in_use = true,
        .is_confirmed = subscribe->is_confirmed,
        .to = *from,
        .process = subscribe->process,
        .object = subscribe->object,
        .until_us = subscribe->lifetime_s ? now_us + (int64_t)subscribe->lifetime_s * BP_SECOND : INT64_MAX};
    BP_INVARIANT(bac_publisher_check(publisher));
    return (BacRefusal){0};
}

/* ---- has it changed? ---- */

static bool number_in(const uint8_t *octets, size_t size, BacType *ret_type, double *ret_number)
{
    BpCursor in = bp_cursor(octets, size);
    BacValue value;
    if (bac_value_decode(&in, &value, NULL) != BP_OK)
        return false;
    *ret_type = value.type;
    return bac_value_number(&value, ret_number);
}

/* Real and Double by the increment, where the object has one; all others by any change (table 13-1). */
static bool has_changed(const BacPublisher *publisher, const BacSubscription *one, const uint8_t *value,
                        size_t size)
{
    BacType type, increment_type;
    double now, then, increment;
    uint8_t octets[BAC_COV_VALUE_MAX];
    if (size == one->value_size && memcmp(value, one->value, size) == 0)
        return false;
    if (!number_in(value, size, &type, &now) || (type != BAC_REAL && type != BAC_DOUBLE) ||
        !number_in(one->value, one->value_size, &type, &then) || !isfinite(now) || !isfinite(then))
        return true;
    const size_t increment_size = read(publisher, one->object, BAC_PROP_COV_INCREMENT, octets);
    if (increment_size == 0 || !number_in(octets, increment_size, &increment_type, &increment))
        return true;
    return fabs(now - then) >= increment;
}

/* ---- Active_COV_Subscriptions ---- */

static void put_increment(const BacPublisher *publisher, BacObjectId object, uint8_t number, BpBuf *out)
{
    uint8_t octets[BAC_COV_VALUE_MAX];
    BacValue increment;
    const size_t size = read(publisher, object, BAC_PROP_COV_INCREMENT, octets);
    BpCursor in = bp_cursor(octets, size);
    if (size && bac_value_decode(&in, &increment, NULL) == BP_OK && increment.type == BAC_REAL)
        bac_value_encode_context(out, number, &increment);
}

static uint32_t seconds_left(const BacSubscription *one, int64_t now_us)
{
    const int64_t left_us = one->until_us == INT64_MAX ? 0 : one->until_us - now_us;
    return left_us > 0 ? (uint32_t)((left_us + BP_SECOND - 1) / BP_SECOND) : 0;
}

static void describe(const BacPublisher *publisher, const BacSubscription *one, int64_t now_us, BpBuf *out)
{
    enum { RECIPIENT = 0, PROPERTY = 1, CONFIRMED = 2, REMAINING = 3, INCREMENT = 4 };
    enum { PROCESS = 1, OBJECT = 0, IDENTIFIER = 1 }; /* within the first and the second */
    const BacRecipient recipient = bac_recipient_of(&one->to);
    bac_tag_encode(out, BAC_OPENING, RECIPIENT, 0);
    bac_tag_encode(out, BAC_OPENING, RECIPIENT, 0);
    bac_recipient_encode(out, &recipient);
    bac_tag_encode(out, BAC_CLOSING, RECIPIENT, 0);
    bac_value_encode_context(out, PROCESS, &(BacValue){.type = BAC_UNSIGNED, .natural = one->process});
    bac_tag_encode(out, BAC_CLOSING, RECIPIENT, 0);
    bac_tag_encode(out, BAC_OPENING, PROPERTY, 0);
    bac_value_encode_context(out, OBJECT, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = one->object});
    bac_value_encode_context(out, IDENTIFIER,
                             &(BacValue){.type = BAC_ENUMERATED, .enumerated = BAC_PROP_PRESENT_VALUE});
    bac_tag_encode(out, BAC_CLOSING, PROPERTY, 0);
    bac_value_encode_context(out, CONFIRMED, &(BacValue){.type = BAC_BOOLEAN, .boolean = one->is_confirmed});
    bac_value_encode_context(out, REMAINING,
                             &(BacValue){.type = BAC_UNSIGNED, .natural = seconds_left(one, now_us)});
    put_increment(publisher, one->object, INCREMENT, out);
}

bool bac_publisher_describe(const BacPublisher *publisher, size_t i, int64_t now_us, BpBuf *out)
{
    for (size_t j = 0; j < publisher->count; j++) {
        const BacSubscription *one = &publisher->subscriptions[j];
        if (!one->in_use || now_us >= one->until_us || i-- > 0)
            continue;
        describe(publisher, one, now_us, out);
        return true;
    }
    return false;
}

/* ---- telling ---- */

static void tell(BacPublisher *publisher, BacSubscription *one, int64_t now_us)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {.type = one->is_confirmed ? BAC_CONFIRMED_REQUEST : BAC_UNCONFIRMED_REQUEST,
                          .max_apdu = one->is_confirmed ? BAC_APDU_MAX : 0,
                          .invoke_id = one->invoke_id,
                          .service = one->is_confirmed ? (uint8_t)BAC_SERVICE_CONFIRMED_COV_NOTIFICATION
                                                       : (uint8_t)BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION};
    const BacCovNotification notification = {.process = one->process,
                                             .device = publisher->device,
                                             .object = one->object,
                                             .remaining_s = seconds_left(one, now_us)};
    const size_t begin = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &one->to, &publisher->station,
                                            one->is_confirmed, &apdu);
    bac_cov_notification_begin(&out, &notification);
    bac_property_value_encode(&out, &(BacPropertyValue){.property = BAC_PROP_PRESENT_VALUE,
                                                        .index = BAC_NO_INDEX,
                                                        .value = bp_cursor(one->value, one->value_size)});
    bac_property_value_encode(&out, &(BacPropertyValue){.property = BAC_PROP_STATUS_FLAGS,
                                                        .index = BAC_NO_INDEX,
                                                        .value = bp_cursor(one->flags, one->flags_size)});
    bac_cov_notification_end(&out);
    bac_datagram_end(&out, begin);
    publisher->told++;
    if (!out.failed)
        publisher->send(publisher->owner, &one->to, bp_buf_text(&out));
}

static void tell_change(BacPublisher *publisher, BacSubscription *one, int64_t now_us)
{
    uint8_t value[BAC_COV_VALUE_MAX], flags[BAC_COV_VALUE_MAX];
    const size_t value_size = read(publisher, one->object, BAC_PROP_PRESENT_VALUE, value);
    const size_t flags_size = read(publisher, one->object, BAC_PROP_STATUS_FLAGS, flags);
    const bool same_flags = flags_size == one->flags_size && memcmp(flags, one->flags, flags_size) == 0;
    if (one->was_told && same_flags && !has_changed(publisher, one, value, value_size))
        return;
    const uint8_t invoke_id = one->is_confirmed ? bac_notice_ids_take(publisher->ids) : 0;
    if (one->is_confirmed && invoke_id == 0)
        return; /* all are under way: it is told when one is answered */
    memcpy(one->value, value, value_size);
    memcpy(one->flags, flags, flags_size);
    one->value_size = value_size;
    one->flags_size = flags_size;
    one->was_told = true;
    if (one->is_confirmed) {
        one->waits = true;
        one->invoke_id = invoke_id;
        one->tries_left = publisher->retries;
        one->retry_at_us = now_us + publisher->timeout_us;
    }
    tell(publisher, one, now_us);
}

static void tell_again(BacPublisher *publisher, BacSubscription *one, int64_t now_us)
{
    if (now_us < one->retry_at_us)
        return;
    if (one->tries_left == 0) {
        end_waiting(publisher, one);
        publisher->given_up++;
        return;
    }
    one->tries_left--;
    one->retry_at_us = now_us + publisher->timeout_us;
    tell(publisher, one, now_us);
}

void bac_publisher_advance(BacPublisher *publisher, int64_t now_us)
{
    for (size_t i = 0; i < publisher->count; i++) {
        BacSubscription *one = &publisher->subscriptions[i];
        if (one->in_use && now_us >= one->until_us)
            end(publisher, one);
        if (one->in_use && one->waits)
            tell_again(publisher, one, now_us); /* one at a time: the next has the value of then */
        else if (one->in_use)
            tell_change(publisher, one, now_us);
    }
    BP_INVARIANT(bac_publisher_check(publisher));
}

bool bac_publisher_receive(BacPublisher *publisher, const BacDatagram *datagram)
{
    for (size_t i = 0; i < publisher->count; i++) {
        BacSubscription *one = &publisher->subscriptions[i];
        if (!one->in_use || !one->waits ||
            !bac_notice_is_answered(datagram, &one->to, one->invoke_id,
                                    BAC_SERVICE_CONFIRMED_COV_NOTIFICATION))
            continue;
        const bool is_confirmed = datagram->apdu.type == BAC_SIMPLE_ACK;
        publisher->confirmed += is_confirmed;
        if (is_confirmed)
            end_waiting(publisher, one);
        else
            end(publisher, one); /* it knows nothing of the subscription */
        BP_INVARIANT(bac_publisher_check(publisher));
        return true;
    }
    return false;
}

void bac_publisher_check(const BacPublisher *publisher)
{
    for (size_t i = 0; i < publisher->count; i++) {
        const BacSubscription *one = &publisher->subscriptions[i];
        if (!one->in_use)
            continue;
        assert(one->value_size <= BAC_COV_VALUE_MAX && one->flags_size <= BAC_COV_VALUE_MAX);
        assert(one->tries_left <= publisher->retries);
        assert(!one->waits || (one->was_told && one->is_confirmed &&
                               bac_invoke_ids_has(&publisher->ids->in_use, one->invoke_id)));
    }
    assert(publisher->confirmed + publisher->given_up <= publisher->told);
}
