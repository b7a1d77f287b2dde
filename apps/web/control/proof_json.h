/* What a proof of a journal found, and how the API tells it. Of this folder. */
#ifndef WEB_CONTROL_PROOF_JSON_H
#define WEB_CONTROL_PROOF_JSON_H

#include "journal/verifier.h"
#include "site/copy.h"
#include "site/witness.h"

enum { PROOF_FINDINGS_MAX = 100, PROOF_KEYS_MAX = 16 };

typedef struct ProofFinding {
    int64_t epoch, seq;
    char *text;
} ProofFinding;

typedef struct ProofFound {
    JournalVerified verified;
    ProofFinding findings[PROOF_FINDINGS_MAX];
    size_t count;                                   /* of all, also those beyond */
    uint8_t keys[PROOF_KEYS_MAX][SIGN_PUBLIC_SIZE]; /* that of now, and former ones */
    size_t key_count;
    SitePins pins;     /* of a site elsewhere, in place of a key */
    int64_t forgotten; /* entries that the site, put back, does not have any more */
    bool is_witnessed;
    JournalPosition kept; /* where the collector saw the journal; seq 0: unknown */
} ProofFound;

void proof_found_add(ProofFound *found, int64_t epoch, int64_t seq, const char *text);
void proof_found_done(ProofFound *found);

/* What the verifier alone cannot know, once it has ended. */
void proof_found_settle(ProofFound *found, const SiteWitnesses *witnesses, int64_t now_us);

/* A text of JSON, to be freed. */
char *proof_json(const ProofFound *found, int64_t now_us);

#endif
