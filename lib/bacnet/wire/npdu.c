#include "bacnet/wire/npdu.h"

#include <assert.h>

/* Bits of the control octet (clause 6.2.2); bits 6 and 4 are reserved. */
enum {
    NETWORK_MESSAGE = 0x80,
    HAS_DESTINATION = 0x20,
    HAS_SOURCE = 0x08,
    EXPECTING_REPLY = 0x04,
    PRIORITY = 0x03
};

/* A MAC that is too long is not read, and its length tells so. */
static BacStation read_station(BpCursor *in)
{
    BacStation station = {.network = bp_cursor_u16(in), .length = bp_cursor_u8(in)};
    if (station.length <= BAC_STATION_MAC_MAX) {
        const uint8_t *mac = bp_cursor_take(in, station.length);
        if (mac)
            memcpy(station.mac, mac, station.length);
    }
    return station;
}

static BpStatus check_destination(const BacStation *station, BpError *err)
{
    if (station->length > BAC_STATION_MAC_MAX)
        return bp_fail(err, BP_UNSUPPORTED, "destination MAC of %u octets", station->length);
    if (station->network == BAC_NETWORK_LOCAL)
        return bp_fail(err, BP_MALFORMED, "destination network 0 is reserved");
    return BP_OK;
}

static BpStatus check_source(const BacStation *station, BpError *err)
{
    if (station->length > BAC_STATION_MAC_MAX)
        return bp_fail(err, BP_UNSUPPORTED, "source MAC of %u octets", station->length);
    if (station->network == BAC_NETWORK_LOCAL || station->network == BAC_NETWORK_BROADCAST)
        return bp_fail(err, BP_MALFORMED, "source network %u is reserved", station->network);
    if (station->length == 0)
        return bp_fail(err, BP_MALFORMED, "source on network %u has no MAC", station->network);
    return BP_OK;
}

BpStatus bac_npdu_decode(BpCursor *in, BacNpdu *ret_npdu, BpError *err)
{
    assert(in && ret_npdu);
    const uint8_t version = bp_cursor_u8(in);
    const uint8_t control = bp_cursor_u8(in);
    if (!in->failed && version != BAC_NPDU_VERSION)
        return bp_fail(err, BP_UNSUPPORTED, "NPDU of version %u", version);
    BacNpdu npdu = {.priority = control & PRIORITY,
                    .expecting_reply = control & EXPECTING_REPLY,
                    .is_network_message = control & NETWORK_MESSAGE};
    BpStatus status = BP_OK;
    if (control & HAS_DESTINATION) {
        npdu.destination = read_station(in);
        status = in->failed ? BP_TRUNCATED : check_destination(&npdu.destination, err);
    }
    if (status == BP_OK && control & HAS_SOURCE) {
        npdu.source = read_station(in);
        status = in->failed ? BP_TRUNCATED : check_source(&npdu.source, err);
    }
    if (status == BP_OK && control & HAS_DESTINATION)
        npdu.hops = bp_cursor_u8(in);
    if (status == BP_OK && npdu.is_network_message) {
        npdu.message = bp_cursor_u8(in);
        if (npdu.message >= BAC_NPDU_VENDOR_MESSAGE)
            npdu.vendor = bp_cursor_u16(in);
    }
    if (in->failed)
        return bp_fail(err, BP_TRUNCATED, "NPDU is cut short");
    if (status == BP_OK)
        *ret_npdu = npdu;
    return status;
}

static void write_station(BpBuf *out, const BacStation *station)
{
    assert(station->length <= BAC_STATION_MAC_MAX);
    bp_buf_u16(out, station->network);
    bp_buf_u8(out, station->length);
    bp_buf_octets(out, station->mac, station->length);
}

void bac_npdu_encode(BpBuf *out, const BacNpdu *npdu)
{
    const bool has_destination = npdu->destination.network != BAC_NETWORK_LOCAL;
    const bool has_source = npdu->source.network != BAC_NETWORK_LOCAL;
    bp_buf_u8(out, BAC_NPDU_VERSION);
    bp_buf_u8(out, (uint8_t)((npdu->is_network_message ? NETWORK_MESSAGE : 0) |
                             (has_destination ? HAS_DESTINATION : 0) | (has_source ? HAS_SOURCE : 0) |
                             (npdu->expecting_reply ? EXPECTING_REPLY : 0) | (npdu->priority & PRIORITY)));
    if (has_destination)
        write_station(out, &npdu->destination);
    if (has_source)
        write_station(out, &npdu->source);
    if (has_destination)
        bp_buf_u8(out, npdu->hops);
    if (!npdu->is_network_message)
        return;
    bp_buf_u8(out, npdu->message);
    if (npdu->message >= BAC_NPDU_VENDOR_MESSAGE)
        bp_buf_u16(out, npdu->vendor);
}
