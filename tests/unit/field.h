/* A poller in front of simulated devices, with invented time: what it reads is compared with what the devices
 * hold, reading by reading. */
#ifndef TESTS_UNIT_FIELD_H
#define TESTS_UNIT_FIELD_H

#include "tests/unit/world.h"

#include "apps/collect/ask/poll.h"
#include "apps/sim/device/station.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>

static const BacAddress COLLECTOR = {{10, 0, 0, 1}, BAC_PORT, {0}};

enum { STATIONS_MAX = 128, OBJECTS_MAX = 512, TRUNK_NETWORK = 2001 };

/* What came of a point. */
typedef struct Seen {
    size_t good, uncertain, bad;
    double value;
    MdlQuality quality;
    char reason[64]; /* of the last one */
    int64_t at_us;
} Seen;

typedef struct Field Field;

typedef struct FieldStation {
    Field *field;
    SimStation sim;
    CollectDevice *device;
    Seen *seen; /* of each object */
    CollectScan *scan;
    size_t states;  /* how often it went online or offline */
    uint64_t asked; /* datagrams sent to it */
} FieldStation;

struct Field {
    Network network;
    SimSite site;
    SimTrunk trunk;
    size_t trunk_waiting_max;
    CollectPollSettings settings;
    bool is_routed;
    FieldStation stations[STATIONS_MAX];
    size_t count;
    CollectPoller *poller;
    bool wants_cov; /* points are told where they can be */
    /* Where not NULL: answers in the station's place, true where it did. */
    bool (*intercept)(FieldStation *station, const BacDatagram *datagram);
    size_t found; /* devices at the addresses of others */
    size_t readings, wrong;
    size_t sent_in_slot, sent_in_slot_max; /* requests in a tenth of a second */
    int64_t slot;
    uint64_t seed;
    void (*on_stranger)(Field *field, CollectDevice *device); /* a device without device_id is another now */
    void *owner;                                              /* of that */
};

static inline BacAddress field_address(const Field *field, size_t i)
{
    if (!field->is_routed)
        return (BacAddress){{10, 1, (uint8_t)(i / 250), (uint8_t)(i % 250 + 1)}, BAC_PORT, {0}};
    return (BacAddress){{10, 0, 0, 2}, BAC_PORT, {TRUNK_NETWORK, 1, {(uint8_t)(i + 1)}}};
}

static inline FieldStation *field_station(Field *field, const BacAddress *address)
{
    for (size_t i = 0; i < field->count; i++)
        if (bac_address_equal(&field->stations[i].sim.address, address))
            return &field->stations[i];
    return NULL;
}

static inline void field_station_send(void *owner, const BacAddress *to, BpStr datagram)
{
    FieldStation *station = owner;
    network_send(&station->field->network, &station->sim.address, to, datagram);
}

/* ---- the poller's hooks ---- */

static inline void field_send(void *owner, const BacAddress *to, BpStr datagram)
{
    Field *field = owner;
    const int64_t slot = field->network.now_us / (100 * BP_MS);
    field->sent_in_slot = slot == field->slot ? field->sent_in_slot + 1 : 1;
    field->slot = slot;
    if (field->sent_in_slot > field->sent_in_slot_max)
        field->sent_in_slot_max = field->sent_in_slot;
    FieldStation *station = field_station(field, to);
    if (station)
        station->asked++;
    network_send(&field->network, &COLLECTOR, to, datagram);
}

static inline void field_take(Field *field, FieldStation *station, const MdlReading *reading)
{
    const size_t i = (size_t)reading->point_id % 10000 - 1;
    Seen *seen = &station->seen[i];
    field->readings++;
    seen->good += reading->quality == MDL_GOOD;
    seen->uncertain += reading->quality == MDL_UNCERTAIN;
    seen->bad += reading->quality == MDL_BAD;
    seen->quality = reading->quality;
    seen->value = reading->has_value ? reading->value : NAN;
    seen->at_us = reading->at_us;
    snprintf(seen->reason, sizeof seen->reason, "%.*s", (int)reading->reason.size, reading->reason.data);
    if (reading->has_value && i < station->sim.device->count) {
        const SimObject *object = &station->sim.device->objects[i];
        if ((float)reading->value != (float)sim_object_value(object))
            field->wrong++;
    }
}

