#include "journal/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

JournalVerifier *journal_verifier_new(const JournalVerifierOptions *options)
{
    JournalVerifier *verifier = calloc(1, sizeof *verifier);
    JournalRecent *recent = calloc(RECENT_MAX, sizeof *recent);
    if (!verifier || !recent)
        abort();
    verifier->options = *options;
    verifier->recent = recent;
    verifier->was_handed = bp_arena_take(&verifier->arena, options->key_count + 1);
    memset(verifier->was_handed, 0, options->key_count + 1);
    return verifier;
}

void journal_verifier_free(JournalVerifier *verifier)
{
    if (!verifier)
        return;
    bp_arena_done(&verifier->arena);
    free(verifier->recent);
    free(verifier);
}

void journal_verifier_know(JournalVerifier *verifier, const JournalPosition *position, int64_t at_us,
                           const char *whose)
{
    if (verifier->known_count == JOURNAL_KNOWN_MAX || position->seq == 0)
        return;
    verifier->known[verifier->known_count++] =
        (JournalKnown){.position = *position, .at_us = at_us, .whose = whose};
}

void journal_verifier_pruned(JournalVerifier *verifier, const JournalPosition *position)
{
    if (verifier->anchor_count == ANCHORS_MAX || position->seq == 0)
        return;
    verifier->anchors = bp_arena_grow(&verifier->arena, verifier->anchors, verifier->anchor_count,
                                      &verifier->anchor_capacity, sizeof *verifier->anchors);
    verifier->anchors[verifier->anchor_count++] = *position;
}

