/* What ReadRange is answered of a list: of 100 items with numbers and times, logged at full minutes. */
#include "bacnet/service/list.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ITEMS = 100, ITEM_OCTETS = 5, FIRST = 1001 };
static const int64_t BEGIN_US = INT64_C(1767600000) * BP_SECOND; /* a full minute */

static void put(const void *context, uint32_t i, BpBuf *out)
{
    (void)context;
    bac_value_encode(out, &(BacValue){.type = BAC_REAL, .real = (float)i});
}

static BacDateTime time_of(const void *context, uint32_t i)
{
    (void)context;
    return bac_date_time_at(BEGIN_US + i * BP_MINUTE);
}

static const BacList list = {.count = ITEMS, .put = put, .time = time_of, .first_sequence = FIRST};
static const BacReference BUFFER = {{BAC_TREND_LOG, 1}, BAC_PROP_LOG_BUFFER, BAC_NO_INDEX};

/* Asks; the answer has `count` items from item `first` on. */
static BacReadRangeAck ask(const BacList *of, BacReadRange range, size_t room, uint32_t first, uint32_t count)
{
    static uint8_t memory[2048];
    BpBuf out = bp_buf(memory, room);
    BacReadRangeAck ack;
    range.reference = BUFFER;
    assert_int_equal(bac_list_answer(of, &range, &out).kind, BAC_NOT_REFUSED);
    assert_false(out.failed);
    BpCursor in = bp_cursor(out.data, out.size);
    assert_int_equal(bac_read_range_ack_decode(&in, &ack, NULL), BP_OK);
    assert_int_equal(ack.count, count);
    BpCursor items = ack.items;
    for (uint32_t i = 0; i < count; i++) {
        BacValue value;
        assert_int_equal(bac_value_decode(&items, &value, NULL), BP_OK);
        assert_int_equal((uint32_t)value.real, first + i);
    }
    assert_int_equal(bp_cursor_remaining(&items), 0);
    return ack;
}

static BacReadRange position(uint32_t at, int32_t count)
{
    return (BacReadRange){.kind = BAC_RANGE_BY_POSITION, .position = at, .count = count};
}

static BacReadRange sequence(uint32_t at, int32_t count)
{
    return (BacReadRange){.kind = BAC_RANGE_BY_SEQUENCE, .sequence = at, .count = count};
}

static BacReadRange at_time(int64_t at_us, int32_t count)
{
    return (BacReadRange){.kind = BAC_RANGE_BY_TIME, .time = bac_date_time_at(at_us), .count = count};
}

static void by_position(void **state)
{
    (void)state;
    BacReadRangeAck ack = ask(&list, position(1, 10), 2048, 0, 10);
    assert_true(ack.has_first_item && !ack.has_last_item && !ack.has_more_items && !ack.has_sequence);
    ack = ask(&list, position(91, 50), 2048, 90, 10);
    assert_true(!ack.has_first_item && ack.has_last_item && !ack.has_more_items);
    ask(&list, position(20, -5), 2048, 15, 5);
    ask(&list, position(3, -10), 2048, 0, 3);
    ask(&list, position(101, 1), 2048, 0, 0);
    ask(&list, position(0, 1), 2048, 0, 0);
    ask(&list, position(UINT32_MAX, INT32_MIN), 2048, 0, 0);
    ask(&list, position(100, INT32_MIN), 2048, 0, 100);
    ack = ask(&list, (BacReadRange){.kind = BAC_RANGE_ALL}, 2048, 0, 100);
    assert_true(ack.has_first_item && ack.has_last_item && !ack.has_more_items);
}

static void by_sequence_number(void **state)
{
    (void)state;
    BacReadRangeAck ack = ask(&list, sequence(FIRST + 7, 3), 2048, 7, 3);
    assert_true(ack.has_sequence);
    assert_int_equal(ack.sequence, FIRST + 7);
    ack = ask(&list, sequence(FIRST + 99, -100), 2048, 0, 100);
    assert_int_equal(ack.sequence, FIRST);
    ask(&list, sequence(FIRST - 1, 3), 2048, 0, 0);
    ask(&list, sequence(FIRST + 100, 3), 2048, 0, 0);
    ask(&list, sequence(0, 3), 2048, 0, 0);
}

/* After 2^32 - 1 comes 1 (clause 15.8.1.1.4.2.1). */
static void sequence_numbers_wrap(void **state)
{
    (void)state;
    BacList old = list;
    old.first_sequence = UINT32_MAX - 9; /* the last of these ten is item 9, and 1 is item 10 */
    BacReadRangeAck ack = ask(&old, sequence(UINT32_MAX, 2), 2048, 9, 2);
    assert_int_equal(ack.sequence, UINT32_MAX);
    ack = ask(&old, sequence(1, 5), 2048, 10, 5);
    assert_int_equal(ack.sequence, 1);
    ask(&old, sequence(90, 5), 2048, 99, 1);
    ask(&old, sequence(91, 5), 2048, 0, 0);
}

