/* Polling: devices are asked for their points, each at its own interval, and readings come out. Everything
 * that is sent to a device goes through here, so that it never gets more at once than its window, and the
 * network behind a router no more than its share (trunk.h). Points with short intervals go before those with
 * long ones, and reading out comes last.
 *
 * No sockets, clock or database: datagrams and instants come in as arguments, datagrams, readings and news go
 * out through the hooks. Call collect_poll_advance when collect_poll_next_due_us says so.
 *
 * A device that does not answer is probed with one small request. If that is answered, what was asked before
 * was too much for it, and less is asked from then on (limits.h). If not, the device is offline: its points
 * become bad readings ("timeout"), and it is probed again after 10, 20, 40 s ... backoff_max. Devices that
 * may not answer have seats of their own, so that they keep none of the others waiting.
 *
 * A device is its instance, not its address (identity.h). Where another answers at its address, it is
 * replaced: its points become bad readings ("replaced"), and it loses the address to a new device, which is
 * to be read out and stored. A device that is not in the database (device_id 0) and does not answer is
 * forgotten. */
#ifndef COLLECT_ASK_POLL_H
#define COLLECT_ASK_POLL_H

#include "apps/collect/ask/device/settings.h"
#include "apps/collect/ask/jobs/order.h"
#include "apps/collect/ask/jobs/scan.h"

typedef struct CollectPoller CollectPoller;

/* `seed` draws invoke IDs and jitter. */
CollectPoller *collect_poll_new(const CollectPollHooks *hooks, const CollectPollSettings *settings,
                                uint64_t seed);
void collect_poll_free(CollectPoller *poller);

void collect_poll_set(CollectPoller *poller, const CollectPollSettings *settings);

/* Says what time it is for people: readings are stamped with it. To be said before the first of them, and
 * again when the clocks may have parted. */
void collect_poll_set_wall(CollectPoller *poller, int64_t now_us, int64_t wall_us);

/* ---- devices ---- */

/* Takes a device in; BP_CONFLICT: the address is there already. Its limits come from what it says of itself.
 * It is the poller's until collect_poll_remove. */
BpStatus collect_poll_add(CollectPoller *poller, const BacAddress *address, uint32_t instance,
                          uint32_t max_apdu, bool read_multiple, CollectDevice **ret_device,
                          BpError *err) BP_CHECKED;
