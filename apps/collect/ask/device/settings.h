/* What the poller is told (settings), whom it tells (hooks), and what it counts. */
#ifndef COLLECT_ASK_DEVICE_SETTINGS_H
#define COLLECT_ASK_DEVICE_SETTINGS_H

#include "apps/collect/ask/device/device.h"

enum {
    COLLECT_LATENCIES = 16, /* buckets of round trips: below 1, 2, 4 ... 16384 ms, and longer */
};

/* What the devices behind a router, which share it, get of it. */
typedef struct CollectShare {
    uint16_t window; /* requests under way at once on a trunk, to devices that answer */
    uint32_t rate;   /* requests a second on a trunk, at most */
} CollectShare;

typedef struct CollectPollSettings {
    uint16_t window;         /* requests under way at once to one device that keeps up, at most */
    CollectShare trunk;      /* of each network behind a router */
    uint16_t devices;        /* devices asked at once */
    int64_t timeout_us;      /* of each try, until round trips are known */
    uint8_t retries;         /* further tries after the first */
    int64_t backoff_max_us;  /* longest pause between probes of a silent device */
    uint32_t cov_lifetime_s; /* of subscriptions; 0: 10 minutes */
    bool cov_confirmed;      /* notifications are to be confirmed */
    uint32_t cov_process;    /* the name of our subscriptions: the same in each run, so that those of the last
                                are    renewed, and take no second place in the device (135, clause 13.14.1). 0:
                                any.    Taken by collect_poll_new alone, like: */
    int64_t rest_us; /* longest life of a datagram that the network doubled (see BacClientOptions): a device
                        is asked at most 127 times meanwhile */
} CollectPollSettings;

typedef struct CollectPollHooks {
    void *owner;
    void (*send)(void *owner, const BacAddress *to, BpStr datagram);
    /* Readings of one device, with its reasons, are valid until the hook returns. */
    void (*on_readings)(void *owner, const CollectDevice *device, const MdlReading *readings, size_t count);
    /* device->state is another now; device->reason says why. */
    void (*on_state)(void *owner, CollectDevice *device);
    /* A scan has ended, well or not; it is the owner's now. */
    void (*on_scanned)(void *owner, CollectDevice *device, CollectScan *scan);
    /* `device`, which nobody knew of, has answered at the address of `gone`, which is evicted. */
    void (*on_found)(void *owner, CollectDevice *device, CollectDevice *gone);
} CollectPollHooks;

typedef struct CollectPollCounts {
    uint64_t reads;          /* points asked for */
    uint64_t reads_failed;   /* those of them that gave no value */
    uint64_t rounds;         /* finished */
    uint64_t rounds_skipped; /* not begun, since the one before was not finished */
    uint64_t rounds_late;    /* began more than a tenth of their interval, or 1 s, after they were due */
    uint64_t cov_subscribed; /* subscriptions made or renewed */
    uint64_t cov_told;       /* notifications taken */
    uint64_t cov_foreign;    /* and those that nobody waits for */
    uint64_t cov_missed;     /* polls that brought what should have been told */
    uint64_t cov_given_up;   /* subscriptions that were refused, or did not tell */
    uint64_t cov_cancelled;  /* since we end */
    int64_t lateness_max_us; /* since the last collect_poll_take_extremes */
    int64_t round_max_us;    /* longest from due to done, since then */
    uint64_t latencies[COLLECT_LATENCIES]; /* of requests answered at the first try */
} CollectPollCounts;

#endif
