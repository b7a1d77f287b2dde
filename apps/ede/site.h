/* `bacpipes ede`: what the database has of a site, and the tool's two halves. */
#ifndef EDE_SITE_H
#define EDE_SITE_H

#include "apps/ede/ede.h"
#include "site/database.h"

typedef struct EdeSiteDevice {
    int64_t device_id;
    uint32_t instance;
    BpStr address, name, description;
} EdeSiteDevice;

typedef struct EdeSitePoint {
    int64_t point_id;
    const EdeSiteDevice *device;
    BacObjectId object;
    bool is_exchanged; /* the present value of an object as EDE files are about; of others nothing follows */
    BpStr name, description, units;
    BpStr *states;
    size_t state_count;
    double min, max; /* NAN: none */
    bool commandable;
} EdeSitePoint;

typedef struct EdeSite {
    BpArena *arena;
    BpStr site_id, name;
    bool is_simulated;      /* nobody has built it */
    EdeSiteDevice *devices; /* ascending by device_id */
    size_t device_count, device_capacity;
    EdeSitePoint *points; /* ascending by device_id and point_id */
    size_t point_count, point_capacity;
} EdeSite;

/* Reads the site `wanted`, or, where it is NULL, the database's only one or that of the settings; of its
 * devices all, or with `device` those that have it as name, device_id, instance or address. BP_NOT_FOUND:
 * there is no such site. All of it is in the arena. */
BpStatus ede_site_read(SiteDatabase *database, const Cfg *cfg, const char *wanted, const char *device,
                       BpArena *arena, EdeSite *ret_site, BpError *err) BP_CHECKED;

int ede_export(int argc, char **argv);
int ede_import(int argc, char **argv);

#endif
