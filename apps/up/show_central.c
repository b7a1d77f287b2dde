/* What is seen of a central: how many of its sites are there; of a demo each of them. */
#include "apps/up/up.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* A call of a site is due every 20 s and more often. */
static const double SILENT_S = 120;

SqlQuery up_central_query(const Up *up)
{
    return up->wish.is_demo ? SQL_SELECT_DEMO_SITES : SQL_SELECT_CENTRAL;
}

/* ---- figures ---- */

static double age_or_never(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? -1 : pg_get_double(rows, row, column);
}

static void read_demo_site(UpCentralFigures *central, UpFigures *figures, const PgRows *rows, size_t row)
{
    UpSiteFigures *site = &central->of_demo[row];
    (void)bp_str_copy(pg_get_text(rows, row, 0), site->site, sizeof site->site);
    site->has_joined = pg_get_bool(rows, row, 1);
    site->points = pg_get_integer(rows, row, 3);
    site->readings = pg_get_integer(rows, row, 4);
    site->has_newest = !pg_is_null(rows, row, 5);
    site->newest_age_s = site->has_newest ? pg_get_double(rows, row, 5) : 0;
    site->seen_age_s = age_or_never(rows, row, 6);
    central->of_demo_count++;
    central->sites++;
    central->joined += site->has_joined;
    central->online += site->has_joined && site->seen_age_s >= 0 && site->seen_age_s < SILENT_S;
    figures->devices += pg_get_integer(rows, row, 2);
    figures->points += site->points;
    figures->readings += site->readings;
    /* The oldest: of each site there is a newer one. */
    if (site->has_newest && (!figures->has_newest || site->newest_age_s > figures->newest_age_s))
        figures->newest_age_s = site->newest_age_s;
    figures->has_newest = figures->has_newest || site->has_newest;
    const double share = age_or_never(rows, row, 7);
    if (share >= 0 && (figures->past_share < 0 || share < figures->past_share))
        figures->past_share = share;
    const int64_t from_us = pg_is_null(rows, row, 8) ? 0 : pg_get_time_us(rows, row, 8);
    if (from_us > figures->past_from_us)
        figures->past_from_us = from_us;
}

void up_read_central(Up *up, const PgRows *rows)
{
    UpCentralFigures *central = &up->view.central;
    *central = (UpCentralFigures){.seen_age_s = -1};
    up->view.figures = (UpFigures){.past_share = -1};
    for (size_t row = 0; up->wish.is_demo && row < pg_row_count(rows) && row < UP_SITES_SHOWN; row++)
        read_demo_site(central, &up->view.figures, rows, row);
    if (up->wish.is_demo)
        return;
    central->sites = pg_get_integer(rows, 0, 0);
    central->joined = pg_get_integer(rows, 0, 1);
    central->online = pg_get_integer(rows, 0, 2);
    central->seen_age_s = age_or_never(rows, 0, 3);
}

/* ---- on the screen ---- */

static void show_demo_site(Up *up, const UpSiteFigures *site)
{
    if (!site->has_joined)
        up_put_line(up, site->site, "has not joined yet");
    else if (!site->has_newest)
        up_put_line(up, site->site, "has joined; no reading yet");
    else
        up_put_line(up, site->site,
                    "%" PRId64 " points, %" PRId64 " readings since the start, the newest %.1f s old%s",
                    site->points, site->readings, site->newest_age_s,
                    site->seen_age_s < SILENT_S ? "" : "; it does not call");
}

static void show_demo(Up *up)
{
    const UpFigures *figures = &up->view.figures;
    char text[512];
    for (size_t i = 0; i < up->view.central.of_demo_count; i++)
        show_demo_site(up, &up->view.central.of_demo[i]);
    up_put_line(up, "readings", "%.1f /s, at central", up->view.readings_per_s);
    up_put_line(up, "buildings", "%s", up_building_of(figures, text, sizeof text));
    up_put_line(up, "look at a site", "%s status --data %s/sites/%s", program_invocation_name,
                up->folder.data, up->view.central.of_demo_count ? up->view.central.of_demo[0].site : "SITE");
}

void up_show_central(Up *up)
{
    const UpCentralFigures *central = &up->view.central;
    if (up->wish.is_demo) {
        show_demo(up);
        return;
    }
    up_put_line(up, "sites", "%" PRId64 ", of which %" PRId64 " have joined", central->sites,
                central->joined);
    up_put_line(up, "heard of", "%" PRId64 " in the last 2 min", central->online);
    up_put_line(up, "reached at", "%s, port %d", up->central.address ? up->central.address : "127.0.0.1",
                (int)up->database.port);
    up_put_line(up, "add a site", "%s site add NAME --data %s", program_invocation_name, up->folder.data);
}

void up_show_central_line(const Up *up)
{
    const UpCentralFigures *central = &up->view.central;
    const UpFigures *figures = &up->view.figures;
    char past[32] = "", age[40] = "";
    if (figures->past_share >= 0 && figures->past_share < 1)
        snprintf(past, sizeof past, ", past laid %.0f %%", 100 * figures->past_share);
    if (!up->wish.is_demo) {
        up_say(up, "%" PRId64 " sites, %" PRId64 " have joined, %" PRId64 " heard of in the last 2 min",
               central->sites, central->joined, central->online);
        return;
    }
    if (figures->has_newest)
        snprintf(age, sizeof age, ", newest %.1f s old", figures->newest_age_s);
    up_say(up, "%" PRId64 " sites, %" PRId64 " points, %.1f readings/s at central, %" PRId64 " stored%s%s",
           central->joined, figures->points, up->view.readings_per_s, figures->readings, age, past);
}

json_t *up_central_json(const Up *up)
{
    if (!up->wish.is_demo)
        return NULL;
    json_t *sites = json_array();
    for (size_t i = 0; i < up->view.central.of_demo_count; i++) {
        const UpSiteFigures *site = &up->view.central.of_demo[i];
        json_array_append_new(sites,
                              json_pack("{s:s, s:b, s:I, s:I, s:o}", "site", site->site, "joined",
                                        site->has_joined, "points", (json_int_t)site->points,
                                        "readings_stored", (json_int_t)site->readings, "newest_reading_age_s",
                                        site->has_newest ? json_real(site->newest_age_s) : json_null()));
    }
    return sites;
}
