/* Bodies that go on, and WebSockets: what comes to the client, what is refused, and who costs whom what. */
#include "io/httpd/httpd.h"
#include "tests/unit/lib/io/httpd/raw.h"

#include <stdio.h>
#include <string.h>

typedef struct Fixture {
    Loop *loop;
    Httpd *httpd;
    HttpdStream *stream; /* the last one; NULL: closed */
    size_t queue_max;
    int closed, drained;
    char message[HTTPD_MESSAGE_MAX + 1];
    int messages;
    bool refuses, frees; /* WebSockets; the Httpd, at a message */
} Fixture;

static void on_closed(void *owner)
{
    Fixture *f = owner;
    f->stream = NULL;
    f->closed++;
}

static void on_drained(void *owner)
{
    Fixture *f = owner;
    f->drained++;
}

static void on_message(void *owner, BpStr text)
{
    Fixture *f = owner;
    f->messages++;
    (void)bp_str_copy(text, f->message, sizeof f->message);
    if (f->frees)
        httpd_free(f->httpd);
    else
        assert_true(httpd_stream_send(f->stream, text));
}

static HttpdStreamOptions options(Fixture *f)
{
    return (HttpdStreamOptions){.status = 200,
                                .type = "text/event-stream",
                                .queue_max = f->queue_max,
                                .owner = f,
                                .on_drained = on_drained,
                                .on_message = on_message,
                                .on_closed = on_closed};
}

static void on_request(void *owner, HttpdRequest *request)
{
    Fixture *f = owner;
    const HttpdStreamOptions how = options(f);
    if (bp_str_equal(httpd_path(request), bp_str("/stream")))
        f->stream = httpd_stream(request, &how);
    else
        httpd_answer(request, &(HttpdAnswer){.status = 200, .body = bp_str("hello")});
}

static void on_upgrade(void *owner, HttpdRequest *request)
{
    Fixture *f = owner;
    const HttpdStreamOptions how = options(f);
    if (f->refuses)
        httpd_answer(request, &(HttpdAnswer){.status = 403, .body = bp_str("not you")});
    else
        f->stream = httpd_accept(request, &how);
}

static void listen_with(Fixture *f, HttpdOptions how)
{
    how.address = "127.0.0.1";
    how.owner = f;
    how.on_request = on_request;
    how.on_upgrade = on_upgrade;
    f->httpd = httpd_new(f->loop, &how, NULL);
    assert_non_null(f->httpd);
}

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);
    f->loop = loop_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;
    httpd_free(f->httpd);
    loop_free(f->loop);
    free(f);
    return 0;
}

static void run(Fixture *f, const int *until)
{
    const int64_t begin_us = bp_monotonic_us();
    while (!*until && bp_monotonic_us() < begin_us + 20 * BP_SECOND)
        loop_run_once(f->loop, BP_SECOND / 100);
    assert_true(*until);
}

static Raw *ask_for_stream(Fixture *f)
{
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(raw_hear(raw, "\r\n\r\n"));
    assert_non_null(f->stream);
    return raw;
}

static void a_body_goes_on_in_chunks_until_it_ends(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = ask_for_stream(f);
    assert_non_null(strstr(raw->text, "Transfer-Encoding: chunked\r\n"));
    assert_true(httpd_stream_send(f->stream, bp_str("first")));
    assert_non_null(raw_hear(raw, "5\r\nfirst\r\n"));
    HttpdText *text = httpd_text_new(bp_str("the second one, shared"));
    assert_true(httpd_stream_send_text(f->stream, text));
    httpd_text_leave(text);
    assert_true(httpd_stream_send(f->stream, bp_str(""))); /* would be the end */
    httpd_stream_close(f->stream, 0, bp_str(""));
    assert_non_null(raw_hear(raw, "16\r\nthe second one, shared\r\n0\r\n\r\n"));
    assert_true(raw_hear_end(raw));
    assert_int_equal(f->closed, 0);
    assert_int_equal(httpd_connection_count(f->httpd), 1);
    raw_free(raw);
}

static void a_body_that_breaks_off_has_no_end(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = ask_for_stream(f);
    assert_true(httpd_stream_send(f->stream, bp_str("first")));
    httpd_stream_close(f->stream, 1, bp_str("the database is away"));
    assert_true(raw_hear_end(raw));
    assert_null(strstr(raw->text, "0\r\n\r\n"));
    raw_free(raw);
}

static void the_owner_hears_that_a_client_left(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    raw_free(ask_for_stream(f));
    run(f, &f->closed);
    assert_int_equal(httpd_connection_count(f->httpd), 0);
}

