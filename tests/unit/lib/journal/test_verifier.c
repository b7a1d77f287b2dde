#include "base/time.h"
#include "journal/checkpoint.h"
#include "journal/verifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BEGAN_US INT64_C(1795000000000000)
enum { ENTRIES_MAX = 64, EPOCH = 1000, CHECKED = 20, BODY_MAX = 512 };

/* A journal that the tests spoil. */
typedef struct Journal {
    JournalEntry entries[ENTRIES_MAX];
    char bodies[ENTRIES_MAX][BODY_MAX];
    size_t count;
    SignKey *key;
    int64_t found_seqs[ENTRIES_MAX], found_epochs[ENTRIES_MAX];
    char found[ENTRIES_MAX][BP_ERROR_TEXT_MAX];
    size_t found_count;
    JournalPosition known;
    int64_t known_at_us;
    JournalVerified verified;
} Journal;

static const uint8_t zeros[SIGN_DIGEST_SIZE];

static void chain_from(Journal *journal, size_t first)
{
    for (size_t i = first; i < journal->count; i++) {
        JournalEntry *entry = &journal->entries[i];
        const bool follows = i > 0 && journal->entries[i - 1].epoch == entry->epoch;
        journal_entry_digest(entry, follows ? journal->entries[i - 1].digest : zeros, entry->digest);
    }
}

static void add(Journal *journal, int64_t epoch, int64_t seq, const char *kind, const char *body)
{
    const size_t i = journal->count++;
    snprintf(journal->bodies[i], BODY_MAX, "%s", body);
    journal->entries[i] = (JournalEntry){.site = bp_str("macau"),
                                         .kind = bp_str(kind),
                                         .body = bp_str(journal->bodies[i]),
                                         .epoch = epoch,
                                         .seq = seq,
                                         .at_us = BEGAN_US + (int64_t)i * BP_SECOND};
    chain_from(journal, i);
}

static void add_checkpoint(Journal *journal, const SignKey *key, size_t of)
{
    JournalCheckpoint checkpoint;
    char digest[65], public_key[65], signature[129], body[BODY_MAX];
    const JournalEntry *entry = &journal->entries[of], *last = &journal->entries[journal->count - 1];
    JournalPosition position = {.epoch = entry->epoch, .seq = entry->seq};
    memcpy(position.digest, entry->digest, sizeof position.digest);
    journal_checkpoint_sign(bp_str("macau"), &position, key, &checkpoint);
    snprintf(body, sizeof body,
             "{\"v\": 1, \"epoch\": %lld, \"seq\": %lld, \"digest\": \"%s\", \"key\": \"%s\", \"signature\": "
             "\"%s\"}",
             (long long)position.epoch, (long long)position.seq, sign_hex(position.digest, 32, digest),
             sign_hex(checkpoint.key, 32, public_key), sign_hex(checkpoint.signature, 64, signature));
    add(journal, last->epoch, last->seq + 1, "checkpoint", body);
}

/* Seqs 1 to 25: checkpoints at 11 (of 10) and 22 (of 20, with 21 in between), and three behind. */
static Journal *journal_new(void)
{
    Journal *journal = calloc(1, sizeof *journal);
    uint8_t seed[SIGN_SEED_SIZE] = {7};
    journal->key = sign_key_from_seed(seed);
    add(journal, EPOCH, 1, "epoch", "{\"v\": 1, \"reason\": \"new\", \"previous\": null}");
    for (int64_t seq = 2; seq <= 25; seq++) {
        char body[64];
        snprintf(body, sizeof body, "{\"v\": 1, \"key\": %lld}", (long long)seq);
        if (seq == 11 || seq == 22)
            add_checkpoint(journal, journal->key, seq == 11 ? 9 : 19);
        else
            add(journal, EPOCH, seq, "setting", body);
    }
    return journal;
}

static void journal_free(Journal *journal)
{
    sign_key_free(journal->key);
    free(journal);
}

static void on_finding(void *owner, int64_t epoch, int64_t seq, const char *text)
{
    Journal *journal = owner;
    if (journal->found_count == ENTRIES_MAX)
        return;
    journal->found_epochs[journal->found_count] = epoch;
    journal->found_seqs[journal->found_count] = seq;
    snprintf(journal->found[journal->found_count++], BP_ERROR_TEXT_MAX, "%s", text);
}

