#include "model/batch.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static BpArena arena;

/* An example of tests/data without its closing newline. */
static BpStr example(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/data/%s", getenv("TEST_SOURCE_ROOT"), name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char *text = bp_arena_take(&arena, 4096);
    const size_t size = fread(text, 1, 4095, file);
    fclose(file);
    return bp_str_trim((BpStr){text, size});
}

static void assert_same(const BpBuf *out, BpStr expected)
{
    assert_int_equal(out->size, expected.size);
    assert_memory_equal(out->data, expected.data, expected.size);
}

static void a_batch_is_read_and_written_back_as_it_was(void **state)
{
    (void)state;
    const BpStr json = example("batch.json");
    MdlBatch batch;
    bool has_position;
    assert_int_equal(mdl_batch_decode(json, &arena, &batch, &has_position, NULL), BP_OK);
    assert_int_equal(batch.n, 17);
    assert_int_equal(batch.oldest, 12);
    assert_int_equal(batch.count, 5);
    assert_int_equal(batch.readings[1].at_us, 1795488719000120);
    assert_false(batch.readings[1].has_value);
    assert_true(bp_str_equal(batch.readings[1].reason, bp_str("timeout")));
    assert_int_equal(batch.readings[2].quality, MDL_UNCERTAIN);
    BpBuf encoded = bp_buf_growing(4096), sealed = bp_buf_growing(4096);
    mdl_batch_encode(&encoded, batch.device_id, batch.readings, batch.count);
    mdl_batch_seal(&sealed, &batch.run, batch.n, batch.oldest, batch.sent_us, bp_buf_text(&encoded));
    assert_same(&sealed, json);
    bp_buf_done(&encoded);
    bp_buf_done(&sealed);
}

static void every_double_reads_back_as_itself(void **state)
{
    (void)state;
    static const double values[] = {
        0,       -0.0,    0.1,          21.5,    1.0 / 3,    4294967297.0,         9007199254740993.0,
        DBL_MAX, DBL_MIN, DBL_TRUE_MIN, -1e-300, 16777217.0, 3.4028234663852886e38};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const MdlReading reading = {.point_id = 1, .value = values[i], .has_value = true};
        const MdlRun run = mdl_run(7);
        BpBuf encoded = bp_buf_growing(4096), sealed = bp_buf_growing(4096);
        mdl_batch_encode(&encoded, 1, &reading, 1);
        mdl_batch_seal(&sealed, &run, 1, 1, 0, bp_buf_text(&encoded));
        MdlBatch batch;
        bool has_position;
        assert_int_equal(mdl_batch_decode(bp_buf_text(&sealed), &arena, &batch, &has_position, NULL), BP_OK);
        assert_memory_equal(&batch.readings[0].value, &values[i], sizeof(double));
        bp_buf_done(&encoded);
        bp_buf_done(&sealed);
    }
}

static void what_is_wrong_is_said_and_the_position_kept_where_it_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *json, *said;
        bool has_position;
    } bad[] = {
        {"", "no JSON", false},
        {"{\"v\":2}", "version 2, understood is 1", false},
        {"{\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1}", "no version", false},
        {"{\"v\":1,\"run\":\"x\",\"n\":1,\"oldest\":1}", "16 hexadecimal digits", false},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":0,\"oldest\":0}", "number 0", false},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":3,\"oldest\":4}", "oldest 4", false},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1}", "device", true},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":0,\"readings\":[]}",
         "array of 1 to", true},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":0,\"readings\":[[1,"
         "0]]}",
         "reading 0", true},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":0,\"readings\":[[1,"
         "0,null]]}",
         "null with a quality", true},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":0,\"readings\":[[1,"
         "0,5,3,\"x\"]]}",
         "quality is 1 or 2", true},
        {"{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":9223372036854775807,"
         "\"readings\":[[1,1,5]]}",
         "no instant", true},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        BpError err = {0};
        MdlBatch batch;
        bool has_position;
        assert_int_not_equal(mdl_batch_decode(bp_str(bad[i].json), &arena, &batch, &has_position, &err),
                             BP_OK);
        assert_non_null(strstr(err.text, bad[i].said));
        assert_int_equal(has_position, bad[i].has_position);
    }
}

