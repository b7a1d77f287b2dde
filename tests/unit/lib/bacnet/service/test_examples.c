/* Messages of others: the examples of ASHRAE 135, Annex F, and captures of real networks. They are not ours
 * to hand on, so this test reads them where they are, and says so where they are not. */
#include "bacnet/service/acknowledge_alarm.h"
#include "bacnet/service/event_notification.h"
#include "bacnet/service/event_values.h"
#include "bacnet/service/get_events.h"
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "tests/unit/octets.h"

#include "bacnet/service/cov.h"
#include "bacnet/service/log_record.h"
#include "bacnet/service/read_range.h"
#include "bacnet/service/time_sync.h"
#include "bacnet/service/who_has.h"
#include "bacnet/service/write_multiple.h"
#include "bacnet/wire/datagram.h"

#include <errno.h>
#include <unistd.h>

static char folder[4096];

/* The folder in BACPIPES_SHARED_DATA, or else the one beside the source. */
static bool find_examples(void)
{
    const char *data = getenv("BACPIPES_SHARED_DATA");
    const char *root = getenv("TEST_SOURCE_ROOT");
    if (data)
        snprintf(folder, sizeof folder, "%s/captures", data);
    else
        snprintf(folder, sizeof folder, "%s/../shared/data/captures", root ? root : ".");
    return access(folder, R_OK) == 0;
}

