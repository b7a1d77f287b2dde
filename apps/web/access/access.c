#include "apps/web/access/parts.h"

#include "apps/web/access/identity.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"
#include "io/pg/listener.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, KNOWN_MAX = 4096 };
static const int64_t FRESH_US = 30 * BP_SECOND; /* so long nobody asks again */
static const int64_t WITHOUT_DATABASE_US = 5 * BP_MINUTE;
static const int64_t PATIENCE_US = 5 * BP_SECOND;
static const int64_t LOOK_EVERY_US = 30 * BP_SECOND; /* at sessions with streams: they may be over by age */

/* A session or token that the database has told. */
typedef struct Known {
    struct Known *next; /* in its bucket */
    BpArena arena;
    char digest[SECRET_DIGEST_SIZE];
    Person *person;
    int64_t asked_at_us; /* INT64_MIN / 2: it does not count any more */
    bool is_asked;       /* for its streams */
    struct AccessWatch *watches;
} Known;

struct AccessWatch {
    AccessWatch *next, *previous;
    Known *known;
    void (*on_end)(void *owner);
    void *owner;
};

/* A question on its way to the database. */
typedef struct Ask {
    struct Ask *next, *previous;
    Access *access; /* NULL: it has gone */
    Call *call;     /* NULL: for streams */
    int64_t asked_at_us;
    bool is_outdated; /* something has changed since: what the database says may be of before */
    char digest[SECRET_DIGEST_SIZE];
    BpArena arena;
    const char *csrf;
} Ask;

struct Access {
    Web *web;
    SecretHasher *hasher;
    PgListener *listener;
    bool is_listening;
    LoopTimer *look_timer;
    Known *buckets[BUCKETS];
    size_t known_count;
    Ask *asks;
};

/* ---- what is remembered ---- */

static Known **bucket_of(Access *access, const char *digest)
{
    const char digits[] = {digest[0], digest[1], digest[2], digest[3], '\0'};
    return &access->buckets[strtoul(digits, NULL, 16) % BUCKETS];
}

static Known *find(Access *access, const char *digest)
{
    Known *known = *bucket_of(access, digest);
    while (known && strcmp(known->digest, digest) != 0)
        known = known->next;
    return known;
}

static void free_known(Known *known)
{
    bp_arena_done(&known->arena);
    free(known);
}

static void forget(Access *access, Known *known)
{
    assert(!known->watches);
    Known **place = bucket_of(access, known->digest);
    while (*place != known)
        place = &(*place)->next;
    *place = known->next;
    access->known_count--;
    free_known(known);
}

/* Whoever asks again is told again by the database. */
static void make_room(Access *access)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (Known *known = access->buckets[i], *next; known; known = next) {
            next = known->next;
            if (!known->watches)
                forget(access, known);
        }
}

static Known *remember(Access *access, const char *digest)
{
    Known *known = find(access, digest);
    if (known)
        return known;
    if (access->known_count >= KNOWN_MAX)
        make_room(access);
    known = calloc(1, sizeof *known);
    if (!known)
        abort();
    (void)bp_str_copy(bp_str(digest), known->digest, sizeof known->digest);
    known->asked_at_us = INT64_MIN / 2;
    Known **bucket = bucket_of(access, digest);
    known->next = *bucket;
    *bucket = known;
    access->known_count++;
    return known;
}

static bool has_same_roles(const Person *one, const Person *other)
{
    bool is_same = one->everywhere == other->everywhere && one->grant_count == other->grant_count;
    for (size_t i = 0; is_same && i < one->grant_count; i++)
        is_same = one->grants[i].role == other->grants[i].role &&
                  strcmp(one->grants[i].site, other->grants[i].site) == 0;
    return is_same;
}

/* Its streams end; each may do what it likes, but begin another. */
static void end_watches(Known *known)
{
    for (AccessWatch *watch; (watch = known->watches);) {
        known->watches = watch->next;
        if (watch->next)
            watch->next->previous = NULL;
        watch->on_end(watch->owner);
        free(watch);
    }
}

