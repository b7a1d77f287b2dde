/* bacpipes ede import: an EDE file's devices and points to rows of device and point, all or none. */
#include "apps/ede/site.h"
#include "say/fail.h"
#include "say/json.h"
#include "say/number.h"

#include "bacnet/wire/address.h"
#include "base/parse.h"
#include "config/arguments.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { FILE_OCTETS_MAX = 64 * 1024 * 1024 };

static const char *states_file, *site_id;
static CfgTexts address_texts;
static bool dry_run;

static const CfgOption options[] = {
    {"states", "FILE",
     "The texts of states: lines of a reference number and texts. Without it none are taken.",
     .text = &states_file},
    {"site", "SITE", "Into which site. Default: the database's only one, or that of the settings.",
     .text = &site_id},
    {"address", "INSTANCE=ADDRESS",
     "Where a device of the file answers, if it is new or its instance is not the only one of its kind. May "
     "be "
     "repeated.",
     .texts = &address_texts},
    {"dry-run", NULL, "List each change and change nothing.", .flag = &dry_run},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes ede import",
    .positionals = "FILE",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Takes devices and points from an EDE file (BIG-EU, layout 2.3, CSV) into the database: all "
               "of it or, if "
               "anything is wrong, nothing.",
    .options = options,
    .offers_json = true,
    .details = "Devices go by their instance. A new one wants its address: --address, or its own line's "
               "vendor-specific-address.\n"
               "Names, descriptions, units, texts of states, least and largest values follow the file; an "
               "empty cell changes\n"
               "nothing, and points that are not in it stay. Settable makes a point commandable, never "
               "writable: that is a\n"
               "decision (update point set writable = true ...). Whether values are told (COV) stays too.\n"
               "Exit codes: 0 fine, 1 no such site, 64 wrong use or a wrong file, 69 the database is away.\n",
    .examples = "bacpipes ede import site.csv --states site_StateTexts.csv --dry-run\n"
                "bacpipes ede import site.csv --address 1001=10.1.2.9 --address 1002=10.1.2.1/2001:0a\n"
                "bacpipes ede import site.csv --site macau --json",
};

/* A device that the file is about. */
typedef struct Target {
    uint32_t instance;
    const EdeObject *first;     /* the first of its lines, in the order of ede_compare */
    const EdeSiteDevice *known; /* NULL: new */
    BpStr address;
} Target;

typedef struct Counts {
    size_t new, changed, unchanged;
} Counts;

typedef struct Import {
    const char *file;
    BpArena *arena;
    SayProblems problems;
    Ede ede; /* sorted by ede_compare */
    EdeStatesFile states;
    EdeSite site;
    EdeSitePoint *points; /* those that may be met in the file, sorted by compare_points */
    size_t point_count;
    Target *targets; /* ascending by instance */
    size_t target_count;
    Counts devices, objects;
    size_t left_out, not_in_file;
    json_t *new_devices, *changed_devices, *new_points, *changed_points;
    json_t *changes; /* for --dry-run, else NULL */
} Import;

static json_t *json_of(BpStr text)
{
    return say_json_text(text.size ? text.data : "", text.size);
}

/* ---- --address ---- */

typedef struct Located {
    uint32_t instance;
    BacAddress address;
} Located;

/* An address that one device has, and not all of a network. */
static bool parse_address(BpStr text, BacAddress *ret_address)
{
    BacAddress address;
    if (bac_address_parse(text, &address, NULL) != BP_OK ||
        (address.remote.network && !address.remote.length))
        return false;
    *ret_address = address;
    return true;
}

static BpStatus parse_located(const char *text, Located *ret_located, BpError *err)
{
    int64_t instance;
    BpStr address;
    const BpStr before = bp_str_cut(bp_str(text), '=', &address);
    if (bp_parse_i64(before, 0, BAC_INSTANCE_MAX, &instance, NULL) != BP_OK ||
        !parse_address(address, &ret_located->address))
        return bp_fail(err, BP_INVALID,
                       "--address %s is not an instance and an address: write it as 1001=10.1.2.9, "
                       "1001=10.1.2.9:47809 or 1001=10.1.2.1/2001:0a",
                       text);
    ret_located->instance = (uint32_t)instance;
    return BP_OK;
}