static void verify(Journal *journal)
{
    uint8_t keys[1][SIGN_PUBLIC_SIZE];
    memcpy(keys[0], sign_key_public(journal->key), SIGN_PUBLIC_SIZE);
    JournalVerifier *verifier =
        journal_verifier_new(&(JournalVerifierOptions){.site = bp_str("macau"),
                                                       .keys = (const uint8_t(*)[SIGN_PUBLIC_SIZE])keys,
                                                       .key_count = 1,
                                                       .now_us = BEGAN_US + 400 * BP_DAY,
                                                       .owner = journal,
                                                       .on_finding = on_finding});
    journal->found_count = 0;
    journal_verifier_know(verifier, &journal->known, journal->known_at_us, "the collector signed it");
    for (size_t i = 0; i < journal->count; i++)
        journal_verifier_take(verifier, &journal->entries[i]);
    journal_verifier_end(verifier, &journal->verified);
    journal_verifier_free(verifier);
    assert_int_equal(journal->verified.findings, journal->found_count);
}

static bool found(const Journal *journal, int64_t seq, const char *text)
{
    for (size_t i = 0; i < journal->found_count; i++)
        if (journal->found_seqs[i] == seq && strstr(journal->found[i], text))
            return true;
    for (size_t i = 0; i < journal->found_count; i++)
        print_message("found at %lld: %s\n", (long long)journal->found_seqs[i], journal->found[i]);
    return false;
}

static void cut(Journal *journal, size_t first, size_t count)
{
    memmove(&journal->entries[first], &journal->entries[first + count],
            (journal->count - first - count) * sizeof journal->entries[0]);
    journal->count -= count;
}

static void know(Journal *journal, size_t i)
{
    journal->known = (JournalPosition){.epoch = journal->entries[i].epoch, .seq = journal->entries[i].seq};
    memcpy(journal->known.digest, journal->entries[i].digest, SIGN_DIGEST_SIZE);
}

/* ---- the tests ---- */

/* By hashlib and openssl, and not by us. */
static void digests_and_signatures_are_what_others_calculate(void **state)
{
    (void)state;
    JournalEntry entry = {.site = bp_str("macau"),
                          .kind = bp_str("epoch"),
                          .body = bp_str("{\"v\": 1, \"reason\": \"new\", \"previous\": null}"),
                          .epoch = 0x1234567890,
                          .seq = 1,
                          .at_us = BEGAN_US};
    char text[129];
    uint8_t digest[32], seed[SIGN_SEED_SIZE];
    journal_entry_digest(&entry, zeros, digest);
    assert_string_equal(sign_hex(digest, 32, text),
                        "4edf63770593b3edb24065009ffddf704adb03521e044668adfaa4ecc01e201f");
    JournalPosition position = {.epoch = entry.epoch, .seq = 1};
    memcpy(position.digest, digest, 32);
    entry.kind = bp_str("setting");
    entry.body = bp_str("{\"v\": 1}");
    entry.seq = 2;
    entry.at_us = -1;
    journal_entry_digest(&entry, digest, digest);
    assert_string_equal(sign_hex(digest, 32, text),
                        "7ca61609e4c44e0f71736cdab949431b378e8a1264a6af3d554d5b7ad4c74b4e");
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    SignKey *key = sign_key_from_seed(seed);
    JournalCheckpoint checkpoint;
    journal_checkpoint_sign(bp_str("macau"), &position, key, &checkpoint);
    assert_string_equal(sign_hex(checkpoint.signature, 64, text),
                        "81a8795a7199173043189523a6ae75df0cefb7598b978daa735431d20f65d772"
                        "921d4e361331a9dbedb366601bd5f22dd4b485452cb9338024513c85bd55420d");
    assert_true(journal_checkpoint_is_signed(bp_str("macau"), &checkpoint));
    assert_false(journal_checkpoint_is_signed(bp_str("lisbon"), &checkpoint));
    sign_key_free(key);
}

static void an_untouched_journal_is_whole(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    know(journal, CHECKED);
    verify(journal);
    assert_int_equal(journal->found_count, 0);
    assert_int_equal(journal->verified.records, 25);
    assert_int_equal(journal->verified.checkpoints, 2);
    assert_int_equal(journal->verified.last_seq, 25);
    assert_int_equal(journal->verified.signed_seq, 20);
    assert_int_equal(journal->verified.unsigned_records, 4); /* 21, and 23 to 25 */
    assert_int_equal(journal->verified.unsigned_since_us, BEGAN_US + 20 * BP_SECOND);
    journal_free(journal);
}

