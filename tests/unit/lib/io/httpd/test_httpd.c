#include "io/httpd/httpd.h"

#include "base/time.h"
#include "io/fetch/fetch.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LARGE = 200 * 1000 }; /* more than a socket takes at once, and than libwebsockets writes at once */

typedef struct Fixture {
    Loop *loop;
    Httpd *httpd;
    Fetch *fetch;
    char folder[64], socket[96];
    int asked, gone;
    HttpdRequest *pending; /* that asked for /later */
    bool frees;            /* the Httpd, when it is asked */
    /* What came of the fetch. */
    int ended, status;
    BpStatus failure;
    char body[256];
    size_t size;
    char said[4096]; /* to a raw client */
} Fixture;

static void answer(HttpdRequest *request, int status, const char *type, BpStr body)
{
    httpd_answer(request, &(HttpdAnswer){.status = status, .type = type, .body = body});
}

static void on_request(void *owner, HttpdRequest *request)
{
    Fixture *f = owner;
    const BpStr path = httpd_path(request);
    f->asked++;
    if (f->frees) {
        httpd_free(f->httpd);
    } else if (bp_str_equal(path, bp_str("/points/17"))) {
        answer(request, 200, "application/json", bp_str("{\"value\":21.3}"));
    } else if (bp_str_equal(path, bp_str("/busy"))) {
        answer(request, 503, "text/plain", bp_str("later"));
    } else if (bp_str_equal(path, bp_str("/large"))) {
        char *body = malloc(LARGE);
        memset(body, 'x', LARGE);
        answer(request, 200, "text/plain", (BpStr){body, LARGE});
        free(body);
    } else if (bp_str_equal(path, bp_str("/echo"))) {
        answer(request, 200, "text/plain", httpd_body(request));
    } else if (bp_str_equal(path, bp_str("/later"))) {
        f->pending = request;
        loop_stop(f->loop);
    } else {
        answer(request, 404, "text/plain", path);
    }
}

static void on_gone(void *owner, HttpdRequest *request)
{
    Fixture *f = owner;
    f->gone++;
    assert_ptr_equal(request, f->pending);
    f->pending = NULL;
}

static void on_end(void *owner, int status, BpStr body, const BpError *err)
{
    Fixture *f = owner;
    f->ended++;
    f->status = status;
    f->failure = err ? err->status : BP_OK;
    f->size = body.size;
    (void)bp_str_copy(body, f->body, sizeof f->body);
    loop_stop(f->loop);
}

static void listen_on(Fixture *f, const char *address)
{
    BpError err = {0};
    f->httpd = httpd_new(
        f->loop,
        &(HttpdOptions){.address = address, .owner = f, .on_request = on_request, .on_gone = on_gone}, &err);
    if (!f->httpd)
        fail_msg("%s", err.text);
}

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);
    unsetenv("http_proxy");
    f->loop = loop_new();
    f->fetch = fetch_new(f->loop);
    snprintf(f->folder, sizeof f->folder, "/tmp/bacpipes-httpd.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->socket, sizeof f->socket, "%s/web", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;
    fetch_free(f->fetch);
    httpd_free(f->httpd);
    loop_free(f->loop);
    unlink(f->socket);
    rmdir(f->folder);
    free(f);
    return 0;
}

static void get(Fixture *f, const char *path, const char *socket)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", socket ? 80 : httpd_port(f->httpd), path);
    const FetchOptions options = {.url = url,
                                  .socket = socket,
                                  .timeout_us = 10 * BP_SECOND,
                                  .size_max = 1000 * 1000,
                                  .owner = f,
                                  .on_end = on_end};
    assert_int_equal(fetch_get(f->fetch, &options, NULL), BP_OK);
    loop_run(f->loop);
}

static void a_request_is_answered_with_a_text_and_a_status(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    get(f, "/points/17?since=yesterday", NULL);
    assert_int_equal(f->status, 200);
    assert_string_equal(f->body, "{\"value\":21.3}");
    get(f, "/busy", NULL);
    assert_int_equal(f->status, 503);
    assert_string_equal(f->body, "later");
    get(f, "/large", NULL);
    assert_int_equal(f->status, 200);
    assert_int_equal(f->size, LARGE);
}

static void it_listens_on_a_unix_socket_too(void **state)
{
    Fixture *f = *state;
    listen_on(f, f->socket);
    get(f, "/points/17", f->socket);
    assert_int_equal(f->status, 200);
    assert_string_equal(f->body, "{\"value\":21.3}");
}

static void a_port_that_is_taken_is_said(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    BpError err;
    const HttpdOptions second = {
        .address = "127.0.0.1", .port = httpd_port(f->httpd), .on_request = on_request};
    assert_null(httpd_new(f->loop, &second, &err));
    assert_int_equal(err.status, BP_CONFLICT);
}

static void it_can_be_freed_by_the_request_that_it_asks_about(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    f->frees = true;
    get(f, "/points/17", NULL);
    assert_int_equal(f->failure, BP_UNAVAILABLE);
    f->httpd = NULL;
}

/* A client that writes these octets, and reads what comes until the connection is closed or `until_us`. */
typedef struct Client {
    Fixture *f;
    int fd;
    size_t got;
    char text[4096];
} Client;

