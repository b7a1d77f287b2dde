/* Tags: the octets that announce a value (ASHRAE 135, clause 20.2.1). */
#ifndef BACNET_WIRE_TAG_H
#define BACNET_WIRE_TAG_H

#include "base/buf.h"
#include "base/cursor.h"
#include "base/error.h"

/* Application tag numbers (clause 20.2.1.4). 13 to 15 are reserved. */
typedef enum BacType {
    BAC_NULL = 0,
    BAC_BOOLEAN = 1,
    BAC_UNSIGNED = 2,
    BAC_SIGNED = 3,
    BAC_REAL = 4,
    BAC_DOUBLE = 5,
    BAC_OCTET_STRING = 6,
    BAC_CHARACTER_STRING = 7,
    BAC_BIT_STRING = 8,
    BAC_ENUMERATED = 9,
    BAC_DATE = 10,
    BAC_TIME = 11,
    BAC_OBJECT_IDENTIFIER = 12,
} BacType;

typedef enum BacTagKind { BAC_APPLICATION, BAC_CONTEXT, BAC_OPENING, BAC_CLOSING } BacTagKind;

typedef struct BacTag {
    BacTagKind kind;
    uint8_t number;  /* application type, or context number */
    uint32_t length; /* octets of contents, all of them present */
    bool truth;      /* an application Boolean has no contents: this is its value */
} BacTag;

/* Reads one tag. On BP_OK `in` stands on the first octet of contents; on any other
 * status ret_tag is untouched and the rest of the message has no meaning. */
BpStatus bac_tag_decode(BpCursor *in, BacTag *ret_tag, BpError *err) BP_CHECKED;

/* True if the next tag is the `kind` with the `number`, 0 to 14; nothing is taken. Asked several times for
 * each result of an answer, and told from one octet. */
static inline bool bac_tag_is_next(const BpCursor *in, BacTagKind kind, uint8_t number)
{
    if (bp_cursor_remaining(in) == 0)
        return false;
    const uint8_t initial = in->data[in->offset], low = initial & 0x07;
    const uint8_t announced = kind == BAC_APPLICATION ? number << 4 : number << 4 | 0x08;
    if ((initial & 0xF8) != announced)
        return false;
    return kind == BAC_OPENING ? low == 6 : kind == BAC_CLOSING ? low == 7 : low < 6;
}

/* Reads a tag that must be the `kind` with the `number`; BP_MALFORMED if it is another. */
BpStatus bac_tag_expect(BpCursor *in, BacTagKind kind, uint8_t number, BacTag *ret_tag,
                        BpError *err) BP_CHECKED;

/* Takes what stands between an opening tag, already read, and its closing tag, which is read too.
 * *ret_contents spans the octets between them, however deeply they nest (deeper than 32 is BP_MALFORMED). */
BpStatus bac_tag_contents(BpCursor *in, uint8_t number, BpCursor *ret_contents, BpError *err) BP_CHECKED;

/* Header only; the contents, `length` octets, are the caller's to write. */
void bac_tag_encode(BpBuf *out, BacTagKind kind, uint8_t number, uint32_t length);

#endif
