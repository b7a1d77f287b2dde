/* Change of value: what devices tell, and what they should have told. */
#include "apps/collect/ask/device/cov.h"
#include "tests/unit/field.h"

static void a_subscription_holds_as_long_as_its_lifetime(void **state)
{
    (void)state;
    CollectPoint point = {
        .interval_us = 15 * BP_SECOND, .polled_at_us = 1000 * BP_SECOND, .cov_until_us = 1060 * BP_SECOND};
    assert_true(collect_cov_holds(&point, 1060 * BP_SECOND - 1));
    assert_false(collect_cov_holds(&point, 1060 * BP_SECOND));
    point.cov_until_us = 2000 * BP_SECOND; /* and it is verified meanwhile */
    assert_true(collect_cov_holds(&point, 1140 * BP_SECOND));
    assert_false(collect_cov_holds(&point, 1143 * BP_SECOND));
}

static Field *field_that_tells(size_t count, const SimQuirks *quirks)
{
    Field *field = field_new(count, quirks, quirks ? 1 : 0, 0);
    field->wants_cov = true;
    for (size_t i = 0; i < count; i++)
        field_poll(field, i, 10 * BP_SECOND, 0);
    return field;
}

/* Minutes of a building whose values change, told each second. */
static void live(Field *field, int minutes)
{
    for (int second = 0; second < 60 * minutes; second++) {
        field_step(field, 20);
        field_run(field, BP_SECOND);
    }
}

static void changes_are_told_and_polled_more_slowly(void **state)
{
    (void)state;
    Field *field = field_that_tells(2, NULL);
    field_run(field, 60 * 60 * BP_SECOND);
    const CollectPollCounts *counts = collect_poll_counts(field->poller);
    const size_t points = field->stations[0].sim.device->count + field->stations[1].sim.device->count;
    /* Nothing changes: each is told once with each subscription, and polled each 100 s instead of each 10. */
    assert_in_range(counts->cov_subscribed, 8 * points, 13 * points);
    assert_int_equal(counts->cov_told, counts->cov_subscribed);
    assert_in_range(field->stations[0].seen[0].good, 36 + 8, 36 + 16);
    assert_int_equal(counts->cov_missed, 0);
    live(field, 5);
    assert_int_equal(counts->cov_given_up, 0);
    assert_true(counts->cov_told > counts->cov_subscribed + 20);
    field_free(field);
}

static void confirmed_notifications_are_confirmed(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    field->settings.cov_confirmed = true;
    collect_poll_set(field->poller, &field->settings);
    live(field, 2);
    const BacPublisher *publisher = &field->stations[0].sim.publisher;
    assert_true(publisher->told > 20);
    assert_in_range(publisher->confirmed, publisher->told - field->stations[0].sim.device->count,
                    publisher->told);
    assert_int_equal(publisher->given_up, 0);
    field_free(field);
}

static void a_device_that_tells_nothing_is_polled_again(void **state)
{
    (void)state;
    const SimQuirks mute = quirks_of("mute-cov");
    Field *field = field_that_tells(1, &mute);
    field_run(field, 30 * BP_MINUTE);
    const size_t points = field->stations[0].sim.device->count;
    assert_int_equal(collect_poll_counts(field->poller)->cov_given_up, points);
    assert_in_range(field->stations[0].seen[0].good, 150, 181);
    field_free(field);
}

static void a_device_that_knows_no_cov_is_polled(void **state)
{
    (void)state;
    const SimQuirks quirks = quirks_of("no-cov");
    Field *field = field_that_tells(1, &quirks);
    field_run(field, 10 * BP_MINUTE);
    assert_int_equal(collect_poll_counts(field->poller)->cov_given_up, field->stations[0].sim.device->count);
    assert_in_range(field->stations[0].seen[0].good, 60, 61);
    field_free(field);
}

static void a_device_that_restarts_is_subscribed_to_again(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    field_run(field, BP_MINUTE);
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    collect_poll_restarted(field->poller, field->stations[0].device, field->network.now_us);
    field_run(field, 10 * BP_SECOND);
    size_t subscribed = 0;
    for (size_t i = 0; i < publisher->count; i++)
        subscribed += publisher->subscriptions[i].in_use;
    assert_int_equal(subscribed, field->stations[0].sim.device->count);
    field_free(field);
}

static size_t count_subscriptions(const Field *field, size_t i)
{
    const BacPublisher *publisher = &field->stations[i].sim.publisher;
    size_t count = 0;
    for (size_t j = 0; j < publisher->count; j++)
        count += publisher->subscriptions[j].in_use;
    return count;
}

