#include "io/mqtt/options.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies the options, and their texts into one piece of memory that `texts` keeps. */
void mqtt_kept_set(MqttKept *kept, const MqttOptions *given)
{
    assert(given->host && given->client_name && (!given->will_topic || given->will_payload));
    MqttOptions options = *given;
    const char **const fields[] = {&options.host,        &options.client_name, &options.user,
                                   &options.password,    &options.ca_file,     &options.will_topic,
                                   &options.will_payload};
    enum { FIELDS = sizeof fields / sizeof fields[0] };
    size_t size = 0;
    for (size_t i = 0; i < FIELDS; i++)
        size += *fields[i] ? strlen(*fields[i]) + 1 : 0;
    char *texts = malloc(size), *out = texts;
    if (!texts)
        abort();
    for (size_t i = 0; i < FIELDS; i++)
        if (*fields[i]) {
            const size_t length = strlen(*fields[i]) + 1;
            *fields[i] = memcpy(out, *fields[i], length);
            out += length;
        }
    free(kept->texts);
    kept->texts = texts;
    kept->given = options;
    if (*options.host == '/')
        snprintf(kept->broker, sizeof kept->broker, "%s", options.host);
    else
        snprintf(kept->broker, sizeof kept->broker, "%s port %u", options.host, options.port);
}

static bool is_same(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

bool mqtt_kept_is(const MqttKept *kept, const MqttOptions *other)
{
    const MqttOptions *one = &kept->given;
    return is_same(one->host, other->host) && one->port == other->port &&
           is_same(one->client_name, other->client_name) && is_same(one->user, other->user) &&
           is_same(one->password, other->password) && is_same(one->ca_file, other->ca_file) &&
           is_same(one->will_topic, other->will_topic) && is_same(one->will_payload, other->will_payload) &&
           one->owner == other->owner && one->on_connected == other->on_connected &&
           one->on_lost == other->on_lost && one->on_message == other->on_message &&
           one->on_acknowledged == other->on_acknowledged;
}

void mqtt_kept_silence(MqttKept *kept)
{
    kept->given.owner = NULL;
    kept->given.on_connected = NULL;
    kept->given.on_lost = NULL;
    kept->given.on_message = NULL;
    kept->given.on_acknowledged = NULL;
}

void mqtt_kept_done(MqttKept *kept)
{
    free(kept->texts);
    *kept = (MqttKept){0};
}

int mqtt_kept_apply(const MqttKept *kept, struct mosquitto *client)
{
    const MqttOptions *options = &kept->given;
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
