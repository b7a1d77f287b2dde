/* From a request to its handler, and its end. */
#include "apps/web/call/parts.h"
#include "base/str.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- its life ---- */

static Call *new_call(Web *web, HttpdRequest *request)
{
    Call *call = calloc(1, sizeof *call);
    if (!call)
        abort();
    call->web = web;
    call->request = request;
    call->next = web->calls;
    if (call->next)
        call->next->previous = call;
    web->calls = call;
    web->call_count++;
    web->counts.requests++;
    httpd_set_context(request, call);
    return call;
}

static void free_call(Call *call)
{
    if (call->next)
        call->next->previous = call->previous;
    *(call->previous ? &call->previous->next : &call->web->calls) = call->next;
    call->web->call_count--;
    json_decref(call->body);
    bp_arena_done(&call->arena);
    bp_arena_done(&call->person_arena);
    free(call);
}

void call_let_go(Call *call)
{
    if (!call->request && !call->ticket && !call->working && !call->is_identifying &&
        (!call->stream || call->has_ended))
        free_call(call);
}

void call_free_all(Web *web)
{
    for (Call *call = web->calls, *next; call; call = next) {
        next = call->next;
        free_call(call);
    }
}

void call_end(Call *call)
{
    call->has_ended = true;
    if (call->ticket)
        pg_pool_cancel(call->web->pool, call->ticket);
    call_let_go(call);
}

void call_client_gone(void *web, HttpdRequest *request)
{
    (void)web;
    Call *call = httpd_context(request);
    if (!call)
        return;
    call->request = NULL;
    call->web->counts.gone++;
    if (call->ticket)
        pg_pool_cancel(call->web->pool, call->ticket);
    call_let_go(call);
}

/* ---- what has come ---- */

static BpStr keep(Call *call, BpStr text)
{
    return text.data ? (BpStr){bp_arena_text(&call->arena, text), text.size} : text;
}

/* Who stands in front is on our socket, and nobody else is believed where a request is from. It is the last
 * of those that are named: the others are the client's own words. */
static void find_address(Call *call)
{
    const BpStr peer = httpd_peer(call->request);
    if (peer.size) {
        call->address = bp_arena_text(&call->arena, peer);
        return;
    }
    BpStr from = call->headers[HTTPD_FORWARDED_FOR];
    for (BpStr left = from; left.size;)
        from = bp_str_cut(left, ',', &left);
    from = bp_str_trim(from);
    call->address = from.size && from.size < 64 ? bp_arena_text(&call->arena, from) : "local";
    call->is_secure = bp_str_equal(call->headers[HTTPD_FORWARDED_PROTO], bp_str("https"));
}

static void take_in(Call *call)
{
    HttpdRequest *request = call->request;
    call->method = httpd_method(request);
    call->path = keep(call, httpd_path(request));
    call->query = keep(call, httpd_query(request));
    for (HttpdHeader header = 0; header < HTTPD_HEADERS; header++)
        call->headers[header] = keep(call, httpd_header(request, header));
    find_address(call);
}

static void refuse_method(Call *call)
{
    char allowed[64] = "";
    for (HttpdMethod method = HTTPD_GET; method <= HTTPD_DELETE; method++)
        if (call->match.methods & 1U << method) {
            char one[24];
            snprintf(one, sizeof one, "%s%s%s", *allowed ? ", " : "", httpd_method_name(method),
                     method == HTTPD_GET ? ", HEAD" : "");
            strncat(allowed, one, sizeof allowed - strlen(allowed) - 1);
        }
    call_set_field(call, "Allow", bp_str(allowed));
    call_problem(call, 405, "wrong-method", "%s is not what can be done here: %s is",
                 httpd_method_name(call->method), allowed);
}

