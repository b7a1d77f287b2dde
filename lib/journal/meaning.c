/* Entries that say something of the journal itself: checkpoints, beginnings of epochs, and what was pruned.
 */
#include "journal/checkpoint.h"
#include "journal/parts.h"

#include <inttypes.h>
#include <jansson.h>

/* ---- checkpoints ---- */

/* Of two places: the first is not behind the second. Lives are in the order in which they came. */
static bool is_up_to(const JournalVerifier *verifier, const JournalPin *pin, const JournalEntry *entry)
{
    if (pin->epoch == entry->epoch)
        return pin->seq <= entry->seq;
    for (size_t i = 0; i < verifier->copied_count; i++) {
        if (verifier->copied[i].epoch == pin->epoch)
            return true;
        if (verifier->copied[i].epoch == entry->epoch)
            return false;
    }
    return false;
}

/* The one that holds there; before the first, that. */
static const JournalPin *pin_at(const JournalVerifier *verifier, const JournalEntry *entry)
{
    const JournalPin *pin = verifier->options.pins;
    for (size_t i = 1; i < verifier->options.pin_count; i++)
        if (is_up_to(verifier, &verifier->options.pins[i], entry))
            pin = &verifier->options.pins[i];
    return pin;
}

static bool has_keys(const JournalVerifier *verifier)
{
    return verifier->options.key_count || verifier->options.pin_count;
}

static bool is_trusted(const JournalVerifier *verifier, const JournalEntry *entry,
                       const uint8_t key[SIGN_PUBLIC_SIZE])
{
    if (verifier->options.pin_count)
        return memcmp(pin_at(verifier, entry)->key, key, SIGN_PUBLIC_SIZE) == 0;
    for (size_t i = 0; i < verifier->options.key_count; i++)
        if (!verifier->was_handed[i] && memcmp(verifier->options.keys[i], key, SIGN_PUBLIC_SIZE) == 0)
            return true;
    return false;
}

/* Of keys that are given: with a checkpoint by the one that follows it, a key has signed its last. */
static void take_handover(JournalVerifier *verifier, const JournalEntry *entry,
                          const JournalCheckpoint *checkpoint)
{
    BpError err;
    JournalHandover handover;
    if (journal_handover_read(entry->body, &handover, &err) != BP_OK ||
        memcmp(handover.former, checkpoint->key, sizeof handover.former) == 0 ||
        !journal_handover_is_signed(verifier->options.site, &handover, checkpoint->key))
        return;
    for (size_t i = 0; i < verifier->options.key_count; i++)
        if (memcmp(verifier->options.keys[i], handover.former, sizeof handover.former) == 0)
            verifier->was_handed[i] = true;
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
        if (!verifier->recent[i % RECENT_MAX].is_checkpoint &&
            (!verifier->copied_count || verifier->recent[i % RECENT_MAX].seq <= epoch->floor.behind_seq)) {
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
    else if (has_keys(verifier) && !is_trusted(verifier, entry, checkpoint.key))
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
            take_handover(verifier, entry, &checkpoint);
            if (has_keys(verifier) && !(verifier->options.pin_count && pin_at(verifier, entry)->is_doubted)) {
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

JournalBeginning journal_read_beginning(BpStr body)
{
    json_auto_t *json = json_loadb(body.data, body.size, 0, NULL);
    const json_t *agreed = json_object_get(json, "agreed");
    JournalBeginning beginning = {.previous = read_position(json_object_get(json, "previous")),
                                  .known = read_position(json_object_get(json, "known")),
                                  .record = read_position(json_object_get(agreed, "record")),
                                  .agreed.epoch = json_integer_value(json_object_get(agreed, "epoch")),
                                  .agreed.seq = json_integer_value(json_object_get(agreed, "seq"))};
    return beginning;
}

static void take_epoch(JournalVerifier *verifier, JournalEpoch *epoch, const JournalEntry *entry)
{
    if (entry->seq != 1) {
        journal_find(verifier, entry->epoch, entry->seq, "an epoch begins in the middle of one");
        return;
    }
    const JournalBeginning beginning = journal_read_beginning(entry->body);
    epoch->previous = beginning.previous;
    epoch->known = beginning.known;
}

static void take_audit(JournalVerifier *verifier, const JournalEntry *entry)
{
    json_auto_t *body = json_loadb(entry->body.data, entry->body.size, 0, NULL);
    const char *event = json_string_value(json_object_get(body, "event"));
    if (!event || strcmp(event, "pruned") != 0)
        return;
    const JournalPosition anchor = read_position(body);
    journal_verifier_pruned(verifier, &anchor);
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