static void by_time(void **state)
{
    (void)state;
    BacReadRangeAck ack = ask(&list, at_time(BEGIN_US + 10 * BP_MINUTE, 5), 2048, 11, 5); /* later than it */
    assert_int_equal(ack.sequence, FIRST + 11);
    ask(&list, at_time(BEGIN_US + 10 * BP_MINUTE - BP_SECOND, 5), 2048, 10, 5);
    ask(&list, at_time(BEGIN_US + 10 * BP_MINUTE, -5), 2048, 5, 5); /* earlier than it */
    ask(&list, at_time(BEGIN_US - BP_DAY, 200), 2048, 0, 100);
    ask(&list, at_time(BEGIN_US + BP_DAY, -1), 2048, 99, 1);
    ask(&list, at_time(BEGIN_US + BP_DAY, 1), 2048, 0, 0);
    ask(&list, at_time(BEGIN_US, -1), 2048, 0, 0);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    for (size_t room = 40; room < 600; room += 7) {
        uint8_t memory[2048];
        BpBuf out = bp_buf(memory, room);
        BacReadRange range = sequence(FIRST, 100);
        BacReadRangeAck ack;
        range.reference = BUFFER;
        bac_list_answer(&list, &range, &out);
        BpCursor in = bp_cursor(out.data, out.size);
        assert_int_equal(bac_read_range_ack_decode(&in, &ack, NULL), BP_OK);
        assert_true(out.size <= room);
        assert_true(out.size + ITEM_OCTETS + 4 >= room || ack.count == 100); /* it is used */
        assert_int_equal(ack.has_more_items, ack.count < 100);
        assert_true(ack.count == 0 || ack.has_first_item);
    }
    BacReadRangeAck ack =
        ask(&list, sequence(FIRST + 99, -100), 22 + 10 * ITEM_OCTETS, 90, 10); /* next to its end */
    assert_true(ack.has_more_items && ack.has_last_item);
    assert_int_equal(ack.sequence, FIRST + 90);
}

static void where_not_one_fits_there_is_no_answer(void **state)
{
    (void)state;
    uint8_t memory[64];
    BacReadRange range = sequence(FIRST, 100);
    range.reference = BUFFER;
    BpBuf out = bp_buf(memory, 20);
    bac_list_answer(&list, &range, &out);
    assert_true(out.failed);
    range = sequence(FIRST + 100, 1); /* nothing is asked for that is there: that fits */
    range.reference = BUFFER;
    out = bp_buf(memory, 20);
    bac_list_answer(&list, &range, &out);
    assert_false(out.failed);
}

static void items_without_times_are_found_by_position_alone(void **state)
{
    (void)state;
    BacList plain = list;
    plain.time = NULL;
    uint8_t memory[512];
    BpBuf out = bp_buf(memory, sizeof memory);
    BacReadRange range = sequence(1, 1);
    assert_int_equal(bac_list_answer(&plain, &range, &out).kind, BAC_REFUSED_ERROR);
    ask(&plain, position(1, 10), 2048, 0, 10);
}

/* Through days, and back. */
static void clocks_and_dates(void **state)
{
    (void)state;
    static const struct {
        int64_t second;
        const char *text;
        uint8_t weekday;
    } days[] = {{0, "1970-01-01 00:00:00", 4},          {951782399, "2000-02-28 23:59:59", 1},
                {951782400, "2000-02-29 00:00:00", 2},  {1767600000, "2026-01-05 08:00:00", 1},
                {4107542399, "2100-02-28 23:59:59", 7}, {4107542400, "2100-03-01 00:00:00", 1},
                {5680281599, "2149-12-31 23:59:59", 3}};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        char text[BAC_DATE_TIME_TEXT_MAX];
        int64_t back_us;
        const BacDateTime at = bac_date_time_at(days[i].second * BP_SECOND);
        assert_string_equal(bac_date_time_format(&at, text), days[i].text);
        assert_int_equal(at.date.weekday, days[i].weekday);
        assert_int_equal(bac_date_time_to_us(&at, &back_us, NULL), BP_OK);
        assert_true(back_us == days[i].second * BP_SECOND);
    }
    for (int64_t day = 0; day < 65000; day++) {
        int64_t back_us;
        const int64_t at_us = day * BP_DAY + 12345 * BP_SECOND;
        const BacDateTime at = bac_date_time_at(at_us);
        assert_int_equal(bac_date_time_to_us(&at, &back_us, NULL), BP_OK);
        assert_true(back_us == at_us);
        assert_int_equal(at.date.weekday, (day + 3) % 7 + 1);
    }
    char text[BAC_DATE_TIME_TEXT_MAX];
    int64_t at_us;
    const BacDateTime never = {{255, 255, 255, 255}, {255, 255, 255, 255}};
    assert_int_equal(bac_date_time_to_us(&never, &at_us, NULL), BP_INVALID);
    assert_string_equal(bac_date_time_format(&never, text), "*-*-* *:*:*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_position),
        cmocka_unit_test(by_sequence_number),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(by_time),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(where_not_one_fits_there_is_no_answer),
        cmocka_unit_test(items_without_times_are_found_by_position_alone),
        cmocka_unit_test(clocks_and_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