static void another_run_renews_the_subscriptions_of_the_last(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    for (size_t run = 0; run < 3; run++) {
        field_restart(field, 77);
        field_poll(field, 0, 5 * BP_SECOND, 0);
        field_run(field, BP_MINUTE);
        assert_int_equal(count_subscriptions(field, 0), field->stations[0].sim.device->count);
    }
    field_free(field);
}

static void what_was_given_up_is_tried_again_when_a_device_restarts(void **state)
{
    (void)state;
    const SimQuirks mute = quirks_of("mute-cov");
    Field *field = field_that_tells(1, &mute);
    field_run(field, 20 * BP_MINUTE);
    assert_true(collect_poll_counts(field->poller)->cov_given_up > 0);
    field->stations[0].sim.quirks.mute_cov = false;
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    collect_poll_restarted(field->poller, field->stations[0].device, field->network.now_us);
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(count_subscriptions(field, 0), field->stations[0].sim.device->count);
    field_free(field);
}

/* A restart that nobody has heard of shows by the first of its changes that is not told. */
static void one_change_that_is_not_told_has_all_subscriptions_renewed(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    field_run(field, BP_MINUTE);
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    while (collect_poll_counts(field->poller)->cov_missed == 0) {
        field_step(field, 60);
        field_run(field, BP_SECOND);
    }
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(count_subscriptions(field, 0), field->stations[0].sim.device->count);
    field_free(field);
}

/* And until it has them again its points are polled at their interval. */
static void after_a_restart_that_nobody_heard_of_nothing_is_relied_upon(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    const FieldStation *station = &field->stations[0];
    BacPublisher *publisher = &field->stations[0].sim.publisher;
    field_run(field, 30 * BP_SECOND);
    memset(publisher->subscriptions, 0, publisher->count * sizeof *publisher->subscriptions);
    field->stations[0].sim.server.options.publisher = NULL; /* it takes none for now */
    size_t before[OBJECTS_MAX] = {0};
    while (collect_poll_counts(field->poller)->cov_missed == 0) {
        field_step(field, 60);
        field_run(field, BP_SECOND);
    }
    for (size_t i = 0; i < station->sim.device->count; i++)
        before[i] = station->seen[i].good + station->seen[i].uncertain;
    field_run(field, 61 * BP_SECOND);
    for (size_t i = 0; i < station->sim.device->count; i++)
        assert_in_range(station->seen[i].good + station->seen[i].uncertain - before[i], 5, 8);
    field_free(field);
}

static void take_leave(Field *field, int64_t for_us)
{
    const int64_t end_us = field->network.now_us + for_us;
    collect_poll_take_leave(field->poller, field->network.now_us);
    while (!collect_poll_has_taken_leave(field->poller) && field->network.now_us < end_us)
        field_run(field, BP_MS);
}

static void subscriptions_are_cancelled_when_the_collector_ends(void **state)
{
    (void)state;
    static const int64_t trunks_us[] = {0, 5 * BP_MS};
    for (size_t i = 0; i < 2; i++) {
        const SimQuirks none = {0};
        Field *field = field_new(3, &none, 1, trunks_us[i]);
        field->wants_cov = true;
        for (size_t j = 0; j < field->count; j++)
            field_poll(field, j, 10 * BP_SECOND, 0);
        field_run(field, 30 * BP_SECOND);
        for (size_t j = 0; j < field->count; j++)
            assert_int_equal(count_subscriptions(field, j), field->stations[j].sim.device->count);
        take_leave(field, 2 * BP_SECOND);
        assert_true(collect_poll_has_taken_leave(field->poller));
        for (size_t j = 0; j < field->count; j++)
            assert_int_equal(count_subscriptions(field, j), 0);
        const uint64_t asked = field->stations[0].asked;
        field_run(field, BP_MINUTE); /* and nothing else is asked */
        assert_int_equal(field->stations[0].asked, asked);
        field_free(field);
    }
}

static void a_device_that_is_silent_then_is_not_waited_for(void **state)
{
    (void)state;
    Field *field = field_that_tells(2, NULL);
    field_run(field, 30 * BP_SECOND);
    field->stations[0].sim.quirks.silent = true;
    field_run(field, 3 * BP_MINUTE);
    assert_int_not_equal(field->stations[0].device->state, COLLECT_ONLINE);
    const uint64_t asked = field->stations[0].asked;
    take_leave(field, 2 * BP_SECOND);
    assert_true(collect_poll_has_taken_leave(field->poller));
    assert_int_equal(field->stations[0].asked, asked);
    assert_int_equal(count_subscriptions(field, 1), 0);
    field_free(field);
}

