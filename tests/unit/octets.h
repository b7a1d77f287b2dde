/* Octets for tests: written as hexadecimal, cut short, and with bits turned over. Messages under test are
 * copied to memory of exactly their size, so that AddressSanitizer sees a read past the end. */
#ifndef TESTS_UNIT_OCTETS_H
#define TESTS_UNIT_OCTETS_H

#include "base/buf.h"
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct Octets {
    size_t size;
    uint8_t data[2048];
} Octets;

static inline uint8_t octets_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at)
        fail_msg("'%c' is no digit of lower-case hexadecimal", c);
    return at ? (uint8_t)(at - digits) : 0;
}

/* "10 08 0a", with or without the spaces. */
static inline Octets octets(const char *hexadecimal)
{
    Octets result = {0};
    for (const char *c = hexadecimal; *c; c += 2) {
        while (*c == ' ')
            c++;
        if (!*c)
            break;
        assert_true(result.size < sizeof result.data);
        result.data[result.size++] = (uint8_t)(octets_digit(c[0]) << 4 | octets_digit(c[1]));
    }
    return result;
}

static inline BpCursor cursor_over(const Octets *message)
{
    return bp_cursor(message->data, message->size);
}

static inline void assert_octets(const BpBuf *out, const char *hexadecimal)
{
    const Octets expected = octets(hexadecimal);
    assert_false(out->failed);
    assert_int_equal(out->size, expected.size);
    assert_memory_equal(out->data, expected.data, expected.size);
}

typedef BpStatus Parser(BpCursor in);

static inline BpStatus parse_exactly(Parser *parser, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    const BpStatus status = parser(bp_cursor(copy, size));
    free(copy);
    return status;
}

/* The whole message is good, and each that ends before it, from `least` octets on, is not. */
static inline void assert_prefixes_are_refused(Parser *parser, const char *hexadecimal, size_t least)
{
    const Octets message = octets(hexadecimal);
    assert_int_equal(parse_exactly(parser, message.data, message.size), BP_OK);
    for (size_t size = least; size < message.size; size++)
        if (parse_exactly(parser, message.data, size) == BP_OK)
            fail_msg("the first %zu of %zu octets were taken", size, message.size);
}

/* Where what is missing is another parser's to find: each beginning of the message, from memory of just its
 * size, does no harm. */
static inline void cut_everywhere(Parser *parser, const char *hexadecimal)
{
    const Octets message = octets(hexadecimal);
    assert_int_equal(parse_exactly(parser, message.data, message.size), BP_OK);
    for (size_t size = 0; size < message.size; size++)
        (void)parse_exactly(parser, message.data, size);
}

/* Whatever the parser makes of it, it stays within the message: one, then some bits are turned over. */
static inline void flip_bits(Parser *parser, const char *hexadecimal)
{
    uint64_t random = 0x9E3779B97F4A7C15U; /* xorshift, the same on every run */
    const Octets message = octets(hexadecimal);
    const size_t bits = message.size * 8;
    for (size_t round = 0; bits > 0 && round < 2000; round++) {
        Octets flipped = message;
        const size_t flips = round < bits ? 1 : 1 + round % 6;
        for (size_t i = 0; i < flips; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            const size_t bit = round < bits ? round : random % bits;
            flipped.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        }
        (void)parse_exactly(parser, flipped.data, flipped.size);
    }
}

/* A whole message is good; every part of it from `least` octets on, and with an octet too many, is not; and
 * with bits turned over it does no harm. */
static inline void assert_taken_whole_or_not_at_all(Parser *parser, const char *hexadecimal, size_t least)
{
    assert_prefixes_are_refused(parser, hexadecimal, least);
    flip_bits(parser, hexadecimal);
    Octets message = octets(hexadecimal);
    message.data[message.size++] = 0xF5; /* no tag of any service, and cut short besides */
    if (parse_exactly(parser, message.data, message.size) == BP_OK)
        fail_msg("%s was taken with half a tag more", hexadecimal);
    message.data[message.size - 1] = 0x8F; /* closes what is not open */
    if (parse_exactly(parser, message.data, message.size) != BP_MALFORMED)
        fail_msg("%s was taken with an octet more", hexadecimal);
}

#endif
