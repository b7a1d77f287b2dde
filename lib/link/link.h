/* A site's link to central: the folder <data>/link, whose files say where central is and who we are there.
 *
 *   link.json   {"v": 1, "site_id": "macau", "number": 7, "central": "Lisboa", "host": "central.example.org",
 * "port": 5432} ca.crt      the authorities by which central's certificate is checked: one, or two while one
 * follows the other site.crt    our certificate, of CN site_7 site.key    its key, made here, which has never
 * left this folder
 *
 * It is there whole or not at all (draft.h writes it), so who watches for the folder watches for the join. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "base/arena.h"
#include "base/error.h"
#include "io/pg/pg.h"

#define LINK_DATABASE "bacpipes" /* central's */
#define LINK_JOIN_USER                                                                                       \
    "bacpipes_join" /* the login there, and the name in the certificate, of who has a join file */

enum { LINK_USER_MAX = 32 };

typedef struct Link {
    const char *site_id; /* the same at both ends */
    int64_t number;      /* central's for the site: 1 to INT32_MAX */
    const char *central; /* what central calls itself, for people; "": nothing */
    const char *host;    /* its name or address, as its certificate has it */
    uint16_t port;
    const char *user;                        /* "site_7": the role there, and the name in our certificate */
    const char *ca_file, *certificate, *key; /* paths below the data folder */
} Link;

/* Reads <data>/link; texts are in `arena`. BP_NOT_FOUND: the site has joined no central; BP_INVALID: a file
 * is missing, damaged, or may be read by others, and the sentence says which; BP_UNAVAILABLE: it cannot be
 * read. */
BpStatus link_read(const char *data_folder, BpArena *arena, Link *ret_link, BpError *err) BP_CHECKED;

/* How to reach central by it: TLS 1.3, its certificate checked by name, ours shown. Fills *ret_options but
 * for owner and callbacks; its texts are the link's. */
void link_options(const Link *link, const char *application_name, PgOptions *ret_options);

#endif
