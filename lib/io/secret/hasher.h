/* Passwords, hashed by Argon2id on other threads: slow on purpose (64 MiB of memory and about 80 ms each), so
 * two are worked on at once and some wait; one more is refused, and nobody else is held up. Strangers wait in
 * a queue of their own, behind those who are known by more than a name: however many they are, they keep
 * nobody else out. */
#ifndef IO_SECRET_HASHER_H
#define IO_SECRET_HASHER_H

#include "io/loop/loop.h"

typedef struct SecretHasher SecretHasher;

enum {
    SECRET_HASHING_MAX = 2,
    SECRET_WAITING_MAX = 32 /* of each who */,
    SECRET_HASH_SIZE = 128 /* with its zero */
};

/* Known is who has a session, a one-time link, or a browser that its user has logged in with before. */
typedef enum SecretWho { SECRET_KNOWN, SECRET_STRANGER, SECRET_WHO_COUNT } SecretWho;

SecretHasher *secret_hasher_new(Loop *loop);
/* What waits or is worked on is not told any more. */
void secret_hasher_free(SecretHasher *hasher);

/* `hash` is libsodium's string ("$argon2id$v=19$m=65536,t=2,p=1$..."), "" where it could not be made; of a
 * check it is NULL. Called from the loop. */
typedef void (*SecretHashed)(void *context, bool is_right, const char *hash);

/* Is it the password of this hash? Where `hash` is NULL there is none, and the answer is no after the same
 * time. Texts are copied, and wiped afterwards. False: too many wait, and nothing is told. */
bool secret_check(SecretHasher *hasher, SecretWho who, BpStr password, const char *hash, SecretHashed done,
                  void *context) BP_CHECKED;
/* Whoever may choose a password is known. */
bool secret_hash(SecretHasher *hasher, BpStr password, SecretHashed done, void *context) BP_CHECKED;

/* Whoever asked is gone: `done` is not called any more for this context. */
void secret_forget(SecretHasher *hasher, const void *context);

/* For tools, which have nothing else to do. False: there is not enough memory. */
bool secret_hash_now(BpStr password, char ret_hash[SECRET_HASH_SIZE]) BP_CHECKED;

#endif
