#include "apps/collect/ask/jobs/orders.h"

#include "apps/collect/ask/device/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_HEADER = 4 }; /* octets of an APDU in front of its parameters (20.1.2) */

typedef struct CollectOrder {
    struct CollectOrder *next;
    CollectOrderRequest request; /* its parameters are `parameters` */
    uint8_t parameters[];
} CollectOrder;

/* An order under way. */
typedef struct Sent {
    CollectOrder *order;
} Sent;

/* ---- its end ---- */

/* The callback comes last: it may give another order to the same device. */
static void end(CollectDevice *device, CollectOrder *order, const CollectOrderEnd *end)
{
    const CollectOrderRequest request = order->request;
    assert(device->orders.count > 0);
    device->orders.count--;
    free(order);
    request.on_end(request.context, end);
}

static void end_unsent(const CollectOrderRequest *request, CollectOrderWhy why)
{
    const CollectOrderEnd not_sent = {.outcome = COLLECT_ORDER_NOT_SENT, .why = why};
    request->on_end(request->context, &not_sent);
}

/* ---- those that wait ---- */

/* Why the device is not asked now, or COLLECT_ORDER_WAS_SENT where it is. */
static CollectOrderWhy why_not(const CollectDevice *device, const CollectOrderRequest *request)
{
    const size_t size = request->parameters.size;
    if (device->orders.is_closed)
        return COLLECT_ORDER_FORGOTTEN;
    if (device->is_cut_off)
        return COLLECT_ORDER_NO_NETWORK;
    if (!device->enabled)
        return COLLECT_ORDER_DISABLED;
    if (device->is_evicted || collect_device_is_away(device))
        return COLLECT_ORDER_AWAY;
    if (size > BAC_REQUEST_MAX || size + REQUEST_HEADER > device->peer.max_apdu)
        return COLLECT_ORDER_TOO_LONG;
    return device->orders.count >= COLLECT_ORDERS_MAX ? COLLECT_ORDER_FULL : COLLECT_ORDER_WAS_SENT;
}

static CollectOrder **queue_of(CollectDevice *device, bool is_urgent)
{
    return is_urgent ? &device->orders.urgent : &device->orders.patient;
}

static CollectOrder *copy(const CollectOrderRequest *request)
{
    CollectOrder *order = malloc(sizeof *order + request->parameters.size);
    if (!order)
        abort();
    order->next = NULL;
    order->request = *request;
    if (request->parameters.size > 0)
        memcpy(order->parameters, request->parameters.data, request->parameters.size);
    order->request.parameters.data = (const char *)order->parameters;
    return order;
}

bool collect_orders_put(CollectDevice *device, const CollectOrderRequest *request)
{
    const CollectOrderWhy why = why_not(device, request);
    if (why != COLLECT_ORDER_WAS_SENT) {
        end_unsent(request, why);
        return false;
    }
    CollectOrder **link = queue_of(device, request->is_urgent);
    while (*link)
        link = &(*link)->next;
    *link = copy(request);
    device->orders.count++;
    return true;
}

void collect_orders_close(CollectDevice *device)
{
    device->orders.is_closed = true;
}

/* ---- the job ---- */

static bool drop(CollectOrder **queue, CollectDevice *device)
{
    static const CollectOrderEnd late = {.outcome = COLLECT_ORDER_NOT_SENT, .why = COLLECT_ORDER_LATE};
    CollectOrder *order = *queue;
    if (!order->request.may_go || order->request.may_go(order->request.context))
        return false;
    *queue = order->next;
    end(device, order, &late);
    return true;
}

static bool drop_urgent(CollectDevice *device)
{
    return drop(&device->orders.urgent, device);
}

static bool drop_patient(CollectDevice *device)
{
    return drop(&device->orders.patient, device);
}

static uint8_t make(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us)
{
    (void)shared, (void)now_us;
    Sent *sent = job->own;
    sent->order = *queue_of(job->device, job->kind == &collect_order_urgent);
    if (sent->order->request.is_once || sent->order->request.may_go)
        job->retries = 0;
    bp_buf_str(out, sent->order->request.parameters);
    return sent->order->request.service;
}

static void sent(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    (void)shared, (void)now_us;
    const Sent *own = job->own;
    *queue_of(job->device, own->order->request.is_urgent) = own->order->next;
}

