#include "bacnet/talk/reporter.h"

#include "bacnet/service/event_notification.h"
#include "bacnet/service/event_values.h"
#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>
#include <math.h>

BacEventSource *bac_reporter_find(const BacReporter *reporter, BacObjectId object)
{
    for (size_t i = 0; i < reporter->source_count; i++)
        if (bac_object_equal(reporter->sources[i].object, object))
            return &reporter->sources[i];
    return NULL;
}

/* ---- telling ---- */

static void send_notice(BacReporter *reporter, const BacAddress *to, BpStr parameters, uint8_t invoke_id)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const bool confirmed = invoke_id != 0;
    const BacApdu apdu = {.type = confirmed ? BAC_CONFIRMED_REQUEST : BAC_UNCONFIRMED_REQUEST,
                          .max_apdu = confirmed ? BAC_APDU_MAX : 0,
                          .invoke_id = invoke_id,
                          .service = confirmed ? (uint8_t)BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION
                                               : (uint8_t)BAC_SERVICE_UNCONFIRMED_EVENT_NOTIFICATION};
    const size_t begin =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, to, &reporter->station, confirmed, &apdu);
    bp_buf_str(&out, parameters);
    bac_datagram_end(&out, begin);
    if (!out.failed)
        reporter->send(reporter->owner, to, bp_buf_text(&out));
}

static void end_notice(BacReporter *reporter, BacNotice *notice)
{
    bac_notice_ids_give_back(reporter->ids, notice->invoke_id);
    notice->in_use = false;
}

/* Where none is free, the oldest makes room: what is wrong can still be asked for. */
static BacNotice *take_notice(BacReporter *reporter)
{
    BacNotice *notice = &reporter->notices[0];
    for (size_t i = 0; i < BAC_NOTICES; i++) {
        if (!reporter->notices[i].in_use)
            return &reporter->notices[i];
        if (reporter->notices[i].retry_at_us < notice->retry_at_us)
            notice = &reporter->notices[i];
    }
    end_notice(reporter, notice);
    reporter->given_up++;
    return notice;
}

static void tell_confirmed(BacReporter *reporter, const BacAddress *to, BpStr parameters, int64_t now_us)
{
    BacNotice *notice = take_notice(reporter);
    const uint8_t invoke_id = bac_notice_ids_take(reporter->ids);
    if (invoke_id == 0) { /* all are under way, and what is wrong can still be asked for */
        reporter->given_up++;
        return;
    }
    *notice = (BacNotice){.in_use = true,
                          .to = *to,
                          .invoke_id = invoke_id,
                          .tries_left = reporter->retries,
                          .retry_at_us = now_us + reporter->timeout_us,
                          .size = parameters.size};
    memcpy(notice->octets, parameters.data, parameters.size);
    send_notice(reporter, to, parameters, invoke_id);
}

/* Of this transition, to those who want to know of it now. */
static void tell_all(BacReporter *reporter, BacEventNotification *notification, size_t transition,
                     int64_t now_us)
{
    const BacDateTime now = reporter->clock(reporter->owner);
    for (size_t i = 0; !reporter->is_quiet && i < reporter->listeners->count; i++) {
        uint8_t memory[BAC_NOTICE_MAX];
        BpBuf out = bp_buf(memory, sizeof memory);
        const BacListener *listener = &reporter->listeners->items[i];
        if (listener->to.port == 0 || !bac_destination_takes(&listener->destination, &now, transition))
            continue;
        notification->process = listener->destination.process;
        bac_event_notification_encode(&out, notification);
        if (out.failed)
            continue;
        reporter->told++;
        if (listener->destination.is_confirmed)
            tell_confirmed(reporter, &listener->to, bp_buf_text(&out), now_us);
        else
            send_notice(reporter, &listener->to, bp_buf_text(&out), 0);
    }
}

static size_t transition_to(uint32_t state)
{
    return state == BAC_STATE_NORMAL ? BAC_TO_NORMAL : BAC_TO_OFFNORMAL;
}

static BacEventNotification notification_of(const BacReporter *reporter, const BacEventSource *source,
                                            uint32_t state, const BacDateTime *time)
{
    const size_t transition = transition_to(state);
    return (BacEventNotification){.device = reporter->device,
                                  .object = source->object,
                                  .time = {.kind = BAC_TIMESTAMP_DATE_TIME, .date_time = *time},
                                  .notification_class = reporter->notification_class,
                                  .priority = reporter->priorities[transition],
                                  .event_type = source->event_type,
                                  .notify_type = BAC_NOTIFY_ALARM,
                                  .to_state = state};
}

