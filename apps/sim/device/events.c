#include "apps/sim/device/events.h"

#include "bacnet/service/event_notification.h"
#include "bacnet/service/event_values.h"
#include "base/time.h"

#include <stdlib.h>

/* ---- what reports ---- */

static bool describe(const SimObject *object, BacEventSource *source)
{
    *source = (BacEventSource){.object = object->id};
    if (sim_object_is(object, SIM_ZONE, "ZN-T")) {
        source->event_type = BAC_EVENT_OUT_OF_RANGE;
        source->low = 10;
        source->high = 35;
        source->deadband = 1;
        source->delay_s = 2;
    } else if (sim_object_is(object, SIM_HANDLER, "FRZ-A") || sim_object_is(object, SIM_HANDLER, "FLT-A")) {
        source->event_type = BAC_EVENT_CHANGE_OF_STATE;
        source->alarm_value = BAC_ACTIVE;
    }
    return source->event_type != 0;
}

void sim_events_init(SimEvents *events, SimObject *objects, size_t count)
{
    *events = (SimEvents){.reporter = {.notification_class = SIM_NOTIFICATION_CLASS,
                                       .priorities = {100, 100, 200},
                                       .needs_ack = {true, true, false},
                                       .timeout_us = 3 * BP_SECOND,
                                       .retries = 3,
                                       .sources = calloc(count + 1, sizeof(BacEventSource))},
                          .objects = calloc(count + 1, sizeof(SimObject *))};
    events->reporter.listeners = &events->recipients.list;
    if (!events->reporter.sources || !events->objects)
        abort();
    for (size_t i = 0; i < count; i++) {
        const size_t next = events->reporter.source_count;
        if (describe(&objects[i], &events->reporter.sources[next])) {
            events->objects[next] = &objects[i];
            events->reporter.source_count++;
        }
    }
}

void sim_events_done(SimEvents *events)
{
    free(events->reporter.sources);
    free((void *)events->objects);
}

void sim_events_judge(SimEvents *events, int64_t now_us)
{
    for (size_t i = 0; i < events->reporter.source_count; i++) {
        BacEventSource *source = &events->reporter.sources[i];
        bac_reporter_judge(&events->reporter, source, sim_object_value(events->objects[i]), now_us);
        events->objects[i]->event_state = source->state;
    }
    bac_reporter_advance(&events->reporter, now_us);
}

void sim_events_start_cold(SimEvents *events)
{
    for (size_t i = 0; i < events->reporter.source_count; i++) {
        BacEventSource *source = &events->reporter.sources[i];
        source->state = source->next = source->offnormal = BAC_STATE_NORMAL;
        memset(source->is_unacknowledged, 0, sizeof source->is_unacknowledged);
        memset(source->has_time, 0, sizeof source->has_time);
        events->objects[i]->event_state = source->state;
    }
}

/* ---- properties of the objects ---- */

static const uint32_t common[] = {BAC_PROP_TIME_DELAY,
                                  BAC_PROP_NOTIFICATION_CLASS,
                                  BAC_PROP_EVENT_ENABLE,
                                  BAC_PROP_ACKED_TRANSITIONS,
                                  BAC_PROP_NOTIFY_TYPE,
                                  BAC_PROP_EVENT_TIME_STAMPS,
                                  BAC_PROP_EVENT_DETECTION_ENABLE};
static const uint32_t of_range[] = {BAC_PROP_HIGH_LIMIT, BAC_PROP_LOW_LIMIT, BAC_PROP_DEADBAND,
                                    BAC_PROP_LIMIT_ENABLE};
static const uint32_t of_state[] = {BAC_PROP_ALARM_VALUE};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool sim_events_property(const SimEvents *events, BacObjectId object, size_t i, uint32_t *ret_property)
{
    const BacEventSource *source = bac_reporter_find(&events->reporter, object);
    if (!source)
        return false;
    const bool has_range = source->event_type == BAC_EVENT_OUT_OF_RANGE;
    const uint32_t *own = has_range ? of_range : of_state;
    const size_t own_count = has_range ? COUNT(of_range) : COUNT(of_state);
    if (i >= COUNT(common) + own_count)
        return false;
    *ret_property = i < COUNT(common) ? common[i] : own[i - COUNT(common)];
    return true;
}

static bool has_property(const SimEvents *events, const BacReference *reference)
{
    uint32_t property;
    for (size_t i = 0; sim_events_property(events, reference->object, i, &property); i++)
        if (property == reference->property)
            return true;
    return false;
}

static void put_time(const void *context, size_t i, BpBuf *out)
{
    static const BacDateTime never = {{255, 255, 255, 255}, {255, 255, 255, 255}};
    const BacEventSource *source = context;
    const BacTimestamp time = {.kind = BAC_TIMESTAMP_DATE_TIME,
                               .date_time = source->has_time[i] ? source->times[i] : never};
    bac_timestamp_encode(out, &time);
}

static void put_transitions(BpBuf *out, bool to_offnormal, bool to_fault, bool to_normal)
{
    const uint8_t bits =
        (uint8_t)((to_offnormal ? 0x80 : 0) | (to_fault ? 0x40 : 0) | (to_normal ? 0x20 : 0));
    sim_put_bits(out, &bits, BAC_TRANSITIONS);
}

