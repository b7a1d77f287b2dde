/* What the database says of the site, and what the collector tells it. */
#include "apps/collect/collect.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINT_ID_MAX = 10 * 1000 * 1000, WINDOW_MAX = 64, STATES_AT_ONCE = 32 };

static BpStr site_of(const Collect *collect)
{
    return bp_str(collect->cfg.site);
}

/* ---- settings ---- */

/* On a building's network. Slower ones, behind routers, are asked one thing at a time anyway. */
static const int64_t DATAGRAM_LIFE_US = 200 * BP_MS;

CollectPollSettings collect_poll_settings(const Cfg *cfg)
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

static void apply_settings(Collect *collect)
{
    const CollectPollSettings settings = collect_poll_settings(&collect->cfg);
    collect_poll_set(collect->poller, &settings);
    const CollectDeliverSettings deliver = collect_deliver_settings(&collect->cfg);
    collect_deliver_set(collect->deliver, &deliver);
    collect_open_network(collect);
    collect_look_anew(collect);
}

static void on_settings(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind wrong_setting;
    Collect *collect = context;
    if (pg_reload_answered(collect->reload_settings, status))
        bp_log(BP_LOG_WARNING, "reading table setting: %s; it is read again", err->text);
    if (status != BP_OK)
        return;
    bp_arena_reset(&collect->settings_arena);
    collect->cfg = collect->file_cfg;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        BpError wrong;
        if (cfg_apply(&collect->cfg, &collect->settings_arena, pg_get_text(rows, row, 0),
                      pg_get_text(rows, row, 1), &wrong) != BP_OK)
            bp_log_some(&wrong_setting, loop_now_us(collect->loop), BP_LOG_WARNING,
                        "table setting: %s; the value of the configuration file stays", wrong.text);
    }
    apply_settings(collect);
}

static void ask_settings(void *owner)
{
    Collect *collect = owner;
    const PgValue site = pg_text(site_of(collect));
    pg_request(collect->pg, SQL_SELECT_SETTINGS, &site, 1, on_settings, collect);
}

/* ---- devices ---- */

static CollectDevice *find_by_id(const Collect *collect, int32_t device_id)
{
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next)
        if (device->device_id == device_id)
            return device;
    return NULL;
}

/* A limit that took timeouts to find is not looked for again after each restart. */
static void recall(CollectDevice *device, BpStr learned, int64_t now_us)
{
    json_auto_t *json = json_loadb(learned.data, learned.size, 0, NULL);
    int multiple = 1;
    json_int_t octets = 0, window = 1;
    if (!json || json_unpack(json, "{s?b, s?I, s?I}", "read_multiple", &multiple, "answer_octets", &octets,
                             "window", &window) != 0)
        return;
    collect_limits_recall(&device->limits, multiple != 0, octets, now_us);
    if (window > 1 && window <= WINDOW_MAX)
        device->pace.more = (uint16_t)(window - 1);
}

/* Takes in the device of a row whose address nobody has but, perhaps, a stranger: who is then this device, or
 * gives way to it. */
static CollectDevice *add_device(Collect *collect, const PgRows *rows, size_t row, const BacAddress *address)
{
    BpError err;
    const uint32_t instance = (uint32_t)pg_get_integer(rows, row, 2);
    CollectDevice *device = collect_poll_find(collect->poller, address);
    if (device && device->device_id == 0 && device->instance == instance)
        return device;
    if (device && device->device_id == 0)
        collect_forget(collect, device);
    if (collect_poll_add(collect->poller, address, instance, (uint32_t)pg_get_integer(rows, row, 3),
                         pg_get_bool(rows, row, 6), &device, &err) == BP_OK)
        return device;
    bp_log(BP_LOG_WARNING, "%s", err.text);
    return NULL;
}

