#include "bacnet/talk/match.h"

#include "bacnet/service/read_multiple.h"
#include "bacnet/service/read_property.h"
#include "bacnet/service/read_range.h"

bool bac_match_has_parameters(uint8_t service)
{
    switch (service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY:
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_CONDITIONAL:
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE:
    case BAC_SERVICE_CONFIRMED_READ_RANGE:
    case BAC_SERVICE_CONFIRMED_GET_ALARM_SUMMARY:
    case BAC_SERVICE_CONFIRMED_GET_ENROLLMENT_SUMMARY:
    case BAC_SERVICE_CONFIRMED_GET_EVENT_INFORMATION:
    case BAC_SERVICE_CONFIRMED_ATOMIC_READ_FILE:
    case BAC_SERVICE_CONFIRMED_ATOMIC_WRITE_FILE:
    case BAC_SERVICE_CONFIRMED_CREATE_OBJECT:
    case BAC_SERVICE_CONFIRMED_PRIVATE_TRANSFER:
    case BAC_SERVICE_CONFIRMED_VT_OPEN:
    case BAC_SERVICE_CONFIRMED_VT_DATA:
    case BAC_SERVICE_CONFIRMED_AUTHENTICATE:
    case BAC_SERVICE_CONFIRMED_AUDIT_LOG_QUERY: return true;
    default: return false;
    }
}

/* The wildcard instance asks for "whichever device you are", and a device may answer by its own number. */
static bool is_asked_object(BacObjectId asked, BacObjectId told)
{
    return bac_object_equal(asked, told) ||
           (asked.type == BAC_DEVICE && told.type == BAC_DEVICE && asked.instance == BAC_INSTANCE_WILDCARD);
}

static bool is_asked(const BacReference *asked, const BacReference *told)
{
    return is_asked_object(asked->object, told->object) && asked->property == told->property &&
           asked->index == told->index;
}

static BacMatch match_read_property(BpCursor request, BpCursor body)
{
    BacReference asked, told;
    BpCursor value;
    if (bac_read_property_ack_decode(&body, &told, &value, NULL) != BP_OK)
        return BAC_IS_MALFORMED;
    if (bac_read_property_decode(&request, &asked, NULL) != BP_OK)
        return BAC_IS_FOREIGN; /* a tool sent what is no ReadProperty: nothing can be its answer */
    return is_asked(&asked, &told) ? BAC_MATCHES : BAC_IS_FOREIGN;
}

static bool is_group(uint32_t property)
{
    return property == BAC_PROP_ALL || property == BAC_PROP_REQUIRED || property == BAC_PROP_OPTIONAL;
}

/* Goes past all neighbours of the same object. */
static BpStatus skip_object(BacReadMultiple *asking, BacReference *asked)
{
    const BacObjectId object = asked->object;
    BpStatus more;
    do
        more = bac_read_multiple_next(asking, asked, NULL);
    while (more == BP_OK && bac_object_equal(asked->object, object));
    return more;
}

/* The same objects and properties in the order asked. ALL, REQUIRED and OPTIONAL stand for any properties of
 * their object, or none, and take with them what else was asked of it behind them. */
static BacMatch match_read_multiple(BpCursor request, BpCursor body)
{
    BacReadMultiple asking = {.in = request}, telling = {.in = body};
    BacReference asked;
    BacReadResult told;
    BpStatus more = bac_read_multiple_next(&asking, &asked, NULL);
    BpStatus status;
    while ((status = bac_read_multiple_ack_next(&telling, &told, NULL)) == BP_OK) {
        while (more == BP_OK && is_group(asked.property) &&
               !is_asked_object(asked.object, told.reference.object))
            more = skip_object(&asking, &asked);
        if (more == BP_OK && is_group(asked.property))
            continue;
        if (more != BP_OK || !is_asked(&asked, &told.reference))
            return BAC_IS_FOREIGN;
        more = bac_read_multiple_next(&asking, &asked, NULL);
    }
    if (status != BP_NOT_FOUND)
        return BAC_IS_MALFORMED;
    while (more == BP_OK && is_group(asked.property))
        more = skip_object(&asking, &asked);
    return more == BP_NOT_FOUND ? BAC_MATCHES : BAC_IS_FOREIGN;
}

static BacMatch match_read_range(BpCursor request, BpCursor body)
{
    BacReadRange asked;
    BacReadRangeAck told;
    if (bac_read_range_ack_decode(&body, &told, NULL) != BP_OK)
        return BAC_IS_MALFORMED;
    if (bac_read_range_decode(&request, &asked, NULL) != BP_OK)
        return BAC_IS_FOREIGN;
    return is_asked(&asked.reference, &told.reference) ? BAC_MATCHES : BAC_IS_FOREIGN;
}

BacMatch bac_match_answer(uint8_t service, BpCursor request, BpCursor body)
{
    switch (service) {
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY: return match_read_property(request, body);
    case BAC_SERVICE_CONFIRMED_READ_PROPERTY_MULTIPLE: return match_read_multiple(request, body);
    case BAC_SERVICE_CONFIRMED_READ_RANGE: return match_read_range(request, body);
    default: return BAC_MATCHES; /* the service alone must do: the answer does not say what it is about */
    }
}
