/* Is a journal whole? Takes its records one after the other, keeps of them what does not grow with their
 * number, and tells each thing that is wrong.
 *
 * It finds what was changed, cut out, added, put elsewhere or chained anew in what a checkpoint covers, by
 * whoever has not the secret key. Of what is behind the last checkpoint it finds what was done without
 * calculating all digests anew, or what contradicts a position that is known from elsewhere; the rest it
 * calls unsigned. */
#ifndef JOURNAL_VERIFIER_H
#define JOURNAL_VERIFIER_H

#include "base/error.h"
#include "journal/entry.h"

typedef struct JournalVerifier JournalVerifier;

/* At a central: what it has of a life that the site, put back to an earlier state, knows nothing of. Each of
 * these follows from the one before it, and was here before the next life began. */
typedef struct JournalForgotten {
    int64_t epoch, behind_seq; /* what is behind that; 0: all of the epoch */
    int64_t last_seq, count;
    int64_t signed_seq; /* behind_seq or less: no checkpoint signs for any of them */
    int64_t next_epoch; /* the life that began without them */
} JournalForgotten;

/* A key that was found to sign, from that entry on, until the next one. */
typedef struct JournalPin {
    uint8_t key[SIGN_PUBLIC_SIZE];
    int64_t epoch, seq;
    bool is_doubted; /* nobody vouches for it: what it signs counts as unsigned */
} JournalPin;

typedef struct JournalVerifierOptions {
    BpStr site;                              /* borrowed */
    const uint8_t (*keys)[SIGN_PUBLIC_SIZE]; /* those that may have signed; borrowed */
    size_t key_count;                        /* 0: no checkpoint is believed */
    const JournalPin *pins;                  /* in place of keys: in their order; borrowed */
    size_t pin_count;
    int64_t now_us; /* for what was pruned too early */
    void *owner;
    void (*on_finding)(void *owner, int64_t epoch, int64_t seq, const char *text); /* seq 0: of all of it */
    void (*on_forgotten)(void *owner, const JournalForgotten *forgotten); /* NULL: nobody wants to know */
} JournalVerifierOptions;

/* What was proven. */
typedef struct JournalVerified {
    int64_t epochs, records, checkpoints, findings;
    int64_t oldest_us, newest_us; /* of records; 0: there is none */
    int64_t gaps;                 /* numbers between records that no record has: of frames */

    /* Of the epoch that nothing follows; 0: there is none. */
    int64_t epoch, last_seq, signed_seq;

    int64_t unsigned_records, unsigned_since_us; /* of all epochs; checkpoints do not count */
    int64_t pruned_seq;                          /* the journal begins behind it, rightly; 0: at its start */
} JournalVerified;

JournalVerifier *journal_verifier_new(const JournalVerifierOptions *options);
void journal_verifier_free(JournalVerifier *verifier); /* NULL is fine */

/* Before the first record: this position is known from elsewhere, and `whose` says where from, behind "as":
 * "the collector signed it". Whether it is there is told at the end. It was signed
 * at `at_us`, or that is 0; those come in order. At most JOURNAL_KNOWN_MAX. */
enum { JOURNAL_KNOWN_MAX = 1024 };
void journal_verifier_know(JournalVerifier *verifier, const JournalPosition *position, int64_t at_us,
                           const char *whose);

/* What is known from elsewhere to have been forgotten, rightly: a life up to that position. Whoever says it
 * is to be believed: the chain shows only that what is behind it goes on from there. At most 4096. */
void journal_verifier_pruned(JournalVerifier *verifier, const JournalPosition *position);

/* At a central, before the first record: a life as it came from its site, in the order in which they began
 * here. Where these are told, the journal is a copy: what its site knows no more may be in it, if it was here
 * before the next life began; and what did not come from the site may not. */
typedef struct JournalLife {
    JournalPosition received;        /* its last record as it came; seq 0: none did */
    JournalPosition begins;          /* what the chain of its first entry here goes on from */
    int64_t previous;                /* the life that it names as the one before; 0: none */
    int64_t previous_had, begun_had; /* as it began: how far that life had come, and how far the one had that
                                      * had begun here before it */
    BpStr beginning;                 /* body of its entry 1; empty: that is not here */
} JournalLife;
void journal_verifier_life(JournalVerifier *verifier, const JournalLife *life);

/* The next record: all of an epoch one behind the other, by their seq; epochs in any order. */
void journal_verifier_take(JournalVerifier *verifier, const JournalEntry *entry);

/* Behind the last record, at a central: how far a life's records had come by then. */
void journal_verifier_came(JournalVerifier *verifier, int64_t epoch, int64_t seq);

/* There are no more. */
void journal_verifier_end(JournalVerifier *verifier, JournalVerified *ret_verified);

#endif
