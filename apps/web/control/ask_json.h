/* What people send: a command, releases, a job. From a body's JSON to what the database's functions take.
 * Pure; every sentence says what would be right. Of this folder. */
#ifndef WEB_CONTROL_ASK_JSON_H
#define WEB_CONTROL_ASK_JSON_H

#include "base/error.h"
#include "base/str.h"

#include <jansson.h>

enum { ASK_KEY_MAX = 150, ASK_RELEASES_MAX = 500, ASK_REASON_MAX = 1000 };

typedef struct AskProblem {
    const char *field; /* that is meant; NULL: none alone */
    BpError err;
} AskProblem;

/* {"point", "value" or "state", "priority", "release_after_s", "execute_at", "expires_at", "reason",
 * "restore"}; a value of null lets go. *ret_request is what web_command_ask takes, without site_id: a new
 * reference. `is_alias`: "site" may be there, too. */
BpStatus ask_command_read(json_t *body, bool is_alias, json_t **ret_request, AskProblem *problem) BP_CHECKED;

/* {"items": [{"point", "priority", "restore"}], "reason"}: a request of each, in *ret_requests. */
BpStatus ask_releases_read(json_t *body, json_t **ret_requests, AskProblem *problem) BP_CHECKED;

/* {"kind", "points"}, {"kind", "low", "high"}, {"kind", "device"}: *ret_kind is borrowed from the body;
 * *ret_request is what job_ask takes. */
BpStatus ask_job_read(json_t *body, const char **ret_kind, json_t **ret_request,
                      AskProblem *problem) BP_CHECKED;

/* An Idempotency-Key: 1 to ASK_KEY_MAX printable letters of ASCII. */
bool ask_key_is_one(BpStr key);

/* A UUID, as ids of commands and jobs are. */
bool ask_id_is_one(BpStr id);

#endif
