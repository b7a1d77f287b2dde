/* The whole of it, on a real loop and a real disk, without a broker. */
#include "apps/collect/deliver/deliver.h"

#include "apps/collect/deliver/spool/notes.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static Loop *loop;
static char data[64];
static int64_t oldest_us; /* reading that the poller still has; 0: none */

static Mqtt *no_mqtt(void *owner)
{
    (void)owner;
    return NULL;
}

static int32_t no_points(void *owner)
{
    (void)owner;
    return 0;
}

static bool no_point(void *owner, int32_t point_id, CollectPointName *ret_name)
{
    (void)owner;
    (void)point_id;
    (void)ret_name;
    return false;
}

static int64_t oldest_reading_us(void *owner, int64_t now_us)
{
    (void)owner;
    return oldest_us ? oldest_us : now_us;
}

static int make_data_folder(void **state)
{
    (void)state;
    snprintf(data, sizeof data, "/tmp/bacpipes-test-deliver.XXXXXX");
    loop = loop_new();
    oldest_us = 0;
    return mkdtemp(data) ? 0 : -1;
}

static int remove_data_folder(void **state)
{
    char path[128];
    (void)state;
    loop_free(loop);
    snprintf(path, sizeof path, "%s/spool/lock", data);
    unlink(path);
    snprintf(path, sizeof path, "%s/spool", data);
    rmdir(path);
    return rmdir(data); /* nothing else was left in it */
}

static CollectDeliver *new_deliver(uint64_t seed, int64_t spool_after_us)
{
    const CollectDeliverOptions options = {
        .loop = loop,
        .site = "demo",
        .data_folder = data,
        .seed = seed,
        .settings = {.spool_after_us = spool_after_us, .memory_max = 1 << 20, .disk_max = 1 << 20},
        .mqtt = no_mqtt,
        .home_prefix = "homeassistant",
        .name_point = no_point,
        .points_end = no_points,
        .oldest_reading_us = oldest_reading_us};
    return collect_deliver_new(&options);
}

static CollectDeliver *opened(uint64_t seed, int64_t spool_after_us)
{
    BpError err = {0};
    CollectDeliver *deliver = new_deliver(seed, spool_after_us);
    if (collect_deliver_open(deliver, &err) != BP_OK)
        fail_msg("%s", err.text);
    return deliver;
}

static void put_readings(CollectDeliver *deliver, size_t count)
{
    MdlReading *readings = calloc(count, sizeof *readings);
    for (size_t i = 0; i < count; i++)
        readings[i] = (MdlReading){.point_id = (int32_t)i + 1, .at_us = 1, .value = 21.3, .has_value = true};
    collect_deliver_readings(deliver, 7, readings, count, loop_now_us(loop));
    free(readings);
}

static void announce_all(CollectDeliver *deliver, uint64_t run, int64_t stored)
{
    const MdlRun session = mdl_run(99);
    const MdlPosition position = {.run = mdl_run(run), .stored = stored};
    BpBuf out = bp_buf_growing(1024);
    mdl_stored_encode(&out, &session, &position, 1);
    collect_deliver_message(deliver, bp_str("bacpipes/demo/readings/stored"), bp_buf_text(&out));
    bp_buf_done(&out);
}

static void what_is_not_stored_at_the_end_waits_for_the_next_run(void **state)
{
    (void)state;
    CollectDeliver *deliver = opened(1, BP_MINUTE);
    put_readings(deliver, MDL_BATCH_READINGS_MAX + 1); /* two batches */
    put_readings(deliver, 3);
    assert_int_equal(collect_deliver_counts(deliver).batches, 3);
    assert_int_equal(collect_deliver_counts(deliver).readings, MDL_BATCH_READINGS_MAX + 4);
    collect_deliver_free(deliver);

    deliver = opened(2, BP_MINUTE);
    assert_int_equal(collect_deliver_counts(deliver).recovered, 3);
    assert_int_equal(collect_deliver_counts(deliver).waiting, 3);
    announce_all(deliver, 1, 3);
    assert_int_equal(collect_deliver_counts(deliver).waiting, 0);
    collect_deliver_free(deliver); /* which removes the segment */
}

