#include "bacnet/service/destination.h"

#include "bacnet/wire/parameter.h"

#include <assert.h>
#include <string.h>

/* Choices of BACnetRecipient. */
enum { DEVICE = 0, ADDRESS = 1 };

static BpStatus read_address(BpCursor *in, BacStation *address, BpError *err)
{
    BpCursor inner;
    BacValue network, mac;
    BP_TRY(bac_parameter_values(in, ADDRESS, &inner, err));
    BP_TRY(bac_parameter_application(&inner, BAC_UNSIGNED, &network, err));
    BP_TRY(bac_parameter_application(&inner, BAC_OCTET_STRING, &mac, err));
    BP_TRY(bac_parameter_end(&inner, err));
    const size_t length = bp_cursor_remaining(&mac.octets);
    if (network.natural > UINT16_MAX)
        return bp_fail(err, BP_INVALID, "network %llu", (unsigned long long)network.natural);
    if (length > BAC_STATION_MAC_MAX)
        return bp_fail(err, BP_UNSUPPORTED, "a MAC of %zu octets", length);
    *address = (BacStation){.network = (uint16_t)network.natural, .length = (uint8_t)length};
    memcpy(address->mac, bp_cursor_take(&mac.octets, length), length);
    return BP_OK;
}

BpStatus bac_recipient_decode(BpCursor *in, BacRecipient *ret_recipient, BpError *err)
{
    assert(in && ret_recipient);
    BacRecipient recipient = {.is_device = bac_tag_is_next(in, BAC_CONTEXT, DEVICE)};
    if (recipient.is_device)
        BP_TRY(bac_parameter_device(in, DEVICE, &recipient.device, err));
    else
        BP_TRY(read_address(in, &recipient.address, err));
    *ret_recipient = recipient;
    return BP_OK;
}

void bac_recipient_encode(BpBuf *out, const BacRecipient *recipient)
{
    const BacStation *address = &recipient->address;
    if (recipient->is_device) {
        bac_parameter_put_device(out, DEVICE, recipient->device);
        return;
    }
    bac_tag_encode(out, BAC_OPENING, ADDRESS, 0);
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = address->network});
    bac_value_encode(
        out, &(BacValue){.type = BAC_OCTET_STRING, .octets = bp_cursor(address->mac, address->length)});
    bac_tag_encode(out, BAC_CLOSING, ADDRESS, 0);
}

static BpStatus read_bits(BpCursor *in, size_t count, bool *ret_truths, BpError *err)
{
    BacValue bits;
    BP_TRY(bac_parameter_application(in, BAC_BIT_STRING, &bits, err));
    for (size_t i = 0; i < count; i++)
        ret_truths[i] = bac_bits_test(bits.bits, (uint32_t)i);
    return BP_OK;
}

static void write_bits(BpBuf *out, size_t count, const bool *truths)
{
    uint8_t octet = 0;
    for (size_t i = 0; i < count; i++)
        if (truths[i])
            octet |= (uint8_t)(0x80 >> i);
    bac_value_encode(out, &(BacValue){.type = BAC_BIT_STRING, .bits = {&octet, (uint32_t)count}});
}

static BpStatus read_time(BpCursor *in, BacTime *time, BpError *err)
{
    BacValue value;
    BP_TRY(bac_parameter_application(in, BAC_TIME, &value, err));
    *time = value.time;
    return BP_OK;
}

