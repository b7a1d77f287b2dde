/* bacpipes ede export: rows of device and point to an EDE file, the texts of states to a second one. */
#include "apps/ede/site.h"
#include "apps/ede/twins.h"
#include "say/exit.h"

#include "base/time.h"
#include "say/begin.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_OCTETS_MAX = 256 * 1024 * 1024, PATH_OCTETS_MAX = 4096 };

static const char *site_id, *device, *output, *states_file;

static const CfgOption options[] = {
    {"site", "SITE", "Of which site. Default: the database's only one, or that of the settings.",
     .text = &site_id},
    {"device", "DEVICE", "Only this device: its name, device_id, instance or address.", .text = &device},
    {"output", "FILE", "Write to this file, whole or not at all. Default: standard output.", .text = &output},
    {"states", "FILE",
     "Write the texts of states to this file. Default: FILE of --output with _StateTexts before its .csv.",
     .text = &states_file},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes ede export",
    .summary =
        "Writes devices and points of the database to an EDE file (BIG-EU, layout 2.3): CSV in UTF-8 with "
        "semicolons, as Excel opens it.",
    .options = options,
    .details =
        "A device has a line with its address as vendor-specific-address; points have one each, "
        "settable where\n"
        "they are commandable. Points with the same texts of states refer to the same list. Where several "
        "devices\n"
        "have one instance, their points have the address, too, which tells import whose they are.\n"
        "Exit codes: 0 fine; 1 no device found; 69 also: a file cannot be written;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes ede export --output site.csv\n"
                "bacpipes ede export --device 1001 > ahu-1.csv\n"
                "bacpipes ede export --site macau --output macau.csv --states macau-texts.csv",
};

typedef struct Export {
    BpArena *arena;
    EdeSite site;
    Ede ede;
    EdeStates *lists;
    size_t list_count;
    size_t left_out, without_code;
} Export;

/* ---- what to write ---- */

/* The number of the list with these texts, counted from 1 in the order of first use. */
static uint32_t number_of_states(Export *export, const EdeSitePoint *point)
{
    if (point->state_count == 0)
        return EDE_NOTHING;
    for (size_t i = 0; i < export->list_count; i++) {
        const EdeStates *list = &export->lists[i];
        size_t same = 0;
        while (list->count == point->state_count && same < list->count &&
               bp_str_equal(list->texts[same], point->states[same]))
            same++;
        if (same == point->state_count)
            return list->number;
    }
    const uint32_t number = (uint32_t) export->list_count + 1;
    export->lists[export->list_count++] =
        (EdeStates){.number = number, .texts = point->states, .count = point->state_count};
    return number;
}

/* Nothing of it is given by us, as point_id is, so that an import elsewhere has the same keys. */
static BpStr keyname(Export *export, uint32_t instance, BacObjectId object)
{
    char name[BAC_REFERENCE_TEXT_MAX], key[BAC_REFERENCE_TEXT_MAX + 16];
    bac_object_format(object, name);
    *strrchr(name, ',') = '.';
    snprintf(key, sizeof key, "%" PRIu32 ".%s", instance, name);
    return bp_str(bp_arena_text(export->arena, bp_str(key)));
}

static void add_device(Export *export, const EdeSiteDevice *of)
{
    const BacObjectId object = {BAC_DEVICE, of->instance};
    export->ede.objects[export->ede.count++] = (EdeObject){
        .keyname = keyname(export, of->instance, object),
        .device = of->instance,
        .name = of->name,
        .object = object,
        .description = of->description,
        .min = NAN,
        .max = NAN,
        .states = EDE_NOTHING,
        .units = EDE_NOTHING,
        .address = of->address,
    };
}

static void add_point(Export *export, const EdeSitePoint *point)
{
    const uint32_t instance = point->device->instance;
    EdeObject object = {
        .keyname = keyname(export, instance, point->object),
        .device = instance,
        .name = point->name,
        .object = point->object,
        .description = point->description,
        .min = point->min,
        .max = point->max,
        .settable = point->commandable ? EDE_YES : EDE_NO,
        .states = EDE_NOTHING,
        .address = point->device->address,
    };
    export->without_code += !bac_units_parse(point->units, &object.units);
    if (object.units == BAC_UNITS_NO_UNITS)
        object.units = EDE_NOTHING;
    export->ede.objects[export->ede.count++] = object;
}