/* A batch with the readings as text, and with it whatever stands before "device". */
static BpStr batch_of(const char *before, const char *readings)
{
    BpBuf out = bp_buf_growing(2 * MDL_BATCH_OCTETS_MAX);
    bp_buf_printf(
        &out,
        "{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,%s\"device\":1,\"at\":0,\"readings\":[",
        before);
    bp_buf_str(&out, bp_str(readings));
    bp_buf_str(&out, bp_str("]}"));
    const BpStr json = {bp_arena_text(&arena, bp_buf_text(&out)), out.size};
    bp_buf_done(&out);
    return json;
}

static char *many_readings(size_t count)
{
    static const char one[] = "[1,2,3],";
    char *text = bp_arena_take(&arena, count * (sizeof one - 1) + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * (sizeof one - 1), one, sizeof one - 1);
    text[count * (sizeof one - 1) - 1] = '\0'; /* the last comma */
    return text;
}

/* Both readers, as whoever writes in another way is read by the second one alone. */
static void both_readers_take_and_refuse_the_same(void **state)
{
    (void)state;
    const struct {
        const char *before, *readings;
        bool is_taken;
        double value; /* of the first */
    } batches[] = {
        {"", many_readings(MDL_BATCH_READINGS_MAX), true, 3},
        {"", many_readings(MDL_BATCH_READINGS_MAX + 1), false, 0},
        {"", many_readings(MDL_BATCH_READINGS_MAX + 2), false, 0},
        {"", many_readings(2 * MDL_BATCH_READINGS_MAX), false, 0},
        {"\"sent\":253402300800000000,", "[1,2,3]", true, 3},
        {"\"sent\":253402300800000001,", "[1,2,3]", false, 0},
        {"\"sent\":999999999999999999,", "[1,2,3]", false, 0},
        {"\"sent\":-1,", "[1,2,3]", false, 0},
        /* Beyond 2^53 digits are rounded once, as strtod does. */
        {"", "[1,2,9007199254740992]", true, 9007199254740992.0},
        {"", "[1,2,900719925474099.3]", true, 900719925474099.3},
        {"", "[1,2,9007199254740993.0]", true, 9007199254740993.0},
        {"", "[1,2,99999999999.9999999]", true, 99999999999.9999999},
        {"", "[1,2,0.9007199254740993]", true, 0.9007199254740993},
        {"", "[1,2,0.99999999999999999]", true, 0.99999999999999999},
        {"", "[1,2,1234567890123.45678]", true, 1234567890123.45678},
        /* Eighteen digits and more: nothing wraps around. */
        {"", "[1,2,184467440737.095516160]", true, 184467440737.095516160},
        {"", "[1,2,1844674407370955161.65]", true, 1844674407370955161.65},
        {"", "[1,2,18446744073709551617.5]", true, 18446744073709551617.5},
        {"", "[1,2,18446744073709551617]", false, 0}, /* no whole number of 64 bits */
        {"", "[18446744073709551617,2,3]", false, 0},
        {"", "[1,18446744073709551617,3]", false, 0},
        {"", "[1,2,null,2,\"\xC2\xB0\"]", true, 0},
        {"", "[1,2,null,2,\"\xFF\"]", false, 0},
        {"", "[1,2,null,2,\"\xC2\"]", false, 0},
        {"", "[1,2,null,2,\"\xC0\xAF\"]", false, 0},
    };
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const BpStr json = batch_of(batches[i].before, batches[i].readings);
        MdlBatch quick, any;
        bool has_position;
        const BpStatus status = mdl_batch_decode(json, &arena, &quick, &has_position, NULL);
        assert_int_equal(status == BP_OK, batches[i].is_taken);
        assert_int_equal(mdl_batch_decode_any(json, &arena, &any, &has_position, NULL), status);
        if (status != BP_OK)
            continue;
        assert_int_equal(quick.count, any.count);
        assert_int_equal(quick.sent_us, any.sent_us);
        for (size_t j = 0; j < any.count; j++) {
            assert_int_equal(quick.readings[j].at_us, any.readings[j].at_us);
            assert_memory_equal(&quick.readings[j].value, &any.readings[j].value, sizeof(double));
        }
        assert_memory_equal(&quick.readings[0].value, &batches[i].value, sizeof(double));
    }
}

