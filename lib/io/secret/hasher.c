#include "io/secret/hasher.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The least of OWASP's recommendations is 19 MiB and 2 rounds; ours is what a machine of a site does in less
 * than a tenth of a second. */
enum { ROUNDS = 2, MEMORY = 64 * 1024 * 1024 };
static_assert((size_t)SECRET_HASH_SIZE == crypto_pwhash_STRBYTES, "the size is libsodium's");

/* It may outlive its hasher: a thread may be at it. */
typedef struct Job {
    struct Job *next;
    SecretHasher *hasher; /* NULL: it has gone */
    char *password;
    size_t size;
    char hash[SECRET_HASH_SIZE]; /* to compare with; "": there is none. Made, where is_making */
    bool is_making, is_right;
    SecretHashed done; /* NULL: nobody wants to know any more */
    void *context;
} Job;

typedef struct Queue {
    Job *first, **end; /* the oldest first */
    size_t count;
} Queue;

struct SecretHasher {
    Loop *loop;
    Queue waiting[SECRET_WHO_COUNT]; /* the first that is not empty is served */
    Job *busy;
    size_t busy_count;
};

static void free_job(Job *job)
{
    sodium_memzero(job->password, job->size);
    free(job->password);
    sodium_memzero(job->hash, sizeof job->hash);
    free(job);
}

static void work(void *owner)
{
    Job *job = owner;
    char made[SECRET_HASH_SIZE] = "";
    if (!job->is_making && *job->hash) {
        job->is_right = crypto_pwhash_str_verify(job->hash, job->password, job->size) == 0;
        return;
    }
    if (crypto_pwhash_str_alg(made, job->password, job->size, ROUNDS, MEMORY, crypto_pwhash_ALG_ARGON2ID13) !=
        0)
        *made = '\0';
    if (job->is_making)
        memcpy(job->hash, made, sizeof made);
    sodium_memzero(made, sizeof made);
}

static void start(SecretHasher *hasher);

static void on_done(void *owner)
{
    Job *job = owner;
    SecretHasher *hasher = job->hasher;
    if (!hasher) {
        free_job(job);
        return;
    }
    Job **place = &hasher->busy;
    while (*place != job)
        place = &(*place)->next;
    *place = job->next;
    hasher->busy_count--;
    start(hasher);
    if (job->done)
        job->done(job->context, job->is_right,
                  job->is_making ? job->hash : NULL); /* the hasher may be gone */
    free_job(job);
}

/* NULL: nobody waits. */
static Job *take_next(SecretHasher *hasher)
{
    for (size_t who = 0; who < SECRET_WHO_COUNT; who++) {
        Queue *queue = &hasher->waiting[who];
        Job *job = queue->first;
        if (!job)
            continue;
        queue->first = job->next;
        if (!queue->first)
            queue->end = &queue->first;
        queue->count--;
        return job;
    }
    return NULL;
}

static void start(SecretHasher *hasher)
{
    for (Job *job; hasher->busy_count < SECRET_HASHING_MAX && (job = take_next(hasher));) {
        job->next = hasher->busy;
        hasher->busy = job;
        hasher->busy_count++;
        loop_work(hasher->loop, work, on_done, job);
    }
}

SecretHasher *secret_hasher_new(Loop *loop)
{
    SecretHasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher || sodium_init() < 0)
        abort();
    hasher->loop = loop;
    for (size_t who = 0; who < SECRET_WHO_COUNT; who++)
        hasher->waiting[who].end = &hasher->waiting[who].first;
    return hasher;
}

void secret_hasher_free(SecretHasher *hasher)
{
    if (!hasher)
        return;
    for (Job *job = hasher->busy; job; job = job->next)
        job->hasher = NULL;
    for (Job *job; (job = take_next(hasher));)
        free_job(job);
    free(hasher);
}

static bool add(SecretHasher *hasher, SecretWho who, BpStr password, const char *hash, bool is_making,
                SecretHashed done, void *context)
{
    Queue *queue = &hasher->waiting[who];
    if (queue->count >= SECRET_WAITING_MAX)
        return false;
    Job *job = calloc(1, sizeof *job);
    char *copy = malloc(password.size + 1);
    if (!job || !copy)
        abort();
    if (password.size)
        memcpy(copy, password.data, password.size);
    *job = (Job){.hasher = hasher,
                 .password = copy,
                 .size = password.size,
                 .is_making = is_making,
                 .done = done,
                 .context = context};
    if (hash && !bp_str_copy(bp_str(hash), job->hash, sizeof job->hash))
        *job->hash = '\0'; /* none of ours: as if there were none */
    *queue->end = job;
    queue->end = &job->next;
    queue->count++;
    start(hasher);
    return true;
}

bool secret_check(SecretHasher *hasher, SecretWho who, BpStr password, const char *hash, SecretHashed done,
                  void *context)
{
    return add(hasher, who, password, hash, false, done, context);
}

bool secret_hash(SecretHasher *hasher, BpStr password, SecretHashed done, void *context)
{
    return add(hasher, SECRET_KNOWN, password, NULL, true, done, context);
}

void secret_forget(SecretHasher *hasher, const void *context)
{
    for (Job *job = hasher->busy; job; job = job->next)
        if (job->context == context)
            job->done = NULL;
    for (size_t who = 0; who < SECRET_WHO_COUNT; who++)
        for (Job *job = hasher->waiting[who].first; job; job = job->next)
            if (job->context == context)
                job->done = NULL;
}

bool secret_hash_now(BpStr password, char ret_hash[SECRET_HASH_SIZE])
{
    if (sodium_init() < 0)
        abort();
    return crypto_pwhash_str_alg(ret_hash, password.data, password.size, ROUNDS, MEMORY,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}
