/* Who is at an address: devices that are replaced, moved, swapped and renumbered, and I-Ams that lie. */
#include "apps/collect/ask/identity.h"
#include "tests/unit/field.h"

/* An I-Am from there, as the collector takes it. */
static CollectDevice *hear(Field *field, const BacAddress *from, uint32_t instance)
{
    const CollectClaim claim = {instance, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
    CollectDevice *device = collect_poll_find(field->poller, from);
    if (!device)
        assert_int_equal(collect_poll_add(field->poller, from, instance, BAC_APDU_MAX, true, &device, NULL),
                         BP_OK);
    collect_poll_doubt(field->poller, device, &claim, field->network.now_us);
    return device;
}

static uint32_t instance_of(const Field *field, size_t i)
{
    return field->site.devices[i].instance;
}

static size_t count_devices(const Field *field)
{
    size_t count = 0;
    for (const CollectDevice *device = collect_poll_devices(field->poller); device; device = device->next)
        count++;
    return count;
}

/* The device i is at address j now, and the other way round. */
static void swap_addresses(Field *field, size_t i, size_t j)
{
    const BacAddress address = field->stations[i].sim.address;
    field->stations[i].sim.address = field->stations[j].sim.address;
    field->stations[j].sim.address = address;
}

/* All known, polled every 5 s, but the last one, which nobody has heard of. */
static Field *new_field(size_t count)
{
    Field *field = field_new(count, NULL, 0, 0);
    collect_poll_remove(field->poller, field->stations[count - 1].device, field->network.now_us);
    field->stations[count - 1].device = NULL;
    for (size_t i = 0; i + 1 < count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    return field;
}

static void assert_all(const Field *field, size_t i, CollectState state, const char *reason)
{
    const FieldStation *station = &field->stations[i];
    assert_int_equal(station->device->state, state);
    for (size_t j = 0; j < station->sim.device->count; j++)
        assert_string_equal(station->seen[j].reason, reason);
}

/* ---- I-Ams that lie ---- */

static void a_forged_i_am_of_a_live_address_changes_nothing(void **state)
{
    (void)state;
    Field *field = new_field(3);
    for (int i = 0; i < 12; i++) {
        field_run(field, 5 * BP_SECOND);
        hear(field, &field->stations[0].sim.address, i % 2 ? 4711 : instance_of(field, 1));
    }
    field_run(field, BP_SECOND);
    assert_all(field, 0, COLLECT_ONLINE, "");
    assert_int_equal(field->stations[0].states, 1);
    assert_in_range(field->stations[0].seen[0].good, 12, 13);
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    assert_int_equal(field->found, 0);
    assert_int_equal(count_devices(field), 2);
    field_free(field);
}

static void a_flood_of_them_delays_readings_by_a_second(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field_run(field, 5 * BP_SECOND);
    const uint64_t before = field->stations[0].asked;
    for (uint32_t i = 0; i < 6000; i++) {
        hear(field, &field->stations[0].sim.address, i);
        field_run(field, 10 * BP_MS);
    }
    assert_in_range(field->stations[0].seen[0].good, 12, 14);
    assert_int_equal(field->stations[0].seen[0].bad, 0);
    assert_in_range(field->stations[0].asked - before, 60, 60 + 60);
    assert_int_equal(field->found, 0);
    field_free(field);
}

static void a_forged_i_am_moves_no_silent_device_to_where_nobody_is(void **state)
{
    (void)state;
    Field *field = new_field(3);
    const BacAddress nowhere = {{10, 9, 9, 9}, BAC_PORT, {0}};
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    const CollectDevice *stranger = hear(field, &nowhere, instance_of(field, 0));
    field_run(field, BP_MINUTE);
    assert_int_equal(stranger->state, COLLECT_OFFLINE); /* and to be forgotten */
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    field_free(field);
}

static void nor_to_a_known_device(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    hear(field, &field->stations[1].sim.address, instance_of(field, 0));
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    assert_all(field, 1, COLLECT_ONLINE, "");
    assert_int_equal(field->stations[1].seen[0].bad, 0);
    assert_int_equal(count_devices(field), 2);
    field_free(field);
}

static void nor_to_a_stranger_who_is_found_by_its_own_name(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    const CollectDevice *stranger = hear(field, &field->stations[2].sim.address, instance_of(field, 0)),
                        *namesake;
    field_run(field, 10 * BP_SECOND);
    assert_int_equal(stranger->instance, instance_of(field, 2));
    assert_int_equal(stranger->state, COLLECT_ONLINE);
    assert_int_equal(collect_poll_namesake(field->poller, stranger, &namesake), COLLECT_NO_NAMESAKE);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    field_free(field);
}

/* Whether somebody is asked who he is, and by which name. */
static bool is_question(const BacDatagram *datagram, BacReference *ret_asked)
{
    BpCursor body = datagram->body;
    return datagram->apdu.service == BAC_SERVICE_CONFIRMED_READ_PROPERTY &&
           bac_read_property_decode(&body, ret_asked, NULL) == BP_OK &&
           ret_asked->object.type == BAC_DEVICE && ret_asked->property == BAC_PROP_OBJECT_IDENTIFIER;
}

/* "I am the one you ask for." */
static void say_yes(Field *field, const BacAddress *from, uint8_t invoke_id, const BacReference *asked)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {
        .type = BAC_COMPLEX_ACK, .invoke_id = invoke_id, .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    const size_t begin = bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &COLLECTOR, NULL, false, &apdu);
    bac_read_property_ack_begin(&out, asked);
    bac_value_encode(&out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = asked->object});
    bac_read_property_ack_end(&out);
    bac_datagram_end(&out, begin);
    network_send(&field->network, from, &COLLECTOR, bp_buf_text(&out));
}

