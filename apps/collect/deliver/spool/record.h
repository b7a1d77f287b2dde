/* A batch as it stands in a segment of the spool. A record whose checksum does not fit is torn, where power
 * was lost, or damaged; what stands behind it is found all the same. */
#ifndef COLLECT_DELIVER_SPOOL_RECORD_H
#define COLLECT_DELIVER_SPOOL_RECORD_H

#include "base/buf.h"
#include "model/batch.h"

enum { SPOOL_RECORD_HEADER = 48 };

/* Adds a record to `out`. The payload is text without NUL: where the record is damaged none is found in its
 * midst, since the size of a record begins with one. */
void spool_record(BpBuf *out, const MdlRun *run, int64_t n, BpStr payload);

/* Called for each whole record of a segment, in order. */
typedef void (*SpoolEach)(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload);

/* Walks the octets of a segment. Returns how many of them are of whole records. */
size_t spool_walk(BpStr octets, int64_t segment, SpoolEach each, void *context);

#endif
