#include "bacnet/talk/bbmd.h"

#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>

enum { DATAGRAM_MAX = 1600, GRACE_S = 30, ENTRY_SIZE = 10 };

static void send_bvlc(BacBbmd *bbmd, const BacAddress *to, const BacBvlc *bvlc, BpCursor body)
{
    uint8_t memory[DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t begin = bac_bvlc_begin(&out, bvlc);
    const size_t size = bp_cursor_remaining(&body);
    bp_buf_octets(&out, bp_cursor_take(&body, size), size);
    bac_bvlc_end(&out, begin);
    if (!out.failed)
        bbmd->send(bbmd->owner, to, bp_buf_text(&out));
}

static void send_result(BacBbmd *bbmd, const BacAddress *to, BacBvlcResult result)
{
    const BacBvlc bvlc = {.function = BAC_BVLC_RESULT, .result = (uint16_t)result};
    send_bvlc(bbmd, to, &bvlc, bp_cursor(NULL, 0));
}

/* ---- passing on ---- */

static void forget_lapsed(BacBbmd *bbmd, int64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < bbmd->foreign_count; i++)
        if (now_us < bbmd->foreign[i].until_us)
            bbmd->foreign[kept++] = bbmd->foreign[i];
    bbmd->foreign_count = kept;
}

static void send_to_foreign(BacBbmd *bbmd, const BacBvlc *forwarded, const BacAddress *but)
{
    for (size_t i = 0; i < bbmd->foreign_count; i++)
        if (!bac_address_equal(&bbmd->foreign[i].address, but))
            send_bvlc(bbmd, &bbmd->foreign[i].address, forwarded, forwarded->body);
}

static void send_to_peers(BacBbmd *bbmd, const BacBvlc *forwarded)
{
    for (size_t i = 0; i < bbmd->peer_count; i++) {
        BacAddress to = bbmd->peers[i].address;
        if (bac_address_equal(&to, &bbmd->own))
            continue;
        for (size_t octet = 0; octet < sizeof to.ip; octet++)
            to.ip[octet] |= (uint8_t)~bbmd->peers[i].mask[octet];
        send_bvlc(bbmd, &to, forwarded, forwarded->body);
    }
}

static bool is_peer(const BacBbmd *bbmd, const BacAddress *from)
{
    for (size_t i = 0; i < bbmd->peer_count; i++)
        if (bac_address_equal(&bbmd->peers[i].address, from))
            return true;
    return false;
}

static BacForeignEntry *find_foreign(BacBbmd *bbmd, const BacAddress *from)
{
    for (size_t i = 0; i < bbmd->foreign_count; i++)
        if (bac_address_equal(&bbmd->foreign[i].address, from))
            return &bbmd->foreign[i];
    return NULL;
}

/* ---- foreign devices and tables ---- */

static void enroll(BacBbmd *bbmd, const BacAddress *from, uint16_t ttl_s, int64_t now_us)
{
    BacForeignEntry *entry = find_foreign(bbmd, from);
    if (!entry && bbmd->foreign_count < BAC_BBMD_FOREIGN_MAX && !bbmd->refuses)
        entry = &bbmd->foreign[bbmd->foreign_count++];
    if (!entry) {
        send_result(bbmd, from, BAC_BVLC_REGISTER_NAK);
        return;
    }
    *entry = (BacForeignEntry){
        .address = *from, .ttl_s = ttl_s, .until_us = now_us + (int64_t)(ttl_s + GRACE_S) * BP_SECOND};
    send_result(bbmd, from, BAC_BVLC_SUCCESS);
}

static void strike(BacBbmd *bbmd, const BacAddress *from, const BacAddress *entry)
{
    for (size_t i = 0; i < bbmd->foreign_count; i++)
        if (bac_address_equal(&bbmd->foreign[i].address, entry)) {
            bbmd->foreign[i] = bbmd->foreign[--bbmd->foreign_count];
            send_result(bbmd, from, BAC_BVLC_SUCCESS);
            return;
        }
    send_result(bbmd, from, BAC_BVLC_DELETE_FDT_NAK);
}

static void tell_table(BacBbmd *bbmd, const BacAddress *to, bool foreign, int64_t now_us)
{
    uint8_t memory[ENTRY_SIZE * BAC_BBMD_FOREIGN_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; !foreign && i < bbmd->peer_count; i++) {
        bac_bvlc_node_encode(&out, &bbmd->peers[i].address);
        bp_buf_octets(&out, bbmd->peers[i].mask, sizeof bbmd->peers[i].mask);
    }
    for (size_t i = 0; foreign && i < bbmd->foreign_count; i++) {
        bac_bvlc_node_encode(&out, &bbmd->foreign[i].address);
        bp_buf_u16(&out, bbmd->foreign[i].ttl_s);
        bp_buf_u16(&out, (uint16_t)((bbmd->foreign[i].until_us - now_us) / BP_SECOND));
    }
    const BacBvlc bvlc = {.function = foreign ? BAC_BVLC_READ_FDT_ACK : BAC_BVLC_READ_BDT_ACK};
    send_bvlc(bbmd, to, &bvlc, bp_cursor(out.data, out.size));
}

