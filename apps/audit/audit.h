/* bacpipes audit: who did what, as the journal has it, and whether the journal is whole. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "journal/entry.h"
#include "site/database.h"

#include <jansson.h>

/* Each returns its exit code. */
int audit_list(int argc, char **argv);
int audit_verify(int argc, char **argv);
int audit_key(int argc, char **argv);

/* ---- the journal in the database (walk.c) ---- */

typedef struct AuditWalk {
    const char *site;
    int64_t epoch;              /* that one alone; 0: all, in the order in which they began */
    int64_t behind_seq;         /* of `epoch` */
    int64_t since_us, until_us; /* 0: from the beginning, to the end */
    void *owner;
    void (*each)(void *owner, const JournalEntry *entry);
} AuditWalk;

/* Gives each record, as it is in the database, one after the other: there may be many millions. */
BpStatus audit_walk(SiteDatabase *database, const AuditWalk *walk, BpError *err) BP_CHECKED;

/* What the journal says of itself: a row of select_journal_head.sql. */
typedef struct AuditHead {
    JournalPosition position; /* seq 0: there is no record, or no journal */
    int64_t frames_given_up;
} AuditHead;
void audit_take_head(void *head, const PgRows *rows, size_t row);

/* ---- the journal in a file that `audit --json` wrote (export.c) ---- */

/* An entry with what it says, as a line of JSON. `body` may be NULL. */
typedef struct AuditLine {
    const char *text, *who, *source, *point; /* NULL: there is none */
    int64_t point_id;
} AuditLine;
void audit_line_print(const JournalEntry *entry, const AuditLine *line);

/* What a central has forgotten of a life that came to it stands in no entry: a line in front of them says so.
 * It is read as an entry of this kind, which no journal has. */
#define AUDIT_PRUNED "pruned"
void audit_pruned_print(const char *site, const JournalPosition *behind);

/* The same for a file. BP_INVALID: a line is no entry; the sentence says which. A file that ends with an
 * error's line was not written to its end. "-" is standard input. Each entry's site is in it. */
BpStatus audit_file_walk(const char *path, void *owner, void (*each)(void *owner, const JournalEntry *entry),
                         BpError *err) BP_CHECKED;

/* What an entry says, read from its line: a pure function, whose texts are in *ret_json, to be given back.
 * `octets` is room for a body that is no text. */
BpStatus audit_line_read(BpStr line, json_t **ret_json, BpBuf *octets, JournalEntry *ret_entry,
                         BpError *err) BP_CHECKED;

#endif
