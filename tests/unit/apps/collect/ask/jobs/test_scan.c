/* Reading out devices that say odd things: what cannot be costs itself, and not the device. */
#include "bacnet/service/read_property.h"
#include "tests/unit/octets.h"

#include "apps/collect/ask/jobs/scan.h"

#include <math.h>

enum { LISTED_MAX = 60000 };

/* A device as its answers make it, one property at a time. */
typedef struct Odd {
    const BacObjectId *listed;
    uint32_t count;
    BacValue length; /* of the list, as it says it */
    bool is_long;    /* the list does not fit one answer */
    BacValue vendor, revision, units, maximum, states;
    const char *name; /* octets, in hexadecimal, of a character string's contents */
    size_t asked;
} Odd;

static BpStr value_text(const BacValue *value, uint8_t *memory, size_t capacity)
{
    BpBuf out = bp_buf(memory, capacity);
    bac_value_encode(&out, value);
    assert_false(out.failed);
    return bp_buf_text(&out);
}

static BpStr answer_to(Odd *odd, const BacReference *asked, uint8_t *memory, size_t capacity)
{
    BpBuf out = bp_buf(memory, capacity);
    switch (asked->property) {
    case BAC_PROP_VENDOR_IDENTIFIER: return value_text(&odd->vendor, memory, capacity);
    case BAC_PROP_PROTOCOL_REVISION: return value_text(&odd->revision, memory, capacity);
    case BAC_PROP_UNITS: return value_text(&odd->units, memory, capacity);
    case BAC_PROP_MAX_PRES_VALUE: return value_text(&odd->maximum, memory, capacity);
    case BAC_PROP_NUMBER_OF_STATES: return value_text(&odd->states, memory, capacity);
    case BAC_PROP_OBJECT_NAME: {
        const Octets name = octets(odd->name ? odd->name : "");
        const BacValue value = {.type = BAC_CHARACTER_STRING,
                                .text = {.charset = BAC_UTF_8, .octets = bp_cursor(name.data, name.size)}};
        return value_text(&value, memory, capacity);
    }
    case BAC_PROP_OBJECT_LIST: break;
    default: return (BpStr){0};
    }
    if (asked->index == 0)
        return value_text(&odd->length, memory, capacity);
    for (uint32_t i = 0; i < odd->count; i++)
        if (asked->index == BAC_NO_INDEX || asked->index == i + 1)
            bac_value_encode(&out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = odd->listed[i]});
    assert_false(out.failed);
    return bp_buf_text(&out);
}

/* Asks until the scan is over, each property by itself. */
static CollectScan *read_out(Odd *odd, size_t most)
{
    CollectScan *scan = collect_scan_new(7, 1476, BAC_SEGMENTED_BOTH);
    CollectLimits limits = collect_limits(1476, false);
    static uint8_t memory[BAC_ANSWER_MAX], body[BAC_ANSWER_MAX + 64];
    collect_scan_set_most(scan, most);
    while (!collect_scan_is_over(scan)) {
        uint8_t request[BAC_REQUEST_MAX];
        BpBuf out = bp_buf(request, sizeof request), ack = bp_buf(body, sizeof body);
        assert_int_equal(collect_scan_ask(scan, &limits, &out), BAC_SERVICE_CONFIRMED_READ_PROPERTY);
        BpCursor in = bp_cursor(request, out.size);
        BacReference asked;
        assert_int_equal(bac_read_property_decode(&in, &asked, NULL), BP_OK);
        odd->asked++;
        BacAnswer answer = {.outcome = BAC_ANSWERED};
        const bool is_whole_list = asked.property == BAC_PROP_OBJECT_LIST && asked.index == BAC_NO_INDEX;
        const BpStr value =
            odd->is_long && is_whole_list ? (BpStr){0} : answer_to(odd, &asked, memory, sizeof memory);
        if (value.size == 0) {
            answer.outcome = BAC_REFUSED;
            answer.refusal = (BacRefusal){.kind = is_whole_list ? BAC_REFUSED_ABORT : BAC_REFUSED_ERROR,
                                          .code = BAC_ABORT_BUFFER_OVERFLOW};
        }
        bac_read_property_ack_encode(&ack, &asked, value);
        answer.body = bp_cursor(body, ack.size);
        collect_scan_take(scan, &limits, &answer, 0);
    }
    return scan;
}

