/* What control keeps outside the database: <data>/control/holds, a log of lines (record_json.h). It says
 * where the journal stood, so that a database that was put back is noticed, and which slots are held, so that
 * they are released without it. Waits for the disk: see log.h. */
#ifndef COLLECT_CONTROL_FILE_H
#define COLLECT_CONTROL_FILE_H

#include "apps/collect/control/record_json.h"
#include "apps/collect/deliver/spool/files.h"

typedef struct ControlFile {
    const SpoolFiles *files;
    const char *folder; /* <data>/control: there already */
} ControlFile;

typedef struct ControlFileSize {
    size_t octets;
    size_t torn;  /* of them, behind the last whole line: power was lost, or the disk was full */
    size_t wrong; /* lines in front of that which could not be read, and were passed over */
} ControlFileSize;

/* Walks the octets of a file: `each` gets the records, in order. */
ControlFileSize control_file_walk(BpStr octets, void (*each)(void *context, const ControlRecord *record),
                                  void *context);

/* The same for the file on disk. BP_NOT_FOUND: there is none. BP_UNSUPPORTED: a newer version has written it,
 * and `each` was called for nothing. */
BpStatus control_file_read(const ControlFile *file, void (*each)(void *context, const ControlRecord *record),
                           void *context, ControlFileSize *ret_size, BpError *err) BP_CHECKED;

/* Adds lines to a file that is there, and has them on disk before it returns. Where it failed, what was
 * written of them is cut off again, as far as the disk lets us; nothing is to be added then before the file
 * was written anew, for what a disk says after it failed to write is not to be believed. */
BpStatus control_file_append(const ControlFile *file, BpStr lines, BpError *err) BP_CHECKED;

/* Writes the file anew, with these lines alone. It is the old one or the new one, whole, whatever happens. */
BpStatus control_file_write(const ControlFile *file, BpStr lines, BpError *err) BP_CHECKED;

#endif
