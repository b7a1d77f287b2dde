#include "apps/collect/control/events_json.h"

#include "base/time.h"

#include <jansson.h>
#include <stdlib.h>

static void add(json_t *list, json_t *item)
{
    if (!item || json_array_append_new(list, item) != 0)
        abort();
}

static char *text_of(const json_t *list)
{
    char *text = json_dumps(list, JSON_COMPACT);
    if (!text)
        abort();
    return text;
}

char *control_events_json(const ControlEvent *events, size_t count)
{
    json_auto_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const ControlEvent *event = &events[i];
        char at[BP_TIME_TEXT_MAX];
        add(list, json_pack("{s:i, s:i, s:s, s:s, s:s, s:s}", "point_id", (int)event->point_id, "priority",
                            (int)event->slot, "command_id", event->command, "event",
                            control_event_name(event->kind), "text", event->text, "at",
                            bp_time_format(event->at_us, 6, at)));
    }
    return text_of(list);
}

static void add_hold(void *context, const ControlHold *hold, bool is_claim)
{
    char began[BP_TIME_TEXT_MAX], ends[BP_TIME_TEXT_MAX];
    if (is_claim)
        return;
    const bool has_end = hold->span.after_us < 10000 * BP_DAY;
    bp_time_format(hold->began_us + (has_end ? hold->span.after_us : 0), 6, ends);
    bp_time_format(hold->began_us, 6, began);
    add(context, json_pack("{s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:f, s:s, s:s}", "point_id",
                           (int)hold->point_id, "priority", (int)hold->slot, "command_id", hold->command,
                           "event", "adopted", "text", "the collector's own file has it", "at", began,
                           "began_at", began, "release_at", has_end ? json_string(ends) : json_null(),
                           "value", hold->value, "source", hold->source, "created_by", hold->created_by));
}

char *control_holds_json(const ControlHolds *holds)
{
    json_auto_t *list = json_array();
    control_holds_each(holds, add_hold, list);
    return text_of(list);
}
