/* Which router leads where, as datagrams tell it. */
#include "bacnet/talk/routes.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const BacAddress EAST = {{10, 9, 1, 1}, BAC_PORT, {0}}, WEST = {{10, 9, 1, 2}, BAC_PORT, {0}};
static const BacAddress EVERYBODY = {{10, 9, 1, 255}, BAC_PORT, {0}};

typedef struct Told {
    BacRoutes routes;
    int64_t now_us;
    size_t count;
    BacRouteNews news;
    BacRoute route;
    uint8_t reason;
} Told;

static void on_news(void *owner, BacRouteNews news, const BacRoute *route, uint8_t reason)
{
    Told *told = owner;
    told->count++;
    told->news = news;
    told->route = *route;
    told->reason = reason;
}

static void begin(Told *told)
{
    *told = (Told){.now_us = 1000 * BP_SECOND};
    told->routes.owner = told;
    told->routes.on_news = on_news;
}

static void take(Told *told, const BacAddress *from, const void *octets, size_t size)
{
    BacDatagram datagram;
    assert_int_equal(bac_datagram_decode(bp_cursor(octets, size), from, &datagram, NULL), BP_OK);
    told->count = 0;
    bac_routes_take(&told->routes, &datagram, told->now_us);
}

/* A router says something about networks. */
static void say(Told *told, const BacAddress *from, BacNetworkMessage message, const char *contents,
                size_t size)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_BROADCAST, &EVERYBODY, message,
                              (BpStr){contents, size});
    assert_false(out.failed);
    take(told, from, out.data, out.size);
}

#define SAY(told, from, message, contents) say(told, from, message, contents, sizeof(contents) - 1)

static void messages_are_written_as_the_standard_has_them(void **state)
{
    (void)state;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_BROADCAST, &EVERYBODY, BAC_WHO_IS_ROUTER_TO_NETWORK,
                              (BpStr){"\x07\xd1", 2});
    static const uint8_t who_is_router[] = {0x81, 0x0b, 0, 9, 1, 0x80, 0, 0x07, 0xd1};
    assert_int_equal(out.size, sizeof who_is_router);
    assert_memory_equal(out.data, who_is_router, sizeof who_is_router);
    out = bp_buf(memory, sizeof memory);
    BacAddress beyond = EAST;
    beyond.remote.network = 5;
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_UNICAST, &beyond, BAC_WHO_IS_ROUTER_TO_NETWORK,
                              bp_str(""));
    static const uint8_t routed[] = {0x81, 0x0a, 0, 11, 1, 0xa0, 0, 5, 0, 0xff, 0};
    assert_int_equal(out.size, sizeof routed);
    assert_memory_equal(out.data, routed, sizeof routed);
}

static void routers_are_learned_from_what_they_say_and_what_they_carry(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1\x07\xd2");
    assert_int_equal(told.count, 2);
    assert_int_equal(told.news, BAC_ROUTE_NEW);
    assert_int_equal(told.route.network, 2002);
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1\x07"); /* again, and half a number */
    assert_int_equal(told.count, 0);
    /* An I-Am of station 0a on network 3, passed on by WEST. */
    static const uint8_t i_am[] = {0x81, 0x0b, 0, 24, 1,    0x08, 0,    3,    1,    0x0a, 0x10, 0,
                                   0xc4, 2,    0, 0,  0x7b, 0x22, 0x01, 0xe0, 0x91, 3,    0x21, 5};
    take(&told, &WEST, i_am, sizeof i_am);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.news, BAC_ROUTE_NEW);
    assert_int_equal(told.route.network, 3);
    assert_false(told.route.was_announced);
    assert_true(bac_address_equal(&told.route.router, &WEST));
    assert_non_null(bac_routes_find(&told.routes, &WEST, 3));
    assert_null(bac_routes_find(&told.routes, &EAST, 3));
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x00\x00\xff\xff"); /* no numbers of networks */
    assert_int_equal(told.count, 0);
    assert_int_equal(told.routes.count, 3);
}

