/* Readings to batches, and a batch to the broker. What stands in a batch is lib/model/batch.h's. */
#ifndef COLLECT_DELIVER_BATCH_H
#define COLLECT_DELIVER_BATCH_H

#include "apps/collect/deliver/outbox/outbox.h"
#include "io/mqtt/mqtt.h"
#include "model/reading.h"

/* Puts readings of one device into the outbox, in as many batches as they need. */
void batch_put(Outbox *outbox, int32_t device_id, const MdlReading *readings, size_t count, int64_t first_us);

/* Sends one, as Outbox's hook `send` wants it. False: not now. */
bool batch_send(Mqtt *mqtt, const char *site, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload);

#endif
