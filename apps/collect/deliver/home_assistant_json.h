/* What Home Assistant is told of a point, so that it shows it by itself: a discovery message of its MQTT
 * integration (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery). What it does with each field
 * is in the pages of its components: integrations/sensor.mqtt and integrations/binary_sensor.mqtt. */
#ifndef COLLECT_DELIVER_HOME_ASSISTANT_JSON_H
#define COLLECT_DELIVER_HOME_ASSISTANT_JSON_H

#include "apps/collect/deliver/state.h"

/* As which of its components: a point with the values 0 and 1, or another. */
const char *home_assistant_component(const CollectPointName *name);

/* The message, to be freed; NULL: a name is no UTF-8. The point's value is in the state at `state_topic`. It
 * is not available while the collector is not there, or the reading is bad. */
char *home_assistant_json(const char *site, int32_t point_id, const CollectPointName *name,
                          const char *state_topic);

#endif
