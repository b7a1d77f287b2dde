#include "apps/collect/ask/device/notified.h"

#include "apps/collect/ask/device/readings.h"
#include "apps/collect/ask/device/rounds.h"
#include "bacnet/service/cov.h"

static CollectPoint *find_point(CollectDevice *device, BacObjectId object)
{
    for (size_t i = 0; i < device->point_count; i++)
        if (bac_object_equal(device->points[i].object, object) &&
            device->points[i].property == BAC_PROP_PRESENT_VALUE)
            return &device->points[i];
    return NULL;
}

static void answer(const CollectShared *shared, const BacDatagram *datagram, bool is_known)
{
    uint8_t memory[BAC_APDU_MIN + 40];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacApdu apdu = {.type = is_known ? BAC_SIMPLE_ACK : BAC_ERROR,
                          .invoke_id = datagram->apdu.invoke_id,
                          .service = datagram->apdu.service};
    const size_t begin =
        bac_datagram_begin(&out, BAC_BVLC_ORIGINAL_UNICAST, &datagram->from, NULL, false, &apdu);
    if (!is_known)
        bac_error_encode(&out, (BacRefusal){.kind = BAC_REFUSED_ERROR,
                                            .error_class = BAC_CLASS_SERVICES,
                                            .code = BAC_CODE_UNKNOWN_SUBSCRIPTION});
    bac_datagram_end(&out, begin);
    shared->hooks.send(shared->hooks.owner, &datagram->from, bp_buf_text(&out));
}

static void take_values(CollectShared *shared, CollectDevice *device, CollectPoint *point, BpCursor values,
                        int64_t now_us)
{
    BacPropertyValue value;
    CollectSample sample = {.problem = "no-answer", .flags = point->flags};
    while (bac_property_value_next(&values, &value, NULL) == BP_OK) {
        if (value.property == BAC_PROP_PRESENT_VALUE && value.index == BAC_NO_INDEX)
            collect_decode_value(value.value, point, &sample);
        else if (value.property == BAC_PROP_STATUS_FLAGS)
            sample.flags = collect_decode_flags(value.value);
        else if (value.property == BAC_PROP_RELIABILITY)
            sample.reliability =
                (uint16_t)collect_decode_enumerated(value.value, BAC_RELIABILITY_NO_FAULT_DETECTED);
    }
    point->was_told = true;
    point->told = sample.number;
    collect_readings_take(shared, device, point, &sample, now_us);
    if (!collect_rounds_is_in_one(device)) /* else they go with the round's */
        collect_readings_flush(shared, device);
}

static bool is_confirmed(const BacDatagram *datagram)
{
    const BacApdu *apdu = &datagram->apdu;
    return datagram->has_apdu && apdu->type == BAC_CONFIRMED_REQUEST && !apdu->segmented &&
           apdu->service == BAC_SERVICE_CONFIRMED_COV_NOTIFICATION;
}

bool collect_notified_is_one(const BacDatagram *datagram)
{
    const BacApdu *apdu = &datagram->apdu;
    return is_confirmed(datagram) || (datagram->has_apdu && apdu->type == BAC_UNCONFIRMED_REQUEST &&
                                      apdu->service == BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION);
}

/* The point that it tells of; NULL: none that we wait for. */
static CollectPoint *point_told(const CollectShared *shared, CollectDevice *device,
                                const BacCovNotification *notification)
{
    if (!device || !device->enabled || collect_device_is_away(device) ||
        notification->process != shared->process ||
        (device->instance != notification->device && device->instance != BAC_INSTANCE_WILDCARD))
        return NULL;
    CollectPoint *point = find_point(device, notification->object);
    return point && point->cov ? point : NULL;
}

bool collect_notified_take(CollectShared *shared, CollectDevice *device, const BacDatagram *datagram,
                           int64_t now_us)
{
    BpCursor body = datagram->body;
    BacCovNotification notification;
    if (bac_cov_notification_decode(&body, &notification, NULL) != BP_OK)
        return !is_confirmed(datagram); /* our server rejects it */
    CollectPoint *point = point_told(shared, device, &notification);
    if (is_confirmed(datagram))
        answer(shared, datagram, point != NULL);
    if (!point) {
        shared->counts.cov_foreign++;
        return true;
    }
    shared->counts.cov_told++;
    take_values(shared, device, point, notification.values, now_us);
    return true;
}
