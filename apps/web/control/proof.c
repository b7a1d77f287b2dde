#include "apps/web/control/proof.h"

#include "apps/web/control/parts.h"
#include "apps/web/control/proof_json.h"
#include "base/log.h"
#include "base/time.h"
#include "io/sign/key_file.h"
#include "site/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_RECORDS = 250, /* some milliseconds of the loop */
    EPOCHS_MAX = 4097,  /* one more than the verifier looks at, which says that there are more */
    PATH_OCTETS = 4200,
    ID_MAX = 37,
    SITE_MAX = 64,
};

static const int64_t TELL_EVERY_US = 500 * BP_MS;

struct Proof {
    struct Proof *next;
    Control *control; /* NULL: nobody waits any more, and it ends at its next step */
    Web *web;
    char site[SITE_MAX], id[ID_MAX];
    char data_folder[PATH_OCTETS]; /* "": not the site of this machine */
    bool wants_more;               /* somebody asked again meanwhile */

    SiteWitnesses witnesses; /* what the collector signed */
    ProofFound found;
    JournalPosition head;
    JournalVerifier *verifier;
    int64_t epochs[EPOCHS_MAX];
    size_t epoch_count, at;
    int64_t behind_seq, taken, about, told_us;
};

static void request(Proof *proof, SqlQuery query, const PgValue *values, size_t count, PgDone done)
{
    (void)pg_pool_request(proof->web->pool, query, values, count, done, proof);
}

/* ---- its end ---- */

static void begin(Proof *proof);

static void forget(Proof *proof)
{
    for (Proof **link = proof->control ? &proof->control->proofs : NULL; link && *link; link = &(*link)->next)
        if (*link == proof) {
            *link = proof->next;
            break;
        }
    journal_verifier_free(proof->verifier);
    proof_found_done(&proof->found);
    free(proof);
}

/* Whether a step's answer is of use; if not, the proof has ended and is gone. */
static bool goes_on(Proof *proof, BpStatus status, const BpError *err)
{
    static BpLogKind failed;
    if (proof->control && status == BP_OK)
        return true;
    if (proof->control && status != BP_UNAVAILABLE && status != BP_CANCELLED)
        bp_log_some(&failed, loop_now_us(proof->web->loop), BP_LOG_ERROR,
                    "proving the journal of site %s: %s", proof->site, err->text);
    forget(proof); /* its job expires, or fails when this program begins anew */
    return false;
}

static void on_ended(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    (void)rows;
    if (!goes_on(proof, status, err))
        return;
    begin(proof); /* there may be another */
}

static void conclude(Proof *proof)
{
    journal_verifier_end(proof->verifier, &proof->found.verified);
    proof_found_settle(&proof->found, &proof->witnesses, bp_wall_us());
    char *result = proof_json(&proof->found, bp_wall_us());
    const PgValue values[] = {pg_text(bp_str(proof->id)), pg_text(bp_str("completed")),
                              pg_text(bp_str(result)), pg_null()};
    request(proof, SQL_END_JOB, values, 4, on_ended);
    free(result);
}

static void on_ends(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    if (!goes_on(proof, status, err))
        return;
    for (size_t row = 0; row < pg_row_count(rows); row++)
        site_copy_take_end(proof->verifier, rows, row);
    conclude(proof);
}

static void end(Proof *proof)
{
    const PgValue site = pg_text(bp_str(proof->site));
    if (*proof->data_folder)
        conclude(proof);
    else
        request(proof, SQL_SELECT_JOURNAL_LIVES, &site, 1, on_ends);
}

/* ---- records, a page at a time ---- */

static void ask_page(Proof *proof);

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    if (!goes_on(proof, status, err))
        return;
    if (pg_get_bool(rows, 0, 0))
        ask_page(proof);
    else
        begin(proof); /* nobody waits for it any more */
}

static bool tell(Proof *proof)
{
    const int64_t now_us = loop_now_us(proof->web->loop);
    if (now_us < proof->told_us + TELL_EVERY_US)
        return false;
    const double share = proof->about > 0 ? (double)proof->taken / (double)proof->about : 0;
    const PgValue values[] = {pg_text(bp_str(proof->id)), pg_double(share < 0.99 ? share : 0.99), pg_null()};
    proof->told_us = now_us;
    request(proof, SQL_TELL_JOB, values, 3, on_told);
    return true;
}

