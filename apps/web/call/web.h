/* What every request has at hand: the loop, the database, the settings, and the rooms' own parts. Filled by
 * main.c; each room's part is that room's, and others use it by its header. */
#ifndef WEB_CALL_WEB_H
#define WEB_CALL_WEB_H

#include "apps/web/call/operation.h"
#include "config/config.h"
#include "io/httpd/httpd.h"
#include "io/loop/loop.h"
#include "io/pg/pool.h"

typedef struct Web Web;
typedef struct Call Call;

typedef struct WebCounts {
    uint64_t requests, problems, gone; /* gone: the client left before it was answered */
} WebCounts;

struct Web {
    Loop *loop;
    const Cfg *cfg;
    PgPool *pool;
    int64_t started_at_us;
    Call *calls; /* under way */
    size_t call_count;
    WebCounts counts;

    const Operation *operations; /* the table of operations.def */
    size_t operation_count;

    /* Who asks: ends in call_identified, at once or later, or in a problem. access's. */
    void (*identify)(Call *call);
    /* What the address names and no operation has: the interface's files. files.c's; NULL: there are none. */
    void (*serve_file)(Call *call);
    /* Whether there is such a site. points'. NULL: nobody can tell yet. */
    bool (*has_site)(const Web *web, const char *site);

    /* Somebody looks at this site. live's; NULL: it does not matter. */
    void (*on_look)(const Web *web, const char *site);

    /* The rooms' own. */
    struct Access *access;
    struct Store *store;
    struct Load *load; /* which keeps it as the database has it */
    struct Live *live;
    struct History *history;
    struct Control *control;
    struct Files *files;

    /* How the broker and the database are, for readiness; live's and main.c's to say. */
    bool has_broker;
    const struct Front *front;     /* where people reach it */
    const char *const *host_names; /* that the Host header may say, closed by NULL; NULL: any */
};

#endif
