#include "io/httpd/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define GET     "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: a\r\n"
#define UPGRADE "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"

static void what_a_browser_sends_is_read(void **state)
{
    (void)state;
    static const char text[] =
        "POST /api/v1/sites/demo%20x/points?search=a%26b&limit=5 HTTP/1.1\r\n"
        "Host: [::1]:8080\r\nACCEPT:text/html\r\nAccept: */*\r\nCookie: \t a=b; c=d \t\r\nContent-Length: "
        "0012\r\n"
        "X-Unknown: \xc3\xa9\r\nconnection: keep-alive , CLOSE\r\nExpect: 100-Continue\r\n\r\nbody";
    const BpStr in = {text, sizeof text - 1};
    assert_int_equal(head_size(in), in.size - 4);
    Head head;
    HeadRefusal refusal;
    assert_true(head_read((BpStr){text, head_size(in)}, &head, &refusal));
    assert_int_equal(head.method, HTTPD_POST);
    assert_true(bp_str_equal(head.path, bp_str("/api/v1/sites/demo%20x/points")));
    assert_true(bp_str_equal(head.query, bp_str("search=a%26b&limit=5")));
    assert_true(bp_str_equal(head.headers[HTTPD_HOST], bp_str("[::1]:8080")));
    assert_true(bp_str_equal(head.headers[HTTPD_ACCEPT], bp_str("text/html")));
    assert_true(bp_str_equal(head.headers[HTTPD_COOKIE], bp_str("a=b; c=d")));
    assert_null(head.headers[HTTPD_ORIGIN].data);
    assert_int_equal(head.body_size, 12);
    assert_true(head.is_last && head.must_continue && !head.is_upgrade);
}

static void a_head_ends_where_the_empty_line_is(void **state)
{
    (void)state;
    static const char text[] = GET "\r\n";
    for (size_t size = 0; size < sizeof text - 1; size++)
        assert_int_equal(head_size((BpStr){text, size}), 0);
    assert_int_equal(head_size((BpStr){text, sizeof text - 1}), sizeof text - 1);
}

/* Each of them has a reader somewhere that takes it for something else. */
static void what_could_mean_two_things_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"\r\n\r\n", 400},
        {"\r\n" GET "\r\n", 400},
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%1F HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%7f HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        {GET "Host: a\r\n\r\n", 400},
        {GET "HOST: b\r\n\r\n", 400},
        {GET "Authorization: a\r\nauthorization: b\r\n\r\n", 400},
        {GET "Cookie: a=1\r\nCookie: a=2\r\n\r\n", 400},
        {GET "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n\r\n", 400},
        {GET "X: a\r\n b\r\n\r\n", 400},
        {GET "X: a\rb\r\n\r\n", 400},
        {GET "X: a\nY: b\r\n\r\n", 400},
        {GET "X: a\x7f\r\n\r\n", 400},
        {GET "X\r\n\r\n", 400},
        {GET ": a\r\n\r\n", 400},
        {GET "X : a\r\n\r\n", 400},
        {GET "X(: a\r\n\r\n", 400},
        {GET "Expect: everything\r\n\r\n", 417},
        {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400},
        {POST "Content-Length: 3, 3\r\n\r\n", 400},
        {POST "Content-Length: +3\r\n\r\n", 400},
        {POST "Content-Length: -3\r\n\r\n", 400},
        {POST "Content-Length: 0x3\r\n\r\n", 400},
        {POST "Content-Length:\r\n\r\n", 400},
        {POST "Content-Length: 1048577\r\n\r\n", 413},
        {POST "Content-Length: 99999999999999999999999\r\n\r\n", 413},
        {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
        {POST "Transfer-Encoding: chunked\r\n\r\n", 411},
        {POST "Transfer-Encoding: identity\r\n\r\n", 411},
        {GET "Content-Length: 3\r\n\r\n", 400},
        {UPGRADE "\r\n", 400},
        {UPGRADE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short==\r\n\r\n", 400},
        {UPGRADE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhl\r\nSec-WebSocket-Key: dGhl\r\n\r\n",
         400},
        {UPGRADE "Sec-WebSocket-Version: 14\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 426},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const BpStr in = bp_str(cases[i].text);
        Head head;
        HeadRefusal refusal = {0};
        assert_int_equal(head_size(in), in.size);
        if (head_read(in, &head, &refusal) || refusal.status != cases[i].status)
            fail_msg("%d for: %s", refusal.status, cases[i].text);
    }
}

static void zeros_are_no_ends(void **state)
{
    (void)state;
    static const char text[] = GET "X: a\0b\r\n\r\n", path[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
    Head head;
    HeadRefusal refusal;
    assert_false(head_read((BpStr){text, sizeof text - 1}, &head, &refusal));
    assert_int_equal(refusal.status, 400);
    assert_false(head_read((BpStr){path, sizeof path - 1}, &head, &refusal));
    assert_int_equal(refusal.status, 400);
}

static void there_are_so_many_headers_at_most(void **state)
{
    (void)state;
    char text[4096];
    int size = snprintf(text, sizeof text, GET);
    for (int i = 1; i < HEAD_FIELDS_MAX; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "X: a\r\n");
    Head head;
    HeadRefusal refusal;
    snprintf(text + size, sizeof text - (size_t)size, "\r\n");
    assert_true(head_read(bp_str(text), &head, &refusal));
    snprintf(text + size, sizeof text - (size_t)size, "X: a\r\n\r\n");
    assert_false(head_read(bp_str(text), &head, &refusal));
    assert_int_equal(refusal.status, 431);
}

static void a_websocket_is_recognised_and_other_upgrades_are_none(void **state)
{
    (void)state;
    Head head;
    HeadRefusal refusal;
    assert_true(head_read(
        bp_str(UPGRADE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
        &head, &refusal));
    assert_true(head.is_upgrade);
    assert_true(head_read(bp_str(GET "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), &head, &refusal));
    assert_false(head.is_upgrade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_browser_sends_is_read),
        cmocka_unit_test(a_head_ends_where_the_empty_line_is),
        cmocka_unit_test(what_could_mean_two_things_is_refused),
        cmocka_unit_test(zeros_are_no_ends),
        cmocka_unit_test(there_are_so_many_headers_at_most),
        cmocka_unit_test(a_websocket_is_recognised_and_other_upgrades_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