static void put_value(const BacEventSource *source, uint32_t property, BpBuf *out)
{
    const uint8_t both_limits = 0xC0;
    const BacValue yes = {.type = BAC_BOOLEAN, .boolean = true};
    switch (property) {
    case BAC_PROP_TIME_DELAY: sim_put_natural(out, source->delay_s); break;
    case BAC_PROP_NOTIFICATION_CLASS: sim_put_natural(out, SIM_NOTIFICATION_CLASS); break;
    case BAC_PROP_EVENT_ENABLE: put_transitions(out, true, false, true); break;
    case BAC_PROP_ACKED_TRANSITIONS:
        put_transitions(out, !source->is_unacknowledged[BAC_TO_OFFNORMAL],
                        !source->is_unacknowledged[BAC_TO_FAULT], !source->is_unacknowledged[BAC_TO_NORMAL]);
        break;
    case BAC_PROP_NOTIFY_TYPE: sim_put_enumerated(out, BAC_NOTIFY_ALARM); break;
    case BAC_PROP_EVENT_DETECTION_ENABLE: bac_value_encode(out, &yes); break;
    case BAC_PROP_HIGH_LIMIT: sim_put_real(out, source->high); break;
    case BAC_PROP_LOW_LIMIT: sim_put_real(out, source->low); break;
    case BAC_PROP_DEADBAND: sim_put_real(out, source->deadband); break;
    case BAC_PROP_LIMIT_ENABLE: sim_put_bits(out, &both_limits, 2); break;
    default: sim_put_enumerated(out, source->alarm_value); break;
    }
}

bool sim_events_read(const SimEvents *events, const BacReference *reference, BpBuf *out,
                     BacRefusal *ret_refusal)
{
    if (!has_property(events, reference))
        return false;
    const BacEventSource *source = bac_reporter_find(&events->reporter, reference->object);
    *ret_refusal = (BacRefusal){0};
    if (reference->property == BAC_PROP_EVENT_TIME_STAMPS)
        *ret_refusal = sim_put_array(out, reference->index, BAC_TRANSITIONS, put_time, source);
    else if (reference->index != BAC_NO_INDEX)
        *ret_refusal = sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    else
        put_value(source, reference->property, out);
    return true;
}

/* Limits, and how long they must be passed. */
static BacRefusal write_value(BacEventSource *source, uint32_t property, const BacValue *value)
{
    float *real = property == BAC_PROP_HIGH_LIMIT  ? &source->high
                  : property == BAC_PROP_LOW_LIMIT ? &source->low
                  : property == BAC_PROP_DEADBAND  ? &source->deadband
                                                   : NULL;
    if (!real && property != BAC_PROP_TIME_DELAY)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED);
    if (value->type != (real ? BAC_REAL : BAC_UNSIGNED))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    if (!real && value->natural > UINT16_MAX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_VALUE_OUT_OF_RANGE);
    if (real)
        *real = value->real;
    else
        source->delay_s = (uint32_t)value->natural;
    return (BacRefusal){0};
}

bool sim_events_write(SimEvents *events, const BacWrite *write, BacRefusal *ret_refusal)
{
    BpCursor in = write->value;
    BacValue value;
    if (!has_property(events, &write->reference))
        return false;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || bp_cursor_remaining(&in))
        *ret_refusal = sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    else
        *ret_refusal = write_value(bac_reporter_find(&events->reporter, write->reference.object),
                                   write->reference.property, &value);
    return true;
}

/* ---- the Notification Class ---- */

static const uint32_t of_class[] = {
    BAC_PROP_OBJECT_IDENTIFIER, BAC_PROP_OBJECT_NAME,  BAC_PROP_OBJECT_TYPE,    BAC_PROP_NOTIFICATION_CLASS,
    BAC_PROP_PRIORITY,          BAC_PROP_ACK_REQUIRED, BAC_PROP_RECIPIENT_LIST,
};

bool sim_class_property(uint32_t only, size_t i, uint32_t *ret_property)
{
    if (only == BAC_PROP_OPTIONAL || i >= COUNT(of_class))
        return false;
    *ret_property = of_class[i];
    return true;
}

static void put_priority(const void *context, size_t i, BpBuf *out)
{
    const SimEvents *events = context;
    sim_put_natural(out, events->reporter.priorities[i]);
}

BacRefusal sim_class_read(const SimEvents *events, const BacReference *reference, BpBuf *out)
{
    const BacReporter *reporter = &events->reporter;
    if (reference->property == BAC_PROP_PRIORITY)
        return sim_put_array(out, reference->index, BAC_TRANSITIONS, put_priority, events);
    if (reference->index != BAC_NO_INDEX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    switch (reference->property) {
    case BAC_PROP_OBJECT_IDENTIFIER: sim_put_object(out, reference->object); break;
    case BAC_PROP_OBJECT_NAME: sim_put_text(out, "ALARMS"); break;
    case BAC_PROP_OBJECT_TYPE: sim_put_enumerated(out, BAC_NOTIFICATION_CLASS); break;
    case BAC_PROP_NOTIFICATION_CLASS: sim_put_natural(out, SIM_NOTIFICATION_CLASS); break;
    case BAC_PROP_ACK_REQUIRED:
        put_transitions(out, reporter->needs_ack[BAC_TO_OFFNORMAL], reporter->needs_ack[BAC_TO_FAULT],
                        reporter->needs_ack[BAC_TO_NORMAL]);
        break;
    case BAC_PROP_RECIPIENT_LIST:
        for (size_t i = 0; i < events->recipients.list.count; i++)
            sim_recipients_put(&events->recipients, (uint32_t)i, out);
        break;
    default: return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    }
    return (BacRefusal){0};
}

BacRefusal sim_class_write(SimEvents *events, const BacWrite *write)
{
    uint8_t memory[1024];
    BpBuf nowhere = bp_buf(memory, sizeof memory);
    if (write->reference.property == BAC_PROP_RECIPIENT_LIST && write->reference.index == BAC_NO_INDEX)
        return sim_recipients_write(&events->recipients, write->value);
    const BacRefusal refusal = sim_class_read(events, &write->reference, &nowhere);
    return refusal.kind == BAC_NOT_REFUSED ? sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED)
                                           : refusal;
}
