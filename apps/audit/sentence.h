/* What an entry says, as a sentence, and what it is about. */
#ifndef AUDIT_SENTENCE_H
#define AUDIT_SENTENCE_H

#include "apps/audit/names.h"
#include "base/buf.h"
#include "journal/entry.h"

#include <jansson.h>

/* Remembers the last commands, so that their ends say what they were. */
typedef struct AuditSpeaker AuditSpeaker;

AuditSpeaker *audit_speaker_new(const AuditNames *names); /* which outlive it */
void audit_speaker_free(AuditSpeaker *speaker);           /* NULL is fine */

/* What is pulled out of an entry. Texts are borrowed from its body. */
typedef struct AuditAbout {
    const char *who, *source;    /* NULL: it does not say */
    int64_t point_id, device_id; /* 0: of none */
} AuditAbout;
AuditAbout audit_about(const AuditSpeaker *speaker, const JournalEntry *entry, const json_t *body);

/* The sentence, in UTF-8 without control characters. A kind or version that is not known is shown as it is;
 * `body` is NULL where the entry's is no JSON. Takes note of a command; to be called once for each entry, in
 * their order, whether it is shown or not. */
void audit_sentence(AuditSpeaker *speaker, const JournalEntry *entry, const json_t *body, BpBuf *out);

/* Text in which nothing moves the cursor, changes the direction of what is read, or is no UTF-8: such octets
 * become \x1b and the like. */
void audit_plain(BpBuf *out, BpStr text);

#endif