static void take_device(Collect *collect, const PgRows *rows, size_t row)
{
    BacAddress address;
    BpError err;
    const int32_t device_id = (int32_t)pg_get_integer(rows, row, 0);
    if (bac_address_parse(pg_get_text(rows, row, 1), &address, &err) != BP_OK) {
        bp_log(BP_LOG_WARNING, "table device: %s; device_id %d is left alone", err.text, (int)device_id);
        return;
    }
    CollectDevice *device = find_by_id(collect, device_id);
    const bool is_new = !device;
    if (is_new && pg_get_bool(rows, row, 8))
        device = collect_poll_add_evicted(collect->poller, &address, (uint32_t)pg_get_integer(rows, row, 2));
    else if (is_new)
        device = add_device(collect, rows, row, &address);
    if (!device)
        return;
    if (is_new) {
        device->device_id = device_id;
        device->row_is_replaced = pg_get_bool(rows, row, 8);
        recall(device, pg_get_text(rows, row, 7), loop_now_us(collect->loop));
        collect_device_state(collect, device);
    }
    const bool enabled = pg_get_bool(rows, row, 4);
    const int64_t interval_us = pg_get_integer(rows, row, 5) * BP_MS;
    device->interval_us = interval_us ? interval_us : collect->cfg.poll_interval;
    if (device->enabled != enabled)
        collect_poll_enable(collect->poller, device, enabled, loop_now_us(collect->loop));
}

/* What the row says now that the device is not. */
static void tell_change(const CollectDevice *device, const PgRows *rows, size_t row,
                        const BacAddress *address)
{
    char here[BAC_ADDRESS_TEXT_MAX], there[BAC_ADDRESS_TEXT_MAX];
    const unsigned instance = (unsigned)pg_get_integer(rows, row, 2);
    bac_address_format(&device->peer.address, here);
    if (instance != device->instance)
        bp_log(BP_LOG_NOTICE, "device %u (%s) is device %u now, and keeps its points", device->instance, here,
               instance);
    if (!bac_address_equal(address, &device->peer.address))
        bp_log(BP_LOG_NOTICE, "device %u, which was at %s, is at %s now, and keeps its points", instance,
               here, bac_address_format(address, there));
    else if (instance == device->instance && !pg_get_bool(rows, row, 8))
        bp_log(BP_LOG_NOTICE, "device %u is at %s again", instance, here);
}

/* It lost its address, and the one that has it now is it again, under its own name. */
static bool is_back(const Collect *collect, const CollectDevice *device)
{
    const CollectDevice *there = collect_poll_find(collect->poller, &device->peer.address);
    return device->is_evicted && there && there->device_id == 0 && there->instance == device->instance;
}

/* One that lost its address stays as it is until the row says something else than it said before. */
static bool is_row_of(const Collect *collect, const PgRows *rows, size_t row, const CollectDevice *device)
{
    BacAddress address;
    if (pg_get_integer(rows, row, 0) != device->device_id ||
        bac_address_parse(pg_get_text(rows, row, 1), &address, NULL) != BP_OK)
        return false;
    const bool is_same = (uint32_t)pg_get_integer(rows, row, 2) == device->instance &&
                         bac_address_equal(&address, &device->peer.address);
    const bool is_replaced = pg_get_bool(rows, row, 8);
    if (is_same && (is_replaced ? device->is_evicted : !device->row_is_replaced && !is_back(collect, device)))
        return true;
    tell_change(device, rows, row, &address);
    return false;
}

/* Rows that are gone, or say something else of who the device is and where: it is forgotten, and taken in
 * anew. */
static void forget_devices(Collect *collect, const PgRows *rows, size_t count)
{
    CollectDevice *next;
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = next) {
        next = device->next;
        bool is_there = device->device_id == 0;
        for (size_t row = 0; row < count && !is_there; row++)
            if (is_row_of(collect, rows, row, device)) {
                device->row_is_replaced = pg_get_bool(rows, row, 8);
                is_there = true;
            }
        if (is_there)
            continue;
        collect_forget(collect, device);
    }
}

static void take_devices(Collect *collect, const PgRows *rows, size_t count)
{
    forget_devices(collect, rows, count);
    for (size_t row = 0; row < count; row++)
        take_device(collect, rows, row);
}

