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

/* A key signs for the one that follows it: the first checkpoint of the new key carries that. */
typedef struct JournalHandover {
    uint8_t former[SIGN_PUBLIC_SIZE], signature[SIGN_SIGNATURE_SIZE];
} JournalHandover;
void journal_handover_sign(BpStr site, const SignKey *former, const uint8_t key[SIGN_PUBLIC_SIZE],
                           JournalHandover *ret_handover);
bool journal_handover_is_signed(BpStr site, const JournalHandover *handover,
                                const uint8_t key[SIGN_PUBLIC_SIZE]);

/* Of the body of a checkpoint. BP_NOT_FOUND: no former key has signed for its key. */
BpStatus journal_handover_read(BpStr body, JournalHandover *ret_handover, BpError *err) BP_CHECKED;

/* Reads the body of an entry of kind `checkpoint`. */
BpStatus journal_checkpoint_read(BpStr body, JournalCheckpoint *ret_checkpoint, BpError *err) BP_CHECKED;

#endif
