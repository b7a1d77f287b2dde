/* Anybody may say that anybody is there: what that costs, and whom. */
#include "apps/collect/network/newcomers.h"
#include "tests/unit/field.h"

enum { FLOOD = 100000 };

/* The i-th device that a host makes up behind itself. */
static CollectNewcomer made_up(uint8_t host, uint32_t i)
{
    return (CollectNewcomer){
        .address = {{10, 9, 9, host}, BAC_PORT, {(uint16_t)(i % 60000 + 1), 2, {(uint8_t)(i / 60000), 1}}},
        .instance = 1003,
        .max_apdu = 480};
}

static CollectNewcomer real(uint32_t i)
{
    return (CollectNewcomer){.address = {{10, 1, (uint8_t)(i / 250), (uint8_t)(i % 250 + 1)}, BAC_PORT, {0}},
                             .instance = i};
}

static void a_flood_is_bounded_and_found_in_constant_time(void **state)
{
    (void)state;
    CollectNewcomers *newcomers = collect_newcomers_new();
    size_t taken = 0;
    for (uint32_t i = 0; i < FLOOD; i++) {
        const CollectNewcomer newcomer = made_up(1, i);
        taken += collect_newcomers_offer(newcomers, &newcomer);
    }
    assert_int_equal(taken, COLLECT_NEWCOMERS_OF_ONE);
    for (uint32_t i = 0; i < FLOOD; i++) {
        const CollectNewcomer newcomer = made_up((uint8_t)(2 + i % 250), i);
        taken += collect_newcomers_offer(newcomers, &newcomer);
    }
    assert_int_equal(taken, COLLECT_NEWCOMERS_MAX);
    assert_int_equal(collect_newcomers_waiting(newcomers), COLLECT_NEWCOMERS_MAX);
    const CollectNewcomerCounts *counts = collect_newcomers_counts(newcomers);
    assert_int_equal(counts->left_out, 2 * FLOOD - COLLECT_NEWCOMERS_MAX);
    assert_in_range(counts->steps, 0, 3 * 2 * FLOOD); /* of looking, for each claim */
    collect_newcomers_free(newcomers);
}

static void who_floods_pushes_nobody_else_out(void **state)
{
    (void)state;
    CollectNewcomers *newcomers = collect_newcomers_new();
    CollectNewcomer next;
    for (uint32_t i = 0; i < FLOOD; i++) {
        const CollectNewcomer newcomer = made_up(1, i);
        (void)collect_newcomers_offer(newcomers, &newcomer);
    }
    /* Its own are under way, and will not be answered. */
    for (size_t i = 0; i < COLLECT_NEWCOMERS_ASKED_OF_ONE; i++)
        assert_true(collect_newcomers_next(newcomers, &next));
    assert_false(collect_newcomers_next(newcomers, &next));
    for (uint32_t i = 0; i < 200; i++) {
        const CollectNewcomer newcomer = real(i);
        assert_true(collect_newcomers_offer(newcomers, &newcomer));
        assert_true(collect_newcomers_offer(newcomers, &newcomer)); /* said twice, it waits once */
    }
    for (uint32_t i = 0; i < 200; i++) {
        assert_true(collect_newcomers_next(newcomers, &next));
        assert_int_equal(next.instance, i);
        collect_newcomers_done(newcomers, &next.address, true);
    }
    assert_int_equal(collect_newcomers_counts(newcomers)->answered, 200);
    collect_newcomers_free(newcomers);
}

static void who_was_left_out_is_asked_again_when_all_others_were(void **state)
{
    (void)state;
    CollectNewcomers *newcomers = collect_newcomers_new();
    CollectNewcomer next;
    for (uint32_t i = 0; i < 300; i++) { /* a router with as many devices */
        const CollectNewcomer newcomer = made_up(1, i);
        (void)collect_newcomers_offer(newcomers, &newcomer);
    }
    for (size_t i = 0; i < COLLECT_NEWCOMERS_OF_ONE; i++) {
        assert_false(collect_newcomers_missed(newcomers));
        assert_true(collect_newcomers_next(newcomers, &next));
        collect_newcomers_done(newcomers, &next.address, i % 2 == 0);
    }
    assert_true(collect_newcomers_missed(newcomers));
    assert_false(collect_newcomers_missed(newcomers));
    for (uint32_t i = 256; i < 300; i++) {
        const CollectNewcomer newcomer = made_up(1, i);
        assert_true(collect_newcomers_offer(newcomers, &newcomer));
    }
    assert_false(collect_newcomers_missed(newcomers));
    collect_newcomers_free(newcomers);
}

