/* Devices behind a router, which share it. */
#include "apps/collect/ask/queues/trunk.h"
#include "tests/unit/field.h"

static void a_trunk_is_given_one_request_at_a_time_and_kept_busy(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, 90 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, i == 0 ? BP_SECOND : 15 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    /* Between the device that is read each second and the 19 others a round takes 20 and some requests. */
    assert_in_range(field->stations[0].seen[0].good, 290, 301);
    for (size_t i = 1; i < field->count; i++)
        assert_in_range(field->stations[i].seen[0].good, 19, 21);
    for (size_t i = 0; i < field->count; i++)
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    assert_int_equal(field->trunk.dropped, 0);
    assert_int_equal(field->trunk_waiting_max, 1);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void a_full_trunk_is_never_idle(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, 15 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 100 * BP_MS, 0);
    field_run(field, BP_MINUTE);
    /* 4000 requests of 15 ms fit a minute. */
    assert_in_range(field->trunk.carried, 3600, 4000);
    for (size_t i = 1; i < field->count; i++) /* and the devices are served alike */
        assert_in_range(field->stations[i].seen[0].good, field->stations[1].seen[0].good - 30,
                        field->stations[1].seen[0].good + 30);
    field_free(field);
}

static void a_dead_device_on_a_trunk_holds_up_nobody(void **state)
{
    (void)state;
    SimQuirks quirks[5];
    for (size_t i = 0; i < 5; i++)
        quirks[i] = quirks_of("silent");
    Field *field = field_new(20, quirks, 5, 50 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 10 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    for (size_t i = 5; i < field->count; i++) {
        assert_in_range(field->stations[i].seen[0].good, 28, 31);
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    }
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(field->stations[i].seen[0].reason, "timeout");
    field_free(field);
}

/* A timer comes late now and then: what that took of the budget is made good at the next request, and no more
 * than one gap. */
static void a_budget_forgives_a_late_timer_and_saves_nothing_up(void **state)
{
    (void)state;
    const CollectShare share = {.window = 8, .rate = 10};
    CollectTrunk trunk = {0};
    CollectDevice device = {.on = {.trunk = &trunk, .leaves_us = INT64_MAX}};
    int64_t now_us = BP_MINUTE, until_us = 0;
    for (int i = 0; i < 100; i++) {
        assert_true(collect_trunk_may_send(&device, &share, now_us, &until_us));
        collect_trunk_sent(&device, &share, false, now_us);
        collect_trunk_ended(&device, false);
        assert_false(collect_trunk_may_send(&device, &share, now_us, &until_us));
        assert_int_equal(until_us, BP_MINUTE + (i + 1) * 100 * BP_MS);
        now_us = until_us + 30 * BP_MS;
    }
    now_us += BP_MINUTE;
    for (int i = 0; i < 2; i++)
        collect_trunk_sent(&device, &share, false, now_us);
    assert_false(collect_trunk_may_send(&device, &share, now_us, &until_us));
    assert_int_equal(until_us, now_us + 200 * BP_MS);
}

/* As seen by the router: whoever is asked there, whatever for, and whoever speaks of its devices. */
static void whatever_is_asked_there_is_one_request_at_a_time_from_the_start_on(void **state)
{
    (void)state;
    enum { COUNT = 10 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        BpRandom random = bp_random(seed);
        const int64_t trunk_us = (int64_t)(15 + bp_random_u64(&random) % 120) * BP_MS;
        SimQuirks quirks[2] = {quirks_of("silent"), quirks_of("no-read-multiple")};
        Field *field = field_new(COUNT, quirks, 2, trunk_us);
        field->seed = seed;
        field_restart(field, 7);
        field->wants_cov = true;
        for (size_t i = 0; i < COUNT; i++) {
            field_poll(field, i, (int64_t)(1 + bp_random_u64(&random) % 15) * BP_SECOND, 0);
            if (i % 3 == 0)
                collect_poll_scan(field->poller, field->stations[i].device,
                                  collect_scan_new(field->site.devices[i].instance, BAC_APDU_MAX, 0),
                                  field->network.now_us);
        }
        for (int i = 0; i < 300; i++) {
            CollectDevice *device = field->stations[bp_random_u64(&random) % COUNT].device;
            const CollectClaim claim = {i % 5 ? device->instance : 4711, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
            collect_poll_heard(field->poller, device, &claim, i % 2, field->network.now_us);
            field_run(field, (int64_t)(bp_random_u64(&random) % 400) * BP_MS);
        }
        assert_int_equal(field->trunk_waiting_max, 1);
        assert_int_equal(field->wrong, 0);
        for (size_t i = 1; i < COUNT; i++)
            assert_true(field->stations[i].seen[0].good > 0);
        field_free(field);
    }
}

/* Too much is asked of it, at different intervals; some are dead, some come and go. */
static void an_overloaded_trunk_is_never_idle_and_starves_nobody(void **state)
{
    (void)state;
    SimQuirks quirks[3];
    for (size_t i = 0; i < 3; i++)
        quirks[i] = quirks_of("silent");
    Field *field = field_new(30, quirks, 3, 90 * BP_MS);
    static const int64_t intervals_us[] = {BP_SECOND, 2 * BP_SECOND, BP_MINUTE};
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, intervals_us[i % 3], 0);
    field_run(field, 2 * BP_MINUTE);
    const uint64_t carried = field->trunk.carried;
    for (int i = 0; i < 60; i++) {
        CollectDevice *device = field->stations[3 + i % 27].device;
        collect_poll_enable(field->poller, device, i % 4 < 2, field->network.now_us);
        field_run(field, 4 * BP_SECOND);
        collect_poll_enable(field->poller, device, true, field->network.now_us);
        field_run(field, BP_SECOND);
    }
    assert_in_range(field->trunk.carried - carried, 300 * 11 * 9 / 10, 300 * 12); /* 90 ms each, for 300 s */
    for (size_t i = 3; i < field->count; i++)
        if (field->stations[i].seen[0].good < 4)
            fail_msg("device %zu was read %zu times", i, field->stations[i].seen[0].good);
    for (size_t i = 0; i < 3; i++)
        assert_true(field->stations[i].asked >= 5);
    field->stations[0].sim.quirks.silent = false; /* one comes back while the trunk is full */
    field_run(field, 12 * BP_MINUTE);
    assert_true(field->stations[0].seen[0].good > 0);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

/* Whoever is asked just then is taken out; the others, which nothing else wakes, go on. */
static void a_device_that_is_removed_leaves_the_trunk_to_the_others(void **state)
{
    (void)state;
    Field *field = field_new(6, NULL, 0, 90 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        collect_poll_scan(field->poller, field->stations[i].device,
                          collect_scan_new(field->site.devices[i].instance, BAC_APDU_MAX, 0),
                          field->network.now_us);
    field_run(field, BP_SECOND);
    size_t removed = 0;
    while (removed < 6 && field->stations[removed].device->peer.outstanding == 0)
        removed++;
    assert_true(removed < 6);
    collect_poll_remove(field->poller, field->stations[removed].device, field->network.now_us);
    field_run(field, 10 * BP_MINUTE);
    for (size_t i = 0; i < 6; i++)
        if (i != removed)
            assert_non_null(field->stations[i].scan);
    field_free(field);
}

static void a_busy_router_is_left_alone_until_it_is_free(void **state)
{
    (void)state;
    Field *field = field_new(4, NULL, 0, 15 * BP_MS);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    field_run(field, 30 * BP_SECOND);
    const uint64_t before = field->trunk.carried;
    BacAddress network = field_address(field, 0);
    network.remote = (BacStation){.network = TRUNK_NETWORK};
    const int64_t now_us = field->network.now_us;
    collect_poll_pause(field->poller, &network, now_us + 30 * BP_SECOND, now_us);
    field_run(field, 20 * BP_SECOND);
    assert_in_range(field->trunk.carried, before, before + 1);             /* what was under way */
    collect_poll_pause(field->poller, &network, 0, field->network.now_us); /* it says that it is free */
    field_run(field, 2 * BP_SECOND);
    assert_true(field->trunk.carried >= before + 4);
    const uint64_t freed = field->trunk.carried;
    collect_poll_pause(field->poller, &network, field->network.now_us + 10 * BP_SECOND,
                       field->network.now_us);
    field_run(field, 20 * BP_SECOND); /* it says nothing more: half of the time is its own */
    assert_true(field->trunk.carried > freed);
    for (size_t i = 0; i < field->count; i++) {
        assert_int_equal(field->stations[i].device->state, COLLECT_ONLINE);
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    }
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void a_trunk_keeps_to_its_budget(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, BP_MS);
    field->settings.trunk.rate = 10;
    collect_poll_set(field->poller, &field->settings);
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, BP_SECOND, 0);
    field_run(field, BP_MINUTE);
    assert_in_range(field->trunk.carried, 580, 602);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trunk_is_given_one_request_at_a_time_and_kept_busy),
        cmocka_unit_test(a_full_trunk_is_never_idle),
        cmocka_unit_test(a_dead_device_on_a_trunk_holds_up_nobody),
        cmocka_unit_test(whatever_is_asked_there_is_one_request_at_a_time_from_the_start_on),
        cmocka_unit_test(an_overloaded_trunk_is_never_idle_and_starves_nobody),
        cmocka_unit_test(a_device_that_is_removed_leaves_the_trunk_to_the_others),
        cmocka_unit_test(a_busy_router_is_left_alone_until_it_is_free),
        cmocka_unit_test(a_trunk_keeps_to_its_budget),
        cmocka_unit_test(a_budget_forgives_a_late_timer_and_saves_nothing_up),
    };
    return cmocka_run_group_tests_name("collect trunk", tests, NULL, NULL);
}