/* ---- points ---- */

/* Columns of their rows, which stand behind those of devices. */
enum {
    DEVICE_ID,
    POINT_ID = 9, /* NULL: the row is a device's */
    OBJECT_TYPE,
    OBJECT_INSTANCE,
    PROPERTY,
    POINT_INTERVAL_MS,
    POINT_ENABLED,
    NAME,
    UNITS,
    STATES,
    COV,
    COV_INCREMENT,
    STATE_COUNT
};

static size_t count_devices(const PgRows *rows)
{
    size_t count = 0;
    while (count < pg_row_count(rows) && pg_is_null(rows, count, POINT_ID))
        count++;
    return count;
}

static void keep_states(Collect *collect, SitePoint *point, BpStr json)
{
    json_auto_t *states = json_loadb(json.data, json.size, 0, NULL);
    point->state_count = json_array_size(states);
    point->states = bp_arena_take(&collect->points_arena, (point->state_count + 1) * sizeof *point->states);
    for (size_t i = 0; i < point->state_count; i++) {
        const char *text = json_string_value(json_array_get(states, i));
        point->states[i] = bp_arena_text(&collect->points_arena, bp_str(text ? text : ""));
    }
}

static void keep_point(Collect *collect, const PgRows *rows, size_t row, BacObjectId object)
{
    const int64_t point_id = pg_get_integer(rows, row, POINT_ID);
    const BpStr property = pg_get_text(rows, row, PROPERTY), name = pg_get_text(rows, row, NAME),
                units = pg_get_text(rows, row, UNITS);
    SitePoint *point = &collect->points[point_id];
    uint32_t number;
    const char *symbol =
        bac_words_parse(&bac_units, units, &number, NULL) == BP_OK ? bac_units_symbol(number) : NULL;
    point->is_known = true;
    point->device_id = (int32_t)pg_get_integer(rows, row, DEVICE_ID);
    point->object_type = object.type;
    point->object_instance = object.instance;
    point->property = bp_str_equal(property, bp_str("present-value"))
                          ? ""
                          : bp_arena_text(&collect->points_arena, property);
    point->name = bp_arena_text(&collect->points_arena, name);
    point->units = symbol && *symbol ? symbol : bp_arena_text(&collect->points_arena, units);
    keep_states(collect, point, pg_get_text(rows, row, STATES));
}

/* Points of one device: rows from `row` on. Returns the row behind them. */
static size_t take_points(Collect *collect, const PgRows *rows, size_t row)
{
    const int64_t device_id = pg_get_integer(rows, row, DEVICE_ID);
    CollectDevice *device = find_by_id(collect, (int32_t)device_id);
    size_t end = row, count = 0;
    while (end < pg_row_count(rows) && pg_get_integer(rows, end, DEVICE_ID) == device_id)
        end++;
    CollectPoint *points = calloc(end - row + 1, sizeof *points);
    if (!points)
        abort();
    for (; row < end; row++) {
        char text[BAC_REFERENCE_TEXT_MAX];
        const int64_t point_id = pg_get_integer(rows, row, POINT_ID);
        BacObjectId object;
        uint32_t property, index;
        snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(pg_get_text(rows, row, OBJECT_TYPE)),
                 (long long)pg_get_integer(rows, row, OBJECT_INSTANCE));
        BpError err;
        if (point_id < 1 || point_id >= (int64_t)collect->point_count ||
            bac_object_parse(bp_str(text), &object, &err) != BP_OK ||
            bac_property_parse(pg_get_text(rows, row, PROPERTY), &property, &index, &err) != BP_OK)
            continue; /* a type or property that has no such name cannot be read */
        keep_point(collect, rows, row, object);
        if (!device || !pg_get_bool(rows, row, POINT_ENABLED))
            continue;
        const int64_t interval_us = pg_get_integer(rows, row, POINT_INTERVAL_MS) * BP_MS;
        points[count++] = (CollectPoint){.point_id = (int32_t)point_id,
                                         .object = object,
                                         .property = property,
                                         .interval_us = interval_us ? interval_us : device->interval_us,
                                         .cov = pg_get_bool(rows, row, COV),
                                         .cov_increment = (float)pg_get_double(rows, row, COV_INCREMENT),
                                         .state_count = (uint16_t)pg_get_integer(rows, row, STATE_COUNT)};
    }
    if (device && collect_points_differ(device, points, count))
        collect_poll_set_points(collect->poller, device, points, count, loop_now_us(collect->loop));
    free(points);
    return end;
}