static void HEAD_of_a_stream_is_a_head(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(raw_hear_end(raw));
    assert_non_null(strstr(raw->text, "HTTP/1.1 200 "));
    assert_null(f->stream);
    raw_free(raw);
}

/* Sends until the client's socket and the queue are full: how many pieces were taken. */
static int fill(Fixture *f, BpStr piece)
{
    int taken = 0;
    while (httpd_stream_send(f->stream, piece))
        assert_true(taken++ < 100 * 1000);
    return taken;
}

static void a_slow_client_is_refused_more_told_of_room_and_costs_nobody_else(void **state)
{
    Fixture *f = *state;
    f->queue_max = 10 * 1000;
    listen_with(f, (HttpdOptions){0});
    Raw *slow = ask_for_stream(f);
    char piece[1000];
    memset(piece, 'x', sizeof piece);
    const int taken = fill(f, (BpStr){piece, sizeof piece});
    assert_true(httpd_stream_waiting(f->stream) <= f->queue_max + 100);
    HttpdStream *stream = f->stream;
    Raw *other = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(other, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(raw_hear(other, "hello"));
    raw_free(other);
    assert_int_equal(f->drained, 0);
    size_t got = 0;
    for (int i = 0; i < 2000 && !f->drained; i++) {
        loop_run_once(f->loop, BP_SECOND / 100);
        raw_look(slow);
        got += slow->got;
        slow->got = 0;
    }
    assert_int_equal(f->drained, 1);
    assert_ptr_equal(f->stream, stream);
    assert_true(httpd_stream_send(f->stream, (BpStr){piece, sizeof piece}));
    for (int i = 0; i < 2000 && got < (size_t)(taken + 1) * 1000; i++) {
        loop_run_once(f->loop, BP_SECOND / 100);
        raw_look(slow);
        got += slow->got;
        slow->got = 0;
    }
    assert_true(got >= (size_t)(taken + 1) * 1000); /* nothing that was taken is lost */
    raw_free(slow);
}

static void who_takes_nothing_for_too_long_is_closed(void **state)
{
    Fixture *f = *state;
    f->queue_max = 10 * 1000;
    listen_with(f, (HttpdOptions){.times.stall_us = BP_SECOND / 10});
    Raw *raw = ask_for_stream(f);
    char piece[1000] = {0};
    (void)fill(f, (BpStr){piece, sizeof piece});
    run(f, &f->closed);
    raw_free(raw);
}

static void a_stream_in_which_nothing_happens_stays(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){.times = {.stall_us = 1, .idle_us = 1, .reply_us = 1, .body_us = 1}});
    Raw *raw = ask_for_stream(f);
    const int64_t end_us = bp_monotonic_us() + 2500 * BP_MS; /* two looks at who takes too long */
    while (bp_monotonic_us() < end_us)
        loop_run_once(f->loop, BP_SECOND / 10);
    assert_true(httpd_stream_send(f->stream, bp_str("still there")));
    assert_non_null(raw_hear(raw, "still there"));
    raw_free(raw);
}

/* ---- WebSockets ---- */

static const char upgrade[] =
    "GET /live HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: other\r\n\r\n";

static Raw *ask_for_socket(Fixture *f)
{
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, upgrade);
    assert_non_null(raw_hear(raw, "\r\n\r\n"));
    raw->got = 0;
    return raw;
}

/* One frame of a client, masked by zeros; up to 125 octets, or up to 65,535 in the longer form. */
static void tell_frame(Raw *raw, uint8_t first, BpStr text)
{
    uint8_t frame[8 + 4000] = {first};
    const bool is_long = text.size > 125;
    const size_t head = is_long ? 8 : 6;
    assert_true(head + text.size <= sizeof frame);
    frame[1] = (uint8_t)(0x80 | (is_long ? 126 : text.size));
    if (is_long) {
        frame[2] = (uint8_t)(text.size >> 8);
        frame[3] = (uint8_t)text.size;
    }
    memcpy(frame + head, text.data, text.size);
    raw_tell_octets(raw, frame, head + text.size);
}

