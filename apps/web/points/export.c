/* GET points.csv: all that is found, page after page as the client takes them; nothing waits in memory but
 * the place where the next begins. */
#include "apps/web/call/csv.h"
#include "apps/web/points/point_json.h"
#include "apps/web/points/points.h"

#include <math.h>

/* A page that is long ends there, so that it finds room in the queue whatever texts points have. */
enum { PAGE = 250, PAGE_OCTETS = 256 * 1024, PAGE_OCTETS_MAX = 4 * 1024 * 1024, QUEUE_OCTETS = 512 * 1024 };

typedef struct Export {
    Call *call;
    HttpdStream *stream;
    SearchQuery query; /* its texts are the call's */
    char after[SEARCH_CURSOR_MAX];
    bool has_begun;
} Export;

static void add_text(BpBuf *out, BpStr text)
{
    bp_buf_u8(out, ',');
    csv_text(out, text);
}

static void add_number(BpBuf *out, double number)
{
    bp_buf_u8(out, ',');
    if (isfinite(number))
        point_json_number(out, number);
}

static void add_point(BpBuf *out, const StorePoint *point)
{
    char memory[STORE_STATE_MAX], at[64];
    BpBuf time = bp_buf(at, sizeof at);
    bp_buf_printf(out, "%d", (int)point->id);
    add_text(out, point->path);
    add_text(out, point->name);
    add_text(out, point->device->name);
    add_text(out, point->description);
    add_text(out, bp_str(point->object_type));
    bp_buf_printf(out, ",%d", (int)point->object_instance);
    add_text(out, bp_str(point->units));
    add_number(out, point->now.has_value ? point->now.value : (double)NAN);
    add_text(out, store_state_text(point, &point->now, memory));
    add_text(out, bp_str(point_json_quality(&point->now)));
    add_text(out, bp_str(point->now.reason));
    point_json_time(&time, point->now.at_us);
    bp_buf_u8(out, ',');
    if (point->now.at_us)
        bp_buf_octets(out, at + 1, time.size - 2); /* without its quotes */
    bp_buf_printf(out, ",%s,", point->is_enabled ? "true" : "false");
    if (point->interval_ms)
        point_json_seconds(out, point->interval_ms);
    bp_buf_printf(out, ",%s", point->is_writable ? "true" : "false");
    add_number(out, point->write_min);
    add_number(out, point->write_max);
    add_text(out, bp_str(point->tags));
    bp_buf_str(out, bp_str("\r\n"));
}

/* Ends the body: NULL: that was all of it. The job is gone when this returns. */
static void finish(Export *job, const char *why_not)
{
    httpd_stream_close(job->stream, why_not ? 1011 : 0, bp_str(why_not ? why_not : ""));
    call_end(job->call);
}

/* The next page. False: it is not to go on, now or ever; the job may be gone then. */
static bool send_page(Export *job)
{
    static SearchPage page;
    BpError err;
    const StoreSite *site = store_site(call_web(job->call)->store, bp_str(call_site(job->call)));
    job->query.after = bp_str(job->after);
    if (!site || search_points(site, &job->query, &page, &err) != BP_OK) {
        finish(job, "the site is no more");
        return false;
    }
    BpBuf out = bp_buf_growing(PAGE_OCTETS_MAX);
    if (!job->has_begun)
        bp_buf_str(
            &out,
            bp_str("id,path,name,device,description,type,instance,units,value,text,quality,reason,at,enabled,"
                   "poll_interval_s,writable,write_min,write_max,tags\r\n"));
    for (size_t i = 0; i < page.count; i++) {
        add_point(&out, page.items[i]);
        if (i + 1 < page.count && out.size > PAGE_OCTETS) {
            page.count = i + 1;
            search_mark(&job->query, site, page.items[i], page.next);
        }
    }
    const bool is_failed = out.failed,
               is_taken = !is_failed && (!out.size || httpd_stream_send(job->stream, bp_buf_text(&out)));
    bp_buf_done(&out);
    if (is_failed) {
        finish(job, "a page is too large");
        return false;
    }
    if (!is_taken)
        return false; /* it is made anew when there is room */
    job->has_begun = true;
    (void)bp_str_copy(bp_str(page.next), job->after, sizeof job->after);
    if (!*page.next) {
        finish(job, NULL);
        return false;
    }
    return true;
}

static void on_drained(void *owner)
{
    while (send_page(owner)) {
    }
}

static void on_closed(void *owner)
{
    const Export *job = owner;
    call_end(job->call);
}

void web_export_points(Call *call)
{
    static const char *const more[] = {NULL};
    Export *job = bp_arena_take(call_arena(call), sizeof *job);
    BpError err;
    static SearchPage page;
    if (!points_read_query(call, more, &job->query))
        return;
    const StoreSite *site = points_site(call);
    if (!site)
        return;
    job->call = call;
    job->query.limit = 1;
    if (search_points(site, &job->query, &page, &err) != BP_OK) { /* what is wrong is said before it begins */
        call_problem(call, 400, "bad-request", "%s", err.text);
        return;
    }
    job->query.limit = PAGE;
    job->query.is_uncounted = true;
    call_set_field(call, "Content-Disposition", bp_str("attachment; filename=\"points.csv\""));
    HttpdStream *stream = call_stream(call, &(HttpdStreamOptions){.status = 200,
                                                                  .type = "text/csv; charset=utf-8",
                                                                  .queue_max = QUEUE_OCTETS,
                                                                  .owner = job,
                                                                  .on_drained = on_drained,
                                                                  .on_closed = on_closed});
    if (!stream)
        return; /* HEAD: the head was all, and the job is gone with its call */
    job->stream = stream;
    on_drained(job);
}
