#include "node/targets.h"

#include "site/database.h"

static BpStatus add_target(NodeTargets *targets, BpStr text, BpError *err)
{
    if (targets->count == NODE_TARGETS_MAX)
        return bp_fail(err, BP_INVALID, "more than %d targets", NODE_TARGETS_MAX);
    const BpStatus status = bac_address_parse(text, &targets->addresses[targets->count], err);
    targets->count += status == BP_OK;
    return status;
}

BpStatus node_targets_read(NodeTargets *targets, const Cfg *cfg, const CfgTexts *more, BpError *err)
{
    for (BpStr rest = bp_str(cfg->discovery_targets); rest.size;) {
        const BpStr target = bp_str_cut(rest, ' ', &rest);
        if (target.size && add_target(targets, target, err) != BP_OK)
            return bp_within(err, "discovery.targets");
    }
    for (size_t i = 0; i < more->count; i++)
        BP_TRY(add_target(targets, bp_str(more->items[i]), err));
    return BP_OK;
}

static void add_known(void *context, const PgRows *rows, size_t row)
{
    NodeTargets *targets = context;
    const BpStatus status = add_target(targets, pg_get_text(rows, row, 0), NULL);
    (void)status; /* full, or an address of a kind that is not ours */
}

void node_targets_add_known(NodeTargets *targets, const Cfg *cfg, const BacWhoIs *who_is)
{
    BpArena arena = {0};
    SiteDatabase database;
    const PgValue values[] = {pg_integer(who_is->has_range ? who_is->low : 0),
                              pg_integer(who_is->has_range ? who_is->high : BAC_INSTANCE_MAX),
                              pg_integer(NODE_TARGETS_MAX)};
    BpStatus status = site_database_open(&database, cfg, &arena, NULL);
    if (status == BP_OK)
        status =
            site_database_ask(&database, SQL_SELECT_DEVICE_ADDRESSES, values, 3, add_known, targets, NULL);
    (void)status; /* one way more to find devices, where it is there */
    site_database_close(&database);
    bp_arena_done(&arena);
}