/* ---- asking the database ---- */

static void ask(Access *access, const char *digest, const char *csrf, Call *call);
static void look_at(Access *access, Known *known);

static void drop_ask(Ask *one)
{
    if (one->access) {
        if (one->next)
            one->next->previous = one->previous;
        *(one->previous ? &one->previous->next : &one->access->asks) = one->next;
    }
    bp_arena_done(&one->arena);
    free(one);
}

/* What the database says, in place of what was remembered. NULL: nobody. */
static const Person *learn(Access *access, const Ask *one, const PgRows *rows)
{
    BpArena arena = {0};
    Person *person = NULL;
    if (pg_row_count(rows) && !pg_is_null(rows, 0, 0))
        person = identity_read(pg_get_text(rows, 0, 0), one->digest, one->csrf,
                               access->web->cfg->web_second_factor, &arena);
    Known *known = person ? remember(access, one->digest) : find(access, one->digest);
    if (!known)
        return NULL;
    known->is_asked = known->is_asked && one->call;
    const bool is_other = !person || (known->person && !has_same_roles(known->person, person));
    if (is_other)
        end_watches(known);
    if (!person) {
        forget(access, known);
        return NULL;
    }
    bp_arena_done(&known->arena);
    known->arena = arena;
    known->person = person;
    known->asked_at_us = one->is_outdated ? INT64_MIN / 2 : one->asked_at_us;
    if (one->is_outdated)
        look_at(access, known);
    return person;
}

static void on_identity(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Ask *one = context;
    Access *access = one->access;
    Call *call = one->call;
    if (!access) { /* all is ending, the call, too */
        drop_ask(one);
        return;
    }
    Known *known = find(access, one->digest);
    if (status == BP_OK) {
        const Person *person = learn(access, one, rows);
        if (call)
            call_identified(call, person);
    } else {
        const bool is_good = known && known->person &&
                             known->asked_at_us > loop_now_us(access->web->loop) - WITHOUT_DATABASE_US;
        if (known)
            known->is_asked = known->is_asked && call;
        if (call && is_good)
            call_identified(call, known->person);
        else if (call)
            call_not_identified(call, status, err);
    }
    drop_ask(one);
}

static void ask(Access *access, const char *digest, const char *csrf, Call *call)
{
    Ask *one = calloc(1, sizeof *one);
    if (!one)
        abort();
    one->access = access;
    one->call = call;
    one->asked_at_us = loop_now_us(access->web->loop);
    one->csrf = csrf ? bp_arena_text(&one->arena, bp_str(csrf)) : NULL;
    (void)bp_str_copy(bp_str(digest), one->digest, sizeof one->digest);
    one->next = access->asks;
    if (one->next)
        one->next->previous = one;
    access->asks = one;
    const PgValue values[] = {pg_text(bp_str(one->digest)), pg_bool(call != NULL)};
    const PgTicket ticket = pg_pool_request(access->web->pool, SQL_WEB_IDENTIFY, values, 2, on_identity, one);
    pg_pool_set_deadline(access->web->pool, ticket, loop_now_us(access->web->loop) + PATIENCE_US);
}

void access_identify(Call *call)
{
    Access *access = call_web(call)->access;
    const Credential credential = credential_of(call);
    if (!credential.secret.data) {
        call_identified(call, NULL);
        return;
    }
    const int64_t now_us = loop_now_us(access->web->loop);
    const Known *known = find(access, credential.digest);
    const int64_t age_us = known && known->person ? now_us - known->asked_at_us : INT64_MAX;
    if (age_us < FRESH_US || (!access->is_listening && age_us < WITHOUT_DATABASE_US))
        call_identified(call, known->person);
    else
        ask(access, credential.digest,
            credential.is_token ? NULL : identity_csrf(credential.secret, call_arena(call)), call);
}

/* ---- what has changed ---- */

static void look_at(Access *access, Known *known)
{
    if (known->is_asked || !known->watches)
        return;
    known->is_asked = true;
    ask(access, known->digest, known->person ? known->person->csrf : NULL, NULL);
}

