/* The status that `collect/status` says, as JSON (docs/protocol.md). */
#ifndef COLLECT_STATUS_JSON_H
#define COLLECT_STATUS_JSON_H

#include "apps/collect/ask/settings.h"
#include "apps/collect/deliver/outbox.h"
#include "apps/collect/network/network.h"

typedef struct CollectStatusFigures {
    uint64_t devices, devices_offline, points, points_left_out;
    CollectNetworkFigures network;
    const CollectPollCounts *poll;
    const BacClientCounts *client;
    OutboxCounts outbox;
} CollectStatusFigures;

/* To be freed. `figures`: NULL where they are not to be in it, as in the last will. */
char *collect_status_json(const char *state, int64_t since_us, const CollectStatusFigures *figures);

#endif
