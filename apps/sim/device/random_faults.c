#include "apps/sim/device/random_faults.h"

#include "apps/sim/defect/kinds.h"
#include "apps/sim/device/override.h"
#include "base/random.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 200, KINDS_MAX = 32 };

static const int64_t SHORTEST_US = 6 * BP_HOUR, LONGEST_US = 7 * BP_DAY;

typedef struct Strewing {
    const SimSite *site;
    const SimRandomFaults *wanted;
    BpRandom random;
    SimFaultPlace *places;
    size_t count;
    BpBuf *out;
} Strewing;

static double between(Strewing *strewing, double low, double high)
{
    return low + (high - low) * bp_random_unit(&strewing->random);
}

static size_t one_of(Strewing *strewing, size_t count)
{
    return (size_t)(bp_random_u64(&strewing->random) % count);
}

/* What fails in ways that are found by temperatures is a thermometer; what is forgotten is a command to what
 * moves. */
static bool may_fail(const SimObject *object, const DefectKind *kind)
{
    return kind == &sim_override_forgotten
               ? object->id.type == BAC_ANALOG_OUTPUT
               : object->id.type == BAC_ANALOG_INPUT && object->spec->units == BAC_UNITS_DEGREES_CELSIUS;
}

/* The n-th of all points that may fail in this way; false: there are not so many, and *n is less by those
 * there are. */
static bool find_point(const SimSite *site, const DefectKind *kind, size_t *n, SimSubject *ret_subject)
{
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            SimObject *object = &site->devices[i].objects[j];
            *ret_subject = (SimSubject){object->equipment, &site->devices[i], object};
            if (may_fail(object, kind) && (*n)-- == 0)
                return true;
        }
    return false;
}

static bool find_equipment(const SimSite *site, const DefectKind *kind, size_t *n, SimSubject *ret_subject)
{
    for (size_t i = 0; i < site->equipment_count; i++) {
        *ret_subject = (SimSubject){.equipment = &site->equipment[i]};
        if (sim_subject_place(ret_subject) == kind->place && (*n)-- == 0)
            return sim_subject_of(site, &site->equipment[i], ret_subject);
    }
    return false;
}

static bool pick(Strewing *strewing, const DefectKind *kind, SimSubject *ret_subject)
{
    const bool is_point = kind->place == DEFECT_SENSOR || kind == &sim_override_forgotten;
    bool (*find)(const SimSite *, const DefectKind *, size_t *, SimSubject *) =
        is_point ? find_point : find_equipment;
    size_t n = SIZE_MAX;
    (void)find(strewing->site, kind, &n, ret_subject);
    const size_t count = SIZE_MAX - n;
    if (count == 0)
        return false;
    n = one_of(strewing, count);
    return find(strewing->site, kind, &n, ret_subject);
}

/* Short ones as often as long ones; on whole minutes. */
static SimFaultPlace when(Strewing *strewing)
{
    const SimRandomFaults *wanted = strewing->wanted;
    const int64_t span_us = wanted->until_us - wanted->from_us;
    const double longest_us = fmin((double)LONGEST_US, (double)span_us / 2),
                 shortest_us = fmin((double)SHORTEST_US, longest_us / 2);
    const int64_t lasts_us = (int64_t)(shortest_us * pow(longest_us / shortest_us, between(strewing, 0, 1)));
    const int64_t from_us = wanted->from_us + (int64_t)between(strewing, 0, (double)(span_us - lasts_us));
    return (SimFaultPlace){.from_us = from_us - from_us % BP_MINUTE,
                           .until_us = from_us + lasts_us - (from_us + lasts_us) % BP_MINUTE};
}

static bool is_among(const SimFaultPlace *places, size_t count, const SimFaultPlace *place)
{
    for (size_t i = 0; i < count; i++)
        if (places[i].equipment == place->equipment && places[i].from_us < place->until_us &&
            place->from_us < places[i].until_us)
            return true;
    return false;
}

/* How bad it is: from what is hardly seen to what nobody can miss. */
static double how_much(Strewing *strewing, const DefectKind *kind)
{
    if (kind->place == DEFECT_SENSOR)
        return between(strewing, 0.2, 2) * (one_of(strewing, 2) ? 1 : -1);
    if (bp_str_equal(bp_str(kind->name), bp_str("filter-dirty")))
        return between(strewing, 1.5, 6);
    return isnan(kind->usual) ? between(strewing, 0, 100) : between(strewing, 5, 60);
}

static void write_order(Strewing *strewing, const DefectKind *kind, const SimSubject *subject,
                        const SimFaultPlace *place)
{
    char line[200], from[BP_TIME_TEXT_MAX], until[BP_TIME_TEXT_MAX], value[32] = "";
    if (kind->value)
        snprintf(value, sizeof value, "=%.*f", kind->place == DEFECT_SENSOR ? 2 : 1,
                 how_much(strewing, kind));
    const int size =
        snprintf(line, sizeof line, "%s%s%s:%s%s@%s/%s\n", subject->equipment->name,
                 subject->object ? "/" : "", subject->object ? subject->object->spec->name : "", kind->name,
                 value, bp_time_format(place->from_us, 0, from), bp_time_format(place->until_us, 0, until));
    bp_buf_str(strewing->out, (BpStr){line, (size_t)size});
}

static bool strew_one(Strewing *strewing, const DefectKind *const *kinds, size_t kind_count)
{
    for (int i = 0; i < TRIES; i++) {
        const DefectKind *kind = kinds[one_of(strewing, kind_count)];
        SimSubject subject;
        if (!pick(strewing, kind, &subject))
            continue;
        SimFaultPlace place = when(strewing);
        place.equipment = subject.equipment;
        if (is_among(strewing->places, strewing->count, &place) ||
            is_among(strewing->wanted->taken, strewing->wanted->taken_count, &place))
            continue;
        strewing->places[strewing->count++] = place;
        write_order(strewing, kind, &subject, &place);
        return true;
    }
    return false;
}

BpStatus sim_random_faults(const SimSite *site, const SimRandomFaults *wanted, BpBuf *out, BpError *err)
{
    const DefectKind *kinds[KINDS_MAX];
    size_t kind_count = 0;
    for (const DefectKind *kind = defect_kinds; kind->name && kind_count < KINDS_MAX - 1; kind++)
        kinds[kind_count++] = kind;
    kinds[kind_count++] = &sim_override_forgotten;
    if (wanted->until_us - wanted->from_us < BP_HOUR)
        return bp_fail(err, BP_INVALID, "random faults want an hour or more");
    Strewing strewing = {.site = site, .wanted = wanted, .random = bp_random(wanted->seed), .out = out};
    strewing.places = calloc(wanted->count, sizeof *strewing.places);
    if (!strewing.places)
        abort();
    while (strewing.count < wanted->count && strew_one(&strewing, kinds, kind_count)) {
    }
    free(strewing.places);
    if (strewing.count < wanted->count)
        return bp_fail(err, BP_INVALID,
                       "%zu of %zu random faults fit into that time without two at one place", strewing.count,
                       wanted->count);
    return BP_OK;
}
