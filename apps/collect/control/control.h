/* Carrying out commands: what stands pending in table write_commands is written to its device, verified, and
 * its end told to the database. One collector does it for a site: whoever holds the database's lock.
 *
 *   control.c   the connection, the lock, and when the database is looked at
 *   parts.h     what the parts below tell each other
 *
 * At most one WriteProperty goes out for a command, and none late: see parts.h for the steps, and for who may
 * end them. It has a connection of its own, so that nothing else that the collector asks the database delays
 * a command. */
#ifndef COLLECT_CONTROL_CONTROL_H
#define COLLECT_CONTROL_CONTROL_H

#include "apps/collect/ask/poll.h"
#include "apps/collect/control/errand.h"
#include "config/config.h"
#include "io/loop/loop.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"

typedef struct CollectControl CollectControl;

typedef struct CollectControlOptions {
    Loop *loop;
    CollectPoller *poller;
    const Cfg *file;           /* the settings of the file: site and data folder */
    const PgOptions *database; /* how to connect; owner and hooks are the part's */

    void *owner;
    int32_t (*points_end)(void *owner); /* all points that are known have smaller numbers */
    void (*on_orders)(void *owner);     /* orders were given to the poller: collect_poll_advance is due */
    Mqtt *(*mqtt)(void *owner);         /* the site's broker; NULL: there is none now */
    ControlErrand search;               /* for devices */
    ControlErrand doctor;               /* what is wrong with the network */
} CollectControlOptions;

/* Connects, and carries out commands from when it is connected and holds the lock. What the options point to
 * outlives it, but for `database`. */
CollectControl *collect_control_new(const CollectControlOptions *options);

/* The settings, whenever they were read: they stay where they are until the next call, or the end. */
void collect_control_set(CollectControl *control, const Cfg *cfg);

/* The device is online or offline, otherwise than before. May be called from inside the poller. */
void collect_control_note_state(CollectControl *control, const CollectDevice *device);

/* The broker is there, and what it sends: commands are asked for by MQTT, too. False: the message is none of
 * them. */
void collect_control_broker_connected(CollectControl *control);
bool collect_control_message(CollectControl *control, const MqttMessage *message);

/* Takes no command any more, and leaves the database. Orders that the poller still has end as they do; what
 * was sent and is not verified is resolved by the next run, by reading. */
void collect_control_close(CollectControl *control);
void collect_control_free(
    CollectControl *control); /* after the poller, which tells ends of orders; NULL is fine */

void collect_control_check(const CollectControl *control); /* what must hold between two calls */

#endif