void collect_poll_remove(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* The same for a device whose address another one has: it is known, and not asked. */
CollectDevice *collect_poll_add_evicted(CollectPoller *poller, const BacAddress *address, uint32_t instance);

/* It has its address again, where nobody else has it now: it is asked there whether it is back, now and then.
 */
void collect_poll_readmit(CollectPoller *poller, CollectDevice *device, int64_t now_us);

CollectDevice *collect_poll_find(const CollectPoller *poller, const BacAddress *address);

/* A device with this instance, other than `than` (or NULL); NULL: there is none. Found in constant time, and
 * so is collect_poll_find's. */
CollectDevice *collect_poll_find_instance(const CollectPoller *poller, uint32_t instance,
                                          const CollectDevice *than);

/* The device is known by this instance from now on. */
void collect_poll_set_instance(CollectPoller *poller, CollectDevice *device, uint32_t instance);

size_t collect_poll_count(const CollectPoller *poller); /* of all devices */

/* All devices: the first, and through device->next the others. */
CollectDevice *collect_poll_devices(const CollectPoller *poller);

/* Has the device read `points` (copied) from now on, each at its interval. What was learned of points that
 * stay is kept; the cycle under way is given up. */
void collect_poll_set_points(CollectPoller *poller, CollectDevice *device, const CollectPoint *points,
                             size_t count, int64_t now_us);

/* Whether `points` are others than the device has, or are read at other intervals. */
bool collect_points_differ(const CollectDevice *device, const CollectPoint *points, size_t count);

/* A device that is not enabled is left alone. */
void collect_poll_enable(CollectPoller *poller, CollectDevice *device, bool enabled, int64_t now_us);

/* Asks the device whether it is there, before anything else is asked of it: it is online or offline then. */
void collect_poll_probe(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* Reads the device out, one request at a time and behind its points. It must have no scan yet. */
void collect_poll_scan(CollectPoller *poller, CollectDevice *device, CollectScan *scan, int64_t now_us);

/* Asks the device once for what the order says (copied). Its end is told through request->on_end exactly
 * once, and maybe before this returns, where the device cannot be asked. What is not refused then goes out
 * with the next collect_poll_advance, which is due now. */
void collect_poll_order(CollectPoller *poller, CollectDevice *device, const CollectOrderRequest *request,
                        int64_t now_us);

/* ---- who is where ---- */

/* Something unasked was said of the address of this device, by `claim` or, where it is NULL, by somebody who
 * has its name elsewhere: the device itself is asked, once a second at most. Until it answers, readings wait
 * where the claim is another's. */
void collect_poll_doubt(CollectPoller *poller, CollectDevice *device, const CollectClaim *claim,
                        int64_t now_us);

/* An I-Am came from the address of this device; `is_unasked`: while nobody was asked for one. The device is
 * asked itself where that says anything new: another one's name, or that one is there which does not answer,
 * is not heard of yet, or is being asked just now. One that says unasked that it is there may have restarted:
 * see collect_poll_restarted. */
void collect_poll_heard(CollectPoller *poller, CollectDevice *device, const CollectClaim *claim,
                        bool is_unasked, int64_t now_us);

/* Another device, which is in the database, with the name of this one, which is not. */
typedef enum CollectNamesake {
    COLLECT_NO_NAMESAKE,
    COLLECT_NAMESAKE_ASKED, /* whether it is still at its own address */
    COLLECT_NAMESAKE_GONE,  /* it is not: this may be the same device, moved */
    COLLECT_NAMESAKE_THERE, /* it is, or was not asked, or there are several */
} CollectNamesake;
CollectNamesake collect_poll_namesake(const CollectPoller *poller, const CollectDevice *device,
                                      const CollectDevice **ret_namesake);

/* ---- our own network ---- */

#define COLLECT_NO_NETWORK "no-network" /* the reason then, of devices and of readings */

/* We are not on the network any more: nobody is asked, and whether a device is there is not known. Its points
 * become bad readings ("no-network"), at once and as often as a silent device would be probed. Devices that
 * are taken in now are the same. */
void collect_poll_leave(CollectPoller *poller, int64_t now_us);

/* We are on it, again or in another way: each device is asked whether it is there, and all of its points at
 * once where we were not. */
void collect_poll_join(CollectPoller *poller, int64_t now_us);

/* ---- driving it ---- */

/* We are about to end, which is all that is done from now on: devices that answer are asked to tell of their
 * points no more, each once, under the rules of windows and trunks. What is under way to them ends first. */
void collect_poll_take_leave(CollectPoller *poller, int64_t now_us);
bool collect_poll_has_taken_leave(const CollectPoller *poller); /* all have answered, or will not */

/* The device has said that it is there without being asked: it may have restarted, and has then forgotten
 * subscriptions. Said again within 10 s, it means nothing. */
void collect_poll_restarted(CollectPoller *poller, CollectDevice *device, int64_t now_us);

/* The network behind a router (its address, with the network's number) is left alone until then; what is
 * under way ends as it does. */
void collect_poll_pause(CollectPoller *poller, const BacAddress *network, int64_t until_us, int64_t now_us);

/* Takes any datagram; true if it was for the poller: an answer to a request of ours, or a notification. */
bool collect_poll_receive(CollectPoller *poller, const BacDatagram *datagram, int64_t now_us);

/* Does what is due. */
void collect_poll_advance(CollectPoller *poller, int64_t now_us);
int64_t collect_poll_next_due_us(const CollectPoller *poller);

/* ---- figures ---- */

const CollectPollCounts *collect_poll_counts(const CollectPoller *poller);
const BacClientCounts *collect_poll_client_counts(const CollectPoller *poller);
void collect_poll_take_extremes(CollectPoller *poller); /* begins them anew */

/* When the first of the readings was taken that no hook was given yet; INT64_MAX: there is none. */
int64_t collect_poll_first_reading_us(const CollectPoller *poller);

/* What must hold between two calls: queues hold those that wait and seats those that are asked, each device's
 * requests are the client's, its rounds, its trunk and its orders count them, and the heap of wakes, the
 * buckets of instances and the list of devices have the same devices. Linear in all of that. */
void collect_poll_check(const CollectPoller *poller);

#endif