static void senders_come_and_go_without_an_end(void **state)
{
    (void)state;
    CollectNewcomers *newcomers = collect_newcomers_new();
    CollectNewcomer next;
    for (uint32_t i = 0; i < 20 * COLLECT_NEWCOMERS_MAX; i++) {
        const CollectNewcomer newcomer = real(i);
        assert_true(collect_newcomers_offer(newcomers, &newcomer));
        assert_true(collect_newcomers_next(newcomers, &next));
        assert_int_equal(next.instance, i);
        collect_newcomers_done(newcomers, &next.address, i % 2 == 0);
    }
    assert_int_equal(collect_newcomers_waiting(newcomers), 0);
    assert_in_range(collect_newcomers_counts(newcomers)->steps, 0, 20 * COLLECT_NEWCOMERS_MAX);
    collect_newcomers_free(newcomers);
}

/* ---- while devices are polled ---- */

typedef struct Flood {
    CollectNewcomers *newcomers;
    CollectDevice *silent[COLLECT_NEWCOMERS_ASKED];
    size_t silent_count, answered;
} Flood;

static void on_stranger(Field *field, CollectDevice *device)
{
    Flood *flood = field->owner;
    const bool answered = device->state == COLLECT_ONLINE;
    collect_newcomers_done(flood->newcomers, &device->peer.address, answered);
    flood->answered += answered;
    if (!answered)
        flood->silent[flood->silent_count++] = device;
}

static void settle(Field *field, Flood *flood)
{
    CollectNewcomer next;
    while (flood->silent_count > 0)
        collect_poll_remove(field->poller, flood->silent[--flood->silent_count], field->network.now_us);
    while (collect_newcomers_next(flood->newcomers, &next)) {
        CollectDevice *device;
        assert_int_equal(
            collect_poll_add(field->poller, &next.address, next.instance, next.max_apdu, true, &device, NULL),
            BP_OK);
        collect_poll_probe(field->poller, device, field->network.now_us);
    }
}

static void devices_are_polled_on_time_while_strangers_are_made_up(void **state)
{
    (void)state;
    Field *field = field_new(20, NULL, 0, 0);
    Flood flood = {.newcomers = collect_newcomers_new()};
    field->on_stranger = on_stranger;
    field->owner = &flood;
    for (size_t i = 0; i < field->count; i++)
        field_poll(field, i, BP_SECOND, 0);
    /* One that is really there is new: it has an address, and no row yet. */
    FieldStation *late = &field->stations[19];
    const BacAddress address = late->sim.address;
    collect_poll_remove(field->poller, late->device, field->network.now_us);
    late->device = NULL;
    size_t most = 0;
    for (uint32_t i = 0; i < FLOOD; i++) {
        const CollectNewcomer newcomer = made_up((uint8_t)(1 + i % 3), i);
        (void)collect_newcomers_offer(flood.newcomers, &newcomer);
        if (i == FLOOD / 2) {
            const CollectNewcomer there = {.address = address, .instance = 1020, .max_apdu = 480};
            assert_true(collect_newcomers_offer(flood.newcomers, &there));
        }
        settle(field, &flood);
        field_run(field, 200); /* microseconds: 20 s in all */
        most = collect_poll_count(field->poller) > most ? collect_poll_count(field->poller) : most;
    }
    assert_int_equal(flood.answered, 1);
    assert_in_range(most, 20, 19 + 1 + COLLECT_NEWCOMERS_ASKED);
    for (size_t i = 0; i + 1 < field->count; i++) {
        assert_in_range(field->stations[i].seen[0].good, 19, 21);
        assert_int_equal(field->stations[i].seen[0].bad, 0);
    }
    assert_int_equal(collect_poll_counts(field->poller)->rounds_late, 0);
    assert_in_range(collect_newcomers_counts(flood.newcomers)->silent, 3, 60);
    field_free(field);
    collect_newcomers_free(flood.newcomers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_is_bounded_and_found_in_constant_time),
        cmocka_unit_test(who_floods_pushes_nobody_else_out),
        cmocka_unit_test(who_was_left_out_is_asked_again_when_all_others_were),
        cmocka_unit_test(senders_come_and_go_without_an_end),
        cmocka_unit_test(devices_are_polled_on_time_while_strangers_are_made_up),
    };
    return cmocka_run_group_tests_name("collect newcomers", tests, NULL, NULL);
}
