/* A building that nobody has: devices, and points of them, for tests and for bench/web. */
#ifndef TEST_INVENTED_H
#define TEST_INVENTED_H

#include "apps/web/points/put.h"
#include "apps/web/points/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static inline StoreDevice invented_device(int32_t id, const char *name)
{
    return (StoreDevice){
        .id = id, .instance = 1000 + id, .name = bp_str(name), .state = bp_str("online"), .is_enabled = true};
}

static inline StoreGiven invented_point(int32_t id, int32_t device, const char *name, const char *description)
{
    return (StoreGiven){.id = id,
                        .device = device,
                        .object_instance = id,
                        .object_type = bp_str("analog-input"),
                        .property = bp_str("present-value"),
                        .name = bp_str(name),
                        .description = bp_str(description),
                        .units = bp_str("degrees-celsius"),
                        .states = bp_str("[]"),
                        .tags = bp_str("{}"),
                        .by_device = bp_str("{}"),
                        .write_min = (double)NAN,
                        .write_max = (double)NAN,
                        .device_min = (double)NAN,
                        .device_max = (double)NAN,
                        .version = 1,
                        .is_enabled = true};
}

/* A site of so many points, 50 a device, in pieces as they are read: "AHU-12/SAT-345", some with Chinese
 * descriptions, some tagged, each with a value. */
static inline StoreSite *invented_site(Store *store, size_t points)
{
    static const char *const kinds[] = {"SAT",  "RAT", "OAT",   "ZN-T", "ZN-SP",
                                        "DMPR", "VLV", "FAN-S", "CO2",  "KW"};
    static const char *const what[] = {"Supply air temperature",
                                       "Return air temperature",
                                       "Außenluft",
                                       "大堂溫度",
                                       "Setpoint",
                                       "Damper",
                                       "Ventil Kühlung",
                                       "Fan status",
                                       "CO₂",
                                       "Électricité"};
    static const char *const tags[] = {"{\"air\": \"m:\", \"temp\": \"m:\", \"discharge\": \"m:\"}", "{}",
                                       "{\"elec\": \"m:\", \"meter\": \"m:\", \"unit\": \"kW\"}"};
    enum { PIECE = 4000, NAME_MAX_OCTETS = 48 };
    StoreSite *site = store_put_site(store, bp_str("demo"), bp_str("Demo"), bp_str("Asia/Macau"), false);
    const size_t device_count = points / 50 + 1;
    StoreDevice *devices = calloc(device_count, sizeof *devices);
    StoreGiven *given = calloc(PIECE, sizeof *given);
    char(*device_names)[NAME_MAX_OCTETS] = calloc(device_count, sizeof *device_names);
    char(*names)[NAME_MAX_OCTETS] = calloc(PIECE, sizeof *names);
    if (!devices || !given || !device_names || !names)
        abort();
    for (size_t i = 0; i < device_count; i++) {
        snprintf(device_names[i], NAME_MAX_OCTETS, "%s-%zu", i % 4 ? "VAV" : "AHU", i);
        devices[i] = invented_device((int32_t)i + 1, device_names[i]);
    }
    store_put_devices(site, devices, device_count);
    for (size_t at = 0; at < points;) {
        size_t count = 0;
        for (; count < PIECE && at < points; count++, at++) {
            snprintf(names[count], NAME_MAX_OCTETS, "%s/%s-%zu", device_names[at / 50], kinds[at % 10], at);
            given[count] =
                invented_point((int32_t)at + 1, (int32_t)(at / 50) + 1, names[count], what[at % 10]);
            given[count].object_type = bp_str(at % 10 < 4    ? "analog-input"
                                              : at % 10 == 7 ? "binary-input"
                                                             : "analog-value");
            given[count].is_writable = at % 10 == 4;
            given[count].tags = bp_str(tags[at % 10 == 0 ? 0 : at % 10 == 9 ? 2 : 1]);
        }
        (void)store_put_points(site, given, count);
    }
    for (size_t i = 0; i < points; i++)
        (void)store_set_value(store, site, (int64_t)i + 1,
                              &(StoreValue){.value = (double)(i * 7919 % 10007) / 10,
                                            .has_value = i % 50 != 49,
                                            .at_us = 1795000000000000 + (int64_t)i,
                                            .quality = i % 50 == 49 ? MDL_BAD : MDL_GOOD,
                                            .reason = i % 50 == 49 ? "timeout" : ""});
    store_put_loaded(site);
    free(devices);
    free(given);
    free(device_names);
    free(names);
    return site;
}

#endif
