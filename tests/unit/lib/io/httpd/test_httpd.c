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
    int asked;
    bool frees; /* the Httpd, when it is asked */
    /* What came of the fetch. */
    int ended, status;
    BpStatus failure;
    char body[256];
    size_t size;
} Fixture;

static void on_request(void *owner, HttpdRequest *request, BpStr path)
{
    Fixture *f = owner;
    f->asked++;
    if (f->frees)
        httpd_free(f->httpd);
    else if (bp_str_equal(path, bp_str("/points/17")))
        httpd_answer(request, 200, "application/json", bp_str("{\"value\":21.3}"));
    else if (bp_str_equal(path, bp_str("/busy")))
        httpd_answer(request, 503, "text/plain", bp_str("later"));
    else if (bp_str_equal(path, bp_str("/large"))) {
        char *body = malloc(LARGE);
        memset(body, 'x', LARGE);
        httpd_answer(request, 200, "text/plain", (BpStr){body, LARGE});
        free(body);
    }
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
    f->httpd =
        httpd_new(f->loop, &(HttpdOptions){.address = address, .owner = f, .on_request = on_request}, &err);
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

static void what_the_owner_does_not_answer_is_not_found(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    get(f, "/none", NULL);
    assert_int_equal(f->status, 404);
    assert_int_equal(f->asked, 1);
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

static void say(Fixture *f, const char *octets, size_t size, char *ret_text, size_t capacity)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(httpd_port(f->httpd)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    Client client = {.f = f, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(connect(client.fd, (const struct sockaddr *)&to, sizeof to), 0);
    LoopPoll *poll = loop_poll_new(f->loop, client.fd, on_octets, &client);
    loop_poll_set(poll, LOOP_READABLE);
    LoopTimer *patience = loop_timer_new(f->loop, stop, f->loop);
    loop_timer_set(patience, loop_now_us(f->loop) + BP_SECOND / 5); /* it may wait for more */
    assert_int_equal(send(client.fd, octets, size, MSG_NOSIGNAL), (ssize_t)size);
    loop_run(f->loop);
    loop_timer_free(patience);
    loop_poll_free(poll);
    close(client.fd);
    (void)bp_str_copy((BpStr){client.text, client.got}, ret_text, capacity);
}

static void clients_that_send_garbage_leave_it_well(void **state)
{
    Fixture *f = *state;
    listen_on(f, "127.0.0.1");
    char large[3 * HTTPD_HEADERS_MAX], text[4096];
    memset(large, 'a', sizeof large);
    large[snprintf(large, sizeof large, "GET /x HTTP/1.1\r\nHost: ")] = 'a';
    static const char *const texts[] = {
        "\r\n\r\n",
        "garbage\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /%00%zz/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n: \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nx",
        "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        say(f, texts[i], strlen(texts[i]), text, sizeof text);
    say(f, large, sizeof large, text, sizeof text);
    say(f, "GET / HT\0TP/1.1\r\n\r\n", 20, text, sizeof text);
    get(f, "/points/17", NULL);
    assert_int_equal(f->status, 200);
}

static void other_methods_are_refused_and_HEAD_has_no_body(void **state)
{
    Fixture *f = *state;
    char text[4096];
    listen_on(f, "127.0.0.1");
    static const char put[] = "PUT /points/17 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    say(f, put, sizeof put - 1, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 405 ", 13);
    static const char head[] = "HEAD /points/17 HTTP/1.1\r\nHost: a\r\n\r\n";
    say(f, head, sizeof head - 1, text, sizeof text);
    assert_memory_equal(text, "HTTP/1.1 200 ", 13);
    assert_null(strchr(text, '{'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_is_answered_with_a_text_and_a_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_owner_does_not_answer_is_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_listens_on_a_unix_socket_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_can_be_freed_by_the_request_that_it_asks_about, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clients_that_send_garbage_leave_it_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_methods_are_refused_and_HEAD_has_no_body, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
