/* Entries that say something of the journal itself: checkpoints, beginnings of epochs, and what was pruned.
 */
#include "journal/checkpoint.h"
#include "journal/parts.h"

#include <inttypes.h>
#include <jansson.h>

/* ---- checkpoints ---- */

static bool is_trusted(const JournalVerifier *verifier, const uint8_t key[SIGN_PUBLIC_SIZE])
{
    for (size_t i = 0; i < verifier->options.key_count; i++)
        if (memcmp(verifier->options.keys[i], key, SIGN_PUBLIC_SIZE) == 0)
            return true;
    return false;
}

static const JournalRecent *recent_of(const JournalVerifier *verifier, int64_t seq)
{
    const size_t end = verifier->recent_count, begin = end > RECENT_MAX ? end - RECENT_MAX : 0;
    for (size_t i = end; i-- > begin;) {
        const JournalRecent *recent = &verifier->recent[i % RECENT_MAX];
        if (recent->seq == seq)
            return recent;
        if (recent->seq < seq)
            break;
    }
    return NULL;
}

/* What came in between while the checkpoint was made is not covered by it. */
static void count_unsigned(const JournalVerifier *verifier, JournalEpoch *epoch)
{
    const size_t end = verifier->recent_count, begin = end > RECENT_MAX ? end - RECENT_MAX : 0;
    epoch->unsigned_count = 0;
    for (size_t i = end; i-- > begin && verifier->recent[i % RECENT_MAX].seq > epoch->signed_seq;)
        if (!verifier->recent[i % RECENT_MAX].is_checkpoint) {
            epoch->unsigned_count++;
            epoch->unsigned_since_us = verifier->recent[i % RECENT_MAX].at_us;
        }
}

static void take_checkpoint(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    BpError err;
    JournalCheckpoint checkpoint;
    char key[2 * SIGN_PUBLIC_SIZE + 1];
    if (journal_checkpoint_read(entry->body, &checkpoint, &err) != BP_OK) {
        journal_find(verifier, entry->epoch, entry->seq, "the checkpoint cannot be read: %s", err.text);
        return;
    }
    verifier->verified.checkpoints++;
    const JournalPosition *position = &checkpoint.position;
    if (!journal_checkpoint_is_signed(verifier->options.site, &checkpoint))
        journal_find(verifier, entry->epoch, entry->seq,
                     "the checkpoint's signature is false: it was changed, or made without the key");
    else if (verifier->options.key_count && !is_trusted(verifier, checkpoint.key))
        journal_find(verifier, entry->epoch, entry->seq, "the checkpoint is signed by another key: %s",
                     sign_hex(checkpoint.key, sizeof checkpoint.key, key));
    else if (position->epoch == epoch->previous.epoch && position->seq <= epoch->previous.seq)
        return; /* the epoch changed while it was made: it signs for nothing */
    else if (position->epoch != entry->epoch || position->seq >= entry->seq)
        journal_find(verifier, entry->epoch, entry->seq,
                     "the checkpoint is of another place: of epoch %" PRId64 ", seq %" PRId64,
                     position->epoch, position->seq);
    else if (position->seq >= epoch->first_seq) {
        const JournalRecent *recent = recent_of(verifier, position->seq);
        if (recent && memcmp(recent->digest, position->digest, sizeof recent->digest) == 0) {
            if (verifier->options.key_count) {
                epoch->signed_seq = position->seq;
                count_unsigned(verifier, epoch);
            }
        } else
            journal_find(verifier, entry->epoch, position->seq,
                         "it is not what was signed (checkpoint at seq %" PRId64 "): from seq %" PRId64
                         " to here something was changed, cut out or put in, and "
                         "chained anew",
                         entry->seq, epoch->signed_seq + 1);
    }
}

/* ---- epochs and what was pruned ---- */

static JournalPosition read_position(const json_t *json)
{
    JournalPosition position = {.epoch = json_integer_value(json_object_get(json, "epoch")),
                                .seq = json_integer_value(json_object_get(json, "seq"))};
    const char *digest = json_string_value(json_object_get(json, "digest"));
    if (!sign_from_hex(bp_str(digest), position.digest, sizeof position.digest))
        position = (JournalPosition){0};
    return position;
}

static void take_epoch(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    json_auto_t *body = json_loadb(entry->body.data, entry->body.size, 0, NULL);
    if (entry->seq != 1) {
        journal_find(verifier, entry->epoch, entry->seq, "an epoch begins in the middle of one");
        return;
    }
    epoch->previous = read_position(json_object_get(body, "previous"));
    epoch->known = read_position(json_object_get(body, "known"));
}

static void take_audit(JournalVerifier *verifier, const JournalEntry *entry)
{
    json_auto_t *body = json_loadb(entry->body.data, entry->body.size, 0, NULL);
    const char *event = json_string_value(json_object_get(body, "event"));
    if (!event || strcmp(event, "pruned") != 0 || verifier->anchor_count == ANCHORS_MAX)
        return;
    const JournalPosition anchor = read_position(body);
    verifier->anchors = bp_arena_grow(&verifier->arena, verifier->anchors, verifier->anchor_count,
                                      &verifier->anchor_capacity, sizeof *verifier->anchors);
    verifier->anchors[verifier->anchor_count++] = anchor;
}

void journal_take_meaning(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    if (bp_str_equal(entry->kind, bp_str("checkpoint")))
        take_checkpoint(verifier, epoch, entry);
    else if (bp_str_equal(entry->kind, bp_str("epoch")))
        take_epoch(verifier, epoch, entry);
    else if (entry->seq == 1)
        journal_find(verifier, entry->epoch, entry->seq, "the epoch does not begin with its own entry");
    if (bp_str_equal(entry->kind, bp_str("audit")))
        take_audit(verifier, entry);
}