static void no_journal_is_whole_where_nothing_is_known_of_one(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    journal->count = 0;
    verify(journal);
    assert_int_equal(journal->found_count, 0);
    assert_int_equal(journal->verified.records, 0);
    journal_free(journal);
}

/* Every bit of every octet would take long: a bit of every octet of every body and digest. */
static void each_changed_octet_is_found_where_it_is(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    for (size_t i = 0; i < journal->count; i++) {
        JournalEntry *entry = &journal->entries[i];
        for (size_t octet = 0; octet < entry->body.size; octet++) {
            journal->bodies[i][octet] ^= 1;
            verify(journal);
            assert_true(found(journal, entry->seq, "its contents were changed"));
            journal->bodies[i][octet] ^= 1;
        }
        for (size_t octet = 0; octet < SIGN_DIGEST_SIZE; octet++) {
            entry->digest[octet] ^= 1;
            verify(journal);
            assert_true(
                found(journal, entry->seq, i + 1 < journal->count ? "its digest was changed" : "changed"));
            entry->digest[octet] ^= 1;
        }
        entry->at_us++;
        verify(journal);
        assert_true(found(journal, entry->seq, "its contents were changed"));
        entry->at_us--;
        const BpStr kind = entry->kind;
        entry->kind = bp_str("point");
        verify(journal);
        assert_true(found(journal, entry->seq, "its contents were changed"));
        entry->kind = kind;
    }
    verify(journal);
    assert_int_equal(journal->found_count, 0);
    journal_free(journal);
}

static void each_entry_that_was_cut_out_is_missed(void **state)
{
    (void)state;
    for (size_t i = 1; i < 24; i++) {
        Journal *journal = journal_new();
        cut(journal, i, 1);
        verify(journal);
        assert_true(found(journal, (int64_t)i + 2, "something between them was cut out"));
        journal_free(journal);
    }
}

static void a_cut_beginning_is_found(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    cut(journal, 0, 4);
    verify(journal);
    assert_true(found(journal, 5, "were cut off"));
    journal_free(journal);
}

static void a_cut_end_is_found_by_what_is_known_outside(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    know(journal, CHECKED);
    cut(journal, 15, 10);
    verify(journal);
    assert_true(
        found(journal, 15, "the end was cut off: it went to seq 21 at least, as the collector signed it"));
    journal->count = 0;
    verify(journal);
    assert_true(found(journal, 21, "missing as a whole"));
    journal_free(journal);
}

static void swapped_entries_are_found(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    const JournalEntry kept = journal->entries[5];
    journal->entries[5] = journal->entries[6]; /* the numbers with them */
    journal->entries[6] = kept;
    verify(journal);
    assert_true(found(journal, 6, "out of its order"));
    journal->entries[6] = journal->entries[5]; /* the contents alone */
    journal->entries[5] = kept;
    const BpStr body = kept.body;
    journal->entries[5].body = journal->entries[6].body;
    journal->entries[6].body = body;
    verify(journal);
    assert_true(found(journal, 6, "its contents were changed"));
    assert_true(found(journal, 7, "its contents were changed"));
    journal_free(journal);
}

static void who_chains_all_anew_is_found_by_the_checkpoints(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    journal->bodies[13][9] = 'K';
    chain_from(journal, 13);
    verify(journal);
    assert_int_equal(journal->found_count, 1);
    assert_true(found(journal, 20, "from seq 11 to here something was changed"));
    journal_free(journal);
}

static void what_is_behind_the_last_checkpoint_is_unsigned_and_said_to_be(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    journal->bodies[23][9] = 'K';
    chain_from(journal, 23);
    verify(journal);
    assert_int_equal(journal->found_count, 0); /* it cannot be told */
    assert_true(journal->verified.unsigned_records >= 3);
    journal_free(journal);
}

