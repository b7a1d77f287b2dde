#include "bacnet/wire/enums.h"

#include "base/parse.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>

#define TABLE(name, noun, words) const BacWords name = {(noun), (words), sizeof(words) / sizeof(words)[0]}

static const BacWord OBJECT_TYPES[] = {
#define OBJECT_TYPE(name, number, text, abbreviation) {(number), (text), (abbreviation)},
#include "bacnet/wire/object_types.def"
};
TABLE(bac_object_types, "object type", OBJECT_TYPES);

static const BacWord PROPERTIES[] = {
#define PROPERTY(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/properties.def"
};
TABLE(bac_properties, "property", PROPERTIES);

static const BacWord UNITS[] = {
#define UNIT(name, number, text, symbol) {(number), (text), (symbol)},
#include "bacnet/wire/units.def"
};
TABLE(bac_units, "unit", UNITS);

static const BacWord CONFIRMED_SERVICES[] = {
#define CONFIRMED_SERVICE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_confirmed_services, "confirmed service", CONFIRMED_SERVICES);

static const BacWord UNCONFIRMED_SERVICES[] = {
#define UNCONFIRMED_SERVICE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_unconfirmed_services, "unconfirmed service", UNCONFIRMED_SERVICES);

static const BacWord SERVICES_SUPPORTED[] = {
#define SERVICE_SUPPORTED(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_services_supported, "service", SERVICES_SUPPORTED);

static const BacWord ERROR_CLASSES[] = {
#define ERROR_CLASS(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_error_classes, "error class", ERROR_CLASSES);

static const BacWord ERROR_CODES[] = {
#define ERROR_CODE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_error_codes, "error code", ERROR_CODES);

static const BacWord REJECT_REASONS[] = {
#define REJECT_REASON(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_reject_reasons, "reject reason", REJECT_REASONS);

static const BacWord ABORT_REASONS[] = {
#define ABORT_REASON(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_abort_reasons, "abort reason", ABORT_REASONS);

static const BacWord COMMUNICATIONS[] = {
#define COMMUNICATION(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_communications, "communication control", COMMUNICATIONS);

static const BacWord REINITIALIZED_STATES[] = {
#define REINITIALIZED(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_reinitialized, "reinitialized state", REINITIALIZED_STATES);

static const BacWord SEGMENTATIONS[] = {
#define SEGMENTATION(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_segmentations, "segmentation", SEGMENTATIONS);

static const BacWord RELIABILITIES[] = {
#define RELIABILITY(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_reliabilities, "reliability", RELIABILITIES);

static const BacWord EVENT_STATES[] = {
#define EVENT_STATE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_event_states, "event state", EVENT_STATES);

static const BacWord LIFE_SAFETY_STATES[] = {
#define LIFE_SAFETY_STATE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_life_safety_states, "life safety state", LIFE_SAFETY_STATES);

static const BacWord TIMER_STATES[] = {
#define TIMER_STATE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_timer_states, "timer state", TIMER_STATES);

static const BacWord SHED_STATES[] = {
#define SHED_STATE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_shed_states, "shed state", SHED_STATES);

static const BacWord BINARY_LIGHTINGS[] = {
#define BINARY_LIGHTING(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_binary_lightings, "binary lighting value", BINARY_LIGHTINGS);

static const BacWord DOOR_VALUES[] = {
#define DOOR_VALUE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_door_values, "door value", DOOR_VALUES);

static const BacWord DEVICE_STATUSES[] = {
#define DEVICE_STATUS(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_device_statuses, "device status", DEVICE_STATUSES);

static const BacWord BINARIES[] = {
#define BINARY(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_binaries, "binary value", BINARIES);

static const BacWord POLARITIES[] = {
#define POLARITY(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_polarities, "polarity", POLARITIES);

static const BacWord STATUS_FLAGS[] = {
#define STATUS_FLAG(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_status_flags, "status flag", STATUS_FLAGS);

static const BacWord NETWORK_TYPES[] = {
#define NETWORK_TYPE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_network_types, "network type", NETWORK_TYPES);

static const BacWord NOTIFY_TYPE_WORDS[] = {
#define NOTIFY_TYPE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_notify_types, "notify type", NOTIFY_TYPE_WORDS);

static const BacWord EVENT_TYPE_WORDS[] = {
#define EVENT_TYPE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_event_types, "event type", EVENT_TYPE_WORDS);

static const BacWord LOGGING_TYPE_WORDS[] = {
#define LOGGING_TYPE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_logging_types, "logging type", LOGGING_TYPE_WORDS);

static const BacWord ACTION_WORDS[] = {
#define ACTION(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_actions, "action", ACTION_WORDS);

static const BacWord RESTART_REASON_WORDS[] = {
#define RESTART_REASON(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_restart_reasons, "restart reason", RESTART_REASON_WORDS);

static const BacWord PROGRAM_STATE_WORDS[] = {
#define PROGRAM_STATE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_program_states, "program state", PROGRAM_STATE_WORDS);

static const BacWord BACKUP_STATE_WORDS[] = {
#define BACKUP_STATE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_backup_states, "backup state", BACKUP_STATE_WORDS);

static const BacWord FILE_ACCESS_METHOD_WORDS[] = {
#define FILE_ACCESS_METHOD(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_file_access_methods, "file access method", FILE_ACCESS_METHOD_WORDS);

static const BacWord NODE_TYPE_WORDS[] = {
#define NODE_TYPE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_node_types, "node type", NODE_TYPE_WORDS);

static const BacWord TRANSITION_WORDS[] = {
#define TRANSITION(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_transitions, "transition", TRANSITION_WORDS);

static const BacWord LIMIT_ENABLE_WORDS[] = {
#define LIMIT_ENABLE(name, number, text) {(number), (text), NULL},
#include "bacnet/wire/enums.def"
};
TABLE(bac_limit_enables, "limit", LIMIT_ENABLE_WORDS);

const BacWord *bac_words_find(const BacWords *table, uint32_t number)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (table->words[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table->count && table->words[low].number == number ? &table->words[low] : NULL;
}

static bool names(const BacWord *word, BpStr text)
{
    if (strlen(word->text) == text.size && strncasecmp(word->text, text.data, text.size) == 0)
        return true;
    return word->short_text && text.size > 0 && bp_str_equal(bp_str(word->short_text), text);
}

BpStatus bac_words_parse(const BacWords *table, BpStr text, uint32_t *ret_number, BpError *err)
{
    assert(table && ret_number);
    for (size_t i = 0; i < table->count; i++) {
        if (names(&table->words[i], text)) {
            *ret_number = table->words[i].number;
            return BP_OK;
        }
    }
    return bp_fail(err, BP_NOT_FOUND, "\"%.*s\" is no %s of BACnet", BP_STR_ARGS(text), table->noun);
}

/* ---- units, whose codes vendors extend ---- */

static const char VENDOR_UNITS[] = "units-";

char *bac_units_format(uint32_t units, char ret_text[BAC_UNITS_TEXT_MAX])
{
    const char *name = units == BAC_UNITS_NO_UNITS ? "" : bac_units_name(units);
    if (name)
        snprintf(ret_text, BAC_UNITS_TEXT_MAX, "%s", name);
    else
        snprintf(ret_text, BAC_UNITS_TEXT_MAX, "%s%u", VENDOR_UNITS, (unsigned)units);
    return ret_text;
}

bool bac_units_parse(BpStr text, uint32_t *ret_units)
{
    const size_t prefix = sizeof VENDOR_UNITS - 1;
    int64_t number;
    *ret_units = BAC_UNITS_NO_UNITS;
    if (text.size == 0 || bac_words_parse(&bac_units, text, ret_units, NULL) == BP_OK)
        return true;
    if (text.size <= prefix || memcmp(text.data, VENDOR_UNITS, prefix) != 0 ||
        bp_parse_i64((BpStr){text.data + prefix, text.size - prefix}, 0, UINT16_MAX, &number, NULL) != BP_OK)
        return false;
    *ret_units = (uint32_t)number;
    return true;
}
