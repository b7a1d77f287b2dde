/* The rooms, in the order of what needs what. */
#include "apps/web/access/access.h"
#include "apps/web/control/control.h"
#include "apps/web/history/history.h"
#include "apps/web/live/live.h"
#include "apps/web/points/points.h"
#include "apps/web/web.h"

BpStatus web_begin_rooms(Web *web, const PgOptions *connection, BpError *err)
{
    web->access = access_new(web, connection);
    web->identify = access_identify;
    points_begin(web, connection);
    web->history = history_new(web);
    web->control = control_new(web);
    web->live = live_new(web, err);
    return web->live ? BP_OK : err->status;
}

void web_leave_clients(Web *web)
{
    live_leave_clients(web->live);
    history_leave(web->history);
}

void web_end_rooms(Web *web)
{
    live_free(web->live);
    control_free(web->control);
    history_free(web->history);
    points_end(web);
    access_free(web->access);
}
