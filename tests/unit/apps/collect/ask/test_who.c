/* Who is where: devices that are replaced, moved, swapped and renumbered. */
#include "tests/unit/apps/collect/ask/strangers.h"

static void another_device_at_a_known_address_is_another_device(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    swap_addresses(field, 0, 2);
    hear(field, &field->stations[2].sim.address, instance_of(field, 2));
    field_run(field, 2 * BP_MINUTE);
    assert_replaced(field, 0, 2, good);
    assert_int_equal(field->found, 1);
    assert_int_equal(field->wrong, 0);
    assert_in_range(field->stations[0].seen[0].bad, 2, 6); /* told at once, and then now and then */
    assert_all(field, 1, COLLECT_ONLINE, "");
    field_free(field);
}

/* Its answers are under way, or come, between the first word of it and its own. */
static void nothing_that_it_says_is_taken_for_the_old_ones(void **state)
{
    (void)state;
    for (int64_t after_us = 0; after_us < 5 * BP_SECOND; after_us += 130 * BP_MS) {
        Field *field = new_field(3);
        field->network.delay_us = 100 * BP_MS;
        field_run(field, 20 * BP_SECOND + after_us);
        const size_t good = field->stations[0].seen[0].good;
        swap_addresses(field, 0, 2);
        hear(field, &field->stations[2].sim.address, instance_of(field, 2));
        field_run(field, BP_MINUTE);
        assert_replaced(field, 0, 2, good);
        assert_int_equal(field->wrong, 0);
        field_free(field);
    }
}

/* The first question is answered late, by a device whose last word it is. */
static struct {
    bool is_kept;
    uint8_t invoke_id;
    BacReference asked;
} question;

static bool keeps_the_first_question(FieldStation *station, const BacDatagram *datagram)
{
    BacReference asked;
    if (question.is_kept || station != &station->field->stations[0] || !is_question(datagram, &asked))
        return false;
    question.is_kept = true;
    question.invoke_id = datagram->apdu.invoke_id;
    question.asked = asked;
    return true;
}

static bool is_lost(void *owner, const Frame *frame)
{
    return bac_address_equal(&frame->to, owner);
}

/* A device says that it is there, and vouches for what it told until it was asked. What comes between its
 * question and its answer may be another's, who took its address meanwhile, and his answer is quicker. */
static void a_word_holds_for_what_was_told_before_it_was_asked_for_and_no_more(void **state)
{
    (void)state;
    Field *field = new_field(3);
    const FieldStation *old = &field->stations[0];
    CollectDevice *device = old->device;
    BacAddress address = old->sim.address;
    device->pace.more = 1; /* it takes two requests at once */
    field_run(field, 20 * BP_SECOND);
    field->network.owner = &address;
    field->network.loses = is_lost;
    for (const uint64_t asked = old->asked; old->asked == asked;)
        field_run(field, 10 * BP_MS);
    field->network.loses = NULL;   /* it will be asked for the points again, in a second, */
    field_run(field, 500 * BP_MS); /* and who it is after that */
    hear(field, &address, 4711);
    question.is_kept = false;
    field->intercept = keeps_the_first_question;
    while (!question.is_kept)
        field_run(field, 10 * BP_MS);
    const size_t good = old->seen[0].good;
    swap_addresses(field, 0, 2);
    for (int i = 0; device->readings.count == device->readings.covered; i++) {
        assert_in_range(i, 0, 300);
        field_run(field, 10 * BP_MS);
    }
    assert_true(device->identity.is_suspect && device->identity.probing);
    say_yes(field, &address, question.invoke_id, &question.asked);
    field_run(field, 100 * BP_MS);
    assert_int_equal(device->state, COLLECT_ONLINE);
    assert_true(device->identity.is_suspect); /* whose those are is asked next */
    assert_int_equal(old->seen[0].good, good);
    field_run(field, BP_MINUTE);
    assert_replaced(field, 0, 2, good);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

/* Nobody has heard an I-Am of it: its answers give it away. */
static void one_that_comes_without_a_word_gives_itself_away(void **state)
{
    (void)state;
    for (int64_t after_us = 0; after_us < 5 * BP_SECOND; after_us += 70 * BP_MS) {
        Field *field = new_field(3);
        field->network.delay_us = 100 * BP_MS;
        field_run(field, 20 * BP_SECOND + after_us);
        const size_t good = field->stations[0].seen[0].good;
        swap_addresses(field, 0, 2);
        field_run(field, BP_MINUTE);
        assert_in_range(field->stations[0].seen[0].good, good,
                        good + 1); /* its last words may be under way */
        assert_replaced(field, 0, 2, field->stations[0].seen[0].good);
        assert_int_equal(field->wrong, 0);
        field_free(field);
    }
}

static void where_answers_have_no_room_for_a_name_it_is_asked_for_each_minute(void **state)
{
    (void)state;
    const SimQuirks quirks[] = {quirks_of("no-read-multiple"), {0}, quirks_of("no-read-multiple")};
    Field *field = field_new(3, quirks, 3, 0);
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 5 * BP_MINUTE);
    assert_all(field, 0, COLLECT_ONLINE, "");
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    const size_t count = field->stations[0].sim.device->count;
    assert_in_range(field->stations[0].asked, 60 * count,
                    60 * count + 6 * count + 10); /* flags each minute */
    swap_addresses(field, 0, 2);
    field_run(field, 66 * BP_SECOND);
    assert_all(field, 0, COLLECT_REPLACED, "replaced");
    field_free(field);
}

