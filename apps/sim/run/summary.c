#include "apps/sim/run/summary.h"

#include "base/time.h"
#include "say/table.h"

#include <math.h>

static const double JOULES = 3.6e6; /* in a kWh */

static const Building *building_of(const SimSummary *summary)
{
    return &sim_run_site(summary->run)->building;
}

/* ---- the books ---- */

static void begin_day(SimSummary *summary)
{
    const Building *building = building_of(summary);
    summary->day_us = sim_run_now_us(summary->run);
    summary->day = building->balance;
    summary->stored = (SimStores){physics_heat_stored(building), physics_water_stored(building),
                                  physics_co2_stored(building)};
}

static double error_pct(double in, double out, double stored)
{
    const double most = fmax(in, out), error = fabs(in - out - stored);
    if (!isfinite(error)) /* fmax would forget a NaN */
        return INFINITY;
    return most > 0 ? error / most * 100 : 0;
}

static void end_day(SimSummary *summary)
{
    const SimStores stored = summary->stored;
    const Balance day = summary->day, now = building_of(summary)->balance;
    begin_day(summary);
    const double heat = error_pct(now.heat_in - day.heat_in, now.heat_out - day.heat_out,
                                  summary->stored.heat - stored.heat),
                 water = error_pct(now.water_in - day.water_in, now.water_out - day.water_out,
                                   summary->stored.water - stored.water),
                 co2 = error_pct(now.co2_in - day.co2_in, now.co2_out - day.co2_out,
                                 summary->stored.co2 - stored.co2);
    summary->worst = (SimErrors){fmax(summary->worst.heat, heat), fmax(summary->worst.water, water),
                                 fmax(summary->worst.co2, co2)};
}

/* ---- from the beginning to the end ---- */

void sim_summary_begin(SimSummary *summary, const SimRun *run)
{
    *summary = (SimSummary){.run = run, .from_us = sim_run_now_us(run)};
    begin_day(summary);
}

void sim_summary_go_on(SimSummary *summary)
{
    if (sim_run_now_us(summary->run) - summary->day_us >= BP_DAY)
        end_day(summary);
}

void sim_summary_end(SimSummary *summary, int64_t took_us)
{
    if (sim_run_now_us(summary->run) > summary->day_us)
        end_day(summary);
    summary->to_us = sim_run_now_us(summary->run);
    summary->took_us = took_us;
    summary->ledger = building_of(summary)->ledger;
}

/* ---- saying it ---- */

static double days(const SimSummary *summary)
{
    return (double)(summary->to_us - summary->from_us) / (double)BP_DAY;
}

static double a_day(const SimSummary *summary, double sum)
{
    return days(summary) > 0 ? sum / days(summary) : 0;
}

static double electricity(const Ledger *ledger)
{
    return ledger->fans + ledger->chiller + ledger->tower + ledger->pumps + ledger->lights +
           ledger->equipment;
}

static void print_uses(const SimSummary *summary, FILE *to)
{
    const Ledger *ledger = &summary->ledger;
    const double all = electricity(ledger);
    const SayColumn columns[] = {
        {.title = ""}, {.title = "kWh a day", .is_number = true}, {.title = "share", .is_number = true}};
    const struct {
        const char *name;
        double joules;
    } uses[] = {
        {"fans", ledger->fans},   {"chiller", ledger->chiller}, {"cooling tower", ledger->tower},
        {"pumps", ledger->pumps}, {"lights", ledger->lights},   {"plugs, lifts, servers", ledger->equipment},
        {"electricity", all}};
    SayTable table;
    say_table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        say_table_add(&table, bp_str(uses[i].name));
        say_table_addf(&table, "%.1f", a_day(summary, uses[i].joules / JOULES));
        say_table_addf(&table, "%.1f %%", all > 0 ? uses[i].joules / all * 100 : 0);
    }
    say_table_add(&table, bp_str("gas"));
    say_table_addf(&table, "%.1f", a_day(summary, ledger->gas / JOULES));
    say_table_add(&table, bp_str(""));
    say_table_print(&table, to, say_terminal_width(to));
    say_table_done(&table);
}

/* "2025-01-01 00:00" by the clocks of the place. */
static char *local_time(const SimSummary *summary, int64_t at_us, char ret_text[BP_TIME_TEXT_MAX])
{
    LocalTime local;
    calendar_local(building_of(summary)->climate, at_us, &local);
    const int minute = (int)(local.hour * 60 + 1e-6);
    snprintf(ret_text, BP_TIME_TEXT_MAX, "%04d-%02d-%02d %02d:%02d", local.year, local.month, local.day,
             minute / 60, minute % 60);
    return ret_text;
}

