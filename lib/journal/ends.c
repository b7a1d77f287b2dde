/* What can be said when all records were taken: the beginnings, how epochs hang together, and positions that
 * are known from elsewhere. */
#include "journal/parts.h"

#include "base/time.h"

#include <inttypes.h>

#define KEPT_AT_LEAST_US (364 * BP_DAY)

/* ---- beginnings ---- */

static bool is_behind(const JournalEpoch *epoch, const JournalPosition *anchor)
{
    uint8_t digest[SIGN_DIGEST_SIZE];
    if (anchor->epoch != epoch->last.epoch || anchor->seq >= epoch->first_seq)
        return false;
    journal_entry_digest(&epoch->first, anchor->digest, digest);
    return memcmp(digest, epoch->first.digest, sizeof digest) == 0;
}

/* Records are kept for a year, and what was signed on which day is known outside: who cuts off the beginning
 * of a younger journal, and adds an entry that calls it pruned, is found by that. */
static void settle_age(JournalVerifier *verifier, const JournalEpoch *epoch)
{
    int64_t before_us = 0;
    for (size_t i = 0; i < verifier->known_count; i++) {
        const JournalKnown *known = &verifier->known[i];
        if (known->at_us == 0 || known->position.epoch != epoch->last.epoch)
            continue;
        if (known->position.seq >= epoch->pruned_seq)
            break;
        before_us = known->at_us;
    }
    if (before_us && verifier->options.now_us - before_us < KEPT_AT_LEAST_US)
        journal_find(
            verifier, epoch->last.epoch, epoch->pruned_seq,
            "an entry says that all up to here was pruned, and it is not a year old: it was cut off");
}

static void settle_beginning(JournalVerifier *verifier, JournalEpoch *epoch)
{
    if (epoch->first_seq == 1)
        return;
    for (size_t i = 0; i < verifier->anchor_count; i++)
        if (is_behind(epoch, &verifier->anchors[i])) {
            epoch->pruned_seq = verifier->anchors[i].seq;
            settle_age(verifier, epoch);
            return;
        }
    journal_find(verifier, epoch->last.epoch, epoch->first_seq,
                 "the entries before it (1 to %" PRId64 ") were cut off: no entry says that they were pruned",
                 epoch->first_seq - 1);
}

/* ---- how they hang together ---- */

bool journal_is_pruned(const JournalVerifier *verifier, const JournalPosition *position)
{
    for (size_t i = 0; i < verifier->anchor_count; i++)
        if (verifier->anchors[i].epoch == position->epoch && verifier->anchors[i].seq >= position->seq)
            return true;
    return false;
}

static void settle_link(JournalVerifier *verifier, JournalEpoch *epoch)
{
    const JournalPosition *previous = &epoch->previous;
    if (previous->seq == 0)
        return;
    JournalEpoch *before = journal_epoch_of(verifier, previous->epoch);
    if (!before) {
        if (!journal_is_pruned(verifier, previous))
            journal_find(verifier, previous->epoch, previous->seq,
                         "the epoch (1 to %" PRId64 ") is missing as a whole: epoch %" PRId64
                         " says that it followed it",
                         previous->seq, epoch->last.epoch);
        return;
    }
    if (before->is_followed)
        journal_find(verifier, epoch->last.epoch, 1, "another epoch follows epoch %" PRId64 ", too",
                     previous->epoch);
    before->is_followed = true;
    if (before->last.seq < previous->seq)
        journal_find(verifier, previous->epoch, before->last.seq,
                     "the end was cut off: it went to seq %" PRId64 ", as the next epoch says",
                     previous->seq);
    else if (before->last.seq > previous->seq)
        journal_find(verifier, previous->epoch, previous->seq + 1,
                     "it was put there after the epoch had ended with seq %" PRId64, previous->seq);
    else if (memcmp(before->last.digest, previous->digest, sizeof previous->digest) != 0)
        journal_find(verifier, previous->epoch, previous->seq,
                     "it is not how the epoch ended, as the next one says: something was changed, and "
                     "chained anew");
    if (epoch->known.epoch == previous->epoch && epoch->known.seq > previous->seq)
        journal_find(verifier, previous->epoch, previous->seq,
                     "entries up to seq %" PRId64
                     " are gone: the database was put back to a state before them (epoch %" PRId64 ")",
                     epoch->known.seq, epoch->last.epoch);
}

