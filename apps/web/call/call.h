/* A request on its way: who asks for what, and how it is answered. Made when it has come whole, gone when it
 * has been answered and nothing of it is under way any more; everything taken from its arena goes with it.
 *
 * A handler gets a call whose person may do what is asked, at the site that is named. It answers once, at
 * once or later, by call_reply* or call_problem; questions to the database (call_ask, call_change) answer by
 * themselves where they fail. Where the client has left, its questions are cancelled and nothing of the
 * handler is called any more. */
#ifndef WEB_CALL_CALL_H
#define WEB_CALL_CALL_H

#include "apps/web/call/web.h"

#include <jansson.h>

/* ---- what is asked ---- */

Web *call_web(const Call *call);
BpArena *call_arena(Call *call);
const Operation *call_operation(const Call *call);
const Person *call_person(const Call *call); /* NULL: nobody, of an operation that is open */
BpStr call_path(const Call *call);           /* as it was sent */
BpStr call_header(const Call *call, HttpdHeader header);
const char *
call_address(const Call *call); /* where from, as far as it can be believed; "local" for a Unix socket */
bool call_is_secure(const Call *call); /* it came by TLS to who passed it on */

const char *call_site(const Call *call);            /* {site} */
BpStr call_path_text(Call *call, const char *name); /* {name}, decoded */
/* {name} as a number of 1 or more. False: there can be none like that, and it has been answered so (404). */
bool call_path_number(Call *call, const char *name, int64_t *ret_number) BP_CHECKED;

/* The value of a parameter behind the "?", decoded; data is NULL where there is none. */
BpStr call_query_text(Call *call, const char *name);
/* False: it is not as it should be, and the call has been answered with what would be right (400). */
bool call_query_number(Call *call, const char *name, int64_t least, int64_t most, int64_t otherwise,
                       int64_t *ret_number) BP_CHECKED;
bool call_query_bool(Call *call, const char *name, bool otherwise, bool *ret_truth) BP_CHECKED;
bool call_query_time(Call *call, const char *name, int64_t otherwise_us, int64_t *ret_at_us) BP_CHECKED;
/* "1,2,3": at most `most` numbers of 1 or more, in the call's arena. None there: *ret_count is 0. */
bool call_query_numbers(Call *call, const char *name, size_t most, const int64_t **ret_numbers,
                        size_t *ret_count) BP_CHECKED;
/* Every parameter is one of these names, closed by NULL. */
bool call_query_is_known(Call *call, const char *const *names) BP_CHECKED;

json_t *call_body(const Call *call); /* borrowed: an object; NULL: there was none */
/* Every member of `object` is one of these names, closed by NULL; `where` is in the sentence ("" for the
 * body). */
bool call_fields_are_known(Call *call, json_t *object, const char *where,
                           const char *const *names) BP_CHECKED;
/* A member of the body. Optional ones that are missing or null leave the result as it was; of a needed one,
 * or one of another kind, it is told what would be right, and the result is false. */
typedef enum CallNeed { CALL_OPTIONAL, CALL_NEEDED } CallNeed;
bool call_field_text(Call *call, const char *name, CallNeed need, size_t most,
                     const char **ret_text) BP_CHECKED;
bool call_field_number(Call *call, const char *name, CallNeed need, int64_t least, int64_t most,
                       int64_t *ret_number) BP_CHECKED;
bool call_field_bool(Call *call, const char *name, CallNeed need, bool *ret_truth) BP_CHECKED;

/* ---- who asks ---- */

/* For who identifies: this is who it is (copied); NULL: nobody, and it is said how to log in where that is
 * needed. */
void call_identified(Call *call, const Person *person);
/* For the same: it cannot be told, for the reason that the database gave. A stream is nobody's then. */
void call_not_identified(Call *call, BpStatus status, const BpError *err);
/* For the handler of a WebSocket, once it has accepted, and for streams from time to time: calls `next` when
 * it is known who it is; call_person is NULL for nobody, and another text than before in any case. */