static void two_networks_with_one_number_are_news_and_kept_apart(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1");
    SAY(&told, &WEST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1");
    assert_int_equal(told.count, 1);
    assert_int_equal(told.news, BAC_ROUTE_DUPLICATE);
    assert_true(bac_address_equal(&told.route.router, &WEST));
    assert_true(bac_address_equal(&bac_routes_other(&told.routes, &WEST, 2001)->router, &EAST));
    assert_int_equal(told.routes.count, 2);
}

static void a_route_that_is_rejected_is_lost_until_it_is_heard_of_again(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1");
    SAY(&told, &EAST, BAC_REJECT_MESSAGE_TO_NETWORK, "\x02\x07\xd1"); /* busy */
    assert_int_equal(told.news, BAC_ROUTE_REFUSED);
    assert_int_equal(told.route.state, BAC_ROUTE_OPEN);
    SAY(&told, &EAST, BAC_REJECT_MESSAGE_TO_NETWORK, "\x01\x07\xd1");
    assert_int_equal(told.reason, BAC_NETWORK_UNREACHABLE);
    assert_int_equal(told.route.state, BAC_ROUTE_LOST);
    SAY(&told, &WEST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1"); /* the only way now */
    assert_int_equal(told.news, BAC_ROUTE_NEW);
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1");
    assert_int_equal(told.news, BAC_ROUTE_DUPLICATE);
    SAY(&told, &EAST, BAC_REJECT_MESSAGE_TO_NETWORK, "\x01\x00\x09"); /* that it never told of */
    assert_int_equal(told.count, 1);
    assert_int_equal(told.route.network, 9);
    assert_int_equal(told.routes.count, 2);
    SAY(&told, &EAST, BAC_REJECT_MESSAGE_TO_NETWORK, "\x01\x00"); /* cut short */
    assert_int_equal(told.count, 0);
}

static void a_busy_router_is_left_alone_for_half_a_minute_or_until_it_says_so(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1\x07\xd2");
    SAY(&told, &EAST, BAC_ROUTER_BUSY_TO_NETWORK, "\x07\xd1");
    assert_int_equal(told.news, BAC_ROUTE_BUSY_NOW);
    assert_true(told.route.busy_until_us == told.now_us + 30 * BP_SECOND);
    told.now_us += 20 * BP_SECOND;
    SAY(&told, &EAST, BAC_ROUTER_BUSY_TO_NETWORK, ""); /* all of its networks */
    assert_int_equal(told.count, 2);
    assert_int_equal(bac_routes_find(&told.routes, &EAST, 2001)->state, BAC_ROUTE_BUSY);
    told.now_us += 15 * BP_SECOND;
    bac_routes_expire(&told.routes, told.now_us);
    assert_int_equal(bac_routes_find(&told.routes, &EAST, 2001)->state, BAC_ROUTE_BUSY); /* said again */
    SAY(&told, &EAST, BAC_ROUTER_AVAILABLE_TO_NETWORK, "\x07\xd2");
    assert_int_equal(told.count, 1);
    assert_int_equal(told.news, BAC_ROUTE_FREE_AGAIN);
    assert_int_equal(told.route.network, 2002);
    told.now_us += 15 * BP_SECOND;
    bac_routes_expire(&told.routes, told.now_us);
    assert_int_equal(told.route.network, 2001);
    assert_int_equal(bac_routes_find(&told.routes, &EAST, 2001)->state, BAC_ROUTE_OPEN);
}

static void what_is_not_heard_of_is_forgotten(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    told.routes.keep_us = 60 * BP_MINUTE;
    SAY(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1");
    told.now_us += 40 * BP_MINUTE;
    SAY(&told, &WEST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd2");
    told.now_us += 40 * BP_MINUTE;
    bac_routes_expire(&told.routes, told.now_us);
    assert_null(bac_routes_find(&told.routes, &EAST, 2001));
    assert_non_null(bac_routes_find(&told.routes, &WEST, 2002));
    SAY(&told, &WEST, BAC_I_AM_ROUTER_TO_NETWORK, "\x07\xd1"); /* no duplicate: it has moved */
    assert_int_equal(told.news, BAC_ROUTE_NEW);
}

static void a_full_table_forgets_who_was_silent_longest(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    for (unsigned network = 1; network <= BAC_ROUTES_MAX + 1; network++) {
        const char number[] = {(char)(network >> 8), (char)network};
        told.now_us += BP_SECOND;
        say(&told, &EAST, BAC_I_AM_ROUTER_TO_NETWORK, number, sizeof number);
    }
    assert_int_equal(told.routes.count, BAC_ROUTES_MAX);
    assert_null(bac_routes_find(&told.routes, &EAST, 1));
    assert_non_null(bac_routes_find(&told.routes, &EAST, BAC_ROUTES_MAX + 1));
}

static void routers_that_disagree_on_our_number_are_told(void **state)
{
    (void)state;
    Told told;
    begin(&told);
    SAY(&told, &EAST, BAC_NETWORK_NUMBER_IS, "\x00\x07\x00"); /* learned */
    assert_int_equal(told.news, BAC_ROUTE_OWN_NUMBER);
    assert_int_equal(told.routes.own_network, 7);
    SAY(&told, &EAST, BAC_NETWORK_NUMBER_IS, "\x00\x07\x00");
    assert_int_equal(told.count, 0);
    SAY(&told, &WEST, BAC_NETWORK_NUMBER_IS, "\x00\x08\x01"); /* configured: it is right */
    assert_int_equal(told.news, BAC_ROUTE_OWN_DIFFERS);
    assert_int_equal(told.routes.own_network, 8);
    SAY(&told, &EAST, BAC_NETWORK_NUMBER_IS, "\x00\x07\x00");
    assert_int_equal(told.news, BAC_ROUTE_OWN_DIFFERS);
    assert_int_equal(told.routes.own_network, 8);
    SAY(&told, &EAST, BAC_NETWORK_NUMBER_IS, "\x00\x00\x01"); /* no number */
    assert_int_equal(told.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_written_as_the_standard_has_them),
        cmocka_unit_test(routers_are_learned_from_what_they_say_and_what_they_carry),
        cmocka_unit_test(two_networks_with_one_number_are_news_and_kept_apart),
        cmocka_unit_test(a_route_that_is_rejected_is_lost_until_it_is_heard_of_again),
        cmocka_unit_test(a_busy_router_is_left_alone_for_half_a_minute_or_until_it_says_so),
        cmocka_unit_test(what_is_not_heard_of_is_forgotten),
        cmocka_unit_test(a_full_table_forgets_who_was_silent_longest),
        cmocka_unit_test(routers_that_disagree_on_our_number_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
