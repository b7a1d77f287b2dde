/* Who is told of a simulated device's alarms, as its clients write that. */
#include "tests/unit/apps/sim/device/a_station.h"

#include "bacnet/service/event_notification.h"
#include "bacnet/service/list_element.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/who_is.h"

static const BacAddress EVERYONE = {{10, 9, 1, 255}, BAC_PORT, {0}}, OTHER = {{10, 9, 1, 51}, 47809, {0}};
static const BacReference LIST = {
    {BAC_NOTIFICATION_CLASS, SIM_NOTIFICATION_CLASS}, BAC_PROP_RECIPIENT_LIST, BAC_NO_INDEX};

static BacDestination device_99(void)
{
    BacDestination destination = bac_destination_of(&CLIENT, 8, false);
    destination.recipient = (BacRecipient){.is_device = true, .device = 99};
    return destination;
}

static const Sent *send_list(AStation *station, BacConfirmedService service,
                             const BacDestination *destinations, size_t count)
{
    uint8_t memory[1400], list_memory[1300];
    BpBuf out = bp_buf(memory, sizeof memory), list = bp_buf(list_memory, sizeof list_memory);
    for (size_t i = 0; i < count; i++)
        bac_destination_encode(&list, &destinations[i]);
    if (service == BAC_SERVICE_CONFIRMED_WRITE_PROPERTY)
        bac_write_property_encode(&out,
                                  &(BacWrite){.reference = LIST, .value = bp_cursor(list_memory, list.size)});
    else
        bac_list_elements_encode(&out, &(BacListElements){LIST, bp_cursor(list_memory, list.size)});
    return a_station_ask(station, service, bp_buf_text(&out));
}

static const Sent *add(AStation *station, BacDestination one)
{
    return send_list(station, BAC_SERVICE_CONFIRMED_ADD_LIST_ELEMENT, &one, 1);
}

static void assert_done(const Sent *answer)
{
    assert_non_null(answer);
    assert_int_equal(answer->apdu.type, BAC_SIMPLE_ACK);
}

static void assert_list_refused(const Sent *answer, BacErrorCode code, uint32_t failed)
{
    BacRefusal refusal;
    uint32_t first;
    assert_int_equal(answer->apdu.type, BAC_ERROR);
    BpCursor in = bp_cursor(answer->octets, answer->size);
    assert_int_equal(bac_list_elements_error_decode(&in, &refusal, &first, NULL), BP_OK);
    assert_int_equal(refusal.code, code);
    assert_int_equal(first, failed);
}

/* What ReadProperty says that the list is. */
static size_t read_list(AStation *station, BacDestination ret_destinations[BAC_LISTENERS_MAX])
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacReference told;
    BpCursor list;
    size_t count = 0;
    bac_read_property_encode(&out, &LIST);
    const Sent *answer = a_station_ask(station, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&out));
    BpCursor in = bp_cursor(answer->octets, answer->size);
    assert_int_equal(bac_read_property_ack_decode(&in, &told, &list, NULL), BP_OK);
    while (bac_destination_next(&list, &ret_destinations[count], NULL) == BP_OK)
        count++;
    return count;
}

static void a_list_is_added_to_and_taken_from(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    BacDestination list[BAC_LISTENERS_MAX];
    const BacDestination both[] = {bac_destination_of(&CLIENT, 5, true),
                                   bac_destination_of(&OTHER, 6, false)};
    assert_int_equal(read_list(station, list), 0);
    assert_done(send_list(station, BAC_SERVICE_CONFIRMED_ADD_LIST_ELEMENT, both, 2));
    assert_done(add(station, both[0])); /* which is there */
    assert_int_equal(read_list(station, list), 2);
    assert_true(bac_destination_equal(&list[0], &both[0]) && bac_destination_equal(&list[1], &both[1]));
    const BacDestination some[] = {both[1], device_99()}; /* the second is not there: none is taken */
    assert_list_refused(send_list(station, BAC_SERVICE_CONFIRMED_REMOVE_LIST_ELEMENT, some, 2),
                        BAC_CODE_LIST_ELEMENT_NOT_FOUND, 2);
    assert_int_equal(read_list(station, list), 2);
    assert_done(send_list(station, BAC_SERVICE_CONFIRMED_REMOVE_LIST_ELEMENT, &both[0], 1));
    assert_int_equal(read_list(station, list), 1);
    assert_true(bac_destination_equal(&list[0], &both[1]));
    assert_done(send_list(station, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, both, 1));
    assert_int_equal(read_list(station, list), 1);
    assert_true(bac_destination_equal(&list[0], &both[0]));
    assert_done(send_list(station, BAC_SERVICE_CONFIRMED_WRITE_PROPERTY, NULL, 0));
    assert_int_equal(read_list(station, list), 0);
    a_station_free(station);
}

static void a_full_list_takes_no_more(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    BacDestination list[BAC_LISTENERS_MAX];
    for (uint32_t i = 0; i < BAC_LISTENERS_MAX; i++)
        assert_done(add(station, bac_destination_of(&CLIENT, i, false)));
    assert_list_refused(add(station, bac_destination_of(&CLIENT, 99, false)),
                        BAC_CODE_NO_SPACE_TO_ADD_LIST_ELEMENT, 1);
    assert_int_equal(read_list(station, list), BAC_LISTENERS_MAX);
    a_station_free(station);
}

