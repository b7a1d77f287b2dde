#include "apps/collect/collect.h"
#include "apps/roles.h"
#include "base/log.h"
#include "base/time.h"
#include "config/arguments.h"
#include "io/pg/settings.h"
#include "model/topic.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>

static void on_poll_due(void *owner)
{
    Collect *collect = owner;
    collect_doubt_network(collect);
    collect_poll_advance(collect->poller, loop_now_us(collect->loop));
    collect_settle(collect);
    collect_poll_soon(collect);
}

static void send_request(void *owner, const BacAddress *to, BpStr datagram)
{
    const Collect *collect = owner;
    if (collect->bip)
        bip_send(collect->bip, to, datagram);
}

/* ---- what is read is delivered ---- */

static void on_readings(void *owner, const CollectDevice *device, const MdlReading *readings, size_t count)
{
    const Collect *collect = owner;
    /* Its points may be another's by now, who answers. If they are not, the next probe tells its silence. */
    if (!collect->is_behind || !collect_device_is_away(device))
        collect_deliver_readings(collect->deliver, device->device_id, readings, count,
                                 device->readings.first_us);
}

static int64_t oldest_reading_us(void *owner, int64_t now_us)
{
    const Collect *collect = owner;
    const int64_t first_us = collect_poll_first_reading_us(collect->poller);
    return first_us < now_us ? first_us : now_us;
}

static bool name_point(void *owner, int32_t point_id, CollectPointName *ret_name)
{
    const Collect *collect = owner;
    const SitePoint *point = (size_t)point_id < collect->point_count ? &collect->points[point_id] : NULL;
    if (!point || !point->is_known)
        return false;
    *ret_name = (CollectPointName){.device_id = point->device_id,
                                   .object = {point->object_type, point->object_instance},
                                   .property = point->property,
                                   .name = point->name,
                                   .units = point->units,
                                   .states = point->states,
                                   .state_count = point->state_count};
    return true;
}

static Mqtt *mqtt_of(void *owner)
{
    const Collect *collect = owner;
    return collect->mqtt;
}

CollectDeliverSettings collect_deliver_settings(const Cfg *cfg)
{
    return (CollectDeliverSettings){
        .spool_after_us = cfg->spool_after, .memory_max = cfg->spool_memory, .disk_max = cfg->spool_size};
}

static CollectDeliver *new_deliver(Collect *collect)
{
    const CollectDeliverOptions options = {.loop = collect->loop,
                                           .site = collect->cfg.site,
                                           .data_folder = collect->cfg.data_folder,
                                           .seed = collect->seed,
                                           .settings = collect_deliver_settings(&collect->cfg),
                                           .owner = collect,
                                           .mqtt = mqtt_of,
                                           .name_point = name_point,
                                           .oldest_reading_us = oldest_reading_us};
    return collect_deliver_new(&options);
}

static CollectPoller *new_poller(Collect *collect)
{
    const CollectPollHooks hooks = {.owner = collect,
                                    .send = send_request,
                                    .on_readings = on_readings,
                                    .on_state = collect_note_state,
                                    .on_scanned = collect_scanned,
                                    .on_found = collect_found};
    const CollectPollSettings settings = collect_poll_settings(&collect->cfg);
    return collect_poll_new(&hooks, &settings, collect->seed);
}

static void begin(Collect *collect, PgOptions *options)
{
    Loop *loop = collect->loop;
    collect->poll_timer = loop_timer_new(loop, on_poll_due, collect);
    collect->discover_timer = loop_timer_new(loop, collect_discover, collect);
    collect->status_timer = loop_timer_new(loop, collect_status, collect);
    collect->poller = new_poller(collect);
    collect->newcomers = collect_newcomers_new();
    collect->network_timer = loop_timer_new(loop, collect_look_at_network, collect);
    collect->is_off_network = true; /* until the settings are known */
    collect_poll_leave(collect->poller, loop_now_us(loop));
    collect_begin_routes(collect);
    options->owner = collect;
    options->on_connected = collect_connected;
    options->on_lost = collect_database_lost;
    options->on_notice = collect_notice;
    collect->pg = pg_new(loop, options);
    collect_begin_reloads(collect);
    pg_listen(collect->pg, "bacpipes_config");
    collect_status(collect);
}

