/* MQTT topics (docs/protocol.md). */
#ifndef MODEL_TOPIC_H
#define MODEL_TOPIC_H

#include "base/error.h"

enum { MDL_TOPIC_MAX = 256, MDL_SITE_ID_MAX = 63 };

/* "bacpipes/<site>/<rest>". Returns ret_topic. */
char *mdl_topic(const char *site_id, const char *rest, char ret_topic[MDL_TOPIC_MAX]);

/* "bacpipes/<site>/points/<device>/<object>/state". Returns ret_topic. */
char *mdl_state_topic(const char *site_id, int32_t device_id, const char *object,
                      char ret_topic[MDL_TOPIC_MAX]);

/* A central's own site_id in its database; no other site is called so. */
#define MDL_SITE_CENTRAL "central"

/* 1 to 63 of a-z 0-9 _ -. */
bool mdl_site_id_is_valid(const char *site_id);

#endif
