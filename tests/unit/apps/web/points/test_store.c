#include "apps/web/points/search.h"

#include "invented.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static Store *store;
static StoreSite *site;
static int changes[5];
static SearchPage page;

static void on_changed(void *owner, const StoreSite *of, StoreWhat what)
{
    (void)owner;
    assert_string_equal(of->id, "demo");
    changes[what]++;
}

static int set_up(void **state)
{
    (void)state;
    store = store_new();
    site = invented_site(store, 300);
    memset(changes, 0, sizeof changes);
    store_watch(store, on_changed, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_free(store);
    return 0;
}

static size_t found(const char *text)
{
    BpError err;
    assert_int_equal(search_points(site, &(SearchQuery){.text = bp_str(text), .limit = 1000}, &page, &err),
                     BP_OK);
    return page.total;
}

static void points_are_there_with_all_that_is_known(void **state)
{
    (void)state;
    const StorePoint *point = store_point(site, 11);
    assert_string_equal(point->name.data, "AHU-0/SAT-10");
    assert_string_equal(point->path.data, "AHU-0/SAT-10");
    assert_string_equal(point->description.data, "Supply air temperature");
    assert_string_equal(point->object_type, "analog-input");
    assert_string_equal(point->device->name.data, "AHU-0");
    assert_int_equal(point->device->point_count, 50);
    assert_int_equal(site->point_count, 300);
    assert_int_equal(site->device_count, 7);
    assert_null(store_point(site, 0));
    assert_null(store_point(site, 301));
    assert_null(store_point(site, INT64_MAX));
    assert_null(store_site(store, bp_str("demos")));
    assert_ptr_equal(store_site(store, bp_str("demo")), site);
}

static void a_path_has_the_device_in_front_where_the_name_has_it_not(void **state)
{
    (void)state;
    StoreGiven given = invented_point(901, 2, "SAT", "");
    assert_int_equal(store_put_points(site, &given, 1), 0);
    assert_string_equal(store_point(site, 901)->path.data, "VAV-1/SAT");
    given.name = bp_str("");
    assert_int_equal(store_put_points(site, &given, 1), 0);
    assert_string_equal(store_point(site, 901)->path.data, "VAV-1/analog-input,901");
    given.name = bp_str("vav-1.SAT");
    assert_int_equal(store_put_points(site, &given, 1), 0);
    assert_string_equal(store_point(site, 901)->path.data, "vav-1.SAT");
}

static void a_point_that_is_otherwise_now_is_found_so(void **state)
{
    (void)state;
    StoreGiven given = invented_point(11, 1, "AHU-0/RENAMED", "wholly new");
    given.version = 9;
    given.is_enabled = false;
    const uint64_t revision = site->revision;
    assert_int_equal(store_put_points(site, &given, 1), 0);
    assert_int_equal(site->point_count, 300);
    assert_int_equal(found("renamed"), 1);
    assert_int_equal(found("sat-10"), 1); /* SAT-100, and not SAT-10 */
    assert_int_equal(store_point(site, 11)->version, 9);
    assert_true(site->revision > revision);
    assert_int_equal(changes[STORE_POINTS], 1);
    assert_true(store_point(site, 11)->now.has_value); /* what it is stays */
    given.device = 2;                                  /* and to another device */
    assert_int_equal(store_put_points(site, &given, 1), 0);
    assert_int_equal(store_device(site, 1)->point_count, 49);
    assert_int_equal(store_device(site, 2)->point_count, 51);
    assert_string_equal(store_point(site, 11)->path.data, "VAV-1/AHU-0/RENAMED");
}

static void a_point_of_no_device_is_not_taken(void **state)
{
    (void)state;
    const StoreGiven given[] = {invented_point(901, 77, "X", ""), invented_point(902, 1, "AHU-0/Y", "")};
    assert_int_equal(store_put_points(site, given, 2), 1);
    assert_null(store_point(site, 901));
    assert_non_null(store_point(site, 902));
}

static void points_that_go_are_not_found(void **state)
{
    (void)state;
    const int32_t ids[] = {2, 4, 11, 300, 301};
    store_keep_points(site, ids, 5);
    assert_int_equal(site->point_count, 4);
    assert_int_equal(found(""), 4);
    assert_null(store_point(site, 1));
    assert_non_null(store_point(site, 300));
    assert_int_equal(changes[STORE_POINTS], 1);
    store_keep_points(site, ids, 5);
    assert_int_equal(changes[STORE_POINTS], 1); /* nothing was left to do */
    store_put_devices(site, NULL, 0);           /* those with points stay */
    assert_int_equal(site->device_count, 2);
    store_keep_points(site, NULL, 0);
    store_put_devices(site, NULL, 0);
    assert_int_equal(site->device_count, 0);
    assert_int_equal(found(""), 0);
}

static void a_renamed_device_renames_the_paths_of_its_points(void **state)
{
    (void)state;
    StoreDevice devices[7];
    for (size_t i = 0; i < 7; i++)
        devices[i] = *store_device(site, (int64_t)i + 1);
    devices[1].name = bp_str("ZZZ");
    devices[2].name = bp_str("AAA");
    store_put_devices(site, devices, 7);
    assert_int_equal(changes[STORE_DEVICES], 1);
    assert_int_equal(found("aaa/vav-2"), 50);
    assert_int_equal(found("zzz"), 50);
    found("");
    assert_string_equal(page.items[0]->path.data, "AAA/VAV-2/CO2-108");
    assert_string_equal(page.items[299]->path.data, "ZZZ/VAV-1/ZN-T-93");
    assert_string_equal(store_device_at(site, 0)->name.data, "AAA");
}

static void devices_that_are_the_same_are_no_change(void **state)
{
    (void)state;
    StoreDevice devices[7];
    for (size_t i = 0; i < 7; i++) {
        devices[i] = *store_device(site, (int64_t)i + 1);
        devices[i].last_answer_us = 12345; /* changes all the time */
    }
    store_put_devices(site, devices, 7);
    assert_int_equal(changes[STORE_DEVICES], 0);
    assert_int_equal(store_device(site, 3)->last_answer_us, 12345);
    devices[4].state = bp_str("offline");
    store_put_devices(site, devices, 7);
    assert_int_equal(changes[STORE_DEVICES], 1);
}

static void values_come_without_a_change(void **state)
{
    (void)state;
    const uint64_t revision = site->revision;
    char reason[] = "fault: open-loop";
    assert_true(store_set_value(
        store, site, 5,
        &(StoreValue){
            .value = 3, .has_value = true, .at_us = 7, .quality = MDL_UNCERTAIN, .reason = reason}));
    memset(reason, 'x', sizeof reason - 1);
    assert_string_equal(store_point(site, 5)->now.reason, "fault: open-loop");
    assert_true(store_set_value(store, site, 5, &(StoreValue){.value = 4, .has_value = true, .at_us = 8}));
    assert_string_equal(store_point(site, 5)->now.reason, "");
    assert_false(store_set_value(store, site, 9999, &(StoreValue){.value = 4}));
    assert_int_equal(site->revision, revision);
}

static void states_have_texts(void **state)
{
    (void)state;
    char text[STORE_STATE_MAX];
    StorePoint point = {.object_type = "multi-state-value", .states = "[\"Off\", \"\\u5927\\u5802\"]"};
    assert_int_equal(store_state_text(&point, &(StoreValue){.value = 2, .has_value = true}, text).size, 6);
    assert_string_equal(text, "大堂");
    static const double none[] = {0, 3, 1.5, -1, 1e300};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(
            store_state_text(&point, &(StoreValue){.value = none[i], .has_value = true}, text).size, 0);
    assert_int_equal(store_state_text(&point, &(StoreValue){.value = 1}, text).size, 0);
    point.object_type = "binary-output";
    assert_string_equal(store_state_text(&point, &(StoreValue){.value = 0, .has_value = true}, text).data,
                        "Off");
    assert_int_equal(store_state_text(&point, &(StoreValue){.value = 2, .has_value = true}, text).size, 0);
    point.object_type = "analog-input";
    assert_int_equal(store_state_text(&point, &(StoreValue){.value = 1, .has_value = true}, text).size, 0);
    point = (StorePoint){.object_type = "binary-input", .states = "not json"};
    assert_int_equal(store_state_text(&point, &(StoreValue){.value = 1, .has_value = true}, text).size, 0);
}

static void texts_that_are_too_long_are_cut_between_letters(void **state)
{
    (void)state;
    char text[3 * STORE_TEXT_MAX + 1];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "大", 4);
    const StoreGiven given = invented_point(901, 1, text, text);
    assert_int_equal(store_put_points(site, &given, 1), 0);
    const StorePoint *point = store_point(site, 901);
    assert_int_equal(point->name.size, 999);
    assert_true(bp_str_is_utf8(point->description));
    assert_int_equal(found("大大"), 1);
}

