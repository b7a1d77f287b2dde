/* What the parts of the collector tell each other. */
#include "apps/collect/collect.h"
#include "apps/collect/search_json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"

/* ---- settings ---- */

/* On a building's network. Slower ones, behind routers, are asked one thing at a time anyway. */
static const int64_t DATAGRAM_LIFE_US = 200 * BP_MS;

static CollectPollSettings poll_settings(const Cfg *cfg)
{
    return (CollectPollSettings){
        .window = (uint16_t)cfg->poll_window,
        .trunk = {.window = (uint16_t)cfg->poll_trunk_window, .rate = (uint32_t)cfg->poll_trunk_rate},
        .devices = (uint16_t)cfg->poll_devices,
        .timeout_us = cfg->bacnet_timeout > 0 ? cfg->bacnet_timeout : 3 * BP_SECOND,
        .retries = (uint8_t)cfg->bacnet_retries,
        .backoff_max_us = cfg->poll_backoff_max,
        .cov_lifetime_s = (uint32_t)(cfg->cov_lifetime / BP_SECOND),
        .cov_confirmed = cfg->cov_confirmed,
        .cov_process = (uint32_t)bp_hash(cfg->site, strlen(cfg->site), (uint64_t)cfg->bacnet_instance) | 1,
        .rest_us = DATAGRAM_LIFE_US};
}

static HomeChoice home_choice(const char *points)
{
    return strcmp(points, "all") == 0 ? HOME_ALL : strcmp(points, "tagged") == 0 ? HOME_TAGGED : HOME_NONE;
}

static CollectDeliverSettings deliver_settings(const Cfg *cfg)
{
    return (CollectDeliverSettings){.spool_after_us = cfg->spool_after,
                                    .memory_max = cfg->spool_memory,
                                    .disk_max = cfg->spool_size,
                                    .home = home_choice(cfg->homeassistant_points)};
}

static void on_settings(void *owner)
{
    Collect *collect = owner;
    const Cfg *cfg = collect_site_cfg(collect->site);
    const CollectPollSettings poll = poll_settings(cfg);
    const CollectDeliverSettings deliver = deliver_settings(cfg);
    collect_poll_set(collect->poller, &poll);
    collect_deliver_set(collect->deliver, &deliver);
    collect_network_set(collect->network);
    collect_control_set(collect->control, cfg);
}

/* ---- devices: from the poller to the network, the site and deliver ---- */

static void send_request(void *owner, const BacAddress *to, BpStr datagram)
{
    const Collect *collect = owner;
    collect_network_send(collect->network, to, datagram);
}

static void on_readings(void *owner, const CollectDevice *device, const MdlReading *readings, size_t count)
{
    const Collect *collect = owner;
    /* Its points may be another's by now, who answers. If they are not, the next probe tells its silence. */
    if (!collect_site_is_behind(collect->site) || !collect_device_is_away(device))
        collect_deliver_readings(collect->deliver, device->device_id, readings, count,
                                 device->readings.first_us);
}

static void on_state(void *owner, CollectDevice *device)
{
    const Collect *collect = owner;
    collect_network_note_state(collect->network, device);
    if (collect->control)
        collect_control_note_state(collect->control, device);
    collect_site_tell_state(collect->site, device);
}

static void on_found(void *owner, CollectDevice *device, CollectDevice *gone)
{
    const Collect *collect = owner;
    collect_network_found(collect->network, device, gone);
}

/* A database that was put back gives numbers of points anew. What was read of the old ones is put aside
 * first.
 */
static bool holds_scans(Collect *collect)
{
    collect->holds_scans =
        collect->holds_scans && !collect_deliver_is_stored(collect->deliver, collect->last_batch);
    return collect->holds_scans;
}

static void on_scanned(void *owner, CollectDevice *device, CollectScan *scan)
{
    Collect *collect = owner;
    const bool is_whole = collect_network_scan_ended(collect->network, device, scan);
    if (is_whole && holds_scans(collect))
        collect_network_scan_stored(collect->network, device,
                                    "readings of points that the database has no more are put aside first");
    else if (is_whole)
        collect_site_store_scan(collect->site, device, scan);
    collect_scan_free(scan);
}

CollectPoller *collect_make_poller(Collect *collect)
{
    const CollectPollHooks hooks = {.owner = collect,
                                    .send = send_request,
                                    .on_readings = on_readings,
                                    .on_state = on_state,
                                    .on_scanned = on_scanned,
                                    .on_found = on_found};
    const CollectPollSettings settings = poll_settings(&collect->file);
    return collect_poll_new(&hooks, &settings, collect->seed);
}

/* ---- the network ---- */

static void on_network_change(void *owner)
{
    collect_say_status(owner, "online");
}

CollectNetwork *collect_make_network(Collect *collect)
{
    const CollectNetworkOptions options = {.loop = collect->loop,
                                           .poller = collect->poller,
                                           .cfg = collect_site_cfg(collect->site),
                                           .owner = collect,
                                           .on_change = on_network_change};
    return collect_network_new(&options);
}

/* ---- the site: what the database says goes to everybody ---- */

static void note_missing(Collect *collect)
{
    const size_t missing = collect_site_missing_points(collect->site);
    if (missing == 0)
        return;
    bp_log(BP_LOG_WARNING,
           "the database has %zu points less than when it was last there: what was read of them goes into "
           "ingest_quarantine, and new points are stored after that",
           missing);
    collect->holds_scans = true;
    collect->last_batch = collect_deliver_last(collect->deliver);
}

