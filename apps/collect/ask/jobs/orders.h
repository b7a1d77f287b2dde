/* The orders that a device holds until they end (order.h), and how they are asked for. */
#ifndef COLLECT_ASK_JOBS_ORDERS_H
#define COLLECT_ASK_JOBS_ORDERS_H

#include "apps/collect/ask/jobs/job.h"
#include "apps/collect/ask/jobs/order.h"

extern const CollectJobKind collect_order_urgent, collect_order_patient;

/* True where the order waits for its chance; otherwise it has ended. */
bool collect_orders_put(CollectDevice *device, const CollectOrderRequest *request);

/* No order is taken for the device any more. */
void collect_orders_close(CollectDevice *device);

/* `under_way`: of its jobs, those that are orders. */
void collect_orders_check(const CollectDevice *device, size_t under_way);

#endif