/* Room for all points by their numbers. Those that were known before are forgotten. */
static void make_points(Collect *collect, const PgRows *rows)
{
    size_t largest = 0;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t point_id = pg_get_integer(rows, row, POINT_ID);
        if (point_id > (int64_t)largest && point_id < POINT_ID_MAX)
            largest = (size_t)point_id;
    }
    SitePoint *points = calloc(largest + 1, sizeof *points);
    if (!points)
        abort();
    free(collect->points);
    bp_arena_reset(&collect->points_arena);
    collect->points = points;
    collect->point_count = largest + 1;
}

/* Devices that no row spoke of. All points of one that did are known now, so the first tells. */
static void forget_points(Collect *collect)
{
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next) {
        const size_t first = device->point_count ? (size_t)device->points[0].point_id : 0;
        if (device->point_count == 0 || (first < collect->point_count && collect->points[first].is_known &&
                                         collect->points[first].device_id == device->device_id))
            continue;
        collect_poll_set_points(collect->poller, device, NULL, 0, loop_now_us(collect->loop));
    }
}

static void on_known(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Collect *collect = context;
    const bool is_news = pg_reload_answered(collect->reload_points, status);
    collect->is_behind = status == BP_OK && pg_reload_is_waiting(collect->reload_points);
    if (status != BP_OK) {
        if (is_news)
            bp_log(BP_LOG_WARNING, "reading tables device and point: %s; they are read again", err->text);
        return;
    }
    const size_t devices = count_devices(rows);
    take_devices(collect, rows, devices);
    make_points(collect, rows);
    for (size_t row = devices; row < pg_row_count(rows);)
        row = take_points(collect, rows, row);
    forget_points(collect);
    collect_deliver_points_changed(collect->deliver);
    collect_poll_soon(collect);
    if (!collect->is_loaded) {
        collect->is_loaded = true;
        bp_log(BP_LOG_INFO, "ready: %zu points of site %s are known", pg_row_count(rows) - devices,
               collect->cfg.site);
        collect_discover(collect);
    }
}

static void ask_points(void *owner)
{
    Collect *collect = owner;
    const PgValue site = pg_text(site_of(collect));
    pg_request(collect->pg, SQL_SELECT_COLLECT_KNOWN, &site, 1, on_known, collect);
}

/* ---- the broker ---- */

static void on_mqtt_config(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Collect *collect = context;
    if (pg_reload_answered(collect->reload_broker, status))
        bp_log(BP_LOG_WARNING, "reading table mqtt_config: %s; it is read again", err->text);
    if (status == BP_OK)
        collect_connect_broker(collect, rows);
}

static void ask_broker(void *owner)
{
    Collect *collect = owner;
    const PgValue values[] = {pg_text(site_of(collect)), pg_text(bp_str("collect"))};
    pg_request(collect->pg, SQL_SELECT_MQTT_CONFIG, values, 2, on_mqtt_config, collect);
}

/* ---- the connection ---- */

static void on_site(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)context;
    (void)rows;
    if (status != BP_OK && status != BP_UNAVAILABLE)
        bp_log(BP_LOG_ERROR, "naming the site: %s; has `bacpipes migrate` been run?", err->text);
}

void collect_begin_reloads(Collect *collect)
{
    collect->reload_settings = pg_reload_new(collect->loop, collect->pg, 0, ask_settings, collect);
    collect->reload_broker = pg_reload_new(collect->loop, collect->pg, 0, ask_broker, collect);
    collect->reload_points =
        pg_reload_new(collect->loop, collect->pg, PG_RELOAD_PAUSE_US, ask_points, collect);
}

