/* Orders: what a device is asked once, whose end is told once, whatever becomes of the device. */
#include "tests/unit/field.h"

enum { GIVEN_MAX = 200, DEVICES = 3 };

/* What the order with this number writes: something that a setpoint takes, and no other order writes. */
static float value_of_order(size_t number)
{
    return 18 + (float)number / 64;
}

static size_t order_of_value(float value)
{
    return (size_t)((value - 18) * 64);
}

/* An order and what was heard of it. Each writes a value that no other does. */
typedef struct Given {
    size_t ends;
    CollectOrderEnd end;
    size_t sent; /* datagrams */
    int64_t sent_at_us;
    bool is_urgent, is_once;
    size_t more;  /* orders that are given one by another, urgent and patient in turn, when it ends */
    Field *again; /* NULL, or where the order is given once more when it ends */
    CollectDevice *device;
} Given;

static struct {
    Given all[GIVEN_MAX];
    size_t count;
    BpRandom random;
    double lost; /* part of 1, of all datagrams */
    bool loses_writes;
    size_t outcomes[COLLECT_ORDER_UNKNOWN + 1], whys[COLLECT_ORDER_LATE + 1], total;
} given;

static CollectOrderRequest request_of(size_t number, BacObjectId object, uint8_t *memory, size_t capacity)
{
    uint8_t value_memory[16];
    BpBuf out = bp_buf(memory, capacity), value = bp_buf(value_memory, sizeof value_memory);
    bac_value_encode(&value, &(BacValue){.type = BAC_REAL, .real = value_of_order(number)});
    bac_write_property_encode(&out, &(BacWrite){.reference = {object, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                                                .value = bp_cursor(value_memory, value.size),
                                                .priority = 16});
    return (CollectOrderRequest){.service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                 .parameters = bp_buf_text(&out),
                                 .is_urgent = true,
                                 .is_once = true,
                                 .context = &given.all[number]};
}

static Given *give(Field *field, CollectDevice *device, BacObjectId object, bool is_urgent, bool is_once);

static void on_end(void *context, const CollectOrderEnd *end)
{
    Given *one = context;
    one->ends++;
    one->end = *end;
    assert_true((end->outcome == COLLECT_ORDER_NOT_SENT) == (end->why != COLLECT_ORDER_WAS_SENT));
    given.outcomes[end->outcome]++;
    given.whys[end->why]++;
    if (!one->again)
        return;
    /* Where it cannot be asked, that one has ended by then, and gives none. */
    const Given before = *one;
    Given *next =
        give(before.again, before.device, (BacObjectId){BAC_ANALOG_VALUE, 0}, !before.is_urgent, true);
    if (before.more > 0 && next->ends == 0) {
        next->again = before.again;
        next->more = before.more - 1;
    }
}

/* Gives an order to write its value to the object. */
static Given *give(Field *field, CollectDevice *device, BacObjectId object, bool is_urgent, bool is_once)
{
    uint8_t memory[64];
    assert_true(given.count < GIVEN_MAX);
    const size_t number = given.count++;
    Given *one = &given.all[number];
    *one = (Given){.is_urgent = is_urgent, .is_once = is_once, .device = device};
    CollectOrderRequest request = request_of(number, object, memory, sizeof memory);
    request.is_urgent = is_urgent;
    request.is_once = is_once;
    request.on_end = on_end;
    collect_poll_order(field->poller, device, &request, field->network.now_us);
    memset(memory, 0xFF, sizeof memory); /* the poller has its own copy */
    given.total++;
    return one;
}

/* The order whose request the frame is, or NULL. */
static Given *order_in(const Frame *frame)
{
    BacDatagram datagram;
    BacWrite write;
    BacValue value;
    assert_int_equal(
        bac_datagram_decode(bp_cursor(frame->octets, frame->size), &frame->from, &datagram, NULL), BP_OK);
    BpCursor body = datagram.body;
    if (!datagram.has_apdu || datagram.apdu.type != BAC_CONFIRMED_REQUEST ||
        datagram.apdu.service != BAC_SERVICE_CONFIRMED_WRITE_PROPERTY ||
        bac_write_property_decode(&body, &write, NULL) != BP_OK ||
        bac_value_decode(&write.value, &value, NULL) != BP_OK)
        return NULL;
    return &given.all[order_of_value(value.real)];
}

static bool loses(void *owner, const Frame *frame)
{
    const Field *field = owner;
    Given *one = order_in(frame);
    if (one) {
        const bool is_copy = field->network.doubled > 0 && one->sent_at_us == field->network.now_us;
        one->sent += !is_copy;
        one->sent_at_us = field->network.now_us;
    }
    return (one && given.loses_writes) || bp_random_unit(&given.random) < given.lost;
}

static Field *begin(size_t count, const SimQuirks *quirks)
{
    Field *field = field_new(count, quirks, quirks ? 1 : 0, 0);
    field->network.owner = field;
    field->network.loses = loses;
    given.count = 0;
    given.lost = 0;
    given.loses_writes = false;
    given.random = bp_random(3);
    for (size_t i = 0; i < count; i++)
        field_poll(field, i, 5 * BP_SECOND, 0);
    return field;
}

/* An object of the station that takes numbers; its first one where there is none, which refuses them. */
static BacObjectId setpoint_of(const Field *field, size_t i)
{
    const SimDevice *device = field->stations[i].sim.device;
    for (size_t j = 0; j < device->count; j++)
        if (device->objects[j].is_commandable && device->objects[j].id.type == BAC_ANALOG_VALUE)
            return device->objects[j].id;
    return device->objects[0].id;
}

static Given *order(Field *field, size_t i)
{
    return give(field, field->stations[i].device, setpoint_of(field, i), true, true);
}

static void assert_end(const Given *one, CollectOrderOutcome outcome, CollectOrderWhy why)
{
    assert_int_equal(one->ends, 1);
    assert_int_equal(one->end.outcome, outcome);
    assert_int_equal(one->end.why, why);
    if (outcome == COLLECT_ORDER_NOT_SENT)
        assert_int_equal(one->sent, 0);
}

/* ---- they are answered ---- */

static void an_order_is_carried_out_and_its_answer_is_told(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    field_run(field, 10 * BP_SECOND);
    const Given *one = order(field, 0), *other = order(field, 0);
    assert_int_equal(one->ends, 0);
    field_run(field, BP_SECOND);
    assert_end(one, COLLECT_ORDER_ANSWERED, COLLECT_ORDER_WAS_SENT);
    assert_end(other, COLLECT_ORDER_ANSWERED, COLLECT_ORDER_WAS_SENT);
    assert_true(one->sent_at_us <= other->sent_at_us); /* in the order given */
    assert_int_equal(one->sent + other->sent, 2);
    assert_int_equal(field->wrong, 0);
    field_free(field);
}

static void what_the_device_says_against_it_is_told(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    field_run(field, 10 * BP_SECOND);
    const Given *one =
        give(field, field->stations[0].device, (BacObjectId){BAC_ANALOG_VALUE, 4000000}, true, true);
    field_run(field, BP_SECOND);
    assert_end(one, COLLECT_ORDER_REFUSED, COLLECT_ORDER_WAS_SENT);
    assert_int_equal(one->end.refusal.code, BAC_CODE_UNKNOWN_OBJECT);
    assert_int_equal(field->stations[0].device->state, COLLECT_ONLINE);
    field_free(field);
}

static void one_who_was_never_heard_of_is_asked_who_he_is_before(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    const Given *one = order(field, 0);
    field_run(field, BP_SECOND);
    assert_end(one, COLLECT_ORDER_ANSWERED, COLLECT_ORDER_WAS_SENT);
    assert_int_equal(field->stations[0].asked, 2); /* a probe, and the order; its points are not due */
    field_free(field);
}

/* One request at a time, and a minute's work of points to be read. */
static void an_urgent_order_goes_before_points_and_a_patient_one_behind_them(void **state)
{
    (void)state;
    SimQuirks slow = quirks_of("no-read-multiple");
    slow.work_us = 400 * BP_MS;
    Field *field = begin(1, &slow);
    field_run(field, 30 * BP_SECOND);
    assert_true(field->stations[0].sim.device->count > 13); /* its rounds never end */
    const int64_t now_us = field->network.now_us;
    const BacObjectId object = setpoint_of(field, 0);
    const Given *patient = give(field, field->stations[0].device, object, false, true);
    const Given *urgent = give(field, field->stations[0].device, object, true, true);
    field_run(field, 30 * BP_SECOND);
    assert_end(urgent, COLLECT_ORDER_ANSWERED, COLLECT_ORDER_WAS_SENT);
    assert_end(patient, COLLECT_ORDER_ANSWERED, COLLECT_ORDER_WAS_SENT);
    assert_in_range(urgent->sent_at_us - now_us, 0, 500 * BP_MS);
    assert_in_range(patient->sent_at_us - now_us, 4 * BP_SECOND, 8 * BP_SECOND); /* 16 points later */
    field_free(field);
}

static void an_end_may_give_the_next_order(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    field_run(field, 10 * BP_SECOND);
    order(field, 0)->again = field;
    field_run(field, BP_SECOND);
    assert_int_equal(given.count, 2);
    assert_int_equal(given.all[1].ends, 1);
    /* And when the device goes, the order that is given then has gone with it. */
    Given *last = order(field, 0);
    last->again = field;
    last->more = 4;
    collect_poll_remove(field->poller, field->stations[0].device, field->network.now_us);
    field->stations[0].device = NULL;
    assert_end(last, COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_FORGOTTEN);
    assert_end(&given.all[3], COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_FORGOTTEN);
    assert_int_equal(given.count, 4);
    field_free(field);
}

/* ---- they are not sent ---- */

static void a_device_that_is_away_is_not_asked(void **state)
{
    (void)state;
    Field *field = begin(2, NULL);
    field->stations[0].sim.quirks.silent = true;
    const Given *waiting = order(field, 0); /* for the probe */
    field_run(field, BP_MINUTE);
    assert_end(waiting, COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_AWAY);
    assert_end(order(field, 0), COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_AWAY);
    collect_poll_enable(field->poller, field->stations[1].device, false, field->network.now_us);
    assert_end(order(field, 1), COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_DISABLED);
    collect_poll_leave(field->poller, field->network.now_us);
    assert_end(order(field, 0), COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_NO_NETWORK);
    field_free(field);
}

static void orders_that_wait_end_with_what_they_waited_for(void **state)
{
    (void)state;
    Field *field = begin(4, NULL);
    const Given *waiting[4];
    for (size_t i = 0; i < 4; i++)
        waiting[i] = order(field, i);
    collect_poll_enable(field->poller, field->stations[0].device, false, field->network.now_us);
    assert_end(waiting[0], COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_DISABLED);
    collect_poll_remove(field->poller, field->stations[1].device, field->network.now_us);
    field->stations[1].device = NULL;
    assert_end(waiting[1], COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_FORGOTTEN);
    assert_int_equal(waiting[2]->ends + waiting[3]->ends, 0);
    collect_poll_leave(field->poller, field->network.now_us);
    assert_end(waiting[2], COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_NO_NETWORK);
    assert_end(waiting[3], COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_NO_NETWORK);
    field_free(field);
}

static void what_no_device_could_hold_is_refused_at_once(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    const Given *all[COLLECT_ORDERS_MAX];
    for (size_t i = 0; i < COLLECT_ORDERS_MAX; i++)
        all[i] = order(field, 0);
    assert_end(order(field, 0), COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_FULL);
    field_run(field, 10 * BP_SECOND);
    for (size_t i = 0; i < COLLECT_ORDERS_MAX; i++)
        assert_end(all[i], COLLECT_ORDER_ANSWERED, COLLECT_ORDER_WAS_SENT);
    static const char octets[BAC_REQUEST_MAX + 1];
    const CollectOrderRequest request = {.service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                         .parameters = {octets, sizeof octets},
                                         .context = &given.all[given.count++],
                                         .on_end = on_end};
    collect_poll_order(field->poller, field->stations[0].device, &request, field->network.now_us);
    assert_end(request.context, COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_TOO_LONG);
    field_free(field);
}

/* Its address is another's, who has said so: the order is not for him. */
static void an_order_goes_to_no_other_device(void **state)
{
    (void)state;
    Field *field = begin(2, NULL);
    field_run(field, 20 * BP_SECOND);
    CollectDevice *device = field->stations[0].device;
    const BacObjectId object = setpoint_of(field, 0);
    const BacAddress address = field->stations[0].sim.address;
    field->stations[0].sim.address = field->stations[1].sim.address;
    field->stations[1].sim.address = address;
    const CollectClaim claim = {field->site.devices[1].instance, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
    const Given *one = give(field, device, object, true, true);
    collect_poll_doubt(field->poller, device, &claim, field->network.now_us);
    field_run(field, 5 * BP_SECOND);
    assert_end(one, COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_AWAY);
    assert_true(device->is_evicted);
    assert_end(give(field, device, object, true, true), COLLECT_ORDER_NOT_SENT, COLLECT_ORDER_AWAY);
    field_free(field);
}

/* ---- nobody knows ---- */

static void one_that_is_lost_is_not_sent_again(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    field_run(field, 10 * BP_SECOND);
    given.loses_writes = true;
    const Given *one = order(field, 0);
    field_run(field, 20 * BP_SECOND);
    assert_end(one, COLLECT_ORDER_UNKNOWN, COLLECT_ORDER_WAS_SENT);
    assert_int_equal(one->sent, 1);
    assert_int_equal(field->stations[0].device->state, COLLECT_ONLINE); /* a probe has told */
    assert_int_equal(field->stations[0].states, 1);
    const Given *other = give(field, field->stations[0].device, setpoint_of(field, 0), true, false);
    field_run(field, 20 * BP_SECOND);
    assert_end(other, COLLECT_ORDER_UNKNOWN, COLLECT_ORDER_WAS_SENT);
    assert_int_equal(other->sent, 1 + field->settings.retries); /* but where that does no harm, it is */
    field_free(field);
}

/* In segments of a window that cannot be. */
static bool answers_what_cannot_be_taken(FieldStation *station, const BacDatagram *datagram)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    if (datagram->apdu.type != BAC_CONFIRMED_REQUEST ||
        datagram->apdu.service != BAC_SERVICE_CONFIRMED_READ_PROPERTY)
        return false;
    const BacApdu apdu = {.type = BAC_COMPLEX_ACK,
                          .segmented = true,
                          .more_follows = true,
                          .invoke_id = datagram->apdu.invoke_id,
                          .service = datagram->apdu.service};
    const size_t begin_at =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, NULL, false, &apdu);
    bp_buf_u8(&out, 0);
    bac_datagram_end(&out, begin_at);
    network_send(&station->field->network, &station->sim.address, &datagram->from, bp_buf_text(&out));
    return true;
}