/* Points need their device's address where another device has its instance, and nowhere else. */
static void mark_twins(Export *export)
{
    SayProblems none;
    say_problems_init(&none);
    ede_mark_twins(&export->ede, output, export->arena, &none); /* addresses are all there */
    say_problems_done(&none);
    for (size_t i = 0; i < export->ede.count; i++) {
        EdeObject *object = &export->ede.objects[i];
        if (object->object.type != BAC_DEVICE && object->twin.size == 0)
            object->address = bp_str("");
    }
}

/* A point's list is looked for in the order of the file, so the same content gives the same numbers. The
 * point of a line is found by `line`, which a line to be written has no other use for. */
static void number_states(Export *export)
{
    for (size_t i = 0; i < export->ede.count; i++) {
        EdeObject *object = &export->ede.objects[i];
        if (object->line)
            object->states = number_of_states(export, &export->site.points[object->line - 1]);
    }
}

static BpStatus gather(Export *export, BpError *err)
{
    const EdeSite *site = &export->site;
    if (site->device_count == 0 && device)
        return bp_fail(err, BP_NOT_FOUND, "site %.*s has no device \"%s\"", BP_STR_ARGS(site->site_id),
                       device);
    if (site->device_count == 0)
        return bp_fail(err, BP_NOT_FOUND, "site %.*s has no devices yet", BP_STR_ARGS(site->site_id));
    export->ede.objects =
        bp_arena_take(export->arena, (site->device_count + site->point_count) * sizeof *export->ede.objects);
    export->lists = bp_arena_take(export->arena, (site->point_count + 1) * sizeof *export->lists);
    for (size_t i = 0; i < site->device_count; i++)
        add_device(export, &site->devices[i]);
    for (size_t i = 0; i < site->point_count; i++)
        if (site->points[i].is_exchanged) {
            add_point(export, &site->points[i]);
            export->ede.objects[export->ede.count - 1].line = i + 1;
        } else {
            export->left_out++;
        }
    mark_twins(export);
    qsort(export->ede.objects, export->ede.count, sizeof *export->ede.objects, ede_compare);
    number_states(export);
    return BP_OK;
}

/* ---- files ---- */

static BpStatus write_whole(int fd, BpStr text)
{
    while (text.size) {
        const ssize_t size = write(fd, text.data, text.size);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return BP_UNAVAILABLE;
        text = (BpStr){text.data + size, text.size - (size_t)size};
    }
    return BP_OK;
}

/* Writes beside `path`; rename makes it the file once all is well. */
static BpStatus write_draft(const char *path, const BpBuf *contents, char draft[PATH_OCTETS_MAX],
                            BpError *err)
{
    struct stat there;
    draft[0] = '\0';
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return bp_fail(err, BP_INVALID, "%s is there and no file: name a file", path);
    if (snprintf(draft, PATH_OCTETS_MAX, "%s.XXXXXX", path) >= PATH_OCTETS_MAX)
        return bp_fail(err, BP_INVALID, "the name of the file is too long");
    const mode_t mask = umask(0);
    umask(mask);
    const int fd = mkstemp(draft);
    const int reason = errno;
    if (fd < 0)
        draft[0] = '\0';
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be written: %s", path, bp_errno_text(reason));
    const bool is_whole = write_whole(fd, bp_buf_text(contents)) == BP_OK &&
                          fchmod(fd, (mode_t)0666 & ~mask) == 0 && fsync(fd) == 0;
    const int number = errno;
    close(fd);
    return is_whole ? BP_OK : bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number));
}

static BpStatus put_in_place(const char *draft, const char *path, BpError *err)
{
    if (rename(draft, path) == 0)
        return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
}

/* Both or, as far as a file system lets us, none: the drafts are whole before the first is renamed. */
/* Files beside their places, until both are whole; empty text: none was begun. */
typedef struct Drafts {
    char ede[PATH_OCTETS_MAX], states[PATH_OCTETS_MAX];
} Drafts;

static BpStatus write_by_drafts(const BpBuf *ede, const BpBuf *states, const char *states_path,
                                Drafts *drafts, BpError *err)
{
    if (output)
        BP_TRY(write_draft(output, ede, drafts->ede, err));
    if (states_path) {
        BP_TRY(write_draft(states_path, states, drafts->states, err));
        BP_TRY(put_in_place(drafts->states, states_path, err));
    }
    if (output)
        return put_in_place(drafts->ede, output, err);
    if (write_whole(STDOUT_FILENO, bp_buf_text(ede)) != BP_OK)
        return bp_fail(err, BP_UNAVAILABLE, "standard output: %s", bp_errno_text(errno));
    return BP_OK;
}

