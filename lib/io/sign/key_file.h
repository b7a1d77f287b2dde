/* The files that a key is in: its secret half, which the machine that signs keeps for itself, and its public
 * half, which anybody may have. Both are one line of 64 hexadecimal digits. */
#ifndef IO_SIGN_KEY_FILE_H
#define IO_SIGN_KEY_FILE_H

#include "base/error.h"
#include "io/sign/sign.h"

/* Reads the secret half. Where the file is not there it is made first, whole or not at all, readable by us
 * alone; a file that is there is never overwritten. BP_INVALID: it is there and is no key, or others may read
 * it; BP_UNAVAILABLE: it can be neither read nor made. The sentence says what helps. */
BpStatus sign_key_file_open(const char *path, SignKey **ret_key, bool *ret_is_new, BpError *err) BP_CHECKED;

/* Reads the public half. BP_NOT_FOUND: there is no such file; BP_INVALID: it is no key. */
BpStatus sign_public_file_read(const char *path, uint8_t ret_public[SIGN_PUBLIC_SIZE],
                               BpError *err) BP_CHECKED;

/* The same, and behind it those that have signed before: `path`, a dot and the first 16 digits of each. How
 * many, `most` at most; 0: `path` is none. */
size_t sign_public_files_read(const char *path, uint8_t (*ret_keys)[SIGN_PUBLIC_SIZE], size_t most);

/* Writes it, in place of what is there, where that is another. */
BpStatus sign_public_file_write(const char *path, const uint8_t public_key[SIGN_PUBLIC_SIZE],
                                BpError *err) BP_CHECKED;

#endif
