#include "bacnet/wire/bvlc.h"

#include <assert.h>

BacAddress bac_bvlc_node_decode(BpCursor *in)
{
    BacAddress node = {0};
    const uint8_t *ip = bp_cursor_take(in, sizeof node.ip);
    if (ip)
        memcpy(node.ip, ip, sizeof node.ip);
    node.port = bp_cursor_u16(in);
    return node;
}

void bac_bvlc_node_encode(BpBuf *out, const BacAddress *node)
{
    bp_buf_octets(out, node->ip, sizeof node->ip);
    bp_buf_u16(out, node->port);
}

BpStatus bac_bvlc_decode(BpCursor datagram, BacBvlc *ret_bvlc, BpError *err)
{
    assert(ret_bvlc);
    BpCursor *in = &datagram;
    const size_t size = bp_cursor_remaining(in);
    const uint8_t type = bp_cursor_u8(in);
    BacBvlc bvlc = {.function = bp_cursor_u8(in)};
    const uint16_t length = bp_cursor_u16(in);
    if (in->failed)
        return bp_fail(err, BP_TRUNCATED, "%zu octets are no B/IP datagram", size);
    if (type != BAC_BVLC_TYPE)
        return bp_fail(err, BP_MALFORMED, "first octet is 0x%02x, not B/IP's 0x81", type);
    if (length < BAC_BVLC_HEADER_SIZE)
        return bp_fail(err, BP_MALFORMED, "datagram of %zu octets says that it has %u", size, length);
    if (length < size)
        datagram.size -= size - length;

    bool has_body = true;
    switch (bvlc.function) {
    case BAC_BVLC_RESULT:
        bvlc.result = bp_cursor_u16(in);
        has_body = false;
        break;
    case BAC_BVLC_REGISTER_FOREIGN_DEVICE:
        bvlc.ttl_s = bp_cursor_u16(in);
        has_body = false;
        break;
    case BAC_BVLC_DELETE_FDT_ENTRY:
        bvlc.source = bac_bvlc_node_decode(in);
        has_body = false;
        break;
    case BAC_BVLC_READ_BDT:
    case BAC_BVLC_READ_FDT: has_body = false; break;
    case BAC_BVLC_FORWARDED_NPDU: bvlc.source = bac_bvlc_node_decode(in); break;
    case BAC_BVLC_WRITE_BDT:
    case BAC_BVLC_READ_BDT_ACK:
    case BAC_BVLC_READ_FDT_ACK:
    case BAC_BVLC_DISTRIBUTE_BROADCAST:
    case BAC_BVLC_ORIGINAL_UNICAST:
    case BAC_BVLC_ORIGINAL_BROADCAST:
    case BAC_BVLC_SECURE: break;
    default: return bp_fail(err, BP_UNSUPPORTED, "unknown B/IP function 0x%02x", (unsigned)bvlc.function);
    }
    if (in->failed)
        return bp_fail(err, BP_TRUNCATED, "B/IP function 0x%02x is cut short", (unsigned)bvlc.function);
    if (!has_body && bp_cursor_remaining(in) > 0)
        return bp_fail(err, BP_MALFORMED, "B/IP function 0x%02x with %zu octets too many",
                       (unsigned)bvlc.function, bp_cursor_remaining(in));
    bvlc.body = bp_cursor_sub(in, bp_cursor_remaining(in));
    *ret_bvlc = bvlc;
    return BP_OK;
}

size_t bac_bvlc_begin(BpBuf *out, const BacBvlc *bvlc)
{
    const size_t begin = out->size;
    bp_buf_u8(out, BAC_BVLC_TYPE);
    bp_buf_u8(out, (uint8_t)bvlc->function);
    bp_buf_u16(out, 0); /* the length: bac_bvlc_end knows it */
    switch (bvlc->function) {
    case BAC_BVLC_RESULT: bp_buf_u16(out, bvlc->result); break;
    case BAC_BVLC_REGISTER_FOREIGN_DEVICE: bp_buf_u16(out, bvlc->ttl_s); break;
    case BAC_BVLC_FORWARDED_NPDU:
    case BAC_BVLC_DELETE_FDT_ENTRY: bac_bvlc_node_encode(out, &bvlc->source); break;
    default: break;
    }
    return begin;
}

void bac_bvlc_end(BpBuf *out, size_t begin)
{
    if (out->failed)
        return;
    const size_t length = out->size - begin;
    if (length > UINT16_MAX) {
        out->failed = true;
        return;
    }
    out->data[begin + 2] = (uint8_t)(length >> 8);
    out->data[begin + 3] = (uint8_t)length;
}
