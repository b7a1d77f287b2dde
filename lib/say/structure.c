#include "say/structure.h"

#include "bacnet/service/destination.h"
#include "bacnet/wire/timestamp.h"

#include <inttypes.h>

/* Each of these reads one element and writes it in words; false: it is none. */
typedef bool Show(BpBuf *out, BpCursor *in, const BacReference *reference);

/* ---- pieces ---- */

/* A primitive value with the context tag `number`. */
static bool take_context(BpCursor *in, uint8_t number, BacType type, BacValue *ret_value)
{
    BacTag tag;
    return bac_tag_is_next(in, BAC_CONTEXT, number) && bac_tag_decode(in, &tag, NULL) == BP_OK &&
           bac_value_decode_as(in, &tag, type, ret_value, NULL) == BP_OK;
}

/* What stands between an opening tag `number` and its closing one. */
static bool take_contents(BpCursor *in, uint8_t number, BpCursor *ret_contents)
{
    BacTag tag;
    return bac_tag_is_next(in, BAC_OPENING, number) && bac_tag_decode(in, &tag, NULL) == BP_OK &&
           bac_tag_contents(in, number, ret_contents, NULL) == BP_OK;
}

static bool take_application(BpCursor *in, BacType type, BacValue *ret_value)
{
    return bac_value_decode(in, ret_value, NULL) == BP_OK && ret_value->type == type;
}

static void put_object(BpBuf *out, BacObjectId object)
{
    bac_value_format(out, &(BacValue){.type = BAC_OBJECT_IDENTIFIER, .object = object});
}

/* ---- times ---- */

static bool show_timestamp(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BacTimestamp timestamp;
    char text[BAC_DATE_TIME_TEXT_MAX];
    (void)reference;
    if (bac_timestamp_decode(in, &timestamp, NULL) != BP_OK)
        return false;
    switch (timestamp.kind) {
    case BAC_TIMESTAMP_SEQUENCE: bp_buf_printf(out, "no. %u", timestamp.sequence); break;
    case BAC_TIMESTAMP_TIME:
        bac_value_format(out, &(BacValue){.type = BAC_TIME, .time = timestamp.time});
        break;
    default:
        bac_date_time_format(&timestamp.date_time, text);
        bp_buf_str(out, bp_str(strcmp(text, "*-*-* *:*:*") == 0 ? "never" : text));
        break;
    }
    return true;
}

/* ---- recipients ---- */

static void put_address(BpBuf *out, const BacStation *station)
{
    enum { MAC_OF_IP = 6 };
    if (station->network == BAC_NETWORK_LOCAL && station->length == MAC_OF_IP) {
        char text[BAC_ADDRESS_TEXT_MAX];
        const BacAddress address = {{station->mac[0], station->mac[1], station->mac[2], station->mac[3]},
                                    (uint16_t)(station->mac[4] << 8 | station->mac[5]),
                                    {0}};
        bp_buf_str(out, bp_str(bac_address_format(&address, text)));
        return;
    }
    if (station->network == BAC_NETWORK_BROADCAST)
        bp_buf_printf(out, "everyone");
    else if (station->network == BAC_NETWORK_LOCAL)
        bp_buf_printf(out, station->length ? "MAC " : "everyone on its network");
    else
        bp_buf_printf(out, "network %u%s", station->network, station->length ? " MAC " : "");
    for (size_t i = 0; i < station->length; i++)
        bp_buf_printf(out, "%02x", station->mac[i]);
}

static void put_recipient(BpBuf *out, const BacRecipient *recipient)
{
    if (recipient->is_device)
        put_object(out, (BacObjectId){BAC_DEVICE, recipient->device});
    else
        put_address(out, &recipient->address);
}

static bool show_recipient(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BacRecipient recipient;
    (void)reference;
    if (bac_recipient_decode(in, &recipient, NULL) != BP_OK)
        return false;
    put_recipient(out, &recipient);
    return true;
}