static bool says_yes_to_all(FieldStation *station, const BacDatagram *datagram)
{
    BacReference asked;
    if (station != &station->field->stations[2] || !is_question(datagram, &asked))
        return false;
    say_yes(station->field, &station->sim.address, datagram->apdu.invoke_id, &asked);
    return true;
}

static void whoever_says_yes_to_every_name_is_nobody(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = says_yes_to_all;
    field->stations[0].sim.quirks.silent = true;
    field_run(field, BP_MINUTE);
    const CollectDevice *stranger = hear(field, &field->stations[2].sim.address, instance_of(field, 0));
    field_run(field, BP_MINUTE);
    assert_int_equal(stranger->state, COLLECT_REPLACED);
    hear(field, &field->stations[2].sim.address, instance_of(field, 1));
    field_run(field, BP_MINUTE);
    assert_int_equal(stranger->state, COLLECT_REPLACED);
    assert_all(field, 0, COLLECT_OFFLINE, "timeout");
    assert_all(field, 1, COLLECT_ONLINE, "");
    assert_int_equal(count_devices(field), 3);
    field_free(field);
}

/* ---- another device at a known address ---- */

static void assert_replaced(const Field *field, size_t i, size_t by, size_t good)
{
    const BacAddress address = field_address(field, i);
    const CollectDevice *device = collect_poll_find(field->poller, &address);
    assert_non_null(device);
    assert_int_equal(device->instance, instance_of(field, by));
    assert_int_equal(device->device_id, 0);
    assert_int_equal(device->state, COLLECT_ONLINE);
    assert_true(field->stations[i].device->is_evicted);
    assert_all(field, i, COLLECT_REPLACED, "replaced");
    assert_int_equal(field->stations[i].seen[0].good, good);
}

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

/* ---- devices that are not asked so easily ---- */

/* Answers for device 4194303 as if that were an object like any other. */
static bool knows_no_wildcard(FieldStation *station, const BacDatagram *datagram)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    BpCursor body = datagram->body;
    BacReference reference;
    if (datagram->apdu.service != BAC_SERVICE_CONFIRMED_READ_PROPERTY ||
        bac_read_property_decode(&body, &reference, NULL) != BP_OK || reference.object.type != BAC_DEVICE ||
        reference.object.instance != BAC_INSTANCE_WILDCARD)
        return false;
    const BacApdu apdu = {.type = BAC_ERROR,
                          .invoke_id = datagram->apdu.invoke_id,
                          .service = BAC_SERVICE_CONFIRMED_READ_PROPERTY};
    const size_t begin =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, NULL, false, &apdu);
    bac_error_encode(&out, NO_SUCH_OBJECT);
    bac_datagram_end(&out, begin);
    network_send(&station->field->network, &station->sim.address, &COLLECTOR, bp_buf_text(&out));
    return true;
}