/* What a notification of a change says besides (table 13-3). */
static void write_values(const BacEventSource *source, double value, uint32_t from, BpBuf *out)
{
    const uint8_t flags = source->state == BAC_STATE_NORMAL ? 0 : 0x80; /* in alarm */
    BacEventValues values = {.type = source->event_type, .status_flags = {&flags, 4}};
    if (source->event_type == BAC_EVENT_OUT_OF_RANGE) {
        const uint32_t limit = source->state == BAC_STATE_NORMAL ? from : source->state;
        values.range.value = (float)value;
        values.range.deadband = source->deadband;
        values.range.limit = limit == BAC_STATE_LOW_LIMIT ? source->low : source->high;
    } else {
        enum { BINARY_VALUE = 1 }; /* of BACnetPropertyStates */
        values.state.kind = BINARY_VALUE;
        values.state.is_known = true;
        values.state.number = (int64_t)value;
    }
    bac_event_values_encode(out, &values);
}

static void change(BacReporter *reporter, BacEventSource *source, double value, int64_t now_us)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const uint32_t from = source->state;
    const size_t transition = transition_to(source->next);
    source->state = source->next;
    if (source->state != BAC_STATE_NORMAL)
        source->offnormal = source->state;
    source->times[transition] = reporter->clock(reporter->owner);
    source->has_time[transition] = true;
    source->is_unacknowledged[transition] = reporter->needs_ack[transition];
    BacEventNotification notification =
        notification_of(reporter, source, source->state, &source->times[transition]);
    write_values(source, value, from, &out);
    notification.has_ack_required = notification.has_from_state = notification.has_values = true;
    notification.ack_required = reporter->needs_ack[transition];
    notification.from_state = from;
    notification.values_type = source->event_type;
    notification.values = bp_cursor(out.data, out.size);
    tell_all(reporter, &notification, transition, now_us);
}

/* ---- states ---- */

static uint32_t state_in_range(const BacEventSource *source, double value)
{
    if (value > source->high)
        return BAC_STATE_HIGH_LIMIT;
    if (value < source->low)
        return BAC_STATE_LOW_LIMIT;
    if (source->state == BAC_STATE_HIGH_LIMIT && value >= source->high - source->deadband)
        return BAC_STATE_HIGH_LIMIT; /* not yet far enough within */
    if (source->state == BAC_STATE_LOW_LIMIT && value <= source->low + source->deadband)
        return BAC_STATE_LOW_LIMIT;
    return BAC_STATE_NORMAL;
}

void bac_reporter_judge(BacReporter *reporter, BacEventSource *source, double value, int64_t now_us)
{
    if (isnan(value))
        return; /* says nothing of any limit */
    const uint32_t state = source->event_type == BAC_EVENT_OUT_OF_RANGE ? state_in_range(source, value)
                           : value == (double)source->alarm_value       ? BAC_STATE_OFFNORMAL
                                                                        : BAC_STATE_NORMAL;
    if (state != source->next) {
        source->next = state;
        source->since_us = now_us;
    }
    if (state != source->state && now_us - source->since_us >= (int64_t)source->delay_s * BP_SECOND)
        change(reporter, source, value, now_us);
    BP_INVARIANT(bac_reporter_check(reporter));
}

/* ---- GetEventInformation ---- */

static bool is_active(const BacEventSource *source)
{
    bool active = source->state != BAC_STATE_NORMAL;
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        active |= source->is_unacknowledged[i];
    return active;
}

static bool is_after(BacObjectId object, const BacGetEvents *request)
{
    return !request->has_last || object.type > request->last.type ||
           (object.type == request->last.type && object.instance > request->last.instance);
}

static void write_summary(const BacReporter *reporter, const BacEventSource *source, BpBuf *out)
{
    static const BacDateTime never = {{255, 255, 255, 255}, {255, 255, 255, 255}};
    BacEventSummary summary = {.object = source->object,
                               .state = source->state,
                               .notify_type = BAC_NOTIFY_ALARM,
                               .is_enabled = {[BAC_TO_OFFNORMAL] = true, [BAC_TO_NORMAL] = true}};
    for (size_t i = 0; i < BAC_TRANSITIONS; i++) {
        summary.is_acknowledged[i] = !source->is_unacknowledged[i];
        summary.times[i].kind = BAC_TIMESTAMP_DATE_TIME;
        summary.times[i].date_time = source->has_time[i] ? source->times[i] : never;
        summary.priorities[i] = reporter->priorities[i];
    }
    bac_event_summary_encode(out, &summary);
}

void bac_reporter_inform(const BacReporter *reporter, const BacGetEvents *request, BpBuf *out)
{
    enum { AROUND = 4, SUMMARY_MAX = 128 }; /* tags of the list, and more-events */
    BacGetEventsAck ack = {0};
    const size_t begin = out->size;
    bac_get_events_ack_begin(out);
    for (size_t i = 0; i < reporter->source_count && !ack.has_more; i++) {
        uint8_t memory[SUMMARY_MAX];
        BpBuf one = bp_buf(memory, sizeof memory);
        if (!is_active(&reporter->sources[i]) || !is_after(reporter->sources[i].object, request))
            continue;
        write_summary(reporter, &reporter->sources[i], &one);
        if (out->size - begin + one.size + AROUND > out->max - begin)
            ack.has_more = true;
        else
            bp_buf_str(out, bp_buf_text(&one));
    }
    /* Not one fits: an empty list would be taken for an all-clear. */
    out->failed |= ack.has_more && out->size - begin <= 1;
    bac_get_events_ack_end(out, ack.has_more);
}

