#include "front/nginx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"bms.example.org", "10.2.0.5", NULL};
static const Front front = {.has_nginx = true,
                            .address = "10.2.0.5",
                            .port = 8443,
                            .names = names,
                            .certificate = "/var/lib/a site/web/server.pem",
                            .key = "/var/lib/a site/web/server.pem",
                            .authority = "/var/lib/a site/web/authority.crt"};

static BpStatus writes(const char *folder, const char *files, BpBuf *out, BpError *err)
{
    const FrontNginx what = {&front, folder, "/var/lib/a site/run/web.sock", files};
    return front_write_nginx(&what, out, err);
}

static bool has(const BpBuf *out, const char *text)
{
    return memmem(out->data, out->size, text, strlen(text)) != NULL;
}

/* That nginx takes it, and does what it says, is tested with nginx: tests/flow/web_nginx.bats. */
static void it_says_where_and_by_which_names(void **state)
{
    (void)state;
    BpError err;
    BpBuf out = bp_buf_growing(64 * 1024);
    assert_int_equal(writes("/var/lib/a site/nginx", "/usr/share/bacpipes/web", &out, &err), BP_OK);
    assert_false(out.failed);
    assert_true(has(&out, "listen 10.2.0.5:8443 ssl http2 default_server;"));
    assert_true(has(&out, "server_name bms.example.org 10.2.0.5;"));
    assert_true(has(&out, "server \"unix:/var/lib/a site/run/web.sock\""));
    assert_true(has(&out, "root \"/usr/share/bacpipes/web\";"));
    assert_true(has(&out, "alias \"/var/lib/a site/web/authority.crt\";"));
    bp_buf_done(&out);
}

static void a_path_with_words_of_nginx_is_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"/a\"b", "/a$b", "/a\\b",    "/a\nb", "/a;b",
                                        "/{",    "/}",   "relative", ""};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        BpError err;
        BpBuf out = bp_buf_growing(64 * 1024);
        assert_int_equal(writes(paths[i], NULL, &out, &err), BP_INVALID);
        assert_int_equal(writes("/fine", paths[i], &out, &err), BP_INVALID);
        assert_int_equal(out.size, 0);
        bp_buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_where_and_by_which_names),
        cmocka_unit_test(a_path_with_words_of_nginx_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