static void what_is_old_enough_goes_to_the_spool_by_itself(void **state)
{
    (void)state;
    CollectDeliver *deliver = opened(1, 0);
    put_readings(deliver, 3);
    while (collect_deliver_counts(deliver).spooled < 1)
        loop_run_once(loop, BP_SECOND);
    assert_true(collect_deliver_counts(deliver).on_disk > 0);
    announce_all(deliver, 1, 1);
    while (collect_deliver_counts(deliver).on_disk > 0)
        loop_run_once(loop, BP_SECOND);
    collect_deliver_free(deliver);
}

static void a_forged_announcement_costs_the_run_its_name_and_no_batch(void **state)
{
    (void)state;
    char path[128];
    CollectDeliver *deliver = opened(1, BP_MINUTE);
    put_readings(deliver, 3);
    announce_all(deliver, 1, 1000);
    assert_int_equal(collect_deliver_counts(deliver).disbelieved, 1);
    assert_int_equal(collect_deliver_counts(deliver).waiting, 1);
    collect_deliver_free(deliver);
    snprintf(path, sizeof path, "%s/spool/disowned", data);
    assert_int_equal(access(path, F_OK), 0);

    deliver = opened(2, BP_MINUTE); /* the batch is known by neither name now */
    announce_all(deliver, 1, 1000);
    assert_int_equal(collect_deliver_counts(deliver).waiting, 1);
    collect_deliver_free(deliver);
    snprintf(path, sizeof path, "%s/spool/000000000001.spool", data);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/spool/disowned", data);
    assert_int_equal(unlink(path), 0);
}

static void one_collector_has_the_spool(void **state)
{
    (void)state;
    BpError err;
    CollectDeliver *first = opened(1, 0), *second = new_deliver(2, 0);
    assert_int_equal(collect_deliver_open(second, &err), BP_CONFLICT);
    collect_deliver_free(second);
    collect_deliver_free(first);
    collect_deliver_free(opened(3, 0));
}

/* Since when something may lack, should it be killed: the oldest reading that is anywhere but safe. */
static void the_mark_is_as_old_as_the_oldest_reading_that_is_not_safe(void **state)
{
    (void)state;
    char folder_of_it[128];
    int64_t marked_us = INT64_MAX;
    BpError err;
    snprintf(folder_of_it, sizeof folder_of_it, "%s/spool", data);
    const Spool it = {&spool_files, folder_of_it};
    oldest_us = loop_now_us(loop) - BP_HOUR; /* with the poller */
    CollectDeliver *deliver = opened(1, BP_MINUTE);
    while (marked_us > bp_wall_us() - BP_HOUR / 2) {
        loop_run_once(loop, BP_SECOND);
        assert_int_equal(spool_marked(&it, &marked_us, &err), BP_OK);
    }
    assert_in_range(bp_wall_us() - marked_us, BP_HOUR - BP_MINUTE, BP_HOUR + BP_MINUTE);
    collect_deliver_free(deliver);
    assert_int_equal(spool_marked(&it, &marked_us, &err), BP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_stored_at_the_end_waits_for_the_next_run,
                                        make_data_folder, remove_data_folder),
        cmocka_unit_test_setup_teardown(what_is_old_enough_goes_to_the_spool_by_itself, make_data_folder,
                                        remove_data_folder),
        cmocka_unit_test_setup_teardown(a_forged_announcement_costs_the_run_its_name_and_no_batch,
                                        make_data_folder, remove_data_folder),
        cmocka_unit_test_setup_teardown(one_collector_has_the_spool, make_data_folder, remove_data_folder),
        cmocka_unit_test_setup_teardown(the_mark_is_as_old_as_the_oldest_reading_that_is_not_safe,
                                        make_data_folder, remove_data_folder),
    };
    return cmocka_run_group_tests_name("collect deliver", tests, NULL, NULL);
}
