#include "tests/unit/octets.h"

#include "bacnet/service/log_record.h"
#include "bacnet/service/read_range.h"

static BpStatus parse_range(BpCursor in)
{
    BacReadRange range;
    return bac_read_range_decode(&in, &range, NULL);
}

static BpStatus parse_records(BpCursor in)
{
    BacLogRecord record;
    BpStatus status = BP_OK;
    while (status == BP_OK)
        status = bac_log_record_next(&in, &record, NULL);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus parse_ack(BpCursor in)
{
    BacReadRangeAck ack;
    const BpStatus status = bac_read_range_ack_decode(&in, &ack, NULL);
    return status == BP_OK ? parse_records(ack.items) : status;
}

/* The buffer of device 4711's trend log 3, on 24 November 2026. */
#define LOG  "0c 05 00 00 03 19 83"
#define TIME "0e a4 7e 0b 18 02 b4 07 2d 00 00 0f"

static const char *const RANGES[] = {
    LOG,
    LOG "3e 21 01 31 0a 3f",
    LOG "6e 22 01 2c 31 f6 6f",
    LOG "7e a4 7e 0b 18 02 b4 07 2d 00 00 32 03 e8 7f",
    "0c 05 00 00 03 19 83 29 02 3e 21 01 31 0a 3f",
};
static const char *const RECORDS[] = {
    TIME "1e 0a 05 40 1f",
    TIME "1e 19 01 1f 2a 04 00",
    TIME "1e 2c 41 ac 00 00 1f 2a 04 80",
    TIME "1e 39 03 1f",
    TIME "1e 4a 01 2c 1f",
    TIME "1e 59 ff 1f",
    TIME "1e 6a 04 a0 1f",
    TIME "1e 78 1f",
    TIME "1e 8e 91 01 91 1f 8f 1f 2a 04 40",
    TIME "1e 9c 41 00 00 00 1f",
    TIME "1e ae c4 02 00 12 67 af 1f",
};
#define ACK LOG "3a 05 c0 49 01 5e" TIME "1e 2c 41 ac 00 00 1f 2a 04 00 5f 6a 01 2c"

static void messages_are_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++)
        assert_taken_whole_or_not_at_all(parse_range, RANGES[i], i == 0 ? 0 : i == 4 ? 10 : 8);
    for (size_t i = 0; i < sizeof RECORDS / sizeof RECORDS[0]; i++) {
        const bool has_flags = i == 1 || i == 2 || i == 8;
        assert_taken_whole_or_not_at_all(parse_records, RECORDS[i],
                                         has_flags ? octets(RECORDS[i]).size - 2 : 1);
    }
    assert_taken_whole_or_not_at_all(parse_ack,
                                     LOG "3a 05 c0 49 01 5e" TIME "1e 2c 41 ac 00 00 1f 2a 04 00 5f", 0);
    assert_taken_whole_or_not_at_all(parse_ack, ACK, octets(ACK).size - 2);
}

static void ranges_come_back_as_they_were_sent(void **state)
{
    (void)state;
    static const BacRangeKind kinds[] = {BAC_RANGE_ALL, BAC_RANGE_BY_POSITION, BAC_RANGE_BY_SEQUENCE,
                                         BAC_RANGE_BY_TIME, BAC_RANGE_BY_POSITION};
    static const int32_t counts[] = {0, 10, -10, 1000, 10};
    for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++) {
        const Octets message = octets(RANGES[i]);
        BpCursor in = cursor_over(&message);
        BacReadRange range;
        assert_int_equal(bac_read_range_decode(&in, &range, NULL), BP_OK);
        assert_int_equal(range.kind, kinds[i]);
        assert_int_equal(range.count, counts[i]);
        assert_int_equal(range.reference.property, BAC_PROP_LOG_BUFFER);
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_read_range_encode(&out, &range);
        assert_octets(&out, RANGES[i]);
    }
}