static void take(Proof *proof, const PgRows *rows, size_t row)
{
    const BpStr hex = pg_get_text(rows, row, 3);
    uint8_t *body = malloc(hex.size / 2 + 1);
    if (!body)
        abort();
    if (!sign_from_hex(hex, body, hex.size / 2))
        abort(); /* PostgreSQL made it */
    JournalEntry entry = {.site = bp_str(proof->site),
                          .epoch = proof->epochs[proof->at],
                          .seq = pg_get_integer(rows, row, 0),
                          .kind = pg_get_text(rows, row, 1),
                          .at_us = pg_get_time_us(rows, row, 2),
                          .body = {(const char *)body, hex.size / 2}};
    if (!sign_from_hex(pg_get_text(rows, row, 4), entry.digest, sizeof entry.digest))
        memset(entry.digest, 0, sizeof entry.digest);
    journal_verifier_take(proof->verifier, &entry);
    proof->behind_seq = entry.seq;
    proof->taken++;
    free(body);
}

static void on_page(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    if (!goes_on(proof, status, err))
        return;
    for (size_t row = 0; row < pg_row_count(rows); row++)
        take(proof, rows, row);
    if (pg_row_count(rows) < PAGE_RECORDS) {
        proof->at++;
        proof->behind_seq = 0;
    }
    if (proof->at == proof->epoch_count)
        end(proof);
    else if (!tell(proof))
        ask_page(proof);
}

static void ask_page(Proof *proof)
{
    const PgValue values[] = {pg_text(bp_str(proof->site)), pg_integer(proof->epochs[proof->at]),
                              pg_integer(proof->behind_seq), pg_integer(PAGE_RECORDS)};
    request(proof, SQL_SELECT_WEB_RECORDS, values, 4, on_page);
}

/* ---- how it begins ---- */

static void on_finding(void *owner, int64_t epoch, int64_t seq, const char *text)
{
    Proof *proof = owner;
    proof_found_add(&proof->found, epoch, seq, text);
}

static void on_forgotten(void *owner, const JournalForgotten *forgotten)
{
    Proof *proof = owner;
    proof->found.forgotten += forgotten->count;
}

static void make_verifier(Proof *proof, const JournalPosition *head)
{
    proof->verifier = journal_verifier_new(
        &(JournalVerifierOptions){.site = bp_str(proof->site),
                                  .keys = (const uint8_t(*)[SIGN_PUBLIC_SIZE])proof->found.keys,
                                  .key_count = proof->found.key_count,
                                  .pins = proof->found.pins.items,
                                  .pin_count = proof->found.pins.count,
                                  .now_us = bp_wall_us(),
                                  .owner = proof,
                                  .on_finding = on_finding,
                                  .on_forgotten = on_forgotten});
    for (size_t i = 0; i < proof->witnesses.count; i++)
        journal_verifier_know(proof->verifier, &proof->witnesses.items[i].position,
                              proof->witnesses.items[i].at_us, "the collector signed it");
    journal_verifier_know(proof->verifier, &proof->found.kept, 0, "the collector saw it");
    journal_verifier_know(proof->verifier, head, 0, "table journal_head says");
}

static void on_epochs(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    if (!goes_on(proof, status, err))
        return;
    for (size_t row = 0; row < pg_row_count(rows) && row < EPOCHS_MAX; row++)
        proof->epochs[proof->epoch_count++] = pg_get_integer(rows, row, 0);
    if (proof->epoch_count > 0)
        ask_page(proof);
    else
        end(proof);
}

/* ---- of a site elsewhere: how its journal came, and with which keys it was signed ---- */

static void on_lives(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    const PgValue site = pg_text(bp_str(proof->site));
    if (!goes_on(proof, status, err))
        return;
    for (size_t row = 0; row < pg_row_count(rows); row++)
        site_copy_take_life(proof->verifier, rows, row);
    request(proof, SQL_SELECT_JOURNAL_EPOCHS, &site, 1, on_epochs);
}

