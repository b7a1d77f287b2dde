/* GET values, and Server-Sent Events for scripts (the WHATWG's HTML, 9.2). */
#include "apps/web/live/ask.h"
#include "apps/web/live/room.h"

#include <stdlib.h>

enum { EVENT_MAX = 32 * 1024 * 1024 };

/* The points that are asked for, in ascending order. False: it was answered. */
static bool read_points(Call *call, LiveSite **ret_site, int64_t **ret_ids, size_t *ret_count)
{
    const int64_t *numbers;
    if (!call_query_is_known(call, (const char *const[]){"points", NULL}) ||
        !call_query_numbers(call, "points", LIVE_POINTS_MAX, &numbers, ret_count))
        return false;
    if (*ret_count == 0) {
        call_problem(call, 400, "bad-request", "say which points: ?points=1,2");
        return false;
    }
    Live *live = call_web(call)->live;
    *ret_site = live ? live_site(live, bp_str(call_site(call))) : NULL;
    if (!*ret_site) {
        call_problem(call, 503, "database-away", "the points of site %s are not read yet: try again soon",
                     call_site(call));
        return false;
    }
    *ret_ids = bp_arena_take(call_arena(call), *ret_count * sizeof **ret_ids);
    memcpy(*ret_ids, numbers, *ret_count * sizeof **ret_ids);
    live_sort_points(*ret_ids, ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        if (!live_values_point((*ret_site)->values, (*ret_ids)[i])) {
            call_problem(call, 404, "not-found", "there is no point %lld at site %s",
                         (long long)(*ret_ids)[i], call_site(call));
            return false;
        }
    return true;
}

void web_get_values(Call *call)
{
    LiveSite *site;
    int64_t *ids;
    size_t count;
    if (!read_points(call, &site, &ids, &count))
        return;
    char cursor[LIVE_CURSOR_MAX];
    live_cursor_write(site->live->run, site->live->changes, cursor);
    BpBuf out = bp_buf_growing(EVENT_MAX);
    bp_buf_str(&out, bp_str("{\"items\":["));
    for (size_t i = 0; i < count; i++) {
        if (i)
            bp_buf_u8(&out, ',');
        LivePoint *point = live_values_point(site->values, ids[i]);
        bp_buf_str(&out, live_point_json(site->values, point, LIVE_ITEM));
    }
    bp_buf_printf(&out, "],\"cursor\":\"%s\"}", cursor);
    call_reply_text(call, 200, "application/json", bp_buf_text(&out));
    bp_buf_done(&out);
}

/* ---- events ---- */

typedef struct Events {
    LiveStream stream; /* first */
    LiveSite *site;
    LiveListener listener;
    bool is_behind; /* something could not be sent: when there is room, all is */
} Events;

static void let_go(Events *events)
{
    Call *call = events->stream.call;
    live_leave(&events->site->watches, &events->listener);
    live_stream_end(&events->stream);
    free(events);
    call_end(call);
}

static void send_text(Events *events, HttpdText *text)
{
    if (!events->is_behind && !httpd_stream_send_text(events->stream.stream, text))
        events->is_behind = true;
}

static void on_news(void *owner, LiveListener *listener, LiveNews *news)
{
    Events *events = owner;
    (void)listener;
    if (news->text) {
        send_text(events, news->text);
        return;
    }
    const BpStr items = live_news_json(news, LIVE_ITEM);
    BpBuf out = bp_buf_growing(EVENT_MAX);
    bp_buf_printf(&out, "id: %s\nevent: values\ndata: {\"items\":[", news->cursor);
    bp_buf_str(&out, items);
    bp_buf_printf(&out, "],\"cursor\":\"%s\"}\n\n", news->cursor);
    news->text = httpd_text_new(bp_buf_text(&out));
    bp_buf_done(&out);
    send_text(events, news->text);
}

static void tell_all(Events *events)
{
    HttpdText *resync = httpd_text_new(bp_str("event: resync\ndata: {}\n\n"));
    events->is_behind = false;
    send_text(events, resync);
    httpd_text_leave(resync);
    (void)live_tell_all(&events->site->watches, &events->listener, (BpStr){0});
}

static void on_drained(void *owner)
{
    Events *events = owner;
    if (events->is_behind)
        tell_all(events);
}

static void on_closed(void *owner)
{
    let_go(owner);
}

static void end(LiveStream *stream)
{
    httpd_stream_close(stream->stream, 0, (BpStr){0});
    let_go((Events *)stream);
}

static void on_quiet(LiveStream *stream)
{
    send_text((Events *)stream, stream->live->quiet_event);
}

void web_stream_values(Call *call)
{
    LiveSite *site;
    int64_t *ids;
    size_t count;
    if (!read_points(call, &site, &ids, &count))
        return;
    Events *events = calloc(1, sizeof *events);
    if (!events)
        abort();
    events->site = site;
    events->listener = (LiveListener){.owner = events, .on_news = on_news};
    events->stream.on_access_ended = end;
    events->stream.end = end;
    events->stream.on_quiet = on_quiet;
    if (!live_stream_begin(&events->stream, site->live, call)) {
        free(events);
        call_problem(call, 429, "too-many-requests", "a person has at most %d streams at once",
                     LIVE_STREAMS_PER_PERSON_MAX);
        return;
    }
    const BpStr since = call_header(call, HTTPD_LAST_EVENT_ID);
    const HttpdStreamOptions options = {.status = 200,
                                        .type = "text/event-stream",
                                        .owner = events,
                                        .on_drained = on_drained,
                                        .on_closed = on_closed};
    /* Nginx is not to gather what is to come at once. */
    call_set_field(call, "X-Accel-Buffering", bp_str("no"));
    events->stream.stream = call_stream(call, &options);
    if (!events->stream.stream) { /* HEAD, or nobody there any more: the call has ended */
        live_stream_end(&events->stream);
        free(events);
        return;
    }
    uint64_t number;
    live_listen(&site->watches, &events->listener, ids, count, NULL);
    if (since.size && !live_cursor_read(since, site->live->run, site->live->changes, &number))
        tell_all(events);
    else
        (void)live_tell_all(&site->watches, &events->listener, since);
}
