/* Who asks: sessions in browsers and tokens of programs, as the database knows them (schema access),
 * remembered for a little while; and the operations by which people log in, mend their own account, and
 * manage others.
 *
 * A session is a secret in a cookie, a token one behind "Authorization: Bearer". Of both the database has a
 * digest, and each change looks it up there anew (web_act). What is remembered here is for reading: half a
 * minute, or until the database says that something of that user is otherwise (NOTIFY bacpipes_access), which
 * takes less than a second. While the database is away, whoever was known in the last five minutes stays so.
 */
#ifndef WEB_ACCESS_H
#define WEB_ACCESS_H

#include "apps/web/call/call.h"

typedef struct Access Access;

/* Begins to listen to the database, as whom `connection` says (copied). web->identify is to be
 * access_identify. */
Access *access_new(Web *web, const PgOptions *connection);
/* What was asked is forgotten; streams have been closed before. */
void access_free(Access *access);

/* Web.identify */
void access_identify(Call *call);

/* ---- streams, which go on after they were asked for ---- */

typedef struct AccessWatch AccessWatch;

/* `on_end` is called once, from the loop, when the session or token has ended or may something else than it
 * did: the stream is to be closed, and whoever has it to ask again. The watch is gone then. */
AccessWatch *access_watch(Access *access, const Person *person, void (*on_end)(void *owner), void *owner);
void access_unwatch(AccessWatch *watch); /* NULL is fine; not after on_end */

#endif
