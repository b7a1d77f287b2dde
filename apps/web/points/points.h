/* The room: sites, devices and points of a web server, and who asks for them. Operations are in sites.c,
 * find.c, portfolio.c, export.c, edit.c, changes.c and views.c; openapi.yaml says what they take and answer.
 */
#ifndef WEB_POINTS_POINTS_H
#define WEB_POINTS_POINTS_H

#include "apps/web/call/call.h"
#include "apps/web/points/search.h"
#include "apps/web/points/store.h"

/* Fills web->store, which is empty until the database has been read, and web->has_site then. */
void points_begin(Web *web, const PgOptions *connection);
void points_end(Web *web);

/* The site that is asked for. NULL: it is not known (yet), and the call has been answered so. */
StoreSite *points_site(Call *call);

/* Its {point}. NULL likewise. */
const StorePoint *points_point(Call *call);

/* ---- operations ---- */

void web_list_sites(Call *call);
void web_get_site(Call *call);
void web_list_devices(Call *call);
void web_get_device(Call *call);
void web_list_points(Call *call);
void web_find_points(Call *call);
void web_export_points(Call *call);
void web_get_point(Call *call);
void web_edit_point(Call *call);
void web_change_points(Call *call);
void web_undo_change(Call *call);
void web_list_views(Call *call);
void web_add_view(Call *call);
void web_edit_view(Call *call);
void web_remove_view(Call *call);

/* ---- of this folder ---- */

/* What is asked for by the parameters that lists of points take. `more` are other parameters that the
 * operation knows, closed by NULL. False: one is wrong, and it was answered. */
bool points_read_query(Call *call, const char *const *more, SearchQuery *ret_query) BP_CHECKED;

/* A text that grows as a page of points may, for one answer. Whoever writes points ends the page where it has
 * so many octets: of whatever length their texts are, there is an answer. */
enum { POINTS_PAGE_OCTETS = 24 * 1024 * 1024 };
BpBuf points_buf(void);
/* Answers with it, and gives it back; `tagged`: who has the same already is told so (304). */
void points_reply(Call *call, BpBuf *body);
void points_reply_tagged(Call *call, BpBuf *body);

/* Rows of select_web_points.sql come into the store, and the point is the answer, with its version. */
void points_reply_point(Call *call, const PgRows *rows);

#endif
