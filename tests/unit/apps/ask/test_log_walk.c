/* Reading a log of which the device writes more meanwhile: a ring of 100 records, full from the beginning, of
 * devices of several kinds. */
#include "apps/ask/log_walk.h"
#include "bacnet/service/list.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { RING = 100, SEVERAL = 3 };

typedef struct Reader {
    AskLogWalk walk;
    uint32_t total;   /* records logged ever; number n is logged at n, in seconds */
    uint32_t at_once; /* records to an answer, at most */
    uint32_t moves;   /* records that are logged between two answers */
    bool says_no_number, says_no_end, logs_several; /* at one time: SEVERAL records */
    uint32_t wanted;                                /* 0: all there are */
    uint32_t read[2000];
    size_t count;
    size_t answers;
} Reader;

static uint32_t number_of(const Reader *reader, uint32_t i)
{
    return reader->total - RING + 1 + i;
}

static BacDateTime time_of(const void *context, uint32_t i)
{
    const Reader *reader = context;
    const uint32_t number = number_of(reader, i);
    return bac_date_time_at((reader->logs_several ? number / SEVERAL : number) * BP_SECOND);
}

static void put(const void *context, uint32_t i, BpBuf *out)
{
    const BacLogRecord record = {
        .time = time_of(context, i),
        .datum = BAC_LOG_UNSIGNED,
        .value = {.type = BAC_UNSIGNED, .natural = number_of(context, i)},
    };
    bac_log_record_encode(out, &record);
}

static bool take(void *owner, const BacLogRecord *record)
{
    Reader *reader = owner;
    assert_in_range(reader->count, 0, 1999);
    reader->read[reader->count++] = (uint32_t)record->value.natural;
    return reader->count != reader->wanted;
}

static BpStatus answer(Reader *reader, BpError *err)
{
    uint8_t memory[64 * 1024];
    const BacList list = {.context = reader,
                          .count = RING,
                          .put = put,
                          .time = time_of,
                          .first_sequence = number_of(reader, 0)};
    BpBuf out = bp_buf(memory, sizeof memory);
    BacReadRangeAck ack;
    reader->walk.next.count = 50;
    BacReadRange asked = reader->walk.next;
    asked.count = asked.count < (int32_t)reader->at_once ? asked.count : (int32_t)reader->at_once;
    assert_int_equal(bac_list_answer(&list, &asked, &out).kind, BAC_NOT_REFUSED);
    BpCursor in = bp_cursor(out.data, out.size);
    assert_int_equal(bac_read_range_ack_decode(&in, &ack, NULL), BP_OK);
    ack.has_sequence = ack.has_sequence && !reader->says_no_number;
    ack.has_last_item = ack.has_last_item && !reader->says_no_end;
    reader->answers++;
    return ask_log_walk_take(&reader->walk, &ack, take, reader, err);
}

/* Until it is over, or, with a device that logs faster than it can be read, for a while. */
static void read_on(Reader *reader)
{
    while (!reader->walk.is_over && reader->answers < 200) {
        BpError err;
        if (answer(reader, &err) != BP_OK)
            fail_msg("%s", err.text);
        reader->total += reader->moves;
    }
}

static void assert_without_gaps(const Reader *reader, uint32_t first)
{
    assert_true(reader->count > 0);
    assert_int_equal(reader->read[0], first);
    for (size_t i = 1; i < reader->count; i++)
        if (reader->read[i] != reader->read[i - 1] + 1)
            fail_msg("%u is followed by %u", reader->read[i - 1], reader->read[i]);
}

static Reader begin(BacRangeKind kind, uint32_t at_once, uint32_t moves)
{
    return (Reader){
        .total = 500,
        .at_once = at_once,
        .moves = moves,
        .says_no_number = true,
        .walk.next = {.reference = {{BAC_TREND_LOG, 1}, BAC_PROP_LOG_BUFFER, BAC_NO_INDEX}, .kind = kind}};
}

static void by_place_a_log_that_moves_is_read_without_gaps_and_doubles(void **state)
{
    (void)state;
    static const uint32_t AT_ONCE[] = {2, 3, 7, 20, 50, 100};
    for (size_t i = 0; i < sizeof AT_ONCE / sizeof AT_ONCE[0]; i++)
        for (uint32_t moves = 0; moves <= 3; moves++)
            for (int ends = 0; ends < 2; ends++) {
                if (moves >= AT_ONCE[i] - 1)
                    continue; /* it is never caught up with */
                Reader reader = begin(BAC_RANGE_BY_POSITION, AT_ONCE[i], moves);
                reader.says_no_end = ends;
                reader.walk.next.position = 41; /* the last 60 */
                reader.wanted = 60;
                read_on(&reader);
                assert_without_gaps(&reader, 441);
                assert_false(reader.walk.has_lost);
                assert_true(reader.walk.is_over);
                assert_int_equal(reader.read[reader.count - 1], 500);
            }
}

