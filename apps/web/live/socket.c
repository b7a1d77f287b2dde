/* The WebSocket of screens: watches by numbers of the client's own, and news of sites. */
#include "apps/web/live/ask.h"
#include "apps/web/live/room.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SOCKET_QUEUE_MAX = 512 * 1024,
    TEXT_MAX = 32 * 1024 * 1024,
    EARLY_MAX = 64 * 1024, /* octets that are said before it is known who says them */
    TRY_AGAIN = 1013,      /* codes of closing: of RFC 6455 and its registry, */
    SESSION_ENDED = 4401,  /* and ours, for the interface */
    TOO_MANY = 4429,
};

typedef struct Socket Socket;

typedef struct Watching {
    LiveListener listener; /* first; without a watch: the place is free */
    Socket *socket;
    LiveSite *site;
    int64_t number;
    bool is_behind; /* news of it could not be sent: when there is room, all of its values are */
} Watching;

struct Socket {
    LiveStream stream; /* first */
    bool is_begun;     /* it is known who it is */
    bool is_behind;    /* something else could not be sent: when there is room, all is told anew */
    size_t turn;       /* the watch that is looked at first when there is room: each has its turn */
    json_t *early;     /* texts that came before */
    size_t early_size;
    Watching watching[LIVE_WATCHES_MAX];
};

/* ---- its end ---- */

static void let_go(Socket *socket)
{
    Call *call = socket->stream.call;
    for (size_t i = 0; i < LIVE_WATCHES_MAX; i++)
        if (socket->watching[i].listener.watch)
            live_leave(&socket->watching[i].site->watches, &socket->watching[i].listener);
    if (socket->is_begun)
        live_stream_end(&socket->stream);
    json_decref(socket->early);
    free(socket);
    call_end(call);
}

static void close_with(Socket *socket, int code, const char *why)
{
    httpd_stream_close(socket->stream.stream, code, bp_str(why));
    let_go(socket);
}

static void on_closed(void *owner)
{
    let_go(owner);
}

static void end(LiveStream *stream)
{
    close_with((Socket *)stream, 1001, "the server stops");
}

/* ---- what is told ---- */

static void send_text(Socket *socket, HttpdText *text)
{
    if (!socket->is_behind && !httpd_stream_send_text(socket->stream.stream, text))
        socket->is_behind = true;
}

static void on_news(void *owner, LiveListener *listener, LiveNews *news)
{
    Watching *watching = owner;
    (void)listener;
    if (watching->is_behind)
        return; /* all of it comes, when there is room */
    if (!news->text || news->text_for != watching->number) {
        const BpStr rows = live_news_json(news, LIVE_ROW);
        BpBuf out = bp_buf_growing(TEXT_MAX);
        bp_buf_printf(&out, "{\"watch\":%lld,\"values\":[", (long long)watching->number);
        bp_buf_str(&out, rows);
        bp_buf_printf(&out, "],\"cursor\":\"%s\"}", news->cursor);
        httpd_text_leave(news->text);
        news->text = httpd_text_new(bp_buf_text(&out));
        news->text_for = watching->number;
        bp_buf_done(&out);
    }
    watching->is_behind = !httpd_stream_send_text(watching->socket->stream.stream, news->text);
}

/* Who watches nothing wants to know of all sites that they may see. */
static bool is_of_interest(const Socket *socket, const LiveSite *site)
{
    bool watches = false;
    for (size_t i = 0; i < LIVE_WATCHES_MAX; i++) {
        watches |= socket->watching[i].listener.watch != NULL;
        if (socket->watching[i].listener.watch && socket->watching[i].site == site)
            return true;
    }
    const Person *person = call_person(socket->stream.call);
    return !watches && person && person_may(person, site->id, RIGHT_VIEW);
}

static void on_site(LiveStream *stream, LiveSite *site, HttpdText *json)
{
    Socket *socket = (Socket *)stream;
    if (is_of_interest(socket, site))
        send_text(socket, json);
}

static void tell_roles(Socket *socket)
{
    for (LiveSite *site = socket->stream.live->sites; site; site = site->next)
        if (is_of_interest(socket, site)) {
            HttpdText *text = live_roles_text(site);
            send_text(socket, text);
            httpd_text_leave(text);
        }
}

static void on_quiet(LiveStream *stream)
{
    (void)httpd_stream_send(stream->stream, bp_str("{}")); /* refused: the line is anything but quiet */
}

/* All values of the watches that are behind: as many as there is room for, the rest when it has drained
 * again. All at once are more than fit into it. */
static void tell_behind(Socket *socket)
{
    for (size_t i = 0; i < LIVE_WATCHES_MAX; i++) {
        Watching *watching = &socket->watching[(socket->turn + i) % LIVE_WATCHES_MAX];
        if (!watching->listener.watch || !watching->is_behind)
            continue;
        watching->is_behind = false;
        (void)live_tell_all(&watching->site->watches, &watching->listener, (BpStr){0});
        if (!watching->is_behind)
            continue;
        socket->turn = (socket->turn + i) % LIVE_WATCHES_MAX;
        return;
    }
}

static void on_drained(void *owner)
{
    Socket *socket = owner;
    if (socket->is_behind) {
        socket->is_behind = !httpd_stream_send(socket->stream.stream, bp_str("{\"resync\":1}"));
        tell_roles(socket);
    }
    tell_behind(socket);
}

/* ---- what is asked ---- */

