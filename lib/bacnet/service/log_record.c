#include "bacnet/service/log_record.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

enum { TIME = 0, DATUM = 1, STATUS_FLAGS = 2 };

/* Types of the choices that are primitive; failure and any are not, and never looked up. */
static const BacType TYPES[] = {
    [BAC_LOG_STATUS] = BAC_BIT_STRING,     [BAC_LOG_BOOLEAN] = BAC_BOOLEAN,   [BAC_LOG_REAL] = BAC_REAL,
    [BAC_LOG_ENUMERATED] = BAC_ENUMERATED, [BAC_LOG_UNSIGNED] = BAC_UNSIGNED, [BAC_LOG_SIGNED] = BAC_SIGNED,
    [BAC_LOG_BITS] = BAC_BIT_STRING,       [BAC_LOG_NULL] = BAC_NULL,         [BAC_LOG_FAILURE] = BAC_NULL,
    [BAC_LOG_TIME_CHANGE] = BAC_REAL,      [BAC_LOG_ANY] = BAC_NULL,
};
enum { DATUM_COUNT = sizeof TYPES / sizeof TYPES[0] };

static BpStatus read_time(BpCursor *items, BacDateTime *time, BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(items, TIME, &inner, err));
    BP_TRY(bac_date_time_decode(&inner, time, err));
    return bac_parameter_end(&inner, err);
}

static BpStatus read_failure(BpCursor *in, BacRefusal *failure, BpError *err)
{
    BpCursor inner;
    const BpStatus status = bac_parameter_values(in, BAC_LOG_FAILURE, &inner, err);
    return status == BP_OK ? bac_error_decode(&inner, failure, err) : status;
}

static BpStatus read_primitive(BpCursor *in, BacLogRecord *record, BpError *err)
{
    BpCursor ahead = *in;
    BacTag tag;
    const BpStatus status = bac_tag_decode(&ahead, &tag, err);
    if (status != BP_OK)
        return status;
    if (tag.kind != BAC_CONTEXT || tag.number >= DATUM_COUNT || tag.number == BAC_LOG_FAILURE ||
        tag.number == BAC_LOG_ANY)
        return bp_fail(err, BP_MALFORMED, "tag %u announces nothing that is logged", tag.number);
    record->datum = (BacLogDatum)tag.number;
    return bac_parameter_value(in, tag.number, TYPES[tag.number], &record->value, err);
}

static BpStatus read_datum(BpCursor *items, BacLogRecord *record, BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(items, DATUM, &inner, err));
    if (bac_tag_is_next(&inner, BAC_OPENING, BAC_LOG_FAILURE)) {
        record->datum = BAC_LOG_FAILURE;
        BP_TRY(read_failure(&inner, &record->failure, err));
    } else if (bac_tag_is_next(&inner, BAC_OPENING, BAC_LOG_ANY)) {
        record->datum = BAC_LOG_ANY;
        BP_TRY(bac_parameter_values(&inner, BAC_LOG_ANY, &record->any, err));
    } else {
        BP_TRY(read_primitive(&inner, record, err));
    }
    return bac_parameter_end(&inner, err);
}

static BpStatus read_status_flags(BpCursor *items, BacLogRecord *record, BpError *err)
{
    BacValue flags;
    BP_TRY(bac_parameter_value(items, STATUS_FLAGS, BAC_BIT_STRING, &flags, err));
    record->has_status_flags = true;
    record->status_flags = flags.bits;
    return BP_OK;
}

BpStatus bac_log_record_next(BpCursor *items, BacLogRecord *ret_record, BpError *err)
{
    assert(items && ret_record);
    if (bac_parameter_at_end(items))
        return BP_NOT_FOUND;
    BacLogRecord record = {0};
    BP_TRY(read_time(items, &record.time, err));
    BP_TRY(read_datum(items, &record, err));
    if (bac_tag_is_next(items, BAC_CONTEXT, STATUS_FLAGS))
        BP_TRY(read_status_flags(items, &record, err));
    *ret_record = record;
    return BP_OK;
}

static void write_datum(BpBuf *out, const BacLogRecord *record)
{
    const uint8_t number = (uint8_t)record->datum;
    switch (record->datum) {
    case BAC_LOG_FAILURE:
        bac_tag_encode(out, BAC_OPENING, number, 0);
        bac_error_encode(out, record->failure);
        bac_tag_encode(out, BAC_CLOSING, number, 0);
        break;
    case BAC_LOG_ANY: bac_parameter_put_cursor(out, number, &record->any); break;
    default: bac_value_encode_context(out, number, &record->value); break;
    }
}

void bac_log_record_encode(BpBuf *out, const BacLogRecord *record)
{
    bac_tag_encode(out, BAC_OPENING, TIME, 0);
    bac_date_time_encode(out, &record->time);
    bac_tag_encode(out, BAC_CLOSING, TIME, 0);
    bac_tag_encode(out, BAC_OPENING, DATUM, 0);
    write_datum(out, record);
    bac_tag_encode(out, BAC_CLOSING, DATUM, 0);
    if (record->has_status_flags)
        bac_value_encode_context(out, STATUS_FLAGS,
                                 &(BacValue){.type = BAC_BIT_STRING, .bits = record->status_flags});
}
