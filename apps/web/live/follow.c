/* At central: what points of sites elsewhere are, from table current_value, which `bacpipes central` keeps.
 * Its notice names the sites whose values have changed. Those that somebody looks at are read at once, and
 * now and then without a notice; the others at their leisure, so that lists and counts are never much older
 * than that. One is read at a time. */
#include "apps/web/live/room.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

static const int64_t SOON_US = 200 * BP_MS, /* a site that is looked at, */
    UNNAMED_US = 5 * BP_SECOND,             /* and without a notice */
    LEISURE_US = 30 * BP_SECOND,            /* one that nobody looks at */
    LOOKED_US = BP_MINUTE,                  /* who asked for something of it looks for so long */
    PATIENCE_US = 10 * BP_SECOND, IDLE_US = BP_SECOND;

struct LiveFollower {
    Live *live;
    LoopTimer *timer;
    LiveSite *reading; /* the site that is read; NULL: none, or it is gone */
    bool is_reading;
    int64_t began_us, next_us; /* a third of the time at most goes into reading */
    BpLogKind failed;
};

static int64_t now_of(const LiveFollower *follower)
{
    return loop_now_us(follower->live->web->loop);
}

static bool is_looked_at(const LiveSite *site, int64_t now_us)
{
    return site->watches.watch_count ||
           (site->followed.looked_us && now_us - site->followed.looked_us < LOOKED_US);
}

/* When it is to be read next; INT64_MAX: not before it is named. */
static int64_t due_of(const LiveSite *site, int64_t now_us)
{
    const struct LiveFollowed *followed = &site->followed;
    if (site->hearer || !live_values_site(site->values)->is_remote)
        return INT64_MAX;
    if (!followed->read_us)
        return is_looked_at(site, now_us) ? 0 : 1; /* those first that somebody waits for */
    if (is_looked_at(site, now_us))
        return followed->read_us + (followed->is_named ? SOON_US : UNNAMED_US);
    return followed->is_named ? followed->read_us + LEISURE_US : INT64_MAX;
}

static LiveSite *most_urgent(const LiveFollower *follower, int64_t *ret_due_us)
{
    const int64_t now_us = now_of(follower);
    LiveSite *first = NULL;
    *ret_due_us = INT64_MAX;
    for (LiveSite *site = follower->live->sites; site; site = site->next) {
        const int64_t due_us = due_of(site, now_us);
        if (due_us < *ret_due_us) {
            *ret_due_us = due_us;
            first = site;
        }
    }
    return first;
}

static MdlQuality quality_of(BpStr name)
{
    MdlQuality quality = MDL_GOOD;
    while (quality < MDL_BAD && !bp_str_equal(name, bp_str(mdl_quality_name(quality))))
        quality++;
    return quality;
}

static void take(LiveSite *site, const PgRows *rows, size_t row)
{
    enum { SEEN, POINT, VALUE, QUALITY, REASON, AT };
    const StoreValue value = {.value = pg_is_null(rows, row, VALUE) ? 0 : pg_get_double(rows, row, VALUE),
                              .has_value = !pg_is_null(rows, row, VALUE),
                              .at_us = pg_get_time_us(rows, row, AT),
                              .quality = quality_of(pg_get_text(rows, row, QUALITY)),
                              .reason = pg_get_text(rows, row, REASON).data}; /* closed by a zero */
    if (pg_is_null(rows, row, POINT))
        (void)bp_str_copy(pg_get_text(rows, row, SEEN), site->followed.seen_from,
                          sizeof site->followed.seen_from);
    else if (live_values_set(site->values, pg_get_integer(rows, row, POINT), &value))
        live_wake(site->live);
}

static void on_read(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    LiveFollower *follower = context;
    LiveSite *site = follower->reading;
    const int64_t now_us = now_of(follower);
    follower->is_reading = false;
    follower->reading = NULL;
    follower->next_us = now_us + 2 * (now_us - follower->began_us);
    for (size_t row = 0; site && status == BP_OK && row < pg_row_count(rows); row++)
        take(site, rows, row);
    if (site && status != BP_OK)
        site->followed.is_named = true;
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log_some(&follower->failed, now_us, BP_LOG_WARNING, "reading what points of other sites are: %s",
                    err->text);
    if (!follower->live->is_leaving)
        live_follower_go_on(follower);
}

static void read_site(LiveFollower *follower, LiveSite *site)
{
    Pg *pg = follower->live->pg;
    struct LiveFollowed *followed = &site->followed;
    const PgValue values[] = {pg_text(bp_str(site->id)),
                              *followed->seen_from ? pg_text(bp_str(followed->seen_from)) : pg_null()};
    follower->reading = site;
    follower->is_reading = true;
    follower->began_us = followed->read_us = now_of(follower);
    followed->is_named = false;
    const PgTicket ticket = pg_request(pg, SQL_SELECT_WEB_CURRENT, values, 2, on_read, follower);
    pg_set_deadline(pg, ticket, follower->began_us + PATIENCE_US);
}

void live_follower_go_on(LiveFollower *follower)
{
    const int64_t now_us = now_of(follower);
    int64_t due_us;
    if (follower->is_reading || !pg_is_connected(follower->live->pg))
        return;
    LiveSite *site = most_urgent(follower, &due_us);
    due_us = due_us > follower->next_us ? due_us : follower->next_us;
    if (site && due_us <= now_us)
        read_site(follower, site);
    else
        loop_timer_set(follower->timer, site && due_us < now_us + IDLE_US ? due_us : now_us + IDLE_US);
}

static void on_due(void *owner)
{
    live_follower_go_on(owner);
}

LiveFollower *live_follower_new(Live *live)
{
    LiveFollower *follower = calloc(1, sizeof *follower);
    if (!follower)
        abort();
    follower->live = live;
    follower->timer = loop_timer_new(live->web->loop, on_due, follower);
    return follower;
}

void live_follower_free(LiveFollower *follower)
{
    loop_timer_free(follower->timer);
    free(follower);
}

void live_follower_database_connected(LiveFollower *follower)
{
    for (LiveSite *site = follower->live->sites; site; site = site->next) {
        site->followed.read_us = 0;
        site->followed.seen_from[0] = '\0'; /* it may be another database, or have begun anew */
    }
    live_follower_go_on(follower);
}

void live_follower_named(LiveFollower *follower, const char *payload)
{
    json_auto_t *names = json_loads(payload, 0, NULL);
    json_auto_t *named = json_object();
    const json_t *name;
    size_t i;
    json_array_foreach (names, i, name)
        if (json_is_string(name))
            json_object_set_new(named, json_string_value(name), json_true());
    for (LiveSite *site = follower->live->sites; site; site = site->next)
        site->followed.is_named |= json_object_get(named, site->id) != NULL;
    live_follower_go_on(follower);
}

void live_follower_look(LiveFollower *follower, LiveSite *site)
{
    site->followed.looked_us = now_of(follower);
    live_follower_go_on(follower);
}

void live_follower_site_gone(LiveFollower *follower, const LiveSite *site)
{
    if (follower->reading == site)
        follower->reading = NULL;
}