static void a_socket_is_accepted_without_what_was_offered_beside_it(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, upgrade);
    assert_non_null(raw_hear(raw, "\r\n\r\n"));
    assert_memory_equal(raw->text, "HTTP/1.1 101 ", 13);
    /* RFC 6455, 1.3: the answer to this very key. */
    assert_non_null(strstr(raw->text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_null(strcasestr(raw->text, "sec-websocket-extensions"));
    assert_null(strcasestr(raw->text, "sec-websocket-protocol"));
    raw_free(raw);
    run(f, &f->closed);
    assert_int_equal(httpd_connection_count(f->httpd), 0);
}

static void texts_go_both_ways_in_one_piece_or_several(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = ask_for_socket(f);
    tell_frame(raw, 0x81, bp_str("hello"));
    assert_non_null(raw_hear(raw, "\x81\x05hello"));
    tell_frame(raw, 0x01, bp_str("in two "));
    tell_frame(raw, 0x80, bp_str("pieces"));
    assert_non_null(raw_hear(raw, "\x81\x0din two pieces"));
    char large[3000];
    memset(large, 'x', sizeof large);
    tell_frame(raw, 0x81, (BpStr){large, sizeof large});
    assert_non_null(raw_hear(raw, "\x81\x7e\x0b\xb8xxx"));
    tell_frame(raw, 0x89, bp_str("ping"));
    assert_non_null(raw_hear(raw, "\x8a\x04ping"));
    assert_int_equal(f->messages, 3);
    raw_free(raw);
}

static void a_socket_is_closed_with_a_code_and_a_reason(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = ask_for_socket(f);
    assert_true(httpd_stream_send(f->stream, bp_str("last")));
    httpd_stream_close(f->stream, 4401, bp_str("the session has ended"));
    assert_non_null(raw_hear(raw, "\x81\x04last"));
    assert_non_null(raw_hear(raw, "\x88\x17\x11\x31the session has ended"));
    raw_free(raw);
    for (int i = 0; i < 2000 && httpd_connection_count(f->httpd); i++)
        loop_run_once(f->loop, BP_SECOND / 100);
    assert_int_equal(httpd_connection_count(f->httpd), 0);
    assert_int_equal(f->closed, 0);
}

static void what_a_socket_may_not_say_closes_it(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    static const struct {
        uint8_t first;
        const char *text, *closes;
    } cases[] = {
        {0x82, "octets", "\x03\xeb"}, /* 1003 */
        {0x81, "\xc3(", "\x03\xef"},  /* 1007 */
        {0x83, "reserved", ""},       /* an opcode that there is not */
        {0xc1, "compressed", ""},     /* nobody agreed to that */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->closed = 0;
        Raw *raw = ask_for_socket(f);
        tell_frame(raw, cases[i].first, bp_str(cases[i].text));
        if (*cases[i].closes)
            assert_non_null(raw_hear(raw, cases[i].closes));
        assert_true(raw_hear_end(raw));
        raw_free(raw);
        run(f, &f->closed);
    }
    f->closed = 0;
    Raw *raw = ask_for_socket(f);
    char piece[3000];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i <= HTTPD_MESSAGE_MAX / 3000; i++)
        tell_frame(raw, i ? 0x00 : 0x01, (BpStr){piece, sizeof piece});
    assert_non_null(raw_hear(raw, "\x03\xf1")); /* 1009 */
    raw_free(raw);
    run(f, &f->closed);
    assert_int_equal(f->messages, 0);
}

static void a_socket_can_be_refused_and_garbage_is_none(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    f->refuses = true;
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, upgrade);
    assert_true(raw_hear_end(raw));
    assert_memory_equal(raw->text, "HTTP/1.1 403 ", 13);
    assert_non_null(strstr(raw->text, "not you"));
    raw_free(raw);
    f->refuses = false;
    raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    assert_true(raw_hear_end(raw));
    assert_memory_equal(raw->text, "HTTP/1.1 426 ", 13);
    raw_free(raw);
    assert_null(f->stream);
}

static void a_slow_socket_is_refused_more_and_closed_when_it_stalls(void **state)
{
    Fixture *f = *state;
    f->queue_max = 100 * 1000;
    listen_with(f, (HttpdOptions){.times.stall_us = BP_SECOND});
    Raw *raw = ask_for_socket(f);
    char piece[10 * 1000];
    memset(piece, 'x', sizeof piece);
    for (int refused = 0; refused < 100 && f->stream;) { /* in a row: the client's socket is full too */
        refused = httpd_stream_send(f->stream, (BpStr){piece, sizeof piece}) ? 0 : refused + 1;
        loop_run_once(f->loop, BP_MS);
    }
    assert_non_null(f->stream);
    assert_true(httpd_stream_waiting(f->stream) > f->queue_max / 2);
    run(f, &f->closed);
    raw_free(raw);
}

static void it_can_be_freed_by_a_message_with_streams_open(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *other = ask_for_stream(f);
    Raw *raw = ask_for_socket(f);
    f->frees = true;
    tell_frame(raw, 0x81, bp_str("now"));
    assert_true(raw_hear_end(raw));
    assert_true(raw_hear_end(other));
    assert_int_equal(f->closed, 0);
    f->httpd = NULL;
    raw_free(raw);
    raw_free(other);
}