void collect_end_reloads(Collect *collect)
{
    pg_reload_free(collect->reload_points);
    pg_reload_free(collect->reload_broker);
    pg_reload_free(collect->reload_settings);
}

void collect_connected(void *owner)
{
    Collect *collect = owner;
    const PgValue site = pg_text(site_of(collect));
    bp_log(BP_LOG_INFO, "connected to the database");
    pg_request(collect->pg, SQL_UPSERT_SITE, &site, 1, on_site, collect);
    pg_reload_anew(collect->reload_settings);
    pg_reload_anew(collect->reload_broker);
    pg_reload_anew(collect->reload_points);
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next)
        collect_device_state(collect, device); /* what changed while it was away */
}

void collect_database_lost(void *owner, const BpError *why)
{
    Collect *collect = owner;
    collect->is_behind = false; /* all is read when it is back */
    if (collect->is_loaded)
        bp_log(BP_LOG_WARNING, "%s; polling goes on with what is known", why->text);
    else
        bp_log(BP_LOG_WARNING, "%s; waiting for it to know what to poll", why->text);
}

static void read_points_again(Collect *collect)
{
    collect->is_behind = true;
    pg_reload_soon(collect->reload_points);
}

void collect_notice(void *owner, const char *channel, const char *payload)
{
    Collect *collect = owner;
    (void)channel;
    const char *site = "", *table = "";
    json_auto_t *notice = json_loads(payload, 0, NULL);
    if (!notice || json_unpack(notice, "{s:s, s:s}", "site", &site, "table", &table) != 0 ||
        strcmp(site, collect->cfg.site) != 0)
        return;
    if (strcmp(table, "setting") == 0)
        pg_reload_soon(collect->reload_settings);
    if (strcmp(table, "mqtt_config") == 0 || strcmp(table, "mqtt_account") == 0)
        pg_reload_soon(collect->reload_broker);
    else
        read_points_again(collect);
}

/* ---- what was read out ---- */

static json_t *services_json(uint64_t services)
{
    json_t *names = json_array();
    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = services >> bit & 1 ? bac_words_text(&bac_services_supported, bit) : NULL;
        if (name)
            json_array_append_new(names, json_string(name));
    }
    return names;
}

static json_t *natural_or_null(int64_t number)
{
    return number >= 0 ? json_integer(number) : json_null();
}

static char *device_json(const CollectDevice *device, const CollectScan *scan)
{
    char address[BAC_ADDRESS_TEXT_MAX];
    const CollectScanDevice *read = collect_scan_device(scan);
    const char *segmentation = bac_words_text(&bac_segmentations, read->segmentation);
    json_auto_t *json =
        json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:I, s:s, s:o, s:I}", "address",
                  bac_address_format(&device->peer.address, address), "instance", (json_int_t)read->instance,
                  "name", read->name, "description", read->description, "location", read->location,
                  "vendor_id", natural_or_null(read->vendor_id), "vendor_name", read->vendor_name,
                  "model_name", read->model_name, "firmware_revision", read->firmware_revision,
                  "application_software_version", read->application_software_version, "protocol_revision",
                  natural_or_null(read->protocol_revision), "max_apdu", (json_int_t)read->max_apdu,
                  "segmentation", segmentation ? segmentation : "no-segmentation", "services",
                  services_json(read->services), "object_count", (json_int_t)collect_scan_object_count(scan));
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

static json_t *number_or_null(double number)
{
    return isfinite(number) ? json_real(number) : json_null();
}