BpStatus bac_destination_next(BpCursor *list, BacDestination *ret_destination, BpError *err)
{
    assert(list && ret_destination);
    BacDestination destination;
    BacValue process, confirmed;
    memset(&destination, 0, sizeof destination); /* padding too: they are compared as octets */
    if (bac_parameter_at_end(list))
        return BP_NOT_FOUND;
    BP_TRY(read_bits(list, BAC_DAYS, destination.days, err));
    BP_TRY(read_time(list, &destination.from, err));
    BP_TRY(read_time(list, &destination.until, err));
    BP_TRY(bac_recipient_decode(list, &destination.recipient, err));
    BP_TRY(bac_parameter_application(list, BAC_UNSIGNED, &process, err));
    if (process.natural > UINT32_MAX)
        return bp_fail(err, BP_INVALID, "process %llu", (unsigned long long)process.natural);
    BP_TRY(bac_parameter_application(list, BAC_BOOLEAN, &confirmed, err));
    BP_TRY(read_bits(list, BAC_TRANSITIONS, destination.transitions, err));
    destination.process = (uint32_t)process.natural;
    destination.is_confirmed = confirmed.boolean;
    *ret_destination = destination;
    return BP_OK;
}

void bac_destination_encode(BpBuf *out, const BacDestination *destination)
{
    write_bits(out, BAC_DAYS, destination->days);
    bac_value_encode(out, &(BacValue){.type = BAC_TIME, .time = destination->from});
    bac_value_encode(out, &(BacValue){.type = BAC_TIME, .time = destination->until});
    bac_recipient_encode(out, &destination->recipient);
    bac_value_encode(out, &(BacValue){.type = BAC_UNSIGNED, .natural = destination->process});
    bac_value_encode(out, &(BacValue){.type = BAC_BOOLEAN, .boolean = destination->is_confirmed});
    write_bits(out, BAC_TRANSITIONS, destination->transitions);
}

static bool is_same_recipient(const BacRecipient *a, const BacRecipient *b)
{
    if (a->is_device || b->is_device)
        return a->is_device && b->is_device && a->device == b->device;
    return a->address.network == b->address.network && a->address.length == b->address.length &&
           memcmp(a->address.mac, b->address.mac, a->address.length) == 0;
}

bool bac_destination_equal(const BacDestination *a, const BacDestination *b)
{
    return memcmp(a->days, b->days, sizeof a->days) == 0 && memcmp(&a->from, &b->from, sizeof a->from) == 0 &&
           memcmp(&a->until, &b->until, sizeof a->until) == 0 &&
           is_same_recipient(&a->recipient, &b->recipient) && a->process == b->process &&
           a->is_confirmed == b->is_confirmed &&
           memcmp(a->transitions, b->transitions, sizeof a->transitions) == 0;
}

/* Parts that are not specified are any. */
static int compare(const BacTime *a, const BacTime *b)
{
    enum { ANY = 255 };
    const uint8_t x[] = {a->hour, a->minute, a->second, a->hundredths},
                  y[] = {b->hour, b->minute, b->second, b->hundredths};
    for (size_t i = 0; i < sizeof x; i++)
        if (x[i] != y[i] && x[i] != ANY && y[i] != ANY)
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

bool bac_destination_takes(const BacDestination *destination, const BacDateTime *now, size_t transition)
{
    assert(transition < BAC_TRANSITIONS);
    return now->date.weekday >= 1 && now->date.weekday <= BAC_DAYS &&
           destination->days[now->date.weekday - 1] && compare(&destination->from, &now->time) <= 0 &&
           compare(&now->time, &destination->until) <= 0 && destination->transitions[transition];
}

BacRecipient bac_recipient_of(const BacAddress *address)
{
    BacRecipient recipient = {.address = address->remote};
    if (address->remote.network == BAC_NETWORK_LOCAL)
        recipient.address =
            (BacStation){.length = 6,
                         .mac = {address->ip[0], address->ip[1], address->ip[2], address->ip[3],
                                 (uint8_t)(address->port >> 8), (uint8_t)address->port}};
    return recipient;
}

BacDestination bac_destination_of(const BacAddress *address, uint32_t process, bool is_confirmed)
{
    return (BacDestination){.days = {true, true, true, true, true, true, true},
                            .until = {23, 59, 59, 99},
                            .recipient = bac_recipient_of(address),
                            .process = process,
                            .is_confirmed = is_confirmed,
                            .transitions = {true, true, true}};
}