bool bac_bdt_next(BpCursor *body, BacBdtEntry *ret_entry)
{
    if (bp_cursor_remaining(body) < ENTRY_SIZE)
        return false;
    BacBdtEntry entry = {.address = bac_bvlc_node_decode(body)};
    memcpy(entry.mask, bp_cursor_take(body, sizeof entry.mask), sizeof entry.mask);
    *ret_entry = entry;
    return true;
}

bool bac_fdt_next(BpCursor *body, BacForeignEntry *ret_entry, uint16_t *ret_left_s)
{
    if (bp_cursor_remaining(body) < ENTRY_SIZE)
        return false;
    BacForeignEntry entry = {.address = bac_bvlc_node_decode(body)};
    entry.ttl_s = bp_cursor_u16(body);
    *ret_left_s = bp_cursor_u16(body);
    *ret_entry = entry;
    return true;
}

/* ---- what comes in ---- */

/* True if it may be distributed. */
static bool distribute(BacBbmd *bbmd, const BacBvlc *bvlc, const BacAddress *from)
{
    if (!find_foreign(bbmd, from)) {
        send_result(bbmd, from, BAC_BVLC_DISTRIBUTE_NAK);
        return false;
    }
    const BacBvlc forwarded = {.function = BAC_BVLC_FORWARDED_NPDU, .source = *from, .body = bvlc->body};
    send_bvlc(bbmd, &bbmd->broadcast, &forwarded, forwarded.body);
    send_to_peers(bbmd, &forwarded);
    send_to_foreign(bbmd, &forwarded, from);
    return true;
}

static bool take_message(BacBbmd *bbmd, const BacBvlc *bvlc, const BacAddress *from, int64_t now_us)
{
    switch (bvlc->function) {
    case BAC_BVLC_ORIGINAL_BROADCAST: {
        if (bac_address_equal(from, &bbmd->own))
            return true;
        const BacBvlc forwarded = {.function = BAC_BVLC_FORWARDED_NPDU, .source = *from, .body = bvlc->body};
        bbmd->forwarded++;
        send_to_peers(bbmd, &forwarded);
        send_to_foreign(bbmd, &forwarded, from);
        return false;
    }
    case BAC_BVLC_FORWARDED_NPDU:
        if (!is_peer(bbmd, from) || bac_address_equal(from, &bbmd->own))
            return true; /* our own, or that of somebody whose broadcasts we do not carry */
        bbmd->forwarded++;
        send_bvlc(bbmd, &bbmd->broadcast, bvlc, bvlc->body);
        send_to_foreign(bbmd, bvlc, from);
        return false;
    case BAC_BVLC_DISTRIBUTE_BROADCAST: return !distribute(bbmd, bvlc, from);
    case BAC_BVLC_REGISTER_FOREIGN_DEVICE: enroll(bbmd, from, bvlc->ttl_s, now_us); return true;
    case BAC_BVLC_DELETE_FDT_ENTRY: strike(bbmd, from, &bvlc->source); return true;
    case BAC_BVLC_READ_BDT: tell_table(bbmd, from, false, now_us); return true;
    case BAC_BVLC_READ_FDT: tell_table(bbmd, from, true, now_us); return true;
    case BAC_BVLC_WRITE_BDT: send_result(bbmd, from, BAC_BVLC_WRITE_BDT_NAK); return true;
    default: return false;
    }
}

bool bac_bbmd_receive(BacBbmd *bbmd, BpCursor octets, const BacAddress *from, int64_t now_us)
{
    BacBvlc bvlc;
    if (bac_bvlc_decode(octets, &bvlc, NULL) != BP_OK)
        return true;
    forget_lapsed(bbmd, now_us);
    const bool is_done = take_message(bbmd, &bvlc, from, now_us);
    BP_INVARIANT(bac_bbmd_check(bbmd));
    return is_done;
}

void bac_bbmd_check(const BacBbmd *bbmd)
{
    assert(bbmd->peer_count <= BAC_BBMD_PEERS_MAX && bbmd->foreign_count <= BAC_BBMD_FOREIGN_MAX);
    for (size_t i = 0; i < bbmd->foreign_count; i++)
        for (size_t other = 0; other < i; other++)
            assert(!bac_address_equal(&bbmd->foreign[i].address, &bbmd->foreign[other].address));
}