static void many_changes_leave_the_store_whole(void **state)
{
    (void)state;
    char name[64];
    srand(3);
    for (int round = 0; round < 200; round++) {
        StoreGiven given[20];
        char names[20][64];
        size_t count = 0;
        for (int32_t id = 1 + rand() % 30; id <= 600 && count < 20; id += 1 + rand() % 60) {
            snprintf(names[count], sizeof names[count], "%s-%d", rand() % 2 ? "P" : "Büro", rand() % 400);
            given[count] =
                invented_point(id, 1 + rand() % 7, names[count], "a description of some length, and another");
            given[count].tags = bp_str(rand() % 2 ? "{\"a\": \"m:\"}" : "{\"b\": \"m:\"}");
            count++;
        }
        assert_int_equal(store_put_points(site, given, count), 0);
        if (round % 20 == 19) {
            int32_t ids[600];
            size_t kept = 0;
            for (int32_t id = 1; id <= 600; id++) {
                if (rand() % 10)
                    ids[kept++] = id;
            }
            store_keep_points(site, ids, kept);
        }
        snprintf(name, sizeof name, "-%d", rand() % 400);
        found(name);
        for (size_t i = 1; i < page.count; i++)
            assert_ptr_not_equal(page.items[i], page.items[i - 1]);
        assert_int_equal(found(""), site->point_count);
    }
    size_t of_devices = 0;
    for (size_t i = 0; i < site->device_count; i++)
        of_devices += store_device_at(site, i)->point_count;
    assert_int_equal(of_devices, site->point_count);
}

