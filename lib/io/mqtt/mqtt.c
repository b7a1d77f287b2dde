/* libmosquitto's client without its thread: our loop polls its socket, and a timer sees to keep-alives.
 *
 * A client object lives as long as one connection. libmosquitto keeps what was not acknowledged and would
 * send it again by itself after a reconnection; our callers keep their own queues and must be the only ones
 * who send again. mosquitto_connect looks names up and waits for TCP and TLS, so it runs on a thread
 * beside the loop, which may be left behind in it (loop_free): each try uses the library in its own right.
 *
 * MQTT 5 is tried first. A broker that knows 3.1.1 alone says so, or just closes the connection; so what
 * ended before it was answered is tried with 3.1.1 the next time.
 *
 * libmosquitto's callbacks run inside its functions, which go on with the client afterwards. So what they, or
 * our callers from inside them, want done to the connection is only marked, and done by settle(). */
#include "io/mqtt/mqtt.h"

#include "base/invariant.h"
#include "base/time.h"
#include "io/mqtt/options.h"
#include "io/mqtt/sending.h"

#include <assert.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    KEEP_ALIVE_S = 30,
    FIRST_PAUSE_MS = 1000,
    LONGEST_PAUSE_MS = 30000,
    ANSWER_TIMEOUT_S = 15, /* for the broker's CONNACK */
    CLIENT_ID_MAX = 256,
    CONNACK_OTHER_VERSION = 1, /* of 3.1.1, clause 3.2.2.3 */
    ID_OCTETS = 16,            /* that nobody guesses */
    TRIES_MAX = 2,             /* threads beside the loop that wait for TCP at once, of eight */
};

typedef struct Connecting Connecting;

struct Mqtt {
    Loop *loop;
    MqttKept kept;
    char drawn[2 * ID_OCTETS + 1]; /* the end of our client ID, for as long as we live */
    struct mosquitto *client;
    Connecting *tries[TRIES_MAX]; /* the newest is with the present options, or is_stale like the others */
    LoopPoll *poll;
    LoopTimer *timer; /* keep-alives while there is a client, else the next try */
    int64_t pause_ms, give_up_at_us, leave_at_us;
    int version;      /* that the present or next connection speaks: MQTT_PROTOCOL_V5 or MQTT_PROTOCOL_V311 */
    bool knows_old;   /* the broker has said that it speaks 3.1.1 alone */
    bool is_answered; /* by a CONNACK, whatever it says */
    bool is_connected;
    bool is_inside;  /* libmosquitto: it works on the client */
    bool is_over;    /* this connection: to be cleaned up when libmosquitto has returned */
    bool is_anew;    /* so is it, and made again at once, with other options */
    bool is_leaving; /* mqtt_free was called: nobody is there any more */
    BpError why_over;
    MqttSending sending; /* QoS 1 */
};

