#include "apps/query/load.h"

#include "base/time.h"
#include "tool/rows.h"

/* Columns of select_load.sql. */
enum {
    DEVICE_ID,
    NAME,
    INSTANCE,
    NETWORK,
    STATE,
    POINTS,
    BY_HAND,
    CHANGES,
    POLLED_NOW,
    REQUESTS_S_NOW,
    REQUESTS_NOW,
    POLLED_LATER,
    REQUESTS_S_LATER,
    REQUESTS_LATER,
    ROUND_TRIP_MS,
    HAS_RULES,
};

static QueryCost read_cost(const PgRows *rows, size_t row, int polled, int requests_s, int requests)
{
    return (QueryCost){.polled = pg_get_integer(rows, row, polled),
                       .requests_s = pg_get_double(rows, row, requests_s),
                       .requests = pg_get_double(rows, row, requests)};
}

static void add_cost(QueryCost *sum, const QueryCost *cost)
{
    sum->polled += cost->polled;
    sum->requests_s += cost->requests_s;
    sum->requests += cost->requests;
}

static void add_load(QueryLoad *sum, const QueryLoad *load)
{
    sum->points += load->points;
    sum->by_hand += load->by_hand;
    sum->changes += load->changes;
    add_cost(&sum->now, &load->now);
    add_cost(&sum->later, &load->later);
    if (load->trips > 0) {
        const double ms = sum->trip_ms * (double)sum->trips + load->trip_ms * (double)load->trips;
        sum->trips += load->trips;
        sum->trip_ms = ms / (double)sum->trips;
    }
}

static QueryNetworkLoad *network_of(QuerySiteLoad *site, BpStr name)
{
    if (site->network_count > 0) {
        QueryNetworkLoad *last = &site->networks[site->network_count - 1];
        if (bp_str_equal(last->network, name))
            return last;
    }
    site->networks = bp_arena_grow(site->arena, site->networks, site->network_count, &site->network_capacity,
                                   sizeof *site->networks);
    QueryNetworkLoad *network = &site->networks[site->network_count++];
    *network = (QueryNetworkLoad){.network = name};
    return network;
}

static void add_device(void *context, const PgRows *rows, size_t row)
{
    QuerySiteLoad *site = context;
    site->devices = bp_arena_grow(site->arena, site->devices, site->device_count, &site->device_capacity,
                                  sizeof *site->devices);
    QueryDeviceLoad *device = &site->devices[site->device_count++];
    *device = (QueryDeviceLoad){
        .name = tool_text_kept(site->arena, rows, row, NAME),
        .network = tool_text_kept(site->arena, rows, row, NETWORK),
        .state = tool_text_kept(site->arena, rows, row, STATE),
        .device_id = pg_get_integer(rows, row, DEVICE_ID),
        .instance = pg_get_integer(rows, row, INSTANCE),
        .load = {.points = pg_get_integer(rows, row, POINTS),
                 .by_hand = pg_get_integer(rows, row, BY_HAND),
                 .changes = pg_get_integer(rows, row, CHANGES),
                 .now = read_cost(rows, row, POLLED_NOW, REQUESTS_S_NOW, REQUESTS_NOW),
                 .later = read_cost(rows, row, POLLED_LATER, REQUESTS_S_LATER, REQUESTS_LATER),
                 .trip_ms = pg_get_double(rows, row, ROUND_TRIP_MS),
                 .trips = !pg_is_null(rows, row, ROUND_TRIP_MS)},
    };
    site->has_rules = pg_get_bool(rows, row, HAS_RULES);
    QueryNetworkLoad *network = network_of(site, device->network);
    network->devices++;
    add_load(&network->load, &device->load);
    add_load(&site->total, &device->load);
}

/* One request behind the other, or as many at once as the window lets. */
static double capacity_of(const QueryNetworkLoad *network, const Cfg *cfg)
{
    const double rate = (double)cfg->poll_trunk_rate;
    if (network->network.size == 0)
        return 0;
    if (network->load.trip_ms <= 0)
        return rate;
    const double answered = (double)cfg->poll_trunk_window * 1000 / network->load.trip_ms;
    return answered < rate ? answered : rate;
}

BpStatus query_load_read(ToolSite *site, bool by_hand, BpArena *arena, QuerySiteLoad *ret_load, BpError *err)
{
    *ret_load = (QuerySiteLoad){.arena = arena};
    const PgValue values[] = {tool_site_value(site), pg_integer(site->cfg.poll_interval / BP_MS),
                              pg_bool(by_hand)};
    BP_TRY(site_database_ask(&site->database, SQL_SELECT_LOAD, values, 3, add_device, ret_load, err));
    for (size_t i = 0; i < ret_load->network_count; i++)
        ret_load->networks[i].capacity_s = capacity_of(&ret_load->networks[i], &site->cfg);
    return BP_OK;
}

double query_load_share(const QueryNetworkLoad *network, const QueryCost *cost)
{
    return network->capacity_s > 0 ? cost->requests_s / network->capacity_s : 0;
}

double query_load_round_s(const QueryNetworkLoad *network, const QueryCost *cost)
{
    return network->capacity_s > 0 ? cost->requests / network->capacity_s : 0;
}
