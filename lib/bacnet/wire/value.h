/* One primitive value of a property (ASHRAE 135, clauses 20.2.2 to 20.2.14), and its octets. */
#ifndef BACNET_WIRE_VALUE_H
#define BACNET_WIRE_VALUE_H

#include "bacnet/wire/object.h"
#include "bacnet/wire/tag.h"

/* Fields are 255 where unspecified; month 13/14 are odd/even months, day 32/33/34 the last, odd, even days
 * (20.2.12). */
typedef struct BacDate {
    uint8_t year; /* minus 1900 */
    uint8_t month, day;
    uint8_t weekday; /* 1 is Monday */
} BacDate;

typedef struct BacTime {
    uint8_t hour, minute, second, hundredths;
} BacTime;

/* Character sets as the octet in front of the text names them (20.2.9). */
typedef enum BacCharset {
    BAC_UTF_8 = 0,
    BAC_DBCS = 1, /* two more octets name the code page */
    BAC_JIS_X_0208 = 2,
    BAC_UCS_4 = 3,
    BAC_UCS_2 = 4,
    BAC_ISO_8859_1 = 5,
} BacCharset;

/* Bits in the order of the standard: bit 0 is the first octet's most significant. */
typedef struct BacBits {
    const uint8_t *octets;
    uint32_t count; /* bits */
} BacBits;

typedef struct BacValue {
    BacType type; /* or what a reserved application tag said: 13 to 15, and more */
    union {
        bool boolean;
        uint64_t natural;    /* BAC_UNSIGNED */
        int64_t integer;     /* BAC_SIGNED */
        float real;          /* may be NaN or infinite */
        double double_real;  /* BAC_DOUBLE */
        uint32_t enumerated; /* BAC_ENUMERATED */
        BacDate date;
        BacTime time;
        BacObjectId object; /* BAC_OBJECT_IDENTIFIER */
        BacBits bits;
        struct {
            BacCharset charset;
            BpCursor octets; /* as they came; bac_text_to_utf8 converts */
        } text;
        BpCursor
            octets; /* BAC_OCTET_STRING, and the contents of anything unknown; borrowed from the message */
    };
} BacValue;

/* Reads one application-tagged value. Unknown types are kept as octets, never an error.
 * BP_MALFORMED: a context, opening or closing tag, or a length that the type cannot have. */
BpStatus bac_value_decode(BpCursor *in, BacValue *ret_value, BpError *err) BP_CHECKED;

/* Reads the contents of a tag that has been read, as `type`: for context-tagged parameters. */
BpStatus bac_value_decode_as(BpCursor *in, const BacTag *tag, BacType type, BacValue *ret_value,
                             BpError *err) BP_CHECKED;

void bac_value_encode(BpBuf *out, const BacValue *value);

/* Writes the value with a context tag instead of its application tag. */
void bac_value_encode_context(BpBuf *out, uint8_t number, const BacValue *value);

/* The value as a number: Real, Double, Unsigned, Signed, Enumerated, and Boolean as 0 or 1. False for the
 * others. */
bool bac_value_number(const BacValue *value, double *ret_number);

bool bac_bits_test(BacBits bits, uint32_t bit);

/* UTF-8 text for a value of type BAC_CHARACTER_STRING. Never fails: what a set cannot be read as is taken
 * octet by octet as ISO 8859-1 (with the letters that Windows' code page 1252 adds), which is what
 * mislabelled text usually is (facts of the field: UTF-8 declared, Latin-1 sent; UCS-2 with or without a byte
 * order mark). U+0000 at the end is left out; other control characters become spaces. */
void bac_text_to_utf8(BpBuf *out, const BacValue *text);

/* The value for people, as `read` shows it: "21.5", "active" needs the property and is bac_value_describe's
 * work. */
void bac_value_format(BpBuf *out, const BacValue *value);

/* Like bac_value_format with the words of the property: enumerated values by name ("active",
 * "degrees-celsius", "no-fault-detected"), status flags as "in-alarm,fault" or "none", object types and
 * services supported by name. */
void bac_value_describe(BpBuf *out, const BacValue *value, uint16_t object_type, uint32_t property);

/* The words of an enumerated property's values, or NULL where there are none that we know. */
const BacWords *bac_property_words(uint16_t object_type, uint32_t property);

#endif