/* What is signed says how the epoch before it ended, and so signs for that, too; from the newest on to the
 * oldest. */
static void sign_for_those_before(JournalVerifier *verifier, const JournalEpoch *tip)
{
    const JournalEpoch *epoch = tip;
    for (size_t steps = 0; epoch && epoch->signed_seq && steps < verifier->epoch_count; steps++) {
        JournalEpoch *before = epoch->previous.seq ? journal_epoch_of(verifier, epoch->previous.epoch) : NULL;
        if (!before || before->last.seq != epoch->previous.seq ||
            memcmp(before->last.digest, epoch->previous.digest, sizeof before->last.digest) != 0)
            return;
        before->signed_seq = before->last.seq;
        before->unsigned_count = 0;
        epoch = before;
    }
}

static void settle_ends(JournalVerifier *verifier)
{
    const JournalEpoch *root = NULL, *tip = NULL;
    for (size_t i = 0; i < verifier->epoch_count; i++) {
        const JournalEpoch *epoch = &verifier->epochs[i];
        if (epoch->previous.seq == 0 && root)
            journal_find(verifier, epoch->last.epoch, epoch->first_seq,
                         "two epochs follow none: this, and epoch %" PRId64, root->last.epoch);
        else if (epoch->previous.seq == 0)
            root = epoch;
        if (!epoch->is_followed && tip)
            journal_find(verifier, epoch->last.epoch, epoch->first_seq,
                         "two epochs are followed by none: this, and epoch %" PRId64, tip->last.epoch);
        else if (!epoch->is_followed)
            tip = epoch;
    }
    if (!tip)
        return;
    sign_for_those_before(verifier, tip);
    verifier->verified.epoch = tip->last.epoch;
    verifier->verified.last_seq = tip->last.seq;
    verifier->verified.signed_seq = tip->signed_seq;
}

/* ---- what is known from elsewhere ---- */

static void settle_known(JournalVerifier *verifier, JournalKnown *known)
{
    const JournalPosition *position = &known->position;
    const JournalEpoch *epoch = journal_epoch_of(verifier, position->epoch);
    if (known->is_settled || (epoch && position->seq <= epoch->pruned_seq) ||
        (!epoch && journal_is_pruned(verifier, position)))
        return;
    if (!epoch)
        journal_find(verifier, position->epoch, position->seq,
                     "the epoch is missing as a whole: it was there, as %s", known->whose);
    else if (position->seq > epoch->last.seq)
        journal_find(verifier, position->epoch, epoch->last.seq,
                     "the end was cut off: it went to seq %" PRId64 " at least, as %s", position->seq,
                     known->whose);
    else
        journal_find(verifier, position->epoch, position->seq, "it is not there, and was, as %s",
                     known->whose);
}

static void sum_up(JournalVerifier *verifier)
{
    JournalVerified *verified = &verifier->verified;
    for (size_t i = 0; i < verifier->epoch_count; i++) {
        const JournalEpoch *epoch = &verifier->epochs[i];
        if (epoch->unsigned_count &&
            (verified->unsigned_records == 0 || epoch->unsigned_since_us < verified->unsigned_since_us))
            verified->unsigned_since_us = epoch->unsigned_since_us;
        verified->unsigned_records += epoch->unsigned_count;
        if (epoch->pruned_seq)
            verified->pruned_seq = epoch->pruned_seq;
    }
}

void journal_settle(JournalVerifier *verifier)
{
    for (size_t i = 0; i < verifier->epoch_count; i++)
        settle_beginning(verifier, &verifier->epochs[i]);
    if (verifier->copied_count)
        journal_copy_settle(verifier);
    for (size_t i = 0; i < verifier->epoch_count && !verifier->copied_count; i++)
        settle_link(verifier, &verifier->epochs[i]);
    if (!verifier->copied_count)
        settle_ends(verifier);
    for (size_t i = 0; i < verifier->known_count; i++)
        settle_known(verifier, &verifier->known[i]);
    sum_up(verifier);
}
