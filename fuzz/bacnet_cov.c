/* A subscription and a notification of changes, both tried on the same octets: refused, or written and read
 * back the same, with every value inside the message. */
#include "bacnet/service/cov.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t octets[65536];

static void try_subscription(BpCursor in)
{
    BacSubscribeCov subscribe, again;
    BpError err;
    if (bac_subscribe_cov_decode(&in, &subscribe, &err) != BP_OK)
        return;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_subscribe_cov_encode(&out, &subscribe);
    in = bp_cursor(octets, out.size);
    const BpStatus status = bac_subscribe_cov_decode(&in, &again, &err);
    assert(status == BP_OK && again.process == subscribe.process &&
           bac_object_equal(again.object, subscribe.object) && again.is_cancelled == subscribe.is_cancelled &&
           again.is_confirmed == subscribe.is_confirmed && again.lifetime_s == subscribe.lifetime_s);
}

static void try_notification(BpCursor in)
{
    BacCovNotification notification, again;
    BacPropertyValue value;
    BpError err;
    const BpCursor message = in;
    if (bac_cov_notification_decode(&in, &notification, &err) != BP_OK)
        return;
    BpCursor list = notification.values;
    BpStatus status = BP_OK;
    BpBuf out = bp_buf(octets, sizeof octets);
    bac_cov_notification_begin(&out, &notification);
    size_t count = 0;
    for (; (status = bac_property_value_next(&list, &value, &err)) == BP_OK; count++) {
        assert(value.value.data >= message.data &&
               value.value.data + value.value.size <= message.data + message.size && value.priority <= 16);
        bac_property_value_encode(&out, &value);
    }
    bac_cov_notification_end(&out);
    if (status != BP_NOT_FOUND || out.failed)
        return;
    in = bp_cursor(octets, out.size);
    status = bac_cov_notification_decode(&in, &again, &err);
    assert(status == BP_OK && again.process == notification.process && again.device == notification.device &&
           again.remaining_s == notification.remaining_s);
    while ((status = bac_property_value_next(&again.values, &value, &err)) == BP_OK)
        count--;
    assert(status == BP_NOT_FOUND && count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_subscription(bp_cursor(data, size));
    try_notification(bp_cursor(data, size));
    return 0;
}