static FILE *open_example(const char *name)
{
    char path[sizeof folder + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    return file;
}

/* ---- whole messages, read and written back ---- */

static uint8_t written[65536];

static BpStatus echo_error(BpCursor *in, BpBuf *out, BpError *err)
{
    BacRefusal refusal;
    const BpStatus status = bac_error_decode(in, &refusal, err);
    if (status == BP_OK)
        bac_error_encode(out, refusal);
    return status;
}

static BpStatus echo_who_is(BpCursor *in, BpBuf *out, BpError *err)
{
    BacWhoIs who_is;
    const BpStatus status = bac_who_is_decode(in, &who_is, err);
    if (status == BP_OK)
        bac_who_is_encode(out, &who_is);
    return status;
}

static BpStatus echo_i_am(BpCursor *in, BpBuf *out, BpError *err)
{
    BacIAm i_am;
    const BpStatus status = bac_i_am_decode(in, &i_am, err);
    if (status == BP_OK)
        bac_i_am_encode(out, &i_am);
    return status;
}

static BpStatus echo_read(BpCursor *in, BpBuf *out, BpError *err)
{
    BacReference reference;
    const BpStatus status = bac_read_property_decode(in, &reference, err);
    if (status == BP_OK)
        bac_read_property_encode(out, &reference);
    return status;
}

/* Primitive values are read and written one by one; constructed ones are taken as they are. */
static BpStatus echo_values(BpCursor values, BpBuf *out, BpError *err)
{
    BpStatus status = BP_OK;
    while (status == BP_OK && bp_cursor_remaining(&values) > 0) {
        BpCursor ahead = values;
        BacTag tag;
        status = bac_tag_decode(&ahead, &tag, err);
        if (status == BP_OK && tag.kind == BAC_APPLICATION) {
            BacValue value;
            status = bac_value_decode(&values, &value, err);
            if (status == BP_OK)
                bac_value_encode(out, &value);
        } else {
            bp_buf_octets(out, values.data + values.offset, bp_cursor_remaining(&values));
            return status;
        }
    }
    return status;
}

static BpStatus echo_read_ack(BpCursor *in, BpBuf *out, BpError *err)
{
    static uint8_t memory[65536];
    BpBuf inner = bp_buf(memory, sizeof memory);
    BacReference reference;
    BpCursor values;
    BpStatus status = bac_read_property_ack_decode(in, &reference, &values, err);
    if (status == BP_OK)
        status = echo_values(values, &inner, err);
    if (status == BP_OK)
        bac_read_property_ack_encode(out, &reference, bp_buf_text(&inner));
    return status;
}

static BpStatus echo_multiple(BpCursor *in, BpBuf *out, BpError *err)
{
    BacReference references[256];
    size_t count = 0;
    BacReadMultiple walk = {.in = *in};
    BpStatus status;
    while (count < 256 && (status = bac_read_multiple_next(&walk, &references[count], err)) == BP_OK)
        count++;
    bac_read_multiple_encode(out, references, count);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus echo_multiple_ack(BpCursor *in, BpBuf *out, BpError *err)
{
    static uint8_t memory[65536];
    BacReadMultiple walk = {.in = *in};
    BacReadResult result;
    BacObjectId object = {0};
    bool is_open = false;
    BpStatus status;
    while ((status = bac_read_multiple_ack_next(&walk, &result, err)) == BP_OK) {
        const BacReference *reference = &result.reference;
        if (is_open && !bac_object_equal(object, reference->object)) {
            bac_read_multiple_ack_close(out);
            is_open = false;
        }
        if (!is_open)
            bac_read_multiple_ack_open(out, reference->object);
        is_open = true;
        object = reference->object;
        BpBuf inner = bp_buf(memory, sizeof memory);
        if (result.refusal.kind == BAC_NOT_REFUSED &&
            (status = echo_values(result.value, &inner, err)) != BP_OK)
            return status;
        if (result.refusal.kind == BAC_NOT_REFUSED)
            bac_read_multiple_ack_add(out, reference->property, reference->index, bp_buf_text(&inner));
        else
            bac_read_multiple_ack_refuse(out, reference->property, reference->index, result.refusal);
    }
    if (is_open)
        bac_read_multiple_ack_close(out);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus echo_write(BpCursor *in, BpBuf *out, BpError *err)
{
    BacWrite write;
    const BpStatus status = bac_write_property_decode(in, &write, err);
    if (status == BP_OK)
        bac_write_property_encode(out, &write);
    return status;
}

static BpStatus echo_subscribe_cov(BpCursor *in, BpBuf *out, BpError *err)
{
    BacSubscribeCov subscribe;
    const BpStatus status = bac_subscribe_cov_decode(in, &subscribe, err);
    if (status == BP_OK)
        bac_subscribe_cov_encode(out, &subscribe);
    return status;
}

static BpStatus echo_who_has(BpCursor *in, BpBuf *out, BpError *err)
{
    BacWhoHas who_has;
    const BpStatus status = bac_who_has_decode(in, &who_has, err);
    if (status == BP_OK)
        bac_who_has_encode(out, &who_has);
    return status;
}

static BpStatus echo_i_have(BpCursor *in, BpBuf *out, BpError *err)
{
    BacIHave i_have;
    const BpStatus status = bac_i_have_decode(in, &i_have, err);
    if (status == BP_OK)
        bac_i_have_encode(out, &i_have);
    return status;
}

static BpStatus echo_time_sync(BpCursor *in, BpBuf *out, BpError *err)
{
    BacDateTime now;
    const BpStatus status = bac_time_sync_decode(in, &now, err);
    if (status == BP_OK)
        bac_time_sync_encode(out, &now);
    return status;
}

static BpStatus echo_range(BpCursor *in, BpBuf *out, BpError *err)
{
    BacReadRange range;
    const BpStatus status = bac_read_range_decode(in, &range, err);
    if (status == BP_OK)
        bac_read_range_encode(out, &range);
    return status;
}

static BpStatus echo_get_events(BpCursor *in, BpBuf *out, BpError *err)
{
    BacGetEvents request;
    const BpStatus status = bac_get_events_decode(in, &request, err);
    if (status == BP_OK)
        bac_get_events_encode(out, &request);
    return status;
}

static BpStatus echo_acknowledge(BpCursor *in, BpBuf *out, BpError *err)
{
    BacAcknowledgeAlarm acknowledge;
    const BpStatus status = bac_acknowledge_alarm_decode(in, &acknowledge, err);
    if (status == BP_OK)
        bac_acknowledge_alarm_encode(out, &acknowledge);
    return status;
}

static uint8_t inner_memory[65536];

static BpStatus echo_cov_notification(BpCursor *in, BpBuf *out, BpError *err)
{
    BacCovNotification notification;
    BacPropertyValue value;
    BpStatus status = bac_cov_notification_decode(in, &notification, err);
    if (status != BP_OK)
        return status;
    bac_cov_notification_begin(out, &notification);
    while ((status = bac_property_value_next(&notification.values, &value, err)) == BP_OK)
        bac_property_value_encode(out, &value);
    bac_cov_notification_end(out);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus echo_write_multiple(BpCursor *in, BpBuf *out, BpError *err)
{
    BacWrite writes[64];
    size_t count = 0;
    BacWriteMultiple walk = {.in = *in};
    BpStatus status;
    while (count < 64 && (status = bac_write_multiple_next(&walk, &writes[count], err)) == BP_OK)
        count++;
    bac_write_multiple_encode(out, writes, count);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus echo_range_ack(BpCursor *in, BpBuf *out, BpError *err)
{
    BpBuf inner = bp_buf(inner_memory, sizeof inner_memory);
    BacReadRangeAck ack;
    BacLogRecord record;
    BpStatus status = bac_read_range_ack_decode(in, &ack, err);
    if (status != BP_OK)
        return status;
    while ((status = bac_log_record_next(&ack.items, &record, err)) == BP_OK)
        bac_log_record_encode(&inner, &record);
    ack.items = bp_cursor(inner.data, inner.size);
    bac_read_range_ack_encode(out, &ack);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus echo_get_events_ack(BpCursor *in, BpBuf *out, BpError *err)
{
    BpBuf inner = bp_buf(inner_memory, sizeof inner_memory);
    BacGetEventsAck ack;
    BacEventSummary summary;
    BpStatus status = bac_get_events_ack_decode(in, &ack, err);
    if (status != BP_OK)
        return status;
    while ((status = bac_event_summary_next(&ack.summaries, &summary, err)) == BP_OK)
        bac_event_summary_encode(&inner, &summary);
    ack.summaries = bp_cursor(inner.data, inner.size);
    bac_get_events_ack_encode(out, &ack);
    return status == BP_NOT_FOUND ? BP_OK : status;
}

static BpStatus echo_event(BpCursor *in, BpBuf *out, BpError *err)
{
    BpBuf inner = bp_buf(inner_memory, sizeof inner_memory);
    BacEventNotification notification;
    BacEventValues values;
    BpStatus status = bac_event_notification_decode(in, &notification, err);
    if (status == BP_OK && notification.has_values)
        status = bac_event_values_decode(&notification.values, notification.values_type, &values, err);
    if (status == BP_OK && notification.has_values) {
        bac_event_values_encode(&inner, &values);
        notification.values = bp_cursor(inner.data, inner.size);
    }
    if (status == BP_OK)
        bac_event_notification_encode(out, &notification);
    return status;
}

typedef BpStatus Echo(BpCursor *in, BpBuf *out, BpError *err);

static Echo *echo_of_unconfirmed(uint8_t service)
{
    switch (service) {
    case BAC_SERVICE_UNCONFIRMED_WHO_IS: return echo_who_is;
    case BAC_SERVICE_UNCONFIRMED_I_AM: return echo_i_am;
    case BAC_SERVICE_UNCONFIRMED_WHO_HAS: return echo_who_has;
    case BAC_SERVICE_UNCONFIRMED_I_HAVE: return echo_i_have;
    case BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION: return echo_cov_notification;
    case BAC_SERVICE_UNCONFIRMED_EVENT_NOTIFICATION: return echo_event;
    case BAC_SERVICE_UNCONFIRMED_TIME_SYNCHRONIZATION:
    case BAC_SERVICE_UNCONFIRMED_UTC_TIME_SYNCHRONIZATION: return echo_time_sync;
    default: return NULL;
    }
}

/* What reads and writes the parameters of a message, or NULL where the service is not one of ours. */
static Echo *echo_of(const BacApdu *apdu)
{
    if (apdu->type == BAC_UNCONFIRMED_REQUEST)
        return echo_of_unconfirmed(apdu->service);
    if (apdu->type == BAC_ERROR)
        return echo_error;
    const bool is_request = apdu->type == BAC_CONFIRMED_REQUEST;
    if (!is_request && apdu->type != BAC_COMPLEX_ACK)
        return NULL;
    switch (apdu->service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY: return is_request ? echo_read : echo_read_ack;
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE: return is_request ? echo_multiple : echo_multiple_ack;
    case BAC_SERVICE_CONFIRMED_WRITE_PROPERTY: return is_request ? echo_write : NULL;
    case BAC_SERVICE_CONFIRMED_WRITE_PROPERTY_MULTIPLE: return is_request ? echo_write_multiple : NULL;
    case BAC_SERVICE_CONFIRMED_READ_RANGE: return is_request ? echo_range : echo_range_ack;
    case BAC_SERVICE_CONFIRMED_SUBSCRIBE_COV: return is_request ? echo_subscribe_cov : NULL;
    case BAC_SERVICE_CONFIRMED_COV_NOTIFICATION: return is_request ? echo_cov_notification : NULL;
    case BAC_SERVICE_CONFIRMED_EVENT_NOTIFICATION: return is_request ? echo_event : NULL;
    case BAC_SERVICE_CONFIRMED_ACKNOWLEDGE_ALARM: return is_request ? echo_acknowledge : NULL;
    case BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION:
        return is_request ? echo_get_events : echo_get_events_ack;
    default: return NULL;
    }
}

/* True if the parameters are of a service of ours; then they have come back as they were. */
static bool parameters_come_back(const BacApdu *apdu, BpCursor body, const char *name)
{
    Echo *echo = echo_of(apdu);
    if (!echo)
        return false;
    BpBuf out = bp_buf(written, sizeof written);
    BpError err = {0};
    const uint8_t *expected = body.data + body.offset;
    const size_t size = bp_cursor_remaining(&body);
    if (echo(&body, &out, &err) != BP_OK)
        fail_msg("%s: %s", name, err.text);
    if (out.size != size || memcmp(out.data, expected, size) != 0)
        fail_msg("%s: came back with %zu octets instead of %zu, or other ones", name, out.size, size);
    return true;
}

/* ---- Annex F ---- */

static void the_examples_of_annex_f_come_back_as_they_were(void **state)
{
    (void)state;
    FILE *file = open_example("annex-f.txt");
    char line[4096], name[256], hexadecimal[4000];
    size_t examples = 0, whole = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%255[^# ] %3999s", name, hexadecimal) != 2)
            continue;
        const Octets message = octets(hexadecimal);
        BpCursor in = cursor_over(&message);
        BacApdu apdu;
        BpError err;
        if (bac_apdu_decode(&in, &apdu, &err) != BP_OK)
            fail_msg("%s: %s", name, err.text);
        BpBuf out = bp_buf(written, sizeof written);
        bac_apdu_encode(&out, &apdu);
        assert_int_equal(out.size, in.offset);
        assert_memory_equal(out.data, message.data, out.size);
        examples++;
        BacReadResult result;
        if (strstr(name,
                   "WithEmptyResults")) /* an object without results is passed over, and does not come back */
            assert_int_equal(bac_read_multiple_ack_next(&(BacReadMultiple){.in = in}, &result, NULL),
                             BP_NOT_FOUND);
        else
            whole += parameters_come_back(&apdu, in, name);
    }
    fclose(file);
    assert_int_equal(examples, 92);
    assert_int_equal(whole, 31);
}

/* ---- captures ---- */

/* A segmented answer, put together. */
static uint8_t assembled[65536];
static size_t assembled_size;

typedef struct Counts {
    size_t frames, ours, segmented; /* ReinitializeDevice and its answers say 17 octets, whatever they have */
} Counts;

static void take_apdu(const BacDatagram *datagram, const char *name, Counts *counts)
{
    const BacApdu *apdu = &datagram->apdu;
    BpCursor body = datagram->body;
    if (apdu->segmented) {
        const size_t size = bp_cursor_remaining(&body);
        if (apdu->sequence == 0)
            assembled_size = 0;
        assert_true(size <= sizeof assembled - assembled_size);
        memcpy(assembled + assembled_size, bp_cursor_take(&body, size), size);
        assembled_size += size;
        if (apdu->more_follows)
            return;
        body = bp_cursor(assembled, assembled_size);
        counts->segmented++;
    }
    counts->ours += parameters_come_back(apdu, body, name);
}

/* Ethernet, IPv4 and UDP without options, as in these files. */
enum { PCAP_HEADER = 24, PCAP_RECORD = 16, FRAME_HEADER = 14 + 20 + 8, UDP_LENGTH = 14 + 20 + 4 };

static void take_frame(const uint8_t *frame, size_t size, const char *name, Counts *counts)
{
    BpCursor in = bp_cursor(frame, size);
    bp_cursor_skip(&in, UDP_LENGTH);
    const size_t length = (size_t)bp_cursor_u16(&in) - 8;
    bp_cursor_skip(&in, 2);
    const BpCursor payload = bp_cursor_sub(&in, length); /* short frames are padded behind it */
    assert_false(in.failed);
    const BacAddress from = {.ip = {frame[26], frame[27], frame[28], frame[29]}, .port = BAC_PORT};
    BacDatagram datagram;
    BpError err;
    counts->frames++;
    const BpStatus status = bac_datagram_decode(payload, &from, &datagram, &err);
    if (status == BP_OK) {
        assert_true(datagram.has_apdu);
        take_apdu(&datagram, name, counts);
    } else {
        fail_msg("%s, frame %zu: %s", name, counts->frames, err.text);
    }
}

static Counts take_capture(const char *name)
{
    Counts counts = {0};
    FILE *file = open_example(name);
    uint8_t header[PCAP_HEADER], record[PCAP_RECORD], frame[2048];
    assert_int_equal(fread(header, 1, sizeof header, file), sizeof header);
    assert_memory_equal(header, "\xD4\xC3\xB2\xA1", 4); /* classic and little-endian */
    while (fread(record, 1, sizeof record, file) == sizeof record) {
        uint32_t size;
        memcpy(&size, record + 8, sizeof size);
        assert_in_range(size, FRAME_HEADER, sizeof frame);
        assert_int_equal(fread(frame, 1, size, file), size);
        take_frame(frame, size, name, &counts);
    }
    fclose(file);
    return counts;
}

static void a_capture_of_thirty_devices_comes_back_as_it_was(void **state)
{
    (void)state;
    const Counts counts = take_capture("bacnet_example.pcap");
    assert_int_equal(counts.frames, 3257);
    assert_int_equal(counts.ours, 1400 + 1400 + 210 + 7 + 90); /* reads, answers, I-Am, Who-Is, Errors */
}

static void a_capture_of_a_segmented_answer_comes_back_as_it_was(void **state)
{
    (void)state;
    const Counts counts = take_capture("bacnet_segmented_data.pcap");
    assert_int_equal(counts.frames, 20);
    assert_int_equal(counts.segmented, 1);
    assert_int_equal(counts.ours, 16); /* 7 I-Am, 2 I-Have, a Who-Is, a Who-Has, a time, 2 reads, an answer
                                          whole and one in three segments */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_annex_f_come_back_as_they_were),
        cmocka_unit_test(a_capture_of_thirty_devices_comes_back_as_it_was),
        cmocka_unit_test(a_capture_of_a_segmented_answer_comes_back_as_it_was),
    };
    if (!find_examples()) {
        printf("1..0 # SKIP not tested: there is no %s\n", folder);
        return 0;
    }
    return cmocka_run_group_tests_name("bacnet examples", tests, NULL, NULL);
}
