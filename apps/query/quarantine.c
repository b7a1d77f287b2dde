/* bacpipes quarantine: what ingest has put aside, and putting it back when its cause is gone. The checks are
 * the database's (quarantine_put_back), by the limits that ingest has. */
#include "apps/query/quarantine.h"

#include "apps/roles.h"
#include "base/parse.h"
#include "say/exit.h"
#include "say/parts.h"

int query_quarantine_work(const CfgCommand *command, const CfgArguments *arguments, const Cfg *cfg,
                          BpArena *arena, const char *site, QueryQuarantineWork *work)
{
    BpError err = {0};
    int code;
    QueryQuarantine quarantine = {
        .command = command, .arguments = arguments, .cfg = *cfg, .arena = arena, .json = json_array()};
    if (site_database_open(&quarantine.database, &quarantine.cfg, arena, &err) == BP_OK &&
        site_database_check_site(&quarantine.database, site, &err) == BP_OK)
        code = work(&quarantine, &err);
    else
        code = say_fail(command->name, &err);
    site_database_close(&quarantine.database);
    say_table_done(&quarantine.table);
    json_decref(quarantine.json);
    return code;
}

BpStatus query_quarantine_read_id(const char *text, int64_t *ret_id, BpError *err)
{
    if (bp_parse_i64(bp_str(text), 1, INT64_MAX, ret_id, err) != BP_OK)
        return bp_within(err, "an entry is a number of `bacpipes quarantine list`");
    return BP_OK;
}

const char *query_plural(int64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

static const SayPart parts[] = {
    {"list", "lists what was put aside, and why", query_quarantine_list},
    {"show", "shows an entry whole", query_quarantine_show},
    {"retry", "puts entries back, when their cause is gone", query_quarantine_retry},
    {"drop", "drops entries for good", query_quarantine_drop},
};
static const SayParts tool = {
    .tool = "bacpipes quarantine",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "Readings that could not be stored are kept with the reason. Examples:\n\n"
            "  bacpipes quarantine list\n"
            "  bacpipes quarantine retry --all --dry-run\n"
            "\n`bacpipes quarantine retry --help` tells more, with further examples.\n",
};

int query_quarantine_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