static void one_record_at_a_time_is_read_by_place(void **state)
{
    (void)state;
    Reader reader = begin(BAC_RANGE_BY_POSITION, 1, 0);
    reader.walk.next.position = 91;
    read_on(&reader);
    assert_without_gaps(&reader, 491);
    assert_int_equal(reader.count, 10);
}

static void by_time_a_log_without_numbers_is_read_to_its_end(void **state)
{
    (void)state;
    static const uint32_t AT_ONCE[] = {4, 5, 20, 50, 100};
    for (size_t i = 0; i < sizeof AT_ONCE / sizeof AT_ONCE[0]; i++)
        for (int several = 0; several < 2; several++)
            for (uint32_t moves = 0; moves <= 1; moves++) {
                Reader reader = begin(BAC_RANGE_BY_TIME, AT_ONCE[i], moves);
                reader.logs_several = several;
                reader.says_no_end = true;
                reader.walk.next.time = bac_date_time_at((several ? 450 / SEVERAL : 450) * BP_SECOND);
                read_on(&reader);
                assert_without_gaps(&reader, several ? 453 : 451);
                assert_true(reader.read[reader.count - 1] >= 500);
                assert_false(reader.walk.has_lost);
            }
}

static void by_number_what_was_written_over_is_counted(void **state)
{
    (void)state;
    Reader reader = begin(BAC_RANGE_BY_TIME, 10, 0);
    BpError err;
    reader.says_no_number = false;
    reader.walk.next.time = bac_date_time_at(420 * BP_SECOND);
    assert_int_equal(answer(&reader, &err), BP_OK);
    assert_int_equal(reader.walk.next.kind, BAC_RANGE_BY_SEQUENCE);
    assert_int_equal(reader.walk.next.sequence, 431);
    read_on(&reader);
    assert_without_gaps(&reader, 421);
    assert_int_equal(reader.count, 80);
    assert_int_equal(reader.walk.lost, 0);
}

static void by_place_what_was_written_over_is_said(void **state)
{
    (void)state;
    Reader reader = begin(BAC_RANGE_BY_POSITION, 10, 0);
    BpError err;
    reader.walk.next.position = 1;
    assert_int_equal(answer(&reader, &err), BP_OK);
    reader.total += 500; /* all of it */
    read_on(&reader);
    assert_true(reader.walk.has_lost);
    assert_int_equal(reader.read[10], 901);
    assert_int_equal(reader.read[reader.count - 1], 1000);
}

static void a_device_that_sends_the_same_again_and_again_is_found_out(void **state)
{
    (void)state;
    uint8_t memory[256];
    BpBuf out = bp_buf(memory, sizeof memory);
    Reader reader = begin(BAC_RANGE_BY_POSITION, 10, 0);
    BpError err;
    BpStatus status = BP_OK;
    put(&reader, 0, &out);
    put(&reader, 1, &out);
    const BacReadRangeAck ack = {.count = 2, .items = bp_cursor(memory, out.size)};
    reader.walk.next.position = 1;
    for (int i = 0; i < 50 && status == BP_OK; i++)
        status = ask_log_walk_take(&reader.walk, &ack, take, &reader, &err);
    assert_int_equal(status, BP_MALFORMED);
    const BacReadRangeAck numbered = {
        .count = 2, .items = bp_cursor(memory, out.size), .has_sequence = true, .sequence = 7};
    reader = begin(BAC_RANGE_BY_SEQUENCE, 10, 0);
    reader.walk.next.sequence = 7;
    assert_int_equal(ask_log_walk_take(&reader.walk, &numbered, take, &reader, &err), BP_OK);
    assert_int_equal(ask_log_walk_take(&reader.walk, &numbered, take, &reader, &err), BP_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_place_a_log_that_moves_is_read_without_gaps_and_doubles),
        cmocka_unit_test(one_record_at_a_time_is_read_by_place),
        cmocka_unit_test(by_time_a_log_without_numbers_is_read_to_its_end),
        cmocka_unit_test(by_number_what_was_written_over_is_counted),
        cmocka_unit_test(by_place_what_was_written_over_is_said),
        cmocka_unit_test(a_device_that_sends_the_same_again_and_again_is_found_out),
    };
    return cmocka_run_group_tests_name("log walk", tests, NULL, NULL);
}
