/* `bacpipes quarantine`: what its parts share. */
#ifndef QUERY_QUARANTINE_H
#define QUERY_QUARANTINE_H

#include "config/arguments.h"
#include "say/table.h"
#include "tool/rows.h"

/* A part at work, with the database open. */
typedef struct QueryQuarantine {
    const CfgCommand *command;
    const CfgArguments *arguments;
    Cfg cfg; /* a part may apply the database's settings to it */
    BpArena *arena;
    SiteDatabase database;
    SayTable table;  /* the part begins it */
    json_t *json;    /* an array of what is told of each entry */
    int64_t entries; /* met so far */
} QueryQuarantine;

/* Opens the database, which must have `site` if that is not NULL, and has the part work. Returns the exit
 * code. */
typedef int QueryQuarantineWork(QueryQuarantine *quarantine, BpError *err);
int query_quarantine_work(const CfgCommand *command, const CfgArguments *arguments, const Cfg *cfg,
                          BpArena *arena, const char *site, QueryQuarantineWork *work);

/* An entry's number on the command line. */
BpStatus query_quarantine_read_id(const char *text, int64_t *ret_id, BpError *err) BP_CHECKED;

/* `one` or `many`: "1 reading", "2 readings". */
const char *query_plural(int64_t count, const char *one, const char *many);

int query_quarantine_list(int argc, char **argv);
int query_quarantine_show(int argc, char **argv);
int query_quarantine_retry(int argc, char **argv);
int query_quarantine_drop(int argc, char **argv);

#endif
