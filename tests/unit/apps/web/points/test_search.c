#include "apps/web/points/search.h"

#include "invented.h"

#include "apps/web/points/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static Store *store;
static StoreSite *site;
static SearchPage page;

static int set_up(void **state)
{
    (void)state;
    store = store_new();
    site = invented_site(store, 2000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

static size_t total_of(SearchQuery query)
{
    BpError err;
    query.limit = query.limit ? query.limit : 1000;
    if (search_points(site, &query, &page, &err) != BP_OK)
        fail_msg("%s", err.text);
    return page.total;
}

static size_t found(const char *text)
{
    return total_of((SearchQuery){.text = bp_str(text)});
}

static void put(int32_t id, int32_t device, const char *name, const char *description)
{
    const StoreGiven given = invented_point(id, device, name, description);
    assert_int_equal(store_put_points(site, &given, 1), 0);
}

static void all_words_are_found_wherever_they_are(void **state)
{
    (void)state;
    assert_int_equal(found(""), 2000);
    assert_int_equal(found("   "), 2000);
    assert_int_equal(found("sat"), 200);
    assert_int_equal(found("SAT air"), 200);
    assert_int_equal(found("air SAT"), 200);
    assert_int_equal(found("temperature supply ahu"), 50); /* AHU-0, -4 ... -36 with 5 each */
    assert_int_equal(found("ahu-4/sat"), 5);
    assert_int_equal(found("sat oat"), 0);
    assert_int_equal(found("no such thing"), 0);
}

static void case_accents_width_and_chinese_are_found(void **state)
{
    (void)state;
    assert_int_equal(found("aussenluft"), 200);
    assert_int_equal(found("KUHLUNG"), 200);
    assert_int_equal(found("electricite"), 200);
    assert_int_equal(found("ＣＯ２"), 200);
    assert_int_equal(found("大堂"), 200);
    assert_int_equal(found("堂溫"), 200);
    assert_int_equal(found("溫大"), 0);
}

static void two_letters_are_enough_and_tags_are_found(void **state)
{
    (void)state;
    assert_int_equal(found("ra"), 400);    /* RAT, and "temperature" */
    assert_int_equal(found("meter"), 200); /* a tag of KW alone */
    assert_int_equal(found("kw elec"), 200);
    assert_int_equal(found("discharge"), 200);
    assert_int_equal(found("m:"), 0); /* how a marker is written is not what is meant */
}

static void what_is_asked_with_the_words_narrows_them(void **state)
{
    (void)state;
    assert_int_equal(total_of((SearchQuery){.types = {bp_str("binary-input")}, .type_count = 1}), 200);
    assert_int_equal(
        total_of((SearchQuery){.types = {bp_str("binary-input"), bp_str("analog-input")}, .type_count = 2}),
        1000);
    assert_int_equal(total_of((SearchQuery){.types = {bp_str("no-such-type")}, .type_count = 1}), 0);
    assert_int_equal(total_of((SearchQuery){.devices = {3, 4, 77777}, .device_count = 3}), 100);
    assert_int_equal(total_of((SearchQuery){.tags = {bp_str("elec"), bp_str("unit")}, .tag_count = 2}), 200);
    assert_int_equal(total_of((SearchQuery){.tags = {bp_str("elec"), bp_str("air")}, .tag_count = 2}), 0);
    assert_int_equal(total_of((SearchQuery){.tags = {bp_str("ele")}, .tag_count = 1}), 0); /* a whole name */
    assert_int_equal(total_of((SearchQuery){.writable = SEARCH_YES}), 200);
    assert_int_equal(total_of((SearchQuery){.writable = SEARCH_NO}), 1800);
    assert_int_equal(total_of((SearchQuery){.enabled = SEARCH_NO}), 0);
    assert_int_equal(total_of((SearchQuery){.qualities = 1u << MDL_BAD}), 40);
    assert_int_equal(total_of((SearchQuery){.qualities = 1u << MDL_BAD | 1u << MDL_GOOD}), 2000);
    assert_int_equal(total_of((SearchQuery){.qualities = 1u << 3}), 0);
    assert_int_equal(total_of((SearchQuery){.text = bp_str("kw"), .qualities = 1u << MDL_BAD}), 40);
    put(5000, 1, "NEW", "");
    assert_int_equal(total_of((SearchQuery){.qualities = 1u << 3}), 1);
}

static void held_points_are_found(void **state)
{
    (void)state;
    const StoreHeld held[] = {{3, {.priority = 8, .by = "ana", .is_ours = true}},
                              {7, {.priority = 1, .by = ""}}};
    store_put_overrides(site, held, 2);
    assert_int_equal(total_of((SearchQuery){.overridden = SEARCH_YES}), 2);
    assert_int_equal(page.items[0]->held->priority + page.items[1]->held->priority, 9);
    assert_int_equal(total_of((SearchQuery){.overridden = SEARCH_NO}), 1998);
    store_put_overrides(site, held, 1);
    assert_int_equal(total_of((SearchQuery){.overridden = SEARCH_YES}), 1);
    assert_string_equal(page.items[0]->held->by, "ana");
}

static void names_are_in_the_order_of_counting(void **state)
{
    (void)state;
    assert_int_equal(total_of((SearchQuery){.text = bp_str("ahu"), .limit = 100}), 500);
    assert_string_equal(page.items[0]->path.data, "AHU-0/CO2-8");
    assert_string_equal(page.items[50]->path.data, "AHU-4/CO2-208");
    total_of((SearchQuery){.sort = SEARCH_BY_NAME, .is_descending = true});
    assert_string_equal(page.items[0]->path.data, "VAV-39/ZN-T-1993");
    total_of((SearchQuery){.sort = SEARCH_BY_DEVICE});
    assert_string_equal(page.items[0]->path.data, "AHU-0/CO2-8");
    total_of((SearchQuery){.sort = SEARCH_BY_ID});
    assert_int_equal(page.items[999]->id, 1000);
}

static void values_are_sorted_and_those_without_come_last(void **state)
{
    (void)state;
    for (int descending = 0; descending < 2; descending++) {
        double last = descending ? 1e9 : -1e9;
        bool is_over = false;
        size_t count = 0;
        SearchQuery query = {.sort = SEARCH_BY_VALUE, .is_descending = descending, .limit = 999};
        char after[SEARCH_CURSOR_MAX] = "";
        do {
            query.after = bp_str(after);
            assert_int_equal(total_of(query), 2000);
            for (size_t i = 0; i < page.count; i++, count++) {
                const StoreValue *now = &page.items[i]->now;
                assert_true(!is_over || !now->has_value);
                is_over = !now->has_value;
                assert_true(is_over || (descending ? now->value <= last : now->value >= last));
                last = now->value;
            }
            memcpy(after, page.next, sizeof after);
        } while (*after);
        assert_int_equal(count, 2000);
        assert_true(is_over);
    }
    total_of((SearchQuery){.sort = SEARCH_BY_AT, .is_descending = true, .limit = 1});
    assert_int_equal(page.items[0]->id, 2000);
}

static void what_is_equal_is_in_the_order_of_names(void **state)
{
    (void)state;
    total_of((SearchQuery){.sort = SEARCH_BY_TYPE, .is_descending = true});
    assert_string_equal(page.items[0]->object_type, "binary-input");
    assert_string_equal(page.items[0]->path.data, "AHU-0/FAN-S-7");
    assert_string_equal(page.items[200]->object_type, "analog-value");
    assert_string_equal(page.items[200]->path.data, "AHU-0/CO2-8");
    total_of((SearchQuery){.sort = SEARCH_BY_QUALITY, .is_descending = true});
    assert_string_equal(page.items[0]->path.data, "AHU-0/KW-49");
    assert_string_equal(page.items[40]->path.data, "AHU-0/CO2-8");
}

/* Every order, every way of asking for the next: each point once. */
static void pages_have_every_point_once(void **state)
{
    (void)state;
    for (SearchSort sort = SEARCH_BY_NAME; sort <= SEARCH_BY_TYPE; sort++) {
        for (int way = 0; way < 8; way++) {
            bool seen[2001] = {0};
            size_t count = 0;
            char after[SEARCH_CURSOR_MAX] = "";
            SearchQuery query = {
                .sort = sort, .is_descending = way & 1, .limit = 333, .is_uncounted = way & 4};
            if (way & 2)
                query.text = bp_str("a");
            do {
                query.after = bp_str(after);
                const size_t total = total_of(query);
                assert_true((way & 4) || total == 2000);
                for (size_t i = 0; i < page.count; i++) {
                    assert_false(seen[page.items[i]->id]);
                    seen[page.items[i]->id] = true;
                    count++;
                }
                memcpy(after, page.next, sizeof after);
            } while (*after);
            assert_int_equal(count, 2000);
        }
    }
}

static void a_skip_is_a_place_in_the_whole_answer(void **state)
{
    (void)state;
    static SearchPage whole;
    BpError err;
    for (SearchSort sort = SEARCH_BY_NAME; sort <= SEARCH_BY_TYPE; sort++) {
        for (int way = 0; way < 4; way++) {
            SearchQuery query = {.sort = sort, .is_descending = way & 1, .limit = 1000};
            if (way & 2)
                query.text = bp_str("sat");
            assert_int_equal(search_points(site, &query, &whole, &err), BP_OK);
            query.limit = 20;
            query.skip = 150;
            total_of(query);
            assert_int_equal(page.count, 20);
            for (size_t i = 0; i < page.count; i++)
                assert_ptr_equal(page.items[i], whole.items[150 + i]);
            query.skip = way & 2 ? 195 : 1995;
            total_of(query);
            assert_int_equal(page.count, 5);
            assert_string_equal(page.next, "");
            query.skip = 1000000;
            total_of(query);
            assert_int_equal(page.count, 0);
            assert_string_equal(page.next, "");
        }
    }
}

/* Between two pages the point at the cursor goes, others come before and behind it. */
static void a_cursor_stays_while_points_come_and_go(void **state)
{
    (void)state;
    SearchQuery query = {.text = bp_str("ahu-4/"), .limit = 10};
    assert_int_equal(total_of(query), 50);
    const StorePoint *last = page.items[9];
    char next_path[64], after[SEARCH_CURSOR_MAX];
    memcpy(after, page.next, sizeof after);
    const int32_t gone = last->id;
    query.after = bp_str(after);
    total_of(query);
    snprintf(next_path, sizeof next_path, "%s", page.items[0]->path.data);

    int32_t ids[2000];
    size_t count = 0;
    for (int32_t id = 1; id <= 2000; id++) {
        if (id != gone)
            ids[count++] = id;
    }
    store_keep_points(site, ids, count);
    put(9001, 5, "AHU-4/A-FIRST", "");
    put(9002, 5, "AHU-4/ZZ-LAST", "");
    assert_int_equal(total_of(query), 51);
    assert_string_equal(page.items[0]->path.data, next_path);
    query.limit = 1000;
    total_of(query);
    assert_int_equal(page.count, 41);
    assert_string_equal(page.items[40]->path.data, "AHU-4/ZZ-LAST");
}

static void what_is_no_cursor_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "0", "zz", "00", "AHU-1", "0000000001000000010000000000000000ff", "../../etc/passwd"};
    BpError err;
    SearchQuery query = {.limit = 10};
    total_of(query);
    char after[2 * SEARCH_CURSOR_MAX];
    snprintf(after, sizeof after, "%s", page.next);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        query.after = bp_str(wrong[i]);
        assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
        assert_non_null(strstr(err.text, "as it was given"));
    }
    for (size_t size = 1; size < strlen(after); size++) { /* every cut of it */
        query.after = (BpStr){after, size};
        assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
    }
    query.after = bp_str(after);
    query.is_descending = true;
    assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "in another order"));
    query.is_descending = false;
    memset(after, 'a', sizeof after);
    query.after = (BpStr){after, sizeof after};
    assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
}

