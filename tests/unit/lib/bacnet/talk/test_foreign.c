/* A foreign device and its BBMD, in invented time and over a link that loses. */
#include "bacnet/talk/bbmd.h"
#include "bacnet/talk/foreign.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const BacAddress OURS = {{10, 9, 2, 7}, BAC_PORT, {0}};
static const BacAddress BBMD = {{10, 9, 1, 1}, BAC_PORT, {0}};
static const BacAddress LOCAL = {{10, 9, 1, 255}, BAC_PORT, {0}};
static const BacAddress DEVICE = {{10, 9, 1, 5}, BAC_PORT, {0}};
static const BacAddress PEER = {{10, 9, 3, 1}, BAC_PORT, {0}};

typedef struct Link {
    BacForeign foreign;
    BacBbmd bbmd;
    bool loses;
    int64_t now_us;
    size_t to_foreign, to_local, to_peer, news;
    BacAddress last_source;
    uint8_t table[256];
    size_t table_size;
} Link;

static void from_bbmd(void *owner, const BacAddress *to, BpStr octets)
{
    Link *link = owner;
    BacDatagram datagram;
    if (bac_datagram_decode(bp_cursor(octets.data, octets.size), &BBMD, &datagram, NULL) != BP_OK)
        fail_msg("the BBMD sends what cannot be read");
    if (datagram.function == BAC_BVLC_FORWARDED_NPDU) {
        link->to_foreign += bac_address_equal(to, &OURS);
        link->to_local += bac_address_equal(to, &LOCAL);
        link->to_peer += bac_address_equal(to, &PEER);
        link->last_source = datagram.from;
    }
    if (datagram.function == BAC_BVLC_READ_BDT_ACK || datagram.function == BAC_BVLC_READ_FDT_ACK) {
        link->table_size = bp_cursor_remaining(&datagram.body);
        assert_true(link->table_size <= sizeof link->table);
        memcpy(link->table, bp_cursor_take(&datagram.body, link->table_size), link->table_size);
    }
    if (!link->loses && bac_address_equal(to, &OURS))
        link->news += bac_foreign_take(&link->foreign, &datagram, link->now_us);
}

static Link link_new(uint16_t ttl_s)
{
    Link link = {.now_us = 1000 * BP_SECOND};
    link.bbmd = (BacBbmd){.send = from_bbmd, .own = BBMD, .broadcast = LOCAL};
    link.bbmd.peers[0] = (BacBdtEntry){BBMD, {255, 255, 255, 255}};
    link.bbmd.peers[1] = (BacBdtEntry){PEER, {255, 255, 255, 255}};
    link.bbmd.peer_count = 2;
    bac_foreign_init(&link.foreign, &BBMD, ttl_s, link.now_us);
    return link;
}

static void run(Link *link, int64_t for_us)
{
    const int64_t end_us = link->now_us + for_us;
    link->bbmd.owner = link;
    for (int64_t next_us; (next_us = bac_foreign_next_due_us(&link->foreign)) <= end_us;) {
        uint8_t memory[16];
        BpBuf out = bp_buf(memory, sizeof memory);
        if (next_us > link->now_us)
            link->now_us = next_us;
        if (bac_foreign_advance(&link->foreign, &out, link->now_us) && !link->loses)
            assert_true(bac_bbmd_receive(&link->bbmd, bp_cursor(out.data, out.size), &OURS, link->now_us));
    }
    link->now_us = end_us;
}

static void send_as(Link *link, const char *octets, size_t size, const BacAddress *from)
{
    link->bbmd.owner = link;
    (void)bac_bbmd_receive(&link->bbmd, bp_cursor(octets, size), from, link->now_us);
}

static void it_registers_and_renews_at_half_of_its_time(void **state)
{
    (void)state;
    Link link = link_new(60);
    run(&link, 10 * BP_MINUTE);
    assert_true(link.foreign.is_registered);
    assert_int_equal(link.news, 1);
    assert_in_range(link.foreign.sent, 20, 22);
    assert_int_equal(link.bbmd.foreign_count, 1);
}

static void a_dead_network_ends_nothing_for_good(void **state)
{
    (void)state;
    Link link = link_new(60);
    run(&link, BP_MINUTE);
    link.loses = true;
    run(&link, 2 * 60 * BP_MINUTE);
    assert_false(link.foreign.is_registered);
    assert_in_range(link.foreign.failures, 100, 140); /* one a minute */
    link.loses = false;
    run(&link, BP_MINUTE);
    assert_true(link.foreign.is_registered);
    assert_int_equal(link.news, 2); /* so that devices are looked for again */
}

static void a_refusal_is_told_and_asked_again(void **state)
{
    (void)state;
    Link link = link_new(60);
    link.bbmd.refuses = true;
    run(&link, 5 * BP_MINUTE);
    assert_true(link.foreign.is_refused);
    assert_false(link.foreign.is_registered);
    link.bbmd.refuses = false;
    run(&link, BP_MINUTE);
    assert_true(link.foreign.is_registered && !link.foreign.is_refused);
}

