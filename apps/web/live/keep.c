/* Table current_value, for SQL and Grafana: at most every 2 s, what has changed since. */
#include "apps/web/live/room.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

enum { ROWS_MAX = 5000, OCTETS_MAX = 16 * 1024 * 1024 };
static const int64_t PATIENCE_US = 10 * BP_SECOND;

typedef struct Keeping {
    Live *live;
    const LiveSite *site; /* gone, where it is not among live's sites any more */
    BpBuf rows;
} Keeping;

static void on_kept(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Keeping *keeping = context;
    (void)rows;
    LiveSite *site = keeping->live->sites;
    while (site && site != keeping->site)
        site = site->next;
    if (site)
        site->is_keeping = false;
    if (site && status != BP_OK) {
        live_values_keep_again(site->values);
        if (status != BP_UNAVAILABLE)
            bp_log(BP_LOG_WARNING, "keeping current values of site %s: %s", site->id, err->text);
    }
    bp_buf_done(&keeping->rows);
    free(keeping);
}

void live_keep(LiveSite *site)
{
    Pg *pg = site->live->pg;
    if (site->is_keeping || !pg_is_connected(pg))
        return;
    Keeping *keeping = malloc(sizeof *keeping);
    if (!keeping)
        abort();
    *keeping = (Keeping){site->live, site, bp_buf_growing(OCTETS_MAX)};
    if (live_values_unkept(site->values, ROWS_MAX, &keeping->rows) == 0) {
        bp_buf_done(&keeping->rows);
        free(keeping);
        return;
    }
    site->is_keeping = true;
    const PgValue values[] = {pg_text(bp_str(site->id)), pg_text(bp_buf_text(&keeping->rows))};
    const PgTicket ticket = pg_request(pg, SQL_KEEP_CURRENT_VALUES, values, 2, on_kept, keeping);
    pg_set_deadline(pg, ticket, loop_now_us(site->live->web->loop) + PATIENCE_US);
}
