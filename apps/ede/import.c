/* bacpipes ede import: an EDE file's devices and points to rows of device and point, all or none. */
#include "apps/ede/plan.h"

#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
               "Exit codes: 0 fine; 1 no such site; 64 also: the file is wrong;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes ede import site.csv --states site_StateTexts.csv --dry-run\n"
                "bacpipes ede import site.csv --address 1001=10.1.2.9 --address 1002=10.1.2.1/2001:0a\n"
                "bacpipes ede import site.csv --site macau --json",
};

typedef struct Import {
    const char *file;
    BpArena *arena;
    SayProblems problems;
    Ede ede; /* sorted by ede_compare */
    EdeStatesFile states;
    EdeSite site;
    EdePlaces places;
    EdePlan plan;
} Import;

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
        fprintf(stderr, "%s: %s is not UTF-8 and is taken as Windows-1252\n", command.name, path);
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
    bool states_are_right = true;
    BP_TRY(read_file(import->file, import->arena, &octets, err));
    if (states_file)
        BP_TRY(read_file(states_file, import->arena, &states_octets, err));
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
    const EdePlan *plan = &import->plan;
    if (plan->changes)
        print_changes(plan->changes);
    printf("devices: %zu new, %zu changed, %zu unchanged\n", plan->devices.new, plan->devices.changed,
           plan->devices.unchanged);
    printf("points: %zu new, %zu changed, %zu unchanged; %zu of site %.*s are not in the file and stay as "
           "they are\n",
           plan->points.new, plan->points.changed, plan->points.unchanged, plan->not_in_file,
           BP_STR_ARGS(import->site.site_id));
    if (import->places.left_out)
        printf("%zu objects of other types, such as schedules and trend logs, are left out\n",
               import->places.left_out);
    if (dry_run)
        printf("Nothing was changed: --dry-run.\n");
}

static json_t *json_of_counts(const EdeCounts *counts)
{
    return json_pack("{s:I, s:I, s:I}", "new", (json_int_t)counts->new, "changed",
                     (json_int_t)counts->changed, "unchanged", (json_int_t)counts->unchanged);
}

static void tell_json(const Import *import)
{
    const EdePlan *plan = &import->plan;
    json_t *told = json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:I, s:I}", "file", import->file, "project",
                             say_json_text_or_empty(import->ede.project), "site_id",
                             say_json_text_or_empty(import->site.site_id), "dry_run", dry_run, "devices",
                             json_of_counts(&plan->devices), "points", json_of_counts(&plan->points),
                             "points_not_in_file", (json_int_t)plan->not_in_file, "objects_left_out",
                             (json_int_t)import->places.left_out);
    if (plan->changes)
        json_object_set(told, "changes", plan->changes);
    say_json_print(told);
}

/* ---- all of it ---- */

static BpStatus import_file(Import *import, SiteDatabase *database, const Cfg *cfg, BpError *err)
{
    EdeToldPlaces told;
    BP_TRY(read_files(import, err));
    if (import->problems.count)
        return refuse(import, err);
    BP_TRY(ede_places_read_told(&address_texts, &import->ede, import->arena, &told, err));
    BP_TRY(site_database_open(database, cfg, import->arena, err));
    BP_TRY(ede_site_read(database, cfg, site_id, NULL, import->arena, &import->site, err));
    import->places = (EdePlaces){.file = import->file,
                                 .ede = &import->ede,
                                 .site = &import->site,
                                 .problems = &import->problems,
                                 .arena = import->arena};
    ede_places_find(&import->places, &told);
    if (import->problems.count)
        return refuse(import, err);
    ede_plan_init(&import->plan, &import->places, states_file ? &import->states : NULL, dry_run);
    return dry_run ? BP_OK : ede_plan_carry_out(&import->plan, import->site.site_id, database, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database = {0};
    Import import = {.file = arguments->positionals.items[0], .arena = arena};
    say_problems_init(&import.problems);
    const BpStatus status = import_file(&import, &database, cfg, &err);
    if (status == BP_OK && arguments->json)
        tell_json(&import);
    else if (status == BP_OK)
        tell(&import);
    site_database_close(&database);
    say_problems_done(&import.problems);
    ede_plan_done(&import.plan);
    return status == BP_OK ? EX_OK : say_fail(command.name, &err);
}

int ede_import(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
