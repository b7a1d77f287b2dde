#include "apps/ask/events.h"

#include <stdio.h>
#include <string.h>

const char *const ask_event_transitions[BAC_TRANSITIONS] = {"to-offnormal", "to-fault", "to-normal"};

const char *ask_event_word(const BacWords *words, uint32_t number)
{
    const char *text = bac_words_text(words, number);
    return text ? text : "?";
}

size_t ask_event_transition(uint32_t state)
{
    return state == BAC_STATE_NORMAL  ? BAC_TO_NORMAL
           : state == BAC_STATE_FAULT ? BAC_TO_FAULT
                                      : BAC_TO_OFFNORMAL;
}

char *ask_event_time(const BacTimestamp *time, char ret_text[BAC_DATE_TIME_TEXT_MAX])
{
    if (time->kind == BAC_TIMESTAMP_DATE_TIME)
        return bac_date_time_format(&time->date_time, ret_text);
    if (time->kind == BAC_TIMESTAMP_SEQUENCE)
        snprintf(ret_text, BAC_DATE_TIME_TEXT_MAX, "no. %u", time->sequence);
    else
        snprintf(ret_text, BAC_DATE_TIME_TEXT_MAX, "%02u:%02u:%02u", time->time.hour, time->time.minute,
                 time->time.second);
    return ret_text;
}

BpStatus ask_events(const AskEvents *events, BacPeer *peer, BpError *err)
{
    BacGetEvents request = {0};
    for (;;) {
        uint8_t memory[32];
        BpBuf out = bp_buf(memory, sizeof memory);
        BpCursor body;
        BacRefusal refusal;
        BacGetEventsAck ack;
        BacEventSummary summary;
        bool goes_on = false;
        bac_get_events_encode(&out, &request);
        BP_TRY(node_ask(events->node, peer, BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION, bp_buf_text(&out),
                        NODE_WITH_RETRIES, &body, &refusal, err));
        if (bac_get_events_ack_decode(&body, &ack, err) != BP_OK)
            return node_blame(peer, err);
        /* What `each` asks takes the place of this answer. */
        BpCursor summaries = ack.summaries;
        const size_t size = bp_cursor_remaining(&summaries);
        uint8_t *copy = bp_arena_take(events->arena, size + 1);
        memcpy(copy, bp_cursor_take(&summaries, size), size);
        summaries = bp_cursor(copy, size);
        BpStatus status;
        while ((status = bac_event_summary_next(&summaries, &summary, err)) == BP_OK) {
            request.has_last = goes_on = true;
            request.last = summary.object;
            if (!events->each(events->owner, peer, &summary))
                return BP_OK;
        }
        if (status != BP_NOT_FOUND)
            return node_blame(peer, err);
        if (!ack.has_more)
            return BP_OK;
        if (!goes_on) { /* no all-clear: something is wrong, and it does not fit in an answer */
            bp_fail(err, BP_MALFORMED, "it has more events, and sends none");
            return node_blame(peer, err);
        }
    }
}