static const BacAddress *find_located(const Located *located, uint32_t instance)
{
    for (size_t i = 0; i < address_texts.count; i++)
        if (located[i].instance == instance)
            return &located[i].address;
    return NULL;
}

static BpStatus parse_addresses(const Import *import, Located *located, BpError *err)
{
    for (size_t i = 0; i < address_texts.count; i++) {
        const BpStatus status = parse_located(address_texts.items[i], &located[i], err);
        if (status != BP_OK)
            return status;
        for (size_t j = 0; j < i; j++)
            if (located[j].instance == located[i].instance)
                return bp_fail(err, BP_INVALID,
                               "--address says twice where device %" PRIu32 " is: once is enough",
                               located[i].instance);
        bool is_in_file = false;
        for (size_t j = 0; j < import->ede.count && !is_in_file; j++)
            is_in_file = import->ede.objects[j].device == located[i].instance;
        if (!is_in_file)
            return bp_fail(err, BP_INVALID, "--address %s: the file has no device %" PRIu32,
                           address_texts.items[i], located[i].instance);
    }
    return BP_OK;
}

/* ---- which device ---- */

static bool device_is_at(const EdeSiteDevice *device, const BacAddress *address)
{
    BacAddress its;
    return bac_address_parse(device->address, &its, NULL) == BP_OK && bac_address_equal(&its, address);
}

static const EdeSiteDevice *find_at(const EdeSite *site, const BacAddress *address)
{
    for (size_t i = 0; i < site->device_count; i++)
        if (device_is_at(&site->devices[i], address))
            return &site->devices[i];
    return NULL;
}

/* Those of the site that have the instance: how many, and the first two. */
static size_t find_instance(const EdeSite *site, uint32_t instance, const EdeSiteDevice *ret_first[2])
{
    size_t count = 0;
    for (size_t i = 0; i < site->device_count; i++)
        if (site->devices[i].instance == instance) {
            if (count < 2)
                ret_first[count] = &site->devices[i];
            count++;
        }
    return count;
}

static bool own_line_has_address(const Target *target, BacAddress *ret_address)
{
    return target->first->object.type == BAC_DEVICE && parse_address(target->first->address, ret_address);
}

static void wrong(Import *import, const Target *target, EdeColumn column, const char *format, ...)
    BP_PRINTF(4, 5);
static void wrong(Import *import, const Target *target, EdeColumn column, const char *format, ...)
{
    char sentence[BP_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    say_problem(&import->problems, import->file, target->first->line, import->ede.titles[column], "%s",
                sentence);
}

/* A device that the site does not have goes where nobody is. */
static void place_new(Import *import, Target *target, const BacAddress *address)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    const EdeSiteDevice *there = find_at(&import->site, address);
    bac_address_format(address, text);
    target->address = bp_str(bp_arena_text(import->arena, bp_str(text)));
    if (there)
        wrong(import, target, EDE_DEVICE,
              "device %" PRIu32 " cannot be at %s, where the site has device %" PRIu32 ": --address %" PRIu32
              "=ADDRESS says where it is",
              target->instance, text, there->instance, target->instance);
    for (size_t i = 0; &import->targets[i] < target; i++)
        if (!import->targets[i].known && bp_str_equal(import->targets[i].address, target->address))
            wrong(import, target, EDE_DEVICE,
                  "devices %" PRIu32 " and %" PRIu32 " cannot both be at %s: --address %" PRIu32
                  "=ADDRESS says where this one is",
                  import->targets[i].instance, target->instance, text, target->instance);
}

/* --address says where the device is: one of the site's must be there, or the site has none of this instance.
 */
static void place_as_told(Import *import, Target *target, const BacAddress *address)
{
    char text[BAC_ADDRESS_TEXT_MAX];
    const EdeSiteDevice *known[2] = {0};
    const EdeSiteDevice *there = find_at(&import->site, address);
    if (there && there->instance == target->instance)
        target->known = there;
    else if (!there && find_instance(&import->site, target->instance, known))
        wrong(import, target, EDE_DEVICE,
              "the site has device %" PRIu32 " at %.*s and not at %s: --address %" PRIu32
              "=%.*s, or none, takes that one",
              target->instance, BP_STR_ARGS(known[0]->address), bac_address_format(address, text),
              target->instance, BP_STR_ARGS(known[0]->address));
    else
        place_new(import, target, address);
}

