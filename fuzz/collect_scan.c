/* A device that is read out. Each property that is asked for is answered by the next of the input: an octet
 * that says how (a value, an error, silence) and how long the value is, and its octets. Whatever the device
 * says, the reading out ends, and what comes of it can be stored. */
#include "apps/collect/ask/jobs/scan.h"
#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The two high bits of the octet; the others are the length, for LONG_VALUE with one more octet behind them.
 */
enum { VALUE = 0, LONG_VALUE = 1, REFUSED = 2, SILENT = 3 };

enum { POINTS_MAX = 20, ASKED_MAX = 100000 };

typedef struct Said {
    int kind;
    BpStr value;
} Said;

static Said next_said(BpCursor *in)
{
    const uint8_t octet = bp_cursor_remaining(in) ? bp_cursor_u8(in) : SILENT << 6;
    size_t size = octet & 0x3F;
    if (octet >> 6 == LONG_VALUE)
        size = size << 8 | (bp_cursor_remaining(in) ? bp_cursor_u8(in) : 0);
    if (size > bp_cursor_remaining(in))
        size = bp_cursor_remaining(in);
    return (Said){octet >> 6, {(const char *)bp_cursor_take(in, size), size}};
}

static BacRefusal refusal_of(const Said *said)
{
    const bool is_abort = said->value.size % 2;
    return (BacRefusal){.kind = is_abort ? BAC_REFUSED_ABORT : BAC_REFUSED_ERROR,
                        .code = is_abort ? BAC_ABORT_BUFFER_OVERFLOW : BAC_CODE_UNKNOWN_PROPERTY};
}

static BacAnswer answer_single(BpCursor request, BpCursor *in, BpBuf *body)
{
    BacReference asked;
    const BpStatus status = bac_read_property_decode(&request, &asked, NULL);
    assert(status == BP_OK);
    const Said said = next_said(in);
    if (said.kind == SILENT)
        return (BacAnswer){.outcome = BAC_SILENT};
    if (said.kind == REFUSED)
        return (BacAnswer){.outcome = BAC_REFUSED, .refusal = refusal_of(&said)};
    bac_read_property_ack_encode(body, &asked, said.value);
    return (BacAnswer){.outcome = BAC_ANSWERED};
}

/* A value that no tags frame would not have passed the client: it is none then. */
static BacAnswer answer_multiple(BpCursor request, BpCursor *in, BpBuf *body)
{
    BacReadMultiple asking = {.in = request};
    BacReference asked;
    while (bac_read_multiple_next(&asking, &asked, NULL) == BP_OK) {
        const Said said = next_said(in);
        if (said.kind == SILENT)
            return (BacAnswer){.outcome = BAC_SILENT};
        bac_read_multiple_ack_open(body, asked.object);
        bac_read_multiple_ack_add(body, asked.property, asked.index, said.value);
        bac_read_multiple_ack_close(body);
    }
    return (BacAnswer){.outcome = BAC_ANSWERED};
}

static void look(const char *text)
{
    assert(text && bp_str_is_utf8(bp_str(text)));
}

static void look_at_all(CollectScan *scan)
{
    size_t count;
    const CollectScanObject *objects = collect_scan_objects(scan, &count);
    const CollectScanDevice *device = collect_scan_device(scan);
    assert(count <= POINTS_MAX);
    assert(device->vendor_id >= -1 && device->vendor_id <= UINT16_MAX);
    assert(device->protocol_revision >= -1 && device->protocol_revision <= UINT16_MAX);
    look(device->name);
    look(device->model_name);
    look(collect_scan_oddities(scan));
    for (size_t i = 0; i < count; i++) {
        look(objects[i].name);
        look(objects[i].description);
        assert(!isinf(objects[i].min) && !isinf(objects[i].max) && objects[i].units >= -1);
        for (size_t j = 0; j < objects[i].state_count; j++)
            look(objects[i].states[j]);
        for (size_t j = 0; j < i; j++)
            assert(!bac_object_equal(objects[i].id, objects[j].id));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t octets[BAC_ANSWER_MAX];
    BpCursor in = bp_cursor(data, size);
    CollectScan *scan = collect_scan_new(7, 480, BAC_SEGMENTED_BOTH);
    CollectLimits limits = collect_limits(480, bp_cursor_remaining(&in) && bp_cursor_u8(&in) & 1);
    collect_scan_set_most(scan, POINTS_MAX);
    for (size_t asked = 0; !collect_scan_is_over(scan); asked++) {
        uint8_t request[BAC_REQUEST_MAX];
        BpBuf out = bp_buf(request, sizeof request), body = bp_buf(octets, sizeof octets);
        const uint8_t service = collect_scan_ask(scan, &limits, &out);
        assert(!out.failed && out.size <= limits.request_octets && asked < ASKED_MAX);
        const BpCursor parameters = bp_cursor(request, out.size);
        BacAnswer answer = service == BAC_SERVICE_CONFIRMED_READ_PROPERTY
                               ? answer_single(parameters, &in, &body)
                               : answer_multiple(parameters, &in, &body);
        answer.body = bp_cursor(body.data, body.size);
        collect_scan_take(scan, &limits, &answer, 0);
    }
    look_at_all(scan);
    collect_scan_free(scan);
    return 0;
}
