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

/* What a central knows of a life before it takes its records: see JournalLife. */
typedef struct JournalCopied {
    int64_t epoch, came_seq;
    int64_t previous_had, begun_had;
    JournalPosition previous; /* seq 0: its place is not known */
    JournalPosition agreed; /* up to there both had the same when this life began; epoch 0: nobody compared */
    JournalPosition record; /* the last record of that; seq 0: none */
} JournalCopied;

/* What the lives behind one say of its end. */
typedef struct JournalFloor {
    int64_t behind_seq; /* what is behind that was forgotten; INT64_MAX: nothing was */
    int64_t had_seq;    /* but not what is behind this */
    int64_t next_epoch;
    JournalPosition record; /* how it must be there; seq 0: that is not known */
    bool is_end;            /* it has to reach as far as that */
} JournalFloor;

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

    JournalFloor floor; /* of a copy */
    bool is_at_floor;   /* the record there is as it must be */
    int64_t forgotten;  /* records */
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
    JournalPosition *anchors; /* behind what was pruned, as entries say, or who knows */
    size_t anchor_count, anchor_capacity;
    JournalKnown known[JOURNAL_KNOWN_MAX];
    size_t known_count;
    JournalCopied *copied; /* in their order; none: this is no copy */
    size_t copied_count, copied_capacity;
    bool *was_handed;      /* of options.keys: another one signs in its place */
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

/* A copy's lives (copy.c): where one must end, what is said of a record there, and how they hang together. */
void journal_copy_begin(const JournalVerifier *verifier, JournalEpoch *epoch);
void journal_copy_take(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry);
void journal_copy_settle(JournalVerifier *verifier);

/* How a life that is told to be pruned is (ends.c). */
bool journal_is_pruned(const JournalVerifier *verifier, const JournalPosition *position);

/* Positions in an entry `epoch`; epoch 0: there is none (meaning.c). */
typedef struct JournalBeginning {
    JournalPosition previous, known, agreed, record;
} JournalBeginning;
JournalBeginning journal_read_beginning(BpStr body);

/* What an entry means to the verifier, beyond its place in the chain (meaning.c). */
void journal_take_meaning(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry);

/* At the end: how the epochs hang together, and what was known from elsewhere (ends.c). */
void journal_settle(JournalVerifier *verifier);

#endif
