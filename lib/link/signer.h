/* Who signs at central: looks every 0.3 s at what sites and people have asked for, signs it with the key that
 * no database knows, lists what was revoked, and keeps the files of the link as they should be (server.h),
 * hourly. What is revoked outside of the database is applied to it again when it is connected to. */
#ifndef LINK_SIGNER_H
#define LINK_SIGNER_H

#include "link/server.h"

#include "io/pg/pg.h"

typedef struct LinkSigner LinkSigner;

/* On a connection of role bacpipes_central. BP_INVALID: settings central.* are wrong. */
BpStatus link_signer_new(Loop *loop, Pg *pg, const Cfg *cfg, LinkSigner **ret_signer,
                         BpError *err) BP_CHECKED;

/* After its `pg`, whose answers it waits for. NULL is fine. */
void link_signer_free(LinkSigner *signer);

/* `pg` is connected, again or at first. */
void link_signer_connected(LinkSigner *signer);

/* Nothing is under way or waits, as of a look since it was connected: for who signs once. */
bool link_signer_is_idle(const LinkSigner *signer);

#endif
