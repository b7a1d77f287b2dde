/* The broker that table mqtt_config names for the site, and what a role says of itself there: a retained
 * status, which becomes the broker's to say ("offline") when the role is gone. */
#ifndef SITE_BROKER_H
#define SITE_BROKER_H

#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"

#include <jansson.h>

typedef struct SiteBroker SiteBroker;

typedef struct SiteBrokerOptions { /* texts are borrowed */
    Loop *loop;
    Pg *pg;
    const char *site, *role; /* the role's account is used where it has one; its status is in
                                bacpipes/<site>/<role>/status */
    int64_t started_at_us;   /* wall clock: "since" of its status */
    const char *without;     /* what the log says of a site that has no broker: what becomes of it */
    void *owner;
    void (*on_connected)(void *owner);
    void (*on_lost)(void *owner, const BpError *why);
    void (*on_message)(void *owner, const MqttMessage *message);
} SiteBrokerOptions;

/* Connects nowhere before the table has been read. */
SiteBroker *site_broker_new(const SiteBrokerOptions *options);

/* Before the loop runs on without the database connection. What has been published is the broker's within
 * `timeout_us`, or never. */
void site_broker_free(SiteBroker *broker, int64_t timeout_us);

Mqtt *
site_broker_mqtt(const SiteBroker *broker); /* NULL: there is none; another after any turn of the loop */

void site_broker_database_connected(SiteBroker *broker); /* reads the table */
void site_broker_changed(SiteBroker *broker);            /* the table has, or accounts: reads it soon */
void site_broker_leave(SiteBroker *broker);              /* until the table is read again */

/* Says the status, where it can be said: {"v":1,"role":...,"state":STATE,"since":...,"at":...} and what
 * is in `more`, whose reference is taken; NULL: nothing. */
void site_broker_say_status(SiteBroker *broker, const char *state, json_t *more);

#endif
