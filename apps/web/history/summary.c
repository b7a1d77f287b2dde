/* GET summary: the building at a glance, mostly from memory. */
#include "apps/web/history/glance.h"
#include "apps/web/history/room.h"
#include "apps/web/history/troubles.h"

#include "base/time.h"

enum { ROWS_OF_A_KIND = 20 };

typedef struct Summary {
    GlanceEnergy energy;
} Summary;

static const StoreSite *site_of_call(Call *call)
{
    return store_site(call_web(call)->store, bp_str(call_site(call)));
}

static double number_or_nan(const PgRows *rows, int column)
{
    return pg_row_count(rows) == 0 || pg_is_null(rows, 0, column) ? NAN : pg_get_double(rows, 0, column);
}

static void add_role(void *context, const char *role, const char *state)
{
    json_object_set_new(context, role, json_string(state));
}

/* `rows` is NULL: the database does not answer. */
static void reply(Call *call, const PgRows *rows)
{
    const Summary *summary = call_context(call);
    const StoreSite *site = site_of_call(call);
    if (!site) {
        call_problem(call, 404, "not-found", "there is no site %s", call_site(call));
        return;
    }
    const Places *places = history_places(call_web(call)->history, site);
    Troubles troubles = {0};
    troubles_of_server(&troubles, site->is_remote || call_web(call)->has_broker, rows);
    troubles_of_site(&troubles, site);
    if (rows)
        troubles_of_rows(&troubles, site, rows);
    troubles_sort(&troubles);
    json_t *roles = json_object();
    store_roles(site, add_role, roles);
    char at[BP_TIME_TEXT_MAX];
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:o, s:o, s:I, s:o, s:o, s:o}", "at",
        bp_time_format(bp_wall_us(), 0, at), "site", site->id, "state", troubles_state(&troubles), "counts",
        "devices", (json_int_t)troubles.devices, "devices_silent", (json_int_t)troubles.devices_silent,
        "points", (json_int_t)troubles.points, "points_bad", (json_int_t)troubles.points_bad, "overridden",
        (json_int_t)troubles.overridden, "commands_failed", (json_int_t)troubles.commands_failed, "roles",
        roles, "troubles", troubles_json(&troubles), "troubles_total", (json_int_t)troubles.count, "energy",
        glance_energy(site, places, &summary->energy), "weather", glance_weather(site, places), "zones",
        glance_zones(site, places));
    troubles_done(&troubles);
    call_reply(call, 200, body);
}

static void on_no_database(Call *call, BpStatus status, const BpError *err)
{
    (void)status;
    (void)err; /* it is a trouble of the building, and the rest is known */
    reply(call, NULL);
}

static void ask_troubles(Call *call);

/* What the meter said is only a part: without it the rest is told. */
static void on_no_energy(Call *call, BpStatus status, const BpError *err)
{
    if (status == BP_INVALID || status == BP_REFUSED)
        ask_troubles(call);
    else
        on_no_database(call, status, err);
}

static void ask_troubles(Call *call)
{
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_integer(ROWS_OF_A_KIND)};
    call_on_refused(call, on_no_database);
    call_ask(call, SQL_SELECT_WEB_TROUBLES, values, sizeof values / sizeof *values, reply);
}

static void on_meter(Call *call, const PgRows *rows)
{
    enum { AT_TODAY, AT_YESTERDAY, AT_SAME_TIME };
    Summary *summary = call_context(call);
    const StoreSite *site = site_of_call(call);
    const int32_t meter = site ? history_places(call_web(call)->history, site)->energy : 0;
    const StorePoint *point = meter ? store_point(site, meter) : NULL;
    const double now =
        point && point->now.has_value && point->now.quality != MDL_BAD ? point->now.value : NAN;
    const double today = number_or_nan(rows, AT_TODAY), yesterday = number_or_nan(rows, AT_YESTERDAY);
    summary->energy = (GlanceEnergy){.is_counter = true,
                                     .today = now - today,
                                     .yesterday = number_or_nan(rows, AT_SAME_TIME) - yesterday,
                                     .yesterday_whole = today - yesterday};
    ask_troubles(call);
}

static void on_power(Call *call, const PgRows *rows)
{
    enum { TODAY, YESTERDAY, YESTERDAY_WHOLE };
    Summary *summary = call_context(call);
    summary->energy = (GlanceEnergy){.today = number_or_nan(rows, TODAY),
                                     .yesterday = number_or_nan(rows, YESTERDAY),
                                     .yesterday_whole = number_or_nan(rows, YESTERDAY_WHOLE)};
    ask_troubles(call);
}

void web_get_summary(Call *call)
{
    static const char *const names[] = {NULL};
    if (!call_query_is_known(call, names))
        return;
    Summary *summary = bp_arena_take(call_arena(call), sizeof *summary);
    summary->energy = (GlanceEnergy){.today = NAN, .yesterday = NAN, .yesterday_whole = NAN};
    call_set_context(call, summary);
    const StoreSite *site = site_of_call(call);
    if (!site) {
        call_problem(call, 404, "not-found", "there is no site %s", call_site(call));
        return;
    }
    const Places *places = history_places(call_web(call)->history, site);
    summary->energy.is_counter = places->energy;
    const PgValue values[] = {pg_text(bp_str(site->id)),
                              pg_integer(places->energy ? places->energy : places->power)};
    call_on_refused(call, on_no_energy);
    if (places->energy)
        call_ask(call, SQL_SELECT_WEB_METER, values, sizeof values / sizeof *values, on_meter);
    else if (places->power)
        call_ask(call, SQL_SELECT_WEB_POWER, values, sizeof values / sizeof *values, on_power);
    else
        ask_troubles(call);
}