static void what_is_too_long_is_refused(void **state)
{
    (void)state;
    char text[SEARCH_TEXT_MAX + 2];
    BpError err;
    memset(text, 'x', sizeof text);
    SearchQuery query = {.limit = 1, .text = {text, SEARCH_TEXT_MAX + 1}};
    assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
    query.text.size = SEARCH_TEXT_MAX;
    assert_int_equal(search_points(site, &query, &page, &err), BP_OK);
    for (size_t i = 1; i < sizeof text; i += 2)
        text[i] = ' ';
    query.text.size = 2 * SEARCH_WORDS_MAX;
    assert_int_equal(search_points(site, &query, &page, &err), BP_OK);
    query.text.size += 1;
    assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
    for (size_t i = 0; i + 3 <= sizeof text; i += 3)
        text[i] = (char)0xEF, text[i + 1] = (char)0xB7,
        text[i + 2] = (char)0xBA; /* U+FDFA folds to eighteen letters */
    query.text = (BpStr){text, SEARCH_TEXT_MAX / 3 * 3};
    assert_int_equal(search_points(site, &query, &page, &err), BP_INVALID);
    assert_non_null(strstr(err.text, "words at most"));
}

/* What a search finds is what anybody would who reads all names. */
static void random_words_find_what_a_reader_would(void **state)
{
    (void)state;
    static const char letters[] = "ahusvtznkw-/0123 ";
    srand(7);
    for (int round = 0; round < 300; round++) {
        char text[8];
        const size_t size = 1 + (size_t)rand() % 6;
        for (size_t i = 0; i < size; i++)
            text[i] = letters[(size_t)rand() % (sizeof letters - 1)];
        text[size] = '\0';
        size_t expected = 0;
        for (size_t i = 0; i < site->point_count; i++) {
            const StorePoint *point = store_point_at(site, i);
            char memory[400], rest[8], *kept;
            BpBuf folded = bp_buf(memory, sizeof memory - 1);
            fold_text(&folded, point->path);
            bp_buf_u8(&folded, '\n');
            fold_text(&folded, point->description);
            bp_buf_u8(&folded, '\n');
            bp_buf_str(&folded, bp_str(strstr(point->tags, "discharge") ? "air\ntemp\ndischarge"
                                       : strstr(point->tags, "elec")    ? "elec\nmeter\nunit\nkw"
                                                                        : ""));
            memory[folded.size] = '\0';
            bool has_all = true;
            memcpy(rest, text, sizeof rest);
            for (const char *word = strtok_r(rest, " ", &kept); word; word = strtok_r(NULL, " ", &kept))
                has_all &= strstr(memory, word) != NULL;
            expected += has_all;
        }
        if (found(text) != expected)
            fail_msg("\"%s\" is in %zu points, not %zu", text, expected, page.total);
    }
}