static BpStatus write_files(const BpBuf *ede, const BpBuf *states, const char *states_path, BpError *err)
{
    Drafts drafts = {0};
    const BpStatus status = write_by_drafts(ede, states, states_path, &drafts, err);
    if (status != BP_OK && drafts.ede[0])
        unlink(drafts.ede);
    if (status != BP_OK && drafts.states[0])
        unlink(drafts.states);
    return status;
}

/* "site_StateTexts.csv" for "site.csv". */
static const char *states_beside(const char *path, BpArena *arena)
{
    static const char ending[] = ".csv";
    const size_t size = strlen(path), ending_size = sizeof ending - 1;
    const bool has_ending = size > ending_size && strcasecmp(path + size - ending_size, ending) == 0;
    const size_t stem = has_ending ? size - ending_size : size, room = size + 16;
    char *beside = bp_arena_take(arena, room);
    snprintf(beside, room, "%.*s_StateTexts%s", (int)stem, path, path + stem);
    return beside;
}

/* ---- all of it ---- */

static void tell(const Export *export, const char *states_path)
{
    FILE *to = output ? stdout : stderr;
    if (output)
        fprintf(to, "%s: %zu devices, %zu points\n", output, export->site.device_count,
                export->ede.count - export->site.device_count);
    if (states_path)
        fprintf(to, "%s: %zu lists of texts of states\n", states_path, export->list_count);
    else if (export->list_count)
        fprintf(stderr, "%s: the texts of states are left out: --output or --states names a file for them\n",
                command.name);
    if (export->left_out)
        fprintf(stderr,
                "%s: %zu points are left out: EDE has only present values, of analog, binary, multi-state "
                "and the like "
                "objects\n",
                command.name, export->left_out);
    if (export->without_code)
        fprintf(stderr, "%s: %zu points have units that BACnet has no code for: their unit-code is empty\n",
                command.name, export->without_code);
}

/* Whoever gets the file is told that nobody has built what it lists. */
static BpStr project_of(Export *export)
{
    char name[512];
    const EdeSite *site = &export->site;
    if (!site->is_simulated)
        return site->name;
    snprintf(name, sizeof name, "%.*s (simulated)", BP_STR_ARGS(site->name));
    return bp_str(bp_arena_text(export->arena, bp_str(name)));
}

static BpStatus write_all(Export *export, BpError *err)
{
    char now[BP_TIME_TEXT_MAX];
    enum { DATE_SIZE = 10 };
    BpBuf ede = bp_buf_growing(FILE_OCTETS_MAX), states = bp_buf_growing(FILE_OCTETS_MAX);
    const char *states_path = states_file;
    if (!states_path && output && export->list_count)
        states_path = states_beside(output, export->arena);
    export->ede.project = project_of(export);
    export->ede.version = bp_str("1");
    export->ede.author = bp_str("BacPipes");
    export->ede.timestamp = (BpStr){bp_time_format(bp_wall_us(), 0, now), DATE_SIZE};
    if (!states_path) /* a number without a list would be an error to whoever reads it */
        for (size_t i = 0; i < export->ede.count; i++)
            export->ede.objects[i].states = EDE_NOTHING;
    ede_write(&ede, &export->ede);
    ede_write_states(&states, export->lists, export->list_count);
    BpStatus status = BP_OK;
    if (ede.failed || states.failed)
        status = bp_fail(err, BP_FULL, "the file would be larger than 256 MB: --device writes one device");
    else if (output && states_path && strcmp(output, states_path) == 0)
        status = bp_fail(err, BP_INVALID, "--output and --states name the same file");
    else
        status = write_files(&ede, &states, states_path, err);
    bp_buf_done(&ede);
    bp_buf_done(&states);
    if (status == BP_OK)
        tell(export, states_path);
    return status;
}

static BpStatus export_site(Export *export, SiteDatabase *database, const Cfg *cfg, BpError *err)
{
    BP_TRY(site_database_open(database, cfg, export->arena, err));
    BP_TRY(ede_site_read(database, cfg, site_id, device, export->arena, &export->site, err));
    BP_TRY(gather(export, err));
    return write_all(export, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database = {0};
    Export export = {.arena = arena};
    (void)arguments;
    const BpStatus status = export_site(&export, &database, cfg, &err);
    site_database_close(&database);
    return status == BP_OK ? EX_OK : say_fail(command.name, &err);
}

int ede_export(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
