#include "journal/entry.h"

#include "base/buf.h"

void journal_entry_digest(const JournalEntry *entry, const uint8_t previous[SIGN_DIGEST_SIZE],
                          uint8_t ret_digest[SIGN_DIGEST_SIZE])
{
    uint8_t memory[3 * 8];
    BpBuf numbers = bp_buf(memory, sizeof memory);
    bp_buf_unsigned(&numbers, (uint64_t)entry->epoch, 8);
    bp_buf_unsigned(&numbers, (uint64_t)entry->seq, 8);
    bp_buf_unsigned(&numbers, (uint64_t)entry->at_us, 8);
    const BpStr parts[] = {{(const char *)previous, SIGN_DIGEST_SIZE},
                           bp_buf_text(&numbers),
                           entry->site,
                           bp_str("\n"),
                           entry->kind,
                           bp_str("\n"),
                           entry->body};
    sign_digest(parts, sizeof parts / sizeof parts[0], ret_digest);
}

bool journal_is_frame(BpStr kind)
{
    return bp_str_equal(kind, bp_str("readings")) || bp_str_equal(kind, bp_str("health"));
}
