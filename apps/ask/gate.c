#include "apps/ask/gate.h"

#include "base/parse.h"
#include "base/time.h"
#include "site/database.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A write waits no longer than that for a database that is away. */
#define PATIENCE_US (2 * BP_SECOND)

enum { POINT_ID, NAME, IS_WRITABLE, MIN, MAX, MODE }; /* columns of select_writable.sql */

typedef struct Look {
    BpArena *arena;
    AskGate gate;
} Look;

static void keep(void *context, const PgRows *rows, size_t row)
{
    Look *look = context;
    look->gate = (AskGate){.is_known = true,
                           .point_id = pg_get_integer(rows, row, POINT_ID),
                           .name = bp_arena_text(look->arena, pg_get_text(rows, row, NAME)),
                           .mode = bp_arena_text(look->arena, pg_get_text(rows, row, MODE)),
                           .is_writable = pg_get_bool(rows, row, IS_WRITABLE),
                           .has_min = !pg_is_null(rows, row, MIN),
                           .has_max = !pg_is_null(rows, row, MAX)};
    if (look->gate.has_min)
        look->gate.min = pg_get_double(rows, row, MIN);
    if (look->gate.has_max)
        look->gate.max = pg_get_double(rows, row, MAX);
}

static PgValue instance_of(const AskDevice *device)
{
    int64_t instance;
    if (device->is_named)
        return pg_integer(device->named.instance);
    return bp_parse_i64(bp_str(device->word), 0, BAC_INSTANCE_MAX, &instance, NULL) == BP_OK
               ? pg_integer(instance)
               : pg_null();
}

BpStatus ask_gate_look(const AskDevice *device, const BacAddress *address, const BacReference *reference,
                       const Cfg *cfg, BpArena *arena, AskGate *ret_gate, BpError *err)
{
    BpError why;
    Look look = {.arena = arena};
    SiteDatabase database;
    char at[BAC_ADDRESS_TEXT_MAX], object[BAC_REFERENCE_TEXT_MAX], whole[BAC_REFERENCE_TEXT_MAX];
    BpStr property, type, ignored;
    (void)bp_str_cut(bp_str(bac_reference_format(reference, whole)), ' ', &property);
    property = bp_str_cut(property, '[', &ignored);
    type = bp_str_cut(bp_str(bac_object_format(reference->object, object)), ',', &ignored);
    const PgValue values[] = {pg_text(bp_str(cfg->site)),
                              pg_text(bp_str(bac_address_format(address, at))),
                              instance_of(device),
                              pg_text(type),
                              pg_integer(reference->object.instance),
                              pg_text(property)};
    BpStatus status = site_database_try(&database, cfg, PATIENCE_US, arena, &why);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_WRITABLE, values, 6, keep, &look, &why);
    site_database_close(&database);
    *ret_gate = look.gate;
    if (status == BP_OK || !*cfg->database_host)
        return BP_OK;
    return bp_fail(err, BP_UNAVAILABLE, "whether %s may be written is not known: %s", object, why.text);
}

BpStatus ask_gate_check_write(const AskGate *gate, BpError *err)
{
    if (gate->is_known && strcmp(gate->mode, "normal") != 0)
        return bp_fail(err, BP_REFUSED, "control is %s at this site",
                       strcmp(gate->mode, "stop") == 0 ? "stopped" : "frozen");
    if (!gate->is_known || gate->is_writable)
        return BP_OK;
    return bp_fail(err, BP_REFUSED, "%s (point %" PRId64 ") is not writable", gate->name, gate->point_id);
}

BpStatus ask_gate_check_number(const AskGate *gate, double number, BpError *err)
{
    const bool is_low = gate->has_min && number < gate->min, is_high = gate->has_max && number > gate->max;
    if (!gate->is_known || (!is_low && !is_high))
        return BP_OK;
    char range[64];
    if (gate->has_min && gate->has_max)
        snprintf(range, sizeof range, "%g to %g", gate->min, gate->max);
    else
        snprintf(range, sizeof range, "%s %g", gate->has_min ? "at least" : "at most",
                 gate->has_min ? gate->min : gate->max);
    return bp_fail(err, BP_REFUSED, "%g is out of the range of %s (point %" PRId64 "), %s", number,
                   gate->name, gate->point_id, range);
}