static void on_keys(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    const PgValue site = pg_text(bp_str(proof->site));
    if (!goes_on(proof, status, err))
        return;
    for (size_t row = 0; row < pg_row_count(rows); row++)
        site_copy_take_pin(&proof->found.pins, rows, row);
    make_verifier(proof, &proof->head);
    request(proof, SQL_SELECT_JOURNAL_LIVES, &site, 1, on_lives);
}

static void on_head(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    JournalPosition head = {0};
    const PgValue site = pg_text(bp_str(proof->site));
    if (!goes_on(proof, status, err))
        return;
    if (pg_row_count(rows) > 0) {
        head = (JournalPosition){.epoch = pg_get_integer(rows, 0, 0), .seq = pg_get_integer(rows, 0, 1)};
        proof->about = pg_get_integer(rows, 0, 1);
        if (!sign_from_hex(pg_get_text(rows, 0, 2), head.digest, SIGN_DIGEST_SIZE))
            head.seq = 0;
    }
    proof->head = head;
    if (!*proof->data_folder) {
        request(proof, SQL_SELECT_SITE_KEYS, &site, 1, on_keys);
        return;
    }
    make_verifier(proof, &head);
    request(proof, SQL_SELECT_JOURNAL_EPOCHS, &site, 1, on_epochs);
}

/* What is known outside the database: before it is asked, so that all that is known of is in it. */
static void read_files(void *context)
{
    Proof *proof = context;
    char path[PATH_OCTETS + 64];
    BpError err;
    if (!*proof->data_folder)
        return;
    snprintf(path, sizeof path, "%s/journal.pub", proof->data_folder);
    proof->found.key_count = sign_public_files_read(path, proof->found.keys, PROOF_KEYS_MAX);
    snprintf(path, sizeof path, "%s/control/signed", proof->data_folder);
    if (site_witnesses_read(path, &proof->witnesses, &err) != BP_OK)
        proof->witnesses.count = 0;
    snprintf(path, sizeof path, "%s/control/holds", proof->data_folder);
    if (site_kept_position(path, &proof->found.kept, &err) != BP_OK)
        proof->found.kept = (JournalPosition){0};
}

static void on_files(void *context)
{
    Proof *proof = context;
    const PgValue site = pg_text(bp_str(proof->site));
    if (proof->control)
        request(proof, SQL_SELECT_JOURNAL_HEAD, &site, 1, on_head);
    else
        forget(proof);
}

static void on_taken(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Proof *proof = context;
    if (!goes_on(proof, status, err))
        return;
    if (pg_row_count(rows) == 0 && proof->wants_more) {
        begin(proof);
    } else if (pg_row_count(rows) == 0) {
        forget(proof);
    } else {
        (void)bp_str_copy(pg_get_text(rows, 0, 0), proof->id, sizeof proof->id);
        loop_work(proof->web->loop, read_files, on_files, proof);
    }
}

/* From the beginning, with nothing of the one before. */
static void begin(Proof *proof)
{
    const PgValue values[] = {pg_text(bp_str(proof->site))};
    journal_verifier_free(proof->verifier);
    proof_found_done(&proof->found);
    proof->verifier = NULL;
    proof->found = (ProofFound){0};
    proof->witnesses.count = proof->epoch_count = proof->at = 0;
    proof->behind_seq = proof->taken = proof->about = 0;
    proof->wants_more = false;
    request(proof, SQL_TAKE_WEB_JOBS, values, 1, on_taken);
}

void control_proofs_look(Control *control, const char *site)
{
    for (Proof *proof = control->proofs; proof; proof = proof->next)
        if (strcmp(proof->site, site) == 0) {
            proof->wants_more = true;
            return;
        }
    Proof *proof = calloc(1, sizeof *proof);
    if (!proof)
        abort();
    proof->control = control;
    proof->web = control->web;
    proof->next = control->proofs;
    control->proofs = proof;
    (void)bp_str_copy(bp_str(site), proof->site, sizeof proof->site);
    if (strcmp(site, control->web->cfg->site) == 0)
        (void)bp_str_copy(bp_str(control->web->cfg->data_folder), proof->data_folder,
                          sizeof proof->data_folder);
    begin(proof);
}

void control_proofs_leave(Control *control)
{
    for (Proof *proof = control->proofs; proof; proof = proof->next)
        proof->control = NULL; /* whose question is answered when the pool goes */
}
