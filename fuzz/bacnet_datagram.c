/* A datagram: refused, or taken apart so that its headers, put together again, say the same; and what it
 * tells of routes taken in. */
#include "bacnet/talk/routes.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_headers(BpBuf *out, const BacBvlc *bvlc, const BacDatagram *datagram)
{
    const bool has_npdu = datagram->has_apdu || datagram->npdu.is_network_message;
    const size_t begin = bac_bvlc_begin(out, bvlc);
    if (has_npdu)
        bac_npdu_encode(out, &datagram->npdu);
    if (datagram->has_apdu)
        bac_apdu_encode(out, &datagram->apdu);
    BpCursor body = datagram->body;
    const size_t rest = bp_cursor_remaining(&body);
    bp_buf_octets(out, bp_cursor_take(&body, rest), rest);
    bac_bvlc_end(out, begin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t once[65536], again[65536];
    const BacAddress from = {{10, 1, 2, 9}, BAC_PORT, {0}};
    BacDatagram datagram;
    BacBvlc bvlc;
    BpError err;
    if (bac_datagram_decode(bp_cursor(data, size), &from, &datagram, &err) != BP_OK)
        return 0;
    static BacRoutes routes;
    static int64_t now_us;
    bac_routes_take(&routes, &datagram, ++now_us);
    assert(routes.count <= BAC_ROUTES_MAX);
    BpBuf out = bp_buf(once, sizeof once), second = bp_buf(again, sizeof again);
    BpStatus status = bac_bvlc_decode(bp_cursor(data, size), &bvlc, &err);
    assert(status == BP_OK);
    write_headers(&out, &bvlc, &datagram);
    const size_t said = (size_t)data[2] << 8 | data[3]; /* what follows is no part of it */
    assert(!out.failed && out.size == (said < size ? said : size));

    /* Reserved bits are not kept, so what was written is compared, not what came. */
    status = bac_datagram_decode(bp_cursor(once, out.size), &from, &datagram, &err);
    assert(status == BP_OK);
    write_headers(&second, &bvlc, &datagram);
    assert(bp_str_equal(bp_buf_text(&out), bp_buf_text(&second)));
    return 0;
}
