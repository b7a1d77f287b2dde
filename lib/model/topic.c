#include "model/topic.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *mdl_topic(const char *site_id, const char *rest, char ret_topic[MDL_TOPIC_MAX])
{
    const int size = snprintf(ret_topic, MDL_TOPIC_MAX, "bacpipes/%s/%s", site_id, rest);
    assert(size > 0 && size < MDL_TOPIC_MAX); /* sites are short and what follows is ours */
    return ret_topic;
}

char *mdl_state_topic(const char *site_id, int32_t device_id, const char *object,
                      char ret_topic[MDL_TOPIC_MAX])
{
    const int size = snprintf(ret_topic, MDL_TOPIC_MAX, "bacpipes/%s/points/%" PRId32 "/%s/state", site_id,
                              device_id, object);
    assert(size > 0 && size < MDL_TOPIC_MAX);
    return ret_topic;
}

bool mdl_site_id_is_valid(const char *site_id)
{
    const size_t size = strlen(site_id);
    return size >= 1 && size <= MDL_SITE_ID_MAX &&
           strspn(site_id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}