static void sites_are_in_order_and_go(void **state)
{
    (void)state;
    Store *other = store_new();
    (void)invented_site(other, 10);
    StoreSite *first = store_put_site(other, bp_str("a"), bp_str("A"), bp_str("UTC"), true);
    assert_int_equal(store_site_count(other), 2);
    assert_ptr_equal(store_site_at(other, 0), first);
    assert_ptr_equal(store_put_site(other, bp_str("a"), bp_str("AA"), bp_str("UTC"), true), first);
    assert_string_equal(first->name, "AA");
    store_remove_site(other, first);
    assert_null(store_site(other, bp_str("a")));
    store_free(other);
}

static void note_role(void *context, const char *role, const char *said)
{
    bp_buf_printf(context, "%s=%s ", role, said);
}

static void roles_say_how_they_are(void **state)
{
    (void)state;
    char memory[100];
    BpBuf texts = bp_buf(memory, sizeof memory);
    store_set_role(store, site, bp_str("collect"), bp_str("online"));
    store_set_role(store, site, bp_str("ingest"), bp_str("online"));
    store_set_role(store, site, bp_str("collect"), bp_str("offline"));
    store_roles(site, note_role, &texts);
    assert_true(bp_str_equal(bp_buf_text(&texts), bp_str("collect=offline ingest=online ")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(points_are_there_with_all_that_is_known),
        TEST(a_path_has_the_device_in_front_where_the_name_has_it_not),
        TEST(a_point_that_is_otherwise_now_is_found_so),
        TEST(a_point_of_no_device_is_not_taken),
        TEST(points_that_go_are_not_found),
        TEST(a_renamed_device_renames_the_paths_of_its_points),
        TEST(devices_that_are_the_same_are_no_change),
        TEST(values_come_without_a_change),
        TEST(states_have_texts),
        TEST(texts_that_are_too_long_are_cut_between_letters),
        TEST(many_changes_leave_the_store_whole),
        TEST(sites_are_in_order_and_go),
        TEST(roles_say_how_they_are),
    };
    return cmocka_run_group_tests_name("web points store", tests, NULL, NULL);
}
