/* What polling costs: present values and status flags of N points of simulated devices, read by the
 * collector's own poller over real sockets on loopback, decoded and judged, without JSON and MQTT.
 *
 *   poll_bench rpm|rp SECONDS INTERVAL-MS ADDRESS:PORT...     the devices are `bacpipes sim`'s
 *
 * Prints "points CPU-SECONDS SECONDS LATE" of what was read; LATE: rounds that began late or were left out.
 * At 1 ms rounds are due all the time, so that it reads as fast as it can. */
#include "apps/collect/ask/poll.h"
#include "base/time.h"
#include "io/bip/bip.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { WINDOW = 8 };

/* What was found in a device, to be read when all have been read out. */
typedef struct Found {
    struct Found *next;
    CollectDevice *device;
    CollectPoint *points;
    size_t count;
} Found;

typedef struct Bench {
    Found *found;
    Loop *loop;
    Bip *bip;
    CollectPoller *poller;
    LoopTimer *timer;
    size_t readings, scans;
    bool by_single;
    int64_t interval_us;
} Bench;

static void send_datagram(void *owner, const BacAddress *to, BpStr datagram)
{
    const Bench *bench = owner;
    bip_send(bench->bip, to, datagram);
}

static void on_readings(void *owner, const CollectDevice *device, const MdlReading *readings, size_t count)
{
    Bench *bench = owner;
    (void)device;
    for (size_t i = 0; i < count; i++)
        bench->readings += readings[i].has_value;
}

static void on_state(void *owner, CollectDevice *device)
{
    (void)owner;
    (void)device;
}

static void on_scanned(void *owner, CollectDevice *device, CollectScan *scan)
{
    Bench *bench = owner;
    size_t count;
    const CollectScanObject *objects = collect_scan_objects(scan, &count);
    CollectPoint *points = calloc(count + 1, sizeof *points);
    if (!points)
        abort();
    for (size_t i = 0; i < count; i++)
        points[i] = (CollectPoint){.point_id = (int32_t)i + 1,
                                   .object = objects[i].id,
                                   .property = BAC_PROP_PRESENT_VALUE,
                                   .interval_us = bench->interval_us};
    device->device_id = 1; /* as the database would give it */
    if (bench->by_single)
        device->limits.read_multiple = false;
    device->limits.multiple_retry_us = INT64_MAX;
    Found *found = calloc(1, sizeof *found);
    if (!found)
        abort();
    *found = (Found){bench->found, device, points, count};
    bench->found = found;
    collect_scan_free(scan);
    bench->scans--;
}

static void soon(Bench *bench)
{
    loop_timer_set(bench->timer, collect_poll_next_due_us(bench->poller));
}

static void on_due(void *owner)
{
    Bench *bench = owner;
    collect_poll_advance(bench->poller, loop_now_us(bench->loop));
    soon(bench);
}

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    Bench *bench = owner;
    (void)collect_poll_receive(bench->poller, datagram, loop_now_us(bench->loop));
    soon(bench);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run_for(Bench *bench, int64_t duration_us)
{
    const int64_t until_us = loop_now_us(bench->loop) + duration_us;
    while (loop_now_us(bench->loop) < until_us)
        loop_run_once(bench->loop, until_us - loop_now_us(bench->loop));
}

static void add_device(Bench *bench, const char *text)
{
    BacAddress address;
    CollectDevice *device;
    BpError err;
    if (bac_address_parse(bp_str(text), &address, &err) != BP_OK ||
        collect_poll_add(bench->poller, &address, BAC_INSTANCE_WILDCARD, BAC_APDU_MAX, true, &device, &err) !=
            BP_OK) {
        fprintf(stderr, "poll_bench: %s\n", err.text);
        exit(64);
    }
    bench->scans++;
    collect_poll_scan(bench->poller, device, collect_scan_new(BAC_INSTANCE_WILDCARD, BAC_APDU_MAX, 0),
                      loop_now_us(bench->loop));
}

static void begin_polling(Bench *bench)
{
    while (bench->found) {
        Found *found = bench->found;
        collect_poll_set_points(bench->poller, found->device, found->points, found->count,
                                loop_now_us(bench->loop));
        bench->found = found->next;
        free(found->points);
        free(found);
    }
    soon(bench);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: poll_bench rpm|rp SECONDS INTERVAL-MS ADDRESS:PORT...\n");
        return 64;
    }
    Bench bench = {.loop = loop_new(),
                   .by_single = strcmp(argv[1], "rp") == 0,
                   .interval_us = strtol(argv[3], NULL, 10) * BP_MS};
    const double seconds = strtod(argv[2], NULL);
    const CollectPollHooks hooks = {.owner = &bench,
                                    .send = send_datagram,
                                    .on_readings = on_readings,
                                    .on_state = on_state,
                                    .on_scanned = on_scanned};
    const CollectPollSettings settings = {.window = WINDOW,
                                          .trunk = {.window = 1, .rate = 1000},
                                          .devices = 1024,
                                          .timeout_us = 3 * BP_SECOND,
                                          .retries = 2,
                                          .backoff_max_us = BP_MINUTE};
    const BipOptions options = {.bind = {.ip = {127, 0, 0, 1}}, .owner = &bench, .on_datagram = on_datagram};
    BpError err;
    bench.bip = bip_new(bench.loop, &options, &err);
    if (!bench.bip) {
        fprintf(stderr, "poll_bench: %s\n", err.text);
        return 69;
    }
    bench.timer = loop_timer_new(bench.loop, on_due, &bench);
    bench.poller = collect_poll_new(&hooks, &settings, 1);
    collect_poll_set_wall(bench.poller, loop_now_us(bench.loop), bp_wall_us());
    for (int i = 4; i < argc; i++)
        add_device(&bench, argv[i]);
    soon(&bench);
    while (bench.scans)
        run_for(&bench, 10 * BP_MS);
    begin_polling(&bench);
    run_for(&bench, BP_SECOND / 2); /* under way */
    const size_t readings = bench.readings;
    const CollectPollCounts before = *collect_poll_counts(bench.poller);
    const double cpu = cpu_seconds();
    const int64_t begin_us = loop_now_us(bench.loop);
    run_for(&bench, (int64_t)(seconds * BP_SECOND));
    const CollectPollCounts *after = collect_poll_counts(bench.poller);
    printf("%zu %.6f %.6f %llu\n", bench.readings - readings, cpu_seconds() - cpu,
           (double)(loop_now_us(bench.loop) - begin_us) / BP_SECOND,
           (unsigned long long)(after->rounds_late + after->rounds_skipped - before.rounds_late -
                                before.rounds_skipped));
    collect_poll_free(bench.poller);
    bip_free(bench.bip);
    loop_timer_free(bench.timer);
    loop_free(bench.loop);
    return 0;
}
