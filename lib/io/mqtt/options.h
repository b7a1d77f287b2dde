/* What a connection is made with: our own copy of the caller's options. Of this folder. */
#ifndef IO_MQTT_OPTIONS_H
#define IO_MQTT_OPTIONS_H

#include "io/mqtt/mqtt.h"

#include <mosquitto.h>

enum { MQTT_BROKER_MAX = 300 }; /* a name has 255 octets */

/* Its fields are options.c's to write. */
typedef struct MqttKept {
    MqttOptions given;
    char *texts;                  /* those of `given`, in one piece */
    char broker[MQTT_BROKER_MAX]; /* "10.1.2.9 port 1883", or the socket's path */
} MqttKept;

/* Copies `given`, and frees what was kept before: zeroed at first. */
void mqtt_kept_set(MqttKept *kept, const MqttOptions *given);
bool mqtt_kept_is(const MqttKept *kept, const MqttOptions *other);
/* No callback is called any more. */
void mqtt_kept_silence(MqttKept *kept);
void mqtt_kept_done(MqttKept *kept);

/* Gives a new client its account, TLS and last will. A status of libmosquitto. */
int mqtt_kept_apply(const MqttKept *kept, struct mosquitto *client);

#endif
