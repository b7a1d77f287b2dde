/* SHA-256, and signatures by Ed25519 (RFC 8032). The only includer of sodium.h. */
#ifndef IO_SIGN_H
#define IO_SIGN_H

#include "base/str.h"

#include <stdint.h>

enum { SIGN_DIGEST_SIZE = 32, SIGN_PUBLIC_SIZE = 32, SIGN_SIGNATURE_SIZE = 64, SIGN_SEED_SIZE = 32 };

/* Of the parts one behind the other. */
void sign_digest(const BpStr *parts, size_t count, uint8_t ret_digest[SIGN_DIGEST_SIZE]);

/* True: who has the secret half of this key signed these octets. */
bool sign_is_valid(const uint8_t public_key[SIGN_PUBLIC_SIZE], BpStr octets,
                   const uint8_t signature[SIGN_SIGNATURE_SIZE]);

/* ---- a key of ours: its secret half is in memory that is neither swapped out nor dumped, where the system
 * lets us, and is wiped at the end ---- */

typedef struct SignKey SignKey;

SignKey *sign_key_from_seed(const uint8_t seed[SIGN_SEED_SIZE]);
void sign_key_free(SignKey *key); /* NULL is fine */
void sign_draw_seed(uint8_t ret_seed[SIGN_SEED_SIZE]);
void sign_wipe(void *octets, size_t size); /* what held a secret, and the compiler must not leave out */

const uint8_t *sign_key_public(const SignKey *key); /* SIGN_PUBLIC_SIZE octets, as long as the key */
void sign_make(const SignKey *key, BpStr octets, uint8_t ret_signature[SIGN_SIGNATURE_SIZE]);

/* ---- octets as hexadecimal digits ---- */

/* Small letters, 2 * size of them, and a zero. Returns ret_text. */
char *sign_hex(const uint8_t *octets, size_t size, char *ret_text);

/* False: it is not exactly 2 * size digits. */
bool sign_from_hex(BpStr text, uint8_t *ret_octets, size_t size);

#endif
