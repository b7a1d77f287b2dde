/* An entry of the journal, and its digest (docs/protocol.md, "The journal"). */
#ifndef JOURNAL_ENTRY_H
#define JOURNAL_ENTRY_H

#include "io/sign/sign.h"

typedef struct JournalEntry {
    BpStr site, kind, body; /* borrowed */
    int64_t epoch, seq, at_us;
    uint8_t digest[SIGN_DIGEST_SIZE]; /* as it is written down */
} JournalEntry;

/* Where a chain stands. In front of an epoch's first entry: seq 0, and a digest of zeros. */
typedef struct JournalPosition {
    int64_t epoch, seq;
    uint8_t digest[SIGN_DIGEST_SIZE];
} JournalPosition;

/* What the digest of a record must be behind the record with digest `previous`. */
void journal_entry_digest(const JournalEntry *entry, const uint8_t previous[SIGN_DIGEST_SIZE],
                          uint8_t ret_digest[SIGN_DIGEST_SIZE]);

/* Readings and health: numbered like others, but not in the chain. */
bool journal_is_frame(BpStr kind);

#endif