/* ---- AcknowledgeAlarm ---- */

static BacRefusal refusal(BacErrorClass error_class, BacErrorCode code)
{
    return (BacRefusal){
        .kind = BAC_REFUSED_ERROR, .error_class = (uint16_t)error_class, .code = (uint16_t)code};
}

static bool is_same_time(const BacTimestamp *said, const BacDateTime *time)
{
    return said->kind == BAC_TIMESTAMP_DATE_TIME &&
           memcmp(&said->date_time.time, &time->time, sizeof time->time) == 0 &&
           said->date_time.date.year == time->date.year && said->date_time.date.month == time->date.month &&
           said->date_time.date.day == time->date.day; /* some leave the weekday out */
}

BacRefusal bac_reporter_acknowledge(BacReporter *reporter, const BacAcknowledgeAlarm *acknowledge,
                                    int64_t now_us)
{
    BacEventSource *source = bac_reporter_find(reporter, acknowledge->object);
    const size_t transition = transition_to(acknowledge->state);
    if (!source)
        return refusal(BAC_CLASS_OBJECT, BAC_CODE_NO_ALARM_CONFIGURED);
    if (!source->has_time[transition] ||
        (transition == BAC_TO_OFFNORMAL && acknowledge->state != source->offnormal))
        return refusal(BAC_CLASS_SERVICES, BAC_CODE_INVALID_EVENT_STATE);
    if (!is_same_time(&acknowledge->time, &source->times[transition]))
        return refusal(BAC_CLASS_SERVICES, BAC_CODE_INVALID_TIME_STAMP);
    source->is_unacknowledged[transition] = false;
    const BacDateTime now = reporter->clock(reporter->owner);
    BacEventNotification notification = notification_of(reporter, source, acknowledge->state, &now);
    notification.notify_type = BAC_NOTIFY_ACKNOWLEDGEMENT;
    tell_all(reporter, &notification, transition, now_us);
    BP_INVARIANT(bac_reporter_check(reporter));
    return (BacRefusal){0};
}

/* ---- what was not confirmed ---- */

void bac_reporter_advance(BacReporter *reporter, int64_t now_us)
{
    for (size_t i = 0; i < BAC_NOTICES; i++) {
        BacNotice *notice = &reporter->notices[i];
        if (!notice->in_use || reporter->is_quiet || now_us < notice->retry_at_us)
            continue;
        if (notice->tries_left == 0) {
            end_notice(reporter, notice);
            reporter->given_up++;
            continue;
        }
        notice->tries_left--;
        notice->retry_at_us = now_us + reporter->timeout_us;
        send_notice(reporter, &notice->to, (BpStr){(const char *)notice->octets, notice->size},
                    notice->invoke_id);
    }
    BP_INVARIANT(bac_reporter_check(reporter));
}

void bac_reporter_forget(BacReporter *reporter)
{
    for (size_t i = 0; i < BAC_NOTICES; i++)
        if (reporter->notices[i].in_use)
            end_notice(reporter, &reporter->notices[i]);
}

bool bac_reporter_receive(BacReporter *reporter, const BacDatagram *datagram)
{
    for (size_t i = 0; i < BAC_NOTICES; i++) {
        BacNotice *notice = &reporter->notices[i];
        if (!notice->in_use || !bac_notice_is_answered(datagram, &notice->to, notice->invoke_id,
                                                       BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION))
            continue;
        end_notice(reporter, notice);
        reporter->confirmed += datagram->apdu.type == BAC_SIMPLE_ACK;
        BP_INVARIANT(bac_reporter_check(reporter));
        return true;
    }
    return false;
}

static void check_source(const BacEventSource *source)
{
    assert(source->state == BAC_STATE_NORMAL || source->state == source->offnormal);
    assert(source->state == BAC_STATE_NORMAL || source->has_time[BAC_TO_OFFNORMAL]);
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        assert(source->has_time[i] || !source->is_unacknowledged[i]);
}

void bac_reporter_check(const BacReporter *reporter)
{
    for (size_t i = 0; i < reporter->source_count; i++) {
        const BacEventSource *source = &reporter->sources[i];
        const BacGetEvents before = {.has_last = i > 0, .last = i > 0 ? source[-1].object : source->object};
        assert(is_after(source->object, &before)); /* ascending, and none twice */
        check_source(source);
    }
    for (size_t i = 0; i < BAC_NOTICES; i++) {
        const BacNotice *notice = &reporter->notices[i];
        assert(!notice->in_use ||
               (bac_invoke_ids_has(&reporter->ids->in_use, notice->invoke_id) && notice->size > 0 &&
                notice->size <= BAC_NOTICE_MAX && notice->tries_left <= reporter->retries));
    }
    assert(reporter->confirmed + reporter->given_up <= reporter->told);
}
