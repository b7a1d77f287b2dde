/* What polling asks of devices and of the networks that they are on: as it is now, and as it would be by the
 * rules. A network behind a router takes so many requests a second and no more: poll.trunk_rate, or what its
 * devices' answers leave time for, if that is less. */
#ifndef QUERY_LOAD_H
#define QUERY_LOAD_H

#include "base/str.h"
#include "tool/site.h"

/* Of one plan. */
typedef struct QueryCost {
    int64_t polled;    /* points */
    double requests_s; /* requests a second */
    double requests;   /* when each is read once */
} QueryCost;

typedef struct QueryLoad {
    int64_t points, by_hand, changes; /* found; set by hand; that the rules would change */
    QueryCost now, later;
    double trip_ms; /* what an answer takes, in the mean of those that are known; 0: not known */
    size_t trips;   /* known */
} QueryLoad;

typedef struct QueryDeviceLoad {
    BpStr name, network, state; /* network: "10.1.2.1/2001", or empty: it has an address of its own */
    int64_t device_id, instance;
    QueryLoad load;
} QueryDeviceLoad;

typedef struct QueryNetworkLoad {
    BpStr network;
    size_t devices;
    QueryLoad load;
    double capacity_s; /* requests a second that it takes; 0: no limit is known */
} QueryNetworkLoad;

typedef struct QuerySiteLoad {
    QueryDeviceLoad *devices; /* those of a network together */
    size_t device_count, device_capacity;
    QueryNetworkLoad *networks;
    size_t network_count, network_capacity;
    QueryLoad total;
    bool has_rules; /* there is one */
    BpArena *arena; /* has all of it */
} QuerySiteLoad;

/* `by_hand`: as if also those points followed the rules that were set by hand. */
BpStatus query_load_read(ToolSite *site, bool by_hand, BpArena *arena, QuerySiteLoad *ret_load,
                         BpError *err) BP_CHECKED;

/* The part of what the network takes that a plan asks for, and the seconds that reading all once takes. */
double query_load_share(const QueryNetworkLoad *network, const QueryCost *cost);
double query_load_round_s(const QueryNetworkLoad *network, const QueryCost *cost);

#endif