/* What the thread works on. `mqtt` is NULL once its owner has freed it. */
struct Connecting {
    Mqtt *mqtt;
    bool is_stale; /* begun with options that are no longer ours */
    struct mosquitto *client;
    char *host;
    int port;
    int result, error_number;
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

void mqtt_check(const Mqtt *mqtt)
{
    size_t newest = 0;
    for (size_t i = 0; i < TRIES_MAX; i++) {
        assert(!mqtt->tries[i] || mqtt->tries[i]->mqtt == mqtt);
        newest += mqtt->tries[i] && !mqtt->tries[i]->is_stale;
    }
    assert(newest <= 1);
    assert(newest == 0 || !mqtt->client); /* it is the thread's until it comes back */
    assert(mqtt->client || (!mqtt->poll && !mqtt->is_connected && !mqtt->is_over));
    assert(mqtt->client || mqtt_sending_is_empty(&mqtt->sending));
    assert(mqtt->pause_ms >= FIRST_PAUSE_MS && mqtt->pause_ms <= LONGEST_PAUSE_MS);
    assert(!mqtt->is_leaving || !mqtt->kept.given.on_message);
    assert(!mqtt->knows_old || mqtt->version == MQTT_PROTOCOL_V311);
    mqtt_sending_check(&mqtt->sending);
}

/* ---- the end of a connection ---- */

static void clean_up(Mqtt *mqtt)
{
    loop_poll_free(mqtt->poll);
    mqtt->poll = NULL;
    if (mqtt->client)
        mosquitto_destroy(mqtt->client);
    mqtt->client = NULL;
    mqtt->is_answered = mqtt->is_connected = mqtt->is_over = false;
    mqtt_sending_clear(&mqtt->sending);
}

static void say_goodbye(Mqtt *mqtt)
{
    if (mqtt->is_connected && !mqtt->is_over)
        mosquitto_disconnect(mqtt->client); /* without it the broker would publish the will */
    clean_up(mqtt);
}

static void leave(Mqtt *mqtt)
{
    say_goodbye(mqtt);
    for (size_t i = 0; i < TRIES_MAX; i++)
        if (mqtt->tries[i])
            mqtt->tries[i]->mqtt = NULL;
    loop_timer_free(mqtt->timer);
    mqtt_kept_done(&mqtt->kept);
    free(mqtt);
    mosquitto_lib_cleanup();
}

/* Before what there is of a connection is cleaned up: what the next one speaks. */
static void choose_version(Mqtt *mqtt)
{
    const bool was_closed = mqtt->poll && !mqtt->is_answered && mqtt->version == MQTT_PROTOCOL_V5;
    mqtt->version = was_closed || mqtt->knows_old ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5;
}

static void lose(Mqtt *mqtt)
{
    const BpError why = mqtt->why_over;
    choose_version(mqtt);
    clean_up(mqtt);
    loop_timer_set(mqtt->timer, loop_now_us(mqtt->loop) + mqtt->pause_ms * BP_MS);
    mqtt->pause_ms = mqtt->pause_ms * 2 < LONGEST_PAUSE_MS ? mqtt->pause_ms * 2 : LONGEST_PAUSE_MS;
    if (mqtt->kept.given.on_lost)
        mqtt->kept.given.on_lost(mqtt->kept.given.owner, &why);
}

/* The first reason is the cause of those that follow. */
static void mark_over(Mqtt *mqtt, const char *why)
{
    if (!mqtt->is_over)
        bp_fail(&mqtt->why_over, BP_UNAVAILABLE, "the broker at %s: %s", mqtt->kept.broker, why);
    mqtt->is_over = true;
}

static const char *reason(int result, int error_number)
{
    return result == MOSQ_ERR_ERRNO ? bp_errno_text(error_number) : mosquitto_strerror(result);
}

static bool has_left_to_say(const Mqtt *mqtt)
{
    return mqtt->is_connected && !mqtt->is_over &&
           (!mqtt_sending_is_empty(&mqtt->sending) || mosquitto_want_write(mqtt->client)) &&
           loop_now_us(mqtt->loop) < mqtt->leave_at_us;
}

static void begin_anew(Mqtt *mqtt);

/* After each call into libmosquitto that reads or writes: does what was marked meanwhile, or waits for what
 * it wants. `mqtt` may be gone afterwards. */
static void settle(Mqtt *mqtt, int result)
{
    if (result != MOSQ_ERR_SUCCESS && result != MOSQ_ERR_NO_CONN)
        mark_over(mqtt, reason(result, errno));
    else if (result == MOSQ_ERR_NO_CONN)
        mark_over(mqtt, "the connection is gone");
    BP_INVARIANT(mqtt_check(mqtt));
    if (mqtt->is_leaving && !has_left_to_say(mqtt))
        leave(mqtt);
    else if (mqtt->is_anew)
        begin_anew(mqtt);
    else if (mqtt->is_over)
        lose(mqtt);
    else
        loop_poll_set(mqtt->poll, LOOP_READABLE | (mosquitto_want_write(mqtt->client) ? LOOP_WRITABLE : 0));
}

/* ---- libmosquitto's callbacks ---- */

static void on_connack(struct mosquitto *client, void *owner, int code)
{
    Mqtt *mqtt = owner;
    (void)client;
    const bool is_5 = mqtt->version == MQTT_PROTOCOL_V5;
    mqtt->is_answered = true;
    if (is_5 && (code == CONNACK_OTHER_VERSION || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION)) {
        mqtt->knows_old = mqtt->is_anew = true;
        mqtt->version = MQTT_PROTOCOL_V311;
        return;
    }
    if (code != 0) {
        mark_over(mqtt, is_5 ? mosquitto_reason_string(code) : mosquitto_connack_string(code));
        return;
    }
    mqtt->is_connected = true;
    mqtt->pause_ms = FIRST_PAUSE_MS;
    if (mqtt->kept.given.on_connected)
        mqtt->kept.given.on_connected(mqtt->kept.given.owner);
}

static void on_disconnect(struct mosquitto *client, void *owner, int code)
{
    Mqtt *mqtt = owner;
    (void)client;
    const bool is_said = code >= MQTT_RC_UNSPECIFIED && mqtt->version == MQTT_PROTOCOL_V5; /* by the broker */
    mark_over(mqtt, code == MOSQ_ERR_SUCCESS ? "goodbye"
                    : is_said                ? mosquitto_reason_string(code)
                                             : mosquitto_strerror(code));
}

static void on_message(struct mosquitto *client, void *owner, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    Mqtt *mqtt = owner;
    (void)client;
    if (!mqtt->kept.given.on_message)
        return;
    char *topic = NULL;
    void *correlation = NULL;
    uint16_t size = 0;
    (void)mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &topic, false);
    (void)mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation, &size, false);
    const MqttMessage told = {.topic = bp_str(message->topic),
                              .payload = {message->payload, (size_t)message->payloadlen},
                              .is_retained = message->retain,
                              .response_topic = bp_str(topic ? topic : ""),
                              .correlation = {correlation, size}};
    mqtt->kept.given.on_message(mqtt->kept.given.owner, &told);
    free(topic);
    free(correlation);
}

