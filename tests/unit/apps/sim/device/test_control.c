/* A simulated device that is told to be quiet, or to restart. */
#include "tests/unit/apps/sim/device/a_station.h"

#include "bacnet/service/cov.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/who_has.h"
#include "bacnet/service/who_is.h"

static const BacAddress EVERYONE = {{10, 9, 1, 255}, BAC_PORT, {0}};

static AStation *station_with_password(const char *password)
{
    AStation *station = a_station_new(30, NULL);
    station->sim.control.password = password;
    station->sim.everyone = EVERYONE;
    sim_recipients_add(&station->sim.events.recipients, &CLIENT, false);
    return station;
}

static BacValue text(const char *password)
{
    BacValue value = {.type = BAC_NULL};
    if (password) {
        value.type = BAC_CHARACTER_STRING;
        value.text.charset = BAC_UTF_8;
        value.text.octets = bp_cursor(password, strlen(password));
    }
    return value;
}

static const Sent *control(AStation *station, uint32_t state, uint32_t minutes, const char *password)
{
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacCommunicationControl request = {state, minutes, text(password)};
    bac_communication_control_encode(&out, &request);
    return a_station_ask(station, BAC_SERVICE_CONFIRMED_DEVICE_COMMUNICATION_CONTROL, bp_buf_text(&out));
}

static const Sent *reinitialize(AStation *station, uint32_t state, const char *password)
{
    uint8_t memory[128];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacReinitialize request = {state, text(password)};
    bac_reinitialize_encode(&out, &request);
    return a_station_ask(station, BAC_SERVICE_CONFIRMED_REINITIALIZE_DEVICE, bp_buf_text(&out));
}

static bool answers(AStation *station)
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacReference name = {
        {BAC_DEVICE, station->sim.device->instance}, BAC_PROP_OBJECT_NAME, BAC_NO_INDEX};
    bac_read_property_encode(&out, &name);
    const Sent *answer = a_station_ask(station, BAC_SERVICE_CONFIRMED_READ_PROPERTY, bp_buf_text(&out));
    return answer && answer->apdu.type == BAC_COMPLEX_ACK;
}

/* Whether it says by an I-Have that it has this object. */
static bool answers_who_has(AStation *station)
{
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    const size_t before = station->count;
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_HAS};
    bac_who_has_encode(&out, &(BacWhoHas){.object = a_station_object(station, "AHU-1/SAT")->id});
    a_station_hear(station, &apdu, bp_buf_text(&out));
    return station->count > before;
}

/* How many I-Ams come of a Who-Is to all. */
static size_t answers_who_is(AStation *station)
{
    const size_t before = station->count;
    const BacApdu apdu = {.type = BAC_UNCONFIRMED_REQUEST, .service = BAC_SERVICE_UNCONFIRMED_WHO_IS};
    a_station_hear(station, &apdu, (BpStr){0});
    return station->count - before;
}

static void assert_refused(const Sent *answer, BacErrorClass error_class, BacErrorCode code)
{
    BacRefusal refusal;
    assert_non_null(answer);
    assert_int_equal(answer->apdu.type, BAC_ERROR);
    BpCursor in = bp_cursor(answer->octets, answer->size);
    assert_int_equal(bac_error_decode(&in, &refusal, NULL), BP_OK);
    assert_int_equal(refusal.error_class, error_class);
    assert_int_equal(refusal.code, code);
}

static void assert_done(const Sent *answer)
{
    assert_non_null(answer);
    assert_int_equal(answer->apdu.type, BAC_SIMPLE_ACK);
}

static void subscribe(AStation *station, const char *name)
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacSubscribeCov request = {
        .process = 7, .object = a_station_object(station, name)->id, .lifetime_s = 3600};
    bac_subscribe_cov_encode(&out, &request);
    assert_done(a_station_ask(station, BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV, bp_buf_text(&out)));
}

static void force(AStation *station, const char *name, double value)
{
    SimObject *object = a_station_object(station, name);
    object->out_of_service = true;
    object->forced = value;
    sim_object_apply(object);
}