/* The Abort is our own: the device has said nothing against it, and may have carried it out. */
static void an_answer_that_we_refuse_is_no_refusal_of_the_device(void **state)
{
    (void)state;
    Field *field = begin(1, NULL);
    field_run(field, 10 * BP_SECOND);
    field->intercept = answers_what_cannot_be_taken;
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_property_encode(&out,
                             &(BacReference){setpoint_of(field, 0), BAC_PROP_DESCRIPTION, BAC_NO_INDEX});
    Given *one = &given.all[given.count++];
    *one = (Given){0};
    const CollectOrderRequest request = {.service = BAC_SERVICE_CONFIRMED_READ_PROPERTY,
                                         .parameters = bp_buf_text(&out),
                                         .is_urgent = true,
                                         .context = one,
                                         .on_end = on_end};
    collect_poll_order(field->poller, field->stations[0].device, &request, field->network.now_us);
    field_run(field, BP_SECOND);
    assert_end(one, COLLECT_ORDER_UNKNOWN, COLLECT_ORDER_WAS_SENT);
    field_free(field);
}

static void one_that_is_under_way_when_all_ends_may_have_been_carried_out(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        Field *field = begin(1, NULL);
        field_run(field, 10 * BP_SECOND);
        given.loses_writes = true;
        const Given *one = order(field, 0);
        field_run(field, 100 * BP_MS);
        assert_int_equal(one->sent, 1);
        assert_int_equal(one->ends, 0);
        if (how == 0)
            collect_poll_leave(field->poller, field->network.now_us);
        if (how == 1) {
            collect_poll_remove(field->poller, field->stations[0].device, field->network.now_us);
            field->stations[0].device = NULL;
        }
        if (how < 2)
            assert_end(one, COLLECT_ORDER_UNKNOWN, COLLECT_ORDER_WAS_SENT);
        field_free(field);
        assert_end(one, COLLECT_ORDER_UNKNOWN, COLLECT_ORDER_WAS_SENT);
    }
}

