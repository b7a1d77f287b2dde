#include "apps/ede/plan.h"

#include "base/compare.h"
#include "say/json.h"

#include <math.h>
#include <stdlib.h>

typedef struct Planning {
    EdePlan *plan;
    const EdePlaces *places;
    const EdeStatesFile *states; /* NULL: not taken */
    EdeSitePoint *points;        /* of the site, sorted by compare_points */
    size_t point_count;
} Planning;

/* ---- a row ---- */

/* A field of a row as the file has it, and what it was. `now` NULL: the same as before. */
typedef struct Row {
    json_t *values; /* for the database */
    json_t *fields; /* for --dry-run: {"name": {"from": ..., "to": ...}} */
} Row;

static Row row_begin(const Planning *planning)
{
    return (Row){.values = json_object(), .fields = planning->plan->changes ? json_object() : NULL};
}

/* Takes both references. */
static void set(Row *row, const char *field, json_t *from, json_t *to)
{
    if (row->fields)
        json_object_set_new(row->fields, field, json_pack("{s:O, s:O}", "from", from, "to", to));
    json_object_set_new(row->values, field, to);
    json_decref(from);
}

static void set_text(Row *row, const char *field, BpStr before, BpStr given)
{
    if (!bp_str_equal(before, given))
        set(row, field, say_json_text_or_empty(before), say_json_text_or_empty(given));
}

/* An empty cell changes nothing. */
static void set_text_if_said(Row *row, const char *field, BpStr before, BpStr given)
{
    if (given.size)
        set_text(row, field, before, given);
}

static void set_number(Row *row, const char *field, double before, double given)
{
    if (!isnan(given) && given != before)
        set(row, field, say_json_real(before), say_json_real(given));
}

static json_t *json_of_texts(const BpStr *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, say_json_text_or_empty(texts[i]));
    return array;
}

static void set_states(Row *row, const EdeSitePoint *before, const EdeStates *given)
{
    size_t same = 0;
    if (!given)
        return;
    while (same < given->count && same < before->state_count &&
           bp_str_equal(given->texts[same], before->states[same]))
        same++;
    if (same < given->count || same < before->state_count)
        set(row, "states", json_of_texts(before->states, before->state_count),
            json_of_texts(given->texts, given->count));
}

/* "analog-input" of "analog-input,3". */
static json_t *json_of_type(BacObjectId object)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    bac_object_format(object, text);
    return json_stringn(text, strcspn(text, ","));
}

/* Adds the row to those to be inserted or updated, if it says anything, and counts it. Takes what is in it.
 */
static void keep_row(EdePlan *plan, const EdeObject *object, Row *row, bool is_new, EdeCounts *counts,
                     json_t *new_rows, json_t *changed_rows)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    const bool is_changed = is_new || json_object_size(row->values) > 1; /* its identity is one */
    if (is_new)
        counts->new ++;
    else if (is_changed)
        counts->changed++;
    else
        counts->unchanged++;
    if (is_changed)
        json_array_append(is_new ? new_rows : changed_rows, row->values);
    if (is_changed && plan->changes)
        json_array_append_new(plan->changes,
                              json_pack("{s:s, s:I, s:s, s:O}", "change", is_new ? "new" : "changed",
                                        "device", (json_int_t)object->device, "object",
                                        bac_object_format(object->object, text), "fields", row->fields));
    json_decref(row->values);
    json_decref(row->fields);
}

/* ---- devices and points ---- */

static void plan_device(Planning *planning, const EdePlace *place)
{
    static const EdeSiteDevice nothing;
    EdePlan *plan = planning->plan;
    const bool has_line = place->first->object.type == BAC_DEVICE;
    const EdeSiteDevice *before = place->known ? place->known : &nothing;
    const EdeObject own = {.device = place->instance, .object = {BAC_DEVICE, place->instance}};
    const EdeObject *object = has_line ? place->first : &own;
    Row row = row_begin(planning);
    if (place->known)
        json_object_set_new(row.values, "device_id", json_integer(place->known->device_id));
    else
        set(&row, "address", json_string(""), say_json_text_or_empty(place->address));
    set_text_if_said(&row, "name", before->name, object->name);
    set_text_if_said(&row, "description", before->description, object->description);
    if (!place->known) { /* columns that are not null want something */
        json_object_set_new(row.values, "instance", json_integer(place->instance));
        json_object_set_new(row.values, "name", say_json_text_or_empty(object->name));
        json_object_set_new(row.values, "description", say_json_text_or_empty(object->description));
    }
    keep_row(plan, object, &row, !place->known, &plan->devices, plan->new_devices, plan->changed_devices);
}

static int compare_points(const void *a, const void *b)
{
    const EdeSitePoint *one = a, *other = b;
    const int by_device = bp_compare_i64(one->device->device_id, other->device->device_id);
    return by_device ? by_device
                     : bp_compare_u64(bac_object_id_to(one->object), bac_object_id_to(other->object));
}