static void place(Import *import, Target *target, const BacAddress *told)
{
    BacAddress own;
    const EdeSiteDevice *known[2] = {0};
    const size_t count = find_instance(&import->site, target->instance, known);
    const bool has_own = own_line_has_address(target, &own);
    const EdeSiteDevice *at_own = has_own ? find_at(&import->site, &own) : NULL;
    if (told)
        place_as_told(import, target, told);
    else if (count == 1)
        target->known = known[0];
    else if (count > 1 && at_own && at_own->instance == target->instance)
        target->known = at_own;
    else if (count > 1)
        wrong(import, target, EDE_DEVICE,
              "the site has %zu devices %" PRIu32 ", as at %.*s and %.*s: --address %" PRIu32
              "=%.*s says which",
              count, target->instance, BP_STR_ARGS(known[0]->address), BP_STR_ARGS(known[1]->address),
              target->instance, BP_STR_ARGS(known[0]->address));
    else if (has_own)
        place_new(import, target, &own);
    else
        wrong(import, target, EDE_DEVICE,
              "the site has no device %" PRIu32
              ", and the file does not say where it answers: --address %" PRIu32
              "=ADDRESS adds it, or the %s of its own line (object-type 8)",
              target->instance, target->instance, "vendor-specific-address");
}

static bool is_wanted(const EdeObject *object)
{
    return object->object.type == BAC_DEVICE || bac_object_is_numeric(object->object.type);
}

static void place_all(Import *import, const Located *located)
{
    import->targets = bp_arena_take(import->arena, (import->ede.count + 1) * sizeof *import->targets);
    for (size_t i = 0; i < import->ede.count; i++) {
        const EdeObject *object = &import->ede.objects[i];
        if (!is_wanted(object))
            import->left_out++;
        else if (import->target_count == 0 ||
                 import->targets[import->target_count - 1].instance != object->device)
            import->targets[import->target_count++] = (Target){.instance = object->device, .first = object};
    }
    for (size_t i = 0; i < import->target_count; i++)
        place(import, &import->targets[i], find_located(located, import->targets[i].instance));
}

/* ---- what changes ---- */

/* A field of a row as the file has it, and what it was. `now` NULL: the same as before. */
typedef struct Row {
    json_t *values; /* for the database */
    json_t *fields; /* for --dry-run: {"name": {"from": ..., "to": ...}} */
} Row;

