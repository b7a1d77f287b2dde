#include "apps/sim/device/trend.h"

#include "bacnet/service/log_record.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t INTERVAL_US = 15 * BP_MINUTE, HUNDREDTH_US = BP_SECOND / 100;

void sim_trend_init(SimTrend *trend, uint32_t instance, const SimObject *object, const uint32_t *device)
{
    *trend = (SimTrend){.id = {BAC_TREND_LOG, instance},
                        .object = object,
                        .device = device,
                        .is_enabled = true,
                        .records = calloc(SIM_TREND_RECORDS, sizeof(SimRecord))};
    if (!trend->records)
        abort();
    snprintf(trend->name, sizeof trend->name, "%s/LOG", object->name);
}

void sim_trend_done(SimTrend *trend)
{
    free(trend->records);
}

void sim_trend_step(SimTrend *trend, int64_t now_us)
{
    if (trend->due_us - now_us > INTERVAL_US)
        trend->due_us = now_us; /* the clock was set back */
    if (!trend->is_enabled || now_us < trend->due_us ||
        (trend->stops_when_full && trend->count == SIM_TREND_RECORDS))
        return;
    trend->due_us = now_us - now_us % INTERVAL_US + INTERVAL_US; /* at the full quarters */
    trend->records[trend->total % SIM_TREND_RECORDS] =
        (SimRecord){.at_us = now_us,
                    .value = (float)sim_object_value(trend->object),
                    .flags = trend->object->is_faulty ? 0x40 : 0};
    trend->total++;
    if (trend->count < SIM_TREND_RECORDS)
        trend->count++;
}

/* ---- the buffer ---- */

static const SimRecord *record_at(const SimTrend *trend, uint32_t i)
{
    return &trend->records[(trend->total - trend->count + i) % SIM_TREND_RECORDS];
}

static BacDateTime time_of(const void *context, uint32_t i)
{
    return bac_date_time_at(record_at(context, i)->at_us);
}

static void put_record(const void *context, uint32_t i, BpBuf *out)
{
    const SimRecord *record = record_at(context, i);
    const BacLogRecord one = {.time = bac_date_time_at(record->at_us),
                              .datum = BAC_LOG_REAL,
                              .value = {.type = BAC_REAL, .real = record->value},
                              .has_status_flags = true,
                              .status_flags = {&record->flags, 4}};
    bac_log_record_encode(out, &one);
}

BacRefusal sim_trend_list(const SimTrend *trend, const BacReference *reference, BacList *ret_list)
{
    uint32_t property;
    if (reference->property == BAC_PROP_LOG_BUFFER) {
        if (reference->index != BAC_NO_INDEX)
            return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
        *ret_list = (BacList){.context = trend,
                              .count = trend->count,
                              .put = put_record,
                              .time = time_of,
                              .first_sequence = trend->total - trend->count + 1};
        return (BacRefusal){0};
    }
    for (size_t i = 0; sim_trend_property(BAC_PROP_ALL, i, &property); i++)
        if (property == reference->property)
            return sim_error(BAC_CLASS_SERVICES, BAC_CODE_PROPERTY_IS_NOT_A_LIST);
    return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
}

/* ---- properties ---- */

/* All of them are required but the interval, which is where it is polled. */
static const uint32_t properties[] = {
    BAC_PROP_OBJECT_IDENTIFIER,  BAC_PROP_OBJECT_NAME,
    BAC_PROP_OBJECT_TYPE,        BAC_PROP_ENABLE,
    BAC_PROP_STOP_WHEN_FULL,     BAC_PROP_BUFFER_SIZE,
    BAC_PROP_LOG_BUFFER,         BAC_PROP_RECORD_COUNT,
    BAC_PROP_TOTAL_RECORD_COUNT, BAC_PROP_LOGGING_TYPE,
    BAC_PROP_STATUS_FLAGS,       BAC_PROP_EVENT_STATE,
    BAC_PROP_LOG_INTERVAL,       BAC_PROP_LOG_DEVICE_OBJECT_PROPERTY,
};
enum { PROPERTIES = sizeof properties / sizeof properties[0], OPTIONALS = 2 };

bool sim_trend_property(uint32_t only, size_t i, uint32_t *ret_property)
{
    const size_t first = only == BAC_PROP_OPTIONAL ? PROPERTIES - OPTIONALS : 0;
    const size_t end = only == BAC_PROP_REQUIRED ? PROPERTIES - OPTIONALS : PROPERTIES;
    if (i >= end - first)
        return false;
    *ret_property = properties[first + i];
    return true;
}