static void a_wrong_password_changes_nothing(void **state)
{
    (void)state;
    static const char *const WRONG[] = {NULL, "", "tuna", "tunafish1", "Tunafish"};
    AStation *station = station_with_password("tunafish");
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_refused(control(station, BAC_COMMUNICATION_DISABLE, 1, WRONG[i]), BAC_CLASS_SECURITY,
                       BAC_CODE_PASSWORD_FAILURE);
        assert_refused(reinitialize(station, BAC_COLDSTART, WRONG[i]), BAC_CLASS_SECURITY,
                       BAC_CODE_PASSWORD_FAILURE);
    }
    static const char twenty[] = "12345678901234567890", more[] = "123456789012345678901";
    assert_refused(reinitialize(station, BAC_COLDSTART, twenty), BAC_CLASS_SECURITY,
                   BAC_CODE_PASSWORD_FAILURE);
    assert_refused(reinitialize(station, BAC_COLDSTART, more), BAC_CLASS_SERVICES,
                   BAC_CODE_PARAMETER_OUT_OF_RANGE);
    assert_refused(control(station, BAC_COMMUNICATION_DISABLE, 1, more), BAC_CLASS_SERVICES,
                   BAC_CODE_PARAMETER_OUT_OF_RANGE);
    assert_true(answers(station));
    a_station_free(station);
}

static void disabled_it_answers_nothing_but_what_sets_it_free(void **state)
{
    (void)state;
    AStation *station = station_with_password("tunafish");
    assert_done(control(station, BAC_COMMUNICATION_DISABLE, 10, "tunafish"));
    assert_false(answers(station));
    assert_int_equal(answers_who_is(station), 0);
    assert_refused(control(station, BAC_COMMUNICATION_ENABLE, 0, "salmon"), BAC_CLASS_SECURITY,
                   BAC_CODE_PASSWORD_FAILURE);
    assert_false(answers(station));
    a_station_live(station, 9 * 60 + 59);
    assert_false(answers(station));
    a_station_live(station, 1); /* it ends by itself */
    assert_true(answers(station));
    assert_done(control(station, BAC_COMMUNICATION_DISABLE, 0, "tunafish"));
    a_station_live(station, 24 * 60 * 60); /* it does not */
    assert_false(answers(station));
    assert_done(control(station, BAC_COMMUNICATION_ENABLE, 0, "tunafish"));
    assert_true(answers(station));
    a_station_free(station);
}

static void a_new_device_cannot_be_disabled(void **state)
{
    (void)state;
    AStation *station = station_with_password(NULL);
    station->sim.device->revision = 20;
    assert_refused(control(station, BAC_COMMUNICATION_DISABLE, 10, NULL), BAC_CLASS_SERVICES,
                   BAC_CODE_SERVICE_REQUEST_DENIED);
    assert_true(answers(station));
    assert_done(control(station, BAC_COMMUNICATION_DISABLE_INITIATION, 10, NULL));
    a_station_free(station);
}

static void without_initiation_it_answers_and_tells_nothing(void **state)
{
    (void)state;
    AStation *station = station_with_password(NULL);
    subscribe(station, "AHU-1/SAT");
    assert_true(answers_who_has(station));
    assert_done(control(station, BAC_COMMUNICATION_DISABLE_INITIATION, 5, NULL));
    assert_true(answers(station));
    assert_int_equal(answers_who_is(station), 1);
    assert_false(answers_who_has(station));
    const size_t before = station->count;
    force(station, "AHU-1/SAT", 33);
    force(station, "AHU-1/FRZ-A", 1);
    a_station_live(station, 299);
    assert_int_equal(station->count, before);
    assert_int_equal(a_station_object(station, "AHU-1/FRZ-A")->event_state, BAC_STATE_OFFNORMAL);
    a_station_live(station, 1);
    assert_int_equal(station->count, before + 1); /* the change; the alarm can be asked for */
    assert_int_equal(station->sent[before].apdu.service, BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION);
    force(station, "AHU-1/FRZ-A", 0);
    a_station_live(station, 1);
    assert_int_equal(station->sent[before + 1].apdu.service, BAC_SERVICE_UNCONFIRMED_EVENT_NOTIFICATION);
    a_station_free(station);
}

