/* What only its owner knows: drawn, kept as a digest, and compared without telling by the time it takes. */
#ifndef IO_SECRET_H
#define IO_SECRET_H

#include "base/str.h"

enum {
    SECRET_TEXT_SIZE = 44,   /* of secret_draw: 43 letters and a zero */
    SECRET_DIGEST_SIZE = 65, /* 64 hexadecimal digits and a zero */
};

/* 256 random bits as 43 letters of base64url (RFC 4648, 5): for cookies, tokens and links. Returns ret_text.
 */
char *secret_draw(char ret_text[SECRET_TEXT_SIZE]);
/* Whether a text has the shape of one: 43 such letters. */
bool secret_is_drawn(BpStr text);

/* SHA-256, which is all that is kept of a secret that was drawn: nobody guesses 256 bits, so it needs no salt
 * and no slowness. Returns ret_digest. */
char *secret_digest(BpStr secret, char ret_digest[SECRET_DIGEST_SIZE]);
/* The same of several parts one behind the other, for something that follows from a secret and does not tell
 * it. */
char *secret_digest_parts(const BpStr *parts, size_t count, char ret_digest[SECRET_DIGEST_SIZE]);

/* In a time that depends on sizes alone. */
bool secret_is_equal(BpStr one, BpStr other);

void secret_wipe(void *octets, size_t size); /* what held one, and the compiler must not leave out */

/* ---- what people type ---- */

enum {
    SECRET_PASSWORD_LEAST = 12,  /* letters */
    SECRET_PASSWORD_MOST = 1024, /* octets: a book is no password, and costs time */
    SECRET_PASSWORD_PROBLEM_MAX = 200,
};

/* Whether this may be a password of the user of that name. False: what is wrong and what would be right is in
 * ret_problem. Letters are counted as people do, not octets; nothing is asked of their kind (NIST SP
 * 800-63B, 5.1.1). */
bool secret_password_is_fit(BpStr password, BpStr user, char ret_problem[SECRET_PASSWORD_PROBLEM_MAX]);

#endif
