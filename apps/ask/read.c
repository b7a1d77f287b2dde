/* bacpipes read: properties of a device, read now. */
#include "apps/ask/device.h"
#include "node/readings.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/property.h"
#include "say/table.h"

#include "apps/roles.h"

#include <stdio.h>
#include <strings.h>

enum { ARGUMENTS_MAX = 1000, SHOWN_MAX = 256 * 1024 };

static const CfgOption options[] = {NODE_OPTIONS, {0}};

static const CfgCommand command = {
    .name = "bacpipes read",
    .positionals = "DEVICE OBJECT [PROPERTY]... | POINT [PROPERTY]...",
    .positionals_min = 1,
    .positionals_max = ARGUMENTS_MAX,
    .summary = "Reads properties of a device's objects, many in one request where the device can do that.",
    .options = options,
    .offers_json = true,
    .details = ASK_DEVICE_HELP
    "OBJECT is a type and an instance: analog-input,3 or ai,3 or 0,3; `device` alone is the device's own.\n"
    "PROPERTY is a name or number, with an index for an array's element: present-value, pv, 85,\n"
    "priority-array[8]; `all` stands for all that the object has. Without any: what is usually wanted.\n"
    "An object without `,` or digits at its end is taken for a property. More objects of the device may "
    "follow,\n"
    "each with its properties; a POINT may stand wherever an OBJECT may.\n" SAY_EXIT_CODES,
    .examples = "bacpipes read 1001 ai,3\n"
                "bacpipes read AHU-1/SAT\n"
                "bacpipes read AHU-1/SAT present-value AHU-1/RAT present-value\n"
                "bacpipes read 1001 av,1 present-value priority-array av,2\n"
                "bacpipes read 10.2.0.1/2001:0a device all\n"
                "bacpipes read 1001 device object-list --json",
};

/* One OBJECT of the command line with its properties. */
typedef struct Wish {
    BacObjectId object;
    bool all, usual; /* all of its properties; those that are usually wanted */
    BacReference *references;
    size_t count;
} Wish;

typedef struct Wishes {
    Wish *items;
    size_t count;
} Wishes;

/* ---- the command line ---- */

static BpStatus parse_object(const char *text, BacObjectId *ret_object, BpError *err)
{
    if (strcasecmp(text, "device") == 0) {
        *ret_object = (BacObjectId){BAC_DEVICE, BAC_INSTANCE_WILDCARD};
        return BP_OK;
    }
    return bac_object_parse(bp_str(text), ret_object, err);
}

/* Behind why the word is no point: it may be a slip in a property. */
static BpStatus tell_no_property(const char *text, BpError *err)
{
    const char *nearest = NULL;
    size_t best = strlen(text) / 3 + 2;
    for (size_t i = 0; i < bac_properties.count; i++) {
        const size_t distance = bp_str_distance(bp_str(text), bp_str(bac_properties.words[i].text));
        if (distance < best) {
            best = distance;
            nearest = bac_properties.words[i].text;
        }
    }
    if (nearest)
        return bp_fail(err, BP_INVALID,
                       "\"%s\" is neither an object like ai,3 nor a property or its number: did you mean %s?",
                       text, nearest);
    const BpStatus status = err->status;
    bp_within(err, "\"%s\" is neither an object like ai,3 nor a property or its number", text);
    return status;
}

static BpStatus add_property(Wish *wish, const char *text, BpError *err)
{
    BacReference reference = {.object = wish->object};
    if (bac_property_parse(bp_str(text), &reference.property, &reference.index, err) != BP_OK)
        return BP_INVALID;
    wish->usual = false;
    if (reference.property == BAC_PROP_ALL)
        wish->all = true;
    else
        wish->references[wish->count++] = reference;
    return BP_OK;
}

/* Who reads, and what is known of the words. */
typedef struct Line {
    const Cfg *cfg;
    BpArena *arena;
    AskDevice device;
    Wishes wishes;
} Line;

