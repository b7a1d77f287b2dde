/* Lines of the control file (file.h): each is a checksum, a space, one JSON object and a newline.
 *
 *   {"k":"begin","v":1,...}  a file, or a run of the collector, begins
 *   {"k":"clock",...}        nothing but when it was written
 *   {"k":"position",...}     where the journal stands
 *   {"k":"claim",...}        a command is about to be written
 *   {"k":"unclaim",...}      it was not, or is a hold by now
 *   {"k":"hold",...}         a slot is held: in place of what held it before
 *   {"k":"end",...}          it is not any more
 *   {"k":"event",...}        what became of it, to be recorded in the database
 *   {"k":"recorded","count":N}  the oldest N events are
 *
 * All have "boot", "up" (CLOCK_BOOTTIME) and "at" (wall clock): how long holds had run then. A kind that is
 * not known is passed over; a "v" that is not known says that the file is of a newer version. */
#ifndef COLLECT_CONTROL_RECORD_JSON_H
#define COLLECT_CONTROL_RECORD_JSON_H

#include "apps/collect/control/holds.h"
#include "base/buf.h"

enum { CONTROL_FILE_VERSION = 1, CONTROL_LINE_MAX = 8192, CONTROL_DIGEST_OCTETS = 32 };

/* Where the journal stood, and which numbers the database has given. */
typedef struct ControlPlace {
    int64_t epoch, seq; /* of its last record entry */
    uint8_t digest[CONTROL_DIGEST_OCTETS];
    int32_t device_end, point_end; /* all ids that were ever seen are smaller */
} ControlPlace;

typedef enum ControlRecordKind {
    CONTROL_RECORD_OTHER,
    CONTROL_RECORD_BEGIN,
    CONTROL_RECORD_CLOCK,
    CONTROL_RECORD_POSITION,
    CONTROL_RECORD_CLAIM,
    CONTROL_RECORD_UNCLAIM,
    CONTROL_RECORD_HOLD,
    CONTROL_RECORD_END,
    CONTROL_RECORD_EVENT,
    CONTROL_RECORD_RECORDED,
} ControlRecordKind;

typedef struct ControlRecord {
    ControlRecordKind kind;
    ControlTime clock;
    int64_t version;    /* of BEGIN */
    ControlPlace place; /* of POSITION */
    ControlHold hold;   /* of CLAIM and HOLD; of UNCLAIM and END its point and slot */
    ControlEvent event; /* of EVENT */
    size_t count;       /* of RECORDED */
} ControlRecord;

/* Adds the line. */
void control_record_write(BpBuf *out, const ControlRecord *record);

/* Reads a line without its newline. BP_MALFORMED: its checksum, or what it says, is wrong. */
BpStatus control_record_read(BpStr line, ControlRecord *ret_record, BpError *err) BP_CHECKED;

#endif
