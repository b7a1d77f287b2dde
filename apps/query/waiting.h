/* What waits for its site: edits, commands and jobs that a central asks for. */
#ifndef QUERY_WAITING_H
#define QUERY_WAITING_H

#include "tool/listing.h"

typedef struct QueryWaiting {
    const CfgCommand *command;
    const Cfg *cfg;
    BpArena *arena;
    const char *site; /* NULL: of any */
    const char *id;   /* how it begins, of what is taken back */
    const char *reason;
    bool as_json;
} QueryWaiting;

/* Both return the exit code. */
int query_waiting_list(const QueryWaiting *wish);
int query_waiting_take_back(const QueryWaiting *wish);

#endif
