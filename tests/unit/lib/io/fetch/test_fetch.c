#include "io/fetch/fetch.h"

#include "base/time.h"
#include "io/httpd/httpd.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct Fixture {
    Loop *loop;
    Httpd *httpd;
    Fetch *fetch;
    int silent; /* a socket that listens and says nothing */
    int awaited, ended, status;
    bool frees; /* the Fetch, at an end */
    BpError err;
    char body[256];
} Fixture;

static void on_request(void *owner, HttpdRequest *request)
{
    (void)owner;
    httpd_answer(request, &(HttpdAnswer){.status = 200, .type = "text/plain", .body = bp_str("0123456789")});
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);
    unsetenv("http_proxy");
    f->loop = loop_new();
    f->httpd = httpd_new(f->loop, &(HttpdOptions){.address = "127.0.0.1", .on_request = on_request}, NULL);
    assert_non_null(f->httpd);
    f->fetch = fetch_new(f->loop);
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    f->silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->silent, (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(f->silent, FETCH_MAX), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;
    fetch_free(f->fetch);
    httpd_free(f->httpd);
    loop_free(f->loop);
    if (f->silent >= 0)
        close(f->silent);
    free(f);
    return 0;
}

static void on_end(void *owner, int status, BpStr body, const BpError *err)
{
    Fixture *f = owner;
    f->ended++;
    f->status = status;
    f->err = err ? *err : (BpError){0};
    (void)bp_str_copy(body, f->body, sizeof f->body);
    if (f->frees) {
        fetch_free(f->fetch);
        f->fetch = NULL;
    }
    if (f->ended == f->awaited || f->frees)
        loop_stop(f->loop);
}

static BpStatus get(Fixture *f, uint16_t port, size_t size_max, int64_t timeout_us)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    const FetchOptions options = {
        .url = url, .timeout_us = timeout_us, .size_max = size_max, .owner = f, .on_end = on_end};
    return fetch_get(f->fetch, &options, NULL);
}

static void get_one(Fixture *f, uint16_t port, size_t size_max, int64_t timeout_us)
{
    f->ended = 0;
    f->awaited = 1;
    assert_int_equal(get(f, port, size_max, timeout_us), BP_OK);
    loop_run(f->loop);
}

static void it_gets_a_body_as_large_as_allowed_and_refuses_a_larger_one(void **state)
{
    Fixture *f = *state;
    get_one(f, httpd_port(f->httpd), 10, 10 * BP_SECOND);
    assert_int_equal(f->status, 200);
    assert_string_equal(f->body, "0123456789");
    assert_int_equal(f->err.status, BP_OK);
    get_one(f, httpd_port(f->httpd), 9, 10 * BP_SECOND);
    assert_int_equal(f->err.status, BP_FULL);
    assert_int_equal(f->status, 0);
    assert_string_equal(f->body, "");
}

static void it_waits_for_a_silent_server_only_so_long(void **state)
{
    Fixture *f = *state;
    const int64_t begin_us = loop_now_us(f->loop);
    get_one(f, port_of(f->silent), 10, BP_SECOND / 10);
    assert_int_equal(f->err.status, BP_TIMEOUT);
    assert_true(loop_now_us(f->loop) - begin_us >= BP_SECOND / 10);
}

static void nobody_there_and_what_is_no_address_of_ours_are_told(void **state)
{
    Fixture *f = *state;
    const uint16_t port = port_of(f->silent);
    close(f->silent);
    f->silent = -1;
    get_one(f, port, 10, 10 * BP_SECOND);
    assert_int_equal(f->err.status, BP_UNAVAILABLE);
    BpError err;
    const FetchOptions file = {
        .url = "file:///etc/passwd", .timeout_us = BP_SECOND, .size_max = 10, .owner = f, .on_end = on_end};
    assert_int_equal(fetch_get(f->fetch, &file, &err), BP_INVALID);
}

static void as_many_as_there_is_room_for_go_on_at_once(void **state)
{
    Fixture *f = *state;
    f->awaited = FETCH_MAX;
    for (int i = 0; i < FETCH_MAX; i++)
        assert_int_equal(get(f, httpd_port(f->httpd), 10, 30 * BP_SECOND), BP_OK);
    assert_int_equal(get(f, httpd_port(f->httpd), 10, 30 * BP_SECOND), BP_FULL);
    loop_run(f->loop);
    assert_int_equal(f->ended, FETCH_MAX);
    assert_int_equal(f->status, 200);
}

static void it_can_be_freed_at_an_end_with_others_under_way(void **state)
{
    Fixture *f = *state;
    f->frees = true;
    assert_int_equal(get(f, port_of(f->silent), 10, 30 * BP_SECOND), BP_OK);
    get_one(f, httpd_port(f->httpd), 10, 10 * BP_SECOND);
    assert_int_equal(f->ended, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_gets_a_body_as_large_as_allowed_and_refuses_a_larger_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(it_waits_for_a_silent_server_only_so_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_there_and_what_is_no_address_of_ours_are_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(as_many_as_there_is_room_for_go_on_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_can_be_freed_at_an_end_with_others_under_way, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
