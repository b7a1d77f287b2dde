/* What is kept of points and told of them: JSON, cursors, watches. */
#include "apps/web/live/watch.h"

#include "tests/unit/apps/web/points/invented.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { RUN = 0x1234 };
static const int64_t AT_US = INT64_C(1764250000120000);

typedef struct Fixture {
    Store *store;
    StoreSite *site;
    uint64_t changes;
    LiveValues *values;
    LiveWatches watches;
} Fixture;

/* What a listener heard last, and how often. */
typedef struct Heard {
    LiveListener listener;
    int times;
    char rows[4096], cursor[LIVE_CURSOR_MAX];
    HttpdText *text; /* of who came before, to see that it is shared */
} Heard;

static int set_up(void **state)
{
    Fixture *f = calloc(1, sizeof *f);
    f->store = store_new();
    f->site = invented_site(f->store, 300);
    for (int64_t point = 1; point <= 300; point++)
        assert_true(store_set_value(f->store, f->site, point, &(StoreValue){.reason = ""}));
    f->values = live_values_new(f->store, f->site, &f->changes);
    live_watches_init(&f->watches, f->values, RUN, &f->changes);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *f = *state;
    live_watches_done(&f->watches);
    live_values_free(f->values);
    store_free(f->store);
    free(f);
    return 0;
}

static bool set(Fixture *f, int64_t point, double value, int64_t at_us)
{
    return live_values_set(f->values, point,
                           &(StoreValue){.value = value, .has_value = true, .at_us = at_us, .reason = ""});
}

static void assert_json(Fixture *f, int64_t point, LiveForm form, const char *expected)
{
    const BpStr json = live_point_json(f->values, live_values_point(f->values, point), form);
    char text[2048];
    assert_true(bp_str_copy(json, text, sizeof text));
    assert_string_equal(text, expected);
    json_t *read = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(read);
    json_decref(read);
}

static void a_value_is_json_in_two_forms(void **state)
{
    Fixture *f = *state;
    assert_json(
        f, 11, LIVE_ITEM,
        "{\"point\":11,\"value\":null,\"text\":null,\"quality\":\"none\",\"reason\":null,\"at\":null}");
    assert_json(f, 11, LIVE_ROW, "[11,null,\"none\",null]");
    assert_true(set(f, 11, 21.1, AT_US));
    assert_json(f, 11, LIVE_ITEM,
                "{\"point\":11,\"value\":21.1,\"text\":null,\"quality\":\"good\",\"reason\":null,"
                "\"at\":\"2025-11-27T13:26:40.120Z\"}");
    assert_json(f, 11, LIVE_ROW, "[11,21.1,\"good\",1764250000120]");
    assert_true(live_values_set(
        f->values, 11,
        &(StoreValue){.quality = MDL_BAD, .at_us = AT_US + 1000, .reason = "\"\\\x01\xc3\xa9"}));
    assert_json(f, 11, LIVE_ROW, "[11,null,\"bad\",1764250000121,null,\"\\\"\\\\\\u0001\xc3\xa9\"]");
    assert_true(set(f, 11, 0.1 + 0.2, AT_US + 2000));
    assert_json(f, 11, LIVE_ROW, "[11,0.30000000000000004,\"good\",1764250000122]");
}

static void what_is_older_or_the_same_is_passed_over(void **state)
{
    Fixture *f = *state;
    assert_true(set(f, 11, 21, AT_US));
    assert_false(set(f, 11, 21, AT_US));
    assert_false(set(f, 11, 20, AT_US - 1));
    assert_true(set(f, 11, 20, AT_US)); /* of the same instant the last word counts */
    assert_true(set(f, 11, 20, AT_US + 1));
    assert_false(set(f, 9999, 20, AT_US));
    assert_int_equal(f->changes, 3);
    assert_null(live_values_point(f->values, 0));
    assert_null(live_values_point(f->values, -1));
    assert_null(live_values_point(f->values, INT64_MAX));
}

static void cursors_are_those_of_this_run_alone(void **state)
{
    (void)state;
    char text[LIVE_CURSOR_MAX];
    uint64_t number;
    live_cursor_write(RUN, 0xABC, text);
    assert_true(live_cursor_read(bp_str(text), RUN, 0xABC, &number));
    assert_int_equal(number, 0xABC);
    assert_false(live_cursor_read(bp_str(text), RUN, 0xABB, &number)); /* still to come */
    assert_false(live_cursor_read(bp_str(text), RUN + 1, 0xABC, &number));
    static const char *const others[] = {"",
                                         "-",
                                         "0000000000001234",
                                         "0000000000001234-",
                                         "0000000000001234-x",
                                         "0000000000001234-11111111111111111",
                                         "0000000000001234-1 "};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(live_cursor_read(bp_str(others[i]), RUN, UINT64_MAX, &number));
    live_cursor_write(UINT64_MAX, UINT64_MAX, text);
    assert_true(live_cursor_read(bp_str(text), UINT64_MAX, UINT64_MAX, &number));
}

static void on_news(void *owner, LiveListener *listener, LiveNews *news)
{
    Heard *heard = owner;
    assert_ptr_equal(listener, &heard->listener);
    heard->times++;
    (void)bp_str_copy(live_news_json(news, LIVE_ROW), heard->rows, sizeof heard->rows);
    snprintf(heard->cursor, sizeof heard->cursor, "%s", news->cursor);
    heard->text = news->text;
    if (!news->text)
        news->text = httpd_text_new(bp_str(heard->rows));
}