/* ---- whatever happens ---- */

static size_t draw(size_t count)
{
    return (size_t)(bp_random_u64(&given.random) % count);
}

static void add_again(Field *field, FieldStation *station, size_t i)
{
    const SimDevice *sim = station->sim.device;
    CollectDevice *device;
    if (collect_poll_add(field->poller, &station->sim.address, sim->instance, sim->max_apdu, true, &device,
                         NULL) != BP_OK)
        return; /* another one is known there */
    device->device_id = (int32_t)i + 1;
    station->device = device;
    field_poll(field, i, BP_MINUTE, 0);
}

static void happen(Field *field)
{
    const size_t i = draw(DEVICES), j = draw(DEVICES);
    const int64_t now_us = field->network.now_us;
    FieldStation *station = &field->stations[i];
    const CollectClaim claim = {field->site.devices[j].instance, BAC_APDU_MAX, BAC_NO_SEGMENTATION};
    const BacAddress address = station->sim.address;
    switch (draw(16)) {
    case 0: station->sim.quirks.silent = !station->sim.quirks.silent; break;
    case 1: given.loses_writes = !given.loses_writes; break;
    case 2: given.lost = draw(3) ? 0.1 * (double)draw(4) : 1; break;
    case 3: collect_poll_leave(field->poller, now_us); break;
    case 4: collect_poll_join(field->poller, now_us); break;
    case 5:
        station->sim.address = field->stations[j].sim.address;
        field->stations[j].sim.address = address;
        break;
    case 6:
        if (!station->device) {
            add_again(field, station, i);
        } else if (draw(2)) {
            collect_poll_remove(field->poller, station->device, now_us);
            station->device = NULL;
        }
        break;
    case 7:
        if (station->device)
            collect_poll_enable(field->poller, station->device, draw(3) > 0, now_us);
        break;
    case 8:
        if (station->device)
            collect_poll_doubt(field->poller, station->device, draw(2) ? &claim : NULL, now_us);
        break;
    case 9:
        if (station->device)
            field_poll(field, i, (5 + (int64_t)draw(100)) * BP_SECOND, 0);
        break;
    case 10:
        if (station->device)
            collect_poll_readmit(field->poller, station->device, now_us);
        break;
    default: break;
    }
    for (size_t count = draw(4); count > 0 && station->device && given.count + 2 < GIVEN_MAX; count--)
        give(field, station->device, setpoint_of(field, i), draw(2), draw(2))->again = draw(8) ? NULL : field;
}

