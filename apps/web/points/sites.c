/* Sites and devices: GET /sites, /sites/{site}, /sites/{site}/devices, /devices/{device}. */
#include "apps/web/points/points.h"

#include "apps/web/points/point_json.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const no_names[] = {NULL};

typedef struct Roles {
    BpBuf *out;
    bool is_first;
} Roles;

static void add_role(void *context, const char *role, const char *state)
{
    Roles *roles = context;
    bp_buf_printf(roles->out, "%s", roles->is_first ? "" : ",");
    roles->is_first = false;
    point_json_text(roles->out, bp_str(role));
    bp_buf_u8(roles->out, ':');
    point_json_text(roles->out, bp_str(state));
}

/* `link`: how a site elsewhere is, as JSON; size 0: it is here, or nobody can tell. */
static void add_site(BpBuf *out, const StoreSite *site, BpStr link)
{
    PointCounts points = {0};
    size_t online = 0, offline = 0;
    for (size_t i = 0; i < site->point_count; i++)
        point_counts_add(&points, store_point_at(site, i));
    for (size_t i = 0; i < site->device_count; i++) {
        const StoreDevice *device = store_device_at(site, i);
        online += bp_str_equal(device->state, bp_str("online"));
        offline += bp_str_equal(device->state, bp_str("offline"));
    }
    bp_buf_printf(out, "{\"id\":\"%s\",\"name\":", site->id); /* a-z 0-9 _ - */
    point_json_text(out, bp_str(site->name));
    bp_buf_str(out, bp_str(",\"timezone\":"));
    point_json_text(out, bp_str(site->zone));
    bp_buf_printf(out,
                  ",\"is_simulated\":%s,\"is_remote\":%s,\"mode\":", site->is_simulated ? "true" : "false",
                  site->is_remote ? "true" : "false");
    point_json_text(out, bp_str(site->mode));
    bp_buf_printf(out, ",\"devices\":{\"total\":%zu,\"online\":%zu,\"offline\":%zu},\"points\":",
                  site->device_count, online, offline);
    point_json_counts(out, &points);
    bp_buf_str(out, bp_str(",\"roles\":{"));
    store_roles(site, add_role, &(Roles){out, true});
    bp_buf_str(out, bp_str("},\"link\":"));
    bp_buf_str(out, link.size ? link : bp_str("null"));
    bp_buf_u8(out, '}');
}

static bool is_shown(const Call *call, const StoreSite *site)
{
    return person_may(call_person(call), site->id, RIGHT_VIEW);
}

static void add_item(BpBuf *body, const StoreSite *site, BpStr link)
{
    if (body->data[body->size - 1] != '[')
        bp_buf_u8(body, ',');
    add_site(body, site, link);
}

/* Those elsewhere as the database has them, the worst first, and those that it says nothing of. */
static void reply_sites(Call *call, const PgRows *rows)
{
    enum { ID, LINK };
    const Store *store = call_web(call)->store;
    const size_t count = rows ? pg_row_count(rows) : 0;
    json_auto_t *told = json_object();
    BpBuf body = points_buf();
    bp_buf_str(&body, bp_str("{\"items\":["));
    for (size_t row = 0; row < count; row++) {
        const StoreSite *site = store_site(store, pg_get_text(rows, row, ID));
        if (!site || !is_shown(call, site))
            continue;
        add_item(&body, site, pg_get_text(rows, row, LINK));
        json_object_set_new(told, site->id, json_true());
    }
    for (size_t i = 0; i < store_site_count(store); i++) {
        const StoreSite *site = store_site_at(store, i);
        if (is_shown(call, site) && !json_object_get(told, site->id))
            add_item(&body, site, (BpStr){0});
    }
    bp_buf_printf(&body, "],\"is_central\":%s}", store_is_central(store) ? "true" : "false");
    points_reply(call, &body);
}

static void on_no_links(Call *call, BpStatus status, const BpError *err)
{
    (void)status;
    (void)err; /* all else is known */
    reply_sites(call, NULL);
}

void web_list_sites(Call *call)
{
    const PgValue all = pg_null();
    if (!call_query_is_known(call, no_names))
        return;
    if (!store_is_central(call_web(call)->store)) {
        reply_sites(call, NULL);
        return;
    }
    call_on_refused(call, on_no_links);
    call_ask(call, SQL_SELECT_WEB_LINKS, &all, 1, reply_sites);
}

static void reply_site(Call *call, const PgRows *rows)
{
    const StoreSite *site = points_site(call);
    if (!site)
        return;
    BpBuf body = points_buf();
    add_site(&body, site, rows && pg_row_count(rows) ? pg_get_text(rows, 0, 1) : (BpStr){0});
    points_reply(call, &body);
}

static void on_no_link(Call *call, BpStatus status, const BpError *err)
{
    (void)status;
    (void)err;
    reply_site(call, NULL);
}

void web_get_site(Call *call)
{
    if (!call_query_is_known(call, no_names))
        return;
    const StoreSite *site = points_site(call);
    if (site && site->is_remote) {
        const PgValue id = pg_text(bp_str(site->id));
        call_on_refused(call, on_no_link);
        call_ask(call, SQL_SELECT_WEB_LINKS, &id, 1, reply_site);
    } else if (site) {
        reply_site(call, NULL);
    }
}

/* The points of each device, by its place in the order of names. */
static PointCounts *count_points(const StoreSite *site, Call *call)
{
    PointCounts *counts = bp_arena_take(call_arena(call), (site->device_count + 1) * sizeof *counts);
    for (size_t i = 0; i < site->point_count; i++) {
        const StorePoint *point = store_point_at(site, i);
        point_counts_add(&counts[store_device_place(site, point->device)], point);
    }
    return counts;
}

void web_list_devices(Call *call)
{
    if (!call_query_is_known(call, no_names))
        return;
    const StoreSite *site = points_site(call);
    if (!site)
        return;
    const PointCounts *counts = count_points(site, call);
    BpBuf body = points_buf();
    bp_buf_str(&body, bp_str("{\"items\":["));
    for (size_t i = 0; i < site->device_count; i++) {
        bp_buf_str(&body, bp_str(i ? "," : ""));
        point_json_device(&body, store_device_at(site, i), &counts[i]);
    }
    bp_buf_str(&body, bp_str("]}"));
    points_reply_tagged(call, &body);
}

void web_get_device(Call *call)
{
    int64_t id;
    if (!call_query_is_known(call, no_names))
        return;
    const StoreSite *site = points_site(call);
    if (!site || !call_path_number(call, "device", &id))
        return;
    const StoreDevice *device = store_device(site, id);
    if (!device) {
        call_problem(call, 404, "not-found", "there is no device %" PRId64 " at this site", id);
        return;
    }
    BpBuf body = points_buf();
    point_json_device(&body, device, &count_points(site, call)[store_device_place(site, device)]);
    points_reply(call, &body);
}