static bool is_property(const char *text)
{
    BacReference reference;
    return bac_property_parse(bp_str(text), &reference.property, &reference.index, NULL) == BP_OK;
}

/* An object begins the next wish. Of a point it is the property that the database has for it. */
static void begin_wish(Line *line, const BacReference *reference, size_t room)
{
    Wish *wish = &line->wishes.items[line->wishes.count++];
    *wish = (Wish){.object = reference->object, .usual = reference->property == BAC_PROP_PRESENT_VALUE};
    wish->references = bp_arena_take(line->arena, (room + 1) * sizeof *wish->references);
    if (!wish->usual)
        wish->references[wish->count++] = *reference;
}

/* An object, a property of the one before, or the name of a point. */
static BpStatus add_word(Line *line, const char *text, size_t room, BpError *err)
{
    BacReference reference = {.property = BAC_PROP_PRESENT_VALUE, .index = BAC_NO_INDEX};
    Wishes *wishes = &line->wishes;
    if (parse_object(text, &reference.object, NULL) == BP_OK) {
        begin_wish(line, &reference, room);
        return BP_OK;
    }
    if (wishes->count && is_property(text))
        return add_property(&wishes->items[wishes->count - 1], text, err);
    if (is_property(text))
        return bp_fail(err, BP_INVALID, "%s of which object? The object stands first, as in ai,3 %s", text,
                       text);
    const BpStatus status = ask_device_object(&line->device, text, line->cfg, line->arena, &reference, err);
    if (status == BP_OK)
        begin_wish(line, &reference, room);
    else if (wishes->count && (status == BP_NOT_FOUND || status == BP_UNAVAILABLE))
        return tell_no_property(text, err);
    return status;
}

static BpStatus parse_line(Line *line, const CfgTexts *texts, BpError *err)
{
    const size_t room = texts->count;
    line->wishes.items = bp_arena_take(line->arena, room * sizeof *line->wishes.items);
    BP_TRY(ask_device_parse(texts->items[0], line->cfg, line->arena, &line->device, err));
    if (line->device.named.is_point)
        begin_wish(line, &line->device.named.reference, room);
    else if (texts->count == 1)
        return bp_fail(err, BP_INVALID, "which object of it? As in %s ai,3; `%s device` is the device's own",
                       texts->items[0], texts->items[0]);
    for (size_t i = 1; i < texts->count; i++)
        BP_TRY(add_word(line, texts->items[i], room, err));
    return BP_OK;
}

/* ---- reading ---- */

/* What is usually wanted; what an object does not have is left out. */
static BpStatus read_usual(NodeReadings *readings, Node *node, BacPeer *peer, BacObjectId object,
                           BpError *err)
{
    static const uint32_t of_device[] = {BAC_PROP_OBJECT_IDENTIFIER, BAC_PROP_OBJECT_NAME,
                                         BAC_PROP_DESCRIPTION,       BAC_PROP_VENDOR_NAME,
                                         BAC_PROP_MODEL_NAME,        BAC_PROP_FIRMWARE_REVISION,
                                         BAC_PROP_PROTOCOL_REVISION, BAC_PROP_SYSTEM_STATUS};
    static const uint32_t of_others[] = {BAC_PROP_OBJECT_NAME, BAC_PROP_DESCRIPTION,  BAC_PROP_PRESENT_VALUE,
                                         BAC_PROP_UNITS,       BAC_PROP_STATUS_FLAGS, BAC_PROP_RELIABILITY,
                                         BAC_PROP_STATE_TEXT};
    enum { USUAL_MAX = 8 };
    _Static_assert(sizeof of_device / sizeof of_device[0] <= USUAL_MAX, "room for each");
    const bool is_device = object.type == BAC_DEVICE;
    const uint32_t *properties = is_device ? of_device : of_others;
    const size_t count =
        is_device ? sizeof of_device / sizeof of_device[0] : sizeof of_others / sizeof of_others[0];
    BacReference references[USUAL_MAX];
    for (size_t i = 0; i < count; i++)
        references[i] = (BacReference){object, properties[i], BAC_NO_INDEX};
    NodeReadings found = {.arena = readings->arena};
    const BpStatus status = node_readings_read(&found, node, peer, references, count, err);
    for (size_t i = 0; i < found.count; i++)
        if (found.items[i].refusal.kind == BAC_NOT_REFUSED)
            node_readings_append(readings, &found.items[i]);
    if (status == BP_OK && found.count && node_readings_find(&found, object, BAC_PROP_OBJECT_NAME) == NULL &&
        node_readings_find(&found, object, BAC_PROP_PRESENT_VALUE) == NULL)
        node_readings_append(readings, &found.items[0]); /* nothing to show but why */
    return status;
}