static void listen(Fixture *f, Heard *heard, const int64_t *ids, size_t count)
{
    if (!heard->listener.watch)
        *heard = (Heard){.listener = {.owner = heard, .on_news = on_news}};
    live_listen(&f->watches, &heard->listener, ids, count, NULL);
}

static void who_watches_hears_all_and_then_what_changes(void **state)
{
    Fixture *f = *state;
    Heard heard = {0};
    assert_true(set(f, 11, 21, AT_US));
    listen(f, &heard, (const int64_t[]){11, 12, 9999}, 3); /* the last is none */
    assert_false(live_tell_all(&f->watches, &heard.listener, bp_str("")));
    assert_string_equal(heard.rows, "[11,21,\"good\",1764250000120],[12,null,\"none\",null]");
    live_tell_changes(&f->watches);
    assert_true(set(f, 12, 1, AT_US));
    assert_true(set(f, 12, 2, AT_US + 1));
    assert_true(set(f, 13, 3, AT_US)); /* nobody's */
    live_tell_changes(&f->watches);
    assert_string_equal(heard.rows, "[12,2,\"good\",1764250000120]");
    const int times = heard.times;
    live_tell_changes(&f->watches);
    assert_true(set(f, 13, 4, AT_US + 1));
    live_tell_changes(&f->watches);
    assert_int_equal(heard.times, times);
    live_leave(&f->watches, &heard.listener);
    live_leave(&f->watches, &heard.listener); /* twice is no harm */
    assert_int_equal(f->watches.watch_count, 0);
}

static void who_comes_back_hears_what_changed_meanwhile(void **state)
{
    Fixture *f = *state;
    Heard heard = {0};
    char cursor[LIVE_CURSOR_MAX];
    assert_true(set(f, 11, 21, AT_US));
    listen(f, &heard, (const int64_t[]){11, 12}, 2);
    (void)live_tell_all(&f->watches, &heard.listener, bp_str(""));
    snprintf(cursor, sizeof cursor, "%s", heard.cursor);
    live_leave(&f->watches, &heard.listener);
    assert_true(set(f, 12, 5, AT_US));
    assert_true(set(f, 12, 6, AT_US + 1));
    listen(f, &heard, (const int64_t[]){11, 12}, 2);
    assert_true(live_tell_all(&f->watches, &heard.listener, bp_str(cursor)));
    assert_string_equal(heard.rows, "[12,6,\"good\",1764250000120]");
    assert_true(live_tell_all(&f->watches, &heard.listener, bp_str(heard.cursor)));
    assert_string_equal(heard.rows, ""); /* nothing: and it is told so, with a cursor */
    assert_false(live_tell_all(&f->watches, &heard.listener, bp_str("0000000000009999-1")));
    assert_non_null(strstr(heard.rows, "[11,21,")); /* of another run: all */
    live_leave(&f->watches, &heard.listener);
}

static void those_who_watch_the_same_share_one_text(void **state)
{
    Fixture *f = *state;
    Heard heard[3] = {0};
    listen(f, &heard[0], (const int64_t[]){11, 12}, 2);
    listen(f, &heard[1], (const int64_t[]){11, 12}, 2);
    listen(f, &heard[2], (const int64_t[]){11, 13}, 2);
    assert_int_equal(f->watches.watch_count, 2);
    assert_true(set(f, 11, 21, AT_US));
    live_tell_changes(&f->watches);
    int shared = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(heard[i].times, 1);
        shared += heard[i].text != NULL;
    }
    assert_int_equal(shared, 1);
    listen(f, &heard[0], (const int64_t[]){14}, 1); /* another watch instead */
    assert_true(set(f, 12, 22, AT_US));
    live_tell_changes(&f->watches);
    assert_int_equal(heard[0].times, 1);
    assert_int_equal(heard[1].times, 2);
    for (int i = 0; i < 3; i++)
        live_leave(&f->watches, &heard[i].listener);
}

static size_t unkept(Fixture *f, size_t max, char *ret_text, size_t capacity)
{
    BpBuf out = bp_buf_growing(64 * 1024);
    const size_t count = live_values_unkept(f->values, max, &out);
    (void)bp_str_copy(bp_buf_text(&out), ret_text, capacity);
    bp_buf_done(&out);
    return count;
}

static void what_is_kept_is_what_changed(void **state)
{
    Fixture *f = *state;
    char text[256];
    assert_int_equal(unkept(f, 10, text, sizeof text), 0);
    (void)live_values_point(f->values, 20); /* asked for, never read */
    assert_true(set(f, 11, 1, AT_US) && set(f, 12, 2, AT_US) && set(f, 11, 3, AT_US + 1000));
    assert_int_equal(unkept(f, 1, text, sizeof text), 1);
    assert_string_equal(text, "[[11,3,\"good\",1764250000121]]");
    assert_int_equal(unkept(f, 10, text, sizeof text), 1);
    assert_string_equal(text, "[[12,2,\"good\",1764250000120]]");
    assert_int_equal(unkept(f, 10, text, sizeof text), 0);
    live_values_keep_again(f->values);
    assert_int_equal(unkept(f, 10, text, sizeof text), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_value_is_json_in_two_forms),
        TEST(what_is_older_or_the_same_is_passed_over),
        TEST(cursors_are_those_of_this_run_alone),
        TEST(who_watches_hears_all_and_then_what_changes),
        TEST(who_comes_back_hears_what_changed_meanwhile),
        TEST(those_who_watch_the_same_share_one_text),
        TEST(what_is_kept_is_what_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