static void on_puback(struct mosquitto *client, void *owner, int id)
{
    Mqtt *mqtt = owner;
    (void)client;
    const bool is_ours = mqtt_sending_acknowledge(&mqtt->sending, id); /* QoS 0 is told too, once written */
    if (is_ours && mqtt->kept.given.on_acknowledged)
        mqtt->kept.given.on_acknowledged(mqtt->kept.given.owner, id);
}

/* ---- the loop's callbacks ---- */

static void on_ready(void *owner, int events)
{
    Mqtt *mqtt = owner;
    int result = MOSQ_ERR_SUCCESS;
    mqtt->is_inside = true;
    if (events & LOOP_READABLE)
        result = mosquitto_loop_read(mqtt->client, 1);
    if (result == MOSQ_ERR_SUCCESS && !mqtt->is_over && events & LOOP_WRITABLE)
        result = mosquitto_loop_write(mqtt->client, 1);
    mqtt->is_inside = false;
    settle(mqtt, result);
}

static void connect_now(Mqtt *mqtt);

static void on_timer(void *owner)
{
    Mqtt *mqtt = owner;
    if (!mqtt->client) {
        connect_now(mqtt);
        return;
    }
    const int64_t now_us = loop_now_us(mqtt->loop), next_us = now_us + BP_SECOND;
    loop_timer_set(mqtt->timer,
                   mqtt->is_leaving && mqtt->leave_at_us < next_us ? mqtt->leave_at_us : next_us);
    if (!mqtt->is_connected && now_us > mqtt->give_up_at_us)
        mark_over(mqtt, "it accepts connections but does not answer");
    mqtt->is_inside = true;
    const int result = mosquitto_loop_misc(mqtt->client);
    mqtt->is_inside = false;
    settle(mqtt, result);
}

/* ---- connecting ---- */

static void connect_blocking(void *job)
{
    Connecting *connecting = job;
    errno = 0;
    connecting->result =
        mosquitto_connect(connecting->client, connecting->host, connecting->port, KEEP_ALIVE_S);
    connecting->error_number = errno;
}

static void begin_talking(Mqtt *mqtt, const Connecting *connecting)
{
    mqtt->client = connecting->client;
    const int socket = mosquitto_socket(mqtt->client);
    if (connecting->result != MOSQ_ERR_SUCCESS || socket < 0) {
        mark_over(mqtt, reason(connecting->result, connecting->error_number));
        lose(mqtt);
        return;
    }
    mqtt->poll = loop_poll_new(mqtt->loop, socket, on_ready, mqtt);
    mqtt->give_up_at_us = loop_now_us(mqtt->loop) + ANSWER_TIMEOUT_S * BP_SECOND;
    loop_timer_set(mqtt->timer, loop_now_us(mqtt->loop) + BP_SECOND);
    settle(mqtt, MOSQ_ERR_SUCCESS);
}

