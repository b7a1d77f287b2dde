/* Who asks, and what they may do. */
#ifndef WEB_CALL_PERSON_H
#define WEB_CALL_PERSON_H

#include "base/arena.h"
#include "model/right.h"

#include <stdint.h>

/* A role at one site. */
typedef struct PersonGrant {
    const char *site;
    Role role;
} PersonGrant;

typedef struct Person {
    int64_t user_id;
    const char *name;         /* what the journal has */
    const char *display_name; /* what people read */
    const char *token;      /* the name of the API token that speaks for them; NULL: a session in a browser */
    const char *session;    /* the session's or token's identifier, no secret; for revocation */
    const char *credential; /* SHA-256 of the session's or token's secret, 64 hexadecimal digits: for the
                               database, which looks it up anew at each change; never in answers or logs */
    const char *csrf; /* what a session's changes have to bring in X-CSRF-Token; NULL: a token's need none */
    const char *must; /* what is to be done before anything else: "totp", "password"; NULL: nothing */
    int64_t organisation_id;
    Role everywhere; /* in the organisation itself: its users, its sites to come */
    const PersonGrant
        *grants; /* of each site of the organisation where there is a role, the one that counts */
    size_t grant_count;
} Person;

/* The role at a site; NULL: that of the whole organisation. */
Role person_role(const Person *person, const char *site);
bool person_may(const Person *person, const char *site, Right right);
/* At any site at all. */
bool person_may_somewhere(const Person *person, Right right);

/* A copy whose texts are in the arena. */
Person *person_copy(const Person *person, BpArena *arena);

#endif
