/* A site's certificate is followed by another when half of its life is over, and whom it trusts follows
 * central: both over the link itself, on a connection that somebody else has (role site_<number>). The new
 * key is made here; the folder <data>/link changes in one step, and connections that are there go on. */
#ifndef LINK_RENEWAL_H
#define LINK_RENEWAL_H

#include "link/link.h"

typedef struct LinkRenewal LinkRenewal;

typedef struct LinkRenewalOptions {
    const char *data_folder; /* copied */
    bool is_wanted_now;      /* renews, whatever is over, once */
    void *owner;
    void (*on_renewed)(void *owner,
                       int64_t until_us); /* the next connection shows the new one: link_read. NULL is fine */
    void (*on_kept)(void *owner, int64_t until_us); /* it was looked at, and nothing is due; NULL is fine */
    void (*on_failed)(void *owner, const BpError *err); /* it is tried again; NULL: said in the log */
} LinkRenewalOptions;

LinkRenewal *link_renewal_new(Loop *loop, Pg *pg, const LinkRenewalOptions *options);
void link_renewal_free(LinkRenewal *renewal); /* NULL is fine; after its `pg`, whose answers it waits for */

/* `pg` is connected, again or at first: looks at once. */
void link_renewal_connected(LinkRenewal *renewal);

#endif