/* "each day", or "mon,tue,fri". */
static void put_days(BpBuf *out, const bool days[BAC_DAYS])
{
    static const char *const names[BAC_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    size_t count = 0;
    for (size_t i = 0; i < BAC_DAYS; i++)
        count += days[i];
    if (count == BAC_DAYS || count == 0) {
        bp_buf_printf(out, count ? "each day" : "never");
        return;
    }
    const char *separator = "";
    for (size_t i = 0; i < BAC_DAYS; i++)
        if (days[i]) {
            bp_buf_printf(out, "%s%s", separator, names[i]);
            separator = ",";
        }
}

static void put_transitions(BpBuf *out, const bool transitions[BAC_TRANSITIONS])
{
    const char *separator = "";
    for (uint32_t i = 0; i < BAC_TRANSITIONS; i++)
        if (transitions[i]) {
            bp_buf_printf(out, "%s%s", separator, bac_words_text(&bac_transitions, i));
            separator = ",";
        }
    if (!*separator)
        bp_buf_printf(out, "no transition");
}

static bool show_destination(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BacDestination one;
    (void)reference;
    if (bac_destination_next(in, &one, NULL) != BP_OK)
        return false;
    put_recipient(out, &one.recipient);
    bp_buf_printf(out, " process %" PRIu32 " %s, ", one.process,
                  one.is_confirmed ? "confirmed" : "unconfirmed");
    put_days(out, one.days);
    bp_buf_printf(out, " ");
    bac_value_format(out, &(BacValue){.type = BAC_TIME, .time = one.from});
    bp_buf_printf(out, " to ");
    bac_value_format(out, &(BacValue){.type = BAC_TIME, .time = one.until});
    bp_buf_printf(out, ", ");
    put_transitions(out, one.transitions);
    return true;
}

/* BACnetAddressBinding. */
static bool show_binding(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BacValue device, network, mac;
    (void)reference;
    if (!take_application(in, BAC_OBJECT_IDENTIFIER, &device) ||
        !take_application(in, BAC_UNSIGNED, &network) || !take_application(in, BAC_OCTET_STRING, &mac) ||
        network.natural > UINT16_MAX || bp_cursor_remaining(&mac.octets) > BAC_STATION_MAC_MAX)
        return false;
    BacStation station = {.network = (uint16_t)network.natural,
                          .length = (uint8_t)bp_cursor_remaining(&mac.octets)};
    memcpy(station.mac, bp_cursor_take(&mac.octets, station.length), station.length);
    put_object(out, device.object);
    bp_buf_printf(out, " at ");
    put_address(out, &station);
    return true;
}

/* ---- references ---- */

/* BACnetObjectPropertyReference and BACnetDeviceObjectPropertyReference: "analog-input,1 present-value of
 * device,1001". */
static bool show_reference(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    enum { OBJECT = 0, PROPERTY = 1, INDEX = 2, DEVICE = 3 };
    BacValue object, property, index, device;
    char text[BAC_REFERENCE_TEXT_MAX];
    (void)reference;
    BacReference told = {.index = BAC_NO_INDEX};
    if (!take_context(in, OBJECT, BAC_OBJECT_IDENTIFIER, &object) ||
        !take_context(in, PROPERTY, BAC_ENUMERATED, &property))
        return false;
    told.object = object.object;
    told.property = property.enumerated;
    if (take_context(in, INDEX, BAC_UNSIGNED, &index))
        told.index = (uint32_t)index.natural;
    bp_buf_str(out, bp_str(bac_reference_format(&told, text)));
    if (!take_context(in, DEVICE, BAC_OBJECT_IDENTIFIER, &device))
        return true;
    bp_buf_printf(out, " of ");
    put_object(out, device.object);
    return true;
}

/* BACnetSetpointReference: one of those, or none. */
static bool show_setpoint(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BpCursor inner;
    return take_contents(in, 0, &inner) && show_reference(out, &inner, reference);
}

/* BACnetCOVSubscription. */
static bool show_subscription(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    enum { RECIPIENT = 0, PROPERTY = 1, CONFIRMED = 2, REMAINING = 3, INCREMENT = 4, PROCESS = 1 };
    BpCursor who, to, what;
    BacValue process, confirmed, remaining, increment;
    BacRecipient recipient;
    if (!take_contents(in, RECIPIENT, &who) || !take_contents(&who, RECIPIENT, &to) ||
        bac_recipient_decode(&to, &recipient, NULL) != BP_OK ||
        !take_context(&who, PROCESS, BAC_UNSIGNED, &process) || !take_contents(in, PROPERTY, &what) ||
        !show_reference(out, &what, reference) || !take_context(in, CONFIRMED, BAC_BOOLEAN, &confirmed) ||
        !take_context(in, REMAINING, BAC_UNSIGNED, &remaining))
        return false;
    bp_buf_printf(out, " to ");
    put_recipient(out, &recipient);
    bp_buf_printf(out, " process %" PRIu64 " %s", process.natural,
                  confirmed.boolean ? "confirmed" : "unconfirmed");
    if (remaining.natural)
        bp_buf_printf(out, ", %" PRIu64 " s left", remaining.natural);
    if (take_context(in, INCREMENT, BAC_REAL, &increment)) {
        bp_buf_printf(out, ", increment ");
        bac_value_format(out, &increment);
    }
    return true;
}

/* ---- schedules ---- */

/* BACnetTimeValue, one after the other: "06:00:00 active, 18:00:00 null". */
static bool put_time_values(BpBuf *out, BpCursor in)
{
    const char *separator = "";
    if (bp_cursor_remaining(&in) == 0)
        bp_buf_printf(out, "nothing");
    while (bp_cursor_remaining(&in)) {
        BacValue time, value;
        if (!take_application(&in, BAC_TIME, &time) || bac_value_decode(&in, &value, NULL) != BP_OK)
            return false;
        bp_buf_printf(out, "%s", separator);
        bac_value_format(out, &time);
        bp_buf_printf(out, " ");
        bac_value_format(out, &value);
        separator = ", ";
    }
    return true;
}

/* BACnetDailySchedule. */
static bool show_day(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BpCursor inner;
    (void)reference;
    return take_contents(in, 0, &inner) && put_time_values(out, inner);
}

/* BACnetWeekNDay: a month, a week of it, a day of that; 255 is any. */
static bool put_week_and_day(BpBuf *out, BpCursor octets)
{
    enum { SIZE = 3, ANY = 255, LAST = 6 };
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    if (bp_cursor_remaining(&octets) != SIZE)
        return false;
    const uint8_t month = bp_cursor_u8(&octets), week = bp_cursor_u8(&octets), day = bp_cursor_u8(&octets);
    if (day >= 1 && day <= BAC_DAYS)
        bp_buf_printf(out, "%s", days[day - 1]);
    else
        bp_buf_printf(out, "each day");
    if (week == LAST)
        bp_buf_printf(out, " in the last 7 days");
    else if (week != ANY)
        bp_buf_printf(out, " in week %u", week);
    if (month == 13 || month == 14)
        bp_buf_printf(out, " of %s months", month == 13 ? "odd" : "even");
    else if (month != ANY)
        bp_buf_printf(out, " of month %u", month);
    return true;
}

static bool put_date_range(BpBuf *out, BpCursor in)
{
    BacValue from, until;
    if (!take_application(&in, BAC_DATE, &from) || !take_application(&in, BAC_DATE, &until))
        return false;
    bac_value_format(out, &from);
    bp_buf_printf(out, " to ");
    bac_value_format(out, &until);
    return true;
}

/* BACnetCalendarEntry. */
static bool show_calendar_entry(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    enum { DATE = 0, RANGE = 1, WEEK_AND_DAY = 2 };
    BacValue value;
    BpCursor inner;
    (void)reference;
    if (take_context(in, DATE, BAC_DATE, &value)) {
        bac_value_format(out, &value);
        return true;
    }
    if (take_contents(in, RANGE, &inner))
        return put_date_range(out, inner);
    return take_context(in, WEEK_AND_DAY, BAC_OCTET_STRING, &value) && put_week_and_day(out, value.octets);
}

/* BACnetSpecialEvent. */
static bool show_exception(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    enum { ENTRY = 0, CALENDAR = 1, LIST = 2, PRIORITY = 3 };
    BacValue calendar, priority;
    BpCursor inner;
    if (take_context(in, CALENDAR, BAC_OBJECT_IDENTIFIER, &calendar))
        put_object(out, calendar.object);
    else if (!take_contents(in, ENTRY, &inner) || !show_calendar_entry(out, &inner, reference))
        return false;
    bp_buf_printf(out, ": ");
    if (!take_contents(in, LIST, &inner) || !put_time_values(out, inner) ||
        !take_context(in, PRIORITY, BAC_UNSIGNED, &priority))
        return false;
    bp_buf_printf(out, " (priority %" PRIu64 ")", priority.natural);
    return true;
}

/* ---- the rest ---- */

/* BACnetScale. */
static bool show_scale(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    BacValue value;
    (void)reference;
    if (take_context(in, 0, BAC_REAL, &value))
        bac_value_format(out, &value);
    else if (take_context(in, 1, BAC_SIGNED, &value))
        bp_buf_printf(out, "10^%" PRId64, value.integer);
    else
        return false;
    return true;
}

static Show *find(uint32_t property)
{
    switch (property) {
    case BAC_PROP_EVENT_TIME_STAMPS:
    case BAC_PROP_TIME_OF_DEVICE_RESTART:
    case BAC_PROP_LAST_RESTORE_TIME: return show_timestamp;
    case BAC_PROP_RECIPIENT_LIST: return show_destination;
    case BAC_PROP_TIME_SYNCHRONIZATION_RECIPIENTS:
    case BAC_PROP_UTC_TIME_SYNCHRONIZATION_RECIPIENTS:
    case BAC_PROP_RESTART_NOTIFICATION_RECIPIENTS: return show_recipient;
    case BAC_PROP_DEVICE_ADDRESS_BINDING: return show_binding;
    case BAC_PROP_ACTIVE_COV_SUBSCRIPTIONS: return show_subscription;
    case BAC_PROP_LOG_DEVICE_OBJECT_PROPERTY:
    case BAC_PROP_OBJECT_PROPERTY_REFERENCE:
    case BAC_PROP_LIST_OF_OBJECT_PROPERTY_REFERENCES:
    case BAC_PROP_MANIPULATED_VARIABLE_REFERENCE:
    case BAC_PROP_CONTROLLED_VARIABLE_REFERENCE: return show_reference;
    case BAC_PROP_SETPOINT_REFERENCE: return show_setpoint;
    case BAC_PROP_WEEKLY_SCHEDULE: return show_day;
    case BAC_PROP_EXCEPTION_SCHEDULE: return show_exception;
    case BAC_PROP_DATE_LIST: return show_calendar_entry;
    case BAC_PROP_SCALE: return show_scale;
    default: return NULL;
    }
}

bool say_structure_show(BpBuf *out, BpCursor *in, const BacReference *reference)
{
    Show *show = find(reference->property);
    BpCursor ahead = *in;
    if (!show || reference->index == 0 || !show(out, &ahead, reference) || ahead.failed ||
        ahead.offset == in->offset)
        return false;
    *in = ahead;
    return true;
}

bool say_structure_is_list(uint32_t property)
{
    switch (property) {
    case BAC_PROP_TIME_OF_DEVICE_RESTART:
    case BAC_PROP_LAST_RESTORE_TIME:
    case BAC_PROP_LOG_DEVICE_OBJECT_PROPERTY:
    case BAC_PROP_OBJECT_PROPERTY_REFERENCE:
    case BAC_PROP_MANIPULATED_VARIABLE_REFERENCE:
    case BAC_PROP_CONTROLLED_VARIABLE_REFERENCE:
    case BAC_PROP_SETPOINT_REFERENCE:
    case BAC_PROP_SCALE: return false;
    default: return find(property) != NULL;
    }
}
