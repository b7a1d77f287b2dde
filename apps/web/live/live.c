#include "apps/web/live/live.h"

#include "apps/web/live/room.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "site/site.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

static const int64_t TURN_US = 100 * BP_MS, SECOND_US = BP_SECOND, QUIET_US = 15 * BP_SECOND,
                     KEEP_US = 2 * BP_SECOND;

const char *const live_nouns[LIVE_NOUNS] = {"points",   "devices", "commands", "overrides",
                                            "settings", "jobs",    "views"};

/* ---- turns: each 100 ms where something has changed ---- */

void live_wake(Live *live)
{
    if (live->has_turn)
        return;
    live->has_turn = true;
    loop_timer_set(live->turn, loop_now_us(live->web->loop) + TURN_US);
}

static HttpdText *changed_text(const LiveSite *site)
{
    uint8_t memory[512];
    BpBuf out = bp_buf(memory, sizeof memory);
    bp_buf_str(&out, bp_str("{\"changed\":["));
    bool has_one = false;
    for (unsigned i = 0; i < LIVE_NOUNS; i++)
        if (site->changed & 1U << i) {
            bp_buf_printf(&out, "%s\"%s\"", has_one ? "," : "", live_nouns[i]);
            has_one = true;
        }
    bp_buf_printf(&out, "],\"site\":\"%s\"}", site->id);
    return httpd_text_new(bp_buf_text(&out));
}

static void put_role(void *context, const char *role, const char *state)
{
    BpBuf *out = context;
    bp_buf_printf(out, "%s\"%s\":\"%s\"", out->data[out->size - 1] == '{' ? "" : ",", role, state);
}

HttpdText *live_roles_text(LiveSite *site)
{
    BpBuf out = bp_buf_growing(16 * 1024);
    bp_buf_printf(&out, "{\"site\":\"%s\",\"roles\":{", site->id);
    store_roles(live_values_site(site->values), put_role, &out);
    bp_buf_printf(&out, "},\"database\":%s,\"broker\":%s}",
                  pg_is_connected(site->live->pg) ? "true" : "false",
                  !site->hearer || live_hearer_is_connected(site->hearer) ? "true" : "false");
    HttpdText *text = httpd_text_new(bp_buf_text(&out));
    bp_buf_done(&out);
    return text;
}

static void tell_site(LiveSite *site, HttpdText *text)
{
    for (LiveStream *stream = site->live->streams; stream; stream = stream->next)
        if (stream->on_site)
            stream->on_site(stream, site, text);
    httpd_text_leave(text);
}

static void on_turn(void *owner)
{
    Live *live = owner;
    live->has_turn = false;
    for (LiveSite *site = live->sites; site; site = site->next) {
        live_tell_changes(&site->watches);
        if (site->changed)
            tell_site(site, changed_text(site));
        if (site->has_other_roles)
            tell_site(site, live_roles_text(site));
        site->changed = 0;
        site->has_other_roles = false;
    }
}

/* ---- whose streams they are ---- */

static void on_access_ended(void *owner)
{
    LiveStream *stream = owner;
    stream->watch = NULL;
    stream->on_access_ended(stream);
}

bool live_stream_begin(LiveStream *stream, Live *live, Call *call)
{
    const Person *person = call_person(call);
    size_t count = 0;
    for (const LiveStream *other = live->streams; person && other; other = other->next)
        count += call_person(other->call) && call_person(other->call)->user_id == person->user_id;
    if (count >= LIVE_STREAMS_PER_PERSON_MAX)
        return false;
    stream->live = live;
    stream->call = call;
    stream->watch = access_watch(live->web->access, person, on_access_ended, stream);
    stream->link = &live->streams;
    stream->next = live->streams;
    if (stream->next)
        stream->next->link = &stream->next;
    live->streams = stream;
    live->stream_count++;
    call_set_context(call, stream);
    return true;
}

void live_stream_end(LiveStream *stream)
{
    access_unwatch(stream->watch);
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    stream->live->stream_count--;
}

/* ---- each second ---- */

