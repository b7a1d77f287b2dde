/* Values for people: what `read`, screens and logs show. */
#include "bacnet/wire/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { UNSPECIFIED = 255 };

/* The fewest digits that read back as the same number. */
static void put_real(BpBuf *out, double value, bool is_float)
{
    if (isnan(value)) {
        bp_buf_printf(out, "nan"); /* printf may write "-nan" */
        return;
    }
    char text[40];
    for (int digits = is_float ? 6 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (is_float ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    bp_buf_str(out, bp_str(text));
}

static void put_hex(BpBuf *out, BpCursor octets)
{
    bp_buf_printf(out, "0x");
    while (bp_cursor_remaining(&octets) > 0)
        bp_buf_printf(out, "%02x", bp_cursor_u8(&octets));
}

/* A field of a date or time, or what stands for it when it says more than a number. */
static void put_field(BpBuf *out, uint8_t field, const char *word)
{
    if (word)
        bp_buf_printf(out, "%s", word);
    else if (field == UNSPECIFIED)
        bp_buf_printf(out, "*");
    else
        bp_buf_printf(out, "%02u", field);
}

/* "2026-11-24"; patterns as in "*-*-last" and "*-12-* fri" (clause 20.2.12). */
static void put_date(BpBuf *out, BacDate date)
{
    static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    if (date.year == UNSPECIFIED)
        bp_buf_printf(out, "*-");
    else
        bp_buf_printf(out, "%u-", 1900U + date.year);
    put_field(out, date.month, date.month == 13 ? "odd" : date.month == 14 ? "even" : NULL);
    bp_buf_printf(out, "-");
    put_field(out, date.day,
              date.day == 32   ? "last"
              : date.day == 33 ? "odd"
              : date.day == 34 ? "even"
                               : NULL);
    const bool is_pattern = date.year == UNSPECIFIED || date.month > 12 || date.day > 31;
    if (is_pattern && date.weekday >= 1 && date.weekday <= 7)
        bp_buf_printf(out, " %s", weekdays[date.weekday - 1]);
}

/* "08:30:00", with hundredths where there are any: "08:30:00.25". */
static void put_time(BpBuf *out, BacTime time)
{
    put_field(out, time.hour, NULL);
    bp_buf_printf(out, ":");
    put_field(out, time.minute, NULL);
    bp_buf_printf(out, ":");
    put_field(out, time.second, NULL);
    if (time.hundredths == 0)
        return;
    bp_buf_printf(out, ".");
    put_field(out, time.hundredths, NULL);
}

void bac_value_format(BpBuf *out, const BacValue *value)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    switch (value->type) {
    case BAC_NULL: bp_buf_printf(out, "null"); break;
    case BAC_BOOLEAN: bp_buf_printf(out, value->boolean ? "true" : "false"); break;
    case BAC_UNSIGNED: bp_buf_printf(out, "%" PRIu64, value->natural); break;
    case BAC_SIGNED: bp_buf_printf(out, "%" PRId64, value->integer); break;
    case BAC_REAL: put_real(out, (double)value->real, true); break;
    case BAC_DOUBLE: put_real(out, value->double_real, false); break;
    case BAC_CHARACTER_STRING: bac_text_to_utf8(out, value); break;
    case BAC_BIT_STRING:
        for (uint32_t i = 0; i < value->bits.count; i++)
            bp_buf_u8(out, bac_bits_test(value->bits, i) ? '1' : '0');
        break;
    case BAC_ENUMERATED: bp_buf_printf(out, "%" PRIu32, value->enumerated); break;
    case BAC_DATE: put_date(out, value->date); break;
    case BAC_TIME: put_time(out, value->time); break;
    case BAC_OBJECT_IDENTIFIER: bp_buf_str(out, bp_str(bac_object_format(value->object, text))); break;
    case BAC_OCTET_STRING:
    default: put_hex(out, value->octets); break;
    }
}

static bool is_binary(uint16_t object_type)
{
    return object_type == BAC_BINARY_INPUT || object_type == BAC_BINARY_OUTPUT ||
           object_type == BAC_BINARY_VALUE;
}

const BacWords *bac_property_words(uint16_t object_type, uint32_t property)
{
    switch (property) {
    case BAC_PROP_PRESENT_VALUE:
    case BAC_PROP_PRIORITY_ARRAY:
    case BAC_PROP_RELINQUISH_DEFAULT:
    case BAC_PROP_FEEDBACK_VALUE:
    case BAC_PROP_INTERFACE_VALUE:
    case BAC_PROP_ALARM_VALUE: return is_binary(object_type) ? &bac_binaries : NULL;
    case BAC_PROP_UNITS:
    case BAC_PROP_OUTPUT_UNITS:
    case BAC_PROP_CONTROLLED_VARIABLE_UNITS:
    case BAC_PROP_PROPORTIONAL_CONSTANT_UNITS:
    case BAC_PROP_INTEGRAL_CONSTANT_UNITS:
    case BAC_PROP_DERIVATIVE_CONSTANT_UNITS:
    case BAC_PROP_CAR_LOAD_UNITS: return &bac_units;
    case BAC_PROP_RELIABILITY: return &bac_reliabilities;
    case BAC_PROP_EVENT_STATE: return &bac_event_states;
    case BAC_PROP_SYSTEM_STATUS: return &bac_device_statuses;
    case BAC_PROP_OBJECT_TYPE: return &bac_object_types;
    case BAC_PROP_SEGMENTATION_SUPPORTED: return &bac_segmentations;
    case BAC_PROP_POLARITY: return &bac_polarities;
    case BAC_PROP_NETWORK_TYPE: return &bac_network_types;
    case BAC_PROP_PROPERTY_LIST: return &bac_properties;
    case BAC_PROP_NOTIFY_TYPE: return &bac_notify_types;
    case BAC_PROP_EVENT_TYPE: return &bac_event_types;
    case BAC_PROP_LOGGING_TYPE: return &bac_logging_types;
    case BAC_PROP_ACTION: return object_type == BAC_LOOP ? &bac_actions : NULL;
    case BAC_PROP_LAST_RESTART_REASON: return &bac_restart_reasons;
    case BAC_PROP_PROGRAM_STATE: return &bac_program_states;
    case BAC_PROP_BACKUP_AND_RESTORE_STATE: return &bac_backup_states;
    case BAC_PROP_FILE_ACCESS_METHOD: return &bac_file_access_methods;
    case BAC_PROP_NODE_TYPE: return &bac_node_types;
    default: return NULL;
    }
}

/* The words of a bit string's bits, or NULL. */
static const BacWords *bit_words_of(uint32_t property)
{
    switch (property) {
    case BAC_PROP_STATUS_FLAGS: return &bac_status_flags;
    case BAC_PROP_EVENT_ENABLE:
    case BAC_PROP_ACKED_TRANSITIONS:
    case BAC_PROP_ACK_REQUIRED: return &bac_transitions;
    case BAC_PROP_LIMIT_ENABLE: return &bac_limit_enables;
    case BAC_PROP_PROTOCOL_SERVICES_SUPPORTED: return &bac_services_supported;
    case BAC_PROP_PROTOCOL_OBJECT_TYPES_SUPPORTED: return &bac_object_types;
    default: return NULL;
    }
}

/* The names of the bits that are set, or "none". A bit without a name is its number. */
static void put_bits(BpBuf *out, BacBits bits, const BacWords *words)
{
    const char *separator = "";
    for (uint32_t i = 0; i < bits.count; i++) {
        if (!bac_bits_test(bits, i))
            continue;
        const char *name = bac_words_text(words, i);
        if (name)
            bp_buf_printf(out, "%s%s", separator, name);
        else
            bp_buf_printf(out, "%s%" PRIu32, separator, i);
        separator = ",";
    }
    if (!*separator)
        bp_buf_printf(out, "none");
}

void bac_value_describe(BpBuf *out, const BacValue *value, uint16_t object_type, uint32_t property)
{
    const BacWords *words = NULL;
    if (value->type == BAC_ENUMERATED)
        words = bac_property_words(object_type, property);
    else if (value->type == BAC_BIT_STRING)
        words = bit_words_of(property);
    const char *name =
        words && value->type == BAC_ENUMERATED ? bac_words_text(words, value->enumerated) : NULL;
    if (name)
        bp_buf_printf(out, "%s", name);
    else if (words && value->type == BAC_BIT_STRING)
        put_bits(out, value->bits, words);
    else
        bac_value_format(out, value);
}
