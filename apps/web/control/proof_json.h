/* What a proof of a journal found, and how the API tells it. Of this folder. */
#ifndef WEB_CONTROL_PROOF_JSON_H
#define WEB_CONTROL_PROOF_JSON_H

#include "journal/verifier.h"
#include "site/witness.h"

enum { PROOF_FINDINGS_MAX = 100 };

typedef struct ProofFinding {
    int64_t epoch, seq;
    char *text;
} ProofFinding;

typedef struct ProofFound {
    JournalVerified verified;
    ProofFinding findings[PROOF_FINDINGS_MAX];
    size_t count; /* of all, also those beyond */
    uint8_t key[SIGN_PUBLIC_SIZE];
    bool has_key;
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