/* `device` alone: which one it is must be known, since answers say it. */
static BpStatus name_device(Node *node, const Cfg *cfg, BacPeer *peer, Wishes *wishes, BpArena *arena,
                            BpError *err)
{
    uint32_t instance = BAC_INSTANCE_WILDCARD;
    for (size_t i = 0; i < wishes->count; i++) {
        BacObjectId *object = &wishes->items[i].object;
        if (object->type != BAC_DEVICE || object->instance != BAC_INSTANCE_WILDCARD)
            continue;
        if (instance == BAC_INSTANCE_WILDCARD &&
            node_device_instance(node, cfg, peer, arena, &instance, err) != BP_OK)
            return err->status;
        object->instance = instance;
        for (size_t j = 0; j < wishes->items[i].count; j++)
            wishes->items[i].references[j].object = *object;
    }
    return BP_OK;
}

static BpStatus read_wishes(NodeReadings *readings, Node *node, BacPeer *peer, const Wishes *wishes,
                            BpError *err)
{
    for (size_t i = 0; i < wishes->count; i++) {
        const Wish *wish = &wishes->items[i];
        if (wish->count)
            BP_TRY(node_readings_read(readings, node, peer, wish->references, wish->count, err));
        if (wish->all)
            BP_TRY(node_readings_read_all(readings, node, peer, wish->object, err));
        if (wish->usual)
            BP_TRY(read_usual(readings, node, peer, wish->object, err));
    }
    return BP_OK;
}

/* ---- showing ---- */

/* The state's text for a multi-state's present value, where it was read too: "2 (occupied)". */
static void show_state(BpBuf *out, const NodeReading *reading, const NodeReadings *readings)
{
    const BacReference *reference = &reading->reference;
    const NodeReading *texts = node_readings_find(readings, reference->object, BAC_PROP_STATE_TEXT);
    BacValue state, text;
    if (reference->property != BAC_PROP_PRESENT_VALUE || !texts || !node_reading_first(reading, &state) ||
        state.type != BAC_UNSIGNED)
        return;
    BpCursor in = texts->value;
    for (uint64_t i = 1; bp_cursor_remaining(&in) && bac_value_decode(&in, &text, NULL) == BP_OK; i++)
        if (i == state.natural && text.type == BAC_CHARACTER_STRING) {
            bp_buf_printf(out, " (");
            bac_text_to_utf8(out, &text);
            bp_buf_printf(out, ")");
        }
}

static void add_row(SayTable *table, const BacReference *reference, BpStr value)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    say_table_add(table, bp_str(bac_object_format(reference->object, text)));
    say_table_add(table, bp_str(say_property_name(reference, text)));
    say_table_add(table, value);
}

/* A row for each element of an array that was read whole. */
static void add_elements(SayTable *table, const NodeReading *reading, BpBuf *scratch)
{
    BacReference element = reading->reference;
    BpCursor in = reading->value;
    for (element.index = 1; bp_cursor_remaining(&in); element.index++) {
        const size_t begin = in.offset;
        if (!say_property_skip(&in, &element)) { /* a constructed one: the rest in one row */
            in = reading->value;
            in.offset = begin;
        }
        const size_t end = in.offset > begin ? in.offset : in.size;
        bp_buf_clear(scratch);
        say_property_values(scratch, bp_cursor(in.data + begin, end - begin), &element);
        add_row(table, &element, bp_buf_text(scratch));
        in.offset = end;
    }
}

