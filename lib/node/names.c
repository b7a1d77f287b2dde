#include "node/names.h"

#include "base/time.h"
#include "site/database.h"

#include <ctype.h>
#include <inttypes.h>

/* A name costs nobody more than a moment where the database is away. */
#define PATIENCE_US (2 * BP_SECOND)

enum { CANDIDATES_MAX = 10, NEAREST_MAX = 3, NAME_MAX_OCTETS = 256 };

/* ---- what has the name ---- */

enum { WHAT, NAME, DEVICE, INSTANCE, ADDRESS, OBJECT, PROPERTY }; /* columns of select_named.sql */

typedef struct Candidates {
    BpArena *arena;
    NodeNamed first;
    BpStatus status; /* of reading the first */
    BpError err;
    size_t count, devices;
    BpBuf list;
} Candidates;

static BpStatus read_row(const PgRows *rows, size_t row, BpArena *arena, NodeNamed *ret_named, BpError *err)
{
    NodeNamed named = {.name = bp_arena_text(arena, pg_get_text(rows, row, NAME)),
                       .instance = (uint32_t)pg_get_integer(rows, row, INSTANCE),
                       .is_point = bp_str_equal(pg_get_text(rows, row, WHAT), bp_str("point"))};
    BP_TRY(bac_address_parse(pg_get_text(rows, row, ADDRESS), &named.address, err));
    if (named.is_point) {
        BP_TRY(bac_object_parse(pg_get_text(rows, row, OBJECT), &named.reference.object, err));
        BP_TRY(bac_property_parse(pg_get_text(rows, row, PROPERTY), &named.reference.property,
                                  &named.reference.index, err));
    }
    *ret_named = named;
    return BP_OK;
}

static void add_candidate(void *context, const PgRows *rows, size_t row)
{
    Candidates *candidates = context;
    if (candidates->count++ == 0)
        candidates->status = read_row(rows, row, candidates->arena, &candidates->first, &candidates->err);
    candidates->devices += bp_str_equal(pg_get_text(rows, row, WHAT), bp_str("device"));
    if (candidates->count > CANDIDATES_MAX) {
        bp_buf_printf(&candidates->list, "; ...");
        return;
    }
    const BpStr object = pg_get_text(rows, row, OBJECT);
    bp_buf_printf(&candidates->list, "%s%.*s%s%" PRId64, candidates->count > 1 ? "; " : "",
                  BP_STR_ARGS(object), object.size ? " of device " : "device ",
                  pg_get_integer(rows, row, INSTANCE));
}

/* ---- what is near it ---- */

typedef struct Near {
    char text[NAME_MAX_OCTETS];
    size_t distance;
} Near;

typedef struct Nearest {
    BpStr wanted;            /* in small letters */
    Near items[NEAREST_MAX]; /* the nearest first */
    size_t count;
} Nearest;

