/* Of this folder: what its files share. */
#ifndef WEB_ACCESS_PARTS_H
#define WEB_ACCESS_PARTS_H

#include "apps/web/access/access.h"
#include "io/secret/hasher.h"
#include "io/secret/secret.h"

/* What somebody brought to be known by. */
typedef struct Credential {
    BpStr secret; /* of the cookie or token; data is NULL: none */
    bool is_token;
    char digest[SECRET_DIGEST_SIZE];
} Credential;

/* session.c */
Credential credential_of(const Call *call);
/* The digest of what the cookie of a former session, and the mark of a browser, have; an empty text: there is
 * none. */
void browser_marks(const Call *call, char ret_session[SECRET_DIGEST_SIZE],
                   char ret_browser[SECRET_DIGEST_SIZE]);
/* Cookies of a new session; without a session: they go. A browser's mark stays. */
void session_set_cookies(Call *call, const char *session, const char *browser);

/* access.c */
SecretHasher *access_hasher(const Call *call);
/* Nothing that is remembered of this user counts any more. */
void access_forget(Call *call, int64_t user_id);

/* Answers with the JSON in the first column; null: 404 with what there is none of. */
void access_reply_json(Call *call, const PgRows *rows, int status, const char *what);

/* ---- what somebody tries (try.c) ---- */

/* A try, in the call's arena; while it goes on it is the call's context, and may be the first member of what
 * its room keeps beside it. */
typedef struct Try {
    const char *name;
    const char *password;                        /* NULL: none is looked at, but the try counts */
    void (*next)(Call *call, struct Try *given); /* the password is right */
    /* From here as the database has it. */
    int64_t user_id;                /* 0: there is none */
    const char *hash, *totp_secret; /* NULL: none */
    int64_t totp_step;
    void (*next_code)(Call *call, struct Try *given); /* of try_count_code */
} Try;

/* Answers with what is wrong, and with how long one has to wait, or goes on with `next`. */
void try_begin(Call *call, Try *given);

/* True: it was answered (429, and Retry-After). `what` was wrong several times: "codes". */
bool try_has_to_wait(Call *call, int64_t wait_s, const char *what) BP_CHECKED;

/* What was typed behind a right password is counted, wherever it comes from, before it is looked at; `next`
 * does that. Nothing that was typed is not counted. */
void try_count_code(Call *call, Try *given, const char *typed, void (*next)(Call *call, Try *given));

/* A code of the second factor, or a recovery code; for statements, which take one of them. */
typedef struct Code {
    PgValue step, digest;
    char recovery[SECRET_DIGEST_SIZE];
} Code;
/* False: it was answered (code-needed where there is none, wrong-code). */
bool try_code(Call *call, const char *totp_secret, int64_t totp_step, const char *typed,
              Code *ret_code) BP_CHECKED;

/* Of a password that is to become one. False: it was answered. */
bool try_is_fit(Call *call, const char *password, const char *name) BP_CHECKED;
/* A password that is to become one: fit, and hashed. `next` gets its hash. */
void try_new_password(Call *call, const char *password, const char *name,
                      void (*next)(Call *call, const char *hash));

/* Whoever needs a session for this, and brings a token. False: it was answered. */
bool access_is_session(Call *call) BP_CHECKED;

#endif
