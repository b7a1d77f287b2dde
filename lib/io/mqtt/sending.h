/* Messages that were given to the broker and that it has not acknowledged. Of this folder. */
#ifndef IO_MQTT_SENDING_H
#define IO_MQTT_SENDING_H

#include <stdbool.h>
#include <stddef.h>

enum { MQTT_SENDING_MAX = 8192 };

/* Zeroed: none. Its fields are sending.c's own. */
typedef struct MqttSending {
    struct {
        int id; /* 0: acknowledged before an older one was */
        size_t size;
    } messages[MQTT_SENDING_MAX]; /* a ring, the oldest first, which is never 0 */
    size_t first, count;
    size_t octets; /* of all of them */
} MqttSending;

static inline bool mqtt_sending_is_empty(const MqttSending *sending)
{
    return sending->count == 0;
}

static inline size_t mqtt_sending_octets(const MqttSending *sending)
{
    return sending->octets;
}

bool mqtt_sending_has_room(const MqttSending *sending);
void mqtt_sending_add(MqttSending *sending, int id, size_t size);
/* False: it is none of these. */
bool mqtt_sending_acknowledge(MqttSending *sending, int id);
void mqtt_sending_clear(MqttSending *sending);
void mqtt_sending_check(const MqttSending *sending);

#endif
