/* Trend logs of simulated devices: what some of their objects were, each quarter of an hour of the building
 * (ASHRAE 135, clause 12.25). */
#ifndef SIM_TREND_H
#define SIM_TREND_H

#include "apps/sim/device/object.h"

enum { SIM_TREND_RECORDS = 400 }; /* a bit more than four days */

typedef struct SimRecord {
    int64_t at_us; /* of the device's clock */
    float value;
    uint8_t flags; /* BacStatusFlag n in bit 7 - n */
} SimRecord;

typedef struct SimTrend {
    BacObjectId id;
    const SimObject *object; /* that is logged */
    const uint32_t *device;  /* its device's instance */
    char name[SIM_NAME_MAX + 8];
    bool is_enabled, stops_when_full;
    int64_t due_us;
    SimRecord *records; /* a ring of SIM_TREND_RECORDS */
    uint32_t count;
    uint32_t total; /* logged ever: the number of the last one */
} SimTrend;

void sim_trend_init(SimTrend *trend, uint32_t instance, const SimObject *object, const uint32_t *device);
void sim_trend_done(SimTrend *trend);

/* Logs what is due by the device's clock. */
void sim_trend_step(SimTrend *trend, int64_t now_us);

BacRefusal sim_trend_read(const SimTrend *trend, const BacReference *reference, BpBuf *out);
BacRefusal sim_trend_write(SimTrend *trend, const BacWrite *write);
bool sim_trend_property(uint32_t only, size_t i, uint32_t *ret_property);

/* Its Log_Buffer, for ReadRange. */
BacRefusal sim_trend_list(const SimTrend *trend, const BacReference *reference, BacList *ret_list);

#endif
