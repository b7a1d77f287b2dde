/* What an entry says, as a sentence, and what it is about. */
#ifndef RECORD_SENTENCE_H
#define RECORD_SENTENCE_H

#include "base/buf.h"
#include "journal/entry.h"
#include "record/names.h"

#include <jansson.h>

/* Remembers the last commands, so that their ends say what they were. */
typedef struct RecordSpeaker RecordSpeaker;

RecordSpeaker *record_speaker_new(const RecordNames *names); /* which outlive it */
void record_speaker_free(RecordSpeaker *speaker);            /* NULL is fine */

/* What is pulled out of an entry. Texts are borrowed from its body. */
typedef struct RecordAbout {
    const char *who, *source;    /* NULL: it does not say */
    int64_t point_id, device_id; /* 0: of none */
} RecordAbout;
RecordAbout record_about(const RecordSpeaker *speaker, const JournalEntry *entry, const json_t *body);

/* The sentence, in UTF-8 without control characters. A kind or version that is not known is shown as it is;
 * `body` is NULL where the entry's is no JSON. Takes note of a command; to be called once for each entry, in
 * their order, whether it is shown or not. */
void record_sentence(RecordSpeaker *speaker, const JournalEntry *entry, const json_t *body, BpBuf *out);

/* Text in which nothing moves the cursor, changes the direction of what is read, or is no UTF-8: such octets
 * become \x1b and the like. */
void record_plain(BpBuf *out, BpStr text);

#endif
