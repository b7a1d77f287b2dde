/* A central's copy of a site's journal. A site that is put back to an earlier state begins another life, and
 * what central has of the former one stays: the site itself knows nothing of it any more. So how lives hang
 * together here is asked of how they came, and not of the site's word alone. */
#include "journal/parts.h"

#include <inttypes.h>

/* ---- what central knows of lives ---- */

void journal_verifier_life(JournalVerifier *verifier, const JournalLife *life)
{
    if (verifier->copied_count == EPOCHS_MAX)
        return;
    verifier->copied = bp_arena_grow(&verifier->arena, verifier->copied, verifier->copied_count,
                                     &verifier->copied_capacity, sizeof *verifier->copied);
    const JournalBeginning beginning = journal_read_beginning(life->beginning);
    JournalCopied *copied = &verifier->copied[verifier->copied_count++];
    *copied = (JournalCopied){.epoch = life->received.epoch,
                              .came_seq = life->received.seq,
                              .previous_had = life->previous_had,
                              .begun_had = life->begun_had,
                              .previous = beginning.previous,
                              .agreed = beginning.agreed,
                              .record = beginning.record};
    if (copied->previous.epoch == 0)
        copied->previous.epoch = life->previous;
    journal_verifier_know(verifier, &life->received, 0, "central received it");
    journal_verifier_pruned(verifier, &life->begins);
}

static JournalCopied *copied_of(const JournalVerifier *verifier, int64_t epoch)
{
    for (size_t i = 0; i < verifier->copied_count; i++)
        if (verifier->copied[i].epoch == epoch)
            return &verifier->copied[i];
    return NULL;
}

void journal_verifier_came(JournalVerifier *verifier, int64_t epoch, int64_t seq)
{
    JournalCopied *copied = copied_of(verifier, epoch);
    if (copied && copied->came_seq < seq)
        copied->came_seq = seq;
}

/* ---- where a life ends for its site ---- */

void journal_copy_begin(const JournalVerifier *verifier, JournalEpoch *epoch)
{
    const JournalCopied *life = copied_of(verifier, epoch->last.epoch), *follower = NULL, *agreeing = NULL;
    const JournalCopied *end = verifier->copied + verifier->copied_count;
    epoch->floor = (JournalFloor){.behind_seq = INT64_MAX, .had_seq = INT64_MAX};
    if (!life || life + 1 == end)
        return;
    for (const JournalCopied *later = life + 1; later < end; later++) { /* the latest word counts */
        follower = later->previous.epoch == life->epoch ? later : follower;
        agreeing = later->agreed.epoch == life->epoch ? later : agreeing;
    }
    const JournalCopied *next = follower ? follower : agreeing ? agreeing : life + 1;
    epoch->floor.next_epoch = next->epoch;
    epoch->floor.had_seq = follower ? next->previous_had : next->begun_had;
    if (agreeing && (!follower || agreeing >= follower)) {
        epoch->floor.behind_seq = agreeing->agreed.seq;
        epoch->floor.record = agreeing->record;
    } else if (follower && follower->previous.seq) {
        epoch->floor.behind_seq = follower->previous.seq;
        epoch->floor.record = follower->previous;
        epoch->floor.is_end = true;
    } else if (!follower) {
        epoch->floor.behind_seq = 0;
    }
}

void journal_copy_take(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    const JournalFloor *floor = &epoch->floor;
    if (entry->seq > floor->behind_seq)
        epoch->forgotten++;
    if (floor->record.seq != entry->seq)
        return;
    epoch->is_at_floor = memcmp(floor->record.digest, entry->digest, sizeof entry->digest) == 0;
    if (!epoch->is_at_floor)
        journal_find(verifier, entry->epoch, entry->seq,
                     "it is not what epoch %" PRId64
                     " says that it goes on from: something was changed, and chained anew",
                     floor->next_epoch);
}

/* ---- how they hang together ---- */