static BpStr small(BpStr text, char ret_text[NAME_MAX_OCTETS])
{
    bp_str_copy(text, ret_text, NAME_MAX_OCTETS);
    for (char *letter = ret_text; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    return bp_str(ret_text);
}

/* A name that has the wanted one in it is nearer than one with a slip in it. */
static void look_at_name(void *context, const PgRows *rows, size_t row)
{
    Nearest *nearest = context;
    char letters[NAME_MAX_OCTETS];
    const BpStr name = pg_get_text(rows, row, 0), lower = small(name, letters);
    const bool has_it = strstr(letters, nearest->wanted.data) != NULL;
    const size_t distance = has_it ? 0 : bp_str_distance(nearest->wanted, lower);
    if (distance >= nearest->wanted.size / 3 + 2)
        return; /* it is another word */
    size_t at = nearest->count;
    while (at > 0 && nearest->items[at - 1].distance > distance)
        at--;
    if (at == NEAREST_MAX)
        return;
    if (nearest->count < NEAREST_MAX)
        nearest->count++;
    for (size_t i = nearest->count - 1; i > at; i--)
        nearest->items[i] = nearest->items[i - 1];
    bp_str_copy(name, nearest->items[at].text, sizeof nearest->items[at].text);
    nearest->items[at].distance = distance;
}

static BpStatus tell_nearest(SiteDatabase *database, const Cfg *cfg, const char *name, const char *device,
                             BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(cfg->site)), device ? pg_text(bp_str(device)) : pg_null()};
    char wanted[NAME_MAX_OCTETS];
    Nearest nearest = {.wanted = small(bp_str(name), wanted)};
    BP_TRY(site_database_ask(database, SQL_SELECT_NAMES, values, 2, look_at_name, &nearest, err));
    char memory[BP_ERROR_TEXT_MAX];
    BpBuf list = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < nearest.count; i++)
        bp_buf_printf(&list, "%s%s",
                      i == 0                   ? ": did you mean "
                      : i + 1 == nearest.count ? " or "
                                               : ", ",
                      nearest.items[i].text);
    bp_buf_printf(&list, nearest.count ? "?" : "; `bacpipes points` lists them");
    return bp_fail(err, BP_NOT_FOUND, "nothing has the name \"%s\"%s%s%.*s", name,
                   device ? " on device " : "", device ? device : "", BP_STR_ARGS(bp_buf_text(&list)));
}

/* ---- both ---- */

static BpStatus ask(SiteDatabase *database, const Cfg *cfg, const char *name, const char *device,
                    Candidates *candidates, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(cfg->site)), pg_text(bp_str(name)),
                              device ? pg_text(bp_str(device)) : pg_null()};
    return site_database_ask(database, SQL_SELECT_NAMED, values, 3, add_candidate, candidates, err);
}

/* Another device may have it. */
static BpStatus tell_nothing(SiteDatabase *database, const Cfg *cfg, const char *name, const char *device,
                             BpArena *arena, BpError *err)
{
    char memory[BP_ERROR_TEXT_MAX];
    Candidates others = {.arena = arena, .list = bp_buf(memory, sizeof memory)};
    if (device)
        BP_TRY(ask(database, cfg, name, NULL, &others, err));
    if (others.count)
        return bp_fail(err, BP_NOT_FOUND, "device %s has no point \"%s\": it is %.*s", device, name,
                       BP_STR_ARGS(bp_buf_text(&others.list)));
    return tell_nearest(database, cfg, name, device, err);
}

static BpStatus find(SiteDatabase *database, const Cfg *cfg, const char *name, const char *device,
                     BpArena *arena, NodeNamed *ret_named, BpError *err)
{
    char memory[BP_ERROR_TEXT_MAX];
    Candidates candidates = {.arena = arena, .list = bp_buf(memory, sizeof memory)};
    BP_TRY(ask(database, cfg, name, device, &candidates, err));
    if (candidates.count == 0)
        return tell_nothing(database, cfg, name, device, arena, err);
    if (candidates.status != BP_OK) {
        *err = candidates.err;
        return bp_within(err, "what the database has for \"%s\"", name);
    }
    if (candidates.count > 1 && candidates.devices != 1)
        return bp_fail(err, BP_CONFLICT,
                       "several have the name \"%s\", say which, as in %" PRIu32 " %s: %.*s", name,
                       candidates.first.instance, candidates.devices ? "ai,3" : name,
                       BP_STR_ARGS(bp_buf_text(&candidates.list)));
    *ret_named = candidates.first;
    return BP_OK;
}

BpStatus node_name_find(const Cfg *cfg, const char *name, const char *device, BpArena *arena,
                        NodeNamed *ret_named, BpError *err)
{
    SiteDatabase database;
    BpStatus status = site_database_try(&database, cfg, PATIENCE_US, arena, err);
    if (status == BP_OK)
        status = find(&database, cfg, name, device, arena, ret_named, err);
    site_database_close(&database);
    if (status != BP_UNAVAILABLE)
        return status;
    return bp_within(
        err,
        "\"%s\" is looked up in the site's database (instances, addresses and objects, as in 1001 ai,3, "
        "need none)",
        name);
}