static void add_reading(SayTable *table, const NodeReading *reading, const NodeReadings *readings,
                        BpBuf *scratch)
{
    char refusal[BAC_REFUSAL_TEXT_MAX];
    const BacReference *reference = &reading->reference;
    bp_buf_clear(scratch);
    if (reading->refusal.kind != BAC_NOT_REFUSED) {
        bp_buf_printf(scratch, "- %s", bac_refusal_format(reading->refusal, refusal));
    } else if (say_property_is_array(reference->property) && reference->index == BAC_NO_INDEX &&
               bp_cursor_remaining(&reading->value)) {
        add_elements(table, reading, scratch);
        return;
    } else {
        say_property_values(scratch, reading->value, reference);
        show_state(scratch, reading, readings);
    }
    add_row(table, reference, bp_buf_text(scratch));
}

static void print_table(const NodeReadings *readings)
{
    static const SayColumn columns[] = {{"object"}, {"property"}, {"value", .may_be_cut = true}};
    BpBuf scratch = bp_buf_growing(SHOWN_MAX);
    SayTable table;
    say_table_init(&table, columns, 3);
    for (size_t i = 0; i < readings->count; i++)
        add_reading(&table, &readings->items[i], readings, &scratch);
    say_table_print(&table, stdout, say_terminal_width(stdout));
    say_table_done(&table);
    bp_buf_done(&scratch);
}

static void print_json(const NodeReadings *readings)
{
    json_t *all = json_array();
    for (size_t i = 0; i < readings->count; i++) {
        const NodeReading *reading = &readings->items[i];
        char object[BAC_REFERENCE_TEXT_MAX], property[BAC_REFERENCE_TEXT_MAX], refusal[BAC_REFUSAL_TEXT_MAX];
        json_t *one = json_pack("{s:s, s:s}", "object", bac_object_format(reading->reference.object, object),
                                "property", say_property_name(&reading->reference, property));
        if (reading->refusal.kind == BAC_NOT_REFUSED)
            json_object_set_new(one, "value", say_property_json(reading->value, &reading->reference));
        else
            json_object_set_new(one, "error", json_string(bac_refusal_format(reading->refusal, refusal)));
        json_array_append_new(all, one);
    }
    say_json_print(all);
}

static bool has_value(const NodeReadings *readings)
{
    for (size_t i = 0; i < readings->count; i++)
        if (readings->items[i].refusal.kind == BAC_NOT_REFUSED)
            return true;
    return false;
}

static BpStatus read_all(const CfgTexts *texts, const Cfg *cfg, Node **node, NodeReadings *readings,
                         BpError *err)
{
    Line line = {.cfg = cfg, .arena = readings->arena};
    BacPeer *peer;
    BP_TRY(parse_line(&line, texts, err));
    BP_TRY(node_new(cfg, node, err));
    BP_TRY(ask_device_find(&line.device, *node, cfg, &peer, err));
    BP_TRY(name_device(*node, cfg, peer, &line.wishes, readings->arena, err));
    return read_wishes(readings, *node, peer, &line.wishes, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Node *node = NULL;
    NodeReadings readings = {.arena = arena};
    const BpStatus status = read_all(&arguments->positionals, cfg, &node, &readings, &err);
    node_free(node);
    /* What was read before a device fell silent is shown too. */
    if (readings.count && arguments->json)
        print_json(&readings);
    else if (readings.count)
        print_table(&readings);
    if (status != BP_OK)
        return say_fail(command.name, &err);
    return has_value(&readings) ? EX_OK : SAY_NOTHING;
}

int ask_read_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
