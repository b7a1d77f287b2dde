#include "apps/sim/device/recipients.h"

#include <string.h>

enum { MAC_OF_IP = 6 };

/* Where an address is, as far as a device of B/IP can reach it without asking for a way: on its own network,
 * or in front of its router. Port 0: nowhere. */
static BacAddress find(const SimRecipients *recipients, const BacRecipient *recipient)
{
    const BacStation *at = &recipient->address;
    BacAddress address = {.port = 0};
    if (recipient->is_device || at->length != MAC_OF_IP ||
        (at->network != BAC_NETWORK_LOCAL && at->network != recipients->own_network))
        return address;
    memcpy(address.ip, at->mac, sizeof address.ip);
    address.port = (uint16_t)(at->mac[4] << 8 | at->mac[5]);
    return address;
}

void sim_recipients_add(SimRecipients *recipients, const BacAddress *address, bool is_confirmed)
{
    if (recipients->list.count < BAC_LISTENERS_MAX)
        recipients->list.items[recipients->list.count++] =
            (BacListener){bac_destination_of(address, 1, is_confirmed), *address};
}

void sim_recipients_put(const void *recipients, uint32_t i, BpBuf *out)
{
    const SimRecipients *all = recipients;
    bac_destination_encode(out, &all->list.items[i].destination);
}

/* What is known of whoever was in the list before stays known. */
static BacListener listener_of(const SimRecipients *recipients, const BacDestination *destination)
{
    BacListener listener = {*destination, find(recipients, &destination->recipient)};
    for (size_t i = 0; destination->recipient.is_device && i < recipients->list.count; i++) {
        const BacRecipient *other = &recipients->list.items[i].destination.recipient;
        if (other->is_device && other->device == destination->recipient.device)
            listener.to = recipients->list.items[i].to;
    }
    return listener;
}

/* A broadcast cannot be confirmed (12.21.8). */
static bool is_possible(const BacDestination *destination)
{
    const BacRecipient *recipient = &destination->recipient;
    return recipient->is_device || recipient->address.length > 0 || !destination->is_confirmed;
}

static BacRefusal refuse_decoding(BpStatus status)
{
    return sim_error(BAC_CLASS_PROPERTY, status == BP_INVALID || status == BP_UNSUPPORTED
                                             ? BAC_CODE_VALUE_OUT_OF_RANGE
                                             : BAC_CODE_INVALID_DATA_TYPE);
}

BacRefusal sim_recipients_write(SimRecipients *recipients, BpCursor list)
{
    SimRecipients written = {.own_network = recipients->own_network};
    BacDestination destination;
    BpStatus status;
    while ((status = bac_destination_next(&list, &destination, NULL)) == BP_OK) {
        if (!is_possible(&destination))
            return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_VALUE_OUT_OF_RANGE);
        if (written.list.count == BAC_LISTENERS_MAX)
            return sim_error(BAC_CLASS_RESOURCES, BAC_CODE_NO_SPACE_TO_WRITE_PROPERTY);
        written.list.items[written.list.count++] = listener_of(recipients, &destination);
    }
    if (status != BP_NOT_FOUND)
        return refuse_decoding(status);
    *recipients = written;
    return (BacRefusal){0};
}

static size_t find_equal(const SimRecipients *recipients, const BacDestination *destination)
{
    size_t i = 0;
    while (i < recipients->list.count &&
           !bac_destination_equal(&recipients->list.items[i].destination, destination))
        i++;
    return i;
}

static BacRefusal add(SimRecipients *recipients, const BacDestination *destination)
{
    if (!is_possible(destination))
        return sim_error(BAC_CLASS_PROPERTY, BAC_CODE_VALUE_OUT_OF_RANGE);
    if (find_equal(recipients, destination) < recipients->list.count)
        return (BacRefusal){0}; /* it is there: that is no mistake (15.1.2) */
    if (recipients->list.count == BAC_LISTENERS_MAX)
        return sim_error(BAC_CLASS_RESOURCES, BAC_CODE_NO_SPACE_TO_ADD_LIST_ELEMENT);
    recipients->list.items[recipients->list.count++] = listener_of(recipients, destination);
    return (BacRefusal){0};
}

static BacRefusal take_away(SimRecipients *recipients, const BacDestination *destination)
{
    const size_t i = find_equal(recipients, destination);
    if (i == recipients->list.count)
        return sim_error(BAC_CLASS_SERVICES, BAC_CODE_LIST_ELEMENT_NOT_FOUND);
    recipients->list.count--;
    memmove(&recipients->list.items[i], &recipients->list.items[i + 1],
            (recipients->list.count - i) * sizeof *recipients->list.items);
    return (BacRefusal){0};
}

BacRefusal sim_recipients_change(SimRecipients *recipients, BpCursor elements, bool adds,
                                 uint32_t *ret_failed)
{
    SimRecipients changed = *recipients;
    BacDestination destination;
    BpStatus status;
    *ret_failed = 1;
    for (; (status = bac_destination_next(&elements, &destination, NULL)) == BP_OK; (*ret_failed)++) {
        const BacRefusal refusal = adds ? add(&changed, &destination) : take_away(&changed, &destination);
        if (refusal.kind != BAC_NOT_REFUSED)
            return refusal;
    }
    if (status != BP_NOT_FOUND)
        return refuse_decoding(status);
    *recipients = changed;
    return (BacRefusal){0};
}

bool sim_recipients_missing(const SimRecipients *recipients, uint32_t *ret_device)
{
    for (size_t i = 0; i < recipients->list.count; i++) {
        const BacListener *one = &recipients->list.items[i];
        if (one->destination.recipient.is_device && one->to.port == 0) {
            *ret_device = one->destination.recipient.device;
            return true;
        }
    }
    return false;
}

void sim_recipients_learn(SimRecipients *recipients, uint32_t device, const BacAddress *from)
{
    for (size_t i = 0; i < recipients->list.count; i++) {
        BacListener *one = &recipients->list.items[i];
        if (one->destination.recipient.is_device && one->destination.recipient.device == device)
            one->to = *from;
    }
}
