/* Numbers and instants in text. All of the text must be the number: leftovers, empty text
 * and overflow are BP_INVALID, with a sentence that quotes it. Leading and trailing white space is refused
 * too. */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include "base/error.h"
#include "base/str.h"

BpStatus bp_parse_i64(BpStr text, int64_t min, int64_t max, int64_t *ret_value, BpError *err) BP_CHECKED;

/* Decimal, with "nan", "inf", "-inf" as printf writes them. */
BpStatus bp_parse_double(BpStr text, double *ret_value, BpError *err) BP_CHECKED;

/* "true", "yes", "on", "1" and their opposites. */
BpStatus bp_parse_bool(BpStr text, bool *ret_value, BpError *err) BP_CHECKED;

/* "500ms", "15s", "5min", "2h", "7d", or several of these, as in "1h30min". A bare number is refused: of
 * what? */
BpStatus bp_parse_duration_us(BpStr text, int64_t *ret_us, BpError *err) BP_CHECKED;

/* "64kB", "256MB", "2GB": powers of 1024, as PostgreSQL has them; a bare number is octets. */
BpStatus bp_parse_size(BpStr text, int64_t *ret_octets, BpError *err) BP_CHECKED;

#endif