static void a_batch_of_another_version_tells_its_number_where_it_looks_like_ours(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int64_t n;
    } others[] = {
        {"{\"v\":2,\"run\":\"0123456789abcdef\",\"n\":7,\"oldest\":3,\"points\":{}}", 7},
        {"{\"v\":2,\"run\":\"0123456789abcdef\",\"n\":7,\"oldest\":9}", 0},
        {"{\"v\":2,\"run\":7,\"n\":\"x\"}", 0},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        MdlBatch batch = {.n = 99};
        bool has_position = true;
        assert_int_equal(mdl_batch_decode(bp_str(others[i].json), &arena, &batch, &has_position, NULL),
                         BP_UNSUPPORTED);
        assert_false(has_position);
        assert_int_equal(batch.n, others[i].n);
        if (batch.n)
            assert_string_equal(batch.run.text, "0123456789abcdef");
    }
}

static void a_batch_cut_anywhere_is_refused(void **state)
{
    (void)state;
    const BpStr json = example("batch.json");
    for (size_t size = 0; size < json.size; size++) {
        MdlBatch batch;
        bool has_position;
        assert_int_not_equal(mdl_batch_decode((BpStr){json.data, size}, &arena, &batch, &has_position, NULL),
                             BP_OK);
        assert_false(has_position);
    }
}

static void what_ingest_answers_is_read_and_written_back(void **state)
{
    (void)state;
    MdlRun session, run;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
    int64_t from;
    BpBuf out = bp_buf_growing(4096);
    const BpStr stored = example("stored.json"), want = example("want.json");
    assert_int_equal(mdl_stored_decode(stored, &session, positions, &count, NULL), BP_OK);
    assert_int_equal(count, 2);
    assert_int_equal(positions[0].stored, 17);
    assert_int_equal(positions[0].skipped, 2);
    mdl_stored_encode(&out, &session, positions, count);
    assert_same(&out, stored);
    bp_buf_clear(&out);
    assert_int_equal(mdl_want_decode(want, &run, &from, NULL), BP_OK);
    mdl_want_encode(&out, &run, from);
    assert_same(&out, want);
    bp_buf_done(&out);
}

static void answers_of_another_version_are_not_understood(void **state)
{
    (void)state;
    MdlRun run;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
    int64_t from;
    assert_int_equal(mdl_stored_decode(bp_str("{\"v\":2,\"session\":\"a90fb6d15c33e210\",\"runs\":[]}"), &run,
                                       positions, &count, NULL),
                     BP_UNSUPPORTED);
    assert_int_equal(
        mdl_want_decode(bp_str("{\"v\":2,\"run\":\"6f1d0c5be7a24b0f\",\"from\":3}"), &run, &from, NULL),
        BP_UNSUPPORTED);
    assert_int_equal(mdl_want_decode(bp_str("{\"run\":\"6f1d0c5be7a24b0f\",\"from\":3}"), &run, &from, NULL),
                     BP_MALFORMED);
}

static int tear_down(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_batch_is_read_and_written_back_as_it_was, tear_down),
        cmocka_unit_test_teardown(every_double_reads_back_as_itself, tear_down),
        cmocka_unit_test_teardown(what_is_wrong_is_said_and_the_position_kept_where_it_can_be, tear_down),
        cmocka_unit_test_teardown(both_readers_take_and_refuse_the_same, tear_down),
        cmocka_unit_test_teardown(a_batch_of_another_version_tells_its_number_where_it_looks_like_ours,
                                  tear_down),
        cmocka_unit_test_teardown(a_batch_cut_anywhere_is_refused, tear_down),
        cmocka_unit_test_teardown(what_ingest_answers_is_read_and_written_back, tear_down),
        cmocka_unit_test_teardown(answers_of_another_version_are_not_understood, tear_down),
    };
    return cmocka_run_group_tests_name("model batch", tests, NULL, NULL);
}
