/* Against a real PostgreSQL: run through tests/with-postgres. */
#include "apps/collect/site/known.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DEVICES = 100, AT_ONCE = COLLECT_STATES_AT_ONCE };

static Loop *loop;
static Pg *database;
static const Cfg cfg = {.site = "demo"};
static CollectPoller *poller;
static CollectStates *states;
static CollectKnown *known;                 /* NULL: rows are not read */
static CollectDevice *devices[DEVICES + 1]; /* by device_id */

static void send_nothing(void *owner, const BacAddress *to, BpStr datagram)
{
    (void)owner;
    (void)to;
    (void)datagram;
}

static Pg *connect_to_database(void)
{
    const PgOptions options = {
        .host = getenv("PGHOST"), .port = 5432, .database = "bacpipes", .user = "bacpipes"};
    Pg *pg = pg_new(loop, &options);
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, NULL), BP_OK);
    return pg;
}

static void sql(Pg *pg, const char *text)
{
    BpError err = {0};
    if (pg_wait_text(pg, bp_str(text), &err) != BP_OK)
        fail_msg("%s", err.text);
}

static void keep_number(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)err;
    *(int64_t *)context = status == BP_OK ? pg_get_integer(rows, 0, 0) : -1;
}

static int64_t number(const char *text)
{
    int64_t result = INT64_MIN;
    pg_request_text(database, bp_str(text), keep_number, &result);
    while (result == INT64_MIN)
        loop_run_once(loop, BP_SECOND);
    return result;
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    database = connect_to_database();
    sql(database,
        "drop table if exists device_status; drop sequence if exists told; create sequence told;"
        "create table device_status (site_id text, device_id integer, state text, since timestamptz,"
        "    last_answer_at timestamptz, reason text, learned jsonb, primary key (site_id, device_id));"
        "create or replace function count_it() returns trigger language plpgsql as $$"
        "    begin perform nextval('told'); return new; end $$;"
        "create trigger count_it after insert or update on device_status for each row execute function "
        "count_it()");
    const CollectPollHooks hooks = {.send = send_nothing};
    const CollectPollSettings settings = {.window = 1, .devices = 1, .timeout_us = BP_SECOND};
    poller = collect_poll_new(&hooks, &settings, 1);
    states = collect_states_new(database, poller, "demo");
    for (int i = 1; i <= DEVICES; i++) {
        char text[32];
        BacAddress address;
        snprintf(text, sizeof text, "10.0.0.%d", i);
        assert_int_equal(bac_address_parse(bp_str(text), &address, NULL), BP_OK);
        assert_int_equal(collect_poll_add(poller, &address, (uint32_t)i, 480, false, &devices[i], NULL),
                         BP_OK);
        devices[i]->device_id = i;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    collect_states_check(states);
    pg_free(database);
    collect_known_free(known);
    known = NULL;
    collect_states_free(states);
    collect_poll_free(poller);
    loop_free(loop);
    return 0;
}

static void change(int first, int last, CollectState state, const char *reason)
{
    for (int i = first; i <= last; i++) {
        devices[i]->state = state;
        devices[i]->reason = reason;
        collect_states_tell(states, devices[i]);
        assert_in_range(collect_states_under_way(states), 0, AT_ONCE);
    }
}

static void until_told(void)
{
    while (collect_states_under_way(states))
        loop_run_once(loop, BP_SECOND);
}

static void devices_that_come_and_go_while_the_table_is_locked_are_told_once(void **state)
{
    (void)state;
    Pg *other = connect_to_database();
    sql(other, "begin; lock table device_status");
    for (int i = 0; i < 1000; i++) {
        change(1, DEVICES, COLLECT_OFFLINE, "timeout");
        change(1, DEVICES, COLLECT_ONLINE, "");
        loop_run_once(loop, 0);
    }
    collect_poll_remove(poller, devices[DEVICES], 0); /* its news go with it */
    sql(other, "commit");
    until_told();
    assert_int_equal(number("select count(*) from device_status where state = 'online' and reason = ''"),
                     DEVICES - 1);
    assert_in_range(number("select last_value from told"), DEVICES - 1, DEVICES + AT_ONCE);
    pg_free(other);
}

static void busy_ones_do_not_keep_the_last_from_being_told(void **state)
{
    (void)state;
    change(1, DEVICES, COLLECT_OFFLINE, "timeout");
    for (int i = 0; i < 3 * DEVICES / AT_ONCE; i++) {
        for (size_t before = collect_states_under_way(states); before == collect_states_under_way(states);)
            loop_run_once(loop, BP_SECOND);
        change(1, DEVICES / 2, COLLECT_OFFLINE, "again");
    }
    while (collect_states_under_way(states) && number("select count(*) from device_status") < DEVICES)
        change(1, DEVICES / 2, COLLECT_OFFLINE, "again");
    assert_int_equal(number("select count(*) from device_status"), DEVICES);
    until_told();
}

/* ---- what rows say of devices and points ---- */

static void forget(void *owner, CollectDevice *device)
{
    (void)owner;
    collect_poll_remove(poller, device, loop_now_us(loop));
}

static void on_known(void *owner, bool is_first)
{
    (void)owner;
    (void)is_first;
}

static int set_up_rows(void **state)
{
    set_up(state);
    const CollectKnownOptions options = {.loop = loop,
                                         .pg = database,
                                         .poller = poller,
                                         .cfg = &cfg,
                                         .states = states,
                                         .forget = forget,
                                         .on_known = on_known};
    known = collect_known_new(&options);
    sql(database,
        "drop table if exists device, point; "
        "create table device (site_id text default 'demo', device_id integer, address text, instance integer,"
        "    max_apdu integer default 480, enabled boolean default true, poll_interval_ms integer default "
        "60000,"
        "    services text[] default '{}', replaced_since timestamptz, cov boolean default false, name text "
        "default '',"
        "    vendor_name text default '', model_name text default '', application_software_version text "
        "default '');"
        "create table point (site_id text default 'demo', point_id integer, device_id integer, object_type "
        "text"
        "    default 'analog-input', object_instance integer, property text default 'present-value', enabled"
        "    boolean default true, poll_interval_ms integer, name text default '', units text default '', "
        "states"
        "    text[], cov boolean, cov_increment real, max_value double precision, tags jsonb default '{}');"
        "insert into device (device_id, address, instance) values (1, '10.0.0.1', 1), (2, '10.0.0.2', 2);"
        "insert into point (point_id, device_id, object_instance) values (11, 1, 1), (12, 1, 2), (21, 2, 1)");
    return 0;
}

static const CollectDevice *reload_with(const char *change, int32_t device_id)
{
    if (*change)
        sql(database, change);
    collect_known_connected(known);
    while (collect_known_is_reading(known) || collect_states_under_way(states))
        loop_run_once(loop, BP_SECOND);
    collect_known_check(known);
    for (const CollectDevice *device = collect_poll_devices(poller); device; device = device->next)
        if (device->device_id == device_id)
            return device;
    return NULL;
}

static void a_row_that_is_replaced_is_another_than_before(void **state)
{
    (void)state;
    const CollectDevice *device = reload_with("", 1);
    assert_ptr_equal(device, devices[1]);
    assert_false(device->is_evicted);
    assert_null(reload_with("", 3)); /* it has no row */
    device = reload_with("update device set replaced_since = now() where device_id = 1", 1);
    assert_true(device->is_evicted);
    assert_int_equal(device->state, COLLECT_REPLACED);
    assert_int_equal(device->point_count, 2);
    assert_ptr_equal(reload_with("", 1), device); /* nothing new */
    assert_ptr_equal(reload_with("", 2), devices[2]);
    device = reload_with("update device set replaced_since = null where device_id = 1", 1);
    assert_false(device->is_evicted);
    assert_int_equal(device->point_count, 2);
}

static void points_that_are_gone_or_another_devices_are_not_asked_any_more(void **state)
{
    (void)state;
    assert_int_equal(reload_with("", 1)->point_count, 2);
    const CollectDevice *device = reload_with("update point set device_id = 2 where device_id = 1", 1);
    assert_int_equal(device->point_count, 0);
    assert_int_equal(reload_with("", 2)->point_count, 3);
    assert_int_equal(collect_known_point(known, 11)->device_id, 2);
    assert_int_equal(reload_with("delete from point", 2)->point_count, 0);
}

/* What of that is published is deliver/state.c's. */
static void what_people_call_a_point_is_as_its_row_says(void **state)
{
    (void)state;
    reload_with("", 1);
    assert_non_null(collect_known_point(known, 21));
    reload_with("update point set name = 'renamed', object_instance = case point_id when 12 then 5 else "
                "object_instance end; delete from point where point_id = 21; "
                "insert into point (point_id, device_id, object_instance) values (22, 2, 1)",
                1);
    assert_string_equal(collect_known_point(known, 11)->name, "renamed");
    assert_int_equal(collect_known_point(known, 11)->object.instance, 1);
    assert_int_equal(collect_known_point(known, 12)->object.instance, 5);
    assert_null(collect_known_point(known, 21));
    assert_non_null(collect_known_point(known, 22));
    assert_int_equal(collect_known_point(known, 22)->device_id, 2);
}

static void nothing_waits_for_a_database_that_is_away(void **state)
{
    (void)state;
    pg_free(database);
    collect_states_free(states);
    const PgOptions options = {.host = "/nowhere", .port = 1, .database = "x", .user = "x"};
    database = pg_new(loop, &options);
    states = collect_states_new(database, poller, "demo");
    change(1, DEVICES, COLLECT_OFFLINE, "timeout");
    assert_int_equal(collect_states_under_way(states), 0);
}

/* A device gets another's place, and its objects, while they are read: half of that would be another device's
 * values under the points' names. */
static void devices_and_points_are_as_they_are_at_one_instant(void **state)
{
    (void)state;
    const BacAddress there = {{10, 0, 1, 1}, BAC_PORT, {0}};
    Pg *other = connect_to_database();
    (void)reload_with("", 2);
    sql(other, "begin; lock table point");
    collect_known_connected(known);
    sql(other, "do $$ begin while not exists (select from pg_locks where not granted) loop"
               "    perform pg_sleep(0.01); end loop; end $$");
    sql(other, "update device set address = '10.0.1.1', poll_interval_ms = 7000 where device_id = 2;"
               "update point set object_instance = 22 where device_id = 2; commit");
    while (collect_known_is_reading(known))
        loop_run_once(loop, BP_SECOND);
    const CollectDevice *device = collect_poll_find(poller, &there);
    assert_non_null(device);
    assert_int_equal(device->device_id, 2);
    assert_int_equal(device->point_count, 1);
    assert_int_equal(device->points[0].object.instance, 22);
    assert_int_equal(device->points[0].interval_us, 7 * BP_SECOND);
    until_told();
    pg_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(devices_that_come_and_go_while_the_table_is_locked_are_told_once,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(busy_ones_do_not_keep_the_last_from_being_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_is_replaced_is_another_than_before, set_up_rows,
                                        tear_down),
        cmocka_unit_test_setup_teardown(points_that_are_gone_or_another_devices_are_not_asked_any_more,
                                        set_up_rows, tear_down),
        cmocka_unit_test_setup_teardown(what_people_call_a_point_is_as_its_row_says, set_up_rows, tear_down),
        cmocka_unit_test_setup_teardown(devices_and_points_are_as_they_are_at_one_instant, set_up_rows,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_waits_for_a_database_that_is_away, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("collect site", tests, NULL, NULL);
}
