/* Being on the building's network as a device of our own, and who else is there: newcomers are asked who they
 * are, and devices read out that answer and are new or due. It drives the poller with what comes in and when
 * something is due.
 *
 *   open.c        the sockets that the settings name, opened again when they could not be, or are gone
 *   own_device.c  what our own device answers, by itself
 *   who_is.c      everybody is asked who they are, now and then
 *   newcomers.c   whoever says that it is there, and is not known, waits to be asked
 *   found.c       what is done with who says that it is there, answers, or is silent
 *   scans.c       who is read out, and when
 *   sought.c      somebody asks to look for devices now
 *   told.c        what is said of all that in the log
 *   routes.c      networks behind routers */
#ifndef COLLECT_NETWORK_NETWORK_H
#define COLLECT_NETWORK_NETWORK_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/network/newcomers.h"
#include "config/config.h"
#include "io/bip/bip.h"
#include "io/loop/loop.h"

typedef struct CollectNetwork CollectNetwork;

typedef struct CollectNetworkOptions {
    Loop *loop;
    CollectPoller *poller; /* its hooks, but for on_readings, end in functions below */
    const Cfg *cfg;        /* as it is now; collect_network_set says that it is another */
    void *owner;
    void (*on_change)(void *owner); /* we are on the network now, or not any more, or for another reason */
} CollectNetworkOptions;

/* Off the network, until collect_network_set opens the sockets. What the options point to outlives it. */
CollectNetwork *collect_network_new(const CollectNetworkOptions *options);

/* We are about to end: devices are asked to tell no more (collect_poll_take_leave). Runs the loop until they
 * have answered, 2 s at most: what is left ends by itself, or is renewed by the next run. */
void collect_network_take_leave(CollectNetwork *network);

/* Nothing comes in or falls due any more, and what is sent goes nowhere. */
void collect_network_close(CollectNetwork *network);
void collect_network_free(CollectNetwork *network); /* NULL is fine */

/* The settings are known, or others: opens the sockets that they name, unless they are open, and looks for
 * devices where the settings say so. */
void collect_network_set(CollectNetwork *network);

/* The devices that the database has are known, for the first time: whoever is not among them is new. */
void collect_network_site_known(CollectNetwork *network);

/* Something was changed that the poller is to do: its timer follows. */
void collect_network_poll_soon(CollectNetwork *network);

/* Every 10 s or so: looks after what waits for nothing else. */
void collect_network_now_and_then(CollectNetwork *network);

/* The poller is to forget this device, and so does the network. */
void collect_network_forget(CollectNetwork *network, CollectDevice *device);

/* ---- the poller's hooks ---- */

void collect_network_send(CollectNetwork *network, const BacAddress *to, BpStr datagram);
void collect_network_note_state(CollectNetwork *network, CollectDevice *device);
void collect_network_found(CollectNetwork *network, CollectDevice *device, const CollectDevice *gone);

/* True: it was read out whole, and is to be stored. */
bool collect_network_scan_ended(CollectNetwork *network, CollectDevice *device, CollectScan *scan);

/* What was read out is stored, or, where `failure` is not NULL, could not be: it is read out again later. */
void collect_network_scan_stored(CollectNetwork *network, CollectDevice *device, const char *failure);

/* ---- a search that somebody asks for: one at a time ---- */

/* Whom it is for. All zero: whoever answers. */
typedef struct CollectSearchWish {
    bool has_range;
    uint32_t low, high; /* instances */
    int32_t device_id;  /* this device is read out anew, and nobody else is looked for; 0: none */
} CollectSearchWish;

typedef struct CollectSearchState {
    bool is_over;
    double progress;     /* 0 to 1 */
    const char *problem; /* why it came to nothing, once it is over; NULL: it did not */
    /* Devices that answered, and of them those that are new, that have other points than before, that were
     * read out, and that could not be: */
    size_t answered, added, changed, read_out, failed;
    /* Points of those that were read out, and of them those that are new, that have changed, that are gone:
     */
    size_t points, points_added, points_changed, points_gone;
} CollectSearchState;

/* Asks everybody, as is done now and then, or those of the wish, even where discovery.enabled is off: who is
 * new or due is read out. What was asked for before is over. Not BP_OK: it cannot be done now. */
BpStatus collect_network_search(CollectNetwork *network, const CollectSearchWish *wish,
                                BpError *err) BP_CHECKED;
CollectSearchState collect_network_search_state(const CollectNetwork *network); /* linear in devices */
void collect_network_search_end(CollectNetwork *network);                       /* nobody waits for it */
bool collect_network_was_found(const CollectNetwork *network,
                               const CollectDevice *device); /* by the search */
bool collect_device_is_added(const CollectDevice *device);   /* of those that were: new to the database, */
bool collect_device_is_changed(const CollectDevice *device); /* or has other points than before */

/* ---- how it is going ---- */

typedef struct CollectNetworkFigures {
    bool is_open;
    BacAddress address; /* ours, while it is open */
    const char *reason; /* why it is not, "" otherwise; until the next call */
    BipCounts bip;      /* since it was opened */
    uint64_t devices_left_out;
    CollectNewcomerCounts newcomers;
    size_t newcomers_waiting;
} CollectNetworkFigures;

CollectNetworkFigures collect_network_figures(const CollectNetwork *network);

/* What must hold between two calls; linear in devices. */
void collect_network_check(const CollectNetwork *network);

#endif
