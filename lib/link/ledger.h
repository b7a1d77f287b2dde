/* What central's authority has signed, and what of that counts no more: two files beside its key, to which
 * lines are added and of which none is ever taken away. They are outside the database, so that no restore of
 * it gives a number twice or takes a revocation back.
 *
 *   issued    SERIAL NUMBER UNTIL SITE_ID site|join      "3fa9... 7 1861920000 macau site"
 *   revoked   SERIAL NUMBER UNTIL SITE_ID
 *
 * UNTIL is the certificate's end, in seconds since 1970. A line that was cut short counts for nothing. */
#ifndef LINK_LEDGER_H
#define LINK_LEDGER_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

typedef struct LinkEntry {
    const char *serial, *site_id;
    int64_t number, until_us;
    bool is_join_file; /* of `issued`; else it is a site's */
} LinkEntry;

typedef struct LinkLedger {
    const char *folder; /* borrowed */
    LinkEntry *issued, *revoked;
    size_t issued_count, revoked_count, issued_room, revoked_room;
    BpArena arena;
} LinkLedger;

/* To be ended by link_ledger_done in any case. BP_INVALID, BP_UNAVAILABLE: a file cannot be read. */
BpStatus link_ledger_open(const char *folder, LinkLedger *ret_ledger, BpError *err) BP_CHECKED;
void link_ledger_done(LinkLedger *ledger);

/* On disk when it returns; before that nothing that was signed is given away. BP_UNAVAILABLE: it cannot be
 * written. */
BpStatus link_ledger_issue(LinkLedger *ledger, const LinkEntry *entry, BpError *err) BP_CHECKED;

/* All that was issued to that number and has not ended counts no more. */
BpStatus link_ledger_revoke(LinkLedger *ledger, int64_t number, int64_t now_us, BpError *err) BP_CHECKED;

int64_t link_ledger_last_number(const LinkLedger *ledger); /* 0: none was given */
/* Whether anybody may come by what was issued: it has not ended, and was not revoked. */
bool link_ledger_counts(const LinkLedger *ledger, int64_t now_us);
/* The site_id that the number was given to; NULL: none. */
const char *link_ledger_owner(const LinkLedger *ledger, int64_t number);

#endif
