/* MQTT on a loop, through libmosquitto (clean sessions). It speaks MQTT 5, and 3.1.1 with a broker that does
 * not. The only includer of mosquitto.h. */
#ifndef IO_MQTT_H
#define IO_MQTT_H

#include "io/loop/loop.h"

typedef struct Mqtt Mqtt;

/* What came from the broker; borrowed for the length of the callback. */
typedef struct MqttMessage {
    BpStr topic, payload;
    bool is_retained; /* by who published it; with a broker of 3.1.1: it was there before we subscribed */
    /* Of a request (MQTT 5, clause 4.10): where its answer is expected, and what is to be in it. Empty where
     * nothing was said. Whoever published it has chosen both. */
    BpStr response_topic, correlation;
} MqttMessage;

typedef struct MqttOptions {
    const char *host; /* a name or address, resolved off the loop each time it connects; or the path of a Unix
                         socket ("/...") */
    uint16_t port;    /* 0 for a socket */
    /* How the client ID begins. A broker throws off whoever has an ID when somebody comes with the same, of
     * whatever account, so 128 bits are drawn and follow it: once in mqtt_new, so that our own next
     * connection does end one that the broker still takes for alive, and its will comes before what we say
     * then. */
    const char *client_name;
    const char *user;       /* NULL: none */
    const char *password;   /* NULL: none */
    const char *ca_file;    /* TLS with this authority; NULL: no TLS */
    const char *will_topic; /* retained last will, QoS 1; NULL: none */
    const char *will_payload;
    void *owner;
    /* Each time a connection is made: subscriptions are the owner's to make again. */
    void (*on_connected)(void *owner);
    /* Each time one is lost or refused: tries go on by themselves, after 1, 2, 4 ... 30 s. */
    void (*on_lost)(void *owner, const BpError *why);
    void (*on_message)(void *owner, const MqttMessage *message);
    /* The broker has a QoS 1 message of ours (PUBACK). */
    void (*on_acknowledged)(void *owner, int message_id);
} MqttOptions;

/* Begins to connect. Texts are copied. Callbacks that are NULL are not called. */
Mqtt *mqtt_new(Loop *loop, const MqttOptions *options);
/* From now on with these; nothing happens where they are the same. A connection that there is ends with a
 * goodbye, and the next is made at once. What was published and not acknowledged is the caller's to publish
 * again (on_connected). From any callback. */
void mqtt_set_options(Mqtt *mqtt, const MqttOptions *options);
/* Throws the connection away, with what the broker has sent and nobody has read, and makes another at once.
 * From any callback. */
void mqtt_begin_anew(Mqtt *mqtt);
bool mqtt_is_connected(const Mqtt *mqtt);
const char *mqtt_broker(const Mqtt *mqtt); /* "10.1.2.9 port 1883", or the socket's path */

void mqtt_subscribe(Mqtt *mqtt, const char *pattern, int qos);

/* BP_UNAVAILABLE: not connected; BP_FULL: more than MQTT_UNSENT_MAX octets wait for the socket. Nothing is
 * kept: the caller has its own queue. `ret_message_id` may be NULL. */
BpStatus mqtt_publish(Mqtt *mqtt, const char *topic, BpStr payload, int qos, bool retained,
                      int *ret_message_id, BpError *err) BP_CHECKED;
enum { MQTT_UNSENT_MAX = 4 * 1024 * 1024 };

/* Answers a request: at QoS 1, not retained. A broker that speaks 3.1.1 has no correlation, and the answer
 * goes out without. As mqtt_publish otherwise. */
BpStatus mqtt_answer(Mqtt *mqtt, const char *topic, BpStr payload, BpStr correlation,
                     BpError *err) BP_CHECKED;
size_t mqtt_unsent(const Mqtt *mqtt);

/* Lets go of it, from any callback: none of its own is called any more, and `options.owner` may go. It says
 * goodbye and frees itself as soon as what was published has been acknowledged, or after `timeout_us`; until
 * then it lingers on the loop, at the latest in loop_free. With 0 it is gone at once. */
void mqtt_free(Mqtt *mqtt, int64_t timeout_us);

/* Asserts what holds between two calls (base/invariant.h). */
void mqtt_check(const Mqtt *mqtt);

#endif
