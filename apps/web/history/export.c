/* GET readings.csv: page after page of one point after the other, each asked for when the client has taken
 * the one before. So nothing is held that a client is slow to take: not the answer, nor a statement of the
 * database, which would keep days from being dropped. */
#include "apps/web/call/csv.h"
#include "apps/web/history/asked.h"
#include "apps/web/history/room.h"
#include "apps/web/points/store.h"

#include "base/time.h"
#include "io/httpd/httpd.h"

#include <stdlib.h>

enum {
    PAGE_ROWS = 2000,
    PAGE_OCTETS_MAX = 8 * 1024 * 1024, /* each with the longest of names */
    QUEUE_OCTETS = 512 * 1024,         /* that wait for the client before we do */
};
/* Readings are looked for in so much time at once: each day is another partition. */
static const int64_t WINDOW_MIN_US = 2 * BP_DAY, WINDOW_MAX_US = 64 * BP_DAY;

/* A page that is being sent outlives no call: its memory is freed when it is taken or the client has left. */
typedef struct Export {
    Call *call;
    struct Export *previous, *next; /* of those under way */
    HttpdStream *stream;
    Asked asked;
    size_t point;                      /* of asked.points */
    int64_t next_us, to_us, window_us; /* of the page that is asked for */
    int64_t page_end_us;
    BpStr name, device; /* of the point */
    BpBuf page;         /* what the stream did not take yet */
} Export;

static void ask_page(Export *job);

/* ---- to the client ---- */

static History *history_of(const Export *job)
{
    return call_web(job->call)->history;
}

/* The job is gone when this returns, since its call is. */
static void end(Export *job)
{
    History *history = history_of(job);
    if (job->previous)
        job->previous->next = job->next;
    else
        history->exports = job->next;
    if (job->next)
        job->next->previous = job->previous;
    history->export_count--;
    bp_buf_done(&job->page);
    call_end(job->call);
}

/* Where something failed the body breaks off, so that what is there is not taken for all of it. */
static void finish(Export *job, const char *why_not)
{
    httpd_stream_close(job->stream, why_not ? 1011 : 0, bp_str(why_not ? why_not : ""));
    end(job);
}

void exports_leave(History *history)
{
    while (history->exports)
        finish(history->exports, "the server stops");
}

/* What is to be sent goes, and the next page is asked for; or it waits for on_drained. */
static void send_on(Export *job)
{
    if (job->page.failed) {
        finish(job, "a page is too large");
        return;
    }
    if (job->page.size && !httpd_stream_send(job->stream, bp_buf_text(&job->page)))
        return;
    bp_buf_clear(&job->page);
    ask_page(job);
}

static void on_drained(void *owner)
{
    Export *job = owner;
    if (job->page.size)
        send_on(job);
}

static void on_closed(void *owner)
{
    end(owner);
}

/* ---- from the database ---- */

static void on_refused(Call *call, BpStatus status, const BpError *err)
{
    (void)status;
    (void)err; /* call.c has logged what is ours */
    finish(call_context(call), "the database is away or too busy");
}

static void begin_line(Export *job, int64_t at_us)
{
    char at[BP_TIME_TEXT_MAX];
    bp_buf_str(&job->page, bp_str(bp_time_format(at_us, at_us % BP_SECOND ? 3 : 0, at)));
    bp_buf_u8(&job->page, ',');
    csv_text(&job->page, job->name);
    bp_buf_u8(&job->page, ',');
    csv_text(&job->page, job->device);
}

static void add_columns(Export *job, const PgRows *rows, size_t row, int first, int last)
{
    for (int i = first; i <= last; i++) {
        bp_buf_u8(&job->page, ',');
        bp_buf_str(&job->page, pg_get_text(rows, row, i));
    }
}

static void add_text(Export *job, BpStr text)
{
    bp_buf_u8(&job->page, ',');
    csv_text(&job->page, text);
}

static void write_reading(Export *job, const PgRows *rows, size_t row)
{
    enum { VALUE = 2, QUALITY, REASON, TIME, QUALITY_NAME };
    const SeriesPoint *point = &job->asked.points[job->point];
    const StoreSite *site = store_site(call_web(job->call)->store, bp_str(call_site(job->call)));
    const StorePoint *stored = site ? store_point(site, point->id) : NULL;
    char state[STORE_STATE_MAX];
    const StoreValue value = {.value = pg_get_double(rows, row, VALUE),
                              .has_value = !pg_is_null(rows, row, VALUE)};
    begin_line(job, pg_get_time_us(rows, row, TIME));
    add_columns(job, rows, row, VALUE, VALUE);
    add_text(job, stored && point->is_steps ? store_state_text(stored, &value, state) : bp_str(""));
    add_text(job, bp_str(point->units));
    add_text(job, bp_str(mdl_quality_name((MdlQuality)pg_get_integer(rows, row, QUALITY))));
    add_text(job, pg_get_text(rows, row, REASON));
    bp_buf_u8(&job->page, '\n');
}

