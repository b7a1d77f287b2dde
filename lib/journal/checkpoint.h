/* Checkpoints: where the chain stood, signed by a key that is not in the database. */
#ifndef JOURNAL_CHECKPOINT_H
#define JOURNAL_CHECKPOINT_H

#include "base/error.h"
#include "journal/entry.h"

typedef struct JournalCheckpoint {
    JournalPosition position; /* everything up to this entry is signed for */
    uint8_t key[SIGN_PUBLIC_SIZE], signature[SIGN_SIGNATURE_SIZE];
} JournalCheckpoint;

void journal_checkpoint_sign(BpStr site, const JournalPosition *position, const SignKey *key,
                             JournalCheckpoint *ret_checkpoint);

/* True: the key that it names has signed it. Whether that is the right key is for the caller to say. */
bool journal_checkpoint_is_signed(BpStr site, const JournalCheckpoint *checkpoint);

/* Reads the body of an entry of kind `checkpoint`. */
BpStatus journal_checkpoint_read(BpStr body, JournalCheckpoint *ret_checkpoint, BpError *err) BP_CHECKED;

#endif
