/* Work beside the loop: on threads of its own, and not on libuv's pool, whose threads are waited for when the
 * program ends. What a thread hangs in (a name server, a connection that nobody takes) is the world's matter,
 * and must hold up no end. */
#include "io/loop/handle.h"

#include <assert.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { THREADS_MAX = 8 }; /* what comes while so many are busy waits in its turn */

typedef struct Work {
    struct Work *next;
    Workshop *shop;
    void (*work)(void *job);
    void (*done)(void *job);
    void *job;
} Work;

typedef struct Works { /* the oldest first */
    Work *first, *last;
} Works;

struct Workshop {
    /* The loop's own. */
    Works waiting;
    size_t busy; /* threads whose work is not done */
    /* Of the loop and of the threads, under the lock. */
    pthread_mutex_t lock;
    Works finished;
    uv_async_t *bell; /* rung when something is finished; NULL: nobody listens any more */
    size_t users;     /* the loop and the threads: the last one frees it */
    Workshop *next;   /* of those that were left */
};

/* Left while threads were busy: with what their work may touch they stay until the program ends. */
static Workshop *left;

static void append(Works *works, Work *work)
{
    work->next = NULL;
    if (works->first)
        works->last->next = work;
    else
        works->first = work;
    works->last = work;
}

static Work *take_first(Works *works)
{
    Work *work = works->first;
    if (work)
        works->first = work->next;
    return work;
}

/* Unlocks it, and frees it where nobody is left. */
static void let_go_of(Workshop *shop)
{
    const bool is_last = --shop->users == 0;
    pthread_mutex_unlock(&shop->lock);
    if (!is_last)
        return;
    pthread_mutex_destroy(&shop->lock);
    free(shop);
}

static void *carry_out(void *owner)
{
    Work *work = owner;
    Workshop *shop = work->shop;
    work->work(work->job);
    pthread_mutex_lock(&shop->lock);
    append(&shop->finished, work);
    if (shop->bell)
        uv_async_send(shop->bell);
    let_go_of(shop);
    return NULL;
}

/* Signals are the loop's thread's. */
static void start_thread(Work *work)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    pthread_mutex_lock(&work->shop->lock);
    work->shop->users++;
    pthread_mutex_unlock(&work->shop->lock);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, &attributes, carry_out, work) != 0)
        abort(); /* as without memory */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* The loop runs on as long as something is waited for. */
static void start_threads(Workshop *shop)
{
    while (shop->waiting.first && shop->busy < THREADS_MAX) {
        shop->busy++;
        start_thread(take_first(&shop->waiting));
    }
    if (shop->busy)
        uv_ref((uv_handle_t *)shop->bell);
    else
        uv_unref((uv_handle_t *)shop->bell);
}

static void on_bell(uv_async_t *bell)
{
    Workshop *shop = loop_workshop(bell->loop->data);
    pthread_mutex_lock(&shop->lock);
    Works finished = shop->finished;
    shop->finished = (Works){0};
    pthread_mutex_unlock(&shop->lock);
    for (Work *work; (work = take_first(&finished));) {
        shop->busy--;
        work->done(work->job);
        free(work);
    }
    start_threads(shop);
}

Workshop *workshop_new(Loop *loop)
{
    Workshop *shop = loop_allocate(sizeof *shop);
    pthread_mutex_init(&shop->lock, NULL);
    shop->users = 1;
    shop->bell = loop_allocate(sizeof *shop->bell);
    shop->bell->data = shop->bell;
    if (uv_async_init(loop_uv(loop), shop->bell, on_bell) != 0)
        abort();
    uv_unref((uv_handle_t *)shop->bell);
    return shop;
}

bool workshop_is_busy(const Workshop *shop)
{
    return shop->busy > 0;
}

void workshop_leave(Workshop *shop)
{
    pthread_mutex_lock(&shop->lock);
    loop_close_and_free((uv_handle_t *)shop->bell);
    shop->bell = NULL;
    if (shop->busy) {
        shop->next = left;
        left = shop;
        pthread_mutex_unlock(&shop->lock);
    } else {
        let_go_of(shop);
    }
}

void loop_work(Loop *loop, void (*work)(void *job), void (*done)(void *job), void *job)
{
    Workshop *shop = loop_workshop(loop);
    Work *item = loop_allocate(sizeof *item);
    *item = (Work){.shop = shop, .work = work, .done = done, .job = job};
    append(&shop->waiting, item);
    start_threads(shop);
}

/* ---- names ---- */

struct LoopResolve {
    void (*on_resolved)(void *owner, const char *address, const BpError *err);
    void *owner;
    char host[256];
    char address[64];
    int result; /* of getaddrinfo or getnameinfo */
};

static void look_up(void *job)
{
    LoopResolve *resolve = job;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    resolve->result = getaddrinfo(resolve->host, NULL, &hints, &found);
    if (resolve->result != 0)
        return;
    resolve->result = getnameinfo(found->ai_addr, found->ai_addrlen, resolve->address,
                                  sizeof resolve->address, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
}

static void on_looked_up(void *job)
{
    LoopResolve *resolve = job;
    BpError err = {0};
    const bool is_found = resolve->result == 0;
    if (!is_found)
        bp_fail(&err, BP_UNAVAILABLE, "the name %s has no address now (%s)", resolve->host,
                gai_strerror(resolve->result));
    if (resolve->on_resolved)
        resolve->on_resolved(resolve->owner, is_found ? resolve->address : NULL, is_found ? NULL : &err);
    free(resolve);
}

LoopResolve *loop_resolve(Loop *loop, const char *host,
                          void (*on_resolved)(void *owner, const char *address, const BpError *err),
                          void *owner)
{
    LoopResolve *resolve = loop_allocate(sizeof *resolve);
    resolve->on_resolved = on_resolved;
    resolve->owner = owner;
    (void)bp_str_copy(bp_str(host), resolve->host, sizeof resolve->host);
    loop_work(loop, look_up, on_looked_up, resolve);
    return resolve;
}

void loop_resolve_forget(LoopResolve *resolve)
{
    if (resolve)
        resolve->on_resolved = NULL;
}