static void on_octets(void *owner, int events)
{
    Client *client = owner;
    (void)events;
    const ssize_t got =
        recv(client->fd, client->text + client->got, sizeof client->text - 1 - client->got, MSG_DONTWAIT);
    if (got > 0)
        client->got += (size_t)got;
    else if (got == 0 || errno != EAGAIN)
        loop_stop(client->f->loop);
}

static void stop(void *owner)
{
    loop_stop(owner);
}

static int client(Fixture *f)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(httpd_port(f->httpd)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void tell(int fd, const char *octets)
{
    assert_int_equal(send(fd, octets, strlen(octets), MSG_NOSIGNAL), (ssize_t)strlen(octets));
}

/* The next octets that come. */
static const char *hear(Fixture *f, int fd)
{
    ssize_t got = -1;
    for (int i = 0; i < 100 && got < 0; i++) {
        loop_run_once(f->loop, BP_SECOND / 10);
        got = recv(fd, f->said, sizeof f->said - 1, MSG_DONTWAIT);
    }
    assert_true(got >= 0);
    f->said[got] = 0;
    return f->said;
}

static void say(Fixture *f, const char *octets, size_t size, char *ret_text, size_t capacity)
{
    Client who = {.f = f, .fd = client(f)};
    LoopPoll *poll = loop_poll_new(f->loop, who.fd, on_octets, &who);
    loop_poll_set(poll, LOOP_READABLE);
    LoopTimer *patience = loop_timer_new(f->loop, stop, f->loop);
    loop_timer_set(patience, loop_now_us(f->loop) + BP_SECOND / 5); /* it may wait for more */
    assert_int_equal(send(who.fd, octets, size, MSG_NOSIGNAL), (ssize_t)size);
    loop_run(f->loop);
    loop_timer_free(patience);
    loop_poll_free(poll);
    close(who.fd);
    (void)bp_str_copy((BpStr){who.text, who.got}, ret_text, capacity);
}

/* The status of the first answer to `octets`, 0 without one; all that came is in f->said. */
static int status_of(Fixture *f, const char *octets)
{
    say(f, octets, strlen(octets), f->said, sizeof f->said);
    return memcmp(f->said, "HTTP/1.1 ", 9) == 0 ? (int)strtol(f->said + 9, NULL, 10) : 0;
}

static void a_body_comes_with_its_request(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    assert_int_equal(status_of(f, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), 200);
    assert_non_null(strstr(f->said, "\r\n\r\nhello"));
    assert_int_equal(status_of(f, "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 200);
    assert_int_equal(status_of(f, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"), 0);
    assert_int_equal(f->asked, 2);
}

static void requests_behind_one_another_are_answered_in_turn(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    assert_int_equal(status_of(f, "GET /points/17 HTTP/1.1\r\nHost: a\r\n\r\n"
                                  "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                                  "GET /busy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                                  "GET /never HTTP/1.1\r\nHost: a\r\n\r\n"),
                     200);
    const char *second = strstr(f->said, "hello"), *third = strstr(f->said, "later");
    assert_true(second && third && second < third);
    assert_int_equal(f->asked, 3);
}

static void a_request_can_be_answered_later(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    const int fd = client(f);
    tell(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    loop_run(f->loop);
    assert_non_null(f->pending);
    answer(f->pending, 200, "text/plain", bp_str("at last"));
    assert_non_null(strstr(hear(f, fd), "at last"));
    tell(fd, "GET /busy HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(strstr(hear(f, fd), "later"));
    close(fd);
}

static void who_leaves_before_the_answer_is_gone(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    const int fd = client(f);
    tell(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    loop_run(f->loop);
    close(fd);
    for (int i = 0; i < 100 && !f->gone; i++)
        loop_run_once(f->loop, BP_SECOND / 10);
    assert_int_equal(f->gone, 1);
    assert_int_equal(httpd_connection_count(f->httpd), 0);
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    static const struct {
        const char *octets;
        int status;
    } cases[] = {
        {"\r\n\r\n", 400},
        {"garbage\r\n\r\n", 400},
        {"GET / HTTP/9.9\r\n\r\n", 505},
        {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505},
        {"GET /%00/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n: \r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
         "chunked\r\n\r\nfffffffff\r\nx",
         400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413},
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 400},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\x16\x03\x01\x02", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (status_of(f, cases[i].octets) != cases[i].status)
            fail_msg("%s\n-> %s", cases[i].octets, f->said);
        /* And the connection is closed, whatever came behind it. */
        assert_true(cases[i].status == 0 || strstr(f->said, "Connection: close"));
    }
    char large[HTTPD_HEAD_MAX + 2] = "GET /x HTTP/1.1\r\nHost: ";
    memset(large + strlen(large), 'a', sizeof large - 1 - strlen(large));
    assert_int_equal(status_of(f, large), 431);
    memset(large + 5, 'a', sizeof large - 6);
    assert_int_equal(status_of(f, large), 414);
    assert_int_equal(f->asked, 0);
    get(f, "/points/17", NULL);
    assert_int_equal(f->status, 200);
}

static void HEAD_has_no_body(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    assert_int_equal(status_of(f, "HEAD /points/17 HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_non_null(strstr(f->said, "Content-Length: 14\r\n"));
    assert_null(strchr(f->said, '{'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_answered_with_a_text_and_a_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_listens_on_a_unix_socket_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_can_be_freed_by_the_request_that_it_asks_about, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_comes_with_its_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_behind_one_another_are_answered_in_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_can_be_answered_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_leaves_before_the_answer_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_could_be_read_in_two_ways_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(HEAD_has_no_body, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