static void command(AStation *station, const char *name)
{
    SimObject *object = a_station_object(station, name);
    const uint8_t value[] = {0x44, 0x42, 0x28, 0, 0}; /* 42 */
    const BacWrite write = {.reference = {object->id, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                            .value = bp_cursor(value, sizeof value),
                            .priority = 8};
    assert_int_equal(sim_object_write(object, &write).kind, BAC_NOT_REFUSED);
}

/* Away for 10 s, then it says who it is; whoever subscribed has to do so again. */
static void restart(AStation *station, uint32_t start)
{
    subscribe(station, "AHU-1/SAT");
    force(station, "AHU-1/FRZ-A", 1);
    command(station, "AHU-1/CLG-O");
    a_station_live(station, 1);
    assert_done(reinitialize(station, start, NULL));
    const size_t before = station->count;
    assert_false(answers(station));
    assert_int_equal(answers_who_is(station), 0);
    assert_null(reinitialize(station, start, NULL));
    a_station_live(station, 9);
    assert_int_equal(station->count, before);
    a_station_live(station, 1);
    const Sent *first = &station->sent[before];
    assert_true(station->count > before);
    assert_int_equal(first->apdu.service, BAC_SERVICE_UNCONFIRMED_I_AM);
    assert_true(bac_address_equal(&first->to, &EVERYONE));
    assert_true(answers(station));
    for (size_t i = 0; i < station->sim.publisher.count; i++)
        assert_false(station->sim.publisher.subscriptions[i].in_use);
}

static void a_warm_start_keeps_commands_and_alarms(void **state)
{
    (void)state;
    AStation *station = station_with_password(NULL);
    restart(station, BAC_WARMSTART);
    assert_int_equal(a_station_object(station, "AHU-1/CLG-O")->commanded, 1 << 7);
    assert_int_equal(a_station_object(station, "AHU-1/FRZ-A")->event_state, BAC_STATE_OFFNORMAL);
    a_station_free(station);
}

static void a_cold_start_loses_them(void **state)
{
    (void)state;
    AStation *station = station_with_password(NULL);
    restart(station, BAC_COLDSTART);
    assert_int_equal(a_station_object(station, "AHU-1/CLG-O")->commanded, 0);
    assert_int_equal(a_station_object(station, "AHU-1/FRZ-A")->event_state, BAC_STATE_NORMAL);
    a_station_free(station);
}

static void a_restart_ends_the_quiet(void **state)
{
    (void)state;
    AStation *station = station_with_password(NULL);
    assert_done(control(station, BAC_COMMUNICATION_DISABLE, 0, NULL));
    assert_done(reinitialize(station, BAC_WARMSTART, NULL));
    a_station_live(station, 10);
    assert_true(answers(station));
    a_station_free(station);
}

static void what_it_has_not_is_refused(void **state)
{
    (void)state;
    AStation *station = station_with_password(NULL);
    assert_refused(reinitialize(station, BAC_START_BACKUP, NULL), BAC_CLASS_SERVICES,
                   BAC_CODE_OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED);
    const Sent *answer = reinitialize(station, 8, NULL);
    assert_int_equal(answer->apdu.type, BAC_REJECT);
    assert_int_equal(answer->apdu.reason, BAC_REJECT_UNDEFINED_ENUMERATION);
    answer = control(station, 3, 1, NULL);
    assert_int_equal(answer->apdu.type, BAC_REJECT);
    assert_int_equal(answer->apdu.reason, BAC_REJECT_UNDEFINED_ENUMERATION);
    assert_true(answers(station));
    a_station_free(station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_changes_nothing),
        cmocka_unit_test(disabled_it_answers_nothing_but_what_sets_it_free),
        cmocka_unit_test(a_new_device_cannot_be_disabled),
        cmocka_unit_test(without_initiation_it_answers_and_tells_nothing),
        cmocka_unit_test(a_warm_start_keeps_commands_and_alarms),
        cmocka_unit_test(a_cold_start_loses_them),
        cmocka_unit_test(a_restart_ends_the_quiet),
        cmocka_unit_test(what_it_has_not_is_refused),
    };
    return cmocka_run_group_tests_name("sim control", tests, NULL, NULL);
}
