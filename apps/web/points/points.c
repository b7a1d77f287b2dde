#include "apps/web/points/points.h"

#include "apps/web/points/load.h"
#include "apps/web/points/point_json.h"

#include <inttypes.h>
#include <stdio.h>

enum { ANSWER_MAX = POINTS_PAGE_OCTETS + 8 * 1024 * 1024 }; /* with the longest of points */

static bool has_site(const Web *web, const char *site)
{
    return store_site(web->store, bp_str(site)) != NULL;
}

static void on_loaded(void *owner)
{
    Web *web = owner;
    web->has_site = has_site;
}

void points_begin(Web *web, const PgOptions *connection)
{
    web->store = store_new();
    web->load = load_new(&(LoadOptions){.loop = web->loop,
                                        .pool = web->pool,
                                        .connection = *connection,
                                        .store = web->store,
                                        .owner = web,
                                        .on_loaded = on_loaded});
}

void points_end(Web *web)
{
    load_free(web->load);
    web->load = NULL;
    web->has_site = NULL;
    store_free(web->store);
    web->store = NULL;
}

StoreSite *points_site(Call *call)
{
    const Web *web = call_web(call);
    const StoreSite *site = store_site(web->store, bp_str(call_site(call)));
    if (site)
        return (StoreSite *)(uintptr_t)site;
    if (web->has_site) {
        call_problem(call, 404, "not-found",
                     "there is no site \"%.63s\": GET /api/v1/sites has those there are", call_site(call));
        return NULL;
    }
    call_set_field(call, "Retry-After", bp_str("5"));
    call_problem(call, 503, "database-away",
                 "points have not been read from the database yet: try again in some seconds");
    return NULL;
}

const StorePoint *points_point(Call *call)
{
    int64_t id;
    const StoreSite *site = points_site(call);
    if (!site || !call_path_number(call, "point", &id))
        return NULL;
    const StorePoint *point = store_point(site, id);
    if (!point)
        call_problem(call, 404, "not-found", "there is no point %" PRId64 " at this site", id);
    return point;
}

BpBuf points_buf(void)
{
    return bp_buf_growing(ANSWER_MAX);
}

void points_reply(Call *call, BpBuf *body)
{
    if (body->failed)
        call_problem(call, 500, "failed", "the answer is too large: ask for less");
    else
        call_reply_text(call, 200, "application/json", bp_buf_text(body));
    bp_buf_done(body);
}

void points_reply_tagged(Call *call, BpBuf *body)
{
    char etag[20];
    uint64_t sum = 14695981039346656037u; /* FNV-1a: that it is another text is enough */
    for (size_t i = 0; i < body->size; i++)
        sum = (sum ^ body->data[i]) * 1099511628211u;
    snprintf(etag, sizeof etag, "%016" PRIx64, sum);
    call_set_etag(call, "%s", etag);
    if (body->failed || !call_etag_is(call, HTTPD_IF_NONE_MATCH, etag)) {
        points_reply(call, body);
        return;
    }
    call_reply_empty(call, 304);
    bp_buf_done(body);
}

static void reply_point(Call *call, const StorePoint *point)
{
    BpBuf body = points_buf();
    point_json_write(&body, point);
    call_set_etag(
        call, "%" PRId64,
        point->version); /* of what people edit: the value changes all the time, so nobody is told 304 */
    points_reply(call, &body);
}

void points_reply_point(Call *call, const PgRows *rows)
{
    StoreSite *site = points_site(call);
    if (!site)
        return;
    load_put_rows(site, rows);
    const StorePoint *point = points_point(call);
    if (point)
        reply_point(call, point);
}

void web_get_point(Call *call)
{
    static const char *const names[] = {NULL};
    if (!call_query_is_known(call, names))
        return;
    const StorePoint *point = points_point(call);
    if (point)
        reply_point(call, point);
}
