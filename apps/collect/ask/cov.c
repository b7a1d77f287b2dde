#include "apps/collect/ask/cov.h"

#include "bacnet/service/cov.h"
#include "base/time.h"

#include <math.h>

enum {
    VERIFY_ROUNDS = 10, /* a point that is told is polled each so many rounds, */
    VERIFY_MAX_S = 300, /* or after this time at the latest */
    SPREAD_S = 5,       /* subscriptions of one device begin within */
    GIVE_UP_S = 3600,   /* until one that failed is tried again */
    FAILURES_MAX = 2,   /* in a row, before that */
};

static void note_due(CollectDevice *device, const CollectPoint *point)
{
    if (point->cov_due_us < device->cov_due_us)
        device->cov_due_us = point->cov_due_us;
}

static void find_due(CollectDevice *device)
{
    device->cov_due_us = INT64_MAX;
    for (size_t i = 0; i < device->point_count; i++)
        note_due(device, &device->points[i]);
}

static int64_t spread_us(CollectPoller *poller)
{
    return (int64_t)(bp_random_unit(&poller->random) * SPREAD_S * BP_SECOND);
}

void collect_subscribe_plan(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->point_count; i++) {
        CollectPoint *point = &device->points[i];
        const bool wants = point->cov && point->property == BAC_PROP_PRESENT_VALUE;
        if (!wants) {
            point->cov_due_us = INT64_MAX;
            point->cov_until_us = INT64_MIN;
        } else if (point->cov_due_us == 0 || point->cov_due_us == INT64_MAX) {
            point->cov_due_us = now_us + spread_us(poller);
            point->cov_until_us = INT64_MIN;
        }
    }
    find_due(device);
}

void collect_subscribe_forget(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    for (size_t i = 0; i < device->point_count; i++) {
        CollectPoint *point = &device->points[i];
        if (!point->cov || point->cov_due_us == INT64_MAX)
            continue;                    /* not wanted, or asked for just now */
        point->cov_until_us = INT64_MIN; /* one that was given up may be taken now, too */
        point->cov_due_us = now_us + spread_us(poller);
    }
    find_due(device);
}

CollectPoint *collect_subscribe_due(CollectDevice *device, int64_t now_us)
{
    CollectPoint *due = NULL;
    if (now_us < device->cov_due_us)
        return NULL;
    for (size_t i = 0; i < device->point_count; i++)
        if (device->points[i].cov_due_us <= now_us &&
            (!due || device->points[i].cov_due_us < due->cov_due_us))
            due = &device->points[i];
    return due;
}

void collect_subscribe_write(const CollectPoller *poller, const CollectPoint *point, BpBuf *out)
{
    const BacSubscribeCov subscribe = {.process = poller->process,
                                       .object = point->object,
                                       .is_confirmed = poller->settings.cov_confirmed,
                                       .lifetime_s = poller->settings.cov_lifetime_s};
    bac_subscribe_cov_encode(out, &subscribe);
}

void collect_subscribe_asked(CollectDevice *device, CollectPoint *point)
{
    point->cov_due_us = INT64_MAX; /* until there is an answer */
    find_due(device);
}

static void give_up(CollectPoller *poller, CollectPoint *point, int64_t now_us)
{
    point->cov_failures = 0;
    point->cov_until_us = INT64_MIN;
    point->cov_due_us = now_us + GIVE_UP_S * BP_SECOND + spread_us(poller);
    poller->counts.cov_given_up++;
}

void collect_subscribe_taken(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                             const BacAnswer *answer, int64_t now_us)
{
    if (answer->outcome == BAC_ANSWERED) {
        const int64_t lifetime_us = (int64_t)poller->settings.cov_lifetime_s * BP_SECOND;
        const double part = 0.5 + 0.3 * bp_random_unit(&poller->random);
        if (point->cov_until_us == INT64_MIN) {
            point->cov_began_us = now_us;
            point->was_told = false;
        }
        point->cov_until_us = now_us + lifetime_us;
        point->cov_due_us = now_us + (int64_t)((double)lifetime_us * part);
        poller->counts.cov_subscribed++;
    } else {
        give_up(poller, point, now_us);
    }
    find_due(device);
}

