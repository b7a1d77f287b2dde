/* A line of an export, as somebody gives it to `bacpipes audit verify`, and what its entry says. */
#include "apps/audit/audit.h"
#include "journal/verifier.h"
#include "record/sentence.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OCTETS_MAX = 1024 * 1024 };

static void on_finding(void *owner, int64_t epoch, int64_t seq, const char *text)
{
    (void)owner, (void)epoch, (void)seq;
    assert(text && *text);
}

static void look(const JournalEntry *entry)
{
    const RecordNames names = {0};
    RecordSpeaker *speaker = record_speaker_new(&names);
    BpBuf sentence = bp_buf_growing(8 * OCTETS_MAX);
    json_auto_t *body = json_loadb(entry->body.data, entry->body.size, JSON_REJECT_DUPLICATES, NULL);
    for (int i = 0; i < 2; i++) { /* the second time what it says is known */
        bp_buf_clear(&sentence);
        record_sentence(speaker, entry, body, &sentence);
        (void)record_about(speaker, entry, body);
        assert(bp_str_is_utf8(bp_buf_text(&sentence)));
        for (size_t at = 0; at < sentence.size; at++)
            assert(sentence.data[at] >= ' ' && sentence.data[at] != 0x7F);
    }
    bp_buf_done(&sentence);
    record_speaker_free(speaker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BpBuf octets = bp_buf_growing(OCTETS_MAX);
    JournalVerified verified;
    JournalVerifier *verifier =
        journal_verifier_new(&(JournalVerifierOptions){.site = bp_str("macau"), .on_finding = on_finding});
    BpStr rest = {(const char *)data, size};
    while (rest.size) {
        json_t *json;
        JournalEntry entry;
        const BpStr line = bp_str_cut(rest, '\n', &rest);
        if (audit_line_read(line, &json, &octets, &entry, NULL) != BP_OK)
            continue;
        journal_verifier_take(verifier, &entry);
        look(&entry);
        json_decref(json);
    }
    journal_verifier_end(verifier, &verified);
    journal_verifier_free(verifier);
    bp_buf_done(&octets);
    return 0;
}
