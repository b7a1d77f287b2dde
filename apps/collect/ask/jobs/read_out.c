#include "apps/collect/ask/jobs/read_out.h"

#include "apps/collect/ask/device/state.h"
#include "apps/collect/ask/jobs/scan.h"

#include <assert.h>

void collect_read_out_begin(CollectDevice *device, CollectScan *scan)
{
    assert(!device->read_out.scan && !device->read_out.waits);
    device->read_out.scan = scan;
}

static bool is_due(const CollectDevice *device, int64_t now_us)
{
    (void)now_us;
    return device->read_out.scan && !device->read_out.waits;
}

static uint8_t make(CollectShared *shared, CollectJob *job, BpBuf *out, int64_t now_us)
{
    (void)shared, (void)now_us;
    return collect_scan_ask(job->device->read_out.scan, &job->device->limits, out);
}

static void sent(CollectShared *shared, CollectJob *job, int64_t now_us)
{
    (void)shared, (void)now_us;
    job->device->read_out.waits = true;
}

static void end(CollectShared *shared, CollectDevice *device)
{
    CollectScan *scan = device->read_out.scan;
    device->read_out.scan = NULL;
    shared->telling++;
    shared->hooks.on_scanned(shared->hooks.owner, device, scan);
    shared->telling--;
}

static CollectNext answered(CollectShared *shared, CollectJob *job, const BacAnswer *answer, int64_t now_us)
{
    CollectDevice *device = job->device;
    device->read_out.waits = false;
    collect_scan_take(device->read_out.scan, &device->limits, answer, now_us);
    if (!collect_scan_is_over(device->read_out.scan))
        return COLLECT_JOB_ENDS;
    if (collect_job_met_silence(job, answer))
        collect_state_doubt(device, 0, 0);
    end(shared, device);
    return COLLECT_JOB_ENDS;
}

static void given_up(CollectShared *shared, CollectJob *job, CollectGone why, int64_t now_us)
{
    (void)shared, (void)why, (void)now_us;
    job->device->read_out.waits = false;
}

/* One that waits for an answer is ended by its own silence. */
static void gone(CollectShared *shared, CollectDevice *device, CollectGone why, int64_t now_us)
{
    static const char *const words[] = {
        [COLLECT_GONE_SILENT] = "the device does not answer",
        [COLLECT_GONE_NO_NETWORK] = "BacPipes is not on the network",
        [COLLECT_GONE_EVICTED] = "another device answers at its address",
    };
    (void)now_us;
    CollectScan *scan = device->read_out.scan;
    if (!scan || device->read_out.waits || why == COLLECT_GONE_DISABLED)
        return;
    if (why == COLLECT_GONE_FORGOTTEN) {
        device->read_out.scan = NULL;
        collect_scan_free(scan);
        return;
    }
    collect_scan_fail(scan, words[why]);
    end(shared, device);
}

const CollectJobKind collect_read_out = {.name = "read out",
                                         .may_repeat = true,
                                         .is_due = is_due,
                                         .make = make,
                                         .sent = sent,
                                         .answered = answered,
                                         .given_up = given_up,
                                         .gone = gone};