static inline void field_readings(void *owner, const CollectDevice *device, const MdlReading *readings,
                                  size_t count)
{
    Field *field = owner;
    FieldStation *station = &field->stations[device->device_id - 1];
    assert_ptr_equal(station->device, device);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(readings[i].point_id / 10000, device->device_id);
        field_take(field, station, &readings[i]);
    }
}

static inline void field_state(void *owner, CollectDevice *device)
{
    Field *field = owner;
    if (device->device_id)
        field->stations[device->device_id - 1].states++;
    else if (field->on_stranger)
        field->on_stranger(field, device);
}

static inline void field_scanned(void *owner, CollectDevice *device, CollectScan *scan)
{
    Field *field = owner;
    FieldStation *station = &field->stations[device->device_id - 1];
    collect_scan_free(station->scan);
    station->scan = scan;
}

static inline void field_found(void *owner, CollectDevice *device, CollectDevice *gone)
{
    Field *field = owner;
    assert_true(gone->is_evicted && !device->is_evicted);
    assert_true(bac_address_equal(&device->peer.address, &gone->peer.address));
    field->found++;
}

/* ---- making one ---- */

static inline void field_add(Field *field, const SimQuirks *quirks)
{
    static const SimQuirks none;
    const size_t i = field->count++;
    FieldStation *station = &field->stations[i];
    SimDevice *device = &field->site.devices[i];
    const BacAddress address = field_address(field, i);
    station->field = field;
    station->seen = calloc(OBJECTS_MAX, sizeof *station->seen);
    assert_non_null(station->seen);
    sim_station_init(&station->sim, device, quirks ? quirks : &none,
                     field->trunk.request_us ? &field->trunk : NULL, &address, station, field_station_send);
    assert_int_equal(collect_poll_add(field->poller, &address, device->instance, device->max_apdu, true,
                                      &station->device, NULL),
                     BP_OK);
    station->device->device_id = (int32_t)i + 1;
}

static inline void field_begin(Field *field)
{
    const CollectPollHooks hooks = {.owner = field,
                                    .send = field_send,
                                    .on_readings = field_readings,
                                    .on_state = field_state,
                                    .on_scanned = field_scanned,
                                    .on_found = field_found};
    field->poller = collect_poll_new(&hooks, &field->settings, field->seed ? field->seed : 1);
    collect_poll_set_wall(field->poller, field->network.now_us, field->network.now_us);
}

/* Devices as the simulated site has them, all `count` of them with the quirks of their place. */
static inline Field *field_new(size_t count, const SimQuirks *quirks, size_t quirk_count, int64_t trunk_us)
{
    Field *field = calloc(1, sizeof *field);
    assert_non_null(field);
    field->network.random = bp_random(7);
    field->network.now_us = 1000 * BP_SECOND;
    field->network.delay_us = 200;
    field->is_routed = trunk_us > 0;
    field->trunk.request_us = trunk_us;
    sim_site_init(&field->site, &(SimSiteOptions){.points = 130 + 76 * count,
                                                  .building = {.seed = 1,
                                                               .weather_seed = 1,
                                                               .start_us = INT64_C(1767600000) * BP_SECOND}});
    assert_true(field->site.device_count >= count && count <= STATIONS_MAX);
    field->settings = (CollectPollSettings){.window = 4,
                                            .trunk = {.window = 1, .rate = 100},
                                            .devices = 64,
                                            .timeout_us = 3 * BP_SECOND,
                                            .retries = 2,
                                            .backoff_max_us = 5 * BP_MINUTE,
                                            .rest_us = 200 * BP_MS};
    field_begin(field);
    for (size_t i = 0; i < count; i++)
        field_add(field, i < quirk_count ? &quirks[i] : NULL);
    return field;
}

static inline void field_free(Field *field)
{
    collect_poll_free(field->poller);
    for (size_t i = 0; i < field->count; i++) {
        sim_station_done(&field->stations[i].sim);
        free(field->stations[i].seen);
        collect_scan_free(field->stations[i].scan);
    }
    network_done(&field->network);
    sim_site_done(&field->site);
    free(field);
}