void journal_find(JournalVerifier *verifier, int64_t epoch, int64_t seq, const char *format, ...)
{
    char text[BP_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    verifier->verified.findings++;
    verifier->options.on_finding(verifier->options.owner, epoch, seq, text);
}

JournalEpoch *journal_epoch_of(JournalVerifier *verifier, int64_t epoch)
{
    for (size_t i = 0; i < verifier->epoch_count; i++)
        if (verifier->epochs[i].last.epoch == epoch)
            return &verifier->epochs[i];
    return NULL;
}

/* ---- the chain ---- */

/* With the record behind the wrong one, or at the end of its epoch, it is known which it was. */
static void tell_wrong(JournalVerifier *verifier, bool goes_on_from_right_digest)
{
    const int64_t seq = verifier->wrong_seq, behind = verifier->wrong_behind_seq,
                  epoch = verifier->wrong_epoch;
    if (!seq)
        return;
    verifier->wrong_seq = 0;
    if (goes_on_from_right_digest)
        journal_find(verifier, epoch, seq, "its digest was changed: the next entry follows from another one");
    else if (seq == behind + 1)
        journal_find(verifier, epoch, seq,
                     "it is not what was chained behind seq %" PRId64
                     ": its contents were changed, or it was put there",
                     behind);
    else
        journal_find(verifier, epoch, seq,
                     "it does not follow from seq %" PRId64
                     ": something between them was cut out, or one of the two was changed or put there",
                     behind);
}

static void look_at_chain(JournalVerifier *verifier, const JournalEpoch *epoch, const JournalEntry *entry)
{
    uint8_t right[SIGN_DIGEST_SIZE];
    journal_entry_digest(entry, epoch->last.digest, right);
    if (memcmp(right, entry->digest, sizeof right) == 0) {
        tell_wrong(verifier, false);
        return;
    }
    if (verifier->wrong_seq) {
        uint8_t other[SIGN_DIGEST_SIZE];
        journal_entry_digest(entry, verifier->wrong_digest, other);
        const bool follows = memcmp(other, entry->digest, sizeof other) == 0;
        tell_wrong(verifier, follows);
        if (follows)
            return;
    }
    verifier->wrong_epoch = entry->epoch;
    verifier->wrong_seq = entry->seq;
    verifier->wrong_behind_seq = epoch->last.seq;
    memcpy(verifier->wrong_digest, right, sizeof right);
}

/* ---- epochs ---- */

static void keep_first(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    epoch->first = *entry;
    epoch->first.kind = bp_str(bp_arena_text(&verifier->arena, entry->kind));
    epoch->first.site = verifier->options.site;
    const size_t size = entry->body.size < FIRST_BODY_MAX ? entry->body.size : 0;
    char *body = bp_arena_take(&verifier->arena, size + 1);
    if (size)
        memcpy(body, entry->body.data, size);
    epoch->first.body = (BpStr){body, size};
}

static JournalEpoch *begin_epoch(JournalVerifier *verifier, const JournalEntry *entry)
{
    tell_wrong(verifier, false);
    if (verifier->epoch_count == EPOCHS_MAX) {
        if (!verifier->has_told_many)
            journal_find(verifier, entry->epoch, 0,
                         "there are more than %d epochs: the rest is not looked at", EPOCHS_MAX);
        verifier->has_told_many = true;
        return NULL;
    }
    if (journal_epoch_of(verifier, entry->epoch))
        journal_find(verifier, entry->epoch, entry->seq, "it stands behind entries of another epoch");
    verifier->epochs = bp_arena_grow(&verifier->arena, verifier->epochs, verifier->epoch_count,
                                     &verifier->epoch_capacity, sizeof *verifier->epochs);
    JournalEpoch *epoch = &verifier->epochs[verifier->epoch_count++];
    *epoch = (JournalEpoch){.last = {.epoch = entry->epoch}, .first_seq = entry->seq};
    if (verifier->copied_count)
        journal_copy_begin(verifier, epoch);
    verifier->recent_count = 0;
    verifier->verified.epochs++;
    return epoch;
}

static JournalEpoch *epoch_for(JournalVerifier *verifier, const JournalEntry *entry)
{
    JournalEpoch *epoch = verifier->epoch_count ? &verifier->epochs[verifier->epoch_count - 1] : NULL;
    return epoch && epoch->last.epoch == entry->epoch ? epoch : begin_epoch(verifier, entry);
}

/* ---- records ---- */

static void look_for_known(JournalVerifier *verifier, const JournalEntry *entry)
{
    for (size_t i = 0; i < verifier->known_count; i++) {
        JournalKnown *known = &verifier->known[i];
        if (known->is_settled || known->position.seq != entry->seq || known->position.epoch != entry->epoch)
            continue;
        known->is_settled = true;
        if (memcmp(known->position.digest, entry->digest, sizeof entry->digest) != 0)
            journal_find(verifier, entry->epoch, entry->seq,
                         "its digest is not the one it had as %s: it or something before it was changed or "
                         "cut out, and all was chained anew",
                         known->whose);
    }
}

static void remember(JournalVerifier *verifier, const JournalEntry *entry, bool is_checkpoint)
{
    JournalRecent *recent = &verifier->recent[verifier->recent_count++ % RECENT_MAX];
    *recent = (JournalRecent){.seq = entry->seq, .at_us = entry->at_us, .is_checkpoint = is_checkpoint};
    memcpy(recent->digest, entry->digest, sizeof recent->digest);
}

static void count_record(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    JournalVerified *verified = &verifier->verified;
    if (verified->records == 0 || entry->at_us < verified->oldest_us)
        verified->oldest_us = entry->at_us;
    if (verified->records == 0 || entry->at_us > verified->newest_us)
        verified->newest_us = entry->at_us;
    verified->records++;
    if (epoch->last.seq)
        verified->gaps += entry->seq - epoch->last.seq - 1;
}

void journal_verifier_take(JournalVerifier *verifier, const JournalEntry *entry)
{
    assert(verifier && entry && !verifier->epochs == !verifier->epoch_count);
    JournalEpoch *epoch = epoch_for(verifier, entry);
    if (!epoch)
        return;
    if (entry->seq <= epoch->last.seq) {
        journal_find(verifier, entry->epoch, entry->seq, "it is there twice, or out of its order");
        return;
    }
    const bool is_first = epoch->last.seq == 0;
    if (is_first && entry->seq > 1)
        keep_first(verifier, epoch, entry); /* what was in front of it is asked at the end */
    else
        look_at_chain(verifier, epoch, entry);
    look_for_known(verifier, entry);
    count_record(verifier, epoch, entry);
    if (verifier->copied_count)
        journal_copy_take(verifier, epoch, entry);
    const bool is_checkpoint = bp_str_equal(entry->kind, bp_str("checkpoint"));
    if (!is_checkpoint && !epoch->forgotten && epoch->unsigned_count++ == 0)
        epoch->unsigned_since_us = entry->at_us;
    journal_take_meaning(verifier, epoch, entry);
    remember(verifier, entry, is_checkpoint);
    epoch->last.seq = entry->seq;
    memcpy(epoch->last.digest, entry->digest, sizeof epoch->last.digest);
}

void journal_verifier_end(JournalVerifier *verifier, JournalVerified *ret_verified)
{
    tell_wrong(verifier, false);
    journal_settle(verifier);
    *ret_verified = verifier->verified;
}
