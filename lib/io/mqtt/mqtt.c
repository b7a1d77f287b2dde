/* libmosquitto's client without its thread: our loop polls its socket, and a timer sees to keep-alives.
 *
 * A client object lives as long as one connection. libmosquitto keeps what was not acknowledged and would
 * send it again by itself after a reconnection; our callers keep their own queues and must be the only ones
 * who send again. mosquitto_connect looks names up and waits for TCP and TLS, so it runs on the loop's thread
 * pool. */
#include "io/mqtt/mqtt.h"

#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <mosquitto.h>
#include <stdlib.h>

enum {
    KEEP_ALIVE_S = 30,
    FIRST_PAUSE_MS = 1000,
    LONGEST_PAUSE_MS = 30000,
    ANSWER_TIMEOUT_S = 15, /* for the broker's CONNACK */
    SENDING_MAX = 8192,    /* QoS 1 messages not yet acknowledged by the broker */
};

/* A message that the broker has not acknowledged. */
typedef struct Sending {
    int id;
    size_t size;
} Sending;

typedef struct Connecting Connecting;

struct Mqtt {
    Loop *loop;
    MqttOptions options;
    char *texts; /* the options' own, in one piece */
    struct mosquitto *client;
    Connecting *connecting;
    LoopPoll *poll;
    LoopTimer *timer; /* keep-alives while there is a client, else the next try */
    int64_t pause_ms, give_up_at_us;
    bool is_connected;
    bool is_over; /* this connection: to be cleaned up when libmosquitto has returned */
    BpError why_over;
    size_t unsent;
    Sending sending[SENDING_MAX]; /* a ring, the oldest first */
    size_t sending_first, sending_count;
};