static void on_known(void *owner, bool is_first)
{
    Collect *collect = owner;
    note_missing(collect);
    collect_deliver_points_changed(collect->deliver);
    collect_network_poll_soon(collect->network);
    if (is_first)
        collect_network_site_known(collect->network);
}

static void forget(void *owner, CollectDevice *device)
{
    const Collect *collect = owner;
    collect_network_forget(collect->network, device);
}

static void on_scan_stored(void *owner, CollectDevice *device, const char *failure)
{
    const Collect *collect = owner;
    collect_network_scan_stored(collect->network, device, failure);
}

static void on_broker_connected(void *owner)
{
    const Collect *collect = owner;
    collect_status_now(collect->status);
    collect_deliver_connected(collect->deliver);
    if (collect->control)
        collect_control_broker_connected(collect->control);
}

static void on_message(void *owner, const MqttMessage *message)
{
    const Collect *collect = owner;
    if (!collect->control || !collect_control_message(collect->control, message))
        collect_deliver_message(collect->deliver, message->topic, message->payload);
}

CollectSite *collect_make_site(Collect *collect, PgOptions *database)
{
    const CollectSiteOptions options = {.loop = collect->loop,
                                        .poller = collect->poller,
                                        .file = &collect->file,
                                        .started_at_us = collect->started_at_us,
                                        .database = database,
                                        .owner = collect,
                                        .on_settings = on_settings,
                                        .on_known = on_known,
                                        .on_broker_connected = on_broker_connected,
                                        .on_message = on_message,
                                        .forget = forget,
                                        .on_scan_stored = on_scan_stored};
    return collect_site_new(&options);
}

/* ---- commands are carried out ---- */

static void on_orders(void *owner)
{
    const Collect *collect = owner;
    collect_network_poll_soon(collect->network);
}

static int32_t points_end(void *owner)
{
    const Collect *collect = owner;
    return collect->site ? collect_site_end(collect->site) : 0;
}

static Mqtt *mqtt_of(void *owner)
{
    const Collect *collect = owner;
    return collect->site ? collect_site_mqtt(collect->site) : NULL;
}

/* Somebody asks to look for devices. */
static BpStatus begin_search(void *owner, const ControlErrandWish *wish, BpError *err)
{
    const Collect *collect = owner;
    return collect_network_search(
        collect->network,
        &(CollectSearchWish){
            .has_range = wish->has_range, .low = wish->low, .high = wish->high, .device_id = wish->device_id},
        err);
}

static ControlErrandState look_at_search(void *owner)
{
    const Collect *collect = owner;
    const CollectSearchState state = collect_network_search_state(collect->network);
    return (ControlErrandState){
        .is_over = state.is_over,
        .progress = state.progress,
        .result = collect_search_json(collect->network, collect_poll_devices(collect->poller)),
        .problem = state.problem};
}

static void end_search(void *owner)
{
    const Collect *collect = owner;
    collect_network_search_end(collect->network);
}

static const Cfg *cfg_now(void *owner)
{
    const Collect *collect = owner;
    return collect_site_cfg(collect->site);
}

CollectDoctor *collect_make_doctor(Collect *collect)
{
    return collect_doctor_new(&(CollectDoctorOptions){
        .loop = collect->loop, .arguments = collect->arguments, .owner = collect, .cfg = cfg_now});
}

CollectControl *collect_make_control(Collect *collect, const PgOptions *database)
{
    const CollectControlOptions options = {.loop = collect->loop,
                                           .poller = collect->poller,
                                           .file = &collect->file,
                                           .database = database,
                                           .owner = collect,
                                           .points_end = points_end,
                                           .on_orders = on_orders,
                                           .mqtt = mqtt_of,
                                           .search = {collect, begin_search, look_at_search, end_search},
                                           .doctor = collect_doctor_errand(collect->doctor)};
    return collect_control_new(&options);
}

/* ---- readings are delivered ---- */

static int64_t oldest_reading_us(void *owner, int64_t now_us)
{
    const Collect *collect = owner;
    const int64_t first_us = collect_poll_first_reading_us(collect->poller);
    return first_us < now_us ? first_us : now_us;
}

static bool name_point(void *owner, int32_t point_id, CollectPointName *ret_name)
{
    const Collect *collect = owner;
    const CollectSitePoint *point = collect_site_point(collect->site, point_id);
    if (!point)
        return false;
    *ret_name = (CollectPointName){.device_id = point->device_id,
                                   .object = {point->object.type, point->object.instance},
                                   .property = point->property,
                                   .name = point->name,
                                   .units = point->units,
                                   .states = point->states,
                                   .state_count = point->state_count,
                                   .is_polled = point->is_polled,
                                   .is_tagged = point->is_tagged};
    if (point->device)
        ret_name->device = (CollectDeviceName){.name = point->device->name,
                                               .vendor = point->device->vendor,
                                               .model = point->device->model,
                                               .version = point->device->version};
    return true;
}

CollectDeliver *collect_make_deliver(Collect *collect)
{
    const CollectDeliverOptions options = {.loop = collect->loop,
                                           .site = collect->file.site,
                                           .data_folder = collect->file.data_folder,
                                           .seed = collect->seed,
                                           .settings = deliver_settings(&collect->file),
                                           .owner = collect,
                                           .mqtt = mqtt_of,
                                           .home_prefix = collect->file.homeassistant_prefix,
                                           .name_point = name_point,
                                           .points_end = points_end,
                                           .oldest_reading_us = oldest_reading_us};
    return collect_deliver_new(&options);
}