static void on_second(void *owner)
{
    Live *live = owner;
    const int64_t now_us = loop_now_us(live->web->loop);
    const bool is_quiet_due = now_us >= live->quiet_due_us, is_keep_due = now_us >= live->keep_due_us;
    if (is_quiet_due)
        live->quiet_due_us = now_us + QUIET_US;
    if (is_keep_due)
        live->keep_due_us = now_us + KEEP_US;
    for (LiveStream *stream = live->streams, *next; stream; stream = next) {
        next = stream->next;
        if (is_quiet_due)
            stream->on_quiet(stream);
    }
    for (LiveSite *site = live->sites; is_keep_due && site; site = site->next)
        if (site->hearer)
            live_keep(site);
    loop_timer_set(live->second, now_us + SECOND_US);
}

/* ---- sites, and what the database says of them ---- */

static LiveSite *new_site(Live *live, const StoreSite *facts)
{
    LiveSite *site = calloc(1, sizeof *site);
    if (!site)
        abort();
    site->live = live;
    snprintf(site->id, sizeof site->id, "%s", facts->id);
    site->values = live_values_new(live->web->store, facts, &live->changes);
    live_watches_init(&site->watches, site->values, live->run, &live->changes);
    site->next = live->sites;
    live->sites = site;
    /* A central and the sites elsewhere have no broker here. */
    site->hearer = facts->is_remote || strcmp(facts->id, STORE_CENTRAL) == 0 ? NULL : live_hearer_new(site);
    if (site->hearer && pg_is_connected(live->pg))
        live_hearer_database_connected(site->hearer);
    if (facts->is_remote)
        live_follower_go_on(live->follower);
    return site;
}

LiveSite *live_site(Live *live, BpStr id)
{
    const StoreSite *facts = store_site(live->web->store, id);
    if (!facts || !facts->is_loaded)
        return NULL; /* what is heard before would be of points that nobody knows */
    for (LiveSite *site = live->sites; site; site = site->next)
        if (bp_str_equal(bp_str(site->id), id))
            return site;
    return new_site(live, facts);
}

static void note(LiveSite *site, const char *noun)
{
    for (unsigned i = 0; i < LIVE_NOUNS; i++)
        if (strcmp(live_nouns[i], noun) == 0)
            site->changed |= 1U << i;
    live_wake(site->live);
}

void live_changed(Live *live, const char *site, const char *noun)
{
    for (LiveSite *each = live->sites; each; each = each->next)
        if (!site || strcmp(site, each->id) == 0)
            note(each, noun);
}

static void on_look(const Web *web, const char *id)
{
    const StoreSite *facts = store_site(web->store, bp_str(id));
    LiveSite *site = facts && facts->is_remote ? live_site(web->live, bp_str(id)) : NULL;
    if (site)
        live_follower_look(web->live->follower, site);
}

static void free_site(LiveSite *site)
{
    live_follower_site_gone(site->live->follower, site);
    if (site->hearer)
        live_hearer_free(site->hearer);
    live_watches_done(&site->watches);
    live_values_free(site->values);
    free(site);
}

/* Its streams end, all others too: who comes back finds what there is. */
static void drop_sites_gone(Live *live)
{
    for (LiveSite **link = &live->sites; *link;) {
        LiveSite *site = *link;
        if (store_site(live->web->store, bp_str(site->id)) == live_values_site(site->values)) {
            link = &site->next;
            continue;
        }
        live_leave_clients(live);
        *link = site->next;
        free_site(site);
    }
}

static void on_store_changed(void *owner, const StoreSite *facts, StoreWhat what)
{
    Live *live = owner;
    if (what == STORE_SITES) {
        drop_sites_gone(live);
        if (facts->is_remote)
            (void)live_site(live, bp_str(facts->id)); /* its values are read from now on */
        return;
    }
    LiveSite *site = live_site(live, bp_str(facts->id));
    if (!site)
        return;
    if (what == STORE_ROLES) {
        site->has_other_roles = true;
        live_wake(live);
        return;
    }
    if (what == STORE_POINTS)
        live_values_forget_texts(site->values);
    note(site, what == STORE_POINTS ? "points" : what == STORE_OVERRIDES ? "overrides" : "devices");
}