static void checkpoints_of_another_key_or_changed_ones_are_found(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    uint8_t seed[SIGN_SEED_SIZE] = {8};
    SignKey *other = sign_key_from_seed(seed);
    journal->count = 21;
    add_checkpoint(journal, other, 19);
    verify(journal);
    assert_true(found(journal, 22, "signed by another key"));
    assert_int_equal(journal->verified.signed_seq, 10);
    journal->count = 21;
    add_checkpoint(journal, journal->key, 19);
    char *signature = strstr(journal->bodies[21], "signature") + strlen("signature\": \"");
    *signature = *signature == '0' ? '1' : '0';
    chain_from(journal, 21);
    verify(journal);
    assert_true(found(journal, 22, "signature is false"));
    snprintf(journal->bodies[21], BODY_MAX, "{\"v\": 2}");
    journal->entries[21].body = bp_str(journal->bodies[21]);
    chain_from(journal, 21);
    verify(journal);
    assert_true(found(journal, 22, "cannot be read"));
    sign_key_free(other);
    journal_free(journal);
}

static void a_checkpoint_of_elsewhere_signs_nothing(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    journal->count = 21;
    const JournalEntry kept = journal->entries[19];
    journal->entries[19].epoch = EPOCH + 1;
    add_checkpoint(journal, journal->key, 19);
    journal->entries[19] = kept;
    chain_from(journal, 19);
    verify(journal);
    assert_true(found(journal, 22, "of another place"));
    journal_free(journal);
}

/* Epoch 7 follows EPOCH, which ended with its 25th. */
static void add_epoch(Journal *journal, int64_t known_seq)
{
    char body[BODY_MAX], digest[65];
    const JournalEntry *last = &journal->entries[journal->count - 1];
    snprintf(body, sizeof body,
             "{\"v\": 1, \"reason\": \"restored\", \"previous\": {\"epoch\": %lld, \"seq\": %lld, "
             "\"digest\": \"%s\"}, "
             "\"known\": {\"epoch\": %lld, \"seq\": %lld, \"digest\": \"%s\"}}",
             (long long)last->epoch, (long long)last->seq, sign_hex(last->digest, 32, digest),
             (long long)last->epoch, (long long)known_seq, digest);
    add(journal, 7, 1, "epoch", body);
    add(journal, 7, 2, "setting", "{}");
    add_checkpoint(journal, journal->key, journal->count - 1);
}

static void the_next_epoch_signs_for_the_end_of_the_one_before(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    add_epoch(journal, 25);
    verify(journal);
    assert_int_equal(journal->found_count, 0);
    assert_int_equal(journal->verified.epochs, 2);
    assert_int_equal(journal->verified.epoch, 7);
    assert_int_equal(journal->verified.signed_seq, 2);
    assert_int_equal(journal->verified.unsigned_records, 0);

    journal->bodies[23][9] = 'K'; /* what was unsigned then */
    for (size_t i = 23; i < 25; i++)
        journal_entry_digest(&journal->entries[i], journal->entries[i - 1].digest,
                             journal->entries[i].digest);
    verify(journal);
    assert_true(found(journal, 25, "it is not how the epoch ended"));
    cut(journal, 24, 1);
    verify(journal);
    assert_true(found(journal, 24, "the end was cut off: it went to seq 25"));
    cut(journal, 0, 24);
    verify(journal);
    assert_true(found(journal, 25, "missing as a whole"));
    journal_free(journal);
}

static void what_a_restored_database_lost_is_named(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    add_epoch(journal, 31);
    verify(journal);
    assert_true(found(journal, 25, "entries up to seq 31 are gone: the database was put back"));
    journal_free(journal);
}

static void an_epoch_that_nobody_knows_of_is_found(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    add(journal, 5, 1, "epoch", "{\"v\": 1, \"reason\": \"new\", \"previous\": null}");
    verify(journal);
    assert_true(found(journal, 1, "two epochs follow none"));
    journal_free(journal);
}

static void add_pruned(Journal *journal, size_t last)
{
    char body[BODY_MAX], digest[65];
    snprintf(body, sizeof body,
             "{\"v\": 1, \"event\": \"pruned\", \"epoch\": %d, \"seq\": %lld, \"digest\": \"%s\"}", EPOCH,
             (long long)journal->entries[last].seq, sign_hex(journal->entries[last].digest, 32, digest));
    add(journal, EPOCH, 26, "audit", body);
    add_checkpoint(journal, journal->key, 25);
}

