/* The standard's enumerations (ASHRAE 135, clause 21) and its words for them. Each table is a .def file, or a
 * part of enums.def, which says the numbers once; the enumerators below and the lookups are made from it. */
#ifndef BACNET_WIRE_ENUMS_H
#define BACNET_WIRE_ENUMS_H

#include "base/error.h"
#include "base/str.h"

typedef enum BacObjectType { /* BAC_ANALOG_INPUT ... */
#define OBJECT_TYPE(name, number, text, abbreviation) BAC_##name = (number),
#include "bacnet/wire/object_types.def"
} BacObjectType;

typedef enum BacProperty { /* BAC_PROP_PRESENT_VALUE ... */
#define PROPERTY(name, number, text) BAC_PROP_##name = (number),
#include "bacnet/wire/properties.def"
} BacProperty;

typedef enum BacUnits { /* BAC_UNITS_DEGREES_CELSIUS ... */
#define UNIT(name, number, text, symbol) BAC_UNITS_##name = (number),
#include "bacnet/wire/units.def"
} BacUnits;

typedef enum BacConfirmedService { /* BAC_SERVICE_CONFIRMED_READ_PROPERTY ... */
#define CONFIRMED_SERVICE(name, number, text) BAC_SERVICE_CONFIRMED_##name = (number),
#include "bacnet/wire/enums.def"
} BacConfirmedService;

typedef enum BacUnconfirmedService { /* BAC_SERVICE_UNCONFIRMED_WHO_IS ... */
#define UNCONFIRMED_SERVICE(name, number, text) BAC_SERVICE_UNCONFIRMED_##name = (number),
#include "bacnet/wire/enums.def"
} BacUnconfirmedService;

typedef enum BacServiceSupported { /* BAC_SUPPORTS_READ_PROPERTY_MULTIPLE ...: bits */
#define SERVICE_SUPPORTED(name, number, text) BAC_SUPPORTS_##name = (number),
#include "bacnet/wire/enums.def"
} BacServiceSupported;

typedef enum BacErrorClass { /* BAC_CLASS_OBJECT ... */
#define ERROR_CLASS(name, number, text) BAC_CLASS_##name = (number),
#include "bacnet/wire/enums.def"
} BacErrorClass;

typedef enum BacErrorCode { /* BAC_CODE_UNKNOWN_OBJECT ... */
#define ERROR_CODE(name, number, text) BAC_CODE_##name = (number),
#include "bacnet/wire/enums.def"
} BacErrorCode;

typedef enum BacRejectReason { /* BAC_REJECT_UNRECOGNIZED_SERVICE ... */
#define REJECT_REASON(name, number, text) BAC_REJECT_##name = (number),
#include "bacnet/wire/enums.def"
} BacRejectReason;

typedef enum BacAbortReason { /* BAC_ABORT_SEGMENTATION_NOT_SUPPORTED ... */
#define ABORT_REASON(name, number, text) BAC_ABORT_##name = (number),
#include "bacnet/wire/enums.def"
} BacAbortReason;

typedef enum BacCommunication { /* BAC_COMMUNICATION_ENABLE ... */
#define COMMUNICATION(name, number, text) BAC_COMMUNICATION_##name = (number),
#include "bacnet/wire/enums.def"
} BacCommunication;

typedef enum BacReinitialized { /* BAC_COLDSTART ... */
#define REINITIALIZED(name, number, text) BAC_##name = (number),
#include "bacnet/wire/enums.def"
} BacReinitialized;

typedef enum BacSegmentation { /* BAC_SEGMENTED_BOTH ... BAC_NO_SEGMENTATION */
#define SEGMENTATION(name, number, text) BAC_##name = (number),
#include "bacnet/wire/enums.def"
} BacSegmentation;

typedef enum BacReliability { /* BAC_RELIABILITY_NO_FAULT_DETECTED ... */
#define RELIABILITY(name, number, text) BAC_RELIABILITY_##name = (number),
#include "bacnet/wire/enums.def"
} BacReliability;

typedef enum BacEventState { /* BAC_STATE_NORMAL ... */
#define EVENT_STATE(name, number, text) BAC_STATE_##name = (number),
#include "bacnet/wire/enums.def"
} BacEventState;

typedef enum BacDeviceStatus { /* BAC_STATUS_OPERATIONAL ... */
#define DEVICE_STATUS(name, number, text) BAC_STATUS_##name = (number),
#include "bacnet/wire/enums.def"
} BacDeviceStatus;

typedef enum BacBinary { /* BAC_INACTIVE, BAC_ACTIVE */
#define BINARY(name, number, text) BAC_##name = (number),
#include "bacnet/wire/enums.def"
} BacBinary;

typedef enum BacPolarity { /* BAC_POLARITY_NORMAL, BAC_POLARITY_REVERSE */
#define POLARITY(name, number, text) BAC_POLARITY_##name = (number),
#include "bacnet/wire/enums.def"
} BacPolarity;

typedef enum BacStatusFlag { /* BAC_FLAG_IN_ALARM ...: bits */
#define STATUS_FLAG(name, number, text) BAC_FLAG_##name = (number),
#include "bacnet/wire/enums.def"
} BacStatusFlag;

typedef enum BacNetworkType { /* BAC_NETWORK_TYPE_IPV4 ... */
#define NETWORK_TYPE(name, number, text) BAC_NETWORK_TYPE_##name = (number),
#include "bacnet/wire/enums.def"
} BacNetworkType;

typedef enum BacNotifyType { /* BAC_NOTIFY_ALARM ... */
#define NOTIFY_TYPE(name, number, text) BAC_NOTIFY_##name = (number),
#include "bacnet/wire/enums.def"
} BacNotifyType;