static void tell_problem(Socket *socket, const char *text)
{
    json_auto_t *problem = json_pack("{s:s}", "problem", text);
    char *json = json_dumps(problem, JSON_COMPACT);
    if (!json)
        return;
    if (!socket->is_behind && !httpd_stream_send(socket->stream.stream, bp_str(json)))
        socket->is_behind = true;
    free(json);
}

static Watching *find(Socket *socket, int64_t number)
{
    Watching *free_one = NULL;
    for (size_t i = 0; i < LIVE_WATCHES_MAX; i++) {
        Watching *watching = &socket->watching[i];
        if (!watching->listener.watch)
            free_one = free_one ? free_one : watching;
        else if (watching->number == number)
            return watching;
    }
    return free_one;
}

static void unwatch(Socket *socket, int64_t number)
{
    Watching *watching = find(socket, number);
    if (watching && watching->listener.watch)
        live_leave(&watching->site->watches, &watching->listener);
}

static void watch(Socket *socket, const LiveAsk *ask)
{
    Live *live = socket->stream.live;
    LiveSite *site = person_may(call_person(socket->stream.call), ask->site, RIGHT_VIEW)
                         ? live_site(live, bp_str(ask->site))
                         : NULL;
    Watching *watching = find(socket, ask->watch);
    char text[256];
    if (!site) {
        snprintf(text, sizeof text, "watch %lld: there is no site \"%s\", or none whose points are read",
                 (long long)ask->watch, ask->site);
        tell_problem(socket, text);
        return;
    }
    if (!watching) {
        snprintf(text, sizeof text, "watch %lld: there are %d already; {\"unwatch\": N} ends one",
                 (long long)ask->watch, LIVE_WATCHES_MAX);
        tell_problem(socket, text);
        return;
    }
    if (watching->listener.watch)
        live_leave(&watching->site->watches, &watching->listener);
    watching->listener = (LiveListener){.owner = watching, .on_news = on_news};
    watching->socket = socket;
    watching->site = site;
    watching->number = ask->watch;
    watching->is_behind = false;
    live_listen(&site->watches, &watching->listener, ask->points, ask->point_count, NULL);
    (void)live_tell_all(&site->watches, &watching->listener, bp_str(ask->since));
}

static void take_text(Socket *socket, BpStr text)
{
    LiveAsk ask;
    BpError err;
    if (live_ask_read(text, &ask, &err) != BP_OK)
        tell_problem(socket, err.text);
    else if (ask.unwatch)
        unwatch(socket, ask.unwatch);
    else
        watch(socket, &ask);
}

static void on_message(void *owner, BpStr text)
{
    Socket *socket = owner;
    if (socket->is_begun) {
        take_text(socket, text);
        return;
    }
    socket->early_size += text.size;
    if (socket->early_size > EARLY_MAX)
        return; /* it says too much before it is known who it is */
    json_array_append_new(socket->early, json_stringn(text.data, text.size));
}

/* ---- who it is ---- */

static void on_access_ended(LiveStream *stream)
{
    close_with((Socket *)stream, SESSION_ENDED, "the session has ended, or its rights are others");
}

/* Screens that somebody left open somewhere, or a program that forgets its own, go before those in use. */
static void make_room(Live *live, const Person *person)
{
    LiveStream *oldest = NULL;
    size_t count = 0;
    for (LiveStream *other = live->streams; other; other = other->next) /* the newest first */
        if (other->end == end && call_person(other->call) &&
            call_person(other->call)->user_id == person->user_id) {
            oldest = other;
            count++;
        }
    if (count >= LIVE_SOCKETS_PER_PERSON_MAX)
        close_with((Socket *)oldest, TOO_MANY, "this person has opened many since");
}

static void on_identified(Call *call)
{
    Socket *socket = call_context(call);
    const Person *person = call_person(call);
    if (!person && !pg_is_connected(socket->stream.live->pg)) {
        close_with(socket, TRY_AGAIN, "nobody can be asked who it is: the database is away");
        return;
    }
    if (!person || person->must) {
        close_with(socket, SESSION_ENDED, "log in first");
        return;
    }
    make_room(socket->stream.live, person);
    if (!live_stream_begin(&socket->stream, socket->stream.live, call)) {
        close_with(socket, TOO_MANY, "too many streams of this person");
        return;
    }
    socket->is_begun = true;
    tell_roles(socket);
    for (size_t i = 0; i < json_array_size(socket->early); i++) {
        const json_t *text = json_array_get(socket->early, i);
        take_text(socket, (BpStr){json_string_value(text), json_string_length(text)});
    }
    json_decref(socket->early);
    socket->early = NULL;
}

void web_live(Call *call)
{
    if (!call_web(call)->live) {
        call_problem(call, 503, "broker-away", "values are not live yet: try again soon");
        return;
    }
    Socket *socket = calloc(1, sizeof *socket);
    if (!socket)
        abort();
    socket->early = json_array();
    socket->stream = (LiveStream){.live = call_web(call)->live,
                                  .call = call,
                                  .on_access_ended = on_access_ended,
                                  .end = end,
                                  .on_quiet = on_quiet,
                                  .on_site = on_site};
    call_set_context(call, socket);
    const HttpdStreamOptions options = {.queue_max = SOCKET_QUEUE_MAX,
                                        .owner = socket,
                                        .on_drained = on_drained,
                                        .on_message = on_message,
                                        .on_closed = on_closed};
    socket->stream.stream = call_accept(call, &options);
    call_identify(call, on_identified);
}