/* Another run of the collector, which has to be told what to poll. */
static inline void field_restart(Field *field, uint64_t process)
{
    collect_poll_free(field->poller);
    field->settings.cov_process = (uint32_t)process;
    field_begin(field);
    for (size_t i = 0; i < field->count; i++) {
        FieldStation *station = &field->stations[i];
        assert_int_equal(collect_poll_add(field->poller, &station->sim.address, station->sim.device->instance,
                                          station->sim.device->max_apdu, true, &station->device, NULL),
                         BP_OK);
        station->device->device_id = (int32_t)i + 1;
    }
}

/* Has the device's objects read, and `strangers` more that it has not got. */
static inline void field_poll(Field *field, size_t i, int64_t interval_us, size_t strangers)
{
    const SimDevice *device = field->stations[i].sim.device;
    const size_t count = device->count + strangers;
    assert_true(count <= OBJECTS_MAX);
    CollectPoint *points = calloc(count, sizeof *points);
    assert_non_null(points);
    for (size_t j = 0; j < count; j++)
        points[j] = (CollectPoint){
            .point_id = (int32_t)((i + 1) * 10000 + j + 1),
            .object = j < device->count
                          ? device->objects[j].id
                          : (BacObjectId){BAC_ANALOG_INPUT, 4000000 + (uint32_t)(j - device->count)},
            .property = BAC_PROP_PRESENT_VALUE,
            .interval_us = interval_us,
            .cov = field->wants_cov,
            .cov_increment =
                field->wants_cov && j < device->count ? (float)device->objects[j].spec->resolution * 2 : 0};
    collect_poll_set_points(field->poller, field->stations[i].device, points, count, field->network.now_us);
    free(points);
}

/* ---- time ---- */

static inline void field_deliver(Field *field)
{
    Frame *frame = network_pop(&field->network);
    BacDatagram datagram;
    const int64_t now_us = field->network.now_us;
    assert_int_equal(
        bac_datagram_decode(bp_cursor(frame->octets, frame->size), &frame->from, &datagram, NULL), BP_OK);
    FieldStation *station = field_station(field, &frame->to);
    if (station && field->intercept && field->intercept(station, &datagram))
        ; /* answered */
    else if (station)
        sim_station_receive(&station->sim, &datagram, now_us);
    else if (bac_address_equal(&frame->to, &COLLECTOR))
        collect_poll_receive(field->poller, &datagram, now_us);
    if (field->trunk.waiting > field->trunk_waiting_max)
        field->trunk_waiting_max = field->trunk.waiting;
    free(frame);
}

static inline int64_t field_next_us(const Field *field)
{
    int64_t next_us = network_next_us(&field->network);
    const int64_t poller_us = collect_poll_next_due_us(field->poller);
    next_us = poller_us < next_us ? poller_us : next_us;
    for (size_t i = 0; i < field->count; i++) {
        const int64_t station_us = sim_station_next_due_us(&field->stations[i].sim);
        next_us = station_us < next_us ? station_us : next_us;
    }
    return next_us;
}

static inline void field_run(Field *field, int64_t for_us)
{
    const int64_t end_us = field->network.now_us + for_us;
    for (int64_t next_us; (next_us = field_next_us(field)) <= end_us;) {
        if (next_us > field->network.now_us)
            field->network.now_us = next_us;
        while (network_next_us(&field->network) <= field->network.now_us)
            field_deliver(field);
        for (size_t i = 0; i < field->count; i++)
            sim_station_advance(&field->stations[i].sim, field->network.now_us);
        collect_poll_advance(field->poller, field->network.now_us);
    }
    field->network.now_us = end_us;
}

/* The building goes on, and subscribers are told. */
static inline void field_step(Field *field, double seconds)
{
    sim_site_step(&field->site, seconds);
    for (size_t i = 0; i < field->count; i++)
        sim_station_tell(&field->stations[i].sim, field->network.now_us);
}

static inline SimQuirks quirks_of(const char *text)
{
    SimQuirks quirks;
    assert_int_equal(sim_quirks_parse(bp_str(text), &quirks, NULL), BP_OK);
    return quirks;
}

#endif
