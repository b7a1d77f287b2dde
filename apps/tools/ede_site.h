/* `bacpipes ede`: what the database has of a site, and the tool's two halves. */
#ifndef TOOLS_EDE_SITE_H
#define TOOLS_EDE_SITE_H

#include "apps/tools/database.h"
#include "apps/tools/ede.h"

typedef struct ToolsSiteDevice {
    int64_t device_id;
    uint32_t instance;
    BpStr address, name, description;
} ToolsSiteDevice;

typedef struct ToolsSitePoint {
    int64_t point_id;
    const ToolsSiteDevice *device;
    BacObjectId object;
    bool is_exchanged; /* the present value of an object as EDE files are about; of others nothing follows */
    BpStr name, description, units;
    BpStr *states;
    size_t state_count;
    double min, max; /* NAN: none */
    bool commandable;
} ToolsSitePoint;

typedef struct ToolsSite {
    BpArena *arena;
    BpStr site_id, name;
    ToolsSiteDevice *devices; /* ascending by device_id */
    size_t device_count, device_capacity;
    ToolsSitePoint *points; /* ascending by device_id and point_id */
    size_t point_count, point_capacity;
} ToolsSite;

/* Reads the site `wanted`, or, where it is NULL, the database's only one or that of the settings; of its
 * devices all, or with `device` those that have it as name, device_id, instance or address. BP_NOT_FOUND:
 * there is no such site. All of it is in the arena. */
BpStatus tools_site_read(ToolsDatabase *database, const Cfg *cfg, const char *wanted, const char *device,
                         BpArena *arena, ToolsSite *ret_site, BpError *err) BP_CHECKED;

int tools_ede_export(int argc, char **argv, BpArena *arena);
int tools_ede_import(int argc, char **argv, BpArena *arena);

#endif
