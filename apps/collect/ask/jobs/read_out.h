/* Reading out: a device is asked for all that it has, one request at a time (scan.h), when nothing more
 * urgent is to be asked. */
#ifndef COLLECT_ASK_JOBS_READ_OUT_H
#define COLLECT_ASK_JOBS_READ_OUT_H

#include "apps/collect/ask/jobs/job.h"

/* The device, which is not being read out, is from now on. */
void collect_read_out_begin(CollectDevice *device, CollectScan *scan);

extern const CollectJobKind collect_read_out;

#endif