static void sorts_have_names(void **state)
{
    (void)state;
    SearchSort sort;
    bool is_descending;
    assert_true(search_read_sort(bp_str("-value"), &sort, &is_descending));
    assert_true(is_descending && sort == SEARCH_BY_VALUE);
    assert_true(search_read_sort(bp_str("at"), &sort, &is_descending));
    assert_true(!is_descending && sort == SEARCH_BY_AT);
    assert_true(search_read_sort(bp_str("-path"), &sort, &is_descending));
    assert_true(is_descending && sort == SEARCH_BY_NAME);
    assert_false(search_read_sort(bp_str("--at"), &sort, &is_descending));
    assert_false(search_read_sort(bp_str(""), &sort, &is_descending));
    assert_false(search_read_sort(bp_str("-"), &sort, &is_descending));
}

static void a_site_without_points_is_no_error(void **state)
{
    (void)state;
    site = store_put_site(store, bp_str("empty"), bp_str(""), bp_str("UTC"), false);
    for (SearchSort sort = SEARCH_BY_NAME; sort <= SEARCH_BY_TYPE; sort++) {
        assert_int_equal(total_of((SearchQuery){.sort = sort, .text = bp_str("x"), .skip = 5}), 0);
        assert_int_equal(total_of((SearchQuery){.sort = sort}), 0);
        assert_string_equal(page.next, "");
    }
}

