/* Central's authority in its folder: what signs now, what has signed before or will, and its ledger
 * (ledger.h). Whoever works with it has it for himself (a lock), and so opens it for as long as it takes, and
 * no longer.
 *
 *   ca.crt, ca.key       signs
 *   next.crt, next.key   is trusted already, and signs when sites have had 400 days to hear of it
 *   past.crt, past.key   signed before; is trusted until its end
 *
 * An authority lives ten years. When half of them are over the next one is made: what is signed always ends
 * before what signed it. */
#ifndef LINK_CA_H
#define LINK_CA_H

#include "base/buf.h"
#include "link/ledger.h"

typedef struct LinkCa LinkCa;

enum { LINK_SITE_DAYS = 730, LINK_JOIN_DAYS = 7, LINK_SERVER_DAYS = 397, LINK_SERVER_LEFT_DAYS = 60 };

typedef enum LinkCaStep { LINK_CA_KEPT, LINK_CA_BEGUN, LINK_CA_NEXT_MADE, LINK_CA_SUCCEEDED } LinkCaStep;

/* Opens the folder, which it makes where it may; an authority that is missing altogether is made then, the
 * one that is due is made, or takes over. BP_NOT_FOUND: there is none, and it may not be made; BP_INVALID: a
 * file of it is missing, damaged or open to others: nothing was made; BP_UNAVAILABLE: one cannot be read or
 * written; BP_CONFLICT: another program has had it for 10 s. */
BpStatus link_ca_open(const char *folder, const char *title, int64_t now_us, bool may_make, LinkCa **ret_ca,
                      LinkCaStep *ret_step, BpError *err) BP_CHECKED;
void link_ca_free(LinkCa *ca); /* NULL is fine */

void link_ca_authorities(const LinkCa *ca, BpBuf *out); /* all to trust now, as PEM */
int64_t link_ca_until_us(const LinkCa *ca);             /* the end of the one that signs */
const LinkLedger *link_ca_ledger(const LinkCa *ca);     /* as long as the authority is open */
void link_ca_revoked(const LinkCa *ca, int64_t now_us,
                     BpBuf *out); /* a list of each (PEM), for ssl_crl_file */

typedef struct LinkSigning {
    BpStr request; /* PEM */
    int64_t number;
    const char *site_id;
    bool is_join_file;
} LinkSigning;

typedef struct LinkSigned {
    char serial[64];
    int64_t until_us;
} LinkSigned;

/* Signs and writes it down, in that order of what others see: `out` is filled (PEM) when the ledger is on
 * disk. BP_INVALID: the request is none; BP_CONFLICT: the number was another site's once, as the ledger says
 * and the database has forgotten. */
BpStatus link_ca_sign(LinkCa *ca, const LinkSigning *signing, int64_t now_us, BpBuf *out,
                      LinkSigned *ret_signed, BpError *err) BP_CHECKED;

BpStatus link_ca_revoke(LinkCa *ca, int64_t number, int64_t now_us, BpError *err) BP_CHECKED;

/* A server's key and certificate in one file, for just these names, renewed 60 days before its end. */
BpStatus link_ca_keep_server(LinkCa *ca, const char *path, const char *const *names, int64_t now_us,
                             bool *ret_is_new, BpError *err) BP_CHECKED;

#endif
