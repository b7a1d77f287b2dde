#include "apps/collect/ask/jobs/probe.h"

#include "apps/collect/ask/device/identity.h"
#include "apps/collect/ask/device/readings.h"
#include "apps/collect/ask/device/rounds.h"
#include "apps/collect/ask/device/state.h"
#include "bacnet/service/read_property.h"
#include "base/time.h"

enum { IDLE_MIN = 5 }; /* between probes of a device of which nothing is polled */

/* ---- when ---- */

/* What is polled of a device tells whether it is there; of whom nothing is, he is asked. */
static int64_t due_us(const CollectDevice *device)
{
    if (device->device_id == 0 || device->rounds.count > 0 || device->state != COLLECT_ONLINE)
        return INT64_MAX;
    return device->silence.answered_us + IDLE_MIN * BP_MINUTE;
}

static bool is_due(const CollectDevice *device, int64_t now_us)
{
    if (device->identity.probing || device->is_evicted)
        return false;
    return device->silence.is_doubted || now_us >= device->identity.recheck_us || now_us >= due_us(device) ||
           (collect_device_is_away(device) && now_us >= device->silence.probe_due_us);
}

bool collect_probe_comes_first(const CollectDevice *device, int64_t now_us)
{
    return device->silence.is_doubted || device->identity.probing || collect_device_is_away(device) ||
           is_due(device, now_us);
}

bool collect_probe_is_missing(const CollectDevice *device)
{
    return device->state == COLLECT_UNKNOWN && device->instance != BAC_INSTANCE_WILDCARD;
}

/* ---- the request ---- */

typedef struct Probe {
    uint32_t asked_instance;
} Probe;

/* Small, and known to every device. One that fell silent has had its tries. */
static uint8_t make(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us)
{
    (void)now_us;
    Probe *probe = job->own;
    const CollectDevice *device = job->device;
    const BacReference reference = collect_identity_question(device, &shared->random);
    probe->asked_instance = reference.object.instance;
    if (collect_device_is_away(device) || device->silence.count > 0)
        job->retries = 0;
    bac_read_property_encode(out, &reference);
    return BAC_SERVICE_CONFIRMED_READ_PROPERTY;
}

static void sent(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    (void)shared;
    const Probe *probe = job->own;
    CollectDevice *device = job->device;
    CollectIdentity *identity = &device->identity;
    identity->probing = true;
    identity->asked_instance = probe->asked_instance;
    identity->is_extra = collect_device_is_away(device) && now_us < device->silence.probe_due_us;
    identity->probed_us = now_us;
    identity->recheck_us = INT64_MAX;
    collect_readings_cover(device);
}

/* ---- the answer ---- */

/* It is there. Was a request before the probe too much for it? Another I-Am may have come meanwhile. */
static void take_word(CollectShared *shared, CollectDevice *device, int64_t now_us)
{
    CollectIdentity *identity = &device->identity;
    if (device->silence.answer_octets)
        (void)collect_limits_unanswered(&device->limits, device->silence.count, device->silence.answer_octets,
                                        now_us);
    collect_state_end_doubt(device, now_us);
    if (identity->is_suspect)
        collect_readings_release_covered(shared, device);
    identity->is_suspect = identity->is_suspect && identity->recheck_us != INT64_MAX;
    identity->is_unnamed |= identity->is_misnamed; /* where it is itself all the same */
    identity->is_misnamed = false;
    collect_state_alive(shared, device, now_us);
    if (!collect_rounds_is_in_one(device))
        collect_readings_flush(shared, device);
}

/* Behind a router each try takes its turn, and this was not the last. */
static bool is_tried_again(const CollectShared *shared, CollectDevice *device)
{
    return device->on.trunk && !collect_device_is_away(device) && device->silence.count == 0 &&
           device->silence.probes++ < shared->settings.retries;
}

static CollectNext answered(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = job->device;
    const CollectVerdict verdict = collect_identity_judge(&shared->instances, device, answer);
    device->identity.probing = false;
    switch (verdict) {
    case COLLECT_IS_ITSELF: take_word(shared, device, now_us); return COLLECT_JOB_ENDS;
    case COLLECT_ASKS_ON: collect_state_want_probe(device); return COLLECT_JOB_ENDS;
    case COLLECT_IS_SILENT:
        if (is_tried_again(shared, device)) {
            collect_state_want_probe(device);
            return COLLECT_JOB_ENDS;
        }
        collect_state_end_doubt(device, now_us);
        collect_state_go_away(shared, device, COLLECT_OFFLINE, "timeout", now_us);
        return COLLECT_NOBODY_THERE;
    default:
        collect_state_end_doubt(device, now_us);
        collect_state_go_away(shared, device, COLLECT_REPLACED, "replaced", now_us);
        return COLLECT_NOBODY_THERE;
    }
}

const CollectJobKind collect_probe = {.name = "probe",
                                      .own_size = sizeof(Probe),
                                      .may_repeat = true,
                                      .is_probe = true,
                                      .is_due = is_due,
                                      .due_us = due_us,
                                      .make = make,
                                      .sent = sent,
                                      .answered = answered};
