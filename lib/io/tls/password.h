/* Passwords that programs are given: drawn, and hashed as Mosquitto's password file has them. */
#ifndef IO_TLS_PASSWORD_H
#define IO_TLS_PASSWORD_H

#include "base/error.h"

#include <stdint.h>

enum { TLS_PASSWORD_LETTERS = 24, TLS_SALT_SIZE = 12, TLS_HASH_TEXT_MAX = 128 };

/* 120 bits, in letters and digits that nobody takes for one another. */
BpStatus tls_password_draw(char ret_password[TLS_PASSWORD_LETTERS + 1], BpError *err) BP_CHECKED;

/* "$7$101$salt$hash": PBKDF2 with SHA-512 (mosquitto_passwd of 2.0), with a salt that is drawn. */
BpStatus tls_password_hash(const char *password, char ret_hash[TLS_HASH_TEXT_MAX], BpError *err) BP_CHECKED;

/* The same with this salt. */
void tls_password_hash_with(const char *password, const uint8_t salt[TLS_SALT_SIZE],
                            char ret_hash[TLS_HASH_TEXT_MAX]);

#endif
