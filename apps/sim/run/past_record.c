#include "apps/sim/run/past_record.h"

#include "base/time.h"

#include <stdlib.h>

static const int64_t STEP_US = 5 * BP_SECOND, FINE_US = 5 * BP_MINUTE;

static void *filled(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

static size_t spans(int64_t from_us, int64_t until_us, int64_t width_us)
{
    return until_us > from_us ? (size_t)((until_us - from_us + width_us - 1) / width_us) : 0;
}

/* ---- points ---- */

/* Devices are asked one after the other, not all at once: each has its instant in the beat. */
static int64_t offset_of(size_t device, int64_t beat_us)
{
    static const int64_t apart_us = 1618034; /* the golden section: spreads however many evenly */
    return (int64_t)device * apart_us % beat_us;
}

static void note_points(PastRecord *record, const SimSite *site)
{
    record->points = filled(site->point_count, sizeof *record->points);
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++) {
            const SimObject *object = &site->devices[i].objects[j];
            const int64_t offset_us = offset_of(i, record->wish.beat_us);
            record->points[record->count++] =
                (PastPoint){.device = site->devices[i].instance,
                            .object = object->id,
                            .is_counter = object->id.type == BAC_ACCUMULATOR ||
                                          object->spec->units == BAC_UNITS_KILOWATT_HOURS,
                            .resolution = object->spec->resolution,
                            .offset_us = offset_us,
                            .phase_us = offset_us / STEP_US * STEP_US};
        }
}

typedef enum Edge { START, END } Edge;

static void note_counters(PastRecord *record, const SimSite *site, Edge edge)
{
    size_t point = 0;
    for (size_t i = 0; i < site->device_count; i++)
        for (size_t j = 0; j < site->devices[i].count; j++, point++)
            if (record->points[point].is_counter) {
                const double said = sim_object_said(&site->devices[i].objects[j]);
                *(edge == START ? &record->points[point].at_start : &record->points[point].at_end) = said;
            }
}

/* ---- sampling ---- */

static void add(PastSpan *span, double value, int64_t at_us)
{
    span->min = span->count == 0 || value < span->min ? value : span->min;
    span->max = span->count == 0 || value > span->max ? value : span->max;
    span->sum += value;
    span->last = value;
    span->last_at_us = at_us;
    span->count++;
}

/* As the database makes hours, from 5-minute spans: sums are added up in that order. */
static void add_span(PastSpan *hour, const PastSpan *fine)
{
    if (fine->count == 0)
        return;
    hour->min = hour->count == 0 || fine->min < hour->min ? fine->min : hour->min;
    hour->max = hour->count == 0 || fine->max > hour->max ? fine->max : hour->max;
    hour->sum += fine->sum;
    hour->last = fine->last;
    hour->last_at_us = fine->last_at_us;
    hour->count += fine->count;
}

int64_t past_reading_at(const PastRecord *record, size_t point, size_t beat)
{
    return record->first_beat_us + (int64_t)beat * record->wish.beat_us + record->points[point].offset_us;
}

static void sample(PastRecord *record, PastSpan *now, size_t point, double value, int64_t at_us)
{
    const PastWish *wish = &record->wish;
    if (at_us >= wish->until_us)
        return;
    add(&now[point], value, at_us);
    if (at_us >= wish->readings_us) {
        const size_t beat =
            (size_t)((at_us - record->points[point].offset_us - record->first_beat_us) / wish->beat_us);
        record->readings[point * record->beats + beat] = value;
    }
}

static void sample_step(PastRecord *record, PastSpan *now, const SimSite *site, int64_t at_us)
{
    const int64_t beat_us = record->wish.beat_us, phase_us = at_us % beat_us;
    size_t point = 0;
    for (size_t i = 0; i < site->device_count; i++) {
        const SimDevice *device = &site->devices[i];
        if (device->count && record->points[point].phase_us == phase_us) {
            const int64_t asked_us = at_us - phase_us + record->points[point].offset_us;
            for (size_t j = 0; j < device->count; j++)
                sample(record, now, point + j, sim_object_kept(&device->objects[j]), asked_us);
        }
        point += device->count;
    }
}