static json_t *object_json(const CollectScanObject *object)
{
    json_t *states = json_array();
    for (size_t i = 0; i < object->state_count; i++)
        json_array_append_new(states, json_string(object->states[i]));
    char type[BAC_REFERENCE_TEXT_MAX], units[BAC_UNITS_TEXT_MAX] = "";
    bac_object_format(object->id, type);
    *strrchr(type, ',') = '\0';
    if (object->units >= 0)
        bac_units_format((uint32_t)object->units, units);
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "object_type", type,
                     "object_instance", (json_int_t)object->id.instance, "name", object->name, "description",
                     object->description, "units", units, "states", states, "min_value",
                     number_or_null(object->min), "max_value", number_or_null(object->max), "resolution",
                     number_or_null(object->resolution), "cov_increment",
                     number_or_null(object->cov_increment), "commandable", object->commandable);
}

/* Four statements in one transaction; their texts live until it has ended. */
typedef struct Storing {
    Collect *collect;
    char *device, *points;
    char address[BAC_ADDRESS_TEXT_MAX];
    uint32_t instance;
    size_t count;
    size_t left_out; /* objects that were not read out */
    PgValue device_values[5], point_values[4];
    PgStep steps[4];
} Storing;

/* What is new, changed and gone since it was last read out. */
static void tell_scan(const Storing *storing, const PgRows *rows)
{
    const long long added = (long long)pg_get_integer(rows, 0, 0),
                    changed = (long long)pg_get_integer(rows, 0, 1),
                    gone = (long long)pg_get_integer(rows, 0, 2),
                    left_out = (long long)pg_get_integer(rows, 0, 5);
    bp_log(BP_LOG_INFO, "device %u (%s) read out: %zu points, %lld new, %lld changed, %lld gone",
           storing->instance, storing->address, storing->count, added, changed, gone);
    if (pg_get_integer(rows, 0, 3) > 0)
        bp_log(BP_LOG_WARNING, "device %u (%s) has these points no more, which are kept: %.*s",
               storing->instance, storing->address, BP_STR_ARGS(pg_get_text(rows, 0, 4)));
    if (left_out > 0)
        bp_log(BP_LOG_WARNING,
               "device %u (%s): %lld of its points are left out: site.max_points allows for %d in all",
               storing->instance, storing->address, left_out, (int)storing->collect->cfg.site_max_points);
}

static void on_scan_stored(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Storing *storing = context;
    BacAddress address;
    CollectDevice *device = NULL;
    if (bac_address_parse(bp_str(storing->address), &address, NULL) == BP_OK)
        device = collect_poll_find(storing->collect->poller, &address);
    if (status == BP_OK && pg_row_count(rows) > 0) {
        tell_scan(storing, rows);
        if (device) {
            device->scan_failures = 0;
            device->points_left_out = (uint32_t)(storing->left_out + (size_t)pg_get_integer(rows, 0, 5));
            collect_device_state(storing->collect, device);
        }
    } else if (status != BP_OK && device) {
        char why[sizeof err->text + 64];
        snprintf(why, sizeof why, "could not be stored: %s", err->text);
        collect_scan_later(storing->collect, device, why);
    }
    free(storing->device);
    free(storing->points);
    free(storing);
}

static PgValue id_or_null(int32_t device_id)
{
    return device_id ? pg_integer(device_id) : pg_null();
}

void collect_store_scan(Collect *collect, const CollectDevice *device, const CollectScan *scan, int32_t moved,
                        int32_t renumbered)
{
    Storing *storing = calloc(1, sizeof *storing);
    if (!storing)
        abort();
    const CollectScanObject *objects = collect_scan_objects(scan, &storing->count);
    json_auto_t *points = json_array();
    for (size_t i = 0; i < storing->count; i++)
        json_array_append_new(points, object_json(&objects[i]));
    storing->collect = collect;
    storing->instance = device->instance;
    storing->left_out = collect_scan_left_out(scan);
    storing->device = device_json(device, scan);
    storing->points = json_dumps(points, JSON_COMPACT);
    bac_address_format(&device->peer.address, storing->address);
    if (!storing->device || !storing->points)
        abort(); /* texts are UTF-8 by bac_text_to_utf8 */
    const PgValue site = pg_text(site_of(collect));
    storing->device_values[0] = storing->point_values[0] = site;
    storing->device_values[1] = pg_text(bp_str(storing->device));
    storing->device_values[2] = storing->point_values[2] = pg_text(bp_str(storing->points));
    storing->device_values[3] = id_or_null(moved);
    storing->device_values[4] = id_or_null(renumbered);
    storing->point_values[1] = pg_text(bp_str(storing->address));
    storing->point_values[3] = pg_integer(collect->cfg.site_max_points);
    storing->steps[0] = (PgStep){SQL_UPSERT_DEVICE, storing->device_values, 5};
    storing->steps[1] = (PgStep){SQL_UPDATE_POINTS, storing->point_values, 3};
    storing->steps[2] = (PgStep){SQL_INSERT_POINTS, storing->point_values, 4};
    storing->steps[3] = (PgStep){SQL_UPDATE_MISSING_POINTS, storing->point_values, 3};
    pg_transaction(collect->pg, storing->steps, 4, on_scan_stored, storing);
}

