#include "apps/collect/control/job.h"

#include "apps/collect/control/sentence.h"
#include "apps/collect/control/slots_json.h"
#include "base/time.h"
#include "say/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 15 }; /* of numbers, as states of points have them */

static const char *const kinds[CONTROL_JOB_KINDS] = {[CONTROL_READ_SLOTS] = "read-slots",
                                                     [CONTROL_READ_POINT] = "read-point",
                                                     [CONTROL_DISCOVER] = "discover",
                                                     [CONTROL_DOCTOR] = "doctor"};

bool control_job_kind_parse(BpStr text, ControlJobKind *ret_kind)
{
    for (int kind = 0; kind < CONTROL_JOB_KINDS; kind++)
        if (bp_str_equal(text, bp_str(kinds[kind]))) {
            *ret_kind = (ControlJobKind)kind;
            return true;
        }
    return false;
}

ControlJob *control_job_new(BpStr id, ControlJobKind kind)
{
    ControlJob *job = calloc(1, sizeof *job);
    if (!job)
        abort();
    job->kind = kind;
    job->results = json_array();
    (void)bp_str_copy(id, job->id, sizeof job->id);
    return job;
}

void control_job_free(ControlJob *job)
{
    if (!job)
        return;
    json_decref(job->results);
    json_decref(job->result);
    free(job->points);
    free(job->is_begun);
    free(job);
}

void control_job_add(ControlJob *job, const ControlJobPoint *point)
{
    if (job->count == job->capacity) {
        job->capacity = job->capacity ? 2 * job->capacity : 8;
        job->points = realloc(job->points, job->capacity * sizeof *job->points);
        job->is_begun = realloc(job->is_begun, job->capacity * sizeof *job->is_begun);
        if (!job->points || !job->is_begun)
            abort();
    }
    job->is_begun[job->count] = false;
    job->points[job->count++] = *point;
    if (json_array_append_new(job->results, json_null()) != 0)
        abort();
}

void control_job_take(ControlJob *job, size_t place, json_t *outcome)
{
    assert(place < job->count && json_is_null(json_array_get(job->results, place)));
    if (!outcome || json_array_set_new(job->results, place, outcome) != 0)
        abort();
    job->ended++;
}

void control_job_take_state(ControlJob *job, const ControlErrandState *state)
{
    assert(control_job_is_errand(job) && !job->has_ended);
    json_decref(job->result);
    job->result = state->result;
    job->progress = state->progress;
    job->has_ended = state->is_over;
    snprintf(job->problem, sizeof job->problem, "%s", state->is_over && state->problem ? state->problem : "");
}

bool control_job_is_errand(const ControlJob *job)
{
    return job->kind >= CONTROL_DISCOVER;
}

bool control_job_has_ended(const ControlJob *job)
{
    return control_job_is_errand(job) ? job->has_ended : job->ended == job->count;
}

double control_job_progress(const ControlJob *job)
{
    if (control_job_is_errand(job))
        return job->progress;
    return job->count ? (double)job->ended / (double)job->count : 1;
}

char *control_job_result(const ControlJob *job)
{
    json_auto_t *known = json_array();
    size_t i;
    json_t *outcome;
    json_array_foreach (job->results, i, outcome)
        if (!json_is_null(outcome) && json_array_append(known, outcome) != 0)
            abort();
    json_auto_t *result = !control_job_is_errand(job) ? json_pack("{s:O}", "points", known)
                          : job->result               ? json_incref(job->result)
                                                      : json_null();
    char *text =
        result ? json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS)) : NULL;
    if (!text)
        abort();
    return text;
}

/* ---- outcomes ---- */

static json_t *outcome_of(const ControlJobPoint *point, int64_t at_us)
{
    char at[BP_TIME_TEXT_MAX];
    json_t *json = json_pack("{s:i, s:s}", "point", (int)point->point_id, "at", bp_time_format(at_us, 6, at));
    if (!json)
        abort();
    return json;
}

static void set(json_t *json, const char *name, json_t *value)
{
    if (!value || json_object_set_new(json, name, value) != 0)
        abort();
}

json_t *control_job_problem_json(const ControlJobPoint *point, const char *problem, int64_t at_us)
{
    json_t *json = outcome_of(point, at_us);
    set(json, "problem", json_string(problem));
    return json;
}

bool control_job_is_named_so(const ControlJobPoint *point, const ControlSeen *seen)
{
    return !*seen->name || !*point->name || strcmp(seen->name, point->name) == 0;
}

static json_t *unseen_json(const ControlJobPoint *point, const ControlSeen *seen, int64_t at_us)
{
    char text[CONTROL_SIGHT_TEXT];
    return control_job_problem_json(point, control_sight_format(seen, point->object, text), at_us);
}

json_t *control_job_slots_json(const ControlJobPoint *point, const ControlSeen *seen, int64_t at_us)
{
    enum { PROBLEM_MAX = 2 * CONTROL_OBJECT_NAME_MAX + 128 };
    char problem[PROBLEM_MAX] = "";
    if (seen->sight != CONTROL_SEEN)
        return unseen_json(point, seen, at_us);
    json_t *json = outcome_of(point, at_us);
    const int first = control_slots_first(&seen->slots);
    const bool is_whole = seen->slots.known == UINT16_MAX;
    set(json, "value", say_json_real(seen->problem ? NAN : seen->value));
    set(json, "has_array", json_boolean(seen->slots.known != 0));
    if (seen->slots.known != 0) {
        set(json, "slots", control_slots_object(&seen->slots));
        set(json, "held_by", first > 0 ? json_integer(first) : json_null());
    }
    if (!control_job_is_named_so(point, seen))
        snprintf(problem, sizeof problem,
                 "the device calls it \"%s\", and \"%s\" is expected: it may be another object", seen->name,
                 point->name);
    else if (seen->problem)
        snprintf(problem, sizeof problem, "its value is no number (%s)", seen->problem);
    else if (seen->slots.known != 0 && !is_whole)
        snprintf(problem, sizeof problem, "the device does not tell all of its priority array");
    else if (seen->slots.known == 0 && !seen->has_no_array)
        snprintf(problem, sizeof problem, "the device does not tell its priority array");
    if (*problem)
        set(json, "problem", say_json_text(bp_str(problem)));
    return json;
}

json_t *control_job_properties_json(const ControlJobPoint *point, const ControlSeen *seen, json_t *properties,
                                    int64_t at_us)
{
    if (seen->sight != CONTROL_SEEN)
        return unseen_json(point, seen, at_us);
    json_t *json = outcome_of(point, at_us);
    set(json, "properties", json_incref(properties));
    return json;
}