/* Each order has one end, and it is true: what was not sent was not sent, and what was answered was. */
static void check_ends(void)
{
    for (size_t i = 0; i < given.count; i++) {
        const Given *one = &given.all[i];
        assert_int_equal(one->ends, 1);
        if (one->end.outcome == COLLECT_ORDER_NOT_SENT)
            assert_int_equal(one->sent, 0);
        else
            assert_in_range(one->sent, 1, one->is_once ? 1 : 3);
    }
}

/* A run of the collector in a building that stays. */
static void run_at_random(Field *field, uint64_t seed, size_t steps)
{
    field_restart(field, seed);
    given.random = bp_random(seed);
    given.count = 0;
    given.lost = 0;
    given.loses_writes = false;
    for (size_t i = 0; i < field->count; i++) {
        field->stations[i].sim.quirks.silent = false;
        field_poll(field, i, BP_MINUTE, 0);
    }
    field->network.doubled = draw(2) ? 0.2 : 0;
    field->network.delayed = draw(2) ? 0.2 : 0;
    for (size_t i = 0; i < steps; i++) {
        happen(field);
        field_run(field, (int64_t)draw(2500) * BP_MS);
    }
    for (size_t i = 0; i < given.count; i++)
        given.all[i].again = NULL;
    if (seed % 2) { /* all that is under way comes to its end by itself */
        given.lost = 0;
        given.loses_writes = false;
        field_run(field, 5 * BP_MINUTE);
        check_ends();
    }
    collect_poll_check(field->poller);
    collect_poll_free(field->poller);
    field->poller = NULL;
    check_ends();
}

