/* GetEventInformation (ASHRAE 135, clause 13.12). */
#include "bacnet/service/get_events.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

/* Context tags of the request and of the answer. */
enum { LAST_OBJECT = 0, SUMMARIES = 0, MORE = 1 };

/* Those of a summary. */
enum { OBJECT = 0, STATE = 1, ACKNOWLEDGED = 2, TIMES = 3, NOTIFY_TYPE = 4, ENABLED = 5, PRIORITIES = 6 };

BpStatus bac_get_events_decode(BpCursor *in, BacGetEvents *ret_request, BpError *err)
{
    assert(in && ret_request);
    BacGetEvents request = {.has_last = bp_cursor_remaining(in) > 0};
    if (request.has_last)
        BP_TRY(bac_parameter_object(in, LAST_OBJECT, &request.last, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_request = request;
    return BP_OK;
}

void bac_get_events_encode(BpBuf *out, const BacGetEvents *request)
{
    if (request->has_last)
        bac_parameter_put_object(out, LAST_OBJECT, request->last);
}

BpStatus bac_get_events_ack_decode(BpCursor *in, BacGetEventsAck *ret_ack, BpError *err)
{
    assert(in && ret_ack);
    BacGetEventsAck ack;
    BP_TRY(bac_parameter_values(in, SUMMARIES, &ack.summaries, err));
    BP_TRY(bac_parameter_boolean(in, MORE, &ack.has_more, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_ack = ack;
    return BP_OK;
}

void bac_get_events_ack_encode(BpBuf *out, const BacGetEventsAck *ack)
{
    BpCursor summaries = ack->summaries;
    const size_t size = bp_cursor_remaining(&summaries);
    bac_get_events_ack_begin(out);
    bp_buf_octets(out, bp_cursor_take(&summaries, size), size);
    bac_get_events_ack_end(out, ack->has_more);
}

void bac_get_events_ack_begin(BpBuf *out)
{
    bac_tag_encode(out, BAC_OPENING, SUMMARIES, 0);
}

void bac_get_events_ack_end(BpBuf *out, bool has_more)
{
    bac_tag_encode(out, BAC_CLOSING, SUMMARIES, 0);
    bac_parameter_put_boolean(out, MORE, has_more);
}

static BpStatus read_transitions(BpCursor *in, uint8_t number, bool ret_truths[BAC_TRANSITIONS], BpError *err)
{
    BacValue value;
    BP_TRY(bac_parameter_value(in, number, BAC_BIT_STRING, &value, err));
    for (uint32_t i = 0; i < BAC_TRANSITIONS; i++)
        ret_truths[i] = bac_bits_test(value.bits, i);
    return BP_OK;
}

static void write_transitions(BpBuf *out, uint8_t number, const bool truths[BAC_TRANSITIONS])
{
    uint8_t octet = 0;
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        if (truths[i])
            octet |= (uint8_t)(0x80 >> i);
    bac_value_encode_context(out, number,
                             &(BacValue){.type = BAC_BIT_STRING, .bits = {&octet, BAC_TRANSITIONS}});
}

static BpStatus read_times(BpCursor *in, BacTimestamp ret_times[BAC_TRANSITIONS], BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(in, TIMES, &inner, err));
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        BP_TRY(bac_timestamp_decode(&inner, &ret_times[i], err));
    return bac_parameter_end(&inner, err);
}

static BpStatus read_priorities(BpCursor *in, uint8_t ret_priorities[BAC_TRANSITIONS], BpError *err)
{
    BpCursor inner;
    BP_TRY(bac_parameter_values(in, PRIORITIES, &inner, err));
    for (size_t i = 0; i < BAC_TRANSITIONS; i++) {
        BacValue priority;
        BP_TRY(bac_parameter_application(&inner, BAC_UNSIGNED, &priority, err));
        if (priority.natural > UINT8_MAX)
            return bp_fail(err, BP_INVALID, "event priority %llu is more than 255",
                           (unsigned long long)priority.natural);
        ret_priorities[i] = (uint8_t)priority.natural;
    }
    return bac_parameter_end(&inner, err);
}

BpStatus bac_event_summary_next(BpCursor *summaries, BacEventSummary *ret_summary, BpError *err)
{
    assert(summaries && ret_summary);
    if (bac_parameter_at_end(summaries))
        return BP_NOT_FOUND;
    BacEventSummary summary;
    BP_TRY(bac_parameter_object(summaries, OBJECT, &summary.object, err));
    BP_TRY(bac_parameter_unsigned(summaries, STATE, UINT32_MAX, &summary.state, err));
    BP_TRY(read_transitions(summaries, ACKNOWLEDGED, summary.is_acknowledged, err));
    BP_TRY(read_times(summaries, summary.times, err));
    BP_TRY(bac_parameter_unsigned(summaries, NOTIFY_TYPE, UINT32_MAX, &summary.notify_type, err));
    BP_TRY(read_transitions(summaries, ENABLED, summary.is_enabled, err));
    BP_TRY(read_priorities(summaries, summary.priorities, err));
    *ret_summary = summary;
    return BP_OK;
}

void bac_event_summary_encode(BpBuf *out, const BacEventSummary *summary)
{
    bac_parameter_put_object(out, OBJECT, summary->object);
    bac_parameter_put_unsigned(out, STATE, summary->state);
    write_transitions(out, ACKNOWLEDGED, summary->is_acknowledged);
    bac_tag_encode(out, BAC_OPENING, TIMES, 0);
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        bac_timestamp_encode(out, &summary->times[i]);
    bac_tag_encode(out, BAC_CLOSING, TIMES, 0);
    bac_parameter_put_unsigned(out, NOTIFY_TYPE, summary->notify_type);
    write_transitions(out, ENABLED, summary->is_enabled);
    bac_tag_encode(out, BAC_OPENING, PRIORITIES, 0);
    for (size_t i = 0; i < BAC_TRANSITIONS; i++)
        bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = summary->priorities[i]});
    bac_tag_encode(out, BAC_CLOSING, PRIORITIES, 0);
}
