/* Who somebody is, from the database's JSON (access_identity) to a Person, and to what the API tells of a
 * session. */
#ifndef WEB_ACCESS_IDENTITY_H
#define WEB_ACCESS_IDENTITY_H

#include "apps/web/call/call.h"

/* What a session's changes have to bring: it follows from the secret of the cookie, and does not tell it. In
 * the arena. */
const char *identity_csrf(BpStr secret, BpArena *arena);

/* `credential` and `csrf` (NULL of a token) become the person's. second_factor is setting web.second_factor.
 * NULL: the JSON is none of ours. Texts are in the arena. */
Person *identity_read(BpStr json, const char *credential, const char *csrf, const char *second_factor,
                      BpArena *arena);

/* The same JSON as GET /session has it; NULL as above. */
json_t *identity_session_json(BpStr json, const char *csrf, const char *second_factor);

/* What has to be done first; NULL: nothing. */
const char *identity_must(const json_t *identity, const char *second_factor);

#endif