/* ---- how many, how long ---- */

static void there_is_room_for_so_many_in_all_and_from_one_address(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){.connections_per_address_max = 3});
    Raw *raws[3] = {ask_for_socket(f), ask_for_stream(f), ask_for_stream(f)};
    Raw *one_more = raw_new(f->loop, httpd_port(f->httpd));
    assert_true(raw_hear_end(one_more));
    assert_memory_equal(one_more->text, "HTTP/1.1 503 ", 13);
    raw_free(one_more);
    for (size_t i = 0; i < 3; i++)
        raw_free(raws[i]);
    for (int i = 0; i < 2000 && httpd_connection_count(f->httpd); i++)
        loop_run_once(f->loop, BP_SECOND / 100);
    raw_free(ask_for_stream(f)); /* and now there is room again */
}

static void half_requests_hold_nobody_up_and_are_closed(void **state)
{
    enum { HALVES = 200 };
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){.times = {.head_us = 2 * BP_SECOND, .body_us = 2 * BP_SECOND}});
    Raw *halves[HALVES];
    for (int i = 0; i < HALVES; i++) {
        halves[i] = raw_new(f->loop, httpd_port(f->httpd));
        raw_tell(halves[i], i % 3 == 0   ? "GET / HTTP/1.1\r\nHost: a\r\n"
                            : i % 3 == 1 ? "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhal"
                                         : "");
    }
    const int64_t begin_us = bp_monotonic_us();
    Raw *honest = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(honest, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(raw_hear(honest, "hello"));
    assert_true(bp_monotonic_us() - begin_us < 5 * BP_SECOND);
    raw_free(honest);
    for (int i = 0; i < HALVES; i++) {
        assert_true(raw_hear_end(halves[i]));
        if (i % 3 == 2)
            assert_int_equal(halves[i]->got, 0);
        else
            assert_memory_equal(halves[i]->text, "HTTP/1.1 408 ", 13);
        raw_free(halves[i]);
    }
}

static void octets_that_come_one_by_one_are_a_request_too(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    static const char request[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t i = 0; i < sizeof request - 1; i++) {
        raw_tell_octets(raw, request + i, 1);
        loop_run_once(f->loop, 0);
    }
    assert_non_null(raw_hear(raw, "hello"));
    raw_free(raw);
}

static void a_body_that_waits_to_be_told_is_told_to_go_on(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_non_null(raw_hear(raw, "HTTP/1.1 100 Continue\r\n\r\n"));
    raw_tell(raw, "abc");
    assert_non_null(raw_hear(raw, "hello"));
    raw_free(raw);
}

static void who_ends_what_it_sends_still_gets_what_was_answered_at_once(void **state)
{
    Fixture *f = *state;
    listen_with(f, (HttpdOptions){0});
    Raw *raw = raw_new(f->loop, httpd_port(f->httpd));
    raw_tell(raw, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    shutdown(raw->fd, SHUT_WR);
    assert_true(raw_hear_end(raw));
    assert_non_null(strstr(raw->text, "hello"));
    raw_free(raw);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_goes_on_in_chunks_until_it_ends),
        TEST(a_body_that_breaks_off_has_no_end),
        TEST(the_owner_hears_that_a_client_left),
        TEST(HEAD_of_a_stream_is_a_head),
        TEST(a_slow_client_is_refused_more_told_of_room_and_costs_nobody_else),
        TEST(who_takes_nothing_for_too_long_is_closed),
        TEST(a_stream_in_which_nothing_happens_stays),
        TEST(a_socket_is_accepted_without_what_was_offered_beside_it),
        TEST(texts_go_both_ways_in_one_piece_or_several),
        TEST(a_socket_is_closed_with_a_code_and_a_reason),
        TEST(what_a_socket_may_not_say_closes_it),
        TEST(a_socket_can_be_refused_and_garbage_is_none),
        TEST(a_slow_socket_is_refused_more_and_closed_when_it_stalls),
        TEST(it_can_be_freed_by_a_message_with_streams_open),
        TEST(there_is_room_for_so_many_in_all_and_from_one_address),
        TEST(half_requests_hold_nobody_up_and_are_closed),
        TEST(octets_that_come_one_by_one_are_a_request_too),
        TEST(a_body_that_waits_to_be_told_is_told_to_go_on),
        TEST(who_ends_what_it_sends_still_gets_what_was_answered_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
