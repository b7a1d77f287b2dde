/* Reading out: a device is asked for all that it has, one request at a time (scan.h), when nothing more
 * urgent is to be asked. */
#ifndef COLLECT_ASK_READ_OUT_H
#define COLLECT_ASK_READ_OUT_H

#include "apps/collect/ask/job.h"

extern const CollectJobKind collect_read_out;

#endif