static void settle_came(JournalVerifier *verifier, const JournalEpoch *epoch)
{
    const JournalCopied *life = copied_of(verifier, epoch->last.epoch);
    if (!life)
        journal_find(verifier, epoch->last.epoch, epoch->first_seq,
                     "it was put there: no such epoch came from the site");
    else if (epoch->last.seq > life->came_seq)
        journal_find(verifier, epoch->last.epoch, epoch->last.seq,
                     "it was put there: what came from the site ends with seq %" PRId64, life->came_seq);
    else if (epoch->forgotten && epoch->last.seq > epoch->floor.had_seq)
        journal_find(verifier, epoch->last.epoch, epoch->last.seq,
                     "it was put there after epoch %" PRId64
                     " had begun here: this one had come to seq %" PRId64 " by then",
                     epoch->floor.next_epoch, epoch->floor.had_seq);
    else if (epoch->forgotten && verifier->options.on_forgotten)
        verifier->options.on_forgotten(verifier->options.owner,
                                       &(JournalForgotten){.epoch = epoch->last.epoch,
                                                           .behind_seq = epoch->floor.behind_seq,
                                                           .last_seq = epoch->last.seq,
                                                           .count = epoch->forgotten,
                                                           .signed_seq = epoch->signed_seq,
                                                           .next_epoch = epoch->floor.next_epoch});
    if (epoch->floor.is_end && epoch->last.seq < epoch->floor.record.seq)
        journal_find(verifier, epoch->last.epoch, epoch->last.seq,
                     "the end was cut off: it went to seq %" PRId64 ", as the next epoch says",
                     epoch->floor.record.seq);
}

static void settle_previous(JournalVerifier *verifier, const JournalEpoch *epoch)
{
    const JournalPosition *previous = &epoch->previous;
    const JournalCopied *life = copied_of(verifier, epoch->last.epoch);
    const JournalEpoch *before = previous->seq ? journal_epoch_of(verifier, previous->epoch) : NULL;
    const bool was_filed_again = life && life->agreed.epoch == previous->epoch && life->agreed.seq == 0;
    if (previous->seq && !before && !was_filed_again && !journal_is_pruned(verifier, previous))
        journal_find(verifier, previous->epoch, previous->seq,
                     "the epoch (1 to %" PRId64 ") is missing as a whole: epoch %" PRId64
                     " says that it followed it",
                     previous->seq, epoch->last.epoch);
    if (before && epoch->known.epoch == previous->epoch && epoch->known.seq > before->last.seq &&
        epoch->known.seq > previous->seq)
        journal_find(verifier, previous->epoch, before->last.seq,
                     "entries up to seq %" PRId64
                     " are gone: the site's database was put back to a state before them (epoch %" PRId64
                     "), and they had not come here",
                     epoch->known.seq, epoch->last.epoch);
}

/* What is signed says what it goes on from, and so signs for that, too. */
static void sign_for_those_before(JournalVerifier *verifier, const JournalEpoch *tip)
{
    const JournalEpoch *epoch = tip;
    for (size_t steps = 0; epoch && epoch->signed_seq && steps < verifier->epoch_count; steps++) {
        JournalEpoch *before =
            epoch->previous.epoch ? journal_epoch_of(verifier, epoch->previous.epoch) : NULL;
        if (!before || !before->is_at_floor)
            return;
        before->unsigned_count = 0;
        if (before->signed_seq < before->floor.record.seq)
            before->signed_seq = before->floor.record.seq;
        epoch = before;
    }
}

void journal_copy_settle(JournalVerifier *verifier)
{
    const JournalEpoch *tip = NULL;
    for (size_t i = 0; i < verifier->epoch_count; i++) {
        settle_came(verifier, &verifier->epochs[i]);
        settle_previous(verifier, &verifier->epochs[i]);
    }
    for (size_t i = verifier->copied_count; i-- > 0 && !tip;)
        tip = journal_epoch_of(verifier, verifier->copied[i].epoch);
    if (!tip)
        return;
    sign_for_those_before(verifier, tip);
    verifier->verified.epoch = tip->last.epoch;
    verifier->verified.last_seq = tip->last.seq;
    verifier->verified.signed_seq = tip->signed_seq;
}
