/* Why a site and its central do not come together: what libpq, OpenSSL and PostgreSQL say of it, in words for
 * who looks after the building, with what to look at next. */
#ifndef LINK_EXPLAIN_H
#define LINK_EXPLAIN_H

#include "base/error.h"

#include <stdint.h>

typedef struct LinkAttempt {
    const char *host; /* of central, and its port, as the site knows them */
    int64_t port;
    const char *site_id;
    bool is_joining; /* what it shows is a join file's certificate, and not its own */
    int64_t now_us;  /* this machine's clock, which may be what is wrong */
} LinkAttempt;

/* `why` is what on_lost was told of a connection that never was. BP_REFUSED: it stays so until somebody does
 * something, here or there; BP_UNAVAILABLE: it may pass. */
BpStatus link_explain(const LinkAttempt *attempt, const BpError *why, BpError *err);

#endif
