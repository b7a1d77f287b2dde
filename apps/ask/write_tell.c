/* What came of a write, for people and programs. */
#include "apps/ask/write.h"
#include "say/json.h"
#include "say/property.h"

#include <stdio.h>

static const char *shown(const AskWrite *job, BpCursor octets)
{
    char *text = bp_arena_take(job->arena, ASK_SHOWN_MAX);
    BpBuf out = bp_buf(text, ASK_SHOWN_MAX - 1);
    say_property_values(&out, octets, &job->reference);
    return text;
}

static const char *shown_reading(const AskWrite *job, const NodeReading *reading)
{
    return reading ? shown(job, reading->value) : "unreadable";
}

static void tell_slots(const AskWrite *job)
{
    BpCursor octets;
    BacValue value;
    const unsigned holding = ask_write_holding_slot(job, &job->after);
    const NodeReading *fallback =
        node_readings_find(&job->after, job->reference.object, BAC_PROP_RELINQUISH_DEFAULT);
    if (holding == 0)
        printf("No slot is in use: the value is the relinquish default%s%s.\n", fallback ? ", " : "",
               fallback ? shown(job, fallback->value) : "");
    else if (holding < job->priority && job->value.type != BAC_NULL)
        printf("Slot %u is above ours and holds the value.\n", holding);
    else
        printf("Slot %u holds the value.\n", holding);
    for (unsigned slot = 1; slot <= ASK_SLOTS; slot++)
        if (ask_write_slot(job, &job->after, slot, &octets, &value) && value.type != BAC_NULL)
            printf("  priority-array[%u] %s\n", slot, shown(job, octets));
}

static void tell(const AskWrite *job)
{
    char object[BAC_REFERENCE_TEXT_MAX], property[BAC_REFERENCE_TEXT_MAX];
    const BpStr name = ask_write_text(job, BAC_PROP_OBJECT_NAME);
    const NodeReading *before = ask_write_own(&job->before), *after = ask_write_own(&job->after);
    printf("%s%s%.*s%s: ", bac_object_format(job->reference.object, object), name.size ? " (" : "",
           BP_STR_ARGS(name), name.size ? ")" : "");
    if (!job->answered)
        printf("the device did not answer; ");
    if (job->value.type == BAC_NULL && job->commandable)
        printf("%s slot %u.\n", ask_write_holds(job) ? "released" : "could not release", job->priority);
    else if (job->commandable)
        printf("%s %s %s slot %u.\n", ask_write_holds(job) ? "wrote" : "did not keep",
               shown(job, job->octets), ask_write_holds(job) ? "to" : "in", job->priority);
    else
        printf("%s %s.\n", ask_write_holds(job) ? "wrote" : "did not keep", shown(job, job->octets));
    printf("%s is %s, and was %s.\n", say_property_name(&job->reference, property), shown_reading(job, after),
           shown_reading(job, before));
    if (job->commandable)
        tell_slots(job);
    if (job->past)
        printf("Written past the site's database (--direct): %s.\n", job->past);
}

static json_t *slots_json(const AskWrite *job)
{
    json_t *slots = json_array();
    BpCursor octets;
    BacValue value;
    for (unsigned slot = 1; slot <= ASK_SLOTS; slot++)
        json_array_append_new(slots, ask_write_slot(job, &job->after, slot, &octets, &value)
                                         ? say_property_json(octets, &job->reference)
                                         : json_null());
    return slots;
}

static json_t *reading_json(const NodeReading *reading)
{
    return reading ? say_property_json(reading->value, &reading->reference) : json_null();
}

static json_t *job_json(const AskWrite *job)
{
    char object[BAC_REFERENCE_TEXT_MAX], property[BAC_REFERENCE_TEXT_MAX];
    json_t *told = json_pack(
        "{s:s, s:s, s:o, s:b, s:b, s:o, s:o}", "object", bac_object_format(job->reference.object, object),
        "property", say_property_name(&job->reference, property), "written",
        say_property_json(job->octets, &job->reference), "answered", job->answered, "held",
        ask_write_holds(job), "before", reading_json(ask_write_own(&job->before)), "value",
        reading_json(ask_write_own(&job->after)));
    if (job->past)
        json_object_set_new(told, "past", json_string(job->past));
    if (job->commandable) {
        const unsigned holding = ask_write_holding_slot(job, &job->after);
        json_object_set_new(told, "priority", json_integer(job->priority));
        json_object_set_new(told, "holding_slot", holding ? json_integer(holding) : json_null());
        json_object_set_new(told, "priority_array", slots_json(job));
    }
    return told;
}

void ask_write_tell(const AskWrite *jobs, size_t count, bool json)
{
    json_t *all = json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++)
        if (json)
            json_array_append_new(all, job_json(&jobs[i]));
        else
            tell(&jobs[i]);
    if (!json)
        return;
    say_json_print(count == 1 ? json_incref(json_array_get(all, 0)) : json_incref(all));
    json_decref(all);
}