void sim_summary_print(const SimSummary *summary, FILE *to)
{
    char from[BP_TIME_TEXT_MAX], until[BP_TIME_TEXT_MAX], took[BP_TIME_TEXT_MAX];
    const Ledger *ledger = &summary->ledger;
    const Building *building = building_of(summary);
    const size_t points = sim_run_site(summary->run)->point_count;
    const bool is_one = summary->to_us - summary->from_us == BP_DAY;
    fprintf(to, "%.4g day%s in %s, control %s, %zu point%s: %s to %s (local time), simulated in %s\n\n",
            days(summary), is_one ? "" : "s", building->climate->title,
            building_control_names[building->control], points, points == 1 ? "" : "s",
            local_time(summary, summary->from_us, from), local_time(summary, summary->to_us, until),
            bp_interval_format(summary->took_us, took));
    print_uses(summary, to);
    fprintf(to,
            "\nLargest power: %.1f kW.\n"
            "Comfort, of %.0f hours a day of zones with people in: %.2f degree-hours too cold, %.2f too hot; "
            "%.1f h too humid, %.1f h of stale air.\n"
            "Books, worst day: %.2g %% of the heat is lost or found, %.2g %% of the water, %.2g %% of the "
            "CO2.\n",
            ledger->power_largest / 1000, a_day(summary, ledger->zone_hours),
            a_day(summary, ledger->cold_hours), a_day(summary, ledger->hot_hours),
            a_day(summary, ledger->humid_hours), a_day(summary, ledger->co2_hours), summary->worst.heat,
            summary->worst.water, summary->worst.co2);
}

static json_t *kwh_a_day(const SimSummary *summary, double joules)
{
    return say_json_real(a_day(summary, joules / JOULES));
}

json_t *sim_summary_json(const SimSummary *summary)
{
    char from[BP_TIME_TEXT_MAX], until[BP_TIME_TEXT_MAX];
    const Ledger *ledger = &summary->ledger;
    const Building *building = building_of(summary);
    json_t *used =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "fans", kwh_a_day(summary, ledger->fans),
                  "chiller", kwh_a_day(summary, ledger->chiller), "tower", kwh_a_day(summary, ledger->tower),
                  "pumps", kwh_a_day(summary, ledger->pumps), "lights", kwh_a_day(summary, ledger->lights),
                  "equipment", kwh_a_day(summary, ledger->equipment), "electricity",
                  kwh_a_day(summary, electricity(ledger)), "gas", kwh_a_day(summary, ledger->gas));
    json_t *coils =
        json_pack("{s:o, s:o, s:o}", "cooling", kwh_a_day(summary, ledger->cooling), "heating",
                  kwh_a_day(summary, ledger->heating), "reheat", kwh_a_day(summary, ledger->reheat));
    json_t *comfort = json_pack("{s:o, s:o, s:o, s:o, s:o}", "zone_hours",
                                say_json_real(a_day(summary, ledger->zone_hours)), "cold_degree_hours",
                                say_json_real(a_day(summary, ledger->cold_hours)), "hot_degree_hours",
                                say_json_real(a_day(summary, ledger->hot_hours)), "humid_hours",
                                say_json_real(a_day(summary, ledger->humid_hours)), "co2_hours",
                                say_json_real(a_day(summary, ledger->co2_hours)));
    json_t *errors = json_pack("{s:o, s:o, s:o}", "heat", say_json_real(summary->worst.heat), "water",
                               say_json_real(summary->worst.water), "co2", say_json_real(summary->worst.co2));
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "climate",
        building->climate->name, "control", building_control_names[building->control], "points",
        (json_int_t)sim_run_site(summary->run)->point_count, "seed", (json_int_t)building->seed,
        "weather_seed", (json_int_t)building->weather_seed, "from", bp_time_format(summary->from_us, 0, from),
        "to", bp_time_format(summary->to_us, 0, until), "days", say_json_real(days(summary)), "kwh_a_day",
        used, "coils_kwh_a_day", coils, "peak_kw", say_json_real(ledger->power_largest / 1000),
        "comfort_a_day", comfort, "balance_error_pct", errors, "took_s",
        say_json_real((double)summary->took_us / BP_SECOND));
}
