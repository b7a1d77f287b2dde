/* Commands by the building's bus: what is published on bacnet/write/command/<user> is asked of the database's
 * gate as source <user>, and answered on bacnet/write/result/<user>, at once and again when the command has
 * ended (docs/protocol.md, "Commands by MQTT"). Who <user> is, is the broker's lists' to see to.
 *
 * Nothing is kept to be asked later. What cannot be asked now is answered so: the database is away, too much
 * is under way, or this process stood still and nobody knows how old the message is. Of this folder. */
#ifndef COLLECT_CONTROL_ASK_MQTT_H
#define COLLECT_CONTROL_ASK_MQTT_H

#include "io/mqtt/mqtt.h"
#include "io/pg/pg.h"

enum {
    CONTROL_ASKED_MAX = 1000,     /* under way: asked, and the end not told yet */
    CONTROL_ASKED_USER_MAX = 250, /* of one user */
    CONTROL_ASKING_MAX = 200,     /* the database has not answered yet */
    CONTROL_CORRELATION_MAX = 256,
};

typedef struct ControlMqtt ControlMqtt;

typedef struct ControlMqttOptions {
    Loop *loop;
    const PgOptions *database; /* how to connect; owner and hooks are the part's */
    const char *site;
    void *owner;
    Mqtt *(*mqtt)(void *owner);      /* NULL: there is no broker */
    bool (*is_away)(void *owner);    /* the database that commands are carried out for */
    bool (*is_another)(void *owner); /* another collector carries them out, and answers */
} ControlMqttOptions;

/* Connects to the database. What the options point to outlives it, but for `database`. */
ControlMqtt *control_mqtt_new(const ControlMqttOptions *options);
void control_mqtt_free(ControlMqtt *bus); /* NULL is fine */

/* The broker is there: subscribes. */
void control_mqtt_connected(ControlMqtt *bus);

/* False: the message is on none of our topics. */
bool control_mqtt_message(ControlMqtt *bus, const MqttMessage *message);

void control_mqtt_check(const ControlMqtt *bus);

#endif