static Odd plain(const BacObjectId *listed, uint32_t count)
{
    const BacValue nothing = {.type = BAC_NULL};
    return (Odd){.listed = listed,
                 .count = count,
                 .length = {.type = BAC_UNSIGNED, .natural = count},
                 .vendor = nothing,
                 .revision = nothing,
                 .units = nothing,
                 .maximum = nothing,
                 .states = nothing};
}

static void an_object_that_is_listed_twice_is_read_once(void **state)
{
    (void)state;
    static const BacObjectId listed[] = {{BAC_DEVICE, 7},       {BAC_ANALOG_INPUT, 1}, {BAC_ANALOG_INPUT, 2},
                                         {BAC_ANALOG_INPUT, 2}, {BAC_DEVICE, 7},       {BAC_ANALOG_INPUT, 3},
                                         {BAC_ANALOG_INPUT, 1}};
    for (int is_long = 0; is_long < 2; is_long++) {
        Odd odd = plain(listed, 7);
        odd.is_long = is_long;
        CollectScan *scan = read_out(&odd, 100);
        size_t count;
        const CollectScanObject *objects = collect_scan_objects(scan, &count);
        assert_null(collect_scan_failure(scan));
        assert_int_equal(count, 3);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(objects[i].id.instance, i + 1);
        assert_string_equal(collect_scan_oddities(scan), "it lists 2 objects twice");
        collect_scan_free(scan);
    }
}

/* Each has the units and states that the standard gives it, and is asked for what it has. */
static void numbers_of_all_kinds_are_points(void **state)
{
    (void)state;
    static const struct {
        BacObjectId id;
        int64_t units;
        const char *last_state; /* NULL: none */
        size_t asked;
        bool commandable;
    } kinds[] = {
        {{BAC_LIGHTING_OUTPUT, 1}, BAC_UNITS_PERCENT, NULL, 3, true},
        {{BAC_BINARY_LIGHTING_OUTPUT, 1}, -1, "stop", 2, true},
        {{BAC_CHANNEL, 1}, -1, NULL, 2, false},
        {{BAC_LOAD_CONTROL, 1}, -1, "shed-non-compliant", 2, false},
        {{BAC_TIMER, 1}, -1, "expired", 2, false},
        {{BAC_LIFE_SAFETY_POINT, 1}, -1, "test-supervisory", 2, false},
        {{BAC_LIFE_SAFETY_ZONE, 1}, -1, "test-supervisory", 2, false},
        {{BAC_ACCESS_DOOR, 1}, -1, "extended-pulse-unlock", 2, true},
        {{BAC_STAGING, 1}, BAC_UNITS_KILOWATTS, NULL, 7, false},
        {{BAC_COLOR_TEMPERATURE, 1}, BAC_UNITS_DEGREES_KELVIN, NULL, 6, false},
        {{BAC_PULSE_CONVERTER, 1}, BAC_UNITS_KILOWATTS, NULL, 7, false},
    };
    enum { OF_DEVICE = 11 }; /* its own properties and the list */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Odd odd = plain(&kinds[i].id, 1);
        odd.units = (BacValue){.type = BAC_ENUMERATED, .enumerated = BAC_UNITS_KILOWATTS};
        CollectScan *scan = read_out(&odd, 100);
        size_t count;
        const CollectScanObject *objects = collect_scan_objects(scan, &count);
        assert_int_equal(count, 1);
        assert_int_equal(objects[0].units, kinds[i].units);
        assert_int_equal(objects[0].commandable, kinds[i].commandable);
        assert_int_equal(odd.asked, OF_DEVICE + kinds[i].asked);
        if (kinds[i].last_state)
            assert_string_equal(objects[0].states[objects[0].state_count - 1], kinds[i].last_state);
        else
            assert_int_equal(objects[0].state_count, 0);
        collect_scan_free(scan);
    }
}

