/* ReadRange's request, its answer, and a log's records, all tried on the same octets: refused, or written to
 * octets that are read and written to the same octets. */
#include "bacnet/service/log_record.h"
#include "bacnet/service/read_range.h"

#include "echo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool echo_request(BpCursor in, BpBuf *out)
{
    BacReadRange range;
    BpError err;
    if (bac_read_range_decode(&in, &range, &err) != BP_OK)
        return false;
    bac_read_range_encode(out, &range);
    return true;
}

static bool echo_answer(BpCursor in, BpBuf *out)
{
    BacReadRangeAck ack;
    BpError err;
    if (bac_read_range_ack_decode(&in, &ack, &err) != BP_OK)
        return false;
    bac_read_range_ack_encode(out, &ack);
    return true;
}

static bool echo_records(BpCursor in, BpBuf *out)
{
    BacLogRecord record;
    BpError err;
    BpStatus status;
    while ((status = bac_log_record_next(&in, &record, &err)) == BP_OK)
        bac_log_record_encode(out, &record);
    return status == BP_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BacReadRangeAck ack;
    BpError err;
    BpCursor in = bp_cursor(data, size);
    try_twice(echo_request, in);
    try_twice(echo_answer, in);
    try_twice(echo_records, in);
    if (bac_read_range_ack_decode(&in, &ack, &err) == BP_OK)
        try_twice(echo_records, ack.items);
    return 0;
}