static void on_database_connected(void *owner)
{
    Live *live = owner;
    live_follower_database_connected(live->follower);
    for (LiveSite *site = live->sites; site; site = site->next) {
        if (site->hearer)
            live_hearer_database_connected(site->hearer);
        live_values_keep_again(site->values); /* it may be another one, or have begun anew without it */
        site->has_other_roles = true;
    }
    live_wake(live);
}

static void on_database_lost(void *owner, const BpError *why)
{
    Live *live = owner;
    (void)why; /* who asks the database says so */
    for (LiveSite *site = live->sites; site; site = site->next)
        site->has_other_roles = true;
    live_wake(live);
}

/* Channels whose notices say a site, and what is to be asked for anew there. */
static const struct {
    const char *channel, *nouns[2];
} news[] = {
    {"bacpipes_command", {"commands", NULL}},
    {"bacpipes_command_end", {"commands", "overrides"}},
    {"bacpipes_job", {"jobs", NULL}},
    {"bacpipes_job_end", {"jobs", NULL}},
};
enum { NEWS = sizeof news / sizeof news[0] };

static void on_news(Live *live, size_t which, const char *of_site)
{
    for (LiveSite *site = live->sites; site; site = site->next)
        for (size_t i = 0; i < 2 && strcmp(site->id, of_site) == 0; i++)
            if (news[which].nouns[i])
                note(site, news[which].nouns[i]);
}

static void on_notice(void *owner, const char *channel, const char *payload)
{
    Live *live = owner;
    if (strcmp(channel, LIVE_VALUES_NOTICE) == 0) {
        live_follower_named(live->follower, payload);
        return;
    }
    for (size_t i = 0; i < NEWS; i++)
        if (strcmp(channel, news[i].channel) == 0) {
            on_news(live, i, payload);
            return;
        }
    for (LiveSite *site = live->sites; site; site = site->next)
        switch (site_notice_read(payload, site->id)) {
        case SITE_BROKER_CHANGED:
            if (site->hearer)
                live_hearer_changed(site->hearer);
            break;
        case SITE_SETTING_CHANGED: note(site, "settings"); break;
        default: break;
        }
}

/* ---- its beginning and end ---- */

Live *live_new(Web *web, BpError *err)
{
    assert(web->store);
    Live *live = calloc(1, sizeof *live);
    if (!live)
        abort();
    live->web = web;
    PgOptions options;
    if (pg_settings_options(web->cfg, PG_WEB, "bacpipes web (values)", &live->arena, &options, err) !=
        BP_OK) {
        bp_arena_done(&live->arena);
        free(live);
        return NULL;
    }
    if (getrandom(&live->run, sizeof live->run, 0) != (ssize_t)sizeof live->run)
        abort();
    options.owner = live;
    options.on_connected = on_database_connected;
    options.on_lost = on_database_lost;
    options.on_notice = on_notice;
    live->follower = live_follower_new(live);
    live->pg = pg_new(web->loop, &options);
    pg_listen(live->pg, SITE_NOTICES);
    pg_listen(live->pg, LIVE_VALUES_NOTICE);
    for (size_t i = 0; i < NEWS; i++)
        pg_listen(live->pg, news[i].channel);
    live->quiet_event = httpd_text_new(bp_str(":\n\n"));
    live->turn = loop_timer_new(web->loop, on_turn, live);
    live->second = loop_timer_new(web->loop, on_second, live);
    on_second(live);
    store_watch(web->store, on_store_changed, live);
    web->on_look = on_look;
    return live;
}

void live_leave_clients(Live *live)
{
    while (live && live->streams)
        live->streams->end(live->streams);
}

void live_free(Live *live)
{
    if (!live)
        return;
    live_leave_clients(live);
    live->is_leaving = true;
    live->web->on_look = NULL;
    for (LiveSite *site = live->sites; site; site = site->next)
        if (site->hearer)
            live_hearer_leave(site->hearer);
    pg_free(live->pg);
    while (live->sites) {
        LiveSite *site = live->sites;
        live->sites = site->next;
        free_site(site);
    }
    live_follower_free(live->follower);
    httpd_text_leave(live->quiet_event);
    loop_timer_free(live->turn);
    loop_timer_free(live->second);
    bp_arena_done(&live->arena);
    free(live);
}
