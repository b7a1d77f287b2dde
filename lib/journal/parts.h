/* What the verifier keeps. Of this folder. */
#ifndef JOURNAL_PARTS_H
#define JOURNAL_PARTS_H

#include "base/arena.h"
#include "base/error.h"
#include "journal/verifier.h"

enum {
    EPOCHS_MAX = 4096,
    ANCHORS_MAX = 4096,
    RECENT_MAX = 65536, /* as far back as a checkpoint may reach: entries come in between while one is made */
    FIRST_BODY_MAX = 1024 * 1024,
};

/* One life of the database. */
typedef struct JournalEpoch {
    JournalPosition last; /* its last record */
    int64_t first_seq, signed_seq;
    int64_t unsigned_count, unsigned_since_us;

    /* What its first entry says; seq 0: nothing, or it was pruned. */
    JournalPosition previous; /* where the life before ended */
    JournalPosition known;    /* what had been seen of it outside */
    bool is_followed;         /* another one has it as `previous` */

    JournalEntry first; /* a copy, where it is not seq 1: to be compared with what was pruned */
    int64_t pruned_seq; /* it begins behind it, rightly */
} JournalEpoch;

typedef struct JournalKnown {
    JournalPosition position;
    int64_t at_us;
    const char *whose;
    bool is_settled; /* it was seen, or was told to be another */
} JournalKnown;

/* A record that was taken lately. */
typedef struct JournalRecent {
    int64_t seq, at_us;
    uint8_t digest[SIGN_DIGEST_SIZE];
    bool is_checkpoint;
} JournalRecent;

struct JournalVerifier {
    JournalVerifierOptions options;
    BpArena arena;
    JournalEpoch *epochs; /* the last of them is the one that records are taken of */
    size_t epoch_count, epoch_capacity;
    JournalPosition *anchors; /* behind what was pruned, as entries say */
    size_t anchor_count, anchor_capacity;
    JournalKnown known[JOURNAL_KNOWN_MAX];
    size_t known_count;
    JournalRecent *recent; /* a ring, of this epoch */
    size_t recent_count;   /* how many were put into it */
    JournalVerified verified;

    /* A record that does not follow: what is the matter is known with the next one. */
    int64_t wrong_epoch, wrong_seq; /* 0: none */
    int64_t wrong_behind_seq;
    uint8_t wrong_digest[SIGN_DIGEST_SIZE]; /* what it should have */
    bool has_told_many;
};

void journal_find(JournalVerifier *verifier, int64_t epoch, int64_t seq, const char *format, ...)
    BP_PRINTF(4, 5);
JournalEpoch *journal_epoch_of(JournalVerifier *verifier, int64_t epoch); /* NULL: there is none */

/* What an entry means to the verifier, beyond its place in the chain (meaning.c). */
void journal_take_meaning(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry);

/* At the end: how the epochs hang together, and what was known from elsewhere (ends.c). */
void journal_settle(JournalVerifier *verifier);

#endif
