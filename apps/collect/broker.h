/* The connection to the broker that table mqtt_config names. */
#ifndef COLLECT_BROKER_H
#define COLLECT_BROKER_H

#include "config/config.h"
#include "io/loop/loop.h"
#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"

typedef struct CollectBroker CollectBroker;

typedef struct CollectBrokerOptions {
    Loop *loop;
    const char *site; /* the site_id; outlives it */
    void *owner;
    char *(*will)(void *owner); /* what the status is when we are gone: freed here */
    void (*on_connected)(void *owner);
    void (*on_message)(void *owner, BpStr topic, BpStr payload);
} CollectBrokerOptions;

CollectBroker *collect_broker_new(const CollectBrokerOptions *options);
/* What was published has a second to go out. */
void collect_broker_free(CollectBroker *broker);

/* The rows of select_mqtt_config: it connects there, or, where there are none, nowhere. */
void collect_broker_set(CollectBroker *broker, const PgRows *rows);

Mqtt *collect_broker_mqtt(const CollectBroker *broker); /* NULL: there is no broker */

#endif