static const EdeSitePoint *find_point(const Planning *planning, const EdePlace *place, BacObjectId object)
{
    const EdeSitePoint wanted = {.device = place->known, .object = object};
    if (!place->known || planning->point_count == 0)
        return NULL;
    return bsearch(&wanted, planning->points, planning->point_count, sizeof *planning->points,
                   compare_points);
}

static void plan_point(Planning *planning, const EdePlace *place, const EdeObject *object)
{
    static const EdeSitePoint nothing = {.min = NAN, .max = NAN};
    EdePlan *plan = planning->plan;
    char units[BAC_UNITS_TEXT_MAX];
    const EdeSitePoint *known = find_point(planning, place, object->object);
    const EdeSitePoint *before = known ? known : &nothing;
    Row row = row_begin(planning);
    if (known)
        json_object_set_new(row.values, "point_id", json_integer(known->point_id));
    set_text_if_said(&row, "name", before->name, object->name);
    set_text_if_said(&row, "description", before->description, object->description);
    if (object->units != EDE_NOTHING)
        set_text(&row, "units", before->units, bp_str(bac_units_format(object->units, units)));
    if (object->states != EDE_NOTHING && planning->states)
        set_states(&row, before, ede_find_states(planning->states, object->states));
    set_number(&row, "min_value", before->min, object->min);
    set_number(&row, "max_value", before->max, object->max);
    if (object->settable != EDE_EMPTY && (object->settable == EDE_YES) != before->commandable)
        set(&row, "commandable", json_boolean(before->commandable), json_boolean(!before->commandable));
    if (!known) {
        json_object_set_new(row.values, "address",
                            say_json_text_or_empty(place->known ? place->known->address : place->address));
        json_object_set_new(row.values, "object_type", json_of_type(object->object));
        json_object_set_new(row.values, "object_instance", json_integer(object->object.instance));
    }
    keep_row(plan, object, &row, !known, &plan->points, plan->new_points, plan->changed_points);
}

/* Those that may be met in the file. */
static void sort_points(Planning *planning)
{
    const EdeSite *site = planning->places->site;
    planning->points =
        bp_arena_take(planning->places->arena, (site->point_count + 1) * sizeof *planning->points);
    for (size_t i = 0; i < site->point_count; i++)
        if (site->points[i].is_exchanged)
            planning->points[planning->point_count++] = site->points[i];
    if (planning->point_count)
        qsort(planning->points, planning->point_count, sizeof *planning->points, compare_points);
}

void ede_plan_init(EdePlan *plan, const EdePlaces *places, const EdeStatesFile *states, bool has_changes)
{
    *plan = (EdePlan){.new_devices = json_array(),
                      .changed_devices = json_array(),
                      .new_points = json_array(),
                      .changed_points = json_array(),
                      .changes = has_changes ? json_array() : NULL};
    Planning planning = {.plan = plan, .places = places, .states = states};
    const Ede *ede = places->ede;
    size_t at = 0;
    sort_points(&planning);
    for (size_t i = 0; i < places->count; i++) {
        const EdePlace *place = &places->items[i];
        plan_device(&planning, place);
        while (at < ede->count && &ede->objects[at] < place->first)
            at++;
        for (; at < ede->count && ede_place_has(place, &ede->objects[at]); at++)
            if (bac_object_is_numeric(ede->objects[at].object.type))
                plan_point(&planning, place, &ede->objects[at]);
    }
    plan->not_in_file = places->site->point_count - plan->points.changed - plan->points.unchanged;
}

void ede_plan_done(EdePlan *plan)
{
    json_decref(plan->new_devices);
    json_decref(plan->changed_devices);
    json_decref(plan->new_points);
    json_decref(plan->changed_points);
    json_decref(plan->changes);
    *plan = (EdePlan){0};
}

/* ---- carrying it out ---- */

BpStatus ede_plan_carry_out(const EdePlan *plan, BpStr site_id, SiteDatabase *database, BpError *err)
{
    const struct {
        SqlQuery query;
        const json_t *rows;
    } parts[] = {{SQL_UPDATE_EDE_DEVICES, plan->changed_devices},
                 {SQL_UPDATE_EDE_POINTS, plan->changed_points},
                 {SQL_INSERT_EDE_DEVICES, plan->new_devices},
                 {SQL_INSERT_EDE_POINTS, plan->new_points}};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    PgValue values[PARTS][2];
    PgStep steps[PARTS];
    char *texts[PARTS] = {0};
    size_t count = 0;
    for (size_t i = 0; i < PARTS; i++) {
        if (json_array_size(parts[i].rows) == 0)
            continue;
        texts[count] = json_dumps(parts[i].rows, JSON_COMPACT);
        if (!texts[count])
            abort(); /* texts are UTF-8, numbers finite */
        values[count][0] = pg_text(site_id);
        values[count][1] = pg_text(bp_str(texts[count]));
        steps[count] = (PgStep){parts[i].query, values[count], 2};
        count++;
    }
    const BpStatus status = count ? site_database_change(database, steps, count, err) : BP_OK;
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    if (status == BP_CONFLICT)
        return bp_within(err, "the site has changed meanwhile, so nothing was imported; again will do");
    return status;
}
