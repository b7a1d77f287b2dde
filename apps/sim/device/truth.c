#include "apps/sim/device/truth.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct SimTruth {
    FILE *file;
    off_t whole;     /* octets of whole lines */
    bool is_missing; /* a line could not be written: then no more are */
};

SimTruth *sim_truth_new(const char *path, BpError *err)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
        return NULL;
    }
    SimTruth *truth = malloc(sizeof *truth);
    if (!truth)
        abort();
    *truth = (SimTruth){.file = file};
    return truth;
}

bool sim_truth_free(SimTruth *truth)
{
    const bool is_whole = !truth || !truth->is_missing;
    if (truth)
        fclose(truth->file);
    free(truth);
    return is_whole;
}

/* What is there of a line is taken back: whoever reads the file finds whole ones. */
static void give_up(SimTruth *truth)
{
    bp_log(BP_LOG_ERROR, "what fails from here on is missing in the file of the truth: %s",
           bp_errno_text(errno));
    truth->is_missing = true;
    (void)!ftruncate(fileno(truth->file), truth->whole);
}

/* Null: since ever, for ever. */
static json_t *time_json(int64_t at_us)
{
    char text[BP_TIME_TEXT_MAX];
    if (at_us == INT64_MIN || at_us == INT64_MAX)
        return json_null();
    return json_string(bp_time_format(at_us, 0, text));
}

static bool shows(const SimObject *object, const Defect *defect)
{
    const DefectKind *kind = defect->kind;
    for (size_t i = 0; i < kind->signal_count; i++)
        if ((const char *)object->signal == (const char *)defect->subject + kind->signals[i])
            return true;
    return false;
}

/* Those that show it first. */
static json_t *points_json(const Defect *defect, const SimTold *told)
{
    const SimSubject *subject = told->subject;
    json_t *points = json_array();
    for (size_t i = 0; i < subject->device->count; i++) {
        const SimObject *object = &subject->device->objects[i];
        const bool is_one = subject->object              ? object == subject->object
                            : defect->kind->signal_count ? shows(object, defect)
                            : told->slot ? object->is_commandable && sim_object_takes(object, defect->value)
                                         : told->all_points || object->is_commandable;
        if (is_one)
            json_array_append_new(points, json_string(object->name));
    }
    return points;
}

static json_t *value_json(const Defect *defect, const SimTold *told)
{
    if (told->text)
        return json_string(told->text);
    return isfinite(defect->value) ? json_real(defect->value) : json_null();
}

void sim_truth_tell(SimTruth *truth, const Defect *defect, const SimTold *told, int64_t at_us)
{
    if (truth->is_missing)
        return;
    json_t *line = json_pack(
        "{s:s, s:o, s:o, s:o, s:s, s:i, s:s, s:o, s:o}", "event", defect->is_on ? "begins" : "ends", "at",
        time_json(at_us), "from", time_json(defect->began_us), "until", time_json(defect->until_us),
        "equipment", sim_subject_name(told->subject), "device", (int)told->subject->device->instance, "fault",
        told->fault, "value", value_json(defect, told), "points", points_json(defect, told));
    if (told->slot)
        json_object_set_new(line, "slot", json_integer(told->slot));
    if (told->who)
        json_object_set_new(line, "who", json_string(told->who));
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(line);
    if (!text)
        abort();
    if (fprintf(truth->file, "%s\n", text) < 0 || fflush(truth->file) != 0)
        give_up(truth);
    else
        truth->whole += (off_t)strlen(text) + 1;
    free(text);
}