static void on_connect_tried(void *job)
{
    Connecting *connecting = job;
    Mqtt *mqtt = connecting->mqtt;
    for (size_t i = 0; mqtt && i < TRIES_MAX; i++)
        if (mqtt->tries[i] == connecting)
            mqtt->tries[i] = NULL;
    if (mqtt && !connecting->is_stale) {
        begin_talking(mqtt, connecting);
    } else {
        mosquitto_destroy(connecting->client);
        if (mqtt && mqtt->is_anew) /* it waited for this thread */
            begin_anew(mqtt);
    }
    free(connecting->host);
    free(connecting);
    mosquitto_lib_cleanup();
}

static int apply_options(Mqtt *mqtt, struct mosquitto *client)
{
    mosquitto_connect_callback_set(client, on_connack);
    mosquitto_disconnect_callback_set(client, on_disconnect);
    mosquitto_message_v5_callback_set(client, on_message);
    mosquitto_publish_callback_set(client, on_puback);
    mosquitto_max_inflight_messages_set(client, 0); /* the callers have windows of their own */
    const int result = mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, mqtt->version);
    return result == MOSQ_ERR_SUCCESS ? mqtt_kept_apply(&mqtt->kept, client) : result;
}

static void connect_now(Mqtt *mqtt)
{
    size_t slot = 0;
    while (slot < TRIES_MAX && mqtt->tries[slot])
        slot++;
    mqtt->is_anew = slot == TRIES_MAX; /* then, as soon as a thread is back */
    if (mqtt->is_anew)
        return;
    char client_id[CLIENT_ID_MAX];
    snprintf(client_id, sizeof client_id, "%s-%s", mqtt->kept.given.client_name, mqtt->drawn);
    struct mosquitto *client = mosquitto_new(client_id, true, mqtt);
    if (!client)
        abort(); /* no memory, or a client ID that is ours to choose */
    const int result = apply_options(mqtt, client);
    if (result != MOSQ_ERR_SUCCESS) {
        mqtt->client = client;
        mark_over(mqtt, reason(result, errno)); /* such as a CA file that cannot be read */
        lose(mqtt);
        return;
    }
    Connecting *connecting = allocate(sizeof *connecting);
    *connecting = (Connecting){
        .mqtt = mqtt, .client = client, .host = strdup(mqtt->kept.given.host), .port = mqtt->kept.given.port};
    mqtt->tries[slot] = connecting;
    mosquitto_lib_init();
    loop_work(mqtt->loop, connect_blocking, on_connect_tried, connecting);
}

/* With the options as they are now; what was begun with others is left to end. */
static void begin_anew(Mqtt *mqtt)
{
    say_goodbye(mqtt);
    for (size_t i = 0; i < TRIES_MAX; i++)
        if (mqtt->tries[i])
            mqtt->tries[i]->is_stale = true;
    mqtt->pause_ms = FIRST_PAUSE_MS;
    loop_timer_clear(mqtt->timer);
    connect_now(mqtt);
}

/* ---- making, using, freeing ---- */

/* A broker throws off whoever has an ID when somebody else comes with it, whatever the account. */
static void draw_id(Mqtt *mqtt)
{
    uint8_t random[ID_OCTETS];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        abort(); /* it never gives less than 256 octets in part */
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(mqtt->drawn + 2 * i, 3, "%02x", random[i]);
}

Mqtt *mqtt_new(Loop *loop, const MqttOptions *options)
{
    mosquitto_lib_init(); /* counts its calls */
    Mqtt *mqtt = allocate(sizeof *mqtt);
    draw_id(mqtt);
    mqtt->loop = loop;
    mqtt->pause_ms = FIRST_PAUSE_MS;
    mqtt->version = MQTT_PROTOCOL_V5;
    mqtt_kept_set(&mqtt->kept, options);
    mqtt->timer = loop_timer_new(loop, on_timer, mqtt);
    loop_timer_set(mqtt->timer, 0);
    BP_INVARIANT(mqtt_check(mqtt));
    return mqtt;
}

