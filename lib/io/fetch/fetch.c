/* libcurl's multi interface: it says which sockets to watch and when to call it again, and our loop does
 * both.
 *
 * libcurl calls on_socket and on_timeout from inside its functions, which must not be called from there; so
 * these two only set up the loop. What has ended is looked for afterwards, in finish(), where nothing of
 * libcurl's is on the stack and owners may do what they like. */
#include "io/fetch/fetch.h"

#include "base/buf.h"
#include "base/time.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>

enum { CONNECTIONS_KEPT = 8 };

/* A GET under way. */
typedef struct Get {
    Fetch *fetch;
    CURL *easy; /* NULL: the place is free */
    FetchOptions options;
    BpBuf body;
    char text[CURL_ERROR_SIZE];
} Get;

/* One of libcurl's sockets that we watch. */
typedef struct Socket {
    Fetch *fetch;
    LoopPoll *poll;
    curl_socket_t fd;
} Socket;

struct Fetch {
    Loop *loop;
    CURLM *multi;
    LoopTimer *timer;
    Get gets[FETCH_MAX];
    bool is_inside;  /* an owner's on_end */
    bool is_leaving; /* fetch_free was called from there */
};

/* ---- what libcurl has to say ---- */

static size_t on_body(char *octets, size_t one, size_t size, void *owner)
{
    Get *get = owner;
    (void)one;
    bp_buf_octets(&get->body, octets, size);
    return get->body.failed ? 0 : size; /* 0 breaks it off */
}

static void on_ready(void *owner, int events);

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *owner, void *known)
{
    Fetch *fetch = owner;
    Socket *watched = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            loop_poll_free(watched->poll);
            curl_multi_assign(fetch->multi, fd, NULL);
            free(watched);
        }
        return 0;
    }
    if (!watched) {
        watched = calloc(1, sizeof *watched);
        if (!watched)
            abort();
        *watched = (Socket){fetch, loop_poll_new(fetch->loop, fd, on_ready, watched), fd};
        curl_multi_assign(fetch->multi, fd, watched);
    }
    loop_poll_set(watched->poll,
                  (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0));
    return 0;
}

static int on_timeout(CURLM *multi, long wait_ms, void *owner)
{
    Fetch *fetch = owner;
    (void)multi;
    if (wait_ms < 0)
        loop_timer_clear(fetch->timer);
    else
        loop_timer_set(fetch->timer, loop_now_us(fetch->loop) + wait_ms * BP_MS);
    return 0;
}

/* ---- the end of a GET, and of all ---- */

static void let_go(Fetch *fetch, Get *get)
{
    curl_multi_remove_handle(fetch->multi, get->easy);
    curl_easy_cleanup(get->easy);
    bp_buf_done(&get->body);
    *get = (Get){0};
}

static void leave(Fetch *fetch)
{
    for (size_t i = 0; i < FETCH_MAX; i++)
        if (fetch->gets[i].easy)
            let_go(fetch, &fetch->gets[i]);
    curl_multi_cleanup(fetch->multi);
    loop_timer_free(fetch->timer);
    free(fetch);
    curl_global_cleanup();
}

static void tell(Get *get, CURLcode code)
{
    long status = 0;
    BpError err;
    curl_easy_getinfo(get->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) {
        get->options.on_end(get->options.owner, (int)status, bp_buf_text(&get->body), NULL);
        return;
    }
    const char *url = "";
    curl_easy_getinfo(get->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (get->body.failed || code == CURLE_FILESIZE_EXCEEDED)
        bp_fail(&err, BP_FULL, "%s: more than %zu octets", url, get->options.size_max);
    else
        bp_fail(&err, code == CURLE_OPERATION_TIMEDOUT ? BP_TIMEOUT : BP_UNAVAILABLE, "%s: %s", url,
                *get->text ? get->text : curl_easy_strerror(code));
    get->options.on_end(get->options.owner, 0, (BpStr){0}, &err);
}

/* After each call into libcurl: tells the owners of what has ended. `fetch` may be gone afterwards. */
static void finish(Fetch *fetch)
{
    const CURLMsg *message;
    int left;
    while (!fetch->is_leaving && (message = curl_multi_info_read(fetch->multi, &left))) {
        Get *get = NULL;
        const CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &get);
        fetch->is_inside = true;
        tell(get, code);
        fetch->is_inside = false;
        let_go(fetch, get);
    }
    if (fetch->is_leaving)
        leave(fetch);
}

/* ---- the loop's callbacks ---- */

static void on_ready(void *owner, int events)
{
    const Socket *watched = owner; /* may be gone after the call */
    Fetch *fetch = watched->fetch;
    int running;
    curl_multi_socket_action(fetch->multi, watched->fd,
                             (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) |
                                 (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0),
                             &running);
    finish(fetch);
}

static void on_timer(void *owner)
{
    Fetch *fetch = owner;
    int running;
    curl_multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish(fetch);
}

/* ---- for callers ---- */

Fetch *fetch_new(Loop *loop)
{
    Fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) /* counts its calls */
        abort();
    fetch->loop = loop;
    fetch->timer = loop_timer_new(loop, on_timer, fetch);
    fetch->multi = curl_multi_init();
    if (!fetch->multi)
        abort();
    curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
    curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
    curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return fetch;
}

static CURL *make(Get *get)
{
    const FetchOptions *options = &get->options;
    CURL *easy = curl_easy_init();
    if (!easy)
        abort();
    curl_easy_setopt(easy, CURLOPT_URL, options->url);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options->socket);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)((options->timeout_us + BP_MS - 1) / BP_MS));
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)options->size_max);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, get);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, get);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, get->text);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* waits for no thread that looks up a name */
    return easy;
}

static bool is_ours(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

BpStatus fetch_get(Fetch *fetch, const FetchOptions *options, BpError *err)
{
    assert(options->on_end && options->timeout_us > 0 && options->size_max > 0 && !fetch->is_leaving);
    if (!is_ours(options->url))
        return bp_fail(err, BP_INVALID, "%s begins neither with http:// nor with https://", options->url);
    size_t place = 0;
    while (place < FETCH_MAX && fetch->gets[place].easy)
        place++;
    if (place == FETCH_MAX)
        return bp_fail(err, BP_FULL, "%d are fetched already", FETCH_MAX);
    Get *get = &fetch->gets[place];
    *get = (Get){.fetch = fetch, .options = *options, .body = bp_buf_growing(options->size_max)};
    get->easy = make(get);
    get->options.url = get->options.socket = NULL;  /* libcurl has its own by now */
    curl_multi_add_handle(fetch->multi, get->easy); /* sets the timer */
    return BP_OK;
}

void fetch_free(Fetch *fetch)
{
    if (!fetch)
        return;
    fetch->is_leaving = true;
    if (!fetch->is_inside)
        leave(fetch);
}