static void one_that_was_silent_is_asked_who_it_is_before_it_is_believed(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    swap_addresses(field, 0, 2); /* no I-Am is heard of it */
    field_run(field, 2 * BP_MINUTE);
    assert_replaced(field, 0, 2, good);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void so_is_everybody_at_the_start(void **state)
{
    (void)state;
    Field *field = new_field(4);
    swap_addresses(field, 0, 1); /* while the collector was away */
    swap_addresses(field, 2, 3);
    field_run(field, BP_MINUTE);
    assert_replaced(field, 0, 1, 0);
    assert_replaced(field, 1, 0, 0);
    assert_replaced(field, 2, 3, 0);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void two_that_swap_are_both_found_and_free_to_move(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    swap_addresses(field, 0, 1);
    hear(field, &field->stations[0].sim.address, instance_of(field, 0));
    hear(field, &field->stations[1].sim.address, instance_of(field, 1));
    field_run(field, 10 * BP_SECOND);
    assert_replaced(field, 0, 1, good);
    assert_replaced(field, 1, 0, field->stations[1].seen[0].good);
    for (size_t i = 0; i < 2; i++) {
        const CollectDevice *namesake;
        assert_int_equal(
            collect_poll_namesake(
                field->poller, collect_poll_find(field->poller, &field->stations[i].sim.address), &namesake),
            COLLECT_NAMESAKE_GONE);
        assert_ptr_equal(namesake, field->stations[i].device);
    }
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void one_that_moved_is_gone_once_its_old_address_was_asked(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    const BacAddress there = {{10, 9, 9, 9}, BAC_PORT, {0}};
    field->stations[0].sim.address = there;
    const CollectDevice *stranger = hear(field, &there, instance_of(field, 0)), *namesake;
    field_run(field, BP_SECOND);
    assert_int_equal(stranger->state, COLLECT_ONLINE);
    assert_int_equal(collect_poll_namesake(field->poller, stranger, &namesake), COLLECT_NAMESAKE_ASKED);
    field_run(field, 30 * BP_SECOND);
    assert_int_equal(collect_poll_namesake(field->poller, stranger, &namesake), COLLECT_NAMESAKE_GONE);
    assert_ptr_equal(namesake, field->stations[0].device);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    field_free(field);
}

static void one_with_the_name_of_a_device_that_answers_is_another(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->site.devices[2].instance = instance_of(field, 0);
    field->stations[2].sim.server.options.identity.instance = instance_of(field, 0);
    field_run(field, 20 * BP_SECOND);
    const CollectDevice *stranger = hear(field, &field->stations[2].sim.address, instance_of(field, 0)),
                        *namesake;
    field_run(field, BP_SECOND);
    assert_int_equal(stranger->state, COLLECT_ONLINE);
    assert_int_equal(collect_poll_namesake(field->poller, stranger, &namesake), COLLECT_NAMESAKE_THERE);
    assert_all(field, 0, COLLECT_ONLINE, "");
    field_free(field);
}

static void one_that_is_renumbered_is_found_by_its_new_number(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    field->site.devices[0].instance = 777;
    field->stations[0].sim.server.options.identity.instance = 777;
    hear(field, &field->stations[0].sim.address, 777);
    field_run(field, 10 * BP_SECOND);
    assert_replaced(field, 0, 0, good);
    field_free(field);
}

static void one_that_is_readmitted_is_asked_at_its_address_again(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    swap_addresses(field, 0, 2);
    hear(field, &field->stations[2].sim.address, instance_of(field, 2));
    field_run(field, 10 * BP_SECOND);
    CollectDevice *device = field->stations[0].device;
    assert_true(device->is_evicted);
    collect_poll_readmit(field->poller, device, field->network.now_us); /* the other one has it */
    assert_true(device->is_evicted);
    collect_poll_remove(field->poller, collect_poll_find(field->poller, &device->peer.address),
                        field->network.now_us);
    swap_addresses(field, 0, 2);
    collect_poll_readmit(field->poller, device, field->network.now_us);
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_ONLINE, "");
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void an_i_am_of_a_silent_device_has_it_asked_at_once(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 20 * BP_SECOND);
    field->stations[0].sim.quirks.silent = true;
    field_run(field, 10 * BP_MINUTE); /* probes are minutes apart */
    field->stations[0].sim.quirks.silent = false;
    hear(field, &field->stations[0].sim.address, instance_of(field, 0));
    field_run(field, BP_SECOND);
    assert_int_equal(field->stations[0].device->state, COLLECT_ONLINE);
    /* And where it comes while a probe is out that will not be answered. */
    field->stations[0].sim.quirks.silent = true;
    while (field->stations[0].device->state == COLLECT_ONLINE || !field->stations[0].device->identity.probing)
        field_run(field, 100 * BP_MS);
    field_run(field, 100 * BP_MS); /* it is lost */
    field->stations[0].sim.quirks.silent = false;
    hear(field, &field->stations[0].sim.address, instance_of(field, 0));
    while (field->stations[0].device->identity.probing)
        field_run(field, 100 * BP_MS);
    field_run(field, 200 * BP_MS);
    assert_int_equal(field->stations[0].device->state, COLLECT_ONLINE);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_device_at_a_known_address_is_another_device),
        cmocka_unit_test(nothing_that_it_says_is_taken_for_the_old_ones),
        cmocka_unit_test(a_word_holds_for_what_was_told_before_it_was_asked_for_and_no_more),
        cmocka_unit_test(one_that_comes_without_a_word_gives_itself_away),
        cmocka_unit_test(where_answers_have_no_room_for_a_name_it_is_asked_for_each_minute),
        cmocka_unit_test(one_that_was_silent_is_asked_who_it_is_before_it_is_believed),
        cmocka_unit_test(so_is_everybody_at_the_start),
        cmocka_unit_test(two_that_swap_are_both_found_and_free_to_move),
        cmocka_unit_test(one_that_moved_is_gone_once_its_old_address_was_asked),
        cmocka_unit_test(one_with_the_name_of_a_device_that_answers_is_another),
        cmocka_unit_test(one_that_is_renumbered_is_found_by_its_new_number),
        cmocka_unit_test(one_that_is_readmitted_is_asked_at_its_address_again),
        cmocka_unit_test(an_i_am_of_a_silent_device_has_it_asked_at_once),
    };
    return cmocka_run_group_tests_name("collect who", tests, NULL, NULL);
}