/* An operation that takes no body is not given one: what it says would be lost. */
static bool read_body(Call *call)
{
    const BpStr text = httpd_body(call->request);
    const unsigned flags = call->match.operation->flags;
    if (!text.size && !(flags & OPERATION_BODY))
        return true;
    if (!(flags & (OPERATION_BODY | OPERATION_MAY_BODY))) {
        call_problem(call, 400, "bad-request", "%s takes no body: leave it out",
                     httpd_method_name(call->method));
        return false;
    }
    BpStr left, kind = bp_str_trim(bp_str_cut(call->headers[HTTPD_CONTENT_TYPE], ';', &left));
    if (!bp_str_equal(kind, bp_str("application/json"))) {
        call_problem(call, 415, "wrong-type", "the body is to be JSON, with Content-Type: application/json");
        return false;
    }
    json_error_t error;
    call->body = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(call->body))
        return true;
    if (call->body)
        call_problem(call, 400, "bad-request", "the body is to be a JSON object, as {\"name\": ...}");
    else
        call_problem(call, 400, "bad-request", "the body is no JSON: line %d, column %d: %s", error.line,
                     error.column, error.text);
    return false;
}

/* ---- who asks ---- */

static bool check_site(Call *call)
{
    const int place = operation_value(call->match.operation, "site");
    if (place < 0)
        return true;
    BpStr site;
    const bool is_text = call_decode(&call->arena, call->match.values[place], false, &site);
    /* Who may see nothing of a site is not told whether there is one. */
    if (is_text)
        call->site = bp_arena_text(&call->arena, site);
    if (!is_text || (call->person && person_role(call->person, call->site) == ROLE_NONE) ||
        (call->web->has_site && !call->web->has_site(call->web, call->site))) {
        call_problem(call, 404, "not-found",
                     "there is no site \"%.63s\": GET /api/v1/sites has those there are",
                     is_text ? call->site : "?");
        return false;
    }
    if (call->web->on_look)
        call->web->on_look(call->web, call->site);
    return true;
}

static bool check_right(Call *call)
{
    const Operation *operation = call->match.operation;
    const Person *person = call->person;
    if (operation->flags & OPERATION_OPEN)
        return true;
    assert(person); /* whom call_identified lets this far */
    if (person->must && !(operation->flags & OPERATION_EARLY)) {
        call_problem(call, 403, "must-first", "first: %s", person->must);
        return false;
    }
    if (operation->flags & OPERATION_ANY_ROLE)
        return true;
    const bool may = operation->flags & OPERATION_ANYWHERE ? person_may_somewhere(person, operation->right)
                                                           : person_may(person, call->site, operation->right);
    if (!may) {
        const RightRow *right = &right_rows[operation->right];
        call_problem_with(call, 403, "not-allowed",
                          json_pack("{s:s, s:s}", "right", right->name, "role", role_name(right->role)),
                          "%s is %s here, and this is for %s and above: %s", person->name,
                          role_name(person_role(person, call->site)), role_name(right->role), right->meaning);
    }
    return may;
}

/* What one person may have under way at once, streams apart: more than a screen asks for, and fewer than
 * would keep others waiting. */
enum { CALLS_OF_PERSON_MAX = 32 };

static bool check_share(Call *call)
{
    size_t count = 0;
    for (const Call *other = call->web->calls; call->person && other; other = other->next)
        count += other->request && other->person && other->person->user_id == call->person->user_id;
    if (count <= CALLS_OF_PERSON_MAX)
        return true;
    call_set_field(call, "Retry-After", bp_str("1"));
    call_problem(call, 429, "too-many-requests",
                 "%d requests of %s are under way: ask again when some are answered", CALLS_OF_PERSON_MAX,
                 call->person->name);
    return false;
}

static void go_on(Call *call)
{
    if (call->person && !call_brings_token(call))
        return;
    if (!check_share(call))
        return;
    if (check_site(call) && check_right(call))
        call->match.operation->handler(call);
}

void call_refuse_stranger(Call *call)
{
    call_set_field(call, "WWW-Authenticate", bp_str("Bearer realm=\"BacPipes\""));
    call_problem(call, 401, "not-logged-in",
                 "log in by POST /api/v1/session, or bring an API token: Authorization: Bearer bp_...");
}