static void a_pruned_beginning_is_anchored_by_its_entry(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    add_pruned(journal, 11);
    cut(journal, 0, 12);
    verify(journal);
    assert_int_equal(journal->found_count, 0);
    assert_int_equal(journal->verified.pruned_seq, 12);
    cut(journal, 0, 1);
    verify(journal);
    assert_true(found(journal, 14, "were cut off"));
    journal_free(journal);
}

static void a_beginning_that_is_called_pruned_before_its_year_is_found(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    JournalPosition positions[2];
    know(journal, 3);
    positions[0] = journal->known;
    know(journal, 20);
    positions[1] = journal->known;
    add_pruned(journal, 11);
    cut(journal, 0, 12);
    for (int days = 10; days <= 390; days += 380) { /* since the first of them was signed */
        uint8_t keys[1][SIGN_PUBLIC_SIZE];
        memcpy(keys[0], sign_key_public(journal->key), SIGN_PUBLIC_SIZE);
        JournalVerifierOptions options = {.site = bp_str("macau"),
                                          .keys = (const uint8_t(*)[SIGN_PUBLIC_SIZE])keys,
                                          .key_count = 1,
                                          .now_us = BEGAN_US + days * BP_DAY,
                                          .owner = journal,
                                          .on_finding = on_finding};
        JournalVerifier *verifier = journal_verifier_new(&options);
        journal->found_count = 0;
        journal_verifier_know(verifier, &positions[0], BEGAN_US, "signed");
        journal_verifier_know(verifier, &positions[1], BEGAN_US + BP_DAY, "signed");
        for (size_t i = 0; i < journal->count; i++)
            journal_verifier_take(verifier, &journal->entries[i]);
        journal_verifier_end(verifier, &journal->verified);
        journal_verifier_free(verifier);
        if (days < 365)
            assert_true(found(journal, 12, "it is not a year old"));
        else
            assert_int_equal(journal->found_count, 0);
    }
    journal_free(journal);
}

static void numbers_of_frames_are_counted_and_break_nothing(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    journal->count = 20;
    add(journal, EPOCH, 30, "setting", "{}");
    verify(journal);
    assert_int_equal(journal->found_count, 0);
    assert_int_equal(journal->verified.gaps, 9);
    journal_free(journal);
}

static void nothing_is_believed_without_a_key(void **state)
{
    (void)state;
    Journal *journal = journal_new();
    JournalVerifier *verifier = journal_verifier_new(
        &(JournalVerifierOptions){.site = bp_str("macau"), .owner = journal, .on_finding = on_finding});
    for (size_t i = 0; i < journal->count; i++)
        journal_verifier_take(verifier, &journal->entries[i]);
    journal_verifier_end(verifier, &journal->verified);
    journal_verifier_free(verifier);
    assert_int_equal(journal->found_count, 0);
    assert_int_equal(journal->verified.signed_seq, 0);
    journal_free(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_and_signatures_are_what_others_calculate),
        cmocka_unit_test(an_untouched_journal_is_whole),
        cmocka_unit_test(no_journal_is_whole_where_nothing_is_known_of_one),
        cmocka_unit_test(each_changed_octet_is_found_where_it_is),
        cmocka_unit_test(each_entry_that_was_cut_out_is_missed),
        cmocka_unit_test(a_cut_beginning_is_found),
        cmocka_unit_test(a_cut_end_is_found_by_what_is_known_outside),
        cmocka_unit_test(swapped_entries_are_found),
        cmocka_unit_test(who_chains_all_anew_is_found_by_the_checkpoints),
        cmocka_unit_test(what_is_behind_the_last_checkpoint_is_unsigned_and_said_to_be),
        cmocka_unit_test(checkpoints_of_another_key_or_changed_ones_are_found),
        cmocka_unit_test(a_checkpoint_of_elsewhere_signs_nothing),
        cmocka_unit_test(the_next_epoch_signs_for_the_end_of_the_one_before),
        cmocka_unit_test(what_a_restored_database_lost_is_named),
        cmocka_unit_test(an_epoch_that_nobody_knows_of_is_found),
        cmocka_unit_test(a_pruned_beginning_is_anchored_by_its_entry),
        cmocka_unit_test(a_beginning_that_is_called_pruned_before_its_year_is_found),
        cmocka_unit_test(numbers_of_frames_are_counted_and_break_nothing),
        cmocka_unit_test(nothing_is_believed_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