/* Of one user, or 0: of all. Whose the questions are that are under way is not known yet. */
static void distrust(Access *access, int64_t user_id)
{
    for (Ask *one = access->asks; one; one = one->next)
        one->is_outdated = true;
    for (size_t i = 0; i < BUCKETS; i++)
        for (Known *known = access->buckets[i]; known; known = known->next)
            if (known->person && (!user_id || known->person->user_id == user_id)) {
                known->asked_at_us = INT64_MIN / 2;
                look_at(access, known);
            }
}

void access_forget(Call *call, int64_t user_id)
{
    distrust(call_web(call)->access, user_id);
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    int64_t user_id = 0;
    (void)channel;
    if (bp_parse_i64(bp_str(payload), 1, INT32_MAX, &user_id, NULL) == BP_OK) /* anybody can send any */
        distrust(owner, user_id);
}

static void on_listening(void *owner)
{
    Access *access = owner;
    access->is_listening = true;
    distrust(access, 0);
}

static void on_lost(void *owner, const BpError *why)
{
    Access *access = owner;
    (void)why;
    access->is_listening = false;
}

static void on_look(void *owner)
{
    Access *access = owner;
    for (size_t i = 0; i < BUCKETS; i++)
        for (Known *known = access->buckets[i]; known; known = known->next)
            look_at(access, known);
    loop_timer_set(access->look_timer, loop_now_us(access->web->loop) + LOOK_EVERY_US);
}

/* ---- streams ---- */

AccessWatch *access_watch(Access *access, const Person *person, void (*on_end)(void *owner), void *owner)
{
    AccessWatch *watch = calloc(1, sizeof *watch);
    if (!watch)
        abort();
    Known *known = remember(access, person->credential);
    if (!known->person)
        known->person = person_copy(person, &known->arena);
    *watch = (AccessWatch){.next = known->watches, .known = known, .on_end = on_end, .owner = owner};
    if (watch->next)
        watch->next->previous = watch;
    known->watches = watch;
    if (known->asked_at_us == INT64_MIN / 2) /* something has changed since it was known */
        look_at(access, known);
    return watch;
}

void access_unwatch(AccessWatch *watch)
{
    if (!watch)
        return;
    if (watch->next)
        watch->next->previous = watch->previous;
    *(watch->previous ? &watch->previous->next : &watch->known->watches) = watch->next;
    free(watch);
}

/* ---- its life ---- */

Access *access_new(Web *web, const PgOptions *connection)
{
    static const char *const channels[] = {"bacpipes_access"};
    Access *access = calloc(1, sizeof *access);
    if (!access)
        abort();
    access->web = web;
    access->hasher = secret_hasher_new(web->loop);
    access->listener = pg_listener_new(web->loop, &(PgListenerOptions){.connection = *connection,
                                                                       .channels = channels,
                                                                       .channel_count = 1,
                                                                       .owner = access,
                                                                       .on_notice = on_notice,
                                                                       .on_listening = on_listening,
                                                                       .on_lost = on_lost});
    access->look_timer = loop_timer_new(web->loop, on_look, access);
    loop_timer_set(access->look_timer, loop_now_us(web->loop) + LOOK_EVERY_US);
    return access;
}

void access_free(Access *access)
{
    if (!access)
        return;
    for (Ask *one = access->asks; one; one = one->next)
        one->access = NULL;
    for (size_t i = 0; i < BUCKETS; i++)
        for (Known *known = access->buckets[i], *next; known; known = next) {
            next = known->next;
            for (AccessWatch *watch = known->watches, *behind; watch; watch = behind) {
                behind = watch->next;
                free(watch);
            }
            free_known(known);
        }
    loop_timer_free(access->look_timer);
    pg_listener_free(access->listener);
    secret_hasher_free(access->hasher);
    free(access);
}

SecretHasher *access_hasher(const Call *call)
{
    return call_web(call)->access->hasher;
}