void call_identified(Call *call, const Person *person)
{
    bp_arena_reset(&call->person_arena);
    call->person = person ? person_copy(person, &call->person_arena) : NULL;
    if (call->on_identified && !call->has_ended)
        call->on_identified(call); /* which may end it */
    call->is_identifying = false;
    if (call->request) {
        if (person || call->match.operation->flags & OPERATION_OPEN)
            go_on(call);
        else
            call_refuse_stranger(call);
        return; /* it may be gone */
    }
    call_let_go(call);
}

static void identify(Call *call)
{
    call->is_identifying = true;
    call->web->identify(call);
}

void call_not_identified(Call *call, BpStatus status, const BpError *err)
{
    if (call->on_identified && !call->has_ended)
        call->on_identified(call);
    call->is_identifying = false;
    if (call->request) {
        call_tell(call, status, err);
        return; /* it may be gone */
    }
    call_let_go(call);
}

void call_identify(Call *call, void (*next)(Call *call))
{
    call->on_identified = next;
    identify(call);
}

/* ---- its beginning ---- */

static bool is_of_api(BpStr path)
{
    static const char api[] = "/api";
    return path.size >= sizeof api - 1 && memcmp(path.data, api, sizeof api - 1) == 0 &&
           (path.size == sizeof api - 1 || path.data[sizeof api - 1] == '/');
}

static void begin(Call *call)
{
    Web *web = call->web;
    take_in(call);
    if (!call_is_admitted(call))
        return;
    call->match = operation_match(web->operations, web->operation_count, call->method, call->path);
    if (!call->match.operation) {
        if (call->match.methods)
            refuse_method(call);
        else if (web->serve_file && (!is_of_api(call->path) || bp_str_equal(call->path, bp_str("/api/docs"))))
            web->serve_file(call);
        else
            call_problem(call, 404, "not-found",
                         "there is nothing at this address: /api/docs has what there is");
        return;
    }
    if (call->match.operation->flags & OPERATION_SOCKET) {
        call_problem(call, 400, "bad-request", "this is a WebSocket: ask with Upgrade: websocket");
        return;
    }
    if (!read_body(call))
        return;
    identify(call);
}

void call_begin(void *web, HttpdRequest *request)
{
    begin(new_call(web, request));
}

void call_begin_upgrade(void *web, HttpdRequest *request)
{
    Call *call = new_call(web, request);
    take_in(call);
    if (!call_is_admitted(call))
        return;
    call->match = operation_match(call->web->operations, call->web->operation_count, HTTPD_GET, call->path);
    if (call->match.operation && call->match.operation->flags & OPERATION_SOCKET)
        call->match.operation->handler(call);
    else
        call_problem(call, 404, "not-found", "there is no WebSocket at this address: /api/v1/live is one");
}

/* ---- what it is ---- */

Web *call_web(const Call *call)
{
    return call->web;
}

BpArena *call_arena(Call *call)
{
    return &call->arena;
}

const Operation *call_operation(const Call *call)
{
    return call->match.operation;
}

const Person *call_person(const Call *call)
{
    return call->person;
}

BpStr call_path(const Call *call)
{
    return call->path;
}

BpStr call_header(const Call *call, HttpdHeader header)
{
    return call->headers[header];
}

const char *call_address(const Call *call)
{
    return call->address;
}

bool call_is_reading(const Call *call)
{
    return call->method == HTTPD_GET || call->method == HTTPD_HEAD;
}

bool call_is_secure(const Call *call)
{
    return call->is_secure;
}

const char *call_site(const Call *call)
{
    return call->site;
}

json_t *call_body(const Call *call)
{
    return call->body;
}

void call_set_context(Call *call, void *context)
{
    call->context = context;
}

void *call_context(const Call *call)
{
    return call->context;
}
