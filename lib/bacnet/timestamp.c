#include "bacnet/timestamp.h"

#include "bacnet/parameter.h"

#include <assert.h>

BpStatus bac_date_time_decode(BpCursor *in, BacDateTime *ret_date_time, BpError *err)
{
    assert(in && ret_date_time);
    BacValue date, time;
    BpStatus status = bac_parameter_application(in, BAC_DATE, &date, err);
    if (status == BP_OK)
        status = bac_parameter_application(in, BAC_TIME, &time, err);
    if (status == BP_OK)
        *ret_date_time = (BacDateTime){.date = date.date, .time = time.time};
    return status;
}

void bac_date_time_encode(BpBuf *out, const BacDateTime *date_time)
{
    bac_value_encode(out, &(BacValue){.type = BAC_DATE, .date = date_time->date});
    bac_value_encode(out, &(BacValue){.type = BAC_TIME, .time = date_time->time});
}

static BpStatus read_time(BpCursor *in, BacTimestamp *timestamp, BpError *err)
{
    BacValue value;
    const BpStatus status = bac_parameter_value(in, BAC_TIMESTAMP_TIME, BAC_TIME, &value, err);
    if (status == BP_OK)
        timestamp->time = value.time;
    return status;
}

static BpStatus read_sequence(BpCursor *in, BacTimestamp *timestamp, BpError *err)
{
    uint32_t sequence;
    const BpStatus status = bac_parameter_unsigned(in, BAC_TIMESTAMP_SEQUENCE, UINT16_MAX, &sequence, err);
    if (status == BP_OK)
        timestamp->sequence = (uint16_t)sequence;
    return status;
}

static BpStatus read_date_time(BpCursor *in, BacTimestamp *timestamp, BpError *err)
{
    BpCursor inner;
    BpStatus status = bac_parameter_values(in, BAC_TIMESTAMP_DATE_TIME, &inner, err);
    if (status == BP_OK)
        status = bac_date_time_decode(&inner, &timestamp->date_time, err);
    return status == BP_OK ? bac_parameter_end(&inner, err) : status;
}

BpStatus bac_timestamp_decode(BpCursor *in, BacTimestamp *ret_timestamp, BpError *err)
{
    assert(in && ret_timestamp);
    BacTimestamp timestamp = {.kind = BAC_TIMESTAMP_DATE_TIME};
    if (bac_tag_is_next(in, BAC_CONTEXT, BAC_TIMESTAMP_TIME))
        timestamp.kind = BAC_TIMESTAMP_TIME;
    else if (bac_tag_is_next(in, BAC_CONTEXT, BAC_TIMESTAMP_SEQUENCE))
        timestamp.kind = BAC_TIMESTAMP_SEQUENCE;
    BpStatus status = BP_OK;
    switch (timestamp.kind) {
    case BAC_TIMESTAMP_TIME: status = read_time(in, &timestamp, err); break;
    case BAC_TIMESTAMP_SEQUENCE: status = read_sequence(in, &timestamp, err); break;
    case BAC_TIMESTAMP_DATE_TIME: status = read_date_time(in, &timestamp, err); break;
    }
    if (status == BP_OK)
        *ret_timestamp = timestamp;
    return status;
}

void bac_timestamp_encode(BpBuf *out, const BacTimestamp *timestamp)
{
    switch (timestamp->kind) {
    case BAC_TIMESTAMP_TIME:
        bac_value_encode_context(out, BAC_TIMESTAMP_TIME,
                                 &(BacValue){.type = BAC_TIME, .time = timestamp->time});
        break;
    case BAC_TIMESTAMP_SEQUENCE:
        bac_parameter_put_unsigned(out, BAC_TIMESTAMP_SEQUENCE, timestamp->sequence);
        break;
    case BAC_TIMESTAMP_DATE_TIME:
        bac_tag_encode(out, BAC_OPENING, BAC_TIMESTAMP_DATE_TIME, 0);
        bac_date_time_encode(out, &timestamp->date_time);
        bac_tag_encode(out, BAC_CLOSING, BAC_TIMESTAMP_DATE_TIME, 0);
        break;
    }
}

BpStatus bac_timestamp_decode_context(BpCursor *in, uint8_t number, BacTimestamp *ret_timestamp, BpError *err)
{
    BpCursor inner;
    BacTimestamp timestamp;
    BpStatus status = bac_parameter_values(in, number, &inner, err);
    if (status == BP_OK)
        status = bac_timestamp_decode(&inner, &timestamp, err);
    if (status == BP_OK)
        status = bac_parameter_end(&inner, err);
    if (status == BP_OK)
        *ret_timestamp = timestamp;
    return status;
}

void bac_timestamp_encode_context(BpBuf *out, uint8_t number, const BacTimestamp *timestamp)
{
    bac_tag_encode(out, BAC_OPENING, number, 0);
    bac_timestamp_encode(out, timestamp);
    bac_tag_encode(out, BAC_CLOSING, number, 0);
}
