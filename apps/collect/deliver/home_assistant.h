/* Chosen points, told to Home Assistant: for each a retained message that it makes a sensor of
 * (home_assistant_json.h), at <prefix>/<component>/bacpipes_<site>/<point_id>/config. The broker is what
 * remembers them from one run to the next: what it has and is not chosen is withdrawn.
 *
 * Plain code without loop and broker; many points are told little by little. */
#ifndef COLLECT_DELIVER_HOME_ASSISTANT_H
#define COLLECT_DELIVER_HOME_ASSISTANT_H

#include "apps/collect/deliver/state.h"
#include "model/topic.h"

typedef struct HomeAssistant HomeAssistant;

typedef enum HomeChoice { HOME_NONE, HOME_TAGGED, HOME_ALL } HomeChoice; /* of the points that are polled */

typedef struct HomeAssistantHooks {
    void *owner;
    bool (*name_point)(void *owner, int32_t point_id, CollectPointName *ret_name); /* as PointStatesHooks */
    int32_t (*points_end)(void *owner); /* all points that are known have smaller numbers */
    BpStatus (*publish)(void *owner, const char *topic, BpStr payload,
                        BpError *err); /* retained; "" withdraws */
} HomeAssistantHooks;

HomeAssistant *home_assistant_new(const char *site, const char *prefix, const HomeAssistantHooks *hooks);
void home_assistant_free(HomeAssistant *home);

void home_assistant_choose(HomeAssistant *home, HomeChoice choice);

/* Points and devices are known, or have other names, or are no more. Before the first time nothing is told,
 * and nothing withdrawn. */
void home_assistant_points_changed(HomeAssistant *home);

/* Another broker, or one that forgot. */
void home_assistant_forget(HomeAssistant *home);

/* Tells the next few. To be called again and again. */
void home_assistant_advance(HomeAssistant *home);

/* What to subscribe to, to hear what the broker has. */
const char *home_assistant_pattern(const HomeAssistant *home);

/* False: the topic is none of ours. */
bool home_assistant_heard(HomeAssistant *home, BpStr topic, BpStr payload);

#endif
