#include "apps/web/live/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_watch_is_read_with_its_points_in_order(void **state)
{
    (void)state;
    LiveAsk *ask = malloc(sizeof *ask);
    assert_int_equal(
        live_ask_read(
            bp_str("{\"watch\":7,\"site\":\"demo\",\"points\":[3,1,3,2],\"since\":\"abc-1\",\"x\":1}"), ask,
            NULL),
        BP_OK);
    assert_int_equal(ask->watch, 7);
    assert_int_equal(ask->unwatch, 0);
    assert_string_equal(ask->site, "demo");
    assert_string_equal(ask->since, "abc-1");
    assert_int_equal(ask->point_count, 3);
    assert_int_equal(ask->points[0], 1);
    assert_int_equal(ask->points[2], 3);
    assert_int_equal(
        live_ask_read(bp_str("{\"watch\":1,\"site\":\"demo\",\"points\":[],\"since\":null}"), ask, NULL),
        BP_OK);
    assert_int_equal(ask->point_count, 0);
    assert_int_equal(live_ask_read(bp_str("{\"unwatch\":7}"), ask, NULL), BP_OK);
    assert_int_equal(ask->unwatch, 7);
    free(ask);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no JSON object"},
        {"[]", "no JSON object"},
        {"{\"watch\":1", "no JSON object"},
        {"{}", "either"},
        {"{\"watch\":1,\"unwatch\":1}", "either"},
        {"{\"watch\":1,\"watch\":2}", "no JSON object"},
        {"{\"watch\":0}", "from 1 to"},
        {"{\"watch\":-1}", "from 1 to"},
        {"{\"watch\":1000001}", "from 1 to"},
        {"{\"watch\":1.5}", "from 1 to"},
        {"{\"watch\":\"1\"}", "from 1 to"},
        {"{\"unwatch\":null}", "from 1 to"},
        {"{\"watch\":1,\"points\":[]}", "\"site\""},
        {"{\"watch\":1,\"site\":\"de\\u0000mo\",\"points\":[]}", "no JSON object"},
        {"{\"watch\":1,\"site\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
         "\"points\":[]}",
         "\"site\""},
        {"{\"watch\":1,\"site\":\"demo\"}", "\"points\""},
        {"{\"watch\":1,\"site\":\"demo\",\"points\":{}}", "\"points\""},
        {"{\"watch\":1,\"site\":\"demo\",\"points\":[1,\"2\"]}", "place 2"},
        {"{\"watch\":1,\"site\":\"demo\",\"points\":[0]}", "place 1"},
        {"{\"watch\":1,\"site\":\"demo\",\"points\":[4294967297]}", "place 1"},
        {"{\"watch\":1,\"site\":\"demo\",\"points\":[],\"since\":1}", "\"since\""},
    };
    LiveAsk *ask = malloc(sizeof *ask);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BpError err = {0};
        if (live_ask_read(bp_str(cases[i].text), ask, &err) != BP_INVALID || !strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.text);
    }
    char many[8 * 1024] = "{\"watch\":1,\"site\":\"demo\",\"points\":[1";
    size_t size = strlen(many);
    for (int i = 0; i < LIVE_POINTS_MAX; i++, size += 2)
        memcpy(many + size, ",1", 3);
    memcpy(many + size, "]}", 3);
    BpError err = {0};
    assert_int_equal(live_ask_read(bp_str(many), ask, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "at most 1000"));
    free(ask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_watch_is_read_with_its_points_in_order),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