/* ---- how a device is ---- */

static bool is_learned_stored(const CollectDevice *device)
{
    return device->stored_multiple == device->limits.read_multiple &&
           device->stored_octets == device->limits.answer_octets && device->stored_more == device->pace.more;
}

void collect_device_learned(Collect *collect)
{
    for (CollectDevice *device = collect_poll_devices(collect->poller); device; device = device->next)
        if (!is_learned_stored(device))
            collect_device_state(collect, device);
}

static void tell_states(Collect *collect);

static void on_state_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Collect *collect = context;
    (void)status; /* lost with the connection: all are told again when it is back */
    (void)rows;
    (void)err;
    if (--collect->states_under_way == 0)
        tell_states(collect);
}

static void tell_state(Collect *collect, CollectDevice *device)
{
    char learned[200];
    device->has_news = false;
    device->stored_multiple = device->limits.read_multiple;
    device->stored_octets = device->limits.answer_octets;
    device->stored_more = device->pace.more;
    snprintf(learned, sizeof learned,
             "{\"read_multiple\": %s, \"request_octets\": %u, \"answer_octets\": %u, \"window\": %u, "
             "\"points_left_out\": %u}",
             device->limits.read_multiple ? "true" : "false", device->limits.request_octets,
             device->limits.answer_octets, device->pace.more + 1U, device->points_left_out);
    const PgValue values[] = {
        pg_text(site_of(collect)),
        pg_integer(device->device_id),
        pg_text(bp_str(collect_state_name(device->state))),
        pg_time(device->since_us ? device->since_us : bp_wall_us()),
        device->answered_at_us ? pg_time(device->answered_at_us) : pg_null(),
        pg_text(bp_str(device->reason)),
        pg_text(bp_str(learned)),
    };
    pg_request(collect->pg, SQL_UPSERT_DEVICE_STATUS, values, 7, on_state_told, collect);
    collect->states_under_way++;
    collect->state_told_last = device->device_id;
}

/* Devices with news from this one on, until the next one that is `end`. */
static void tell_some(Collect *collect, CollectDevice *device, const CollectDevice *end)
{
    for (; device != end && collect->states_under_way < STATES_AT_ONCE; device = device->next)
        if (device->has_news)
            tell_state(collect, device);
}

/* The next ones in turn: from behind the last one that was told, and around. A database that answers slowly,
 * or not at all while a table is locked, is told fewer states and not more of them later. */
static void tell_states(Collect *collect)
{
    if (collect->states_under_way || !pg_is_connected(collect->pg))
        return;
    CollectDevice *first = collect_poll_devices(collect->poller), *last = first;
    while (last && last->device_id != collect->state_told_last)
        last = last->next;
    CollectDevice *next = last ? last->next : NULL;
    tell_some(collect, next, NULL);
    tell_some(collect, first, next);
}

void collect_device_state(void *owner, CollectDevice *device)
{
    Collect *collect = owner;
    if (device->device_id == 0 || !pg_is_connected(collect->pg))
        return; /* told when it has a row, and when the database is back */
    device->has_news = true;
    tell_states(collect);
}
