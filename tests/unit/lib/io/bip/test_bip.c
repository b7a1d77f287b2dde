#include "bacnet/service/who_is.h"
#include "io/bip/bip.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Node {
    Bip *bip;
    int heard, broadcasts;
    BacAddress from;
} Node;

static Loop *loop;

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    Node *node = owner;
    node->heard++;
    node->broadcasts += datagram->is_broadcast;
    node->from = datagram->from;
}

/* A node on 127.98.0.`last`; port 0 draws one. */
static bool start(Node *node, uint8_t last, uint16_t port, BpError *err)
{
    *node = (Node){0};
    const BipOptions options = {
        .bind = {{127, 98, 0, last}, port}, .owner = node, .on_datagram = on_datagram};
    node->bip = bip_new(loop, &options, err);
    return node->bip != NULL;
}

static void send_who_is(Node *node, const BacAddress *to, BacBvlcFunction function)
{
    uint8_t memory[BAC_DATAGRAM_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_IS};
    const BacWhoIs everybody = {0};
    const size_t begin = bac_datagram_begin(&out, function, to, NULL, false, &apdu);
    bac_who_is_encode(&out, &everybody);
    bac_datagram_end(&out, begin);
    bip_send(node->bip, to, bp_buf_text(&out));
}

static void until(const int *counter, int number)
{
    const int64_t until_us = loop_now_us(loop) + 5 * BP_SECOND;
    while (*counter < number && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_int_equal(*counter, number);
}

static void broadcasts_reach_all_nodes_but_the_sender(void **state)
{
    (void)state;
    loop = loop_new();
    Node nodes[3];
    assert_true(start(&nodes[0], 1, 0, NULL));
    for (int i = 1; i < 3; i++)
        assert_true(start(&nodes[i], (uint8_t)(1 + i), bip_address(nodes[0].bip).port, NULL));
    const BacAddress broadcast = bip_broadcast_address(nodes[0].bip), sender = bip_address(nodes[2].bip);
    assert_int_equal(broadcast.ip[1], 255); /* 127.255.255.255: all of loopback */
    send_who_is(&nodes[2], &broadcast, BAC_BVLC_ORIGINAL_BROADCAST);
    until(&nodes[0].broadcasts, 1);
    until(&nodes[1].broadcasts, 1);
    assert_true(bac_address_equal(&nodes[0].from, &sender));
    const BacAddress to = bip_address(nodes[1].bip);
    send_who_is(&nodes[0], &to, BAC_BVLC_ORIGINAL_UNICAST);
    until(&nodes[1].heard, 2);
    assert_int_equal(nodes[0].heard, 1);
    assert_int_equal(nodes[2].heard, 0);
    for (int i = 0; i < 3; i++)
        bip_free(nodes[i].bip);
    loop_free(loop);
}

static void bound_to_all_addresses_it_does_not_hear_itself(void **state)
{
    (void)state;
    loop = loop_new();
    Node all = {0}, other = {0};
    const BipOptions options = {
        .broadcast = {{127, 255, 255, 255}, 0}, .owner = &all, .on_datagram = on_datagram};
    all.bip = bip_new(loop, &options, NULL);
    assert_non_null(all.bip);
    const BipOptions beside = {.bind = {{127, 98, 0, 2}, 0},
                               .broadcast = {{127, 255, 255, 255}, bip_address(all.bip).port},
                               .broadcast_may_fail = true, /* the other has the port to itself */
                               .owner = &other,
                               .on_datagram = on_datagram};
    other.bip = bip_new(loop, &beside, NULL);
    assert_non_null(other.bip);
    const BacAddress broadcast = bip_broadcast_address(all.bip);
    send_who_is(&all, &broadcast, BAC_BVLC_ORIGINAL_BROADCAST);
    send_who_is(&other, &broadcast, BAC_BVLC_ORIGINAL_BROADCAST);
    until(&all.broadcasts, 1); /* the other's, which came after its own */
    assert_int_equal(all.from.ip[1], 98);
    bip_free(all.bip);
    bip_free(other.bip);
    loop_free(loop);
}

/* Whoever forwards names any sender it likes. Every node here is on loopback's subnet, 127.0.0.0/8. */
static void an_answer_that_is_forwarded_is_nobodys(void **state)
{
    (void)state;
    static const char *const forged[] = {
        "\x81\x04\x00\x13\x0a\x01\x02\x09\xba\xc0\x01\x00\x30\x01\x0c\x0c\x00\x00\x00",
        "\x81\x04\x00\x10\x0a\x01\x02\x09\xba\xc0\x01\x04\x00\x05\x01\x0c",
    };
    static const char who_is[] = "\x81\x04\x00\x0e\x0a\x01\x02\x09\xba\xc0\x01\x00\x10\x08";
    loop = loop_new();
    Node one, other;
    assert_true(start(&one, 1, 0, NULL));
    assert_true(start(&other, 2, 0, NULL));
    const BacAddress to = bip_address(one.bip);
    bip_send(other.bip, &to, (BpStr){forged[0], 19});
    bip_send(other.bip, &to, (BpStr){forged[1], 16});
    bip_send(other.bip, &to, (BpStr){who_is, 14});
    until(&one.heard, 1);
    assert_int_equal(one.from.ip[0], 10); /* a broadcast of its own subnet is believed, and nothing else */
    assert_int_equal(bip_counts(one.bip).forwarded_ignored, 2);
    bip_free(one.bip);
    bip_free(other.bip);
    loop_free(loop);
}

static void other_bbmds_are_named_by_their_addresses(void **state)
{
    (void)state;
    BipOptions options = {0};
    BpError err;
    assert_int_equal(bip_parse_bbmds(bp_str(" 10.2.0.9  10.3.0.9:47809 "), &options, &err), BP_OK);
    assert_int_equal(options.bbmd_count, 2);
    assert_int_equal(options.bbmds[1].port, 47809);
    assert_int_equal(bip_parse_bbmds(bp_str(""), &options, &err), BP_OK);
    assert_int_equal(options.bbmd_count, 0);
    assert_int_equal(bip_parse_bbmds(bp_str("10.2.0.9,10.3.0.9"), &options, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "bacnet.bbmds"));
    static const char many[] = "1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8 1.0.0.9 "
                               "2.0.0.1 2.0.0.2 2.0.0.3 2.0.0.4 2.0.0.5 2.0.0.6 2.0.0.7 2.0.0.8";
    assert_int_equal(bip_parse_bbmds(bp_str(many), &options, &err), BP_INVALID);
}

static void what_is_no_bacnet_is_counted(void **state)
{
    (void)state;
    loop = loop_new();
    Node one, other;
    assert_true(start(&one, 1, 0, NULL));
    assert_true(start(&other, 2, 0, NULL));
    const BacAddress to = bip_address(one.bip);
    bip_send(other.bip, &to, bp_str("GET / HTTP/1.1"));
    send_who_is(&other, &to, BAC_BVLC_ORIGINAL_UNICAST);
    until(&one.heard, 1);
    assert_int_equal(bip_counts(one.bip).malformed, 1);
    assert_int_equal(bip_counts(one.bip).received, 2);
    bip_free(one.bip);
    bip_free(other.bip);
    loop_free(loop);
}

static void a_taken_port_names_its_holder(void **state)
{
    (void)state;
    loop = loop_new();
    Node one, other;
    BpError err = {0};
    assert_true(start(&one, 1, 0, NULL));
    assert_false(start(&other, 1, bip_address(one.bip).port, &err));
    assert_int_equal(err.status, BP_CONFLICT);
    assert_non_null(strstr(err.text, "test_io_bip"));
    bip_free(one.bip);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broadcasts_reach_all_nodes_but_the_sender),
        cmocka_unit_test(bound_to_all_addresses_it_does_not_hear_itself),
        cmocka_unit_test(an_answer_that_is_forwarded_is_nobodys),
        cmocka_unit_test(other_bbmds_are_named_by_their_addresses),
        cmocka_unit_test(what_is_no_bacnet_is_counted),
        cmocka_unit_test(a_taken_port_names_its_holder),
    };
    return cmocka_run_group_tests_name("io bip", tests, NULL, NULL);
}
