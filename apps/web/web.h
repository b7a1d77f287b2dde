/* bacpipes web: the API, and the interface's files, on the loopback or a Unix socket.
 *
 *   main.c        begins, joins the rooms, ends
 *   rooms.c       the rooms' beginning and end
 *   listen.c      where, and by which names
 *   operations.c  the table of what can be asked for
 *   files.c       the interface's files, from memory
 *   about.c       health, readiness, versions, openapi.yaml
 *   call/         a request on its way
 *   access/       who asks, and what they may
 *   points/       sites, devices, points: found and changed
 *   live/         what points are now
 *   history/      what they were
 *   control/      commands, overrides, audit, settings */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "apps/web/call/call.h"
#include "front/front.h"

/* operations.c */
#define OPERATION(method, path, name, right, flags) void web_##name(Call *call);
#include "apps/web/operations.def"
#undef OPERATION
extern const Operation web_operations[];
extern const size_t web_operation_count;

/* listen.c */
BpStatus web_read_listen(const Cfg *cfg, BpArena *arena, HttpdOptions *options, Front *ret_front,
                         BpError *err) BP_CHECKED;
int web_print_nginx(const Cfg *cfg, BpArena *arena); /* the configuration of nginx in front; the exit code */

/* rooms.c */
/* `connection`: to the database, for those who listen to what it tells. */
BpStatus web_begin_rooms(Web *web, const PgOptions *connection, BpError *err) BP_CHECKED;
void web_leave_clients(Web *web); /* before the door closes: nothing more is sent */
void web_end_rooms(Web *web);     /* also where some have not begun */

/* files.c */
typedef struct Files Files;
/* Reads the folder into memory. What is wrong with it is said where it is asked for: the API works without.
 */
Files *files_new(const char *folder);
void files_free(Files *files);
void files_serve(Call *call);

#endif