bool collect_subscribe_holds(const CollectPoint *point, int64_t now_us)
{
    if (now_us >= point->cov_until_us || point->polled_at_us == 0)
        return false;
    int64_t verify_us = VERIFY_ROUNDS * point->interval_us;
    if (verify_us > VERIFY_MAX_S * BP_SECOND)
        verify_us = VERIFY_MAX_S * BP_SECOND;
    /* A round comes a little early now and then, as seen from the answer of the last. */
    return now_us - point->polled_at_us < verify_us - point->interval_us / 2;
}

/* Those that hold are made again soon, once in their lifetime's half at most: who has them renews them. */
static void renew_all(CollectPoller *poller, CollectDevice *device, int64_t now_us)
{
    const int64_t half_us = (int64_t)poller->settings.cov_lifetime_s * BP_SECOND / 2;
    if (device->renewed_us != INT64_MIN && now_us - device->renewed_us < half_us)
        return;
    device->renewed_us = now_us;
    for (size_t i = 0; i < device->point_count; i++)
        if (device->points[i].cov_until_us > now_us && device->points[i].cov_due_us != INT64_MAX)
            device->points[i].cov_due_us = now_us + spread_us(poller);
}

void collect_subscribe_verify(CollectPoller *poller, CollectDevice *device, CollectPoint *point,
                              const CollectSample *sample, int64_t now_us)
{
    const bool holds = now_us < point->cov_until_us && now_us - point->cov_began_us > BP_SECOND;
    const double increment = point->cov_increment > 0 ? (double)point->cov_increment : 1e-6;
    point->polled_at_us = now_us;
    if (!holds || sample->problem)
        return;
    /* The first notification comes with the subscription (13.14.2). */
    if (point->was_told && fabs(sample->number - point->told) < increment) {
        point->cov_failures = 0;
        return;
    }
    poller->counts.cov_missed++;
    renew_all(poller, device, now_us); /* it may have restarted, and forgotten all of them */
    if (++point->cov_failures >= FAILURES_MAX) {
        give_up(poller, point, now_us);
    } else {
        point->cov_until_us = INT64_MIN;
        point->cov_due_us = now_us;
    }
    find_due(device);
}

/* ---- notifications ---- */

static CollectPoint *find_point(CollectDevice *device, BacObjectId object)
{
    for (size_t i = 0; i < device->point_count; i++)
        if (bac_object_equal(device->points[i].object, object) &&
            device->points[i].property == BAC_PROP_PRESENT_VALUE)
            return &device->points[i];
    return NULL;
}

static void answer(const CollectPoller *poller, const BacDatagram *datagram, bool is_known)
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
    poller->hooks.send(poller->hooks.owner, &datagram->from, bp_buf_text(&out));
}

static void take_values(CollectPoller *poller, CollectDevice *device, CollectPoint *point, BpCursor values,
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
    collect_ask_told(poller, device, point, &sample, now_us);
}

bool collect_subscribe_take(CollectPoller *poller, const BacDatagram *datagram, int64_t now_us)
{
    const BacApdu *apdu = &datagram->apdu;
    const bool is_confirmed = datagram->has_apdu && apdu->type == BAC_CONFIRMED_REQUEST && !apdu->segmented &&
                              apdu->service == BAC_SERVICE_CONFIRMED_COV_NOTIFICATION;
    const bool is_unconfirmed = datagram->has_apdu && apdu->type == BAC_UNCONFIRMED_REQUEST &&
                                apdu->service == BAC_SERVICE_UNCONFIRMED_COV_NOTIFICATION;
    if (!is_confirmed && !is_unconfirmed)
        return false;
    BpCursor body = datagram->body;
    BacCovNotification notification;
    if (bac_cov_notification_decode(&body, &notification, NULL) != BP_OK)
        return is_unconfirmed; /* our server rejects it */
    CollectDevice *device = collect_poll_find(poller, &datagram->from);
    const bool is_ours =
        device && device->enabled && !collect_device_is_away(device) &&
        notification.process == poller->process &&
        (device->instance == notification.device || device->instance == BAC_INSTANCE_WILDCARD);
    CollectPoint *point = is_ours ? find_point(device, notification.object) : NULL;
    if (point && !point->cov)
        point = NULL;
    if (is_confirmed)
        answer(poller, datagram, point != NULL);
    if (!point) {
        poller->counts.cov_foreign++;
        return true;
    }
    poller->counts.cov_told++;
    take_values(poller, device, point, notification.values, now_us);
    return true;
}