static void every_order_has_one_end_in_thousands_of_bad_days(void **state)
{
    (void)state;
    memset(&given, 0, sizeof given);
    Field *field = begin(DEVICES, NULL);
    field->network.jitter_us = 4 * BP_SECOND;
    for (uint64_t seed = 1; seed <= 3000; seed++)
        run_at_random(field, seed, 20);
    field_free(field);
    assert_true(given.total > 30000);
    for (size_t i = 0; i <= COLLECT_ORDER_UNKNOWN; i++)
        assert_true(given.outcomes[i] > 1000);
    for (size_t i = 0; i < COLLECT_ORDER_FULL; i++)
        assert_true(given.whys[i] > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_carried_out_and_its_answer_is_told),
        cmocka_unit_test(what_the_device_says_against_it_is_told),
        cmocka_unit_test(one_who_was_never_heard_of_is_asked_who_he_is_before),
        cmocka_unit_test(an_urgent_order_goes_before_points_and_a_patient_one_behind_them),
        cmocka_unit_test(an_end_may_give_the_next_order),
        cmocka_unit_test(a_device_that_is_away_is_not_asked),
        cmocka_unit_test(orders_that_wait_end_with_what_they_waited_for),
        cmocka_unit_test(what_no_device_could_hold_is_refused_at_once),
        cmocka_unit_test(an_order_goes_to_no_other_device),
        cmocka_unit_test(one_that_is_lost_is_not_sent_again),
        cmocka_unit_test(an_answer_that_we_refuse_is_no_refusal_of_the_device),
        cmocka_unit_test(one_that_is_under_way_when_all_ends_may_have_been_carried_out),
        cmocka_unit_test(every_order_has_one_end_in_thousands_of_bad_days),
    };
    return cmocka_run_group_tests_name("collect orders", tests, NULL, NULL);
}