/* What the pool's thread works on. `mqtt` is NULL once its owner has freed it. */
struct Connecting {
    Mqtt *mqtt;
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

/* ---- the end of a connection ---- */

static void clean_up(Mqtt *mqtt)
{
    loop_poll_free(mqtt->poll);
    mqtt->poll = NULL;
    if (mqtt->client)
        mosquitto_destroy(mqtt->client);
    mqtt->client = NULL;
    mqtt->is_connected = mqtt->is_over = false;
    mqtt->unsent = mqtt->sending_count = 0;
}

static void lose(Mqtt *mqtt)
{
    const BpError why = mqtt->why_over;
    clean_up(mqtt);
    loop_timer_set(mqtt->timer, loop_now_us(mqtt->loop) + mqtt->pause_ms * BP_MS);
    mqtt->pause_ms = mqtt->pause_ms * 2 < LONGEST_PAUSE_MS ? mqtt->pause_ms * 2 : LONGEST_PAUSE_MS;
    if (mqtt->options.on_lost)
        mqtt->options.on_lost(mqtt->options.owner, &why);
}

/* The first reason is the cause of those that follow. */
static void mark_over(Mqtt *mqtt, const char *why)
{
    if (!mqtt->is_over)
        bp_fail(&mqtt->why_over, BP_UNAVAILABLE, "the broker at %s port %u: %s", mqtt->options.host,
                mqtt->options.port, why);
    mqtt->is_over = true;
}

static const char *reason(int result, int error_number)
{
    return result == MOSQ_ERR_ERRNO ? bp_errno_text(error_number) : mosquitto_strerror(result);
}

/* After each call into libmosquitto that reads or writes: cleans up, or waits for what it wants. */
static void settle(Mqtt *mqtt, int result)
{
    if (result != MOSQ_ERR_SUCCESS && result != MOSQ_ERR_NO_CONN)
        mark_over(mqtt, reason(result, errno));
    else if (result == MOSQ_ERR_NO_CONN)
        mark_over(mqtt, "the connection is gone");
    if (mqtt->is_over)
        lose(mqtt);
    else
        loop_poll_set(mqtt->poll, LOOP_READABLE | (mosquitto_want_write(mqtt->client) ? LOOP_WRITABLE : 0));
}

/* ---- libmosquitto's callbacks ---- */

static void on_connack(struct mosquitto *client, void *owner, int code)
{
    Mqtt *mqtt = owner;
    (void)client;
    if (code != 0) {
        mark_over(mqtt, mosquitto_connack_string(code));
        return;
    }
    mqtt->is_connected = true;
    mqtt->pause_ms = FIRST_PAUSE_MS;
    if (mqtt->options.on_connected)
        mqtt->options.on_connected(mqtt->options.owner);
}

static void on_disconnect(struct mosquitto *client, void *owner, int code)
{
    (void)client;
    mark_over(owner, code == MOSQ_ERR_SUCCESS ? "goodbye" : mosquitto_strerror(code));
}

static void on_message(struct mosquitto *client, void *owner, const struct mosquitto_message *message)
{
    Mqtt *mqtt = owner;
    (void)client;
    if (mqtt->options.on_message)
        mqtt->options.on_message(mqtt->options.owner, bp_str(message->topic),
                                 (BpStr){message->payload, (size_t)message->payloadlen}, message->retain);
}

static void on_puback(struct mosquitto *client, void *owner, int id)
{
    Mqtt *mqtt = owner;
    (void)client;
    /* Brokers acknowledge in order, so what is looked for is nearly always the first. */
    for (size_t i = 0; i < mqtt->sending_count; i++) {
        Sending *sending = &mqtt->sending[(mqtt->sending_first + i) % SENDING_MAX];
        if (sending->id != id)
            continue;
        mqtt->unsent -= sending->size;
        *sending = (Sending){0};
        break;
    }
    while (mqtt->sending_count && mqtt->sending[mqtt->sending_first].id == 0) {
        mqtt->sending_first = (mqtt->sending_first + 1) % SENDING_MAX;
        mqtt->sending_count--;
    }
    if (mqtt->options.on_acknowledged)
        mqtt->options.on_acknowledged(mqtt->options.owner, id);
}

/* ---- the loop's callbacks ---- */

static void on_ready(void *owner, int events)
{
    Mqtt *mqtt = owner;
    int result = MOSQ_ERR_SUCCESS;
    if (events & LOOP_READABLE)
        result = mosquitto_loop_read(mqtt->client, 1);
    if (result == MOSQ_ERR_SUCCESS && !mqtt->is_over && events & LOOP_WRITABLE)
        result = mosquitto_loop_write(mqtt->client, 1);
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
    loop_timer_set(mqtt->timer, loop_now_us(mqtt->loop) + BP_SECOND);
    if (!mqtt->is_connected && loop_now_us(mqtt->loop) > mqtt->give_up_at_us)
        mark_over(mqtt, "it accepts connections but does not answer");
    settle(mqtt, mosquitto_loop_misc(mqtt->client));
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

static void on_connect_tried(void *job)
{
    Connecting *connecting = job;
    Mqtt *mqtt = connecting->mqtt;
    if (!mqtt) {
        mosquitto_destroy(connecting->client);
    } else {
        mqtt->connecting = NULL;
        mqtt->client = connecting->client;
        const int socket = mosquitto_socket(mqtt->client);
        if (connecting->result != MOSQ_ERR_SUCCESS || socket < 0) {
            mark_over(mqtt, reason(connecting->result, connecting->error_number));
            lose(mqtt);
        } else {
            mqtt->poll = loop_poll_new(mqtt->loop, socket, on_ready, mqtt);
            mqtt->give_up_at_us = loop_now_us(mqtt->loop) + ANSWER_TIMEOUT_S * BP_SECOND;
            loop_timer_set(mqtt->timer, loop_now_us(mqtt->loop) + BP_SECOND);
            settle(mqtt, MOSQ_ERR_SUCCESS);
        }
    }
    free(connecting->host);
    free(connecting);
}

static int set_options(Mqtt *mqtt, struct mosquitto *client)
{
    const MqttOptions *options = &mqtt->options;
    mosquitto_connect_callback_set(client, on_connack);
    mosquitto_disconnect_callback_set(client, on_disconnect);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_publish_callback_set(client, on_puback);
    mosquitto_max_inflight_messages_set(client, 0); /* the callers have windows of their own */
    int result = mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    if (result == MOSQ_ERR_SUCCESS && options->user)
        result = mosquitto_username_pw_set(client, options->user, options->password);
    if (result == MOSQ_ERR_SUCCESS && options->ca_file) {
        result = mosquitto_tls_set(client, options->ca_file, NULL, NULL, NULL, NULL);
        if (result == MOSQ_ERR_SUCCESS)
            result = mosquitto_tls_opts_set(client, 1, "tlsv1.3", NULL);
    }
    if (result == MOSQ_ERR_SUCCESS && options->will_topic)
        result = mosquitto_will_set(client, options->will_topic, (int)strlen(options->will_payload),
                                    options->will_payload, 1, true);
    return result;
}

static void connect_now(Mqtt *mqtt)
{
    if (mqtt->connecting)
        return;
    struct mosquitto *client = mosquitto_new(mqtt->options.client_id, true, mqtt);
    if (!client)
        abort(); /* no memory, or a client ID that is ours to choose */
    const int result = set_options(mqtt, client);
    if (result != MOSQ_ERR_SUCCESS) {
        mqtt->client = client;
        mark_over(mqtt, reason(result, errno)); /* such as a CA file that cannot be read */
        lose(mqtt);
        return;
    }
    Connecting *connecting = allocate(sizeof *connecting);
    *connecting = (Connecting){
        .mqtt = mqtt, .client = client, .host = strdup(mqtt->options.host), .port = mqtt->options.port};
    mqtt->connecting = connecting;
    loop_work(mqtt->loop, connect_blocking, on_connect_tried, connecting);
}

/* ---- making, using, freeing ---- */

/* Copies the options' texts into one piece of memory that `texts` keeps. */
static void copy_texts(Mqtt *mqtt)
{
    MqttOptions *options = &mqtt->options;
    const char **const fields[] = {&options->host,        &options->client_id, &options->user,
                                   &options->password,    &options->ca_file,   &options->will_topic,
                                   &options->will_payload};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    size_t size = 0;
    for (size_t i = 0; i < FIELDS; i++)
        size += *fields[i] ? strlen(*fields[i]) + 1 : 0;
    char *out = mqtt->texts = allocate(size);
    for (size_t i = 0; i < FIELDS; i++)
        if (*fields[i]) {
            const size_t length = strlen(*fields[i]) + 1;
            *fields[i] = memcpy(out, *fields[i], length);
            out += length;
        }
}

Mqtt *mqtt_new(Loop *loop, const MqttOptions *options)
{
    assert(options->host && options->client_id && (!options->will_topic || options->will_payload));
    mosquitto_lib_init(); /* counts its calls */
    Mqtt *mqtt = allocate(sizeof *mqtt);
    mqtt->loop = loop;
    mqtt->options = *options;
    mqtt->pause_ms = FIRST_PAUSE_MS;
    copy_texts(mqtt);
    mqtt->timer = loop_timer_new(loop, on_timer, mqtt);
    loop_timer_set(mqtt->timer, 0);
    return mqtt;
}

bool mqtt_is_connected(const Mqtt *mqtt)
{
    return mqtt->is_connected;
}

void mqtt_subscribe(Mqtt *mqtt, const char *pattern, int qos)
{
    if (mqtt->is_connected)
        mosquitto_subscribe(mqtt->client, NULL, pattern, qos);
}

BpStatus mqtt_publish(Mqtt *mqtt, const char *topic, BpStr payload, int qos, bool retained,
                      int *ret_message_id, BpError *err)
{
    if (!mqtt->is_connected || mqtt->is_over)
        return bp_fail(err, BP_UNAVAILABLE, "there is no connection to the broker");
    if (mqtt->sending_count == SENDING_MAX || mqtt->unsent + payload.size > MQTT_UNSENT_MAX)
        return bp_fail(err, BP_FULL, "%zu octets wait for the broker already", mqtt->unsent);
    int id = 0;
    const int result =
        mosquitto_publish(mqtt->client, &id, topic, (int)payload.size, payload.data, qos, retained);
    if (result != MOSQ_ERR_SUCCESS)
        return bp_fail(err, result == MOSQ_ERR_INVAL ? BP_INVALID : BP_UNAVAILABLE, "publishing on %s: %s",
                       topic, reason(result, errno));
    if (qos > 0) {
        const size_t last = (mqtt->sending_first + mqtt->sending_count++) % SENDING_MAX;
        mqtt->sending[last] = (Sending){id, payload.size};
        mqtt->unsent += payload.size;
    }
    if (ret_message_id)
        *ret_message_id = id;
    if (mqtt->poll && mosquitto_want_write(mqtt->client))
        loop_poll_set(mqtt->poll, LOOP_READABLE | LOOP_WRITABLE);
    return BP_OK;
}

size_t mqtt_unsent(const Mqtt *mqtt)
{
    return mqtt->unsent;
}

void mqtt_free(Mqtt *mqtt, int64_t timeout_us)
{
    if (!mqtt)
        return;
    mqtt->options.on_lost = NULL;
    mqtt->options.on_message = NULL;
    mqtt->options.on_acknowledged = NULL;
    const int64_t until_us = loop_now_us(mqtt->loop) + timeout_us;
    while (mqtt->is_connected && (mqtt->sending_count || mosquitto_want_write(mqtt->client)) &&
           loop_now_us(mqtt->loop) < until_us)
        loop_run_once(mqtt->loop, until_us - loop_now_us(mqtt->loop));
    if (mqtt->is_connected)
        mosquitto_disconnect(mqtt->client); /* without it the broker would publish the will */
    if (mqtt->connecting)
        mqtt->connecting->mqtt = NULL;
    clean_up(mqtt);
    loop_timer_free(mqtt->timer);
    free(mqtt->texts);
    free(mqtt);
    mosquitto_lib_cleanup();
}
