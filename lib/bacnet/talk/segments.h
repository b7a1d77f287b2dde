/* Messages in segments: the one that sends them, and the one that puts them together, of requests as of
 * answers (ASHRAE 135, clauses 5.2 and 5.4). They know numbers and windows; datagrams and clocks are the
 * caller's. */
#ifndef BACNET_TALK_SEGMENTS_H
#define BACNET_TALK_SEGMENTS_H

#include "bacnet/wire/apdu.h"
#include "base/str.h"

enum { BAC_SEGMENT_WINDOW_MAX = 127 };

/* ---- sending ---- */

/* In the caller's memory; contents are segments.c's. Zero: nothing is being sent. */
typedef struct BacSegmentSender {
    uint32_t count;                /* segments in all */
    uint32_t accepted;             /* by the other side, in order */
    uint16_t size;                 /* octets of each but the last */
    uint8_t window;                /* segments that may be sent before the next SegmentACK */
    uint8_t own_window;            /* at most */
    uint8_t retries, retries_left; /* of the window under way */
} BacSegmentSender;

typedef struct BacSegmentSending {
    size_t size; /* of the whole message, at least 1 */
    uint16_t segment_size;
    uint8_t window, retries;
} BacSegmentSending;

/* Begins, or begins again, with the first segment, which goes alone: the other side says its window then. */
void bac_segment_sender_begin(BacSegmentSender *sender, const BacSegmentSending *sending);

bool bac_segment_sender_is_under_way(const BacSegmentSender *sender);

/* True if `i`, from 0, is a segment of the window under way: sets what of `apdu` tells which, and the part of
 * `whole` that it carries. */
bool bac_segment_sender_next(const BacSegmentSender *sender, uint32_t i, BpStr whole, BacApdu *apdu,
                             BpStr *ret_part);

typedef enum BacSegmentAck {
    BAC_ACK_IS_OLD,     /* of nothing that is on its way */
    BAC_ACK_ASKS_AGAIN, /* negative, and of nothing new: the window is to be sent again, if retries are left
                         */
    BAC_ACK_IS_IMPOSSIBLE, /* of something new, but its window is out of range; nothing has changed */
    BAC_ACK_GOES_ON,       /* the next window is to be sent */
    BAC_ACK_IS_LAST,       /* all has been accepted */
} BacSegmentAck;

/* Positive or negative, a SegmentACK says how far the other side has it in order. */
BacSegmentAck bac_segment_sender_acknowledge(BacSegmentSender *sender, const BacApdu *ack);

/* The window is to go out again: true if it may, which is one retry less. */
bool bac_segment_sender_retry(BacSegmentSender *sender);

/* True if all of it may be there: its answer can come before the last SegmentACK. */
bool bac_segment_sender_may_be_whole(const BacSegmentSender *sender);

void bac_segment_sender_check(const BacSegmentSender *sender);

/* ---- receiving ---- */

/* In the caller's memory; contents are segments.c's, but for `whole`, which is the message as far as it has
 * come. */
typedef struct BacSegmentReceiver {
    BpBuf whole;
    uint32_t received;    /* segments in order */
    uint8_t next;         /* awaited sequence number */
    uint8_t acknowledged; /* sequence number of our last SegmentACK */
    uint8_t window;       /* segments until the next one */
    bool gap_reported;    /* a negative SegmentACK was sent for `next`, on the arrival of: */
    uint8_t gap_seen_at;
} BacSegmentReceiver;

/* Begins to put a message together in `memory`. `proposed`, the other side's window, is 1 to 127. */
void bac_segment_receiver_begin(BacSegmentReceiver *receiver, BpBuf memory, uint8_t proposed, uint8_t window);

typedef enum BacSegmentKind {
    BAC_SEGMENT_TAKEN,    /* in order: `whole` has it */
    BAC_SEGMENT_LAST,     /* so is this one, and `whole` is all of it */
    BAC_SEGMENT_REPEATED, /* it was there already */
    BAC_SEGMENT_AHEAD,    /* one before it is missing */
    BAC_SEGMENT_EMPTY,    /* a message of such segments could go on for ever: left alone */
    BAC_SEGMENT_TOO_MUCH, /* there is no room for it: the message ends here */
} BacSegmentKind;

/* Takes a segment. *ret_acknowledge: the SegmentACK `ret_ack` is to be sent; the caller sets its from_server.
 */
BacSegmentKind bac_segment_receiver_take(BacSegmentReceiver *receiver, const BacApdu *segment, BpCursor body,
                                         bool *ret_acknowledge, BacApdu *ret_ack);

/* True if a segment with this number may be the first of another message: it is the first of this one, which
 * went on behind it, and not number 256, 512 ... of a long one whose window comes again. */
bool bac_segment_receiver_may_begin_anew(const BacSegmentReceiver *receiver, uint8_t sequence);

/* True if `body` is how the message began. */
bool bac_segment_receiver_began_with(const BacSegmentReceiver *receiver, BpCursor body);

void bac_segment_receiver_check(const BacSegmentReceiver *receiver);

#endif
