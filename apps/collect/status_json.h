/* The status that `collect/status` says, as JSON (docs/protocol.md). */
#ifndef COLLECT_STATUS_JSON_H
#define COLLECT_STATUS_JSON_H

#include "apps/collect/ask/device/settings.h"
#include "apps/collect/deliver/outbox/outbox.h"
#include "apps/collect/network/network.h"

#include <jansson.h>

typedef struct CollectStatusFigures {
    uint64_t devices, devices_offline, points, points_left_out;
    CollectNetworkFigures network;
    const CollectPollCounts *poll;
    const BacClientCounts *client;
    OutboxCounts outbox;
} CollectStatusFigures;

/* What is behind the state of every role (site_broker_say_status); the caller's. */
json_t *collect_status_json(const CollectStatusFigures *figures);

#endif
