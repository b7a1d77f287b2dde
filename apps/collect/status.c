/* How the collector is doing: the figures that the plan wants watched, in one place, and every 10 s. */
#include "apps/collect/collect.h"
#include "apps/collect/status_json.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

static const int64_t STATUS_EVERY_US = 10 * BP_SECOND, JUMP_US = 5 * BP_SECOND;

struct CollectStatus {
    Collect *collect;
    LoopTimer *timer;
    int64_t clock_offset_us; /* wall clock less monotonic; 0: not looked at yet */
};

static CollectStatusFigures figures_of(const Collect *collect)
{
    CollectStatusFigures figures = {.network = collect_network_figures(collect->network),
                                    .poll = collect_poll_counts(collect->poller),
                                    .client = collect_poll_client_counts(collect->poller),
                                    .outbox = collect_deliver_counts(collect->deliver)};
    for (const CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next) {
        figures.devices++;
        figures.devices_offline += collect_device_is_away(device);
        figures.points += device->point_count;
        figures.points_left_out += device->points_left_out;
    }
    return figures;
}

void collect_say_status(const Collect *collect, const char *state)
{
    const CollectStatusFigures figures = figures_of(collect);
    collect_site_say_status(collect->site, state, collect_status_json(&figures));
}

/* The wall clock is only ever set: against the monotonic one it shows. Readings are stamped anew from here
 * on. */
static void look_at_clock(CollectStatus *status)
{
    const int64_t now_us = loop_now_us(status->collect->loop), wall_us = bp_wall_us();
    const int64_t jump_us = wall_us - now_us - status->clock_offset_us;
    char interval[BP_TIME_TEXT_MAX];
    if (status->clock_offset_us && (jump_us > JUMP_US || jump_us < -JUMP_US))
        bp_log(BP_LOG_WARNING, "the clock jumped by %s; readings follow it from now on",
               bp_interval_format(jump_us, interval));
    status->clock_offset_us = wall_us - now_us;
    collect_poll_set_wall(status->collect->poller, now_us, wall_us);
}

static void on_due(void *owner)
{
    collect_status_now(owner);
}

void collect_status_now(CollectStatus *status)
{
    const Collect *collect = status->collect;
    const int64_t now_us = loop_now_us(collect->loop);
    look_at_clock(status);
    collect_site_tell_learned(collect->site);
    collect_network_now_and_then(collect->network);
    bp_log_left_out(now_us);
    loop_timer_set(status->timer, now_us + STATUS_EVERY_US);
    const Mqtt *mqtt = collect_site_mqtt(collect->site);
    if (!mqtt || !mqtt_is_connected(mqtt))
        return;
    collect_say_status(collect, "online");
    collect_poll_take_extremes(collect->poller);
}

CollectStatus *collect_status_new(Collect *collect)
{
    CollectStatus *status = calloc(1, sizeof *status);
    if (!status)
        abort();
    status->collect = collect;
    status->timer = loop_timer_new(collect->loop, on_due, status);
    collect_status_now(status);
    return status;
}

void collect_status_free(CollectStatus *status)
{
    if (!status)
        return;
    loop_timer_free(status->timer);
    free(status);
}
