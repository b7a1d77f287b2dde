#include "io/tls/password.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { HASH_SIZE = 64, ROUNDS = 101 }; /* mosquitto_passwd's own; nobody guesses 120 bits, in however few */

/* 32 of them: without l and o, which look like 1 and 0. */
static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";

static BpStatus draw(void *ret_octets, size_t size, BpError *err)
{
    return getrandom(ret_octets, size, 0) == (ssize_t)size
               ? BP_OK
               : bp_fail(err, BP_UNAVAILABLE, "the system gives no random numbers");
}

BpStatus tls_password_draw(char ret_password[TLS_PASSWORD_LETTERS + 1], BpError *err)
{
    uint8_t octets[TLS_PASSWORD_LETTERS];
    BP_TRY(draw(octets, sizeof octets, err));
    for (size_t i = 0; i < sizeof octets; i++)
        ret_password[i] = letters[octets[i] % 32];
    ret_password[TLS_PASSWORD_LETTERS] = '\0';
    return BP_OK;
}

void tls_password_hash_with(const char *password, const uint8_t salt[TLS_SALT_SIZE],
                            char ret_hash[TLS_HASH_TEXT_MAX])
{
    uint8_t hash[HASH_SIZE];
    char salt_text[4 * TLS_SALT_SIZE / 3 + 4], hash_text[4 * HASH_SIZE / 3 + 4];
    if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, TLS_SALT_SIZE, ROUNDS, EVP_sha512(),
                          HASH_SIZE, hash) != 1)
        abort(); /* out of memory */
    EVP_EncodeBlock((unsigned char *)salt_text, salt, TLS_SALT_SIZE);
    EVP_EncodeBlock((unsigned char *)hash_text, hash, HASH_SIZE);
    snprintf(ret_hash, TLS_HASH_TEXT_MAX, "$7$%d$%s$%s", ROUNDS, salt_text, hash_text);
}

BpStatus tls_password_hash(const char *password, char ret_hash[TLS_HASH_TEXT_MAX], BpError *err)
{
    uint8_t salt[TLS_SALT_SIZE];
    BP_TRY(draw(salt, sizeof salt, err));
    tls_password_hash_with(password, salt, ret_hash);
    return BP_OK;
}