static void write_span(Export *job, const PgRows *rows, size_t row)
{
    enum { AT_MS = 1, MIN, MEAN, MAX, LAST, COUNT, BAD };
    begin_line(job, pg_get_integer(rows, row, AT_MS) * BP_MS);
    add_columns(job, rows, row, MIN, BAD);
    add_text(job, bp_str(job->asked.points[job->point].units));
    bp_buf_u8(&job->page, '\n');
}

static void on_page(Call *call, const PgRows *rows)
{
    enum { AT_MS = 1, TIME = 5 };
    Export *job = call_context(call);
    const size_t count = pg_row_count(rows);
    const bool is_raw = job->asked.kind == HISTORY_RAW;
    for (size_t i = 0; i < count; i++) {
        if (is_raw)
            write_reading(job, rows, i);
        else
            write_span(job, rows, i);
    }
    if (count < PAGE_ROWS)
        job->next_us = job->page_end_us;
    else if (is_raw)
        job->next_us = pg_get_time_us(rows, count - 1, TIME) + 1;
    else
        job->next_us = pg_get_integer(rows, count - 1, AT_MS) * BP_MS + history_source_us(job->asked.kind);
    const int64_t wider_us = job->window_us * 2 < WINDOW_MAX_US ? job->window_us * 2 : WINDOW_MAX_US;
    job->window_us = count ? WINDOW_MIN_US : wider_us;
    send_on(job);
}

static void begin_point(Export *job)
{
    const StoreSite *site = store_site(call_web(job->call)->store, bp_str(call_site(job->call)));
    const StorePoint *point = site ? store_point(site, job->asked.points[job->point].id) : NULL;
    BpArena *arena = call_arena(job->call);
    job->name = bp_str(point ? bp_arena_text(arena, point->path) : "");
    job->device = bp_str(point ? bp_arena_text(arena, point->device->name) : "");
    job->next_us = job->asked.from_us;
    job->window_us = WINDOW_MIN_US;
}

static void ask_page(Export *job)
{
    static const SqlQuery queries[HISTORY_SOURCES] = {SQL_SELECT_WEB_RAW, SQL_SELECT_WEB_SPANS_5MIN,
                                                      SQL_SELECT_WEB_SPANS_HOURLY};
    const Asked *asked = &job->asked;
    if (job->next_us >= asked->to_us) {
        if (++job->point == asked->count) {
            finish(job, NULL);
            return;
        }
        begin_point(job);
    }
    const bool is_raw = asked->kind == HISTORY_RAW;
    const bool is_last = !is_raw || job->next_us + job->window_us >= asked->to_us;
    job->page_end_us = is_last ? asked->to_us : job->next_us + job->window_us;
    const Asked one = {.points = &asked->points[job->point], .count = 1};
    const PgValue site = pg_text(bp_str(call_site(job->call))),
                  numbers = asked_numbers(job->call, &one, NULL);
    call_on_refused(job->call, on_refused);
    if (is_raw) {
        const PgValue values[] = {site, numbers, pg_time(job->next_us), pg_time(job->page_end_us),
                                  pg_integer(PAGE_ROWS)};
        call_ask(job->call, queries[asked->kind], values, sizeof values / sizeof *values, on_page);
        return;
    }
    const PgValue values[] = {site,
                              numbers,
                              pg_time(job->next_us),
                              pg_time(job->page_end_us),
                              pg_integer(history_source_us(asked->kind)),
                              pg_integer(PAGE_ROWS),
                              asked_steps(job->call, &one, NULL)};
    call_ask(job->call, queries[asked->kind], values, sizeof values / sizeof *values, on_page);
}

void web_export_readings(Call *call)
{
    static const char *const names[] = {"points", "from", "to", "kind", NULL};
    Export *job = bp_arena_take(call_arena(call), sizeof *job);
    job->call = call;
    call_set_context(call, job);
    if (!call_query_is_known(call, names) || !asked_read(call, false, &job->asked))
        return;
    History *history = call_web(call)->history;
    if (history->export_count >= HISTORY_EXPORTS_MAX) {
        call_set_field(call, "Retry-After", bp_str("10"));
        call_problem(call, 429, "too-many-requests",
                     "%d tables are being sent already: try again in some seconds", HISTORY_EXPORTS_MAX);
        return;
    }
    const HttpdStreamOptions options = {.status = 200,
                                        .type = "text/csv; charset=utf-8",
                                        .queue_max = QUEUE_OCTETS,
                                        .owner = job,
                                        .on_drained = on_drained,
                                        .on_closed = on_closed};
    call_set_field(call, "Content-Disposition", bp_str("attachment; filename=\"readings.csv\""));
    job->page = bp_buf_growing(PAGE_OCTETS_MAX);
    HttpdStream *stream = call_stream(call, &options);
    if (!stream)
        return; /* HEAD: the job is gone with its call */
    job->stream = stream;
    job->next = history->exports;
    if (job->next)
        job->next->previous = job;
    history->exports = job;
    history->export_count++;
    begin_point(job);
    bp_buf_str(&job->page, bp_str(job->asked.kind == HISTORY_RAW
                                      ? "time,point,device,value,text,units,quality,reason\n"
                                      : "time,point,device,min,mean,max,last,count,bad,units\n"));
    send_on(job);
}
