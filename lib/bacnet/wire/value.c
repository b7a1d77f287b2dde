#include "bacnet/wire/value.h"

#include <assert.h>

static int64_t sign_extended(uint64_t value, uint32_t octets)
{
    const unsigned unused = 64 - 8 * octets;
    return (int64_t)(value << unused) >> unused;
}

static float real_from(uint32_t bits)
{
    float real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

static double double_from(uint64_t bits)
{
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

/* The lengths that a type's contents may have; those it does not name are free. */
static bool length_is_possible(BacType type, uint32_t length)
{
    switch (type) {
    case BAC_NULL: return length == 0;
    case BAC_BOOLEAN: return length == 1;
    case BAC_UNSIGNED:
    case BAC_SIGNED: return length >= 1 && length <= 8;
    case BAC_ENUMERATED: return length >= 1 && length <= 4;
    case BAC_DOUBLE: return length == 8;
    case BAC_REAL:
    case BAC_DATE:
    case BAC_TIME:
    case BAC_OBJECT_IDENTIFIER: return length == 4;
    case BAC_CHARACTER_STRING:
    case BAC_BIT_STRING: return length >= 1;
    default: return true;
    }
}

/* False if the octet in front says that more bits are unused than there are. */
static bool read_bits(BpCursor *in, BacBits *ret_bits)
{
    const uint8_t unused = bp_cursor_u8(in);
    const size_t size = bp_cursor_remaining(in);
    if (unused > 7 || (unused > 0 && size == 0))
        return false;
    *ret_bits = (BacBits){bp_cursor_take(in, size), (uint32_t)(8 * size - unused)};
    return true;
}

/* `in` spans exactly the contents, of a length that the type can have. */
static bool read_contents(BpCursor *in, BacType type, BacValue *value)
{
    const uint32_t length = (uint32_t)in->size;
    switch (type) {
    case BAC_NULL: break;
    case BAC_BOOLEAN: value->boolean = bp_cursor_u8(in) != 0; break;
    case BAC_UNSIGNED: value->natural = bp_cursor_unsigned(in, length); break;
    case BAC_SIGNED: value->integer = sign_extended(bp_cursor_unsigned(in, length), length); break;
    case BAC_REAL: value->real = real_from(bp_cursor_u32(in)); break;
    case BAC_DOUBLE: value->double_real = double_from(bp_cursor_unsigned(in, length)); break;
    case BAC_CHARACTER_STRING:
        value->text.charset = bp_cursor_u8(in);
        value->text.octets = bp_cursor_sub(in, length - 1);
        break;
    case BAC_BIT_STRING: return read_bits(in, &value->bits);
    case BAC_ENUMERATED: value->enumerated = (uint32_t)bp_cursor_unsigned(in, length); break;
    case BAC_DATE:
        value->date = (BacDate){.year = in->data[0], in->data[1], in->data[2], .weekday = in->data[3]};
        break;
    case BAC_TIME:
        value->time = (BacTime){.hour = in->data[0], in->data[1], in->data[2], .hundredths = in->data[3]};
        break;
    case BAC_OBJECT_IDENTIFIER: value->object = bac_object_id_from(bp_cursor_u32(in)); break;
    default: value->octets = *in; break;
    }
    return true;
}

BpStatus bac_value_decode_as(BpCursor *in, const BacTag *tag, BacType type, BacValue *ret_value, BpError *err)
{
    assert(in && tag && ret_value);
    const size_t start = in->offset;
    BacValue value = {.type = type};
    if (tag->kind == BAC_APPLICATION && tag->number == BAC_BOOLEAN && type == BAC_BOOLEAN) {
        value.boolean = tag->truth; /* it was in the tag */
    } else {
        BpCursor contents = bp_cursor_sub(in, tag->length);
        if (contents.failed)
            return bp_fail(err, BP_TRUNCATED, "value at octet %zu is cut short", start);
        if (!length_is_possible(type, tag->length) || !read_contents(&contents, type, &value))
            return bp_fail(err, BP_MALFORMED,
                           "value of type %u at octet %zu has impossible contents of %u octets",
                           (unsigned)type, start, tag->length);
    }
    *ret_value = value;
    return BP_OK;
}

BpStatus bac_value_decode(BpCursor *in, BacValue *ret_value, BpError *err)
{
    const size_t start = in->offset;
    BacTag tag;
    const BpStatus status = bac_tag_decode(in, &tag, err);
    if (status != BP_OK)
        return status;
    if (tag.kind != BAC_APPLICATION)
        return bp_fail(err, BP_MALFORMED, "tag %u at octet %zu announces no application value", tag.number,
                       start);
    return bac_value_decode_as(in, &tag, (BacType)tag.number, ret_value, err);
}

/* The fewest octets that hold an unsigned number, at least one. */
static uint32_t unsigned_length(uint64_t value)
{
    uint32_t length = 1;
    while (value >>= 8)
        length++;
    return length;
}

static uint32_t signed_length(int64_t value)
{
    uint32_t length = 1;
    while (value < -128 || value > 127) {
        value >>= 8;
        length++;
    }
    return length;
}

static uint32_t contents_length(const BacValue *value)
{
    switch (value->type) {
    case BAC_NULL: return 0;
    case BAC_BOOLEAN: return 1;
    case BAC_UNSIGNED: return unsigned_length(value->natural);
    case BAC_SIGNED: return signed_length(value->integer);
    case BAC_DOUBLE: return 8;
    case BAC_ENUMERATED: return unsigned_length(value->enumerated);
    case BAC_REAL:
    case BAC_DATE:
    case BAC_TIME:
    case BAC_OBJECT_IDENTIFIER: return 4;
    case BAC_CHARACTER_STRING: return 1 + (uint32_t)value->text.octets.size;
    case BAC_BIT_STRING: return 1 + (value->bits.count + 7) / 8;
    case BAC_OCTET_STRING:
    default: return (uint32_t)value->octets.size;
    }
}

static void write_bits(BpBuf *out, BacBits bits)
{
    const uint32_t size = (bits.count + 7) / 8;
    bp_buf_u8(out, (uint8_t)(8 * size - bits.count));
    bp_buf_octets(out, bits.octets, size);
}

static void write_contents(BpBuf *out, const BacValue *value, uint32_t length)
{
    uint32_t real;
    uint64_t double_real;
    switch (value->type) {
    case BAC_NULL: break;
    case BAC_BOOLEAN: bp_buf_u8(out, value->boolean); break;
    case BAC_UNSIGNED: bp_buf_unsigned(out, value->natural, length); break;
    case BAC_SIGNED: bp_buf_unsigned(out, (uint64_t)value->integer, length); break;
    case BAC_REAL:
        memcpy(&real, &value->real, sizeof real);
        bp_buf_u32(out, real);
        break;
    case BAC_DOUBLE:
        memcpy(&double_real, &value->double_real, sizeof double_real);
        bp_buf_unsigned(out, double_real, length);
        break;
    case BAC_CHARACTER_STRING:
        bp_buf_u8(out, (uint8_t)value->text.charset);
        bp_buf_octets(out, value->text.octets.data, value->text.octets.size);
        break;
    case BAC_BIT_STRING: write_bits(out, value->bits); break;
    case BAC_ENUMERATED: bp_buf_unsigned(out, value->enumerated, length); break;
    case BAC_DATE:
        bp_buf_octets(
            out, (uint8_t[]){value->date.year, value->date.month, value->date.day, value->date.weekday}, 4);
        break;
    case BAC_TIME:
        bp_buf_octets(
            out,
            (uint8_t[]){value->time.hour, value->time.minute, value->time.second, value->time.hundredths}, 4);
        break;
    case BAC_OBJECT_IDENTIFIER: bp_buf_u32(out, bac_object_id_to(value->object)); break;
    case BAC_OCTET_STRING:
    default: bp_buf_octets(out, value->octets.data, value->octets.size); break;
    }
}

void bac_value_encode(BpBuf *out, const BacValue *value)
{
    if (value->type == BAC_BOOLEAN) {
        bac_tag_encode(out, BAC_APPLICATION, BAC_BOOLEAN, value->boolean);
        return;
    }
    const uint32_t length = contents_length(value);
    bac_tag_encode(out, BAC_APPLICATION, (uint8_t)value->type, length);
    write_contents(out, value, length);
}

void bac_value_encode_context(BpBuf *out, uint8_t number, const BacValue *value)
{
    const uint32_t length = contents_length(value);
    bac_tag_encode(out, BAC_CONTEXT, number, length);
    write_contents(out, value, length);
}

bool bac_value_number(const BacValue *value, double *ret_number)
{
    switch (value->type) {
    case BAC_BOOLEAN: *ret_number = value->boolean; return true;
    case BAC_UNSIGNED: *ret_number = (double)value->natural; return true;
    case BAC_SIGNED: *ret_number = (double)value->integer; return true;
    case BAC_REAL: *ret_number = (double)value->real; return true;
    case BAC_DOUBLE: *ret_number = value->double_real; return true;
    case BAC_ENUMERATED: *ret_number = value->enumerated; return true;
    default: return false;
    }
}

bool bac_bits_test(BacBits bits, uint32_t bit)
{
    return bit < bits.count && bits.octets[bit / 8] & (0x80 >> bit % 8);
}