/* Averaging, say, has no present value, and a schedule's is of any type. */
static void what_has_no_number_is_no_point(void **state)
{
    (void)state;
    static const BacObjectId listed[] = {{BAC_DEVICE, 7},       {BAC_AVERAGING, 1},
                                         {BAC_SCHEDULE, 1},     {BAC_CALENDAR, 1},
                                         {BAC_NETWORK_PORT, 1}, {BAC_CHARACTERSTRING_VALUE, 1},
                                         {BAC_TREND_LOG, 1},    {(BacObjectType)300, 1}};
    Odd odd = plain(listed, sizeof listed / sizeof listed[0]);
    CollectScan *scan = read_out(&odd, 100);
    size_t count;
    (void)collect_scan_objects(scan, &count);
    assert_int_equal(count, 0);
    collect_scan_free(scan);
}

static void in_a_long_list_too(void **state)
{
    (void)state;
    enum { OBJECTS = 300 };
    BacObjectId listed[2 * OBJECTS];
    for (uint32_t i = 0; i < OBJECTS; i++)
        listed[i] = listed[2 * OBJECTS - 1 - i] = (BacObjectId){BAC_ANALOG_VALUE, i};
    Odd odd = plain(listed, 2 * OBJECTS);
    CollectScan *scan = read_out(&odd, 1000);
    size_t count;
    const CollectScanObject *objects = collect_scan_objects(scan, &count);
    assert_int_equal(count, OBJECTS);
    for (uint32_t i = 0; i < OBJECTS; i++)
        assert_int_equal(objects[i].id.instance, i);
    assert_string_equal(collect_scan_oddities(scan), "it lists 300 objects twice");
    collect_scan_free(scan);
}

static void a_list_without_an_end_costs_the_device_alone(void **state)
{
    (void)state;
    BacObjectId *listed = calloc(LISTED_MAX, sizeof *listed);
    assert_non_null(listed);
    for (uint32_t i = 0; i < LISTED_MAX; i++)
        listed[i] = (BacObjectId){BAC_ANALOG_VALUE, i};
    Odd odd = plain(listed, 20000);
    size_t count;
    CollectScan *scan = read_out(&odd, 500);
    (void)collect_scan_objects(scan, &count);
    assert_int_equal(count, 500);
    assert_int_equal(collect_scan_left_out(scan), 19500);
    assert_string_equal(collect_scan_oddities(scan), "19500 objects beyond 500 points are left out");
    collect_scan_free(scan);
    /* Element by element, and it says that there are four billion. What is left out is not asked for. */
    odd = plain(listed, LISTED_MAX);
    odd.is_long = true;
    odd.length.natural = UINT32_MAX;
    scan = read_out(&odd, 500);
    (void)collect_scan_objects(scan, &count);
    assert_int_equal(count, 500);
    assert_true(collect_scan_left_out(scan) > 40000);
    assert_in_range(odd.asked, 500, 500 + 64 + 500 * 8 + 20);
    collect_scan_free(scan);
    free(listed);
}

static void numbers_that_cannot_be_are_left_out(void **state)
{
    (void)state;
    static const BacObjectId listed[] = {{BAC_ANALOG_INPUT, 1}, {BAC_MULTI_STATE_INPUT, 1}};
    const BacValue odd_ones[] = {
        {.type = BAC_UNSIGNED, .natural = UINT32_MAX},
        {.type = BAC_UNSIGNED, .natural = UINT64_MAX},
        {.type = BAC_REAL, .real = -3e38F},
        {.type = BAC_REAL, .real = NAN},
        {.type = BAC_DOUBLE, .double_real = 1.7e308},
        {.type = BAC_DOUBLE, .double_real = -INFINITY},
        {.type = BAC_SIGNED, .integer = INT64_MIN},
        {.type = BAC_NULL},
    };
    for (size_t i = 0; i < sizeof odd_ones / sizeof odd_ones[0]; i++) {
        Odd odd = plain(listed, 2);
        odd.vendor = odd.revision = odd.units = odd.maximum = odd.states = odd_ones[i];
        CollectScan *scan = read_out(&odd, 100);
        size_t count;
        const CollectScanObject *objects = collect_scan_objects(scan, &count);
        assert_null(collect_scan_failure(scan));
        assert_int_equal(count, 2);
        assert_int_equal(collect_scan_device(scan)->vendor_id, -1);
        assert_int_equal(collect_scan_device(scan)->protocol_revision, -1);
        assert_in_range(objects[0].units + 1, 0, (uint64_t)UINT32_MAX + 1);
        assert_false(isinf(objects[0].max));
        collect_scan_free(scan);
    }
    Odd odd = plain(listed, 1);
    odd.vendor = odd_ones[0];
    odd.revision = (BacValue){.type = BAC_UNSIGNED, .natural = 22};
    CollectScan *scan = read_out(&odd, 100);
    assert_int_equal(collect_scan_device(scan)->protocol_revision, 22);
    assert_string_equal(collect_scan_oddities(scan), "vendor-identifier 4294967295 cannot be");
    collect_scan_free(scan);
}

