#include "bacnet/talk/segments.h"

#include <assert.h>
#include <string.h>

/* ---- sending ---- */

void bac_segment_sender_begin(BacSegmentSender *sender, const BacSegmentSending *sending)
{
    assert(sending->size > 0 && sending->segment_size > 0);
    *sender = (BacSegmentSender){
        .count = (uint32_t)((sending->size + sending->segment_size - 1) / sending->segment_size),
        .size = sending->segment_size,
        .window = 1, /* until the other side has said its own (5.4.4.2, 5.4.5.3) */
        .own_window = sending->window,
        .retries = sending->retries,
        .retries_left = sending->retries};
}

bool bac_segment_sender_is_under_way(const BacSegmentSender *sender)
{
    return sender->accepted < sender->count;
}

bool bac_segment_sender_next(const BacSegmentSender *sender, uint32_t i, BpStr whole, BacApdu *apdu,
                             BpStr *ret_part)
{
    const uint32_t number = sender->accepted + i;
    const size_t begin = (size_t)number * sender->size;
    if (i >= sender->window || number >= sender->count)
        return false;
    apdu->segmented = true;
    apdu->more_follows = number + 1 < sender->count;
    apdu->sequence = (uint8_t)number;
    apdu->window = sender->own_window;
    *ret_part = (BpStr){whole.data + begin, whole.size - begin};
    if (ret_part->size > sender->size)
        ret_part->size = sender->size;
    return true;
}

BacSegmentAck bac_segment_sender_acknowledge(BacSegmentSender *sender, const BacApdu *ack)
{
    const uint32_t left = sender->count - sender->accepted;
    const uint8_t received = (uint8_t)(ack->sequence - sender->accepted + 1);
    const bool is_impossible = ack->window == 0 || ack->window > BAC_SEGMENT_WINDOW_MAX;
    if (received > sender->window || received > left || (received == 0 && (!ack->negative || is_impossible)))
        return BAC_ACK_IS_OLD;
    if (received == left) {
        sender->accepted = sender->count;
        return BAC_ACK_IS_LAST;
    }
    if (is_impossible)
        return BAC_ACK_IS_IMPOSSIBLE;
    if (received == 0)
        return BAC_ACK_ASKS_AGAIN;
    sender->accepted += received;
    sender->window = ack->window < sender->own_window ? ack->window : sender->own_window;
    sender->retries_left = sender->retries;
    return BAC_ACK_GOES_ON;
}

bool bac_segment_sender_retry(BacSegmentSender *sender)
{
    if (sender->retries_left == 0)
        return false;
    sender->retries_left--;
    return true;
}

bool bac_segment_sender_may_be_whole(const BacSegmentSender *sender)
{
    return !bac_segment_sender_is_under_way(sender) || sender->accepted + sender->window >= sender->count;
}

void bac_segment_sender_check(const BacSegmentSender *sender)
{
    assert(sender->accepted <= sender->count && sender->retries_left <= sender->retries);
    if (bac_segment_sender_is_under_way(sender))
        assert(sender->size > 0 && sender->window > 0 &&
               (sender->window == 1 || sender->window <= sender->own_window));
}

/* ---- receiving ---- */

void bac_segment_receiver_begin(BacSegmentReceiver *receiver, BpBuf memory, uint8_t proposed, uint8_t window)
{
    assert(proposed > 0 && window > 0);
    *receiver = (BacSegmentReceiver){.whole = memory, .window = proposed < window ? proposed : window};
    /* As if a window ended with the first segment, which is acknowledged alone (5.4.4.2). */
    receiver->acknowledged = (uint8_t)-receiver->window;
}

static bool acknowledge(BacSegmentReceiver *receiver, const BacApdu *segment, bool negative, BacApdu *ret_ack)
{
    receiver->acknowledged = (uint8_t)(receiver->next - 1);
    *ret_ack = (BacApdu){.type = BAC_SEGMENT_ACK,
                         .negative = negative,
                         .invoke_id = segment->invoke_id,
                         .sequence = receiver->acknowledged,
                         .window = receiver->window};
    return true;
}

/* A gap is told once for each segment that was seen behind it, so that a window that comes again is told, and
 * the rest of the same window is not. */
static BacSegmentKind take_out_of_order(BacSegmentReceiver *receiver, const BacApdu *segment,
                                        bool *ret_acknowledge, BacApdu *ret_ack)
{
    const bool is_ahead = (uint8_t)(segment->sequence - receiver->next) <= INT8_MAX;
    if (is_ahead && (!receiver->gap_reported || receiver->gap_seen_at == segment->sequence)) {
        receiver->gap_reported = true;
        receiver->gap_seen_at = segment->sequence;
        *ret_acknowledge = acknowledge(receiver, segment, true, ret_ack);
    } else if (segment->sequence == receiver->acknowledged) {
        /* The window is sent again: our SegmentACK for it, or one since, was lost. */
        *ret_acknowledge = acknowledge(receiver, segment, false, ret_ack);
    }
    return is_ahead ? BAC_SEGMENT_AHEAD : BAC_SEGMENT_REPEATED;
}

BacSegmentKind bac_segment_receiver_take(BacSegmentReceiver *receiver, const BacApdu *segment, BpCursor body,
                                         bool *ret_acknowledge, BacApdu *ret_ack)
{
    *ret_acknowledge = false;
    if (segment->sequence != receiver->next)
        return take_out_of_order(receiver, segment, ret_acknowledge, ret_ack);
    const size_t size = bp_cursor_remaining(&body);
    if (size == 0 && segment->more_follows)
        return BAC_SEGMENT_EMPTY;
    bp_buf_octets(&receiver->whole, bp_cursor_take(&body, size), size);
    if (receiver->whole.failed)
        return BAC_SEGMENT_TOO_MUCH;
    receiver->next++;
    receiver->received++;
    receiver->gap_reported = false;
    const uint8_t unacknowledged = (uint8_t)(segment->sequence - receiver->acknowledged);
    if (unacknowledged >= receiver->window || !segment->more_follows)
        *ret_acknowledge = acknowledge(receiver, segment, false, ret_ack);
    return segment->more_follows ? BAC_SEGMENT_TAKEN : BAC_SEGMENT_LAST;
}

bool bac_segment_receiver_may_begin_anew(const BacSegmentReceiver *receiver, uint8_t sequence)
{
    return sequence == 0 && receiver->received > 0 && receiver->next != 0 &&
           (receiver->received <= UINT8_MAX || receiver->next > receiver->window);
}

bool bac_segment_receiver_began_with(const BacSegmentReceiver *receiver, BpCursor body)
{
    const size_t size = bp_cursor_remaining(&body);
    return size <= receiver->whole.size &&
           memcmp(bp_cursor_take(&body, size), receiver->whole.data, size) == 0;
}

void bac_segment_receiver_check(const BacSegmentReceiver *receiver)
{
    assert(receiver->window > 0 && receiver->window <= BAC_SEGMENT_WINDOW_MAX);
    assert(receiver->next == (uint8_t)receiver->received);
    assert((uint8_t)(receiver->next - 1 - receiver->acknowledged) < receiver->window ||
           receiver->received == 0);
}