static void a_device_without_the_wildcard_is_asked_by_the_name_that_was_claimed(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = knows_no_wildcard;
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    hear(field, &field->stations[0].sim.address, 4711);
    field_run(field, 5 * BP_SECOND);
    assert_all(field, 0, COLLECT_ONLINE, "");
    swap_addresses(field, 0, 2);
    hear(field, &field->stations[2].sim.address, instance_of(field, 2));
    field_run(field, 10 * BP_SECOND);
    assert_replaced(field, 0, 2, good + 1);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

/* Is silent when it is asked who it is, whoever it is. */
static bool hears_no_wildcard(FieldStation *station, const BacDatagram *datagram)
{
    BacReference asked;
    (void)station;
    return is_question(datagram, &asked) && asked.object.instance == BAC_INSTANCE_WILDCARD;
}

static void one_that_denies_and_then_says_no_more_is_another(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = hears_no_wildcard;
    field_run(field, 20 * BP_SECOND);
    const size_t good = field->stations[0].seen[0].good;
    swap_addresses(field, 0, 2);
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_REPLACED, "replaced"); /* and not silent */
    assert_int_equal(field->stations[0].seen[0].good, good);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void a_name_that_nobody_has_is_not_the_devices_own(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        BpRandom random = bp_random(seed), again = random;
        CollectDevice device = {.instance = BAC_INSTANCE_WILDCARD, .identity.question = COLLECT_ASK_NOBODY};
        const uint32_t drawn = collect_identity_question(&device, &random).object.instance;
        device.instance = drawn;
        assert_in_range(drawn, 0, BAC_INSTANCE_WILDCARD - 1);
        assert_int_not_equal(collect_identity_question(&device, &again).object.instance, drawn);
    }
}

static void until_it_is_known_who_is_there_nobody_has_the_address(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = knows_no_wildcard;
    swap_addresses(field, 0, 2);
    field_run(field, 10 * BP_SECOND);
    assert_all(field, 0, COLLECT_REPLACED, "replaced");
    assert_false(field->stations[0].device->is_evicted);
    hear(field, &field->stations[2].sim.address, 4711);
    field_run(field, 2 * BP_SECOND);
    assert_false(field->stations[0].device->is_evicted);
    hear(field, &field->stations[2].sim.address, instance_of(field, 2));
    field_run(field, 2 * BP_SECOND);
    assert_replaced(field, 0, 2, 0);
    field_free(field);
}

static void one_that_comes_back_to_its_address_goes_on(void **state)
{
    (void)state;
    Field *field = new_field(3);
    field->intercept = knows_no_wildcard;
    swap_addresses(field, 0, 2);
    field_run(field, 10 * BP_SECOND);
    assert_all(field, 0, COLLECT_REPLACED, "replaced");
    swap_addresses(field, 0, 2);
    field_run(field, BP_MINUTE);
    assert_all(field, 0, COLLECT_ONLINE, "");
    assert_int_equal(field->wrong, 0);
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
        cmocka_unit_test(a_forged_i_am_of_a_live_address_changes_nothing),
        cmocka_unit_test(a_flood_of_them_delays_readings_by_a_second),
        cmocka_unit_test(a_forged_i_am_moves_no_silent_device_to_where_nobody_is),
        cmocka_unit_test(nor_to_a_known_device),
        cmocka_unit_test(nor_to_a_stranger_who_is_found_by_its_own_name),
        cmocka_unit_test(whoever_says_yes_to_every_name_is_nobody),
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
        cmocka_unit_test(a_device_without_the_wildcard_is_asked_by_the_name_that_was_claimed),
        cmocka_unit_test(one_that_denies_and_then_says_no_more_is_another),
        cmocka_unit_test(a_name_that_nobody_has_is_not_the_devices_own),
        cmocka_unit_test(until_it_is_known_who_is_there_nobody_has_the_address),
        cmocka_unit_test(one_that_comes_back_to_its_address_goes_on),
        cmocka_unit_test(one_that_is_readmitted_is_asked_at_its_address_again),
        cmocka_unit_test(an_i_am_of_a_silent_device_has_it_asked_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
