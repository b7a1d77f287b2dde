#include "apps/sim/control/sequence.h"

/* As many buildings were handed over and have stayed since: everything fixed at what the worst day needs,
 * long hours to be safe, no holidays entered. */
static const Sequence contractor = {
    .start = 5,
    .stop = 20,
    .flow_least_share = 0.3,
    .flow_heating_share = 0.3,
    .outdoor_share = 1.25,
    .outdoor_warmest = 18,
    .pressure = 250,
    .supply = {0, 13, 1, 13},
    .is_always_ready = true,
    .least_run_s = 600,
    .least_rest_s = 600,
    .decide_s = 60,
    .wants_at = 8,
    .enough_at = 2,
    .chilled = {0, 7, 1, 7},
    .hot = {0, 70, 1, 70},
    .pump_least = 100,
    .tower_fixed = 27,
};

/* A competent job: setpoints follow the outdoor air, the schedule is that of the people, and mornings begin
 * with a warm-up. */
static const Sequence rules = {
    .start = 7,
    .stop = 19,
    .knows_holidays = true,
    .warms_up = true,
    .early_h = 1.5,
    .flow_least_share = 0.2,
    .flow_heating_share = 0.5,
    .outdoor_share = 1,
    .outdoor_warmest = 24,
    .outdoor_enthalpy = 47,
    .pressure = 250,
    .supply = {5, 18, 25, 13},
    .least_run_s = 600,
    .least_rest_s = 600,
    .decide_s = 60,
    .wants_at = 15,
    .enough_at = 3,
    .chilled = {5, 9, 35, 6},
    .hot = {-5, 70, 20, 42},
    .pump_least = 35,
    .tower_approach = 5,
    .tower_coldest = 21,
    .tower_warmest = 29,
};

/* ASHRAE Guideline 36-2021: sections are in docs/building.md. */
static const Sequence g36 = {
    .start = 7,
    .stop = 19,
    .knows_holidays = true,
    .warms_up = true,
    .warming = {.rate = 1.5, .slowest = 0.4, .fastest = 6, .most_h = 3.5, .spare_h = 0.15},
    .cooling_down = {.rate = 2, .slowest = 0.4, .fastest = 6, .most_h = 2.5, .spare_h = 0.15},
    .flow_heating_share = 0.5,
    .stands_by = true,
    .watches_co2 = true,
    .holds_discharge = true,
    .outdoor_warmest = 24,
    .outdoor_enthalpy = 47,
    .trims = true,
    .trim_pressure = {.start = 120,
                      .low = 40,
                      .high = 250,
                      .trim = -6,
                      .respond = 8,
                      .respond_most = 18,
                      .ignored = 2,
                      .delay_s = 600,
                      .every_s = 120},
    .trim_supply = {.start = 18,
                    .low = 13,
                    .high = 18,
                    .trim = 0.1,
                    .respond = -0.2,
                    .respond_most = -0.6,
                    .ignored = 2,
                    .delay_s = 600,
                    .every_s = 120},
    .supply = {16, 18, 21, 13},
    .least_run_s = 900,
    .least_rest_s = 600,
    .decide_s = 180,
    .wants_at = 95,
    .enough_at = 10,
    .trim_chilled = {.start = 50,
                     .low = 0,
                     .high = 100,
                     .trim = -2,
                     .respond = 3,
                     .respond_most = 7,
                     .ignored = 0,
                     .delay_s = 900,
                     .every_s = 300},
    .trim_hot = {.start = 50,
                 .low = 35,
                 .high = 70,
                 .trim = -1,
                 .respond = 1.5,
                 .respond_most = 4,
                 .ignored = 2,
                 .delay_s = 600,
                 .every_s = 300},
    .chilled_warmest = 9,
    .chilled_coldest = 6,
    .pump_least = 30,
    .tower_approach = 4,
    .tower_coldest = 18,
    .tower_warmest = 29,
};

const Sequence *sequence_of(BuildingControl control)
{
    switch (control) {
    case CONTROL_CONTRACTOR: return &contractor;
    case CONTROL_G36: return &g36;
    default: return &rules;
    }
}

double reset_at(const Reset *reset, double outdoor)
{
    const double share = (outdoor - reset->low) / (reset->high - reset->low);
    const double within = share < 0 ? 0 : share > 1 ? 1 : share;
    return reset->at_low + within * (reset->at_high - reset->at_low);
}
