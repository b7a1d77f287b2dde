#include "apps/web/control/proof_json.h"

#include "base/buf.h"
#include "base/time.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t UNSIGNED_TOO_LONG_US = 5 * BP_MINUTE; /* a minute is promised */

void proof_found_add(ProofFound *found, int64_t epoch, int64_t seq, const char *text)
{
    if (found->count < PROOF_FINDINGS_MAX) {
        char *copy = strdup(text);
        if (!copy)
            abort();
        found->findings[found->count] = (ProofFinding){epoch, seq, copy};
    }
    found->count++;
}

void proof_found_done(ProofFound *found)
{
    for (size_t i = 0; i < found->count && i < PROOF_FINDINGS_MAX; i++)
        free(found->findings[i].text);
    found->count = 0;
    site_pins_done(&found->pins);
}

static void look_at_pins(ProofFound *found)
{
    char text[BP_ERROR_TEXT_MAX];
    int64_t seen_us;
    const JournalPin *last = site_pins_last(&found->pins, &seen_us);
    for (size_t i = 0; i < found->pins.count; i++) {
        BpBuf out = bp_buf((uint8_t *)text, sizeof text - 1);
        if (!found->pins.items[i].is_doubted)
            continue;
        site_pin_tell(&found->pins.items[i], &out);
        text[out.size] = '\0';
        proof_found_add(found, found->pins.items[i].epoch, found->pins.items[i].seq, text);
    }
    if (last) {
        found->key_count = 1;
        memcpy(found->keys[0], last->key, sizeof found->keys[0]);
    }
}

void proof_found_settle(ProofFound *found, const SiteWitnesses *witnesses, int64_t now_us)
{
    const JournalVerified *verified = &found->verified;
    const SiteWitness *witness = site_witness_of(witnesses, verified->epoch);
    char text[BP_ERROR_TEXT_MAX];
    found->is_witnessed = witnesses->count > 0;
    look_at_pins(found);
    if (found->pins.count && verified->newest_us < now_us)
        now_us = verified->newest_us; /* there may be more that has not come yet */
    if (witness && witness->position.seq > verified->signed_seq) {
        snprintf(text, sizeof text,
                 "checkpoints were removed: the collector signed up to seq %" PRId64
                 ", and what is here is signed up to %" PRId64,
                 witness->position.seq, verified->signed_seq);
        proof_found_add(found, verified->epoch, witness->position.seq, text);
    } else if (found->key_count && !witness && verified->unsigned_records &&
               now_us - verified->unsigned_since_us > UNSIGNED_TOO_LONG_US) {
        snprintf(text, sizeof text,
                 "%" PRId64
                 " entries are unsigned, which takes a minute as a rule: checkpoints were removed, "
                 "or no collector was there to sign",
                 verified->unsigned_records);
        proof_found_add(found, verified->epoch, verified->signed_seq + 1, text);
    }
}

static json_t *time_json(int64_t at_us)
{
    char text[BP_TIME_TEXT_MAX];
    return at_us ? json_string(bp_time_format(at_us, 6, text)) : json_null();
}

/* Epochs are larger than a double keeps. */
static json_t *epoch_json(int64_t epoch)
{
    return epoch ? json_sprintf("%" PRId64, epoch) : json_null();
}

static json_t *findings_json(const ProofFound *found)
{
    json_t *list = json_array();
    for (size_t i = 0; i < found->count && i < PROOF_FINDINGS_MAX; i++) {
        const ProofFinding *finding = &found->findings[i];
        json_t *item = json_pack("{s:o, s:I, s:s}", "epoch", epoch_json(finding->epoch), "seq",
                                 (json_int_t)finding->seq, "text", finding->text);
        if (!item || json_array_append_new(list, item) != 0)
            abort();
    }
    return list;
}

static void say(const ProofFound *found, BpBuf *out)
{
    const JournalVerified *verified = &found->verified;
    if (found->count > 0)
        bp_buf_printf(out, "The record is NOT WHOLE: %zu finding%s.", found->count,
                      found->count == 1 ? "" : "s");
    else
        bp_buf_printf(out, "The record is whole: each of %" PRId64 " entries follows from the one before it.",
                      verified->records);
    if (found->forgotten)
        bp_buf_printf(out,
                      " %" PRId64
                      " of them the site, put back to a former state, does not have any more: they are "
                      "genuine by their chain.",
                      found->forgotten);
    if (found->key_count == 0)
        bp_buf_printf(out, " No key of the collector is here to verify signatures with: whoever has the "
                           "database may have written all of it anew.");
    else if (verified->unsigned_records)
        bp_buf_printf(out, " %" PRId64 " of them are behind the last signature.", verified->unsigned_records);
}

char *proof_json(const ProofFound *found, int64_t now_us)
{
    const JournalVerified *verified = &found->verified;
    char memory[BP_ERROR_TEXT_MAX], key[2 * SIGN_PUBLIC_SIZE + 1];
    BpBuf text = bp_buf(memory, sizeof memory - 1);
    say(found, &text);
    memory[text.size] = '\0';
    json_auto_t *json = json_pack(
        "{s:b, s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:I, s:o}", "is_whole",
        found->count == 0, "text", memory, "entries", (json_int_t)verified->records, "epochs",
        (json_int_t)verified->epochs, "epoch", epoch_json(verified->epoch), "seq",
        (json_int_t)verified->last_seq, "signed_seq", (json_int_t)verified->signed_seq, "unsigned",
        (json_int_t)verified->unsigned_records, "key",
        found->key_count ? json_string(sign_hex(found->keys[0], SIGN_PUBLIC_SIZE, key)) : json_null(),
        "first_at", time_json(verified->oldest_us), "last_at", time_json(verified->newest_us), "checked_at",
        time_json(now_us), "is_compared_outside", found->is_witnessed || found->kept.seq, "findings_count",
        (json_int_t)found->count, "findings", findings_json(found));
    char *dumped = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (!dumped)
        abort();
    return dumped;
}
