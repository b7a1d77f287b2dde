/* A central's copy of a site's journal: how it came (select_journal_lives.sql), and with which keys it was
 * signed (select_site_keys.sql). */
#ifndef SITE_COPY_H
#define SITE_COPY_H

#include "base/buf.h"
#include "io/pg/pg.h"
#include "journal/verifier.h"

/* With which keys, in the order in which they hold. Empty: all zero. */
typedef struct SitePins {
    JournalPin *items;
    int64_t *seen_us; /* of each */
    size_t count, capacity;
} SitePins;
void site_pins_done(SitePins *pins);

/* The last one that somebody vouches for, or NULL; ret_seen_us: since when it is known. */
const JournalPin *site_pins_last(const SitePins *pins, int64_t *ret_seen_us);

/* What is wrong with a key that nobody vouches for. */
void site_pin_tell(const JournalPin *pin, BpBuf *out);

/* Each takes a row. The verifier is told of lives before its records, and of their ends behind them. */
void site_copy_take_pin(void *pins, const PgRows *rows, size_t row);
void site_copy_take_life(void *verifier, const PgRows *rows, size_t row);
void site_copy_take_end(void *verifier, const PgRows *rows, size_t row);

#endif
