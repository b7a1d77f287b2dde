/* A site of simulated devices: which objects each has, over one building. */
#ifndef SIM_SITE_H
#define SIM_SITE_H

#include "apps/sim/building/building.h"
#include "apps/sim/device/events.h"
#include "apps/sim/device/size.h"
#include "apps/sim/device/trend.h"
#include "bacnet/talk/publisher.h"

typedef struct SimSite SimSite;

typedef struct SimDevice {
    SimSite *site;
    uint32_t instance;
    char name[SIM_NAME_MAX], description[SIM_TEXT_MAX], model[40];
    SimObject *objects; /* sorted by type and instance */
    size_t count;
    SimTrend *trends; /* of some of them; by instance from 1 on */
    size_t trend_count;
    SimEvents *events;             /* NULL: it reports none */
    const BacPublisher *publisher; /* NULL: it knows no COV */
    int64_t now_us;                /* of the clock that the publisher has */
    int64_t clock_offset_us;       /* its clock's from the building's: TimeSynchronization sets it */
    uint16_t max_apdu;             /* as it says, like: */
    uint8_t segmentation;          /* BacSegmentation */
    uint32_t revision;             /* of the protocol */
    bool no_read_multiple, no_cov;
} SimDevice;

struct SimSite {
    Building building;
    SimEquipment *equipment; /* handlers with their zones, and the plant, weather station and meter */
    size_t equipment_count;
    SimDevice *devices;
    size_t device_count;
    size_t point_count; /* objects besides the device objects */
    bool has_flaws;
};

enum { SIM_FIRST_INSTANCE = 1001 };

typedef struct SimSiteOptions {
    size_t points;            /* besides the devices' own and their trend logs: 1 to SIM_POINTS_MAX */
    const SimNaming *naming;  /* NULL: plain */
    bool has_flaws;           /* some sensors are faulty now and then, one says NaN, as on real sites */
    BuildingOptions building; /* its handlers and zones come from `points` */
} SimSiteOptions;

/* A site with exactly as many points as were asked for. */
void sim_site_init(SimSite *site, const SimSiteOptions *options);
void sim_site_done(SimSite *site);

/* The building goes on by `seconds`, and objects show it. */
void sim_site_step(SimSite *site, double seconds);

/* The building and its trend logs as if they had run for so long already. */
void sim_site_age(SimSite *site, int64_t for_us);

/* A piece of equipment by its own name, whatever the naming: "VAV-1-03". NULL: there is none. Its points are
 * those objects that say that they are of it. */
const SimEquipment *sim_site_equipment(const SimSite *site, BpStr name);

/* A point by its own name, whatever the naming: "AHU-1/SAT". NULL: there is none, or the site is too small
 * for it. */
SimObject *sim_site_point(const SimSite *site, BpStr name);

/* Commands are lost, and what was out of service is in service. */
void sim_device_start_cold(SimDevice *device);

SimObject *sim_device_find(const SimDevice *device, BacObjectId id);

/* The device's objects as lib/bacnet's server asks for them; `owner` is the SimDevice. */
extern const BacObjects sim_device_objects;

#endif
