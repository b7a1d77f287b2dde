/* The second factor: codes that change every 30 s (TOTP, RFC 6238, SHA-1 and six digits, as every app has
 * them), and the codes that stand in for it once. The only includer of liboath's header. */
#ifndef IO_SECRET_ONE_TIME_H
#define IO_SECRET_ONE_TIME_H

#include "base/str.h"

#include <stdint.h>

enum {
    ONE_TIME_SECRET_SIZE = 20,      /* octets: as many as SHA-1 has */
    ONE_TIME_SECRET_TEXT_SIZE = 33, /* in base32, with its zero */
    ONE_TIME_STEP_S = 30,
    ONE_TIME_RECOVERY_SIZE = 20, /* "abcd-efgh-ijkl-mnop" with its zero: 80 bits */
};

void one_time_draw(uint8_t ret_secret[ONE_TIME_SECRET_SIZE]);
/* In base32, as people type it and apps read it. */
char *one_time_text(const uint8_t secret[ONE_TIME_SECRET_SIZE], char ret_text[ONE_TIME_SECRET_TEXT_SIZE]);

/* Whether `code` is that of this time, or of the step before or behind it (clocks of telephones differ), and
 * of a step later than `last_step`: a code that was seen once is worth nothing. *ret_step is to be kept as
 * the last one. Spaces in the code are passed over. */
bool one_time_check(const uint8_t secret[ONE_TIME_SECRET_SIZE], BpStr code, int64_t now_s, int64_t last_step,
                    int64_t *ret_step);

/* A code for the day on which the telephone is lost. Returns ret_text. */
char *one_time_recovery_draw(char ret_text[ONE_TIME_RECOVERY_SIZE]);
/* As people type it, to as it was drawn: small letters, with its dashes. False: it is none. */
bool one_time_recovery_read(BpStr typed, char ret_text[ONE_TIME_RECOVERY_SIZE]);

#endif