static void what_is_no_list_and_no_destination_is_refused(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const uint8_t one = 0x10;
    BacListElements elements = {LIST, bp_cursor(&one, 1)};
    bac_list_elements_encode(&out, &elements);
    assert_list_refused(a_station_ask(station, BAC_SERVICE_CONFIRMED_ADD_LIST_ELEMENT, bp_buf_text(&out)),
                        BAC_CODE_INVALID_DATA_TYPE, 1);
    bp_buf_clear(&out);
    elements.reference.property = BAC_PROP_NOTIFICATION_CLASS;
    bac_list_elements_encode(&out, &elements);
    assert_list_refused(a_station_ask(station, BAC_SERVICE_CONFIRMED_ADD_LIST_ELEMENT, bp_buf_text(&out)),
                        BAC_CODE_PROPERTY_IS_NOT_A_LIST, 0);
    BacDestination everyone = bac_destination_of(&CLIENT, 1, true);
    everyone.recipient.address.length = 0; /* a broadcast that is to be confirmed */
    assert_list_refused(add(station, everyone), BAC_CODE_VALUE_OUT_OF_RANGE, 1);
    a_station_free(station);
}

static void raise_alarm(AStation *station)
{
    SimObject *alarm = a_station_object(station, "AHU-1/FRZ-A");
    alarm->out_of_service = true;
    alarm->forced = !alarm->forced;
    sim_object_apply(alarm);
    sim_station_tell(&station->sim, station->now_us);
}

/* The events that were sent since, each with the process that was told. */
static size_t told_since(const AStation *station, size_t before, const BacAddress *to, uint32_t process)
{
    size_t count = 0;
    for (size_t i = before; i < station->count; i++) {
        const Sent *sent = &station->sent[i];
        BacEventNotification told;
        BpCursor in = bp_cursor(sent->octets, sent->size);
        if (sent->apdu.type == BAC_UNCONFIRMED_REQUEST &&
            sent->apdu.service == BAC_SERVICE_UNCONFIRMED_EVENT_NOTIFICATION &&
            bac_address_equal(&sent->to, to) && bac_event_notification_decode(&in, &told, NULL) == BP_OK)
            count += told.process == process;
    }
    return count;
}

static void each_is_told_as_its_own_process_when_it_wants_to(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    BacDestination night = bac_destination_of(&OTHER, 6, false);
    night.from.hour = 22; /* it is noon */
    BacDestination returns = bac_destination_of(&OTHER, 7, false);
    returns.transitions[BAC_TO_OFFNORMAL] = false;
    assert_done(add(station, bac_destination_of(&CLIENT, 5, false)));
    assert_done(add(station, night));
    assert_done(add(station, returns));
    const size_t before = station->count;
    raise_alarm(station);
    assert_int_equal(told_since(station, before, &CLIENT, 5), 1);
    assert_int_equal(station->count, before + 1);
    raise_alarm(station);
    assert_int_equal(told_since(station, before, &CLIENT, 5), 2);
    assert_int_equal(told_since(station, before, &OTHER, 7), 1);
    assert_int_equal(station->count, before + 3);
    a_station_free(station);
}

static void a_recipient_by_its_number_is_looked_for(void **state)
{
    (void)state;
    AStation *station = a_station_new(30, NULL);
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    station->sim.everyone = EVERYONE;
    assert_done(add(station, device_99()));
    size_t before = station->count;
    a_station_live(station, 11);
    assert_int_equal(station->count, before + 2); /* it is asked for, and 10 s later again */
    const Sent *sent = &station->sent[before];
    BacWhoIs who_is;
    BpCursor in = bp_cursor(sent->octets, sent->size);
    assert_int_equal(sent->apdu.service, BAC_SERVICE_UNCONFIRMED_WHO_IS);
    assert_int_equal(bac_who_is_decode(&in, &who_is, NULL), BP_OK);
    assert_true(who_is.has_range && who_is.low == 99 && who_is.high == 99);
    raise_alarm(station); /* nobody knows whom to tell */
    bac_i_am_encode(&out, &(BacIAm){.instance = 99, .max_apdu = BAC_APDU_MAX});
    const BacApdu i_am = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_I_AM};
    a_station_hear(station, &i_am, bp_buf_text(&out));
    before = station->count;
    raise_alarm(station);
    assert_int_equal(told_since(station, before, &CLIENT, 8), 1);
    a_station_live(station, 20);
    assert_int_equal(station->count, before + 1);
    a_station_free(station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_added_to_and_taken_from),
        cmocka_unit_test(a_full_list_takes_no_more),
        cmocka_unit_test(what_is_no_list_and_no_destination_is_refused),
        cmocka_unit_test(each_is_told_as_its_own_process_when_it_wants_to),
        cmocka_unit_test(a_recipient_by_its_number_is_looked_for),
    };
    return cmocka_run_group_tests_name("sim recipients", tests, NULL, NULL);
}