static void put_boolean(BpBuf *out, bool boolean)
{
    const BacValue value = {.type = BAC_BOOLEAN, .boolean = boolean};
    bac_value_encode(out, &value);
}

/* BACnetDeviceObjectPropertyReference: object, property, and the device. */
static void put_logged(const SimTrend *trend, BpBuf *out)
{
    bac_value_encode_context(out, 0, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = trend->object->id});
    bac_value_encode_context(out, 1,
                             &(BacValue){.type = BAC_ENUMERATED, .enumerated = BAC_PROP_PRESENT_VALUE});
    bac_value_encode_context(
        out, 3, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = {BAC_DEVICE, *trend->device}});
}

BacRefusal sim_trend_read(const SimTrend *trend, const BacReference *reference, BpBuf *out)
{
    const uint8_t no_flags = 0;
    if (reference->index != BAC_NO_INDEX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    switch (reference->property) {
    case BAC_PROP_OBJECT_IDENTIFIER: sim_put_object(out, trend->id); break;
    case BAC_PROP_OBJECT_NAME: sim_put_text(out, trend->name); break;
    case BAC_PROP_OBJECT_TYPE: sim_put_enumerated(out, BAC_TREND_LOG); break;
    case BAC_PROP_ENABLE: put_boolean(out, trend->is_enabled); break;
    case BAC_PROP_STOP_WHEN_FULL: put_boolean(out, trend->stops_when_full); break;
    case BAC_PROP_BUFFER_SIZE: sim_put_natural(out, SIM_TREND_RECORDS); break;
    case BAC_PROP_RECORD_COUNT: sim_put_natural(out, trend->count); break;
    case BAC_PROP_TOTAL_RECORD_COUNT: sim_put_natural(out, trend->total); break;
    case BAC_PROP_LOGGING_TYPE: sim_put_enumerated(out, BAC_LOGGING_POLLED); break;
    case BAC_PROP_STATUS_FLAGS: sim_put_bits(out, &no_flags, 4); break;
    case BAC_PROP_EVENT_STATE: sim_put_enumerated(out, BAC_STATE_NORMAL); break;
    case BAC_PROP_LOG_INTERVAL: sim_put_natural(out, (uint64_t)(INTERVAL_US / HUNDREDTH_US)); break;
    case BAC_PROP_LOG_DEVICE_OBJECT_PROPERTY: put_logged(trend, out); break;
    /* For ReadRange alone (12.25.14). */
    case BAC_PROP_LOG_BUFFER: return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_READ_ACCESS_DENIED);
    default: return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_UNKNOWN_PROPERTY);
    }
    return (BacRefusal){0};
}

BacRefusal sim_trend_write(SimTrend *trend, const BacWrite *write)
{
    BpCursor in = write->value;
    BacValue value;
    uint8_t memory[64];
    BpBuf nowhere = bp_buf(memory, sizeof memory);
    const uint32_t property = write->reference.property;
    if (property != BAC_PROP_ENABLE && property != BAC_PROP_STOP_WHEN_FULL &&
        property != BAC_PROP_RECORD_COUNT) {
        const BacRefusal refusal = sim_trend_read(trend, &write->reference, &nowhere);
        return refusal.kind == BAC_NOT_REFUSED || refusal.code == BAC_CODE_READ_ACCESS_DENIED
                   ? sim_error(BAC_CLASS_PROPERTY, BAC_CODE_WRITE_ACCESS_DENIED)
                   : refusal;
    }
    if (write->reference.index != BAC_NO_INDEX)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_PROPERTY_IS_NOT_AN_ARRAY);
    const BacType type = property == BAC_PROP_RECORD_COUNT ? BAC_UNSIGNED : BAC_BOOLEAN;
    if (bac_value_decode(&in, &value, NULL) != BP_OK || bp_cursor_remaining(&in) || value.type != type)
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_INVALID_DATA_TYPE);
    if (property == BAC_PROP_ENABLE)
        trend->is_enabled = value.boolean;
    else if (property == BAC_PROP_STOP_WHEN_FULL)
        trend->stops_when_full = value.boolean;
    else if (value.natural != 0) /* zero purges the buffer (12.25.15) */
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_VALUE_OUT_OF_RANGE);
    else
        trend->count = 0;
    return (BacRefusal){0};
}
