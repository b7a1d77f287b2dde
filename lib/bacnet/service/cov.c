#include "bacnet/service/cov.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>

/* Context tags of a subscription. */
enum { PROCESS = 0, SUBSCRIBED = 1, CONFIRMED = 2, LIFETIME = 3 };

/* Those of a notification, from its process on. */
enum { DEVICE = 1, NOTIFIED = 2, REMAINING = 3, VALUES = 4 };

BpStatus bac_subscribe_cov_decode(BpCursor *in, BacSubscribeCov *ret_subscribe, BpError *err)
{
    assert(in && ret_subscribe);
    BacSubscribeCov subscribe = {0};
    BP_TRY(bac_parameter_unsigned(in, PROCESS, UINT32_MAX, &subscribe.process, err));
    BP_TRY(bac_parameter_object(in, SUBSCRIBED, &subscribe.object, err));
    /* Neither of the two is a cancellation; a lifetime alone is nothing (clause 13.14.1.1.4). */
    subscribe.is_cancelled = bp_cursor_remaining(in) == 0;
    if (!subscribe.is_cancelled) {
        BP_TRY(bac_parameter_boolean(in, CONFIRMED, &subscribe.is_confirmed, err));
        if (bac_tag_is_next(in, BAC_CONTEXT, LIFETIME))
            BP_TRY(bac_parameter_unsigned(in, LIFETIME, UINT32_MAX, &subscribe.lifetime_s, err));
    }
    BP_TRY(bac_parameter_end(in, err));
    *ret_subscribe = subscribe;
    return BP_OK;
}

void bac_subscribe_cov_encode(BpBuf *out, const BacSubscribeCov *subscribe)
{
    bac_parameter_put_unsigned(out, PROCESS, subscribe->process);
    bac_parameter_put_object(out, SUBSCRIBED, subscribe->object);
    if (subscribe->is_cancelled)
        return;
    bac_parameter_put_boolean(out, CONFIRMED, subscribe->is_confirmed);
    bac_parameter_put_unsigned(out, LIFETIME, subscribe->lifetime_s);
}

BpStatus bac_cov_notification_decode(BpCursor *in, BacCovNotification *ret_notification, BpError *err)
{
    assert(in && ret_notification);
    BacCovNotification notification;
    BP_TRY(bac_parameter_unsigned(in, PROCESS, UINT32_MAX, &notification.process, err));
    BP_TRY(bac_parameter_device(in, DEVICE, &notification.device, err));
    BP_TRY(bac_parameter_object(in, NOTIFIED, &notification.object, err));
    BP_TRY(bac_parameter_unsigned(in, REMAINING, UINT32_MAX, &notification.remaining_s, err));
    BP_TRY(bac_parameter_values(in, VALUES, &notification.values, err));
    BP_TRY(bac_parameter_end(in, err));
    *ret_notification = notification;
    return BP_OK;
}

static void write_header(BpBuf *out, const BacCovNotification *notification)
{
    bac_parameter_put_unsigned(out, PROCESS, notification->process);
    bac_parameter_put_device(out, DEVICE, notification->device);
    bac_parameter_put_object(out, NOTIFIED, notification->object);
    bac_parameter_put_unsigned(out, REMAINING, notification->remaining_s);
}

void bac_cov_notification_encode(BpBuf *out, const BacCovNotification *notification)
{
    write_header(out, notification);
    bac_parameter_put_cursor(out, VALUES, &notification->values);
}

void bac_cov_notification_begin(BpBuf *out, const BacCovNotification *notification)
{
    write_header(out, notification);
    bac_tag_encode(out, BAC_OPENING, VALUES, 0);
}

void bac_cov_notification_end(BpBuf *out)
{
    bac_tag_encode(out, BAC_CLOSING, VALUES, 0);
}