/* Its tables are gone, and it says so at the first broadcast: no half of the time to live is waited for. */
static void a_bbmd_that_restarts_is_registered_with_at_once(void **state)
{
    (void)state;
    static const char distribute[] = "\x81\x09\x00\x08\x01\x00\x10\x08";
    Link link = link_new(3600);
    run(&link, BP_MINUTE);
    link.bbmd.foreign_count = 0;
    send_as(&link, distribute, 8, &OURS);
    assert_false(link.foreign.is_registered);
    run(&link, BP_SECOND);
    assert_true(link.foreign.is_registered);
    assert_int_equal(link.news, 2);
    assert_int_equal(link.foreign.sent, 2);
}

/* What a BBMD tells of its tables, read back. */
static void a_bbmd_that_confirms_and_forgets_is_not_asked_without_end(void **state)
{
    (void)state;
    Link link = link_new(60);
    static const char who_is[] = {(char)0x81, 0x09, 0, 8, 1, 0, 0x10, 8};
    for (size_t i = 0; i < 10000; i++) { /* each confirmation is followed by a broadcast, which is refused */
        run(&link, BP_MS);
        link.bbmd.foreign_count = 0;
        send_as(&link, who_is, sizeof who_is, &OURS);
    }
    assert_in_range(link.foreign.sent, 1, 2); /* in 10 s */
}

static void tables_are_told_and_read(void **state)
{
    (void)state;
    static const char read_bdt[] = "\x81\x02\x00\x04", read_fdt[] = "\x81\x06\x00\x04";
    Link link = link_new(60);
    run(&link, 10 * BP_SECOND);
    send_as(&link, read_bdt, 4, &OURS);
    BpCursor body = bp_cursor(link.table, link.table_size);
    BacBdtEntry peer;
    assert_true(bac_bdt_next(&body, &peer) && bac_address_equal(&peer.address, &BBMD));
    assert_true(bac_bdt_next(&body, &peer) && bac_address_equal(&peer.address, &PEER));
    assert_int_equal(peer.mask[3], 255);
    assert_false(bac_bdt_next(&body, &peer));
    send_as(&link, read_fdt, 4, &OURS);
    BacForeignEntry foreign;
    uint16_t left_s;
    body = bp_cursor(link.table, link.table_size);
    assert_true(bac_fdt_next(&body, &foreign, &left_s) && bac_address_equal(&foreign.address, &OURS));
    assert_int_equal(foreign.ttl_s, 60);
    assert_int_equal(left_s, 60 + 30 - 10);
    assert_false(bac_fdt_next(&body, &foreign, &left_s));
    body = bp_cursor(link.table, 9); /* half an entry */
    assert_false(bac_fdt_next(&body, &foreign, &left_s));
}

static void broadcasts_go_everywhere_but_back(void **state)
{
    (void)state;
    static const char who_is[] = "\x81\x0b\x00\x08\x01\x00\x10\x08",
                      distribute[] = "\x81\x09\x00\x08\x01\x00\x10\x08";
    static const char forwarded[] = "\x81\x04\x00\x0e\x0a\x09\x03\x09\xba\xc0\x01\x00\x10\x08";
    Link link = link_new(60);
    send_as(&link, distribute, 8, &OURS); /* nobody knows it yet */
    assert_int_equal(link.to_local + link.to_peer, 0);
    run(&link, BP_SECOND);
    send_as(&link, distribute, 8, &OURS);
    assert_int_equal(link.to_local, 1);
    assert_int_equal(link.to_peer, 1);
    assert_int_equal(link.to_foreign, 0);
    assert_true(bac_address_equal(&link.last_source, &OURS));
    send_as(&link, who_is, 8, &DEVICE);
    assert_int_equal(link.to_local, 1); /* the subnet has heard it */
    assert_int_equal(link.to_peer, 2);
    assert_int_equal(link.to_foreign, 1);
    assert_true(bac_address_equal(&link.last_source, &DEVICE));
    send_as(&link, forwarded, 14, &PEER);
    assert_int_equal(link.to_local, 2);
    assert_int_equal(link.to_peer, 2);
    assert_int_equal(link.to_foreign, 2);
    send_as(&link, forwarded, 14, &DEVICE); /* no BBMD that we know */
    assert_int_equal(link.to_local, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_and_renews_at_half_of_its_time),
        cmocka_unit_test(a_dead_network_ends_nothing_for_good),
        cmocka_unit_test(a_refusal_is_told_and_asked_again),
        cmocka_unit_test(a_bbmd_that_restarts_is_registered_with_at_once),
        cmocka_unit_test(a_bbmd_that_confirms_and_forgets_is_not_asked_without_end),
        cmocka_unit_test(tables_are_told_and_read),
        cmocka_unit_test(broadcasts_go_everywhere_but_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