/* An Abort of our own says that an answer came, and could not be taken. */
static CollectNext answered(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us)
{
    (void)shared, (void)now_us;
    const Sent *own = job->own;
    CollectOrderEnd told = {.outcome = COLLECT_ORDER_UNKNOWN};
    if (answer->outcome == BAC_ANSWERED) {
        told.outcome = COLLECT_ORDER_ANSWERED;
        told.body = answer->body;
    } else if (answer->outcome == BAC_REFUSED && !answer->refused_here) {
        told.outcome = COLLECT_ORDER_REFUSED;
        told.refusal = answer->refusal;
    }
    /* One that was tried once says less than a batch with all its tries: the probe has all of its own. */
    if (collect_job_met_silence(job, answer))
        collect_state_want_probe(job->device);
    end(job->device, own->order, &told);
    return COLLECT_JOB_ENDS;
}

static void given_up(CollectShared *shared, CollectJob *job, CollectGone why, int64_t now_us)
{
    (void)shared, (void)why, (void)now_us;
    const Sent *own = job->own;
    const CollectOrderEnd unknown = {.outcome = COLLECT_ORDER_UNKNOWN};
    end(job->device, own->order, &unknown);
}

static void end_all(CollectDevice *device, CollectOrder **queue, CollectOrderWhy why)
{
    const CollectOrderEnd not_sent = {.outcome = COLLECT_ORDER_NOT_SENT, .why = why};
    while (*queue) {
        CollectOrder *order = *queue;
        *queue = order->next;
        end(device, order, &not_sent);
    }
}

/* Called for both kinds: the second finds nothing. */
static void gone(CollectShared *shared, CollectDevice *device, CollectGone why, int64_t now_us)
{
    static const CollectOrderWhy whys[] = {
        [COLLECT_GONE_SILENT] = COLLECT_ORDER_AWAY,
        [COLLECT_GONE_EVICTED] = COLLECT_ORDER_AWAY,
        [COLLECT_GONE_NO_NETWORK] = COLLECT_ORDER_NO_NETWORK,
        [COLLECT_GONE_DISABLED] = COLLECT_ORDER_DISABLED,
        [COLLECT_GONE_FORGOTTEN] = COLLECT_ORDER_FORGOTTEN,
    };
    (void)shared, (void)now_us;
    end_all(device, &device->orders.urgent, whys[why]);
    end_all(device, &device->orders.patient, whys[why]);
}

static bool is_urgent_due(const CollectDevice *device, int64_t now_us)
{
    (void)now_us;
    return device->orders.urgent != NULL;
}

static bool is_patient_due(const CollectDevice *device, int64_t now_us)
{
    (void)now_us;
    return device->orders.patient != NULL;
}

/* Before any round. */
static int64_t urgent_rank(const CollectDevice *device)
{
    return device->orders.urgent ? 1 : INT64_MAX;
}

const CollectJobKind collect_order_urgent = {.name = "urgent order",
                                             .own_size = sizeof(Sent),
                                             .may_repeat = true, /* but for those that are once */
                                             .is_due = is_urgent_due,
                                             .rank = urgent_rank,
                                             .drop = drop_urgent,
                                             .make = make,
                                             .sent = sent,
                                             .answered = answered,
                                             .given_up = given_up,
                                             .gone = gone};

const CollectJobKind collect_order_patient = {.name = "patient order",
                                              .own_size = sizeof(Sent),
                                              .may_repeat = true,
                                              .is_due = is_patient_due,
                                              .drop = drop_patient,
                                              .make = make,
                                              .sent = sent,
                                              .answered = answered,
                                              .given_up = given_up,
                                              .gone = gone};

void collect_orders_check(const CollectDevice *device, size_t under_way)
{
    size_t count = under_way;
    for (const CollectOrder *order = device->orders.urgent; order; order = order->next, count++)
        assert(order->request.is_urgent);
    for (const CollectOrder *order = device->orders.patient; order; order = order->next, count++)
        assert(!order->request.is_urgent);
    assert(count == device->orders.count && count <= COLLECT_ORDERS_MAX);
    assert(count == under_way || (device->enabled && !device->is_cut_off && !device->is_evicted &&
                                  !collect_device_is_away(device)));
}