static void forget_timer(LoopTimer **timer)
{
    loop_timer_free(*timer);
    *timer = NULL;
}

/* Whoever may call goes first: the loop still runs for the spool, and must find nothing that uses what is
 * gone. The poller gives out what it has read so far, and only then is that put away. */
static void finish(Collect *collect)
{
    collect_say_status(collect, "offline");
    forget_timer(&collect->status_timer);
    forget_timer(&collect->discover_timer);
    forget_timer(&collect->poll_timer);
    forget_timer(&collect->network_timer);
    bip_free(collect->bip);
    collect->bip = NULL;
    pg_free(collect->pg);
    collect->pg = NULL;
    collect_end_reloads(collect);
    mqtt_free(collect->mqtt, BP_SECOND); /* what of readings the broker does not have yet is in the outbox */
    collect->mqtt = NULL;
    collect_poll_free(collect->poller);
    collect->poller = NULL;
    collect_deliver_free(collect->deliver);
    collect->deliver = NULL;
}

static int run(Collect *collect)
{
    BpError err = {0};
    PgOptions options;
    if (!mdl_site_id_is_valid(collect->cfg.site)) {
        bp_log(BP_LOG_ERROR, "site = %s: 1 to 63 of a-z 0-9 _ - are a site_id", collect->cfg.site);
        return EX_CONFIG;
    }
    if (pg_settings_options(&collect->cfg, PG_COLLECT, "bacpipes collect", &collect->arena, &options, &err) !=
        BP_OK) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        return EX_CONFIG;
    }
    collect->loop = loop_new();
    collect->deliver = new_deliver(collect);
    if (collect_deliver_open(collect->deliver, &err) != BP_OK) {
        bp_log(BP_LOG_ERROR, "%s", err.text);
        collect_deliver_free(collect->deliver);
        loop_free(collect->loop);
        return err.status == BP_CONFLICT ? EX_TEMPFAIL : EX_CANTCREAT;
    }
    loop_stop_on_signals(collect->loop);
    begin(collect, &options);

    loop_run(collect->loop);

    bp_log(BP_LOG_INFO, "stopping");
    finish(collect);
    loop_free(collect->loop);
    return EX_OK;
}

int collect_main(int argc, char **argv)
{
    Collect *collect = calloc(1, sizeof *collect);
    if (!collect)
        return EX_OSERR;
    const CfgCommand command = {
        .name = "bacpipes collect",
        .summary = "Finds BACnet devices, polls their points, and publishes readings over MQTT. What is not "
                   "yet stored in the database is kept.",
        .details = "Devices, points, settings and the broker are in the database, and what is changed there "
                   "acts at once.",
        .examples = "bacpipes collect --data var\nbacpipes collect --config /etc/bacpipes/bacpipes.conf "
                    "--set poll.interval=30s",
    };
    CfgArguments arguments;
    int code = cfg_begin(&command, argc, argv, &collect->arena, &arguments, &collect->file_cfg);
    if (code == CFG_GO_ON) {
        collect->cfg = collect->file_cfg;
        collect->started_at_us = bp_wall_us();
        if (getrandom(&collect->seed, sizeof collect->seed, 0) != sizeof collect->seed)
            collect->seed = (uint64_t)collect->started_at_us;
        code = run(collect);
    }
    collect_newcomers_free(collect->newcomers);
    free(collect->points);
    bp_arena_done(&collect->points_arena);
    bp_arena_done(&collect->settings_arena);
    bp_arena_done(&collect->arena);
    free(collect);
    return code;
}
