#include "io/sign/sign.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct SignKey {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static_assert(SIGN_DIGEST_SIZE == crypto_hash_sha256_BYTES &&
                  SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES &&
                  SIGN_SIGNATURE_SIZE == crypto_sign_BYTES && SIGN_SEED_SIZE == crypto_sign_SEEDBYTES,
              "sizes are libsodium's");

/* It may be called again and again, and does nothing then. */
static void begin(void)
{
    if (sodium_init() < 0)
        abort(); /* no random numbers: nothing of a key would be secret */
}

void sign_digest(const BpStr *parts, size_t count, uint8_t ret_digest[SIGN_DIGEST_SIZE])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, (const uint8_t *)parts[i].data, parts[i].size);
    crypto_hash_sha256_final(&state, ret_digest);
}

bool sign_is_valid(const uint8_t public_key[SIGN_PUBLIC_SIZE], BpStr octets,
                   const uint8_t signature[SIGN_SIGNATURE_SIZE])
{
    begin();
    return crypto_sign_verify_detached(signature, (const uint8_t *)octets.data, octets.size, public_key) == 0;
}

SignKey *sign_key_from_seed(const uint8_t seed[SIGN_SEED_SIZE])
{
    begin();
    SignKey *key = sodium_malloc(sizeof *key); /* locked, and wiped when it is freed */
    if (!key)
        abort();
    crypto_sign_seed_keypair(key->public_key, key->secret, seed);
    return key;
}

void sign_key_free(SignKey *key)
{
    sodium_free(key);
}

void sign_draw_seed(uint8_t ret_seed[SIGN_SEED_SIZE])
{
    begin();
    randombytes_buf(ret_seed, SIGN_SEED_SIZE);
}

void sign_wipe(void *octets, size_t size)
{
    sodium_memzero(octets, size);
}

const uint8_t *sign_key_public(const SignKey *key)
{
    return key->public_key;
}

void sign_make(const SignKey *key, BpStr octets, uint8_t ret_signature[SIGN_SIGNATURE_SIZE])
{
    crypto_sign_detached(ret_signature, NULL, (const uint8_t *)octets.data, octets.size, key->secret);
}

char *sign_hex(const uint8_t *octets, size_t size, char *ret_text)
{
    return sodium_bin2hex(ret_text, 2 * size + 1, octets, size);
}

bool sign_from_hex(BpStr text, uint8_t *ret_octets, size_t size)
{
    size_t written = 0;
    return text.size == 2 * size &&
           sodium_hex2bin(ret_octets, size, text.data, text.size, NULL, &written, NULL) == 0 &&
           written == size;
}