/* A 5-minute span is over: into its place, and into its hour. */
static void close_span(PastRecord *record, PastSpan *now, int64_t start_us)
{
    const size_t fine = (size_t)((start_us - record->wish.from_us) / FINE_US),
                 hour = (size_t)((start_us - record->wish.from_us) / BP_HOUR);
    for (size_t i = 0; i < record->count; i++) {
        if (record->wish.has_fine)
            record->fine[i * record->fine_count + fine] = now[i];
        add_span(&record->hours[i * record->hour_count + hour], &now[i]);
        now[i] = (PastSpan){0};
    }
}

static void record_all(PastRecord *record, SimRun *run)
{
    const SimSite *site = sim_run_site(run);
    const PastWish *wish = &record->wish;
    PastSpan *now = filled(record->count, sizeof *now);
    sim_run_to(run, wish->from_us);
    note_counters(record, site, START);
    for (int64_t at_us = wish->from_us; at_us < wish->until_us; at_us += STEP_US) {
        if (at_us > wish->from_us && at_us % FINE_US == 0)
            close_span(record, now, at_us - FINE_US);
        sim_run_to(run, at_us);
        sample_step(record, now, site, at_us);
    }
    if (wish->until_us > wish->from_us)
        close_span(record, now, (wish->until_us - 1) / FINE_US * FINE_US);
    sim_run_to(run, wish->until_us);
    note_counters(record, site, END);
    free(now);
}

PastRecord *past_record_new(const PastWish *wish)
{
    PastRecord *record = filled(1, sizeof *record);
    record->wish = *wish;
    SimRun *run = sim_run_new(&wish->site);
    note_points(record, sim_run_site(run));
    record->fine_count = wish->has_fine ? spans(wish->from_us, wish->until_us, FINE_US) : 0;
    record->hour_count = spans(wish->from_us, wish->until_us, BP_HOUR);
    record->first_beat_us = wish->readings_us / wish->beat_us * wish->beat_us;
    record->beats = spans(record->first_beat_us, wish->until_us, wish->beat_us);
    record->fine = filled(record->count * record->fine_count, sizeof(PastSpan));
    record->hours = filled(record->count * record->hour_count, sizeof(PastSpan));
    record->readings = filled(record->count * record->beats, sizeof(double));
    record_all(record, run);
    sim_run_free(run);
    return record;
}

void past_record_free(PastRecord *record)
{
    if (!record)
        return;
    free(record->points);
    free(record->fine);
    free(record->hours);
    free(record->readings);
    free(record);
}

/* ---- counters ---- */

static double moved(const PastPoint *point, double value, double by)
{
    const double said = sim_rounded(value + by, point->resolution);
    return said > 0 ? said : 0;
}

static void move(const PastPoint *point, PastSpan *of, size_t count, double by)
{
    for (size_t i = 0; i < count; i++) {
        if (of[i].count == 0)
            continue;
        const double before = of[i].min;
        of[i].min = moved(point, of[i].min, by);
        of[i].max = moved(point, of[i].max, by);
        of[i].last = moved(point, of[i].last, by);
        of[i].sum = before + by < 0 ? of[i].last * of[i].count : of[i].sum + by * of[i].count;
    }
}

void past_record_join(PastRecord *record, size_t i, double at_end)
{
    PastPoint *point = &record->points[i];
    const double by = at_end - point->at_end;
    point->at_end = at_end;
    point->at_start = moved(point, point->at_start, by);
    if (by == 0)
        return;
    move(point, &record->fine[i * record->fine_count], record->fine_count, by);
    move(point, &record->hours[i * record->hour_count], record->hour_count, by);
    for (size_t beat = 0; beat < record->beats; beat++)
        record->readings[i * record->beats + beat] =
            moved(point, record->readings[i * record->beats + beat], by);
}