static Row row_begin(const Import *import)
{
    return (Row){.values = json_object(), .fields = import->changes ? json_object() : NULL};
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
        set(row, field, json_of(before), json_of(given));
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
        json_array_append_new(array, json_of(texts[i]));
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
static void keep_row(Import *import, const EdeObject *object, Row *row, bool is_new, Counts *counts,
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
    if (is_changed && import->changes)
        json_array_append_new(import->changes,
                              json_pack("{s:s, s:I, s:s, s:O}", "change", is_new ? "new" : "changed",
                                        "device", (json_int_t)object->device, "object",
                                        bac_object_format(object->object, text), "fields", row->fields));
    json_decref(row->values);
    json_decref(row->fields);
}

static void plan_device(Import *import, const Target *target)
{
    static const EdeSiteDevice nothing;
    const bool has_line = target->first->object.type == BAC_DEVICE;
    const EdeSiteDevice *before = target->known ? target->known : &nothing;
    const EdeObject own = {.device = target->instance, .object = {BAC_DEVICE, target->instance}};
    const EdeObject *object = has_line ? target->first : &own;
    Row row = row_begin(import);
    if (target->known)
        json_object_set_new(row.values, "device_id", json_integer(target->known->device_id));
    else
        set(&row, "address", json_string(""), json_of(target->address));
    set_text_if_said(&row, "name", before->name, object->name);
    set_text_if_said(&row, "description", before->description, object->description);
    if (!target->known) { /* columns that are not null want something */
        json_object_set_new(row.values, "instance", json_integer(target->instance));
        json_object_set_new(row.values, "name", json_of(object->name));
        json_object_set_new(row.values, "description", json_of(object->description));
    }
    keep_row(import, object, &row, !target->known, &import->devices, import->new_devices,
             import->changed_devices);
}

static int compare_points(const void *a, const void *b)
{
    const EdeSitePoint *one = a, *other = b;
    const uint32_t one_object = bac_object_id_to(one->object), other_object = bac_object_id_to(other->object);
    if (one->device->device_id != other->device->device_id)
        return one->device->device_id < other->device->device_id ? -1 : 1;
    return one_object < other_object ? -1 : one_object > other_object;
}

static const EdeSitePoint *find_point(const Import *import, const Target *target, BacObjectId object)
{
    const EdeSitePoint wanted = {.device = target->known, .object = object};
    if (!target->known || import->point_count == 0)
        return NULL;
    return bsearch(&wanted, import->points, import->point_count, sizeof *import->points, compare_points);
}

static void plan_point(Import *import, const Target *target, const EdeObject *object)
{
    static const EdeSitePoint nothing = {.min = NAN, .max = NAN};
    char units[BAC_UNITS_TEXT_MAX];
    const EdeSitePoint *known = find_point(import, target, object->object);
    const EdeSitePoint *before = known ? known : &nothing;
    Row row = row_begin(import);
    if (known)
        json_object_set_new(row.values, "point_id", json_integer(known->point_id));
    set_text_if_said(&row, "name", before->name, object->name);
    set_text_if_said(&row, "description", before->description, object->description);
    if (object->units != EDE_NOTHING)
        set_text(&row, "units", before->units, bp_str(bac_units_format(object->units, units)));
    if (object->states != EDE_NOTHING && states_file)
        set_states(&row, before, ede_find_states(&import->states, object->states));
    set_number(&row, "min_value", before->min, object->min);
    set_number(&row, "max_value", before->max, object->max);
    if (object->settable != EDE_EMPTY && (object->settable == EDE_YES) != before->commandable)
        set(&row, "commandable", json_boolean(before->commandable), json_boolean(!before->commandable));
    if (!known) {
        json_object_set_new(row.values, "address",
                            json_of(target->known ? target->known->address : target->address));
        json_object_set_new(row.values, "object_type", json_of_type(object->object));
        json_object_set_new(row.values, "object_instance", json_integer(object->object.instance));
    }
    keep_row(import, object, &row, !known, &import->objects, import->new_points, import->changed_points);
}

static void sort_points(Import *import)
{
    const EdeSite *site = &import->site;
    import->points = bp_arena_take(import->arena, (site->point_count + 1) * sizeof *import->points);
    for (size_t i = 0; i < site->point_count; i++)
        if (site->points[i].is_exchanged)
            import->points[import->point_count++] = site->points[i];
    if (import->point_count)
        qsort(import->points, import->point_count, sizeof *import->points, compare_points);
}

static void plan(Import *import)
{
    sort_points(import);
    size_t at = 0;
    for (size_t i = 0; i < import->target_count; i++) {
        const Target *target = &import->targets[i];
        plan_device(import, target);
        while (at < import->ede.count && import->ede.objects[at].device < target->instance)
            at++;
        for (; at < import->ede.count && import->ede.objects[at].device == target->instance; at++)
            if (bac_object_is_numeric(import->ede.objects[at].object.type))
                plan_point(import, target, &import->ede.objects[at]);
    }
    import->not_in_file = import->site.point_count - import->objects.changed - import->objects.unchanged;
}

/* ---- carrying it out ---- */

static BpStatus carry_out(const Import *import, SiteDatabase *database, BpError *err)
{
    const struct {
        SqlQuery query;
        const json_t *rows;
    } parts[] = {{SQL_UPDATE_EDE_DEVICES, import->changed_devices},
                 {SQL_UPDATE_EDE_POINTS, import->changed_points},
                 {SQL_INSERT_EDE_DEVICES, import->new_devices},
                 {SQL_INSERT_EDE_POINTS, import->new_points}};
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
        values[count][0] = pg_text(import->site.site_id);
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

/* ---- telling ---- */

static void print_value(const json_t *value)
{
    char memory[64];
    BpBuf number = bp_buf(memory, sizeof memory);
    if (json_is_real(value)) {
        say_number(&number, json_real_value(value));
        printf(" %.*s", BP_STR_ARGS(bp_buf_text(&number)));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    printf(" %s", text);
    free(text);
}

static void print_field(const char *name, const json_t *change, bool is_new)
{
    printf("  %s", name);
    if (!is_new) {
        print_value(json_object_get(change, "from"));
        printf(" ->");
    }
    print_value(json_object_get(change, "to"));
}

static void print_changes(const json_t *changes)
{
    size_t i;
    const json_t *change;
    json_array_foreach (changes, i, change) {
        const char *name;
        json_t *field, *fields = json_object_get(change, "fields");
        const char *word = json_string_value(json_object_get(change, "change"));
        printf("%-8s device %" JSON_INTEGER_FORMAT " %s", word,
               json_integer_value(json_object_get(change, "device")),
               json_string_value(json_object_get(change, "object")));
        json_object_foreach (fields, name, field)
            print_field(name, field, strcmp(word, "new") == 0);
        printf("\n");
    }
}

static void tell(const Import *import)
{
    if (import->changes)
        print_changes(import->changes);
    printf("devices: %zu new, %zu changed, %zu unchanged\n", import->devices.new, import->devices.changed,
           import->devices.unchanged);
    printf("points: %zu new, %zu changed, %zu unchanged; %zu of site %.*s are not in the file and stay as "
           "they are\n",
           import->objects.new, import->objects.changed, import->objects.unchanged, import->not_in_file,
           BP_STR_ARGS(import->site.site_id));
    if (import->left_out)
        printf("%zu objects of other types, such as schedules and trend logs, are left out\n",
               import->left_out);
    if (dry_run)
        printf("Nothing was changed: --dry-run.\n");
}

static json_t *json_of_counts(const Counts *counts)
{
    return json_pack("{s:I, s:I, s:I}", "new", (json_int_t)counts->new, "changed",
                     (json_int_t)counts->changed, "unchanged", (json_int_t)counts->unchanged);
}

static void tell_json(const Import *import)
{
    json_t *told = json_pack(
        "{s:s, s:o, s:o, s:b, s:o, s:o, s:I, s:I}", "file", import->file, "project",
        json_of(import->ede.project), "site_id", json_of(import->site.site_id), "dry_run", dry_run, "devices",
        json_of_counts(&import->devices), "points", json_of_counts(&import->objects), "points_not_in_file",
        (json_int_t)import->not_in_file, "objects_left_out", (json_int_t)import->left_out);
    if (import->changes)
        json_object_set(told, "changes", import->changes);
    say_json_print(told);
}

/* ---- files ---- */

static BpStatus read_file(const char *path, BpArena *arena, BpStr *ret_octets, BpError *err)
{
    FILE *file = fopen(path, "rbe");
    BpBuf octets = bp_buf_growing(FILE_OCTETS_MAX);
    char chunk[16384];
    size_t size;
    while (file && (size = fread(chunk, 1, sizeof chunk, file)) > 0)
        bp_buf_octets(&octets, chunk, size);
    BpStatus status = BP_OK;
    if (!file || ferror(file))
        status = bp_fail(err, BP_INVALID, "%s cannot be read (%s): name a file that can", path,
                         bp_errno_text(errno));
    else if (octets.failed)
        status = bp_fail(err, BP_INVALID, "%s is larger than 64 MB: part it by devices", path);
    else
        *ret_octets = (BpStr){bp_arena_text(arena, bp_buf_text(&octets)), octets.size};
    if (file)
        fclose(file);
    bp_buf_done(&octets);
    return status;
}

static void tell_converted(const char *path, bool was_windows_1252)
{
    if (was_windows_1252)
        fprintf(stderr, "%s: %s is not UTF-8 and is taken as Windows-1252 (ISO 8859-1)\n", command.name,
                path);
}

/* Every list that a line refers to must be there; without a file of lists nothing is said of any. */
static void check_references(Import *import)
{
    size_t references = 0;
    for (size_t i = 0; i < import->ede.count; i++) {
        const EdeObject *object = &import->ede.objects[i];
        if (object->states == EDE_NOTHING || !bac_object_is_numeric(object->object.type))
            continue;
        references++;
        if (states_file && !ede_find_states(&import->states, object->states))
            say_problem(&import->problems, import->file, object->line, import->ede.titles[EDE_STATES],
                        "%s has no list %" PRIu32 ": add it there, or leave this cell empty", states_file,
                        object->states);
    }
    if (references && !states_file)
        fprintf(stderr,
                "%s: %zu lines refer to texts of states, which are not taken: --states names their file\n",
                command.name, references);
}

/* References are checked where the lists are right: with a wrong one missing, they would only seem to be. */
static BpStatus read_files(Import *import, BpError *err)
{
    BpStr octets = {0}, states_octets = {0};
    BpStatus status = read_file(import->file, import->arena, &octets, err);
    if (status == BP_OK && states_file)
        status = read_file(states_file, import->arena, &states_octets, err);
    if (status != BP_OK)
        return status;
    bool states_are_right = true;
    ede_read(octets, import->file, import->arena, &import->problems, &import->ede);
    tell_converted(import->file, import->ede.was_windows_1252);
    if (states_file) {
        states_are_right =
            ede_read_states(states_octets, states_file, import->arena, &import->problems, &import->states);
        tell_converted(states_file, import->states.was_windows_1252);
    }
    if (states_are_right)
        check_references(import);
    if (import->ede.count)
        qsort(import->ede.objects, import->ede.count, sizeof *import->ede.objects, ede_compare);
    return BP_OK;
}

static BpStatus refuse(Import *import, BpError *err)
{
    const size_t count = import->problems.count;
    const BpStr text = say_problems_text(&import->problems);
    fwrite(text.data, 1, text.size, stderr);
    return bp_fail(err, BP_INVALID, "nothing was imported: %zu thing%s wrong with %s", count,
                   count == 1 ? " is" : "s are", import->file);
}

/* ---- all of it ---- */

static BpStatus run(Import *import, SiteDatabase *database, const Cfg *cfg, BpError *err)
{
    BpStatus status = read_files(import, err);
    Located *located = bp_arena_take(import->arena, (address_texts.count + 1) * sizeof *located);
    if (status == BP_OK && import->problems.count)
        return refuse(import, err);
    if (status == BP_OK)
        status = parse_addresses(import, located, err);
    if (status == BP_OK)
        status = site_database_open(database, cfg, import->arena, err);
    if (status == BP_OK)
        status = ede_site_read(database, cfg, site_id, NULL, import->arena, &import->site, err);
    if (status != BP_OK)
        return status;
    place_all(import, located);
    if (import->problems.count)
        return refuse(import, err);
    plan(import);
    return dry_run ? BP_OK : carry_out(import, database, err);
}

int ede_import(int argc, char **argv, BpArena *arena)
{
    Cfg cfg;
    BpError err;
    CfgArguments arguments;
    SiteDatabase database = {0};
    int code = cfg_begin(&command, argc, argv, arena, &arguments, &cfg);
    if (code != CFG_GO_ON)
        return code;
    Import import = {.file = arguments.positionals.items[0],
                     .arena = arena,
                     .new_devices = json_array(),
                     .changed_devices = json_array(),
                     .new_points = json_array(),
                     .changed_points = json_array(),
                     .changes = dry_run ? json_array() : NULL};
    say_problems_init(&import.problems);
    if (run(&import, &database, &cfg, &err) != BP_OK)
        code = say_fail(command.name, &err);
    else
        code = EX_OK;
    if (code == EX_OK && arguments.json)
        tell_json(&import);
    else if (code == EX_OK)
        tell(&import);
    site_database_close(&database);
    say_problems_done(&import.problems);
    json_decref(import.new_devices);
    json_decref(import.changed_devices);
    json_decref(import.new_points);
    json_decref(import.changed_points);
    json_decref(import.changes);
    return code;
}