static void records_of_every_kind_come_back_as_they_were_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof RECORDS / sizeof RECORDS[0]; i++) {
        const Octets message = octets(RECORDS[i]);
        BpCursor in = cursor_over(&message);
        BacLogRecord record;
        assert_int_equal(bac_log_record_next(&in, &record, NULL), BP_OK);
        assert_int_equal(record.datum, i); /* they are in the order of their choices */
        assert_int_equal(record.time.time.minute, 45);
        uint8_t memory[64];
        BpBuf out = bp_buf(memory, sizeof memory);
        bac_log_record_encode(&out, &record);
        assert_octets(&out, RECORDS[i]);
        assert_int_equal(bac_log_record_next(&in, &record, NULL), BP_NOT_FOUND);
    }
}

static void an_answer_has_flags_records_and_a_number(void **state)
{
    (void)state;
    const Octets message = octets(ACK);
    BpCursor in = cursor_over(&message);
    BacReadRangeAck ack;
    assert_int_equal(bac_read_range_ack_decode(&in, &ack, NULL), BP_OK);
    assert_true(ack.has_first_item && ack.has_last_item && !ack.has_more_items);
    assert_int_equal(ack.count, 1);
    assert_true(ack.has_sequence);
    assert_int_equal(ack.sequence, 300);
    uint8_t memory[64];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_read_range_ack_encode(&out, &ack);
    assert_octets(&out, ACK);
    BacLogRecord record;
    assert_int_equal(bac_log_record_next(&ack.items, &record, NULL), BP_OK);
    assert_int_equal(record.datum, BAC_LOG_REAL);
    assert_true(record.value.real == 21.5F);
    assert_true(record.has_status_flags);
    assert_false(bac_bits_test(record.status_flags, BAC_FLAG_FAULT));
}

static void wrong_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        Parser *parser;
        const char *octets;
        BpStatus status;
    } cases[] = {
        {parse_range, LOG "3e 21 01 31 00 3f", BP_INVALID}, /* no items */
        {parse_range, LOG "3e 25 05 01 00 00 00 00 31 01 3f", BP_INVALID},
        {parse_range, LOG "3e 21 01 35 05 01 00 00 00 00 3f", BP_INVALID},
        {parse_range, LOG "3e 21 01 21 0a 3f", BP_MALFORMED}, /* an unsigned count */
        {parse_range, LOG "3e 21 01 31 0a 00 3f", BP_MALFORMED},
        {parse_range, LOG "4e 21 01 31 0a 4f", BP_MALFORMED},
        {parse_ack, LOG "3a 05 c0 49 01 6e 6f", BP_MALFORMED},
        {parse_records, TIME "1e b9 01 1f", BP_MALFORMED}, /* a choice that there is not */
        {parse_records, TIME "1e 8a 05 40 1f", BP_MALFORMED},
        {parse_records, TIME "1e 44 41 ac 00 00 1f", BP_MALFORMED},
        {parse_records, TIME "1e 2c 41 ac 00 00 39 01 1f", BP_MALFORMED}, /* two of them */
        {parse_records, TIME "1e 2b 41 ac 00 1f", BP_MALFORMED},
        {parse_records, "1e 2c 41 ac 00 00 1f", BP_MALFORMED}, /* at no time */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const Octets message = octets(cases[i].octets);
        if (parse_exactly(cases[i].parser, message.data, message.size) != cases[i].status)
            fail_msg("%s was not refused as it should", cases[i].octets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_taken_whole_or_not_at_all),
        cmocka_unit_test(ranges_come_back_as_they_were_sent),
        cmocka_unit_test(records_of_every_kind_come_back_as_they_were_sent),
        cmocka_unit_test(an_answer_has_flags_records_and_a_number),
        cmocka_unit_test(wrong_ones_are_refused),
    };
    return cmocka_run_group_tests_name("bacnet read range", tests, NULL, NULL);
}
