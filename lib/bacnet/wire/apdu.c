#include "bacnet/wire/apdu.h"

#include <assert.h>

/* Bits of the first octet below its type (clause 20.1); their meaning depends on the type. */
enum {
    SEGMENTED = 0x08,
    MORE_FOLLOWS = 0x04,
    SEGMENTED_RESPONSE_ACCEPTED = 0x02,
    NEGATIVE = 0x02,
    SERVER = 0x01
};

/* What the codes of clauses 20.1.2.4 and 20.1.2.5 stand for. */
static const uint8_t MAX_SEGMENTS[8] = {0, 2, 4, 8, 16, 32, 64, 65};
static const uint16_t MAX_APDU[6] = {50, 128, 206, 480, 1024, 1476};
enum { MAX_APDU_COUNT = 6 };

static void read_limits(BpCursor *in, BacApdu *apdu)
{
    const uint8_t octet = bp_cursor_u8(in);
    const uint8_t size = octet & 0x0F;
    apdu->max_segments = MAX_SEGMENTS[octet >> 4 & 0x07];
    /* Codes from 6 on are reserved: whoever invents them will take the largest of today. */
    apdu->max_apdu = MAX_APDU[size < MAX_APDU_COUNT ? size : MAX_APDU_COUNT - 1];
}

static void read_segment(BpCursor *in, uint8_t first, BacApdu *apdu)
{
    apdu->segmented = first & SEGMENTED;
    if (!apdu->segmented)
        return;
    apdu->more_follows = first & MORE_FOLLOWS;
    apdu->sequence = bp_cursor_u8(in);
    apdu->window = bp_cursor_u8(in);
}

BpStatus bac_apdu_decode(BpCursor *in, BacApdu *ret_apdu, BpError *err)
{
    assert(in && ret_apdu);
    const uint8_t first = bp_cursor_u8(in);
    BacApdu apdu = {.type = first >> 4};
    switch (apdu.type) {
    case BAC_CONFIRMED_REQUEST:
        apdu.segmented_response_accepted = first & SEGMENTED_RESPONSE_ACCEPTED;
        read_limits(in, &apdu);
        apdu.invoke_id = bp_cursor_u8(in);
        read_segment(in, first, &apdu);
        apdu.service = bp_cursor_u8(in);
        break;
    case BAC_UNCONFIRMED_REQUEST: apdu.service = bp_cursor_u8(in); break;
    case BAC_SIMPLE_ACK:
    case BAC_ERROR:
        apdu.invoke_id = bp_cursor_u8(in);
        apdu.service = bp_cursor_u8(in);
        break;
    case BAC_COMPLEX_ACK:
        apdu.invoke_id = bp_cursor_u8(in);
        read_segment(in, first, &apdu);
        apdu.service = bp_cursor_u8(in);
        break;
    case BAC_SEGMENT_ACK:
        apdu.negative = first & NEGATIVE;
        apdu.from_server = first & SERVER;
        apdu.invoke_id = bp_cursor_u8(in);
        apdu.sequence = bp_cursor_u8(in);
        apdu.window = bp_cursor_u8(in);
        break;
    case BAC_REJECT:
    case BAC_ABORT:
        apdu.from_server = apdu.type == BAC_ABORT && first & SERVER;
        apdu.invoke_id = bp_cursor_u8(in);
        apdu.reason = bp_cursor_u8(in);
        break;
    default: return bp_fail(err, BP_UNSUPPORTED, "APDU of reserved type %u", (unsigned)apdu.type);
    }
    if (in->failed)
        return bp_fail(err, BP_TRUNCATED, "APDU is cut short");
    *ret_apdu = apdu;
    return BP_OK;
}

uint16_t bac_apdu_size_sayable(uint16_t size)
{
    size_t i = MAX_APDU_COUNT - 1;
    while (i > 0 && MAX_APDU[i] > size)
        i--;
    return MAX_APDU[i];
}

static uint8_t limits_octet(const BacApdu *apdu)
{
    uint8_t size = MAX_APDU_COUNT - 1, segments = sizeof MAX_SEGMENTS - 1;
    while (size > 0 && MAX_APDU[size] > apdu->max_apdu)
        size--;
    while (segments > 0 && MAX_SEGMENTS[segments] > apdu->max_segments)
        segments--;
    return (uint8_t)(segments << 4 | size);
}

static void write_segment(BpBuf *out, const BacApdu *apdu)
{
    if (!apdu->segmented)
        return;
    bp_buf_u8(out, apdu->sequence);
    bp_buf_u8(out, apdu->window);
}

void bac_apdu_encode(BpBuf *out, const BacApdu *apdu)
{
    const uint8_t type = (uint8_t)(apdu->type << 4);
    const uint8_t segments =
        (uint8_t)(apdu->segmented ? SEGMENTED | (apdu->more_follows ? MORE_FOLLOWS : 0) : 0);
    const uint8_t server = apdu->from_server ? SERVER : 0;
    switch (apdu->type) {
    case BAC_CONFIRMED_REQUEST:
        bp_buf_u8(out,
                  type | segments | (apdu->segmented_response_accepted ? SEGMENTED_RESPONSE_ACCEPTED : 0));
        bp_buf_u8(out, limits_octet(apdu));
        bp_buf_u8(out, apdu->invoke_id);
        write_segment(out, apdu);
        bp_buf_u8(out, apdu->service);
        break;
    case BAC_UNCONFIRMED_REQUEST:
        bp_buf_u8(out, type);
        bp_buf_u8(out, apdu->service);
        break;
    case BAC_SIMPLE_ACK:
    case BAC_ERROR:
        bp_buf_u8(out, type);
        bp_buf_u8(out, apdu->invoke_id);
        bp_buf_u8(out, apdu->service);
        break;
    case BAC_COMPLEX_ACK:
        bp_buf_u8(out, type | segments);
        bp_buf_u8(out, apdu->invoke_id);
        write_segment(out, apdu);
        bp_buf_u8(out, apdu->service);
        break;
    case BAC_SEGMENT_ACK:
        bp_buf_u8(out, type | (apdu->negative ? NEGATIVE : 0) | server);
        bp_buf_u8(out, apdu->invoke_id);
        bp_buf_u8(out, apdu->sequence);
        bp_buf_u8(out, apdu->window);
        break;
    case BAC_REJECT:
    case BAC_ABORT:
        bp_buf_u8(out, type | (apdu->type == BAC_ABORT ? server : 0));
        bp_buf_u8(out, apdu->invoke_id);
        bp_buf_u8(out, apdu->reason);
        break;
    }
}
