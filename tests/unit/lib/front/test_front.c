#include "front/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static BpArena arena;
static Front front;
static BpError err;

static Cfg settings(const char *listen, const char *names)
{
    return (Cfg){.data_folder = "/var/lib/site",
                 .web_listen = listen,
                 .web_names = names,
                 .web_files = "",
                 .web_certificate = "",
                 .web_key = ""};
}

static BpStatus reads(const char *listen, const char *names)
{
    const Cfg cfg = settings(listen, names);
    return front_read(&cfg, &arena, &front, &err);
}

static void assert_names(const char *wanted)
{
    char text[512] = "";
    for (size_t i = 0; front.names[i]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", front.names[i]);
    assert_string_equal(text, wanted);
}

static void on_the_loopback_it_is_reached_itself(void **state)
{
    (void)state;
    assert_int_equal(reads(" 127.0.0.1:8080 ", ""), BP_OK);
    assert_false(front.has_nginx || front.is_off || front.socket || front.certificate);
    assert_string_equal(front.address, "127.0.0.1");
    assert_int_equal(front.port, 8080);
    assert_names("127.0.0.1 localhost");
    assert_int_equal(reads("127.0.0.1:0", "tunnel.example.org localhost"), BP_OK);
    assert_names("127.0.0.1 localhost tunnel.example.org");
}

static void at_a_socket_and_nowhere(void **state)
{
    (void)state;
    assert_int_equal(reads("/run/bacpipes/web.sock", "bms.example.org"), BP_OK);
    assert_string_equal(front.socket, "/run/bacpipes/web.sock");
    assert_false(front.has_nginx || front.address || front.is_off);
    assert_names("localhost bms.example.org");
    assert_int_equal(reads("", ""), BP_OK);
    assert_true(front.is_off);
    char path[200] = "/";
    memset(path + 1, 'x', 120);
    assert_int_equal(reads(path, ""), BP_INVALID);
}

static void beyond_the_loopback_nginx_is_reached_by_the_names_that_people_use(void **state)
{
    (void)state;
    assert_int_equal(reads("10.2.0.5:8443", ""), BP_OK);
    assert_true(front.has_nginx);
    assert_string_equal(front.socket, "/var/lib/site/run/web.sock");
    assert_string_equal(front.certificate, "/var/lib/site/web/server.pem");
    assert_string_equal(front.authority, "/var/lib/site/web/authority.crt");
    assert_names("10.2.0.5");
    assert_string_equal(front_url(&front, "/nowhere", &arena), "https://10.2.0.5:8443/");
    assert_int_equal(reads("10.2.0.5:443", "  BMS.example.org  bms.example.org 10.2.0.5 "), BP_OK);
    assert_names("bms.example.org 10.2.0.5");
    assert_string_equal(front_url(&front, "/nowhere", &arena), "https://bms.example.org/");
    /* At all addresses: only by names that somebody chose. */
    assert_int_equal(reads("0.0.0.0:8443", ""), BP_INVALID);
    assert_non_null(strstr(err.text, "wants web.names"));
    assert_int_equal(reads("0.0.0.0:8443", "bms 10.2.0.5"), BP_OK);
    assert_names("bms 10.2.0.5");
}

static void what_is_wrong_says_what_would_be_right(void **state)
{
    (void)state;
    static const char *const places[] = {"8080",           "127.0.0.1",      ":8080",
                                         "localhost:8080", "10.2.0.5:0",     "10.2.0.5:65536",
                                         "10.2.0.5:84 43", "10.2.0.5:8443;", "10.2.0.5/8443",
                                         "[::1]:8080",     "var/web.sock",   "10.2.0.5:-1"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_int_equal(reads(places[i], ""), BP_INVALID);
        assert_non_null(strstr(err.text, "are right, as 127.0.0.1:8080"));
    }
    static const char *const names[] = {"-bms",     "bms-",          "b..c",      ".bms",  "bms.", "b_ms",
                                        "bms:8443", "*.example.org", "1.2.3.4.5", "1.2.3", "bms;", "\"",
                                        "$host",    "b\nc",          "bücher",    "a.-b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(reads("10.2.0.5:8443", names[i]), BP_INVALID);
        assert_non_null(strstr(err.text, "such as bms.example.org"));
    }
    char many[20 * 100] = "";
    for (int i = 0; i < 100; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "host%d ", i);
    assert_int_equal(reads("10.2.0.5:8443", many), BP_INVALID);
}

static void a_certificate_that_is_given_is_shown(void **state)
{
    (void)state;
    Cfg cfg = settings("10.2.0.5:8443", "");
    cfg.web_certificate = "/etc/site.crt";
    cfg.web_key = "/etc/site.key";
    assert_int_equal(front_read(&cfg, &arena, &front, &err), BP_OK);
    assert_string_equal(front.certificate, "/etc/site.crt");
    assert_string_equal(front.key, "/etc/site.key");
    assert_null(front.authority);
}

static void the_port_that_was_found_is_shown(void **state)
{
    (void)state;
    char folder[] = "/tmp/bacpipes-front.XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/web.port", folder);
    assert_int_equal(reads("127.0.0.1:8080", ""), BP_OK);
    assert_string_equal(front_url(&front, folder, &arena), "http://127.0.0.1:8080/");
    FILE *file = fopen(path, "w");
    fputs("8083\n", file);
    fclose(file);
    assert_string_equal(front_url(&front, folder, &arena), "http://127.0.0.1:8083/");
    file = fopen(path, "w");
    fputs("junk", file);
    fclose(file);
    assert_string_equal(front_url(&front, folder, &arena), "http://127.0.0.1:8080/");
    unlink(path);
    rmdir(folder);
    reads("/run/web.sock", "");
    assert_null(front_url(&front, folder, &arena));
}

static void where_the_data_folder_is_too_deep_for_a_socket_it_is_where_up_has_noted(void **state)
{
    (void)state;
    char folder[160] = "/tmp/bacpipes-front.XXXXXX", note[200];
    assert_non_null(mkdtemp(folder));
    const size_t top = strlen(folder);
    snprintf(folder + top, sizeof folder - top, "/%0100d", 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    Cfg cfg = settings("10.2.0.5:8443", "");
    cfg.data_folder = folder;
    assert_int_equal(front_read(&cfg, &arena, &front, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "a socket's path has 107 octets at most"));
    snprintf(note, sizeof note, "%s/run.folder", folder);
    FILE *file = fopen(note, "w");
    fputs("/tmp/bacpipes-x1y2z3\n", file);
    fclose(file);
    assert_int_equal(front_read(&cfg, &arena, &front, &err), BP_OK);
    assert_string_equal(front.socket, "/tmp/bacpipes-x1y2z3/web.sock");
    unlink(note);
    rmdir(folder);
    folder[top] = '\0';
    rmdir(folder);
}

static int forget(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(on_the_loopback_it_is_reached_itself, forget),
        cmocka_unit_test_teardown(at_a_socket_and_nowhere, forget),
        cmocka_unit_test_teardown(beyond_the_loopback_nginx_is_reached_by_the_names_that_people_use, forget),
        cmocka_unit_test_teardown(what_is_wrong_says_what_would_be_right, forget),
        cmocka_unit_test_teardown(a_certificate_that_is_given_is_shown, forget),
        cmocka_unit_test_teardown(the_port_that_was_found_is_shown, forget),
        cmocka_unit_test_teardown(where_the_data_folder_is_too_deep_for_a_socket_it_is_where_up_has_noted,
                                  forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
