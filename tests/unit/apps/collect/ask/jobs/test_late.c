/* Orders that have a last word: it is asked right before the datagram would be made, and then only. */
#include "tests/unit/field.h"

typedef struct Given {
    bool may_go;
    size_t asked, ends, sent;
    CollectOrderEnd end;
} Given;

static struct {
    size_t writes;
    bool are_lost;
} seen;

static bool may_go(void *context)
{
    Given *one = context;
    one->asked++;
    return one->may_go;
}

static void on_end(void *context, const CollectOrderEnd *end)
{
    Given *one = context;
    one->ends++;
    one->end = *end;
}

static bool loses(void *owner, const Frame *frame)
{
    BacDatagram datagram;
    (void)owner;
    assert_int_equal(
        bac_datagram_decode(bp_cursor(frame->octets, frame->size), &frame->from, &datagram, NULL), BP_OK);
    const bool is_write = datagram.has_apdu && datagram.apdu.type == BAC_CONFIRMED_REQUEST &&
                          datagram.apdu.service == BAC_SERVICE_CONFIRMED_WRITE_PROPERTY;
    seen.writes += is_write;
    return is_write && seen.are_lost;
}

static void give(Field *field, Given *one, bool is_urgent)
{
    static const uint8_t real[] = {0x44, 0x41, 0xA0, 0x00, 0x00};
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_write_property_encode(
        &out, &(BacWrite){.reference = {{BAC_ANALOG_VALUE, 0}, BAC_PROP_PRESENT_VALUE, BAC_NO_INDEX},
                          .value = bp_cursor(real, sizeof real),
                          .priority = 16});
    const CollectOrderRequest request = {.service = BAC_SERVICE_CONFIRMED_WRITE_PROPERTY,
                                         .parameters = bp_buf_text(&out),
                                         .is_urgent = is_urgent,
                                         .context = one,
                                         .may_go = may_go,
                                         .on_end = on_end};
    collect_poll_order(field->poller, field->stations[0].device, &request, field->network.now_us);
}

static Field *begin(void)
{
    Field *field = field_new(1, NULL, 0, 0);
    field->network.loses = loses;
    seen.writes = 0;
    seen.are_lost = false;
    field_poll(field, 0, 5 * BP_SECOND, 0);
    field_run(field, 10 * BP_SECOND);
    return field;
}

static void one_whose_time_has_passed_is_never_sent_and_others_are(void **state)
{
    (void)state;
    Field *field = begin();
    for (int is_urgent = 0; is_urgent < 2; is_urgent++) {
        Given all[3] = {{.may_go = false}, {.may_go = true}, {.may_go = false}};
        seen.writes = 0;
        for (size_t i = 0; i < 3; i++)
            give(field, &all[i], is_urgent);
        field_run(field, 5 * BP_SECOND);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(all[i].asked, 1);
            assert_int_equal(all[i].ends, 1);
            assert_int_equal(all[i].end.why, i == 1 ? COLLECT_ORDER_WAS_SENT : COLLECT_ORDER_LATE);
            assert_int_equal(all[i].end.outcome == COLLECT_ORDER_NOT_SENT, i != 1);
        }
        assert_int_equal(seen.writes, 1);
    }
    field_free(field);
}

/* The client would try again by itself, and nobody be asked whether it may. */
static void one_without_an_answer_is_not_sent_again(void **state)
{
    (void)state;
    Field *field = begin();
    Given one = {.may_go = true};
    seen.are_lost = true;
    give(field, &one, true);
    field_run(field, BP_MINUTE);
    assert_int_equal(one.ends, 1);
    assert_int_equal(one.end.outcome, COLLECT_ORDER_UNKNOWN);
    assert_int_equal(seen.writes, 1);
    field_free(field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_whose_time_has_passed_is_never_sent_and_others_are),
        cmocka_unit_test(one_without_an_answer_is_not_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
