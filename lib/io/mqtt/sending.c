#include "io/mqtt/sending.h"

#include "base/invariant.h"

#include <assert.h>

bool mqtt_sending_has_room(const MqttSending *sending)
{
    return sending->count < MQTT_SENDING_MAX;
}

void mqtt_sending_add(MqttSending *sending, int id, size_t size)
{
    assert(id != 0 && mqtt_sending_has_room(sending));
    const size_t last = (sending->first + sending->count++) % MQTT_SENDING_MAX;
    sending->messages[last].id = id;
    sending->messages[last].size = size;
    sending->octets += size;
    BP_INVARIANT(mqtt_sending_check(sending));
}

bool mqtt_sending_acknowledge(MqttSending *sending, int id)
{
    bool is_ours = false;
    /* Brokers acknowledge in order, so what is looked for is nearly always the first. */
    for (size_t i = 0; i < sending->count && !is_ours; i++) {
        const size_t at = (sending->first + i) % MQTT_SENDING_MAX;
        if (sending->messages[at].id != id)
            continue;
        sending->octets -= sending->messages[at].size;
        sending->messages[at].id = 0;
        sending->messages[at].size = 0;
        is_ours = true;
    }
    while (sending->count && sending->messages[sending->first].id == 0) {
        sending->first = (sending->first + 1) % MQTT_SENDING_MAX;
        sending->count--;
    }
    BP_INVARIANT(mqtt_sending_check(sending));
    return is_ours;
}

void mqtt_sending_clear(MqttSending *sending)
{
    sending->first = sending->count = sending->octets = 0;
}

void mqtt_sending_check(const MqttSending *sending)
{
    size_t octets = 0;
    assert(sending->first < MQTT_SENDING_MAX && sending->count <= MQTT_SENDING_MAX);
    assert(sending->count == 0 || sending->messages[sending->first].id != 0);
    for (size_t i = 0; i < sending->count; i++) {
        const size_t at = (sending->first + i) % MQTT_SENDING_MAX;
        assert(sending->messages[at].id != 0 || sending->messages[at].size == 0);
        octets += sending->messages[at].size;
    }
    assert(octets == sending->octets);
}