/* vendor-identifier is an Unsigned16, units an enumeration of 32 bits. */
static void the_largest_numbers_that_can_be_are_taken(void **state)
{
    (void)state;
    static const BacObjectId listed[] = {{BAC_ANALOG_INPUT, 1}};
    static const struct {
        uint64_t vendor, units;
        int64_t vendor_read, units_read;
    } cases[] = {{0, 0, 0, 0},
                 {UINT16_MAX, UINT32_MAX, UINT16_MAX, UINT32_MAX},
                 {(uint64_t)UINT16_MAX + 1, (uint64_t)UINT32_MAX + 1, -1, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Odd odd = plain(listed, 1);
        odd.vendor = (BacValue){.type = BAC_UNSIGNED, .natural = cases[i].vendor};
        odd.units = (BacValue){.type = BAC_UNSIGNED, .natural = cases[i].units};
        CollectScan *scan = read_out(&odd, 100);
        size_t count;
        const CollectScanObject *objects = collect_scan_objects(scan, &count);
        assert_int_equal(collect_scan_device(scan)->vendor_id, cases[i].vendor_read);
        assert_int_equal(objects[0].units, cases[i].units_read);
        collect_scan_free(scan);
    }
}

static void lengths_that_cannot_be_end_nothing(void **state)
{
    (void)state;
    static const BacObjectId listed[] = {{BAC_ANALOG_INPUT, 1}};
    const BacValue lengths[] = {
        {.type = BAC_REAL, .real = -1},
        {.type = BAC_REAL, .real = NAN},
        {.type = BAC_DOUBLE, .double_real = -1e300},
        {.type = BAC_NULL},
        {.type = BAC_SIGNED, .integer = INT64_MIN},
        {.type = BAC_UNSIGNED, .natural = 0},
    };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        Odd odd = plain(listed, 1);
        odd.is_long = true;
        odd.length = lengths[i];
        CollectScan *scan = read_out(&odd, 100);
        assert_null(collect_scan_failure(scan));
        assert_int_equal(collect_scan_object_count(scan), 0);
        collect_scan_free(scan);
    }
}

/* Whatever a device writes as a name, what comes of it can be stored: UTF-8, without a zero in it. */
static void odd_names_can_be_stored(void **state)
{
    (void)state;
    static const char *const names[] = {"41 00 42",    "ed a0 80", "ff fe 41", "c3",   "01 02 1b 41",
                                        "f4 90 80 80", "00 00",    "ef bf bf", "c0 80"};
    static const BacObjectId listed[] = {{BAC_ANALOG_INPUT, 1}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Odd odd = plain(listed, 1);
        odd.name = names[i];
        CollectScan *scan = read_out(&odd, 100);
        size_t count;
        const char *name = collect_scan_objects(scan, &count)[0].name;
        assert_true(bp_str_is_utf8(bp_str(name)));
        for (const char *at = name; *at; at++)
            assert_true((uint8_t)*at >= ' ');
        collect_scan_free(scan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_that_is_listed_twice_is_read_once),
        cmocka_unit_test(numbers_of_all_kinds_are_points),
        cmocka_unit_test(what_has_no_number_is_no_point),
        cmocka_unit_test(in_a_long_list_too),
        cmocka_unit_test(a_list_without_an_end_costs_the_device_alone),
        cmocka_unit_test(numbers_that_cannot_be_are_left_out),
        cmocka_unit_test(the_largest_numbers_that_can_be_are_taken),
        cmocka_unit_test(lengths_that_cannot_be_end_nothing),
        cmocka_unit_test(odd_names_can_be_stored),
    };
    return cmocka_run_group_tests_name("collect scan", tests, NULL, NULL);
}