/* What is being subscribed to just then is cancelled, too. */
static void a_collector_that_ends_as_it_begins_leaves_nothing_behind(void **state)
{
    (void)state;
    for (int64_t ms = 0; ms < 5000; ms += 250) {
        Field *field = field_that_tells(1, NULL);
        field_run(field, ms * BP_MS + 300);
        take_leave(field, 2 * BP_SECOND);
        assert_int_equal(count_subscriptions(field, 0), 0);
        field_free(field);
    }
}

/* A collector that waited for it would be woken at once, again and again. */
static void what_is_due_when_the_collector_ends_is_not_waited_for(void **state)
{
    (void)state;
    Field *field = field_that_tells(1, NULL);
    CollectDevice *device = field->stations[0].device;
    field_run(field, 30 * BP_SECOND);
    device->cov.due_us = device->identity.recheck_us = field->network.now_us;
    take_leave(field, 2 * BP_SECOND);
    assert_true(collect_poll_has_taken_leave(field->poller));
    assert_int_equal(count_subscriptions(field, 0), 0);
    assert_true(collect_poll_next_due_us(field->poller) > field->network.now_us);
    field_free(field);
}

/* From the right device and object, but for another process: that of the run before, say. */
static void what_others_tell_is_nobodys(void **state)
{
    (void)state;
    Field *field = field_that_tells(2, NULL);
    field_run(field, BP_MINUTE);
    const size_t before = field->readings;
    const uint64_t told = collect_poll_counts(field->poller)->cov_told;
    BacSubscription *one = &field->stations[1].sim.publisher.subscriptions[0];
    one->process++;
    one->was_told = false;
    sim_station_tell(&field->stations[1].sim, field->network.now_us);
    field_run(field, BP_MS);
    assert_int_equal(field->readings, before);
    assert_int_equal(collect_poll_counts(field->poller)->cov_told, told);
    assert_int_equal(collect_poll_counts(field->poller)->cov_foreign, 1);
    field_free(field);
}

static void subscriptions_are_made_anew_after_the_network_was_gone(void **state)
{
    (void)state;
    Field *field = field_new(1, NULL, 0, 0);
    field->wants_cov = true;
    field_poll(field, 0, 10 * BP_SECOND, 0);
    field_run(field, 30 * BP_SECOND);
    const uint64_t subscribed = collect_poll_counts(field->poller)->cov_subscribed;
    assert_true(subscribed > 0);
    collect_poll_leave(field->poller, field->network.now_us);
    field_run(field, BP_MINUTE);
    collect_poll_join(field->poller, field->network.now_us);
    field_run(field, 10 * BP_SECOND);
    assert_true(collect_poll_counts(field->poller)->cov_subscribed >= 2 * subscribed);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subscription_holds_as_long_as_its_lifetime),
        cmocka_unit_test(changes_are_told_and_polled_more_slowly),
        cmocka_unit_test(confirmed_notifications_are_confirmed),
        cmocka_unit_test(a_device_that_tells_nothing_is_polled_again),
        cmocka_unit_test(a_device_that_knows_no_cov_is_polled),
        cmocka_unit_test(a_device_that_restarts_is_subscribed_to_again),
        cmocka_unit_test(another_run_renews_the_subscriptions_of_the_last),
        cmocka_unit_test(what_was_given_up_is_tried_again_when_a_device_restarts),
        cmocka_unit_test(one_change_that_is_not_told_has_all_subscriptions_renewed),
        cmocka_unit_test(after_a_restart_that_nobody_heard_of_nothing_is_relied_upon),
        cmocka_unit_test(subscriptions_are_cancelled_when_the_collector_ends),
        cmocka_unit_test(a_device_that_is_silent_then_is_not_waited_for),
        cmocka_unit_test(a_collector_that_ends_as_it_begins_leaves_nothing_behind),
        cmocka_unit_test(what_is_due_when_the_collector_ends_is_not_waited_for),
        cmocka_unit_test(what_others_tell_is_nobodys),
        cmocka_unit_test(subscriptions_are_made_anew_after_the_network_was_gone),
    };
    return cmocka_run_group_tests_name("collect cov", tests, NULL, NULL);
}