void call_identify(Call *call, void (*next)(Call *call));

/* ---- how it is answered ---- */

/* A field of the answer, before it is answered. */
void call_set_field(Call *call, const char *name, BpStr value);
/* The same for an ETag, in quotes; and whether If-Match or If-None-Match name it. */
void call_set_etag(Call *call, const char *format, ...) BP_PRINTF(2, 3);
bool call_etag_is(const Call *call, HttpdHeader header, const char *etag); /* without quotes */

void call_reply(Call *call, int status, json_t *body); /* takes the reference */
void call_reply_text(Call *call, int status, const char *type, BpStr body);
/* 202: what is asked of a site elsewhere waits for it; `change` as change_told of the database has it. */
void call_reply_waiting(Call *call, BpStr change);
void call_reply_empty(Call *call, int status);
/* A file as it is and, where there is one (data is not NULL), compressed by gzip. */
void call_reply_file(Call *call, const char *type, BpStr plain, BpStr gzip);
bool call_is_reading(const Call *call); /* GET or HEAD */
/* RFC 9457: `type` is one of problems.def, with its status; the sentence says what is wrong and what would
 * be right. */
void call_problem(Call *call, int status, const char *type, const char *format, ...) BP_PRINTF(4, 5);
/* The same with more members, as "rule"; takes the reference. */
void call_problem_with(Call *call, int status, const char *type, json_t *more, const char *format, ...)
    BP_PRINTF(5, 6);

/* A body that goes on, as SSE or CSV. The call lives until call_end, which is to come from on_closed. NULL: a
 * HEAD was answered by its head, or nobody is there any more; the call and its arena are gone. */
HttpdStream *call_stream(Call *call, const HttpdStreamOptions *options);
/* A WebSocket, from inside the handler of an operation with OPERATION_SOCKET; else the same. */
HttpdStream *call_accept(Call *call, const HttpdStreamOptions *options);
void call_end(Call *call);

/* ---- questions to the database ---- */

typedef void (*CallRows)(Call *call, const PgRows *rows);

/* `next` is called with the rows, and only where all went well and the client is still there. */
void call_ask(Call *call, SqlQuery query, const PgValue *values, size_t count, CallRows next);
/* The steps in one transaction that is on record as the person's; `next` gets the rows of the last. Values
 * are copied; what they point to is to live as long as the call. */
void call_change(Call *call, const PgStep *steps, size_t count, CallRows next);
/* How long the next question may take, where 5 s are not enough: less than the 60 s that a client waits. */
void call_set_patience(Call *call, int64_t patience_us);
/* What a room knows better than the core: called instead of answering where the database refuses (status and
 * sentence as PgDone has them). For the next question alone. */
typedef void (*CallRefused)(Call *call, BpStatus status, const BpError *err);
void call_on_refused(Call *call, CallRefused refused);
/* The room's own memory of the call, from its arena. */
void call_set_context(Call *call, void *context);
void *call_context(const Call *call);

/* Work on another thread; the call waits for its end, and `done` is not called for one whose client has gone.
 * `job` lives in its arena. */
void call_work(Call *call, void (*work)(void *job), void (*done)(Call *call, void *job), void *job);

/* A room waits for something of its own: the call stays until call_waited, which is false where its client
 * has gone; then the call may be gone, too. */
void call_wait(Call *call);
bool call_waited(Call *call) BP_CHECKED;

/* ---- for main.c ---- */

void call_begin(void *web, HttpdRequest *request);         /* HttpdOptions.on_request */
void call_begin_upgrade(void *web, HttpdRequest *request); /* HttpdOptions.on_upgrade */
void call_client_gone(void *web, HttpdRequest *request);   /* HttpdOptions.on_gone */

/* Frees what is left, when nothing of the door and the pool can come any more. */
void call_free_all(Web *web);

#endif