typedef enum BacEventType { /* BAC_EVENT_CHANGE_OF_BITSTRING ... */
#define EVENT_TYPE(name, number, text) BAC_EVENT_##name = (number),
#include "bacnet/wire/enums.def"
} BacEventType;

typedef enum BacLoggingType { /* BAC_LOGGING_POLLED ... */
#define LOGGING_TYPE(name, number, text) BAC_LOGGING_##name = (number),
#include "bacnet/wire/enums.def"
} BacLoggingType;

typedef enum BacAction { /* BAC_ACTION_DIRECT ... */
#define ACTION(name, number, text) BAC_ACTION_##name = (number),
#include "bacnet/wire/enums.def"
} BacAction;

typedef enum BacRestartReason { /* BAC_RESTART_UNKNOWN ... */
#define RESTART_REASON(name, number, text) BAC_RESTART_##name = (number),
#include "bacnet/wire/enums.def"
} BacRestartReason;

typedef enum BacProgramState { /* BAC_PROGRAM_IDLE ... */
#define PROGRAM_STATE(name, number, text) BAC_PROGRAM_##name = (number),
#include "bacnet/wire/enums.def"
} BacProgramState;

typedef enum BacBackupState { /* BAC_BACKUP_IDLE ... */
#define BACKUP_STATE(name, number, text) BAC_BACKUP_##name = (number),
#include "bacnet/wire/enums.def"
} BacBackupState;

typedef enum BacFileAccessMethod { /* BAC_FILE_RECORD_ACCESS ... */
#define FILE_ACCESS_METHOD(name, number, text) BAC_FILE_##name = (number),
#include "bacnet/wire/enums.def"
} BacFileAccessMethod;

typedef enum BacNodeType { /* BAC_NODE_UNKNOWN ... */
#define NODE_TYPE(name, number, text) BAC_NODE_##name = (number),
#include "bacnet/wire/enums.def"
} BacNodeType;

typedef enum BacTransition { /* BAC_TO_OFFNORMAL ... */
#define TRANSITION(name, number, text) BAC_##name = (number),
#include "bacnet/wire/enums.def"
} BacTransition;

typedef enum BacLimitEnable { /* BAC_LIMIT_LOW_ENABLE ... */
#define LIMIT_ENABLE(name, number, text) BAC_LIMIT_##name = (number),
#include "bacnet/wire/enums.def"
} BacLimitEnable;

/* ---- words ---- */

typedef struct BacWord {
    uint32_t number;
    const char *text;       /* as the standard writes it: "analog-input", "degrees-celsius" */
    const char *short_text; /* of object types "ai", of units "°C", which may be empty; else NULL */
} BacWord;

/* A table, ascending by number. */
typedef struct BacWords {
    const char *noun; /* what one of them is, for messages: "object type" */
    const BacWord *words;
    size_t count;
} BacWords;

extern const BacWords bac_object_types, bac_properties, bac_units, bac_confirmed_services,
    bac_unconfirmed_services, bac_services_supported, bac_error_classes, bac_error_codes, bac_reject_reasons,
    bac_abort_reasons, bac_communications, bac_reinitialized, bac_segmentations, bac_reliabilities,
    bac_event_states, bac_device_statuses, bac_binaries, bac_polarities, bac_status_flags, bac_network_types,
    bac_notify_types, bac_event_types, bac_logging_types, bac_actions, bac_restart_reasons,
    bac_program_states, bac_backup_states, bac_file_access_methods, bac_node_types, bac_transitions,
    bac_limit_enables;

/* Present values of whole types of objects (bac_object_states). */
extern const BacWords bac_life_safety_states, bac_timer_states, bac_shed_states, bac_binary_lightings,
    bac_door_values;

/* The entry for a number, or NULL where the standard has none. */
const BacWord *bac_words_find(const BacWords *table, uint32_t number);

/* The number that `text` names: the text in any case, or the short text exactly (mW is not MW); the first
 * where several have it. BP_NOT_FOUND: none has. */
BpStatus bac_words_parse(const BacWords *table, BpStr text, uint32_t *ret_number, BpError *err) BP_CHECKED;

static inline const char *bac_words_text(const BacWords *table, uint32_t number)
{
    const BacWord *word = bac_words_find(table, number);
    return word ? word->text : NULL;
}

/* The usual ones; NULL where the standard has no word. */
static inline const char *bac_object_type_name(uint32_t type)
{
    return bac_words_text(&bac_object_types, type);
}

static inline const char *bac_property_name(uint32_t property)
{
    return bac_words_text(&bac_properties, property);
}

static inline const char *bac_units_name(uint32_t units)
{
    return bac_words_text(&bac_units, units);
}

/* Units as tables keep them: "degrees-celsius", "units-300" for a vendor's, empty for no units. */
enum { BAC_UNITS_TEXT_MAX = 64 };
char *bac_units_format(uint32_t units, char ret_text[BAC_UNITS_TEXT_MAX]);
/* And back; BAC_UNITS_NO_UNITS for an empty text, and false for words that are no units. */
bool bac_units_parse(BpStr text, uint32_t *ret_units);

/* What screens show: "°C"; empty for none, and for units that the standard does not know. */
static inline const char *bac_units_symbol(uint32_t units)
{
    const BacWord *word = bac_words_find(&bac_units, units);
    return word ? word->short_text : "";
}

static inline const char *bac_error_class_name(uint32_t error_class)
{
    return bac_words_text(&bac_error_classes, error_class);
}

static inline const char *bac_error_code_name(uint32_t code)
{
    return bac_words_text(&bac_error_codes, code);
}

#endif