void mqtt_set_options(Mqtt *mqtt, const MqttOptions *options)
{
    assert(!mqtt->is_leaving);
    if (mqtt_kept_is(&mqtt->kept, options))
        return;
    mqtt_kept_set(&mqtt->kept, options);
    mqtt->knows_old = false; /* it may be another broker */
    mqtt->version = MQTT_PROTOCOL_V5;
    mqtt_begin_anew(mqtt);
}

void mqtt_begin_anew(Mqtt *mqtt)
{
    assert(!mqtt->is_leaving);
    mqtt->is_anew = true;
    BP_INVARIANT(mqtt_check(mqtt));
    if (!mqtt->is_inside)
        begin_anew(mqtt); /* `mqtt` may be gone afterwards */
}

bool mqtt_is_connected(const Mqtt *mqtt)
{
    return mqtt->is_connected;
}

const char *mqtt_broker(const Mqtt *mqtt)
{
    return mqtt->kept.broker;
}

void mqtt_subscribe(Mqtt *mqtt, const char *pattern, int qos)
{
    if (mqtt->is_connected)
        mosquitto_subscribe_v5(mqtt->client, NULL, pattern, qos,
                               mqtt->version == MQTT_PROTOCOL_V5 ? MQTT_SUB_OPT_RETAIN_AS_PUBLISHED : 0,
                               NULL);
    BP_INVARIANT(mqtt_check(mqtt));
}

static BpStatus publish(Mqtt *mqtt, const char *topic, BpStr payload, int qos, bool retained,
                        const mosquitto_property *properties, int *ret_message_id, BpError *err)
{
    if (!mqtt->is_connected || mqtt->is_over || mqtt->is_anew)
        return bp_fail(err, BP_UNAVAILABLE, "there is no connection to the broker");
    if (!mqtt_sending_has_room(&mqtt->sending) || mqtt_unsent(mqtt) + payload.size > MQTT_UNSENT_MAX)
        return bp_fail(err, BP_FULL, "%zu octets wait for the broker already", mqtt_unsent(mqtt));
    int id = 0;
    const int result = mosquitto_publish_v5(mqtt->client, &id, topic, (int)payload.size, payload.data, qos,
                                            retained, properties);
    if (result != MOSQ_ERR_SUCCESS)
        return bp_fail(err, result == MOSQ_ERR_INVAL ? BP_INVALID : BP_UNAVAILABLE, "publishing on %s: %s",
                       topic, reason(result, errno));
    if (qos > 0)
        mqtt_sending_add(&mqtt->sending, id, payload.size);
    if (ret_message_id)
        *ret_message_id = id;
    if (mqtt->poll && mosquitto_want_write(mqtt->client))
        loop_poll_set(mqtt->poll, LOOP_READABLE | LOOP_WRITABLE);
    BP_INVARIANT(mqtt_check(mqtt));
    return BP_OK;
}

BpStatus mqtt_publish(Mqtt *mqtt, const char *topic, BpStr payload, int qos, bool retained,
                      int *ret_message_id, BpError *err)
{
    return publish(mqtt, topic, payload, qos, retained, NULL, ret_message_id, err);
}

BpStatus mqtt_answer(Mqtt *mqtt, const char *topic, BpStr payload, BpStr correlation, BpError *err)
{
    mosquitto_property *properties = NULL;
    if (correlation.size && correlation.size <= UINT16_MAX && mqtt->version == MQTT_PROTOCOL_V5 &&
        mosquitto_property_add_binary(&properties, MQTT_PROP_CORRELATION_DATA, correlation.data,
                                      (uint16_t)correlation.size) != MOSQ_ERR_SUCCESS)
        abort(); /* no memory */
    const BpStatus status = publish(mqtt, topic, payload, 1, false, properties, NULL, err);
    mosquitto_property_free_all(&properties);
    return status;
}

size_t mqtt_unsent(const Mqtt *mqtt)
{
    return mqtt_sending_octets(&mqtt->sending);
}

void mqtt_free(Mqtt *mqtt, int64_t timeout_us)
{
    if (!mqtt)
        return;
    mqtt_kept_silence(&mqtt->kept);
    mqtt->is_leaving = true;
    mqtt->leave_at_us = loop_now_us(mqtt->loop) + timeout_us;
    if (mqtt->is_inside)
        return; /* settle() sees to it */
    if (has_left_to_say(mqtt))
        loop_timer_set(mqtt->timer, mqtt->leave_at_us);
    else
        leave(mqtt);
}