/* What several sites are put together by is the order of a page of one. */
static void points_compare_as_they_are_sorted(void **state)
{
    (void)state;
    for (SearchSort sort = SEARCH_BY_NAME; sort <= SEARCH_BY_TYPE; sort++)
        for (int is_descending = 0; is_descending < 2; is_descending++) {
            SearchQuery query = {.sort = sort, .is_descending = is_descending, .limit = 300};
            char next[SEARCH_CURSOR_MAX];
            assert_int_equal(total_of(query), 2000);
            assert_int_equal(page.count, 300);
            for (size_t i = 1; i < page.count; i++)
                assert_true(search_compare(&query, page.items[i - 1], page.items[i]) < 0);
            search_mark(&query, site, page.items[299], next);
            assert_string_equal(next, page.next);
            const StorePoint *last = page.items[299];
            query.after = bp_str(next);
            (void)total_of(query);
            assert_true(search_compare(&query, last, page.items[0]) < 0);
            query.is_after_included = true;
            (void)total_of(query);
            assert_ptr_equal(page.items[0], last);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_words_are_found_wherever_they_are),
        TEST(case_accents_width_and_chinese_are_found),
        TEST(two_letters_are_enough_and_tags_are_found),
        TEST(what_is_asked_with_the_words_narrows_them),
        TEST(held_points_are_found),
        TEST(names_are_in_the_order_of_counting),
        TEST(values_are_sorted_and_those_without_come_last),
        TEST(what_is_equal_is_in_the_order_of_names),
        TEST(pages_have_every_point_once),
        TEST(a_skip_is_a_place_in_the_whole_answer),
        TEST(a_cursor_stays_while_points_come_and_go),
        TEST(what_is_no_cursor_is_refused),
        TEST(what_is_too_long_is_refused),
        TEST(random_words_find_what_a_reader_would),
        TEST(sorts_have_names),
        TEST(a_site_without_points_is_no_error),
        TEST(points_compare_as_they_are_sorted),
    };
    return cmocka_run_group_tests_name("web points search", tests, NULL, NULL);
}
