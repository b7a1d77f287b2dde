/* One simulated device and a client of it, without a network: what it sends is kept, time is invented. */
#ifndef TESTS_SIM_A_STATION_H
#define TESTS_SIM_A_STATION_H

#include "apps/sim/device/station.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const BacAddress STATION = {{10, 9, 1, 2}, BAC_PORT, {0}}, CLIENT = {{10, 9, 1, 50}, BAC_PORT, {0}};

enum { SENT_MAX = 512 };

typedef struct Sent {
    BacAddress to;
    BacApdu apdu;
    size_t size;
    uint8_t octets[BAC_APDU_MAX]; /* parameters */
} Sent;

typedef struct AStation {
    SimSite site;
    SimStation sim;
    int64_t now_us;
    uint8_t invoke_id; /* of the client's last request */
    size_t count;      /* of what the device has sent */
    Sent sent[SENT_MAX];
} AStation;

static inline void a_station_keep(void *owner, const BacAddress *to, BpStr octets)
{
    AStation *station = owner;
    BacDatagram datagram;
    Sent *sent = &station->sent[station->count++];
    assert_in_range(station->count, 1, SENT_MAX);
    assert_int_equal(bac_datagram_decode(bp_cursor(octets.data, octets.size), &STATION, &datagram, NULL),
                     BP_OK);
    *sent = (Sent){.to = *to, .apdu = datagram.apdu, .size = bp_cursor_remaining(&datagram.body)};
    memcpy(sent->octets, bp_cursor_take(&datagram.body, sent->size), sent->size);
}

static inline AStation *a_station_new(size_t points, const SimQuirks *quirks)
{
    static const SimQuirks none;
    int64_t start_us;
    AStation *station = calloc(1, sizeof *station);
    assert_non_null(station);
    station->now_us = 1000 * BP_SECOND;
    assert_int_equal(bp_time_parse(bp_str("2026-07-15T12:00:00Z"), &start_us, NULL), BP_OK);
    sim_site_init(&station->site,
                  &(SimSiteOptions){.points = points,
                                    .building = {.seed = 1, .weather_seed = 1, .start_us = start_us}});
    sim_station_init(&station->sim, &station->site.devices[0], quirks ? quirks : &none, NULL, &STATION,
                     station, a_station_keep);
    return station;
}

static inline void a_station_free(AStation *station)
{
    sim_station_done(&station->sim);
    sim_site_done(&station->site);
    free(station);
}

/* Time goes on by `seconds`, each told. */
static inline void a_station_live(AStation *station, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        station->now_us += BP_SECOND;
        sim_station_advance(&station->sim, station->now_us);
        sim_station_tell(&station->sim, station->now_us);
    }
}

static inline void a_station_hear(AStation *station, const BacApdu *apdu, BpStr parameters)
{
    const BacDatagram datagram = {.from = CLIENT,
                                  .sender = CLIENT,
                                  .apdu = *apdu,
                                  .has_apdu = true,
                                  .body = bp_cursor(parameters.data, parameters.size)};
    sim_station_receive(&station->sim, &datagram, station->now_us);
}

/* Sends a request, and returns the device's answer to it, which is the first that it has sent since; NULL:
 * none. */
static inline const Sent *a_station_ask(AStation *station, BacConfirmedService service, BpStr parameters)
{
    const size_t before = station->count;
    const BacApdu apdu = {.type = BAC_CONFIRMED_REQUEST,
                          .max_apdu = BAC_APDU_MAX,
                          .segmented_response_accepted = true,
                          .invoke_id = ++station->invoke_id,
                          .service = (uint8_t)service};
    a_station_hear(station, &apdu, parameters);
    return station->count > before ? &station->sent[before] : NULL;
}

static inline SimObject *a_station_object(AStation *station, const char *name)
{
    SimDevice *device = station->sim.device;
    for (size_t i = 0; i < device->count; i++)
        if (strcmp(device->objects[i].name, name) == 0)
            return &device->objects[i];
    fail_msg("no object is called %s", name);
    return NULL;
}

#endif
